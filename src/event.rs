//! Events: what a run tells the world, as plain data.
//!
//! Owns the types alone. It does not know who listens; `report` turns events
//! into lines, a live status or JSON.

use crate::diag::Diag;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A job, described for people and machines.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Job {
    /// Its number in this plan, from 0.
    pub id: u32,
    /// Its rule's name.
    pub rule: String,
    /// Its wildcards, in the rule's order.
    pub wildcards: Vec<(String, String)>,
    /// Its inputs.
    pub inputs: Vec<String>,
    /// Its outputs.
    pub outputs: Vec<String>,
    /// Its `log:` files.
    pub logs: Vec<String>,
    /// Threads it takes.
    pub threads: u32,
    /// The rule's `message:`, filled.
    pub message: Option<String>,
    /// The text that runs; none for a rule that only gathers inputs.
    pub command: Option<String>,
}

/// What the plan says of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It will run.
    Run,
    /// It runs if the outputs of the named jobs come out changed.
    Maybe {
        /// Descriptions of the jobs it waits for (`rule wildcard=value`).
        waits_for: Vec<String>,
    },
    /// It is up to date but for an output that is gone: it runs if this job, which
    /// may run and reads it, does (`rule wildcard=value`).
    IfNeeded {
        /// Its description.
        by: String,
    },
    /// It is up to date.
    Fresh,
}

/// One reason, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonText {
    /// A stable word for machines, such as `command-changed`.
    pub code: &'static str,
    /// One line for people.
    pub text: Cow<'static, str>,
    /// The old value, where there is one to show.
    pub old: Option<String>,
    /// The new value.
    pub new: Option<String>,
}

/// A job of the plan with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The job.
    pub job: Arc<Job>,
    /// What will happen.
    pub verdict: Verdict,
    /// Why; empty if fresh.
    pub reasons: Vec<ReasonText>,
    /// Outputs edited by hand or never recorded that will be kept under
    /// `.rulemake/replaced/` when the job remakes them.
    pub replaces: Vec<String>,
    /// What the plan does not know of it.
    pub beyond: Option<Beyond>,
}

/// What is not known of a job before a checkpoint's job is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The checkpoint's job (`rule wildcard=value`).
    pub checkpoint: String,
    /// Whether the job is planned as if that job made again what it made
    /// before; else its inputs, and all that makes them, are unknown.
    pub as_before: bool,
}

/// Counts of a rule in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// Jobs that will run.
    pub run: usize,
    /// Jobs that may run.
    pub maybe: usize,
}

/// A plan in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// By rule, in the Rulefile's order; rules without stale jobs are left out.
    pub rules: Vec<RuleCount>,
    /// Jobs that are up to date.
    pub fresh: usize,
    /// All jobs of the plan.
    pub jobs: usize,
    /// Checkpoints that run or may run, so that there may be more jobs behind them.
    pub behind: Vec<String>,
}

impl Totals {
    /// Jobs that will run.
    pub fn run(&self) -> usize {
        self.rules.iter().map(|r| r.run).sum()
    }

    /// Jobs that may run.
    pub fn maybe(&self) -> usize {
        self.rules.iter().map(|r| r.maybe).sum()
    }
}

/// How a job's process ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Wall-clock time.
    pub wall: Duration,
    /// Exit code, if it exited.
    pub code: Option<i32>,
    /// Words, such as `exit code 3` or `killed by SIGKILL`.
    pub words: String,
    /// What it printed (stdout and stderr together), if anything; long output
    /// is cut in the middle.
    pub output: Option<String>,
    /// Where all of its output is kept, if it printed anything.
    pub output_file: Option<String>,
}

/// A job's command that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The job.
    pub job: Arc<Job>,
    /// How it ended.
    pub end: End,
    /// What else is wrong, such as an output that is missing.
    pub problem: Option<String>,
    /// The end of the job's own `log:` file, where it printed nothing itself.
    pub log_tail: Option<LogTail>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// How many attempts there are at most.
    pub attempts: u32,
    /// It will be tried again.
    pub retry: bool,
}

/// The end of a `log:` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTail {
    /// Which of the job's logs.
    pub path: String,
    /// Its last lines.
    pub text: String,
}

/// How a run ended, in numbers.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Summary {
    /// Jobs that ran and succeeded.
    pub made: usize,
    /// Jobs skipped because their inputs came out the same.
    pub cut_off: usize,
    /// Jobs that were fresh from the start.
    pub fresh: usize,
    /// Jobs that failed, with their ends; those that could not start, too.
    pub failed: Vec<(Arc<Job>, End)>,
    /// Jobs never started.
    pub not_run: usize,
    /// Wall-clock time of the whole run.
    pub wall: Duration,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// Whether `--drain` (or SIGUSR1) ended it before all was done.
    pub drained: bool,
    /// Whether a handler failed.
    pub handler_failed: bool,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A warning or an error that does not end the run at once, rendered
    /// already where it has places.
    Note {
        /// The message.
        diag: Diag,
        /// Its text with snippets, without colour.
        text: String,
    },
    /// Files are being digested before the run can go on.
    Hashing {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The plan is made (dry run: printed in full by `DryJob` events first).
    Totals {
        /// In numbers.
        totals: Totals,
        /// Cores to be used.
        cores: u32,
        /// Whether this is a dry run.
        dry: bool,
    },
    /// A job of a dry run.
    DryJob(Planned),
    /// Waiting for something outside: an orphan of a killed run.
    Waiting {
        /// One line.
        what: String,
    },
    /// A job started.
    Started {
        /// The job.
        job: Arc<Job>,
        /// Why it runs; empty where nobody wants to know.
        reasons: Vec<ReasonText>,
    },
    /// A running job printed something. Told only while its output is
    /// followed; all of it is then told so, before its end.
    Output {
        /// The job.
        job: Arc<Job>,
        /// Whole lines, but for the last one of the job.
        text: String,
    },
    /// A job succeeded.
    Finished {
        /// The job.
        job: Arc<Job>,
        /// How it ended.
        end: End,
    },
    /// A job failed.
    Failed(Failure),
    /// A job failed before it could start: what runs cannot be worked out,
    /// because a function of its rule failed or asked for too much.
    NotStarted {
        /// The job.
        job: Arc<Job>,
        /// The message.
        diag: Diag,
        /// Its text with snippets, without colour.
        text: String,
    },
    /// A job was found up to date after its inputs were made again.
    CutOff {
        /// The job.
        job: Arc<Job>,
    },
    /// A checkpoint is done, and so many jobs that may run came to light.
    Grown {
        /// How many.
        jobs: usize,
    },
    /// No more jobs are started: a failure, a signal, or `--drain`.
    Stopping {
        /// One line: why.
        why: String,
    },
    /// `onstart`, `onsuccess` or `onerror` ran; how that went changes nothing else.
    Handled {
        /// Which.
        handler: &'static str,
        /// How it ended.
        end: End,
        /// Why it could not run, or did not succeed, if so.
        problem: Option<String>,
    },
    /// The run is over.
    Done(Summary),
}

/// The answer to `--why FILE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The file asked for.
    pub path: String,
    /// Its job with verdict and reasons; none for a source file.
    pub planned: Option<Planned>,
    /// The jobs upstream that decide it, nearest first, when it is not its own reason.
    pub upstream: Vec<Planned>,
    /// When the job last succeeded, Unix milliseconds, and how long it took.
    pub last: Option<(u64, Duration)>,
    /// Notes: accepted changes, failed attempts since.
    pub notes: Vec<String>,
}

/// One line of `--list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The rule.
    pub rule: String,
    /// First line of its docstring.
    pub doc: Option<String>,
    /// Its output patterns.
    pub outputs: Vec<String>,
    /// It can be named as a target (it has no wildcards).
    pub target: bool,
    /// It is what runs when no target is named.
    pub default: bool,
}

/// What a lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    /// The lint's name.
    pub name: &'static str,
    /// The rule it is about.
    pub rule: Option<String>,
    /// File, line and column, both from 1.
    pub place: Option<(String, usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hints: Vec<String>,
    /// All of it for people, with the lines of the Rulefile.
    pub text: String,
}

/// A graph to be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Drawing {
    /// What is drawn.
    pub nodes: Vec<Node>,
    /// From what is needed to what needs it, by places in `nodes`, each once.
    pub edges: Vec<(usize, usize)>,
}

/// A node of a [`Drawing`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Node {
    /// What it is called.
    pub title: String,
    /// What stands below: wildcards or files, a line each.
    pub lines: Vec<String>,
    /// The place of its rule among the rules; nodes of one rule look alike.
    pub rule: usize,
    /// Nothing of it will run.
    pub fresh: bool,
}

/// One line of `--summary`: a file that a job of the plan makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summarised {
    /// The file.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// When its job last succeeded, Unix milliseconds.
    pub made_ms: Option<u64>,
    /// Its rule.
    pub rule: String,
    /// What its job reads.
    pub inputs: Vec<String>,
    /// The job's `log:` files.
    pub logs: Vec<String>,
    /// The text that runs.
    pub command: Option<String>,
    /// Why it will or may be made; none if it is up to date.
    pub stale: Option<String>,
}

/// What `--report` tells of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// The file of its description, if there is one.
    pub description: Option<String>,
    /// Its rules.
    pub rules: Drawing,
    /// The jobs that have a record, in the order of the plan.
    pub jobs: Vec<Ran>,
    /// The files that are shown, in the order of the plan.
    pub results: Vec<Shown>,
}

/// A job that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its rule.
    pub rule: String,
    /// Its wildcards, in the rule's order.
    pub wildcards: Vec<(String, String)>,
    /// When it started, Unix milliseconds.
    pub start_ms: u64,
    /// How long it took, in milliseconds.
    pub wall_ms: u64,
    /// Whether its outputs are up to date.
    pub fresh: bool,
}

/// A file that a report shows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shown {
    /// The file.
    pub path: String,
    /// The rule that makes it.
    pub rule: String,
    /// Its job's wildcards, in the rule's order.
    pub wildcards: Vec<(String, String)>,
    /// Its job's params as recorded.
    pub params: Vec<(String, String)>,
    /// The heading that it stands under.
    pub category: Option<String>,
    /// The heading below that.
    pub subcategory: Option<String>,
    /// What tells it from others under its heading.
    pub labels: Vec<(String, String)>,
    /// The file of its caption.
    pub caption: Option<String>,
}
