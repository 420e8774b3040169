//! Sheets of values: of dicts of columns, of rows that are dicts, lists or columns, and of other
//! sheets.
//!
//! Owns which value is which cell. What `DataFrame` may be told is `pandas`'.

use super::aligned::{by_labels, united};
use super::applied::below_one_another;
use super::column::{Column, distinct};
use super::column_methods::entries;
use super::frame::{Now, plain_of};
use super::index::Index;
use super::name::Name;
use super::pandas::{index_of, labelled, labels_of, with_levels};
use super::row::series as row_or_column;
use super::sheet::{NOTHING, Sheet};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::values::dict::DictRef;
use starlark::values::{Heap, Value};
use std::sync::Arc;

fn no_frame() -> starlark::Error {
    fault("`DataFrame` is made of a dict of lists, a list of dicts, or a list of rows")
}

/// A sheet of a dict of columns, of rows that are dicts or lists, or of another sheet.
pub(super) fn frame<'v>(
    data: Option<Value<'v>>,
    (index, columns): (Option<Value<'v>>, Option<Value<'v>>),
    heap: Heap<'v>,
) -> starlark::Result<Sheet> {
    let names = columns.map(labels_of).transpose()?;
    let keys = index.map(labels_of).transpose()?;
    let sheet = match data {
        Some(data) => of_data(data, &names, keys, heap)?,
        None => {
            let index = index_of(keys, 0);
            let names: Vec<Name> = names.iter().flatten().map(Name::of).collect();
            let row: Arc<[Val]> = vec![NOTHING; names.len()].into();
            Sheet { rows: vec![row; index.keys.len()], index: Arc::new(index), ..Sheet::new(names.into(), Vec::new()) }
        }
    };
    let sheet = Sheet { index: with_levels(sheet.index.clone(), index), ..sheet };
    Ok(match names {
        Some(names) => chosen(&sheet, &names),
        None => sheet,
    }
    .settled())
}

/// With these columns, of which some may be new and empty.
fn chosen(sheet: &Sheet, names: &[Val]) -> Sheet {
    let mut all = sheet.clone();
    for name in names.iter().filter(|name| !sheet.columns.iter().any(|known| known.is(name))) {
        all = all.with_column(&Name::of(name), vec![NOTHING; sheet.rows.len()]);
    }
    let at = names.iter().filter_map(|name| all.columns.iter().position(|known| known.is(name)));
    all.only(&at.collect::<Vec<_>>())
}

fn of_data<'v>(
    data: Value<'v>,
    names: &Option<Vec<Val>>,
    keys: Option<Vec<Val>>,
    heap: Heap<'v>,
) -> starlark::Result<Sheet> {
    if let Some(dict) = DictRef::from_value(data) {
        return of_columns_by_name(&dict, keys, heap);
    }
    let sheet = Now::of(data).map(|sheet| (*sheet).clone()).or_else(|| labelled(data).map(|column| column.sheet()));
    if let Some(sheet) = sheet {
        return keys.map_or(Ok(sheet.clone()), |keys| sheet.by_labels(Index::new(Vec::new(), keys)));
    }
    let rows = elements(data, heap).ok_or_else(no_frame)?;
    // Rows and columns with labels are called by their names.
    let series: Option<Vec<Column>> =
        rows.iter().map(|row| row_or_column(*row).filter(|column| !column.by_place)).collect();
    if let Some(series) = series.filter(|series| !series.is_empty()) {
        return of_series(&series, keys);
    }
    let rows: Vec<Val> = rows.into_iter().map(|row| plain_of(row, heap)).collect::<starlark::Result<_>>()?;
    let sheet = match rows.first() {
        Some(Val::Dict(_)) => of_pairs(columns_of(&rows)?, None)?,
        _ => of_rows(&rows, names)?,
    };
    match keys {
        Some(keys) if keys.len() != sheet.rows.len() => Err(thrown("ValueError", "a sheet has as many labels as rows")),
        keys => Ok(Sheet { index: Arc::new(index_of(keys, sheet.rows.len())), ..sheet }),
    }
}

/// Of rows that are columns with labels.
fn of_series(rows: &[Column], keys: Option<Vec<Val>>) -> starlark::Result<Sheet> {
    let names = rows.iter().zip(0..).map(|(row, at)| row.name.as_ref().map_or(Val::Int(at), Name::value));
    let keys = keys.unwrap_or_else(|| names.collect());
    if keys.len() != rows.len() {
        return Err(thrown("ValueError", "a sheet has as many labels as rows"));
    }
    let made = below_one_another(&Arc::new(Index::new(Vec::new(), keys)), rows)?;
    // Columns come as the rows have them.
    let names: Vec<&Val> = rows.iter().flat_map(|row| row.index.keys.iter()).collect();
    let names = distinct(names.iter().copied()).into_iter().map(|at| made.column_of(names[at]));
    Ok(made.only(&names.collect::<starlark::Result<Vec<usize>>>()?))
}

/// Of columns by their names: those with labels side by side by these, lists by their place.
fn of_columns_by_name<'v>(dict: &DictRef<'v>, keys: Option<Vec<Val>>, heap: Heap<'v>) -> starlark::Result<Sheet> {
    let mut labels: Vec<Option<Column>> = Vec::new();
    for (_, cells) in dict.iter() {
        let of_dict = DictRef::from_value(cells).map(|cells| entries(&cells, heap)).transpose()?;
        labels.push(of_dict.or_else(|| labelled(cells)));
    }
    let indexes: Vec<&Index> = labels.iter().flatten().map(|column| &*column.index).collect();
    let index = match keys {
        None if !indexes.is_empty() => Some(united(&indexes)?),
        keys => keys.map(|keys| index_of(Some(keys), 0)),
    };
    let mut pairs = Vec::new();
    for ((name, cells), labelled) in dict.iter().zip(&labels) {
        let cells = match (labelled, &index) {
            (Some(column), Some(index)) => Val::List(by_labels(column, index)?),
            _ => plain_of(cells, heap)?,
        };
        pairs.push((plain_of(name, heap)?, cells));
    }
    let sheet = of_pairs(pairs, index.as_ref().map(|index| index.keys.len()))?;
    match index {
        Some(index) => Ok(Sheet { index: Arc::new(index), ..sheet }),
        None => Ok(sheet),
    }
}

/// Of rows that are lists, or of one column.
fn of_rows(rows: &[Val], names: &Option<Vec<Val>>) -> starlark::Result<Sheet> {
    let cells = |row: &Val| row.items().map_or_else(|| vec![row.clone()], <[Val]>::to_vec);
    let mut rows: Vec<Vec<Val>> = rows.iter().map(cells).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row.resize(width, NOTHING));
    let names: Vec<Name> = match names {
        Some(names) if rows.is_empty() || names.len() == width => names.iter().map(Name::of).collect(),
        Some(names) => {
            let why = format!("{} names of columns for {width} columns", names.len());
            return Err(thrown("ValueError", why));
        }
        None => (0..width as i64).map(Name::number).collect(),
    };
    Ok(Sheet::new(names.into(), rows.into_iter().map(Into::into).collect()))
}

/// Of names and cells; one value is that of all rows.
fn of_pairs(pairs: Vec<(Val, Val)>, count: Option<usize>) -> starlark::Result<Sheet> {
    let long = |cells: &Val| cells.items().map(<[Val]>::len);
    let rows = count.or_else(|| pairs.iter().find_map(|(_, cells)| long(cells))).unwrap_or(0);
    let column = |(_, cells): &(Val, Val)| match cells.items() {
        Some(cells) if cells.len() != rows => Err(thrown("ValueError", "the columns of a sheet have one length")),
        Some(cells) => Ok(cells.to_vec()),
        None if matches!(cells, Val::Dict(_)) => Err(no_frame()),
        None => Ok(vec![cells.clone(); rows]),
    };
    let columns: Vec<Vec<Val>> = pairs.iter().map(column).collect::<starlark::Result<_>>()?;
    Ok(Sheet::of_columns(pairs.iter().map(|(name, _)| Name::of(name)).collect(), &columns))
}

/// The columns of rows that are dicts.
fn columns_of(rows: &[Val]) -> starlark::Result<Vec<(Val, Val)>> {
    let mut columns: Vec<(Val, Vec<Val>)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Val::Dict(cells) = row else { return Err(no_frame()) };
        for (name, cell) in cells {
            let place = columns.iter().position(|(known, _)| known == name).unwrap_or(columns.len());
            if place == columns.len() {
                columns.push((name.clone(), vec![NOTHING; rows.len()]));
            }
            columns[place].1[at] = cell.clone();
        }
    }
    Ok(columns.into_iter().map(|(name, cells)| (name, Val::List(cells))).collect())
}

/// Of a dict of rows: `from_dict(rows, orient="index")`.
pub(super) fn rows_by_label<'v>(
    data: Option<Value<'v>>,
    columns: Option<Value<'v>>,
    heap: Heap<'v>,
) -> starlark::Result<Sheet> {
    let Val::Dict(rows) = plain_of(data.ok_or_else(no_frame)?, heap)? else { return Err(no_frame()) };
    let names = columns.map(labels_of).transpose()?;
    let (keys, rows): (Vec<Val>, Vec<Val>) = rows.into_iter().unzip();
    let sheet = match rows.first() {
        Some(Val::Dict(_)) => of_pairs(columns_of(&rows)?, None)?,
        _ => of_rows(&rows, &names)?,
    };
    Ok(Sheet { index: Arc::new(Index::new(Vec::new(), keys)), ..sheet })
}
