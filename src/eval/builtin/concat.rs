//! `pd.concat`: sheets or columns on end, or side by side.
//!
//! Owns what may be asked for, and the labels that `keys` make. Which rows and columns come
//! out is `join`'s.

use super::aligned::by_labels;
use super::applied::{column_under, under};
use super::column::Column;
use super::columns::Columns;
use super::frame::plain_of;
use super::frame_joins::sheet_of;
use super::frame_methods::across;
use super::index::Index;
use super::join::{beside, labels_on_end, stacked};
use super::name::Name;
use super::same::word;
use super::sheet::{Sheet, settled};
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// What else `concat` may be given.
const KNOWN: [&str; 4] = ["keys", "names", "sort", "verify_integrity"];

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    /// Sheets, or columns, on end; with `axis=1` side by side. `keys`, or those of a dict,
    /// are labels above their own.
    fn concat<'v>(
        objs: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
        #[starlark(require = named, default = "outer")] join: &str,
        #[starlark(require = named, default = false)] ignore_index: bool,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`concat` does not take `{other}` here")));
        }
        let value = |name: &str| given.get(name).copied().filter(|value| !value.is_none());
        let holds = |name: &str| value(name).is_some_and(|value| value.to_bool());
        let verify_integrity = holds("verify_integrity");
        if holds("sort") || !matches!(join, "inner" | "outer") {
            return Err(fault("`concat` does not sort columns here, and knows `join=\"inner\"` and `\"outer\"`"));
        }
        let keys = value("keys");
        if ignore_index && keys.is_some() {
            let why = "Cannot set ignore_index=True and specify keys. Either should be used.";
            return Err(thrown("ValueError", why));
        }
        let (objs, keys) = parts(objs, keys, heap)?;
        let keys = keys.filter(|_| !ignore_index);
        let names = value("names").map(|names| names_of(names, heap)).transpose()?;
        let columns: Option<Vec<Column>> = objs.iter().map(|one| Column::from_value(*one).cloned()).collect();
        let columns = columns.filter(|columns| !columns.is_empty());
        let made = match (across(axis.into_option())?, columns) {
            (true, columns) => side_by_side(&objs, columns, keys, (names, join == "inner", ignore_index))?,
            (false, Some(columns)) => return on_end(&columns, keys, (names, ignore_index, verify_integrity), heap),
            (false, None) => {
                let sheets: Vec<Arc<Sheet>> = objs.iter().map(|one| sheet_of(*one)).collect::<starlark::Result<_>>()?;
                match keys {
                    Some(_) if join == "inner" => {
                        return Err(hinted("`keys` go with `join=\"outer\"` here", "choose the columns first"));
                    }
                    Some(keys) => under(&labels_above(keys, names)?, &sheets)?,
                    None => stacked(&sheets, join == "inner", ignore_index),
                }
            }
        };
        if verify_integrity {
            check_labels(&made.index)?;
        }
        Ok(heap.alloc(made))
    }
}

/// What stands in a list or a dict, but for `None`, and the key of each, if there are any.
fn parts<'v>(
    all: Value<'v>,
    keys: Option<Value<'v>>,
    heap: Heap<'v>,
) -> starlark::Result<(Vec<Value<'v>>, Option<Vec<Val>>)> {
    let keys =
        keys.map(|keys| elements(keys, heap).ok_or_else(|| fault("`keys` of `concat` are a list"))).transpose()?;
    let (all, keys) = match (DictRef::from_value(all), keys) {
        (Some(dict), Some(keys)) => {
            let part = |key: &Value<'v>| {
                dict.get(*key)?
                    .ok_or_else(|| thrown("KeyError", format!("there is no {} to concatenate", key.to_repr())))
            };
            (keys.iter().map(part).collect::<starlark::Result<Vec<_>>>()?, Some(keys))
        }
        (Some(dict), None) => (dict.values().collect(), Some(dict.keys().collect())),
        (None, keys) => {
            let what =
                || thrown("TypeError", format!("`concat` wants a list or a dict of sheets, not a {}", all.get_type()));
            (elements(all, heap).filter(|_| Column::from_value(all).is_none()).ok_or_else(what)?, keys)
        }
    };
    if let Some(keys) = keys.as_ref().filter(|keys| keys.len() != all.len()) {
        let why = format!(
            "The length of the keys ({}) must match the length of the objects to concatenate ({})",
            keys.len(),
            all.len()
        );
        return Err(thrown("ValueError", why));
    }
    let there: Vec<bool> = all.iter().map(|one| !one.is_none()).collect();
    if !there.contains(&true) {
        let why = if all.is_empty() { "No objects to concatenate" } else { "All objects passed were None" };
        return Err(thrown("ValueError", why));
    }
    fn kept<T>(of: Vec<T>, there: &[bool]) -> Vec<T> {
        of.into_iter().zip(there).filter(|(_, there)| **there).map(|(one, _)| one).collect()
    }
    let plain = |key: Value<'v>| plain_of(key, heap);
    let keys =
        keys.map(|keys| kept(keys, &there).into_iter().map(plain).collect::<starlark::Result<_>>()).transpose()?;
    Ok((kept(all, &there), keys))
}

fn names_of<'v>(names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<Name>> {
    let names = elements(names, heap).ok_or_else(|| fault("`names` of `concat` are a list of texts"))?;
    let name = |name: Value<'v>| match name.unpack_str() {
        Some(name) => Ok(name.into()),
        None => Err(fault("`names` of `concat` are a list of texts")),
    };
    names.into_iter().map(name).collect()
}

/// The keys as labels of several levels, which have names or numbers.
fn labels_above(keys: Vec<Val>, names: Option<Vec<Name>>) -> starlark::Result<Index> {
    let odd = |key: &&Val| match key {
        Val::Tuple(parts) => parts.is_empty() || parts.iter().any(|part| part.items().is_some()),
        Val::Dict(_) | Val::List(_) => true,
        _ => false,
    };
    if let Some(odd) = keys.iter().find(odd) {
        let why = format!("{} is no label, which `keys` of `concat` are", odd.repr());
        return Err(thrown_with("TypeError", why, "write texts, numbers, or tuples of these"));
    }
    let depth = |key: &Val| if let Val::Tuple(parts) = key { parts.len() } else { 1 };
    let levels = keys.first().map_or(1, depth);
    if keys.iter().any(|key| depth(key) != levels) {
        return Err(fault("the `keys` of `concat` have one number of parts"));
    }
    let names = match names {
        Some(names) if names.len() == levels => names,
        Some(names) => {
            let hint = "name the levels of the result: `made.index.names = [...]`";
            return Err(hinted(format!("`names` are one for each level of `keys` here, not {}", names.len()), hint));
        }
        None => vec![Name::unnamed(); levels],
    };
    Ok(Index::new(names, keys))
}

fn check_labels(index: &Index) -> starlark::Result<()> {
    match index.is_unique() {
        true => Ok(()),
        false => Err(thrown("ValueError", "Indexes have overlapping values")),
    }
}

/// The name that all columns have.
fn shared_name(columns: &[Column]) -> Option<Name> {
    columns[0].name.clone().filter(|name| columns.iter().all(|one| one.name.as_ref() == Some(name)))
}

/// Columns as a longer one.
fn on_end<'v>(
    columns: &[Column],
    keys: Option<Vec<Val>>,
    (names, ignore_index, verify_integrity): (Option<Vec<Name>>, bool, bool),
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let name = shared_name(columns);
    let made = match keys {
        Some(keys) => column_under(&labels_above(keys, names)?, columns, name)?,
        None => {
            let values = settled(columns.iter().flat_map(|column| column.values.iter().cloned()).collect());
            let index = match ignore_index {
                true => Index::numbers(values.len()),
                false => labels_on_end(columns.iter().map(|c| &*c.index)),
            };
            Column { name, ..Column::labelled_by(Arc::new(index), values) }
        }
    };
    if verify_integrity {
        check_labels(&made.index)?;
    }
    Ok(heap.alloc(made))
}

/// Sheets and columns with their labels beside one another; columns are called by `keys`.
fn side_by_side<'v>(
    all: &[Value<'v>],
    columns: Option<Vec<Column>>,
    keys: Option<Vec<Val>>,
    (names, common, ignore_index): (Option<Vec<Name>>, bool, bool),
) -> starlark::Result<Sheet> {
    let above = keys.clone().filter(|_| columns.is_none()).map(|keys| labels_above(keys, names.clone())).transpose()?;
    let sheets: Vec<Arc<Sheet>> = match columns {
        Some(columns) => called(columns, keys).iter().map(|column| Arc::new(column.sheet())).collect(),
        None => all.iter().map(|one| sheet_of(*one)).collect::<starlark::Result<_>>()?,
    };
    let sheets = match &above {
        Some(keys) => keys.keys.iter().zip(&sheets).map(|(key, sheet)| Arc::new(below_key(key, keys, sheet))).collect(),
        None => sheets,
    };
    let mut made = match beside(&sheets) {
        Some(made) => made,
        None => by_their_labels(&sheets, common)?,
    };
    made.columns = match (&above, names) {
        (Some(_), _) => made.columns.called(sheets[0].columns.levels.clone()),
        (None, Some(names)) if names.len() == 1 => made.columns.called(names),
        (None, None) => made.columns,
        (None, Some(names)) => {
            let hint = "name the levels of the result: `made.columns.names = [...]`";
            return Err(hinted(format!("`names` are one for each level here, not {}", names.len()), hint));
        }
    };
    if ignore_index {
        made.columns = (0..made.columns.len() as i64).map(Name::number).collect();
    }
    let mut seen = FxHashSet::default();
    if let Some(name) = made.columns.iter().find(|name| !seen.insert(word(&name.value()))) {
        let hint = "rename one of them first: `.rename(columns={...})`";
        return Err(hinted(format!("two of the sheets have a column `{name}`"), hint));
    }
    Ok(made)
}

/// A sheet with a key above the names of its columns.
fn below_key(key: &Val, keys: &Index, sheet: &Sheet) -> Sheet {
    let parts = |key: &Val| key.items().map_or_else(|| vec![key.clone()], <[Val]>::to_vec);
    let name = |name: &Name| Name::of(&Val::Tuple([parts(key), parts(&name.value())].concat()));
    let above = if keys.names.is_empty() { vec![Name::unnamed()] } else { keys.names.clone() };
    let levels = above.into_iter().chain(sheet.columns.level_names()).collect();
    Sheet { columns: sheet.columns.iter().map(name).collect::<Columns>().called(levels), ..sheet.clone() }
}

/// Columns by keys, or by names; those without are numbered.
fn called(columns: Vec<Column>, keys: Option<Vec<Val>>) -> Vec<Column> {
    if let Some(keys) = keys {
        let with = |(column, key): (Column, &Val)| Column { name: Some(Name::of(key)), ..column };
        return columns.into_iter().zip(&keys).map(with).collect();
    }
    let mut numbers = 0..;
    let with = |column: Column| match column.name {
        None => Column { name: numbers.next().map(Name::number), ..column },
        Some(_) => column,
    };
    columns.into_iter().map(with).collect()
}

/// Sheets of other labels: those of all as they come, or those that all have.
fn by_their_labels(sheets: &[Arc<Sheet>], common: bool) -> starlark::Result<Sheet> {
    if !sheets.iter().all(|sheet| sheet.index.is_unique()) {
        let hint = "make them unique, by `.reset_index(drop=True)` or `.drop_duplicates()`; or use `merge`";
        return Err(thrown_with(
            "ValueError",
            "a label stands for two rows of a sheet, which go by their labels here",
            hint,
        ));
    }
    let mut counts: FxHashMap<String, usize> = FxHashMap::default();
    let mut keys: Vec<&Val> = Vec::new();
    for key in sheets.iter().flat_map(|sheet| sheet.index.keys.iter()) {
        let count = counts.entry(word(key)).or_insert(0);
        if *count == 0 {
            keys.push(key);
        }
        *count += 1;
    }
    let kept = keys.into_iter().filter(|key| !common || counts[&word(key)] == sheets.len());
    let names = Index::shared_names(sheets.iter().map(|sheet| &*sheet.index));
    let index = Arc::new(Index::new(names, kept.cloned().collect::<Vec<_>>()));
    let mut columns = Vec::new();
    for sheet in sheets {
        for at in 0..sheet.columns.len() {
            columns.push(by_labels(&sheet.values(at), &index)?);
        }
    }
    let names = sheets.iter().flat_map(|sheet| sheet.columns.iter().cloned()).collect();
    let count = index.keys.len();
    let made = Sheet::of_columns(names, &columns);
    let rows = if columns.is_empty() { vec![[].into(); count] } else { made.rows };
    Ok(Sheet { rows, index, ..Sheet::new(made.columns, Vec::new()) })
}
