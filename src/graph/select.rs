//! A part of a graph: up to some jobs, without some jobs, a batch of a job's inputs.
//!
//! Owns which jobs are left and what is then asked for. Rows stay: a job that is
//! left out is in no order, and nobody in the order reads from it.

use super::{Graph, JobId};
use crate::path::{PathId, Paths};
use rustc_hash::FxHashSet;

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

    /// The places of a list that belong to the batch. The last one takes what
    /// is left over.
    fn range(self, len: usize) -> std::ops::Range<usize> {
        let size = len / self.count as usize;
        let start = (self.index as usize - 1) * size;
        start..if self.is_last() { len } else { start + size }
    }
}

impl Graph {
    /// Keeps these jobs and what they need; they become the targets.
    pub fn keep_until(&mut self, jobs: &FxHashSet<JobId>) {
        let kept = self.upstream(jobs);
        self.order.retain(|job| kept.contains(job));
        self.target_jobs = self.order.iter().copied().filter(|job| jobs.contains(job)).collect();
        self.targets = self.target_jobs.iter().flat_map(|job| self.outputs(*job)).copied().collect();
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
        self.targets = left.filter(|path| self.maker(*path).is_some_and(|m| !omitted.contains(&m))).collect();
    }

    /// Keeps a batch of the inputs of some jobs, in the order of their names,
    /// and what these need; the jobs themselves only with the last batch.
    pub fn keep_batch(&mut self, jobs: &FxHashSet<JobId>, batch: Batch, paths: &Paths) {
        if batch.is_last() {
            return;
        }
        let mut wanted = FxHashSet::default();
        for &job in self.order.iter().filter(|job| jobs.contains(*job)) {
            let mut inputs: Vec<PathId> = self.inputs(job).iter().map(|input| input.path()).collect();
            inputs.sort_by_key(|path| paths.str(*path));
            inputs.dedup();
            wanted.extend(inputs[batch.range(inputs.len())].iter().filter_map(|path| self.origin(*path)));
        }
        self.keep_until(&wanted);
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
        self.inputs(job).iter().filter_map(|input| self.origin(input.path()))
    }
}
