//! Built-ins of Python that Starlark lacks.

use super::operators::each;
use crate::eval::convert::elements;
use crate::eval::exception::{Class, Exception, thrown};
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, Value};

/// Rounds half to even, as Python does.
fn round_even(x: f64) -> f64 {
    let floor = x.floor();
    match x - floor {
        d if d < 0.5 => floor,
        d if d > 0.5 => floor + 1.0,
        _ if floor % 2.0 == 0.0 => floor,
        _ => floor + 1.0,
    }
}

/// The name a type has in `type(x)`, for a type as it is written.
fn type_name(text: &str) -> &str {
    match text {
        "str" => "string",
        other => other,
    }
}

fn is_instance<'v>(value: Value<'v>, kind: Value<'v>, heap: Heap<'v>) -> bool {
    if let Some(class) = Class::from_value(kind) {
        return Exception::from_value(value).is_some_and(|e| e.class().is(class));
    }
    match elements(kind, heap) {
        Some(kinds) => kinds.into_iter().any(|k| is_instance(value, k, heap)),
        None => {
            let text = kind.to_str();
            let wanted = type_name(&text);
            value.get_type() == wanted || (wanted == "int" && value.get_type() == "bool")
        }
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn sum<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(default = NoneOr::None)] start: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let start = start.into_option().unwrap_or_else(|| heap.alloc(0));
        items.iterate(heap)?.try_fold(start, |total, item| total.add(item, heap))
    }

    fn round<'v>(
        #[starlark(require = pos)] number: UnpackFloat,
        #[starlark(default = NoneOr::None)] digits: NoneOr<i32>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match digits.into_option() {
            None => Ok(heap.alloc(round_even(number.0) as i64)),
            Some(digits) => {
                // Python rounds the exact decimal value, which formatting does too.
                let text = format!("{:.*}", digits.clamp(0, 300) as usize, number.0);
                let near = text.parse().unwrap_or(number.0);
                let scale = 10f64.powi(digits);
                Ok(heap.alloc(if digits < 0 { round_even(number.0 * scale) / scale } else { near }))
            }
        }
    }

    fn isinstance<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] kind: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<bool> {
        Ok(is_instance(value, kind, heap))
    }

    fn callable<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(value.get_type() == "function")
    }

    fn divmod<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocTuple([a.floor_div(b, heap)?, a.percent(b, heap)?])))
    }
}

/// Built-ins of Python on lists and sets.
#[starlark_module]
pub(super) fn collections(builder: &mut GlobalsBuilder) {
    fn zip<'v>(
        #[starlark(args)] lists: UnpackTuple<Value<'v>>,
        #[starlark(require = named, default = false)] strict: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let items = |list: &Value<'v>| each(*list, heap).iterate(heap);
        let mut lists = lists.items.iter().map(items).collect::<starlark::Result<Vec<_>>>()?;
        let mut rows = Vec::new();
        loop {
            // One after the other: the longest may be very long.
            let row: Vec<Value> = lists.iter_mut().map_while(Iterator::next).collect();
            let full = !row.is_empty() && row.len() == lists.len();
            if !full {
                let uneven = !row.is_empty() || lists.iter_mut().any(|list| list.next().is_some());
                if strict && uneven {
                    return Err(thrown("ValueError", "`zip(..., strict=True)` wants lists of one length"));
                }
                return Ok(heap.alloc(AllocList(rows.into_iter().map(AllocTuple))));
            }
            rows.push(row);
        }
    }

    fn frozenset<'v>(
        #[starlark(require = pos)] items: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let set = super::global("set").expect("bug: `set` is a global");
        eval.eval_function(set, items.as_slice(), &[])
    }

    fn flatten<'v>(#[starlark(require = pos)] list: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        fn walk<'v>(value: Value<'v>, heap: Heap<'v>, out: &mut Vec<Value<'v>>) {
            match elements(value, heap) {
                Some(items) => items.into_iter().for_each(|v| walk(v, heap, out)),
                None => out.push(heap.alloc_str(&value.to_str()).to_value()),
            }
        }
        let mut all = Vec::new();
        walk(list, heap, &mut all);
        Ok(heap.alloc(AllocList(all)))
    }
}

/// What asks for a version.
#[starlark_module]
pub(super) fn versions(builder: &mut GlobalsBuilder) {
    fn _min_version(#[starlark(require = pos)] _version: &str) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }
}
