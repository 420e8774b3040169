//! Sheets in other shapes: `.stack`, `.unstack`, `.pivot_table` and `pd.crosstab`, as in
//! pandas.
//!
//! Owns what these may be asked for, and where the cells go. What groups answer is `groups`'.

use super::column::{Column, distinct};
use super::frame::{Now, cells_of, label_of, plain_of};
use super::frame_choices::in_order;
use super::groups::called;
use super::index::Index;
use super::name::Name;
use super::sheet::{NOTHING, Sheet, is_empty, settled};
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::eval::limits;
use crate::value::Val;
use starlark::environment::{GlobalsBuilder, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// A column for each value of one level of a column's labels, in order.
fn unstacked(column: &Column, level: &Val, fill: &Val) -> starlark::Result<Sheet> {
    let labels = &column.index;
    if labels.names.len() < 2 {
        return Err(thrown("ValueError", "index must be a MultiIndex to unstack"));
    }
    let at = labels.level_of(level)?;
    let across = labels.level(at);
    let below = labels.without(at);
    if across.iter().chain(below.keys.iter()).any(is_empty) {
        return Err(hinted("`unstack` has no empty labels here", "leave the rows out first"));
    }
    let (names, across) = in_order(&across);
    let (keys, down) = in_order(&below.keys);
    limits::values(keys.len() as u128 * names.len() as u128)?;
    let mut cells: Vec<Option<Val>> = vec![None; keys.len() * names.len()];
    for (value, (column, key)) in column.values.iter().zip(across.into_iter().zip(down)) {
        if cells[column * keys.len() + key].replace(value.clone()).is_some() {
            return Err(thrown("ValueError", "Index contains duplicate entries, cannot reshape"));
        }
    }
    // One gap makes floats of all whole numbers.
    let cells = settled(cells.into_iter().map(|cell| cell.unwrap_or_else(|| fill.clone())).collect());
    let columns: Vec<Vec<Val>> = cells.chunks(keys.len().max(1)).map(<[Val]>::to_vec).collect();
    let index = Index::new(below.names.clone(), keys);
    Ok(Sheet { index: Arc::new(index), ..Sheet::of_columns(names.iter().map(Name::of).collect(), &columns) })
}

/// One value that stands in empty cells.
fn fill_of<'v>(fill: NoneOr<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Val> {
    fill.into_option().map_or(Ok(NOTHING), |fill| plain_of(fill, heap))
}

/// Columns that are named, by one name or a list.
fn named<'v>(names: Value<'v>, heap: Heap<'v>) -> Vec<Value<'v>> {
    elements(names, heap).unwrap_or_else(|| vec![names])
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
        let level = level.into_option().map_or(Ok(Val::Int(-1)), |level| plain_of(level, heap))?;
        unstacked(this, &level, &fill_of(fill_value, heap)?)
    }
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// A column of all cells, whose labels have the names of columns too.
    fn stack(this: Now) -> starlark::Result<Column> {
        let own = &this.index;
        let parts = |key: &Val| if let Val::Tuple(parts) = key { parts.clone() } else { vec![key.clone()] };
        let names = this.names();
        let label = |key: &Val, name: &Val| Val::Tuple([parts(key), vec![name.clone()]].concat());
        let keys: Vec<Val> = own
            .keys
            .iter()
            .flat_map(|key| names.iter().map(move |name| (key, name)))
            .map(|(k, n)| label(k, n))
            .collect();
        let mut levels = own.names.clone();
        if levels.is_empty() {
            levels.push(Name::unnamed());
        }
        levels.push(Name::unnamed());
        let cells = this.rows.iter().flat_map(|row| row.iter().cloned()).collect();
        Ok(Column::labelled_by(Arc::new(Index::new(levels, keys)), settled(cells)))
    }

    /// What a function, or a method of columns, answers of the cells of each pair of what
    /// columns hold.
    fn pivot_table<'v>(
        this: Value<'v>,
        #[starlark(default = NoneOr::None)] values: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] columns: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] aggfunc: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        let heap = eval.heap();
        let hint = "use `.groupby([...])[\"column\"].agg(…)`, and `.unstack()` behind it";
        let (Some(index), Some(values)) = (index.into_option(), values.into_option()) else {
            return Err(hinted("`pivot_table` wants a column for `index` and one for `values` here", hint));
        };
        let function = aggfunc.into_option().unwrap_or_else(|| heap.alloc("mean"));
        let columns = columns.into_option().map_or_else(Vec::new, |columns| named(columns, heap));
        let is_plain = label_of(values).is_some() && columns.len() < 2;
        if !is_plain || elements(function, heap).is_some() || function.get_type() == "dict" {
            return Err(hinted("`pivot_table` knows one of `values`, of `columns` and one `aggfunc` here", hint));
        }
        let by: Vec<Value> = named(index, heap).into_iter().chain(columns.iter().copied()).collect();
        let groups = eval.eval_function(this.get_attr_error("groupby", heap)?, &[heap.alloc(AllocList(by))], &[])?;
        let made = eval.eval_function(groups.at(values, heap)?.get_attr_error("agg", heap)?, &[function], &[])?;
        let made =
            Column::from_value(made).ok_or_else(|| fault(format!("`{}` answers no column", called(function))))?;
        let held: Vec<usize> = (0..made.values.len()).filter(|at| !is_empty(&made.values[*at])).collect();
        let made = made.pick(&held);
        let fill = fill_value.into_option().map(|fill| plain_of(fill, heap)).transpose()?;
        let filled = made.sheet();
        if columns.is_empty() {
            return Ok(filled);
        }
        unstacked(&made, &Val::Int(-1), &fill.unwrap_or(NOTHING))
    }
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    /// How often each pair of the cells of two columns is there.
    fn crosstab<'v>(
        #[starlark(require = pos)] index: Value<'v>,
        #[starlark(require = pos)] columns: Value<'v>,
    ) -> starlark::Result<Sheet> {
        let column = |value: Value<'v>| match Column::from_value(value) {
            Some(column) => Ok(column.clone()),
            None => cells_of(value)
                .filter(|cells| cells.iter().all(|cell| cell.items().is_none()))
                .map(Column::plain)
                .ok_or_else(|| hinted("`crosstab` wants two columns or lists here", "ask `.groupby([...]).size()`")),
        };
        let (down, across) = (column(index)?, column(columns)?);
        if down.values.len() != across.values.len() {
            return Err(thrown("ValueError", "two columns of one length are wanted here"));
        }
        if !down.by_place && !across.by_place && !down.index.is_like(&across.index) {
            let hint = "give both the same labels first, by `.reindex(…)`";
            return Err(thrown_with("ValueError", "the two columns have other labels", hint));
        }
        let held = |at: &usize| !is_empty(&down.values[*at]) && !is_empty(&across.values[*at]);
        let held: Vec<usize> = (0..down.values.len()).filter(held).collect();
        let cells = |column: &Column| held.iter().map(|at| column.values[*at].clone()).collect::<Vec<_>>();
        let ((keys, rows), (names, places)) = (in_order(&cells(&down)), in_order(&cells(&across)));
        limits::values(keys.len() as u128 * names.len() as u128)?;
        let mut counts = vec![vec![0_i64; keys.len()]; names.len()];
        rows.iter().zip(&places).for_each(|(row, place)| counts[*place][*row] += 1);
        let counts: Vec<Vec<Val>> =
            counts.into_iter().map(|column| column.into_iter().map(Val::Int).collect()).collect();
        let name = down.name.clone().unwrap_or_else(|| "row_0".into());
        let index = Arc::new(Index::new(vec![name], keys));
        Ok(Sheet { index, ..Sheet::of_columns(names.iter().map(Name::of).collect(), &counts) })
    }

    /// Labels of a list.
    fn Index<'v>(
        #[starlark(default = NoneOr::None)] data: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] name: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let none = || thrown("TypeError", "Index(...) must be called with a collection of some kind");
        let cells = data.into_option().and_then(cells_of).ok_or_else(none)?;
        let names = name.into_option().and_then(label_of).map(|name| Name::of(&name)).into_iter().collect();
        Ok(Column::of_labels(&Arc::new(Index::new(names, settled(cells))), None))
    }

    /// The number of each cell among the different ones, and these.
    fn factorize<'v>(#[starlark(require = pos)] values: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let column =
            Column::from_value(values).ok_or_else(|| thrown("TypeError", "factorize requires a Series or an Index"))?;
        let held: Vec<Val> = column.values.iter().filter(|cell| !is_empty(cell)).cloned().collect();
        let once: Vec<Val> = distinct(held.iter()).into_iter().map(|at| held[at].clone()).collect();
        let places: rustc_hash::FxHashMap<String, i64> = once.iter().map(super::same::word).zip(0..).collect();
        let code = |cell: &Val| Val::Int(if is_empty(cell) { -1 } else { places[&super::same::word(cell)] });
        let codes = Column::plain(column.values.iter().map(code));
        let different = match column.by_place && !column.is_labels {
            true => Column::plain(once),
            false => Column::of_labels(&Arc::new(Index::new(Vec::new(), once)), None),
        };
        Ok(heap.alloc(starlark::values::tuple::AllocTuple([heap.alloc(codes), heap.alloc(different)])))
    }
}
