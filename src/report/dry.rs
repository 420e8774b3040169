//! The page of a dry run: every job that would run with its reason, then a
//! table of counts.
//!
//! Owns that page's look. It does not know why a job runs. A plan may hold
//! hundreds of thousands of jobs, so a job is plain appends to one string.

use super::text::{LABEL, Paint, columns, jobs, name, push_name, push_spaces, push_title, tame};
use crate::event::{Beyond, Planned, ReasonText, Totals, Verdict};

/// How many names of a long list are shown.
const NAMES: usize = 4;
/// Width of the column of verdicts.
const VERDICT: usize = 7;
/// What divides the words of a value.
const WHITE: [char; 2] = [' ', '\n'];
/// The longest value that is shown beside a reason.
const SHORT: usize = 60;

/// Writes the page.
pub struct Dry {
    paint: Paint,
    /// Whether commands are shown.
    commands: bool,
    /// Whether reasons are shown.
    reasons: bool,
    run: String,
    maybe: String,
    output: String,
    reason: String,
    waits: String,
    needed: String,
    beyond: String,
    replaces: String,
    command: String,
}

impl Dry {
    /// A page, with commands and reasons or without.
    pub fn new(paint: Paint, commands: bool, reasons: bool) -> Dry {
        let label = |text: &str| {
            let mut out = " ".repeat(VERDICT);
            out.push_str(&paint.faint(text));
            push_spaces(&mut out, LABEL - text.len());
            out
        };
        Dry {
            paint,
            commands,
            reasons,
            run: format!("{}    ", paint.good("run")),
            maybe: format!("{}  ", paint.unsure("maybe")),
            output: label("output"),
            reason: label("reason"),
            waits: label("waits for"),
            needed: label("needed by"),
            beyond: label("beyond"),
            replaces: label("replaces"),
            command: label("command"),
        }
    }

    /// Appends a job; one that is fresh adds nothing.
    pub fn job(&self, out: &mut String, planned: &Planned) {
        let job = &*planned.job;
        out.push_str(match planned.verdict {
            Verdict::Run => &self.run,
            Verdict::Maybe { .. } | Verdict::IfNeeded { .. } => &self.maybe,
            Verdict::Fresh => return,
        });
        push_title(out, job);
        out.push('\n');
        push_names(out, &self.output, &job.outputs, NAMES);
        if self.reasons {
            self.why(out, planned);
        }
        push_names(out, &self.replaces, &planned.replaces, usize::MAX);
        if let Some(command) = job.command.as_ref().filter(|_| self.commands) {
            push_block(out, &self.command, &tame(command));
        }
    }

    fn why(&self, out: &mut String, planned: &Planned) {
        for (i, reason) in planned.reasons.iter().enumerate() {
            push_label(out, &self.reason, i);
            push_reason(out, reason);
            out.push('\n');
        }
        if let Verdict::Maybe { waits_for } = &planned.verdict {
            push_names(out, &self.waits, waits_for, NAMES);
        }
        if let Verdict::IfNeeded { by } = &planned.verdict {
            push_label(out, &self.needed, 0);
            push_name(out, by);
            out.push_str(", if that runs\n");
        }
        if let Some(beyond) = &planned.beyond {
            push_label(out, &self.beyond, 0);
            out.push_str(&unknown(beyond));
            out.push('\n');
        }
    }

    /// Appends the table of counts by rule and the line that sums it up.
    pub fn totals(&self, out: &mut String, totals: &Totals) {
        if totals.run() + totals.maybe() > 0 {
            self.table(out, totals);
        }
        out.push_str(&self.paint.strong(&sentence(totals)));
        out.push('\n');
    }

    fn table(&self, out: &mut String, totals: &Totals) {
        let names: Vec<String> = totals.rules.iter().map(|r| name(&r.rule)).collect();
        let width = names.iter().map(|n| columns(n)).max().unwrap_or(0).max("total".len());
        let (run, maybe) = (totals.run(), totals.maybe());
        let row = |label: &str, run: &str, maybe: &str| {
            let pad = " ".repeat(width - columns(label));
            format!("{label}{pad}  {run:>6}  {maybe:>6}\n")
        };
        out.push_str(&self.paint.faint(row("rule", "run", "maybe").trim_end()));
        out.push('\n');
        for (name, rule) in names.iter().zip(&totals.rules) {
            out.push_str(&row(name, &figure(rule.run), &figure(rule.maybe)));
        }
        out.push_str(&self.paint.strong(row("total", &figure(run), &figure(maybe)).trim_end()));
        out.push_str("\n\n");
    }
}

/// What is not known of a job before a checkpoint is done, in one line.
pub fn unknown(beyond: &Beyond) -> String {
    let checkpoint = name(&beyond.checkpoint);
    match beyond.as_before {
        true => format!("checkpoint {checkpoint}: planned on what it made before"),
        false => format!("checkpoint {checkpoint}: its inputs are unknown before that is done"),
    }
}

/// A number of the table; a point for none, so that the others stand out.
fn figure(count: usize) -> String {
    if count == 0 { "·".into() } else { count.to_string() }
}

/// The plan in one line.
pub fn sentence(totals: &Totals) -> String {
    let (run, maybe) = (totals.run(), totals.maybe());
    let mut out = match (run, maybe) {
        (0, 0) if totals.jobs == 0 => return "nothing to do".into(),
        (0, 0) => return format!("nothing to do: {} up to date", jobs(totals.jobs)),
        (run, 0) if !totals.behind.is_empty() => format!("at least {} to run", jobs(run)),
        (run, maybe) if !totals.behind.is_empty() => format!("at least {} to run, {maybe} may run", jobs(run)),
        (run, 0) => format!("{} to run", jobs(run)),
        (run, maybe) => format!("at least {run}, at most {} to run", jobs(run + maybe)),
    };
    if !totals.behind.is_empty() {
        out.push_str(&format!(", perhaps more behind {}", checkpoints(&totals.behind)));
    }
    if totals.fresh > 0 {
        out.push_str(&format!(", {} up to date", totals.fresh));
    }
    out
}

fn checkpoints(names: &[String]) -> String {
    let what = if names.len() == 1 { "checkpoint" } else { "checkpoints" };
    let names: Vec<String> = names.iter().map(|n| name(n)).collect();
    format!("{what} {}", names.join(", "))
}

/// Appends a reason on one line, with its values if they are short.
pub fn push_reason(out: &mut String, reason: &ReasonText) {
    push_name(out, &reason.text);
    if let (Some(old), Some(new)) = (&reason.old, &reason.new)
        && let Some((old, new)) = beside(old, new)
    {
        out.push_str(": ");
        push_name(out, &old);
        out.push_str(" → ");
        push_name(out, &new);
    }
}

/// Two values as they can stand beside a reason: whole, or the words in which
/// they differ; none if that is too much.
fn beside(old: &str, new: &str) -> Option<(String, String)> {
    if short(old) && short(new) {
        return Some((old.to_owned(), new.to_owned()));
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive(WHITE).collect(), new.split_inclusive(WHITE).collect());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - front;
    let back = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a.trim_end() == b.trim_end()).count();
    let part = |words: &[&str]| {
        let (from, to) = (front.saturating_sub(1), (words.len() - back + 1).min(words.len()));
        let dots = |cut: bool| if cut { "…" } else { "" };
        let middle = words[from..to].concat();
        format!("{}{}{}", dots(from > 0), middle.trim_end(), dots(to < words.len()))
    };
    let (old, new) = (part(&a), part(&b));
    (short(&old) && short(&new) && old != new).then_some((old, new))
}

/// Whether a value can stand beside its reason.
pub fn short(value: &str) -> bool {
    value.len() <= SHORT && !value.contains('\n')
}

/// Appends the label before the first of several lines, blanks before the rest.
fn push_label(out: &mut String, label: &str, line: usize) {
    if line == 0 {
        out.push_str(label);
    } else {
        push_spaces(out, VERDICT + LABEL);
    }
}

/// Appends names, a line each: all of them if one more than `most` at the worst.
fn push_names(out: &mut String, label: &str, names: &[String], most: usize) {
    let shown = if names.len() <= most { names.len() } else { most - 1 };
    for (i, name) in names[..shown].iter().enumerate() {
        push_label(out, label, i);
        push_name(out, name);
        out.push('\n');
    }
    if shown < names.len() {
        push_spaces(out, VERDICT + LABEL);
        out.push_str(&format!("and {} more\n", names.len() - shown));
    }
}

fn push_block(out: &mut String, label: &str, text: &str) {
    for (i, line) in text.lines().enumerate() {
        push_label(out, label, i);
        out.push_str(line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Job, RuleCount};
    use std::sync::Arc;

    fn planned(verdict: Verdict, reason: Option<(&str, &str, &str)>) -> Planned {
        let job = Job {
            rule: "count".into(),
            wildcards: vec![("book".into(), "abyss".into())],
            outputs: vec!["counts/abyss.tsv".into()],
            command: Some("sort x |\n  uniq -c > counts/abyss.tsv\n".into()),
            ..Job::default()
        };
        let reasons = reason.map(|(text, old, new)| ReasonText {
            code: "x",
            text: text.to_owned().into(),
            old: Some(old.into()),
            new: Some(new.into()),
        });
        Planned {
            job: Arc::new(job),
            verdict,
            reasons: reasons.into_iter().collect(),
            replaces: Vec::new(),
            beyond: None,
        }
    }

    fn page(dry: &Dry, planned: &Planned) -> String {
        let mut out = String::new();
        dry.job(&mut out, planned);
        out
    }

    fn count(rule: &str, run: usize, maybe: usize) -> RuleCount {
        RuleCount { rule: rule.into(), run, maybe }
    }

    #[test]
    fn a_job_shows_its_outputs_reason_and_command() {
        let dry = Dry::new(Paint { on: false }, true, true);
        let mut job = planned(Verdict::Run, Some(("param `top` changed", "5", "10")));
        job.replaces = vec!["counts/abyss.tsv".into()];
        assert_eq!(
            page(&dry, &job),
            "run    count book=abyss
       output    counts/abyss.tsv
       reason    param `top` changed: 5 → 10
       replaces  counts/abyss.tsv
       command   sort x |
                   uniq -c > counts/abyss.tsv
"
        );
    }

    #[test]
    fn long_lists_and_long_values_are_cut() {
        let dry = Dry::new(Paint { on: false }, false, true);
        let waits_for = (1..=6).map(|i| format!("fetch part={i}")).collect();
        let job = planned(Verdict::Maybe { waits_for }, Some(("its command changed", "a\nb", "c")));
        assert_eq!(
            page(&dry, &job),
            "maybe  count book=abyss
       output    counts/abyss.tsv
       reason    its command changed
       waits for fetch part=1
                 fetch part=2
                 fetch part=3
                 and 3 more
"
        );
        assert_eq!(page(&dry, &planned(Verdict::Fresh, None)), "");
    }

    #[test]
    fn the_table_says_at_least_and_at_most() {
        let dry = Dry::new(Paint { on: false }, false, true);
        let rules = vec![count("count", 3, 0), count("zipf_of_all", 0, 12)];
        let mut out = String::new();
        dry.totals(&mut out, &Totals { rules, fresh: 8, jobs: 23, behind: Vec::new() });
        assert_eq!(
            out,
            "rule            run   maybe
count             3       ·
zipf_of_all       ·      12
total             3      12

at least 3, at most 15 jobs to run, 8 up to date
"
        );
    }

    #[test]
    fn plans_in_one_line() {
        let line = |rules, fresh, jobs| sentence(&Totals { rules, fresh, jobs, behind: Vec::new() });
        assert_eq!(line(vec![], 0, 0), "nothing to do");
        assert_eq!(line(vec![], 12, 12), "nothing to do: 12 jobs up to date");
        assert_eq!(line(vec![count("a", 1, 0)], 0, 1), "1 job to run");
        let behind = |rules| sentence(&Totals { rules, fresh: 2, jobs: 5, behind: vec!["split".into()] });
        let want = "at least 1 job to run, 2 may run, perhaps more behind checkpoint split, 2 up to date";
        assert_eq!(behind(vec![count("a", 1, 2)]), want);
        let want = "at least 3 jobs to run, perhaps more behind checkpoint split, 2 up to date";
        assert_eq!(behind(vec![count("a", 3, 0)]), want);
    }
}
