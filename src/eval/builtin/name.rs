//! The name of a column of a sheet: a text, or a number where there was none.
//!
//! Owns how the two are told apart. To pandas they are: `0` names what `"0"` does not.

use crate::value::Val;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    text: Box<str>,
    is_number: bool,
}

impl Name {
    pub(super) fn number(number: i64) -> Name {
        Name { text: number.to_string().into(), is_number: true }
    }

    /// As what a cell may hold.
    pub(super) fn of(value: &Val) -> Name {
        Name { text: value.display().into(), is_number: matches!(value, Val::Int(_)) }
    }

    /// As pandas shows it.
    pub(super) fn value(&self) -> Val {
        match self.text.parse() {
            Ok(number) if self.is_number => Val::Int(number),
            _ => Val::str(&*self.text),
        }
    }

    /// Whether a value names it.
    pub(super) fn is(&self, value: &Val) -> bool {
        match value {
            Val::Str(text) => !self.is_number && *text == self.text,
            Val::Int(number) => self.is_number && *self.text == *number.to_string(),
            other => *self.text == *other.display(),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Into<Box<str>>> From<T> for Name {
    fn from(text: T) -> Name {
        Name { text: text.into(), is_number: false }
    }
}
