//! Plain values: what is left of the Rulefile's expressions once they are evaluated.
//!
//! Owns the type and its text forms (Python's `str` and `repr`, which is what
//! templates print and records keep). It does not know where values come from.

mod named;

pub use named::{FILES, NAMED_LIST, NamedList, WILDCARDS};

use std::fmt::Write;

/// Names a function of the Rulefile that is called later. Opaque: only `eval` can call it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FnId(pub u32);

/// An evaluated value.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Val {
    /// `None`.
    #[default]
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Box<str>),
    /// A path as an object (`pathlib.Path`).
    Path(Box<str>),
    /// A list.
    List(Vec<Val>),
    /// A tuple.
    Tuple(Vec<Val>),
    /// A set, in the order in which it was made.
    Set(Vec<Val>),
    /// A dict or struct, in order.
    Dict(Vec<(Val, Val)>),
    /// A function to be called when the job is known.
    Func(FnId),
    /// What Python makes of plain values by a class.
    Object(Box<Object>),
}

/// What makes an object of a class of the Rulefile's, of its name and a dict.
pub const OBJECT: &str = "object";

/// An object of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What makes it: the path of a class or of a function of one, from its module.
    pub maker: &'static str,
    /// What that is called with.
    pub given: Vec<Val>,
    /// What stands for it where no Python is.
    pub plain: Val,
}

impl Object {
    /// The class of the Rulefile's that it is of, if there is such a one.
    pub fn own_class(&self) -> Option<&str> {
        let named = matches!(self.maker, OBJECT | "collections.namedtuple");
        self.given.first().filter(|_| named).and_then(Val::as_str)
    }

    /// Python's `str(x)`; tables and dates are as their plain values are.
    fn text(&self) -> String {
        if let Some(list) = self.named_list() {
            return list.text();
        }
        match self.maker.split_once('.') {
            Some(("pandas" | "datetime", _)) => self.plain.display(),
            _ => {
                let mut out = String::new();
                self.write(Written::Shown, &mut out);
                out
            }
        }
    }

    fn write(&self, written: Written, out: &mut String) {
        match (self.named_list(), written) {
            (Some(list), Written::Shown) => list.items.write(written, out),
            (Some(_), Written::Recorded) => self.plain.write(written, out),
            (None, Written::Shown) if self.maker.starts_with("pandas.") => self.plain.write(written, out),
            (None, _) => {
                out.push_str(self.maker.rsplit('.').next().unwrap_or(self.maker));
                sequence(out, "(", self.given.iter(), ")", |value, out| value.write(written, out));
            }
        }
    }
}

/// Whom Python's `repr(x)` is for.
#[derive(Clone, Copy)]
enum Written {
    Shown,
    /// Records, which keep of a named list what stands for it where no Python is.
    Recorded,
}

impl Val {
    /// A string value.
    pub fn str(text: impl Into<Box<str>>) -> Val {
        Val::Str(text.into())
    }

    /// The string, if it is one or a path.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Val::Str(s) | Val::Path(s) => Some(s),
            _ => None,
        }
    }

    /// What kind of value, in the user's words.
    pub fn kind(&self) -> &'static str {
        match self {
            Val::None => "None",
            Val::Bool(_) => "a bool",
            Val::Int(_) => "an int",
            Val::Float(_) => "a float",
            Val::Str(_) => "a string",
            Val::Path(_) => "a path",
            Val::List(_) => "a list",
            Val::Tuple(_) => "a tuple",
            Val::Set(_) => "a set",
            Val::Dict(_) => "a dict",
            Val::Func(_) => "a function",
            Val::Object(object) => object.plain.kind(),
        }
    }

    /// The elements of a list, a tuple or a set.
    pub fn items(&self) -> Option<&[Val]> {
        match self {
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => Some(items),
            Val::Object(object) => object.plain.items(),
            _ => None,
        }
    }

    /// With lists for tuples and sets and strings for paths, as YAML, JSON and tables have
    /// them.
    pub fn listed(self) -> Val {
        match self {
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                Val::List(items.into_iter().map(Val::listed).collect())
            }
            Val::Dict(entries) => Val::Dict(entries.into_iter().map(|(key, value)| (key, value.listed())).collect()),
            Val::Path(path) => Val::Str(path),
            Val::Object(object) => object.plain.listed(),
            other => other,
        }
    }

    /// Calls with each object in a value, from the outermost on.
    pub fn each_object<'a>(&'a self, visit: &mut dyn FnMut(&'a Object)) {
        match self {
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                items.iter().for_each(|item| item.each_object(visit));
            }
            Val::Dict(entries) => entries.iter().for_each(|(_, value)| value.each_object(visit)),
            Val::Object(object) => {
                visit(object);
                object.given.iter().for_each(|part| part.each_object(visit));
            }
            _ => {}
        }
    }

    /// The entry of a dict under a string key.
    pub fn get(&self, key: &str) -> Option<&Val> {
        match self {
            Val::Dict(entries) => entries.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v),
            Val::Object(object) => object.plain.get(key),
            _ => None,
        }
    }

    /// Python's `str(x)`.
    pub fn text(&self) -> String {
        if let Val::Object(object) = self {
            return object.text();
        }
        self.as_str().map_or_else(|| self.repr(), str::to_owned)
    }

    /// Python's `str(x)`, but a list, tuple or set is the texts of its elements joined
    /// by spaces, as Snakemake's placeholders print it.
    pub fn display(&self) -> String {
        match self {
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                items.iter().map(Val::text).collect::<Vec<_>>().join(" ")
            }
            Val::Object(object) => object.named_list().map_or_else(|| object.text(), |list| list.display()),
            other => other.text(),
        }
    }

    /// The value as JSON; what JSON does not have is a text.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Val::None => serde_json::Value::Null,
            Val::Bool(on) => (*on).into(),
            Val::Int(n) => (*n).into(),
            Val::Float(figure) => (*figure).into(),
            Val::Str(text) | Val::Path(text) => (&**text).into(),
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => items.iter().map(Val::to_json).collect(),
            Val::Dict(pairs) => pairs.iter().map(|(key, value)| (key.display(), value.to_json())).collect(),
            Val::Func(_) => self.display().into(),
            Val::Object(object) => object.plain.to_json(),
        }
    }

    /// Python's `repr(x)`.
    pub fn repr(&self) -> String {
        let mut out = String::new();
        self.write(Written::Shown, &mut out);
        out
    }

    /// The text that records keep.
    pub fn recorded(&self) -> String {
        let mut out = String::new();
        self.write(Written::Recorded, &mut out);
        out
    }

    fn write(&self, written: Written, out: &mut String) {
        match self {
            Val::None => out.push_str("None"),
            Val::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
            Val::Int(i) => {
                let _ = write!(out, "{i}");
            }
            Val::Float(f) => out.push_str(&float(*f)),
            Val::Str(s) => repr_str(s, out),
            Val::Path(path) => {
                out.push_str("PosixPath(");
                repr_str(path, out);
                out.push(')');
            }
            Val::List(items) => sequence(out, "[", items.iter(), "]", |v, out| v.write(written, out)),
            Val::Tuple(items) => {
                let close = if items.len() == 1 { ",)" } else { ")" };
                sequence(out, "(", items.iter(), close, |v, out| v.write(written, out));
            }
            Val::Set(items) if items.is_empty() => out.push_str("set()"),
            Val::Set(items) => sequence(out, "{", items.iter(), "}", |v, out| v.write(written, out)),
            Val::Dict(entries) => sequence(out, "{", entries.iter(), "}", |(k, v), out| {
                k.write(written, out);
                out.push_str(": ");
                v.write(written, out);
            }),
            Val::Func(_) => out.push_str("<function>"),
            Val::Object(object) => object.write(written, out),
        }
    }
}

fn sequence<T>(
    out: &mut String,
    open: &str,
    items: impl Iterator<Item = T>,
    close: &str,
    mut write: impl FnMut(T, &mut String),
) {
    out.push_str(open);
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push_str(close);
}

/// Python's text of a float: shortest that reads back, with `.0` for whole
/// numbers and an exponent from 1e16 up and below 1e-4.
fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.into();
    }
    let size = f.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{f:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |n| ('-', n));
        return format!("{digits}e{sign}{number:0>2}");
    }
    let text = format!("{f}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn repr_str(s: &str, out: &mut String) {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in s.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_keep_all_that_a_sheet_is_made_from() {
        let sheet = |labels: &str| {
            let given = vec![Val::List(vec![Val::Int(1)]), Val::str(labels)];
            Val::Object(Box::new(Object { maker: "pandas.DataFrame", given, plain: Val::List(vec![Val::Int(1)]) }))
        };
        assert_eq!(sheet("a").repr(), sheet("b").repr());
        assert_ne!(Val::List(vec![sheet("a")]).recorded(), Val::List(vec![sheet("b")]).recorded());
    }

    #[test]
    fn texts_are_pythons() {
        let cases = [
            (Val::None, "None"),
            (Val::Bool(true), "True"),
            (Val::Float(1.0), "1.0"),
            (Val::Float(1e16), "1e+16"),
            (Val::Float(1.5e-7), "1.5e-07"),
            (Val::Float(0.1), "0.1"),
            (Val::str("it's"), "\"it's\""),
            (Val::str("a\nb"), "'a\\nb'"),
            (Val::List(vec![Val::Int(1), Val::str("x")]), "[1, 'x']"),
            (Val::Tuple(vec![Val::Int(1)]), "(1,)"),
            (Val::Tuple(vec![]), "()"),
            (Val::Set(vec![]), "set()"),
            (Val::Set(vec![Val::Tuple(vec![Val::Int(1), Val::Int(2)])]), "{(1, 2)}"),
            (Val::Dict(vec![(Val::str("k"), Val::Int(2))]), "{'k': 2}"),
        ];
        for (value, want) in cases {
            assert_eq!(value.repr(), want);
        }
        assert_eq!(Val::List(vec![Val::Int(1), Val::str("x")]).display(), "1 x");
        assert_eq!(Val::Tuple(vec![Val::List(vec![Val::Int(1)]), Val::str("x")]).display(), "[1] x");
    }
}
