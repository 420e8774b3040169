//! What people and programs read: events as plain lines, a live status, or JSON.
//!
//! Owns everything that is printed about a plan and a run. It does not know
//! where events come from, nor the environment: whether there are colours, a
//! terminal, a width, it is told. stdout gets what was asked for (a dry run's
//! page, JSON, `--why`, `--list`), stderr all else.

mod captions;
mod diff;
mod drawing;
mod dry;
pub mod embed;
mod graph;
pub mod html;
mod json;
mod lines;
mod live;
mod out;
mod pages;
mod progress;
#[cfg(test)]
mod tests;
mod text;

use crate::diag::{Diag, Kind};
use crate::event::{Drawing, End, Event, Failure, Job, Linted, Listed, Summarised, Summary, Totals, Why};
use crate::span::Sources;
pub use drawing::Form;
use dry::Dry;
use lines::Place;
use live::Live;
use out::Out;
use progress::Progress;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use text::Paint;

/// What is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// The line of each job (also in a dry run, where the table stays); a job
    /// that fails or prints something is shown all the same.
    pub jobs: bool,
    /// The plan in numbers and the live status.
    pub progress: bool,
    /// The reasons in a dry run.
    pub reasons: bool,
    /// Everything but failures, warnings, errors and what stdout was asked for.
    pub all: bool,
}

/// How to report.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// One JSON line an event on stdout; stderr has only warnings and errors.
    pub json: bool,
    /// Colours on stdout.
    pub color_stdout: bool,
    /// Colours on stderr.
    pub color_stderr: bool,
    /// A live status on stderr, which must be a terminal that can move its cursor.
    pub live: bool,
    /// What is left out.
    pub quiet: Quiet,
    /// Commands are shown.
    pub commands: bool,
    /// The width of stderr's terminal in columns, now.
    pub width: fn() -> u16,
}

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
struct Now {
    instant: Instant,
    unix_ms: u64,
}

impl Now {
    fn read() -> Now {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { instant: Instant::now(), unix_ms: since.as_millis() as u64 }
    }
}

/// Prints what happens.
pub struct Reporter {
    options: Options,
    stdout: Out,
    stderr: Out,
    paint: Paint,
    dry: Dry,
    live: Option<Live>,
    progress: Progress,
    /// Whether jobs of a dry run were printed.
    listed: bool,
    /// Whether it was said that files are being hashed.
    told_hashing: bool,
    /// The job that the last printed lines were about, and what they were.
    last: Option<(u32, Said)>,
    /// What else was wrong with failed jobs.
    problems: HashMap<u32, String>,
    /// Running jobs whose output was shown so far.
    followed: HashSet<u32>,
}

/// What was last said of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Start,
    Output,
    Failure,
}

impl Reporter {
    /// A reporter that prints on two streams.
    pub fn new(options: Options, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Reporter {
        let paint = Paint { on: options.color_stderr };
        let quiet = options.quiet;
        let live = options.live && !options.json && !quiet.progress && !quiet.all;
        Reporter {
            options,
            stdout: Out::new(stdout),
            stderr: Out::new(stderr),
            paint,
            dry: Dry::new(Paint { on: options.color_stdout }, options.commands, !quiet.reasons),
            live: live.then(|| Live::new(paint, options.width)),
            progress: Progress::default(),
            listed: false,
            told_hashing: false,
            last: None,
            problems: HashMap::new(),
            followed: HashSet::new(),
        }
    }

    /// Prints an event.
    pub fn event(&mut self, event: &Event) {
        self.event_at(event, Now::read());
    }

    /// Draws the live status again, if it is time to. To be called often while
    /// jobs run.
    pub fn tick(&mut self, now: Instant) {
        if let Some(live) = &mut self.live {
            live.draw(&self.progress, now, &mut self.stderr);
        }
    }

    /// Whether there is a live status, so that ticks are worth while.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Prints warnings or errors that end or precede a run.
    pub fn diags(&mut self, diags: &[Diag], sources: &Sources) {
        for diag in diags {
            self.note(diag, &diag.render(sources, self.options.color_stderr), Now::read());
        }
    }

    /// Prints a remark that is no warning, such as on a needless flag.
    pub fn notice(&mut self, remark: &str) {
        if !self.options.quiet.all {
            self.note(&Diag::warning(Kind::Usage, remark), &format!("note: {remark}"), Now::read());
        }
    }

    /// Prints the answer to `--why`.
    pub fn why(&mut self, why: &Why) {
        self.why_at(why, Now::read());
    }

    /// Prints what is known of the plan's files.
    pub fn summary(&mut self, files: &[Summarised], detailed: bool) {
        if self.options.json {
            let now = Now::read();
            files.iter().for_each(|file| json::summarised(self.stdout.text(), now.unix_ms, file));
        } else {
            self.stdout.text().push_str(&pages::summary(files, detailed));
        }
        self.stdout.flush();
    }

    /// Prints paths, one a line.
    pub fn paths(&mut self, paths: &[String]) {
        for path in paths {
            let text = self.stdout.text();
            text.push_str(path);
            text.push('\n');
        }
        self.stdout.flush();
    }

    /// Prints a drawing of the plan.
    pub fn drawing(&mut self, drawing: &Drawing, form: Form) {
        self.stdout.text().push_str(&drawing::draw(drawing, form));
        self.stdout.flush();
    }

    /// Prints the rules.
    pub fn list(&mut self, rules: &[Listed]) {
        let now = Now::read();
        if self.options.json {
            for rule in rules {
                json::listed(self.stdout.text(), now.unix_ms, rule);
            }
        } else {
            let page = pages::list(rules, Paint { on: self.options.color_stdout });
            self.stdout.text().push_str(&page);
        }
        self.stdout.flush();
    }

    /// Prints what lints found: as JSON lines, or for people.
    pub fn lints(&mut self, found: &[Linted], json: bool) {
        let now = Now::read();
        for (i, linted) in found.iter().enumerate() {
            match json {
                true => json::linted(self.stdout.text(), now.unix_ms, linted),
                false => {
                    let gap = if i > 0 { "\n" } else { "" };
                    self.stdout.text().push_str(&format!("{gap}{}", linted.text));
                }
            }
        }
        self.stdout.flush();
    }

    /// Prints text that was asked for.
    pub fn page(&mut self, text: &str) {
        self.stdout.text().push_str(text);
        self.stdout.flush();
    }

    /// Whether stdout has colours.
    pub fn colors_stdout(&self) -> bool {
        self.options.color_stdout
    }

    /// Takes the live status away and writes what has gathered.
    ///
    /// # Errors
    /// If stdout could not be written, but for a reader that went away.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Some(mut live) = self.live.take() {
            live.clear(&mut self.stderr);
        }
        self.stderr.flush();
        self.stdout.finish()
    }

    fn why_at(&mut self, why: &Why, now: Now) {
        if self.options.json {
            json::why(self.stdout.text(), now.unix_ms, why);
        } else {
            let page = pages::why(why, now.unix_ms, Paint { on: self.options.color_stdout });
            self.stdout.text().push_str(&page);
        }
        self.stdout.flush();
    }

    fn event_at(&mut self, event: &Event, now: Now) {
        match event {
            Event::Note { diag, text } => self.note(diag, text, now),
            Event::NotStarted { job, diag, text } => self.not_started(event, job, diag, text, now),
            _ if self.options.json => self.json(event, now),
            Event::Hashing { done, total } => self.hashing(*done, *total, now.instant),
            Event::Totals { totals, cores, dry } => self.totals(totals, *cores, *dry),
            Event::DryJob(planned) => {
                if !self.options.quiet.jobs && !self.options.quiet.all {
                    self.dry.job(self.stdout.text(), planned);
                    self.stdout.relieve();
                    self.listed = true;
                }
            }
            Event::Waiting { what } => {
                self.progress.waiting = Some(text::name(what));
                self.remark("waiting", what, now.instant);
            }
            Event::Stopping { why } => {
                self.progress.stopping = true;
                self.remark("stopping", why, now.instant);
            }
            Event::Started { job, .. } => self.started(job, now.instant),
            Event::Output { job, text } => self.printed(job, text, now.instant),
            Event::Finished { job, end } => self.finished(job, end, now.instant),
            Event::Failed(failure) => self.failed(failure, now.instant),
            Event::CutOff { job } => self.cut_off(job, now.instant),
            Event::Grown { jobs } => self.progress.total += jobs,
            Event::Handled { handler, end, problem } => {
                let mut lines = String::new();
                lines::handled(&mut lines, self.paint, handler, end, problem.as_deref());
                if problem.is_some() || (!self.options.quiet.all && end.output.is_some()) {
                    self.say(&lines, now.instant);
                }
            }
            Event::Done(summary) => self.done(summary),
        }
    }

    fn json(&mut self, event: &Event, now: Now) {
        json::event(self.stdout.text(), now.unix_ms, event);
        match event {
            Event::DryJob(_) => self.stdout.relieve(),
            _ => self.stdout.flush(),
        }
    }

    fn note(&mut self, diag: &Diag, text: &str, now: Now) {
        if self.options.json {
            json::note(self.stdout.text(), now.unix_ms, diag, &anstream::adapter::strip_str(text).to_string());
            self.stdout.flush();
        }
        let (head, rest) = text.trim_end().split_once(':').unwrap_or((text.trim_end(), ""));
        let head = match head {
            "error" => self.paint.bad("error:"),
            "warning" | "note" => self.paint.unsure(&format!("{head}:")),
            _ => return self.say(&format!("{}\n", text.trim_end()), now.instant),
        };
        self.say(&format!("{head}{rest}\n"), now.instant);
    }

    /// Prints lines on stderr, above the live status if there is one.
    fn say(&mut self, lines: &str, now: Instant) {
        self.last = None;
        if let Some(live) = &mut self.live {
            live.push(lines);
            live.draw(&self.progress, now, &mut self.stderr);
        } else {
            self.stderr.text().push_str(lines);
            self.stderr.flush();
        }
    }

    fn remark(&mut self, word: &str, what: &str, now: Instant) {
        if self.options.quiet.all {
            return;
        }
        let mut lines = String::new();
        lines::remark(&mut lines, self.paint, word, what);
        self.say(&lines, now);
    }

    fn hashing(&mut self, done: u64, total: u64, now: Instant) {
        self.progress.hash(done, total, now);
        let slow = self.progress.hashing.is_some_and(|h| h.is_slow(now));
        let quiet = self.options.quiet.progress || self.options.quiet.all;
        if self.live.is_none() && slow && !quiet && !std::mem::replace(&mut self.told_hashing, true) {
            self.say(&format!("hashing {} of files\n", text::bytes(total)), now);
        }
        self.tick(now);
    }

    fn totals(&mut self, totals: &Totals, cores: u32, dry: bool) {
        self.progress.total = totals.run() + totals.maybe();
        self.progress.hashing = None;
        let quiet = self.options.quiet;
        if dry && !quiet.all {
            if std::mem::take(&mut self.listed) {
                self.stdout.text().push('\n');
            }
            self.dry.totals(self.stdout.text(), totals);
            self.stdout.flush();
        } else if !dry && self.progress.total > 0 && !quiet.progress && !quiet.all {
            let cores = if cores == 1 { "1 core".to_string() } else { format!("{cores} cores") };
            self.say(&format!("{}, {cores}\n", dry::sentence(totals)), Instant::now());
        }
    }

    fn started(&mut self, job: &Job, now: Instant) {
        let place = self.progress.start(job, now);
        if self.live.is_some() || self.options.quiet.jobs || self.options.quiet.all {
            return self.tick(now);
        }
        let mut lines = String::new();
        lines::job(&mut lines, self.paint, place, job);
        lines.push('\n');
        self.push_command(&mut lines, job);
        self.say(&lines, now);
        self.last = Some((job.id, Said::Start));
    }

    fn push_command(&self, lines: &mut String, job: &Job) {
        if self.options.commands {
            lines::command(lines, self.paint, job);
        }
    }

    /// Output of a running job: under its line if it is the only one that
    /// runs, else each line with its name.
    fn printed(&mut self, job: &Job, text: &str, now: Instant) {
        self.followed.insert(job.id);
        if self.options.quiet.all {
            return;
        }
        let mut lines = String::new();
        if self.progress.running.len() > 1 {
            lines::output_among_others(&mut lines, self.paint, job, text);
            return self.say(&lines, now);
        }
        let under = self.last.is_some_and(|(id, _)| id == job.id);
        let place = (!under).then(|| self.progress.place_of(job.id));
        lines::output(&mut lines, self.paint, place, job, text);
        self.say(&lines, now);
        self.last = Some((job.id, Said::Output));
    }

    fn finished(&mut self, job: &Job, end: &End, now: Instant) {
        let place = self.progress.end(job.id, false);
        let followed = self.followed.remove(&job.id);
        let quiet = self.options.quiet;
        let mut lines = String::new();
        if self.live.is_some() && !quiet.jobs {
            lines::job(&mut lines, self.paint, self.progress.settled_place(), job);
            lines.push_str(&lines::took(self.paint, end.wall));
            lines.push('\n');
            self.push_command(&mut lines, job);
        }
        if let Some(output) = end.output.as_deref().filter(|_| !quiet.all && !followed) {
            let under = !lines.is_empty() || self.last == Some((job.id, Said::Start));
            let place = if under { None } else { Some(place) };
            lines::output(&mut lines, self.paint, place, job, output);
        }
        self.say_if_any(&lines, now);
    }

    fn say_if_any(&mut self, lines: &str, now: Instant) {
        if lines.is_empty() {
            self.tick(now);
        } else {
            self.say(lines, now);
        }
    }

    fn failed(&mut self, failure: &Failure, now: Instant) {
        let id = failure.job.id;
        self.progress.end(id, failure.retry);
        let mut lines = String::new();
        // What it printed may stand right above.
        let followed = self.followed.remove(&id) && self.last == Some((id, Said::Output));
        if failure.retry {
            lines::retry(&mut lines, self.paint, failure);
            return self.say(&lines, now);
        }
        self.progress.failed += 1;
        self.problems.extend(failure.problem.clone().map(|problem| (id, problem)));
        lines::failure(&mut lines, self.paint, failure, !followed);
        self.say(&lines, now);
        self.last = Some((id, Said::Failure));
    }

    fn not_started(&mut self, event: &Event, job: &Job, diag: &Diag, text: &str, now: Now) {
        self.note(diag, text, now);
        if self.options.json {
            self.json(event, now);
        }
        self.progress.end(job.id, false);
        self.progress.failed += 1;
        self.last = Some((job.id, Said::Failure));
    }

    fn cut_off(&mut self, job: &Job, now: Instant) {
        let started = self.progress.skip();
        let place = if self.live.is_some() { self.progress.settled_place() } else { started };
        if self.options.quiet.jobs || self.options.quiet.all {
            return self.tick(now);
        }
        let mut lines = String::new();
        line_of_skipped(&mut lines, self.paint, place, job);
        self.say(&lines, now);
    }

    fn done(&mut self, summary: &Summary) {
        if let Some(mut live) = self.live.take() {
            live.clear(&mut self.stderr);
        }
        let mut text = String::new();
        let shown = matches!(&summary.failed[..], [(job, _)] if self.last == Some((job.id, Said::Failure)));
        if !shown && !summary.failed.is_empty() {
            lines::failures(&mut text, self.paint, summary, |id| self.problems.get(&id).map(String::as_str));
        }
        if !self.options.quiet.all || !summary.failed.is_empty() || summary.signal.is_some() {
            lines::summary(&mut text, self.paint, summary);
        }
        self.stderr.text().push_str(&text);
        self.stderr.flush();
    }
}

fn line_of_skipped(out: &mut String, paint: Paint, place: Place, job: &Job) {
    lines::job(out, paint, place, job);
    out.push_str(&lines::cut_off(paint));
    out.push('\n');
}
