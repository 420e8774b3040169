//! `nonlocal` names, which definitions within one another share, and the names of a
//! class's own lines, which its methods do not see.
//!
//! Owns what stands for such a name in the lowered text: of what is shared, a list of one
//! element, as Starlark's definitions give values to names of their own alone; of a class's,
//! another name.

use super::assign::declared;
use super::attempt::{bytes, tokens_of};
use super::build::{Builder, Pair, Rule};
use super::python::definition_length;

/// What stands for a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// A list of the definition of that number, which shares it.
    Shared(usize),
    /// Another name, in the lines of a class.
    Member,
}

/// What the name of a class's own line is called.
pub(super) fn member(name: &str) -> String {
    format!("{name}__is")
}

/// The names that definitions within some lines declare `nonlocal`.
fn shared(body: &[Pair], found: &mut Vec<String>) {
    let mut rest = body;
    while let [_, after @ ..] = rest {
        let Some(length) = definition_length(rest) else {
            rest = after;
            continue;
        };
        let inner = &rest[1..length];
        found.extend(declared(inner, "nonlocal"));
        shared(inner, found);
        rest = &rest[length..];
    }
}

/// Whether lines of a definition itself give a name a value.
fn gives(body: &[Pair], name: &str) -> bool {
    let mut rest = body;
    while let [item, after @ ..] = rest {
        if let Some(length) = definition_length(rest) {
            rest = &rest[length..];
            continue;
        }
        let tokens = tokens_of(item);
        let sign = tokens.iter().position(|t| t.as_rule() == Rule::sep && t.as_str().ends_with('=')).unwrap_or(0);
        let is_loop = tokens.first().is_some_and(|t| t.as_rule() == Rule::for_word);
        let until = if is_loop { tokens.iter().position(|t| t.as_str() == "in").unwrap_or(0) } else { sign };
        let mut targets = tokens[..until].iter().flat_map(|t| std::iter::once(t.clone()).chain(t.clone().into_inner()));
        if targets.any(|t| t.as_str() == name) {
            return true;
        }
        rest = after;
    }
    false
}

/// The names of a definition's parameters.
pub(super) fn parameters<'s>(head: &Pair<'s>) -> Vec<&'s str> {
    let bracket = tokens_of(head).into_iter().find(|t| t.as_rule() == Rule::bracket);
    let inner: Vec<Pair> = bracket.into_iter().flat_map(Pair::into_inner).collect();
    let begins = |at: &usize| *at == 0 || matches!(inner[at - 1].as_str(), "," | "*" | "**");
    (0..inner.len())
        .filter(begins)
        .filter(|at| inner[*at].as_rule() == Rule::word)
        .map(|at| inner[at].as_str())
        .collect()
}

impl<'s> Builder<'s> {
    /// What stands for a shared name.
    pub(super) fn cell(&self, name: &str) -> Option<String> {
        let (_, stands) = self.cells.iter().rev().find(|(own, _)| own == name)?;
        Some(match stands {
            Stands::Shared(owner) => format!("_n{owner}_{name}[0]"),
            Stands::Member => member(name),
        })
    }

    /// Forgets names that a definition has as its own.
    pub(super) fn shadow_cells(&mut self, head: &Pair<'s>, body: &[Pair<'s>]) {
        if self.cells.is_empty() {
            return;
        }
        let (outer, parameters) = (declared(body, "nonlocal"), parameters(head));
        self.cells
            .retain(|(name, _)| outer.contains(name) || !(parameters.contains(&name.as_str()) || gives(body, name)));
    }

    /// The lines that a definition begins with for the names that those within it
    /// share with it.
    pub(super) fn begin_cells(&mut self, head: &Pair<'s>, body: &[Pair<'s>]) -> Vec<String> {
        let mut names = Vec::new();
        shared(body, &mut names);
        let outer = declared(body, "nonlocal");
        let parameters = parameters(head);
        names.retain(|name| !outer.contains(name));
        names.sort();
        names.dedup();
        let owner = bytes(head).start;
        let mut lines = Vec::new();
        for name in names.into_iter().filter(|name| parameters.contains(&name.as_str()) || gives(body, name)) {
            let first = if parameters.contains(&name.as_str()) { &*name } else { "None" };
            lines.push(format!("_n{owner}_{name} = [{first}]"));
            self.cells.push((name, Stands::Shared(owner)));
        }
        self.globals.extend(self.cells.iter().map(|(name, _)| name.clone()));
        lines
    }
}
