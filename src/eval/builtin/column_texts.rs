//! `column.str`: a text's methods, asked of each cell.
//!
//! Owns what pandas' accessor has that texts have not. Empty cells stay empty.

use super::column::Column;
use super::frame::plain_of;
use super::passed::Passed;
use crate::eval::convert::from_val;
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::none::NoneOr;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// See the module.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<texts of {_0}>")]
#[allocative(skip)]
pub(super) struct Texts(pub(super) Column);

starlark_simple_value!(Texts);

/// A method of texts that is asked of each.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {name} of texts>")]
#[allocative(skip)]
struct Each {
    column: Column,
    name: String,
}

starlark_simple_value!(Each);

#[starlark_value(type = "texts")]
impl<'v> StarlarkValue<'v> for Texts {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = texts_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let known = heap.alloc("").has_attr(name, heap);
        known.then(|| heap.alloc(Each { column: self.0.clone(), name: name.to_owned() }))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let cell = |value: &Val| match value {
            Val::None => Ok(Val::None),
            text => plain_of(from_val(text, heap).at(index, heap)?, heap),
        };
        Ok(heap.alloc(self.0.with(self.0.values.iter().map(cell).collect::<starlark::Result<_>>()?)))
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Each {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let passed = Passed::of(args, heap)?;
        let mut values = Vec::with_capacity(self.column.values.len());
        for value in &*self.column.values {
            if !matches!(value, Val::Str(_)) {
                values.push(Val::None);
                continue;
            }
            let method = from_val(value, heap).get_attr(&self.name, heap)?;
            let method = method.ok_or_else(|| fault(format!("texts have no `.{}`", self.name)))?;
            let made = passed.on_to(method, &[], eval)?;
            values.push(plain_of(made, heap)?);
        }
        Ok(heap.alloc(self.column.with(values)))
    }
}

#[starlark_module]
fn texts_methods(builder: &mut MethodsBuilder) {
    /// Each text joined to that of another column; without one, all to one text.
    fn cat<'v>(
        this: &Texts,
        #[starlark(default = NoneOr::None)] others: NoneOr<Value<'v>>,
        #[starlark(default = "")] sep: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let own = &this.0;
        let Some(others) = others.into_option() else {
            let all: Vec<String> = own.values.iter().filter(|v| **v != Val::None).map(Val::display).collect();
            return Ok(heap.alloc(all.join(sep)));
        };
        let others = Column::from_value(others).filter(|others| others.values.len() == own.values.len());
        let others = others.ok_or_else(|| fault("`cat` wants a column with as many cells"))?;
        let joined = |(a, b): (&Val, &Val)| match (a, b) {
            (Val::None, _) | (_, Val::None) => Val::None,
            (a, b) => Val::str(format!("{}{sep}{}", a.display(), b.display())),
        };
        Ok(heap.alloc(own.with(own.values.iter().zip(&*others.values).map(joined).collect())))
    }

    /// Whether a regular expression is found in each; a plain text with `regex=False`.
    fn contains<'v>(
        this: &Texts,
        #[starlark(require = pos)] pattern: &str,
        #[starlark(default = true)] regex: bool,
    ) -> starlark::Result<Column> {
        let pattern = if regex { pattern.to_owned() } else { regex::escape(pattern) };
        let found = regex::Regex::new(&pattern).map_err(|e| fault(format!("this is no regular expression: {e}")))?;
        let cell = |value: &Val| match value {
            Val::Str(text) => Val::Bool(found.is_match(text)),
            _ => Val::None,
        };
        Ok(this.0.with(this.0.values.iter().map(cell).collect()))
    }

    fn len(this: &Texts) -> starlark::Result<Column> {
        let cell = |value: &Val| match value {
            Val::Str(text) => Val::Int(text.chars().count() as i64),
            _ => Val::None,
        };
        Ok(this.0.with(this.0.values.iter().map(cell).collect()))
    }
}
