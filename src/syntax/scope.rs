//! `locals()` and `globals()`.
//!
//! Owns which names a definition has where it asks for them. What the names of a file
//! are, Starlark's module knows when it runs.

use super::assign::declared;
use super::attempt::{bytes, colon, tokens_of};
use super::build::{Builder, Pair, Rule};
use super::cells::parameters;
use super::globals::{bound, targets};
use super::python::{defined_name, definition_length};

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

    /// What its lines give values to, beside the parameters.
    fn given(&self) -> Vec<&'s str> {
        let mut found = Vec::new();
        let mut rest = &self.body[..];
        while let [item, after @ ..] = rest {
            if let Some(length) = definition_length(rest) {
                found.extend(defined_name(head_of(&rest[..length])));
                rest = &rest[length..];
                continue;
            }
            found.extend(names_of(item));
            rest = after;
        }
        let outer = [declared(&self.body, "global"), declared(&self.body, "nonlocal")].concat();
        let parameters = parameters(&self.head);
        found.retain(|name| !parameters.contains(name) && !outer.iter().any(|own| own == name));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The lines that the definition begins with: what has no value yet.
    pub(super) fn begin(&self) -> Vec<String> {
        self.given().into_iter().map(|name| format!("{name} = _unset")).collect()
    }
}

/// The head of a definition behind its decorators.
fn head_of<'s>(items: &[Pair<'s>]) -> &'s str {
    items.iter().map(|item| item.as_str()).find(|line| defined_name(line).is_some()).unwrap_or("")
}

/// The names that a line gives values to.
fn names_of<'s>(item: &Pair<'s>) -> Vec<&'s str> {
    let tokens = tokens_of(item);
    let mut found = Vec::new();
    for statement in tokens.split(|t| t.as_rule() == Rule::semicolon) {
        let from = colon(statement).filter(|_| is_head(statement)).map_or(0, |at| at + 1);
        targets(&statement[from..]).into_iter().for_each(|target| bound(target, &mut found));
    }
    let word = |wanted: &str| tokens.iter().position(|t| t.as_rule() == Rule::word && t.as_str() == wanted);
    match (tokens.first().map(|t| (t.as_rule(), t.as_str())), word("in"), word("as")) {
        (Some((Rule::for_word, _)), Some(inside), _) => bound(&tokens[1..inside], &mut found),
        (Some((Rule::with, _)), ..) => {
            let opened = tokens[0].clone().into_inner();
            opened.for_each(|one| bound(&one.into_inner().skip(1).collect::<Vec<_>>(), &mut found));
        }
        (Some((_, "except")), _, Some(at)) => bound(&tokens[at + 1..(at + 2).min(tokens.len())], &mut found),
        _ => {}
    }
    found.into_iter().map(|(_, name)| name).collect()
}

/// Whether a statement stands behind the head of a block.
fn is_head(statement: &[Pair]) -> bool {
    statement.first().is_some_and(|first| {
        matches!(first.as_rule(), Rule::for_word | Rule::r#while | Rule::with)
            || matches!(first.as_str(), "if" | "elif" | "else")
    })
}

impl Builder<'_> {
    /// What stands for the word `locals` or `globals`; none if it is not the function.
    pub(super) fn scope_word(&self, word: &Pair) -> Option<String> {
        let (start, end) = (bytes(word).start, bytes(word).end);
        let called = self.source[end..].starts_with("()") && !self.source[..start].ends_with('.');
        match (word.as_str(), &self.scope) {
            _ if !called => None,
            ("locals", Some(scope)) => {
                let names = parameters(&scope.head).into_iter().chain(scope.given());
                let pairs: Vec<String> = names.map(|name| format!("{name} = {name}")).collect();
                Some(format!("(lambda: _locals({}))", pairs.join(", ")))
            }
            ("locals" | "globals", None) if self.unserved.is_none() => Some("_globals".to_owned()),
            _ => None,
        }
    }
}
