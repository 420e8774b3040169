//! The log's own numbers for paths.
//!
//! Owns the two-way map between the ids that frames name and the ids of the
//! path arena. A number keeps its meaning for the life of a log, so that
//! frames can be copied as they are. Absolute paths below the working directory
//! are written without it, so that a project that moved finds them again.

use crate::path::{Home, PathId, Paths};
use std::sync::OnceLock;

use super::codec::{Reader, Writer};

/// A path's number in the log.
pub(super) type Local = u32;

const NONE: u32 = u32::MAX;

/// Stands for the working directory in front of a written path; no normal path
/// begins so.
const HOME: &str = "//";

/// Log numbers ↔ path ids.
#[derive(Default)]
pub(super) struct Table {
    /// By log number.
    paths: Vec<u32>,
    /// By path id.
    locals: Vec<u32>,
    /// The working directory, once an absolute path was met.
    home: OnceLock<Home>,
}

impl Table {
    fn home(&self) -> &Home {
        self.home.get_or_init(Home::here)
    }

    pub(super) fn path(&self, local: Local) -> Option<PathId> {
        self.paths.get(local as usize).filter(|&&p| p != NONE).map(|&p| PathId(p))
    }

    pub(super) fn local(&self, path: PathId) -> Option<Local> {
        self.locals.get(path.index()).copied().filter(|&l| l != NONE)
    }

    /// How many numbers were given out.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn reserve(&mut self, paths: usize) {
        self.paths.reserve(paths);
        self.locals.reserve(paths);
    }

    pub(super) fn set(&mut self, local: Local, path: PathId) {
        put(&mut self.paths, local as usize, path.0);
        put(&mut self.locals, path.index(), local);
    }

    /// Takes back the numbers from `len` on: they were never written.
    pub(super) fn truncate(&mut self, len: usize) {
        for path in self.paths.drain(len..) {
            self.locals[path as usize] = NONE;
        }
    }

    /// Forgets the numbers that a new log does not define.
    pub(super) fn keep(&mut self, defined: &[bool]) {
        for (local, _) in defined.iter().enumerate().filter(|(_, d)| !**d) {
            let path = std::mem::replace(&mut self.paths[local], NONE);
            if path != NONE {
                self.locals[path as usize] = NONE;
            }
        }
    }

    /// The payload of a frame of paths.
    pub(super) fn write(&self, locals: &[Local], paths: &Paths, out: &mut Writer) {
        let mut last = 0;
        for &local in locals {
            let path = self.path(local).expect("a number that is written has a path");
            out.signed(i64::from(local) - last);
            let text = paths.str(path);
            match text.starts_with('/').then(|| self.home().below(text)).flatten() {
                Some(rest) => out.text(&format!("{HOME}{rest}")),
                None => out.text(text),
            }
            last = i64::from(local);
        }
    }

    /// Takes in a frame of paths; `None` if it makes no sense.
    pub(super) fn read(&mut self, payload: &[u8], paths: &mut Paths) -> Option<()> {
        let mut reader = Reader::new(payload);
        let mut last = 0_i64;
        while !reader.is_empty() {
            last = last.checked_add(reader.signed()?)?;
            let local = Local::try_from(last).ok().filter(|&l| l < MAX_LOCAL)?;
            let text = reader.text()?;
            let path = match text.strip_prefix(HOME) {
                Some(rest) => paths.intern(&self.home().path(rest)),
                None => paths.intern(text),
            };
            self.set(local, path);
        }
        Some(())
    }
}

/// As many numbers as the path arena has ids.
const MAX_LOCAL: u32 = 1 << 31;

fn put(rows: &mut Vec<u32>, i: usize, value: u32) {
    if i >= rows.len() {
        rows.resize(i + 1, NONE);
    }
    rows[i] = value;
}
