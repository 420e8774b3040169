//! Pages that were asked for: `--why FILE` and `--list`.
//!
//! Owns their look. It does not know how the answers are found.

use super::diff::{Line, lines};
use super::dry::{short, unknown};
use super::text::{Paint, columns, date, duration, name, push_field, push_indented, push_spaces, tame, title};
use crate::event::{Listed, Planned, ReasonText, Summarised, Verdict, Why};
use std::time::Duration;

/// The answer to "why is this file made, or not". `now_ms` is the time in Unix
/// milliseconds.
pub fn why(why: &Why, now_ms: u64, paint: Paint) -> String {
    let mut out = String::new();
    let path = paint.strong(&name(&why.path));
    let Some(planned) = &why.planned else {
        out.push_str(&format!("{path} is a source: no rule makes it\n"));
        notes(&mut out, paint, why);
        return out;
    };
    out.push_str(&format!("{path} {}\n", verdict(planned, paint)));
    reasons(&mut out, paint, planned, 2);
    if let Verdict::Maybe { waits_for } = &planned.verdict {
        let names: Vec<String> = waits_for.iter().map(|w| name(w)).collect();
        push_field(&mut out, paint, 2, "waits for", &names.join("\n"));
    }
    if let Verdict::IfNeeded { by } = &planned.verdict {
        push_field(&mut out, paint, 2, "needed by", &format!("{}, if that runs", name(by)));
    }
    if let Some(beyond) = &planned.beyond {
        push_field(&mut out, paint, 2, "beyond", &unknown(beyond));
    }
    if let Some((at, took)) = why.last {
        let ago = duration(Duration::from_millis(now_ms.saturating_sub(at)).max(Duration::from_secs(1)));
        push_field(&mut out, paint, 2, "last made", &format!("{}, {ago} ago, in {}", date(at), duration(took)));
    }
    for path in &planned.replaces {
        push_field(&mut out, paint, 2, "replaces", &name(path));
    }
    notes(&mut out, paint, why);
    if !why.upstream.is_empty() {
        out.push_str("\nbecause of\n");
        for planned in &why.upstream {
            push_spaces(&mut out, 2);
            out.push_str(&format!("{}: {}\n", paint.strong(&title(&planned.job)), state(planned, paint)));
            reasons(&mut out, paint, planned, 4);
        }
    }
    out
}

fn verdict(planned: &Planned, paint: Paint) -> String {
    let job = title(&planned.job);
    match planned.verdict {
        Verdict::Run => format!("{}, by {job}", paint.good("will be made")),
        Verdict::Maybe { .. } => {
            format!("{}, by {job}: if what it waits for comes out changed", paint.unsure("may be made"))
        }
        Verdict::IfNeeded { .. } => {
            format!("{}, by {job}: if a job that reads it runs", paint.unsure("may be made"))
        }
        Verdict::Fresh => format!("{}, made by {job}", paint.good("is up to date")),
    }
}

fn state(planned: &Planned, paint: Paint) -> String {
    match planned.verdict {
        Verdict::Run => paint.good("will run"),
        Verdict::Maybe { .. } | Verdict::IfNeeded { .. } => paint.unsure("may run"),
        Verdict::Fresh => paint.good("is up to date"),
    }
}

fn notes(out: &mut String, paint: Paint, why: &Why) {
    for note in &why.notes {
        push_field(out, paint, 2, "note", &tame(note));
    }
}

fn reasons(out: &mut String, paint: Paint, planned: &Planned, indent: usize) {
    for reason in &planned.reasons {
        let mut text = name(&reason.text);
        text.push_str(&values(reason, paint));
        push_field(out, paint, indent, "reason", &text);
    }
}

/// Old and new value: beside the reason if both are short, else as a comparison
/// below it.
fn values(reason: &ReasonText, paint: Paint) -> String {
    match (&reason.old, &reason.new) {
        (Some(old), Some(new)) if short(old) && short(new) => {
            format!(": {} → {}", paint.removed(&name(old)), paint.added(&name(new)))
        }
        (None, None) => String::new(),
        (old, new) => {
            let text = |value: &Option<String>| value.as_deref().map(tame).unwrap_or_default();
            format!("\n{}", comparison(&text(old), &text(new), paint))
        }
    }
}

fn comparison(old: &str, new: &str, paint: Paint) -> String {
    let mut out = String::new();
    for line in lines(old, new) {
        match line {
            Line::Same(text) => out.push_str(&format!("  {text}")),
            Line::Old(text) => out.push_str(&paint.removed(&format!("- {text}"))),
            Line::New(text) => out.push_str(&paint.added(&format!("+ {text}"))),
        }
        out.push('\n');
    }
    out
}

/// The plan's files as a table of tab-separated columns with a heading, as
/// Snakemake prints it.
pub fn summary(files: &[Summarised], detailed: bool) -> String {
    let more = if detailed { "\tinput-file(s)\tshellcmd" } else { "" };
    let mut out = format!("output_file\tdate\trule\tlog-file(s)\tstatus\tplan{more}\n");
    for file in files {
        let date = file.made_ms.map_or_else(|| "-".into(), date);
        let status = match (file.exists, &file.stale) {
            (false, _) => "missing",
            (true, None) => "ok",
            (true, Some(reason)) => reason,
        };
        let plan = if file.stale.is_some() { "update pending" } else { "no update" };
        let logs = file.logs.join(",");
        let cells = [&file.path, &date, &file.rule, &logs, status, plan];
        out.push_str(&cells.map(cell).join("\t"));
        if detailed {
            let command = file.command.as_deref().unwrap_or("-");
            out.push_str(&format!("\t{}\t{}", cell(&file.inputs.join(",")), cell(command)));
        }
        out.push('\n');
    }
    out
}

/// Text that cannot break a table of tabs and lines.
fn cell(text: &str) -> String {
    text.trim().replace(['\t', '\n', '\r'], " ")
}

/// The rules: first those that can be named as targets, then the others with
/// what they make.
pub fn list(rules: &[Listed], paint: Paint) -> String {
    let mut out = String::new();
    let width = rules.iter().map(|r| columns(&label(r))).max().unwrap_or(0);
    for (heading, target) in [("targets", true), ("rules with wildcards", false)] {
        let mut group = rules.iter().filter(|r| r.target == target).peekable();
        if group.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}\n", paint.faint(heading)));
        for rule in group {
            entry(&mut out, paint, rule, width);
        }
    }
    out
}

fn label(rule: &Listed) -> String {
    let mut out = name(&rule.rule);
    if rule.default {
        out.push_str(" (default)");
    }
    out
}

fn entry(out: &mut String, paint: Paint, rule: &Listed, width: usize) {
    let label = label(rule);
    let makes = rule.outputs.iter().map(|o| name(o)).collect::<Vec<_>>().join(" ");
    let makes = Some(paint.faint(&makes)).filter(|_| !makes.is_empty());
    let mut texts = rule.doc.as_deref().map(name).into_iter().chain(makes);
    push_spaces(out, 2);
    out.push_str(&paint.strong(&label));
    if let Some(first) = texts.next() {
        push_spaces(out, width - columns(&label) + 2);
        out.push_str(&first);
    }
    out.push('\n');
    for text in texts {
        push_indented(out, width + 4, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Job;
    use std::sync::Arc;

    const PLAIN: Paint = Paint { on: false };

    fn planned(rule: &str, verdict: Verdict, reasons: Vec<ReasonText>) -> Planned {
        let job = Job { rule: rule.into(), wildcards: vec![("book".into(), "abyss".into())], ..Job::default() };
        Planned { job: Arc::new(job), verdict, reasons, replaces: Vec::new(), beyond: None }
    }

    fn reason(text: &str, old: Option<&str>, new: Option<&str>) -> ReasonText {
        ReasonText { code: "x", text: text.to_owned().into(), old: old.map(Into::into), new: new.map(Into::into) }
    }

    #[test]
    fn a_changed_command_is_compared_line_by_line() {
        let reasons = vec![
            reason("the command changed", Some("sort a |\nuniq > b"), Some("sort -u a |\nuniq > b")),
            reason("param `top` changed", Some("5"), Some("10")),
        ];
        let page = why(
            &Why {
                path: "counts/abyss.tsv".into(),
                planned: Some(planned("count", Verdict::Run, reasons)),
                upstream: Vec::new(),
                last: Some((1_709_251_200_000, Duration::from_millis(4200))),
                notes: vec!["2 attempts failed since".into()],
            },
            1_709_251_200_000 + 3_900_000,
            PLAIN,
        );
        assert_eq!(
            page,
            "counts/abyss.tsv will be made, by count book=abyss
  reason    the command changed
            - sort a |
            + sort -u a |
              uniq > b
  reason    param `top` changed: 5 → 10
  last made 2024-03-01 00:00:00 UTC, 1 h 5 min ago, in 4.2 s
  note      2 attempts failed since
"
        );
    }

    #[test]
    fn upstream_reasons_stand_below() {
        let upstream = vec![planned("fetch", Verdict::Run, vec![reason("input `x` changed", None, None)])];
        let waits_for = vec!["fetch book=abyss".to_string()];
        let page = why(
            &Why {
                path: "o".into(),
                planned: Some(planned("count", Verdict::Maybe { waits_for }, Vec::new())),
                upstream,
                last: None,
                notes: Vec::new(),
            },
            0,
            PLAIN,
        );
        assert_eq!(
            page,
            "o may be made, by count book=abyss: if what it waits for comes out changed
  waits for fetch book=abyss

because of
  fetch book=abyss: will run
    reason    input `x` changed
"
        );
    }

    #[test]
    fn a_source_and_a_fresh_file() {
        let file = |planned| Why { path: "a\nb".into(), planned, upstream: vec![], last: None, notes: vec![] };
        assert_eq!(why(&file(None), 0, PLAIN), "a\\nb is a source: no rule makes it\n");
        let fresh = planned("count", Verdict::Fresh, Vec::new());
        assert_eq!(why(&file(Some(fresh)), 0, PLAIN), "a\\nb is up to date, made by count book=abyss\n");
    }

    #[test]
    fn rules_are_listed_by_what_can_be_asked_for() {
        let rule = |rule: &str, doc: Option<&str>, outputs: &[&str], target, default| Listed {
            rule: rule.into(),
            doc: doc.map(Into::into),
            outputs: outputs.iter().map(|o| o.to_string()).collect(),
            target,
            default,
        };
        let rules = [
            rule("all", None, &[], true, true),
            rule("count", Some("How often each word occurs."), &["counts/{book}.tsv"], false, false),
            rule("zipf", None, &["results.tsv"], true, false),
        ];
        assert_eq!(
            list(&rules, PLAIN),
            "targets
  all (default)
  zipf           results.tsv

rules with wildcards
  count          How often each word occurs.
                 counts/{book}.tsv
"
        );
        assert_eq!(list(&[], PLAIN), "");
    }
}
