//! Lints of how a command is written in bash.

use super::command::{Command, bytes, name_of};
use super::words::{Op, Role, Word};
use super::{Facts, Finding};
use crate::rule::{Flags, InputWhat, Named};
use crate::template::{Hole, Place, Root};

/// Several files in one pair of double quotes: the command gets one word.
pub(super) fn quoted_files(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let shown = |h: &Hole| {
        // Text for people may well have them all.
        let word = command.script.words.iter().find(|w| w.range.contains(&(h.range.start as usize)));
        word.is_some_and(|w| matches!(command.script.name(w.command), "echo" | "printf"))
    };
    let several = |h: &&Hole| {
        let rule = command.rule;
        let count = match h.root {
            Root::Input => files(&rule.inputs, h, |i| !matches!(i.what, InputWhat::Function { .. })),
            Root::Output => files(&rule.outputs, h, |_| true),
            _ => 0,
        };
        count > 1
    };
    let quoted = command.holes.iter().copied().filter(|h| h.place == Place::Double && !shown(h)).filter(several);
    let finding = |h: &Hole| {
        let message = format!("`{h}` stands for several files, and the quotes around it make them one word");
        Finding::new("quoted-files", command.span(bytes(h)), message)
            .hint("take the quotes away: each path is quoted by itself where that is needed")
    };
    quoted.map(finding).collect()
}

/// How many files a placeholder stands for, as far as that is known.
fn files<T>(section: &Named<T>, hole: &Hole, known: impl Fn(&T) -> bool) -> usize {
    let items = match name_of(hole) {
        Some(name) => section.named(name).unwrap_or(&[]),
        None if hole.access.is_empty() => &section.items[..],
        None => &[],
    };
    items.iter().filter(|i| known(i)).count()
}

/// Relative paths after `cd`.
pub(super) fn cd(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let words = &command.script.words;
    let mut found = Vec::new();
    for call in command.script.calls("cd") {
        let Some(at) = words.iter().position(|w| w.command == call && w.role == Role::Command) else { continue };
        let depth = words[at].depth;
        // What `cd $(…)` substitutes is read before it goes.
        let later = words[at..].iter().skip_while(|w| w.command == call || w.depth > depth);
        let within = later.take_while(|w| w.depth >= depth && w.text != "cd");
        let is_path = |root: &Root| matches!(root, Root::Input | Root::Output | Root::Log);
        let relative =
            |w: &&Word| w.text.starts_with('{') && w.holes.first().is_some_and(|i| is_path(&command.holes[*i].root));
        if let Some(word) = within.filter(|w| w.role != Role::Command).find(relative) {
            let message =
                format!("`{}` is relative to where rulemake works, and the command went elsewhere", word.text);
            found.push(
                Finding::new("cd", command.span(word.range.clone()), message).hint(
                    "leave the new directory first, with `( cd … && … )`, or write `\"$OLDPWD\"/` before the path",
                ),
            );
        }
    }
    found
}

/// A process left in the background: the job may end before it.
pub(super) fn background(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let waits = !command.script.calls("wait").is_empty();
    let last = |c: usize| command.script.of(c).last();
    let left = command.script.ends.iter().filter(|(_, op)| *op == Op::Background && !waits);
    let finding = |word: &Word| {
        Finding::new(
            "background",
            command.span(word.range.clone()),
            "this runs in the background, and the command does not wait for it",
        )
        .hint("write `wait` at the end, or make it a rule of its own: rules run side by side by themselves")
    };
    left.filter_map(|(c, _)| last(*c)).map(finding).collect()
}

/// `|| true` behind what writes an output.
pub(super) fn hidden_failure(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let script = &command.script;
    // Their exit code 1 is an answer.
    let answers =
        |c: usize| matches!(script.name(c), "grep" | "egrep" | "fgrep" | "zgrep" | "diff" | "cmp" | "expr" | "rm");
    let makes = |c: usize| script.of(c).any(|w| command.names(w, &Root::Output));
    let ignored = |c: usize| matches!(script.name(c + 1), "true" | ":");
    let hidden = script.ends.iter().filter(|(c, op)| *op == Op::Or && makes(*c) && ignored(*c) && !answers(*c));
    let at = |c: usize| script.of(c + 1).find(|w| w.role == Role::Command);
    let finding = |word: &Word| {
        let message = "if what writes the output fails, the job counts as done all the same";
        Finding::new("hidden-failure", command.span(word.range.clone()), message)
            .hint("leave `|| true` out; a job that fails leaves no half-made output behind")
    };
    hidden.filter_map(|(c, _)| at(*c)).map(finding).collect()
}

/// `mkdir` of a directory that is made anyway.
pub(super) fn needless_mkdir(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let parent = |path: &str| path.rsplit_once('/').map(|(dir, _)| dir.to_owned());
    let trees: Vec<&str> =
        command.made().filter(|o| o.flags.contains(Flags::DIRECTORY)).filter_map(|o| o.pattern.as_literal()).collect();
    let parents: Vec<String> = command.made().filter_map(|o| parent(o.pattern.as_literal()?)).collect();
    let mut found = Vec::new();
    for call in command.script.calls("mkdir") {
        let arguments: Vec<&Word> =
            command.script.of(call).filter(|w| w.role == Role::Argument && !w.text.starts_with('-')).collect();
        let is_made = |w: &&&Word| {
            let path = w.text.trim_end_matches('/').to_owned();
            w.plain && parents.contains(&path) && !trees.contains(&path.as_str())
        };
        if let Some(word) = arguments.iter().find(is_made) {
            let message = format!("`{}` is made before the job starts, as every output's directory is", word.text);
            found.push(
                Finding::new("needless-mkdir", command.span(word.range.clone()), message).hint("leave the `mkdir` out"),
            );
        }
    }
    found
}
