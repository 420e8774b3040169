//! Starlark's errors as diagnostics at the user's own lines, in our words.
//!
//! Owns the wording and the way back through the source map. It does not know
//! what was being evaluated.

use super::exception::Thrown;
use super::fault::{Fault, inner};
use super::keys::Keys;
use super::limits;
use super::local;
use super::recognised::is_no_number;
use crate::diag::{Diag, Diags, Kind, Label};
use crate::span::{FileId, Span};
use crate::suggest::did_you_mean;
use crate::syntax::{Chunk, Definition};
use crate::value::Val;
use starlark::ErrorKind;
use starlark::codemap::FileSpan;
use std::sync::Arc;

/// Where a lowered text came from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) file: FileId,
    pub(super) chunk: Chunk,
    /// The expressions inside f-strings of the file.
    pub(super) fields: Arc<[Span]>,
}

/// What is known at the time of an error.
#[derive(Clone, Copy, Default)]
pub(super) struct Scene<'a> {
    pub(super) origins: &'a [Origin],
    pub(super) names: &'a [String],
    pub(super) config: Option<&'a Val>,
    pub(super) config_files: &'a [String],
    /// Files of which all was imported, and which could not be read.
    pub(super) starred: &'a [Definition],
    pub(super) keys: Option<&'a Keys>,
}

impl Scene<'_> {
    fn origin(&self, at: &FileSpan) -> Option<&Origin> {
        self.origins.get(at.filename().parse::<usize>().ok()?)
    }

    /// A span of a lowered text in the user's file.
    pub(super) fn place(&self, at: &FileSpan) -> Option<Span> {
        let origin = self.origin(at)?;
        let range = origin.chunk.source(at.span.begin().get() as usize..at.span.end().get() as usize);
        Some(Span::new(origin.file, range.start, range.end))
    }

    /// The lowered text of a span: the user's, but for what was rewritten.
    fn slice(&self, at: &FileSpan) -> &str {
        let range = at.span.begin().get() as usize..at.span.end().get() as usize;
        self.origin(at).and_then(|o| o.chunk.text.get(range)).unwrap_or("")
    }

    fn in_fstring(&self, at: &FileSpan) -> Option<Span> {
        let place = self.place(at)?;
        let fields = &self.origin(at)?.fields;
        fields.iter().find(|f| f.start <= place.start && place.end <= f.end).copied()
    }
}

/// Everything an error says.
pub(super) fn explain(error: &starlark::Error, scene: &Scene) -> Diags {
    let place = error.span().and_then(|s| scene.place(s));
    if let Some(mut diags) = cause(error.kind()) {
        if let [only] = diags.as_mut_slice()
            && only.labels.iter().all(|l| !l.text.is_empty())
        {
            only.labels.splice(0..0, place.map(|span| Label { span, text: String::new() }));
            *only = chain(only.clone(), error, scene);
        }
        return diags;
    }
    let text = error.without_diagnostic().to_string();
    let worded = word(error.kind(), &text, error.span(), scene);
    let mut diag = Diag::error(Kind::Rulefile, worded.message);
    if let Some(span) = worded.place.or(place) {
        diag = diag.label(span, "");
    }
    diag.notes = worded.notes;
    diag.hints.extend(worded.hint);
    vec![chain(diag, error, scene)]
}

/// Our own diagnostics inside an error.
fn cause(kind: &ErrorKind) -> Option<Diags> {
    let inner = inner(kind)?;
    let thrown = || inner.downcast_ref::<Thrown>().map(|thrown| vec![thrown.diag.clone()]);
    inner.downcast_ref::<Fault>().map(|fault| fault.0.clone()).or_else(thrown)
}

/// The calls of the user's functions that led to an error, innermost first.
fn chain(mut diag: Diag, error: &starlark::Error, scene: &Scene) -> Diag {
    const SHOWN: usize = 4;
    let frames = error.call_stack().frames.iter().rev();
    let calls = frames.filter(|f| !f.name.starts_with('_'));
    for (name, span) in calls.filter_map(|f| Some((&f.name, scene.place(f.location.as_ref()?)?))).take(SHOWN) {
        if diag.labels.iter().all(|l| l.span != span) {
            diag = diag.label(span, format!("`{}` is called here", called(name)));
        }
    }
    if diag.labels.is_empty() {
        // What goes wrong in a function of ours goes wrong where the user calls it.
        let frames = error.call_stack().frames.iter().rev();
        let place = frames.filter_map(|frame| scene.place(frame.location.as_ref()?)).next();
        diag.labels.extend(place.map(|span| Label { span, text: String::new() }));
    }
    diag
}

/// The name of a function as it was written, without what tells methods apart.
fn called(name: &str) -> &str {
    let method = name.strip_prefix("<method ").and_then(|rest| rest.strip_suffix('>'));
    let name = method.map_or(name, |method| method.rsplit('.').next().unwrap_or(method));
    name.strip_suffix("__of").unwrap_or(name)
}

/// A message in our words.
#[derive(Default)]
struct Worded {
    message: String,
    hint: Option<String>,
    notes: Vec<String>,
    place: Option<Span>,
}

impl Worded {
    fn new(message: impl Into<String>) -> Worded {
        Worded { message: message.into(), ..Worded::default() }
    }

    fn hint(self, hint: impl Into<String>) -> Worded {
        Worded { hint: Some(hint.into()), ..self }
    }
}

/// The `n`th text in backticks.
fn quoted(text: &str, n: usize) -> &str {
    text.split('`').nth(2 * n + 1).unwrap_or("")
}

fn word(kind: &ErrorKind, text: &str, at: Option<&FileSpan>, scene: &Scene) -> Worded {
    match kind {
        _ if limits::worded(text).is_some() => {
            limits::worded(text).map_or_else(Worded::default, |(message, hint)| Worded::new(message).hint(hint))
        }
        _ if is_no_number(text) => Worded::new(format!("`{}` is no whole number", quoted(text, 0))),
        ErrorKind::Fail(_) => Worded::new(text.trim_start_matches("fail:").trim()),
        ErrorKind::StackOverflow(_) => Worded::new("functions call each other too deeply")
            .hint("a function that calls itself must come to an end; loops are written with `for`"),
        ErrorKind::Scope(_) if text.starts_with("Variable `") => undefined(quoted(text, 0), at, scene),
        ErrorKind::Parser(_) => parse_error(text, at, scene),
        _ if text.contains("referenced before assignment") => undefined(quoted(text, 0), at, scene),
        _ => value_error(&unqualified(text, at), at, scene),
    }
}

/// Functions without the number of the text they stand in.
fn unqualified(text: &str, at: Option<&FileSpan>) -> String {
    at.map_or_else(|| text.to_owned(), |s| text.replace(&format!("`{}.", s.filename()), "`"))
}

/// Placeholders that have a value only in a job.
const ROOTS: [&str; 9] = ["wildcards", "input", "output", "params", "threads", "resources", "log", "benchmark", "rule"];

/// Python's names that are not there, and what to write instead.
const PYTHON: &[(&str, &str)] = &[
    ("eval", "write the expression itself"),
    ("exec", "write the statements themselves"),
    ("next", "take an element with `xs[0]`"),
    ("iter", "loop over the list itself"),
    ("bytes", "use strings"),
    ("globals", "name the variable itself"),
    ("locals", "name the variable itself"),
    ("from_queue", "make it a `checkpoint`, and ask for its files in an input function"),
    ("storage", "fetch the files in a rule of their own"),
    ("gitfile", "clone the repository in a rule of its own"),
    ("gitlab", "clone the repository, and name the path of its file"),
    ("dynamic", "make it a `checkpoint`, and ask for its files in an input function"),
    ("srcdir", "write `workflow.source_path(\"FILE\")`"),
    ("cluster_config", "give what jobs take by `resources:`"),
    ("__file__", "write `workflow.snakefile`"),
];

fn undefined(name: &str, at: Option<&FileSpan>, scene: &Scene) -> Worded {
    let field = at.and_then(|s| scene.in_fstring(s));
    if let (true, Some(field)) = (ROOTS.contains(&name), field) {
        let field_text = at.map_or("", |s| field_slice(s, field, scene));
        let inner = if field_text.is_empty() { name } else { field_text };
        return Worded {
            place: Some(field),
            ..Worded::new(format!("`{name}` has no value yet: an f-string is filled while the Rulefile is read"))
                .hint(format!("write `{{{{{inner}}}}}` or drop the `f`"))
        };
    }
    if ROOTS.contains(&name) {
        return Worded::new(format!("`{name}` has a value only in a job")).hint(format!(
            "write a function: `lambda wildcards{}: ...`",
            match name {
                "input" | "output" | "threads" | "resources" => format!(", {name}"),
                _ => String::new(),
            }
        ));
    }
    let message = format!("`{name}` is not defined");
    if let Some((_, instead)) = PYTHON.iter().find(|(n, _)| *n == name) {
        return Worded::new(message).hint(*instead);
    }
    let known = scene.names.iter().map(String::as_str);
    let hint = local::gave_nothing(scene.starred).or_else(|| did_you_mean(name, known));
    Worded { hint, ..Worded::new(message) }
}

/// The user's text of an f-string's expression, from the lowered text.
fn field_slice<'a>(at: &FileSpan, field: Span, scene: &'a Scene) -> &'a str {
    let Some(origin) = scene.origin(at) else { return "" };
    let start = at.span.begin().get() as usize;
    let Some(place) = scene.place(at) else { return "" };
    let before = (place.start - field.start) as usize;
    let length = (field.end - field.start) as usize;
    start.checked_sub(before).and_then(|s| origin.chunk.text.get(s..s + length)).unwrap_or("").trim()
}

/// What to write instead, by the token that Starlark stumbled over.
fn parse_error(text: &str, at: Option<&FileSpan>, scene: &Scene) -> Worded {
    let token = at.map_or("", |s| scene.slice(s)).trim();
    let text = text.trim_start_matches("Parse error: ");
    if text.contains("indentation") {
        let place = at.and_then(|s| scene.place(s)).map(|s| Span { start: s.end.saturating_sub(1), ..s });
        let worded = Worded::new("this line's indentation fits no line above");
        return Worded { place, ..worded.hint("indent lines of one block alike") };
    }
    let instead = match token {
        "<" | ">" | "<=" | ">=" | "==" | "!=" | "in" => "compare two values at a time: `a < b and b < c`",
        "**" => "`**` takes names and numbers: use `pow(x, y)`, or join dicts with `a | b`",
        "*" => "there is no `*` here: join lists with `a + b`",
        ":" | ":=" => "there is no `:=`: assign on a line of its own",
        "=" => "assign one value a line: `a = 1`, then `b = a`; compare with `==`",
        "," => "a set is written `set([a, b])`",
        "else" => "`for ... else` is not supported: set a variable in the loop",
        "import" | "from" => "put imports on lines of their own at the top",
        "while" => "write `for i in range(n):`",
        word if word.starts_with(|c: char| matches!(c, '"' | '\'' | '(' | '[' | '{') || c.is_ascii_digit()) => {
            "is a comma missing before it?"
        }
        "try" | "except" | "finally" => "test before you use: `if key in config:`",
        "with" | "class" | "yield" | "global" | "nonlocal" | "del" | "async" | "await" | "raise" | "assert" => {
            "this statement of Python is not supported here"
        }
        _ => "",
    };
    let message = if token.is_empty() || token.contains('\n') {
        format!("this is not understood: {}", expectation(text))
    } else {
        format!("`{token}` is not understood here")
    };
    let worded = Worded::new(message);
    if instead.is_empty() { worded } else { worded.hint(instead) }
}

/// Starlark's own words, shortened: its lists of expected tokens are long.
fn expectation(text: &str) -> String {
    let cut = text.find(", expected").unwrap_or(text.len());
    lower(&text[..cut])
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A type's name with its article.
fn type_word(name: &str) -> String {
    match name {
        "NoneType" => "None".into(),
        "int" | "object" | "exception" => format!("an {name}"),
        "files" => "a list of files".into(),
        "ndarray" => "an array".into(),
        "wildcards" | "rules" => format!("`{name}`"),
        "python" => "a value that is Python's only".into(),
        _ => format!("a {name}"),
    }
}

fn value_error(text: &str, at: Option<&FileSpan>, scene: &Scene) -> Worded {
    if let Some(rest) = text.strip_prefix("Key `") {
        return missing_key(quoted(&format!("`{rest}"), 0), at, scene);
    }
    if text.starts_with("Object of type `") {
        let kind = match quoted(text, 0) {
            "struct" if at.is_some_and(|at| scene.slice(at).starts_with("workflow.")) => "workflow",
            kind => kind,
        };
        return missing_attribute(kind, quoted(text, 1), text);
    }
    if text.starts_with("Operation `call") && at.is_some_and(|at| scene.slice(at).starts_with("shell(")) {
        return Worded::new("no command runs while the Rulefile is read")
            .hint("make it a rule, or run it in a Python file for `pyload(\"FILE.py\")`");
    }
    if text.starts_with("Operation `") {
        return operation(text);
    }
    if text.starts_with("Index `") {
        return Worded::new(format!("there is no element `[{}]`: the list is shorter", quoted(text, 0)));
    }
    if text.contains("too big to fit in i32") || text.starts_with("Error unpacking value for parameter") {
        return Worded::new("this number is larger than 32 bits, too large for this call");
    }
    if text == "Immutable" || text.contains("Cannot mutate") || text.contains("mutate") {
        return Worded::new("this value cannot be changed here").hint(
            "a function that runs later cannot change top-level values; nor can a loop change what it goes over",
        );
    }
    if let Some((names, function)) = text.strip_prefix("Found `").and_then(|rest| rest.split_once("` extra named ")) {
        let function = function.rsplit([' ', '.']).next().unwrap_or("");
        return Worded::new(format!("`{function}` takes no argument that is named `{names}`"));
    }
    Worded::new(lower(text))
}

/// Whether a dict has no such key.
pub(super) fn lacks_key(error: &starlark::Error) -> bool {
    error.without_diagnostic().to_string().starts_with("Key `")
}

fn missing_key(key: &str, at: Option<&FileSpan>, scene: &Scene) -> Worded {
    let expression = at.map_or("", |s| scene.slice(s));
    let owner = expression.rfind('[').map_or("", |i| expression[..i].trim());
    let asked = expression.split_once('[').and_then(|(dict, rest)| Some((dict.trim(), rest.strip_suffix(']')?)));
    let asked = asked.filter(|(_, index)| !index.contains("]["));
    let other = asked.and_then(|(dict, index)| scene.keys?.other_type(dict, key, index));
    if let Some((message, hint)) = other {
        return Worded::new(message).hint(hint);
    }
    let key = key.trim_matches('"');
    if !owner.starts_with("config") {
        let whose = if owner.is_empty() || owner.contains('\n') { "the dict".into() } else { format!("`{owner}`") };
        return Worded::new(format!("{whose} has no key `{key}`"));
    }
    let mut worded = Worded::new(format!("`{owner}` has no key `{key}`"));
    if owner == "config" {
        if let Some(Val::Dict(entries)) = scene.config {
            worded.hint = did_you_mean(key, entries.iter().filter_map(|(k, _)| k.as_str()));
        }
        worded.hint = worded.hint.or_else(|| {
            Some(format!("give it with `--config {key}=VALUE`, or write `config.get(\"{key}\", DEFAULT)`"))
        });
    }
    worded.notes.push(match scene.config_files {
        [] => "no config file was read".to_owned(),
        files => format!("`config` was read from {}", files.join(", ")),
    });
    worded
}

fn missing_attribute(kind: &str, name: &str, text: &str) -> Worded {
    let suggestion = text.split_once("did you mean").map(|(_, rest)| format!("did you mean `{}`?", quoted(rest, 0)));
    // Of pandas' many methods some are short, and one letter apart.
    let told_apart = !matches!(kind, "sheet" | "column" | "row" | "groups") || name.len() > 3;
    let suggestion = suggestion.filter(|_| told_apart);
    let worded = match kind {
        "wildcards" => Worded::new(format!("there is no wildcard `{name}` here")),
        "rules" => Worded::new(format!("no rule `{name}` is defined before this line"))
            .hint("a rule can be named after its definition only"),
        "rule" => Worded::new(format!("a rule has no `.{name}` here"))
            .hint("it has `.output`, `.input`, `.log` and `.params`"),
        "workflow" => Worded::new(format!("`workflow` has no `.{name}` here"))
            .hint(format!("it has `.{}`", super::builtin::WORKFLOW.join("`, `."))),
        "scatter" => Worded::new(format!("`scattergather` names no `{name}` before this line"))
            .hint(format!("write `scattergather: {name} = 8` above it")),
        "checkpoints" => Worded::new(format!("no checkpoint `{name}` is defined here"))
            .hint("`checkpoints` knows what is defined as `checkpoint NAME:`, not as `rule`"),
        "files" => Worded::new(format!("there is no file named `{name}` here")),
        "string" => string_method(name),
        "texts" => Worded::new(format!("`.str` of a column has no `.{name}` here"))
            .hint("use pandas itself in a Python file, and ask for what it makes by `pyload(\"FILE.py\")`"),
        "sheet" | "column" | "row" => Worded::new(format!("{kind}s have no `.{name}` here"))
            .hint("use pandas itself in a Python file, and ask for what it makes by `pyload(\"FILE.py\")`"),
        "groups" => Worded::new(format!("groups of a sheet have no `.{name}` here")).hint(match name {
            "cummax" | "cummin" | "cumprod" | "cumsum" | "diff" | "rank" | "shift" | "unique" | "value_counts" => {
                format!("ask a column of them: `groups[\"n\"].{name}()`")
            }
            _ => "ask each group, by `.apply(lambda group: ...)` or a loop, or use a file for `pyload`".to_owned(),
        }),
        "object" => Worded::new(format!("an object has no `.{name}`"))
            .hint("a property is known in the file of its class alone: write a method"),
        "exception" => Worded::new(format!("an exception has no `.{name}`"))
            .hint("a handler knows what an error was given, not the methods of its class"),
        _ => Worded::new(format!("{} has no `.{name}`", type_word(kind))),
    };
    Worded { hint: suggestion.or(worded.hint.clone()), ..worded }
}

fn string_method(name: &str) -> Worded {
    let worded = Worded::new(format!("strings have no `.{name}()` here"));
    match name {
        "encode" | "decode" => worded.hint("there are no bytes: leave it out"),
        "format_map" => worded.hint("write `.format(**x)`"),
        "year" | "month" | "day" | "strftime" | "isoformat" | "weekday" => {
            worded.hint("a date of a config file is a text: `date.fromisoformat(str(x))` is a date")
        }
        "translate" => worded.hint("write `.replace(a, b)`"),
        _ => worded,
    }
}

fn operation(text: &str) -> Worded {
    let (operator, left, right) = (quoted(text, 0), quoted(text, 1), quoted(text, 2));
    match (operator, left, right) {
        ("(iter)" | "iterate" | "iterable", "string", _) => Worded::new("a string cannot be looped over")
            .hint("write `x.elems()` for its characters, or `[x]` for a list of it"),
        ("(iter)" | "iterate" | "iterable", _, _) => Worded::new(format!("{} cannot be looped over", type_word(left))),
        ("call()" | "call", _, _) => Worded::new(format!("{} cannot be called", type_word(left))),
        ("[]" | "at", _, _) => Worded::new(format!("{} has no elements", type_word(left))),
        ("+", "string", other) | ("+", other, "string") if other != "string" && !other.is_empty() => {
            Worded::new(format!("{} and {} cannot be added", type_word(left), type_word(right)))
                .hint("make it a string with `str(x)`, or write an f-string")
        }
        ("compare", "set", "set") => {
            Worded::new("sets cannot be compared by size here").hint("write `a.issubset(b)` or `a.issuperset(b)`")
        }
        ("compare", _, _) => {
            Worded::new(format!("{} and {} cannot be put in order", type_word(left), type_word(right)))
        }
        (_, _, "") => Worded::new(format!("`{operator}` does not work on {}", type_word(left))),
        (_, _, "ndarray") => Worded::new(format!("`{operator}` does not work on {} and an array", type_word(left)))
            .hint(format!("put the array first, such as `-x + 1` for `1 - x`, or write `np.array([a]) {operator} x`")),
        ("/", "string", "path") => Worded::new("`/` does not work on a string and a path").hint("write `Path(a) / b`"),
        _ => Worded::new(format!("`{operator}` does not work on {} and {}", type_word(left), type_word(right))),
    }
}
