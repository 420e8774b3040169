//! Rules as plain data: what the front end hands to the planner.
//!
//! Owns the types alone. It does not know the syntax they came from, nor what
//! jobs they will make.

mod book;
mod left_out;

pub use book::{ALL, EnvironmentVariable, Rulefile, Scope, Shape, Variable, Workdir};
pub use left_out::LeftOut;

use crate::pattern::Pattern;
use crate::span::{Literals, Span};
use crate::template::Template;
use crate::value::{FnId, Val};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Index of a rule in [`Rulefile::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

impl RuleId {
    /// As an index into a vector with a row per rule.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

bitflags::bitflags! {
    /// Marks on a file of a rule.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Flags: u16 {
        /// `temp()`: may be deleted once its consumers are done.
        const TEMP = 1;
        /// `directory()`: the output is a tree.
        const DIRECTORY = 2;
        /// `touch()`: made (empty) or touched by rulemake after the job.
        const TOUCH = 4;
        /// `ancient()`: the input need only exist.
        const ANCIENT = 8;
        /// `protected()`: write bits are taken off after the job.
        const PROTECTED = 16;
        /// `pipe()`: a FIFO, both ends of which run together.
        const PIPE = 1 << 8;
        /// `service()`: made by a job that runs until its last reader has ended.
        const SERVICE = 1 << 9;
        /// `update()`: the job changes the output in place.
        const UPDATE = 1 << 10;
        /// `before_update()`: the file as it is, whoever updates it.
        const BEFORE_UPDATE = 1 << 11;
    }
}

/// Files of a section in order, with the names of some stretches of them.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// All of them.
    pub items: Vec<T>,
    /// `name = ...`: which items a name stands for.
    pub names: Vec<Name>,
    /// Which items each value without a name stands for.
    pub unnamed: Vec<Range<u32>>,
}

/// A name within a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: Box<str>,
    /// The items it stands for.
    pub range: Range<u32>,
    /// Whether the value was a list (of whatever length), not one string.
    pub list: bool,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named { items: Vec::new(), names: Vec::new(), unnamed: Vec::new() }
    }
}

impl<T> Named<T> {
    /// The items under a name.
    pub fn named(&self, name: &str) -> Option<&[T]> {
        let found = self.names.iter().find(|n| &*n.name == name)?;
        Some(&self.items[found.range.start as usize..found.range.end as usize])
    }
}

/// An output, log or benchmark file of a rule.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its path pattern, normalised; constraints compiled in.
    pub pattern: Pattern,
    /// Its marks.
    pub flags: Flags,
    /// `ensure()`: what it must be when the job has ended.
    pub ensure: Option<Box<Ensure>>,
    /// `repeat(path, n)` of a benchmark: how often the job is measured.
    pub repeat: u32,
    /// `report()`: how a report shows it.
    pub report: Option<Arc<Reported>>,
}

/// How `report()` wants an output to be shown. Texts may hold wildcards; functions
/// take them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reported {
    /// The file of its caption, an absolute path.
    pub caption: Option<Box<str>>,
    /// The heading it stands under: a text or a function, or none.
    pub category: Val,
    /// The heading below that.
    pub subcategory: Val,
    /// A dict of texts or functions, or a function that gives it, or none.
    pub labels: Val,
}

/// What `ensure()` asks of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensure {
    /// It is not empty.
    pub non_empty: bool,
    /// Its checksum: hexadecimal text, or a function that gives it.
    pub checksum: Option<(Checksum, Val)>,
}

/// An algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256
    Sha256,
    /// MD5
    Md5,
    /// SHA-1
    Sha1,
}

impl Checksum {
    /// Its name, as in `ensure(..., NAME=...)`.
    pub fn name(self) -> &'static str {
        match self {
            Checksum::Md5 => "md5",
            Checksum::Sha1 => "sha1",
            Checksum::Sha256 => "sha256",
        }
    }
}

/// `shadow:` a directory of its own that a job runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shadow {
    /// It holds links to the inputs.
    Minimal,
    /// It holds copies of the inputs.
    CopyMinimal,
    /// It holds links to all that stands in the working directory.
    Shallow,
    /// It holds the directories of the working directory, and links to all files.
    Full,
}

/// One entry of a rule's `input:`.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is.
    pub what: InputWhat,
    /// Its marks.
    pub flags: Flags,
    /// `rules.X.output`: the rule that makes it, past any ambiguity.
    pub pin: Option<RuleId>,
}

/// What an input is before the job is known.
#[derive(Clone, Debug)]
pub enum InputWhat {
    /// A path without wildcards, normalised, braces undoubled.
    Path(Box<str>),
    /// A path with wildcards of the rule.
    Pattern(Box<Pattern>),
    /// A function of the wildcards that gives paths.
    Function {
        /// The function.
        id: FnId,
        /// Under `unpack()`: it gives a dict of names.
        unpack: bool,
        /// Where it stands.
        span: Span,
    },
}

/// One entry of `params:` or `resources:`.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name; positional params have none.
    pub name: Option<Box<str>>,
    /// Its value. Strings (also inside lists) may hold wildcards, see `filled`.
    pub value: Val,
    /// Some string in it holds wildcards of the rule, to be filled per job.
    pub filled: bool,
    /// Braces in it are plain text: it is a tuple or a set.
    pub fixed: bool,
    /// Where its value stands.
    pub span: Span,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing: a rule that only gathers inputs.
    None,
    /// `shell:`
    Shell(Text),
    /// `run:`
    Run(Arc<Body>),
    /// `script:`
    Script(Box<Script>),
}

/// Python of a Rulefile, as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// The Rulefile's path as messages give it.
    pub shown: Arc<str>,
    /// Its absolute path.
    pub path: Arc<str>,
    /// The line of the text's first character, from 1.
    pub line: u32,
    /// Whole lines; what stands before a body on its key's line is blanks.
    pub text: Box<str>,
}

impl Python {
    /// The text without the indentation of its first line, as far as its other
    /// lines have that too, and without outer blank lines.
    pub fn outdented(&self) -> String {
        let text = self.text.trim_end();
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        let indent = &first[..first.len() - first.trim_start().len()];
        let lines = text.lines().skip_while(|l| l.trim().is_empty());
        lines.map(|l| l.strip_prefix(indent).unwrap_or(l)).collect::<Vec<_>>().join("\n")
    }
}

/// A Python body with all that it uses of the Rulefile.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The body itself.
    pub python: Python,
    /// It stands on the first line of its file, behind its key.
    pub inline: bool,
    /// Imports, `def`s, classes and the like, in the order of the files.
    pub pieces: Vec<Arc<Python>>,
    /// Names among [`Rulefile::variables`].
    pub variables: Vec<Box<str>>,
    /// What `rules` shows of those it names.
    pub rules: Val,
    /// What it uses of modules.
    pub spaces: Vec<Space>,
    /// What is recorded as its command: its own text and all that it uses.
    pub recorded: Box<str>,
}

/// What a Python body uses of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// The module's name where the body stands.
    pub name: Box<str>,
    /// The module's `config`.
    pub config: Val,
    /// Imports, `def`s, classes and the like, in the order of its files.
    pub pieces: Vec<Arc<Python>>,
    /// Its variables that these use, or that the body names.
    pub variables: Vec<Variable>,
    /// What its `rules` shows.
    pub rules: Val,
    /// What it uses of modules of its own.
    pub spaces: Vec<Space>,
    /// `onstart` and its like by name, and whether each stands on the first line of its file.
    pub handlers: Vec<(Box<str>, Python, bool)>,
}

impl Space {
    /// All Python in it.
    pub fn texts(&self) -> Vec<&Python> {
        let own = self.pieces.iter().map(|piece| &**piece).chain(self.handlers.iter().map(|(_, python, _)| python));
        own.chain(self.spaces.iter().flat_map(Space::texts)).collect()
    }
}

/// A script that an interpreter runs.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its path, which may hold wildcards and params.
    pub path: Text,
    /// The directory of its Rulefile, which the path is relative to: absolute.
    pub directory: Box<str>,
    /// The same as messages give it; empty for the working directory.
    pub shown: Box<str>,
}

/// Python that runs before and after all jobs.
#[derive(Debug, Default)]
pub struct Hooks {
    /// `onstart:`
    pub start: Option<Body>,
    /// `onsuccess:`
    pub success: Option<Body>,
    /// `onerror:`
    pub error: Option<Body>,
}

/// A template with the text it was made from.
#[derive(Clone, Debug)]
pub struct Text {
    /// Parsed.
    pub template: Template,
    /// The evaluated string (not dedented).
    pub value: Box<str>,
    /// Where its pieces stand in the Rulefile.
    pub at: Literals,
}

/// Where the sections of a rule stand, for messages.
#[derive(Clone, Debug)]
pub struct Places {
    /// `rule NAME` (the keyword, if it has no name).
    pub head: Span,
    /// The value of `input:`.
    pub input: Literals,
    /// The value of `output:`.
    pub output: Literals,
    /// The value of `log:`.
    pub log: Literals,
    /// The value of `benchmark:`.
    pub benchmark: Literals,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name; for a rule without one, its file and line (`Rulefile:12`, and
    /// `Rulefile:12#2` for the second that a loop makes there).
    pub name: Box<str>,
    /// Whether the name was made up.
    pub anonymous: bool,
    /// The docstring.
    pub doc: Option<Box<str>>,
    /// Names of its wildcards, in the order of the first output's pattern. All
    /// outputs, logs and the benchmark carry the same set.
    pub wildcards: Vec<Box<str>>,
    /// `input:`; a name's range counts entries here, before functions are called.
    pub inputs: Named<Input>,
    /// `output:`
    pub outputs: Named<Output>,
    /// `log:`
    pub logs: Named<Output>,
    /// `benchmark:`
    pub benchmark: Option<Output>,
    /// `params:`
    pub params: Vec<Param>,
    /// `threads:` a number or a function; 1 if not given.
    pub threads: Param,
    /// `resources:` by name; the names are unique.
    pub resources: Vec<Param>,
    /// `env:` variables by name; the names are unique.
    pub env: Vec<Param>,
    /// `shadow:`
    pub shadow: Option<Shadow>,
    /// `priority:` a number or a function; 0 if not given.
    pub priority: Param,
    /// `retries:` how often a job that failed is tried again, if it is given.
    pub retries: Option<u32>,
    /// `timeout:` how long a job's command may run, if it is given.
    pub timeout: Option<Duration>,
    /// `message:`
    pub message: Option<Text>,
    /// What it does.
    pub action: Action,
    /// The module it was taken from, in [`Rulefile::modules`].
    pub module: Option<u32>,
    /// `checkpoint NAME:`: functions may ask for what its jobs made.
    pub checkpoint: bool,
    /// `localrules` or `localrule: True`: runs here, never on a cluster.
    pub local: bool,
    /// Where it stands.
    pub places: Places,
}

/// The resource that names the shell of a rule's command.
pub const SHELL: &str = "shell_exec";

impl Rule {
    /// The shell that its command is for, if it names one.
    pub fn shell(&self) -> Option<&str> {
        let named = self.resources.iter().find(|resource| resource.name.as_deref() == Some(SHELL))?;
        named.value.as_str()
    }

    /// Whether an output has wildcards.
    pub fn has_wildcards(&self) -> bool {
        !self.wildcards.is_empty()
    }
}
