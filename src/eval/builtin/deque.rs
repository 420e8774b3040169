//! `collections.deque`: a list with two ends, and perhaps a greatest length.

use super::class::iterated;
use super::container::refill;
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// The elements, and how many there may be.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval) struct DequeGen<V: ValueLifetimeless> {
    items: V,
    most: Option<u32>,
}

starlark_complex_value!(pub(in crate::eval) Deque);

impl<V: ValueLifetimeless> fmt::Display for DequeGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deque({})", self.items)
    }
}

impl Deque<'_> {
    /// How many elements there may be.
    pub(super) fn most(&self) -> Option<u32> {
        self.most
    }
}

/// The elements of a deque, and what `repr` writes behind them; none of other values.
pub(in crate::eval) fn parts<'v>(value: Value<'v>) -> Option<(Value<'v>, String)> {
    let deque = Deque::from_value(value)?;
    Some((deque.items.to_value(), deque.most.map_or(String::new(), |most| format!(", maxlen={most}"))))
}

#[starlark_value(type = "deque")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DequeGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "maxlen" => Some(self.most.map_or_else(Value::new_none, |most| heap.alloc(most))),
            "clear" | "remove" | "index" => self.items.to_value().get_attr(name, heap).ok().flatten(),
            _ => None,
        }
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.items.to_value().at(index, heap)
    }

    fn set_at(&self, index: Value<'v>, value: Value<'v>) -> starlark::Result<()> {
        self.items.to_value().set_at(index, value)
    }

    fn length(&self) -> starlark::Result<i32> {
        self.items.to_value().length()
    }

    fn to_bool(&self) -> bool {
        self.items.to_value().to_bool()
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.items.to_value().is_in(other)
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        match Deque::from_value(other) {
            Some(other) => self.items.to_value().equals(other.items.to_value()),
            None => Ok(false),
        }
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.items.to_value().iterate(heap)?.collect())
    }
}

/// Puts other elements in, of which those at one end are too many, perhaps.
fn put<'v>(
    this: Value<'v>,
    left: bool,
    change: impl FnOnce(&mut Vec<Value<'v>>),
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<NoneType> {
    let Some(deque) = Deque::from_value(this) else { return Ok(NoneType) };
    let list = deque.items.to_value();
    let mut items: Vec<Value> = list.iterate(eval.heap())?.collect();
    change(&mut items);
    if let Some(most) = deque.most {
        let over = items.len().saturating_sub(most as usize);
        drop(if left { items.split_off(items.len() - over) } else { items.drain(..over).collect() });
    }
    refill(list, eval.heap().alloc(AllocList(items)), eval)?;
    Ok(NoneType)
}

/// Takes an element from one end.
fn taken<'v>(this: Value<'v>, left: bool, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let list = Deque::from_value(this).map_or(this, |deque| deque.items.to_value());
    let length = list.length()?;
    if length == 0 {
        return Err(thrown("IndexError", "pop from an empty deque"));
    }
    let pop = list.get_attr_error("pop", eval.heap())?;
    let at = eval.heap().alloc(if left { 0 } else { length - 1 });
    eval.eval_function(pop, &[at], &[])
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn append<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos)] item: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        put(this, false, |items| items.push(item), eval)
    }

    fn appendleft<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos)] item: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        put(this, true, |items| items.insert(0, item), eval)
    }

    fn extend<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos)] more: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let more: Vec<Value> = iterated(more, eval)?.iterate(eval.heap())?.collect();
        put(this, false, |items| items.extend(more), eval)
    }

    fn extendleft<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos)] more: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let more: Vec<Value> = iterated(more, eval)?.iterate(eval.heap())?.collect();
        put(this, true, |items| drop(items.splice(0..0, more.into_iter().rev())), eval)
    }

    fn rotate<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(require = pos, default = 1)] n: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let turn = |items: &mut Vec<Value<'v>>| {
            let by = n.rem_euclid(items.len().max(1) as i32) as usize;
            items.rotate_right(by);
        };
        put(this, false, turn, eval)
    }

    fn pop<'v>(#[starlark(this)] this: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        taken(this, false, eval)
    }

    fn popleft<'v>(#[starlark(this)] this: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        taken(this, true, eval)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn deque<'v>(
        #[starlark(default = NoneOr::None)] iterable: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] maxlen: NoneOr<u32>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let items: Vec<Value> = match iterable.into_option() {
            Some(items) => iterated(items, eval)?.iterate(eval.heap())?.collect(),
            None => Vec::new(),
        };
        let most = maxlen.into_option();
        let over = most.map_or(0, |most| items.len().saturating_sub(most as usize));
        let items = eval.heap().alloc(AllocList(items[over..].iter().copied()));
        Ok(eval.heap().alloc(Deque { items, most }))
    }
}
