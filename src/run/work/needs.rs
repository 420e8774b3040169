//! What jobs take while they run: worked out once for a rule, or once for each
//! attempt at a job where a function decides.

use crate::command::{Commands, Needs};
use crate::diag::Diag;
use crate::graph::JobId;
use crate::rule::RuleId;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What was worked out and not yet used up.
#[derive(Default)]
pub(super) struct AllNeeds {
    of_rule: FxHashMap<RuleId, Rc<Needs>>,
    /// Of jobs that were decided and have not started.
    of_job: FxHashMap<JobId, Rc<Needs>>,
}

impl AllNeeds {
    /// What an attempt at a job takes. Kept until the job starts.
    ///
    /// # Errors
    /// If a function fails, or asks for what there is not.
    pub(super) fn decide(&mut self, commands: Commands<'_>, job: JobId, attempt: u32) -> Result<Rc<Needs>, Box<Diag>> {
        let rule = commands.graph.rule(job);
        let deferred = commands.needs_are_deferred(job);
        if let Some(known) = self.of_rule.get(&rule).filter(|_| !deferred) {
            return Ok(known.clone());
        }
        let needs = Rc::new(commands.needs(job, attempt)?);
        match deferred {
            true => self.of_job.insert(job, needs.clone()),
            false => self.of_rule.insert(rule, needs.clone()),
        };
        Ok(needs)
    }

    /// What a job that starts now takes, as it was decided.
    pub(super) fn take(&mut self, rule: RuleId, job: JobId) -> Rc<Needs> {
        let own = self.of_job.remove(&job);
        own.or_else(|| self.of_rule.get(&rule).cloned()).expect("bug: a job starts before its needs are decided")
    }
}
