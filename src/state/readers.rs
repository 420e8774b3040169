//! Which records read a path: the way from a file to the jobs that depend on it.
//!
//! Owns a reverse index over the inputs of records, built when first asked for.

use super::codec::Reader;
use super::frames::{self, Head};
use super::load::Facts;
use super::rows::RecordRef;
use crate::path::PathId;
use crate::record::Input;
use rustc_hash::FxHashMap;
use std::fs::File;

#[derive(Default)]
pub(super) struct Readers {
    /// By path id: where its readers begin in `rows`.
    starts: Vec<u32>,
    rows: Vec<RecordRef>,
    /// Readers that came after the index was built.
    later: FxHashMap<PathId, Vec<RecordRef>>,
}

impl Readers {
    /// Reads the inputs of all live records. `None`: one could not be read.
    pub(super) fn build(file: &File, facts: &Facts) -> Option<Readers> {
        let (mut pairs, mut head, mut bytes) = (Vec::new(), Head::empty(), Vec::new());
        for id in facts.rows.live() {
            super::read_payload(file, facts, id, &mut bytes).ok()?;
            let mut reader = Reader::new(&bytes);
            frames::read_head(&mut reader, &facts.table, &mut head)?;
            let inputs = frames::read_inputs(&mut reader, &facts.table)?;
            pairs.extend(inputs.into_iter().map(|i| (i.path, id)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let paths = pairs.last().map_or(0, |p| p.0.index() + 1);
        let mut starts = vec![0_u32; paths + 1];
        pairs.iter().for_each(|p| starts[p.0.index() + 1] += 1);
        (0..paths).for_each(|i| starts[i + 1] += starts[i]);
        Some(Readers { starts, rows: pairs.into_iter().map(|p| p.1).collect(), later: FxHashMap::default() })
    }

    pub(super) fn add(&mut self, id: RecordRef, inputs: &[Input]) {
        for input in inputs {
            let readers = self.later.entry(input.path).or_default();
            if readers.last() != Some(&id) {
                readers.push(id);
            }
        }
    }

    pub(super) fn of(&self, path: PathId) -> impl Iterator<Item = RecordRef> + '_ {
        let range = match self.starts.get(path.index()..path.index() + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        };
        self.rows[range].iter().chain(self.later.get(&path).into_iter().flatten()).copied()
    }
}
