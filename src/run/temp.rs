//! `temp()` outputs: deleted when the last job of this run that reads them is done.
//!
//! Owns the counting. What was deleted is not made again for nothing: its
//! recorded digest stands for it.

use crate::graph::{Graph, JobId};
use crate::path::PathId;
use crate::rule::{Flags, Output, Rule, Rulefile};
use rustc_hash::{FxHashMap, FxHashSet};

/// Which outputs are deleted when nobody reads them any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TempMode {
    /// Those marked `temp()`.
    Marked,
    /// None.
    Keep,
    /// All but targets, and what checkpoints or `protected()` make.
    All,
}

impl TempMode {
    fn takes(self, rule: &Rule, output: &Output) -> bool {
        match self {
            TempMode::Marked => output.flags.contains(Flags::TEMP),
            TempMode::Keep => false,
            TempMode::All => !rule.checkpoint && !output.flags.contains(Flags::PROTECTED),
        }
    }
}

/// Counts who still reads which `temp()` file.
pub struct Temps {
    /// The `temp()` outputs of the graph, but for what was asked for: files, and
    /// the inputs of rules that only gather.
    temps: FxHashSet<PathId>,
    readers: FxHashMap<PathId, u32>,
    /// Read by nobody any more, but perhaps by a job that is still open.
    held: Option<Vec<PathId>>,
    mode: TempMode,
}

impl Temps {
    /// Nothing is counted yet.
    pub fn new(book: &Rulefile, graph: &Graph, mode: TempMode) -> Self {
        let held = graph.open_jobs().next().map(|_| Vec::new());
        let mut temps = Temps { temps: FxHashSet::default(), readers: FxHashMap::default(), held, mode };
        if book.rules.iter().any(|rule| rule.outputs.items.iter().any(|output| mode.takes(rule, output))) {
            temps.take_in(book, graph, graph.order());
            let gathered = graph.target_jobs().iter().filter(|j| graph.outputs(**j).is_empty());
            gathered.for_each(|job| temps.keep_inputs(graph, *job));
            temps.keep_targets(graph);
        }
        temps
    }

    /// What was asked for is kept.
    pub fn keep_targets(&mut self, graph: &Graph) {
        for asked_for in graph.targets() {
            self.temps.remove(asked_for);
        }
    }

    /// The graph has new jobs, and one of them that only gathers has its inputs.
    pub fn grow(&mut self, book: &Rulefile, graph: &Graph, new: &[JobId], gathers: Option<JobId>) {
        self.take_in(book, graph, new);
        gathers.into_iter().for_each(|job| self.keep_inputs(graph, job));
    }

    fn take_in(&mut self, book: &Rulefile, graph: &Graph, jobs: &[JobId]) {
        for &job in jobs {
            let rule = book.rule(graph.rule(job));
            let outputs = graph.outputs(job).iter().zip(&rule.outputs.items);
            self.temps.extend(outputs.filter(|(_, output)| self.mode.takes(rule, output)).map(|(p, _)| *p));
        }
    }

    /// What a rule that only gathers names was asked for.
    fn keep_inputs(&mut self, graph: &Graph, job: JobId) {
        for input in graph.inputs(job) {
            self.temps.remove(&input.path());
        }
    }

    /// What was held back and nobody reads after all, unless some job is still open.
    pub fn release(&mut self, open: bool) -> Vec<PathId> {
        if open {
            return Vec::new();
        }
        let held = self.held.take().unwrap_or_default();
        held.into_iter().filter(|p| self.temps.contains(p) && self.readers.get(p).is_none_or(|n| *n == 0)).collect()
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
        match &mut self.held {
            Some(held) => {
                held.append(&mut over);
                Vec::new()
            }
            None => over,
        }
    }

    /// A job reads other files now than these.
    pub fn unread(&mut self, paths: &[PathId]) {
        for path in paths {
            if let Some(left) = self.readers.get_mut(path) {
                *left -= 1;
            }
        }
    }

    /// The `temp()` files that a job reads, each once.
    pub fn read_by(&self, graph: &Graph, job: JobId) -> Vec<PathId> {
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
