//! The lints: each finds the mistake that `docs/lints.md` shows, and not the way
//! out beside it; none cries wolf over the examples.

use crate::story::{Run, Story};
use serde_json::Value;
use std::path::Path;

/// A lint of the document: its name, the mistake and the way out.
struct Example {
    name: String,
    mistake: String,
    way_out: String,
}

fn examples() -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lints.md");
    let text = std::fs::read_to_string(path).expect("a document");
    let example = |section: &str| {
        let (name, rest) = section.split_once("`\n").expect("a heading");
        let mut blocks = rest.split("```python\n").skip(1).map(|b| b.split("```").next().unwrap_or("").to_owned());
        let mut next = || blocks.next().unwrap_or_else(|| panic!("`{name}` needs a mistake and a way out"));
        Example { name: name.to_owned(), mistake: next(), way_out: next() }
    };
    text.split("\n## `").skip(1).map(example).collect()
}

fn lint(rulefile: &str) -> Run {
    let story = Story::new()
        .rulefile(rulefile)
        .file("data/a.txt", "a\n")
        .file("data/b.txt", "b\n")
        .file("scripts/count.awk", "END { print NR }\n");
    story.run(&["--lint", "json"])
}

fn names(run: &Run) -> Vec<String> {
    let lines = run.stdout().lines().map(|l| serde_json::from_str::<Value>(l).expect("a line of JSON"));
    lines.map(|v| v["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn every_lint_finds_its_mistake_and_leaves_the_way_out_alone() {
    let all = examples();
    assert!(all.len() >= 15, "only {} lints described", all.len());
    let mut faults = Vec::new();
    for Example { name, mistake, way_out } in all {
        let (found, left) = (names(&lint(&mistake)), names(&lint(&way_out)));
        if found != [name.as_str()] {
            faults.push(format!("{name}: the mistake gives {found:?}"));
        }
        if !left.is_empty() {
            faults.push(format!("{name}: the way out gives {left:?}"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_examples_and_lessons_are_clean() {
    let books = [
        Story::copy_of("examples/zipf", &["Rulefile", "config.yaml", "books", "scripts"]),
        Story::copy_of("examples/maestro", &["Rulefile", "config.yaml", "scripts"]),
        Story::copy_of("tests/lessons/hpc-carpentry", &["Snakefile", "books", "tools"]),
        Story::copy_of("tests/lessons/code-refinery", &["Snakefile", "data", "source"]),
    ];
    for story in books {
        story.run(&["--lint"]).succeeds();
    }
    Story::copy_of(".", &["Rulefile.example", "examples"]).run(&["-f", "Rulefile.example", "--lint"]).succeeds();
}

#[test]
fn a_finding_has_its_place_and_the_way_out() {
    let story = Story::new()
        .rulefile(
            "rule a:\n    input: \"data/a.txt\"\n    output: \"b\"\n    shell: \"cat data/b.txt {input} > {output}\"\n",
        )
        .file("data/a.txt", "")
        .file("data/b.txt", "");
    let text = story.run(&["--lint"]);
    text.fails().stdout_has("[undeclared-file]").stdout_has("Rulefile:4:17").stdout_has("help: name it under `input:`");
    let json = story.run(&["--lint", "json"]);
    let found: Value = serde_json::from_str(json.stdout()).expect("one line of JSON");
    assert_eq!((&found["file"], &found["line"], &found["column"]), (&"Rulefile".into(), &4.into(), &17.into()));
    assert_eq!(found["rule"], "a");
}

#[test]
fn a_plan_that_cannot_be_made_is_a_finding() {
    let run = lint("rule a:\n    input: \"missing.txt\"\n    output: \"b\"\n    shell: \"sudo cp {input} {output}\"\n");
    assert_eq!(names(&run), ["sudo", "plan"]);
    run.fails();
}

#[test]
fn the_compilation_is_the_text_of_every_file() {
    let story = Story::new()
        .rulefile("include: \"more.rules\"\nrule a:\n    output: \"b\"\n    shell: \"echo {X} > {output}\"\n")
        .file("more.rules", "X = 1 + 1\n");
    let run = story.run(&["--print-compilation"]);
    run.succeeds()
        .stdout_has("# Rulefile\n")
        .stdout_has("# more.rules\nX = 1 + 1\n")
        .stdout_has("\"echo {X} > {output}\"");
}
