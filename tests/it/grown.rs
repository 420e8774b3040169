//! Parts of a plan that grows: what `--until` and its like mean behind checkpoints.

use crate::story::Story;

/// Two samples, each behind a checkpoint of its own; `sorted` appears only there.
const SAMPLES: &str = r#"
wildcard_constraints:
    s="[a-c]"
rule all:
    input: "agg/a.txt", "agg/b.txt"
checkpoint split:
    output: directory("parts/{s}")
    shell: "echo split {wildcards.s} >> ran.log; mkdir -p {output}; echo 1 > {output}/1; echo 2 > {output}/2"
rule raw:
    input: "parts/{s}/{i}"
    output: temp("raw/{s}/{i}")
    shell: "echo raw {wildcards.s} {wildcards.i} >> ran.log; cp {input} {output}"
rule sort:
    input: "raw/{s}/{i}"
    output: "sorted/{s}/{i}"
    shell: "echo sort {wildcards.s} {wildcards.i} >> ran.log; cp {input} {output}"
def parts(w):
    d = checkpoints.split.get(s=w.s).output[0]
    return expand("sorted/{s}/{i}", s=w.s, i=glob_wildcards(d + "/{i}").i)
rule agg:
    input: parts, "side/{s}"
    output: "agg/{s}.txt"
    shell: "echo agg {wildcards.s} >> ran.log; cat {input} > {output}"
rule side:
    output: temp("side/{s}")
    shell: "echo side {wildcards.s} >> ran.log; echo side > {output}"
"#;

#[test]
fn until_reaches_a_rule_that_is_only_behind_checkpoints() {
    let story = Story::new().rulefile(SAMPLES);
    let dry = story.run(&["-n", "--until", "sort"]);
    dry.succeeds().stdout_has("more behind checkpoint split").says_nothing_of("agg").says_nothing_of("side");
    let behind =
        |s: &str| ["raw", "sort"].into_iter().flat_map(move |r| [1, 2].map(|i| format!("{r} {s} {i}"))).collect();
    let all: Vec<String> = ["a", "b"].into_iter().flat_map(|s| -> Vec<String> { behind(s) }).collect();
    let all: Vec<&str> = ["split a", "split b"].into_iter().chain(all.iter().map(String::as_str)).collect();
    let run = story.run(&["-j2", "--until", "sort"]);
    run.succeeds().ran(&all).says_nothing_of("not run");
    assert!(!story.has("raw/a/1") && story.has("sorted/b/2"));
    story.run(&["--until", "sort"]).has_nothing_to_do();
    story.remove("sorted/a/1");
    story.run(&["--until", "sort"]).succeeds().ran(&["raw a 1", "sort a 1"]);
    story.run(&["--until", "split"]).has_nothing_to_do();
    story.run(&["-n", "-F", "--until", "sort"]).stdout_has("run    split s=a").stdout_has("maybe  sort s=a i=1");
    story.run(&[]).succeeds().ran(&["side a", "side b", "agg a", "agg b"]);
}

#[test]
fn what_a_selection_leaves_out_is_not_opened_and_holds_nothing_back() {
    let story = Story::new().rulefile(SAMPLES);
    story.run(&["--until", "split"]).succeeds().ran(&["split a", "split b"]);
    let story = Story::new().rulefile(SAMPLES);
    // The job that is left out is open for good; what others made for a while goes all the same.
    story
        .run(&["-j1", "raw/a/1", "all", "--omit-from", "agg"])
        .succeeds()
        .ran(&["side a", "side b", "split a", "split b", "raw a 1"]);
    assert!(story.has("side/a"), "a target now");
    let story = Story::new().rulefile(&format!(
        "{SAMPLES}rule use:\n    input: \"side/c\"\n    output: \"used\"\n    shell: \"cp {{input}} {{output}}\"\n"
    ));
    story.run(&["-j1", "--until", "use", "--", "used", "agg/a.txt"]).succeeds().ran(&["side c"]);
    assert!(story.has("used") && !story.has("side/c") && !story.has("parts/a"));
}

#[test]
fn omit_from_holds_behind_checkpoints() {
    let story = Story::new().rulefile(SAMPLES);
    let run = story.run(&["-j1", "--omit-from", "sort"]);
    run.succeeds().ran(&["split a", "split b", "side a", "side b", "raw a 1", "raw a 2", "raw b 1", "raw b 2"]);
    assert!(story.has("raw/a/1") && story.has("side/a"), "what is left out would have read them");
    story.run(&["-j1", "--omit-from", "sort"]).has_nothing_to_do();
    story.run(&["--omit-from", "sorted/a/9"]).is_refused().says("neither a rule nor a file");
}

#[test]
fn a_batch_of_what_is_behind_a_checkpoint() {
    let story = Story::new().rulefile(SAMPLES);
    let first = story.run(&["-j1", "agg/a.txt", "--batch", "agg=1/2"]);
    first.succeeds().ran(&["split a", "raw a 1", "sort a 1", "side a"]);
    let second = story.run(&["-j1", "agg/a.txt", "--batch", "agg=2/2"]);
    second.succeeds().ran(&["raw a 2", "sort a 2", "agg a"]);
    story.run(&["agg/a.txt", "--allowed-rules", "agg", "split", "side"]).has_nothing_to_do();
}
