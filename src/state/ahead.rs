//! The log read ahead, while the Rulefile is evaluated.
//!
//! Owns the rule that says when what was read may stand for the log that is
//! opened later, under the lock: it is the same file, and ends where it ended.
//! Logs only grow or are replaced, so nothing else can have changed.

use super::layout;
use super::load::{self, Facts, Loaded};
use crate::memo::Memo;
use crate::path::Paths;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A log in memory. Whoever reads one ahead takes no lock and changes nothing.
pub struct Ahead {
    pub(super) facts: Facts,
    pub(super) memo: Memo,
    pub(super) paths: Paths,
    pub(super) loaded: Loaded,
    /// Kept open, so that its inode means no other file.
    file: File,
}

impl Ahead {
    /// Reads the log of a state directory; nothing if there is none, or it is
    /// not whole, which is to be told when it is opened.
    pub fn read(dir: &Path) -> Option<Ahead> {
        let file = File::open(dir.join(layout::LOG)).ok()?;
        let (mut facts, mut memo, mut paths) = (Facts::default(), Memo::default(), Paths::default());
        let loaded = load::load(&file, &mut facts, &mut memo, &mut paths).ok()?;
        let whole = loaded.damaged.is_empty() && loaded.end > 0;
        whole.then_some(Ahead { facts, memo, paths, loaded, file })
    }

    /// Whether `log`, opened anew, holds what was read and no more.
    pub(super) fn is_of(&self, log: &File) -> io::Result<bool> {
        let same = |a: &Metadata, b: &Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
        let now = log.metadata()?;
        Ok(same(&now, &self.file.metadata()?) && now.len() == self.loaded.end)
    }
}
