//! Jobs that could run now, in the order in which they should.
//!
//! Owns that order and the choice: the best job that fits what is free. Jobs of
//! one need stand in one heap, so a crowd of jobs that do not fit is passed over
//! in one step.
//!
//! **Nobody starves**: when the best job does not fit, a lesser one may use the
//! room. After [`PATIENCE`] of them have, the best is waited for: from then on
//! only such jobs run that leave it what it needs (its share of everything it
//! asks for stays free once it is), until it runs. The count starts anew when a
//! better job takes the first place, but then that one runs first, and there are
//! not endlessly many. Where nothing runs but what lasts until others have ended,
//! such as a service, waiting would be for ever: then whatever fits runs.

use super::JobId;
use super::resources::{NeedId, Resources};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// How many lesser jobs may be started past the best one.
pub(super) const PATIENCE: u32 = 32;
/// How many needs that do not fit are looked at for one that does.
const SEARCH: usize = 256;

/// A job's place: priority, then the longest path to the end, then the order
/// given. Greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub priority: i64,
    pub path: u64,
    pub order: Reverse<u32>,
    pub job: Reverse<JobId>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Ready {
    /// A row per need.
    heaps: Vec<BinaryHeap<Place>>,
    /// The best of each heap that is not empty.
    best: BTreeSet<(Place, NeedId)>,
    /// The best job that did not fit, and how many were started past it.
    passed: Option<(JobId, u32)>,
    len: usize,
}

impl Ready {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn push(&mut self, place: Place, need: NeedId) {
        let i = need.0 as usize;
        if self.heaps.len() <= i {
            self.heaps.resize_with(i + 1, BinaryHeap::new);
        }
        let heap = &mut self.heaps[i];
        let old = heap.peek().copied();
        heap.push(place);
        self.len += 1;
        if old.is_none_or(|old| old < place) {
            old.map(|old| self.best.remove(&(old, need)));
            self.best.insert((place, need));
        }
    }

    /// Takes the job that should run now, if one fits. `may_end`: some job runs
    /// that will end by itself, and so make room for one that is waited for.
    pub fn pop(&mut self, resources: &Resources, may_end: bool) -> Option<JobId> {
        if resources.free_cores() == 0 {
            return None;
        }
        let &(first, first_need) = self.best.last()?;
        if resources.fits(first_need) {
            return Some(self.take(first, first_need));
        }
        let Reverse(waiting) = first.job;
        let passes = self.passed.filter(|(job, _)| *job == waiting).map_or(0, |(_, n)| n);
        let may = |need: NeedId| match passes < PATIENCE || !may_end {
            true => resources.fits(need),
            false => resources.fits_beside(need, first_need),
        };
        let &(place, need) = self.best.iter().rev().take(SEARCH).find(|(_, need)| may(*need))?;
        self.passed = Some((waiting, (passes + 1).min(PATIENCE)));
        Some(self.take(place, need))
    }

    fn take(&mut self, place: Place, need: NeedId) -> JobId {
        let heap = &mut self.heaps[need.0 as usize];
        heap.pop();
        self.best.remove(&(place, need));
        self.best.extend(heap.peek().map(|next| (*next, need)));
        self.len -= 1;
        place.job.0
    }
}
