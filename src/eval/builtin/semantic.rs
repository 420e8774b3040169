//! Snakemake's helpers: `branch`, `evaluate`, `subpath`, `lookup`,
//! `parse_input`, `extract_checksum`.
//!
//! Each works at once if its arguments are plain, and waits for the job if some
//! are functions.

use super::expand::with_row;
use crate::eval::convert::{elements, is_function};
use crate::eval::exception::thrown_with;
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::later::deferred;
use crate::eval::limits;
use crate::eval::session::Session;
use crate::eval::show;
use crate::path::normal;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::structs::AllocStruct;
use starlark::values::{Heap, Value};

/// No files where there is nothing.
fn or_nothing<'v>(value: Option<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
    value.filter(|v| !v.is_none()).unwrap_or_else(|| heap.alloc(AllocList::<[Value; 0]>([])))
}

/// The part of a path that `subpath` is asked for.
struct Part<'a> {
    strip_suffix: Option<&'a str>,
    with_suffix: Option<&'a str>,
    basename: bool,
    ancestor: u32,
}

impl Part<'_> {
    fn of(&self, path: &str) -> starlark::Result<String> {
        let mut path = path.to_owned();
        if let Some(suffix) = self.strip_suffix {
            let stem = path.strip_suffix(suffix);
            path = stem.ok_or_else(|| fault(format!("`{path}` does not end in `{suffix}`")))?.to_owned();
        }
        path.push_str(self.with_suffix.unwrap_or(""));
        if self.basename {
            path = path.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_owned();
        }
        for _ in 0..self.ancestor {
            let trimmed = path.trim_end_matches('/');
            path = match trimmed.rfind('/') {
                Some(0) => "/".to_owned(),
                Some(i) => trimmed[..i].to_owned(),
                None => ".".to_owned(),
            };
        }
        Ok(path)
    }
}

/// One path, of a string or of files that are one.
fn one_path<'v>(value: Value<'v>, what: &str) -> starlark::Result<&'v str> {
    if let Some(text) = value.unpack_str() {
        return Ok(text);
    }
    let files = Files::from_value(value).map(|f| &*f.items);
    match files {
        Some([one]) => Ok(one),
        Some(many) => Err(hinted(format!("`{what}` takes one path, these are {}", many.len()), "take one: `input[0]`")),
        None => Err(fault(format!("`{what}` takes a path, this is a value of type `{}`", value.get_type()))),
    }
}

/// A dotted or slashed way into dicts and lists; `*` stands for all of a level.
fn walk<'v>(value: Value<'v>, steps: &[&str], heap: Heap<'v>, out: &mut Vec<Value<'v>>) {
    let Some((step, rest)) = steps.split_first() else { return out.push(value) };
    if let Some(dict) = DictRef::from_value(super::inner(value)) {
        let matches = |k: Value| *step == "*" || show::plainly(k) == *step;
        dict.iter().filter(|(k, _)| matches(*k)).for_each(|(_, v)| walk(v, rest, heap, out));
    } else if let Some(items) = elements(value, heap) {
        let at = step.parse::<usize>().ok();
        let wanted = items.iter().enumerate().filter(|(i, _)| *step == "*" || at == Some(*i));
        wanted.for_each(|(_, v)| walk(*v, rest, heap, out));
    }
}

/// What `lookup` is asked for.
struct Lookup<'v> {
    dpath: Option<Value<'v>>,
    query: Option<Value<'v>>,
    cols: Option<Value<'v>>,
    is_nrows: Option<i32>,
    within: Value<'v>,
    default: Option<Value<'v>>,
    names: SmallMap<String, Value<'v>>,
}

impl<'v> Lookup<'v> {
    /// Takes its own arguments out of the named ones; the rest are names that
    /// the query may use.
    fn of(
        dpath: Option<Value<'v>>,
        query: Option<Value<'v>>,
        mut names: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<Lookup<'v>> {
        let (cols, default) = (names.shift_remove("cols"), names.shift_remove("default"));
        let is_nrows = match names.shift_remove("is_nrows").filter(|n| !n.is_none()) {
            Some(n) => Some(n.unpack_i32().ok_or_else(|| fault("`is_nrows` is a number of rows"))?),
            None => None,
        };
        let Some(within) = names.shift_remove("within") else {
            return Err(hinted("`lookup` wants `within`", "name what to look in: `lookup(..., within=config)`"));
        };
        let set = |value: Option<Value<'v>>| value.filter(|v| !v.is_none());
        Ok(Lookup { dpath: set(dpath), query: set(query), cols: set(cols), is_nrows, within, default, names })
    }

    fn text(&self, value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
        let text = value.unpack_str().ok_or_else(|| fault("`lookup` takes its `dpath` or `query` as a string"))?;
        self.names.iter().try_fold(text.to_owned(), |text, (name, row)| with_row(&text, name, *row, eval))
    }

    fn run(&self, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        match (self.dpath, self.query) {
            (Some(dpath), None) => self.by_path(dpath, eval),
            // As in Snakemake, which takes it for a `dpath`.
            (None, Some(query)) if DictRef::from_value(super::inner(self.within)).is_some() => {
                self.by_path(query, eval)
            }
            (None, Some(query)) => self.by_query(query, eval),
            _ => Err(hinted(
                "`lookup` takes either `dpath` or `query`",
                "write `lookup(dpath=\"a/b\", within=config)` or `lookup(query=\"a == 1\", within=samples)`",
            )),
        }
    }

    fn by_path(&self, dpath: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let text = self.text(dpath, eval)?;
        let steps: Vec<&str> = text.split('/').filter(|s| !s.is_empty()).collect();
        let mut found = Vec::new();
        walk(self.within, &steps, heap, &mut found);
        match (found.as_slice(), self.default) {
            ([], Some(default)) => Ok(default),
            ([], None) => Err(thrown_with(
                "WorkflowError",
                format!("`lookup` finds nothing at `{text}`"),
                "give a value for that case: `lookup(..., default=...)`",
            )),
            ([one], _) => Ok(*one),
            _ => Ok(heap.alloc(AllocList(found))),
        }
    }

    fn by_query(&self, query: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let text = self.text(query, eval)?;
        let rows = super::query::rows_where(self.within, &text, eval)?;
        if let Some(wanted) = self.is_nrows {
            return Ok(Value::new_bool(rows.len() == wanted as usize));
        }
        if rows.is_empty()
            && let Some(default) = self.default
        {
            return Ok(default);
        }
        let rows: Vec<Value> = rows.into_iter().map(|r| self.columns(r, heap)).collect::<starlark::Result<_>>()?;
        // Of one column there is a list, however many rows there are.
        let is_column = self.cols.is_some_and(|cols| cols.unpack_str().is_some());
        Ok(match rows.as_slice() {
            [one] if !is_column => *one,
            _ => heap.alloc(AllocList(rows)),
        })
    }

    /// A row, or what is wanted of it.
    fn columns(&self, row: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let Some(cols) = self.cols else { return Ok(row) };
        let get = |name: &str| {
            let found = row.get_attr(name, heap)?;
            found.ok_or_else(|| fault(format!("there is no column `{name}` in the sheet")))
        };
        if let Some(name) = cols.unpack_str() {
            return get(name);
        }
        let names = elements(cols, heap).unwrap_or_default();
        let pairs: Vec<(&str, Value)> =
            names.iter().filter_map(|n| n.unpack_str()).map(|n| Ok((n, get(n)?))).collect::<starlark::Result<_>>()?;
        Ok(heap.alloc(AllocStruct(pairs)))
    }
}

/// Whether a text holds braces for wildcards.
fn open(value: Option<Value>) -> bool {
    value.is_some_and(|v| v.unpack_str().is_some_and(|t| t.contains('{')))
}

/// An expression as a function of the wildcards, its own names being those of
/// the Rulefile so far.
fn expression<'v>(text: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let body = text.replace("{wildcards.", "{").replace('{', " wildcards.").replace('}', " ");
    let ast = AstModule::parse("evaluate", format!("lambda wildcards: ({})", body.trim()), &Dialect::Standard)?;
    limits::nested(eval.module()).eval_module(ast, super::globals())
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn branch<'v>(
        condition: Value<'v>,
        then: Option<Value<'v>>,
        otherwise: Option<Value<'v>>,
        cases: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let given = [("then", then), ("otherwise", otherwise), ("cases", cases)];
        let named: Vec<(&str, Value)> = given.iter().filter_map(|(n, v)| Some((*n, (*v)?))).collect();
        if let Some(later) = deferred("branch", &[condition], &named, false, heap) {
            return Ok(later);
        }
        match cases.and_then(DictRef::from_value) {
            Some(_) if then.is_some() || otherwise.is_some() => {
                Err(fault("`branch` takes either `cases`, or `then` and `otherwise`"))
            }
            Some(cases) => match cases.get(condition)? {
                Some(value) => Ok(or_nothing(Some(value), heap)),
                None => Err(fault(format!("`branch` has no case for `{}`", condition.to_repr()))),
            },
            None => Ok(or_nothing(if condition.to_bool() { then } else { otherwise }, heap)),
        }
    }

    fn evaluate<'v>(
        #[starlark(require = pos)] expr: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Session::loading(eval, "evaluate")?;
        expression(expr, eval)
    }

    fn subpath<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(require = named)] strip_suffix: Option<&'v str>,
        #[starlark(require = named)] with_suffix: Option<&'v str>,
        #[starlark(require = named, default = false)] basename: bool,
        #[starlark(require = named, default = false)] parent: bool,
        #[starlark(require = named, default = NoneOr::None)] ancestor: NoneOr<i32>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let ancestor = ancestor.into_option();
        if [basename, parent, ancestor.is_some()].iter().filter(|g| **g).count() > 1 {
            return Err(fault("`subpath` takes one of `basename`, `parent` and `ancestor`"));
        }
        let level = ancestor.unwrap_or(i32::from(parent));
        if level < i32::from(ancestor.is_some()) {
            return Err(fault("`ancestor` counts from 1, the directory that the file is in"));
        }
        let mut named: Vec<(&str, Value)> = Vec::new();
        for (name, text) in [("strip_suffix", strip_suffix), ("with_suffix", with_suffix)] {
            named.extend(text.map(|t| (name, heap.alloc_str(t).to_value())));
        }
        named.extend(basename.then(|| ("basename", Value::new_bool(true))));
        named.extend((level > 0).then(|| ("ancestor", heap.alloc(level))));
        if let Some(later) = deferred("subpath", &[path], &named, false, heap) {
            return Ok(later);
        }
        let part = Part { strip_suffix, with_suffix, basename, ancestor: level as u32 };
        Ok(heap.alloc_str(&part.of(one_path(path, "subpath")?)?).to_value())
    }
}

/// Values out of configurations and sheets.
#[starlark_module]
pub(super) fn lookups(builder: &mut GlobalsBuilder) {
    fn lookup<'v>(
        dpath: Option<Value<'v>>,
        query: Option<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let lookup = Lookup::of(dpath, query, named)?;
        let heap = eval.heap();
        let waiting = Session::of(eval).is_some() && (open(dpath) || open(query) || open(lookup.cols));
        let plain = !lookup.names.is_empty() && !lookup.names.values().any(|v| is_function(*v));
        if plain && !open_after(&lookup, eval)? {
            return lookup.run(eval);
        }
        let rows = lookup.is_nrows.map(|n| heap.alloc(n));
        let given = [
            ("dpath", dpath),
            ("query", query),
            ("cols", lookup.cols),
            ("is_nrows", rows),
            ("default", lookup.default),
            ("within", Some(lookup.within)),
        ];
        let mut named: Vec<(&str, Value)> = given.iter().filter_map(|(n, v)| Some((*n, (*v)?))).collect();
        named.extend(lookup.names.iter().map(|(n, v)| (n.as_str(), *v)));
        match deferred("lookup", &[], &named, waiting, heap) {
            Some(later) => Ok(later),
            None => lookup.run(eval),
        }
    }
}

/// Values out of the job's input files.
#[starlark_module]
pub(super) fn parsers(builder: &mut GlobalsBuilder) {
    fn parse_input<'v>(
        #[starlark(require = pos)] file: Value<'v>,
        parser: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let name = parser.to_str();
        if !name.contains("extract_checksum") {
            // Within a struct it is no function that waits for the job.
            let holder = heap.alloc(AllocStruct([("parser", parser)]));
            let mut pairs: Vec<(&str, Value)> = vec![("_holder", holder)];
            pairs.extend(named.iter().map(|(k, v)| (k.as_str(), *v)));
            return match deferred("_parse_input", &[file], &pairs, false, heap) {
                Some(later) => Ok(later),
                None => parsed(one_path(file, "parse_input")?, parser, &pairs[1..], eval),
            };
        }
        let mut pairs: Vec<(&str, Value)> = vec![];
        pairs.extend(named.iter().map(|(k, v)| (k.as_str(), *v)));
        match deferred("extract_checksum", &[file], &pairs, false, heap) {
            Some(later) => Ok(later),
            None => checksum(one_path(file, "parse_input")?, named.get("file").copied(), eval)
                .map(|t| heap.alloc_str(&t).to_value()),
        }
    }

    fn _parse_input<'v>(
        #[starlark(require = pos)] file: Value<'v>,
        #[starlark(require = named)] _holder: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let parser = _holder.get_attr_error("parser", eval.heap())?;
        let pairs: Vec<(&str, Value)> = named.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        parsed(one_path(file, "parse_input")?, parser, &pairs, eval)
    }

    fn extract_checksum<'v>(
        #[starlark(require = pos)] infile: Value<'v>,
        #[starlark(require = named)] file: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<String> {
        checksum(one_path(infile, "extract_checksum")?, file, eval)
    }
}

/// What a function makes of an open file.
fn parsed<'v>(
    path: &str,
    parser: Value<'v>,
    named: &[(&str, Value<'v>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let file = eval.heap().alloc(super::reading::opened(path, "r", None, eval)?);
    eval.eval_function(parser, &[file], named)
}

/// Whether braces are left when a lookup's own names are filled.
fn open_after<'v>(lookup: &Lookup<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    for value in [lookup.dpath, lookup.query].into_iter().flatten() {
        if lookup.text(value, eval)?.contains('{') {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The checksum of a file in a list such as `sha256sum` writes.
fn checksum(list: &str, file: Option<Value>, eval: &Evaluator) -> starlark::Result<String> {
    let Some(file) = file else {
        return Err(hinted("`extract_checksum` wants the file's name", "write `file=output[0]`"));
    };
    let wanted = one_path(file, "extract_checksum")?;
    let opened = super::reading::opened(list, "r", None, eval)?;
    let text = opened.rest();
    let same = |name: &str| {
        let name = normal(name.trim_start_matches('*'));
        *name == *wanted || name.rsplit('/').next() == wanted.rsplit('/').next()
    };
    let line = text.lines().filter_map(|l| l.split_once(char::is_whitespace)).find(|(_, name)| same(name.trim()));
    line.map(|(sum, _)| sum.to_owned()).ok_or_else(|| fault(format!("`{list}` names no file `{wanted}`")))
}
