//! What rows are grouped by: columns, levels of labels, other columns, functions and dicts.
//!
//! Owns the key of each row, and which rows share one. What is asked of the groups is
//! `groups`'.

use super::aligned::by_labels;
use super::column::{Column, hashable};
use super::frame::{Now, label_of, plain_of};
use super::groups::Groups;
use super::index::Index;
use super::name::Name;
use super::row::series;
use super::same::word;
use super::sheet::{NOTHING, Sheet, compared, is_empty, settled};
use crate::eval::convert::{elements, from_val, is_function};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::collections::SmallMap;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use std::sync::Arc;

/// One part of the keys.
struct Level {
    name: Name,
    cells: Vec<Val>,
    /// Whether it is a column of the sheet, which is no part of the groups' answers then.
    is_column: bool,
}

/// What `groupby` may be told.
struct Told<'v> {
    by: Option<Value<'v>>,
    level: Option<Value<'v>>,
    as_index: bool,
    sort: bool,
    dropna: bool,
    group_keys: bool,
}

impl<'v> Told<'v> {
    /// Of the parameters; `observed` is about categories, which there are none of.
    fn of(
        by: Option<Value<'v>>,
        level: Option<Value<'v>>,
        given: &SmallMap<String, Value<'v>>,
    ) -> starlark::Result<Told<'v>> {
        const KNOWN: [&str; 5] = ["as_index", "sort", "group_keys", "observed", "dropna"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`groupby` does not take `{other}` here")));
        }
        let holds = |name: &str| given.get(name).is_none_or(|value| value.to_bool());
        let (as_index, sort) = (holds("as_index"), holds("sort"));
        Ok(Told { by, level, as_index, sort, dropna: holds("dropna"), group_keys: holds("group_keys") })
    }
}

/// A column, or a level of the labels, by its name.
fn named(sheet: &Sheet, of_columns: bool, name: &Val) -> Option<Level> {
    let column = sheet.columns.iter().position(|known| known.is(name)).filter(|_| of_columns);
    if let Some(at) = column {
        let cells = sheet.values(at).values.to_vec();
        return Some(Level { name: sheet.columns[at].clone(), cells, is_column: true });
    }
    let at = sheet.index.names.iter().position(|known| known.is(name))?;
    Some(Level { name: sheet.index.names[at].clone(), cells: sheet.index.level(at), is_column: false })
}

/// The key of each row by one of the things that may be named.
fn level_of<'v>(
    sheet: &Sheet,
    of_columns: bool,
    by: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Level> {
    let heap = eval.heap();
    let unnamed = |cells: Vec<Val>| Level { name: Name::unnamed(), cells, is_column: false };
    if let Some(column) = series(by) {
        let cells = match column.by_place {
            true => column.values.to_vec(),
            false => by_labels(&column, &sheet.index)?,
        };
        if cells.len() != sheet.rows.len() {
            return Err(thrown("ValueError", "Grouper and axis must be same length"));
        }
        if column.by_place {
            let name = if column.is_labels { column.level_names() } else { Vec::new() };
            let name = if let [one] = &*name { one.clone() } else { Name::unnamed() };
            return Ok(Level { name, ..unnamed(cells) });
        }
        let own = column.name.as_ref().and_then(|name| sheet.columns.iter().position(|known| known == name));
        let is_column = own.is_some_and(|at| {
            of_columns && sheet.rows.iter().zip(&cells).all(|(row, cell)| word(&row[at]) == word(cell))
        });
        return Ok(Level { name: column.name.clone().unwrap_or_else(Name::unnamed), cells, is_column });
    }
    if let Some(dict) = DictRef::from_value(by) {
        let found = |key: &Val| match dict.get(hashable(key, heap))? {
            Some(found) => plain_of(found, heap),
            None => Ok(NOTHING),
        };
        return Ok(unnamed(sheet.index.keys.iter().map(found).collect::<starlark::Result<_>>()?));
    }
    if is_function(by) {
        let mut cells = Vec::with_capacity(sheet.rows.len());
        for key in sheet.index.keys.iter() {
            cells.push(plain_of(eval.eval_function(by, &[from_val(key, heap)], &[])?, heap)?);
        }
        return Ok(unnamed(cells));
    }
    if let Some(name) = label_of(by) {
        return named(sheet, of_columns, &name).ok_or_else(|| match of_columns {
            true => super::row::no_column(&name.display(), &sheet.columns),
            false => thrown("KeyError", name.repr()),
        });
    }
    let cells = elements(by, heap).ok_or_else(|| fault("`groupby` wants columns, their names, functions or dicts"))?;
    if cells.len() != sheet.rows.len() {
        return Err(thrown("ValueError", "Grouper and axis must be same length"));
    }
    Ok(unnamed(cells.into_iter().map(|cell| plain_of(cell, heap)).collect::<starlark::Result<_>>()?))
}

/// Whether a list names a part of the keys each, and is not the keys themselves.
fn is_of_levels(sheet: &Sheet, of_columns: bool, parts: &[Value]) -> bool {
    let is_grouper = |one: &Value| label_of(*one).is_none();
    parts.len() != sheet.rows.len()
        || parts.iter().any(is_grouper)
        || parts.iter().filter_map(|one| label_of(*one)).all(|name| named(sheet, of_columns, &name).is_some())
}

/// The parts of the keys, and whether they were given as a list.
fn levels<'v>(
    sheet: &Sheet,
    of_columns: bool,
    (by, level): (Option<Value<'v>>, Option<Value<'v>>),
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<(Vec<Level>, bool)> {
    let heap = eval.heap();
    if let Some(by) = by {
        let Some(parts) = elements(by, heap).filter(|_| by.get_type() == "list") else {
            return Ok((vec![level_of(sheet, of_columns, by, eval)?], false));
        };
        if parts.is_empty() {
            return Err(thrown("ValueError", "No group keys passed!"));
        }
        // Bools are no labels, but may be the keys.
        if parts.iter().all(|one| one.unpack_bool().is_some()) || !is_of_levels(sheet, of_columns, &parts) {
            return Ok((vec![level_of(sheet, of_columns, by, eval)?], false));
        }
        let levels = parts.into_iter().map(|part| level_of(sheet, of_columns, part, eval));
        return Ok((levels.collect::<starlark::Result<_>>()?, true));
    }
    let level = level.ok_or_else(|| thrown("TypeError", "You have to supply one of 'by' and 'level'"))?;
    let index = &sheet.index;
    let one = |level: Value<'v>| {
        let at = index.level_of(&plain_of(level, heap)?)?;
        let name = index.names.get(at).cloned().unwrap_or_else(Name::unnamed);
        Ok(Level { name, cells: index.level(at), is_column: false })
    };
    match elements(level, heap) {
        Some(several) => Ok((several.into_iter().map(one).collect::<starlark::Result<_>>()?, true)),
        None => Ok((vec![one(level)?], false)),
    }
}

/// The numbers of the rows of each key, in the order of the keys or as they come.
fn shared(keys: &[Val], sort: bool, dropna: bool) -> Vec<(Val, Vec<usize>)> {
    let mut groups: Vec<(Val, Vec<usize>)> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let lacks = |key: &Val| if let Val::Tuple(parts) = key { parts.iter().any(is_empty) } else { is_empty(key) };
    for (row, key) in keys.iter().enumerate().filter(|(_, key)| !dropna || !lacks(key)) {
        let place = *places.entry(word(key)).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key.clone(), Vec::new()));
        }
        groups[place].1.push(row);
    }
    if sort {
        groups.sort_by(|a, b| compared(&a.0, &b.0));
    }
    groups
}

/// The groups of a sheet, or of the only column that it has.
fn grouped<'v>(
    sheet: &Sheet,
    column: Option<Name>,
    told: &Told<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Groups> {
    let (levels, listed) = levels(sheet, column.is_none(), (told.by, told.level), eval)?;
    let columns: Vec<Vec<Val>> = levels.iter().map(|level| settled(level.cells.clone())).collect();
    let names: Vec<Name> = match &*levels {
        [one] if one.name.is_unnamed() => Vec::new(),
        several => several.iter().map(|level| level.name.clone()).collect(),
    };
    let keys = Index::of_levels(names.clone(), &columns);
    let found = shared(&keys.keys, told.sort, told.dropna);
    let whole = (sheet.index.clone(), found.iter().map(|(_, rows)| rows.clone()).collect());
    let keys = found.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    Ok(Groups {
        groups: found.into_iter().map(|(key, rows)| (key, sheet.pick(&rows))).collect(),
        by: levels.iter().filter(|level| level.is_column).map(|level| level.name.clone()).collect(),
        keys: Arc::new(Index::new(names, keys)),
        reset: !told.as_index,
        keyed: told.group_keys,
        listed,
        column,
        of: Arc::new(sheet.clone()),
        whole,
    })
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// The rows by what some columns hold, or something else of them.
    fn groupby<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] by: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Groups> {
        let told = Told::of(by.into_option(), level.into_option(), &given)?;
        grouped(&this, None, &told, eval)
    }
}

#[starlark_module]
pub(super) fn of_columns(builder: &mut MethodsBuilder) {
    /// The cells by what another column holds beside them.
    fn groupby<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] by: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] level: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Groups> {
        let told = Told::of(by.into_option(), level.into_option(), &given)?;
        if !told.as_index {
            return Err(thrown("TypeError", "as_index=False only valid with DataFrame"));
        }
        let name = this.name.clone().unwrap_or_else(Name::unnamed);
        let sheet = Sheet { columns: [name.clone()].into(), ..this.sheet() };
        grouped(&sheet, Some(name), &told, eval)
    }
}
