//! Jobs that fail, or cannot even start: what is told of them, what else runs,
//! and attempts that come after.

use crate::story::{Run, Story};
use serde_json::Value;

fn of(run: &Run, name: &str) -> Vec<Value> {
    run.events().into_iter().filter(|e| e["event"] == name).collect()
}

/// Two makers whose functions fail, only when their inputs are there; a third
/// chain has nothing to do with them.
const BROKEN: &str = r#"
def need(wildcards, input):
    if input.size > 0:
        fail("no memory for", wildcards.n)
    return 1

rule all:
    input: "out/1", "out/2", "other"
rule mid:
    output: "mid/{n}"
    shell: "echo mid{wildcards.n} >> ran.log; echo x > {output}"
rule out:
    input: "mid/{n}"
    output: "out/{n}"
    resources: mem_mb = need
    shell: "echo out >> ran.log; cat {input} > {output}"
rule slow:
    output: "slow"
    priority: -1
    shell: "echo slow >> ran.log; touch slow"
rule other:
    input: "slow"
    output: "other"
    shell: "echo other >> ran.log; touch other"
"#;

#[test]
fn a_function_that_fails_during_the_run_is_a_failed_job() {
    let story = Story::new().rulefile(BROKEN);
    let run = story.run(&["-j1", "-k"]);
    run.fails().ran(&["mid1", "mid2", "slow", "other"]);
    run.says_once("error: no memory for 1\n").stderr_has("Rulefile:4").stderr_has("for job `out n=1`");
    run.stderr_has("  out n=2 (out/2): not started: ").stderr_has("failed: 2 jobs, 4 made");
    let story = Story::new().rulefile(BROKEN);
    let run = story.run(&["-j1"]);
    run.fails().stderr_has("failed: 1 job").says_nothing_of("other");
    let run = story.run(&["-j1", "-k", "--json"]);
    run.fails();
    let ended: Vec<Value> = of(&run, "job-not-started").iter().map(|e| e["rule"].clone()).collect();
    assert_eq!((ended, of(&run, "run-finished").len()), (vec!["out".into(), "out".into()], 1));
}

#[test]
fn params_that_fail_during_the_run_fail_their_job() {
    let story = Story::new().rulefile(
        r#"
def sized(wildcards, input):
    return 1 // (3 - input.size)

rule all:
    input: "b", "c"
rule a:
    output: "a"
    shell: "echo ab > a"
rule b:
    input: "a"
    output: "b"
    params: n = sized
    shell: "echo {params.n} > b"
rule c:
    output: "c"
    shell: "touch c"
"#,
    );
    let run = story.run(&["-j1", "-k"]);
    run.fails().stderr_has("division by zero").stderr_has("failed: 1 job, 2 made");
    assert!(story.has("c") && !story.has("b"));
}

/// `a` comes out with other bytes each time, so that the records of those who
/// read it are looked for in the log.
const ADOPTED: &str = r#"
rule all:
    input: "b", "c"
rule a:
    output: "a"
    shell: "echo $RANDOM $RANDOM $RANDOM > a; bash break.sh"
rule b:
    input: "a", "in"
    output: "b"
    shell: "echo b >> ran.log; cat a in > b"
rule c:
    input: "in"
    output: "c"
    priority: -1
    shell: "echo c >> ran.log; cat in > c"
"#;

#[test]
fn a_log_that_is_broken_during_the_run_ends_it_with_its_summary() {
    let story = Story::new().rulefile(ADOPTED).file("in", "1\n").file("break.sh", "");
    story.run(&["-j1"]).succeeds().ran(&["b", "c"]);
    let garbage = "head -c $(stat -c %s .rulemake/log) /dev/zero | tr '\\0' '\\377'";
    let over = "dd of=.rulemake/log conv=notrunc status=none";
    story.remove("a").write("in", "2\n").write("break.sh", &format!("{garbage} | {over}\n"));
    let run = story.run(&["-j1"]);
    run.exits(2).ran(&[]).stderr_has("not finished: 1 made, 2 not run").stderr_has("cannot read `.rulemake/log`");
    let summary = run.stderr().find("not finished").unwrap();
    assert!(summary < run.stderr().find("error: ").unwrap(), "{}", run.stderr());
}

const THREE: &str = r#"
rule all:
    input: expand("out/{n}", n=[1, 2, 3])
rule one:
    output: "out/{n}"
    log: "logs/{n}"
    shell: "bash job{wildcards.n}.sh {log} && touch {output}"
"#;

fn three() -> Story {
    Story::new()
        .rulefile(THREE)
        .file("job1.sh", "echo told by 1; exit 3")
        .file("job2.sh", "seq 30 > $1; exit 4")
        .file("job3.sh", "exit 0")
}

#[test]
fn each_failure_is_told_once_in_full_and_once_in_a_line() {
    let run = three().run(&["-j1", "-k"]);
    run.fails().says_once("told by 1").stderr_has("failed: 2 jobs, 1 made");
    run.says_once("  command   bash job1.sh logs/1").says_once("  command   bash job2.sh logs/2");
    run.says_once("  one n=1 (out/1): exit code 3, see .rulemake/logs/one/out%1.log");
    run.says_once("  one n=2 (out/2): exit code 4, see logs/2");
}

#[test]
fn the_end_of_a_log_is_shown_where_the_job_printed_nothing() {
    let run = three().run(&["-j1", "-k", "out/2"]);
    run.fails().stderr_has("  log       logs/2\n            the last 10 of 30 lines\n            21\n");
    run.says_nothing_of("            20\n").stderr_has("            30\n");
    let run = three().run(&["-j1", "out/1"]);
    run.fails().stderr_has("  log       logs/1\n").says_nothing_of("lines");
}

#[test]
fn the_refusal_to_overwrite_is_told_once_in_a_dry_run() {
    let story = Story::new().rulefile("rule a:\n    output: \"out\"\n    shell: \"touch out\"\n").file("out", "");
    story.run(&["-n"]).succeeds().says_once("exists without a record");
}

#[test]
fn what_nothing_makes_is_told_without_a_wait() {
    let story = Story::new().rulefile("rule a:\n    input: \"in\"\n    output: \"out\"\n").file("in", "");
    // An hour: whoever waits, hangs.
    story.run(&["-w", "3600"]).fails().stderr_has("its output `out` does not exist, and the rule has no command");
    let story = Story::new().rulefile("rule a:\n    output: \"out\"\n    shell: \"ln -s nowhere out\"\n");
    let run = story.run(&["-w", "3600"]);
    run.fails().stderr_has("its output `out` is a symbolic link to `nowhere`, which does not exist");
}

#[test]
fn touch_goes_on_where_an_input_is_missing() {
    let story = Story::new().rulefile(
        "rule all:\n    input: \"b\", \"c\"\nrule a:\n    output: \"a\"\n    shell: \"touch a\"\nrule b:\n    input: \"a\"\n    output: \"b\"\n    shell: \"touch b\"\nrule c:\n    output: \"c\"\n    shell: \"touch c\"\n",
    );
    story.write("b", "").write("c", "");
    let run = story.run(&["--touch"]);
    run.succeeds().stderr_has("1 job taken as made").stderr_has("`a` is not there, so what was made from it");
    let plan = story.run(&["-n", "--json"]);
    plan.succeeds();
    assert_eq!(plan.jobs("job-planned"), ["a", "b"]);
}

const FLAKY: &str = r#"
def more(wildcards, attempt):
    return 100 * attempt

rule all:
    input: "out"
rule flaky:
    output: "out"
    params: tried = lambda wildcards, attempt: attempt
    resources: mem_mb = more
    retries: 2
    shell: "echo mem={resources.mem_mb} try={params.tried} >> ran.log; echo printed; test {resources.mem_mb} -ge $(cat enough) && touch out"
"#;

#[test]
fn a_job_is_tried_again_with_more() {
    let story = Story::new().rulefile(FLAKY).file("enough", "300");
    let run = story.run(&[]);
    run.succeeds().ran(&["mem=100 try=1", "mem=200 try=2", "mem=300 try=3"]);
    run.stderr_has("warning: flaky (out) failed: exit code 1 (").says_once("; attempt 2 of 3\n");
    run.says_once("; attempt 3 of 3\n").says_once("    printed\n").stderr_has("done: 1 made");
    story.run(&[]).has_nothing_to_do();
    let story = Story::new().rulefile(FLAKY).file("enough", "900");
    let run = story.run(&["-T", "5"]);
    run.fails().ran(&["mem=100 try=1", "mem=200 try=2", "mem=300 try=3"]);
    run.stderr_has("attempt 3 of 3)").says_once("  output    printed").stderr_has("failed: 1 job");
    story.run(&["--why", "out"]).succeeds().stdout_has("attempt 3");
}

#[test]
fn the_options_retries_are_for_rules_that_say_none() {
    let text =
        "rule a:\n    output: \"out\"\n    shell: \"echo x >> ran.log; test $(wc -l < ran.log) = 2 && touch out\"\n";
    let story = Story::new().rulefile(text);
    story.run(&[]).fails().ran(&["x"]);
    story.remove("ran.log").run(&["--retries", "1"]).succeeds();
    let story = Story::new().rulefile(&text.replace("    shell", "    retries: 0\n    shell"));
    story.run(&["-T", "1"]).fails().ran(&["x"]);
}

#[test]
fn a_job_whose_needs_fail_at_a_later_attempt_has_failed() {
    let text = FLAKY.replace("return 100 * attempt", "return 100 // (2 - attempt)");
    let story = Story::new().rulefile(&text).file("enough", "900");
    let run = story.run(&["--json"]);
    run.fails().ran(&["mem=100 try=1"]);
    let retried: Vec<Value> = of(&run, "job-failed").iter().map(|e| e["retry"].clone()).collect();
    assert_eq!((retried, of(&run, "job-not-started").len()), (vec![true.into()], 1));
}

#[test]
fn a_job_whose_time_is_up_fails() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"out\"\n    timeout: \"0.3s\"\n    shell: \"echo half > out; sleep 1000 & sleep 1000\"\n",
    );
    story.run(&[]).fails().stderr_has("a failed: timed out after 0.3 s");
    assert!(!story.has("out"));
    story.edit("Rulefile", "0.3s", "soon").run(&[]).is_refused().stderr_has("`timeout` wants a duration");
}

#[test]
fn a_directory_and_a_file_in_it_come_and_go_together() {
    let rule = "rule d:\n    input: \"in\"\n    output: \"d/x\", directory(\"d\"), \"d/s/z\"\n    shell: \"cp {input} d/x; cp {input} d/s/z; touch d/y$(cat {input}); ! grep fail {input}\"\n";
    let story = Story::new().rulefile(rule).file("in", "1\n");
    story.run(&[]).succeeds();
    story.run(&[]).succeeds().stderr_has("nothing to do");
    story.write("in", "fail\n").run(&[]).fails();
    assert_eq!((story.read("d/x"), story.read("d/s/z")), ("1\n".into(), "1\n".into()));
    assert!(story.has("d/y1") && !story.has("d/yfail"));
    story.write("in", "2\n").run(&[]).succeeds();
    assert!(story.has("d/y2") && !story.has("d/y1"));
    story.edit("Rulefile", "directory(\"d\"), \"d/s/z\"", "directory(\"d\"), temp(\"d/s/z\")");
    story.run(&[]).is_refused().stderr_has("output `d/x` lies inside `d`, the directory output of `d`");
}
