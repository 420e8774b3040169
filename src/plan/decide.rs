//! The decision on one job.

use super::Scene;
use crate::command::{Recipe, made_from};
use crate::digest::Digest;
use crate::files;
use crate::graph::{InputRef, JobId};
use crate::path::PathId;
use crate::record::{Input, Record};
use crate::rule::{Action, Flags};
use crate::stale::{self, Now, Reason};
use crate::state::RecordRef;
use rustc_hash::FxHashMap;

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
    /// A job that runs at the same time runs.
    Partner(JobId),
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
    if let Some(gates) = graph.open(job) {
        return Decision::Maybe(gates[0]);
    }
    if outputs.is_empty() && matches!(rule.action, Action::None) {
        return Decision::Fresh;
    }
    if scene.force.covers(graph, job) {
        return Decision::Run(Cause::Forced);
    }
    if outputs.is_empty() {
        return Decision::Run(Cause::Always);
    }
    let Some(record) = scene.state.find(outputs[0]) else {
        return Decision::Run(Cause::NoRecord);
    };
    match own_cause(scene, job, record) {
        None => by_inputs(scene, job, record, verdicts),
        Some(Cause::Recipe) if is_waived(scene, job, record) => match edited(scene, job).next() {
            Some(path) => Decision::Run(Cause::Edited(path)),
            None => by_inputs_read(scene, job, record, verdicts),
        },
        Some(cause) => Decision::Run(cause),
    }
}

/// Whether all that differs from the last run is such that it does not count.
fn is_waived(scene: Scene<'_>, job: JobId, record: RecordRef) -> bool {
    let triggers = scene.force.triggers;
    if triggers.are_all() {
        return false;
    }
    let (Some(recipe), Ok(record)) = (scene.commands.known_recipe(job), scene.state.record(record)) else {
        return false;
    };
    let inputs = scene.commands.graph.inputs(job).iter();
    let inputs: Vec<_> = inputs.map(|input| (input.path(), None, input.is_ancient())).collect();
    let Recipe { command, params, scripts, environment } = &recipe;
    let reasons = stale::compare(&record, Now { command, params, scripts, environment, inputs: &inputs });
    let is_filled_otherwise = |reason: &Reason| match reason {
        Reason::Command { old, .. } => scene.commands.has_code(job, old),
        _ => false,
    };
    !reasons.is_empty() && !reasons.iter().any(|reason| triggers.cover(reason) && !is_filled_otherwise(reason))
}

/// Of a job whose recipe need not be as recorded: what counts is the content of inputs that
/// the last run read.
fn by_inputs_read(scene: Scene<'_>, job: JobId, record: RecordRef, verdicts: &[Verdict]) -> Decision {
    let Ok(record) = scene.state.record(record) else { return Decision::Run(Cause::Inputs) };
    let old: FxHashMap<PathId, &Input> = record.inputs.iter().map(|input| (input.path, input)).collect();
    let inputs = scene.commands.graph.inputs(job);
    let is_known = |input: InputRef| {
        !input.is_ancient() && waiting(scene, input, verdicts).is_none() && !is_remembered(scene, input)
    };
    let changed = |input: &InputRef| match old.get(&input.path()) {
        _ if !is_known(*input) => false,
        Some(read) => !read.ancient && content_read(scene, *input) != read.digest,
        // Nobody knows what it held then: its time has to say.
        None => is_newer(scene.commands.paths.str(input.path()), record.stats.end_ms()),
    };
    if inputs.iter().any(changed) {
        return Decision::Run(Cause::Inputs);
    }
    inputs.iter().find_map(|input| waiting(scene, *input, verdicts)).map_or(Decision::Fresh, Decision::Maybe)
}

/// Reasons that no other job has a part in.
fn own_cause(scene: Scene<'_>, job: JobId, record: RecordRef) -> Option<Cause> {
    let outputs = scene.commands.graph.outputs(job);
    if !same_outputs(scene, outputs, record) {
        return Some(Cause::Outputs);
    }
    if !scene.facts.has_recipe(job, scene.state.recipe(record)) {
        return Some(Cause::Recipe);
    }
    edited(scene, job).next().map(Cause::Edited)
}

/// The outputs of a job that are there and are not what the last recorded run
/// made of them. Of a `touch()` output only its being there counts.
pub fn edited(scene: Scene<'_>, job: JobId) -> impl Iterator<Item = PathId> {
    let graph = scene.commands.graph;
    let items = &scene.commands.book.rule(graph.rule(job)).outputs.items;
    let outputs = graph.outputs(job).iter().copied().zip(items);
    let is_edited = move |path: PathId, flags: Flags| {
        let holds = |path| scene.state.output_digest(path) == Some(scene.facts.content(path));
        scene.facts.exists(path) && !flags.intersects(Flags::TOUCH | Flags::PIPE | Flags::SERVICE) && !holds(path)
    };
    outputs.filter(move |(path, output)| is_edited(*path, output.flags)).map(|(path, _)| path)
}

/// Whether a record lists exactly these outputs (each of which is another
/// path), and no newer one claims any of them.
pub fn same_outputs(scene: Scene<'_>, outputs: &[PathId], record: RecordRef) -> bool {
    let count = scene.state.outputs(record).len();
    count == outputs.len() && outputs.iter().all(|o| scene.state.find(*o) == Some(record))
}

/// Of a job whose recipe is as recorded.
fn by_inputs(scene: Scene<'_>, job: JobId, record: RecordRef, verdicts: &[Verdict]) -> Decision {
    let inputs = scene.commands.graph.inputs(job);
    let waits = |i: &InputRef| waiting(scene, *i, verdicts);
    let Some(first) = inputs.iter().find_map(waits) else {
        let inputs = scene.commands.graph.inputs(job).iter().filter(|i| !i.is_ancient());
        let recipe = scene.state.recipe(record);
        let now = match inputs.clone().find(|i| is_remembered(scene, **i)) {
            None => made_from(recipe, inputs.map(|i| content_read(scene, *i))),
            Some(_) => made_from(recipe, remembered(scene, record, inputs).into_iter()),
        };
        let same = now == scene.state.made_from(record) || only_marked(scene, job, record);
        return if same { Decision::Fresh } else { Decision::Run(Cause::Inputs) };
    };
    if inputs.iter().all(|i| waits(i).is_some()) {
        return Decision::Maybe(first);
    }
    match scene.state.record(record) {
        Ok(record) if !known_input_changed(scene, job, &record, verdicts) => Decision::Maybe(first),
        _ => Decision::Run(Cause::Inputs),
    }
}

/// Whether a file was written after a time in milliseconds since 1970.
fn is_newer(path: &str, time_ms: u64) -> bool {
    files::stat(path).is_ok_and(|stat| stat.exists() && stat.mtime_ns / 1_000_000 > time_ms as i64)
}

/// Whether inputs that changed are `ancient()` now and were not when the job ran: of them
/// counts what it read.
fn only_marked(scene: Scene<'_>, job: JobId, record: RecordRef) -> bool {
    let inputs = scene.commands.graph.inputs(job);
    if !inputs.iter().any(|input| input.is_ancient()) {
        return false;
    }
    let Ok(old) = scene.state.record(record) else { return false };
    if inputs.iter().zip(&old.inputs).any(|(now, old)| old.ancient && !now.is_ancient()) {
        return false;
    }
    let counting = inputs.iter().zip(&old.inputs).filter(|(_, old)| !old.ancient);
    let read = |(now, old): (&InputRef, &Input)| match now.is_ancient() || is_remembered(scene, *now) {
        true => old.digest,
        false => content_read(scene, *now),
    };
    made_from(scene.state.recipe(record), counting.map(read)) == scene.state.made_from(record)
}

fn known_input_changed(scene: Scene<'_>, job: JobId, record: &Record, verdicts: &[Verdict]) -> bool {
    let inputs = scene.commands.graph.inputs(job).iter().zip(&record.inputs);
    inputs.into_iter().any(|(now, old)| {
        let known = !now.is_ancient() && waiting(scene, *now, verdicts).is_none() && !is_remembered(scene, *now);
        known && content_read(scene, *now) != old.digest
    })
}

/// Whether a file is gone with the directory that a checkpoint makes, though
/// its job need not run; or a log or benchmark is gone.
fn is_gone_inside(scene: Scene<'_>, path: PathId) -> bool {
    let graph = scene.commands.graph;
    let gone = |tree| !scene.facts.exists(path) && (graph.is_beside(path) || !scene.facts.exists(tree));
    graph.tree_of(path).is_some_and(gone)
}

/// Whether what the last run read of an input counts, and not what is there: of
/// a file that is gone with its directory, it would be made the same again; of
/// one that holds what a job made that updated it, that was before.
fn is_remembered(scene: Scene<'_>, input: InputRef) -> bool {
    let path = input.path();
    let updated = || scene.state.output_digest(path) == Some(scene.facts.content(path));
    if input.is_before_update() { updated() } else { is_gone_inside(scene, path) }
}

/// The content of an input that counts, unless it is remembered.
fn content_read(scene: Scene<'_>, input: InputRef) -> Digest {
    let path = input.path();
    if input.is_before_update() { scene.facts.content(path) } else { content_of(scene, path) }
}

/// The contents of inputs, or of those that are remembered what the last run read.
fn remembered<'i>(scene: Scene<'_>, record: RecordRef, inputs: impl Iterator<Item = &'i InputRef>) -> Vec<Digest> {
    let old: FxHashMap<PathId, Digest> = match scene.state.record(record) {
        Ok(record) => record.inputs.iter().map(|i| (i.path, i.digest)).collect(),
        Err(_) => FxHashMap::default(),
    };
    let content = |input: InputRef| match is_remembered(scene, input) {
        true => old.get(&input.path()).copied().unwrap_or(Digest::UNKNOWN),
        false => content_read(scene, input),
    };
    inputs.map(|i| content(*i)).collect()
}

/// The job that must be done before this input's content is known.
fn waiting(scene: Scene<'_>, input: InputRef, verdicts: &[Verdict]) -> Option<JobId> {
    if input.is_ancient() {
        return None;
    }
    scene.commands.graph.origin_of(input).filter(|m| verdicts[m.index()] != Verdict::Fresh)
}

/// The content of a file that no job is about to change: of one that a job
/// made, what its record says, be it there or not; else what is on disk.
pub fn content_of(scene: Scene<'_>, path: PathId) -> Digest {
    match scene.commands.graph.maker(path) {
        Some(_) => scene.state.output_digest(path).unwrap_or(Digest::UNKNOWN),
        None => scene.facts.content(path),
    }
}

fn is_to_be_made(scene: Scene<'_>, path: PathId) -> bool {
    scene.commands.graph.maker(path).is_some() && !scene.facts.exists(path)
}

/// What the reasons behind a cause are told from: all that the state is asked
/// for, so that they can be worked out without it.
#[derive(Debug)]
pub struct Evidence {
    cause: Cause,
    /// Records may be missing that were written.
    lost: bool,
    /// The record, if it is needed and can be read.
    record: Option<Record>,
    /// Inputs as they are: path, content if it is known, `ancient()`.
    inputs: Vec<(PathId, Option<Digest>, bool)>,
    /// An input that is not there until a job makes it.
    gone: Option<PathId>,
}

impl Evidence {
    /// Of a job that runs for this cause.
    pub fn gather(scene: Scene<'_>, job: JobId, cause: Cause, verdicts: &[Verdict]) -> Evidence {
        let lost = scene.state.lost_records();
        if !matches!(cause, Cause::Recipe | Cause::Inputs) {
            return Evidence { cause, lost, record: None, inputs: Vec::new(), gone: None };
        }
        let graph = scene.commands.graph;
        let known = |i: &InputRef| {
            let known = waiting(scene, *i, verdicts).is_none() && !is_remembered(scene, *i);
            let digest = known.then(|| content_read(scene, *i));
            (i.path(), digest.filter(|d| !d.is_unknown()), i.is_ancient())
        };
        let record = graph.outputs(job).first().and_then(|o| scene.state.find(*o));
        Evidence {
            cause,
            lost,
            record: record.and_then(|r| scene.state.record(r).ok()),
            inputs: graph.inputs(job).iter().map(known).collect(),
            gone: graph.inputs(job).iter().map(|i| i.path()).find(|path| is_to_be_made(scene, *path)),
        }
    }

    /// Whether the recipe of now is compared with the recorded one.
    pub fn needs_recipe(&self) -> bool {
        self.record.is_some()
    }

    /// The reasons, given the recipe as it is now, if it is needed and known.
    pub fn reasons(&self, recipe: Option<&Recipe>) -> Vec<Reason> {
        match self.cause {
            Cause::NoRecord if self.lost => vec![Reason::RecordLost],
            Cause::NoRecord => vec![Reason::NoRecord],
            Cause::Outputs => vec![Reason::OutputsChanged],
            Cause::Edited(path) => vec![Reason::OutputEdited(path)],
            Cause::Missing(path) => vec![Reason::OutputMissing(path)],
            Cause::Forced => vec![Reason::Forced],
            Cause::Partner(_) => vec![Reason::Partner],
            Cause::Always => vec![Reason::NoOutputs],
            Cause::Recipe => match self.gone.filter(|_| recipe.is_none()) {
                Some(path) => vec![Reason::ParamsUnknown(path)],
                None => self.compared(recipe, Reason::RecipeUnclear),
            },
            Cause::Inputs => self.compared(recipe, Reason::InputsUnclear),
        }
    }

    /// What differs; `unclear` if that cannot be told.
    fn compared(&self, recipe: Option<&Recipe>, unclear: Reason) -> Vec<Reason> {
        let (Some(record), Some(recipe)) = (&self.record, recipe) else {
            return vec![unclear];
        };
        let Recipe { command, params, scripts, environment } = recipe;
        let reasons = stale::compare(record, Now { command, params, scripts, environment, inputs: &self.inputs });
        if reasons.is_empty() { vec![unclear] } else { reasons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_compared_is_not_called_never_made() {
        let reasons = |cause, record| {
            Evidence { cause, lost: false, record, inputs: Vec::new(), gone: None }.reasons(Some(&Recipe::default()))
        };
        assert_eq!(reasons(Cause::Recipe, None), [Reason::RecipeUnclear]);
        assert_eq!(reasons(Cause::Inputs, None), [Reason::InputsUnclear]);
        assert_eq!(reasons(Cause::Inputs, Some(Record::default())), [Reason::InputsUnclear]);
        assert_eq!(reasons(Cause::NoRecord, None), [Reason::NoRecord]);
        let record = Record { command: "old".into(), ..Record::default() };
        assert!(matches!(reasons(Cause::Recipe, Some(record))[..], [Reason::Command { .. }]));
    }
}
