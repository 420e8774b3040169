//! `strptime` and `fromisoformat`: texts read as days and times.

use super::civil::{self, DAYS, MONTHS};
use super::delta::SECOND;
use super::format::short;
use super::stamp::Stamp;
use super::zone::Zone;
use crate::eval::exception::thrown;
use regex::{Captures, Regex};

/// A time by a format.
///
/// # Errors
/// If the text is not what the format says, or the format says what nobody reads.
pub(super) fn read(text: &str, format: &str) -> starlark::Result<Stamp> {
    let pattern = pattern(format)?;
    let regex = Regex::new(&format!("^(?i:{pattern})"))
        .map_err(|_| thrown("ValueError", format!("the format `{format}` asks for something twice")))?;
    let found = regex.captures(text);
    let found =
        found.ok_or_else(|| thrown("ValueError", format!("time data '{text}' does not match format '{format}'")))?;
    let rest = &text[found[0].len()..];
    if !rest.is_empty() {
        return Err(thrown("ValueError", format!("unconverted data remains: {rest}")));
    }
    stamp(&found)
}

fn names(all: &[&str], whole: bool) -> String {
    let all: Vec<&str> = all.iter().map(|name| if whole { name } else { short(name) }).collect();
    all.join("|")
}

/// The regular expression of a format.
fn pattern(format: &str) -> starlark::Result<String> {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '%' => {
                let letter = letters.next();
                let part = letter.and_then(directive).ok_or_else(|| {
                    let shown = letter.map_or(String::new(), String::from);
                    thrown("ValueError", format!("`%{shown}` in the format `{format}` is not read here"))
                })?;
                out.push_str(&part);
            }
            c if c.is_whitespace() => {
                while letters.next_if(|c| c.is_whitespace()).is_some() {}
                out.push_str(r"\s+");
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    Ok(out)
}

/// What a letter of a format stands for.
fn directive(letter: char) -> Option<String> {
    let own = match letter {
        'd' => "3[0-1]|[1-2][0-9]|0[1-9]|[1-9]| [1-9]",
        'f' => "[0-9]{1,6}",
        'H' => "2[0-3]|[0-1][0-9]|[0-9]",
        'I' => "1[0-2]|0[1-9]|[1-9]",
        'j' => "36[0-6]|3[0-5][0-9]|[1-2][0-9][0-9]|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9]",
        'm' => "1[0-2]|0[1-9]|[1-9]",
        'M' => "[0-5][0-9]|[0-9]",
        'S' => "6[0-1]|[0-5][0-9]|[0-9]",
        'y' => "[0-9][0-9]",
        'Y' => "[0-9][0-9][0-9][0-9]",
        'z' => r"[+-][0-9][0-9]:?[0-5][0-9](?::?[0-5][0-9](?:\.[0-9]{1,6})?)?|(?-i:Z)",
        'Z' => "UTC|GMT",
        'p' => "am|pm",
        'w' => "[0-6]",
        'u' => "[1-7]",
        'a' => return Some(format!("(?P<a>{})", names(&DAYS, false))),
        'A' => return Some(format!("(?P<A>{})", names(&DAYS, true))),
        'b' => return Some(format!("(?P<b>{})", names(&MONTHS, false))),
        'B' => return Some(format!("(?P<B>{})", names(&MONTHS, true))),
        '%' => return Some("%".into()),
        'c' => return pattern("%a %b %d %H:%M:%S %Y").ok(),
        'x' => return pattern("%m/%d/%y").ok(),
        'X' => return pattern("%H:%M:%S").ok(),
        _ => return None,
    };
    Some(format!("(?P<{letter}>{own})"))
}

/// What was found as a moment.
fn stamp(found: &Captures) -> starlark::Result<Stamp> {
    let number = |name: &str| found.name(name).and_then(|text| text.as_str().trim().parse::<i64>().ok());
    let named = |name: &str, whole: bool| {
        let text = found.name(name)?.as_str();
        let month = |month: &&str| if whole { month.to_string() } else { short(month).to_owned() };
        MONTHS.iter().position(|name| month(name).eq_ignore_ascii_case(text)).map(|at| at as i64 + 1)
    };
    let short_year = number("y").map(|year| if year <= 68 { 2000 + year } else { 1900 + year });
    let year = number("Y").or(short_year).unwrap_or(1900);
    let month = number("m").or(named("b", false)).or(named("B", true)).unwrap_or(1);
    let day = match number("j") {
        Some(of_year) if (1..=9999).contains(&year) => Stamp::day(civil::ordinal(year, 1, 1) + of_year - 1)?,
        _ => Stamp::civil(year, month, number("d").unwrap_or(1))?,
    };
    let noon = found.name("p").map(|text| text.as_str().eq_ignore_ascii_case("pm"));
    let half = number("I").map(|hour| hour % 12 + if noon == Some(true) { 12 } else { 0 });
    let hour = number("H").or(half).unwrap_or(0);
    let micro = found.name("f").map_or(0, |text| format!("{:0<6}", text.as_str()).parse().unwrap_or(0));
    let zone = found.name("z").map(|text| offset(text.as_str())).transpose()?;
    let time = Stamp::clock([hour, number("M").unwrap_or(0), number("S").unwrap_or(0), micro], zone.flatten())?;
    Ok(Stamp { day: day.day, ..time })
}

fn invalid(text: &str) -> starlark::Error {
    thrown("ValueError", format!("Invalid isoformat string: '{text}'"))
}

/// `+01:00`, `-0130` or `Z`.
fn offset(text: &str) -> starlark::Result<Option<Zone>> {
    if matches!(text, "Z" | "z") {
        return Ok(Some(Zone::UTC));
    }
    let Some((sign, clock)) = text.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-")) else {
        return Ok(None);
    };
    let Some([hour, minute, second, micro]) = clock_of(clock) else { return Ok(None) };
    let ahead = i128::from((hour * 60 + minute) * 60 + second) * SECOND + i128::from(micro);
    Zone::of(if sign == "-" { -ahead } else { ahead }).map(Some)
}

/// Some digits as a number.
fn digits(text: Option<&str>) -> Option<i64> {
    text.filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// `HH[:MM[:SS[.ffffff]]]`, with colons or without.
fn clock_of(text: &str) -> Option<[i64; 4]> {
    let (whole, part) = match text.split_once(['.', ',']) {
        Some((whole, part)) => (whole, Some(part)),
        None => (text, None),
    };
    let colons = whole.contains(':');
    let mut out = [0; 4];
    let mut rest = whole;
    let mut count = 0;
    while !rest.is_empty() && count < 3 {
        if colons && count > 0 {
            rest = rest.strip_prefix(':')?;
        }
        out[count] = digits(rest.get(..2))?;
        (rest, count) = (&rest[2..], count + 1);
    }
    if count == 0 || !rest.is_empty() || (part.is_some() && count < 3) {
        return None;
    }
    if let Some(part) = part {
        digits(Some(part))?;
        out[3] = format!("{part:0<6}")[..6].parse().ok()?;
    }
    Some(out)
}

/// The number of a day by ISO 8601, and how much of the text it took.
fn day_of(text: &str) -> Option<(starlark::Result<Stamp>, usize)> {
    let year = digits(text.get(..4))?;
    let rest = text.get(4..)?;
    let dash = usize::from(rest.starts_with('-'));
    let rest = &rest[dash..];
    if let Some(weeks) = rest.strip_prefix('W') {
        let week = digits(weeks.get(..2))?;
        let behind = &weeks[2..];
        let at = 4 + dash + 3;
        let day = match (dash, behind.strip_prefix('-')) {
            (1, Some(day)) => Some((digits(day.get(..1))?, at + 2)),
            (0, None) => digits(behind.get(..1)).map(|day| (day, at + 1)),
            _ => None,
        };
        let (day, used) = day.unwrap_or((1, at));
        return Some((iso_day(year, week, day), used));
    }
    let month = digits(rest.get(..2))?;
    let rest = if dash == 1 { rest[2..].strip_prefix('-')? } else { &rest[2..] };
    Some((Stamp::civil(year, month, digits(rest.get(..2))?), 8 + 2 * dash))
}

/// A day by its week.
pub(super) fn iso_day(year: i64, week: i64, day: i64) -> starlark::Result<Stamp> {
    let error = |what: String| Err(thrown("ValueError", what));
    if !(1..=9999).contains(&year) {
        return error(format!("Year is out of range: {year}"));
    }
    let weeks = (civil::first_iso_day(year + 1) - civil::first_iso_day(year)) / 7;
    if !(1..=weeks).contains(&week) {
        return error(format!("Invalid week: {week}"));
    }
    if !(1..=7).contains(&day) {
        return error(format!("Invalid weekday: {day} (range is [1, 7])"));
    }
    Stamp::day(civil::first_iso_day(year) + (week - 1) * 7 + day - 1)
}

/// `date.fromisoformat`.
///
/// # Errors
/// If it is no day.
pub(super) fn iso_date(text: &str) -> starlark::Result<Stamp> {
    match day_of(text) {
        Some((day, used)) if used == text.len() => day,
        _ => Err(invalid(text)),
    }
}

/// `time.fromisoformat`.
///
/// # Errors
/// If it is no time of day.
pub(super) fn iso_time(text: &str) -> starlark::Result<Stamp> {
    let bare = text.strip_prefix('T').unwrap_or(text);
    let at = bare.find(['+', '-', 'Z']).unwrap_or(bare.len());
    let time = clock_of(&bare[..at]).ok_or_else(|| invalid(text))?;
    let zone = match &bare[at..] {
        "" => None,
        zone => Some(offset(zone)?.ok_or_else(|| invalid(text))?),
    };
    Stamp::clock(time, zone)
}

/// `datetime.fromisoformat`.
///
/// # Errors
/// If it is no moment.
pub(super) fn iso_moment(text: &str) -> starlark::Result<Stamp> {
    let (day, used) = day_of(text).ok_or_else(|| invalid(text))?;
    let rest = text.get(used..).ok_or_else(|| invalid(text))?;
    let mut behind = rest.chars();
    let time = match behind.next() {
        None => Stamp::clock([0; 4], None)?,
        Some(_) => iso_time(behind.as_str()).map_err(|_| invalid(text))?,
    };
    Ok(Stamp { day: day?.day, ..time })
}
