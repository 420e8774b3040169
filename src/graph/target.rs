//! Targets: what the user asked for on the command line.

use crate::diag::{Diag, Kind};
use crate::path;
use crate::rule::{RuleId, Rulefile};
use crate::suggest;

/// One thing asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A rule without wildcards, by its name.
    Rule(RuleId),
    /// A file, normalised.
    File(String),
    /// A glob of outputs.
    Glob(String),
}

impl Target {
    /// What a word of another option asks for besides: a rule without wildcards, or a file that
    /// some rule may make.
    pub fn named(word: &str, book: &Rulefile) -> Option<Target> {
        if let Some(id) = book.find(word) {
            return (!book.rule(id).has_wildcards()).then_some(Target::Rule(id));
        }
        let path = path::normal(word);
        let mut captures = Vec::new();
        let outputs = book.rules.iter().flat_map(|rule| &rule.outputs.items);
        let is_made = outputs.map(|output| &output.pattern).any(|pattern| pattern.captures(&path, &mut captures));
        is_made.then(|| Target::File(path.into_owned()))
    }

    /// Reads one word of the command line: a rule's name, else a glob if it has
    /// `*`, `?` or `[`, else a file.
    pub fn parse(word: &str, book: &Rulefile) -> Result<Target, Diag> {
        if let Some(id) = book.find(word) {
            let rule = book.rule(id);
            if rule.has_wildcards() {
                return Err(wildcards_in_target(word, &rule.wildcards).label(rule.places.head, "defined here"));
            }
            return Ok(Target::Rule(id));
        }
        if word.is_empty() {
            return Err(Diag::error(Kind::Usage, "a target is empty").hint("name a rule or a file"));
        }
        if word.contains(['*', '?', '[']) {
            return Ok(Target::Glob(word.to_owned()));
        }
        Ok(Target::File(path::normal(word).into_owned()))
    }

    /// What runs when nothing is asked for; none if [`without_default`] says why.
    pub fn default_of(book: &Rulefile) -> Result<Option<Target>, Diag> {
        let Some(id) = book.default_target else { return Ok(None) };
        let rule = book.rule(id);
        if rule.has_wildcards() {
            let error = wildcards_in_target(&rule.name, &rule.wildcards);
            return Err(error
                .label(rule.places.head, "the first rule is what runs by default")
                .hint("put a rule first that lists the files you want as its `input:` (by custom `rule all`)"));
        }
        Ok(Some(Target::Rule(id)))
    }
}

/// Why there is nothing to run when nothing is asked for; none if there is.
pub fn without_default(book: &Rulefile) -> Option<Diag> {
    if book.default_target.is_some() {
        return None;
    }
    let nothing = |why: &str| Diag::warning(Kind::Rulefile, format!("there is nothing to make by default: {why}"));
    Some(match book.rules.first() {
        None => nothing("there are no rules").hint("add a rule"),
        Some(rule) => nothing("rules of included files, and those whose name begins with `_`, are no default target")
            .label(rule.places.head, "the first rule")
            .hint("name a target on the command line, or write a rule in the main file that reads what you want"),
    })
}

fn wildcards_in_target(name: &str, wildcards: &[Box<str>]) -> Diag {
    let list = wildcards.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    let message = format!("rule `{name}` cannot be a target: its wildcards ({list}) have no values");
    Diag::error(Kind::Plan, message).hint("ask for one of its output files instead")
}

/// A hint for a word that is neither a rule nor a file that can be made.
pub fn near_rule(word: &str, book: &Rulefile) -> Option<String> {
    suggest::did_you_mean(word, book.rules.iter().map(|r| &*r.name))
}
