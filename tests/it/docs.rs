//! Loads every Rulefile that the documents show.
//!
//! A block marked ```` ```python ```` is a whole Rulefile; one that is not whole is
//! marked ```` ```python fragment ````. Each is loaded in a directory of its own that
//! holds what the documents speak of: a few books and a configuration.

use crate::story::Story;
use std::path::Path;

/// The module that the documents use.
const QUALITY: &str = "rule longest:\n    input: \"books/last.txt\"\n    output: \"longest.txt\"\n    \
                       shell: \"wc -L < {input} > {output}\"\nrule all:\n    input: \"longest.txt\"\n";

/// A block of code in a document.
struct Block {
    /// What stands behind the opening fence.
    kind: String,
    /// The line of the opening fence, from 1 on.
    line: usize,
    /// The text between the fences.
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = std::fs::read_to_string(path).expect("a document");
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let body = lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "```");
        let text = body.map(|l| format!("{l}\n")).collect();
        blocks.push(Block { kind: kind.to_owned(), line: number + 1, text });
    }
    blocks
}

/// Loads each whole Rulefile of a document; gives how many there were.
fn load_all(document: &str) -> usize {
    let whole: Vec<Block> = blocks(document).into_iter().filter(|b| b.kind == "python").collect();
    for block in &whole {
        // The name tells a failing test's reader where the block stands.
        let name = format!("{}-line-{}", document.replace('/', "-"), block.line);
        let story = Story::new()
            .file(&name, &block.text)
            .file("config.yaml", "top: 10\n")
            .file("more.rules", "")
            .file("samples.tsv", "sample\tsize\na\t1\nb\t2\n")
            .file("quality/Snakefile", QUALITY)
            .file("scripts/common.py", "def book(name):\n    return f\"books/{name}.txt\"\n")
            .file("books/abyss.txt", "the people\n")
            .file("books/last.txt", "the last\n");
        let list = story.run(&["-f", &name, "--list"]);
        list.succeeds();
        for rule in block.text.lines().filter_map(|l| l.strip_prefix("rule ")) {
            list.stdout_has(rule.trim_end_matches(':'));
        }
    }
    whole.len()
}

#[test]
fn every_rulefile_of_the_language_reference_loads() {
    let loaded = load_all("docs/language.md");
    assert!(loaded >= 10, "only {loaded} Rulefiles found");
}

#[test]
fn every_rulefile_of_the_readme_loads() {
    assert!(load_all("README.md") >= 1);
}

#[test]
fn blocks_of_code_are_marked_for_what_they_are() {
    for document in ["README.md", "docs/language.md"] {
        for block in blocks(document) {
            let known = ["python", "python fragment", "sh", "text", ""].contains(&block.kind.as_str());
            assert!(known, "{document}:{}: a block marked {:?}", block.line, block.kind);
        }
    }
}
