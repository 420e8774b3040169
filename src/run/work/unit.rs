//! Jobs that pipes join: one unit to the scheduler, several tasks to the executor.
//!
//! Owns which jobs are one unit, and how many of them have not come back.

use super::Work;
use crate::graph::JobId;
use crate::plan::Verdict;
use crate::run::task::{Bond, Pipe};
use crate::schedule::{JobId as Slot, Outcome as Ended};
use std::sync::Arc;

/// The tasks of a unit that runs.
pub(super) struct Unit {
    /// How many have not come back.
    left: usize,
    failed: bool,
}

impl Work<'_, '_> {
    /// The jobs of a slot, each after those it reads from.
    pub(super) fn members(&self, job: JobId) -> Arc<[JobId]> {
        self.plan.bonds().together(job).unwrap_or_else(|| Arc::new([job]))
    }

    /// The verdict on all jobs of a unit, decided now that their inputs are there.
    pub(super) fn verdict_on_unit(&mut self, job: JobId) -> Verdict {
        let Some(members) = self.plan.bonds().together(job) else { return self.verdict_now(job) };
        let verdicts: Vec<Verdict> = members.iter().map(|member| self.verdict_now(*member)).collect();
        let Some(first) = verdicts.iter().position(|verdict| *verdict == Verdict::Run) else {
            let fresh = verdicts.iter().all(|verdict| *verdict == Verdict::Fresh);
            return if fresh { Verdict::Fresh } else { Verdict::Maybe };
        };
        for member in members.iter() {
            self.plan.run_with(*member, members[first]);
        }
        Verdict::Run
    }

    /// What joins the tasks of a unit; none if it is a single job.
    pub(super) fn bond(&mut self, slot: Slot, members: &[JobId]) -> Option<Arc<Bond>> {
        if members.len() == 1 {
            return None;
        }
        let graph = &self.graph;
        let mut pipes = Vec::new();
        for reader in members {
            for input in graph.inputs(*reader) {
                let writer = graph.maker(input.path()).filter(|maker| members.contains(maker));
                let path = self.shared.paths().str(input.path()).to_owned();
                pipes.extend(writer.map(|writer| Pipe { path, writer: writer.0, reader: reader.0 }));
            }
        }
        self.units.insert(slot, Unit { left: members.len(), failed: false });
        Some(Bond::new(members.iter().map(|job| job.0).collect(), pipes, self.ender.clone()))
    }

    /// A task of a slot came back: the slot is done with its last one.
    pub(super) fn task_over(&mut self, slot: Slot, ended: Ended) {
        let Some(unit) = self.units.get_mut(&slot) else {
            self.scheduler.finished(slot, ended);
            return;
        };
        unit.left -= 1;
        unit.failed |= ended == Ended::Failed;
        if unit.left == 0 {
            let ended = if unit.failed { Ended::Failed } else { Ended::Made };
            self.units.remove(&slot);
            self.scheduler.finished(slot, ended);
        }
    }
}
