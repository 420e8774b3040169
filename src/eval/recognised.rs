//! Which exception of Python an error of Starlark is.
//!
//! Owns the reading of Starlark's own words. It does not know how an exception is
//! raised or told.

use super::exception::{Class, Exception, Thrown};
use super::fault::{Fault, inner};
use super::wording::quoted;
use crate::value::Val;
use starlark::ErrorKind;

/// Methods of Python's own types that are not there: their lack is ours.
const LACKING: [(&str, &[&str]); 5] = [
    ("string", &["encode", "format_map", "isidentifier", "isprintable", "translate", "maketrans"]),
    ("list", &["count", "sort", "reverse", "copy", "__len__"]),
    ("dict", &["fromkeys", "copy", "__getitem__"]),
    ("set", &["intersection_update", "difference_update", "symmetric_difference_update"]),
    ("struct", &["_asdict", "_replace", "_fields"]),
];

/// Whether an error is of `int("a")`, which Starlark tells as an error of its parser.
pub(super) fn is_no_number(text: &str) -> bool {
    text.starts_with("Cannot parse `") && text.contains("as an integer")
}

/// A key that is no text, of which Starlark shows the text.
fn number(key: &str) -> Val {
    key.parse().map(Val::Int).or_else(|_| key.parse().map(Val::Float)).unwrap_or_else(|_| Val::str(key))
}

/// The class of an error in Starlark's own words; none if Python has no such.
fn class_of(kind: &ErrorKind, text: &str) -> Option<&'static str> {
    if is_no_number(text) {
        return Some("ValueError");
    }
    if matches!(kind, ErrorKind::Function(_)) {
        return Some("TypeError");
    }
    if matches!(kind, ErrorKind::StackOverflow(_)) {
        return Some("RecursionError");
    }
    if matches!(kind, ErrorKind::Parser(_) | ErrorKind::Internal(_)) {
        return None;
    }
    let is = |beginning: &str| text.starts_with(beginning);
    Some(match () {
        () if is("Key `") => "KeyError",
        () if is("`") && text.contains("` not found in `") => "KeyError",
        () if is("Index `") || text.contains("out of range") => "IndexError",
        () if is("Object of type `") => {
            let (kind, name) = (quoted(text, 0), quoted(text, 1));
            match kind {
                "wildcards" => "AttributeError",
                "python" | "sheet" | "column" | "row" | "exception" => return None,
                _ if LACKING.iter().any(|(of, names)| *of == kind && names.contains(&name)) => return None,
                _ => "AttributeError",
            }
        }
        () if is("Operation `") || is("Type of parameter") || is("Expected `") || is("Missing") => "TypeError",
        () if is("Value of type `") || is("Found ") || is("Wrong number of") => "TypeError",
        () if text.contains("by zero") => "ZeroDivisionError",
        () if text.contains("referenced before assignment") || is("Variable `") => "NameError",
        () if super::limits::worded(text).is_some() => return None,
        () if text == "Immutable" || text.contains("mutat") || text.contains("verflow") => return None,
        () => "ValueError",
    })
}

/// The exception that an error is; none if no `try` takes it.
pub(super) fn exception_of(error: &starlark::Error) -> Option<Exception> {
    let inner = inner(error.kind())?;
    if let Some(thrown) = inner.downcast_ref::<Thrown>() {
        return Some(thrown.exception.clone());
    }
    if inner.is::<Fault>() {
        return None;
    }
    let text = inner.to_string();
    let class = class_of(error.kind(), &text)?;
    if class == "KeyError" {
        let key = quoted(&text, 0);
        let key = if key.starts_with('"') { Val::str(key.trim_matches('"')) } else { number(key) };
        return Some(Exception::given(Class::of(class), vec![key]));
    }
    Some(Exception::new(class, &super::wording::of_python(class, &text)))
}
