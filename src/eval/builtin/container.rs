//! Methods of Python's lists, dicts and sets that Starlark's lack.
//!
//! Owns the method that is bound to a value. Lowered text asks for it by `_of`.

use super::dicts;
use super::sets;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_complex_value;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::fmt;

/// A method of a list, dict or set.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct MethodGen<V: ValueLifetimeless> {
    of: V,
    name: String,
}

starlark_complex_value!(Method);

impl<V: ValueLifetimeless> fmt::Display for MethodGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<method {}>", self.name)
    }
}

/// The method of a value; none if it has no such method of ours.
pub(super) fn method<'v>(of: Value<'v>, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    let ours = match of.get_type() {
        "list" => matches!(name, "sort" | "reverse" | "copy" | "count" | "isdisjoint"),
        "tuple" => matches!(name, "count" | "index"),
        "dict" => matches!(name, "copy" | "popitem"),
        "frozenset" => sets::takes_several(name) && name != "update",
        "set" if sets::takes_several(name) => true,
        "set" => matches!(
            name,
            "copy" | "isdisjoint" | "intersection_update" | "difference_update" | "symmetric_difference_update"
        ),
        _ => false,
    };
    ours.then(|| heap.alloc(Method { of, name: name.to_owned() }))
}

/// How often an element is there, or where it is first.
fn found<'v>(of: Value<'v>, what: &str, element: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let mut places = Vec::new();
    for (at, item) in of.iterate(heap)?.enumerate() {
        if item.equals(element)? {
            places.push(at as i32);
        }
    }
    match (what, places.first()) {
        ("count", _) => Ok(heap.alloc(places.len() as i32)),
        (_, Some(first)) => Ok(heap.alloc(*first)),
        (_, None) => Err(thrown("ValueError", "there is no such element")),
    }
}

/// Puts other elements into a list or a set.
pub(super) fn refill<'v>(list: Value<'v>, items: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<()> {
    let heap = eval.heap();
    let more = if list.get_type() == "set" { "update" } else { "extend" };
    let (clear, extend) = (list.get_attr_error("clear", heap)?, list.get_attr_error(more, heap)?);
    eval.eval_function(clear, &[], &[])?;
    eval.eval_function(extend, &[items], &[])?;
    Ok(())
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for MethodGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (of, heap) = (self.of.to_value(), eval.heap());
        if sets::takes_several(&self.name) {
            args.no_named_args()?;
            let others: Vec<Value> = args.positions(heap)?.collect();
            return sets::combined(of, &self.name, &others, eval);
        }
        let mut call = |function: &str, args: &[Value<'v>], named: &[(&str, Value<'v>)]| {
            let function = super::global(function).expect("bug: it is a global");
            eval.eval_function(function, args, named)
        };
        let made = match (of.get_type(), self.name.as_str()) {
            (_, "sort") => {
                let named = args.names_map()?;
                let named: Vec<(&str, Value)> = named.iter().map(|(n, v)| (n.as_str(), *v)).collect();
                call("sorted", &[of], &named)?
            }
            (_, "reverse") => call("reversed", &[of], &[])?,
            (_, "count" | "index") => return found(of, &self.name, args.positional1(heap)?, heap),
            (_, "intersection_update") => of.bit_and(call("set", &[args.positional1(heap)?], &[])?, heap)?,
            (_, "difference_update") => of.sub(call("set", &[args.positional1(heap)?], &[])?, heap)?,
            (_, "symmetric_difference_update") => of.bit_xor(call("set", &[args.positional1(heap)?], &[])?, heap)?,
            (kind @ ("list" | "set"), "copy") => return call(kind, &[of], &[]),
            (_, "copy") => return Ok(dicts::copied(of, heap)),
            (_, "popitem") => {
                let names = args.names_map()?;
                let last = names.iter().find(|(name, _)| name.as_str() == "last").map(|(_, last)| *last);
                let last = args.positions(heap)?.next().or(last).is_none_or(|last| last.to_bool());
                return dicts::popped(of, last, heap);
            }
            _ => {
                let other = args.positional1(heap)?;
                let items: Vec<Value> = other.iterate(heap)?.collect();
                for item in items {
                    if of.is_in(item).map_err(|_| fault("a set holds no such value"))? {
                        return Ok(Value::new_bool(false));
                    }
                }
                return Ok(Value::new_bool(true));
            }
        };
        refill(of, made, eval)?;
        Ok(Value::new_none())
    }
}
