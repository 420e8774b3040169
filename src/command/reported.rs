//! How `report()` wants a job's outputs to be shown.

use super::call::Arguments;
use super::{Commands, Needs};
use crate::diag::Diag;
use crate::graph::JobId;
use crate::value::Val;

/// Of one output: its heading, the one below, and its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headed {
    /// `category`
    pub category: Option<String>,
    /// `subcategory`
    pub subcategory: Option<String>,
    /// `labels`
    pub labels: Vec<(String, String)>,
    /// The file of its caption.
    pub caption: Option<String>,
}

impl Commands<'_> {
    /// Of each output, in order, how it is shown; none if it is not.
    ///
    /// # Errors
    /// If a function fails.
    pub fn reported(&self, job: JobId) -> Result<Vec<Option<Headed>>, Diag> {
        let outputs = &self.rule(job).outputs.items;
        let headed = |output: &crate::rule::Output| {
            let Some(report) = &output.report else { return Ok(None) };
            let labels = match self.of_wildcards(job, &report.labels)? {
                Val::Dict(entries) => entries,
                _ => Vec::new(),
            };
            let label = |(key, value): (Val, Val)| {
                let text = self.of_wildcards(job, &value)?.display();
                Ok((self.with_wildcards(job, &key.display()), self.with_wildcards(job, &text)))
            };
            Ok(Some(Headed {
                category: self.heading(job, &report.category)?,
                subcategory: self.heading(job, &report.subcategory)?,
                labels: labels.into_iter().map(label).collect::<Result<_, Diag>>()?,
                caption: report.caption.as_deref().map(str::to_owned),
            }))
        };
        outputs.iter().map(headed).collect()
    }

    fn heading(&self, job: JobId, value: &Val) -> Result<Option<String>, Diag> {
        let value = self.of_wildcards(job, value)?;
        Ok((value != Val::None).then(|| self.with_wildcards(job, &value.display())))
    }

    /// A value, or what its function gives.
    fn of_wildcards(&self, job: JobId, value: &Val) -> Result<Val, Diag> {
        let Val::Func(id) = value else { return Ok(value.clone()) };
        let needs = Needs { threads: 1, resources: Vec::new() };
        let answer = self.call(&[Arguments::of(self, job, *id, &needs, 1)]).pop();
        let answer = answer.expect("bug: one answer for one call");
        answer.map_err(|u| Diag::from(u).note(format!("for job `{}`", self.describe(job))))
    }

    /// A text, its wildcards filled; other braces stay.
    fn with_wildcards(&self, job: JobId, text: &str) -> String {
        let rule = self.rule(job);
        let values = self.graph.wildcards(self.paths, job, rule);
        let pairs = rule.wildcards.iter().zip(values);
        pairs.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}
