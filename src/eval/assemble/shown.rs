//! `rules.NAME` and `workflow` as plain values, for texts and Python bodies that name
//! them.
//!
//! Owns their form: of a section that is a list, some stretches of which have names,
//! the dict of these, with all of it under [`ALL`].

use crate::eval::convert::to_val;
use crate::eval::fault::fault;
use crate::eval::session::{Session, Shown, ShownRules};
use crate::rule::{ALL, Name};
use crate::value::Val;
use starlark::environment::Module;
use starlark::values::structs::StructRef;
use std::sync::{Arc, PoisonError};

/// What a rule shows: `output`, `input`, `log` and `params`.
fn sections(shown: &Shown) -> Val {
    let files = |(items, names): &(Arc<[Box<str>]>, Arc<[Name]>)| {
        let texts: Vec<Val> = items.iter().map(|item| Val::str(&**item)).collect();
        let stretch = |name: &Name| {
            let part = &texts[name.range.start as usize..name.range.end as usize];
            let value = if name.list || part.len() != 1 { Val::List(part.to_vec()) } else { part[0].clone() };
            (Val::str(&*name.name), value)
        };
        let named: Vec<_> = names.iter().map(stretch).collect();
        Val::Dict([(Val::str(ALL), Val::List(texts))].into_iter().chain(named).collect())
    };
    let plain = |value: &&Val| !matches!(value, Val::Func(_));
    let all = shown.params.iter().map(|(_, value)| value).filter(plain).cloned().collect();
    let named = shown.params.iter().filter(|(_, value)| plain(&value));
    let named = named.filter_map(|(name, value)| Some((Val::str(name.clone()?), value.clone())));
    let params = [(Val::str(ALL), Val::List(all))].into_iter().chain(named).collect();
    Val::Dict(vec![
        (Val::str("output"), files(&shown.outputs)),
        (Val::str("input"), files(&shown.inputs)),
        (Val::str("log"), files(&shown.logs)),
        (Val::str("params"), Val::Dict(params)),
    ])
}

/// What `rules` shows of these rules, as far as they are there.
pub(super) fn rules<'n>(all: &ShownRules, names: impl Iterator<Item = &'n str>) -> Vec<(Val, Val)> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    names.filter_map(|name| Some((Val::str(name), sections(all.get(name)?)))).collect()
}

/// What `rules` shows to the rules of a module, or of the Rulefile itself.
pub(super) fn seen_from(session: &Session, module: Option<u32>) -> Option<ShownRules> {
    match module {
        Some(index) => session.frame(index).map(|frame| frame.shown.clone()),
        None => Some(session.shown.borrow().clone()),
    }
}

/// `workflow` without its functions and rules.
pub(super) fn workflow(module: &Module) -> Option<Val> {
    let found = module.get("workflow").filter(|value| value.get_type() == "struct")?;
    let plain = |value| to_val(value, module.heap(), &mut |_| Err(fault("a function"))).ok();
    let entries = StructRef::from_value(found)?;
    Some(Val::Dict(entries.iter().filter_map(|(name, value)| Some((Val::str(name.as_str()), plain(value)?))).collect()))
}
