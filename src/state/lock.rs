//! One run for each directory.
//!
//! Owns the lock file and what it says about its holder. The lock is the
//! system's own (`flock`): it ends with the process that holds it, however that
//! ends, so there is nothing to unlock by hand. File systems without such locks
//! get a lease instead.

use super::layout::LOCK;
use super::lease::Lease;
use super::{error, now_ms, process};
use crate::diag::{Diag, Kind};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By `flock`; by lease where the file system has none.
    Auto,
    /// By lease.
    Lease,
}

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it is held, not used")] Held);

#[derive(Debug)]
#[expect(dead_code, reason = "it is held, not used")]
enum Held {
    Flock(Flock),
    Lease(Lease),
}

/// A lock of the system, with the file it is on.
#[derive(Debug)]
struct Flock(File);

impl Drop for Flock {
    fn drop(&mut self) {
        // Closing alone leaves it with a child between its fork and its exec.
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl Lock {
    /// Takes the lock of a state directory, without waiting.
    ///
    /// # Errors
    /// If another run has it (the message says which), or the lock file cannot
    /// be written.
    pub fn take(dir: &Path, how: How) -> Result<Lock, Diag> {
        if how == How::Lease {
            return Lease::take(dir).map(|l| Lock(Held::Lease(l)));
        }
        let path = dir.join(LOCK);
        let cannot = |e: io::Error| error("lock", &path, &e);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(cannot)?;
        match flock_soon(&file, &path) {
            Ok(true) => {
                // A full disk only keeps the others from knowing who we are.
                let _ = tell(&file, Holder::me().to_text().as_bytes());
                Ok(Lock(Held::Flock(Flock(file))))
            }
            Ok(false) => Err(Holder::parse(&std::fs::read_to_string(&path).unwrap_or_default()).held()),
            Err(Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) => {
                Lease::take(dir).map(|l| Lock(Held::Lease(l)))
            }
            Err(errno) => Err(cannot(errno.into())),
        }
    }

    /// The process that holds the lock of a state directory, if one does.
    pub fn holder_pid(dir: &Path) -> Option<u32> {
        if Lock::try_take(dir).is_some() {
            return None;
        }
        let text = std::fs::read_to_string(dir.join(LOCK)).ok()?;
        Some(Holder::parse(&text)).filter(|h| h.host == process::host() && h.pid > 0).map(|h| h.pid)
    }

    /// Takes the lock if it is there and free, and the system has locks.
    pub(super) fn try_take(dir: &Path) -> Option<Lock> {
        let file = File::options().read(true).write(true).open(dir.join(LOCK)).ok()?;
        flock(&file).is_ok_and(|got| got).then(|| Lock(Held::Flock(Flock(file))))
    }
}

/// A dry run that stores what it learnt holds the lock for a moment, and does
/// not put its name there: it is waited for.
const MOMENT: Duration = Duration::from_secs(2);

fn flock_soon(file: &File, path: &Path) -> Result<bool, Errno> {
    let start = Instant::now();
    while !flock(file)? {
        let named = Holder::parse(&std::fs::read_to_string(path).unwrap_or_default());
        if named.may_live() || start.elapsed() > MOMENT {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(true)
}

fn flock(file: &File) -> Result<bool, Errno> {
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(other) => return Err(other),
        }
    }
}

/// Who holds a lock, as its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) pid: u32,
    pub(super) host: String,
    pub(super) boot_id: String,
    pub(super) start_ticks: u64,
    pub(super) since_ms: u64,
    pub(super) command: String,
}

/// Writes who holds the lock over who held it. The file is not emptied first:
/// one that was is put on the disk by ext4 when it is closed, at once.
fn tell(file: &File, text: &[u8]) -> io::Result<()> {
    file.write_all_at(text, 0)?;
    match file.metadata()?.len() > text.len() as u64 {
        true => file.set_len(text.len() as u64),
        false => Ok(()),
    }
}

impl Holder {
    pub(super) fn me() -> Holder {
        let pid = std::process::id();
        let words = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
        Holder {
            pid,
            host: process::host(),
            boot_id: process::boot_id().to_owned(),
            start_ticks: process::start_ticks(pid).unwrap_or(0),
            since_ms: now_ms(),
            command: words.collect::<Vec<_>>().join(" ").replace('\n', " "),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let Holder { pid, host, boot_id, start_ticks, since_ms, command } = self;
        format!("pid {pid}\nhost {host}\nboot {boot_id}\nstart {start_ticks}\nsince {since_ms}\ncommand {command}\n")
    }

    /// What can be understood of the text; the rest stays empty.
    pub(super) fn parse(text: &str) -> Holder {
        let mut holder = Holder::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            match key {
                "pid" => holder.pid = value.parse().unwrap_or(0),
                "host" => holder.host = value.to_owned(),
                "boot" => holder.boot_id = value.to_owned(),
                "start" => holder.start_ticks = value.parse().unwrap_or(0),
                "since" => holder.since_ms = value.parse().unwrap_or(0),
                "command" => holder.command = value.to_owned(),
                _ => {}
            }
        }
        holder
    }

    /// Whether it is on another host, or still there on this one.
    pub(super) fn may_live(&self) -> bool {
        let here = self.host == process::host() && !self.boot_id.is_empty();
        let lives = || self.boot_id == process::boot_id() && process::is_alive(self.pid, self.start_ticks);
        self.pid != 0 && (!here || lives())
    }

    /// The error of who comes second.
    pub(super) fn held(&self) -> Diag {
        if self.pid == 0 {
            return Diag::error(Kind::System, "another rulemake is running here");
        }
        let Holder { pid, host, .. } = self;
        let what = format!("another rulemake is running here: pid {pid} on {host}, since {}", self.since());
        let diag = Diag::error(Kind::System, what);
        let diag = if self.command.is_empty() { diag } else { diag.note(format!("it is `{}`", self.command)) };
        diag.hint("wait for it to end, or ask with `--dry-run`, which needs no lock")
    }

    /// The time of day, or how many days ago.
    fn since(&self) -> String {
        let (now, then) = (now_ms() / 1000, self.since_ms / 1000);
        let (day, time) = (86_400, then % 86_400);
        if now.saturating_sub(then) >= day {
            return format!("{} days ago", now.saturating_sub(then) / day);
        }
        format!("{:02}:{:02}:{:02} UTC", time / 3600, time / 60 % 60, time % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};

    #[test]
    fn the_second_is_told_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), How::Auto).unwrap();
        let refusal = Lock::take(dir.path(), How::Auto).unwrap_err();
        let want =
            format!("another rulemake is running here: pid {} on {}, since ", std::process::id(), process::host());
        assert!(refusal.message.starts_with(&want), "{}", refusal.message);
        assert_eq!(refusal.kind, Kind::System);
        assert!(Lock::try_take(dir.path()).is_none());
        drop(first);
        Lock::take(dir.path(), How::Auto).unwrap();
    }

    #[test]
    fn a_dry_run_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let gone = Holder { start_ticks: 1, ..Holder::me() };
        std::fs::write(dir.path().join(LOCK), gone.to_text()).unwrap();
        let dry = Lock::try_take(dir.path()).unwrap();
        std::thread::scope(|scope| {
            let run = scope.spawn(|| Lock::take(dir.path(), How::Auto));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!run.is_finished());
            drop(dry);
            run.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_short_holder_leaves_nothing_of_a_long_one() {
        let mut file = tempfile::tempfile().unwrap();
        for text in ["pid 123456\ncommand a long one\n", "pid 7\n", "pid 89\n"] {
            tell(&file, text.as_bytes()).unwrap();
            let mut read = String::new();
            file.seek(io::SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut read)).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn the_holder_is_read_back() {
        let me = Holder::me();
        assert_eq!(Holder::parse(&me.to_text()), me);
        assert_eq!(Holder::parse("torn").held().message, "another rulemake is running here");
    }
}
