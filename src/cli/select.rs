//! Flags that ask for a part of the graph.
//!
//! Owns their names and how their values are read. Which jobs they mean is for
//! `run` to find out.

use super::args::{Args, Mode};
use super::parse::usage;
use crate::diag::Diag;
use crate::graph::{Batch, without_default};
use crate::rule::Rulefile;
use crate::run::Selection;

/// See the module.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Which part to make")]
pub struct Select {
    /// Stop at these rules or files
    ///
    /// They and what they need are made; nothing behind them. A rule without wildcards and
    /// a file are made though no target needs them.
    #[arg(short = 'U', long, value_name = "RULE|FILE", num_args = 1..)]
    pub until: Vec<String>,

    /// Leave these out, and all that needs them
    #[arg(short = 'O', long, value_name = "RULE|FILE", num_args = 1..)]
    pub omit_from: Vec<String>,

    /// Use these rules alone
    ///
    /// Files that other rules make must be there.
    #[arg(long, value_name = "RULE", num_args = 1..)]
    pub allowed_rules: Vec<String>,

    /// Make a part of what a rule reads: part I of N
    ///
    /// The rule's inputs, in the order of their names, are divided into N parts.
    /// The rule itself runs with the last one.
    #[arg(long, value_name = "RULE=I/N")]
    pub batch: Option<String>,

    /// Of several rules for a file take the first
    #[arg(short = 'a', long)]
    pub allow_ambiguity: bool,
}

impl Args {
    /// Why nothing is asked for, where no target is given and there is none by default.
    pub(super) fn untargeted(&self, targets: &[String], book: &Rulefile) -> Option<Diag> {
        let asked = !targets.is_empty() || matches!(self.mode(), Mode::List | Mode::Drain | Mode::Why(_));
        if asked { None } else { without_default(book) }
    }
}

impl Select {
    /// As the run reads it.
    ///
    /// # Errors
    /// If `--batch` is not `RULE=I/N` with I from 1 to N.
    pub fn selection(&self) -> Result<Selection, Diag> {
        Ok(Selection {
            until: self.until.clone(),
            omit_from: self.omit_from.clone(),
            allowed_rules: self.allowed_rules.clone(),
            batch: self.batch.as_deref().map(batch).transpose()?,
            allow_ambiguity: self.allow_ambiguity,
        })
    }
}

fn batch(word: &str) -> Result<(String, Batch), Diag> {
    let parsed = word.rsplit_once('=').and_then(|(rule, part)| {
        let (index, count) = part.split_once('/')?;
        Some((rule, Batch { index: index.parse().ok()?, count: count.parse().ok()? }))
    });
    match parsed {
        Some((rule, batch)) if !rule.is_empty() && (1..=batch.count).contains(&batch.index) => {
            Ok((rule.to_owned(), batch))
        }
        _ => Err(usage(format!("`--batch {word}`: a rule and a part, such as `all=1/3`, are wanted"))
            .hint("parts are counted from 1: `--batch all=1/3`, then `all=2/3` and `all=3/3`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_a_rule_and_a_part() {
        assert_eq!(batch("all=2/3").unwrap(), ("all".into(), Batch { index: 2, count: 3 }));
        for wrong in ["all", "all=0/3", "all=4/3", "=1/2", "all=1", "all=a/b", "all=1/0"] {
            assert!(batch(wrong).is_err(), "{wrong}");
        }
    }
}
