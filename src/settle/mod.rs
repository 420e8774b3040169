//! The only writer of the user's tree: a job as a transaction over its outputs.
//!
//! Owns setting old outputs aside, putting them back or dropping them, making
//! and unmaking directories, `touch()` and `protected()`, and settling what a
//! killed run left open. It does not know jobs, records or why a job runs; it
//! reads no content and keeps no state on disk but names.
//!
//! # Order of operations
//!
//! For each job the caller chooses a token that no other job, in no other run,
//! has had, and then:
//!
//! 1. [`Settler::survey`] notes in each output's [`Marks`] whether there is an
//!    old one. The caller writes the *started mark*: token, paths, marks.
//! 2. [`Settler::begin`] renames each old output `d/x` to `d/.rm~x~TOKEN` (or
//!    deletes it, with `discard_old`), then makes missing parent directories.
//! 3. The command runs. If it succeeded, [`Transaction::seal`] does what rules
//!    ask of outputs, and the caller hashes them.
//! 4. Success: the caller writes the *record*, then [`Transaction::commit`]
//!    drops what was set aside, or moves it to where replaced files are kept.
//!    Failure: [`Transaction::roll_back`] removes (or moves away) what stands
//!    at the outputs' paths and renames the old ones back.
//!
//! After a kill, [`Settler::recover`] is told of each started mark whether its
//! record was written:
//!
//! - **Record written**: what is set aside is dropped or moved, as in `commit`.
//! - **No record, the old one is set aside**: what stands in its place is moved
//!   to where replaced files are kept, the old one renamed back. Until the
//!   rename the old one stays set aside, so a second recovery starts over.
//! - **No record, nothing set aside, and there was an old one**: the kill came
//!   before step 2 or after putting back. What stands there is the old one; it
//!   stays.
//! - **No record, and there was no old one**: what stands there is moved away,
//!   too.
//!
//! What is moved away is a part of what the job was to make, or was written by
//! somebody else after the kill: that cannot be told, so it is kept.
//!
//! So at every instant either the old output is whole under one of its two
//! names, or there was none (or it was discarded). Two helper names keep this
//! true where a step is not atomic: a tree is deleted under `…~gone`, so that a
//! half-deleted one is never taken for an old output, and copied across file
//! systems under `…~part`, so that a half-copied one is not either; recovery
//! deletes both. Recovery makes no step that it could not make again.
//!
//! After a loss of power the record may be lost though `commit` was done. Then
//! the third case leaves the new output in place; its content is not that of
//! the last record, which makes its job stale. Files of the user are never
//! synced to disk.
//!
//! Directories that a killed job made stay, empty.

mod dirs;
mod fault;
mod names;
mod ops;
mod recover;
mod shadow;
#[cfg(test)]
mod tests;
mod transaction;
mod tree;

pub use fault::{Fault, Unbegun};
pub use names::ASIDE;
pub use recover::Open;
pub use shadow::{Cast, Plot};
pub use transaction::Transaction;

use crate::path::parent;
use dirs::Dirs;
use std::path::PathBuf;
use std::sync::Arc;
use tree::Kind;

bitflags::bitflags! {
    /// What is to be known of an output; goes into the started mark as it is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Marks: u8 {
        /// `directory()`: the output is a tree.
        const DIRECTORY = 1;
        /// `touch()`: made or touched when the command succeeded.
        const TOUCH = 2;
        /// `protected()`: write bits are taken off when the command succeeded.
        const PROTECTED = 4;
        /// The old one is not what a job made: it is kept when it is replaced.
        const KEEP_OLD = 8;
        /// There is an old one that will be set aside (from `survey`).
        const EXISTED = 16;
        /// A log or benchmark: an old one is deleted at the start, a new one
        /// stays whatever happens.
        const LOG = 32;
        /// `pipe()`: a FIFO, made when the job begins and removed when it ends.
        const PIPE = 64;
        /// `update()`: a copy of the old one stands in its place when the job begins.
        const UPDATE = 128;
    }
}

/// An output of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// Its path, normal, relative to the working directory or absolute.
    pub path: String,
    /// What is to be known of it.
    pub marks: Marks,
}

/// A file or directory that was moved out of the way and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it stood.
    pub path: String,
    /// Where it is now.
    pub to: PathBuf,
}

/// How a run treats outputs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where replaced files go that no job has made (`.rulemake/replaced/TIME`).
    pub replaced: PathBuf,
    /// Where partial outputs of failed jobs go (`.rulemake/failed`); if absent
    /// they are deleted.
    pub failed: Option<PathBuf>,
    /// Where shadow directories are, and links to those that lie elsewhere
    /// (`.rulemake/shadow`).
    pub shadows: PathBuf,
    /// Delete old outputs when a job begins, where disk is short. Those marked
    /// [`Marks::KEEP_OLD`] are kept all the same.
    pub discard_old: bool,
}

/// The writer of one run, shared by all its workers.
pub struct Settler {
    options: Options,
    dirs: Dirs,
}

impl Settler {
    /// For a run.
    pub fn new(options: Options) -> Arc<Settler> {
        Arc::new(Settler { options, dirs: Dirs::default() })
    }

    /// Notes which outputs have an old one that `begin` will set aside. Of each
    /// that is there `keep` is asked, by its index and whether it is a symbolic
    /// link, if it must be kept when it is replaced. A directory where a file is
    /// to be made is no job's work: it is kept.
    pub fn survey(&self, outs: &mut [Out], keep: &mut dyn FnMut(usize, bool) -> bool) -> Result<(), Fault> {
        for (i, out) in outs.iter_mut().enumerate().filter(|(_, out)| !out.marks.contains(Marks::LOG)) {
            let old = tree::kind(out.path.as_ref()).map_err(Fault::of("look at", &out.path))?;
            let misplaced = old == Some(Kind::Directory) && !out.marks.contains(Marks::DIRECTORY);
            if old.is_some_and(|kind| keep(i, kind == Kind::Link)) || misplaced {
                out.marks |= Marks::KEEP_OLD;
            }
            out.marks.set(Marks::EXISTED, old.is_some() && self.sets_aside(out.marks));
        }
        Ok(())
    }

    /// Whether what a failed job made is kept.
    pub fn keeps_failed(&self) -> bool {
        self.options.failed.is_some()
    }

    fn sets_aside(&self, marks: Marks) -> bool {
        let needed = marks.intersects(Marks::KEEP_OLD | Marks::UPDATE);
        !marks.contains(Marks::LOG) && (needed || !self.options.discard_old)
    }

    /// Sets old outputs aside and makes the directories of new ones. On an
    /// error all is as it was before, unless that, too, could not be done.
    pub fn begin(self: &Arc<Self>, token: &str, outs: Vec<Out>) -> Result<Transaction, Unbegun> {
        let mut transaction = Transaction::new(self.clone(), token, outs);
        match transaction.set_up() {
            Ok(()) => Ok(transaction),
            Err(fault) => Err(Unbegun { fault, undo: transaction.undo().err() }),
        }
    }

    /// Deletes a file or tree that is not needed any more (`temp()`). False if
    /// there was none.
    pub fn delete(&self, path: &str) -> Result<bool, Fault> {
        tree::remove(path.as_ref()).map_err(Fault::of("delete", path))
    }

    /// Removes a directory below the working directory if it is empty, and then those
    /// above it that are.
    pub fn prune(&self, directory: &str) {
        let mut directory = directory;
        while !directory.is_empty()
            && !directory.starts_with('/')
            && !directory.starts_with("..")
            && std::fs::remove_dir(directory).is_ok()
        {
            directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Moves a file or tree to where replaced ones are kept.
    pub fn keep(&self, path: &str) -> Result<Moved, Fault> {
        transaction::keep(self, path, path.as_ref()).map_err(Fault::of("keep", path))
    }

    /// Makes a directory that is nobody's output, with those above it.
    pub fn make_dir(&self, path: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(path)
    }

    /// Writes a small file of ours, such as a benchmark, in one piece.
    pub fn write(&self, path: &str, text: &str) -> std::io::Result<()> {
        std::fs::write(path, text)
    }

    /// Touches an existing file or makes an empty one.
    pub fn touch(&self, path: &str) -> Result<(), Fault> {
        tree::touch(path.as_ref()).map_err(Fault::of("touch", path))
    }
}

/// Whether what stands at an output's path has no write bit, as `protected()`
/// leaves it. Whose file it is does not matter: root is told as well.
pub fn is_write_protected(path: &str) -> bool {
    tree::is_write_protected(path.as_ref())
}

/// The directory that must be there for an output; none for a bare name.
fn directory_of(path: &str) -> Option<&str> {
    parent(path).filter(|dir| *dir != "/")
}
