//! Growing a graph on: the inputs of open jobs, once the checkpoints they wait
//! for are done, and all that is new behind them.
//!
//! Costs what is new costs, whatever the size of the graph. If it fails, the
//! graph is as it was.

use super::build::{Builder, Files, Ground};
use super::{Graph, JobId, Maker, Row, choose};
use crate::diag::Diags;
use crate::eval::Need;
use crate::path::{PathId, Paths};

/// Calls the functions of some open jobs again. Gives what is new, each job
/// after those it depends on, the jobs themselves among them; one of them may
/// be open again.
///
/// # Errors
/// Of the functions; of inference, as for a whole graph.
pub fn extend(
    ground: &mut Ground<'_>,
    graph: &mut Graph,
    files: &mut dyn Files,
    paths: &mut Paths,
    jobs: &[JobId],
) -> Result<Vec<JobId>, Diags> {
    ground.survey(graph);
    let before = Before::of(ground, graph, jobs);
    let mut builder = Builder::new(ground, graph, files, paths);
    builder.wave = jobs.to_vec();
    let grown = builder.grow();
    let asked = std::mem::take(&mut builder.asked);
    let new = grown.and_then(|()| {
        let region = choose::Region { asked: asked.clone(), first: before.jobs, roots: jobs };
        choose::extend(choose::Scene { paths, files }, ground, graph, region)
    });
    match new {
        Ok(new) => {
            graph.order.extend(new.iter().filter(|j| j.index() >= before.jobs));
            Ok(new)
        }
        Err(diags) => {
            before.restore(ground, graph, paths, &asked);
            Err(diags)
        }
    }
}

/// How large everything was, and what changed of the jobs that are grown on.
struct Before {
    jobs: usize,
    captures: usize,
    inputs: usize,
    outputs: usize,
    endless: usize,
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
            rows: jobs.iter().map(row).collect(),
        }
    }

    fn restore(self, ground: &mut Ground<'_>, graph: &mut Graph, paths: &Paths, asked: &[PathId]) {
        for job in (self.jobs..graph.jobs.len()).map(|i| JobId(i as u32)) {
            self.forget(job, ground, graph, paths);
        }
        for path in asked {
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
