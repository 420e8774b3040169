//! `pd.MultiIndex`: labels of several levels, made of tuples, lists, or all pairs of lists.
//!
//! Owns what these functions take. What is asked of labels is `index`'s and `column_levels`'.

use super::column::Column;
use super::frame::{Now, cells_of, plain_of};
use super::index::Index;
use super::name::Name;
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::limits;
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// The names of so many levels.
fn names_of<'v>(names: NoneOr<Value<'v>>, count: usize, heap: Heap<'v>) -> starlark::Result<Vec<Name>> {
    let Some(names) = names.into_option() else { return Ok(vec![Name::unnamed(); count]) };
    let names = elements(names, heap).ok_or_else(|| thrown("TypeError", "Must pass list-like as `names`."))?;
    if names.len() != count {
        return Err(thrown("ValueError", "Length of names must match number of levels in MultiIndex."));
    }
    names.into_iter().map(|name| Ok(Name::of(&plain_of(name, heap)?))).collect()
}

fn made<'v>(levels: &[Vec<Val>], names: NoneOr<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Column> {
    if levels.is_empty() {
        return Err(thrown("TypeError", "Cannot infer number of levels from empty list"));
    }
    if levels.iter().any(|level| level.len() != levels[0].len()) {
        return Err(thrown("ValueError", "all arrays must be same length"));
    }
    let names = names_of(names, levels.len(), heap)?;
    let keys = (0..levels[0].len()).map(|row| Val::Tuple(levels.iter().map(|level| level[row].clone()).collect()));
    Ok(Column::of_labels(&Arc::new(Index::new(names, keys.collect::<Vec<_>>())), None))
}

/// Lists of cells.
fn lists<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<Vec<Val>>> {
    let no_list = || thrown("TypeError", "Input must be a list / sequence of array-likes.");
    let list = |one: Value<'v>| match cells_of(one) {
        Some(cells) => Ok(cells),
        None => {
            let cells = elements(one, heap).ok_or_else(no_list)?;
            cells.into_iter().map(|cell| plain_of(cell, heap)).collect()
        }
    };
    elements(value, heap).ok_or_else(no_list)?.into_iter().map(list).collect()
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    fn from_tuples<'v>(
        tuples: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] names: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let rows = lists(tuples, heap)?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(thrown("ValueError", "tuples of one length are wanted here"));
        }
        let levels: Vec<Vec<Val>> = (0..width).map(|at| rows.iter().map(|row| row[at].clone()).collect()).collect();
        made(&levels, names, heap)
    }

    fn from_arrays<'v>(
        arrays: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] names: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        made(&lists(arrays, heap)?, names, heap)
    }

    fn from_product<'v>(
        iterables: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] names: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let lists = lists(iterables, heap)?;
        let count = lists.iter().fold(1_u128, |count, list| count.saturating_mul(list.len() as u128));
        limits::values(count.saturating_mul(lists.len() as u128))?;
        // How many rows stand between two cells of a level.
        let mut step = count as usize;
        let mut levels = Vec::with_capacity(lists.len());
        for list in &lists {
            step /= list.len().max(1);
            levels.push((0..count as usize).map(|row| list[row / step % list.len()].clone()).collect());
        }
        made(&levels, names, heap)
    }

    fn from_frame<'v>(
        df: Now,
        #[starlark(require = named, default = NoneOr::None)] names: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let levels: Vec<Vec<Val>> = (0..df.columns.len()).map(|at| df.values(at).values.to_vec()).collect();
        let made = made(&levels, names, heap)?;
        match names.into_option() {
            Some(_) => Ok(made),
            None => Ok(Column::of_labels(&Arc::new(Index::new(df.columns.to_vec(), made.values.to_vec())), None)),
        }
    }
}
