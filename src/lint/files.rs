//! Lints of the files that a command reads and writes.

use super::command::Command;
use super::words::{Role, Word};
use super::{Facts, Finding};
use crate::rule::{Flags, InputWhat, Output};
use crate::template::Root;

/// A file of the project in the command that is no input: its change makes nothing stale.
pub(super) fn undeclared_file(facts: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    if !command.script.calls("cd").is_empty() {
        return Vec::new();
    }
    let silent = |w: &Word| matches!(command.script.name(w.command), "echo" | "printf" | "rm" | "mkdir" | "touch");
    let reads = |w: &&Word| w.plain && matches!(w.role, Role::Command | Role::Argument | Role::Read) && !silent(w);
    let mut found = Vec::new();
    for word in command.script.words.iter().filter(reads) {
        let path = word.text.rsplit('=').next().unwrap_or("");
        let known = || command.is_input(facts, path) || command.is_made(path);
        let is_path = !path.is_empty() && !path.starts_with(['/', '-']) && !path.contains(char::is_whitespace);
        let named = path.contains('/') || word.role != Role::Command;
        if is_path && named && (facts.is_file)(path) && !known() {
            let message =
                format!("the command reads `{path}`, which is no input: when it changes, nothing is made again");
            found.push(Finding::new("undeclared-file", command.span(word.range.clone()), message).hint(format!(
                "name it under `input:`, such as `script = \"{path}\"`, and write `{{input.script}}` here"
            )));
        }
    }
    found
}

/// A file that the command writes and that is no output.
pub(super) fn undeclared_output(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    if command.rule.has_wildcards() || command.rule.outputs.items.is_empty() {
        return Vec::new();
    }
    let once = |w: &&Word| command.script.words.iter().filter(|o| o.text == w.text).count() == 1;
    let astray = written(command).filter(once);
    let finding = |word: &Word| {
        let message = format!("the command writes `{}`, which is no output: nothing knows of it", word.text);
        Finding::new("undeclared-output", command.span(word.range.clone()), message).hint(format!(
            "name it under `output:` or `log:`, or write it to `$(mktemp)`, or remove it in the command: `rm {}`",
            word.text
        ))
    };
    astray.map(finding).collect()
}

/// A file of one name that all jobs of a rule with wildcards write, at the same time.
pub(super) fn shared_scratch(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    if !command.rule.has_wildcards() {
        return Vec::new();
    }
    let finding = |word: &Word| {
        let message = format!("every job of this rule writes `{}`, and they may run at the same time", word.text);
        Finding::new("shared-scratch", command.span(word.range.clone()), message)
            .hint("make a file of its own for each job: `t=$(mktemp)`, or name it after the output: `{output}.tmp`")
    };
    written(command).map(finding).collect()
}

/// Words behind `>` and of `tee` that are fixed paths, neither declared nor of the system.
fn written<'c>(command: &'c Command<'_>) -> impl Iterator<Item = &'c Word> {
    let moved = !command.script.calls("cd").is_empty();
    let is_tee = |w: &Word| w.role == Role::Argument && command.script.name(w.command) == "tee";
    let writes = move |w: &Word| w.role == Role::Write || is_tee(w);
    let fixed = |w: &Word| w.plain && !w.text.starts_with("/dev/") && !w.text.starts_with('-') && !w.text.is_empty();
    command.script.words.iter().filter(move |w| !moved && writes(w) && fixed(w) && !command.is_made(&w.text))
}

/// No output is mentioned in the command, in whatever form.
pub(super) fn output_unmentioned(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let rule = command.rule;
    let made: Vec<&Output> = rule.outputs.items.iter().filter(|o| !o.flags.contains(Flags::TOUCH)).collect();
    let built = |root: &Root| !matches!(root, Root::Input | Root::Threads | Root::Log | Root::Rule);
    let derived = |o: &Output| {
        let stem = stem(o.pattern.text());
        let from = |path: &str| o.pattern.text().starts_with(path) || self::stem(path) == stem;
        rule.inputs.items.iter().any(|i| match &i.what {
            InputWhat::Path(path) => from(path),
            InputWhat::Pattern(pattern) => from(pattern.text()),
            InputWhat::Function { .. } => true,
        })
    };
    let mentioned = |o: &&Output| command.says(stem(o.pattern.text())) || derived(o);
    let goes_elsewhere = !command.script.calls("cd").is_empty();
    if made.is_empty() || goes_elsewhere || command.holes.iter().any(|h| built(&h.root)) || made.iter().any(mentioned) {
        return Vec::new();
    }
    let text = made[0].pattern.text();
    let message = format!("the command does not mention its output `{text}`: nothing seems to write it");
    vec![
        Finding::new("output-unmentioned", rule.places.output.whole(text), message)
            .hint("write it there: `> {output}`; of an output that only marks an end, say `touch(…)`"),
    ]
}

/// The last part of a path, up to its first dot.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').find(|s| !s.is_empty()).unwrap_or(name)
}

/// A log that the command never writes.
pub(super) fn log_unwritten(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let rule = command.rule;
    let literal = rule.logs.items.iter().any(|l| command.says(stem(l.pattern.text())));
    let Some(log) = rule.logs.items.first() else { return Vec::new() };
    let by_param =
        command.has(&Root::Params) && rule.params.iter().any(|p| matches!(p.value, crate::value::Val::Func(_)));
    if literal || by_param || command.has(&Root::Log) {
        return Vec::new();
    }
    let text = log.pattern.text();
    let message = format!("the log `{text}` is declared, and the command writes nothing to it");
    vec![
        Finding::new("log-unwritten", rule.places.log.whole(text), message)
            .hint("send messages there: `2> {log}`; or leave `log:` out, what a job prints is kept anyway"),
    ]
}

/// The command writes to its own input.
pub(super) fn input_changed(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let in_place = |c: usize| {
        let flag = |w: &Word| match command.script.name(c) {
            "sed" => w.text.starts_with("-i") || w.text.starts_with("--in-place"),
            "perl" => w.text.starts_with("-pi") || w.text.starts_with("-i"),
            _ => false,
        };
        matches!(command.script.name(c), "rm" | "truncate" | "gzip" | "gunzip" | "bzip2" | "xz")
            && !command.script.of(c).any(|w| keeps(&w.text))
            || command.script.of(c).any(flag)
    };
    let moved = |w: &Word| {
        let first = command.script.of(w.command).find(|o| o.role == Role::Argument && !o.text.starts_with('-'));
        command.script.name(w.command) == "mv" && first.is_some_and(|f| f.range == w.range)
    };
    let whole = |w: &&Word| matches!(w.holes[..], [_]) && w.text.starts_with("{input") && w.text.ends_with('}');
    let changes = |w: &&Word| match w.role {
        Role::Write | Role::Append => true,
        Role::Argument => in_place(w.command) || moved(w),
        _ => false,
    };
    let finding = |w: &Word| {
        let message = format!("the command changes or removes its own input `{}`", w.text);
        Finding::new("input-changed", command.span(w.range.clone()), message)
            .hint("write a new file instead: `sed … {input} > {output}`; for a file that is passed on, say `temp(…)`")
    };
    command.arguments().filter(whole).filter(changes).map(finding).collect()
}

/// Flags by which a packer leaves its file alone.
fn keeps(flag: &str) -> bool {
    let short = flag.starts_with('-') && !flag.starts_with("--") && flag.contains(['c', 'k', 't', 'l']);
    short || matches!(flag, "--stdout" | "--keep" | "--to-stdout" | "--test" | "--list")
}
