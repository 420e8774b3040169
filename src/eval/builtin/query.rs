//! `query`: rows of a sheet for which an expression is true.
//!
//! Owns turning pandas' words into Starlark's and asking each row.

use super::frame::Frame;
use crate::eval::convert::elements;
use crate::eval::fault::{fault, hinted};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::{StarlarkValue, Value};

/// The rows of a sheet, or of a list of rows.
fn rows_of<'v>(within: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Vec<Value<'v>>> {
    let heap = eval.heap();
    match Frame::from_value(within) {
        Some(sheet) => sheet.iterate_collect(heap),
        None => elements(within, heap).ok_or_else(|| {
            hinted(
                format!("`query` asks a sheet, this is a value of type `{}`", within.get_type()),
                "read one with `tsv(\"samples.tsv\")`, or give `dpath` for a dict",
            )
        }),
    }
}

/// Rows of a sheet, or of a list of rows, for which an expression is true.
pub(super) fn rows_where<'v>(
    within: Value<'v>,
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<Value<'v>>> {
    let rows = rows_of(within, eval)?;
    let found = numbers_where(&rows, query, eval)?;
    Ok(found.into_iter().map(|at| rows[at]).collect())
}

/// The numbers of the rows of a sheet for which an expression is true.
pub(super) fn sheet_where<'v>(
    sheet: Value<'v>,
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<usize>> {
    let rows = rows_of(sheet, eval)?;
    numbers_where(&rows, query, eval)
}

fn numbers_where<'v>(
    rows: &[Value<'v>],
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<usize>> {
    let heap = eval.heap();
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns = first.dir_attr();
    let named: Vec<&String> = columns.iter().filter(|c| is_name(c)).collect();
    let params: Vec<&str> = named.iter().map(|c| c.as_str()).collect();
    let text = format!("lambda {}: ({})", params.join(", "), words(query));
    let ast = AstModule::parse("query", text, &Dialect::Standard)
        .map_err(|_| fault(format!("the query `{query}` is not understood")))?;
    let test = Evaluator::new(eval.module()).eval_module(ast, super::globals());
    let test = test.map_err(|e| {
        fault(format!("the query `{query}`: {}", e.without_diagnostic().to_string().lines().next().unwrap_or("")))
    })?;
    let alternatives = [" or ", "|", "not ", "~"].iter().any(|word| query.contains(word));
    let mut found = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut args = Vec::with_capacity(named.len());
        for column in &named {
            args.push(row.get_attr(column, heap)?.unwrap_or_else(Value::new_none));
        }
        let holds = match eval.eval_function(test, &args, &[]) {
            Ok(holds) => holds.to_bool(),
            // No order holds of an empty cell.
            Err(_) if !alternatives && args.iter().any(|arg| arg.is_none()) => false,
            Err(error) => return Err(error),
        };
        if holds {
            found.push(at);
        }
    }
    Ok(found)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A query with pandas' `&`, `|` and `~` as words; those in strings stay.
fn words(query: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    for c in query.chars() {
        match (quote, c) {
            (None, '&') => out.push_str(" and "),
            (None, '|') => out.push_str(" or "),
            (None, '~') => out.push_str(" not "),
            (None, '@') => {}
            _ => out.push(c),
        }
        quote = match quote {
            None if matches!(c, '"' | '\'') => Some(c),
            Some(q) if q == c => None,
            other => other,
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_become_words_outside_of_strings() {
        assert_eq!(words("a == 'x & y' & ~b | c"), "a == 'x & y'  and   not b  or  c");
    }
}
