//! Config files: reading YAML, JSON and TOML, and merging.
//!
//! Owns the formats and the deep merge. It does not know where the files are
//! named, nor what is done with the values.

use crate::diag::Diag;
use crate::span::{Sources, Span};
use crate::value::Val;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value of any of the formats.
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

fn number(text: &str) -> Val {
    let float = || text.parse().map(Val::Float).unwrap_or_else(|_| Val::str(text));
    text.parse().map(Val::Int).unwrap_or_else(|_| float())
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

    fn visit_u64<E>(self, v: u64) -> Result<Val, E> {
        Ok(i64::try_from(v).map_or(Val::Float(v as f64), Val::Int))
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
                (Some(name), Some(text)) if name == PRIVATE[0] => return Ok(number(text)),
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
        _ => yaml(&text).map_err(|(offset, message)| {
            Diag::at(at(offset..offset + 1), format!("this is no YAML: {}", one_line(&message)))
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

fn yaml(text: &str) -> Result<Plain, (usize, String)> {
    if text.trim().is_empty() {
        return Ok(Plain(Val::None));
    }
    let strict = serde_saphyr::options! { strict_booleans: true };
    let read = serde_saphyr::from_str::<Plain>(text);
    let read = read.and_then(|loose| Ok((loose, serde_saphyr::from_str_with_options::<Plain>(text, strict)?)));
    let read = read.map(|(Plain(loose), Plain(strict))| Plain(with_booleans(loose, strict)));
    read.map_err(|e| {
        let place = e.location().map_or(0, |l| offset(text, l.line() as usize, l.column() as usize));
        let message = e.without_snippet().to_string();
        let cut = message.find(" at line ").or_else(|| message.find("\n")).unwrap_or(message.len());
        (place, message[..cut].to_owned())
    })
}

/// Unquoted words that are booleans besides `true` and `false`: those of
/// PyYAML, which Snakemake reads its files with. `y` and `n` are not among them.
const BOOLEANS: [&str; 12] = ["yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"];

/// One value read twice: with every word for a boolean that YAML ever had, and
/// with `true` and `false` only. Keys stay words.
fn with_booleans(loose: Val, strict: Val) -> Val {
    match (loose, strict) {
        (Val::Bool(value), Val::Str(word)) if BOOLEANS.contains(&&*word) => Val::Bool(value),
        (Val::List(loose), Val::List(strict)) => {
            Val::List(loose.into_iter().zip(strict).map(|(l, s)| with_booleans(l, s)).collect())
        }
        (Val::Dict(loose), Val::Dict(strict)) => {
            let pair = |((_, l), (key, s))| (key, with_booleans(l, s));
            Val::Dict(loose.into_iter().zip(strict).map(pair).collect())
        }
        (_, strict) => strict,
    }
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
    }

    #[test]
    fn dicts_merge_deeply() {
        let dict = |text: &str| read_text("c.json", text).expect("json");
        let mut under = dict(r#"{"a": {"x": 1, "y": 2}, "b": 1}"#);
        merge(&mut under, &dict(r#"{"a": {"y": 3}, "c": [1]}"#));
        assert_eq!(under.repr(), "{'a': {'x': 1, 'y': 3}, 'b': 1, 'c': [1]}");
    }
}
