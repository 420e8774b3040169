//! From a job that is to start to the task that a worker gets.

use super::{Running, Work};
use crate::command::{Needs, Recipe, Rendered};
use crate::diag::Diag;
use crate::digest::Digest;
use crate::event::{self, Event};
use crate::exec::{Command, Spec};
use crate::files::{self, Reading};
use crate::graph::{InputRef, JobId};
use crate::path::PathId;
use crate::plan::{Cause, Scene, Viewer, content_of, is_edited};
use crate::record::{Record, Stats};
use crate::rule::{Flags, Output};
use crate::run::follow::Follow;
use crate::run::task::{JobTask, TaskInput};
use crate::schedule::{JobId as Slot, Outcome as Ended};
use crate::settle::{Marks, Out};
use crate::state;
use std::path::PathBuf;
use std::sync::Arc;

/// Variables that tell a job how many threads it may use.
const THREAD_VARIABLES: [&str; 6] = [
    "OMP_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
];

/// How many bytes of a path stand in the name of its log. File systems take 255.
const LONGEST: usize = 180;

impl Work<'_, '_> {
    pub(super) fn start_all(&mut self) {
        while self.stop.is_none()
            && let Some(slot) = self.scheduler.pop_ready()
        {
            let job = self.jobs[slot.0 as usize];
            match self.prepare(job, slot) {
                Ok((task, running, reasons)) => {
                    self.tell(Event::Started { job: running.job.clone(), reasons });
                    self.running.insert(job.0, running);
                    self.hands.executor.start(Box::new(task));
                }
                Err(diag) => {
                    self.scheduler.finished(slot, Ended::Failed);
                    self.summary.not_run += 1;
                    self.give_up(*diag);
                }
            }
        }
    }

    fn prepare(&self, job: JobId, slot: Slot) -> Result<(JobTask, Running, Vec<event::ReasonText>), Box<Diag>> {
        let paths = self.shared.paths();
        let commands = &self.fixed.commands(&self.graph, &paths);
        let params = commands.params(&[job]).pop().expect("one answer for one job")?;
        let needs = commands.needs(job, 1)?;
        let rendered = commands.render(job, &params, &needs)?;
        let mut recipe = Recipe::default();
        recipe.fill(commands, job, &params)?;
        let (described, reasons, before) = self.with_scene(|scene| {
            let viewer = Viewer { scene, plan: &self.plan };
            let record = commands.graph.outputs(job).first().and_then(|o| scene.state.find(*o));
            let missing = matches!(self.plan.cause(job), Some(Cause::Missing(_)));
            let before = record.filter(|_| missing);
            let before = before.map(|r| (scene.state.made_from(r), scene.state.outputs(r).collect()));
            (Arc::new(viewer.job(job, Some((&rendered, &needs)))), viewer.reasons(job), before)
        });
        let task = self.task(job, rendered, &needs, recipe, &described);
        let follow = Follow::new(task.spec.log.clone(), task.spawned.clone());
        Ok((task, Running { slot, job: described, before, follow }, reasons))
    }

    fn task(&self, job: JobId, rendered: Rendered, needs: &Needs, recipe: Recipe, described: &event::Job) -> JobTask {
        let digest = recipe.digest(&self.fixed.commands(&self.graph, &self.shared.paths()), job);
        let (inputs, outputs) = self.with_scene(|scene| (task_inputs(scene, job), outs(scene, job)));
        JobTask {
            job,
            spec: self.spec(rendered.command.unwrap_or_default(), needs, described),
            inputs,
            outputs,
            logs: rendered.logs.into_iter().map(|path| Out { path, marks: Marks::LOG }).collect(),
            record: record(described, recipe),
            recipe: digest,
            number: None,
            shared: self.shared.clone(),
            transaction: None,
            aside: Vec::new(),
            before: Vec::new(),
            digested: Vec::new(),
            reading: Reading::NONE,
            spawned: Arc::default(),
        }
    }

    fn spec(&self, text: String, needs: &Needs, described: &event::Job) -> Spec {
        let book = self.fixed.book;
        let threads = needs.threads.to_string();
        Spec {
            command: Command {
                text,
                prefix: book.shell_prefix.as_deref().unwrap_or("").to_owned(),
                shell: book.shell_executable.as_deref().map(str::to_owned),
            },
            env: THREAD_VARIABLES.iter().map(|name| (name.to_string(), threads.clone())).collect(),
            log: log_path(described),
            log_limit: self.options.log_limit,
        }
    }
}

fn task_inputs(scene: Scene<'_>, job: JobId) -> Vec<TaskInput> {
    let known = |path| Some(content_of(scene, path)).filter(|d| !d.is_unknown());
    let input = |i: &InputRef| TaskInput {
        path: i.path(),
        digest: if i.is_ancient() { None } else { known(i.path()) },
        ancient: i.is_ancient(),
    };
    scene.commands.graph.inputs(job).iter().map(input).collect()
}

fn outs(scene: Scene<'_>, job: JobId) -> Vec<(PathId, Out)> {
    let commands = scene.commands;
    let rule = commands.book.rule(commands.graph.rule(job));
    let out = |(path, output): (&PathId, &Output)| {
        let mut marks = Marks::empty();
        marks.set(Marks::DIRECTORY, output.flags.contains(Flags::DIRECTORY));
        marks.set(Marks::TOUCH, output.flags.contains(Flags::TOUCH));
        marks.set(Marks::PROTECTED, output.flags.contains(Flags::PROTECTED));
        marks.set(Marks::KEEP_OLD, is_edited(scene, job, *path) && !is_link(commands.paths.str(*path)));
        (*path, Out { path: commands.paths.str(*path).to_owned(), marks })
    };
    commands.graph.outputs(job).iter().zip(&rule.outputs.items).map(out).collect()
}

/// A link has no content of its own to keep.
fn is_link(path: &str) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink())
}

/// The record of an attempt, complete but for contents and figures.
fn record(described: &event::Job, recipe: Recipe) -> Record {
    Record {
        rule: described.rule.as_str().into(),
        command: recipe.command.into(),
        params: recipe.params.into_iter().map(|(n, v)| (n.into(), v.into())).collect(),
        environment: recipe.environment.into(),
        stats: Stats {
            attempt: 1,
            host: state::process::host().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Stats::default()
        },
        ..Record::default()
    }
}

/// Where a job's output goes: a name that people can find again.
pub(super) fn log_path(job: &event::Job) -> PathBuf {
    let file = file_name(job.outputs.first().map_or("output", String::as_str));
    PathBuf::from(files::STATE_DIR).join(state::LOGS).join(file_name(&job.rule)).join(format!("{file}.log"))
}

/// A path as one file name: slashes become `%`, and a long one is cut.
fn file_name(path: &str) -> String {
    let name = path.replace('%', "%25").replace('/', "%");
    if name.len() <= LONGEST {
        return name;
    }
    let cut = name.floor_char_boundary(LONGEST);
    format!("{}-{}", &name[..cut], Digest::of(name.as_bytes()).short())
}
