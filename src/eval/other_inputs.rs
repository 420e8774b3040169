//! `rules.NAME.input` where some of it are functions, and functions of other rules as values.
//!
//! Owns their form and the way back to the function. It does not know who asks.

use super::exception::thrown;
use super::fault::fault;
use super::mark::{Mark, Marks};
use super::session::{Session, slot};
use crate::rule::{Flags, Input, InputWhat, Name, Named};
use crate::value::FnId;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// The fields of the struct that stands for a marked function; no Rulefile can
/// write such names.
pub(super) const WRAPPED: [&str; 3] = ["function()", "flags()", "unpack()"];

/// A function that a rule has kept.
#[derive(Clone, Copy, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Kept(pub(super) FnId);

starlark_simple_value!(Kept);

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<function>")
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Kept {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let lost = || fault("a function of another rule can be called only while the Rulefile is read");
        let function = self.function(eval).ok_or_else(lost)?;
        let positional: Vec<Value> = args.positions(eval.heap())?.collect();
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        eval.eval_function(function, &positional, &named)
    }
}

impl Kept {
    fn function<'v>(self, eval: &Evaluator<'v, '_, '_>) -> Option<Value<'v>> {
        let session = Session::of(eval)?;
        let frozen = session.frozen.borrow().get(&self.0).cloned();
        match frozen {
            Some(value) => Some(eval.heap().access_owned_frozen_value(&value)),
            None => eval.module().get(&slot(self.0)),
        }
    }
}

/// The function itself of one that a rule has kept; all else as it is.
pub(super) fn itself<'v>(value: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> Value<'v> {
    Kept::from_value(value).and_then(|kept| kept.function(eval)).unwrap_or(value)
}

#[derive(Clone, Debug)]
enum One {
    Path(Box<str>),
    Function { id: FnId, unpack: bool, flags: Flags },
}

/// Inputs as they were given, of which some are functions.
#[derive(Clone, Debug)]
pub(super) struct Mixed {
    items: Vec<One>,
    names: Vec<Name>,
}

impl Mixed {
    /// None if all are paths.
    pub(super) fn of(inputs: &Named<Input>, path: impl Fn(&InputWhat) -> Option<Box<str>>) -> Option<Mixed> {
        let item = |input: &Input| match (&input.what, path(&input.what)) {
            (InputWhat::Function { id, unpack, .. }, _) => {
                One::Function { id: *id, unpack: *unpack, flags: input.flags }
            }
            (_, text) => One::Path(text.unwrap_or_default()),
        };
        let has_function = inputs.items.iter().any(|i| matches!(i.what, InputWhat::Function { .. }));
        let all = || Mixed { items: inputs.items.iter().map(item).collect(), names: inputs.names.clone() };
        has_function.then(all)
    }
}

/// The same as a value.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Inputs {
    pub(super) mixed: Arc<Mixed>,
    pub(super) marks: Marks,
}

starlark_simple_value!(Inputs);

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mixed.fmt(f)
    }
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.mixed.items.iter().map(|one| match one {
            One::Path(path) => path,
            One::Function { .. } => "<function>",
        });
        f.write_str(&texts.collect::<Vec<_>>().join(" "))
    }
}

impl Inputs {
    fn value<'v>(&self, one: &One, heap: Heap<'v>) -> Value<'v> {
        match one {
            One::Path(path) => self.marks.alloc(path, Mark { placed: true, ..Mark::default() }, heap),
            One::Function { id, unpack: false, flags } if flags.is_empty() => heap.alloc(Kept(*id)),
            One::Function { id, unpack, flags } => {
                let fields = [heap.alloc(Kept(*id)), heap.alloc(i32::from(flags.bits())), Value::new_bool(*unpack)];
                heap.alloc(AllocStruct(WRAPPED.into_iter().zip(fields)))
            }
        }
    }

    /// What stands there, paths and functions.
    pub(super) fn values<'v>(&self, heap: Heap<'v>) -> Vec<Value<'v>> {
        self.mixed.items.iter().map(|one| self.value(one, heap)).collect()
    }

    fn named<'v>(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let found = self.mixed.names.iter().find(|own| *own.name == *name)?;
        let part = &self.mixed.items[found.range.start as usize..found.range.end as usize];
        Some(match part {
            [one] if !found.list => self.value(one, heap),
            several => heap.alloc(AllocList(several.iter().map(|one| self.value(one, heap)))),
        })
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Inputs,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.named(name, heap).or(default).unwrap_or_else(Value::new_none))
    }

    fn keys<'v>(this: &Inputs, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.mixed.names.iter().map(|name| &*name.name))))
    }

    fn items<'v>(this: &Inputs, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let names = this.mixed.names.iter().map(|name| &*name.name);
        let pairs = names.filter_map(|name| Some(AllocTuple([heap.alloc(name), this.named(name, heap)?])));
        Ok(heap.alloc(AllocList(pairs)))
    }
}

#[starlark_value(type = "files")]
impl<'v> StarlarkValue<'v> for Inputs {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.named(name, heap)
    }

    fn dir_attr(&self) -> Vec<String> {
        self.mixed.names.iter().map(|name| name.name.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(name) = index.unpack_str() {
            let found = self.named(name, heap);
            return found.ok_or_else(|| thrown("KeyError", format!("there is no input named `{name}` here")));
        }
        heap.alloc(AllocList(self.values(heap))).at(index, heap)
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        heap.alloc(AllocList(self.values(heap))).slice(start, stop, stride, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.mixed.items.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values(heap))
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let mut all = self.values(heap);
        all.extend(super::convert::elements(other, heap)?);
        Some(Ok(heap.alloc(AllocList(all))))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let mut all = super::convert::elements(left, heap)?;
        all.extend(self.values(heap));
        Some(Ok(heap.alloc(AllocList(all))))
    }
}
