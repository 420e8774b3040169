//! Notebooks: a program that puts the job into a first cell, and has `jupyter
//! nbconvert` execute the whole. Not what the cells hold.

use super::{Job, Program, python, r};
use crate::command::script::Found;
use crate::rule::Rulefile;
use crate::value::Val;

const RUNNER: &str = include_str!("notebook.py");

pub(super) fn script(book: &Rulefile, found: &Found, job: &Job<'_>) -> Program {
    let log = job.log.names.iter().find(|(name, _)| &**name == "notebook");
    let log = log.and_then(|(_, path)| path.as_str()).unwrap_or("");
    let cells = [("python", python::object(book, found, job)), ("r", r::preamble(found.directory(), job))];
    let go = [("python", "import os; os.chdir(%s)"), ("r", "setwd(%s)")];
    let text = |text: &str| Val::str(text).repr();
    let cells: Vec<String> = cells.iter().map(|(name, cell)| format!("{}: {}", text(name), text(cell))).collect();
    let go: Vec<String> = go.iter().map(|(name, cell)| format!("{}: {}", text(name), text(cell))).collect();
    let entries = format!(
        "'text': {}, 'log': {}, 'cells': {{{}}}, 'go': {{{}}}",
        text(&found.file.text),
        text(log),
        cells.join(", "),
        go.join(", ")
    );
    python::started(RUNNER, "program", &entries)
}
