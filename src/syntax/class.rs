//! Classes: fields and methods, and what is a data class.
//!
//! Owns their lowering to a function that gives the members, and why a class is
//! left to Python. What a class does is the evaluation's.

use super::attempt::{bytes, colon, tokens_of, word_of};
use super::build::{Builder, Pair, Rule};
use super::python::{defined_name, definition_length, first_word, indent};
use crate::diag::Diag;

/// Methods by Python's own names that are served.
const SERVED: [&str; 2] = ["__init__", "__post_init__"];

/// The names that the lines of a class give, and those of its fields.
#[derive(Default)]
struct Members {
    names: Vec<String>,
    fields: Vec<String>,
}

/// A name and whether a type follows, of a line such as `x: int = 3`.
fn assigned(item: &Pair) -> Option<(String, bool, bool)> {
    let tokens = tokens_of(item);
    let name = tokens.first().filter(|t| matches!(t.as_rule(), Rule::word | Rule::targets))?;
    let second = tokens.get(1)?.as_str();
    let value = tokens.iter().any(|t| t.as_rule() == Rule::sep && t.as_str() == "=");
    (second == ":" || (second == "=" && value)).then(|| (name.as_str().trim().to_owned(), second == ":", value))
}

fn members(body: &[Pair]) -> Members {
    let mut members = Members::default();
    let mut rest = body;
    while let [item, after @ ..] = rest {
        if let Some(length) = definition_length(rest) {
            let name = rest[..length].iter().find_map(|i| defined_name(i.as_str()));
            members.names.extend(name.map(str::to_owned));
            rest = &rest[length..];
            continue;
        }
        if let Some((name, typed, value)) = assigned(item) {
            members.fields.extend(Some(name.clone()).filter(|_| typed));
            members.names.extend(Some(name).filter(|_| value));
        }
        rest = after;
    }
    members
}

/// The names that a class gives its objects: `x` of `self.x`.
fn own_names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (at, word) in text.match_indices("self.") {
        let rest = &text[at + word.len()..];
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl<'s> Builder<'s> {
    /// Why a class is Python's only; nothing for a function.
    pub(super) fn python_class(&self, items: &[Pair<'s>]) -> Vec<Diag> {
        let decorators = items.iter().take_while(|p| first_word(p.as_str()) == "@").count();
        let Some(head) = items.get(decorators).filter(|p| word_of(p) == "class") else { return Vec::new() };
        let mut found = Vec::new();
        let mut refuse = |item: &Pair, what: &str| {
            let diag = Diag::at(self.line_span(item), what.to_owned());
            found.push(diag.hint("write `struct(name=value)` or a dict, and functions of it"));
        };
        for item in &items[..decorators] {
            if !item.as_str().contains("dataclass") {
                refuse(item, "of a class, `@dataclass` is the one decorator that is served");
            }
        }
        if head.as_str().contains("Enum") || head.as_str().contains('=') || head.as_str().contains("Protocol") {
            refuse(head, "a class of this kind is not served");
        }
        for item in &items[decorators + 1..] {
            let text = item.as_str().trim_start();
            let name = defined_name(text).filter(|n| text.starts_with("def") && n.starts_with("__"));
            if text.contains("super(") {
                refuse(item, "`super()` is not served");
            } else if text.starts_with('@') {
                refuse(item, "decorators of methods are not served");
            } else if name.is_some_and(|name| !SERVED.contains(&name)) {
                refuse(item, "methods that Python calls by itself are not served, but `__init__`");
            }
        }
        found
    }

    /// `class A(B):` becomes `def _class():`, which gives the members, and
    /// `A = _class_of("A", lambda: [B], _class, fields, names, is_data)`.
    pub(super) fn class(&mut self, items: &[Pair<'s>], decorators: usize) {
        let head = &items[decorators];
        let tokens = tokens_of(head);
        let (Some(name), Some(end)) = (tokens.get(1), colon(&tokens)) else {
            let span = self.line_span(head);
            return self.fail(Diag::at(span, "`:` is missing at the end of this line"));
        };
        let (start, name) = (bytes(&tokens[0]).start, name.as_str().to_owned());
        let bases = tokens.get(2).filter(|t| t.as_rule() == Rule::bracket).map_or("", |t| t.as_str());
        let bases = bases.trim_start_matches('(').trim_end_matches(')').trim();
        let bases = if bases == "object" { String::new() } else { bases.to_owned() };
        for item in &items[..decorators] {
            let span = self.line_span(item);
            self.emit.replace(span.range(), "pass");
        }
        let own = indent(head.as_str()).replace('\t', " ");
        let inline = end + 1 < tokens.len();
        let deeper = if inline { format!("{own} ") } else { self.block_indent(bytes(&tokens[end]).end) };
        self.emit.replace(start..bytes(&tokens[end]).start, &format!("def _class{start}()"));
        self.suite(tokens[end..].to_vec(), &own);
        let body = &items[decorators + 1..];
        self.lines(body, false);
        let Members { names, fields } = members(body);
        let pairs: Vec<String> = names.iter().map(|name| format!("{name:?}: {name}")).collect();
        let more = deeper.strip_prefix(own.as_str()).unwrap_or(" ").to_owned();
        let data = if decorators > 0 { "True" } else { "False" };
        let own_names = own_names(self.slice(start..items[items.len() - 1].as_span().end()));
        let made = format!(
            "{name} = _class_of({name:?}, lambda: [{bases}], _class{start}, {fields:?}, {own_names:?}, {data})"
        );
        self.behind(items, &[format!("{more}return {{{}}}", pairs.join(", ")), made]);
    }
}
