//! Cells of two columns beside one another: by their labels, or by their place where one
//! has none.
//!
//! Owns which cell stands beside which, and what pandas refuses. It does not know what is
//! made of them.

use super::column::Column;
use super::index::Index;
use super::same::word;
use super::sheet::{Maker, NOTHING, compared};
use crate::eval::exception::{thrown, thrown_with};
use crate::value::Val;
use rustc_hash::FxHashSet;
use std::mem::discriminant;
use std::sync::Arc;

/// Cells with the labels, and the name, that they have together.
pub(super) struct Aligned {
    pub(super) of: Column,
    pub(super) left: Arc<[Val]>,
    pub(super) right: Arc<[Val]>,
}

impl Aligned {
    /// One value beside each cell of a column.
    pub(super) fn with(column: &Column, value: Val) -> Aligned {
        let right = vec![value; column.values.len()].into();
        Aligned { of: column.clone(), left: column.values.clone(), right }
    }
}

/// Whether cells of two columns go by place: where one has no labels, or `tsv` read it.
fn by_place(a: &Column, b: &Column) -> bool {
    a.by_place || b.by_place || a.of == Maker::Own || b.of == Maker::Own
}

fn miscounted() -> starlark::Error {
    thrown("ValueError", "two columns of one length are wanted here")
}

/// The error of labels that stand for several rows each.
fn ambiguous() -> starlark::Error {
    let hint = "make them unique, by `.reset_index(drop=True)` or `.drop_duplicates()`; or use a file for `pyload`";
    thrown_with("ValueError", "a label stands for two cells of a column, which go by their labels here", hint)
}

/// The cells of two columns, of which either may lack labels of the other: those of all.
///
/// # Errors
/// If they go by place and are not of one length, or by labels that stand for several.
pub(super) fn aligned(left: &Column, right: &Column) -> starlark::Result<Aligned> {
    let by_place = by_place(left, right);
    if by_place && left.values.len() != right.values.len() {
        return Err(miscounted());
    }
    let name = if by_place || left.name == right.name { left.name.clone() } else { None };
    if by_place || left.index.is_like(&right.index) {
        let labelled = if left.by_place && !right.by_place { right } else { left };
        let of = Column { name, ..labelled.clone() };
        return Ok(Aligned { of, left: left.values.clone(), right: right.values.clone() });
    }
    let index = Arc::new(united(&[&left.index, &right.index])?);
    let cells = |column: &Column| by_labels(column, &index);
    let (left_cells, right_cells) = (cells(left)?, cells(right)?);
    let of = Column { name, ..Column::labelled_by(index, []) };
    Ok(Aligned { of, left: left_cells.into(), right: right_cells.into() })
}

/// The cells of a column in the places of some labels; of those that it lacks nothing.
///
/// # Errors
/// If it goes by place and is not as long, or a label of it stands for several cells.
pub(super) fn beside(labels: &Column, other: &Column) -> starlark::Result<Vec<Val>> {
    match by_place(labels, other) || labels.index.is_like(&other.index) {
        true if labels.values.len() != other.values.len() => Err(miscounted()),
        true => Ok(other.values.to_vec()),
        false => by_labels(other, &labels.index),
    }
}

/// The cells of a column that these labels stand for.
///
/// # Errors
/// If one of its labels stands for several cells.
pub(super) fn by_labels(column: &Column, labels: &Index) -> starlark::Result<Vec<Val>> {
    if column.index.is_like(labels) {
        return Ok(column.values.to_vec());
    }
    if !column.index.is_unique() {
        return Err(ambiguous());
    }
    let cell = |label| column.index.find(label).and_then(|found| found.first()).map(|at| column.values[*at].clone());
    Ok(labels.keys.iter().map(|label| cell(label).unwrap_or(NOTHING)).collect())
}

/// The labels of several columns, each once: as they stand if all have the same, else in order.
///
/// # Errors
/// If one of several labels stands for two rows.
pub(super) fn united(all: &[&Index]) -> starlark::Result<Index> {
    let Some(first) = all.first() else { return Ok(Index::numbers(0)) };
    if all.iter().all(|index| index.is_like(first)) {
        return Ok((*first).clone());
    }
    if !all.iter().all(|index| index.is_unique()) {
        return Err(ambiguous());
    }
    let mut seen = FxHashSet::default();
    let keys = all.iter().flat_map(|index| index.keys.iter());
    let mut keys: Vec<Val> = keys.filter(|key| seen.insert(word(key))).cloned().collect();
    if keys.windows(2).all(|pair| discriminant(&pair[0]) == discriminant(&pair[1])) {
        keys.sort_by(compared);
    }
    Ok(Index::new(Index::shared_names(all.iter().copied()), keys))
}

/// Whether two columns have other labels, which are not compared then.
pub(super) fn differ(a: &Column, b: &Column) -> bool {
    !by_place(a, b) && !a.index.is_like(&b.index)
}
