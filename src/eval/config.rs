//! Config files: reading them by their format, and merging.
//!
//! Owns which format a file has, the values of JSON and TOML, and the deep merge. It does not know where the files are
//! named, nor what is done with the values.

use crate::diag::Diag;
use crate::span::{Sources, Span};
use crate::value::Val;
use crate::yaml;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value of JSON or TOML.
struct Plain(Val);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Plain)
    }
}

struct PlainVisitor;

/// How `serde_json` hands out numbers where the build keeps them as text, and
/// how `toml` hands out dates.
const PRIVATE: [&str; 2] = ["$serde_json::private::Number", "$__toml_private_datetime"];

/// An int keeps its digits; what has a point or an exponent is a float.
fn number<E: Error>(text: &str) -> Result<Val, E> {
    if text.contains(['.', 'e', 'E']) {
        return Ok(text.parse().map(Val::Float).unwrap_or_else(|_| Val::str(text)));
    }
    text.parse().map(Val::Int).map_err(|_| E::custom(too_large(text)))
}

fn too_large(text: impl fmt::Display) -> String {
    format!("the number `{text}` is too large: it would lose digits, write it as a string")
}

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Val;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a config value")
    }

    fn visit_unit<E>(self) -> Result<Val, E> {
        Ok(Val::None)
    }

    fn visit_none<E>(self) -> Result<Val, E> {
        Ok(Val::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Val, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Val, E> {
        Ok(Val::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Val, E> {
        Ok(Val::Int(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Val, E> {
        i64::try_from(v).map(Val::Int).map_err(|_| E::custom(too_large(v)))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Val, E> {
        Ok(Val::Float(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<Val, E> {
        Ok(Val::str(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Val, A::Error> {
        let mut items = Vec::new();
        while let Some(Plain(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Val::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Val, A::Error> {
        let mut entries = Vec::new();
        while let Some(Plain(key)) = map.next_key()? {
            let Plain(value) = map.next_value()?;
            match (key.as_str(), value.as_str()) {
                (Some(name), Some(text)) if name == PRIVATE[0] => return number(text),
                (Some(name), Some(text)) if name == PRIVATE[1] => return Ok(Val::str(text)),
                _ => entries.push((key, value)),
            }
        }
        Ok(Val::Dict(entries))
    }
}

/// Reads a config file; its format is told by its extension, YAML if unknown.
///
/// # Errors
/// What is wrong in the file, at its place, or that it cannot be read.
pub(super) fn read(path: &str, sources: &mut Sources) -> Result<Val, Diag> {
    let text = std::fs::read_to_string(path).map_err(|e| super::load::unreadable("config file", path, &e))?;
    let file = sources.add(path, text.as_str());
    let at = |range: std::ops::Range<usize>| Span::new(file, range.start.min(text.len()), range.end.min(text.len()));
    let parsed = match path.rsplit('.').next() {
        Some("json") => serde_json::from_str::<Plain>(&text).map_err(|e| {
            let offset = offset(&text, e.line(), e.column());
            let message = e.to_string();
            let message = message.split(" at line ").next().unwrap_or("").to_owned();
            Diag::at(at(offset..offset + 1), format!("this is no JSON: {message}"))
        }),
        Some("toml") => toml::from_str::<Plain>(&text)
            .map_err(|e| Diag::at(at(e.span().unwrap_or(0..0)), format!("this is no TOML: {}", one_line(e.message())))),
        _ => yaml::parse(&text).map(Plain).map_err(|fault| {
            let diag = Diag::at(at(fault.range), fault.message).maybe_hint(fault.hint);
            fault.other.into_iter().fold(diag, |d, (range, text)| d.label(at(range), text))
        }),
    };
    match parsed?.0 {
        Val::None => Ok(Val::Dict(Vec::new())),
        Val::Dict(entries) => Ok(Val::Dict(entries)),
        other => {
            let end = text.find('\n').unwrap_or(text.len());
            Err(Diag::at(at(0..end), format!("a config file holds keys and values, this one is {}", other.kind())))
        }
    }
}

/// The value of a JSON text.
///
/// # Errors
/// What is wrong, with line and column.
pub(super) fn json(text: &str) -> Result<Val, String> {
    serde_json::from_str::<Plain>(text).map(|plain| plain.0).map_err(|e| e.to_string())
}

fn one_line(text: &str) -> &str {
    text.lines().next().unwrap_or("").trim()
}

/// The byte at a line and column, both from 1, the column in characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let rest = text[start..].lines().next().unwrap_or("");
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(i, _)| i)
}

/// Puts values over values: dicts are merged key by key, all else is replaced.
pub(super) fn merge(under: &mut Val, over: &Val) {
    let (Val::Dict(entries), Val::Dict(news)) = (&mut *under, over) else {
        *under = over.clone();
        return;
    };
    for (key, value) in news {
        match entries.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => merge(old, value),
            None => entries.push((key.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> Result<Val, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        let mut sources = Sources::default();
        let result = read(path.to_str().expect("UTF-8"), &mut sources);
        result.map_err(|d| format!("{} @ {:?}", d.message, sources.line_col(d.labels[0].span)))
    }

    #[test]
    fn three_formats_one_value() {
        let want = "{'a': 1, 'b': [1.5, True, None, 'x'], 'c': {'d': 'e'}}";
        for (name, text) in [
            ("c.yaml", "a: 1\nb: [1.5, true, null, x]\nc:\n  d: e\n"),
            ("c.json", r#"{"a": 1, "b": [1.5, true, null, "x"], "c": {"d": "e"}}"#),
        ] {
            assert_eq!(read_text(name, text).expect(name).repr(), want);
        }
        let toml = read_text("c.toml", "a = 1\nb = [1.5, 2.5]\n[c]\nd = 2020-01-01\n").expect("toml");
        assert_eq!(toml.repr(), "{'a': 1, 'b': [1.5, 2.5], 'c': {'d': '2020-01-01'}}");
        assert_eq!(read_text("e.yaml", "# nothing\n").expect("empty").repr(), "{}");
    }

    #[test]
    fn words_for_booleans_are_pythons() {
        let text = "x: 1\ny: 2\nn: y\non: no\na: [Yes, off, true, 'no', \"on\", n]\n";
        let want = "{'x': 1, 'y': 2, 'n': 'y', 'on': False, 'a': [True, False, True, 'no', 'on', 'n']}";
        assert_eq!(read_text("c.yaml", text).expect("yaml").repr(), want);
    }

    #[test]
    fn faults_have_places() {
        let json = read_text("c.json", "{\n  \"a\": }").unwrap_err();
        assert!(json.ends_with("@ (2, 8)"), "{json}");
        assert!(read_text("c.toml", "a = 1\nb = = 2\n").is_err_and(|e| e.contains("@ (2, ")), "toml");
        assert!(read_text("c.yaml", "a: 1\nb: [1\nc: 2\n").is_err_and(|e| e.contains("@ (")), "yaml");
        assert!(read_text("c.yaml", "- a\n").is_err_and(|e| e.contains("this one is a list")));
        let twice = read_text("c.yaml", "a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(twice, "the key `a` is given twice @ (3, 1)");
        let large = |name, text| read_text(name, text).unwrap_err();
        assert!(large("c.yaml", "a: 1\nb: 12345678901234567890\n").ends_with("would lose digits @ (2, 4)"));
        let json = large("c.json", "{\n  \"a\": 12345678901234567890}");
        assert!(json.contains("would lose digits") && json.contains("@ (2, "), "{json}");
    }

    #[test]
    fn dicts_merge_deeply() {
        let dict = |text: &str| read_text("c.json", text).expect("json");
        let mut under = dict(r#"{"a": {"x": 1, "y": 2}, "b": 1}"#);
        merge(&mut under, &dict(r#"{"a": {"y": 3}, "c": [1]}"#));
        assert_eq!(under.repr(), "{'a': {'x': 1, 'y': 3}, 'b': 1, 'c': [1]}");
    }
}
