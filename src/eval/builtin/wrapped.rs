//! Functions that stand for another one: what `functools.wraps` and `partial` give.
//!
//! Owns what they say of the other: its name, its text, and the parameters that are left of it; and the key
//! that a function is which compares. A function that remembers what it gave is a part of the classes.

use super::operators::holds;
use super::passed::Passed;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::docs::{DocItem, DocMember};
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// `@wraps(f)`: a function that passes for `f`.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct WrapperGen<V: ValueLifetimeless> {
    function: V,
    wrapped: V,
}

starlark_complex_value!(Wrapper);

impl<V: ValueLifetimeless> fmt::Display for WrapperGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.wrapped, f)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for WrapperGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "__wrapped__" => Some(self.wrapped.to_value()),
            _ => self.wrapped.to_value().get_attr(name, heap).ok().flatten(),
        }
    }

    fn documentation(&self) -> DocItem {
        self.wrapped.to_value().documentation()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        self.function.to_value().invoke(args, eval)
    }
}

/// `cmp_to_key(f)`: a key by which `sorted`, `min` and `max` let `f` compare.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct ComparingGen<V: ValueLifetimeless> {
    function: V,
}

starlark_complex_value!(pub(super) Comparing);

impl<V: ValueLifetimeless> fmt::Display for ComparingGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "functools.cmp_to_key({})", self.function)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ComparingGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        _args: &Arguments<'v, '_>,
        _eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let why = "`cmp_to_key(f)` is a key for `sorted`, `.sort`, `min` and `max`";
        Err(hinted(why, "hand it over by `key=`"))
    }
}

impl<'v> Comparing<'v> {
    /// Whether a value stands before another.
    pub(super) fn is_less(
        &self,
        a: Value<'v>,
        b: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        let order = eval.eval_function(self.function.to_value(), &[a, b], &[])?;
        holds(order, "<", eval.heap().alloc(0), eval.heap())
    }
}

/// `partial(f, 1, x=2)`
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct PartialGen<V: ValueLifetimeless> {
    function: V,
    /// A tuple.
    positions: V,
    /// A dict.
    named: V,
}

starlark_complex_value!(Partial);

impl<V: ValueLifetimeless> fmt::Display for PartialGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "functools.partial({})", self.function)
    }
}

impl<'v, V: ValueLike<'v>> PartialGen<V> {
    fn given(&self) -> &'v [Value<'v>] {
        TupleRef::from_value(self.positions.to_value()).map_or(&[], |given| given.content())
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for PartialGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "func" => Some(self.function.to_value()),
            "args" => Some(self.positions.to_value()),
            "keywords" => Some(self.named.to_value()),
            _ => None,
        }
    }

    fn documentation(&self) -> DocItem {
        let doc = behind(self.function.to_value().documentation(), self.given().len());
        let names = DictRef::from_value(self.named.to_value());
        let names: Vec<&str> =
            names.iter().flat_map(|named| named.keys()).filter_map(|name| name.unpack_str()).collect();
        let DocItem::Member(DocMember::Function(mut function)) = doc else { return doc };
        let params = &mut function.params;
        // What is given by name, and all behind it, can be given by name only.
        if let Some(at) = params.pos_or_named.iter().position(|p| names.contains(&p.name.as_str())) {
            let named = params.pos_or_named.split_off(at);
            params.named_only.splice(0..0, named);
        }
        for param in params.named_only.iter_mut().filter(|p| names.contains(&p.name.as_str())) {
            param.default_value = Some("…".to_owned());
        }
        DocItem::Member(DocMember::Function(function))
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = self.given().iter().copied().chain(args.positions(heap)?).collect();
        let own = args.names_map()?;
        let names = DictRef::from_value(self.named.to_value());
        let earlier = names.iter().flat_map(|named| named.iter()).filter_map(|(k, v)| Some((k.unpack_str()?, v)));
        let earlier = earlier.filter(|(name, _)| !own.keys().any(|key| key.as_str() == *name));
        let later = own.iter().map(|(name, value)| (name.as_str(), *value));
        let named: Vec<(&str, Value)> = earlier.chain(later).collect();
        eval.eval_function(self.function.to_value(), &given, &named)
    }
}

/// What is said of a function that is given so many arguments already.
pub(super) fn behind(doc: DocItem, given: usize) -> DocItem {
    let DocItem::Member(DocMember::Function(mut function)) = doc else { return doc };
    let params = &mut function.params;
    let first = given.min(params.pos_only.len());
    params.pos_only.drain(..first);
    params.pos_or_named.drain(..(given - first).min(params.pos_or_named.len()));
    DocItem::Member(DocMember::Function(function))
}

/// The text at the head of a function.
fn text_of(function: Value<'_>) -> Option<String> {
    let DocItem::Member(DocMember::Function(function)) = function.documentation() else { return None };
    let docs = function.docs?;
    Some(docs.details.map_or(docs.summary.clone(), |details| format!("{}\n\n{details}", docs.summary)))
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// What `functools.wraps` makes of two functions.
    fn _wrapper<'v>(
        #[starlark(require = pos)] wrapped: Value<'v>,
        #[starlark(require = pos)] function: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Wrapper { function, wrapped }))
    }

    /// What `functools.cmp_to_key` makes of a function that compares.
    fn _by_comparing<'v>(
        #[starlark(require = pos)] function: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Comparing { function }))
    }

    /// `f.__doc__`
    fn _text_of<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(text) = value.get_attr("__doc__", heap)? {
            return Ok(text);
        }
        match value.get_type() {
            "function" => Ok(text_of(value).map_or_else(Value::new_none, |text| heap.alloc(text))),
            _ => value.get_attr_error("__doc__", heap),
        }
    }
}

/// `functools.partial`
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class 'functools.partial'>")]
struct MakePartial;

starlark::starlark_simple_value!(MakePartial);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for MakePartial {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let mut passed = Passed::of(args, heap)?;
        let function = passed.shift();
        let function = function.ok_or_else(|| thrown("TypeError", "`partial` wants a function first"))?;
        let (positions, named) = passed.parts();
        let (positions, named) = (heap.alloc(AllocTuple(positions)), heap.alloc(AllocDict(named)));
        Ok(heap.alloc(Partial { function, positions, named }))
    }
}

pub(super) fn partials(builder: &mut GlobalsBuilder) {
    builder.set("partial", MakePartial);
}
