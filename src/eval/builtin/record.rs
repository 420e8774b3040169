//! Tuples with names for their elements: `namedtuple`.

use super::operators::each;
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::{SmallMap, StarlarkHasher};
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::AllocDict;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module, starlark_simple_value};
use std::cmp::Ordering;
use std::fmt;

/// A tuple with names.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval) struct RecordGen<V: ValueLifetimeless> {
    values: V,
    /// What made it: a class, or what `namedtuple` gave; or `None`.
    class: V,
    typename: String,
    names: Vec<String>,
}

starlark_complex_value!(pub(in crate::eval) Record);

impl<V: ValueLifetimeless> fmt::Display for RecordGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.typename, self.values)
    }
}

impl<'v> Record<'v> {
    pub(super) fn alloc(typename: &str, names: &[String], values: Vec<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
        Record::alloc_of(Value::new_none(), typename, names, values, heap)
    }

    /// One of a class.
    pub(super) fn alloc_of(
        class: Value<'v>,
        typename: &str,
        names: &[String],
        values: Vec<Value<'v>>,
        heap: Heap<'v>,
    ) -> Value<'v> {
        let values = heap.alloc(AllocTuple(values));
        heap.alloc(Record { values, class, typename: typename.to_owned(), names: names.to_vec() })
    }

    pub(in crate::eval) fn typename(&self) -> &str {
        &self.typename
    }

    /// What made it.
    pub(super) fn class(&self) -> Value<'v> {
        self.class.to_value()
    }

    /// The names and values, in order.
    pub(in crate::eval) fn pairs(&self) -> Vec<(&str, Value<'v>)> {
        let values = TupleRef::from_value(self.values).map(|t| t.content().to_vec()).unwrap_or_default();
        self.names.iter().map(String::as_str).zip(values).collect()
    }
}

/// The tuple of a record; other values as they are.
fn tuple<'v>(value: Value<'v>) -> Value<'v> {
    Record::from_value(value).map_or(value, |record| record.values.to_value())
}

#[starlark_value(type = "record")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for RecordGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if name == "_fields" {
            return Some(heap.alloc(AllocTuple(self.names.iter().map(String::as_str))));
        }
        let Some(at) = self.names.iter().position(|own| own == name) else {
            let (class, values) = (self.class.to_value(), self.values.to_value());
            let own = || {
                let (typename, names) = (self.typename.clone(), self.names.clone());
                heap.alloc(Record { values, class, typename, names })
            };
            return super::class::of_tuple(class, name, own, heap);
        };
        TupleRef::from_value(self.values.to_value())?.content().get(at).copied()
    }

    fn dir_attr(&self) -> Vec<String> {
        self.names.clone()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.values.to_value().at(index, heap)
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        step: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        self.values.to_value().slice(start, stop, step, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        self.values.to_value().length()
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.values.to_value().is_in(other)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values.to_value().iterate(heap)?.collect())
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.values.to_value().write_hash(hasher)
    }

    fn to_bool(&self) -> bool {
        self.values.to_value().to_bool()
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.values.to_value().add(tuple(other), heap))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(left.add(self.values.to_value(), heap))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        self.values.to_value().equals(tuple(other))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        self.values.to_value().compare(tuple(other))
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn _asdict<'v>(#[starlark(this)] this: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs = Record::from_value(this).map(Record::pairs).unwrap_or_default();
        Ok(heap.alloc(AllocDict(pairs)))
    }

    fn _replace<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let Some(record) = Record::from_value(this) else { return Ok(this) };
        let values = record.pairs().into_iter().map(|(n, v)| named.get(n).copied().unwrap_or(v)).collect();
        Ok(Record::alloc_of(record.class(), &record.typename, &record.names, values, heap))
    }
}

/// What `namedtuple` gives: a function that makes records.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class '{typename}'>")]
pub(super) struct Fields {
    pub(super) typename: String,
    pub(super) fields: Vec<String>,
}

starlark_simple_value!(Fields);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Fields {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "_make" => Some(heap.alloc(Make { typename: self.typename.clone(), fields: self.fields.clone() })),
            "_fields" => Some(heap.alloc(AllocTuple(self.fields.iter().map(String::as_str)))),
            _ => None,
        }
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = args.positions(heap)?.collect();
        let named = args.names_map()?;
        let value = |(i, field): (usize, &String)| {
            let by_name = || named.iter().find(|(name, _)| name.as_str() == field).map(|(_, value)| *value);
            let found = given.get(i).copied().or_else(by_name);
            found.ok_or_else(|| thrown("TypeError", format!("`{}` wants a value for `{field}`", self.typename)))
        };
        let values = self.fields.iter().enumerate().map(value).collect::<starlark::Result<Vec<_>>>()?;
        if given.len() + named.len() > values.len() {
            return Err(thrown("TypeError", format!("`{}` has {} fields", self.typename, values.len())));
        }
        Ok(Record::alloc_of(me, &self.typename, &self.fields, values, heap))
    }
}

/// `Point._make`: a record of the elements of a list.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("{typename}._make")]
struct Make {
    typename: String,
    fields: Vec<String>,
}

starlark_simple_value!(Make);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Make {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let values: Vec<Value> = each(args.positional1(heap)?, heap).iterate(heap)?.collect();
        if values.len() != self.fields.len() {
            return Err(thrown("TypeError", format!("`{}` has {} fields", self.typename, self.fields.len())));
        }
        Ok(Record::alloc(&self.typename, &self.fields, values, heap))
    }
}
