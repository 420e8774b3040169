//! Reasons in words, for people and machines.

use super::Reason;
use crate::event::ReasonText;
use crate::path::Paths;
use std::borrow::Cow;

/// A param, or a name that `run:` or a script looks up, such as `input.a`.
fn param(name: &str) -> String {
    if name.contains('.') { format!("what `{name}` stands for") } else { format!("param `{name}`") }
}

/// A reason as one line, with old and new value where there are any.
pub fn word(reason: &Reason, paths: &Paths) -> ReasonText {
    let with = |code, text: Cow<'static, str>| ReasonText { code, text, old: None, new: None };
    let plain = |code, text: &'static str| with(code, text.into());
    let about = |code, text: String| with(code, text.into());
    match reason {
        Reason::NoRecord => plain("never-made", "never made here"),
        Reason::Partner => plain("runs-together", "what it is bound to by a pipe or service runs"),
        Reason::RecordLost => plain("no-record", "no record of it"),
        Reason::OutputsChanged => plain("outputs-changed", "its list of outputs changed"),
        Reason::Command { old, new } => ReasonText {
            code: "command-changed",
            text: "the command changed".into(),
            old: Some(old.clone()),
            new: Some(new.clone()),
        },
        Reason::Param { name, old, new } => ReasonText {
            code: "param-changed",
            text: match (old, new) {
                (Some(_), Some(_)) => format!("{} changed", param(name)),
                (None, _) => format!("{} is new", param(name)),
                _ => format!("{} is gone", param(name)),
            }
            .into(),
            old: old.clone(),
            new: new.clone(),
        },
        Reason::Script { path, old, new } => ReasonText {
            code: "script-changed",
            text: match (old, new) {
                (Some(_), Some(_)) => format!("the script {path} changed"),
                (None, _) => format!("the script {path} is new"),
                _ => format!("the script {path} is not run any more"),
            }
            .into(),
            old: None,
            new: None,
        },
        Reason::Environment { old, new } => ReasonText {
            code: "environment-changed",
            text: "the shell, its prefix or `env:` changed".into(),
            old: Some(old.clone()),
            new: Some(new.clone()),
        },
        Reason::InputAdded(path) => about("input-added", format!("new input {}", paths.str(*path))),
        Reason::InputRemoved(path) => about("input-removed", format!("{} is no input any more", paths.str(*path))),
        Reason::InputsReordered => plain("inputs-reordered", "its inputs stand in another order"),
        Reason::InputChanged(path) => about("input-changed", format!("{} changed", paths.str(*path))),
        Reason::InputCounts(path) => about("input-counts", format!("{} is not `ancient()` any more", paths.str(*path))),
        Reason::InputUnseen(path) => {
            about("input-unseen", format!("{} changed while the job last ran", paths.str(*path)))
        }
        Reason::RecipeUnclear => plain(
            "recipe-changed",
            "its command, its params or its list of inputs changed; which of them cannot be told",
        ),
        Reason::ParamsUnknown(path) => about(
            "params-unknown",
            format!("its params are made from {}, which is not there, so they may have changed", paths.str(*path)),
        ),
        Reason::InputsUnclear => {
            plain("inputs-changed", "the content of an input changed; of which one cannot be told")
        }
        Reason::OutputEdited(path) => about("output-edited", format!("{} is not what the job made", paths.str(*path))),
        Reason::OutputMissing(path) => about("output-missing", format!("{} is missing", paths.str(*path))),
        Reason::Forced => plain("forced", "asked for by force"),
        Reason::NoOutputs => plain("no-outputs", "it makes no files, and was asked for"),
    }
}
