//! A walk over the user's directories, symbolic links followed.
//!
//! Owns what is a circle and what is not there. It makes no allocation for a
//! file: `walkdir` makes three, which was a sixth of a run over 100,000 files
//! that has nothing to do. Names come in the order of the file system.

use super::texts::Texts;
use super::{ASIDE_PREFIX, STATE_DIR};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FileType, Mode, OFlags, RawDir, fstat, openat, stat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Where to look.
pub(super) struct Search<'a> {
    /// Empty: the current directory. Paths are spelt with it as their beginning.
    pub root: &'a str,
    /// How many names below it at most.
    pub depth: usize,
    /// Whether names that begin with a dot count.
    pub hidden: bool,
    /// Names that never count.
    pub apart: &'a [&'a str],
    /// What every path begins with.
    pub prefix: &'a str,
}

/// What a walk came by, in the order of the directories.
#[derive(Default)]
pub(super) struct Walked {
    pub texts: Texts,
    pub not_utf8: NotUtf8,
}

/// Names that were passed over because they are not UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotUtf8 {
    /// How many.
    pub count: usize,
    /// The path of the first of them, as far as it can be shown.
    pub first: String,
}

impl NotUtf8 {
    pub(super) fn add(&mut self, path: &[u8]) {
        if self.count == 0 {
            self.first = String::from_utf8_lossy(path).into_owned();
        }
        self.count += 1;
    }
}

/// Every path below a directory that `wanted` takes. Directories count as files
/// do. There is nothing where there is no directory; dangling links are not
/// there; a link to a directory that it is in is there and is not entered.
///
/// # Errors
/// If a directory cannot be read, or what a link leads to cannot be asked for;
/// with the path.
pub(super) fn walk(search: &Search<'_>, wanted: &mut dyn FnMut(&str) -> bool) -> io::Result<Walked> {
    let first = search.prefix.rsplit('/').next().unwrap_or("").as_bytes();
    let found = Walked::default();
    let mut walk = Walk { search, first, wanted, found, entered: Vec::new(), ahead: Vec::new() };
    let root = search.root.as_bytes().to_owned();
    let mut buffer = Vec::with_capacity(LISTED);
    let mut next = Some(Directory { path: root, depth: 0, inside: None, by_link: false });
    while let Some(directory) = next {
        walk.enter(directory, &mut buffer)?;
        next = walk.ahead.pop();
    }
    Ok(walk.found)
}

/// Bytes of a directory that are read at once.
const LISTED: usize = 64 << 10;

struct Walk<'a> {
    search: &'a Search<'a>,
    /// What names just below the root begin with.
    first: &'a [u8],
    wanted: &'a mut dyn FnMut(&str) -> bool,
    found: Walked,
    entered: Vec<Entered>,
    ahead: Vec<Directory>,
}

/// A directory that is to be read.
struct Directory {
    /// Empty: the current one.
    path: Vec<u8>,
    /// How many names below the root.
    depth: usize,
    /// The directory it was found in, by its place among those entered.
    inside: Option<usize>,
    by_link: bool,
}

/// A directory that was read.
struct Entered {
    id: (u64, u64),
    inside: Option<usize>,
}

/// What stands under a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    File,
    Directory,
    LinkToDirectory,
}

impl Walk<'_> {
    fn enter(&mut self, directory: Directory, buffer: &mut Vec<u8>) -> io::Result<()> {
        let Directory { path: mut name, depth, inside, by_link } = directory;
        let opened = open(&name).map_err(|e| with_path(&name, e))?;
        let Some(opened) = opened else { return Ok(()) };
        let stat = fstat(&opened).map_err(|e| with_path(&name, e))?;
        let id = (stat.st_dev, stat.st_ino);
        if by_link && self.is_inside(inside, id) {
            return Ok(());
        }
        let here = self.entered.len();
        self.entered.push(Entered { id, inside });
        if !name.is_empty() && name != b"/" {
            name.push(b'/');
        }
        let base = name.len();
        let mut entries = RawDir::new(opened, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // It was removed meanwhile.
                Err(Errno::NOENT) => break,
                entry => entry.map_err(|e| with_path(&name[..base], e))?,
            };
            let last = entry.file_name().to_bytes();
            if !self.counts(last, depth) {
                continue;
            }
            name.truncate(base);
            name.extend_from_slice(last);
            let what = what(&name, entry.file_type())?;
            if what == Found::Nothing {
                continue;
            }
            self.take(&name);
            if what != Found::File && depth + 1 < self.search.depth {
                let by_link = what == Found::LinkToDirectory;
                self.ahead.push(Directory { path: name.clone(), depth: depth + 1, inside: Some(here), by_link });
            }
        }
        Ok(())
    }

    /// Whether a name in a directory of some depth is looked at.
    fn counts(&self, name: &[u8], depth: usize) -> bool {
        if name.starts_with(b".") {
            let ours = name.starts_with(ASIDE_PREFIX.as_bytes()) || name == STATE_DIR.as_bytes();
            if ours || !self.search.hidden || name == b"." || name == b".." {
                return false;
            }
        }
        let off = depth == 0 && !name.starts_with(self.first);
        !off && !self.search.apart.iter().any(|apart| apart.as_bytes() == name)
    }

    fn take(&mut self, path: &[u8]) {
        match std::str::from_utf8(path) {
            Ok(path) if (self.wanted)(path) => self.found.texts.push(path),
            Ok(_) => {}
            Err(_) => self.found.not_utf8.add(path),
        }
    }

    /// Whether a directory is one of those that lead to it.
    fn is_inside(&self, inside: Option<usize>, id: (u64, u64)) -> bool {
        let mut above = inside.map(|place| &self.entered[place]);
        while let Some(entered) = above {
            if entered.id == id {
                return true;
            }
            above = entered.inside.map(|place| &self.entered[place]);
        }
        false
    }
}

/// None where there is no directory.
fn open(path: &[u8]) -> Result<Option<OwnedFd>, Errno> {
    let path = if path.is_empty() { b"." } else { path };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a listed name stands for, given its type as listed.
fn what(path: &[u8], listed: FileType) -> io::Result<Found> {
    match listed {
        FileType::Directory => return Ok(Found::Directory),
        FileType::Symlink | FileType::Unknown => {}
        _ => return Ok(Found::File),
    }
    match stat(path) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => Ok(Found::LinkToDirectory),
        Ok(_) => Ok(Found::File),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(Found::Nothing),
        Err(error) => Err(with_path(path, error)),
    }
}

fn with_path(path: &[u8], error: Errno) -> io::Error {
    let error = io::Error::from(error);
    let path = Path::new(OsStr::from_bytes(if path.is_empty() { b"." } else { path }));
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
