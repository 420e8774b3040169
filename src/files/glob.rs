//! Which paths exist: `glob()` and `glob_wildcards()`.
//!
//! Owns what a walk looks for. It starts at the longest prefix that has no
//! wildcard. What is found is sorted, so that one tree gives one plan.

use super::StatAhead;
use super::texts::Texts;
use super::walk::{NotUtf8, Search, Walked, walk};
use crate::pattern::Pattern;
use globset::{GlobBuilder, GlobMatcher};
use std::io;
use std::ops::Range;

/// Paths found by a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Sorted by bytes, each once.
    pub paths: Vec<String>,
    /// What was passed over.
    pub not_utf8: NotUtf8,
}

/// The paths that a glob matches: `*`, `?`, `[a-z]`, `{a,b}` within one name,
/// `**` over directories. Names that begin with a dot are found only if the
/// glob spells the dot. Dangling links are not there.
///
/// # Errors
/// If the glob is malformed, or a directory cannot be read.
pub fn paths(glob: &str) -> Result<Found, GlobError> {
    let glob = &*crate::path::normal(glob);
    let (root, rest) = split(glob);
    if rest == "**/*" {
        let search = Search { root, depth: usize::MAX, hidden: false, apart: &[], prefix: "" };
        return Ok(walk(&search, &mut |_| true)?.sorted());
    }
    let matcher = compile(glob)?;
    if rest.is_empty() {
        let there = super::stat(root)?.exists();
        return Ok(Found { paths: there.then(|| root.to_owned()).into_iter().collect(), ..Found::default() });
    }
    let hidden = rest.starts_with('.') || rest.contains("/.") || rest.contains("{.") || rest.contains(",.");
    let deep = rest.contains("**") || (rest.contains('{') && rest.contains('/'));
    let depth = if deep { usize::MAX } else { rest.matches('/').count() + 1 };
    let search = Search { root, depth, hidden, apart: &[], prefix: "" };
    Ok(walk(&search, &mut |path| matcher.is_match(path))?.sorted())
}

/// The values of a pattern's wildcards over the paths that match it.
#[derive(Debug, Default)]
pub struct Wildcards {
    /// The wildcards, in the order of the pattern.
    pub names: Vec<Box<str>>,
    /// For each name its values, one for each path, in the order of the paths.
    pub values: Vec<Texts>,
    /// How many paths matched.
    pub count: usize,
    /// What was passed over.
    pub not_utf8: NotUtf8,
}

/// Directories that hold no data of a project. A pattern finds them only if it
/// names them.
const NO_DATA: [&str; 2] = [".git", ".snakemake"];

/// Snakemake's `glob_wildcards`: matches a pattern against every file and
/// directory there is, hidden ones too. `ahead` is told of each, since a job
/// will likely read it.
///
/// # Errors
/// If a directory cannot be read.
pub fn wildcards(pattern: &Pattern, ahead: &mut StatAhead) -> Result<Wildcards, GlobError> {
    let prefix = pattern.prefix();
    let root = match prefix.rfind('/') {
        Some(0) => "/",
        Some(slash) => &prefix[..slash],
        None => "",
    };
    let apart: Vec<&str> = NO_DATA.into_iter().filter(|name| !pattern.text().contains(name)).collect();
    let search = Search { root, depth: usize::MAX, hidden: true, apart: &apart, prefix };
    let (mut captured, mut ranges) = (Vec::new(), Vec::new());
    let there = walk(&search, &mut |path| {
        let matches = pattern.captures(path, &mut ranges);
        if matches {
            captured.extend_from_slice(&ranges);
            ahead.found(path);
        }
        matches
    });
    let there = there.inspect_err(|_| ahead.forget())?;
    let mut found = Wildcards::of(pattern);
    let order = there.texts.sorted();
    let width = found.names.len();
    let mut sorted = Texts::like(&there.texts);
    for place in order.iter().map(|place| *place as usize) {
        let path = there.texts.get(place);
        found.take(path, &captured[place * width..][..width]);
        sorted.push(path);
    }
    found.not_utf8 = there.not_utf8;
    ahead.keep(sorted, order);
    Ok(found)
}

/// The same of `files` instead of what is there, in their order.
pub fn wildcards_of(pattern: &Pattern, files: &[String]) -> Wildcards {
    let mut found = Wildcards::of(pattern);
    let mut ranges = Vec::new();
    for path in files {
        if pattern.captures(path, &mut ranges) {
            found.take(path, &ranges);
        }
    }
    found
}

impl Wildcards {
    fn of(pattern: &Pattern) -> Wildcards {
        let names = pattern.names().to_vec();
        Wildcards { values: names.iter().map(|_| Texts::default()).collect(), names, ..Wildcards::default() }
    }

    fn take(&mut self, path: &str, ranges: &[Range<u32>]) {
        self.count += 1;
        for (values, range) in self.values.iter_mut().zip(ranges) {
            values.push(&path[range.start as usize..range.end as usize]);
        }
    }
}

/// Why a glob found nothing to say.
#[derive(Debug)]
pub enum GlobError {
    /// The glob itself; a line that says why.
    Malformed(String),
    /// A directory could not be read.
    Io(io::Error),
}

impl From<io::Error> for GlobError {
    fn from(error: io::Error) -> GlobError {
        GlobError::Io(error)
    }
}

impl std::fmt::Display for GlobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GlobError::Malformed(why) => f.write_str(why),
            GlobError::Io(error) => error.fmt(f),
        }
    }
}

fn compile(glob: &str) -> Result<GlobMatcher, GlobError> {
    let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
    built.map(|g| g.compile_matcher()).map_err(|e| GlobError::Malformed(e.kind().to_string()))
}

/// The directory before the first name with a wildcard, and the rest; the
/// directory is empty for the current one.
fn split(glob: &str) -> (&str, &str) {
    let Some(first) = glob.find(['*', '?', '[', '{', '\\']) else { return (glob, "") };
    match glob[..first].rfind('/') {
        Some(0) => ("/", &glob[1..]),
        Some(slash) => (&glob[..slash], &glob[slash + 1..]),
        None => ("", glob),
    }
}

impl Walked {
    fn sorted(self) -> Found {
        let Walked { texts, not_utf8 } = self;
        let paths = texts.sorted().into_iter().map(|place| texts.get(place as usize).to_owned()).collect();
        Found { paths, not_utf8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    /// A tree, and what a glob below it finds, without the tree's own prefix.
    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for name in
            ["a.txt", "b.txt", "b.csv", ".hidden.txt", "d/c.txt", "d/e/f.txt", ".rulemake/log.txt", ".rm~1~x.txt"]
        {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        symlink("nowhere.txt", root.join("dangling.txt")).unwrap();
        symlink("d", root.join("link")).unwrap();
        symlink("..", root.join("d/up")).unwrap();
        dir
    }

    fn found(dir: &Path, glob: &str) -> Vec<String> {
        let prefix = format!("{}/", dir.display());
        let all = paths(&format!("{prefix}{glob}")).unwrap().paths;
        all.iter().map(|p| p.strip_prefix(&prefix).unwrap().to_owned()).collect()
    }

    #[test]
    fn globs() {
        let dir = tree();
        let cases: [(&str, &[&str]); 9] = [
            ("*.txt", &["a.txt", "b.txt"]),
            ("b.{txt,csv}", &["b.csv", "b.txt"]),
            ("[ab].txt", &["a.txt", "b.txt"]),
            ("a.txt", &["a.txt"]),
            ("nothing", &[]),
            ("no/such/*.txt", &[]),
            (".h*", &[".hidden.txt"]),
            ("d/*", &["d/c.txt", "d/e", "d/up"]),
            ("link/**/*.txt", &["link/c.txt", "link/e/f.txt"]),
        ];
        for (glob, want) in cases {
            assert_eq!(
                found(dir.path(), glob).iter().filter(|p| !p.contains("up/")).collect::<Vec<_>>(),
                want,
                "{glob}"
            );
        }
    }

    #[test]
    fn circles_end_and_ours_is_never_seen() {
        let dir = tree();
        let all = found(dir.path(), "**/*");
        assert!(all.contains(&"d/up".to_owned()) && all.contains(&"link/e/f.txt".to_owned()), "{all:?}");
        assert!(all.iter().all(|p| !p.contains(".rulemake") && !p.contains(".rm~")), "{all:?}");
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(all, sorted);
    }

    #[test]
    fn names_that_are_not_utf8_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.txt")), "").unwrap();
        fs::write(dir.path().join("a.txt"), "").unwrap();
        let found = paths(&format!("{}/*.txt", dir.path().display())).unwrap();
        assert_eq!((found.paths.len(), found.not_utf8.count), (1, 1));
        assert!(found.not_utf8.first.ends_with("/\u{fffd}.txt"), "{}", found.not_utf8.first);
    }

    #[test]
    fn the_wildcards_of_a_pattern() {
        let dir = tree();
        let pattern = |text: &str| {
            let mut pattern = Pattern::parse(&format!("{}/{text}", dir.path().display())).unwrap();
            pattern.constrain(&|_| None).unwrap();
            pattern
        };
        let all = |pattern: &Pattern| wildcards(pattern, &mut StatAhead::default());
        let found = all(&pattern("{dir,d|link}/{name}.txt")).unwrap();
        assert_eq!(found.names, ["dir".into(), "name".into()]);
        let pairs = found.values[0].iter().zip(found.values[1].iter());
        let want = [("d", "c"), ("d", "e/f"), ("link", "c"), ("link", "e/f")];
        assert_eq!(pairs.filter(|p| !p.1.contains("up/")).collect::<Vec<_>>(), want);
        let first = |found: &Wildcards| found.values[0].iter().map(str::to_owned).collect::<Vec<_>>();
        let directories = all(&pattern("d/{name,[^/.]+}")).unwrap();
        assert_eq!(first(&directories), ["e", "up"]);
        assert_eq!(first(&all(&pattern("b.{ext}")).unwrap()), ["csv", "txt"]);
        assert!(first(&all(&pattern("no/{x}")).unwrap()).is_empty());
        let given = ["x/b.txt", "y/c.csv", "x/a.txt"].map(|p| format!("{}/{p}", dir.path().display()));
        assert_eq!(first(&wildcards_of(&pattern("x/{n}.txt"), &given)), ["b", "a"]);
    }

    #[test]
    fn hidden_files_match_a_pattern_but_not_those_of_tools() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.txt", ".b.txt", ".c/d.txt", ".git/e.txt", ".snakemake/f.txt", ".rulemake/g.txt"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let find = |text: &str| {
            let pattern = Pattern::parse(&format!("{}/{text}", dir.path().display())).unwrap();
            let found = wildcards(&pattern, &mut StatAhead::default()).unwrap();
            assert_eq!(found.count, found.values[0].len());
            found.values[0].iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(find("{x}.txt"), ".b .c/d a");
        assert_eq!(find(".git/{x}.txt"), "e");
    }

    #[test]
    fn a_malformed_glob() {
        assert!(matches!(paths("a[b"), Err(GlobError::Malformed(_))));
    }
}
