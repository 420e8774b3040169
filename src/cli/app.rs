//! From flags to a run and an exit code.
//!
//! Owns the wiring: which module is asked for what, in which order, and what
//! the process ends with. It decides nothing about jobs.

use super::find::{config_files, go_to, reads_snakefile, rulefile};
use super::pages::Page;
use super::{Args, Mode, Parsed, doubtful, needless, overrides, parse, place, terminal::Terminal, translate};
use crate::diag::{Diag, Diags, Kind, Severity};
use crate::eval;
use crate::event::{Event, Listed, Summary};
use crate::exec::{Environment, local::Local};
use crate::files::Trust;
use crate::plan::totals;
use crate::report::Reporter;
use crate::rule::{EnvironmentVariable, Hooks, Rule, Rulefile};
use crate::run::{self, Accepted, Came, Listener, Options, Pipeline, Prefetch, Recovered};
use crate::span::Sources;
use crate::state;
use crate::value::Val;
use crossbeam::channel::Receiver;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the progress of hashing is told.
const HASHING: Duration = Duration::from_millis(50);

/// How an action ended, if not by an error.
pub(super) enum End {
    Code(u8),
    Summary(Summary),
}

/// Does what the words of the command line say.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match parse(words) {
        Ok(Parsed::Args(args)) => args,
        Ok(Parsed::Page(page)) => return print_page(&page),
        Err(diag) => {
            let _ = std::io::stderr().write_all(diag.render(&Sources::default(), false).as_bytes());
            return ExitCode::from(diag.kind.exit_code());
        }
    };
    let terminal = Terminal::read();
    let reporter = Reporter::new(terminal.options(&args), Box::new(std::io::stdout()), Box::new(std::io::stderr()));
    let mut app =
        App { reporter: Mutex::new(reporter), sources: Sources::default(), args: *args, start: None, stays: false };
    let code = match app.act() {
        Ok(End::Code(code)) => code,
        Ok(End::Summary(summary)) => exit_code(&summary),
        // All is said that the Rulefile had to say.
        Err(diags) if matches!(&diags[..], [one] if one.kind == Kind::Ended(0)) => {
            diags.iter().flat_map(|one| &one.notes).for_each(|line| app.reporter().notice(line));
            0
        }
        Err(diags) => {
            app.reporter().diags(&diags, &app.sources);
            diags.first().map_or(2, |d| d.kind.exit_code())
        }
    };
    match app.reporter().finish() {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(Kind::System.exit_code()),
    }
}

fn print_page(page: &clap::builder::StyledStr) -> ExitCode {
    let mut out = anstream::stdout();
    let _ = write!(out, "{}", page.ansi());
    ExitCode::SUCCESS
}

fn exit_code(summary: &Summary) -> u8 {
    match summary.signal {
        Some(signal) => 128_u8.saturating_add(signal as u8),
        None if !summary.failed.is_empty() || summary.handler_failed => Kind::Job.exit_code(),
        None => 0,
    }
}

pub(super) struct App {
    reporter: Mutex<Reporter>,
    pub(super) sources: Sources,
    pub(super) args: Args,
    /// Where rulemake was started, if `-C` went elsewhere.
    start: Option<PathBuf>,
    /// `--directory` beats `workdir:`, as in Snakemake.
    stays: bool,
}

impl App {
    fn act(&mut self) -> Result<End, Diags> {
        let is_snakefile = reads_snakefile(&self.args);
        translate(&self.args, is_snakefile).map_err(|d| vec![d])?;
        self.stays = is_snakefile && self.args.directory.is_some() && !self.args.short.upper;
        self.start = go_to(&self.args).map_err(|d| vec![d])?;
        for line in needless(&self.args).into_iter().chain(doubtful(&self.args.config)) {
            self.reporter().notice(&line);
        }
        if matches!(self.args.mode(), Mode::Nothing) {
            return Ok(End::Code(0));
        }
        // Both are needed further on, and take as long as evaluating does.
        eval::warm_up();
        let mut prefetch = run::Prefetch::start();
        let mut options = self.options().map_err(|d| vec![d])?;
        let loaded = match self.load(options.cores, prefetch.loaded()) {
            // The Rulefile says only where: a broken one may not hold up what runs.
            Err(_) if self.args.mode() == Mode::Drain => return drain().map_err(|d| vec![d]),
            Err(mut diags) => {
                diags.truncate(20);
                return Err(diags);
            }
            Ok(loaded) => loaded,
        };
        let eval::Loaded { rulefile, functions, expressions, warnings, notes, reads, directories, ahead } = loaded;
        prefetch.stats = ahead;
        // It is needed until the process ends: to take it apart then is wasted time.
        let rulefile = Box::leak(Box::new(rulefile));
        let unknown = overrides::apply(&self.args, rulefile, &expressions).map_err(|d| vec![d])?;
        if self.args.no_hooks {
            rulefile.hooks = Hooks::default();
        }
        let rulefile = &*rulefile;
        options.targets.extend(overrides::target_jobs(&self.args, rulefile).map_err(|d| vec![d])?);
        self.reporter().diags(&warnings, &self.sources);
        self.reporter().diags(&unknown, &self.sources);
        for line in notes {
            self.reporter().notice(&line);
        }
        if matches!(self.args.mode(), Mode::Compilation) {
            return Ok(self.compilation(&functions));
        }
        place::enter(rulefile.workdir.as_ref(), &directories, self.args.mode() == Mode::Run).map_err(|d| vec![d])?;
        self.reporter().diags(self.args.untargeted(&options.targets, rulefile).as_slice(), &self.sources);
        match self.args.mode() {
            Mode::List => self.list(rulefile),
            Mode::Lint { json } => {
                let pipeline = self.open(rulefile, &functions, &options, run::Mode::Look, prefetch);
                Ok(self.lint(rulefile, &reads, pipeline, json))
            }
            Mode::Drain => drain().map_err(|d| vec![d]),
            Mode::DryRun => self.dry_run(rulefile, &functions, &options, prefetch),
            Mode::Page(Page::Delete { .. }) if !self.args.dry_run => self.run(rulefile, &functions, &options, prefetch),
            Mode::Page(page) => self.page(rulefile, &functions, &options, page, prefetch),
            Mode::Why(path) => self.why(rulefile, &functions, &options, path, prefetch),
            _ => self.run(rulefile, &functions, &options, prefetch),
        }
    }

    pub(super) fn note(&self, diag: &Diag) {
        let text = diag.render(&self.sources, false);
        self.reporter().event(&Event::Note { diag: diag.clone(), text });
    }

    fn options(&self) -> Result<Options, Diag> {
        let args = &self.args;
        let available = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
        let cores = args.cores(available, &|| num_cpus::get_physical() as u32)?;
        let trust = Trust::new(&args.trust_stat).map_err(|(glob, why)| {
            Diag::error(Kind::Usage, format!("`--trust-stat {glob}`: {why}"))
                .hint("quote the glob, and escape `[` or `{` that stand for themselves with a backslash")
        })?;
        Ok(Options {
            trust,
            targets: args.targets.clone(),
            idle: args.touch || matches!(args.mode(), Mode::Page(_)),
            selection: args.select.selection()?,
            cores,
            hash_threads: args.hash_threads.map_or(available, std::num::NonZeroU32::get) as usize,
            limits: args.resources()?,
            tmpdir: place::temporary(),
            devices: visible_devices(),
            max_threads: args.max_threads.map(std::num::NonZeroU32::get),
            prioritize: args.prioritize.clone(),
            temps: match (args.notemp, args.all_temp) {
                (true, _) => run::TempMode::Keep,
                (_, true) => run::TempMode::All,
                _ => run::TempMode::Marked,
            },
            shadow_prefix: args.shadow_prefix.clone(),
            keep_going: args.keep_going,
            force_all: args.forceall,
            force_targets: args.force,
            force_run: args.forcerun.clone(),
            triggers: args.triggers(),
            remake: args.remake,
            discard_old: args.discard_old,
            keep_incomplete: args.keep_incomplete,
            retries: args.retries,
            latency_wait: args.latency_wait,
            log_limit: args.log_limit,
            stream: args.stream,
            benchmark_extended: args.benchmark_extended,
        })
    }

    fn load(&mut self, cores: u32, begin: Receiver<()>) -> Result<eval::Loaded, Diags> {
        let path = rulefile(&self.args, self.start.as_deref()).map_err(|d| vec![d])?;
        let config = self.args.config().map_err(|d| vec![d])?;
        let scatter = self.args.scatter().map_err(|d| vec![d])?;
        let configfiles = config_files(&self.args, self.start.as_deref());
        let expressions = overrides::expressions(&self.args).map_err(|d| vec![d])?;
        let python = eval::RunPython::new(|file| run::pyload(file, &std::env::temp_dir(), variables(file.variables)));
        let request = eval::Request {
            path,
            config,
            configfiles,
            replace_config: self.args.replace_workflow_config,
            stays: self.stays,
            scatter,
            wrapper_prefix: self.args.wrapper_prefix.clone(),
            cores,
            expressions,
            python: Some(python),
            begin: Some(begin),
        };
        eval::load(request, &mut self.sources)
    }

    fn list(&self, book: &Rulefile) -> Result<End, Diags> {
        let listed = |(id, rule): (_, &crate::rule::Rule)| Listed {
            rule: rule.name.to_string(),
            doc: rule.doc.as_deref().and_then(|d| d.trim().lines().next()).map(str::to_owned),
            outputs: rule.outputs.items.iter().map(|o| o.pattern.text().to_owned()).collect(),
            target: !rule.has_wildcards(),
            default: book.default_target == Some(id),
        };
        let rules: Vec<Listed> = book.iter().map(listed).collect();
        self.reporter().list(&rules);
        Ok(End::Code(0))
    }

    /// A pipeline to look at.
    pub(super) fn open<'a>(
        &self,
        book: &'a Rulefile,
        functions: &'a eval::Functions,
        options: &Options,
        mode: run::Mode,
        prefetch: Prefetch,
    ) -> Result<Pipeline<'a>, Diags> {
        let (opened, mut warnings) = run::open_state(run::Mode::Look, prefetch).map_err(|d| vec![d])?;
        warnings.extend(run::unsettled(&opened.state, &opened.paths));
        self.reporter().diags(&warnings, &self.sources);
        self.plan(book, functions, options, mode, opened)
    }

    fn plan<'a>(
        &self,
        book: &'a Rulefile,
        functions: &'a eval::Functions,
        options: &Options,
        mode: run::Mode,
        opened: run::Opened,
    ) -> Result<Pipeline<'a>, Diags> {
        let begin = Instant::now();
        let next = AtomicU64::new(0);
        let progress = |done, total| {
            let now = begin.elapsed();
            let due = now.as_millis() as u64 >= next.load(Ordering::Relaxed);
            // Another thread that tells right now tells enough.
            if due && let Ok(mut reporter) = self.reporter.try_lock() {
                next.store((now + HASHING).as_millis() as u64, Ordering::Relaxed);
                reporter.event(&Event::Hashing { done, total });
            }
        };
        let pipeline = Pipeline::plan(book, functions, options, mode, opened, &progress)?;
        for diag in run::left_out(&pipeline) {
            self.note(&diag);
        }
        Ok(pipeline)
    }

    pub(super) fn reporter(&self) -> MutexGuard<'_, Reporter> {
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        book: &Rulefile,
        functions: &eval::Functions,
        options: &Options,
        prefetch: Prefetch,
    ) -> Result<End, Diags> {
        let system = |e| vec![Diag::error(Kind::System, format!("cannot listen to signals: {e}"))];
        let listener = Listener::of_process().map_err(system)?;
        let mut tell = |event: Option<Event>| match event {
            Some(event) => self.reporter().event(&event),
            None => self.reporter().tick(Instant::now()),
        };
        let (mut opened, warnings) = run::open_state(run::Mode::Run, prefetch).map_err(|d| vec![d])?;
        self.reporter().diags(&warnings, &self.sources);
        let recovered = run::recover(&mut opened, &run::settler(options), listener, &mut tell).map_err(|d| vec![d])?;
        if let Recovered::Interrupted(signal) = recovered {
            return Ok(End::Summary(Summary { signal: Some(signal), ..Summary::default() }));
        }
        let mut pipeline = self.plan(book, functions, options, run::Mode::Run, opened)?;
        for rule in &self.args.accept {
            let accepted = run::accept_rule(&mut pipeline, rule).map_err(|d| vec![d])?;
            self.accepted(rule, accepted);
        }
        if let Mode::Page(Page::Delete { temp }) = self.args.mode() {
            self.delete(&pipeline, options, temp).map_err(|d| vec![d])?;
            pipeline.close().map_err(|d| vec![d])?;
            return Ok(End::Code(0));
        }
        if self.args.touch {
            return self.touch(pipeline, options);
        }
        if !self.args.accept.is_empty() {
            pipeline.close().map_err(|d| vec![d])?;
            return Ok(End::Code(0));
        }
        if let Err(diag) = run::refuse_to_overwrite(&pipeline, options).and_then(|()| run::refuse_protected(&pipeline))
        {
            // What was read to find that out need not be read again.
            pipeline.close().map_err(|d| vec![d])?;
            return Err(vec![diag]);
        }
        let mut executor = Local::new(workers(book, options.cores), Environment::new(variables(&book.environment)));
        let compiled = run::compile_python(&pipeline, options, &mut executor, listener);
        let drain = match compiled {
            Ok(Came { signal: None, drain }) => drain,
            ended => {
                pipeline.close().map_err(|d| vec![d])?;
                return ended.map(|came| End::Summary(Summary { signal: came.signal, ..Summary::default() }));
            }
        };
        let totals = totals(pipeline.scene(), &pipeline.plan);
        tell(Some(Event::Totals { totals, cores: options.cores, dry: false }));
        let render = |diag: &Diag| diag.render(&self.sources, false);
        let (live, reasons) = (self.reporter().is_live(), self.args.json);
        let executor = &mut executor;
        let hands = run::Hands { executor, listener, drain, live, reasons, render: &render, tell: &mut tell };
        let run::Ran { summary, errors } = run::execute(pipeline, options, hands);
        self.reporter().event(&Event::Done(summary.clone()));
        if errors.is_empty() { Ok(End::Summary(summary)) } else { Err(errors) }
    }

    fn accepted(&self, rule: &str, accepted: Accepted) {
        let jobs = |n: usize| if n == 1 { "1 job".to_owned() } else { format!("{n} jobs") };
        self.say(&format!("rule `{rule}` is accepted as it is now for {}", jobs(accepted.jobs)));
        if accepted.other_inputs > 0 {
            let message = format!(
                "{} of rule `{rule}` stay stale: their inputs are not those recorded",
                jobs(accepted.other_inputs)
            );
            self.note(
                &Diag::warning(Kind::Plan, message).hint("`--touch FILE` takes an output as made from what is there"),
            );
        }
    }

    fn touch(&self, mut pipeline: Pipeline<'_>, options: &Options) -> Result<End, Diags> {
        let touched = run::touch(&mut pipeline, options);
        // What was taken so far is taken, whatever came then.
        let closed = pipeline.close();
        let touched = touched.and_then(|touched| closed.map(|()| touched).map_err(|d| vec![d]))?;
        let jobs = if touched.accepted == 1 { "job" } else { "jobs" };
        self.say(&format!("{} {jobs} taken as made, {} up to date before", touched.accepted, touched.fresh));
        for diag in touched.left {
            self.note(&Diag { severity: Severity::Warning, ..diag });
        }
        if let Some(first) = touched.missing.first() {
            let count = touched.missing.len();
            self.note(&Diag::warning(
                Kind::Plan,
                match count {
                    1 => format!("output `{first}` is not there: its job stays stale"),
                    _ => format!("{count} outputs are not there, such as `{first}`: their jobs stay stale"),
                },
            ));
        }
        Ok(End::Code(0))
    }

    pub(super) fn say(&self, line: &str) {
        self.reporter().notice(line);
    }
}

/// The devices that we were given ourselves.
fn visible_devices() -> Option<Vec<String>> {
    let names = std::env::var("CUDA_VISIBLE_DEVICES").ok()?;
    Some(names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
}

/// Asks the run in this directory to start no more jobs.
fn drain() -> Result<End, Diag> {
    let none = || Diag::error(Kind::Usage, "no rulemake is running in this directory");
    let holder = state::Lock::holder_pid(std::path::Path::new(crate::files::STATE_DIR)).ok_or_else(none)?;
    let pid = Pid::from_raw(holder as i32).ok_or_else(none)?;
    kill_process(pid, Signal::USR1)
        .map_err(|e| Diag::error(Kind::System, format!("cannot signal process {holder}: {e}")))?;
    Ok(End::Code(0))
}

/// The environment of all that runs: this process's, with what the Rulefile sets.
fn variables(set: &[EnvironmentVariable]) -> Vec<(OsString, OsString)> {
    let own = std::env::vars_os().filter(|(name, _)| set.iter().all(|(set, _)| name != &**set));
    let set =
        set.iter().filter_map(|(name, value)| Some((OsString::from(&**name), OsString::from(&**value.as_ref()?))));
    own.chain(set).collect()
}

/// How many jobs may run at a time: one for each core, and those that pipes bind to them
/// without threads of their own.
fn workers(book: &Rulefile, cores: u32) -> usize {
    const BOUND: usize = 256;
    let idle = |rule: &Rule| matches!(rule.threads.value, Val::Int(0) | Val::Func(_));
    cores as usize + if book.rules.iter().any(idle) { BOUND } else { 0 }
}
