//! What Python gives bit by bit, once: generators, and what `iter` gives.
//!
//! Owns how far it was read. What a generator gives is made when it is called; it is
//! handed out as in Python.

use crate::eval::fault::hinted;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::TupleRef;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Elements of what has an end.
const LONGEST: usize = 100_000_000;

/// Values of one generator, beyond which it is taken for one without an end.
const YIELDED: usize = 2_000_000;

/// The values, and the number of the next one.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval) struct StreamGen<V: ValueLifetimeless> {
    items: V,
    #[freeze(identity)]
    at: AtomicUsize,
    /// It begins anew at its end.
    again: bool,
}

starlark_complex_value!(pub(in crate::eval) Stream);

impl<V: ValueLifetimeless> fmt::Display for StreamGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<generator>")
    }
}

/// What hands out the elements of a list or tuple.
pub(super) fn stream<'v>(items: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Stream { items, at: AtomicUsize::new(0), again: false })
}

impl<'v, V: ValueLike<'v>> StreamGen<V> {
    fn count(&self) -> usize {
        self.items.to_value().length().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }

    pub(super) fn has_more(&self) -> bool {
        self.at.load(Ordering::Relaxed) < self.count() || (self.again && self.count() > 0)
    }

    /// The next one, if there is one.
    pub(super) fn next(&self, heap: Heap<'v>) -> Option<Value<'v>> {
        let at = self.at.load(Ordering::Relaxed);
        let at = if self.again && at >= self.count() { 0 } else { at };
        let item = (at < self.count()).then(|| self.items.to_value().at(heap.alloc(at), heap).ok())??;
        self.at.store(at + 1, Ordering::Relaxed);
        Some(item)
    }

    /// What was not handed out yet, which stays so.
    pub(in crate::eval) fn left(&self, heap: Heap<'v>) -> Vec<Value<'v>> {
        let all = self.items.to_value().iterate(heap).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        all.into_iter().skip(self.at.load(Ordering::Relaxed)).collect()
    }
}

#[starlark_value(type = "generator")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for StreamGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    /// As many as there are names for, where it is parted.
    fn length(&self) -> starlark::Result<i32> {
        let left = self.count().saturating_sub(self.at.load(Ordering::Relaxed));
        Ok(i32::try_from(left).unwrap_or(i32::MAX))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        if self.again || self.count().saturating_sub(self.at.load(Ordering::Relaxed)) > LONGEST {
            return Err(hinted(
                "this goes on for ever",
                "take its first ones: `itertools.islice(x, n)`, or `zip` it with a list",
            ));
        }
        let left = self.left(heap);
        self.at.store(usize::MAX, Ordering::Relaxed);
        Ok(left)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        let items = self.items.to_value();
        let items = ListRef::from_value(items)
            .map(|list| list.content())
            .or_else(|| TupleRef::from_value(items).map(|t| t.content()));
        let done = self.at.load(Ordering::Relaxed);
        for (at, item) in items.unwrap_or_default().iter().enumerate().skip(done) {
            self.at.store(at + 1, Ordering::Relaxed);
            if item.equals(other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// What a function with `yield` or a generator expression gives.
    fn _stream<'v>(#[starlark(require = pos)] items: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(stream(items, heap))
    }

    /// What is yielded next, behind what was so far: a generator has an end.
    fn _bounded<'v>(
        #[starlark(require = pos)] before: Value<'v>,
        #[starlark(require = pos)] value: Value<'v>,
    ) -> starlark::Result<Value<'v>> {
        match ListRef::from_value(before).is_some_and(|before| before.len() > YIELDED) {
            true => Err(hinted(
                format!("this generator has given more than {YIELDED} values"),
                "it runs to its end when it is called, so it has to have one",
            )),
            false => Ok(value),
        }
    }

    /// `itertools.cycle`.
    fn _cycle<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let items: Vec<Value> = super::class::iterated(items, eval)?.iterate(eval.heap())?.collect();
        let items = eval.heap().alloc(AllocList(items));
        Ok(eval.heap().alloc(Stream { items, at: AtomicUsize::new(0), again: true }))
    }

    fn iter<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if super::reading::is_ahead(items) {
            return Ok(items);
        }
        let items = super::class::iterated(items, eval)?;
        let heap = eval.heap();
        if super::reading::is_ahead(items) {
            return Ok(items);
        }
        Ok(match items.get_type() {
            "list" | "tuple" | "range" => stream(items, heap),
            _ => stream(heap.alloc(AllocList(items.iterate(heap)?.collect::<Vec<_>>())), heap),
        })
    }
}
