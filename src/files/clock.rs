//! The clock of the file system the pipeline lives on.
//!
//! Owns the file `.rulemake/clock`, whose only use is to be written so that its
//! modification time tells the time as the file system stamps it (a file
//! server's clock is not ours, and a kernel stamps with its last tick).

use super::stat::from_raw;
use crate::memo::{Reading, Stat};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Reads the file system's clock. Made without touching anything; the file is
/// opened at the first reading.
pub struct Clock {
    path: PathBuf,
    open: OnceLock<Option<(File, bool)>>,
}

impl Clock {
    /// The clock of a state directory.
    pub fn new(state_dir: &Path) -> Clock {
        Clock { path: state_dir.join("clock"), open: OnceLock::new() }
    }

    /// The time now. Where nothing can be written (a dry run in somebody
    /// else's directory) there is none: [`Reading::NONE`].
    pub fn read(&self) -> Reading {
        let open = self.open.get_or_init(|| {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path).ok()?;
            let fine = is_fine(&file);
            Some((file, fine))
        });
        let Some((file, fine)) = open else { return Reading::NONE };
        match tick(file) {
            Ok(stat) => Reading { dev: Some(stat.dev), now_ns: stat.mtime_ns, fine: *fine },
            Err(_) => Reading::NONE,
        }
    }
}

/// Writes to the clock file and asks for its stat.
fn tick(file: &File) -> io::Result<Stat> {
    file.write_at(b"\n", 0)?;
    Ok(from_raw(&rustix::fs::fstat(file)?))
}

/// Whether this file system gives each change after a stat a time of its own
/// (Linux 6.13 and later on ext4, xfs, btrfs and tmpfs). Seen, not looked up:
/// several changes within less than any tick, each with another time.
fn is_fine(file: &File) -> bool {
    const CHANGES: usize = 6;
    const LEAST_TICK: Duration = Duration::from_micros(900);
    let is_local = rustix::fs::fstatfs(file).is_ok_and(|fs| FINE_FILE_SYSTEMS.contains(&(fs.f_type as u64 as u32)));
    let round = || {
        let start = Instant::now();
        let times: Option<Vec<i64>> = (0..CHANGES).map(|_| tick(file).ok().map(|s| s.mtime_ns)).collect();
        let differ = times.is_some_and(|t| t.windows(2).all(|w| w[0] < w[1]));
        (start.elapsed() < LEAST_TICK).then_some(differ)
    };
    is_local && (0..5).find_map(|_| round()).unwrap_or(false)
}

/// Magic numbers of ext4, xfs, btrfs and tmpfs, from `linux/magic.h`.
const FINE_FILE_SYSTEMS: [u32; 4] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_the_clock_files_are_stamped_with() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::new(dir.path());
        let before = clock.read();
        let path = dir.path().join("file");
        fs::write(&path, "x").unwrap();
        let stat = crate::files::stat(path.to_str().unwrap()).unwrap();
        let after = clock.read();
        assert!(before.now_ns <= stat.mtime_ns && stat.mtime_ns <= after.now_ns, "{before:?} {stat:?} {after:?}");
        assert_eq!(before.dev, Some(stat.dev));
    }

    #[test]
    fn without_a_directory_there_is_no_time() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Clock::new(&dir.path().join("none")).read(), Reading::NONE);
    }

    #[test]
    fn fine_times_are_what_they_say() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::new(dir.path());
        if !clock.read().fine {
            return;
        }
        let path = dir.path().join("file");
        let mut last = 0;
        for i in 0..200_u32 {
            fs::write(&path, i.to_string()).unwrap();
            let stat = crate::files::stat(path.to_str().unwrap()).unwrap();
            assert_ne!(stat.ctime_ns, last);
            last = stat.ctime_ns;
        }
    }
}
