//! `query`: rows of a sheet for which an expression is true.
//!
//! Owns asking the columns. How the text is understood is `query_text`'s.

use super::column::Column;
use super::column_compared::mask;
use super::frame::{Now, cells_of, plain_of};
use super::operators::holds;
use super::query_text::{Odd, told};
use super::row::Row;
use super::sheet::{Maker, Sheet};
use crate::eval::convert::elements;
use crate::eval::exception::thrown_with;
use crate::eval::fault::{fault, hinted};
use crate::eval::limits;
use crate::suggest::did_you_mean;
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// Rows of a sheet, or of a list of rows, for which an expression is true.
///
/// # Errors
/// If it is none of these, or what [`numbers_where`] fails with.
pub(super) fn rows_where<'v>(
    within: Value<'v>,
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<Value<'v>>> {
    let heap = eval.heap();
    let column = Column::from_value(within).map(Column::sheet);
    if let Some(sheet) = Now::of(within).map(|now| now.to_owned()).or(column) {
        let found = numbers_where(&sheet, query, eval)?;
        return Ok(found.into_iter().map(|at| heap.alloc(sheet.row(at))).collect());
    }
    let Some(all) = elements(within, heap) else {
        return Err(hinted(
            format!("`query` asks a sheet, this is a value of type `{}`", within.get_type()),
            "read one with `tsv(\"samples.tsv\")`, or give `dpath` for a dict",
        ));
    };
    let found = numbers_where(&sheet_of(&all, heap)?, query, eval)?;
    Ok(found.into_iter().map(|at| all[at]).collect())
}

/// The sheet that rows are of: those of one, or values with names.
fn sheet_of<'v>(rows: &[Value<'v>], heap: Heap<'v>) -> starlark::Result<Sheet> {
    let is_row = |row: &Value<'v>| Row::from_value(*row).is_some() || super::has_fields(*row);
    if let Some(odd) = rows.iter().find(|row| !is_row(row)) {
        return Err(fault(format!("`query` asks rows of a sheet, this is a value of type `{}`", odd.get_type())));
    }
    let names = rows.first().map_or_else(Vec::new, |row| row.dir_attr());
    let cell = |row: &Value<'v>, name: &String| {
        let cell = row.get_attr(name, heap)?;
        cell.map_or(Ok(Val::None), |cell| plain_of(cell, heap))
    };
    let cells = |row: &Value<'v>| names.iter().map(|name| cell(row, name)).collect();
    let cells = rows.iter().map(cells).collect::<starlark::Result<_>>()?;
    let columns = names.iter().map(|name| name.as_str().into()).collect();
    Ok(Sheet { of: Maker::Own, ..Sheet::new(columns, cells) })
}

/// The numbers of the rows of a sheet for which an expression is true.
///
/// # Errors
/// If it is no expression over the columns, or asks of them what they have not.
pub(super) fn numbers_where<'v>(
    sheet: &Sheet,
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<usize>> {
    let heap = eval.heap();
    let levels = sheet.index.names.iter().map(|name| name.to_string());
    let names: Vec<String> = sheet.columns.iter().map(|name| name.to_string()).chain(levels).collect();
    let known = names.iter().cloned().chain(["index".to_owned()]).collect::<Vec<_>>();
    let told = told(query, &known).map_err(|odd| not_told(query, &odd, &names))?;
    let params: Vec<String> = (0..told.columns.len()).map(|at| format!("_c{at}")).collect();
    let text = format!("lambda {}: ({})\n", params.join(", "), told.text);
    let ast = AstModule::parse("query", text, &Dialect::Standard);
    let ast = ast.map_err(|_| not_told(query, &Odd::Form, &names))?;
    let failed = |e: starlark::Error| {
        fault(format!("the query `{query}`: {}", e.without_diagnostic().to_string().lines().next().unwrap_or("")))
    };
    let test = limits::nested(eval.module()).eval_module(ast, super::globals()).map_err(failed)?;
    let columns: Vec<Value> = told.columns.iter().map(|name| heap.alloc(asked(sheet, name))).collect();
    let answer = eval.eval_function(test, &columns, &[])?;
    let all = 0..sheet.rows.len();
    if let Some(one) = answer.unpack_bool() {
        return Ok(all.filter(|_| one).collect());
    }
    let bools = Column::from_value(answer).filter(|column| {
        column.values.iter().all(|cell| matches!(cell, Val::Bool(_))) && column.values.len() == sheet.rows.len()
    });
    let bools = bools.ok_or_else(|| {
        hinted(format!("the query `{query}` is no condition"), "compare the column: `name == \"x\"`, `size > 1`")
    })?;
    Ok(all.filter(|at| bools.values[*at] == Val::Bool(true)).collect())
}

/// A column by its name, one that labels came from, or the labels.
fn asked(sheet: &Sheet, name: &str) -> Column {
    if let Some(at) = sheet.column(name) {
        return sheet.values(at);
    }
    let level = sheet.index.names.iter().position(|level| **level == *name);
    let cells: Arc<[Val]> = level.map_or_else(|| sheet.index.keys.clone(), |level| sheet.index.level(level).into());
    Column { of: sheet.of, ..Column::labelled_by(sheet.index.clone(), cells.iter().cloned()) }
}

fn not_told(query: &str, odd: &Odd, names: &[String]) -> starlark::Error {
    match odd {
        Odd::Form => fault(format!("the query `{query}` is not understood")),
        Odd::Name(name) => {
            let hint = did_you_mean(name, names.iter().map(String::as_str));
            let hint = hint.unwrap_or_else(|| format!("a name of the Rulefile is written `@{name}`"));
            thrown_with("NameError", format!("the query `{query}`: there is no column `{name}` in the sheet"), hint)
        }
    }
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    functions(builder);
}

/// One comparison of columns or cells.
fn compared<'v>(left: Value<'v>, operator: &str, right: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let among = matches!(operator, "in" | "not in") || cells_of(right).is_some_and(|_| right.get_type() == "list");
    let found = match (Column::from_value(left).is_some(), among) {
        (true, true) => isin(left, right, heap)?,
        (false, true) if matches!(operator, "in" | "not in") => Value::new_bool(right.is_in(left)?),
        _ => {
            return mask(left, operator, right, heap)
                .unwrap_or_else(|| holds(left, operator, right, heap).map(Value::new_bool));
        }
    };
    if matches!(operator, "not in" | "!=") { negated(found, heap) } else { Ok(found) }
}

fn isin<'v>(column: Value<'v>, values: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let own = Column::from_value(column).ok_or_else(|| fault("`in` is asked of a column"))?;
    let wanted: Vec<Value> = values.iterate(heap)?.collect();
    Ok(heap.alloc(own.among(&wanted, heap)?))
}

fn negated<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    match value.unpack_bool() {
        Some(one) => Ok(Value::new_bool(!one)),
        None => value.bit_not(heap),
    }
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    /// Comparisons, one behind the other.
    fn _cells<'v>(#[starlark(args)] chain: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let mut all: Option<Value<'v>> = None;
        for link in chain.items.windows(3).step_by(2) {
            let found = compared(link[0], link[1].unpack_str().unwrap_or(""), link[2], heap)?;
            all = Some(match all {
                Some(before) => both(before, "&", found, heap)?,
                None => found,
            });
        }
        all.ok_or_else(|| fault("a comparison has two sides"))
    }

    fn _both<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] operator: &str,
        #[starlark(require = pos)] right: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        both(left, operator, right, heap)
    }

    fn _not<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        negated(value, heap)
    }
}

/// Two conditions as one.
fn both<'v>(left: Value<'v>, operator: &str, right: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let (left, right) = if Column::from_value(left).is_some() { (left, right) } else { (right, left) };
    match (left.unpack_bool(), right.unpack_bool()) {
        (Some(a), Some(b)) => Ok(Value::new_bool(if operator == "&" { a && b } else { a || b })),
        _ if operator == "&" => left.bit_and(right, heap),
        _ => left.bit_or(right, heap),
    }
}
