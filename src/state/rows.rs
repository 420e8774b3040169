//! Records in memory: what the plan asks of every job, in columns.
//!
//! Owns the digests and durations of records, where the rest of each lies in
//! the log, and which record an output belongs to: the newest that lists it.

use crate::digest::Digest;
use crate::path::PathId;

/// A record of the state. Good until the state is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordRef(pub(super) u32);

const NONE: u32 = u32::MAX;

/// What every record has in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) made_from: Digest,
    pub(super) recipe: Digest,
    pub(super) wall_ms: u32,
    /// Where its payload lies in the log.
    pub(super) offset: u64,
    pub(super) len: u32,
}

#[derive(Default)]
pub(super) struct Rows {
    made_from: Vec<Digest>,
    recipe: Vec<Digest>,
    wall_ms: Vec<u32>,
    offset: Vec<u64>,
    len: Vec<u32>,
    /// Where its outputs begin; they end where the next row's begin.
    first: Vec<u32>,
    /// How many outputs it still owns.
    owned: Vec<u32>,
    output_paths: Vec<PathId>,
    output_digests: Vec<Digest>,
    /// By path id: the record that an output belongs to, and its place in the
    /// columns of outputs.
    owner: Vec<(u32, u32)>,
    live: usize,
    live_bytes: u64,
}

impl Rows {
    pub(super) fn reserve(&mut self, rows: usize, outputs: usize, paths: usize) {
        self.made_from.reserve(rows);
        self.recipe.reserve(rows);
        self.wall_ms.reserve(rows);
        self.offset.reserve(rows);
        self.len.reserve(rows);
        self.first.reserve(rows);
        self.owned.reserve(rows);
        self.output_paths.reserve(outputs);
        self.output_digests.reserve(outputs);
        self.owner.reserve(paths);
    }

    /// Adds a record, which then owns all its outputs.
    pub(super) fn push(&mut self, row: Row, outputs: impl Iterator<Item = (PathId, Digest)>) -> RecordRef {
        let id = self.made_from.len() as u32;
        let first = self.output_paths.len();
        self.made_from.push(row.made_from);
        self.recipe.push(row.recipe);
        self.wall_ms.push(row.wall_ms);
        self.offset.push(row.offset);
        self.len.push(row.len);
        self.first.push(first as u32);
        self.owned.push(0);
        for (path, digest) in outputs {
            self.output_paths.push(path);
            self.output_digests.push(digest);
        }
        for i in first..self.output_paths.len() {
            self.give(i, id);
        }
        RecordRef(id)
    }

    fn give(&mut self, output: usize, id: u32) {
        let path = self.output_paths[output];
        if path.index() >= self.owner.len() {
            self.owner.resize(path.index() + 1, (NONE, NONE));
        }
        if self.owner[path.index()].0 == id {
            return;
        }
        self.release(path);
        self.owner[path.index()] = (id, output as u32);
        self.owned[id as usize] += 1;
        if self.owned[id as usize] == 1 {
            self.live += 1;
            self.live_bytes += u64::from(self.len[id as usize]);
        }
    }

    /// Nobody made this path any more.
    pub(super) fn release(&mut self, path: PathId) {
        let Some(id) = self.find(path) else { return };
        self.owner[path.index()] = (NONE, NONE);
        self.owned[id.0 as usize] -= 1;
        if self.owned[id.0 as usize] == 0 {
            self.live -= 1;
            self.live_bytes -= u64::from(self.len[id.0 as usize]);
        }
    }

    pub(super) fn find(&self, path: PathId) -> Option<RecordRef> {
        self.owner.get(path.index()).filter(|r| r.0 != NONE).map(|r| RecordRef(r.0))
    }

    /// What the newest job that made this path put there.
    pub(super) fn output_digest(&self, path: PathId) -> Option<Digest> {
        let owner = self.owner.get(path.index()).filter(|r| r.0 != NONE)?;
        Some(self.output_digests[owner.1 as usize])
    }

    pub(super) fn made_from(&self, id: RecordRef) -> Digest {
        self.made_from[id.0 as usize]
    }

    pub(super) fn recipe(&self, id: RecordRef) -> Digest {
        self.recipe[id.0 as usize]
    }

    pub(super) fn set_made_from(&mut self, id: RecordRef, digest: Digest) {
        self.made_from[id.0 as usize] = digest;
    }

    pub(super) fn wall_ms(&self, id: RecordRef) -> u32 {
        self.wall_ms[id.0 as usize]
    }

    pub(super) fn place(&self, id: RecordRef) -> (u64, usize) {
        (self.offset[id.0 as usize], self.len[id.0 as usize] as usize)
    }

    pub(super) fn set_place(&mut self, id: RecordRef, offset: u64, len: u32) {
        if self.is_live(id) {
            self.live_bytes = self.live_bytes - u64::from(self.len[id.0 as usize]) + u64::from(len);
        }
        self.offset[id.0 as usize] = offset;
        self.len[id.0 as usize] = len;
    }

    pub(super) fn outputs(&self, id: RecordRef) -> impl ExactSizeIterator<Item = (PathId, Digest)> + '_ {
        let i = id.0 as usize;
        let end = self.first.get(i + 1).map_or(self.output_paths.len(), |&e| e as usize);
        let range = self.first[i] as usize..end;
        self.output_paths[range.clone()].iter().copied().zip(self.output_digests[range].iter().copied())
    }

    /// Whether it still owns an output.
    pub(super) fn is_live(&self, id: RecordRef) -> bool {
        self.owned[id.0 as usize] > 0
    }

    /// Those that still own an output, oldest first.
    pub(super) fn live(&self) -> impl Iterator<Item = RecordRef> + '_ {
        self.owned.iter().enumerate().filter(|(_, n)| **n > 0).map(|(i, _)| RecordRef(i as u32))
    }

    pub(super) fn live_len(&self) -> usize {
        self.live
    }

    /// Bytes of payload of live records.
    pub(super) fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub(super) fn output_len(&self) -> usize {
        self.output_paths.len()
    }
}
