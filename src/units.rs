//! Sizes and times with units, and the resources that are counted in them.
//!
//! Owns the spelling of units, as humanfriendly reads them, which Snakemake uses.
//! It does not know who asks for a resource, nor how much there is.

use crate::value::Val;
use std::borrow::Cow;

/// Resources that are sizes: each also with `_mb` and `_mib` behind its name.
const SIZES: [&str; 2] = ["mem", "disk"];

/// The resource that is a time.
const TIME: &str = "runtime";

/// Bytes of a MB and of a MiB.
const MB: f64 = 1e6;
const MIB: f64 = 1_048_576.0;

/// Symbols of powers of 1000, and the first parts of their names.
const POWERS: [(&str, &str, &str); 8] = [
    ("k", "kilo", "kibi"),
    ("m", "mega", "mebi"),
    ("g", "giga", "gibi"),
    ("t", "tera", "tebi"),
    ("p", "peta", "pebi"),
    ("e", "exa", "exbi"),
    ("z", "zetta", "zebi"),
    ("y", "yotta", "yobi"),
];

/// Seconds of each unit of time, by its names.
const TIMES: [(&[&str], f64); 7] = [
    (&["ms", "millisecond", "milliseconds"], 1e-3),
    (&["s", "sec", "secs", "second", "seconds"], 1.0),
    (&["m", "min", "mins", "minute", "minutes"], 60.0),
    (&["h", "hour", "hours"], 3600.0),
    (&["d", "day", "days"], 86_400.0),
    (&["w", "week", "weeks"], 604_800.0),
    (&["y", "year", "years"], 31_449_600.0),
];

/// A number and the unit behind it, in lower case.
fn split(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let plain = number.starts_with(|c: char| c.is_ascii_digit()) && !number.ends_with('.');
    let number = number.parse().ok().filter(|_| plain)?;
    Some((number, unit.trim().to_ascii_lowercase()))
}

/// A size in bytes: a number with or without a unit. `k`, `MB`, `gigabytes` are
/// powers of 1000; `Ki`, `MiB`, `gibibytes` of 1024.
pub fn bytes(text: &str) -> Option<f64> {
    let (number, unit) = split(text)?;
    let unit = unit.strip_suffix('s').filter(|u| !u.is_empty()).unwrap_or(&unit);
    if matches!(unit, "" | "b" | "byte") {
        return Some(number);
    }
    let short = unit.strip_suffix("byte").or(unit.strip_suffix('b')).unwrap_or(unit);
    POWERS.iter().zip(1..).find_map(|((symbol, decimal, binary), power)| {
        let base: f64 = match short {
            s if s == *symbol || s == *decimal => 1000.0,
            s if s == *binary || s.strip_suffix('i') == Some(symbol) => 1024.0,
            _ => return None,
        };
        Some(number * base.powi(power))
    })
}

/// A time in seconds: a number with or without a unit, such as `90`, `5 min`, `2h`.
pub fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = split(text)?;
    if unit.is_empty() {
        return Some(number);
    }
    unit_of_time(&unit).map(|seconds| number * seconds)
}

/// The seconds of a unit of time, by one of its names.
pub fn unit_of_time(name: &str) -> Option<f64> {
    TIMES.iter().find(|(names, _)| names.contains(&name)).map(|(_, seconds)| *seconds)
}

/// Devices, by the name they are counted under and the other one.
const DEVICES: [&str; 2] = ["gpu", "gpus"];

/// The name under which a resource is counted: `mem_mb` for `mem` and `mem_mib`,
/// so for `disk`; `gpu` for `gpus`; all others as they are.
pub fn counted(name: &str) -> Cow<'_, str> {
    match size_of(name) {
        Some((base, _)) => format!("{base}_mb").into(),
        None if name == DEVICES[1] => DEVICES[0].into(),
        None => name.into(),
    }
}

/// Of a resource that is a size: its bare name and what is behind it.
fn size_of(name: &str) -> Option<(&'static str, &str)> {
    let rest = |base: &'static str| Some((base, name.strip_prefix(base)?));
    SIZES.into_iter().filter_map(rest).find(|(_, rest)| matches!(*rest, "" | "_mb" | "_mib"))
}

/// The amount of a resource as it is [`counted`]: sizes in MB, `runtime` in
/// minutes; all others as they are.
///
/// # Errors
/// In words, if a text is no size or time.
pub fn amount(name: &str, value: Val) -> Result<Val, String> {
    if matches!(value, Val::None | Val::Func(_)) {
        return Ok(value);
    }
    match size_of(name) {
        Some((_, "_mib")) => number(name, value, "MiB").map(|n| whole((n * MIB / MB).floor())),
        Some((_, "_mb")) => number(name, value, "MB").map(whole),
        Some(_) => text(value, |text| bytes(text).map(|b| (b / MB).ceil()))
            .map_err(|text| format!("`{name}` is no size: `{text}`; write a number of MB, or `\"8GB\"`")),
        None if name == TIME => text(value, |text| seconds(text).map(|s| (s.round() / 60.0).floor()))
            .map_err(|text| format!("`{name}` is no time: `{text}`; write a number of minutes, or `\"2h\"`")),
        None => Ok(value),
    }
}

fn whole(amount: f64) -> Val {
    Val::Int(amount.round() as i64)
}

/// A number, or a text that is one, in a fixed unit.
fn number(name: &str, value: Val, unit: &str) -> Result<f64, String> {
    match &value {
        Val::Int(n) => Ok(*n as f64),
        Val::Float(f) => Ok(f.round()),
        Val::Str(text) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            text.parse().map_err(|_| format!("`{name}` is too large"))
        }
        other => {
            let base = size_of(name).map_or(name, |(base, _)| base);
            Err(format!("`{name}` is a number of {unit}, not {}; write `{base}=\"8GB\"`", other.repr()))
        }
    }
}

/// A text with its unit, at least 1; a text without is a number as it stands.
fn text(value: Val, read: impl Fn(&str) -> Option<f64>) -> Result<Val, Box<str>> {
    match value {
        Val::Float(f) => Ok(whole(f)),
        Val::Str(text) => {
            let bare = text.trim();
            let plain = bare.bytes().all(|b| b.is_ascii_digit()).then(|| bare.parse().ok()).flatten();
            let amount = plain.or_else(|| read(bare).map(|amount| amount.max(1.0) as i64));
            amount.map(Val::Int).ok_or(text)
        }
        other => Ok(other),
    }
}

/// Other names and forms of a counted resource: of `mem_mb` the text `mem` and
/// the number `mem_mib`, of `gpu` the same as `gpus`.
pub fn other_forms(name: &str, value: &Val) -> Vec<(Box<str>, Val)> {
    match (size_of(name), value) {
        (Some((base, "_mb")), Val::Int(n)) => {
            let mib = (*n as f64 * MB / MIB).ceil();
            vec![(base.into(), Val::str(size(*n as f64 * MB))), (format!("{base}_mib").into(), whole(mib))]
        }
        _ if name == DEVICES[0] => vec![(DEVICES[1].into(), value.clone())],
        _ => Vec::new(),
    }
}

/// A size for people: `8 GB`, `1.5 GB`.
fn size(bytes: f64) -> String {
    let power = (1..=POWERS.len()).rev().find(|p| bytes >= 1000_f64.powi(*p as i32));
    let Some(power) = power else { return format!("{bytes} bytes") };
    let number = format!("{:.2}", bytes / 1000_f64.powi(power as i32));
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {}B", POWERS[power - 1].0.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            ("0", 0.0),
            ("500", 500.0),
            ("13b", 13.0),
            ("5 bytes", 5.0),
            ("10M", 1e7),
            ("1.5k", 1500.0),
            ("2 MB", 2e6),
            ("1 kilobyte", 1e3),
            ("3 gigabytes", 3e9),
            ("1GiB", 1_073_741_824.0),
            ("2 mebibytes", 2_097_152.0),
            ("1Ki", 1024.0),
            ("1tb", 1e12),
        ];
        for (text, want) in cases {
            assert_eq!(bytes(text), Some(want), "{text}");
        }
        for wrong in ["", "M", "1x", "1.2.3", "-1", "1MiBB", "1.", "1 s"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        let cases =
            [("90", 90.0), ("2h", 7200.0), ("1.5 hours", 5400.0), ("5m", 300.0), ("1 d", 86_400.0), ("1w", 604_800.0)];
        for (text, want) in cases {
            assert_eq!(seconds(text), Some(want), "{text}");
        }
        assert!(["", "h", "2 moons", "1h30m"].iter().all(|wrong| seconds(wrong).is_none()));
    }

    #[test]
    fn resources_are_counted_in_one_unit() {
        let int = |name: &str, text: &str| amount(name, Val::str(text)).map(|v| (counted(name).into_owned(), v.repr()));
        let pair = |name: &str, n: &str| Ok((name.to_owned(), n.to_owned()));
        assert_eq!(int("mem", "8GB"), pair("mem_mb", "8000"));
        assert_eq!(int("mem", "8 GiB"), pair("mem_mb", "8590"));
        assert_eq!(int("mem", "10kB"), pair("mem_mb", "1"));
        assert_eq!(int("mem", "500"), pair("mem_mb", "500"));
        assert_eq!(int("disk", "1TB"), pair("disk_mb", "1000000"));
        assert_eq!(int("runtime", "2h"), pair("runtime", "120"));
        assert_eq!(int("runtime", "90s"), pair("runtime", "1"));
        assert_eq!(int("runtime", "1s"), pair("runtime", "1"));
        assert_eq!(int("mem_mb", "800"), pair("mem_mb", "800"));
        assert_eq!(amount("gpus", Val::Int(2)).map(|n| (counted("gpus").into_owned(), n.repr())), pair("gpu", "2"));
        assert_eq!(int("partition", "long"), pair("partition", "'long'"));
        assert_eq!(amount("mem_mib", Val::Int(1000)), Ok(Val::Int(1048)));
        assert_eq!(amount("mem_mb", Val::Float(99.6)), Ok(Val::Int(100)));
        assert_eq!(amount("gpu", Val::Float(0.5)), Ok(Val::Float(0.5)));
        for (name, text) in [("mem", "much"), ("runtime", "2 moons"), ("mem_mb", "8GB"), ("disk_mib", "")] {
            assert!(amount(name, Val::str(text)).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn what_is_decided_later_stays() {
        let function = Val::Func(crate::value::FnId(0));
        assert_eq!(amount("mem_mb", function.clone()), Ok(function));
        assert_eq!(amount("runtime", Val::None), Ok(Val::None));
    }

    #[test]
    fn forms_of_a_size() {
        let forms =
            |n| other_forms("mem_mb", &Val::Int(n)).into_iter().map(|(n, v)| (n, v.display())).collect::<Vec<_>>();
        assert_eq!(forms(8000), [("mem".into(), "8 GB".to_owned()), ("mem_mib".into(), "7630".to_owned())]);
        assert_eq!(forms(1500)[0].1, "1.5 GB");
        assert!(other_forms("partition", &Val::Int(1)).is_empty());
    }
}
