//! What surrounds a command: measurements, resources, variables, devices, and a
//! directory of its own.

use crate::story::Story;
use std::process::Command;

#[test]
fn a_benchmark_has_a_line_with_figures_for_each_run() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "a", "b"
rule a:
    output: "a"
    benchmark: repeat("bench/a.tsv", 3)
    shell: "echo run >> ran.log; sleep 0.2; echo x >> {output}; echo {benchmark} > named"
rule b:
    output: "b"
    benchmark: "bench/b.jsonl"
    shell: "sleep 0.2; touch {output}"
"#,
    );
    story.run(&["-j2"]).succeeds().ran(&["run", "run", "run"]);
    assert_eq!((story.read("a"), story.read("named")), ("x\nx\nx\n".into(), "bench/a.tsv\n".into()));
    let table = story.read("bench/a.tsv");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0].join(" "), "s h:m:s max_rss max_vms max_uss max_pss io_in io_out mean_load cpu_time");
    assert_eq!((rows.len(), rows[3][1]), (4, "0:00:00"), "{table}");
    let figure = |row: &[&str], i: usize| row[i].parse::<f64>().unwrap_or_else(|_| panic!("{table}"));
    for row in &rows[1..] {
        assert!(figure(row, 0) >= 0.2 && figure(row, 2) > 0.0 && figure(row, 2) < figure(row, 3), "{table}");
    }
    let line: serde_json::Value = serde_json::from_str(&story.read("bench/b.jsonl")).unwrap();
    assert!(line["s"].as_f64() >= Some(0.2) && line["max_rss"].as_f64() > Some(0.0), "{line}");
    story.remove("bench/a.tsv").run(&["-j2"]).has_nothing_to_do();
}

#[test]
fn a_job_that_fails_leaves_no_benchmark() {
    let story = Story::new().file("bench/a.tsv", "old\n").rulefile(
        r#"
rule a:
    output: "a"
    benchmark: "bench/a.tsv"
    shell: "echo x > {output}; exit 3"
"#,
    );
    story.run(&[]).fails();
    assert!(!story.has("bench/a.tsv") && !story.has("a"));
}

const RESOURCES: &str = r#"
rule all:
    input: "a", "b"
rule a:
    output: "a"
    threads: 1
    resources: mem_mb = 10
    shell: "echo {threads} {resources.mem_mb} $OMP_NUM_THREADS > {output}"
rule b:
    output: "b"
    threads: 4
    params: twice = lambda wildcards, resources: 2 * resources.mem_mb
    resources: mem = "1GB"
    shell: "echo {threads} {resources.mem_mb} {params.twice} > {output}"
rule c:
    output: "c"
    shell: "echo {resources.mem_mb} {resources.tmpdir} $TMPDIR > {output}; test -d $TMPDIR"
"#;

#[test]
fn the_command_line_sets_threads_and_resources() {
    let story = Story::new().rulefile(RESOURCES);
    let options = "-j4 --set-threads a=3 --set-resources a:mem_mb=77 --max-threads 2 \
                   --default-resources mem_mb=50 tmpdir=own/tmp all c";
    story.run(&options.split_whitespace().collect::<Vec<_>>()).succeeds();
    assert_eq!((story.read("a"), story.read("b")), ("2 77 2\n".into(), "2 1000 2000\n".into()));
    assert_eq!(story.read("c"), "50 own/tmp own/tmp\n");
    story.run(&["-j4"]).has_nothing_to_do();
    story.run(&["--set-threads", "d=3"]).succeeds().stderr_has("warning: `--set-threads d=3`: there is no rule `d`");
    story.run(&["--set-resources", "mem_mb=3"]).is_refused().stderr_has("RULE:NAME=VALUE");
    story.run(&["--set-threads", "a=threads*2"]).is_refused().stderr_has("the rule's own threads");
    story.run(&["--set-resources", "a:shell_exec=sh"]).is_refused().stderr_has("is named in the rule");
}

#[test]
fn limits_are_checked_before_a_run_beside_what_functions_decide() {
    let story = Story::new().rulefile(RESOURCES);
    let run = |words: &str| story.run(&words.split_whitespace().collect::<Vec<_>>());
    run("-j4 --resources mem_mb=500 --default-resources").is_refused().stderr_has("job `b` asks for mem_mb=1000");
    assert!(!story.has("a"));
    run("c -j4 --resources mem_mb=500 --default-resources").succeeds();
    assert!(story.read("c").starts_with("500 "), "what nobody asked for is no more than there is");
}

#[test]
fn resources_of_the_command_line_may_be_expressions() {
    let story = Story::new().file("a", "12345").rulefile(
        r#"
rule all:
    input: "b.1", "c.1"
rule b:
    input: "a"
    output: "b.{n}"
    threads: 3
    shell: "echo {resources.mem_mb} {resources.disk_mb} {resources.word} > {output}"
rule c:
    input: "b.{n}"
    output: "c.{n}"
    resources: mem_mb = 5
    shell: "echo {resources.mem_mb} {resources.disk_mb} {resources.word} > {output}"
"#,
    );
    let options = ["-j4", "all", "--default-resources", "mem_mb=max(2 * input.size, 7)", "disk_mb=attempt*100"];
    let more = ["word=wildcards.n + '!'", "--set-resources", "c:disk_mb=threads + 1"];
    story.run(&[&options[..], &more[..]].concat()).succeeds();
    assert_eq!((story.read("b.1"), story.read("c.1")), ("10 100 1!\n".into(), "5 2 1!\n".into()));
    story.run(&["--default-resources", "mem_mb=2 * inptu.size(3)"]).is_refused().says("`inptu` is not defined");
    story.run(&["--default-resources", "mem_mb=max(input.size_mb,"]).is_refused().says("never closed");
}

#[test]
fn what_is_not_known_before_the_run_is_shown_as_such() {
    let story = Story::new().rulefile(
        r#"
rule b:
    input: "a"
    output: "b"
    resources: mem_mb = lambda wildcards, input: 100 // input.size
    params: size = lambda wildcards, input: input.size
    shell: "echo {resources.mem_mb} {params.size} > {output}"
rule a:
    output: "a"
    shell: "echo 1234 > {output}"
"#,
    );
    story.run(&["-np", "b"]).succeeds().stdout_has("echo <TBD> <TBD> > b");
    story.run(&["b"]).succeeds();
    assert_eq!(story.read("b"), "20 5\n");
    story.run(&["b"]).has_nothing_to_do();
}

#[test]
fn jobs_have_devices_of_their_own() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: expand("out/{n}", n=range(6))
rule one:
    output: "out/{n}"
    resources: gpu = 1
    shell:
        """
        mkdir lock.$CUDA_VISIBLE_DEVICES
        echo $CUDA_VISIBLE_DEVICES >> ran.log
        sleep 0.1; touch {output}
        rmdir lock.$CUDA_VISIBLE_DEVICES
        """
"#,
    );
    let run = story.run(&["-j4", "--resources", "gpu=2"]);
    run.succeeds();
    let mut devices: Vec<String> = story.read("ran.log").lines().map(str::to_owned).collect();
    devices.sort();
    devices.dedup();
    assert_eq!(devices, ["0", "1"]);
}

#[test]
fn variables_of_a_rule_are_set_and_count() {
    let story = Story::new().rulefile(
        r#"
rule a:
    output: "{n}.txt"
    env:
        MODE = "fast {n}",
        COUNT = 3,
        LEVEL = lambda wildcards: "of " + wildcards.n,
    shell: "echo run >> ran.log; echo $MODE $COUNT $LEVEL > {output}"
"#,
    );
    story.run(&["x.txt"]).succeeds().ran(&["run"]);
    assert_eq!(story.read("x.txt"), "fast x 3 of x\n");
    story.run(&["x.txt"]).has_nothing_to_do();
    story.edit("Rulefile", "COUNT = 3", "COUNT = 4").run(&["x.txt"]).succeeds().ran(&["run"]);
    assert_eq!(story.read("x.txt"), "fast x 4 of x\n");
}

#[test]
fn gpus_are_the_devices_that_gpu_counts() {
    let rules = r#"
rule all:
    input: expand("out/{n}", n=range(4)), expand("put/{n}", n=range(4))
rule one:
    output: "out/{n}"
    resources: gpu = 1
    shell: "mkdir lock; sleep 0.05; rmdir lock; touch {output}"
rule two:
    output: "put/{n}"
    resources: gpus = 1
    shell: "mkdir lock; echo {resources.gpus} {resources.gpu} > {output}; sleep 0.05; rmdir lock"
"#;
    for name in ["gpu=1", "gpus=1"] {
        let story = Story::new().rulefile(rules);
        story.run(&["-j4", "--resources", name]).succeeds();
        assert_eq!(story.read("put/1"), "1 1\n");
    }
}

#[test]
fn the_directory_for_temporary_files_makes_no_param_stale() {
    let story = Story::new().rulefile(
        r#"
rule a:
    output: "a"
    params: own = lambda wildcards, resources: resources.tmpdir + "/x"
    shell: "echo {params.own} {resources.tmpdir}/x > {output}"
"#,
    );
    let mut elsewhere = Command::new(env!("CARGO_BIN_EXE_rulemake"));
    elsewhere.current_dir(story.path("")).env("TMPDIR", "/var/tmp");
    assert!(elsewhere.output().expect("the program runs").status.success());
    assert_eq!(story.read("a"), "/var/tmp/x /var/tmp/x\n");
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn an_extended_benchmark_tells_of_the_job() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    input: "out.a"
rule one:
    input: "in.txt"
    output: "out.{w}"
    params: k=3, l=["a", "b"]
    resources: mem_mb=100, foo="bar"
    benchmark: "b.{w}.tsv"
    shell: "cp {input} {output}"
rule two:
    input: "in.txt"
    output: "two"
    benchmark: "two.jsonl"
    shell: "cp {input} {output}"
"#,
        )
        .file("in.txt", "hello");
    story.run(&["--benchmark-extended", "all", "two"]).succeeds();
    let table = story.read("b.a.tsv");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        rows[0][10..],
        ["jobid", "rule_name", "wildcards", "params", "threads", "cpu_usage", "resources", "input_size_mb"]
    );
    let [rule, wildcards, params, threads] = [11, 12, 13, 14].map(|i| rows[1][i]);
    assert_eq!([rule, wildcards, params, threads], ["one", "{'w': 'a'}", "{'k': 3, 'l': ['a', 'b']}", "1"]);
    assert!(rows[1][16].contains("'mem_mb': 100") && rows[1][16].contains("'_cores': 1"), "{table}");
    assert!(rows[1][17].starts_with("{'in.txt': "), "{table}");
    let line: serde_json::Value = serde_json::from_str(story.read("two.jsonl").trim()).expect("JSON");
    assert_eq!((&line["rule_name"], line["resources"]["_nodes"].as_i64()), (&"two".into(), Some(1)));
    story.run(&["all", "two"]).has_nothing_to_do();
}
