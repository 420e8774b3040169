//! What Python says of an error, for the handlers that ask `str(e)`.
//!
//! Owns the translation of Starlark's words. What is shown where nobody takes the
//! error is `explain`'s.

/// The `n`th text in backticks.
pub(super) fn quoted(text: &str, n: usize) -> &str {
    text.split('`').nth(2 * n + 1).unwrap_or("")
}

/// What Python calls a type of Starlark's.
fn named(kind: &str) -> &str {
    match kind {
        "string" => "str",
        "path" => "PosixPath",
        other => other,
    }
}

/// The text of an error in Python's words; its own where there are none.
pub(super) fn of_python(class: &str, text: &str) -> String {
    let said = match class {
        "RecursionError" => Some("maximum recursion depth exceeded".to_owned()),
        "UnboundLocalError" => {
            let name = quoted(text, 0);
            Some(format!("cannot access local variable '{name}' where it is not associated with a value"))
        }
        "NameError" => Some(format!("name '{}' is not defined", quoted(text, 0))),
        "AttributeError" => missing_attribute(text),
        "IndexError" => Some("list index out of range".to_owned()),
        "ZeroDivisionError" => Some(by_zero(text).to_owned()),
        "TypeError" => of_types(text),
        "ValueError" => of_value(text),
        _ => None,
    };
    said.unwrap_or_else(|| text.to_owned())
}

fn missing_attribute(text: &str) -> Option<String> {
    let of = text.starts_with("Object of type `").then(|| named(quoted(text, 0)))?;
    Some(format!("'{of}' object has no attribute '{}'", quoted(text, 1)))
}

fn by_zero(text: &str) -> &'static str {
    match text {
        _ if text.starts_with("Modulo") => "integer modulo by zero",
        _ if text.starts_with("Floor") => "integer division or modulo by zero",
        _ => "division by zero",
    }
}

fn of_types(text: &str) -> Option<String> {
    let operation = text.strip_prefix("Operation `").and_then(|rest| rest.split('`').next());
    let (left, right) = (named(quoted(text, 1)), named(quoted(text, 2)));
    let two = !right.is_empty();
    Some(match operation {
        Some("+") if two && left == "str" => format!("can only concatenate str (not \"{right}\") to str"),
        Some("+") if two && left == "list" => format!("can only concatenate list (not \"{right}\") to list"),
        Some("*") if two && left == "str" => format!("can't multiply sequence by non-int of type '{right}'"),
        Some("compare" | "cmp()") => format!("'<' not supported between instances of '{left}' and '{right}'"),
        Some("[]") if matches!(left, "list" | "str" | "tuple") => {
            format!("{left} indices must be integers or slices, not {right}")
        }
        Some("[]") => format!("'{left}' object is not subscriptable"),
        Some("in") => format!("argument of type '{left}' is not iterable"),
        Some("(iter)") => format!("'{left}' object is not iterable"),
        Some("call()") => format!("'{left}' object is not callable"),
        Some("len()") => format!("object of type '{left}' has no len()"),
        Some(operator) if two => format!("unsupported operand type(s) for {operator}: '{left}' and '{right}'"),
        Some(operator) => format!("bad operand type for unary {operator}: '{left}'"),
        None if text.starts_with("Missing parameter `") => {
            let function = quoted(text, 1).rsplit('.').next().unwrap_or("");
            format!("{function}() missing 1 required positional argument: '{}'", quoted(text, 0))
        }
        None if text.starts_with("Found `") => {
            let function = text.rsplit(['.', ' ']).next().unwrap_or("");
            format!("{function}() got an unexpected keyword argument '{}'", quoted(text, 0))
        }
        None if text.ends_with("is not hashable") => format!("unhashable type: '{}'", named(quoted(text, 0))),
        None => return None,
    })
}

fn of_value(text: &str) -> Option<String> {
    if text.starts_with("Cannot parse `") && text.contains("as an integer") {
        let base = text.rsplit(' ').next().unwrap_or("10");
        return Some(format!("invalid literal for int() with base {base}: '{}'", quoted(text, 0)));
    }
    if text.contains("is not a valid number") {
        let given = text.split('"').nth(1).unwrap_or("");
        return Some(format!("could not convert string to float: '{given}'"));
    }
    if text.contains("is an empty iterable") {
        let function = if text.contains("max()") { "max" } else { "min" };
        return Some(format!("{function}() arg is an empty sequence"));
    }
    if let Some(rest) = text.strip_prefix("Element '") {
        let element = rest.split('\'').next().unwrap_or("");
        let of_remove = text.contains("not found in list");
        return Some(if of_remove {
            "list.remove(x): x not in list".into()
        } else {
            format!("{element} is not in list")
        });
    }
    if text.starts_with("Substring '") {
        return Some("substring not found".to_owned());
    }
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match numbers.as_slice() {
        [found, wanted] if text.starts_with("Unpacked ") || text.starts_with("there are ") => {
            Some(unpacked(found, wanted))
        }
        _ => None,
    }
}

fn unpacked(found: &str, wanted: &str) -> String {
    let count = |text: &str| text.parse::<u64>().unwrap_or(0);
    match count(found) > count(wanted) {
        true => format!("too many values to unpack (expected {wanted})"),
        false => format!("not enough values to unpack (expected {wanted}, got {found})"),
    }
}

#[cfg(test)]
mod tests {
    use super::of_python;

    #[test]
    fn errors_are_told_as_in_python() {
        let said = [
            ("AttributeError", "Object of type `string` has no attribute `x`", "'str' object has no attribute 'x'"),
            (
                "TypeError",
                "Operation `+` not supported for types `int` and `string`",
                "unsupported operand type(s) for +: 'int' and 'str'",
            ),
            ("TypeError", "Value of type `list` is not hashable", "unhashable type: 'list'"),
            ("ValueError", "Cannot parse `x` as an integer in base 10", "invalid literal for int() with base 10: 'x'"),
            ("ValueError", "there are 1 values for 2 names", "not enough values to unpack (expected 2, got 1)"),
            ("ValueError", "Unpacked 3 values but expected 2", "too many values to unpack (expected 2)"),
            ("ZeroDivisionError", "Modulo by zero: 1 % 0", "integer modulo by zero"),
            ("KeyError", "a", "a"),
        ];
        for (class, text, python) in said {
            assert_eq!(of_python(class, text), python);
        }
    }
}
