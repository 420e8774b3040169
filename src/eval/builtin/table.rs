//! Reading tables and data: `tsv(...)`, `csv(...)`, `yaml(...)`.
//!
//! Owns what a cell's text means to them: each goes by itself. Files are tracked. How
//! pandas reads tables is `read_csv`'s.

use super::columns::Columns;
use super::sheet::{Maker, Sheet};
use crate::eval::TrackedRead;
use crate::eval::convert::{elements, from_val};
use crate::eval::deferred::Reader;
use crate::eval::exception::thrown_with;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::none::NoneOr;

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
    Ok(Sheet { of: Maker::Own, ..Sheet::new(columns, rows) })
}

/// The text of a table's file.
pub(super) fn text_of(path: &str, eval: &Evaluator) -> starlark::Result<(String, String)> {
    let reader = Reader::of(eval, "tsv")?;
    let real = reader.in_workdir(path);
    let text = std::fs::read_to_string(&real).map_err(|e| {
        reader.missed(&real);
        let (class, why) = match e.kind() {
            std::io::ErrorKind::NotFound => ("FileNotFoundError", "does not exist".into()),
            _ => ("OSError", format!("cannot be read: {e}")),
        };
        thrown_with(class, format!("the sheet `{real}` {why}"), "its path is relative to the working directory")
    })?;
    reader.read(TrackedRead::File(real.as_str().into()));
    Ok((real, text))
}

fn read<'v>(
    path: &str,
    delimiter: u8,
    comment: Option<&str>,
    strings: Option<Value<'v>>,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Sheet> {
    let (real, text) = text_of(path, eval)?;
    let all = strings.map(|v| match v.unpack_bool() {
        Some(all) => all.then(|| "*".to_owned()).into_iter().collect(),
        None => elements(v, eval.heap()).unwrap_or_default().iter().map(|v| v.to_str()).collect::<Vec<_>>(),
    });
    let comment = comment.and_then(|c| c.bytes().next());
    parse(&text, delimiter, comment, &all.unwrap_or_default()).map_err(|e| fault(format!("the sheet `{real}`: {e}")))
}

/// A YAML or JSON file as a value.
fn data<'v>(path: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let reader = Reader::of(eval, "yaml")?;
    let real = reader.in_workdir(path);
    let value = reader.config(&real)?;
    reader.read(TrackedRead::File(real.as_str().into()));
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
}
