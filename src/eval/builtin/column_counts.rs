//! What is counted, summed and compared of a column's cells, named as in pandas.
//!
//! Owns what empty cells and bools count for. It does not know when two cells are the same.

use super::column::{Column, hashable, repeated};
use super::column_methods::holds;
use super::frame_methods::across;
use super::index::Index;
use super::same::word;
use super::sheet::{compared, is_empty};
use crate::eval::convert::from_val;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// How often each value is there, the most frequent first; with `normalize` as a part of all.
    fn value_counts(
        this: &Column,
        #[starlark(default = false)] normalize: bool,
        #[starlark(default = true)] sort: bool,
        #[starlark(default = false)] ascending: bool,
        #[starlark(require = named, default = true)] dropna: bool,
    ) -> starlark::Result<Column> {
        let mut counted = counts(this, dropna);
        match (sort, ascending) {
            (false, _) => {}
            (true, true) => counted.sort_by_key(|(_, count)| *count),
            (true, false) => counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count)),
        }
        let all: i64 = counted.iter().map(|(_, count)| count).sum();
        let cell = |count: i64| if normalize { Val::Float(count as f64 / all as f64) } else { Val::Int(count) };
        let (keys, counts): (Vec<Val>, Vec<Val>) = counted.into_iter().map(|(k, n)| (k, cell(n))).unzip();
        let index = Index::new(this.name.iter().cloned().collect(), keys);
        let name = if normalize { "proportion" } else { "count" };
        Ok(Column { name: Some(name.into()), ..Column::labelled_by(Arc::new(index), counts) })
    }

    /// Which values were there before; with `keep="last"` which come again, with
    /// `keep=False` which are there several times.
    fn duplicated<'v>(
        this: &Column,
        #[starlark(require = named, default = NoneOr::None)] keep: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let keep = keep.into_option().map_or_else(|| "first".to_owned(), |keep| keep.to_str());
        Ok(this.with(repeated(this.values.iter(), &keep).into_iter().map(Val::Bool).collect()))
    }

    fn count(this: &Column) -> starlark::Result<i32> {
        Ok(this.values.iter().filter(|v| !is_empty(v)).count() as i32)
    }

    /// An empty cell holds, where none are passed over.
    fn any<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<bool> {
        only_axis(axis)?;
        Ok(this.values.iter().any(|value| if is_empty(value) { !skipna } else { holds(value) }))
    }

    fn all<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<bool> {
        only_axis(axis)?;
        let _ = skipna;
        Ok(this.values.iter().all(|value| is_empty(value) || holds(value)))
    }

    fn max<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        only_axis(axis)?;
        if has_gap(this, skipna) {
            return Ok(heap.alloc(f64::NAN));
        }
        let there = this.values.iter().filter(|v| !is_empty(v));
        Ok(from_val(there.max_by(|a, b| compared(a, b)).unwrap_or(&this.of.nothing()), heap))
    }

    fn min<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        only_axis(axis)?;
        if has_gap(this, skipna) {
            return Ok(heap.alloc(f64::NAN));
        }
        let there = this.values.iter().filter(|v| !is_empty(v));
        Ok(from_val(there.min_by(|a, b| compared(a, b)).unwrap_or(&this.of.nothing()), heap))
    }

    /// The sum of at least `min_count` cells.
    fn sum<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = 0)] min_count: u32,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        only_axis(axis)?;
        let held = this.values.iter().filter(|value| !is_empty(value)).count();
        if has_gap(this, skipna) || held < min_count as usize {
            return Ok(heap.alloc(f64::NAN));
        }
        if let Some(text) = joined(this) {
            return Ok(heap.alloc(text));
        }
        Ok(match whole_sum(this) {
            Some(sum) => heap.alloc(sum),
            None => heap.alloc(summed(this)?),
        })
    }

    /// The label of the largest value.
    fn idxmax<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let there = (0..this.values.len()).filter(|at| !is_empty(&this.values[*at])).rev();
        let at = there.max_by(|a, b| compared(&this.values[*a], &this.values[*b]));
        Ok(hashable(&this.index.keys[at.ok_or_else(nothing_there)?], heap))
    }

    fn idxmin<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let there = (0..this.values.len()).filter(|at| !is_empty(&this.values[*at]));
        let at = there.min_by(|a, b| compared(&this.values[*a], &this.values[*b]));
        Ok(hashable(&this.index.keys[at.ok_or_else(nothing_there)?], heap))
    }

    fn median<'v>(
        this: &Column,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<f64> {
        only_axis(axis)?;
        let there = this.values.iter().filter(|v| !is_empty(v));
        let mut numbers: Vec<f64> = there.map(number).collect::<starlark::Result<_>>()?;
        numbers.sort_by(f64::total_cmp);
        let half = numbers.len() / 2;
        Ok(match numbers.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => numbers[half],
            _ => f64::midpoint(numbers[half - 1], numbers[half]),
        })
    }

    /// The sum of each cell and those before it.
    fn cumsum(this: &Column) -> starlark::Result<Column> {
        let whole = this.values.iter().all(|v| matches!(v, Val::Int(_) | Val::Bool(_)));
        let (mut sum, mut sum_of_whole) = (0.0, 0_i64);
        let mut cell = |v: &Val| -> starlark::Result<Val> {
            if is_empty(v) {
                return Ok(v.clone());
            }
            if let (true, Some(whole)) = (whole, int(v)) {
                sum_of_whole = sum_of_whole.checked_add(whole).ok_or_else(|| fault("this sum is beyond 64 bits"))?;
                return Ok(Val::Int(sum_of_whole));
            }
            sum += number(v)?;
            Ok(Val::Float(sum))
        };
        Ok(this.with(this.values.iter().map(&mut cell).collect::<starlark::Result<_>>()?))
    }

    /// The most frequent values.
    fn mode(this: &Column) -> starlark::Result<Column> {
        let counted = counts(this, true);
        let most = counted.iter().map(|(_, count)| *count).max();
        let mut values: Vec<Val> = counted.into_iter().filter(|(_, n)| Some(*n) == most).map(|(v, _)| v).collect();
        values.sort_by(compared);
        Ok(Column::labelled_by(Arc::new(Index::numbers(values.len())), values))
    }

    fn mean<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<f64> {
        only_axis(axis)?;
        if has_gap(this, skipna) {
            return Ok(f64::NAN);
        }
        let there = this.values.iter().filter(|v| !is_empty(v)).count();
        Ok(summed(this)? / there as f64)
    }
}

/// Refuses an axis that a column does not have.
///
/// # Errors
/// If it is not that of rows.
pub(super) fn only_axis(axis: NoneOr<Value>) -> starlark::Result<()> {
    match axis.into_option().map(|axis| across(Some(axis))).transpose() {
        Ok(None | Some(false)) => Ok(()),
        _ => Err(thrown("ValueError", "a column has no such axis")),
    }
}

/// Whether a cell is empty where none are passed over.
fn has_gap(column: &Column, skipna: bool) -> bool {
    !skipna && column.values.iter().any(is_empty)
}

/// Texts on end, where there are some and nothing else.
fn joined(column: &Column) -> Option<String> {
    let held: Vec<&Val> = column.values.iter().filter(|value| !is_empty(value)).collect();
    let texts: Option<String> = held.iter().map(|value| value.as_str()).collect();
    texts.filter(|_| !held.is_empty())
}

/// The sum of whole numbers and bools; none if there are others, or it is beyond 64 bits.
fn whole_sum(column: &Column) -> Option<i64> {
    // Empty cells among bools leave them bools; all else is floats then.
    let has = |kind: fn(&Val) -> bool| column.values.iter().any(kind);
    if has(|v| matches!(v, Val::Float(_))) && !has(|v| matches!(v, Val::Bool(_))) {
        return None;
    }
    column.values.iter().filter(|v| !is_empty(v)).try_fold(0_i64, |sum, value| sum.checked_add(int(value)?))
}

/// The sum of numbers and bools.
fn summed(column: &Column) -> starlark::Result<f64> {
    column.values.iter().filter(|v| !is_empty(v)).try_fold(0.0, |sum, cell| Ok(sum + number(cell)?))
}

/// A whole number or a bool.
fn int(value: &Val) -> Option<i64> {
    match value {
        Val::Int(i) => Some(*i),
        Val::Bool(b) => Some(i64::from(*b)),
        _ => None,
    }
}

/// A number or a bool.
pub(super) fn number(value: &Val) -> starlark::Result<f64> {
    match value {
        Val::Int(i) => Ok(*i as f64),
        Val::Bool(b) => Ok(f64::from(u8::from(*b))),
        Val::Float(f) => Ok(*f),
        other => Err(thrown("TypeError", format!("{} is no number, and cannot be reckoned with", other.repr()))),
    }
}

/// How often each value is there, in the order of their first.
pub(super) fn counts(column: &Column, dropna: bool) -> Vec<(Val, i64)> {
    let mut counted: Vec<(Val, i64)> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    for value in column.values.iter().filter(|v| !dropna || !is_empty(v)) {
        let place = *places.entry(word(value)).or_insert(counted.len());
        if place == counted.len() {
            counted.push((value.clone(), 0));
        }
        counted[place].1 += 1;
    }
    counted
}

fn nothing_there() -> starlark::Error {
    thrown("ValueError", "the column holds nothing")
}
