//! `a == b` and `a is b`, where Starlark means something else.
//!
//! Owns which of these become calls. Chains of comparisons are `operator`'s.

use super::build::{Pair, Rule};
use super::edit::Edit;
use super::operator::{COMPARISON, Line};

impl Line<'_, '_> {
    /// Whether `==` or `!=` has a bool, or a number that is one, on one of its sides.
    pub(super) fn is_beside_truth(&self, at: usize) -> bool {
        let (start, end) = (self.left(at, COMPARISON + 1), self.right(at, COMPARISON + 1));
        let is_truth = |value: &[Pair]| match value {
            [one] => one.as_rule() == Rule::word && matches!(one.as_str(), "True" | "False" | "0" | "1"),
            _ => false,
        };
        let equals = matches!(self.tokens[at].as_str(), "==" | "!=");
        equals && (is_truth(&self.tokens[start..at]) || is_truth(&self.tokens[at + 1..end]))
    }

    /// `a is b` becomes `_is(a, b)`, but for constants, of which there is one each.
    pub(super) fn identity(&mut self, at: usize) {
        let end = self.right(at, COMPARISON + 1);
        if matches!(&self.tokens[at + 1..end], [one] if matches!(one.as_str(), "None" | "True" | "False")) {
            return;
        }
        let negated = self.tokens[at].as_str() != "is";
        let whole = self.bytes(self.left(at, COMPARISON + 1)..end);
        self.edits.push(Edit::open(&whole, if negated { "(not _is(" } else { "_is(" }));
        self.edits.push(Edit::replace(self.token(at), ","));
        self.edits.push(Edit::close(&whole, if negated { "))" } else { ")" }));
    }

    /// `a == b` becomes `_equal(a, "==", b)`.
    pub(super) fn equality(&mut self, at: usize) {
        let whole = self.bytes(self.left(at, COMPARISON + 1)..self.right(at, COMPARISON + 1));
        self.edits.push(Edit::open(&whole, "_equal("));
        self.edits.push(Edit::replace(self.token(at), format!(", {:?},", self.tokens[at].as_str())));
        self.edits.push(Edit::close(&whole, ")"));
    }
}
