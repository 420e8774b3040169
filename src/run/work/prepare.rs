//! From a job that is to start to the task that a worker gets.

use super::{Running, Work};
use crate::command::{Needs, Program, Recipe, Rendered};
use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::event::{self, Event};
use crate::exec::{Command, Interpreter, Spec};
use crate::files;
use crate::graph::{InputRef, JobId};
use crate::path::PathId;
use crate::plan::{self, Cause, Scene, content_of};
use crate::record::{Record, Stats};
use crate::rule::{Flags, Output, Param, Rule};
use crate::run::follow::Follow;
use crate::run::task::{Benchmark, Counts, Extended, JobTask, Promise, TaskInput, TaskOutput};
use crate::schedule::{JobId as Slot, Outcome as Ended};
use crate::settle::{Marks, Out};
use crate::state;
use crate::value::Val;
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

/// Variables that say where temporary files go.
const TMPDIR_VARIABLES: [&str; 4] = ["TMPDIR", "TMP", "TEMP", "TEMPDIR"];

/// The variable that says which devices a program may use.
const DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// How many bytes of a path stand in the name of its log. File systems take 255.
const LONGEST: usize = 180;

/// A task, what is kept of it, and why it runs.
type Prepared = (JobTask, Running, Vec<event::ReasonText>);

impl Work<'_, '_> {
    pub(super) fn start_all(&mut self) {
        while self.stop.is_none()
            && let Some(slot) = self.scheduler.pop_ready()
        {
            let job = self.jobs[slot.0 as usize];
            match self.prepare_unit(job, slot) {
                Ok(tasks) => {
                    for (task, running, reasons) in tasks {
                        self.tell(Event::Started { job: running.job.clone(), reasons });
                        self.running.insert(task.job.0, running);
                        self.hands.executor.start(Box::new(task));
                    }
                }
                Err((job, diag)) => {
                    self.members(job).iter().for_each(|member| self.devices.give_back(*member));
                    self.units.remove(&slot);
                    self.services.retain(|live| !live.is_in(slot));
                    self.scheduler.finished(slot, Ended::Failed);
                    self.cannot_start(job, *diag);
                }
            }
        }
    }

    /// The tasks of all jobs of a slot; or the job that cannot start, and why.
    fn prepare_unit(&mut self, job: JobId, slot: Slot) -> Result<Vec<Prepared>, (JobId, Box<Diag>)> {
        let members = self.members(job);
        let bond = self.bond(slot, &members);
        let mut tasks = Vec::new();
        for member in members.iter() {
            let (mut task, running, reasons) = self.prepare(*member, slot).map_err(|diag| (*member, diag))?;
            task.bond = bond.clone();
            tasks.push((task, running, reasons));
        }
        Ok(tasks)
    }

    /// What a job's fleeting outputs stand for, for those that read them.
    fn promise(&mut self, job: JobId) -> Option<Arc<Promise>> {
        let fleeting = self.plan.bonds().fleeting();
        let outputs = self.graph.outputs(job).iter().filter(|path| fleeting.contains(path));
        let promise = Arc::new(Promise::default());
        let own: Vec<PathId> = outputs.copied().collect();
        self.promises.extend(own.iter().map(|path| (*path, promise.clone())));
        (!own.is_empty()).then_some(promise)
    }

    fn prepare(&mut self, job: JobId, slot: Slot) -> Result<Prepared, Box<Diag>> {
        if let Some(service) = self.lost_service(job) {
            let name = self.graph.describe(self.fixed.book, &self.shared.paths(), service);
            return Err(Diag::error(Kind::Job, format!("the service `{name}` that it reads from has ended")).into());
        }
        let attempt = self.attempt(job);
        let needs = self.needs.take(self.graph.rule(job), job);
        self.make_tmpdir(job, &needs)?;
        self.devices.take(job, needs.devices());
        let (promise, service) = (self.promise(job), self.enter_service(job, slot));
        let paths = self.shared.paths();
        let commands = self.fixed.commands(&self.graph, &paths);
        commands.priority(job)?;
        let params = commands.params(&[job]).pop().expect("one answer for one job")?;
        let own = commands.params_of_attempt(job, attempt, &needs).transpose()?;
        let (rendered, again) = commands.render_all(job, own.as_ref().unwrap_or(&params), &needs, attempt)?;
        let mut recipe = Recipe::default();
        recipe.fill(&commands, job, &params)?;
        let described = Arc::new(plan::described(commands, job, Some((&rendered, &needs))));
        let env = self.variables(job, &needs, commands.env(job, &needs, attempt)?);
        let spec = self.spec((&rendered, &again), env, &described);
        if let Some(why) = self.hands.executor.lacks(&spec.command) {
            return Err(Box::new(Diag::error(Kind::System, why).note(format!("for job `{}`", commands.describe(job)))));
        }
        let (files, before, evidence) = self.with_scene(|scene| {
            let files = (self.inputs(scene, job), self.outputs(scene, job));
            let evidence = if self.hands.reasons { self.plan.evidence(scene, job) } else { None };
            (files, self.before(scene, job), evidence)
        });
        let reasons = evidence.map_or_else(Vec::new, |e| plan::worded(&e, Some(&recipe), commands.paths));
        let (inputs, mut outputs) = files;
        for (output, ensured) in outputs.iter_mut().zip(commands.ensured(job, &needs)?) {
            output.ensure = ensured;
        }
        let digest = recipe.digest(&commands, job);
        let record = record(&described, recipe, attempt);
        let extended = self.options.benchmark_extended.then(|| {
            let params =
                commands.book.rule(commands.graph.rule(job)).params.iter().zip(own.as_ref().unwrap_or(&params).iter());
            Box::new(extended(&described, params, &needs))
        });
        let task = JobTask {
            has_command: rendered.command.is_some(),
            benchmark: rendered.benchmark.map(|path| Benchmark { path, extended }),
            inputs,
            outputs,
            promise,
            service,
            shadow: commands.book.rule(commands.graph.rule(job)).shadow,
            logs: rendered.logs.iter().map(|path| Out { path: path.clone(), marks: Marks::LOG }).collect(),
            log_paths: rendered.logs,
            ..JobTask::new(job, spec, (digest, record), self.shared.clone())
        };
        let follow = Follow::new(task.spec.log.clone(), task.spawned.clone());
        Ok((task, Running { slot, job: described, attempt, before, follow }, reasons))
    }

    /// A directory for temporary files that a rule names is made, once a run.
    fn make_tmpdir(&mut self, job: JobId, needs: &Needs) -> Result<(), Box<Diag>> {
        let Some(dir) = needs.tmpdir().filter(|dir| *dir != self.options.tmpdir) else { return Ok(()) };
        if self.tmpdirs.contains(dir) {
            return Ok(());
        }
        let made = self.shared.settler.make_dir(dir);
        made.map_err(|e| {
            let rule = self.fixed.book.rule(self.graph.rule(job));
            Diag::error(Kind::Job, format!("cannot make `{dir}` for temporary files: {e}")).label(rule.places.head, "")
        })?;
        self.tmpdirs.insert(dir.to_owned());
        Ok(())
    }

    /// What the last record of a job says it made, and from what, if it runs
    /// only because an output is missing; none if one that was asked for is: what comes of
    /// it is meant to be new.
    fn before(&self, scene: Scene<'_>, job: JobId) -> Option<(Digest, Vec<(PathId, Digest)>)> {
        let missing = matches!(self.plan.cause(job), Some(Cause::Missing(_)));
        let output = scene.commands.graph.outputs(job).first().filter(|_| missing)?;
        let record = scene.state.find(*output)?;
        let renewed = |path: PathId| self.plan.is_asked_for(path) && !scene.facts.exists(path);
        let is_renewed = scene.state.outputs(record).any(|(path, _)| renewed(path));
        (!is_renewed).then(|| (scene.state.made_from(record), scene.state.outputs(record).collect()))
    }

    fn shell(&self, text: String, rule: &Rule) -> Command {
        let book = self.fixed.book;
        Command {
            text: match &book.shell_suffix {
                Some(suffix) => format!("{text} {suffix}"),
                None => text,
            },
            prefix: book.shell_prefix.as_ref().map(|prefix| format!("{prefix} ")),
            shell: rule.shell().or(book.shell_executable.as_deref()).map(str::to_owned),
            interpreter: None,
        }
    }

    fn spec(&self, texts: (&Rendered, &[Rendered]), env: Vec<(String, String)>, described: &event::Job) -> Spec {
        let rule = self.fixed.book.rule(self.graph.rule(JobId(described.id)));
        let command = |rendered: &Rendered| match rendered.program.clone() {
            Some(program) => interpreted(program, described.id),
            None => self.shell(rendered.command.clone().unwrap_or_default(), rule),
        };
        Spec {
            command: command(texts.0),
            again: texts.1.iter().map(command).collect(),
            env,
            directory: None,
            measure: rule.benchmark.is_some(),
            timeout: rule.timeout,
            log: log_path(described),
            log_limit: self.options.log_limit,
        }
    }

    /// Environment variables of a job: its threads, its directory for temporary
    /// files, its devices, and those of the rule's `env:`, which win.
    fn variables(&self, job: JobId, needs: &Needs, own: Vec<(String, String)>) -> Vec<(String, String)> {
        let threads = needs.threads.to_string();
        let mut all: Vec<(String, String)> =
            THREAD_VARIABLES.iter().map(|name| (name.to_string(), threads.clone())).collect();
        all.extend(
            needs.tmpdir().into_iter().flat_map(|dir| TMPDIR_VARIABLES.map(|name| (name.to_owned(), dir.to_owned()))),
        );
        all.extend(self.devices.of(job).map(|devices| (DEVICES.to_owned(), devices)));
        all.extend(own);
        all
    }

    fn inputs(&self, scene: Scene<'_>, job: JobId) -> Vec<TaskInput> {
        let counts = |input: &InputRef| match input.path() {
            _ if input.is_ancient() => Counts::Existence,
            path if input.is_before_update() => Counts::Content(self.memo.noted(path)),
            path if self.promises.contains_key(&path) => Counts::Promised(self.promises[&path].clone()),
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
            marks.set(Marks::PIPE, output.flags.contains(Flags::PIPE));
            marks.set(Marks::UPDATE, output.flags.contains(Flags::UPDATE));
            marks.set(Marks::PROTECTED, output.flags.contains(Flags::PROTECTED));
            let out = Out { path: commands.paths.str(*path).to_owned(), marks };
            let (made, noted) = (scene.state.output_digest(*path), self.memo.noted(*path));
            let fleeting = plan::fleeting(output);
            TaskOutput { path: *path, out, made, noted, fleeting, ensure: None }
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
        stats: Stats {
            attempt,
            host: state::process::host().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Stats::default()
        },
        ..Record::from(recipe)
    }
}

/// What `--benchmark-extended` tells of a job.
fn extended<'p>(described: &event::Job, params: impl Iterator<Item = (&'p Param, &'p Val)>, needs: &Needs) -> Extended {
    let named = params.filter_map(|(param, value)| Some((Val::str(param.name.clone()?), value.clone())));
    let resources = needs.with_forms().into_iter().map(|(name, value)| (Val::str(name), value));
    let wildcards = described.wildcards.iter().map(|(name, value)| (Val::str(&**name), Val::str(&**value)));
    Extended {
        job: described.id,
        rule: described.rule.clone(),
        wildcards: Val::Dict(wildcards.collect()),
        params: Val::Dict(named.collect()),
        threads: needs.threads,
        resources: Val::Dict(resources.collect()),
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
