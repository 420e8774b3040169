//! What a graph grows on, from its first job to its last extension.
//!
//! Owns what was found of the rules so far, and which jobs of the order may
//! depend on open ones. It grows nothing itself.

use super::dead::Dead;
use super::finder::{Choice, Finder, Of};
use super::{Graph, JobId};
use crate::eval::Functions;
use crate::path::PathId;
use crate::rule::{Flags, RuleId, Rulefile};
use rustc_hash::FxHashMap;

/// What a graph grows on: the rules, and what was found of them so far.
pub struct Ground<'a> {
    pub(super) book: &'a Rulefile,
    pub(super) functions: &'a Functions,
    pub(super) finder: Finder<'a>,
    /// Finds the rules whose log or benchmark a file may be.
    pub(super) beside: Finder<'a>,
    /// Of several rules that nothing decides among, the first is taken.
    pub(super) allow_ambiguity: bool,
    /// Whether some checkpoint makes a directory.
    pub(super) trees: bool,
    /// Whether some job reads a file before it is updated.
    pub(super) updates: bool,
    /// Jobs of rules with several outputs, by each of them.
    pub(super) shared: FxHashMap<(PathId, RuleId), JobId>,
    /// Paths for which a rule was left out as endlessly recursive.
    pub(super) endless: Vec<PathId>,
    /// What was dropped.
    pub(super) dead: Dead,
    /// Directories that jobs of the order make.
    pub(super) directories: FxHashMap<PathId, JobId>,
    /// Whether a job is in the order; made when the graph is first extended.
    ordered: Vec<bool>,
    /// Whether a job depends on one that was open, or was open.
    beyond: Vec<bool>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(book: &'a Rulefile, functions: &'a Functions, choice: &Choice) -> Self {
        let checkpoints = book.rules.iter().filter(|r| r.checkpoint);
        let mut outputs = checkpoints.flat_map(|r| &r.outputs.items);
        Ground {
            book,
            functions,
            finder: Finder::new(book, choice, Of::Outputs),
            beside: Finder::new(book, choice, Of::Beside),
            allow_ambiguity: choice.allow_ambiguity,
            trees: outputs.any(|o| o.flags.contains(Flags::DIRECTORY)),
            updates: false,
            shared: FxHashMap::default(),
            endless: Vec::new(),
            dead: Dead::default(),
            directories: FxHashMap::default(),
            ordered: Vec::new(),
            beyond: Vec::new(),
        }
    }

    /// Whether a job is in the order, once the graph was extended or cut.
    pub fn is_ordered(&self, job: JobId) -> bool {
        self.ordered.get(job.index()).copied().unwrap_or(false)
    }

    pub(super) fn is_beyond(&self, job: JobId) -> bool {
        self.beyond.get(job.index()).copied().unwrap_or(false)
    }

    /// Before the graph is extended for the first time.
    pub(super) fn survey(&mut self, graph: &Graph) {
        if self.ordered.is_empty() {
            self.extend_order(graph, &graph.order);
        }
    }

    /// The order is another one now.
    pub(super) fn resurvey(&mut self, graph: &Graph) {
        self.ordered.clear();
        self.extend_order(graph, &graph.order);
    }

    /// Some jobs are in the order now, each after those it depends on.
    pub(super) fn extend_order(&mut self, graph: &Graph, jobs: &[JobId]) {
        self.ordered.resize(graph.jobs.len(), false);
        self.beyond.resize(graph.jobs.len(), false);
        for job in jobs {
            let mut origins = graph.inputs(*job).iter().filter_map(|i| graph.origin_of(*i));
            let behind = graph.open(*job).is_some() || origins.any(|o| self.beyond[o.index()]);
            self.ordered[job.index()] = true;
            self.beyond[job.index()] |= behind;
        }
    }

    /// Some jobs were put into the order in vain; those from `first` on are no more.
    pub(super) fn shrink_order(&mut self, jobs: &[JobId], first: usize) {
        for job in jobs.iter().filter(|j| j.index() >= first) {
            self.ordered[job.index()] = false;
            self.beyond[job.index()] = false;
        }
        self.ordered.truncate(first);
        self.beyond.truncate(first);
    }

    /// Remembers the directories that some jobs make.
    pub(super) fn add_directories(&mut self, graph: &Graph, jobs: &[JobId]) {
        for job in jobs {
            let rule = self.book.rule(graph.rule(*job));
            for (output, path) in rule.outputs.items.iter().zip(graph.outputs(*job)) {
                if output.flags.contains(Flags::DIRECTORY) {
                    self.directories.insert(*path, *job);
                }
            }
        }
    }
}
