//! Signals to rulemake itself, as messages.

use crossbeam::channel::{Receiver, unbounded};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::iterator::{Handle, Signals};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// End the jobs and stop: the signal's number.
    Stop(i32),
    /// Start nothing more, let running jobs end.
    Drain,
    /// Stop the jobs, then ourselves.
    Suspend,
    /// We go on; so shall the jobs.
    Resume,
}

/// Signals are taken as messages while this lives.
pub struct Listener {
    /// The messages.
    pub asks: Receiver<Ask>,
    armed: Arc<AtomicBool>,
    handle: Handle,
}

impl Listener {
    /// Starts to listen, on a thread of its own.
    pub fn start() -> std::io::Result<Listener> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGUSR1])?;
        let handle = signals.handle();
        let (send, asks) = unbounded();
        let armed = Arc::new(AtomicBool::new(false));
        let heard = armed.clone();
        std::thread::Builder::new().name("signals".into()).stack_size(64 * 1024).spawn(move || {
            for signal in signals.forever() {
                if !heard.load(Ordering::SeqCst) {
                    // Nothing runs and nothing is set aside: as without us.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                    continue;
                }
                let ask = match signal {
                    SIGUSR1 => Ask::Drain,
                    SIGTSTP => Ask::Suspend,
                    SIGCONT => Ask::Resume,
                    other => Ask::Stop(other),
                };
                if send.send(ask).is_err() {
                    return;
                }
            }
        })?;
        Ok(Listener { asks, armed, handle })
    }

    /// Whether signals are messages from here on; else they do what they do by
    /// default, which is right while nothing runs and nobody takes messages.
    pub fn arm(&self, on: bool) {
        self.armed.store(on, Ordering::SeqCst);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Stops this process as Ctrl-Z would have; returns when it is continued.
pub fn suspend_self() {
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
}
