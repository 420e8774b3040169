//! What functions answer of rows, of columns and of groups, put together as pandas does.
//!
//! Owns which answers make a sheet, a longer column, or a cell each. It does not know what
//! was asked.

use super::aligned::{by_labels, united};
use super::column::Column;
use super::frame::{Now, plain_of};
use super::index::Index;
use super::join::stacked;
use super::name::Name;
use super::row::Row;
use super::sheet::Sheet;
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::hinted;
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// See the module.
pub(super) enum Answers {
    Cells(Vec<Val>),
    Columns(Vec<Column>),
    Sheets(Vec<Arc<Sheet>>),
}

/// What a function is given besides the value that it is asked of.
pub(super) struct More<'a, 'v> {
    positions: Vec<Value<'v>>,
    named: Vec<(&'a str, Value<'v>)>,
}

impl<'a, 'v> More<'a, 'v> {
    /// Of `args=(…)` and what is named.
    ///
    /// # Errors
    /// If `args` is no tuple or list.
    pub(super) fn of(
        args: NoneOr<Value<'v>>,
        named: &'a SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<More<'a, 'v>> {
        let positions = match args.into_option() {
            Some(args) => elements(args, heap).ok_or_else(|| thrown("TypeError", "`args` is a tuple"))?,
            None => Vec::new(),
        };
        Ok(More { positions, named: named.iter().map(|(name, value)| (name.as_str(), *value)).collect() })
    }

    pub(super) fn call(
        &self,
        function: Value<'v>,
        of: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let positions: Vec<Value> = [of].into_iter().chain(self.positions.iter().copied()).collect();
        eval.eval_function(function, &positions, &self.named)
    }
}

fn labelled(value: Value) -> Option<Column> {
    let column = Row::from_value(value).map(Row::column).or_else(|| Column::from_value(value).cloned());
    column.filter(|column| !column.by_place)
}

impl Answers {
    /// Of values of one kind.
    ///
    /// # Errors
    /// If some are sheets or columns and others are not.
    pub(super) fn of<'v>(made: &[Value<'v>], heap: Heap<'v>) -> starlark::Result<Answers> {
        let sheets: Vec<Arc<Sheet>> =
            made.iter().filter_map(|one| Now::of(*one)).map(|one| Arc::new((*one).clone())).collect();
        let columns: Vec<Column> = made.iter().filter_map(|one| labelled(*one)).collect();
        match made.len() {
            0 => Ok(Answers::Cells(Vec::new())),
            all if sheets.len() == all => Ok(Answers::Sheets(sheets)),
            all if columns.len() == all => Ok(Answers::Columns(columns)),
            _ if sheets.is_empty() && columns.is_empty() => {
                let cell = |one: &Value<'v>| plain_of(*one, heap);
                Ok(Answers::Cells(made.iter().map(cell).collect::<starlark::Result<_>>()?))
            }
            _ => Err(hinted(
                "the function answers with a column or a sheet here, and with something else there",
                "let it answer with one kind of value, or use a file for `pyload`",
            )),
        }
    }
}

/// A sheet of columns, by their labels.
///
/// # Errors
/// If a label stands for several cells.
pub(super) fn side_by_side(names: Vec<Name>, columns: &[Column]) -> starlark::Result<Sheet> {
    let indexes: Vec<&Index> = columns.iter().map(|column| &*column.index).collect();
    let index = united(&indexes)?;
    let cells: Vec<Vec<Val>> = columns.iter().map(|one| by_labels(one, &index)).collect::<starlark::Result<_>>()?;
    Ok(Sheet { index: Arc::new(index), ..Sheet::of_columns(names, &cells) })
}

/// A sheet of rows with these labels, of which each is a column.
///
/// # Errors
/// If a label stands for several cells.
pub(super) fn below_one_another(index: &Arc<Index>, rows: &[Column]) -> starlark::Result<Sheet> {
    let indexes: Vec<&Index> = rows.iter().map(|row| &*row.index).collect();
    let names = united(&indexes)?;
    let cells = |row: &Column| by_labels(row, &names).map(Into::into);
    let rows = rows.iter().map(cells).collect::<starlark::Result<_>>()?;
    let columns = names.keys.iter().map(Name::of).collect();
    Ok(Sheet { index: index.clone(), ..Sheet::new(columns, rows) }.settled())
}

/// The rows of sheets below one another, whose labels have those of the sheets before them.
///
/// # Errors
/// If the labels of some sheets have more levels than those of others.
pub(super) fn under(keys: &Index, sheets: &[Arc<Sheet>]) -> starlark::Result<Sheet> {
    let mut levels = sheets.iter().map(|sheet| sheet.index.names.len().max(1));
    let first = levels.next();
    if let Some((first, other)) = first.and_then(|first| Some((first, levels.find(|other| *other != first)?))) {
        let why = format!("labels of {first} and of {other} levels cannot stand below others together");
        return Err(thrown_with("ValueError", why, "give all the same levels first, by `.reset_index()`"));
    }
    let made = stacked(sheets, false, false);
    let parts = |key: &Val| if let Val::Tuple(parts) = key { parts.clone() } else { vec![key.clone()] };
    let own = sheets.first().map_or_else(Vec::new, |sheet| sheet.index.names.clone());
    let levels = if own.is_empty() { vec![Name::unnamed()] } else { own };
    let above = if keys.names.is_empty() { vec![Name::unnamed()] } else { keys.names.clone() };
    let names = above.into_iter().chain(levels).collect();
    let label = |(key, own): (&Val, &Val)| Val::Tuple([parts(key), parts(own)].concat());
    let labels =
        keys.keys.iter().zip(sheets).flat_map(|(key, sheet)| sheet.index.keys.iter().map(move |own| (key, own)));
    let index = Index::new(names, labels.map(label).collect::<Vec<_>>());
    Ok(Sheet { index: Arc::new(index), ..made })
}

/// The same of columns, which stay one.
///
/// # Errors
/// As of sheets.
pub(super) fn column_under(keys: &Index, columns: &[Column], name: Option<Name>) -> starlark::Result<Column> {
    let sheet = |column: &Column| Arc::new(Column { name: Some("".into()), ..column.clone() }.sheet());
    let made = under(keys, &columns.iter().map(sheet).collect::<Vec<_>>())?;
    Ok(Column { name, ..made.values(0) })
}
