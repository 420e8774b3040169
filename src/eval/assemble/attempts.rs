//! `retries:` and `timeout:` of a rule.
//!
//! Owns how they are written.

use super::Assembler;
use crate::diag::Diag;
use crate::units::unit_of_time;
use std::time::Duration;

impl Assembler<'_, '_, '_, '_, '_> {
    /// How often a job that failed is tried again.
    pub(super) fn retries(&mut self) -> Option<u32> {
        let (value, slot) = self.single("retries")?;
        match value.unpack_i32().map(u32::try_from) {
            Some(Ok(retries)) => Some(retries),
            Some(Err(_)) => {
                self.fail(Diag::at(slot.span(), "a job cannot be tried again less than 0 times"));
                None
            }
            None => {
                self.wants("retries", "an int", value, slot);
                None
            }
        }
    }

    /// How long a job's command may run.
    pub(super) fn timeout(&mut self) -> Option<Duration> {
        let (value, slot) = self.single("timeout")?;
        let text = value.unpack_str().map(str::to_owned).or_else(|| is_number(value).then(|| value.to_string()));
        let Some(text) = text else {
            self.wants("timeout", "a number of seconds or a string such as \"2h\"", value, slot);
            return None;
        };
        let timeout = parse_duration(&text);
        if timeout.is_none() {
            let diag = Diag::at(slot.span(), format!("`timeout` wants a duration above zero, not `{text}`"));
            self.fail(
                diag.hint("write seconds, or a number with a unit: `90`, `\"45s\"`, `\"90m\"`, `\"1h30m\"`, `\"2d\"`"),
            );
        }
        timeout
    }
}

fn is_number(value: starlark::values::Value<'_>) -> bool {
    matches!(value.get_type(), "int" | "float")
}

/// A duration above zero: seconds, or numbers each with a unit (`1h30m`).
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => sum_of_units(text)?,
    };
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero())
}

fn sum_of_units(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, after) = rest.split_at(number);
        let after = after.trim_start();
        let unit = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(unit);
        let factor = unit_of_time(name)?;
        seconds += count.parse::<f64>().ok()? * factor;
        rest = after.trim_start();
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases =
            [("90", 90.0), ("0.5", 0.5), ("45s", 45.0), ("90m", 5400.0), ("1h30m", 5400.0), ("2 days", 172_800.0)];
        for (text, seconds) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for wrong in ["", "0", "-1", "0s", "h", "2x", "2h3", "inf", "nan", "1e300", "1.2.3s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
