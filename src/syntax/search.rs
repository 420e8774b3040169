//! `next`, `any` and `all` of a generator expression, which go no further than to what
//! they look for.
//!
//! Owns which brackets are such, and their lowering to functions of one element. It
//! matters where something is read bit by bit: what follows is still there.

use super::attempt::bytes;
use super::build::{Builder, Pair, Rule};

/// A bracket such as `(x.name for x in xs if x.ok)`, by the places of its tokens.
struct Search {
    /// Of `for`.
    each: usize,
    /// Of `in`.
    inside: usize,
    /// Of `if`.
    guard: Option<usize>,
    /// One past the last of the expression.
    end: usize,
}

fn search(inner: &[Pair]) -> Option<Search> {
    let is_word = |t: &Pair, word: &str| t.as_rule() == Rule::word && t.as_str() == word;
    let end = inner.iter().position(|t| t.as_rule() == Rule::comma).unwrap_or(inner.len());
    let each = inner[..end].iter().position(|t| t.as_rule() == Rule::for_word).filter(|at| *at > 0)?;
    let inside = each + 2;
    let one_name = inner.get(each + 1).is_some_and(|t| t.as_rule() == Rule::word && !t.as_str().contains('.'));
    if !one_name || inside + 1 >= end || !is_word(&inner[inside], "in") {
        return None;
    }
    let rest = &inner[inside + 1..end];
    let again = rest.iter().any(|t| t.as_rule() == Rule::for_word);
    let guards: Vec<usize> = (inside + 1..end).filter(|at| is_word(&inner[*at], "if")).collect();
    let odd = again || guards.len() > 1 || inner[..end].iter().any(|t| t.as_str() == ":=" || is_word(t, "lambda"));
    let whole = guards.first().is_none_or(|at| *at > inside + 1 && at + 1 < end);
    (!odd && whole).then_some(Search { each, inside, guard: guards.first().copied(), end })
}

/// What the name before a bracket becomes, if the bracket is searched.
pub(super) fn searcher(name: &str, bracket: &Pair) -> Option<&'static str> {
    let by = match name {
        "next" => "_first",
        "any" => "_any",
        "all" => "_all",
        _ => return None,
    };
    let inner: Vec<Pair> = bracket.clone().into_inner().collect();
    search(&inner).map(|_| by)
}

impl<'s> Builder<'s> {
    /// `(e for x in xs if c)` becomes `(lambda x: (e), (xs), lambda x: (c))`; false if it
    /// is no argument of a function that looks for something.
    pub(super) fn searched(&mut self, start: usize, inner: &[Pair<'s>]) -> bool {
        let before = &self.source[..start];
        let name = ["next", "any", "all"].into_iter().find(|name| before.ends_with(name));
        let is_whole = |name: &str| {
            let last = before[..before.len() - name.len()].chars().next_back();
            !last.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        };
        if !self.steps || !name.is_some_and(is_whole) {
            return false;
        }
        let Some(Search { each, inside, guard, end }) = search(inner) else { return false };
        let of = format!("lambda {}: (", inner[each + 1].as_str());
        self.emit.insert(bytes(&inner[0]).start, &of);
        self.tokens(inner[..each].to_vec(), Vec::new());
        self.emit.replace(bytes(&inner[each - 1]).end..bytes(&inner[inside + 1]).start, "), (");
        self.tokens(inner[inside + 1..guard.unwrap_or(end)].to_vec(), Vec::new());
        let close = match guard {
            Some(at) => {
                self.emit.replace(bytes(&inner[at - 1]).end..bytes(&inner[at + 1]).start, &format!("), {of}"));
                self.tokens(inner[at + 1..end].to_vec(), Vec::new());
                ")"
            }
            None => "), None",
        };
        self.emit.insert(bytes(&inner[end - 1]).end, close);
        self.tokens(inner[end..].to_vec(), Vec::new());
        true
    }
}
