//! Growing the graph: from targets over rules to jobs and sources, in waves.
//!
//! A wave is all jobs found since the last one; their input functions are
//! called together. Every candidate of a path is grown; `choose` then drops
//! those that cannot be made.

use super::choose;
use super::error;
use super::finder::{Candidate, Choice};
use super::globs::without_globs;
use super::ground::Ground;
use super::target::Target;
use super::{Graph, InputRef, JobId, Maker, Row};
use crate::diag::{Diag, Diags};
use crate::eval::{Call, Functions, Gave, Need, Unavailable};
use crate::path::{self, PathId, Paths};
use crate::rule::{Flags, Input, InputWhat, Name, Rule, RuleId, Rulefile};
use crate::value::{FnId, Val};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What [`build`] works from.
pub struct Request<'a, 't> {
    /// The rules.
    pub book: &'a Rulefile,
    /// Their input functions.
    pub functions: &'a Functions,
    /// What is asked for.
    pub targets: &'t [Target],
    /// How makers are chosen.
    pub choice: &'t Choice,
    /// What is asked about files.
    pub files: &'t mut dyn Files,
}

/// What the graph asks about files, of the caller.
pub trait Files {
    /// A path was named: it will likely be asked for.
    fn named(&mut self, paths: &Paths, path: PathId);
    /// Which of some paths exist; asked once for all sources, and then only
    /// where a rule's own inputs are missing.
    fn exist(&mut self, paths: &Paths, ids: &[PathId]) -> Vec<bool>;
    /// Whether a run here has made a file, as far as that is known; if it is not,
    /// it may have.
    fn recorded(&self, path: PathId) -> bool;
}

/// Grows the graph that the targets need. What is given beside it serves to
/// [`extend`](super::extend) it.
pub fn build<'a>(request: Request<'a, '_>, paths: &mut Paths) -> Result<(Graph, Ground<'a>), Diags> {
    let Request { book, functions, targets, choice, files } = request;
    let plain = without_globs(targets, book, functions, choice, files, paths)?;
    let mut ground = Ground::new(book, functions, choice);
    let mut graph = Graph::default();
    let mut builder = Builder::new(&mut ground, &mut graph, files, paths);
    for target in &plain {
        builder.target(target);
    }
    builder.grow()?;
    let Builder { asked, .. } = builder;
    choose::settle(choose::Scene { paths, files }, &mut ground, &mut graph, asked)?;
    Ok((graph, ground))
}

pub(super) struct Builder<'a, 'p> {
    pub(super) ground: &'p mut Ground<'a>,
    pub(super) graph: &'p mut Graph,
    pub(super) files: &'p mut dyn Files,
    pub(super) paths: &'p mut Paths,
    pub(super) wave: Vec<JobId>,
    /// Paths whose makers were looked for, in that order.
    pub(super) asked: Vec<PathId>,
    /// What params functions of jobs need, beside their input functions.
    pub(super) needs: FxHashMap<JobId, Vec<Need>>,
    captures: Vec<Range<u32>>,
    found: Vec<Candidate>,
    text: String,
}

/// What came of an input function.
enum Answer {
    Value(Gave),
    /// It needs what these checkpoints' jobs make.
    Waits(Vec<Need>),
    /// It failed: its job cannot be, and another may make what it would have made.
    Failed(Diag),
}

impl<'a, 'p> Builder<'a, 'p> {
    pub(super) fn new(
        ground: &'p mut Ground<'a>,
        graph: &'p mut Graph,
        files: &'p mut dyn Files,
        paths: &'p mut Paths,
    ) -> Self {
        Builder {
            ground,
            graph,
            files,
            paths,
            wave: Vec::new(),
            asked: Vec::new(),
            needs: FxHashMap::default(),
            captures: Vec::new(),
            found: Vec::new(),
            text: String::new(),
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Rule(rule) => {
                let known = self.graph.target_jobs.iter().any(|j| self.graph.rule(*j) == *rule);
                if !known {
                    let job = self.rule_target(*rule);
                    self.graph.target_jobs.push(job);
                }
            }
            Target::File(path) => {
                let path = self.paths.intern(path);
                self.ask(path, None);
                self.graph.targets.push(path);
            }
            Target::Glob(_) => unreachable!("globs were replaced by files"),
        }
    }

    /// The one job of a rule without wildcards; its outputs are targets too.
    fn rule_target(&mut self, rule: RuleId) -> JobId {
        let candidate = Candidate { rule, output: u32::MAX, captures: 0 };
        let first = self.ground.book.rule(rule).outputs.items.first();
        let path = first.and_then(|o| o.pattern.as_literal()).map(|p| self.paths.intern(&path::normal(p)));
        if let Some(path) = path {
            self.ask(path, Some(rule));
            // Another rule's job makes it: this one is grown too, and the clash is told.
            if let Maker::Job(job) = self.graph.maker_of(path)
                && self.graph.rule(job) == rule
            {
                let outputs = self.graph.outputs(job).to_vec();
                self.graph.targets.extend(outputs);
                return job;
            }
        }
        self.job(&candidate, PathId(0))
    }

    /// Finds who makes a path, once.
    pub(super) fn ask(&mut self, path: PathId, pin: Option<RuleId>) {
        match self.graph.maker_of(path) {
            Maker::Unseen => {}
            Maker::Several => return self.pin(path, pin),
            Maker::Source | Maker::Job(_) => return,
        }
        self.files.named(self.paths, path);
        self.asked.push(path);
        let mut found = std::mem::take(&mut self.found);
        let endless = self.ground.finder.candidates(self.paths.str(path), &mut self.captures, &mut found);
        if endless {
            self.ground.endless.push(path);
        }
        self.without_nested(&mut found, path, pin);
        if let Some(rule) = pin.filter(|rule| found.iter().any(|c| c.rule == *rule)) {
            found.retain(|c| c.rule == rule);
        }
        let maker = match found.as_slice() {
            [] => Maker::Source,
            [only] => Maker::Job(self.job(only, path)),
            several => {
                let jobs = several.iter().map(|c| self.job(c, path)).collect();
                self.graph.options.insert(path, jobs);
                Maker::Several
            }
        };
        *self.graph.maker_mut(path) = maker;
        self.found = found;
        self.look_for_tree(path);
        self.look_beside(path);
    }

    /// A later `rules.X.output` decides among several.
    fn pin(&mut self, path: PathId, pin: Option<RuleId>) {
        let Some(rule) = pin else { return };
        let job = self.graph.options[&path].iter().copied().find(|j| self.graph.rule(*j) == rule);
        if let Some(job) = job {
            self.graph.options.remove(&path);
            *self.graph.maker_mut(path) = Maker::Job(job);
        }
    }

    /// The job of a candidate: the one already there, or a new one.
    fn job(&mut self, candidate: &Candidate, path: PathId) -> JobId {
        let rule = self.ground.book.rule(candidate.rule);
        let several = rule.outputs.items.len() > 1;
        if several && let Some(job) = self.ground.shared.get(&(path, candidate.rule)) {
            return *job;
        }
        let id = JobId(self.graph.jobs.len() as u32);
        let captures = self.graph.captures.len() as u32;
        let ranges = &self.captures[candidate.captures..candidate.captures + rule.wildcards.len()];
        self.graph.captures.extend(ranges.iter().map(|r| (r.start as u16, r.end as u16)));
        let row = Row { rule: candidate.rule, matched: path, captures, inputs: (0, 0), outputs: (0, 0) };
        self.graph.jobs.push(row);
        let outputs = self.outputs(id, rule, candidate.output, path);
        self.graph.jobs[id.index()].outputs = outputs;
        if several {
            for output in self.graph.outputs(id) {
                self.ground.shared.insert((*output, candidate.rule), id);
            }
        }
        if rule.checkpoint {
            let need = self.need_of(id, rule);
            self.graph.gates.add(need, id);
        }
        self.wave.push(id);
        id
    }

    fn outputs(&mut self, job: JobId, rule: &Rule, matched: u32, path: PathId) -> (u32, u32) {
        let start = self.graph.outputs.len();
        for (i, output) in rule.outputs.items.iter().enumerate() {
            let id = if i as u32 == matched {
                path
            } else {
                fill(self.graph, self.paths, job, rule, &output.pattern, &mut self.text);
                self.paths.intern(&path::normal(&self.text))
            };
            self.graph.outputs.push(id);
        }
        (start as u32, rule.outputs.items.len() as u32)
    }

    /// Expands wave after wave until nothing new is asked for.
    pub(super) fn grow(&mut self) -> Result<(), Diags> {
        while !self.wave.is_empty() {
            let wave = std::mem::take(&mut self.wave);
            let mut answers = self.call_functions(&wave).into_iter();
            let mut problems = Vec::new();
            for job in wave {
                self.inputs_of(job, &mut answers, &mut problems);
            }
            if !problems.is_empty() {
                return Err(error::few(problems));
            }
        }
        Ok(())
    }

    /// Calls the input functions of all jobs of a wave, in order.
    fn call_functions(&self, wave: &[JobId]) -> Vec<Answer> {
        let mut asked: Vec<(JobId, FnId)> = Vec::new();
        for &job in wave {
            asked.extend(self.functions_of(job).map(|id| (job, id)));
        }
        if asked.is_empty() {
            return Vec::new();
        }
        let wildcards: Vec<Vec<(&str, &str)>> = asked.iter().map(|(job, _)| self.wildcards(*job)).collect();
        let calls: Vec<Call<'_>> = asked.iter().zip(&wildcards).map(|((_, id), w)| of_wildcards(*id, w)).collect();
        let given = self.ground.functions.inputs(&calls, &self.graph.answers(self.paths));
        let answer = |((job, _), answer): (&(JobId, FnId), _)| match answer {
            Ok(value) => Answer::Value(value),
            Err(Unavailable::Waits(needs)) => Answer::Waits(needs),
            Err(Unavailable::Failed(diag) | Unavailable::Absent(diag)) => {
                Answer::Failed(diag.note(format!("for job `{}`", self.describe(*job))))
            }
        };
        asked.iter().zip(given).map(answer).collect()
    }

    fn functions_of(&self, job: JobId) -> impl Iterator<Item = FnId> + use<'a, 'p> {
        let book: &'a Rulefile = self.ground.book;
        let rule = book.rule(self.graph.rule(job));
        rule.inputs.items.iter().filter_map(|i| match i.what {
            InputWhat::Function { id, .. } => Some(id),
            _ => None,
        })
    }

    fn wildcards(&self, job: JobId) -> Vec<(&str, &str)> {
        let rule = self.ground.book.rule(self.graph.rule(job));
        rule.wildcards.iter().map(|n| &**n).zip(self.graph.wildcards(self.paths, job, rule)).collect()
    }

    pub(super) fn describe(&self, job: JobId) -> String {
        self.graph.describe(self.ground.book, self.paths, job)
    }

    /// Adds the inputs of one job to the graph and asks who makes them.
    fn inputs_of(&mut self, job: JobId, answers: &mut std::vec::IntoIter<Answer>, problems: &mut Diags) {
        let rule = self.ground.book.rule(self.graph.rule(job));
        let start = self.graph.inputs.len();
        let mut pins = Vec::new();
        let mut needs = self.needs.remove(&job).unwrap_or_default();
        let mut layout = Layout::new(rule);
        for (i, input) in rule.inputs.items.iter().enumerate() {
            let before = self.graph.inputs.len() - start;
            let gave = match self.input(job, rule, input, answers, &mut needs) {
                Ok(gave) => gave,
                Err(diag) => {
                    problems.push(diag.note(format!("for job `{}`", self.describe(job))));
                    self.graph.inputs.truncate(start + before);
                    Shape::default()
                }
            };
            let after = self.graph.inputs.len() - start;
            layout.add(i, before..after, gave);
            if input.pin.is_some() {
                pins.extend((before..after).map(|at| (start + at, input.pin)));
            }
        }
        if let Err(diag) = self.wait_for(job, needs) {
            problems.push(diag.note(format!("for job `{}`", self.describe(job))));
        }
        let end = self.graph.inputs.len();
        self.graph.jobs[job.index()].inputs = (start as u32, (end - start) as u32);
        if layout.functions {
            self.graph.layouts.insert(job, layout.finish(rule));
        }
        let mut pins = pins.into_iter().peekable();
        for at in start..end {
            let pin = pins.next_if(|(i, _)| *i == at).and_then(|(_, pin)| pin);
            let input = self.graph.inputs[at];
            match input.is_before_update() {
                true => self.files.named(self.paths, input.path()),
                false => self.ask(input.path(), pin),
            }
        }
    }

    /// Adds the paths of one entry.
    fn input(
        &mut self,
        job: JobId,
        rule: &Rule,
        input: &Input,
        answers: &mut std::vec::IntoIter<Answer>,
        needs: &mut Vec<Need>,
    ) -> Result<Shape, Diag> {
        let flags = input.flags;
        match &input.what {
            InputWhat::Path(path) => self.push(path, flags),
            InputWhat::Pattern(pattern) => {
                let mut text = std::mem::take(&mut self.text);
                fill(self.graph, self.paths, job, rule, pattern, &mut text);
                self.push(&path::normal(&text), flags);
                self.text = text;
            }
            InputWhat::Function { unpack, span, .. } => {
                let Gave { value, marks } = match answers.next().expect("an answer for every function") {
                    Answer::Value(gave) => gave,
                    Answer::Waits(more) => {
                        needs.extend(more);
                        return Ok(Shape::default());
                    }
                    Answer::Failed(diag) => {
                        self.ground.dead.failed.push((job, diag));
                        return Ok(Shape::default());
                    }
                };
                let mut names = Vec::new();
                let mut paths = Vec::new();
                flatten(&value, *unpack, &mut paths, &mut names).map_err(|problem| Diag::at(*span, problem))?;
                for (i, path) in paths.into_iter().enumerate() {
                    self.push(&path::normal(path), flags | marks.get(i).copied().unwrap_or_default());
                }
                return Ok(Shape { names, list: value.items().is_some() });
            }
        }
        Ok(Shape::default())
    }

    fn push(&mut self, path: &str, flags: Flags) {
        let id = self.paths.intern(path);
        self.ground.updates |= flags.contains(Flags::BEFORE_UPDATE);
        self.graph.inputs.push(InputRef::new(id, flags));
    }
}

/// A call that gives nothing but the wildcards.
fn of_wildcards<'a>(id: FnId, wildcards: &'a [(&'a str, &'a str)]) -> Call<'a> {
    Call { id, wildcards, input: None, output: None, threads: None, resources: None, attempt: 1, rule: None }
}

/// Fills a pattern with a job's wildcards.
pub(super) fn fill(
    graph: &Graph,
    paths: &Paths,
    job: JobId,
    rule: &Rule,
    pattern: &crate::pattern::Pattern,
    out: &mut String,
) {
    out.clear();
    let row = &graph.jobs[job.index()];
    let text = if rule.wildcards.is_empty() { "" } else { paths.str(row.matched) };
    let names = pattern.names();
    pattern.fill(out, |i| {
        let at = rule.wildcards.iter().position(|w| *w == names[i]).expect("checked when the rule was loaded");
        let (a, b) = graph.captures[row.captures as usize + at];
        &text[a as usize..b as usize]
    });
}

/// The paths in what an input function gave.
fn flatten<'v>(value: &'v Val, unpack: bool, paths: &mut Vec<&'v str>, names: &mut Vec<Name>) -> Result<(), String> {
    match value {
        Val::Str(path) | Val::Path(path) if path.is_empty() => Err("the input function gave an empty path".into()),
        Val::Str(path) | Val::Path(path) => {
            paths.push(path);
            Ok(())
        }
        Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
            items.iter().try_for_each(|v| flatten(v, unpack, paths, names))
        }
        Val::Dict(entries) if unpack => entries.iter().try_for_each(|(key, value)| {
            let start = paths.len() as u32;
            flatten(value, false, paths, names)?;
            let name = key.as_str().ok_or("a key of the unpacked dict is not a string")?.into();
            names.push(Name { name, range: start..paths.len() as u32, list: value.items().is_some() });
            Ok(())
        }),
        // A row or a column of a sheet.
        Val::Object(object) if unpack => Err(format!(
            "`unpack()` is for a dict, this is {} of a sheet: leave it out, or give `dict(row)`",
            object.plain.kind()
        )),
        Val::Object(object) => flatten(&object.plain, unpack, paths, names),
        Val::Dict(_) => Err("the input function gave a dict: write `unpack(...)` around it".into()),
        other => Err(format!("the input function gave {}, not a path or a list of paths", other.kind())),
    }
}

/// What a function gave, besides paths.
#[derive(Default)]
struct Shape {
    /// The names of those under `unpack()`.
    names: Vec<Name>,
    /// Whether it was a list, of whatever length.
    list: bool,
}

/// Collects the names of a job's inputs when functions make them differ from the rule's.
struct Layout {
    functions: bool,
    /// For each entry of the rule, the inputs it became, and whether a function gave a list.
    entries: Vec<(Range<usize>, bool)>,
    unpacked: Vec<Name>,
}

impl Layout {
    fn new(rule: &Rule) -> Self {
        let functions = rule.inputs.items.iter().any(|i| matches!(i.what, InputWhat::Function { .. }));
        Layout { functions, entries: Vec::new(), unpacked: Vec::new() }
    }

    fn add(&mut self, entry: usize, range: Range<usize>, gave: Shape) {
        if !self.functions {
            return;
        }
        debug_assert_eq!(entry, self.entries.len());
        let shift = range.start as u32;
        let moved = |n: Name| Name { range: n.range.start + shift..n.range.end + shift, ..n };
        self.unpacked.extend(gave.names.into_iter().map(moved));
        self.entries.push((range, gave.list));
    }

    fn finish(self, rule: &Rule) -> Vec<Name> {
        let of = |name: &Name| {
            let entries = &self.entries[name.range.start as usize..name.range.end as usize];
            let start = entries.first().map_or(0, |(r, _)| r.start) as u32;
            let end = entries.last().map_or(start, |(r, _)| r.end as u32);
            let function = matches!(entries, [(_, list)] if *list || end - start != 1);
            Name { name: name.name.clone(), range: start..end, list: name.list || function }
        };
        let mut names: Vec<Name> = rule.inputs.names.iter().map(of).chain(self.unpacked).collect();
        names.sort_by_key(|name| name.range.start);
        names
    }
}
