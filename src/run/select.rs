//! Which part of the graph is asked for: `--until`, `--omit-from`, `--batch`.
//!
//! Owns how words name jobs. The cutting itself is the graph's.

use crate::diag::{Diag, Kind};
use crate::graph::{Batch, Choice, Graph, Ground, JobId};
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
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.until.is_empty() && self.omit_from.is_empty() && self.batch.is_none()
    }

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

/// A selection at work: what of it is still looked for behind checkpoints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    until: bool,
    batch: bool,
}

impl Cut {
    /// A rule that has no job as long as no checkpoint is done may have some
    /// behind one.
    pub fn first(book: &Rulefile, graph: &Graph, paths: &Paths, selection: &Selection) -> Cut {
        let unseen = |word: &String| jobs_of(book, graph, paths, word).is_empty();
        let open = graph.open_jobs().next().is_some();
        Cut {
            until: open && selection.until.iter().any(unseen),
            batch: open && selection.batch.iter().any(|(rule, _)| unseen(rule)),
        }
    }
}

/// Cuts the graph down to what was selected, whatever was cut from it before.
pub fn select(book: &Rulefile, graph: &mut Graph, ground: &mut Ground<'_>, paths: &Paths, by: (&Selection, Cut)) {
    let (selection, cut) = by;
    if selection.is_whole() {
        return;
    }
    let all = |graph: &Graph, words: &[String]| -> FxHashSet<JobId> {
        words.iter().flat_map(|word| jobs_of(book, graph, paths, word)).collect()
    };
    graph.begin_part();
    if let Some((rule, batch)) = &selection.batch {
        let jobs = all(graph, std::slice::from_ref(rule));
        graph.keep_batch(&jobs, *batch, paths, cut.batch);
    }
    if !selection.until.is_empty() {
        let jobs = all(graph, &selection.until);
        graph.keep_until(&jobs, cut.until);
    }
    if !selection.omit_from.is_empty() {
        let jobs = all(graph, &selection.omit_from);
        graph.omit_from(&jobs);
    }
    graph.end_part(ground);
}

/// Every word of a selection names something, or may once more is known.
///
/// # Errors
/// If one is neither a rule nor a file that a job of the graph makes.
pub fn check(book: &Rulefile, graph: &Graph, paths: &Paths, selection: &Selection) -> Result<(), Diag> {
    if graph.open_jobs().next().is_some() {
        return Ok(());
    }
    let batch = selection.batch.iter().map(|(rule, _)| ("--batch", rule));
    let until = selection.until.iter().map(|word| ("--until", word));
    let omitted = selection.omit_from.iter().map(|word| ("--omit-from", word));
    for (option, word) in batch.chain(until).chain(omitted) {
        if let Some(rule) = book.find(word) {
            let has_jobs = graph.asked_jobs().any(|job| graph.rule(job) == rule);
            if option == "--until" && !has_jobs {
                let message = format!("`--until {word}`: no job of this plan is one of rule `{word}`");
                let hint = "name targets that need it, or the files themselves";
                return Err(Diag::error(Kind::Usage, message).hint(hint));
            }
        } else if maker(graph, paths, word).is_none() {
            let message = format!("`{option} {word}`: that is neither a rule nor a file that a job of this plan makes");
            let known = did_you_mean(word, book.rules.iter().map(|r| &*r.name));
            return Err(Diag::error(Kind::Usage, message).maybe_hint(known));
        }
    }
    Ok(())
}

/// The jobs of the plan that a word names: all of a rule, or the one that makes a file.
fn jobs_of(book: &Rulefile, graph: &Graph, paths: &Paths, word: &str) -> Vec<JobId> {
    match book.find(word) {
        Some(rule) => graph.order().iter().copied().filter(|j| graph.rule(*j) == rule).collect(),
        None => maker(graph, paths, word).into_iter().collect(),
    }
}

fn maker(graph: &Graph, paths: &Paths, word: &str) -> Option<JobId> {
    paths.get(&path::normal(word)).and_then(|path| graph.maker(path))
}
