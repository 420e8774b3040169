//! The only place that makes processes and waits for them.
//!
//! Owns `posix_spawn` and `wait4`, which is why it alone may hold unsafe code.
//! A child has a process group of its own, stdin from `/dev/null`, the two
//! outputs it is given and no other descriptor, an empty signal mask and the
//! default action for every signal but `SIGHUP` (which stays ignored under
//! `nohup`). `posix_spawn` never copies the parent's memory, so a large plan
//! does not make jobs slower to start; nothing of ours runs in the child.
//!
//! It does not know which program to run, nor who may be signalled when.

#![allow(unsafe_code, reason = "posix_spawn and wait4 have no safe binding that offers what is needed here")]

use libc::{c_char, c_int, c_short, pid_t};
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, waitid};
use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// A program with its arguments and environment.
pub(super) struct Image<'a> {
    /// Path of the file to execute, as it is: not looked up.
    pub program: &'a CStr,
    /// The arguments, from `argv[0]` on.
    pub args: &'a [&'a CStr],
    /// The environment, `NAME=value` each.
    pub env: &'a [&'a CStr],
    /// The directory it runs in, if not ours.
    pub directory: Option<&'a CStr>,
}

/// A process that was started and not yet reaped. It must be reaped.
#[derive(Debug)]
pub(super) struct Child {
    pid: Pid,
}

/// What a wait has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The process ended so; it is still there to be reaped.
    Ended(End),
    /// This signal stopped it.
    Stopped(i32),
}

impl Event {
    fn of(status: &WaitIdStatus) -> Event {
        match (status.stopping_signal(), status.exit_status(), status.terminating_signal()) {
            (Some(signal), _, _) => Event::Stopped(signal),
            (_, Some(code), _) => Event::Ended(End::Code(code)),
            (_, _, Some(signal)) => Event::Ended(End::Signal(signal)),
            _ => panic!("bug: a process neither ended nor stopped: {status:?}"),
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Code(i32),
    Signal(i32),
}

/// What a process and all that it waited for have used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub user: Duration,
    pub sys: Duration,
    /// Largest resident set of one process in KiB, or ours at spawn if larger.
    pub peak_rss_kib: u64,
}

fn check(code: c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

/// The attributes of a spawn; freed when dropped.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> io::Result<Attributes> {
        let mut raw = MaybeUninit::uninit();
        // SAFETY: init fills the storage it is given; it is used only if that
        // succeeded.
        let mut this = unsafe {
            check(libc::posix_spawnattr_init(raw.as_mut_ptr()))?;
            Attributes(raw.assume_init())
        };
        let flags = libc::POSIX_SPAWN_SETPGROUP | libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        // SAFETY: the attributes are initialised; the two sets are filled by
        // sigemptyset and sigfillset before they are read.
        unsafe {
            let mut none = MaybeUninit::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            let mut reset = MaybeUninit::uninit();
            libc::sigfillset(reset.as_mut_ptr());
            for kept in [libc::SIGKILL, libc::SIGSTOP, libc::SIGHUP] {
                libc::sigdelset(reset.as_mut_ptr(), kept);
            }
            check(libc::posix_spawnattr_setsigmask(&mut this.0, none.as_ptr()))?;
            check(libc::posix_spawnattr_setsigdefault(&mut this.0, reset.as_ptr()))?;
            check(libc::posix_spawnattr_setpgroup(&mut this.0, 0))?;
            check(libc::posix_spawnattr_setflags(&mut this.0, flags as c_short))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

/// What happens to the descriptors of a spawn; freed when dropped.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    /// stdin from `/dev/null`, stdout and stderr to the given files. The source
    /// descriptors are above 2: the runtime opens 0 to 2 before `main`.
    fn new(out: BorrowedFd, err: BorrowedFd) -> io::Result<Actions> {
        let mut raw = MaybeUninit::uninit();
        // SAFETY: as in `Attributes::new`.
        let mut this = unsafe {
            check(libc::posix_spawn_file_actions_init(raw.as_mut_ptr()))?;
            Actions(raw.assume_init())
        };
        // SAFETY: the actions are initialised and copy the path; descriptors
        // are plain numbers here, and open, being borrowed.
        unsafe {
            let null = c"/dev/null".as_ptr();
            check(libc::posix_spawn_file_actions_addopen(&mut this.0, 0, null, libc::O_RDONLY, 0))?;
            check(libc::posix_spawn_file_actions_adddup2(&mut this.0, out.as_raw_fd(), 1))?;
            check(libc::posix_spawn_file_actions_adddup2(&mut this.0, err.as_raw_fd(), 2))?;
        }
        Ok(this)
    }
}

impl Actions {
    /// Changes the directory before the program is executed.
    fn go_to(&mut self, directory: &CStr) -> io::Result<()> {
        // SAFETY: the actions are initialised and copy the path.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&mut self.0, directory.as_ptr()) })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

/// Pointers to C strings with a null at the end, as `execve` wants them.
fn pointers(strings: &[&CStr]) -> Vec<*mut c_char> {
    let mut all = Vec::with_capacity(strings.len() + 1);
    all.extend(strings.iter().map(|s| s.as_ptr().cast_mut()));
    all.push(ptr::null_mut());
    all
}

/// Starts a process. An error means that the program could not be executed
/// (`ENOENT`, `EACCES`, `ENOEXEC`, `E2BIG`) or that there is no process to be
/// had (`EAGAIN`, `ENOMEM`).
pub(super) fn spawn(image: &Image, out: BorrowedFd, err: BorrowedFd) -> io::Result<Child> {
    let attributes = Attributes::new()?;
    let mut actions = Actions::new(out, err)?;
    if let Some(directory) = image.directory {
        actions.go_to(directory)?;
    }
    let args = pointers(image.args);
    let env = pointers(image.env);
    let mut pid: pid_t = 0;
    // SAFETY: all pointers are valid for the call: `image` borrows the strings,
    // both vectors end in a null, the actions and attributes are initialised.
    // posix_spawn does not write through argv or envp despite their types.
    let code = unsafe {
        libc::posix_spawn(&mut pid, image.program.as_ptr(), &actions.0, &attributes.0, args.as_ptr(), env.as_ptr())
    };
    check(code)?;
    let pid = Pid::from_raw(pid).expect("bug: posix_spawn gave no process id");
    Ok(Child { pid })
}

impl Child {
    /// Its process id, which is that of its group too.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits until the process ended or stopped. Consumes neither: see
    /// [`reap`](Child::reap) and [`forget_stop`](Child::forget_stop).
    pub fn wait(&self) -> Event {
        let what = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        self.look(what).expect("bug: a wait without a time limit came back empty")
    }

    /// Whether the process ended.
    pub fn has_ended(&self) -> bool {
        self.look(WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG).is_some()
    }

    /// Waits until the process ended.
    pub fn wait_for_end(&self) -> End {
        match self.look(WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Some(Event::Ended(end)) => end,
            _ => panic!("bug: a wait for the end came back without it"),
        }
    }

    /// Whether it is stopped now (and that was not forgotten).
    pub fn is_stopped(&self) -> bool {
        self.look(WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG).is_some()
    }

    /// Takes note of a stop, so that `wait` does not report it again.
    pub fn forget_stop(&self) {
        self.look(WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
    }

    fn look(&self, what: WaitIdOptions) -> Option<Event> {
        loop {
            match waitid(WaitId::Pid(self.pid), what) {
                Ok(None) => return None,
                Ok(Some(status)) => return Some(Event::of(&status)),
                Err(rustix::io::Errno::INTR) => {}
                // Who asks for stops alone is told so of a process that has ended.
                Err(rustix::io::Errno::CHILD) if !what.contains(WaitIdOptions::EXITED) => return None,
                Err(error) => panic!("bug: waiting for process {}: {error}", self.pid()),
            }
        }
    }

    /// Takes the ended process off the kernel's table, after which its id may
    /// belong to another. Waits if it has not ended.
    pub fn reap(self) -> Usage {
        let mut status: c_int = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        loop {
            // SAFETY: both pointers are valid for writing.
            let got = unsafe { libc::wait4(self.pid(), &mut status, 0, usage.as_mut_ptr()) };
            if got == self.pid() {
                break;
            }
            let error = io::Error::last_os_error();
            assert!(error.kind() == io::ErrorKind::Interrupted, "bug: reaping process {}: {error}", self.pid());
        }
        // SAFETY: zeroes are a valid rusage; wait4 has filled it since.
        let usage = unsafe { usage.assume_init() };
        Usage { user: duration(usage.ru_utime), sys: duration(usage.ru_stime), peak_rss_kib: max_rss(&usage) }
    }
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_micros(time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64)
}

/// macOS counts it in bytes.
fn max_rss(usage: &libc::rusage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    usage.ru_maxrss.max(0) as u64 / unit
}

/// Our own largest resident set so far, in KiB: what a child begins with.
pub(super) fn own_peak_rss_kib() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writing; a zeroed rusage is a valid one.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    max_rss(&usage)
}

/// Sends a signal to every process of a group; that there is none, or none we
/// may signal, is no error.
pub(super) fn signal_group(pgid: i32, signal: rustix::process::Signal) {
    if let Some(pid) = Pid::from_raw(pgid) {
        let _ = kill_process_group(pid, signal);
    }
}

/// Undoes what we may have been started with and children must not have, or we
/// cannot have: every descriptor above 2 becomes close-on-exec (all that the
/// program opens itself is so from the start), and ends of children are told to
/// us even if our parent ignores those of its own.
pub(super) fn prepare_process() {
    // SAFETY: setting a signal to its default action runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    close_others_on_exec();
}

fn close_others_on_exec() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the call only sets a flag on descriptors.
        let code = unsafe { libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
        if code == 0 {
            return;
        }
    }
    let listed = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers: Vec<c_int> = listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for fd in numbers.into_iter().filter(|&fd| fd > 2) {
        // SAFETY: setting the flag is harmless on any number, open or not.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_process_that_has_ended_is_not_stopped() {
        let null = std::fs::File::open("/dev/null").expect("a file");
        let image = Image { program: c"/bin/true", args: &[c"true"], env: &[], directory: None };
        let child = spawn(&image, null.as_fd(), null.as_fd()).expect("a process");
        assert_eq!(child.wait_for_end(), End::Code(0));
        assert!(!child.is_stopped());
        child.forget_stop();
        child.reap();
    }
}
