//! Evaluation: a Rulefile with all it includes becomes plain rules.
//!
//! The only module that sees Starlark. It owns the values at load time, the
//! built-in functions, the checks of a rule's own sections, and the calls of
//! deferred functions later. It does not know targets, jobs or the graph.

#![allow(unsafe_code, unused_qualifications, reason = "what Starlark's derives expand to")]

mod assemble;
mod builtin;
mod config;
mod convert;
mod deferred;
mod depth;
mod directive;
mod exception;
mod explain;
mod expression;
mod fault;
mod files;
mod function;
mod given;
mod implicit;
mod keys;
mod later;
mod library;
mod limits;
mod load;
mod local;
mod mark;
mod missing;
mod module;
mod named_values;
mod notice;
mod other_inputs;
mod placing;
mod pure_path;
mod pyload;
mod python;
mod recognised;
mod reuse;
mod rewrite;
mod schema;
mod session;
mod show;
mod system;
mod wildcards;
mod wording;
mod yte;

pub use deferred::{Checkpoints, Made, Need, Unavailable};
pub use function::{Call, FileName, Functions, Gave, JobFiles, SizeOf};
pub use pyload::{PythonFile, PythonRan, RunPython};

use crate::diag::Diags;
use crate::files::StatAhead;
use crate::rule::Rulefile;
use crate::span::Sources;
use crate::value::{FnId, Val};
use crossbeam::channel::Receiver;

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The Rulefile, relative to the current directory.
    pub path: String,
    /// `--config KEY=VALUE`, in order; a key `a.b` is not split.
    pub config: Vec<(String, Val)>,
    /// `--configfile`, in order.
    pub configfiles: Vec<String>,
    /// `--replace-workflow-config`: the two above are all of `config`.
    pub replace_config: bool,
    /// The directory was chosen on the command line: `workdir:` is read over.
    pub stays: bool,
    /// `--set-scatter NAME=N`, in order.
    pub scatter: Vec<(String, u32)>,
    /// `--wrapper-prefix`: what stands before the names of wrappers.
    pub wrapper_prefix: Option<String>,
    /// Cores that jobs may use, for `workflow.cores`.
    pub cores: u32,
    /// Stats of files that are found are asked for once this channel has ended.
    pub begin: Option<Receiver<()>>,
    /// Expressions of the command line that become functions of the job.
    pub expressions: Vec<Expression>,
    /// Runs the Python files of `pyload`.
    pub python: Option<RunPython>,
}

/// An expression of `wildcards`, `input`, `threads` and `attempt`.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The text.
    pub text: String,
    /// What stands for the name of a file in messages: an option.
    pub shown: String,
}

/// Something the plan depends on besides the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackedRead {
    /// A file whose text was read.
    File(Box<str>),
    /// A path that was asked for, and whether it was there.
    Exists(Box<str>, bool),
    /// A glob or pattern that was looked for, and how many paths it found.
    Glob(Box<str>, usize),
    /// An environment variable.
    Env(Box<str>, Option<Box<str>>),
}

/// A loaded Rulefile.
#[derive(Debug)]
pub struct Loaded {
    /// Its rules.
    pub rulefile: Rulefile,
    /// Its deferred functions.
    pub functions: Functions,
    /// The functions that the request's expressions became, in order.
    pub expressions: Vec<FnId>,
    /// What was read on the way.
    pub reads: Vec<TrackedRead>,
    /// Directories that it asks for by `os.makedirs`, below `workdir:`.
    pub directories: Vec<String>,
    /// Stats of files that were found on the way.
    pub ahead: StatAhead,
    /// What is likely not as meant.
    pub warnings: Diags,
    /// Lines that `print` wrote.
    pub notes: Vec<String>,
}

/// What a YAML file holds that is none of a Rulefile's: as it was read, or if it is a
/// template (`__use_yte__: true`), filled.
///
/// # Errors
/// What is wrong in the template.
pub fn template(path: &str, read: Val) -> Result<Val, Diags> {
    yte::filled(&session::Session::new(Request::default(), Sources::default()), path, read)
}

/// Makes the built-in functions and those of their values on two threads: of a
/// small run, that is the longest single step.
pub fn warm_up() {
    std::thread::spawn(builtin::globals);
    std::thread::spawn(builtin::warm_up);
}

/// Loads a Rulefile, its includes and its config files. Afterwards, also after
/// an error, `sources` holds every text that a diagnostic points into.
///
/// # Errors
/// Every fault that could be found in one go.
pub fn load(request: Request, sources: &mut Sources) -> Result<Loaded, Diags> {
    load::load(request, sources)
}
