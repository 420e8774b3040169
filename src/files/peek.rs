//! Small looks for messages: names in a directory, both ends of a text, what a
//! log gained.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Up to `most` names of files and directories in a directory, sorted; none if
/// it cannot be read.
pub fn names_in(directory: &str, most: usize) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let names = entries.take(most).flatten().filter_map(|e| e.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|n| !n.starts_with(super::ASIDE_PREFIX)).collect();
    names.sort_unstable();
    names
}

/// A file's text; if it is longer than `most` bytes, its first and last half
/// of that, with a line between them that says how much is left out.
///
/// # Errors
/// If it cannot be read.
pub fn read_ends(path: &Path, most: usize) -> io::Result<String> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut bytes = Vec::new();
    if len <= most as u64 {
        file.read_to_end(&mut bytes)?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let half = (most / 2) as u64;
    (&mut file).take(half).read_to_end(&mut bytes)?;
    bytes.extend_from_slice(format!("\n... {} bytes left out ...\n", len - 2 * half).as_bytes());
    file.seek(SeekFrom::End(-(half as i64)))?;
    file.take(half).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a growing file gained beyond `from`: whole lines, or all of it if `end`.
/// Of more than `most` bytes the first and last half, with a line between them
/// that says how much is left out. None if nothing is there, or nothing new;
/// else the text, and where to go on. A file that became shorter was cut:
/// that is said, and one goes on at its end.
pub fn read_on(path: &Path, from: u64, most: usize, end: bool) -> Option<(String, u64)> {
    let mut file = File::open(path).ok()?;
    let len = file.metadata().ok()?.len();
    if len < from {
        return Some(("... cut here by its limit ...\n".into(), len));
    }
    let gained = len - from;
    if gained == 0 {
        return None;
    }
    let mut bytes = Vec::new();
    if gained > most as u64 {
        let half = (most / 2) as u64;
        file.seek(SeekFrom::Start(from)).ok()?;
        (&mut file).take(half).read_to_end(&mut bytes).ok()?;
        bytes.extend_from_slice(format!("\n... {} bytes left out ...\n", gained - 2 * half).as_bytes());
        file.seek(SeekFrom::Start(len - half)).ok()?;
        file.take(half).read_to_end(&mut bytes).ok()?;
        return Some((String::from_utf8_lossy(&bytes).into_owned(), len));
    }
    file.seek(SeekFrom::Start(from)).ok()?;
    file.take(gained).read_to_end(&mut bytes).ok()?;
    if !end {
        bytes.truncate(bytes.iter().rposition(|b| *b == b'\n')? + 1);
    }
    let next = from + bytes.len() as u64;
    Some((String::from_utf8_lossy(&bytes).into_owned(), next)).filter(|(text, _)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_file_is_read_line_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        assert_eq!(read_on(&path, 0, 100, true), None);
        std::fs::write(&path, "one\ntw").unwrap();
        assert_eq!(read_on(&path, 0, 100, false), Some(("one\n".into(), 4)));
        assert_eq!(read_on(&path, 4, 100, false), None);
        std::fs::write(&path, "one\ntwo").unwrap();
        assert_eq!(read_on(&path, 4, 100, true), Some(("two".into(), 7)));
        assert_eq!(read_on(&path, 7, 100, true), None);
        assert_eq!(read_on(&path, 0, 4, false), Some(("on\n... 3 bytes left out ...\nwo".into(), 7)));
        std::fs::write(&path, "o\n").unwrap();
        assert_eq!(read_on(&path, 7, 100, false).unwrap().1, 2);
    }

    #[test]
    fn both_ends_of_a_long_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "0123456789".repeat(10)).unwrap();
        assert_eq!(read_ends(&path, 100).unwrap().len(), 100);
        assert_eq!(read_ends(&path, 10).unwrap(), "01234\n... 90 bytes left out ...\n56789");
    }
}
