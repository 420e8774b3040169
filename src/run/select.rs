//! Which part of the graph is asked for: `--until`, `--omit-from`, `--batch`.
//!
//! Owns how words name jobs. The cutting itself is the graph's.

use crate::diag::{Diag, Kind};
use crate::graph::{Batch, Choice, Graph, JobId};
use crate::path::{self, Paths};
use crate::rule::Rulefile;
use crate::suggest::did_you_mean;
use rustc_hash::FxHashSet;

/// A part of the graph, in words of the command line.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Rules or files to stop at; empty: none.
    pub until: Vec<String>,
    /// Rules or files that are left out with all that need them.
    pub omit_from: Vec<String>,
    /// Rules that may be used; empty: all.
    pub allowed_rules: Vec<String>,
    /// A rule, and which part of its inputs.
    pub batch: Option<(String, Batch)>,
    /// Of several rules for one file the first is taken.
    pub allow_ambiguity: bool,
}

impl Selection {
    /// How makers are chosen.
    ///
    /// # Errors
    /// If `--allowed-rules` names a rule that is not there.
    pub fn choice(&self, book: &Rulefile) -> Result<Choice, Diag> {
        let id = |name: &String| {
            let unknown = || Diag::error(Kind::Usage, format!("`--allowed-rules {name}`: there is no such rule"));
            let known = || did_you_mean(name, book.rules.iter().map(|r| &*r.name));
            book.find(name).ok_or_else(|| unknown().maybe_hint(known()))
        };
        let allowed = self.allowed_rules.iter().map(id).collect::<Result<FxHashSet<_>, _>>()?;
        Ok(Choice { allowed: (!allowed.is_empty()).then_some(allowed), allow_ambiguity: self.allow_ambiguity })
    }
}

/// Cuts the graph down to what was selected.
///
/// # Errors
/// If a word names no rule and no file of the plan.
pub fn select(book: &Rulefile, graph: &mut Graph, paths: &Paths, selection: &Selection) -> Result<(), Diag> {
    if let Some((rule, batch)) = &selection.batch {
        let jobs = named(book, graph, paths, "--batch", std::slice::from_ref(rule))?;
        graph.keep_batch(&jobs, *batch, paths);
    }
    if !selection.until.is_empty() {
        let jobs = named(book, graph, paths, "--until", &selection.until)?;
        graph.keep_until(&jobs);
    }
    if !selection.omit_from.is_empty() {
        let jobs = named(book, graph, paths, "--omit-from", &selection.omit_from)?;
        graph.omit_from(&jobs);
    }
    Ok(())
}

/// The jobs of the plan that words name: all of a rule, or the one that makes a file.
///
/// # Errors
/// If a word names neither.
fn named(
    book: &Rulefile,
    graph: &Graph,
    paths: &Paths,
    option: &str,
    words: &[String],
) -> Result<FxHashSet<JobId>, Diag> {
    let mut jobs = FxHashSet::default();
    for word in words {
        if let Some(rule) = book.find(word) {
            jobs.extend(graph.order().iter().filter(|j| graph.rule(**j) == rule));
        } else if let Some(job) = paths.get(&path::normal(word)).and_then(|p| graph.maker(p)) {
            jobs.insert(job);
        } else {
            let message = format!("`{option} {word}`: that is neither a rule nor a file that a job of this plan makes");
            let known = did_you_mean(word, book.rules.iter().map(|r| &*r.name));
            return Err(Diag::error(Kind::Usage, message).maybe_hint(known));
        }
    }
    Ok(jobs)
}
