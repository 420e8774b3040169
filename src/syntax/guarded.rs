//! Statements within a `try`: each is run through the state that takes its error.
//!
//! Owns the shape of each kind of statement there. What belongs to a `try`, and
//! where a line leaves one, is told by `attempt`.

use super::attempt::{bytes, colon};
use super::build::{Builder, Pair, Rule};
use super::line::LONGEST_LOOP;
use super::parted::{Parted, is_name};
use crate::diag::Diag;
use std::ops::Range;

/// Where the values of an assignment begin, and what stands before them.
struct Assigned {
    /// The sign: `=`, `+=`.
    sign: usize,
    /// One past the targets.
    targets: usize,
}

/// The sign of an assignment among the tokens of a statement.
fn assigned(tokens: &[Pair]) -> Option<Assigned> {
    let sign = tokens.iter().position(|t| t.as_rule() == Rule::sep && t.as_str().ends_with('='))?;
    let before = &tokens[..sign];
    if before.iter().any(|t| t.as_rule() == Rule::word && t.as_str() == "lambda") {
        return None;
    }
    Some(Assigned { sign, targets: colon(before).unwrap_or(sign) })
}

/// Whether a text is names to assign to, and nothing else.
fn is_names(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ' | '*' | '(' | ')'))
}

/// How many names a text lists, parted by commas only; none for one name.
fn flat(targets: &str) -> Option<usize> {
    let is_flat = targets.contains(',') && !targets.contains(['*', '(']);
    is_flat.then(|| targets.split(',').filter(|name| !name.trim().is_empty()).count())
}

/// The first `:=` among some tokens and in their brackets.
fn walrus<'s>(tokens: &[Pair<'s>]) -> Option<Pair<'s>> {
    let nested = |t: &Pair<'s>| walrus(&t.clone().into_inner().collect::<Vec<_>>());
    tokens.iter().find_map(|t| if t.as_str() == ":=" { Some(t.clone()) } else { nested(t) })
}

impl<'s> Builder<'s> {
    /// A statement within a `try`, perhaps the head of a block.
    pub(super) fn guarded(&mut self, state: &str, mut tokens: Vec<Pair<'s>>) {
        let Some(first) = tokens.first().cloned() else { return };
        let indent = self.own_indent(bytes(&first).start);
        if let Some(walrus) = walrus(&tokens) {
            return self.guarded_names(state, tokens, &walrus, &indent);
        }
        if first.as_rule() == Rule::with {
            tokens.remove(0);
            self.guarded_with(state, first, &indent);
            return self.suite(tokens, &indent);
        }
        match (first.as_str(), colon(&tokens)) {
            ("if" | "elif", Some(end)) if end > 1 => {
                let (truth, close) = if self.called.truths { ("_true(", ")))") } else { ("(", "))") };
                let open = format!("{} {state}._run(lambda: {truth}", first.as_str());
                let open = if self.called.truths { format!("{open}(") } else { open };
                self.emit.replace(bytes(&first).start..bytes(&tokens[1]).start, &open);
                self.tokens(tokens[1..end].to_vec(), Vec::new());
                self.emit.insert(bytes(&tokens[end - 1]).end, close);
                self.suite(tokens[end..].to_vec(), &indent);
            }
            ("else", Some(end)) => self.suite(tokens[end..].to_vec(), &indent),
            ("while", Some(end)) if end > 1 => self.guarded_while(state, tokens, end, &indent),
            ("for", _) => self.guarded_for(state, tokens, &indent),
            _ => self.simple_statements(tokens, &indent),
        }
    }

    /// A statement with `:=` in it: its names get their values behind it, those of an `if`
    /// before its block.
    fn guarded_names(&mut self, state: &str, tokens: Vec<Pair<'s>>, walrus: &Pair<'s>, indent: &str) {
        let start = bytes(&tokens[0]).start;
        let block = match tokens[0].as_str() {
            "if" => colon(&tokens).filter(|end| *end > 1),
            "elif" | "while" | "for" => return self.refuse_named(walrus),
            _ => None,
        };
        let Some(named) = self.name_cells(&tokens, start) else { return self.refuse_named(walrus) };
        let after = |lead: &str| named.after.replace('\n', &format!("\n{lead}"));
        match block {
            Some(end) => {
                let open = format!("{}\n{indent}_c = {state}._run(lambda: (", named.cell);
                self.emit.replace(start..bytes(&tokens[1]).start, &open);
                self.tokens(tokens[1..end].to_vec(), self.names_value(&tokens[1..end], bytes(&tokens[end]).start));
                let close = format!("))\n{indent}{}if _c", after(indent));
                self.emit.insert(bytes(&tokens[end - 1]).end, &close);
                self.renames.clear();
                self.suite(tokens[end..].to_vec(), indent);
            }
            None => {
                let end = bytes(&tokens[tokens.len() - 1]).end;
                self.emit.insert(start, &format!("{}\n{indent}", named.cell));
                self.simple_statements(tokens, indent);
                self.emit.insert(end, &format!("\n{indent}{}", after(indent).trim_end()));
            }
        }
        self.renames.clear();
    }

    fn refuse_named(&mut self, walrus: &Pair<'s>) {
        let diag = Diag::at(self.span_of(walrus), "`:=` is not supported here within a `try`");
        self.refuse(diag.hint("assign on a line of its own, before the value is used"));
    }

    /// Statements of one line, parted by semicolons.
    pub(super) fn simple_statements(&mut self, tokens: Vec<Pair<'s>>, indent: &str) {
        let Some(state) = self.place.guard.clone() else {
            let whole = bytes(&tokens[0]).start..bytes(&tokens[tokens.len() - 1]).end;
            return self.plain(tokens, whole);
        };
        let groups: Vec<&[Pair<'s>]> = tokens.split(|t| t.as_rule() == Rule::semicolon).collect();
        let mut end = None;
        for group in groups.into_iter().filter(|g| !g.is_empty()) {
            let place = bytes(&group[0]);
            if let Some(end) = end {
                self.emit.replace(end..place.start, &format!("\n{indent}"));
            }
            end = Some(bytes(&group[group.len() - 1]).end);
            self.guarded_simple(&state, group.to_vec(), indent);
        }
        if let (Some(end), Some(last)) = (end, tokens.last()) {
            self.emit.replace(end..bytes(last).end, "");
        }
    }

    /// `with open(x) as f` opens within the state, and is a block.
    fn guarded_with(&mut self, state: &str, with: Pair<'s>, indent: &str) {
        let whole = bytes(&with);
        let mut at = whole.start;
        for opened in with.into_inner() {
            let mut parts = opened.into_inner();
            let (Some(call), name) = (parts.next(), parts.next()) else { return };
            self.emit.replace(at..bytes(&call).start, &format!("_v{at} = {state}._run(lambda: ("));
            let end = bytes(&call).end;
            self.tokens(call.into_inner().collect(), Vec::new());
            let named = name.map(|n| format!("\n{indent}if {state}._ok(): {} = _v{at}", n.as_str()));
            self.emit.insert(end, &format!(")){}\n{indent}", named.unwrap_or_default()));
            at = end;
        }
        self.emit.replace(at..whole.end, "if True");
    }

    fn guarded_while(&mut self, state: &str, tokens: Vec<Pair<'s>>, end: usize, indent: &str) {
        let inline = end + 1 < tokens.len();
        let deeper = if inline { format!("{indent} ") } else { self.block_indent(bytes(&tokens[end]).end) };
        let open = format!("for _while in range({LONGEST_LOOP}):\n{deeper}if not {state}._run(lambda: _turn((");
        self.emit.replace(bytes(&tokens[0]).start..bytes(&tokens[1]).start, &open);
        self.tokens(tokens[1..end].to_vec(), Vec::new());
        self.emit.replace(bytes(&tokens[end]), "))): break");
        if let Some(next) = tokens.get(end + 1) {
            self.emit.replace(bytes(&tokens[end]).end..bytes(next).start, &format!("\n{deeper}"));
            self.simple_statements(tokens[end + 1..].to_vec(), &deeper);
        }
    }

    /// `for x in y:` goes on by a cursor, and ends when a statement in it has failed,
    /// with `x` as it was.
    fn guarded_for(&mut self, state: &str, tokens: Vec<Pair<'s>>, indent: &str) {
        let whole = bytes(&tokens[0]).start..bytes(&tokens[tokens.len() - 1]).end;
        if !self.stepped_for(Some(state), &tokens, indent) {
            self.plain(tokens, whole);
        }
    }

    /// `for x in y:` by a cursor, which locks nothing; false if it is no such line.
    pub(super) fn stepped_for(&mut self, state: Option<&str>, tokens: &[Pair<'s>], indent: &str) -> bool {
        let inside = tokens.iter().position(|t| t.as_rule() == Rule::word && t.as_str() == "in");
        let (Some(inside), Some(end)) = (inside, colon(tokens)) else { return false };
        if inside + 1 >= end {
            return false;
        }
        let start = bytes(&tokens[0]).start;
        let targets = self.slice(bytes(&tokens[0]).end..bytes(&tokens[inside]).start).trim().to_owned();
        let inline = end + 1 < tokens.len();
        let deeper = if inline { format!("{indent} ") } else { self.block_indent(bytes(&tokens[end]).end) };
        let values = bytes(&tokens[inside + 1]).start;
        let (open, close) = state.map_or((String::new(), ""), |state| (format!("{state}._run(lambda: "), ")"));
        let cursor = format!("_i{}_{start}", self.file.0);
        self.emit.replace(start..values, &format!("{cursor} = {open}_cursor(("));
        self.tokens(tokens[inside + 1..end].to_vec(), Vec::new());
        let runs = state.map_or(String::new(), |state| format!("{state}._ok() and "));
        let next = format!("{cursor}._next()");
        let parted = state.and_then(|state| Some((state, Parted::of(&tokens[1..inside])?)));
        let parted = parted.filter(|(_, parted)| parted.leaves.iter().all(|leaf| is_name(leaf)));
        let target = match parted {
            Some((state, parted)) => {
                let parts = format!("_p{start}");
                let give = |(number, leaf): (usize, &Vec<Pair>)| {
                    self.assign_to(leaf[0].as_str(), &format!("{parts}[{number}]"))
                };
                let given: Vec<String> = parted.leaves.iter().enumerate().map(give).collect();
                let taken = format!("{parts} = {state}._parted({}, lambda: {next})", parted.shape);
                format!("{taken}\n{deeper}if {state}._ok(): {}", given.join("; "))
            }
            None => self.assign_to(&targets, &next),
        };
        let head = format!("for _while in range({LONGEST_LOOP}):\n{deeper}if not ({runs}{cursor}._more()): break");
        self.emit.replace(bytes(&tokens[end]), &format!(")){close}\n{indent}{head}\n{deeper}{target}"));
        if let Some(next) = tokens.get(end + 1) {
            self.emit.replace(bytes(&tokens[end]).end..bytes(next).start, &format!("\n{deeper}"));
            self.simple_statements(tokens[end + 1..].to_vec(), &deeper);
        }
        true
    }

    fn guarded_simple(&mut self, state: &str, tokens: Vec<Pair<'s>>, indent: &str) {
        let whole = bytes(&tokens[0]).start..bytes(&tokens[tokens.len() - 1]).end;
        let (sort, word) = (tokens[0].as_rule(), tokens[0].as_str());
        let names = |t: &Pair| matches!(t.as_rule(), Rule::word | Rule::comma);
        match (sort, word) {
            (_, "pass") => {}
            (Rule::word, "return") => self.guarded_return(state, tokens, indent),
            (Rule::word, kind @ ("break" | "continue")) => {
                let leave = self.passed(kind, whole.start).map(|passed| format!("{passed}._leave({kind:?})"));
                let flag = self.unbroken.as_ref().filter(|_| kind == "break" && leave.is_none());
                let flag = flag.map_or(String::new(), |flag| format!("{flag} = False; "));
                let text = format!("if {state}._ok(): {flag}{}", leave.as_deref().unwrap_or(kind));
                self.emit.replace(whole, &text);
            }
            (Rule::delete, _) if tokens[1..].iter().all(names) => self.emit.replace(whole, "pass"),
            (Rule::banned, word) if word != "yield" => self.plain(tokens, whole),
            (Rule::delete | Rule::throw | Rule::banned, _) => {
                self.emit.insert(whole.start, &format!("{state}._run(lambda: "));
                self.plain(tokens, whole.clone());
                self.emit.insert(whole.end, ")");
            }
            _ => match assigned(&tokens) {
                Some(assigned) => self.guarded_assignment(state, tokens, assigned, indent),
                None if colon(&tokens) == Some(1) => self.emit.replace(whole, "pass"),
                None => {
                    self.emit.insert(whole.start, &format!("{state}._run(lambda: ("));
                    self.tokens(tokens, Vec::new());
                    self.emit.insert(whole.end, "))");
                }
            },
        }
    }

    fn guarded_return(&mut self, state: &str, tokens: Vec<Pair<'s>>, indent: &str) {
        let start = bytes(&tokens[0]).start;
        let passed = self.passed("return", start);
        let leave = |value: &str| match &passed {
            Some(passed) => {
                format!("{indent}if {state}._ok():\n{indent} _returned = {value}\n{indent} {passed}._leave(\"return\")")
            }
            None => format!("{indent}if {state}._ok(): return {value}"),
        };
        let nothing = if self.yields { "_stream(_yield)" } else { "None" };
        let Some(first) = tokens.get(1).filter(|_| !self.yields) else {
            let end = bytes(&tokens[tokens.len() - 1]).end;
            return self.emit.replace(start..end, leave(nothing).trim_start());
        };
        self.emit.replace(start..bytes(first).start, &format!("_v{start} = {state}._run(lambda: ("));
        let end = bytes(&tokens[tokens.len() - 1]).end;
        self.tokens(tokens[1..].to_vec(), Vec::new());
        self.emit.insert(end, &format!("))\n{}", leave(&format!("_v{start}"))));
    }

    fn guarded_assignment(&mut self, state: &str, tokens: Vec<Pair<'s>>, found: Assigned, indent: &str) {
        let Assigned { sign, targets } = found;
        let whole = bytes(&tokens[0]).start..bytes(&tokens[tokens.len() - 1]).end;
        let text = self.slice(whole.start..bytes(&tokens[targets - 1]).end).trim().to_owned();
        let start = whole.start;
        let operator = tokens[sign].as_str();
        if operator == "=" && assigned(&tokens[sign + 1..]).is_some() {
            return self.guarded_chain(state, &tokens, indent);
        }
        let parted = Parted::of(&tokens[..targets]).filter(|_| operator == "=" && tokens.len() > sign + 1);
        if let Some(parted) = parted.filter(|parted| parted.flat().is_none() || !is_names(&text)) {
            return self.guarded_parts(state, &tokens, sign, &parted, indent);
        }
        if !is_names(&text) || tokens.len() == sign + 1 {
            self.emit.insert(start, &format!("def _s{start}(): "));
            self.plain(tokens, whole.clone());
            return self.emit.insert(whole.end, &format!("\n{indent}{state}._run(_s{start})"));
        }
        self.check_global_targets(&tokens);
        let value = bytes(&tokens[sign + 1]).start;
        let then = format!("\n{indent}if {state}._ok(): {}", self.assign_to(&text, &format!("_v{start}")));
        if operator != "=" {
            let read = self.cell(&text).unwrap_or_else(|| text.clone());
            let (step, end) = match operator {
                "**=" => ("_l = _pow(_l, (", ")"),
                "//=" => ("_l = _floor(_l, (", ")"),
                _ => ("_l ", ""),
            };
            let operator = if end.is_empty() { format!("{operator} (") } else { String::new() };
            let open = format!("def _s{start}():\n{indent} _l = {read}\n{indent} {step}{operator}");
            self.emit.replace(start..value, &open);
            self.tokens(tokens[sign + 1..].to_vec(), Vec::new());
            let close = format!("{end})\n{indent} return _l\n{indent}_v{start} = {state}._run(_s{start}){then}");
            return self.emit.insert(whole.end, &close);
        }
        let call = flat(&text).map_or("_run(".to_owned(), |count| format!("_parts({count}, "));
        self.emit.replace(start..value, &format!("_v{start} = {state}.{call}lambda: ("));
        self.tokens(tokens[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(whole.end, &format!(")){then}"));
    }

    /// `x["k"], (y, *z) = v`: the state parts the value, and each part is given in its turn.
    fn guarded_parts(&mut self, state: &str, tokens: &[Pair<'s>], sign: usize, parted: &Parted<'s>, indent: &str) {
        self.check_global_targets(tokens);
        let (start, end) = (bytes(&tokens[0]).start, bytes(&tokens[tokens.len() - 1]).end);
        let (mut at, mut then) = (start, String::new());
        for (number, leaf) in parted.leaves.iter().enumerate() {
            let (Some(first), Some(last)) = (leaf.first(), leaf.last()) else { continue };
            let part = format!("_v{start}[{number}]");
            if is_name(leaf) {
                then.push_str(&format!("\n{indent}if {state}._ok(): {}", self.assign_to(first.as_str(), &part)));
                continue;
            }
            if self.is_setter(leaf) {
                let diag =
                    Diag::at(self.span(bytes(first).start..bytes(last).end), "a property among others in a `try`");
                self.refuse(diag.hint("give it its value on a line of its own"));
            }
            let place = bytes(first).start;
            self.emit.replace(at..place, &format!("def _s{place}(_x): "));
            self.tokens(leaf[..leaf.len() - 1].to_vec(), Vec::new());
            self.tokens(vec![last.clone()], Vec::new());
            at = bytes(last).end;
            self.emit.insert(at, &format!(" = _x\n{indent}"));
            then.push_str(&format!("\n{indent}{state}._run(lambda: _s{place}({part}))"));
        }
        let open = format!("_v{start} = {state}._parted({}, lambda: (", parted.shape);
        self.emit.replace(at..bytes(&tokens[sign + 1]).start, &open);
        self.tokens(tokens[sign + 1..].to_vec(), Vec::new());
        self.emit.insert(end, &format!(")){then}"));
    }

    /// `a = b = x`: one value, taken by the state, then given to each target.
    fn guarded_chain(&mut self, state: &str, tokens: &[Pair<'s>], indent: &str) {
        self.check_global_targets(tokens);
        let (start, end) = (bytes(&tokens[0]).start, bytes(&tokens[tokens.len() - 1]).end);
        let mut then = String::new();
        let mut at = 0;
        while let Some(found) = assigned(&tokens[at..]) {
            then.push_str(&self.chain_link(state, &tokens[at..at + found.sign], start, indent));
            at += found.sign + 1;
        }
        let Some(value) = tokens.get(at) else { return };
        self.emit.replace(start..bytes(value).start, &format!("_v{start} = {state}._run(lambda: ("));
        self.tokens(tokens[at..].to_vec(), Vec::new());
        self.emit.insert(end, &format!(")){then}"));
    }

    /// One target of a chain. The state takes what goes wrong with it.
    fn chain_link(&self, state: &str, target: &[Pair<'s>], chain: usize, indent: &str) -> String {
        let place = |leaf: &[Pair<'s>]| bytes(&leaf[0]).start..bytes(&leaf[leaf.len() - 1]).end;
        let give = |leaf: &[Pair<'s>], value: &str| {
            let (place, text) = (place(leaf), self.slice(place(leaf)).trim());
            match is_names(text) {
                true => format!("\n{indent}if {state}._ok(): {}", self.assign_to(text, value)),
                false => {
                    let at = place.start;
                    format!("\n{indent}def _s{at}(): {text} = {value}\n{indent}{state}._run(_s{at})")
                }
            }
        };
        let value = format!("_v{chain}");
        let Some(parted) = Parted::of(target) else { return give(target, &value) };
        let parts = format!("_u{}", place(target).start);
        let open = format!("\n{indent}{parts} = {state}._parted({}, lambda: {value})", parted.shape);
        let leaves = parted.leaves.iter().enumerate().filter(|(_, leaf)| !leaf.is_empty());
        leaves.fold(open, |text, (number, leaf)| text + &give(leaf, &format!("{parts}[{number}]")))
    }

    /// A rule, a directive or an import within a `try`.
    pub(super) fn guard_item(&mut self, start: usize, is_module: bool, write: impl FnOnce(&mut Self)) {
        let Some(state) = self.place.guard.clone() else { return write(self) };
        let (open, close) =
            if is_module { (format!("if {state}._ok(): "), "") } else { (format!("{state}._run(lambda: "), ")") };
        self.emit.insert(start, &open);
        write(self);
        self.emit.append(close);
    }

    /// The assignment of a value to targets, of which one may be starred.
    fn assign_to(&self, targets: &str, value: &str) -> String {
        let trailing = targets.ends_with(',');
        match targets.split(',').position(|t| t.trim().starts_with('*')) {
            Some(at) => {
                let after = targets.split(',').count() - at - 1;
                format!("{} = _spread({at}, {after}, {value})", targets.replace('*', ""))
            }
            None if trailing => format!("({targets}) = {value}"),
            None => self.given(targets, value).unwrap_or_else(|| format!("{targets} = {value}")),
        }
    }

    /// The text that binds imported names, within a `try` or not.
    pub(super) fn bindings_text(&self, calls: &[(String, String)], range: &Range<usize>) -> String {
        let Some(state) = &self.place.guard else {
            let all: Vec<String> = calls.iter().map(|(name, call)| format!("{name} = {call}")).collect();
            return all.join("; ");
        };
        let indent = self.own_indent(range.start);
        let value = format!("_v{}", range.start);
        let bind = |(name, call): &(String, String)| {
            format!("{value} = {state}._run(lambda: {call})\n{indent}if {state}._ok(): {name} = {value}")
        };
        calls.iter().map(bind).collect::<Vec<_>>().join(&format!("\n{indent}"))
    }
}
