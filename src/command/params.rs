//! The params of jobs: functions called, wildcards filled.

use super::call::Arguments;
use super::{Commands, Needs};
use crate::diag::{Diag, Kind};
use crate::eval::Unavailable;
use crate::graph::JobId;
use crate::pattern::{Text, has_brace};
use crate::rule::{Param, Rule};
use crate::value::{FnId, Val};
use rustc_hash::FxHashMap;

/// The params of a job: the rule's own, where nothing in them depends on the job.
#[derive(Clone, Debug)]
pub enum Params<'a> {
    /// As the rule has them.
    Shared(&'a [Param]),
    /// This job's own, in the rule's order.
    Own(Vec<Val>),
}

impl Params<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Params::Shared(params) => params.len(),
            Params::Own(values) => values.len(),
        }
    }

    /// Whether the rule has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; panics beyond [`Params::len`].
    pub fn get(&self, i: usize) -> &Val {
        match self {
            Params::Shared(params) => &params[i].value,
            Params::Own(values) => &values[i],
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Val> {
        (0..self.len()).map(|i| self.get(i))
    }
}

impl<'a> Commands<'a> {
    /// The params of some jobs, their functions called together. Functions see
    /// the declared threads and attempt 1, so that a retry or another `-j` makes
    /// nothing stale. They may ask for checkpoints that are not done.
    pub fn params(&self, jobs: &[JobId]) -> Vec<Result<Params<'a>, Unavailable>> {
        self.params_with(jobs, &|job| self.declared(job), 1)
    }

    fn params_with(
        &self,
        jobs: &[JobId],
        needs: &dyn Fn(JobId) -> Needs,
        attempt: u32,
    ) -> Vec<Result<Params<'a>, Unavailable>> {
        let mut asked: Vec<(JobId, FnId)> = Vec::new();
        for &job in jobs {
            let functions = self.rule(job).params.iter().filter_map(|p| match p.value {
                Val::Func(id) => Some(id),
                _ => None,
            });
            asked.extend(functions.map(|id| (job, id)));
        }
        let arguments: Vec<Arguments<'_>> =
            asked.iter().map(|(job, id)| Arguments::of(self, *job, *id, &needs(*job), attempt)).collect();
        let mut answers = self.call(&arguments).into_iter();
        let mut texts = FxHashMap::default();
        jobs.iter().map(|job| self.params_of(*job, &mut answers, &mut texts)).collect()
    }

    /// The params that an attempt at a job runs with, given what it takes; none if
    /// they are those that are recorded, because no function asks for what differs.
    pub fn params_of_attempt(
        &self,
        job: JobId,
        attempt: u32,
        needs: &Needs,
    ) -> Option<Result<Params<'a>, Unavailable>> {
        let differs = |name: &str| match name {
            "attempt" => attempt > 1,
            "threads" => needs.threads != self.declared_threads(job),
            name => name == "resources",
        };
        let asks = |param: &Param| match param.value {
            Val::Func(id) => self.functions.parameters(id).iter().any(|name| differs(name)),
            _ => false,
        };
        let again = self.rule(job).params.iter().any(asks);
        again.then(|| self.params_with(&[job], &|_| needs.clone(), attempt).pop().expect("one answer for one job"))
    }

    fn params_of(
        &self,
        job: JobId,
        answers: &mut std::vec::IntoIter<Result<Val, Unavailable>>,
        texts: &mut FxHashMap<String, Text>,
    ) -> Result<Params<'a>, Unavailable> {
        let rule = self.rule(job);
        if !rule.params.iter().any(|p| p.filled || matches!(p.value, Val::Func(_))) {
            return Ok(Params::Shared(&rule.params));
        }
        let mut values = Vec::with_capacity(rule.params.len());
        let (mut problem, mut waits, mut absent) = (None, Vec::new(), true);
        for param in &rule.params {
            let value = match &param.value {
                Val::Func(_) => answers.next().expect("an answer for every function"),
                value if param.filled => {
                    self.fill_param(job, rule, value, texts).map_err(|d| Unavailable::Failed(Box::new(d)))
                }
                value => Ok(value.clone()),
            };
            match value {
                Ok(value) => values.push(value),
                Err(Unavailable::Waits(needs)) => waits.extend(needs),
                Err(Unavailable::Absent(diag)) => problem = problem.or(Some(diag)),
                Err(Unavailable::Failed(diag)) => {
                    problem = problem.filter(|_| !absent).or(Some(diag));
                    absent = false;
                }
            }
        }
        let failed = if absent { Unavailable::Absent } else { Unavailable::Failed };
        match problem {
            // What is read may be what the checkpoint makes.
            _ if absent && !waits.is_empty() => Err(Unavailable::Waits(waits)),
            Some(diag) => Err(failed(Box::new(diag.note(format!("for job `{}`", self.describe(job)))))),
            None => Ok(Params::Own(values)),
        }
    }

    /// The params of a job as a dry run shows them: `<TBD>` for what depends on
    /// inputs that are not made yet.
    pub fn planned_params(&self, job: JobId) -> Result<Params<'a>, Diag> {
        let rule = self.rule(job);
        if !rule.params.iter().any(|p| matches!(p.value, Val::Func(_))) {
            return Ok(self.params(&[job]).pop().expect("one answer for one job")?);
        }
        let needs = self.planned_needs(job)?;
        let mut texts = FxHashMap::default();
        let value = |param: &Param| match &param.value {
            Val::Func(id) => self.foreseen(job, *id, &needs),
            value if param.filled => self.fill_param(job, rule, value, &mut texts),
            value => Ok(value.clone()),
        };
        rule.params.iter().map(value).collect::<Result<_, _>>().map(Params::Own)
    }

    pub(super) fn fill_param(
        &self,
        job: JobId,
        rule: &Rule,
        value: &Val,
        texts: &mut FxHashMap<String, Text>,
    ) -> Result<Val, Diag> {
        match value {
            Val::Str(text) if has_brace(text) => {
                if !texts.contains_key(&**text) {
                    texts.insert(text.to_string(), Text::parse(text));
                }
                let values: Vec<&str> = self.graph.wildcards(self.paths, job, rule).collect();
                let value = |name: &str| rule.wildcards.iter().position(|w| &**w == name).map(|i| values[i]);
                let filled = texts[&**text].fill(&value);
                let absent = |name| Diag::error(Kind::Plan, format!("no value for wildcard `{name}` in a param"));
                filled.map(Val::str).map_err(absent)
            }
            Val::List(items) => {
                let fill = |item: &Val| match item {
                    Val::Str(_) => self.fill_param(job, rule, item, texts),
                    nested => Ok(nested.clone()),
                };
                Ok(Val::List(items.iter().map(fill).collect::<Result<_, _>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    /// What a job is called in messages.
    pub fn describe(&self, job: JobId) -> String {
        self.graph.describe(self.book, self.paths, job)
    }
}
