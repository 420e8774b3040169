//! Demand: which missing outputs are needed, from the targets backward.

use super::{Plan, Scene, Verdict, only_gathers};
use crate::graph::JobId;
use crate::path::PathId;
use rustc_hash::FxHashMap;

#[derive(Clone, Copy, PartialEq)]
enum Need {
    No,
    /// By a job that may run.
    Maybe,
    Yes,
}

/// How much each path is needed.
struct Needs {
    by_path: Vec<Need>,
    /// The first job that may run and reads it, of each path that is not there.
    readers: FxHashMap<PathId, JobId>,
}

impl Needs {
    fn of(&self, path: PathId) -> Need {
        self.by_path[path.index()]
    }

    fn set(&mut self, path: PathId) {
        self.by_path[path.index()] = Need::Yes;
    }

    fn set_maybe(&mut self, path: PathId, reader: JobId, exists: bool) {
        let need = &mut self.by_path[path.index()];
        if *need == Need::No {
            *need = Need::Maybe;
            if !exists {
                self.readers.insert(path, reader);
            }
        }
    }
}

/// A fresh job whose missing output is a target, or is read by a job that runs,
/// runs; one whose missing output is read by a job that may run, may run.
pub fn pass(scene: Scene<'_>, plan: &mut Plan) {
    let graph = scene.commands.graph;
    let mut needs = Needs { by_path: vec![Need::No; scene.commands.paths.len()], readers: FxHashMap::default() };
    graph.targets().iter().for_each(|t| needs.set(*t));
    // A rule that only gathers is a name for its inputs.
    let gathered = graph.target_jobs().iter().filter(|j| only_gathers(scene, **j));
    for input in gathered.flat_map(|j| graph.inputs(*j)) {
        needs.set(input.path());
    }
    // Without what its checkpoints made, nobody knows what an open job reads.
    for gate in graph.open_jobs().flat_map(|(_, gates)| gates) {
        graph.outputs(*gate).iter().for_each(|o| needs.set(*o));
    }
    for &job in graph.order().iter().rev() {
        if plan.verdict(job) != Verdict::Run
            && let Some((output, need)) = missing(scene, &needs, job)
        {
            match need {
                Need::Yes if graph.open(job).is_some() => plan.set_lacking(job, output),
                _ if graph.open(job).is_some() => {}
                Need::Yes => plan.set_missing(job, output),
                Need::Maybe if plan.verdict(job) == Verdict::Fresh => {
                    plan.verdicts[job.index()] = Verdict::Maybe;
                    plan.waits.insert(job, needs.readers[&output]);
                    plan.dormant.insert(job);
                }
                _ => {}
            }
        }
        let runs = match plan.verdict(job) {
            Verdict::Fresh => continue,
            verdict => verdict == Verdict::Run,
        };
        for input in graph.inputs(job).iter().filter(|input| !input.is_before_update()) {
            let mut mark = |path: PathId| match runs {
                true => needs.set(path),
                false => needs.set_maybe(path, job, scene.facts.exists(path)),
            };
            mark(input.path());
            let gone = !scene.facts.exists(input.path()) && !graph.is_beside(input.path());
            if let Some(tree) = graph.tree_of(input.path()).filter(|_| gone) {
                mark(tree);
            }
        }
    }
}

/// What of a job's outputs, or of its logs and benchmarks that are read, is
/// needed and not there.
fn missing(scene: Scene<'_>, needs: &Needs, job: JobId) -> Option<(PathId, Need)> {
    let graph = scene.commands.graph;
    let files = graph.outputs(job).iter().copied().chain(graph.beside(job));
    let wanted = files.map(|o| (o, needs.of(o)));
    let wanted = wanted.filter(|(o, n)| *n != Need::No && !scene.facts.exists(*o));
    wanted.fold(None, |best, (o, n)| match best {
        Some((_, Need::Yes)) => best,
        Some(_) if n != Need::Yes => best,
        _ => Some((o, n)),
    })
}
