//! Whether a command that was recorded differs from that of now only in what fills it.
//!
//! Owns the comparison. Which changes count is told by `plan::triggers`.

use super::scope::{Mode, Scope};
use super::{Commands, recipe};
use crate::graph::JobId;
use crate::rule::Action;
use crate::template::Root;
use regex::Regex;

impl Commands<'_> {
    /// Whether a recorded command is the rule's with other params or inputs in it. Where that
    /// cannot be told it is not.
    pub fn has_code(&self, job: JobId, recorded: &str) -> bool {
        self.shape(job).is_some_and(|shape| shape.is_match(recorded))
    }

    /// The command with anything in the place of params and inputs.
    fn shape(&self, job: JobId) -> Option<Regex> {
        let rule = self.rule(job);
        let Action::Shell(text) = &rule.action else { return None };
        let params = self.params(&[job]).pop()?.ok()?;
        let scope = Scope { commands: self, job, rule, params: &params, logs: &[], benchmark: None, mode: Mode::Code };
        let mut command = String::new();
        text.template.render(&scope, &mut command).ok()?;
        let command = self.settings.home.replaced(&command, recipe::WORKDIR).unwrap_or(command);
        let mut shape = regex::escape(&command);
        for hole in text.template.holes().filter(|hole| matches!(hole.root, Root::Params | Root::Input)) {
            // `:q` quotes the name as well.
            for name in [format!("'{hole}'"), hole.to_string()] {
                shape = shape.replace(&regex::escape(&name), ".*");
            }
        }
        Regex::new(&format!(r"(?s)\A{shape}\z")).ok()
    }
}
