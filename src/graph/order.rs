//! The order of jobs: each after those it depends on, in the order the targets
//! and inputs name them.

use super::{Graph, JobId};

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// A cycle: each job reads what the next one makes, and the last reads from the first.
pub type Cycle = Vec<JobId>;

/// A walk depth first from the targets, without recursion. It stops at each
/// cycle, and goes on once a job of it was dropped.
pub struct Walk {
    marks: Vec<Mark>,
    /// Open jobs, each with the input that is looked at next.
    stack: Vec<(JobId, u32)>,
    /// The target that is looked at next.
    root: usize,
    order: Vec<JobId>,
}

impl Walk {
    /// Before the first target.
    pub fn new(graph: &Graph) -> Walk {
        Walk { marks: vec![Mark::New; graph.jobs.len()], stack: Vec::new(), root: 0, order: Vec::new() }
    }

    /// The order, once there is no cycle left.
    pub fn finish(self) -> Vec<JobId> {
        self.order
    }

    /// Goes on to the next cycle, or to the end.
    pub fn next_cycle(&mut self, graph: &Graph) -> Option<Cycle> {
        loop {
            let next = match self.stack.last_mut() {
                None => {
                    let (at, jobs) = (self.root, graph.target_jobs.len());
                    self.root += 1;
                    match graph.target_jobs.get(at) {
                        Some(job) => Some(*job),
                        None => graph.maker(*graph.targets.get(at - jobs)?),
                    }
                }
                Some((job, at)) => {
                    let (job, input) = (*job, graph.inputs(*job).get(*at as usize));
                    *at += 1;
                    match input {
                        Some(input) => graph.maker(input.path()),
                        None => {
                            self.leave(job);
                            None
                        }
                    }
                }
            };
            if let Some(cycle) = next.and_then(|job| self.enter(job)) {
                return Some(cycle);
            }
        }
    }

    /// Steps back before the first open job that was dropped. What is done was
    /// done without it, and stays.
    pub fn step_back(&mut self, dropped: impl Fn(JobId) -> bool) {
        let Some(first) = self.stack.iter().position(|(job, _)| dropped(*job)) else { return };
        for (job, _) in self.stack.drain(first..) {
            self.marks[job.index()] = Mark::New;
        }
        match self.stack.last_mut() {
            Some((_, at)) => *at -= 1,
            None => self.root -= 1,
        }
    }

    fn leave(&mut self, job: JobId) {
        self.marks[job.index()] = Mark::Done;
        self.order.push(job);
        self.stack.pop();
    }

    fn enter(&mut self, job: JobId) -> Option<Cycle> {
        match self.marks[job.index()] {
            Mark::Done => None,
            Mark::New => {
                self.marks[job.index()] = Mark::Open;
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
