//! The scripts of `script:`: where they are, what they say.
//!
//! Owns a run's texts of scripts. Each is read once, so that what runs is what
//! was decided on and is recorded, whatever is edited meanwhile.

use super::program::Language;
use super::scope::{Mode, Scope};
use super::{Commands, Params};
use crate::diag::{Diag, Kind};
use crate::digest::Digest;
use crate::graph::JobId;
use crate::path;
use crate::rule::Script;
use crate::suggest::did_you_mean;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A script as a job runs it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// As the Rulefile gives it, tidied: relative to the Rulefile's directory.
    pub name: String,
    /// Absolute.
    pub path: String,
    /// As messages give it.
    pub shown: String,
    pub language: Language,
    pub file: Arc<File>,
}

impl Found {
    /// The directory it lies in, absolute.
    pub fn directory(&self) -> &str {
        self.path.rsplit_once('/').map_or(".", |(directory, _)| directory)
    }
}

/// A script's text, without a byte order mark.
#[derive(Debug)]
pub(super) struct File {
    pub text: String,
    pub digest: Digest,
}

/// The scripts read so far, by path; clones share.
#[derive(Clone, Debug, Default)]
pub struct Scripts(Arc<Mutex<FxHashMap<String, Read>>>);

/// A script, or why it cannot be read.
type Read = Result<Arc<File>, String>;

impl Scripts {
    fn read(&self, path: &str) -> Read {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(path) {
            return found.clone();
        }
        let read = match std::fs::read_to_string(path) {
            Ok(text) => Ok(Arc::new(File {
                digest: Digest::of(text.as_bytes()),
                text: text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
            })),
            Err(error) => Err(match error.kind() {
                std::io::ErrorKind::NotFound => "does not exist".into(),
                std::io::ErrorKind::InvalidData => "is not UTF-8 text".into(),
                std::io::ErrorKind::IsADirectory => "is a directory".into(),
                _ => format!("cannot be read: {error}"),
            }),
        };
        known.insert(path.to_owned(), read.clone());
        read
    }
}

impl Commands<'_> {
    /// The script of a job.
    ///
    /// # Errors
    /// It is not there, or nothing here runs it.
    pub(super) fn find_script(&self, job: JobId, script: &Script, params: &Params<'_>) -> Result<Found, Diag> {
        let text = &script.path;
        let rule = self.rule(job);
        let scope = Scope { commands: self, job, rule, params, logs: &[], benchmark: None, mode: Mode::Record };
        let mut name = String::new();
        text.template.render(&scope, &mut name).map_err(|e| self.render_error(job, text, e))?;
        let at =
            |diag: Diag| diag.label(text.at.whole(&text.value), "").note(format!("for job `{}`", self.describe(job)));
        let name = path::normal(&name).into_owned();
        let Some(language) = Language::of(&name) else { return Err(at(refused(&name))) };
        let within = |directory: &str| match directory {
            directory if !directory.is_empty() && !name.starts_with('/') => {
                path::normal(&format!("{directory}/{name}")).into_owned()
            }
            _ => name.clone(),
        };
        let (path, shown) = (within(&script.directory), within(&script.shown));
        match self.settings.scripts.read(&path) {
            Ok(file) => Ok(Found { name, path, shown, language, file }),
            Err(why) => Err(at(unreadable(&name, &path, &why))),
        }
    }
}

/// A file that no interpreter of ours runs.
fn refused(name: &str) -> Diag {
    let hint = match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "rs" => format!("write `shell: \"rust-script {name} {{input}} {{output}}\"`"),
        _ => format!("write `shell: \"{name} {{input}} {{output}}\"`"),
    };
    let message =
        format!("`script:` does not run `{name}`: it runs `.py`, `.R`, `.Rmd`, `.jl`, `.sh`, `.xsh` and `.ipynb`");
    Diag::error(Kind::Plan, message).hint(hint)
}

fn unreadable(name: &str, path: &str, why: &str) -> Diag {
    let diag = Diag::error(Kind::Plan, format!("the script `{name}` {why}"));
    let (directory, file) = path.rsplit_once('/').unwrap_or((".", path));
    let near = crate::files::names_in(directory, 1000);
    let diag = diag.maybe_hint(did_you_mean(file, near.iter().map(String::as_str)));
    diag.note("its path is relative to the Rulefile that names it")
}
