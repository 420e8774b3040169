//! The `wildcards` object that deferred functions get.
//!
//! Owns its attributes and text form. It does not know patterns.

use super::fault::fault;
use crate::suggest::did_you_mean;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::list::AllocList;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// Names and values, in order.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("{}", _0.iter().map(|(_, v)| &**v).collect::<Vec<_>>().join(" "))]
pub(super) struct Wildcards(pub(super) Vec<(Box<str>, Box<str>)>);

starlark_simple_value!(Wildcards);

impl Wildcards {
    /// Names and values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (&**k, &**v))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(k, _)| *k == name).map(|(_, v)| v)
    }
}

#[starlark_value(type = "wildcards")]
impl<'v> StarlarkValue<'v> for Wildcards {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.find(name).map(|v| heap.alloc_str(v).to_value())
    }

    fn dir_attr(&self) -> Vec<String> {
        self.pairs().map(|(k, _)| k.to_owned()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let found = match (index.unpack_str(), index.unpack_i32()) {
            (Some(name), _) => self.find(name),
            (_, Some(i)) => {
                let at = if i < 0 { i64::from(i) + self.0.len() as i64 } else { i64::from(i) };
                usize::try_from(at).ok().and_then(|at| self.pairs().nth(at)).map(|(_, v)| v)
            }
            _ => None,
        };
        found.map(|v| heap.alloc_str(v).to_value()).ok_or_else(|| {
            let hint = index.unpack_str().and_then(|n| did_you_mean(n, self.pairs().map(|(k, _)| k)));
            let message = format!("there is no wildcard `{}` here", index.to_str());
            hint.map_or_else(|| fault(message.clone()), |h| super::fault::hinted(message.clone(), h))
        })
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(other.unpack_str().is_some_and(|text| self.pairs().any(|(_, value)| value == text)))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.0.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.pairs().map(|(_, v)| heap.alloc_str(v).to_value()).collect())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Wildcards,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let found = this.find(name).map(|v| heap.alloc_str(v).to_value());
        Ok(found.or(default).unwrap_or_else(Value::new_none))
    }

    fn keys<'v>(this: &Wildcards, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.pairs().map(|(k, _)| k))))
    }

    fn values<'v>(this: &Wildcards, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.pairs().map(|(_, v)| v))))
    }

    fn items<'v>(this: &Wildcards, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.pairs())))
    }
}
