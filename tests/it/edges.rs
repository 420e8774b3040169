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

#[test]
fn braces_in_names_of_files_are_no_wildcards() {
    let rule = r#"
NAMES = glob_wildcards("in/{name}.txt").name

rule all:
    input: "all.txt", expand("{name}.b.{{nobody}}", name=[]), glob("in/*.txt")

rule copy:
    input: "in/{name}.txt"
    output: "out/{name}.txt"
    shell: "cp {input} {output}"

rule join:
    input: expand("out/{name}.txt", name=NAMES)
    output: temp(expand("{name}.{kind}", name="x{y}", kind=["a", "b"]))
    shell: "cat {input} | tee {output} >> kept.txt"

rule gather:
    input: rules.join.output, rules.join.input
    output: "all.txt"
    shell: "cat {input} > {output}"

rule keeps:
    input: expand("{name}.{{part}}", name="p{q}")
    output: "{part}.kept"
    shell: "cp {input} {output}"
"#;
    let story = Story::new().rulefile(rule).file("in/a{b}.txt", "x\n").file("in/.hid.txt", "h\n").file("p{q}.z", "z\n");
    story.run(&["all", "z.kept"]).succeeds();
    assert_eq!(story.read("out/a{b}.txt"), "x\n");
    assert_eq!(story.read("all.txt"), "h\nx\nh\nx\nh\nx\n");
    assert_eq!(story.read("z.kept"), "z\n");
}

#[test]
fn names_that_are_not_utf8_are_told() {
    use std::os::unix::ffi::OsStrExt;
    let story = Story::new()
        .file("in/a.txt", "")
        .rulefile("rule all:\n    input: expand(\"in/{x}.txt\", x=glob_wildcards(\"in/{x}.txt\").x)\n");
    std::fs::write(story.path("in").join(std::ffi::OsStr::from_bytes(b"\xff.txt")), "").expect("a file");
    let run = story.run(&["-n"]);
    run.succeeds().stderr_has("`in/\u{fffd}.txt` is passed over: its name is not UTF-8").stderr_has("Rulefile:2:");
}

#[test]
fn a_run_makes_the_working_directory_and_a_dry_run_writes_nothing() {
    let story =
        Story::new().rulefile("workdir: \"deep/work\"\nrule a:\n    output: \"a\"\n    shell: \"touch {output}\"\n");
    let dry = story.run(&["-n"]);
    dry.is_refused().stderr_has("the directory `deep/work` is not there yet").stderr_has("Rulefile:1:10");
    assert!(!story.has("deep"));
    story.run(&[]).succeeds();
    assert!(story.has("deep/work/a"));
    story.run(&["-n"]).succeeds();
}

#[test]
fn records_that_were_cut_off_are_not_called_a_first_run() {
    let story = Story::new().rulefile("rule a:\n    output: \"a\"\n    shell: \"touch {output}\"\n");
    story.run(&[]).succeeds();
    let log = story.path(".rulemake/log");
    let length = std::fs::metadata(&log).expect("a log").len();
    let file = std::fs::File::options().write(true).open(&log).expect("a log");
    file.set_len(length / 4).expect("a shorter log");
    let dry = story.run(&["-n"]);
    dry.succeeds().says("no record of it").stderr_has("the records of earlier runs are lost");
    assert_eq!(dry.stderr().matches("exists without a record").count(), 1);
    story.run(&[]).is_refused().stderr_has("the records of earlier runs are lost");
}

#[test]
fn a_rule_without_a_name_is_called_by_its_place() {
    let story = Story::new().rulefile(
        "for x in [\"a\", \"b\"]:\n    rule:\n        output: x\n        shell: \"touch {output}; echo {rule}; exit 1\"\n",
    );
    story.run(&["-k", "a", "b"]).fails().stderr_has("Rulefile:2").stderr_has("Rulefile:2#2");
}

#[test]
fn ancient_works_in_input_functions() {
    let story = Story::new().rulefile(
        r#"
def chosen(wildcards):
    return ["new.txt", ancient("old.txt"), ancient(expand("{x}", x=["o"]))]

rule a:
    input: chosen
    output: "a"
    shell: "echo a >> ran.log; cat {input} > {output}"

rule b:
    input: unpack(lambda wildcards: {"new": "new.txt", "old": ancient("old.txt"), "both": ["o", ancient("p")]})
    output: "b"
    shell: "echo b >> ran.log; cat {input.new} {input.old} {input.both} > {output}"
"#,
    );
    for name in ["new.txt", "old.txt", "o", "p"] {
        story.write(name, "1\n");
    }
    story.run(&["a", "b"]).succeeds().ran(&["a", "b"]);
    story.write("old.txt", "2\n").write("p", "2\n").run(&["a", "b"]).has_nothing_to_do();
    story.write("o", "2\n").run(&["a", "b"]).succeeds().ran(&["b"]);
    story.write("new.txt", "2\n").run(&["a", "b"]).succeeds().ran(&["a", "b"]);
}

#[test]
fn snakemakes_letters_are_translated_beside_a_snakefile() {
    let story = Story::new().file("Snakefile", "rule a:\n    output: \"out.txt\"\n    shell: \"touch {output}\"\n");
    for there in [false, true] {
        if there {
            story.write("out.txt", "");
        }
        story.run(&["-f", "out.txt"]).is_refused().stderr_has("rulemake --force out.txt");
        story.run(&["-C", "key=value"]).is_refused().stderr_has("rulemake --config key=value");
    }
    let story = Story::new().file("sub/Snakefile", "rule a:\n    output: \"out.txt\"\n    shell: \"touch {output}\"\n");
    story.run(&["-C", "sub"]).succeeds();
    story.run(&["-C", "nowhere"]).is_refused().stderr_has("cannot work in `nowhere`");
}

#[test]
fn drain_finds_the_run_below_workdir() {
    let rule = "workdir: \"w\"\nrule all:\n    input: \"a\", \"b\"\nrule a:\n    output: \"a\"\n    \
                shell: \"echo on > ../on; while [ ! -e ../off ]; do sleep 0.02; done; touch {output}\"\n\
                rule b:\n    input: \"a\"\n    output: \"b\"\n    shell: \"touch {output}\"\n";
    let story = Story::new().rulefile(rule);
    let running = story.start(&["-j1"]).until("on", "on");
    story.run(&["--drain"]).succeeds();
    story.write("off", "");
    running.finish();
    assert!(story.has("w/a") && !story.has("w/b"));
}

#[test]
fn why_asks_for_the_file_behind_doubled_braces() {
    let story = Story::new().rulefile("rule a:\n    output: \"./x{{y}}\"\n    shell: \"touch {output}\"\n");
    story.run(&[]).succeeds();
    story.run(&["--why", "a"]).succeeds().says("x{y}");
}

#[test]
fn expand_waits_for_functions_of_the_wildcards() {
    let story = Story::new().rulefile(
        r#"
RUNS = {"s": ["1", "2"], "t": ["3"]}

rule all:
    input: "s.txt", "t.txt"

rule merge:
    input:
        runs = expand("runs/{run}.{end}", run=lambda wildcards: RUNS[wildcards.sample], end=["a", "b"]),
        marked = ancient(expand("{x}", x=[lambda w: "old." + w.sample, "same"])),
    output: "{sample}.txt"
    shell: "echo {wildcards.sample} >> ran.log; echo {input.runs} {input.marked} > {output}"
"#,
    );
    for name in ["runs/1.a", "runs/1.b", "runs/2.a", "runs/2.b", "runs/3.a", "runs/3.b", "old.s", "old.t", "same"] {
        story.write(name, "");
    }
    story.run(&[]).succeeds();
    assert_eq!(story.read("s.txt"), "runs/1.a runs/1.b runs/2.a runs/2.b old.s same\n");
    assert_eq!(story.read("t.txt"), "runs/3.a runs/3.b old.t same\n");
    story.write("same", "new").run(&[]).has_nothing_to_do();
}

#[test]
fn what_a_dropped_job_needed_is_not_made_for_it() {
    // Of the circle, `b` is dropped for the file that is there; `only_b` then serves nobody.
    let story = Story::new().file("b", "there\n").rulefile(
        r#"
rule a:
    input: "a0", "b"
    output: "a"
    shell: "echo a >> ran.log; cat {input} > {output}"

rule a0:
    output: "a0"
    shell: "echo a0 >> ran.log; touch {output}"

rule b:
    input: "only_b", "a"
    output: "b"
    shell: "echo b >> ran.log; cat {input} > {output}"

rule only_b:
    output: "only_b"
    shell: "echo only_b >> ran.log; touch {output}"
"#,
    );
    story.run(&["a"]).succeeds().ran(&["a0", "a"]);
}

#[test]
fn a_rulefile_may_end_itself() {
    let text = "how = config.get(\"how\", 0)\nprint(\"usage\")\nsys.exit(how)\nrule all:\n    output: \"a\"\n    shell: \"touch {output}\"\n";
    let story = Story::new().file("Rulefile", text);
    story.run(&[]).succeeds().says("usage").says_nothing_of("error");
    story.run(&["--config", "how=3"]).exits(3).says("the Rulefile ends itself here");
    story.run(&["--config", "how=why not"]).is_refused().says("why not");
}
