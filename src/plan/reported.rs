//! The plan as a report tells it: its rules, its jobs as they ran, and the files
//! that are shown.

use super::{Verdict, Viewer};
use crate::command::Headed;
use crate::diag::Diag;
use crate::event::{Ran, Report, Shown};
use crate::files;
use crate::graph::JobId;
use crate::record::Record;
use crate::rule::Flags;
use std::collections::HashSet;
use std::path::Path;

impl Viewer<'_> {
    /// All that a report tells.
    ///
    /// # Errors
    /// If a function of `report()` fails.
    pub fn report(&self) -> Result<Report, Diag> {
        let commands = self.scene.commands;
        let mut report = Report {
            description: commands.book.report.as_deref().map(str::to_owned),
            rules: self.draw_rules(),
            ..Report::default()
        };
        for &job in commands.graph.order() {
            let first = commands.graph.outputs(job).first().and_then(|output| self.scene.state.find(*output));
            let record = first.and_then(|record| self.scene.state.record(record).ok());
            report.jobs.extend(record.as_ref().map(|record| self.ran(job, record)));
            self.shown(job, record.as_ref(), &mut report.results)?;
        }
        Ok(report)
    }

    fn ran(&self, job: JobId, record: &Record) -> Ran {
        Ran {
            rule: record.rule.to_string(),
            wildcards: self.wildcards(job),
            start_ms: record.stats.start_ms,
            wall_ms: record.stats.wall_ms,
            fresh: self.plan.verdict(job) == Verdict::Fresh,
        }
    }

    fn wildcards(&self, job: JobId) -> Vec<(String, String)> {
        let commands = self.scene.commands;
        let rule = commands.book.rule(commands.graph.rule(job));
        let values = commands.graph.wildcards(commands.paths, job, rule);
        rule.wildcards.iter().zip(values).map(|(name, value)| (name.to_string(), value.to_owned())).collect()
    }

    /// The outputs of a job that are shown; of a directory, all its files.
    fn shown(&self, job: JobId, record: Option<&Record>, into: &mut Vec<Shown>) -> Result<(), Diag> {
        let commands = self.scene.commands;
        let rule = commands.book.rule(commands.graph.rule(job));
        if rule.outputs.items.iter().all(|output| output.report.is_none()) {
            return Ok(());
        }
        let params = record.map_or(&[][..], |record| &record.params);
        let outputs = commands.graph.outputs(job).iter().zip(&rule.outputs.items).zip(commands.reported(job)?);
        for ((path, output), headed) in outputs {
            let Some(Headed { category, subcategory, labels, caption }) = headed else { continue };
            let shown = Shown {
                path: commands.paths.str(*path).to_owned(),
                rule: rule.name.to_string(),
                wildcards: self.wildcards(job),
                params: params.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect(),
                category,
                subcategory,
                labels,
                caption,
            };
            match output.flags.contains(Flags::DIRECTORY) {
                true if Path::new(&shown.path).is_dir() => {
                    into.extend(below(&shown.path).map(|path| Shown { path, ..shown.clone() }));
                }
                _ => into.push(shown),
            }
        }
        Ok(())
    }
}

/// The files of a directory.
fn below(directory: &str) -> impl Iterator<Item = String> {
    files::others(Path::new(directory), &HashSet::new()).into_iter().map(move |file| format!("{directory}/{file}"))
}
