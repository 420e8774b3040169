//! Lints of commands whose result depends on the machine, the user or the day.

use super::command::Command;
use super::words::{Op, Role, Word};
use super::{Facts, Finding};
use crate::template::Root;

/// `sudo` in a command.
pub(super) fn sudo(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let finding = |call: usize| {
        let word = command.script.of(call).find(|w| w.role == Role::Command)?;
        let message = "`sudo` asks for a password, and jobs have no terminal";
        Some(
            Finding::new("sudo", command.span(word.range.clone()), message)
                .hint("make what needs it before rulemake is started, and let the command do without"),
        )
    };
    command.script.calls("sudo").into_iter().filter_map(finding).collect()
}

/// The date, a random number or the like: other bytes in every run.
pub(super) fn every_run(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let script = &command.script;
    let fixed =
        |c: usize| script.of(c).any(|w| ["-d", "-r", "--date", "--reference"].iter().any(|f| w.text.starts_with(f)));
    let is_call = |w: &Word| {
        let name = script.name(w.command);
        w.role == Role::Command
            && (name == "date" && !fixed(w.command)
                || matches!(name, "uuidgen" | "shuf" if !seeded(command, w.command)))
    };
    let is_number = |w: &Word| w.text.contains("$RANDOM") || w.text.contains("${RANDOM}");
    let kept = |w: &&Word| !goes_to_log(command, w);
    let finding = |w: &Word| {
        let what = if is_number(w) { "$RANDOM" } else { script.name(w.command) };
        let message =
            format!("`{what}` makes other bytes in every run, so what depends on this output always runs again");
        Finding::new("changes-every-run", command.span(w.range.clone()), message)
            .hint("leave it out of the output, or send it to `{log}`; give random tools a fixed seed")
    };
    if command.rule.outputs.items.is_empty() {
        return Vec::new();
    }
    script.words.iter().filter(|w| is_call(w) || is_number(w)).filter(kept).map(finding).collect()
}

/// Whether a command says where its random numbers come from.
fn seeded(command: &Command<'_>, call: usize) -> bool {
    command.script.name(call) == "shuf" && command.script.of(call).any(|w| w.text.starts_with("--random-source"))
}

/// Whether what a word's command prints, or the next that is written to, is a
/// log or a stream rather than an output.
fn goes_to_log(command: &Command<'_>, word: &Word) -> bool {
    let from = command.script.words.iter().filter(|w| w.range.start >= word.range.start);
    let target = from.clone().find(|w| matches!(w.role, Role::Write | Role::Append));
    let named =
        target.is_some_and(|w| command.names(w, &Root::Log) || w.text == "/dev/null" || w.text == "/dev/stderr");
    let piped = command.script.end(word.command) == Op::Pipe;
    let direct = from.take_while(|w| w.command <= word.command + 1).any(|w| command.names(w, &Root::Output));
    named || (!direct && !piped && target.is_none_or(|w| w.command > word.command + 1))
}

/// A variable of the user's environment.
pub(super) fn environment(_: &Facts<'_>, command: &Command<'_>) -> Vec<Finding> {
    let names = ["HOME", "USER", "LOGNAME", "HOSTNAME"];
    let is_set = |name: &str| command.says(&format!("{name}="));
    let named = |w: &Word| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        let by = |n: &&&str| {
            let bare = format!("${n}");
            w.text.contains(&format!("${{{n}}}")) || w.text.split(&bare).skip(1).any(ends)
        };
        names.iter().find(by).filter(|n| !is_set(n)).copied()
    };
    let finding = |w: &Word| {
        let name = named(w)?;
        // In single quotes it is text.
        let expands = !w.plain;
        let message = format!("`${name}` is another for every user or machine, and its change makes nothing stale");
        expands.then(|| {
            Finding::new("user-environment", command.span(w.range.clone()), message)
                .hint("pass the value by `config` and `params:`, which are recorded")
        })
    };
    command.script.words.iter().filter_map(finding).collect()
}
