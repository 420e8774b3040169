//! The process groups of running jobs, and who may signal them when.
//!
//! Owns one mutex that both killers and reapers take: a process is reaped (its
//! id given back to the kernel) and struck off the list in one step, so a
//! number that by now means another process is never signalled.

use super::Signal;
use super::spawn::{Child, End, Event, Usage, signal_group};
use rustix::process::{Pid, Signal as Sig, test_kill_process_group};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a stopped job has to end by itself after `SIGTERM`.
const STOPPED_GRACE: Duration = Duration::from_secs(2);
/// How long to wait for the rest of a killed group to be gone.
const LEFTOVERS: Duration = Duration::from_millis(200);
/// How long a group has to end by itself when its time is up.
const OVERDUE_GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    No,
    Terminate,
    Kill,
}

struct Live {
    pgid: i32,
    /// The task it belongs to.
    task: u32,
    /// We ended it: nothing of its group may outlive its leader.
    ended: bool,
    /// When its time is up, if it has a limit.
    deadline: Option<Deadline>,
}

struct Deadline {
    at: Instant,
    /// It was asked to end; at `at` it is killed.
    asked: bool,
    /// It is a limit of time, not somebody's wish.
    limit: bool,
}

struct State {
    live: Vec<Live>,
    /// Since when all are suspended, if they are.
    suspended: Option<Instant>,
    ending: Ending,
    /// Tasks that are to end as soon as they have a process.
    unwanted: Vec<u32>,
}

/// All running groups.
pub(super) struct Groups {
    state: Mutex<State>,
    /// Told whenever `suspended` or `ending` changed.
    changed: Condvar,
}

/// How a group's leader ended.
pub(super) struct Death {
    pub end: End,
    pub usage: Usage,
    /// It was stopped by this signal and ended by us.
    pub stopped: Option<i32>,
    /// Its time was up, and it was ended by us.
    pub timed_out: bool,
}

impl Groups {
    pub fn new() -> Groups {
        let state = State { live: Vec::new(), suspended: None, ending: Ending::No, unwanted: Vec::new() };
        Groups { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all groups, now and those to come.
    pub fn signal(&self, what: Signal) {
        let mut state = self.lock();
        match what {
            Signal::Terminate => state.end(Ending::Terminate),
            Signal::Kill => state.end(Ending::Kill),
            Signal::Suspend => state.suspended = state.suspended.or(Some(Instant::now())),
            Signal::Resume => state.resume(Instant::now()),
        }
        for group in &state.live {
            state.pass_on(group.pgid, what);
        }
        self.changed.notify_all();
    }

    /// Waits while everything is suspended. False if nothing may start any more.
    pub fn may_start(&self) -> bool {
        let state = self.lock();
        let waits = |s: &mut State| s.suspended.is_some() && s.ending == Ending::No;
        let state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        state.ending == Ending::No
    }

    /// A task begins: what was wished of an earlier one of its number is over.
    pub fn begin(&self, task: u32) {
        self.lock().unwanted.retain(|unwanted| *unwanted != task);
    }

    /// Asks the group of a task to end; one that does not is killed after a
    /// grace by [`Groups::end_overdue`].
    pub fn end_task(&self, task: u32) {
        let mut state = self.lock();
        let deadline = Deadline { at: Instant::now() + OVERDUE_GRACE, asked: true, limit: false };
        let Some(group) = state.live.iter_mut().find(|group| group.task == task) else {
            return state.unwanted.push(task);
        };
        group.ended = true;
        let pgid = group.pgid;
        if group.deadline.as_ref().is_none_or(|deadline| !deadline.asked) {
            group.deadline = Some(deadline);
            state.pass_on(pgid, Signal::Terminate);
        }
    }

    /// Takes in a new group; passes on what it has missed since `may_start`.
    pub fn enter(&self, child: &Child, task: u32, timeout: Option<Duration>) {
        let mut state = self.lock();
        let pgid = child.pid();
        let ended = state.ending != Ending::No;
        // A limit beyond what the clock can say is none.
        let at = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut deadline = at.map(|at| Deadline { at, asked: false, limit: true });
        let unwanted = state.unwanted.iter().position(|unwanted| *unwanted == task);
        if let Some(at) = unwanted {
            state.unwanted.swap_remove(at);
            deadline = Some(Deadline { at: Instant::now() + OVERDUE_GRACE, asked: true, limit: false });
            state.pass_on(pgid, Signal::Terminate);
        }
        state.live.push(Live { pgid, task, ended: ended || unwanted.is_some(), deadline });
        match state.ending {
            Ending::Terminate => state.pass_on(pgid, Signal::Terminate),
            Ending::Kill => state.pass_on(pgid, Signal::Kill),
            Ending::No if state.suspended.is_some() => state.pass_on(pgid, Signal::Suspend),
            Ending::No => {}
        }
    }

    /// Asks groups whose time is up to end, and kills those that did not.
    pub fn end_overdue(&self, now: Instant) {
        let mut state = self.lock();
        if state.suspended.is_some() {
            return;
        }
        let mut due = Vec::new();
        for group in &mut state.live {
            let Some(deadline) = group.deadline.as_mut().filter(|deadline| deadline.at <= now) else { continue };
            due.push((group.pgid, if deadline.asked { Signal::Kill } else { Signal::Terminate }));
            *deadline = Deadline { at: now + OVERDUE_GRACE, asked: true, limit: deadline.limit };
            group.ended = true;
        }
        due.into_iter().for_each(|(pgid, signal)| state.pass_on(pgid, signal));
    }

    /// Waits for the end of a group's leader and reaps it. A leader that is
    /// stopped, and not by us, is ended.
    pub fn wait(&self, child: Child) -> Death {
        let mut stopped = None;
        loop {
            match child.wait() {
                Event::Ended(_) => break,
                Event::Stopped(signal) => {
                    if self.end_if_stuck(&child) {
                        stopped = Some(signal);
                        self.await_end(&child);
                        break;
                    }
                }
            }
        }
        let (end, usage, timed_out) = self.reap(child);
        Death { end, usage, stopped, timed_out }
    }

    /// Looks at a leader that was seen stopped: continued since, or stopped by
    /// us, is well; else it is asked to end. True if it was.
    fn end_if_stuck(&self, child: &Child) -> bool {
        let mut state = self.lock();
        if !child.is_stopped() {
            return false;
        }
        child.forget_stop();
        if state.suspended.is_some() && state.ending == Ending::No {
            return false;
        }
        state.mark_ended(child.pid());
        state.pass_on(child.pid(), Signal::Terminate);
        state.ending == Ending::No
    }

    fn await_end(&self, child: &Child) {
        let start = Instant::now();
        while !child.has_ended() {
            if start.elapsed() > STOPPED_GRACE {
                self.lock().pass_on(child.pid(), Signal::Kill);
                return;
            }
            sleep(POLL);
        }
    }

    /// Reaps a leader. If we ended it or it failed, what is left of its group
    /// is killed: it might write where outputs are to be put back.
    fn reap(&self, child: Child) -> (End, Usage, bool) {
        let pgid = child.pid();
        let end = child.wait_for_end();
        let mut state = self.lock();
        let at = state.live.iter().position(|g| g.pgid == pgid).expect("bug: reaping a group that never entered");
        let group = state.live.swap_remove(at);
        let cleared = group.ended || end != End::Code(0);
        if cleared {
            signal_group(pgid, Sig::KILL);
        }
        let usage = child.reap();
        drop(state);
        if cleared {
            await_leftovers(pgid);
        }
        (end, usage, group.deadline.is_some_and(|deadline| deadline.asked && deadline.limit))
    }
}

impl State {
    fn end(&mut self, how: Ending) {
        self.ending = self.ending.max(how);
        self.suspended = None;
        for group in &mut self.live {
            group.ended = true;
        }
    }

    /// The time in which all were suspended does not count against their limits.
    fn resume(&mut self, now: Instant) {
        let Some(since) = self.suspended.take() else { return };
        for deadline in self.live.iter_mut().filter_map(|group| group.deadline.as_mut()) {
            deadline.at += now.saturating_duration_since(since);
        }
    }

    fn mark_ended(&mut self, pgid: i32) {
        for group in self.live.iter_mut().filter(|g| g.pgid == pgid) {
            group.ended = true;
        }
    }

    fn pass_on(&self, pgid: i32, what: Signal) {
        match what {
            Signal::Terminate => {
                signal_group(pgid, Sig::TERM);
                // A stopped process takes SIGTERM only once it goes on.
                signal_group(pgid, Sig::CONT);
            }
            Signal::Kill => signal_group(pgid, Sig::KILL),
            Signal::Suspend => signal_group(pgid, Sig::STOP),
            Signal::Resume => signal_group(pgid, Sig::CONT),
        }
    }
}

/// Waits until the killed rest of a group is gone. Not for ever: where nobody
/// reaps orphans, a group of zombies stays.
fn await_leftovers(pgid: i32) {
    let start = Instant::now();
    let Some(pid) = Pid::from_raw(pgid) else { return };
    while test_kill_process_group(pid).is_ok() && start.elapsed() < LEFTOVERS {
        sleep(POLL);
    }
}
