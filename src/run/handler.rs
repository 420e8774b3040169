//! `onstart`, `onsuccess` and `onerror`: what runs before and after all jobs.
//!
//! Owns when they run, and the run's log that they are given. Neither what they
//! do nor that they fail changes a result. They do not run when there is
//! nothing to do, nor after a signal.

use super::aside::{Aside, Came};
use super::open::Pipeline;
use super::signals::Ask;
use super::work::{self, Hands, Ran, interpreted};
use super::{Options, Tell};
use crate::command::handler;
use crate::event::{End, Event, Summary};
use crate::exec::{self, Executor, Spec, Status};
use crate::files;
use crate::plan::totals;
use crate::report::{self, Quiet, Reporter};
use crate::rule::{Body, Rulefile};
use crate::state;
use std::fs::File;
use std::path::PathBuf;

/// How much of what a handler prints is shown.
const SHOWN: usize = 64 * 1024;

/// Runs all stale jobs of a pipeline, and the handlers around them.
pub fn execute(pipeline: Pipeline<'_>, options: &Options, hands: Hands<'_>) -> Ran {
    let book = pipeline.fixed.book;
    let hooks = &book.hooks;
    let totals = totals(pipeline.scene(), &pipeline.plan);
    let none = hooks.start.is_none() && hooks.success.is_none() && hooks.error.is_none();
    if none || hands.drain || totals.run() + totals.maybe() == 0 {
        return work::execute(pipeline, options, hands);
    }
    let not_run = totals.run() + totals.maybe();
    let mut log = Log::create();
    log.take(&Event::Totals { totals, cores: options.cores, dry: false });
    let Hands { executor, listener, live, reasons, render, tell, .. } = hands;
    listener.arm(true);
    let handlers = Handlers { book, options, log: log.path.clone(), asks: listener.asks.clone() };
    let (came, good) = match &hooks.start {
        Some(body) => handlers.run("onstart", body, executor, tell),
        None => (Came::default(), true),
    };
    if came.signal.is_some() || !good {
        let errors = pipeline.close().err().into_iter().collect();
        let summary = Summary { signal: came.signal, handler_failed: !good, not_run, ..Summary::default() };
        return Ran { summary, errors };
    }
    let mut both = |event: Option<Event>| {
        event.iter().for_each(|e| log.take(e));
        tell(event);
    };
    let hands = Hands { executor, listener, drain: came.drain, live, reasons, render, tell: &mut both };
    let mut ran = work::execute(pipeline, options, hands);
    log.take(&Event::Done(ran.summary.clone()));
    log.end();
    let summary = &mut ran.summary;
    let (key, body) = match summary.failed.is_empty() && ran.errors.is_empty() {
        _ if summary.signal.is_some() || summary.drained => return ran,
        true => ("onsuccess", &hooks.success),
        false => ("onerror", &hooks.error),
    };
    if let Some(body) = body {
        let (came, good) = handlers.run(key, body, executor, tell);
        (summary.signal, summary.handler_failed) = (came.signal, !good);
    }
    ran
}

/// The run's log: what is told of it, in plain lines.
struct Log {
    path: PathBuf,
    reporter: Option<Reporter>,
}

impl Log {
    fn create() -> Log {
        let path = directory().join("run.log");
        let path = std::path::absolute(&path).unwrap_or(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(&path));
        let options = report::Options {
            json: false,
            color_stdout: false,
            color_stderr: false,
            live: false,
            quiet: Quiet::default(),
            commands: true,
            width: || 80,
        };
        // Without the log the run is as good.
        let reporter = made.ok().map(|file| Reporter::new(options, Box::new(std::io::sink()), Box::new(file)));
        Log { path, reporter }
    }

    fn take(&mut self, event: &Event) {
        self.reporter.iter_mut().for_each(|r| r.event(event));
    }

    fn end(&mut self) {
        if let Some(reporter) = &mut self.reporter {
            let _ = reporter.finish();
        }
    }
}

fn directory() -> PathBuf {
    PathBuf::from(files::STATE_DIR).join(state::LOGS)
}

/// What all handlers of a run are run with.
struct Handlers<'a> {
    book: &'a Rulefile,
    options: &'a Options,
    log: PathBuf,
    asks: crossbeam::channel::Receiver<Ask>,
}

impl Handlers<'_> {
    /// Runs one to its end: what came meanwhile, and whether it went well.
    fn run(&self, key: &'static str, body: &Body, executor: &mut dyn Executor, tell: &mut Tell<'_>) -> (Came, bool) {
        let program = handler(self.book, body, key, &self.log.to_string_lossy());
        let log = directory().join(format!("{key}.log"));
        let command = interpreted(program, Aside::NUMBER);
        let spec = Spec { command, log: log.clone(), log_limit: self.options.log_limit, ..Spec::default() };
        let (exit, came) = Aside::new(spec).run(executor, &self.asks);
        let words = exec::describe(&exit.status);
        let end = End {
            wall: exit.wall,
            code: if let Status::Code(code) = exit.status { Some(code) } else { None },
            output: if exit.log_bytes > 0 { files::read_ends(&log, SHOWN).ok() } else { None },
            output_file: (exit.log_bytes > 0).then(|| log.to_string_lossy().into_owned()),
            words: words.clone(),
        };
        let problem = (!exit.status.is_success()).then_some(words);
        let good = problem.is_none();
        tell(Some(Event::Handled { handler: key, end, problem }));
        (came, good)
    }
}
