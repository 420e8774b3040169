//! Assignments that Starlark lacks: of several targets in a chain, of slices, with
//! `**=`; annotations, which are left out; and `del`.
//!
//! Owns their lowering, outside of a `try`. It does not know the values.

use super::attempt::{below, bytes, tokens_of, word_of};
use super::build::{Builder, Pair, Rule};
use super::edit::Edit;
use super::keys::{LOAD, as_written};
use super::known::Known;
use super::python::definition_length;
use crate::diag::Diag;
use std::ops::Range;

/// The lines of a definition that begin with a word, but for those of definitions
/// within it.
fn lines_of<'a, 's>(body: &'a [Pair<'s>], word: &str) -> Vec<&'a Pair<'s>> {
    let mut lines = Vec::new();
    let mut rest = body;
    while let [item, after @ ..] = rest {
        if let Some(length) = definition_length(rest) {
            rest = &rest[length..];
            continue;
        }
        if item.as_rule() == Rule::code && word_of(item) == word {
            lines.push(item);
        }
        rest = after;
    }
    lines
}

/// The names that `global` or `nonlocal` statements of a definition's own lines give.
pub(super) fn declared(body: &[Pair], statement: &str) -> Vec<String> {
    let words = lines_of(body, statement).into_iter().flat_map(|line| tokens_of(line).into_iter().skip(1));
    words.filter(|t| t.as_rule() == Rule::word).map(|t| t.as_str().to_owned()).collect()
}

/// Whether a definition gives its values by `yield`.
pub(super) fn yields(body: &[Pair]) -> bool {
    let mut rest = body;
    while let [item, after @ ..] = rest {
        let inner = definition_length(rest);
        let is_code = inner.is_none() && item.as_rule() == Rule::code;
        // Behind the head of a block it is a word as others are.
        if is_code && tokens_of(item).iter().any(|t| t.as_str() == "yield") {
            return true;
        }
        rest = inner.map_or(after, |length| &rest[length..]);
    }
    false
}

/// Whether a bracket is an index that cuts one slice: several are what sheets are asked for,
/// and the colon of a function cuts nothing.
fn is_slice(bracket: &Pair) -> bool {
    let has = |text: &str| bracket.clone().into_inner().any(|token| token.as_str() == text);
    let is_function = |token: Pair| token.as_str().split_whitespace().next() == Some("lambda");
    bracket.as_rule() == Rule::bracket
        && bracket.as_str().starts_with('[')
        && has(":")
        && !has(",")
        && !bracket.clone().into_inner().next().is_some_and(is_function)
}

impl<'s> Builder<'s> {
    /// Writes an assignment that Starlark has no words for; false if it is none.
    pub(super) fn assignment(&mut self, parts: &[Pair<'s>], whole: &Range<usize>) -> bool {
        let Some(first) = parts.first() else { return false };
        if first.as_rule() == Rule::banned && matches!(first.as_str(), "global" | "nonlocal") {
            self.emit.replace(whole.clone(), "pass");
            return true;
        }
        if self.yields && first.as_str() == "yield" {
            self.yielded(parts);
            return true;
        }
        if self.yields && first.as_rule() == Rule::word && first.as_str() == "return" {
            self.emit.replace(whole.clone(), "return _stream(_yield)");
            return true;
        }
        if first.as_str() == "def" {
            return self.def_head(parts);
        }
        let end = parts.iter().position(|p| p.as_rule() == Rule::semicolon).unwrap_or(parts.len());
        if self.annotated(&parts[..end], whole) {
            return true;
        }
        let is_sign = |p: &Pair| p.as_rule() == Rule::sep && p.as_str().ends_with('=');
        let Some(sign) = parts[..end].iter().position(is_sign).filter(|at| *at > 0) else { return false };
        let lambda = |p: &Pair| p.as_rule() == Rule::word && matches!(p.as_str(), "lambda" | "if" | "for" | "while");
        if parts[..sign].iter().any(|p| lambda(p) || p.as_str() == ":") || sign + 1 == end || end < parts.len() {
            return false;
        }
        let value = &parts[sign + 1..end];
        let again = value.iter().take_while(|p| !lambda(p)).filter(|p| is_sign(p)).count();
        let text = self.slice(whole.start..bytes(&parts[sign - 1]).end).trim().to_owned();
        match parts[sign].as_str() {
            "=" if again == 0 && self.is_nested(&parts[..sign], value) => self.parted(parts, sign),
            "=" if again > 0 => self.chained(&parts[..end]),
            "=" if is_slice(&parts[sign - 1]) && sign > 1 => self.slice_assigned(parts, sign),
            operator if operator != "**=" && self.is_setter(&parts[..sign]) => self.property_set(parts, sign, operator),
            operator
                if operator != "="
                    && self.called.operates
                    && !self.globals.contains(&text)
                    && parts[..sign].iter().all(|p| p.as_rule() == Rule::word) =>
            {
                self.operated(parts, sign, &text);
            }
            "=" if self.globals.contains(&text) => self.global(parts, sign, &text, ""),
            "**=" => self.powered(parts, sign, &text, "_pow"),
            "//=" => self.powered(parts, sign, &text, "_floor"),
            operator if operator != "=" && self.globals.contains(&text) => {
                let read = self.cell(&text).unwrap_or_else(|| text.clone());
                let start = format!("{read} {} ", operator.trim_end_matches('='));
                self.global(parts, sign, &text, &start);
            }
            _ => return false,
        }
        true
    }

    /// `yield x` adds to the list that the definition gives.
    fn yielded(&mut self, parts: &[Pair<'s>]) {
        let start = bytes(&parts[0]).start;
        let many = parts.get(1).is_some_and(|p| p.as_rule() == Rule::word && p.as_str() == "from");
        let value = &parts[if many { 2 } else { 1 }..];
        let (Some(first), Some(last)) = (value.first(), value.last()) else {
            return self.emit.replace(bytes(&parts[0]), "_yield.append(_bounded(_yield, None))");
        };
        let open = if many { "_yield.extend(_bounded(_yield, _each(" } else { "_yield.append(_bounded(_yield, (" };
        self.emit.replace(start..bytes(first).start, open);
        self.tokens(value.to_vec(), Vec::new());
        self.emit.insert(bytes(last).end, ")))");
    }

    /// `x: type = value` without the type; `x: type` is nothing.
    fn annotated(&mut self, parts: &[Pair<'s>], whole: &Range<usize>) -> bool {
        let [name, colon, rest @ ..] = parts else { return false };
        let keyword = matches!(name.as_str(), "else" | "try" | "finally" | "lambda");
        if name.as_rule() != Rule::word || keyword || colon.as_str() != ":" || rest.is_empty() {
            return false;
        }
        let Some(sign) = rest.iter().position(|p| p.as_rule() == Rule::sep && p.as_str() == "=") else {
            self.emit.replace(whole.clone(), "pass");
            return true;
        };
        if sign + 1 < rest.len() {
            let instead = self.cell(name.as_str()).unwrap_or_else(|| name.as_str().to_owned());
            self.emit.replace(bytes(name), &instead);
            self.emit.replace(bytes(name).end..bytes(&rest[sign]).start, " ");
            self.tokens(rest[sign + 1..].to_vec(), Vec::new());
        }
        true
    }

    /// The head of a `def` without annotations.
    fn def_head(&mut self, parts: &[Pair<'s>]) -> bool {
        let Some(bracket) = parts.get(2).filter(|p| p.as_rule() == Rule::bracket) else { return false };
        let inner: Vec<Pair> = bracket.clone().into_inner().collect();
        if inner.iter().any(|p| p.as_rule() == Rule::unclosed) {
            return false;
        }
        match self.method.take() {
            Some(name) => self.emit.replace(bytes(&parts[1]), &name),
            None => self.renamed(&parts[1]),
        }
        let mut at = 0;
        while let Some(token) = inner.get(at) {
            let ends = |p: &Pair| p.as_rule() == Rule::comma || (p.as_rule() == Rule::sep && p.as_str() == "=");
            if token.as_rule() == Rule::sep && token.as_str() == ":" {
                let stop = (at..inner.len()).find(|i| ends(&inner[*i])).unwrap_or(inner.len());
                let end = inner.get(stop).map_or(bytes(bracket).end - 1, |p| bytes(p).start);
                self.emit.replace(bytes(token).start..end, "");
                at = stop;
                continue;
            }
            let stop = (at + 1..inner.len()).find(|i| inner[*i].as_rule() == Rule::sep).unwrap_or(inner.len());
            let default = token.as_rule() == Rule::sep && token.as_str() == "=";
            let stop = match default {
                true => (at + 1..inner.len()).find(|i| inner[*i].as_rule() == Rule::comma).unwrap_or(inner.len()),
                false => stop,
            };
            if let (true, [name, _, value]) = (default, &inner[at.max(1) - 1..stop])
                && matches!(value.as_str(), "True" | "False")
            {
                self.known.learn(name.as_str(), Some(Known::Truth));
            }
            self.tokens(inner[at..stop].to_vec(), Vec::new());
            at = stop;
        }
        let arrow = parts.get(3).filter(|p| p.as_str() == "->");
        let colon = parts.iter().skip(3).position(|p| p.as_rule() == Rule::sep && p.as_str() == ":").map(|i| i + 3);
        let Some(colon) = colon else { return true };
        if let Some(arrow) = arrow {
            self.emit.replace(bytes(arrow).start..bytes(&parts[colon]).start, "");
        }
        if let (Some(first), Some(last)) = (parts.get(colon + 1), parts.last()) {
            self.plain(parts[colon + 1..].to_vec(), bytes(first).start..bytes(last).end);
        }
        true
    }

    /// `a = b = x` becomes `_v = (x); a = _v; b = _v`.
    fn chained(&mut self, parts: &[Pair<'s>]) {
        let is_sign = |p: &Pair| p.as_rule() == Rule::sep && p.as_str() == "=";
        let lambda = parts.iter().position(|p| p.as_str() == "lambda").unwrap_or(parts.len());
        let signs: Vec<usize> = (0..lambda).filter(|i| is_sign(&parts[*i])).collect();
        let (start, last) = (bytes(&parts[0]).start, signs[signs.len() - 1]);
        if last + 1 >= parts.len() {
            return;
        }
        let mut from = start;
        let mut targets = String::new();
        for sign in &signs {
            let target = self.slice(from..bytes(&parts[*sign]).start).trim();
            let value = format!("_v{start}");
            let given = self.given(target, &value).unwrap_or_else(|| format!("{target} = {value}"));
            targets.push_str(&format!("; {given}"));
            from = bytes(&parts[*sign]).end;
        }
        self.emit.replace(start..bytes(&parts[last + 1]).start, &format!("_v{start} = ("));
        self.tokens(parts[last + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, &format!("){targets}"));
    }

    /// Whether some tokens name a property that is given values.
    pub(super) fn is_setter(&self, target: &[Pair]) -> bool {
        let Some(last) = target.last().filter(|last| last.as_rule() == Rule::word) else { return false };
        let dotted =
            last.as_str().contains('.') || (target.len() > 1 && target[target.len() - 2].as_rule() == Rule::dot);
        let name = last.as_str().rsplit('.').next().unwrap_or("");
        dotted && (name == as_written(LOAD) || self.called.setters.iter().any(|setter| setter == name))
    }

    /// `a.x = v` becomes `_set(a, "x", (v))`, where some class sets `x`.
    fn property_set(&mut self, parts: &[Pair<'s>], sign: usize, operator: &str) {
        let (start, end) = (bytes(&parts[0]).start, bytes(&parts[sign - 1]).end);
        let target = self.slice(start..end).trim().to_owned();
        let Some((object, name)) = target.rsplit_once('.') else { return };
        let object = self.with_properties(object).unwrap_or_else(|| object.to_owned());
        let (read, close) = match operator {
            "=" => (String::new(), ")"),
            _ => (format!("_operate(_get({object}, {name:?}), {operator:?}, "), "))"),
        };
        self.emit.replace(start..bytes(&parts[sign + 1]).start, &format!("_set({object}, {name:?}, {read}("));
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, &format!("){close}"));
    }

    /// `a += b` becomes `a = _operate(a, "+=", (b))`, where a class may say what that is.
    fn operated(&mut self, parts: &[Pair<'s>], sign: usize, target: &str) {
        let read = self.cell(target).unwrap_or_else(|| target.to_owned());
        let value = format!("_operate({read}, {:?}, (", parts[sign].as_str());
        let open = match self.cell(target) {
            Some(cell) => format!("{cell} = {value}"),
            None => format!("{target} = {value}"),
        };
        self.emit.replace(bytes(&parts[0]).start..bytes(&parts[sign + 1]).start, &open);
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, "))");
    }

    /// `a **= b` and `a //= b`, which are calls.
    fn powered(&mut self, parts: &[Pair<'s>], sign: usize, target: &str, function: &str) {
        let cell = self.cell(target);
        let value = format!("{function}({}, (", cell.as_deref().unwrap_or(target));
        let given = self.given(target, &value).map(|call| call.trim_end_matches(')').to_owned());
        let is_global = given.is_some() && cell.is_none();
        let open = given.unwrap_or_else(|| format!("{target} = {value}"));
        self.emit.replace(bytes(&parts[0]).start..bytes(&parts[sign + 1]).start, &open);
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, if is_global { ")))" } else { "))" });
    }

    /// `x[a:b] = y` becomes a call.
    fn slice_assigned(&mut self, parts: &[Pair<'s>], sign: usize) {
        self.emit.insert(bytes(&parts[0]).start, "_slice(");
        self.tokens(parts[..sign - 1].to_vec(), Vec::new());
        self.bounds(&parts[sign - 1]);
        self.emit.replace(bytes(&parts[sign - 1]).end..bytes(&parts[sign + 1]).start, ", (");
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, "))");
    }

    /// `[a:b]` as the arguments `, a, b, None`.
    fn bounds(&mut self, bracket: &Pair<'s>) {
        let whole = bytes(bracket);
        let inner: Vec<Pair> = bracket.clone().into_inner().collect();
        let mut count = 0;
        let mut at = whole.start;
        self.emit.copy_to(at);
        for part in inner.split(|t| t.as_rule() == Rule::sep) {
            count += 1;
            match (part.first(), part.last()) {
                (Some(first), Some(last)) => {
                    self.emit.replace(at..bytes(first).start, ", (");
                    self.tokens(part.to_vec(), Vec::new());
                    at = bytes(last).end;
                    self.emit.insert(at, ")");
                }
                _ => self.emit.append(", None"),
            }
        }
        self.emit.replace(at..whole.end, if count < 3 { ", None" } else { "" });
    }

    /// `del x[k], y[a:b]` becomes calls; names stay as they are.
    pub(super) fn deleted(&mut self, parts: &[Pair<'s>]) {
        let mut at = bytes(&parts[0]).start;
        let mut lead = "";
        for target in parts[1..].split(|p| p.as_rule() == Rule::comma).filter(|t| !t.is_empty()) {
            let (first, last) = (&target[0], &target[target.len() - 1]);
            if target.iter().all(|t| t.as_rule() == Rule::word) && !first.as_str().contains('.') {
                self.emit.replace(at..bytes(last).end, &format!("{lead}pass"));
            } else if last.as_rule() == Rule::bracket && last.as_str().starts_with('[') && target.len() > 1 {
                let slice = is_slice(last);
                let call = if slice { "_slice(" } else { "_delete(" };
                self.emit.replace(at..bytes(first).start, &format!("{lead}{call}"));
                self.tokens(target[..target.len() - 1].to_vec(), Vec::new());
                if slice {
                    self.bounds(last);
                } else {
                    self.emit.insert(bytes(last).start, ", ");
                    self.tokens(vec![last.clone()], Vec::new());
                }
                self.emit.insert(bytes(last).end, ")");
            } else {
                let diag = Diag::at(self.span(bytes(first).start..bytes(last).end), "this `del` is not supported");
                self.fail(diag.hint("delete elements of lists and dicts: `del x[key]`"));
            }
            (at, lead) = (bytes(last).end, "; ");
        }
    }

    /// A `for` or `while` with an `else`: a flag says whether it was left by `break`.
    pub(super) fn loop_else(&mut self, items: &[Pair<'s>], top: bool) -> Option<usize> {
        let head = items.first().filter(|i| i.as_rule() == Rule::code && matches!(word_of(i), "for" | "while"))?;
        let text = head.as_str();
        let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
        let count = below(&items[1..], indent);
        let other = items.get(1 + count).filter(|i| {
            i.as_rule() == Rule::code && word_of(i) == "else" && i.as_str().starts_with(&format!("{indent}else"))
        });
        if other.is_none() && self.unbroken.is_none() {
            return None;
        }
        let start = head.as_span().start() + indent.len();
        let flag = other.map(|_| format!("_b{start}"));
        let around = std::mem::replace(&mut self.unbroken, flag.clone());
        if let Some(flag) = &flag {
            let own = self.own_indent(start);
            self.emit.insert(start, &format!("{flag} = True\n{own}"));
        }
        self.one(head, top);
        self.lines(&items[1..1 + count], top);
        self.unbroken = around;
        let (Some(flag), Some(other)) = (flag, other) else { return Some(1 + count) };
        let tokens = tokens_of(other);
        self.emit.replace(bytes(&tokens[0]), &format!("if {flag}"));
        let own = self.own_indent(bytes(&tokens[0]).start);
        self.suite(tokens[1..].to_vec(), &own);
        let rest = below(&items[2 + count..], indent);
        self.lines(&items[2 + count..2 + count + rest], top);
        Some(2 + count + rest)
    }

    /// What a `break` is, in a loop whose `else` asks for it.
    pub(super) fn breaks(&self, parts: &[Pair<'s>]) -> Vec<Edit> {
        let Some(flag) = &self.unbroken else { return Vec::new() };
        let breaks = parts.iter().filter(|p| p.as_rule() == Rule::word && p.as_str() == "break");
        breaks.map(|p| Edit::replace(bytes(p), format!("{flag} = False; break"))).collect()
    }
}
