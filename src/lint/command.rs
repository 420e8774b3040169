//! A rule's shell command, as lints look at it.

use super::Facts;
use super::words::{Role, Script, Word, scan};
use crate::path::normal;
use crate::rule::{Action, Input, InputWhat, Output, Rule, Text};
use crate::span::Span;
use crate::template::{Access, Hole, Root};
use std::ops::Range;

/// A command with its words and placeholders.
pub(super) struct Command<'a> {
    pub rule: &'a Rule,
    text: &'a Text,
    pub script: Script,
    pub holes: Vec<&'a Hole>,
}

impl<'a> Command<'a> {
    /// The shell command of a rule, if it has one.
    pub fn of(rule: &'a Rule) -> Option<Command<'a>> {
        let Action::Shell(text) = &rule.action else { return None };
        let holes: Vec<&Hole> = text.template.holes().collect();
        let ranges: Vec<Range<usize>> = holes.iter().map(|h| bytes(h)).collect();
        Some(Command { rule, text, script: scan(&text.value, &ranges), holes })
    }

    /// Where some bytes of the command stand.
    pub fn span(&self, range: Range<usize>) -> Span {
        self.text.at.locate(&self.text.value, range)
    }

    /// Whether the command has a placeholder of some kind.
    pub fn has(&self, root: &Root) -> bool {
        self.holes.iter().any(|h| h.root == *root)
    }

    /// Whether a word has a placeholder of some kind.
    pub fn names(&self, word: &Word, root: &Root) -> bool {
        word.holes.iter().any(|i| self.holes[*i].root == *root)
    }

    /// Whether the text of the command holds some text.
    pub fn says(&self, text: &str) -> bool {
        self.text.value.contains(text)
    }

    /// The words that are no command's name.
    pub fn arguments(&self) -> impl Iterator<Item = &Word> {
        self.script.words.iter().filter(|w| w.role != Role::Command)
    }

    /// Whether the rule reads a path as an input, or the directory it lies in.
    pub fn is_input(&self, facts: &Facts<'_>, path: &str) -> bool {
        let path = normal(path);
        let declared = |i: &Input| matches!(&i.what, InputWhat::Path(p) if covers(p, &path));
        self.rule.inputs.items.iter().any(declared) || self.is_read(facts, &path)
    }

    /// Whether a job of the plan reads a path, which functions may have named.
    fn is_read(&self, facts: &Facts<'_>, path: &str) -> bool {
        let Some((graph, paths)) = facts.planned else { return false };
        let of_rule = graph.order().iter().filter(|j| std::ptr::eq(facts.book.rule(graph.rule(**j)), self.rule));
        let mut read = of_rule.flat_map(|j| graph.inputs(*j));
        read.any(|input| covers(paths.str(input.path()), path))
    }

    /// Whether the rule declares a path as an output or log, or the directory it lies in.
    pub fn is_made(&self, path: &str) -> bool {
        let path = normal(path);
        self.made().any(|o| o.pattern.as_literal().is_some_and(|p| covers(p, &path)))
    }

    /// Outputs and logs.
    pub fn made(&self) -> impl Iterator<Item = &'a Output> {
        self.rule.outputs.items.iter().chain(&self.rule.logs.items)
    }
}

/// Whether a path is another, or lies in it.
fn covers(declared: &str, path: &str) -> bool {
    path.strip_prefix(declared).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The bytes of a placeholder in its text.
pub(super) fn bytes(hole: &Hole) -> Range<usize> {
    hole.range.start as usize..hole.range.end as usize
}

/// The name in `{input.name}`, if that is all there is.
pub(super) fn name_of(hole: &Hole) -> Option<&str> {
    match &*hole.access {
        [Access::Attr(name)] => Some(name),
        _ => None,
    }
}
