//! A job's inputs around its command: looked at before it starts, digested
//! where nobody knows them while it runs, and looked at again at its end.

use super::{JobTask, Promise, Seen, look_at, stat_of};
use crate::digest::Digest;
use crate::memo::Noted;
use crate::path::PathId;
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
        self.before.clear();
        for input in &mut self.inputs {
            if matches!(input.counts, Counts::Promised(_)) {
                self.before.push(None);
                input.digest = None;
                continue;
            }
            let path = shared.path(input.path);
            let stat =
                look_at(&path).map_err(|e| format!("cannot look at its input `{path}`: {}", super::plain(&e)))?;
            let stat = stat.ok_or_else(|| format!("its input `{path}` is not there any more"))?;
            let (before, digest) = match &input.counts {
                Counts::Existence | Counts::Promised(_) => (None, None),
                Counts::Recorded(digest) => (None, Some(*digest)),
                Counts::Content(noted) => {
                    let same = noted.filter(|noted| noted.is_of(&stat, shared.trust.covers(&path)));
                    (Some(stat), same.map(|noted| noted.digest))
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
        for i in 0..self.inputs.len() {
            let input = &self.inputs[i];
            let id = input.path;
            let Some(before) = self.before[i] else { continue };
            let path = self.path(id);
            let same = stat_of(&path).is_some_and(|now| self.shared.same_content(&path, &before, &now));
            let known = input.digest.filter(|d| !d.is_unknown());
            if same && known.is_some() {
                continue;
            }
            let now = self.shared.digest_of(&path).map(|(_, d)| d);
            if known.is_none() || now != known {
                self.inputs[i].digest = Some(Digest::UNKNOWN);
                changed.push(id);
            }
        }
        changed
    }
}
