//! Why a file that nothing makes may be asked for.
//!
//! Owns the ways out that rules, modules and the texts of inputs tell. It looks for no
//! file itself.

use crate::rule::Rulefile;
use crate::span::{Literals, Span};

/// The way out where a file is the log of a rule that makes no other.
pub(super) fn lone_log(name: &str, book: &Rulefile) -> Option<String> {
    let mut captures = Vec::new();
    let rule = book.rules.iter().find(|rule| {
        rule.outputs.items.is_empty() && rule.logs.items.iter().any(|log| log.pattern.captures(name, &mut captures))
    })?;
    Some(format!(
        "it is the log of rule `{}`, which has no output to be found by: write it as `output:`, or ask for the rule",
        rule.name
    ))
}

/// The way out where a rule that a module has is left out.
pub(super) fn left_out(name: &str, book: &Rulefile) -> Option<String> {
    let rule = book.left_out.iter().find(|rule| rule.makes(name))?;
    Some(format!(
        "rule `{0}` of module `{1}` makes it, but is left out by `exclude {0}`: take it, too, or have the file from elsewhere",
        rule.name, rule.module
    ))
}

/// The way out where a path was written as several strings.
pub(super) fn joined(written: &Literals, at: Span) -> Option<String> {
    let literal = written.iter().find(|literal| literal.span == at)?;
    let first = literal.joints.first().map(|joint| *joint as usize)?;
    let (before, after) = (literal.value.get(..first)?, literal.value.get(first..)?);
    Some(format!("strings without a comma between them are one: for two files write `\"{before}\", \"{after}\"`"))
}
