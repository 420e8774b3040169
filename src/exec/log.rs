//! The log of one command: the file that takes its stdout and stderr.
//!
//! Owns making it anew, its lock, its limit, and what becomes of it when nothing
//! was printed. It does not know what is printed, nor who shows it.
//!
//! The lock (`flock`) belongs to the open file that the command's processes
//! inherit, so as long as any of them lives and has not closed both outputs,
//! [`is_held`] says so, even after we were killed. There is no pipe: a process
//! left behind holds up nobody.
//!
//! The limit: where a log grows beyond it, the first half of the limit and the
//! end of the log are kept, with a line in between that says how much is left
//! out. Appending writers go on at the new end. Between two checks a log can be
//! larger than the limit, and what is written in the instant of a cut may be
//! lost with the middle.
//!
//! The empty log of a silent command is not removed at once but renamed for
//! the next one ([`Spares`]): file systems are slow to give out inodes where
//! many were just deleted (ext4 passes over each for minutes). One that a process
//! left behind may still write to is not handed on: the lock tells, and whether
//! the command's process group is gone.

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions, create_dir_all, remove_file, rename};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much of the end is kept at most.
const MAX_TAIL: u64 = 1 << 20;

/// An open log.
pub(super) struct Log {
    file: File,
    path: PathBuf,
    limit: Option<u64>,
    cut: Mutex<Cut>,
}

/// What a limit has done to a log.
#[derive(Default)]
struct Cut {
    /// Bytes kept at the start; none cut yet if absent.
    head: Option<u64>,
    /// Bytes left out so far.
    dropped: u64,
    /// Length of the line that says so.
    notice: u64,
}

/// Empty logs of commands that have ended, for others to take over.
#[derive(Default)]
pub(super) struct Spares(Mutex<Vec<PathBuf>>);

impl Spares {
    fn paths(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A spare log under its new name and locked, in the place of an older one
    /// of that name. None if there is none, or a process that the earlier
    /// command left behind still holds it.
    fn take(&self, path: &Path, readable: bool) -> Option<File> {
        // A log of that name is in use again from here on (another attempt at a
        // job); nobody may move one that he took from the list before.
        let mut paths = self.paths();
        paths.retain(|spare| spare != path);
        let spare = paths.pop()?;
        let renamed = rename(&spare, path);
        drop(paths);
        if renamed.is_err() {
            let _ = remove_file(spare);
            return None;
        }
        // One that is not free is in the way of nobody: a new one takes its place.
        OpenOptions::new().read(readable).append(true).open(path).ok().filter(is_free)
    }

    /// Removes them.
    pub fn clear(&self) {
        for path in self.paths().drain(..) {
            let _ = remove_file(path);
        }
    }
}

/// Locks a log if nobody else has it, and nobody has written to it.
fn is_free(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() && file.metadata().is_ok_and(|m| m.len() == 0)
}

impl Log {
    /// Makes the file, if need be of a spare one, in the place of an older one.
    pub fn create(path: &Path, limit: Option<u64>, spares: &Spares) -> io::Result<Log> {
        let file = match spares.take(path, limit.is_some()) {
            Some(file) => file,
            None => locked(create_new(path, limit.is_some())?)?,
        };
        Ok(Log { file, path: path.to_path_buf(), limit, cut: Mutex::default() })
    }

    /// For the command's outputs.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Cuts the middle if the log is beyond its limit.
    pub fn trim(&self) -> io::Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        let len = self.file.metadata()?.len();
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if len <= limit + cut.notice {
            return Ok(());
        }
        let head = match cut.head {
            Some(head) => head,
            None => self.end_of_line_before(limit / 2)?,
        };
        let tail = self.tail(len, (limit / 4).min(MAX_TAIL))?;
        cut.dropped += (len - head).saturating_sub(tail.len() as u64 + cut.notice);
        let notice = format!("[... {} bytes left out by --log-limit ...]\n", cut.dropped);
        cut.head = Some(head);
        cut.notice = notice.len() as u64;
        self.file.set_len(head)?;
        (&self.file).write_all(&[notice.as_bytes(), &tail].concat())
    }

    /// The end of the last whole line within the first `at` bytes; `at` if that
    /// line is very long.
    fn end_of_line_before(&self, at: u64) -> io::Result<u64> {
        let mut window = vec![0; at.min(4096) as usize];
        let start = at - window.len() as u64;
        self.file.read_exact_at(&mut window, start)?;
        Ok(window.iter().rposition(|&b| b == b'\n').map_or(at, |i| start + i as u64 + 1))
    }

    /// The last `want` bytes or fewer, from the start of a line on.
    fn tail(&self, len: u64, want: u64) -> io::Result<Vec<u8>> {
        let mut tail = vec![0; want as usize];
        self.file.read_exact_at(&mut tail, len - want)?;
        if let Some(i) = tail.iter().position(|&b| b == b'\n') {
            tail.drain(..=i);
        }
        Ok(tail)
    }

    /// Ends the log and gives its length in bytes. An empty one is spare, or left
    /// where it is for what processes that the command left behind may write.
    pub fn finish(self: Arc<Self>, spares: Option<&Spares>) -> u64 {
        // A log that cannot be cut is too long; no job fails for that.
        let _ = self.trim();
        let len = self.file.metadata().map_or(0, |m| m.len());
        if len == 0 {
            let path = self.path.clone();
            // With our lock on it nobody could take it over.
            drop(self);
            if let Some(spares) = spares {
                spares.paths().push(path);
            }
        }
        len
    }
}

/// A new log, locked where there are locks.
fn locked(file: File) -> io::Result<File> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        // No locks on this file system; or somebody is looking just now.
        Ok(()) | Err(Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS | Errno::WOULDBLOCK) => Ok(file),
        Err(error) => Err(error.into()),
    }
}

/// A new file, with its directories where they are missing. Whoever still
/// writes to an older one of that name goes on doing so unseen.
fn create_new(path: &Path, readable: bool) -> io::Result<File> {
    let mut tries = 0;
    loop {
        // `mode` is what the umask is taken off.
        let opened = OpenOptions::new().read(readable).append(true).create_new(true).mode(0o666).open(path);
        tries += 1;
        match opened {
            Err(error) if tries > 3 => return Err(error),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => remove_file(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => create_dir_all(path.parent().unwrap_or(path))?,
            other => return other,
        }
    }
}

/// Whether a process of the command that this log was made for still holds it.
/// False where the file system has no locks.
pub(super) fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{read_to_string, write};
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_log_is_made_anew_with_its_directories_and_removed_when_empty() {
        let dir = tempfile::tempdir().unwrap();
        let (path, spares) = (dir.path().join("a/b/x.log"), Spares::default());
        let log = log_at(&path, None, &spares);
        assert!(is_held(&path));
        (&log.file).write_all(b"old").unwrap();
        assert_eq!(log.finish(Some(&spares)), 3);
        assert!(!is_held(&path));
        assert_eq!(log_at(&path, None, &spares).finish(Some(&spares)), 0);
        spares.clear();
        assert!(!path.exists());
    }

    #[test]
    fn an_empty_log_becomes_that_of_the_next_command() {
        let dir = tempfile::tempdir().unwrap();
        let (spares, inode) = (Spares::default(), |path: &Path| path.metadata().unwrap().ino());
        let [first, second, third] = ["first", "second", "third"].map(|name| dir.path().join(name));
        log_at(&first, None, &spares).finish(Some(&spares));
        let was = inode(&first);
        write(&second, "of an earlier run").unwrap();
        let log = log_at(&second, None, &spares);
        assert!(!first.exists() && is_held(&second));
        assert_eq!((read_to_string(&second).unwrap().as_str(), inode(&second)), ("", was));
        log.finish(Some(&spares));
        // Where its directory is missing, it is no use.
        let log = log_at(&dir.path().join("new/directory"), None, &spares);
        assert!(!second.exists());
        log.finish(Some(&spares));
        assert_eq!(log_at(&third, None, &spares).finish(Some(&spares)), 0);
        spares.clear();
        assert!(!third.exists());
    }

    #[test]
    fn a_spare_log_that_is_in_use_again_is_not_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let spares = Spares::default();
        let [first, second, third] = ["first", "second", "third"].map(|name| dir.path().join(name));
        let silent = [&first, &second].map(|path| log_at(path, None, &spares));
        silent.into_iter().for_each(|log| _ = log.finish(Some(&spares)));
        let again = log_at(&first, None, &spares);
        (&again.file).write_all(b"of another attempt").unwrap();
        let other = log_at(&third, None, &spares);
        (&other.file).write_all(b"of another job").unwrap();
        assert_eq!((again.finish(Some(&spares)), other.finish(Some(&spares))), (18, 14));
        spares.clear();
        assert_eq!(read_to_string(&first).unwrap(), "of another attempt");
        assert_eq!(read_to_string(&third).unwrap(), "of another job");
        assert!(!second.exists());
    }

    #[test]
    fn a_log_that_somebody_still_holds_or_has_written_to_is_not_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let (spares, first, second) = (Spares::default(), dir.path().join("first"), dir.path().join("second"));
        for writes_late in [false, true] {
            let log = log_at(&first, None, &spares);
            let mut left_behind = log.file.try_clone().unwrap();
            log.finish(Some(&spares));
            if writes_late {
                left_behind.write_all(b"late").unwrap();
                drop(left_behind);
                assert_eq!(log_at(&second, None, &spares).file.metadata().unwrap().len(), 0);
            } else {
                let log = log_at(&second, None, &spares);
                left_behind.write_all(b"late").unwrap();
                assert_eq!(log.file.metadata().unwrap().len(), 0);
            }
        }
    }

    fn log_at(path: &Path, limit: Option<u64>, spares: &Spares) -> Arc<Log> {
        Arc::new(Log::create(path, limit, spares).unwrap())
    }

    #[test]
    fn a_new_log_does_not_wait_for_the_holder_of_the_old() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let left_behind = log_at(&path, None, &Spares::default());
        let log = log_at(&path, None, &Spares::default());
        (&left_behind.file).write_all(b"late").unwrap();
        (&log.file).write_all(b"new").unwrap();
        assert_eq!(read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn the_middle_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let log = log_at(&path, Some(100), &Spares::default());
        for i in 0..40 {
            writeln!(&log.file, "line {i:04}").unwrap();
        }
        log.trim().unwrap();
        let want = "line 0000\nline 0001\nline 0002\nline 0003\nline 0004\n[... 330 bytes left out by --log-limit ...]\n\
                    line 0038\nline 0039\n";
        assert_eq!(read_to_string(&path).unwrap(), want);
        for i in 40..80 {
            writeln!(&log.file, "line {i:04}").unwrap();
        }
        log.trim().unwrap();
        let want = want.replace("330", "730").replace("0038", "0078").replace("0039", "0079");
        assert_eq!(read_to_string(&path).unwrap(), want);
        log.finish(None);
        assert_eq!(read_to_string(&path).unwrap(), want, "a second cut of the same log");
    }

    #[test]
    fn a_limit_of_nothing_and_one_long_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let log = log_at(&path, Some(0), &Spares::default());
        (&log.file).write_all(&[b'x'; 5000]).unwrap();
        log.trim().unwrap();
        assert_eq!(read_to_string(&path).unwrap(), "[... 5000 bytes left out by --log-limit ...]\n");
        write(&path, "").unwrap();
    }
}
