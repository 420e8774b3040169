//! Jobs that run at the same time: the two ends of a `pipe()`, and a `service()`
//! with the jobs that read from it.
//!
//! Owns who is bound to whom, what is wrong with such bonds, and what a verdict
//! on one means for the others. It starts nothing.

use super::{Cause, Plan, Verdict};
use crate::diag::{Diag, Kind};
use crate::graph::{Graph, JobId};
use crate::path::{PathId, Paths};
use crate::rule::{Flags, Output, Rulefile};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Which jobs are bound to which.
#[derive(Clone, Debug, Default)]
pub struct Bonds {
    /// Jobs that pipes join, each after those it reads from.
    pipelines: Vec<Arc<[JobId]>>,
    of: FxHashMap<JobId, u32>,
    /// Services, in order.
    services: Vec<JobId>,
    /// The jobs that read what a service makes.
    served: FxHashMap<JobId, Vec<JobId>>,
    /// What pipes and services make: there only while they run.
    fleeting: FxHashSet<PathId>,
    /// Those of them that are pipes.
    pipes: FxHashSet<PathId>,
    /// Who reads it, in order.
    reads: FxHashMap<PathId, Vec<JobId>>,
}

/// What is new of some bonds.
#[derive(Debug, Default)]
pub struct Grown {
    /// Numbers of sets of jobs that pipes join.
    pipelines: Vec<u32>,
    /// Services, and those that read from them.
    served: Vec<(JobId, JobId)>,
}

impl Grown {
    /// Whether nothing is bound that was not before.
    pub fn is_empty(&self) -> bool {
        self.pipelines.is_empty() && self.served.is_empty()
    }

    /// Leaves out services that are none of the new jobs and do not run.
    fn without_idle(mut self, plan: &Plan, new: &FxHashSet<JobId>) -> Grown {
        self.served.retain(|(service, _)| new.contains(service) || plan.verdict(*service) == Verdict::Run);
        self
    }
}

/// Outputs of a job that are there only while it runs.
pub fn fleeting(output: &Output) -> bool {
    output.flags.intersects(Flags::PIPE | Flags::SERVICE)
}

impl Bonds {
    /// Of all jobs of a graph's order.
    pub fn find(book: &Rulefile, graph: &Graph) -> Bonds {
        let mut bonds = Bonds::default();
        bonds.grow(book, graph, graph.order());
        bonds
    }

    /// Takes in more jobs, each after those it reads from.
    pub fn grow(&mut self, book: &Rulefile, graph: &Graph, jobs: &[JobId]) -> Grown {
        let mut grown = Grown::default();
        if !book.rules.iter().flat_map(|rule| &rule.outputs.items).any(fleeting) {
            return grown;
        }
        for &job in jobs {
            let outputs = graph.outputs(job).iter().zip(&book.rule(graph.rule(job)).outputs.items);
            for (path, output) in outputs.filter(|(_, output)| fleeting(output)) {
                self.fleeting.insert(*path);
                if output.flags.contains(Flags::PIPE) {
                    self.pipes.insert(*path);
                }
                if output.flags.contains(Flags::SERVICE) && !self.served.contains_key(&job) {
                    self.services.push(job);
                    self.served.insert(job, Vec::new());
                }
            }
        }
        let mut sets = Sets::default();
        for &job in jobs {
            for path in graph.inputs(job).iter().map(|i| i.path()) {
                if self.fleeting.contains(&path) {
                    self.note_reader(graph, job, path, &mut sets, &mut grown);
                }
            }
        }
        let place: FxHashMap<JobId, usize> = jobs.iter().enumerate().map(|(i, job)| (*job, i + 1)).collect();
        for mut set in sets.all() {
            // What was joined before stands before what is new.
            set.sort_unstable_by_key(|job| (place.get(job).copied().unwrap_or(0), *job));
            let number = self.pipelines.len() as u32;
            self.of.extend(set.iter().map(|job| (*job, number)));
            self.pipelines.push(set.into());
            grown.pipelines.push(number);
        }
        grown
    }

    /// A job reads what is there only while its maker runs.
    fn note_reader(&mut self, graph: &Graph, job: JobId, path: PathId, sets: &mut Sets, grown: &mut Grown) {
        let readers = self.reads.entry(path).or_default();
        if readers.last() == Some(&job) {
            return;
        }
        readers.push(job);
        let maker = graph.maker(path).expect("bug: a fleeting file without a maker");
        if self.pipes.contains(&path) {
            for end in [maker, job] {
                let known = self.of.get(&end).map_or(&[][..], |number| &self.pipelines[*number as usize]);
                sets.join(end, known);
            }
            sets.unite(maker, job);
        } else if let Some(served) = self.served.get_mut(&maker)
            && served.last() != Some(&job)
        {
            served.push(job);
            grown.served.push((maker, job));
        }
    }

    /// The jobs that run together with this one, itself among them, each after
    /// those it reads from; none if no pipe joins it to others.
    pub fn together(&self, job: JobId) -> Option<Arc<[JobId]>> {
        self.of.get(&job).map(|number| self.pipelines[*number as usize].clone())
    }

    /// The jobs that read from a service; none if the job is none.
    pub fn readers(&self, service: JobId) -> Option<&[JobId]> {
        self.served.get(&service).map(Vec::as_slice)
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = JobId> {
        self.services.iter().copied()
    }

    /// Files that are there only while their jobs run.
    pub fn fleeting(&self) -> &FxHashSet<PathId> {
        &self.fleeting
    }

    /// All sets of jobs that pipes join; a set that was joined on is one of its own.
    pub fn pipelines(&self) -> impl Iterator<Item = &[JobId]> {
        self.pipelines.iter().map(|set| &**set)
    }

    /// What is wrong with those of some jobs, whatever runs.
    ///
    /// # Errors
    /// A pipe that not exactly one job reads; a pipe or service that is a target.
    pub fn check(&self, book: &Rulefile, graph: &Graph, paths: &Paths, jobs: &[JobId]) -> Result<(), Diag> {
        if self.fleeting.is_empty() {
            return Ok(());
        }
        let targets: FxHashSet<PathId> = graph.targets().iter().copied().collect();
        let read = jobs.iter().flat_map(|job| graph.inputs(*job)).map(|input| input.path());
        let made = jobs.iter().flat_map(|job| graph.outputs(*job)).copied();
        for path in made.chain(read).filter(|path| self.fleeting.contains(path)) {
            self.check_one(book, graph, paths, (path, targets.contains(&path)))?;
        }
        Ok(())
    }

    fn check_one(&self, book: &Rulefile, graph: &Graph, paths: &Paths, at: (PathId, bool)) -> Result<(), Diag> {
        let (path, is_target) = at;
        let maker = graph.maker(path).expect("bug: a fleeting file without a maker");
        let pipe = self.pipes.contains(&path);
        let word = if pipe { "pipe" } else { "service" };
        let name = paths.str(path);
        let wrong = match self.reads.get(&path).map_or(&[][..], Vec::as_slice) {
            _ if is_target => format!("`{name}` cannot be a target: a `{word}()` is there only while others read it"),
            [] => format!("no job reads the {word} `{name}`"),
            [a, b, ..] if pipe => format!(
                "two jobs read the pipe `{name}`: `{}` and `{}`",
                graph.describe(book, paths, *a),
                graph.describe(book, paths, *b)
            ),
            _ => return Ok(()),
        };
        let hint = match pipe {
            true => "what goes through a pipe is read by exactly one job",
            false => "name a job that reads it",
        };
        let head = book.rule(graph.rule(maker)).places.head;
        Err(Diag::error(Kind::Plan, wrong).label(head, "made by this rule").hint(hint))
    }

    /// What a job's verdict means for those it is bound to. True if a verdict
    /// has changed.
    pub(super) fn unify(&self, plan: &mut Plan) -> bool {
        let mut changed = false;
        for set in &self.pipelines {
            changed |= unify_set(set, plan);
        }
        for service in &self.services {
            for reader in &self.served[service] {
                changed |= unify_served(*service, *reader, plan);
            }
        }
        changed
    }

    /// The same of what is new.
    pub(super) fn unify_grown(&self, grown: Grown, new: &FxHashSet<JobId>, plan: &mut Plan) {
        let grown = grown.without_idle(plan, new);
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for number in &grown.pipelines {
                changed |= unify_set(&self.pipelines[*number as usize], plan);
            }
            for (service, reader) in &grown.served {
                changed |= unify_served(*service, *reader, plan);
            }
        }
    }

    /// The sets that are new.
    pub fn sets<'a>(&'a self, grown: &'a Grown) -> impl Iterator<Item = &'a [JobId]> {
        grown.pipelines.iter().map(|number| &*self.pipelines[*number as usize])
    }
}

/// Of jobs that pipes join all run, or none.
fn unify_set(set: &[JobId], plan: &mut Plan) -> bool {
    let Some(first) = set.iter().copied().find(|job| plan.verdict(*job) == Verdict::Run) else { return false };
    let mut changed = false;
    for job in set.iter().filter(|job| **job != first) {
        changed |= plan.run_with(*job, first);
    }
    changed
}

/// A service runs for its readers; what it makes is another one if it runs for
/// reasons of its own.
fn unify_served(service: JobId, reader: JobId, plan: &mut Plan) -> bool {
    let runs = |job: JobId| plan.verdict(job) == Verdict::Run;
    let missing = matches!(plan.cause(service), Some(Cause::Missing(_) | Cause::Partner(_)));
    match (runs(service), runs(reader)) {
        (true, false) if !missing => plan.run_with(reader, service),
        (false, true) => plan.run_with(service, reader),
        _ => false,
    }
}

/// Sets of jobs, each job in one: small ones go into large ones.
#[derive(Default)]
struct Sets {
    of: FxHashMap<JobId, usize>,
    sets: Vec<Vec<JobId>>,
}

impl Sets {
    /// A job is in a set, with all that it was joined with before.
    fn join(&mut self, job: JobId, known: &[JobId]) {
        if self.of.contains_key(&job) {
            return;
        }
        let set = if known.is_empty() { vec![job] } else { known.to_vec() };
        self.of.extend(set.iter().map(|job| (*job, self.sets.len())));
        self.sets.push(set);
    }

    fn unite(&mut self, a: JobId, b: JobId) {
        let (a, b) = (self.of[&a], self.of[&b]);
        if a == b {
            return;
        }
        let (from, to) = if self.sets[a].len() < self.sets[b].len() { (a, b) } else { (b, a) };
        let moved = std::mem::take(&mut self.sets[from]);
        self.of.extend(moved.iter().map(|job| (*job, to)));
        self.sets[to].extend(moved);
    }

    fn all(self) -> impl Iterator<Item = Vec<JobId>> {
        self.sets.into_iter().filter(|set| !set.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_were_joined_before_are_joined_whole() {
        let mut sets = Sets::default();
        let [a, b, c, d] = [1, 2, 3, 4].map(JobId);
        sets.join(a, &[a, b]);
        sets.join(c, &[]);
        sets.join(d, &[]);
        sets.unite(c, d);
        sets.unite(b, c);
        let all: Vec<Vec<JobId>> = sets.all().collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].iter().copied().collect::<FxHashSet<_>>(), [a, b, c, d].into_iter().collect());
    }
}
