//! A job's files as functions and templates see them.

use super::Commands;
use crate::graph::JobId;
use crate::path;
use crate::rule::{Name, Output, Rule};

/// The paths of a job's inputs.
pub fn inputs<'a>(commands: &Commands<'a>, job: JobId) -> Vec<&'a str> {
    commands.graph.inputs(job).iter().map(|i| commands.paths.str(i.path())).collect()
}

/// The paths of a job's outputs.
pub fn outputs<'a>(commands: &Commands<'a>, job: JobId) -> Vec<&'a str> {
    commands.graph.outputs(job).iter().map(|p| commands.paths.str(*p)).collect()
}

/// Names within a job's inputs.
pub fn input_names<'a>(commands: &Commands<'a>, job: JobId) -> &'a [Name] {
    commands.graph.input_names(commands.book, job)
}

/// The paths of a job's log files.
pub fn logs(commands: &Commands<'_>, job: JobId) -> Vec<String> {
    let rule = commands.book.rule(commands.graph.rule(job));
    rule.logs.items.iter().map(|log| filled(commands, job, rule, log)).collect()
}

/// The path of a job's benchmark.
pub fn benchmark(commands: &Commands<'_>, job: JobId) -> Option<String> {
    let rule = commands.book.rule(commands.graph.rule(job));
    rule.benchmark.as_ref().map(|benchmark| filled(commands, job, rule, benchmark))
}

fn filled(commands: &Commands<'_>, job: JobId, rule: &Rule, output: &Output) -> String {
    let values: Vec<&str> = commands.graph.wildcards(commands.paths, job, rule).collect();
    let names = output.pattern.names();
    let mut text = String::new();
    output.pattern.fill(&mut text, |i| {
        let at = rule.wildcards.iter().position(|w| *w == names[i]).expect("logs carry the rule's wildcards");
        values[at]
    });
    path::normal(&text).into_owned()
}
