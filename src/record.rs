//! Job records as plain data: what is kept of a job's last success.
//!
//! Owns the types alone. It does not know how records are stored, nor what
//! makes a job stale.

use crate::digest::Digest;
use crate::path::PathId;

/// The last success of a job, with its components, so that old and new can be
/// named when they differ.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// One digest over all ingredients, the inputs' contents included.
    pub made_from: Digest,
    /// One digest over all ingredients but the inputs' contents.
    pub recipe: Digest,
    /// The rule's name.
    pub rule: Box<str>,
    /// In the order of the job.
    pub inputs: Vec<Input>,
    /// In the order of the job, each with the digest of what the job made.
    pub outputs: Vec<(PathId, Digest)>,
    /// The command as recorded (not as run).
    pub command: Box<str>,
    /// Params: name and text. Positional ones have their index as the name.
    pub params: Vec<(Box<str>, Box<str>)>,
    /// Script files and their contents' digests.
    pub scripts: Vec<(Box<str>, Digest)>,
    /// What identifies the environment; empty if there is none.
    pub environment: Box<str>,
    /// How the attempt went.
    pub stats: Stats,
    /// The note of `--accept` or `--touch`, if the record was taken as made.
    pub accepted: Option<Box<str>>,
}

/// An input as a job read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its path.
    pub path: PathId,
    /// Its content; [`Digest::UNKNOWN`] if nobody saw it whole.
    pub digest: Digest,
    /// `ancient()`: it need only exist.
    pub ancient: bool,
}

/// Figures of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    /// Start, in milliseconds since 1970 (Unix time).
    pub start_ms: u64,
    /// Wall-clock time in milliseconds.
    pub wall_ms: u64,
    /// User time in microseconds.
    pub user_us: u64,
    /// System time in microseconds.
    pub sys_us: u64,
    /// Peak resident memory in KiB, where it could be known.
    pub peak_rss_kib: Option<u64>,
    /// Exit code.
    pub exit_code: i32,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// The host's name.
    pub host: Box<str>,
    /// The version of rulemake.
    pub version: Box<str>,
}

impl Stats {
    /// End, in milliseconds since 1970.
    pub fn end_ms(&self) -> u64 {
        self.start_ms.saturating_add(self.wall_ms)
    }
}

/// A failed or interrupted attempt. It stands beside the job's record and does
/// not replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When it ended, in milliseconds since 1970.
    pub when_ms: u64,
    /// How it ended, in words: an exit code or a signal.
    pub exit: Box<str>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
}

/// A job that was begun: written before anything of the user's is moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The rule's name.
    pub rule: Box<str>,
    /// Its outputs.
    pub outputs: Vec<PathId>,
    /// What recovery must know of each output, in the writer's own bits.
    pub marks: Vec<u8>,
    /// The file that takes the job's output.
    pub log_path: Box<str>,
    /// What names the files set aside for this job.
    pub aside: Box<str>,
    /// When, in milliseconds since 1970.
    pub when_ms: u64,
}

/// The process of a job that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// Process group, which is also its leader's pid.
    pub pgid: u32,
    /// The leader's start time in clock ticks since boot.
    pub start_ticks: u64,
    /// The boot it was started under.
    pub boot_id: Box<str>,
}
