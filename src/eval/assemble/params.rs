//! `params:`, `threads:` and `resources:` of a rule.
//!
//! Owns their types and which of their strings hold wildcards.

use super::{Assembler, plain};
use crate::diag::Diag;
use crate::eval::builtin::is_unpacked;
use crate::eval::convert::{to_objects, to_val};
use crate::eval::fault::at;
use crate::eval::given::Slot;
use crate::eval::python::NeedsPython;
use crate::pattern::Text;
use crate::rule::{Param, SHELL};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::units;
use crate::value::Val;
use starlark::values::Value;

/// What functions of each section are given besides the wildcards.
pub(in crate::eval) const PARAMS: &[&str] = &["input", "output", "threads", "resources", "attempt"];
const RESOURCES: &[&str] = &["input", "threads", "attempt", "rulename"];
/// Of threads and of the priority.
const THREADS: &[&str] = &["input", "attempt", "rulename"];

impl<'v> Assembler<'_, '_, 'v, '_, '_> {
    pub(super) fn value(&mut self, value: Value<'v>, span: Span, allowed: &[&str]) -> starlark::Result<Val> {
        if let Some(python) = NeedsPython::from_value(value) {
            self.fail(python.refused_at(span));
            return Ok(Val::None);
        }
        let (session, eval) = (self.session, &*self.eval);
        let plain = to_val(value, eval.heap(), &mut |function| session.keep(function, span, allowed, eval));
        plain.map_err(|error| at(error, span))
    }

    fn param(&mut self, value: Value<'v>, span: Span) -> starlark::Result<Val> {
        if NeedsPython::from_value(value).is_some() {
            return self.value(value, span, PARAMS);
        }
        let (session, eval) = (self.session, &*self.eval);
        let value = to_objects(value, eval.heap(), &mut |function| session.keep(function, span, PARAMS, eval));
        // As in Snakemake, where only functions give lists that keep their names.
        Ok(match value.map_err(|error| at(error, span))? {
            Val::Object(object) if object.named_list().is_some() => object.plain,
            value => value,
        })
    }

    pub(super) fn params(&mut self) -> starlark::Result<Vec<Param>> {
        let Some(given) = self.take("params") else { return Ok(Vec::new()) };
        let mut params = Vec::new();
        for (name, value, slot) in given.iter() {
            if is_unpacked(value) {
                let diag = Diag::at(slot.span(), "`unpack()` is for inputs: here a function gives one value");
                self.fail(diag.hint("name it: `p = function` of a dict, which commands read as `{params.p[key]}`"));
                continue;
            }
            // As in Snakemake, which fills texts and lists of them.
            let fixed = matches!(value.get_type(), "tuple" | "set" | "record" | "deque");
            let value = self.param(value, slot.span())?;
            let filled = !fixed && self.holds_wildcards(&value, slot);
            params.push(Param { name: name.map(Into::into), value, filled, fixed, span: slot.span() });
        }
        Ok(params)
    }

    /// Whether some string holds wildcards of the rule; refuses others in it. A value of
    /// elsewhere, such as of `config`, may hold braces around any name, unless wildcards are beside.
    pub(super) fn holds_wildcards(&mut self, value: &Val, slot: Slot) -> bool {
        let text = match value {
            // As in Snakemake, lists within lists stay as they are.
            Val::List(items) => {
                let texts = items.iter().filter(|v| matches!(v, Val::Str(_)));
                return texts.fold(false, |any, v| self.holds_wildcards(v, slot) | any);
            }
            Val::Str(text) if text.contains('{') => text,
            _ => return false,
        };
        let parsed = Text::parse(text);
        let is_known = |name: &str| self.wildcards.iter().any(|known| **known == *name);
        let unknown = parsed.names().find(|(name, _)| !is_known(name));
        if let Some((name, range)) = unknown {
            let is_written = slot.literals().iter().any(|literal| literal.value.contains(&text[range.clone()]));
            if !is_written && !parsed.names().any(|(name, _)| is_known(name)) {
                return false;
            }
            let diag = Diag::at(slot.locate(text, range), format!("`{name}` is no wildcard of this rule"));
            let meant = match name.strip_prefix("wildcards.") {
                Some(bare) => Some(format!("write `{{{bare}}}` here")),
                None => did_you_mean(name, self.wildcards.iter().map(|w| &**w)),
            };
            let plain = || format!("for plain braces write a function: `lambda wildcards: \"{{{name}}}\"`");
            self.fail(diag.hint(meant.unwrap_or_else(plain)));
            return false;
        }
        parsed.names().next().is_some()
    }

    pub(super) fn threads(&mut self) -> starlark::Result<Param> {
        let section = self.decl.section("threads");
        let Some((value, slot)) = self.single("threads") else { return Ok(plain(Val::Int(1), section, self.decl)) };
        let value = match self.value(value, slot.span(), THREADS)? {
            // Such as `workflow.cores * 0.75`; to the nearest, as Python rounds.
            Val::Float(f) if f.is_finite() => Val::Int(f.round_ties_even() as i64),
            value => value,
        };
        match &value {
            Val::Int(n) if *n < 0 => self.fail(Diag::at(slot.span(), "a job has no fewer than 0 threads")),
            Val::Int(_) | Val::Func(_) => {}
            other => {
                let diag =
                    Diag::at(slot.span(), format!("`threads` wants an int or a function, this is {}", other.kind()));
                self.fail(diag);
            }
        }
        Ok(Param { name: None, value, filled: false, fixed: false, span: slot.span() })
    }

    pub(super) fn priority(&mut self) -> starlark::Result<Param> {
        let section = self.decl.section("priority");
        let Some((value, slot)) = self.single("priority") else { return Ok(plain(Val::Int(0), section, self.decl)) };
        let value = self.value(value, slot.span(), THREADS)?;
        if !matches!(value, Val::Int(_) | Val::Float(_) | Val::Bool(_) | Val::Func(_)) {
            let message = format!("`priority` wants a number or a function, this is {}", value.kind());
            self.fail(Diag::at(slot.span(), message));
        }
        Ok(Param { name: None, value, filled: false, fixed: false, span: slot.span() })
    }

    pub(super) fn resources(&mut self) -> starlark::Result<Vec<Param>> {
        let Some(given) = self.take("resources") else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (name, value, slot) in given.iter() {
            let Some(name) = name else {
                self.fail(Diag::at(slot.span(), "a resource wants a name").hint("write `mem_mb = 1000`"));
                continue;
            };
            let value = self.value(value, slot.span(), RESOURCES)?;
            if value == Val::None {
                // It is asked for by none, whatever the command line gives to all.
            } else if name == SHELL && !matches!(value, Val::Str(_)) {
                self.fail(Diag::at(slot.span(), format!("`{name}` wants the name of a shell")));
            } else if !matches!(value, Val::Int(_) | Val::Float(_) | Val::Str(_) | Val::Func(_)) {
                let kind = value.kind();
                let message = format!("the resource `{name}` wants a number, a string or a function, this is {kind}");
                self.fail(Diag::at(slot.span(), message));
            } else if let Err(why) = units::amount(name, value.clone()) {
                self.fail(Diag::at(slot.span(), format!("resource {why}")));
            }
            let twin =
                all.iter().find(|p: &&Param| p.name.as_deref().map(units::counted) == Some(units::counted(name)));
            if let Some(twin) = twin {
                let other = twin.name.as_deref().unwrap_or("");
                let message = format!("`{name}` and `{other}` are one resource");
                self.fail(Diag::at(slot.span(), message).label(twin.span, "first given here"));
            }
            all.push(Param { name: Some(name.into()), value, filled: false, fixed: false, span: slot.span() });
        }
        Ok(all)
    }
}
