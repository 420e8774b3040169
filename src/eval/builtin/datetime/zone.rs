//! `datetime.timezone`: how far a clock is ahead of UTC, always the same.

use super::delta::{DAY, Delta};
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::starlark_simple_value;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::hash::Hash;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Zone {
    /// Microseconds.
    pub(super) ahead: i64,
}

starlark_simple_value!(Zone);

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UTC")?;
        if self.ahead == 0 { Ok(()) } else { f.write_str(&self.offset(":")) }
    }
}

impl Zone {
    pub(super) const UTC: Zone = Zone { ahead: 0 };

    /// One so far ahead of UTC.
    ///
    /// # Errors
    /// If it is a day or more.
    pub(super) fn of(ahead: i128) -> starlark::Result<Zone> {
        match ahead.abs() < DAY {
            true => Ok(Zone { ahead: ahead as i64 }),
            false => Err(thrown("ValueError", "a time zone is less than a day from UTC")),
        }
    }

    /// What `tzinfo` is given.
    ///
    /// # Errors
    /// If it is no time zone.
    pub(super) fn given(value: Value) -> starlark::Result<Option<Zone>> {
        match Zone::from_value(value) {
            Some(zone) => Ok(Some(*zone)),
            None if value.is_none() => Ok(None),
            None => Err(thrown("TypeError", "tzinfo argument must be None or of a tzinfo subclass")),
        }
    }

    /// `+01:00`; with seconds and parts of them where it has some.
    pub(super) fn offset(self, colon: &str) -> String {
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let (seconds, micros) = (self.ahead.abs() / 1_000_000, self.ahead.abs() % 1_000_000);
        let mut text = format!("{sign}{:02}{colon}{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 || micros != 0 {
            text += &format!("{colon}{:02}", seconds % 60);
        }
        if micros == 0 { text } else { format!("{text}.{micros:06}") }
    }

    pub(super) fn repr(self) -> String {
        match self.ahead {
            0 => "datetime.timezone.utc".to_owned(),
            ahead => {
                let mut delta = String::new();
                StarlarkValue::collect_repr(&Delta::exactly(ahead.into()), &mut delta);
                format!("datetime.timezone({delta})")
            }
        }
    }
}

#[starlark_value(type = "timezone")]
impl<'v> StarlarkValue<'v> for Zone {
    fn collect_str(&self, collector: &mut String) {
        collector.push_str(&self.to_string());
    }

    fn collect_repr(&self, collector: &mut String) {
        collector.push_str(&self.repr());
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Zone::from_value(other).is_some_and(|other| other == self))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.ahead.hash(hasher);
        Ok(())
    }
}
