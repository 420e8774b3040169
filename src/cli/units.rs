//! Numbers on the command line: cores, sizes, seconds.
//!
//! Owns their spelling. It does not know how many cores there are.

use super::parse::usage;
use crate::diag::Diag;
use std::time::Duration;

/// Whether a word after `--cores` is its value: a word that begins as a number
/// is, even a wrong one.
pub(super) fn is_cores(word: &str) -> bool {
    matches!(word, "all" | "physical") || word.starts_with(|c: char| c.is_ascii_digit())
}

/// How many cores `N`, `all` or `physical` are.
///
/// # Errors
/// If it is neither a number above zero nor one of the words.
pub fn parse_cores(text: &str, available: u32, physical: u32) -> Result<u32, Diag> {
    match text {
        "all" => Ok(available.max(1)),
        "physical" => Ok(physical.min(available).max(1)),
        number => {
            match number.parse() {
                Ok(0) => Err(usage("`--cores 0`: jobs need at least one core")
                    .hint("`-n` says what would run, and runs nothing")),
                Ok(cores) => Ok(cores),
                Err(_) => {
                    Err(usage(format!("`--cores {number}`: not a number")).hint("write a number, `all` or `physical`"))
                }
            }
        }
    }
}

/// A size in bytes: a number with or without a unit (`k`, `M`, `G`, `T` are
/// powers of 1000; `Ki`, `Mi`, `Gi`, `Ti` of 1024; a `B` may follow).
///
/// # Errors
/// In words, if it is none.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "not a size; write it as 500k, 10M or 1GiB".to_string();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = unit.trim_start().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (base, power) = match unit.strip_suffix('i') {
        Some(unit) => (1024.0_f64, unit),
        None => (1000.0_f64, unit),
    };
    let power = ["", "k", "m", "g", "t"].iter().position(|u| *u == power).ok_or_else(wrong)?;
    Ok((number * base.powi(power as i32)) as u64)
}

/// A duration in seconds, whole or not.
///
/// # Errors
/// In words, if it is none.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    seconds.ok_or_else(|| "not a number of seconds".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores() {
        let cores = |text| parse_cores(text, 8, 4).map_err(|d| d.message);
        assert_eq!([cores("all"), cores("physical"), cores("3"), cores("16")], [Ok(8), Ok(4), Ok(3), Ok(16)]);
        assert_eq!(parse_cores("physical", 2, 4), Ok(2));
        assert!(cores("0").is_err() && cores("4x").is_err() && cores("99999999999").is_err());
    }

    #[test]
    fn sizes() {
        let cases =
            [("0", 0), ("500", 500), ("10M", 10_000_000), ("1.5k", 1500), ("1GiB", 1 << 30), ("2 MB", 2_000_000)];
        for (text, want) in cases {
            assert_eq!(parse_size(text), Ok(want), "{text}");
        }
        for wrong in ["", "M", "1x", "1.2.3", "-1", "1MiBB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(parse_seconds("-1").is_err() && parse_seconds("soon").is_err() && parse_seconds("inf").is_err());
    }
}
