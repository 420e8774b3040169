//! Definitions that only Python understands: errors only where they are used
//! while the Rulefile is read.
//!
//! Owns the stand-in value and which names are Python's. `run:` bodies have the
//! definitions themselves; see `assemble`.

use super::fault::Fault;
use crate::diag::{Diag, Kind, Label};
use crate::span::Span;
use crate::syntax::Definition;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::cmp::Ordering;

/// A `def` or a class that is not there before a job runs.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
#[display("<{} of Python>", _0.name)]
pub(super) struct NeedsPython(Definition);

starlark_simple_value!(NeedsPython);

impl NeedsPython {
    pub(super) fn new(definition: &Definition) -> NeedsPython {
        NeedsPython(definition.clone())
    }

    /// Why it cannot be used at a place, or where the caller knows.
    fn diag(&self, place: Option<Span>) -> Diag {
        let name = &self.0.name;
        if let (true, [refused]) = (self.0.faulty, self.0.refused.as_slice()) {
            return place.into_iter().fold(refused.clone(), |d, p| d.label(p, format!("`{name}` is used here")));
        }
        let message = format!("`{name}` needs Python, which does not run while the Rulefile is read");
        let mut diag = Diag::error(Kind::Rulefile, message);
        diag.labels.extend(place.map(|span| Label { span, text: String::new() }));
        for refused in &self.0.refused {
            diag = refused.labels.iter().take(1).fold(diag, |d, l| d.label(l.span, refused.message.clone()));
        }
        let hints = self.0.refused.first().map(|r| r.hints.clone()).unwrap_or_default();
        hints.into_iter().fold(diag, Diag::hint).note(format!("`run:` bodies can use `{name}` as it is"))
    }

    /// The error at the place of the call.
    pub(super) fn refuse(&self) -> starlark::Error {
        Fault(vec![self.diag(None)]).into()
    }

    /// The error at a place.
    pub(super) fn refused_at(&self, place: Span) -> Diag {
        self.diag(Some(place))
    }
}

#[starlark_value(type = "python")]
impl<'v> StarlarkValue<'v> for NeedsPython {
    fn invoke(
        &self,
        _me: Value<'v>,
        _args: &Arguments<'v, '_>,
        _eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Err(self.refuse())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let name = format!("{}.{name}", self.0.name).into();
        Some(heap.alloc(NeedsPython(Definition { name, ..self.0.clone() })))
    }

    fn length(&self) -> starlark::Result<i32> {
        Err(self.refuse())
    }

    fn at(&self, _index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Err(self.refuse())
    }

    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Err(self.refuse())
    }

    fn equals(&self, _other: Value<'v>) -> starlark::Result<bool> {
        Err(self.refuse())
    }

    fn compare(&self, _other: Value<'v>) -> starlark::Result<Ordering> {
        Err(self.refuse())
    }

    fn add(&self, _other: Value<'v>, _heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Err(self.refuse()))
    }

    fn radd(&self, _other: Value<'v>, _heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Err(self.refuse()))
    }
}

/// Whether a name is built into Python, and so no include will define it.
pub(super) fn is_pythons(name: &str) -> bool {
    const NAMES: [&str; 33] = [
        "open",
        "eval",
        "exec",
        "compile",
        "next",
        "iter",
        "frozenset",
        "bytes",
        "bytearray",
        "memoryview",
        "object",
        "super",
        "property",
        "staticmethod",
        "classmethod",
        "globals",
        "locals",
        "vars",
        "id",
        "format",
        "pow",
        "bin",
        "oct",
        "hex",
        "ascii",
        "slice",
        "complex",
        "issubclass",
        "setattr",
        "delattr",
        "input",
        "__name__",
        "__file__",
    ];
    let class = |end: &str| name.len() > end.len() && name.ends_with(end);
    NAMES.contains(&name) || ["Error", "Exception", "Warning", "Interrupt", "Exit"].iter().any(|e| class(e))
}
