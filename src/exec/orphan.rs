//! Jobs of a run that was killed: are they still running?
//!
//! Owns the two signs of life: the process group (told from a later group of
//! the same number by when its leader started) and the lock on the log. What
//! was written down about a job, and on which boot, the caller knows.

use super::log;
use rustix::process::{Pid, test_kill_process_group};
use std::path::Path;

/// A job that a killed run may have left behind, on this boot of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Orphan<'a> {
    /// Its process group, which is its leader's process id.
    pub pgid: i32,
    /// When its leader started, as told to [`Task::spawned`](super::Task::spawned).
    pub leader_start: u64,
    /// Its log.
    pub log: &'a Path,
}

impl Orphan<'_> {
    /// Whether a process of the job lives.
    pub fn is_alive(&self) -> bool {
        log::is_held(self.log) || self.has_group()
    }

    fn has_group(&self) -> bool {
        // A group we may not signal is not one of ours.
        if !is_group(self.pgid) {
            return false;
        }
        match stat(self.pgid) {
            // The number of a living group is not given to a new process, so
            // with the leader gone the group is that of a dead leader: ours,
            // unless a later leader of the same number came and went.
            None => any_alive(self.pgid),
            Some(leader) => leader.start == self.leader_start && (!leader.zombie || any_alive(self.pgid)),
        }
    }
}

/// Whether there is a process group of this number that we may signal.
pub(super) fn is_group(pgid: i32) -> bool {
    Pid::from_raw(pgid).filter(|_| pgid > 1).is_some_and(|pid| test_kill_process_group(pid).is_ok())
}

struct Stat {
    start: u64,
    group: i32,
    zombie: bool,
}

/// When a process started, in clock ticks since boot (field 22 of
/// `/proc/PID/stat`); 0 where that cannot be read.
pub(super) fn start_of(pid: i32) -> u64 {
    stat(pid).map_or(0, |s| s.start)
}

fn stat(pid: i32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the name, may hold blanks and parentheses.
    let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X");
    let group = fields.nth(1)?.parse().ok()?;
    let start = fields.nth(16)?.parse().ok()?;
    Some(Stat { start, group, zombie })
}

/// Whether a group has a process that is more than an entry waiting to be
/// reaped. Where `/proc` cannot be read, the group's existence must do.
fn any_alive(pgid: i32) -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else { return true };
    let mut pids = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.any(|pid| stat(pid).is_some_and(|s| s.group == pgid && !s.zombie))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_stat_makes_sense() {
        let pid = std::process::id() as i32;
        let own = stat(pid).unwrap();
        assert_eq!(own.group, rustix::process::getpgrp().as_raw_nonzero().get());
        assert!(!own.zombie && own.start > 0 && own.start == start_of(pid));
    }

    #[test]
    fn another_process_of_the_same_number_is_no_orphan() {
        let pgid = rustix::process::getpgrp().as_raw_nonzero().get();
        let mut orphan = Orphan { pgid, leader_start: start_of(pgid), log: Path::new("/nowhere") };
        assert!(orphan.is_alive());
        if stat(pgid).is_some() {
            orphan.leader_start += 1;
            assert!(!orphan.is_alive());
        }
        orphan.pgid = 0;
        assert!(!orphan.is_alive());
    }
}
