//! What can go wrong with the user's tree, and the way out.

use crate::diag::{Diag, Kind};
use std::fmt;
use std::io::{self, ErrorKind};

/// An operation on a file that failed.
#[derive(Debug)]
pub struct Fault {
    /// What was to be done: completes "cannot ...".
    pub action: &'static str,
    /// The file or directory.
    pub path: String,
    /// What the operating system said.
    pub error: io::Error,
}

impl Fault {
    /// For `map_err`.
    pub(super) fn of(action: &'static str, path: &str) -> impl FnOnce(io::Error) -> Fault {
        move |error| Fault { action, path: path.to_string(), error }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.error.kind() {
            ErrorKind::PermissionDenied => "the directory it stands in must be writable for you: see `ls -ld` of it",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "free some space; `--discard-old` deletes old outputs before their jobs run, not after"
            }
            ErrorKind::ReadOnlyFilesystem => "the file system is mounted read-only: let the outputs go elsewhere",
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                "a file stands where a directory is needed: move it away or change the output's path"
            }
            ErrorKind::ResourceBusy => "a mount point cannot be an output: use a directory inside it",
            ErrorKind::InvalidFilename => "the name is too long for the file system: change the output's path",
            _ => return None,
        })
    }

    /// As a diagnostic.
    pub fn to_diag(&self) -> Diag {
        Diag::error(Kind::System, self.to_string()).maybe_hint(self.hint().map(String::from))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let text = self.error.to_string();
        // The number that the runtime adds tells users nothing.
        let text = text.split(" (os error").next().unwrap_or_default();
        write!(f, "cannot {} `{}`: {text}", self.action, self.path)
    }
}

impl std::error::Error for Fault {}

/// A job's outputs could not be set aside.
#[derive(Debug)]
pub struct Unbegun {
    /// Why.
    pub fault: Fault,
    /// What was set aside by then could not be put back either: the job must
    /// stay open, for recovery.
    pub undo: Option<Fault>,
}

impl fmt::Display for Unbegun {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.fault.fmt(f)?;
        match &self.undo {
            Some(undo) => write!(f, "; {undo}; the next run tries again"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unbegun {}
