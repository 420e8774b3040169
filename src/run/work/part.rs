//! A selection while the graph grows: what it takes in, and what it leaves out later.
//!
//! Owns how jobs leave the run that were in it only until it was known what is
//! behind a checkpoint. How a part is cut is the graph's.

use super::Work;
use crate::graph::JobId;
use crate::path::PathId;
use crate::plan::Verdict;
use crate::run::select;
use crate::schedule::JobId as Slot;
use rustc_hash::FxHashSet;

impl Work<'_, '_> {
    /// Cuts the graph, which has changed, down to what was selected.
    pub(super) fn select(&mut self) {
        let by = (&self.options.selection, self.cut);
        select::select(self.fixed.book, &mut self.graph, &mut self.ground, &self.shared.paths(), by);
    }

    /// A job was opened up, and the order cut anew. If the job itself is no more
    /// in it, it leaves with all that wait for it.
    pub(super) fn leaves(&mut self, job: JobId, slot: Slot, before: &FxHashSet<JobId>, read: &[PathId]) -> bool {
        if self.ground.is_ordered(job) {
            return false;
        }
        let gone: Vec<JobId> = before.iter().copied().filter(|job| !self.ground.is_ordered(*job)).collect();
        for job in &gone {
            self.uncounted.extend(self.slots.get(job));
        }
        self.scheduler.fail(slot);
        let unread: Vec<JobId> =
            gone.into_iter().filter(|other| *other != job && self.slots.contains_key(other)).collect();
        self.temps.unread(read);
        for job in unread {
            let read = self.temps.read_by(&self.graph, job);
            self.temps.unread(&read);
        }
        true
    }

    /// New jobs that are up to date, but miss an output that is a target now.
    pub(super) fn asked_and_missing(&mut self, new: &[JobId]) -> Vec<JobId> {
        if self.options.selection.is_whole() {
            return Vec::new();
        }
        let targets: FxHashSet<PathId> = self.graph.targets().iter().copied().collect();
        let mut remade = Vec::new();
        let fresh = new.iter().copied().filter(|job| self.plan.verdict(*job) == Verdict::Fresh);
        for job in fresh.collect::<Vec<JobId>>() {
            let mut outputs = self.graph.outputs(job).iter().copied();
            if let Some(path) = outputs.find(|path| targets.contains(path) && !self.facts.exists(*path)) {
                self.plan.set_missing(job, path);
                self.summary.fresh = self.summary.fresh.saturating_sub(1);
                remade.push(job);
            }
        }
        remade
    }
}
