//! Python that is about to run is compiled before any job starts: what is no
//! Python is told at once, not after hours.
//!
//! Owns which texts are compiled, and remembers those that are right. The
//! compiler is Python itself; where it is not there, the jobs will say so.

use super::aside::{Aside, Came};
use super::open::Pipeline;
use super::work::interpreted;
use super::{Listener, Options};
use crate::command::{Source, compiler};
use crate::diag::{Diag, Diags, Kind};
use crate::exec::{Executor, Exit, Spec};
use crate::files;
use crate::graph::JobId;
use crate::plan::Verdict;
use crate::rule::RuleId;
use crate::state;
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

/// How many texts are remembered; beyond that all are compiled anew.
const MOST: usize = 10_000;
/// How much of what the compiler says is read.
const SHOWN: usize = 64 * 1024;

/// Compiles the Python of jobs that run or may run. Gives what was asked for
/// meanwhile.
///
/// # Errors
/// A message for each text that Python does not read.
pub fn compile_python(
    pipeline: &Pipeline<'_>,
    options: &Options,
    executor: &mut dyn Executor,
    listener: &Listener,
) -> Result<Came, Diags> {
    let path = Path::new(files::STATE_DIR).join(state::COMPILED);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let known: FxHashSet<&str> = known.lines().collect();
    let mut seen = FxHashSet::default();
    let mut sources = sources(pipeline);
    sources.retain(|(_, _, digest)| !known.contains(digest.as_str()) && seen.insert(digest.clone()));
    if sources.is_empty() {
        return Ok(Came::default());
    }
    let texts: Vec<&Source> = sources.iter().map(|(_, source, _)| source).collect();
    let command = interpreted(compiler(&texts), Aside::NUMBER);
    if executor.lacks(&command).is_some() {
        return Ok(Came::default());
    }
    listener.arm(true);
    let log = PathBuf::from(files::STATE_DIR).join(state::LOGS).join("python.log");
    let spec = Spec { command, log: log.clone(), log_limit: options.log_limit, ..Spec::default() };
    let (exit, came) = Aside::new(spec).run(executor, &listener.asks);
    if came.signal.is_some() || !exit.status.is_success() {
        return Ok(came);
    }
    let said = said(&exit, &log);
    let diags: Diags = said.lines().filter_map(|line| wrong(pipeline, &sources, line)).collect();
    if !diags.is_empty() {
        return Err(diags);
    }
    let mut text = String::new();
    let old = known.into_iter().filter(|_| sources.len() < MOST).take(MOST - sources.len().min(MOST));
    for digest in old.chain(sources.iter().map(|(_, _, digest)| digest.as_str())) {
        text.extend([digest, "\n"]);
    }
    // Without it they are compiled once more.
    let _ = std::fs::write(&path, text);
    Ok(came)
}

fn said(exit: &Exit, log: &Path) -> String {
    if exit.log_bytes > 0 { files::read_ends(log, SHOWN).unwrap_or_default() } else { String::new() }
}

/// The texts of one job of each rule, with their digests.
fn sources(pipeline: &Pipeline<'_>) -> Vec<(RuleId, Source, String)> {
    let graph = &pipeline.graph;
    let mut rules: FxHashSet<RuleId> = FxHashSet::default();
    let stale = |job: &JobId| pipeline.plan.verdict(*job) != Verdict::Fresh && graph.open(*job).is_none();
    let jobs = graph.order().iter().copied().filter(stale).filter(|job| rules.insert(graph.rule(*job)));
    let commands = pipeline.commands();
    let of_job = |job| commands.python_of(job).into_iter().map(move |source| (graph.rule(job), source));
    let all = jobs.flat_map(of_job);
    let with_digest = |(rule, source): (RuleId, Source)| {
        let digest = source.digest().to_string();
        (rule, source, digest)
    };
    all.map(with_digest).collect()
}

/// What a line of the compiler says.
fn wrong(pipeline: &Pipeline<'_>, sources: &[(RuleId, Source, String)], line: &str) -> Option<Diag> {
    let mut cells = line.splitn(4, '\t');
    let (number, at) = (cells.next()?.parse::<usize>().ok()?, cells.next()?);
    let (text, why) = (cells.next()?, cells.next()?);
    let (rule, source, _) = sources.get(number)?;
    let rule = pipeline.fixed.book.rule(*rule);
    let message = format!("Python cannot read {}, line {at}: {why}", source.shown);
    let shown = if text.is_empty() { None } else { Some(format!("the line is `{text}`")) };
    let diag = Diag::error(Kind::Plan, message).label(rule.places.head, "a job of this rule would run it");
    Some(shown.into_iter().fold(diag, Diag::note))
}
