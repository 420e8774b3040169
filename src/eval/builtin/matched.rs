//! `match`: whether a value fits a pattern, and what the pattern's names then are.
//!
//! Owns the asking. What the patterns are, the lowered text says: tuples, whose first
//! part says of what kind they are.

use super::class::data_fields;
use super::truths::equal;
use super::type_of::{class_name, is_instance};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictMut, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};

/// What names are given.
type Found<'v> = Vec<(Value<'v>, Value<'v>)>;

fn parts<'v>(value: Value<'v>) -> &'v [Value<'v>] {
    TupleRef::from_value(value).map_or(&[], |tuple| tuple.content())
}

/// The elements of what Python takes for a sequence; none of texts, dicts and sets.
fn sequence<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Vec<Value<'v>>> {
    match value.get_type() {
        "list" => Some(ListRef::from_value(value)?.iter().collect()),
        "tuple" | "range" | "record" | "column" | "deque" | "named_list" => Some(value.iterate(heap).ok()?.collect()),
        _ => None,
    }
}

fn fits<'v>(
    value: Value<'v>,
    pattern: Value<'v>,
    found: &mut Found<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    let [kind, rest @ ..] = parts(pattern) else { return Err(fault("a pattern is a tuple")) };
    match (kind.unpack_str().unwrap_or(""), rest) {
        ("any", _) => Ok(true),
        ("name", [name]) => {
            found.push((*name, value));
            Ok(true)
        }
        ("value", [wanted]) => is_value(value, *wanted, eval),
        ("both", [first, second]) => Ok(fits(value, *first, found, eval)? && fits(value, *second, found, eval)?),
        ("or", [several]) => {
            for one in parts(*several) {
                let before = found.len();
                if fits(value, *one, found, eval)? {
                    return Ok(true);
                }
                found.truncate(before);
            }
            Ok(false)
        }
        ("list", [items, star]) => fits_list(value, parts(*items), star.unpack_i32(), found, eval),
        ("dict", [pairs, rest]) => fits_dict(value, parts(*pairs), *rest, found, eval),
        ("class", [class, places, named]) => fits_class(value, *class, (parts(*places), parts(*named)), found, eval),
        (other, _) => Err(fault(format!("there is no pattern `{other}`"))),
    }
}

fn is_value<'v>(value: Value<'v>, wanted: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    if wanted.is_none() || wanted.unpack_bool().is_some() {
        return Ok(value.ptr_eq(wanted));
    }
    equal(value, wanted, eval)
}

fn fits_list<'v>(
    value: Value<'v>,
    items: &[Value<'v>],
    star: Option<i32>,
    found: &mut Found<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    let heap = eval.heap();
    let Some(all) = sequence(value, heap) else { return Ok(false) };
    let star = star.map(|at| at as usize);
    let fixed = items.len() - usize::from(star.is_some());
    if all.len() < fixed || (star.is_none() && all.len() > fixed) {
        return Ok(false);
    }
    let more = all.len() - fixed;
    for (at, item) in items.iter().enumerate() {
        let one = match star {
            Some(star) if at == star => heap.alloc(AllocList(all[at..at + more].iter().copied())),
            Some(star) if at > star => all[at - 1 + more],
            _ => all[at],
        };
        if !fits(one, *item, found, eval)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn fits_dict<'v>(
    value: Value<'v>,
    pairs: &[Value<'v>],
    rest: Value<'v>,
    found: &mut Found<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    let Some(dict) = DictRef::from_value(super::inner(value)) else { return Ok(false) };
    let mut keys = Vec::new();
    for pair in pairs {
        let [key, item] = parts(*pair) else { return Err(fault("a pattern of a dict has pairs")) };
        let Some(held) = dict.get(*key)? else { return Ok(false) };
        if !fits(held, *item, found, eval)? {
            return Ok(false);
        }
        keys.push(*key);
    }
    if rest.is_none() {
        return Ok(true);
    }
    let others = dict.iter().filter(|(key, _)| !keys.iter().any(|known| known.equals(*key).unwrap_or(false)));
    let others = eval.heap().alloc(AllocDict(others.collect::<Vec<_>>()));
    fits(others, rest, found, eval)
}

fn fits_class<'v>(
    value: Value<'v>,
    class: Value<'v>,
    (places, named): (&[Value<'v>], &[Value<'v>]),
    found: &mut Found<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    let heap = eval.heap();
    if !is_instance(value, class, heap)? {
        return Ok(false);
    }
    if let ([one], Some(_)) = (places, class_name(class)) {
        return fits(value, *one, found, eval);
    }
    let names = places_of(value, class, heap)?;
    if places.len() > names.len() {
        let why = format!("{class} accepts {} positional sub-patterns ({} given)", names.len(), places.len());
        return Err(thrown("TypeError", why));
    }
    for (name, item) in names.iter().zip(places) {
        if !fits_attribute(value, name, *item, found, eval)? {
            return Ok(false);
        }
    }
    for pair in named {
        let [name, item] = parts(*pair) else { return Err(fault("a pattern of a class has pairs")) };
        if !fits_attribute(value, name.unpack_str().unwrap_or(""), *item, found, eval)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn fits_attribute<'v>(
    value: Value<'v>,
    name: &str,
    pattern: Value<'v>,
    found: &mut Found<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    match value.get_attr(name, eval.heap())? {
        Some(held) => fits(held, pattern, found, eval),
        None => Ok(false),
    }
}

/// The attributes that the places of a class's pattern stand for.
fn places_of<'v>(value: Value<'v>, class: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<String>> {
    let said = match class.get_attr("__match_args__", heap)? {
        Some(names) => Some(names),
        None => value.get_attr("_fields", heap).ok().flatten(),
    };
    Ok(match said {
        Some(names) => parts(names).iter().map(|name| name.to_str()).collect(),
        None => data_fields(value),
    })
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// Whether a value is that of a pattern.
    fn _is_value<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] wanted: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        is_value(value, wanted, eval)
    }

    /// Whether a value fits a pattern; what its names are is put into a dict.
    fn _matched<'v>(
        #[starlark(require = pos)] names: Value<'v>,
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] pattern: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        let mut found = Vec::new();
        let fits = fits(value, pattern, &mut found, eval)?;
        let mut given = DictMut::from_value(names)?;
        given.aref.clear();
        for (name, value) in found {
            given.aref.insert_hashed(name.get_hashed()?, value);
        }
        Ok(fits)
    }
}
