//! The name of a column of a sheet, or of a level of labels: a text, a number, a tuple of
//! several levels, or none.
//!
//! Owns how they are told apart. To pandas they are: `0` names what `"0"` does not.

use super::same::word;
use crate::value::Val;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    text: Box<str>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Text,
    Number,
    Unnamed,
    /// A tuple, one part for each level, or a bool or float.
    Other(Box<Val>),
}

impl Name {
    pub(super) fn number(number: i64) -> Name {
        Name { text: number.to_string().into(), kind: Kind::Number }
    }

    /// Of a level that has none.
    pub(super) fn unnamed() -> Name {
        Name { text: "".into(), kind: Kind::Unnamed }
    }

    pub(super) fn is_unnamed(&self) -> bool {
        self.kind == Kind::Unnamed
    }

    /// As what a cell may hold.
    pub(super) fn of(value: &Val) -> Name {
        let kind = match value {
            Val::None => return Name::unnamed(),
            Val::Tuple(_) | Val::Bool(_) | Val::Float(_) => Kind::Other(Box::new(value.clone())),
            Val::Int(_) => Kind::Number,
            _ => Kind::Text,
        };
        Name { text: value.display().into(), kind }
    }

    /// As pandas shows it.
    pub(super) fn value(&self) -> Val {
        match (&self.kind, self.text.parse()) {
            (Kind::Number, Ok(number)) => Val::Int(number),
            (Kind::Unnamed, _) => Val::None,
            (Kind::Other(value), _) => (**value).clone(),
            _ => Val::str(&*self.text),
        }
    }

    /// Whether a value names it.
    pub(super) fn is(&self, value: &Val) -> bool {
        match (&self.kind, value) {
            (Kind::Text, Val::Str(text)) => *text == self.text,
            (Kind::Number, Val::Int(number)) => *self.text == *number.to_string(),
            (Kind::Unnamed, _)
            | (Kind::Other(_), Val::Str(_))
            | (Kind::Number, Val::Str(_))
            | (Kind::Text, Val::Int(_)) => false,
            (Kind::Other(own), other) => word(own) == word(other),
            (_, other) => *self.text == *other.display(),
        }
    }

    /// The parts of a name of several levels.
    pub(super) fn parts(&self) -> Option<&[Val]> {
        match &self.kind {
            Kind::Other(value) => value.items(),
            _ => None,
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
        Name { text: text.into(), kind: Kind::Text }
    }
}
