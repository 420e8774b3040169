//! Python's `json`: `loads`, `dumps`, and `load` of what `open` gave.

use super::reading::Opened;
use crate::eval::config;
use crate::eval::convert::{from_val, to_val};
use crate::eval::depth::Step;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
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
    indent: Option<String>,
    sorted: bool,
    /// What stands between elements, and behind keys.
    separators: (String, String),
    ascii: bool,
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
                    let colon = dump.separators.1.clone();
                    dump.out.push_str(&colon);
                    dump.value(value, level)
                })?;
            }
            Val::Func(_) => return Err("a function has no JSON".into()),
            Val::Object(object) => return self.value(&object.plain, level),
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
            if i > 0 {
                self.out.push_str(&self.separators.0);
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
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(level));
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
                '\x7f'.. if !self.ascii => self.out.push(c),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }),
            }
        }
        self.out.push('"');
    }
}

/// A value with what a function gives for what JSON has no form for.
fn plain<'v>(value: Value<'v>, default: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let _step = Step::into_value()?;
    let heap = eval.heap();
    if let Some(dict) = DictRef::from_value(super::inner(value)) {
        let pairs: Vec<(Value, Value)> = dict.iter().collect();
        let pairs = pairs.into_iter().map(|(key, value)| Ok((key, plain(value, default, eval)?)));
        return Ok(heap.alloc(AllocDict(pairs.collect::<starlark::Result<Vec<_>>>()?)));
    }
    match value.get_type() {
        "list" | "tuple" => {
            let items: Vec<Value> = value.iterate(heap)?.collect();
            let items =
                items.into_iter().map(|item| plain(item, default, eval)).collect::<starlark::Result<Vec<_>>>()?;
            Ok(heap.alloc(AllocList(items)))
        }
        "string" | "int" | "float" | "bool" | "NoneType" | "record" => Ok(value),
        _ => {
            let given = eval.eval_function(default, &[value], &[])?;
            plain(given, default, eval)
        }
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
        #[starlark(require = named, default = NoneOr::None)] indent: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] sort_keys: bool,
        #[starlark(require = named, default = NoneOr::None)] separators: NoneOr<(&str, &str)>,
        #[starlark(require = named, default = true)] ensure_ascii: bool,
        #[starlark(require = named, default = NoneOr::None)] default: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<String> {
        let value = match default.into_option() {
            Some(default) => plain(value, default, eval)?,
            None => value,
        };
        let value = to_val(value, eval.heap(), &mut |_| Err(fault("a function has no JSON")))?;
        let blanks = |by: Value| by.unpack_i32().map_or_else(|| by.to_str(), |n| " ".repeat(n.max(0) as usize));
        let indent = indent.into_option().map(blanks);
        let usual = (if indent.is_some() { "," } else { ", " }, ": ");
        let (comma, colon) = separators.into_option().unwrap_or(usual);
        let separators = (comma.to_owned(), colon.to_owned());
        let mut dump = Dump { out: String::new(), indent, sorted: sort_keys, separators, ascii: ensure_ascii };
        dump.value(&value, 0).map_err(fault)?;
        Ok(dump.out)
    }
}
