//! Bash scripts: the job in associative arrays, `snakemake_input` and its like.

use super::{Job, Program, Section, with_preamble};
use crate::command::script::Found;
use crate::template::shlex;
use crate::value::Val;

pub(super) fn script(found: &Found, job: &Job<'_>) -> Program {
    let mut parts: Vec<String> = job.sections().iter().map(|(name, s)| array(name, entries(s))).collect();
    parts.push(array("config", config(&job.scope.config)));
    let numbers = [("threads", job.threads), ("jobid", job.number), ("attempt", job.turn.attempt)];
    let mut own: Vec<(String, String)> = numbers.map(|(k, v)| (k.to_owned(), v.to_string())).into();
    own.push(("rule".into(), job.rule.into()));
    own.push(("scriptdir".into(), found.directory().into()));
    parts.extend(own.iter().map(|(name, value)| format!("snakemake_{name}={}", quoted(value))));
    parts.push(format!("declare -A snakemake=({})", assigned(own)));
    let text = with_preamble(&parts.join("; "), &found.file.text);
    Program { interpreter: &["bash"], text, ending: ".sh" }
}

fn array(name: &str, entries: Vec<(String, String)>) -> String {
    format!("declare -A snakemake_{name}=({})", assigned(entries))
}

fn assigned(entries: Vec<(String, String)>) -> String {
    let named = entries.into_iter().filter(|(key, _)| !key.is_empty());
    named.map(|(key, value)| format!("[{}]={}", quoted(&key), quoted(&value))).collect::<Vec<_>>().join(" ")
}

/// By number from 0, and by name. All files of one name have one number.
fn entries(section: &Section) -> Vec<(String, String)> {
    let by_number = section.places.iter().enumerate().map(|(i, v)| (i.to_string(), plain(v)));
    by_number.chain(section.names.iter().map(|(name, v)| (name.to_string(), plain(v)))).collect()
}

fn config(config: &Val) -> Vec<(String, String)> {
    match config {
        Val::Dict(entries) => entries.iter().map(|(k, v)| (k.display(), plain(v))).collect(),
        _ => Vec::new(),
    }
}

/// As placeholders print it, but of a dict its keys, and of wildcards their values.
fn plain(value: &Val) -> String {
    match value {
        Val::Object(_) => value.text(),
        Val::Dict(entries) => entries.iter().map(|(key, _)| key.display()).collect::<Vec<_>>().join(" "),
        value => value.display(),
    }
}

/// A word for bash, on one line.
fn quoted(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        let mut word = String::new();
        shlex(text, &mut word);
        return word;
    }
    let escaped = |c: char| match c {
        '\\' | '\'' => format!("\\{c}"),
        c if c.is_ascii_control() => format!("\\x{:02x}", c as u32),
        c => c.to_string(),
    };
    format!("$'{}'", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_on_one_line() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's\n\\x"), "$'it\\'s\\x0a\\\\x'");
    }
}
