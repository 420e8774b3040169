//! Julia scripts: the job as a struct of dictionaries, `snakemake.input["name"]`.

use super::{Job, Program, Section, with_preamble};
use crate::command::script::Found;
use crate::value::Val;

pub(super) fn script(found: &Found, job: &Job<'_>) -> Program {
    let text = with_preamble(&preamble(found.directory(), job), &found.file.text);
    Program { interpreter: &["julia"], text, ending: ".jl" }
}

fn preamble(directory: &str, job: &Job<'_>) -> String {
    let mut fields: Vec<(&str, String)> = job.sections().into_iter().map(|(name, s)| (name, section(s))).collect();
    fields.push(("threads", job.threads.to_string()));
    fields.push(("config", value(&job.scope.config)));
    fields.push(("rule", text(job.rule)));
    fields.push(("jobid", job.number.to_string()));
    fields.push(("attempt", job.turn.attempt.to_string()));
    fields.push(("bench_iteration", value(&job.turn.iteration())));
    fields.push(("scriptdir", text(directory)));
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("const snakemake = ({}); const rulemake = snakemake", fields.join(", "))
}

/// By number from 1, and by name.
fn section(section: &Section) -> String {
    let items = section.items.iter().enumerate().map(|(i, v)| format!("{} => {}", i + 1, value(v)));
    let names = section.names.iter().map(|(name, v)| format!("{} => {}", text(name), value(v)));
    format!("Dict{{Any,Any}}({})", items.chain(names).collect::<Vec<_>>().join(", "))
}

fn value(value: &Val) -> String {
    match value {
        Val::None | Val::Func(_) => "nothing".into(),
        Val::Bool(b) => b.to_string(),
        Val::Int(i) => i.to_string(),
        Val::Float(f) if f.is_nan() => "NaN".into(),
        Val::Float(f) if f.is_infinite() => if *f > 0.0 { "Inf" } else { "-Inf" }.into(),
        Val::Float(f) => format!("{f:?}"),
        Val::Str(s) | Val::Path(s) => text(s),
        Val::Object(object) => self::value(&object.plain),
        Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
            format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        Val::Dict(entries) => {
            let entry = |(k, v): &(Val, Val)| format!("{} => {}", self::value(k), self::value(v));
            format!("Dict{{Any,Any}}({})", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A string of Julia.
fn text(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' | '$' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_julias_own() {
        let dict = Val::Dict(vec![(Val::str("a$b"), Val::List(vec![Val::Int(1), Val::None]))]);
        assert_eq!(value(&dict), "Dict{Any,Any}(\"a\\$b\" => [1, nothing])");
        let names = vec![("b".into(), Val::str("y\n"))];
        let both = Section { items: vec![Val::str("y\n")], names, places: Vec::new() };
        assert_eq!(section(&both), "Dict{Any,Any}(1 => \"y\\u000a\", \"b\" => \"y\\u000a\")");
    }
}
