//! `use rule`: which rules are taken, from where, and under which names.
//!
//! Owns the names. How a rule is made from another is `assemble`'s.

use super::assemble::{self, Heir};
use super::fault::Fault;
use super::module::Frame;
use super::rewrite::Rewrites;
use super::session::Session;
use crate::diag::{Diag, Severity};
use crate::rule::{LeftOut, RuleId};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::syntax::{Placed, UseDecl};
use rustc_hash::FxHashMap;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::Value;
use std::sync::Arc;

/// A rule to take: its number, its name there, and where it was asked for by name.
struct Wanted {
    id: RuleId,
    name: Box<str>,
    at: Option<Span>,
}

/// Makes the rules of one `use rule` statement.
///
/// # Errors
/// A module or rule that is not there; what cannot be made of a rule.
pub(super) fn take<'v>(
    session: &Session,
    index: usize,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let decl = session.uses.borrow()[index].clone();
    match &decl.module {
        None => take_own(session, &decl, sections, eval),
        Some(module) => take_from(session, &decl, module, sections, eval),
    }
}

/// `use rule a as b with:`, of a rule further up.
fn take_own<'v>(
    session: &Session,
    decl: &UseDecl,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    for (name, span) in decl.rules.iter().flatten() {
        let found = session.by_name.borrow().get(name).copied();
        let Some(base) = found else {
            let names = session.by_name.borrow();
            let meant = did_you_mean(name, names.keys().map(|n| &**n));
            let hint = meant.unwrap_or_else(|| "only a rule further up can be used".into());
            return Err(Fault(vec![Diag::at(*span, format!("there is no rule `{name}`")).hint(hint)]).into());
        };
        let heir = Heir {
            base,
            name: Some(renamed(decl, name)),
            with: &decl.with,
            head: decl.with.head,
            replaceable: false,
            rewrites: rewrites_of(session, base),
        };
        session.inherited.borrow_mut().push(base);
        assemble::derive(session, &heir, sections.clone(), eval)?;
    }
    Ok(())
}

/// What became of the paths of a rule when it was defined.
fn rewrites_of(session: &Session, rule: RuleId) -> Rewrites {
    let module = session.rules.borrow()[rule.index()].module.filter(|m| session.current.get() != Some(*m));
    let frame = module.and_then(|m| session.frame(m));
    frame.map_or_else(|| session.rewrites.borrow().clone(), |f| f.rewrites.clone())
}

fn renamed(decl: &UseDecl, name: &str) -> Box<str> {
    match &decl.alias {
        Some((alias, _)) => alias.replace('*', name).into(),
        None => name.into(),
    }
}

/// `use rule ... from M ...`.
fn take_from<'v>(
    session: &Session,
    decl: &UseDecl,
    (name, span): &Placed,
    sections: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let text = |name: &str| eval.module().get(name).and_then(|v| v.unpack_str()).map(Box::<str>::from);
    let (frame, dynamic) = find_module(session, name, *span, &text)?;
    let alias = decl.alias.as_ref().map(|(alias, _)| match text(alias.trim_matches('*')) {
        // With a module named by a variable, the alias is one too.
        Some(value) if dynamic => Box::from(alias.replace(alias.trim_matches('*'), &value)),
        _ => alias.clone(),
    });
    let wanted = wanted(session, decl, &frame)?;
    let mut made = FxHashMap::default();
    for rule in &wanted {
        let anonymous = session.rules.borrow()[rule.id.index()].anonymous;
        let renamed = alias.as_ref().map_or_else(|| rule.name.clone(), |a| a.replace('*', &rule.name).into());
        let heir = Heir {
            base: rule.id,
            name: (!anonymous).then_some(renamed),
            with: &decl.with,
            head: rule.at.map_or_else(|| session.rules.borrow()[rule.id.index()].places.head, |_| decl.with.head),
            replaceable: rule.at.is_none(),
            rewrites: frame.rewrites.clone(),
        };
        let id = assemble::derive(session, &heir, sections.clone(), eval)?;
        made.insert(rule.id, id);
        adopt(session, &frame, (rule.id, id), decl.with.head);
    }
    repin(session, &made);
    Ok(())
}

/// What holds of the module's rule holds of the one made from it.
fn adopt(session: &Session, frame: &Frame, (base, id): (RuleId, RuleId), at: Span) {
    session.twins.borrow_mut().entry(base).or_insert(id);
    if frame.default_target == Some(base) && !session.is_included() {
        session.mark_default(id, at);
    }
    let mut rules = session.rules.borrow_mut();
    assemble::constrain(session, &frame.constraints, std::iter::once(&mut rules[id.index()]));
}

/// Inputs of rules taken together refer to each other.
fn repin(session: &Session, made: &FxHashMap<RuleId, RuleId>) {
    let mut rules = session.rules.borrow_mut();
    for id in made.values() {
        for input in &mut rules[id.index()].inputs.items {
            input.pin = input.pin.map(|p| made.get(&p).copied().unwrap_or(p));
        }
    }
}

/// The module of a name, or of the name that a variable holds; which of the two.
fn find_module(
    session: &Session,
    name: &str,
    span: Span,
    text: &dyn Fn(&str) -> Option<Box<str>>,
) -> starlark::Result<(Arc<Frame>, bool)> {
    let modules = session.modules.borrow();
    let direct = modules.get(name).copied();
    let found = direct.or_else(|| modules.get(&text(name)?).copied());
    let frame = found.and_then(|i| session.frame(i));
    frame.map(|f| (f, direct.is_none())).ok_or_else(|| {
        let hint = did_you_mean(name, modules.keys().map(|n| &**n));
        let hint = hint.unwrap_or_else(|| format!("declare it above: `module {name}:` with its `snakefile:`"));
        Fault(vec![Diag::at(span, format!("there is no module `{name}`")).hint(hint)]).into()
    })
}

fn wanted(session: &Session, decl: &UseDecl, frame: &Frame) -> starlark::Result<Vec<Wanted>> {
    let unknown = |name: &str, span: Span| {
        let meant = did_you_mean(name, frame.rules.iter().map(|(n, _)| &**n));
        Diag::at(span, format!("module `{}` has no rule `{name}`", frame.name)).maybe_hint(meant)
    };
    let find = |name: &str| frame.rules.iter().find(|(n, _)| **n == *name).map(|(_, id)| *id);
    for (name, span) in decl.exclude.iter().filter(|(n, _)| find(n).is_none()) {
        session.warn(Diag { severity: Severity::Warning, ..unknown(name, *span) });
    }
    for (name, id) in decl.exclude.iter().filter_map(|(name, _)| Some((name, find(name)?))) {
        let outputs = session.rules.borrow()[id.index()].outputs.items.iter().map(|o| o.pattern.clone()).collect();
        session.left_out.borrow_mut().push(LeftOut { name: name.clone(), module: frame.name.clone(), outputs });
    }
    let excluded = |name: &str| decl.exclude.iter().any(|(n, _)| **n == *name);
    let Some(names) = &decl.rules else {
        let all = frame.rules.iter().filter(|(n, _)| !excluded(n));
        return Ok(all.map(|(name, id)| Wanted { id: *id, name: name.clone(), at: None }).collect());
    };
    let one = |(name, span): &Placed| match find(name) {
        Some(id) => Ok(Wanted { id, name: name.clone(), at: Some(*span) }),
        None => Err(Fault(vec![unknown(name, *span)]).into()),
    };
    names.iter().filter(|(n, _)| !excluded(n)).map(one).collect()
}
