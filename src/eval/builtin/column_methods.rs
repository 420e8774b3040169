//! What a column is asked for by methods, named as in pandas.
//!
//! Owns the list of them, and what a cell is as another type. It does not know what rows
//! the cells are of.

use super::aligned::{beside, by_labels};
use super::applied::More;
use super::column::{Column, distinct, hashable, repeated};
use super::column_counts::only_axis;
use super::column_running::bounds;
use super::frame::{cell_of, plain_of};
use super::index::Index;
use super::same::word;
use super::sheet::{NOTHING, compared, emptiness, is_empty};
use crate::eval::convert::from_val;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashSet;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A value of a cell as another type, by the type's name.
pub(super) fn converted(value: &Val, kind: &str) -> starlark::Result<Val> {
    let refuse = || thrown("ValueError", format!("{} cannot be made `{kind}`", value.repr()));
    let number = |value: &Val| match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        Val::Bool(b) => Some(f64::from(u8::from(*b))),
        other => other.display().trim().parse().ok(),
    };
    match (kind, value) {
        ("int" | "int64" | "int32", empty) if is_empty(empty) => Err(refuse()),
        ("float" | "float64" | "float32" | "Int64" | "string" | "str" | "category", empty) if is_empty(empty) => {
            Ok(empty.clone())
        }
        ("int" | "int64" | "int32" | "Int64", Val::Int(i)) => Ok(Val::Int(*i)),
        ("int" | "int64" | "int32" | "Int64", value) => {
            let whole = match value {
                Val::Bool(on) => Some(i64::from(*on)),
                Val::Float(figure) => Some(*figure).filter(|f| f.abs() < 9e18).map(|f| f as i64),
                text => text.display().trim().parse().ok(),
            };
            let is_cut = kind == "Int64" && matches!(value, Val::Float(f) if f.fract() != 0.0);
            whole.filter(|_| !is_cut).map(Val::Int).ok_or_else(refuse)
        }
        ("float" | "float64" | "float32", value) => number(value).map(Val::Float).ok_or_else(refuse),
        ("bool", value) => Ok(Val::Bool(holds(value))),
        ("str" | "string", value) => Ok(Val::str(value.display())),
        ("object" | "O" | "category", value) => Ok(value.clone()),
        _ => Err(fault(format!("`{kind}` is no type of cells here: `str`, `int`, `float`, `bool` and `object` are"))),
    }
}

/// A value that empty cells are filled with.
///
/// # Errors
/// If it is a list, which pandas takes for no cell.
pub(super) fn only_cell(value: Value) -> starlark::Result<Val> {
    let cell = cell_of(value).filter(|cell| cell.items().is_none());
    let why = || format!("empty cells are filled with one value, a column or a dict, not a {}", value.get_type());
    cell.ok_or_else(|| thrown("TypeError", why()))
}

/// A column of what a dict has under its keys.
pub(super) fn entries<'v>(dict: &DictRef<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, value) in dict.iter() {
        keys.push(plain_of(key, heap)?);
        values.push(plain_of(value, heap)?);
    }
    Ok(Column::labelled_by(Arc::new(Index::new(Vec::new(), keys)), values))
}

/// What a type of cells is called.
pub(super) fn kind_name(kind: Value) -> String {
    kind.to_str().trim_start_matches("<class '").trim_end_matches("'>").to_owned()
}

/// The cells as another type: Python's, or by pandas' name of it.
pub(super) fn as_type(column: &Column, kind: Value) -> starlark::Result<Vec<Val>> {
    let kind = kind_name(kind);
    column.values.iter().map(|value| converted(value, &kind)).collect()
}

impl Column {
    /// Which cells hold one of some values.
    ///
    /// # Errors
    /// If one of these fits into no cell.
    pub(super) fn among<'v>(&self, values: &[Value<'v>], heap: Heap<'v>) -> starlark::Result<Column> {
        let wanted = values.iter().map(|value| Ok(word(&plain_of(*value, heap)?)));
        let wanted: FxHashSet<String> = wanted.collect::<starlark::Result<_>>()?;
        Ok(self.with(self.values.iter().map(|cell| Val::Bool(wanted.contains(&word(cell)))).collect()))
    }
}

pub(super) fn column_methods(builder: &mut MethodsBuilder) {
    cells(builder);
    emptiness_of(builder);
    mapping(builder);
    handing_out(builder);
    super::column_compared::methods(builder);
    super::column_counts::methods(builder);
    super::column_labels::methods(builder);
    super::aggregated::of_columns(builder);
    super::sorted::of_columns(builder);
    super::frame_compared::of_columns(builder);
    super::unstacked::of_columns(builder);
    super::column_running::methods(builder);
    super::column_running::spread(builder);
    super::relabelled::of_columns(builder);
    super::grouping::of_columns(builder);
    super::described::of_columns(builder);
}

#[starlark_module]
fn cells(builder: &mut MethodsBuilder) {
    fn unique(this: &Column) -> starlark::Result<Column> {
        let at = distinct(this.values.iter());
        Ok(Column::plain(at.into_iter().map(|i| this.values[i].clone())))
    }

    fn drop_duplicates(
        this: &Column,
        #[starlark(require = named, default = "first")] keep: &str,
    ) -> starlark::Result<Column> {
        let again = repeated(this.values.iter(), keep);
        Ok(this.pick(&(0..this.values.len()).filter(|at| !again[*at]).collect::<Vec<_>>()))
    }

    fn nunique(this: &Column, #[starlark(default = true)] dropna: bool) -> starlark::Result<i32> {
        Ok(distinct(this.values.iter().filter(|v| !dropna || !is_empty(v))).len() as i32)
    }

    fn dropna<'v>(
        this: &Column,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        only_axis(axis)?;
        let there: Vec<usize> = (0..this.values.len()).filter(|i| !is_empty(&this.values[*i])).collect();
        Ok(this.pick(&there))
    }

    /// One value for all empty cells; of a column or a dict those with the same labels.
    fn fillna<'v>(this: &Column, value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        let by_label = DictRef::from_value(value).map(|dict| entries(&dict, heap)).transpose()?;
        let values = match Column::from_value(value).or(by_label.as_ref()) {
            Some(other) => beside(this, other)?,
            None => vec![only_cell(value)?; this.values.len()],
        };
        let cells = this.values.iter().zip(values).map(|(old, new)| if is_empty(old) { new } else { old.clone() });
        Ok(this.filled(cells.collect()))
    }

    /// `column + other`.
    fn add<'v>(this: Value<'v>, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.add(other, heap)
    }

    /// `column - other`.
    fn sub<'v>(this: Value<'v>, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.sub(other, heap)
    }

    /// `column * other`.
    fn mul<'v>(this: Value<'v>, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.mul(other, heap)
    }

    /// `column / other`.
    fn div<'v>(this: Value<'v>, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.div(other, heap)
    }

    /// `copy` is pandas', and there is always one.
    fn astype<'v>(
        this: &Column,
        dtype: Value<'v>,
        #[starlark(require = named, default = true)] copy: bool,
    ) -> starlark::Result<Column> {
        let _ = copy;
        Ok(this.with(as_type(this, dtype)?))
    }

    /// Which cells lie between two values, these included or not.
    fn between<'v>(
        this: &Column,
        left: Value<'v>,
        right: Value<'v>,
        #[starlark(default = "both")] inclusive: &str,
    ) -> starlark::Result<Column> {
        let cells = |found: Option<Vec<Val>>| found.unwrap_or_else(|| vec![Val::None; this.values.len()]);
        let (left, right) = (cells(bounds(this, Some(left))?), cells(bounds(this, Some(right))?));
        let (first, last) = match inclusive {
            "both" => (true, true),
            "left" => (true, false),
            "right" => (false, true),
            "neither" => (false, false),
            _ => {
                let why = "Inclusive has to be either string of 'both','left', 'right', or 'neither'.";
                return Err(thrown("ValueError", why));
            }
        };
        let fits = |order: Ordering, also: bool| order.is_lt() || (also && order.is_eq());
        let lies = |v: &Val, left: &Val, right: &Val| {
            let there = ![v, left, right].iter().any(|cell| is_empty(cell));
            there && fits(compared(left, v), first) && fits(compared(v, right), last)
        };
        let found =
            this.values.iter().zip(left.iter().zip(&right)).map(|(v, (left, right))| Val::Bool(lies(v, left, right)));
        Ok(this.with(found.collect()))
    }

    fn isin<'v>(this: &Column, values: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        if values.unpack_str().is_some() {
            return Err(thrown("TypeError", "`isin` wants a list of values, not a text"));
        }
        let values: Vec<Value> = values.iterate(heap)?.collect();
        this.among(&values, heap)
    }
}

#[starlark_module]
fn emptiness_of(builder: &mut MethodsBuilder) {
    fn isna(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(emptiness(&this.values, true)))
    }

    fn isnull(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(emptiness(&this.values, true)))
    }

    fn notnull(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(emptiness(&this.values, false)))
    }

    fn notna(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(emptiness(&this.values, false)))
    }
}

#[starlark_module]
fn mapping(builder: &mut MethodsBuilder) {
    /// A function of each value, which is given more arguments.
    fn apply<'v>(
        this: &Column,
        func: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] args: NoneOr<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        mapped(this, func, &More::of(args, &named, eval.heap())?, eval)
    }

    /// A function of each value, or what a dict, or a column by its labels, has for it.
    fn map<'v>(this: &Column, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        if let Some(other) = Column::from_value(func).filter(|other| !other.by_place) {
            return Ok(this.relabelled(by_labels(other, &Index::new(Vec::new(), this.values.clone()))?));
        }
        let Some(dict) = DictRef::from_value(func) else {
            return mapped(this, func, &More::of(NoneOr::None, &SmallMap::new(), eval.heap())?, eval);
        };
        let heap = eval.heap();
        let found = |value: &Val| match dict.get(hashable(value, heap))? {
            Some(found) => plain_of(found, heap),
            None => Ok(NOTHING),
        };
        Ok(this.relabelled(this.values.iter().map(found).collect::<starlark::Result<_>>()?))
    }
}

fn mapped<'v>(
    column: &Column,
    function: Value<'v>,
    more: &More<'_, 'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Column> {
    let heap = eval.heap();
    let mut values = Vec::with_capacity(column.values.len());
    for value in &*column.values {
        let made = more.call(function, from_val(value, heap), eval)?;
        values.push(plain_of(made, heap)?);
    }
    Ok(column.relabelled(values))
}

#[starlark_module]
fn handing_out(builder: &mut MethodsBuilder) {
    fn tolist<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn to_list<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn to_numpy(this: &Column) -> starlark::Result<Column> {
        Ok(Column::plain(this.values.iter().cloned()))
    }

    fn items<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs = this.index.keys.iter().zip(&*this.values);
        Ok(heap.alloc(AllocList(pairs.map(|(k, v)| AllocTuple([from_val(k, heap), from_val(v, heap)])))))
    }

    fn to_dict<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs = this.index.keys.iter().zip(&*this.values);
        let pairs: Vec<_> = pairs.map(|(k, v)| (hashable(k, heap), from_val(v, heap))).collect();
        Ok(heap.alloc(AllocDict(pairs)))
    }

    fn get<'v>(
        this: &Column,
        key: Value<'v>,
        default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.labelled(key, heap)?.or(default).unwrap_or_else(Value::new_none))
    }

    /// The only value.
    fn item<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match &*this.values {
            [one] => Ok(from_val(one, heap)),
            several => Err(fault(format!("`.item()` wants one value, there are {}", several.len()))),
        }
    }
}

/// Whether a cell is true, as Python has it. None is not, but `nan` is.
pub(super) fn holds(value: &Val) -> bool {
    match value {
        Val::None | Val::Bool(false) | Val::Int(0) => false,
        Val::Float(figure) => *figure != 0.0,
        Val::Str(text) => !text.is_empty(),
        other => other.items().is_none_or(|items| !items.is_empty()),
    }
}
