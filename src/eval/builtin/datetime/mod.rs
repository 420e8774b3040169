//! Python's `datetime` and `calendar`, as far as they ask no clock.

mod civil;
mod delta;
mod format;
mod maker;
mod parse;
mod stamp;
mod zone;

pub(super) use delta::Delta;
pub(super) use maker::Maker;
pub(super) use stamp::Stamp;

use crate::eval::exception::thrown;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::{Heap, Value};

/// A member of one of the two modules.
pub(super) fn member<'v>(module: &str, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    let months = |short: bool| {
        let name = move |name: &&'static str| if short { format::short(name) } else { *name };
        heap.alloc(AllocList(std::iter::once("").chain(civil::MONTHS.iter().map(name))))
    };
    let days = |short: bool| {
        let name = move |name: &&'static str| if short { format::short(name) } else { *name };
        heap.alloc(AllocList(civil::DAYS.iter().map(name)))
    };
    Some(match (module, name) {
        ("datetime", "MINYEAR") => heap.alloc(1),
        ("datetime", "MAXYEAR") => heap.alloc(9999),
        ("datetime", "UTC") => heap.alloc(zone::Zone::UTC),
        ("datetime", _) => heap.alloc(Maker::named(name)?),
        ("calendar", "month_name") => months(false),
        ("calendar", "month_abbr") => months(true),
        ("calendar", "day_name") => days(false),
        ("calendar", "day_abbr") => days(true),
        _ => return None,
    })
}

/// A day or a time by a format, as an f-string asks for it; none of other values.
///
/// A day of a config file is a text here, which Snakemake reads as a day.
pub(super) fn formatted(value: Value, spec: &str) -> Option<starlark::Result<String>> {
    let stamp = match (Stamp::from_value(value), value.unpack_str()) {
        (Some(stamp), _) => *stamp,
        (None, Some(text)) if spec.contains('%') => parse::iso_date(text).or_else(|_| parse::iso_moment(text)).ok()?,
        _ => return None,
    };
    Some(format::written(stamp, spec))
}

/// Whether a value is one of this module, which Python writes in another way in lists.
pub(in crate::eval) fn is_own(value: Value) -> bool {
    Maker::of(value).is_some()
}

#[starlark_module]
pub(super) fn calendar(builder: &mut GlobalsBuilder) {
    fn isleap(#[starlark(require = pos)] year: i64) -> starlark::Result<bool> {
        Ok(civil::is_leap(year))
    }

    fn leapdays(#[starlark(require = pos)] y1: i64, #[starlark(require = pos)] y2: i64) -> starlark::Result<i64> {
        let before = |year: i64| {
            let year = year - 1;
            year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
        };
        Ok(before(y2) - before(y1))
    }

    fn weekday(year: i64, month: i64, day: i64) -> starlark::Result<i64> {
        let day = Stamp::civil(year, month, day)?;
        Ok(civil::weekday(day.day.unwrap_or(1)))
    }

    /// The day of the week that a month begins with, and how many days it has.
    fn monthrange(year: i64, month: i64) -> starlark::Result<(i64, i64)> {
        if !(1..=12).contains(&month) {
            return Err(thrown("ValueError", format!("bad month number {month}; must be 1-12")));
        }
        let first = Stamp::civil(year, month, 1)?;
        Ok((civil::weekday(first.day.unwrap_or(1)), civil::days_in_month(year, month)))
    }
}
