//! `temp()` outputs: deleted when the last job of this run that reads them is done.
//!
//! Owns the counting. What was deleted is not made again for nothing: its
//! recorded digest stands for it.

use crate::graph::{Graph, JobId};
use crate::path::PathId;
use crate::rule::{Flags, Output, Rulefile};
use rustc_hash::{FxHashMap, FxHashSet};

/// Which outputs are deleted when nobody reads them any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TempMode {
    /// Those marked `temp()`.
    Marked,
    /// None.
    Keep,
    /// All but targets.
    All,
}

/// Counts who still reads which `temp()` file.
pub struct Temps {
    /// The `temp()` outputs of the graph, but for what was asked for: files, and
    /// the inputs of rules that only gather.
    temps: FxHashSet<PathId>,
    readers: FxHashMap<PathId, u32>,
}

impl Temps {
    /// Nothing is counted yet.
    pub fn new(book: &Rulefile, graph: &Graph, mode: TempMode) -> Self {
        let mut temps = FxHashSet::default();
        let is_temp = |output: &Output| match mode {
            TempMode::Marked => output.flags.contains(Flags::TEMP),
            TempMode::Keep => false,
            TempMode::All => true,
        };
        if book.rules.iter().flat_map(|r| &r.outputs.items).any(is_temp) {
            for &job in graph.order() {
                let outputs = graph.outputs(job).iter().zip(&book.rule(graph.rule(job)).outputs.items);
                temps.extend(outputs.filter(|(_, output)| is_temp(output)).map(|(p, _)| *p));
            }
            let gathered = graph.target_jobs().iter().filter(|j| graph.outputs(**j).is_empty());
            let gathered = gathered.flat_map(|j| graph.inputs(*j)).map(|i| i.path());
            for asked_for in graph.targets().iter().copied().chain(gathered) {
                temps.remove(&asked_for);
            }
        }
        Temps { temps, readers: FxHashMap::default() }
    }

    /// A job will be decided or run.
    pub fn add(&mut self, graph: &Graph, job: JobId) {
        for path in self.read_by(graph, job) {
            *self.readers.entry(path).or_default() += 1;
        }
    }

    /// The job is done: what nobody reads any more, of its inputs and outputs.
    pub fn done(&mut self, graph: &Graph, job: JobId) -> Vec<PathId> {
        let mut over = Vec::new();
        for path in self.read_by(graph, job) {
            if let Some(left) = self.readers.get_mut(&path) {
                *left -= 1;
                if *left == 0 {
                    over.push(path);
                }
            }
        }
        let outputs = graph.outputs(job).iter().copied().filter(|p| self.temps.contains(p));
        over.extend(outputs.filter(|p| self.readers.get(p).is_none_or(|n| *n == 0)));
        over
    }

    /// The `temp()` files that a job reads, each once.
    fn read_by(&self, graph: &Graph, job: JobId) -> Vec<PathId> {
        if self.temps.is_empty() {
            return Vec::new();
        }
        let mut temps: Vec<PathId> = graph.inputs(job).iter().map(|i| i.path()).collect();
        temps.retain(|p| self.temps.contains(p));
        temps.sort_unstable();
        temps.dedup();
        temps
    }
}
