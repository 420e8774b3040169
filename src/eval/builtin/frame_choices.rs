//! Parts of a sheet that are asked for by name, and a sheet as a text, named as in pandas.
//!
//! Owns what these methods take and answer. It changes no cell, and writes no file.

use super::column::{Column, distinct};
use super::frame::{Now, cells_of, label_of, plain_of};
use super::frame_methods::across;
use super::index::Index;
use super::name::Name;
use super::same::word;
use super::sheet::{Sheet, compared, is_empty};
use crate::eval::convert::from_val;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};
use std::sync::Arc;

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// Some columns: those of a list, with a text in their names, or fitting a regular expression.
    fn filter<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] items: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] like: NoneOr<&str>,
        #[starlark(default = NoneOr::None)] regex: NoneOr<&str>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<Sheet> {
        let by_row = match axis.into_option() {
            Some(axis) => !across(Some(axis))?,
            None => false,
        };
        let names = if by_row { this.index.keys.to_vec() } else { this.names() };
        let items = items.into_option().and_then(cells_of);
        let (like, pattern) = (like.into_option(), regex.into_option().map(regex::Regex::new));
        let pattern = pattern.transpose().map_err(|e| fault(format!("this is no regular expression: {e}")))?;
        let fits = |name: &Val| match (&items, like, &pattern) {
            (Some(items), _, _) => items.contains(name),
            (None, Some(part), _) => name.display().contains(part),
            (None, None, Some(pattern)) => pattern.is_match(&name.display()),
            _ => false,
        };
        let found: Vec<usize> = match &items {
            Some(items) => items.iter().filter_map(|item| names.iter().position(|name| name == item)).collect(),
            None => (0..names.len()).filter(|at| fits(&names[*at])).collect(),
        };
        Ok(if by_row { this.pick(&found) } else { this.only(&found) })
    }

    /// The rows with a label, or with a part of one.
    fn xs<'v>(
        this: Now,
        key: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(require = named, default = true)] drop_level: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let key = plain_of(key, heap)?;
        let Some(level) = level.into_option() else {
            let rows = this.index.find(&key).ok_or_else(|| this.index.lacks(&key))?;
            let parts = key.items().map_or(1, <[Val]>::len);
            return Ok(match rows {
                [one] if this.index.is_whole(&key) => heap.alloc(this.row(*one)),
                rows if this.index.is_whole(&key) || !drop_level => heap.alloc(this.pick(rows)),
                rows => heap.alloc(this.pick(rows).below(parts)),
            });
        };
        let names = &this.index.names;
        if names.len() < 2 {
            return Err(thrown("TypeError", "`level` goes for labels of several columns: leave it out"));
        }
        let level = this.index.level_of(&plain_of(level, heap)?)?;
        let values = this.index.level(level);
        let rows: Vec<usize> = (0..values.len()).filter(|at| values[*at].display() == key.display()).collect();
        if rows.is_empty() {
            return Err(this.index.lacks(&key));
        }
        let picked = this.pick(&rows);
        Ok(heap.alloc(if drop_level {
            Sheet { index: Arc::new(picked.index.without(level)), ..picked }
        } else {
            picked
        }))
    }

    /// A column, or something else where there is none.
    fn get<'v>(
        this: Now,
        key: Value<'v>,
        #[starlark(default = NoneOr::None)] default: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(match label_of(key).and_then(|key| this.column_of(&key).ok()) {
            Some(at) => heap.alloc(this.values(at)),
            None => default.into_option().unwrap_or_else(Value::new_none),
        })
    }

    /// A column, which the sheet loses.
    fn pop<'v>(this: Now, item: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        let item = label_of(item).ok_or_else(|| fault("`pop` wants the name of a column"))?;
        let at = this.column_of(&item)?;
        let kept: Vec<usize> = (0..this.columns.len()).filter(|other| *other != at).collect();
        this.become_or_give(this.only(&kept), true, heap);
        Ok(this.values(at))
    }

    /// Its only column, or its only cell.
    fn squeeze<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let by_column = across(axis.into_option())?;
        Ok(match (this.rows.len(), this.columns.len()) {
            (1, 1) if !by_column => from_val(&this.rows[0][0], heap),
            (_, 1) => heap.alloc(this.values(0)),
            (1, _) if !by_column => heap.alloc(this.row(0).column()),
            _ => heap.alloc((*this).clone()),
        })
    }

    /// Names and columns.
    fn items<'v>(this: Now, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair =
            |(at, name): (usize, &Name)| AllocTuple([from_val(&name.value(), heap), heap.alloc(this.values(at))]);
        Ok(heap.alloc(AllocList(this.columns.iter().enumerate().map(pair))))
    }

    fn keys(this: Now) -> starlark::Result<Column> {
        Ok(Column::plain(this.names()))
    }

    /// Its rows as lines of text. Files are written in rules.
    fn to_csv<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] path_or_buf: NoneOr<Value<'v>>,
        #[starlark(default = ",")] sep: &str,
        #[starlark(require = named, default = "")] na_rep: &str,
        #[starlark(require = named, default = true)] header: bool,
        #[starlark(require = named, default = true)] index: bool,
    ) -> starlark::Result<String> {
        if path_or_buf.into_option().is_some() {
            let hint = "write it in a `run:` body or a script, or in a file for `pyload(\"FILE.py\")`";
            return Err(hinted("no file is written while the Rulefile is read", hint));
        }
        let &[delimiter] = sep.as_bytes() else { return Err(fault("`sep` is one character")) };
        written(&this, delimiter, na_rep, (header, index))
    }
}

/// The different cells of a list in order, and the place that each of them all has there.
pub(super) fn in_order(cells: &[Val]) -> (Vec<Val>, Vec<usize>) {
    let mut held: Vec<&Val> = distinct(cells.iter()).into_iter().map(|at| &cells[at]).collect();
    held.sort_by(|a, b| compared(a, b));
    let places: FxHashMap<String, usize> = held.iter().enumerate().map(|(at, cell)| (word(cell), at)).collect();
    (held.into_iter().cloned().collect(), cells.iter().map(|cell| places[&word(cell)]).collect())
}

/// A sheet as lines of cells.
fn written(sheet: &Sheet, delimiter: u8, na_rep: &str, (header, index): (bool, bool)) -> starlark::Result<String> {
    let mut lines = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let cell = |cell: &Val| if is_empty(cell) { na_rep.to_owned() } else { cell.display() };
    let levels = if index { sheet.index.names.len().max(1) } else { 0 };
    let failed = |e: csv::Error| fault(e.to_string());
    if header {
        let own = |at: usize| sheet.index.names.get(at).map_or_else(String::new, Name::to_string);
        let depth = sheet.columns.depth();
        let above = sheet.columns.level_names();
        for level in 0..depth {
            // Above names of several levels stand what the levels are called, and the labels' names below them.
            let first = |at: usize| match depth {
                1 => own(at),
                _ if at == 0 => above[level].to_string(),
                _ => String::new(),
            };
            let part = |name: &Name| name.parts().map_or_else(|| name.to_string(), |parts| parts[level].display());
            lines.write_record((0..levels).map(first).chain(sheet.columns.iter().map(part))).map_err(failed)?;
        }
        if depth > 1 && sheet.index.names.iter().any(|name| !name.is_unnamed()) && levels > 0 {
            let blank = sheet.columns.iter().map(|_| String::new());
            lines.write_record((0..levels).map(own).chain(blank)).map_err(failed)?;
        }
    }
    for (key, row) in sheet.index.keys.iter().zip(&sheet.rows) {
        let own = (0..levels).map(|level| cell(&Index::part(key, level)));
        lines.write_record(own.chain(row.iter().map(cell))).map_err(failed)?;
    }
    let text = lines.into_inner().map_err(|e| fault(e.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
