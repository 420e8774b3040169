//! `pd.read_csv` and `pd.read_table`: tables as pandas reads them.
//!
//! Owns what these are told, how text is parted into cells, and what the text of a
//! cell means, which goes by all of its column.

use super::column::Column;
use super::column_methods::{as_type, kind_name};
use super::frame::{cell_of, plain_of};
use super::name::Name;
use super::reading::Opened;
use super::row::no_column;
use super::sheet::{NOTHING, Sheet};
use super::table::text_of;
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::eval::pure_path::path_text;
use crate::value::Val;
use rustc_hash::FxHashSet;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::{Heap, Value};

/// What pandas takes for an empty cell.
fn is_word_for_nothing(text: &str) -> bool {
    const WORDS: [&str; 19] = [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    ];
    WORDS.contains(&text)
}

/// What the cells of a column are to pandas: all numbers, all bools, or texts.
fn typed(cells: &[&str], is_empty: impl Fn(&str) -> bool) -> Vec<Val> {
    let there = || cells.iter().filter(|c| !is_empty(c));
    let any_empty = cells.iter().any(|c| is_empty(c));
    let ints = there().all(|c| c.trim().parse::<i64>().is_ok());
    // Whole numbers beyond 64 bits are no floats, which would be others.
    let is_whole = |c: &&&str| c.trim().trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit());
    let floats = there().all(|c| float(c).is_some()) && (ints || any_empty || !there().all(|c| is_whole(&c)));
    let bools = there().all(|c| matches!(*c, "True" | "False" | "TRUE" | "FALSE" | "true" | "false"));
    let value = |text: &&str| match *text {
        t if is_empty(t) => NOTHING,
        t if ints && !any_empty => t.trim().parse().map_or_else(|_| Val::str(t), Val::Int),
        t if floats => float(t).map_or_else(|| Val::str(t), Val::Float),
        t if bools => Val::Bool(t.starts_with(['T', 't'])),
        t => Val::str(t),
    };
    cells.iter().map(value).collect()
}

/// A number with or without a point, or `inf`.
fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = text.parse::<f64>().ok();
    number.filter(|number| number.is_infinite() || !text.ends_with(char::is_alphabetic))
}

/// The text without what stands behind a letter for comments, and without lines that
/// begin with it; between quotes it is a letter like others.
fn uncommented(text: &str, comment: char, quote: char) -> String {
    let (mut out, mut quoted) = (String::with_capacity(text.len()), false);
    for line in text.split_inclusive('\n') {
        if !quoted && line.starts_with(comment) {
            continue;
        }
        let end = line.char_indices().find(|(_, c)| {
            quoted ^= *c == quote;
            *c == comment && !quoted
        });
        match end {
            Some((at, _)) => {
                out.push_str(&line[..at]);
                out.push('\n');
            }
            None => out.push_str(line),
        }
    }
    out
}

/// What `read_csv` was told.
pub(super) struct Asked<'v> {
    pub(super) function: &'static str,
    pub(super) named: SmallMap<String, Value<'v>>,
    pub(super) heap: Heap<'v>,
}

/// Rows of cells, of which the first may be the names of the columns.
type Records = Vec<Vec<String>>;

impl<'v> Asked<'v> {
    /// Parameters that change what is read; those of speed and encoding do not.
    const KNOWN: [&'static str; 30] = [
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
        "na_values",
        "na_filter",
        "nrows",
        "skiprows",
        "skip_blank_lines",
        "converters",
        "decimal",
        "quotechar",
        "quoting",
        "engine",
        "encoding",
        "low_memory",
        "memory_map",
        "skipinitialspace",
        "on_bad_lines",
        "compression",
        "float_precision",
        "thousands",
        "true_values",
        "false_values",
    ];

    fn check(&self) -> starlark::Result<()> {
        let header = |v: Value| v.is_none() || v.unpack_i32().is_some_and(|line| line >= 0) || v.to_str() == "infer";
        let odd = match self.named.get("header") {
            Some(value) if !header(*value) => Some(format!("header={}", value.to_repr())),
            _ => self.named.keys().find(|k| !Self::KNOWN.contains(&k.as_str())).cloned(),
        };
        let odd = odd.or_else(|| self.unserved());
        match odd {
            None => Ok(()),
            Some(odd) => Err(hinted(
                format!("`{}` knows no `{odd}` here", self.function),
                "read the table by pandas in a Python file, and ask for it by `pyload(\"FILE.py\")`",
            )),
        }
    }

    /// A parameter with a value by which other cells would be read than are read here.
    fn unserved(&self) -> Option<String> {
        const SERVED: [(&str, &[&str]); 4] = [
            ("skip_blank_lines", &["True"]),
            ("on_bad_lines", &["error"]),
            ("compression", &["infer"]),
            ("encoding", &["utf-8", "utf8", "utf-8-sig", "ascii"]),
        ];
        SERVED.iter().find_map(|(name, served)| {
            let value = self.get(name)?;
            let known = served.contains(&value.to_str().to_lowercase().as_str()) || served.contains(&&*value.to_str());
            (!known).then(|| format!("{name}={}", value.to_repr()))
        })
    }

    fn get(&self, name: &str) -> Option<Value<'v>> {
        self.named.get(name).copied().filter(|v| !v.is_none())
    }

    /// The elements of a list, or the one value that was given.
    fn several(&self, name: &str) -> Option<Vec<Value<'v>>> {
        self.get(name).map(|value| elements(value, self.heap).unwrap_or_else(|| vec![value]))
    }

    fn letter(&self, name: &str) -> Option<u8> {
        self.get(name).and_then(|text| text.unpack_str()?.bytes().next())
    }

    fn holds(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, Value::to_bool)
    }

    fn count(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(|number| usize::try_from(number.unpack_i32()?).ok())
    }

    /// What a dict has for a column, or what goes for all of them.
    fn of_column(&self, name: &str, column: &Name) -> Option<Value<'v>> {
        let value = self.get(name)?;
        match DictRef::from_value(value) {
            Some(by_column) => {
                by_column.iter().find(|(key, _)| cell_of(*key).is_some_and(|key| column.is(&key))).map(|(_, one)| one)
            }
            None => Some(value),
        }
    }

    /// Whether the cells of a column stay texts.
    fn is_text(&self, column: &Name) -> bool {
        let kind = self.of_column("dtype", column);
        kind.is_some_and(|kind| matches!(kind_name(kind).as_str(), "str" | "string" | "object" | "O"))
    }

    /// Texts for empty cells of a column, beyond those that are known.
    fn words_for_nothing(&self, column: &Name) -> Vec<String> {
        let words = self.of_column("na_values", column);
        let each = words.map(|words| elements(words, self.heap).unwrap_or_else(|| vec![words]));
        each.unwrap_or_default().iter().map(|word| word.to_str()).collect()
    }

    /// The text without the lines that are left out at its head.
    fn without_skipped(&self, text: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
        let Some(rows) = self.get("skiprows") else { return Ok(text.to_owned()) };
        if rows.get_type() == "function" {
            let mut kept = String::new();
            for (at, line) in text.split_inclusive('\n').enumerate() {
                if !eval.eval_function(rows, &[self.heap.alloc(at as i64)], &[])?.to_bool() {
                    kept.push_str(line);
                }
            }
            return Ok(kept);
        }
        let first = || (0..self.count("skiprows").unwrap_or(0) as i32).collect();
        let skipped: FxHashSet<i32> = match elements(rows, self.heap) {
            Some(rows) => rows.iter().filter_map(|row| row.unpack_i32()).collect(),
            None => first(),
        };
        let lines = text.split_inclusive('\n').enumerate();
        Ok(lines.filter(|(at, _)| !skipped.contains(&(*at as i32))).map(|(_, line)| line).collect())
    }

    /// The rows of cells: parted by one character, or by a regular expression.
    fn records(&self, text: &str, default: &str) -> starlark::Result<Records> {
        let given = self.get("sep").or_else(|| self.get("delimiter")).map(|v| v.to_str());
        let given = match given {
            Some(given) => given,
            None if self.holds("delim_whitespace", false) => "\\s+".into(),
            None if self.named.get("sep").is_some_and(|sep| sep.is_none()) => sniffed(text)?.to_string(),
            None => default.into(),
        };
        if given == "\\s+" {
            return Ok(self.lines(text).map(|l| l.split_whitespace().map(str::to_owned).collect()).collect());
        }
        let &[delimiter] = given.as_bytes() else {
            let parted = regex::Regex::new(&given);
            let parted = parted.map_err(|_| fault("`sep` is one character, or a regular expression"))?;
            let cells = |line: &str| parted.split(line.trim_end_matches('\r')).map(str::to_owned).collect();
            return Ok(self.lines(text).map(cells).collect());
        };
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).flexible(true).has_headers(false);
        let reader = reader.quote(self.letter("quotechar").unwrap_or(b'"')).quoting(self.count("quoting") != Some(3));
        let text = match self.letter("comment") {
            Some(letter) => {
                let quote = if self.count("quoting") == Some(3) {
                    '\0'
                } else {
                    self.letter("quotechar").unwrap_or(b'"').into()
                };
                uncommented(text, letter.into(), quote)
            }
            None => text.to_owned(),
        };
        let records = reader.from_reader(text.as_bytes()).into_records().collect::<Result<Vec<_>, _>>();
        let records = records.map_err(|e| fault(format!("these are no rows: {e}")))?;
        let blanks = self.holds("skipinitialspace", false);
        let cell = |text: &str| if blanks { text.trim_start() } else { text }.to_owned();
        Ok(records.iter().map(|r| r.iter().map(cell).collect()).collect())
    }

    /// Lines that hold something, without comments.
    fn lines<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let comment = self.letter("comment");
        let code = move |line: &'a str| match comment {
            Some(c) => line.split(char::from(c)).next().unwrap_or(""),
            None => line,
        };
        text.lines().map(code).filter(|line| !line.trim().is_empty())
    }

    /// The names of the columns, taken from the rows if they stand there.
    fn names(&self, rows: &mut Records) -> Vec<Name> {
        let told = self.named.get("header").filter(|header| header.unpack_str().is_none());
        let given = self.several("names");
        let line = match told {
            Some(line) => line.unpack_i32().map(|line| line as usize),
            None => given.is_none().then_some(0),
        };
        let head = line.map(|line| rows.drain(..rows.len().min(line + 1)).next_back().unwrap_or_default());
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        match (given, head) {
            (Some(names), _) => names.iter().map(|name| cell_of(*name).map_or("".into(), |n| Name::of(&n))).collect(),
            (None, Some(head)) => told_apart(head),
            (None, None) => (0..width as i64).map(Name::number).collect(),
        }
    }

    /// What the texts of a column are as cells.
    fn cells(&self, name: &Name, texts: &[&str], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Vec<Val>> {
        if let Some(convert) = self.of_column("converters", name) {
            let cell = |text: &&str| plain_of(eval.eval_function(convert, &[self.heap.alloc(*text)], &[])?, self.heap);
            return texts.iter().map(cell).collect();
        }
        let filtered = self.holds("na_filter", true);
        let (usual, more) = (filtered && self.holds("keep_default_na", true), self.words_for_nothing(name));
        let is_empty =
            |text: &str| (usual && is_word_for_nothing(text)) || (filtered && more.iter().any(|w| w == text));
        if self.is_text(name) {
            return Ok(texts.iter().map(|text| if is_empty(text) { NOTHING } else { Val::str(*text) }).collect());
        }
        let point = self.letter("decimal").map_or('.', char::from);
        let cells = match self.letter("thousands").map(char::from) {
            None if point == '.' => typed(texts, is_empty),
            sign => with_signs(texts, (sign, point), is_empty),
        };
        let cells = self.with_bools(texts, cells, is_empty);
        match self.of_column("dtype", name) {
            Some(kind) => as_type(&Column::plain(cells), kind),
            None => Ok(cells),
        }
    }

    /// Bools, where all texts of a column are such words.
    fn with_bools(&self, texts: &[&str], cells: Vec<Val>, is_empty: impl Fn(&str) -> bool) -> Vec<Val> {
        let words = |name: &str| -> Vec<String> {
            self.several(name).unwrap_or_default().iter().map(|word| word.to_str()).collect()
        };
        let (yes, no) = (words("true_values"), words("false_values"));
        if yes.is_empty() && no.is_empty() {
            return cells;
        }
        let bool_of = |text: &str| match text {
            _ if yes.iter().any(|word| word == text) => Some(true),
            _ if no.iter().any(|word| word == text) => Some(false),
            "True" | "TRUE" | "true" => Some(true),
            "False" | "FALSE" | "false" => Some(false),
            _ => None,
        };
        let made = texts.iter().map(|text| match is_empty(text) {
            true => Some(NOTHING),
            false => bool_of(text).map(Val::Bool),
        });
        made.collect::<Option<Vec<Val>>>().unwrap_or(cells)
    }

    /// The numbers of the columns that are wanted.
    fn wanted(&self, sheet: &Sheet, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Vec<usize>>> {
        let Some(wanted) = self.get("usecols") else { return Ok(None) };
        let all = 0..sheet.columns.len();
        if wanted.get_type() == "function" {
            let mut kept = Vec::new();
            for at in all {
                if eval.eval_function(wanted, &[self.heap.alloc(&*sheet.columns[at])], &[])?.to_bool() {
                    kept.push(at);
                }
            }
            return Ok(Some(kept));
        }
        let wanted = elements(wanted, self.heap).ok_or_else(|| fault("`usecols` is a list of columns"))?;
        let mut found: Vec<usize> =
            wanted.into_iter().map(|one| column_at(sheet, one)).collect::<starlark::Result<_>>()?;
        found.sort_unstable();
        Ok(Some(found))
    }

    /// With the columns that are wanted, and labels from some of them.
    fn indexed(&self, sheet: Sheet, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Sheet> {
        let sheet = match self.wanted(&sheet, eval)? {
            Some(wanted) => sheet.only(&wanted),
            None => sheet,
        };
        let Some(by) = self.several("index_col") else { return Ok(sheet) };
        if by.iter().any(|one| one.unpack_bool() == Some(false)) {
            return Ok(sheet);
        }
        let by: Vec<usize> = by.into_iter().map(|one| column_at(&sheet, one)).collect::<starlark::Result<_>>()?;
        Ok(sheet.with_index(&by, false))
    }
}

/// The sign that parts the cells of a table, by its first line.
///
/// # Errors
/// If none of the usual ones is there.
fn sniffed(text: &str) -> starlark::Result<char> {
    let line = text.lines().next().unwrap_or("");
    let count = |sign: char| line.matches(sign).count();
    let found = ['|', ';', '\t', ','].into_iter().max_by_key(|sign| count(*sign)).filter(|sign| count(*sign) > 0);
    found.ok_or_else(|| hinted("no sign parts the cells of the first line", "name it: `sep=\" \"`"))
}

/// Numbers with a sign between thousands, or another than a point; all else as it is.
fn with_signs(texts: &[&str], (thousands, point): (Option<char>, char), is_empty: impl Fn(&str) -> bool) -> Vec<Val> {
    let plain = |text: &&str| match thousands {
        // Between two figures, not at an end.
        Some(sign) if !text.starts_with(sign) && !text.ends_with(sign) => text.replace(sign, ""),
        _ => (*text).to_owned(),
    };
    let pointed: Vec<String> = texts.iter().map(|text| plain(text).replace(point, ".")).collect();
    let pointed: Vec<&str> = pointed.iter().map(String::as_str).collect();
    let cells = typed(&pointed, &is_empty);
    let is_number = |cell: &Val| matches!(cell, Val::Int(_) | Val::Float(_));
    if cells.iter().all(is_number) { cells } else { typed(texts, &is_empty) }
}

/// A column by its name, or by its number in the file.
fn column_at(sheet: &Sheet, wanted: Value) -> starlark::Result<usize> {
    let name = cell_of(wanted).ok_or_else(|| fault("columns are named by texts or numbers"))?;
    let by_number = || match name {
        Val::Int(at) => usize::try_from(at).ok().filter(|at| *at < sheet.columns.len()),
        _ => None,
    };
    let found = sheet.columns.iter().position(|known| known.is(&name)).or_else(by_number);
    found.ok_or_else(|| no_column(&name.display(), &sheet.columns))
}

/// The text that a table is read from: a file by its path, or one that is open.
fn source_of<'v>(
    asked: &Asked<'v>,
    source: Value<'v>,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<(String, String)> {
    if let Some(file) = Opened::from_value(source) {
        return Ok((file.name().to_owned(), file.rest().to_owned()));
    }
    let wants = || fault(format!("`{}` wants a path or an open file", asked.function));
    text_of(path_text(source).ok_or_else(wants)?, eval)
}

/// A table as pandas reads it.
pub(super) fn read<'v>(
    source: Value<'v>,
    asked: &Asked<'v>,
    delimiter: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Sheet> {
    asked.check()?;
    let (real, text) = source_of(asked, source, eval)?;
    let text = asked.without_skipped(text.trim_start_matches('\u{feff}'), eval)?;
    if text.trim().is_empty() {
        return Err(thrown("EmptyDataError", "No columns to parse from file"));
    }
    let mut rows = asked.records(&text, delimiter)?;
    let names = asked.names(&mut rows);
    rows.truncate(asked.count("nrows").unwrap_or(usize::MAX));
    if let Some(row) = rows.iter().position(|r| r.len() > names.len()) {
        return Err(fault(format!("the sheet `{real}`: row {} has more cells than there are columns", row + 1)));
    }
    let mut columns = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let texts: Vec<&str> = rows.iter().map(|r| r.get(at).map_or("", String::as_str)).collect();
        columns.push(asked.cells(name, &texts, eval)?);
    }
    asked.indexed(Sheet::of_columns(names, &columns), eval)
}

/// Names of columns, of which equal ones get a number: `a`, `a.1`.
fn told_apart(names: Vec<String>) -> Vec<Name> {
    let mut all: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let name = if name.is_empty() { format!("Unnamed: {at}") } else { name.clone() };
        let free = |name: &String| !all.contains(name);
        let numbered = (1..).map(|number| format!("{name}.{number}")).find(free);
        all.push(if free(&name) { name } else { numbered.unwrap_or_default() });
    }
    all.into_iter().map(Name::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_one_type_to_pandas() {
        let words = |cells: &[&str]| Val::List(typed(cells, is_word_for_nothing)).repr();
        assert_eq!(words(&["1", "02"]), "[1, 2]");
        assert_eq!(words(&["1", ""]), "[1.0, nan]");
        assert_eq!(words(&["1", "2.5"]), "[1.0, 2.5]");
        assert_eq!(words(&["1", "x", "NA"]), "['1', 'x', nan]");
        assert_eq!(words(&["True", "false"]), "[True, False]");
        assert_eq!(words(&["inf", "1", "-Infinity"]), "[inf, 1.0, -inf]");
        assert_eq!(words(&["99999999999999999999", "1"]), "['99999999999999999999', '1']");
        let numbers = with_signs(&["1,5", "2", ""], (None, ','), is_word_for_nothing);
        assert_eq!(Val::List(numbers).repr(), "[1.5, 2.0, nan]");
    }

    #[test]
    fn comments_end_lines_but_in_quotes() {
        let text = "#x\na,b # c\n\"1#2\",3\n#4\n5,6#\n";
        assert_eq!(uncommented(text, '#', '"'), "a,b \n\"1#2\",3\n5,6\n");
    }

    #[test]
    fn names_of_columns_are_told_apart() {
        let names: Vec<String> =
            told_apart(vec!["a".into(), "a".into(), "".into()]).iter().map(Name::to_string).collect();
        assert_eq!(names, ["a", "a.1", "Unnamed: 2"]);
    }
}
