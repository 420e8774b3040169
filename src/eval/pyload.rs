//! Python files that are run while the Rulefile is read.
//!
//! Owns what is asked of the one who runs them, the values that come back, and
//! the errors. It starts nothing itself.

use super::config;
use super::convert::from_val;
use super::fault::Fault;
use super::missing::Missing;
use super::session::Session;
use super::{TrackedRead, load};
use crate::diag::{Diag, Kind};
use crate::rule::EnvironmentVariable;
use crate::span::Span;
use crate::value::Val;
use starlark::values::structs::AllocStruct;
use starlark::values::{Heap, Value};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A Python file that is to be run.
#[derive(Clone, Copy, Debug)]
pub struct PythonFile<'a> {
    /// Its path, relative to the current directory.
    pub path: &'a str,
    /// Where it runs, if not in the current directory.
    pub directory: Option<&'a str>,
    /// Names that it finds at its top.
    pub names: &'a [(Box<str>, Val)],
    /// Variables of the environment that differ from those of this process.
    pub variables: &'a [EnvironmentVariable],
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct PythonRan {
    /// Its names, or why it failed, as JSON; none if it ended otherwise. The form
    /// is that of `command/program/pyload.py`.
    pub answer: Option<String>,
    /// What it printed.
    pub printed: String,
    /// How it ended, in words.
    pub ended: String,
}

type Run = dyn Fn(&PythonFile<'_>) -> PythonRan + Send + Sync;

/// Runs Python files: evaluation itself starts no processes.
#[derive(Clone)]
pub struct RunPython(Arc<Run>);

impl RunPython {
    /// From a function.
    pub fn new(run: impl Fn(&PythonFile<'_>) -> PythonRan + Send + Sync + 'static) -> RunPython {
        RunPython(Arc::new(run))
    }
}

impl fmt::Debug for RunPython {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunPython")
    }
}

/// What a file was run with, and what came of it: it runs once.
pub(super) type Known = Vec<(String, Vec<(Box<str>, Val)>, Arc<Names>)>;

/// What a file's names stand for.
#[derive(Debug)]
pub(super) struct Names {
    values: Vec<(Box<str>, Val)>,
    /// Names without a plain value, and why.
    left: Vec<(Box<str>, Box<str>)>,
}

/// The names of a Python file, for the call at a place.
pub(super) fn pyload(
    session: &Session,
    given: &str,
    names: Vec<(Box<str>, Val)>,
    place: Span,
) -> Result<Arc<Names>, Fault> {
    let path = load::beside(session, place.file, given);
    let known = session.python.borrow().iter().find(|(p, n, _)| *p == path && *n == names).map(|k| k.2.clone());
    if let Some(known) = known {
        return Ok(known);
    }
    let text = std::fs::read_to_string(&path).map_err(|e| {
        let diag = load::unreadable("Python file", &path, &e).label(place, "");
        Fault(vec![diag.hint("its path is relative to the file that asks for it")])
    })?;
    session.read(TrackedRead::File(path.as_str().into()));
    let workdir = session.workdir.borrow().as_ref().map(|dir| dir.path.to_string());
    let directory = workdir.filter(|dir| Path::new(dir).is_dir());
    let variables = session.system.set_so_far();
    let file = PythonFile { path: &path, directory: directory.as_deref(), names: &names, variables: &variables };
    let run = session.request.python.clone();
    let ran = run
        .map(|run| (run.0)(&file))
        .unwrap_or_else(|| PythonRan { ended: "Python files are not run here".into(), ..PythonRan::default() });
    // It may have changed files that patterns found before.
    session.ahead.borrow_mut().forget();
    let found = Arc::new(Caller { session, path: &path, text: &text, place }.names(&ran)?);
    session.notes.borrow_mut().extend(ran.printed.lines().map(str::to_owned));
    session.python.borrow_mut().push((path, names, found.clone()));
    Ok(found)
}

impl Names {
    /// As a value with an attribute a name.
    pub(super) fn value<'v>(&self, file: &str, heap: Heap<'v>) -> Value<'v> {
        let values = self.values.iter().map(|(name, value)| (name.to_string(), from_val(value, heap)));
        let left = self.left.iter().map(|(name, why)| {
            let message = format!("`{name}` of `{file}` has no value here: it is {why}");
            let hint =
                "names that hold numbers, texts, lists and dicts come back: give what it makes a name of its own";
            (name.to_string(), heap.alloc(Missing::said(name, message, hint)))
        });
        heap.alloc(AllocStruct(values.chain(left).collect::<Vec<_>>()))
    }
}

/// Who asks for the file, for messages.
struct Caller<'a> {
    session: &'a Session,
    path: &'a str,
    text: &'a str,
    place: Span,
}

impl Caller<'_> {
    fn names(&self, ran: &PythonRan) -> Result<Names, Fault> {
        let Some(answer) = &ran.answer else { return Err(self.ended(ran)) };
        let answer =
            config::json(answer).map_err(|why| self.fault(format!("what it gave is not understood: {why}")))?;
        for read in texts(entry(&answer, "reads")) {
            self.session.read(TrackedRead::File(own(read).into()));
        }
        if let Some(Val::Str(error)) = entry(&answer, "error") {
            return Err(self.raised(error, entry(&answer, "frames"), ran));
        }
        let pairs = |key| pairs(entry(&answer, key).unwrap_or(&Val::None));
        let text = |value: &Val| Box::from(value.as_str().unwrap_or(""));
        Ok(Names {
            values: pairs("names").map(|(name, value)| (text(name), decoded(value))).collect(),
            left: pairs("left").map(|(name, why)| (text(name), text(why))).collect(),
        })
    }

    fn diag(&self, why: String) -> Diag {
        Diag::error(Kind::Rulefile, format!("the Python file `{}` failed: {why}", self.path))
    }

    fn fault(&self, why: String) -> Fault {
        Fault(vec![self.diag(why).label(self.place, "")])
    }

    /// It ended without an answer.
    fn ended(&self, ran: &PythonRan) -> Fault {
        let diag = self.diag(ran.ended.clone()).label(self.place, "");
        Fault(vec![with_printed(diag, &ran.printed)])
    }

    /// It raised an error: at its own line, the last that the trace goes through.
    fn raised(&self, error: &str, frames: Option<&Val>, ran: &PythonRan) -> Fault {
        let mut diag = self.diag(error.to_owned());
        let frames: Vec<(&str, usize)> = list(frames).iter().filter_map(frame).collect();
        let is_own = |file: &str| std::path::absolute(self.path).is_ok_and(|own| own == Path::new(file));
        if let Some((_, line)) = frames.iter().rev().find(|(file, _)| is_own(file)) {
            diag = diag.label(self.line(*line), "");
        }
        diag = diag.label(self.place, "run for this");
        if let Some((file, line)) = frames.last().filter(|(file, _)| !is_own(file)) {
            diag = diag.note(format!("it comes from line {line} of `{}`", own(file)));
        }
        if let Some(module) = error.strip_prefix("ModuleNotFoundError: No module named ") {
            diag = diag.hint(format!("install {module} for the `python3` that is in `PATH`"));
        }
        Fault(vec![with_printed(diag, &ran.printed)])
    }

    /// A line of the file, without its indentation.
    fn line(&self, number: usize) -> Span {
        let file = self.session.sources.borrow_mut().add(self.path, self.text);
        let start = self.text.split_inclusive('\n').take(number.saturating_sub(1)).map(str::len).sum::<usize>();
        let line = self.text[start..].lines().next().unwrap_or("");
        let blanks = line.len() - line.trim_start().len();
        Span::new(file, start + blanks, start + line.trim_end().len().max(blanks))
    }
}

/// With the last of what was printed.
fn with_printed(diag: Diag, printed: &str) -> Diag {
    const SHOWN: usize = 5;
    let lines: Vec<&str> = printed.lines().collect();
    let last = &lines[lines.len().saturating_sub(SHOWN)..];
    if last.is_empty() { diag } else { diag.note(format!("it printed: {}", last.join("\n"))) }
}

/// A path as seen from the current directory, if it lies below.
fn own(path: &str) -> &str {
    let here = std::env::current_dir().unwrap_or_default();
    Path::new(path).strip_prefix(here).ok().and_then(Path::to_str).unwrap_or(path)
}

fn entry<'a>(value: &'a Val, key: &str) -> Option<&'a Val> {
    let Val::Dict(entries) = value else { return None };
    entries.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v)
}

fn list(value: Option<&Val>) -> &[Val] {
    if let Some(Val::List(items)) = value { items } else { &[] }
}

fn texts(value: Option<&Val>) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Val::as_str)
}

/// File and line of a frame.
fn frame(frame: &Val) -> Option<(&str, usize)> {
    match list(Some(frame)) {
        [Val::Str(file), Val::Int(line), ..] => Some((file, usize::try_from(*line).ok()?)),
        _ => None,
    }
}

fn pairs(value: &Val) -> impl Iterator<Item = (&Val, &Val)> {
    list(Some(value)).iter().filter_map(|pair| match list(Some(pair)) {
        [first, second] => Some((first, second)),
        _ => None,
    })
}

/// A value from its form in JSON.
fn decoded(value: &Val) -> Val {
    match value {
        Val::List(items) => Val::List(items.iter().map(decoded).collect()),
        Val::Dict(_) => match (entry(value, "dict"), entry(value, "float")) {
            (Some(held), _) => Val::Dict(pairs(held).map(|(k, v)| (decoded(k), decoded(v))).collect()),
            (None, Some(Val::Str(number))) => Val::Float(number.parse().unwrap_or(f64::NAN)),
            _ => Val::None,
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let json = r#"[1, {"dict": [[1, "a"], ["b", [null, {"float": "inf"}]]]}, {"dict": []}]"#;
        assert_eq!(decoded(&config::json(json).unwrap()).repr(), "[1, {1: 'a', 'b': [None, inf]}, {}]");
    }
}
