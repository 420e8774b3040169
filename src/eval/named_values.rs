//! `resources` of a job and `rules.NAME.params`: values of which some have names.
//!
//! Owns what they answer: attributes, keys, places and the methods of dicts.

use super::convert::from_val;
use super::exception::thrown;
use super::fault::hinted;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;

/// Whose values they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The params of another rule.
    Params,
    /// The resources of a job.
    Resources,
}

/// Values in order, with their names.
#[derive(Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct NamedValues(pub(super) Vec<(Option<Box<str>>, Val)>, pub(super) Whose);

starlark_simple_value!(NamedValues);

impl fmt::Display for NamedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(|(_, value)| value.display()).collect();
        f.write_str(&texts.join(" "))
    }
}

impl NamedValues {
    /// The values as a list, to be handed on.
    ///
    /// # Errors
    /// What stands only for a job of its own.
    pub(super) fn handed_on(&self) -> starlark::Result<Val> {
        if self.1 == Whose::Resources {
            let hint = "name those that are wanted: `lambda wildcards, resources: resources.mem_mb`";
            return Err(hinted("all of `resources` is no value: some are of this machine", hint));
        }
        if let Some((name, _)) = self.0.iter().find(|(_, value)| holds_function(value)) {
            let which = name.as_deref().map_or_else(String::new, |name| format!(" (`{name}`)"));
            let message =
                format!("one of these params is a function{which}, which gives a value to jobs of its rule alone");
            return Err(hinted(message, "name the params that are wanted, such as `rules.NAME.params.x`"));
        }
        Ok(Val::List(self.0.iter().map(|(_, value)| value.clone()).collect()))
    }

    /// Those that have names.
    fn named(&self) -> impl Iterator<Item = (&str, &Val)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_deref()?, value)))
    }

    /// Those that have names, as entries of a dict.
    pub(super) fn by_name(&self) -> Vec<(Val, Val)> {
        self.named().map(|(name, value)| (Val::str(name), value.clone())).collect()
    }

    fn find(&self, name: &str) -> Option<&Val> {
        self.named().find(|(own, _)| *own == name).map(|(_, value)| value)
    }
}

fn holds_function(value: &Val) -> bool {
    match value {
        Val::Func(_) => true,
        Val::Dict(entries) => entries.iter().any(|(_, value)| holds_function(value)),
        other => other.items().is_some_and(|items| items.iter().any(holds_function)),
    }
}

#[starlark_value(type = "named_list")]
impl<'v> StarlarkValue<'v> for NamedValues {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.find(name).map(|value| from_val(value, heap))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.named().map(|(name, _)| name.to_owned()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let found = match index.unpack_i32() {
            Some(at) => {
                let at = if at < 0 { i64::from(at) + self.0.len() as i64 } else { i64::from(at) };
                usize::try_from(at).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
            }
            None => self.find(&index.to_str()),
        };
        let kind = if index.unpack_i32().is_some() { "IndexError" } else { "KeyError" };
        let known: Vec<&str> = self.named().map(|(name, _)| name).collect();
        let why = || format!("there is no {} here; there is: {}", index.to_repr(), known.join(", "));
        found.map(|value| from_val(value, heap)).ok_or_else(|| thrown(kind, why()))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.0.len() as i32)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        let text = other.to_str();
        Ok(self.0.iter().any(|(_, value)| value.display() == text))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.0.iter().map(|(_, value)| from_val(value, heap)).collect())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &NamedValues,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let found = this.find(name).map(|value| from_val(value, heap));
        Ok(found.or(default).unwrap_or_else(Value::new_none))
    }

    fn keys<'v>(this: &NamedValues, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.named().map(|(name, _)| name))))
    }

    fn values<'v>(this: &NamedValues, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.named().map(|(_, value)| from_val(value, heap)))))
    }

    fn items<'v>(this: &NamedValues, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |(name, value): (&str, &Val)| AllocTuple([heap.alloc(name), from_val(value, heap)]);
        Ok(heap.alloc(AllocList(this.named().map(pair))))
    }
}
