//! Sample sheets: tables of cells.
//!
//! Owns the table, its rows and their labels, and what type the cells of a column have.
//! It reads no files, sees nothing of Starlark but its errors, and does not know what
//! samples are.

use super::aligned::by_labels;
use super::column::Column;
use super::column_methods::as_type;
use super::columns::Columns;
use super::index::Index;
use super::name::Name;
use super::row::{Like, Row, no_column, record};
use super::same::by_size;
use crate::eval::exception::{thrown, thrown_with};
use crate::value::Val;
use starlark::values::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) columns: Columns,
    pub(super) rows: Vec<Arc<[Val]>>,
    pub(super) index: Arc<Index>,
    pub(super) of: Maker,
}

/// Whose functions a table was made by: it answers as they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// `tsv` and `csv`: to loop over it gives rows, and a number is one's.
    Own,
    /// Pandas': to loop over it gives the names of columns, and a number is one's name.
    Pandas,
}

impl Maker {
    /// What is in an empty cell.
    pub(super) fn nothing(self) -> Val {
        match self {
            Maker::Own => Val::None,
            Maker::Pandas => NOTHING,
        }
    }

    /// The cells of a column as it has them.
    pub(super) fn settled(self, cells: Vec<Val>) -> Vec<Val> {
        match self {
            Maker::Own => cells,
            Maker::Pandas => settled(cells),
        }
    }
}

impl Sheet {
    /// A table of pandas with numbered rows.
    pub(super) fn new(columns: Columns, rows: Vec<Arc<[Val]>>) -> Sheet {
        let index = Arc::new(Index::numbers(rows.len()));
        Sheet { columns, rows, index, of: Maker::Pandas }
    }

    /// With numbers for the labels of its rows.
    pub(super) fn numbered(&self) -> Sheet {
        Sheet { index: Arc::new(Index::numbers(self.rows.len())), ..self.clone() }
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| **c == *name)
    }

    /// The column that a value names.
    pub(super) fn column_of(&self, name: &Val) -> starlark::Result<usize> {
        let found = self.columns.iter().position(|known| known.is(name));
        found.ok_or_else(|| no_column(&name.display(), &self.columns))
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> Vec<Val> {
        self.columns.iter().map(Name::value).collect()
    }

    /// The name of a column by its number.
    pub(super) fn name_at(&self, number: &Val) -> starlark::Result<Name> {
        let at = if let Val::Int(at) = number { usize::try_from(*at).ok() } else { None };
        let name = at.and_then(|at| self.columns.get(at)).cloned();
        name.ok_or_else(|| thrown("IndexError", format!("the sheet has no column number {}", number.repr())))
    }

    pub(super) fn column_at(&self, name: &str) -> starlark::Result<usize> {
        self.column(name).ok_or_else(|| no_column(name, &self.columns))
    }

    pub(super) fn values(&self, column: usize) -> Column {
        let values = self.rows.iter().map(|r| r[column].clone());
        let name = Some(self.columns[column].clone());
        Column { name, of: self.of, ..Column::labelled_by(self.index.clone(), values) }
    }

    pub(super) fn row(&self, at: usize) -> Row {
        let like = if self.of == Maker::Own { Like::List } else { Like::Column };
        let values = self.widened(&self.rows[at]);
        Row { columns: self.columns.clone(), values, label: self.index.keys[at].clone(), like }
    }

    /// Its rows one by one.
    pub(super) fn each_row(&self) -> Vec<Row> {
        let floats = self.has_both() && self.is_of_numbers();
        let values = |row: &Arc<[Val]>| if floats { as_floats(row) } else { row.clone() };
        let like = if self.of == Maker::Own { Like::List } else { Like::Column };
        let row = |(row, label): (&Arc<[Val]>, &Val)| Row {
            columns: self.columns.clone(),
            values: values(row),
            label: label.clone(),
            like,
        };
        self.rows.iter().zip(self.index.keys.iter()).map(row).collect()
    }

    /// Whether a row of it holds whole numbers beside floats.
    fn has_both(&self) -> bool {
        let both = |row: &Arc<[Val]>| is_of_both(row);
        self.of == Maker::Pandas && self.rows.iter().any(both)
    }

    fn is_of_numbers(&self) -> bool {
        self.rows.iter().all(|row| row.iter().all(|cell| matches!(cell, Val::Int(_) | Val::Float(_))))
    }

    /// The cells of a row as pandas has them: floats if the columns are of whole numbers and floats.
    fn widened(&self, row: &Arc<[Val]>) -> Arc<[Val]> {
        let floats = self.of == Maker::Pandas && is_of_both(row) && self.is_of_numbers();
        if floats { as_floats(row) } else { row.clone() }
    }

    /// Some of its rows.
    pub(super) fn pick(&self, at: &[usize]) -> Sheet {
        let rows = at.iter().map(|i| self.rows[*i].clone()).collect();
        Sheet { columns: self.columns.clone(), rows, index: Arc::new(self.index.pick(at)), of: self.of }
    }

    /// Some of its columns.
    pub(super) fn only(&self, columns: &[usize]) -> Sheet {
        let cut = |row: &Arc<[Val]>| columns.iter().map(|c| row[*c].clone()).collect();
        Sheet {
            columns: self.named(columns.iter().map(|c| self.columns[*c].clone())),
            rows: self.rows.iter().map(cut).collect(),
            index: self.index.clone(),
            of: self.of,
        }
    }

    /// Names of columns whose levels are called as its own.
    pub(super) fn named(&self, names: impl IntoIterator<Item = Name>) -> Columns {
        names.into_iter().collect::<Columns>().called(self.columns.levels.clone())
    }

    /// With cells as whose functions made it has them.
    pub(super) fn settled(self) -> Sheet {
        if self.of == Maker::Own {
            return self;
        }
        let column = |at: usize| settled(self.rows.iter().map(|row| row[at].clone()).collect());
        let columns: Vec<Vec<Val>> = (0..self.columns.len()).map(column).collect();
        let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
        Sheet { rows: (0..self.rows.len()).map(row).collect(), ..self }
    }

    /// With the rows of these labels, of which those that it lacks are empty.
    ///
    /// # Errors
    /// If one of its own stands for several rows.
    pub(super) fn by_labels(&self, index: Index) -> starlark::Result<Sheet> {
        let column = |at: usize| by_labels(&self.values(at), &index);
        let columns: Vec<Vec<Val>> = (0..self.columns.len()).map(column).collect::<starlark::Result<_>>()?;
        Ok(Sheet { index: Arc::new(index), of: self.of, ..Sheet::of_columns(self.columns.to_vec(), &columns) })
    }

    /// With cells of another type.
    ///
    /// # Errors
    /// If one cannot be made that.
    pub(super) fn as_type(&self, kind: Value) -> starlark::Result<Sheet> {
        let column = |at: usize| as_type(&self.values(at), kind);
        let columns: Vec<Vec<Val>> = (0..self.columns.len()).map(column).collect::<starlark::Result<_>>()?;
        let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
        Ok(Sheet { rows: (0..self.rows.len()).map(row).collect(), ..self.clone() })
    }

    /// Its rows as dicts.
    pub(super) fn records(&self) -> Val {
        Val::List(self.rows.iter().map(|row| record(&self.columns, row)).collect())
    }

    /// With labels that lack their first parts, which all of them share.
    pub(super) fn below(self, parts: usize) -> Sheet {
        let index = Arc::new(self.index.below(parts));
        Sheet { index, ..self }
    }

    /// Of columns, each as long as the others.
    pub(super) fn of_columns(names: Vec<Name>, columns: &[Vec<Val>]) -> Sheet {
        let count = columns.first().map_or(0, Vec::len);
        let columns: Vec<Vec<Val>> = columns.iter().cloned().map(settled).collect();
        let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
        Sheet::new(names.into(), (0..count).map(row).collect())
    }

    /// With a column of new values, in the place of one of that name or as the last.
    pub(super) fn with_column(&self, name: &Name, values: Vec<Val>) -> Sheet {
        let name = self.padded(name.clone());
        let at = self.columns.iter().position(|known| *known == name);
        let row = |(row, value): (&Arc<[Val]>, Val)| match at {
            Some(at) => {
                row.iter().enumerate().map(|(i, old)| if i == at { value.clone() } else { old.clone() }).collect()
            }
            None => row.iter().cloned().chain([value]).collect(),
        };
        let new = at.is_none().then(|| name.clone());
        Sheet {
            columns: self.named(self.columns.iter().cloned().chain(new)),
            rows: self.rows.iter().zip(values).map(row).collect(),
            index: self.index.clone(),
            of: self.of,
        }
    }

    /// A name as those of its columns: with as many levels.
    fn padded(&self, name: Name) -> Name {
        let depth = self.columns.depth();
        let parts = name.parts().map_or_else(|| vec![name.value()], <[Val]>::to_vec);
        if depth < 2 || parts.len() >= depth {
            return name;
        }
        let blank = std::iter::repeat_n(Val::str(""), depth - parts.len());
        Name::of(&Val::Tuple(parts.into_iter().chain(blank).collect()))
    }

    /// With the labels of its rows as its first columns; labels that came from none are `index`.
    ///
    /// # Errors
    /// If a column has the name of one that they came from.
    pub(super) fn reset(&self) -> starlark::Result<Sheet> {
        if self.of == Maker::Own {
            return Ok(self.with_levels());
        }
        if let Some(name) = self.index.shown_names().iter().find(|name| self.columns.contains(name)) {
            let hint = "write `.reset_index(drop=True)` to leave the labels out";
            return Err(thrown_with("ValueError", format!("cannot insert `{name}`, which is a column already"), hint));
        }
        if !self.index.names.is_empty() {
            return Ok(self.with_levels());
        }
        let name = if self.column("index").is_none() { "index" } else { "level_0" };
        let index = Index::new(vec![name.into()], self.index.keys.clone());
        Ok(Sheet { index: Arc::new(index), ..self.clone() }.with_levels())
    }

    /// With the columns that its labels came from as its first, but for those that it has.
    pub(super) fn with_levels(&self) -> Sheet {
        let shown = self.index.shown_names();
        let names: Vec<usize> = (0..shown.len()).filter(|i| !self.columns.contains(&shown[*i])).collect();
        let row = |(key, row): (&Val, &Arc<[Val]>)| {
            names.iter().map(|i| Index::part(key, *i)).chain(row.iter().cloned()).collect::<Arc<[Val]>>()
        };
        let rows = self.index.keys.iter().zip(&self.rows).map(row).collect();
        let columns = names.iter().map(|i| self.padded(shown[*i].clone())).chain(self.columns.iter().cloned());
        let columns = self.named(columns);
        Sheet { of: self.of, ..Sheet::new(columns, rows) }
    }

    /// Its rows as lists of cells.
    pub(super) fn arrays(&self) -> Column {
        Column::plain(self.each_row().into_iter().map(|row| Val::List(row.values.to_vec())))
    }

    /// With its rows as columns.
    pub(super) fn transposed(&self) -> Sheet {
        let rows = self.each_row();
        let row = |at: usize| rows.iter().map(|row| row.values[at].clone()).collect();
        Sheet {
            columns: Columns::of(&self.index),
            rows: (0..self.columns.len()).map(row).collect(),
            index: Arc::new(self.columns.index()),
            of: self.of,
        }
    }

    /// With labels that are what some columns hold; they stay columns if `keep` says so.
    pub(super) fn with_index(&self, by: &[usize], keep: bool) -> Sheet {
        let key = |row: &Arc<[Val]>| match by {
            [one] => row[*one].clone(),
            several => Val::Tuple(several.iter().map(|c| row[*c].clone()).collect()),
        };
        let keys: Vec<Val> = self.rows.iter().map(key).collect();
        let index = Index::new(by.iter().map(|c| self.columns[*c].clone()).collect(), keys);
        let kept: Vec<usize> = (0..self.columns.len()).filter(|c| keep || !by.contains(c)).collect();
        Sheet { index: Arc::new(index), ..self.only(&kept) }
    }
}

/// Whether cells are numbers, of which some are whole and some are floats.
fn is_of_both(row: &[Val]) -> bool {
    let has = |kind: fn(&Val) -> bool| row.iter().any(kind);
    has(|cell| matches!(cell, Val::Int(_))) && has(|cell| matches!(cell, Val::Float(_)))
}

fn as_floats(row: &[Val]) -> Arc<[Val]> {
    row.iter().map(|cell| if let Val::Int(i) = cell { Val::Float(*i as f64) } else { cell.clone() }).collect()
}

/// An empty cell, as pandas has it.
pub(super) const NOTHING: Val = Val::Float(f64::NAN);

/// Whether a cell holds nothing.
pub(super) fn is_empty(cell: &Val) -> bool {
    match cell {
        Val::Float(figure) => figure.is_nan(),
        other => *other == Val::None,
    }
}

/// Which cells are empty, or which are not.
pub(super) fn emptiness(cells: &[Val], empty: bool) -> Vec<Val> {
    cells.iter().map(|cell| Val::Bool(is_empty(cell) == empty)).collect()
}

/// The cells of a column as pandas has them: numbers are floats where some are empty, and
/// empty among numbers and texts is `nan`; of numbers one float makes all of them floats.
pub(super) fn settled(mut cells: Vec<Val>) -> Vec<Val> {
    let held = || cells.iter().filter(|cell| !is_empty(cell));
    let numbers = held().all(|cell| matches!(cell, Val::Int(_) | Val::Float(_)));
    let texts = held().all(|cell| matches!(cell, Val::Str(_)));
    let floats = cells.iter().any(|cell| matches!(cell, Val::Float(_))) || held().count() < cells.len();
    if !(numbers && floats || texts) || held().next().is_none() {
        return cells;
    }
    for cell in &mut cells {
        match cell {
            Val::Int(i) => *cell = Val::Float(*i as f64),
            Val::None => *cell = NOTHING,
            _ => {}
        }
    }
    cells
}

/// The order of two cells, upwards or downwards; empty ones are last in both, or first.
pub(super) fn ordered(a: &Val, b: &Val, upwards: bool, empty_first: bool) -> Ordering {
    let order = compared(a, b);
    match (is_empty(a), is_empty(b)) {
        (false, false) if !upwards => order.reverse(),
        (a, b) if a != b && empty_first => order.reverse(),
        _ => order,
    }
}

/// The order of cells: numbers by size, then texts, then the rest, and empty ones last.
pub(super) fn compared(a: &Val, b: &Val) -> Ordering {
    let rank = |v: &Val| match v {
        v if is_empty(v) => 4,
        Val::Bool(_) | Val::Int(_) | Val::Float(_) => 0,
        Val::Str(_) => 1,
        Val::List(_) | Val::Tuple(_) => 2,
        _ => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Val::List(a) | Val::Tuple(a), Val::List(b) | Val::Tuple(b)) => {
            let differs = a.iter().zip(b).map(|(a, b)| compared(a, b)).find(|o| o.is_ne());
            differs.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        _ if rank(a) == 0 => by_size(a, b).unwrap_or(Ordering::Equal),
        _ => a.display().cmp(&b.display()),
    })
}
