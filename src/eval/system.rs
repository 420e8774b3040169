//! What `os.environ` and `sys.path` stand for in one load.
//!
//! Owns the variables that were asked for and set, and where Python files are looked
//! for that an import names. It reads no file.

use super::TrackedRead;
use crate::rule::EnvironmentVariable as Variable;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the load and the values that answer for it.
#[derive(Clone, Debug, Default)]
pub(super) struct System(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Variables that were asked for.
    reads: Vec<TrackedRead>,
    /// Variables that the Rulefile set, or took away.
    set: BTreeMap<Box<str>, Option<Box<str>>>,
    /// The Rulefile is read: nothing is set any more.
    sealed: bool,
    /// `sys.path`: directories, the first one first.
    path: Vec<String>,
}

impl State {
    fn variables(&self) -> Vec<Variable> {
        self.set.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl System {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A variable of the environment; tracked, unless the Rulefile set it.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let mut state = self.state();
        if let Some(value) = state.set.get(name) {
            return value.as_deref().map(str::to_owned);
        }
        let found = std::env::var(name).ok();
        let read = TrackedRead::Env(name.into(), found.as_deref().map(Into::into));
        if !state.reads.contains(&read) {
            state.reads.push(read);
        }
        found
    }

    /// Sets a variable for what runs later, or takes it away; whether it is time for that.
    pub(super) fn set(&self, name: &str, value: Option<&str>) -> bool {
        let mut state = self.state();
        if !state.sealed {
            state.set.insert(name.into(), value.map(Into::into));
        }
        !state.sealed
    }

    /// The Rulefile is read: what was asked for, and what was set.
    pub(super) fn seal(&self) -> (Vec<TrackedRead>, Vec<Variable>) {
        let mut state = self.state();
        state.sealed = true;
        (std::mem::take(&mut state.reads), state.variables())
    }

    /// The variables that were set so far.
    pub(super) fn set_so_far(&self) -> Vec<Variable> {
        self.state().variables()
    }

    /// `sys.path`.
    pub(super) fn path(&self) -> Vec<String> {
        self.state().path.clone()
    }

    /// Changes `sys.path`.
    pub(super) fn change_path<T>(&self, change: impl FnOnce(&mut Vec<String>) -> T) -> T {
        change(&mut self.state().path)
    }
}
