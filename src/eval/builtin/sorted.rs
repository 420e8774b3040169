//! The order of rows and of cells: `.sort_values`, `.sort_index`, `.nlargest` and
//! `.nsmallest`, named as in pandas.
//!
//! Owns what these methods take. The order of two cells is `sheet`'s.

use super::column::Column;
use super::frame::{Now, cells_of, named, plain_of};
use super::frame_counts::kind;
use super::frame_methods::across;
use super::index::Index;
use super::name::Name;
use super::sheet::{Sheet, ordered};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::cmp::Ordering;

/// Cells, and whether their order is upwards.
type By = (Vec<Val>, bool);

/// What the sorting of a sheet may be given.
struct Asked<'v> {
    key: Option<Value<'v>>,
    inplace: bool,
    renumber: bool,
    empty_first: bool,
}

impl<'v> Asked<'v> {
    fn of(method: &str, given: &SmallMap<String, Value<'v>>) -> starlark::Result<Asked<'v>> {
        const KNOWN: [&str; 4] = ["ignore_index", "inplace", "key", "na_position"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`{method}` does not take `{other}` here")));
        }
        let holds = |name: &str| given.get(name).is_some_and(|value| value.to_bool());
        Ok(Asked {
            key: given.get("key").copied().filter(|key| !key.is_none()),
            inplace: holds("inplace"),
            renumber: holds("ignore_index"),
            empty_first: given.get("na_position").map_or(Ok(false), |position| is_first(&position.to_str()))?,
        })
    }

    fn sorted(&self, sheet: &Now, by: &[By], heap: Heap<'v>) -> Value<'v> {
        let sorted = sheet.pick(&order(sheet.rows.len(), by, self.empty_first));
        let sorted = if self.renumber { sorted.numbered() } else { sorted };
        sheet.become_or_give(sorted, self.inplace, heap)
    }
}

/// What rows are sorted by, as a function has it.
fn keyed<'v>(column: Column, key: Option<Value<'v>>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Vec<Val>> {
    let Some(key) = key else { return Ok(column.values.to_vec()) };
    let count = column.values.len();
    let made = eval.eval_function(key, &[eval.heap().alloc(column)], &[])?;
    let cells = cells_of(made).filter(|cells| cells.len() == count);
    cells.ok_or_else(|| thrown("ValueError", "User-provided `key` function must not change the shape of the array."))
}

/// The numbers of rows in the order of some cells of each.
fn order(count: usize, by: &[By], empty_first: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| {
        let mut each = by.iter().map(|(cells, upwards)| ordered(&cells[*a], &cells[*b], *upwards, empty_first));
        each.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    order
}

fn is_first(na_position: &str) -> starlark::Result<bool> {
    match na_position {
        "first" => Ok(true),
        "last" => Ok(false),
        other => Err(thrown("ValueError", format!("invalid na_position: {other}"))),
    }
}

/// The numbers of some levels, and of the others behind them.
fn levels<'v>(index: &Index, level: Option<Value<'v>>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Vec<usize>> {
    let count = index.names.len().max(1);
    let Some(level) = level else { return Ok((0..count).collect()) };
    let asked = elements(level, eval.heap()).unwrap_or_else(|| vec![level]);
    let mut found = Vec::new();
    for one in asked {
        let at = index.level_of(&plain_of(one, eval.heap())?)?;
        if !found.contains(&at) {
            found.push(at);
        }
    }
    found.extend((0..count).filter(|at| !found.contains(at)).collect::<Vec<_>>());
    Ok(found)
}

/// What rows are sorted by: their labels, a level at a time if a function has them.
fn by_labels<'v>(
    index: &Index,
    (level, key, ascending): (Option<Value<'v>>, Option<Value<'v>>, bool),
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<By>> {
    let mut by = Vec::new();
    for at in levels(index, level, eval)? {
        let names: Vec<Name> = index.names.get(at).cloned().into_iter().collect();
        let labels = std::sync::Arc::new(Index::new(names, index.level(at)));
        by.push((keyed(Column::of_labels(&labels, None), key, eval)?, ascending));
    }
    Ok(by)
}

/// The numbers of so many rows with the largest cells, or with the smallest.
fn most(columns: &[Column], count: i32, keep: &str, largest: bool) -> starlark::Result<Vec<usize>> {
    let rows = columns.first().map_or(0, |column| column.values.len());
    let mut places: Vec<usize> = match keep {
        "first" => (0..rows).collect(),
        "last" => (0..rows).rev().collect(),
        "all" => return Err(hinted("`keep=\"all\"` is not served here", "write \"first\" or \"last\"")),
        _ => return Err(thrown("ValueError", "keep must be either \"first\", \"last\" or \"all\"")),
    };
    places.sort_by(|a, b| {
        let mut each = columns.iter().map(|of| ordered(&of.values[*a], &of.values[*b], !largest, false));
        each.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    places.truncate(usize::try_from(count).unwrap_or(0));
    Ok(places)
}

fn is_of_numbers(column: &Column) -> bool {
    column.values.is_empty() || matches!(kind(column), "int64" | "float64" | "bool")
}

fn most_of<'v>(
    sheet: &Now,
    (n, columns): (i32, Value<'v>),
    keep: &str,
    largest: bool,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<super::sheet::Sheet> {
    let columns: Vec<Column> = named(sheet, columns, eval.heap())?.into_iter().map(|at| sheet.values(at)).collect();
    let what = if largest { "nlargest" } else { "nsmallest" };
    if columns.is_empty() {
        return Err(fault(format!("`{what}` wants a column, or some")));
    }
    if let Some(odd) = columns.iter().find(|column| !is_of_numbers(column)) {
        let name = odd.name.as_ref().map_or_else(String::new, Name::to_string);
        let why = format!("Column '{name}' has dtype {}, cannot use method '{what}' with this dtype", kind(odd));
        return Err(thrown("TypeError", why));
    }
    Ok(sheet.pick(&most(&columns, n, keep, largest)?))
}

fn most_cells(column: &Column, n: i32, keep: &str, largest: bool) -> starlark::Result<Column> {
    if !is_of_numbers(column) {
        let what = if largest { "nlargest" } else { "nsmallest" };
        return Err(thrown("TypeError", format!("Cannot use method '{what}' with dtype {}", kind(column))));
    }
    Ok(column.pick(&most(std::slice::from_ref(column), n, keep, largest)?))
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// The rows by the order of their labels, or of what a function makes of these.
    fn sort_index<'v>(
        this: Now,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(require = named, default = true)] ascending: bool,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let asked = Asked::of("sort_index", &given)?;
        if across(axis.into_option())? {
            let by = by_labels(&this.columns.index(), (level.into_option(), asked.key, ascending), eval)?;
            let made = this.only(&order(this.columns.len(), &by, asked.empty_first));
            let columns =
                if asked.renumber { (0..made.columns.len() as i64).map(Name::number).collect() } else { made.columns };
            return Ok(this.become_or_give(Sheet { columns, ..made }, asked.inplace, eval.heap()));
        }
        let by = by_labels(&this.index, (level.into_option(), asked.key, ascending), eval)?;
        Ok(asked.sorted(&this, &by, eval.heap()))
    }

    /// The rows by the order of what some columns hold, or of what a function makes of each.
    fn sort_values<'v>(
        this: Now,
        by: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named)] ascending: Option<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let asked = Asked::of("sort_values", &given)?;
        if across(axis.into_option())? {
            return Err(hinted(
                "columns are not sorted by a row here",
                "turn the sheet: `sheet.T`, and its answer again",
            ));
        }
        let by = named(&this, by, heap)?;
        let upwards: Vec<bool> = match ascending.and_then(|all| elements(all, heap)) {
            Some(each) if each.len() != by.len() => return Err(fault("`ascending` has one value for each column")),
            Some(each) => each.iter().map(|one| one.to_bool()).collect(),
            None => vec![ascending.is_none_or(|one| one.to_bool()); by.len()],
        };
        let mut cells = Vec::with_capacity(by.len());
        for (at, up) in by.into_iter().zip(upwards) {
            cells.push((keyed(this.values(at), asked.key, eval)?, up));
        }
        Ok(asked.sorted(&this, &cells, heap))
    }

    /// The rows with the largest cells of a column, or of some.
    fn nlargest<'v>(
        this: Now,
        n: i32,
        columns: Value<'v>,
        #[starlark(default = "first")] keep: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<super::sheet::Sheet> {
        most_of(&this, (n, columns), keep, true, eval)
    }

    fn nsmallest<'v>(
        this: Now,
        n: i32,
        columns: Value<'v>,
        #[starlark(default = "first")] keep: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<super::sheet::Sheet> {
        most_of(&this, (n, columns), keep, false, eval)
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    fn sort_values<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] ascending: bool,
        #[starlark(require = named, default = "last")] na_position: &str,
        #[starlark(require = named, default = false)] ignore_index: bool,
        #[starlark(require = named, default = NoneOr::None)] key: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let cells = keyed(this.clone(), key.into_option(), eval)?;
        let sorted = this.pick(&order(this.values.len(), &[(cells, ascending)], is_first(na_position)?));
        Ok(if ignore_index { sorted.numbered() } else { sorted })
    }

    /// By the order of the labels, or of what a function makes of these.
    fn sort_index<'v>(
        this: &Column,
        #[starlark(require = named, default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(require = named, default = true)] ascending: bool,
        #[starlark(require = named, default = "last")] na_position: &str,
        #[starlark(require = named, default = false)] ignore_index: bool,
        #[starlark(require = named, default = NoneOr::None)] key: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let by = by_labels(&this.index, (level.into_option(), key.into_option(), ascending), eval)?;
        let sorted = this.pick(&order(this.values.len(), &by, is_first(na_position)?));
        Ok(if ignore_index { sorted.numbered() } else { sorted })
    }

    /// The largest cells.
    fn nlargest(
        this: &Column,
        #[starlark(default = 5)] n: i32,
        #[starlark(default = "first")] keep: &str,
    ) -> starlark::Result<Column> {
        most_cells(this, n, keep, true)
    }

    fn nsmallest(
        this: &Column,
        #[starlark(default = 5)] n: i32,
        #[starlark(default = "first")] keep: &str,
    ) -> starlark::Result<Column> {
        most_cells(this, n, keep, false)
    }
}
