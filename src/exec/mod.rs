//! Running commands: what an executor is given and what it hands back.
//!
//! Owns the small trait between what to run and how it runs; [`local`] runs
//! jobs as processes of this machine, [`fake`] pretends, for tests of the loop
//! above. It neither renders a command nor records what became of it, and it
//! does not know jobs, rules or the graph: a [`Task`] brings its own work.

mod direct;
mod exit;
pub mod fake;
mod groups;
mod launch;
pub mod local;
mod log;
mod meter;
pub mod orphan;
mod spawn;

pub use exit::{Exit, Status, describe, signal_name};
pub use launch::Environment;
pub use meter::{Measured, Memory};

use crossbeam::channel::Receiver;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A shell command, ready to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The text. It runs as `bash -euo pipefail -c TEXT`, or without a shell
    /// where nobody could tell the difference.
    pub text: String,
    /// What stands before the text in the place of bash's strict mode.
    pub prefix: Option<String>,
    /// Another shell than bash, a path or a name to look up in `PATH`; it gets
    /// `-c` and the text.
    pub shell: Option<String>,
    /// The text is a program of another language: an interpreter gets it in a
    /// file, which is removed afterwards. There is no shell then.
    pub interpreter: Option<Interpreter>,
}

/// What runs a program that is no shell command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interpreter {
    /// Its name, to be looked up in `PATH`, and its options.
    pub words: Vec<String>,
    /// The file that the text is put into, its name such that no interpreter
    /// stumbles over it. Its directory is made.
    pub file: PathBuf,
}

/// All an executor must know to run one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// What runs.
    pub command: Command,
    /// Variables added to the environment, or put in the place of those of the
    /// same name. No NUL in them, no `=` in a name.
    pub env: Vec<(String, String)>,
    /// The directory it runs in, if not our own. `log` is relative to ours.
    pub directory: Option<PathBuf>,
    /// What runs after it, one after the other, as long as each succeeds. The log
    /// takes what all of them print.
    pub again: Vec<Command>,
    /// Whether each run is measured while it lasts.
    pub measure: bool,
    /// How long it may run: then its process group is asked to end, and killed
    /// if it does not within ten seconds.
    pub timeout: Option<Duration>,
    /// The file that takes stdout and stderr. Made anew by the executor, with
    /// its directories; removed again if nothing was printed.
    pub log: PathBuf,
    /// How many bytes of the log to keep at most (checked once a second and at
    /// the end); the middle goes first.
    pub log_limit: Option<u64>,
}

/// One run of a job, with what is to be done before and after its command. All
/// of it happens away from the main loop, one task after the other in a worker.
pub trait Task: Send {
    /// A number for the caller's use.
    fn id(&self) -> u32;
    /// What must be done first (outputs set aside, the started mark). After an
    /// error nothing is run, and `after` gets [`Status::NotStarted`] with it.
    fn before(&mut self) -> Result<(), String>;
    /// What to run. Asked for after `before`.
    fn spec(&self) -> &Spec;
    /// The process runs. `leader_start` is when its leader started, in the
    /// kernel's own unit (see [`orphan`]); 0 if it could not be read.
    fn spawned(&mut self, pgid: i32, leader_start: u64);
    /// Whether there is something to do while the process runs. Asked for after
    /// `spawned`.
    fn has_more_to_do(&self) -> bool {
        false
    }
    /// Does it, on another thread than the one that waits for the process. It is
    /// over before `after`.
    fn meanwhile(&mut self) {}
    /// The command ended, or was never started.
    fn after(&mut self, exit: Exit);
}

/// What can be told to all running jobs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End: `SIGTERM` to every group. What was started but has no process yet
    /// ends as [`Status::NotStarted`]. From here on nothing more runs.
    Terminate,
    /// The same with `SIGKILL`: for those that are left after a grace.
    Kill,
    /// Stop where they are; jobs that have no process yet wait.
    Suspend,
    /// Go on after `Suspend`.
    Resume,
}

/// Asks the process of a task to end, by the task's number, from any thread. One
/// that has none yet is asked as soon as it has. A process that does not end
/// is killed after ten seconds; nothing of its group is left in any case.
pub type Ender = Arc<dyn Fn(u32) + Send + Sync>;

/// Something that runs tasks. The caller decides how many at a time.
pub trait Executor {
    /// Runs a task. Never blocks.
    fn start(&mut self, task: Box<dyn Task>);
    /// Where tasks come back, their `after` done, in the order they ended.
    fn finished(&self) -> &Receiver<Box<dyn Task>>;
    /// Tells all running jobs.
    fn signal(&self, what: Signal);
    /// Why a command could not be started at all, in one line: its interpreter
    /// is not there.
    fn lacks(&self, _command: &Command) -> Option<String> {
        None
    }
    /// How many tasks were started and have not come back yet.
    fn running(&self) -> usize;
    /// What ends the process of a single task.
    fn ender(&self) -> Ender;
    /// The caller has nothing more to start and is about to wait for
    /// [`finished`](Executor::finished). An executor with a clock of its own
    /// (the fake one) moves it here.
    fn idle(&mut self) {}
}

#[cfg(test)]
mod tests;
