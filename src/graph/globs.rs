//! Globs among the targets: which outputs they mean.
//!
//! Owns what is known of outputs before the graph is there.

use super::build::{Files, Request, build};
use super::error;
use super::finder::Choice;
use super::target::Target;
use crate::diag::Diags;
use crate::eval::Functions;
use crate::path::{self, Paths};
use crate::rule::Rulefile;

/// Replaces globs by the outputs they match.
pub(super) fn without_globs(
    targets: &[Target],
    book: &Rulefile,
    functions: &Functions,
    choice: &Choice,
    files: &mut dyn Files,
    paths: &mut Paths,
) -> Result<Vec<Target>, Diags> {
    if !targets.iter().any(|t| matches!(t, Target::Glob(_))) {
        return Ok(targets.to_vec());
    }
    let known = known_outputs(book, functions, choice, files, paths)?;
    let mut plain = Vec::new();
    for target in targets {
        let Target::Glob(glob) = target else {
            plain.push(target.clone());
            continue;
        };
        let matcher = globset::GlobBuilder::new(glob).literal_separator(true).build();
        let matcher = matcher.map_err(|e| vec![error::bad_glob(glob, &e)])?.compile_matcher();
        let before = plain.len();
        plain.extend(known.iter().filter(|p| matcher.is_match(p)).cloned().map(Target::File));
        if plain.len() == before {
            return Err(vec![error::glob_without_match(glob)]);
        }
    }
    Ok(plain)
}

/// Outputs that a glob may mean: of rules without wildcards, and of all jobs
/// behind the default target.
fn known_outputs(
    book: &Rulefile,
    functions: &Functions,
    choice: &Choice,
    files: &mut dyn Files,
    paths: &mut Paths,
) -> Result<Vec<String>, Diags> {
    let default: Vec<Target> = Target::default_of(book).map_err(|d| vec![d])?.into_iter().collect();
    let (graph, _) = build(Request { book, functions, targets: &default, choice, files }, paths)?;
    let jobs = graph.order().iter().flat_map(|j| graph.outputs(*j));
    let mut known: Vec<String> = jobs.map(|p| paths.str(*p).to_owned()).collect();
    let literals = book.rules.iter().flat_map(|r| &r.outputs.items).filter_map(|o| o.pattern.as_literal());
    known.extend(literals.map(|p| path::normal(p).into_owned()));
    known.sort();
    known.dedup();
    Ok(known)
}
