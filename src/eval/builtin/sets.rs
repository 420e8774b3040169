//! What Python's sets make of any number of others: `s.union(a, b)`, `s.update(*lists)`.
//!
//! Owns going through the others, one after the other. What becomes of two is Starlark's.

use super::class::iterated;
use super::frozen::thawed;
use super::operators::each;
use starlark::eval::Evaluator;
use starlark::values::Value;

/// The methods that take as many as there are.
pub(super) fn takes_several(name: &str) -> bool {
    matches!(name, "union" | "intersection" | "difference" | "update")
}

/// What a set of its own, or with `update` the set itself, becomes.
///
/// # Errors
/// If another is nothing to go through.
pub(super) fn combined<'v>(
    of: Value<'v>,
    name: &str,
    others: &[Value<'v>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let set = super::global("set").expect("bug: `set` is a global");
    let own = match name {
        "update" => of,
        _ => eval.eval_function(set, &[thawed(of)], &[])?,
    };
    let mut all = own;
    for other in others {
        let items = iterated(thawed(*other), eval)?;
        let method = all.get_attr_error(name, heap)?;
        let made = eval.eval_function(method, &[each(items, heap)], &[])?;
        if name != "update" {
            all = made;
        }
    }
    match (name, of.get_type()) {
        ("update", _) => Ok(Value::new_none()),
        (_, "frozenset") => {
            let frozenset = super::global("frozenset").expect("bug: `frozenset` is a global");
            eval.eval_function(frozenset, &[all], &[])
        }
        _ => Ok(all),
    }
}
