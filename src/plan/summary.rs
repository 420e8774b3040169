//! The plan file by file: what is known of each file that a job makes.

use super::decide;
use super::{Detail, Verdict, Viewer};
use crate::event::{Planned, Summarised};
use crate::graph::JobId;
use crate::path::PathId;
use crate::rule::Flags;

impl Viewer<'_> {
    /// A line for each output, in the order of the plan.
    pub fn summary(&self) -> Vec<Summarised> {
        let order = self.scene.commands.graph.order();
        order.iter().flat_map(|job| self.summary_of(*job)).collect()
    }

    fn summary_of(&self, job: JobId) -> Vec<Summarised> {
        let (scene, graph) = (self.scene, self.scene.commands.graph);
        let planned = self.planned(job, Detail::Command);
        let line = |output: &crate::path::PathId| {
            let record = scene.state.find(*output).and_then(|record| scene.state.record(record).ok());
            Summarised {
                path: scene.commands.paths.str(*output).to_owned(),
                exists: scene.facts.exists(*output),
                made_ms: record.map(|record| record.stats.start_ms + record.stats.wall_ms),
                rule: planned.job.rule.clone(),
                inputs: planned.job.inputs.clone(),
                logs: planned.job.logs.clone(),
                command: planned.job.command.clone(),
                stale: self.plan_of(job, &planned),
            }
        };
        graph.outputs(job).iter().map(line).collect()
    }

    fn plan_of(&self, job: JobId, planned: &Planned) -> Option<String> {
        let reason = planned.reasons.first().map(|reason| reason.text.clone());
        match self.plan.verdict(job) {
            Verdict::Fresh => None,
            Verdict::Run => Some(reason.unwrap_or("it will be made".into()).into_owned()),
            Verdict::Maybe => Some("its inputs may change".into()),
        }
    }

    /// The files of jobs that have a reason with one of these codes.
    pub fn changed(&self, codes: &[&str]) -> Vec<String> {
        let graph = self.scene.commands.graph;
        let has = |job: &&JobId| self.reasons(**job).iter().any(|reason| codes.contains(&reason.code));
        let jobs = graph.order().iter().filter(has);
        jobs.flat_map(|job| graph.outputs(*job)).map(|path| self.scene.commands.paths.str(*path).to_owned()).collect()
    }

    /// Every file that the plan names: read, made, or written as a log.
    pub fn files(&self) -> Vec<String> {
        let commands = self.scene.commands;
        let graph = commands.graph;
        let mut all: Vec<String> = graph.targets().iter().map(|path| commands.paths.str(*path).to_owned()).collect();
        for &job in graph.order() {
            let planned = self.planned(job, Detail::Command).job;
            all.extend(planned.inputs.iter().chain(&planned.outputs).chain(&planned.logs).cloned());
        }
        all
    }

    /// The outputs that are there, in the order of the plan, each with whether
    /// it is not what the last recorded run made; only those of `temp()` if so
    /// asked.
    pub fn existing_outputs(&self, temp: bool) -> Vec<(String, bool)> {
        let commands = self.scene.commands;
        let wanted = |job: &JobId| {
            let outputs = &commands.book.rule(commands.graph.rule(*job)).outputs.items;
            let paths = commands.graph.outputs(*job).iter().zip(outputs);
            let paths = paths.filter(|(_, output)| !temp || output.flags.contains(Flags::TEMP)).map(|(path, _)| *path);
            let edited: Vec<PathId> = decide::edited(self.scene, *job).collect();
            let there = paths.filter(|path| self.scene.facts.exists(*path));
            there.map(|path| (path, edited.contains(&path))).collect::<Vec<_>>()
        };
        let named = |(path, edited)| (commands.paths.str(path).to_owned(), edited);
        commands.graph.order().iter().flat_map(wanted).map(named).collect()
    }
}
