//! Several statements of one line: `a = 1; del d["x"]`, `if x: a = b = 1`.
//!
//! Owns where each begins, so that each is lowered as if it stood alone. It does not know
//! what they do.

use super::attempt::{bytes, colon};
use super::build::{Builder, Pair, Rule};

/// Where the statements behind the head of a block begin; 0 if it is none.
fn behind_head(parts: &[Pair]) -> usize {
    let block = matches!(parts[0].as_rule(), Rule::for_word | Rule::r#while | Rule::with);
    let branch = matches!(parts[0].as_str(), "if" | "elif" | "else");
    if block || branch { colon(parts).map_or(0, |at| at + 1) } else { 0 }
}

impl<'s> Builder<'s> {
    /// Writes the statements of a line one by one; false if there is only one.
    pub(super) fn one_by_one(&mut self, parts: &[Pair<'s>]) -> bool {
        let Some(first) = parts.first().filter(|p| p.as_str() != "def") else { return false };
        if first.as_rule() == Rule::banned {
            return false;
        }
        let start = behind_head(parts);
        let statements: Vec<&[Pair]> =
            parts[start..].split(|p| p.as_rule() == Rule::semicolon).filter(|s| !s.is_empty()).collect();
        if statements.is_empty() || (start == 0 && statements.len() == 1) {
            return false;
        }
        if start > 0 {
            self.head_alone(parts, start);
        }
        for statement in statements {
            let whole = bytes(&statement[0]).start..bytes(&statement[statement.len() - 1]).end;
            self.plain_again(statement.to_vec(), whole);
        }
        true
    }

    /// The head of a block whose statements stand behind it.
    fn head_alone(&mut self, parts: &[Pair<'s>], end: usize) {
        let whole = bytes(&parts[0]).start..bytes(&parts[parts.len() - 1]).end;
        match parts[0].as_rule() {
            Rule::r#while => {
                let edits = self.repeated(parts, whole);
                self.tokens(parts[..end].to_vec(), edits);
            }
            _ => self.plain_again(parts[..end].to_vec(), whole.start..bytes(&parts[end - 1]).end),
        }
    }
}
