//! Where a rule's paths lie: their pathvars filled, those of a module moved.
//!
//! Owns `pathvars:` of a rule and the messages about them. How names are found
//! and paths are moved is `rewrite`'s.

use super::Assembler;
use crate::diag::{Diag, Diags};
use crate::eval::given::{Given, Slot};
use crate::eval::mark::Mark;
use crate::eval::rewrite::{Around, Filling, Named, PathvarError, Placing, Rewrites};
use crate::eval::session::RawPath;
use crate::eval::show;
use crate::span::Literals;
use starlark::values::Value;
use starlark::values::dict::DictRef;
use std::borrow::Cow;
use std::sync::Arc;

/// The entries of a section that holds nothing but named strings.
pub(in crate::eval) fn strings(given: &Given, what: &str) -> (Named, Diags) {
    let (mut all, mut diags) = (Named::new(), Diags::new());
    for (name, value, slot) in given.iter() {
        match (name, value.unpack_str()) {
            (Some(name), Some(text)) => all.push((name.into(), text.into())),
            (None, _) => {
                diags.push(Diag::at(slot.span(), format!("a {what} wants a name")).hint("write `name = \"text\"`"));
            }
            (_, None) => {
                let kind = value.get_type();
                diags.push(Diag::at(slot.span(), format!("a {what} is a string, this is a value of type `{kind}`")));
            }
        }
    }
    (all, diags)
}

/// The strings under `pathvars` of a config.
pub(in crate::eval) fn of_config(config: Value) -> Named {
    let inner = DictRef::from_value(config).and_then(|d| d.get_str("pathvars"));
    let Some(inner) = inner.and_then(DictRef::from_value) else { return Named::new() };
    inner.iter().filter_map(|(k, v)| Some((k.unpack_str()?.into(), show::plainly(v).into()))).collect()
}

impl<'v> Assembler<'_, '_, 'v, '_, '_> {
    pub(super) fn rule_pathvars(&mut self) {
        let Some(given) = self.take("pathvars") else { return };
        let (mut named, mut diags) = strings(&given, "pathvar");
        self.basis.pathvars.append(&mut named);
        self.diags.append(&mut diags);
    }

    /// A path with its pathvars filled and, unless it is one of the whole book
    /// already, moved as the module's paths are; `at` is its section and number.
    pub(super) fn placed<'t>(
        &mut self,
        text: &'t str,
        mark: Mark,
        at: (&'static str, usize),
        slot: Slot,
    ) -> Cow<'t, str> {
        let filled = self.filled(text, mark.placed, at, slot);
        if mark.placed {
            return filled;
        }
        let rewrites = self.session.rewrites.borrow();
        match filled {
            Cow::Borrowed(text) => rewrites.apply(text),
            Cow::Owned(text) => rewrites.apply(&text).into_owned().into(),
        }
    }

    fn filled<'t>(
        &mut self,
        text: &'t str,
        placed: bool,
        (key, at): (&'static str, usize),
        slot: Slot,
    ) -> Cow<'t, str> {
        if !text.contains('<') {
            return text.into();
        }
        self.basis.raw.push(RawPath { key, at, text: text.into(), placed });
        match self.fill(text) {
            Ok(filled) => filled.into(),
            Err(error) => {
                let diag = pathvar_fault(error, text, &slot.literals());
                self.basis.unfilled.push((key, diag));
                text.into()
            }
        }
    }

    /// A text with its pathvars filled.
    pub(super) fn fill(&mut self, text: &str) -> Result<String, PathvarError> {
        let around = self.around();
        Filling { rule: &self.basis.pathvars, around: &around }.fill(text).map(Cow::into_owned)
    }

    /// What the rule's paths may name besides its own pathvars.
    fn around(&mut self) -> Arc<Around> {
        let module = self.eval.module();
        let read = || Around {
            file: self.session.pathvars.borrow().clone(),
            config: module.get("config").map(of_config).unwrap_or_default(),
        };
        self.basis.around.get_or_insert_with(|| Arc::new(read())).clone()
    }

    /// What becomes of the paths that an input function gives.
    pub(super) fn placing(&mut self, rewrites: Rewrites) -> Placing {
        Placing { rewrites, rule: self.basis.pathvars.clone(), around: self.around() }
    }
}

/// A pathvar's fault, where its text was written.
pub(super) fn pathvar_fault(error: PathvarError, text: &str, at: &Literals) -> Diag {
    let place = at.locate(text, error.range());
    let (message, hint) = error.words(text);
    Diag::at(place, message).maybe_hint(hint)
}
