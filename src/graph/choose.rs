//! Choosing makers: drops jobs whose inputs cannot be had, picks one of
//! several, and finds the order.
//!
//! A file can be had if it exists, or if one of its candidates can be made. A
//! candidate that cannot is dropped; if none is left and the file exists, it is
//! a source.

use super::build::Files;
use super::dead::{Dead, Why};
use super::finder::Finder;
use super::order::Walk;
use super::{Graph, JobId, LeftOut, Maker, error};
use crate::diag::Diags;
use crate::path::{PathId, Paths};
use crate::rule::Rulefile;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// What the choice is made among and by.
pub struct Scene<'a, 'b> {
    /// The rules.
    pub book: &'a Rulefile,
    /// All paths.
    pub paths: &'a Paths,
    /// Preferences.
    pub finder: &'a Finder<'b>,
    /// Paths for which a rule was left out as endlessly recursive.
    pub endless: &'a [PathId],
    /// Which paths exist.
    pub files: &'a mut dyn Files,
}

/// Makes every choice, or says why a target cannot be had.
pub fn settle(scene: Scene<'_, '_>, graph: Graph) -> Result<Graph, Diags> {
    let open = graph.options.keys().copied().collect();
    let mut chooser =
        Chooser { scene, graph, readers: None, dead: Dead::default(), ambiguous: FxHashMap::default(), open };
    chooser.drop_for_missing_sources();
    chooser.pick();
    chooser.order();
    chooser.finish()
}

struct Chooser<'a, 'b> {
    scene: Scene<'a, 'b>,
    graph: Graph,
    /// Which jobs read a file; made when first needed.
    readers: Option<FxHashMap<PathId, Vec<JobId>>>,
    dead: Dead,
    /// Files whose best candidates tie.
    ambiguous: FxHashMap<PathId, Vec<JobId>>,
    /// Files to pick a maker for, unless that is settled already.
    open: Vec<PathId>,
}

impl Chooser<'_, '_> {
    fn drop_for_missing_sources(&mut self) {
        let is_source = |i: &usize| self.graph.makers[*i] == Maker::Source;
        let sources: Vec<PathId> = (0..self.graph.makers.len()).filter(is_source).map(|i| PathId(i as u32)).collect();
        let there = self.scene.files.exist(self.scene.paths, &sources);
        let missing = sources.into_iter().zip(there).filter(|(_, there)| !there).map(|(p, _)| p);
        self.lose(missing.collect());
    }

    fn exists(&mut self, path: PathId) -> bool {
        self.scene.files.exist(self.scene.paths, &[path])[0]
    }

    /// These files cannot be had: drops their readers, and on upwards.
    fn lose(&mut self, files: Vec<PathId>) {
        let mut work = files;
        while let Some(file) = work.pop() {
            if !self.dead.lost.insert(file) {
                continue;
            }
            for job in self.readers_of(file) {
                work.extend(self.bury(job, Why::Missing(file)));
            }
        }
    }

    fn kill(&mut self, job: JobId, why: Why) {
        let lost = self.bury(job, why);
        self.lose(lost);
    }

    /// Drops a job; returns the files that nobody else can make and that do not exist.
    fn bury(&mut self, job: JobId, why: Why) -> Vec<PathId> {
        if self.dead.jobs.contains_key(&job) {
            return Vec::new();
        }
        self.dead.jobs.insert(job, why);
        let mut lost = Vec::new();
        for output in self.graph.outputs(job).to_vec() {
            let asked = match self.graph.maker_of(output) {
                Maker::Unseen | Maker::Source => false,
                Maker::Job(maker) => maker == job,
                Maker::Several => self.graph.options[&output].contains(&job),
            };
            if !asked {
                continue;
            }
            self.dead.tried.entry(output).or_default().push(job);
            let others = self.graph.options.get(&output);
            if others.is_some_and(|o| o.iter().any(|j| !self.dead.jobs.contains_key(j))) {
                *self.graph.maker_mut(output) = Maker::Several;
                self.open.push(output);
            } else {
                *self.graph.maker_mut(output) = Maker::Source;
                if !self.exists(output) {
                    lost.push(output);
                }
            }
        }
        lost
    }

    fn readers_of(&mut self, file: PathId) -> Vec<JobId> {
        let graph = &self.graph;
        let readers = self.readers.get_or_insert_with(|| {
            let mut readers: FxHashMap<PathId, Vec<JobId>> = FxHashMap::default();
            for id in (0..graph.jobs.len() as u32).map(JobId) {
                for input in graph.inputs(id) {
                    readers.entry(input.path()).or_default().push(id);
                }
            }
            readers
        });
        readers.get(&file).cloned().unwrap_or_default()
    }

    /// Picks a maker for every file that still has several.
    fn pick(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.retain(|p| self.graph.maker_of(*p) == Maker::Several);
        open.sort_unstable();
        open.dedup();
        for path in open {
            let alive = self.graph.options[&path].iter().filter(|j| !self.dead.jobs.contains_key(j));
            let alive: Vec<JobId> = alive.copied().collect();
            let better = |a: JobId, b: JobId| {
                self.scene.finder.compare(self.graph.rule(a), self.graph.rule(b)) == Ordering::Less
            };
            let best: Vec<JobId> =
                alive.iter().copied().filter(|j| !alive.iter().any(|other| better(*other, *j))).collect();
            let chosen = best.first().or(alive.first()).copied().expect("a file with several makers has one left");
            *self.graph.maker_mut(path) = Maker::Job(chosen);
            match best.len() {
                1 => self.ambiguous.remove(&path),
                _ => self.ambiguous.insert(path, if best.is_empty() { alive } else { best }),
            };
        }
    }

    /// Orders the jobs, and drops the deepest one of each cycle on the way. What
    /// was walked for the sake of a job that was dropped later is left out by a
    /// second walk.
    fn order(&mut self) {
        let mut walk = Walk::new(&self.graph);
        let mut cyclic = false;
        while let Some(cycle) = walk.next_cycle(&self.graph) {
            cyclic = true;
            let deepest = *cycle.last().expect("a cycle has jobs");
            self.kill(deepest, Why::Cycle(cycle));
            self.pick();
            walk.step_back(|job| self.dead.jobs.contains_key(&job));
        }
        if cyclic {
            walk = Walk::new(&self.graph);
            let again = walk.next_cycle(&self.graph);
            assert!(again.is_none(), "bug: a cycle is left");
        }
        self.graph.order = walk.finish();
    }

    /// Every target must be there, every file of the plan must have one maker.
    fn finish(mut self) -> Result<Graph, Diags> {
        let lost = |p: &&PathId| self.dead.lost.contains(p);
        let files: Vec<PathId> = self.graph.targets.iter().filter(lost).copied().collect();
        let missing = |j: &&JobId| matches!(self.dead.jobs.get(j), Some(Why::Missing(_)));
        let jobs: Vec<JobId> = self.graph.target_jobs.iter().filter(missing).copied().collect();
        let cyclic = self.graph.target_jobs.iter().find_map(|j| match self.dead.jobs.get(j) {
            Some(Why::Cycle(cycle)) => Some(cycle),
            _ => None,
        });
        let view = error::View {
            book: self.scene.book,
            paths: self.scene.paths,
            graph: &self.graph,
            dead: &self.dead,
            endless: self.scene.endless,
        };
        if let Some(cycle) = cyclic {
            return Err(vec![view.cycle(cycle)]);
        }
        if !files.is_empty() || !jobs.is_empty() {
            return Err(view.unmakeable(&jobs, &files));
        }
        view.ambiguous(&self.ambiguous)?;
        self.graph.left_out = self.left_out();
        self.adopt_side_outputs()?;
        Ok(self.graph)
    }

    /// Files of the plan whose makers were dropped, and that exist.
    fn left_out(&self) -> Vec<LeftOut> {
        if self.dead.tried.is_empty() {
            return Vec::new();
        }
        let read = self.graph.order.iter().chain(&self.graph.target_jobs).flat_map(|j| self.graph.inputs(*j));
        let mut files: Vec<PathId> = read.map(|i| i.path()).chain(self.graph.targets.iter().copied()).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|p| self.graph.maker_of(*p) == Maker::Source);
        let told = |output: PathId| {
            let job = *self.dead.tried.get(&output)?.first()?;
            let missing = match &self.dead.jobs[&job] {
                Why::Missing(path) => Some(*path),
                Why::Cycle(_) => None,
            };
            Some(LeftOut { output, job, missing })
        };
        files.into_iter().filter_map(told).collect()
    }

    /// Outputs that nobody asked for belong to their jobs too; no file may have two makers.
    fn adopt_side_outputs(&mut self) -> Result<(), Diags> {
        let mut clashes = Vec::new();
        let mut seen: FxHashSet<PathId> = FxHashSet::default();
        for at in 0..self.graph.order.len() {
            let job = self.graph.order[at];
            let (start, len) = self.graph.jobs[job.index()].outputs;
            seen.clear();
            for i in start..start + len {
                let output = self.graph.outputs[i as usize];
                match self.graph.maker_of(output) {
                    Maker::Job(other) if other != job => clashes.push((output, other, job)),
                    _ if len > 1 && !seen.insert(output) => clashes.push((output, job, job)),
                    _ => *self.graph.maker_mut(output) = Maker::Job(job),
                }
            }
        }
        let view = error::View {
            book: self.scene.book,
            paths: self.scene.paths,
            graph: &self.graph,
            dead: &self.dead,
            endless: self.scene.endless,
        };
        view.clashes(&clashes)?;
        view.nested_outputs()
    }
}
