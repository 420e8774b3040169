//! Where the run takes place: the directory of `workdir:`, that for temporary files, and those that the
//! Rulefile asks for.
//!
//! Owns going there and making them. It does not know what lies there.

use crate::diag::{Diag, Kind};
use crate::rule::Workdir;
use std::io::ErrorKind;
use std::path::Path;

/// Goes to the directory of `workdir:`. A run makes it first, and then the
/// directories that the Rulefile asks for.
///
/// # Errors
/// A directory that is not there, or cannot be made.
pub(super) fn enter(workdir: Option<&Workdir>, directories: &[String], runs: bool) -> Result<(), Diag> {
    if let Some(workdir) = workdir {
        go(workdir, runs)?;
    }
    directories.iter().filter(|_| runs).try_for_each(|dir| {
        std::fs::create_dir_all(dir)
            .map_err(|e| Diag::error(Kind::Rulefile, format!("the directory `{dir}` cannot be made: {e}")))
    })
}

fn go(workdir: &Workdir, makes: bool) -> Result<(), Diag> {
    let path = Path::new(&*workdir.path);
    let fault = |e: &std::io::Error| Diag::at(workdir.at, format!("cannot work in `{}`: {e}", workdir.path));
    if makes {
        std::fs::create_dir_all(path).map_err(|e| fault(&e))?;
    }
    std::env::set_current_dir(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Diag::at(workdir.at, format!("the directory `{}` is not there yet", workdir.path))
            .hint(format!("a run makes it; to look before, make it yourself: `mkdir -p {}`", workdir.path)),
        _ => fault(&e),
    })
}

/// The directory for temporary files, by the variables that Python asks too.
pub(super) fn temporary() -> String {
    let set = |name| std::env::var(name).ok().filter(|dir| !dir.is_empty());
    ["TMPDIR", "TEMP", "TMP"].into_iter().find_map(set).unwrap_or_else(|| "/tmp".to_owned())
}
