//! Pages about the plan, and deleting what it made.
//!
//! Owns which question is put to the plan for which flag. It starts no job.

use super::app::{App, End};
use super::pages::{Change, Page};
use crate::diag::{Diag, Diags};
use crate::eval::Functions;
use crate::files;
use crate::path;
use crate::plan::Viewer;
use crate::rule::Rulefile;
use crate::run::{self, Options, Pipeline, Prefetch};
use crate::settle;
use std::path::Path;

impl App {
    /// Shows a page, or deletes what is asked for.
    pub(super) fn page(
        &self,
        book: &Rulefile,
        functions: &Functions,
        options: &Options,
        page: Page,
        prefetch: Prefetch,
    ) -> Result<End, Diags> {
        // What is deleted is what a run knows, which supposes nothing.
        let mode = if matches!(page, Page::Delete { .. }) { run::Mode::Run } else { run::Mode::Look };
        let mut pipeline = self.open(book, functions, options, mode, prefetch)?;
        if let Page::Delete { temp } = page {
            self.delete(&pipeline, options, temp).map_err(|d| vec![d])?;
            return Ok(End::Code(0));
        }
        pipeline.save_memo().map_err(|d| vec![d])?;
        let viewer = Viewer { scene: pipeline.scene(), plan: &pipeline.plan };
        match page {
            Page::Summary { detailed } => self.reporter().summary(&viewer.summary(), detailed),
            Page::Changes(change) => self.reporter().paths(&viewer.changed(codes(change))),
            Page::Report => self.write_report(book, &viewer, options).map_err(|d| vec![d])?,
            Page::Untracked => self.reporter().paths(&self.untracked(&viewer)),
            Page::Jobs(form) => self.reporter().drawing(&viewer.draw_jobs(), form),
            Page::Rules(form) => self.reporter().drawing(&viewer.draw_rules(), form),
            Page::Files(form) => self.reporter().drawing(&viewer.draw_files(), form),
            Page::Delete { .. } => unreachable!("told apart above"),
        }
        Ok(End::Code(0))
    }

    /// Files below the working directory that the plan does not name, and that
    /// are no file of the Rulefile. Hidden files are left out.
    fn untracked(&self, viewer: &Viewer<'_>) -> Vec<String> {
        let mut known = viewer.files();
        known.extend(self.sources.iter().map(|(_, source)| path::normal(&source.path).into_owned()));
        files::others(Path::new("."), &known.iter().map(String::as_str).collect())
    }

    /// Deletes the outputs of all jobs of the plan, or only those of `temp()`;
    /// with `-n` says which. What no recorded run made so is kept elsewhere.
    pub(super) fn delete(&self, pipeline: &Pipeline<'_>, options: &Options, temp: bool) -> Result<(), Diag> {
        let settler = run::settler(options);
        let viewer = Viewer { scene: pipeline.scene(), plan: &pipeline.plan };
        let (kept, gone): (Vec<_>, Vec<_>) =
            viewer.existing_outputs(temp).into_iter().partition(|(path, _)| settle::is_write_protected(path));
        for (path, edited) in gone {
            let line = match (edited, self.args.dry_run) {
                (false, true) => format!("would delete {path}"),
                (true, true) => format!("would move {path} to .rulemake/replaced/: no recorded run made it so"),
                (false, false) => settler.delete(&path).map(|_| format!("deleted {path}")).map_err(|f| f.to_diag())?,
                (true, false) => {
                    let to = settler.keep(&path).map_err(|fault| fault.to_diag())?.to;
                    format!("moved {path} to {}: no recorded run made it so", to.display())
                }
            };
            self.say(&line);
        }
        for (path, _) in kept {
            self.say(&format!("{path} is write-protected, and kept"));
        }
        Ok(())
    }
}

/// The codes of reasons that a list of changes asks for.
fn codes(change: Change) -> &'static [&'static str] {
    match change {
        Change::Code => &["command-changed", "script-changed", "environment-changed", "recipe-changed"],
        Change::Input => &[
            "input-changed",
            "inputs-changed",
            "input-added",
            "input-removed",
            "inputs-reordered",
            "input-unseen",
            "input-counts",
        ],
        Change::Params => &["param-changed"],
    }
}
