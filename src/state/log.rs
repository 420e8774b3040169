//! The log as a file: appended to, cut back, made durable.
//!
//! Owns the descriptor, where the good bytes end, and when they were last
//! synced. It does not know what the bytes say.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The least time between two syncs, but for the one at the end.
const SYNC_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Log {
    file: File,
    end: u64,
    /// Bytes may stand after `end` that are none of ours.
    ragged: bool,
    unsynced: bool,
    last_sync: Option<Instant>,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl Log {
    /// A file whose good bytes end at `end`.
    pub(super) fn new(file: File, end: u64) -> Log {
        Log { file, end, ragged: true, unsynced: false, last_sync: None, syncing: None }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Appends at once, or not at all: what a full disk let through is cut off.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.ragged {
            self.file.set_len(self.end)?;
            self.ragged = false;
        }
        if let Err(error) = self.file.write_all_at(bytes, self.end) {
            self.ragged = self.file.set_len(self.end).is_err();
            return Err(error);
        }
        self.end += bytes.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Starts to sync what was appended, on a thread of its own, if the last
    /// time was a second ago. An error is one of the sync before.
    pub(super) fn sync_if_due(&mut self, now: Instant) -> io::Result<()> {
        let last = *self.last_sync.get_or_insert(now);
        if !self.unsynced || now.saturating_duration_since(last) < SYNC_EVERY {
            return Ok(());
        }
        if self.syncing.as_ref().is_some_and(|s| !s.is_finished()) {
            return Ok(());
        }
        let result = self.wait();
        let file = self.file.try_clone()?;
        self.syncing = Some(std::thread::spawn(move || file.sync_data()));
        self.unsynced = false;
        self.last_sync = Some(now);
        result
    }

    /// Syncs all that was appended.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let result = self.wait();
        if std::mem::take(&mut self.unsynced) {
            self.file.sync_data()?;
        }
        result
    }

    /// Whether something appended may still be lost with the power.
    #[cfg(test)]
    pub(super) fn has_unsynced(&self) -> bool {
        self.unsynced || self.syncing.as_ref().is_some_and(|s| !s.is_finished())
    }

    fn wait(&mut self) -> io::Result<()> {
        self.syncing.take().map_or(Ok(()), |s| s.join().expect("the sync thread panicked"))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.wait();
    }
}
