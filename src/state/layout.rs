//! The directory `.rulemake/`: what stands in it and how it comes to be.
//!
//! Owns the names. It does not know what the files hold.

use super::error;
use crate::diag::Diag;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The log of records.
pub const LOG: &str = "log";
/// Who runs here.
pub const LOCK: &str = "lock";
/// Jobs' output, one file a job.
pub const LOGS: &str = "logs";
/// Programs of running jobs in other languages than the shell's.
pub const PROGRAMS: &str = "programs";
/// Digests of Python that was compiled and is right.
pub const COMPILED: &str = "compiled";
/// Outputs that were not ours, kept when they were remade.
pub const REPLACED: &str = "replaced";
/// Directories of jobs with `shadow:`, and links to those that lie elsewhere.
pub const SHADOWS: &str = "shadow";
/// Outputs of failed jobs, where they are kept.
pub const FAILED: &str = "failed";

/// A log that is being written by a compaction.
pub(super) const NEW_LOG: &str = "log.new";

/// Makes the directory with what it needs, where it is not there yet.
pub(super) fn create(dir: &Path) -> Result<(), Diag> {
    let make = || -> io::Result<()> {
        if dir.is_dir() && dir.join(LOGS).is_dir() {
            return Ok(());
        }
        fs::create_dir_all(dir)?;
        for name in [LOGS, REPLACED, FAILED] {
            fs::create_dir_all(dir.join(name))?;
        }
        // Nothing in it belongs into a repository.
        let ignore = dir.join(".gitignore");
        if ignore.exists() { Ok(()) } else { fs::write(ignore, "*\n") }
    };
    make().map_err(|e| {
        error("create", dir, &e).note("the records of what was made are kept there, in the pipeline's own directory")
    })
}

/// Moves a file out of the way, to a name that is free: `log.old`, `log.old-2`...
pub(super) fn keep_aside(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let free = |n: u32| dir.join(if n == 1 { format!("{name}.old") } else { format!("{name}.old-{n}") });
    let to = (1..).map(free).find(|p| !p.exists()).expect("there are enough numbers");
    fs::rename(dir.join(name), &to)?;
    Ok(to)
}
