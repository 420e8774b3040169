//! A `Paramspace`: what it knows itself, and all else from the sheet it is of.
//!
//! Owns which of the two answers. What a Paramspace knows is made in
//! `library/snakemake_utils.star`.

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::GlobalsBuilder;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// See the module.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct ParamspaceGen<V: ValueLifetimeless> {
    /// A struct.
    own: V,
    sheet: V,
}

starlark_complex_value!(Paramspace);

impl<V: ValueLifetimeless> fmt::Display for ParamspaceGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paramspace of {}", self.sheet)
    }
}

#[starlark_value(type = "Paramspace")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ParamspaceGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let asked = |value: Value<'v>| value.get_attr(name, heap).ok().flatten();
        asked(self.own.to_value()).or_else(|| asked(self.sheet.to_value()))
    }

    fn dir_attr(&self) -> Vec<String> {
        [self.own, self.sheet].into_iter().flat_map(|value| value.to_value().dir_attr()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.sheet.to_value().at(index, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        self.sheet.to_value().length()
    }
}

/// What a Paramspace knows itself, as a struct; none for all else.
pub(in crate::eval) fn space_fields(value: Value<'_>) -> Option<Value<'_>> {
    Some(Paramspace::from_value(value)?.own.to_value())
}

/// What the library's text makes one with.
#[starlark_module]
pub(super) fn register(globals: &mut GlobalsBuilder) {
    fn _paramspace<'v>(
        #[starlark(require = pos)] own: Value<'v>,
        #[starlark(require = pos)] sheet: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Paramspace { own, sheet }))
    }
}
