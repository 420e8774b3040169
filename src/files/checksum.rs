//! Checksums that users know from elsewhere, and whether a file is empty.
//!
//! Owns how a file is read for them. What identifies content to us is not among
//! them.

use crate::rule::Checksum;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};

/// The checksum of a file's content, in lower case and hexadecimal.
///
/// # Errors
/// If it cannot be read.
pub fn checksum(path: &str, kind: Checksum) -> io::Result<String> {
    match kind {
        Checksum::Md5 => of::<Md5>(path),
        Checksum::Sha1 => of::<Sha1>(path),
        Checksum::Sha256 => of::<Sha256>(path),
    }
}

fn of<D: Digest>(path: &str) -> io::Result<String> {
    let (mut file, mut digest) = (File::open(path)?, D::new());
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => digest.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut text = String::new();
    for byte in digest.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Whether a file has no content, or a directory no entries.
///
/// # Errors
/// If it cannot be looked at.
pub fn is_empty(path: &str) -> io::Result<bool> {
    let stat = fs::metadata(path)?;
    if stat.is_dir() { Ok(fs::read_dir(path)?.next().is_none()) } else { Ok(stat.len() == 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_usual_programs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f").to_string_lossy().into_owned();
        fs::write(&path, "hello\n").unwrap();
        let of = |kind| checksum(&path, kind).unwrap();
        assert_eq!(of(Checksum::Md5), "b1946ac92492d2347c6235b4d2611184");
        assert_eq!(of(Checksum::Sha1), "f572d396fae9206628714fb2ce00f72e94f2258f");
        assert_eq!(of(Checksum::Sha256), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        assert!(!is_empty(&path).unwrap());
    }
}
