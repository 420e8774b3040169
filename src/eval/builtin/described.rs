//! What is told of a sheet or a column as a whole: `.describe`, `.to_json`, the places of cells.
//!
//! Owns what these methods take, and in what order they tell it. Sums and means are
//! `column_counts`'.

use super::column::Column;
use super::column::hashable;
use super::column_counts::{counts, number};
use super::columns::Columns;
use super::frame::{Now, cells_of};
use super::frame_counts::kind;
use super::frame_methods::across;
use super::index::Index;
use super::name::Name;
use super::sheet::{NOTHING, Sheet, compared, is_empty};
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

fn is_of_numbers(column: &Column) -> bool {
    matches!(kind(column), "int64" | "float64")
}

/// Numbers of a column: how many, their mean and spread, and the quarters.
fn of_numbers(column: &Column) -> starlark::Result<Vec<(&'static str, Val)>> {
    let held = column.values.iter().filter(|cell| !is_empty(cell));
    let mut numbers: Vec<f64> = held.map(number).collect::<starlark::Result<_>>()?;
    numbers.sort_by(f64::total_cmp);
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let spread = (numbers.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let part = |part: f64| {
        let place = part * (count - 1.0);
        match (numbers.get(place.max(0.0) as usize), numbers.get(place.max(0.0).ceil() as usize)) {
            (Some(low), Some(high)) => low + (high - low) * place.fract(),
            _ => f64::NAN,
        }
    };
    let spread = if numbers.len() < 2 { f64::NAN } else { spread };
    let told = [
        ("count", count),
        ("mean", mean),
        ("std", spread),
        ("min", part(0.0)),
        ("25%", part(0.25)),
        ("50%", part(0.5)),
        ("75%", part(0.75)),
        ("max", part(1.0)),
    ];
    Ok(told.into_iter().map(|(name, figure)| (name, Val::Float(figure))).collect())
}

/// Texts and bools: how many, how many different ones, and the most frequent.
fn of_others(column: &Column) -> Vec<(&'static str, Val)> {
    let counted = counts(column, true);
    let all: i64 = counted.iter().map(|(_, count)| count).sum();
    let most = counted.iter().map(|(_, count)| *count).max();
    let top = counted.iter().find(|(_, count)| Some(*count) == most);
    vec![
        ("count", Val::Int(all)),
        ("unique", Val::Int(counted.len() as i64)),
        ("top", top.map_or(NOTHING, |(cell, _)| cell.clone())),
        ("freq", top.map_or(NOTHING, |(_, count)| Val::Int(*count))),
    ]
}

fn described(column: &Column) -> starlark::Result<Column> {
    let told = if is_of_numbers(column) { of_numbers(column)? } else { of_others(column) };
    let (names, cells): (Vec<Val>, Vec<Val>) = told.into_iter().map(|(name, cell)| (Val::str(name), cell)).unzip();
    let index = Arc::new(Index::new(Vec::new(), names));
    Ok(Column { name: column.name.clone(), ..Column::labelled_by(index, cells) })
}

/// The place of the largest cell, or of the smallest.
fn place(column: &Column, largest: bool) -> starlark::Result<i64> {
    let mut best: Option<usize> = None;
    for (at, cell) in column.values.iter().enumerate().filter(|(_, cell)| !is_empty(cell)) {
        let order = best.map(|best| compared(cell, &column.values[best]));
        if order.is_none_or(|order| if largest { order.is_gt() } else { order.is_lt() }) {
            best = Some(at);
        }
    }
    best.map(|at| at as i64).ok_or_else(|| thrown("ValueError", "attempt to get argmax of an empty sequence"))
}

/// The label of the first row of some that holds something, or of the last.
fn valid<'v>(index: &Index, holds: impl Fn(usize) -> bool, last: bool, heap: Heap<'v>) -> Value<'v> {
    let mut rows = (0..index.keys.len()).filter(|at| holds(*at));
    let found = if last { rows.next_back() } else { rows.next() };
    found.map_or_else(Value::new_none, |at| hashable(&index.keys[at], heap))
}

fn relabelled<'v>(labels: Value<'v>, index: &Index) -> starlark::Result<Index> {
    let cells = cells_of(labels).ok_or_else(|| fault("`set_axis` wants a list of labels"))?;
    if cells.len() != index.keys.len() {
        let why = format!(
            "Length mismatch: Expected axis has {} elements, new values have {} elements",
            index.keys.len(),
            cells.len()
        );
        return Err(thrown("ValueError", why));
    }
    let names = Column::from_value(labels).filter(|labels| labels.is_labels).map(Column::level_names);
    Ok(Index::new(names.unwrap_or_default(), cells))
}

/// A cell as JSON, of which floats have ten digits behind the point.
fn json(cell: &Val) -> String {
    match cell {
        empty if is_empty(empty) => "null".to_owned(),
        Val::Float(figure) => {
            let rounded: f64 = format!("{figure:.10}").parse().unwrap_or(*figure);
            if rounded.is_finite() { Val::Float(rounded).repr() } else { "null".to_owned() }
        }
        Val::List(cells) | Val::Tuple(cells) | Val::Set(cells) => list(cells.iter().map(json)),
        // A slash stands behind a backslash in what pandas writes.
        other => other.to_json().to_string().replace('/', "\\/"),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    format!("[{}]", parts.collect::<Vec<_>>().join(","))
}

/// A dict, in the order of what it is made of.
fn dict(parts: impl Iterator<Item = (String, String)>) -> String {
    let pair = |(name, part): (String, String)| format!("{}:{part}", json(&Val::str(name)));
    format!("{{{}}}", parts.map(pair).collect::<Vec<_>>().join(","))
}

fn table(names: &[Name], row: &[Val]) -> String {
    dict(names.iter().zip(row).map(|(name, cell)| (name.to_string(), json(cell))))
}

fn labelled(column: &Column) -> String {
    dict(column.index.keys.iter().zip(&*column.values).map(|(key, cell)| (key.display(), json(cell))))
}

/// Refuses what cannot be told apart in a dict.
fn check_unique(index: &Index, orient: &str) -> starlark::Result<()> {
    if index.names.len() > 1 {
        return Err(hinted("labels of several levels are no keys of JSON here", "write `.reset_index()` before it"));
    }
    match index.is_unique() {
        true => Ok(()),
        false => Err(thrown("ValueError", format!("DataFrame index must be unique for orient='{orient}'."))),
    }
}

fn unknown(orient: &str) -> starlark::Error {
    thrown("ValueError", format!("Invalid value '{orient}' for option 'orient'"))
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// What each column of numbers holds in all; of texts, where there are no numbers.
    fn describe(this: Now) -> starlark::Result<Sheet> {
        let columns: Vec<Column> = (0..this.columns.len()).map(|at| this.values(at)).collect();
        let numbers = columns.iter().any(is_of_numbers);
        let told = columns.iter().filter(|column| is_of_numbers(column) || !numbers);
        let told: Vec<Column> = told.map(described).collect::<starlark::Result<_>>()?;
        let Some(first) = told.first() else {
            return Err(thrown("ValueError", "Cannot describe a DataFrame without columns"));
        };
        let names: Vec<Name> = told.iter().filter_map(|column| column.name.clone()).collect();
        let cells: Vec<Vec<Val>> = told.iter().map(|column| column.values.to_vec()).collect();
        let made = Sheet::of_columns(names.clone(), &cells);
        Ok(Sheet { index: first.index.clone(), columns: this.named(names), ..made })
    }

    fn transpose(this: Now) -> starlark::Result<Sheet> {
        Ok(this.transposed())
    }

    /// The names of its columns.
    fn keys<'v>(this: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.get_attr_error("columns", heap)
    }

    /// With other labels, or with other names of columns.
    fn set_axis<'v>(
        this: Now,
        labels: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<Sheet> {
        if across(axis.into_option())? {
            let columns = Columns::of(&relabelled(labels, &this.columns.index())?);
            return Ok(Sheet { columns, ..(*this).clone() });
        }
        Ok(Sheet { index: Arc::new(relabelled(labels, &this.index)?), ..(*this).clone() })
    }

    /// The label of the first row that holds something.
    fn first_valid_index<'v>(this: Now, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(valid(&this.index, |at| !this.rows[at].iter().all(is_empty), false, heap))
    }

    fn last_valid_index<'v>(this: Now, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(valid(&this.index, |at| !this.rows[at].iter().all(is_empty), true, heap))
    }

    /// Its cells as JSON. Files are written in rules.
    fn to_json(
        this: Now,
        #[starlark(require = named, default = "columns")] orient: &str,
        #[starlark(require = named, default = false)] lines: bool,
    ) -> starlark::Result<String> {
        if lines && orient != "records" {
            return Err(thrown("ValueError", "'lines' keyword only valid when 'orient' is records"));
        }
        if matches!(orient, "columns" | "index") {
            check_unique(&this.index, orient)?;
        }
        let rows = || this.rows.iter().map(|row| table(&this.columns, row));
        let values = || this.rows.iter().map(|row| list(row.iter().map(json)));
        Ok(match orient {
            "records" if lines => rows().map(|row| row + "\n").collect(),
            "records" => list(rows()),
            "values" => list(values()),
            "index" => dict(this.index.keys.iter().map(Val::display).zip(rows())),
            "columns" => {
                let column = |at: usize| (this.columns[at].to_string(), labelled(&this.values(at)));
                dict((0..this.columns.len()).map(column))
            }
            "split" => {
                let parts = [
                    ("columns", list(this.names().iter().map(json))),
                    ("index", list(this.index.keys.iter().map(json))),
                    ("data", list(values())),
                ];
                dict(parts.into_iter().map(|(name, part)| (name.to_owned(), part)))
            }
            other => return Err(unknown(other)),
        })
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    /// What the column holds in all.
    fn describe(this: &Column) -> starlark::Result<Column> {
        described(this)
    }

    /// The place of the largest cell.
    fn argmax(this: &Column) -> starlark::Result<i64> {
        place(this, true)
    }

    fn argmin(this: &Column) -> starlark::Result<i64> {
        place(this, false)
    }

    /// Its labels.
    fn keys<'v>(this: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        this.get_attr_error("index", eval.heap())
    }

    fn set_axis<'v>(
        this: &Column,
        labels: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        super::column_counts::only_axis(axis)?;
        Ok(Column { index: Arc::new(relabelled(labels, &this.index)?), ..this.clone() })
    }

    fn first_valid_index<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(valid(&this.index, |at| !is_empty(&this.values[at]), false, heap))
    }

    fn last_valid_index<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(valid(&this.index, |at| !is_empty(&this.values[at]), true, heap))
    }

    fn to_json(
        this: &Column,
        #[starlark(require = named, default = "index")] orient: &str,
    ) -> starlark::Result<String> {
        match orient {
            "index" => {
                check_unique(&this.index, orient)?;
                Ok(labelled(this))
            }
            "records" | "values" => Ok(list(this.values.iter().map(json))),
            other => Err(unknown(other)),
        }
    }
}
