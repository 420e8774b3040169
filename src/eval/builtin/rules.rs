//! The `rules` object: `rules.NAME.output`, `.input`, `.log`, `.params`; and `workflow.rules`.

use crate::eval::files::Files;
use crate::eval::mark::{Mark, Marks};
use crate::eval::named_values::{NamedValues, Whose};
use crate::eval::other_inputs::Inputs;
use crate::eval::session::{Shown, ShownRules};
use crate::rule::Name;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::{Arc, PoisonError};

/// The rules defined so far.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Rules {
    shown: ShownRules,
    marks: Marks,
}

impl Rules {
    pub(super) fn new(shown: ShownRules, marks: Marks) -> Rules {
        Rules { shown, marks }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rules")
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rules")
    }
}

starlark_simple_value!(Rules);

#[starlark_value(type = "rules")]
impl<'v> StarlarkValue<'v> for Rules {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()?;
        Some(heap.alloc(One { name: None, shown, marks: self.marks.now() }))
    }

    fn dir_attr(&self) -> Vec<String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = shown.keys().map(|k| k.to_string()).collect();
        names.sort_unstable();
        names
    }
}

/// All rules defined so far, in order, which tell their names.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct All {
    shown: ShownRules,
    marks: Marks,
}

impl All {
    pub(super) fn new(shown: ShownRules, marks: Marks) -> All {
        All { shown, marks }
    }
}

impl fmt::Debug for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("workflow.rules")
    }
}

impl fmt::Display for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("workflow.rules")
    }
}

starlark_simple_value!(All);

#[starlark_value(type = "workflow.rules")]
impl<'v> StarlarkValue<'v> for All {
    fn length(&self) -> starlark::Result<i32> {
        Ok(self.shown.lock().unwrap_or_else(PoisonError::into_inner).len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = shown.iter().map(|(name, shown)| (name.clone(), shown.clone())).collect();
        drop(shown);
        all.sort_by(|(a, one), (b, other)| (one.id, a).cmp(&(other.id, b)));
        let one = |(name, shown)| heap.alloc(One { name: Some(name), shown, marks: self.marks.now() });
        Ok(all.into_iter().map(one).collect())
    }
}

/// One of them.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
struct One {
    /// Told by those of `workflow.rules`.
    name: Option<Box<str>>,
    shown: Shown,
    marks: Marks,
}

impl fmt::Debug for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rule")
    }
}

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or("rule"))
    }
}

starlark_simple_value!(One);

impl One {
    fn files<'v>(&self, of: &(Arc<[Box<str>]>, Arc<[Name]>), pinned: bool, heap: Heap<'v>) -> Value<'v> {
        let pin = self.shown.id.filter(|_| pinned);
        heap.alloc(Files {
            items: of.0.clone(),
            names: of.1.clone(),
            mark: Mark { pin, placed: true, ..Mark::default() },
            marks: self.marks.clone(),
            size_of: None,
            brings_names: false,
        })
    }
}

#[starlark_value(type = "rule")]
impl<'v> StarlarkValue<'v> for One {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "output" => Some(self.files(&self.shown.outputs, true, heap)),
            "input" => Some(match &self.shown.mixed {
                Some(mixed) => heap.alloc(Inputs { mixed: mixed.clone(), marks: self.marks.clone() }),
                None => self.files(&self.shown.inputs, false, heap),
            }),
            "log" => Some(self.files(&self.shown.logs, true, heap)),
            "name" => self.name.as_deref().map(|name| heap.alloc(name)),
            "params" => Some(heap.alloc(NamedValues(self.shown.params.to_vec(), Whose::Params))),
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        ["output", "input", "log", "params"].map(str::to_owned).to_vec()
    }
}
