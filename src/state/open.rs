//! Opening and closing the state.
//!
//! Owns the order of things at the beginning (lock, log, repair) and the end
//! (memo, mark, sync, compaction) of a run.

use super::ahead::Ahead;
use super::codec::Writer;
use super::load::{self, Facts, Foreign, Loaded};
use super::lock::{How, Lock};
use super::log::Log;
use super::{Mode, State, compact, error, frame, frames, kind, layout, now_ms, process, push_paths};
use crate::diag::{Diag, Kind};
use crate::memo::{Entry, Memo};
use crate::path::Paths;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What an open state directory gives.
pub struct Opened {
    /// The records.
    pub state: State,
    /// What was last seen of files.
    pub memo: Memo,
    /// What was lost or put aside.
    pub warnings: Vec<Diag>,
    /// Whether the log that was read before is still the log.
    pub as_read: bool,
}

/// How long before the last entry of the log files are doubted after a crash.
const DOUBT_MS: u64 = 120_000;

impl State {
    /// Opens the state directory `dir`, and makes it if this is a run. All paths
    /// the log names are added to `paths`, which must be the arena of every
    /// later call.
    ///
    /// # Errors
    /// If another run is under way here, or the directory cannot be used.
    pub fn open(dir: &Path, paths: &mut Paths, mode: Mode, how: How) -> Result<Opened, Diag> {
        State::open_ahead(dir, paths, mode, how, None)
    }

    /// [`State::open`], with the log as it was read before, which is not read
    /// again if it still is as it was. `paths` is empty then.
    ///
    /// # Errors
    /// See [`State::open`].
    pub fn open_ahead(
        dir: &Path,
        paths: &mut Paths,
        mode: Mode,
        how: How,
        ahead: Option<Ahead>,
    ) -> Result<Opened, Diag> {
        let lock = match mode {
            Mode::Run => {
                layout::create(dir)?;
                Some(Lock::take(dir, how)?)
            }
            Mode::ReadOnly => None,
        };
        let mut memo = Memo::default();
        let mut warnings = Vec::new();
        let ahead = ahead.filter(|_| paths.is_empty());
        let Found { facts, log, damaged, lost, as_read } = read(dir, mode, ahead, paths, &mut memo, &mut warnings)?;
        let mut state = State {
            dir: dir.to_owned(),
            mode,
            _lock: lock,
            log,
            facts,
            readers: None,
            begun: false,
            horizon_ns: 0,
            buffer: Writer::default(),
            lost,
        };
        state.doubt(&mut memo);
        if mode == Mode::Run && (damaged || state.is_bloated(&memo)) {
            state.compact(&memo, paths)?;
        }
        Ok(Opened { state, memo, warnings, as_read })
    }

    /// After an end without notice under another boot: what was written
    /// shortly before may never have reached the disk.
    fn doubt(&mut self, memo: &mut Memo) {
        let run = &self.facts.run;
        let crashed = !run.boot_id.is_empty() && !self.facts.ended && &*run.boot_id != process::boot_id();
        if crashed {
            let horizon_ms = self.facts.last_ms.saturating_sub(DOUBT_MS);
            self.horizon_ns = i64::try_from(horizon_ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
            memo.distrust_newer(self.horizon_ns);
        }
    }

    /// Stores what changed in the memo. In a dry run this does nothing where
    /// the lock is not free or the log is not as it was read.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn write_memo(&mut self, memo: &mut Memo, paths: &Paths) -> Result<(), Diag> {
        if memo.dirty_len() == 0 {
            return Ok(());
        }
        match self.mode {
            Mode::Run => self.append_memo(memo, paths)?,
            Mode::ReadOnly => {
                let Some(_lock) = self.lock_unchanged() else { return Ok(()) };
                // Without the room or the right to write, nothing is lost but time.
                if self.append_memo(memo, paths).is_err() {
                    return Ok(());
                }
            }
        }
        memo.clear_dirty();
        Ok(())
    }

    /// The lock, if it is free and the log is the file that was read, no longer
    /// and no shorter, and open for writing.
    fn lock_unchanged(&mut self) -> Option<Lock> {
        let lock = Lock::try_take(&self.dir)?;
        let path = self.dir.join(layout::LOG);
        let now = std::fs::metadata(&path).ok()?;
        let log = self.log.as_mut()?;
        let then = log.file().metadata().ok()?;
        let same = (now.dev(), now.ino(), now.len()) == (then.dev(), then.ino(), log.end());
        if !same {
            return None;
        }
        let file = File::options().read(true).write(true).open(&path).ok()?;
        *log = Log::new(file, log.end());
        Some(lock)
    }

    fn append_memo(&mut self, memo: &Memo, paths: &Paths) -> Result<(), Diag> {
        let entries: Vec<Entry> = memo.dirty().collect();
        for entries in entries.chunks(16 * compact::ENTRIES_A_FRAME) {
            let when_ms = now_ms();
            self.append_all(&mut Writer::default(), |facts, out| {
                let mut path_bytes = 0;
                for entries in entries.chunks(compact::ENTRIES_A_FRAME) {
                    path_bytes += push_paths(facts, paths, entries.iter().map(|e| e.path), out);
                    let local = |p| facts.table.local(p).expect("a frame names its paths");
                    frame::push(out, kind::MEMO, |w| frames::memo(w, when_ms, entries, &local));
                }
                path_bytes
            })?;
        }
        Ok(())
    }

    /// The end of a run: stores the memo, marks the end, makes all durable, and
    /// writes the log anew where most of it is dead. A dry run stores the memo
    /// if it can.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn close(mut self, mut memo: Memo, paths: &Paths) -> Result<(), Diag> {
        self.write_memo(&mut memo, paths)?;
        if self.mode == Mode::ReadOnly {
            return Ok(());
        }
        if self.is_bloated(&memo) {
            // Housekeeping: where there is no room for it, the old log is as good.
            let _ = self.compact(&memo, paths);
        }
        if self.begun {
            let mut out = Writer::default();
            frames::number(&mut out, kind::RUN_END, now_ms());
            self.append_bytes(&out.bytes)?;
        }
        let log = self.log.as_mut().expect("a run has a log");
        log.sync().map_err(|e| error("write", &self.dir.join(layout::LOG), &e))
    }

    fn is_bloated(&self, memo: &Memo) -> bool {
        self.log.as_ref().is_some_and(|log| compact::is_worthwhile(log.end(), &self.facts, memo))
    }

    /// Writes the log anew with only what counts.
    pub(super) fn compact(&mut self, memo: &Memo, paths: &Paths) -> Result<(), Diag> {
        let log = self.log.as_ref().expect("a run has a log");
        self.facts.run = frames::Run { boot_id: process::boot_id().into(), when_ms: now_ms(), horizon_ns: 0 };
        let written = compact::compact(&self.dir, log.file(), &mut self.facts, memo, paths);
        let (file, end) = written.map_err(|e| error("write", &self.dir.join(layout::NEW_LOG), &e))?;
        self.log = Some(Log::new(file, end));
        self.begun = true;
        Ok(())
    }
}

/// Reads the log, if there is one; makes one for a run. Whether it was damaged
/// comes last.
fn read(
    dir: &Path,
    mode: Mode,
    ahead: Option<Ahead>,
    paths: &mut Paths,
    memo: &mut Memo,
    warnings: &mut Vec<Diag>,
) -> Result<Found, Diag> {
    let path = dir.join(layout::LOG);
    let cannot = |e: io::Error| error("read", &path, &e);
    let mut facts = Facts::default();
    let Some(file) = open_log(&path, mode).map_err(cannot)? else { return Ok(Found::whole(facts, None)) };
    if let Some(ahead) = ahead
        && ahead.is_of(&file).map_err(cannot)?
    {
        let end = ahead.loaded.end;
        (facts, *memo, *paths) = (ahead.facts, ahead.memo, ahead.paths);
        return Ok(Found { as_read: true, ..Found::whole(facts, Some(Log::new(file, end))) });
    }
    let loaded = match load::load(&file, &mut facts, memo, paths) {
        Ok(loaded) => loaded,
        Err(Foreign::Io(e)) => return Err(cannot(e)),
        Err(foreign) => {
            warnings.push(foreign_warning(dir, mode, &foreign)?);
            (facts, *memo) = (Facts::default(), Memo::default());
            let log = open_log(&path, mode).map_err(cannot)?.filter(|_| mode == Mode::Run);
            let log = log.map(|f| begin(dir, f)).transpose().map_err(|e| error("write", &path, &e))?;
            return Ok(Found { lost: true, ..Found::whole(facts, log) });
        }
    };
    let damaged = !loaded.damaged.is_empty();
    if damaged {
        warnings.push(damage_warning(&path, &loaded));
    }
    let cut = file.metadata().map_err(cannot)?.len() > loaded.end;
    let log = match mode {
        Mode::Run if loaded.end == 0 => begin(dir, file).map_err(|e| error("write", &path, &e))?,
        _ => Log::new(file, loaded.end),
    };
    Ok(Found { damaged, lost: damaged || cut, ..Found::whole(facts, Some(log)) })
}

/// What a log held, and how it was found.
struct Found {
    facts: Facts,
    log: Option<Log>,
    /// Bytes in its midst are not what was written.
    damaged: bool,
    /// Something that was written may be gone.
    lost: bool,
    /// It is what was read ahead.
    as_read: bool,
}

impl Found {
    fn whole(facts: Facts, log: Option<Log>) -> Found {
        Found { facts, log, damaged: false, lost: false, as_read: false }
    }
}

fn open_log(path: &Path, mode: Mode) -> io::Result<Option<File>> {
    let run = mode == Mode::Run;
    match File::options().read(true).write(run).create(run).truncate(false).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound && !run => Ok(None),
        Err(e) => Err(e),
    }
}

/// A new log, whose name is on disk before anything relies on it.
fn begin(dir: &Path, file: File) -> io::Result<Log> {
    let mut log = Log::new(file, 0);
    log.append(&frame::header())?;
    File::open(dir)?.sync_all()?;
    Ok(log)
}

fn foreign_warning(dir: &Path, mode: Mode, foreign: &Foreign) -> Result<Diag, Diag> {
    let path = dir.join(layout::LOG);
    let what = match foreign {
        Foreign::Version(v) => {
            format!("`{}` is of version {v}, and this rulemake knows {}", path.display(), frame::VERSION)
        }
        _ => format!("`{}` is no log of rulemake", path.display()),
    };
    let diag = Diag::warning(Kind::System, what);
    if mode == Mode::ReadOnly {
        return Ok(diag.note("nothing is known of what was made; a run would keep the file aside and start over"));
    }
    let aside = layout::keep_aside(dir, layout::LOG).map_err(|e| error("rename", &path, &e))?;
    Ok(diag.note(format!("it is kept as `{}`; nothing is known of what was made", aside.display())))
}

fn damage_warning(path: &Path, loaded: &Loaded) -> Diag {
    let bytes: u64 = loaded.damaged.iter().map(|r| r.end - r.start).sum();
    let places = match loaded.damaged.len() {
        1 => "one place".to_owned(),
        n => format!("{n} places"),
    };
    let what =
        format!("`{}` is damaged in {places} ({bytes} bytes): jobs recorded there may run again", path.display());
    Diag::warning(Kind::System, what)
}
