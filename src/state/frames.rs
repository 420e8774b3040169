//! What frames say: the payload of every kind.
//!
//! Owns the order of values in each kind of frame. It does not know where
//! frames stand in the log, nor what follows from them.

use super::codec::{Reader, Writer};
use super::frame;
use super::table::{Local, Table};
use crate::digest::Digest;
use crate::memo::Entry;
use crate::path::PathId;
use crate::record::{Failure, Input, Record, Spawned, Started, Stats};

/// Kinds of frames. Numbers are for ever.
pub(super) mod kind {
    pub(in crate::state) const PATHS: u8 = 1;
    pub(in crate::state) const RECORD: u8 = 2;
    pub(in crate::state) const ADOPTED: u8 = 3;
    pub(in crate::state) const FAILURE: u8 = 4;
    pub(in crate::state) const FORGOTTEN: u8 = 5;
    pub(in crate::state) const STARTED: u8 = 6;
    pub(in crate::state) const SPAWNED: u8 = 7;
    pub(in crate::state) const SETTLED: u8 = 8;
    pub(in crate::state) const MEMO: u8 = 9;
    pub(in crate::state) const RUN: u8 = 10;
    pub(in crate::state) const RUN_END: u8 = 11;
    pub(in crate::state) const SIZES: u8 = 12;
    pub(in crate::state) const COMPACTED: u8 = 13;
}

/// The part of a record that is decoded at load.
pub(super) struct Head {
    pub(super) made_from: Digest,
    pub(super) recipe: Digest,
    pub(super) job: u64,
    pub(super) end_ms: u64,
    pub(super) wall_ms: u64,
    pub(super) outputs: Vec<(PathId, Digest)>,
}

/// Numbers of paths, as a frame needs them.
pub(super) type Locals<'a> = &'a dyn Fn(PathId) -> Local;

pub(super) fn record(out: &mut Writer, record: &Record, job: u64, local: Locals<'_>) {
    let stats = &record.stats;
    out.digest(record.made_from);
    out.digest(record.recipe);
    out.number(job);
    out.number(stats.start_ms);
    out.number(stats.wall_ms);
    out.number(record.outputs.len() as u64);
    for &(path, digest) in &record.outputs {
        out.number(local(path).into());
        out.digest(digest);
    }
    out.number(record.inputs.len() as u64);
    for input in &record.inputs {
        out.number(u64::from(local(input.path)) << 1 | u64::from(input.ancient));
        out.digest(input.digest);
    }
    for text in [&record.rule, &record.command, &record.environment, &stats.host, &stats.version] {
        out.text(text);
    }
    out.number(record.params.len() as u64);
    for (name, value) in &record.params {
        out.text(name);
        out.text(value);
    }
    out.number(record.scripts.len() as u64);
    for (path, digest) in &record.scripts {
        out.text(path);
        out.digest(*digest);
    }
    out.number(stats.user_us);
    out.number(stats.sys_us);
    out.option(stats.peak_rss_kib.is_some());
    out.number(stats.peak_rss_kib.unwrap_or(0));
    out.signed(stats.exit_code.into());
    out.number(stats.attempt.into());
    out.option(record.accepted.is_some());
    out.text(record.accepted.as_deref().unwrap_or(""));
}

/// Reads the head into `head`, whose list of outputs is reused.
pub(super) fn read_head(reader: &mut Reader<'_>, table: &Table, head: &mut Head) -> Option<()> {
    head.made_from = reader.digest()?;
    head.recipe = reader.digest()?;
    head.job = reader.number()?;
    let start_ms = reader.number()?;
    head.wall_ms = reader.number()?;
    head.end_ms = start_ms.saturating_add(head.wall_ms);
    head.outputs.clear();
    for _ in 0..reader.count(33)? {
        let path = table.path(reader.small()?)?;
        head.outputs.push((path, reader.digest()?));
    }
    Some(())
}

impl Head {
    pub(super) fn empty() -> Head {
        Head { made_from: Digest::UNKNOWN, recipe: Digest::UNKNOWN, job: 0, end_ms: 0, wall_ms: 0, outputs: Vec::new() }
    }
}

/// The inputs that follow a head.
pub(super) fn read_inputs(reader: &mut Reader<'_>, table: &Table) -> Option<Vec<Input>> {
    let inputs = reader.count(33)?;
    (0..inputs)
        .map(|_| {
            let n = reader.number()?;
            let path = table.path(u32::try_from(n >> 1).ok()?)?;
            Some(Input { path, digest: reader.digest()?, ancient: n & 1 == 1 })
        })
        .collect()
}

pub(super) fn read_record(payload: &[u8], table: &Table) -> Option<(Record, u64)> {
    let mut reader = Reader::new(payload);
    let mut head = Head::empty();
    read_head(&mut reader, table, &mut head)?;
    let inputs = read_inputs(&mut reader, table)?;
    let [rule, command, environment, host, version] =
        [reader.boxed()?, reader.boxed()?, reader.boxed()?, reader.boxed()?, reader.boxed()?];
    let params = (0..reader.count(2)?).map(|_| Some((reader.boxed()?, reader.boxed()?))).collect::<Option<_>>()?;
    let scripts = (0..reader.count(33)?).map(|_| Some((reader.boxed()?, reader.digest()?))).collect::<Option<_>>()?;
    let (user_us, sys_us) = (reader.number()?, reader.number()?);
    let (known, peak) = (reader.option()?, reader.number()?);
    let exit_code = i32::try_from(reader.signed()?).ok()?;
    let attempt = reader.small()?;
    let (accepted, note) = (reader.option()?, reader.boxed()?);
    let Head { made_from, recipe, job, end_ms, wall_ms, outputs } = head;
    let start_ms = end_ms - wall_ms;
    let peak_rss_kib = known.then_some(peak);
    let stats = Stats { start_ms, wall_ms, user_us, sys_us, peak_rss_kib, exit_code, attempt, host, version };
    let accepted = accepted.then_some(note);
    let record =
        Record { made_from, recipe, rule, inputs, outputs, command, params, scripts, environment, stats, accepted };
    Some((record, job))
}

/// New digests of a record's inputs.
pub(super) struct Adopted {
    pub(super) output: PathId,
    pub(super) made_from: Digest,
    pub(super) inputs: Vec<(PathId, Digest)>,
}

pub(super) fn adopted(out: &mut Writer, adopted: &Adopted, local: Locals<'_>) {
    out.number(local(adopted.output).into());
    out.digest(adopted.made_from);
    out.number(adopted.inputs.len() as u64);
    for &(path, digest) in &adopted.inputs {
        out.number(local(path).into());
        out.digest(digest);
    }
}

pub(super) fn read_adopted(payload: &[u8], table: &Table) -> Option<Adopted> {
    let mut reader = Reader::new(payload);
    let output = table.path(reader.small()?)?;
    let made_from = reader.digest()?;
    let inputs = reader.count(33)?;
    let inputs = (0..inputs).map(|_| Some((table.path(reader.small()?)?, reader.digest()?))).collect::<Option<_>>()?;
    Some(Adopted { output, made_from, inputs })
}

fn path_list(out: &mut Writer, paths: &[PathId], local: Locals<'_>) {
    out.number(paths.len() as u64);
    paths.iter().for_each(|&p| out.number(local(p).into()));
}

fn read_path_list(reader: &mut Reader<'_>, table: &Table) -> Option<Vec<PathId>> {
    (0..reader.count(1)?).map(|_| table.path(reader.small()?)).collect()
}

pub(super) fn failure(out: &mut Writer, outputs: &[PathId], failure: &Failure, local: Locals<'_>) {
    path_list(out, outputs, local);
    out.number(failure.when_ms);
    out.text(&failure.exit);
    out.number(failure.attempt.into());
}

pub(super) fn read_failure(payload: &[u8], table: &Table) -> Option<(Vec<PathId>, Failure)> {
    let mut reader = Reader::new(payload);
    let outputs = read_path_list(&mut reader, table)?;
    let failure = Failure { when_ms: reader.number()?, exit: reader.boxed()?, attempt: reader.small()? };
    Some((outputs, failure))
}

pub(super) fn forgotten(out: &mut Writer, output: PathId, local: Locals<'_>) {
    out.number(local(output).into());
}

pub(super) fn read_forgotten(payload: &[u8], table: &Table) -> Option<PathId> {
    table.path(Reader::new(payload).small()?)
}

pub(super) fn started(out: &mut Writer, job: u64, started: &Started, local: Locals<'_>) {
    out.number(job);
    out.number(started.when_ms);
    path_list(out, &started.outputs, local);
    out.number(started.marks.len() as u64);
    started.marks.iter().for_each(|&m| out.number(m.into()));
    out.text(&started.rule);
    out.text(&started.log_path);
    out.text(&started.aside);
}

/// A started job's number and time.
pub(super) fn read_start_of(payload: &[u8]) -> Option<(u64, u64)> {
    let mut reader = Reader::new(payload);
    Some((reader.number()?, reader.number()?))
}

pub(super) fn read_started(payload: &[u8], table: &Table) -> Option<(u64, Started)> {
    let mut reader = Reader::new(payload);
    let (job, when_ms) = (reader.number()?, reader.number()?);
    let outputs = read_path_list(&mut reader, table)?;
    let marks = (0..reader.count(1)?).map(|_| u8::try_from(reader.number()?).ok()).collect::<Option<_>>()?;
    let [rule, log_path, aside] = [reader.boxed()?, reader.boxed()?, reader.boxed()?];
    Some((job, Started { rule, outputs, marks, log_path, aside, when_ms }))
}

pub(super) fn spawned(out: &mut Writer, job: u64, spawned: &Spawned) {
    out.number(job);
    out.number(spawned.pgid.into());
    out.number(spawned.start_ticks);
    out.text(&spawned.boot_id);
}

pub(super) fn read_spawned(payload: &[u8]) -> Option<(u64, Spawned)> {
    let mut reader = Reader::new(payload);
    let job = reader.number()?;
    let spawned = Spawned { pgid: reader.small()?, start_ticks: reader.number()?, boot_id: reader.boxed()? };
    Some((job, spawned))
}

pub(super) fn read_job(payload: &[u8]) -> Option<u64> {
    Reader::new(payload).number()
}

/// The beginning of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) boot_id: Box<str>,
    pub(super) when_ms: u64,
    /// Memo entries before this frame of files newer than this (nanoseconds
    /// since 1970) are not trusted; 0: all are.
    pub(super) horizon_ns: i64,
}

pub(super) fn run(out: &mut Writer, run: &Run) {
    out.text(&run.boot_id);
    out.number(run.when_ms);
    out.fixed(run.horizon_ns);
}

pub(super) fn read_run(payload: &[u8]) -> Option<Run> {
    let mut reader = Reader::new(payload);
    Some(Run { boot_id: reader.boxed()?, when_ms: reader.number()?, horizon_ns: reader.fixed()? })
}

pub(super) fn memo(out: &mut Writer, when_ms: u64, entries: &[Entry], local: Locals<'_>) {
    out.number(when_ms);
    for entry in entries {
        out.number(u64::from(local(entry.path)) << 1 | u64::from(entry.trusted));
        out.number(entry.ino);
        out.number(entry.size);
        out.fixed(entry.mtime_ns);
        out.signed(entry.ctime_ns.wrapping_sub(entry.mtime_ns));
        out.digest(entry.digest);
    }
}

/// Hands each entry to `each`; gives the time it was written.
pub(super) fn read_memo(payload: &[u8], table: &Table, each: &mut dyn FnMut(&Entry)) -> Option<u64> {
    let mut reader = Reader::new(payload);
    let when_ms = reader.number()?;
    while !reader.is_empty() {
        let n = reader.number()?;
        let (ino, size, mtime_ns) = (reader.number()?, reader.number()?, reader.fixed()?);
        let ctime_ns = mtime_ns.wrapping_add(reader.signed()?);
        let digest = reader.digest()?;
        if let Some(path) = table.path(u32::try_from(n >> 1).ok()?) {
            each(&Entry { path, ino, size, mtime_ns, ctime_ns, digest, trusted: n & 1 == 1 });
        }
    }
    Some(when_ms)
}

/// How much a compacted log holds, so that room can be made at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) paths: u64,
    pub(super) path_bytes: u64,
    pub(super) records: u64,
    pub(super) outputs: u64,
    pub(super) next_job: u64,
}

pub(super) fn sizes(out: &mut Writer, sizes: &Sizes) {
    for n in [sizes.paths, sizes.path_bytes, sizes.records, sizes.outputs, sizes.next_job] {
        out.number(n);
    }
}

pub(super) fn read_sizes(payload: &[u8]) -> Option<Sizes> {
    let mut reader = Reader::new(payload);
    Some(Sizes {
        paths: reader.number()?,
        path_bytes: reader.number()?,
        records: reader.number()?,
        outputs: reader.number()?,
        next_job: reader.number()?,
    })
}

/// A frame that says that a job is settled, or that a run ended.
pub(super) fn number(out: &mut Writer, kind: u8, n: u64) {
    frame::push(out, kind, |w| w.number(n));
}
