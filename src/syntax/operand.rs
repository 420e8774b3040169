//! What stands beside an operator, where Starlark's operators want something else: bools
//! that are reckoned with, and the keys and pairs of dicts that are sets in Python.
//!
//! Owns which operands are such, by their text alone. What names were given is `known`'s.

use super::build::{Pair, Rule};
use super::edit::Edit;
use super::known::Known;
use super::operator::{Line, Role};
use super::targets::may_be_text;
use std::ops::Range;

/// Functions whose calls give bools.
const ASKS: [&str; 5] = ["any", "all", "isinstance", "bool", "callable"];
/// The methods of that kind.
const METHODS: [&str; 8] = ["startswith", "endswith", "exists", "isfile", "isdir", "is_file", "is_dir", "isdigit"];

/// What plainly is known of a value.
pub(super) fn known(value: &[Pair]) -> Option<Known> {
    match value {
        [list] if list.as_rule() == Rule::bracket && list.as_str().starts_with('[') => Some(Known::List),
        [word, call] if word.as_str() == "list" && call.as_rule() == Rule::bracket => Some(Known::List),
        _ if is_view(value) => Some(Known::View),
        _ => is_truth(value).then_some(Known::Truth),
    }
}

/// Whether a value is the keys or the pairs of a dict.
fn is_view(value: &[Pair]) -> bool {
    match value {
        [.., word, call] => {
            call.as_str() == "()" && word.as_rule() == Rule::word && matches!(last_name(word), "keys" | "items")
        }
        _ => false,
    }
}

/// Whether a token is an operator that gives a bool.
fn compares(token: &Pair) -> bool {
    match token.as_rule() {
        Rule::op => matches!(token.as_str(), "<" | ">" | "<=" | ">=" | "==" | "!="),
        Rule::word => matches!(token.as_str(), "in" | "not" | "True" | "False"),
        Rule::keyword => true,
        _ => false,
    }
}

/// Whether the value of some tokens may be a bool.
fn is_truth(tokens: &[Pair]) -> bool {
    let makes = |t: &Pair| t.as_rule() == Rule::for_word || matches!(t.as_str(), "lambda" | "if");
    tokens.iter().any(compares) && !tokens.iter().any(makes)
}

/// Whether a value is a call that gives a bool.
fn asks(value: &[Pair]) -> bool {
    match value {
        [.., word, call] if call.as_rule() == Rule::bracket && word.as_rule() == Rule::word => {
            call.as_str().starts_with('(') && (ASKS.contains(&word.as_str()) || METHODS.contains(&last_name(word)))
        }
        _ => false,
    }
}

fn inner<'s>(bracket: &Pair<'s>) -> Vec<Pair<'s>> {
    bracket.clone().into_inner().collect()
}

/// The last name of a word such as `a.b.keys`.
fn last_name<'t>(token: &'t Pair) -> &'t str {
    token.as_str().rsplit('.').next().unwrap_or("")
}

impl Line<'_, '_> {
    /// The values right before and right behind an operator.
    fn beside(&self, at: usize) -> [Range<usize>; 2] {
        let follows = |i: usize| {
            let after = matches!(self.tokens[i].as_rule(), Rule::bracket | Rule::extra | Rule::dot | Rule::cont);
            after || self.tokens[i - 1].as_rule() == Rule::dot
        };
        let is_sign = |i: &usize| matches!(self.roles[*i], Role::Unary(super::operator::SIGN));
        let first = at + 1 + (at + 1..self.tokens.len()).take_while(is_sign).count();
        let is_value = |i: &usize| self.roles[*i] == Role::Value && (*i == first || follows(*i));
        let end = first + (first..self.tokens.len()).take_while(is_value).count();
        let before = if self.roles[at] == Role::Unary(super::operator::SIGN) { at } else { self.primary(at) };
        [before..at, first..end]
    }

    /// Whether a value may be a bool.
    fn is_flag(&self, value: &Range<usize>) -> bool {
        match &self.tokens[value.clone()] {
            [one] if one.as_rule() == Rule::word => {
                matches!(one.as_str(), "True" | "False") || self.is_known(value, Known::Truth)
            }
            [group] if group.as_rule() == Rule::bracket => group.as_str().starts_with('(') && is_truth(&inner(group)),
            several => asks(several),
        }
    }

    /// Whether a value is a name that was given something.
    fn is_known(&self, value: &Range<usize>, known: Known) -> bool {
        match &self.tokens[value.clone()] {
            [one] => {
                let hidden = self.around.shadows.iter().any(|shadow| shadow.hides(one));
                !hidden && self.around.known.of(one.as_str().trim()) == Some(known)
            }
            _ => false,
        }
    }

    /// Whether a value is the keys or the pairs of a dict.
    fn is_view(&self, value: &Range<usize>) -> bool {
        is_view(&self.tokens[value.clone()]) || self.is_known(value, Known::View)
    }

    fn wrap(&mut self, value: Range<usize>, open: &str) {
        let whole = self.bytes(value);
        let edit = Edit::open(&whole, open);
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
            self.edits.push(Edit::close(&whole, ")"));
        }
    }

    /// The operands of an operator as numbers, or as sets.
    pub(super) fn operands(&mut self, at: usize) {
        let operator = self.tokens[at].as_str();
        let [before, behind] = self.beside(at);
        let joins = matches!(operator, "|" | "&" | "^");
        let views = (joins || operator == "-") && (self.is_view(&before) || self.is_view(&behind));
        if views && !before.is_empty() && !behind.is_empty() {
            self.wrap(before, "set(");
            return self.wrap(behind, "set(");
        }
        if joins {
            if !self.around.masks && !self.around.called.operates && self.is_flag(&before) && self.is_flag(&behind) {
                self.operation(at);
            }
            return;
        }
        let formats = operator == "%";
        for value in [before, behind].into_iter().skip(usize::from(formats && self.is_text(at))) {
            if !(formats && value.start > at && self.is_text(at)) && self.is_flag(&value) {
                self.wrap(value, "_number(");
            }
        }
    }

    /// `a += b` of a bool; of a list, where `b` may be a text.
    pub(super) fn added(&mut self, at: usize) {
        let ends = |t: &Pair| t.as_rule() == Rule::semicolon;
        let end = self.tokens[at..].iter().position(ends).map_or(self.tokens.len(), |count| at + count);
        let value = at + 1..end;
        if !value.is_empty() && (is_truth(&self.tokens[value.clone()]) || self.is_flag(&value)) {
            return self.wrap(value, "_number(");
        }
        let of_list = at > 0 && self.tokens[at].as_str() == "+=" && self.is_known(&(at - 1..at), Known::List);
        if of_list && may_be_text(&self.tokens[value.clone()]) {
            self.wrap(value, "_each(");
        }
    }

    /// Whether a bracket asks by a function: `sheet[lambda rows: …]`.
    pub(super) fn asks_by_function(&self, at: usize) -> bool {
        let is_function = |part: &[Pair]| {
            part.first().is_some_and(|first| first.as_str().split_whitespace().next() == Some("lambda"))
        };
        self.tokens[at].as_str().starts_with('[')
            && inner(&self.tokens[at]).split(|t| t.as_rule() == Rule::comma).any(is_function)
    }

    /// Whether a bracket picks an element of the list or text before it by a bool.
    pub(super) fn picks(&self, at: usize) -> bool {
        let is_list = |t: &Pair| match t.as_rule() {
            Rule::bracket => !t.as_str().starts_with('{'),
            Rule::strings_v | Rule::strings_b | Rule::strings_c => true,
            _ => false,
        };
        let displays = at > 0 && is_list(&self.tokens[at - 1]) && (at == 1 || self.roles[at - 2] != Role::Value);
        displays && self.tokens[at].as_str().starts_with('[') && {
            let index = inner(&self.tokens[at]);
            is_truth(&index) || asks(&index)
        }
    }

    /// Whether a comparison is of the keys or the pairs of dicts with a set or others.
    pub(super) fn compares_views(&self, at: usize) -> bool {
        let [before, behind] = self.beside(at);
        let views = [self.is_view(&before), self.is_view(&behind)];
        let is_set = |value: &Range<usize>| match &self.tokens[value.clone()] {
            [one] => one.as_str().starts_with('{'),
            [word, call] => matches!(word.as_str(), "set" | "frozenset") && call.as_rule() == Rule::bracket,
            _ => false,
        };
        match self.tokens[at].as_str() {
            "<" | ">" | "<=" | ">=" | "==" | "!=" => {
                (views[0] && (views[1] || is_set(&behind))) || (views[1] && is_set(&before))
            }
            _ => false,
        }
    }

    /// Both sides of a comparison as sets.
    pub(super) fn sets(&mut self, at: usize) {
        let [before, behind] = self.beside(at);
        self.wrap(before, "set(");
        self.wrap(behind, "set(");
    }
}
