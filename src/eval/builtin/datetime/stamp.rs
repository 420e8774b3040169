//! `datetime.date`, `datetime.datetime` and `datetime.time`: a day, a time of day, or
//! both, the latter perhaps with how far the clock is from UTC.
//!
//! Owns the value, its arithmetic and its attributes. How it is written and read by a
//! format is `format`'s and `parse`'s.

use super::civil::{self, LAST_DAY};
use super::delta::{DAY, Delta, SECOND};
use super::format;
use super::maker::{Arguments, Kind, Maker, whole};
use super::zone::Zone;
use crate::eval::builtin::record::Record;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::{SmallMap, StarlarkHasher};
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;

/// A day, a time of day, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval::builtin) struct Stamp {
    /// The number of the day.
    pub(super) day: Option<i64>,
    /// Microseconds since midnight.
    pub(super) micros: Option<i64>,
    /// Microseconds that the clock is ahead of UTC.
    pub(super) zone: Option<Zone>,
}

starlark_simple_value!(Stamp);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(" ", "auto").unwrap_or_default())
    }
}

impl Stamp {
    /// A day by its number.
    ///
    /// # Errors
    /// If there is no such day.
    pub(super) fn day(day: i64) -> starlark::Result<Stamp> {
        match (1..=LAST_DAY).contains(&day) {
            true => Ok(Stamp { day: Some(day), micros: None, zone: None }),
            false => Err(thrown("OverflowError", "date value out of range")),
        }
    }

    /// A day by its year, month and day.
    ///
    /// # Errors
    /// Which of them is out of range.
    pub(super) fn civil(year: i64, month: i64, day: i64) -> starlark::Result<Stamp> {
        if !(1..=9999).contains(&year) {
            return Err(thrown("ValueError", format!("year {year} is out of range")));
        }
        if !(1..=12).contains(&month) {
            return Err(thrown("ValueError", "month must be in 1..12"));
        }
        if !(1..=civil::days_in_month(year, month)).contains(&day) {
            return Err(thrown("ValueError", "day is out of range for month"));
        }
        Stamp::day(civil::ordinal(year, month, day))
    }

    /// A time of day by hour, minute, second and microsecond.
    ///
    /// # Errors
    /// Which of them is out of range.
    pub(super) fn clock([hour, minute, second, micro]: [i64; 4], zone: Option<Zone>) -> starlark::Result<Stamp> {
        let limits =
            [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", micro, 999_999)];
        if let Some((name, _, most)) = limits.into_iter().find(|(_, n, most)| !(0..=*most).contains(n)) {
            return Err(thrown("ValueError", format!("{name} must be in 0..{most}")));
        }
        let micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro;
        Ok(Stamp { day: None, micros: Some(micros), zone })
    }

    /// A moment by its microseconds since the beginning of the year 1.
    ///
    /// # Errors
    /// If that is no day of the calendar.
    pub(super) fn moment(micros: i128, zone: Option<Zone>) -> starlark::Result<Stamp> {
        let day = i64::try_from(micros.div_euclid(DAY)).unwrap_or(-1) + 1;
        Ok(Stamp { micros: Some(micros.rem_euclid(DAY) as i64), zone, ..Stamp::day(day)? })
    }

    /// Microseconds since the beginning of the year 1, by its own clock.
    pub(super) fn since(self) -> i128 {
        i128::from(self.day.unwrap_or(1) - 1) * DAY + i128::from(self.micros.unwrap_or(0))
    }

    /// The same by UTC.
    fn universal(self) -> i128 {
        self.since() - self.zone.map_or(0, |zone| zone.ahead.into())
    }

    pub(super) fn kind(self) -> Kind {
        match (self.day, self.micros) {
            (Some(_), None) => Kind::Date,
            (None, _) => Kind::Time,
            _ => Kind::DateTime,
        }
    }

    /// Whether it is of a class, of which a `datetime` is below `date`.
    pub(in crate::eval::builtin) fn is_a(self, class: Maker) -> bool {
        match class.0 {
            Kind::Date => self.day.is_some(),
            kind => self.kind() == kind,
        }
    }

    /// By a length of time later; of a date, by its days.
    pub(super) fn moved(self, by: i128) -> starlark::Result<Stamp> {
        match self.kind() {
            Kind::Date => Stamp::day(self.day.unwrap_or(1) + by.div_euclid(DAY) as i64),
            Kind::DateTime => Stamp::moment(self.since() + by, self.zone),
            _ => Err(thrown("TypeError", "a time of day has no sum with a length of time")),
        }
    }

    /// Year, month and day.
    pub(super) fn date(self) -> (i64, i64, i64) {
        civil::civil(self.day.unwrap_or_else(|| civil::ordinal(1900, 1, 1)))
    }

    /// Hour, minute, second and microsecond.
    pub(super) fn time(self) -> [i64; 4] {
        let micros = self.micros.unwrap_or(0);
        let seconds = micros / 1_000_000;
        [seconds / 3600, seconds / 60 % 60, seconds % 60, micros % 1_000_000]
    }

    /// As `isoformat` writes it.
    fn iso(self, separator: &str, precision: &str) -> starlark::Result<String> {
        let (year, month, day) = self.date();
        let date = self.day.map_or(String::new(), |_| format!("{year:04}-{month:02}-{day:02}"));
        let Some(micros) = self.micros else { return Ok(date) };
        let [hour, minute, second, micro] = self.time();
        let time = match precision {
            "auto" if micros % 1_000_000 == 0 => format!("{hour:02}:{minute:02}:{second:02}"),
            "auto" | "microseconds" => format!("{hour:02}:{minute:02}:{second:02}.{micro:06}"),
            "milliseconds" => format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000),
            "seconds" => format!("{hour:02}:{minute:02}:{second:02}"),
            "minutes" => format!("{hour:02}:{minute:02}"),
            "hours" => format!("{hour:02}"),
            _ => return Err(thrown("ValueError", "Unknown timespec value")),
        };
        let zone = self.zone.map_or(String::new(), |zone| zone.offset(":"));
        let separator = if self.day.is_some() { separator } else { "" };
        Ok(format!("{date}{separator}{time}{zone}"))
    }

    /// The function of its class that reads what [`Stamp::exactly`] writes.
    pub(in crate::eval::builtin) fn reader(self) -> &'static str {
        match (self.day, self.micros) {
            (Some(_), Some(_)) => "datetime.datetime.fromisoformat",
            (Some(_), None) => "datetime.date.fromisoformat",
            _ => "datetime.time.fromisoformat",
        }
    }

    /// All of it as a text.
    pub(in crate::eval::builtin) fn exactly(self) -> String {
        self.iso("T", "auto").unwrap_or_default()
    }

    fn repr(self) -> String {
        let (year, month, day) = self.date();
        let mut parts = if self.day.is_some() { vec![year, month, day] } else { Vec::new() };
        if self.micros.is_some() {
            let time = self.time();
            let last = (2..4).rev().find(|at| time[*at] != 0).unwrap_or(1);
            parts.extend(&time[..=last]);
        }
        let parts: Vec<String> = parts.iter().map(i64::to_string).collect();
        let zone = self.zone.map_or(String::new(), |zone| format!(", tzinfo={}", zone.repr()));
        format!("datetime.{}({}{zone})", self.kind().name(), parts.join(", "))
    }

    /// # Errors
    /// If its class has no such attribute.
    fn only(self, fits: bool, name: &str) -> starlark::Result<Stamp> {
        match fits {
            true => Ok(self),
            false => {
                let class = self.kind().name();
                Err(thrown("AttributeError", format!("'datetime.{class}' object has no attribute '{name}'")))
            }
        }
    }

    fn unordered(self, operator: &str, other: Value) -> starlark::Error {
        let class = self.kind().name();
        let kind = Stamp::from_value(other).map_or(other.get_type(), |other| other.kind().name());
        thrown("TypeError", format!("unsupported operand type(s) for {operator}: 'datetime.{class}' and '{kind}'"))
    }
}

#[starlark_value(type = "datetime")]
impl<'v> StarlarkValue<'v> for Stamp {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn collect_str(&self, collector: &mut String) {
        collector.push_str(&self.to_string());
    }

    fn collect_repr(&self, collector: &mut String) {
        collector.push_str(&self.repr());
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let (year, month, day) = self.date();
        let [hour, minute, second, micro] = self.time();
        let of_day = |n: i64| self.day.map(|_| heap.alloc(n));
        let of_time = |n: i64| self.micros.map(|_| heap.alloc(n));
        match name {
            "year" => of_day(year),
            "month" => of_day(month),
            "day" => of_day(day),
            "hour" => of_time(hour),
            "minute" => of_time(minute),
            "second" => of_time(second),
            "microsecond" => of_time(micro),
            "tzinfo" => self.micros.map(|_| self.zone.map_or_else(Value::new_none, |zone| heap.alloc(zone))),
            // What is asked of the class may be asked of its values.
            _ => Maker(self.kind()).member(name, heap),
        }
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let Some(delta) = Delta::from_value(other) else { return Some(Err(self.unordered("+", other))) };
        Some(self.moved(delta.micros()).map(|stamp| heap.alloc(stamp)))
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(delta) = Delta::from_value(other) {
            let by = if self.kind() == Kind::Date { -i128::from(delta.days()) * DAY } else { -delta.micros() };
            return Ok(heap.alloc(self.moved(by)?));
        }
        let other = Stamp::from_value(other).filter(|stamp| stamp.kind() == self.kind() && stamp.day.is_some());
        let other = other.ok_or_else(|| thrown("TypeError", "only days, or moments, have a difference"))?;
        if self.zone.is_some() != other.zone.is_some() {
            return Err(thrown("TypeError", "can't subtract offset-naive and offset-aware datetimes"));
        }
        Ok(heap.alloc(Delta::exactly(self.universal() - other.universal())))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let same = |other: &Stamp| {
            other.kind() == self.kind()
                && other.zone.is_some() == self.zone.is_some()
                && other.universal() == self.universal()
        };
        Ok(Stamp::from_value(other).is_some_and(same))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        let stamp = Stamp::from_value(other).filter(|stamp| stamp.kind() == self.kind());
        let stamp = stamp.ok_or_else(|| self.unordered("<", other))?;
        if self.zone.is_some() != stamp.zone.is_some() {
            let what = self.kind().name();
            return Err(thrown("TypeError", format!("can't compare offset-naive and offset-aware {what}s")));
        }
        Ok(self.universal().cmp(&stamp.universal()))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        (self.kind() as u8, self.universal()).hash(hasher);
        Ok(())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn isoformat(
        this: &Stamp,
        #[starlark(default = "T")] sep: &str,
        #[starlark(default = "auto")] timespec: &str,
    ) -> starlark::Result<String> {
        this.iso(sep, timespec)
    }

    fn strftime(this: &Stamp, format: &str) -> starlark::Result<String> {
        format::written(*this, format)
    }

    fn weekday(this: &Stamp) -> starlark::Result<i64> {
        Ok(civil::weekday(this.only(this.day.is_some(), "weekday")?.day.unwrap_or(1)))
    }

    fn isoweekday(this: &Stamp) -> starlark::Result<i64> {
        Ok(civil::weekday(this.only(this.day.is_some(), "isoweekday")?.day.unwrap_or(1)) + 1)
    }

    fn isocalendar<'v>(this: &Stamp, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let (year, week, day) = civil::iso(this.only(this.day.is_some(), "isocalendar")?.day.unwrap_or(1));
        let names = ["year", "week", "weekday"].map(str::to_owned);
        Ok(Record::alloc("datetime.IsoCalendarDate", &names, [year, week, day].map(|n| heap.alloc(n)).to_vec(), heap))
    }

    fn toordinal(this: &Stamp) -> starlark::Result<i64> {
        Ok(this.only(this.day.is_some(), "toordinal")?.day.unwrap_or(1))
    }

    fn ctime(this: &Stamp) -> starlark::Result<String> {
        format::written(this.only(this.day.is_some(), "ctime")?, "%c")
    }

    fn date(this: &Stamp) -> starlark::Result<Stamp> {
        let moment = this.only(this.kind() == Kind::DateTime, "date")?;
        Ok(Stamp { micros: None, zone: None, ..moment })
    }

    fn time(this: &Stamp) -> starlark::Result<Stamp> {
        let moment = this.only(this.kind() == Kind::DateTime, "time")?;
        Ok(Stamp { day: None, zone: None, ..moment })
    }

    fn timetz(this: &Stamp) -> starlark::Result<Stamp> {
        Ok(Stamp { day: None, ..this.only(this.kind() == Kind::DateTime, "timetz")? })
    }

    fn utcoffset<'v>(this: &Stamp, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let zone = this.only(this.micros.is_some(), "utcoffset")?.zone;
        Ok(zone.map_or_else(Value::new_none, |zone| heap.alloc(Delta::exactly(zone.ahead.into()))))
    }

    fn tzname<'v>(this: &Stamp, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let zone = this.only(this.micros.is_some(), "tzname")?.zone;
        Ok(zone.map_or_else(Value::new_none, |zone| heap.alloc(zone.to_string())))
    }

    fn astimezone<'v>(this: &Stamp, #[starlark(require = pos)] tz: Option<Value<'v>>) -> starlark::Result<Stamp> {
        let moment = this.only(this.kind() == Kind::DateTime, "astimezone")?;
        match (moment.zone, tz.and_then(Zone::from_value)) {
            (Some(_), Some(zone)) => Stamp::moment(moment.universal() + i128::from(zone.ahead), Some(*zone)),
            _ => Err(no_local("astimezone")),
        }
    }

    fn timestamp(this: &Stamp) -> starlark::Result<f64> {
        let moment = this.only(this.kind() == Kind::DateTime, "timestamp")?;
        if moment.zone.is_none() {
            return Err(no_local("timestamp"));
        }
        let epoch = i128::from(civil::ordinal(1970, 1, 1) - 1) * DAY;
        Ok((moment.universal() - epoch) as f64 / SECOND as f64)
    }

    fn replace<'v>(
        this: &Stamp,
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<Stamp> {
        let named = named.iter().map(|(name, value)| (name.as_str(), *value));
        replaced(*this, &Arguments::new(this.kind().parameters(), parts.items, named)?)
    }
}

/// What would ask the machine for its time zone.
pub(super) fn no_local(name: &str) -> starlark::Error {
    let why = format!("`{name}` asks for the time zone of the machine, on which no plan depends");
    hinted(why, "write the zone: `.replace(tzinfo=timezone.utc)`")
}

/// With other parts.
fn replaced(this: Stamp, given: &Arguments) -> starlark::Result<Stamp> {
    let (year, month, day) = this.date();
    let [hour, minute, second, micro] = this.time();
    let zone = match given.get("tzinfo") {
        Some(zone) => Zone::given(zone)?,
        None => this.zone,
    };
    let part = |name: &str, own: i64| given.get(name).map_or(Ok(own), |value| whole(value));
    let date = match this.day {
        Some(_) => Stamp::civil(part("year", year)?, part("month", month)?, part("day", day)?)?.day,
        None => None,
    };
    let Some(_) = this.micros else { return Ok(Stamp { day: date, ..this }) };
    let time = [part("hour", hour)?, part("minute", minute)?, part("second", second)?, part("microsecond", micro)?];
    Ok(Stamp { day: date, ..Stamp::clock(time, zone)? })
}
