//! Measuring commands while they run, for `benchmark:`.
//!
//! Owns the thread that looks at `/proc` now and then, which lives only while
//! something is measured, and the largest figures seen of each command. All of
//! a command's processes count together: those of its group, and those that
//! descend from them. It does not know what the figures are for. Where there is
//! no `/proc`, only times are known.

use rustc_hash::{FxHashMap, FxHashSet};
use std::fs;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// After how long a command is looked at a second time; then twice as long, and so on.
const FIRST: Duration = Duration::from_millis(5);
/// The longest time between two looks.
const LONGEST: Duration = Duration::from_millis(500);
/// A look takes at most this share of the time.
const SHARE: u32 = 20;

/// What one run of a command used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// From start to end.
    pub wall: Duration,
    /// Processor time of its process and all that it waited for.
    pub cpu: Duration,
    /// The largest amounts of memory that were seen; none if it ended before it
    /// could be looked at.
    pub memory: Option<Memory>,
    /// Bytes read from and written to disks; none likewise.
    pub io: Option<(u64, u64)>,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Resident set.
    pub rss: u64,
    /// Virtual memory.
    pub vms: u64,
    /// What would be free if it ended.
    pub uss: u64,
    /// What is shared counts in part.
    pub pss: u64,
}

/// The commands that are measured now.
#[derive(Default)]
pub(super) struct Meters {
    state: Mutex<State>,
    /// A command was added.
    added: Condvar,
}

#[derive(Default)]
struct State {
    live: FxHashMap<i32, Seen>,
    /// Somebody looks.
    watched: bool,
    /// There is one that was never looked at.
    new: bool,
    pause: Duration,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    memory: Option<Memory>,
    io: Option<(u64, u64)>,
}

/// One command that is measured.
pub(super) struct Meter {
    meters: Arc<Meters>,
    pgid: i32,
}

impl Meters {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to measure a command, by its process group.
    pub fn enter(self: &Arc<Self>, pgid: i32) -> Meter {
        let mut state = self.lock();
        state.live.insert(pgid, Seen::default());
        state.pause = FIRST;
        state.new = true;
        if !std::mem::replace(&mut state.watched, true) {
            let meters = self.clone();
            let body = move || meters.watch();
            state.watched = thread::Builder::new().name("meter".into()).stack_size(512 * 1024).spawn(body).is_ok();
        }
        self.added.notify_one();
        Meter { meters: self.clone(), pgid }
    }

    /// Looks until nothing is measured any more.
    fn watch(&self) {
        loop {
            let mut state = self.lock();
            state.new = false;
            let groups: Vec<i32> = state.live.keys().copied().collect();
            drop(state);
            let begin = Instant::now();
            let found = look(&groups);
            let took = begin.elapsed();
            let mut state = self.lock();
            for (pgid, seen) in found {
                if let Some(live) = state.live.get_mut(&pgid) {
                    live.add(seen);
                }
            }
            if state.live.is_empty() {
                state.watched = false;
                return;
            }
            let pause = state.pause.max(took * SHARE);
            state.pause = (state.pause * 2).min(LONGEST);
            drop(self.added.wait_timeout_while(state, pause, |state| !state.new && !state.live.is_empty()));
        }
    }
}

impl Meter {
    /// What was seen of it; its times and its peak in KiB are known otherwise.
    pub fn finish(self, wall: Duration, cpu: Duration, peak_rss_kib: Option<u64>) -> Measured {
        let seen = self.meters.lock().live.remove(&self.pgid).unwrap_or_default();
        // Wakes the thread, which ends if this was the last.
        self.meters.added.notify_one();
        let peak = peak_rss_kib.unwrap_or(0) * 1024;
        let memory = seen.memory.map(|memory| Memory { rss: memory.rss.max(peak), ..memory });
        Measured { wall, cpu, memory, io: seen.io }
    }
}

impl Seen {
    fn add(&mut self, new: Seen) {
        if let Some(new) = new.memory {
            let old = self.memory.unwrap_or_default();
            self.memory = Some(Memory {
                rss: old.rss.max(new.rss),
                vms: old.vms.max(new.vms),
                uss: old.uss.max(new.uss),
                pss: old.pss.max(new.pss),
            });
        }
        if let Some(new) = new.io {
            let old = self.io.unwrap_or_default();
            self.io = Some((old.0.max(new.0), old.1.max(new.1)));
        }
    }
}

/// A process as the table of all has it.
struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    vms: u64,
}

/// What some groups use now, with all that descends from them.
fn look(groups: &[i32]) -> Vec<(i32, Seen)> {
    let all = processes();
    let sum = |pgid: i32| {
        let mut total = Seen::default();
        for process in family(&all, pgid) {
            let (memory, io) = (memory(process), io(process.pid));
            if let Some(one) = memory {
                let sum = total.memory.get_or_insert_default();
                sum.rss += one.rss;
                sum.vms += one.vms;
                sum.uss += one.uss;
                sum.pss += one.pss;
            }
            if let Some(one) = io {
                let sum = total.io.get_or_insert_default();
                *sum = (sum.0 + one.0, sum.1 + one.1);
            }
        }
        (pgid, total)
    };
    groups.iter().map(|pgid| sum(*pgid)).collect()
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// From `/proc/PID/stat`: the name stands in parentheses and may hold any character.
fn process(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_ascii_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some(Process { pid, parent: number(1)? as i32, group: number(2)? as i32, vms: number(20)? })
}

fn family(all: &[Process], pgid: i32) -> impl Iterator<Item = &Process> {
    let mut members: FxHashSet<i32> = all.iter().filter(|p| p.group == pgid).map(|p| p.pid).collect();
    loop {
        let before = members.len();
        let children = all.iter().filter(|p| members.contains(&p.parent)).map(|p| p.pid).collect::<Vec<_>>();
        members.extend(children);
        if members.len() == before {
            break;
        }
    }
    all.iter().filter(move |p| members.contains(&p.pid))
}

/// None of a process that has ended.
fn memory(process: &Process) -> Option<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid)).ok()?;
    let sum = |names: &[&str]| {
        let of = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let value = value.split_ascii_whitespace().next()?.parse::<u64>().ok()?;
            names.contains(&name).then_some(value * 1024)
        };
        rollup.lines().filter_map(of).sum::<u64>()
    };
    let uss = sum(&["Private_Clean", "Private_Dirty"]);
    Some(Memory { rss: sum(&["Rss"]), vms: process.vms, uss, pss: sum(&["Pss"]) })
}

fn io(pid: i32) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some((of("read_bytes:")?, of("write_bytes:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_see_ourselves() {
        let own = process(std::process::id() as i32).unwrap();
        let (_, seen) = look(&[own.group]).pop().unwrap();
        let memory = seen.memory.unwrap();
        assert!(memory.uss > 0 && memory.uss <= memory.rss && memory.rss <= memory.vms, "{memory:?}");
        assert!(memory.pss <= memory.rss && seen.io.is_some());
    }

    #[test]
    fn the_thread_ends_with_the_last_measured_command() {
        let meters = Arc::new(Meters::default());
        let (a, b) = (meters.enter(i32::MAX - 1), meters.enter(i32::MAX));
        assert!(meters.lock().watched);
        let measured = a.finish(Duration::from_secs(1), Duration::ZERO, Some(1));
        assert_eq!((measured.wall, measured.memory), (Duration::from_secs(1), None));
        b.finish(Duration::ZERO, Duration::ZERO, None);
        while meters.lock().watched {
            thread::sleep(FIRST);
        }
    }
}
