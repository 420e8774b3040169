//! The flags.
//!
//! Owns their names, help texts and groups. What they mean is told by `asked`.

use super::pages::{Page, Pages};
use super::select::Select;
use super::strangers::Snakemake;
use super::units::{parse_seconds, parse_size};
use clap::{ArgAction, Parser, ValueEnum};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const MAKE: &str = "What to make";
const INSTEAD: &str = "Instead of running jobs";
const AGAIN: &str = "What to make again";
const JOBS: &str = "How jobs run";
const GIVEN: &str = "What jobs are given";
const SHOW: &str = "What is shown";

/// Words that may follow `--quiet`.
pub(super) const QUIET: [&str; 5] = ["progress", "rules", "reason", "host", "all"];

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, if the environment does not speak against it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A kind of change that makes jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Change {
    /// Commands, bodies and scripts.
    Code,
    /// Which inputs there are.
    Input,
    /// Content, which always counts.
    Mtime,
    /// Params.
    Params,
    /// The shell and the rule's variables.
    SoftwareEnv,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode<'a> {
    /// Run the jobs.
    Run,
    /// Say what would run.
    DryRun,
    /// Take existing outputs as made.
    Touch,
    /// Say why a file would be made or not.
    Why(&'a str),
    /// List the rules.
    List,
    /// Ask the run in this directory to start no more jobs.
    Drain,
    /// Nothing: Snakemake's `--unlock` and its like, for which [`super::needless`] has a line.
    Nothing,
    /// Look for likely mistakes, and show them as JSON or as text.
    Lint {
        /// One JSON line each.
        json: bool,
    },
    /// Print the text that is evaluated.
    Compilation,
    /// Show a page about the plan, or delete what it made.
    Page(Page),
}

/// Make what is asked for by the rules of a Rulefile, where content changed.
///
/// Rulemake reads rules of input and output patterns, finds the jobs that the
/// targets need, skips every job whose outputs are up to date by content, and
/// runs the rest in parallel.
#[derive(Clone, Debug, Parser)]
#[command(name = "rulemake", version, disable_version_flag = true, disable_help_flag = true, args_override_self = true)]
#[command(override_usage = "rulemake [OPTIONS] [TARGET...]")]
pub struct Args {
    /// Rules or files to make [default: the first rule]
    ///
    /// A rule without wildcards by its name, a file by its path, or files by a
    /// quoted glob ('plots/*.svg'). Without a target the rule marked
    /// `default_target: True` is made, else the first that does not start with `_`.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Read this Rulefile [default: Rulefile, else Snakefile]
    ///
    /// Without it `Rulefile` is read, else `Snakefile`, `snakefile`,
    /// `workflow/Snakefile` or `workflow/snakefile`.
    #[arg(short = 'f', long, value_name = "FILE", help_heading = MAKE)]
    pub rulefile: Option<PathBuf>,

    /// Read this Snakefile
    #[arg(short = 's', long, value_name = "FILE", conflicts_with = "rulefile", help_heading = MAKE)]
    pub snakefile: Option<PathBuf>,

    /// Work in this directory
    ///
    /// The Rulefile is looked for in it, then here. A run makes it where the
    /// Rulefile is not in it.
    #[arg(short = 'C', long, short_alias = 'd', value_name = "DIR", help_heading = MAKE)]
    pub directory: Option<PathBuf>,

    /// Set values of `config`
    ///
    /// `top=5` and `eps=1e-3` are numbers, `on=True` is a bool, `a=[x,y]` a list and
    /// `'b={x: y}'` a dict of YAML, all else is a string, within lists and dicts too.
    /// They beat every config file. A word without `=` is a target.
    #[arg(long, value_name = "KEY=VALUE", num_args = 0.., help_heading = MAKE)]
    pub config: Vec<String>,

    /// Read config files after those that the Rulefile names
    ///
    /// Later files beat earlier ones. After the first, only words that end in
    /// .yaml, .yml, .json or .toml are config files; others are targets.
    #[arg(long = "configfile", alias = "configfiles", value_name = "FILE", num_args = 1.., help_heading = MAKE)]
    pub config_files: Vec<String>,

    /// Let these replace all of the Rulefile's `config`
    ///
    /// Rather than its values key by key. Without `--config` or `--configfile` it does nothing.
    #[arg(long, help_heading = MAKE)]
    pub replace_workflow_config: bool,

    /// Read options from a profile: a file or directory
    ///
    /// `NAME/profile.yaml` or `config.yaml` (or `.toml`), here or in ~/.config/rulemake, with
    /// long options as keys: `cores: 4`. What is typed beats it. Without this option the one that the
    /// variable `SNAKEMAKE_PROFILE` names is read. Besides, `profiles/default` is read where it is there.
    #[arg(long, value_name = "NAME", help_heading = MAKE)]
    pub profile: Option<String>,

    /// Read this instead of profiles/default; or none
    ///
    /// A file, a directory, or the name of one under `profiles/`.
    #[arg(long, value_name = "NAME", help_heading = MAKE)]
    pub workflow_profile: Option<String>,

    /// Set the number of parts of a `scattergather` name
    ///
    /// It beats what the Rulefile says. A word without `=` is a target.
    #[arg(long, value_name = "NAME=N", num_args = 1.., help_heading = MAKE)]
    pub set_scatter: Vec<String>,

    /// What stands before the names that `wrapper:` gives
    ///
    /// A directory of wrappers on this machine: `file:wrappers/`. Nothing is fetched.
    #[arg(long, value_name = "PREFIX", help_heading = MAKE)]
    pub wrapper_prefix: Option<String>,

    /// Say what would run, and why; run nothing
    #[arg(short = 'n', long, alias = "dryrun", help_heading = INSTEAD)]
    pub dry_run: bool,

    /// Say why a file would be made, or not
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "touch", "drain"], help_heading = INSTEAD)]
    pub why: Option<String>,

    /// List the rules
    #[arg(short = 'l', long, aliases = ["list-rules", "list-target-rules", "lt"], conflicts_with_all = ["touch", "drain"], help_heading = INSTEAD)]
    pub list: bool,

    /// Take the targets' existing outputs as made
    ///
    /// Records what is there as if the jobs had just made it, also an output
    /// that was edited by hand. No file is changed, not even its times.
    #[arg(short = 't', long, conflicts_with = "drain", help_heading = INSTEAD)]
    pub touch: bool,

    /// Ask the run in this directory to start no more jobs
    ///
    /// Its running jobs end as usual, then it exits.
    #[arg(long, help_heading = INSTEAD)]
    pub drain: bool,

    /// Make the targets again, up to date or not
    ///
    /// Of a rule that only gathers files, these are meant.
    #[arg(long, help_heading = AGAIN)]
    pub force: bool,

    /// Make the targets and all that they need again
    #[arg(short = 'F', long, help_heading = AGAIN)]
    pub forceall: bool,

    /// Make these again
    ///
    /// A rule stands for all its jobs. What depends on them is made again if they
    /// come out changed. A rule without wildcards and a file are targets, too.
    #[arg(short = 'R', long, value_name = "RULE|FILE", num_args = 0.., help_heading = AGAIN)]
    pub forcerun: Vec<String>,

    /// Changes that make jobs run, besides content
    ///
    /// `code` (commands, bodies, scripts), `params`, `input` (which inputs there are), `software-env` (the
    /// shell and the rule's `env:`) and `mtime`, which stands for content and always counts. Without it, all.
    #[arg(long, value_name = "CHANGE", value_enum, num_args = 1.., hide_possible_values = true, help_heading = AGAIN)]
    pub rerun_triggers: Vec<Change>,

    /// Make again what exists without a record
    ///
    /// In a directory where rulemake has never run, it does not overwrite what
    /// is there unless it is told to; `--touch` takes it as made instead.
    #[arg(long, conflicts_with = "touch", help_heading = AGAIN)]
    pub remake: bool,

    /// Take a cosmetic change of a rule as made
    ///
    /// Its command, params or script may have changed: its outputs stay as they are, and the records say so.
    #[arg(long, value_name = "RULE", help_heading = AGAIN)]
    pub accept: Vec<String>,

    /// Cores to use: a number, `all` or `physical`
    ///
    /// Without it, or without a value: all that this process may use. A word after it that is
    /// none of these is a target.
    #[arg(short = 'j', long, short_alias = 'c', alias = "jobs", value_name = "N", num_args = 0..=1)]
    #[arg(default_missing_value = "all", allow_hyphen_values = true, help_heading = GIVEN)]
    pub cores: Option<String>,

    /// Bound a resource over all running jobs
    ///
    /// Any name that rules have under `resources:`; `mem=8GB`, `disk=1TB` and
    /// `runtime=2h` take units. Resources that are not named here have no bound.
    /// A word without `=` is a target.
    #[arg(long, alias = "res", value_name = "NAME=N", num_args = 1.., help_heading = GIVEN)]
    pub resources: Vec<String>,

    /// Give rules resources that they do not name
    ///
    /// A value may be an expression of `input`, `threads`, `attempt` and `wildcards`, such
    /// as `mem_mb='max(2*input.size_mb, 1000)'`, also with `--set-resources`. Those of the
    /// rule, and of `--set-resources`, win. Besides, each rule is given `mem_mb`, twice the
    /// size of its inputs from 1000 to 8000, and `disk_mb`, twice that size, at least 1000,
    /// or 50000 without inputs, but no more than `--resources` has. A word without `=` is a
    /// target.
    #[arg(long, alias = "default-res", value_name = "NAME=N", num_args = 0.., help_heading = GIVEN)]
    pub default_resources: Option<Vec<String>>,

    /// Set a resource of a rule
    #[arg(long, value_name = "RULE:NAME=N", num_args = 1.., help_heading = GIVEN)]
    pub set_resources: Vec<String>,

    /// Set the threads of a rule
    ///
    /// A number, or an expression of `input`, `attempt` and `wildcards`.
    #[arg(long, value_name = "RULE=N", num_args = 1.., help_heading = GIVEN)]
    pub set_threads: Vec<String>,

    /// Give no job more threads
    #[arg(long, value_name = "N", help_heading = GIVEN)]
    pub max_threads: Option<NonZeroU32>,

    /// Take inputs of a rule as marked `ancient()`
    ///
    /// They are given by number, from 0 and as they stand in `input:` (a list is one), or by
    /// name, with commas between.
    #[arg(long, value_name = "RULE=N", num_args = 1.., help_heading = GIVEN)]
    pub consider_ancient: Vec<String>,

    /// Make what a rule's job makes
    ///
    /// The job is written as RULE:NAME=VALUE,NAME=VALUE with the values of its wildcards,
    /// as RULE: without any.
    #[arg(long, value_name = "RULE:X", num_args = 1.., help_heading = MAKE)]
    pub target_jobs: Vec<String>,

    /// Make these first, with all that they need
    ///
    /// A rule without wildcards and a file are targets, too.
    #[arg(short = 'P', long, value_name = "TARGET", num_args = 1.., help_heading = JOBS)]
    pub prioritize: Vec<String>,

    /// Keep `temp()` files
    #[arg(long, aliases = ["no-temp", "nt"], help_heading = JOBS)]
    pub notemp: bool,

    /// Delete what only other jobs need, as if `temp()`
    #[arg(long, conflicts_with = "notemp", help_heading = JOBS)]
    pub all_temp: bool,

    /// Make directories of `shadow:` rules here
    #[arg(long, value_name = "DIR", help_heading = JOBS)]
    pub shadow_prefix: Option<PathBuf>,

    /// After a failure go on with what does not depend on it
    #[arg(short = 'k', long, help_heading = JOBS)]
    pub keep_going: bool,

    /// Try a job that failed again, up to N times
    ///
    /// `retries:` of a rule beats it. Functions may ask for `attempt`, to give a
    /// later attempt more memory or time.
    #[arg(short = 'T', long, alias = "restart-times", value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = JOBS)]
    pub retries: u32,

    /// Write more columns to `benchmark:` files
    ///
    /// The job's number, rule, wildcards, params, threads, CPU usage, resources and
    /// the sizes of its inputs.
    #[arg(long, help_heading = JOBS)]
    pub benchmark_extended: bool,

    /// Leave out onstart, onsuccess and onerror
    #[arg(long, help_heading = JOBS)]
    pub no_hooks: bool,

    /// Keep what a failed job wrote, under .rulemake/failed/
    #[arg(long, help_heading = JOBS)]
    pub keep_incomplete: bool,

    /// Delete old outputs before a job starts
    ///
    /// Rather than keep them until it succeeded. Needs less disk; after a failure
    /// the old outputs are gone.
    #[arg(long, help_heading = JOBS)]
    pub discard_old: bool,

    /// Wait so long for outputs after a job
    #[arg(short = 'w', long, alias = "output-wait", value_name = "SECONDS", default_value = "5", value_parser = parse_seconds, help_heading = JOBS)]
    pub latency_wait: Duration,

    /// Keep so much of what a job prints (10M, 1GiB)
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = JOBS)]
    pub log_limit: Option<u64>,

    /// Threads that read files to see what changed
    #[arg(long, value_name = "N", help_heading = JOBS)]
    pub hash_threads: Option<NonZeroU32>,

    /// Tell files by size and time, not content
    ///
    /// For data too large to be read. A glob without `/` is one of file names in any
    /// directory. May be given more than once. Nothing is made again for this option
    /// coming or going.
    #[arg(long, value_name = "GLOB", help_heading = JOBS)]
    pub trust_stat: Vec<String>,

    /// Show the commands
    #[arg(short = 'p', long = "printshellcmds", help_heading = SHOW)]
    pub print_commands: bool,

    /// Show less: progress, rules, reason or all
    ///
    /// Without a value: progress and rules.
    ///
    /// `rules`: no line for each job (with `-n`: only the table); what jobs print
    /// is shown all the same. `progress`: no status. `reason`: no reasons in a dry
    /// run. `all`: only warnings and failures. A word that is none of these is a
    /// target.
    #[arg(short = 'q', long, value_name = "WHAT", num_args = 0.., help_heading = SHOW)]
    pub quiet: Option<Vec<String>>,

    /// Show what jobs print while they run
    ///
    /// Else it is shown when a job ends; but on a terminal a job that runs alone
    /// is followed. Lines begin with the job's name while others run too.
    #[arg(long, help_heading = SHOW)]
    pub stream: bool,

    /// Write events to stdout as JSON, one a line
    #[arg(long, help_heading = SHOW)]
    pub json: bool,

    /// With -n: exit with 3 if something would run
    #[arg(long, help_heading = SHOW)]
    pub exit_code: bool,

    /// Use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true, hide_default_value = true)]
    #[arg(value_enum, help_heading = SHOW)]
    pub color: Color,

    #[arg(long, hide = true)]
    pub(super) nocolor: bool,

    /// Show the version
    #[arg(short = 'V', long, short_alias = 'v', action = ArgAction::Version, help_heading = SHOW)]
    version: (),

    /// Show this help (-h: a line for each option)
    #[arg(short = 'h', long, action = ArgAction::Help, help_heading = SHOW)]
    help: (),

    /// A part of the graph.
    #[command(flatten)]
    pub select: Select,

    /// Pages about the plan.
    #[command(flatten)]
    pub pages: Pages,

    #[command(flatten)]
    pub(super) snakemake: Snakemake,

    /// How `-f` and `-C` were spelled, see [`super::translate`].
    #[arg(skip)]
    pub(super) short: Short,
}

/// Whether flags that Snakemake reads otherwise were given by their letter.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Short {
    pub rulefile: bool,
    pub directory: bool,
    /// `-C`, not `-d`.
    pub upper: bool,
}
