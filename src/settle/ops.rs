//! The system calls that change the user's tree, all of them.
//!
//! Owns nothing; it is the list. Tests stop the world before any of them, as a
//! kill would.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::path::Path;

#[cfg(test)]
pub(super) use fuse::step;

/// Outside tests nothing stops a step.
#[cfg(not(test))]
fn step() -> io::Result<()> {
    Ok(())
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    #[cfg(test)]
    fuse::other_file_system(from, to)?;
    fs::rename(from, to)
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_file(path)
}

pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    step()?;
    #[cfg(test)]
    fuse::remove_one_inside(path)?;
    fs::remove_dir_all(path)
}

pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir(path)
}

pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_dir(path)
}

pub(super) fn set_permissions(path: &Path, permissions: Permissions) -> io::Result<()> {
    step()?;
    fs::set_permissions(path, permissions)
}

/// Opens a file for appending, made if it is missing.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    step()?;
    OpenOptions::new().append(true).create(true).open(path)
}

pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::copy(from, to).map(drop)
}

pub(super) fn make_fifo(path: &Path) -> io::Result<()> {
    step()?;
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    Ok(rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)?)
}

pub(super) fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    step()?;
    std::os::unix::fs::symlink(target, path)
}

/// For tests: after some steps nothing more happens.
#[cfg(test)]
pub(super) mod fuse {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::path::PathBuf;

    thread_local! {
        static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
        static FAR: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
    }

    /// What a test panics with in place of a kill.
    struct Killed;

    /// Before each step.
    pub fn step() -> io::Result<()> {
        match LEFT.get() {
            Some(0) => resume_unwind(Box::new(Killed)),
            left => LEFT.set(left.map(|n| n - 1)),
        }
        Ok(())
    }

    /// Runs something that is killed before step `n`. True if it came to its
    /// end before that.
    pub fn killed_at(n: u32, body: impl FnOnce()) -> bool {
        LEFT.set(Some(n));
        let result = catch_unwind(AssertUnwindSafe(body));
        LEFT.set(None);
        match result {
            Ok(()) => true,
            Err(payload) if payload.is::<Killed>() => false,
            Err(payload) => resume_unwind(payload),
        }
    }

    /// From now on a directory counts as another file system.
    pub fn set_far(dir: Option<PathBuf>) {
        FAR.set(dir);
    }

    pub fn other_file_system(from: &Path, to: &Path) -> io::Result<()> {
        let far = FAR.with_borrow(Clone::clone);
        match far {
            Some(far) if from.starts_with(&far) != to.starts_with(&far) => {
                Err(io::Error::from(io::ErrorKind::CrossesDevices))
            }
            _ => Ok(()),
        }
    }

    /// A tree goes bit by bit: a kill can come in the middle.
    pub fn remove_one_inside(path: &Path) -> io::Result<()> {
        let file = fs::read_dir(path)?.flatten().find(|entry| entry.path().is_file());
        if let Some(file) = file {
            fs::remove_file(file.path())?;
            step()?;
        }
        Ok(())
    }
}
