//! `strftime`: a day or a time written by a format.
//!
//! Owns the letters that a format may hold, as the C library of Linux writes them in
//! the locale `C`.

use super::civil::{self, DAYS, MONTHS};
use super::stamp::Stamp;
use crate::eval::exception::thrown;

/// How a number fills its columns.
#[derive(Clone, Copy)]
enum Fill {
    Zero,
    Blank,
    None,
}

fn number(value: i64, width: usize, fill: Fill) -> String {
    match fill {
        Fill::Zero => format!("{value:0width$}"),
        Fill::Blank => format!("{value:width$}"),
        Fill::None => value.to_string(),
    }
}

/// The first three letters of a name.
pub(super) fn short(name: &str) -> &str {
    &name[..3]
}

/// A day or time by a format.
///
/// # Errors
/// A letter that stands for nothing here, with the way out.
pub(super) fn written(stamp: Stamp, format: &str) -> starlark::Result<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (mut fill, mut upper) = (None, false);
        while let Some(flag) = rest.chars().next().filter(|c| "-_0^".contains(*c)) {
            match flag {
                '-' => fill = Some(Fill::None),
                '_' => fill = Some(Fill::Blank),
                '0' => fill = Some(Fill::Zero),
                _ => upper = true,
            }
            rest = &rest[1..];
        }
        let letter = rest.chars().next();
        let text = letter.and_then(|letter| directive(stamp, letter, fill)).ok_or_else(|| {
            let shown = letter.map_or(String::new(), String::from);
            thrown("ValueError", format!("`%{shown}` in the format `{format}` stands for nothing here"))
        })?;
        out.push_str(&if upper { text.to_uppercase() } else { text });
        rest = &rest[letter.map_or(0, char::len_utf8)..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What a letter stands for; none where Python's releases differ, or ask the machine.
fn directive(stamp: Stamp, letter: char, fill: Option<Fill>) -> Option<String> {
    let (year, month, day) = stamp.date();
    let [hour, minute, second, micro] = stamp.time();
    let ordinal = civil::ordinal(year, month, day);
    let (iso_year, week, weekday) = civil::iso(ordinal);
    if year < 1000 && "YGCcF".contains(letter) {
        return None;
    }
    let of_year = ordinal - civil::ordinal(year, 1, 1);
    let two = |value: i64| Some(number(value, 2, fill.unwrap_or(Fill::Zero)));
    let blank = |value: i64| Some(number(value, 2, fill.unwrap_or(Fill::Blank)));
    let again = |format: &str| written(stamp, format).ok();
    let (day_name, month_name) = (DAYS[weekday as usize - 1], MONTHS[month as usize - 1]);
    match letter {
        '%' => Some("%".into()),
        'n' => Some("\n".into()),
        't' => Some("\t".into()),
        'a' => Some(short(day_name).into()),
        'A' => Some(day_name.into()),
        'b' | 'h' => Some(short(month_name).into()),
        'B' => Some(month_name.into()),
        'Y' => Some(number(year, 4, fill.unwrap_or(Fill::Zero))),
        'G' => Some(number(iso_year, 4, fill.unwrap_or(Fill::Zero))),
        'y' => two(year % 100),
        'g' => two(iso_year % 100),
        'C' => two(year / 100),
        'm' => two(month),
        'd' => two(day),
        'e' => blank(day),
        'j' => Some(number(of_year + 1, 3, fill.unwrap_or(Fill::Zero))),
        'U' => two((of_year + 7 - weekday % 7) / 7),
        'W' => two((of_year + 7 - (weekday - 1)) / 7),
        'V' => two(week),
        'u' => Some(weekday.to_string()),
        'w' => Some((weekday % 7).to_string()),
        'H' => two(hour),
        'I' => two((hour + 11) % 12 + 1),
        'k' => blank(hour),
        'l' => blank((hour + 11) % 12 + 1),
        'M' => two(minute),
        'S' => two(second),
        'f' if fill.is_none() => Some(format!("{micro:06}")),
        'p' => Some(if hour < 12 { "AM" } else { "PM" }.into()),
        'P' => Some(if hour < 12 { "am" } else { "pm" }.into()),
        'z' if fill.is_none() => Some(stamp.zone.map_or(String::new(), |zone| zone.offset(""))),
        'Z' => Some(stamp.zone.map_or(String::new(), |zone| zone.to_string())),
        'D' | 'x' => again("%m/%d/%y"),
        'F' => again("%Y-%m-%d"),
        'T' | 'X' => again("%H:%M:%S"),
        'R' => again("%H:%M"),
        'r' => again("%I:%M:%S %p"),
        'c' => again("%a %b %e %H:%M:%S %Y"),
        _ => None,
    }
}
