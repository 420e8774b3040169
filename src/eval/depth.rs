//! How deep a value may be nested where it is walked over.
//!
//! Owns the count. A list that holds itself has no end, and a walk over it would
//! take the whole stack.

use super::fault::fault;
use std::cell::Cell;

/// Python gives up at about as many.
const DEEPEST: usize = 1000;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// A step into a value, until it is dropped.
pub(super) struct Step(());

impl Step {
    /// One step deeper.
    ///
    /// # Errors
    /// If there were too many already.
    pub(super) fn into_value() -> starlark::Result<Step> {
        let depth = DEPTH.get();
        if depth >= DEEPEST {
            return Err(fault("this value is nested too deeply, or holds itself"));
        }
        DEPTH.set(depth + 1);
        Ok(Step(()))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
