//! Settling what a killed run left open.
//!
//! Owns the decisions in the header of [`settle`](super), for one started mark
//! at a time. Reading marks and records is the caller's.

use super::transaction::{Fate, let_go, put_back};
use super::{Fault, Marks, Moved, Out, Settler, names, tree};
use std::path::{Path, PathBuf};

/// A job that a killed run had started. None of its processes may be alive.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its token.
    pub token: String,
    /// Its outputs, with the marks of [`Settler::survey`].
    pub outs: Vec<Out>,
    /// Whether its record was written.
    pub finished: bool,
}

impl Settler {
    /// Settles one job. Can be done again, also after having been killed in the
    /// middle. Tells what it moved away and kept. It does as much as it can;
    /// the error is the first of those it met, and the job stays open.
    pub fn recover(&self, open: &Open, tell: &mut dyn FnMut(Moved)) -> Result<(), Fault> {
        let mut first = Ok(());
        for out in open.outs.iter().rev().filter(|out| !out.marks.contains(Marks::LOG)) {
            match self.recover_one(open, out) {
                Ok(kept) => kept.into_iter().for_each(&mut *tell),
                Err(fault) => first = first.and(Err(fault)),
            }
        }
        first
    }

    fn recover_one(&self, open: &Open, out: &Out) -> Result<Option<Moved>, Fault> {
        let aside = find_aside(out, &open.token)?;
        if open.finished && out.marks.contains(Marks::PIPE) {
            return put_back(self, out, None, Fate::Killed);
        }
        match aside {
            Some(aside) if open.finished => let_go(self, out, &aside),
            Some(aside) => put_back(self, out, Some(&aside), Fate::Killed),
            None if open.finished || out.marks.contains(Marks::EXISTED) => Ok(None),
            None => put_back(self, out, None, Fate::Killed),
        }
    }
}

/// Where the old output is, if it is set aside; clears what was on its way in
/// or out beside it.
fn find_aside(out: &Out, token: &str) -> Result<Option<PathBuf>, Fault> {
    let look = |path: &Path| tree::kind(path).map_err(Fault::of("look for the old version of", &out.path));
    let mut found = None;
    for aside in names::aside(&out.path, token) {
        for leftover in [names::part(&aside), names::gone(&aside)] {
            tree::remove(&leftover).map_err(Fault::of("clear up beside", &out.path))?;
        }
        if look(&aside)?.is_some() {
            found = Some(aside);
        }
    }
    Ok(found)
}
