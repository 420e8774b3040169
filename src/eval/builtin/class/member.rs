//! Members of classes that are no plain methods: `@staticmethod`, `@classmethod` and
//! `@property`; and functions that remember what they gave.

use super::object::bound;
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::docs::DocItem;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::none::NoneType;
use starlark::values::tuple::AllocTuple;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Trace, Freeze, Allocative)]
enum Sort {
    Static,
    OfClass,
    Property,
}

/// A function that a decorator made a member of another kind.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval::builtin) struct SpecialGen<V: ValueLifetimeless> {
    function: V,
    /// What gives a property another value, or `None`.
    setter: V,
    sort: Sort,
}

starlark_complex_value!(pub(in crate::eval::builtin) Special);

impl<V: ValueLifetimeless> fmt::Display for SpecialGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?} {}>", self.sort, self.function)
    }
}

#[starlark_value(type = "member")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for SpecialGen<V> where Self: ProvidesStaticType<'v> {}

impl<'v> Special<'v> {
    /// What is asked of a class or, if it is no property, of an object of it.
    pub(super) fn of(&self, class: Value<'v>, heap: Heap<'v>) -> Value<'v> {
        match self.sort {
            Sort::OfClass => bound(class, self.function.to_value(), heap),
            Sort::Static | Sort::Property => self.function.to_value(),
        }
    }

    /// The function that gives a property another value.
    fn setter(&self) -> Option<Value<'v>> {
        Some(self.setter.to_value()).filter(|setter| !setter.is_none())
    }

    /// The function of a property.
    pub(super) fn property(&self) -> Option<Value<'v>> {
        (self.sort == Sort::Property).then(|| self.function.to_value())
    }
}

/// `x.setter`: makes a property that can be given values.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct SettingGen<V: ValueLifetimeless> {
    property: V,
}

starlark_complex_value!(Setting);

impl<V: ValueLifetimeless> fmt::Display for SettingGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<setter of {}>", self.property)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for SettingGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let setter = args.positional1(heap)?;
        let property = Special::from_value(self.property.to_value());
        let property = property.ok_or_else(|| thrown("AttributeError", "what has a setter is a property"))?;
        Ok(heap.alloc(Special { function: property.function.to_value(), setter, sort: property.sort }))
    }
}

/// A function that remembers what it gave.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct CachedGen<V: ValueLifetimeless> {
    function: V,
    /// What it gave, by the arguments.
    known: V,
}

starlark_complex_value!(Cached);

impl<V: ValueLifetimeless> fmt::Display for CachedGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.function, f)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for CachedGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "__wrapped__" => Some(self.function.to_value()),
            "cache_clear" => self.known.to_value().get_attr("clear", heap).ok().flatten(),
            _ => None,
        }
    }

    fn documentation(&self) -> DocItem {
        self.function.to_value().documentation()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = args.positions(heap)?.collect();
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let names = named.iter().map(|(name, value)| heap.alloc(AllocTuple([heap.alloc(*name), *value])));
        // `1`, `1.0` and `True` are one key, as in Python.
        let names: Vec<Value> = names.collect();
        let key = heap.alloc(AllocTuple([heap.alloc(AllocTuple(given.clone())), heap.alloc(AllocTuple(names))]));
        let known = self.known.to_value();
        // A job's own values are new for each: nothing is known of them.
        let of_job = |value: &Value| matches!(value.get_type(), "wildcards" | "files" | "named_list");
        if given.iter().chain(named.iter().map(|(_, value)| value)).any(of_job) {
            return eval.eval_function(self.function.to_value(), &given, &named);
        }
        if let Some(found) = DictRef::from_value(known).map(|d| d.get(key)).transpose()?.flatten() {
            return Ok(found);
        }
        let made = eval.eval_function(self.function.to_value(), &given, &named)?;
        // What is frozen remembers no more: a job's functions run side by side.
        if known.unpack_frozen().is_none() {
            known.set_at(key, made)?;
        }
        Ok(made)
    }
}

/// A function that remembers what it gives.
pub(in crate::eval::builtin) fn cached<'v>(function: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Cached { function, known: heap.alloc(AllocDict::EMPTY) })
}

fn special<'v>(function: Value<'v>, sort: Sort, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Special { function, setter: Value::new_none(), sort })
}

#[starlark_module]
pub(in crate::eval::builtin) fn register(builder: &mut GlobalsBuilder) {
    fn staticmethod<'v>(#[starlark(require = pos)] function: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(special(function, Sort::Static, heap))
    }

    fn classmethod<'v>(#[starlark(require = pos)] function: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(special(function, Sort::OfClass, heap))
    }

    fn property<'v>(#[starlark(require = pos)] function: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(special(function, Sort::Property, heap))
    }

    /// `x.name`, where some class of the file has a property of that name.
    fn _get<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(require = pos)] name: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match super::object::property(object, name) {
            Some(function) => eval.eval_function(function, &[object], &[]),
            None => object.get_attr_error(name, eval.heap()),
        }
    }

    /// What an object of a class holds, as a dict of its own; else `None`.
    fn _fields<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let object = super::Object::from_value(value);
        Ok(object.map_or_else(Value::new_none, |object| heap.alloc(AllocDict(super::pairs(object.fields())))))
    }

    /// An object of the same class that holds something else.
    fn _like<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] fields: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let object = super::Object::from_value(value);
        Ok(object.map_or(value, |object| heap.alloc(super::Object::new(object.class(), fields))))
    }

    /// Starlark's own asks no property.
    fn getattr<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(function) = super::object::property(object, name) {
            return eval.eval_function(function, &[object], &[]);
        }
        match (object.get_attr(name, eval.heap())?, default) {
            (Some(found), _) => Ok(found),
            (None, Some(default)) => Ok(default),
            (None, None) => object.get_attr_error(name, eval.heap()),
        }
    }

    /// `x.name = value`, where some class says what that does.
    fn _set<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let property = super::object::method(object, name).and_then(Special::from_value);
        match property.map(Special::setter) {
            Some(Some(setter)) => eval.eval_function(setter, &[object, value], &[]).map(|_| NoneType),
            Some(None) => Err(thrown("AttributeError", format!("the property `{name}` has no setter"))),
            None => object.set_attr(name, value).map(|()| NoneType),
        }
    }

    /// `@x.setter`: what stands before the function that gives the property a value.
    fn _setter<'v>(#[starlark(require = pos)] property: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Setting { property }))
    }

    fn _cached<'v>(#[starlark(require = pos)] function: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(cached(function, heap))
    }
}
