//! From words to flags, or to a page, or to an error in our words.
//!
//! Owns the call of clap and the translation of its errors. It does not know
//! what the flags mean.

use super::args::{Args, Short};
use super::profile::{self, Entry};
use super::snakemake::as_snakemakes;
use crate::diag::{Diag, Kind};
use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::PathBuf;

/// What a command line asks for.
#[derive(Debug)]
pub enum Parsed {
    /// Work.
    Args(Box<Args>),
    /// A page for stdout: the help or the version. Its `ansi()` has colours.
    Page(StyledStr),
}

/// Reads a command line; the first word is the program's name.
///
/// # Errors
/// On bad usage.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Parsed, Diag> {
    let words = as_snakemakes(words.into_iter().collect());
    let mut parsed = Args::command().try_get_matches_from(&words);
    let mut words = words;
    if let Ok(found) = &parsed {
        let entries = profiles(found)?;
        if !entries.is_empty() {
            words = with_entries(words, &entries);
            parsed = Args::command().try_get_matches_from(&words);
        }
    }
    match parsed.and_then(|found| Args::from_arg_matches(&found)) {
        Ok(mut args) => {
            args.short = short(&words);
            args.settle()?;
            Ok(Parsed::Args(Box::new(args)))
        }
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Parsed::Page(error.render()))
        }
        Err(error) => Err(explain(&error)),
    }
}

/// The options that profiles add: those that were not typed. The workflow's own
/// profile comes before the one that was named.
fn profiles(found: &ArgMatches) -> Result<Vec<Entry>, Diag> {
    let name = |id: &str| found.get_one::<String>(id).map(String::as_str);
    let file = |id: &str| found.get_one::<PathBuf>(id).map(PathBuf::as_path);
    let rulefile = file("snakefile").or_else(|| file("rulefile"));
    let mut all = match name("workflow_profile") {
        Some("none") => Vec::new(),
        Some(path) => profile::of_workflow(path, rulefile)?,
        None => profile::own(rulefile)?,
    };
    let own: Vec<String> = all.iter().map(|entry| entry.name.clone()).collect();
    let usual = std::env::var(profile::USUAL).ok().filter(|name| !name.is_empty());
    if let Some(path) = name("profile").or(usual.as_deref()).filter(|path| *path != "none") {
        let by_variable = name("profile").is_none();
        let note = |diag: Diag| match by_variable {
            true => diag.note(format!("the variable `{}` names it", profile::USUAL)),
            false => diag,
        };
        let entries = profile::named(path).map_err(note)?;
        all.extend(entries.into_iter().filter(|entry| !own.contains(&entry.name)));
    }
    all.iter().try_for_each(check_entry)?;
    let command = Args::command();
    let typed = |entry: &Entry| {
        let name = entry.name.as_str();
        let is_it = |arg: &&clap::Arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        };
        let id = command.get_arguments().find(is_it).map(|arg| arg.get_id().as_str());
        id.is_some_and(|id| found.value_source(id) == Some(ValueSource::CommandLine))
    };
    all.retain(|entry| !typed(entry));
    Ok(all)
}

/// Whether an option of a profile means something, all by itself: its errors
/// name the file, and none of its values may be left over as a target.
fn check_entry(entry: &Entry) -> Result<(), Diag> {
    let words = std::iter::once(OsString::from("rulemake")).chain(entry.words());
    let place = |diag: Diag| diag.note(format!("it is {}", entry.place));
    let found = Args::command().try_get_matches_from(words).and_then(|found| Args::from_arg_matches(&found));
    let mut args = match found {
        Ok(args) => args,
        Err(error) if error.kind() == ErrorKind::DisplayHelp || error.kind() == ErrorKind::DisplayVersion => {
            return Ok(());
        }
        Err(error) => return Err(place(explain(&error))),
    };
    args.settle().map_err(place)?;
    if let Some(left) = args.targets.first() {
        return Err(place(usage(format!("`--{}` takes no `{left}`", entry.name))));
    }
    let values = args.config().map(drop).and(args.resources().map(drop)).and(args.scatter().map(drop));
    values.map_err(place)
}

/// Puts the options of profiles behind the others, where they take no target
/// for their value.
fn with_entries(mut words: Vec<OsString>, entries: &[Entry]) -> Vec<OsString> {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(end..end, entries.iter().flat_map(Entry::words));
    words
}

/// Flags that can be spelled by a letter that Snakemake reads otherwise: they
/// were, unless their long name stands there.
fn short(words: &[OsString]) -> Short {
    let flags: Vec<&str> = words.iter().skip(1).filter_map(|w| w.to_str()).take_while(|w| *w != "--").collect();
    let long =
        |name: &str| flags.iter().any(|w| w.strip_prefix(name).is_some_and(|r| r.is_empty() || r.starts_with('=')));
    let letter = |w: &&str, letter| w.starts_with('-') && !w.starts_with("--") && w.contains(letter);
    let directory = !long("--directory");
    let upper = directory && flags.iter().any(|w| letter(w, 'C')) && !flags.iter().any(|w| letter(w, 'd'));
    Short { rulefile: !long("--rulefile"), directory, upper }
}

/// An error of usage.
pub(super) fn usage(message: impl Into<String>) -> Diag {
    Diag::error(Kind::Usage, message)
}

/// clap's error as ours: its first paragraph, its tips as hints.
fn explain(error: &clap::Error) -> Diag {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or("").trim();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let diag = usage(backticks(&message));
    let tips: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    if tips.is_empty() {
        return diag.hint("`rulemake --help` explains every option");
    }
    tips.into_iter().fold(diag, |diag, tip| diag.hint(backticks(tip)))
}

/// Quoted words in backticks.
fn backticks(text: &str) -> String {
    text.replace('\'', "`")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cli::args::{Color, Mode};
    use crate::diag::render_all;
    use crate::report::Quiet;
    use crate::span::Sources;
    use crate::value::Val;

    fn words(line: &str) -> Vec<OsString> {
        std::iter::once("rulemake").chain(line.split_whitespace()).map(OsString::from).collect()
    }

    pub fn args(line: &str) -> Args {
        match parse(words(line)) {
            Ok(Parsed::Args(args)) => *args,
            other => panic!("`{line}`: {other:?}"),
        }
    }

    pub fn error(line: &str) -> String {
        let diag = parse(words(line)).expect_err(line);
        assert_eq!(diag.kind.exit_code(), 2);
        render_all(&[diag], &Sources::default(), false)
    }

    #[test]
    fn snakemakes_spellings_are_known() {
        let a = args("-nkpF -c4 -d sub -s Snakefile --dryrun a b");
        assert!(a.dry_run && a.keep_going && a.print_commands && a.forceall);
        assert_eq!((a.cores(8, &|| 4).unwrap(), a.targets), (4, vec!["a".to_string(), "b".into()]));
        assert_eq!(a.directory.unwrap().to_str(), Some("sub"));
        assert_eq!(args("--jobs 3").cores(8, &|| 4).unwrap(), 3);
        assert_eq!(args("--cores").cores(8, &|| 4).unwrap(), 8);
        assert_eq!(args("-j physical").cores(8, &|| 4).unwrap(), 4);
        assert_eq!(args("-j2 -j3").cores(8, &|| 4).unwrap(), 3);
        assert_eq!(args("--nocolor").color(), Color::Never);
        assert_eq!(args("-R a b -t").forcerun, ["a", "b"]);
    }

    #[test]
    fn words_that_cannot_be_values_are_targets() {
        let targets = |line| args(line).targets;
        assert_eq!(targets("--config a=1 b=2 plots.svg"), ["plots.svg"]);
        assert_eq!(targets("--resources mem_mb=100 plots.svg"), ["plots.svg"]);
        assert_eq!(targets("-j plots.svg"), ["plots.svg"]);
        assert_eq!(targets("-q plots.svg"), ["plots.svg"]);
        assert_eq!(targets("--configfile a.yaml b.yml plots.svg c.yaml"), ["plots.svg", "c.yaml"]);
        assert_eq!(targets("--config a=1 -- b=2"), ["b=2"]);
        assert_eq!(args("-j plots.svg").cores(8, &|| 4).unwrap(), 8);
        assert_eq!(args("--configfile a b.yml x").config_files, ["a", "b.yml"]);
    }

    #[test]
    fn config_values_are_yaml() {
        let config = args("--config top=5 name=x").config().unwrap();
        assert_eq!(config, [("top".to_string(), Val::Int(5)), ("name".into(), Val::str("x"))]);
        assert!(args("--config =5").config().is_err());
    }

    #[test]
    fn resources_are_numbers() {
        let resources = |line| args(line).resources();
        let bounds = resources("--res gpu=2 mem_mb=1 --resources mem=8GB runtime=2h").unwrap();
        assert_eq!(bounds, [("gpu".into(), 2), ("mem_mb".into(), 8000), ("runtime".into(), 120)]);
        for wrong in
            ["--resources gpu=-1", "--resources gpu=x", "--resources mem=much", "--resources gpu=", "--resources =1"]
        {
            assert!(resources(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quiet_has_degrees() {
        let quiet = |line| args(line).quiet();
        assert_eq!(quiet("-n"), Quiet::default());
        assert_eq!(quiet("-q"), Quiet { jobs: true, progress: true, ..Quiet::default() });
        assert_eq!(quiet("-q rules reason"), Quiet { jobs: true, reasons: true, ..Quiet::default() });
        assert_eq!(quiet("--quiet all x"), Quiet { all: true, ..Quiet::default() });
    }

    #[test]
    fn modes() {
        assert_eq!(args("x").mode(), Mode::Run);
        assert_eq!(args("--why x").mode(), Mode::Why("x"));
        assert_eq!(args("-nt").mode(), Mode::DryRun);
        assert_eq!(args("-l").mode(), Mode::List);
        assert_eq!(args("--unlock").mode(), Mode::Nothing);
        assert_eq!(args("--cleanup-shadow").mode(), Mode::Nothing);
        assert_eq!(args("--nolock").mode(), Mode::Run);
    }

    #[test]
    fn errors_are_ours() {
        assert_eq!(
            error("--kep-going"),
            "error: unexpected argument `--kep-going` found
 |
 = help: a similar argument exists: `--keep-going`
"
        );
        let text = error("--debug x");
        assert!(
            text.contains("is an option of Snakemake") && text.contains("help: run the script by itself"),
            "{text}"
        );
        assert!(args("-j -1").cores(8, &|| 4).unwrap_err().message.contains("is no number of cores"));
        let text = error("--resources gpu");
        assert!(
            text.contains("`--resources gpu`: there is no value") && text.contains("`--resources gpu=4`"),
            "{text}"
        );
        assert_eq!(args("--jobs unlimited").cores(8, &|| 4).unwrap(), 8);
        let text = error("--why a --list");
        assert!(text.contains("cannot be used with") && text.contains("`rulemake --help`"), "{text}");
        let text = error("--latency-wait soon");
        assert!(text.contains("`soon`") && text.contains("seconds"), "{text}");
    }

    #[test]
    fn help_and_version_are_pages() {
        let page = |line| match parse(words(line)) {
            Ok(Parsed::Page(page)) => page.to_string(),
            other => panic!("`{line}`: {other:?}"),
        };
        assert_eq!(page("-V"), format!("rulemake {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(page("-v"), page("--version"));
        assert!(page("-h").lines().count() < page("--help").lines().count());
    }

    #[test]
    fn the_published_help_is_the_help() {
        let render = |long: bool| {
            let mut command = Args::command().term_width(88);
            let help = if long { command.render_long_help() } else { command.render_help() };
            help.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
        };
        let page = format!(
            "# Command line\n\nWritten by a test from the program's own help; `rulemake -h` shows a line for each option:\n\n\
             ```text\n{}\n```\n\n`rulemake --help` shows the whole:\n\n```text\n{}\n```\n",
            render(false),
            render(true)
        );
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/command-line.md");
        if std::env::var_os("RULEMAKE_BLESS").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(published == page, "docs/command-line.md is not the help: run the tests with RULEMAKE_BLESS=1");
    }

    #[test]
    fn every_option_is_one_line_of_the_short_help() {
        let help = Args::command().term_width(88).render_help().to_string();
        let wrapped: Vec<&str> = help.lines().filter(|line| line.starts_with("          ")).collect();
        assert!(wrapped.is_empty(), "{wrapped:#?}");
    }
}
