//! Parent directories of outputs: made before a job, unmade after a failure.
//!
//! Owns who uses which directory now and which of them this run made, because
//! jobs that run at the same time share directories: one that failed must not
//! remove what another is about to write into.

use super::{directory_of, ops};
use rustc_hash::FxHashMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often making a directory is tried again when one above it vanishes.
const TRIES: u32 = 16;

#[derive(Default)]
struct Entry {
    /// Open transactions with an output right inside.
    users: u32,
    /// Made in this run, by a job that has not succeeded.
    made: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Dirs {
    entries: Mutex<FxHashMap<String, Entry>>,
}

impl Dirs {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a directory into use and makes it, if it is not there. Must be
    /// left in any case.
    pub fn enter(&self, dir: &str) -> io::Result<()> {
        self.lock().entry(dir.to_string()).or_default().users += 1;
        let mut tries = 0;
        loop {
            match self.make(dir) {
                // Another job's failure may unmake a directory above between
                // two of our steps. It never unmakes one that was entered.
                Err(error) if error.kind() == ErrorKind::NotFound && tries < TRIES => tries += 1,
                other => return other,
            }
        }
    }

    fn make(&self, dir: &str) -> io::Result<()> {
        let mut missing = Vec::new();
        let mut next = Some(dir);
        while let Some(dir) = next {
            match self.make_one(dir) {
                Err(error) if error.kind() == ErrorKind::NotFound => missing.push(dir),
                other => {
                    other?;
                    break;
                }
            }
            next = directory_of(dir);
        }
        missing.into_iter().rev().try_for_each(|dir| self.make_one(dir))
    }

    fn make_one(&self, dir: &str) -> io::Result<()> {
        match ops::create_dir(dir.as_ref()) {
            Ok(()) => {
                self.lock().entry(dir.to_string()).or_default().made = true;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists && Path::new(dir).is_dir() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Leaves a directory after success: it belongs to the user now.
    pub fn leave(&self, dir: &str) {
        let mut entries = self.lock();
        let mut next = Some(dir);
        while let Some(dir) = next {
            if let Some(entry) = entries.get_mut(dir) {
                entry.made = false;
            }
            next = directory_of(dir);
        }
        Self::stop_using(&mut entries, dir);
    }

    /// Leaves a directory after failure: it goes, and those above it, as far as
    /// this run made them, nobody uses them and nothing is in them.
    pub fn leave_and_unmake(&self, dir: &str) {
        let mut entries = self.lock();
        Self::stop_using(&mut entries, dir);
        let mut next = Some(dir);
        while let Some(dir) = next {
            let unused = entries.get(dir).is_some_and(|entry| entry.made && entry.users == 0);
            if !unused || ops::remove_dir(dir.as_ref()).is_err() {
                return;
            }
            entries.remove(dir);
            next = directory_of(dir);
        }
    }

    fn stop_using(entries: &mut FxHashMap<String, Entry>, dir: &str) {
        let entry = entries.get_mut(dir).expect("bug: a directory was left that was not entered");
        entry.users -= 1;
        if entry.users == 0 && !entry.made {
            entries.remove(dir);
        }
    }
}
