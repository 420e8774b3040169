//! The environment variables that a rule's `env:` sets.

use super::call::Arguments;
use super::{Commands, Needs};
use crate::diag::{Diag, Kind};
use crate::graph::JobId;
use crate::value::Val;
use rustc_hash::FxHashMap;

impl Commands<'_> {
    /// Names and values of a job's variables.
    ///
    /// # Errors
    /// If a function fails, or gives what has no text.
    pub fn env(&self, job: JobId, needs: &Needs, attempt: u32) -> Result<Vec<(String, String)>, Diag> {
        let rule = self.rule(job);
        let mut texts = FxHashMap::default();
        let mut all = Vec::with_capacity(rule.env.len());
        for variable in &rule.env {
            let name = variable.name.as_deref().expect("bug: a variable has a name");
            let value = match &variable.value {
                Val::Func(id) => {
                    let answer = self.call(&[Arguments::of(self, job, *id, needs, attempt)]).pop();
                    answer.expect("one answer for one call").map_err(|u| Diag::from(u).note(self.for_job(job)))?
                }
                value if variable.filled => self.fill_param(job, rule, value, &mut texts)?,
                value => value.clone(),
            };
            if !matches!(value, Val::Str(_) | Val::Path(_) | Val::Int(_) | Val::Float(_)) {
                let message = format!("the variable `{name}` must be a text or a number, not {}", value.repr());
                return Err(Diag::error(Kind::Plan, message).label(variable.span, "").note(self.for_job(job)));
            }
            all.push((name.to_owned(), value.display()));
        }
        Ok(all)
    }

    fn for_job(&self, job: JobId) -> String {
        format!("for job `{}`", self.describe(job))
    }
}
