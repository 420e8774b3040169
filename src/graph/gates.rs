//! Checkpoints' jobs, what functions are told of them, and the jobs that wait.
//!
//! A job whose function asked for a checkpoint that is not done is *open*: its
//! inputs are those known so far, and the outputs of the checkpoints' jobs it
//! waits for. Owns which jobs are open and which checkpoints may be read. It
//! does not know when a job is done: it is told.

use super::build::Builder;
use super::finder::Candidate;
use super::{Graph, InputRef, JobId, Maker};
use crate::diag::{Diag, Kind};
use crate::eval::{Checkpoints, Made, Need};
use crate::path::{self, PathId, Paths, above};
use crate::rule::{Flags, Rule, RuleId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct Gates {
    /// The jobs of checkpoints, by what `get` calls them.
    jobs: FxHashMap<Need, JobId>,
    passed: FxHashSet<JobId>,
    /// Those that are passed, in that order.
    asked: Vec<JobId>,
    /// For an open job, the checkpoints' jobs it waits for.
    open: BTreeMap<JobId, Vec<JobId>>,
    /// Open jobs that are in no order: candidates that were dropped, and what a
    /// selection leaves out.
    unordered: FxHashSet<JobId>,
    /// For a file that lies in directories which checkpoints may make, those, the
    /// nearest first.
    trees: FxHashMap<PathId, Vec<PathId>>,
    /// And the other way round.
    inside: FxHashMap<PathId, Vec<PathId>>,
    /// Logs and benchmarks: they come with the first output of their job as what
    /// lies in a directory comes with that.
    beside: FxHashSet<PathId>,
}

impl Gates {
    pub(super) fn add(&mut self, need: Need, job: JobId) {
        self.jobs.insert(need, job);
    }

    pub(super) fn asked(&self) -> &[JobId] {
        &self.asked
    }

    /// The directories a file may lie in.
    pub(super) fn trees(&self, path: PathId) -> &[PathId] {
        if self.trees.is_empty() { &[] } else { self.trees.get(&path).map_or(&[], Vec::as_slice) }
    }

    /// A log or a benchmark comes with an output.
    pub(super) fn add_beside(&mut self, output: PathId, path: PathId) {
        self.add_tree(output, path);
        self.beside.insert(path);
    }

    fn add_tree(&mut self, tree: PathId, path: PathId) {
        self.trees.entry(path).or_default().push(tree);
        self.inside.entry(tree).or_default().push(path);
    }

    /// Forgets a job that never was, and a path that nobody asked for.
    pub(super) fn forget(&mut self, need: &Need, job: JobId) {
        if self.jobs.get(need) == Some(&job) {
            self.jobs.remove(need);
        }
        self.open.remove(&job);
        self.unordered.remove(&job);
    }

    pub(super) fn forget_path(&mut self, path: PathId) {
        self.beside.remove(&path);
        for tree in self.trees.remove(&path).unwrap_or_default() {
            if let Some(inside) = self.inside.get_mut(&tree) {
                inside.retain(|p| *p != path);
            }
        }
    }

    /// Whether a job is open, and on what.
    pub(super) fn waits(&self, job: JobId) -> Option<&Vec<JobId>> {
        self.open.get(&job)
    }

    /// Makes a job as open as it was.
    pub(super) fn set_waits(&mut self, job: JobId, waits: Option<Vec<JobId>>) {
        match waits {
            Some(waits) => drop(self.open.insert(job, waits)),
            None => drop(self.open.remove(&job)),
        }
    }
}

/// What functions are told of the checkpoints of a graph.
pub struct Answers<'a> {
    graph: &'a Graph,
    paths: &'a Paths,
}

impl Checkpoints for Answers<'_> {
    fn files(&self, need: &Need) -> Option<Made> {
        let job = *self.graph.gates.jobs.get(need)?;
        if !self.graph.gates.passed.contains(&job) {
            return None;
        }
        let text = |p: PathId| Box::from(self.paths.str(p));
        let inputs = self.graph.inputs(job).iter().map(|i| text(i.path())).collect();
        let outputs = self.graph.outputs(job).iter().map(|p| text(*p)).collect();
        Some(Made { inputs, outputs })
    }
}

impl Graph {
    /// What functions are told of checkpoints now.
    pub fn answers<'a>(&'a self, paths: &'a Paths) -> Answers<'a> {
        Answers { graph: self, paths }
    }

    /// Functions may read what this job of a checkpoint made.
    pub fn pass(&mut self, job: JobId) {
        if self.gates.passed.insert(job) {
            self.gates.asked.push(job);
        }
    }

    /// Files that jobs read in a directory of a checkpoint, and that no rule
    /// makes; of a first output, the logs and benchmarks that are read.
    pub fn inside(&self, tree: PathId) -> &[PathId] {
        self.gates.inside.get(&tree).map_or(&[], Vec::as_slice)
    }

    /// Whether functions may read what a job of a checkpoint made.
    pub fn is_passed(&self, job: JobId) -> bool {
        self.gates.passed.contains(&job)
    }

    /// The checkpoints' jobs that must be done before the inputs of a job are
    /// known; none if they are known.
    pub fn open(&self, job: JobId) -> Option<&[JobId]> {
        if self.gates.open.is_empty() { None } else { self.gates.open.get(&job).map(Vec::as_slice) }
    }

    /// All jobs of the order whose inputs are not known yet, with the checkpoints'
    /// jobs they wait for.
    pub fn open_jobs(&self) -> impl Iterator<Item = (JobId, &[JobId])> {
        let open = self.gates.open.iter().filter(|(job, _)| !self.gates.unordered.contains(job));
        open.map(|(job, waits)| (*job, waits.as_slice()))
    }

    /// Notes which open jobs are not in the order.
    pub(super) fn leave_unordered(&mut self) {
        self.gates.unordered = self.gates.open.keys().copied().collect();
        if !self.gates.unordered.is_empty() {
            let ordered: FxHashSet<JobId> = self.order.iter().copied().collect();
            self.gates.unordered.retain(|job| !ordered.contains(job));
        }
    }

    /// The same where jobs were added, of which only some went into the order;
    /// older ones may have been put there, too.
    pub(super) fn leave_unordered_of(&mut self, new: &[JobId], first: usize) {
        let added = self.gates.open.range(JobId(first as u32)..).map(|(job, _)| *job);
        self.gates.unordered.extend(added);
        if !self.gates.unordered.is_empty() {
            let ordered: FxHashSet<JobId> = new.iter().copied().collect();
            self.gates.unordered.retain(|job| !ordered.contains(job));
        }
    }

    /// The logs and benchmarks of a job that are read or asked for.
    pub fn beside(&self, job: JobId) -> impl Iterator<Item = PathId> {
        let first = self.outputs(job).first().filter(|_| !self.gates.beside.is_empty());
        first.into_iter().flat_map(|output| self.inside(*output)).copied().filter(|path| self.is_beside(*path))
    }

    /// Whether a file is the log or the benchmark of the job it comes from.
    pub fn is_beside(&self, path: PathId) -> bool {
        self.gates.beside.contains(&path)
    }

    /// The directory of a checkpoint that a file lies in, if no rule makes the
    /// file itself; of a log or a benchmark, its job's first output.
    pub fn tree_of(&self, path: PathId) -> Option<PathId> {
        self.gates.trees(path).iter().copied().find(|tree| self.maker(*tree).is_some())
    }
}

impl Builder<'_, '_> {
    /// What `get` calls a checkpoint's job.
    pub(super) fn need_of(&self, job: JobId, rule: &Rule) -> Need {
        let values = self.graph.wildcards(self.paths, job, rule).map(Box::from).collect();
        Need { rule: self.graph.rule(job), values }
    }

    /// Within a directory that a checkpoint's job makes, no other job of that
    /// checkpoint makes a directory, though a wildcard may match a slash.
    pub(super) fn without_nested(&self, found: &mut Vec<Candidate>, path: PathId, pin: Option<RuleId>) {
        if !self.ground.trees {
            return;
        }
        let name = self.paths.str(path);
        found.retain(|c| pin == Some(c.rule) || !self.makes_directory(c) || !self.lies_in_tree_of(c.rule, name));
    }

    fn makes_directory(&self, candidate: &Candidate) -> bool {
        let rule = self.ground.book.rule(candidate.rule);
        rule.checkpoint && rule.outputs.items[candidate.output as usize].flags.contains(Flags::DIRECTORY)
    }

    fn lies_in_tree_of(&self, rule: RuleId, name: &str) -> bool {
        let makes = |path: PathId| match self.graph.maker_of(path) {
            Maker::Job(job) => self.graph.rule(job) == rule,
            _ => false,
        };
        above(name).filter_map(|p| self.paths.get(p)).any(makes)
    }

    /// A file may lie in a directory that a checkpoint makes.
    pub(super) fn look_for_tree(&mut self, path: PathId) {
        if !self.ground.trees {
            return;
        }
        let name = self.paths.str(path).to_owned();
        let (mut captures, mut found) = (Vec::new(), Vec::new());
        for tree in above(&name) {
            self.ground.finder.candidates(tree, &mut captures, &mut found);
            let makes = found.iter().any(|c| self.makes_directory(c));
            if makes {
                let tree = self.paths.intern(tree);
                self.graph.gates.add_tree(tree, path);
                self.ask(tree, None);
            }
        }
    }

    /// Opens a job for what its functions need, or closes it. The outputs of
    /// checkpoints that it waits for become inputs of it for the time being.
    pub(super) fn wait_for(&mut self, job: JobId, needs: Vec<Need>) -> Result<(), Diag> {
        let (mut waits, mut seen) = (Vec::new(), FxHashSet::default());
        for need in needs {
            let gate = self.gate(need)?;
            if seen.insert(gate) {
                waits.push(gate);
            }
        }
        for gate in &waits {
            let outputs = self.graph.outputs(*gate).to_vec();
            self.graph.inputs.extend(outputs.into_iter().map(|path| InputRef::new(path, Flags::empty())));
        }
        self.graph.gates.set_waits(job, Some(waits).filter(|w| !w.is_empty()));
        Ok(())
    }

    /// The job of a checkpoint; it is grown if nobody asked for it before.
    fn gate(&mut self, need: Need) -> Result<JobId, Diag> {
        if let Some(job) = self.graph.gates.jobs.get(&need) {
            return Ok(*job);
        }
        let rule = self.ground.book.rule(need.rule);
        let pattern = &rule.outputs.items[0].pattern;
        let mut text = String::new();
        let value = |name: &str| Some(need.values[rule.wildcards.iter().position(|w| **w == *name)?].to_string());
        let filled = pattern.fill_with(&mut text, &value);
        filled
            .map_err(|name| Diag::error(Kind::Plan, format!("checkpoint `{}` has no wildcard `{name}`", rule.name)))?;
        let path = self.paths.intern(&path::normal(&text));
        self.ask(path, Some(need.rule));
        self.graph.gates.jobs.get(&need).copied().ok_or_else(|| {
            let message = format!("checkpoint `{}` makes no `{}`", rule.name, self.paths.str(path));
            Diag::error(Kind::Plan, message)
                .label(rule.places.head, "asked for these values of its wildcards")
                .note("the values do not match its constraints, or another rule makes the file")
        })
    }
}
