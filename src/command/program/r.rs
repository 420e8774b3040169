//! R scripts: the job as an S4 object, `snakemake@input[["name"]]`.

use super::{Job, Program, Section, with_preamble};
use crate::command::script::Found;
use crate::value::Val;

pub(super) fn script(found: &Found, job: &Job<'_>) -> Program {
    let text = with_preamble(&preamble(found.directory(), job), &found.file.text);
    Program { interpreter: &["Rscript", "--vanilla"], text, ending: ".R" }
}

/// A program that renders R Markdown to the job's output. The job stands in a
/// chunk behind the header.
pub(super) fn markdown(found: &Found, job: &Job<'_>) -> Program {
    let chunk = format!("```{{r, include=FALSE}}\n{}\n```\n", preamble(found.directory(), job));
    let (header, rest) = found.file.text.split_at(behind_header(&found.file.text));
    let output = job.output.items.first().and_then(Val::as_str).unwrap_or("");
    let text = format!(
        "local({{ file <- tempfile(fileext = \".Rmd\"); out <- {}; \
         if (!startsWith(out, \"/\")) out <- file.path(getwd(), out); \
         writeLines({}, file, useBytes = TRUE); \
         rmarkdown::render(file, output_file = out, quiet = TRUE, knit_root_dir = getwd(), params = list(rmd = file)) }})\n",
        text(output),
        text(&format!("{header}\n{chunk}{rest}")),
    );
    Program { interpreter: &["Rscript", "--vanilla"], text, ending: ".R" }
}

/// Where the header of R Markdown ends, if there is one.
fn behind_header(text: &str) -> usize {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        match (number, line.trim_end() == "---") {
            (0, false) => return 0,
            (1.., true) => return end,
            _ => {}
        }
    }
    0
}

/// Runs another file of R, its path as seen from the script's directory.
const SOURCE: &str = "function(...) { old <- getwd(); on.exit(setwd(old), add = TRUE); \
                      setwd(snakemake@scriptdir); source(...) }";

pub(super) fn preamble(directory: &str, job: &Job<'_>) -> String {
    let mut slots: Vec<(&str, &str, String)> =
        job.sections().into_iter().map(|(name, s)| (name, "list", section(s))).collect();
    slots.push(("threads", "numeric", job.threads.to_string()));
    slots.push(("config", "list", list(&job.scope.config)));
    slots.push(("rule", "character", text(job.rule)));
    slots.push(("jobid", "numeric", job.number.to_string()));
    slots.push(("attempt", "numeric", job.turn.attempt.to_string()));
    let iteration = job.turn.iteration.map_or("NA".into(), |iteration| iteration.to_string());
    slots.push(("bench_iteration", "numeric", format!("as.numeric({iteration})")));
    slots.push(("scriptdir", "character", text(directory)));
    slots.push(("source", "function", SOURCE.into()));
    let kinds: Vec<String> = slots.iter().map(|(name, kind, _)| format!("{name} = \"{kind}\"")).collect();
    let values: Vec<String> = slots.iter().map(|(name, _, value)| format!("{name} = {value}")).collect();
    format!(
        "Snakemake <- methods::setClass(\"Snakemake\", slots = c({})); rulemake <- snakemake <- Snakemake({})",
        kinds.join(", "),
        values.join(", "),
    )
}

/// All values by number, then those with names once more.
fn section(section: &Section) -> String {
    let items = section.items.iter().map(value);
    let names = section.names.iter().map(|(name, v)| format!("{} = {}", text(name), value(v)));
    format!("list({})", items.chain(names).collect::<Vec<_>>().join(", "))
}

fn list(value: &Val) -> String {
    match value {
        Val::Dict(_) => self::value(value),
        _ => "list()".into(),
    }
}

/// A list of texts is a vector, and so is one of numbers. Ints are ints, which `paste` never writes as `1e+05`.
fn value(value: &Val) -> String {
    match value {
        Val::None | Val::Func(_) => "NULL".into(),
        Val::Bool(b) => if *b { "TRUE" } else { "FALSE" }.into(),
        Val::Int(i) if i32::try_from(*i).is_ok_and(|i| i != i32::MIN) => format!("{i}L"),
        Val::Int(i) => i.to_string(),
        Val::Float(f) if f.is_nan() => "NaN".into(),
        Val::Float(f) if f.is_infinite() => if *f > 0.0 { "Inf" } else { "-Inf" }.into(),
        Val::Float(f) => format!("{f:?}"),
        Val::Str(s) | Val::Path(s) => text(s),
        Val::Object(object) => self::value(&object.plain),
        Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
            let texts = items.iter().all(|v| matches!(v, Val::Str(_) | Val::Path(_)));
            let numbers = items.iter().all(|v| matches!(v, Val::Int(_) | Val::Float(_) | Val::Bool(_)));
            let all = items.iter().map(self::value).collect::<Vec<_>>().join(", ");
            if texts || numbers { format!("c({all})") } else { format!("list({all})") }
        }
        Val::Dict(entries) => {
            let entry = |(k, v): &(Val, Val)| match k.display() {
                key if key.is_empty() => self::value(v),
                key => format!("{} = {}", text(&key), self::value(v)),
            };
            format!("list({})", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A string of R.
fn text(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        c if c.is_control() => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_in_whatever_way_its_lines_do() {
        let behind = |text: &'static str| &text[behind_header(text)..];
        assert_eq!(behind("---\ntitle: a\n---\ntext\n"), "text\n");
        assert_eq!(behind("---\r\ntitle: a\r\n--- \r\ntext\r\n"), "text\r\n");
        assert_eq!(behind("---\ntitle: a\n---"), "");
        assert_eq!(behind("text\n---\n---\n"), "text\n---\n---\n");
        assert_eq!(behind("---\nnever ends\n"), "---\nnever ends\n");
    }

    #[test]
    fn values_are_rs_own() {
        let dict = Val::Dict(vec![(Val::str("a b"), Val::List(vec![Val::Int(1), Val::Float(0.5)]))]);
        assert_eq!(value(&dict), "list(\"a b\" = c(1L, 0.5))");
        assert_eq!(value(&Val::List(vec![Val::None, Val::Bool(true)])), "list(NULL, TRUE)");
        assert_eq!(value(&Val::List(vec![Val::str("a"), Val::Int(1)])), "list(\"a\", 1L)");
        assert_eq!(value(&Val::Int(1 << 40)), "1099511627776");
        assert_eq!(text("a\"\\\n\té"), "\"a\\\"\\\\\\n\\u0009é\"");
    }

    #[test]
    fn names_stand_behind_numbers() {
        let names = vec![("b".into(), Val::str("y"))];
        let both = Section { items: vec![Val::str("x"), Val::str("y")], names, places: Vec::new() };
        assert_eq!(section(&both), "list(\"x\", \"y\", \"b\" = \"y\")");
    }
}
