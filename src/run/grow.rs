//! Graph, facts and plan growing together: first from the targets, then behind
//! each checkpoint that is done.
//!
//! Owns who is told what, in which order. It does not know how paths become
//! jobs (`graph`), nor what is stale (`plan`).

use super::Options;
use super::open::Pipeline;
use super::select;
use crate::diag::{Diag, Diags, Kind};
use crate::eval::{Functions, Need};
use crate::files::StatAhead;
use crate::graph::{self, Extended, Extension, Graph, Ground, JobId, Target};
use crate::path::{PathId, Paths};
use crate::plan::{self, Gather, Plan, Scene, Stats, Verdict};
use crate::rule::Rulefile;
use crate::state::State;
use rustc_hash::FxHashSet;

/// Told bytes done and bytes in all while files are digested.
pub type Progress<'p> = dyn Fn(u64, u64) + Sync + 'p;

/// The graph that the options' targets need, as far as it is known before any
/// checkpoint is.
pub fn first<'a>(
    book: &'a Rulefile,
    functions: &'a Functions,
    options: &Options,
    paths: &mut Paths,
    look: &mut Look<'_>,
) -> Result<(Graph, Ground<'a>), Diags> {
    let words = options.targets.iter();
    let mut targets: Vec<Target> =
        words.map(|w| Target::parse(w, book)).collect::<Result<_, _>>().map_err(|d| vec![d])?;
    if targets.is_empty() {
        targets.extend(Target::default_of(book).map_err(|d| vec![d])?);
    }
    let also = options.force_run.iter().chain(&options.prioritize).chain(&options.selection.until);
    targets.extend(also.filter_map(|word| Target::named(word, book)).collect::<Vec<_>>());
    let choice = options.selection.choice(book).map_err(|d| vec![d])?;
    graph::build(graph::Request { book, functions, targets: &targets, choice: &choice, files: look }, paths)
}

/// Answers the graph's questions about files.
pub struct Look<'s> {
    stats: &'s mut Stats,
    /// What was made here, if that is at hand.
    records: Option<&'s State>,
    threads: usize,
    /// Asks for stats while the graph grows, the first time.
    ahead: Option<StatAhead>,
    /// What was asked before does not count.
    anew: bool,
    trouble: Diags,
}

impl<'s> Look<'s> {
    /// Asks when it is asked.
    pub fn new(stats: &'s mut Stats, options: &Options) -> Self {
        Look { stats, records: None, threads: options.cores as usize, ahead: None, anew: false, trouble: Vec::new() }
    }

    /// Asks ahead, while the graph grows the first time.
    pub fn ahead(stats: &'s mut Stats, options: &Options, ahead: StatAhead) -> Self {
        Look { ahead: Some(ahead), ..Look::new(stats, options) }
    }

    /// Asks when it is asked, also for what was asked before: jobs run.
    pub fn anew(stats: &'s mut Stats, options: &Options) -> Self {
        Look { anew: true, ..Look::new(stats, options) }
    }

    /// With the records.
    pub fn with(self, records: &'s State) -> Self {
        Look { records: Some(records), ..self }
    }

    /// What could not be looked at, if anything.
    pub fn end(self) -> Result<(), Diags> {
        if self.trouble.is_empty() { Ok(()) } else { Err(self.trouble) }
    }
}

impl graph::Files for Look<'_> {
    fn recorded(&self, path: PathId) -> bool {
        self.records.is_none_or(|records| records.find(path).is_some())
    }

    fn named(&mut self, paths: &Paths, path: PathId) {
        if let Some(ahead) = &mut self.ahead {
            ahead.want(paths, path);
        }
    }

    fn exist(&mut self, paths: &Paths, ids: &[PathId]) -> Vec<bool> {
        if let Some(ahead) = self.ahead.take() {
            self.stats.take(paths, ahead);
        }
        if self.anew {
            self.stats.forget(ids);
        }
        if let Err(errors) = self.stats.ensure(paths, ids, self.threads) {
            self.trouble.extend(errors);
        }
        ids.iter().map(|id| self.stats.exists(*id)).collect()
    }
}

impl Pipeline<'_> {
    /// Decides all jobs; lets the functions of open ones read what fresh
    /// checkpoints made, and decides what is new; until nothing is.
    pub(super) fn grow_all(&mut self, options: &Options, progress: &Progress<'_>) -> Result<(), Diags> {
        let first = self.graph.order().to_vec();
        self.take_in(&first, &mut Vec::new(), options, progress)?;
        loop {
            self.decide();
            let ready = self.ready();
            if ready.is_empty() {
                return Ok(());
            }
            self.open_up(&ready, &mut Vec::new(), options, progress)?;
        }
    }

    /// Extends the graph by what is behind some open jobs, and gathers facts of
    /// it. Gives what is new.
    fn open_up(
        &mut self,
        jobs: &[JobId],
        steps: &mut Vec<Extended>,
        options: &Options,
        progress: &Progress<'_>,
    ) -> Result<Vec<JobId>, Diags> {
        let mut all = self.extend_by(jobs, Vec::new(), steps, options)?;
        let more = self.take_in(&all.clone(), steps, options, progress)?;
        all.extend(more);
        Ok(all)
    }

    /// Gathers facts of new jobs. Gives those that are new because params
    /// functions of these ask for checkpoints.
    fn take_in(
        &mut self,
        new: &[JobId],
        steps: &mut Vec<Extended>,
        options: &Options,
        progress: &Progress<'_>,
    ) -> Result<Vec<JobId>, Diags> {
        let mut all = Vec::new();
        let mut needs = self.gather(new, options, progress)?;
        while !needs.is_empty() {
            let jobs: Vec<JobId> = needs.iter().map(|(job, _)| *job).collect();
            let new = self.extend_by(&jobs, needs, steps, options)?;
            needs = self.gather(&new, options, progress)?;
            all.extend(new);
        }
        Ok(all)
    }

    fn decide(&mut self) {
        self.plan.forward(Scene {
            commands: self.fixed.commands(&self.graph, &self.paths),
            state: &self.state,
            facts: &self.facts,
            force: &self.force,
        });
    }

    fn gather(
        &mut self,
        new: &[JobId],
        options: &Options,
        progress: &Progress<'_>,
    ) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
        let commands = self.fixed.commands(&self.graph, &self.paths);
        let gather = Gather {
            commands,
            state: &self.state,
            memo: &mut self.memo,
            stats: &mut self.stats,
            clock: &self.clock,
            threads: options.cores as usize,
            hash_threads: options.hash_threads,
            trust: &options.trust,
            progress,
        };
        plan::gather(gather, &mut self.facts, new)
    }

    /// Lets functions read what fresh checkpoints made. Gives the open jobs
    /// that wait for no other.
    fn ready(&mut self) -> Vec<JobId> {
        let gates: FxHashSet<JobId> = self.graph.open_jobs().flat_map(|(_, gates)| gates.iter().copied()).collect();
        let mut passed: Vec<JobId> = gates.into_iter().filter(|gate| self.is_done(*gate)).collect();
        passed.sort_unstable();
        passed.iter().for_each(|gate| self.graph.pass(*gate));
        self.passed_by()
    }

    /// Open jobs all of whose checkpoints may be read.
    fn passed_by(&self) -> Vec<JobId> {
        let ready = self.graph.open_jobs().filter(|(_, gates)| gates.iter().all(|g| self.graph.is_passed(*g)));
        ready.map(|(job, _)| job).collect()
    }

    fn is_done(&self, gate: JobId) -> bool {
        self.plan.verdict(gate) == Verdict::Fresh && self.has_outputs(gate)
    }

    fn has_outputs(&self, job: JobId) -> bool {
        self.graph.outputs(job).iter().all(|o| self.facts.exists(*o))
    }

    /// Gives the new jobs that are in the order, and those whose functions were
    /// called, unless a selection leaves them out now.
    fn extend_by(
        &mut self,
        jobs: &[JobId],
        needs: Vec<(JobId, Vec<Need>)>,
        steps: &mut Vec<Extended>,
        options: &Options,
    ) -> Result<Vec<JobId>, Diags> {
        let before = ordered(&self.graph, options);
        let mut look = Look::new(&mut self.stats, options).with(&self.state);
        let by = Extension { jobs, needs, files: &mut look };
        let extended = graph::extend(&mut self.ground, &mut self.graph, &mut self.paths, by);
        let trouble = look.end();
        let extended = extended?;
        let mut new = extended.jobs.clone();
        steps.push(extended);
        trouble?;
        self.reorder(options);
        if let Some(before) = before {
            new = entering(&self.graph, &self.ground, &before, &new);
        }
        Ok(new)
    }

    fn reorder(&mut self, options: &Options) {
        match options.selection.is_whole() {
            true => self.graph.reorder(),
            false => {
                let by = (&options.selection, self.cut);
                select::select(self.fixed.book, &mut self.graph, &mut self.ground, &self.paths, by);
            }
        }
    }

    /// For a look only: what is behind checkpoints that are to run, if they
    /// make what they made before.
    pub(super) fn suppose(&mut self, options: &Options, progress: &Progress<'_>) {
        let mut tried: FxHashSet<JobId> = FxHashSet::default();
        loop {
            let known =
                |(job, gates): &(JobId, &[JobId])| !tried.contains(job) && gates.iter().all(|g| self.has_outputs(*g));
            let open: Vec<(JobId, Vec<JobId>)> =
                self.graph.open_jobs().filter(known).map(|(job, gates)| (job, gates.to_vec())).collect();
            if open.is_empty() {
                return;
            }
            open.iter().flat_map(|(_, gates)| gates).for_each(|gate| self.graph.pass(*gate));
            self.suppose_some(&open, options, progress, &mut tried);
            self.decide();
        }
    }

    /// Extends the graph by what is behind some open jobs. One that cannot be,
    /// or behind which something cannot be worked out, stays open.
    fn suppose_some(
        &mut self,
        open: &[(JobId, Vec<JobId>)],
        options: &Options,
        progress: &Progress<'_>,
        tried: &mut FxHashSet<JobId>,
    ) {
        let jobs: Vec<JobId> = open.iter().filter(|(job, _)| self.graph.open(*job).is_some()).map(|o| o.0).collect();
        let mut steps = Vec::new();
        match (self.open_up(&jobs, &mut steps, options, progress), open) {
            (Ok(new), _) => {
                let set: FxHashSet<JobId> = new.iter().copied().collect();
                for (job, gates) in open {
                    let unsure = gates.iter().copied().find(|gate| !self.is_done(*gate));
                    if let Some(gate) = unsure {
                        self.plan.suppose(*job, gate, true);
                    }
                    if let Some(gate) = unsure.or(self.plan.supposes(*job)) {
                        self.suppose_behind(*job, gate, &set);
                    }
                }
            }
            (Err(_), _) => {
                let undone = steps.into_iter().rev();
                undone.for_each(|step| step.undo(&mut self.ground, &mut self.graph, &self.paths));
                self.reorder(options);
                match open {
                    [(job, _)] => drop(tried.insert(*job)),
                    _ => {
                        let (first, rest) = open.split_at(open.len() / 2);
                        self.suppose_some(first, options, progress, tried);
                        self.suppose_some(rest, options, progress, tried);
                    }
                }
            }
        }
    }

    /// What a job needs of the new jobs holds only if its checkpoint comes out
    /// the same.
    fn suppose_behind(&mut self, job: JobId, gate: JobId, new: &FxHashSet<JobId>) {
        let mut work = vec![job];
        while let Some(at) = work.pop() {
            for origin in self.graph.inputs(at).iter().filter_map(|i| self.graph.origin_of(*i)) {
                if new.contains(&origin) && self.plan.supposes(origin).is_none() {
                    self.plan.suppose(origin, gate, false);
                    work.push(origin);
                }
            }
        }
    }
}

/// The jobs in the order, if a selection may leave out what was in it.
pub fn ordered(graph: &Graph, options: &Options) -> Option<FxHashSet<JobId>> {
    (!options.selection.is_whole()).then(|| graph.order().iter().copied().collect())
}

/// Of an order that was cut anew: the jobs that were not in it before, and those
/// of `new` that are.
pub fn entering(graph: &Graph, ground: &Ground<'_>, before: &FxHashSet<JobId>, new: &[JobId]) -> Vec<JobId> {
    let grown: FxHashSet<JobId> = new.iter().copied().filter(|job| ground.is_ordered(*job)).collect();
    graph.order().iter().copied().filter(|job| grown.contains(job) || !before.contains(job)).collect()
}

/// What is wrong if a job that is to run reads a file which the checkpoint that
/// makes its directory did not make.
pub fn not_made(scene: Scene<'_>, plan: &Plan, job: JobId) -> Option<Diag> {
    let (graph, paths, book) = (scene.commands.graph, scene.commands.paths, scene.commands.book);
    let inputs = graph.inputs(job).iter().map(|i| i.path()).filter(|p| !scene.facts.exists(*p));
    let inputs = inputs.filter(|p| !graph.is_beside(*p));
    let done = |p: &PathId| {
        let tree = graph.tree_of(*p).filter(|t| scene.facts.exists(*t));
        tree.and_then(|t| graph.maker(t)).filter(|m| plan.verdict(*m) == Verdict::Fresh)
    };
    let (path, maker) = inputs.filter_map(|p| Some((p, done(&p)?))).next()?;
    let rule = book.rule(graph.rule(job));
    let maker_head = book.rule(graph.rule(maker)).places.head;
    let message = format!("missing input `{}` of rule `{}`", paths.str(path), rule.name);
    Some(
        Diag::error(Kind::Plan, message)
            .label(rule.places.input.span, format!("needed by `{}`", graph.describe(book, paths, job)))
            .label(
                maker_head,
                format!("`{}` makes its directory, and did not make it", graph.describe(book, paths, maker)),
            ),
    )
}
