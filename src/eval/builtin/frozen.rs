//! `frozenset`: a set that stays as it is, and so can be a key.
//!
//! Owns its hash. What it does else is done by the set that it holds.

use super::class::iterated;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::StarlarkHasher;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;
use std::hash::Hash;

/// A set of Starlark's, and the hash of its elements.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval) struct FixedGen<V: ValueLifetimeless> {
    set: V,
    hash: u32,
}

starlark_complex_value!(pub(in crate::eval) Fixed);

impl<V: ValueLifetimeless> fmt::Display for FixedGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frozenset({})", self.set)
    }
}

/// The set that a frozen one holds; others as they are.
pub(in crate::eval) fn thawed<'v>(value: Value<'v>) -> Value<'v> {
    Fixed::from_value(value).map_or(value, |frozen| frozen.set.to_value())
}

fn frozen<'v>(set: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let items: Vec<Value> = set.iterate(heap)?.collect();
    let hashes = items.into_iter().map(|item| Ok(item.get_hashed()?.hash().get()));
    let hash = hashes.collect::<starlark::Result<Vec<u32>>>()?.into_iter().fold(0, u32::wrapping_add);
    Ok(heap.alloc(Fixed { set, hash }))
}

#[starlark_value(type = "frozenset")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for FixedGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let reads = ["union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset"];
        reads.contains(&name).then(|| self.set.to_value().get_attr(name, heap).ok().flatten()).flatten()
    }

    fn length(&self) -> starlark::Result<i32> {
        self.set.to_value().length()
    }

    fn to_bool(&self) -> bool {
        self.set.to_value().to_bool()
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.set.to_value().is_in(other)
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.set.to_value().equals(thawed(other))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.hash.hash(hasher);
        Ok(())
    }

    fn bit_or(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        frozen(self.set.to_value().bit_or(thawed(other), heap)?, heap)
    }

    fn bit_and(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        frozen(self.set.to_value().bit_and(thawed(other), heap)?, heap)
    }

    fn bit_xor(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        frozen(self.set.to_value().bit_xor(thawed(other), heap)?, heap)
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        frozen(self.set.to_value().sub(thawed(other), heap)?, heap)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.set.to_value().iterate(heap)?.collect())
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn frozenset<'v>(
        #[starlark(require = pos)] items: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let items = items.map(|items| iterated(items, eval)).transpose()?;
        if let Some(same) = items.filter(|items| items.get_type() == "frozenset") {
            return Ok(same);
        }
        let set = super::global("set").expect("bug: `set` is a global");
        let set = eval.eval_function(set, items.as_slice(), &[])?;
        frozen(set, eval.heap())
    }
}
