//! Sheets of several: rows below one another, and rows side by side by what they hold.
//!
//! Owns which rows and columns come out, in pandas' order. It sees nothing of Starlark.

use super::index::Index;
use super::name::Name;
use super::same::word;
use super::sheet::{Maker, NOTHING, Sheet, compared, settled};
use crate::eval::limits;
use crate::value::Val;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Which rows stay that match none of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Neither,
    Left,
    Right,
    Both,
}

/// What the rows of a side are found by.
pub(super) enum By {
    Columns(Vec<usize>),
    Labels,
}

/// Two rows side by side; none where a side has no match.
type Pair = (Option<usize>, Option<usize>);

fn made(columns: Vec<Name>, rows: Vec<Vec<Val>>, index: Option<Index>) -> Sheet {
    let index = index.unwrap_or_else(|| Index::numbers(rows.len()));
    let rows = rows.into_iter().map(Into::into).collect();
    Sheet { columns: columns.into(), rows, index: Arc::new(index), of: Maker::Pandas }.settled()
}

/// The labels of several sheets on end.
pub(super) fn labels_on_end<'a>(indexes: impl Iterator<Item = &'a Index> + Clone) -> Index {
    let names = Index::shared_names(indexes.clone());
    Index::new(names, indexes.flat_map(|index| index.keys.iter().cloned()).collect::<Vec<_>>())
}

/// The rows of some sheets below one another; `common` leaves out what not all have for columns.
pub(super) fn stacked(sheets: &[Arc<Sheet>], common: bool, renumber: bool) -> Sheet {
    let mut columns: Vec<Name> = Vec::new();
    for name in sheets.iter().flat_map(|sheet| sheet.columns.iter()) {
        if !columns.contains(name) && (!common || sheets.iter().all(|sheet| sheet.column(name).is_some())) {
            columns.push(name.clone());
        }
    }
    let mut rows: Vec<Vec<Val>> = Vec::new();
    for sheet in sheets {
        let places: Vec<Option<usize>> = columns.iter().map(|name| sheet.column(name)).collect();
        let cell = |row: &[Val], place: &Option<usize>| place.map_or(NOTHING, |at| row[at].clone());
        rows.extend(sheet.rows.iter().map(|row| places.iter().map(|place| cell(row, place)).collect()));
    }
    let index = (!renumber).then(|| labels_on_end(sheets.iter().map(|sheet| &*sheet.index)));
    made(columns, rows, index)
}

/// The columns of some sheets side by side, if all have the same labels.
pub(super) fn beside(sheets: &[Arc<Sheet>]) -> Option<Sheet> {
    let first = sheets.first()?;
    if sheets.iter().any(|sheet| !sheet.index.is_like(&first.index)) {
        return None;
    }
    let columns: Vec<Name> = sheets.iter().flat_map(|sheet| sheet.columns.iter().cloned()).collect();
    let row = |at: usize| sheets.iter().flat_map(|sheet| sheet.rows[at].iter().cloned()).collect();
    let rows = (0..first.rows.len()).map(row).collect();
    Some(Sheet { columns: columns.into(), rows, index: first.index.clone(), of: Maker::Pandas }.settled())
}

/// What each row is found by.
fn keys(sheet: &Sheet, by: &By) -> Vec<Vec<Val>> {
    match by {
        By::Columns(columns) => {
            sheet.rows.iter().map(|row| columns.iter().map(|c| row[*c].clone()).collect()).collect()
        }
        By::Labels => {
            let parts = |key: &Val| if let Val::Tuple(parts) = key { parts.clone() } else { vec![key.clone()] };
            sheet.index.keys.iter().map(parts).collect()
        }
    }
}

/// What parts of a key share that hold the same.
fn words(key: &[Val]) -> String {
    key.iter().map(|part| word(part) + "\n").collect()
}

/// Whether there is room for the rows that two sheets have side by side.
///
/// # Errors
/// If there is not: each row may be found by many.
pub(super) fn check_size(left: (&Sheet, &By), right: (&Sheet, &By)) -> starlark::Result<()> {
    let mut counts: FxHashMap<String, u128> = FxHashMap::default();
    keys(right.0, right.1).iter().for_each(|key| *counts.entry(words(key)).or_default() += 1);
    let pairs: u128 = keys(left.0, left.1).iter().map(|key| counts.get(&words(key)).copied().unwrap_or(1)).sum();
    limits::values(pairs.saturating_mul((left.0.columns.len() + right.0.columns.len()) as u128))
}

fn pairs(left: &[Vec<Val>], right: &[Vec<Val>], keep: Keep) -> Vec<Pair> {
    if keep == Keep::Right {
        return pairs(right, left, Keep::Left).into_iter().map(|(r, l)| (l, r)).collect();
    }
    let mut places: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, key) in right.iter().enumerate() {
        places.entry(words(key)).or_default().push(at);
    }
    let mut found: Vec<Pair> = Vec::new();
    let mut used = vec![false; right.len()];
    for (at, key) in left.iter().enumerate() {
        match places.get(&words(key)) {
            Some(matches) => {
                matches.iter().for_each(|place| used[*place] = true);
                found.extend(matches.iter().map(|place| (Some(at), Some(*place))));
            }
            None if keep != Keep::Neither => found.push((Some(at), None)),
            None => {}
        }
    }
    if keep == Keep::Both {
        found.extend(used.iter().enumerate().filter(|(_, used)| !**used).map(|(at, _)| (None, Some(at))));
        let key = |(l, r): &Pair| Val::List(l.map_or_else(|| right[r.unwrap_or(0)].clone(), |l| left[l].clone()));
        found.sort_by(|a, b| compared(&key(a), &key(b)));
    }
    found
}

/// Whether rows of a sheet are found by the same.
pub(super) fn has_repeats(sheet: &Sheet, by: &By) -> bool {
    let mut seen = FxHashSet::default();
    !keys(sheet, by).iter().all(|key| seen.insert(words(key)))
}

/// The rows of two sheets that hold the same, side by side. Columns that both are found by
/// are one; others of one name are told apart by `suffixes`.
pub(super) fn merged(
    left: (&Sheet, &By),
    right: (&Sheet, &By),
    keep: Keep,
    suffixes: (&str, &str),
    indicator: Option<&Name>,
) -> Sheet {
    let found = pairs(&keys(left.0, left.1), &keys(right.0, right.1), keep);
    let ((left, by_left), (right, by_right)) = (left, right);
    let shared: Vec<(usize, usize)> = match (by_left, by_right) {
        (By::Columns(l), By::Columns(r)) => {
            l.iter().zip(r).map(|(l, r)| (*l, *r)).filter(|(l, r)| left.columns[*l] == right.columns[*r]).collect()
        }
        _ => Vec::new(),
    };
    let others: Vec<usize> = (0..right.columns.len()).filter(|at| shared.iter().all(|(_, r)| r != at)).collect();
    let is_shared = |at: usize| shared.iter().find(|(l, _)| *l == at).map(|(_, r)| *r);
    let told =
        |name: &Name, apart: bool, suffix: &str| if apart { format!("{name}{suffix}").into() } else { name.clone() };
    let in_right = |name: &str| others.iter().any(|at| *right.columns[*at] == *name);
    let of_left = left.columns.iter().enumerate();
    let mut columns: Vec<Name> =
        of_left.map(|(at, name)| told(name, is_shared(at).is_none() && in_right(name), suffixes.0)).collect();
    let in_left = |name: &str| left.column(name).is_some_and(|at| is_shared(at).is_none());
    columns.extend(others.iter().map(|at| told(&right.columns[*at], in_left(&right.columns[*at]), suffixes.1)));
    let cell = |sheet: &Sheet, row: Option<usize>, at: usize| row.map_or(NOTHING, |row| sheet.rows[row][at].clone());
    let row = |(l, r): &Pair| {
        let of_left = (0..left.columns.len()).map(|at| match (l, is_shared(at)) {
            (None, Some(place)) => cell(right, *r, place),
            (None, None) => match (by_left, by_right, r) {
                // What the other side's labels say is what the column would hold.
                (By::Columns(by), By::Labels, Some(r)) => match by.iter().position(|own| *own == at) {
                    Some(level) => Index::part(&right.index.keys[*r], level),
                    None => NOTHING,
                },
                _ => NOTHING,
            },
            _ => cell(left, *l, at),
        });
        of_left.chain(others.iter().map(|at| cell(right, *r, *at))).collect()
    };
    let made = made(columns, found.iter().map(row).collect(), labels((left, by_left), (right, by_right), &found));
    let Some(name) = indicator else { return made };
    let side = |(l, r): &Pair| match (l, r) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "left_only",
        (None, _) => "right_only",
    };
    made.with_column(name, found.iter().map(|pair| Val::str(side(pair))).collect())
}

/// The labels of merged rows: those that a side was found by, or of the side that was not.
fn labels(left: (&Sheet, &By), right: (&Sheet, &By), found: &[Pair]) -> Option<Index> {
    let of = |index: &Index, at: Option<usize>| at.map_or(NOTHING, |at| index.keys[at].clone());
    let (l, r) = (&left.0.index, &right.0.index);
    let key = |(a, b): &Pair| match (left.1, right.1) {
        (By::Labels, By::Labels) => a.map_or_else(|| of(r, *b), |a| l.keys[a].clone()),
        (By::Columns(_), By::Labels) => of(l, *a),
        _ => of(r, *b),
    };
    match (left.1, right.1) {
        (By::Columns(_), By::Columns(_)) => None,
        (By::Labels, By::Columns(_)) => Some(Index::new(r.names.clone(), settled(found.iter().map(key).collect()))),
        _ => Some(Index::new(l.names.clone(), settled(found.iter().map(key).collect()))),
    }
}

/// A row for each element of the lists that a column holds.
pub(super) fn exploded(sheet: &Sheet, column: usize, renumber: bool) -> Sheet {
    let (mut rows, mut keys) = (Vec::new(), Vec::new());
    for (row, key) in sheet.rows.iter().zip(sheet.index.keys.iter()) {
        let cells = match &row[column] {
            Val::List(cells) if cells.is_empty() => vec![NOTHING],
            Val::List(cells) | Val::Tuple(cells) | Val::Set(cells) => cells.clone(),
            one => vec![one.clone()],
        };
        for cell in cells {
            let mut row = row.to_vec();
            row[column] = cell;
            rows.push(row.into());
            keys.push(key.clone());
        }
    }
    let index = if renumber { Index::numbers(rows.len()) } else { Index::new(sheet.index.names.clone(), keys) };
    Sheet { columns: sheet.columns.clone(), rows, index: Arc::new(index), of: sheet.of }
}

/// A row for each cell of some columns, with the name of its column.
pub(super) fn melted(sheet: &Sheet, kept: &[usize], cells: &[usize], names: (&str, &str)) -> Sheet {
    let kept_names = kept.iter().map(|at| sheet.columns[*at].clone());
    let columns = kept_names.chain([names.0.into(), names.1.into()]).collect();
    let row = |at: usize, row: &Arc<[Val]>| {
        let own = kept.iter().map(|k| row[*k].clone());
        own.chain([sheet.columns[at].value(), row[at].clone()]).collect::<Vec<Val>>()
    };
    let rows = cells.iter().flat_map(|at| sheet.rows.iter().map(move |r| row(*at, r))).collect();
    made(columns, rows, None)
}
