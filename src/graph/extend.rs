//! Growing a graph on: the inputs of open jobs, once the checkpoints they wait
//! for are done, and all that is new behind them.
//!
//! Costs what is new costs, whatever the size of the graph. If it fails, the
//! graph is as it was.

use super::build::{Builder, Files};
use super::ground::Ground;
use super::order::order;
use super::{Graph, JobId, Maker, Row, choose};
use crate::diag::Diags;
use crate::eval::Need;
use crate::path::{PathId, Paths};
use rustc_hash::FxHashSet;

/// What a graph is extended by.
pub struct Extension<'a> {
    /// Jobs whose functions are called again.
    pub jobs: &'a [JobId],
    /// What they need besides, because their params functions ask for it. Then
    /// circles are looked for in the whole graph.
    pub needs: Vec<(JobId, Vec<Need>)>,
    /// What is asked about files.
    pub files: &'a mut dyn Files,
}

/// What a graph was extended by.
pub struct Extended {
    /// What is new, each job after those it depends on, and the jobs themselves
    /// whose functions were called; some may be open again.
    pub jobs: Vec<JobId>,
    before: Before,
}

impl Extended {
    /// Takes the last extension back.
    pub fn undo(self, ground: &mut Ground<'_>, graph: &mut Graph, paths: &Paths) {
        ground.shrink_order(&self.jobs, self.before.jobs);
        graph.order.truncate(self.before.order);
        self.before.restore(ground, graph, paths);
    }
}

/// Calls the functions of some jobs again.
///
/// # Errors
/// Of the functions; of inference, as for a whole graph.
pub fn extend(
    ground: &mut Ground<'_>,
    graph: &mut Graph,
    paths: &mut Paths,
    by: Extension<'_>,
) -> Result<Extended, Diags> {
    let Extension { jobs, needs, files } = by;
    ground.survey(graph);
    let mut before = Before::of(ground, graph, jobs);
    let opened = !needs.is_empty();
    let mut builder = Builder::new(ground, graph, files, paths);
    builder.wave = jobs.to_vec();
    builder.needs = needs.into_iter().collect();
    let grown = builder.grow();
    before.asked = std::mem::take(&mut builder.asked);
    let new = grown.and_then(|()| {
        let region = choose::Region { asked: before.asked.clone(), first: before.jobs, roots: jobs, opened };
        choose::extend(choose::Scene { paths, files }, ground, graph, region)
    });
    match new {
        Ok(new) => {
            let roots: FxHashSet<JobId> = jobs.iter().copied().collect();
            graph.order.extend(new.iter().filter(|j| !roots.contains(j)));
            graph.leave_unordered_of(&new, before.jobs);
            Ok(Extended { jobs: new, before })
        }
        Err(diags) => {
            before.restore(ground, graph, paths);
            Err(diags)
        }
    }
}

impl Graph {
    /// Orders all jobs anew, after extensions.
    ///
    /// # Panics
    /// If jobs depend on themselves, which an extension does not let pass.
    pub fn reorder(&mut self) {
        self.order = order(self).expect("bug: an extension of the graph made a circle");
        self.leave_unordered();
    }
}

/// How large everything was, and what changed of the jobs that are grown on.
struct Before {
    jobs: usize,
    captures: usize,
    inputs: usize,
    outputs: usize,
    endless: usize,
    order: usize,
    /// Paths whose makers were looked for since.
    asked: Vec<PathId>,
    rows: Vec<(JobId, Row, Option<Vec<JobId>>)>,
}

impl Before {
    fn of(ground: &Ground<'_>, graph: &Graph, jobs: &[JobId]) -> Before {
        let row = |job: &JobId| (*job, graph.jobs[job.index()], graph.gates.waits(*job).cloned());
        Before {
            jobs: graph.jobs.len(),
            captures: graph.captures.len(),
            inputs: graph.inputs.len(),
            outputs: graph.outputs.len(),
            endless: ground.endless.len(),
            order: graph.order.len(),
            asked: Vec::new(),
            rows: jobs.iter().map(row).collect(),
        }
    }

    fn restore(self, ground: &mut Ground<'_>, graph: &mut Graph, paths: &Paths) {
        for job in (self.jobs..graph.jobs.len()).map(|i| JobId(i as u32)) {
            self.forget(job, ground, graph, paths);
        }
        for path in &self.asked {
            *graph.maker_mut(*path) = Maker::Unseen;
            graph.options.remove(path);
            graph.gates.forget_path(*path);
            ground.dead.lost.remove(path);
            ground.dead.tried.remove(path);
        }
        graph.jobs.truncate(self.jobs);
        graph.captures.truncate(self.captures);
        graph.inputs.truncate(self.inputs);
        graph.outputs.truncate(self.outputs);
        ground.endless.truncate(self.endless);
        // Their numbers are given to others.
        ground.dead.failed.clear();
        for (job, row, waits) in self.rows {
            graph.jobs[job.index()] = row;
            graph.gates.set_waits(job, waits);
            ground.dead.jobs.remove(&job);
        }
    }

    /// Takes back a new job.
    fn forget(&self, job: JobId, ground: &mut Ground<'_>, graph: &mut Graph, paths: &Paths) {
        let id = graph.rule(job);
        for output in graph.outputs(job).to_vec() {
            ground.shared.remove(&(output, id));
            if ground.directories.get(&output) == Some(&job) {
                ground.directories.remove(&output);
            }
            if graph.maker_of(output) == Maker::Job(job) {
                *graph.maker_mut(output) = Maker::Unseen;
            }
        }
        let rule = ground.book.rule(id);
        let values = graph.wildcards(paths, job, rule).map(Box::from).collect();
        graph.gates.forget(&Need { rule: id, values }, job);
        graph.layouts.remove(&job);
        ground.dead.jobs.remove(&job);
    }
}
