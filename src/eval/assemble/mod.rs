//! Rules from their evaluated sections.
//!
//! Owns the checks that a rule can be given on its own, and, at the end of the
//! Rulefile, those that need all of it. It does not know targets or jobs.

mod attempts;
mod engine;
mod environment;
mod files;
mod finish;
mod inert;
mod inherit;
mod params;
mod place;
mod python;
mod shown;
mod space;
mod visible;
mod wrapper;

pub(super) use finish::{constrain, finish, named_rules};
pub(super) use inherit::{Heir, derive};
pub(super) use params::PARAMS as GIVEN;
pub(super) use place::{of_config, strings};
pub(super) use python::Bodies;

use super::fault::Fault;
use super::given::{Given, Slot};
use super::session::{Basis, PendingText, Session, Shown, Use};
use crate::diag::{Diag, Diags};
use crate::eval::other_inputs::Mixed;
use crate::eval::pure_path::path_text;
use crate::eval::show;
use crate::pattern::{Pattern, has_brace};
use crate::rule::{Action, Flags, Name, Named, Output, Param, Places, Rule, RuleId};
use crate::span::Literals;
use crate::syntax::{Kind, RuleDecl, Section};
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::Value;
use std::sync::Arc;

/// Puts one rule together. Faults are collected, not returned at once.
struct Assembler<'s, 'e, 'v, 'a, 'b> {
    session: &'s Session,
    decl: &'s RuleDecl,
    id: RuleId,
    given: Vec<Given<'v, 's>>,
    /// Its constraints, its pathvars and its paths as written.
    basis: Basis,
    wildcards: Vec<Box<str>>,
    diags: Diags,
    eval: &'e mut Evaluator<'v, 'a, 'b>,
}

/// Defines a rule from its declaration and its evaluated sections.
///
/// # Errors
/// What must stop the load; other faults are left with the session.
pub(super) fn define<'v>(
    session: &Session,
    index: usize,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let decl: Arc<RuleDecl> = session.decls.borrow()[index].clone();
    let mut assembler = Assembler::new(session, &decl, sections, eval);
    let rule = assembler.rule()?;
    let (id, mut basis) = (assembler.id, assembler.basis);
    session.diags.borrow_mut().append(&mut assembler.diags);
    basis.hidden = session.current.get().is_some();
    register(session, rule, basis, id)
}

fn register(session: &Session, rule: Rule, basis: Basis, id: RuleId) -> starlark::Result<()> {
    let first = session.by_name.borrow().get(&rule.name).copied();
    if let Some(first) = first {
        let head = session.rules.borrow()[first.index()].places.head;
        let diag = Diag::at(rule.places.head, format!("there are two rules named `{}`", rule.name));
        return Err(Fault(vec![diag.label(head, "first defined here")]).into());
    }
    session.by_name.borrow_mut().insert(rule.name.clone(), id);
    let main = session.current.get().is_none() && !session.is_included();
    if main && session.default_target.get().is_none() && !rule.name.starts_with('_') {
        session.default_target.set(Some(id));
    }
    show(session, &rule, id);
    session.rules.borrow_mut().push(rule);
    session.bases.borrow_mut().push(basis);
    Ok(())
}

/// Makes `rules.NAME` known.
fn show(session: &Session, rule: &Rule, id: RuleId) {
    let rules = session.shown.borrow();
    rules.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(rule.name.clone(), shown(rule, id));
}

/// What `rules.NAME` gives of a rule. Inputs are shown only if all are paths.
fn shown(rule: &Rule, id: RuleId) -> Shown {
    use crate::rule::InputWhat;
    let outputs = |named: &Named<Output>| -> (Arc<[Box<str>]>, Arc<[Name]>) {
        (named.items.iter().map(|o| as_pattern(&o.pattern)).collect(), named.names.as_slice().into())
    };
    let input = |what: &InputWhat| match what {
        InputWhat::Path(path) => Some(as_pattern(&Pattern::literal(path))),
        InputWhat::Pattern(pattern) => Some(pattern.text().into()),
        InputWhat::Function { .. } => None,
    };
    // Large lists are copied only for rules that others are likely to name.
    const MOST: usize = 10_000;
    let inputs = match rule.inputs.items.len() {
        0..=MOST => rule.inputs.items.iter().map(|i| input(&i.what)).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let inputs = inputs.map(|all| (all.into(), rule.inputs.names.as_slice().into())).unwrap_or_default();
    let params = rule.params.iter().map(|p| (p.name.clone(), p.value.clone())).collect();
    let mixed = Mixed::of(&rule.inputs, input).map(Arc::new);
    let (checkpoint, wildcards) = (rule.checkpoint, rule.wildcards.as_slice().into());
    Shown {
        id: Some(id),
        checkpoint,
        wildcards,
        inputs,
        outputs: outputs(&rule.outputs),
        logs: outputs(&rule.logs),
        params,
        mixed,
    }
}

impl<'s, 'e, 'v, 'a, 'b> Assembler<'s, 'e, 'v, 'a, 'b> {
    fn new(
        session: &'s Session,
        decl: &'s RuleDecl,
        sections: SmallMap<String, Value<'v>>,
        eval: &'e mut Evaluator<'v, 'a, 'b>,
    ) -> Self {
        let given = |(key, value): (&String, &Value<'v>)| Some(Given::unpack(decl.section(key)?, *value));
        Assembler {
            session,
            decl,
            id: RuleId(session.rules.borrow().len() as u32),
            given: sections.iter().filter_map(given).collect(),
            basis: Basis::default(),
            wildcards: Vec::new(),
            diags: Vec::new(),
            eval,
        }
    }
}

/// The text that is read as this pattern again.
fn as_pattern(pattern: &Pattern) -> Box<str> {
    match pattern.as_literal() {
        Some(path) if has_brace(path) => path.replace('{', "{{").replace('}', "}}").into(),
        _ => pattern.text().into(),
    }
}

impl<'s, 'v> Assembler<'s, '_, 'v, '_, '_> {
    fn rule(&mut self) -> starlark::Result<Rule> {
        self.rule_constraints();
        self.rule_pathvars();
        let mut outputs = self.outputs("output");
        let logs = self.outputs("log");
        let benchmark = self.benchmark();
        self.same_wildcards(&[("output", &outputs), ("log", &logs), ("benchmark", &benchmark)]);
        self.apart(&[("output", &outputs), ("log", &logs), ("benchmark", &benchmark)]);
        self.no_duplicates(&outputs);
        self.checkpoint(&mut outputs);
        let inputs = self.inputs()?;
        let params = self.params()?;
        let threads = self.threads()?;
        let resources = self.resources()?;
        let env = self.env()?;
        let name = self.name();
        self.inert(name.as_deref().unwrap_or("without a name"));
        let rule = Rule {
            anonymous: name.is_none(),
            name: name.unwrap_or_else(|| self.made_up()),
            doc: self.decl.doc.clone(),
            wildcards: std::mem::take(&mut self.wildcards),
            inputs,
            outputs,
            logs,
            benchmark: benchmark.items.into_iter().next(),
            params,
            threads,
            resources,
            env,
            shadow: self.shadow(),
            priority: self.priority()?,
            retries: self.retries(),
            timeout: self.timeout(),
            message: None,
            action: self.engine().unwrap_or(Action::None),
            module: self.session.current.get(),
            checkpoint: self.decl.kind == Kind::Checkpoint,
            local: self.flag("localrule"),
            places: self.places(),
        };
        self.text("shell", Use::Shell);
        self.text("message", Use::Message);
        self.text("script", Use::Script);
        self.text("notebook", Use::Script);
        self.wrapper();
        self.body();
        self.default_target();
        Ok(rule)
    }

    /// What holds for a checkpoint's outputs: functions read them in every plan.
    fn checkpoint(&mut self, outputs: &mut Named<Output>) {
        if self.decl.kind != Kind::Checkpoint {
            return;
        }
        if outputs.items.is_empty() && self.decl.section("output").is_none() {
            let diag = Diag::at(self.decl.head, "a checkpoint without outputs: there is nothing to ask it for");
            self.fail(diag.hint("give it an `output:`, or make it a `rule`"));
        }
        if outputs.items.iter().any(|o| o.flags.contains(Flags::TEMP)) {
            outputs.items.iter_mut().for_each(|o| o.flags.remove(Flags::TEMP));
            let text = "`temp()` is ignored on a checkpoint's output: every plan reads it";
            let span = self.decl.section("output").map_or(self.decl.head, |s| s.span);
            self.session.warn(Diag::warning(crate::diag::Kind::Rulefile, text).label(span, ""));
        }
    }

    fn places(&self) -> Places {
        let of = |key| self.decl.section(key).map_or(Literals::none(self.decl.head), |s| s.literals.clone());
        Places {
            head: self.decl.head,
            input: of("input"),
            output: of("output"),
            log: of("log"),
            benchmark: of("benchmark"),
        }
    }

    /// The section of a key, taken out.
    fn take(&mut self, key: &str) -> Option<Given<'v, 's>> {
        let i = self.given.iter().position(|g| &*g.section.key == key)?;
        Some(self.given.swap_remove(i))
    }

    fn fail(&mut self, diag: Diag) {
        self.diags.push(diag);
    }

    /// The only value of a section, if it is given.
    fn single(&mut self, key: &str) -> Option<(Value<'v>, Slot<'s>)> {
        match self.take(key)?.single() {
            Ok(found) => Some(found),
            Err(diag) => {
                self.fail(diag);
                None
            }
        }
    }

    fn wants(&mut self, key: &str, what: &str, value: Value<'v>, slot: Slot) {
        let kind = value.get_type();
        self.fail(Diag::at(slot.span(), format!("`{key}` wants {what}, this is a value of type `{kind}`")));
    }

    fn flag(&mut self, key: &str) -> bool {
        let Some((value, slot)) = self.single(key) else { return false };
        if value.unpack_bool().is_none() {
            self.wants(key, "`True` or `False`", value, slot);
        }
        value.unpack_bool().unwrap_or(false)
    }

    fn name(&mut self) -> Option<Box<str>> {
        let Some((value, slot)) = self.single("name") else { return self.decl.name.clone() };
        match value.unpack_str() {
            Some(text) if !text.is_empty() => Some(text.into()),
            _ => {
                self.wants("name", "a string", value, slot);
                self.decl.name.clone()
            }
        }
    }

    /// The name of a rule without one: its file and line, and which of those it is.
    fn made_up(&self) -> Box<str> {
        let line = self.session.sources.borrow().line(self.decl.head);
        let line = line.rsplit('/').next().unwrap_or(&line);
        let by_name = self.session.by_name.borrow();
        let again = (2..).map(|n| format!("{line}#{n}"));
        let mut names = std::iter::once(line.to_owned()).chain(again);
        names.find(|n| !by_name.contains_key(n.as_str())).expect("there are more numbers than rules").into()
    }

    /// A template, kept until all variables are known.
    fn text(&mut self, key: &str, what: Use) {
        let Some((value, slot)) = self.single(key) else { return };
        // A script may be named by a path.
        let text = if what == Use::Script { path_text(value) } else { value.unpack_str() };
        match text {
            Some(text) => self.session.texts.borrow_mut().push(PendingText {
                rule: self.id,
                what,
                value: text.into(),
                at: slot.literals(),
                then: self.named_now(text),
            }),
            None => self.wants(key, "a string", value, slot),
        }
    }

    /// A Python body, kept until all that it may use is known.
    fn body(&mut self) {
        if let Some(section) = self.decl.section("run") {
            self.session.bodies.borrow_mut().push((self.id, section.span));
        }
    }

    /// What names in braces stand for now, if the rule may be read again in a loop.
    fn named_now(&self, text: &str) -> Vec<(Box<str>, String)> {
        let at = self.decl.head.start as usize;
        let sources = self.session.sources.borrow();
        let before = sources.get(self.decl.head.file).text[..at].chars().next_back();
        if before.is_none_or(|c| c == '\n') {
            return Vec::new();
        }
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        let names = text.split('{').skip(1).filter_map(|rest| rest.split(ends).next()).filter(|n| !n.is_empty());
        let value = |name: &str| Some((name.into(), self.eval.module().get(name)?.to_repr()));
        names.filter_map(value).collect()
    }

    fn default_target(&mut self) {
        let span = self.decl.section("default_target").map(|s| s.key_span);
        let (true, Some(span)) = (self.flag("default_target"), span) else { return };
        if self.session.is_included() {
            let message = "`default_target: True` has no effect in an included file";
            let diag = Diag::warning(crate::diag::Kind::Rulefile, message).label(span, "");
            let hint =
                "mark a rule of the file that includes it, or put a rule first there that reads this one's outputs";
            return self.session.warn(diag.hint(hint));
        }
        self.session.mark_default(self.id, span);
    }

    fn rule_constraints(&mut self) {
        let Some(given) = self.take("wildcard_constraints") else { return };
        let (constraints, mut diags) = constraints(&given);
        self.basis.constraints = constraints.into_iter().map(|c| (c.name, c.regex)).collect();
        self.diags.append(&mut diags);
    }

    /// A pattern with the rule's own constraints.
    fn pattern(&mut self, text: &str, given: &str, slot: Slot) -> Option<Pattern> {
        let constraint =
            |name: &str| self.basis.constraints.iter().find(|(n, _)| **n == *name).map(|(_, r)| r.to_string());
        let parsed = Pattern::parse(text).and_then(|mut pattern| {
            if !pattern.names().is_empty() && !self.basis.constraints.is_empty() {
                pattern.constrain(&constraint)?;
            }
            Ok(pattern)
        });
        parsed.map_err(|e| self.fail(pattern_fault(&e, text, given, slot))).ok()
    }
}

/// A pattern's fault at its place; `given` is the text before normalisation.
fn pattern_fault(error: &crate::pattern::PatternError, text: &str, given: &str, slot: Slot) -> Diag {
    let span = if text == given {
        slot.locate(given, error.range.clone())
    } else {
        let piece = text.get(error.range.clone()).unwrap_or("");
        let at = given.find(piece).unwrap_or(0);
        slot.locate(given, at..at + piece.len())
    };
    Diag::at(span, error.message.clone()).maybe_hint(error.hint.clone())
}

/// The constraints of a `wildcard_constraints` section or directive.
pub(super) fn constraints(given: &Given) -> (Vec<super::session::Constraint>, Diags) {
    let mut all = Vec::new();
    let mut diags = Vec::new();
    for (name, value, slot) in given.iter() {
        let text = value.unpack_str().map(str::to_owned);
        // A number stands for its text.
        let text = text.or_else(|| matches!(value.get_type(), "int" | "float").then(|| show::plainly(value)));
        match (name, text.as_deref()) {
            (Some(name), Some(regex)) => {
                let probe = format!("{{{name},{regex}}}");
                if let Err(error) = Pattern::parse(&probe) {
                    let hint = error.hint.clone();
                    diags.push(Diag::at(slot.whole(regex), error.message).maybe_hint(hint));
                    continue;
                }
                all.push(super::session::Constraint { name: name.into(), regex: regex.into() });
            }
            (None, _) => diags.push(
                Diag::at(slot.span(), "a constraint wants the name of its wildcard").hint("write `name = \"regex\"`"),
            ),
            (_, None) => diags.push(Diag::at(slot.span(), "a constraint is a regular expression in a string")),
        }
    }
    (all, diags)
}

/// A `Param` with nothing but a value.
fn plain(value: Val, section: Option<&Section>, decl: &RuleDecl) -> Param {
    Param { name: None, value, filled: false, fixed: false, span: section.map_or(decl.head, |s| s.span) }
}
