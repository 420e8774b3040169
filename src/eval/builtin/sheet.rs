//! Sample sheets: tables read from TSV and CSV files.
//!
//! Owns the table, its rows, and the questions asked of it. It does not know
//! what samples are.

use crate::eval::convert::{elements, from_val, to_val};
use crate::eval::fault::{fault, hinted};
use crate::eval::session::Session;
use crate::eval::{TrackedRead, config};
use crate::suggest::did_you_mean;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::Arc;

type Columns = Arc<[Box<str>]>;

/// A table.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval) struct Sheet {
    columns: Columns,
    rows: Vec<Arc<[Val]>>,
}

starlark_simple_value!(Sheet);

/// A row of a table: its values by name, number, or attribute.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
struct Row {
    columns: Columns,
    values: Arc<[Val]>,
}

starlark_simple_value!(Row);

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<sheet of {} rows: {}>", self.rows.len(), self.columns.join(", "))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.columns.iter().zip(self.values.iter()).map(|(c, v)| format!("{c}={}", v.repr()));
        write!(f, "row({})", pairs.collect::<Vec<_>>().join(", "))
    }
}

fn no_column(name: &str, columns: &Columns) -> starlark::Error {
    let message = format!("there is no column `{name}` in the sheet");
    let known = columns.join("`, `");
    let hint = did_you_mean(name, columns.iter().map(|c| &**c));
    hinted(message, hint.unwrap_or_else(|| format!("its columns are `{known}`")))
}

impl Sheet {
    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| **c == *name)
    }

    fn values<'v>(&self, column: usize, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(AllocList(self.rows.iter().map(|r| from_val(&r[column], heap))))
    }

    fn row<'v>(&self, at: usize, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(Row { columns: self.columns.clone(), values: self.rows[at].clone() })
    }
}

/// A row as a dict.
fn record(columns: &Columns, values: &[Val]) -> Val {
    Val::Dict(columns.iter().zip(values).map(|(c, v)| (Val::str(&**c), v.clone())).collect())
}

/// A sheet as a list of dicts, a row as a dict; none if it is neither.
pub(in crate::eval) fn plain(value: Value) -> Option<Val> {
    if let Some(row) = Row::from_value(value) {
        return Some(record(&row.columns, &row.values));
    }
    let sheet = Sheet::from_value(value)?;
    Some(Val::List(sheet.rows.iter().map(|r| record(&sheet.columns, r)).collect()))
}

#[starlark_value(type = "sheet")]
impl<'v> StarlarkValue<'v> for Sheet {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = sheet_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if name == "columns" {
            return Some(heap.alloc(AllocList(self.columns.iter().map(|c| &**c))));
        }
        self.column(name).map(|i| self.values(i, heap))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.to_string()).chain(["columns".to_owned()]).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(name) = index.unpack_str() {
            let at = self.column(name).ok_or_else(|| no_column(name, &self.columns))?;
            return Ok(self.values(at, heap));
        }
        let count = self.rows.len() as i64;
        let wanted = i64::from(index.unpack_i32().unwrap_or(i32::MAX));
        let at = if wanted < 0 { wanted + count } else { wanted };
        match usize::try_from(at).ok().filter(|i| *i < self.rows.len()) {
            Some(at) => Ok(self.row(at, heap)),
            None => Err(fault(format!("there is no row `[{}]`: the sheet has {count}", index.to_str()))),
        }
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.rows.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok((0..self.rows.len()).map(|i| self.row(i, heap)).collect())
    }
}

#[starlark_value(type = "row")]
impl<'v> StarlarkValue<'v> for Row {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = row_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let at = self.columns.iter().position(|c| **c == *name)?;
        Some(from_val(&self.values[at], heap))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let name = index.unpack_str().ok_or_else(|| fault("a row is indexed by the name of a column"))?;
        self.get_attr(name, heap).ok_or_else(|| no_column(name, &self.columns))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(other.unpack_str().is_some_and(|name| self.columns.iter().any(|c| **c == *name)))
    }
}

/// Python's reading of a cell: a number, a word for nothing, or text.
fn cell(text: &str) -> Val {
    if matches!(text, "" | "NA" | "N/A" | "NaN" | "nan" | "None" | "null" | "NULL") {
        return Val::None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Val::Int(number);
    }
    let float = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match (text, text.parse::<f64>()) {
        ("True" | "TRUE" | "true", _) => Val::Bool(true),
        ("False" | "FALSE" | "false", _) => Val::Bool(false),
        (_, Ok(number)) if float => Val::Float(number),
        _ => Val::str(text),
    }
}

fn parse(text: &str, delimiter: u8, comment: Option<u8>, strings: &[String]) -> Result<Sheet, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .comment(comment)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Columns = reader.headers().map_err(|e| e.to_string())?.iter().map(Into::into).collect();
    if columns.is_empty() {
        return Err("it has no line with the names of its columns".into());
    }
    let as_text: Vec<bool> = columns.iter().map(|c| strings.iter().any(|s| **s == **c || s == "*")).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        if record.len() > columns.len() {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(format!("line {line} has {} cells, for {} columns", record.len(), columns.len()));
        }
        let cells = record.iter().chain(std::iter::repeat("")).zip(&as_text);
        rows.push(cells.map(|(c, text)| if *text { Val::str(c) } else { cell(c) }).collect());
    }
    Ok(Sheet { columns, rows })
}

/// Rows of a sheet, or of a list of rows, for which an expression is true.
pub(super) fn rows_where<'v>(
    within: Value<'v>,
    query: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<Value<'v>>> {
    let heap = eval.heap();
    let rows = match Sheet::from_value(within) {
        Some(sheet) => sheet.iterate_collect(heap)?,
        None => elements(within, heap).ok_or_else(|| {
            hinted(
                format!("`query` asks a sheet, this is a value of type `{}`", within.get_type()),
                "read one with `tsv(\"samples.tsv\")`, or give `dpath` for a dict",
            )
        })?,
    };
    let Some(first) = rows.first() else { return Ok(rows) };
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
    let mut found = Vec::new();
    for row in rows {
        let mut args = Vec::with_capacity(named.len());
        for column in &named {
            args.push(row.get_attr(column, heap)?.unwrap_or_else(Value::new_none));
        }
        if eval.eval_function(test, &args, &[])?.to_bool() {
            found.push(row);
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

fn read<'v>(
    path: &str,
    delimiter: u8,
    comment: Option<&str>,
    strings: Option<Value<'v>>,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Sheet> {
    let session = Session::loading(eval, "tsv")?;
    let real = session.in_workdir(path);
    let text = std::fs::read_to_string(&real).map_err(|e| {
        let why = if e.kind() == std::io::ErrorKind::NotFound {
            "does not exist".into()
        } else {
            format!("cannot be read: {e}")
        };
        hinted(format!("the sheet `{real}` {why}"), "its path is relative to the working directory")
    })?;
    session.read(TrackedRead::File(real.as_str().into()));
    let all = strings.map(|v| match v.unpack_bool() {
        Some(all) => all.then(|| "*".to_owned()).into_iter().collect(),
        None => elements(v, eval.heap()).unwrap_or_default().iter().map(|v| v.to_str()).collect::<Vec<_>>(),
    });
    let comment = comment.and_then(|c| c.bytes().next());
    parse(&text, delimiter, comment, &all.unwrap_or_default()).map_err(|e| fault(format!("the sheet `{real}`: {e}")))
}

/// A YAML or JSON file as a value.
fn data<'v>(path: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let session = Session::loading(eval, "yaml")?;
    let real = session.in_workdir(path);
    let read = config::read(&real, &mut session.sources.borrow_mut());
    let value = read.map_err(|d| crate::eval::fault::Fault(vec![d]))?;
    session.read(TrackedRead::File(real.as_str().into()));
    Ok(from_val(&value, eval.heap()))
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn tsv<'v>(
        #[starlark(require = pos)] path: &str,
        #[starlark(default = NoneOr::None)] comment: NoneOr<&'v str>,
        #[starlark(default = NoneOr::None)] strings: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let sheet = read(path, b'\t', comment.into_option(), strings.into_option(), eval)?;
        Ok(eval.heap().alloc(sheet))
    }

    fn csv<'v>(
        #[starlark(require = pos)] path: &str,
        #[starlark(default = NoneOr::None)] comment: NoneOr<&'v str>,
        #[starlark(default = NoneOr::None)] strings: NoneOr<Value<'v>>,
        #[starlark(default = ",")] delimiter: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let &[one] = delimiter.as_bytes() else { return Err(fault("a delimiter is one character")) };
        let sheet = read(path, one, comment.into_option(), strings.into_option(), eval)?;
        Ok(eval.heap().alloc(sheet))
    }

    fn yaml<'v>(
        #[starlark(require = pos)] path: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        data(path, eval)
    }
}

#[starlark_module]
fn sheet_methods(builder: &mut MethodsBuilder) {
    /// The rows for which an expression over the columns is true.
    fn query<'v>(
        this: Value<'v>,
        #[starlark(require = pos)] query: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let rows = rows_where(this, query, eval)?;
        let sheet = Sheet::from_value(this).ok_or_else(|| fault("`query` is asked of a sheet"))?;
        let rows = rows.iter().filter_map(|r| Row::from_value(*r)).map(|r| r.values.clone()).collect();
        Ok(eval.heap().alloc(Sheet { columns: sheet.columns.clone(), rows }))
    }

    /// The rows whose columns have these values.
    fn r#where<'v>(
        this: &Sheet,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let mut wanted = Vec::new();
        for (name, value) in &named {
            let at = this.column(name).ok_or_else(|| no_column(name, &this.columns))?;
            wanted.push((at, to_val(*value, heap, &mut |_| Err(fault("a cell is no function")))?));
        }
        let same = |cell: &Val, value: &Val| cell == value || cell.display() == value.display();
        let fits = |row: &&Arc<[Val]>| wanted.iter().all(|(at, value)| same(&row[*at], value));
        let rows = this.rows.iter().filter(fits).cloned().collect();
        Ok(heap.alloc(Sheet { columns: this.columns.clone(), rows }))
    }

    /// The different values of a column, in order.
    fn unique<'v>(
        this: &Sheet,
        #[starlark(require = pos)] column: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let at = this.column(column).ok_or_else(|| no_column(column, &this.columns))?;
        let mut seen: Vec<&Val> = Vec::new();
        for row in &this.rows {
            if !seen.contains(&&row[at]) {
                seen.push(&row[at]);
            }
        }
        Ok(heap.alloc(AllocList(seen.into_iter().map(|v| from_val(v, heap)))))
    }
}

#[starlark_module]
fn row_methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Row,
        #[starlark(require = pos)] column: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.get_attr(column, heap).or(default).unwrap_or_else(Value::new_none))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_python_reads_them() {
        let text = "a,b,c\n1,x y,\"q, \"\"r\"\"\"\n# no\n-2.5,NA,True\n007,,\n";
        let sheet = parse(text, b',', Some(b'#'), &[]).unwrap();
        let rows: Vec<String> = sheet.rows.iter().map(|r| Val::List(r.to_vec()).repr()).collect();
        assert_eq!(rows, ["[1, 'x y', 'q, \"r\"']", "[-2.5, None, True]", "[7, None, None]"]);
        let text = parse("n\n007\n", b',', None, &["n".to_owned()]).unwrap();
        assert_eq!(text.rows[0][0], Val::str("007"));
        assert_eq!(parse("a\n1,2\n", b',', None, &[]).unwrap_err(), "line 2 has 2 cells, for 1 columns");
    }

    #[test]
    fn operators_become_words_outside_of_strings() {
        assert_eq!(words("a == 'x & y' & ~b | c"), "a == 'x & y'  and   not b  or  c");
    }
}
