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
            "=" if again == 0 && self.is_nested(&parts[..sign]) => self.parted(parts, sign),
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

    /// `if (n := x) > 1:` becomes `_w = {}`, the condition with `_w["n"]` in the
    /// place of `n`, and then `n = _w["n"]`.
    pub(super) fn named_within(&mut self, parts: &[Pair<'s>], whole: &Range<usize>) -> bool {
        let Some(Named { cell, after }) = self.name_cells(parts, whole.start) else { return false };
        let indent = self.own_indent(whole.start);
        let word = parts[0].as_str();
        let colon = parts.iter().position(|p| p.as_rule() == Rule::sep && p.as_str() == ":");
        let indented = |deep: &str| after.replace('\n', &format!("\n{deep}"));
        match (word, colon) {
            ("elif", _) => {
                let diag = Diag::at(self.span(whole.clone()), "`:=` is not supported in an `elif`");
                self.fail(diag.hint("assign on a line of its own, before the `if`"));
            }
            ("if", Some(end)) if end > 1 => {
                self.emit.replace(whole.start..bytes(&parts[1]).start, &format!("{cell}\n{indent}_c = ("));
                self.tokens(parts[1..end].to_vec(), self.names_value(&parts[1..end], bytes(&parts[end]).start));
                let close = format!(")\n{indent}{}if _c", indented(&indent));
                self.emit.insert(bytes(&parts[end - 1]).end, &close);
                self.renames.clear();
                self.suite(parts[end..].to_vec(), &indent);
            }
            ("while", Some(end)) if end > 1 => {
                let inline = end + 1 < parts.len();
                let deeper = if inline { format!("{indent} ") } else { self.block_indent(bytes(&parts[end]).end) };
                let open = format!("for _while in range({}):\n{deeper}{cell}\n{deeper}_c = (", i32::MAX);
                self.emit.replace(whole.start..bytes(&parts[1]).start, &open);
                self.tokens(parts[1..end].to_vec(), self.names_value(&parts[1..end], bytes(&parts[end]).start));
                let close = format!(")\n{deeper}{}if not _turn(_c): break", indented(&deeper));
                let colon = bytes(&parts[end]);
                let next = parts.get(end + 1).map_or(colon.end, |next| bytes(next).start);
                self.emit.replace(bytes(&parts[end - 1]).end..next, &close);
                self.renames.clear();
                if inline {
                    self.emit.append(&format!("\n{deeper}"));
                    self.simple_statements(parts[end + 1..].to_vec(), &deeper);
                }
            }
            _ => {
                self.emit.insert(whole.start, &format!("{cell}\n{indent}"));
                self.plain_again(parts.to_vec(), whole.clone());
                if word != "return" {
                    self.emit.insert(whole.end, &format!("\n{indent}{}", indented(&indent).trim_end()));
                }
            }
        }
        self.renames.clear();
        true
    }

    /// Where the names live that `:=` gives values to in one statement; none if there are no
    /// such names, or some are being given already.
    pub(super) fn name_cells(&mut self, parts: &[Pair<'s>], start: usize) -> Option<Named> {
        let mut names = Vec::new();
        names_among(parts, &mut names);
        if names.is_empty() || !self.renames.is_empty() {
            return None;
        }
        let cell = format!("_w{start}");
        let after = names.iter().map(|n| format!("if {n:?} in {cell}: {n} = {cell}[{n:?}]\n")).collect();
        let empty = self.cell_of(parts, &names);
        self.renames = names.iter().map(|n| (n.clone(), format!("{cell}[{n:?}]"))).collect();
        Some(Named { cell: format!("{cell} = {empty}"), after })
    }

    /// What `:=` gives values to in one statement: names that it reads before have theirs.
    fn cell_of(&self, parts: &[Pair<'s>], names: &[String]) -> String {
        let mut words = Vec::new();
        parts.iter().for_each(|part| words_in(part, &mut words));
        let read = |name: &&String| {
            let first = words.iter().position(|word| word == *name);
            first.is_some_and(|at| words.get(at + 1).is_none_or(|next| *next != ":=")) || reads_itself(parts, name)
        };
        let pairs: Vec<String> = names.iter().filter(read).map(|name| format!("{name:?}: {name}")).collect();
        format!("{{{}}}", pairs.join(", "))
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

/// The statements around one with `:=` in it.
pub(super) struct Named {
    /// Makes the dict that the names live in meanwhile.
    pub(super) cell: String,
    /// Gives the names their values, a line each.
    pub(super) after: String,
}

/// The names that `:=` gives values to.
fn names_among(tokens: &[Pair], names: &mut Vec<String>) {
    for (at, token) in tokens.iter().enumerate() {
        if token.as_rule() == Rule::op && token.as_str() == ":=" && at > 0 {
            let name = tokens[at - 1].as_str().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names_among(&token.clone().into_inner().collect::<Vec<_>>(), names);
    }
}

/// Whether the value that `:=` gives a name is made from that name, as in `(n := n + 1)`.
fn reads_itself(tokens: &[Pair], name: &str) -> bool {
    let is_given = |at: usize| tokens[at].as_str() == ":=" && at > 0 && tokens[at - 1].as_str() == name;
    (0..tokens.len()).any(|at| {
        let mut value = Vec::new();
        if is_given(at) {
            let rest = tokens[at + 1..].iter().take_while(|token| token.as_rule() != Rule::comma);
            rest.for_each(|token| words_in(token, &mut value));
        }
        value.contains(&name) || reads_itself(&tokens[at].clone().into_inner().collect::<Vec<_>>(), name)
    })
}

/// The words and operators of a text, in order, but for those of comprehensions, where
/// the order is another.
fn words_in<'s>(pair: &Pair<'s>, words: &mut Vec<&'s str>) {
    match pair.as_rule() {
        Rule::word | Rule::op => words.push(pair.as_str()),
        Rule::bracket if pair.clone().into_inner().any(|p| p.as_rule() == Rule::for_word) => {}
        _ => pair.clone().into_inner().for_each(|inner| words_in(&inner, words)),
    }
}
