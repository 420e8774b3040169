//! What lies in one directory, as Python's `os.scandir` has it.
//!
//! Owns which names are never seen: our own and those of Snakemake's own directory.
//! It does not know what is looked for.

use super::walk::NotUtf8;
use super::{ASIDE_PREFIX, STATE_DIR};
use std::io;

/// Snakemake's own directory.
const THEIRS: &str = ".snakemake";

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name alone.
    pub name: String,
    /// Whether it is a directory, or a link to one.
    pub is_dir: bool,
    /// Whether it is a link.
    pub is_link: bool,
}

/// All that is in a directory, hidden and dangling names too, sorted by bytes.
/// Names that are not UTF-8 are counted.
///
/// # Errors
/// If it is no directory that can be read.
pub fn listing(directory: &str, not_utf8: &mut NotUtf8) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    let directory = if directory.is_empty() { "." } else { directory };
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = match entry.file_name().into_string() {
            Ok(name) => name,
            Err(_) => {
                not_utf8.add(std::os::unix::ffi::OsStrExt::as_bytes(entry.path().as_os_str()));
                continue;
            }
        };
        if name == STATE_DIR || name == THEIRS || name.starts_with(ASIDE_PREFIX) {
            continue;
        }
        let kind = entry.file_type()?;
        let is_dir = kind.is_dir() || kind.is_symlink() && entry.path().is_dir();
        found.push(Listed { name, is_dir, is_link: kind.is_symlink() });
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn hidden_names_but_not_those_of_tools() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", ".a"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        for name in ["c", ".rulemake", ".snakemake", ".rm~1~x"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink("c", dir.path().join("d")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("e")).unwrap();
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        let mut not_utf8 = NotUtf8::default();
        let found = listing(dir.path().to_str().unwrap(), &mut not_utf8).unwrap();
        let shown: Vec<_> = found.iter().map(|f| (&*f.name, f.is_dir, f.is_link)).collect();
        let want =
            [(".a", false, false), ("b", false, false), ("c", true, false), ("d", true, true), ("e", false, true)];
        assert_eq!(shown, want);
        assert_eq!(not_utf8.count, 1);
        assert!(listing("no/such", &mut not_utf8).is_err());
    }
}
