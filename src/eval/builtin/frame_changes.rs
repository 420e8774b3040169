//! What makes of a sheet another one: other names, types and columns, named as in pandas.
//!
//! Owns what these methods take. It does not know how cells are given, or what a type makes
//! of them.

use super::assigned::Given;
use super::column::{Column, hashable};
use super::column_methods::as_type;
use super::frame::{Now, cells_of, label_of, plain_of};
use super::frame_methods::across;
use super::index::Index;
use super::name::Name;
use super::sheet::Sheet;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashSet;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// With other names of columns, by a dict or a function.
    fn rename<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] mapper: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] columns: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] inplace: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let by_column = across(axis.into_option())?;
        let mapper = mapper.into_option();
        let columns = columns.into_option().or(mapper.filter(|_| by_column));
        let index = index.into_option().or(mapper.filter(|_| !by_column));
        let mut made = (*this).clone();
        if let Some(new) = columns {
            // Names of several levels are told apart by these.
            let parts = |name: &Val| if let Val::Tuple(parts) = name { parts.clone() } else { vec![name.clone()] };
            let old: Vec<Vec<Val>> = this.names().iter().map(parts).collect();
            let mut new = renamed(&old.concat(), new, eval)?.into_iter();
            let name = |old: &Vec<Val>| match new.by_ref().take(old.len()).collect::<Vec<Val>>() {
                one if one.len() == 1 => Name::of(&one[0]),
                several => Name::of(&Val::Tuple(several)),
            };
            made.columns = this.named(old.iter().map(name));
        }
        if let Some(new) = index {
            let keys = renamed(&this.index.keys, new, eval)?;
            made.index = Arc::new(Index::new(this.index.names.clone(), keys));
        }
        Ok(this.become_or_give(made, inplace, eval.heap()))
    }

    /// Without some columns (`columns=[...]`, or `[...], axis=1`), or without some rows.
    fn drop<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] labels: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        const KNOWN: [&str; 4] = ["columns", "index", "errors", "inplace"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`drop` does not take `{other}` here")));
        }
        let value = |name: &str| given.get(name).copied().filter(|value| !value.is_none());
        let by_column = across(axis.into_option())?;
        let labels = labels.into_option();
        let columns = value("columns").or(labels.filter(|_| by_column));
        let rows = value("index").or(labels.filter(|_| !by_column));
        let errors = value("errors").map_or_else(|| "raise".to_owned(), |errors| errors.to_str());
        let kept_columns = without(&this.columns.index(), columns, &errors)?;
        let kept_rows = without(&this.index, rows, &errors)?;
        let inplace = value("inplace").is_some_and(|inplace| inplace.to_bool());
        Ok(this.become_or_give(this.only(&kept_columns).pick(&kept_rows), inplace, heap))
    }

    /// With cells of another type, in all columns or by a dict.
    fn astype<'v>(
        this: Now,
        dtype: Value<'v>,
        #[starlark(require = named, default = true)] copy: bool,
    ) -> starlark::Result<Sheet> {
        let _ = copy;
        let mut sheet = (*this).clone();
        for (at, name) in this.columns.iter().enumerate() {
            let dtype = match DictRef::from_value(dtype) {
                Some(dict) => {
                    dict.iter().find(|(key, _)| label_of(*key).is_some_and(|key| name.is(&key))).map(|(_, dtype)| dtype)
                }
                None => Some(dtype),
            };
            if let Some(dtype) = dtype {
                sheet = sheet.with_column(name, as_type(&this.values(at), dtype)?);
            }
        }
        Ok(sheet)
    }

    /// With more columns: values, or functions of the sheet so far.
    fn assign<'v>(
        this: Value<'v>,
        #[starlark(kwargs)] columns: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let of = Now::of(this).ok_or_else(|| fault("`assign` is asked of a sheet"))?;
        let made = eval.heap().alloc((*of).clone());
        for (name, value) in columns {
            let is_function = value.get_type() == "function";
            let value = if is_function { eval.eval_function(value, &[made], &[])? } else { value };
            made.set_at(eval.heap().alloc(&*name), value)?;
        }
        Ok(made)
    }

    /// A new column before the one of that number, in the sheet itself.
    fn insert<'v>(
        this: Now,
        loc: Value<'v>,
        column: Value<'v>,
        value: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let count = this.columns.len();
        let name = label_of(column).ok_or_else(|| fault("a column is named by a text or a number"))?;
        let loc = loc.unpack_i32().ok_or_else(|| thrown("TypeError", "loc must be int"))?;
        let at = usize::try_from(loc).map_err(|_| thrown("ValueError", "unbounded slice"))?;
        if this.columns.iter().any(|known| known.is(&name)) {
            return Err(thrown("ValueError", format!("cannot insert {}, already exists", name.display())));
        }
        if at > count {
            return Err(thrown("IndexError", format!("loc must be an integer between -{count} and {count}")));
        }
        let cells = this.of.settled(Given::of(value)?.cells(&this.index, this.of)?);
        let order: Vec<usize> = (0..at).chain([count]).chain(at..count).collect();
        Ok(this.become_or_give(this.with_column(&Name::of(&name), cells).only(&order), true, heap))
    }

    fn tail(this: Now, #[starlark(default = 5)] n: u32) -> starlark::Result<Sheet> {
        let all = this.rows.len();
        Ok(this.pick(&(all.saturating_sub(n as usize)..all).collect::<Vec<_>>()))
    }

    fn to_numpy(this: Now) -> starlark::Result<Column> {
        Ok(this.arrays())
    }

    fn copy(this: Now) -> starlark::Result<Sheet> {
        Ok((*this).clone())
    }

    fn head(this: Now, #[starlark(default = 5)] n: u32) -> starlark::Result<Sheet> {
        Ok(this.pick(&(0..this.rows.len().min(n as usize)).collect::<Vec<_>>()))
    }
}

/// The numbers of what some labels do not name.
fn without(index: &Index, labels: Option<Value>, errors: &str) -> starlark::Result<Vec<usize>> {
    let all = 0..index.keys.len();
    let Some(labels) = labels else { return Ok(all.collect()) };
    let labels = label_of(labels).map(|one| vec![one]).or_else(|| cells_of(labels));
    let mut left_out = FxHashSet::default();
    for label in labels.ok_or_else(|| fault("`drop` wants a label or a list of labels"))? {
        match index.find(&label) {
            Some(rows) => left_out.extend(rows.iter().copied()),
            None if errors == "ignore" => {}
            None => return Err(index.lacks(&label)),
        }
    }
    Ok(all.filter(|at| !left_out.contains(at)).collect())
}

/// Labels as a dict or a function has them.
fn renamed<'v>(labels: &[Val], new: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Vec<Val>> {
    let heap = eval.heap();
    let mut all = Vec::with_capacity(labels.len());
    for label in labels {
        let given = hashable(label, heap);
        let made = match DictRef::from_value(new) {
            Some(dict) => dict.get(given)?.unwrap_or(given),
            None => eval.eval_function(new, &[given], &[])?,
        };
        all.push(plain_of(made, heap)?);
    }
    Ok(all)
}
