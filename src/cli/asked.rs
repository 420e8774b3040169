//! What the options ask for: words as numbers, bounds, modes and targets.
//!
//! Owns their meaning. It does not know who acts on it.

use super::args::{Args, Change, Color, Mode, QUIET};
use super::config::{parse_pair, parse_setting};
use super::pages::Pages;
use super::parse::usage;
use super::units::{bound, is_cores, parse_cores};
use crate::diag::Diag;
use crate::plan::Triggers;
use crate::report::Quiet;
use crate::value::Val;
use std::path::Path;

impl Args {
    /// What is asked for.
    pub fn mode(&self) -> Mode<'_> {
        if let Some(page) = self.pages.page() {
            return Mode::Page(page);
        }
        if let Some(form) = &self.pages.lint {
            return Mode::Lint { json: self.json || form == "json" };
        }
        match self {
            Args { pages: Pages { print_compilation: true, .. }, .. } => Mode::Compilation,
            Args { why: Some(path), .. } => Mode::Why(path),
            Args { list: true, .. } => Mode::List,
            Args { drain: true, .. } => Mode::Drain,
            Args { dry_run: true, .. } => Mode::DryRun,
            Args { touch: true, .. } => Mode::Touch,
            _ if self.snakemake.is_all() => Mode::Nothing,
            _ => Mode::Run,
        }
    }

    /// Values of `--config`, in order.
    ///
    /// # Errors
    /// If a key is missing.
    pub fn config(&self) -> Result<Vec<(String, Val)>, Diag> {
        self.config.iter().map(|word| parse_setting(word)).collect()
    }

    /// Numbers of `--set-scatter`, in order.
    ///
    /// # Errors
    /// If a name is missing or a number is not one of 1 or more.
    pub fn scatter(&self) -> Result<Vec<(String, u32)>, Diag> {
        let pair = |word: &String| match parse_pair("--set-scatter", word)? {
            (name, Val::Int(n)) if (1..=i64::from(u32::MAX)).contains(&n) => Ok((name, n as u32)),
            (name, _) => Err(usage(format!("`--set-scatter {word}`: the number of parts must be 1 or more"))
                .hint(format!("write `--set-scatter {name}=4`"))),
        };
        self.set_scatter.iter().map(pair).collect()
    }

    /// Bounds of `--resources` by the names they are counted under, in whole
    /// numbers: `mem=8GB` is `mem_mb` 8000. Of two for one resource the later counts.
    ///
    /// # Errors
    /// If a name or value is missing or a value is no amount.
    pub fn resources(&self) -> Result<Vec<(String, u64)>, Diag> {
        let mut bounds: Vec<(String, u64)> = Vec::new();
        for word in &self.resources {
            let (name, bound) = bound(word)?;
            bounds.retain(|(n, _)| *n != name);
            bounds.push((name, bound));
        }
        Ok(bounds)
    }

    /// Cores to use, of those that are `available` to this process; `physical`
    /// are the machine's without hyperthreads.
    ///
    /// # Errors
    /// If none would be left.
    pub fn cores(&self, available: u32, physical: &dyn Fn() -> u32) -> Result<u32, Diag> {
        parse_cores(self.cores.as_deref().unwrap_or("all"), available, physical)
    }

    /// What is not shown.
    pub fn quiet(&self) -> Quiet {
        let Some(words) = &self.quiet else {
            return Quiet::default();
        };
        let has = |word: &str| words.iter().any(|w| w == word);
        Quiet {
            jobs: words.is_empty() || has("rules"),
            progress: words.is_empty() || has("progress"),
            reasons: has("reason"),
            all: has("all"),
        }
    }

    /// What makes jobs run besides content.
    pub fn triggers(&self) -> Triggers {
        // What is taken as made, or listed, is all that changed.
        let makes = matches!(self.mode(), Mode::Run | Mode::DryRun | Mode::Why(_)) && self.accept.is_empty();
        if self.rerun_triggers.is_empty() || !makes {
            return Triggers::default();
        }
        let has = |change| self.rerun_triggers.contains(&change);
        Triggers {
            code: has(Change::Code),
            params: has(Change::Params),
            input: has(Change::Input),
            software_env: has(Change::SoftwareEnv),
        }
    }

    /// When to use colours.
    pub fn color(&self) -> Color {
        if self.nocolor { Color::Never } else { self.color }
    }

    /// Takes words that cannot be values of the flags before them as targets.
    ///
    /// # Errors
    /// If a flag has no value, or is one of Snakemake that is not there.
    pub(super) fn settle(&mut self) -> Result<(), Diag> {
        self.snakemake.check()?;
        let targets = &mut self.targets;
        let is_pair = |word: &str| word.contains('=');
        let mut no_words = Vec::new();
        let pairs = [
            ("--config", "KEY", &mut self.config),
            ("--resources", "4", &mut self.resources),
            ("--default-resources", "4", self.default_resources.as_mut().unwrap_or(&mut no_words)),
            ("--set-resources", "4", &mut self.set_resources),
            ("--set-threads", "4", &mut self.set_threads),
            ("--set-scatter", "4", &mut self.set_scatter),
            ("--consider-ancient", "0", &mut self.consider_ancient),
        ];
        for (flag, value, words) in pairs {
            if let Some(word) = words.first().filter(|word| !is_pair(word)) {
                return Err(usage(format!("`{flag} {word}`: there is no value"))
                    .hint(format!("write `{flag} {word}={value}`; a target goes before the options, or after `--`")));
            }
            targets.extend(words.extract_if(.., |w| !is_pair(w)));
        }
        if let Some(rest) = self.config_files.get(1..) {
            let files = 1 + rest.iter().take_while(|w| is_config_file(w)).count();
            targets.extend(self.config_files.drain(files..));
        }
        if let Some(words) = &mut self.quiet {
            targets.extend(words.extract_if(.., |w| !QUIET.contains(&w.as_str())));
        }
        self.pages.settle(targets);
        if let Some(word) = self.cores.take_if(|w| !is_cores(w)) {
            targets.push(word);
        }
        Ok(())
    }
}

fn is_config_file(word: &str) -> bool {
    let extension = Path::new(word).extension().and_then(|e| e.to_str());
    matches!(extension, Some("yaml" | "yml" | "json" | "toml"))
}
