//! Files and trees as wholes: remove, move, copy, protect.
//!
//! Owns the steps that a plain system call does not do: trees without write
//! permission, moves across file systems. Symbolic links are never followed.

use super::{names, ops};
use std::fs::{self, File, FileTimes, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    /// A symbolic link, to whatever.
    Link,
    /// A file, a device.
    Other,
}

/// What stands at a path, if anything.
pub(super) fn kind(path: &Path) -> io::Result<Option<Kind>> {
    match fs::symlink_metadata(path) {
        Ok(stat) if stat.is_dir() => Ok(Some(Kind::Directory)),
        Ok(stat) if stat.is_symlink() => Ok(Some(Kind::Link)),
        Ok(_) => Ok(Some(Kind::Other)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an error says that there is nothing at a path.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Removes a file or a tree. False if there is none.
pub(super) fn remove(path: &Path) -> io::Result<bool> {
    match ops::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => match kind(path)? {
            Some(Kind::Directory) => remove_tree(path).map(|()| true),
            _ => Err(error),
        },
    }
}

fn remove_tree(path: &Path) -> io::Result<()> {
    match ops::remove_tree(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            each(path, &mut |path, is_dir| if is_dir { chmod(path, |mode| mode | 0o700) } else { Ok(()) })?;
            ops::remove_tree(path)
        }
        other => other,
    }
}

/// Drops something that must not be taken for whole while it goes.
pub(super) fn drop_aside(path: &Path) -> io::Result<()> {
    if kind(path)? == Some(Kind::Directory) {
        let gone = names::gone(path);
        remove(&gone)?;
        ops::rename(path, &gone)?;
        return remove(&gone).map(drop);
    }
    remove(path).map(drop)
}

/// Calls for a path and all below it, directories before what is in them.
fn each(path: &Path, call: &mut impl FnMut(&Path, bool) -> io::Result<()>) -> io::Result<()> {
    let mut stack = vec![path.to_path_buf()];
    while let Some(path) = stack.pop() {
        let is_dir = kind(&path)? == Some(Kind::Directory);
        call(&path, is_dir)?;
        if is_dir {
            for entry in fs::read_dir(&path)? {
                stack.push(entry?.path());
            }
        }
    }
    Ok(())
}

fn chmod(path: &Path, change: impl Fn(u32) -> u32) -> io::Result<()> {
    let stat = fs::symlink_metadata(path)?;
    let (old, new) = (stat.permissions().mode(), change(stat.permissions().mode()));
    if stat.is_symlink() || old == new { Ok(()) } else { ops::set_permissions(path, Permissions::from_mode(new)) }
}

/// Takes the write bits off a file, or off a tree.
pub(super) fn protect(path: &Path) -> io::Result<()> {
    each(path, &mut |path, _| chmod(path, |mode| mode & !0o222))
}

/// Whether there is a file or directory without any write bit.
pub(super) fn is_write_protected(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|stat| !stat.is_symlink() && stat.permissions().mode() & 0o222 == 0)
}

/// Touches what is there or makes an empty file.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    let open = match kind(path)? {
        Some(Kind::Directory) => File::open(path),
        _ => ops::open_or_create(path),
    };
    let now = SystemTime::now();
    open?.set_times(FileTimes::new().set_accessed(now).set_modified(now))
}

/// Renames, or where that is not possible copies and removes: then `to` is
/// complete on disk before anything of `from` goes, and something that is set
/// aside is never half there under its own name.
pub(super) fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    match ops::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        other => return other,
    }
    copy_whole(from, to)?;
    match names::is_aside(from) {
        true => drop_aside(from),
        false => remove(from).map(drop),
    }
}

/// Copies a file or tree, complete and on disk before it has its name.
fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let part = names::part(to);
    remove(&part)?;
    let copied = copy(from, &part).and_then(|()| ops::rename(&part, to));
    if copied.is_err() {
        let _ = remove(&part);
    }
    copied
}

/// Copies content, permissions and times; links as links. Recursion is as deep
/// as the tree.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let stat = fs::symlink_metadata(from)?;
    if stat.is_symlink() {
        return ops::symlink(&fs::read_link(from)?, to);
    }
    if stat.is_dir() {
        ops::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if stat.is_file() {
        ops::copy_file(from, to)?;
    } else {
        return Err(io::Error::new(ErrorKind::Unsupported, "it is no file, directory or link"));
    }
    let file = File::open(to)?;
    file.set_times(FileTimes::new().set_accessed(stat.accessed()?).set_modified(stat.modified()?))?;
    file.set_permissions(stat.permissions())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn sample(dir: &Path) {
        fs::create_dir_all(dir.join("t/sub")).unwrap();
        fs::write(dir.join("t/sub/x"), "x").unwrap();
        std::os::unix::fs::symlink("nowhere", dir.join("t/link")).unwrap();
        fs::set_permissions(dir.join("t/sub/x"), Permissions::from_mode(0o640)).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::open(dir.join("t/sub/x")).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();
        fs::set_permissions(dir.join("t/sub"), Permissions::from_mode(0o555)).unwrap();
    }

    #[test]
    fn a_copy_is_like_the_original() {
        let dir = tempfile::tempdir().unwrap();
        sample(dir.path());
        let (from, to) = (dir.path().join("t"), dir.path().join("u"));
        copy_whole(&from, &to).unwrap();
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("nowhere"));
        assert_eq!(fs::read(to.join("sub/x")).unwrap(), b"x");
        for path in ["sub/x", "sub", ""] {
            let (a, b) = (fs::metadata(from.join(path)).unwrap(), fs::metadata(to.join(path)).unwrap());
            assert_eq!((a.modified().unwrap(), a.permissions()), (b.modified().unwrap(), b.permissions()), "{path}");
        }
        assert!(!names::part(&to).exists());
    }

    #[test]
    fn a_tree_without_write_permission_can_be_removed() {
        let dir = tempfile::tempdir().unwrap();
        sample(dir.path());
        assert!(remove(&dir.path().join("t")).unwrap());
        assert!(!remove(&dir.path().join("t")).unwrap());
    }

    #[test]
    fn protect_and_touch() {
        let dir = tempfile::tempdir().unwrap();
        sample(dir.path());
        let file = dir.path().join("t/sub/x");
        protect(&dir.path().join("t")).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o440);
        let new = dir.path().join("new");
        touch(&new).unwrap();
        fs::write(&new, "content").unwrap();
        touch(&new).unwrap();
        assert_eq!(fs::read(&new).unwrap(), b"content");
        let age = fs::metadata(&new).unwrap().modified().unwrap().elapsed().unwrap_or_default();
        assert!(age < Duration::from_secs(60));
    }

    #[test]
    fn what_cannot_be_copied_is_said_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s")).unwrap();
        let to = dir.path().join("u");
        assert_eq!(copy_whole(&dir.path().join("s"), &to).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
