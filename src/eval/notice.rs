//! Sections that Snakemake acts on only if it is told to, and that have no
//! effect here: said once a file.
//!
//! Owns the words. It does not know what the sections hold.

use super::session::Session;
use crate::diag::{Diag, Kind};
use crate::span::Span;

/// What has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Notice {
    /// `conda`
    Conda,
    /// `container`, `containerized`, `singularity`
    Container,
    /// `envmodules`
    Modules,
}

impl Notice {
    /// The one for a section; most sections have none.
    pub(super) fn of(key: &str) -> Option<Notice> {
        match key {
            "conda" => Some(Notice::Conda),
            "container" | "containerized" | "singularity" => Some(Notice::Container),
            "envmodules" => Some(Notice::Modules),
            _ => None,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Notice::Conda => (
                "names a conda environment, which is not used",
                "start rulemake inside the environment, or write `conda run -n NAME command` in `shell:`",
            ),
            Notice::Container => (
                "names a container, which is not used",
                "write `apptainer exec IMAGE command` in `shell:` if the programs are not on this machine",
            ),
            Notice::Modules => {
                ("names environment modules, which are not loaded", "load them before rulemake is started")
            }
        }
    }
}

/// Says so, if this is the first of its kind in the file.
pub(super) fn notice(session: &Session, kind: Notice, who: &str, span: Span) {
    if !session.noticed.borrow_mut().insert((span.file, kind)) {
        return;
    }
    let (what, instead) = kind.words();
    session.warn(Diag::warning(Kind::Rulefile, format!("{who} {what}")).label(span, "").hint(instead));
}
