//! Marks on strings: flags and pins of paths while a Rulefile is read, and
//! whether their braces are wildcards.
//!
//! A marked path stays an ordinary string, so that everything Python does with
//! strings works on it; its mark is kept beside it under the address of its
//! bytes, and is lost, as in Snakemake, when a new string is made from it.
//! Addresses stay valid because nothing is collected while loading.

use super::deferred::Deferred;
use super::session::Session;
use crate::rule::{Flags, RuleId};
use rustc_hash::FxHashMap;
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Those of the calls that this thread is making.
    static CALLS: RefCell<Option<Marks>> = const { RefCell::new(None) };
}

/// What is known of a path besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) flags: Flags,
    pub(super) pin: Option<RuleId>,
    /// It is a path of the whole book: a module's prefix is not put before it.
    pub(super) placed: bool,
    /// What else is asked of it, in the session's `extras`.
    pub(super) extra: Option<u32>,
    /// Its braces stand for themselves.
    pub(super) literal: bool,
}

impl Mark {
    pub(super) fn with(self, flags: Flags) -> Mark {
        Mark { flags: self.flags | flags, ..self }
    }
}

/// The marks of one load, or of one batch of deferred calls. Clones share.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Arc<Mutex<FxHashMap<usize, Mark>>>);

impl Marks {
    /// Those of what is being evaluated.
    pub(super) fn of<'e>(eval: &'e Evaluator<'_, '_, '_>) -> Option<&'e Marks> {
        Session::of(eval).map(|s| &s.marks).or_else(|| Deferred::of(eval).map(|d| &d.marks))
    }

    /// Makes calls whose marks these are, also those that objects of the Rulefile set.
    pub(super) fn during<T>(&self, calls: impl FnOnce() -> T) -> T {
        let outer = CALLS.replace(Some(self.clone()));
        let result = calls();
        CALLS.set(outer);
        result
    }

    /// Those of the calls that this thread is making, or else these.
    pub(super) fn now(&self) -> Marks {
        CALLS.with_borrow(Clone::clone).unwrap_or_else(|| self.clone())
    }

    /// A new string of that text, marked. Starlark shares strings of one
    /// letter, so those are spelt `./x`, which is the same path.
    pub(super) fn alloc<'v>(&self, text: &str, mark: Mark, heap: Heap<'v>) -> Value<'v> {
        if text.is_empty() || mark == Mark::default() {
            return heap.alloc_str(text).to_value();
        }
        let value = match text.len() {
            1 => heap.alloc_str(&format!("./{text}")),
            _ => heap.alloc_str(text),
        };
        let key = value.as_str().as_ptr() as usize;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, mark);
        value.to_value()
    }

    /// Forgets all marks, which are handed over; as when another heap comes
    /// into use, whose addresses mean nothing here.
    pub(super) fn take(&self) -> FxHashMap<usize, Mark> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what [`take`](Self::take) gave.
    pub(super) fn restore(&self, marks: FxHashMap<usize, Mark>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = marks;
    }

    /// Whether nothing is marked.
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The mark of a string of the heap.
    pub(super) fn get(&self, text: &str) -> Mark {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.is_empty() {
            return Mark::default();
        }
        marks.get(&(text.as_ptr() as usize)).copied().unwrap_or_default()
    }
}
