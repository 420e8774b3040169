//! Following what running jobs print, by their growing log files.
//!
//! Owns how far each log was read and which jobs are followed. There is no pipe
//! to a job: a log is looked at now and then, and once more at the job's end.

use crate::event::{Event, Job};
use crate::files;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often logs are looked at.
pub const LOOK: Duration = Duration::from_millis(50);

/// How much of what came since the last look is shown.
const SHOWN: usize = 64 * 1024;

/// The log of a running job.
#[derive(Debug, Default)]
pub struct Follow {
    path: PathBuf,
    /// Set when the command was spawned: until then an older log may be there.
    spawned: Arc<AtomicBool>,
    offset: u64,
    /// Once its output was shown, the rest is shown too.
    begun: bool,
}

impl Follow {
    /// Of a job that is about to be started; `spawned` will tell that its log is its own.
    pub fn new(path: PathBuf, spawned: Arc<AtomicBool>) -> Follow {
        Follow { path, spawned, ..Follow::default() }
    }

    /// What it printed since the last look.
    fn look(&mut self, job: &Arc<Job>, end: bool) -> Option<Event> {
        let log: &Path = &self.path;
        let (text, offset) = files::read_on(log, self.offset, SHOWN, end)?;
        (self.offset, self.begun) = (offset, true);
        Some(Event::Output { job: job.clone(), text })
    }

    /// What it printed since the last look, if it runs already.
    pub fn grown(&mut self, job: &Arc<Job>) -> Option<Event> {
        if self.spawned.load(Ordering::Acquire) { self.look(job, false) } else { None }
    }

    /// What is left to tell of a job that ended, if it is followed.
    pub fn rest(&mut self, job: &Arc<Job>, all: bool) -> Option<Event> {
        let own = self.spawned.load(Ordering::Acquire);
        if own && (all || self.begun) { self.look(job, true) } else { None }
    }
}

/// Which jobs are followed, and when.
#[derive(Debug)]
pub struct Follower {
    /// `--stream`: all of them.
    all: bool,
    /// Somebody watches: a job that is the only one.
    only: bool,
    looked: Option<Instant>,
}

impl Follower {
    /// For a run with `--stream`, or watched on a terminal.
    pub fn new(stream: bool, watched: bool) -> Follower {
        Follower { all: stream, only: watched, looked: None }
    }

    /// Whether logs must be looked at often.
    pub fn is_on(&self) -> bool {
        self.all || self.only
    }

    /// Whether every job is followed.
    pub fn all(&self) -> bool {
        self.all
    }

    /// What running jobs printed since the last look, if it is time for one.
    pub fn look<'f>(
        &mut self,
        running: impl ExactSizeIterator<Item = (&'f mut Follow, &'f Arc<Job>)>,
        now: Instant,
    ) -> Vec<Event> {
        let due = self.looked.is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK);
        if !self.is_on() || !due {
            return Vec::new();
        }
        self.looked = Some(now);
        let alone = self.only && running.len() == 1;
        let followed = running.filter(|(follow, _)| self.all || alone || follow.begun);
        followed.filter_map(|(follow, job)| follow.grown(job)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(events: Vec<Event>) -> Vec<String> {
        let text = |event| if let Event::Output { text, .. } = event { text } else { panic!("{event:?}") };
        events.into_iter().map(text).collect()
    }

    #[test]
    fn the_only_job_is_followed_and_then_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let job = Arc::new(Job::default());
        let spawned = Arc::new(AtomicBool::new(false));
        let follow = |name: &str| Follow::new(dir.path().join(name), spawned.clone());
        let (mut a, mut b) = (follow("a"), follow("b"));
        let (mut follower, mut now) = (Follower::new(false, true), Instant::now());
        let mut look = |jobs: Vec<&mut Follow>| {
            now += LOOK;
            texts(follower.look(jobs.into_iter().map(|f| (f, &job)), now))
        };
        std::fs::write(dir.path().join("a"), "old\n").unwrap();
        assert!(look(vec![&mut a]).is_empty(), "the log of the last run");
        std::fs::write(dir.path().join("a"), "1\n2").unwrap();
        std::fs::write(dir.path().join("b"), "3\n").unwrap();
        spawned.store(true, Ordering::Release);
        assert!(look(vec![&mut a, &mut b]).is_empty());
        assert_eq!(look(vec![&mut a]), ["1\n"]);
        std::fs::write(dir.path().join("a"), "1\n22\n4").unwrap();
        assert_eq!(look(vec![&mut a, &mut b]), ["22\n"]);
        assert_eq!(texts(a.rest(&job, false).into_iter().collect()), ["4"]);
        assert!(b.rest(&job, false).is_none());
    }
}
