//! Pages about the plan, the dry run, why a file is made, and deleting what the plan made.
//!
//! Owns which question is put to the plan for which flag. It starts no job.

use super::app::{App, End};
use super::pages::{Change, Page};
use crate::diag::{Diag, Diags, Kind, Severity};
use crate::eval::Functions;
use crate::event::Event;
use crate::files;
use crate::path;
use crate::plan::{Detail, Verdict, Viewer, totals};
use crate::rule::Rulefile;
use crate::run::{self, Options, Pipeline, Prefetch};
use crate::settle;
use std::path::Path;

/// The exit code of `-n --exit-code` when something would run.
const WOULD_RUN: u8 = 3;

impl App {
    /// Shows what would run.
    pub(super) fn dry_run(
        &self,
        book: &Rulefile,
        functions: &Functions,
        options: &Options,
        prefetch: Prefetch,
    ) -> Result<End, Diags> {
        let mut pipeline = self.open(book, functions, options, run::Mode::Look, prefetch)?;
        pipeline.save_memo().map_err(|d| vec![d])?;
        let scene = pipeline.scene();
        let viewer = Viewer { scene, plan: &pipeline.plan };
        let detail = match (self.args.print_commands, self.args.json) {
            (true, _) => Detail::Command,
            (false, true) => Detail::Files,
            (false, false) => Detail::Line,
        };
        let mut reporter = self.reporter();
        for &job in pipeline.graph.order() {
            if pipeline.plan.verdict(job) != Verdict::Fresh && !pipeline.graph.is_probe(job) {
                reporter.event(&Event::DryJob(viewer.planned(job, detail)));
            }
        }
        let totals = totals(scene, &pipeline.plan);
        let stale = totals.run() + totals.maybe() > 0;
        reporter.event(&Event::Totals { totals, cores: options.cores, dry: true });
        drop(reporter);
        // After a kill the next run first puts back what was there.
        let settled = pipeline.state.open_jobs().is_empty();
        if let (true, Err(diag)) = (settled, run::refuse_to_overwrite(&pipeline, options)) {
            self.note(&Diag { severity: Severity::Warning, ..diag });
        }
        run::refuse_protected(&pipeline).map_err(|d| vec![d])?;
        Ok(End::Code(if stale && self.args.exit_code { WOULD_RUN } else { 0 }))
    }

    /// Tells why a file would be made.
    pub(super) fn why(
        &self,
        book: &Rulefile,
        functions: &Functions,
        options: &Options,
        path: &str,
        prefetch: Prefetch,
    ) -> Result<End, Diags> {
        let path = asked_for(book, path).map_err(|d| vec![d])?;
        let mut options = options.clone();
        if options.targets.is_empty() {
            // The file's own reasons do not depend on who asks for it.
            options.targets.push(path.clone());
        }
        let mut pipeline = self.open(book, functions, &options, run::Mode::Look, prefetch)?;
        pipeline.save_memo().map_err(|d| vec![d])?;
        if !has_file(&pipeline, &path) {
            return Err(vec![
                Diag::error(Kind::Usage, format!("`{path}` is no file of this plan"))
                    .hint("leave the targets out: the file itself is then the target"),
            ]);
        }
        let why = Viewer { scene: pipeline.scene(), plan: &pipeline.plan }.why(&path);
        self.reporter().why(&why);
        Ok(End::Code(0))
    }

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

/// The file that `--why` asks for: a rule's name stands for its first output.
fn asked_for(book: &Rulefile, word: &str) -> Result<String, Diag> {
    let rule = book.find(word).map(|id| book.rule(id));
    match rule.map(|rule| (rule, rule.outputs.items.first())) {
        Some((rule, Some(output))) if !rule.has_wildcards() => {
            let literal = output.pattern.as_literal().unwrap_or(output.pattern.text());
            Ok(path::normal(literal).into_owned())
        }
        Some((rule, _)) if !std::path::Path::new(word).exists() => {
            let what = if rule.has_wildcards() { "a rule with wildcards" } else { "a rule without outputs" };
            Err(Diag::error(Kind::Usage, format!("`--why {word}`: `{word}` is {what}, not a file"))
                .label(rule.places.head, "defined here")
                .hint("name one of its files, or see all that would run with `rulemake -n`"))
        }
        _ => Ok(path::normal(word).into_owned()),
    }
}

/// Whether a job of the plan makes or reads a file, or it is a target.
fn has_file(pipeline: &Pipeline<'_>, path: &str) -> bool {
    let Some(id) = pipeline.paths.get(path) else { return false };
    let graph = &pipeline.graph;
    let read = |job: &crate::graph::JobId| graph.inputs(*job).iter().any(|i| i.path() == id);
    graph.targets().contains(&id) || graph.maker(id).is_some() || graph.order().iter().any(read)
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
