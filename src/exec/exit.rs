//! How a command ended, and the words for it.

use super::meter::Measured;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It exited with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
    /// It was stopped by this signal, with nobody there to continue it, and was
    /// ended by us.
    Stopped(i32),
    /// It was ended by us, because it ran for longer than this.
    TimedOut(Duration),
    /// It never ran; why.
    NotStarted(String),
}

impl Status {
    /// Whether the command succeeded.
    pub fn is_success(&self) -> bool {
        *self == Status::Code(0)
    }
}

/// How a command ended, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// How it ended.
    pub status: Status,
    /// When its process was started.
    pub start: SystemTime,
    /// From start to end.
    pub wall: Duration,
    /// Processor time in user mode, of its process and all that it waited for.
    pub user: Duration,
    /// Processor time in the kernel, likewise.
    pub sys: Duration,
    /// Largest resident set of one of its processes, in KiB. None where it
    /// cannot be told from our own, which the kernel hands down at spawn.
    pub peak_rss_kib: Option<u64>,
    /// Whether it ran without a shell.
    pub direct: bool,
    /// Bytes in the log; at 0 there is no log.
    pub log_bytes: u64,
    /// A line for each run that succeeded, where they were to be measured.
    pub measured: Vec<Measured>,
}

impl Exit {
    /// The end of a command that never ran.
    pub fn not_started(why: impl Into<String>) -> Exit {
        Exit {
            status: Status::NotStarted(why.into()),
            start: SystemTime::UNIX_EPOCH,
            wall: Duration::ZERO,
            user: Duration::ZERO,
            sys: Duration::ZERO,
            peak_rss_kib: None,
            direct: false,
            log_bytes: 0,
            measured: Vec::new(),
        }
    }
}

impl Exit {
    /// Of several runs one after the other, the last of which ended like this.
    pub fn after(mut self, earlier: Option<Exit>) -> Exit {
        let Some(mut earlier) = earlier else { return self };
        self.start = earlier.start;
        self.wall += earlier.wall;
        self.user += earlier.user;
        self.sys += earlier.sys;
        self.peak_rss_kib = self.peak_rss_kib.max(earlier.peak_rss_kib);
        earlier.measured.append(&mut self.measured);
        self.measured = earlier.measured;
        self
    }
}

/// The end of a command in words, as in "job `x` failed: ...".
pub fn describe(status: &Status) -> String {
    match status {
        Status::Code(code) => describe_code(*code),
        Status::Signal(signal) => format!("killed by {}{}", signal_name(*signal), likely_cause(*signal)),
        Status::Stopped(signal) => {
            format!("stopped by {}{}, so it was ended", signal_name(*signal), why_stopped(*signal))
        }
        Status::TimedOut(limit) => format!("timed out after {}", describe_limit(*limit)),
        Status::NotStarted(why) => format!("not started: {why}"),
    }
}

/// A duration as one writes it: in its largest units, without those that are zero.
fn describe_limit(limit: Duration) -> String {
    let seconds = limit.as_secs();
    let units = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min")];
    let mut parts: Vec<String> =
        units.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    let rest = Duration::new(seconds % 60, limit.subsec_nanos());
    if parts.is_empty() || !rest.is_zero() {
        parts.push(format!("{} s", rest.as_secs_f64()));
    }
    parts.join(" ")
}

fn describe_code(code: i32) -> String {
    let mut text = format!("exit code {code}");
    match code {
        126 => text.push_str(": command found but not executable"),
        127 => text.push_str(": command not found"),
        129..=192 if is_known(code - 128) => {
            let signal = code - 128;
            let _ = write!(text, ": a command in it was killed by {}{}", signal_name(signal), likely_cause(signal));
        }
        _ => {}
    }
    text
}

fn likely_cause(signal: i32) -> &'static str {
    match signal {
        libc::SIGKILL => " (out of memory?)",
        libc::SIGXCPU => " (over its limit of processor time)",
        libc::SIGXFSZ => " (over the limit of a file's size)",
        libc::SIGPIPE => " (the reader of its output had gone)",
        _ => "",
    }
}

fn why_stopped(signal: i32) -> &'static str {
    match signal {
        libc::SIGTTIN => " (it wanted to read from the terminal)",
        libc::SIGTTOU => " (it wanted to set up the terminal)",
        _ => "",
    }
}

const SIGNALS: &[(i32, &str)] = &[
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGTRAP, "SIGTRAP"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGKILL, "SIGKILL"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGCONT, "SIGCONT"),
    (libc::SIGSTOP, "SIGSTOP"),
    (libc::SIGTSTP, "SIGTSTP"),
    (libc::SIGTTIN, "SIGTTIN"),
    (libc::SIGTTOU, "SIGTTOU"),
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    (libc::SIGSYS, "SIGSYS"),
];

fn is_known(signal: i32) -> bool {
    SIGNALS.iter().any(|(number, _)| *number == signal)
}

/// The name of a signal, as `SIGTERM`; `signal 40` for those without one.
pub fn signal_name(signal: i32) -> String {
    match SIGNALS.iter().find(|(number, _)| *number == signal) {
        Some((_, name)) => (*name).to_string(),
        None => format!("signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (status, want) in [
            (Status::Code(3), "exit code 3"),
            (Status::Code(127), "exit code 127: command not found"),
            (Status::Code(126), "exit code 126: command found but not executable"),
            (Status::Code(137), "exit code 137: a command in it was killed by SIGKILL (out of memory?)"),
            (Status::Code(255), "exit code 255"),
            (Status::Signal(9), "killed by SIGKILL (out of memory?)"),
            (Status::Signal(11), "killed by SIGSEGV"),
            (Status::Signal(40), "killed by signal 40"),
            (
                Status::Stopped(libc::SIGTTIN),
                "stopped by SIGTTIN (it wanted to read from the terminal), so it was ended",
            ),
            (Status::TimedOut(Duration::from_millis(500)), "timed out after 0.5 s"),
            (Status::TimedOut(Duration::from_secs(5400)), "timed out after 1 h 30 min"),
            (Status::TimedOut(Duration::from_secs(61)), "timed out after 1 min 1 s"),
            (Status::NotStarted("disk full".into()), "not started: disk full"),
        ] {
            assert_eq!(describe(&status), want);
        }
    }
}
