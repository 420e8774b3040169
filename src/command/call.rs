//! Calls of a job's deferred functions.

use super::{Commands, Needs, Recipe, files};
use crate::diag::Diag;
use crate::eval::{Call, FileName, JobFiles, SizeOf, Unavailable};
use crate::graph::JobId;
use crate::rule::Name;
use crate::value::{FnId, Val};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The arguments of one call, owned until it is made.
pub struct Arguments<'a> {
    id: FnId,
    wildcards: Vec<(&'a str, &'a str)>,
    input: Option<JobFiles<'a>>,
    output: Option<JobFiles<'a>>,
    threads: i64,
    resources: Vec<(Box<str>, Val)>,
    attempt: i64,
    rule: &'a str,
}

impl<'a> Arguments<'a> {
    /// What a function may ask for: files only if one of its parameters names them.
    pub fn of(commands: &Commands<'a>, job: JobId, id: FnId, needs: &Needs, attempt: u32) -> Self {
        let rule = commands.rule(job);
        let asks = |name: &str| commands.functions.parameters(id).iter().any(|p| &**p == name);
        let values = commands.graph.wildcards(commands.paths, job, rule);
        let list = |items, names| JobFiles { items, names, size_of: Some(commands.size_of.clone()) };
        let input = || list(files::inputs(commands, job), names(files::input_names(commands, job)));
        let output = || list(files::outputs(commands, job), names(&rule.outputs.names));
        Arguments {
            id,
            wildcards: rule.wildcards.iter().map(|n| &**n).zip(values).collect(),
            input: asks("input").then(input),
            output: asks("output").then(output),
            threads: i64::from(needs.threads),
            resources: needs.with_forms(),
            attempt: i64::from(attempt),
            rule: &rule.name,
        }
    }

    fn as_call(&self) -> Call<'_> {
        Call {
            id: self.id,
            wildcards: &self.wildcards,
            input: self.input.as_ref(),
            output: self.output.as_ref(),
            threads: Some(self.threads),
            resources: Some(&self.resources),
            attempt: self.attempt,
            rule: Some(self.rule),
        }
    }
}

fn names(names: &[Name]) -> Vec<FileName<'_>> {
    names.iter().map(|n| FileName { name: &n.name, range: n.range.clone(), list: n.list }).collect()
}

/// Whether a dry run's text stands for a value that is not known yet.
pub(super) fn is_open(text: &str) -> bool {
    text == UNKNOWN_YET
}

/// Stands in a dry run for what depends on inputs that are not made yet.
const UNKNOWN_YET: &str = "<TBD>";

/// Tells sizes, and notes whether one was asked for that is not there.
fn noting_misses(size_of: &SizeOf) -> (SizeOf, Arc<AtomicBool>) {
    let missed = Arc::new(AtomicBool::new(false));
    let (size_of, misses) = (size_of.clone(), missed.clone());
    let probe: SizeOf = Arc::new(move |path| {
        let size = size_of(path);
        misses.fetch_or(size.is_none(), Ordering::Relaxed);
        size
    });
    (probe, missed)
}

impl Commands<'_> {
    /// The recipe of a job; none if it cannot be told, because files that its
    /// params are made from are not there.
    pub fn known_recipe(&self, job: JobId) -> Option<Recipe> {
        let (probe, missed) = noting_misses(self.size_of);
        let commands = Commands { size_of: &probe, ..*self };
        let params = commands.params(&[job]).pop()?.ok()?;
        let mut recipe = Recipe::default();
        recipe.fill(&commands, job, &params).ok()?;
        (!missed.load(Ordering::Relaxed)).then_some(recipe)
    }

    /// What a function gives, as far as that can be told before its job runs.
    pub(super) fn foreseen(&self, job: JobId, id: FnId, needs: &Needs) -> Result<Val, Diag> {
        let (probe, missed) = noting_misses(self.size_of);
        let commands = Commands { size_of: &probe, ..*self };
        let answer = commands.call(&[Arguments::of(&commands, job, id, needs, 1)]).pop();
        match answer.expect("one answer for one call") {
            Err(Unavailable::Absent(_)) => Ok(Val::str(UNKNOWN_YET)),
            _ if missed.load(Ordering::Relaxed) => Ok(Val::str(UNKNOWN_YET)),
            answer => answer.map_err(Diag::from),
        }
    }

    /// Makes all calls together; one answer a call, in order.
    pub(super) fn call(&self, arguments: &[Arguments<'_>]) -> Vec<Result<Val, Unavailable>> {
        if arguments.is_empty() {
            return Vec::new();
        }
        let calls: Vec<Call<'_>> = arguments.iter().map(Arguments::as_call).collect();
        self.functions.call(&calls, &self.graph.answers(self.paths))
    }
}
