//! Rules and their sections, directives and their arguments.
//!
//! Owns lowering `rule NAME:` and `key: value` to calls, and the errors of
//! their structure. It does not know what a key means.

use super::arguments::{self, Argument};
use super::build::{Builder, Pair, Rule};
use super::edit::Edit;
use super::keys::{self, Support};
use super::tree::{Arg, Directive, Kind, RuleDecl, Section};
use crate::diag::Diag;
use crate::span::{Literals, Span};
use crate::suggest::did_you_mean;
use rustc_hash::FxHashMap;

/// The names of a section's arguments so far.
#[derive(Default)]
struct GivenNames {
    /// Where each was first given.
    places: FxHashMap<Box<str>, Span>,
    last: Option<(Box<str>, Span)>,
}

/// What a rule is called in messages.
fn called(kind: Kind, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{} `{name}`", kind.word()),
        None => format!("this {}", kind.word()),
    }
}

impl<'s> Builder<'s> {
    pub(super) fn rule(&mut self, pair: Pair<'s>) {
        let mut parts = pair.into_inner();
        let Some(head) = parts.next() else { return };
        let (mut decl, head_end) = self.head(head);
        let id = self.base.rules + self.rules.len();
        let start = decl.head.start as usize;
        let call = match (decl.kind, &decl.name) {
            (Kind::Module, Some(name)) => format!("{name} = _module({id},"),
            (Kind::Module, None) => format!("_module({id},"),
            _ => format!("_rule({id},"),
        };
        self.emit.replace(start..head_end, &call);
        let title = called(decl.kind, decl.name.as_deref());
        self.before.rule = Some((title.clone(), String::new()));
        let mut end = head_end;
        for part in parts {
            match part.as_rule() {
                Rule::body => part.into_inner().for_each(|e| self.entry(e, &mut decl, &title, &mut end)),
                _ => self.entry(part, &mut decl, &title, &mut end),
            }
        }
        self.emit.insert(end, ")");
        self.rules.push(decl);
    }

    fn head(&mut self, head: Pair) -> (RuleDecl, usize) {
        let end = head.as_span().end();
        let mut decl =
            RuleDecl { kind: Kind::Rule, name: None, head: self.span_of(&head), doc: None, sections: Vec::new() };
        for part in head.into_inner() {
            let span = self.span_of(&part);
            match part.as_rule() {
                Rule::kind => {
                    decl.kind = match part.as_str() {
                        "checkpoint" => Kind::Checkpoint,
                        "module" => Kind::Module,
                        _ => Kind::Rule,
                    };
                    decl.head = span;
                }
                _ => {
                    decl.name = Some(part.as_str().into());
                    decl.head = decl.head.to(span);
                }
            }
        }
        (decl, end)
    }

    pub(super) fn entry(&mut self, pair: Pair<'s>, decl: &mut RuleDecl, title: &str, end: &mut usize) {
        match pair.as_rule() {
            Rule::docstring => self.doc(pair, decl, end),
            Rule::run => self.run(pair, decl, title, end),
            Rule::section => self.section(pair, decl, title, end),
            _ => self.bad_entry(&pair, title),
        }
    }

    fn doc(&mut self, pair: Pair<'s>, decl: &mut RuleDecl, end: &mut usize) {
        let span = self.line_span(&pair);
        let Some(strings) = pair.into_inner().next() else { return };
        let range = strings.as_span().start()..strings.as_span().end();
        if !decl.sections.is_empty() || decl.doc.is_some() {
            self.fail(Diag::at(span, "a docstring comes first in a rule").hint("make it a comment with `#`"));
        }
        decl.doc = Some(self.docstring(strings));
        *end = range.end;
        self.emit.replace(range, "");
    }

    fn section(&mut self, pair: Pair<'s>, decl: &mut RuleDecl, title: &str, end: &mut usize) {
        let mut parts = pair.into_inner();
        let Some(head) = parts.next() else { return };
        let args = parts.find(|p| p.as_rule() == Rule::args);
        let Some((key, key_span)) = self.key(&head) else { return };
        self.note_indentation(key_span);
        if !self.section_allowed(key, key_span, decl, title) {
            return;
        }
        let open = format!("{key}=_args(");
        self.emit.replace(key_span.start as usize..head.as_span().end(), &open);
        let section = self.arguments(key, key_span, args);
        *end = if section.span == key_span { head.as_span().end() } else { section.span.end as usize };
        self.emit.insert(*end, "),");
        decl.sections.push(section);
    }

    fn key(&self, head: &Pair<'s>) -> Option<(&'s str, Span)> {
        let name = head.clone().into_inner().next()?;
        Some((name.as_str(), self.span_of(&name)))
    }

    /// Remembers how the sections of this rule are indented.
    pub(super) fn note_indentation(&mut self, key: Span) {
        let line = self.source[..key.start as usize].rfind('\n').map_or(0, |i| i + 1);
        let indent = &self.source[line..key.start as usize];
        if let Some((_, known)) = &mut self.before.rule
            && known.is_empty()
            && indent.trim().is_empty()
        {
            *known = indent.to_owned();
        }
    }

    pub(super) fn section_allowed(&mut self, key: &str, span: Span, decl: &RuleDecl, title: &str) -> bool {
        if let Some(first) = decl.section(key) {
            let diag = Diag::at(span, format!("`{key}` is given twice in {title}"));
            self.fail(diag.label(first.key_span, "first given here"));
            return false;
        }
        if let Some(action) = decl
            .sections
            .iter()
            .find(|s| matches!(&*s.key, "run" | "script" | "notebook" | "template_engine" | "wrapper" | "shell"))
        {
            let message = format!("`{key}` stands behind `{}`, which comes last in a rule", action.key);
            self.fail(Diag::at(span, message).label(action.key_span, "what the rule does"));
            return false;
        }
        let support = match decl.kind {
            Kind::Module => keys::module_support(key),
            _ => keys::section_support(key),
        };
        let diag = match support {
            Some(Support::Served) if decl.kind == Kind::Use && keys::is_action(key) => {
                Diag::at(span, format!("`use rule` cannot replace `{key}`"))
                    .hint("the action of a rule stays as it is: write a rule of its own")
            }
            Some(Support::Served) => return true,
            Some(Support::NotYet(hint)) => Diag::at(span, format!("`{key}` is not supported yet")).hint(hint),
            None if decl.kind == Kind::Module => Diag::at(span, format!("unknown section `{key}` in {title}"))
                .maybe_hint(did_you_mean(key, keys::module_names())),
            None if keys::directive_support(key).is_some() => {
                Diag::at(span, format!("`{key}` stands at the top level, not in {title}"))
                    .hint("write it before or behind the rule, at the beginning of its line")
            }
            None => Diag::at(span, format!("unknown section `{key}` in {title}"))
                .maybe_hint(did_you_mean(key, keys::section_names())),
        };
        self.fail(diag);
        false
    }

    /// The arguments of a key, lowered in place.
    fn arguments(&mut self, key: &str, key_span: Span, args: Option<Pair<'s>>) -> Section {
        self.literals.clear();
        let mut list: Vec<Arg> = Vec::new();
        let mut names = GivenNames::default();
        let mut span = key_span;
        if let Some(args) = args {
            span = self.span_of(&args);
            let parts: Vec<Pair> = args.into_inner().collect();
            let mut splats = self.section_splats(&parts).into_iter();
            for part in parts {
                match part.as_rule() {
                    Rule::arg => {
                        let arg = self.arg(part, splats.next().unwrap_or_default());
                        self.check_arg(&arg, &mut names);
                        list.push(arg);
                    }
                    _ => self.token(part),
                }
            }
        }
        let literals = Literals::new(span, std::mem::take(&mut self.literals));
        Section { key: key.into(), key_span, span, args: list, literals }
    }

    fn check_arg(&mut self, arg: &Arg, before: &mut GivenNames) {
        match &arg.name {
            Some((name, span)) => {
                if let Some(first) = before.places.get(name) {
                    let diag = Diag::at(*span, format!("the name `{name}` is given twice"));
                    self.fail(diag.label(*first, "first given here"));
                }
                before.places.entry(name.clone()).or_insert(*span);
                before.last = Some((name.clone(), *span));
            }
            None if !arg.splat && arg.span.start < arg.span.end => {
                if let Some((name, span)) = &before.last {
                    let diag = Diag::at(arg.span, "a value without a name stands after one with a name");
                    let hint = format!("give it a name, or put it before `{name} =`");
                    self.fail(diag.label(*span, "named here").hint(hint));
                }
            }
            None => {}
        }
    }

    /// What becomes of `*x` and `**x`, argument by argument; nothing if there are none.
    fn section_splats(&self, parts: &[Pair<'s>]) -> Vec<Vec<Edit>> {
        let args = || parts.iter().filter(|p| p.as_rule() == Rule::arg);
        if !args().any(|p| p.as_str().starts_with('*')) {
            return Vec::new();
        }
        let argument = |pair: &Pair<'s>| {
            let tokens: Vec<Pair> = pair.clone().into_inner().collect();
            let named = tokens.first().filter(|t| t.as_rule() == Rule::arg_name).map(|t| t.as_span().start());
            Argument::new(&tokens[usize::from(named.is_some())..], named)
        };
        let all: Option<Vec<Argument>> = args().map(argument).collect();
        all.map(|all| arguments::edits(&all)).unwrap_or_default()
    }

    fn arg(&mut self, pair: Pair<'s>, mut edits: Vec<Edit>) -> Arg {
        let whole = self.span_of(&pair);
        let mut parts: Vec<Pair> = pair.into_inner().collect();
        let mut name = None;
        let mut span = whole;
        self.check_length(whole.range(), &parts);
        match parts.first().map(Pair::as_rule) {
            Some(Rule::arg_name) => {
                let part = parts.remove(0);
                name = Some((part.as_str().into(), self.span_of(&part)));
                self.renamed(&part);
                span = self.after_equals(&part, whole);
            }
            Some(Rule::no_arg) => {
                let at = whole.start as usize;
                self.fail(Diag::at(self.span(at..at + 1), "a value is missing before this comma"));
                parts.clear();
            }
            _ => {}
        }
        if parts.iter().any(|p| p.as_rule() == Rule::for_word) {
            let (start, end) = (span.start as usize, span.end as usize);
            edits.extend([Edit::before(start, "["), Edit::behind(end, "]")]);
        }
        let lambda = parts.iter().rposition(|p| p.as_rule() == Rule::lambda).filter(|at| at + 1 < parts.len());
        match lambda.filter(|_| self.slice(span.range()).contains(":=")) {
            Some(at) => self.naming_lambda(parts, at + 1, edits),
            None => self.tokens(parts, edits),
        }
        let splat = self.slice(span.range()).starts_with('*');
        Arg { name, span, splat }
    }

    /// Where the value of `name = value` begins.
    fn after_equals(&self, name: &Pair, whole: Span) -> Span {
        let rest = self.slice(name.as_span().end()..whole.end as usize);
        let value = rest.trim_start().trim_start_matches('=').trim_start();
        Span { start: whole.end - value.len() as u32, ..whole }
    }

    pub(super) fn directive(&mut self, pair: Pair<'s>) {
        let mut parts = pair.into_inner();
        let Some(head) = parts.next() else { return };
        let Some((key, key_span)) = self.key(&head) else { return };
        match keys::directive_support(key) {
            Some(Support::NotYet(hint)) => {
                self.fail(Diag::at(key_span, format!("`{key}` is not supported yet")).hint(hint));
                return;
            }
            _ if matches!(key, "localrules" | "ruleorder") => return self.bad_names(key, key_span),
            _ => {}
        }
        if key == "include" {
            self.pending_cut = true;
            self.includes = true;
        }
        let id = self.base.directives + self.directives.len();
        self.emit.replace(key_span.start as usize..head.as_span().end(), &format!("_directive({id},"));
        let section = self.arguments(key, key_span, parts.find(|p| p.as_rule() == Rule::args));
        if section.args.is_empty() {
            self.fail(Diag::at(key_span, format!("`{key}` wants a value")));
        }
        self.emit.insert(section.span.end as usize, ")");
        self.directives.push(Directive { section, names: Vec::new() });
    }

    fn bad_names(&mut self, key: &str, span: Span) {
        let example = if key == "ruleorder" { "`ruleorder: first > second`" } else { "`localrules: a, b`" };
        self.fail(Diag::at(span, format!("`{key}` wants names of rules")).hint(format!("write {example}")));
    }

    pub(super) fn names(&mut self, pair: Pair<'s>) {
        let whole = self.line_span(&pair);
        let mut parts = pair.into_inner();
        let Some(head) = parts.next() else { return };
        let Some((key, key_span)) = self.key(&head) else { return };
        let found: Vec<Pair> = parts.filter(|p| p.as_rule() == Rule::name).collect();
        let end = whole.end as usize;
        let names = found.iter().map(|p| (p.as_str().into(), self.span_of(p))).collect();
        let id = self.base.directives + self.directives.len();
        self.emit.replace(key_span.start as usize..end, &format!("_directive({id})"));
        let span = self.span(key_span.start as usize..end);
        let section = Section { key: key.into(), key_span, span, args: Vec::new(), literals: Literals::none(span) };
        self.directives.push(Directive { section, names });
    }
}
