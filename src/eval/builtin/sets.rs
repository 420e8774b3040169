//! What Python's sets make of any number of others (`s.union(a, b)`, `s.update(*lists)`), and which of
//! their elements are one.
//!
//! Owns going through the others, one after the other. What becomes of two is Starlark's.

use super::class::{iterated, number as number_of};
use super::frozen::thawed;
use super::operators::each;
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::{Heap, Value};

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

/// The elements without those that are `True` or `False` beside the same number, or the number beside
/// these: they are equal, and Starlark does not know. None if all may stay.
///
/// # Errors
/// If there is nothing to go through.
pub(super) fn truths_and_numbers<'v>(items: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<Value<'v>>> {
    let all: Vec<Value> = items.iterate(heap)?.collect();
    let is_number = |value: &Value| matches!(value.get_type(), "int" | "float");
    if !all.iter().any(|value| value.unpack_bool().is_some()) || !all.iter().any(is_number) {
        return Ok(None);
    }
    let plain = |value: Value<'v>| number_of(value, heap);
    let mut kept: Vec<Value> = Vec::with_capacity(all.len());
    // Those that may be equal to others of another kind: there are no more than two.
    let mut small: Vec<Value> = Vec::new();
    for value in all {
        let odd = value.unpack_bool().is_some() || is_number(&value);
        let number = plain(value);
        if odd && (number.equals(heap.alloc(0))? || number.equals(heap.alloc(1))?) {
            let mut others = small.iter();
            if others.try_fold(false, |any, other| Ok::<_, starlark::Error>(any || other.equals(number)?))? {
                continue;
            }
            small.push(number);
        }
        kept.push(value);
    }
    Ok(Some(heap.alloc(AllocList(kept))))
}
