//! Functions of a sheet or a column: in its brackets, as in `sheet[lambda rows: …]`, and
//! `.pipe`.
//!
//! Owns what such a function is handed. It does not know what is done with its answer.

use super::column::Column;
use super::column_located::Cells;
use super::frame::Frame;
use super::located::Rows;
use crate::eval::convert::is_function;
use crate::eval::exception::thrown_with;
use crate::eval::fault::{fault, hinted};
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, Value};

/// The sheet or the column that brackets are of; none of other values.
fn asked<'v>(of: Value<'v>, heap: Heap<'v>) -> Option<Value<'v>> {
    if Frame::from_value(of).is_some() || Column::from_value(of).is_some() {
        return Some(of);
    }
    let frame = Rows::from_value(of).map(|rows| heap.alloc(rows.frame.clone()));
    frame.or_else(|| Cells::from_value(of).map(|cells| heap.alloc(cells.column.clone())))
}

/// What stands in brackets, where functions of a sheet or a column have answered.
///
/// # Errors
/// What such a function fails with.
pub(super) fn asked_by<'v>(
    of: Value<'v>,
    index: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let Some(sheet) = asked(of, eval.heap()) else { return Ok(index) };
    let located = Frame::from_value(of).is_none() && Column::from_value(of).is_none();
    match TupleRef::from_value(index).filter(|_| located) {
        Some(parts) => {
            let mut answers = Vec::with_capacity(parts.len());
            for part in parts.content() {
                answers.push(answer(*part, sheet, eval)?);
            }
            Ok(eval.heap().alloc(AllocTuple(answers)))
        }
        None => answer(index, sheet, eval),
    }
}

fn answer<'v>(part: Value<'v>, sheet: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    if is_function(part) { eval.eval_function(part, &[sheet], &[]) } else { Ok(part) }
}

/// The error of a function in brackets that is called by its name.
///
/// # Errors
/// If the index is a function, or one is a part of it.
pub(super) fn refuse_functions(index: Value) -> starlark::Result<()> {
    match has_function(index) {
        true => {
            let why = "a function in brackets is written there: `sheet[lambda rows: …]`";
            Err(hinted(why, "or call it: `sheet[function(sheet)]`; cells are given by `sheet.loc[function(sheet), …]`"))
        }
        false => Ok(()),
    }
}

/// The error of cells that are given by a function.
///
/// # Errors
/// If the index is a function, or one is a part of it.
pub(super) fn refuse_to_give(index: Value) -> starlark::Result<()> {
    match has_function(index) {
        true => Err(hinted(GIVEN.0, GIVEN.1)),
        false => Ok(()),
    }
}

/// What is said of cells that are given by a function, and the way out.
const GIVEN: (&str, &str) =
    ("cells are not given by a function here", "give them by a mask: `sheet.loc[sheet[\"n\"] > 1, \"n\"] = 5`");

fn has_function(index: Value) -> bool {
    let parts = TupleRef::from_value(index).map_or_else(|| vec![index], |parts| parts.content().to_vec());
    parts.into_iter().any(is_function)
}

/// What a function makes of a value and of some more: `.pipe(function, …)`.
///
/// # Errors
/// If it is no function, and what it fails with.
pub(super) fn piped<'v>(
    this: Value<'v>,
    function: Value<'v>,
    more: &[Value<'v>],
    named: &SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let mut named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let (function, first) = match TupleRef::from_value(function).map(TupleRef::content) {
        Some([function, name]) => {
            let name = name.unpack_str().ok_or_else(|| fault("`pipe` wants a function and the name of a parameter"))?;
            if named.iter().any(|(known, _)| *known == name) {
                return Err(thrown_with(
                    "ValueError",
                    format!("{name} is both the pipe target and a keyword argument"),
                    "leave it out",
                ));
            }
            named.push((name, this));
            (*function, None)
        }
        _ => (function, Some(this)),
    };
    let positions: Vec<Value> = first.into_iter().chain(more.iter().copied()).collect();
    eval.eval_function(function, &positions, &named)
}
