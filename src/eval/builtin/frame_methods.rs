//! What a sheet is asked for by methods, named as in pandas.
//!
//! Owns the list of them, and those of labels, rows and functions. What is asked of groups is
//! `groups`', and how answers are put together `applied`'s.

use super::applied::{Answers, More, below_one_another, side_by_side};
use super::column::{Column, distinct, hashable};
use super::columns::Columns;
use super::frame::{Now, named, plain_of};
use super::frame_counts::names;
use super::name::Name;
use super::query::numbers_where;
use super::row::{self, Row, record};
use super::sheet::{Sheet, settled};
use crate::eval::convert::from_val;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};
use std::sync::Arc;

pub(super) fn frame_methods(builder: &mut MethodsBuilder) {
    choosing(builder);
    labelling(builder);
    handing_out(builder);
    super::frame_cleaning::methods(builder);
    super::frame_changes::methods(builder);
    super::frame_choices::methods(builder);
    mapping(builder);
    super::sorted::of_sheets(builder);
    super::frame_compared::methods(builder);
    super::frame_shapes::of_sheets(builder);
    super::unstacked::of_sheets(builder);
    super::relabelled::of_sheets(builder);
    super::aggregated::of_sheets(builder);
    super::grouping::of_sheets(builder);
    super::dtype::of_sheets(builder);
    super::described::of_sheets(builder);
    super::frame_joins::methods(builder);
    super::frame_counts::emptiness_methods(builder);
}

#[starlark_module]
fn choosing(builder: &mut MethodsBuilder) {
    /// The rows for which an expression over the columns is true.
    fn query<'v>(
        this: Value<'v>,
        expr: &str,
        #[starlark(require = named, default = NoneOr::None)] engine: NoneOr<&str>,
        #[starlark(require = named, default = false)] inplace: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let _ = engine;
        let sheet = Now::of(this).ok_or_else(|| fault("`query` is asked of a sheet"))?;
        let rows = numbers_where(&sheet, expr, eval)?;
        Ok(sheet.become_or_give(sheet.pick(&rows), inplace, eval.heap()))
    }

    /// The different values of a column, in order.
    fn unique(this: Now, #[starlark(require = pos)] column: &str) -> starlark::Result<Column> {
        let values = this.values(this.column_at(column)?);
        Ok(Column::plain(distinct(values.values.iter()).into_iter().map(|i| values.values[i].clone())))
    }
}

#[starlark_module]
fn labelling(builder: &mut MethodsBuilder) {
    /// The same rows with labels: the values of some columns.
    fn set_index<'v>(
        this: Now,
        keys: Value<'v>,
        #[starlark(require = named, default = true)] drop: bool,
        #[starlark(require = named, default = false)] verify_integrity: bool,
        #[starlark(require = named, default = false)] inplace: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let sheet = this.with_index(&named(&this, keys, heap)?, !drop);
        if verify_integrity && distinct(sheet.index.keys.iter()).len() < sheet.rows.len() {
            return Err(fault("two rows of the sheet have one label"));
        }
        Ok(this.become_or_give(sheet, inplace, heap))
    }

    fn reset_index<'v>(
        this: Now,
        #[starlark(require = named, default = false)] drop: bool,
        #[starlark(require = named, default = false)] inplace: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let sheet = if drop { this.numbered() } else { this.reset()? };
        Ok(this.become_or_give(sheet, inplace, heap))
    }
}

#[starlark_module]
fn handing_out(builder: &mut MethodsBuilder) {
    fn itertuples<'v>(
        this: Now,
        #[starlark(default = true)] index: bool,
        #[starlark(default = NoneOr::Other("Pandas"))] name: NoneOr<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if name.into_option().is_none() {
            let row = |(key, row): (&Val, &Arc<[Val]>)| {
                from_val(&Val::Tuple(index.then(|| key.clone()).into_iter().chain(row.iter().cloned()).collect()), heap)
            };
            return Ok(heap.alloc(AllocList(this.index.keys.iter().zip(&this.rows).map(row))));
        }
        let columns: Columns = index.then(|| "Index".into()).into_iter().chain(this.columns.iter().cloned()).collect();
        let row = |(key, row): (&Val, &Arc<[Val]>)| {
            let values = index.then(|| key.clone()).into_iter().chain(row.iter().cloned()).collect();
            heap.alloc(Row { columns: columns.clone(), values, label: key.clone(), like: row::Like::Tuple })
        };
        Ok(heap.alloc(AllocList(this.index.keys.iter().zip(&this.rows).map(row))))
    }

    fn iterrows<'v>(this: Now, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |row: Row| AllocTuple([hashable(&row.label, heap), heap.alloc(row)]);
        Ok(heap.alloc(AllocList(this.each_row().into_iter().map(pair))))
    }

    fn to_dict<'v>(
        this: Now,
        #[starlark(default = "dict")] orient: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let columns = || this.columns.iter().enumerate().map(|(at, name)| (name, this.values(at)));
        Ok(match orient {
            "records" => from_val(&Val::List(this.rows.iter().map(|r| record(&this.columns, r)).collect()), heap),
            "index" if !this.index.is_unique() => {
                return Err(thrown("ValueError", "DataFrame index must be unique for orient='index'."));
            }
            "index" => {
                let row = |(key, row): (&Val, &Arc<[Val]>)| {
                    (hashable(key, heap), from_val(&record(&this.columns, row), heap))
                };
                heap.alloc(AllocDict(this.index.keys.iter().zip(&this.rows).map(row).collect::<Vec<_>>()))
            }
            "list" => {
                let column = |(name, column): (&Name, Column)| {
                    (from_val(&name.value(), heap), from_val(&Val::List(column.values.to_vec()), heap))
                };
                heap.alloc(AllocDict(columns().map(column).collect::<Vec<_>>()))
            }
            "dict" => {
                let cells = |column: &Column| {
                    let pair = |(key, value)| (hashable(key, heap), from_val(value, heap));
                    heap.alloc(AllocDict(column.index.keys.iter().zip(&*column.values).map(pair).collect::<Vec<_>>()))
                };
                heap.alloc(AllocDict(
                    columns().map(|(name, c)| (from_val(&name.value(), heap), cells(&c))).collect::<Vec<_>>(),
                ))
            }
            "series" => {
                let column = |(name, column): (&Name, Column)| (hashable(&name.value(), heap), heap.alloc(column));
                heap.alloc(AllocDict(columns().map(column).collect::<Vec<_>>()))
            }
            "split" | "tight" => {
                let list = |cells: Vec<Val>| from_val(&Val::List(cells), heap);
                let names = |names: Vec<Name>| match names.is_empty() {
                    true => vec![Val::None],
                    false => names.iter().map(Name::value).collect(),
                };
                let mut parts = vec![
                    ("index", list(this.index.keys.to_vec())),
                    ("columns", list(this.names())),
                    ("data", list(this.rows.iter().map(|row| Val::List(row.to_vec())).collect())),
                ];
                if orient == "tight" {
                    parts.push(("index_names", list(names(this.index.names.clone()))));
                    parts.push(("column_names", list(names(this.columns.level_names()))));
                }
                heap.alloc(AllocDict(parts))
            }
            other => {
                let known = "`dict`, `list`, `series`, `split`, `tight`, `records` and `index`";
                return Err(fault(format!("`to_dict` knows {known}, not `{other}`")));
            }
        })
    }
}

#[starlark_module]
fn mapping(builder: &mut MethodsBuilder) {
    /// A function of each row (`axis=1`) or of each column, which is given more arguments.
    fn apply<'v>(
        this: Now,
        func: Value<'v>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] result_type: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] args: NoneOr<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let by_row = across(axis.into_option())?;
        let expands = match result_type.into_option() {
            None => false,
            Some("expand") if by_row => true,
            Some(other) => {
                let hint = "take it off, or write `result_type=\"expand\"` with `axis=1`";
                return Err(hinted(format!("`apply` knows no `result_type=\"{other}\"` here"), hint));
            }
        };
        let given: Vec<Value> = match by_row {
            true => this.each_row().into_iter().map(|row| heap.alloc(row)).collect(),
            false => (0..this.columns.len()).map(|at| heap.alloc(this.values(at))).collect(),
        };
        let more = More::of(args, &named, heap)?;
        let mut made = Vec::with_capacity(given.len());
        for one in given {
            made.push(more.call(func, one, eval)?);
        }
        Ok(match Answers::of(&made, heap)? {
            Answers::Columns(rows) if by_row => heap.alloc(below_one_another(&this.index, &rows)?),
            Answers::Columns(columns) => heap.alloc(side_by_side(this.columns.to_vec(), &columns)?),
            Answers::Sheets(_) => return Err(fault("a function of rows or columns answers with no sheets here")),
            Answers::Cells(cells) if expands => heap.alloc(expanded(&this, &cells)?),
            Answers::Cells(cells) if by_row => heap.alloc(Column::labelled_by(this.index.clone(), settled(cells))),
            Answers::Cells(cells) => of_columns(&this, cells, heap)?,
        })
    }

    /// A function of each cell.
    fn applymap<'v>(this: Now, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Sheet> {
        of_cells(&this, func, eval)
    }

    fn map<'v>(this: Now, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Sheet> {
        of_cells(&this, func, eval)
    }
}

/// A sheet of lists, each the cells of a row.
fn expanded(sheet: &Sheet, rows: &[Val]) -> starlark::Result<Sheet> {
    let width = rows.first().and_then(Val::items).map_or(0, <[Val]>::len);
    if width == 0 || rows.iter().any(|row| row.items().map(<[Val]>::len) != Some(width)) {
        return Err(fault("`result_type=\"expand\"` wants a function that answers with lists of one length here"));
    }
    let cells = |at: usize| rows.iter().filter_map(|row| row.items()?.get(at).cloned()).collect();
    let columns: Vec<Vec<Val>> = (0..width).map(cells).collect();
    let names = (0..width as i64).map(Name::number).collect();
    Ok(Sheet { index: sheet.index.clone(), ..Sheet::of_columns(names, &columns) })
}

/// What a function answers of each column: a cell for each, or lists that are columns again.
fn of_columns<'v>(sheet: &Sheet, cells: Vec<Val>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let lists: Vec<Vec<Val>> = cells.iter().filter_map(|cell| cell.items().map(<[Val]>::to_vec)).collect();
    if lists.is_empty() || lists.len() < cells.len() {
        return Ok(heap.alloc(Column::labelled_by(names(sheet), settled(cells))));
    }
    if lists.iter().any(|list| list.len() != lists[0].len()) {
        return Err(fault("lists of several lengths are no columns of a sheet"));
    }
    let made = Sheet::of_columns(sheet.columns.to_vec(), &lists);
    let index = if made.rows.len() == sheet.rows.len() { sheet.index.clone() } else { made.index.clone() };
    Ok(heap.alloc(Sheet { index, ..made }))
}

/// Whether an `axis` is that of columns; none is that of rows.
///
/// # Errors
/// If there is no such axis.
pub(super) fn across(axis: Option<Value>) -> starlark::Result<bool> {
    let Some(axis) = axis.filter(|axis| !axis.is_none()) else { return Ok(false) };
    match (axis.unpack_i32(), axis.unpack_str()) {
        (Some(0), _) | (_, Some("index" | "rows")) => Ok(false),
        (Some(1), _) | (_, Some("columns")) => Ok(true),
        _ => {
            let why = format!("No axis named {} for object type DataFrame", axis.to_str());
            Err(thrown_with("ValueError", why, "write 0 or \"index\", 1 or \"columns\""))
        }
    }
}

fn of_cells<'v>(sheet: &Sheet, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Sheet> {
    let heap = eval.heap();
    let mut rows = Vec::with_capacity(sheet.rows.len());
    for row in &sheet.rows {
        let mut cells = Vec::with_capacity(row.len());
        for cell in row.iter() {
            let made = eval.eval_function(function, &[from_val(cell, heap)], &[])?;
            cells.push(plain_of(made, heap)?);
        }
        rows.push(cells.into());
    }
    Ok(Sheet { rows, ..sheet.clone() }.settled())
}
