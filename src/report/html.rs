//! A report as one page of HTML that loads nothing from elsewhere.
//!
//! Owns its design, and in which order and under which headings results stand. How a
//! file is shown is `embed`'s. It reads files only by the function it is given.

use super::embed::{Embedded, embed};
use super::text::{date, duration};
use super::{captions, graph};
use crate::event::{Ran, Report, Shown};
use crate::value::Val;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

const PAGE: &str = include_str!("report.html");

/// Where results stand that name no category.
const OTHER: &str = "Other";

/// Gives what a file holds, if it is there.
pub type Read<'r> = &'r dyn Fn(&str) -> Option<Vec<u8>>;

#[derive(Serialize)]
struct Category {
    name: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    name: String,
    results: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    path: String,
    name: String,
    rule: String,
    wildcards: Vec<(String, String)>,
    labels: Vec<(String, String)>,
    caption: Value,
    #[serde(flatten)]
    content: Embedded,
}

#[derive(Serialize)]
struct RuleRow {
    name: String,
    jobs: usize,
    total: String,
    mean: String,
    longest: String,
}

#[derive(Serialize)]
struct JobRow<'r> {
    rule: &'r str,
    wildcards: &'r [(String, String)],
    started: String,
    took: String,
    fresh: bool,
}

/// A page, and what is to be told of captions that are not on it as they were meant.
pub struct Page {
    /// The page.
    pub html: String,
    /// Lines for people.
    pub complaints: Vec<String>,
}

/// The page, made at a moment (Unix milliseconds).
pub fn page(report: &Report, config: &Val, now_ms: u64, read: Read<'_>) -> Page {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut texts = Texts { config: captions::value(config), read, complaints: Vec::new() };
    let about = texts.of_project();
    let description = report.description.as_deref().map(|path| texts.shown(path, about));
    let categories = categories(report, &mut texts);
    let context = context! {
        version => env!("CARGO_PKG_VERSION"),
        date => date(now_ms),
        description => description.unwrap_or_default(),
        categories => categories,
        graph => Value::from_safe_string(graph::svg(&report.rules)),
        rules => rules(&report.jobs),
        jobs => report.jobs.iter().map(job).collect::<Vec<_>>(),
    };
    let html = environment.render_str(PAGE, context).expect("bug: the page of a report");
    Page { html, complaints: texts.complaints }
}

/// The texts of captions and of the description.
struct Texts<'r> {
    config: Value,
    read: Read<'r>,
    complaints: Vec<String>,
}

impl Texts<'_> {
    /// A text as HTML: with its braces as they stand if they cannot be filled.
    fn shown(&mut self, path: &str, job: Value) -> Value {
        let Some(bytes) = (self.read)(path) else {
            self.complain(format!("`{path}`, a text of the report, cannot be read"));
            return Value::default();
        };
        let text = String::from_utf8_lossy(&bytes);
        let filled = captions::filled(&text, job).unwrap_or_else(|why| {
            self.complain(format!("the braces of `{path}` are not filled: {why}"));
            text.into_owned()
        });
        Value::from_safe_string(captions::html(&filled))
    }

    /// A caption of many results is told of once.
    fn complain(&mut self, line: String) {
        if !self.complaints.contains(&line) {
            self.complaints.push(line);
        }
    }

    fn of_project(&self) -> Value {
        context! { config => self.config }
    }

    /// What a caption finds under `snakemake`.
    fn of_job(&self, result: &Shown) -> Value {
        let named = |pairs: &[(String, String)]| pairs.iter().cloned().collect::<BTreeMap<_, _>>();
        context! {
            wildcards => named(&result.wildcards),
            params => named(&result.params),
            config => self.config,
            rule => result.rule,
            output => [&result.path],
        }
    }
}

/// By name; what names no category comes last.
fn categories(report: &Report, texts: &mut Texts<'_>) -> Vec<Category> {
    let mut found: BTreeMap<(bool, String), BTreeMap<String, Vec<Row>>> = BTreeMap::new();
    for result in &report.results {
        let key = (result.category.is_none(), result.category.clone().unwrap_or_else(|| OTHER.into()));
        let part = found.entry(key).or_default().entry(result.subcategory.clone().unwrap_or_default());
        part.or_default().push(row(result, texts));
    }
    let parts = |parts: BTreeMap<String, Vec<Row>>| {
        parts.into_iter().map(|(name, results)| Part { name, results }).collect::<Vec<_>>()
    };
    found.into_iter().map(|((_, name), found)| Category { name, parts: parts(found) }).collect()
}

fn row(result: &Shown, texts: &mut Texts<'_>) -> Row {
    let job = texts.of_job(result);
    let caption = result.caption.as_deref().map(|path| texts.shown(path, job));
    Row {
        path: result.path.clone(),
        name: result.path.rsplit('/').next().unwrap_or_default().to_owned(),
        rule: result.rule.clone(),
        wildcards: result.wildcards.clone(),
        labels: result.labels.clone(),
        caption: caption.unwrap_or_default(),
        content: embed(&result.path, (texts.read)(&result.path)),
    }
}

fn rules(jobs: &[Ran]) -> Vec<RuleRow> {
    let mut times: Vec<(&str, Vec<u64>)> = Vec::new();
    for job in jobs {
        match times.iter_mut().find(|(rule, _)| *rule == job.rule) {
            Some((_, times)) => times.push(job.wall_ms),
            None => times.push((&job.rule, vec![job.wall_ms])),
        }
    }
    let shown = |ms: u64| duration(Duration::from_millis(ms));
    let row = |(name, times): (&str, Vec<u64>)| {
        let total: u64 = times.iter().sum();
        RuleRow {
            name: name.to_owned(),
            jobs: times.len(),
            total: shown(total),
            mean: shown(total / times.len() as u64),
            longest: shown(times.iter().copied().max().unwrap_or_default()),
        }
    };
    times.into_iter().map(row).collect()
}

fn job(job: &Ran) -> JobRow<'_> {
    JobRow {
        rule: &job.rule,
        wildcards: &job.wildcards,
        started: date(job.start_ms),
        took: duration(Duration::from_millis(job.wall_ms)),
        fresh: job.fresh,
    }
}
