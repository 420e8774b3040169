//! Signals to rulemake itself, as messages.

use crossbeam::channel::{Receiver, unbounded};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::iterator::Signals;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

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

/// Takes signals as messages. There is one a process: what a signal does by
/// default is never put back, only imitated.
pub struct Listener {
    /// The messages.
    pub asks: Receiver<Ask>,
    armed: Arc<AtomicBool>,
}

impl Listener {
    /// The one of this process, which listens from the first call on.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub fn of_process() -> std::io::Result<&'static Listener> {
        static LISTENER: OnceLock<Listener> = OnceLock::new();
        if let Some(listener) = LISTENER.get() {
            return Ok(listener);
        }
        let listener = Listener::start()?;
        Ok(LISTENER.get_or_init(|| listener))
    }

    /// Starts to listen, on a thread of its own.
    fn start() -> std::io::Result<Listener> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGUSR1])?;
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
        Ok(Listener { asks, armed })
    }

    /// Whether signals are messages from here on; else they do what they do by
    /// default, which is right while nothing runs and nobody takes messages.
    pub fn arm(&self, on: bool) {
        self.armed.store(on, Ordering::SeqCst);
    }
}

/// Stops this process as Ctrl-Z would have; returns when it is continued.
pub fn suspend_self() {
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
}

/// Ends this process as a signal would have.
pub fn end_self(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}
