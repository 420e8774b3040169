//! Files that somebody changes while a run goes on. The hand that does it is the
//! command of another job of the same run.

use crate::story::Story;
use std::fs;

/// `first` runs before `second`, and does to its files what `edit.sh` says.
const TWO: &str = r#"
rule all:
    input: "b"
rule first:
    input: "in"
    output: "a"
    shell: "echo first >> ran.log; cat in > a; bash edit.sh"
rule second:
    input: "a", "src"
    output: "b"
    shell: "echo second >> ran.log; cat src a > b"
"#;

fn two() -> Story {
    let story = Story::new().rulefile(TWO).file("in", "1\n").file("src", "old\n").file("edit.sh", "");
    story.run(&["-j1"]).succeeds().ran(&["first", "second"]);
    story.run(&["-j1"]).has_nothing_to_do();
    story
}

fn replaced(story: &Story) -> Vec<String> {
    let walk = walkdir::WalkDir::new(story.path(".rulemake/replaced")).into_iter().flatten();
    walk.filter(|e| e.file_type().is_file()).map(|e| fs::read_to_string(e.path()).unwrap()).collect()
}

#[test]
fn an_input_is_recorded_as_it_was_when_its_job_started() {
    let story = two();
    story.write("in", "2\n").write("edit.sh", "echo new > src");
    story.run(&["-j1"]).succeeds().ran(&["first", "second"]).says_nothing_of("while");
    assert_eq!(story.read("b"), "new\n2\n");
    story.run(&["-j1"]).has_nothing_to_do();
    // What was there when the plan was made is not what the job has read.
    story.write("src", "old\n").run(&["-j1"]).succeeds().ran(&["second"]);
    assert_eq!(story.read("b"), "old\n2\n");
}

#[test]
fn an_input_made_in_the_same_run_is_recorded_as_it_was_when_its_reader_started() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    input: "c"
rule first:
    input: "in"
    output: "a"
    shell: "echo first >> ran.log; cat in > a"
rule between:
    input: "a"
    output: "b"
    shell: "echo between >> ran.log; cat a > b; bash edit.sh"
rule last:
    input: "b", "a"
    output: "c"
    shell: "echo last >> ran.log; cat b a > c"
"#,
        )
        .file("in", "1\n")
        .file("edit.sh", "echo by hand > a");
    story.run(&["-j1"]).succeeds().ran(&["first", "between", "last"]);
    assert_eq!(story.read("c"), "1\nby hand\n");
    // `between` has changed what it read itself.
    story.write("edit.sh", "").run(&["-j1"]).succeeds().ran(&["first", "between", "last"]);
    assert_eq!(story.read("c"), "1\n1\n");
    story.run(&["-j1"]).has_nothing_to_do();
}

#[test]
fn an_output_edited_during_the_run_is_kept() {
    let story = two();
    story.write("in", "2\n").write("edit.sh", "echo mine > b");
    story.run(&["-j1"]).succeeds().ran(&["first", "second"]).stderr_has(".rulemake/replaced/");
    assert_eq!((story.read("b").as_str(), replaced(&story)), ("old\n2\n", vec!["mine\n".to_owned()]));
}

#[test]
fn an_output_that_was_only_touched_during_the_run_is_not_kept() {
    let story = two();
    story.write("in", "2\n").write("edit.sh", "sleep 0.05; touch b");
    story.run(&["-j1"]).succeeds().ran(&["first", "second"]).says_nothing_of("replaced");
}

#[test]
fn an_output_written_before_its_first_job_started_is_kept() {
    let story = Story::new().rulefile(TWO).file("in", "1\n").file("src", "old\n").file("edit.sh", "echo mine > b");
    story.run(&["-j1"]).succeeds();
    assert_eq!((story.read("b").as_str(), replaced(&story)), ("old\n1\n", vec!["mine\n".to_owned()]));
}

#[test]
fn an_input_that_cannot_be_looked_at_any_more_is_told_as_that() {
    let story = two();
    story.write("in", "2\n").write("edit.sh", "rm src; ln -s src src");
    let run = story.run(&["-j1"]);
    run.fails().stderr_has("cannot look at its input `src`").says_nothing_of("not there any more");
    story.remove("src").write("src", "old\n").write("in", "3\n").write("edit.sh", "rm src");
    story.run(&["-j1"]).fails().stderr_has("its input `src` is not there any more");
}

#[test]
fn what_is_read_before_an_update_is_read_before_it() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    input: "list", "copy", "sum"
rule update:
    output: update("list")
    shell: "echo update >> ran.log; echo new >> {output}"
rule copy:
    input: before_update("list")
    output: "copy"
    shell: "echo copy >> ran.log; cp {input} {output}"
rule sum:
    input: lambda w: before_update("list"), "slow"
    output: "sum"
    shell: "echo sum >> ran.log; cat {input} > {output}"
rule slow:
    output: "slow"
    shell: "sleep 0.3; touch {output}"
"#,
        )
        .file("list", "old\n");
    story.run(&["-j4"]).succeeds().ran(&["copy", "sum", "update"]);
    assert_eq!(
        (story.read("copy"), story.read("sum"), story.read("list")),
        ("old\n".into(), "old\n".into(), "old\nnew\n".into())
    );
    story.run(&["-j4"]).has_nothing_to_do();
    story.run(&["-j4", "copy"]).has_nothing_to_do();
    story.edit("Rulefile", "echo new", "echo newer");
    story.run(&["-j4"]).succeeds().ran(&["update"]);
    story.run(&["-j4"]).has_nothing_to_do();
    story.write("list", "mine\n");
    story.run(&["-j4"]).succeeds().ran(&["copy", "sum", "update"]);
    assert_eq!(story.read("copy"), "mine\n");
    story.remove("list").remove("copy");
    story.run(&["-j4"]).is_refused().stderr_has("missing input `list`");
}

#[test]
fn before_and_after_an_update_at_once_is_refused() {
    let story = Story::new()
        .rulefile(
            r#"
rule a:
    input: before_update("list"), "after"
    output: "a"
    shell: "cat {input} > {output}"
rule after:
    input: "list"
    output: "after"
    shell: "cp {input} {output}"
rule update:
    input: before_update("list")
    output: update("list")
    shell: "cat {input} > /dev/null; echo new >> {output}"
"#,
        )
        .file("list", "old\n");
    story.run(&[]).is_refused().stderr_has("reads a file as it is before `update` updates it");
    story.run(&["after"]).succeeds();
    assert_eq!(story.read("after"), "old\nnew\n");
    story.run(&["after"]).has_nothing_to_do();
}

#[test]
fn params_that_a_deleted_file_gives_are_not_called_changed() {
    for (function, deleted) in [("open(input[0]).read().strip()", "12"), ("input.size", "3")] {
        let story = Story::new().file("in", "12\n").rulefile(&format!(
            "rule all:\n    input: \"out\"\n\
             rule a:\n    input: \"in\"\n    output: temp(\"part\")\n    shell: \"cp {{input}} {{output}}\"\n\
             rule b:\n    input: \"part\"\n    output: \"out\"\n    params: n=lambda w, input: {function}\n    \
             shell: \"echo {{params.n}} > {{output}}\"\n"
        ));
        story.run(&["-j1"]).succeeds();
        assert_eq!(story.read("out").trim(), deleted);
        let run = story.run(&["-n"]);
        run.succeeds().says("its params are made from part, which is not there, so they may have changed");
        assert!(!run.stderr().contains("changed:"), "{}", run.stderr());
        story.run(&["--why", "out"]).says("its params are made from part");
    }
}
