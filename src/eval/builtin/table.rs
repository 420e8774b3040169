//! Reading tables: `tsv(...)`, `csv(...)`, `yaml(...)`, and pandas' `read_csv` and
//! `read_table`.
//!
//! Owns what a cell's text means: to `tsv` and `csv`, a cell by itself; to pandas'
//! functions, all of its column. Files are tracked.

use super::column::Column;
use super::column_methods::as_type;
use super::frame::{Now, plain_of};
use super::row::no_column;
use super::sheet::{Columns, Sheet};
use crate::eval::TrackedRead;
use crate::eval::convert::{elements, from_val};
use crate::eval::deferred::Reader;
use crate::eval::exception::{Class, thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::eval::missing::Missing;
use crate::eval::pure_path::path_text;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

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
    Ok(Sheet::new(columns, rows))
}

/// The text of a table's file.
fn text_of(path: &str, eval: &Evaluator) -> starlark::Result<(String, String)> {
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

/// Whether pandas takes a cell for empty.
fn is_empty(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan",
    ];
    WORDS.contains(&text) || text == "null"
}

/// What the cells of a column are to pandas: all numbers, all bools, or texts.
fn typed(cells: &[&str]) -> Vec<Val> {
    let there = || cells.iter().filter(|c| !is_empty(c));
    let any_empty = cells.iter().any(|c| is_empty(c));
    let float = |text: &str| text.trim().parse::<f64>().ok().filter(|_| !text.trim().ends_with(char::is_alphabetic));
    let (ints, floats) = (there().all(|c| c.trim().parse::<i64>().is_ok()), there().all(|c| float(c).is_some()));
    let bools = there().all(|c| matches!(*c, "True" | "False" | "TRUE" | "FALSE" | "true" | "false"));
    let value = |text: &&str| match *text {
        t if is_empty(t) => Val::None,
        t if ints && !any_empty => t.trim().parse().map_or_else(|_| Val::str(t), Val::Int),
        t if floats => float(t).map_or_else(|| Val::str(t), Val::Float),
        t if bools => Val::Bool(t.starts_with(['T', 't'])),
        t => Val::str(t),
    };
    cells.iter().map(value).collect()
}

/// What `read_csv` was told.
struct Asked<'v> {
    named: SmallMap<String, Value<'v>>,
    heap: Heap<'v>,
}

impl<'v> Asked<'v> {
    /// Parameters that change what is read; those of speed and encoding do not.
    const KNOWN: [&'static str; 15] = [
        "sep",
        "delimiter",
        "delim_whitespace",
        "dtype",
        "comment",
        "index_col",
        "header",
        "names",
        "usecols",
        "keep_default_na",
        "engine",
        "encoding",
        "low_memory",
        "skipinitialspace",
        "na_filter",
    ];

    fn check(&self, function: &str) -> starlark::Result<()> {
        let header = |v: Value| v.is_none() || matches!(v.to_str().as_str(), "0" | "infer");
        let odd = match self.named.get("header") {
            Some(value) if !header(*value) => Some(format!("header={}", value.to_repr())),
            _ => self.named.keys().find(|k| !Self::KNOWN.contains(&k.as_str())).cloned(),
        };
        match odd {
            None => Ok(()),
            Some(odd) => Err(hinted(
                format!("`{function}` knows no `{odd}` here"),
                "read the table by pandas in a Python file, and ask for it by `pyload(\"FILE.py\")`",
            )),
        }
    }

    /// The type that the cells of a column are to have, if it is told.
    fn kind(&self, column: &str) -> Option<Value<'v>> {
        let dtype = self.get("dtype")?;
        match DictRef::from_value(dtype) {
            Some(kinds) => kinds.get_str(column),
            None => Some(dtype),
        }
    }

    fn get(&self, name: &str) -> Option<Value<'v>> {
        self.named.get(name).copied().filter(|v| !v.is_none())
    }

    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let value = self.get(name)?;
        match value.unpack_str() {
            Some(one) => Some(vec![one.to_owned()]),
            None => elements(value, self.heap).map(|all| all.iter().map(|v| v.to_str()).collect()),
        }
    }

    fn holds(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, Value::to_bool)
    }

    /// Whether the cells of a column stay texts.
    fn is_text(&self, column: &str) -> bool {
        self.kind(column).is_some_and(|kind| matches!(kind.to_str().as_str(), "str" | "string" | "object" | "O"))
    }

    /// The rows of cells: parted by one character, or by white space.
    fn records(&self, text: &str, default: &str) -> starlark::Result<Vec<Vec<String>>> {
        let given = self.get("sep").or_else(|| self.get("delimiter")).map(|v| v.to_str());
        let given =
            given.unwrap_or_else(|| if self.holds("delim_whitespace", false) { "\\s+".into() } else { default.into() });
        let comment = self.texts("comment").and_then(|c| c.concat().bytes().next());
        if given == "\\s+" {
            let code = |line: &str| match comment {
                Some(c) => line.split(char::from(c)).next().unwrap_or("").to_owned(),
                None => line.to_owned(),
            };
            let lines = text.lines().map(code).filter(|l| !l.trim().is_empty());
            return Ok(lines.map(|l| l.split_whitespace().map(str::to_owned).collect()).collect());
        }
        let &[delimiter] = given.as_bytes() else {
            return Err(fault("`sep` is one character, or `\"\\s+\"`"));
        };
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).comment(comment).flexible(true).has_headers(false);
        let records = reader.from_reader(text.as_bytes()).into_records().collect::<Result<Vec<_>, _>>();
        let records = records.map_err(|e| fault(format!("these are no rows: {e}")))?;
        let blanks = self.holds("skipinitialspace", false);
        let cell = |text: &str| if blanks { text.trim_start() } else { text }.to_owned();
        Ok(records.iter().map(|r| r.iter().map(cell).collect()).collect())
    }
}

/// A table as pandas reads it.
fn read_as_pandas<'v>(
    function: &str,
    path: Value<'v>,
    asked: Asked<'v>,
    delimiter: &str,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    asked.check(function)?;
    let path = path_text(path).ok_or_else(|| fault(format!("`{function}` wants a path")))?;
    let (real, text) = text_of(path, eval)?;
    let mut rows = asked.records(text.trim_start_matches('\u{feff}'), delimiter)?;
    let headless = asked.named.get("header").is_some_and(|h| h.is_none())
        || (asked.get("names").is_some() && asked.get("header").is_none());
    if text.trim().is_empty() {
        return Err(thrown("EmptyDataError", "No columns to parse from file"));
    }
    let first = if headless || rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let width = rows.iter().map(Vec::len).max().unwrap_or(first.len());
    let names = asked
        .texts("names")
        .unwrap_or_else(|| if headless { (0..width).map(|i| i.to_string()).collect() } else { told_apart(first) });
    if let Some(row) = rows.iter().position(|r| r.len() > names.len()) {
        return Err(fault(format!("the sheet `{real}`: row {} has more cells than there are columns", row + 1)));
    }
    let keep_empty = !asked.holds("keep_default_na", true) || !asked.holds("na_filter", true);
    let column = |at: usize| -> Vec<Val> {
        let cells: Vec<&str> = rows.iter().map(|r| r.get(at).map_or("", String::as_str)).collect();
        match (asked.is_text(&names[at]), keep_empty) {
            (true, true) => cells.into_iter().map(Val::str).collect(),
            (true, false) => cells.into_iter().map(|c| if is_empty(c) { Val::None } else { Val::str(c) }).collect(),
            (false, true) if cells.iter().any(|c| is_empty(c)) => cells.into_iter().map(Val::str).collect(),
            (false, _) => typed(&cells),
        }
    };
    let of_kind = |at: usize| match asked.kind(&names[at]).filter(|_| !asked.is_text(&names[at])) {
        Some(kind) => as_type(&Column::plain(column(at)), kind),
        None => Ok(column(at)),
    };
    let columns: Vec<Vec<Val>> = (0..names.len()).map(of_kind).collect::<starlark::Result<_>>()?;
    let table = (0..rows.len()).map(|r| columns.iter().map(|c| c[r].clone()).collect()).collect();
    let named: Columns = names.iter().map(|n| n.as_str().into()).collect();
    let sheet = eval.heap().alloc(Sheet::new(named, table));
    indexed(sheet, &asked, &names, eval)
}

/// Names of columns, of which equal ones get a number: `a`, `a.1`.
fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let name = if name.is_empty() { format!("Unnamed: {at}") } else { name.clone() };
        let free = |name: &String| !all.contains(name);
        let numbered = (1..).map(|number| format!("{name}.{number}")).find(free);
        all.push(if free(&name) { name } else { numbered.unwrap_or_default() });
    }
    all
}

/// With `usecols` and `index_col`.
fn indexed<'v>(
    sheet: Value<'v>,
    asked: &Asked<'v>,
    names: &[String],
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let named = |v: Value<'v>, names: &[String]| match v.unpack_i32().and_then(|i| names.get(i as usize)) {
        Some(name) => name.clone(),
        None => v.to_str(),
    };
    let (sheet, names) = match asked.get("usecols") {
        Some(wanted) => {
            let wanted = elements(wanted, heap).ok_or_else(|| fault("`usecols` is a list of columns"))?;
            let wanted: Vec<String> = wanted.into_iter().map(|v| named(v, names)).collect();
            if let Some(odd) = wanted.iter().find(|name| !names.contains(name)) {
                return Err(no_column(odd, &names.iter().map(|name| name.as_str().into()).collect()));
            }
            let in_order: Vec<String> = names.iter().filter(|n| wanted.contains(n)).cloned().collect();
            (sheet.at(heap.alloc(AllocList(in_order.iter().map(String::as_str))), heap)?, in_order)
        }
        None => (sheet, names.to_vec()),
    };
    let Some(by) = asked.get("index_col") else { return Ok(sheet) };
    let name = |v: Value<'v>| named(v, &names);
    let by: Vec<String> = match elements(by, heap) {
        Some(several) => several.into_iter().map(name).collect(),
        None if by.unpack_bool() == Some(false) => return Ok(sheet),
        None => vec![name(by)],
    };
    let sheet = Now::of(sheet).expect("bug: a table was read as a sheet");
    Ok(heap.alloc(sheet.labelled(&by)?))
}

/// What is served of pandas.
pub(super) fn pandas(builder: &mut GlobalsBuilder) {
    functions(builder);
    super::frame_joins::functions(builder);
    builder.namespace("errors", |errors| {
        errors.set("EmptyDataError", Class::of("EmptyDataError"));
        errors.set("ParserError", Class::of("ParserError"));
    });
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn read_csv<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let asked = Asked { named, heap: eval.heap() };
        read_as_pandas("read_csv", path, asked, ",", eval)
    }

    fn read_table<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let asked = Asked { named, heap: eval.heap() };
        read_as_pandas("read_table", path, asked, "\t", eval)
    }

    /// Of a dict of columns, or a list of dicts.
    fn DataFrame<'v>(
        #[starlark(default = NoneOr::None)] data: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let data = data.into_option().map(|data| plain_of(data, heap)).transpose()?;
        let pairs = match data.unwrap_or(Val::Dict(Vec::new())) {
            Val::Dict(pairs) => pairs,
            Val::List(rows) => columns_of(&rows)?,
            _ => return Err(no_frame()),
        };
        let column =
            |(_, cells): &(Val, Val)| if let Val::List(cells) = cells { Ok(cells.clone()) } else { Err(no_frame()) };
        let columns: Vec<Vec<Val>> = pairs.iter().map(column).collect::<starlark::Result<_>>()?;
        if columns.windows(2).any(|two| two[0].len() != two[1].len()) {
            return Err(fault("the columns of a sheet have one length"));
        }
        Ok(Sheet::of_columns(pairs.iter().map(|(name, _)| name.display().into()).collect(), &columns))
    }

    fn isna<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(is_nothing(value))
    }

    fn isnull<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(is_nothing(value))
    }

    fn notna<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(!is_nothing(value))
    }

    fn notnull<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(!is_nothing(value))
    }
}

fn no_frame() -> starlark::Error {
    fault("`DataFrame` is made of a dict of lists, or of a list of dicts")
}

/// The columns of rows that are dicts.
fn columns_of(rows: &[Val]) -> starlark::Result<Vec<(Val, Val)>> {
    let mut columns: Vec<(Val, Vec<Val>)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Val::Dict(cells) = row else { return Err(no_frame()) };
        for (name, cell) in cells {
            let place = columns.iter().position(|(known, _)| known == name).unwrap_or(columns.len());
            if place == columns.len() {
                columns.push((name.clone(), vec![Val::None; rows.len()]));
            }
            columns[place].1[at] = cell.clone();
        }
    }
    Ok(columns.into_iter().map(|(name, cells)| (name, Val::List(cells))).collect())
}

fn is_nothing(value: Value) -> bool {
    value.is_none() || value.to_str() == "nan"
}

/// A module of Python of which some is served: all else fails where it is used.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<module {0}>", self.0)]
pub(super) struct Partly(pub(super) &'static str);

starlark_simple_value!(Partly);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Partly {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let served = super::global(self.0).and_then(|module| module.get_attr(name, heap).ok().flatten());
        Some(served.unwrap_or_else(|| heap.alloc(Missing::of_module(&format!("{}.{name}", self.0)))))
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
    fn columns_have_one_type_to_pandas() {
        let words = |cells: &[&str]| Val::List(typed(cells)).repr();
        assert_eq!(words(&["1", "02"]), "[1, 2]");
        assert_eq!(words(&["1", ""]), "[1.0, None]");
        assert_eq!(words(&["1", "2.5"]), "[1.0, 2.5]");
        assert_eq!(words(&["1", "x", "NA"]), "['1', 'x', None]");
        assert_eq!(words(&["True", "false"]), "[True, False]");
        assert_eq!(words(&["inf", "1"]), "['inf', '1']");
    }
}
