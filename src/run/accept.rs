//! Taking things as made without running: `--touch` and `--accept`.

use super::Options;
use super::open::Pipeline;
use super::task::{stat_of, unix_ms};
use crate::command::{Recipe, made_from};
use crate::diag::{Diag, Diags, Kind};
use crate::digest::Digest;
use crate::files;
use crate::graph::JobId;
use crate::path::PathId;
use crate::plan::{Bonds, Cause, Verdict};
use crate::record::{Input, Record, Stats};
use rustc_hash::FxHashSet;
use std::time::SystemTime;

/// What `--touch` did.
#[derive(Debug, Default)]
pub struct Touched {
    /// Jobs whose outputs are now taken as made.
    pub accepted: usize,
    /// Jobs that were up to date.
    pub fresh: usize,
    /// Outputs that are not there, so that their jobs stay stale.
    pub missing: Vec<String>,
    /// Why other jobs could not be taken as made, such as an input that is not
    /// there; they stay stale.
    pub left: Diags,
}

/// Records the existing outputs of jobs as if they had just been made: of the
/// jobs that make the named files, or of all jobs of the plan. What is behind a
/// checkpoint that is taken as made is taken as made, too. Goes on with the
/// others where it cannot.
///
/// # Errors
/// If the log cannot be written; of the plan of what is behind a checkpoint.
pub fn touch(pipeline: &mut Pipeline<'_>, options: &Options) -> Result<Touched, Diags> {
    let mut touched = Touched::default();
    let mut seen: FxHashSet<JobId> = FxHashSet::default();
    loop {
        let mut jobs = to_touch(pipeline, options);
        jobs.retain(|j| pipeline.graph.open(*j).is_none() && seen.insert(*j));
        if jobs.is_empty() {
            break;
        }
        for job in jobs {
            touch_job(pipeline, job, options, &mut touched).map_err(|d| vec![d])?;
        }
        pipeline.grow_all(options, &|_, _| {})?;
        pipeline.plan.set_bonds(Bonds::find(pipeline.fixed.book, &pipeline.graph));
    }
    let open = to_touch(pipeline, options).into_iter().filter(|j| pipeline.graph.open(*j).is_some());
    touched.left.extend(open.map(|job| unknown_inputs(pipeline, job)));
    Ok(touched)
}

fn unknown_inputs(pipeline: &Pipeline<'_>, job: JobId) -> Diag {
    let name = pipeline.graph.describe(pipeline.fixed.book, &pipeline.paths, job);
    Diag::error(Kind::Plan, format!("what `{name}` reads is not known before its checkpoint is done"))
}

fn to_touch(pipeline: &Pipeline<'_>, options: &Options) -> Vec<JobId> {
    let graph = &pipeline.graph;
    let mut jobs: Vec<JobId> = graph.order().to_vec();
    if !options.targets.is_empty() && graph.target_jobs().is_empty() {
        let targets: FxHashSet<PathId> = graph.targets().iter().copied().collect();
        jobs.retain(|j| graph.outputs(*j).iter().any(|o| targets.contains(o)));
    }
    jobs.retain(|j| !graph.outputs(*j).is_empty());
    jobs
}

fn touch_job(pipeline: &mut Pipeline<'_>, job: JobId, options: &Options, touched: &mut Touched) -> Result<(), Diag> {
    if pipeline.plan.verdict(job) == Verdict::Fresh {
        touched.fresh += 1;
        return Ok(());
    }
    let missing = missing(pipeline, job);
    if !missing.is_empty() {
        touched.missing.extend(missing);
        return Ok(());
    }
    if !was_read(pipeline, job) {
        return Ok(());
    }
    let record = match as_made(pipeline, job, options) {
        Ok(record) => record,
        Err(diag) => {
            touched.left.push(diag);
            return Ok(());
        }
    };
    pipeline.state.append(&record, None, &pipeline.paths)?;
    for (path, digest) in &record.outputs {
        let there = !pipeline.plan.bonds().fleeting().contains(path);
        pipeline.facts.set(*path, there, *digest);
    }
    pipeline.plan.set_fresh(job);
    touched.accepted += 1;
    Ok(())
}

/// The outputs of a job that should be there and are not. What is there only
/// while jobs run should not.
fn missing(pipeline: &Pipeline<'_>, job: JobId) -> Vec<String> {
    let lasting = |path: &&PathId| !pipeline.plan.bonds().fleeting().contains(path);
    let outputs = pipeline.graph.outputs(job).iter().filter(lasting).map(|path| pipeline.paths.str(*path));
    outputs.filter(|path| stat_of(path).is_none()).map(str::to_owned).collect()
}

/// Whether what a job wrote to pipes, or served, was made use of: all that runs
/// with it has its outputs.
fn was_read(pipeline: &Pipeline<'_>, job: JobId) -> bool {
    let bonds = pipeline.plan.bonds();
    let made = |job: &JobId| missing(pipeline, *job).is_empty();
    let joined = bonds.together(job).is_none_or(|set| set.iter().all(made));
    joined && bonds.readers(job).is_none_or(|readers| readers.iter().any(made))
}

fn as_made(pipeline: &mut Pipeline<'_>, job: JobId, options: &Options) -> Result<Record, Diag> {
    let (recipe, digest) = recipe(pipeline, job)?;
    let graph = &pipeline.graph;
    let inputs: Vec<(PathId, bool)> = graph.inputs(job).iter().map(|i| (i.path(), i.is_ancient())).collect();
    let outputs = graph.outputs(job).to_vec();
    let mut record = Record {
        recipe: digest,
        rule: pipeline.fixed.book.rule(graph.rule(job)).name.clone(),
        accepted: Some("taken as made by --touch".into()),
        stats: Stats { start_ms: unix_ms(SystemTime::now()), attempt: 1, ..Stats::default() },
        ..Record::from(recipe)
    };
    for (path, ancient) in inputs {
        let digest = if ancient { Digest::UNKNOWN } else { content(pipeline, path, options)? };
        record.inputs.push(Input { path, digest, ancient });
    }
    let counting = record.inputs.iter().filter(|i| !i.ancient).map(|i| i.digest);
    record.made_from = made_from(digest, counting);
    for path in outputs {
        let digest = match pipeline.plan.bonds().fleeting().contains(&path) {
            true => record.made_from,
            false => content(pipeline, path, options)?,
        };
        record.outputs.push((path, digest));
    }
    Ok(record)
}

fn recipe(pipeline: &Pipeline<'_>, job: JobId) -> Result<(Recipe, Digest), Diag> {
    let commands = pipeline.commands();
    let params = commands.params(&[job]).pop().expect("one answer for one job")?;
    let mut recipe = Recipe::default();
    recipe.fill(&commands, job, &params)?;
    let digest = recipe.digest(&commands, job);
    Ok((recipe, digest))
}

/// What a file holds now; of one that was made and is gone, what was made.
fn content(pipeline: &mut Pipeline<'_>, path: PathId, options: &Options) -> Result<Digest, Diag> {
    let name = pipeline.paths.str(path);
    let Some(stat) = stat_of(name) else {
        let gone = || {
            Diag::error(Kind::Plan, format!("`{name}` is not there, so what was made from it cannot be taken as made"))
        };
        return pipeline.state.output_digest(path).ok_or_else(gone);
    };
    let memo = &mut pipeline.memo;
    if let Some(digest) = memo.known(path, &stat, || options.trust.covers(name)) {
        return Ok(digest);
    }
    let threads = options.hash_threads;
    let reading = pipeline.clock.read();
    let found = match stat.kind {
        files::Kind::Dir => files::digest_tree(name, None, threads),
        _ => files::digest_file(name, threads),
    };
    let (stat, digest) = found.map_err(|e| Diag::error(Kind::System, format!("cannot read `{name}`: {e}")))?;
    pipeline.memo.insert(path, &stat, digest, reading);
    Ok(digest)
}

/// What `--accept` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Jobs whose outputs are now taken as made.
    pub jobs: usize,
    /// Jobs that have other inputs than recorded: no cosmetic change.
    pub other_inputs: usize,
}

/// Takes the present commands and params of a rule's jobs as those that made
/// their outputs.
pub fn accept_rule(pipeline: &mut Pipeline<'_>, name: &str) -> Result<Accepted, Diag> {
    let Some(rule) = pipeline.fixed.book.find(name) else {
        let known = pipeline.fixed.book.rules.iter().map(|r| &*r.name);
        return Err(Diag::error(Kind::Usage, format!("`--accept {name}`: there is no such rule"))
            .maybe_hint(crate::suggest::did_you_mean(name, known)));
    };
    let graph = &pipeline.graph;
    let of_rule = |j: &JobId| graph.rule(*j) == rule && pipeline.plan.cause(*j) == Some(Cause::Recipe);
    let jobs: Vec<JobId> = graph.order().iter().copied().filter(of_rule).collect();
    let mut accepted = Accepted::default();
    for job in jobs {
        let (recipe, digest) = recipe(pipeline, job)?;
        let reference = pipeline.state.find(pipeline.graph.outputs(job)[0]).expect("a changed recipe has a record");
        let old = pipeline.state.record(reference)?;
        let inputs = pipeline.graph.inputs(job);
        let same_inputs = old.inputs.len() == inputs.len()
            && old.inputs.iter().zip(inputs).all(|(a, b)| (a.path, a.ancient) == (b.path(), b.is_ancient()));
        let new = Record::from(recipe);
        if !same_inputs {
            accepted.other_inputs += 1;
            continue;
        }
        let counting = old.inputs.iter().filter(|i| !i.ancient).map(|i| i.digest);
        let made_from = made_from(digest, counting);
        let accepted_note = Some("its command was accepted by --accept".into());
        let record = Record {
            recipe: digest,
            made_from,
            command: new.command,
            params: new.params,
            scripts: new.scripts,
            environment: new.environment,
            accepted: accepted_note,
            ..old
        };
        pipeline.state.append(&record, None, &pipeline.paths)?;
        accepted.jobs += 1;
    }
    Ok(accepted)
}
