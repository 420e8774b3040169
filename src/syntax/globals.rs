//! `global` names: what a definition gives them, and the forms that are refused.
//!
//! Owns which statements give a name a value there. `X = value` and `X += value`
//! tell the module; in Starlark every other form would make a local of it.

use super::attempt::{bytes, colon};
use super::build::{Builder, Pair, Rule};
use super::keys::with_names;
use crate::diag::Diag;
use std::ops::Range;

/// The names that targets of an assignment or a loop give values to.
pub(super) fn bound<'s>(targets: &[Pair<'s>], found: &mut Vec<(Range<usize>, &'s str)>) {
    for (at, token) in targets.iter().enumerate() {
        let inner = || token.clone().into_inner().collect::<Vec<_>>();
        let begins = at == 0 || matches!(targets[at - 1].as_str(), "," | "*");
        let ends = targets.get(at + 1).is_none_or(|next| next.as_rule() == Rule::comma);
        match token.as_rule() {
            Rule::targets | Rule::starred => bound(&inner(), found),
            Rule::bracket if begins => bound(&inner(), found),
            Rule::name => found.push((bytes(token), token.as_str())),
            Rule::word if begins && ends => found.push((bytes(token), token.as_str())),
            _ => {}
        }
    }
}

/// The names before each `:=`.
fn named<'s>(tokens: &[Pair<'s>], found: &mut Vec<(Range<usize>, &'s str)>) {
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && token.as_str() == ":=" {
            found.push((bytes(&tokens[at - 1]), tokens[at - 1].as_str()));
        }
        named(&token.clone().into_inner().collect::<Vec<_>>(), found);
    }
}

/// The targets of the assignments of one simple statement.
pub(super) fn targets<'a, 's>(statement: &'a [Pair<'s>]) -> Vec<&'a [Pair<'s>]> {
    let is_sign = |p: &Pair| p.as_rule() == Rule::sep && p.as_str().ends_with('=');
    let end = statement.iter().position(|p| p.as_str() == "lambda").unwrap_or(statement.len());
    let mut parts: Vec<&[Pair]> = statement[..end].split(is_sign).collect();
    parts.pop();
    // Of `x: type = value`, the name.
    parts.into_iter().map(|part| &part[..colon(part).unwrap_or(part.len())]).collect()
}

impl<'s> Builder<'s> {
    /// Refuses the `global` ones of some names.
    fn refuse_global(&mut self, mut names: Vec<(Range<usize>, &'s str)>) {
        names.retain(|(_, name)| self.globals.iter().any(|g| g == name));
        for (place, name) in names {
            let word = if self.cell(name).is_some() { "nonlocal" } else { "global" };
            let message = format!("the `{word}` name `{name}` cannot be given a value in this form");
            let diag = Diag::at(self.span(place), message);
            self.refuse(diag.hint(format!("give it on a line of its own: `{name} = value`")));
        }
    }

    /// Refuses `global` names that the head of a block or a `:=` gives values to.
    pub(super) fn check_global_heads(&mut self, parts: &[Pair<'s>]) {
        if self.globals.is_empty() {
            return;
        }
        let mut found = Vec::new();
        named(parts, &mut found);
        let inside = parts.iter().position(|p| p.as_rule() == Rule::word && p.as_str() == "in");
        match (parts.first().map(Pair::as_rule), inside) {
            (Some(Rule::for_word), Some(inside)) => bound(&parts[1..inside], &mut found),
            (Some(Rule::with), _) => {
                let opened = parts[0].clone().into_inner();
                opened.for_each(|one| bound(&one.into_inner().skip(1).collect::<Vec<_>>(), &mut found));
            }
            _ => {}
        }
        self.refuse_global(found);
    }

    /// Refuses `global` names among several targets.
    pub(super) fn check_global_targets(&mut self, statement: &[Pair<'s>]) {
        let mut found = Vec::new();
        for target in targets(statement) {
            let mut names = Vec::new();
            bound(target, &mut names);
            // Where several names are given values at once, cells are named as they are.
            if self.place.guard.is_none() && target.len() == 1 && target[0].as_rule() == Rule::targets {
                names.retain(|(_, name)| self.cell(name).is_none());
            }
            let alone = names.len() == 1 && target.len() == 1 && names[0].0 == bytes(&target[0]);
            found.extend(names.into_iter().filter(|_| !alone));
        }
        self.refuse_global(found);
    }

    /// Statements of one line one by one, also behind the colon of a block's head,
    /// where they give `global` names values.
    pub(super) fn global_statements(&mut self, parts: &[Pair<'s>]) -> bool {
        if self.globals.is_empty() || parts.first().is_none_or(|p| p.as_str() == "def") {
            return false;
        }
        let block = matches!(parts[0].as_rule(), Rule::for_word | Rule::r#while | Rule::with);
        let branch = matches!(parts[0].as_str(), "if" | "elif" | "else");
        let start = if block || branch { colon(parts).map_or(parts.len(), |at| at + 1) } else { 0 };
        let statements: Vec<&[Pair]> = parts[start..].split(|p| p.as_rule() == Rule::semicolon).collect();
        let mut found = Vec::new();
        statements.iter().flat_map(|s| targets(s)).for_each(|target| bound(target, &mut found));
        found.retain(|(_, name)| self.globals.iter().any(|g| g == name));
        if block {
            self.refuse_global(found);
            return false;
        }
        if found.is_empty() || (start == 0 && statements.len() == 1) {
            if start == 0 {
                self.check_global_targets(parts);
            }
            return false;
        }
        self.tokens(parts[..start].to_vec(), Vec::new());
        for statement in statements.into_iter().filter(|s| !s.is_empty()) {
            let whole = bytes(&statement[0]).start..bytes(&statement[statement.len() - 1]).end;
            self.plain_again(statement.to_vec(), whole);
        }
        true
    }

    /// `x = value`, told to the module where `x` is `global`.
    pub(super) fn given(&self, target: &str, value: &str) -> Option<String> {
        if let Some(cell) = self.cell(target) {
            return Some(format!("{cell} = {value}"));
        }
        let is_global = self.globals.iter().any(|g| g == target);
        is_global.then(|| format!("_global({:?}, {value})", with_names(target)))
    }

    /// `global x` in a definition: `x = value` tells the module.
    pub(super) fn global(&mut self, parts: &[Pair<'s>], sign: usize, name: &str, before: &str) {
        let cell = self.cell(name);
        let open = match &cell {
            Some(cell) => format!("{cell} = {before}("),
            None => format!("_global({:?}, {before}(", with_names(name)),
        };
        self.emit.replace(bytes(&parts[0]).start..bytes(&parts[sign + 1]).start, &open);
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, if cell.is_some() { ")" } else { "))" });
    }
}
