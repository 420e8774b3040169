//! `module`: another Rulefile, read into a space of its own.
//!
//! Owns the statement, the space (names, config, pathvars, where paths lie) and
//! what is kept of it once it is read. Which of its rules are taken is
//! `reuse`'s.

use super::assemble;
use super::builtin;
use super::convert::{from_val, to_val};
use super::fault::{Fault, fault, hinted};
use super::given::{Given, Slot};
use super::load::{beside, collect, freeze, run_file, undefined};
use super::mark::Mark;
use super::pure_path::path_text;
use super::rewrite::{Named, Pathvars, Rewrite, Rewrites};
use super::session::{Constraint, Session, ShownRules};
use crate::diag::{Diag, Diags};
use crate::rule::{Flags, RuleId, Variable};
use crate::span::Span;
use crate::syntax::{Directive, Piece, RuleDecl};
use crate::value::Val;
use allocative::Allocative;
use rustc_hash::FxHashMap;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{FrozenModule, Module};
use starlark::eval::Evaluator;
use starlark::starlark_simple_value;
use starlark::values::dict::DictRef;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, ValueLike, starlark_value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is kept of a module that was read.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) name: Box<str>,
    /// Its variables and functions.
    pub(super) frozen: FrozenModule,
    /// Its rules, in order.
    pub(super) rules: Vec<(Box<str>, RuleId)>,
    pub(super) ruleorder: Vec<Vec<RuleId>>,
    pub(super) default_target: Option<RuleId>,
    pub(super) constraints: Vec<Constraint>,
    /// Where its paths lie.
    pub(super) rewrites: Rewrites,
    pub(super) config: Val,
    /// What its `rules` and `checkpoints` show.
    pub(super) shown: ShownRules,
    /// Its variables that Python bodies mention.
    pub(super) variables: Vec<Variable>,
    /// What Python bodies of other files may use of it.
    pub(super) pieces: Vec<Piece>,
    /// Its handlers, which run where another's call them.
    pub(super) hooks: Vec<(Box<str>, Span)>,
}

/// The name of a module in the file that declares it: its variables are its
/// attributes.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, derive_more::Display)]
#[display("<module {}>", _0.name)]
#[allocative(skip)]
struct Handle(Arc<Frame>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

starlark_simple_value!(Handle);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Handle {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let owned = self.0.frozen.get_option(name).ok()??;
        Some(heap.access_owned_frozen_value(&owned))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.0.frozen.names().map(|n| n.as_str().to_owned()).filter(|n| !n.contains('#')).collect()
    }
}

/// The module that a value stands for.
pub(super) fn frame_of(value: Value<'_>) -> Option<Arc<Frame>> {
    value.downcast_ref::<Handle>().map(|handle| handle.0.clone())
}

const LOCAL: &str = "a module's file is a local one: nothing is fetched from the network";
const CLONE: &str = "clone the repository and name the path of its Snakefile";

/// The error of naming a file that is not here, at the place of the call.
pub(super) fn from_afar() -> starlark::Error {
    hinted(LOCAL, CLONE)
}

/// The values of a `module` statement.
#[derive(Default)]
struct Spec {
    name: Box<str>,
    path: String,
    config: Option<Val>,
    rewrite: Rewrite,
    pathvars: Named,
    /// `config["pathvars"]` of the file that declares it.
    around: Named,
    skip_validation: bool,
}

/// Runs a `module` statement; gives the value of its name.
///
/// # Errors
/// What is wrong in the statement or in the module's file.
pub(super) fn declare<'v>(
    session: &Session,
    index: usize,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let decl = session.decls.borrow()[index].clone();
    let around = eval.module().get("config").map(assemble::of_config).unwrap_or_default();
    let spec = Spec { around, ..Reader { session, decl: &decl, sections, heap: eval.heap() }.spec()? };
    let place = decl.section("snakefile").map_or(decl.head, |s| s.span);
    let name = spec.name.clone();
    let index = read(session, spec, place).map_err(Fault)?;
    session.modules.borrow_mut().insert(name, index);
    let frame = session.frame(index).expect("bug: the module was read just now");
    Ok(eval.heap().alloc(Handle(frame)))
}

/// Reads the sections of a `module` statement.
struct Reader<'a, 'v> {
    session: &'a Session,
    decl: &'a RuleDecl,
    sections: SmallMap<String, Value<'v>>,
    heap: Heap<'v>,
}

impl<'v> Reader<'_, 'v> {
    fn given(&self, key: &str) -> Option<Given<'v, '_>> {
        Some(Given::unpack(self.decl.section(key)?, *self.sections.get(key)?))
    }

    fn single(&self, key: &str) -> starlark::Result<Option<(Value<'v>, Slot<'_>)>> {
        let Some(given) = self.given(key) else { return Ok(None) };
        Ok(Some(given.single().map_err(|d| Fault(vec![d]))?))
    }

    fn wrong(&self, key: &str, wants: &str, value: Value<'v>, slot: Slot) -> starlark::Error {
        let message = format!("`{key}` wants {wants}, this is a value of type `{}`", value.get_type());
        Fault(vec![Diag::at(slot.span(), message)]).into()
    }

    fn text(&self, key: &str) -> starlark::Result<Option<(&'v str, Slot<'_>)>> {
        let Some((value, slot)) = self.single(key)? else { return Ok(None) };
        let text = path_text(value).ok_or_else(|| self.wrong(key, "a string", value, slot))?;
        Ok(Some((text, slot)))
    }

    fn spec(&self) -> starlark::Result<Spec> {
        let name = self.name()?;
        let Some((file, slot)) = self.text("snakefile")? else {
            let diag = Diag::at(self.decl.head, format!("module `{name}` has no `snakefile`"));
            return Err(Fault(vec![diag.hint("write `snakefile: \"path/to/Snakefile\"` below it")]).into());
        };
        let remote = ["http://", "https://", "gh:", "gl:"].iter().any(|p| file.starts_with(p));
        if remote {
            return Err(Fault(vec![Diag::at(slot.span(), LOCAL).hint(CLONE)]).into());
        }
        Ok(Spec {
            name,
            path: beside(self.session, slot.span().file, file),
            config: self.config()?,
            rewrite: Rewrite { prefix: self.prefix()?, replace: self.replace()? },
            pathvars: self.pathvars(),
            around: Named::new(),
            skip_validation: self.skip_validation()?,
        })
    }

    fn name(&self) -> starlark::Result<Box<str>> {
        match (&self.decl.name, self.text("name")?) {
            (Some(name), None) => Ok(name.clone()),
            (None, Some((name, _))) => Ok(name.into()),
            (Some(_), Some((_, slot))) => {
                let diag = Diag::at(slot.span(), "this module has a name already").label(self.decl.head, "given here");
                Err(Fault(vec![diag]).into())
            }
            (None, None) => {
                let diag = Diag::at(self.decl.head, "this module has no name");
                Err(Fault(vec![diag.hint("write `module NAME:`, or `name: \"NAME\"` below it")]).into())
            }
        }
    }

    fn config(&self) -> starlark::Result<Option<Val>> {
        let Some((value, slot)) = self.single("config")? else { return Ok(None) };
        if DictRef::from_value(value).is_none() {
            return Err(self.wrong("config", "a dict", value, slot));
        }
        to_val(value, self.heap, &mut |_| Err(fault("a module's config holds a function"))).map(Some)
    }

    fn prefix(&self) -> starlark::Result<Option<Box<str>>> {
        let prefix = self.text("prefix")?.map(|(text, _)| text).filter(|t| !t.is_empty());
        Ok(prefix.map(|p| if p.ends_with('/') { p.into() } else { format!("{p}/").into() }))
    }

    fn replace(&self) -> starlark::Result<Named> {
        let Some((value, slot)) = self.single("replace_prefix")? else { return Ok(Named::new()) };
        let text = |v: Value<'v>| v.unpack_str().map(Box::from);
        let pairs =
            DictRef::from_value(value).and_then(|d| d.iter().map(|(k, v)| Some((text(k)?, text(v)?))).collect());
        pairs.ok_or_else(|| self.wrong("replace_prefix", "a dict of strings", value, slot))
    }

    fn pathvars(&self) -> Named {
        let Some(given) = self.given("pathvars") else { return Named::new() };
        let (named, mut diags) = assemble::strings(&given, "pathvar");
        self.session.diags.borrow_mut().append(&mut diags);
        named
    }

    fn skip_validation(&self) -> starlark::Result<bool> {
        let Some((value, slot)) = self.single("skip_validation")? else { return Ok(false) };
        value.unpack_bool().ok_or_else(|| self.wrong("skip_validation", "`True` or `False`", value, slot))
    }
}

/// The state of the file that declares a module, while that is read.
struct Outer {
    files: usize,
    current: Option<u32>,
    by_name: FxHashMap<Box<str>, RuleId>,
    shown: ShownRules,
    constraints: Vec<Constraint>,
    names: Vec<Arc<Directive>>,
    marked_default: Option<(RuleId, Span)>,
    expected: Vec<(Box<str>, Span)>,
    modules: FxHashMap<Box<str>, u32>,
    rewrites: Rewrites,
    pathvars: Pathvars,
    flags: (Flags, Flags),
    skip_config: bool,
    skip_validation: bool,
    marks: FxHashMap<usize, Mark>,
    /// What Python bodies may use, and what is to have one.
    pieces: Vec<Piece>,
    bodies: Vec<(RuleId, Span)>,
    hooks: Vec<(Box<str>, Span)>,
}

impl Outer {
    /// Sets the state of a module about to be read.
    fn leave(session: &Session, current: Option<u32>, spec: &Spec) -> Outer {
        let rewrites = match spec.rewrite == Rewrite::default() {
            true => session.rewrites.borrow().clone(),
            false => session.rewrites.borrow().within(spec.rewrite.clone()),
        };
        let inherited = session.pathvars.borrow().clone();
        let mut given: Vec<Named> = spec.config.as_ref().map(pathvars_of).into_iter().collect();
        given.push(spec.pathvars.clone());
        given.extend(inherited.given);
        let around = [inherited.around, spec.around.clone()].concat();
        Outer {
            files: session.outer_files.replace(session.open.borrow().len()),
            current: session.current.replace(current),
            by_name: session.by_name.take(),
            shown: session.shown.take(),
            constraints: session.constraints.take(),
            names: session.names.take(),
            marked_default: session.marked_default.take(),
            expected: session.expected.take(),
            modules: session.modules.take(),
            rewrites: session.rewrites.replace(rewrites),
            pathvars: session.pathvars.replace(Pathvars { given, around, own: inherited.own }),
            flags: (session.input_flags.take(), session.output_flags.take()),
            skip_config: session.skip_config.replace(session.skip_config.get() || spec.config.is_some()),
            skip_validation: session.skip_validation.replace(session.skip_validation.get() || spec.skip_validation),
            marks: session.marks.take(),
            pieces: session.pieces.take(),
            bodies: session.bodies.take(),
            hooks: session.hooks.take(),
        }
    }

    /// Puts it back.
    fn come_back(self, session: &Session) {
        session.outer_files.set(self.files);
        session.current.set(self.current);
        session.by_name.replace(self.by_name);
        session.shown.replace(self.shown);
        session.constraints.replace(self.constraints);
        session.names.replace(self.names);
        session.marked_default.replace(self.marked_default);
        session.expected.replace(self.expected);
        session.modules.replace(self.modules);
        session.rewrites.replace(self.rewrites);
        session.pathvars.replace(self.pathvars);
        session.input_flags.set(self.flags.0);
        session.output_flags.set(self.flags.1);
        session.skip_config.set(self.skip_config);
        session.skip_validation.set(self.skip_validation);
        session.marks.restore(self.marks);
        session.pieces.replace(self.pieces);
        session.bodies.replace(self.bodies);
        session.hooks.replace(self.hooks);
    }
}

/// Reads something with a space of its own for what a file sets.
pub(super) fn apart<T>(session: &Session, read: impl FnOnce() -> T) -> T {
    let outer = Outer::leave(session, session.current.get(), &Spec::default());
    let result = read();
    outer.come_back(session);
    result
}

/// `pathvars` of a config.
fn pathvars_of(config: &Val) -> Named {
    let Some(Val::Dict(entries)) = config.get("pathvars") else { return Named::new() };
    entries.iter().filter_map(|(k, v)| Some((k.as_str()?.into(), v.display().into()))).collect()
}

fn read(session: &Session, spec: Spec, place: Span) -> Result<u32, Diags> {
    let index = session.frames.borrow().len() as u32;
    session.frames.borrow_mut().push(None);
    let outer = Outer::leave(session, Some(index), &spec);
    let frame = Module::with_temp_heap(|module| inside(session, module, &spec, place));
    outer.come_back(session);
    session.frames.borrow_mut()[index as usize] = Some(Arc::new(frame?));
    Ok(index)
}

/// Reads the module's file and takes stock of it.
fn inside(session: &Session, module: Module<'_>, spec: &Spec, place: Span) -> Result<Frame, Diags> {
    let (rules, functions) = (session.rules.borrow().len(), session.functions.borrow().len());
    let config = spec.config.clone().unwrap_or_else(|| session.overrides.borrow().clone());
    module.set("config", from_val(&config, module.heap()));
    builtin::prepare(session, &module);
    run_file(session, &module, &spec.path, Some(place))?;
    undefined(session, &module);
    let constraints = session.constraints.take();
    assemble::constrain(session, &constraints, session.rules.borrow_mut()[rules..].iter_mut());
    let ruleorder = names(session);
    let plain = |v| to_val(v, module.heap(), &mut |_| Err(fault("it holds a function"))).ok();
    let config = module.get("config").and_then(plain).unwrap_or_default();
    let mut variables = BTreeMap::new();
    let (pieces, hooks) = (session.pieces.borrow().clone(), session.hooks.take());
    assemble::Bodies::new(session, &module, &config, &mut variables).fill(&mut session.rules.borrow_mut());
    let frozen = freeze(module, &format!("{} in {}", spec.name, spec.path))?;
    collect(session, &frozen, functions)?;
    let mut rules: Vec<_> = session.by_name.take().into_iter().collect();
    rules.sort_unstable_by_key(|(_, id)| *id);
    let default_target = session.marked_default.take().map(|(id, _)| id);
    let variables = variables.into_values().collect();
    let (name, rewrites) = (spec.name.clone(), session.rewrites.borrow().clone());
    let shown = session.shown.borrow().clone();
    Ok(Frame {
        name,
        frozen,
        rules,
        ruleorder,
        default_target,
        constraints,
        rewrites,
        config,
        shown,
        variables,
        pieces,
        hooks,
    })
}

/// Carries out the module's `localrules`, and gives its `ruleorder`s.
fn names(session: &Session) -> Vec<Vec<RuleId>> {
    let mut orders = Vec::new();
    for directive in session.names.take() {
        let found = assemble::named_rules(session, &directive);
        match &*directive.section.key {
            "localrules" => found.iter().for_each(|id| session.rules.borrow_mut()[id.index()].local = true),
            _ => orders.push(found),
        }
    }
    orders
}
