//! For people who come from Snakemake: letters that mean something else here.
//!
//! Owns when one is likely meant as Snakemake's. What is needless or not there
//! is in `strangers`.

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
}
