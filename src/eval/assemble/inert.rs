//! Sections of a rule that have no effect on one machine.
//!
//! Owns the checks of their types. What is said about them is `notice`'s.

use super::Assembler;
use crate::diag::Diag;
use crate::eval::convert::is_function;
use crate::eval::given::Slot;
use crate::eval::notice::{Notice, notice};
use starlark::values::Value;

/// What such a section wants.
enum Wants {
    /// One string, `None` or a function.
    Text,
    /// One or more strings.
    Texts,
    /// A boolean.
    Bool,
    /// A boolean or a word.
    BoolOr(&'static str),
}

const SECTIONS: [(&str, Wants); 8] = [
    ("conda", Wants::Text),
    ("container", Wants::Text),
    ("containerized", Wants::Text),
    ("singularity", Wants::Text),
    ("envmodules", Wants::Texts),
    ("cache", Wants::BoolOr("omit-software")),
    ("handover", Wants::Bool),
    ("group", Wants::Text),
];

impl Wants {
    fn words(&self) -> String {
        match self {
            Wants::Text => "a string or a function".into(),
            Wants::Texts => "strings".into(),
            Wants::Bool => "`True` or `False`".into(),
            Wants::BoolOr(word) => format!("`True`, `False` or `\"{word}\"`"),
        }
    }

    fn fits(&self, value: Value) -> bool {
        match self {
            Wants::Text => value.is_none() || value.unpack_str().is_some() || is_function(value),
            Wants::Texts => value.unpack_str().is_some(),
            Wants::Bool => value.unpack_bool().is_some(),
            Wants::BoolOr(word) => value.unpack_bool().is_some() || value.unpack_str() == Some(word),
        }
    }
}

impl<'v> Assembler<'_, '_, 'v, '_, '_> {
    /// Checks them all.
    pub(super) fn inert(&mut self, rule: &str) {
        for (key, wants) in &SECTIONS {
            let Some(section) = self.decl.section(key) else { continue };
            let Some(given) = self.take(key) else { continue };
            let one = !matches!(wants, Wants::Texts);
            if one && let Err(diag) = given.single() {
                self.fail(diag);
                continue;
            }
            let odd: Option<(Value<'v>, Slot)> =
                given.iter().map(|(_, value, slot)| (value, slot)).find(|(value, _)| !wants.fits(*value));
            if let Some((value, slot)) = odd {
                let message =
                    format!("`{key}` wants {}, this is a value of type `{}`", wants.words(), value.get_type());
                self.fail(Diag::at(slot.span(), message));
            } else if let Some(kind) = Notice::of(key) {
                notice(self.session, kind, &format!("rule `{rule}`"), section.key_span);
            }
        }
    }
}
