//! The only reader of the user's tree: stats, digests, globs.
//!
//! Owns how files are asked and read, and by how many threads. It writes
//! nothing but the clock file under `.rulemake/`, and does not know what the
//! answers are for.

mod ahead;
mod checksum;
mod clock;
pub mod glob;
mod hash;
mod listing;
mod others;
mod peek;
pub mod python_glob;
mod shell_name;
mod stat;
mod texts;
mod tree;
mod trust;
mod walk;

pub use crate::memo::{Entry, Kind, Memo, Reading, Stat, trusted_stat_digest};
pub use ahead::StatAhead;
pub use checksum::{checksum, is_empty};
pub use clock::Clock;
pub use hash::{HashError, Item, digest_all, digest_file};
pub use listing::{Listed, listing};
pub use others::others;
pub use peek::{names_in, read_ends, read_on};
pub use stat::{stat, stat_all};
pub use texts::Texts;
pub use tree::{digest_tree, tree_stat};
pub use trust::Trust;
pub use walk::NotUtf8;

/// Names of ours in the user's directories: never seen by globs and digests.
pub const ASIDE_PREFIX: &str = ".rm~";
/// Our own directory in the pipeline's directory.
pub const STATE_DIR: &str = ".rulemake";

/// Threads to share `work` pieces among: no more than asked for, and none that
/// would have less than `least` to do.
fn useful_threads(threads: usize, work: usize, least: usize) -> usize {
    threads.min(work / least).max(1)
}
