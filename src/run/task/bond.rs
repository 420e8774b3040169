//! What binds tasks that run at the same time: the ends of pipes, and services.
//!
//! Owns the waiting of tasks for each other. A pipe's tasks begin together, and
//! none of them is recorded before all have succeeded; if one fails, the others
//! are ended. It does not know what the tasks do.

use crate::digest::Digest;
use crate::exec::Ender;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often an end of a pipe is looked after whose other end is gone.
const LOOK: Duration = Duration::from_millis(50);

/// A digest that another task will tell.
#[derive(Debug, Default)]
pub struct Promise {
    digest: Mutex<Option<Digest>>,
    told: Condvar,
}

impl Promise {
    /// Tells it; only the first time counts.
    pub fn tell(&self, digest: Digest) {
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(digest);
        self.told.notify_all();
    }

    /// What was told, if it was yet.
    pub fn told(&self) -> Option<Digest> {
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is told.
    pub fn wait(&self) -> Digest {
        let digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = self.told.wait_while(digest, |digest| digest.is_none()).unwrap_or_else(PoisonError::into_inner);
        digest.expect("bug: waited until it is there")
    }
}

/// A pipe between two tasks.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// Its path.
    pub path: String,
    /// The task that writes to it.
    pub writer: u32,
    /// The task that reads from it.
    pub reader: u32,
}

/// Tasks that pipes join.
pub struct Bond {
    members: Vec<u32>,
    pipes: Vec<Pipe>,
    ender: Ender,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    begun: usize,
    ended: Vec<u32>,
    agreed: usize,
    failed: bool,
}

impl Bond {
    /// Of tasks that are about to be started, all of them.
    pub fn new(members: Vec<u32>, pipes: Vec<Pipe>, ender: Ender) -> Arc<Bond> {
        Arc::new(Bond { members, pipes, ender, state: Mutex::default(), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task is ready to run its command; waits for the others. False if one of
    /// them cannot.
    pub fn begin(&self) -> bool {
        let mut state = self.lock();
        state.begun += 1;
        self.changed.notify_all();
        let waits = |state: &mut State| state.begun < self.members.len() && !state.failed;
        !self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).failed
    }

    /// Whether one of the tasks has failed already.
    pub fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// A task's command has ended; waits for the others. False if one has failed:
    /// then all are ended.
    pub fn end(&self, task: u32, succeeded: bool) -> bool {
        let mut state = self.lock();
        state.ended.push(task);
        if !succeeded {
            self.fail(&mut state);
        }
        self.changed.notify_all();
        while state.ended.len() < self.members.len() {
            self.let_go(&state);
            let waited = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
        }
        !state.failed
    }

    /// A task can be recorded, or cannot; waits for the others. Whether all can.
    pub fn agree(&self, ready: bool) -> bool {
        let mut state = self.lock();
        state.agreed += 1;
        state.failed |= !ready;
        self.changed.notify_all();
        let waits = |state: &mut State| state.agreed < self.members.len();
        !self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).failed
    }

    fn fail(&self, state: &mut State) {
        if !std::mem::replace(&mut state.failed, true) {
            let open = self.members.iter().filter(|member| !state.ended.contains(member));
            open.for_each(|member| (self.ender)(*member));
        }
    }

    /// Whoever still waits for the other end of a pipe to be opened, by a command
    /// that has ended, finds it open for an instant, and then closed.
    fn let_go(&self, state: &State) {
        for pipe in &self.pipes {
            let flags = match (state.ended.contains(&pipe.writer), state.ended.contains(&pipe.reader)) {
                (true, false) => OFlags::WRONLY,
                (false, true) => OFlags::RDONLY,
                _ => continue,
            };
            // Nobody waits there just now, or it is gone.
            let _ = openat(CWD, pipe.path.as_str(), flags | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_everybodys() {
        let ended: Arc<Mutex<Vec<u32>>> = Arc::default();
        let list = ended.clone();
        let bond = Bond::new(vec![1, 2], Vec::new(), Arc::new(move |task| list.lock().unwrap().push(task)));
        let other = bond.clone();
        let second = std::thread::spawn(move || (other.begin(), other.end(2, true), other.agree(false)));
        assert!(bond.begin() && !bond.end(1, false) && !bond.agree(false));
        // Whether it began depends on who is quicker.
        let (_, ended_well, agreed) = second.join().unwrap();
        assert!(!ended_well && !agreed);
        assert!(ended.lock().unwrap().iter().all(|task| *task == 2));
    }
}
