//! Operators and methods of Python that Starlark writes otherwise.
//!
//! Owns what belongs to an operator: the tokens on each side of it, by Python's
//! precedences. Chained comparisons, `%`, `**`, loops over texts and the methods
//! that strings lack become calls. It knows the tokens of one bracket or line
//! only; what is nested in them is walked by the builder.

use super::build::{Pair, Rule};
use super::class::Called;
use super::edit::Edit;
use super::known::Knowledge;
use super::search::searcher;
use super::shadows::Shadow;
use std::ops::Range;

/// What a token is to the operators around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A value, or what follows a value and belongs to it.
    Value,
    /// An operator between two values, by its precedence.
    Binary(u8),
    /// An operator before a value.
    Unary(u8),
    /// Nothing goes beyond it.
    End,
}

const NOT: u8 = 5;
pub(super) const COMPARISON: u8 = 6;
const PRODUCT: u8 = 12;
pub(super) const SIGN: u8 = 13;
const POWER: u8 = 14;

impl Role {
    /// How tightly it binds.
    fn binds(self) -> u8 {
        match self {
            Role::Value => u8::MAX,
            Role::Binary(by) | Role::Unary(by) => by,
            Role::End => 0,
        }
    }
}

/// The precedence of an operator between values; none if it is none.
fn precedence(text: &str) -> Option<u8> {
    Some(match text {
        "if" | "else" => 2,
        "or" => 3,
        "and" => 4,
        "in" | "is" | "<" | ">" | "<=" | ">=" | "==" | "!=" => COMPARISON,
        "|" => 7,
        "^" => 8,
        "&" => 9,
        "<<" | ">>" => 10,
        "+" | "-" => 11,
        "*" | "/" | "//" | "%" => PRODUCT,
        "**" => POWER,
        _ => return None,
    })
}

/// Words that begin a statement or a part of one.
fn is_statement(word: &str) -> bool {
    matches!(word, "return" | "elif" | "while" | "lambda" | "def" | "for" | "async" | "await" | "yield")
}

/// Whether the first value in a bracket is a call or a generator expression.
fn makes(bracket: &Pair) -> bool {
    let first: Vec<Pair> = bracket.clone().into_inner().take_while(|t| t.as_rule() != Rule::comma).collect();
    let is_call = |t: &Pair| t.as_rule() == Rule::bracket && t.as_str().starts_with('(');
    let in_value = |t: &Pair| !matches!(t.as_rule(), Rule::op | Rule::sep | Rule::keyword | Rule::lambda);
    let plain = |t: &Pair| in_value(t) && precedence(t.as_str()).is_none() && t.as_str() != "not";
    match first.as_slice() {
        _ if first.iter().any(|t| t.as_rule() == Rule::for_word) => true,
        [group] => is_call(group) && makes(group),
        [value @ .., last] => is_call(last) && value.iter().all(plain),
        [] => false,
    }
}

/// What is known where a line stands.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// Comparisons are of columns, perhaps: within an index.
    pub(super) masks: bool,
    /// Loops go over copies.
    pub(super) copies: bool,
    /// Something is read bit by bit, perhaps.
    pub(super) steps: bool,
    /// What classes of the file have that Python calls by itself.
    pub(super) called: &'a Called,
    /// Names, and what they were given.
    pub(super) known: &'a Knowledge,
    /// Where names mean something else.
    pub(super) shadows: &'a [Shadow],
    /// What stands in the place of a word, if it is not written as it is.
    pub(super) instead: &'a dyn Fn(&Pair) -> Option<String>,
}

/// The tokens of one bracket or line.
pub(super) struct Line<'a, 's> {
    pub(super) tokens: &'a [Pair<'s>],
    pub(super) roles: Vec<Role>,
    pub(super) around: Around<'a>,
    pub(super) edits: Vec<Edit>,
}

impl<'a, 's> Line<'a, 's> {
    pub(super) fn new(tokens: &'a [Pair<'s>], around: Around<'a>) -> Self {
        let roles = Vec::with_capacity(tokens.len());
        let mut line = Line { tokens, roles, around, edits: Vec::new() };
        let mut in_target = false;
        for (at, token) in tokens.iter().enumerate() {
            let role = line.role(at, in_target);
            match (token.as_rule(), token.as_str()) {
                (Rule::for_word, _) => in_target = true,
                (Rule::word, "in") => in_target = false,
                _ => {}
            }
            line.roles.push(role);
        }
        line
    }

    /// Whether a value ends before a token.
    fn is_after_value(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_some_and(|before| self.roles[before] == Role::Value && self.tokens[before].as_rule() != Rule::dot)
    }

    fn role(&self, at: usize, in_target: bool) -> Role {
        let (sort, text) = (self.tokens[at].as_rule(), self.tokens[at].as_str());
        let after_value = self.is_after_value(at);
        match sort {
            Rule::word if text == "in" && in_target => Role::End,
            // Of `not in`.
            Rule::word if text == "in" && !after_value => Role::Unary(COMPARISON),
            Rule::word if text == "not" && after_value => Role::Binary(COMPARISON),
            Rule::word if text == "not" => Role::Unary(NOT),
            Rule::word if is_statement(text) || (text == "if" && !after_value) => Role::End,
            Rule::word => precedence(text).map_or(Role::Value, Role::Binary),
            Rule::keyword => Role::Binary(COMPARISON),
            Rule::op if !after_value => match text {
                "+" | "-" | "~" => Role::Unary(SIGN),
                _ => Role::End,
            },
            Rule::op => precedence(text).map_or(Role::End, Role::Binary),
            Rule::bracket
            | Rule::strings_v
            | Rule::strings_b
            | Rule::strings_c
            | Rule::extra
            | Rule::json_load
            | Rule::dot
            | Rule::cont => Role::Value,
            _ => Role::End,
        }
    }

    fn binds(&self, at: usize) -> u8 {
        self.roles[at].binds()
    }

    /// Where the operand begins that ends before a token, of tokens that bind at
    /// least so.
    pub(super) fn left(&self, at: usize, least: u8) -> usize {
        (0..at).rev().take_while(|i| self.binds(*i) >= least).last().unwrap_or(at)
    }

    /// One past the operand that follows a token.
    pub(super) fn right(&self, at: usize, least: u8) -> usize {
        let signs = (at + 1..self.tokens.len()).take_while(|i| matches!(self.roles[*i], Role::Unary(SIGN))).count();
        let first = at + 1 + signs;
        first + (first..self.tokens.len()).take_while(|i| self.binds(*i) >= least).count()
    }

    /// The bytes of some tokens.
    pub(super) fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        self.tokens[tokens.start].as_span().start()..self.tokens[tokens.end - 1].as_span().end()
    }

    pub(super) fn token(&self, at: usize) -> Range<usize> {
        self.bytes(at..at + 1)
    }

    /// What is to be changed.
    pub(super) fn edits(mut self) -> Vec<Edit> {
        for at in 0..self.tokens.len() {
            let text = self.tokens[at].as_str();
            match (self.tokens[at].as_rule(), self.roles[at]) {
                (Rule::op, Role::Binary(7..) | Role::Unary(SIGN)) => self.operands(at),
                (Rule::sep, _) if text.len() > 1 => self.added(at),
                _ => {}
            }
            match (self.tokens[at].as_rule(), self.roles[at]) {
                (Rule::op, Role::Binary(7..)) if self.around.called.operates && !(text == "/" && self.is_text(at)) => {
                    self.operation(at);
                }
                (Rule::op, Role::Unary(SIGN)) if self.around.called.operates => self.sign(at),
                (Rule::word, Role::Unary(NOT)) if self.around.called.truths => self.truth(at + 1, self.right(at, NOT)),
                (Rule::word, Role::Binary(2)) if self.around.called.truths && text == "if" => {
                    self.condition(at + 1, self.right(at, 3));
                }
                (Rule::word, Role::End) if self.around.called.truths && matches!(text, "if" | "elif") => {
                    let is_colon =
                        |i: &usize| self.tokens[*i].as_rule() == Rule::sep && self.tokens[*i].as_str() == ":";
                    if let Some(end) = (at + 1..self.tokens.len()).find(is_colon) {
                        self.condition(at + 1, end);
                    }
                }
                (Rule::op, Role::Binary(PRODUCT)) if text == "%" => self.call("_percent(", at, PRODUCT, PRODUCT + 1),
                (Rule::op, Role::Binary(PRODUCT)) if text == "/" && self.is_text(at) => {
                    self.call("_below(", at, PRODUCT, PRODUCT + 1);
                }
                (Rule::op, Role::Binary(PRODUCT)) if text == "//" => self.call("_floor(", at, PRODUCT, PRODUCT + 1),
                (Rule::op, Role::Binary(POWER)) => self.call("_pow(", at, POWER + 1, POWER),
                (_, Role::Binary(COMPARISON)) if self.around.called.contains && matches!(text, "in" | "not") => {
                    self.inside(at)
                }
                (_, Role::Binary(COMPARISON)) => self.comparison(at),
                (Rule::extra, _) => self.method(at),
                (Rule::for_word, _) => self.loop_over(at),
                (Rule::dot, _) if !self.around.called.properties.is_empty() => self.property(at),
                (Rule::bracket, Role::Value)
                    if self.around.called.items || self.picks(at) || self.asks_by_function(at) =>
                {
                    self.item(at);
                }
                (Rule::word, Role::Value)
                    if self.around.called.truths
                        && text == "bool"
                        && self.tokens.get(at + 1).is_some_and(|t| t.as_str().starts_with('(')) =>
                {
                    self.edits.push(Edit::replace(self.token(at), "_true"));
                }
                (Rule::word, _) if matches!(text, "any" | "all") => {
                    self.search(at);
                }
                (Rule::word, _) if text == "next" && !self.search(at) => self.next_of(at),
                (Rule::word, _) if text == "type" => self.type_name(at),
                _ => {}
            }
        }
        Edit::sort(&mut self.edits);
        self.edits
    }

    /// `a + b` becomes `_operate(a, "+", b)`.
    pub(super) fn operation(&mut self, at: usize) {
        let Role::Binary(by) = self.roles[at] else { return };
        let (left, right) = if by == POWER { (POWER + 1, POWER) } else { (by, by + 1) };
        let (start, end) = (self.left(at, left), self.right(at, right));
        if start == at || end == at + 1 {
            return;
        }
        let whole = self.bytes(start..end);
        self.edits.push(Edit::open(&whole, "_operate("));
        self.edits.push(Edit::replace(self.token(at), format!(", {:?},", self.tokens[at].as_str())));
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// `-a` becomes `_signed("-", a)`.
    fn sign(&mut self, at: usize) {
        let end = self.right(at, SIGN);
        // Of a number, it stays what it is.
        let is_number = self.tokens.get(at + 1).is_some_and(|t| t.as_str().starts_with(|c: char| c.is_ascii_digit()));
        if end == at + 1 || is_number {
            return;
        }
        let whole = self.bytes(at..end);
        self.edits.push(Edit::replace(self.token(at), format!("_signed({:?}, ", self.tokens[at].as_str())));
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// `x`, of which is asked whether it is true, becomes `_true(x)`.
    fn truth(&mut self, start: usize, end: usize) {
        let skips = |i: &usize| matches!(self.roles[*i], Role::Unary(NOT | COMPARISON));
        let start = start + (start..end).take_while(skips).count();
        let plain = (start..end).all(|i| {
            matches!(self.roles[i], Role::Value | Role::Binary(COMPARISON..) | Role::Unary(SIGN | COMPARISON))
        });
        if start >= end || !plain {
            return;
        }
        let whole = self.bytes(start..end);
        self.edits.push(Edit::open(&whole, "_true("));
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// Each part of a condition between `and` and `or`; those behind `not` are asked there.
    fn condition(&mut self, start: usize, end: usize) {
        let mut from = start;
        for at in start..=end {
            let parts = at == end || matches!(self.roles[at], Role::Binary(3 | 4));
            if parts {
                if from < at && self.roles[from] != Role::Unary(NOT) {
                    self.truth(from, at);
                }
                from = at + 1;
            }
        }
    }

    /// `a OP b` becomes `f(a, b)`.
    fn call(&mut self, function: &str, at: usize, left: u8, right: u8) {
        let (start, end) = (self.left(at, left), self.right(at, right));
        if start == at || end == at + 1 {
            return;
        }
        let whole = self.bytes(start..end);
        self.edits.push(Edit::open(&whole, function));
        self.edits.push(Edit::replace(self.token(at), ","));
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// The operators of a chain of comparisons from its first on.
    fn chain(&self, first: usize) -> Vec<usize> {
        let mut chain = vec![first];
        let mut at = first + 1;
        while at < self.tokens.len() && self.binds(at) >= COMPARISON {
            if self.roles[at] == Role::Binary(COMPARISON) {
                chain.push(at);
            }
            at += 1;
        }
        chain
    }

    /// `a < b < c` becomes `(a < b and b < c)` if `b` is a name or a number, else
    /// a call; in an index, every comparison is a call.
    fn comparison(&mut self, at: usize) {
        let start = self.left(at, COMPARISON + 1);
        let is_first = start == 0 || self.binds(start - 1) < COMPARISON;
        let chain = self.chain(at);
        let words = chain.iter().any(|i| matches!(self.tokens[*i].as_str(), "in" | "not"));
        let views = chain.len() == 1 && self.compares_views(at);
        if views {
            self.sets(at);
        }
        if is_first && start < at && chain.len() == 1 && !views && self.is_beside_truth(at) {
            return self.equality(at);
        }
        if is_first && start < at && chain.len() == 1 && self.tokens[at].as_rule() == Rule::keyword {
            return self.identity(at);
        }
        if !is_first || start == at || (chain.len() == 1 && (!(self.around.masks || views) || words)) {
            return;
        }
        let last = chain[chain.len() - 1];
        let end = self.right(last, COMPARISON + 1).max(last + 1);
        let whole = self.bytes(start..end);
        let operands = chain.windows(2).map(|pair| pair[0] + 1..pair[1]);
        let simple = operands.clone().all(|o| o.len() == 1 && self.tokens[o.start].as_rule() == Rule::word);
        if simple && chain.len() > 1 {
            self.edits.push(Edit::open(&whole, "("));
            let middles: Vec<usize> = operands.map(|o| o.start).collect();
            for at in middles {
                let word = &self.tokens[at];
                let again = (self.around.instead)(word).unwrap_or_else(|| word.as_str().to_owned());
                self.edits.push(Edit::close(&self.token(at), format!(" and {again}")));
            }
        } else if !words {
            self.edits.push(Edit::open(&whole, "_compare("));
            for at in chain {
                let text =
                    format!(", {:?},", self.tokens[at].as_str().split_whitespace().collect::<Vec<_>>().join(" "));
                self.edits.push(Edit::replace(self.token(at), text));
            }
        } else {
            return;
        }
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// Where the value begins that a token behind it belongs to.
    pub(super) fn primary(&self, at: usize) -> usize {
        let mut start = at;
        while start > 0 && self.roles[start - 1] == Role::Value {
            start -= 1;
            // A value by itself, with nothing before it that it follows.
            let follows = matches!(self.tokens[start].as_rule(), Rule::bracket | Rule::extra | Rule::dot | Rule::cont);
            let dotted = start > 0 && self.tokens[start - 1].as_rule() == Rule::dot;
            if !follows && !dotted {
                break;
            }
        }
        start
    }

    /// `x.zfill(` becomes `_of(x, "zfill")(`.
    fn method(&mut self, at: usize) {
        let Some(method) = self.tokens[at].clone().into_inner().next() else { return };
        let start = self.primary(at);
        if start < at {
            self.edits.push(Edit::open(&self.bytes(start..at + 1), "_of("));
            self.edits.push(Edit::replace(self.token(at), format!(", {:?})", method.as_str())));
        }
    }

    /// Whether a string alone stands before a token.
    pub(super) fn is_text(&self, at: usize) -> bool {
        let start = self.left(at, PRODUCT);
        start + 1 == at && matches!(self.tokens[start].as_rule(), Rule::strings_v | Rule::strings_b | Rule::strings_c)
    }

    /// `f(x).name` becomes `_get(f(x), "name")`, where `name` is a property.
    fn property(&mut self, at: usize) {
        let Some(word) = self.tokens.get(at + 1).filter(|t| t.as_rule() == Rule::word) else { return };
        let name = word.as_str().split('.').next().unwrap_or("");
        let start = self.primary(at);
        let is_target = self.tokens.get(at + 2).is_some_and(|t| t.as_rule() == Rule::sep && t.as_str().ends_with('='));
        if start == at || is_target || !self.around.called.properties.iter().any(|p| p == name) {
            return;
        }
        let end = word.as_span().start() + name.len();
        let whole = self.bytes(start..at + 1);
        self.edits.push(Edit::open(&(whole.start..end), "_get("));
        self.edits.push(Edit::replace(self.token(at).start..end, format!(", {name:?})")));
    }

    /// `x[i]` becomes `_item(x, [i])`.
    fn item(&mut self, at: usize) {
        let token = &self.tokens[at];
        let is_target = self.tokens.get(at + 1).is_some_and(|t| t.as_rule() == Rule::sep && t.as_str().ends_with('='));
        let has_colon = token.clone().into_inner().any(|t| t.as_rule() == Rule::sep && t.as_str() == ":");
        // Slices beside a function have been made values.
        let cuts = has_colon && !self.asks_by_function(at);
        let empty = token.clone().into_inner().next().is_none();
        let start = self.primary(at);
        if start == at || is_target || cuts || empty || !token.as_str().starts_with('[') {
            return;
        }
        let whole = self.bytes(start..at + 1);
        self.edits.push(Edit::open(&whole, "_item("));
        self.edits.push(Edit::close(&(whole.start..self.token(at).start), ", "));
        self.edits.push(Edit::close(&whole, ")"));
    }

    /// `x in y` becomes `_contains(x, y)`.
    fn inside(&mut self, at: usize) {
        let word = self.tokens[at].as_str();
        let negated = word == "not" && self.tokens.get(at + 1).is_some_and(|t| t.as_str() == "in");
        let operator = if negated { at + 1 } else { at };
        let (start, end) = (self.left(at, COMPARISON + 1), self.right(operator, COMPARISON + 1));
        let is_chained = start > 0 && self.roles[start - 1] == Role::Binary(COMPARISON);
        if start == at || end == operator + 1 || is_chained || (word == "not" && !negated) {
            return;
        }
        let whole = self.bytes(start..end);
        self.edits.push(Edit::open(&whole, if negated { "(not _contains(" } else { "_contains(" }));
        self.edits.push(Edit::replace(self.bytes(at..operator + 1), ","));
        self.edits.push(Edit::close(&whole, if negated { "))" } else { ")" }));
    }

    /// `next(x for x in xs)` becomes `_first(…)`; false if it is no such call.
    fn search(&mut self, at: usize) -> bool {
        let Some(call) = self.tokens.get(at + 1).filter(|t| t.as_rule() == Rule::bracket) else { return false };
        let Some(by) = searcher(self.tokens[at].as_str(), call).filter(|_| self.around.steps) else { return false };
        let attached = call.as_span().start() == self.tokens[at].as_span().end();
        if attached {
            self.edits.push(Edit::replace(self.token(at), by));
        }
        attached
    }

    /// `next(f())` becomes `_next(f())`: of what is made there, the first is the next.
    fn next_of(&mut self, at: usize) {
        let Some(call) = self.tokens.get(at + 1).filter(|t| t.as_rule() == Rule::bracket) else { return };
        let defines = at > 0 && self.tokens[at - 1].as_str() == "def";
        if !defines && makes(call) {
            self.edits.push(Edit::replace(self.token(at), "_next"));
        }
    }

    /// `type(x).__name__` becomes `_type_name(x)`, as types are texts.
    fn type_name(&mut self, at: usize) {
        let Some([call, dot, name, ..]) = self.tokens.get(at + 1..) else { return };
        let called = call.as_rule() == Rule::bracket && call.as_str().starts_with('(');
        if called && dot.as_rule() == Rule::dot && name.as_str() == "__name__" {
            self.edits.push(Edit::replace(self.token(at), "_type_name"));
            self.edits.push(Edit::replace(self.bytes(at + 2..at + 4), ""));
        }
    }
}
