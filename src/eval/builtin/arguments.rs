//! Arguments that a call unpacks: `*x` and `**x`, in Python's order of them.
//!
//! Owns what their lowered text calls. Starlark wants one of each, at the end.

use super::class::method;
use super::dicts::inner;
use super::operators::each;
use super::row::as_dict;
use crate::eval::convert::from_wildcards;
use crate::eval::fault::fault;
use crate::eval::files::Files;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// What stands after `**` in a call: `wildcards` become a dict.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("**")]
struct Keywords;

starlark_simple_value!(Keywords);

/// A value behind `**` as a dict.
fn keywords<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    match from_wildcards(value, heap).or_else(|| Files::from_value(value).map(|files| files.by_name(heap))) {
        Some(dict) => Ok(dict),
        None if value.get_type() == "dict" => Ok(value),
        None => {
            if let Some(dict) = as_dict(value, heap) {
                return Ok(dict);
            }
            let kind = value.get_type();
            Err(fault(format!("`**` wants a dict or the wildcards, this is a value of type `{kind}`")))
        }
    }
}

/// What a value says by `keys` and what it has for each, as a dict; none of what says nothing.
fn asked_for<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Value<'v>>> {
    let heap = eval.heap();
    let says = match value.get_type() {
        "object" => method(value, "__getitem__").is_some(),
        kind => kind == "named_list",
    };
    let Some(keys) = value.get_attr("keys", heap)?.filter(|_| says) else { return Ok(None) };
    let keys = eval.eval_function(keys, &[], &[])?;
    let dict = heap.alloc(AllocDict::EMPTY);
    for key in each(keys, heap).iterate(heap)?.collect::<Vec<_>>() {
        let found = match method(value, "__getitem__") {
            Some(item) => eval.eval_function(item, &[value, key], &[])?,
            None => value.at(key, heap)?,
        };
        dict.set_at(key, found)?;
    }
    Ok(Some(dict))
}

#[starlark_value(type = "keywords")]
impl<'v> StarlarkValue<'v> for Keywords {
    fn bit_or(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        keywords(other, heap)
    }
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    /// `*x, y, *z` in one.
    fn _joined<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let mut all = Vec::new();
        for part in parts.items {
            all.extend(each(part, heap).iterate(heap)?);
        }
        Ok(heap.alloc(AllocList(all)))
    }

    /// What stands behind `**` in a dict.
    fn _mapping<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match asked_for(value, eval)? {
            Some(dict) => Ok(dict),
            None => keywords(value, eval.heap()).map(inner),
        }
    }

    /// `a=1` as a dict.
    fn _given<'v>(
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocDict(named)))
    }

    /// `**x, a=1, **y` in one.
    fn _merged<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let mut all = SmallMap::new();
        for part in parts.items {
            let part = keywords(part, heap)?;
            let entries = DictRef::from_value(part).map(|d| d.iter().collect::<Vec<_>>()).unwrap_or_default();
            for (name, value) in entries {
                if all.insert_hashed(name.get_hashed()?, value).is_some() {
                    let name = name.to_str();
                    return Err(crate::eval::exception::thrown("TypeError", format!("`{name}` is given twice")));
                }
            }
        }
        Ok(heap.alloc(AllocDict(all)))
    }
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("_kw", Keywords);
    functions(builder);
}
