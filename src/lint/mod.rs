//! Lints: what a Rulefile says that is allowed, and likely a mistake.
//!
//! Owns the list of lints and the order of what they find. Pure: whether a file
//! exists is asked through [`Facts`]. A lint says what is wrong and what to write
//! instead; `docs/lints.md` describes each of them.

mod command;
mod files;
mod machine;
mod paths;
mod rules;
mod shell;
mod threads;
mod words;

use crate::diag::{Diag, Kind};
use crate::graph::Graph;
use crate::path::Paths;
use crate::rule::{Rule, Rulefile};
use crate::span::{Sources, Span};
use command::Command;

/// What the lints go by.
pub struct Facts<'a> {
    /// The rules.
    pub book: &'a Rulefile,
    /// The texts they come from.
    pub sources: &'a Sources,
    /// Patterns that `glob_wildcards` looked for while the Rulefile was read.
    pub globs: Vec<&'a str>,
    /// Whether a path is a file that exists.
    pub is_file: &'a dyn Fn(&str) -> bool,
    /// The jobs of the default target, if they could be planned.
    pub planned: Option<(&'a Graph, &'a Paths)>,
}

/// What a lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lint's name, which stays the same over versions.
    pub name: &'static str,
    /// The rule it is about.
    pub rule: Option<Box<str>>,
    /// What is wrong, where, and what to write instead.
    pub diag: Diag,
}

impl Finding {
    fn new(name: &'static str, at: Span, message: impl Into<String>) -> Finding {
        Finding { name, rule: None, diag: Diag::warning(Kind::Rulefile, message).label(at, "") }
    }

    fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.diag = self.diag.hint(hint);
        self
    }

    fn of(mut self, rule: &Rule) -> Finding {
        self.rule = (!rule.anonymous).then(|| rule.name.clone());
        self
    }
}

/// A lint of one rule's command.
type OfCommand = fn(&Facts<'_>, &Command<'_>) -> Vec<Finding>;
/// A lint of the rules.
type OfRules = fn(&Facts<'_>) -> Vec<Finding>;

const OF_COMMAND: &[OfCommand] = &[
    files::undeclared_file,
    files::undeclared_output,
    files::shared_scratch,
    files::output_unmentioned,
    files::log_unwritten,
    files::input_changed,
    shell::quoted_files,
    shell::cd,
    shell::background,
    shell::hidden_failure,
    shell::needless_mkdir,
    machine::sudo,
    machine::every_run,
    machine::environment,
    threads::unused,
    threads::hard_coded,
];

const OF_RULES: &[OfRules] = &[
    paths::of_one_machine,
    paths::glob_of_outputs,
    paths::adjacent_wildcards,
    paths::ambiguous_split,
    rules::param_from_output,
    rules::same_outputs,
    rules::temp_target,
    rules::unused,
];

/// All findings, in the order of their places.
pub fn lint(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = OF_RULES.iter().flat_map(|lint| lint(facts)).collect();
    for command in facts.book.rules.iter().filter_map(Command::of) {
        let of_it = OF_COMMAND.iter().flat_map(|lint| lint(facts, &command));
        found.extend(of_it.map(|finding| finding.of(command.rule)));
    }
    let place = |f: &Finding| f.diag.labels.first().map(|l| (l.span.file, l.span.start));
    found.sort_by_key(place);
    // A loop makes several rules of one text.
    found.dedup_by(|a, b| a.name == b.name && place(a) == place(b));
    found
}
