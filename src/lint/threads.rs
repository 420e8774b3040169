//! Lints of `threads:` and what commands do with it.

use super::command::Command;
use super::words::{Op, Role, Word};
use super::{Facts, Finding};
use crate::template::Root;
use crate::value::Val;

/// Flags of tools that take a number of threads.
const FLAGS: [&str; 6] = ["--threads", "--cores", "--cpus", "--num-threads", "--nthreads", "-@"];

/// More threads are taken than the command can use.
pub(super) fn unused(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let rule = command.rule;
    let Val::Int(threads) = rule.threads.value else { return Vec::new() };
    let side_by_side = command.script.ends.iter().filter(|(_, op)| matches!(op, Op::Pipe | Op::Background)).count() + 1;
    let elsewhere = rule.params.iter().any(|p| matches!(p.value, Val::Func(_))) || command.says("OMP_NUM_THREADS");
    let by_flag = command.script.words.iter().any(|w| flagged(command, w).is_some());
    if threads <= side_by_side as i64 || threads <= 1 || elsewhere || by_flag || command.has(&Root::Threads) {
        return Vec::new();
    }
    let message = format!("the rule takes {threads} threads, and its command does not use `{{threads}}`");
    vec![
        Finding::new("threads-unused", rule.threads.span, message).hint(
            "pass it on, such as `--threads {threads}`, or leave `threads:` out, so that more jobs run at a time",
        ),
    ]
}

/// A number of threads in the command itself.
pub(super) fn hard_coded(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let finding = |word: &Word| {
        let (at, number) = flagged(command, word)?;
        let message = format!("the command takes {number} threads, whatever `threads:` and `-j` say");
        Some(
            Finding::new("threads-hard-coded", command.span(at.range.clone()), message)
                .hint(format!("write `threads: {number}` in the rule and `{{threads}}` here")),
        )
    };
    command.script.words.iter().filter_map(finding).collect()
}

/// The word with the number that a flag of threads has, if it is fixed and above 1.
fn flagged<'c>(command: &'c Command<'_>, word: &'c Word) -> Option<(&'c Word, u32)> {
    if word.role != Role::Argument {
        return None;
    }
    let make = matches!(command.script.name(word.command), "make" | "ninja" | "parallel");
    let is_flag = |text: &str| FLAGS.contains(&text) || make && matches!(text, "-j" | "--jobs");
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 1);
    if let Some((flag, value)) = word.text.split_once('=') {
        return number(value).filter(|_| is_flag(flag)).map(|n| (word, n));
    }
    if let Some(value) = word.text.strip_prefix("-j").filter(|_| make).or_else(|| word.text.strip_prefix("-@"))
        && let Some(n) = number(value)
    {
        return Some((word, n));
    }
    let next = command.script.of(word.command).find(|w| w.range.start > word.range.start)?;
    number(&next.text).filter(|_| is_flag(&word.text)).map(|n| (next, n))
}
