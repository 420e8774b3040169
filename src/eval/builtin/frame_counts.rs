//! What is asked of all columns of a sheet at once, named as in pandas.
//!
//! Owns passing it on to each, and what a column's type is called. It does not know what
//! they answer.

use super::column::Column;
use super::frame::{Now, named, plain_of};
use super::frame_methods::across;
use super::index::Index;
use super::passed::Passed;
use super::sheet::{Sheet, emptiness, is_empty};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::MethodsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::none::NoneOr;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

/// The type of a column by pandas' name.
pub(super) fn kind(column: &Column) -> &'static str {
    let mut held = column.values.iter().filter(|value| !is_empty(value)).peekable();
    if held.peek().is_none() {
        let floats = column.values.iter().any(|value| matches!(value, Val::Float(_)));
        return if floats { "float64" } else { "object" };
    }
    let empty = column.values.iter().any(is_empty);
    if held.clone().all(|value| matches!(value, Val::Bool(_))) && !empty {
        return "bool";
    }
    if held.clone().all(|value| matches!(value, Val::Int(_))) && !empty {
        return "int64";
    }
    if held.clone().all(|value| matches!(value, Val::Int(_) | Val::Float(_))) {
        return "float64";
    }
    if held.all(|value| matches!(value, Val::Str(_))) { "str" } else { "object" }
}

pub(super) fn emptiness_of(sheet: &Sheet, empty: bool) -> Sheet {
    let row = |row: &Arc<[Val]>| emptiness(row, empty).into();
    Sheet { rows: sheet.rows.iter().map(row).collect(), ..sheet.clone() }
}

/// The methods of columns that a sheet passes on to each.
const PASSED_ON: [&str; 13] =
    ["all", "any", "count", "idxmax", "idxmin", "max", "mean", "median", "min", "nunique", "std", "sum", "var"];

/// Those that answer with a column for each.
const CELL_BY_CELL: [&str; 10] =
    ["abs", "clip", "cummax", "cummin", "cumprod", "cumsum", "diff", "rank", "round", "shift"];

/// A method of columns that is asked of all of a sheet's.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {name} of a sheet>")]
#[allocative(skip)]
pub(super) struct OfAll {
    sheet: Arc<Sheet>,
    name: &'static str,
}

starlark_simple_value!(OfAll);

impl OfAll {
    /// None if a sheet has no such method.
    pub(super) fn of(sheet: &Arc<Sheet>, name: &str) -> Option<OfAll> {
        PASSED_ON
            .iter()
            .chain(&CELL_BY_CELL)
            .find(|known| **known == name)
            .map(|name| OfAll { sheet: sheet.clone(), name })
    }

    /// A sheet of what each column answers; what cannot be rounded stays as it is.
    fn cell_by_cell<'v>(
        &self,
        passed: &mut Passed<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (heap, sheet) = (eval.heap(), &self.sheet);
        if across(passed.take("axis"))? {
            let hint = "turn the sheet: `sheet.T`, and its answer again";
            return Err(hinted(format!("`{}` goes down the columns here, not along the rows", self.name), hint));
        }
        let of_numbers = passed.take("numeric_only").is_some_and(|only| only.to_bool());
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for at in 0..sheet.columns.len() {
            let column = sheet.values(at);
            let is_number = matches!(kind(&column), "int64" | "float64" | "bool") || column.values.is_empty();
            if of_numbers && !is_number {
                continue;
            }
            names.push(sheet.columns[at].clone());
            columns.push(match self.name == "round" && !is_number {
                true => column.values.to_vec(),
                false => {
                    let method = heap.alloc(column).get_attr(self.name, heap)?;
                    let method = method.ok_or_else(|| fault(format!("columns have no `.{}`", self.name)))?;
                    let made = passed.on_to(method, &[], eval)?;
                    Column::from_value(made).map(|made| made.values.to_vec()).unwrap_or_default()
                }
            });
        }
        let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
        let rows = (0..sheet.rows.len()).map(row).collect();
        Ok(heap.alloc(Sheet { columns: sheet.named(names), rows, ..(**sheet).clone() }))
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for OfAll {
    /// A value for each column, or with `axis=1` for each row.
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (heap, sheet) = (eval.heap(), &self.sheet);
        let mut passed = Passed::of(args, heap)?;
        if CELL_BY_CELL.contains(&self.name) {
            return self.cell_by_cell(&mut passed, eval);
        }
        let axis = passed.take("axis").or_else(|| passed.shift());
        let by_row = across(axis)?;
        let of_numbers = passed.take("numeric_only").is_some_and(|only| only.to_bool());
        let is_number = |at: &usize| matches!(kind(&sheet.values(*at)), "int64" | "float64" | "bool");
        let kept: Vec<usize> = (0..sheet.columns.len()).filter(|at| !of_numbers || is_number(at)).collect();
        let sheet = &sheet.only(&kept);
        let columns: Vec<Column> = match by_row {
            true => sheet.each_row().into_iter().map(|row| Column::plain(row.values.iter().cloned())).collect(),
            false => (0..sheet.columns.len()).map(|at| sheet.values(at)).collect(),
        };
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            let method = heap.alloc(column).get_attr(self.name, heap)?;
            let method = method.ok_or_else(|| fault(format!("columns have no `.{}`", self.name)))?;
            values.push(plain_of(passed.on_to(method, &[], eval)?, heap)?);
        }
        let index = if by_row { sheet.index.clone() } else { names(sheet) };
        Ok(heap.alloc(Column::labelled_by(index, sheet.of.settled(values))))
    }
}

/// The names of the columns as labels.
pub(super) fn names(sheet: &Sheet) -> Arc<Index> {
    Arc::new(sheet.columns.index())
}

#[starlark_module]
pub(super) fn emptiness_methods(builder: &mut MethodsBuilder) {
    fn isna(this: Now) -> starlark::Result<Sheet> {
        Ok(emptiness_of(&this, true))
    }

    fn isnull(this: Now) -> starlark::Result<Sheet> {
        Ok(emptiness_of(&this, true))
    }

    fn notna(this: Now) -> starlark::Result<Sheet> {
        Ok(emptiness_of(&this, false))
    }

    fn notnull(this: Now) -> starlark::Result<Sheet> {
        Ok(emptiness_of(&this, false))
    }

    /// Which rows hold what another one held before, in some columns or in all.
    fn duplicated<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] subset: NoneOr<Value<'v>>,
        #[starlark(require = named)] keep: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let columns = match subset.into_option() {
            Some(names) => named(&this, names, heap)?,
            None => (0..this.columns.len()).collect(),
        };
        let cells = |row: &Arc<[Val]>| Val::List(columns.iter().map(|at| row[*at].clone()).collect());
        let rows = heap.alloc(Column::labelled_by(this.index.clone(), this.rows.iter().map(cells)));
        let function = rows.get_attr("duplicated", heap)?.ok_or_else(|| fault("columns have no `.duplicated`"))?;
        let keep: Vec<(&str, Value)> = keep.into_iter().map(|keep| ("keep", keep)).collect();
        eval.eval_function(function, &[], &keep)
    }
}
