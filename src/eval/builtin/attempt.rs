//! The state of a `try` statement, which lowered text asks and tells.
//!
//! Owns what becomes of an error in a `try` body: it is taken by a handler, goes on
//! to the statement around, or leaves. Which errors are exceptions is told by
//! `exception`; what a handler looks like, by the syntax.

use super::class::Class as OwnClass;
use crate::eval::convert::elements;
use crate::eval::deferred::Deferred;
use crate::eval::exception::{CLASSES, Class, Exception, raise, thrown};
use crate::eval::fault::fault;
use crate::eval::recognised::exception_of;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::none::NoneType;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far a `try` statement came.
#[derive(Debug)]
enum Progress {
    /// No statement of it failed so far.
    Running,
    /// One did, and nobody has taken the error yet.
    Failed(starlark::Error, Exception),
    /// A handler has taken it.
    Handled(Option<starlark::Error>, Exception),
    /// It is left by `return`, `break` or `continue`.
    Left(String),
}

/// The state of one `try` statement while it runs.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<try>")]
#[allocative(skip)]
pub(super) struct Attempt(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// That of the statement around.
    around: Option<Attempt>,
    progress: Mutex<Progress>,
}

starlark_simple_value!(Attempt);

impl Attempt {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next statement is to run.
    fn runs(&self) -> bool {
        matches!(*self.progress(), Progress::Running) && self.0.around.as_ref().is_none_or(Attempt::runs)
    }

    /// Takes an error if it is an exception.
    fn take(&self, error: starlark::Error) -> starlark::Result<()> {
        let Some(exception) = exception_of(&error) else { return Err(error) };
        *self.progress() = Progress::Failed(error, exception);
        Ok(())
    }

    /// What a function gives; none if it failed now or a statement before it did.
    fn run<'v>(&self, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Value<'v>>> {
        if !self.runs() {
            return Ok(None);
        }
        match eval.eval_function(function, &[], &[]) {
            Ok(value) => Ok(Some(value)),
            Err(error) if Deferred::of(eval).is_some_and(|deferred| deferred.look_how_deep(&error)) => Err(error),
            Err(error) => self.take(error).map(|()| None),
        }
    }
}

/// Whether an exception is of a class, or of one of several.
fn is_of<'v>(exception: &Exception, kinds: Value<'v>, heap: Heap<'v>) -> bool {
    if let Some(class) = Class::from_value(kinds) {
        return exception.class().is(class);
    }
    if let Some(error) = OwnClass::from_value(kinds).and_then(|class| class.error()) {
        return exception.class().is(&error);
    }
    elements(kinds, heap).is_some_and(|kinds| kinds.into_iter().any(|kind| is_of(exception, kind, heap)))
}

/// What a value's parts are, by a tuple: 1 for each, `"*"` for the rest, a tuple for what is parted again.
fn leaves_of<'v>(
    value: Value<'v>,
    shape: Value<'v>,
    leaves: &mut Vec<Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let heap = eval.heap();
    let shape = TupleRef::from_value(shape).map_or(&[][..], |shape| shape.content());
    let items = super::class::iterated(value, eval)?;
    let items: Vec<Value> = super::operators::each(items, heap).iterate(heap)?.collect();
    let star = shape.iter().position(|part| part.unpack_str().is_some());
    let fixed = shape.len() - usize::from(star.is_some());
    if items.len() < fixed || (star.is_none() && items.len() > fixed) {
        return Err(thrown("ValueError", format!("there are {} values for {fixed} names", items.len())));
    }
    let rest = items.len() - fixed;
    for (at, part) in shape.iter().enumerate() {
        match star {
            Some(star) if at == star => leaves.push(heap.alloc(AllocList(items[at..at + rest].iter().copied()))),
            star => {
                let item = items[if star.is_some_and(|star| at > star) { at - 1 + rest } else { at }];
                match TupleRef::from_value(*part) {
                    Some(_) => leaves_of(item, *part, leaves, eval)?,
                    None => leaves.push(item),
                }
            }
        }
    }
    Ok(())
}

#[starlark_value(type = "try")]
impl<'v> StarlarkValue<'v> for Attempt {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    /// Runs one statement.
    fn _run<'v>(
        this: &Attempt,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.run(function, eval)?.unwrap_or_else(Value::new_none))
    }

    /// The parts of a value for so many names.
    fn _parts<'v>(
        this: &Attempt,
        #[starlark(require = pos)] count: u32,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let Some(value) = this.run(function, eval)? else { return Ok(Value::new_none()) };
        let items: Vec<Value> = match super::operators::each(value, heap).iterate(heap) {
            Ok(items) => items.collect(),
            Err(error) => return this.take(error).map(|()| Value::new_none()),
        };
        if items.len() != count as usize {
            let why = format!("there are {} values for {count} names", items.len());
            return this.take(thrown("ValueError", why)).map(|()| Value::new_none());
        }
        Ok(heap.alloc(AllocList(items)))
    }

    /// The parts of a value that is parted by a shape, and its parts again.
    fn _parted<'v>(
        this: &Attempt,
        #[starlark(require = pos)] shape: Value<'v>,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let Some(value) = this.run(function, eval)? else { return Ok(Value::new_none()) };
        let mut leaves = Vec::new();
        match leaves_of(value, shape, &mut leaves, eval) {
            Ok(()) => Ok(eval.heap().alloc(AllocList(leaves))),
            Err(error) => this.take(error).map(|()| Value::new_none()),
        }
    }

    /// Whether nothing has failed so far; behind the body, `else` runs then.
    fn _ok(this: &Attempt) -> starlark::Result<bool> {
        Ok(this.runs())
    }

    /// Whether a handler takes the error; `None` takes every one.
    fn _catch<'v>(
        this: &Attempt,
        #[starlark(require = pos)] kinds: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        let pending = match &*this.progress() {
            Progress::Failed(_, exception) => exception.clone(),
            _ => return Ok(false),
        };
        let taken = kinds.is_none() || {
            let kinds = eval.eval_function(kinds, &[], &[])?;
            is_of(&pending, kinds, eval.heap())
        };
        if taken {
            let mut progress = this.progress();
            if let Progress::Failed(error, exception) = std::mem::replace(&mut *progress, Progress::Running) {
                *progress = Progress::Handled(Some(error), exception);
            }
        }
        Ok(taken)
    }

    fn _caught<'v>(this: &Attempt, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        match &*this.progress() {
            Progress::Handled(_, exception) => {
                let kept = exception.kept().and_then(|name| eval.module().get(name));
                Ok(kept.unwrap_or_else(|| eval.heap().alloc(exception.clone())))
            }
            _ => Ok(Value::new_none()),
        }
    }

    /// A bare `raise` in a handler.
    fn _again(this: &Attempt) -> starlark::Result<NoneType> {
        match &mut *this.progress() {
            Progress::Handled(error, exception) => Err(error.take().unwrap_or_else(|| raise(exception.clone()))),
            _ => Err(fault("there is no error to raise again")),
        }
    }

    /// An error that nobody took goes on to the statement around.
    fn _settle(this: &Attempt) -> starlark::Result<NoneType> {
        let progress = std::mem::replace(&mut *this.progress(), Progress::Running);
        match (progress, &this.0.around) {
            (Progress::Failed(error, _), Some(around)) => around.take(error)?,
            (Progress::Failed(error, _), None) => return Err(error),
            (other, _) => *this.progress() = other,
        }
        Ok(NoneType)
    }

    fn _leave(this: &Attempt, #[starlark(require = pos)] how: &str) -> starlark::Result<NoneType> {
        *this.progress() = Progress::Left(how.to_owned());
        Ok(NoneType)
    }

    fn _left(this: &Attempt, #[starlark(require = pos)] how: &str) -> starlark::Result<bool> {
        Ok(matches!(&*this.progress(), Progress::Left(left) if left == how))
    }
}

/// What makes a state: `_try(around)`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("_try")]
struct Try;

starlark_simple_value!(Try);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Try {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let around = Attempt::from_value(args.positional1(eval.heap())?).cloned();
        Ok(eval.heap().alloc(Attempt(Arc::new(Shared { around, progress: Mutex::new(Progress::Running) }))))
    }
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("_try", Try);
    for (at, (name, _)) in CLASSES.iter().enumerate() {
        builder.set(name, Class::Own(at));
    }
}
