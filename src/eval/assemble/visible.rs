//! Modules' own rules leave the book; what refers to them refers to the rules
//! that were made from them.
//!
//! Owns the new numbering. It does not know how rules are made.

use crate::eval::session::Session;
use crate::rule::{Rule, RuleId, Rulefile};
use std::collections::HashSet;
use std::sync::PoisonError;

/// Drops the rules that are not in the book, and says what is wrong with those
/// that are there but have paths that were never filled.
pub(super) fn keep_visible(session: &Session, book: &mut Rulefile) {
    let bases = session.bases.take();
    let twins = session.twins.take();
    let inherited: HashSet<RuleId> = session.inherited.take().into_iter().collect();
    let hidden = |id: RuleId| bases[id.index()].hidden;
    let template = |id: RuleId| !bases[id.index()].unfilled.is_empty() && inherited.contains(&id);
    for (i, basis) in bases.iter().enumerate().filter(|(_, b)| !b.hidden && !b.unfilled.is_empty()) {
        if !inherited.contains(&RuleId(i as u32)) {
            basis.unfilled.iter().for_each(|(_, d)| session.fail(d.clone()));
        }
    }
    let gone = |id: RuleId| hidden(id) || template(id);
    if !(0..bases.len()).any(|i| gone(RuleId(i as u32))) {
        return;
    }
    let mut place = Vec::with_capacity(bases.len());
    let mut next = 0;
    for i in 0..bases.len() {
        place.push((!gone(RuleId(i as u32))).then_some(RuleId(next)));
        next += u32::from(place[i].is_some());
    }
    // A module's module: from twin to twin, until one is in the book.
    let now = |id: RuleId| {
        let mut id = id;
        while place[id.index()].is_none() {
            id = *twins.get(&id)?;
        }
        place[id.index()]
    };
    let rules = std::mem::take(&mut book.rules).into_iter().enumerate();
    book.rules = rules.filter(|(i, _)| place[*i].is_some()).map(|(_, rule)| repinned(rule, &now)).collect();
    for clause in &mut book.ruleorder {
        *clause = clause.iter().filter_map(|id| now(*id)).collect();
    }
    book.default_target = book.default_target.and_then(now);
    let frames = session.frames.borrow();
    for shown in frames.iter().flatten().map(|f| &f.shown).chain([&*session.shown.borrow()]) {
        for rule in shown.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
            rule.id = rule.id.and_then(now);
        }
    }
}

fn repinned(mut rule: Rule, now: &dyn Fn(RuleId) -> Option<RuleId>) -> Rule {
    for input in &mut rule.inputs.items {
        input.pin = input.pin.and_then(now);
    }
    rule
}
