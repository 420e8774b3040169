//! The path arena: every path of a plan once, as a `u32`.
//!
//! Owns the bytes of paths and how two spellings of one path become one. It
//! never asks the file system.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::borrow::Cow;
use std::hash::Hasher;

/// A path in [`Paths`]. At most 2^31 of them, so that one bit is left to rows
/// that must mark an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(pub u32);

impl PathId {
    /// As an index into a vector with a row per path.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Interned paths. Only grows.
#[derive(Default)]
pub struct Paths {
    bytes: String,
    ends: Vec<u64>,
    table: HashTable<u32>,
}

fn hash(path: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(path.as_bytes());
    hasher.finish()
}

impl Paths {
    /// Room for `paths` paths of `bytes` bytes in all.
    pub fn with_capacity(paths: usize, bytes: usize) -> Self {
        Paths {
            bytes: String::with_capacity(bytes),
            ends: Vec::with_capacity(paths),
            table: HashTable::with_capacity(paths),
        }
    }

    /// Makes room for more paths of `bytes` bytes in all.
    pub fn reserve(&mut self, paths: usize, bytes: usize) {
        self.bytes.reserve(bytes);
        self.ends.reserve(paths);
        let mut table = std::mem::take(&mut self.table);
        table.reserve(paths, |&id| hash(self.str(PathId(id))));
        self.table = table;
    }

    /// The id of a path that is normal already (see [`normal`]), added if new.
    pub fn intern(&mut self, path: &str) -> PathId {
        let hash_of = |this: &Self, id: u32| hash(this.str(PathId(id)));
        let code = hash(path);
        if let Some(&id) = self.table.find(code, |&id| self.str(PathId(id)) == path) {
            return PathId(id);
        }
        let id = self.ends.len() as u32;
        assert!(id < 1 << 31, "more than 2^31 paths");
        self.bytes.push_str(path);
        self.ends.push(self.bytes.len() as u64);
        let mut table = std::mem::take(&mut self.table);
        table.insert_unique(code, id, |&id| hash_of(self, id));
        self.table = table;
        PathId(id)
    }

    /// The id of a path, if it was ever interned.
    pub fn get(&self, path: &str) -> Option<PathId> {
        self.table.find(hash(path), |&id| self.str(PathId(id)) == path).map(|&id| PathId(id))
    }

    /// The text of a path.
    pub fn str(&self, id: PathId) -> &str {
        let i = id.index();
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.bytes[start..self.ends[i] as usize]
    }

    /// How many paths there are; ids run from 0 to one below.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no path was interned yet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// One spelling for a path: no `.` steps, no doubled or trailing slashes.
/// `..` stays (a symbolic link before it may lead elsewhere). The empty path
/// and `.` are `.`.
pub fn normal(path: &str) -> Cow<'_, str> {
    if is_normal(path) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push('/');
    }
    for step in path.split('/').filter(|s| !s.is_empty() && *s != ".") {
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(step);
    }
    if out.is_empty() {
        out.push('.');
    }
    Cow::Owned(out)
}

fn is_normal(path: &str) -> bool {
    let bytes = path.as_bytes();
    if bytes.is_empty() {
        return false;
    }
    if path == "/" || path == "." {
        return true;
    }
    let doubled = bytes.windows(2).any(|w| w == b"//");
    let dotted = bytes.starts_with(b"./") || bytes.ends_with(b"/.") || bytes.windows(3).any(|w| w == b"/./");
    !doubled && !dotted && !bytes.ends_with(b"/")
}

/// The directory part of a path; none for a bare name.
pub fn parent(path: &str) -> Option<&str> {
    match path.rfind('/')? {
        0 => Some("/"),
        i => Some(&path[..i]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for (given, want) in [
            ("a", "a"),
            ("./a", "a"),
            ("a//b", "a/b"),
            ("a/./b/", "a/b"),
            ("/a/b", "/a/b"),
            ("//a", "/a"),
            ("../a", "../a"),
            (".", "."),
            ("", "."),
            ("/", "/"),
            ("./.", "."),
            (".a/..b", ".a/..b"),
        ] {
            assert_eq!(normal(given), want, "{given:?}");
        }
    }

    #[test]
    fn a_path_has_one_id() {
        let mut paths = Paths::default();
        let ids: Vec<_> = (0..1000).map(|i| paths.intern(&format!("d/{i}"))).collect();
        assert_eq!(paths.len(), 1000);
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(paths.str(*id), format!("d/{i}"));
            assert_eq!(paths.get(&format!("d/{i}")), Some(*id));
        }
        assert_eq!(paths.get("d/1000"), None);
    }
}
