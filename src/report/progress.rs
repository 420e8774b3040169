//! Where a run stands: how many jobs are done, which run and since when.
//!
//! Owns the counting. It does not know how it is shown.

use super::lines::Place;
use super::text::title;
use crate::event::Job;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Hashing that took no longer than this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);

/// A job that runs.
#[derive(Debug)]
pub struct Running {
    id: u32,
    /// What it is called.
    pub title: String,
    /// When it started.
    pub since: Instant,
    number: usize,
}

/// Files being digested.
#[derive(Clone, Copy, Debug)]
pub struct Hashing {
    since: Instant,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Hashing {
    /// Whether it takes so long that one wants to know.
    pub fn is_slow(&self, now: Instant) -> bool {
        self.done < self.total && now.saturating_duration_since(self.since) >= PATIENCE
    }
}

/// The state of a run.
#[derive(Debug, Default)]
pub struct Progress {
    /// Jobs that run at most.
    pub total: usize,
    /// Jobs that succeeded, failed or were skipped.
    pub settled: usize,
    /// Jobs that failed.
    pub failed: usize,
    /// In the order of their starts.
    pub running: Vec<Running>,
    /// Files being digested, if that goes on.
    pub hashing: Option<Hashing>,
    /// Whether no more jobs are started.
    pub stopping: bool,
    /// What is waited for, if anything.
    pub waiting: Option<String>,
    begun: Option<Instant>,
    numbered: usize,
    /// Numbers of jobs that will be tried again.
    retrying: HashMap<u32, usize>,
}

impl Progress {
    /// A job starts; its number is kept over further attempts.
    pub fn start(&mut self, job: &Job, now: Instant) -> Place {
        self.begun.get_or_insert(now);
        (self.hashing, self.waiting) = (None, None);
        let number = self.retrying.remove(&job.id).unwrap_or_else(|| self.next());
        self.running.push(Running { id: job.id, title: title(job), since: now, number });
        self.place(number)
    }

    /// The place of a running job's start.
    pub fn place_of(&self, id: u32) -> Place {
        self.place(self.running.iter().find(|r| r.id == id).map_or(self.numbered, |r| r.number))
    }

    /// A running job ends; gives the place that its start had.
    pub fn end(&mut self, id: u32, retry: bool) -> Place {
        let found = self.running.iter().position(|r| r.id == id);
        let number = found.map(|i| self.running.remove(i).number).unwrap_or_else(|| self.next());
        if retry {
            self.retrying.insert(id, number);
        } else {
            self.settled += 1;
        }
        self.place(number)
    }

    /// A job is skipped without having started.
    pub fn skip(&mut self) -> Place {
        self.settled += 1;
        let number = self.next();
        self.place(number)
    }

    /// The place of the job that settled last, in the order of ends.
    pub fn settled_place(&self) -> Place {
        self.place(self.settled)
    }

    /// Files are being digested.
    pub fn hash(&mut self, done: u64, total: u64, now: Instant) {
        let since = self.hashing.map_or(now, |h| h.since);
        self.hashing = Some(Hashing { since, done, total });
    }

    /// How long jobs have been running.
    pub fn elapsed(&self, now: Instant) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun))
    }

    fn next(&mut self) -> usize {
        self.numbered += 1;
        self.numbered
    }

    fn place(&self, number: usize) -> Place {
        Place { number, of: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_keeps_its_number_when_tried_again() {
        let mut progress = Progress { total: 3, ..Progress::default() };
        let now = Instant::now();
        let job = |id| Job { id, ..Job::default() };
        assert_eq!(progress.start(&job(5), now).number, 1);
        assert_eq!(progress.start(&job(6), now).number, 2);
        assert_eq!(progress.end(5, true).number, 1);
        assert_eq!(progress.skip().number, 3);
        assert_eq!(progress.start(&job(5), now).number, 1);
        assert_eq!(progress.end(5, false).number, 1);
        assert_eq!((progress.settled, progress.running.len()), (2, 1));
    }

    #[test]
    fn only_long_hashing_is_slow() {
        let mut progress = Progress::default();
        let now = Instant::now();
        progress.hash(1, 10, now);
        progress.hash(2, 10, now + Duration::from_millis(400));
        let slow = |at| progress.hashing.is_some_and(|h| h.is_slow(now + Duration::from_millis(at)));
        assert!(!slow(499) && slow(500));
    }
}
