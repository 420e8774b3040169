//! Bytes of texts: `base64`, and what `urllib.parse` makes of them.
//!
//! Owns the codings. Bytes stand as texts here.

use crate::eval::exception::thrown;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let group = three.iter().enumerate().fold(0u32, |group, (at, byte)| group | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            match at <= three.len() {
                true => out.push(char::from(LETTERS[(group >> (18 - 6 * at) & 63) as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    let mut out = Vec::new();
    for four in letters.chunks(4) {
        let mut group = 0u32;
        for (at, letter) in four.iter().enumerate() {
            let value = LETTERS.iter().position(|own| own == letter)? as u32;
            group |= value << (18 - 6 * at);
        }
        out.extend((0..four.len().checked_sub(1)?).map(|at| (group >> (16 - 8 * at)) as u8));
    }
    Some(out)
}

fn text(bytes: Option<Vec<u8>>) -> starlark::Result<String> {
    let text = bytes.map(String::from_utf8);
    text.and_then(Result::ok).ok_or_else(|| thrown("ValueError", "this is no text in base64"))
}

#[starlark_module]
pub(super) fn base64(builder: &mut GlobalsBuilder) {
    fn b64encode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        Ok(encoded(s.as_bytes()))
    }

    fn b64decode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        text(decoded(s))
    }

    fn urlsafe_b64encode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        Ok(encoded(s.as_bytes()).replace('+', "-").replace('/', "_"))
    }

    fn urlsafe_b64decode(#[starlark(require = pos)] s: &str) -> starlark::Result<String> {
        text(decoded(&s.replace('-', "+").replace('_', "/")))
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

#[cfg(test)]
mod tests {
    use super::{decoded, encoded};

    #[test]
    fn what_was_encoded_comes_back() {
        for (plain, coded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("ä?>", "w6Q/Pg==")] {
            assert_eq!(encoded(plain.as_bytes()), coded);
            assert_eq!(decoded(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decoded("Y"), Some(Vec::new()));
        assert_eq!(decoded("Y*=="), None);
    }
}
