//! Logs and benchmarks that other jobs read, or that are asked for.

use crate::story::Story;

const LOGS: &str = r#"
rule all:
    input: "summary", "bench/a.tsv"
rule make:
    input: "in"
    output: "out/{s}"
    log: "logs/{s}.log"
    benchmark: "bench/{s}.tsv"
    shell: "echo make {wildcards.s} >> ran.log; cat in > {output}; cat says > {log}"
rule summary:
    input: expand("logs/{s}.log", s=["a", "b"])
    output: "summary"
    shell: "echo summary >> ran.log; cat {input} > {output}"
"#;

fn made() -> Story {
    let story = Story::new().rulefile(LOGS).file("in", "1\n").file("says", "well\n");
    story.run(&["-j1"]).succeeds().ran(&["make a", "make b", "summary"]);
    assert_eq!(story.read("summary"), "well\nwell\n");
    story.run(&["-j1"]).has_nothing_to_do();
    story
}

#[test]
fn a_log_comes_with_its_job() {
    let story = made();
    // The log is the same: what reads it need not run.
    story.write("in", "2\n").run(&["-j1"]).succeeds().ran(&["make a", "make b"]);
    story.write("in", "3\n").write("says", "ill\n");
    story.run(&["-j1"]).succeeds().ran(&["make a", "make b", "summary"]);
    assert_eq!(story.read("summary"), "ill\nill\n");
    story.write("logs/a.log", "by hand\n").run(&["-j1"]).succeeds().ran(&["summary"]);
    assert_eq!(story.read("summary"), "by hand\nill\n");
}

#[test]
fn what_is_gone_is_made_where_it_is_needed() {
    let story = made();
    story.remove("logs/a.log").run(&["-j1"]).has_nothing_to_do();
    story.remove("bench/a.tsv").run(&["-j1"]).succeeds().ran(&["make a"]);
    story.remove("logs/b.log").remove("summary").run(&["-j1"]).succeeds().ran(&["make b", "summary"]);
    story.run(&["-j1", "logs/b.log"]).has_nothing_to_do();
    story.remove("logs/b.log").run(&["-n"]).says("nothing to do");
    story.run(&["-n", "logs/b.log"]).says("logs/b.log is missing");
    story.run(&["-j1", "logs/b.log"]).succeeds().ran(&["make b"]);
}

#[test]
fn a_file_that_only_looks_like_a_log_is_a_source() {
    let text = "rule all:\n    input: \"x.log\"\n    output: \"all\"\n    shell: \"cat {input} > {output}\"\n\
                rule other:\n    input: \"{n}.csv\"\n    output: \"{n}.txt\"\n    log: \"{n}.log\"\n    shell: \"false\"\n";
    let story = Story::new().rulefile(text).file("x.log", "mine\n");
    story.run(&["-j1"]).succeeds();
    assert_eq!(story.read("all"), "mine\n");
}

#[test]
fn a_file_that_is_there_before_its_job_ever_ran_is_the_user_s() {
    let text = "rule all:\n    input: \"x.log\"\n    output: \"all\"\n    shell: \"cat {input} > {output}\"\n\
                rule other:\n    input: \"{n}.csv\"\n    output: \"{n}.txt\"\n    log: \"{n}.log\"\n    shell: \"echo no > {log}; cp {input} {output}\"\n";
    let story = Story::new().rulefile(text).file("x.log", "mine\n").file("x.csv", "1\n");
    story.run(&["-j1"]).succeeds();
    assert_eq!((story.read("all"), story.read("x.log")), ("mine\n".into(), "mine\n".into()));
}

#[test]
fn a_log_that_nothing_was_written_to_is_there() {
    let text = "rule b:\n    input: \"a.log\"\n    output: \"b\"\n    shell: \"cat {input} > {output}\"\n\
                rule a:\n    output: \"a.txt\"\n    log: \"a.log\"\n    shell: \"echo a >> ran.log; echo > {output}\"\n";
    let story = Story::new().rulefile(text);
    story.run(&["-j1"]).succeeds().ran(&["a"]);
    assert_eq!(story.read("a.log"), "");
    story.run(&["-j1"]).has_nothing_to_do();
}
