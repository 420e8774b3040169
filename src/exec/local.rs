//! Jobs as processes of this machine, some at a time.
//!
//! Owns the worker threads and the way of one task through one of them: its
//! `before`, the log, the spawn, the wait, its `after`. It does not choose what
//! runs next or how many at a time.

use super::groups::Groups;
use super::launch::{Environment, Launch};
use super::log::{Log, Spares};
use super::meter::Meters;
use super::spawn::{Child, End, own_peak_rss_kib, prepare_process};
use super::{Command, Ender, Executor, Exit, Signal, Spec, Status, Task, orphan};
use crossbeam::channel::{Receiver, Sender, unbounded};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Workers call little of their own; `after` hashes files.
const STACK: usize = 512 * 1024;
/// How often logs with a limit are looked at.
const WATCH: Duration = Duration::from_secs(1);
/// How often commands are looked for whose time is up.
const OVERDUE: Duration = Duration::from_millis(100);
/// A peak must be above our own by this to be told from it: the kernel counts
/// the pages of a process in batches.
const PEAK_SLACK_KIB: u64 = 512;

/// The executor of this machine.
pub struct Local {
    shared: Arc<Shared>,
    queue: Sender<Box<dyn Task>>,
    tasks: Receiver<Box<dyn Task>>,
    finished: Receiver<Box<dyn Task>>,
    done: Sender<Box<dyn Task>>,
    workers: usize,
    most: usize,
}

struct Shared {
    environment: Environment,
    groups: Groups,
    meters: Arc<Meters>,
    /// Tasks started and not yet handed back.
    running: AtomicUsize,
    /// Logs that may be taken over.
    spares: Spares,
    /// Open logs that have a limit.
    limited: Mutex<Vec<Weak<Log>>>,
    /// Of the thread that looks at them.
    watcher: Once,
    /// Of the thread that ends commands whose time is up.
    deadlines: Once,
}

impl Local {
    /// With up to `workers` tasks at a time; more wait their turn. Marks all
    /// descriptors that this process was started with close-on-exec, and sets
    /// `SIGCHLD` to its default.
    pub fn new(workers: usize, environment: Environment) -> Local {
        prepare_process();
        let (queue, tasks) = unbounded();
        let (done, finished) = unbounded();
        let shared = Shared {
            environment,
            groups: Groups::new(),
            meters: Arc::default(),
            running: AtomicUsize::new(0),
            spares: Spares::default(),
            limited: Mutex::default(),
            watcher: Once::new(),
            deadlines: Once::new(),
        };
        let shared = Arc::new(shared);
        Local { shared, queue, tasks, finished, done, workers: 0, most: workers.max(1) }
    }

    fn add_worker(&mut self) {
        let (shared, tasks, done) = (self.shared.clone(), self.tasks.clone(), self.done.clone());
        let body = move || {
            let _guard = EndAllOnPanic(&shared.groups);
            for task in tasks {
                let task = shared.run(task);
                shared.running.fetch_sub(1, Ordering::Relaxed);
                if done.send(task).is_err() {
                    return;
                }
            }
        };
        let spawned = thread::Builder::new().name("job".into()).stack_size(STACK).spawn(body);
        match spawned {
            Ok(_) => self.workers += 1,
            // With one worker all runs, if slowly; with none nothing would.
            Err(error) => assert!(self.workers > 0, "cannot start a thread to run jobs: {error}"),
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.shared.spares.clear();
    }
}

impl Executor for Local {
    fn start(&mut self, task: Box<dyn Task>) {
        let running = self.shared.running.fetch_add(1, Ordering::Relaxed) + 1;
        if running > self.workers && self.workers < self.most {
            self.add_worker();
        }
        self.queue.send(task).expect("bug: the executor holds the other end of its queue");
    }

    fn finished(&self) -> &Receiver<Box<dyn Task>> {
        &self.finished
    }

    fn signal(&self, what: Signal) {
        self.shared.groups.signal(what);
    }

    fn lacks(&self, command: &Command) -> Option<String> {
        self.shared.environment.lacks(command)
    }

    fn running(&self) -> usize {
        self.shared.running.load(Ordering::Relaxed)
    }

    fn ender(&self) -> Ender {
        let shared = self.shared.clone();
        Arc::new(move |task| {
            shared.watch_deadlines();
            shared.groups.end_task(task);
        })
    }
}

/// A worker that panics has met a bug of ours. Its task would never come back
/// and the run would wait for ever: rather end everything; what is on disk is
/// made for that.
struct EndAllOnPanic<'a>(&'a Groups);

impl Drop for EndAllOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.signal(Signal::Kill);
            std::process::abort();
        }
    }
}

impl Shared {
    fn run(self: &Arc<Self>, mut task: Box<dyn Task>) -> Box<dyn Task> {
        self.groups.begin(task.id());
        let exit = match self.groups.may_start() {
            true => task.before().and_then(|()| self.execute(&mut *task)),
            false => Err(INTERRUPTED.to_string()),
        };
        task.after(exit.unwrap_or_else(Exit::not_started));
        task
    }

    fn execute(self: &Arc<Self>, task: &mut dyn Task) -> Result<Exit, String> {
        let log = self.open_log(task)?;
        let (mut exit, mut alone) = (Ok(None), true);
        let again: Vec<Spec> = (task.spec().again.iter())
            .map(|command| Spec { command: command.clone(), again: Vec::new(), ..task.spec().clone() })
            .collect();
        for spec in std::iter::once(None).chain(again.iter().map(Some)) {
            let earlier = exit.unwrap_or_default();
            exit = self.start_in(&log, spec.unwrap_or(task.spec())).map(|started| {
                let group = started.child.pid();
                let exit = self.follow(started, task).after(earlier);
                alone &= !orphan::is_group(group);
                Some(exit)
            });
            if !exit.as_ref().is_ok_and(|exit| exit.as_ref().is_some_and(|exit| exit.status.is_success())) {
                break;
            }
        }
        let log_bytes = log.finish(alone.then_some(&self.spares));
        exit.map(|exit| Exit { log_bytes, ..exit.expect("bug: a command ran not even once") })
    }

    fn watch_deadlines(self: &Arc<Self>) {
        self.deadlines.call_once(|| {
            watch(Arc::downgrade(self), "timeouts", OVERDUE, |shared| {
                shared.groups.end_overdue(Instant::now());
            })
        });
    }

    fn open_log(self: &Arc<Self>, task: &dyn Task) -> Result<Arc<Log>, String> {
        let spec = task.spec();
        let cannot = |error| format!("cannot make the log `{}`: {error}", spec.log.display());
        let log = Arc::new(Log::create(&spec.log, spec.log_limit, &self.spares).map_err(cannot)?);
        if spec.log_limit.is_some() {
            self.limited.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&log));
            self.watcher.call_once(|| watch(Arc::downgrade(self), "logs", WATCH, Shared::trim_logs));
        }
        Ok(log)
    }

    /// Spawns the command, through bash if it cannot be executed without:
    /// then bash finds out, and says, why.
    fn start_in(&self, log: &Log, spec: &Spec) -> Result<Started, String> {
        let mut launch = self.environment.launch(spec, true)?;
        if !self.groups.may_start() {
            launch.clear();
            return Err(INTERRUPTED.to_string());
        }
        let (start, clock) = (SystemTime::now(), Instant::now());
        let mut child = launch.spawn(&self.environment, log.as_fd());
        if child.is_err() && launch.direct {
            launch = self.environment.launch(spec, false)?;
            child = launch.spawn(&self.environment, log.as_fd());
        }
        match child {
            Ok(child) => Ok(Started { child, launch, start, clock, own_peak: own_peak_rss_kib() }),
            Err(error) => {
                launch.clear();
                Err(format!("cannot start `{}`: {error}", launch.program()))
            }
        }
    }

    fn follow(self: &Arc<Self>, started: Started, task: &mut dyn Task) -> Exit {
        let Started { child, launch, start, clock, own_peak } = started;
        let timeout = task.spec().timeout;
        if timeout.is_some() {
            self.watch_deadlines();
        }
        self.groups.enter(&child, task.id(), timeout);
        let meter = task.spec().measure.then(|| self.meters.enter(child.pid()));
        task.spawned(child.pid(), orphan::start_of(child.pid()));
        let wait = || (self.groups.wait(child), clock.elapsed());
        let (death, wall) = if task.has_more_to_do() { beside(task, wait) } else { wait() };
        launch.clear();
        let status = match (timeout.filter(|_| death.timed_out), death.stopped, death.end) {
            (Some(limit), _, _) => Status::TimedOut(limit),
            (_, Some(signal), _) => Status::Stopped(signal),
            (_, _, End::Code(code)) => Status::Code(code),
            (_, _, End::Signal(signal)) => Status::Signal(signal),
        };
        let peak = death.usage.peak_rss_kib;
        let peak_rss_kib = (peak > own_peak + PEAK_SLACK_KIB).then_some(peak);
        let measured = meter.map(|meter| meter.finish(wall, death.usage.user + death.usage.sys, peak_rss_kib));
        Exit {
            status,
            start,
            wall,
            user: death.usage.user,
            sys: death.usage.sys,
            peak_rss_kib,
            direct: launch.direct,
            log_bytes: 0,
            measured: measured.into_iter().collect(),
        }
    }

    fn trim_logs(&self) {
        let mut limited = self.limited.lock().unwrap_or_else(PoisonError::into_inner);
        limited.retain(|log| log.strong_count() > 0);
        let open: Vec<_> = limited.iter().filter_map(Weak::upgrade).collect();
        drop(limited);
        for log in open {
            // Tried again in a second, and at the end.
            let _ = log.trim();
        }
    }
}

/// Waits here while the task does on a thread of its own what it has to do; if
/// no thread is to be had, that comes after.
fn beside<T>(task: &mut dyn Task, wait: impl FnOnce() -> T) -> T {
    let (done, helped) = thread::scope(|scope| {
        let helper = thread::Builder::new().name("beside".into()).stack_size(STACK);
        let helped = helper.spawn_scoped(scope, || task.meanwhile()).is_ok();
        (wait(), helped)
    });
    if !helped {
        task.meanwhile();
    }
    done
}

/// Does something from time to time, as long as there is an executor. Where no
/// thread is to be had, it is left undone: logs are then cut at the end of jobs
/// only, and no time is ever up.
fn watch(shared: Weak<Shared>, name: &str, every: Duration, look: fn(&Shared)) {
    let body = move || {
        while let Some(shared) = shared.upgrade() {
            look(&shared);
            drop(shared);
            thread::sleep(every);
        }
    };
    let _ = thread::Builder::new().name(name.into()).stack_size(STACK).spawn(body);
}

const INTERRUPTED: &str = "the run was interrupted";

/// A command that runs.
struct Started {
    child: Child,
    launch: Launch,
    start: SystemTime,
    clock: Instant,
    own_peak: u64,
}
