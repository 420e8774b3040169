//! Wildcard constraints: Python regular expressions, translated, checked and
//! compiled.
//!
//! Knows nothing of patterns. Compiled constraints are shared by their text,
//! since many rules often carry the same one.

use regex::Regex;
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, LazyLock, Mutex};

/// A constraint that compiles.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// As the user wrote it.
    pub text: Box<str>,
    /// In the syntax of the regex crates.
    pub regex: Box<str>,
    /// Matches a whole value, where the value alone decides: no look-around,
    /// anchors, groups with names or back references.
    pub whole: Option<Arc<Regex>>,
}

type Memo = Mutex<HashMap<Box<str>, Result<Constraint, String>>>;
static MEMO: LazyLock<Memo> = LazyLock::new(Memo::default);

impl Constraint {
    /// Checks and compiles; the error is the reason, in one line.
    pub fn new(text: &str) -> Result<Constraint, String> {
        let mut memo = MEMO.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(known) = memo.get(text) {
            return known.clone();
        }
        let made = compile(text);
        memo.insert(text.into(), made.clone());
        made
    }

    /// Whether a whole value matches. A constraint that looks around is judged
    /// by the value alone.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.whole {
            Some(regex) => regex.is_match(value),
            None => fancy_regex::Regex::new(&format!(r"\A(?:{})\z", self.regex))
                .is_ok_and(|regex| regex.is_match(value).unwrap_or(false)),
        }
    }
}

fn compile(text: &str) -> Result<Constraint, String> {
    let (regex, simple) = translate(text);
    // Each alone first: within a group of ours, `a)(b` would pass.
    let whole = match simple {
        true => {
            Regex::new(&regex).map_err(|e| reason(&e))?;
            Some(Arc::new(Regex::new(&format!(r"\A(?:{regex})\z")).map_err(|e| reason(&e))?))
        }
        false => None,
    };
    fancy_regex::Regex::new(&regex).map_err(|e| reason(&e))?;
    Ok(Constraint { text: text.into(), regex: regex.into(), whole })
}

/// The innermost cause of a regex error, without the crate's drawing of it.
pub(super) fn reason(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("not a regular expression");
    let last = last.trim().trim_start_matches("error: ").to_lowercase();
    match last.split_once(": ") {
        Some((head, tail)) if head.starts_with("parsing error at position") => tail.into(),
        _ => last,
    }
}

/// Python's syntax into the regex crates', and whether a value alone decides.
///
/// In Python `[`, `&`, `~` and `-` mean nothing inside a class, `]` is itself
/// as its first character, and `\Z` is the very end.
fn translate(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let (mut simple, mut class) = (true, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                let escaped = chars.next().unwrap_or_default();
                simple &= class.is_some() || !(escaped.is_ascii_digit() || "AZzbBkKgG".contains(escaped));
                out.push('\\');
                match (escaped, class) {
                    ('\0', _) => {}
                    ('Z', None) => out.push('z'),
                    (other, _) => out.push(other),
                }
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str(r"\]");
                }
                class = Some(());
            }
            (']', Some(())) => {
                out.push(']');
                class = None;
            }
            ('[' | '&' | '~', Some(())) => out.extend(['\\', c]),
            ('-', Some(())) if out.ends_with('-') => out.push_str(r"\-"),
            ('^' | '$', None) => {
                simple = false;
                out.push(c);
            }
            ('(', None) => {
                simple &= chars.peek() != Some(&'?');
                out.push('(');
            }
            _ => out.push(c),
        }
    }
    (out, simple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_classes_are_translated() {
        let cases = [
            (r"\d+", r"\d+", true),
            (r"[^/[]+", r"[^/\[]+", true),
            (r"[]a]", r"[\]a]", true),
            (r"[a&&b]", r"[a\&\&b]", true),
            (r"a\Z", r"a\z", false),
            (r"(?!x).+", r"(?!x).+", false),
            (r"[$^]", r"[$^]", true),
            (r"a$", r"a$", false),
        ];
        for (python, want, simple) in cases {
            assert_eq!(translate(python), (want.to_string(), simple), "{python}");
        }
    }

    #[test]
    fn the_reason_is_one_line() {
        for (bad, want) in
            [("[a", "unclosed character class"), ("(a", "unclosed group"), ("*", "repe"), (r"(?P<n", "group")]
        {
            let reason = Constraint::new(bad).unwrap_err();
            assert!(reason.contains(want) && !reason.contains('\n'), "{bad}: {reason}");
        }
        assert!(Constraint::new(r"(?!\.)[a-z]+(?<=x)").is_ok());
    }
}
