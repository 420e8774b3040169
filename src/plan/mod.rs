//! Decisions for the whole graph: what dry-run, why and run go by.
//!
//! Owns the verdict on every job and the facts it rests on. It changes nothing
//! of the user's; it may digest files, through `files`.

mod bonds;
mod decide;
mod demand;
mod draw;
mod facts;
mod recipes;
mod reported;
mod stats;
mod summary;
mod triggers;
mod updates;
mod view;

pub use bonds::{Bonds, Grown, fleeting};
pub use decide::{Cause, Evidence, Verdict, content_of};
pub use facts::{Facts, Gather, gather};
pub use stats::Stats;
pub use triggers::Triggers;
pub use updates::Updates;
pub use view::{Detail, Viewer, described, is_name, only_gathers, totals, worded};

use crate::command::Commands;
use crate::graph::{Graph, JobId};
use crate::path::PathId;
use crate::rule::{RuleId, Rulefile};
use crate::state::State;
use rustc_hash::{FxHashMap, FxHashSet};

/// Jobs that are to run whatever their records say, and what makes others run.
#[derive(Clone, Debug, Default)]
pub struct Force {
    /// `-F`: all.
    pub all: bool,
    /// `--force`: these.
    pub jobs: FxHashSet<JobId>,
    /// `-R`: all jobs of these rules,
    pub rules: FxHashSet<RuleId>,
    /// and those that make these files.
    pub files: FxHashSet<PathId>,
    /// What makes the others run besides content.
    pub triggers: Triggers,
}

impl Force {
    /// Whether a job is to run whatever its record says.
    pub fn covers(&self, graph: &Graph, job: JobId) -> bool {
        self.all
            || self.jobs.contains(&job)
            || self.rules.contains(&graph.rule(job))
            || (!self.files.is_empty() && graph.outputs(job).iter().any(|o| self.files.contains(o)))
    }
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
    /// Jobs that are planned on what a checkpoint made before it runs again.
    supposed: FxHashMap<JobId, Supposed>,
    /// Outputs that are needed and missing, of jobs that are still open.
    lacking: FxHashMap<JobId, PathId>,
    /// By path: whether it is asked for itself, not only by a job that reads it.
    asked: Vec<bool>,
    /// Jobs that are decided for good: none before them is open.
    settled: Vec<bool>,
}

/// That a checkpoint makes what it made before.
#[derive(Clone, Copy, Debug)]
struct Supposed {
    checkpoint: JobId,
    /// The job's inputs come from it, not only the job itself.
    inputs: bool,
}

impl Supposed {
    /// Whether what was decided holds only if the checkpoint comes out the same.
    fn weakens(self, decision: &decide::Decision, only_gathers: bool) -> bool {
        match decision {
            decide::Decision::Run(_) => true,
            decide::Decision::Fresh => self.inputs && !only_gathers,
            decide::Decision::Maybe(_) => false,
        }
    }
}

impl Plan {
    /// Decides, forward, every job that is not decided for good.
    pub fn forward(&mut self, scene: Scene<'_>) {
        let graph = scene.commands.graph;
        self.reach(graph);
        self.ask(scene);
        let staged = graph.open_jobs().next().is_some();
        for &job in graph.order() {
            if self.settled[job.index()] {
                continue;
            }
            self.decide(scene, job);
            let settled = |o: JobId| self.settled[o.index()];
            let before = || graph.inputs(job).iter().filter_map(|i| graph.origin_of(*i)).all(settled);
            self.settled[job.index()] = !staged || (graph.open(job).is_none() && before());
        }
    }

    /// Decides backward, from what is needed and missing, and from one job to
    /// those that are bound to it. To be done once.
    pub fn backward(&mut self, scene: Scene<'_>, bonds: Bonds) {
        demand::pass(scene, self);
        while bonds.unify(self) {
            demand::pass(scene, self);
        }
        self.bonds = bonds;
    }

    /// Takes in what binds more jobs, each after those it reads from.
    pub fn bind(&mut self, book: &Rulefile, graph: &Graph, jobs: &[JobId]) -> Grown {
        self.reach(graph);
        self.bonds.grow(book, graph, jobs)
    }

    /// Puts back the bonds as they were.
    pub fn set_bonds(&mut self, bonds: Bonds) {
        self.bonds = bonds;
    }

    /// What the verdicts on new jobs mean for those they are bound to.
    pub fn unify(&mut self, grown: Grown, new: &[JobId]) {
        if grown.is_empty() {
            return;
        }
        let bonds = std::mem::take(&mut self.bonds);
        bonds.unify_grown(grown, &new.iter().copied().collect(), self);
        self.bonds = bonds;
    }

    /// Makes room for jobs that are new.
    fn reach(&mut self, graph: &Graph) {
        self.verdicts.resize(graph.job_ids(), Verdict::Fresh);
        self.settled.resize(graph.job_ids(), false);
    }

    /// A job was found by supposing that a checkpoint makes what it made before:
    /// it runs at most. Its `inputs` may come from that, too.
    pub fn suppose(&mut self, job: JobId, checkpoint: JobId, inputs: bool) {
        self.supposed.insert(job, Supposed { checkpoint, inputs });
    }

    /// The checkpoint that a job is planned on as if it made what it made before.
    pub fn supposes(&self, job: JobId) -> Option<JobId> {
        self.supposed.get(&job).map(|s| s.checkpoint)
    }

    /// Decides one job anew, given the verdicts on those before it.
    pub fn decide(&mut self, scene: Scene<'_>, job: JobId) -> Verdict {
        self.reach(scene.commands.graph);
        let mut decision = decide::decide(scene, job, &self.verdicts);
        if let (decide::Decision::Fresh, Some(output)) = (&decision, self.lacks(scene, job)) {
            decision = decide::Decision::Run(Cause::Missing(output));
        }
        if let Some(supposed) = self.supposed.get(&job)
            && supposed.weakens(&decision, only_gathers(scene, job))
        {
            decision = decide::Decision::Maybe(supposed.checkpoint);
        }
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

    /// An output that is missing, and was asked for or found to be needed.
    fn lacks(&self, scene: Scene<'_>, job: JobId) -> Option<PathId> {
        let asked = scene.commands.graph.outputs(job).iter().filter(|output| self.is_asked_for(**output));
        asked.chain(self.lacking.get(&job)).copied().find(|output| !scene.facts.exists(*output))
    }

    /// Notes what is asked for: the targets, and what a target gathers.
    fn ask(&mut self, scene: Scene<'_>) {
        let graph = scene.commands.graph;
        self.asked.resize(scene.commands.paths.len(), false);
        let gathered = graph.target_jobs().iter().filter(|job| only_gathers(scene, **job));
        let gathered = gathered.flat_map(|job| graph.inputs(*job)).map(|input| input.path());
        for path in graph.targets().iter().copied().chain(gathered) {
            self.asked[path.index()] = true;
        }
    }

    /// Whether a file is asked for itself: it is a target, or what a target gathers.
    pub fn is_asked_for(&self, path: PathId) -> bool {
        self.asked.get(path.index()).copied().unwrap_or(false)
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

    /// Once it is known what an open job reads, it must run because an output
    /// that is needed is missing.
    fn set_lacking(&mut self, job: JobId, output: PathId) {
        self.lacking.insert(job, output);
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
