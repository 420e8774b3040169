//! Runs: the loop that joins plan, schedule, executor, state and report.
//!
//! Owns the order in which things happen, and alone appends records. It prints
//! nothing: what happens is told as events.

mod accept;
mod adopt;
mod aside;
mod compile;
mod fixed;
mod follow;
mod grow;
mod handler;
mod open;
mod pyload;
mod recover;
mod select;
mod signals;
mod task;
mod temp;
mod work;

pub use accept::{Accepted, Touched, accept_rule, touch};
pub use aside::Came;
pub use compile::compile_python;
pub use fixed::Fixed;
pub use handler::execute;
pub use open::{Mode, Opened, Pipeline, Prefetch, left_out, open_state, refuse_protected, refuse_to_overwrite};
pub use pyload::pyload;
pub use recover::{Recovered, recover, unsettled};
pub use select::Selection;
pub use signals::Listener;
pub use temp::TempMode;
pub use work::{Hands, Ran, settler};

use crate::event::Event;
use crate::files::Trust;
use crate::plan::Triggers;
use std::path::PathBuf;
use std::time::Duration;

/// Where events go. Also called with none while nothing happens, for the live status.
pub type Tell<'a> = dyn FnMut(Option<Event>) + 'a;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Words of the command line that name targets.
    pub targets: Vec<String>,
    /// The part of the graph that is asked for.
    pub selection: Selection,
    /// No job will be started, so what jobs take does not matter.
    pub idle: bool,
    /// Cores to use.
    pub cores: u32,
    /// Threads to digest files with.
    pub hash_threads: usize,
    /// Files that are told by size and time.
    pub trust: Trust,
    /// Bounds of resources by name.
    pub limits: Vec<(String, u64)>,
    /// Where temporary files go, if neither rule nor command line say.
    pub tmpdir: String,
    /// Names of devices to hand out to jobs that ask for `gpu`; numbers from 0 if none are given.
    pub devices: Option<Vec<String>>,
    /// No job gets more threads.
    pub max_threads: Option<u32>,
    /// Rules and files that go first, with all that they need.
    pub prioritize: Vec<String>,
    /// Which outputs are deleted when nobody reads them any more.
    pub temps: TempMode,
    /// Where the directories of `shadow:` rules are made, if not under `.rulemake/`.
    pub shadow_prefix: Option<PathBuf>,
    /// Go on after a failure with what does not depend on it.
    pub keep_going: bool,
    /// How often a job that failed is tried again, where its rule does not say.
    pub retries: u32,
    /// Run everything.
    pub force_all: bool,
    /// Run the targets' jobs.
    pub force_targets: bool,
    /// Run the jobs of these rules, or that make these files.
    pub force_run: Vec<String>,
    /// What makes jobs run besides content.
    pub triggers: Triggers,
    /// Make existing outputs again of which nothing is recorded.
    pub remake: bool,
    /// Delete old outputs before a job.
    pub discard_old: bool,
    /// Keep what a failed job wrote.
    pub keep_incomplete: bool,
    /// How long to wait for outputs.
    pub latency_wait: Duration,
    /// Bytes of a job's output to keep.
    pub log_limit: Option<u64>,
    /// Show what jobs print while they run.
    pub stream: bool,
    /// Write more columns to `benchmark:` files.
    pub benchmark_extended: bool,
}
