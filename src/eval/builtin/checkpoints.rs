//! The `checkpoints` object: `checkpoints.NAME.get(**wildcards)`.
//!
//! Owns the way from a name and keywords to a checkpoint's job and back to its
//! files. It does not know which jobs are done.

use crate::eval::deferred::{Deferred, Made, Need};
use crate::eval::fault::hinted;
use crate::eval::files::Files;
use crate::eval::mark::{Mark, Marks};
use crate::eval::session::{Shown, ShownRules};
use crate::eval::show;
use crate::path::normal;
use crate::pattern::Pattern;
use crate::rule::Name;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::structs::AllocStruct;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::{Arc, PoisonError};

/// The checkpoints defined so far.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Gates {
    shown: ShownRules,
    marks: Marks,
}

impl Gates {
    pub(super) fn new(shown: ShownRules, marks: Marks) -> Gates {
        Gates { shown, marks }
    }
}

impl fmt::Debug for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("checkpoints")
    }
}

impl fmt::Display for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("checkpoints")
    }
}

starlark_simple_value!(Gates);

#[starlark_value(type = "checkpoints")]
impl<'v> StarlarkValue<'v> for Gates {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()?;
        let gate = Gate { name: name.into(), shown, marks: self.marks.clone() };
        gate.shown.checkpoint.then(|| heap.alloc(gate))
    }

    fn dir_attr(&self) -> Vec<String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoints = shown.iter().filter(|(_, s)| s.checkpoint);
        let mut names: Vec<String> = checkpoints.map(|(name, _)| name.to_string()).collect();
        names.sort_unstable();
        names
    }
}

/// One of them.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
struct Gate {
    name: Box<str>,
    shown: Shown,
    marks: Marks,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint {}", self.name)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint {}", self.name)
    }
}

starlark_simple_value!(Gate);

#[starlark_value(type = "checkpoint")]
impl<'v> StarlarkValue<'v> for Gate {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }
}

impl Gate {
    /// The job that keywords name; those that are no wildcards of it do not count.
    fn need<'v>(
        &self,
        keywords: &SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Need> {
        let mut value = |name: &str| match keywords.get(name) {
            Some(value) => Ok(show::text(*value, eval)?.into()),
            None => Err(hinted(
                format!("checkpoint `{}` has a wildcard `{name}`, and no value is given for it", self.name),
                format!("write `checkpoints.{}.get({name}=...)`", self.name),
            )),
        };
        let values = self.shown.wildcards.iter().map(|name| value(name)).collect::<starlark::Result<_>>()?;
        let rule = self.shown.id.ok_or_else(|| {
            let hint = "take it along: `use rule` with its name";
            hinted(format!("the module's checkpoint `{}` is not used", self.name), hint)
        })?;
        Ok(Need { rule, values })
    }

    /// The outputs that the job will have.
    fn outputs(&self, need: &Need) -> Vec<Box<str>> {
        let value = |name: &str| {
            let at = self.shown.wildcards.iter().position(|w| **w == *name)?;
            Some(need.values[at].to_string())
        };
        let filled = |text: &str| {
            let mut out = String::new();
            let pattern = Pattern::parse(text).ok();
            let filled = pattern.and_then(|p| p.fill_with(&mut out, &value).ok());
            filled.map_or_else(|| text.into(), |()| normal(&out).into())
        };
        self.shown.outputs.0.iter().map(|text| filled(text)).collect()
    }

    fn files<'v>(&self, items: Vec<Box<str>>, names: Arc<[Name]>, heap: Heap<'v>) -> Value<'v> {
        let mark = Mark::default();
        heap.alloc(Files {
            items: items.into(),
            names,
            mark,
            marks: self.marks.clone(),
            size_of: None,
            brings_names: false,
        })
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Gate,
        #[starlark(kwargs)] wildcards: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let need = this.need(&wildcards, eval)?;
        let heap = eval.heap();
        let Some(deferred) = Deferred::of(eval) else {
            return Err(hinted(
                "`checkpoints` cannot be asked while the Rulefile is read",
                "ask in an input function: `lambda wildcards: checkpoints.NAME.get(**wildcards).output`",
            ));
        };
        let expected = this.outputs(&need);
        let Made { inputs, outputs } = deferred.ask(need).unwrap_or(Made { inputs: Vec::new(), outputs: expected });
        // The names of inputs are known only where no function gives some of them.
        let same = inputs.len() == this.shown.inputs.0.len();
        let names = if same { this.shown.inputs.1.clone() } else { Arc::default() };
        let fields = [
            ("input", this.files(inputs, names, heap)),
            ("output", this.files(outputs, this.shown.outputs.1.clone(), heap)),
            ("rule", heap.alloc(AllocStruct([("name", heap.alloc_str(&this.name).to_value())]))),
        ];
        Ok(heap.alloc(AllocStruct(fields)))
    }
}
