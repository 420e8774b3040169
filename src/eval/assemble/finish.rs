//! What can be said of the rules only when all of the Rulefile was read.
//!
//! Owns templates, global constraints, rule order, local rules and the default
//! target.

use crate::diag::Diag;
use crate::eval::convert::{is_function, to_val};
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use crate::eval::module::Frame;
use crate::eval::session::{Constraint, PendingText, Session};
use crate::rule::{Action, Input, InputWhat, Name, Rule, RuleId, Rulefile, Scope, Text, Variable};
use crate::suggest::did_you_mean;
use crate::syntax::Directive;
use crate::template::{Access, Hole, Language, Names, Root, Template};
use crate::value::Val;
use starlark::environment::Module;
use starlark::values::Value;
use std::collections::BTreeMap;

/// The names a template may use.
struct Known<'m, 'v, 'r> {
    session: &'m Session,
    module: &'m Module<'v>,
    rule: &'r Rule,
}

impl<'v> Known<'_, 'v, '_> {
    /// A top-level name of the rule's file that has a plain value.
    fn variable(&self, name: &str) -> Option<Value<'v>> {
        let frame = self.rule.module.map(|i| self.session.frame(i));
        let value = match frame {
            None => self.module.get(name)?,
            Some(frame) => {
                let owned = frame?.frozen.get_option(name).ok()??;
                self.module.heap().access_owned_frozen_value(&owned)
            }
        };
        let odd = is_function(value) || Missing::from_value(value).is_some();
        (!odd && !matches!(value.get_type(), "rules" | "namespace" | "module" | "scatter")).then_some(value)
    }
}

impl Names for Known<'_, '_, '_> {
    fn is_variable(&self, name: &str) -> bool {
        self.variable(name).is_some()
    }

    fn is_wildcard(&self, name: &str) -> bool {
        self.rule.wildcards.iter().any(|w| **w == *name)
    }
}

/// The variables that templates mention, of each file.
type Mentioned = BTreeMap<(Option<u32>, Box<str>), Val>;

/// The whole Rulefile. Faults are left with the session.
pub(in crate::eval) fn finish(session: &Session, module: &Module) -> Rulefile {
    let mut rules = session.rules.take();
    constrain(session, &session.constraints.borrow(), rules.iter_mut().filter(|r| r.module.is_none()));
    let mut mentioned = Mentioned::new();
    let visible = |text: &PendingText| !session.bases.borrow()[text.rule.index()].hidden;
    for text in session.texts.take().into_iter().filter(visible) {
        template(session, module, &mut rules, text, &mut mentioned);
    }
    let mut ruleorder = Vec::new();
    for directive in session.names.take() {
        let found = named_rules(session, &directive);
        match &*directive.section.key {
            "localrules" => found.iter().for_each(|id| rules[id.index()].local = true),
            _ => ruleorder.push(found),
        }
    }
    for frame in session.frames.borrow().iter().flatten() {
        ruleorder.extend(frame.ruleorder.iter().cloned());
    }
    let marked = session.marked_default.borrow().map(|(id, _)| id);
    let mut book = Rulefile {
        rules,
        ruleorder,
        default_target: marked.or(session.default_target.get()),
        workdir: session.workdir.take(),
        shell_prefix: session.prefix.take(),
        shell_executable: session.executable.take(),
        scope: Scope {
            config: module.get("config").and_then(|v| plain(v, module).ok()).unwrap_or_default(),
            variables: Vec::new(),
        },
        modules: session.frames.borrow().iter().map(|f| scope_of(f.as_deref())).collect(),
    };
    for ((index, name), value) in mentioned {
        let scope = index.map_or(&mut book.scope, |i| &mut book.modules[i as usize]);
        scope.variables.push(Variable { name, value });
    }
    super::visible::keep_visible(session, &mut book);
    book
}

fn scope_of(frame: Option<&Frame>) -> Scope {
    Scope { config: frame.map(|f| f.config.clone()).unwrap_or_default(), variables: Vec::new() }
}

fn plain<'v>(value: Value<'v>, module: &Module<'v>) -> starlark::Result<Val> {
    to_val(value, module.heap(), &mut |_| Err(fault("it holds a function")))
}

/// Applies the `wildcard_constraints` of a file to its rules.
pub(in crate::eval) fn constrain<'r>(
    session: &Session,
    constraints: &[Constraint],
    rules: impl Iterator<Item = &'r mut Rule>,
) {
    if constraints.is_empty() {
        return;
    }
    // A later directive beats an earlier one.
    let find = |name: &str| constraints.iter().rev().find(|c| *c.name == *name).map(|c| c.regex.to_string());
    for rule in rules {
        let outputs = rule.outputs.items.iter_mut().map(|o| (o, &rule.places.output));
        let logs = rule.logs.items.iter_mut().map(|o| (o, &rule.places.log));
        for (output, places) in outputs.chain(logs) {
            if let Err(error) = output.pattern.constrain(&find) {
                let span = places.locate(output.pattern.text(), error.range);
                session.fail(Diag::at(span, error.message).maybe_hint(error.hint));
            }
        }
    }
}

fn template(session: &Session, module: &Module, rules: &mut [Rule], text: PendingText, mentioned: &mut Mentioned) {
    let rule = &mut rules[text.rule.index()];
    let bash = session.executable.borrow().as_deref().is_none_or(|e| e.rsplit('/').next() == Some("bash"));
    let language = if text.message || !bash { Language::Plain } else { Language::Shell };
    let known = Known { session, module, rule };
    let parsed = Template::parse(&text.value, language, &known);
    let template = match parsed {
        Ok(template) => template,
        Err(errors) => {
            for error in errors {
                let span = text.at.locate(&text.value, error.range);
                session.fail(Diag::at(span, error.message).maybe_hint(error.hint));
            }
            return;
        }
    };
    for diag in template.holes().filter_map(|h| unknown_part(h, rule, &text)) {
        session.fail(diag);
    }
    for name in template.variables() {
        let key = (rule.module, Box::from(name));
        let Some(value) = known.variable(name).filter(|_| !mentioned.contains_key(&key)) else { continue };
        match plain(value, module) {
            Ok(value) => drop(mentioned.insert(key, value)),
            Err(_) => {
                let kind = value.get_type();
                let message = format!("`{name}` is a value of type `{kind}`, which has no text");
                session.fail(Diag::at(text.at.locate(&text.value, 0..0), message));
            }
        }
    }
    let done = Text { template, value: text.value, at: text.at };
    if text.message {
        rule.message = Some(done);
    } else {
        rule.action = Action::Shell(done);
    }
}

/// A placeholder's name of a file, param or wildcard that the rule does not have.
fn unknown_part(hole: &Hole, rule: &Rule, text: &PendingText) -> Option<Diag> {
    let Some(Access::Attr(name)) = hole.access.first() else { return None };
    let names = |names: &[Name]| names.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    let unpacks = |i: &Input| matches!(i.what, InputWhat::Function { unpack: true, .. });
    let (what, known): (_, Vec<Box<str>>) = match &hole.root {
        Root::Input if !rule.inputs.items.iter().any(unpacks) => ("input", names(&rule.inputs.names)),
        Root::Output => ("output", names(&rule.outputs.names)),
        Root::Log => ("log", names(&rule.logs.names)),
        Root::Params => ("params", rule.params.iter().filter_map(|p| p.name.clone()).collect()),
        Root::Wildcards => ("wildcards", rule.wildcards.clone()),
        _ => return None,
    };
    if known.contains(name) || (what == "input" && name.starts_with("size")) {
        return None;
    }
    let span = text.at.locate(&text.value, hole.range.start as usize..hole.range.end as usize);
    let diag = Diag::at(span, format!("`{what}` of rule `{}` has no `{name}`", rule.name));
    Some(diag.maybe_hint(did_you_mean(name, known.iter().map(|k| &**k))))
}

/// The rules that a directive names.
pub(in crate::eval) fn named_rules(session: &Session, directive: &Directive) -> Vec<RuleId> {
    let by_name = session.by_name.borrow();
    let mut found = Vec::new();
    for (name, span) in &directive.names {
        match by_name.get(name) {
            Some(id) => found.push(*id),
            None => {
                let meant = did_you_mean(name, by_name.keys().map(|k| &**k));
                session.fail(Diag::at(*span, format!("there is no rule `{name}`")).maybe_hint(meant));
            }
        }
    }
    found
}
