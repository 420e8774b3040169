//! Decisions for the whole graph: what dry-run, why and run go by.
//!
//! Owns the verdict on every job and the facts it rests on. It changes nothing
//! of the user's; it may digest files, through `files`.

mod bonds;
mod decide;
mod demand;
mod facts;
mod view;

pub use bonds::{Bonds, fleeting};
pub use decide::{Cause, Evidence, Verdict, content_of};
pub use facts::{Facts, Gather, Stats, gather};
pub use view::{Viewer, described, only_gathers, totals, worded};

use crate::command::Commands;
use crate::graph::JobId;
use crate::path::PathId;
use crate::state::State;
use rustc_hash::{FxHashMap, FxHashSet};

/// Jobs that are to run whatever their records say.
#[derive(Clone, Debug, Default)]
pub struct Force {
    /// `-F`: all.
    pub all: bool,
    /// `-R` and `--force`: these.
    pub jobs: FxHashSet<JobId>,
}

/// What decisions are made from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Rules, jobs, paths, and what jobs run.
    pub commands: Commands<'a>,
    /// Records.
    pub state: &'a State,
    /// Files and recipes.
    pub facts: &'a Facts,
    /// What is forced.
    pub force: &'a Force,
}

/// The verdict on every job of a graph.
#[derive(Debug, Default)]
pub struct Plan {
    verdicts: Vec<Verdict>,
    causes: FxHashMap<JobId, Cause>,
    /// For a job that may run: one it waits for.
    waits: FxHashMap<JobId, JobId>,
    /// Jobs that are up to date, but have missing outputs that a job may need.
    dormant: FxHashSet<JobId>,
    bonds: Bonds,
}

impl Plan {
    /// Decides every job: first forward, from what each is made from; then
    /// backward, from what is needed and missing.
    pub fn make(scene: Scene<'_>, bonds: Bonds) -> Plan {
        let graph = scene.commands.graph;
        let mut plan = Plan { verdicts: vec![Verdict::Fresh; graph.job_ids()], bonds, ..Plan::default() };
        for &job in graph.order() {
            plan.decide(scene, job);
        }
        let bonds = std::mem::take(&mut plan.bonds);
        demand::pass(scene, &mut plan);
        while bonds.unify(&mut plan) {
            demand::pass(scene, &mut plan);
        }
        plan.bonds = bonds;
        plan
    }

    /// Decides one job anew, given the verdicts on those before it.
    pub fn decide(&mut self, scene: Scene<'_>, job: JobId) -> Verdict {
        let decision = decide::decide(scene, job, &self.verdicts);
        let verdict = match decision {
            decide::Decision::Fresh => Verdict::Fresh,
            decide::Decision::Run(cause) => {
                self.causes.insert(job, cause);
                Verdict::Run
            }
            decide::Decision::Maybe(other) => {
                self.waits.insert(job, other);
                Verdict::Maybe
            }
        };
        self.verdicts[job.index()] = verdict;
        verdict
    }

    /// The verdict on a job.
    pub fn verdict(&self, job: JobId) -> Verdict {
        self.verdicts[job.index()]
    }

    /// Why a job runs, in short.
    pub fn cause(&self, job: JobId) -> Option<Cause> {
        self.causes.get(&job).copied().filter(|_| self.verdict(job) == Verdict::Run)
    }

    /// What the reasons of a job that runs are told from.
    pub fn evidence(&self, scene: Scene<'_>, job: JobId) -> Option<Evidence> {
        Some(Evidence::gather(scene, job, self.cause(job)?, &self.verdicts))
    }

    /// A job that this one waits for, if it may run.
    pub fn waits_for(&self, job: JobId) -> Option<JobId> {
        self.waits.get(&job).copied().filter(|_| self.verdict(job) == Verdict::Maybe)
    }

    /// Whether a job is up to date but for an output that only a job that may
    /// run would need.
    pub fn is_dormant(&self, job: JobId) -> bool {
        self.dormant.contains(&job) && self.verdict(job) == Verdict::Maybe
    }

    /// The job runs because one that runs at the same time does. True if it would not have.
    pub fn run_with(&mut self, job: JobId, other: JobId) -> bool {
        if self.verdict(job) == Verdict::Run {
            return false;
        }
        self.verdicts[job.index()] = Verdict::Run;
        self.causes.insert(job, Cause::Partner(other));
        true
    }

    /// Which jobs run at the same time.
    pub fn bonds(&self) -> &Bonds {
        &self.bonds
    }

    /// The job was made, or found to be up to date.
    pub fn set_fresh(&mut self, job: JobId) {
        self.verdicts[job.index()] = Verdict::Fresh;
    }

    /// The job must run because an output that is needed is missing.
    pub fn set_missing(&mut self, job: JobId, output: PathId) {
        self.verdicts[job.index()] = Verdict::Run;
        self.causes.insert(job, Cause::Missing(output));
    }
}
