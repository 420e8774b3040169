//! What came of a task: what is remembered of it, told, and done for those that wait.

use super::prepare::log_path;
use super::{Running, Stop, Work};
use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::event::{self, End, Event};
use crate::exec::{self, Exit};
use crate::files;
use crate::graph::JobId;
use crate::path::PathId;
use crate::run::adopt::adopt;
use crate::run::task::{Made, Outcome};
use crate::schedule::Outcome as Ended;
use crate::settle;
use std::sync::PoisonError;

/// How much of a job's output goes into events.
const SHOWN: usize = 64 * 1024;

impl Work<'_, '_> {
    pub(super) fn came_back(&mut self, id: u32) {
        let mut running = self.running.remove(&id).expect("only started jobs come back");
        if let Some(rest) = running.follow.rest(&running.job, self.follower.all()) {
            self.tell(rest);
        }
        let outcome = self.shared.outcomes.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match outcome.expect("a task leaves its outcome") {
            Outcome::Made(made) => self.made(JobId(id), running, &made),
            Outcome::Failed { exit, problem, back, moved } => {
                back.iter().for_each(|(path, old, now)| self.memo.carry_over(*path, old, *path, now));
                self.failed(running, &exit, problem);
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
        self.look_inside(job);
        self.adopt(&running, made);
        self.scheduler.finished(running.slot, Ended::Made);
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
                Ok(_) => self.facts.set(path, false, Digest::UNKNOWN),
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
        let changed = before.iter().filter_map(|(path, old)| {
            let new = made.outputs.iter().find(|s| s.path == *path)?.digest;
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

    fn failed(&mut self, running: Running, exit: &Exit, problem: Option<String>) {
        if matches!(self.stop, Some(Stop::Signal { .. })) {
            self.summary.not_run += 1;
            self.scheduler.finished(running.slot, Ended::Failed);
            return;
        }
        self.scheduler.finished(running.slot, Ended::Failed);
        let end = end_of(exit, &running.job);
        self.summary.failed.push((running.job.clone(), end.clone()));
        self.tell(Event::Failed { job: running.job, end, problem, retry: false });
        if !self.options.keep_going && self.stop.is_none() {
            self.stop = Some(Stop::Failure);
            if !self.running.is_empty() {
                let why = "a job failed: running jobs end, no more are started (`-k` goes on with others)";
                self.tell(Event::Stopping { why: why.into() });
            }
        }
    }
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
