//! A row of a sheet: its values by name, number, or attribute.
//!
//! Owns what is asked of one row: as of a column, a list or a tuple. It does not know the
//! sheet.

use super::column::{Column, hashable, number};
use super::columns::Columns;
use super::frame::label_of;
use super::name::Name;
use super::sheet::{Maker, is_empty};
use crate::diag::{Diag, Kind};
use crate::eval::convert::from_val;
use crate::eval::exception::{thrown, unfound};
use crate::suggest::did_you_mean;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Row {
    pub(super) columns: Columns,
    pub(super) values: Arc<[Val]>,
    /// Its label.
    pub(super) label: Val,
    pub(super) like: Like,
}

/// How a row answers to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Like {
    /// As a column of pandas, which goes by its labels alone.
    Column,
    /// As a list, where no column is called by it.
    List,
    /// As a tuple, of which it is a place.
    Tuple,
}

starlark_simple_value!(Row);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.columns.iter().zip(self.values.iter()).map(|(c, v)| format!("{c}={}", v.repr()));
        write!(f, "row({})", pairs.collect::<Vec<_>>().join(", "))
    }
}

/// The error of a column that is not there.
pub(super) fn no_column(name: &str, columns: &Columns) -> starlark::Error {
    let message = format!("there is no column `{name}` in the sheet");
    let known = columns.join("`, `");
    let hint = did_you_mean(name, columns.iter().map(|c| &**c));
    let hint = hint.unwrap_or_else(|| format!("its columns are `{known}`"));
    unfound(name, Diag::error(Kind::Rulefile, message).hint(hint))
}

impl Row {
    /// As a column with the names for its labels.
    pub(super) fn column(&self) -> Column {
        let index = Arc::new(self.columns.index());
        let name = Some(Name::of(&self.label));
        Column { name, ..Column::labelled_by(index, self.values.iter().cloned()) }
    }

    /// What operators go for; none of a row that is a list or a tuple.
    fn as_column<'v>(&self, heap: Heap<'v>) -> Option<Value<'v>> {
        (self.like == Like::Column).then(|| heap.alloc(self.column()))
    }

    fn reckoned<'v>(&self, operator: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.as_column(heap)
            .ok_or_else(|| thrown("TypeError", format!("a row that is a list or a tuple knows no `{operator}`")))
    }

    /// As a dict.
    pub(super) fn record(&self) -> Val {
        record(&self.columns, &self.values)
    }
}

/// Whether a value is a row or a column of pandas' functions: its values, with labels.
pub(in crate::eval) fn is_series(value: Value) -> bool {
    match Row::from_value(value) {
        Some(row) => row.like != Like::List,
        None => Column::from_value(value).is_some_and(|column| column.of == Maker::Pandas),
    }
}

/// A column, or a row as one; none of other values, and of rows that are lists or tuples.
pub(super) fn series(value: Value) -> Option<Column> {
    match Row::from_value(value) {
        Some(row) => (row.like == Like::Column).then(|| row.column()),
        None => Column::from_value(value).cloned(),
    }
}

/// A row as a dict, or a column with labels; none of others.
pub(super) fn as_dict<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Value<'v>> {
    if let Some(row) = Row::from_value(value) {
        return Some(from_val(&row.record(), heap));
    }
    let column = Column::from_value(value).filter(|column| !column.by_place)?;
    let pairs = column.index.keys.iter().zip(&*column.values);
    Some(
        heap.alloc(AllocDict(
            pairs.map(|(label, cell)| (hashable(label, heap), from_val(cell, heap))).collect::<Vec<_>>(),
        )),
    )
}

/// Whether a text can be the name of an attribute.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic()) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Cells as a dict.
pub(super) fn record(columns: &Columns, values: &[Val]) -> Val {
    Val::Dict(columns.iter().zip(values).map(|(c, v)| (c.value(), v.clone())).collect())
}

#[starlark_value(type = "row")]
impl<'v> StarlarkValue<'v> for Row {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = row_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match self.columns.iter().position(|c| **c == *name) {
            Some(at) => Some(from_val(&self.values[at], heap)),
            None if self.like == Like::Tuple && name.starts_with('_') => {
                let at = name[1..].parse::<usize>().ok().filter(|at| *at < self.values.len())?;
                (!is_word(&self.columns[at])).then(|| from_val(&self.values[at], heap))
            }
            None if name == "name" => Some(hashable(&self.label, heap)),
            // All else as of a column, but that it has no labels of its own.
            None if name.starts_with('_') => None,
            None => heap.alloc(self.column()).get_attr(name, heap).ok().flatten(),
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let (Like::Tuple, Some(_)) = (self.like, index.unpack_i32()) {
            let place = number(index, self.values.len());
            let at = place.ok_or_else(|| thrown("IndexError", "tuple index out of range"))?;
            return Ok(from_val(&self.values[at], heap));
        }
        if let Some(at) = label_of(index).and_then(|name| self.columns.iter().position(|known| known.is(&name))) {
            return Ok(from_val(&self.values[at], heap));
        }
        match (index.unpack_str().filter(|_| self.columns.depth() < 2), number(index, self.values.len())) {
            (Some(name), _) => Err(no_column(name, &self.columns)),
            (None, Some(at)) if self.like == Like::List => Ok(from_val(&self.values[at], heap)),
            (None, _) => self.column().at(index, heap),
        }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if self.like == Like::Tuple {
            return heap
                .alloc(AllocTuple(self.values.iter().map(|v| from_val(v, heap))))
                .slice(start, stop, stride, heap);
        }
        heap.alloc(self.column()).slice(start, stop, stride, heap)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(label_of(other).is_some_and(|name| self.columns.iter().any(|known| known.is(&name))))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.values.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values.iter().map(|v| from_val(v, heap)).collect())
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.as_column(heap)?.add(other, heap))
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(other.add(self.as_column(heap)?, heap))
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned("-", heap)?.sub(other, heap)
    }

    fn mul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.as_column(heap)?.mul(other, heap))
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned("/", heap)?.div(other, heap)
    }
}

#[starlark_module]
fn row_methods(builder: &mut MethodsBuilder) {
    fn get<'v>(this: &Row, key: Value<'v>, default: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let at = label_of(key).and_then(|name| this.columns.iter().position(|known| known.is(&name)));
        Ok(at.map(|at| from_val(&this.values[at], heap)).or(default).unwrap_or_else(Value::new_none))
    }

    /// Without empty cells.
    fn dropna(this: &Row) -> starlark::Result<Row> {
        let there = || (0..this.values.len()).filter(|i| !is_empty(&this.values[*i]));
        Ok(Row {
            label: this.label.clone(),
            like: this.like,
            columns: there().map(|i| this.columns[i].clone()).collect(),
            values: there().map(|i| this.values[i].clone()).collect(),
        })
    }

    fn to_dict<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&this.record(), heap))
    }

    /// The same of a row of `itertuples`.
    fn _asdict<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&this.record(), heap))
    }

    fn tolist<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&Val::List(this.values.to_vec()), heap))
    }

    fn keys<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.columns.iter().map(|c| from_val(&c.value(), heap)))))
    }

    fn items<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |(c, v): (&Name, &Val)| AllocTuple([from_val(&c.value(), heap), from_val(v, heap)]);
        Ok(heap.alloc(AllocList(this.columns.iter().zip(&*this.values).map(pair))))
    }
}
