//! One job's outputs between its start and its end.

use super::{Fault, Marks, Moved, Out, Settler, directory_of, names, ops, tree};
use std::fs::create_dir_all;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The open transaction of a job. It must be committed or rolled back; if it is
/// dropped, all stays as after a kill, for recovery.
#[must_use]
pub struct Transaction {
    settler: Arc<Settler>,
    token: String,
    outs: Vec<Out>,
    /// Their places, a directory before what lies in it.
    order: Vec<usize>,
    /// Where the old one of each output is, if it was set aside.
    aside: Vec<Option<PathBuf>>,
    /// How many outputs have been dealt with, in that order.
    begun: usize,
    /// Directories entered.
    dirs: Vec<String>,
}

impl Transaction {
    pub(super) fn new(settler: Arc<Settler>, token: &str, outs: Vec<Out>) -> Transaction {
        let aside = vec![None; outs.len()];
        let mut order: Vec<usize> = (0..outs.len()).collect();
        order.sort_by_key(|i| outs[*i].path.matches('/').count());
        Transaction { settler, token: token.to_string(), outs, order, aside, begun: 0, dirs: Vec::new() }
    }

    /// The outputs.
    pub fn outs(&self) -> &[Out] {
        &self.outs
    }

    pub(super) fn set_up(&mut self) -> Result<(), Fault> {
        for place in 0..self.order.len() {
            let i = self.order[place];
            let Out { path, marks } = &self.outs[i];
            if self.settler.sets_aside(*marks) {
                self.aside[i] = set_aside(path, &self.token).map_err(Fault::of("set aside", path))?;
                if let Some(aside) = self.aside[i].as_ref().filter(|_| marks.contains(Marks::UPDATE)) {
                    copy_back(aside, path.as_ref()).map_err(Fault::of("copy the old version of", path))?;
                }
            } else {
                tree::remove(path.as_ref()).map_err(Fault::of("delete", path))?;
            }
            self.begun = place + 1;
        }
        let mut dirs: Vec<&str> = self.outs.iter().filter_map(|out| directory_of(&out.path)).collect();
        dirs.sort_unstable();
        dirs.dedup();
        for dir in dirs {
            self.dirs.push(dir.to_string());
            self.settler.dirs.enter(dir).map_err(Fault::of("make the directory", dir))?;
        }
        for Out { path, .. } in self.outs.iter().filter(|out| out.marks.contains(Marks::PIPE)) {
            ops::make_fifo(path.as_ref()).map_err(Fault::of("make the pipe", path))?;
        }
        Ok(())
    }

    /// After a successful command: makes or touches `touch()` outputs and takes
    /// the write bits off `protected()` ones. Outputs must be looked at after it.
    pub fn seal(&self) -> Result<(), Fault> {
        for Out { path, marks } in &self.outs {
            if marks.contains(Marks::TOUCH) {
                tree::touch(path.as_ref()).map_err(Fault::of("touch", path))?;
            }
            if marks.contains(Marks::PROTECTED) {
                match tree::protect(path.as_ref()) {
                    // A missing output is found, and told of, by the caller.
                    Err(error) if tree::is_missing(&error) => {}
                    other => other.map_err(Fault::of("protect", path))?,
                }
            }
        }
        Ok(())
    }

    /// After the record was written: drops the old outputs. Gives those that
    /// were kept. On an error the new outputs are in place all the same; what
    /// could not be dropped is settled by the next recovery.
    pub fn commit(self) -> Result<Vec<Moved>, Fault> {
        let mut moved = Vec::new();
        let mut first = Ok(());
        for Out { path, .. } in self.outs.iter().filter(|out| out.marks.contains(Marks::PIPE)) {
            let removed = tree::remove(path.as_ref()).map(drop);
            first = first.and(removed.map_err(Fault::of("remove the pipe", path)));
        }
        for (out, aside) in self.outs.iter().zip(&self.aside) {
            let Some(aside) = aside else { continue };
            match let_go(&self.settler, out, aside) {
                Ok(kept) => moved.extend(kept),
                Err(fault) => first = first.and(Err(fault)),
            }
        }
        for dir in &self.dirs {
            self.settler.dirs.leave(dir);
        }
        first.map(|()| moved)
    }

    /// After a failure: removes what the job left, or moves it away, and puts
    /// the old outputs back. Gives what was moved away. It does as much as it
    /// can; the error is the first of those it met.
    pub fn roll_back(mut self) -> Result<Vec<Moved>, Fault> {
        self.undo()
    }

    pub(super) fn undo(&mut self) -> Result<Vec<Moved>, Fault> {
        let mut moved = Vec::new();
        let mut first = Ok(());
        // The other way round: one output may lie inside another.
        for i in self.order[..self.begun].iter().rev().copied() {
            if self.outs[i].marks.contains(Marks::LOG) {
                continue;
            }
            let (out, aside) = (&self.outs[i], &self.aside[i]);
            match put_back(&self.settler, out, aside.as_deref(), Fate::Failed) {
                Ok(kept) => moved.extend(kept),
                Err(fault) => first = first.and(Err(fault)),
            }
        }
        for dir in self.dirs.drain(..).rev() {
            self.settler.dirs.leave_and_unmake(&dir);
        }
        first.map(|()| moved)
    }
}

/// Renames an output to where it is set aside; none if there is no output.
fn set_aside(path: &str, token: &str) -> io::Result<Option<PathBuf>> {
    let mut result = Ok(None);
    for aside in names::aside(path, token) {
        match ops::rename(path.as_ref(), &aside) {
            Ok(()) => return Ok(Some(aside)),
            Err(error) if tree::is_missing(&error) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                return tree::relocate(path.as_ref(), &aside).map(|()| Some(aside));
            }
            Err(error) if error.kind() == ErrorKind::InvalidFilename => result = Err(error),
            Err(error) => return Err(error),
        }
    }
    result
}

/// Puts a copy of what was set aside in its old place, whole at once.
fn copy_back(aside: &Path, path: &Path) -> io::Result<()> {
    let part = names::part(aside);
    tree::remove(&part)?;
    tree::copy(aside, &part)?;
    ops::rename(&part, path)
}

/// Drops an old output, or moves it to where replaced ones are kept.
pub(super) fn let_go(settler: &Settler, out: &Out, aside: &Path) -> Result<Option<Moved>, Fault> {
    if !out.marks.contains(Marks::KEEP_OLD) {
        return tree::drop_aside(aside).map(|()| None).map_err(Fault::of("drop the old version of", &out.path));
    }
    keep(settler, &out.path, aside).map(Some).map_err(Fault::of("keep the old version of", &out.path))
}

/// Moves what stands at a place, or did at this path, to where replaced ones are kept.
pub(super) fn keep(settler: &Settler, path: &str, from: &Path) -> io::Result<Moved> {
    let to = free_place(names::under(&settler.options.replaced, path));
    move_to(from, &to)?;
    Ok(Moved { path: path.to_owned(), to })
}

/// How a job without a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Before the eyes of this run: what stands at its outputs' paths is its own.
    Failed,
    /// With an earlier run: what stands there may have been written since.
    Killed,
}

/// Removes what stands at an output's path, or moves it to where such things
/// are kept, and renames the old one back.
pub(super) fn put_back(settler: &Settler, out: &Out, aside: Option<&Path>, fate: Fate) -> Result<Option<Moved>, Fault> {
    let path = Path::new(&out.path);
    let mut moved = None;
    let there = tree::kind(path).map_err(Fault::of("look at", &out.path))?;
    if let (Some(_), Some(to)) = (there, kept_at(settler, out, fate)) {
        let clear = if fate == Fate::Failed { tree::remove(&to).map(drop) } else { Ok(()) };
        clear.and_then(|()| move_to(path, &to)).map_err(Fault::of("keep the part made of", &out.path))?;
        moved = Some(Moved { path: out.path.clone(), to });
    } else if there.is_some() && !replaces(aside, there) {
        tree::remove(path).map_err(Fault::of("remove the part made of", &out.path))?;
    }
    if let Some(aside) = aside {
        ops::rename(aside, path).map_err(Fault::of("put back", &out.path))?;
    }
    Ok(moved)
}

/// Where to keep what stands at the path of an output that has no record; none
/// if it is to be removed.
fn kept_at(settler: &Settler, out: &Out, fate: Fate) -> Option<PathBuf> {
    match fate {
        Fate::Failed => settler.options.failed.as_ref().map(|failed| names::under(failed, &out.path)),
        // A pipe holds nothing.
        Fate::Killed if out.marks.contains(Marks::PIPE) => None,
        Fate::Killed => Some(free_place(names::under(&settler.options.replaced, &out.path))),
    }
}

/// Whether renaming the old one back replaces what is there, in one step.
fn replaces(aside: Option<&Path>, there: Option<tree::Kind>) -> bool {
    let old = aside.and_then(|aside| tree::kind(aside).ok().flatten());
    let is_one = |kind: Option<tree::Kind>| kind.is_some_and(|kind| kind != tree::Kind::Directory);
    is_one(old) && is_one(there)
}

fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    create_dir_all(to.parent().unwrap_or(to))?;
    tree::relocate(from, to)
}

/// The place, or a numbered one beside it: nothing kept is ever overwritten.
fn free_place(place: PathBuf) -> PathBuf {
    let is_free = |path: &PathBuf| matches!(tree::kind(path), Ok(None));
    let numbered = |n: u32| place.with_file_name(format!("{}~{n}", place.file_name().unwrap_or_default().display()));
    std::iter::once(place.clone()).chain((2..).map(numbered)).find(is_free).unwrap_or(place)
}
