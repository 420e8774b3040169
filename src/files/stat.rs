//! Asking the file system about paths, one or a million.
//!
//! Owns what counts as missing. It does not know what a path is for.

use super::useful_threads;
use crate::memo::{Kind, Stat};
use crate::path::{PathId, Paths};
use rustix::fs::FileType;
use rustix::io::Errno;
use rustix::path::Arg;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a path leads to, symbolic links followed; a dangling link is missing.
///
/// # Errors
/// Where it cannot be told whether it is there: no permission to search its
/// directory, a loop of links, an I/O error.
pub fn stat(path: &str) -> io::Result<Stat> {
    ask(path)
}

/// [`stat`] of a path in any form.
pub(super) fn ask<P: Arg>(path: P) -> io::Result<Stat> {
    match rustix::fs::stat(path) {
        Ok(raw) => Ok(from_raw(&raw)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(Stat::default()),
        Err(error) => Err(error.into()),
    }
}

/// From the system's own form.
pub(super) fn from_raw(raw: &rustix::fs::Stat) -> Stat {
    let kind = match FileType::from_raw_mode(raw.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Dir,
        _ => Kind::Other,
    };
    let ns = |seconds: i64, nanos: u64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos as i64);
    Stat {
        // Linux has 32 bits of it.
        dev: (raw.st_dev ^ (raw.st_dev >> 32)) as u32,
        ino: raw.st_ino,
        size: raw.st_size as u64,
        mtime_ns: ns(raw.st_mtime, raw.st_mtime_nsec),
        ctime_ns: ns(raw.st_ctime, raw.st_ctime_nsec),
        // The type takes the upper four bits of sixteen.
        mode: raw.st_mode as u16,
        kind,
    }
}

/// How many paths a thread takes at a time.
const BATCH: usize = 512;

/// The stats of many paths, in their order. A path that cannot be asked has
/// [`Kind::Error`] and a row in the second list.
pub fn stat_all(paths: &Paths, ids: &[PathId], threads: usize) -> (Vec<Stat>, Vec<(PathId, io::Error)>) {
    let mut stats = vec![Stat::default(); ids.len()];
    let threads = useful_threads(threads, ids.len(), BATCH);
    if threads == 1 {
        let errors = stat_rows(paths, ids, &mut stats);
        return (stats, errors);
    }
    let batches: Vec<_> =
        stats.chunks_mut(BATCH).zip(ids.chunks(BATCH)).map(|b| std::sync::Mutex::new(Some(b))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut errors = Vec::new();
        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            let taken = batch.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            let (rows, ids) = taken.expect("a batch is taken once");
            errors.extend(stat_rows(paths, ids, rows));
        }
        errors
    };
    let errors = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|h| h.join().expect("a stat thread panicked")).collect()
    });
    (stats, errors)
}

fn stat_rows(paths: &Paths, ids: &[PathId], rows: &mut [Stat]) -> Vec<(PathId, io::Error)> {
    let mut errors = Vec::new();
    for (row, &id) in rows.iter_mut().zip(ids) {
        *row = stat(paths.str(id)).unwrap_or_else(|error| {
            errors.push((id, error));
            Stat { kind: Kind::Error, ..Stat::default() }
        });
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn kinds() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", dir.path().display());
        fs::write(at("file"), "abc").unwrap();
        symlink("file", at("link")).unwrap();
        symlink("nothing", at("dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let kind = |name| stat(&at(name)).map(|s| s.kind).ok();
        assert_eq!(kind("file"), Some(Kind::File));
        assert_eq!(kind("link"), Some(Kind::File));
        assert_eq!(kind("dangling"), Some(Kind::Missing));
        assert_eq!(kind("nothing"), Some(Kind::Missing));
        assert_eq!(kind("file/below"), Some(Kind::Missing));
        assert_eq!(kind("."), Some(Kind::Dir));
        assert_eq!(kind("loop"), None);
        assert_eq!(stat("/dev/null").unwrap().kind, Kind::Other);
        assert_eq!(stat(&at("file")).unwrap().size, 3);
    }

    #[test]
    fn many_keep_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Paths::default();
        let mut ids = Vec::new();
        for i in 0..3000_usize {
            let path = format!("{}/{i}", dir.path().display());
            if i % 3 == 0 {
                fs::write(&path, vec![b'x'; i]).unwrap();
            }
            ids.push(paths.intern(&path));
        }
        let looped = format!("{}/loop", dir.path().display());
        symlink("loop", &looped).unwrap();
        ids.push(paths.intern(&looped));
        for threads in [1, 4] {
            let (stats, errors) = stat_all(&paths, &ids, threads);
            for (i, stat) in stats[..3000].iter().enumerate() {
                let want = if i % 3 == 0 { (Kind::File, i as u64) } else { (Kind::Missing, 0) };
                assert_eq!((stat.kind, stat.size), want);
            }
            assert_eq!(stats[3000].kind, Kind::Error);
            assert_eq!(errors.iter().map(|e| e.0).collect::<Vec<_>>(), [ids[3000]]);
        }
    }
}
