//! Which changes of its recipe make a job run: `--rerun-triggers`.
//!
//! Owns which reason is of which kind. That the content of inputs and outputs
//! counts is not to be had otherwise.

use crate::stale::Reason;

/// The changes that count, besides those of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triggers {
    /// Commands, bodies and scripts.
    pub code: bool,
    /// Params.
    pub params: bool,
    /// Which inputs there are.
    pub input: bool,
    /// The shell and the rule's variables.
    pub software_env: bool,
}

impl Default for Triggers {
    fn default() -> Self {
        Triggers { code: true, params: true, input: true, software_env: true }
    }
}

impl Triggers {
    /// Whether every change counts.
    pub fn are_all(self) -> bool {
        self == Triggers::default()
    }

    /// Whether a difference from the last run makes the job run.
    pub fn cover(self, reason: &Reason) -> bool {
        match reason {
            Reason::Command { .. } | Reason::Script { .. } => self.code,
            // Names of files that a script finds in its job.
            Reason::Param { name, .. } if name.starts_with("input.") || name.starts_with("output.") => self.input,
            Reason::Param { .. } => self.params,
            Reason::Environment { .. } => self.software_env,
            Reason::InputAdded(_) | Reason::InputRemoved(_) | Reason::InputsReordered | Reason::InputCounts(_) => {
                self.input
            }
            _ => true,
        }
    }
}
