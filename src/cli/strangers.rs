//! Flags of Snakemake that rulemake does not need, or does not have.
//!
//! Owns the list of them, how many words each takes, and what is said of it. It
//! does not know the flags that are there.

use super::args::Args;
use super::parse::usage;
use crate::diag::Diag;
use Fate::{Alone, Needless, Refused};
use Takes::{Any, Many, Nothing, One, Perhaps};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

/// What becomes of a flag that only Snakemake needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is accepted and does nothing: why it need not.
    Needless(&'static str),
    /// The same, and nothing else is asked for.
    Alone(&'static str),
    /// It is refused: what to do instead.
    Refused(&'static str),
}

/// How many words follow a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    One,
    /// One or none.
    Perhaps,
    /// Any number, one at least.
    Many,
    /// Any number, or none.
    Any,
}

/// A flag of Snakemake: its long name and the others, divided by blanks.
struct Flag(&'static str, Takes, Fate);

const HERE: &str = "all jobs run on this machine";
const LOCAL: Fate = Needless(HERE);
const CLUSTER: Fate = Refused("jobs run on this machine: leave it out");
const ENVIRONMENT: Fate = Refused("activate the environment before rulemake is started, or within `shell:`");
const NONE_MADE: &str = "environments of `conda:` and `container:` are not made here";
const NO_ENVIRONMENT: Fate = Needless(NONE_MADE);
const NO_ENVIRONMENTS: Fate = Alone(NONE_MADE);
const STORED: Fate = Needless("files are not fetched from anywhere");
const REMOTE: Fate = Refused("fetch remote files in a rule of their own");
const ONE_SCHEDULER: Fate = Needless("there is one scheduler, and it is quick");
const INTERNAL: Fate = Refused("snakemake gives it to its own child processes: leave it out");
const NOTEBOOK: Fate = Refused("edit the notebook by Jupyter itself; `notebook:` executes it");
const REPORT: Fate = Refused("`--report FILE.html` writes the report, and has one form");

/// The flags that have no part in rulemake, but for `--executor`.
const FLAGS: &[Flag] = &[
    Flag("rerun-incomplete ri", Nothing, Needless("a job that was interrupted is stale and is made again")),
    Flag("ignore-incomplete ii", Nothing, Needless("no incomplete file is left in place")),
    Flag("unlock", Nothing, Alone("a lock ends with its process; there is nothing to unlock")),
    Flag("nolock", Nothing, Needless("a lock ends with its process, so it is never in the way")),
    Flag("reason", Nothing, Needless("a dry run always shows reasons")),
    Flag("show-failed-logs", Nothing, Needless("what a failed job printed is always shown")),
    Flag("cleanup-shadow", Nothing, Alone("the next run removes what a killed run left")),
    Flag("cache", Any, Needless("no cache is shared between workflows; jobs that are up to date are skipped")),
    Flag("no-subworkflows nosw", Nothing, Needless("there are no subworkflows; `module` takes in other Rulefiles")),
    Flag("strict-dag-evaluation", Many, Needless("a function that fails is always an error")),
    Flag("force-use-threads", Nothing, Needless("a job is a process of its own")),
    Flag("skip-script-cleanup", Nothing, Needless("messages name a script's own file and lines")),
    Flag("max-inventory-time", One, Needless("each file is looked at once")),
    Flag("trust-io-cache", Nothing, Needless("each file is looked at once")),
    Flag("max-checksum-file-size", One, Needless("contents are read once; `--trust-stat` tells large files by time")),
    Flag("wait-for-files", Any, Needless("an input that is not there is told before anything runs")),
    Flag("wait-for-files-file", One, Needless("an input that is not there is told before anything runs")),
    Flag("wait-for-free-local-storage", One, STORED),
    Flag("runtime-source-cache-path", One, Needless("files of other projects are not copied")),
    Flag("queue-input-wait-time", One, Needless("inputs are not taken from queues")),
    Flag("unneeded-temp-files", Many, Needless("nothing is uploaded, and `temp()` files go when nobody reads them")),
    Flag("keep-storage-local-copies", Nothing, STORED),
    Flag("not-retrieve-storage", Nothing, STORED),
    Flag("target-files-omit-workdir-adjustment", Nothing, Needless("targets are seen from the directory worked in")),
    Flag("persistence-backend", One, Needless("records are kept in one file, `.rulemake/log`")),
    Flag("scheduler", Perhaps, ONE_SCHEDULER),
    Flag("scheduler-greediness greediness", One, ONE_SCHEDULER),
    Flag("scheduler-subsample", One, ONE_SCHEDULER),
    Flag("scheduler-solver-path", One, ONE_SCHEDULER),
    Flag("scheduler-greedy-greediness", One, ONE_SCHEDULER),
    Flag("scheduler-greedy-omit-prioritize-by-temp-and-input", Nothing, ONE_SCHEDULER),
    Flag("scheduler-ilp-solver", One, ONE_SCHEDULER),
    Flag("scheduler-ilp-solver-path", One, ONE_SCHEDULER),
    Flag("local-cores", One, LOCAL),
    Flag("jobname jn", One, LOCAL),
    Flag("envvars", Many, Needless("jobs have all variables that rulemake has")),
    Flag("precommand", One, LOCAL),
    Flag("groups", Many, LOCAL),
    Flag("group-components", Many, LOCAL),
    Flag("preemptible-rules", Any, LOCAL),
    Flag("preemptible-retries", One, LOCAL),
    Flag("set-resource-scopes", Many, LOCAL),
    Flag("max-jobs-per-timespan", One, LOCAL),
    Flag("max-jobs-per-second", One, LOCAL),
    Flag("max-status-checks-per-second", One, LOCAL),
    Flag("seconds-between-status-checks", One, LOCAL),
    Flag("shared-fs-usage", Many, LOCAL),
    Flag("local-storage-prefix", One, STORED),
    Flag("remote-job-local-storage-prefix", One, STORED),
    Flag("cluster", One, CLUSTER),
    Flag("slurm", Nothing, CLUSTER),
    Flag("immediate-submit is", Nothing, CLUSTER),
    Flag("jobscript js", One, CLUSTER),
    Flag("use-conda", Nothing, ENVIRONMENT),
    Flag("software-deployment-method deployment-method deployment sdm", Many, ENVIRONMENT),
    Flag("use-apptainer use-singularity", Nothing, ENVIRONMENT),
    Flag("use-envmodules", Nothing, ENVIRONMENT),
    Flag("conda-create-envs-only", Nothing, ENVIRONMENT),
    Flag("list-conda-envs", Nothing, ENVIRONMENT),
    Flag("containerize", Perhaps, ENVIRONMENT),
    Flag("container-image", One, NO_ENVIRONMENT),
    Flag("container-cleanup-images", Nothing, NO_ENVIRONMENTS),
    Flag("conda-not-block-search-path-envvars", Nothing, NO_ENVIRONMENT),
    Flag("conda-prefix", One, NO_ENVIRONMENT),
    Flag("conda-base-path", One, NO_ENVIRONMENT),
    Flag("conda-frontend", One, NO_ENVIRONMENT),
    Flag("conda-cleanup-envs", Nothing, NO_ENVIRONMENTS),
    Flag("conda-cleanup-pkgs", Perhaps, NO_ENVIRONMENT),
    Flag("apptainer-prefix singularity-prefix", One, NO_ENVIRONMENT),
    Flag("apptainer-args singularity-args", One, NO_ENVIRONMENT),
    Flag("default-storage-provider", One, REMOTE),
    Flag("default-storage-prefix", One, REMOTE),
    Flag("report-after-run", Nothing, REPORT),
    Flag("report-stylesheet", One, REPORT),
    Flag("report-metadata", One, REPORT),
    Flag("report-html-path", One, REPORT),
    Flag("report-html-stylesheet-path", One, REPORT),
    Flag("reporter", One, REPORT),
    Flag("archive", One, Refused("`git archive`, with the files of `--summary`, keeps a workflow")),
    Flag("draft-notebook", One, NOTEBOOK),
    Flag("edit-notebook", One, NOTEBOOK),
    Flag("notebook-listen", One, NOTEBOOK),
    Flag(
        "generate-unit-tests",
        Perhaps,
        Refused("there is no such thing; a run in a copy of the directory tests as well"),
    ),
    Flag("export-cwl", One, Refused("`--dag json` gives nodes and edges")),
    Flag("d3dag", Nothing, Refused("`--dag json` gives nodes and edges")),
    Flag("verbose", Nothing, Needless("`-p` shows commands, `--why FILE` reasons")),
    Flag("debug-dag", Nothing, Needless("errors tell which rules were tried, `--why FILE` which job makes a file")),
    Flag("debug", Nothing, Refused("run the script by itself, under its debugger")),
    Flag("runtime-profile", One, Refused("`--json` has the times of all jobs")),
    Flag("logger", Many, Refused("`--json` writes all events to stdout, for a program of yours to read")),
    Flag("omit-flags", Many, Refused("take the mark off in the rule; `--notemp` keeps `temp()` files")),
    Flag(
        "cleanup-metadata cm",
        Many,
        Refused("`--force TARGET` makes a file again, `--touch TARGET` takes it as made"),
    ),
    Flag("drop-metadata", Nothing, Needless("records are few bytes a job, and tell whether files are up to date")),
    Flag("persistence-backend-db-url", One, Refused("records are kept in one file, `.rulemake/log`")),
    Flag("local-groupid", One, INTERNAL),
    Flag("attempt", One, INTERNAL),
    Flag("mode", One, INTERNAL),
    Flag("job-deploy-sources", Nothing, INTERNAL),
    Flag("deploy-sources", Many, INTERNAL),
];

/// The executors of Snakemake that mean something on one machine.
const EXECUTORS: [(&str, Fate); 3] =
    [("local", LOCAL), ("dryrun", Refused("write `-n`")), ("touch", Refused("write `--touch`"))];

impl Flag {
    fn name(&self) -> &'static str {
        self.0.split(' ').next().unwrap_or(self.0)
    }

    fn arg(&self) -> Arg {
        let arg = Arg::new(self.name()).long(self.name()).hide(true);
        let arg = arg.aliases(self.0.split(' ').skip(1));
        match self.1 {
            Nothing => arg.action(ArgAction::SetTrue),
            One => arg.num_args(1),
            Perhaps => arg.num_args(0..=1),
            Many => arg.num_args(1..),
            Any => arg.num_args(0..),
        }
    }
}

/// Flags that Snakemake needs and rulemake does not, those that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Snakemake {
    given: Vec<(String, Fate)>,
}

impl clap::Args for Snakemake {
    fn augment_args(command: Command) -> Command {
        let executor = Arg::new("executor").short('e').long("executor").num_args(1).hide(true);
        let reason = |arg: Arg| if arg.get_id() == "reason" { arg.short('r') } else { arg };
        command.args(FLAGS.iter().map(|flag| reason(flag.arg()))).arg(executor)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Snakemake {
    fn from_arg_matches(found: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        let typed = |id: &str| found.value_source(id) == Some(ValueSource::CommandLine);
        for flag in FLAGS.iter().filter(|flag| typed(flag.name())) {
            given.push((format!("--{}", flag.name()), flag.2));
        }
        if let Some(word) = found.get_one::<String>("executor") {
            let fate = EXECUTORS.iter().find(|(name, _)| name == word).map_or(CLUSTER, |(_, fate)| *fate);
            given.push((format!("--executor {word}"), fate));
        }
        Ok(Snakemake { given })
    }

    fn update_from_arg_matches(&mut self, found: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(found)?;
        Ok(())
    }
}

impl Snakemake {
    /// Whether nothing else is asked for than one that does nothing.
    pub fn is_all(&self) -> bool {
        self.given.iter().any(|(_, fate)| matches!(fate, Alone(_)))
    }

    /// Refuses what would mean something in Snakemake and cannot be had here.
    ///
    /// # Errors
    /// With what to do instead.
    pub fn check(&self) -> Result<(), Diag> {
        let refused = |(name, fate): &(String, Fate)| match fate {
            Refused(hint) => Some((name.clone(), *hint)),
            Needless(_) | Alone(_) => None,
        };
        let Some((name, hint)) = self.given.iter().find_map(refused) else { return Ok(()) };
        let message = format!("`{name}` is an option of Snakemake that rulemake does not have");
        Err(usage(message).hint(hint))
    }
}

/// A line for each flag given that does nothing, with why it need not.
pub fn needless(args: &Args) -> Vec<String> {
    let line = |(name, fate): &(String, Fate)| match fate {
        Needless(why) | Alone(why) => Some(format!("`{name}` is needless: {why}")),
        Refused(_) => None,
    };
    args.snakemake.given.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse::tests::{args, error};
    use super::*;

    #[test]
    fn needless_flags_say_why() {
        let lines = needless(&args("--ri --scheduler greedy --nolock -- x"));
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("`--rerun-incomplete` is needless: "));
        assert!(needless(&args("x")).is_empty());
        assert_eq!(needless(&args("-r -e local x")).len(), 2);
    }

    #[test]
    fn no_flag_of_the_list_is_unexpected() {
        for flag in FLAGS.iter().chain([&Flag("executor", One, CLUSTER)]) {
            for name in flag.0.split(' ') {
                let line = format!("--{name}{} -- x", if flag.1 == Nothing { "" } else { " slurm" });
                match flag.2 {
                    Needless(_) | Alone(_) => assert_eq!(args(&line).targets, ["x"], "{line}"),
                    Refused(hint) => {
                        let text = error(&line);
                        assert!(text.contains("is an option of Snakemake") && text.contains(hint), "{line}: {text}");
                    }
                }
            }
        }
    }
}
