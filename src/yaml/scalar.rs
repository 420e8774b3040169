//! Words and numbers of YAML: which plain text is what.
//!
//! Owns the types of YAML 1.1 as PyYAML reads them: `007` and `0x1F` are ints,
//! `1e3` is a string and `1.0e+3` a float, `yes`, `no`, `on` and `off` are bools.
//! On purpose otherwise: dates and numbers in base 60 (`12:30`) stay strings, an
//! int that is too large is a fault, and of keys only `true` and `false` are bools.

use crate::value::Val;

/// What a plain text is.
#[derive(Debug, PartialEq)]
pub(super) enum Word {
    Value(Val),
    /// `<<`
    Merge,
    /// An int of more than 64 bits.
    TooLarge,
}

/// Types a text that has no quotes.
pub(super) fn word(text: &str) -> Word {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Val::None,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Val::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Val::Bool(false),
        "<<" => return Word::Merge,
        _ => match (int(text), float(text)) {
            (Some(Ok(n)), _) => Val::Int(n),
            (Some(Err(TooLarge)), _) => return Word::TooLarge,
            (None, Some(f)) => Val::Float(f),
            (None, None) => Val::str(text),
        },
    };
    Word::Value(value)
}

/// Whether a word is a bool as a key, too.
pub(super) fn is_plain_bool(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// An int of more than 64 bits.
struct TooLarge;

fn int(text: &str) -> Option<Result<i64, TooLarge>> {
    let (negative, digits) = sign(text);
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'b', ..] => (&digits[2..], 2),
        [b'0', b'x', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        [b'0'..=b'9', ..] => (digits, 10),
        _ => return None,
    };
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.is_empty() || !plain.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    if plain.is_empty() {
        return (base == 8).then_some(Ok(0));
    }
    let signed = format!("{}{plain}", if negative { "-" } else { "" });
    Some(i64::from_str_radix(&signed, base).map_err(|_| TooLarge))
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// A float has a point; its exponent has a sign.
fn float(text: &str) -> Option<f64> {
    let (negative, size) = sign(text);
    match size {
        ".inf" | ".Inf" | ".INF" => return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if size == text => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match size.find(['e', 'E']) {
        Some(at) => (&size[..at], Some(&size[at + 1..])),
        None => (size, None),
    };
    let (whole, part) = mantissa.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    // `.5` has no sign, `5.` needs nothing behind the point.
    let form = if whole.is_empty() { begins(part) && size == text } else { begins(whole) };
    let exponent_fits = exponent.is_none_or(|e| {
        let digits = e.strip_prefix(['+', '-']).unwrap_or("");
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    if !form || !digits(whole) || !digits(part) || !exponent_fits {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A number as Python's `int` and `float` read it, which type the values of
/// Snakemake's `--config`: `007` is 7, `1e-3` is 0.001. None for all else, for an
/// int that would lose digits, and for `inf` and `nan`, which may be names.
pub fn number(text: &str) -> Option<Val> {
    let (_, digits) = sign(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Val::Int);
    }
    text.parse().ok().map(Val::Float)
}

/// A number as Python reads it of any text: [`number`], `1_000`, `inf` and `nan`.
pub fn python_number(text: &str) -> Option<Val> {
    let text = text.trim();
    let (_, digits) = sign(text);
    if ["inf", "infinity", "nan"].iter().any(|word| digits.eq_ignore_ascii_case(word)) {
        return text.to_ascii_lowercase().parse().ok().map(Val::Float);
    }
    if !text.contains('_') {
        return number(text);
    }
    let parted = text.split('_').collect::<Vec<_>>();
    let joins = |pair: &[&str]| {
        pair[0].ends_with(|c: char| c.is_ascii_digit()) && pair[1].starts_with(|c: char| c.is_ascii_digit())
    };
    parted.windows(2).all(joins).then(|| number(&parted.concat())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_numbers_of_any_text() {
        let cases =
            [("1_000", "1000"), ("1_0.5", "10.5"), ("-inf", "-inf"), ("NaN", "nan"), ("+Infinity", "inf"), (" 5", "5")];
        for (text, want) in cases {
            assert_eq!(python_number(text).map(|n| n.repr()).as_deref(), Some(want), "{text}");
        }
        for text in ["1__0", "_1", "1_", "1_e5", "info", "-", "0x10"] {
            assert_eq!(python_number(text), None, "{text}");
        }
    }

    #[test]
    fn pyyamls_types() {
        let cases = [
            ("007", "7"),
            ("0o7", "'0o7'"),
            ("012", "10"),
            ("08", "'08'"),
            ("0_7", "7"),
            ("00", "0"),
            ("0", "0"),
            ("-0", "0"),
            ("+1", "1"),
            ("0x1F", "31"),
            ("0x_1", "1"),
            ("0x", "'0x'"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("1_", "1"),
            ("_1", "'_1'"),
            ("1e3", "'1e3'"),
            ("1e+3", "'1e+3'"),
            ("1.0e3", "'1.0e3'"),
            ("1.0e+3", "1000.0"),
            ("1.e+3", "1000.0"),
            ("1.5E+5", "150000.0"),
            ("0.1e-3", "0.0001"),
            (".5", "0.5"),
            ("+.5", "'+.5'"),
            ("-.5e+3", "'-.5e+3'"),
            ("5.", "5.0"),
            ("0.", "0.0"),
            ("1_0.5", "10.5"),
            (".inf", "inf"),
            ("-.INF", "-inf"),
            (".nan", "nan"),
            ("1-2", "'1-2'"),
            ("1.2.3", "'1.2.3'"),
            (".", "'.'"),
            ("-", "'-'"),
            ("yes", "True"),
            ("Off", "False"),
            ("y", "'y'"),
            ("N", "'N'"),
            ("nUll", "'nUll'"),
            ("~", "None"),
            ("", "None"),
        ];
        for (text, want) in cases {
            assert_eq!(word_value(text).repr(), want, "{text}");
        }
    }

    fn word_value(text: &str) -> Val {
        match word(text) {
            Word::Value(value) => value,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn on_purpose_otherwise() {
        for text in ["12:30", "190:20:30", "2024-01-01", "2024-01-01 10:00:00", "="] {
            assert_eq!(word_value(text), Val::str(text));
        }
        assert_eq!(word("9223372036854775807"), Word::Value(Val::Int(i64::MAX)));
        assert_eq!(word("-9223372036854775808"), Word::Value(Val::Int(i64::MIN)));
        for text in ["9223372036854775808", "0xFFFFFFFFFFFFFFFFF"] {
            assert_eq!(word(text), Word::TooLarge, "{text}");
        }
    }

    #[test]
    fn pythons_numbers() {
        let cases = [
            ("5", "5"),
            ("007", "7"),
            ("012", "12"),
            ("-3", "-3"),
            ("1e-3", "0.001"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
        ];
        for (text, want) in cases {
            assert_eq!(number(text).map(|v| v.repr()).as_deref(), Some(want), "{text}");
        }
        for text in ["", "x", "nan", "inf", "-inf", "infinity", "0x1F", "1-2", "99999999999999999999", "+", "-", "."] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
