//! Reading the log into memory.
//!
//! Owns what each frame does to the state. It writes nothing.

use super::codec::Reader;
use super::frame::{self, Frame, Header, Scan};
use super::frames::{self, Head, Run, Sizes, kind};
use super::rows::{RecordRef, Row, Rows};
use super::table::Table;
use super::{JobNo, OpenJob};
use crate::digest::Digest;
use crate::memo::Memo;
use crate::path::{PathId, Paths};
use crate::record::Failure;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// All that the log says, in memory.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) table: Table,
    pub(super) rows: Rows,
    /// Later digests of inputs, by record.
    pub(super) adopted: FxHashMap<RecordRef, Vec<(PathId, Digest)>>,
    pub(super) failures: FxHashMap<PathId, Arc<Failure>>,
    pub(super) open: BTreeMap<JobNo, OpenJob>,
    pub(super) next_job: u64,
    /// Bytes of the frames of paths.
    pub(super) path_bytes: u64,
    /// How long the log was when it was last written anew.
    pub(super) compacted: u64,
    /// The last run that wrote anything, and whether it came to its end.
    pub(super) run: Run,
    pub(super) ended: bool,
    /// The latest moment the log tells of, in milliseconds since 1970.
    pub(super) last_ms: u64,
}

/// How a log was.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Where good bytes end.
    pub(super) end: u64,
    /// What was lost before that.
    pub(super) damaged: Vec<Range<u64>>,
}

/// Why a log cannot be read as one of ours.
pub(super) enum Foreign {
    Version(u32),
    Unknown,
    Io(io::Error),
}

impl From<io::Error> for Foreign {
    fn from(error: io::Error) -> Foreign {
        Foreign::Io(error)
    }
}

/// Bytes of log for each path it names, about.
const BYTES_A_PATH: u64 = 300;

/// Reads a log. What it says goes to `facts` and `memo`; its paths to `paths`.
pub(super) fn load(file: &File, facts: &mut Facts, memo: &mut Memo, paths: &mut Paths) -> Result<Loaded, Foreign> {
    let size = file.metadata()?.len();
    let mut header = [0; frame::HEADER];
    let got = read_start(file, &mut header)?;
    let known = frame::read_header(&header[..got]);
    if let Header::Version(version) = known {
        return Err(Foreign::Version(version));
    }
    let mut loader = Loader::new(facts, memo, paths, size);
    // A damaged header costs nothing if frames follow it.
    let start = if known == Header::Ours { frame::HEADER as u64 } else { 0 };
    let scan = read_ahead(file, start, &mut |f| {
        loader.understand(&f);
    })?;
    loader.finish(file)?;
    let mut loaded = Loaded { end: scan.end, damaged: scan.damaged };
    if known == Header::Unknown && scan.frames == 0 {
        // A header cut short is a log that was never begun.
        let cut = got < frame::HEADER && frame::header().starts_with(&header[..got]);
        loaded.end = 0;
        return if cut || header == [0; frame::HEADER] { Ok(loaded) } else { Err(Foreign::Unknown) };
    }
    if !loaded.damaged.is_empty() {
        drop_unreadable(file, facts);
    }
    Ok(loaded)
}

/// Frames on their way from the thread that reads and checks them to the one
/// that takes them in.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Kind, place in the file, end of the payload in `bytes`.
    frames: Vec<(u8, u64, usize)>,
}

/// As [`frame::scan`], with reading and checking on a thread of its own.
fn read_ahead(file: &File, start: u64, each: &mut dyn FnMut(Frame<'_>)) -> io::Result<Scan> {
    std::thread::scope(|scope| {
        let (full, batches) = crossbeam::channel::bounded::<Batch>(8);
        let reader = scope.spawn(move || {
            let mut batch = Batch::default();
            let scan = frame::scan(file, start, &mut |f| {
                batch.bytes.extend_from_slice(f.payload);
                batch.frames.push((f.kind, f.offset, batch.bytes.len()));
                if batch.bytes.len() >= BATCH {
                    // The other side ends only when it panics.
                    let _ = full.send(std::mem::take(&mut batch));
                    batch.bytes.reserve(2 * BATCH);
                }
            });
            let _ = full.send(batch);
            scan
        });
        for batch in batches {
            let mut begin = 0;
            for (kind, offset, end) in batch.frames {
                each(Frame { kind, offset, payload: &batch.bytes[begin..end] });
                begin = end;
            }
        }
        reader.join().expect("the thread that reads the log panicked")
    })
}

/// Bytes of a batch.
const BATCH: usize = 64 << 10;

fn read_start(file: &File, header: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < header.len() {
        match file.read_at(&mut header[got..], got as u64)? {
            0 => break,
            n => got += n,
        }
    }
    Ok(got)
}

/// Forgets records that name lost paths further on than their heads.
fn drop_unreadable(file: &File, facts: &mut Facts) {
    let live: Vec<RecordRef> = facts.rows.live().collect();
    let unreadable: Vec<RecordRef> =
        live.into_iter().filter(|&id| super::read_record(file, facts, id).is_none()).collect();
    for id in unreadable {
        let owned = |p: &PathId| facts.rows.find(*p) == Some(id);
        let outputs: Vec<PathId> = facts.rows.outputs(id).map(|o| o.0).filter(owned).collect();
        outputs.into_iter().for_each(|p| facts.rows.release(p));
    }
}

struct Loader<'a> {
    facts: &'a mut Facts,
    memo: &'a mut Memo,
    paths: &'a mut Paths,
    size: u64,
    head: Head,
    begun: FxHashMap<u64, Begun>,
    /// The boot of the run that the frames are of.
    boot_id: Arc<str>,
}

/// A job that was begun. Most are settled further on, so its frames are not
/// decoded before the end.
struct Begun {
    started: Place,
    spawned: Option<(Place, Arc<str>)>,
    recorded: bool,
}

/// Where a payload lies in the file.
type Place = (u64, usize);

impl<'a> Loader<'a> {
    fn new(facts: &'a mut Facts, memo: &'a mut Memo, paths: &'a mut Paths, size: u64) -> Loader<'a> {
        let (head, begun, boot_id) = (Head::empty(), FxHashMap::default(), Arc::from(""));
        // A guess for logs that do not say how much they hold.
        paths.reserve((size / BYTES_A_PATH) as usize, 0);
        Loader { facts, memo, paths, size, head, begun, boot_id }
    }

    /// Takes in the jobs that were not settled.
    fn finish(self, file: &File) -> io::Result<()> {
        let read = |place: Place| {
            let mut bytes = vec![0; place.1];
            file.read_exact_at(&mut bytes, place.0).map(|()| bytes)
        };
        for (job, begun) in self.begun {
            let Some((_, started)) = frames::read_started(&read(begun.started)?, &self.facts.table) else { continue };
            let mut spawned = None;
            if let Some((place, boot_id)) = begun.spawned {
                spawned = frames::read_spawned(&read(place)?).map(|s| s.1);
                if let Some(spawned) = spawned.as_mut().filter(|s| s.boot_id.is_empty()) {
                    spawned.boot_id = (&*boot_id).into();
                }
            }
            let open = OpenJob { job: JobNo(job), started, spawned, recorded: begun.recorded };
            self.facts.open.insert(open.job, open);
        }
        Ok(())
    }

    /// `None`: the frame is whole, but names what was lost, or is of a kind that
    /// this version does not know; it says nothing then.
    fn understand(&mut self, frame: &Frame<'_>) -> Option<()> {
        let (payload, facts) = (frame.payload, &mut *self.facts);
        match frame.kind {
            kind::PATHS => {
                facts.path_bytes += payload.len() as u64;
                facts.table.read(payload, self.paths)?;
            }
            kind::RECORD => {
                frames::read_head(&mut Reader::new(payload), &facts.table, &mut self.head)?;
                facts.record(&self.head, frame.offset, payload.len() as u32);
                if let Some(begun) = self.begun.get_mut(&self.head.job) {
                    begun.recorded = true;
                }
            }
            kind::ADOPTED => facts.adopt(&frames::read_adopted(payload, &facts.table)?),
            kind::FAILURE => {
                let (outputs, failure) = frames::read_failure(payload, &facts.table)?;
                facts.fail(&outputs, failure);
            }
            kind::FORGOTTEN => facts.forget(frames::read_forgotten(payload, &facts.table)?),
            kind::STARTED => {
                let (job, when_ms) = frames::read_start_of(payload)?;
                facts.seen(when_ms, job);
                let started = (frame.offset, payload.len());
                self.begun.insert(job, Begun { started, spawned: None, recorded: false });
            }
            kind::SPAWNED => {
                let begun = self.begun.get_mut(&frames::read_job(payload)?)?;
                begun.spawned = Some(((frame.offset, payload.len()), Arc::clone(&self.boot_id)));
            }
            kind::SETTLED => drop(self.begun.remove(&frames::read_job(payload)?)),
            kind::MEMO => {
                let when_ms = frames::read_memo(payload, &facts.table, &mut |entry| self.memo.load(entry))?;
                facts.seen(when_ms, 0);
            }
            kind::RUN => {
                facts.run = frames::read_run(payload)?;
                self.boot_id = Arc::from(&*facts.run.boot_id);
                facts.ended = false;
                facts.seen(facts.run.when_ms, 0);
                if facts.run.horizon_ns != 0 {
                    self.memo.distrust_newer(facts.run.horizon_ns);
                }
            }
            kind::RUN_END => {
                facts.seen(frames::read_job(payload)?, 0);
                facts.ended = true;
            }
            kind::COMPACTED => facts.compacted = frame.offset,
            kind::SIZES => self.reserve(frames::read_sizes(payload)?),
            _ => return None,
        }
        Some(())
    }

    /// Makes room for what is said to come, as far as the file can hold it.
    fn reserve(&mut self, sizes: Sizes) {
        let fits = |n: u64, least: u64| n.min(self.size / least) as usize;
        let paths = fits(sizes.paths, 2);
        let facts = &mut *self.facts;
        facts.next_job = facts.next_job.max(sizes.next_job);
        self.paths.reserve(paths, fits(sizes.path_bytes, 1));
        facts.table.reserve(paths);
        facts.rows.reserve(fits(sizes.records, 36), fits(sizes.outputs, 33), paths);
        self.memo.reserve(self.paths.len() + paths);
    }
}

impl Facts {
    fn seen(&mut self, when_ms: u64, job: u64) {
        self.last_ms = self.last_ms.max(when_ms);
        self.next_job = self.next_job.max(job + 1);
    }

    /// A job succeeded.
    pub(super) fn record(&mut self, head: &Head, offset: u64, len: u32) -> RecordRef {
        self.seen(head.end_ms, head.job);
        let wall_ms = u32::try_from(head.wall_ms).unwrap_or(u32::MAX);
        let row = Row { made_from: head.made_from, recipe: head.recipe, wall_ms, offset, len };
        if !self.failures.is_empty() {
            head.outputs.iter().for_each(|(path, _)| drop(self.failures.remove(path)));
        }
        if let Some(open) = self.open.get_mut(&JobNo(head.job)) {
            open.recorded = true;
        }
        self.rows.push(row, head.outputs.iter().copied())
    }

    /// A job failed.
    pub(super) fn fail(&mut self, outputs: &[PathId], failure: Failure) {
        self.seen(failure.when_ms, 0);
        let failure = Arc::new(failure);
        outputs.iter().for_each(|&p| drop(self.failures.insert(p, Arc::clone(&failure))));
    }

    /// Inputs of a record were remade and came out otherwise.
    pub(super) fn adopt(&mut self, adopted: &frames::Adopted) {
        let Some(id) = self.rows.find(adopted.output) else { return };
        self.rows.set_made_from(id, adopted.made_from);
        self.adopted.entry(id).or_default().extend_from_slice(&adopted.inputs);
    }

    /// Nobody made this output.
    pub(super) fn forget(&mut self, output: PathId) {
        self.rows.release(output);
        self.failures.remove(&output);
    }
}
