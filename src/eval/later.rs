//! Values that are known only in a job: `input`, `output`, `threads` and
//! `resources` as names, and calls of helpers whose arguments are functions.
//!
//! Owns the two kinds of values and their calls. It does not know what the
//! helpers do.

use super::builtin::alloc;
use super::convert::{elements, is_function};
use super::fault::{fault, hinted};
use super::function::Info;
use super::given::{pack, unpack};
use super::mark::Marks;
use super::wildcards::Wildcards;
use crate::span::{FileId, Span};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::SmallMap;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::structs::StructRef;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_simple_value};
use std::fmt;

/// The names that are functions of the job.
pub(super) const ROOTS: [&str; 4] = ["input", "output", "threads", "resources"];
/// A function may return a function, so often.
const DEEPEST: usize = 10;

/// One step into a value.
#[derive(Clone, Debug, Allocative)]
enum Step {
    Attr(String),
    Index(i32),
}

/// `input.name[0]`: a function that gives it.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(super) struct Later {
    root: String,
    steps: Vec<Step>,
}

starlark_simple_value!(Later);

impl Later {
    pub(super) fn new(root: &str) -> Later {
        Later { root: root.to_owned(), steps: Vec::new() }
    }

    fn with(&self, step: Step) -> Later {
        let mut next = self.clone();
        next.steps.push(step);
        next
    }

    /// The name it begins with.
    pub(super) fn root(&self) -> &str {
        &self.root
    }
}

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Attr(name) => write!(f, ".{name}"),
            Step::Index(i) => write!(f, "[{i}]"),
        })
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Later {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (self.root != "threads").then(|| heap.alloc(self.with(Step::Attr(name.to_owned()))))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let step = match (index.unpack_str(), index.unpack_i32()) {
            (Some(name), _) => Step::Attr(name.to_owned()),
            (_, Some(i)) => Step::Index(i),
            _ => return Err(fault(format!("`{self}` is indexed by a number or a name"))),
        };
        Ok(heap.alloc(self.with(step)))
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let named = args.names_map()?;
        let found = named.iter().find(|(k, _)| k.as_str() == self.root).map(|(_, v)| *v);
        let root = found.ok_or_else(|| fault(format!("`{}` has no value here", self.root)))?;
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Index(i) => value.at(heap.alloc(*i), heap),
            Step::Attr(name) => {
                value.get_attr(name, heap)?.ok_or_else(|| fault(format!("`{self}`: there is nothing named `{name}`")))
            }
        })
    }
}

/// A call of a helper that waits for the job, because some of its arguments do.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct DeferredGen<V: ValueLifetimeless> {
    /// Positional and named arguments.
    given: V,
    /// The helper's name.
    helper: String,
    /// What its arguments ask for besides the wildcards.
    params: Vec<String>,
}

starlark_complex_value!(pub(super) Deferred);

impl<V: ValueLifetimeless> fmt::Display for DeferredGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(...)", self.helper)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DeferredGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let job = Job {
            wildcards: args.positional1(heap)?,
            named: args.names_map()?.into_iter().map(|(k, v)| (k.as_str(), v)).collect(),
        };
        let (args, named) = unpack(self.given.to_value());
        // `expand` fills its patterns itself; what it leaves is filled after it.
        let expands = matches!(&*self.helper, "expand" | "collect");
        let args: Vec<Value> = args.into_iter().map(|v| job.now(v, !expands, eval)).collect::<starlark::Result<_>>()?;
        let mut values = Vec::with_capacity(named.len());
        for (name, value) in &named {
            values.push((&**name, job.now(*value, !expands, eval)?));
        }
        let helper = super::builtin::global(&self.helper).expect("bug: only built-in helpers are deferred");
        let result = eval.eval_function(helper, &args, &values)?;
        if expands { job.now(result, true, eval) } else { Ok(result) }
    }
}

/// What the functions of a job are given.
struct Job<'v> {
    wildcards: Value<'v>,
    named: Vec<(&'v str, Value<'v>)>,
}

impl<'v> Job<'v> {
    /// An argument with its functions called and, if asked, its wildcards filled.
    fn now(&self, value: Value<'v>, fill: bool, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        if is_function(value) {
            return self.call(value, eval);
        }
        if let Some(text) = value.unpack_str() {
            let mark = Marks::of(eval).map(|m| m.get(text)).unwrap_or_default();
            let open = fill && !mark.literal && text.contains('{');
            return Ok(if open { alloc(&self.filled(text), mark, Marks::of(eval), heap) } else { value });
        }
        if let Some(items) = elements(value, heap) {
            let all: Vec<Value> =
                items.into_iter().map(|v| self.now(v, fill, eval)).collect::<starlark::Result<_>>()?;
            return Ok(heap.alloc(AllocList(all)));
        }
        if let Some(dict) = DictRef::from_value(value)
            && dict.values().any(|v| is_function(v) || v.unpack_str().is_some_and(|t| t.contains('{')))
        {
            let entries: Vec<(Value, Value)> = dict.iter().collect();
            let mut all = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                all.push((key, self.now(value, fill, eval)?));
            }
            return Ok(heap.alloc(AllocDict(all)));
        }
        Ok(value)
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(wildcards) = Wildcards::from_value(self.wildcards) {
            for (name, value) in wildcards.pairs() {
                text = text.replace(&format!("{{{name}}}"), value);
            }
        }
        text
    }

    fn call(&self, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let mut value = function;
        for _ in 0..DEEPEST {
            let params = Info::of(value, nowhere()).params().to_vec();
            let given = |(name, _): &&(&'v str, Value<'v>)| params.iter().skip(1).any(|p| &**p == *name);
            let named: Vec<(&str, Value)> = self.named.iter().filter(given).copied().collect();
            value = eval.eval_function(value, &[self.wildcards], &named)?;
            if !is_function(value) {
                return Ok(value);
            }
        }
        Err(fault(format!("functions return functions more than {DEEPEST} deep")))
    }
}

fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

/// What a value of this module asks for besides the wildcards; none if it is an
/// ordinary function.
pub(super) fn params_of(value: Value) -> Option<Vec<Box<str>>> {
    if let Some(later) = Later::from_value(value) {
        return Some(vec![later.root.as_str().into()]);
    }
    Deferred::from_value(value).map(|d| d.params.iter().map(|p| p.as_str().into()).collect())
}

/// Whether something in an argument waits for the job.
fn waits<'v>(value: Value<'v>, heap: Heap<'v>, asks: &mut Vec<String>) -> bool {
    if is_function(value) {
        for param in Info::of(value, nowhere()).params().iter().skip(1) {
            if !asks.iter().any(|a| **a == **param) && super::assemble::GIVEN.contains(&&**param) {
                asks.push(param.to_string());
            }
        }
        return true;
    }
    if StructRef::from_value(value).is_some() {
        return false;
    }
    if let Some(dict) = DictRef::from_value(value) {
        return dict.values().fold(false, |any, v| (is_function(v) && waits(v, heap, asks)) | any);
    }
    let items = if value.get_type() == "range" { None } else { elements(value, heap) };
    items.is_some_and(|items| items.into_iter().fold(false, |any, v| waits(v, heap, asks) | any))
}

/// The call of a helper as a function, if some of its arguments are functions
/// or `always` says so.
pub(super) fn deferred<'v>(
    helper: &str,
    args: &[Value<'v>],
    named: &[(&str, Value<'v>)],
    always: bool,
    heap: Heap<'v>,
) -> Option<Value<'v>> {
    let mut params = Vec::new();
    let all = args.iter().chain(named.iter().map(|(_, v)| v));
    let wait = all.fold(false, |any, v| waits(*v, heap, &mut params) | any);
    if !wait && !always {
        return None;
    }
    let named: SmallMap<String, Value> = named.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
    let given = pack(args.to_vec(), named, heap);
    Some(heap.alloc(Deferred { given, helper: helper.to_owned(), params }))
}

/// The error of using such a value as text while the Rulefile is read.
pub(super) fn no_text(later: &Later) -> starlark::Error {
    hinted(
        format!("`{}` has no value yet: an f-string is filled while the Rulefile is read", later.root()),
        format!("write `{{{{{later}}}}}` or drop the `f`"),
    )
}
