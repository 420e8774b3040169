//! Single lines: statements, imports, and lines that are nothing known.
//!
//! Owns rewriting Python that costs nothing to serve and refusing, with a way
//! out, what cannot be served or is misplaced.

use super::build::{Builder, Pair, Rule};
use super::edit::Edit;
use super::keys;
use super::operand::known;
use super::targets::{may_be_text, starred};
use super::tree::Binding;
use crate::diag::Diag;
use crate::suggest::{did_you_mean, nearest};
use std::ops::Range;

/// The words before the name of a block.
const HEADS: [&str; 3] = ["rule", "checkpoint", "module"];

/// Turns of a `while`, beyond which nobody waits.
pub(super) const LONGEST_LOOP: i32 = i32::MAX;

/// `a, *b = x` becomes `a, b = _spread(1, 0, x)`, and `a, = x` becomes `(a,) = x`,
/// as Starlark wants it.
fn spread(parts: &[Pair]) -> Vec<Edit> {
    let range = |p: &Pair| p.as_span().start()..p.as_span().end();
    let whole = range(&parts[0]);
    let targets: Vec<Pair> = parts[0].clone().into_inner().collect();
    let mut edits = Vec::new();
    if targets.last().is_some_and(|t| t.as_rule() == Rule::trailing) {
        edits.extend([Edit::before(whole.start, "("), Edit::behind(whole.end, ")")]);
    }
    let names: Vec<&Pair> = targets.iter().filter(|t| t.as_rule() != Rule::trailing).collect();
    let starred = names.iter().position(|t| t.as_rule() == Rule::starred);
    let end = parts.iter().position(|p| p.as_rule() == Rule::semicolon).unwrap_or(parts.len()) - 1;
    if let (Some(at), true) = (starred, end >= 2) {
        let star = names[at].as_span().start();
        edits.push(Edit::replace(star..star + 1, ""));
        let value = range(&parts[2]).start..range(&parts[end]).end;
        let open = format!("_spread({at}, {}, (", names.len() - at - 1);
        edits.push(Edit::before(value.start, open));
        edits.push(Edit::behind(value.end, "))"));
    }
    if starred.is_none() && names.len() > 1 && may_be_text(&parts[2..]) {
        let value = range(&parts[2]);
        edits.extend([Edit::before(value.start, "_each("), Edit::behind(value.end, ")")]);
    }
    edits
}

/// A value that ends in a comma is a tuple of one, which wants brackets.
fn closing_comma(parts: &[Pair]) -> Vec<Edit> {
    let is_starred = |p: &Pair| p.clone().into_inner().any(|t| t.as_rule() == Rule::starred);
    let mut edits = Vec::new();
    for statement in parts.split(|p| p.as_rule() == Rule::semicolon) {
        let [first, .., last] = statement else { continue };
        let skipped = matches!(first.as_rule(), Rule::delete | Rule::throw | Rule::banned) || is_starred(first);
        if last.as_rule() != Rule::comma || skipped {
            continue;
        }
        let head =
            super::attempt::colon(statement).filter(|_| matches!(first.as_str(), "if" | "elif" | "else" | "for"));
        let body = head.map_or(0, |colon| colon + 1);
        let is_sign = |p: &Pair| p.as_rule() == Rule::sep && p.as_str().ends_with('=');
        let begins = |p: &Pair| is_sign(p) || p.as_rule() == Rule::word && p.as_str() == "return";
        let before = statement[body..].iter().position(begins).map_or(body, |at| body + at + 1);
        edits.push(Edit::before(statement[before].as_span().start(), "("));
        edits.push(Edit::behind(last.as_span().end(), ")"));
    }
    edits
}

/// What to write instead of a Python statement.
fn instead(word: &str) -> &'static str {
    match word {
        "try" => "write `except` or `finally` below it, indented as `try` is",
        "except" | "finally" => "it belongs below a `try`, indented as that is",
        "with" => "read settings with `configfile:`, list files with `glob_wildcards`, or do it in a rule's `shell:`",
        "class" => "write `struct(name=value)` or a dict",
        "nonlocal" => "write it in a function within the one that has the name",
        "yield" => "write it on a line of its own in a function, or return a list",
        _ => "write a plain `def`",
    }
}

impl<'s> Builder<'s> {
    pub(super) fn code(&mut self, pair: Pair<'s>) {
        let Some(stmt) = pair.into_inner().next() else { return };
        self.literals.clear();
        let whole = stmt.as_span().start()..stmt.as_span().end();
        let parts: Vec<Pair> = stmt.into_inner().collect();
        self.check_length(whole.clone(), &parts);
        if let Some(first) = parts.first() {
            self.branch(first);
        }
        self.check_global_heads(&parts);
        match self.place.guard.clone() {
            Some(state) => self.guarded(&state, parts),
            None => self.plain(parts, whole),
        }
    }

    /// A statement outside of every `try`.
    pub(super) fn plain(&mut self, parts: Vec<Pair<'s>>, whole: Range<usize>) {
        if self.slice(whole.clone()).contains(":=") && self.named_within(&parts, &whole) {
            return;
        }
        self.plain_again(parts, whole);
    }

    /// The same, with names for what `:=` assigns to.
    pub(super) fn plain_again(&mut self, mut parts: Vec<Pair<'s>>, whole: Range<usize>) {
        self.note(&parts);
        if self.steps && parts.first().is_some_and(|p| p.as_rule() == Rule::for_word) {
            let indent = self.own_indent(whole.start);
            if self.stepped_for(None, &parts, &indent) {
                return;
            }
        }
        if self.global_statements(&parts) || self.one_by_one(&parts) || self.assignment(&parts, &whole) {
            return;
        }
        let mut edits = self.thrown(&parts, whole.end);
        edits.extend(self.breaks(&parts));
        if let (true, Some(last)) = (self.yields, parts.last().filter(|p| p.as_str() == "return")) {
            edits.push(Edit::behind(last.as_span().end(), " _stream(_yield)"));
        }
        for part in parts.iter().filter(|p| p.as_rule() == Rule::banned) {
            let diag = self.banned(part);
            self.fail(diag);
        }
        match parts.first().map_or(Rule::code, Pair::as_rule) {
            Rule::with => {
                let with = parts.remove(0);
                self.with(with);
            }
            Rule::r#while => edits.extend(self.repeated(&parts, whole)),
            Rule::delete => return self.deleted(&parts),
            // Behind a semicolon.
            Rule::word if parts[0].as_str() == "del" => return self.deleted(&parts),
            Rule::targets => edits.extend(spread(&parts)),
            _ => {}
        }
        match starred(&parts) {
            stars if stars.is_empty() => edits.extend(closing_comma(&parts)),
            stars => edits.extend(stars),
        }
        self.tokens(parts, edits);
    }

    /// Notes what a name is given, where that is plain.
    fn note(&mut self, parts: &[Pair<'s>]) {
        if let [name, sign, value @ ..] = parts
            && sign.as_str() == "="
            && matches!(name.as_rule(), Rule::targets | Rule::word)
        {
            let name = name.as_str().trim();
            self.known.learn(name, known(value).filter(|_| !name.contains(',')));
            name.split(',').filter(|_| name.contains(',')).for_each(|one| {
                self.known.learn(one.trim().trim_start_matches('*'), None);
            });
        }
        if let [first, rest @ ..] = parts
            && first.as_rule() == Rule::for_word
        {
            let until = rest.iter().position(|token| token.as_str() == "in").unwrap_or(0);
            let words =
                rest[..until].iter().flat_map(|token| std::iter::once(token.clone()).chain(token.clone().into_inner()));
            words.filter(|word| word.as_rule() == Rule::word).for_each(|word| self.known.learn(word.as_str(), None));
        }
    }

    /// `raise x from y` and `assert x` become calls.
    fn thrown(&self, parts: &[Pair], end: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        let Some(at) = parts.iter().position(|p| p.as_rule() == Rule::throw) else { return edits };
        let place = parts[at].as_span().start()..parts[at].as_span().end();
        let stop = (at + 1..parts.len()).find(|i| parts[*i].as_rule() == Rule::semicolon).unwrap_or(parts.len());
        let end = parts.get(stop).map_or(end, |semicolon| semicolon.as_span().start());
        let is_raise = parts[at].as_str() == "raise";
        if is_raise && stop == at + 1 {
            let again = self.place.handled.as_ref().map_or("_raise()".into(), |state| format!("{state}._again()"));
            return vec![Edit::replace(place, again)];
        }
        let cause = parts[at..stop].iter().position(|p| p.as_rule() == Rule::word && p.as_str() == "from");
        if let (true, Some(cause)) = (is_raise, cause) {
            let word = &parts[at + cause].as_span();
            edits.push(Edit::replace(word.start()..word.end(), ","));
        }
        edits.push(Edit::replace(place, if is_raise { "_raise(" } else { "_assert(" }));
        edits.push(Edit::behind(end, ")"));
        edits
    }

    /// The white space before the first line of the block below a statement.
    pub(super) fn block_indent(&self, end: usize) -> String {
        let mut lines = self.source[end..].lines().skip(1);
        let code = lines.find(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')).unwrap_or("");
        code[..code.len() - code.trim_start().len()].replace('\t', " ")
    }

    /// The white space before a statement.
    pub(super) fn own_indent(&self, start: usize) -> String {
        let line = self.source[..start].rfind('\n').map_or(0, |i| i + 1);
        self.slice(line..start).replace('\t', " ")
    }

    /// `while x:` becomes a long `for` that breaks.
    pub(super) fn repeated(&self, parts: &[Pair], whole: Range<usize>) -> Vec<Edit> {
        let range = |p: &Pair| p.as_span().start()..p.as_span().end();
        let Some(at) = parts.iter().position(|p| p.as_str() == ":") else { return Vec::new() };
        let inline = at + 1 < parts.len();
        let indent = match inline {
            true => format!("{} ", self.own_indent(whole.start)),
            false => self.block_indent(whole.end),
        };
        let then = if inline { format!(")): break\n{indent}") } else { ")): break".into() };
        let colon = match parts.get(at + 1) {
            Some(next) => range(&parts[at]).start..range(next).start,
            None => range(&parts[at]),
        };
        vec![
            Edit::replace(range(&parts[0]), format!("for _while in range({LONGEST_LOOP}):\n{indent}if not _turn((")),
            Edit::replace(colon, then),
        ]
    }

    /// `with open(x) as f:` becomes `f = open(x)` and a block.
    fn with(&mut self, pair: Pair<'s>) {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        let indent = self.own_indent(start);
        let (mut at, mut lead) = (start, String::new());
        for opened in pair.into_inner() {
            let mut parts = opened.into_inner();
            let (Some(call), Some(name)) = (parts.next(), parts.next()) else { return };
            self.emit.replace(at..call.as_span().start(), &format!("{lead}{} = ", name.as_str()));
            at = call.as_span().end();
            lead = format!("\n{indent}");
            self.tokens(call.into_inner().collect(), Vec::new());
        }
        self.emit.replace(at..end, &format!("{lead}if True"));
    }

    /// What is to be said of a word that Starlark lacks.
    pub(super) fn banned(&self, pair: &Pair) -> Diag {
        self.lacking(self.span_of(pair), pair.as_str())
    }

    fn lacking(&self, place: crate::span::Span, word: &str) -> Diag {
        let message = match word {
            "@" => "this decorator stands before no function".to_owned(),
            "try" | "except" | "finally" => format!("this `{word}` stands alone"),
            _ => format!("`{word}` is not supported"),
        };
        Diag::at(place, message).hint(instead(word))
    }

    /// `import a.b as c, d`: each name is bound to what is served of it.
    pub(super) fn import(&mut self, pair: Pair) {
        let (mut bindings, mut below) = (Vec::new(), Vec::new());
        let place = self.line_span(&pair);
        for module in pair.into_inner().filter(|p| p.as_rule() == Rule::module) {
            let mut parts = module.into_inner();
            let Some(dotted) = parts.next() else { continue };
            let root = dotted.as_str().split('.').next().unwrap_or("");
            let (name, module) = match parts.next() {
                Some(alias) => (alias.as_str(), dotted.as_str()),
                None => (root, root),
            };
            below.push((module != dotted.as_str()).then_some(dotted.as_str()));
            bindings.push(Binding { name: name.into(), module: module.into(), member: None });
        }
        let strict = self.strict();
        let call = |(b, below): (&Binding, &Option<&str>)| match below {
            Some(dotted) => format!("_import_below({:?}, {dotted:?}{strict})", b.module),
            None => format!("_import({:?}, \"\"{strict})", b.module),
        };
        let calls = bindings.iter().zip(&below).map(|b| (b.0.name.to_string(), call(b))).collect();
        self.bind(place, bindings, calls);
    }

    /// `from a import b as c, d`.
    pub(super) fn from(&mut self, pair: Pair) {
        let place = self.line_span(&pair);
        let mut module = "";
        let mut bindings = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::dotted | Rule::dots => module = part.as_str(),
                Rule::imported => {
                    let star = part.clone().into_inner().any(|p| p.as_rule() == Rule::star);
                    let names: Vec<&str> = part.into_inner().map(|p| p.as_str()).collect();
                    if star {
                        return self.import_all(place, module);
                    }
                    if let (Some(first), Some(last)) = (names.first(), names.last()) {
                        let member = Some(Box::from(*first));
                        bindings.push(Binding { name: (*last).into(), module: module.into(), member });
                    }
                }
                _ => {}
            }
        }
        let strict = self.strict();
        let call = |b: &Binding| format!("_import({:?}, {:?}{strict})", b.module, b.member.as_deref().unwrap_or(""));
        let calls = bindings.iter().map(|b| (b.name.to_string(), call(b))).collect();
        self.bind(place, bindings, calls);
    }

    /// `from a import *`: what it binds is known when it has run.
    fn import_all(&mut self, place: crate::span::Span, module: &str) {
        self.pending_cut = true;
        self.includes = true;
        self.bind(place, Vec::new(), vec![("_all".into(), format!("_import_all({module:?})"))]);
    }

    /// Whether imports of what is not served are errors, as one more argument.
    fn strict(&self) -> &'static str {
        if self.place.strict_imports { ", True" } else { "" }
    }

    /// Writes what an import binds: `calls` are names and what gives their values.
    fn bind(&mut self, place: crate::span::Span, bindings: Vec<Binding>, calls: Vec<(String, String)>) {
        let line = self.slice(place.range());
        // The statement ends where a trailing comment begins.
        let end = if line.contains('(') { line.len() } else { line.find('#').unwrap_or(line.len()) };
        let end = line[..end].trim_end().len();
        let start = place.start as usize;
        let range = start..start + end;
        let text = self.bindings_text(&calls, &range);
        self.emit.replace(range.clone(), &text);
        if let Some(name) = bindings.iter().find(|b| self.globals.iter().any(|g| **g == *b.name)).map(|b| &b.name) {
            let diag = Diag::at(self.span(range), format!("an import cannot bind the `global` name `{name}`"));
            self.refuse(diag.hint("import it at the top of the file"));
        }
        self.bindings.extend(bindings);
    }

    pub(super) fn bad_rule(&mut self, pair: Pair) {
        let place = self.line_span(&pair);
        let kind = pair.into_inner().next().map_or("rule", |k| k.as_str());
        let line = self.slice(place.range());
        let words = line[kind.len()..].trim();
        let is_name = !words.is_empty() && words.chars().all(|c| c.is_alphanumeric() || c == '_');
        let (message, hint) = if is_name && !words.starts_with(|c: char| c.is_ascii_digit()) {
            (format!("`:` is missing after `{line}`"), format!("write `{line}:`"))
        } else {
            let hint = "names are letters, digits and `_`, and do not begin with a digit".to_owned();
            (format!("expected `{kind} NAME:`"), hint)
        };
        self.fail(Diag::at(place, message).hint(hint));
    }

    /// `WORD NAME:` where the word begins no block.
    pub(super) fn bad_head(&mut self, pair: Pair) {
        let place = self.line_span(&pair);
        let words: Vec<&str> = pair.into_inner().map(|name| name.as_str()).collect();
        let [word, name] = words.as_slice() else { return };
        let meant = nearest(&word.to_lowercase(), HEADS).or(HEADS.into_iter().find(|h| word.eq_ignore_ascii_case(h)));
        let start = place.start as usize;
        let diag = Diag::at(self.span(start..start + word.len()), format!("`{word}` begins nothing here"));
        self.fail(diag.hint(match meant {
            _ if *word == "storage" => "fetch the files in a rule of their own".into(),
            Some(meant) => format!("did you mean `{meant} {name}:`?"),
            _ if *word == "subworkflow" => {
                format!(
                    "write `module {name}:` with `snakefile:` and `prefix:`, and take rules by `use rule * from {name}`"
                )
            }
            None if *word == "match" => "write the `case`s below it, indented".into(),
            None => "a rule begins with `rule NAME:`".into(),
        }));
    }

    pub(super) fn bad_entry(&mut self, pair: &Pair, title: &str) {
        let place = self.line_span(pair);
        let line = self.slice(place.range());
        let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        let diag = if keys::section_support(word).is_some() {
            let rest = line[word.len()..].trim_start();
            let value = rest.trim_start_matches(['=', ':']).trim_start();
            let diag = match rest.chars().next() {
                Some('=') => Diag::at(place, format!("sections are written with `:`, not `=`, in {title}")),
                Some(':') => Diag::at(place, format!("the value of `{word}` is not understood")),
                _ => Diag::at(place, format!("`:` is missing after `{word}`")),
            };
            if rest.starts_with(':') { diag } else { diag.hint(format!("write `{word}: {value}`")) }
        } else {
            Diag::at(place, format!("expected a section such as `input:` in {title}"))
                .maybe_hint(did_you_mean(word, keys::section_names()))
        };
        self.fail(diag);
    }

    /// A section that is indented deeper than its rule's other sections.
    pub(super) fn deep(&mut self, pair: &Pair) {
        let key = pair.as_str().trim_end_matches(':').trim_end();
        let start = pair.as_span().start();
        let diag = Diag::at(self.span(start..start + key.len()), format!("`{key}` is indented too far"));
        self.fail(diag.hint("indent all sections of a rule alike"));
    }

    /// `word: ...` where no section or directive of that name can stand.
    pub(super) fn bad_line(&mut self, pair: Pair) {
        let mut parts = pair.into_inner();
        let (Some(indent), Some(name)) = (parts.next(), parts.next()) else { return };
        let (key, span) = (name.as_str(), self.span_of(&name));
        let is_section = keys::section_support(key).is_some();
        if is_section && self.before.reported {
            return;
        }
        let diag = match (&self.before.rule, is_section || !indent.as_str().is_empty()) {
            (Some((title, known)), true) if is_section && !known.is_empty() => {
                Diag::at(span, misindented(key, indent.as_str(), known, title))
                    .hint("indent all sections of a rule alike")
            }
            (_, true) if is_section => Diag::at(span, format!("section `{key}` stands outside of a rule"))
                .hint("indent it below a `rule NAME:`"),
            _ if keys::directive_support(key).is_some() => {
                Diag::at(span, format!("the value of `{key}` is not understood"))
            }
            _ => {
                let known =
                    keys::directive_names().chain(["rule", "checkpoint", "module"]).chain(keys::section_names());
                Diag::at(span, format!("unknown directive `{key}`")).maybe_hint(did_you_mean(key, known))
            }
        };
        self.fail(diag);
    }
}

fn misindented(key: &str, indent: &str, known: &str, title: &str) -> String {
    let mixed = |a: &str, b: &str| a.contains('\t') && b.contains(' ') && !b.contains('\t');
    if mixed(indent, known) || mixed(known, indent) {
        return format!("`{key}` is indented with other characters (tabs, blanks) than the sections of {title}");
    }
    let (here, there) = (indent.chars().count(), known.chars().count());
    format!("`{key}` is indented by {here}, the sections of {title} by {there}")
}
