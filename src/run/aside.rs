//! A program that runs beside all jobs, alone: a handler, the compiler of Python,
//! a Python file that the Rulefile asks for.
//!
//! Owns its way through the executor, and what is asked for while it runs. It
//! does not know what it is for.

use super::signals::{Ask, suspend_self};
use crate::exec::{Executor, Exit, Signal, Spec, Task};
use crossbeam::channel::{Receiver, select};
use std::sync::{Arc, Mutex, PoisonError};

/// What was asked for while it ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Came {
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// No job shall start.
    pub drain: bool,
}

/// See the module.
pub struct Aside {
    spec: Spec,
    ended: Arc<Mutex<Option<Exit>>>,
}

impl Aside {
    /// A number that no job has.
    pub const NUMBER: u32 = u32::MAX;

    /// A program that has not begun.
    pub fn new(spec: Spec) -> Aside {
        Aside { spec, ended: Arc::default() }
    }

    /// Runs it to its end.
    pub fn run(self, executor: &mut dyn Executor, asks: &Receiver<Ask>) -> (Exit, Came) {
        if let Some(why) = executor.lacks(&self.spec.command) {
            return (Exit::not_started(why), Came::default());
        }
        let ended = self.ended.clone();
        executor.start(Box::new(self));
        let came = wait(executor, asks);
        let exit = ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        (exit.expect("bug: a task leaves its exit"), came)
    }
}

fn wait(executor: &mut dyn Executor, asks: &Receiver<Ask>) -> Came {
    let finished = executor.finished().clone();
    let mut came = Came::default();
    loop {
        executor.idle();
        select! {
            recv(finished) -> _ => return came,
            recv(asks) -> ask => match ask {
                Ok(Ask::Stop(number)) => {
                    executor.signal(if came.signal.is_some() { Signal::Kill } else { Signal::Terminate });
                    came.signal = Some(number);
                }
                Ok(Ask::Suspend) => {
                    executor.signal(Signal::Suspend);
                    suspend_self();
                    executor.signal(Signal::Resume);
                }
                Ok(Ask::Resume) => executor.signal(Signal::Resume),
                Ok(Ask::Drain) => came.drain = true,
                Err(_) => {}
            },
        }
    }
}

impl Task for Aside {
    fn id(&self) -> u32 {
        Aside::NUMBER
    }

    fn before(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn spawned(&mut self, _pgid: i32, _leader_start: u64) {}

    fn after(&mut self, exit: Exit) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
    }
}
