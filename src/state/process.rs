//! Who is running: boots, processes and groups as `/proc` tells of them.
//!
//! Owns reading `/proc`. It does not know which processes are jobs, and it
//! signals nobody.

use rustix::fs::{FlockOperation, Mode, OFlags};
use std::sync::OnceLock;

/// What names this boot of the machine; empty where there is no `/proc`.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        text.trim().to_owned()
    })
}

/// The machine's name.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// When a process started, in clock ticks since boot; none if there is no such
/// process.
pub fn start_ticks(pid: u32) -> Option<u64> {
    Some(read(pid)?.start_ticks)
}

/// Whether a process is there that started at that moment.
pub fn is_alive(pid: u32, started: u64) -> bool {
    read(pid).is_some_and(|p| p.start_ticks == started && !p.dead)
}

/// Whether anything still runs in the process group `pgid` whose leader
/// started at `started` under the boot `boot`. The leader may have ended
/// before the rest; its number is not given out again while they live.
pub fn group_is_alive(pgid: u32, started: u64, boot: &str) -> bool {
    if boot != boot_id() {
        return false;
    }
    if read(pgid).is_some_and(|leader| leader.start_ticks != started) {
        return false;
    }
    let Ok(all) = std::fs::read_dir("/proc") else { return false };
    let pids = all.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(read).any(|p| p.group == pgid && !p.dead && p.start_ticks >= started)
}

/// Whether somebody holds a lock (`flock`) on a file: a job holds one on its
/// log as long as any of its processes live.
pub fn is_locked(path: &str) -> bool {
    let Ok(file) = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) else { return false };
    let tried = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
    tried == Err(rustix::io::Errno::WOULDBLOCK)
}

struct Process {
    group: u32,
    start_ticks: u64,
    /// Ended, but nobody has taken notice (a zombie).
    dead: bool,
}

fn read(pid: u32) -> Option<Process> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(&String::from_utf8_lossy(&text))
}

/// Fields after the name, which stands in parentheses and may hold anything:
/// state, parent, group, ..., and the start time as the 22nd of all.
fn parse(stat: &str) -> Option<Process> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X" | "x");
    let group = fields.nth(1)?.parse().ok()?;
    let start_ticks = fields.nth(16)?.parse().ok()?;
    Some(Process { group, start_ticks, dead })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_may_hold_anything() {
        let text = "12 (a) R (b) S 1 34 34 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 0 0";
        let process = parse(text).unwrap();
        assert_eq!((process.group, process.start_ticks, process.dead), (34, 98765, false));
        assert!(parse("12 (a").is_none());
    }

    #[test]
    fn groups_live_and_die() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & exit 0"]).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut leader = command.spawn().unwrap();
        let (pid, own) = (leader.id(), std::process::id());
        let started = start_ticks(pid).unwrap();
        leader.wait().unwrap();
        assert!(group_is_alive(pid, started, boot_id()), "the leader ended, its child did not");
        assert!(!group_is_alive(pid, started, "another boot"));
        rustix::process::kill_process_group(
            rustix::process::Pid::from_raw(pid as i32).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        let gone = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            !group_is_alive(pid, started, boot_id())
        });
        assert!(gone);
        assert!(is_alive(own, start_ticks(own).unwrap()) && !is_alive(own, 1));
    }

    #[test]
    fn locks_are_seen() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert!(!is_locked(path));
        rustix::fs::flock(&file, FlockOperation::LockShared).unwrap();
        assert!(is_locked(path));
        assert!(!is_locked("/no/such/file"));
    }
}
