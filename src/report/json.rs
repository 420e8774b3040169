//! Events as JSON, one line each.
//!
//! Owns the names of events and fields; `docs/json.md` is their reference and a
//! test below keeps the two together. It does not know where the lines go.

use crate::diag::{Diag, Kind, Severity};
use crate::event::{
    End, Event, Failure, Job, Linted, Listed, Planned, ReasonText, RuleCount, Summarised, Summary, Totals, Verdict, Why,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// One line: its name, when it happened, and the rest.
#[derive(Serialize)]
struct Record<'a, T: Serialize> {
    event: &'a str,
    /// Unix seconds.
    time: f64,
    #[serde(flatten)]
    rest: T,
}

fn push<T: Serialize>(out: &mut String, unix_ms: u64, event: &str, rest: T) {
    let record = Record { event, time: seconds_of_ms(unix_ms), rest };
    let line = serde_json::to_string(&record).expect("bug: an event has no JSON form");
    out.push_str(&line);
    out.push('\n');
}

fn seconds_of_ms(unix_ms: u64) -> f64 {
    unix_ms as f64 / 1000.0
}

/// Seconds with milliseconds.
fn seconds(time: Duration) -> f64 {
    seconds_of_ms(time.as_millis() as u64)
}

/// A job. The fields stand beside those of the event.
#[derive(Serialize)]
struct JobFields<'a> {
    job: u32,
    rule: &'a str,
    #[serde(serialize_with = "in_order")]
    wildcards: &'a [(String, String)],
    inputs: &'a [String],
    outputs: &'a [String],
    logs: &'a [String],
    threads: u32,
    message: Option<&'a str>,
    command: Option<&'a str>,
}

fn in_order<S: Serializer>(pairs: &&[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs.iter() {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

impl<'a> From<&'a Job> for JobFields<'a> {
    fn from(job: &'a Job) -> Self {
        JobFields {
            job: job.id,
            rule: &job.rule,
            wildcards: &job.wildcards,
            inputs: &job.inputs,
            outputs: &job.outputs,
            logs: &job.logs,
            threads: job.threads,
            message: job.message.as_deref(),
            command: job.command.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ReasonFields<'a> {
    code: &'a str,
    text: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

fn reasons(reasons: &[ReasonText]) -> Vec<ReasonFields<'_>> {
    fn fields(reason: &ReasonText) -> ReasonFields<'_> {
        let ReasonText { code, text, old, new } = reason;
        ReasonFields { code, text, old: old.as_deref(), new: new.as_deref() }
    }
    reasons.iter().map(fields).collect()
}

#[derive(Serialize)]
struct PlannedFields<'a> {
    #[serde(flatten)]
    job: JobFields<'a>,
    verdict: &'static str,
    waits_for: &'a [String],
    needed_by: Option<&'a str>,
    reasons: Vec<ReasonFields<'a>>,
    replaces: &'a [String],
    beyond: Option<BeyondFields<'a>>,
}

#[derive(Serialize)]
struct BeyondFields<'a> {
    checkpoint: &'a str,
    as_before: bool,
}

impl<'a> From<&'a Planned> for PlannedFields<'a> {
    fn from(planned: &'a Planned) -> Self {
        let needed_by = match &planned.verdict {
            Verdict::IfNeeded { by } => Some(by.as_str()),
            _ => None,
        };
        let (verdict, waits_for): (_, &[String]) = match &planned.verdict {
            Verdict::IfNeeded { .. } => ("maybe", &[]),
            Verdict::Run => ("run", &[]),
            Verdict::Maybe { waits_for } => ("maybe", waits_for),
            Verdict::Fresh => ("fresh", &[]),
        };
        PlannedFields {
            job: (&*planned.job).into(),
            verdict,
            waits_for,
            needed_by,
            reasons: reasons(&planned.reasons),
            replaces: &planned.replaces,
            beyond: planned.beyond.as_ref().map(|b| BeyondFields { checkpoint: &b.checkpoint, as_before: b.as_before }),
        }
    }
}

#[derive(Serialize)]
struct Started<'a> {
    #[serde(flatten)]
    job: JobFields<'a>,
    reasons: Vec<ReasonFields<'a>>,
}

/// What a job printed: it can come often, so the job is only named.
#[derive(Serialize)]
struct Printed<'a> {
    job: u32,
    rule: &'a str,
    #[serde(serialize_with = "in_order")]
    wildcards: &'a [(String, String)],
    text: &'a str,
}

#[derive(Serialize)]
struct Ended<'a> {
    #[serde(flatten)]
    job: JobFields<'a>,
    seconds: f64,
    exit_code: Option<i32>,
    end: &'a str,
    output: Option<&'a str>,
    output_file: Option<&'a str>,
}

fn ended<'a>(job: &'a Job, end: &'a End) -> Ended<'a> {
    Ended {
        job: job.into(),
        seconds: seconds(end.wall),
        exit_code: end.code,
        end: &end.words,
        output: end.output.as_deref(),
        output_file: end.output_file.as_deref(),
    }
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    ended: Ended<'a>,
    problem: Option<&'a str>,
    log_tail: Option<&'a str>,
    attempt: u32,
    attempts: u32,
    retry: bool,
}

/// A job that could not start: its message is a note before.
#[derive(Serialize)]
struct NotStarted<'a> {
    #[serde(flatten)]
    job: JobFields<'a>,
    problem: &'a str,
}

fn failed(failure: &Failure) -> Failed<'_> {
    let Failure { job, end, problem, log_tail, attempt, attempts, retry } = failure;
    Failed {
        ended: ended(job, end),
        problem: problem.as_deref(),
        log_tail: log_tail.as_ref().map(|tail| &*tail.text),
        attempt: *attempt,
        attempts: *attempts,
        retry: *retry,
    }
}

#[derive(Serialize)]
struct Handled<'a> {
    handler: &'a str,
    seconds: f64,
    exit_code: Option<i32>,
    end: &'a str,
    output: Option<&'a str>,
    output_file: Option<&'a str>,
    problem: Option<&'a str>,
}

fn handled<'a>(handler: &'a str, end: &'a End, problem: Option<&'a str>) -> Handled<'a> {
    Handled {
        handler,
        seconds: seconds(end.wall),
        exit_code: end.code,
        end: &end.words,
        output: end.output.as_deref(),
        output_file: end.output_file.as_deref(),
        problem,
    }
}

#[derive(Serialize)]
struct Note<'a> {
    severity: &'static str,
    kind: &'static str,
    message: &'a str,
    notes: &'a [String],
    hints: &'a [String],
    text: &'a str,
}

#[derive(Serialize)]
struct Hashing {
    done: u64,
    total: u64,
}

#[derive(Serialize)]
struct Waiting<'a> {
    what: &'a str,
}

#[derive(Serialize)]
struct Grown {
    jobs: usize,
}

#[derive(Serialize)]
struct Stopping<'a> {
    why: &'a str,
}

#[derive(Serialize)]
struct RuleFields<'a> {
    rule: &'a str,
    run: usize,
    maybe: usize,
}

#[derive(Serialize)]
struct TotalsFields<'a> {
    dry: bool,
    cores: u32,
    jobs: usize,
    run: usize,
    maybe: usize,
    fresh: usize,
    behind: &'a [String],
    rules: Vec<RuleFields<'a>>,
}

#[derive(Serialize)]
struct Finish {
    made: usize,
    cut_off: usize,
    fresh: usize,
    failed: Vec<u32>,
    not_run: usize,
    seconds: f64,
    signal: Option<i32>,
    drained: bool,
}

#[derive(Serialize)]
struct LastMade {
    finished: f64,
    seconds: f64,
}

#[derive(Serialize)]
struct WhyFields<'a> {
    path: &'a str,
    planned: Option<PlannedFields<'a>>,
    upstream: Vec<PlannedFields<'a>>,
    last: Option<LastMade>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct ListedFields<'a> {
    rule: &'a str,
    doc: Option<&'a str>,
    outputs: &'a [String],
    target: bool,
    default: bool,
}

/// Appends an event that happened at a time (Unix milliseconds).
pub fn event(out: &mut String, unix_ms: u64, event: &Event) {
    match event {
        Event::Note { diag, text } => note(out, unix_ms, diag, text),
        Event::Hashing { done, total } => push(out, unix_ms, "hashing", Hashing { done: *done, total: *total }),
        Event::Totals { totals, cores, dry } => push(out, unix_ms, "totals", totals_fields(totals, *cores, *dry)),
        Event::DryJob(planned) => push(out, unix_ms, "job-planned", PlannedFields::from(planned)),
        Event::Waiting { what } => push(out, unix_ms, "waiting", Waiting { what }),
        Event::Started { job, reasons: why } => {
            push(out, unix_ms, "job-started", Started { job: (&**job).into(), reasons: reasons(why) });
        }
        Event::Output { job, text } => {
            let job = &**job;
            push(out, unix_ms, "job-output", Printed { job: job.id, rule: &job.rule, wildcards: &job.wildcards, text });
        }
        Event::Finished { job, end } => push(out, unix_ms, "job-finished", ended(job, end)),
        Event::Failed(failure) => push(out, unix_ms, "job-failed", failed(failure)),
        Event::NotStarted { job, diag, .. } => {
            push(out, unix_ms, "job-not-started", NotStarted { job: (&**job).into(), problem: &diag.message });
        }
        Event::CutOff { job } => push(out, unix_ms, "job-cut-off", JobFields::from(&**job)),
        Event::Grown { jobs } => push(out, unix_ms, "grown", Grown { jobs: *jobs }),
        Event::Handled { handler, end, problem } => {
            push(out, unix_ms, "handler-finished", handled(handler, end, problem.as_deref()));
        }
        Event::Stopping { why } => push(out, unix_ms, "stopping", Stopping { why }),
        Event::Done(summary) => push(out, unix_ms, "run-finished", finish(summary)),
    }
}

/// Appends a warning or an error with its rendered text.
pub fn note(out: &mut String, unix_ms: u64, diag: &Diag, text: &str) {
    let severity = match diag.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let kind = match diag.kind {
        Kind::Usage => "usage",
        Kind::Rulefile | Kind::Ended(_) => "rulefile",
        Kind::Plan => "plan",
        Kind::System => "system",
        Kind::Job => "job",
    };
    let Diag { message, notes, hints, .. } = diag;
    push(out, unix_ms, "note", Note { severity, kind, message, notes, hints, text });
}

/// Appends the answer to `--why`.
pub fn why(out: &mut String, unix_ms: u64, why: &Why) {
    let fields = WhyFields {
        path: &why.path,
        planned: why.planned.as_ref().map(PlannedFields::from),
        upstream: why.upstream.iter().map(PlannedFields::from).collect(),
        last: why.last.map(|(at, took)| LastMade { finished: seconds_of_ms(at), seconds: seconds(took) }),
        notes: &why.notes,
    };
    push(out, unix_ms, "why", fields);
}

/// Appends a rule of `--list`.
pub fn listed(out: &mut String, unix_ms: u64, rule: &Listed) {
    let Listed { rule, doc, outputs, target, default } = rule;
    let doc = doc.as_deref();
    push(out, unix_ms, "rule", ListedFields { rule, doc, outputs, target: *target, default: *default });
}

#[derive(Serialize)]
struct LintedFields<'a> {
    name: &'a str,
    rule: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    hint: Option<String>,
}

/// Appends what a lint found.
pub fn linted(out: &mut String, unix_ms: u64, found: &Linted) {
    let place = found.place.as_ref();
    let fields = LintedFields {
        name: found.name,
        rule: found.rule.as_deref(),
        file: place.map(|(file, ..)| file.as_str()),
        line: place.map(|(_, line, _)| *line),
        column: place.map(|(.., column)| *column),
        message: &found.message,
        hint: (!found.hints.is_empty()).then(|| found.hints.join("\n")),
    };
    push(out, unix_ms, "lint", fields);
}

#[derive(Serialize)]
struct SummarisedFields<'a> {
    path: &'a str,
    exists: bool,
    made_ms: Option<u64>,
    rule: &'a str,
    inputs: &'a [String],
    logs: &'a [String],
    command: Option<&'a str>,
    stale: Option<&'a str>,
}

/// One file of `--summary`.
pub fn summarised(out: &mut String, unix_ms: u64, file: &Summarised) {
    let fields = SummarisedFields {
        path: &file.path,
        exists: file.exists,
        made_ms: file.made_ms,
        rule: &file.rule,
        inputs: &file.inputs,
        logs: &file.logs,
        command: file.command.as_deref(),
        stale: file.stale.as_deref(),
    };
    push(out, unix_ms, "file", fields);
}

fn totals_fields(totals: &Totals, cores: u32, dry: bool) -> TotalsFields<'_> {
    fn fields(count: &RuleCount) -> RuleFields<'_> {
        RuleFields { rule: &count.rule, run: count.run, maybe: count.maybe }
    }
    TotalsFields {
        dry,
        cores,
        jobs: totals.jobs,
        run: totals.run(),
        maybe: totals.maybe(),
        fresh: totals.fresh,
        behind: &totals.behind,
        rules: totals.rules.iter().map(fields).collect(),
    }
}

fn finish(summary: &Summary) -> Finish {
    Finish {
        made: summary.made,
        cut_off: summary.cut_off,
        fresh: summary.fresh,
        failed: summary.failed.iter().map(|(job, _)| job.id).collect(),
        not_run: summary.not_run,
        seconds: seconds(summary.wall),
        signal: summary.signal,
        drained: summary.drained,
    }
}
