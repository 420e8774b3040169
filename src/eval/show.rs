//! Values as Python writes them: `str(x)` and `repr(x)`.
//!
//! Owns the text of Starlark's own kinds of values, which Starlark writes
//! otherwise (`"a"` for `'a'`). Others have a text of their own; objects of the
//! Rulefile's classes may have a method that says it.

use super::builtin::{Record, counted, deque_parts, no_text_of_array, range_text, type_of, written};
use super::convert::to_val;
use super::depth::Step;
use super::exception::Exception;
use super::fault::fault;
use super::missing::Missing;
use super::python::NeedsPython;
use crate::value::Val;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::float::UnpackFloat;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{UnpackValue, Value};

/// What has another `str` than `repr`, and says it itself.
const TOLD: [&str; 8] = ["exception", "datetime", "timedelta", "timezone", "files", "wildcards", "named_list", "path"];

/// `str(x)`.
///
/// # Errors
/// Those of a method that writes an object.
pub(super) fn text<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    match value.unpack_str() {
        Some(text) => Ok(text.to_owned()),
        None if TOLD.contains(&value.get_type()) => Ok(value.to_str()),
        None => match written(value, true, eval) {
            Some(text) => text,
            None => repr(value, eval),
        },
    }
}

fn all<'v>(items: &[Value<'v>], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let items = items.iter().map(|v| repr(*v, eval)).collect::<starlark::Result<Vec<_>>>()?;
    Ok(items.join(", "))
}

/// The error of what has no value while the Rulefile is read.
pub(super) fn refused(value: Value) -> Option<starlark::Error> {
    let missing = Missing::from_value(value).map(Missing::refuse);
    missing.or_else(|| NeedsPython::from_value(value).map(NeedsPython::refuse))
}

/// `str(x)` of a value that no class of the Rulefile's has: a number, a text, a constant.
pub(super) fn plainly(value: Value) -> String {
    match UnpackFloat::unpack_value(value) {
        Ok(Some(UnpackFloat(number))) if value.get_type() == "float" => Val::Float(number).repr(),
        _ => value.to_str(),
    }
}

/// Names with their values, as of a named tuple: `a=1, b='x'`.
pub(super) fn fields<'v>(pairs: &[(&str, Value<'v>)], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let field = |(name, value): &(&str, Value<'v>)| Ok(format!("{name}={}", repr(*value, eval)?));
    Ok(pairs.iter().map(field).collect::<starlark::Result<Vec<_>>>()?.join(", "))
}

/// `ascii(x)`: what `repr` gives, other characters by their numbers.
///
/// # Errors
/// Those of [`repr`].
pub(super) fn ascii<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let character = |c: char| match c as u32 {
        _ if c.is_ascii() => c.to_string(),
        code @ ..0x100 => format!("\\x{code:02x}"),
        code @ ..0x10000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    Ok(repr(value, eval)?.chars().map(character).collect())
}

/// `repr(x)`.
///
/// # Errors
/// Those of a method that writes an object.
pub(super) fn repr<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let _step = Step::into_value()?;
    let heap = eval.heap();
    if let Some(list) = ListRef::from_value(value) {
        return Ok(format!("[{}]", all(list.content(), eval)?));
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        let comma = if tuple.len() == 1 { "," } else { "" };
        return Ok(format!("({}{comma})", all(tuple.content(), eval)?));
    }
    if let Some(dict) = DictRef::from_value(super::builtin::inner(value)) {
        let counted = counted(value);
        let (open, close) = if counted.is_some() { ("Counter(", ")") } else { ("", "") };
        if counted.as_ref().is_some_and(Vec::is_empty) {
            return Ok("Counter()".into());
        }
        let pairs: Vec<(Value, Value)> = counted.unwrap_or_else(|| dict.iter().collect());
        drop(dict);
        let pair = |(k, v): (Value<'v>, Value<'v>)| Ok(format!("{}: {}", repr(k, eval)?, repr(v, eval)?));
        let pairs = pairs.into_iter().map(pair).collect::<starlark::Result<Vec<_>>>()?;
        return Ok(format!("{open}{{{}}}{close}", pairs.join(", ")));
    }
    if let Some(record) = Record::from_value(value) {
        return Ok(format!("{}({})", record.typename(), fields(&record.pairs(), eval)?));
    }
    if let Some((items, more)) = deque_parts(value) {
        return Ok(format!("deque({}{more})", repr(items, eval)?));
    }
    if let Some(refused) = refused(value) {
        return Err(refused);
    }
    match value.get_type() {
        "datetime" | "timedelta" | "timezone" => Ok(value.to_repr()),
        "range" => Ok(range_text(value)),
        "path" => Ok(format!("PosixPath({})", Val::str(value.to_str()).repr())),
        "ndarray" => Err(no_text_of_array()),
        "frozenset" => {
            let items: Vec<Value> = value.iterate(heap).map(Iterator::collect).unwrap_or_default();
            let set = format!("{{{}}}", all(&items, eval)?);
            Ok(format!("frozenset({})", if items.is_empty() { "" } else { &set }))
        }
        "set" => {
            let items: Vec<Value> = value.iterate(heap).map(Iterator::collect).unwrap_or_default();
            if items.is_empty() { Ok("set()".into()) } else { Ok(format!("{{{}}}", all(&items, eval)?)) }
        }
        "string" | "float" | "int" | "bool" | "NoneType" => {
            // A whole number beyond 64 bits has no plain form.
            let plain = to_val(value, heap, &mut |_| Err(fault("no function")));
            Ok(plain.map_or_else(|_| value.to_str(), |plain| plain.repr()))
        }
        "files" | "wildcards" | "named_list" => {
            let items: Vec<Value> = value.iterate(heap).map(Iterator::collect).unwrap_or_default();
            Ok(format!("[{}]", all(&items, eval)?))
        }
        "exception" => Ok(Exception::from_value(value).map_or_else(|| value.to_str(), Exception::repr)),
        "function" => Ok(type_of::class_name(value).map_or_else(|| value.to_str(), |name| format!("<class '{name}'>"))),
        _ => written(value, false, eval).unwrap_or_else(|| Ok(value.to_str())),
    }
}
