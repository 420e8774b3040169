//! What Python makes the values of that are of a class, and not only plain.
//!
//! Owns the classes, and what they are called with. It does not know whom the
//! values are for.

use super::class::{Class, Object};
use super::column::Column;
use super::datetime::{Delta, Stamp};
use super::deque::Deque;
use super::dicts;
use super::frame::Now;
use super::index::Index;
use super::name::Name;
use super::record::Record;
use super::row::{Like, Row, is_word};
use super::sheet::Maker;
use crate::eval::files::Files;
use crate::eval::named_values::NamedValues;
use crate::eval::wildcards::Wildcards;
use crate::value::{FILES, NAMED_LIST, OBJECT, Val, WILDCARDS};
use starlark::values::Value;

/// One of the things that a class is called with.
pub(in crate::eval) enum Part<'v> {
    /// What stands for the value where no Python is.
    Plain,
    /// The values of that, which is a dict.
    Values,
    Is(Val),
    /// Another value, to be handed over as the first is.
    Of(Value<'v>),
}

/// The path of a class, or of a function of one, and what to call it with; none of values
/// that are plain.
pub(in crate::eval) fn python_object<'v>(value: Value<'v>) -> Option<(&'static str, Vec<Part<'v>>)> {
    match value.get_type() {
        "sheet" => Now::of(value).filter(|sheet| sheet.of == Maker::Pandas).map(|sheet| frame(&sheet)),
        "row" => Row::from_value(value).and_then(row),
        "column" => Column::from_value(value).and_then(series),
        "dict" => dicts::made_of(value).map(|(maker, sample)| match sample {
            Some(sample) => (maker, vec![Part::Of(sample), Part::Plain]),
            None => (maker, vec![Part::Plain]),
        }),
        "deque" => {
            let most = Deque::from_value(value)?.most().map_or(Val::None, |most| Val::Int(most.into()));
            Some(("collections.deque", vec![Part::Plain, Part::Is(most)]))
        }
        "range" => Some(("range", bounds(value).into_iter().map(Val::Int).map(Part::Is).collect())),
        "datetime" => Stamp::from_value(value).map(|stamp| (stamp.reader(), vec![Part::Is(Val::str(stamp.exactly()))])),
        "timedelta" => {
            let (days, seconds, micros) = Delta::from_value(value)?.parts();
            let parts = [days, seconds, micros].map(|part| Part::Is(Val::Int(part)));
            Some(("datetime.timedelta", parts.into()))
        }
        "record" => {
            let record = Record::from_value(value)?;
            let names = record.pairs().into_iter().map(|(name, _)| Val::str(name)).collect();
            let name = Part::Is(Val::str(record.typename()));
            Some(("collections.namedtuple", vec![name, Part::Is(Val::List(names)), Part::Values]))
        }
        "glob_wildcards" => {
            let names = super::glob::names(value)?.map(Val::str).collect();
            let name = Part::Is(Val::str("Wildcards"));
            Some(("collections.namedtuple", vec![name, Part::Is(Val::List(names)), Part::Values]))
        }
        "files" => Files::from_value(value).map(files),
        "wildcards" => {
            let wildcards = Wildcards::from_value(value)?;
            let values = wildcards.pairs().map(|(_, value)| Val::str(value)).collect();
            Some((WILDCARDS, vec![Part::Is(Val::List(values)), Part::Plain]))
        }
        "named_list" => {
            let list = NamedValues::from_value(value)?;
            Some((NAMED_LIST, vec![Part::Plain, Part::Is(Val::Dict(list.by_name()))]))
        }
        "object" => {
            let name = Class::from_value(Object::from_value(value)?.class())?.name().to_owned();
            Some((OBJECT, vec![Part::Is(Val::str(name)), Part::Plain]))
        }
        _ => None,
    }
}

/// What a range is called with, as Python shows it: the start always, a step of 1 never.
fn bounds(range: Value) -> Vec<i64> {
    let text = range.to_str();
    let numbers = text.split(|c: char| c != '-' && !c.is_ascii_digit()).filter_map(|n| n.parse().ok());
    match *numbers.collect::<Vec<i64>>() {
        [stop] => vec![0, stop],
        [start, stop, 1] => vec![start, stop],
        ref all => all.to_vec(),
    }
}

/// `str` and `repr` of a range.
pub(in crate::eval) fn range_text(range: Value) -> String {
    let bounds: Vec<String> = bounds(range).iter().map(i64::to_string).collect();
    format!("range({})", bounds.join(", "))
}

/// Files of a job know their sizes, and those of a rule do not.
fn files<'v>(files: &Files) -> (&'static str, Vec<Part<'v>>) {
    let maker = if files.size_of.is_some() { FILES } else { NAMED_LIST };
    let stretch = |name: &crate::rule::Name| match files.stretch(name) {
        ([one], false) => Val::str(&**one),
        (several, _) => {
            let items = Val::List(several.iter().map(|path| Val::str(&**path)).collect());
            let given = vec![items.clone(), Val::Dict(Vec::new())];
            Val::Object(Box::new(crate::value::Object { maker: NAMED_LIST, given, plain: items }))
        }
    };
    let names = files.names.iter().map(|name| (Val::str(&*name.name), stretch(name))).collect();
    (maker, vec![Part::Plain, Part::Is(Val::Dict(names))])
}

/// What an object of a class of the Rulefile's holds.
pub(in crate::eval) fn object_fields<'v>(value: Value<'v>) -> Option<Value<'v>> {
    Object::from_value(value).map(|object| object.fields())
}

fn frame<'v>(sheet: &Now) -> (&'static str, Vec<Part<'v>>) {
    let rows = sheet.rows.iter().map(|row| Val::List(row.to_vec())).collect();
    let columns = sheet.columns.iter().map(Name::value).collect();
    let mut parts = vec![Part::Is(Val::List(rows)), Part::Is(Val::List(columns))];
    parts.extend(labels(&sheet.index));
    if !sheet.columns.levels.is_empty() {
        parts.push(Part::Is(Val::List(sheet.columns.levels.iter().map(Name::value).collect())));
    }
    ("pandas.DataFrame", parts)
}

fn series<'v>(column: &Column) -> Option<(&'static str, Vec<Part<'v>>)> {
    if column.by_place || column.of != Maker::Pandas {
        return None;
    }
    let name = column.name.as_ref().map_or(Val::None, Name::value);
    let mut parts = vec![Part::Is(Val::List(column.values.to_vec())), Part::Is(name)];
    parts.extend(labels(&column.index));
    Some(("pandas.Series", parts))
}

/// A row of pandas' functions: a column with the names for labels, or a named tuple.
fn row<'v>(row: &Row) -> Option<(&'static str, Vec<Part<'v>>)> {
    match row.like {
        Like::Column => series(&row.column()),
        Like::List => None,
        Like::Tuple => {
            let names = row.columns.iter().enumerate();
            let names =
                names.map(|(at, name)| if is_word(name) { Val::str(&**name) } else { Val::str(format!("_{at}")) });
            let name = Part::Is(Val::str("Pandas"));
            Some(("collections.namedtuple", vec![name, Part::Is(Val::List(names.collect())), Part::Values]))
        }
    }
}

/// The labels of rows, and the names of the columns that they came from.
fn labels<'v>(index: &Index) -> [Part<'v>; 2] {
    let plain = index.names.is_empty() && index.keys.iter().zip(0..).all(|(key, at)| *key == Val::Int(at));
    let keys = if plain { Val::None } else { Val::List(index.keys.to_vec()) };
    [Part::Is(keys), Part::Is(Val::List(index.names.iter().map(Name::value).collect()))]
}
