//! What each option promises in docs/command-line.md, told as a user would find out.

use crate::story::{Run, Story};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Two steps; each tells that it ran.
const TWO: &str = r#"
rule all:
    input: "b.txt"

rule first:
    "Copies the source."
    input: "in.txt"
    output: "a.txt"
    params: extra = ""
    shell: "echo first >> ran.log; cat {input} > {output}"

rule second:
    input: "a.txt"
    output: "b.txt"
    shell: "echo second >> ran.log; tr a-z A-Z < {input} > {output}"
"#;

fn two() -> Story {
    Story::new().rulefile(TWO).file("in.txt", "one\n")
}

fn made() -> Story {
    let story = two();
    story.run(&[]).succeeds().ran(&["first", "second"]);
    story
}

/// Events of a name.
fn of(run: &Run, name: &str) -> Vec<Value> {
    run.events().into_iter().filter(|e| e["event"] == name).collect()
}

/// Files below a directory of `.rulemake/`, with what they hold.
fn kept(story: &Story, under: &str) -> Vec<String> {
    let walk = walkdir::WalkDir::new(story.path(under)).sort_by_file_name().into_iter().flatten();
    walk.filter(|e| e.file_type().is_file()).map(|e| fs::read_to_string(e.path()).unwrap()).collect()
}

/// Bytes that had to be read to plan, as `hashing` events tell.
fn read(run: &Run) -> u64 {
    of(run, "hashing").iter().map(|e| e["total"].as_u64().unwrap()).max().unwrap_or(0)
}

/// Waits until the file system's clock is past the times of all that was just written.
fn settle_clock() {
    std::thread::sleep(std::time::Duration::from_millis(60));
}

#[test]
fn touch_takes_an_edited_output_as_made() {
    let story = made();
    story.write("b.txt", "by hand\n");
    let before = fs::metadata(story.path("b.txt")).unwrap().modified().unwrap();
    story.run(&["-t", "b.txt"]).succeeds().stderr_has("1 job").ran(&[]);
    assert_eq!(fs::metadata(story.path("b.txt")).unwrap().modified().unwrap(), before);
    story.run(&[]).has_nothing_to_do();
    assert_eq!(story.read("b.txt"), "by hand\n");
    story.run(&["--why", "b.txt"]).succeeds().stdout_has("--touch");
    let json = story.run(&["-t", "--json"]);
    json.succeeds();
    assert_eq!(of(&json, "note").len(), 1);
}

#[test]
fn touch_of_what_is_missing_warns_and_stays_stale() {
    let story = made();
    story.write("in.txt", "two\n").remove("b.txt");
    story.run(&["--touch"]).succeeds().stderr_has("b.txt").stderr_has("warning").ran(&[]);
    story.run(&[]).succeeds().ran(&["second"]);
    assert_eq!(story.read("b.txt"), "ONE\n");
}

#[test]
fn accept_takes_a_cosmetic_change_as_made() {
    let story = made();
    story.edit("Rulefile", "cat {input} > {output}", "cat -- {input} > {output}");
    story.run(&["-n"]).succeeds().stdout_has("the command changed");
    story.run(&["--accept", "first"]).succeeds().stderr_has("first").ran(&[]);
    story.run(&[]).has_nothing_to_do();
    story.run(&["--why", "a.txt"]).stdout_has("--accept");
    story.edit("Rulefile", "extra = \"\"", "extra = \"x\"");
    story.run(&["-n"]).stdout_has("param `extra`");
    let json = story.run(&["--accept", "first", "--json"]);
    json.succeeds();
    assert_eq!(of(&json, "note").len(), 1);
    story.run(&[]).has_nothing_to_do();
    story.run(&["--accept", "frist"]).is_refused().stderr_has("first");
    story.write("in.txt", "two\n").run(&["--accept", "first"]).succeeds();
    story.run(&[]).succeeds().ran(&["first", "second"]);
}

#[test]
fn accept_does_not_take_other_inputs_as_read() {
    let story = made();
    story.write("more.txt", "more\n").edit("Rulefile", "input: \"in.txt\"", "input: \"in.txt\", \"more.txt\"");
    story.run(&["--accept", "first"]).succeeds().stderr_has("0 jobs").stderr_has("inputs");
    story.run(&[]).succeeds().ran(&["first", "second"]);
}

#[test]
fn forcing() {
    let story = made();
    let started = |args: &[&str], jobs: &[&str]| {
        story.run(&[args, &["--json"]].concat()).succeeds().started(jobs);
    };
    started(&["--force"], &["second"]);
    started(&["--force", "a.txt"], &["first"]);
    started(&["-F"], &["first", "second"]);
    started(&["-F", "a.txt"], &["first"]);
    started(&["-R", "first"], &["first"]);
    started(&["-R", "a.txt"], &["first"]);
    started(&["-R", "second", "first"], &["first", "second"]);
    story.run(&["-R", "frist"]).is_refused().stderr_has("`frist`").stderr_has("first");
    story.run(&["-n", "-F"]).succeeds().stdout_has("2 jobs to run").ran(&[]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn discarded_old_outputs_are_gone_after_a_failure() {
    let rule = "rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"ls -A > seen; test -e fail && exit 3; cat {input} > {output}\"\n";
    for discard in [false, true] {
        let story = Story::new().rulefile(rule).file("in", "one\n");
        story.run(&["out"]).succeeds();
        story.write("in", "two\n").write("fail", "");
        let args: &[&str] = if discard { &["--discard-old", "out"] } else { &["out"] };
        story.run(args).fails();
        assert_eq!(story.has("out"), !discard);
        assert_eq!(story.read("seen").contains(".rm~"), !discard);
        story.remove("fail").run(args).succeeds();
        assert_eq!(story.read("out"), "two\n");
    }
}

#[test]
fn an_output_edited_by_hand_is_kept_even_if_old_ones_are_discarded() {
    let story = made();
    story.write("b.txt", "by hand\n");
    story.run(&["--discard-old"]).succeeds().stderr_has(".rulemake/replaced/").ran(&["second"]);
    assert_eq!(kept(&story, ".rulemake/replaced"), ["by hand\n"]);
}

#[test]
fn what_a_failed_job_wrote_can_be_kept() {
    let rule = "rule a:\n    output: \"d/out\"\n    shell: \"echo half > {output}; exit 3\"\n";
    let story = Story::new().rulefile(rule);
    story.run(&[]).fails();
    assert!(!story.has("d/out") && kept(&story, ".rulemake/failed").is_empty());
    story.run(&["--keep-incomplete"]).fails().stderr_has(".rulemake/failed/d/out");
    assert!(!story.has("d/out"));
    assert_eq!(story.read(".rulemake/failed/d/out"), "half\n");
}

#[test]
fn exit_code_3_says_that_something_would_run() {
    let story = two();
    story.run(&["-n"]).succeeds();
    story.run(&["-n", "--exit-code"]).exits(3);
    story.run(&[]).succeeds();
    story.run(&["-n", "--exit-code"]).succeeds();
    story.write("in.txt", "two\n").run(&["-n", "--exit-code", "--json"]).exits(3);
}

#[test]
fn late_outputs_are_waited_for() {
    let rule = "rule a:\n    output: \"out\"\n    shell: \"(sleep 0.7; echo late > out) > /dev/null 2>&1 & disown\"\n";
    let story = Story::new().rulefile(rule);
    story.run(&["-w", "0"]).fails().stderr_has("did not make its output `out`");
    std::thread::sleep(std::time::Duration::from_secs(1));
    story.run(&["-F", "--remake", "--latency-wait", "10"]).succeeds();
    assert_eq!(story.read("out"), "late\n");
}

const FAILING: &str = r#"
rule all:
    input: "c.txt", "d.txt"
rule a:
    output: "a.txt"
    shell: "echo a >> ran.log; exit 1"
rule c:
    input: "a.txt"
    output: "c.txt"
    shell: "echo c >> ran.log; touch {output}"
rule b:
    output: "b.txt"
    shell: "echo b >> ran.log; touch {output}"
rule d:
    input: "b.txt"
    output: "d.txt"
    shell: "echo d >> ran.log; touch {output}"
"#;

#[test]
fn keep_going_makes_what_does_not_depend_on_a_failure() {
    let story = Story::new().rulefile(FAILING);
    story.run(&["-j1"]).fails().ran(&["a"]).stderr_has("not run");
    let run = story.run(&["-j1", "-k", "--json"]);
    run.fails().ran(&["a", "b", "d"]);
    let done = of(&run, "run-finished").remove(0);
    assert_eq!((&done["made"], &done["not_run"], done["failed"].as_array().unwrap().len()), (&2.into(), &1.into(), 1));
}

#[test]
fn list_names_rules_and_what_they_make() {
    let story = two();
    story.run(&["--list"]).succeeds().stdout_has("all (default)").stdout_has("Copies the source.").ran(&[]);
    let json = story.run(&["-l", "--json"]);
    json.succeeds();
    let names: Vec<_> = of(&json, "rule").iter().map(|e| e["rule"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["all", "first", "second"]);
    assert!(!story.has(".rulemake"), "a list writes nothing");
}

#[test]
fn why_of_every_kind_of_file() {
    let story = made();
    story.run(&["--why", "b.txt"]).succeeds().stdout_has("b.txt is up to date, made by second").stdout_has("last made");
    story.run(&["--why", "in.txt"]).succeeds().stdout_has("in.txt is a source: no rule makes it");
    story.run(&["--why", "./b.txt"]).succeeds().stdout_has("b.txt is up to date");
    story.run(&["--why", "nobody.txt"]).is_refused().stderr_has("nobody.txt");
    story.write("in.txt", "two\n");
    let run = story.run(&["--why", "b.txt"]);
    run.succeeds()
        .stdout_has("b.txt may be made")
        .stdout_has("because of\n  first: will run")
        .stdout_has("in.txt changed");
    let json = story.run(&["--why", "b.txt", "--json"]);
    let why = of(&json, "why").remove(0);
    assert_eq!((&why["planned"]["verdict"], &why["upstream"][0]["rule"]), (&"maybe".into(), &"first".into()));
    story.run(&["--why", "a.txt"]).succeeds().stdout_has("a.txt will be made, by first").ran(&[]);
    story.run(&["--why", "all"]).is_refused().stderr_has("`all` is a rule without outputs");
    story.run(&["--why", "second"]).succeeds().stdout_has("b.txt may be made");
    story.write("other.txt", "").run(&["--why", "other.txt", "all"]).is_refused().stderr_has("no file of this plan");
}

#[test]
fn config_on_the_command_line_beats_files_and_later_files_beat_earlier_ones() {
    let rules = "configfile: \"base.yaml\"\nrule a:\n    output: \"out\"\n    params: all = str([config.get(k) for k in [\"x\", \"y\", \"z\", \"w\"]])\n    shell: 'echo \"{params.all}\" > {output}'\n";
    let story = Story::new()
        .rulefile(rules)
        .file("base.yaml", "x: base\ny: base\nz: base\nw: base\n")
        .file("one.yaml", "y: one\nz: one\nw: one\n")
        .file("two.yaml", "z: two\nw: two\n");
    let out = |args: &[&str]| {
        story.run(args).succeeds();
        story.read("out").replace('"', "'").trim().to_owned()
    };
    assert_eq!(out(&["out"]), "['base', 'base', 'base', 'base']");
    assert_eq!(
        out(&["--configfile", "one.yaml", "two.yaml", "--config", "w=5", "--", "out"]),
        "['base', 'one', 'two', 5]"
    );
    assert_eq!(out(&["--config", "w=[1, 2]", "out"]), "['base', 'base', 'base', ['1', '2']]");
    story.run(&["--configfile", "none.yaml"]).is_refused().stderr_has("none.yaml");
}

#[test]
fn the_rulefile_and_the_directory_can_be_named() {
    let story = Story::new().file("sub/rules.txt", TWO).file("sub/in.txt", "one\n").file("sub/Snakefile", TWO);
    story.run(&[]).is_refused().stderr_has("there is no Rulefile here");
    story.run(&["-C", "sub", "-f", "rules.txt"]).succeeds();
    assert_eq!(story.read("sub/b.txt"), "ONE\n");
    assert!(story.has("sub/.rulemake") && !story.has(".rulemake"));
    story.run(&["--directory", "sub"]).succeeds().stderr_has("nothing to do");
    story.run(&["-d", "sub", "-s", "Snakefile"]).succeeds().stderr_has("nothing to do");
    story.run(&["-C", "none"]).is_refused().stderr_has("`none`");
    story.run(&["-f", "none"]).is_refused().stderr_has("none");
}

#[test]
fn quiet_by_degrees() {
    let rules = "rule all:\n    input: \"b\"\nrule a:\n    output: \"a\"\n    shell: \"touch a\"\nrule b:\n    input: \"a\"\n    output: \"b\"\n    shell: \"echo printed; touch b\"\n";
    let quiet = |args: &[&str]| {
        let story = Story::new().rulefile(rules);
        story.run(args)
    };
    quiet(&[]).succeeds().stderr_has("] a").stderr_has("2 jobs to run").stderr_has("printed");
    quiet(&["-q"]).succeeds().says_nothing_of("] a").says_nothing_of("to run").stderr_has("printed").stderr_has("done");
    quiet(&["-q", "rules"]).succeeds().says_nothing_of("] a").stderr_has("2 jobs to run");
    quiet(&["-q", "all"]).succeeds().stdout_is("").says_nothing_of("done").says_nothing_of("printed");
    quiet(&["-n"]).stdout_has("reason");
    quiet(&["-n", "-q", "reason"]).succeeds().says_nothing_of("reason").stdout_has("run    a");
    quiet(&["-n", "-q", "rules"]).succeeds().says_nothing_of("run    a").stdout_has("2 jobs to run");
}

#[test]
fn commands_are_shown_when_asked_for() {
    two().run(&["-p"]).succeeds().stderr_has("cat in.txt > a.txt");
    two().run(&["-np"]).succeeds().stdout_has("cat in.txt > a.txt");
    two().run(&["-n"]).succeeds().says_nothing_of("cat in.txt");
}

#[test]
fn a_directory_that_was_never_run_is_not_overwritten() {
    let there = || two().file("a.txt", "mine\n").file("b.txt", "mine too\n");
    let story = there();
    let refused = story.run(&[]);
    refused
        .is_refused()
        .ran(&[])
        .stderr_has("2 outputs exist without a record")
        .stderr_has("--touch")
        .stderr_has("--remake");
    story.run(&["--json"]).is_refused();
    let dry = story.run(&["-n"]);
    dry.succeeds()
        .stderr_has("warning: 2 outputs exist without a record")
        .stdout_has("replaces  a.txt")
        .stdout_has("replaces  b.txt")
        .stdout_has("2 jobs to run");
    story.run(&["--touch"]).succeeds().ran(&[]);
    story.run(&[]).has_nothing_to_do();
    assert_eq!(story.read("a.txt"), "mine\n");

    let story = there();
    let run = story.run(&["--remake"]);
    run.succeeds().ran(&["first", "second"]).stderr_has("`a.txt` was there before").stderr_has(".rulemake/replaced/");
    assert_eq!(kept(&story, ".rulemake/replaced"), ["mine\n", "mine too\n"]);
    assert_eq!(story.read("b.txt"), "ONE\n");

    let one = two().file("b.txt", "mine\n");
    one.run(&[]).is_refused().stderr_has("output `b.txt` exists without a record");
}

#[test]
fn protected_outputs_are_not_made_again() {
    let rules = TWO.replace("output: \"a.txt\"", "output: protected(\"a.txt\")");
    let story = Story::new().rulefile(&rules).file("in.txt", "one\n");
    story.run(&[]).succeeds();
    settle_clock();
    let mode = |path: &str| fs::metadata(story.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("a.txt") & 0o222, 0);
    story.run(&[]).has_nothing_to_do();
    let again = story.run(&["-n", "--json"]);
    again.succeeds();
    assert_eq!(read(&again), 0, "a protected file is not read again");
    story.write("in.txt", "two\n");
    let refused = story.run(&[]);
    refused.is_refused().ran(&[]).stderr_has("output `a.txt` is write-protected").stderr_has("chmod u+w a.txt");
    let dry = story.run(&["-n"]);
    dry.is_refused().stdout_has("run    first").stderr_has("write-protected");
    story.run(&["-F"]).is_refused();
    story.run(&["--discard-old"]).is_refused();
    assert_eq!(story.read("a.txt"), "one\n");
    fs::set_permissions(story.path("a.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    story.run(&[]).succeeds().ran(&["first", "second"]);
    assert_eq!((story.read("a.txt"), mode("a.txt") & 0o222), ("two\n".into(), 0));
}

#[test]
fn a_protected_output_that_turns_stale_during_the_run_fails_its_job() {
    let rules = TWO.replace("output: \"b.txt\"", "output: protected(\"b.txt\")");
    let story = Story::new().rulefile(&rules).file("in.txt", "one\n");
    story.run(&[]).succeeds();
    story.write("in.txt", "two\n");
    story.run(&[]).fails().ran(&["first"]).stderr_has("output `b.txt` is write-protected");
    assert_eq!(story.read("b.txt"), "ONE\n");
}

#[test]
fn outputs_that_are_put_back_are_not_read_again() {
    let rules = "rule a:\n    input: \"in\"\n    output: \"out\", directory(\"tree\")\n    shell: \"mkdir tree; cat {input} > tree/x; cat {input} > {output[0]}; test ! -e fail\"\n";
    let story = Story::new().rulefile(rules).file("in", "one\n");
    story.run(&[]).succeeds();
    settle_clock();
    story.run(&[]).succeeds();
    story.write("in", "two\n").write("fail", "");
    story.run(&[]).fails();
    settle_clock();
    story.run(&["-n"]).succeeds();
    story.write("in", "one\n").remove("fail");
    settle_clock();
    let run = story.run(&["--json"]);
    run.succeeds().started(&[]);
    assert_eq!(read(&run), 4, "the input is read, and nothing of the outputs");
}

#[test]
fn large_outputs_are_not_read_again_by_the_next_run() {
    let rule = "rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"head -c 16M {input} > {output}\"\n";
    let story = Story::new().rulefile(rule).file("in", &"x".repeat(16 << 20));
    settle_clock();
    story.run(&[]).succeeds();
    let next = story.run(&["-n", "--json"]);
    next.succeeds();
    assert_eq!(read(&next), 0);
}

const GPU: &str = r#"
rule all:
    input: expand("{i}.out", i=range(6))
rule work:
    output: "{i}.out"
    resources: gpu=1
    shell: "sleep 0.1; touch {output}"
"#;

#[test]
fn a_resource_bounds_how_many_run_at_once() {
    let most = |args: &[&str]| {
        let run = Story::new().rulefile(GPU).run(args);
        run.succeeds();
        let (mut now, mut most) = (0, 0);
        for event in run.events() {
            match event["event"].as_str().unwrap() {
                "job-started" => now += 1,
                "job-finished" => now -= 1,
                _ => {}
            }
            most = most.max(now);
        }
        most
    };
    assert_eq!(most(&["-j6", "--json", "--resources", "gpu=2"]), 2);
    assert_eq!(most(&["-j6", "--json", "--resources", "gpu=1"]), 1);
    assert_eq!(most(&["-j6", "--json"]), 6);
}

#[test]
fn to_ask_for_more_than_there_is_is_an_error_before_anything_runs() {
    let story = Story::new().rulefile(&GPU.replace("gpu=1", "gpu=3"));
    for args in [&["--resources", "gpu=2"][..], &["-n", "--resources", "gpu=2"]] {
        let run = story.run(args);
        run.is_refused().stderr_has("asks for gpu=3, but there is gpu=2").stderr_has("Rulefile:6:20");
    }
    assert!(!story.has("0.out"));
    let late = Story::new().rulefile(&GPU.replace("gpu=1", "gpu=lambda wildcards, attempt: 3"));
    // Only when its job is about to start does a function say so: that job fails.
    late.run(&["--resources", "gpu=2"]).fails().stderr_has("asks for gpu=3");
    assert!(!late.has("0.out"));
    let unit = Story::new().rulefile(&GPU.replace("gpu=1", "mem=\"4GB\""));
    unit.run(&["--resources", "mem=8x"]).is_refused().stderr_has("mem=8x");
}

#[test]
fn resources_have_units() {
    let rule = r#"
rule all:
    input: "a", "b"

rule literal:
    output: "a"
    resources: mem = "1.5 GB", runtime = "2h"
    shell: "echo {resources.mem_mb} {resources.mem_mib} {resources.mem} {resources.runtime} > {output}"

rule function:
    output: "b"
    params: half = lambda wildcards, resources: 1
    resources: mem_mib = lambda wildcards: 1000, disk = lambda wildcards: "3GB"
    shell: "echo {resources.mem_mb} {resources.disk_mb} > {output}"
"#;
    let story = Story::new().rulefile(rule);
    story.run(&[]).succeeds();
    assert_eq!(story.read("a"), "1500 1431 1.5 GB 120\n");
    assert_eq!(story.read("b"), "1048 3000\n");
    let story = Story::new().rulefile(rule);
    story.run(&["--resources", "mem=1GB"]).is_refused().stderr_has("asks for mem_mb=1500, but there is mem_mb=1000");
    story.run(&["--resources", "runtime=1h"]).is_refused().stderr_has("runtime=120");
    story.run(&["--resources", "mem=2GB", "runtime=3h"]).succeeds();
}

#[test]
fn inputs_that_come_out_the_same_cut_a_run_off() {
    let rules = TWO.replace("cat {input} > {output}", "head -n 1 {input} > {output}");
    let story = Story::new().rulefile(&rules).file("in.txt", "one\nmore\n");
    story.run(&[]).succeeds();
    story.append("in.txt", "and more\n");
    let run = story.run(&["--json"]);
    run.succeeds().started(&["first"]);
    assert_eq!(run.jobs("job-cut-off"), ["second"]);
    let done = of(&run, "run-finished").remove(0);
    assert_eq!((&done["made"], &done["cut_off"]), (&1.into(), &1.into()));
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn other_bytes_of_a_remade_intermediate_make_nobody_stale() {
    let rules = r#"
rule all:
    input: "sum.txt", "size.txt"
rule pack:
    input: "in.txt"
    output: "packed"
    shell: "cat {input} > {output}; date +%N >> {output}"
rule sum:
    input: "packed"
    output: "sum.txt"
    shell: "head -n 1 {input} > {output}"
rule size:
    input: "packed"
    output: "size.txt"
    shell: "head -n 1 {input} | wc -c > {output}"
"#;
    let story = Story::new().rulefile(rules).file("in.txt", "one\n");
    story.run(&["--json"]).succeeds().started(&["pack", "sum", "size"]);
    story.remove("packed").run(&[]).has_nothing_to_do();
    // One consumer needs it, so it is made again, with other bytes.
    story.remove("sum.txt");
    story.run(&["--json"]).succeeds().started(&["pack", "sum"]);
    story.run(&[]).has_nothing_to_do();
    // Who asks for the file itself wants what comes of it.
    story.remove("packed").run(&["packed", "--json"]).succeeds().started(&["pack"]);
    story.run(&["--json"]).succeeds().started(&["sum", "size"]);
    story.run(&[]).has_nothing_to_do();
    story.write("in.txt", "two\n").run(&["--json"]).succeeds().started(&["pack", "sum", "size"]);
}

#[test]
fn an_input_edited_while_it_is_read_leaves_its_job_stale() {
    let rules = "rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"cat {input} > {output}; echo begun > begun; until test -e go; do sleep 0.01; done\"\n";
    let story = Story::new().rulefile(rules).file("in", "one\n");
    let run = story.start(&["out"]).until("begun", "begun");
    story.write("in", "two\n").write("go", "");
    run.finish().succeeds().stderr_has("`in` changed while rule `a` was reading it").stderr_has("stale");
    assert_eq!(story.read("out"), "one\n");
    story.run(&["-n"]).succeeds().stdout_has("run    a").stdout_has("in");
    story.run(&["--json"]).succeeds().started(&["a"]);
    assert_eq!(story.read("out"), "two\n");
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn mistyped_options_say_what_to_write() {
    let story = Story::new().rulefile(
        "scattergather:\n    split = 4\nrule all:\n    output: \"all\"\n    shell: \"touch all\"\nrule other:\n    output: \"o{x}\"\n    shell: \"touch {output}\"\n",
    );
    for (words, said) in [
        (&["--set-scatter", "nope=3"][..], "no `scattergather` of the Rulefile names `nope`"),
        (&["-U", "other"], "no job of this plan is one of rule `other`"),
        (&["-C", "nodir"], "`--directory nodir` makes it"),
        (&["--resources", "gpu"], "`--resources gpu=4`"),
        (&["-j", "-1"], "that is no number of cores"),
        (&["--executor", "slurm"], "is an option of Snakemake"),
    ] {
        story.run(words).is_refused().stderr_has(said);
    }
    assert!(!story.has("nodir") && !story.has("all"));
    story.run(&["-j1", "-e", "local", "--no-hooks"]).succeeds().stderr_has("`--executor local` is needless");
}

#[test]
fn a_dry_run_shows_in_which_words_a_command_changed() {
    let long = "echo a long command with many words in it, more than fit beside a reason, says";
    let story = Story::new().rulefile(&format!("rule a:\n    output: \"a\"\n    shell: \"{long} one thing > a\"\n"));
    story.run(&[]).succeeds();
    story.edit("Rulefile", "one thing", "another thing");
    story.run(&["-n"]).stdout_has("the command changed: …says one thing… → …says another thing…");
}

#[test]
fn a_job_that_may_be_needed_says_by_whom() {
    let story = Story::new().rulefile(
        r#"
rule last:
    input: "part", "slow"
    output: "last"
    shell: "cat {input} > {output}"
rule part:
    output: temp("part")
    shell: "echo 1 > {output}"
rule slow:
    output: "slow"
    shell: "echo 2 > {output}"
"#,
    );
    story.run(&[]).succeeds();
    story.edit("Rulefile", "echo 2", "echo  2");
    story.run(&["-n"]).stdout_has("needed by last, if that runs").stdout_has("waits for slow");
    story.run(&["last", "--why", "part"]).stdout_has("if a job that reads it runs").says_nothing_of("waits for");
    story.run(&["-n", "--json"]).stdout_has(r#""waits_for":[],"needed_by":"last""#);
}
