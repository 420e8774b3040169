//! Stats asked for ahead of their need, while the caller goes on.
//!
//! Owns the threads that ask, and the paths on their way to them. It does not
//! know whether an answer will be wanted: an error is dropped here, and met
//! again by whoever asks in earnest.

use super::stat::ask;
use crate::memo::Stat;
use crate::path::{PathId, Paths};
use crossbeam::channel::{Receiver, Sender, unbounded};
use std::thread::JoinHandle;

/// Files whose stats are being asked for.
pub struct StatAhead {
    threads: usize,
    pending: Batch,
    /// Made with the first full batch: few files are not worth a thread.
    crew: Option<Crew>,
}

struct Crew {
    queue: Sender<Batch>,
    rest: Receiver<Batch>,
    threads: Vec<JoinHandle<Vec<Answers>>>,
}

/// What came of a batch.
type Answers = Vec<(PathId, Stat)>;

/// Paths with their own text, since the arena grows meanwhile.
#[derive(Default)]
struct Batch {
    text: String,
    /// Each with where its text ends.
    ids: Vec<(PathId, usize)>,
}

/// Paths that a thread takes at a time.
const BATCH: usize = 512;

impl StatAhead {
    /// Asks with up to `threads` threads, that of the caller not counted; with
    /// none, nothing is asked ahead.
    pub fn new(threads: usize) -> StatAhead {
        StatAhead { threads, pending: Batch::default(), crew: None }
    }

    /// These stats will likely be wanted.
    pub fn want(&mut self, paths: &Paths, id: PathId) {
        if self.threads == 0 {
            return;
        }
        self.pending.text.push_str(paths.str(id));
        self.pending.ids.push((id, self.pending.text.len()));
        if self.pending.ids.len() == BATCH {
            let batch = std::mem::take(&mut self.pending);
            let crew = self.crew.get_or_insert_with(|| Crew::of(self.threads));
            crew.queue.send(batch).expect("the queue's other end is here as well");
        }
    }

    /// Every answer there is. The caller's thread helps with what is left.
    pub fn finish(self) -> impl Iterator<Item = (PathId, Stat)> {
        let (mut answers, mut threads) = (Vec::new(), Vec::new());
        if let Some(crew) = self.crew {
            drop(crew.queue);
            answers = crew.rest.iter().map(|batch| batch.answer()).collect();
            threads = crew.threads;
        }
        let others = threads.into_iter().flat_map(|t| t.join().expect("a stat thread panicked"));
        answers.into_iter().chain(others).flatten()
    }
}

impl Crew {
    fn of(threads: usize) -> Crew {
        let (queue, rest) = unbounded::<Batch>();
        let thread = |rest: Receiver<Batch>| std::thread::spawn(move || rest.iter().map(|b| b.answer()).collect());
        let threads = (0..threads).map(|_| thread(rest.clone())).collect();
        Crew { queue, rest, threads }
    }
}

impl Batch {
    fn answer(&self) -> Answers {
        let mut start = 0;
        let ask = |&(id, end): &(PathId, usize)| {
            let path = &self.text[std::mem::replace(&mut start, end)..end];
            ask(path).ok().map(|stat| (id, stat))
        };
        self.ids.iter().filter_map(ask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_those_of_the_file_system() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Paths::default();
        let ids: Vec<PathId> = (0..2 * BATCH + 1)
            .map(|i| {
                let path = format!("{}/{i}", dir.path().display());
                if i % 2 == 0 {
                    std::fs::write(&path, "x".repeat(i)).unwrap();
                }
                paths.intern(&path)
            })
            .collect();
        let mut ahead = StatAhead::new(2);
        ids.iter().for_each(|id| ahead.want(&paths, *id));
        let mut answers: Answers = ahead.finish().collect();
        answers.sort_by_key(|a| a.0);
        assert_eq!(answers.len(), 2 * BATCH, "what fills no batch is not asked");
        for (id, stat) in answers {
            assert_eq!(stat, crate::files::stat(paths.str(id)).unwrap());
        }
        let mut none = StatAhead::new(0);
        ids.iter().for_each(|id| none.want(&paths, *id));
        assert_eq!(none.finish().count(), 0);
    }
}
