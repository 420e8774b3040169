//! What came of a task: what is remembered of it, told, and done for those that wait.

use super::prepare::log_path;
use super::{Running, Stop, Work};
use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::event::{self, End, Event, LogTail};
use crate::exec::{self, Exit};
use crate::files;
use crate::graph::JobId;
use crate::path::PathId;
use crate::run::adopt::adopt;
use crate::run::task::{Made, Outcome};
use crate::schedule::{JobId as Slot, Outcome as Ended};
use crate::settle;
use rustc_hash::FxHashMap;
use std::sync::PoisonError;
use std::time::Duration;

/// How much of a job's output goes into events.
const SHOWN: usize = 64 * 1024;

/// Why a job was ended that did nothing wrong.
const BEREAVED: &str = "the service that it read from had ended";

impl Work<'_, '_> {
    pub(super) fn came_back(&mut self, id: u32) {
        let mut running = self.running.remove(&id).expect("only started jobs come back");
        self.devices.give_back(JobId(id));
        self.leave_service(JobId(id));
        if let Some(rest) = running.follow.rest(&running.job, self.follower.all()) {
            self.tell(rest);
        }
        let outcome = self.shared.outcomes.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match outcome.expect("a task leaves its outcome") {
            Outcome::Made(made) => self.made(JobId(id), running, &made),
            Outcome::Failed { exit, problem, back, moved } => {
                back.iter().for_each(|(path, old, now)| self.memo.carry_over(*path, old, *path, now));
                self.failed(JobId(id), running, &exit, problem);
                self.tell_kept(&moved);
            }
        }
    }

    fn made(&mut self, job: JobId, running: Running, made: &Made) {
        let outputs = made.outputs.iter().map(|seen| (seen, made.reading));
        for (seen, reading) in outputs.chain(made.inputs.iter().map(|seen| (seen, made.inputs_reading))) {
            self.facts.set(seen.path, true, seen.digest);
            self.memo.insert(seen.path, &seen.stat, seen.digest, reading);
            if self.options.trust.covers(self.shared.paths().str(seen.path)) {
                self.memo.by_stat(seen.path, &seen.stat, true);
            }
        }
        self.plan.set_fresh(job);
        self.attempts.remove(&job);
        self.look_inside(job);
        self.adopt(&running, made);
        self.forget_fleeting(job);
        self.task_over(running.slot, Ended::Made);
        self.summary.made += 1;
        self.tell(Event::Finished { job: running.job.clone(), end: end_of(&made.exit, &running.job) });
        self.drop_temps(job);
        for moved in &made.moved {
            let message = format!("`{}` was there before, and not what a job had made", moved.path);
            self.note(Diag::warning(Kind::Job, message).note(format!("it is kept as `{}`", moved.to.display())));
        }
        for path in &made.changed {
            let name = self.shared.paths().str(*path).to_owned();
            let rule = &running.job.rule;
            let diag = Diag::warning(Kind::Job, format!("`{name}` changed while rule `{rule}` was reading it"))
                .note("the job is stale, and will run again next time");
            self.note(diag);
        }
    }

    /// Says where parts that a failed job made are kept.
    fn tell_kept(&mut self, moved: &[settle::Moved]) {
        for settle::Moved { path, to } in moved {
            let message = format!("what was made of `{path}` is kept as `{}`", to.display());
            self.note(Diag::warning(Kind::Job, message));
        }
    }

    /// Deletes `temp()` files that nobody reads any more.
    pub(super) fn drop_temps(&mut self, job: JobId) {
        let over = self.temps.done(&self.graph, job);
        self.delete_temps(over);
    }

    pub(super) fn delete_temps(&mut self, over: Vec<PathId>) {
        for path in over {
            let name = self.shared.paths().str(path).to_owned();
            match self.shared.settler.delete(&name) {
                Ok(_) => {
                    self.facts.set(path, false, Digest::UNKNOWN);
                    self.emptied.extend(name.rsplit_once('/').map(|(directory, _)| directory.to_owned()));
                }
                Err(fault) => self.note(Diag::warning(Kind::System, fault.to_string())),
            }
        }
    }

    /// Takes other bytes that were made from the same ingredients over into the
    /// records of those who read the old ones.
    fn adopt(&mut self, running: &Running, made: &Made) {
        let Some((made_from, before)) = &running.before else { return };
        if *made_from != made.made_from {
            return;
        }
        let new: FxHashMap<PathId, Digest> = made.outputs.iter().map(|seen| (seen.path, seen.digest)).collect();
        let changed = before.iter().filter_map(|(path, old)| {
            let new = *new.get(path)?;
            (new != *old).then_some((*path, *old, new))
        });
        let mut trouble = Vec::new();
        let mut state = self.shared.state();
        for (path, old, new) in changed {
            trouble.extend(adopt(&mut state, &self.shared.paths(), path, old, new).err());
        }
        drop(state);
        trouble.into_iter().for_each(|diag| self.give_up(diag));
    }

    fn failed(&mut self, job: JobId, running: Running, exit: &Exit, problem: Option<String>) {
        if matches!(self.stop, Some(Stop::Signal { .. })) {
            self.summary.not_run += 1;
            self.task_over(running.slot, Ended::Failed);
            return;
        }
        let Running { slot, job: described, attempt, .. } = running;
        let problem = if self.bereaved.remove(&job) { Some(BEREAVED.to_owned()) } else { problem };
        let attempts = 1 + self.retries(job);
        let ran = !matches!(exit.status, exec::Status::NotStarted(_));
        let retry = ran && attempt < attempts && self.stop.is_none();
        let end = end_of(exit, &described);
        let log_tail = if ran && end.output.is_none() { log_tail(&described) } else { None };
        let failure =
            event::Failure { job: described.clone(), end: end.clone(), problem, log_tail, attempt, attempts, retry };
        self.tell(Event::Failed(failure));
        if retry {
            return self.try_again(job, slot, attempt + 1);
        }
        self.task_over(slot, Ended::Failed);
        self.summary.failed.push((described, end));
        self.stop_after_failure();
    }

    /// What was there only while a job ran is gone, and stands for what it was made from.
    fn forget_fleeting(&mut self, job: JobId) {
        for path in self.graph.outputs(job) {
            if self.promises.remove(path).is_some() {
                self.facts.set(*path, false, Digest::UNKNOWN);
            }
        }
    }

    /// How often a job that failed is tried again. One that others run with is not.
    fn retries(&self, job: JobId) -> u32 {
        let bonds = self.plan.bonds();
        if bonds.together(job).is_some() || bonds.readers(job).is_some() {
            return 0;
        }
        self.fixed.book.rule(self.graph.rule(job)).retries.unwrap_or(self.options.retries)
    }

    /// Which attempt at a job is the next.
    pub(super) fn attempt(&self, job: JobId) -> u32 {
        self.attempts.get(&job).copied().unwrap_or(1)
    }

    fn try_again(&mut self, job: JobId, slot: Slot, attempt: u32) {
        self.attempts.insert(job, attempt);
        match self.needs_of(job, attempt) {
            Ok(needs) => {
                let need = self.need(&needs);
                self.scheduler.retry(slot, &need);
            }
            Err(diag) => {
                self.scheduler.finished(slot, Ended::Failed);
                self.cannot_start(job, *diag);
            }
        }
    }

    /// What a job runs, or what it takes, cannot be worked out: it has failed.
    pub(super) fn cannot_start(&mut self, job: JobId, diag: Diag) {
        let job = self.described(job);
        let words = format!("not started: {}", diag.message);
        let end = End { wall: Duration::ZERO, code: None, words, output: None, output_file: None };
        self.summary.failed.push((job.clone(), end));
        let text = (self.hands.render)(&diag);
        self.tell(Event::NotStarted { job, diag, text });
        self.stop_after_failure();
    }

    fn stop_after_failure(&mut self) {
        if self.options.keep_going || self.stop.is_some() {
            return;
        }
        self.stop = Some(Stop::Failure);
        if !self.running.is_empty() {
            let why = "a job failed: running jobs end, no more are started (`-k` goes on with others)";
            self.tell(Event::Stopping { why: why.into() });
        }
    }
}

/// The end of the first of a job's logs that says anything.
fn log_tail(job: &event::Job) -> Option<LogTail> {
    let tail = |path: &String| {
        let text = files::read_ends(path.as_ref(), SHOWN).ok().filter(|text| !text.trim().is_empty())?;
        Some(LogTail { path: path.clone(), text })
    };
    job.logs.iter().find_map(tail)
}

fn end_of(exit: &Exit, job: &event::Job) -> End {
    let path = log_path(job);
    let printed = exit.log_bytes > 0;
    End {
        wall: exit.wall,
        code: match exit.status {
            exec::Status::Code(code) => Some(code),
            _ => None,
        },
        words: exec::describe(&exit.status),
        output: if printed { files::read_ends(&path, SHOWN).ok() } else { None },
        output_file: printed.then(|| path.to_string_lossy().into_owned()),
    }
}
