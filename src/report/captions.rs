//! Captions and descriptions of a report: reStructuredText with Jinja's braces.
//!
//! Owns how little of both there is: braces are filled; paragraphs, headings and lists
//! are told apart, the rest stays as it is written.

use crate::value::Val;
use minijinja::{Environment, Value, context};

/// The text, its braces filled.
///
/// # Errors
/// What Jinja says of it, on one line.
pub fn filled(text: &str, job: Value) -> Result<String, String> {
    let told = |error: minijinja::Error| error.to_string();
    Environment::new().render_str(text, context! { snakemake => job }).map_err(told)
}

/// A value of a Rulefile as templates take it.
pub fn value(val: &Val) -> Value {
    match val {
        Val::None => Value::from(()),
        Val::Bool(b) => Value::from(*b),
        Val::Int(i) => Value::from(*i),
        Val::Float(f) => Value::from(*f),
        Val::List(items) | Val::Tuple(items) | Val::Set(items) => items.iter().map(value).collect(),
        Val::Dict(pairs) => pairs.iter().map(|(key, inner)| (key.display(), value(inner))).collect(),
        Val::Object(object) => value(&object.plain),
        other => Value::from(other.display()),
    }
}

/// Paragraphs, headings and lists as HTML.
pub fn html(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let blocks = lines.split(|line| line.is_empty()).filter(|block| !block.is_empty());
    blocks.map(block).collect()
}

fn block(lines: &[&str]) -> String {
    match lines {
        [over, title, under, rest @ ..] if is_rule(over) && over == under => heading(title) + &paragraph(rest),
        [title, under, rest @ ..] if is_rule(under) && !is_rule(title) => heading(title) + &paragraph(rest),
        [first, ..] if is_item(first) => list(lines),
        _ => paragraph(lines),
    }
}

/// Whether a line underlines another.
fn is_rule(line: &str) -> bool {
    let first = line.chars().next();
    line.len() >= 3 && first.is_some_and(|c| "=-~^\"'*+#".contains(c)) && line.chars().all(|c| Some(c) == first)
}

fn is_item(line: &str) -> bool {
    ["- ", "* ", "+ "].iter().any(|mark| line.trim_start().starts_with(mark))
}

fn heading(title: &str) -> String {
    format!("<h3>{}</h3>\n", escaped(title.trim()))
}

fn list(lines: &[&str]) -> String {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        match (is_item(line), items.last_mut()) {
            (false, Some(item)) => *item += &format!(" {}", line.trim()),
            (true, _) => items.push(line.trim_start()[2..].trim().to_owned()),
            (false, None) => items.push(line.trim().to_owned()),
        }
    }
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    format!("<ul>\n{items}</ul>\n")
}

fn paragraph(lines: &[&str]) -> String {
    match lines {
        [] => String::new(),
        lines => format!("<p>{}</p>\n", escaped(&lines.join("\n"))),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{filled, html, value};
    use crate::value::Val;
    use minijinja::context;

    #[test]
    fn values_are_written_as_they_are() {
        let config = Val::Dict(vec![(Val::str("n"), Val::List(vec![Val::Int(3), Val::Float(0.5), Val::None]))]);
        let text = filled("{{ snakemake.n[0] + 1 }} {{ snakemake.n[1] }} {{ snakemake.n }}", value(&config));
        assert_eq!(text.as_deref(), Ok("4 0.5 [3, 0.5, None]"));
    }

    #[test]
    fn braces_are_filled_or_told() {
        let job = context! { wildcards => context! { x => "a" } };
        assert_eq!(filled("of {{ snakemake.wildcards.x }}", job.clone()).as_deref(), Ok("of a"));
        assert!(filled("of {{ broken", job).is_err());
    }

    #[test]
    fn paragraphs_headings_and_lists() {
        let text = "Title\n=====\n\nOne <b>\nline.\n\n- a\n  b\n- c\n";
        assert_eq!(html(text), "<h3>Title</h3>\n<p>One &lt;b&gt;\nline.</p>\n<ul>\n<li>a b</li>\n<li>c</li>\n</ul>\n");
    }
}
