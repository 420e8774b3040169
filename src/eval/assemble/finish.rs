//! What can be said of the rules only when all of the Rulefile was read.
//!
//! Owns templates, global constraints, rule order, local rules and the default
//! target.

use super::python::{Bodies, absolute};
use super::shown;
use crate::diag::{Diag, Kind, Severity};
use crate::eval::builtin::{attributes, has_fields};
use crate::eval::convert::{is_function, to_all_objects};
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use crate::eval::module::{Frame, frame_of};
use crate::eval::python::NeedsPython;
use crate::eval::session::{Constraint, PendingText, Session, Use};
use crate::rule::{Action, Input, InputWhat, Name, Rule, RuleId, Rulefile, Scope, Script, Shape, Text, Variable};
use crate::suggest::did_you_mean;
use crate::syntax::Directive;
use crate::template::{Access, Hole, Language, Names, Root, Template, access};
use crate::value::{Object, Val};
use starlark::environment::Module;
use starlark::values::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The name of what shows the rules.
const RULES: &str = "rules";

/// The names a template may use.
struct Known<'m, 'v, 'r> {
    session: &'m Session,
    module: &'m Module<'v>,
    rule: &'r Rule,
}

/// Whether a top-level value is one that a text can name.
fn nameable(value: Value) -> bool {
    let odd = is_function(value) || Missing::from_value(value).is_some() || NeedsPython::from_value(value).is_some();
    !odd && !matches!(value.get_type(), "rules" | "checkpoints" | "namespace" | "module" | "scatter")
}

/// A top-level name that has a plain value.
pub(super) fn variable<'v>(module: &Module<'v>, name: &str) -> Option<Value<'v>> {
    module.get(name).filter(|v| nameable(*v))
}

impl<'v> Known<'_, 'v, '_> {
    /// A top-level name of the rule's file that has a plain value.
    fn variable(&self, name: &str) -> Option<Value<'v>> {
        let Some(index) = self.rule.module else { return variable(self.module, name) };
        let owned = self.session.frame(index)?.frozen.get_option(name).ok()??;
        Some(self.module.heap().access_owned_frozen_value(&owned)).filter(|v| nameable(*v))
    }
}

impl Known<'_, '_, '_> {
    /// The module that a top-level name of the rule's file stands for.
    fn module(&self, name: &str) -> Option<Arc<Frame>> {
        let Some(index) = self.rule.module else { return frame_of(self.module.get(name)?) };
        let owned = self.session.frame(index)?.frozen.get_option(name).ok()??;
        frame_of(self.module.heap().access_owned_frozen_value(&owned))
    }
}

impl Names for Known<'_, '_, '_> {
    fn is_variable(&self, name: &str) -> bool {
        name == RULES || self.variable(name).is_some() || self.module(name).is_some()
    }

    fn is_wildcard(&self, name: &str) -> bool {
        self.rule.wildcards.iter().any(|w| **w == *name)
    }
}

/// The variables that templates mention, of each file.
type Mentioned = BTreeMap<(Option<u32>, Box<str>), Variable>;

/// The whole Rulefile. Faults are left with the session.
pub(in crate::eval) fn finish(session: &Session, module: &Module) -> Rulefile {
    let mut rules = session.rules.take();
    constrain(session, &session.constraints.borrow(), rules.iter_mut().filter(|r| r.module.is_none()));
    let mut mentioned = Mentioned::new();
    let visible = |text: &PendingText| !session.bases.borrow()[text.rule.index()].hidden;
    for text in session.texts.take().into_iter().filter(visible) {
        template(session, module, &mut rules, text, &mut mentioned);
    }
    let config: Val = module.get("config").and_then(|v| plain(v, module).ok()).unwrap_or_default();
    let mut variables = BTreeMap::new();
    let hooks = Bodies::new(session, module, &config, &mut variables).fill(&mut rules);
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
        shell_suffix: session.suffix.take(),
        shell_executable: session.executable.take(),
        environment: Vec::new(),
        search: Vec::new(),
        scope: Scope { config, variables: variables.into_values().collect() },
        modules: session.frames.borrow().iter().map(|f| scope_of(f.as_deref())).collect(),
        hooks,
        report: session.report.take(),
        left_out: session.left_out.take(),
    };
    for ((index, name), variable) in mentioned {
        let scope = index.map_or(&mut book.scope, |i| &mut book.modules[i as usize]);
        if scope.variables.iter().all(|v| v.name != name) {
            scope.variables.push(variable);
        }
    }
    super::visible::keep_visible(session, &mut book);
    book
}

fn scope_of(frame: Option<&Frame>) -> Scope {
    Scope {
        config: frame.map(|f| f.config.clone()).unwrap_or_default(),
        variables: frame.map(|f| f.variables.clone()).unwrap_or_default(),
    }
}

pub(super) fn plain<'v>(value: Value<'v>, module: &Module<'v>) -> starlark::Result<Val> {
    to_all_objects(value, module.heap(), &mut |_| Err(fault("it holds a function")))
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
        let benchmark = rule.benchmark.iter_mut().map(|b| (b, &rule.places.benchmark));
        for (output, places) in outputs.chain(logs).chain(benchmark) {
            if let Err(error) = output.pattern.constrain(&find) {
                let span = places.locate(output.pattern.text(), error.range);
                session.fail(Diag::at(span, error.message).maybe_hint(error.hint));
            }
        }
    }
}

fn template(session: &Session, module: &Module, rules: &mut [Rule], text: PendingText, mentioned: &mut Mentioned) {
    let rule = &mut rules[text.rule.index()];
    let of_all = session.executable.borrow();
    let bash = rule.shell().or(of_all.as_deref()).is_none_or(|e| e.rsplit('/').next() == Some("bash"));
    let language = if text.what != Use::Shell || !bash { Language::Plain } else { Language::Shell };
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
    for diag in template.holes().filter_map(|h| moved_on(h, module, &text)) {
        session.warn(diag);
    }
    let named = named_rules_of(&template, session, rule.module);
    for diag in template.holes().filter_map(|h| unknown_rule(h, &named, &text)) {
        session.fail(diag);
    }
    mention(mentioned, (rule.module, RULES), (named, Shape::Rules));
    for hole in template.holes() {
        let Root::Variable(name) = &hole.root else { continue };
        let Some(frame) = known.module(name) else { continue };
        match member(&frame, hole, module) {
            Ok(member) => mention(mentioned, (rule.module, name), (member, Shape::Fields)),
            Err(message) => {
                let span = text.at.locate(&text.value, hole.range.start as usize..hole.range.end as usize);
                session
                    .fail(Diag::at(span, message).hint(format!("write `{{{name}.NAME}}` for a value of the module")));
            }
        }
    }
    for name in template.variables().filter(|name| *name != RULES) {
        let key = (rule.module, Box::from(name));
        let Some(found) = known.variable(name).filter(|_| !mentioned.contains_key(&key)) else { continue };
        match held(name, found, module) {
            Ok((value, shape)) => drop(mentioned.insert(key, Variable { name: name.into(), value, shape })),
            Err(_) => {
                let kind = found.get_type();
                let message = format!("`{name}` is a value of type `{kind}`, which has no text");
                session.fail(Diag::at(text.at.locate(&text.value, 0..0), message));
            }
        }
    }
    let done = Text { template, value: text.value, at: text.at };
    match text.what {
        Use::Message => rule.message = Some(done),
        Use::Shell => rule.action = Action::Shell(done),
        Use::Script | Use::Wrapper => {
            let of_file = || session.sources.borrow().get(done.at.span.file).path.clone();
            let shown = if text.what == Use::Script { of_file() } else { String::new() };
            let parent = |path: &str| Box::from(path.rsplit_once('/').map_or("", |(directory, _)| directory));
            let script = Script { directory: parent(&absolute(&shown)), shown: parent(&shown), path: done };
            rule.action = Action::Script(Box::new(script));
        }
    }
}

/// Adds entries of a dict to what texts mention under a name.
fn mention(mentioned: &mut Mentioned, (module, name): (Option<u32>, &str), (entries, shape): (Val, Shape)) {
    let Val::Dict(entries) = entries else { return };
    if entries.is_empty() {
        return;
    }
    let none = || Variable { name: name.into(), value: Val::Dict(Vec::new()), shape };
    if let Val::Dict(all) = &mut mentioned.entry((module, name.into())).or_insert_with(none).value {
        let new = entries.into_iter().filter(|(name, _)| all.iter().all(|(known, _)| known != name));
        let new: Vec<_> = new.collect();
        all.extend(new);
    }
}

/// What a placeholder names of a module, by its name; or why it is no text.
fn member<'v>(frame: &Frame, hole: &Hole, module: &Module<'v>) -> Result<Val, String> {
    let Some(Access::Attr(name)) = hole.access.first() else {
        return Err(format!("`{hole}` is a module, which has no text"));
    };
    let found = frame.frozen.get_option(name).ok().flatten();
    let found = found.ok_or_else(|| format!("module `{}` has no `{name}`", frame.name))?;
    let found = module.heap().access_owned_frozen_value(&found);
    let value = Some(found).filter(|v| nameable(*v)).and_then(|v| held(name, v, module).ok());
    let (value, _) =
        value.ok_or_else(|| format!("`{hole}` is a value of type `{}`, which has no text", found.get_type()))?;
    Ok(Val::Dict(vec![(Val::str(&**name), value)]))
}

/// What texts and bodies may use of a variable: of an object, a text has the attributes.
pub(super) fn held<'v>(name: &str, found: Value<'v>, module: &Module<'v>) -> starlark::Result<(Val, Shape)> {
    if let Some(workflow) = shown::workflow(module).filter(|_| name == "workflow") {
        return Ok((workflow, Shape::Workflow));
    }
    if let Some(attributes) = attributes(found) {
        let known = |(name, value): (String, Value<'v>)| Some((Val::str(name), plain(value, module).ok()?));
        let attributes = Val::Dict(attributes.into_iter().filter_map(known).collect());
        return Ok(match plain(found, module) {
            Ok(Val::Object(object)) => (Val::Object(Box::new(Object { plain: attributes, ..*object })), Shape::Plain),
            _ => (attributes, Shape::Fields),
        });
    }
    let value = plain(found, module)?;
    let shape = if has_fields(found) && matches!(value, Val::Dict(_)) { Shape::Fields } else { Shape::Plain };
    Ok((value, shape))
}

/// What `rules` shows of the rules that a text names.
fn named_rules_of(template: &Template, session: &Session, module: Option<u32>) -> Val {
    let name = |hole: &Hole| match (&hole.root, hole.access.first()) {
        (Root::Variable(root), Some(Access::Attr(name))) if **root == *RULES => Some(name.to_string()),
        _ => None,
    };
    let names: BTreeSet<String> = template.holes().filter_map(name).collect();
    let seen = shown::seen_from(session, module).filter(|_| !names.is_empty());
    Val::Dict(seen.map(|all| shown::rules(&all, names.iter().map(String::as_str))).unwrap_or_default())
}

/// A placeholder of a rule that is not there, or of what it does not have.
fn unknown_rule(hole: &Hole, named: &Val, text: &PendingText) -> Option<Diag> {
    if !matches!(&hole.root, Root::Variable(root) if **root == *RULES) {
        return None;
    }
    let diag = |message| {
        let span = text.at.locate(&text.value, hole.range.start as usize..hole.range.end as usize);
        Some(Diag::at(span, message))
    };
    match &*hole.access {
        [Access::Attr(name), ..] if named.get(name).is_none() => diag(format!("there is no rule `{name}`")),
        [Access::Attr(_), Access::Attr(_), ..] => match access(named, &hole.access) {
            Ok(_) => None,
            Err(why) => diag(format!("`{hole}` is not there: {why}")),
        },
        _ => diag(format!("`{hole}` is no text")).map(|d| d.hint("write `{rules.NAME.output}`")),
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

/// A placeholder of a variable that had another value when its rule was read.
fn moved_on(hole: &Hole, module: &Module, text: &PendingText) -> Option<Diag> {
    let Root::Variable(name) = &hole.root else { return None };
    let now = variable(module, name)?.to_repr();
    text.then.iter().find(|(n, then)| n == name && *then != now)?;
    let span = text.at.locate(&text.value, hole.range.start as usize..hole.range.end as usize);
    let message = format!("`{name}` is filled in when jobs run: by then it is {now}, for every turn of a loop");
    Some(Diag::warning(Kind::Rulefile, message).label(span, "").hint(format!(
        "write `params: {name} = {name}` and `{{params.{name}}}` here, which keeps the value of each turn"
    )))
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
                let diag = Diag::at(*span, format!("there is no rule `{name}`")).maybe_hint(meant);
                // A rule that is local has nothing else than others: it may be left out by an `if`.
                match &*directive.section.key {
                    "localrules" => session.warn(Diag { severity: Severity::Warning, ..diag }),
                    _ => session.fail(diag),
                }
            }
        }
    }
    found
}
