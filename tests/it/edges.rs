//! Stories from the edges of the language: moved projects, odd names, the messages of slips.

use crate::story::Story;

#[test]
fn a_project_that_moved_is_not_stale() {
    let rule = r#"
import os
HERE = os.getcwd()
shell.prefix(f"export HERE={HERE}; ")

rule all:
    input: HERE + "/all.txt", "b.txt"

rule absolute:
    input: HERE + "/in.txt", ancient(f"{HERE}/old.txt")
    output: f"{HERE}/all.txt"
    log: f"{HERE}/logs/all.log"
    params: where = HERE, library = HERE + "/lib"
    shell: "echo absolute >> ran.log; cat {input} {HERE}/in.txt > {output}"

rule relative:
    input: "in.txt"
    output: "b.txt"
    shell: "echo relative >> ran.log; cp {input} {output}"
"#;
    let story = Story::new().file("one/Rulefile", rule).file("one/in.txt", "x\n").file("one/old.txt", "y\n");
    story.run(&["-C", "one"]).succeeds();
    assert_eq!(story.read("one/ran.log").lines().count(), 2);
    for (from, to) in [("one", "one2"), ("one2", "two")] {
        std::fs::rename(story.path(from), story.path(to)).expect("a move");
        story.run(&["-C", to]).has_nothing_to_do();
    }
    story.write("two/in.txt", "z\n").run(&["-C", "two"]).succeeds();
    assert_eq!(story.read("two/ran.log").lines().count(), 4);
    assert_eq!(story.read("two/all.txt"), "z\ny\nz\n");
}
