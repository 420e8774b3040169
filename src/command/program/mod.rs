//! Programs in other languages than the shell's: bodies of `run:`, handlers,
//! and scripts, each a text for an interpreter with all of its job in it.
//!
//! Owns which interpreter runs which file, and what of a job is handed over. It
//! starts nothing.

mod bash;
mod julia;
mod notebook;
mod python;
mod r;

pub use python::{Source, compiler};

use super::script::Found;
use super::{Commands, Needs, Params, Turn, files};
use crate::graph::JobId;
use crate::rule::{Action, Body, Name, Rule, Rulefile, Scope};
use crate::value::Val;

/// A text for an interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The interpreter's name, to be looked up in `PATH`, and its options.
    pub interpreter: &'static [&'static str],
    /// The whole text.
    pub text: String,
    /// How the name of a file that holds it ends.
    pub ending: &'static str,
}

/// The languages of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    R,
    Julia,
    Bash,
    Xonsh,
    /// R Markdown.
    Rmd,
    /// A notebook of Jupyter.
    Notebook,
}

impl Language {
    /// The language of a file by its name's ending.
    pub fn of(path: &str) -> Option<Language> {
        match path.rsplit_once('.')?.1 {
            "py" => Some(Language::Python),
            "R" | "r" => Some(Language::R),
            "jl" => Some(Language::Julia),
            "sh" | "bash" => Some(Language::Bash),
            "xsh" => Some(Language::Xonsh),
            "Rmd" => Some(Language::Rmd),
            "ipynb" => Some(Language::Notebook),
            _ => None,
        }
    }
}

/// Values of a section: all of them, and those that have names.
#[derive(Clone, Debug, Default)]
struct Section {
    items: Vec<Val>,
    names: Vec<(Box<str>, Val)>,
    /// The items, all those of one name in one place.
    places: Vec<Val>,
}

/// All of a job that a program is given.
pub(super) struct Job<'a> {
    input: Section,
    output: Section,
    params: Section,
    wildcards: Section,
    log: Section,
    resources: Section,
    threads: u32,
    rule: &'a str,
    number: u32,
    turn: Turn,
    scope: &'a Scope,
}

/// Paths with the names of some stretches of them.
fn section<'p>(paths: impl Iterator<Item = &'p str>, names: &[Name]) -> Section {
    let items: Vec<Val> = paths.map(Val::str).collect();
    let value = |n: &Name| match &items[n.range.start as usize..n.range.end as usize] {
        [one] if !n.list => one.clone(),
        several => Val::List(several.to_vec()),
    };
    let mut places = Vec::with_capacity(items.len());
    let mut next = 0;
    for name in names {
        places.extend_from_slice(&items[next..next.max(name.range.start as usize)]);
        places.push(value(name));
        next = name.range.end as usize;
    }
    places.extend_from_slice(&items[next..]);
    let names = names.iter().map(|n| (n.name.clone(), value(n))).collect();
    Section { items, names, places }
}

/// Values that all have names.
fn all_named<'n>(entries: impl Iterator<Item = (&'n str, Val)>) -> Section {
    let names: Vec<(Box<str>, Val)> = entries.map(|(n, v)| (n.into(), v)).collect();
    let items: Vec<Val> = names.iter().map(|(_, v)| v.clone()).collect();
    Section { places: items.clone(), items, names }
}

impl<'a> Job<'a> {
    pub(super) fn new(
        commands: &Commands<'a>,
        job: JobId,
        params: &Params<'_>,
        needs: &Needs,
        logs: &[String],
        turn: Turn,
    ) -> Job<'a> {
        let rule: &'a Rule = commands.book.rule(commands.graph.rule(job));
        let values = commands.graph.wildcards(commands.paths, job, rule);
        let named = rule.params.iter().zip(params.iter());
        Job {
            input: section(files::inputs(commands, job).into_iter(), files::input_names(commands, job)),
            output: section(files::outputs(commands, job).into_iter(), &rule.outputs.names),
            params: Section {
                items: params.iter().cloned().collect(),
                places: params.iter().cloned().collect(),
                names: named.filter_map(|(p, v)| Some((p.name.clone()?, v.clone()))).collect(),
            },
            wildcards: all_named(rule.wildcards.iter().map(|n| &**n).zip(values.map(Val::str))),
            log: section(logs.iter().map(String::as_str), &rule.logs.names),
            resources: all_named(needs.with_forms().iter().map(|(n, v)| (&**n, v.clone()))),
            threads: needs.threads,
            rule: &rule.name,
            number: job.0,
            turn,
            scope: commands.book.scope_of(rule),
        }
    }

    /// The sections by their names.
    fn sections(&self) -> [(&'static str, &Section); 6] {
        [
            ("input", &self.input),
            ("output", &self.output),
            ("params", &self.params),
            ("wildcards", &self.wildcards),
            ("log", &self.log),
            ("resources", &self.resources),
        ]
    }
}

/// The program of a `run:` body.
pub(super) fn body(book: &Rulefile, body: &Body, job: &Job<'_>) -> Program {
    python::body(book, body, job)
}

/// The program of a script.
pub(super) fn script(book: &Rulefile, found: &Found, job: &Job<'_>) -> Program {
    match found.language {
        Language::Python => python::script(book, found, job),
        Language::R => r::script(found, job),
        Language::Julia => julia::script(found, job),
        Language::Bash => bash::script(found, job),
        Language::Xonsh => python::xonsh(book, found, job),
        Language::Rmd => r::markdown(found, job),
        Language::Notebook => notebook::script(book, found, job),
    }
}

impl Commands<'_> {
    /// The Python that a job compiles: none if it is no job of Python, or if its
    /// script cannot be found yet.
    pub fn python_of(&self, job: JobId) -> Vec<Source> {
        match &self.rule(job).action {
            Action::Run(body) => python::sources_of_body(body),
            Action::Script(script) => {
                let params = self.params(&[job]).pop().and_then(Result::ok);
                let found = params.and_then(|params| self.find_script(job, script, &params).ok());
                found.filter(|f| f.language == Language::Python).iter().map(python::source_of_script).collect()
            }
            Action::None | Action::Shell(_) => Vec::new(),
        }
    }
}

/// The program of a handler such as `onsuccess:`, given the path of the run's log.
pub fn handler(book: &Rulefile, body: &Body, name: &str, log: &str) -> Program {
    python::handler(book, body, name, log)
}

/// The program of a `pyload`: it runs a file (an absolute path) with some names, and
/// writes what the file's own names stand for to another one, as JSON.
pub fn pyload(path: &str, names: &[(Box<str>, Val)], answer: &str) -> Program {
    python::pyload(path, names, answer)
}

/// A text with something of ours before it: in the place of its first line if
/// that names an interpreter, so that lines keep their numbers.
fn with_preamble(preamble: &str, text: &str) -> String {
    debug_assert!(!preamble.contains('\n'), "bug: a preamble of several lines");
    let rest = if text.starts_with("#!") { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    format!("{preamble}\n{rest}")
}
