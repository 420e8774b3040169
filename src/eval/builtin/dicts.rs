//! `collections.defaultdict` and `Counter`: dicts that have a value for every key.
//!
//! Owns the value of a key that is not there yet. All else is a dict's.

use super::operators::each;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::eval::limits;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_complex_value;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictMut, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::tuple::AllocTuple;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, UnpackValue, Value, ValueLifetimeless,
    ValueLike, starlark_value,
};
use std::fmt;

/// A dict with a value for keys that are not there.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct DefaultGen<V: ValueLifetimeless> {
    dict: V,
    /// What the factory gave: each missing key gets a copy.
    sample: V,
    /// A `Counter`: asking for a key does not add it.
    counts: bool,
}

starlark_complex_value!(pub(super) Default);

impl<V: ValueLifetimeless> fmt::Display for DefaultGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.dict, f)
    }
}

/// The dict of a dict with defaults; others as they are.
pub(in crate::eval) fn inner<'v>(value: Value<'v>) -> Value<'v> {
    Default::from_value(value).map_or(value, |d| d.dict.to_value())
}

/// The class of `collections` that a dict is of, and what its missing keys have if they
/// have something.
pub(super) fn made_of<'v>(value: Value<'v>) -> Option<(&'static str, Option<Value<'v>>)> {
    let default = Default::from_value(value)?;
    Some(match default.counts {
        true => ("collections.Counter", None),
        false => ("collections.defaultdict", Some(default.sample.to_value())),
    })
}

/// Whether a dict is of a class of `collections`.
pub(super) fn is_a(value: Value, class: &str) -> bool {
    match Default::from_value(value) {
        Some(default) => default.counts == (class == "Counter") && class != "OrderedDict",
        None => class == "OrderedDict",
    }
}

/// A dict with the same elements.
pub(super) fn copied<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    let pairs = |dict: Value<'v>| DictRef::from_value(dict).map(|d| d.iter().collect::<Vec<_>>()).unwrap_or_default();
    let dict = heap.alloc(AllocDict(pairs(inner(value))));
    match Default::from_value(value) {
        Some(default) => heap.alloc(Default { dict, sample: default.sample.to_value(), counts: default.counts }),
        None => dict,
    }
}

/// A copy as deep as factories build.
fn copy<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    if let Some(default) = Default::from_value(value) {
        let (dict, sample) = (copy(default.dict.to_value(), heap), default.sample.to_value());
        return heap.alloc(Default { dict, sample, counts: default.counts });
    }
    if let Some(list) = ListRef::from_value(value) {
        return heap.alloc(AllocList(list.iter().map(|v| copy(v, heap)).collect::<Vec<_>>()));
    }
    if let Some(dict) = DictRef::from_value(value) {
        return heap.alloc(AllocDict(dict.iter().map(|(k, v)| (k, copy(v, heap))).collect::<Vec<_>>()));
    }
    match value.get_type() {
        "set" => value.bit_or(value, heap).unwrap_or(value),
        _ => value,
    }
}

#[starlark_value(type = "dict")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DefaultGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.dict.to_value().get_attr(name, heap).ok().flatten()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let dict = self.dict.to_value();
        if let Some(found) = DictRef::from_value(dict).and_then(|d| d.get(index).ok().flatten()) {
            return Ok(found);
        }
        let value = copy(self.sample.to_value(), heap);
        // What is frozen stays as it is.
        if !self.counts && DictMut::from_value(dict).is_ok() {
            dict.set_at(index, value)?;
        }
        Ok(value)
    }

    fn set_at(&self, index: Value<'v>, value: Value<'v>) -> starlark::Result<()> {
        self.dict.to_value().set_at(index, value)
    }

    fn length(&self) -> starlark::Result<i32> {
        self.dict.to_value().length()
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.dict.to_value().is_in(other)
    }

    fn to_bool(&self) -> bool {
        self.dict.to_value().to_bool()
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.dict.to_value().equals(inner(other))
    }

    fn bit_or(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if self.counts {
            return combined(self.dict.to_value(), other, heap, i64::max);
        }
        self.dict.to_value().bit_or(inner(other), heap)
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        self.counts.then(|| combined(self.dict.to_value(), other, heap, |a, b| a + b))
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        combined(self.dict.to_value(), other, heap, |a, b| a - b)
    }

    fn bit_and(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        combined(self.dict.to_value(), other, heap, i64::min)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.dict.to_value().iterate(heap)?.collect())
    }
}

/// Counts of two `Counter`s: those that are above zero.
fn combined<'v>(
    own: Value<'v>,
    other: Value<'v>,
    heap: Heap<'v>,
    by: impl Fn(i64, i64) -> i64,
) -> starlark::Result<Value<'v>> {
    let counts = Default::from_value(other).is_some_and(|other| other.counts);
    let (Some(left), Some(right), true) = (DictRef::from_value(own), DictRef::from_value(inner(other)), counts) else {
        return Err(thrown("TypeError", format!("a `Counter` is not combined with {}", other.get_type())));
    };
    let of = |dict: &DictRef<'v>, key: Value<'v>| -> starlark::Result<i64> {
        let count = dict.get(key)?.map(i64::unpack_value).transpose()?.flatten();
        Ok(count.unwrap_or(0))
    };
    let dict = heap.alloc(AllocDict::EMPTY);
    let more = right.keys().filter(|key| !left.get(*key).is_ok_and(|found| found.is_some()));
    for key in left.keys().chain(more) {
        let count = by(of(&left, key)?, of(&right, key)?);
        if count > 0 {
            dict.set_at(key, heap.alloc(count))?;
        }
    }
    Ok(heap.alloc(Default { dict, sample: heap.alloc(0), counts: true }))
}

/// How `repr` names a dict with defaults, and the pairs it writes; none of others.
pub(in crate::eval) fn counted<'v>(value: Value<'v>) -> Option<Vec<(Value<'v>, Value<'v>)>> {
    let default = Default::from_value(value).filter(|default| default.counts)?;
    let mut pairs: Vec<(Value, Value)> = DictRef::from_value(default.dict)?.iter().collect();
    pairs.sort_by(|a, b| b.1.compare(a.1).unwrap_or(std::cmp::Ordering::Equal));
    Some(pairs)
}

/// Adds to counts, from a list or from other counts.
fn count<'v>(dict: Value<'v>, items: Value<'v>, heap: Heap<'v>) -> starlark::Result<()> {
    let pairs: Vec<(Value, Value)> = match DictRef::from_value(inner(items)) {
        Some(counts) => counts.iter().collect(),
        None => each(items, heap).iterate(heap)?.map(|item| (item, heap.alloc(1))).collect(),
    };
    for (item, more) in pairs {
        let before = DictRef::from_value(dict).and_then(|d| d.get(item).ok().flatten());
        dict.set_at(item, before.unwrap_or_else(|| heap.alloc(0)).add(more, heap)?)?;
    }
    Ok(())
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    /// The keys with the largest counts.
    fn most_common<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(default = NoneOr::None)] n: NoneOr<u32>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let mut pairs: Vec<(Value, Value)> =
            DictRef::from_value(inner(this)).map(|d| d.iter().collect()).unwrap_or_default();
        pairs.sort_by(|a, b| b.1.compare(a.1).unwrap_or(std::cmp::Ordering::Equal));
        pairs.truncate(n.into_option().map_or(usize::MAX, |n| n as usize));
        Ok(heap.alloc(AllocList(pairs.into_iter().map(|(k, v)| AllocTuple([k, v])))))
    }

    /// Each key as often as it counts.
    fn elements<'v>(#[starlark(this)] this: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs: Vec<(Value, Value)> =
            DictRef::from_value(inner(this)).map(|d| d.iter().collect()).unwrap_or_default();
        let times = |count: Value<'v>| i64::unpack_value(count).ok().flatten().map_or(0, |n| n.max(0)) as usize;
        limits::values(pairs.iter().map(|(_, count)| times(*count) as u128).sum())?;
        Ok(heap.alloc(AllocList(pairs.into_iter().flat_map(|(k, n)| std::iter::repeat_n(k, times(n))))))
    }

    fn total<'v>(#[starlark(this)] this: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let values: Vec<Value> = DictRef::from_value(inner(this)).map(|d| d.values().collect()).unwrap_or_default();
        values.into_iter().try_fold(heap.alloc(0), |sum, value| sum.add(value, heap))
    }

    fn update<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos)] items: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let heap = eval.heap();
        let default = Default::from_value(this).ok_or_else(|| fault("`update` is asked of a dict"))?;
        if default.counts {
            return count(inner(this), items, heap).map(|()| NoneType);
        }
        let update = inner(this).get_attr_error("update", heap)?;
        eval.eval_function(update, &[inner(items)], &[]).map(|_| NoneType)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn defaultdict<'v>(
        #[starlark(require = pos)] factory: Option<Value<'v>>,
        #[starlark(require = pos)] from: Option<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let dict = super::global("dict").expect("bug: `dict` is a global");
        let named: Vec<(&str, Value)> = named.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let dict = eval.eval_function(dict, from.as_slice(), &named)?;
        match factory.filter(|f| !f.is_none()) {
            None => Ok(dict),
            Some(factory) => {
                let sample = eval.eval_function(factory, &[], &[])?;
                Ok(eval.heap().alloc(Default { dict, sample, counts: false }))
            }
        }
    }

    fn Counter<'v>(
        #[starlark(require = pos)] items: Option<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let dict = heap.alloc(AllocDict(named.iter().map(|(name, count)| (name.as_str(), *count))));
        if let Some(items) = items {
            count(dict, items, heap)?;
        }
        Ok(heap.alloc(Default { dict, sample: heap.alloc(0), counts: true }))
    }
}
