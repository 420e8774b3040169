//! From a job that is to start to the task that a worker gets.

use super::{Running, Work};
use crate::command::{Needs, Program, Recipe};
use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::event::{self, Event};
use crate::exec::{Command, Interpreter, Spec};
use crate::files::{self, Reading};
use crate::graph::{InputRef, JobId};
use crate::path::PathId;
use crate::plan::{self, Cause, Scene, content_of};
use crate::record::{Record, Stats};
use crate::rule::{Flags, Output};
use crate::run::follow::Follow;
use crate::run::task::{Counts, JobTask, TaskInput, TaskOutput};
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
                    self.cannot_start(job, *diag);
                }
            }
        }
    }

    fn prepare(&mut self, job: JobId, slot: Slot) -> Result<(JobTask, Running, Vec<event::ReasonText>), Box<Diag>> {
        let attempt = self.attempt(job);
        let needs = self.needs.take(self.graph.rule(job), job);
        let paths = self.shared.paths();
        let commands = self.fixed.commands(&self.graph, &paths);
        let params = commands.params(&[job]).pop().expect("one answer for one job")?;
        let rendered = match commands.params_of_attempt(job, attempt) {
            Some(params) => commands.render(job, &params?, &needs, attempt)?,
            None => commands.render(job, &params, &needs, attempt)?,
        };
        let mut recipe = Recipe::default();
        recipe.fill(&commands, job, &params)?;
        let described = Arc::new(plan::described(commands, job, Some((&rendered, &needs))));
        let (task, before, evidence) = self.with_scene(|scene| {
            let files = (self.inputs(scene, job), self.outputs(scene, job));
            let evidence = if self.hands.reasons { self.plan.evidence(scene, job) } else { None };
            (files, self.before(scene, job), evidence)
        });
        let reasons = evidence.map_or_else(Vec::new, |e| plan::worded(&e, Some(&recipe), commands.paths));
        let (inputs, outputs) = task;
        let spec = self.spec(rendered.command.clone().unwrap_or_default(), rendered.program, &needs, &described);
        if let Some(why) = self.hands.executor.lacks(&spec.command) {
            return Err(Box::new(Diag::error(Kind::System, why).note(format!("for job `{}`", commands.describe(job)))));
        }
        let task = JobTask {
            job,
            has_command: rendered.command.is_some(),
            spec,
            inputs,
            outputs,
            logs: rendered.logs.into_iter().map(|path| Out { path, marks: Marks::LOG }).collect(),
            recipe: recipe.digest(&commands, job),
            record: record(&described, recipe, attempt),
            number: None,
            shared: self.shared.clone(),
            transaction: None,
            stuck: false,
            aside: Vec::new(),
            before: Vec::new(),
            digested: Vec::new(),
            reading: Reading::NONE,
            spawned: Arc::default(),
        };
        let follow = Follow::new(task.spec.log.clone(), task.spawned.clone());
        Ok((task, Running { slot, job: described, attempt, before, follow }, reasons))
    }

    /// What the last record of a job says it made, and from what, if it runs
    /// only because an output is missing.
    fn before(&self, scene: Scene<'_>, job: JobId) -> Option<(Digest, Vec<(PathId, Digest)>)> {
        let missing = matches!(self.plan.cause(job), Some(Cause::Missing(_)));
        let output = scene.commands.graph.outputs(job).first().filter(|_| missing)?;
        let record = scene.state.find(*output)?;
        Some((scene.state.made_from(record), scene.state.outputs(record).collect()))
    }

    fn shell(&self, text: String) -> Command {
        let book = self.fixed.book;
        Command {
            text: text + book.shell_suffix.as_deref().unwrap_or(""),
            prefix: book.shell_prefix.as_deref().unwrap_or("").to_owned(),
            shell: book.shell_executable.as_deref().map(str::to_owned),
            interpreter: None,
        }
    }

    fn spec(&self, text: String, program: Option<Program>, needs: &Needs, described: &event::Job) -> Spec {
        let (book, job) = (self.fixed.book, JobId(described.id));
        let threads = needs.threads.to_string();
        Spec {
            command: match program {
                Some(program) => interpreted(program, described.id),
                None => self.shell(text),
            },
            env: THREAD_VARIABLES.iter().map(|name| (name.to_string(), threads.clone())).collect(),
            timeout: book.rule(self.graph.rule(job)).timeout,
            log: log_path(described),
            log_limit: self.options.log_limit,
        }
    }

    fn inputs(&self, scene: Scene<'_>, job: JobId) -> Vec<TaskInput> {
        let counts = |input: &InputRef| match input.path() {
            _ if input.is_ancient() => Counts::Existence,
            path if self.touched.contains(&path) => Counts::Recorded(content_of(scene, path)),
            // What was noted of a file that was edited by hand is not what its
            // job made, and nobody has seen it since.
            path => Counts::Content(self.memo.noted(path).filter(|noted| noted.digest == content_of(scene, path))),
        };
        scene.commands.graph.inputs(job).iter().map(|input| TaskInput::new(input.path(), counts(input))).collect()
    }

    fn outputs(&self, scene: Scene<'_>, job: JobId) -> Vec<TaskOutput> {
        let commands = scene.commands;
        let rule = commands.book.rule(commands.graph.rule(job));
        let output = |(path, output): (&PathId, &Output)| {
            let mut marks = Marks::empty();
            marks.set(Marks::DIRECTORY, output.flags.contains(Flags::DIRECTORY));
            marks.set(Marks::TOUCH, output.flags.contains(Flags::TOUCH));
            marks.set(Marks::PROTECTED, output.flags.contains(Flags::PROTECTED));
            let out = Out { path: commands.paths.str(*path).to_owned(), marks };
            TaskOutput { path: *path, out, made: scene.state.output_digest(*path), noted: self.memo.noted(*path) }
        };
        commands.graph.outputs(job).iter().zip(&rule.outputs.items).map(output).collect()
    }
}

/// A program as the executor takes it, in a file named after a number that no
/// other has meanwhile.
pub(in crate::run) fn interpreted(program: Program, number: u32) -> Command {
    let words = program.interpreter.iter().map(|w| w.to_string()).collect();
    let directory = PathBuf::from(files::STATE_DIR).join(state::PROGRAMS);
    let interpreter = Some(Interpreter { words, file: directory.join(format!("{number}{}", program.ending)) });
    Command { text: program.text, interpreter, ..Command::default() }
}

/// The record of an attempt, complete but for contents and figures.
fn record(described: &event::Job, recipe: Recipe, attempt: u32) -> Record {
    Record {
        rule: described.rule.as_str().into(),
        command: recipe.command.into(),
        params: recipe.params.into_iter().map(|(n, v)| (n.into(), v.into())).collect(),
        scripts: recipe.scripts.into_iter().map(|(p, d)| (p.into(), d)).collect(),
        environment: recipe.environment.into(),
        stats: Stats {
            attempt,
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
