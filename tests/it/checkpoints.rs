//! Stories of checkpoints: what is behind them is found when they are done,
//! again when they come out changed, and never run for nothing.

use crate::story::Story;
use rustix::process::Signal;

/// A file is split; each part has a chain of its own; all are gathered.
const SPLIT: &str = r#"
rule all:
    input: "all_done.txt"
checkpoint split:
    input: "all.txt"
    output: directory("parts")
    shell: "echo split >> ran.log; mkdir parts && split -l 10 {input} parts/p_"
def parts(wildcards):
    d = checkpoints.split.get(**wildcards).output[0]
    return expand("done/{i}.txt", i=glob_wildcards(os.path.join(d, "p_{i}")).i)
rule half:
    input: "parts/p_{i}"
    output: "half/{i}.txt"
    shell: "echo half {wildcards.i} >> ran.log; wc -l < {input} > {output}"
rule done:
    input: "half/{i}.txt"
    output: "done/{i}.txt"
    shell: "echo done {wildcards.i} >> ran.log; cat {input} {input} > {output}"
rule gather:
    input: parts
    output: "all_done.txt"
    shell: "echo gather >> ran.log; cat {input} > {output}"
"#;

fn lines(count: usize) -> String {
    (0..count).map(|i| format!("{i}\n")).collect()
}

fn split() -> Story {
    Story::new().rulefile(SPLIT).file("all.txt", &lines(25))
}

#[test]
fn what_is_behind_a_checkpoint_is_found_when_it_is_done() {
    let story = split();
    let all = ["split", "half aa", "half ab", "half ac", "done aa", "done ab", "done ac", "gather"];
    story.run(&["-j2"]).succeeds().ran(&all).says("[8/8] gather");
    assert_eq!(story.read("all_done.txt"), "10\n10\n10\n10\n5\n5\n");
    story.run(&[]).succeeds().has_nothing_to_do().ran(&[]);
}

#[test]
fn only_the_part_that_changed_runs_again() {
    let story = split();
    story.run(&[]).succeeds();
    story.write("all.txt", &lines(35));
    story.run(&[]).succeeds().ran(&["split", "half ac", "half ad", "done ac", "done ad", "gather"]);
    story.run(&[]).has_nothing_to_do();
    story.write("all.txt", &lines(30));
    story.run(&[]).succeeds().ran(&["split", "gather"]);
    assert_eq!(story.read("all_done.txt"), "10\n".repeat(6));
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn a_checkpoint_that_comes_out_the_same_ends_the_run() {
    let story = split();
    story.run(&[]).succeeds();
    story.edit("Rulefile", "mkdir parts &&", "mkdir parts;");
    story.run(&[]).succeeds().ran(&["split"]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn a_dry_run_says_what_it_does_not_know() {
    let story = split();
    let run = story.run(&["-n"]);
    run.succeeds().stdout_has("maybe  gather").stdout_has("its inputs are unknown before that is done");
    run.stdout_has("at least 1 job to run, 1 may run, perhaps more behind checkpoint split");
    story.run(&[]).succeeds();
    story.run(&["-n"]).stdout_has("nothing to do: 8 jobs up to date");
    story.write("all.txt", &lines(35));
    let run = story.run(&["-n"]);
    run.stdout_has("maybe  half i=aa").stdout_has("beyond    checkpoint split: planned on what it made before");
    run.stdout_has("at least 1 job to run, 7 may run, perhaps more behind checkpoint split");
    story.run(&["--why", "all_done.txt"]).stdout_has("planned on what it made before");
    let events = story.run(&["-n", "--json"]).events();
    let gather = events.iter().find(|e| e["rule"] == "gather").expect("the gathering job");
    assert_eq!((&gather["verdict"], &gather["beyond"]["as_before"]), (&"maybe".into(), &true.into()));
    story.run(&["-n"]).ran(&[]);
}

#[test]
fn a_deleted_directory_is_made_again_and_nothing_else() {
    let story = split();
    story.run(&[]).succeeds();
    std::fs::remove_dir_all(story.path("parts")).unwrap();
    story.run(&["done/aa.txt"]).has_nothing_to_do();
    story.run(&[]).succeeds().ran(&["split"]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn a_deleted_target_is_made_again_behind_a_checkpoint_that_runs() {
    let story = split();
    story.run(&[]).succeeds();
    story.edit("Rulefile", "mkdir parts &&", "mkdir parts;").remove("all_done.txt");
    story.run(&[]).succeeds().ran(&["split", "gather"]);
    story.remove("half/aa.txt").remove("done/aa.txt").remove("all_done.txt");
    story.run(&[]).succeeds().ran(&["half aa", "done aa", "gather"]);
}

#[test]
fn targets_beyond_a_checkpoint() {
    let story = split();
    story.run(&["done/ab.txt"]).succeeds().ran(&["split", "half ab", "done ab"]);
    story.run(&["done/ab.txt"]).has_nothing_to_do();
    let run = story.run(&["done/zz.txt"]);
    run.is_refused().says("missing input `parts/p_zz` of rule `half`").says("did not make it");
    story.write("all.txt", &lines(45));
    story.run(&["done/zz.txt"]).fails().says("missing input `parts/p_zz` of rule `half`").ran(&["split"]);
    story.run(&["done/ae.txt"]).succeeds().ran(&["half ae", "done ae"]);
    story.run(&["--list"]).stdout_has("split");
}

#[test]
fn force_reaches_beyond_checkpoints() {
    let story = split();
    story.run(&[]).succeeds();
    story.run(&["-R", "split"]).succeeds().ran(&["split"]);
    story.run(&["-R", "half"]).succeeds().ran(&["half aa", "half ab", "half ac"]);
    story.run(&["-R", "done/ab.txt"]).succeeds().ran(&["done ab"]);
    story.run(&["-R", "nothing"]).is_refused().says("neither a rule nor a file");
    let all = ["split", "half aa", "half ab", "half ac", "done aa", "done ab", "done ac", "gather"];
    story.run(&["-F"]).succeeds().ran(&all);
}

#[test]
fn touch_reaches_beyond_checkpoints() {
    let story = split();
    story.run(&[]).succeeds();
    std::fs::remove_dir_all(story.path(".rulemake")).unwrap();
    story.run(&["--touch"]).succeeds().says("8 jobs taken as made");
    story.run(&[]).has_nothing_to_do();
    std::fs::remove_dir_all(story.path(".rulemake")).unwrap();
    story
        .run(&["--touch", "all_done.txt"])
        .succeeds()
        .says("what `gather` reads is not known before its checkpoint is done");
}

/// The text is cut in two stages: a list names directories, each of which is a
/// checkpoint's job of its own.
const STAGES: &str = r#"
checkpoint names:
    input: "names.txt"
    output: "list.txt"
    shell: "echo names >> ran.log; sort -u {input} > {output}"
checkpoint parts:
    input: "in/{n}.txt"
    output: directory("parts/{n}")
    shell: "echo parts {wildcards.n} >> ran.log; mkdir {output} && split -l 1 {input} {output}/"
def of_name(wildcards):
    found = glob_wildcards("parts/" + wildcards.n + "/{i}").i
    return ["copy/" + wildcards.n + "/" + i for i in found]
def parts_of(wildcards):
    d = checkpoints.parts.get(**wildcards).output[0]
    return of_name(wildcards)
rule copy:
    input: "parts/{n}/{i}"
    output: "copy/{n}/{i}"
    shell: "echo copy {wildcards.n} {wildcards.i} >> ran.log; cp {input} {output}"
rule join:
    input: parts_of
    output: "join/{n}.txt"
    shell: "echo join {wildcards.n} >> ran.log; cat {input} /dev/null > {output}"
def joined(wildcards):
    with open(checkpoints.names.get().output[0]) as f:
        return ["join/" + line.strip() + ".txt" for line in f]
rule all:
    default_target: True
    input: joined
"#;

fn stages() -> Story {
    let story = Story::new().rulefile(STAGES).file("names.txt", "b\na\n");
    story.file("in/a.txt", "1\n2\n").file("in/b.txt", "3\n").file("in/c.txt", "4\n")
}

#[test]
fn a_checkpoint_behind_a_checkpoint() {
    let story = stages();
    let run = story.run(&[]);
    let all = ["names", "parts a", "parts b", "copy a aa", "copy a ab", "copy b aa", "join a", "join b"];
    run.succeeds().ran(&all).says("8 made");
    story.run(&[]).has_nothing_to_do().ran(&[]);
    story.write("names.txt", "b\na\nc\n");
    story.run(&["-n"]).stdout_has("at least 1 job to run, perhaps more behind checkpoint names");
    story.run(&[]).succeeds().ran(&["names", "parts c", "copy c aa", "join c"]);
    story.write("in/a.txt", "1\n2\n5\n");
    story.run(&[]).succeeds().ran(&["parts a", "copy a ac", "join a"]);
    story.remove("join/b.txt");
    story.run(&[]).succeeds().ran(&["join b"]);
    std::fs::remove_dir_all(story.path("parts/b")).unwrap();
    story.run(&[]).succeeds().ran(&["parts b"]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn a_wildcard_that_matches_a_slash_makes_no_directory_in_another() {
    let text = "rule all:\n    input: expand(\"all/{s}.txt\", s=range(3))\n\
        checkpoint split:\n    output: directory(\"parts/{s}\")\n    shell: \"echo split {wildcards.s} >> ran.log; mkdir {output}; touch {output}/1 {output}/2\"\n\
        def parts(w):\n    d = checkpoints.split.get(**w).output[0]\n    return expand(\"done/{s}/{i}\", s=w.s, i=glob_wildcards(d + \"/{i}\").i)\n\
        rule done:\n    input: \"parts/{s}/{i}\"\n    output: \"done/{s}/{i}\"\n    shell: \"touch {output}\"\n\
        rule gather:\n    input: parts\n    output: \"all/{s}.txt\"\n    shell: \"touch {output}\"\n";
    let story = Story::new().rulefile(text);
    story.run(&[]).succeeds().says("12 made").ran(&["split 0", "split 1", "split 2"]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn errors_behind_a_checkpoint_fail_one_job() {
    for (given, error) in [
        ("return [\"nothing.txt\"]", "error: missing input `nothing.txt` of rule `bad`"),
        ("return [\"two.txt\"]", "error: `two.txt` can be made by rules `one` and `other`"),
        ("return [\"round.txt\"]", "error: these jobs depend on each other in a circle"),
        ("return [\"bad.txt\"]", "error: `bad` reads its own output"),
        ("return open(\"gone.txt\").read()", "error: `gone.txt` cannot be read"),
        ("return 1 + \"x\"", "cannot be added"),
        ("return 3", "error: the input function gave an int, not a path or a list of paths"),
    ] {
        let rules = "rule all:\n    input: \"good.txt\", \"bad.txt\"\n\
            checkpoint point:\n    output: \"point.txt\"\n    shell: \"echo point >> ran.log; echo good > {output}\"\n\
            rule one:\n    output: \"{x}wo.txt\"\n    shell: \"touch {output}\"\n\
            rule other:\n    output: \"t{y}o.txt\"\n    shell: \"touch {output}\"\n\
            rule round:\n    input: \"bad.txt\"\n    output: \"round.txt\"\n    shell: \"cp {input} {output}\"\n\
            def good(wildcards):\n    return checkpoints.point.get().output\n\
            def bad(wildcards):\n    checkpoints.point.get()\n    GIVEN\n\
            rule good:\n    input: good\n    output: \"good.txt\"\n    shell: \"echo good >> ran.log; cp {input} {output}\"\n\
            rule bad:\n    input: bad\n    output: \"bad.txt\"\n    shell: \"touch {output}\"\n";
        let story = Story::new().rulefile(&rules.replace("GIVEN", given));
        let run = story.run(&["-k"]);
        run.exits(1).ran(&["point", "good"]).says(error).says("failed: 1 job");
        // Now the checkpoint is fresh: the same is said before anything runs.
        story.run(&["-k"]).is_refused().says(error);
    }
}

#[test]
fn a_failed_checkpoint_fails_what_waits_for_it_and_no_more() {
    let story = split();
    story.append("Rulefile", "rule aside:\n    output: \"aside.txt\"\n    shell: \"echo aside > {output}\"\n");
    story.edit("Rulefile", "mkdir parts &&", "exit 3 &&");
    story.run(&["-k", "all_done.txt", "aside.txt"]).exits(1).says("exit code 3").ran(&["split"]);
    assert!(story.has("aside.txt"));
    story.edit("Rulefile", "exit 3 &&", "mkdir parts &&");
    story.run(&[]).succeeds();
}

#[test]
fn a_kill_in_the_middle_loses_nothing() {
    let story = split();
    story.edit("Rulefile", "cat {input} {input} >", "echo {wildcards.i}; sleep 0.2; cat {input} {input} >");
    story.start(&["-j1"]).until("ran.log", "done").signal(Signal::KILL).finish();
    story.run(&["-j2"]).succeeds();
    assert_eq!(story.read("all_done.txt"), "10\n10\n10\n10\n5\n5\n");
    story.run(&[]).has_nothing_to_do();
    story.write("all.txt", &lines(35)).remove("ran.log");
    story.start(&["-j1"]).until("ran.log", "done").signal(Signal::INT).finish().exits(130);
    story.run(&["-j2"]).succeeds();
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn one_function_that_asks_for_many_gets_them_side_by_side() {
    let text = "S = [str(i) for i in range(4)]\n\
        def all_of(wildcards):\n    lists = [checkpoints.point.get(s=s).output[0] for s in S]\n    out = []\n    for l in lists:\n        out += [\"out/\" + n for n in open(l).read().split()]\n    return out\n\
        rule all:\n    input: all_of\n    output: \"all.txt\"\n    shell: \"cat {input} > {output}\"\n\
        checkpoint point:\n    output: \"points/{s}\"\n    shell: \"echo {wildcards.s} >> began; for i in $(seq 500); do test $(wc -l < began) = 4 && break; sleep 0.02; done; test $(wc -l < began) = 4; echo {wildcards.s}{wildcards.s} > {output}\"\n\
        rule out:\n    output: \"out/{n}\"\n    shell: \"echo {wildcards.n} > {output}\"\n";
    let story = Story::new().rulefile(text);
    story.run(&["-j4"]).succeeds().says("9 made");
    assert_eq!(story.read("all.txt"), "00\n11\n22\n33\n");
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn temporary_files_wait_for_open_jobs() {
    let text = "rule all:\n    input: \"sum.txt\"\n\
        rule a:\n    output: temp(\"a.txt\")\n    shell: \"echo a >> ran.log; echo a > {output}\"\n\
        rule b:\n    input: \"a.txt\"\n    output: \"b.txt\"\n    shell: \"cp {input} {output}\"\n\
        checkpoint point:\n    input: \"b.txt\"\n    output: \"point.txt\"\n    shell: \"echo a.txt > {output}\"\n\
        rule sum:\n    input: lambda w: open(checkpoints.point.get().output[0]).read().split()\n    output: \"sum.txt\"\n    shell: \"cat {input} > {output}\"\n";
    let story = Story::new().rulefile(text);
    story.run(&[]).succeeds().ran(&["a"]);
    assert!(!story.has("a.txt") && story.has("sum.txt"));
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn params_may_ask_for_checkpoints() {
    let text = "rule all:\n    input: \"out.txt\"\n\
        checkpoint count:\n    input: \"in.txt\"\n    output: \"count.txt\"\n    shell: \"wc -l < {input} > {output}\"\n\
        def number(wildcards):\n    with open(checkpoints.count.get().output.list if False else checkpoints.count.get().output[0]) as f:\n        return int(f.read().strip())\n\
        rule out:\n    output: \"out.txt\"\n    params: n = number\n    shell: \"echo out >> ran.log; echo {params.n} > {output}\"\n";
    let story = Story::new().rulefile(text).file("in.txt", "1\n2\n");
    story.run(&[]).succeeds().ran(&["out"]);
    assert_eq!(story.read("out.txt"), "2\n");
    story.run(&[]).has_nothing_to_do();
    story.write("in.txt", "3\n4\n");
    story.run(&[]).succeeds().ran(&[]);
    story.write("in.txt", "3\n4\n5\n");
    story.run(&[]).succeeds().ran(&["out"]);
    assert_eq!(story.read("out.txt"), "3\n");
}

#[test]
fn what_a_checkpoint_wrote_chooses_the_way() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    input: "a.final", "b.final"
checkpoint look:
    input: "{s}.in"
    output: "{s}.look"
    shell: "cp {input} {output}"
def way(wildcards):
    with checkpoints.look.get(s=wildcards.s).output[0].open() as f:
        if f.read().strip() == "long":
            return wildcards.s + ".long"
        else:
            return wildcards.s + ".short"
rule go:
    output: "{s}.{way,long|short}"
    shell: "echo {wildcards.way} {wildcards.s} | tee -a ran.log > {output}"
rule final:
    input: way
    output: "{s}.final"
    shell: "cp {input} {output}"
"#,
        )
        .file("a.in", "long\n")
        .file("b.in", "short\n");
    story.run(&["-j1"]).succeeds().ran(&["long a", "short b"]);
    story.write("a.in", "short\n");
    story.run(&["-j1"]).succeeds().ran(&["short a"]);
    assert_eq!(story.read("a.final"), "short a\n");
}

#[test]
fn a_function_parses_an_input_for_a_param() {
    let story = Story::new()
        .rulefile(
            r#"
def word(f, at=0):
    return f.read().split()[at]
rule all:
    input: "in.txt"
    output: "out.txt"
    params:
        first = parse_input(input[0], parser=word),
        second = parse_input(input[0], parser=word, at=1),
    shell: "echo {params.first} {params.second} | tee -a ran.log > {output}"
"#,
        )
        .file("in.txt", "a b\n");
    story.run(&[]).succeeds().ran(&["a b"]);
    story.run(&[]).succeeds().has_nothing_to_do();
    story.write("in.txt", "a c\n");
    story.run(&[]).succeeds().ran(&["a c"]);
}

/// `last` reads what `list` names; behind that `read` reads from a pipe or a service.
fn bound(word: &str) -> Story {
    Story::new().rulefile(&format!(
        r#"
checkpoint first:
    output: "list"
    shell: "echo a b > {{output}}"
def made(wildcards):
    return open(checkpoints.first.get().output[0]).read().split()
rule last:
    input: made
    output: "out"
    shell: "echo last >> ran.log; cat {{input}} > {{output}}"
rule read:
    input: "between.{{x}}"
    output: "{{x,[ab]}}"
    shell: "echo read {{wildcards.x}} >> ran.log; cat {{input}} > {{output}}"
rule write:
    input: "list"
    output: {word}("between.{{x}}")
    shell: "echo write {{wildcards.x}} >> ran.log; echo {{wildcards.x}} > {{output}}; sleep 0.1; {}"
"#,
        if word == "service" { "sleep 60" } else { "true" }
    ))
}

#[test]
fn pipes_and_services_behind_a_checkpoint() {
    for word in ["pipe", "service"] {
        let story = bound(word);
        let all = ["write a", "write b", "read a", "read b", "last"];
        story.run(&["-j4", "out"]).succeeds().ran(&all);
        assert_eq!(story.read("out"), "a\nb\n");
        assert!(!story.has("between.a"));
        story.run(&["-j4", "out"]).has_nothing_to_do();
        story.remove("a");
        story.run(&["-j4", "out"]).has_nothing_to_do();
        story.edit("Rulefile", "echo a b >", "echo b a >");
        story.run(&["-j4", "out"]).succeeds().ran(&all);
        assert_eq!(story.read("out"), "b\na\n");
    }
}

#[test]
fn bound_jobs_behind_a_checkpoint_must_fit() {
    for (word, cores) in [("pipe", 2), ("service", 3)] {
        let story = bound(word);
        let run = story.run(&["-j1", "out"]);
        run.fails().stderr_has(&format!("take {cores} cores, and there are 1")).stderr_has("or lower `threads:`");
        story.run(&["-j3", "out"]).succeeds();
    }
}

#[test]
fn an_open_job_joins_a_pipe_that_its_checkpoint_names() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "out"
checkpoint first:
    output: "list"
    shell: "echo stream > {output}"
def made(wildcards):
    return open(checkpoints.first.get().output[0]).read().split()
rule out:
    input: made, "early"
    output: "out"
    shell: "echo out >> ran.log; cat {input} > {output}"
rule early:
    output: pipe("early")
    shell: "echo early >> ran.log; echo 1 > {output}"
rule stream:
    input: "raw"
    output: pipe("stream")
    shell: "echo stream >> ran.log; cat {input} > {output}"
rule raw:
    output: temp("raw")
    shell: "echo raw >> ran.log; echo 2 > {output}"
"#,
    );
    story.run(&["-j3"]).succeeds().ran(&["raw", "stream", "early", "out"]);
    assert_eq!(story.read("out"), "2\n1\n");
    assert!(!story.has("raw"));
    story.run(&["-j3"]).has_nothing_to_do();
}

#[test]
fn all_temp_spares_what_checkpoints_and_protected_outputs_are() {
    let story = split();
    story.run(&["--all-temp"]).succeeds();
    assert!(story.has("parts/p_aa") && !story.has("half/aa.txt"));
    let story = Story::new().rulefile(
        r#"
rule b:
    input: "a", "t"
    output: "b"
    shell: "cat {input} > {output}"
rule a:
    output: protected("a")
    shell: "echo 1 > {output}"
rule t:
    output: "t"
    shell: "echo 1 > {output}"
"#,
    );
    story.run(&["--all-temp"]).succeeds();
    assert!(story.has("a") && !story.has("t"));
}

#[test]
fn a_function_that_fails_on_what_a_checkpoint_made_before_is_only_unknown() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "out.txt"
checkpoint list:
    input: "in.txt"
    output: "list.txt"
    shell: "cp {input} {output}"
def names(w):
    return [x + ".part" for x in open(checkpoints.list.get().output[0]).read().split()]
def size(w, input):
    return {"a": 1, "b": 2}[w.x]
rule part:
    output: "{x}.part"
    params: size=size
    shell: "echo {params.size} > {output}"
rule out:
    input: names
    output: "out.txt"
    shell: "cat {input} > {output}"
"#,
    );
    story.write("in.txt", "a b\n");
    story.run(&[]).succeeds();
    story.edit("Rulefile", r#""b": 2"#, r#""c": 3"#).write("in.txt", "a c\n");
    let dry = story.run(&["-n"]);
    dry.succeeds().stdout_has("its inputs are unknown before that is done");
    story.run(&[]).succeeds();
    assert_eq!(story.read("out.txt"), "1\n3\n");
}
