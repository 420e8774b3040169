//! The plan as events: for dry runs, `--why` and the head of a run.

use super::decide;
use super::{Evidence, Plan, Scene, Verdict};
use crate::command::{Commands, Needs, Recipe, Rendered};
use crate::event::{self, Planned, RuleCount, Totals, Why};
use crate::graph::{Graph, JobId};
use crate::path::Paths;
use crate::rule::{Action, RuleId, Rulefile};
use crate::stale::word;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Turns jobs into words.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    /// What the plan rests on.
    pub scene: Scene<'a>,
    /// The plan.
    pub plan: &'a Plan,
}

/// Whether a job is only a name for its inputs: nothing runs, nothing is made.
pub fn only_gathers(scene: Scene<'_>, job: JobId) -> bool {
    is_name(scene.commands.book, scene.commands.graph, job)
}

/// The same, and whether it is only there to find out what is behind checkpoints.
pub fn is_name(book: &Rulefile, graph: &Graph, job: JobId) -> bool {
    let rule = book.rule(graph.rule(job));
    (matches!(rule.action, Action::None) && rule.outputs.items.is_empty()) || graph.is_probe(job)
}

/// The plan in numbers.
pub fn totals(scene: Scene<'_>, plan: &Plan) -> Totals {
    let book = scene.commands.book;
    let mut rules: Vec<RuleCount> =
        book.rules.iter().map(|r| RuleCount { rule: r.name.to_string(), run: 0, maybe: 0 }).collect();
    let (mut fresh, mut jobs) = (0, 0);
    for &job in scene.commands.graph.order() {
        if only_gathers(scene, job) {
            continue;
        }
        jobs += 1;
        let row = &mut rules[scene.commands.graph.rule(job).index()];
        match plan.verdict(job) {
            Verdict::Fresh => fresh += 1,
            Verdict::Run => row.run += 1,
            Verdict::Maybe => row.maybe += 1,
        }
    }
    rules.retain(|r| r.run + r.maybe > 0);
    Totals { rules, fresh, jobs, behind: behind(scene, plan) }
}

/// Checkpoints behind which there may be more jobs, in the Rulefile's order.
fn behind(scene: Scene<'_>, plan: &Plan) -> Vec<String> {
    let graph = scene.commands.graph;
    let waited = graph.open_jobs().flat_map(|(_, gates)| gates.iter().copied());
    let gates = waited.chain(plan.supposed.values().map(|s| s.checkpoint));
    let rules: BTreeSet<RuleId> = gates.map(|gate| graph.rule(gate)).collect();
    rules.into_iter().map(|rule| scene.commands.book.rule(rule).name.to_string()).collect()
}

/// How much is told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What makes up its line: no inputs.
    Line,
    /// Its inputs as well.
    Files,
    /// Its command as well.
    Command,
}

/// A job for people and machines, with what was rendered for it, if anything was.
pub fn described(commands: Commands<'_>, job: JobId, rendered: Option<(&Rendered, &Needs)>) -> event::Job {
    let inputs = commands.graph.inputs(job).iter().map(|i| commands.paths.str(i.path()).to_owned());
    event::Job {
        inputs: inputs.collect(),
        logs: rendered.map_or_else(Vec::new, |(r, _)| r.logs.clone()),
        threads: rendered.map_or(1, |(_, n)| n.threads),
        message: rendered.and_then(|(r, _)| r.message.clone()),
        command: rendered.and_then(|(r, _)| r.command.clone()),
        ..named(commands, job)
    }
}

/// What makes up a job's line.
fn named(commands: Commands<'_>, job: JobId) -> event::Job {
    let (graph, paths) = (commands.graph, commands.paths);
    let rule = commands.book.rule(graph.rule(job));
    let names = rule.wildcards.iter().map(|n| n.to_string());
    event::Job {
        id: job.0,
        rule: rule.name.to_string(),
        wildcards: names.zip(graph.wildcards(paths, job, rule).map(str::to_owned)).collect(),
        outputs: graph.outputs(job).iter().map(|p| paths.str(*p).to_owned()).collect(),
        threads: 1,
        ..event::Job::default()
    }
}

/// Reasons in words.
pub fn worded(evidence: &Evidence, recipe: Option<&Recipe>, paths: &Paths) -> Vec<event::ReasonText> {
    evidence.reasons(recipe).iter().map(|reason| word(reason, paths)).collect()
}

impl Viewer<'_> {
    /// A job with its verdict and reasons.
    pub fn planned(&self, job: JobId, detail: Detail) -> Planned {
        let commands = self.scene.commands;
        let rendered = if detail == Detail::Command { self.rendered(job) } else { None };
        let described = match detail {
            Detail::Line => named(commands, job),
            _ => described(commands, job, rendered.as_ref().map(|(r, n)| (r, n))),
        };
        let graph = self.scene.commands.graph;
        let waits = self.plan.waits_for(job);
        let verdict = match self.plan.verdict(job) {
            Verdict::Fresh => event::Verdict::Fresh,
            Verdict::Run => event::Verdict::Run,
            Verdict::Maybe if self.plan.is_dormant(job) && waits.is_some() => {
                let by = waits.map(|by| graph.describe(self.scene.commands.book, self.scene.commands.paths, by));
                event::Verdict::IfNeeded { by: by.unwrap_or_default() }
            }
            Verdict::Maybe => {
                let name = |j| graph.describe(self.scene.commands.book, self.scene.commands.paths, j);
                event::Verdict::Maybe { waits_for: waits.map(name).into_iter().collect() }
            }
        };
        let replaces = if verdict == event::Verdict::Fresh { Vec::new() } else { self.replaces(job) };
        Planned { job: Arc::new(described), verdict, reasons: self.reasons(job), replaces, beyond: self.beyond(job) }
    }

    /// What is not known of a job yet.
    fn beyond(&self, job: JobId) -> Option<event::Beyond> {
        let graph = self.scene.commands.graph;
        let open = graph.open(job).map(|gates| (gates[0], false));
        let supposed = || self.plan.supposes(job).map(|gate| (gate, true));
        let (gate, as_before) = open.or_else(supposed)?;
        let checkpoint = graph.describe(self.scene.commands.book, self.scene.commands.paths, gate);
        Some(event::Beyond { checkpoint, as_before })
    }

    fn rendered(&self, job: JobId) -> Option<(Rendered, Needs)> {
        if self.scene.commands.graph.open(job).is_some() {
            return None;
        }
        let commands = self.scene.commands;
        let params = commands.planned_params(job).ok()?;
        let needs = commands.planned_needs(job).ok()?;
        Some((commands.render(job, &params, &needs, 1).ok()?, needs))
    }

    /// Why a job runs, in words.
    pub fn reasons(&self, job: JobId) -> Vec<event::ReasonText> {
        let Some(evidence) = self.plan.evidence(self.scene, job) else { return Vec::new() };
        let recipe = if evidence.needs_recipe() { self.scene.commands.known_recipe(job) } else { None };
        worded(&evidence, recipe.as_ref(), self.scene.commands.paths)
    }

    /// Outputs edited by hand or never recorded, that the job replaces.
    fn replaces(&self, job: JobId) -> Vec<String> {
        decide::edited(self.scene, job).map(|o| self.scene.commands.paths.str(o).to_owned()).collect()
    }

    /// The answer to `--why`.
    pub fn why(&self, path: &str) -> Why {
        let scene = self.scene;
        let job = scene.commands.paths.get(path).and_then(|p| scene.commands.graph.maker(p));
        let mut why = Why { path: path.to_owned(), planned: None, upstream: Vec::new(), last: None, notes: Vec::new() };
        let Some(job) = job else { return why };
        why.planned = Some(self.planned(job, Detail::Command));
        // What a job waits for comes before it; who may need it comes after.
        let before = |job| self.plan.waits_for(job).filter(|_| !self.plan.is_dormant(job));
        let mut next = before(job);
        while let Some(at) = next.filter(|_| why.upstream.len() < 20) {
            why.upstream.push(self.planned(at, Detail::Files));
            next = before(at);
        }
        let first = scene.commands.graph.outputs(job).first().copied();
        if let Some(record) = first.and_then(|o| scene.state.find(o)).and_then(|r| scene.state.record(r).ok()) {
            why.last = Some((record.stats.start_ms, Duration::from_millis(record.stats.wall_ms)));
            why.notes.extend(record.accepted.map(String::from));
        }
        if let Some(failure) = first.and_then(|o| scene.state.failure(o)) {
            why.notes.push(format!("attempt {} since then failed: {}", failure.attempt, failure.exit));
        }
        why
    }
}
