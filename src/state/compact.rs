//! Writing the log anew with only what still counts.
//!
//! Owns what is kept and in which order: open jobs before records (a record
//! says that its job is done), each path before the first frame that names it
//! and not far from it, so that damage costs few neighbours. Frames of records
//! are copied as they are. The new log takes the old one's place by a rename,
//! and is on disk before that.

use super::codec::{Reader, Writer};
use super::frame::{self, HEAD};
use super::frames::{self, Head, Run, Sizes, kind};
use super::layout::{LOG, NEW_LOG};
use super::load::Facts;
use super::rows::RecordRef;
use super::table::Local;
use crate::memo::{Entry, Memo};
use crate::path::{PathId, Paths};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Less is not worth the trouble.
const LEAST_GARBAGE: u64 = 1 << 20;
/// Bytes of an entry of the memo, about.
const ENTRY_BYTES: u64 = 64;
/// Entries of the memo in a frame.
pub(super) const ENTRIES_A_FRAME: usize = 512;
/// Records wait until their new paths are this many.
const PATHS_A_FRAME: usize = 128;

/// Whether enough of the log is dead: half of what counts, and as much as
/// was added since it was last written anew (what counts is an estimate).
pub(super) fn is_worthwhile(end: u64, facts: &Facts, memo: &Memo) -> bool {
    let records = facts.rows.live_bytes() + facts.rows.live_len() as u64 * HEAD as u64;
    let live = records + facts.path_bytes + memo.len() as u64 * ENTRY_BYTES;
    let due = |base: u64| end > base + base / 2 + LEAST_GARBAGE;
    due(live) && due(facts.compacted)
}

/// Writes the log anew and puts it in place; gives its file and length. On an
/// error the old log stays as it was.
pub(super) fn compact(
    dir: &Path,
    old: &File,
    facts: &mut Facts,
    memo: &Memo,
    paths: &Paths,
) -> io::Result<(File, u64)> {
    let temporary = dir.join(NEW_LOG);
    let result = write(&temporary, old, facts, memo, paths).and_then(|written| {
        std::fs::rename(&temporary, dir.join(LOG))?;
        File::open(dir)?.sync_all()?;
        Ok(written)
    });
    match result {
        Ok(written) => {
            for (id, offset, len) in &written.places {
                facts.rows.set_place(*id, *offset, *len);
            }
            facts.table.keep(&written.defined);
            facts.adopted.clear();
            facts.path_bytes = written.path_bytes;
            facts.compacted = written.end;
            Ok((written.file, written.end))
        }
        Err(error) => {
            let _ = std::fs::remove_file(&temporary);
            Err(error)
        }
    }
}

struct Written {
    file: File,
    end: u64,
    places: Vec<(RecordRef, u64, u32)>,
    defined: Vec<bool>,
    path_bytes: u64,
}

fn write(path: &Path, old: &File, facts: &Facts, memo: &Memo, paths: &Paths) -> io::Result<Written> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    let mut to = Target {
        out: BufWriter::with_capacity(1 << 20, file),
        end: 0,
        waiting: Writer::default(),
        fresh: Vec::new(),
        defined: vec![false; facts.table.len()],
        path_bytes: 0,
        facts,
        paths,
    };
    to.put(&frame::header())?;
    to.sizes()?;
    to.run_and_jobs()?;
    let places = to.records(old)?;
    to.forgotten()?;
    to.failures()?;
    to.memo(memo)?;
    frame::push(&mut to.waiting, kind::COMPACTED, |_| ());
    to.flush()?;
    let Target { out, end, defined, path_bytes, .. } = to;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(Written { file, end, places, defined, path_bytes })
}

struct Target<'a> {
    out: BufWriter<File>,
    end: u64,
    /// Frames that wait for the frame of their paths.
    waiting: Writer,
    /// Paths that those frames name and no frame before them.
    fresh: Vec<Local>,
    defined: Vec<bool>,
    path_bytes: u64,
    facts: &'a Facts,
    paths: &'a Paths,
}

impl Target<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.end += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// The number of a path, which is then defined before the waiting frames.
    fn name(&mut self, path: PathId) -> Local {
        let local = self.facts.table.local(path).expect("what the log names has a number");
        if !std::mem::replace(&mut self.defined[local as usize], true) {
            self.fresh.push(local);
        }
        local
    }

    /// Writes the waiting frames after a frame of their paths. Gives the
    /// offset the first of them has got.
    fn flush(&mut self) -> io::Result<u64> {
        let mut definitions = Writer::default();
        if !self.fresh.is_empty() {
            frame::push(&mut definitions, kind::PATHS, |w| self.facts.table.write(&self.fresh, self.paths, w));
            self.path_bytes += (definitions.bytes.len() - HEAD) as u64;
            self.fresh.clear();
        }
        self.put(&definitions.bytes)?;
        let start = self.end;
        let waiting = std::mem::take(&mut self.waiting.bytes);
        self.put(&waiting)?;
        self.waiting.bytes = waiting;
        self.waiting.bytes.clear();
        Ok(start)
    }

    fn sizes(&mut self) -> io::Result<()> {
        let sizes = Sizes {
            paths: self.facts.table.len() as u64,
            path_bytes: self.facts.path_bytes,
            records: self.facts.rows.live_len() as u64,
            outputs: self.facts.rows.output_len() as u64,
            next_job: self.facts.next_job,
        };
        let mut out = Writer::default();
        frame::push(&mut out, kind::SIZES, |w| frames::sizes(w, &sizes));
        self.put(&out.bytes)
    }

    fn run_and_jobs(&mut self) -> io::Result<()> {
        // What the horizon took the trust from is written without it.
        let run = Run { horizon_ns: 0, ..self.facts.run.clone() };
        frame::push(&mut self.waiting, kind::RUN, |w| frames::run(w, &run));
        let facts = self.facts;
        for open in facts.open.values() {
            for &output in &open.started.outputs {
                self.name(output);
            }
            let local = |p| facts.table.local(p).expect("it was named above");
            frame::push(&mut self.waiting, kind::STARTED, |w| frames::started(w, open.job.0, &open.started, &local));
            if let Some(spawned) = &open.spawned {
                frame::push(&mut self.waiting, kind::SPAWNED, |w| frames::spawned(w, open.job.0, spawned));
            }
        }
        self.flush().map(drop)
    }

    fn records(&mut self, old: &File) -> io::Result<Vec<(RecordRef, u64, u32)>> {
        let facts = self.facts;
        let mut places = Vec::with_capacity(facts.rows.live_len());
        let (mut payload, mut head, mut group) = (Vec::new(), Head::empty(), 0);
        for id in facts.rows.live() {
            super::read_payload(old, facts, id, &mut payload)?;
            if facts.adopted.contains_key(&id) {
                payload = super::read_record(old, facts, id)
                    .map(|(record, job)| {
                        let local = |p| facts.table.local(p).expect("what was read has a number");
                        let mut out = Writer::default();
                        frames::record(&mut out, &record, job, &local);
                        out.bytes
                    })
                    .ok_or(io::ErrorKind::InvalidData)?;
            }
            let mut reader = Reader::new(&payload);
            frames::read_head(&mut reader, &facts.table, &mut head).ok_or(io::ErrorKind::InvalidData)?;
            let inputs = frames::read_inputs(&mut reader, &facts.table).ok_or(io::ErrorKind::InvalidData)?;
            for path in head.outputs.iter().map(|o| o.0).chain(inputs.iter().map(|i| i.path)) {
                self.name(path);
            }
            places.push((id, (self.waiting.bytes.len() + HEAD) as u64, payload.len() as u32));
            frame::push(&mut self.waiting, kind::RECORD, |w| w.bytes.extend_from_slice(&payload));
            if self.fresh.len() >= PATHS_A_FRAME || self.waiting.bytes.len() >= 1 << 16 {
                let start = self.flush()?;
                places[group..].iter_mut().for_each(|p| p.1 += start);
                group = places.len();
            }
        }
        let start = self.flush()?;
        places[group..].iter_mut().for_each(|p| p.1 += start);
        Ok(places)
    }

    /// Outputs that nobody owns, of records that still own others.
    fn forgotten(&mut self) -> io::Result<()> {
        let facts = self.facts;
        let listed = facts.rows.live().flat_map(|id| facts.rows.outputs(id));
        for (path, _) in listed.filter(|(path, _)| facts.rows.find(*path).is_none()) {
            let local = self.name(path);
            frame::push(&mut self.waiting, kind::FORGOTTEN, |w| frames::forgotten(w, path, &|_| local));
        }
        self.flush().map(drop)
    }

    fn failures(&mut self) -> io::Result<()> {
        let facts = self.facts;
        for (&path, failure) in &facts.failures {
            let local = self.name(path);
            frame::push(&mut self.waiting, kind::FAILURE, |w| frames::failure(w, &[path], failure, &|_| local));
        }
        self.flush().map(drop)
    }

    /// Entries of files that a record names, or that this run asked about.
    fn memo(&mut self, memo: &Memo) -> io::Result<()> {
        let facts = self.facts;
        let known = |e: &Entry| facts.table.local(e.path);
        let mut kept = Vec::with_capacity(ENTRIES_A_FRAME);
        for (entry, used) in memo.entries() {
            let Some(local) = known(&entry) else { continue };
            if used || self.defined[local as usize] {
                self.name(entry.path);
                kept.push(entry);
            }
            if kept.len() == ENTRIES_A_FRAME {
                self.entries(&mut kept)?;
            }
        }
        self.entries(&mut kept)
    }

    fn entries(&mut self, kept: &mut Vec<Entry>) -> io::Result<()> {
        let facts = self.facts;
        if !kept.is_empty() {
            let local = |p| facts.table.local(p).expect("it was named before");
            frame::push(&mut self.waiting, kind::MEMO, |w| frames::memo(w, facts.last_ms, kept, &local));
            kept.clear();
        }
        self.flush().map(drop)
    }
}
