//! Sheets and columns with other labels, or with those of a list, named as in pandas.
//!
//! Owns what these methods take, of both. How labels are found is `index`'s.

use super::column::{Column, number};
use super::columns::Columns;
use super::frame::{Now, cell_of, cells_of};
use super::frame_counts::kind;
use super::frame_methods::across;
use super::index::Index;
use super::name::Name;
use super::sheet::{NOTHING, Sheet, is_empty};
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// The labels with other names of their levels: one, or one for each, or none.
fn with_names<'v>(index: &Index, names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Arc<Index>> {
    let levels = index.names.len().max(1);
    let given = match elements(names, heap) {
        Some(names) => names,
        None => vec![names],
    };
    if levels > 1 && elements(names, heap).is_none() {
        return Err(thrown("TypeError", "Must pass list-like as `names`."));
    }
    if given.len() != levels {
        return Err(thrown("ValueError", format!("Length of names must match number of levels: {levels}")));
    }
    let name = |name: &Value<'v>| {
        cell_of(*name)
            .filter(|cell| cell.items().is_none())
            .map(|cell| Name::of(&cell))
            .ok_or_else(|| fault("a level is named by a text"))
    };
    let names = match given.as_slice() {
        [none] if none.is_none() => Vec::new(),
        names => names.iter().map(name).collect::<starlark::Result<_>>()?,
    };
    Ok(Arc::new(Index::new(names, index.keys.clone())))
}

fn renamed_levels<'v>(index: &Index, names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Arc<Index>> {
    match names.get_type() {
        "dict" | "function" => {
            Err(hinted("`rename_axis` wants a name, or a list of names here", "write the names themselves"))
        }
        _ => with_names(index, names, heap),
    }
}

/// The labels with two levels in each other's place.
fn swapped(index: &Index, i: &Val, j: &Val) -> starlark::Result<Arc<Index>> {
    if index.names.len() < 2 {
        return Err(thrown("TypeError", "`swaplevel` goes for labels of several columns"));
    }
    let (a, b) = (index.level_of(i)?, index.level_of(j)?);
    let mut order: Vec<usize> = (0..index.names.len()).collect();
    order.swap(a, b);
    let levels: Vec<Vec<Val>> = order.iter().map(|at| index.level(*at)).collect();
    Ok(Arc::new(Index::of_levels(order.iter().map(|at| index.names[*at].clone()).collect(), &levels)))
}

/// The labels without one level, or some.
fn without<'v>(index: &Index, level: Value<'v>, heap: Heap<'v>) -> starlark::Result<Index> {
    let mut out = Vec::new();
    for one in elements(level, heap).unwrap_or_else(|| vec![level]) {
        out.push(index.level_of(&cell_of(one).ok_or_else(|| fault("a level is a name or a number"))?)?);
    }
    let levels = index.names.len().max(1);
    let kept: Vec<usize> = (0..levels).filter(|at| !out.contains(at)).collect();
    if kept.is_empty() {
        let why = format!(
            "Cannot remove {} levels from an index with {levels} levels: at least one level must be left.",
            out.len()
        );
        return Err(thrown("ValueError", why));
    }
    let names = kept.iter().filter_map(|at| index.names.get(*at).cloned()).collect();
    Ok(Index::of_levels(names, &kept.iter().map(|at| index.level(*at)).collect::<Vec<_>>()))
}

/// The place of each of some names among those of columns; none where they lack it.
fn named_places(columns: &[Name], wanted: &[Val]) -> Vec<Option<usize>> {
    // A text and a number may be written alike.
    let mut alike: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    columns.iter().enumerate().for_each(|(at, name)| alike.entry(name).or_default().push(at));
    let place = |name: &Val| {
        let written = alike.get(&*name.display())?;
        written.iter().copied().find(|at| columns[*at].is(name))
    };
    wanted.iter().map(place).collect()
}

/// Some labels, with the names of those that they stand in the place of.
fn wanted(index: &Index, labels: Value) -> starlark::Result<Index> {
    let keys = cells_of(labels).ok_or_else(|| thrown("TypeError", "`reindex` wants a list of labels"))?;
    let own = Column::from_value(labels).filter(|column| column.is_labels).map(Column::level_names);
    let names = own.filter(|names| !names.is_empty()).unwrap_or_else(|| index.names.clone());
    Ok(Index::new(names, keys))
}

/// The place of each label in others; none where they lack it.
fn places(index: &Index, wanted: &Index) -> starlark::Result<Vec<Option<usize>>> {
    if !index.is_unique() {
        let hint = "make them unique, by `.reset_index(drop=True)` or `.drop_duplicates()`";
        return Err(thrown_with("ValueError", "cannot reindex on an axis with duplicate labels", hint));
    }
    Ok(wanted.keys.iter().map(|key| index.find(key).and_then(|found| found.first()).copied()).collect())
}

fn fill_of(fill: NoneOr<Value>) -> starlark::Result<Val> {
    match fill.into_option() {
        Some(fill) => {
            cell_of(fill).filter(|cell| cell.items().is_none()).ok_or_else(|| fault("a cell is no such value"))
        }
        None => Ok(NOTHING),
    }
}

/// Whether a column can hold what it is filled with.
fn check_fill(column: &Column, fill: &Val) -> starlark::Result<()> {
    match kind(column) == "str" && fill.as_str().is_none() && !is_empty(fill) {
        true => Err(thrown("TypeError", format!("Invalid value '{}' for dtype 'str'", fill.display()))),
        false => Ok(()),
    }
}

/// Numbers of rows in a list.
fn numbers_of<'v>(indices: Value<'v>, count: usize, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
    let all = elements(indices, heap).ok_or_else(|| thrown("TypeError", "`take` wants a list of numbers"))?;
    let place = |one: Value<'v>| number(one, count).ok_or_else(|| thrown("IndexError", "indices are out-of-bounds"));
    all.into_iter().map(place).collect()
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// With a text before the names of columns.
    fn add_prefix(this: Now, prefix: &str) -> starlark::Result<Sheet> {
        let columns = this.columns.iter().map(|name| format!("{prefix}{name}").into()).collect();
        Ok(Sheet { columns, ..(*this).clone() })
    }

    /// With a text behind the names of columns.
    fn add_suffix(this: Now, suffix: &str) -> starlark::Result<Sheet> {
        let columns = this.columns.iter().map(|name| format!("{name}{suffix}").into()).collect();
        Ok(Sheet { columns, ..(*this).clone() })
    }

    /// With other names of the levels of its labels, or of the names of columns.
    fn rename_axis<'v>(
        this: Now,
        mapper: Option<Value<'v>>,
        #[starlark(require = named)] index: Option<Value<'v>>,
        #[starlark(require = named)] columns: Option<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let across = across(axis.into_option())?;
        let mut made = (*this).clone();
        if let Some(names) = columns.or(mapper.filter(|_| across)) {
            let index = renamed_levels(&made.columns.index(), names, heap)?;
            made.columns = made.columns.called(index.names.clone());
        }
        if let Some(names) = index.or(mapper.filter(|_| !across)) {
            made.index = renamed_levels(&made.index, names, heap)?;
        }
        Ok(made)
    }

    /// With two levels of its labels in each other's place.
    fn swaplevel<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] i: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] j: NoneOr<Value<'v>>,
    ) -> starlark::Result<Sheet> {
        let level =
            |level: NoneOr<Value<'v>>, default| level.into_option().and_then(cell_of).unwrap_or(Val::Int(default));
        Ok(Sheet { index: swapped(&this.index, &level(i, -2), &level(j, -1))?, ..(*this).clone() })
    }

    /// Without a level of its labels, or of the names of columns.
    fn droplevel<'v>(
        this: Now,
        level: Value<'v>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        if across(axis.into_option())? {
            let columns = Columns::of(&without(&this.columns.index(), level, heap)?);
            return Ok(Sheet { columns, ..(*this).clone() });
        }
        Ok(Sheet { index: Arc::new(without(&this.index, level, heap)?), ..(*this).clone() })
    }

    /// The rows of some labels, and some columns: empty where it has none.
    fn reindex<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] labels: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] columns: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
    ) -> starlark::Result<Sheet> {
        let (labels, by_column) = (labels.into_option(), across(axis.into_option())?);
        let rows = index.into_option().or(labels.filter(|_| !by_column));
        let columns = columns.into_option().or(labels.filter(|_| by_column));
        let fill = fill_of(fill_value)?;
        let mut made = (*this).clone();
        if let Some(rows) = rows {
            let index = wanted(&made.index, rows)?;
            let found = places(&made.index, &index)?;
            if found.contains(&None) {
                (0..made.columns.len()).try_for_each(|at| check_fill(&made.values(at), &fill))?;
            }
            let nothing: Arc<[Val]> = vec![fill.clone(); made.columns.len()].into();
            let row = |place: Option<usize>| place.map_or_else(|| nothing.clone(), |at| made.rows[at].clone());
            let rows = found.into_iter().map(row).collect();
            made = Sheet { rows, index: Arc::new(index), ..made }.settled();
        }
        if let Some(columns) = columns {
            let names = wanted(&Index::new(Vec::new(), made.names()), columns)?;
            let places = named_places(&made.columns, &names.keys);
            let cell = |row: &[Val], place: &Option<usize>| place.map_or_else(|| fill.clone(), |at| row[at].clone());
            let rows = made.rows.iter().map(|row| places.iter().map(|place| cell(row, place)).collect()).collect();
            made = Sheet { columns: names.keys.iter().map(Name::of).collect(), rows, ..made };
        }
        Ok(made)
    }

    /// The rows by their numbers, or the columns.
    fn take<'v>(
        this: Now,
        indices: Value<'v>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        if across(axis.into_option())? {
            return Ok(this.only(&numbers_of(indices, this.columns.len(), heap)?));
        }
        Ok(this.pick(&numbers_of(indices, this.rows.len(), heap)?))
    }

    /// Cells have the types that they can have already.
    fn infer_objects(this: Now) -> starlark::Result<Sheet> {
        Ok((*this).clone())
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    fn add_prefix(this: &Column, prefix: &str) -> starlark::Result<Column> {
        let keys: Vec<Val> = this.index.keys.iter().map(|key| Val::str(format!("{prefix}{}", key.display()))).collect();
        Ok(Column { index: Arc::new(Index::new(this.index.names.clone(), keys)), ..this.clone() })
    }

    fn add_suffix(this: &Column, suffix: &str) -> starlark::Result<Column> {
        let keys: Vec<Val> = this.index.keys.iter().map(|key| Val::str(format!("{}{suffix}", key.display()))).collect();
        Ok(Column { index: Arc::new(Index::new(this.index.names.clone(), keys)), ..this.clone() })
    }

    fn rename_axis<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] mapper: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] index: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let names = mapper.into_option().or(index.into_option()).unwrap_or_else(Value::new_none);
        let index = renamed_levels(&this.index, names, heap)?;
        Ok(Column { index, ..this.clone() })
    }

    fn swaplevel<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] i: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] j: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let level =
            |level: NoneOr<Value<'v>>, default| level.into_option().and_then(cell_of).unwrap_or(Val::Int(default));
        let index = swapped(&this.index, &level(i, -2), &level(j, -1))?;
        Ok(if this.is_labels { Column::of_labels(&index, None) } else { Column { index, ..this.clone() } })
    }

    fn droplevel<'v>(this: &Column, level: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        let index = Arc::new(without(&this.index, level, heap)?);
        Ok(if this.is_labels { Column::of_labels(&index, None) } else { Column { index, ..this.clone() } })
    }

    fn reindex<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let Some(labels) = index.into_option() else { return Ok(this.clone()) };
        let (index, fill) = (wanted(&this.index, labels)?, fill_of(fill_value)?);
        let cell = |place: Option<usize>| place.map_or_else(|| fill.clone(), |at| this.values[at].clone());
        let found = places(&this.index, &index)?;
        if found.contains(&None) {
            check_fill(this, &fill)?;
        }
        let cells = found.into_iter().map(cell).collect();
        Ok(Column { index: Arc::new(index), ..this.filled(cells) })
    }

    fn take<'v>(this: &Column, indices: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        Ok(this.pick(&numbers_of(indices, this.values.len(), heap)?))
    }

    fn infer_objects(this: &Column) -> starlark::Result<Column> {
        Ok(this.clone())
    }

    /// The number of a label.
    fn get_loc<'v>(this: &Column, key: Value<'v>) -> starlark::Result<i32> {
        of_labels(this, "get_loc")?;
        let key = cell_of(key).ok_or_else(|| fault("a label is a text, a number or a tuple"))?;
        match this.own_labels().find(&key) {
            Some([one]) => Ok(*one as i32),
            Some(_) => Err(hinted("`get_loc` wants a label that stands once here", "ask for `labels == label`")),
            None => Err(thrown("KeyError", key.display())),
        }
    }

    /// The labels of several levels as tuples.
    fn to_flat_index(this: &Column) -> starlark::Result<Column> {
        of_labels(this, "to_flat_index")?;
        Ok(Column::plain(this.values.iter().cloned()))
    }

    /// The same labels, with other names of their levels.
    fn set_names<'v>(this: &Column, names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        of_labels(this, "set_names")?;
        Ok(Column::of_labels(&with_names(&this.own_labels(), names, heap)?, None))
    }

    /// The labels as a column with themselves for labels.
    fn to_series<'v>(this: &Column) -> starlark::Result<Column> {
        of_labels(this, "to_series")?;
        let name = match &*this.level_names() {
            [one] => Some(one.clone()),
            _ => None,
        };
        Ok(Column { name, ..Column::labelled_by(this.own_labels(), this.values.to_vec()) })
    }

    /// Labels and others behind them.
    fn append<'v>(this: &Column, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        of_labels(this, "append")?;
        let others = match (Column::from_value(other), elements(other, heap)) {
            (None, Some(several)) => several,
            _ => vec![other],
        };
        let mut keys = this.values.to_vec();
        let mut names = this.level_names();
        for other in others {
            let other = Column::from_value(other).ok_or_else(|| thrown("TypeError", "all inputs must be Index"))?;
            keys.extend(other.values.iter().cloned());
            if other.level_names() != names {
                names.clear();
            }
        }
        Ok(Column::of_labels(&Arc::new(Index::new(names, keys)), None))
    }
}

/// Whether these are labels, not a column of a sheet.
fn of_labels(column: &Column, method: &str) -> starlark::Result<()> {
    match column.is_labels || column.by_place {
        true => Ok(()),
        false => {
            let hint = "ask its labels: `column.index`; columns stand on end by `pd.concat([a, b])`";
            Err(thrown_with("AttributeError", format!("'Series' object has no attribute '{method}'"), hint))
        }
    }
}
