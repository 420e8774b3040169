//! Threads and resources of jobs.

use super::Commands;
use super::call::Arguments;
use crate::diag::{Diag, Kind};
use crate::graph::JobId;
use crate::rule::Param;
use crate::units;
use crate::value::Val;

/// What a job takes while it runs.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Needs {
    /// Threads, at least 1, at most the cores of the run.
    pub threads: u32,
    /// Resources by the names they are counted under: whole numbers count
    /// against limits, texts do not.
    pub resources: Vec<(Box<str>, Val)>,
}

impl Needs {
    /// The amounts that count against limits.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.resources.iter().filter_map(|(name, value)| match value {
            Val::Int(n) => Some((&**name, (*n).max(0) as u64)),
            _ => None,
        })
    }
}

impl Needs {
    /// All resources with the other forms of sizes: beside `mem_mb` also `mem`
    /// and `mem_mib`.
    pub fn with_forms(&self) -> Vec<(Box<str>, Val)> {
        let forms = self.resources.iter().flat_map(|(name, value)| units::other_forms(name, value));
        self.resources.iter().cloned().chain(forms).collect()
    }
}

impl Commands<'_> {
    /// The number in `threads:`; 1 where a function decides later.
    pub(super) fn declared_threads(&self, job: JobId) -> u32 {
        match &self.rule(job).threads.value {
            Val::Int(n) => (*n).max(1) as u32,
            _ => 1,
        }
    }

    /// Threads and resources of a job whose inputs are there. Functions may ask
    /// for them; those are called now, with this attempt's number (from 1).
    pub fn needs(&self, job: JobId, attempt: u32) -> Result<Needs, Diag> {
        let rule = self.rule(job);
        let nothing = Needs { threads: self.declared_threads(job), resources: Vec::new() };
        let threads = self.resolve(job, &rule.threads, &nothing, attempt)?;
        let threads = match threads {
            Val::Int(n) if n >= 1 => u32::try_from(n).unwrap_or(u32::MAX).min(self.settings.cores),
            Val::Float(f) if f >= 1.0 => (f as u32).min(self.settings.cores),
            other => {
                let message = format!("`threads` must be a whole number from 1, not {}", other.repr());
                return Err(self.at(job, rule.threads.span, message));
            }
        };
        let mut needs = Needs { threads, resources: Vec::new() };
        for resource in &rule.resources {
            let name = resource.name.clone().expect("resources have names");
            let value = self.resolve(job, resource, &needs, attempt)?;
            let value =
                units::amount(&name, value).map_err(|why| self.at(job, resource.span, format!("resource {why}")))?;
            match value {
                Val::Int(n) if n >= 0 => {}
                Val::Str(_) | Val::None => {}
                other => {
                    let message = format!("resource `{name}` must be a whole number or a text, not {}", other.repr());
                    return Err(self.at(job, resource.span, message));
                }
            }
            needs.resources.push((units::counted(&name).into(), value));
        }
        self.check_limits(job, &needs)?;
        Ok(needs)
    }

    /// Whether functions decide the job's threads or resources.
    pub fn needs_are_deferred(&self, job: JobId) -> bool {
        let rule = self.rule(job);
        std::iter::once(&rule.threads).chain(&rule.resources).any(|p| matches!(p.value, Val::Func(_)))
    }

    fn resolve(&self, job: JobId, param: &Param, needs: &Needs, attempt: u32) -> Result<Val, Diag> {
        let Val::Func(id) = param.value else { return Ok(param.value.clone()) };
        let arguments = [Arguments::of(self, job, id, needs, attempt)];
        let answer = self.call(&arguments).pop().expect("one answer for one call");
        answer.map_err(|d| d.note(format!("for job `{}`", self.describe(job))))
    }

    fn check_limits(&self, job: JobId, needs: &Needs) -> Result<(), Diag> {
        for (name, amount) in needs.amounts() {
            let Some((_, limit)) = self.settings.limits.iter().find(|(n, _)| n == name) else { continue };
            if amount > *limit {
                let message =
                    format!("job `{}` asks for {name}={amount}, but there is {name}={limit}", self.describe(job));
                let resource = self
                    .rule(job)
                    .resources
                    .iter()
                    .find(|r| r.name.as_deref().is_some_and(|n| units::counted(n) == name));
                let diag = Diag::error(Kind::Plan, message).hint(format!("run with `--resources {name}={amount}`"));
                return Err(match resource {
                    Some(resource) => diag.label(resource.span, "asked for here"),
                    None => diag,
                });
            }
        }
        Ok(())
    }

    fn at(&self, job: JobId, span: crate::span::Span, message: String) -> Diag {
        Diag::error(Kind::Plan, message).label(span, "").note(format!("for job `{}`", self.describe(job)))
    }
}
