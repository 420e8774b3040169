//! Values as Python writes them: `str(x)` and `repr(x)`.
//!
//! Owns the text of Starlark's own kinds of values, which Starlark writes
//! otherwise (`"a"` for `'a'`). Others have a text of their own.

use super::convert::to_val;
use super::exception::Exception;
use super::fault::fault;
use crate::value::Val;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};

/// `str(x)`.
pub(super) fn text<'v>(value: Value<'v>, heap: Heap<'v>) -> String {
    match value.unpack_str() {
        Some(text) => text.to_owned(),
        None if value.get_type() == "exception" => value.to_str(),
        None => repr(value, heap),
    }
}

/// `repr(x)`.
pub(super) fn repr<'v>(value: Value<'v>, heap: Heap<'v>) -> String {
    let all = |items: &[Value<'v>]| items.iter().map(|v| repr(*v, heap)).collect::<Vec<_>>().join(", ");
    if let Some(list) = ListRef::from_value(value) {
        return format!("[{}]", all(list.content()));
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        let comma = if tuple.len() == 1 { "," } else { "" };
        return format!("({}{comma})", all(tuple.content()));
    }
    if let Some(dict) = DictRef::from_value(super::builtin::inner(value)) {
        let pairs = dict.iter().map(|(k, v)| format!("{}: {}", repr(k, heap), repr(v, heap)));
        return format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
    }
    match value.get_type() {
        "set" => {
            let items: Vec<Value> = value.iterate(heap).map(Iterator::collect).unwrap_or_default();
            if items.is_empty() { "set()".into() } else { format!("{{{}}}", all(&items)) }
        }
        "string" | "float" | "int" | "bool" | "NoneType" => {
            let plain = to_val(value, heap, &mut |_| Err(fault("no function")));
            plain.unwrap_or_else(|_| Val::str(value.to_str())).repr()
        }
        "exception" => Exception::from_value(value).map_or_else(|| value.to_str(), Exception::repr),
        _ => value.to_str(),
    }
}
