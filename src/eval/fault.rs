//! Our diagnostics on their way through Starlark's error type.
//!
//! Owns the wrapper and its unwrapping. It does not know what went wrong.

use crate::diag::{Diag, Diags, Kind};
use crate::span::Span;
use starlark::ErrorKind;
use std::fmt;

/// Diagnostics as an error; those without a place get that of the call.
#[derive(Debug)]
pub(super) struct Fault(pub(super) Diags);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.first().map_or("", |d| &d.message))
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for starlark::Error {
    fn from(fault: Fault) -> Self {
        starlark::Error::new_other(fault)
    }
}

/// An error at the place of the call.
pub(super) fn fault(message: impl Into<String>) -> starlark::Error {
    Fault(vec![Diag::error(Kind::Rulefile, message)]).into()
}

/// An error at the place of the call, with a way out.
pub(super) fn hinted(message: impl Into<String>, hint: impl Into<String>) -> starlark::Error {
    Fault(vec![Diag::error(Kind::Rulefile, message).hint(hint)]).into()
}

/// The same error, at a place if it has none of its own.
pub(super) fn at(error: starlark::Error, place: Span) -> starlark::Error {
    let found = inner(error.kind()).and_then(|inner| inner.downcast_ref::<Fault>());
    let Some(Fault(diags)) = found else { return error };
    let label = |diag: &Diag| if diag.labels.is_empty() { diag.clone().label(place, "") } else { diag.clone() };
    Fault(diags.iter().map(label).collect()).into()
}

/// What Starlark's error was made of.
pub(super) fn inner(kind: &ErrorKind) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
    Some(match kind {
        ErrorKind::Fail(e)
        | ErrorKind::StackOverflow(e)
        | ErrorKind::Value(e)
        | ErrorKind::Function(e)
        | ErrorKind::Scope(e)
        | ErrorKind::Parser(e)
        | ErrorKind::Freeze(e)
        | ErrorKind::Internal(e)
        | ErrorKind::Native(e)
        | ErrorKind::Other(e) => &**e,
        _ => return None,
    })
}
