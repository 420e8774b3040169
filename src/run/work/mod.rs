//! The loop: decides, starts, waits, records what came of it, until all is done.

mod devices;
mod fill;
mod finish;
mod grow;
mod needs;
mod part;
mod prepare;
mod service;
mod unit;

pub(super) use prepare::interpreted;

use super::fixed::Fixed;
use super::follow::{self, Follow, Follower};
use super::open::Pipeline;
use super::select::Cut;
use super::signals::{Ask, Listener, suspend_self};
use super::task::{Promise, Shared, unix_ms};
use super::temp::Temps;
use super::{Options, Tell};
use crate::diag::{Diag, Diags};
use crate::digest::Digest;
use crate::event::{self, Event, Summary};
use crate::exec::{self, Ender, Executor, Signal};
use crate::files;
use crate::graph::{Graph, Ground, JobId};
use crate::path::{PathId, Paths};
use crate::plan;
use crate::rule::{Flags, Output, Rulefile};
use crate::schedule::{JobId as Slot, JobState, Scheduler};
use crate::settle::{self, Settler};
use crate::state::{self, State};
use crossbeam::channel::{after, select};
use devices::Devices;
use needs::AllNeeds;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

/// How long jobs have to end after a signal before they are killed.
const GRACE: Duration = Duration::from_secs(10);

/// How often the live status is drawn, and the log made durable.
const TICK: Duration = follow::LOOK;

/// What the loop works with besides the pipeline.
pub struct Hands<'a> {
    /// Runs jobs.
    pub executor: &'a mut dyn Executor,
    /// Signals to us.
    pub listener: &'a Listener,
    /// It was asked for already that no job starts.
    pub drain: bool,
    /// Whether somebody watches a live status.
    pub live: bool,
    /// Whether somebody wants to know why each job runs.
    pub reasons: bool,
    /// Turns a message into text with snippets.
    pub render: &'a dyn Fn(&Diag) -> String,
    /// Where events go.
    pub tell: &'a mut Tell<'a>,
}

/// What became of a run.
pub struct Ran {
    /// In numbers.
    pub summary: Summary,
    /// What broke of our own, such as the log that cannot be written any more:
    /// the run was ended early, or its end is not on record.
    pub errors: Diags,
}

/// Runs all stale jobs of a pipeline.
pub fn execute(pipeline: Pipeline<'_>, options: &Options, hands: Hands<'_>) -> Ran {
    let begin = Instant::now();
    let mut work = Work::new(pipeline, options, hands);
    work.hands.listener.arm(true);
    work.fill();
    if work.hands.drain {
        work.asked(Ask::Drain);
    }
    work.turn();
    work.summary.wall = begin.elapsed();
    work.close()
}

/// What all tasks of a run share.
fn shared(options: &Options, paths: Paths, state: State, clock: files::Clock) -> Shared {
    Shared {
        paths: RwLock::new(paths),
        state: Mutex::new(state),
        clock,
        settler: settler(options),
        home: std::env::current_dir().unwrap_or_default(),
        shadow_prefix: options.shadow_prefix.clone(),
        latency_wait: options.latency_wait,
        hash_threads: options.hash_threads,
        trust: options.trust.clone(),
        boot_id: state::process::boot_id().into(),
        run_token: run_token(),
        outcomes: Mutex::default(),
    }
}

/// The writer of outputs, as the options have it.
pub fn settler(options: &Options) -> Arc<Settler> {
    let state = PathBuf::from(files::STATE_DIR);
    Settler::new(settle::Options {
        discard_old: options.discard_old,
        replaced: state.join(state::REPLACED).join(unix_ms(SystemTime::now()).to_string()),
        shadows: state.join(state::SHADOWS),
        failed: options.keep_incomplete.then(|| state.join(state::FAILED)),
    })
}

/// Bits that no other run has, as a word.
fn run_token() -> Box<str> {
    // The keys of each are random, from the operating system.
    let random = std::hash::RandomState::new().hash_one(unix_ms(SystemTime::now()));
    format!("{random:x}").into()
}

fn touched(book: &Rulefile, graph: &Graph, jobs: &[JobId]) -> FxHashSet<PathId> {
    let is_touch = |output: &Output| output.flags.contains(Flags::TOUCH);
    if !book.rules.iter().flat_map(|rule| &rule.outputs.items).any(is_touch) {
        return FxHashSet::default();
    }
    let of_job = |job: &JobId| graph.outputs(*job).iter().zip(&book.rule(graph.rule(*job)).outputs.items);
    jobs.iter().flat_map(of_job).filter(|(_, output)| is_touch(output)).map(|(path, _)| *path).collect()
}

/// A job that was handed to the executor.
struct Running {
    slot: Slot,
    job: Arc<event::Job>,
    /// Which attempt this is, from 1.
    attempt: u32,
    /// What the last record says it made, and from what, where it runs only
    /// because an output was missing.
    before: Option<(Digest, Vec<(PathId, Digest)>)>,
    /// Its log.
    follow: Follow,
}

/// Why no more jobs are started.
enum Stop {
    Failure,
    Drain,
    Broken,
    Signal { number: i32, kill_at: Instant, killed: bool },
}

struct Work<'a, 'h> {
    fixed: Fixed<'a>,
    graph: Graph,
    /// What the graph grows on.
    ground: Ground<'a>,
    /// What of a selection is looked for behind checkpoints.
    cut: Cut,
    stats: plan::Stats,
    options: &'a Options,
    hands: Hands<'h>,
    scheduler: Scheduler,
    shared: Arc<Shared>,
    plan: plan::Plan,
    /// Who reads files before they are updated.
    updates: plan::Updates,
    facts: plan::Facts,
    force: plan::Force,
    memo: files::Memo,
    needs: AllNeeds,
    devices: Devices,
    /// Directories for temporary files that were made.
    tmpdirs: FxHashSet<String>,
    /// Units of several jobs that run.
    units: FxHashMap<Slot, unit::Unit>,
    /// Services that run.
    services: Vec<service::Live>,
    /// Jobs that were ended because a service had.
    bereaved: FxHashSet<JobId>,
    /// What outputs stand for that are there only while their jobs run.
    promises: FxHashMap<PathId, Arc<Promise>>,
    ender: Ender,
    /// Attempts at jobs that failed and are tried again; else it is the first.
    attempts: FxHashMap<JobId, u32>,
    /// Jobs that go before all others.
    first: FxHashSet<JobId>,
    slots: FxHashMap<JobId, Slot>,
    jobs: Vec<JobId>,
    running: FxHashMap<u32, Running>,
    temps: Temps,
    /// Directories that deleted `temp()` files lay in.
    emptied: BTreeSet<String>,
    /// What is no job for people: rules that only gather and were open, probes,
    /// and what a selection left out later.
    uncounted: FxHashSet<Slot>,
    /// The `touch()` outputs of the graph: their records stand for them.
    touched: FxHashSet<PathId>,
    follower: Follower,
    stop: Option<Stop>,
    summary: Summary,
    errors: Diags,
}

impl<'a, 'h> Work<'a, 'h> {
    fn new(pipeline: Pipeline<'a>, options: &'a Options, hands: Hands<'h>) -> Self {
        let Pipeline { fixed, paths, graph, ground, cut, state, memo, stats, facts, force, plan, updates, clock } =
            pipeline;
        let limits = &fixed.settings.limits;
        Work {
            scheduler: Scheduler::new(options.cores, limits.clone()),
            devices: Devices::new(limits, options.devices.as_deref()),
            temps: Temps::new(fixed.book, &graph, options.temps),
            emptied: BTreeSet::new(),
            touched: touched(fixed.book, &graph, graph.order()),
            shared: Arc::new(shared(options, paths, state, clock)),
            ender: hands.executor.ender(),
            follower: Follower::new(options.stream, hands.live),
            fixed,
            graph,
            ground,
            cut,
            stats,
            options,
            hands,
            plan,
            updates,
            facts,
            force,
            memo,
            needs: AllNeeds::default(),
            tmpdirs: FxHashSet::default(),
            units: FxHashMap::default(),
            services: Vec::new(),
            bereaved: FxHashSet::default(),
            promises: FxHashMap::default(),
            attempts: FxHashMap::default(),
            first: FxHashSet::default(),
            slots: FxHashMap::default(),
            jobs: Vec::new(),
            running: FxHashMap::default(),
            uncounted: FxHashSet::default(),
            stop: None,
            summary: Summary::default(),
            errors: Vec::new(),
        }
    }

    /// Ends the use of the state.
    fn close(self) -> Ran {
        let Work { summary, memo, mut errors, shared, emptied, .. } = self;
        // Only now: before, a job may have counted on one being there.
        emptied.iter().rev().for_each(|directory| shared.settler.prune(directory));
        let shared = Arc::into_inner(shared).expect("every task came back");
        let state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let paths = shared.paths.into_inner().unwrap_or_else(PoisonError::into_inner);
        errors.extend(state.close(memo, &paths).err());
        Ran { summary, errors }
    }
}

impl Work<'_, '_> {
    fn tell(&mut self, event: Event) {
        (self.hands.tell)(Some(event));
    }

    fn with_scene<T>(&self, body: impl FnOnce(plan::Scene<'_>) -> T) -> T {
        let paths = self.shared.paths();
        let state = self.shared.state();
        let commands = self.fixed.commands(&self.graph, &paths);
        body(plan::Scene { commands, state: &state, facts: &self.facts, force: &self.force })
    }

    /// Until nothing runs and nothing more may start.
    fn turn(&mut self) {
        loop {
            while let Ok(ask) = self.hands.listener.asks.try_recv() {
                self.asked(ask);
            }
            self.tend_services();
            self.decide_all();
            self.start_all();
            if self.running.is_empty() && (self.stop.is_some() || self.scheduler.is_over()) {
                break;
            }
            assert!(!self.running.is_empty(), "bug: jobs are left, and none of them can start");
            self.wait();
        }
        let left = [JobState::Waiting, JobState::Deciding, JobState::Ready, JobState::Cancelled];
        self.summary.not_run += left.iter().map(|s| self.scheduler.count(*s) as usize).sum::<usize>();
        self.summary.not_run -= self.uncounted.iter().filter(|g| left.contains(&self.scheduler.state(**g))).count();
        if let Some(Stop::Signal { number, .. }) = self.stop {
            self.summary.signal = Some(number);
        }
        self.summary.drained = matches!(self.stop, Some(Stop::Drain)) && self.summary.not_run > 0;
    }

    /// Waits for the next thing to happen.
    fn wait(&mut self) {
        let finished = self.hands.executor.finished().clone();
        let asks = self.hands.listener.asks.clone();
        let timer = match &self.stop {
            Some(Stop::Signal { killed: false, kill_at, .. }) => {
                after(kill_at.saturating_duration_since(Instant::now()).min(TICK))
            }
            _ if self.hands.live || self.follower.is_on() || !self.services.is_empty() => after(TICK),
            _ => after(Duration::from_secs(1)),
        };
        self.hands.executor.idle();
        select! {
            recv(finished) -> task => match task {
                Ok(task) => self.came_back(task.id()),
                Err(_) => panic!("bug: the executor is gone"),
            },
            recv(asks) -> ask => match ask {
                Ok(ask) => self.asked(ask),
                Err(_) => panic!("bug: nobody listens to signals any more"),
            },
            recv(timer) -> _ => {}
        }
        self.tick();
    }

    fn tick(&mut self) {
        let running = self.running.values_mut().map(|r| (&mut r.follow, &r.job));
        let printed = self.follower.look(running, Instant::now());
        printed.into_iter().for_each(|event| self.tell(event));
        (self.hands.tell)(None);
        let synced = self.shared.state().sync_if_due(Instant::now());
        if let Err(diag) = synced {
            self.give_up(diag);
        }
        if let Some(Stop::Signal { kill_at, killed, .. }) = &mut self.stop
            && !*killed
            && Instant::now() >= *kill_at
        {
            *killed = true;
            self.hands.executor.signal(Signal::Kill);
        }
    }

    fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Suspend => {
                self.hands.executor.signal(Signal::Suspend);
                suspend_self();
                self.hands.executor.signal(Signal::Resume);
            }
            Ask::Resume => self.hands.executor.signal(Signal::Resume),
            Ask::Drain if self.stop.is_none() => {
                self.stop = Some(Stop::Drain);
                self.tell(Event::Stopping { why: "asked to drain: running jobs end, no more are started".into() });
            }
            Ask::Drain => {}
            Ask::Stop(_) if matches!(self.stop, Some(Stop::Signal { .. })) => {
                self.hands.executor.signal(Signal::Kill);
            }
            Ask::Stop(number) => {
                let kill_at = Instant::now() + GRACE;
                self.stop = Some(Stop::Signal { number, kill_at, killed: false });
                self.hands.executor.signal(Signal::Terminate);
                let name = exec::signal_name(number);
                self.tell(Event::Stopping { why: format!("{name}: ending the running jobs") });
            }
        }
    }

    fn note(&mut self, diag: Diag) {
        let text = (self.hands.render)(&diag);
        self.tell(Event::Note { diag, text });
    }

    /// Something of our own broke: no more jobs are started.
    fn give_up(&mut self, diag: Diag) {
        self.errors.push(diag);
        if self.stop.is_none() {
            self.stop = Some(Stop::Broken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_runs_have_one_token() {
        let tokens: FxHashSet<Box<str>> = (0..100).map(|_| run_token()).collect();
        assert_eq!(tokens.len(), 100);
    }
}
