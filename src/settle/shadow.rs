//! Shadow directories: a job works in a directory of its own, in which what it
//! reads is linked, and what it made is moved out when it has succeeded.
//!
//! Owns what stands in such a directory, the moving out, and the removal, also
//! of those that a killed run left. A shadow that lies elsewhere
//! (`--shadow-prefix`) has a link to it where all of them are, so that every
//! run finds all. It does not know what the job runs.

use super::{ASIDE, Fault, Settler, ops, tree};
use crate::path::parent;
use crate::rule::Shadow;
use rustc_hash::FxHashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What a shadow is made from.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// What stands in it.
    pub kind: Shadow,
    /// The working directory, absolute.
    pub home: &'a Path,
    /// The directory of state, relative to `home`, which no shadow shows.
    pub state: &'a Path,
    /// In whose `shadow/` it is made, if not in [`Settler::shadows`].
    pub prefix: Option<&'a Path>,
    /// Paths that the job reads.
    pub reads: Vec<&'a str>,
    /// Paths that it writes.
    pub writes: Vec<&'a str>,
}

/// The shadow of a running job.
#[derive(Debug)]
pub struct Cast {
    dir: PathBuf,
    home: PathBuf,
    /// The link to it, if it lies elsewhere.
    link: Option<PathBuf>,
}

impl Settler {
    /// Where shadows are, or links to them.
    fn shadows(&self) -> &Path {
        &self.options.shadows
    }

    /// Makes the shadow of a job.
    ///
    /// # Errors
    /// If it cannot be made, or the job writes outside of the working directory.
    /// Nothing is left of it then.
    pub fn cast(&self, token: &str, plot: &Plot<'_>) -> Result<Cast, Fault> {
        if let Some(outside) = plot.writes.iter().find(|path| leads_out(path)) {
            let why = io::Error::other("a job with `shadow:` cannot write above its working directory");
            return Err(Fault::of("make", outside)(why));
        }
        let own = plot.home.join(self.shadows()).join(token);
        let dir = plot.prefix.map_or_else(|| own.clone(), |prefix| plot.home.join(prefix).join("shadow").join(token));
        let link = (dir != own).then_some(own);
        let cast = Cast { dir, home: plot.home.to_path_buf(), link };
        match cast.fill(plot) {
            Ok(()) => Ok(cast),
            Err(error) => {
                let shown = cast.dir.display().to_string();
                cast.remove();
                Err(Fault::of("make the shadow directory", &shown)(error))
            }
        }
    }

    /// Removes all shadows. None of their jobs may be alive.
    pub fn clear_shadows(&self) {
        for entry in fs::read_dir(self.shadows()).into_iter().flatten().flatten() {
            let path = entry.path();
            if let Ok(elsewhere) = fs::read_link(&path) {
                // What cannot be removed is litter; the link to it stays.
                if tree::remove(&elsewhere).is_err() {
                    continue;
                }
            }
            let _ = tree::remove(&path);
        }
    }

    /// Removes what a killed run left in a directory of our own state.
    pub fn clear(&self, directory: &Path) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            // What cannot be removed is litter.
            let _ = tree::remove(&entry.path());
        }
    }
}

impl Cast {
    /// The directory that the job works in, absolute.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn fill(&self, plot: &Plot<'_>) -> io::Result<()> {
        if let Some(link) = &self.link {
            fs::create_dir_all(link.parent().unwrap_or(link))?;
            ops::symlink(&self.dir, link)?;
        }
        fs::create_dir_all(&self.dir)?;
        let own = plot.writes.iter().filter(|path| is_within(path));
        let mut real: FxHashSet<PathBuf> = FxHashSet::default();
        for path in own {
            let mut next = parent(path);
            while let Some(dir) = next {
                real.insert(dir.into());
                next = parent(dir);
            }
        }
        real.iter().try_for_each(|dir| fs::create_dir_all(self.dir.join(dir)))?;
        match plot.kind {
            Shadow::Minimal | Shadow::CopyMinimal => {
                let reads = plot.reads.iter().filter(|path| is_within(path));
                reads.into_iter().try_for_each(|path| self.take_in(path, plot.kind == Shadow::CopyMinimal))
            }
            Shadow::Shallow => self.mirror(Path::new(""), plot.state, &|dir| real.contains(dir)),
            Shadow::Full => self.mirror(Path::new(""), plot.state, &|_| true),
        }
    }

    /// Links or copies one input.
    fn take_in(&self, path: &str, copied: bool) -> io::Result<()> {
        let (from, to) = (self.home.join(path), self.dir.join(path));
        if let Some(dir) = to.parent() {
            fs::create_dir_all(dir)?;
        }
        if tree::kind(&to)?.is_some() {
            return Ok(());
        }
        if copied { tree::copy(&fs::canonicalize(from)?, &to) } else { ops::symlink(&from, &to) }
    }

    /// Links what stands in a directory; directories that are to be real are
    /// made, and what stands in them is linked.
    fn mirror(&self, dir: &Path, state: &Path, is_real: &dyn Fn(&Path) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(self.home.join(dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            let to = self.dir.join(&path);
            let ours = entry.file_name().as_encoded_bytes().starts_with(ASIDE.as_bytes());
            if path == state || ours || self.dir.starts_with(self.home.join(&path)) && path != dir {
                continue;
            }
            if entry.file_type()?.is_dir() && is_real(&path) {
                match ops::create_dir(&to) {
                    Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                    _ => self.mirror(&path, state, is_real)?,
                }
            } else {
                ops::symlink(&entry.path(), &to)?;
            }
        }
        Ok(())
    }

    /// Moves what the job wrote to where it belongs. What it did not write is
    /// passed over.
    ///
    /// # Errors
    /// If something cannot be moved.
    pub fn bring_out<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Result<(), Fault> {
        for path in paths.filter(|path| is_within(path)) {
            let (from, to) = (self.dir.join(path), self.home.join(path));
            // A link to the file itself: it was written through it.
            if fs::read_link(&from).is_ok_and(|target| target == to) {
                continue;
            }
            let moved = match tree::kind(&from) {
                Ok(None) => Ok(()),
                Ok(Some(_)) => tree::remove(&to).and_then(|_| tree::relocate(&from, &to)),
                Err(error) => Err(error),
            };
            moved.map_err(Fault::of("move out of its shadow directory", path))?;
        }
        Ok(())
    }

    /// Removes the shadow. What cannot be removed is litter; the next run tries again.
    pub fn remove(self) {
        if tree::remove(&self.dir).is_ok()
            && let Some(link) = &self.link
        {
            let _ = tree::remove(link);
        }
    }
}

fn leads_out(path: &str) -> bool {
    path == ".." || path.starts_with("../")
}

/// Whether a path lies in the working directory.
fn is_within(path: &str) -> bool {
    !path.starts_with('/') && !leads_out(path)
}
