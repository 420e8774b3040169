//! Deferred functions: lambdas and defs that are called when a job is known.
//!
//! Owns the frozen functions and batched calls of them. It does not know what
//! the results are for.

use super::convert::{to_files, to_objects};
use super::deferred::{Checkpoints, Deferred, Unavailable};
use super::explain::{Origin, Scene, explain};
use super::files::Files;
pub use super::files::SizeOf;
use super::keys::Keys;
use super::limits::{self, Depth};
use super::mark::{Mark, Marks};
use super::named_values::{NamedValues, Whose};
use super::placing;
use super::rewrite::Placing;
use super::wildcards::Wildcards;
use crate::diag::{Diag, Kind};
use crate::rule::{Flags, Name};
use crate::span::{FileId, Span};
use crate::suggest::did_you_mean;
use crate::value::{FnId, Val};
use starlark::docs::{DocItem, DocMember};
use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::{Heap, OwnedFrozenValue, Value};
use std::ops::Range;
use std::sync::Arc;

/// Calls on one heap; more would let it grow large.
const BATCH: usize = 1000;
/// A function may return a function, so often.
const DEEPEST: usize = 10;

/// A name of some files of a job.
#[derive(Clone, Debug)]
pub struct FileName<'a> {
    /// The name.
    pub name: &'a str,
    /// The files it stands for.
    pub range: Range<u32>,
    /// Whether it stands for a list, of whatever length.
    pub list: bool,
}

/// The files of a job as functions see them.
#[derive(Clone, Default)]
pub struct JobFiles<'a> {
    /// Their paths.
    pub items: Vec<&'a str>,
    /// Their names.
    pub names: Vec<FileName<'a>>,
    /// Gives sizes in bytes, for `input.size_mb`.
    pub size_of: Option<SizeOf>,
}

/// One call of a deferred function.
#[derive(Clone, Default)]
pub struct Call<'a> {
    /// The function.
    pub id: FnId,
    /// Names and values.
    pub wildcards: &'a [(&'a str, &'a str)],
    /// `input`, where it is known by now.
    pub input: Option<&'a JobFiles<'a>>,
    /// `output`.
    pub output: Option<&'a JobFiles<'a>>,
    /// `threads`.
    pub threads: Option<i64>,
    /// `resources`.
    pub resources: Option<&'a [(Box<str>, Val)]>,
    /// `attempt`, from 1.
    pub attempt: i64,
    /// `rulename`, where it is known.
    pub rule: Option<&'a str>,
}

/// What an input function gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gave {
    /// The value.
    pub value: Val,
    /// The marks of every string in it, in order and but for keys; empty if
    /// there are none.
    pub marks: Vec<Flags>,
}

/// What is known of a kept function.
#[derive(Clone, Debug)]
pub(super) struct Info {
    /// Parameters that can be given, the one for the wildcards first.
    params: Vec<Box<str>>,
    /// Parameters without a default, beyond the first.
    required: Vec<Box<str>>,
    takes_wildcards: bool,
    /// It has a `**kwargs`, which takes all that is given by name.
    takes_all: bool,
    span: Span,
    /// What becomes of the paths it gives, if it gives paths.
    pub(super) placing: Option<Placing>,
}

impl Info {
    /// Reads a function's parameters.
    pub(super) fn of(value: Value, span: Span) -> Info {
        if let Some(asks) = super::later::params_of(value) {
            let params = std::iter::once(Box::from("wildcards")).chain(asks.iter().cloned()).collect();
            return Info { params, required: asks, takes_wildcards: true, takes_all: false, span, placing: None };
        }
        let doc = value.documentation();
        let params = match &doc {
            DocItem::Member(DocMember::Function(f)) => &f.params,
            // A `partial`: its parameters are not known.
            _ => {
                let params = vec!["wildcards".into()];
                return Info {
                    params,
                    required: Vec::new(),
                    takes_wildcards: true,
                    takes_all: false,
                    span,
                    placing: None,
                };
            }
        };
        let mut positional = params.pos_only.iter().chain(&params.pos_or_named);
        let first = positional.next();
        let named: Vec<_> = positional.chain(&params.named_only).collect();
        let required = named.iter().filter(|p| p.default_value.is_none());
        let wildcards = Box::from(first.map_or("wildcards", |p| p.name.as_str()));
        Info {
            required: required.map(|p| p.name.as_str().into()).collect(),
            params: std::iter::once(wildcards).chain(named.iter().map(|p| p.name.as_str().into())).collect(),
            takes_wildcards: first.is_some() || params.args.is_some(),
            takes_all: params.kwargs.is_some(),
            span,
            placing: None,
        }
    }

    /// The same where these names are given: a `**kwargs` takes them all, as it does in Snakemake.
    pub(super) fn given(mut self, names: &[impl AsRef<str>]) -> Info {
        let is_given = |asked: &str| names.iter().any(|name| name.as_ref() == asked);
        for name in names.iter().map(AsRef::as_ref).filter(|_| self.takes_all) {
            // These are for those who name them: the attempt where there is an output, too.
            let for_named = name == "groupid" || (name == "attempt" && is_given("output"));
            if !for_named && !self.params.iter().any(|own| **own == *name) {
                self.params.push(name.into());
            }
        }
        self
    }

    /// Parameters that can be given, the one for the wildcards first.
    pub(super) fn params(&self) -> &[Box<str>] {
        &self.params
    }

    /// Why it cannot be called with what is at hand.
    pub(super) fn refused(&self, allowed: &[&str]) -> Option<Diag> {
        if !self.takes_wildcards {
            let diag = Diag::at(self.span, "this function takes no argument, but it is called with the wildcards");
            return Some(diag.hint("write `lambda wildcards: ...` or `def name(wildcards):`"));
        }
        let unknown = self.required.iter().find(|p| !allowed.contains(&&***p))?;
        let message = format!("this function asks for `{unknown}`, which is not given to it");
        let list = match allowed {
            [] | ["groupid"] => "only the wildcards are given here, as the first argument".to_owned(),
            names => format!("given are the wildcards as the first argument and, by name, `{}`", names.join("`, `")),
        };
        Some(Diag::at(self.span, message).maybe_hint(did_you_mean(unknown, allowed.iter().copied())).note(list))
    }
}

/// The deferred functions of a Rulefile. Callable from many threads at once.
pub struct Functions {
    frozen: Vec<OwnedFrozenValue>,
    info: Vec<Info>,
    origins: Arc<[Origin]>,
    keys: Keys,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Functions({})", self.frozen.len())
    }
}

impl Functions {
    /// The Starlark text that the Rulefile was lowered to, piece by piece, with
    /// the file of each.
    pub fn lowered(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.origins.iter().map(|origin| (origin.file, origin.chunk.text.as_str()))
    }

    pub(super) fn new(frozen: Vec<OwnedFrozenValue>, info: Vec<Info>, origins: Vec<Origin>, keys: Keys) -> Functions {
        Functions { frozen, info, origins: origins.into(), keys }
    }

    /// The names of a function's parameters, the first of which is given the
    /// wildcards whatever its name.
    pub fn parameters(&self, id: FnId) -> &[Box<str>] {
        &self.info[id.0 as usize].params
    }

    /// Where a function was given to a rule.
    pub fn span(&self, id: FnId) -> Span {
        self.info[id.0 as usize].span
    }

    /// Calls functions, one result each, in order. They may ask for what
    /// `checkpoints` knows.
    ///
    /// # Errors
    /// For each call: the checkpoints' jobs it needs first; or what went wrong
    /// in it, at the user's line, with the calls that led there.
    pub fn call(&self, calls: &[Call<'_>], checkpoints: &dyn Checkpoints) -> Vec<Result<Val, Unavailable>> {
        self.all(calls, checkpoints, false).into_iter().map(|gave| gave.map(|g| g.value)).collect()
    }

    /// Calls input functions: as [`call`](Self::call), with the marks of paths. A
    /// wildcard in a path that they give is filled.
    ///
    /// # Errors
    /// As there.
    pub fn inputs(&self, calls: &[Call<'_>], checkpoints: &dyn Checkpoints) -> Vec<Result<Gave, Unavailable>> {
        self.all(calls, checkpoints, true)
    }

    fn all(&self, calls: &[Call<'_>], checkpoints: &dyn Checkpoints, fill: bool) -> Vec<Result<Gave, Unavailable>> {
        let mut results = Vec::with_capacity(calls.len());
        for batch in calls.chunks(BATCH) {
            let batch = |depth: Depth| depth.run(|| self.batch(batch, checkpoints, fill, depth));
            // What calls itself deeply is called anew where it may.
            let answers = batch(Depth::Shallow).or_else(|| batch(Depth::Deep));
            results.extend(answers.expect("bug: a call that may be deep is too deep"));
        }
        results
    }

    /// Calls on one heap; none if one of them went deeper than a shallow one may.
    fn batch(
        &self,
        calls: &[Call<'_>],
        checkpoints: &dyn Checkpoints,
        fill: bool,
        depth: Depth,
    ) -> Option<Vec<Result<Gave, Unavailable>>> {
        let deferred = Deferred::new(checkpoints, depth);
        let evaluate = |module: Module<'_>| {
            let mut eval = Evaluator::new(&module);
            eval.extra = Some(&deferred);
            // Marks rely on values staying where they are.
            eval.disable_gc();
            limits::set(&mut eval, depth).unwrap_or_else(|e| panic!("bug: the limits of an evaluation: {e}"));
            let mut answers = Vec::with_capacity(calls.len());
            for call in calls {
                let answer = self.one(call, &deferred, fill, &mut eval);
                if deferred.is_too_deep() {
                    return None;
                }
                answers.push(deferred.end(answer));
            }
            Some(answers)
        };
        deferred.marks.during(|| Module::with_temp_heap(evaluate))
    }

    fn one<'v>(
        &self,
        call: &Call<'_>,
        deferred: &Deferred<'_>,
        fill: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> Result<Gave, Box<Diag>> {
        let info = &self.info[call.id.0 as usize];
        self.invoke(call, info, deferred, fill, eval).map_err(|error| {
            deferred.look_how_deep(&error);
            let scene = Scene { origins: &self.origins, keys: Some(&self.keys), ..Scene::default() };
            let mut diags = explain(&error, &scene);
            let mut diag = match diags.len() {
                0 => Diag::error(Kind::Rulefile, "a function failed"),
                _ => diags.swap_remove(0),
            };
            // A function that ends the program ends its own job alone.
            if matches!(diag.kind, Kind::Ended(_)) {
                diag.kind = Kind::Rulefile;
            }
            if diag.labels.is_empty() {
                diag = diag.label(info.span, "");
            }
            Box::new(diag)
        })
    }

    fn invoke<'v>(
        &self,
        call: &Call<'_>,
        info: &Info,
        deferred: &Deferred<'_>,
        fill: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Gave> {
        let heap = eval.heap();
        let mut function = heap.access_owned_frozen_value(&self.frozen[call.id.0 as usize]);
        let wildcards = heap.alloc(Wildcards(call.wildcards.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()));
        let named = arguments(call, &info.params, fill, heap);
        let mut value = eval.eval_function(function, &[wildcards], &named)?;
        for _ in 0..DEEPEST {
            if !super::convert::is_function(value) {
                let mut on_function = |_| Err(super::fault::fault("the result holds a function"));
                // What is filled are files; all else may be what a job's Python is given.
                let convert = if fill { to_files } else { to_objects };
                let plain = convert(value, heap, &mut on_function)?;
                if !fill {
                    return Ok(Gave { value: plain, marks: Vec::new() });
                }
                let job = placing::Settling { placing: info.placing.as_ref(), deferred, wildcards: call.wildcards };
                return placing::settled(plain, value, &job, heap);
            }
            function = value;
            let params = Info::of(function, info.span).given(&info.params[1..]).params;
            value = eval.eval_function(function, &[wildcards], &arguments(call, &params, fill, heap))?;
        }
        Err(super::fault::fault(format!("functions return functions more than {DEEPEST} deep")))
    }
}

/// The arguments of a call that a function has parameters for.
/// What a function is given by name. Those of inputs know the group of the job, which on one
/// machine is the same for all.
fn arguments<'v, 'p>(
    call: &Call<'_>,
    params: &'p [Box<str>],
    of_input: bool,
    heap: Heap<'v>,
) -> Vec<(&'p str, Value<'v>)> {
    let value = |name: &str| match name {
        "input" => Some(files(call.input?, heap)),
        "output" => Some(files(call.output?, heap)),
        "threads" => Some(heap.alloc(call.threads?)),
        "attempt" => Some(heap.alloc(call.attempt)),
        "rulename" => Some(heap.alloc(call.rule?)),
        "groupid" => of_input.then(|| heap.alloc("local")),
        "resources" => {
            let entries = call.resources?.iter().map(|(name, value)| (Some(name.clone()), value.clone()));
            Some(heap.alloc(NamedValues(entries.collect(), Whose::Resources)))
        }
        _ => None,
    };
    params.iter().skip(1).filter_map(|p| Some((&**p, value(p)?))).collect()
}

fn files<'v>(files: &JobFiles<'_>, heap: Heap<'v>) -> Value<'v> {
    let name = |n: &FileName| Name { name: n.name.into(), range: n.range.clone(), list: n.list };
    heap.alloc(Files {
        items: files.items.iter().map(|t| Box::from(*t)).collect(),
        names: files.names.iter().map(name).collect(),
        mark: Mark::default(),
        marks: Marks::default(),
        size_of: files.size_of.clone(),
        brings_names: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use starlark::syntax::{AstModule, Dialect};

    /// What a function of these parameters is given by name, where these are.
    fn given(params: &str, names: &[&str]) -> String {
        Module::with_temp_heap(|module| {
            let text = format!("def f({params}): pass\nf");
            let ast = AstModule::parse("f", text, &Dialect::Extended).expect("a function");
            let mut eval = Evaluator::new(&module);
            let function = eval.eval_module(ast, super::super::builtin::globals()).expect("it is made");
            Info::of(function, Span::new(FileId(0), 0, 0)).given(names).params.join(" ")
        })
    }

    #[test]
    fn what_takes_all_is_given_all() {
        assert_eq!(given("w, input", &["input", "threads"]), "w input");
        assert_eq!(given("w, threads, **kw", &["input", "threads"]), "w threads input");
        assert_eq!(given("*args, input = 1, **kw", &["input", "threads", "groupid"]), "wildcards input threads");
        assert_eq!(given("w, **kw", &["output", "attempt"]), "w output");
    }
}
