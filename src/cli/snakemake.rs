//! For people who come from Snakemake: letters that mean something else here.
//!
//! Owns when one is likely meant as Snakemake's. What is needless or not there
//! is in `strangers`.

use super::args::Args;
use super::parse::usage;
use crate::diag::Diag;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Letters that take no value, so that another may stand behind them in one word.
const SWITCHES: &str = "nkpFtlrSD";

/// Reads `-f` as Snakemake's `--force`, and `-C KEY=VALUE` as its `--config`, where
/// `-s` names the Snakefile: there they can mean nothing else.
pub(super) fn as_snakemakes(words: Vec<OsString>) -> Vec<OsString> {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let names_snakefile = |word: &OsString| {
        let word = word.to_string_lossy();
        word.starts_with("--snakefile") || behind(&word, 's').is_some()
    };
    if !words[..end].iter().any(names_snakefile) {
        return words;
    }
    let mut read = Vec::with_capacity(words.len() + 1);
    for (at, word) in words.iter().enumerate() {
        let text = word.to_string_lossy();
        let next = words.get(at + 1).filter(|_| at + 1 < end);
        if at >= end {
            read.push(word.clone());
        } else if text == "-C" && next.is_some_and(|pair| is_pair(pair)) {
            read.push("--config".into());
        } else if let Some((before, after)) = behind(&text, 'f') {
            read.push("--force".into());
            let rest = format!("-{before}{after}");
            read.extend((rest.len() > 1).then(|| rest.into()));
        } else {
            read.push(word.clone());
        }
    }
    read
}

/// What stands before and behind a letter in a word of several switches.
fn behind(word: &str, letter: char) -> Option<(&str, &str)> {
    let letters = word.strip_prefix('-')?;
    let (before, after) = letters.split_once(letter)?;
    before.chars().all(|c| SWITCHES.contains(c)).then_some((before, after))
}

fn is_pair(word: &OsStr) -> bool {
    word.to_string_lossy().contains('=')
}

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
    fn beside_a_named_snakefile_letters_are_snakemakes() {
        let a = args("-s Snakefile -f a.txt -C top=5 low=1 -j2");
        assert!(a.force && a.rulefile.is_none() && a.directory.is_none());
        assert_eq!((a.targets, a.config), (vec!["a.txt".to_string()], vec!["top=5".into(), "low=1".into()]));
        let a = args("-nfp -sSnakefile");
        assert!(a.force && a.dry_run && a.print_commands);
        assert!(args("-fn -s Snakefile").force);
        assert_eq!(args("-s S -C sub -- -f").targets, ["-f"]);
        assert!(!args("-s S -c4 -C sub").force);
        assert_eq!(args("-f R").rulefile.as_deref(), Some(Path::new("R")));
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
}
