//! Bytes of texts: `base64`, and what `urllib.parse` makes of them.
//!
//! Owns the codings. Bytes stand as texts here.

use crate::eval::exception::thrown;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

fn decoded(text: &str) -> starlark::Result<String> {
    let bytes = STANDARD.decode(text).ok().map(String::from_utf8);
    bytes.and_then(Result::ok).ok_or_else(|| thrown("ValueError", "this is no text in base64"))
}

#[starlark_module]
pub(super) fn coded(builder: &mut GlobalsBuilder) {
    fn b64encode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        Ok(encoded(s))
    }

    fn b64decode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        decoded(s)
    }

    fn urlsafe_b64encode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        Ok(encoded(s).replace('+', "-").replace('/', "_"))
    }

    fn urlsafe_b64decode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        decoded(&s.replace('-', "+").replace('_', "/"))
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// The bytes of a text as numbers.
    fn _bytes(#[starlark(require = pos)] text: &str) -> starlark::Result<Vec<i32>> {
        Ok(text.bytes().map(i32::from).collect())
    }

    /// A text with `%20` and its like as what they stand for.
    fn _unescaped(#[starlark(require = pos)] text: &str) -> starlark::Result<String> {
        let mut out = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
                Some(byte) => {
                    out.push(byte);
                    rest = &after[2..];
                }
                None => {
                    out.push(*first);
                    rest = after;
                }
            }
        }
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}
