//! `--lint` and `--print-compilation`: what can be said of a Rulefile by itself.
//!
//! Owns what the lints are told of the plan, and the exit code. It knows no lint.

use super::app::{App, End};
use crate::diag::{Diag, Diags};
use crate::eval::{Functions, TrackedRead};
use crate::event::Linted;
use crate::lint::{Facts, Finding, lint};
use crate::rule::Rulefile;
use crate::run::Pipeline;
use std::path::Path;

/// The exit code if there are findings.
const FOUND: u8 = 1;

impl App {
    /// Shows what the lints find. A plan that could not be made is a finding too.
    pub(super) fn lint(
        &self,
        book: &Rulefile,
        reads: &[TrackedRead],
        pipeline: Result<Pipeline<'_>, Diags>,
        json: bool,
    ) -> End {
        let globs = reads.iter().filter_map(|read| match read {
            TrackedRead::Glob(text, _) => Some(&**text),
            _ => None,
        });
        let planned = pipeline.as_ref().ok().map(|p| (&p.graph, &p.paths));
        let is_file = |path: &str| Path::new(path).is_file();
        let facts = Facts { book, sources: &self.sources, globs: globs.collect(), is_file: &is_file, planned };
        let mut found = lint(&facts);
        let refused = pipeline.err().unwrap_or_default();
        found.extend(refused.into_iter().map(|diag| Finding { name: "plan", rule: None, diag }));
        let found: Vec<Linted> = found.into_iter().map(|finding| self.linted(finding)).collect();
        self.reporter().lints(&found, json);
        End::Code(if found.is_empty() { 0 } else { FOUND })
    }

    fn linted(&self, finding: Finding) -> Linted {
        let Finding { name, rule, diag } = finding;
        let place = diag.labels.first().map(|label| {
            let (line, column) = self.sources.line_col(label.span);
            (self.sources.get(label.span.file).path.clone(), line, column)
        });
        let diag = Diag { message: format!("{} [{name}]", diag.message), ..diag };
        let text = diag.render(&self.sources, self.reporter().colors_stdout());
        let message = diag.message.strip_suffix(&format!(" [{name}]")).unwrap_or(&diag.message).to_owned();
        Linted { name, rule: rule.map(String::from), place, message, hints: diag.hints, text }
    }

    /// Prints the Starlark of every file that was read, in the order it was evaluated.
    pub(super) fn compilation(&self, functions: &Functions) -> End {
        let mut last = None;
        for (file, text) in functions.lowered() {
            if last != Some(file) {
                self.reporter().page(&format!("# {}\n", self.sources.get(file).path));
            }
            last = Some(file);
            let end = if text.ends_with('\n') { "" } else { "\n" };
            self.reporter().page(&format!("{text}{end}"));
        }
        End::Code(0)
    }
}
