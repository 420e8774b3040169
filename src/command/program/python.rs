//! Python programs: the runtime, then the job as a literal, then the user's text.

use super::{Job, Program, Section, with_preamble};
use crate::command::script::Found;
use crate::digest::{Digest, Parts};
use crate::rule::{Body, Python, Rulefile, Scope, Shape, Space, Variable};
use crate::value::Val;
use std::fmt::Write;
use std::sync::Arc;

const OBJECTS: &str = include_str!("objects.py");
const RUNTIME: &str = include_str!("runtime.py");
const PYLOAD: &str = include_str!("pyload.py");
const INTERPRETER: &[&str] = &["python3"];

pub(super) fn body(book: &Rulefile, body: &Body, job: &Job<'_>) -> Program {
    let mut entries = body_entries(book, job.scope, body, &identifier(job.rule));
    push(&mut entries, "job", &job_literal(job));
    program(entries)
}

pub(super) fn handler(book: &Rulefile, body: &Body, name: &str, log: &str) -> Program {
    let mut entries = body_entries(book, &book.scope, body, name);
    push(&mut entries, "job", &format!("{{'log': ([{}], {{}})}}", text(log)));
    push(&mut entries, "handler", "True");
    program(entries)
}

pub(super) fn script(book: &Rulefile, found: &Found, job: &Job<'_>) -> Program {
    let mut entries = shared(book, job.scope, found.directory());
    push(&mut entries, "job", &job_literal(job));
    push(&mut entries, "files", &format!("{{{}: {}}}", text(&found.shown), text(&found.path)));
    push(&mut entries, "script", &tuple(&[text(&found.shown), text(&found.path), text(&found.file.text)]));
    program(entries)
}

/// One line of Xonsh before the script.
pub(super) fn xonsh(book: &Rulefile, found: &Found, job: &Job<'_>) -> Program {
    const XONSH: &[&str] = &["xonsh", "-DRAISE_SUBPROC_ERROR=true", "-DXONSH_SHOW_TRACEBACK=true"];
    let preamble = format!("exec({})", text(&object(book, found, job)));
    Program { interpreter: XONSH, text: with_preamble(&preamble, &found.file.text), ending: ".xsh" }
}

/// A text that makes a job's object known where it stands.
pub(super) fn object(book: &Rulefile, found: &Found, job: &Job<'_>) -> String {
    let mut entries = shared(book, job.scope, found.directory());
    push(&mut entries, "job", &job_literal(job));
    push(&mut entries, "files", "{}");
    push(&mut entries, "object", "True");
    program(entries).text
}

/// See [`super::pyload`].
pub(super) fn pyload(path: &str, names: &[(Box<str>, Val)], answer: &str) -> Program {
    let mut entries = String::new();
    push(&mut entries, "path", &text(path));
    push(&mut entries, "answer", &text(answer));
    let mut given = String::new();
    names.iter().for_each(|(name, value)| push(&mut given, name, &literal(value)));
    push(&mut entries, "names", &format!("{{{given}}}"));
    started(PYLOAD, "program", &entries)
}

/// What every program is told.
fn shared(book: &Rulefile, scope: &Scope, directory: &str) -> String {
    let mut entries = String::new();
    let or_none = |value: &Option<Box<str>>| value.as_deref().map_or_else(|| "None".to_owned(), text);
    let shell = [or_none(&book.shell_prefix), or_none(&book.shell_suffix), or_none(&book.shell_executable)];
    push(&mut entries, "shell", &tuple(&shell));
    push(&mut entries, "directory", &text(directory));
    push(&mut entries, "config", &literal(&scope.config));
    entries
}

/// A text as Python compiles it for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its file, as messages give it.
    pub shown: String,
    /// The line of the text's first character, from 1.
    pub line: u32,
    /// What the job puts before it.
    head: &'static str,
    /// The text.
    text: String,
}

impl Source {
    /// All that the compiler goes by.
    pub fn digest(&self) -> Digest {
        let mut parts = Parts::default();
        parts.add(b'h', self.head.as_bytes()).add(b't', self.text.as_bytes());
        parts.finish()
    }
}

/// The texts of a body: all that it uses of the Rulefile, then itself.
pub(super) fn sources_of_body(body: &Body) -> Vec<Source> {
    let source = |python: &Python, head| Source {
        shown: python.shown.to_string(),
        line: python.line,
        head,
        text: python.text.to_string(),
    };
    let indented = |text: &str| text.starts_with([' ', '\t']);
    let piece = |p: &Python| source(p, if indented(&p.text) { "if True:\n" } else { "" });
    let theirs = body.spaces.iter().flat_map(Space::texts);
    let pieces = body.pieces.iter().map(|p| &**p).chain(theirs).map(piece);
    pieces.chain([source(&body.python, if body.inline { "def _(): " } else { "def _():\n" })]).collect()
}

pub(super) fn source_of_script(found: &Found) -> Source {
    Source { shown: found.shown.clone(), line: 1, head: "", text: found.file.text.clone() }
}

/// A program that compiles texts, and prints a line for each that cannot be:
/// its number, line and text there, and what is wrong, divided by tabs.
pub fn compiler(sources: &[&Source]) -> Program {
    let item = |s: &&Source| tuple(&[text(&s.shown), s.line.to_string(), text(s.head), text(&s.text)]);
    let items: Vec<String> = sources.iter().map(item).collect();
    let text = format!(
        "import warnings\nwarnings.simplefilter('ignore')\nfor number, (shown, line, head, text) in enumerate([{}]):\n    \
         above = line - 1 - head.count('\\n')\n    try:\n        compile('\\n' * above + head + text, shown, 'exec')\n    \
         except SyntaxError as error:\n        where = (error.text or '').strip().replace('\\t', ' ')\n        \
         print(number, error.lineno or line, where, type(error).__name__ + ': ' + error.msg, sep='\\t')\n    \
         except ValueError as error:\n        print(number, line, '', error, sep='\\t')\n",
        items.join(", ")
    );
    Program { interpreter: INTERPRETER, text, ending: ".py" }
}

fn body_entries(book: &Rulefile, scope: &Scope, body: &Body, name: &str) -> String {
    let directory = body.python.path.rsplit_once('/').map_or(".", |(directory, _)| directory);
    let mut entries = shared(book, scope, directory);
    let search: Vec<String> = book.search.iter().map(|directory| text(directory)).collect();
    push(&mut entries, "search", &format!("[{}]", search.join(", ")));
    push(&mut entries, "name", &text(name));
    let python = &body.python;
    let inline = if body.inline { "True" } else { "False" };
    push(&mut entries, "body", &tuple(&[&python_literal(python)[..], &[inline.into()]].concat()));
    let files = body.pieces.iter().map(|p| &**p).chain(body.spaces.iter().flat_map(Space::texts)).chain([python]);
    let files: Vec<String> = files.map(|p| format!("{}: {}", text(&p.shown), text(&p.path))).collect();
    push(&mut entries, "files", &format!("{{{}}}", files.join(", ")));
    let variables = body.variables.iter().filter_map(|name| scope.variable(name));
    push_names(&mut entries, &body.pieces, variables, (&body.rules, &body.spaces));
    entries
}

fn python_literal(python: &Python) -> [String; 3] {
    [text(&python.shown), python.line.to_string(), text(&python.text)]
}

/// What a file gives to its Python.
fn push_names<'v>(
    entries: &mut String,
    pieces: &[Arc<Python>],
    variables: impl Iterator<Item = &'v Variable>,
    (rules, spaces): (&Val, &[Space]),
) {
    let pieces: Vec<String> = pieces.iter().map(|p| tuple(&python_literal(p))).collect();
    push(entries, "pieces", &format!("[{}]", pieces.join(", ")));
    let mut named = String::new();
    for variable in variables {
        let value = literal(&variable.value);
        let shape = match variable.shape {
            Shape::Plain => "None",
            Shape::Fields | Shape::Rules => "'fields'",
            Shape::Workflow => "'workflow'",
        };
        push(&mut named, &variable.name, &tuple(&[value, shape.into()]));
    }
    push(entries, "variables", &format!("{{{named}}}"));
    push(entries, "rules", &literal(rules));
    let mut all = String::new();
    spaces.iter().for_each(|space| push(&mut all, &space.name, &space_literal(space)));
    push(entries, "spaces", &format!("{{{all}}}"));
}

fn space_literal(space: &Space) -> String {
    let (mut entries, mut handlers) = (String::new(), String::new());
    push(&mut entries, "config", &literal(&space.config));
    push_names(&mut entries, &space.pieces, space.variables.iter(), (&space.rules, &space.spaces));
    for (name, python, inline) in &space.handlers {
        let [shown, line, text] = python_literal(python);
        let inline = if *inline { "True" } else { "False" };
        push(&mut handlers, name, &tuple(&[shown, line, text, inline.into()]));
    }
    push(&mut entries, "handlers", &format!("{{{handlers}}}"));
    format!("{{{entries}}}")
}

/// The whole text: everything of ours runs under names of its own.
fn program(entries: String) -> Program {
    started(RUNTIME, "program, globals()", &entries)
}

/// A text of ours, and a call of its `start`.
pub(super) fn started(runtime: &str, given: &str, entries: &str) -> Program {
    let text = format!(
        "def _rulemake(filled):\n    runtime = {{}}\n    exec(compile({}, '<rulemake>', 'exec'), runtime)\n    \
         program = filled(runtime['made'])\n    \
         runtime['start']({given})\n\n\n_rulemake(lambda made: {{{entries}}})\n",
        text(&format!("{OBJECTS}\n\n{runtime}")),
    );
    Program { interpreter: INTERPRETER, text, ending: ".py" }
}

fn job_literal(job: &Job<'_>) -> String {
    let mut entries = String::new();
    for (name, section) in job.sections() {
        push(&mut entries, name, &section_literal(section));
    }
    push(&mut entries, "threads", &job.threads.to_string());
    push(&mut entries, "rule", &text(job.rule));
    push(&mut entries, "jobid", &job.number.to_string());
    push(&mut entries, "attempt", &job.turn.attempt.to_string());
    push(&mut entries, "bench_iteration", &literal(&job.turn.iteration()));
    format!("{{{entries}}}")
}

fn section_literal(section: &Section) -> String {
    let items: Vec<String> = section.items.iter().map(literal).collect();
    let names: Vec<String> = section.names.iter().map(|(n, v)| format!("{}: {}", text(n), literal(v))).collect();
    format!("([{}], {{{}}})", items.join(", "), names.join(", "))
}

fn push(entries: &mut String, key: &str, value: &str) {
    let _ = write!(entries, "{}: {value}, ", text(key));
}

fn tuple(parts: &[String]) -> String {
    format!("({})", parts.join(", "))
}

fn text(text: &str) -> String {
    Val::str(text).repr()
}

/// A value as Python writes it: its `repr`, but for the numbers that have none.
fn literal(value: &Val) -> String {
    match value {
        Val::Float(f) if !f.is_finite() => format!("float('{f}')"),
        Val::Func(_) => "None".into(),
        Val::Path(path) => format!("made('pathlib.Path', {})", text(path)),
        Val::Object(object) => format!("made({}, {})", text(object.maker), literals(&object.given)),
        Val::List(items) => format!("[{}]", literals(items)),
        Val::Tuple(items) if items.len() == 1 => format!("({},)", literals(items)),
        Val::Tuple(items) => format!("({})", literals(items)),
        Val::Set(items) if items.is_empty() => "set()".into(),
        Val::Set(items) => format!("{{{}}}", literals(items)),
        Val::Dict(entries) => {
            let entry = |(k, v): &(Val, Val)| format!("{}: {}", literal(k), literal(v));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.repr(),
    }
}

fn literals(items: &[Val]) -> String {
    items.iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// The name of the function that a body becomes.
fn identifier(rule: &str) -> String {
    let letters = rule.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("rule_{}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_literal() {
        let dict = Val::Dict(vec![(Val::Int(1), Val::List(vec![Val::Float(f64::INFINITY), Val::None]))]);
        assert_eq!(literal(&dict), "{1: [float('inf'), None]}");
        assert_eq!(literal(&Val::str("a'\"\n\\é\0")), "'a\\'\"\\n\\\\é\\x00'");
    }
}
