//! `env:` and `shadow:` of a rule: what surrounds its command.
//!
//! Owns how they are written.

use super::Assembler;
use crate::diag::Diag;
use crate::rule::{Param, Shadow};
use crate::suggest::did_you_mean;
use crate::value::Val;

/// The words of `shadow:`.
const SHADOWS: [(&str, Shadow); 4] = [
    ("minimal", Shadow::Minimal),
    ("copy-minimal", Shadow::CopyMinimal),
    ("shallow", Shadow::Shallow),
    ("full", Shadow::Full),
];

impl Assembler<'_, '_, '_, '_, '_> {
    /// Environment variables of the command.
    pub(super) fn env(&mut self) -> starlark::Result<Vec<Param>> {
        let Some(given) = self.take("env") else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (name, value, slot) in given.iter() {
            let Some(name) = name else {
                self.fail(Diag::at(slot.span(), "an environment variable wants a name").hint("write `LANG = \"C\"`"));
                continue;
            };
            let value = self.value(value, slot.span(), &["input", "output", "threads", "resources", "attempt"])?;
            if !matches!(value, Val::Str(_) | Val::Path(_) | Val::Int(_) | Val::Float(_) | Val::Func(_)) {
                let message =
                    format!("the variable `{name}` wants a string, a number or a function, this is {}", value.kind());
                self.fail(Diag::at(slot.span(), message));
            }
            let filled = self.holds_wildcards(&value, slot);
            all.push(Param { name: Some(name.into()), value, filled, fixed: false, span: slot.span() });
        }
        Ok(all)
    }

    /// The directory that the command runs in.
    pub(super) fn shadow(&mut self) -> Option<Shadow> {
        let (value, slot) = self.single("shadow")?;
        if value.is_none() || value.unpack_bool() == Some(false) {
            return None;
        }
        if value.unpack_bool() == Some(true) {
            return Some(Shadow::Shallow);
        }
        let Some(text) = value.unpack_str() else {
            self.wants("shadow", "`\"minimal\"`, `\"shallow\"`, `\"full\"` or `\"copy-minimal\"`", value, slot);
            return None;
        };
        let found = SHADOWS.iter().find(|(word, _)| *word == text).map(|(_, shadow)| *shadow);
        if found.is_none() {
            let diag = Diag::at(slot.whole(text), format!("there is no `shadow: \"{text}\"`"));
            let known = SHADOWS.iter().map(|(word, _)| *word);
            self.fail(
                diag.maybe_hint(did_you_mean(text, known)).hint("it is `minimal`, `copy-minimal`, `shallow` or `full`"),
            );
        }
        found
    }
}
