//! What a run says in lines: a job, its failure, its output, the summary.
//!
//! Owns the words. It does not know where the lines go, nor which of them are
//! wanted.

use super::text::{
    LABEL, Paint, clock, duration, jobs, name, push_field, push_indented, push_name, push_title, tail, tame, title,
};
use crate::event::{Failure, Job, Summary};
use std::time::Duration;

/// How many of the last lines of a failed job's output are shown.
const TAIL: usize = 20;
/// How many of the last lines of a failed job's `log:` file are shown.
const LOG_TAIL: usize = 10;

/// Where a job stands in a run: which it is, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub number: usize,
    /// How many there are at most.
    pub of: usize,
}

impl Place {
    fn text(self) -> String {
        let (number, of) = (self.number, self.of.max(self.number));
        let width = of.to_string().len();
        format!("[{number:>width$}/{of}]")
    }
}

/// A job's line: its place and its message, or what it is called.
pub fn job(out: &mut String, paint: Paint, place: Place, job: &Job) {
    out.push_str(&paint.faint(&place.text()));
    out.push(' ');
    match &job.message {
        Some(message) => out.push_str(&tame(message).trim_end().replace('\n', "\n    ")),
        None => push_title(out, job),
    }
}

/// The command of a job, indented under its line.
pub fn command(out: &mut String, paint: Paint, job: &Job) {
    let mut text = String::new();
    if let Some(command) = &job.command {
        push_indented(&mut text, 4, &tame(command));
    }
    for line in text.lines() {
        out.push_str(&paint.faint(line));
        out.push('\n');
    }
}

/// What a job printed, under its line; the line says so again if other lines
/// came between.
pub fn output(out: &mut String, paint: Paint, place: Option<Place>, of: &Job, text: &str) {
    if let Some(place) = place {
        job(out, paint, place, of);
        out.push_str(&paint.faint(" printed:"));
        out.push('\n');
    }
    push_indented(out, 4, &tame(text));
}

/// What a job prints while others run too: each line begins with its name.
pub fn output_among_others(out: &mut String, paint: Paint, of: &Job, text: &str) {
    let head = paint.faint(&format!("{} | ", title(of)));
    for line in tame(text).lines() {
        out.push_str(&head);
        out.push_str(line);
        out.push('\n');
    }
}

/// How long a job took, at the end of its line.
pub fn took(paint: Paint, time: Duration) -> String {
    paint.faint(&format!("  {}", duration(time)))
}

/// The end of the line of a job that was found up to date.
pub fn cut_off(paint: Paint) -> String {
    paint.faint("  skipped: its inputs came out the same")
}

/// What a handler printed, and whether it failed.
pub fn handled(out: &mut String, paint: Paint, handler: &str, end: &crate::event::End, problem: Option<&str>) {
    match problem {
        Some(problem) => {
            out.push_str(&paint.bad("error:"));
            out.push_str(&format!(" `{handler}` failed: {}\n", tame(problem).trim_end()));
        }
        None => out.push_str(&format!("{handler}\n")),
    }
    if let Some(text) = &end.output {
        push_indented(out, 4, &tame(text));
    }
}

/// A failure in full: what failed, how, the command, the end of its output (if
/// `output`) or of its log, and where to find the rest.
pub fn failure(out: &mut String, paint: Paint, failure: &Failure, output: bool) {
    let Failure { job, end, .. } = failure;
    out.push_str(&format!("{} {} failed: {}\n", paint.bad("error:"), paint.strong(&title(job)), how(failure)));
    if let Some(command) = &job.command {
        push_field(out, paint, 2, "command", &tame(command));
    }
    if let Some(text) = end.output.as_ref().filter(|_| output) {
        push_field(out, paint, 2, "output", &last_lines(text, TAIL));
    }
    if let Some(file) = &end.output_file {
        push_field(out, paint, 2, "in full", &name(file));
    }
    for log in &job.logs {
        push_field(out, paint, 2, "log", &name(log));
        if let Some(tail) = failure.log_tail.as_ref().filter(|tail| tail.path == *log) {
            push_indented(out, 2 + LABEL, &last_lines(&tail.text, LOG_TAIL));
        }
    }
}

/// What went wrong, how the command ended, after how long, at which attempt.
fn how(failure: &Failure) -> String {
    let Failure { end, problem, attempt, attempts, .. } = failure;
    let mut facts = vec![duration(end.wall)];
    if *attempts > 1 {
        facts.push(format!("attempt {attempt} of {attempts}"));
    }
    match problem {
        Some(problem) => format!("{} ({}, {})", tame(problem).trim_end(), end.words, facts.join(", ")),
        None => format!("{} ({})", end.words, facts.join(", ")),
    }
}

/// The last lines of a text, fit for a page.
fn last_lines(text: &str, most: usize) -> String {
    let text = tame(text);
    let (shown, total) = tail(&text, most);
    let head = if total > most { format!("the last {most} of {total} lines\n") } else { String::new() };
    format!("{head}{shown}")
}

/// The line of a failure that is not the end of it.
pub fn retry(out: &mut String, paint: Paint, failure: &Failure) {
    let Failure { job, end, problem, attempt, attempts, .. } = failure;
    out.push_str(&paint.unsure("warning:"));
    out.push(' ');
    push_title(out, job);
    push_first_output(out, job);
    let words = problem.as_deref().unwrap_or(&end.words);
    let next = attempt + 1;
    out.push_str(&format!(" failed: {} ({}); attempt {next} of {attempts}\n", name(words), duration(end.wall)));
}

fn push_first_output(out: &mut String, job: &Job) {
    if let Some(file) = job.outputs.first() {
        out.push_str(&format!(" ({})", name(file)));
    }
}

/// A line that begins with a word and a colon.
pub fn remark(out: &mut String, paint: Paint, word: &str, text: &str) {
    out.push_str(&paint.unsure(&format!("{word}:")));
    out.push(' ');
    push_name(out, text);
    out.push('\n');
}

/// The failures of a run, so that they stand at its end: a line each, for each
/// was told in full when it happened. `problem` is what else was wrong, by job.
pub fn failures<'p>(out: &mut String, paint: Paint, summary: &Summary, problem: impl Fn(u32) -> Option<&'p str>) {
    out.push_str(&paint.bad("these failed:"));
    out.push('\n');
    for (job, end) in &summary.failed {
        out.push_str("  ");
        push_title(out, job);
        push_first_output(out, job);
        out.push_str(": ");
        push_name(out, problem(job.id).unwrap_or(&end.words));
        if let Some(file) = end.output_file.as_ref().or(job.logs.first()) {
            out.push_str(&format!(", see {}", name(file)));
        }
        out.push('\n');
    }
}

/// The last line of a run.
pub fn summary(out: &mut String, paint: Paint, summary: &Summary) {
    out.push_str(&headline(paint, summary));
    if idle(summary) {
        if summary.fresh > 0 {
            out.push_str(&format!(": {} up to date", jobs(summary.fresh)));
        }
        out.push('\n');
        return;
    }
    let failed = summary.failed.len();
    let only_failed = failed > 0 && summary.signal.is_none();
    let counts = [
        (if only_failed { 0 } else { failed }, "failed"),
        (summary.made, "made"),
        (summary.fresh, "up to date"),
        (summary.cut_off, "skipped (inputs came out the same)"),
        (summary.not_run, "not run"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let head = Some(jobs(failed)).filter(|_| only_failed);
    let parts: Vec<String> = head.into_iter().chain(counts).collect();
    out.push_str(&format!(": {} in {}\n", parts.join(", "), duration(summary.wall)));
}

/// Whether a run ended well and had nothing to do.
fn idle(summary: &Summary) -> bool {
    let busy = summary.made + summary.cut_off + summary.failed.len() + summary.not_run;
    busy == 0 && summary.signal.is_none() && !summary.drained
}

fn headline(paint: Paint, summary: &Summary) -> String {
    match summary.signal {
        Some(signal) => paint.bad(&format!("stopped by {}", signal_name(signal))),
        None if !summary.failed.is_empty() => paint.bad("failed"),
        None if summary.drained => paint.unsure("drained"),
        None if idle(summary) => paint.good("nothing to do"),
        None if summary.not_run > 0 => paint.unsure("not finished"),
        None => paint.good("done"),
    }
}

fn signal_name(signal: i32) -> String {
    match signal {
        1 => "SIGHUP".into(),
        2 => "SIGINT".into(),
        15 => "SIGTERM".into(),
        other => format!("signal {other}"),
    }
}

/// A running job as the live status shows it.
pub fn running(job_title: &str, since: Duration) -> String {
    format!("{job_title} {}", clock(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{End, LogTail};
    use std::sync::Arc;

    const PLAIN: Paint = Paint { on: false };

    fn count() -> Job {
        Job {
            id: 7,
            rule: "count".into(),
            wildcards: vec![("book".into(), "ab\u{1b}yss".into())],
            logs: vec!["logs/abyss.log".into()],
            command: Some("awk -f count.awk \\\n  < in > out".into()),
            ..Job::default()
        }
    }

    fn end(output: Option<String>) -> End {
        End {
            wall: Duration::from_millis(1240),
            code: Some(3),
            words: "exit code 3".into(),
            output_file: output.is_some().then(|| ".rulemake/logs/7.log".into()),
            output,
        }
    }

    fn failed(end: End, problem: Option<&str>) -> Failure {
        let problem = problem.map(String::from);
        Failure { job: Arc::new(count()), end, problem, log_tail: None, attempt: 1, attempts: 1, retry: false }
    }

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn a_job_has_its_place_and_its_message() {
        let place = Place { number: 3, of: 120 };
        assert_eq!(text(|o| job(o, PLAIN, place, &count())), "[  3/120] count book=ab\\u{1b}yss");
        let told = Job { message: Some("counting\nwords".into()), ..count() };
        assert_eq!(text(|o| job(o, PLAIN, place, &told)), "[  3/120] counting\n    words");
    }

    #[test]
    fn a_failure_says_what_how_and_where_to_look() {
        let lines: String = (1..=23).map(|i| format!("line {i}\n")).collect();
        let shown = text(|o| failure(o, PLAIN, &failed(end(Some(lines)), None), true));
        let tail: String = (4..=23).map(|i| format!("            line {i}\n")).collect();
        let want = format!(
            "error: count book=ab\\u{{1b}}yss failed: exit code 3 (1.2 s)
  command   awk -f count.awk \\
              < in > out
  output    the last 20 of 23 lines
{tail}  in full   .rulemake/logs/7.log
  log       logs/abyss.log
"
        );
        assert_eq!(shown, want);
    }

    #[test]
    fn a_problem_comes_before_the_exit_code() {
        let shown = text(|o| failure(o, PLAIN, &failed(end(None), Some("output `x` is missing")), true));
        assert!(
            shown.starts_with("error: count book=ab\\u{1b}yss failed: output `x` is missing (exit code 3, 1.2 s)\n")
        );
    }

    #[test]
    fn output_stands_under_a_line_or_behind_a_name() {
        let place = Place { number: 1, of: 2 };
        let job = Job { rule: "a".into(), ..Job::default() };
        assert_eq!(text(|o| output_among_others(o, PLAIN, &job, "x\n\ny")), "a | x\na | \na | y\n");
        assert_eq!(text(|o| output(o, PLAIN, None, &job, "x\n\ny")), "    x\n\n    y\n");
        assert_eq!(text(|o| output(o, PLAIN, Some(place), &job, "x")), "[1/2] a printed:\n    x\n");
    }

    #[test]
    fn summaries() {
        let wall = Duration::from_millis(4200);
        let line = |s: Summary| text(|o| summary(o, PLAIN, &Summary { wall, ..s }));
        let failed = || vec![(Arc::new(count()), end(None))];
        let none = Summary::default;
        assert_eq!(line(none()), "nothing to do\n");
        assert_eq!(line(Summary { fresh: 12, ..none() }), "nothing to do: 12 jobs up to date\n");
        assert_eq!(
            line(Summary { made: 9, fresh: 3, cut_off: 1, ..none() }),
            "done: 9 made, 3 up to date, 1 skipped (inputs came out the same) in 4.2 s\n"
        );
        assert_eq!(
            line(Summary { made: 2, failed: failed(), not_run: 5, ..none() }),
            "failed: 1 job, 2 made, 5 not run in 4.2 s\n"
        );
        assert_eq!(line(Summary { signal: Some(2), not_run: 1, ..none() }), "stopped by SIGINT: 1 not run in 4.2 s\n");
        assert_eq!(
            line(Summary { drained: true, made: 1, not_run: 1, ..none() }),
            "drained: 1 made, 1 not run in 4.2 s\n"
        );
    }

    #[test]
    fn the_end_of_its_log_is_shown_where_a_job_printed_nothing() {
        let log: String = (1..=12).map(|i| format!("line {i}\n")).collect();
        let log_tail = Some(LogTail { path: "logs/abyss.log".into(), text: log });
        let shown = text(|o| failure(o, PLAIN, &Failure { log_tail, ..failed(end(None), None) }, true));
        let tail: String = (3..=12).map(|i| format!("            line {i}\n")).collect();
        let want = format!("  log       logs/abyss.log\n            the last 10 of 12 lines\n{tail}");
        assert!(shown.ends_with(&want), "{shown}");
    }

    #[test]
    fn attempts_are_counted() {
        let again = |attempt, retry| Failure { attempt, attempts: 3, retry, ..failed(end(None), None) };
        assert_eq!(
            text(|o| retry(o, PLAIN, &again(1, true))),
            "warning: count book=ab\\u{1b}yss failed: exit code 3 (1.2 s); attempt 2 of 3\n"
        );
        let last = text(|o| failure(o, PLAIN, &again(3, false), true));
        assert!(last.starts_with("error: count book=ab\\u{1b}yss failed: exit code 3 (1.2 s, attempt 3 of 3)\n"));
    }

    #[test]
    fn at_the_end_failures_are_a_line_each() {
        let outputs = vec!["out/x".to_string()];
        let failed = vec![
            (Arc::new(Job { outputs, ..count() }), end(Some("x".into()))),
            (Arc::new(Job { id: 8, ..count() }), end(None)),
        ];
        let problem = |id| (id == 8).then_some("did not make\nits output");
        let shown = text(|o| failures(o, PLAIN, &Summary { failed, ..Summary::default() }, problem));
        assert_eq!(
            shown,
            "these failed:
  count book=ab\\u{1b}yss (out/x): exit code 3, see .rulemake/logs/7.log
  count book=ab\\u{1b}yss: did not make\\nits output, see logs/abyss.log
"
        );
    }
}
