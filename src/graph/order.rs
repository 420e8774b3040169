//! The order of jobs: each after those it depends on, in the order the targets
//! and inputs name them.

use super::{Graph, JobId};
use rustc_hash::FxHashMap;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// A cycle: each job reads what the next one makes, and the last reads from the first.
pub type Cycle = Vec<JobId>;

/// Walks depth first from the targets, without recursion. The first cycle met
/// ends it.
pub fn order(graph: &Graph) -> Result<Vec<JobId>, Cycle> {
    let marks = vec![Mark::New; graph.jobs.len()];
    let mut walk = Walk { graph, marks, stack: Vec::new(), order: Vec::new() };
    // What a function asked for is needed, also when the files it then names
    // are made without it.
    let asked = graph.gates.asked().iter().copied();
    let roots = graph.targets.iter().filter_map(|p| graph.maker(*p));
    for root in asked.chain(graph.target_jobs.iter().copied()).chain(roots) {
        walk.from(root)?;
    }
    Ok(walk.order)
}

/// Walks depth first from some jobs to those that `enters` lets pass; the
/// others count as done. The first cycle met ends it.
pub fn order_from(graph: &Graph, roots: &[JobId], enters: &dyn Fn(JobId) -> bool) -> Result<Vec<JobId>, Cycle> {
    let marks = Few { marks: FxHashMap::default(), enters };
    let mut walk = Walk { graph, marks, stack: Vec::new(), order: Vec::new() };
    for root in roots {
        walk.from(*root)?;
    }
    Ok(walk.order)
}

/// Where a walk remembers where it was.
trait Marks {
    fn get(&self, job: JobId) -> Mark;
    fn set(&mut self, job: JobId, mark: Mark);
}

impl Marks for Vec<Mark> {
    fn get(&self, job: JobId) -> Mark {
        self[job.index()]
    }

    fn set(&mut self, job: JobId, mark: Mark) {
        self[job.index()] = mark;
    }
}

/// For a walk over a small part of the graph.
struct Few<'e> {
    marks: FxHashMap<JobId, Mark>,
    enters: &'e dyn Fn(JobId) -> bool,
}

impl Marks for Few<'_> {
    fn get(&self, job: JobId) -> Mark {
        let unseen = || if (self.enters)(job) { Mark::New } else { Mark::Done };
        self.marks.get(&job).copied().unwrap_or_else(unseen)
    }

    fn set(&mut self, job: JobId, mark: Mark) {
        self.marks.insert(job, mark);
    }
}

struct Walk<'g, M> {
    graph: &'g Graph,
    marks: M,
    stack: Vec<(JobId, u32)>,
    order: Vec<JobId>,
}

impl<M: Marks> Walk<'_, M> {
    fn from(&mut self, root: JobId) -> Result<(), Cycle> {
        self.enter(root)?;
        while let Some((job, next)) = self.stack.last_mut() {
            let (job, at) = (*job, *next as usize);
            *next += 1;
            match self.graph.inputs(job).get(at) {
                Some(input) => {
                    if let Some(maker) = self.graph.origin(input.path()) {
                        self.enter(maker)?;
                    }
                }
                None => {
                    self.marks.set(job, Mark::Done);
                    self.order.push(job);
                    self.stack.pop();
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, job: JobId) -> Result<(), Cycle> {
        match self.marks.get(job) {
            Mark::Done => Ok(()),
            Mark::New => {
                self.marks.set(job, Mark::Open);
                self.stack.push((job, 0));
                Ok(())
            }
            Mark::Open => {
                let at = self.stack.iter().position(|(j, _)| *j == job).expect("an open job is on the stack");
                Err(self.stack[at..].iter().map(|(j, _)| *j).collect())
            }
        }
    }
}
