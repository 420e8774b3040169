//! `try` statements.
//!
//! Owns their lowering: Starlark has no exceptions, so each statement of a `try`
//! body is handed as a function to a state, which takes its error, and runs
//! nothing after it. Handlers become `if`s on that state. So names are assigned
//! where they stand, `return` and `break` stay what they are, and no block is
//! moved. It does not know which errors there are.

use super::build::{Builder, Pair, Rule};
use super::decorated::decorated_rule;
use super::matching::match_length;
use super::python::definition_length;
use super::tree::Piece;
use crate::diag::Diag;
use std::ops::Range;

/// What surrounds a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The state that takes the line's error.
    pub(super) guard: Option<String>,
    /// The state whose error is being handled, for a bare `raise`.
    pub(super) handled: Option<String>,
    /// The `finally` that is run before the line can leave.
    passes: Option<Passes>,
    /// An import of what is not served is an error.
    pub(super) strict_imports: bool,
}

/// A `finally` on the way out.
#[derive(Clone, Debug)]
struct Passes {
    state: String,
    /// How deep its `try` is indented.
    indent: usize,
}

/// One part of a `try` statement: its head and the lines below it.
struct Part<'a, 's> {
    head: Pair<'s>,
    body: &'a [Pair<'s>],
}

/// The bytes of a pair.
pub(super) fn bytes(pair: &Pair) -> Range<usize> {
    pair.as_span().start()..pair.as_span().end()
}

/// The white space before an item, as a slice of it.
fn indent_of<'t>(item: &'t Pair) -> &'t str {
    let text = item.as_str();
    &text[..text.len() - text.trim_start_matches([' ', '\t']).len()]
}

/// The first word of an item.
pub(super) fn word_of<'t>(item: &'t Pair) -> &'t str {
    let text = item.as_str().trim_start();
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// How many items from the first on stand deeper than `indent`.
pub(super) fn below(items: &[Pair], indent: &str) -> usize {
    items.iter().take_while(|i| indent_of(i).len() > indent.len()).count()
}

/// The parts of a `try` statement at the front, and how many items they are.
fn parts<'a, 's>(items: &'a [Pair<'s>]) -> Option<(Vec<Part<'a, 's>>, usize)> {
    let first = items.first().filter(|i| i.as_rule() == Rule::code && word_of(i) == "try")?;
    let indent = indent_of(first).to_owned();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(head) = items.get(at).filter(|i| i.as_rule() == Rule::code && indent_of(i) == indent) {
        let word = word_of(head);
        if !(parts.is_empty() || matches!(word, "except" | "else" | "finally")) {
            break;
        }
        let count = below(&items[at + 1..], &indent);
        parts.push(Part { head: head.clone(), body: &items[at + 1..at + 1 + count] });
        at += 1 + count;
    }
    (parts.len() > 1).then_some((parts, at))
}

/// The tokens of a line.
pub(super) fn tokens_of<'s>(line: &Pair<'s>) -> Vec<Pair<'s>> {
    line.clone().into_inner().flat_map(Pair::into_inner).collect()
}

/// Where the colon is that ends a head.
pub(super) fn colon(tokens: &[Pair]) -> Option<usize> {
    tokens.iter().position(|t| t.as_rule() == Rule::sep && t.as_str() == ":")
}

/// Where the head of a `with suppress(...)` at the front ends, and how many items it is.
fn suppressing(items: &[Pair]) -> Option<(usize, usize)> {
    let first = items.first().filter(|i| i.as_rule() == Rule::code && word_of(i) == "with")?;
    let tokens = tokens_of(first);
    let suppresses = matches!(tokens.get(1)?.as_str(), "suppress" | "contextlib.suppress");
    let calls = tokens.get(2)?.as_rule() == Rule::bracket && colon(&tokens) == Some(3);
    (suppresses && calls).then(|| (3, 1 + below(&items[1..], indent_of(first))))
}

impl<'s> Builder<'s> {
    /// Items of a file or of a definition, one after the other.
    pub(super) fn lines(&mut self, items: &[Pair<'s>], top: bool) {
        let mut rest = items;
        while let [item, after @ ..] = rest {
            if let Some(length) = definition_length(rest) {
                let around = (std::mem::take(&mut self.place), self.unbroken.take(), std::mem::take(&mut self.globals));
                let yields = std::mem::take(&mut self.yields);
                let class = (self.inside.clone(), self.above.clone());
                let cells = self.cells.clone();
                self.defined(&rest[..length], top);
                (self.inside, self.above) = class;
                self.cells = cells;
                (self.place, self.unbroken, self.globals) = around;
                self.yields = yields;
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = decorated_rule(rest) {
                if top {
                    self.cut_before(item);
                }
                self.decorated(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            if let Some((parts, length)) = parts(rest) {
                if top {
                    self.cut_before(item);
                }
                self.attempt(&parts, top);
                rest = &rest[length..];
                continue;
            }
            if let Some((colon, length)) = suppressing(rest) {
                if top {
                    self.cut_before(item);
                }
                self.suppressed(&rest[..length], colon, top);
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = match_length(rest) {
                self.matched(&rest[..length], top);
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = self.loop_else(rest, top) {
                rest = &rest[length..];
                continue;
            }
            self.one(item, top);
            rest = after;
        }
    }

    /// `with suppress(X):` is a `try` whose handler does nothing.
    fn suppressed(&mut self, items: &[Pair<'s>], colon: usize, top: bool) {
        let tokens = tokens_of(&items[0]);
        let start = bytes(&tokens[0]).start;
        let (indent, name) = (self.own_indent(start), format!("_t{}_{start}", self.file.0));
        let around = self.place.clone();
        let open = format!("{name} = _try({})\n{indent}if True", around.guard.as_deref().unwrap_or("None"));
        self.place.guard = Some(name.clone());
        self.emit.replace(start..bytes(&tokens[colon]).start, &open);
        self.suite(tokens[colon..].to_vec(), &indent);
        self.lines(&items[1..], top);
        self.place = around;
        let end = items.last().map_or(start, |last| last.as_span().end());
        let lead = if self.source[..end].ends_with('\n') { "" } else { "\n" };
        let kinds = bytes(&tokens[colon - 1]);
        let kinds = self.slice(kinds.start + 1..kinds.end - 1).trim().trim_end_matches(',');
        let caught = format!("{indent}if {name}._catch(lambda: ({kinds},)): pass");
        self.emit.insert(end, &format!("{lead}{caught}\n{indent}{name}._settle()\n"));
    }

    /// One item of a file or of a definition.
    pub(super) fn one(&mut self, item: &Pair<'s>, top: bool) {
        match top {
            true => self.item(item.clone()),
            false => drop(self.inner_item(item.clone())),
        }
    }

    /// A `try` statement, kept as one for `run:` bodies.
    fn attempt(&mut self, parts: &[Part<'_, 's>], top: bool) {
        let pieces = self.pieces.len();
        self.attempt_parts(parts, top);
        let plain = |p: &Pair| matches!(p.as_rule(), Rule::code | Rule::import | Rule::from);
        if !parts.iter().all(|part| part.body.iter().all(plain)) || self.pieces.len() == pieces {
            return;
        }
        let last = parts.last().map_or(0, |p| p.body.last().map_or(p.head.as_span().end(), |b| b.as_span().end()));
        let range = self.statement(parts[0].head.as_span().start()..last);
        let names = self.pieces.drain(pieces..).flat_map(|p| p.names).collect();
        self.pieces.push(Piece { names, span: self.span(range) });
    }

    fn attempt_parts(&mut self, parts: &[Part<'_, 's>], top: bool) {
        let start = parts[0].head.as_span().start();
        let name = format!("_t{}_{start}", self.file.0);
        let indent = self.own_indent(start + indent_of(&parts[0].head).len());
        let around = self.place.clone();
        let has_finally = parts.iter().any(|p| word_of(&p.head) == "finally");
        let fallback = |p: &Part| word_of(&p.head) == "except" && !gives_up(p);
        let mut inner = around.clone();
        let mut open = String::new();
        if has_finally {
            let last = format!("{name}f");
            open = format!("{last} = _try({})\n{indent}", around.guard.as_deref().unwrap_or("None"));
            inner.guard = Some(last.clone());
            inner.passes = Some(Passes { state: last, indent: indent.len() });
        }
        open.push_str(&format!("{name} = _try({})\n{indent}if True", inner.guard.as_deref().unwrap_or("None")));
        for (number, part) in parts.iter().enumerate() {
            let word = word_of(&part.head);
            self.place = inner.clone();
            match (number, word) {
                (0, _) => {
                    self.place.guard = Some(name.clone());
                    self.place.strict_imports = parts.iter().any(fallback);
                    self.part(part, &open, &indent, top);
                }
                (_, "except") => {
                    self.place.handled = Some(name.clone());
                    self.handler(part, &name, &indent, top);
                }
                (_, "else") => self.part(part, &format!("if {name}._ok()"), &indent, top),
                _ => {
                    self.place = around.clone();
                    self.part(part, &format!("{name}._settle()\n{indent}if True"), &indent, top);
                }
            }
        }
        self.place = around;
        let state = if has_finally { format!("{name}f") } else { name };
        self.settle(parts, &state, &indent, has_finally);
    }

    /// Behind the statement: an error that nobody took goes on.
    fn settle(&mut self, parts: &[Part<'_, 's>], state: &str, indent: &str, leaves: bool) {
        let Some(last) = parts.last() else { return };
        let end = last.body.last().unwrap_or(&last.head).as_span().end();
        let lead = if self.source[..end].ends_with('\n') { "" } else { "\n" };
        let mut text = format!("{lead}{indent}{state}._settle()\n");
        if leaves {
            let flag = self.unbroken.as_ref().map_or(String::new(), |flag| format!("{flag} = False; "));
            let leave_loop = format!("{flag}break");
            for (kind, leave) in [("return", "return _returned"), ("break", &*leave_loop), ("continue", "continue")] {
                let leaving = parts.iter().filter(|part| word_of(&part.head) != "finally");
                let leaves = |part: &Part<'_, 's>| {
                    names(&part.head, kind) || part.body.iter().any(|line| self.leaves_by(line, kind, indent.len()))
                };
                let used = leaving.into_iter().any(leaves);
                let leave = match (used, &self.place.passes) {
                    (false, _) => continue,
                    (true, Some(passes)) => format!("{}._leave({kind:?})", passes.state),
                    (true, None) => leave.to_owned(),
                };
                text.push_str(&format!("{indent}if {state}._left({kind:?}): {leave}\n"));
            }
        }
        self.emit.insert(end, &text);
    }

    /// Whether a line may leave by a word a `try` that is indented so.
    fn leaves_by(&self, line: &Pair<'s>, kind: &str, indent: usize) -> bool {
        names(line, kind) && (kind == "return" || self.leaves_loop(line.as_span().start(), indent))
    }

    /// Whether the loop around a place stands outside of a `try` that is indented so.
    fn leaves_loop(&self, at: usize, indent: usize) -> bool {
        let mut deepest = usize::MAX;
        for line in self.source[..at].lines().rev().chain([""]) {
            let text = line.trim_start();
            let own = line.len() - text.len();
            if text.is_empty() || text.starts_with('#') || own >= deepest {
                continue;
            }
            deepest = own;
            if own <= indent {
                break;
            }
            if text.starts_with("for ") || text.starts_with("while ") {
                return false;
            }
        }
        true
    }

    /// The name of the state that a `return`, `break` or `continue` must pass.
    pub(super) fn passed(&self, kind: &str, at: usize) -> Option<String> {
        let passes = self.place.passes.as_ref()?;
        let leaves = kind == "return" || self.leaves_loop(at, passes.indent);
        leaves.then(|| passes.state.clone())
    }

    /// A head without a value, and what stands below it.
    fn part(&mut self, part: &Part<'_, 's>, head: &str, indent: &str, top: bool) {
        let tokens = tokens_of(&part.head);
        let Some(colon) = colon(&tokens) else { return self.headless(&part.head) };
        let start = bytes(&tokens[0]).start;
        self.emit.replace(start..bytes(&tokens[colon]).start, head);
        self.suite(tokens[colon..].to_vec(), indent);
        self.lines(part.body, top);
    }

    fn headless(&mut self, head: &Pair) {
        let span = self.line_span(head);
        self.fail(Diag::at(span, "`:` is missing at the end of this line"));
    }

    /// `except X as e:` becomes `if state._catch(lambda: (X)):`.
    fn handler(&mut self, part: &Part<'_, 's>, state: &str, indent: &str, top: bool) {
        let tokens = tokens_of(&part.head);
        let Some(colon) = colon(&tokens) else { return self.headless(&part.head) };
        let start = bytes(&tokens[0]).start;
        let alias = tokens[..colon].iter().position(|t| t.as_rule() == Rule::word && t.as_str() == "as");
        let end = alias.unwrap_or(colon);
        if end > 1 {
            self.emit.replace(start..bytes(&tokens[1]).start, &format!("if {state}._catch(lambda: ("));
            self.tokens(tokens[1..end].to_vec(), Vec::new());
            self.emit.insert(bytes(&tokens[end - 1]).end, "))");
        } else {
            self.emit.replace(start..bytes(&tokens[0]).end, &format!("if {state}._catch(None)"));
        }
        let inline = colon + 1 < tokens.len();
        let next = if inline { bytes(&tokens[colon + 1]).start } else { bytes(&tokens[colon]).end };
        let place = bytes(&tokens[end - 1]).end..next;
        let deeper = if inline { format!("{indent} ") } else { self.block_indent(bytes(&tokens[colon]).end) };
        let caught = match alias.and_then(|at| tokens.get(at + 1)) {
            Some(name) => format!(":\n{deeper}{} = {state}._caught()", name.as_str()),
            None => ":".to_owned(),
        };
        self.emit.replace(place, &caught);
        if inline {
            self.emit.append(&format!("\n{deeper}"));
            self.simple_statements(tokens[colon + 1..].to_vec(), &deeper);
        }
        self.lines(part.body, top);
    }

    /// A colon and perhaps statements on the same line.
    pub(super) fn suite(&mut self, tokens: Vec<Pair<'s>>, indent: &str) {
        let Some(first) = tokens.get(1) else { return };
        let deeper = format!("{indent} ");
        self.emit.replace(bytes(&tokens[0]).start..bytes(first).start, &format!(":\n{deeper}"));
        self.simple_statements(tokens[1..].to_vec(), &deeper);
    }
}

/// Whether a word stands in a line.
fn names(line: &Pair, word: &str) -> bool {
    tokens_of(line).iter().any(|t| t.as_rule() == Rule::word && t.as_str() == word)
}

/// Whether a handler does nothing but end the matter.
fn gives_up(part: &Part) -> bool {
    let text: String = part.body.iter().chain([&part.head]).map(|p| p.as_str()).collect();
    text.contains("raise") || text.contains("exit(")
}
