//! `.rulemake/`: what was made, from what, and what was under way.
//!
//! Owns the log of records, the lock, and what recovery needs: every event is
//! one write at the end of one file, so that whatever kills the process or the
//! machine, the log can be read up to there. It persists records and the memo
//! and does not judge them; it never looks at the user's files.
//!
//! A dry run opens the state read-only: it waits for nobody and changes no
//! record. What it learnt of files it adds to the log only if it gets the lock
//! at once and the log is still as it was read; otherwise that is dropped.
//!
//! Inside of floor 3, `state` stands above `files`, whose memo it stores.

mod ahead;
mod codec;
mod compact;
mod frame;
mod frames;
mod layout;
mod lease;
mod load;
mod lock;
mod log;
mod open;
pub mod process;
mod readers;
mod rows;
mod table;

pub use ahead::Ahead;
pub use layout::{COMPILED, FAILED, LOCK, LOG, LOGS, PROGRAMS, REPLACED, SHADOWS};
pub use lock::{How, Lock};
pub use open::Opened;
pub use rows::RecordRef;

use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::path::{PathId, Paths};
use crate::record::{Failure, Record, Spawned, Started};
use codec::Writer;
use frames::{Adopted, Head, Locals, kind};
use load::Facts;
use log::Log;
use readers::Readers;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// What the state is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A run: takes the lock and may append.
    Run,
    /// A dry run or a question: takes no lock.
    ReadOnly,
}

/// Names a job that was begun, for the life of a state directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobNo(pub u64);

/// A job that was begun and not settled: it runs now, or a run was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenJob {
    /// Its number.
    pub job: JobNo,
    /// What was said at its start.
    pub started: Started,
    /// Its process, if it came so far.
    pub spawned: Option<Spawned>,
    /// Its record was written: it succeeded, and what is left is to drop what
    /// was set aside.
    pub recorded: bool,
}

/// What a state directory holds, with the means to add to it.
pub struct State {
    dir: PathBuf,
    mode: Mode,
    /// Held until the state is dropped.
    _lock: Option<Lock>,
    log: Option<Log>,
    facts: Facts,
    readers: Option<Readers>,
    /// This run is marked in the log.
    begun: bool,
    /// What a crash under another boot has put in doubt (see [`frames::Run`]).
    horizon_ns: i64,
    buffer: Writer,
    lost: bool,
}

impl State {
    /// The newest record that lists this output.
    pub fn find(&self, output: PathId) -> Option<RecordRef> {
        self.facts.rows.find(output)
    }

    /// How many records still own an output.
    pub fn len(&self) -> usize {
        self.facts.rows.live_len()
    }

    /// Whether nothing was ever made here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether records may be missing that were written: the log was cut,
    /// damaged or no log.
    pub fn lost_records(&self) -> bool {
        self.lost
    }

    /// One digest over all that the job was made from.
    pub fn made_from(&self, record: RecordRef) -> Digest {
        self.facts.rows.made_from(record)
    }

    /// One digest over all ingredients but the inputs' contents.
    pub fn recipe(&self, record: RecordRef) -> Digest {
        self.facts.rows.recipe(record)
    }

    /// What the newest job that made this path put there.
    pub fn output_digest(&self, path: PathId) -> Option<Digest> {
        self.facts.rows.output_digest(path)
    }

    /// The record's outputs in order, with what the job made. One of them may
    /// belong to a newer record by now.
    pub fn outputs(&self, record: RecordRef) -> impl ExactSizeIterator<Item = (PathId, Digest)> + '_ {
        self.facts.rows.outputs(record)
    }

    /// How long the job took, in milliseconds (at most 2^32 - 1).
    pub fn wall_ms(&self, record: RecordRef) -> u32 {
        self.facts.rows.wall_ms(record)
    }

    /// The whole record, read from the log.
    ///
    /// # Errors
    /// If the log cannot be read any more.
    pub fn record(&self, record: RecordRef) -> Result<Record, Diag> {
        let log = self.log.as_ref().expect("who has a record has a log");
        let read = read_record(log.file(), &self.facts, record);
        read.map(|r| r.0).ok_or_else(|| error("read", &self.dir.join(LOG), &io::ErrorKind::InvalidData.into()))
    }

    /// The records that have this path among their inputs. The first call reads
    /// the inputs of all records.
    ///
    /// # Errors
    /// If the log cannot be read any more.
    pub fn readers_of(&mut self, input: PathId) -> Result<Vec<RecordRef>, Diag> {
        let Some(log) = &self.log else { return Ok(Vec::new()) };
        if self.readers.is_none() {
            self.readers = Readers::build(log.file(), &self.facts);
        }
        let failed = || error("read", &self.dir.join(LOG), &io::ErrorKind::InvalidData.into());
        let readers = self.readers.as_ref().ok_or_else(failed)?;
        Ok(readers.of(input).filter(|&r| self.facts.rows.is_live(r)).collect())
    }

    /// The last attempt to make this output, if it failed or was interrupted
    /// and none has succeeded since.
    pub fn failure(&self, output: PathId) -> Option<&Failure> {
        self.facts.failures.get(&output).map(|f| &**f)
    }

    /// Jobs that were begun and not settled, oldest first.
    pub fn open_jobs(&self) -> Vec<OpenJob> {
        self.facts.open.values().cloned().collect()
    }

    /// A job succeeded. `job` is the number it was started under, if it ran.
    ///
    /// # Errors
    /// This and all that follow: if the log cannot be written; it then stays
    /// as it was, and so does the state.
    pub fn append(&mut self, record: &Record, job: Option<JobNo>, paths: &Paths) -> Result<RecordRef, Diag> {
        let number = job.map_or(0, |j| j.0);
        let named = record.outputs.iter().map(|o| o.0).chain(record.inputs.iter().map(|i| i.path));
        let place = self.write(paths, named, kind::RECORD, |w, local| frames::record(w, record, number, local))?;
        let stats = &record.stats;
        let outputs = record.outputs.clone();
        let (made_from, end_ms, wall_ms) = (record.made_from, stats.end_ms(), stats.wall_ms);
        let head = Head { made_from, recipe: record.recipe, job: number, end_ms, wall_ms, outputs };
        let id = self.facts.record(&head, place.0, place.1);
        if let Some(readers) = &mut self.readers {
            readers.add(id, &record.inputs);
        }
        Ok(id)
    }

    /// An attempt to make these outputs failed or was interrupted.
    ///
    /// # Errors
    /// See [`State::append`].
    pub fn annotate_failure(&mut self, outputs: &[PathId], failure: &Failure, paths: &Paths) -> Result<(), Diag> {
        self.write(paths, outputs.iter().copied(), kind::FAILURE, |w, local| {
            frames::failure(w, outputs, failure, local);
        })?;
        self.facts.fail(outputs, failure.clone());
        Ok(())
    }

    /// Takes new digests of inputs over into a record, with the digest over all
    /// ingredients that they lead to. Every place an input stands in changes.
    ///
    /// # Errors
    /// See [`State::append`].
    pub fn adopt(
        &mut self,
        record: RecordRef,
        inputs: &[(PathId, Digest)],
        made_from: Digest,
        paths: &Paths,
    ) -> Result<(), Diag> {
        let owned = self.outputs(record).map(|o| o.0).find(|&o| self.find(o) == Some(record));
        let Some(output) = owned else { return Ok(()) };
        let adopted = Adopted { output, made_from, inputs: inputs.to_vec() };
        let named = inputs.iter().map(|i| i.0).chain([output]);
        self.write(paths, named, kind::ADOPTED, |w, local| frames::adopted(w, &adopted, local))?;
        self.facts.adopt(&adopted);
        Ok(())
    }

    /// The number that the next job to start will get: it may name the files
    /// that are set aside for it.
    pub fn next_job(&self) -> JobNo {
        JobNo(self.facts.next_job.max(1))
    }

    /// A job begins. To be called before anything of the user's is moved.
    ///
    /// # Errors
    /// See [`State::append`].
    pub fn started(&mut self, started: Started, paths: &Paths) -> Result<JobNo, Diag> {
        let job = self.next_job();
        let named: Vec<PathId> = started.outputs.clone();
        self.write(paths, named.into_iter(), kind::STARTED, |w, local| frames::started(w, job.0, &started, local))?;
        self.facts.next_job = job.0 + 1;
        self.facts.open.insert(job, OpenJob { job, started, spawned: None, recorded: false });
        Ok(job)
    }

    /// A job has a process.
    ///
    /// # Errors
    /// See [`State::append`].
    pub fn spawned(&mut self, job: JobNo, spawned: Spawned) -> Result<(), Diag> {
        // The boot of the run needs no saying.
        let here = &*spawned.boot_id == process::boot_id();
        let short = Spawned { boot_id: if here { "".into() } else { spawned.boot_id.clone() }, ..spawned.clone() };
        self.write_defining(|_, _| 0, kind::SPAWNED, |w, _| frames::spawned(w, job.0, &short))?;
        self.facts.open.get_mut(&job).expect("a job is spawned after it is started").spawned = Some(spawned);
        Ok(())
    }

    /// Nothing is left to do or to undo for a job.
    ///
    /// # Errors
    /// See [`State::append`].
    pub fn settled(&mut self, job: JobNo) -> Result<(), Diag> {
        self.write_defining(|_, _| 0, kind::SETTLED, |w, _| w.number(job.0))?;
        self.facts.open.remove(&job);
        Ok(())
    }

    /// Makes durable what was appended, if the last time was a second ago; the
    /// waiting is done elsewhere.
    ///
    /// # Errors
    /// If an earlier sync failed.
    pub fn sync_if_due(&mut self, now: Instant) -> Result<(), Diag> {
        let Some(log) = &mut self.log else { return Ok(()) };
        log.sync_if_due(now).map_err(|e| error("write", &self.dir.join(LOG), &e))
    }

    /// Makes durable all that was appended.
    ///
    /// # Errors
    /// If it cannot be, or an earlier sync failed.
    pub fn sync(&mut self) -> Result<(), Diag> {
        let Some(log) = &mut self.log else { return Ok(()) };
        log.sync().map_err(|e| error("write", &self.dir.join(LOG), &e))
    }

    /// Appends one frame, with the paths it names that the log does not know
    /// yet, in one write. Gives where its payload lies.
    fn write(
        &mut self,
        paths: &Paths,
        named: impl Iterator<Item = PathId>,
        kind: u8,
        fill: impl FnOnce(&mut Writer, Locals<'_>),
    ) -> Result<(u64, u32), Diag> {
        self.write_defining(|facts, out| push_paths(facts, paths, named, out), kind, fill)
    }

    /// [`State::write`], where `define` appends the frame of paths and gives
    /// the length of its payload.
    fn write_defining(
        &mut self,
        define: impl FnOnce(&mut Facts, &mut Writer) -> u64,
        kind: u8,
        fill: impl FnOnce(&mut Writer, Locals<'_>),
    ) -> Result<(u64, u32), Diag> {
        assert!(self.mode == Mode::Run, "only a run adds to the state");
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.bytes.clear();
        let mut head = 0;
        let start = self.append_all(&mut buffer, |facts, out| {
            let path_bytes = define(facts, out);
            head = out.bytes.len();
            let table = &facts.table;
            frame::push(out, kind, |w| fill(w, &|p| table.local(p).expect("a frame names its paths")));
            path_bytes
        });
        let len = buffer.bytes.len() - head - frame::HEAD;
        self.buffer = buffer;
        Ok((start? + (head + frame::HEAD) as u64, len as u32))
    }

    /// Appends what `fill` puts into `out`, after the mark of this run if that
    /// is due. `fill` gives the length of the paths among it. On an error all
    /// is as it was.
    fn append_all(&mut self, out: &mut Writer, fill: impl FnOnce(&mut Facts, &mut Writer) -> u64) -> Result<u64, Diag> {
        let known = self.facts.table.len();
        let run = if self.mode == Mode::Run { self.push_run(out) } else { None };
        let path_bytes = fill(&mut self.facts, out);
        let start = match self.append_bytes(&out.bytes) {
            Ok(start) => start,
            Err(diag) => {
                self.facts.table.truncate(known);
                return Err(diag);
            }
        };
        self.facts.path_bytes += path_bytes;
        if let Some(run) = run {
            (self.facts.run, self.facts.ended, self.begun) = (run, false, true);
        }
        Ok(start)
    }

    /// The mark of this run, before the first frame it appends.
    fn push_run(&self, out: &mut Writer) -> Option<frames::Run> {
        if self.begun {
            return None;
        }
        let boot_id = process::boot_id().into();
        let run = frames::Run { boot_id, when_ms: now_ms(), horizon_ns: self.horizon_ns };
        frame::push(out, kind::RUN, |w| frames::run(w, &run));
        Some(run)
    }

    fn append_bytes(&mut self, bytes: &[u8]) -> Result<u64, Diag> {
        let log = self.log.as_mut().expect("a run has a log");
        let start = log.end();
        log.append(bytes).map_err(|e| error("write", &self.dir.join(LOG), &e))?;
        Ok(start)
    }
}

/// Appends a frame of those of `named` that have no number, and gives them one.
/// Gives the length of its payload.
fn push_paths(facts: &mut Facts, paths: &Paths, named: impl Iterator<Item = PathId>, out: &mut Writer) -> u64 {
    let mut fresh = Vec::new();
    for path in named {
        if facts.table.local(path).is_none() {
            let local = facts.table.len() as u32;
            facts.table.set(local, path);
            fresh.push(local);
        }
    }
    if fresh.is_empty() {
        return 0;
    }
    let before = out.bytes.len();
    frame::push(out, kind::PATHS, |w| facts.table.write(&fresh, paths, w));
    (out.bytes.len() - before - frame::HEAD) as u64
}

/// The payload of a record, as the log has it.
fn read_payload(file: &File, facts: &Facts, id: RecordRef, out: &mut Vec<u8>) -> io::Result<()> {
    let (offset, len) = facts.rows.place(id);
    out.resize(len, 0);
    file.read_exact_at(out, offset)
}

/// A record with what was adopted into it since, and the number of its job.
fn read_record(file: &File, facts: &Facts, id: RecordRef) -> Option<(Record, u64)> {
    let mut payload = Vec::new();
    read_payload(file, facts, id, &mut payload).ok()?;
    let (mut record, job) = frames::read_record(&payload, &facts.table)?;
    record.made_from = facts.rows.made_from(id);
    if let Some(adopted) = facts.adopted.get(&id) {
        let newest: rustc_hash::FxHashMap<PathId, Digest> = adopted.iter().copied().collect();
        for input in &mut record.inputs {
            input.digest = newest.get(&input.path).copied().unwrap_or(input.digest);
        }
    }
    Some((record, job))
}

/// Now, in milliseconds since 1970.
fn now_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// A failure of the operating system under `.rulemake/`.
fn error(verb: &str, path: &Path, error: &io::Error) -> Diag {
    let diag = Diag::error(Kind::System, format!("cannot {verb} `{}`: {}", path.display(), plain(error)));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            diag.hint("make room on the disk and run again: what was recorded so far is kept")
        }
        _ => diag,
    }
}

/// An error without the number that Rust adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests;
