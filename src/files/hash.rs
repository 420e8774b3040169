//! Digests of files' contents, by as many threads as help.
//!
//! Owns reading: small files whole on one thread each, large ones in pieces by
//! several threads. Files are read, never mapped: a mapped file that shrinks
//! would kill the process.

use super::stat::{ask, from_raw};
use super::{tree, useful_threads};
use crate::digest::Digest;
use crate::memo::{Kind, Stat};
use crate::path::{PathId, Paths};
use blake3::hazmat::{self, ChainingValue, HasherExt};
use globset::GlobSet;
use rustix::fs::{Mode, OFlags};
use rustix::path::Arg;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why there is no digest.
#[derive(Debug)]
pub enum HashError {
    /// It could not be read; missing files are of [`io::ErrorKind::NotFound`].
    Io(io::Error),
    /// It changes while it is read, each time anew.
    Changing,
    /// A device, a pipe or a socket: nothing that has a content.
    Special,
}

impl From<io::Error> for HashError {
    fn from(error: io::Error) -> HashError {
        HashError::Io(error)
    }
}

impl From<rustix::io::Errno> for HashError {
    fn from(error: rustix::io::Errno) -> HashError {
        HashError::Io(error.into())
    }
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HashError::Io(error) => error.fmt(f),
            HashError::Changing => f.write_str("changes while it is read"),
            HashError::Special => f.write_str("is a device, a pipe or a socket"),
        }
    }
}

/// A piece of a large file that one thread digests at a time. A power of two,
/// so that every piece is a whole subtree of the BLAKE3 tree, and small enough that a
/// processor still has it in its own cache when it digests what it has read.
const PIECE: usize = 256 << 10;
/// From this size on, several threads share a file.
const LARGE: u64 = 8 << 20;
/// From this size on they do so even when there are other files to take.
const HUGE: u64 = 64 << 20;
/// How often a file that changes under us is read again.
const TRIES: usize = 3;

/// Told how many more bytes were digested; called from any thread.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// The digest of a file's content, with the stat it had before and after.
///
/// # Errors
/// If it cannot be read, is no regular file, or changes again and again.
pub fn digest_file(path: &str, threads: usize) -> Result<(Stat, Digest), HashError> {
    Reader::new(threads, &|_| ()).file(path)
}

/// Reads files one after the other into one buffer.
pub(super) struct Reader<'a> {
    threads: usize,
    progress: Progress<'a>,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(threads: usize, progress: Progress<'a>) -> Reader<'a> {
        Reader { threads, progress, buffer: Vec::new() }
    }

    /// See [`digest_file`].
    pub(super) fn file<P: Arg + Copy>(&mut self, path: P) -> Result<(Stat, Digest), HashError> {
        for _ in 0..TRIES {
            let (before, read) = self.once(path)?;
            if let Some(digest) = read
                && ask(path)?.same_content(&before)
            {
                return Ok((before, digest));
            }
        }
        Err(HashError::Changing)
    }

    /// The stat and then the digest; none if it turned out longer or shorter.
    fn once<P: Arg + Copy>(&mut self, path: P) -> Result<(Stat, Option<Digest>), HashError> {
        // Without NONBLOCK, opening a pipe would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let before = from_raw(&rustix::fs::fstat(&file)?);
        match before.kind {
            Kind::File => {}
            Kind::Dir => return Err(io::Error::from(io::ErrorKind::IsADirectory).into()),
            _ => return Err(HashError::Special),
        }
        let digest = if before.size >= LARGE && self.threads > 1 {
            digest_pieces(&file, before.size, self.threads, self.progress)?
        } else {
            self.sequential(&file, before.size)?
        };
        Ok((before, digest))
    }

    fn sequential(&mut self, file: &File, size: u64) -> io::Result<Option<Digest>> {
        let want = size.clamp(4096, PIECE as u64) as usize;
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        let (mut hasher, mut offset) = (blake3::Hasher::new(), 0);
        while offset < size {
            let want = (size - offset).min(PIECE as u64) as usize;
            let n = read_full(file, &mut self.buffer[..want], offset)?;
            hasher.update(&self.buffer[..n]);
            offset += n as u64;
            (self.progress)(n as u64);
            if n < want {
                return Ok(None);
            }
        }
        // Growth shows in the stat afterwards, but for files without a size (`/proc`).
        let sizeless = size == 0 && file.read_at(&mut [0], 0)? > 0;
        Ok((!sizeless).then(|| Digest(*hasher.finalize().as_bytes())))
    }
}

/// Reads until the buffer is full or the file ends.
fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read_at(&mut buffer[n..], offset + n as u64) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// The digest of a large file, its pieces digested by several threads and
/// joined as BLAKE3's tree has them; none if it is not of that size any more.
fn digest_pieces(file: &File, size: u64, threads: usize, progress: Progress<'_>) -> io::Result<Option<Digest>> {
    let pieces = size.div_ceil(PIECE as u64) as usize;
    let values: Vec<OnceLock<ChainingValue>> = (0..pieces).map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<bool> {
        let mut buffer = vec![0; PIECE];
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            let Some(value) = values.get(piece) else { return Ok(true) };
            let offset = piece as u64 * PIECE as u64;
            let want = (size - offset).min(PIECE as u64) as usize;
            if read_full(file, &mut buffer[..want], offset)? < want {
                next.store(pieces, Ordering::Relaxed);
                return Ok(false);
            }
            let cv = blake3::Hasher::new().set_input_offset(offset).update(&buffer[..want]).finalize_non_root();
            value.set(cv).expect("a piece is taken once");
            progress(want as u64);
        }
    };
    let results: Vec<io::Result<bool>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (1..threads.min(pieces)).map(|_| scope.spawn(work)).collect();
        let own = work();
        handles.into_iter().map(|h| h.join().expect("a digest thread panicked")).chain([own]).collect()
    });
    for result in results {
        if !result? {
            return Ok(None);
        }
    }
    let value = |i: usize| *values[i].get().expect("every piece was digested");
    Ok(Some(root(&value, pieces)))
}

/// Joins the pieces' values under the root. There are at least two pieces.
fn root(value: &dyn Fn(usize) -> ChainingValue, pieces: usize) -> Digest {
    let left = left_pieces(pieces);
    let (left, right) = (join(value, 0, left), join(value, left, pieces - left));
    Digest(*hazmat::merge_subtrees_root(&left, &right, hazmat::Mode::Hash).as_bytes())
}

fn join(value: &dyn Fn(usize) -> ChainingValue, first: usize, pieces: usize) -> ChainingValue {
    if pieces == 1 {
        return value(first);
    }
    let left = left_pieces(pieces);
    let (left, right) = (join(value, first, left), join(value, first + left, pieces - left));
    hazmat::merge_subtrees_non_root(&left, &right, hazmat::Mode::Hash)
}

/// The largest power of two below `pieces`: what BLAKE3 puts on the left.
fn left_pieces(pieces: usize) -> usize {
    pieces.next_power_of_two() / 2
}

/// Something to digest: a file, or a directory with the names in it that do
/// not count.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// Where.
    pub path: PathId,
    /// Paths inside a directory that are left out.
    pub ignore: Option<&'a GlobSet>,
}

/// The digests of many files and directories, in their order; each like
/// [`digest_file`] or [`super::digest_tree`]. Small files are shared out among
/// the threads, huge ones are digested by all threads together.
pub fn digest_all(
    paths: &Paths,
    items: &[Item<'_>],
    threads: usize,
    progress: Progress<'_>,
) -> Vec<Result<(Stat, Digest), HashError>> {
    let results: Vec<OnceLock<Result<(Stat, Digest), HashError>>> = items.iter().map(|_| OnceLock::new()).collect();
    let later = std::sync::Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let inner = (threads / items.len().max(1)).max(1);
    let work = || {
        let mut reader = Reader::new(inner, progress);
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { return };
            let path = paths.str(item.path);
            if inner == 1 && threads > 1 && ask(path).is_ok_and(|s| s.kind == Kind::Dir || s.size >= HUGE) {
                later.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(i);
                continue;
            }
            let _ = results[i].set(digest_item(&mut reader, path, item.ignore, inner));
        }
    };
    std::thread::scope(|scope| {
        (1..useful_threads(threads, items.len(), 1)).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let mut reader = Reader::new(threads, progress);
    for i in later.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        let _ = results[i].set(digest_item(&mut reader, paths.str(items[i].path), items[i].ignore, threads));
    }
    results.into_iter().map(|r| r.into_inner().expect("every item was digested")).collect()
}

fn digest_item(
    reader: &mut Reader<'_>,
    path: &str,
    ignore: Option<&GlobSet>,
    threads: usize,
) -> Result<(Stat, Digest), HashError> {
    match reader.file(path) {
        Err(HashError::Io(e)) if e.kind() == io::ErrorKind::IsADirectory => {
            tree::digest(path, ignore, threads, reader.progress)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::AtomicU64;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i as u32).wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect()
    }

    #[test]
    fn every_way_of_reading_gives_blake3() {
        let dir = tempfile::tempdir().unwrap();
        let path = format!("{}/f", dir.path().display());
        let large = LARGE as usize;
        for n in [
            0,
            1,
            1023,
            1024,
            4095,
            4096,
            PIECE - 1,
            PIECE,
            PIECE + 1,
            3 * PIECE + 7,
            large,
            large + 1,
            large + 5 * PIECE,
        ] {
            let content = bytes(n);
            fs::write(&path, &content).unwrap();
            for threads in [1, 2, 5] {
                let (stat, digest) = digest_file(&path, threads).unwrap();
                assert_eq!((stat.size, digest), (n as u64, Digest::of(&content)), "{n} bytes, {threads} threads");
            }
        }
    }

    #[test]
    fn many_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Paths::default();
        let path = |name: &str| format!("{}/{name}", dir.path().display());
        let mut wants = Vec::new();
        for i in 0..50 {
            let content = bytes(i * 1000);
            fs::write(path(&i.to_string()), &content).unwrap();
            wants.push(Digest::of(&content));
        }
        fs::create_dir(path("d")).unwrap();
        fs::write(path("d/a"), "a").unwrap();
        let mut ids: Vec<_> = (0..50).map(|i| paths.intern(&path(&i.to_string()))).collect();
        ids.extend([paths.intern(&path("d")), paths.intern(&path("missing"))]);
        let items: Vec<_> = ids.iter().map(|&path| Item { path, ignore: None }).collect();
        let seen = AtomicU64::new(0);
        let progress = |n| {
            seen.fetch_add(n, Ordering::Relaxed);
        };
        let got = digest_all(&paths, &items, 3, &progress);
        for (i, want) in wants.iter().enumerate() {
            assert_eq!(got[i].as_ref().unwrap().1, *want);
        }
        assert_eq!(got[50].as_ref().unwrap().1, crate::files::digest_tree(&path("d"), None, 1).unwrap().1);
        assert!(matches!(&got[51], Err(HashError::Io(e)) if e.kind() == io::ErrorKind::NotFound));
        assert_eq!(seen.into_inner(), (0..50).map(|i| i * 1000).sum::<u64>() + 1);
    }

    #[test]
    fn no_content_no_digest() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = format!("{}/pipe", dir.path().display());
        rustix::fs::mknodat(rustix::fs::CWD, &*pipe, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(matches!(digest_file(&pipe, 1), Err(HashError::Special)));
        assert!(matches!(digest_file("/dev/zero", 1), Err(HashError::Special)));
        let directory = digest_file(&dir.path().display().to_string(), 1);
        assert!(matches!(directory, Err(HashError::Io(e)) if e.kind() == io::ErrorKind::IsADirectory));
    }

    #[test]
    fn a_file_that_always_grows() {
        let dir = tempfile::tempdir().unwrap();
        let path = format!("{}/f", dir.path().display());
        fs::write(&path, bytes(100)).unwrap();
        let grow = |_: u64| fs::write(&path, bytes(fs::metadata(&path).unwrap().len() as usize + 1)).unwrap();
        assert!(matches!(Reader::new(1, &grow).file(&*path), Err(HashError::Changing)));
    }
}
