//! What loops and comprehensions go over: texts, and targets of which one is starred.
//!
//! Owns the calls around it. It knows the tokens of one bracket or line only.

use super::build::Rule;
use super::edit::Edit;
use super::operator::{Line, Role};
use std::ops::Range;

impl Line<'_, '_> {
    /// `for x in y` becomes `for x in _each(y)`, where `y` may be a text; with a
    /// starred target, what it goes over is parted accordingly.
    pub(super) fn loop_over(&mut self, at: usize) {
        let words = at + 1..self.tokens.len();
        let Some(inside) = words.clone().find(|i| self.tokens[*i].as_str() == "in" && self.roles[*i] == Role::End)
        else {
            return;
        };
        let is_end = |i: &usize| self.roles[*i] == Role::End || self.tokens[*i].as_str() == "if";
        let in_line = self.tokens[at + 1..].iter().any(|t| t.as_rule() == Rule::sep && t.as_str() == ":");
        let is_comma = |i: &usize| in_line && self.tokens[*i].as_rule() == Rule::comma;
        let end = (inside + 1..self.tokens.len()).find(|i| is_end(i) && !is_comma(i)).unwrap_or(self.tokens.len());
        // `for x, in y`
        if self.tokens[inside - 1].as_rule() == Rule::comma && inside > at + 2 {
            let target = self.bytes(at + 1..inside);
            self.edits.extend([Edit::open(&target, "("), Edit::close(&target, ")")]);
        }
        let star = (at + 1..inside).find(|i| self.tokens[*i].as_str() == "*");
        if end == inside + 1 || (star.is_none() && self.is_no_text(at + 1..inside, inside + 1..end)) {
            return;
        }
        let whole = self.bytes(inside + 1..end);
        let commas = |tokens: Range<usize>| self.tokens[tokens].iter().filter(|t| t.as_rule() == Rule::comma).count();
        let tuple = commas(inside + 1..end) > 0;
        let function = match star {
            Some(star) => format!("_spread_each({}, {}, ", commas(at + 1..star), commas(star..inside)),
            None if self.is_texts(at + 1..inside, inside + 1..end) => "_letters(".to_owned(),
            None => "_each(".to_owned(),
        };
        if let Some(star) = star {
            self.edits.push(Edit::replace(self.token(star), ""));
        }
        self.edits.push(Edit::open(&whole, if tuple { format!("{function}(") } else { function }));
        let close = match (tuple, self.around.copies && star.is_none()) {
            (true, true) => "), True)",
            (true, false) => "))",
            (false, true) => ", True)",
            (false, false) => ")",
        };
        self.edits.push(Edit::close(&whole, close));
    }

    /// Whether texts of a list are parted among several targets.
    fn is_texts(&self, targets: Range<usize>, tokens: Range<usize>) -> bool {
        let several = self.tokens[targets].iter().any(|t| t.as_rule() == Rule::comma);
        match &self.tokens[tokens] {
            [list] if several && list.as_rule() == Rule::bracket => {
                let first = list.clone().into_inner().next();
                first.is_some_and(|t| matches!(t.as_rule(), Rule::strings_v | Rule::strings_b | Rule::strings_c))
                    && !list.as_str().starts_with('{')
            }
            _ => false,
        }
    }

    /// Whether some tokens plainly stand for no text, nor for texts to be parted.
    fn is_no_text(&self, targets: Range<usize>, tokens: Range<usize>) -> bool {
        if self.is_texts(targets, tokens.clone()) {
            return false;
        }
        const LISTS: [&str; 7] = ["range", "enumerate", "zip", "sorted", "expand", "reversed", "list"];
        match &self.tokens[tokens] {
            [one] => one.as_rule() == Rule::bracket && !one.as_str().starts_with('('),
            [name, call] if call.as_rule() == Rule::bracket => {
                let method = name.as_str().rsplit_once('.').map(|(_, method)| method);
                LISTS.contains(&name.as_str()) || matches!(method, Some("items" | "keys" | "values"))
            }
            _ => false,
        }
    }
}
