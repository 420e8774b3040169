//! The memo: what each file held when it was last read, by its stat.
//!
//! Owns stats as plain data, the readings of a file system's clock, and the
//! rule that says when a stat may stand for content. It reads no files (that
//! is `files`) and does not know how it is stored (that is `state`).
//!
//! **The race rule.** A file can change twice within one tick of its file
//! system's clock, and both states then have one stat. So a digest is trusted
//! only if the file's times lay safely before the moment its content began to
//! be read, told by the same clock. Entries that do not are kept, but read
//! again the next time.
//!
//! The device number is no part of the key: it changes between boots on btrfs,
//! NFS and overlay file systems, and inode, size and both times in nanoseconds
//! tell files apart without it.

use crate::digest::{Digest, Parts};
use crate::path::PathId;

/// What a path leads to, symbolic links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// Nothing, or a symbolic link to nothing.
    #[default]
    Missing,
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A device, a pipe, a socket.
    Other,
    /// It could not be asked (permission, a link loop, an I/O error).
    Error,
}

/// What the file system says about a path. All zero where it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stat {
    /// Device, as far as it takes to tell two apart.
    pub dev: u32,
    /// Inode number.
    pub ino: u64,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of content, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of content or inode, in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Type and permission bits.
    pub mode: u16,
    /// What it is.
    pub kind: Kind,
}

impl Stat {
    /// Whether there is anything at all.
    pub fn exists(&self) -> bool {
        matches!(self.kind, Kind::File | Kind::Dir | Kind::Other)
    }

    /// Whether both are of one file with one content, as far as stats can tell.
    pub fn same_content(&self, other: &Stat) -> bool {
        self.key() == other.key() && self.kind == other.kind
    }

    fn key(&self) -> Key {
        Key { ino: self.ino, size: self.size, mtime_ns: self.mtime_ns, ctime_ns: self.ctime_ns }
    }
}

/// One reading of a file system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The device whose clock it is; `None`: there was no way to read one, and
    /// nothing read after it is trusted.
    pub dev: Option<u32>,
    /// Nanoseconds since 1970.
    pub now_ns: i64,
    /// The file system gives every change after a stat a time of its own, so
    /// that there is no race to guard against.
    pub fine: bool,
}

impl Reading {
    /// No clock.
    pub const NONE: Reading = Reading { dev: None, now_ns: 0, fine: false };

    /// Whether the content that was read after this reading, between two equal
    /// stats, may be trusted as long as the stat stays.
    pub fn trusts(&self, stat: &Stat) -> bool {
        let Some(dev) = self.dev else { return false };
        if self.fine && dev == stat.dev {
            return true;
        }
        let grain = |t: i64| if dev != stat.dev || t % 1_000_000_000 == 0 { GRAIN_COARSE_NS } else { GRAIN_NS };
        let past = |t: i64| t.saturating_add(grain(t)) < self.now_ns;
        // A time far ahead was set by hand; a change would bring it back to now.
        let ahead = |t: i64| t > self.now_ns.saturating_add(GRAIN_COARSE_NS);
        past(stat.ctime_ns) && (past(stat.mtime_ns) || ahead(stat.mtime_ns))
    }
}

/// How far a file's times must lie behind the clock: kernels stamp files with
/// the time of their last tick, up to 10 ms old.
const GRAIN_NS: i64 = 20_000_000;
/// The same for file systems that keep whole or even seconds (FAT), and for
/// devices whose own clock was not read.
const GRAIN_COARSE_NS: i64 = 2_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Key {
    ino: u64,
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    key: Key,
    digest: Digest,
}

const PRESENT: u8 = 1;
const TRUSTED: u8 = 2;
const DIRTY: u8 = 4;
const USED: u8 = 8;

/// What is noted of a file: what it held, and which stat it had then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// What it held.
    pub digest: Digest,
    key: Key,
}

impl Noted {
    /// Whether a file with this stat is still the one that was noted; with
    /// `trust`, size and modification time tell (`--trust-stat`).
    pub fn is_of(&self, stat: &Stat, trust: bool) -> bool {
        let by_time = (self.key.size, self.key.mtime_ns) == (stat.size, stat.mtime_ns);
        self.key == stat.key() || (trust && by_time)
    }
}

/// An entry in the form it is stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file's path.
    pub path: PathId,
    /// Its inode.
    pub ino: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its change time, in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// What it held.
    pub digest: Digest,
    /// Whether the stat may stand for the content.
    pub trusted: bool,
}

/// Stat → digest for every file ever read, one row per path id.
#[derive(Debug, Default)]
pub struct Memo {
    rows: Vec<Row>,
    flags: Vec<u8>,
    present: usize,
    dirty: Vec<PathId>,
}

impl Memo {
    /// The digest of a file that has this stat, if it can be trusted.
    pub fn lookup(&mut self, path: PathId, stat: &Stat) -> Option<Digest> {
        let flags = self.flags.get_mut(path.index())?;
        let row = &self.rows[path.index()];
        let hit = *flags & (PRESENT | TRUSTED) == PRESENT | TRUSTED && row.key == stat.key();
        if hit {
            *flags |= USED;
        }
        hit.then_some(row.digest)
    }

    /// The digest that was last read there, whatever the file is now.
    pub fn last(&self, path: PathId) -> Option<Digest> {
        let present = self.flags.get(path.index()).is_some_and(|f| f & PRESENT != 0);
        present.then(|| self.rows[path.index()].digest)
    }

    /// What is noted of a file, and its stat then, whatever the file is now.
    pub fn noted(&self, path: PathId) -> Option<Noted> {
        let digest = self.last(path)?;
        Some(Noted { digest, key: self.rows[path.index()].key })
    }

    /// What stands for the content of a file that [`Memo::lookup`] does not
    /// know, without reading it. `trust`: size and modification time tell all
    /// there is to know of it (`--trust-stat`). While they are as they were,
    /// what was noted stands, of whichever kind, so that it is no change when
    /// a file becomes trusted, or is trusted no more.
    pub fn by_stat(&mut self, path: PathId, stat: &Stat, trust: bool) -> Option<Digest> {
        let noted = self.last(path).filter(|_| {
            let key = &self.rows[path.index()].key;
            (key.size, key.mtime_ns) == (stat.size, stat.mtime_ns)
        });
        if noted.is_none() && !trust {
            return None;
        }
        let stands = trusted_stat_digest(stat);
        let digest = noted.unwrap_or(stands);
        if digest != stands && !trust {
            return None;
        }
        self.put(path, stat.key(), digest, true);
        Some(digest)
    }

    /// What stands for the content of a file that has this stat, if it need not be
    /// read: [`Memo::lookup`], else [`Memo::by_stat`].
    pub fn known(&mut self, path: PathId, stat: &Stat, trust: impl FnOnce() -> bool) -> Option<Digest> {
        self.lookup(path, stat).or_else(|| self.by_stat(path, stat, trust()))
    }

    /// Notes the content of a file: `digest` was read between two stats equal
    /// to `stat`, and `clock` was read before that.
    pub fn insert(&mut self, path: PathId, stat: &Stat, digest: Digest, clock: Reading) {
        self.put(path, stat.key(), digest, clock.trusts(stat));
    }

    /// After our own rename or change of mode: what was known under `from`
    /// with the stat `old` holds for `to`, which now has `new`. Both change
    /// the change time and nothing else; if more changed, nothing is carried.
    pub fn carry_over(&mut self, from: PathId, old: &Stat, to: PathId, new: &Stat) {
        let known = self.last(from).is_some() && self.rows[from.index()].key == old.key();
        let content = |s: &Stat| (s.ino, s.size, s.mtime_ns);
        if !known || content(old) != content(new) {
            return;
        }
        let trusted = self.flags[from.index()] & TRUSTED != 0;
        self.put(to, new.key(), self.rows[from.index()].digest, trusted);
    }

    /// Room for `paths` path ids.
    pub fn reserve(&mut self, paths: usize) {
        self.rows.reserve(paths.saturating_sub(self.rows.len()));
        self.flags.reserve(paths.saturating_sub(self.flags.len()));
    }

    /// Puts back an entry as it was stored.
    pub fn load(&mut self, entry: &Entry) {
        let key = Key { ino: entry.ino, size: entry.size, mtime_ns: entry.mtime_ns, ctime_ns: entry.ctime_ns };
        self.set(entry.path, key, entry.digest, PRESENT | if entry.trusted { TRUSTED } else { 0 });
    }

    /// Takes the trust from entries of files modified or changed after a moment
    /// (nanoseconds since 1970): a power cut may have lost what they held.
    pub fn distrust_newer(&mut self, moment_ns: i64) {
        for (row, flags) in self.rows.iter().zip(&mut self.flags) {
            if row.key.mtime_ns.max(row.key.ctime_ns) > moment_ns {
                *flags &= !TRUSTED;
            }
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.present
    }

    /// Whether nothing was noted yet.
    pub fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// How many entries wait to be stored.
    pub fn dirty_len(&self) -> usize {
        self.dirty.len()
    }

    /// The entries that changed since the last call of [`Memo::clear_dirty`].
    pub fn dirty(&self) -> impl Iterator<Item = Entry> + '_ {
        self.dirty.iter().map(|&p| self.entry(p))
    }

    /// All that changed was stored.
    pub fn clear_dirty(&mut self) {
        for path in self.dirty.drain(..) {
            self.flags[path.index()] &= !DIRTY;
        }
    }

    /// Every entry, in the order of path ids, each with whether it was used or
    /// noted since it was loaded.
    pub fn entries(&self) -> impl Iterator<Item = (Entry, bool)> + '_ {
        let present = self.flags.iter().enumerate().filter(|(_, f)| **f & PRESENT != 0);
        present.map(|(i, f)| (self.entry(PathId(i as u32)), f & USED != 0))
    }

    fn entry(&self, path: PathId) -> Entry {
        let Row { key: Key { ino, size, mtime_ns, ctime_ns }, digest } = self.rows[path.index()];
        let trusted = self.flags[path.index()] & TRUSTED != 0;
        Entry { path, ino, size, mtime_ns, ctime_ns, digest, trusted }
    }

    fn put(&mut self, path: PathId, key: Key, digest: Digest, trusted: bool) {
        let old = self.flags.get(path.index()).copied().unwrap_or(0);
        let flags = PRESENT | USED | DIRTY | if trusted { TRUSTED } else { 0 };
        if old & DIRTY == 0 {
            self.dirty.push(path);
        }
        self.set(path, key, digest, flags);
    }

    fn set(&mut self, path: PathId, key: Key, digest: Digest, flags: u8) {
        if self.rows.len() <= path.index() {
            self.rows.resize(path.index() + 1, Row::default());
            self.flags.resize(path.index() + 1, 0);
        }
        self.present += usize::from(self.flags[path.index()] & PRESENT == 0);
        self.rows[path.index()] = Row { key, digest };
        self.flags[path.index()] = flags;
    }
}

/// What stands for the content of a file under `--trust-stat`: its size and
/// modification time, marked so that it equals no digest of content.
pub fn trusted_stat_digest(stat: &Stat) -> Digest {
    let mut parts = Parts::default();
    parts.add(b's', b"trusted stat").add(b'n', &stat.size.to_le_bytes()).add(b'm', &stat.mtime_ns.to_le_bytes());
    parts.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;
    const SECOND: i64 = 1000 * MS;

    fn stat(mtime_ns: i64, ctime_ns: i64) -> Stat {
        Stat { dev: 1, ino: 7, size: 10, mtime_ns, ctime_ns, mode: 0o100_644, kind: Kind::File }
    }

    fn at(now_ns: i64) -> Reading {
        Reading { dev: Some(1), now_ns, fine: false }
    }

    #[test]
    fn the_race_rule() {
        let t = 1000 * SECOND + 1;
        let cases = [
            ("long ago", stat(t, t), at(t + SECOND), true),
            ("just past the grain", stat(t, t), at(t + 20 * MS + 1), true),
            ("within the grain", stat(t, t), at(t + 20 * MS), false),
            ("changed before, moved just now", stat(t - SECOND, t), at(t + MS), false),
            ("whole seconds", stat(1000 * SECOND, t - SECOND), at(1001 * SECOND), false),
            ("whole seconds, past", stat(1000 * SECOND, t - SECOND), at(1002 * SECOND + 1), true),
            ("dated ahead", stat(t + 3600 * SECOND, t), at(t + SECOND), true),
            ("ahead of the clock by skew", stat(t, t), at(t - SECOND), false),
            ("another device", Stat { dev: 2, ..stat(t, t) }, at(t + SECOND), false),
            ("another device, past", Stat { dev: 2, ..stat(t, t) }, at(t + 3 * SECOND), true),
            ("no clock", stat(t, t), Reading::NONE, false),
            ("fine times", stat(t, t), Reading { fine: true, ..at(t) }, true),
            ("fine times elsewhere", Stat { dev: 2, ..stat(t, t) }, Reading { fine: true, ..at(t) }, false),
        ];
        for (name, stat, clock, want) in cases {
            assert_eq!(clock.trusts(&stat), want, "{name}");
        }
    }

    #[test]
    fn a_racy_entry_is_kept_but_not_trusted() {
        let (mut memo, path, t) = (Memo::default(), PathId(3), 1000 * SECOND + 1);
        let digest = Digest::of(b"a");
        memo.insert(path, &stat(t, t), digest, at(t));
        assert_eq!((memo.lookup(path, &stat(t, t)), memo.last(path)), (None, Some(digest)));
        memo.insert(path, &stat(t, t), digest, at(t + SECOND));
        assert_eq!(memo.lookup(path, &stat(t, t)), Some(digest));
        assert_eq!(memo.dirty().count(), 1);
    }

    #[test]
    fn what_was_noted_is_of_one_stat() {
        let (mut memo, path, t) = (Memo::default(), PathId(3), 1000 * SECOND + 1);
        assert_eq!(memo.noted(path), None);
        memo.insert(path, &stat(t, t), Digest::of(b"a"), at(t));
        let noted = memo.noted(path).unwrap();
        assert_eq!(noted.digest, Digest::of(b"a"));
        assert!(noted.is_of(&stat(t, t), false));
        let elsewhere = Stat { ino: 8, ..stat(t, t + 1) };
        assert!(!noted.is_of(&elsewhere, false) && noted.is_of(&elsewhere, true));
        assert!(!noted.is_of(&stat(t + 1, t + 1), true));
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let (mut memo, path, t) = (Memo::default(), PathId(0), 1000 * SECOND + 1);
        let old = stat(t, t);
        memo.insert(path, &old, Digest::of(b"a"), at(t + SECOND));
        let others = [
            Stat { ino: 8, ..old },
            Stat { size: 11, ..old },
            Stat { mtime_ns: t + 1, ..old },
            Stat { ctime_ns: t + 1, ..old },
        ];
        for other in others {
            assert_eq!(memo.lookup(path, &other), None);
        }
        assert_eq!(memo.lookup(path, &Stat { dev: 9, mode: 0o100_444, ..old }), Some(Digest::of(b"a")));
        assert_eq!(memo.lookup(PathId(9), &old), None);
    }

    #[test]
    fn a_rename_carries_over() {
        let (mut memo, t) = (Memo::default(), 1000 * SECOND + 1);
        let (from, to) = (PathId(0), PathId(5));
        let (old, new) = (stat(t, t), stat(t, t + 9 * SECOND));
        memo.insert(from, &old, Digest::of(b"a"), at(t + SECOND));
        memo.carry_over(from, &old, to, &new);
        assert_eq!(memo.lookup(to, &new), Some(Digest::of(b"a")));
        let edited = Stat { mtime_ns: t + 9 * SECOND, ..new };
        memo.carry_over(from, &old, PathId(6), &edited);
        assert_eq!(memo.last(PathId(6)), None);
    }

    #[test]
    fn a_file_told_by_its_stat_keeps_what_was_noted_of_it() {
        let (mut memo, path, t) = (Memo::default(), PathId(0), 1000 * SECOND + 1);
        let (old, moved, edited) = (stat(t, t), stat(t, t + SECOND), stat(t + SECOND, t + SECOND));
        memo.insert(path, &old, Digest::of(b"a"), at(t));
        assert_eq!(memo.by_stat(path, &old, false), None, "too soon to be trusted");
        assert_eq!(memo.by_stat(path, &moved, true), Some(Digest::of(b"a")));
        assert_eq!(memo.lookup(path, &moved), Some(Digest::of(b"a")));
        assert_eq!(memo.by_stat(path, &edited, true), Some(trusted_stat_digest(&edited)));
        assert_eq!(memo.lookup(path, &edited), Some(trusted_stat_digest(&edited)));
        let renamed = Stat { ctime_ns: t + 9 * SECOND, ..edited };
        assert_eq!(memo.by_stat(path, &renamed, false), Some(trusted_stat_digest(&edited)));
        assert_eq!(memo.by_stat(path, &old, false), None);
    }

    #[test]
    fn after_a_power_cut_new_files_are_read_again() {
        let mut memo = Memo::default();
        for (i, t) in [1000 * SECOND + 1, 2000 * SECOND + 1].into_iter().enumerate() {
            memo.insert(PathId(i as u32), &stat(t, t), Digest::of(b"a"), at(t + SECOND));
        }
        memo.distrust_newer(1500 * SECOND);
        assert!(memo.lookup(PathId(0), &stat(1000 * SECOND + 1, 1000 * SECOND + 1)).is_some());
        assert!(memo.lookup(PathId(1), &stat(2000 * SECOND + 1, 2000 * SECOND + 1)).is_none());
    }

    #[test]
    fn trusted_stats() {
        let a = trusted_stat_digest(&stat(1, 1));
        assert_eq!(a, trusted_stat_digest(&Stat { dev: 2, ino: 9, ..stat(1, 2) }));
        assert_ne!(a, trusted_stat_digest(&stat(2, 1)));
    }
}
