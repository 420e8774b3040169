//! Holds the shape of the source: who may import whom, and who alone may do what.
//!
//! Owns the table of floors. It reads the source as text, with comments and
//! strings taken out and test modules cut off; it knows no more of Rust than that.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of each floor. One may import only from floors below its own.
/// To move a module, change this table together with the one in `docs/design.md`.
const FLOORS: &[&[&str]] = &[
    &["span", "digest", "suggest", "path", "value"],
    &["diag", "pattern", "template", "yaml", "units"],
    &["syntax", "rule", "record", "event", "memo"],
    &["files"],
    &["state"],
    &["eval"],
    &["graph", "settle"],
    &["command", "schedule"],
    &["stale", "exec", "lint"],
    &["plan"],
    &["report"],
    &["run"],
    &["cli"],
    &["main"],
];

/// A file longer than this is more than a reader can hold in mind.
const MOST_LINES: usize = 800;

/// A source file of the package.
struct Source {
    /// Its path below `src/`.
    path: PathBuf,
    /// As it is.
    text: String,
    /// Without comments, strings and the test module.
    code: String,
}

impl Source {
    /// The top-level module it belongs to.
    fn module(&self) -> String {
        let first = self.path.iter().next().expect("a path has a first part");
        Path::new(first).with_extension("").display().to_string()
    }

    /// Whether it lies at one of these places: `eval`, or `exec/spawn`.
    fn within(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.with_extension("").starts_with(place))
    }

    /// Whether a word occurs in its code, as a whole word.
    fn mentions(&self, word: &str) -> bool {
        words(&self.code).any(|(_, found)| found == word)
    }

    fn shown(&self) -> String {
        format!("src/{}", self.path.display())
    }
}

#[test]
fn modules_import_only_from_floors_below() {
    let mut faults = Vec::new();
    for source in sources() {
        let module = source.module();
        if module == "lib" {
            continue;
        }
        let Some(own) = floor(&module) else {
            faults.push(format!("{}: `{module}` stands on no floor", source.shown()));
            continue;
        };
        for import in imports(&source.code) {
            match floor(&import) {
                _ if import == module => {}
                Some(other) if other < own => {}
                Some(other) => faults
                    .push(format!("{}: `{module}` (floor {own}) imports `{import}` (floor {other})", source.shown())),
                None => faults.push(format!("{}: `{import}` stands on no floor", source.shown())),
            }
        }
    }
    assert_no(faults);
}

#[test]
fn each_library_stays_in_its_own_modules() {
    only("pest", &["syntax", "pattern", "template"]);
    only("pest_derive", &["syntax", "pattern", "template"]);
    only("starlark", &["eval"]);
    only("granit_parser", &["yaml"]);
    only("minijinja", &["report"]);
    only("base64", &["report", "eval/builtin/bytes"]);
}

#[test]
fn unsafe_code_is_only_where_processes_start() {
    only("unsafe", &["exec/spawn"]);
}

#[test]
fn only_the_outermost_modules_print() {
    for name in ["print", "println", "eprint", "eprintln"] {
        let prints = |source: &Source| {
            words(&source.code).any(|(end, word)| word == name && source.code[end..].starts_with('!'))
        };
        let at = sources().into_iter().filter(|s| prints(s) && !s.within(&["report", "cli", "main"]));
        assert_no(at.map(|s| format!("{}: {name}!", s.shown())).collect());
    }
}

#[test]
fn files_are_short_enough_to_be_read() {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources().into_iter().filter(|s| lines(s) > MOST_LINES);
    assert_no(long.map(|s| format!("{}: {} lines", s.shown(), lines(&s))).collect());
}

#[test]
fn every_file_says_what_it_owns() {
    let silent = sources().into_iter().filter(|s| s.path != Path::new("main.rs") && !s.text.starts_with("//!"));
    assert_no(silent.map(|s| format!("{}: no `//!` header", s.shown())).collect());
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    let drawer = |s: &Source| {
        ["util", "utils", "helpers", "common", "misc"]
            .iter()
            .any(|d| s.path.with_extension("").iter().any(|part| part == *d))
    };
    assert_no(sources().into_iter().filter(drawer).map(|s| s.shown()).collect());
}

/// Fails if code outside of some places mentions a word.
fn only(word: &str, places: &[&str]) {
    let astray = sources().into_iter().filter(|s| s.mentions(word) && !s.within(places));
    assert_no(astray.map(|s| format!("{}: `{word}` belongs to {places:?} alone", s.shown())).collect());
}

fn assert_no(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|e| e.expect("a readable tree"));
    let source = |path: &Path| {
        let text = fs::read_to_string(path).expect("a source file");
        let code = without_tests(&code(&text)).to_owned();
        let path = path.strip_prefix(&root).expect("below src").to_owned();
        Source { path, text, code }
    };
    let rust = files.filter(|e| e.path().extension().is_some_and(|x| x == "rs"));
    let found: Vec<Source> = rust.map(|e| source(e.path())).collect();
    assert!(found.len() > 5, "only {} source files found", found.len());
    found
}

/// The top-level modules that code names: `crate::a`, `crate::{a, b::{c, d}}`, and
/// the same by the package's name, as `main.rs` does.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (end, word) in words(code) {
        let Some(rest) = code[end..].strip_prefix("::") else { continue };
        if word != "crate" && word != "rulemake" {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_names(group)),
            None => found.extend(words(rest).next().map(|(_, name)| name.to_owned())),
        }
    }
    found
}

/// The names that stand first in the members of a braced import.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut first, mut names) = (0, true, Vec::new());
    let mut at = 0;
    for (i, c) in group.char_indices() {
        match c {
            _ if i < at => continue,
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => first = true,
            c if first && depth == 0 && !c.is_whitespace() => {
                let (end, name) = words(&group[i..]).next().unwrap_or((c.len_utf8(), ""));
                names.push(name.to_owned());
                (at, first) = (i + end, false);
            }
            _ => {}
        }
    }
    names
}

/// Identifiers and keywords, each with the offset of its end.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(part)?;
        at = code[start..].find(|c| !part(c)).map_or(code.len(), |n| start + n);
        Some((at, &code[start..at]))
    })
}

/// Cuts off the test module, which stands last.
fn without_tests(code: &str) -> &str {
    let end = code.find("#[cfg(test)]\nmod ").unwrap_or(code.len());
    &code[..end]
}

/// The text with comments, strings and characters taken out.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = skip(rest, code.chars().next_back());
        if skipped > 0 {
            code.push(' ');
            rest = &rest[skipped..];
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// How many bytes of a comment, string or character literal stand at the start.
fn skip(rest: &str, before: Option<char>) -> usize {
    let upto = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |n| from + n + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return upto("*/", 2);
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).filter(|_| !in_word);
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let open = rest.len() - raw.len() + hashes + 1;
            return upto(&format!("\"{}", "#".repeat(hashes)), open);
        }
    }
    match rest.as_bytes()[0] {
        b'"' => quoted(rest, '"'),
        // A character, not a lifetime: the closing quote stands after one of them.
        b'\'' if rest[1..].starts_with('\\') => quoted(rest, '\''),
        b'\'' => match rest[1..].chars().next() {
            Some(c) if rest[1 + c.len_utf8()..].starts_with('\'') => 2 + c.len_utf8(),
            _ => 0,
        },
        _ => 0,
    }
}

/// How long a quoted literal with backslashes is.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn the_reader_of_source_sees_through_comments_strings_and_groups() {
    let text = r##"
use crate::{path, rule::{Rule, self}, state};
use crate::span::Span; // crate::cli
fn f<'a>(x: &'a str) -> char { let s = "crate::run \" unsafe"; let r = r#"crate::"plan""#; '"' }
/* crate::report */
fn g() { rulemake::eval::load() }
#[cfg(test)]
mod tests { use crate::graph; }
"##;
    let code = code(text);
    assert_eq!(imports(without_tests(&code)), ["path", "rule", "state", "span", "eval"]);
    assert!(!words(&code).any(|(_, w)| w == "unsafe"));
}
