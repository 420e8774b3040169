//! Why jobs cannot be: the memory of what `choose` dropped, for messages.

use super::JobId;
use super::order::Cycle;
use crate::diag::Diag;
use crate::path::PathId;
use rustc_hash::{FxHashMap, FxHashSet};

/// Why a job was dropped.
#[derive(Clone, Debug)]
pub enum Why {
    /// An input that cannot be had.
    Missing(PathId),
    /// It depends on itself.
    Cycle(Cycle),
    /// A function of its input failed.
    Failed(Box<Diag>),
}

/// What was dropped, and what cannot be had for it.
#[derive(Default)]
pub struct Dead {
    /// Jobs whose input functions failed, to be dropped.
    pub failed: Vec<(JobId, Diag)>,
    /// Dropped jobs.
    pub jobs: FxHashMap<JobId, Why>,
    /// Files that neither exist nor can be made.
    pub lost: FxHashSet<PathId>,
    /// Files that are to be read before they are updated, and do not exist.
    pub not_yet: FxHashSet<PathId>,
    /// The jobs that could have made a file, had they not been dropped.
    pub tried: FxHashMap<PathId, Vec<JobId>>,
}
