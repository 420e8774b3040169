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
    /// Services, in order, and the jobs that read what they make.
    services: Vec<(JobId, Vec<JobId>)>,
    /// What pipes and services make: there only while they run.
    fleeting: FxHashSet<PathId>,
}

/// Outputs of a job that are there only while it runs.
pub fn fleeting(output: &Output) -> bool {
    output.flags.intersects(Flags::PIPE | Flags::SERVICE)
}

impl Bonds {
    /// Of all jobs of a graph's order.
    pub fn find(book: &Rulefile, graph: &Graph) -> Bonds {
        let mut bonds = Bonds::default();
        if !book.rules.iter().flat_map(|rule| &rule.outputs.items).any(fleeting) {
            return bonds;
        }
        let mut pipes: FxHashMap<PathId, JobId> = FxHashMap::default();
        for &job in graph.order() {
            let outputs = graph.outputs(job).iter().zip(&book.rule(graph.rule(job)).outputs.items);
            let mut serves = false;
            for (path, output) in outputs.filter(|(_, output)| fleeting(output)) {
                bonds.fleeting.insert(*path);
                if output.flags.contains(Flags::PIPE) {
                    pipes.insert(*path, job);
                }
                serves |= output.flags.contains(Flags::SERVICE);
            }
            if serves {
                bonds.services.push((job, readers(graph, job)));
            }
        }
        bonds.join(graph, &pipes);
        bonds
    }

    /// Joins jobs that read from pipes with those that write to them.
    fn join(&mut self, graph: &Graph, pipes: &FxHashMap<PathId, JobId>) {
        let mut sets: Vec<Vec<JobId>> = Vec::new();
        for &job in graph.order() {
            let writers = graph.inputs(job).iter().filter_map(|i| pipes.get(&i.path())).copied();
            let bound: Vec<JobId> = writers.chain([job]).collect();
            if bound.len() == 1 {
                continue;
            }
            let (touched, mut rest): (Vec<_>, Vec<_>) =
                sets.into_iter().partition(|set| set.iter().any(|member| bound.contains(member)));
            let mut set: Vec<JobId> = touched.into_iter().flatten().chain(bound).collect();
            set.sort_unstable();
            set.dedup();
            rest.push(set);
            sets = rest;
        }
        let place: FxHashMap<JobId, usize> = graph.order().iter().enumerate().map(|(i, job)| (*job, i)).collect();
        for mut set in sets {
            set.sort_unstable_by_key(|job| place[job]);
            let number = self.pipelines.len() as u32;
            self.of.extend(set.iter().map(|job| (*job, number)));
            self.pipelines.push(set.into());
        }
    }

    /// The jobs that run together with this one, itself among them, each after
    /// those it reads from; none if no pipe joins it to others.
    pub fn together(&self, job: JobId) -> Option<Arc<[JobId]>> {
        self.of.get(&job).map(|number| self.pipelines[*number as usize].clone())
    }

    /// Whether a job is known to read from a pipe or service of another.
    pub fn bind(&self, maker: JobId, reader: JobId) -> bool {
        let joined = self.of.get(&maker).is_some_and(|set| self.of.get(&reader) == Some(set));
        joined || self.readers(maker).is_some_and(|readers| readers.contains(&reader))
    }

    /// The jobs that read from a service; none if the job is none.
    pub fn readers(&self, service: JobId) -> Option<&[JobId]> {
        self.services.iter().find(|(job, _)| *job == service).map(|(_, readers)| readers.as_slice())
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = JobId> {
        self.services.iter().map(|(job, _)| *job)
    }

    /// Files that are there only while their jobs run.
    pub fn fleeting(&self) -> &FxHashSet<PathId> {
        &self.fleeting
    }

    /// What is wrong with them, whatever runs.
    ///
    /// # Errors
    /// A pipe that not exactly one job reads; a pipe or service that is a target.
    pub fn check(&self, book: &Rulefile, graph: &Graph, paths: &Paths) -> Result<(), Diag> {
        for &job in graph.order() {
            let rule = book.rule(graph.rule(job));
            for (path, output) in graph.outputs(job).iter().zip(&rule.outputs.items).filter(|(_, o)| fleeting(o)) {
                let pipe = output.flags.contains(Flags::PIPE);
                let word = if pipe { "pipe" } else { "service" };
                let readers = graph.order().iter().filter(|j| graph.inputs(**j).iter().any(|i| i.path() == *path));
                let readers: Vec<JobId> = readers.copied().collect();
                let name = paths.str(*path);
                let wrong = match readers.as_slice() {
                    _ if graph.targets().contains(path) => {
                        format!("`{name}` cannot be a target: a `{word}()` is there only while others read it")
                    }
                    [] => format!("no job reads the {word} `{name}`"),
                    [a, b, ..] if pipe => format!(
                        "two jobs read the pipe `{name}`: `{}` and `{}`",
                        graph.describe(book, paths, *a),
                        graph.describe(book, paths, *b)
                    ),
                    _ => continue,
                };
                let hint = if pipe {
                    "what goes through a pipe is read by exactly one job"
                } else {
                    "name a job that reads it"
                };
                return Err(Diag::error(Kind::Plan, wrong).label(rule.places.head, "made by this rule").hint(hint));
            }
        }
        Ok(())
    }

    /// What a job's verdict means for those it is bound to. True if a verdict
    /// has changed.
    pub(super) fn unify(&self, plan: &mut Plan) -> bool {
        let mut changed = false;
        for set in &self.pipelines {
            let runs = set.iter().copied().find(|job| plan.verdict(*job) == Verdict::Run);
            if let Some(first) = runs {
                for job in set.iter().copied().filter(|job| *job != first) {
                    changed |= plan.run_with(job, first);
                }
            }
        }
        for (service, readers) in &self.services {
            let runs = |job: &JobId| plan.verdict(*job) == Verdict::Run;
            let missing = matches!(plan.cause(*service), Some(Cause::Missing(_) | Cause::Partner(_)));
            if runs(service) && !missing {
                for reader in readers {
                    changed |= plan.run_with(*reader, *service);
                }
            } else if !runs(service)
                && let Some(reader) = readers.iter().copied().find(runs)
            {
                changed |= plan.run_with(*service, reader);
            }
        }
        changed
    }
}

fn readers(graph: &Graph, service: JobId) -> Vec<JobId> {
    let outputs = graph.outputs(service);
    let reads = |job: &&JobId| graph.inputs(**job).iter().any(|i| outputs.contains(&i.path()));
    graph.order().iter().filter(reads).copied().collect()
}
