//! `datetime.timedelta`: a length of time, in whole microseconds.

use super::stamp::Stamp;
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::float::UnpackFloat;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;

/// Microseconds of a day.
pub(super) const DAY: i128 = 86_400_000_000;
/// Microseconds of a second.
pub(super) const SECOND: i128 = 1_000_000;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval::builtin) struct Delta {
    days: i64,
    /// Of the day; never negative. Starlark's heap aligns nothing as wide as the sum.
    micros: i64,
}

starlark_simple_value!(Delta);

/// The parameters of `timedelta`.
pub(super) const UNITS: [&str; 7] = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
/// The microseconds of each.
const LENGTHS: [i128; 7] = [DAY, SECOND, 1, 1000, 60 * SECOND, 3600 * SECOND, 7 * DAY];

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = self.parts();
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros == 0 { Ok(()) } else { write!(f, ".{micros:06}") }
    }
}

fn overflow() -> starlark::Error {
    thrown("OverflowError", "this is beyond the lengths of time that there are")
}

impl Delta {
    /// So many microseconds.
    ///
    /// # Errors
    /// If Python knows no such length.
    pub(super) fn of(micros: i128) -> starlark::Result<Delta> {
        match micros.div_euclid(DAY).abs() <= 999_999_999 {
            true => Ok(Delta::exactly(micros)),
            false => Err(overflow()),
        }
    }

    /// One that is not too long.
    pub(super) fn exactly(micros: i128) -> Delta {
        Delta { days: micros.div_euclid(DAY) as i64, micros: micros.rem_euclid(DAY) as i64 }
    }

    /// All of it in microseconds.
    pub(super) fn micros(self) -> i128 {
        i128::from(self.days) * DAY + i128::from(self.micros)
    }

    /// The sum of some amounts of units.
    ///
    /// # Errors
    /// If one is no number.
    pub(super) fn sum(amounts: &[Option<Value>]) -> starlark::Result<Delta> {
        let (mut whole, mut rest) = (0_i128, 0.0_f64);
        for ((name, unit), value) in UNITS.iter().zip(LENGTHS).zip(amounts) {
            let Some(value) = value else { continue };
            if let Some(amount) = i64::unpack_value(*value)? {
                whole += i128::from(amount) * unit;
                continue;
            }
            let Some(UnpackFloat(amount)) = UnpackFloat::unpack_value(*value)?.filter(|f| f.0.abs() < 1e18) else {
                let kind = value.get_type();
                return Err(thrown("TypeError", format!("unsupported type for timedelta {name} component: {kind}")));
            };
            whole += amount.trunc() as i128 * unit;
            let part = amount.fract() * unit as f64;
            whole += part.trunc() as i128;
            rest += part.fract();
        }
        // Halves go to the even one.
        let odd = f64::from(u8::from(whole % 2 != 0));
        let near =
            if (rest.round() - rest).abs() == 0.5 { 2.0 * ((rest + odd) * 0.5).round() - odd } else { rest.round() };
        Delta::of(whole + near as i128)
    }

    /// Days, seconds of a day and microseconds of a second; but the first not negative.
    pub(in crate::eval::builtin) fn parts(self) -> (i64, i64, i64) {
        (self.days, self.micros / 1_000_000, self.micros % 1_000_000)
    }

    pub(super) fn days(self) -> i64 {
        self.days
    }

    /// As Python's `repr` has it.
    fn repr(self) -> String {
        let (days, seconds, micros) = self.parts();
        let named = [("days", days), ("seconds", seconds), ("microseconds", micros)];
        let named = named.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}"));
        let named: Vec<String> = named.collect();
        format!("datetime.timedelta({})", if named.is_empty() { "0".into() } else { named.join(", ") })
    }

    fn times(self, by: Value) -> Option<starlark::Result<Delta>> {
        if let Some(by) = i64::unpack_value(by).ok()? {
            return Some(self.micros().checked_mul(by.into()).ok_or_else(overflow).and_then(Delta::of));
        }
        let UnpackFloat(by) = UnpackFloat::unpack_value(by).ok()??;
        let (over, under) = ratio(by)?;
        Some(self.micros().checked_mul(over).ok_or_else(overflow).and_then(|n| Delta::of(nearest(n, under))))
    }
}

/// A number as a fraction, exactly.
fn ratio(number: f64) -> Option<(i128, i128)> {
    let (mut over, mut under) = (number, 1_i128);
    while over.fract() != 0.0 {
        over *= 2.0;
        under = under.checked_mul(2)?;
    }
    (over.abs() < 1e30).then_some((over as i128, under))
}

/// `a / b` as the nearest whole number, halves to the even one.
fn nearest(a: i128, b: i128) -> i128 {
    let (a, b) = if b < 0 { (-a, -b) } else { (a, b) };
    let (whole, rest) = (a.div_euclid(b), a.rem_euclid(b));
    let up = 2 * rest > b || (2 * rest == b && whole % 2 != 0);
    whole + i128::from(up)
}

fn no_zero(by: i128) -> starlark::Result<i128> {
    if by == 0 { Err(thrown("ZeroDivisionError", "division by zero")) } else { Ok(by) }
}

fn unsupported(operator: &str, other: Value) -> starlark::Error {
    let kind = other.get_type();
    thrown("TypeError", format!("unsupported operand type(s) for {operator}: 'datetime.timedelta' and '{kind}'"))
}

#[starlark_value(type = "timedelta")]
impl<'v> StarlarkValue<'v> for Delta {
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
        let (days, seconds, micros) = self.parts();
        let of = |n: i64| Some(heap.alloc(n));
        match name {
            "days" => of(days),
            "seconds" => of(seconds),
            "microseconds" => of(micros),
            _ => None,
        }
    }

    fn to_bool(&self) -> bool {
        self.micros() != 0
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        if let Some(stamp) = Stamp::from_value(other) {
            return Some(stamp.moved(self.micros()).map(|stamp| heap.alloc(stamp)));
        }
        let other = Delta::from_value(other)?;
        Some(Delta::of(self.micros() + other.micros()).map(|sum| heap.alloc(sum)))
    }

    /// `sum` of lengths begins with 0.
    fn radd(&self, left: Value<'v>, _heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Err(thrown(
            "TypeError",
            format!("unsupported operand type(s) for +: '{}' and 'datetime.timedelta'", left.get_type()),
        )))
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let other = Delta::from_value(other).ok_or_else(|| unsupported("-", other))?;
        Ok(heap.alloc(Delta::of(self.micros() - other.micros())?))
    }

    fn mul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.times(other)?.map(|product| heap.alloc(product)))
    }

    fn rmul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        self.mul(other, heap)
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(other) = Delta::from_value(other) {
            return Ok(heap.alloc(self.micros() as f64 / no_zero(other.micros())? as f64));
        }
        if let Some(by) = i64::unpack_value(other)? {
            return Ok(heap.alloc(Delta::of(nearest(self.micros(), no_zero(by.into())?))?));
        }
        let by = UnpackFloat::unpack_value(other)?.ok_or_else(|| unsupported("/", other))?;
        let (over, under) = ratio(by.0).ok_or_else(overflow)?;
        let upper = self.micros().checked_mul(under).ok_or_else(overflow)?;
        Ok(heap.alloc(Delta::of(nearest(upper, no_zero(over)?))?))
    }

    fn floor_div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(other) = Delta::from_value(other) {
            return Ok(heap.alloc(floored(self.micros(), no_zero(other.micros())?) as i64));
        }
        let by = i64::unpack_value(other)?.ok_or_else(|| unsupported("//", other))?;
        Ok(heap.alloc(Delta::of(floored(self.micros(), no_zero(by.into())?))?))
    }

    fn percent(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let other = Delta::from_value(other).ok_or_else(|| unsupported("%", other))?;
        let by = no_zero(other.micros())?;
        Ok(heap.alloc(Delta::exactly(self.micros() - by * floored(self.micros(), by))))
    }

    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Delta::of(-self.micros())?))
    }

    fn plus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(*self))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Delta::from_value(other).is_some_and(|other| other == self))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        let other = Delta::from_value(other).ok_or_else(|| unsupported("<", other))?;
        Ok(self.micros().cmp(&other.micros()))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.micros().hash(hasher);
        Ok(())
    }
}

fn floored(a: i128, b: i128) -> i128 {
    let whole = a / b;
    whole - i128::from(a % b != 0 && (a < 0) != (b < 0))
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn total_seconds(this: &Delta) -> starlark::Result<f64> {
        Ok(this.micros() as f64 / SECOND as f64)
    }
}
