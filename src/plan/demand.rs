//! Demand: which missing outputs are needed, from the targets backward.

use super::{Plan, Scene, Verdict, only_gathers};
use crate::graph::JobId;
use crate::path::PathId;

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Need {
    No,
    /// By a job that may run.
    Maybe(JobId),
    Yes,
}

/// A fresh job whose missing output is a target, or is read by a job that runs,
/// runs; one whose missing output is read by a job that may run, may run.
pub fn pass(scene: Scene<'_>, plan: &mut Plan) {
    let graph = scene.commands.graph;
    let mut needs = vec![Need::No; scene.commands.paths.len()];
    graph.targets().iter().for_each(|t| needs[t.index()] = Need::Yes);
    // A rule that only gathers is a name for its inputs.
    let gathered = graph.target_jobs().iter().filter(|j| only_gathers(scene, **j));
    for input in gathered.flat_map(|j| graph.inputs(*j)) {
        needs[input.path().index()] = Need::Yes;
    }
    // Without what its checkpoints made, nobody knows what an open job reads.
    for gate in graph.open_jobs().flat_map(|(_, gates)| gates) {
        graph.outputs(*gate).iter().for_each(|o| needs[o.index()] = Need::Yes);
    }
    for &job in graph.order().iter().rev() {
        if plan.verdict(job) != Verdict::Run
            && let Some((output, need)) = missing(scene, &needs, job)
        {
            match need {
                Need::Yes if graph.open(job).is_some() => plan.set_lacking(job, output),
                _ if graph.open(job).is_some() => {}
                Need::Yes => plan.set_missing(job, output),
                Need::Maybe(reader) if plan.verdict(job) == Verdict::Fresh => {
                    plan.verdicts[job.index()] = Verdict::Maybe;
                    plan.waits.insert(job, reader);
                    plan.dormant.insert(job);
                }
                _ => {}
            }
        }
        let need = match plan.verdict(job) {
            Verdict::Fresh => continue,
            Verdict::Run => Need::Yes,
            Verdict::Maybe => Need::Maybe(job),
        };
        for input in graph.inputs(job).iter().filter(|input| !input.is_before_update()) {
            let mut mark = |path: PathId| {
                let slot = &mut needs[path.index()];
                if *slot == Need::No || need == Need::Yes {
                    *slot = need;
                }
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
fn missing(scene: Scene<'_>, needs: &[Need], job: JobId) -> Option<(PathId, Need)> {
    let graph = scene.commands.graph;
    let files = graph.outputs(job).iter().copied().chain(graph.beside(job));
    let wanted = files.map(|o| (o, needs[o.index()]));
    let wanted = wanted.filter(|(o, n)| *n != Need::No && !scene.facts.exists(*o));
    wanted.fold(None, |best, (o, n)| match best {
        Some((_, Need::Yes)) => best,
        Some(_) if n != Need::Yes => best,
        _ => Some((o, n)),
    })
}
