//! Sheets in other shapes: `.stack`, `.pivot_table` and `pd.crosstab`, as in
//! pandas.
//!
//! Owns what these may be asked for, and where the cells go. What groups answer is `groups`'.

use super::column::{Column, distinct};
use super::columns::Columns;
use super::frame::{Now, cells_of, label_of, plain_of};
use super::frame_choices::in_order;
use super::groups::called;
use super::index::Index;
use super::name::Name;
use super::sheet::{NOTHING, Sheet, compared, is_empty, settled};
use super::unstacked::{all_unstacked, unstacked};
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::eval::limits;
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// Columns that are named, by one name or a list.
fn named<'v>(names: Value<'v>, heap: Heap<'v>) -> Vec<Value<'v>> {
    elements(names, heap).unwrap_or_else(|| vec![names])
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// A column of all cells, whose labels have the names of columns too.
    fn stack(this: Now) -> starlark::Result<Column> {
        let own = &this.index;
        let parts = |key: &Val| if let Val::Tuple(parts) = key { parts.clone() } else { vec![key.clone()] };
        if this.columns.depth() > 1 {
            let hint = "take one of the first levels: `sheet[\"a\"].stack()`";
            return Err(hinted("names of columns of several levels are not stacked here", hint));
        }
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
        levels.extend(this.columns.level_names());
        let cells = this.rows.iter().flat_map(|row| row.iter().cloned()).collect();
        Ok(Column::labelled_by(Arc::new(Index::new(levels, keys)), settled(cells)))
    }

    /// What functions, or methods of columns, answer of the cells of each pair of what columns hold.
    fn pivot_table<'v>(
        this: Value<'v>,
        #[starlark(default = NoneOr::None)] values: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] columns: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] aggfunc: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        let heap = eval.heap();
        // `observed` is about categories, which there are none of.
        const KNOWN: [&str; 4] = ["fill_value", "dropna", "sort", "observed"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`pivot_table` does not take `{other}` here")));
        }
        if ["dropna", "sort"].iter().any(|name| given.get(*name).is_some_and(|value| !value.to_bool())) {
            return Err(hinted("`pivot_table` leaves empty rows out and sorts here", "ask `.groupby([...])` itself"));
        }
        let Some(index) = index.into_option() else {
            let hint = "use `.groupby([...])[\"column\"].agg(…)`, and `.T` behind it";
            return Err(hinted("`pivot_table` wants a column for `index` here", hint));
        };
        let function = aggfunc.into_option().unwrap_or_else(|| heap.alloc("mean"));
        let columns = columns.into_option().map_or_else(Vec::new, |columns| named(columns, heap));
        let index = named(index, heap);
        let (levels, across) = (index.len(), columns.len());
        let by: Vec<Value> = index.into_iter().chain(columns).collect();
        let mut groups =
            eval.eval_function(this.get_attr_error("groupby", heap)?, &[heap.alloc(AllocList(by))], &[])?;
        if let Some(values) = values.into_option() {
            // Of several functions the column stands below each.
            let is_below = across == 0 && label_of(values).is_some() && elements(function, heap).is_some();
            groups = groups.at(if is_below { heap.alloc(AllocList([values])) } else { values }, heap)?;
        }
        let made = eval.eval_function(groups.get_attr_error("agg", heap)?, &[function], &[])?;
        let fill = given.get("fill_value").filter(|fill| !fill.is_none());
        let fill = fill.map(|fill| plain_of(*fill, heap)).transpose()?;
        let taken: Vec<usize> = (levels..levels + across).collect();
        // Of one column and one function the names of columns have no level.
        if let Some(made) = Column::from_value(made) {
            let held: Vec<usize> = (0..made.values.len()).filter(|at| !is_empty(&made.values[*at])).collect();
            let made = made.pick(&held);
            return if across == 0 {
                Ok(made.sheet())
            } else {
                sorted(unstacked(&made, &taken, &fill.unwrap_or(NOTHING))?, across)
            };
        }
        let made = Now::of(made).ok_or_else(|| fault(format!("`{}` answers no column", called(function))))?;
        let held: Vec<usize> = (0..made.rows.len()).filter(|at| !made.rows[*at].iter().all(is_empty)).collect();
        let made = functions_first(made.pick(&held), elements(function, heap).is_some());
        let order = in_order(&made.names()).0;
        let order = order.iter().map(|name| made.column_of(name)).collect::<starlark::Result<Vec<_>>>()?;
        // A list of functions keeps their order, all else is sorted.
        let made = if elements(function, heap).is_some() { made } else { made.only(&order) };
        if across == 0 { Ok(made) } else { sorted(all_unstacked(&made, &taken, &fill.unwrap_or(NOTHING))?, across) }
    }
}

/// With its columns in order, where several levels became their names.
fn sorted(sheet: Sheet, across: usize) -> starlark::Result<Sheet> {
    if across < 2 {
        return Ok(sheet);
    }
    let order = in_order(&sheet.names()).0;
    Ok(sheet.only(&order.iter().map(|name| sheet.column_of(name)).collect::<starlark::Result<Vec<_>>>()?))
}

/// The functions above the columns that they were asked of, as a pivot has them.
fn functions_first(sheet: Sheet, are_several: bool) -> Sheet {
    if !are_several || sheet.columns.depth() < 2 {
        return sheet;
    }
    let turned = |name: &Name| {
        let mut parts = name.parts().map(<[Val]>::to_vec).unwrap_or_default();
        parts.rotate_right(1);
        Name::of(&Val::Tuple(parts))
    };
    let names: Vec<Name> = sheet.columns.iter().map(turned).collect();
    let functions = distinct(names.iter().filter_map(|name| name.parts()?.first()).collect::<Vec<_>>().into_iter());
    let functions: Vec<Val> = functions.into_iter().filter_map(|at| names[at].parts()?.first().cloned()).collect();
    let place = |at: &usize| {
        let parts = names[*at].parts().unwrap_or_default();
        functions.iter().position(|function| Some(function) == parts.first())
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| compared(&names[*a].value(), &names[*b].value())));
    let sheet = Sheet { columns: names.into(), ..sheet };
    sheet.only(&order)
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    /// How often each pair of the cells of two columns is there.
    fn crosstab<'v>(index: Value<'v>, columns: Value<'v>) -> starlark::Result<Sheet> {
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
        let columns = names.iter().map(Name::of).collect::<Columns>();
        let columns = columns.called(vec![across.name.clone().unwrap_or_else(|| "col_0".into())]);
        Ok(Sheet { index, columns, ..Sheet::of_columns(names.iter().map(Name::of).collect(), &counts) })
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
    fn factorize<'v>(values: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
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
