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

/// Walks depth first from the targets, without recursion. The first cycle met
/// ends it.
pub fn order(graph: &Graph) -> Result<Vec<JobId>, Cycle> {
    let mut walk = Walk { graph, marks: vec![Mark::New; graph.jobs.len()], stack: Vec::new(), order: Vec::new() };
    let roots = graph.targets.iter().filter_map(|p| graph.maker(*p));
    for root in graph.target_jobs.iter().copied().chain(roots) {
        walk.from(root)?;
    }
    Ok(walk.order)
}

struct Walk<'g> {
    graph: &'g Graph,
    marks: Vec<Mark>,
    stack: Vec<(JobId, u32)>,
    order: Vec<JobId>,
}

impl Walk<'_> {
    fn from(&mut self, root: JobId) -> Result<(), Cycle> {
        self.enter(root)?;
        while let Some((job, next)) = self.stack.last_mut() {
            let (job, at) = (*job, *next as usize);
            *next += 1;
            match self.graph.inputs(job).get(at) {
                Some(input) => {
                    if let Some(maker) = self.graph.maker(input.path()) {
                        self.enter(maker)?;
                    }
                }
                None => {
                    self.marks[job.index()] = Mark::Done;
                    self.order.push(job);
                    self.stack.pop();
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, job: JobId) -> Result<(), Cycle> {
        match self.marks[job.index()] {
            Mark::Done => Ok(()),
            Mark::New => {
                self.marks[job.index()] = Mark::Open;
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
