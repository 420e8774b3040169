//! Values of `--config K=V` and their like.
//!
//! Owns how a word becomes a key and a value. It does not know what the keys
//! mean, nor how they join with config files.

use super::parse::usage;
use crate::diag::Diag;
use crate::value::Val;
use crate::yaml;

/// Splits `K=V` and types the value of a resource or a number. `flag` is for the message.
///
/// # Errors
/// If there is no `=` or no key.
pub(super) fn parse_pair(flag: &str, word: &str) -> Result<(String, Val), Diag> {
    let (key, value) = split(flag, word)?;
    Ok((key.to_owned(), parse_amount(value)))
}

/// Splits `K=V` of `--config` and types the value.
///
/// # Errors
/// If there is no `=` or no key.
pub(super) fn parse_setting(word: &str) -> Result<(String, Val), Diag> {
    let (key, value) = split("--config", word)?;
    Ok((key.to_owned(), parse_value(value)))
}

fn split<'w>(flag: &str, word: &'w str) -> Result<(&'w str, &'w str), Diag> {
    match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => Err(usage(format!("`{flag} {word}`: there is no name before the `=`"))
            .hint(format!("write `{flag} NAME=VALUE`"))),
    }
}

/// A number as Python reads it, YAML in quotes or brackets, else a text.
fn parse_amount(text: &str) -> Val {
    if let Some(number) = yaml::number(text.trim()) {
        return number;
    }
    let quoted = text.trim_start().starts_with(['[', '{', '"', '\'']);
    quoted.then(|| yaml::parse(text)).and_then(Result::ok).unwrap_or_else(|| Val::str(text))
}

/// A value of `--config`, typed as Snakemake types it: a number as Python reads
/// it, `True`, `False`, else YAML in which all words and numbers are texts.
/// Nothing at all is `None`, quotes around the whole are taken off.
fn parse_value(text: &str) -> Val {
    let text = text.trim_matches(['\'', '"']);
    match text {
        "" => return Val::None,
        "True" => return Val::Bool(true),
        "False" => return Val::Bool(false),
        _ => {}
    }
    let parsed = || yaml::parse_texts(text).ok();
    // YAML would fold the lines of a text.
    let whole = |value: &Val| value.as_str().is_none() || !text.contains('\n');
    yaml::python_number(text).or_else(parsed).filter(whole).unwrap_or_else(|| Val::str(text))
}

/// What is said of values of `--config` that look like bools and are texts, as in Snakemake.
pub fn doubtful(words: &[String]) -> Vec<String> {
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    let doubtful = pairs.filter_map(|(name, value)| match value {
        "true" | "TRUE" => Some((name, value, "True")),
        "false" | "FALSE" => Some((name, value, "False")),
        _ => None,
    });
    let line = |(name, value, right)| {
        format!("`--config {name}={value}` is the text `{value}`, as in Snakemake; `{name}={right}` is a bool")
    };
    doubtful.map(line).collect()
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
            ("true", "'true'"),
            ("True", "True"),
            ("", "None"),
            ("yes", "'yes'"),
            ("nan", "nan"),
            ("-inf", "-inf"),
            ("1_000", "1000"),
            ("0x1F", "'0x1F'"),
            ("null", "'null'"),
            ("[1, x, 2.5]", "['1', 'x', '2.5']"),
            ("{x: 007, y: [a, yes], z: }", "{'x': '007', 'y': ['a', 'yes'], 'z': ''}"),
            ("\"5\"", "5"),
            ("a: b", "{'a': 'b'}"),
            (" x y ", "'x y'"),
        ];
        for (text, want) in cases {
            assert_eq!(parse_value(text).repr(), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_value_is_itself() {
        for text in ["abc", "*x", "%a", "[a", "2024-01-01", "data/x.tsv", "a\nb", "99999999999999999999x"] {
            assert_eq!(parse_value(text), Val::str(text), "{text}");
        }
    }

    #[test]
    fn texts_that_look_like_bools_are_told() {
        let words = ["a=true", "b=True", "c=FALSE", "d"].map(String::from);
        let lines = doubtful(&words);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], "`--config a=true` is the text `true`, as in Snakemake; `a=True` is a bool");
    }
}
