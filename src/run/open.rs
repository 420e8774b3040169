//! Opening a pipeline: state, graph, facts, plan.

use super::Options;
use super::fixed::Fixed;
use super::grow::{self, Look, Progress, not_made};
use super::select::{self, Cut};
use crate::command::{Commands, DEVICES, Scripts, Settings};
use crate::diag::{Diag, Diags, Kind};
use crate::digest::Digest;
use crate::eval::{Functions, SizeOf};
use crate::files::{self, Clock, Memo, StatAhead};
use crate::graph::{self, Graph, Ground, JobId};
use crate::path::{self, PathId, Paths};
use crate::plan::{self, Bonds, Facts, Force, Plan, Scene, Stats, Updates};
use crate::rule::{Action, Flags, Rulefile};
use crate::settle;
use crate::state::{self, Ahead, State};
use crossbeam::channel::{Receiver, bounded};
use rustc_hash::FxHashSet;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// What the pipeline is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To look: no lock, nothing written but perhaps digests.
    Look,
    /// To run: the lock is taken, and what a killed run left is settled.
    Run,
}

/// A planned pipeline.
pub struct Pipeline<'a> {
    /// What does not change.
    pub fixed: Fixed<'a>,
    /// All paths.
    pub paths: Paths,
    /// All jobs.
    pub graph: Graph,
    /// What the graph grows on.
    pub ground: Ground<'a>,
    /// What of a selection is looked for behind checkpoints.
    pub cut: Cut,
    /// Records.
    pub state: State,
    /// Remembered digests.
    pub memo: Memo,
    /// Files as they were found.
    pub stats: Stats,
    /// Files and recipes.
    pub facts: Facts,
    /// What is forced.
    pub force: Force,
    /// Verdicts.
    pub plan: Plan,
    /// Who reads files before they are updated.
    pub updates: Updates,
    /// The file system's clock.
    pub clock: Clock,
}

/// Gives the sizes of files that are there, in bytes.
pub fn size_of() -> SizeOf {
    Arc::new(|path| files::stat(path).ok().filter(files::Stat::exists).map(|s| s.size))
}

impl<'a> Pipeline<'a> {
    /// Plans what the options ask for, given the opened state.
    pub fn plan(
        book: &'a Rulefile,
        functions: &'a Functions,
        options: &Options,
        mode: Mode,
        opened: Opened,
        progress: &Progress<'_>,
    ) -> Result<Pipeline<'a>, Diags> {
        let Opened { state, memo, mut paths, ahead } = opened;
        let mut stats = Stats::default();
        let mut look = Look::ahead(&mut stats, options, ahead).with(&state);
        let (mut graph, mut ground) = grow::first(book, functions, options, &mut paths, &mut look)?;
        look.end()?;
        let cut = Cut::first(book, &graph, &paths, &options.selection);
        select::select(book, &mut graph, &mut ground, &paths, (&options.selection, cut));
        check_devices(options).map_err(|d| vec![d])?;
        let settings = Settings {
            cores: options.cores,
            home: path::Home::here(),
            limits: options.limits.clone(),
            tmpdir: options.tmpdir.clone(),
            max_threads: options.max_threads,
            scripts: Scripts::default(),
        };
        let mut pipeline = Pipeline {
            fixed: Fixed { book, functions, settings, size_of: size_of() },
            force: force(book, &graph, &mut paths, options),
            paths,
            graph,
            ground,
            cut,
            state,
            memo,
            stats,
            facts: Facts::default(),
            plan: Plan::default(),
            updates: Updates::default(),
            clock: Clock::new(Path::new(files::STATE_DIR)),
        };
        pipeline.grow_all(options, progress)?;
        select::check(book, &pipeline.graph, &pipeline.paths, &options.selection).map_err(|d| vec![d])?;
        if mode == Mode::Look {
            pipeline.suppose(options, progress);
        }
        pipeline.bind()?;
        check_force(&pipeline, options)?;
        check_inside(&pipeline)?;
        if !options.idle {
            check_needs(pipeline.commands(), &pipeline.plan)?;
            let runs = |job: JobId| pipeline.plan.verdict(job) != plan::Verdict::Fresh;
            check_bound(pipeline.commands(), pipeline.plan.bonds(), &runs).map_err(|d| vec![d])?;
        }
        Ok(pipeline)
    }

    /// Decides backward, and between jobs that are bound to each other.
    fn bind(&mut self) -> Result<(), Diags> {
        let Pipeline { fixed, graph, paths, state, facts, force, plan, updates, .. } = self;
        let (book, commands) = (fixed.book, fixed.commands(graph, paths));
        let bonds = Bonds::find(book, graph);
        bonds.check(book, graph, paths, graph.order()).map_err(|d| vec![d])?;
        bonds.fleeting().iter().for_each(|path| facts.set(*path, false, Digest::UNKNOWN));
        plan.backward(Scene { commands, state, facts, force }, bonds);
        updates.add(graph, graph.order());
        updates.check(book, graph, paths, graph.order()).map_err(|d| vec![d])
    }

    /// What texts are made from.
    pub fn commands(&self) -> Commands<'_> {
        self.fixed.commands(&self.graph, &self.paths)
    }

    /// What decisions are made from.
    pub fn scene(&self) -> Scene<'_> {
        Scene { commands: self.commands(), state: &self.state, facts: &self.facts, force: &self.force }
    }

    /// Ends the use of the state.
    pub fn close(self) -> Result<(), Diag> {
        self.state.close(self.memo, &self.paths)
    }

    /// Stores remembered digests.
    pub fn save_memo(&mut self) -> Result<(), Diag> {
        self.state.write_memo(&mut self.memo, &self.paths)
    }
}

fn force(book: &Rulefile, graph: &Graph, paths: &mut Paths, options: &Options) -> Force {
    let mut force = Force { all: options.force_all, triggers: options.triggers, ..Force::default() };
    if options.force_targets {
        force.jobs.extend(graph.target_jobs());
        force.jobs.extend(graph.targets().iter().filter_map(|t| graph.maker(*t)));
        for &job in graph.target_jobs() {
            if is_gatherer(book, graph, job) {
                force.jobs.extend(graph.inputs(job).iter().filter_map(|i| graph.maker(i.path())));
            }
        }
    }
    for word in &options.force_run {
        match book.find(word) {
            Some(rule) => drop(force.rules.insert(rule)),
            None => drop(force.files.insert(paths.intern(&path::normal(word)))),
        }
    }
    force
}

/// Whether a job does nothing but name files: by force, these are meant.
fn is_gatherer(book: &Rulefile, graph: &Graph, job: JobId) -> bool {
    graph.outputs(job).is_empty() && matches!(book.rule(graph.rule(job)).action, Action::None)
}

/// Every file that is to be made by force is one that a job makes, or may make
/// once more is known.
fn check_force(pipeline: &Pipeline<'_>, options: &Options) -> Result<(), Diags> {
    let (book, graph) = (pipeline.fixed.book, &pipeline.graph);
    if graph.open_jobs().next().is_some() {
        return Ok(());
    }
    let known = |word: &&String| {
        let made = || pipeline.paths.get(&path::normal(word)).is_some_and(|p| graph.maker(p).is_some());
        book.find(word).is_some() || made()
    };
    let mut words = options.force_run.iter().chain(&options.prioritize);
    let Some(word) = words.find(|word| !known(word)) else { return Ok(()) };
    let message = format!("`{word}` is neither a rule nor a file that a job of this plan makes");
    let near = crate::suggest::did_you_mean(word, book.rules.iter().map(|r| &*r.name));
    Err(vec![Diag::error(Kind::Usage, message).maybe_hint(near)])
}

/// What jobs that run read in a directory of a checkpoint that is done is there.
fn check_inside(pipeline: &Pipeline<'_>) -> Result<(), Diags> {
    let graph = &pipeline.graph;
    let stale = graph.order().iter().filter(|j| pipeline.plan.verdict(**j) != plan::Verdict::Fresh);
    let mut found = stale.filter_map(|job| not_made(pipeline.scene(), &pipeline.plan, *job));
    found.next().map_or(Ok(()), |diag| Err(vec![diag]))
}

/// A limit of `gpu` says how many devices jobs are given: there must be as many.
fn check_devices(options: &Options) -> Result<(), Diag> {
    let Some(given) = &options.devices else { return Ok(()) };
    let over = |(name, limit): &&(String, u64)| name == DEVICES && *limit > given.len() as u64;
    match options.limits.iter().find(over) {
        Some((name, limit)) => {
            let there = given.len();
            let message = format!("`--resources {name}={limit}`: `CUDA_VISIBLE_DEVICES` names {there}");
            Err(Diag::error(Kind::Usage, message).hint(format!("write `--resources {name}={there}`")))
        }
        None => Ok(()),
    }
}

/// Jobs that ask for more than there is are found before anything runs, unless
/// a function decides later.
fn check_needs(commands: Commands<'_>, plan: &Plan) -> Result<(), Diags> {
    let mut seen = FxHashSet::default();
    for &job in commands.graph.order() {
        let rule = commands.graph.rule(job);
        if plan.verdict(job) == plan::Verdict::Fresh || !seen.insert(rule) {
            continue;
        }
        let checked = match commands.needs_are_deferred(job) {
            true => commands.check_fixed_needs(job),
            false => commands.needs(job, 1).map(drop),
        };
        checked.map_err(|d| vec![d])?;
    }
    Ok(())
}

/// Jobs that run at the same time must fit in what there is, all of them: in
/// its cores, and in the limit of each resource.
///
/// # Errors
/// If they do not.
pub fn check_bound(commands: Commands<'_>, bonds: &Bonds, runs: &dyn Fn(JobId) -> bool) -> Result<(), Diag> {
    let cores = u64::from(commands.settings.cores);
    let threads = |job: JobId| commands.needs(job, 1).map_or(1, |needs| u64::from(needs.threads));
    if let Some((asked, job)) = most_at_once(bonds, runs, &threads).filter(|(asked, _)| *asked > cores) {
        let why = format!("take {asked} cores, and there are {cores}");
        return Err(too_much(commands, job, &why).hint(format!("run with `-j {asked}`, or lower `threads:`")));
    }
    for (name, limit) in &commands.settings.limits {
        let amount = |job: JobId| {
            let needs = commands.needs(job, 1).unwrap_or_default();
            needs.amounts().filter(|(n, _)| n == name).map(|(_, amount)| amount).sum()
        };
        if let Some((asked, job)) = most_at_once(bonds, runs, &amount).filter(|(asked, _)| asked > limit) {
            let why = format!("ask for {name}={asked}, and there is {name}={limit}");
            return Err(too_much(commands, job, &why)
                .hint(format!("run with `--resources {name}={asked}`, or lower `resources:`")));
        }
    }
    Ok(())
}

/// The most that bound jobs that run take together, and one of them; all
/// services may be up at once.
fn most_at_once(bonds: &Bonds, runs: &dyn Fn(JobId) -> bool, of: &dyn Fn(JobId) -> u64) -> Option<(u64, JobId)> {
    let sum = |job: JobId| match bonds.together(job) {
        Some(set) => set.iter().map(|member| of(*member)).sum::<u64>(),
        None => of(job),
    };
    let services: Vec<JobId> = bonds.services().filter(|job| runs(*job)).collect();
    let served: u64 = services.iter().map(|service| of(*service)).sum();
    let users = services.iter().flat_map(|service| bonds.readers(*service).unwrap_or_default());
    let worst_user = users.copied().map(|user| (served + sum(user), user)).max();
    let joined = bonds.pipelines().filter_map(|set| set.iter().copied().find(|job| runs(*job)));
    joined.map(|job| (sum(job), job)).chain(worst_user).max()
}

/// Bound jobs do not fit in what there is.
fn too_much(commands: Commands<'_>, job: JobId, why: &str) -> Diag {
    let name = commands.graph.describe(commands.book, commands.paths, job);
    let head = commands.book.rule(commands.graph.rule(job)).places.head;
    Diag::error(Kind::Plan, format!("job `{name}` and those that run at the same time {why}"))
        .label(head, "a pipe or a service binds it to others")
}

/// `protected()` outputs are not made again: told before anything runs.
///
/// # Errors
/// If jobs that will run would make write-protected outputs.
pub fn refuse_protected(pipeline: &Pipeline<'_>) -> Result<(), Diag> {
    let (book, graph) = (pipeline.fixed.book, &pipeline.graph);
    let mut found: Vec<(JobId, &str)> = Vec::new();
    for &job in graph.order().iter().filter(|j| pipeline.plan.verdict(**j) == plan::Verdict::Run) {
        let rule = book.rule(graph.rule(job));
        let marked = graph.outputs(job).iter().zip(&rule.outputs.items);
        let marked = marked.filter(|(_, output)| output.flags.contains(Flags::PROTECTED));
        let paths = marked.map(|(path, _)| pipeline.paths.str(*path));
        found.extend(paths.filter(|p| settle::is_write_protected(p)).map(|path| (job, path)));
    }
    let Some((job, path)) = found.first().copied() else { return Ok(()) };
    let rule = book.rule(graph.rule(job));
    let message = match found.len() {
        1 => format!("output `{path}` is write-protected, and would be made again"),
        n => format!("{n} outputs are write-protected, and would be made again, such as `{path}`"),
    };
    Err(Diag::error(Kind::Plan, message)
        .label(rule.places.head, "this rule marks it `protected(...)`")
        .hint(format!("`chmod u+w {path}` gives it up to be made again"))
        .hint(format!("`rulemake --why {path}` says why it would be made, `--touch` takes it as it is")))
}

/// Warnings of files that a job made here once, and that are now taken as they
/// are because an input of that job is gone.
pub fn left_out(pipeline: &Pipeline<'_>) -> Diags {
    let (graph, paths) = (&pipeline.graph, &pipeline.paths);
    let made = graph.left_out().iter().filter(|l| pipeline.state.find(l.output).is_some());
    let tell = |left: &graph::LeftOut| {
        let job = graph.describe(pipeline.fixed.book, paths, left.job);
        let head = pipeline.fixed.book.rule(graph.rule(left.job)).places.head;
        let message = format!("`{}` is taken as it is, because `{job}` cannot make it now", paths.str(left.output));
        let why = match left.missing {
            Some(path) => format!("its input `{}` is missing", paths.str(path)),
            None => "it would depend on itself".into(),
        };
        Diag::warning(Kind::Plan, message).label(head, why)
    };
    made.map(tell).collect()
}

/// In a directory that has never been run, a run does not overwrite what is there.
///
/// # Errors
/// If jobs without a record would make existing outputs again.
pub fn refuse_to_overwrite(pipeline: &Pipeline<'_>, options: &Options) -> Result<(), Diag> {
    if options.remake || options.force_all || !pipeline.state.is_empty() {
        return Ok(());
    }
    let graph = &pipeline.graph;
    let never = graph.order().iter().filter(|j| pipeline.plan.cause(**j) == Some(plan::Cause::NoRecord));
    // What a job updates it does not make anew.
    let made = |job: &JobId| {
        let outputs = graph.outputs(*job).iter().zip(&pipeline.fixed.book.rule(graph.rule(*job)).outputs.items);
        outputs.filter(|(_, output)| !output.flags.contains(Flags::UPDATE)).map(|(path, _)| *path)
    };
    let there: Vec<PathId> = never.flat_map(made).filter(|o| pipeline.facts.exists(*o)).collect();
    let Some(first) = there.first() else { return Ok(()) };
    let first = pipeline.paths.str(*first);
    let message = match there.len() {
        1 => format!("output `{first}` exists without a record"),
        count => format!("{count} outputs exist without a record, such as `{first}`"),
    };
    let why = match pipeline.state.lost_records() {
        true => "the records of earlier runs are lost",
        false => "no run is recorded here",
    };
    Err(Diag::error(Kind::Plan, message)
        .note(format!("{why}, so rulemake cannot know whether they are up to date"))
        .hint("`--touch` takes them as made")
        .hint("`--remake` makes them again, and keeps the old ones under `.rulemake/replaced/`"))
}

/// An opened state.
pub struct Opened {
    /// Records.
    pub state: State,
    /// Remembered digests.
    pub memo: Memo,
    /// The paths of both.
    pub paths: Paths,
    /// Stats that are being asked for.
    pub ahead: StatAhead,
}

/// What is on its way into memory on threads of its own.
pub struct Prefetch {
    log: JoinHandle<Option<Ahead>>,
    loaded: Receiver<()>,
    /// Stats of files that will likely be wanted.
    pub stats: StatAhead,
}

impl Prefetch {
    /// Begins to read the log of the current directory.
    pub fn start() -> Prefetch {
        let (until, loaded) = bounded(0);
        let log = std::thread::spawn(move || {
            let log = Ahead::read(Path::new(files::STATE_DIR));
            drop(until);
            log
        });
        Prefetch { log, loaded, stats: StatAhead::default() }
    }

    /// Ends when the log is in memory.
    pub fn loaded(&self) -> Receiver<()> {
        self.loaded.clone()
    }
}

/// Opens `.rulemake/`; what there is to warn of is given back. If the log that
/// is being read turns out to be another one, it is read here.
pub fn open_state(mode: Mode, prefetch: Prefetch) -> Result<(Opened, Diags), Diag> {
    let mut paths = Paths::default();
    let mode = match mode {
        Mode::Look => state::Mode::ReadOnly,
        Mode::Run => state::Mode::Run,
    };
    let log = prefetch.log.join().expect("the thread that reads the log panicked");
    let opened = State::open_ahead(Path::new(files::STATE_DIR), &mut paths, mode, state::How::Auto, log)?;
    let state::Opened { state, memo, warnings, as_read } = opened;
    let mut ahead = prefetch.stats;
    if !as_read && !state.is_empty() {
        // Another run has ended meanwhile.
        ahead.forget();
    }
    Ok((Opened { state, memo, paths, ahead }, warnings))
}
