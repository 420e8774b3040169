//! What makes of a sheet one without empty or repeated cells, or with others, named as in
//! pandas.
//!
//! Owns what these methods take. It does not know when two cells are the same, or what
//! replaces a cell.

use super::aligned::by_labels;
use super::column::{Column, repeated};
use super::column_methods::{entries, only_cell};
use super::frame::{Now, label_of, named};
use super::frame_methods::across;
use super::name::Name;
use super::replaced::Replaced;
use super::sheet::{NOTHING, Sheet, is_empty};
use crate::eval::fault::hinted;
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    fn drop_duplicates<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] subset: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] keep: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] ignore_index: bool,
        #[starlark(require = named, default = false)] inplace: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let by = wanted(&this, subset, heap)?;
        let keep = keep.into_option().map_or_else(|| "first".to_owned(), |keep| keep.to_str());
        let keys: Vec<Val> = this.only(&by).rows.iter().map(|r| Val::List(r.to_vec())).collect();
        let again = repeated(keys.iter(), &keep);
        let kept = this.pick(&(0..keys.len()).filter(|at| !again[*at]).collect::<Vec<_>>());
        Ok(this.become_or_give(if ignore_index { kept.numbered() } else { kept }, inplace, heap))
    }

    /// Without rows that have empty cells, or with `axis=1` without such columns.
    fn dropna<'v>(
        this: Now,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = "any")] how: &str,
        #[starlark(require = named, default = NoneOr::None)] subset: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] ignore_index: bool,
        #[starlark(require = named, default = false)] inplace: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let stays = |mut cells: Box<dyn Iterator<Item = &Val> + '_>| match how {
            "all" => cells.any(|cell| !is_empty(cell)),
            _ => !cells.any(is_empty),
        };
        if across(axis.into_option())? {
            if subset.into_option().is_some() {
                return Err(hinted(
                    "`dropna(axis=1)` takes no `subset` here",
                    "ask the rows first: `sheet.loc[rows].dropna(axis=1)`",
                ));
            }
            let stays = |at: &usize| stays(Box::new(this.rows.iter().map(|row| &row[*at])));
            let kept: Vec<usize> = (0..this.columns.len()).filter(stays).collect();
            return Ok(this.become_or_give(this.only(&kept), inplace, heap));
        }
        let by = wanted(&this, subset, heap)?;
        let stays = |at: &usize| stays(Box::new(by.iter().map(|column| &this.rows[*at][*column])));
        let kept = this.pick(&(0..this.rows.len()).filter(stays).collect::<Vec<_>>());
        Ok(this.become_or_give(if ignore_index { kept.numbered() } else { kept }, inplace, heap))
    }

    /// Other values in the place of some.
    fn replace<'v>(
        this: Now,
        to_replace: Value<'v>,
        value: Option<Value<'v>>,
        #[starlark(require = named, default = false)] regex: bool,
        #[starlark(require = named, default = false)] inplace: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let by_column = |name: &Name| match DictRef::from_value(to_replace) {
            Some(dict) if value.is_none() && dict.iter().all(|(_, of)| DictRef::from_value(of).is_some()) => {
                let of = dict.iter().find(|(key, _)| label_of(*key).is_some_and(|key| name.is(&key)));
                of.map(|(_, of)| Replaced::of(of, None, regex, heap)).transpose()
            }
            _ => Replaced::of(to_replace, value, regex, heap).map(Some),
        };
        let by_column: Vec<Option<Replaced>> = this.columns.iter().map(by_column).collect::<starlark::Result<_>>()?;
        let mut rows = Vec::with_capacity(this.rows.len());
        for row in &this.rows {
            let cell = |(cell, replaced): (&Val, &Option<Replaced>)| match replaced {
                Some(replaced) => replaced.cell(cell, eval),
                None => Ok(cell.clone()),
            };
            rows.push(row.iter().zip(&by_column).map(cell).collect::<starlark::Result<_>>()?);
        }
        Ok(this.become_or_give(Sheet { rows, ..(*this).clone() }.settled(), inplace, heap))
    }

    /// One value for all empty cells; by a dict or a column one for those of each column; or
    /// those of another sheet.
    fn fillna<'v>(
        this: Now,
        value: Value<'v>,
        #[starlark(require = named, default = false)] inplace: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let by_name = DictRef::from_value(value).map(|dict| entries(&dict, heap)).transpose()?;
        let by_name = by_name.as_ref().or(Column::from_value(value));
        let nothing = || Ok(vec![NOTHING; this.rows.len()]);
        let fill = |name: &Name| -> starlark::Result<Vec<Val>> {
            match (by_name, Now::of(value)) {
                (Some(given), _) => match given.index.find(&name.value()).and_then(|found| found.first()) {
                    Some(at) => Ok(vec![given.values[*at].clone(); this.rows.len()]),
                    None => nothing(),
                },
                (None, Some(other)) => match other.columns.iter().position(|known| known == name) {
                    Some(at) => by_labels(&other.values(at), &this.index),
                    None => nothing(),
                },
                (None, None) => Ok(vec![only_cell(value)?; this.rows.len()]),
            }
        };
        let fills: Vec<Vec<Val>> = this.columns.iter().map(fill).collect::<starlark::Result<_>>()?;
        let cell = |row: usize, (at, old): (usize, &Val)| if is_empty(old) { &fills[at][row] } else { old }.clone();
        let row = |(at, row): (usize, &Arc<[Val]>)| row.iter().enumerate().map(|one| cell(at, one)).collect();
        let rows = this.rows.iter().enumerate().map(row).collect();
        Ok(this.become_or_give(Sheet { rows, ..(*this).clone() }.settled(), inplace, heap))
    }
}

/// The numbers of columns that are named, or of all.
fn wanted<'v>(sheet: &Sheet, names: NoneOr<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
    match names.into_option() {
        Some(names) => named(sheet, names, heap),
        None => Ok((0..sheet.columns.len()).collect()),
    }
}
