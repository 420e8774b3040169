//! What a column is asked for cell by cell, beside another value or a condition.
//!
//! Owns what these methods take. It does not know which cell stands beside which.

use super::aligned::{beside, differ};
use super::assigned::Given;
use super::column::Column;
use super::frame::{cells_of, plain_of};
use super::frame_compared::compared;
use super::numpy::Array;
use super::operators::holds;
use super::replaced::Replaced;
use super::row::{Row, series};
use super::sheet::{Maker, NOTHING, is_empty};
use crate::eval::convert::from_val;
use crate::eval::exception::{thrown, thrown_with};
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

/// For each cell of a column of bools one of two values, or of the cells of two columns.
pub(super) fn chosen<'v>(
    condition: Value<'v>,
    yes: Value<'v>,
    no: Value<'v>,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let holds = cells_of(condition).ok_or_else(|| fault("`np.where` wants a column of bools"))?;
    let cells = |given: Value<'v>| match cells_of(given) {
        Some(cells) if cells.len() == holds.len() => Ok(cells),
        Some(_) => Err(fault("two columns of one length are wanted here")),
        None => Ok(vec![plain_of(given, heap)?; holds.len()]),
    };
    let (yes, no) = (cells(yes)?, cells(no)?);
    let cell = |at: usize| if holds[at] == Val::Bool(true) { yes[at].clone() } else { no[at].clone() };
    Ok(heap.alloc(Column::plain((0..holds.len()).map(cell))))
}

/// Each cell of a column or an array compared with a value, or with that of another; none
/// if neither side is one, or the operator asks whether they are the same.
pub(super) fn mask<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    heap: Heap<'v>,
) -> Option<starlark::Result<Value<'v>>> {
    if let Some(made) = compared(left, operator, right, heap) {
        return Some(made);
    }
    // A row is compared as a column is.
    let row = |value: Value<'v>| Row::from_value(value).and_then(|_| series(value)).map(|row| heap.alloc(row));
    let (left, right) = match operator {
        "is" | "is not" => return None,
        _ => (row(left).unwrap_or(left), row(right).unwrap_or(right)),
    };
    let (column, operator, other) = match (Column::from_value(left), Column::from_value(right)) {
        (None, None) => return Array::compared(left, operator, right, heap),
        (Some(column), _) => (column, operator, right),
        (None, Some(column)) => (column, turned(operator), left),
    };
    let others = match Column::from_value(other) {
        Some(other) if differ(column, other) => {
            let why = "Can only compare identically-labeled Series objects";
            let hint = "compare cells by their place: `a == b.values`, or give both the same labels first";
            return Some(Err(thrown_with("ValueError", why, hint)));
        }
        Some(other) => Some(other.values.to_vec()),
        None if column.of == Maker::Pandas && matches!(other.get_type(), "list" | "tuple") => cells_of(other),
        None => None,
    };
    if others.as_ref().is_some_and(|others| others.len() != column.values.len()) {
        return Some(Err(thrown("ValueError", "two columns of one length are wanted here")));
    }
    let cell = |at: usize| {
        let nothing = is_empty(&column.values[at]) || others.as_ref().is_some_and(|others| is_empty(&others[at]));
        let other = others.as_ref().map_or(other, |others| from_val(&others[at], heap));
        let fits =
            if nothing { operator == "!=" } else { holds(from_val(&column.values[at], heap), operator, other, heap)? };
        Ok(Val::Bool(fits))
    };
    let cells = (0..column.values.len()).map(cell).collect::<starlark::Result<_>>();
    Some(cells.map(|cells| heap.alloc(column.with(cells))))
}

/// The operator for the two sides in the other order.
pub(super) fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    fn eq<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, "==", other, heap)
    }

    fn ne<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, "!=", other, heap)
    }

    fn gt<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, ">", other, heap)
    }

    fn lt<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, "<", other, heap)
    }

    fn ge<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, ">=", other, heap)
    }

    fn le<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        asked(this, "<=", other, heap)
    }

    fn r#where<'v>(
        this: &Column,
        cond: Value<'v>,
        #[starlark(default = NoneOr::None)] other: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        kept(this, cond, other.into_option())
    }

    /// The other way round: empty, or another value, where a condition holds.
    fn mask<'v>(
        this: &Column,
        cond: Value<'v>,
        #[starlark(default = NoneOr::None)] other: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        kept(this, cond.bit_not(heap)?, other.into_option())
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
