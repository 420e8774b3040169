//! A job's inputs around its command: looked at before it starts, digested
//! where nobody knows them while it runs, and looked at again at its end.

use super::{JobTask, Promise, Seen, Shared, plain};
use crate::digest::Digest;
use crate::files::{self, Stat};
use crate::memo::Noted;
use crate::path::PathId;
use std::io;
use std::sync::Arc;

/// An input as the task knows it.
#[derive(Clone, Debug)]
pub struct TaskInput {
    /// Which.
    pub path: PathId,
    /// What counts of it.
    pub counts: Counts,
    /// Its content, if it is known: once the job has started, of the file that
    /// was there then.
    pub digest: Option<Digest>,
}

impl TaskInput {
    /// An input before its job starts.
    pub fn new(path: PathId, counts: Counts) -> TaskInput {
        TaskInput { path, counts, digest: None }
    }

    fn is_undigested(&self) -> bool {
        self.digest.is_none() && matches!(self.counts, Counts::Content(_) | Counts::Recorded(_))
    }

    /// Whether it need only exist.
    pub fn is_ancient(&self) -> bool {
        matches!(self.counts, Counts::Existence)
    }
}

/// What counts of an input.
#[derive(Clone, Debug)]
pub enum Counts {
    /// What it holds; with what was noted of it, if anything.
    Content(Option<Noted>),
    /// What its job was made from, whatever the file holds: a `touch()` output.
    Recorded(Digest),
    /// What the job is made from that writes it at the same time.
    Promised(Arc<Promise>),
    /// That it is there: `ancient()`.
    Existence,
}

impl JobTask {
    /// Looks at each input once. What was noted of one counts only if it is
    /// still the same file: else it was changed since, and its content is
    /// unknown until it is digested while the job runs.
    pub(super) fn look_at_inputs(&mut self) -> Result<(), String> {
        let shared = &self.shared;
        let is_promised = |input: &TaskInput| matches!(input.counts, Counts::Promised(_));
        let ids: Vec<PathId> = self.inputs.iter().filter(|i| !is_promised(i)).map(|i| i.path).collect();
        let mut looks = look_at_all(shared, &ids).into_iter();
        self.before.clear();
        for input in &mut self.inputs {
            let (before, digest) = match &input.counts {
                Counts::Promised(_) => (None, None),
                counts => {
                    let look = looks.next().expect("every input that is not promised was looked at");
                    let stat = look.map_err(|e| cannot_look(&shared.path(input.path), &e))?;
                    let gone = || format!("its input `{}` is not there any more", shared.path(input.path));
                    known(shared, input.path, counts, stat.ok_or_else(gone)?)
                }
            };
            self.before.push(before);
            input.digest = digest;
        }
        Ok(())
    }

    /// Whether there are inputs that nobody has digested yet.
    pub(super) fn has_undigested(&self) -> bool {
        self.inputs.iter().any(TaskInput::is_undigested)
    }

    /// Whether digesting them takes less time than starting a thread for it.
    pub(super) fn has_little_undigested(&self) -> bool {
        let undigested = || self.inputs.iter().zip(&self.before).filter(|(input, _)| input.is_undigested());
        let file = |stat: &Stat| stat.kind == files::Kind::File && stat.size <= LITTLE;
        undigested().count() <= FEW && undigested().all(|(_, before)| before.as_ref().is_some_and(file))
    }

    /// Digests inputs nobody has digested yet, while the command runs.
    pub(super) fn digest_inputs(&mut self) {
        for i in 0..self.inputs.len() {
            let input = &self.inputs[i];
            let id = input.path;
            if !input.is_undigested() {
                continue;
            }
            if self.digested.is_empty() {
                self.reading = self.shared.clock.read();
            }
            let digest = match self.shared.digest_of(&self.path(id)) {
                Some((stat, digest)) if self.before[i].is_some_and(|b| b.same_content(&stat)) => {
                    self.digested.push(Seen { path: id, stat, digest });
                    digest
                }
                _ => Digest::UNKNOWN,
            };
            self.inputs[i].digest = Some(digest);
        }
    }

    /// Inputs whose content is not what it was when the command started; their
    /// digests become unknown, so that the job is stale.
    pub(super) fn changed_inputs(&mut self) -> Vec<PathId> {
        let mut changed = Vec::new();
        let looked_at = |i: &usize| self.before[*i].is_some();
        let places: Vec<usize> = (0..self.inputs.len()).filter(looked_at).collect();
        let ids: Vec<PathId> = places.iter().map(|i| self.inputs[*i].path).collect();
        for (i, now) in places.into_iter().zip(look_at_all(&self.shared, &ids)) {
            let input = &self.inputs[i];
            let id = input.path;
            let now = now.ok().flatten().zip(self.before[i]);
            let same = now.is_some_and(|(now, before)| self.shared.same_content(id, &before, &now));
            let known = input.digest.filter(|d| !d.is_unknown());
            if same && known.is_some() {
                continue;
            }
            let now = self.shared.digest_of(&self.path(id)).map(|(_, d)| d);
            if known.is_none() || now != known {
                self.inputs[i].digest = Some(Digest::UNKNOWN);
                changed.push(id);
            }
        }
        changed
    }
}

/// The stat of an input to compare with later, where that counts, and its
/// digest if it is known.
fn known(shared: &Shared, path: PathId, counts: &Counts, stat: Stat) -> (Option<Stat>, Option<Digest>) {
    match counts {
        Counts::Existence | Counts::Promised(_) => (None, None),
        Counts::Recorded(digest) => (None, Some(*digest)),
        Counts::Content(noted) => {
            let same = noted.filter(|noted| noted.is_of(&stat, shared.trust.covers(shared.paths().str(path))));
            (Some(stat), same.map(|noted| noted.digest))
        }
    }
}

fn cannot_look(path: &str, error: &io::Error) -> String {
    format!("cannot look at its input `{path}`: {}", plain(error))
}

/// How many files, of at most how many bytes, are digested in a few dozen
/// microseconds.
const FEW: usize = 4;
const LITTLE: u64 = 16 << 10;

/// Paths that are asked for while the arena is locked.
const AT_ONCE: usize = 4096;

/// What each path leads to, as [`look_at`] tells; many are asked for by several
/// threads.
///
/// [`look_at`]: super::look_at
fn look_at_all(shared: &Shared, ids: &[PathId]) -> Vec<io::Result<Option<Stat>>> {
    let mut looks = Vec::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let paths = shared.paths();
        let (stats, mut errors) = files::stat_all(&paths, ids, shared.hash_threads);
        for (id, stat) in ids.iter().zip(stats) {
            looks.push(match stat.kind {
                files::Kind::Missing => Ok(None),
                files::Kind::Dir => files::tree_stat(paths.str(*id), None).map(Some),
                files::Kind::Error => {
                    let at = errors.iter().position(|(of, _)| of == id);
                    Err(errors.swap_remove(at.expect("a path that cannot be asked for has an error")).1)
                }
                _ => Ok(Some(stat)),
            });
        }
    }
    looks
}
