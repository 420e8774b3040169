//! What a task does about those that run at the same time: pipes and services.

use super::inputs::Counts;
use super::{JobTask, Outcome};
use crate::digest::Digest;
use crate::exec::{Exit, Status};
use std::sync::atomic::Ordering;

/// What is said of a task that did well itself.
pub(super) const BOUND: &str = "a job that is bound to it by a pipe failed";

impl JobTask {
    /// Waits until all that pipes join can start.
    pub(super) fn begin_together(&self) -> Result<(), String> {
        match &self.bond {
            Some(bond) if !bond.begin() => Err(BOUND.into()),
            _ => Ok(()),
        }
    }

    /// Whether the command did what it should; waits for those that pipes join.
    pub(super) fn end_together(&self, exit: &Exit) -> Result<bool, String> {
        let asked = self.service.as_ref().map(|asked| asked.load(Ordering::Acquire));
        let started = !matches!(exit.status, Status::NotStarted(_));
        let own = match asked {
            Some(true) => started,
            Some(false) if exit.status.is_success() => {
                self.break_promise();
                return Err("the service ended before the jobs that read from it".into());
            }
            _ => exit.status.is_success(),
        };
        if !own {
            self.break_promise();
        }
        let Some(bond) = &self.bond else { return Ok(own) };
        let innocent = own || bond.has_failed();
        if bond.end(self.job.0, own) || !innocent {
            return Ok(own);
        }
        self.break_promise();
        Err(BOUND.into())
    }

    /// Whether all that pipes join can be recorded.
    pub(super) fn all_agree(&mut self) -> bool {
        self.bond.take().is_none_or(|bond| bond.agree(true))
    }

    /// What became of it, once all that pipes join have said so too.
    pub(super) fn agreed(&mut self, done: Result<Outcome, Option<String>>) -> Result<Outcome, Option<String>> {
        if let Some(bond) = self.bond.take() {
            // It failed before it could agree.
            bond.agree(false);
        }
        if done.is_err() {
            self.break_promise();
        }
        done
    }

    pub(super) fn awaits_promises(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input.counts, Counts::Promised(_)) && input.digest.is_none())
    }

    /// Waits for what others tell of its inputs.
    pub(super) fn await_promises(&mut self) {
        for input in &mut self.inputs {
            if let Counts::Promised(promise) = &input.counts {
                input.digest = Some(promise.wait());
            }
        }
    }

    /// Tells what its pipes and services stand for.
    pub(super) fn keep_promise(&self) {
        if let Some(promise) = &self.promise {
            promise.tell(self.made_from());
        }
    }

    fn break_promise(&self) {
        if let Some(promise) = &self.promise {
            promise.tell(Digest::UNKNOWN);
        }
    }
}
