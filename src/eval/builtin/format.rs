//! Python's format strings: `"{name.part[key]!r:>8}"`.
//!
//! Owns the fields of a format, and the way from a field to its value. It does not know
//! who fills them.

use super::core::formatted;
use crate::diag::{Diag, Kind};
use crate::eval::exception::{thrown, unfound};
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

/// Formats within formats beyond this are refused, as Python does.
const DEEPEST: usize = 2;

/// What the fields of a format are filled from.
pub(super) struct Given<'a, 'v> {
    /// By position.
    pub(super) values: &'a [Value<'v>],
    /// By name.
    pub(super) named: &'a dyn Fn(&str) -> Option<Value<'v>>,
}

/// One past the closing brace of the field that begins at a brace.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The name, the conversion and the format of a field.
fn parts(field: &str) -> (&str, &str, &str) {
    let mut in_key = false;
    let ends = |c: char| {
        in_key = (in_key || c == '[') && c != ']';
        !in_key && matches!(c, '!' | ':')
    };
    let Some(end) = field.find(ends) else { return (field, "", "") };
    let (name, rest) = field.split_at(end);
    match rest.strip_prefix('!') {
        Some(rest) => {
            let (conversion, spec) = rest.split_once(':').unwrap_or((rest, ""));
            (name, conversion, spec)
        }
        None => (name, "", &rest[1..]),
    }
}

/// A format with its fields filled.
///
/// # Errors
/// Python's own: braces without partners, values that are not given, formats that do not
/// fit a value.
pub(super) fn filled<'v>(
    text: &str,
    given: &Given<'_, 'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<String> {
    within(text, given, &mut 0, 0, eval)
}

fn within<'v>(
    text: &str,
    given: &Given<'_, 'v>,
    next: &mut usize,
    depth: usize,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<String> {
    if depth == DEEPEST {
        return Err(thrown("ValueError", "Max string recursion exceeded"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let end = field_end(rest).filter(|end| *end > 1);
        let end = end.ok_or_else(|| thrown("ValueError", "a brace in this format has no partner"))?;
        let (name, conversion, spec) = parts(&rest[1..end - 1]);
        let value = value(name, given, next, eval.heap())?;
        let spec = if spec.contains('{') { &within(spec, given, next, depth + 1, eval)? } else { spec };
        out.push_str(&formatted(value, conversion, spec, eval)?);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of a field such as `0`, `name`, `name.attribute` or `name[key]`.
fn value<'v>(field: &str, given: &Given<'_, 'v>, next: &mut usize, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let (root, mut steps) = field.split_at(field.find(['.', '[']).unwrap_or(field.len()));
    let found = match root.parse::<usize>() {
        Ok(number) => given.values.get(number).copied(),
        Err(_) if root.is_empty() => {
            *next += 1;
            given.values.get(*next - 1).copied()
        }
        Err(_) => (given.named)(root),
    };
    let mut value = found.ok_or_else(|| {
        let by_number = root.is_empty() || root.starts_with(|c: char| c.is_ascii_digit());
        let why = format!("this format has no value for `{{{field}}}`");
        if by_number { thrown("IndexError", why) } else { unfound(root, Diag::error(Kind::Rulefile, why)) }
    })?;
    while !steps.is_empty() {
        if let Some(inner) = steps.strip_prefix('[') {
            let (key, rest) =
                inner.split_once(']').ok_or_else(|| thrown("ValueError", "a `[` in this format has no partner"))?;
            let key = key.parse::<i32>().map_or_else(|_| heap.alloc(key), |number| heap.alloc(number));
            (value, steps) = (value.at(key, heap)?, rest);
        } else {
            let inner = steps.trim_start_matches('.');
            let (name, rest) = inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()));
            (value, steps) = (value.get_attr_error(name, heap)?, rest);
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::{field_end, parts};

    #[test]
    fn fields_have_three_parts() {
        assert_eq!(parts("x"), ("x", "", ""));
        assert_eq!(parts("x[a:b].c!r:>{w}"), ("x[a:b].c", "r", ">{w}"));
        assert_eq!(parts(":02d"), ("", "", "02d"));
        assert_eq!(field_end("{x:>{w}} {y}"), Some(8));
        assert_eq!(field_end("{x"), None);
    }
}
