//! A rule made from another one, with some sections replaced: what `use rule`
//! does to a rule, wherever that comes from.
//!
//! Owns what is taken over and what is made anew. It does not know modules.

use super::{Assembler, register, show};
use crate::diag::Diag;
use crate::eval::rewrite::Rewrites;
use crate::eval::session::{Basis, PendingText, RawPath, Session, Use};
use crate::path::normal;
use crate::pattern::{Pattern, PatternError};
use crate::rule::{Input, InputWhat, Named, Output, Param, Rule, RuleId};
use crate::span::Span;
use crate::syntax::RuleDecl;
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::Value;

/// What is to be made of a rule.
pub(in crate::eval) struct Heir<'a> {
    /// The rule it is made from.
    pub(in crate::eval) base: RuleId,
    /// Its name; none for a rule without one.
    pub(in crate::eval) name: Option<Box<str>>,
    /// The sections that are replaced.
    pub(in crate::eval) with: &'a RuleDecl,
    /// Where it stands, for messages.
    pub(in crate::eval) head: Span,
    /// It comes with others, and one more `use rule` may replace it.
    pub(in crate::eval) replaceable: bool,
    /// What became of the base's paths when it was made.
    pub(in crate::eval) rewrites: Rewrites,
}

/// Makes a rule from another one. Its number is given back.
///
/// # Errors
/// What must stop the load; other faults are left with the session.
pub(in crate::eval) fn derive<'v>(
    session: &Session,
    heir: &Heir<'_>,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<RuleId> {
    let base = session.rules.borrow()[heir.base.index()].clone();
    let basis = session.bases.borrow()[heir.base.index()].clone();
    let taken = heir.name.as_ref().and_then(|n| session.by_name.borrow().get(n).copied());
    let old = taken.filter(|id| !heir.replaceable && session.bases.borrow()[id.index()].replaceable);
    let mut assembler = Assembler::new(session, heir.with, sections, eval);
    assembler.id = old.unwrap_or(assembler.id);
    let rule = assembler.heir(base, basis, heir)?;
    let (id, mut basis) = (assembler.id, assembler.basis);
    session.diags.borrow_mut().append(&mut assembler.diags);
    basis.hidden = session.current.get().is_some();
    basis.replaceable = heir.replaceable;
    inherit_texts(session, heir, id);
    match old {
        Some(id) => {
            show(session, &rule, id);
            session.rules.borrow_mut()[id.index()] = rule;
            session.bases.borrow_mut()[id.index()] = basis;
        }
        None => register(session, rule, basis, id)?,
    }
    Ok(id)
}

/// Its texts are those of the base, but for those it was given.
fn inherit_texts(session: &Session, heir: &Heir<'_>, id: RuleId) {
    let mut texts = session.texts.borrow_mut();
    let given = |t: &PendingText| t.what == Use::Message && heir.with.section("message").is_some();
    if id != heir.base {
        texts.retain(|t| t.rule != id || given(t));
    }
    let of_base = texts.iter().filter(|t| t.rule == heir.base && !given(t));
    let own: Vec<PendingText> = of_base.map(|t| PendingText { rule: id, ..t.clone() }).collect();
    texts.extend(own);
    let mut bodies = session.bodies.borrow_mut();
    let body = bodies.iter().find(|(rule, _)| *rule == heir.base).map(|(_, span)| (id, *span));
    bodies.extend(body);
}

impl<'v> Assembler<'_, '_, 'v, '_, '_> {
    fn heir(&mut self, mut base: Rule, basis: Basis, heir: &Heir<'_>) -> starlark::Result<Rule> {
        let changed = self.inherit_basis(&basis);
        if changed {
            self.fill_again(&mut base, &basis.raw, &heir.rewrites);
            self.place_again(&mut base, &heir.rewrites);
        } else {
            let kept = basis.unfilled.into_iter().filter(|(key, _)| !self.given(key));
            self.basis.unfilled = kept.collect();
        }
        if self.given("wildcard_constraints") {
            self.constrain_again(&mut base);
        }
        self.basis.raw.extend(basis.raw.into_iter().filter(|r| self.decl.section(r.key).is_none()));
        let outputs = self.files_or("output", base.outputs);
        let logs = self.files_or("log", base.logs);
        let benchmark = self.benchmark();
        self.same_wildcards(&[("output", &outputs), ("log", &logs), ("benchmark", &benchmark)]);
        self.apart(&[("output", &outputs), ("log", &logs), ("benchmark", &benchmark)]);
        self.no_duplicates(&outputs);
        let inputs = if self.given("input") {
            self.inputs()?
        } else {
            self.still_known(&base.name, &base.inputs);
            base.inputs
        };
        let params = self.merged_params(base.params)?;
        let threads = if self.given("threads") { self.threads()? } else { base.threads };
        let resources = if self.given("resources") { self.resources()? } else { base.resources };
        let retries = if self.given("retries") { self.retries() } else { base.retries };
        let timeout = if self.given("timeout") { self.timeout() } else { base.timeout };
        let local = if self.given("localrule") { self.flag("localrule") } else { base.local };
        let mut places = base.places;
        places.head = heir.head;
        let own = [
            ("input", &mut places.input),
            ("output", &mut places.output),
            ("log", &mut places.log),
            ("benchmark", &mut places.benchmark),
        ];
        for (key, place) in own {
            if let Some(section) = self.decl.section(key) {
                *place = section.literals.clone();
            }
        }
        let number = (self.id.index() + 1).to_string();
        self.text("message", Use::Message);
        self.inert(heir.name.as_deref().unwrap_or(&number));
        self.default_target();
        Ok(Rule {
            name: heir.name.clone().unwrap_or_else(|| number.into()),
            doc: self.decl.doc.clone().or(base.doc),
            wildcards: std::mem::take(&mut self.wildcards),
            inputs,
            outputs,
            logs,
            params,
            threads,
            resources,
            retries,
            timeout,
            benchmark: if self.given("benchmark") { benchmark.items.into_iter().next() } else { base.benchmark },
            env: if self.given("env") { self.env()? } else { base.env },
            shadow: if self.given("shadow") { self.shadow() } else { base.shadow },
            priority: if self.given("priority") { self.priority()? } else { base.priority },
            local,
            places,
            ..base
        })
    }

    fn given(&self, key: &str) -> bool {
        self.decl.section(key).is_some()
    }

    fn files_or(&mut self, key: &'static str, base: Named<Output>) -> Named<Output> {
        if self.given(key) { self.outputs(key) } else { base }
    }

    /// Takes over constraints and pathvars; says whether there are new pathvars.
    fn inherit_basis(&mut self, basis: &Basis) -> bool {
        self.basis.pathvars = basis.pathvars.clone();
        self.basis.around = basis.around.clone();
        self.rule_pathvars();
        if self.given("wildcard_constraints") {
            self.rule_constraints();
        } else {
            self.basis.constraints = basis.constraints.clone();
        }
        self.basis.pathvars.len() > basis.pathvars.len()
    }

    /// Fills the pathvars of the base's paths anew.
    fn fill_again(&mut self, base: &mut Rule, raw: &[RawPath], rewrites: &Rewrites) {
        let decl = self.decl;
        for path in raw.iter().filter(|r| decl.section(r.key).is_none()) {
            let Some(pattern) = self.pattern_again(path, base, rewrites) else { continue };
            match path.key {
                "input" => {
                    base.inputs.items[path.at].what = match pattern.as_literal() {
                        Some(literal) => InputWhat::Path(literal.into()),
                        None => InputWhat::Pattern(Box::new(pattern)),
                    };
                }
                "output" => base.outputs.items[path.at].pattern = pattern,
                "log" => base.logs.items[path.at].pattern = pattern,
                "benchmark" => base.benchmark.iter_mut().for_each(|b| b.pattern = pattern.clone()),
                _ => {}
            }
        }
    }

    /// Gives the base's patterns the new constraints in the place of the base's own.
    fn constrain_again(&mut self, base: &mut Rule) {
        let outputs = base.outputs.items.iter_mut().map(|o| ("output", &mut o.pattern));
        let logs = base.logs.items.iter_mut().map(|l| ("log", &mut l.pattern));
        let benchmark = base.benchmark.iter_mut().map(|b| ("benchmark", &mut b.pattern));
        for (key, pattern) in outputs.chain(logs).chain(benchmark) {
            match self.constrained(pattern.text()) {
                Ok(constrained) => *pattern = constrained,
                Err(error) => self.fail(unfit(key, pattern.text(), &base.name, self.decl.head, error)),
            }
        }
    }

    /// A pattern with the constraints that are written in it, and the rule's own.
    fn constrained(&self, text: &str) -> Result<Pattern, PatternError> {
        let constraints = &self.basis.constraints;
        let find = |name: &str| constraints.iter().find(|(n, _)| **n == *name).map(|(_, r)| r.to_string());
        let mut pattern = Pattern::parse(text)?;
        pattern.constrain(&find)?;
        Ok(pattern)
    }

    /// Has the pathvars filled anew in what the base's functions give.
    fn place_again(&mut self, base: &mut Rule, rewrites: &Rewrites) {
        if self.given("input") {
            return;
        }
        for input in &mut base.inputs.items {
            if let InputWhat::Function { id, .. } = &mut input.what {
                let placing = self.placing(rewrites.clone());
                *id = self.session.keep_again(*id, placing, self.eval);
            }
        }
    }

    fn pattern_again(&mut self, path: &RawPath, base: &Rule, rewrites: &Rewrites) -> Option<Pattern> {
        let filled = match self.fill(&path.text) {
            Ok(filled) => filled,
            Err(error) => {
                let place = match path.key {
                    "output" => &base.places.output,
                    "log" => &base.places.log,
                    "benchmark" => &base.places.benchmark,
                    _ => &base.places.input,
                };
                let diag = super::place::pathvar_fault(error, &path.text, place);
                self.fail(diag.label(self.decl.head, "used here"));
                return None;
            }
        };
        let placed = if path.placed { filled } else { rewrites.apply(&filled).into_owned() };
        let text = normal(&placed).into_owned();
        let parsed = self.constrained(&text);
        parsed.map_err(|error| self.fail(unfit(path.key, &text, &base.name, self.decl.head, error))).ok()
    }

    /// The base's inputs must do with the wildcards of the new outputs.
    fn still_known(&mut self, name: &str, inputs: &Named<Input>) {
        let patterns = inputs.items.iter().filter_map(|i| match &i.what {
            InputWhat::Pattern(pattern) => Some(pattern),
            _ => None,
        });
        let unknown = patterns.flat_map(|p| p.names()).find(|n| !self.wildcards.contains(n));
        if let Some(unknown) = unknown {
            let message = format!("the inputs of rule `{name}` have the wildcard `{unknown}`, these outputs have not");
            let at = self.decl.section("output").map_or(self.decl.head, |s| s.span);
            self.fail(Diag::at(at, message).hint("replace `input:` as well"));
        }
    }

    /// Params by name replace those of the name; positional ones, if there are
    /// any, replace all positional ones.
    fn merged_params(&mut self, base: Vec<Param>) -> starlark::Result<Vec<Param>> {
        let mut base = base;
        for param in &mut base {
            param.filled = !param.fixed && has_wildcards(&param.value, &self.wildcards);
        }
        let new = self.params()?;
        let (named, positional): (Vec<Param>, Vec<Param>) = new.into_iter().partition(|p| p.name.is_some());
        if !positional.is_empty() {
            base.retain(|p| p.name.is_some());
            base.splice(0..0, positional);
        }
        for param in named {
            match base.iter_mut().find(|p| p.name == param.name) {
                Some(old) => *old = param,
                None => base.push(param),
            }
        }
        Ok(base)
    }
}

/// A pattern of the base that cannot have what it is given.
fn unfit(key: &str, text: &str, rule: &str, at: Span, error: PatternError) -> Diag {
    Diag::at(at, format!("the {key} `{text}` of rule `{rule}`: {}", error.message)).maybe_hint(error.hint)
}

/// Whether some string in a value holds wildcards of the rule, and no others.
fn has_wildcards(value: &Val, wildcards: &[Box<str>]) -> bool {
    match value {
        Val::List(items) | Val::Tuple(items) => items.iter().any(|v| has_wildcards(v, wildcards)),
        Val::Str(text) if text.contains('{') => {
            Pattern::parse(text).is_ok_and(|p| !p.names().is_empty() && p.names().iter().all(|n| wildcards.contains(n)))
        }
        _ => false,
    }
}
