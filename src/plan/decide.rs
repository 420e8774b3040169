//! The decision on one job.

use super::Scene;
use crate::command::{Recipe, made_from};
use crate::digest::Digest;
use crate::graph::{InputRef, JobId};
use crate::path::PathId;
use crate::rule::{Action, Flags};
use crate::stale::{self, Now, Reason};
use crate::state::RecordRef;

/// What will happen to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it is up to date.
    Fresh,
    /// It runs.
    Run,
    /// It is decided again when the jobs before it are done.
    Maybe,
}

/// Why a job runs, without the details that its record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No record.
    NoRecord,
    /// Other outputs than recorded.
    Outputs,
    /// Command, params, environment or the list of inputs.
    Recipe,
    /// An input's content.
    Inputs,
    /// An output's content.
    Edited(PathId),
    /// An output is missing and needed.
    Missing(PathId),
    /// By force.
    Forced,
    /// No outputs.
    Always,
}

/// What [`decide`] found.
pub enum Decision {
    /// Up to date.
    Fresh,
    /// Stale for a reason of its own.
    Run(Cause),
    /// Its own reasons are none; it waits for this job.
    Maybe(JobId),
}

/// Decides a job from its record, its files, and the verdicts on the jobs before it.
pub fn decide(scene: Scene<'_>, job: JobId, verdicts: &[Verdict]) -> Decision {
    let graph = scene.commands.graph;
    let rule = scene.commands.book.rule(graph.rule(job));
    let outputs = graph.outputs(job);
    if outputs.is_empty() && matches!(rule.action, Action::None) {
        return Decision::Fresh;
    }
    if scene.force.all || scene.force.jobs.contains(&job) {
        return Decision::Run(Cause::Forced);
    }
    if outputs.is_empty() {
        return Decision::Run(Cause::Always);
    }
    let Some(record) = scene.state.find(outputs[0]) else {
        return Decision::Run(Cause::NoRecord);
    };
    if let Some(cause) = own_cause(scene, job, record) {
        return Decision::Run(cause);
    }
    by_inputs(scene, job, record, verdicts)
}

/// Reasons that no other job has a part in.
fn own_cause(scene: Scene<'_>, job: JobId, record: RecordRef) -> Option<Cause> {
    let outputs = scene.commands.graph.outputs(job);
    if !same_outputs(scene, outputs, record) {
        return Some(Cause::Outputs);
    }
    if scene.state.recipe(record) != scene.facts.recipe(job) {
        return Some(Cause::Recipe);
    }
    outputs.iter().copied().find(|p| is_edited(scene, job, *p)).map(Cause::Edited)
}

/// Whether an output is there and is not what the last recorded run made of it.
/// Of a `touch()` output only its being there counts.
pub fn is_edited(scene: Scene<'_>, job: JobId, output: PathId) -> bool {
    let graph = scene.commands.graph;
    if !scene.facts.exists(output) || scene.state.output_digest(output) == Some(scene.facts.content(output)) {
        return false;
    }
    let items = &scene.commands.book.rule(graph.rule(job)).outputs.items;
    let at = graph.outputs(job).iter().position(|p| *p == output);
    !at.is_some_and(|at| items[at].flags.contains(Flags::TOUCH))
}

/// Whether a record lists exactly these outputs (each of which is another
/// path), and no newer one claims any of them.
pub fn same_outputs(scene: Scene<'_>, outputs: &[PathId], record: RecordRef) -> bool {
    let count = scene.state.outputs(record).len();
    count == outputs.len() && outputs.iter().all(|o| scene.state.find(*o) == Some(record))
}

fn by_inputs(scene: Scene<'_>, job: JobId, record: RecordRef, verdicts: &[Verdict]) -> Decision {
    let inputs = scene.commands.graph.inputs(job);
    let waits = |i: &InputRef| waiting(scene, *i, verdicts);
    let Some(first) = inputs.iter().find_map(waits) else {
        let digests = inputs.iter().filter(|i| !i.is_ancient()).map(|i| content_of(scene, i.path()));
        let now = made_from(scene.facts.recipe(job), digests);
        return if now == scene.state.made_from(record) { Decision::Fresh } else { Decision::Run(Cause::Inputs) };
    };
    if inputs.iter().all(|i| waits(i).is_some()) {
        return Decision::Maybe(first);
    }
    match scene.state.record(record) {
        Ok(record) if !known_input_changed(scene, job, &record, verdicts) => Decision::Maybe(first),
        _ => Decision::Run(Cause::Inputs),
    }
}

fn known_input_changed(scene: Scene<'_>, job: JobId, record: &crate::record::Record, verdicts: &[Verdict]) -> bool {
    let inputs = scene.commands.graph.inputs(job).iter().zip(&record.inputs);
    inputs.into_iter().any(|(now, old)| {
        !now.is_ancient() && waiting(scene, *now, verdicts).is_none() && content_of(scene, now.path()) != old.digest
    })
}

/// The job that must be done before this input's content is known.
fn waiting(scene: Scene<'_>, input: InputRef, verdicts: &[Verdict]) -> Option<JobId> {
    if input.is_ancient() {
        return None;
    }
    scene.commands.graph.maker(input.path()).filter(|m| verdicts[m.index()] != Verdict::Fresh)
}

/// The content of a file that no job is about to change: of one that a job
/// made, what its record says, be it there or not; else what is on disk.
pub fn content_of(scene: Scene<'_>, path: PathId) -> Digest {
    match scene.commands.graph.maker(path) {
        Some(_) => scene.state.output_digest(path).unwrap_or(Digest::UNKNOWN),
        None => scene.facts.content(path),
    }
}

/// The reasons behind a cause, from the record.
pub fn reasons(scene: Scene<'_>, job: JobId, cause: Cause, verdicts: &[Verdict]) -> Vec<Reason> {
    let all = match cause {
        Cause::NoRecord if scene.state.lost_records() => vec![Reason::RecordLost],
        Cause::NoRecord => vec![Reason::NoRecord],
        Cause::Outputs => vec![Reason::OutputsChanged],
        Cause::Edited(path) => vec![Reason::OutputEdited(path)],
        Cause::Missing(path) => vec![Reason::OutputMissing(path)],
        Cause::Forced => vec![Reason::Forced],
        Cause::Always => vec![Reason::NoOutputs],
        Cause::Recipe | Cause::Inputs => compared(scene, job, verdicts),
    };
    // A record that cannot be read any more explains nothing.
    if all.is_empty() { vec![Reason::NoRecord] } else { all }
}

fn compared(scene: Scene<'_>, job: JobId, verdicts: &[Verdict]) -> Vec<Reason> {
    let graph = scene.commands.graph;
    let record = graph.outputs(job).first().and_then(|o| scene.state.find(*o));
    let Some(record) = record.and_then(|r| scene.state.record(r).ok()) else { return Vec::new() };
    let mut recipe = Recipe::default();
    let params = scene.commands.params(&[job]).pop().expect("one answer for one job");
    if params.and_then(|p| recipe.fill(&scene.commands, job, &p)).is_err() {
        return Vec::new();
    }
    let known = |i: &InputRef| {
        let digest = waiting(scene, *i, verdicts).is_none().then(|| content_of(scene, i.path()));
        (i.path(), digest.filter(|d| !d.is_unknown()), i.is_ancient())
    };
    let inputs: Vec<_> = graph.inputs(job).iter().map(known).collect();
    let now =
        Now { command: &recipe.command, params: &recipe.params, environment: &recipe.environment, inputs: &inputs };
    stale::compare(&record, now)
}
