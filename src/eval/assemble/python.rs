//! Python bodies with all of the Rulefile that they use.
//!
//! Owns the way from the names in a text to the variables, imports, `def`s and
//! classes behind them, theirs included, and the text that is recorded. So an
//! edit of a `def` makes stale only what uses it. It runs no Python.

use super::finish::{held, plain, variable};
use super::{shown, space};
use crate::eval::convert::is_function;
use crate::eval::implicit;
use crate::eval::module::frame_of;
use crate::eval::session::{Session, ShownRules};
use crate::rule::{Action, Body, Hooks, Python, Rule, Space, Variable};
use crate::span::Span;
use crate::syntax::{Piece, named};
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::environment::Module;
use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// Names that are a job's own, whatever the Rulefile calls so.
const JOBS_OWN: [&str; 13] = [
    "input",
    "output",
    "params",
    "wildcards",
    "threads",
    "resources",
    "log",
    "rule",
    "jobid",
    "attempt",
    "bench_iteration",
    "shell",
    "config",
];

/// The name of what says how and from where the Rulefile is read.
const WORKFLOW: &str = "workflow";

/// Puts bodies together.
pub(in crate::eval) struct Bodies<'a, 'm, 'v> {
    session: &'a Session,
    module: &'m Module<'v>,
    config: &'a Val,
    shown: ShownRules,
    pieces: Vec<(Piece, Option<Arc<Python>>)>,
    variables: &'a mut BTreeMap<Box<str>, Variable>,
}

/// What a text uses, itself or by what it uses.
#[derive(Default)]
pub(super) struct Uses {
    /// Numbers of pieces.
    pub(super) pieces: BTreeSet<usize>,
    pub(super) variables: BTreeSet<Box<str>>,
    /// Names that nothing in the Rulefile gives, and Snakemake has imported.
    implicit: BTreeSet<Box<str>>,
    /// Variables that hold functions of the file.
    holders: BTreeSet<Box<str>>,
    rules: BTreeSet<Box<str>>,
    config_keys: BTreeSet<Box<str>>,
    all_config: bool,
    /// Modules, and what of each is named.
    pub(super) modules: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

/// The same, as it is handed over.
pub(super) struct Used {
    pub(super) pieces: Vec<Arc<Python>>,
    pub(super) spaces: Vec<Space>,
    pub(super) rules: Val,
    /// What is recorded of each module.
    recorded: Vec<String>,
}

impl Used {
    /// Puts imports first that the file lacks. The text says what they are, so they are no
    /// part of what is recorded.
    pub(super) fn import(&mut self, uses: &Uses) {
        let names = uses.implicit.iter().map(|name| &**name);
        self.pieces.splice(0..0, implicit::imports(names).map(Arc::new));
    }
}

impl<'a, 'm, 'v> Bodies<'a, 'm, 'v> {
    pub(in crate::eval) fn new(
        session: &'a Session,
        module: &'m Module<'v>,
        config: &'a Val,
        variables: &'a mut BTreeMap<Box<str>, Variable>,
    ) -> Self {
        let (pieces, shown) = (session.pieces.take(), session.shown.borrow().clone());
        Bodies::over(session, module, config, variables, (pieces, shown))
    }

    /// Of a file that was read with these pieces, and whose `rules` shows this.
    pub(super) fn over(
        session: &'a Session,
        module: &'m Module<'v>,
        config: &'a Val,
        variables: &'a mut BTreeMap<Box<str>, Variable>,
        (pieces, shown): (Vec<Piece>, ShownRules),
    ) -> Self {
        let pieces = pieces.into_iter().map(|p| (p, None)).collect();
        Bodies { session, module, config, shown, pieces, variables }
    }

    /// Gives every rule its body, and all handlers theirs.
    pub(in crate::eval) fn fill(mut self, rules: &mut [Rule]) -> Hooks {
        // Rules of a loop share their body.
        let mut bodies: FxHashMap<Span, Arc<Body>> = FxHashMap::default();
        for (rule, span) in self.session.bodies.take() {
            let body = bodies.entry(span).or_insert_with(|| Arc::new(self.body(span)));
            rules[rule.index()].action = Action::Run(body.clone());
        }
        let mut hooks = Hooks::default();
        for (key, span) in self.session.hooks.take() {
            let body = Some(self.body(span));
            match &*key {
                "onstart" => hooks.start = body,
                "onsuccess" => hooks.success = body,
                _ => hooks.error = body,
            }
        }
        hooks
    }

    fn body(&mut self, span: Span) -> Body {
        let python = self.python(span);
        let uses = self.uses(&python.text);
        let mut used = self.used(&uses);
        let recorded = self.recorded(&python, &used, &uses);
        used.import(&uses);
        let inline = python.line == 1;
        let variables = uses.variables.into_iter().collect();
        let Used { pieces, spaces, rules, .. } = used;
        Body { python, inline, pieces, variables, rules, spaces, recorded: recorded.into() }
    }

    /// What stands behind the names that a text uses.
    pub(super) fn used(&mut self, uses: &Uses) -> Used {
        let mut pieces: Vec<Arc<Python>> = uses.pieces.iter().map(|i| self.piece(*i)).collect();
        pieces
            .extend(uses.holders.iter().filter_map(|name| self.held(name)).map(|(text, _)| Arc::new(generated(&text))));
        let spaces = uses.modules.iter().filter_map(|(name, members)| self.space(name, members));
        let (spaces, recorded) = spaces.unzip();
        Used { pieces, spaces, rules: self.rules(&uses.rules), recorded }
    }

    /// A module that a name of the file stands for.
    fn space(&self, name: &str, members: &BTreeSet<Box<str>>) -> Option<(Space, String)> {
        let frame = frame_of(self.module.get(name)?)?;
        Some(space::of(self.session, &frame, name, members))
    }

    pub(super) fn python(&self, span: Span) -> Python {
        let sources = self.session.sources.borrow();
        let shown = sources.get(span.file).path.as_str();
        let (line, column) = sources.line_col(span);
        // Columns stay what they are in the file; a first line has none above it.
        let before = " ".repeat(if line == 1 { 0 } else { column - 1 });
        Python {
            shown: shown.into(),
            path: absolute(shown).into(),
            line: line as u32,
            text: format!("{before}{}", sources.slice(span)).into(),
        }
    }

    fn piece(&mut self, number: usize) -> Arc<Python> {
        if self.pieces[number].1.is_none() {
            self.pieces[number].1 = Some(Arc::new(self.python(self.pieces[number].0.span)));
        }
        self.pieces[number].1.clone().expect("bug: a piece without its text")
    }

    pub(super) fn uses(&mut self, text: &str) -> Uses {
        let mut uses = Uses::default();
        // `from module import *` may bring any name.
        let stars = self.pieces.iter().enumerate().filter(|(_, (p, _))| p.names.is_empty());
        uses.pieces.extend(stars.map(|(i, _)| i));
        let mut texts = vec![text.to_owned()];
        while let Some(text) = texts.pop() {
            let names = named(&text);
            uses.all_config |= names.words.contains("config");
            uses.config_keys.extend(names.config_keys);
            uses.rules.extend(names.rules);
            for field in names.config_fields {
                match self.config.get(&field) {
                    Some(_) => uses.config_keys.insert(field),
                    None => std::mem::replace(&mut uses.all_config, true),
                };
            }
            for word in names.words.iter().filter(|w| !JOBS_OWN.contains(&&***w)) {
                if self.module.get(word).is_some_and(|value| frame_of(value).is_some()) {
                    uses.modules.entry(word.clone()).or_default().extend(space::members(&text, word));
                    continue;
                }
                if self.carry(word) {
                    if uses.variables.insert(word.clone()) {
                        texts.extend(self.classes(word));
                    }
                    continue;
                }
                let binding = self.pieces.iter().enumerate().filter(|(_, (p, _))| p.names.contains(word));
                let mut binding: Vec<usize> = binding.map(|(i, _)| i).collect();
                if let Some((_, functions)) = self.held(word).filter(|_| uses.holders.insert(word.clone())) {
                    let theirs = |piece: &Piece| functions.iter().any(|name| piece.names.contains(name));
                    binding.extend(self.pieces.iter().enumerate().filter(|(_, (p, _))| theirs(p)).map(|(i, _)| i));
                }
                if binding.is_empty() && implicit::meant(word).is_some() {
                    uses.implicit.insert(word.clone());
                }
                for number in binding {
                    if uses.pieces.insert(number) {
                        texts.push(self.piece(number).text.to_string());
                    }
                }
            }
        }
        uses
    }

    /// Whether a name is a variable whose value can be handed over.
    fn carry(&mut self, name: &str) -> bool {
        if self.variables.contains_key(name) {
            return true;
        }
        let Some(found) = variable(self.module, name).filter(|v| !is_function(*v)) else { return false };
        let Ok((value, shape)) = held(name, found, self.module) else { return false };
        // An object that is not all there is made anew from the text.
        if found.get_type() == "object" && !matches!(value, Val::Object(_)) {
            return false;
        }
        self.variables.insert(name.into(), Variable { name: name.into(), value, shape });
        true
    }

    /// The names of the classes that a variable holds objects of.
    fn classes(&self, name: &str) -> Vec<String> {
        let mut classes = BTreeSet::new();
        self.variables[name].value.each_object(&mut |object| classes.extend(object.own_class()));
        classes.into_iter().map(str::to_owned).collect()
    }

    /// What fills a dict or list with the functions of the file that it holds by now, and
    /// the names of those; none of what holds others, too.
    fn held(&self, name: &str) -> Option<(String, Vec<Box<str>>)> {
        let value = self.module.get(name)?;
        let named = |value: Value<'v>| {
            let same = |name: &&str| self.module.get(name).is_some_and(|known| known.ptr_eq(value));
            let names = self.module.names().map(|name| name.as_str().to_owned());
            let names: Vec<String> = names.filter(|name| !name.contains('#')).collect();
            is_function(value).then(|| names.iter().map(String::as_str).find(same).map(Box::<str>::from)).flatten()
        };
        if let Some(dict) = DictRef::from_value(value).filter(|dict| dict.iter().next().is_some()) {
            let entry =
                |(key, value): (Value<'v>, Value<'v>)| Some((plain(key, self.module).ok()?.repr(), named(value)?));
            let entries: Vec<(String, Box<str>)> = dict.iter().map(entry).collect::<Option<_>>()?;
            let text: String = entries.iter().map(|(key, name)| format!("{key}: {name}, ")).collect();
            return Some((format!("{name}.update({{{text}}})"), entries.into_iter().map(|(_, name)| name).collect()));
        }
        let items = ListRef::from_value(value).filter(|items| !items.is_empty())?;
        let names: Vec<Box<str>> = items.iter().map(named).collect::<Option<_>>()?;
        Some((format!("{name}[:] = [{}]", names.join(", ")), names))
    }

    /// What `rules` shows of those that a body names.
    fn rules(&self, names: &BTreeSet<Box<str>>) -> Val {
        Val::Dict(shown::rules(&self.shown, names.iter().map(|name| &**name)))
    }

    pub(super) fn recorded(&self, body: &Python, used: &Used, uses: &Uses) -> String {
        let mut text = used.recorded.concat();
        for piece in &used.pieces {
            let _ = writeln!(text, "{}", piece.outdented());
        }
        // From where and on how many cores it runs never makes a job stale.
        for name in uses.variables.iter().filter(|name| ***name != *WORKFLOW) {
            let _ = writeln!(text, "{name} = {}", self.variables[name].value.repr());
        }
        if let Val::Dict(rules) = &used.rules {
            for (name, shown) in rules {
                let _ = writeln!(text, "rules.{} = {}", name.display(), shown.repr());
            }
        }
        if uses.all_config {
            let _ = writeln!(text, "config = {}", self.config.repr());
        } else {
            for key in &uses.config_keys {
                let value = self.config.get(key).map_or("missing".into(), Val::repr);
                let _ = writeln!(text, "config[{key:?}] = {value}");
            }
        }
        text.push_str(&body.outdented());
        text
    }
}

/// A line that no file holds.
fn generated(text: &str) -> Python {
    Python { shown: "<values>".into(), path: "<values>".into(), line: 1, text: text.into() }
}

/// A path of a Rulefile, from the root.
pub(super) fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |p| p.to_string_lossy().into_owned())
}
