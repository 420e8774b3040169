//! Stats asked for ahead of their need, while the caller goes on.
//!
//! Owns the threads that ask, and the paths on their way to them: those that
//! the graph names, and before that those that a pattern found in directories,
//! which it will likely name. It does not know whether an answer will be wanted
//! in the end: an error is dropped here, and met again by whoever asks in
//! earnest.

use super::stat::ask;
use super::texts::Texts;
use crate::memo::Stat;
use crate::path::{PathId, Paths};
use crossbeam::channel::{Receiver, Sender, unbounded};
use std::ops::Range;
use std::thread::JoinHandle;

/// Files whose stats are being asked for.
#[derive(Debug, Default)]
pub struct StatAhead {
    threads: usize,
    /// The threads begin when nobody holds the other end any more.
    begin: Option<Receiver<()>>,
    /// Named paths that fill no batch yet.
    pending: Batch,
    /// The same of the paths that a pattern finds.
    finding: Batch,
    /// Made with the first full batch: few files are not worth a thread.
    crew: Option<Crew>,
    /// For each path that was handed in, in order, which it turned out to be.
    owners: Vec<Option<PathId>>,
    listings: Vec<Listing>,
    /// The listing that was last asked with success.
    last: usize,
}

#[derive(Debug)]
struct Crew {
    queue: Sender<Batch>,
    rest: Receiver<Batch>,
    threads: Vec<JoinHandle<Vec<Answers>>>,
}

/// What came of a batch: the number of its first path, and an answer to each.
type Answers = (usize, Vec<Option<Stat>>);

/// Paths with their own text, since the arena grows meanwhile.
#[derive(Debug, Default)]
struct Batch {
    /// The number of the first.
    first: usize,
    texts: Texts,
}

const BATCH: usize = StatAhead::BATCH;

/// Paths that were found in directories, in the order in which they will likely
/// be named.
#[derive(Debug)]
struct Listing {
    /// Sorted.
    texts: Texts,
    /// As how many-th each was found.
    order: Vec<u32>,
    /// The number of the one that was found first.
    first: usize,
    /// The place of the next that is expected.
    at: usize,
    /// How many more misses in a row are borne.
    patience: u32,
}

/// Misses in a row after which a listing is not asked any more.
const PATIENCE: u32 = 64;

impl StatAhead {
    /// Paths that a thread takes at a time, at most.
    pub const BATCH: usize = 512;

    /// Asks with up to `threads` threads, that of the caller not counted; with
    /// none, nothing is asked ahead.
    pub fn new(threads: usize) -> StatAhead {
        StatAhead { threads, ..StatAhead::default() }
    }

    /// As [`new`](Self::new), but a single thread does not begin before the other
    /// end of a channel is dropped: until then its processor has better to do.
    pub fn behind(threads: usize, begin: Option<Receiver<()>>) -> StatAhead {
        StatAhead { begin: begin.filter(|_| threads == 1), ..StatAhead::new(threads) }
    }

    /// Files have changed, or paths mean others now: no answer so far counts.
    pub fn forget(&mut self) {
        if let Some(crew) = &self.crew {
            crew.rest.try_iter().for_each(drop);
        }
        *self = StatAhead::behind(self.threads, self.begin.take());
    }

    /// These stats will likely be wanted.
    pub fn want(&mut self, paths: &Paths, id: PathId) {
        if self.threads == 0 {
            return;
        }
        let path = paths.str(id);
        match self.listed(path) {
            Some(number) => self.owners[number] = Some(id),
            None => self.push(path, id),
        }
    }

    /// A pattern found this path; who calls this calls [`StatAhead::keep`] in
    /// the end.
    pub(super) fn found(&mut self, path: &str) {
        if self.threads > 0 {
            self.finding.push(path, &mut self.owners, None);
            if self.finding.texts.len() == BATCH {
                let batch = std::mem::take(&mut self.finding);
                self.send(batch);
            }
        }
    }

    /// The paths that were found, sorted, and as how many-th each was told. A
    /// few are not worth the trouble.
    pub(super) fn keep(&mut self, texts: Texts, order: Vec<u32>) {
        if self.threads == 0 {
            return;
        }
        let first = self.owners.len() - texts.len();
        let rest = std::mem::take(&mut self.finding);
        if texts.len() < BATCH {
            self.owners.truncate(first);
            return;
        }
        self.send(rest);
        self.listings.push(Listing { texts, order, first, at: 0, patience: PATIENCE });
    }

    fn push(&mut self, path: &str, id: PathId) {
        self.pending.push(path, &mut self.owners, Some(id));
        if self.pending.texts.len() == BATCH {
            let batch = std::mem::take(&mut self.pending);
            self.send(batch);
        }
    }

    fn send(&mut self, batch: Batch) {
        let crew = self.crew.get_or_insert_with(|| Crew::of(self.threads, self.begin.as_ref()));
        crew.queue.send(batch).expect("the queue's other end is here as well");
    }

    /// The number of a path that was found.
    fn listed(&mut self, path: &str) -> Option<usize> {
        for i in 0..self.listings.len() {
            let at = (self.last + i) % self.listings.len();
            if let Some(number) = self.listings[at].find(path) {
                self.last = at;
                return Some(number);
            }
        }
        self.listings.retain(|listing| listing.patience > 0);
        None
    }

    /// Every answer there is, a batch of at most [`StatAhead::BATCH`] at a time, with the paths
    /// that turned out to be wanted. The caller's thread helps with what is left.
    pub fn finish(self) -> impl Iterator<Item = (Vec<Option<PathId>>, Vec<Option<Stat>>)> {
        let StatAhead { crew, owners, .. } = self;
        let answers = crew.map_or_else(Vec::new, |crew| crew.finish(&owners));
        answers.into_iter().map(move |(first, stats)| (owners[first..first + stats.len()].to_vec(), stats))
    }
}

impl Listing {
    fn find(&mut self, path: &str) -> Option<usize> {
        if self.at == self.texts.len() || self.texts.get(self.at) != path {
            self.at = match self.texts.search(path) {
                Some(at) => at,
                None => {
                    self.patience = self.patience.saturating_sub(1);
                    return None;
                }
            };
        }
        self.patience = PATIENCE;
        self.at += 1;
        Some(self.first + self.order[self.at - 1] as usize)
    }
}

impl Crew {
    fn of(threads: usize, begin: Option<&Receiver<()>>) -> Crew {
        let (queue, rest) = unbounded::<Batch>();
        let thread = |rest: Receiver<Batch>, begin: Option<Receiver<()>>| {
            std::thread::spawn(move || {
                begin.iter().for_each(|begin| {
                    let _ended = begin.recv();
                });
                rest.iter().map(|b| b.answer()).collect()
            })
        };
        let threads = (0..threads).map(|_| thread(rest.clone(), begin.cloned())).collect();
        Crew { queue, rest, threads }
    }

    /// All answers; what waits still and nobody wants is not asked.
    fn finish(self, owners: &[Option<PathId>]) -> Vec<Answers> {
        let Crew { queue, rest, threads } = self;
        let left: Vec<Batch> = rest.try_iter().filter(|b| owners[b.numbers()].iter().any(Option::is_some)).collect();
        left.into_iter().for_each(|batch| queue.send(batch).expect("the queue's other end is here as well"));
        drop(queue);
        let mut answers: Vec<Answers> = rest.iter().map(|batch| batch.answer()).collect();
        answers.extend(threads.into_iter().flat_map(|t| t.join().expect("a stat thread panicked")));
        answers
    }
}

impl Batch {
    /// Adds a path, and its number to all numbers.
    fn push(&mut self, path: &str, owners: &mut Vec<Option<PathId>>, owner: Option<PathId>) {
        if self.texts.is_empty() {
            self.first = owners.len();
        }
        self.texts.push(path);
        owners.push(owner);
    }

    fn numbers(&self) -> Range<usize> {
        self.first..self.first + self.texts.len()
    }

    fn answer(&self) -> Answers {
        (self.first, self.texts.iter().map(|path| ask(path).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ahead: StatAhead) -> Vec<(PathId, Stat)> {
        let told = ahead.finish().flat_map(|(owners, stats)| owners.into_iter().zip(stats));
        told.filter_map(|(owner, stat)| Some((owner?, stat?))).collect()
    }

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
        let mut answers = told(ahead);
        answers.sort_by_key(|a| a.0);
        assert_eq!(answers.len(), 2 * BATCH, "what fills no batch is not asked");
        for (id, stat) in answers {
            assert_eq!(stat, crate::files::stat(paths.str(id)).unwrap());
        }
        let mut none = StatAhead::new(0);
        ids.iter().for_each(|id| none.want(&paths, *id));
        assert_eq!(told(none), []);
    }

    #[test]
    fn what_was_found_is_asked_once_and_told_if_it_is_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let name = |i: usize| format!("{}/{i:04}", dir.path().display());
        let (mut ahead, mut texts) = (StatAhead::new(2), Texts::default());
        (0..4 * BATCH).for_each(|i| std::fs::write(name(i), "x".repeat(i)).unwrap());
        for i in 0..4 * BATCH {
            ahead.found(&name(4 * BATCH - 1 - i));
            texts.push(&name(i));
        }
        ahead.keep(texts, (0..4 * BATCH as u32).rev().collect());
        let mut paths = Paths::default();
        // In order with gaps, then one from before, then many that were not found.
        let wanted = (0..4 * BATCH).step_by(3).chain([1]).map(name);
        let ids: Vec<PathId> = wanted.map(|path| paths.intern(&path)).collect();
        ids.iter().for_each(|id| ahead.want(&paths, *id));
        assert_eq!((ahead.owners.len(), ahead.listings.len()), (4 * BATCH, 1));
        let mut few = Texts::default();
        ["x", "y"].iter().for_each(|path| {
            ahead.found(path);
            few.push(path);
        });
        ahead.keep(few, vec![0, 1]);
        assert_eq!((ahead.owners.len(), ahead.listings.len()), (4 * BATCH, 1), "a few are forgotten");
        let others: Vec<PathId> =
            (0..BATCH).map(|i| paths.intern(&format!("{}/no{i}", dir.path().display()))).collect();
        others.iter().for_each(|id| ahead.want(&paths, *id));
        assert!(ahead.listings.is_empty());
        let mut answers = told(ahead);
        answers.sort_by_key(|a| a.0);
        assert_eq!(answers.len(), ids.len() + others.len());
        for (id, stat) in answers {
            assert_eq!(stat, crate::files::stat(paths.str(id)).unwrap());
        }
    }
}
