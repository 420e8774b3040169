//! A part of a graph: up to some jobs, without some jobs, a batch of a job's inputs.
//!
//! Owns which jobs are left and what is then asked for. Rows stay: a job that is
//! left out is in no order, and nobody in the order reads from it. When the graph
//! has grown, the part is cut anew from all that was asked for.
//!
//! Of jobs that were asked for, some may appear only behind checkpoints. An open
//! job that leads to them, but is none of them, is a *probe*: it stays in the order
//! for its functions to be called, needs nothing but its checkpoints, and never runs.

use super::{Graph, Ground, JobId};
use crate::path::{PathId, Paths};
use rustc_hash::FxHashSet;

/// What a part of a graph is cut from, and by.
#[derive(Default)]
pub(super) struct Part {
    targets: Vec<PathId>,
    target_jobs: Vec<JobId>,
    probes: FxHashSet<JobId>,
}

/// One part of the inputs of a job, of so many parts that are about equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which, from 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

impl Batch {
    /// Whether it is the last one, with which the job itself can run.
    pub fn is_last(self) -> bool {
        self.index == self.count
    }

    /// The places of a list that belong to the batch. The first ones take one more each
    /// of what is left over.
    fn range(self, len: usize) -> std::ops::Range<usize> {
        let (size, over) = (len / self.count as usize, len % self.count as usize);
        let start = |batch: usize| batch * size + batch.min(over);
        start(self.index as usize - 1)..start(self.index as usize)
    }
}

impl Graph {
    /// Everything that was asked for is in the order again, new jobs too: a part
    /// is about to be cut from it.
    pub fn begin_part(&mut self) {
        match self.part.take() {
            Some(part) => {
                (self.targets, self.target_jobs) = (part.targets, part.target_jobs);
                self.reorder();
            }
            None => self.leave_unordered(),
        }
        let (targets, target_jobs) = (self.targets.clone(), self.target_jobs.clone());
        self.part = Some(Part { targets, target_jobs, probes: FxHashSet::default() });
    }

    /// The part was cut.
    pub fn end_part(&mut self, ground: &mut Ground<'_>) {
        self.leave_unordered();
        ground.resurvey(self);
    }

    /// Whether a job is there only to find out what is behind its checkpoints.
    pub fn is_probe(&self, job: JobId) -> bool {
        self.part.as_ref().is_some_and(|part| part.probes.contains(&job))
    }

    /// Keeps these jobs and what they need; they become the targets. With
    /// `probing` others may be found behind checkpoints, wherever these are.
    pub fn keep_until(&mut self, jobs: &FxHashSet<JobId>, probing: bool) {
        let probes: FxHashSet<JobId> =
            if probing { self.open_jobs().map(|(job, _)| job).collect() } else { FxHashSet::default() };
        self.keep(jobs, probes);
    }

    fn keep(&mut self, jobs: &FxHashSet<JobId>, mut probes: FxHashSet<JobId>) {
        let part = self.part.as_ref().expect("bug: a part is cut that was not begun");
        probes.extend(part.probes.iter().copied());
        let gates = |job: &JobId| self.open(*job).unwrap_or_default().iter().copied();
        // What a function was answered from is needed, though no input says so.
        let asked = self.gates.asked().iter().copied();
        let wanted: FxHashSet<JobId> = probes.iter().flat_map(gates).chain(asked).chain(jobs.iter().copied()).collect();
        let kept = self.upstream(&wanted);
        self.order.retain(|job| kept.contains(job) || probes.contains(job));
        probes.retain(|job| !kept.contains(job));
        self.target_jobs = self.order.iter().copied().filter(|job| jobs.contains(job)).collect();
        self.targets = self.target_jobs.iter().flat_map(|job| self.outputs(*job)).copied().collect();
        self.part.iter_mut().for_each(|part| part.probes = std::mem::take(&mut probes));
        self.leave_unordered();
    }

    /// Leaves out these jobs and all that need them. What they would have read
    /// becomes a target.
    pub fn omit_from(&mut self, jobs: &FxHashSet<JobId>) {
        let mut omitted = FxHashSet::default();
        for &job in &self.order {
            if jobs.contains(&job) || self.makers_for(job).any(|maker| omitted.contains(&maker)) {
                omitted.insert(job);
            }
        }
        let read = self.order.iter().filter(|job| omitted.contains(*job));
        let read: Vec<PathId> = read.flat_map(|job| self.inputs(*job)).map(|input| input.path()).collect();
        self.order.retain(|job| !omitted.contains(job));
        self.target_jobs.retain(|job| !omitted.contains(job));
        let asked = std::mem::take(&mut self.targets);
        let mut seen = FxHashSet::default();
        let left = asked.into_iter().chain(read).filter(|path| seen.insert(*path));
        self.targets = left.filter(|path| self.origin(*path).is_some_and(|m| !omitted.contains(&m))).collect();
    }

    /// Keeps a batch of the inputs of some jobs, in the order of their names,
    /// and what these need; the jobs themselves only with the last batch. With
    /// `probing` the jobs may be found behind checkpoints.
    pub fn keep_batch(&mut self, jobs: &FxHashSet<JobId>, batch: Batch, paths: &Paths, probing: bool) {
        if batch.is_last() {
            return;
        }
        let mut wanted = FxHashSet::default();
        let probed = self.open_jobs().map(|(job, _)| job).filter(|job| probing || jobs.contains(job));
        let probes: FxHashSet<JobId> = probed.collect();
        for &job in self.order.iter().filter(|job| jobs.contains(*job) && !probes.contains(*job)) {
            let mut inputs: Vec<PathId> = self.inputs(job).iter().map(|input| input.path()).collect();
            inputs.sort_by_key(|path| paths.str(*path));
            inputs.dedup();
            wanted.extend(inputs[batch.range(inputs.len())].iter().filter_map(|path| self.origin(*path)));
        }
        self.keep(&wanted, probes);
    }

    /// The jobs that were asked for by [`Graph::keep_until`].
    pub fn asked_jobs(&self) -> impl Iterator<Item = JobId> {
        self.target_jobs.iter().copied()
    }

    /// All that some jobs need, themselves included.
    pub fn upstream(&self, jobs: &FxHashSet<JobId>) -> FxHashSet<JobId> {
        let mut found = jobs.clone();
        for &job in self.order.iter().rev() {
            if found.contains(&job) {
                found.extend(self.makers_for(job));
            }
        }
        found
    }

    /// The jobs that a job reads from.
    fn makers_for(&self, job: JobId) -> impl Iterator<Item = JobId> {
        self.inputs(job).iter().filter_map(|input| self.origin_of(*input))
    }
}
