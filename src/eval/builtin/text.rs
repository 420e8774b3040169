//! Methods of Python's strings that Starlark's lack; `open` and `read_text` of
//! paths, which may be strings here.
//!
//! Owns the method that is bound to a text. Lowered text asks for it by `_of`;
//! those of lists, dicts and sets are in `container`.

use super::class;
use super::container;
use super::dicts;
use super::format::{self, Given};
use super::reading::{Opened, opened};
use super::sets;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::eval::limits;
use crate::eval::pure_path::{PurePath, path_text};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::DictRef;
use starlark::values::float::UnpackFloat;
use starlark::values::{
    Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, StringValue, UnpackValue, Value, starlark_value,
};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::OnceLock;

/// A method of a text.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {name} of a string>")]
struct Method {
    text: Box<str>,
    name: Box<str>,
}

starlark_simple_value!(Method);

/// How many columns are on each side of a text of some length.
fn sides(name: &str, missing: usize, width: usize) -> (usize, usize) {
    match name {
        "ljust" => (0, missing),
        // As Python rounds.
        "center" => {
            let left = missing / 2 + (missing & width & 1);
            (left, missing - left)
        }
        _ => (missing, 0),
    }
}

fn zero_filled(text: &str, missing: usize) -> String {
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    format!("{sign}{}{digits}", "0".repeat(missing))
}

fn expanded(text: &str, size: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for c in text.chars() {
        match c {
            '\t' => {
                let blanks = if size == 0 { 0 } else { size - column % size };
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            _ => {
                out.push(c);
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
    }
    out
}

fn swapped(text: &str) -> String {
    let swap =
        |c: char| -> String { if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() } };
    text.chars().map(swap).collect()
}

/// A text with other characters, by a dict of numbers or texts.
fn translated(text: &str, table: Value) -> starlark::Result<String> {
    let table = DictRef::from_value(table).ok_or_else(|| thrown("TypeError", "`.translate()` wants a table"))?;
    let mut out = String::new();
    for c in text.chars() {
        match table.iter().find(|(key, _)| key.unpack_i32() == Some(c as i32)) {
            None => out.push(c),
            Some((_, to)) => match (to.unpack_str(), to.unpack_i32().and_then(|n| char::from_u32(n as u32))) {
                (Some(text), _) => out.push_str(text),
                (_, Some(c)) => out.push(c),
                _ => {}
            },
        }
    }
    Ok(out)
}

impl Method {
    /// The first argument as a count.
    fn count<'v>(&self, args: &[Value<'v>], default: Option<usize>) -> starlark::Result<usize> {
        let given = args.first().map(|v| v.unpack_i32());
        let count = given.map_or(default, |n| n.map(|n| n.max(0) as usize));
        count.ok_or_else(|| fault(format!("`.{}()` wants a number", self.name)))
    }

    /// `split` and `rsplit` with their parameters by name.
    fn parted<'v>(
        &self,
        given: &[Value<'v>],
        named: &SmallMap<StringValue<'v>, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let by_name = |name: &str| named.iter().find(|(n, _)| n.as_str() == name).map(|(_, v)| *v);
        let separator = given.first().copied().or_else(|| by_name("sep")).unwrap_or_else(Value::new_none);
        let most = given.get(1).copied().or_else(|| by_name("maxsplit")).filter(|m| m.unpack_i32() != Some(-1));
        let method = heap.alloc_str(&self.text).to_value().get_attr_error(&self.name, heap)?;
        let args: Vec<Value> = [Some(separator), most].into_iter().flatten().collect();
        eval.eval_function(method, &args, &[])
    }

    fn padded<'v>(&self, args: &[Value<'v>]) -> starlark::Result<String> {
        let width = self.count(args, None)?;
        limits::values(width as u128)?;
        let missing = width.saturating_sub(self.text.chars().count());
        if &*self.name == "zfill" {
            return Ok(zero_filled(&self.text, missing));
        }
        let fill = args.get(1).map_or(Some(" "), |v| v.unpack_str()).filter(|f| f.chars().count() == 1);
        let fill = fill.ok_or_else(|| fault(format!("`.{}()` fills with one character", self.name)))?;
        let (left, right) = sides(&self.name, missing, width);
        Ok(format!("{}{}{}", fill.repeat(left), self.text, fill.repeat(right)))
    }
}

/// A text without the differences of capitals and small letters.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ß' | 'ẞ' => out.push_str("ss"),
            'ς' => out.push('σ'),
            'ſ' => out.push('s'),
            'µ' => out.push('μ'),
            'ŉ' => out.push_str("ʼn"),
            'ﬀ' => out.push_str("ff"),
            'ﬁ' => out.push_str("fi"),
            'ﬂ' => out.push_str("fl"),
            'ﬃ' => out.push_str("ffi"),
            'ﬄ' => out.push_str("ffl"),
            'ﬅ' | 'ﬆ' => out.push_str("st"),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Whether a character is a digit that numbers are written with, in whichever script.
fn is_decimal(c: char) -> bool {
    static DIGITS: OnceLock<regex::Regex> = OnceLock::new();
    let digits = DIGITS.get_or_init(|| regex::Regex::new("^\\d$").expect("bug: it is a pattern"));
    c.is_ascii_digit() || (!c.is_ascii() && digits.is_match(c.encode_utf8(&mut [0; 4])))
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Method {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = args.positions(heap)?.collect();
        let text = &*self.text;
        let all = |is: fn(char) -> bool| Ok(Value::new_bool(!text.is_empty() && text.chars().all(is)));
        let out = match &*self.name {
            "zfill" | "ljust" | "rjust" | "center" => self.padded(&given)?,
            "expandtabs" => expanded(text, self.count(&given, Some(8))?),
            "swapcase" => swapped(text),
            "casefold" => folded(text),
            "isnumeric" => return all(char::is_numeric),
            "isdecimal" => return all(is_decimal),
            "encode" | "decode" => text.to_owned(),
            "translate" => translated(text, args.positional1(heap)?)?,
            "isidentifier" => {
                let first = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
                return Ok(Value::new_bool(first && text.chars().all(|c| c.is_alphanumeric() || c == '_')));
            }
            "isascii" => return Ok(Value::new_bool(text.is_ascii())),
            "format" => {
                let names = args.names_map()?;
                let named = |name: &str| names.iter().find(|(n, _)| n.as_str() == name).map(|(_, v)| *v);
                format::filled(text, &Given { values: &given, named: &named }, eval)?
            }
            "format_map" => {
                let from = dicts::inner(args.positional1(heap)?);
                let named = |name: &str| from.at(heap.alloc(name), heap).ok();
                format::filled(text, &Given { values: &[], named: &named }, eval)?
            }
            "split" | "rsplit" => return self.parted(&given, &args.names_map()?, eval),
            "open" => {
                let mode = given.first().map_or(Some("r"), |v| v.unpack_str()).unwrap_or("");
                return Ok(heap.alloc::<Opened>(opened(text, mode, None, eval)?));
            }
            "read_text" => opened(text, "r", None, eval)?.rest().to_owned(),
            other => panic!("bug: the grammar knows no method `{other}`"),
        };
        Ok(heap.alloc_str(&out).to_value())
    }
}

/// A method of a text that is served here.
pub(super) fn method<'v>(text: &str, name: &str, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Method { text: text.into(), name: name.into() })
}

/// What a method of a number gives that Starlark's lack; none of others.
fn of_number(value: Value, name: &str) -> Option<Number> {
    let whole = i64::unpack_value(value).ok().flatten();
    match (name, whole) {
        ("bit_length", Some(n)) => Some(Number::Count(64 - n.unsigned_abs().leading_zeros())),
        ("is_integer", Some(_)) => Some(Number::Truth(true)),
        ("is_integer", None) => {
            let number = UnpackFloat::unpack_value(value).ok().flatten()?.0;
            Some(Number::Truth(number.is_finite() && number.fract() == 0.0))
        }
        _ => None,
    }
}

/// What a method of a number gives.
#[derive(Clone, Copy, Debug, Allocative)]
enum Number {
    Count(u32),
    Truth(bool),
}

/// A method of a number, whose answer is known.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method of a number>")]
struct Answer(Number);

starlark_simple_value!(Answer);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Answer {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        args.no_positional_args(eval.heap())?;
        Ok(match self.0 {
            Number::Count(count) => eval.heap().alloc(count),
            Number::Truth(truth) => Value::new_bool(truth),
        })
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn _of<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] name: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let reads = matches!(name, "open" | "read_text");
        if let Some(method) = container::method(value, name, heap) {
            return Ok(method);
        }
        // Fields may have the name of a method that is handed on.
        if let Some(function) = class::property(value, name) {
            return eval.eval_function(function, &[value], &[]);
        }
        if let Some(answer) = of_number(value, name) {
            return Ok(heap.alloc(Answer(answer)));
        }
        let of_others = matches!(name, "sort" | "reverse" | "copy" | "isdisjoint" | "count" | "index" | "popitem")
            || sets::takes_several(name);
        if of_others || name.ends_with("_update") {
            return value.get_attr_error(name, heap);
        }
        match path_text(value) {
            Some(text) if reads || PurePath::from_value(value).is_none() => Ok(method(text, name, heap)),
            _ => value.get_attr_error(name, heap),
        }
    }
}

#[starlark_module]
pub(super) fn constants(builder: &mut GlobalsBuilder) {
    const ascii_lowercase: &str = "abcdefghijklmnopqrstuvwxyz";
    const ascii_uppercase: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ascii_letters: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const digits: &str = "0123456789";
    const hexdigits: &str = "0123456789abcdefABCDEF";
    const punctuation: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
}
