//! The lock for file systems that have none: a file that says who runs, and
//! whose date says that they still do.
//!
//! Owns the files `lease.N`. The holder is who created the one of the highest
//! number; creation is exclusive, so there is one. A lease ends when it is
//! marked released, when its process is gone (if it is of this host), or when
//! its heartbeat stops (if it is of another). The next holder creates the next
//! number, looks again whether it is the highest, and only then removes those
//! below; the highest is never removed, so a number is never won twice.

use super::lock::Holder;
use super::{error, process};
use crate::diag::{Diag, Kind};
use crate::files::Clock;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// How often the holder shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Without a sign of life for this long, a holder on another host is gone.
const EXPIRY: Duration = Duration::from_secs(90);
const RELEASED: &str = "released\n";
const PREFIX: &str = "lease.";

/// A lease that is held.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    ended: Arc<(Mutex<bool>, Condvar)>,
    heart: Option<JoinHandle<()>>,
}

impl Lease {
    /// Takes the lease of a directory, without waiting.
    pub(super) fn take(dir: &Path) -> Result<Lease, Diag> {
        for _ in 0..100 {
            let highest = highest(dir).map_err(|e| error("read", dir, &e))?;
            if let Some(holder) = highest.and_then(|n| valid(dir, n)) {
                return Err(holder.held());
            }
            let number = highest.map_or(1, |n| n + 1);
            let path = name(dir, number);
            match create(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(|e| error("write", &path, &e))?,
            }
            if self::highest(dir).map_err(|e| error("read", dir, &e))? == Some(number) {
                remove_below(dir, number);
                return Ok(Lease::held(path));
            }
            let _ = std::fs::remove_file(&path);
        }
        Err(Diag::error(Kind::System, "many runs start here at once").hint("try again"))
    }

    fn held(path: PathBuf) -> Lease {
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let (signal, file) = (Arc::clone(&ended), path.clone());
        let heart = std::thread::spawn(move || {
            let (flag, wake) = &*signal;
            let mut done = flag.lock().unwrap_or_else(PoisonError::into_inner);
            while !*done {
                done = wake.wait_timeout(done, HEARTBEAT).unwrap_or_else(PoisonError::into_inner).0;
                if !*done {
                    beat(&file);
                }
            }
        });
        Lease { path, ended, heart: Some(heart) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.1.notify_all();
        if let Some(heart) = self.heart.take() {
            let _ = heart.join();
        }
        // Only if it is still there: another may have taken over.
        if let Ok(mut file) = File::options().write(true).truncate(true).open(&self.path) {
            let _ = file.write_all(RELEASED.as_bytes());
        }
    }
}

/// Dates the file by the file system's own clock.
fn beat(path: &Path) {
    let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
    let _ = rustix::fs::utimensat(rustix::fs::CWD, path, &times, rustix::fs::AtFlags::empty());
}

fn name(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{PREFIX}{number}"))
}

fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    let number = |e: std::fs::DirEntry| e.file_name().to_str()?.strip_prefix(PREFIX)?.parse().ok();
    Ok(entries.into_iter().filter_map(number).collect())
}

fn highest(dir: &Path) -> io::Result<Option<u64>> {
    Ok(numbers(dir)?.into_iter().max())
}

fn create(path: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(Holder::me().to_text().as_bytes())
}

fn remove_below(dir: &Path, number: u64) {
    let below = numbers(dir).unwrap_or_default().into_iter().filter(|&n| n < number);
    below.for_each(|n| drop(std::fs::remove_file(name(dir, n))));
}

/// Who holds this lease, if anybody still does.
fn valid(dir: &Path, number: u64) -> Option<Holder> {
    let path = name(dir, number);
    let text = std::fs::read_to_string(&path).ok()?;
    if text == RELEASED {
        return None;
    }
    let holder = Holder::parse(&text);
    if holder.host == process::host() && !holder.boot_id.is_empty() {
        return holder.may_live().then_some(holder);
    }
    (age(dir, &path)? < EXPIRY).then_some(holder)
}

/// How long ago a file was dated, by the clock that dated it.
fn age(dir: &Path, path: &Path) -> Option<Duration> {
    let dated = crate::files::stat(path.to_str()?).ok()?.mtime_ns;
    let reading = Clock::new(dir).read();
    let system = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64);
    let now = if reading.dev.is_some() { reading.now_ns } else { system() };
    Some(Duration::from_nanos(now.saturating_sub(dated).max(0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn foreign(dir: &Path, number: u64, text: &str, age: Duration) {
        let path = name(dir, number);
        std::fs::write(&path, text).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lease::take(dir.path()).unwrap();
        let refusal = Lease::take(dir.path()).unwrap_err();
        assert!(refusal.message.contains(&format!("pid {}", std::process::id())), "{}", refusal.message);
        drop(first);
        let second = Lease::take(dir.path()).unwrap();
        assert_eq!(numbers(dir.path()).unwrap(), [2]);
        drop(second);
    }

    #[test]
    fn it_expires_by_itself() {
        let here = Holder::me();
        let gone = Holder { start_ticks: 1, ..here.clone() }.to_text();
        let other_boot = Holder { boot_id: "another".into(), ..here.clone() }.to_text();
        let elsewhere = Holder { host: "elsewhere".into(), ..here.clone() }.to_text();
        let cases = [
            (here.to_text(), 1000, false),
            (gone, 0, true),
            (other_boot, 0, true),
            (elsewhere.clone(), 30, false),
            (elsewhere, 1000, true),
            (String::new(), 0, false),
            (String::new(), 1000, true),
            (RELEASED.to_owned(), 0, true),
        ];
        for (text, age, free) in cases {
            let dir = tempfile::tempdir().unwrap();
            foreign(dir.path(), 7, &text, Duration::from_secs(age));
            assert_eq!(Lease::take(dir.path()).is_ok(), free, "{text} {age}");
        }
    }

    #[test]
    fn many_at_once_and_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        foreign(dir.path(), 3, RELEASED, Duration::ZERO);
        let (holding, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            for _ in 0..50 {
                if let Ok(lease) = Lease::take(dir.path()) {
                    most.fetch_max(holding.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    holding.fetch_sub(1, Ordering::SeqCst);
                    drop(lease);
                }
            }
        };
        std::thread::scope(|s| (0..8).for_each(|_| drop(s.spawn(work))));
        assert_eq!(most.into_inner(), 1);
    }
}
