//! Python's `csv.reader` and `csv.DictReader`: rows of texts as they stand.
//!
//! Owns taking lines apart. Sheets with typed cells are `tsv(...)` and `csv(...)`.

use super::reading::{Ahead, Opened};
use crate::eval::convert::elements;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};

/// The text without the blanks that stand before cells.
fn unindented(text: &str, delimiter: char) -> String {
    let mut out = String::with_capacity(text.len());
    // Where a cell begins, whether the cell has quotes, and whether they are open.
    let (mut begins, mut is_quoted, mut open) = (true, false, false);
    for c in text.chars() {
        if begins && c == ' ' {
            continue;
        }
        if begins {
            is_quoted = c == '"';
        }
        // A quote that is doubled within the cell closes it and opens it again.
        open ^= c == '"' && is_quoted && (begins || open || out.ends_with('"'));
        begins = !open && (c == delimiter || matches!(c, '\n' | '\r'));
        out.push(c);
    }
    out
}

/// The delimiter of a dialect of Python's `csv`.
fn delimiter_of<'d>(dialect: &str, given: &'d str) -> starlark::Result<&'d str> {
    match dialect {
        "excel-tab" if given == "," => Ok("\t"),
        "excel" | "excel-tab" | "unix" => Ok(given),
        other => {
            let hint = "there are `excel`, `excel-tab` and `unix`; say what others have by `delimiter=`";
            Err(hinted(format!("there is no dialect `{other}` here"), hint))
        }
    }
}

/// The records of an open file, or of a list of lines.
fn records<'v>(
    lines: Value<'v>,
    delimiter: &str,
    skipinitialspace: bool,
    heap: Heap<'v>,
) -> starlark::Result<Vec<csv::StringRecord>> {
    let text = match Opened::from_value(lines) {
        Some(file) => file.rest().to_owned(),
        None => {
            let lines = elements(lines, heap).ok_or_else(|| fault("`csv` reads what `open(path)` gives"))?;
            lines.iter().map(|l| format!("{}\n", l.to_str().trim_end_matches('\n'))).collect()
        }
    };
    let &[delimiter] = delimiter.as_bytes() else {
        return Err(fault("`delimiter` is one character"));
    };
    let text = if skipinitialspace { unindented(&text, char::from(delimiter)) } else { text };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().map_err(|e| fault(format!("these are no rows: {e}")))
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn _csv_reader<'v>(
        #[starlark(require = pos)] lines: Value<'v>,
        #[starlark(default = ",")] delimiter: &str,
        #[starlark(default = false)] skipinitialspace: bool,
        #[starlark(default = "excel")] dialect: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let rows = records(lines, delimiter_of(dialect, delimiter)?, skipinitialspace, heap)?;
        let row = |row: &csv::StringRecord| Val::List(row.iter().map(Val::str).collect());
        Ok(heap.alloc(Ahead::new(rows.iter().map(row).collect(), Vec::new())))
    }

    fn _csv_DictReader<'v>(
        #[starlark(require = pos)] lines: Value<'v>,
        #[starlark(default = NoneOr::None)] fieldnames: NoneOr<Value<'v>>,
        #[starlark(default = ",")] delimiter: &str,
        #[starlark(default = false)] skipinitialspace: bool,
        #[starlark(default = "excel")] dialect: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let rows = records(lines, delimiter_of(dialect, delimiter)?, skipinitialspace, heap)?;
        let given = fieldnames.into_option().and_then(|names| elements(names, heap));
        let (names, rows): (Vec<String>, _) = match (given, rows.split_first()) {
            (Some(names), _) => (names.iter().map(|n| n.to_str()).collect(), &rows[..]),
            (None, Some((head, rest))) => (head.iter().map(str::to_owned).collect(), rest),
            (None, None) => (Vec::new(), &rows[..]),
        };
        let cell = |text: Option<&str>| text.map_or(Val::None, Val::str);
        let dict = |row: &csv::StringRecord| {
            Val::Dict(names.iter().enumerate().map(|(i, n)| (Val::str(n.as_str()), cell(row.get(i)))).collect())
        };
        Ok(heap.alloc(Ahead::new(rows.iter().map(dict).collect(), names)))
    }
}
