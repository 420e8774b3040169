//! Operators and methods of Python that Starlark writes otherwise.
//!
//! Owns chained comparisons, `**` and the methods that strings lack. Where a
//! rewriting could change the meaning, the text stays, and Starlark refuses it.

use super::build::{Builder, Pair};

impl<'s> Builder<'s> {
    /// `.zfill(` and its like: the value and the name go to a function that
    /// gives the method.
    pub(super) fn extra(&mut self, pair: Pair) {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        let Some(method) = pair.into_inner().next() else { return };
        self.emit.insert_before_primary(start, "_of(");
        self.emit.replace(start..end, &format!(", {:?})", method.as_str()));
    }

    /// `< b` of `a < b < c` becomes `< b and b`.
    pub(super) fn chained(&mut self, pair: Pair) {
        let start = pair.as_span().start();
        let Some(middle) = pair.into_inner().next() else { return };
        if !self.is_negated(start) {
            self.emit.insert(middle.as_span().end(), &format!(" and {}", middle.as_str()));
        }
    }

    /// Whether a `not` stands before a place, in the same bracket and
    /// between the same commas, `and`s and `or`s: it would bind to a part only.
    fn is_negated(&self, at: usize) -> bool {
        let (mut end, mut depth) = (at, 0usize);
        while let Some(c) = self.source[..end].chars().next_back() {
            let start = end - c.len_utf8();
            match c {
                '"' | '\'' => end = self.source[..start].rfind(c).unwrap_or(0),
                ')' | ']' | '}' => (depth, end) = (depth + 1, start),
                '(' | '[' | '{' if depth == 0 => return false,
                '(' | '[' | '{' => (depth, end) = (depth - 1, start),
                ',' if depth == 0 => return false,
                '\n' if depth == 0 && self.depth == 0 => return false,
                _ if depth > 0 => end = start,
                _ if self.has_word(start, "not") => return true,
                _ if ["and", "or", "if", "else"].iter().any(|word| self.has_word(start, word)) => return false,
                _ => end = start,
            }
        }
        false
    }

    /// Whether a whole word stands at a place.
    fn has_word(&self, at: usize, word: &str) -> bool {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let after = self.source[at..].strip_prefix(word);
        after.is_some_and(|rest| !rest.starts_with(is_name)) && !self.source[..at].ends_with(is_name)
    }

    /// `a ** b` of two names or numbers.
    pub(super) fn power(&mut self, pair: Pair) {
        let range = pair.as_span().start()..pair.as_span().end();
        let operands: Vec<&str> = pair.into_inner().map(|o| o.as_str()).collect();
        if let ([left, right], false) = (operands.as_slice(), self.source[..range.start].ends_with('.')) {
            self.emit.replace(range, &format!("_pow({left}, {right})"));
        }
    }
}
