//! Sheets cell by cell: compared with another value, chosen by bools, and found in lists,
//! named as in pandas.
//!
//! Owns which cells stand beside which. How two cells are compared is `column_compared`'s.

use super::column::Column;
use super::column_compared::{mask, turned};
use super::frame::{Frame, Now, cell_of, label_of};
use super::frame_counts::kind;
use super::index::Index;
use super::row::series;
use super::sheet::{Sheet, is_empty};
use crate::eval::convert::{elements, is_function};
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::mem::discriminant;

/// A sheet of columns in the place of those of another.
fn of_cells(sheet: &Sheet, columns: &[Vec<Val>]) -> Sheet {
    let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
    Sheet { rows: (0..sheet.rows.len()).map(row).collect(), ..sheet.clone() }
}

/// Each cell of a sheet compared with a value, or with that of another sheet; none if
/// neither side is one.
pub(super) fn compared<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    heap: Heap<'v>,
) -> Option<starlark::Result<Value<'v>>> {
    let is_sheet = |value: Value<'v>| Frame::from_value(value).is_some();
    if matches!(operator, "is" | "is not") || !(is_sheet(left) || is_sheet(right)) {
        return None;
    }
    let (sheet, operator, other) = match is_sheet(left) {
        true => (left, operator, right),
        false => (right, turned(operator), left),
    };
    let sheet = Now::of(sheet)?;
    Some(by_columns(&sheet, operator, other, heap).map(|made| heap.alloc(made)))
}

fn by_columns<'v>(sheet: &Sheet, operator: &str, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
    let others = match Now::of(other) {
        Some(other) if other.columns == sheet.columns && other.index.is_like(&sheet.index) => Some(other),
        Some(_) => {
            let why = "Can only compare identically-labeled (both index and columns) DataFrame objects";
            let hint = "give both the same labels first, by `.reindex(…)`";
            return Err(thrown_with("ValueError", why, hint));
        }
        None if Column::from_value(other).is_some() || elements(other, heap).is_some() => {
            return Err(hinted(
                "a sheet is compared with one value or another sheet here",
                "compare its columns one by one",
            ));
        }
        None => None,
    };
    let mut columns = Vec::with_capacity(sheet.columns.len());
    for at in 0..sheet.columns.len() {
        let right = others.as_ref().map_or(other, |others| heap.alloc(others.values(at)));
        let made = mask(heap.alloc(sheet.values(at)), operator, right, heap);
        let made = made.unwrap_or_else(|| Err(fault("a sheet is compared")))?;
        columns.push(Column::from_value(made).map(|made| made.values.to_vec()).unwrap_or_default());
    }
    Ok(of_cells(sheet, &columns))
}

/// The cells for which those of a sheet of bools are as wanted, and others in the place of the rest.
pub(super) fn kept(sheet: &Sheet, holds: &Sheet, other: Option<Value>, wanted: bool) -> starlark::Result<Sheet> {
    let odd = |cell: &&Val| !matches!(cell, Val::Bool(_));
    if let Some(odd) = holds.rows.iter().flat_map(|row| row.iter()).find(odd) {
        return Err(thrown("TypeError", format!("a condition is a sheet of bools, which {} is not", odd.repr())));
    }
    if !holds.index.is_like(&sheet.index) || holds.columns != sheet.columns {
        return Err(hinted(
            "the condition has other rows or columns than the sheet",
            "give both the same, by `.reindex(…)`",
        ));
    }
    let others = other.and_then(Now::of);
    let one = match other {
        Some(other) if others.is_none() => {
            Some(cell_of(other).filter(|cell| cell.items().is_none()).ok_or_else(|| {
                hinted("what stands in the place of cells is one value or a sheet here", "ask the columns one by one")
            })?)
        }
        _ => None,
    };
    if others.as_ref().is_some_and(|other| !other.index.is_like(&sheet.index) || other.columns != sheet.columns) {
        return Err(hinted("the other sheet has other rows or columns", "give both the same, by `.reindex(…)`"));
    }
    let cell = |row: usize, at: usize| match (holds.rows[row][at] == Val::Bool(wanted), &others, &one) {
        (true, _, _) => sheet.rows[row][at].clone(),
        (false, Some(others), _) => others.rows[row][at].clone(),
        (false, None, Some(one)) => one.clone(),
        (false, None, None) => sheet.of.nothing(),
    };
    let row = |row: usize| (0..sheet.columns.len()).map(|at| cell(row, at)).collect();
    Ok(Sheet { rows: (0..sheet.rows.len()).map(row).collect(), ..sheet.clone() }.settled())
}

/// The same, of a condition that may be a function of the sheet.
fn asked<'v>(
    this: Value<'v>,
    (condition, other): (Value<'v>, Option<Value<'v>>),
    wanted: bool,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Sheet> {
    let sheet = Now::of(this).ok_or_else(|| fault("a sheet is asked"))?;
    let mut answer = |value: Value<'v>| match is_function(value) {
        true => eval.eval_function(value, &[this], &[]),
        false => Ok(value),
    };
    let (condition, other) = (answer(condition)?, other.map(answer).transpose()?);
    let holds = Now::of(condition).ok_or_else(|| {
        hinted(
            "a condition is a sheet of bools here",
            "rows are chosen by `sheet[column]`, cells of a column by its own `.where`",
        )
    })?;
    kept(&sheet, &holds, other, wanted)
}

/// The rows whose columns have these values.
fn rows_with<'v>(sheet: &Now, named: &SmallMap<String, Value<'v>>, heap: Heap<'v>) -> starlark::Result<Sheet> {
    let mut wanted = Vec::new();
    for (name, value) in named {
        wanted.push((sheet.column_at(name)?, super::frame::plain_of(*value, heap)?));
    }
    let same = |cell: &Val, value: &Val| cell == value || cell.display() == value.display();
    let fits = |row: &usize| wanted.iter().all(|(at, value)| same(&sheet.rows[*row][*at], value));
    Ok(sheet.pick(&(0..sheet.rows.len()).filter(fits).collect::<Vec<_>>()))
}

/// Whether cells are the same and of one type, or both empty.
fn alike(a: &[Val], b: &[Val]) -> bool {
    let same = |(a, b): (&Val, &Val)| (is_empty(a) && is_empty(b)) || (discriminant(a) == discriminant(b) && a == b);
    a.len() == b.len() && a.iter().zip(b).all(same)
}

fn same_labels(a: &Index, b: &Index) -> bool {
    alike(&a.keys, &b.keys)
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// The cells for which a sheet of bools is true, and others in the place of the rest; by
    /// names, the rows whose columns have these values.
    fn r#where<'v>(
        this: Value<'v>,
        #[starlark(require = pos)] condition: Option<Value<'v>>,
        #[starlark(require = pos)] other: Option<Value<'v>>,
        #[starlark(kwargs)] mut named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        let sheet = Now::of(this).ok_or_else(|| fault("`where` is asked of a sheet"))?;
        let is_mask = |value: &Value| Now::of(*value).is_some() || is_function(*value);
        let condition = match condition {
            None if named.get("cond").is_some_and(is_mask) => named.shift_remove("cond"),
            given => given,
        };
        if condition.is_none() && named.is_empty() {
            let hint = "write `sheet.where(sheet > 1)`, or the rows' values by name: `sheet.where(column=\"value\")`";
            return Err(thrown_with("TypeError", "`where` wants a sheet of bools, or values of columns", hint));
        }
        let Some(condition) = condition else { return rows_with(&sheet, &named, eval.heap()) };
        if let Some(odd) = named.keys().find(|name| *name != "other") {
            return Err(fault(format!("`where` with a condition does not take `{odd}` here")));
        }
        let other = other.or(named.get("other").copied()).filter(|other| !other.is_none());
        asked(this, (condition, other), true, eval)
    }

    /// The other way round: empty, or another value, where a sheet of bools is true.
    fn mask<'v>(
        this: Value<'v>,
        cond: Value<'v>,
        #[starlark(default = NoneOr::None)] other: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        asked(this, (cond, other.into_option()), false, eval)
    }

    /// Which cells hold one of some values; by a dict, one of those of their column.
    fn isin<'v>(this: Now, values: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        if values.unpack_str().is_some()
            || Now::of(values).is_some()
            || Column::from_value(values).is_some_and(|c| !c.by_place)
        {
            let why = "`isin` of a sheet wants a list of values, or a dict of such lists here";
            return Err(thrown_with("TypeError", why, "a column's values are `column.tolist()`"));
        }
        let list = |values: Value<'v>| {
            let values = elements(values, heap);
            values.ok_or_else(|| thrown("TypeError", "only list-like or dict-like objects are allowed to be passed"))
        };
        let of_names: Option<Vec<(Val, Value<'v>)>> = DictRef::from_value(values)
            .map(|dict| dict.iter().filter_map(|(key, of)| Some((label_of(key)?, of))).collect());
        let by_name = of_names.as_ref().map(|all| {
            let mut by_name: FxHashMap<String, Vec<&(Val, Value<'v>)>> = FxHashMap::default();
            all.iter().for_each(|pair| by_name.entry(pair.0.display()).or_default().push(pair));
            by_name
        });
        let mut columns = Vec::with_capacity(this.columns.len());
        for (at, name) in this.columns.iter().enumerate() {
            let wanted = match &by_name {
                Some(by_name) => {
                    let of = by_name.get(&**name).and_then(|alike| alike.iter().find(|(key, _)| name.is(key)));
                    of.map_or(Ok(Vec::new()), |(_, of)| list(*of))?
                }
                None => list(values)?,
            };
            columns.push(this.values(at).among(&wanted, heap)?.values.to_vec());
        }
        Ok(of_cells(&this, &columns))
    }

    /// Whether another sheet has the same cells, names and labels.
    fn equals<'v>(this: Now, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Now::of(other) else { return Ok(false) };
        let columns = |at: usize| {
            let (own, other) = (this.values(at), other.values(at));
            kind(&own) == kind(&other) && alike(&own.values, &other.values)
        };
        let labels = this.columns == other.columns && same_labels(&this.index, &other.index);
        Ok(labels && (0..this.columns.len()).all(columns))
    }

    fn eq<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, "==", other, heap)
    }

    fn ne<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, "!=", other, heap)
    }

    fn lt<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, "<", other, heap)
    }

    fn le<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, "<=", other, heap)
    }

    fn gt<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, ">", other, heap)
    }

    fn ge<'v>(this: Now, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Sheet> {
        by_columns(&this, ">=", other, heap)
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    /// Whether another column has the same cells and labels.
    fn equals<'v>(this: &Column, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = series(other) else { return Ok(false) };
        let labels = this.is_labels || other.is_labels || same_labels(&this.index, &other.index);
        Ok(labels && kind(this) == kind(&other) && alike(&this.values, &other.values))
    }
}
