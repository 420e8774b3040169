//! An executor that runs nothing: tests of the loop above, with a clock of its
//! own.
//!
//! Owns a virtual clock and a script that says how long each task takes and how
//! it ends. Tasks come back in the order of their ends, of equal ends in the
//! order of their starts, always the same. It has no threads; `before` runs in
//! `start`, `after` when the task's end has come.

use super::{Ender, Executor, Exit, Signal, Spec, Status, Task};
use crossbeam::channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// What becomes of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// How long it runs.
    pub wall: Duration,
    /// How it ends.
    pub status: Status,
}

impl Scripted {
    /// Success after some milliseconds.
    pub fn success(ms: u64) -> Scripted {
        Scripted { wall: Duration::from_millis(ms), status: Status::Code(0) }
    }

    /// Failure after some milliseconds.
    pub fn failure(ms: u64, code: i32) -> Scripted {
        Scripted { wall: Duration::from_millis(ms), status: Status::Code(code) }
    }
}

/// The script: told a task's number and what it would run, says what becomes of
/// it. It may write files as the command would.
pub type Script = Box<dyn FnMut(u32, &Spec) -> Scripted>;

/// See the module.
pub struct Fake {
    script: Script,
    now: Duration,
    running: Vec<Running>,
    most: usize,
    done: Sender<Box<dyn Task>>,
    finished: Receiver<Box<dyn Task>>,
    ended: AtomicBool,
}

struct Running {
    task: Box<dyn Task>,
    start: Duration,
    end: Duration,
    status: Status,
}

impl Fake {
    /// With a script.
    pub fn new(script: impl FnMut(u32, &Spec) -> Scripted + 'static) -> Fake {
        let (done, finished) = unbounded();
        let ended = AtomicBool::new(false);
        Fake { script: Box::new(script), now: Duration::ZERO, running: Vec::new(), most: 0, done, finished, ended }
    }

    /// The virtual time since the start.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The most tasks that ran at one time.
    pub fn most_at_once(&self) -> usize {
        self.most
    }

    fn hand_back(&self, mut task: Box<dyn Task>, exit: Exit) {
        task.after(exit);
        self.done.send(task).expect("bug: the executor holds the other end of its channel");
    }
}

impl Executor for Fake {
    fn start(&mut self, mut task: Box<dyn Task>) {
        if self.ended.load(Ordering::Relaxed) {
            return self.hand_back(task, Exit::not_started("the run was interrupted"));
        }
        if let Err(why) = task.before() {
            return self.hand_back(task, Exit::not_started(why));
        }
        task.spawned(task.id() as i32 + 1, 0);
        if task.has_more_to_do() {
            task.meanwhile();
        }
        let Scripted { mut wall, mut status } = (self.script)(task.id(), task.spec());
        if let Some(limit) = task.spec().timeout.filter(|limit| *limit < wall) {
            (wall, status) = (limit, Status::TimedOut(limit));
        }
        self.running.push(Running { task, start: self.now, end: self.now + wall, status });
        self.most = self.most.max(self.running.len());
    }

    fn finished(&self) -> &Receiver<Box<dyn Task>> {
        &self.finished
    }

    /// `Terminate` and `Kill` end all that runs at the next
    /// [`idle`](Executor::idle); the others mean nothing to a virtual clock.
    fn signal(&self, what: Signal) {
        if matches!(what, Signal::Terminate | Signal::Kill) {
            self.ended.store(true, Ordering::Relaxed);
        }
    }

    fn running(&self) -> usize {
        self.running.len()
    }

    /// Its tasks have no process: they end when the script says so.
    fn ender(&self) -> Ender {
        Arc::new(|_| {})
    }

    /// Moves the clock to the next end, unless a task waits to be taken back.
    fn idle(&mut self) {
        if !self.finished.is_empty() {
            return;
        }
        let ended = self.ended.load(Ordering::Relaxed);
        let next = (0..self.running.len()).min_by_key(|&i| (self.running[i].end, i));
        let Some(next) = next else { return };
        let Running { task, start, mut end, mut status } = self.running.remove(next);
        if ended {
            (end, status) = (self.now, Status::Signal(libc::SIGTERM));
        }
        self.now = end;
        let start_time = SystemTime::UNIX_EPOCH + start;
        let exit = Exit { status, start: start_time, wall: end - start, ..Exit::not_started("") };
        self.hand_back(task, exit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    struct Note {
        id: u32,
        spec: Spec,
        seen: Arc<Mutex<Vec<(u32, Status)>>>,
    }

    impl Task for Note {
        fn id(&self) -> u32 {
            self.id
        }
        fn before(&mut self) -> Result<(), String> {
            if self.id == 9 { Err("no".into()) } else { Ok(()) }
        }
        fn spec(&self) -> &Spec {
            &self.spec
        }
        fn spawned(&mut self, _: i32, _: u64) {}
        fn after(&mut self, exit: Exit) {
            self.seen.lock().unwrap().push((self.id, exit.status));
        }
    }

    fn play(fake: &mut Fake, ids: &[u32]) -> Vec<(u32, Status)> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        for &id in ids {
            fake.start(Box::new(Note { id, spec: Spec::default(), seen: seen.clone() }));
        }
        for _ in ids {
            fake.idle();
            fake.finished().try_recv().unwrap();
        }
        seen.lock().unwrap().clone()
    }

    #[test]
    fn tasks_end_in_the_order_of_their_ends() {
        let mut fake =
            Fake::new(|id, _| if id == 3 { Scripted::failure(5, 2) } else { Scripted::success(10 * u64::from(id)) });
        let ok = Status::Code(0);
        let want = [(9, Status::NotStarted("no".into())), (3, Status::Code(2)), (1, ok.clone()), (2, ok)];
        assert_eq!(play(&mut fake, &[2, 1, 3, 9]), want);
        assert_eq!((fake.now(), fake.most_at_once(), fake.running()), (Duration::from_millis(20), 3, 0));
    }

    #[test]
    fn an_interrupt_ends_what_runs() {
        let mut fake = Fake::new(|_, _| Scripted::success(10));
        fake.signal(Signal::Terminate);
        assert_eq!(play(&mut fake, &[1]), [(1, Status::NotStarted("the run was interrupted".into()))]);
    }
}
