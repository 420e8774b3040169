//! How long and how large an evaluation may become.
//!
//! Owns the limits, and what is said where one is passed: a loop that never ends would
//! take all memory.

use super::fault::hinted;
use starlark::codemap::{FileSpan, FileSpanRef};
use starlark::environment::Module;
use starlark::eval::{BeforeStmtFunc, BeforeStmtFuncDyn, Evaluator};
use std::cell::RefCell;
use std::rc::Rc;

/// Calls and turns of loops.
const TICKS: u64 = 100_000_000;
/// Bytes of values.
const BYTES: usize = 2 << 30;
/// Values that one call makes.
const VALUES: u128 = 10_000_000;
/// How deep functions may call each other, built-in ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// As most functions of jobs do: a list of so many frames is made for each evaluation,
    /// and a stack of its own costs more than a call.
    Shallow,
    /// Beyond what Python allows, which gives up at 1000 calls of its own functions.
    Deep,
}

impl Depth {
    fn calls(self) -> usize {
        match self {
            Depth::Shallow => 32,
            Depth::Deep => 3000,
        }
    }

    /// Runs an evaluation where there is as much stack as so many calls may take, in
    /// bytes. Only the pages that are used cost anything.
    pub(super) fn run<T>(self, evaluation: impl FnOnce() -> T) -> T {
        const SHALLOW: usize = 6 << 20;
        const DEEP: usize = 512 << 20;
        match self {
            Depth::Shallow => stacker::maybe_grow(SHALLOW, SHALLOW + (1 << 20), evaluation),
            Depth::Deep => stacker::grow(DEEP, evaluation),
        }
    }
}

/// The statement that an evaluation has come to.
pub(super) struct Reached(Rc<RefCell<Option<FileSpan>>>);

/// Looks at the limits before each statement.
struct Watch(Rc<RefCell<Option<FileSpan>>>);

impl BeforeStmtFuncDyn<'_> for Watch {
    fn call<'v>(
        &mut self,
        span: FileSpanRef,
        _continued: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<()> {
        // Most evaluations never come near: they pay for no more than this.
        if eval.heap().peak_allocated_bytes() < BYTES / 2 && eval.get_total_tick_count() < TICKS / 2 {
            return Ok(());
        }
        self.0.replace(Some(span.to_file_span()));
        check(eval)
    }
}

impl Reached {
    /// The same error; where a limit was passed, with the place of the statement.
    pub(super) fn placed(&self, mut error: starlark::Error) -> starlark::Error {
        let reached = self.0.take();
        let passed = || super::fault::inner(error.kind()).is_some_and(|inner| is_limit(&inner.to_string()));
        if let Some(at) = reached.filter(|_| error.span().is_none() && passed()) {
            error.set_span(at.span, &at.file);
        }
        error
    }
}

/// Looks at the limits before each statement from now on, so that passing one has a
/// place. Functions of jobs are not watched: they are many, and to ask each time where
/// the statement stands costs more than most of them do.
pub(super) fn watch(eval: &mut Evaluator) -> Reached {
    let reached = Rc::new(RefCell::new(None));
    eval.before_stmt_for_dap(BeforeStmtFunc::from_dyn(Box::new(Watch(reached.clone()))));
    Reached(reached)
}

/// Sets the limits of an evaluation.
pub(super) fn set(eval: &mut Evaluator, depth: Depth) -> starlark::Result<()> {
    // Where no statement begins for long.
    eval.set_max_heap_size(BYTES + BYTES / 4).map_err(starlark::Error::new_other)?;
    eval.set_max_tick_count(TICKS + TICKS / 4).map_err(starlark::Error::new_other)?;
    eval.set_max_callstack_size(depth.calls()).map_err(starlark::Error::new_other)
}

/// An evaluation within another one, in the same module. It frees nothing: what the one around
/// it holds is not known to it.
pub(super) fn nested<'v, 'a, 'e>(module: &'a Module<'v>) -> Evaluator<'v, 'a, 'e> {
    let mut eval = Evaluator::new(module);
    eval.disable_gc();
    eval
}

/// Fails where a limit is passed.
///
/// # Errors
/// At the place of the call.
pub(super) fn check(eval: &mut Evaluator) -> starlark::Result<()> {
    let how = match () {
        () if eval.heap().peak_allocated_bytes() > BYTES => LARGE,
        () if eval.get_total_tick_count() > TICKS => LONG,
        () => return Ok(()),
    };
    Err(hinted(format!("this {how}"), HINT))
}

/// Fails where one call would make too many values.
///
/// # Errors
/// At the place of the call.
pub(super) fn values(count: u128) -> starlark::Result<()> {
    match count > VALUES {
        true => Err(hinted(format!("this makes more than {VALUES} values"), "take fewer of them")),
        false => Ok(()),
    }
}

/// Whether Starlark says that one of its limits was passed.
fn is_limit(text: &str) -> bool {
    text.contains("limit") && text.contains("exceeded")
}

/// What is said of Starlark's own limit that was passed, and the way out.
pub(super) fn worded(text: &str) -> Option<(String, &'static str)> {
    let how = if text.contains("ticks") { LONG } else { LARGE };
    is_limit(text).then(|| (format!("this {how}"), HINT))
}

const LARGE: &str = "takes more than 2 GiB of memory";
const LONG: &str = "goes on for too long";
const HINT: &str = "a loop or a generator must come to an end";
