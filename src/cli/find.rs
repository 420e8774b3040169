//! Where the Rulefile lies, and the directory to work in.
//!
//! Owns the names that are looked for, and how `-C` bears on them: as with make,
//! the directory comes first; as with Snakemake, what is not there is looked for
//! where rulemake was started.

use super::args::{Args, Mode};
use super::parse::usage;
use crate::diag::Diag;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Names of the file that is read when none is given.
const RULEFILES: [&str; 6] =
    ["Rulefile", "rulefile", "Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile"];

/// The file that would be read in a directory if none is named.
fn default_in(dir: &Path) -> Option<&'static str> {
    RULEFILES.into_iter().find(|name| dir.join(name).is_file())
}

/// Whether a Snakefile is read, or would be without `-f` and `-C`.
pub(super) fn reads_snakefile(args: &Args) -> bool {
    let is_snakefile = |name: &str| name.to_ascii_lowercase().ends_with("snakefile");
    let named = args.rulefile.as_deref().and_then(|p| p.to_str()).is_some_and(is_snakefile);
    named || args.snakefile.is_some() || default_in(Path::new("")).is_some_and(is_snakefile)
}

/// Goes to the directory of `-C`, and gives the one before. A run makes it, if
/// the Rulefile is not looked for in it.
///
/// # Errors
/// If it is not there, or cannot be gone to.
pub(super) fn go_to(args: &Args) -> Result<Option<PathBuf>, Diag> {
    let Some(directory) = &args.directory else { return Ok(None) };
    let fault = |e: std::io::Error| usage(format!("cannot work in `{}`: {e}", directory.display()));
    let start = std::env::current_dir().map_err(fault)?;
    let outside = named(args).is_some_and(|path| path.is_file()) || default_in(&start).is_some();
    let may_be_made = !args.short.upper || directory.is_dir();
    if outside && may_be_made && args.mode() == Mode::Run {
        std::fs::create_dir_all(directory).map_err(fault)?;
    }
    std::env::set_current_dir(directory).map_err(|e| match e.kind() {
        ErrorKind::NotFound if outside && args.short.upper => {
            let name = directory.display();
            fault(e)
                .hint(format!("`--directory {name}` makes it; to set a value of `config`, write `--config KEY=VALUE`"))
        }
        ErrorKind::NotFound if outside => fault(e).hint("a run makes it"),
        _ => fault(e),
    })?;
    Ok(Some(start))
}

fn named(args: &Args) -> Option<&Path> {
    args.rulefile.as_deref().or(args.snakefile.as_deref())
}

/// The Rulefile to read. `start`: where rulemake was started, if `-C` went
/// elsewhere. A Snakefile that was named is looked for there first.
///
/// # Errors
/// If none is named and none is found.
pub(super) fn rulefile(args: &Args, start: Option<&Path>) -> Result<String, Diag> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    if let Some(path) = named(args) {
        let there = start.map(|dir| dir.join(path)).filter(|path| path.is_file());
        let here = path.is_file() && args.snakefile.is_none();
        return Ok(text(there.filter(|_| !here).unwrap_or_else(|| path.to_owned())));
    }
    let here = default_in(Path::new("")).map(str::to_owned);
    let there = || start.and_then(|dir| default_in(dir).map(|name| text(dir.join(name))));
    here.or_else(there).ok_or_else(|| {
        usage("there is no Rulefile here")
            .note(format!("looked for {}", RULEFILES.map(|p| format!("`{p}`")).join(", ")))
            .hint("write one, name one with `-f FILE`, or go where it is with `-C DIR`")
    })
}

/// Config files that were named, as seen from the directory gone to: those that
/// are not there are looked for where rulemake was started.
pub(super) fn config_files(args: &Args, start: Option<&Path>) -> Vec<String> {
    let place = |name: &String| {
        let there = start.map(|dir| dir.join(name)).filter(|path| path.is_file() && !Path::new(name).is_file());
        there.map_or_else(|| name.clone(), |path| path.to_string_lossy().into_owned())
    };
    args.config_files.iter().map(place).collect()
}
