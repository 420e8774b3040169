//! For people who come from Snakemake: flags that mean something else here,
//! that are needless, or that are not there.
//!
//! Owns these three lists. It does not read the command line itself.

use super::args::Args;
use super::parse::usage;
use crate::diag::Diag;
use std::path::Path;

/// Refuses `-f` and `-C` where they are likely meant as Snakemake's `--force`
/// and `--config`. `is_snakefile`: a Snakefile is read, or would be without `-f`.
///
/// # Errors
/// With the translation.
pub fn translate(args: &Args, is_snakefile: bool) -> Result<(), Diag> {
    if !is_snakefile {
        return Ok(());
    }
    if let Some(path) = args.rulefile.as_deref().filter(|p| args.short.rulefile && !is_rulefile_name(p)) {
        let path = path.display();
        return Err(usage("`-f` names the Rulefile here; in Snakemake it is `--force`")
            .hint(format!("to make `{path}` again: `rulemake --force {path}`"))
            .hint(format!("to read `{path}` as the Rulefile: `rulemake --rulefile {path}`")));
    }
    let pair = |path: &&Path| args.short.directory && path.to_string_lossy().contains('=');
    if let Some(pair) = args.directory.as_deref().filter(pair) {
        let pair = pair.display();
        return Err(usage("`-C` names the directory to work in here; in Snakemake it is `--config`")
            .hint(format!("to set a value of `config`: `rulemake --config {pair}`"))
            .hint(format!("to work in the directory `{pair}`: `rulemake --directory {pair}`")));
    }
    Ok(())
}

/// Whether a file's name says that it holds rules.
fn is_rulefile_name(path: &Path) -> bool {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|p| p.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_word = |word: &str| matches!(word, "rulefile" | "snakefile" | "smk" | "rules" | "snake");
    is_word(&part(path.file_stem())) || is_word(&part(path.extension()))
}

/// A line for each flag given that does nothing, with why it need not.
pub fn needless(args: &Args) -> Vec<String> {
    let given = &args.snakemake;
    [
        (given.rerun_incomplete, "--rerun-incomplete", "a job that was interrupted is stale and is made again"),
        (given.ignore_incomplete, "--ignore-incomplete", "no incomplete file is left in place"),
        (given.unlock, "--unlock", "a lock ends with its process; there is nothing to unlock"),
        (given.nolock, "--nolock", "a lock ends with its process, so it is never in the way"),
        (given.scheduler.is_some(), "--scheduler", "there is one scheduler, and it is quick"),
        (!given.rerun_triggers.is_empty(), "--rerun-triggers", "content decides; `--why FILE` names what changed"),
        (given.reason, "--reason", "a dry run always shows reasons"),
        (
            !given.wait_for_files.is_empty(),
            "--wait-for-files",
            "an input that is not there is told before anything runs",
        ),
        (given.local_cores.is_some(), "--local-cores", "all jobs run on this machine: `--cores` says with how many"),
        (given.jobname.is_some(), "--jobname", "it names jobs of a cluster; all jobs run on this machine"),
        (
            !given.unneeded_temp_files.is_empty(),
            "--unneeded-temp-files",
            "nothing is uploaded, and `temp()` files go when nobody reads them",
        ),
        (given.keep_storage_local_copies, "--keep-storage-local-copies", "files are not fetched from anywhere"),
        (given.not_retrieve_storage, "--not-retrieve-storage", "files are not fetched from anywhere"),
        (given.show_failed_logs, "--show-failed-logs", "what a failed job printed is always shown"),
    ]
    .into_iter()
    .filter(|(given, ..)| *given)
    .map(|(_, flag, why)| format!("`{flag}` is needless: {why}"))
    .collect()
}

/// What to do instead of a flag that only Snakemake has.
pub(super) fn refused(flag: &str) -> Option<&'static str> {
    let name = flag.split('=').next().unwrap_or(flag);
    let hint = match name {
        "--d3dag" => "`--dag json` gives nodes and edges",
        "--verbose" => "`-p` shows commands, `--why FILE` reasons",
        "-e" | "--executor" | "--cluster" | "--slurm" => "jobs run on this machine: leave it out",
        "--use-conda" | "--sdm" | "--software-deployment-method" | "--use-singularity" | "--use-apptainer" => {
            "activate the environment before rulemake is started, or within `shell:`"
        }
        "--cleanup-metadata" | "--drop-metadata" => {
            "`--force TARGET` makes a file again, `--touch TARGET` takes it as made"
        }
        "--consider-ancient" => "mark the input in the rule: `ancient(\"FILE\")`",
        "--lint" => "a Rulefile's mistakes are reported whenever it is read: `rulemake -n`",
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::super::parse::tests::args;
    use super::*;

    #[test]
    fn letters_of_snakemake_are_translated() {
        let diag = translate(&args("-f results.tsv"), true).unwrap_err();
        assert_eq!(diag.hints[0], "to make `results.tsv` again: `rulemake --force results.tsv`");
        let diag = translate(&args("-C top=5"), true).unwrap_err();
        assert_eq!(diag.hints[0], "to set a value of `config`: `rulemake --config top=5`");
    }

    #[test]
    fn what_is_clear_is_left_alone() {
        let clear = ["-f Snakefile", "-f workflow/Snakefile.new", "-f a.smk", "--rulefile results.tsv", "-C sub", "x"];
        for line in clear {
            assert_eq!(translate(&args(line), true), Ok(()), "{line}");
        }
        assert_eq!(translate(&args("-f results.tsv"), false), Ok(()));
        assert_eq!(translate(&args("--directory a=b"), true), Ok(()));
    }

    #[test]
    fn needless_flags_say_why() {
        let lines = needless(&args("--ri --scheduler greedy --rerun-triggers mtime code -- x"));
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("`--rerun-incomplete` is needless: "));
        assert!(needless(&args("x")).is_empty());
    }
}
