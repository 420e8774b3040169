//! `.agg` of a sheet and of a column, and `.pipe`, named as in pandas.
//!
//! Owns what may be asked for, and where the answers stand. What is answered, the methods
//! of columns say.

use super::asked_by::piped;
use super::column::Column;
use super::frame::{Now, label_of, plain_of};
use super::frame_counts::names;
use super::frame_methods::across;
use super::groups::called;
use super::index::Index;
use super::name::Name;
use super::sheet::{NOTHING, Sheet, settled};
use crate::eval::convert::{elements, is_function};
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::tuple::UnpackTuple;
use std::sync::Arc;

/// What methods answer one value of a column.
const ONE: [&str; 15] = [
    "all", "any", "count", "idxmax", "idxmin", "max", "mean", "median", "min", "nunique", "quantile", "size", "std",
    "sum", "var",
];

/// What a function, or a method by its name, answers of a column: one value.
fn answer<'v>(column: &Column, asked: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Val> {
    let heap = eval.heap();
    let this = heap.alloc(column.clone());
    let made = match asked.unpack_str() {
        Some("size") => heap.alloc(column.values.len() as i64),
        Some(name) if ONE.contains(&name) => eval.eval_function(this.get_attr_error(name, heap)?, &[], &[])?,
        Some(name) => {
            let hint = "ask for the method itself, or use a file for `pyload`";
            return Err(thrown_with("AttributeError", format!("`agg` knows no '{name}' of a column here"), hint));
        }
        None if is_function(asked) => eval.eval_function(asked, &[this], &[])?,
        None => return Err(fault("`agg` wants a function, the name of a method, a list of these, or a dict")),
    };
    if Column::from_value(made).is_some_and(|made| !made.by_place) {
        return Err(hinted("`agg` wants functions that answer one value here", "use `.apply` or `.transform`"));
    }
    plain_of(made, heap)
}

/// Some answers of a column, labelled with what was asked.
fn answers<'v>(column: &Column, asked: &[Value<'v>], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
    let values = asked.iter().map(|one| answer(column, *one, eval)).collect::<starlark::Result<Vec<Val>>>()?;
    let labels: Vec<Val> = asked.iter().map(|one| Val::str(called(*one))).collect();
    let index = Arc::new(Index::new(Vec::new(), labels));
    if !index.is_unique() {
        return Err(thrown("ValueError", "Function names must be unique"));
    }
    Ok(Column { name: column.name.clone(), ..Column::labelled_by(index, settled(values)) })
}

/// A row for each answer, of columns that were each asked for some.
fn rows_of(names: Vec<Name>, columns: &[Column]) -> Sheet {
    let mut labels: Vec<Val> = Vec::new();
    for label in columns.iter().flat_map(|column| column.index.keys.iter()) {
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    let cell = |column: &Column, label: &Val| match column.index.find(label).and_then(|found| found.first()) {
        Some(at) => column.values[*at].clone(),
        None => NOTHING,
    };
    let cells: Vec<Vec<Val>> =
        columns.iter().map(|column| labels.iter().map(|label| cell(column, label)).collect()).collect();
    Sheet { index: Arc::new(Index::new(Vec::new(), labels)), ..Sheet::of_columns(names, &cells) }
}

/// A column for each key of a dict, with what it is asked.
fn by_name<'v>(sheet: &Sheet, dict: &DictRef<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let (mut names, mut asked) = (Vec::new(), Vec::new());
    for (name, functions) in dict.iter() {
        let name = label_of(name).ok_or_else(|| fault("columns are named by texts or numbers"))?;
        let at = sheet.column_of(&name)?;
        names.push(sheet.columns[at].clone());
        asked.push((sheet.values(at), functions));
    }
    if asked.is_empty() {
        return Err(thrown("ValueError", "No objects to concatenate"));
    }
    if !asked.iter().any(|(_, functions)| elements(*functions, heap).is_some()) {
        let values =
            asked.iter().map(|(column, one)| answer(column, *one, eval)).collect::<starlark::Result<Vec<Val>>>();
        let index = Index::new(Vec::new(), names.iter().map(Name::value).collect::<Vec<_>>());
        return Ok(heap.alloc(Column::labelled_by(Arc::new(index), settled(values?))));
    }
    let mut columns = Vec::with_capacity(asked.len());
    for (column, functions) in asked {
        let functions = elements(functions, heap).unwrap_or_else(|| vec![functions]);
        columns.push(answers(&column, &functions, eval)?);
    }
    Ok(heap.alloc(rows_of(names, &columns)))
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// What a function, or a method by its name, answers of each column, or of each row; a
    /// list of these has a row for each; a dict asks each column otherwise.
    fn agg<'v>(
        this: Value<'v>,
        func: Value<'v>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let sheet = Now::of(this).ok_or_else(|| fault("`agg` is asked of a sheet"))?;
        let by_row = across(axis.into_option())?;
        if is_function(func) {
            let axis: Vec<(&str, Value)> = by_row.then(|| ("axis", heap.alloc(1))).into_iter().collect();
            return eval.eval_function(this.get_attr_error("apply", heap)?, &[func], &axis);
        }
        if let Some(name) = func.unpack_str() {
            if !ONE.contains(&name) || matches!(name, "size" | "quantile") {
                let hint = "ask for the method itself, or use a file for `pyload`";
                return Err(thrown_with("AttributeError", format!("`agg` knows no '{name}' of a sheet here"), hint));
            }
            let axis: Vec<(&str, Value)> = by_row.then(|| ("axis", heap.alloc(1))).into_iter().collect();
            return eval.eval_function(this.get_attr_error(name, heap)?, &[], &axis);
        }
        if by_row {
            let hint = "ask for one at a time: `sheet.agg(\"sum\", axis=1)`";
            return Err(hinted("`agg` with `axis=1` wants a function or the name of a method here", hint));
        }
        if let Some(dict) = DictRef::from_value(func) {
            return by_name(&sheet, &dict, eval);
        }
        let asked = elements(func, heap)
            .ok_or_else(|| fault("`agg` wants a function, the name of a method, a list of these, or a dict"))?;
        let mut columns = Vec::with_capacity(sheet.columns.len());
        for at in 0..sheet.columns.len() {
            columns.push(answers(&sheet.values(at), &asked, eval)?);
        }
        Ok(heap.alloc(rows_of(names(&sheet).keys.iter().map(Name::of).collect(), &columns)))
    }

    /// What a function makes of the sheet.
    fn pipe<'v>(
        this: Value<'v>,
        #[starlark(require = pos)] function: Value<'v>,
        #[starlark(args)] more: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        piped(this, function, &more.items, &named, eval)
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    /// What a function, or a method by its name, answers of the column; of a list a column.
    fn agg<'v>(this: Value<'v>, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let column = Column::from_value(this).ok_or_else(|| fault("`agg` is asked of a column"))?;
        if is_function(func) {
            return eval.eval_function(func, &[this], &[]);
        }
        match elements(func, heap) {
            Some(asked) => Ok(heap.alloc(answers(column, &asked, eval)?)),
            None => Ok(crate::eval::convert::from_val(&answer(column, func, eval)?, heap)),
        }
    }

    /// What a function makes of the column.
    fn pipe<'v>(
        this: Value<'v>,
        #[starlark(require = pos)] function: Value<'v>,
        #[starlark(args)] more: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        piped(this, function, &more.items, &named, eval)
    }
}
