//! `:=`: names that are given values within an expression.
//!
//! Owns their lowering: a cell before the statement, and the names behind it. It does not know
//! what the values are.

use super::attempt::bytes;
use super::build::{Builder, Pair, Rule};
use super::edit::Edit;
use crate::diag::Diag;
use std::ops::Range;

/// The statements around one with `:=` in it.
pub(super) struct Named {
    /// Makes the dict that the names live in meanwhile.
    pub(super) cell: String,
    /// Gives the names their values, a line each.
    pub(super) after: String,
}

/// The names that `:=` gives values to.
fn names_among(tokens: &[Pair], names: &mut Vec<String>) {
    for (at, token) in tokens.iter().enumerate() {
        if token.as_rule() == Rule::op && token.as_str() == ":=" && at > 0 {
            let name = tokens[at - 1].as_str().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names_among(&token.clone().into_inner().collect::<Vec<_>>(), names);
    }
}

/// Whether the value that `:=` gives a name is made from that name, as in `(n := n + 1)`.
fn reads_itself(tokens: &[Pair], name: &str) -> bool {
    let is_given = |at: usize| tokens[at].as_str() == ":=" && at > 0 && tokens[at - 1].as_str() == name;
    (0..tokens.len()).any(|at| {
        let mut value = Vec::new();
        if is_given(at) {
            let rest = tokens[at + 1..].iter().take_while(|token| token.as_rule() != Rule::comma);
            rest.for_each(|token| words_in(token, &mut value));
        }
        value.contains(&name) || reads_itself(&tokens[at].clone().into_inner().collect::<Vec<_>>(), name)
    })
}

/// The words and operators of a text, in order, but for those of comprehensions, where
/// the order is another.
fn words_in<'s>(pair: &Pair<'s>, words: &mut Vec<&'s str>) {
    match pair.as_rule() {
        Rule::word | Rule::op => words.push(pair.as_str()),
        Rule::bracket if pair.clone().into_inner().any(|p| p.as_rule() == Rule::for_word) => {}
        _ => pair.clone().into_inner().for_each(|inner| words_in(&inner, words)),
    }
}

impl<'s> Builder<'s> {
    /// `if (n := x) > 1:` becomes `_w = {}`, the condition with `_w["n"]` in the
    /// place of `n`, and then `n = _w["n"]`.
    pub(super) fn named_within(&mut self, parts: &[Pair<'s>], whole: &Range<usize>) -> bool {
        let Some(Named { cell, after }) = self.name_cells(parts, whole.start) else { return false };
        let indent = self.own_indent(whole.start);
        let word = parts[0].as_str();
        let colon = parts.iter().position(|p| p.as_rule() == Rule::sep && p.as_str() == ":");
        let indented = |deep: &str| after.replace('\n', &format!("\n{deep}"));
        match (word, colon) {
            ("elif", Some(end)) if end > 1 => {
                let indent = format!("{indent}{}", " ".repeat(self.deeper(&indent)));
                let own = format!("{indent} ");
                let inline = end + 1 < parts.len();
                if !inline && self.block_indent(bytes(&parts[end]).end).len() <= own.len() {
                    let diag =
                        Diag::at(self.span(whole.clone()), "`:=` in an `elif` wants a block that is indented more");
                    self.fail(diag.hint("indent by four spaces, or assign on a line of its own before the `if`"));
                }
                let open = format!("else:\n{own}{cell}\n{own}_c = (");
                self.emit.replace(whole.start..bytes(&parts[1]).start, &open);
                self.tokens(parts[1..end].to_vec(), self.names_value(&parts[1..end], bytes(&parts[end]).start));
                let close = format!(")\n{own}{}if _c", indented(&own));
                self.emit.insert(bytes(&parts[end - 1]).end, &close);
                self.renames.clear();
                self.suite(parts[end..].to_vec(), &own);
                self.nest(self.own_indent(whole.start));
            }
            ("if", Some(end)) if end > 1 => {
                self.emit.replace(whole.start..bytes(&parts[1]).start, &format!("{cell}\n{indent}_c = ("));
                self.tokens(parts[1..end].to_vec(), self.names_value(&parts[1..end], bytes(&parts[end]).start));
                let close = format!(")\n{indent}{}if _c", indented(&indent));
                self.emit.insert(bytes(&parts[end - 1]).end, &close);
                self.renames.clear();
                self.suite(parts[end..].to_vec(), &indent);
            }
            ("while", Some(end)) if end > 1 => {
                let inline = end + 1 < parts.len();
                let deeper = if inline { format!("{indent} ") } else { self.block_indent(bytes(&parts[end]).end) };
                let open = format!("for _while in range({}):\n{deeper}{cell}\n{deeper}_c = (", i32::MAX);
                self.emit.replace(whole.start..bytes(&parts[1]).start, &open);
                self.tokens(parts[1..end].to_vec(), self.names_value(&parts[1..end], bytes(&parts[end]).start));
                let close = format!(")\n{deeper}{}if not _turn(_c): break", indented(&deeper));
                let colon = bytes(&parts[end]);
                let next = parts.get(end + 1).map_or(colon.end, |next| bytes(next).start);
                self.emit.replace(bytes(&parts[end - 1]).end..next, &close);
                self.renames.clear();
                if inline {
                    self.emit.append(&format!("\n{deeper}"));
                    self.simple_statements(parts[end + 1..].to_vec(), &deeper);
                }
            }
            _ => {
                self.emit.insert(whole.start, &format!("{cell}\n{indent}"));
                self.plain_again(parts.to_vec(), whole.clone());
                if word != "return" {
                    self.emit.insert(whole.end, &format!("\n{indent}{}", indented(&indent).trim_end()));
                }
            }
        }
        self.renames.clear();
        true
    }

    /// `lambda w: a if (a := w.x) else 0`: the names live in a dict of each call.
    pub(super) fn naming_lambda(&mut self, mut parts: Vec<Pair<'s>>, body: usize, edits: Vec<Edit>) {
        let start = bytes(&parts[body]).start;
        let end = bytes(&parts[parts.len() - 1]).end;
        let Some(Named { cell, .. }) = self.name_cells(&parts[body..], start) else { return self.tokens(parts, edits) };
        // They are the lambda's own, so that none has a value before.
        let name = cell.split(' ').next().unwrap_or(&cell);
        let (open, close) = (format!("(lambda {name}: ("), "))({})");
        let value = parts.split_off(body);
        self.tokens(parts, edits);
        self.emit.insert(start, &open);
        self.tokens(value, Vec::new());
        self.emit.insert(end, close);
        self.renames.clear();
    }

    /// Where the names live that `:=` gives values to in one statement; none if there are no
    /// such names, or some are being given already.
    pub(super) fn name_cells(&mut self, parts: &[Pair<'s>], start: usize) -> Option<Named> {
        let mut names = Vec::new();
        names_among(parts, &mut names);
        if names.is_empty() || !self.renames.is_empty() {
            return None;
        }
        let cell = format!("_w{start}");
        let after = names.iter().map(|n| format!("if {n:?} in {cell}: {n} = {cell}[{n:?}]\n")).collect();
        let empty = self.cell_of(parts, &names);
        self.renames = names.iter().map(|n| (n.clone(), format!("{cell}[{n:?}]"))).collect();
        Some(Named { cell: format!("{cell} = {empty}"), after })
    }

    /// What `:=` gives values to in one statement: names that it reads before have theirs.
    fn cell_of(&self, parts: &[Pair<'s>], names: &[String]) -> String {
        let mut words = Vec::new();
        parts.iter().for_each(|part| words_in(part, &mut words));
        let read = |name: &&String| {
            let first = words.iter().position(|word| word == *name);
            first.is_some_and(|at| words.get(at + 1).is_none_or(|next| *next != ":=")) || reads_itself(parts, name)
        };
        let pairs: Vec<String> = names.iter().filter(read).map(|name| format!("{name:?}: {name}")).collect();
        format!("{{{}}}", pairs.join(", "))
    }

    /// By how much more than it is written a branch is indented, since an `elif` before it
    /// became an `if` within an `else`.
    fn deeper(&self, indent: &str) -> usize {
        self.nested.iter().find(|(of, _)| of == indent).map_or(0, |(_, by)| *by)
    }

    /// The branches that follow belong to an `if` within an `else`.
    fn nest(&mut self, indent: String) {
        match self.nested.iter_mut().find(|(of, _)| *of == indent) {
            Some((_, by)) => *by += 1,
            None => self.nested.push((indent, 1)),
        }
    }

    /// Indents a branch as the `if` is that it belongs to; other statements end those that
    /// are indented as they are or more.
    pub(super) fn branch(&mut self, first: &Pair<'s>) {
        if self.nested.is_empty() {
            return;
        }
        let start = bytes(first).start;
        let indent = self.own_indent(start);
        match first.as_str() {
            "elif" | "else" => {
                self.nested.retain(|(of, _)| of.len() <= indent.len());
                self.emit.insert(start, &" ".repeat(self.deeper(&indent)));
            }
            _ => self.nested.retain(|(of, _)| of.len() < indent.len()),
        }
    }
}
