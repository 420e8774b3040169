//! Files that a job updates, and those that read them before.
//!
//! Owns who must go before whom though neither reads what the other makes, and
//! what is wrong with it. It starts nothing.

use crate::diag::{Diag, Kind};
use crate::graph::{Graph, JobId};
use crate::path::{PathId, Paths};
use crate::rule::Rulefile;
use rustc_hash::{FxHashMap, FxHashSet};

/// Who reads which files before they are updated.
#[derive(Clone, Debug, Default)]
pub struct Updates {
    readers: FxHashMap<PathId, Vec<JobId>>,
}

impl Updates {
    /// Takes in the inputs of jobs.
    pub fn add(&mut self, graph: &Graph, jobs: &[JobId]) {
        for job in jobs {
            for input in graph.inputs(*job).iter().filter(|input| input.is_before_update()) {
                let readers = self.readers.entry(input.path()).or_default();
                if readers.last() != Some(job) {
                    readers.push(*job);
                }
            }
        }
    }

    /// The pairs that some jobs belong to: one that reads a file before the other
    /// updates it.
    pub fn pairs<'a>(&'a self, graph: &'a Graph, jobs: &'a [JobId]) -> impl Iterator<Item = (JobId, JobId)> + 'a {
        let read = jobs.iter().filter(|_| !self.readers.is_empty()).flat_map(|job| {
            let inputs = graph.inputs(*job).iter().filter(|input| input.is_before_update());
            inputs.filter_map(|input| Some((*job, graph.maker(input.path())?)))
        });
        let updated = jobs.iter().filter(|_| !self.readers.is_empty());
        let updated = updated.flat_map(|job| self.before(graph, *job).map(|reader| (reader, *job)));
        read.chain(updated).filter(|(reader, updater)| reader != updater)
    }

    /// The jobs that read what a job updates before it does.
    fn before(&self, graph: &Graph, job: JobId) -> impl Iterator<Item = JobId> {
        graph.outputs(job).iter().flat_map(|path| self.readers.get(path).into_iter().flatten()).copied()
    }

    /// # Errors
    /// If one of these jobs would have to run before a job that it depends on.
    pub fn check(&self, book: &Rulefile, graph: &Graph, paths: &Paths, jobs: &[JobId]) -> Result<(), Diag> {
        let Some((reader, updater)) =
            self.pairs(graph, jobs).find(|(reader, updater)| self.needs(graph, *reader, *updater))
        else {
            return Ok(());
        };
        let (name, other) = (graph.describe(book, paths, reader), graph.describe(book, paths, updater));
        let message = format!("`{name}` reads a file as it is before `{other}` updates it, and needs that job as well");
        Err(Diag::error(Kind::Plan, message)
            .label(book.rule(graph.rule(reader)).places.input.span, "marked `before_update(...)` here")
            .label(book.rule(graph.rule(updater)).places.head, "updated here")
            .hint("leave out the mark, to read the file as it is after the update"))
    }

    /// Whether a job comes after another.
    fn needs(&self, graph: &Graph, job: JobId, other: JobId) -> bool {
        let (mut work, mut seen) = (vec![job], FxHashSet::default());
        while let Some(at) = work.pop() {
            if at == other {
                return true;
            }
            let origins = graph.inputs(at).iter().filter_map(|input| graph.origin_of(*input));
            let before = self.before(graph, at).filter(|reader| *reader != at);
            work.extend(origins.chain(before).filter(|job| seen.insert(*job)));
        }
        false
    }
}
