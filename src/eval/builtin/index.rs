//! The labels of a sheet's rows: what `set_index` makes and `.loc[...]` asks.
//!
//! Owns finding rows by label. Labels are compared as texts, so that a wildcard
//! finds a number.

use super::name::Name;
use crate::diag::{Diag, Kind};
use crate::eval::convert::{elements, to_val};
use crate::eval::exception::{thrown, unfound};
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::values::{Heap, Value};
use std::sync::{Arc, OnceLock};

/// Labels of rows; of several columns, each is a tuple.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// The columns they came from.
    pub(super) names: Vec<Name>,
    /// A label for each row.
    pub(super) keys: Arc<[Val]>,
    /// The rows of each label, made where one is asked for.
    places: OnceLock<FxHashMap<String, Vec<usize>>>,
}

impl Index {
    pub(super) fn new(names: Vec<Name>, keys: impl Into<Arc<[Val]>>) -> Index {
        let names = if matches!(&*names, [one] if one.is_unnamed()) { Vec::new() } else { names };
        Index { names, keys: keys.into(), places: OnceLock::new() }
    }

    /// The names of levels that all of some labels share; several levels that share none have no names.
    pub(super) fn shared_names<'a>(all: impl IntoIterator<Item = &'a Index>) -> Vec<Name> {
        let mut all = all.into_iter().map(|index| &index.names);
        let first = all.next().cloned().unwrap_or_default();
        let (mut same, mut deep) = (true, true);
        for names in all {
            same &= *names == first;
            deep &= names.len() == first.len();
        }
        match (same, deep && first.len() > 1) {
            (true, _) => first,
            (false, true) => vec![Name::unnamed(); first.len()],
            (false, false) => Vec::new(),
        }
    }

    /// What the columns of its levels are called, of which those without a name are numbered.
    pub(super) fn shown_names(&self) -> Vec<Name> {
        let shown = |(at, name): (usize, &Name)| match name.is_unnamed() {
            true => format!("level_{at}").into(),
            false => name.clone(),
        };
        self.names.iter().enumerate().map(shown).collect()
    }

    fn placed(&self) -> FxHashMap<String, Vec<usize>> {
        let mut places: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, key) in self.keys.iter().enumerate() {
            places.entry(word(key)).or_default().push(at);
            // A part of the columns is a label too.
            if let Val::Tuple(parts) = key {
                for length in 1..parts.len() {
                    places.entry(word(&Val::Tuple(parts[..length].to_vec()))).or_default().push(at);
                }
            }
        }
        places
    }

    /// Whether the labels are those of another, in one order.
    pub(super) fn is_like(&self, other: &Index) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys) || self.keys == other.keys
    }

    /// Whether no label stands for two rows.
    pub(super) fn is_unique(&self) -> bool {
        self.keys.iter().all(|key| self.find(key).is_none_or(|rows| rows.len() < 2))
    }

    /// Numbers of rows, where nothing else was chosen.
    pub(super) fn numbers(count: usize) -> Index {
        Index::new(Vec::new(), (0..count as i64).map(Val::Int).collect::<Arc<[Val]>>())
    }

    /// Of some of the rows.
    pub(super) fn pick(&self, rows: &[usize]) -> Index {
        Index::new(self.names.clone(), rows.iter().map(|at| self.keys[*at].clone()).collect::<Arc<[Val]>>())
    }

    /// The rows with a label: one or several columns of it.
    pub(super) fn find(&self, label: &Val) -> Option<&[usize]> {
        let label = match label {
            Val::List(_) | Val::Tuple(_) => label.clone(),
            one if self.names.len() > 1 => Val::Tuple(vec![one.clone()]),
            one => one.clone(),
        };
        self.places.get_or_init(|| self.placed()).get(&word(&label)).map(Vec::as_slice)
    }

    /// Whether a label can stand for one row at most.
    pub(super) fn is_whole(&self, label: &Val) -> bool {
        label.items().map_or(1, <[Val]>::len) >= self.names.len()
    }

    /// A label's parts: one for each column it came from.
    pub(super) fn part(key: &Val, level: usize) -> Val {
        match key {
            Val::Tuple(parts) => parts.get(level).cloned().unwrap_or(Val::None),
            one => one.clone(),
        }
    }

    /// What one of the columns that the labels came from holds.
    pub(super) fn level(&self, level: usize) -> Vec<Val> {
        self.keys.iter().map(|key| Index::part(key, level)).collect()
    }

    /// The number of a level, which a name or a number stands for.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn level_of(&self, level: &Val) -> starlark::Result<usize> {
        let count = self.names.len().max(1);
        let by_name = self.names.iter().position(|name| name.is(level));
        let by_number = || match level {
            Val::Int(at) => usize::try_from(if *at < 0 { at + count as i64 } else { *at }).ok(),
            _ => None,
        };
        let none = || match level {
            Val::Int(at) => thrown("IndexError", format!("the labels have {count} levels, and no level {at}")),
            name => thrown("KeyError", format!("the labels have no level {}", name.repr())),
        };
        by_name.or_else(by_number).filter(|at| *at < count).ok_or_else(none)
    }

    /// Of columns that hold the parts of the labels.
    pub(super) fn of_levels(names: Vec<Name>, levels: &[Vec<Val>]) -> Index {
        let count = levels.first().map_or(0, Vec::len);
        let key = |row: usize| match levels {
            [one] => one[row].clone(),
            several => Val::Tuple(several.iter().map(|level| level[row].clone()).collect()),
        };
        Index::new(names, (0..count).map(key).collect::<Arc<[Val]>>())
    }

    /// Without the first parts of all labels.
    pub(super) fn below(&self, parts: usize) -> Index {
        let levels: Vec<Vec<Val>> = (parts..self.names.len()).map(|level| self.level(level)).collect();
        Index::of_levels(self.names[parts..].to_vec(), &levels)
    }

    /// Without one of the parts of all labels.
    pub(super) fn without(&self, level: usize) -> Index {
        let kept: Vec<usize> = (0..self.names.len()).filter(|other| *other != level).collect();
        let levels: Vec<Vec<Val>> = kept.iter().map(|level| self.level(*level)).collect();
        Index::of_levels(kept.iter().map(|level| self.names[*level].clone()).collect(), &levels)
    }

    /// The error of a label that is not there.
    pub(super) fn lacks(&self, label: &Val) -> starlark::Error {
        let what = if self.names.is_empty() { "number".to_owned() } else { self.names.join("`, `") };
        let why = format!("the sheet has no row {} by its `{what}`", label.repr());
        unfound(&label.display(), Diag::error(Kind::Rulefile, why))
    }
}

/// A label as it is compared: numbers and texts alike.
fn word(label: &Val) -> String {
    match label {
        Val::List(parts) | Val::Tuple(parts) => parts.iter().map(|p| format!("{}\n", p.display())).collect(),
        Val::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => format!("{}\n", *f as i64),
        one => format!("{}\n", one.display()),
    }
}

/// Labels that were asked for, and whether they were a list of labels.
pub(super) fn labels<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<(Vec<Val>, bool)> {
    let plain = |v: Value<'v>| to_val(v, heap, &mut |_| Err(fault("a label is no function"))).map(Val::listed);
    if value.get_type() == "tuple" {
        return Ok((vec![plain(value)?], false));
    }
    match elements(value, heap) {
        Some(all) => Ok((all.into_iter().map(plain).collect::<starlark::Result<_>>()?, true)),
        None => Ok((vec![plain(value)?], false)),
    }
}
