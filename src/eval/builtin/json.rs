//! Python's `json`: `loads`, `dumps`, and `load` of what `open` gave.

use super::reading::Opened;
use crate::eval::config;
use crate::eval::convert::{from_val, to_val};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::fmt::Write;

fn loaded<'v>(text: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    config::json(text)
        .map(|value| from_val(&value, heap))
        .map_err(|why| thrown("JSONDecodeError", format!("this is no JSON: {why}")))
}

/// Python's spelling: `", "` and `": "`, and ASCII alone.
struct Dump {
    out: String,
    indent: Option<usize>,
    sorted: bool,
}

impl Dump {
    fn value(&mut self, value: &Val, level: usize) -> Result<(), String> {
        match value {
            Val::None => self.out.push_str("null"),
            Val::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Val::Int(_) | Val::Float(_) => self.out.push_str(&value.repr()),
            Val::Str(text) | Val::Path(text) => self.text(text),
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                self.sequence('[', items, ']', level, |dump, item, level| dump.value(item, level))?;
            }
            Val::Dict(entries) => {
                let mut entries: Vec<(String, &Val)> = entries.iter().map(|(k, v)| (key(k), v)).collect();
                if self.sorted {
                    entries.sort_by(|a, b| a.0.cmp(&b.0));
                }
                self.sequence('{', &entries, '}', level, |dump, (key, value), level| {
                    dump.text(key);
                    dump.out.push_str(": ");
                    dump.value(value, level)
                })?;
            }
            Val::Func(_) => return Err("a function has no JSON".into()),
        }
        Ok(())
    }

    fn sequence<T>(
        &mut self,
        open: char,
        items: &[T],
        close: char,
        level: usize,
        mut one: impl FnMut(&mut Dump, &T, usize) -> Result<(), String>,
    ) -> Result<(), String> {
        self.out.push(open);
        for (i, item) in items.iter().enumerate() {
            match (self.indent, i) {
                (Some(_), 0) | (None, 0) => {}
                (Some(_), _) => self.out.push(','),
                (None, _) => self.out.push_str(", "),
            }
            self.line(level + 1);
            one(self, item, level + 1)?;
        }
        if !items.is_empty() {
            self.line(level);
        }
        self.out.push(close);
        Ok(())
    }

    /// A new line, if lines are indented.
    fn line(&mut self, level: usize) {
        if let Some(indent) = self.indent {
            self.out.push('\n');
            self.out.push_str(&" ".repeat(indent * level));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.out.extend(['\\', c]),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                ' '..='~' => self.out.push(c),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }),
            }
        }
        self.out.push('"');
    }
}

/// A key of a dict, which is a string in JSON.
fn key(value: &Val) -> String {
    match value {
        Val::Str(text) | Val::Path(text) => text.to_string(),
        Val::None => "null".into(),
        Val::Bool(b) => b.to_string(),
        other => other.repr(),
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// Of a string, or of a file: `json.load`, which Starlark cannot spell, is
    /// read as this.
    fn loads<'v>(#[starlark(require = pos)] from: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match (from.unpack_str(), Opened::from_value(from)) {
            (Some(text), _) => loaded(text, heap),
            (_, Some(file)) => loaded(file.rest(), heap),
            _ => Err(fault(format!("JSON is read from a string or a file, this is of type `{}`", from.get_type()))),
        }
    }

    fn dumps<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = named, default = NoneOr::None)] indent: NoneOr<u32>,
        #[starlark(require = named, default = false)] sort_keys: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<String> {
        let value = to_val(value, heap, &mut |_| Err(fault("a function has no JSON")))?;
        let indent = indent.into_option().map(|n| n as usize);
        let mut dump = Dump { out: String::new(), indent, sorted: sort_keys };
        dump.value(&value, 0).map_err(fault)?;
        Ok(dump.out)
    }
}
