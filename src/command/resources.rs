//! Threads and resources of jobs.

use super::Commands;
use super::call::{Arguments, is_open};
use crate::diag::{Diag, Kind};
use crate::graph::JobId;
use crate::rule::Param;
use crate::units;
use crate::value::{FnId, Val};

/// The resource that is a number of devices, as it is counted.
pub const DEVICES: &str = "gpu";

/// The resource that says where temporary files go.
const TMPDIR: &str = "tmpdir";
/// What is recorded for the run's directory for temporary files, which makes no job stale.
const ANY_TMPDIR: &str = "/tmp";

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

    /// How many devices it asks for.
    pub fn devices(&self) -> usize {
        self.amounts().find(|(name, _)| *name == DEVICES).map_or(0, |(_, n)| n as usize)
    }

    /// The directory for temporary files.
    pub fn tmpdir(&self) -> Option<&str> {
        self.resources.iter().find(|(name, _)| &**name == TMPDIR).and_then(|(_, value)| match value {
            Val::Str(text) => Some(&**text),
            _ => None,
        })
    }

    /// All resources with their other forms: beside `mem_mb` also `mem` and
    /// `mem_mib`; and the cores as Snakemake names them.
    pub fn with_forms(&self) -> Vec<(Box<str>, Val)> {
        let whole = [("_cores", i64::from(self.threads)), ("_nodes", 1)];
        let whole = whole.map(|(name, n)| (name.into(), Val::Int(n)));
        let forms = self.resources.iter().flat_map(|(name, value)| units::other_forms(name, value));
        whole.into_iter().chain(self.resources.iter().cloned()).chain(forms).collect()
    }
}

/// A directory for temporary files, unless the rule names one.
fn fill_tmpdir(needs: &mut Needs, dir: &str) {
    if !needs.resources.iter().any(|(name, _)| &**name == TMPDIR) {
        needs.resources.push((TMPDIR.into(), Val::str(dir)));
    }
}

impl Commands<'_> {
    /// The number in `threads:`; 1 where a function decides later.
    pub(super) fn declared_threads(&self, job: JobId) -> u32 {
        match &self.rule(job).threads.value {
            Val::Int(n) => (*n).max(0) as u32,
            _ => 1,
        }
    }

    /// What functions of params see: threads and resources as the rule declares
    /// them at a first attempt, whatever the run has to give; its `tmpdir` is one of any
    /// machine's.
    pub(super) fn declared(&self, job: JobId) -> Needs {
        let asks = |id: &FnId| self.functions.parameters(*id).iter().any(|name| &**name == "resources");
        let rule = self.rule(job);
        let functions = rule.params.iter().chain(&rule.env).filter_map(|p| match &p.value {
            Val::Func(id) => Some(id),
            _ => None,
        });
        let mut needs = Needs { threads: self.declared_threads(job), resources: Vec::new() };
        if functions.into_iter().any(asks) {
            // What cannot be worked out is told of when the job is about to run.
            let _ = self.fill_resources(job, &mut needs, &|param, needs| self.resolve(job, param, needs, 1));
            fill_tmpdir(&mut needs, ANY_TMPDIR);
        }
        needs
    }

    /// Threads and resources of a job whose inputs are there. Functions may ask
    /// for them; those are called now, with this attempt's number (from 1).
    pub fn needs(&self, job: JobId, attempt: u32) -> Result<Needs, Diag> {
        let rule = self.rule(job);
        let nothing = Needs { threads: self.declared_threads(job), resources: Vec::new() };
        let threads = self.resolve(job, &rule.threads, &nothing, attempt)?;
        let mut needs = Needs { threads: self.threads(job, threads)?, resources: Vec::new() };
        self.fill_resources(job, &mut needs, &|param, needs| self.resolve(job, param, needs, attempt))?;
        fill_tmpdir(&mut needs, &self.settings.tmpdir);
        self.check_limits(job, &needs)?;
        Ok(needs)
    }

    /// The same for a dry run: what depends on inputs that are not made yet is
    /// `<TBD>`, or a single thread.
    pub fn planned_needs(&self, job: JobId) -> Result<Needs, Diag> {
        let resolve = |param: &Param, needs: &Needs| match param.value {
            Val::Func(id) => self.foreseen(job, id, needs),
            ref value => Ok(value.clone()),
        };
        self.priority(job)?;
        let nothing = Needs { threads: self.declared_threads(job), resources: Vec::new() };
        let threads = match resolve(&self.rule(job).threads, &nothing)? {
            Val::Str(_) => Val::Int(1),
            threads => threads,
        };
        let mut needs = Needs { threads: self.threads(job, threads)?, resources: Vec::new() };
        self.fill_resources(job, &mut needs, &resolve)?;
        fill_tmpdir(&mut needs, &self.settings.tmpdir);
        Ok(needs)
    }

    /// What a job goes before others by, in thousandths. What a function does not know
    /// yet, for its inputs are not made, is 0.
    ///
    /// # Errors
    /// If a function fails, or gives what is no number.
    pub fn priority(&self, job: JobId) -> Result<i64, Diag> {
        let priority = &self.rule(job).priority;
        let value = match priority.value {
            Val::Func(id) => self.foreseen(job, id, &Needs { threads: 1, resources: Vec::new() })?,
            ref value => value.clone(),
        };
        match value {
            Val::Int(n) => Ok(n.saturating_mul(1000)),
            Val::Float(f) => Ok((f * 1000.0) as i64),
            Val::Bool(on) => Ok(i64::from(on) * 1000),
            Val::Str(text) if is_open(&text) => Ok(0),
            other => {
                let message = format!("`priority` must be a number, not {}", other.repr());
                Err(self.at(job, priority.span, message))
            }
        }
    }

    /// Threads as they are given to a job.
    fn threads(&self, job: JobId, asked: Val) -> Result<u32, Diag> {
        let most = self.settings.cores.min(self.settings.max_threads.unwrap_or(u32::MAX));
        match asked {
            Val::Int(n) if n >= 0 => Ok(u32::try_from(n).unwrap_or(u32::MAX).min(most)),
            Val::Float(f) if f >= 0.0 => Ok((f.round_ties_even() as u32).min(most)),
            other => {
                let message = format!("`threads` must be a whole number from 0, not {}", other.repr());
                Err(self.at(job, self.rule(job).threads.span, message))
            }
        }
    }

    fn fill_resources(
        &self,
        job: JobId,
        needs: &mut Needs,
        resolve: &dyn Fn(&Param, &Needs) -> Result<Val, Diag>,
    ) -> Result<(), Diag> {
        for resource in &self.rule(job).resources {
            let name = resource.name.clone().expect("resources have names");
            let value = match resolve(resource, needs)? {
                Val::Str(text) if is_open(&text) => Val::Str(text),
                value => {
                    units::amount(&name, value).map_err(|why| self.at(job, resource.span, format!("resource {why}")))?
                }
            };
            match value {
                Val::Int(n) if n >= 0 => {}
                Val::Str(_) => {}
                // It is not asked for.
                Val::None => continue,
                // As Snakemake rounds: half to even.
                Val::Float(f) if (0.0..1e15).contains(&f) => {
                    needs.resources.push((units::counted(&name).into(), Val::Int(f.round_ties_even() as i64)));
                    continue;
                }
                other => {
                    let message = format!("resource `{name}` must be a whole number or a text, not {}", other.repr());
                    return Err(self.at(job, resource.span, message));
                }
            }
            needs.resources.push((units::counted(&name).into(), value));
        }
        Ok(())
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
        answer.map_err(|u| Diag::from(u).note(format!("for job `{}`", self.describe(job))))
    }

    /// Whether what no function decides is within the limits.
    ///
    /// # Errors
    /// If it is not.
    pub fn check_fixed_needs(&self, job: JobId) -> Result<(), Diag> {
        let fixed = |param: &Param, _: &Needs| match &param.value {
            Val::Func(_) => Ok(Val::None),
            value => Ok(value.clone()),
        };
        let mut needs = Needs { threads: 1, resources: Vec::new() };
        self.fill_resources(job, &mut needs, &fixed)?;
        self.check_limits(job, &needs)
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
