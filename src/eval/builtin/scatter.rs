//! `scatter.NAME(...)` and `gather.NAME(...)`: the paths of all parts.
//!
//! Owns the two objects. How many parts there are is the session's, and how
//! patterns are filled is `expand`'s.

use super::expand::expand_all;
use crate::eval::session::ScatterCounts;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::list::AllocList;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::PoisonError;

/// `scatter`, and `gather`, which is the same.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Scatter(pub(super) ScatterCounts);

impl fmt::Debug for Scatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scatter")
    }
}

impl fmt::Display for Scatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scatter")
    }
}

starlark_simple_value!(Scatter);

#[starlark_value(type = "scatter")]
impl<'v> StarlarkValue<'v> for Scatter {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let parts = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name)?;
        Some(heap.alloc(Parts(parts)))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().map(|k| k.to_string()).collect()
    }
}

/// One of its names: to be called with patterns.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{_0} parts>")]
struct Parts(u32);

starlark_simple_value!(Parts);

#[starlark_value(type = "parts")]
impl<'v> StarlarkValue<'v> for Parts {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let patterns = heap.alloc(AllocList(args.positions(heap)?));
        let named = args.names_map()?;
        let mut named: SmallMap<String, Value> = named.iter().map(|(k, v)| (k.as_str().to_owned(), *v)).collect();
        let items = (1..=self.0).map(|i| format!("{i}-of-{}", self.0));
        named.insert("scatteritem".into(), heap.alloc(AllocList(items)));
        expand_all(patterns, &[], named, eval)
    }
}
