//! One job on its way through a worker: the transaction around its command.
//!
//! Owns the order of steps: started mark, outputs aside, command, check,
//! digest, record, drop what was aside. It does not choose what runs.

mod benchmark;
mod bond;
mod inputs;
mod outputs;
mod shadow;
mod together;

pub use benchmark::{Benchmark, Extended};
pub use bond::{Bond, Pipe, Promise};
pub use inputs::{Counts, TaskInput};
pub use outputs::TaskOutput;

use crate::command::made_from;
use crate::digest::Digest;
use crate::exec::{self, Exit, Spec, Status};
use crate::files::{self, Clock, Reading, Stat, Trust};
use crate::graph::JobId;
use crate::path::{PathId, Paths};
use crate::record::{Failure, Input, Record, Spawned, Started};
use crate::rule::Shadow;
use crate::settle::{Cast, Marks, Moved, Out, Settler, Transaction};
use crate::state::{JobNo, State};
use rustc_hash::FxHashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use together::BOUND;

/// What all tasks of a run share.
pub struct Shared {
    /// All paths. Only the loop adds to them. Who locks both this and the state
    /// locks the state first, unless it is the loop.
    pub paths: RwLock<Paths>,
    /// The log, behind a lock: marks and records are written by workers.
    pub state: Mutex<State>,
    /// The file system's clock.
    pub clock: Clock,
    /// The writer of outputs.
    pub settler: Arc<Settler>,
    /// The working directory.
    pub home: PathBuf,
    /// Where shadow directories are made, if not under `.rulemake/`.
    pub shadow_prefix: Option<PathBuf>,
    /// How long to wait for outputs that are not there yet.
    pub latency_wait: Duration,
    /// Threads to digest one large file with.
    pub hash_threads: usize,
    /// Files that are told by size and time.
    pub trust: Trust,
    /// Names this boot.
    pub boot_id: Box<str>,
    /// Begins the tokens of this run's jobs, so that they meet none of an
    /// earlier run, even if the log was begun anew since.
    pub run_token: Box<str>,
    /// What became of tasks, until the loop takes it.
    pub outcomes: Mutex<FxHashMap<u32, Outcome>>,
}

impl Shared {
    /// The state. A worker that panicked ends the process, so the lock is good.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The paths so far.
    pub fn paths(&self) -> RwLockReadGuard<'_, Paths> {
        self.paths.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of a path.
    fn path(&self, id: PathId) -> String {
        self.paths().str(id).to_owned()
    }

    /// What stands for a file's or a directory's content, with its stat; none
    /// if it cannot be read.
    pub fn digest_of(&self, path: &str) -> Option<(Stat, Digest)> {
        if self.trust.covers(path) {
            return stat_of(path).map(|stat| (stat, files::trusted_stat_digest(&stat)));
        }
        let is_dir = files::stat(path).ok()?.kind == files::Kind::Dir;
        let threads = self.hash_threads;
        if is_dir { files::digest_tree(path, None, threads).ok() } else { files::digest_file(path, threads).ok() }
    }

    /// Whether a file with one stat holds what it held with another.
    fn same_content(&self, path: PathId, before: &Stat, now: &Stat) -> bool {
        let by_time = || (before.size, before.mtime_ns) == (now.size, now.mtime_ns);
        now.same_content(before) || (by_time() && self.trust.covers(self.paths().str(path)))
    }
}

/// A file that was looked at and digested.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Which.
    pub path: PathId,
    /// Its stat.
    pub stat: Stat,
    /// Its content.
    pub digest: Digest,
}

/// A job that succeeded and is recorded.
#[derive(Debug)]
pub struct Made {
    /// How the command ended.
    pub exit: Exit,
    /// Its outputs.
    pub outputs: Vec<Seen>,
    /// Inputs that were digested while it ran.
    pub inputs: Vec<Seen>,
    /// Inputs that changed while it ran.
    pub changed: Vec<PathId>,
    /// Old outputs that no recorded run had made, and where they are kept.
    pub moved: Vec<Moved>,
    /// The clock before the outputs' digests.
    pub reading: Reading,
    /// The clock before the inputs' digests.
    pub inputs_reading: Reading,
    /// What it was made from, as recorded.
    pub made_from: Digest,
}

/// What became of a task.
#[derive(Debug)]
pub enum Outcome {
    /// The job succeeded and is recorded.
    Made(Made),
    /// It did not; the old outputs are back.
    Failed {
        /// How the command ended.
        exit: Exit,
        /// What else is wrong.
        problem: Option<String>,
        /// Old outputs that are back: their stats before and now. Renaming
        /// changed them, and not what they hold.
        back: Vec<(PathId, Stat, Stat)>,
        /// What it had made so far, and where that is kept.
        moved: Vec<Moved>,
    },
}

/// One attempt at a job.
pub struct JobTask {
    /// The job.
    pub job: JobId,
    /// What runs.
    pub spec: Spec,
    /// Its inputs.
    pub inputs: Vec<TaskInput>,
    /// Its outputs.
    pub outputs: Vec<TaskOutput>,
    /// Whether its rule has a command.
    pub has_command: bool,
    /// Its `log:` files.
    pub logs: Vec<Out>,
    /// The paths of these.
    pub log_paths: Vec<String>,
    /// Its `benchmark:` file.
    pub benchmark: Option<Benchmark>,
    /// What joins it with tasks that run at the same time.
    pub bond: Option<Arc<Bond>>,
    /// What its `pipe()` and `service()` outputs stand for, for those that read them.
    pub promise: Option<Arc<Promise>>,
    /// It is a service; set when it was asked to end.
    pub service: Option<Arc<AtomicBool>>,
    /// `shadow:` of its rule.
    pub shadow: Option<Shadow>,
    /// The directory it runs in, while it does, if that is its own.
    pub cast: Option<Cast>,
    /// The record, complete but for contents and figures.
    pub record: Record,
    /// The recipe's digest.
    pub recipe: Digest,
    /// Its number in the log, once it is marked started.
    pub number: Option<JobNo>,
    /// What all tasks share.
    pub shared: Arc<Shared>,
    /// Set while outputs are aside.
    pub transaction: Option<Transaction>,
    /// Outputs are neither in place nor set aside as they should be: the job
    /// stays open for the next run to settle.
    pub stuck: bool,
    /// Stats of outputs before they were set aside.
    pub aside: Vec<(PathId, Stat)>,
    /// Stats of inputs before the command ran.
    pub before: Vec<Option<Stat>>,
    /// Inputs digested so far.
    pub digested: Vec<Seen>,
    /// The clock before the first digest.
    pub reading: Reading,
    /// Set once the command runs.
    pub spawned: Arc<AtomicBool>,
}

impl JobTask {
    /// A job of no rule's marks yet, that nothing joins with others; given its
    /// recipe's digest and its record, complete but for contents and figures.
    pub fn new(job: JobId, spec: Spec, made: (Digest, Record), shared: Arc<Shared>) -> JobTask {
        let (recipe, record) = made;
        JobTask {
            job,
            spec,
            inputs: Vec::new(),
            outputs: Vec::new(),
            has_command: false,
            logs: Vec::new(),
            log_paths: Vec::new(),
            benchmark: None,
            bond: None,
            promise: None,
            service: None,
            shadow: None,
            cast: None,
            record,
            recipe,
            number: None,
            shared,
            transaction: None,
            stuck: false,
            aside: Vec::new(),
            before: Vec::new(),
            digested: Vec::new(),
            reading: Reading::NONE,
            spawned: Arc::default(),
        }
    }
}

impl exec::Task for JobTask {
    fn id(&self) -> u32 {
        self.job.0
    }

    fn before(&mut self) -> Result<(), String> {
        self.look_at_inputs()?;
        self.refuse_protected()?;
        let mut outs = self.survey()?;
        let token = self.mark_started(&outs)?;
        outs.append(&mut self.logs);
        outs.extend(self.benchmark.iter().map(|b| Out { path: b.path.clone(), marks: Marks::LOG }));
        match self.shared.settler.begin(&token, outs) {
            Ok(transaction) => self.transaction = Some(transaction),
            Err(unbegun) => {
                self.stuck = unbegun.undo.is_some();
                return Err(unbegun.to_string());
            }
        }
        self.enter_shadow(&token)?;
        self.begin_together()
    }

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn spawned(&mut self, pgid: i32, leader_start: u64) {
        let spawned = Spawned { pgid: pgid as u32, start_ticks: leader_start, boot_id: self.shared.boot_id.clone() };
        self.spawned.store(true, Ordering::Release);
        // The lock on the log also tells an orphan; a mark that cannot be
        // written is found again when the record cannot.
        let number = self.number.expect("a job is marked started before it is spawned");
        let _ = self.shared.state().spawned(number, spawned);
        if self.has_little_undigested() {
            self.digest_inputs();
        }
        if self.service.is_some() && !self.has_more_to_do() {
            self.keep_promise();
        }
    }

    fn has_more_to_do(&self) -> bool {
        self.has_undigested() || (self.service.is_some() && self.awaits_promises())
    }

    fn meanwhile(&mut self) {
        self.digest_inputs();
        if self.service.is_some() {
            self.await_promises();
            self.keep_promise();
        }
    }

    fn after(&mut self, exit: Exit) {
        let ended = self.end_together(&exit);
        let left = self.leave_shadow(ended == Ok(true));
        let done = match (ended, left) {
            (Err(problem), _) | (_, Err(problem)) => Err(Some(problem)),
            (Ok(true), Ok(())) => self.succeed(&exit),
            (Ok(false), Ok(())) => Err(None),
        };
        let done = self.agreed(done);
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(problem) => self.fail(exit, problem),
        };
        let mut outcomes = self.shared.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.insert(self.job.0, outcome);
    }
}

impl JobTask {
    /// Writes the started mark; gives the token that names what is set aside.
    fn mark_started(&mut self, outs: &[Out]) -> Result<String, String> {
        let mut state = self.shared.state();
        let token = format!("{}-{:x}", self.shared.run_token, state.next_job().0);
        let started = Started {
            rule: self.record.rule.clone(),
            outputs: self.outputs.iter().map(|o| o.path).collect(),
            marks: outs.iter().map(|o| o.marks.bits()).collect(),
            log_path: self.spec.log.to_string_lossy().into(),
            aside: token.as_str().into(),
            when_ms: unix_ms(SystemTime::now()),
        };
        self.number = Some(state.started(started, &self.shared.paths()).map_err(|d| d.message)?);
        if outs.iter().any(|out| out.marks.contains(Marks::KEEP_OLD | Marks::EXISTED)) {
            // A file of the user's own is about to be moved: not even a loss of
            // power may leave it under a name that nothing tells of.
            state.sync().map_err(|d| d.message)?;
        }
        Ok(token)
    }

    fn mark_settled(&self) {
        if let Some(number) = self.number {
            // Without it the next run finds nothing left to settle, and says so itself.
            let _ = self.shared.state().settled(number);
        }
    }

    fn path(&self, id: PathId) -> String {
        self.shared.path(id)
    }

    fn succeed(&mut self, exit: &Exit) -> Result<Outcome, Option<String>> {
        let transaction = self.transaction.as_mut().ok_or(None)?;
        transaction.seal().map_err(|e| Some(e.to_string()))?;
        self.wait_for_outputs().map_err(Some)?;
        let inputs = std::mem::take(&mut self.digested);
        let inputs_reading = self.reading;
        let reading = self.read_clock();
        self.await_promises();
        let changed = self.changed_inputs();
        self.check_outputs().map_err(Some)?;
        self.write_benchmark(exit).map_err(Some)?;
        self.make_logs();
        self.keep_promise();
        let outputs = self.digest_outputs().map_err(Some)?;
        if !self.all_agree() {
            return Err(Some(BOUND.into()));
        }
        self.complete_record(exit, &outputs);
        let recorded = self.shared.state().append(&self.record, self.number, &self.shared.paths());
        recorded.map_err(|d| Some(d.message))?;
        let moved = self.commit();
        let made_from = self.record.made_from;
        Ok(Outcome::Made(Made {
            exit: exit.clone(),
            outputs,
            inputs,
            changed,
            moved,
            reading,
            inputs_reading,
            made_from,
        }))
    }

    /// A log that nothing was written to is there, and empty: others may read it, and
    /// messages name it.
    fn make_logs(&self) {
        for log in self.log_paths.iter().filter(|log| stat_of(log).is_none()) {
            // Where it cannot be made, who reads it says so.
            let _ = self.shared.settler.touch(log);
        }
    }

    fn commit(&mut self) -> Vec<Moved> {
        if self.service.is_some() {
            let outputs = self.outputs.iter().filter(|output| output.fleeting);
            // It counts as gone in any case.
            outputs.for_each(|output| drop(self.shared.settler.delete(&output.out.path)));
        }
        // What was aside and cannot be dropped is litter, not a failure: the
        // mark stays open, and the next run tries again.
        let Some(transaction) = self.transaction.take() else { return Vec::new() };
        match transaction.commit() {
            Ok(moved) => {
                self.mark_settled();
                moved
            }
            Err(_) => Vec::new(),
        }
    }

    fn fail(&mut self, exit: Exit, problem: Option<String>) -> Outcome {
        let mut problem = problem;
        let mut settled = !self.stuck;
        let mut moved = Vec::new();
        if self.transaction.is_some() && !matches!(exit.status, exec::Status::NotStarted(_)) {
            self.make_logs();
        }
        match self.transaction.take().map(Transaction::roll_back) {
            None => {}
            Some(Ok(kept)) => moved = kept,
            Some(Err(e)) => {
                settled = false;
                problem = Some(problem.map_or(e.to_string(), |p| format!("{p}; {e}")));
            }
        }
        if settled {
            self.mark_settled();
        }
        let back = self.aside.iter().filter_map(|(id, old)| Some((*id, *old, stat_of(&self.path(*id))?))).collect();
        let outputs: Vec<PathId> = self.outputs.iter().map(|o| o.path).collect();
        if self.number.is_some() && !outputs.is_empty() {
            let failure = Failure {
                when_ms: unix_ms(SystemTime::now()),
                exit: exec::describe(&exit.status).into(),
                attempt: self.record.stats.attempt,
            };
            let _ = self.shared.state().annotate_failure(&outputs, &failure, &self.shared.paths());
        }
        Outcome::Failed { exit, problem, back, moved }
    }

    /// The digest of all that the job was made from.
    fn made_from(&self) -> Digest {
        let counting = self.inputs.iter().filter(|i| !i.is_ancient());
        made_from(self.recipe, counting.map(|i| i.digest.unwrap_or(Digest::UNKNOWN)))
    }

    fn complete_record(&mut self, exit: &Exit, outputs: &[Seen]) {
        let of = |i: &TaskInput| Input {
            path: i.path,
            digest: i.digest.unwrap_or(Digest::UNKNOWN),
            ancient: i.is_ancient(),
        };
        self.record.inputs = self.inputs.iter().map(of).collect();
        self.record.made_from = self.made_from();
        let digest = |output: &TaskOutput| match outputs.iter().find(|seen| seen.path == output.path) {
            Some(seen) => (seen.path, seen.digest),
            None => (output.path, self.record.made_from),
        };
        self.record.outputs = self.outputs.iter().map(digest).collect();
        self.record.recipe = self.recipe;
        let stats = &mut self.record.stats;
        stats.start_ms = unix_ms(exit.start);
        stats.wall_ms = exit.wall.as_millis() as u64;
        stats.user_us = exit.user.as_micros() as u64;
        stats.sys_us = exit.sys.as_micros() as u64;
        stats.peak_rss_kib = exit.peak_rss_kib;
        stats.exit_code = match exit.status {
            Status::Code(code) => code,
            _ => 0,
        };
    }
}

/// A file's stat, or of a directory one that stands for its whole tree; none
/// if it is not there.
///
/// # Errors
/// If it cannot be asked for.
fn look_at(path: &str) -> io::Result<Option<Stat>> {
    let stat = Some(files::stat(path)?).filter(Stat::exists);
    match stat {
        Some(stat) if stat.kind == files::Kind::Dir => files::tree_stat(path, None).map(Some),
        found => Ok(found),
    }
}

/// As [`look_at`]; none also if it cannot be asked for.
pub fn stat_of(path: &str) -> Option<Stat> {
    look_at(path).ok().flatten()
}

/// What the operating system said, in its own words and without the number,
/// which tells users nothing.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Milliseconds since 1970.
pub fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}
