//! `locals()` and `globals()`.
//!
//! Owns which names a definition has where it asks for them. What the names of a file
//! are, Starlark's module knows when it runs.

use super::attempt::{bytes, tokens_of};
use super::build::{Builder, Pair, Rule};
use super::cells::parameters;
use super::globals::{bound, targets};
use super::python::indent;

/// A definition that asks for its names.
pub(super) struct Scope<'s> {
    head: Pair<'s>,
    body: Vec<Pair<'s>>,
}

impl<'s> Scope<'s> {
    /// The scope of a definition, if it asks for its names.
    pub(super) fn of(head: &Pair<'s>, body: &[Pair<'s>]) -> Option<Self> {
        let asks = body.iter().any(|item| item.as_str().contains("locals"));
        asks.then(|| Self { head: head.clone(), body: body.to_vec() })
    }

    /// The parameters, and what its own lines have given values to before a place. What a
    /// block may have given is left out, as it may have no value.
    fn names(&self, before: usize) -> Vec<&'s str> {
        let mut names = parameters(&self.head);
        let own = self.body.first().map_or("", |item| indent(item.as_str()));
        let lines = self.body.iter().filter(|item| item.as_rule() == Rule::code && indent(item.as_str()) == own);
        for line in lines.take_while(|line| bytes(line).start < before) {
            let mut found = Vec::new();
            targets(&tokens_of(line)).into_iter().for_each(|target| bound(target, &mut found));
            names.extend(found.into_iter().filter(|(place, _)| place.end < before).map(|(_, name)| name));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Builder<'_> {
    /// What stands for the word `locals` or `globals`; none if it is not the function.
    pub(super) fn scope_word(&self, word: &Pair) -> Option<String> {
        let (start, end) = (bytes(word).start, bytes(word).end);
        let called = self.source[end..].starts_with("()") && !self.source[..start].ends_with('.');
        match (word.as_str(), &self.scope) {
            _ if !called => None,
            ("locals", Some(scope)) => {
                // The line itself gives its names when all of it has run.
                let line = self.source[..start].rfind('\n').map_or(0, |at| at + 1);
                let pairs: Vec<String> = scope.names(line).into_iter().map(|name| format!("{name} = {name}")).collect();
                Some(format!("(lambda: dict({}))", pairs.join(", ")))
            }
            ("locals" | "globals", None) if self.unserved.is_none() => Some("_globals".to_owned()),
            _ => None,
        }
    }
}
