//! The path arena: every path of a plan once, as a `u32`.
//!
//! Owns the bytes of paths and how two spellings of one path become one. It
//! never asks the file system.

use hashbrown::HashTable;
use memchr::memmem::Finder;
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
    if path.is_empty() || path.starts_with("./") {
        return false;
    }
    // What follows a slash: a step that is neither empty nor `.`.
    let step = |slash: usize| match bytes.get(slash + 1..) {
        Some([b'.', rest @ ..]) => !rest.is_empty() && rest[0] != b'/',
        Some([b'/', ..] | []) | None => false,
        Some(_) => true,
    };
    // Paths are short: a plain loop is faster than a search by vectors.
    path == "/" || bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').all(|(at, _)| step(at))
}

/// The working directory, as what absolute paths may begin with: what is kept
/// of a project names it by a token, so that the project can be moved.
#[derive(Clone, Debug)]
pub struct Home {
    path: String,
    /// Prepared once: every command is searched.
    finder: Finder<'static>,
}

impl Default for Home {
    fn default() -> Home {
        Home::new("")
    }
}

impl Home {
    /// Of this process, now. The root directory is none.
    pub fn here() -> Home {
        Home::new(std::env::current_dir().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default())
    }

    /// Of an absolute directory; the empty text and `/` are none.
    pub fn new(directory: impl Into<String>) -> Home {
        let directory = directory.into();
        let path = if directory == "/" { String::new() } else { directory };
        Home { finder: Finder::new(&path).into_owned(), path }
    }

    /// What follows the working directory in an absolute path: nothing, or a
    /// text that begins with a slash.
    pub fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.path).filter(|_| !self.path.is_empty())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The path that [`below`](Home::below) gave `rest` of.
    pub fn path(&self, rest: &str) -> String {
        if self.path.is_empty() && rest.is_empty() { "/".into() } else { format!("{}{rest}", self.path) }
    }

    /// A text of commands with `token` where the working directory stands as a
    /// whole path or as the beginning of one. None: it does not.
    pub fn replaced(&self, text: &str, token: &str) -> Option<String> {
        if self.path.is_empty() {
            return None;
        }
        let mut out = String::new();
        let mut done = 0;
        for at in self.finder.find_iter(text.as_bytes()) {
            let end = at + self.path.len();
            if begins_path(&text[..at]) && !text[end..].starts_with(in_name) {
                out.push_str(&text[done..at]);
                out.push_str(token);
                done = end;
            }
        }
        out.push_str(&text[done..]);
        (done > 0).then_some(out)
    }
}

/// Whether a character that follows a name may belong to it.
fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '@' | '~' | '%' | '{')
}

/// Whether a path may begin behind a text: not within a name or a longer path,
/// but right behind an option's letter (`-I/usr`).
fn begins_path(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some(c) if c.is_ascii_alphabetic() => back.next() == Some('-') && !back.next().is_some_and(in_name),
        Some(c) => !in_name(c) && !matches!(c, '/' | '}' | '*' | '?' | ']'),
        None => true,
    }
}

/// The directory part of a path; none for a bare name.
pub fn parent(path: &str) -> Option<&str> {
    match path.rfind('/')? {
        0 => Some("/"),
        i => Some(&path[..i]),
    }
}

/// The directories above a path, nearest first.
pub fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |p| parent(p).filter(|q| q != p))
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
    fn the_working_directory_is_found_as_a_whole() {
        let home = Home::new("/data/proj");
        assert_eq!(home.below("/data/proj/a"), Some("/a"));
        assert_eq!(home.below("/data/proj"), Some(""));
        assert_eq!([home.below("/data/proj2/a"), home.below("/data"), home.below("a")], [None; 3]);
        assert_eq!(home.path("/a"), "/data/proj/a");
        assert_eq!(Home::new("/").below("/a"), None);
        for (text, want) in [
            ("cat /data/proj/a > /data/proj", "cat W/a > W"),
            ("cp '/data/proj/a' \"/data/proj\"; x=/data/proj:/data/proj/bin", "cp 'W/a' \"W\"; x=W:W/bin"),
            ("cc -I/data/proj/include --dir=/data/proj/x", "cc -IW/include --dir=W/x"),
        ] {
            assert_eq!(home.replaced(text, "W").as_deref(), Some(want), "{text}");
        }
        for text in [
            "cat /data/proj2/a",
            "cat /data/proj-old /data/proj.bak/a",
            "cat /mnt/data/proj/a x/data/proj",
            "a--I/data/proj/include",
            "${x}/data/proj",
            "nothing",
        ] {
            assert_eq!(home.replaced(text, "W"), None, "{text}");
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
