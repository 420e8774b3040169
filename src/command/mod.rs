//! What a job runs, and what its result depends on.
//!
//! Owns the params and resources of a job, the text that runs, the text that is
//! recorded, and the list of ingredients that both the digest and `--why` are
//! made from. It does not know what is stale, and it starts nothing.

mod call;
mod code;
mod ensure;
mod environment;
mod files;
mod params;
mod program;
mod recipe;
mod reported;
mod resources;
mod scope;
mod script;

pub use ensure::Ensured;
pub use params::Params;
pub use program::{Program, Source, compiler, handler, pyload};
pub use recipe::{Ingredient, Recipe, made_from};
pub use reported::Headed;
pub use resources::{DEVICES, Needs};
pub use script::Scripts;

use crate::diag::{Diag, Kind};
use crate::eval::{Functions, SizeOf};
use crate::graph::{Graph, JobId};
use crate::path::{Home, Paths};
use crate::rule::{Action, Rule, Rulefile, Text};
use crate::span::Span;
use crate::template::RenderError;
use crate::value::Val;
use program::Job;
use scope::{Mode, Scope};

/// What all jobs of a run share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cores of this run: `threads` is scaled down to it.
    pub cores: u32,
    /// The working directory, replaced by a token in what is recorded.
    pub home: Home,
    /// How much there is of a resource, by name.
    pub limits: Vec<(String, u64)>,
    /// No job gets more threads than this.
    pub max_threads: Option<u32>,
    /// Where temporary files go: `resources.tmpdir` of rules that name no other.
    pub tmpdir: String,
    /// The texts of scripts.
    pub scripts: Scripts,
}

/// Everything a job's texts are made from. Copies are cheap.
#[derive(Clone, Copy)]
pub struct Commands<'a> {
    /// The rules.
    pub book: &'a Rulefile,
    /// Deferred functions.
    pub functions: &'a Functions,
    /// The jobs.
    pub graph: &'a Graph,
    /// All paths.
    pub paths: &'a Paths,
    /// What all jobs share.
    pub settings: &'a Settings,
    /// Size of an input in bytes, if it is there.
    pub size_of: &'a SizeOf,
}

/// What runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The shell's text, a Python body or a script's name, to be shown; none
    /// for a rule without action.
    pub command: Option<String>,
    /// What runs in the place of a shell.
    pub program: Option<Program>,
    /// `message:`, filled.
    pub message: Option<String>,
    /// `log:` files.
    pub logs: Vec<String>,
    /// `benchmark:` file.
    pub benchmark: Option<String>,
}

/// Which run of a job's command it is.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Counted from 1.
    pub attempt: u32,
    /// Of the runs that a `benchmark:` measures, from 0; none without one.
    pub iteration: Option<u32>,
}

impl Turn {
    fn iteration(self) -> Val {
        self.iteration.map_or(Val::None, |iteration| Val::Int(i64::from(iteration)))
    }
}

impl<'a> Commands<'a> {
    fn rule(&self, job: JobId) -> &'a Rule {
        self.book.rule(self.graph.rule(job))
    }

    /// The texts of an attempt (counted from 1), with the resources it was given:
    /// one for each run of the command, as often as its benchmark repeats it.
    pub fn render_all(
        &self,
        job: JobId,
        params: &Params<'_>,
        needs: &Needs,
        attempt: u32,
    ) -> Result<(Rendered, Vec<Rendered>), Diag> {
        let runs = self.rule(job).benchmark.as_ref().map_or(1, |benchmark| benchmark.repeat);
        let first = self.render(job, params, needs, attempt)?;
        let again = (1..runs)
            .map(|iteration| self.render_turn(job, params, needs, Turn { attempt, iteration: Some(iteration) }));
        Ok((first, again.collect::<Result<_, _>>()?))
    }

    /// The text that runs first in an attempt (counted from 1), with the resources
    /// it was given.
    pub fn render(&self, job: JobId, params: &Params<'_>, needs: &Needs, attempt: u32) -> Result<Rendered, Diag> {
        let iteration = self.rule(job).benchmark.is_some().then_some(0);
        self.render_turn(job, params, needs, Turn { attempt, iteration })
    }

    fn render_turn(&self, job: JobId, params: &Params<'_>, needs: &Needs, turn: Turn) -> Result<Rendered, Diag> {
        let rule = self.rule(job);
        let logs = files::logs(self, job);
        let benchmark = files::benchmark(self, job);
        let mode = Mode::Run(needs, turn);
        let scope = Scope { commands: self, job, rule, params, logs: &logs, benchmark: benchmark.as_deref(), mode };
        let fill = |text: &Text| -> Result<String, Diag> {
            let mut out = String::new();
            text.template.render(&scope, &mut out).map_err(|e| self.render_error(job, text, e))?;
            Ok(out)
        };
        let (command, program) = match &rule.action {
            Action::None => (None, None),
            Action::Shell(text) => (Some(fill(text)?), None),
            Action::Run(body) => {
                let program = program::body(self.book, body, &Job::new(self, job, params, needs, &logs, turn));
                (Some(body.python.outdented()), Some(program))
            }
            Action::Script(script) => {
                let found = self.find_script(job, script, params)?;
                let program = program::script(self.book, &found, &Job::new(self, job, params, needs, &logs, turn));
                (Some(format!("script: {}", found.shown)), Some(program))
            }
        };
        let message = rule.message.as_ref().map(fill).transpose()?;
        Ok(Rendered { command, program, message, logs, benchmark })
    }

    fn render_error(&self, job: JobId, text: &Text, error: RenderError) -> Diag {
        let range = error.range.start..error.range.end;
        let asked = text.value.get(range.clone()).unwrap_or("");
        let replaced = || replaced_resources(self.rule(job), text, asked);
        Diag::error(Kind::Plan, error.message)
            .label(text.at.locate(&text.value, range), "")
            .maybe_hint(error.hint.or_else(replaced))
            .note(format!("for job `{}`", self.graph.describe(self.book, self.paths, job)))
    }
}

/// The way out where a text of a rule asks for a resource, and a rule made from that one
/// has resources of its own.
fn replaced_resources(rule: &Rule, text: &Text, asked: &str) -> Option<String> {
    let head = rule.places.head;
    let is_above = |span: Span| span.file != head.file || span.start < head.start;
    let own = rule.resources.first().is_some_and(|resource| !is_above(resource.span));
    let wanted = asked.starts_with("{resources") && own && is_above(text.at.span);
    wanted.then(|| {
        format!(
            "`resources:` after `with:` of rule `{}` stands for all of them: name those that the command asks for",
            rule.name
        )
    })
}
