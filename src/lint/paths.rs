//! Lints of paths and patterns.

use super::{Facts, Finding};
use crate::pattern::Pattern;
use crate::rule::{Output, Rule};
use crate::span::{Literals, Span};
use std::collections::BTreeSet;

/// Places that only one machine or user has.
const HOMES: [&str; 4] = ["/home/", "/Users/", "/root/", "~/"];

/// A path that is there on one machine alone.
pub(super) fn of_one_machine(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in &facts.book.rules {
        let sections = [&rule.places.input, &rule.places.output, &rule.places.log];
        for literal in sections.into_iter().flat_map(Literals::iter) {
            let Some(home) = HOMES.iter().find(|h| literal.value.starts_with(**h)) else { continue };
            let message = match *home {
                "~/" => format!("`{}`: no shell sees this path, so `~` is a directory of that name", literal.value),
                _ => format!("`{}` is a path of one machine", literal.value),
            };
            found.push(
                Finding::new("machine-path", literal.span, message)
                    .hint("write it relative to the project, or take the directory from `config`")
                    .of(rule),
            );
        }
    }
    found
}

/// `glob_wildcards` over what a rule makes: what there is depends on what was run before.
pub(super) fn glob_of_outputs(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for text in &facts.globs {
        let Ok(glob) = Pattern::parse(text) else { continue };
        let makes = |rule: &&Rule| rule.outputs.items.iter().any(|o| gives(&o.pattern, &glob));
        let Some(rule) = facts.book.rules.iter().find(makes) else { continue };
        let Some(at) = find(facts, text) else { continue };
        let message =
            format!("`glob_wildcards` looks for files that rule `{}` makes: a first run finds none", rule.name);
        found.push(Finding::new("glob-of-outputs", at, message).hint(
            "look for the sources that they are made from; if only a run shows which there are, use a `checkpoint`",
        ));
    }
    found
}

/// Where a text stands in quotes in any source.
fn find(facts: &Facts<'_>, text: &str) -> Option<Span> {
    let in_source = |(file, source): (_, &crate::span::Source)| {
        let quoted = [format!("\"{text}\""), format!("'{text}'")];
        let at = quoted.iter().find_map(|q| source.text.find(q.as_str()));
        at.map(|at| Span::new(file, at, at + text.len() + 2))
    };
    facts.sources.iter().find_map(in_source)
}

/// Whether files that one pattern stands for are matched by another.
fn gives(pattern: &Pattern, other: &Pattern) -> bool {
    ["x", "1"].iter().any(|sample| {
        let (mut path, mut ranges) = (String::new(), Vec::new());
        pattern.fill(&mut path, |_| sample);
        pattern.captures(&path, &mut ranges) && other.captures(&path, &mut ranges)
    })
}

/// Two wildcards without anything between them.
pub(super) fn adjacent_wildcards(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, output) in outputs(facts) {
        let pairs = pairs(&output.pattern);
        if let Some((a, b, _)) = pairs.iter().find(|(_, _, between)| between.is_empty()) {
            let message =
                format!("nothing parts `{{{a}}}` from `{{{b}}}`: `{b}` gets the last character and `{a}` the rest");
            found.push(
                Finding::new("adjacent-wildcards", rule.places.output.whole(output.pattern.text()), message)
                    .hint(format!("put something between them, or constrain one: `{{{a},[a-z]+}}`"))
                    .of(rule),
            );
        }
    }
    found
}

/// A wildcard's value that begins with another value of it and the text that
/// parts it from the next wildcard: the path could be read in two ways.
pub(super) fn ambiguous_split(facts: &Facts<'_>) -> Vec<Finding> {
    let Some((graph, paths)) = facts.planned else { return Vec::new() };
    let mut found = Vec::new();
    for (id, rule) in facts.book.iter() {
        let Some(output) = rule.outputs.items.first() else { continue };
        for (a, b, between) in pairs(&output.pattern).iter().filter(|p| !p.2.is_empty() && !p.2.contains('/')) {
            let Some(column) = rule.wildcards.iter().position(|w| **w == **a) else { continue };
            let jobs = graph.order().iter().filter(|j| graph.rule(**j) == id);
            let values: BTreeSet<&str> = jobs.filter_map(|j| graph.wildcards(paths, *j, rule).nth(column)).collect();
            let shorter = |long: &str| {
                long.match_indices(between.as_str())
                    .map(|(at, _)| long[..at].to_owned())
                    .find(|s| values.contains(s.as_str()))
            };
            let Some((long, short)) = values.iter().find_map(|long| Some((*long, shorter(long)?))) else { continue };
            let message = format!(
                "`{a}` is `{long}` in one job and `{short}` in another: `{long}{between}…` could be read either way"
            );
            found.push(
                Finding::new("ambiguous-split", rule.places.output.whole(output.pattern.text()), message)
                    .hint(format!("constrain one of them, such as `{{{b},[^{between}]+}}`, or part them by `/`"))
                    .of(rule),
            );
        }
    }
    found
}

fn outputs<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a Rule, &'a Output)> + use<'a> {
    let book = facts.book;
    book.rules.iter().flat_map(|rule| rule.outputs.items.iter().map(move |output| (rule, output)))
}

/// Neighbouring wildcards that have no constraint, with the text between them.
fn pairs(pattern: &Pattern) -> Vec<(String, String, String)> {
    let mut slots = pattern.slots();
    let Some(mut before) = slots.next() else { return Vec::new() };
    let mut found = Vec::new();
    for slot in slots {
        if before.0 != slot.0 && ![before.0, slot.0].iter().any(|name| pattern.is_constrained(name)) {
            found.push((before.0.to_owned(), slot.0.to_owned(), before.1.to_owned()));
        }
        before = slot;
    }
    found
}
