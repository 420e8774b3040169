//! Stats of files, each asked once.
//!
//! Owns what was answered, where it was answered: with a million files the
//! answers are not copied into a table of their own.

use crate::diag::{Diag, Diags, Kind};
use crate::files::{self, Stat, StatAhead};
use crate::path::{PathId, Paths};

/// Stats of files, each asked once.
#[derive(Default)]
pub struct Stats {
    /// By path: where its stat is.
    places: Vec<Place>,
    /// What was asked ahead, as the threads answered it.
    batches: Vec<Vec<Option<Stat>>>,
    /// What was asked since.
    rows: Vec<Stat>,
}

/// Where a stat is: 0 for nowhere, the upper half for rows, else the number of
/// a place in batches of [`StatAhead::BATCH`].
#[derive(Clone, Copy, Default, PartialEq)]
struct Place(u32);

/// The first place of a row.
const ROWS: u32 = 1 << 31;

impl Place {
    fn in_batch(batch: usize, at: usize) -> Place {
        let number = batch * StatAhead::BATCH + at + 1;
        assert!(number < ROWS as usize, "more than two thousand million stats");
        Place(number as u32)
    }

    fn in_rows(row: usize) -> Place {
        assert!(row < ROWS as usize, "more than two thousand million stats");
        Place(ROWS + row as u32)
    }
}

impl Stats {
    /// Takes in what was asked ahead.
    pub fn take(&mut self, paths: &Paths, ahead: StatAhead) {
        self.places.resize(paths.len(), Place::default());
        for (owners, stats) in ahead.finish() {
            for (at, (owner, stat)) in owners.iter().zip(&stats).enumerate() {
                if let (Some(id), Some(_)) = (owner, stat) {
                    self.places[id.index()] = Place::in_batch(self.batches.len(), at);
                }
            }
            self.batches.push(stats);
        }
    }

    /// Asks for those not asked yet. A file that cannot be asked for is an error.
    pub fn ensure(&mut self, paths: &Paths, ids: &[PathId], threads: usize) -> Result<(), Diags> {
        self.places.resize(paths.len(), Place::default());
        let mut new: Vec<PathId> = ids.iter().copied().filter(|id| self.get(*id).is_none()).collect();
        new.sort_unstable();
        new.dedup();
        let (stats, errors) = files::stat_all(paths, &new, threads);
        for (row, id) in (self.rows.len()..).zip(new) {
            self.places[id.index()] = Place::in_rows(row);
        }
        match self.rows.is_empty() {
            true => self.rows = stats,
            false => self.rows.extend(stats),
        }
        let tell = |(id, e): &(PathId, std::io::Error)| {
            Diag::error(Kind::System, format!("cannot look at `{}`: {e}", paths.str(*id)))
                .hint("check the permissions of the file and of the directories above it")
        };
        if errors.is_empty() { Ok(()) } else { Err(errors.iter().take(5).map(tell).collect()) }
    }

    /// They are to be asked again.
    pub fn forget(&mut self, ids: &[PathId]) {
        for id in ids {
            if let Some(place) = self.places.get_mut(id.index()) {
                *place = Place::default();
            }
        }
    }

    /// The stat of a file that was asked for.
    pub fn get(&self, id: PathId) -> Option<&Stat> {
        match self.places.get(id.index())?.0 {
            0 => None,
            row @ ROWS.. => self.rows.get((row - ROWS) as usize),
            place => {
                let place = place as usize - 1;
                self.batches[place / StatAhead::BATCH][place % StatAhead::BATCH].as_ref()
            }
        }
    }

    /// The stat of a file, or of a directory one that stands for its whole tree.
    pub(super) fn whole(&self, paths: &Paths, id: PathId) -> Option<Stat> {
        match self.get(id)? {
            stat if stat.kind == files::Kind::Dir => files::tree_stat(paths.str(id), None).ok(),
            stat => Some(*stat),
        }
    }

    /// Whether a file that was asked for is there.
    pub fn exists(&self, id: PathId) -> bool {
        self.get(id).is_some_and(Stat::exists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_ahead_and_since_is_told_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let count = StatAhead::BATCH + 10;
        let mut paths = Paths::default();
        let ids: Vec<PathId> = (0..count)
            .map(|i| {
                let path = format!("{}/{i}", dir.path().display());
                std::fs::write(&path, "x".repeat(i)).unwrap();
                paths.intern(&path)
            })
            .collect();
        let mut ahead = StatAhead::new(1);
        ids.iter().for_each(|id| ahead.want(&paths, *id));
        let mut stats = Stats::default();
        stats.take(&paths, ahead);
        assert!(stats.get(ids[0]).is_some() && stats.get(ids[count - 1]).is_none(), "only whole batches are asked");
        let sizes = |stats: &Stats| ids.iter().map(|id| stats.get(*id).map_or(0, |s| s.size)).sum::<u64>();
        let all = (count * (count - 1) / 2) as u64;
        stats.ensure(&paths, &ids, 1).unwrap();
        assert_eq!(sizes(&stats), all);
        std::fs::write(paths.str(ids[0]), "xxx").unwrap();
        stats.forget(&ids[..1]);
        assert!(stats.get(ids[0]).is_none() && !stats.exists(ids[0]));
        stats.ensure(&paths, &ids, 1).unwrap();
        assert_eq!(sizes(&stats), all + 3);
    }
}
