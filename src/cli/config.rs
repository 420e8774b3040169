//! Values of `--config K=V` and their like.
//!
//! Owns how a word becomes a key and a value. It does not know what the keys
//! mean, nor how they join with config files.

use super::parse::usage;
use crate::diag::Diag;
use crate::value::Val;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

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

/// A value as YAML types it: a scalar, or a list or dict in brackets. Text that
/// is no such YAML, or nothing at all, is a string.
pub fn parse_value(text: &str) -> Val {
    let brackets = text.trim_start().starts_with(['[', '{', '"', '\'']);
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    match serde_saphyr::from_str_with_options::<Yaml>(text, options) {
        Ok(Yaml(Val::Str(_) | Val::List(_) | Val::Dict(_))) if !brackets => Val::str(text),
        Ok(Yaml(value)) if !text.trim().is_empty() => value,
        _ => Val::str(text),
    }
}

/// Any YAML value.
struct Yaml(Val);

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(Values).map(Yaml)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Val;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Val, E> {
        Ok(Val::None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Val, E> {
        Ok(Val::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Val, E> {
        Ok(Val::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Val, E> {
        i64::try_from(value).map(Val::Int).map_err(|_| E::custom("too large a number"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Val, E> {
        Ok(Val::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Val, E> {
        Ok(Val::str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Val, A::Error> {
        let mut list = Vec::new();
        while let Some(Yaml(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Val::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Val, A::Error> {
        let mut dict = Vec::new();
        while let Some((Yaml(key), Yaml(value))) = entries.next_entry()? {
            dict.push((key, value));
        }
        Ok(Val::Dict(dict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed_as_yaml() {
        let cases = [
            ("5", "5"),
            ("-3", "-3"),
            ("0.5", "0.5"),
            ("1e-3", "0.001"),
            ("true", "True"),
            ("True", "True"),
            ("yes", "'yes'"),
            ("null", "None"),
            ("[1, x, 2.5]", "[1, 'x', 2.5]"),
            ("{x: 1, y: [a]}", "{'x': 1, 'y': ['a']}"),
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
