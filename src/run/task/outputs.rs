//! A job's outputs around its command: which old ones are kept, whether all
//! were made, and what they hold.

use super::{JobTask, Seen, Shared, look_at, plain, stat_of};
use crate::command::Ensured;
use crate::digest::Digest;
use crate::files::{self, Reading, Stat};
use crate::memo::Noted;
use crate::path::PathId;
use crate::settle::{self, Marks, Out};
use std::io;
use std::time::{Duration, Instant};

/// Outputs of a job that together are larger than this are worth a wait.
const LARGE: u64 = 8 << 20;
/// After this long a file's times lie safely behind the clock.
const MOMENT: Duration = Duration::from_millis(30);
/// How often an output that is late is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// An output as the task knows it.
#[derive(Clone, Debug)]
pub struct TaskOutput {
    /// Which.
    pub path: PathId,
    /// For the writer of outputs.
    pub out: Out,
    /// What the last recorded run made of it.
    pub made: Option<Digest>,
    /// What was noted of it.
    pub noted: Option<Noted>,
    /// It is there only while its job runs: `pipe()`, `service()`.
    pub fleeting: bool,
    /// `ensure()`: what must be true of it.
    pub ensure: Option<Ensured>,
}

impl TaskOutput {
    fn has(&self, mark: Marks) -> bool {
        self.out.marks.contains(mark)
    }
}

impl Shared {
    /// Whether what stands at an output's path is not what a recorded run made.
    /// Of a `touch()` output only its being there counts.
    fn is_foreign(&self, output: &TaskOutput, now: &Stat) -> bool {
        if output.fleeting || output.out.marks.intersects(Marks::TOUCH | Marks::UPDATE) {
            return false;
        }
        let path = self.path(output.path);
        let noted = output.noted.filter(|noted| noted.is_of(now, self.trust.covers(&path))).map(|noted| noted.digest);
        let holds = || noted.or_else(|| self.digest_of(&path).map(|(_, digest)| digest));
        output.made.is_none_or(|made| holds() != Some(made))
    }
}

impl JobTask {
    /// `protected()` outputs are not made again.
    pub(super) fn refuse_protected(&self) -> Result<(), String> {
        let protected = |o: &&TaskOutput| o.has(Marks::PROTECTED) && settle::is_write_protected(&o.out.path);
        match self.outputs.iter().find(protected).map(|output| &output.out.path) {
            Some(path) => {
                Err(format!("output `{path}` is write-protected: to make it again, run `chmod u+w {path}` first"))
            }
            None => Ok(()),
        }
    }

    /// Which outputs are there, and which of these are kept when they are
    /// replaced: decided now, for they may have been edited since the plan.
    pub(super) fn survey(&mut self) -> Result<Vec<Out>, String> {
        let mut outs: Vec<Out> = self.outputs.iter().map(|output| output.out.clone()).collect();
        let (shared, outputs, aside) = (&self.shared, &self.outputs, &mut self.aside);
        aside.clear();
        let surveyed = shared.settler.survey(&mut outs, &mut |i, is_link| {
            let Some(stat) = stat_of(&outputs[i].out.path) else { return false };
            aside.push((outputs[i].path, stat));
            // A link has no content of its own to keep.
            !is_link && shared.is_foreign(&outputs[i], &stat)
        });
        surveyed.map(|()| outs).map_err(|fault| fault.to_string())
    }

    pub(super) fn wait_for_outputs(&self) -> Result<(), String> {
        // None: for as long as it takes.
        let deadline = Instant::now().checked_add(self.shared.latency_wait);
        while let Some(path) = self.missing_output()? {
            if !self.has_command {
                return Err(format!("its output `{path}` does not exist, and the rule has no command to make it"));
            }
            if let Ok(target) = std::fs::read_link(&path) {
                let target = target.display();
                return Err(format!("its output `{path}` is a symbolic link to `{target}`, which does not exist"));
            }
            if deadline.is_some_and(|d| Instant::now() >= d) {
                return Err(format!("it succeeded, but did not make its output `{path}`"));
            }
            std::thread::sleep(LOOK);
        }
        self.lasting().try_for_each(|output| self.check_kind(output))
    }

    /// Outputs that are there when the job has ended.
    fn lasting(&self) -> impl Iterator<Item = &TaskOutput> {
        self.outputs.iter().filter(|output| !output.fleeting)
    }

    fn missing_output(&self) -> Result<Option<String>, String> {
        for output in self.lasting() {
            let path = self.path(output.path);
            let found = look_at(&path).map_err(|e| format!("cannot look at its output `{path}`: {}", plain(&e)))?;
            if found.is_none() {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn check_kind(&self, output: &TaskOutput) -> Result<(), String> {
        let path = self.path(output.path);
        let is_dir = files::stat(&path).is_ok_and(|s| s.kind == files::Kind::Dir);
        match (is_dir, output.has(Marks::DIRECTORY)) {
            (true, false) => Err(format!("its output `{path}` is a directory: write `directory(\"{path}\")`")),
            (false, true) => Err(format!("its output `{path}` is marked `directory(...)`, but it made a file")),
            _ => Ok(()),
        }
    }

    /// What `ensure()` asks of outputs.
    pub(super) fn check_outputs(&self) -> Result<(), String> {
        for output in self.lasting() {
            let Some(ensure) = &output.ensure else { continue };
            let path = output.out.path.as_str();
            if ensure.non_empty && files::is_empty(path).map_err(|e| unreadable(path, &e))? {
                return Err(format!("its output `{path}` is empty, and `ensure(..., non_empty=True)` asks for more"));
            }
            if let Some((kind, expected)) = &ensure.checksum {
                let found = files::checksum(path, *kind).map_err(|e| unreadable(path, &e))?;
                if found != *expected {
                    let name = kind.name();
                    return Err(format!(
                        "its output `{path}` has another {name} checksum: expected {expected}, found {found}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The clock before the outputs are digested. What was written just now has
    /// a digest that the next run must not trust; it pays to wait a moment
    /// rather than to have large outputs read twice.
    pub(super) fn read_clock(&self) -> Reading {
        let reading = self.shared.clock.read();
        let stats: Vec<Stat> = self.lasting().filter_map(|output| stat_of(&self.path(output.path))).collect();
        let large = stats.iter().map(|s| s.size).sum::<u64>() >= LARGE;
        if !large || reading.dev.is_none() || stats.iter().all(|stat| reading.trusts(stat)) {
            return reading;
        }
        std::thread::sleep(MOMENT);
        self.shared.clock.read()
    }

    pub(super) fn digest_outputs(&self) -> Result<Vec<Seen>, String> {
        let seen = |output: &TaskOutput| {
            let path = self.path(output.path);
            let found = self.shared.digest_of(&path);
            let (stat, digest) = found.ok_or_else(|| format!("cannot read its output `{path}`"))?;
            // A touched file says by itself nothing of what it stands for.
            let digest = if output.has(Marks::TOUCH) { self.made_from() } else { digest };
            Ok(Seen { path: output.path, stat, digest })
        };
        self.lasting().map(seen).collect()
    }
}

fn unreadable(path: &str, error: &io::Error) -> String {
    format!("cannot read its output `{path}`: {}", plain(error))
}
