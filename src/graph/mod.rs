//! The graph of jobs and files.
//!
//! Owns which job makes which file, and what each job reads. It grows only at
//! its end, so that a running plan can add to it. It does not know what is
//! stale, and it never reads a file: whether one exists is asked of the caller.
//! Of a checkpoint it is told when its functions may read what it made.

mod absent;
mod beside;
mod build;
mod choose;
mod dead;
mod error;
mod extend;
mod finder;
mod gates;
mod globs;
mod ground;
mod nested;
mod order;
mod select;
mod target;
#[cfg(test)]
mod tests;

pub use build::{Files, Request, build};
pub use extend::{Extended, Extension, extend};
pub use finder::Choice;
pub use ground::Ground;
pub use select::Batch;
pub use target::{Target, without_default};

use crate::path::{PathId, Paths};
use crate::rule::{Flags, Name, Rule, RuleId, Rulefile};
use gates::Gates;
use rustc_hash::FxHashMap;
use select::Part;

/// Index of a job in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u32);

impl JobId {
    /// As an index into a vector with a row per job.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An input of a job: a path, and whether it is `ancient()` or `before_update()`.
/// Four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputRef(u32);

const ANCIENT: u32 = 1 << 31;
const BEFORE: u32 = 1 << 30;

impl InputRef {
    /// An input.
    pub fn new(path: PathId, flags: Flags) -> Self {
        assert!(path.0 < BEFORE, "more than 2^30 paths");
        let bit = |flag, bit| if flags.contains(flag) { bit } else { 0 };
        InputRef(path.0 | bit(Flags::ANCIENT, ANCIENT) | bit(Flags::BEFORE_UPDATE, BEFORE))
    }

    /// The path.
    pub fn path(self) -> PathId {
        PathId(self.0 & !(ANCIENT | BEFORE))
    }

    /// Whether it need only exist.
    pub fn is_ancient(self) -> bool {
        self.0 & ANCIENT != 0
    }

    /// Whether it is the file as it is before a job updates it: that job is not
    /// waited for.
    pub fn is_before_update(self) -> bool {
        self.0 & BEFORE != 0
    }
}

/// One job: a rule with its wildcards' values. The rows it points into lie in [`Graph`].
#[derive(Clone, Copy, Debug)]
struct Row {
    rule: RuleId,
    /// The output whose match gave the wildcards.
    matched: PathId,
    /// First of its wildcards in `captures`; as many as the rule has.
    captures: u32,
    inputs: (u32, u32),
    outputs: (u32, u32),
}

/// Who makes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    /// Nobody asked yet.
    Unseen,
    /// Nobody: it must be there.
    Source,
    /// Several jobs could; see `Graph::options`.
    Several,
    /// This job.
    Job(JobId),
}

/// A file that is taken as it is, because the job that could make it misses an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file.
    pub output: PathId,
    /// The job that could make it.
    pub job: JobId,
    /// What it misses; none if it would depend on itself.
    pub missing: Option<PathId>,
}

/// Jobs and files.
#[derive(Default)]
pub struct Graph {
    jobs: Vec<Row>,
    /// Byte ranges of wildcard values within the matched path.
    captures: Vec<(u16, u16)>,
    inputs: Vec<InputRef>,
    outputs: Vec<PathId>,
    makers: Vec<Maker>,
    /// Paths that several jobs could make, in order of asking.
    options: FxHashMap<PathId, Vec<JobId>>,
    /// Names of inputs of jobs whose rules have input functions.
    layouts: FxHashMap<JobId, Vec<Name>>,
    order: Vec<JobId>,
    left_out: Vec<LeftOut>,
    targets: Vec<PathId>,
    target_jobs: Vec<JobId>,
    gates: Gates,
    part: Option<Part>,
}

impl Graph {
    /// The jobs that the targets need, each after those it depends on.
    pub fn order(&self) -> &[JobId] {
        &self.order
    }

    /// How many job ids there are; some may be in no order (candidates that were dropped).
    pub fn job_ids(&self) -> usize {
        self.jobs.len()
    }

    /// The files asked for.
    pub fn targets(&self) -> &[PathId] {
        &self.targets
    }

    /// The jobs asked for by their rules' names.
    pub fn target_jobs(&self) -> &[JobId] {
        &self.target_jobs
    }

    /// The rule of a job.
    pub fn rule(&self, job: JobId) -> RuleId {
        self.jobs[job.index()].rule
    }

    /// What a job reads, in order.
    pub fn inputs(&self, job: JobId) -> &[InputRef] {
        let (start, len) = self.jobs[job.index()].inputs;
        &self.inputs[start as usize..(start + len) as usize]
    }

    /// What a job makes, in order.
    pub fn outputs(&self, job: JobId) -> &[PathId] {
        let (start, len) = self.jobs[job.index()].outputs;
        &self.outputs[start as usize..(start + len) as usize]
    }

    /// Names within a job's inputs.
    pub fn input_names<'a>(&'a self, book: &'a Rulefile, job: JobId) -> &'a [Name] {
        match self.layouts.get(&job) {
            Some(names) => names,
            None => &book.rule(self.rule(job)).inputs.names,
        }
    }

    /// The job that makes a file; none if it is a source.
    pub fn maker(&self, path: PathId) -> Option<JobId> {
        match self.makers.get(path.index()) {
            Some(Maker::Job(job)) => Some(*job),
            _ => None,
        }
    }

    /// The job that a file comes from: its maker, or that of the directory of a
    /// checkpoint which the file lies in. None if it is a source.
    pub fn origin(&self, path: PathId) -> Option<JobId> {
        self.maker(path).or_else(|| self.gates.trees(path).iter().find_map(|tree| self.maker(*tree)))
    }

    /// The job that an input comes from. None if it is a source, or the file as it
    /// is before that job.
    pub fn origin_of(&self, input: InputRef) -> Option<JobId> {
        if input.is_before_update() { None } else { self.origin(input.path()) }
    }

    /// Files of the plan that are taken as they are, though a rule could make
    /// them if its inputs were there.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The values of a job's wildcards, in the order of [`Rule::wildcards`].
    pub fn wildcards<'a>(&'a self, paths: &'a Paths, job: JobId, rule: &Rule) -> impl Iterator<Item = &'a str> {
        let row = &self.jobs[job.index()];
        let start = row.captures as usize;
        let count = rule.wildcards.len();
        let text = if count == 0 { "" } else { paths.str(row.matched) };
        self.captures[start..start + count].iter().map(move |&(a, b)| &text[a as usize..b as usize])
    }

    /// `rule wildcard=value ...`: how messages name a job.
    pub fn describe(&self, book: &Rulefile, paths: &Paths, job: JobId) -> String {
        let rule = book.rule(self.rule(job));
        let values = self.wildcards(paths, job, rule);
        let pairs = rule.wildcards.iter().zip(values).map(|(n, v)| format!(" {n}={v}"));
        std::iter::once(rule.name.to_string()).chain(pairs).collect()
    }

    fn maker_mut(&mut self, path: PathId) -> &mut Maker {
        if self.makers.len() <= path.index() {
            let len = (path.index() + 1).max(self.makers.len() * 2);
            self.makers.resize(len, Maker::Unseen);
        }
        &mut self.makers[path.index()]
    }

    fn maker_of(&self, path: PathId) -> Maker {
        self.makers.get(path.index()).copied().unwrap_or(Maker::Unseen)
    }
}
