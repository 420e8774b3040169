//! Numbers on the command line: cores, sizes, seconds.
//!
//! Owns what is said of wrong ones. It does not know how many cores there are.

use super::config::parse_pair;
use super::parse::usage;
use crate::diag::Diag;
use crate::units;
use crate::value::Val;
use std::time::Duration;

/// Whether a word after `--cores` is its value: a word that begins as a number
/// is, even a wrong one.
pub(super) fn is_cores(word: &str) -> bool {
    matches!(word, "all" | "physical" | "unlimited") || word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

/// How many cores `N`, `all` or `physical` are. `physical` is asked only if it
/// is wanted: the system takes its time to tell.
///
/// # Errors
/// If it is neither a number above zero nor one of the words.
pub fn parse_cores(text: &str, available: u32, physical: &dyn Fn() -> u32) -> Result<u32, Diag> {
    match text {
        "all" | "unlimited" => Ok(available.max(1)),
        "physical" => Ok(physical().min(available).max(1)),
        number => {
            match number.parse() {
                Ok(0) => Err(usage("`--cores 0`: jobs need at least one core")
                    .hint("`-n` says what would run, and runs nothing")),
                Ok(cores) => Ok(cores),
                Err(_) => Err(usage(format!("`--cores {number}`: that is no number of cores"))
                    .hint("write a number above zero, `all` or `physical`")),
            }
        }
    }
}

/// A size in bytes, with or without a unit.
///
/// # Errors
/// In words, if it is none.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let size = units::bytes(text).filter(|size| *size < u64::MAX as f64);
    size.map(|size| size as u64).ok_or_else(|| "not a size; write it as 500k, 10M or 1GiB".into())
}

/// A duration in seconds, whole or not.
///
/// # Errors
/// In words, if it is none.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    seconds.ok_or_else(|| "not a number of seconds".into())
}

/// The bound in a word of `--resources`, and the name it is counted under.
///
/// # Errors
/// If a name or value is missing, or the value is no amount.
pub(super) fn bound(word: &str) -> Result<(String, u64), Diag> {
    let (name, value) = parse_pair("--resources", word)?;
    let wrong = |why: String| usage(format!("`--resources {word}`: {why}"));
    match units::amount(&name, value).map_err(wrong)? {
        Val::Int(n) if n >= 0 => Ok((units::counted(&name).into_owned(), n as u64)),
        _ => Err(wrong("the bound must be a whole number, 0 or more".into())
            .hint(format!("write `--resources {name}=4`; `mem`, `disk` and `runtime` take units, as in `mem=8GB`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores() {
        let cores = |text| parse_cores(text, 8, &|| 4).map_err(|d| d.message);
        assert_eq!([cores("all"), cores("physical"), cores("3"), cores("16")], [Ok(8), Ok(4), Ok(3), Ok(16)]);
        assert_eq!(parse_cores("physical", 2, &|| 4), Ok(2));
        assert!(cores("0").is_err() && cores("4x").is_err() && cores("99999999999").is_err());
    }

    #[test]
    fn sizes() {
        assert_eq!([parse_size("10M"), parse_size("1GiB")], [Ok(10_000_000), Ok(1 << 30)]);
        assert!(parse_size("much").is_err());
    }

    #[test]
    fn seconds() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(parse_seconds("-1").is_err() && parse_seconds("soon").is_err() && parse_seconds("inf").is_err());
    }
}
