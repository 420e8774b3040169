//! Names from Python modules that are not served: errors only where used.
//!
//! Owns the stand-in value. It does not know which modules are served.

use super::fault::{fault, hinted};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// Something of a Python module, by its dotted name.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{_0} of Python>")]
pub(super) struct Missing(pub(super) Box<str>);

starlark_simple_value!(Missing);

impl Missing {
    fn refuse(&self) -> starlark::Error {
        let root = self.0.split('.').next().unwrap_or("");
        hinted(
            format!("`{}` cannot be used here: Python's `{root}` is not available while the Rulefile is read", self.0),
            match root {
                "datetime" | "time" => "there is no clock: ask for the time in a `run:` body or a command",
                "random" | "uuid" => "the same files give the same plan: choose at random in a `run:` body",
                _ => "do it in a rule: call a script under `shell:`",
            },
        )
    }
}

#[starlark_value(type = "python")]
impl<'v> StarlarkValue<'v> for Missing {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        Some(heap.alloc(Missing(format!("{}.{name}", self.0).into())))
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if &*self.0 == "sys.exit" {
            let why = args.positions(eval.heap())?.next().map(|why| why.to_str());
            return Err(fault(why.unwrap_or_else(|| "the Rulefile ends itself here".to_owned())));
        }
        Err(self.refuse())
    }

    fn at(&self, _index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Err(self.refuse())
    }

    fn length(&self) -> starlark::Result<i32> {
        Err(self.refuse())
    }

    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Err(self.refuse())
    }
}
