//! Levels of labels as names of columns: `.unstack` and `.pivot`, as in pandas.
//!
//! Owns where the cells go, and what the columns are called then.

use super::column::{Column, distinct};
use super::columns::Columns;
use super::frame::{Now, label_of, named, plain_of};
use super::frame_choices::in_order;
use super::index::Index;
use super::name::Name;
use super::same::word;
use super::sheet::{NOTHING, Sheet, is_empty, settled};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use crate::eval::limits;
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// Where the cells of rows go.
struct Places {
    /// What stands across, for each of the columns that one becomes.
    across: Vec<Val>,
    /// What the levels of that are called.
    levels: Vec<Name>,
    below: Index,
    /// The column and the row of each cell.
    cells: Vec<(usize, usize)>,
}

fn parts(key: &Val) -> Vec<Val> {
    if let Val::Tuple(parts) = key { parts.clone() } else { vec![key.clone()] }
}

/// The different cells of a list, and the place that each of them all has there.
fn as_they_come(cells: &[Val]) -> (Vec<Val>, Vec<usize>) {
    let held: Vec<Val> = distinct(cells.iter()).into_iter().map(|at| cells[at].clone()).collect();
    let places: FxHashMap<String, usize> = held.iter().map(word).zip(0..).collect();
    (held, cells.iter().map(|cell| places[&word(cell)]).collect())
}

impl Places {
    /// Of labels that some levels are taken out of.
    fn of(labels: &Index, taken: &[usize], columns: usize) -> starlark::Result<Places> {
        if taken.iter().any(|at| *at >= labels.names.len()) {
            let hint = "name columns of the sheet, or levels of its labels";
            return Err(hinted("a name is given here that nothing in the sheet has", hint));
        }
        let split = |levels: &[usize]| {
            let names: Vec<Name> = levels.iter().map(|at| labels.names[*at].clone()).collect();
            Index::of_levels(names, &levels.iter().map(|at| labels.level(*at)).collect::<Vec<_>>())
        };
        let kept: Vec<usize> = (0..labels.names.len()).filter(|at| !taken.contains(at)).collect();
        let (across, below) = (split(taken), split(&kept));
        let empty = |key: &Val| parts(key).iter().any(is_empty);
        if across.keys.iter().chain(below.keys.iter()).any(empty) {
            let hint = "leave the rows out first: `sheet.dropna(subset=[...])`";
            return Err(hinted("labels that become names of columns, or stay, have no empty ones here", hint));
        }
        let levels = taken.iter().map(|at| labels.names[*at].clone()).collect();
        // Several levels at once come as they are met.
        let spread = if taken.len() > 1 { as_they_come } else { in_order };
        let ((names, places), (keys, down)) = (spread(&across.keys), in_order(&below.keys));
        limits::values(keys.len() as u128 * names.len() as u128 * columns.max(1) as u128)?;
        let below = Index::new(below.names.clone(), keys);
        Ok(Places { across: names, levels, below, cells: places.into_iter().zip(down).collect() })
    }

    /// The columns that one becomes.
    fn spread(&self, values: &[Val], fill: &Val) -> starlark::Result<Vec<Vec<Val>>> {
        let count = self.below.keys.len();
        let mut cells: Vec<Option<Val>> = vec![None; count * self.across.len()];
        for (value, (column, row)) in values.iter().zip(&self.cells) {
            if cells[column * count + row].replace(value.clone()).is_some() {
                return Err(thrown("ValueError", "Index contains duplicate entries, cannot reshape"));
            }
        }
        // One gap makes floats of all whole numbers.
        let cells = settled(cells.into_iter().map(|cell| cell.unwrap_or_else(|| fill.clone())).collect());
        Ok(cells.chunks(count.max(1)).map(<[Val]>::to_vec).collect())
    }

    fn sheet(self, names: Columns, columns: &[Vec<Val>]) -> Sheet {
        let made = Sheet::of_columns(names.to_vec(), columns);
        Sheet { columns: names, index: Arc::new(self.below), ..made }
    }
}

/// A column for each value of some levels of a column's labels, in order.
///
/// # Errors
/// If no level stays, a label stands twice, or there would be too many.
pub(super) fn unstacked(column: &Column, taken: &[usize], fill: &Val) -> starlark::Result<Sheet> {
    let places = Places::of(&column.index, taken, 1)?;
    let columns = places.spread(&column.values, fill)?;
    let names = places.across.iter().map(Name::of).collect::<Columns>().called(places.levels.clone());
    Ok(places.sheet(names, &columns))
}

/// The same of each column of a sheet, whose name stands above these values.
///
/// # Errors
/// As of a column.
pub(super) fn all_unstacked(sheet: &Sheet, taken: &[usize], fill: &Val) -> starlark::Result<Sheet> {
    let places = Places::of(&sheet.index, taken, sheet.columns.len())?;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for (at, name) in sheet.columns.iter().enumerate() {
        columns.extend(places.spread(&sheet.values(at).values, fill)?);
        let above = parts(&name.value());
        names.extend(places.across.iter().map(|key| Name::of(&Val::Tuple([above.clone(), parts(key)].concat()))));
    }
    let levels = sheet.columns.level_names().into_iter().chain(places.levels.clone()).collect();
    Ok(places.sheet(names.into_iter().collect::<Columns>().called(levels), &columns))
}

/// The levels that are asked for, of several.
fn levels_of<'v>(index: &Index, level: NoneOr<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
    let count = index.names.len();
    if count < 2 {
        let why = "index must be a MultiIndex to unstack";
        return Err(thrown("ValueError", why));
    }
    let Some(level) = level.into_option() else { return Ok(vec![count - 1]) };
    let all = elements(level, heap).unwrap_or_else(|| vec![level]);
    let all: Vec<usize> =
        all.into_iter().map(|one| index.level_of(&plain_of(one, heap)?)).collect::<starlark::Result<_>>()?;
    match all.len() < count {
        true => Ok(all),
        false => Err(hinted("one level of the labels stays where it is here", "turn the sheet: `sheet.T`")),
    }
}

/// One value that stands in empty cells.
fn fill_of<'v>(fill: NoneOr<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Val> {
    fill.into_option().map_or(Ok(NOTHING), |fill| plain_of(fill, heap))
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    /// A sheet with a column for each value of a level of its labels.
    fn unstack<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        unstacked(this, &levels_of(&this.index, level, heap)?, &fill_of(fill_value, heap)?)
    }
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// The same of all columns: each becomes one for each value of the level.
    fn unstack<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let fill = fill_of(fill_value, heap)?;
        if this.index.names.len() < 2 {
            return Err(hinted("labels of one level stay where they are here", "write `sheet.T.stack()`"));
        }
        all_unstacked(&this, &levels_of(&this.index, level, heap)?, &fill)
    }

    /// A row for each value of a column, a column for each of another.
    fn pivot<'v>(
        this: Now,
        #[starlark(require = named)] columns: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] values: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let columns = named(&this, columns, heap)?;
        let index = index.into_option().map(|index| named(&this, index, heap)).transpose()?;
        if columns.is_empty() || index.as_ref().is_some_and(Vec::is_empty) {
            return Err(thrown("ValueError", "`pivot` wants a column for its `index`, and one for its `columns`"));
        }
        let mut names = Vec::new();
        let mut levels = Vec::new();
        match &index {
            Some(index) => index.iter().for_each(|at| {
                names.push(this.columns[*at].clone());
                levels.push(this.values(*at).values.to_vec());
            }),
            None => (0..this.index.names.len().max(1)).for_each(|at| {
                names.push(this.index.names.get(at).cloned().unwrap_or_else(Name::unnamed));
                levels.push(this.index.level(at));
            }),
        }
        let kept = levels.len();
        for at in &columns {
            names.push(this.columns[*at].clone());
            levels.push(this.values(*at).values.to_vec());
        }
        let taken: Vec<usize> = (kept..levels.len()).collect();
        let labels = Arc::new(Index::of_levels(names, &levels));
        let values = values.into_option();
        if let Some(one) = values.and_then(label_of) {
            let column = Column { index: labels, ..this.values(this.column_of(&one)?) };
            return unstacked(&column, &taken, &NOTHING);
        }
        let is_used = |at: &usize| columns.contains(at) || index.as_ref().is_some_and(|index| index.contains(at));
        let chosen = match values {
            // Columns of several types are one array, of which all are floats then.
            Some(names) => {
                let cut = this.only(&named(&this, names, heap)?);
                Sheet { rows: cut.each_row().into_iter().map(|row| row.values).collect(), ..cut }
            }
            None => this.only(&(0..this.columns.len()).filter(|at| !is_used(at)).collect::<Vec<_>>()),
        };
        all_unstacked(&Sheet { index: labels, ..chosen }, &taken, &NOTHING)
    }
}
