//! Python that is kept as text: bodies of `run:` and of handlers, and the
//! top-level statements that such bodies may use.
//!
//! Owns which lines belong together, and which names a Python text mentions. A
//! `def` stays in the lowered text as long as Starlark may serve it; one that is
//! plainly Python only is lowered to a stand-in. It runs no Python.

use super::assign::{declared, yields};
use super::attempt::{bytes, tokens_of};
use super::build::{Builder, Pair, Rule, parsed};
use super::cells::{Stands, parameters};
use super::class::{annotation, setter_of};
use super::globals::{bound, targets};
use super::scope::Scope;
use super::tree::{Definition, Directive, Piece, RuleDecl, Section};
use crate::diag::Diag;
use crate::span::{Literals, Span};
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;

/// What a Python text mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Words that may be names of the Rulefile's; `config` where it is used
    /// otherwise than by a constant key.
    pub words: BTreeSet<Box<str>>,
    /// The keys of `config["key"]` and `config.get("key")`.
    pub config_keys: BTreeSet<Box<str>>,
    /// The names of `rules.NAME`.
    pub rules: BTreeSet<Box<str>>,
    /// Those of `{config[key]}` in a string; in an f-string, variables.
    pub config_fields: BTreeSet<Box<str>>,
}

/// Finds the names in a Python text. Those in comments do not count, those in
/// strings only within braces: `shell("cat {X}")` and f-strings use them.
pub fn named(text: &str) -> Named {
    let mut named = Named::default();
    let Some(pairs) = parsed(Rule::py_names, text) else { return named };
    for pair in pairs.flat_map(Pair::into_inner) {
        match pair.as_rule() {
            Rule::py_name => {
                named.words.insert(pair.as_str().into());
            }
            Rule::py_rule => named.rules.extend(pair.into_inner().map(|name| name.as_str().into())),
            Rule::py_config => named.config_keys.extend(pair.into_inner().map(|key| key.as_str().into())),
            Rule::py_field => named.config_fields.extend(pair.into_inner().map(|key| key.as_str().into())),
            _ => {}
        }
    }
    named
}

/// The indentation of a line.
pub(super) fn indent(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches([' ', '\t']).len()]
}

/// Whether a line is indented deeper than another.
fn is_below(line: &str, indentation: &str) -> bool {
    line.strip_prefix(indentation).is_some_and(|rest| rest.starts_with([' ', '\t']))
}

/// The first word of a line, or `@`.
pub(super) fn first_word(line: &str) -> &str {
    let line = line.trim_start();
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    if line.starts_with('@') { "@" } else { &line[..end] }
}

/// The name after `def` or `class`.
pub(super) fn defined_name(line: &str) -> Option<&str> {
    let words = line.trim_start().trim_start_matches("async").trim_start();
    let rest = words.strip_prefix("def").or_else(|| words.strip_prefix("class"))?.trim_start();
    let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
    (!name.is_empty()).then_some(name)
}

/// How many of the items from the first on make a definition; none if that is
/// none. Decorators belong to it.
pub(super) fn definition_length(items: &[Pair]) -> Option<usize> {
    let first = items.first().filter(|p| p.as_rule() == Rule::code)?.as_str();
    if !matches!(first_word(first), "def" | "class" | "async" | "@") {
        return None;
    }
    let own = indent(first);
    let alike = |p: &Pair| indent(p.as_str()) == own;
    let decorators = items.iter().take_while(|p| alike(p) && first_word(p.as_str()) == "@").count();
    let head = items.get(decorators).filter(|p| alike(p) && p.as_rule() == Rule::code)?;
    defined_name(head.as_str())?;
    let body = items[decorators + 1..].iter().take_while(|p| is_below(p.as_str(), own)).count();
    Some(decorators + 1 + body)
}

/// Whether a Python text gives a name a value: by `=`, `for`, `as` or an import.
fn gives(text: &str, name: &str) -> bool {
    let name = regex::escape(name);
    let targets = format!(r"(?m)(?:^|[;:])\s*(?:\w+\s*,\s*)*{name}\s*(?:,\s*\w+\s*)*=(?:[^=]|$)");
    let heads = format!(r"\b(?:for|as|import)\s+(?:\w+\s*,\s*)*{name}\b");
    [targets, heads].iter().any(|form| Regex::new(form).is_ok_and(|form| form.is_match(text)))
}

/// The names that a definition gives values to: its parameters, and what it assigns.
fn own_names<'s>(items: &[Pair<'s>]) -> Vec<&'s str> {
    let mut found = Vec::new();
    for item in items.iter().filter(|item| item.as_rule() == Rule::code) {
        if first_word(item.as_str()) == "def" {
            found.extend(parameters(item));
            continue;
        }
        let tokens = tokens_of(item);
        let mut names = Vec::new();
        let until = tokens.iter().position(|token| token.as_str() == "in").unwrap_or(0);
        match tokens.first().map(Pair::as_rule) {
            Some(Rule::for_word) => bound(&tokens[1..until.max(1)], &mut names),
            _ => targets(&tokens).iter().for_each(|target| bound(target, &mut names)),
        }
        found.extend(names.into_iter().map(|(_, name)| name));
    }
    found
}

impl<'s> Builder<'s> {
    /// A `run:` section: its body is kept as it is.
    pub(super) fn run(&mut self, pair: Pair<'s>, decl: &mut RuleDecl, title: &str, end: &mut usize) {
        let whole = pair.as_span().start()..pair.as_span().end();
        let Some((key_span, body)) = self.body(pair) else { return };
        self.note_indentation(key_span);
        if !self.section_allowed("run", key_span, decl, title) {
            return;
        }
        let Some(span) = body else { return self.empty_body("run", key_span) };
        *end = whole.end;
        let rest = self.slice(whole.clone());
        let break_at = whole.start + rest.trim_end().len();
        self.emit.replace(whole.start..break_at, "run=_args(),");
        *end = break_at;
        decl.sections.push(body_section("run", key_span, span));
    }

    /// `onstart:` and its like.
    pub(super) fn hook(&mut self, pair: Pair<'s>) {
        let whole = self.line_span(&pair);
        let Some((key_span, body)) = self.body(pair) else { return };
        let key = self.slice(key_span.range());
        let Some(span) = body else { return self.empty_body(key, key_span) };
        let id = self.base.directives + self.directives.len();
        self.emit.replace(whole.range(), &format!("_directive({id})"));
        self.directives.push(Directive { section: body_section(key, key_span, span), names: Vec::new() });
    }

    /// The key of a body and where the body stands.
    fn body(&mut self, pair: Pair<'s>) -> Option<(Span, Option<Span>)> {
        let mut parts = pair.into_inner();
        let key = self.span_of(&parts.next()?);
        let body = parts.next().filter(|p| !p.as_str().trim().is_empty());
        Some((key, body.map(|p| self.trimmed(&p))))
    }

    /// Without the line break at the end, and with the first line's indentation.
    fn trimmed(&self, pair: &Pair) -> Span {
        let start = pair.as_span().start();
        self.span(start..start + pair.as_str().trim_end().len())
    }

    fn empty_body(&mut self, key: &str, span: Span) {
        let diag = Diag::at(span, format!("`{key}` has no body"));
        self.fail(diag.hint(format!("write Python below `{key}:`, indented")));
    }

    /// A definition of the file, or one within another.
    pub(super) fn defined(&mut self, items: &[Pair<'s>], top: bool) {
        if !top {
            return self.definition_lines(items);
        }
        self.cut_before(&items[0]);
        self.definition(items.to_vec());
        self.before.reported = false;
    }

    /// A `def` with its decorators, which are called behind it.
    fn definition_lines(&mut self, items: &[Pair<'s>]) {
        let decorators = items.iter().take_while(|p| first_word(p.as_str()) == "@").count();
        let Some(head) = items.get(decorators) else { return };
        if first_word(head.as_str()) == "class" {
            return self.class(items, decorators);
        }
        let names: Vec<String> = items[..decorators].iter().map(|item| self.decorator(item)).collect();
        let name = self.begin_method(head, defined_name(head.as_str()).unwrap_or(""));
        let body = &items[decorators + 1..];
        self.shadow_cells(head, body);
        let known = self.known.enter();
        parameters(head).into_iter().for_each(|name| self.known.learn(name, None));
        self.inner_item(head.clone());
        // Methods do not see the names of their class.
        self.cells.retain(|(_, stands)| *stands != Stands::Member);
        self.globals = declared(body, "global");
        self.yields = yields(body);
        let around = std::mem::replace(&mut self.scope, Scope::of(head, body));
        let mut begin = self.begin_cells(head, body);
        begin.extend(self.scope.iter().flat_map(Scope::begin));
        begin.extend(self.yields.then(|| "_yield = []".to_owned()));
        if let (Some(first), false) = (body.first(), begin.is_empty()) {
            let own = indent(first.as_str());
            let start = first.as_span().start() + own.len();
            let lines = begin.into_iter().map(|line| format!("{line}\n{}", own.replace('\t', " ")));
            self.emit.insert(start, &lines.collect::<String>());
        }
        if let (true, Some(first)) = (self.yields, body.first()) {
            let own = indent(first.as_str());
            self.lines(body, false);
            let more = own.strip_prefix(indent(head.as_str())).unwrap_or(" ").replace('\t', " ");
            self.behind(items, &[format!("{more}return _stream(_yield)")]);
        } else {
            self.lines(body, false);
        }
        self.known.leave(known);
        self.scope = around;
        self.behind(items, &names.iter().rev().map(|d| format!("{name} = {d}({name})")).collect::<Vec<_>>());
    }

    /// Lines behind a definition, indented as it is.
    pub(super) fn behind(&mut self, items: &[Pair<'s>], lines: &[String]) {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
        if lines.is_empty() {
            return;
        }
        let start = first.as_span().start();
        let end = self.statement(start..last.as_span().end()).end;
        let indent = indent(first.as_str()).replace('\t', " ");
        // A `try` at the end has written the line break already.
        let (before, behind) = if self.emit.is_past(end) { ("", "\n") } else { ("\n", "") };
        let text: String = lines.iter().map(|line| format!("{before}{indent}{line}{behind}")).collect();
        self.emit.insert(end, &text);
    }

    /// Why a decorator of the top level is Python's: it is neither a function of the
    /// file nor one that is served.
    fn foreign(&self, item: &Pair<'s>) -> Option<Diag> {
        let tokens = tokens_of(item);
        let root = tokens.get(1)?.as_str().split('.').next().unwrap_or("");
        let own = self.definitions.iter().any(|d| *d.name == *root && d.refused.is_empty());
        let is_served = |module: &str| matches!(module, "functools" | "dataclasses" | "enum");
        let imported = self.bindings.iter().any(|b| *b.name == *root && is_served(&b.module));
        let diag = || Diag::at(self.line_span(item), "this decorator is not served");
        (!own && !imported).then(|| diag().hint("call the function where its value is used"))
    }

    /// `@x` becomes a variable.
    pub(super) fn decorator(&mut self, item: &Pair<'s>) -> String {
        let tokens = tokens_of(item);
        let start = bytes(&tokens[0]).start;
        let name = format!("_d{start}");
        let (Some(first), Some(last)) = (tokens.get(1), tokens.last()) else { return name };
        let (value, end) = (bytes(first).start, bytes(last).end);
        let setter = self.inside.as_ref().and_then(|inside| setter_of(self.slice(value..end), inside));
        if let Some(property) = setter {
            self.emit.replace(start..end, &format!("{name} = _setter({property})"));
            return name;
        }
        self.emit.replace(start..value, &format!("{name} = ("));
        self.tokens(tokens[1..].to_vec(), Vec::new());
        self.emit.insert(end, ")");
        name
    }

    /// A `def` or a class, with its decorators: for Starlark if nothing plainly
    /// speaks against it, and for Python in any case.
    pub(super) fn definition(&mut self, items: Vec<Pair<'s>>) {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
        let lines = first.as_span().start()..last.as_span().end();
        let range = self.statement(lines);
        let head = items.iter().find_map(|p| defined_name(p.as_str()));
        let name: Box<str> = head.expect("bug: a definition without a name").into();
        self.pieces.push(Piece { names: vec![name.clone()], span: self.span(range.clone()) });
        let number = self.base.definitions + self.definitions.len();
        let inner = range.start + indent(self.slice(range.clone())).len()..range.end;
        if let Some(broken) = self.broken(&items) {
            self.emit.replace(inner, "pass");
            return self.fail(broken);
        }
        let mut refused = self.python_only(&items);
        if refused.is_empty() {
            let from = self.emit.position(inner.start);
            self.unserved = Some(Vec::new());
            self.definition_lines(&items);
            refused = self.unserved.take().unwrap_or_default();
            // Known to the module, and not taken for constants.
            let globals = items.iter().filter(|item| first_word(item.as_str()) == "global");
            let names = globals.flat_map(|item| tokens_of(item).into_iter().skip(1));
            let names = names.filter(|t| t.as_rule() == Rule::word);
            let lines: Vec<String> = names.map(|t| format!("if False: {} = None", t.as_str())).collect();
            self.behind(&items, &lines);
            if refused.is_empty() {
                self.emit.mark(number, from, inner.end);
            } else {
                self.emit.position(inner.end);
                let end = if self.emit.is_past(inner.end) { "\n" } else { "" };
                self.emit.rewrite(from, inner.clone(), &format!("{}{end}", stand_in(&name, number)));
            }
        } else {
            self.emit.replace(inner.clone(), &stand_in(&name, number));
        }
        self.definitions.push(Definition { name, span: self.span(inner), refused, faulty: false });
    }

    /// The lines of a statement, without the last line break.
    pub(super) fn statement(&self, lines: Range<usize>) -> Range<usize> {
        lines.start..lines.start + self.slice(lines).trim_end().len()
    }

    /// What of some lines only Python understands.
    fn python_only(&self, items: &[Pair<'s>]) -> Vec<Diag> {
        let mut found = self.python_class(items);
        let in_class = items.iter().any(|item| first_word(item.as_str()) == "class");
        found.extend(items.iter().take_while(|p| first_word(p.as_str()) == "@").filter_map(|p| self.foreign(p)));
        for item in items {
            match item.as_rule() {
                Rule::code => {
                    let stmt = item.clone().into_inner().flat_map(Pair::into_inner);
                    let banned = stmt.filter(|p| p.as_rule() == Rule::banned);
                    let served = |p: &Pair| {
                        matches!(
                            p.as_str(),
                            "try" | "except" | "finally" | "global" | "nonlocal" | "@" | "class" | "yield"
                        )
                    };
                    found.extend(banned.filter(|p| !served(p)).map(|p| self.banned(&p)));
                }
                Rule::import | Rule::from | Rule::use_rule => {}
                Rule::rule => found.extend(self.reads_around(item, items)),
                Rule::bad_head if first_word(item.as_str()) == "match" => {}
                Rule::bad_line if in_class && annotation(item.as_str()).is_some() => {}
                _ => found.push(Diag::at(self.line_span(item), "Starlark does not know this statement")),
            }
        }
        found
    }

    /// The body of a function's rule runs elsewhere, where the function's names are not.
    fn reads_around(&self, rule: &Pair<'s>, items: &[Pair<'s>]) -> Option<Diag> {
        let run = rule.clone().into_inner().flatten().find(|p| p.as_rule() == Rule::run)?;
        let words = named(run.clone().into_inner().nth(1)?.as_str()).words;
        let name = own_names(items).into_iter().find(|name| words.contains(*name) && !gives(run.as_str(), name))?;
        let diag = Diag::at(self.line_span(rule), format!("its `run:` reads `{name}`, which is the function's own"));
        Some(diag.hint(format!("hand it over: `params: {name}={name}`, and `params.{name}` in the body")))
    }

    /// Keeps what a line assigns or imports.
    pub(super) fn keep(&mut self, pair: &Pair, names: Vec<Box<str>>) {
        let range = self.statement(pair.as_span().start()..pair.as_span().end());
        self.pieces.push(Piece { names, span: self.span(range) });
    }

    /// Whether a statement before this one binds a name, but for imports.
    fn is_made(&self, name: &str) -> bool {
        let text = |piece: &Piece| &self.source[piece.span.start as usize..piece.span.end as usize];
        let binding = self.pieces.iter().find(|piece| piece.names.iter().any(|own| **own == *name));
        binding.is_some_and(|piece| !matches!(first_word(text(piece)), "import" | "from"))
    }

    /// Keeps `name = ...`, also of several names, for what has no plain value; and
    /// `name[key] = ...` or `name.part = ...` at the top level.
    pub(super) fn keep_assignment(&mut self, pair: &Pair) {
        let Some((left, right)) = pair.as_str().split_once('=') else { return };
        let is_name = |n: &str| n.chars().all(|c| c.is_alphanumeric() || c == '_');
        let entry = left.trim_end().split_once(['[', '.']).map(|(name, _)| name);
        if let Some(name) = entry.filter(|name| is_name(name) && !right.starts_with('=') && self.is_made(name)) {
            return self.keep(pair, vec![name.into()]);
        }
        let name = |n: &str| n.split(':').next().unwrap_or("").trim().to_owned();
        let names: Vec<String> = left.split(',').map(name).filter(|n| !n.is_empty()).collect();
        if !names.is_empty() && names.iter().all(|name| is_name(name)) && !right.starts_with('=') {
            self.keep(pair, names.into_iter().map(Into::into).collect());
        }
    }
}

/// What stands in the lowered text for a definition that is Python only.
pub fn stand_in(name: &str, number: usize) -> String {
    format!("{name} = _python({number})")
}

fn body_section(key: &str, key_span: Span, span: Span) -> Section {
    Section { key: key.into(), key_span, span, args: Vec::new(), literals: Literals::none(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_count() {
        let text =
            "x = f(A, b.C)  # D\nshell('cat {E} {{F}} G' + r\"H\", I)\nf'{J!r:>{K}}' \"\"\"{L\n}\"\"\"\n0x1A 1.5e3";
        let words: Vec<String> = named(text).words.into_iter().map(String::from).collect();
        assert_eq!(words, ["A", "E", "F", "I", "J", "K", "L", "b", "f", "r", "shell", "x"]);
    }

    #[test]
    fn names_that_a_text_gives_values_to() {
        for text in
            ["n = 1", "if x: n = 1", "a, n = b", "n, a = b", "for n in x:", "for a, n in x:", "f() as n:", "import n"]
        {
            assert!(gives(text, "n"), "{text}");
        }
        for text in ["n == 1", "if n == 1:", "an = 1", "f(n=1)", "print(n)", "x[n] = 1", "n.a = 1"] {
            assert!(!gives(text, "n"), "{text}");
        }
    }

    #[test]
    fn constant_keys_of_config_are_told_from_other_uses() {
        let keys = |text: &str| {
            let named = named(text);
            let whole = named.words.contains("config");
            (named.config_keys.iter().map(|k| k.to_string()).collect::<Vec<_>>(), whole)
        };
        assert_eq!(keys("config['a'] + config.get(\"b\", 1)"), (vec!["a".into(), "b".into()], false));
        let fields = named("shell('echo {config[c]}')").config_fields;
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["c".into()]);
        assert_eq!(keys("config[key]"), (vec![], true));
        assert_eq!(keys("f(config)"), (vec![], true));
        assert_eq!(keys("my_config['a']"), (vec![], false));
    }
}
