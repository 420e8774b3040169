//! `query`: rows of a sheet for which an expression is true.
//!
//! Owns turning pandas' words into Starlark's and asking each row.

use super::frame::Now;
use super::operators::{holds, is_nan};
use crate::eval::convert::elements;
use crate::eval::fault::{fault, hinted};
use crate::span::FileId;
use crate::syntax;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value};

/// The rows of a sheet, or of a list of rows.
fn rows_of<'v>(within: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Vec<Value<'v>>> {
    let heap = eval.heap();
    match Now::of(within) {
        Some(sheet) => Ok((0..sheet.rows.len()).map(|at| heap.alloc(sheet.row(at))).collect()),
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
    let (text, quoted) = words(query);
    let named: Vec<(&str, &str)> = columns
        .iter()
        .filter_map(|column| {
            let stand_in = quoted.iter().position(|name| name == column).map(|at| STAND_INS.get(at).copied());
            Some((stand_in.unwrap_or_else(|| is_name(column).then_some(column.as_str()))?, column.as_str()))
        })
        .collect();
    let params: Vec<&str> = named.iter().map(|(param, _)| *param).collect();
    let not_understood = || fault(format!("the query `{query}` is not understood"));
    let text = lowered(&text, &params.join(", ")).ok_or_else(not_understood)?;
    let ast = AstModule::parse("query", text, &Dialect::Standard).map_err(|_| not_understood())?;
    let test = Evaluator::new(eval.module()).eval_module(ast, super::globals());
    let test = test.map_err(|e| {
        fault(format!("the query `{query}`: {}", e.without_diagnostic().to_string().lines().next().unwrap_or("")))
    })?;
    let alternatives = [" or ", "|", "not ", "~"].iter().any(|word| query.contains(word));
    let mut found = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut args = Vec::with_capacity(named.len());
        for (_, column) in &named {
            args.push(row.get_attr(column, heap)?.unwrap_or_else(Value::new_none));
        }
        let holds = match eval.eval_function(test, &args, &[]) {
            Ok(holds) => holds.to_bool(),
            // No order holds of an empty cell.
            Err(_) if !alternatives && args.iter().any(|arg| is_nothing(*arg)) => false,
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

/// What names between backticks are called that are no names of Starlark.
const STAND_INS: [&str; 4] = ["_quoted_0", "_quoted_1", "_quoted_2", "_quoted_3"];

/// A query with pandas' `&`, `|` and `~` as words, and what is asked of a column asked of
/// its cell; strings stay. With the names that stood between backticks.
fn words(query: &str) -> (String, Vec<String>) {
    let (mut out, mut names): (String, Vec<String>) = (String::new(), Vec::new());
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' | '\'' | '`' => {
                length = rest[1..].find(c).map_or(rest.len(), |end| end + 2);
                let inner = rest[1..length].trim_end_matches(c);
                match names.iter().position(|name| name == inner).unwrap_or(names.len()) {
                    _ if c != '`' => out.push_str(&rest[..length]),
                    _ if is_name(inner) => out.push_str(inner),
                    at => {
                        names.push(inner.to_owned());
                        out.push_str(STAND_INS.get(at).copied().unwrap_or(""));
                    }
                }
            }
            '&' => out.push_str(" and "),
            '|' => out.push_str(" or "),
            '~' => out.push_str(" not "),
            '@' => {}
            c => out.push(c),
        }
        rest = &rest[length..];
    }
    (of_cells(&out), names)
}

/// `x.notna()` as a question about the cell, and its like.
fn of_cells(query: &str) -> String {
    const ASKED: [(&str, &str); 4] = [
        (r"(\w+)\.(isna|isnull|notna|notnull)\(\)", "pandas.$2($1)"),
        (r"(\w+)\.isin\(([^()]*)\)", "($1 in ($2))"),
        (r"(\w+)\.str\.contains\(([^()]*)\)", "(re.search($2, str($1)) != None)"),
        (r"(\w+)\.str\.", "$1."),
    ];
    let mut text = query.to_owned();
    for (pattern, by) in ASKED {
        let pattern = regex::Regex::new(pattern).expect("bug: a pattern of ours");
        text = pattern.replace_all(&text, by).into_owned();
    }
    text
}

/// As a function of the columns' cells, whose comparisons know empty cells.
fn lowered(query: &str, params: &str) -> Option<String> {
    let tree = syntax::parse(FileId(0), query, syntax::Base { sheets: true, ..syntax::Base::default() }).ok()?;
    let [mut chunk] = <[_; 1]>::try_from(tree.chunks).ok()?;
    chunk.wrap(&format!("lambda {params}: ("), ")\n");
    Some(chunk.text.replace("_compare(", "_fits("))
}

fn is_nothing(value: Value) -> bool {
    value.is_none() || is_nan(value)
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    /// A comparison of cells: an empty one equals none, and has no order.
    fn _fits<'v>(#[starlark(args)] chain: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<bool> {
        for link in chain.items.windows(3).step_by(2) {
            let operator = link[1].unpack_str().unwrap_or("");
            let fits = match is_nothing(link[0]) || is_nothing(link[2]) {
                true => operator == "!=",
                false => holds(link[0], operator, link[2], heap)?,
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_become_words_outside_of_strings() {
        assert_eq!(words("a == 'x & y' & ~b | c").0, "a == 'x & y'  and   not b  or  c");
    }

    #[test]
    fn names_may_stand_between_backticks() {
        let (text, names) = words("`a b` == 1 & `c` > @d");
        assert_eq!((text.as_str(), names), ("_quoted_0 == 1  and  c > d", vec!["a b".to_owned()]));
    }

    #[test]
    fn columns_are_asked_cell_by_cell() {
        assert_eq!(words("x.notna() & y.isin(['a'])").0, "pandas.notna(x)  and  (y in (['a']))");
    }
}
