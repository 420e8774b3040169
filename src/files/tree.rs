//! Digests and stats of whole directories.
//!
//! Owns what counts in a tree: relative paths, what each entry is, the content
//! of files and the text of symbolic links. Modes, owners and times do not
//! count. Links inside are not followed.

use super::hash::{HashError, Progress, Reader};
use super::stat::from_raw;
use super::{ASIDE_PREFIX, useful_threads};
use crate::digest::{Digest, Parts};
use crate::memo::{Kind, Stat};
use globset::GlobSet;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use walkdir::{DirEntry, WalkDir};

/// The digest of a directory's tree, with its [`tree_stat`]. `ignore` is
/// matched against paths relative to the directory; an ignored directory is
/// ignored with all that is in it.
///
/// # Errors
/// As [`super::digest_file`], of the directory or anything in it.
pub fn digest_tree(path: &str, ignore: Option<&GlobSet>, threads: usize) -> Result<(Stat, Digest), HashError> {
    digest(path, ignore, threads, &|_| ())
}

/// A stat that stands for a whole tree: two are equal only if nothing in the
/// tree changed. Times are the latest in it, the size is the sum, and the
/// inode number is made of those of all entries. It asks for every entry's
/// stat and reads no file.
///
/// # Errors
/// If the directory cannot be read.
pub fn tree_stat(path: &str, ignore: Option<&GlobSet>) -> io::Result<Stat> {
    stat_of(Path::new(path), &entries(path, ignore)?)
}

const TRIES: usize = 3;

pub(super) fn digest(
    path: &str,
    ignore: Option<&GlobSet>,
    threads: usize,
    progress: Progress<'_>,
) -> Result<(Stat, Digest), HashError> {
    for _ in 0..TRIES {
        let entries = entries(path, ignore)?;
        let before = match stat_of(Path::new(path), &entries) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            before => before?,
        };
        let contents = match contents(&entries, threads, progress) {
            Err(HashError::Io(e)) if e.kind() == io::ErrorKind::NotFound => continue,
            contents => contents?,
        };
        if tree_stat(path, ignore).is_ok_and(|after| after == before) {
            return Ok((before, joined(&entries, &contents)));
        }
    }
    Err(HashError::Changing)
}

/// What is in a directory, sorted by path.
struct Inside {
    relative: PathBuf,
    entry: DirEntry,
}

fn entries(path: &str, ignore: Option<&GlobSet>) -> io::Result<Vec<Inside>> {
    let root = Path::new(path);
    let relative = |entry: &DirEntry| entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
    let counts = |entry: &DirEntry| {
        let name = entry.file_name().as_bytes();
        let ours = name.starts_with(ASIDE_PREFIX.as_bytes()) || name.starts_with(b".nfs");
        entry.depth() == 0 || !(ours || ignore.is_some_and(|set| set.is_match(relative(entry))))
    };
    let walk = WalkDir::new(root).min_depth(0).follow_links(false).into_iter().filter_entry(counts);
    let mut all = Vec::new();
    for entry in walk {
        let entry = entry?;
        if entry.depth() > 0 {
            all.push(Inside { relative: relative(&entry), entry });
        }
    }
    all.sort_unstable_by(|a, b| a.relative.as_os_str().as_bytes().cmp(b.relative.as_os_str().as_bytes()));
    Ok(all)
}

fn stat_of(root: &Path, entries: &[Inside]) -> io::Result<Stat> {
    let root = from_raw(&rustix::fs::stat(root)?);
    if root.kind != Kind::Dir {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let mut sum = Stat { size: 0, ..root };
    let mut parts = Parts::default();
    parts.add(b'd', &root.ino.to_le_bytes());
    for inside in entries {
        let stat = from_raw(&rustix::fs::lstat(inside.entry.path())?);
        parts.add(b'p', inside.relative.as_os_str().as_bytes());
        for number in [stat.ino, stat.size, stat.mtime_ns as u64, stat.ctime_ns as u64, u64::from(stat.mode)] {
            parts.add(b's', &number.to_le_bytes());
        }
        sum.mtime_ns = sum.mtime_ns.max(stat.mtime_ns);
        sum.ctime_ns = sum.ctime_ns.max(stat.ctime_ns);
        if stat.kind == Kind::File {
            sum.size += stat.size;
        }
        // Another device's clock is not the one this tree would be judged by.
        if stat.dev != root.dev {
            sum.dev = stat.dev;
        }
    }
    let head = parts.finish().0.first_chunk().copied().expect("a digest has eight bytes");
    Ok(Stat { ino: u64::from_le_bytes(head), ..sum })
}

/// Each entry's content digest, or the text of a link; none for directories.
fn contents(entries: &[Inside], threads: usize, progress: Progress<'_>) -> Result<Vec<Option<Digest>>, HashError> {
    let next = AtomicUsize::new(0);
    let threads = useful_threads(threads, entries.len(), 2);
    let results = Mutex::new(vec![None; entries.len()]);
    let work = || -> Result<(), HashError> {
        let mut reader = Reader::new(1, progress);
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(inside) = entries.get(i) else { return Ok(()) };
            let found = content(&mut reader, &inside.entry)?;
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[i] = found;
        }
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        handles.into_iter().try_fold((), |(), h| h.join().expect("a digest thread panicked")).and(own)
    })?;
    Ok(results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn content(reader: &mut Reader<'_>, entry: &DirEntry) -> Result<Option<Digest>, HashError> {
    let kind = entry.file_type();
    if kind.is_symlink() {
        let target = std::fs::read_link(entry.path())?;
        Ok(Some(Digest::of(target.as_os_str().as_bytes())))
    } else if kind.is_dir() {
        Ok(None)
    } else {
        Ok(Some(reader.file(entry.path())?.1))
    }
}

fn joined(entries: &[Inside], contents: &[Option<Digest>]) -> Digest {
    let mut parts = Parts::default();
    parts.add(b't', b"tree");
    for (inside, content) in entries.iter().zip(contents) {
        let tag = match content {
            None => b'd',
            Some(_) if inside.entry.path_is_symlink() => b'l',
            Some(_) => b'f',
        };
        parts.add(tag, inside.relative.as_os_str().as_bytes());
        parts.add(b'c', content.as_ref().map_or(&[], |d| &d.0[..]));
    }
    parts.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use globset::{Glob, GlobSetBuilder};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn digest_of(path: &Path) -> Digest {
        digest_tree(path.to_str().unwrap(), None, 2).unwrap().1
    }

    fn small(root: &Path) {
        fs::create_dir_all(root.join("sub/empty")).unwrap();
        fs::write(root.join("sub/a"), "1").unwrap();
        fs::write(root.join("b"), "2").unwrap();
        symlink("nowhere", root.join("link")).unwrap();
    }

    #[test]
    fn what_counts_and_what_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        small(&one);
        small(&two);
        let first = digest_of(&one);
        assert_eq!(first, digest_of(&two));
        fs::set_permissions(two.join("b"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(two.join(".nfs0001"), "x").unwrap();
        fs::create_dir(two.join("sub/.rm~1~a")).unwrap();
        assert_eq!(first, digest_of(&two));
        let mut others = vec![first];
        for change in 0..6 {
            let other = dir.path().join(change.to_string());
            small(&other);
            match change {
                0 => fs::write(other.join("b"), "3").unwrap(),
                1 => fs::rename(other.join("b"), other.join("c")).unwrap(),
                2 => fs::remove_dir(other.join("sub/empty")).unwrap(),
                3 => {
                    fs::remove_file(other.join("link")).unwrap();
                    symlink("elsewhere", other.join("link")).unwrap();
                }
                4 => {
                    fs::remove_file(other.join("link")).unwrap();
                    fs::write(other.join("link"), "nowhere").unwrap();
                }
                _ => fs::write(other.join("sub/empty/new"), "").unwrap(),
            }
            let digest = digest_of(&other);
            assert!(!others.contains(&digest), "change {change}");
            others.push(digest);
        }
    }

    #[test]
    fn ignored_names() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("d");
        small(&root);
        let before = digest_of(&root);
        let mut set = GlobSetBuilder::new();
        set.add(Glob::new("**/*.log").unwrap()).add(Glob::new("cache").unwrap());
        let set = set.build().unwrap();
        fs::write(root.join("sub/x.log"), "x").unwrap();
        fs::create_dir(root.join("cache")).unwrap();
        fs::write(root.join("cache/y"), "y").unwrap();
        assert_ne!(digest_of(&root), before);
        assert_eq!(digest_tree(root.to_str().unwrap(), Some(&set), 1).unwrap().1, before);
    }

    #[test]
    fn its_stat_tells_changes_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("d");
        small(&root);
        let path = root.to_str().unwrap();
        let first = tree_stat(path, None).unwrap();
        assert_eq!(first, tree_stat(path, None).unwrap());
        assert_eq!((first.kind, first.size), (Kind::Dir, 2));
        fs::write(root.join("sub/a"), "22").unwrap();
        let second = tree_stat(path, None).unwrap();
        assert_ne!(first, second);
        fs::rename(root.join("sub/a"), root.join("sub/z")).unwrap();
        assert_ne!(second, tree_stat(path, None).unwrap());
    }

    #[test]
    fn raw_names_and_special_files() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("d");
        fs::create_dir(&root).unwrap();
        let empty = digest_of(&root);
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        assert_ne!(digest_of(&root), empty);
        let pipe = root.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(matches!(digest_tree(root.to_str().unwrap(), None, 1), Err(HashError::Special)));
    }
}
