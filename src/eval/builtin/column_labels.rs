//! What is asked of a column's labels and of its order, named as in pandas.
//!
//! Owns what these methods take. It does not know the sheet that the labels are of.

use super::column::{Column, distinct, hashable, number};
use super::frame::{cells_of, label_of, plain_of};
use super::index::Index;
use super::name::Name;
use super::same::{same, word};
use super::sheet::{Sheet, compared};
use crate::eval::convert::{elements, from_val};
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// What one of the columns holds that labels came from, by name or number.
    fn get_level_values<'v>(this: &Column, level: Value<'v>) -> starlark::Result<Column> {
        let names = this.level_names();
        let at = match level.unpack_str() {
            Some(name) => names.iter().position(|known| **known == *name),
            None => number(level, names.len().max(1)),
        };
        let at = at.ok_or_else(|| fault(format!("the labels have no level `{}`", level.to_str())))?;
        Ok(Column::plain(Index::new(names, this.values.clone()).level(at)))
    }

    /// The same labels, with other values in the places of `levels`.
    fn set_levels<'v>(this: &Column, levels: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        let old = this.levels().ok_or_else(|| fault("only labels of a sheet have levels"))?;
        let new: Option<Vec<Vec<Val>>> =
            elements(levels, heap).and_then(|levels| levels.into_iter().map(cells_of).collect());
        let new = new.filter(|new| new.len() == old.len() && new.iter().zip(&old).all(|(n, o)| n.len() == o.len()));
        let new = new.ok_or_else(|| fault("`set_levels` wants a list of values for each of `levels`"))?;
        let labels = Index::new(this.level_names(), this.values.clone());
        let replaced = |level: usize| {
            let places: FxHashMap<String, &Val> = old[level].iter().map(word).zip(&new[level]).collect();
            let other = |value: &Val| (*places.get(&word(value)).unwrap_or(&value)).clone();
            labels.level(level).iter().map(other).collect::<Vec<_>>()
        };
        let levels: Vec<Vec<Val>> = (0..old.len()).map(replaced).collect();
        Ok(this.with(Index::of_levels(labels.names.clone(), &levels).keys.to_vec()))
    }

    fn head(this: &Column, #[starlark(default = 5)] n: u32) -> starlark::Result<Column> {
        Ok(this.pick(&(0..this.values.len().min(n as usize)).collect::<Vec<_>>()))
    }

    /// As a sheet of one column.
    fn to_frame(this: &Column, #[starlark(default = NoneOr::None)] name: NoneOr<&str>) -> starlark::Result<Sheet> {
        Ok(this.called(name.into_option()).sheet())
    }

    /// With its labels as a column, a sheet; without them, a column.
    fn reset_index<'v>(
        this: &Column,
        #[starlark(require = named, default = false)] drop: bool,
        #[starlark(require = named, default = NoneOr::None)] name: NoneOr<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let called = this.called(name.into_option());
        if drop {
            return Ok(heap.alloc(called.numbered()));
        }
        Ok(heap.alloc(called.sheet().reset()?))
    }

    /// The labels that another list lacks, in order.
    fn difference<'v>(this: &Column, other: Value<'v>) -> starlark::Result<Column> {
        let others = words(other)?;
        in_order(this.values.iter().filter(|value| !others.contains(&word(value))).cloned().collect())
    }

    /// The labels that another list has too.
    fn intersection<'v>(this: &Column, other: Value<'v>) -> starlark::Result<Column> {
        let others = words(other)?;
        let both: Vec<&Val> = this.values.iter().filter(|value| others.contains(&word(value))).collect();
        let once = distinct(both.iter().copied());
        Ok(Column::plain(once.into_iter().map(|at| both[at].clone())))
    }

    /// The labels of both, in order.
    fn union<'v>(this: &Column, other: Value<'v>) -> starlark::Result<Column> {
        let others = cells_of(other).ok_or_else(no_list)?;
        in_order(this.values.iter().cloned().chain(others).collect())
    }

    /// Without some labels.
    fn drop<'v>(
        this: &Column,
        labels: Value<'v>,
        #[starlark(require = named, default = "raise")] errors: &str,
    ) -> starlark::Result<Column> {
        let labels = label_of(labels).map(|one| vec![one]).or_else(|| cells_of(labels)).ok_or_else(no_list)?;
        // Labels have none themselves: what is left out are values.
        let index = if this.by_place { Index::new(Vec::new(), this.values.clone()) } else { (*this.index).clone() };
        let mut left_out = FxHashSet::default();
        for label in &labels {
            match index.find(label) {
                Some(rows) => left_out.extend(rows.iter().copied()),
                None if errors == "ignore" => {}
                None => return Err(index.lacks(label)),
            }
        }
        Ok(this.pick(&(0..this.values.len()).filter(|at| !left_out.contains(at)).collect::<Vec<_>>()))
    }

    /// With another name; by a dict, with other labels.
    fn rename<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] index: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let Some(given) = index.into_option() else { return Ok(Column { name: None, ..this.clone() }) };
        if let Some(new) = DictRef::from_value(given) {
            let label = |key: &Val| match new.get(hashable(key, heap))? {
                Some(new) => plain_of(new, heap),
                None => Ok(key.clone()),
            };
            let keys: Vec<Val> = this.index.keys.iter().map(label).collect::<starlark::Result<_>>()?;
            return Ok(Column { index: Arc::new(Index::new(this.index.names.clone(), keys)), ..this.clone() });
        }
        let name = label_of(given).ok_or_else(|| fault("a column is renamed by a name, or its labels by a dict"))?;
        Ok(Column { name: Some(Name::of(&name)), ..this.clone() })
    }

    fn copy(this: &Column) -> starlark::Result<Column> {
        Ok(this.clone())
    }

    fn tail(this: &Column, #[starlark(default = 5)] n: u32) -> starlark::Result<Column> {
        let all = this.values.len();
        Ok(this.pick(&(all.saturating_sub(n as usize)..all).collect::<Vec<_>>()))
    }

    /// The cells of rows one after the other.
    fn flatten(this: &Column) -> starlark::Result<Column> {
        Ok(flat(this))
    }

    fn ravel(this: &Column) -> starlark::Result<Column> {
        Ok(flat(this))
    }

    /// The only value, or all.
    fn squeeze<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(match &*this.values {
            [one] => from_val(one, heap),
            _ => heap.alloc(this.clone()),
        })
    }
}

fn flat(column: &Column) -> Column {
    let cells = |cell: &Val| cell.items().map_or_else(|| vec![cell.clone()], <[Val]>::to_vec);
    Column::plain(column.values.iter().flat_map(cells))
}

fn no_list() -> starlark::Error {
    fault("a list of labels is wanted here")
}

/// The texts that equal cells of a list share.
fn words(list: Value) -> starlark::Result<FxHashSet<String>> {
    Ok(cells_of(list).ok_or_else(no_list)?.iter().map(word).collect())
}

/// Each once, in order.
fn in_order(mut values: Vec<Val>) -> starlark::Result<Column> {
    values.sort_by(compared);
    values.dedup_by(|a, b| same(a, b));
    Ok(Column::plain(values))
}
