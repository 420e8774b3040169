//! Choosing makers: drops jobs whose inputs cannot be had, picks one of
//! several, and finds the order.
//!
//! A file can be had if it exists, or if one of its candidates can be made. A
//! candidate that cannot is dropped; if none is left and the file exists, it is
//! a source.

use super::build::Files;
use super::dead::Why;
use super::ground::Ground;
use super::order::{Cycle, Walk};
use super::{Graph, JobId, LeftOut, Maker, error};
use crate::diag::Diags;
use crate::path::{PathId, Paths};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// What the choice is made by, besides the rules.
pub struct Scene<'a> {
    /// All paths.
    pub paths: &'a Paths,
    /// Which paths exist.
    pub files: &'a mut dyn Files,
}

/// The part of a graph that choices are made in.
pub struct Region<'a> {
    /// Paths whose makers were looked for.
    pub asked: Vec<PathId>,
    /// Jobs from here on are new.
    pub first: usize,
    /// Jobs that are older, and have other inputs now.
    pub roots: &'a [JobId],
    /// Whether jobs that were never open may have become so.
    pub opened: bool,
}

/// Makes every choice, or says why a target cannot be had.
pub fn settle(scene: Scene<'_>, ground: &mut Ground<'_>, graph: &mut Graph, asked: Vec<PathId>) -> Result<(), Diags> {
    let region = Region { asked, first: 0, roots: &[], opened: false };
    let mut chooser = Chooser::new(scene, ground, graph, region);
    chooser.drop_failed();
    chooser.drop_for_missing_sources();
    chooser.pick();
    chooser.graph.order = chooser.order(Walk::whole)?;
    chooser.finish()
}

/// Makes every choice among what is new, or says why one of the roots cannot
/// be had. Gives the new jobs in order, with the roots.
pub fn extend(
    scene: Scene<'_>,
    ground: &mut Ground<'_>,
    graph: &mut Graph,
    region: Region<'_>,
) -> Result<Vec<JobId>, Diags> {
    let mut chooser = Chooser::new(scene, ground, graph, region);
    chooser.drop_failed();
    chooser.drop_for_missing_sources();
    chooser.pick();
    let roots = chooser.region.roots;
    let walked = chooser.order(|_| Walk::part(roots))?;
    chooser.finish_extension(walked)
}

struct Chooser<'a, 'b, 'g, 'r> {
    scene: Scene<'a>,
    ground: &'g mut Ground<'b>,
    graph: &'g mut Graph,
    region: Region<'r>,
    /// Which jobs of the region read a file; made when first needed.
    readers: Option<FxHashMap<PathId, Vec<JobId>>>,
    /// Files whose best candidates tie.
    ambiguous: FxHashMap<PathId, Vec<JobId>>,
    /// Files to pick a maker for, unless that is settled already.
    open: Vec<PathId>,
}

impl<'a, 'b, 'g, 'r> Chooser<'a, 'b, 'g, 'r> {
    fn new(scene: Scene<'a>, ground: &'g mut Ground<'b>, graph: &'g mut Graph, region: Region<'r>) -> Self {
        let open = region.asked.clone();
        Chooser { scene, ground, graph, region, readers: None, ambiguous: FxHashMap::default(), open }
    }

    /// The jobs that choices are made for.
    fn jobs(&self) -> impl Iterator<Item = JobId> + use<'r> {
        let new = (self.region.first..self.graph.jobs.len()).map(|i| JobId(i as u32));
        self.region.roots.iter().copied().chain(new)
    }

    /// Orders the jobs, and drops one of each cycle on the way. What was walked
    /// for the sake of a job that was dropped later is left out by a second walk.
    fn order(&mut self, walk: impl Fn(&Graph) -> Walk) -> Result<Vec<JobId>, Diags> {
        let mut first = walk(self.graph);
        let mut cyclic = false;
        while let Some(cycle) = self.next_cycle(&mut first) {
            cyclic = true;
            self.cut(cycle)?;
            first.step_back(|job| self.ground.dead.jobs.contains_key(&job));
        }
        if !cyclic {
            return Ok(first.finish());
        }
        let mut second = walk(self.graph);
        assert!(self.next_cycle(&mut second).is_none(), "bug: a cycle is left");
        Ok(second.finish())
    }

    fn next_cycle(&self, walk: &mut Walk) -> Option<Cycle> {
        let new = |j: JobId| !self.ground.is_ordered(j) || self.ground.is_beyond(j);
        let whole = self.region.first == 0 || self.region.opened;
        walk.next_cycle(self.graph, &|job| whole || new(job))
    }

    /// Drops the deepest job of a cycle, as if its input were missing.
    fn cut(&mut self, cycle: Vec<JobId>) -> Result<(), Diags> {
        let deepest = cycle.iter().rev().find(|j| j.index() >= self.region.first).copied();
        let Some(deepest) = deepest else { return Err(vec![self.view().cycle(&cycle)]) };
        self.kill(deepest, Why::Cycle(cycle));
        self.pick();
        Ok(())
    }

    fn view(&self) -> error::View<'_> {
        error::View {
            book: self.ground.book,
            paths: self.scene.paths,
            graph: self.graph,
            dead: &self.ground.dead,
            endless: &self.ground.endless,
        }
    }

    fn drop_failed(&mut self) {
        for (job, diag) in std::mem::take(&mut self.ground.dead.failed) {
            self.kill(job, Why::Failed(Box::new(diag)));
        }
    }

    fn drop_for_missing_sources(&mut self) {
        let is_source = |p: &PathId| self.graph.makers[p.index()] == Maker::Source;
        let mut sources: Vec<PathId> = self.region.asked.iter().copied().filter(is_source).collect();
        if self.region.first > 0 {
            let lost = self.jobs().flat_map(|j| self.graph.inputs(j)).map(|i| i.path());
            sources.extend(lost.filter(|p| self.ground.dead.lost.remove(p)));
        }
        sources.sort_unstable();
        let there = self.scene.files.exist(self.scene.paths, &sources);
        let missing = sources.into_iter().zip(there).filter(|(p, there)| !there && !self.may_appear(*p));
        let missing: Vec<PathId> = missing.map(|(p, _)| p).collect();
        self.lose(missing);
        self.drop_for_missing_before();
    }

    /// What is to be read before it is updated must be there: nobody makes it.
    fn drop_for_missing_before(&mut self) {
        if !self.ground.updates {
            return;
        }
        let inputs = |job: JobId| self.graph.inputs(job).iter().map(move |input| (job, *input));
        let before = self.jobs().flat_map(inputs).filter(|(_, input)| input.is_before_update());
        let (readers, files): (Vec<JobId>, Vec<PathId>) = before.map(|(job, input)| (job, input.path())).unzip();
        let there = self.scene.files.exist(self.scene.paths, &files);
        for ((reader, file), _) in readers.into_iter().zip(files).zip(there).filter(|(_, there)| !there) {
            self.ground.dead.not_yet.insert(file);
            self.kill(reader, Why::Missing(file));
        }
    }

    /// Whether a file that is not there lies where a checkpoint is still to run.
    fn may_appear(&self, path: PathId) -> bool {
        self.graph.gates.trees(path).iter().any(|tree| match self.graph.maker_of(*tree) {
            Maker::Job(job) => !self.graph.is_passed(job),
            Maker::Several => true,
            Maker::Unseen | Maker::Source => false,
        })
    }

    /// Files that are gone with the job that makes the directory they lie in.
    fn gone_with(&mut self, tree: PathId) -> Vec<PathId> {
        let inside = self.graph.inside(tree).to_vec();
        let there = self.scene.files.exist(self.scene.paths, &inside);
        let gone = inside.into_iter().zip(there).filter(|(p, there)| !there && !self.may_appear(*p));
        gone.map(|(p, _)| p).filter(|p| self.graph.maker_of(*p) == Maker::Source).collect()
    }

    fn exists(&mut self, path: PathId) -> bool {
        self.scene.files.exist(self.scene.paths, &[path])[0]
    }

    /// These files cannot be had: drops their readers, and on upwards.
    fn lose(&mut self, files: Vec<PathId>) {
        let mut work = files;
        while let Some(file) = work.pop() {
            if !self.ground.dead.lost.insert(file) {
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
        if self.ground.dead.jobs.contains_key(&job) {
            return Vec::new();
        }
        // A file that is there is no way out of a function that fails.
        let failed = matches!(why, Why::Failed(_));
        self.ground.dead.jobs.insert(job, why);
        if job.index() < self.region.first {
            return Vec::new();
        }
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
            self.ground.dead.tried.entry(output).or_default().push(job);
            let others = self.graph.options.get(&output);
            if others.is_some_and(|o| o.iter().any(|j| !self.ground.dead.jobs.contains_key(j))) {
                *self.graph.maker_mut(output) = Maker::Several;
                self.open.push(output);
            } else {
                *self.graph.maker_mut(output) = Maker::Source;
                lost.extend(self.gone_with(output));
                if failed || !self.exists(output) && !self.may_appear(output) {
                    lost.push(output);
                }
            }
        }
        lost
    }

    fn readers_of(&mut self, file: PathId) -> Vec<JobId> {
        let (graph, jobs) = (&self.graph, self.jobs());
        let readers = self.readers.get_or_insert_with(|| {
            let mut readers: FxHashMap<PathId, Vec<JobId>> = FxHashMap::default();
            for id in jobs {
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
            let alive = self.graph.options[&path].iter().filter(|j| !self.ground.dead.jobs.contains_key(j));
            let alive: Vec<JobId> = alive.copied().collect();
            let better = |a: JobId, b: JobId| {
                self.ground.finder.compare(self.graph.rule(a), self.graph.rule(b)) == Ordering::Less
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

    /// Every target must be there, every file of the plan must have one maker.
    fn finish(mut self) -> Result<(), Diags> {
        let dead = &self.ground.dead;
        let files: Vec<PathId> = self.graph.targets.iter().filter(|p| dead.lost.contains(p)).copied().collect();
        let missing = |j: &&JobId| matches!(dead.jobs.get(j), Some(Why::Missing(_) | Why::Failed(_)));
        let jobs: Vec<JobId> = self.graph.target_jobs.iter().filter(missing).copied().collect();
        let cyclic = self.graph.target_jobs.iter().find_map(|j| match dead.jobs.get(j) {
            Some(Why::Cycle(cycle)) => Some(cycle),
            _ => None,
        });
        if let Some(cycle) = cyclic {
            return Err(vec![self.view().cycle(cycle)]);
        }
        if !files.is_empty() || !jobs.is_empty() {
            return Err(self.view().unmakeable(&jobs, &files));
        }
        let order = std::mem::take(&mut self.graph.order);
        if !self.ground.allow_ambiguity {
            self.view().ambiguous(&self.ambiguous, order.iter().copied(), &self.graph.targets)?;
        }
        let adopted = self.adopt_side_outputs(&order);
        self.graph.order = order;
        self.graph.leave_unordered();
        self.graph.left_out = self.left_out();
        adopted
    }

    /// Every root must be there, every file of the new jobs must have one maker.
    fn finish_extension(mut self, walked: Vec<JobId>) -> Result<Vec<JobId>, Diags> {
        let roots = self.region.roots;
        let dead: Vec<JobId> = roots.iter().filter(|j| self.ground.dead.jobs.contains_key(j)).copied().collect();
        if !dead.is_empty() {
            return Err(self.view().unmakeable(&dead, &[]));
        }
        let mut new: Vec<JobId> = walked;
        let roots: FxHashSet<JobId> = roots.iter().copied().collect();
        new.retain(|j| !self.ground.is_ordered(*j) || roots.contains(j));
        if !self.ground.allow_ambiguity {
            self.view().ambiguous(&self.ambiguous, new.iter().copied(), &[])?;
        }
        self.adopt_side_outputs(&new)?;
        self.ground.extend_order(self.graph, &new);
        Ok(new)
    }

    /// Files of the plan whose makers were dropped, and that exist.
    fn left_out(&self) -> Vec<LeftOut> {
        if self.ground.dead.tried.is_empty() {
            return Vec::new();
        }
        let read = self.graph.order.iter().chain(&self.graph.target_jobs).flat_map(|j| self.graph.inputs(*j));
        let mut files: Vec<PathId> = read.map(|i| i.path()).chain(self.graph.targets.iter().copied()).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|p| self.graph.maker_of(*p) == Maker::Source);
        let told = |output: PathId| {
            let job = *self.ground.dead.tried.get(&output)?.first()?;
            let missing = match &self.ground.dead.jobs[&job] {
                Why::Missing(path) => Some(*path),
                Why::Cycle(_) | Why::Failed(_) => None,
            };
            Some(LeftOut { output, job, missing })
        };
        files.into_iter().filter_map(told).collect()
    }

    /// Outputs that nobody asked for belong to their jobs too; no file may have two makers.
    fn adopt_side_outputs(&mut self, jobs: &[JobId]) -> Result<(), Diags> {
        let mut clashes = Vec::new();
        let mut seen: FxHashSet<PathId> = FxHashSet::default();
        for &job in jobs {
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
        self.view().clashes(&clashes)?;
        self.ground.add_directories(self.graph, jobs);
        self.view().nested_outputs(jobs, &self.ground.directories)
    }
}
