//! Values of `--config K=V` and their like.
//!
//! Owns how a word becomes a key and a value. It does not know what the keys
//! mean, nor how they join with config files.

use super::parse::usage;
use crate::diag::Diag;
use crate::value::Val;
use crate::yaml;

/// Splits `K=V` and types the value. `flag` is for the message.
///
/// # Errors
/// If there is no `=` or no key.
pub(super) fn parse_pair(flag: &str, word: &str) -> Result<(String, Val), Diag> {
    match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), parse_value(value))),
        _ => Err(usage(format!("`{flag} {word}`: there is no name before the `=`"))
            .hint(format!("write `{flag} NAME=VALUE`"))),
    }
}

/// The words that are typed besides numbers.
const WORDS: [&str; 9] = ["true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"];

/// A value of `--config`: a number as Python reads it, `true`, `false`, `null`,
/// or YAML in brackets or quotes. All else is a string.
pub fn parse_value(text: &str) -> Val {
    if let Some(number) = yaml::number(text.trim()) {
        return number;
    }
    let bracketed = text.trim_start().starts_with(['[', '{', '"', '\'']);
    let typed = (bracketed || WORDS.contains(&text.trim())).then(|| yaml::parse(text));
    typed.and_then(Result::ok).unwrap_or_else(|| Val::str(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed() {
        let cases = [
            ("5", "5"),
            ("-3", "-3"),
            ("007", "7"),
            ("012", "12"),
            ("0.5", "0.5"),
            ("1e3", "1000.0"),
            ("1e-3", "0.001"),
            ("true", "True"),
            ("True", "True"),
            ("yes", "'yes'"),
            ("nan", "'nan'"),
            ("0x1F", "'0x1F'"),
            ("null", "None"),
            ("[1, x, 2.5]", "[1, 'x', 2.5]"),
            ("{x: 007, y: [a, yes]}", "{'x': 7, 'y': ['a', True]}"),
            ("\"5\"", "'5'"),
        ];
        for (text, want) in cases {
            assert_eq!(parse_value(text).repr(), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_value_is_itself() {
        for text in
            ["", "abc", "a: b", "- x", "*x", "%a", "[a", "a #b", "2024-01-01", "data/x.tsv", "99999999999999999999x"]
        {
            assert_eq!(parse_value(text), Val::str(text), "{text}");
        }
    }
}
