//! The order of jobs: each after those it depends on, in the order the targets
//! and inputs name them.

use super::{Graph, JobId};
use crate::path::PathId;
use rustc_hash::FxHashMap;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// A cycle: each job reads what the next one makes, and the last reads from the first.
pub type Cycle = Vec<JobId>;

/// The order from the targets, or the first cycle.
pub fn order(graph: &Graph) -> Result<Vec<JobId>, Cycle> {
    let mut walk = Walk::whole(graph);
    match walk.next_cycle(graph, &|_| true) {
        Some(cycle) => Err(cycle),
        None => Ok(walk.finish()),
    }
}

/// Where a walk begins.
enum Root {
    Job(JobId),
    /// Whoever makes this file by then.
    File(PathId),
}

/// Where a walk remembers where it was.
enum Marks {
    All(Vec<Mark>),
    /// For a walk over a small part of the graph.
    Few(FxHashMap<JobId, Mark>),
}

impl Marks {
    fn get(&self, job: JobId) -> Mark {
        match self {
            Marks::All(marks) => marks[job.index()],
            Marks::Few(marks) => marks.get(&job).copied().unwrap_or(Mark::New),
        }
    }

    fn set(&mut self, job: JobId, mark: Mark) {
        match self {
            Marks::All(marks) => marks[job.index()] = mark,
            Marks::Few(marks) => drop(marks.insert(job, mark)),
        }
    }
}

/// A walk depth first from some roots, without recursion. It stops at each
/// cycle, and goes on once a job of it was dropped.
pub struct Walk {
    marks: Marks,
    /// Open jobs, each with the input that is looked at next.
    stack: Vec<(JobId, u32)>,
    roots: Vec<Root>,
    /// The root that is looked at next.
    at: usize,
    order: Vec<JobId>,
}

impl Walk {
    /// From the targets.
    pub fn whole(graph: &Graph) -> Walk {
        // What a function asked for is needed, also when the files it then names
        // are made without it.
        let jobs = graph.gates.asked().iter().copied().chain(graph.target_jobs.iter().copied());
        let roots = jobs.map(Root::Job).chain(graph.targets.iter().map(|p| Root::File(*p))).collect();
        Walk::new(Marks::All(vec![Mark::New; graph.jobs.len()]), roots)
    }

    /// From some jobs over a small part of the graph.
    pub fn part(roots: &[JobId]) -> Walk {
        Walk::new(Marks::Few(FxHashMap::default()), roots.iter().map(|job| Root::Job(*job)).collect())
    }

    fn new(marks: Marks, roots: Vec<Root>) -> Walk {
        Walk { marks, stack: Vec::new(), roots, at: 0, order: Vec::new() }
    }

    /// The order, once there is no cycle left.
    pub fn finish(self) -> Vec<JobId> {
        self.order
    }

    /// Goes on to the next cycle, or to the end, over jobs that `enters` lets
    /// pass; the others count as done.
    pub fn next_cycle(&mut self, graph: &Graph, enters: &dyn Fn(JobId) -> bool) -> Option<Cycle> {
        loop {
            let next = match self.stack.last_mut() {
                None => {
                    self.at += 1;
                    match self.roots.get(self.at - 1)? {
                        Root::Job(job) => Some(*job),
                        Root::File(path) => graph.origin(*path),
                    }
                }
                Some((job, at)) => {
                    let (job, input) = (*job, graph.inputs(*job).get(*at as usize));
                    *at += 1;
                    match input {
                        Some(input) => graph.origin_of(*input),
                        None => {
                            self.leave(job);
                            None
                        }
                    }
                }
            };
            if let Some(cycle) = next.filter(|job| enters(*job)).and_then(|job| self.enter(job)) {
                return Some(cycle);
            }
        }
    }

    /// Steps back before the first open job that was dropped. What is done was
    /// done without it, and stays.
    pub fn step_back(&mut self, dropped: impl Fn(JobId) -> bool) {
        let Some(first) = self.stack.iter().position(|(job, _)| dropped(*job)) else { return };
        for (job, _) in self.stack.drain(first..) {
            self.marks.set(job, Mark::New);
        }
        match self.stack.last_mut() {
            Some((_, at)) => *at -= 1,
            None => self.at -= 1,
        }
    }

    fn leave(&mut self, job: JobId) {
        self.marks.set(job, Mark::Done);
        self.order.push(job);
        self.stack.pop();
    }

    fn enter(&mut self, job: JobId) -> Option<Cycle> {
        match self.marks.get(job) {
            Mark::Done => None,
            Mark::New => {
                self.marks.set(job, Mark::Open);
                self.stack.push((job, 0));
                None
            }
            Mark::Open => {
                let at = self.stack.iter().position(|(j, _)| *j == job).expect("an open job is on the stack");
                Some(self.stack[at..].iter().map(|(j, _)| *j).collect())
            }
        }
    }
}
