//! Why a job is stale: pure comparison of a record with what is now.
//!
//! One variant a reason, one line of text each. It does not know where records
//! are kept, and it reads no file.

mod words;

pub use words::word;

use crate::digest::Digest;
use crate::path::PathId;
use crate::record::{Input, Record};

/// One reason for a job to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It never succeeded here.
    NoRecord,
    /// A job that runs at the same time runs: the other end of a pipe, a service.
    Partner,
    /// There is no record of it, but some were lost.
    RecordLost,
    /// Its outputs are not the ones the last run made.
    OutputsChanged,
    /// The command's text changed.
    Command {
        /// As recorded.
        old: String,
        /// As it is.
        new: String,
    },
    /// A param changed, came or went.
    Param {
        /// Its name.
        name: String,
        /// As recorded; none if it is new.
        old: Option<String>,
        /// As it is; none if it went.
        new: Option<String>,
    },
    /// A script's content changed, or a script came or went.
    Script {
        /// Its path.
        path: String,
        /// As recorded; none if it is new.
        old: Option<Digest>,
        /// As it is; none if it went.
        new: Option<Digest>,
    },
    /// The shell or its prefix changed.
    Environment {
        /// As recorded.
        old: String,
        /// As it is.
        new: String,
    },
    /// A new input.
    InputAdded(PathId),
    /// An input went.
    InputRemoved(PathId),
    /// The same inputs in another order.
    InputsReordered,
    /// An input's content changed.
    InputChanged(PathId),
    /// An input was `ancient()` when the job ran, and is not any more.
    InputCounts(PathId),
    /// An input changed under the job while it ran last time.
    InputUnseen(PathId),
    /// Its recipe is not the recorded one; in what, cannot be told.
    RecipeUnclear,
    /// Its params are made from this input, which a job before it makes again.
    ParamsUnknown(PathId),
    /// Its inputs are not those recorded; which, cannot be told.
    InputsUnclear,
    /// An output is not what the job made.
    OutputEdited(PathId),
    /// An output is not there, and it is a target or a job that runs reads it.
    OutputMissing(PathId),
    /// `-F`, `-R` or `--force`.
    Forced,
    /// It has a command, no outputs, and was asked for.
    NoOutputs,
}

/// A job's ingredients as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The recorded form of the command.
    pub command: &'a str,
    /// Params by name.
    pub params: &'a [(String, String)],
    /// Scripts and their contents.
    pub scripts: &'a [(String, Digest)],
    /// The shell, where it is not the default one.
    pub environment: &'a str,
    /// Inputs in order: path, content (none if not known yet), `ancient()`.
    pub inputs: &'a [(PathId, Option<Digest>, bool)],
}

/// What differs between a record and now. Inputs whose content is not known
/// yet differ in nothing.
pub fn compare(record: &Record, now: Now<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if *record.command != *now.command {
        reasons.push(Reason::Command { old: record.command.to_string(), new: now.command.to_owned() });
    }
    params(record, now.params, &mut reasons);
    scripts(record, now.scripts, &mut reasons);
    if *record.environment != *now.environment {
        let (old, new) = (record.environment.to_string(), now.environment.to_owned());
        reasons.push(Reason::Environment { old, new });
    }
    inputs(record, now.inputs, &mut reasons);
    reasons
}

fn params(record: &Record, now: &[(String, String)], reasons: &mut Vec<Reason>) {
    for (name, new) in now {
        let old = record.params.iter().find(|(n, _)| **n == **name).map(|(_, v)| v.to_string());
        if old.as_ref() != Some(new) {
            reasons.push(Reason::Param { name: name.clone(), old, new: Some(new.clone()) });
        }
    }
    for (name, old) in &record.params {
        if !now.iter().any(|(n, _)| **n == **name) {
            reasons.push(Reason::Param { name: name.to_string(), old: Some(old.to_string()), new: None });
        }
    }
}

fn scripts(record: &Record, now: &[(String, Digest)], reasons: &mut Vec<Reason>) {
    for (path, new) in now {
        let old = record.scripts.iter().find(|(p, _)| **p == **path).map(|(_, digest)| *digest);
        if old != Some(*new) {
            reasons.push(Reason::Script { path: path.clone(), old, new: Some(*new) });
        }
    }
    for (path, old) in &record.scripts {
        if !now.iter().any(|(p, _)| **p == **path) {
            reasons.push(Reason::Script { path: path.to_string(), old: Some(*old), new: None });
        }
    }
}

fn inputs(record: &Record, now: &[(PathId, Option<Digest>, bool)], reasons: &mut Vec<Reason>) {
    let same = record.inputs.len() == now.len() && record.inputs.iter().zip(now).all(|(a, b)| a.path == b.0);
    if !same {
        let before = reasons.len();
        let old = record.inputs.iter().map(|i| i.path).collect::<std::collections::BTreeSet<_>>();
        let new = now.iter().map(|i| i.0).collect::<std::collections::BTreeSet<_>>();
        reasons.extend(new.difference(&old).map(|p| Reason::InputAdded(*p)));
        reasons.extend(old.difference(&new).map(|p| Reason::InputRemoved(*p)));
        if reasons.len() == before {
            reasons.push(Reason::InputsReordered);
        }
    }
    let old: rustc_hash::FxHashMap<PathId, &Input> = record.inputs.iter().map(|i| (i.path, i)).collect();
    for (path, digest, ancient) in now {
        match (old.get(path), digest) {
            _ if *ancient => {}
            (Some(old), _) if old.ancient => reasons.push(Reason::InputCounts(*path)),
            (Some(old), Some(_)) if old.digest.is_unknown() => reasons.push(Reason::InputUnseen(*path)),
            (Some(old), Some(new)) if old.digest != *new => reasons.push(Reason::InputChanged(*path)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let input = |n: u32, text: &str| Input { path: PathId(n), digest: Digest::of(text.as_bytes()), ancient: false };
        Record {
            command: "c".into(),
            params: vec![("top".into(), "10".into())],
            inputs: vec![input(0, "a"), input(1, "b")],
            ..Record::default()
        }
    }

    fn reasons(command: &str, params: &[(&str, &str)], inputs: &[(u32, &str)]) -> Vec<Reason> {
        let params: Vec<_> = params.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let inputs: Vec<_> = inputs.iter().map(|(n, t)| (PathId(*n), Some(Digest::of(t.as_bytes())), false)).collect();
        compare(&record(), Now { command, params: &params, scripts: &[], environment: "", inputs: &inputs })
    }

    #[test]
    fn nothing_changed() {
        assert_eq!(reasons("c", &[("top", "10")], &[(0, "a"), (1, "b")]), []);
    }

    #[test]
    fn every_change_is_named() {
        let param = |old: Option<&str>, new: Option<&str>| Reason::Param {
            name: "top".into(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        assert_eq!(
            reasons("d", &[("top", "9")], &[(0, "x"), (1, "b")]),
            [
                Reason::Command { old: "c".into(), new: "d".into() },
                param(Some("10"), Some("9")),
                Reason::InputChanged(PathId(0))
            ]
        );
        assert_eq!(reasons("c", &[], &[(0, "a"), (1, "b")]), [param(Some("10"), None)]);
        assert_eq!(reasons("c", &[("top", "10")], &[(1, "b"), (0, "a")]), [Reason::InputsReordered]);
        assert_eq!(
            reasons("c", &[("top", "10")], &[(0, "a"), (2, "b")]),
            [Reason::InputAdded(PathId(2)), Reason::InputRemoved(PathId(1))]
        );
    }

    #[test]
    fn scripts_are_told_by_content() {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let record =
            Record { scripts: vec![("a.py".into(), digest("1")), ("b.R".into(), digest("2"))], ..Record::default() };
        let scripts = [("a.py".to_owned(), digest("3"))];
        let now = Now { command: "", params: &[], scripts: &scripts, environment: "", inputs: &[] };
        let reason = |path: &str, old, new| Reason::Script { path: path.into(), old, new };
        let changed = reason("a.py", Some(digest("1")), Some(digest("3")));
        assert_eq!(compare(&record, now), [changed, reason("b.R", Some(digest("2")), None)]);
    }

    #[test]
    fn an_input_that_changed_under_the_job_is_stale() {
        let mut record = record();
        record.inputs[0].digest = Digest::UNKNOWN;
        let inputs = [(PathId(0), Some(Digest::of(b"a")), false), (PathId(1), Some(Digest::of(b"b")), false)];
        let params = [("top".to_owned(), "10".to_owned())];
        let now = Now { command: "c", params: &params, scripts: &[], environment: "", inputs: &inputs };
        assert_eq!(compare(&record, now), [Reason::InputUnseen(PathId(0))]);
        record.inputs[0].ancient = true;
        assert_eq!(compare(&record, now), [Reason::InputCounts(PathId(0))]);
        let inputs = [(PathId(0), None, true), inputs[1]];
        assert_eq!(compare(&record, Now { inputs: &inputs, ..now }), []);
    }
}
