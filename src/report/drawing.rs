//! Drawings of a plan as text for other programs: Graphviz, Mermaid, JSON.
//!
//! Owns the three forms. It does not know what the nodes stand for.

use crate::event::{Drawing, Node};
use serde::Serialize;
use std::fmt::Write;

/// A form that a drawing can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For Graphviz's `dot`.
    Dot,
    /// For Mermaid, such as in Markdown.
    Mermaid,
    /// Nodes and edges as one JSON object.
    Json,
}

/// A drawing in a form, with a line break at its end.
pub fn draw(drawing: &Drawing, form: Form) -> String {
    match form {
        Form::Dot => dot(drawing),
        Form::Mermaid => mermaid(drawing),
        Form::Json => json(drawing),
    }
}

fn dot(drawing: &Drawing) -> String {
    let mut out = String::from("digraph rulemake {\n    graph [bgcolor=white, margin=0];\n");
    out.push_str("    node [shape=box, style=rounded, fontname=sans, fontsize=10, penwidth=2];\n");
    out.push_str("    edge [penwidth=2, color=grey];\n");
    for (at, node) in drawing.nodes.iter().enumerate() {
        let style = if node.fresh { "rounded,dashed" } else { "rounded" };
        let hue = hue(node);
        let label = label(node, "\\n", |text| text.replace('\\', "\\\\").replace('"', "\\\""));
        let _ = writeln!(out, "    {at} [label=\"{label}\", color=\"{hue:.2} 0.6 0.85\", style=\"{style}\"];");
    }
    for (from, to) in &drawing.edges {
        let _ = writeln!(out, "    {from} -> {to};");
    }
    out.push_str("}\n");
    out
}

fn mermaid(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart TB\n");
    for (at, node) in drawing.nodes.iter().enumerate() {
        let label = label(node, "<br>", |text| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;"));
        let dashes = if node.fresh { ",stroke-dasharray: 5" } else { "" };
        let degrees = (hue(node) * 360.0) as u32;
        let _ = writeln!(out, "    id{at}[\"{label}\"]");
        let _ = writeln!(out, "    style id{at} fill:#fff,stroke-width:2px,stroke:hsl({degrees} 60% 50%){dashes}");
    }
    for (from, to) in &drawing.edges {
        let _ = writeln!(out, "    id{from} --> id{to}");
    }
    out
}

/// A colour for each rule: golden steps around the circle, so that neighbours differ.
fn hue(node: &Node) -> f64 {
    (node.rule as f64 * 0.618_034).fract()
}

fn label(node: &Node, line_break: &str, escape: impl Fn(&str) -> String) -> String {
    let lines = std::iter::once(&node.title).chain(&node.lines);
    lines.map(|line| escape(line).replace('\n', " ")).collect::<Vec<_>>().join(line_break)
}

#[derive(Serialize)]
struct Page<'a> {
    nodes: Vec<Row<'a>>,
    edges: &'a [(usize, usize)],
}

#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    lines: &'a [String],
    fresh: bool,
}

fn json(drawing: &Drawing) -> String {
    fn row(node: &Node) -> Row<'_> {
        Row { rule: &node.title, lines: &node.lines, fresh: node.fresh }
    }
    let nodes = drawing.nodes.iter().map(row).collect();
    let mut text = serde_json::to_string(&Page { nodes, edges: &drawing.edges }).expect("plain data is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{Form, draw};
    use crate::event::{Drawing, Node};

    fn two() -> Drawing {
        let node = |title: &str, lines: &[&str], rule, fresh| Node {
            title: title.into(),
            lines: lines.iter().map(|l| l.to_string()).collect(),
            rule,
            fresh,
        };
        Drawing {
            nodes: vec![node("count", &["book: \"a\""], 0, false), node("all", &[], 1, true)],
            edges: vec![(0, 1)],
        }
    }

    #[test]
    fn dot_has_a_line_for_each_node_and_edge() {
        let text = draw(&two(), Form::Dot);
        assert!(text.contains(r#"0 [label="count\nbook: \"a\"", color="#), "{text}");
        assert!(text.contains("1 [label=\"all\"") && text.contains("rounded,dashed"), "{text}");
        assert!(text.contains("0 -> 1;") && text.ends_with("}\n"), "{text}");
    }

    #[test]
    fn mermaid_escapes_what_it_reads_otherwise() {
        let text = draw(&two(), Form::Mermaid);
        assert!(text.contains(r#"id0["count<br>book: &quot;a&quot;"]"#), "{text}");
        assert!(text.contains("id0 --> id1"), "{text}");
    }

    #[test]
    fn json_holds_nodes_and_edges() {
        let value: serde_json::Value = serde_json::from_str(&draw(&two(), Form::Json)).expect("JSON");
        assert_eq!(value["nodes"][0]["rule"], "count");
        assert_eq!(value["edges"][0], serde_json::json!([0, 1]));
    }
}
