//! Cells that a sheet is given: a column's by their labels, a list's by their place, or one
//! value for all.
//!
//! Owns which cell each row gets. It does not know where in the sheet they go.

use super::aligned::by_labels;
use super::column::Column;
use super::frame::{Now, cell_of};
use super::index::Index;
use super::sheet::Maker;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::values::Value;
use starlark::values::list::ListRef;

/// See the module.
pub(super) enum Given {
    Column(Column),
    Cells(Vec<Val>),
    One(Val),
}

fn no_cell() -> starlark::Error {
    fault("a cell of a sheet is a text, a number, a bool or `None`")
}

pub(super) fn miscounted(given: usize, rows: usize) -> starlark::Error {
    thrown("ValueError", format!("these are {given} values, and the sheet has {rows} rows"))
}

impl Given {
    /// What a value gives to one column.
    ///
    /// # Errors
    /// If it fits into no cell.
    pub(super) fn of(value: Value) -> starlark::Result<Given> {
        if let Some(column) = Column::from_value(value) {
            return Ok(Given::Column(column.clone()));
        }
        match ListRef::from_value(value) {
            Some(list) => list.iter().map(cell_of).collect::<Option<_>>().map(Given::Cells).ok_or_else(no_cell),
            None => cell_of(value).map(Given::One).ok_or_else(no_cell),
        }
    }

    /// What it gives to each of some columns: the columns of a sheet, the cells of rows, or one
    /// value for all.
    ///
    /// # Errors
    /// If there are more or fewer.
    pub(super) fn each(value: Value, columns: usize) -> starlark::Result<Vec<Given>> {
        let miscounted = |given: usize| fault(format!("these are {given} columns of cells, for {columns} columns"));
        if let Some(sheet) = Now::of(value) {
            return match sheet.columns.len() == columns {
                true => Ok((0..columns).map(|at| Given::Column(sheet.values(at))).collect()),
                false => Err(miscounted(sheet.columns.len())),
            };
        }
        let cells = match Given::of(value)? {
            Given::One(Val::Tuple(cells)) => cells,
            Given::One(one) => return Ok((0..columns).map(|_| Given::One(one.clone())).collect()),
            Given::Column(column) if !column.by_place => {
                return Err(hinted("several columns are given no single one", "give a sheet, or a list of rows"));
            }
            Given::Column(column) => column.values.to_vec(),
            Given::Cells(cells) => cells,
        };
        let nested = !cells.is_empty() && cells.iter().all(|cell| cell.items().is_some());
        let rows: Vec<&[Val]> = if nested { cells.iter().filter_map(Val::items).collect() } else { vec![&cells] };
        if let Some(odd) = rows.iter().find(|row| row.len() != columns) {
            return Err(miscounted(odd.len()));
        }
        let column = |at: usize| match nested {
            true => Given::Cells(rows.iter().map(|row| row[at].clone()).collect()),
            false => Given::One(cells[at].clone()),
        };
        Ok((0..columns).map(column).collect())
    }

    /// A cell for each row with these labels.
    ///
    /// # Errors
    /// If cells without labels are more or fewer, or a label stands for several.
    pub(super) fn cells(&self, labels: &Index, of: Maker) -> starlark::Result<Vec<Val>> {
        let count = labels.keys.len();
        let cells = match self {
            Given::One(value) => return Ok(vec![value.clone(); count]),
            Given::Column(column) if !column.by_place => {
                return Ok(match of {
                    Maker::Own if column.values.len() == count => column.values.to_vec(),
                    _ => by_labels(column, labels)?,
                });
            }
            Given::Column(column) => &*column.values,
            Given::Cells(cells) => cells,
        };
        if cells.len() == count { Ok(cells.to_vec()) } else { Err(miscounted(cells.len(), count)) }
    }
}
