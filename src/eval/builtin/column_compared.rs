//! What a column is asked for cell by cell, beside another value or a condition.

use super::aligned::beside;
use super::assigned::Given;
use super::column::Column;
use super::operators::mask;
use super::replaced::Replaced;
use super::sheet::NOTHING;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};

fn asked<'v>(column: &Column, operator: &str, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    mask(heap.alloc(column.clone()), operator, other, heap).unwrap_or_else(|| Err(fault("a column is compared")))
}

/// The cells for which a condition holds, and others in the place of the rest.
fn kept<'v>(column: &Column, holds: Value<'v>, other: Option<Value<'v>>) -> starlark::Result<Column> {
    let holds = Column::from_value(holds).ok_or_else(|| fault("a condition is a column of bools"))?;
    let holds = beside(column, holds)?;
    let others = match other.map(Given::of).transpose()? {
        Some(Given::Column(other)) => beside(column, &other)?,
        Some(given) => given.cells(&column.index, column.of)?,
        None => vec![NOTHING; column.values.len()],
    };
    let cell = |at: usize| if holds[at] == Val::Bool(true) { &column.values[at] } else { &others[at] };
    Ok(column.filled((0..column.values.len()).map(|at| cell(at).clone()).collect()))
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    fn eq<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, "==", other, heap)
    }

    fn ne<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, "!=", other, heap)
    }

    fn gt<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, ">", other, heap)
    }

    fn lt<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, "<", other, heap)
    }

    fn ge<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, ">=", other, heap)
    }

    fn le<'v>(
        this: &Column,
        #[starlark(require = pos)] other: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        asked(this, "<=", other, heap)
    }

    fn r#where<'v>(
        this: &Column,
        #[starlark(require = pos)] holds: Value<'v>,
        #[starlark(default = NoneOr::None)] other: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        kept(this, holds, other.into_option())
    }

    /// The other way round: empty, or another value, where a condition holds.
    fn mask<'v>(
        this: &Column,
        #[starlark(require = pos)] holds: Value<'v>,
        #[starlark(default = NoneOr::None)] other: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        kept(this, holds.bit_not(heap)?, other.into_option())
    }

    /// Other values in the place of some.
    fn replace<'v>(
        this: &Column,
        to_replace: Value<'v>,
        value: Option<Value<'v>>,
        #[starlark(require = named, default = false)] regex: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let replaced = Replaced::of(to_replace, value, regex, eval.heap())?;
        Ok(this.filled(this.values.iter().map(|cell| replaced.cell(cell, eval)).collect::<starlark::Result<_>>()?))
    }
}
