//! The classes of `datetime`: what makes values, and what else is asked of a class.
//!
//! Owns parameters and constructors. What would ask a clock is refused.

use super::civil;
use super::delta::{DAY, Delta, SECOND, UNITS};
use super::parse;
use super::stamp::{Stamp, no_local};
use super::zone::Zone;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments as Given, Evaluator};
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::float::UnpackFloat;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value};
use std::fmt;

/// The classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    DateTime,
    Time,
    Delta,
    Zone,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Date => "date",
            Kind::DateTime => "datetime",
            Kind::Time => "time",
            Kind::Delta => "timedelta",
            Kind::Zone => "timezone",
        }
    }

    /// The names of what the class takes, in order.
    pub(super) fn parameters(self) -> &'static [&'static str] {
        const ALL: [&str; 9] = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"];
        match self {
            Kind::Date => &ALL[..3],
            Kind::DateTime => &ALL[..8],
            Kind::Time => &ALL[3..8],
            Kind::Delta => &UNITS,
            Kind::Zone => &["offset"],
        }
    }
}

/// What a call was given, by the names of its parameters.
pub(super) struct Arguments<'v> {
    names: &'static [&'static str],
    values: Vec<Option<Value<'v>>>,
}

impl<'v> Arguments<'v> {
    /// # Errors
    /// See [`Arguments::new`].
    fn of(names: &'static [&'static str], args: &Given<'v, '_>, heap: Heap<'v>) -> starlark::Result<Arguments<'v>> {
        let named = args.names_map()?;
        let named = named.iter().map(|(name, value)| (name.as_str(), *value));
        Arguments::new(names, args.positions(heap)?.collect(), named)
    }

    /// # Errors
    /// If there are too many, or one that there is no parameter for.
    pub(super) fn new<'n>(
        names: &'static [&'static str],
        positions: Vec<Value<'v>>,
        named: impl Iterator<Item = (&'n str, Value<'v>)>,
    ) -> starlark::Result<Arguments<'v>> {
        if positions.len() > names.len() {
            let why = format!("this takes at most {} arguments ({} given)", names.len(), positions.len());
            return Err(thrown("TypeError", why));
        }
        let mut values: Vec<Option<Value>> = positions.into_iter().map(Some).collect();
        values.resize(names.len(), None);
        for (name, value) in named {
            let at = names.iter().position(|own| *own == name).filter(|at| values[*at].is_none());
            let at = at.ok_or_else(|| thrown("TypeError", format!("this takes no further `{name}`")))?;
            values[at] = Some(value);
        }
        Ok(Arguments { names, values })
    }

    pub(super) fn get(&self, name: &str) -> Option<Value<'v>> {
        self.names.iter().position(|own| *own == name).and_then(|at| self.values[at])
    }

    fn wanted(&self, name: &str) -> starlark::Result<Value<'v>> {
        self.get(name).ok_or_else(|| thrown("TypeError", format!("this wants a value for `{name}`")))
    }

    /// A whole number, perhaps one that need not be given.
    fn number(&self, name: &str, default: Option<i64>) -> starlark::Result<i64> {
        match (self.get(name), default) {
            (None, Some(default)) => Ok(default),
            _ => whole(self.wanted(name)?),
        }
    }

    fn text(&self, name: &str) -> starlark::Result<&'v str> {
        let value = self.wanted(name)?;
        value.unpack_str().ok_or_else(|| thrown("TypeError", format!("`{name}` is a text, not {}", value.get_type())))
    }

    fn stamp(&self, name: &str) -> starlark::Result<Stamp> {
        let value = self.wanted(name)?;
        let stamp = Stamp::from_value(value).copied();
        stamp.ok_or_else(|| thrown("TypeError", format!("`{name}` is no {}", value.get_type())))
    }
}

/// A whole number.
///
/// # Errors
/// If it is none.
pub(super) fn whole(value: Value) -> starlark::Result<i64> {
    let kind = value.get_type();
    i64::unpack_value(value)?
        .ok_or_else(|| thrown("TypeError", format!("'{kind}' object cannot be interpreted as an integer")))
}

/// A class.
#[derive(Clone, Copy, Debug, PartialEq, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval::builtin) struct Maker(pub(super) Kind);

starlark_simple_value!(Maker);

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class 'datetime.{}'>", self.0.name())
    }
}

impl Maker {
    /// The class of a value; none if it is not of this module.
    pub(in crate::eval::builtin) fn of(value: Value) -> Option<Maker> {
        let stamp = Stamp::from_value(value).map(|stamp| stamp.kind());
        let kind = stamp.or_else(|| Delta::from_value(value).map(|_| Kind::Delta));
        kind.or_else(|| Zone::from_value(value).map(|_| Kind::Zone)).map(Maker)
    }

    /// A class by its name.
    pub(super) fn named(name: &str) -> Option<Maker> {
        [Kind::Date, Kind::DateTime, Kind::Time, Kind::Delta, Kind::Zone]
            .into_iter()
            .find(|kind| kind.name() == name)
            .map(Maker)
    }

    /// The name, without that of the module.
    pub(in crate::eval::builtin) fn name(self) -> &'static str {
        self.0.name()
    }

    fn made<'v>(self, args: &Given<'v, '_>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let given = Arguments::of(self.0.parameters(), args, heap)?;
        let date =
            || Stamp::civil(given.number("year", None)?, given.number("month", None)?, given.number("day", None)?);
        let time = || {
            let mut parts = [0; 4];
            for (part, name) in parts.iter_mut().zip(["hour", "minute", "second", "microsecond"]) {
                *part = given.number(name, Some(0))?;
            }
            Stamp::clock(parts, given.get("tzinfo").map_or(Ok(None), Zone::given)?)
        };
        Ok(match self.0 {
            Kind::Date => heap.alloc(date()?),
            Kind::Time => heap.alloc(time()?),
            Kind::DateTime => heap.alloc(Stamp { day: date()?.day, ..time()? }),
            Kind::Delta => heap.alloc(Delta::sum(&given.values)?),
            Kind::Zone => {
                let offset = given.wanted("offset")?;
                let delta = Delta::from_value(offset);
                heap.alloc(Zone::of(
                    delta.ok_or_else(|| thrown("TypeError", "a time zone is made of a timedelta"))?.micros(),
                )?)
            }
        })
    }

    /// What is asked of the class.
    pub(super) fn member<'v>(self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let functions: &[&str] = match self.0 {
            Kind::Date => &["fromisoformat", "fromordinal", "fromisocalendar"],
            Kind::DateTime => &[
                "fromisoformat",
                "fromordinal",
                "fromisocalendar",
                "strptime",
                "combine",
                "fromtimestamp",
                "utcfromtimestamp",
            ],
            Kind::Time => &["fromisoformat"],
            Kind::Delta | Kind::Zone => &[],
        };
        let clock = matches!(self.0, Kind::Date | Kind::DateTime) && matches!(name, "today" | "now" | "utcnow");
        if clock && !(self.0 == Kind::Date && name != "today") {
            return Some(heap.alloc(Missing::of_module(&format!("datetime.{}.{name}", self.0.name()))));
        }
        if let Some(name) = functions.iter().find(|own| **own == name) {
            return Some(heap.alloc(Function { of: self.0, name }));
        }
        let end = |last: bool| {
            let (day, micros) = if last { (civil::LAST_DAY, DAY as i64 - 1) } else { (1, 0) };
            let (date, time) = (self.0 != Kind::Time, self.0 != Kind::Date);
            heap.alloc(Stamp { day: date.then_some(day), micros: time.then_some(micros), zone: None })
        };
        Some(match (self.0, name) {
            (Kind::Zone, "utc") => heap.alloc(Zone::UTC),
            (Kind::Date | Kind::DateTime | Kind::Time, "min") => end(false),
            (Kind::Date | Kind::DateTime | Kind::Time, "max") => end(true),
            (_, "__name__") => heap.alloc(self.0.name()),
            _ => return None,
        })
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Maker {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.member(name, heap)
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Maker::from_value(other).is_some_and(|other| other == self))
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Given<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        self.made(args, eval.heap())
    }
}

/// A function of a class: `datetime.strptime`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<function datetime.{}.{name}>", of.name())]
#[allocative(skip)]
struct Function {
    of: Kind,
    name: &'static str,
}

starlark_simple_value!(Function);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Function {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Given<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        self.called(args, heap).map(|stamp| heap.alloc(stamp))
    }
}

impl Function {
    fn called<'v>(&self, args: &Given<'v, '_>, heap: Heap<'v>) -> starlark::Result<Stamp> {
        let given = |names| Arguments::of(names, args, heap);
        // A moment is its day at midnight.
        let whole_day = |day: Stamp| match self.of {
            Kind::DateTime => Stamp { micros: Some(0), ..day },
            _ => day,
        };
        match self.name {
            "fromisoformat" => {
                let given = given(&["date_string"])?;
                let text = given.text("date_string")?;
                match self.of {
                    Kind::Date => parse::iso_date(text),
                    Kind::Time => parse::iso_time(text),
                    _ => parse::iso_moment(text),
                }
            }
            "fromordinal" => {
                let day = given(&["ordinal"])?.number("ordinal", None)?;
                if day < 1 {
                    return Err(thrown("ValueError", "ordinal must be >= 1"));
                }
                Stamp::day(day).map(whole_day)
            }
            "fromisocalendar" => {
                let given = given(&["year", "week", "day"])?;
                let number = |name| given.number(name, None);
                parse::iso_day(number("year")?, number("week")?, number("day")?).map(whole_day)
            }
            "strptime" => {
                let given = given(&["date_string", "format"])?;
                parse::read(given.text("date_string")?, given.text("format")?)
            }
            "combine" => combined(&given(&["date", "time", "tzinfo"])?),
            other => from_timestamp(other, &given(&["timestamp", "tz"])?),
        }
    }
}

fn combined(given: &Arguments) -> starlark::Result<Stamp> {
    let (date, time) = (given.stamp("date")?, given.stamp("time")?);
    if date.day.is_none() || time.kind() != Kind::Time {
        return Err(thrown("TypeError", "`combine` takes a date and a time"));
    }
    let zone = given.get("tzinfo").map_or(Ok(time.zone), Zone::given)?;
    Ok(Stamp { day: date.day, micros: time.micros, zone })
}

/// A moment by its seconds since 1970.
fn from_timestamp(name: &str, given: &Arguments) -> starlark::Result<Stamp> {
    let zone = given.get("tz").map_or(Ok(None), Zone::given)?;
    if name == "fromtimestamp" && zone.is_none() {
        return Err(no_local(name));
    }
    let seconds = given.wanted("timestamp")?;
    let micros = match (i64::unpack_value(seconds)?, UnpackFloat::unpack_value(seconds)?) {
        (Some(whole), _) => i128::from(whole) * SECOND,
        (None, Some(UnpackFloat(seconds))) if seconds.abs() < 1e12 => {
            let whole = seconds.floor();
            whole as i128 * SECOND + ((seconds - whole) * SECOND as f64).round_ties_even() as i128
        }
        _ => return Err(fault("a time stamp is a number of seconds")),
    };
    let epoch = i128::from(civil::ordinal(1970, 1, 1) - 1) * DAY;
    Stamp::moment(epoch + micros + zone.map_or(0, |zone| zone.ahead.into()), zone)
}
