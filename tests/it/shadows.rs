//! Outputs with conditions, outputs that are updated, and jobs that work in a
//! directory of their own.

use crate::story::Story;
use rustix::process::Signal;

const SHADOW: &str = r#"
rule all:
    input: "out/minimal", "out/copy", "out/shallow", "out/full"
rule minimal:
    input: "d/in"
    output: "out/minimal"
    log: "log/minimal"
    shadow: "minimal"
    shell: "cat {input} > {output}; echo rest > rest; ls -A >> {output}; echo said > {log}; ls d >> {output}"
rule copy:
    input: "d/in"
    output: "out/copy"
    shadow: "copy-minimal"
    shell: "cat {input} > {output}; echo more >> {input}"
rule shallow:
    input: "d/in"
    output: "out/shallow"
    shadow: True
    shell: "cat {input} hidden d/other > {output}; echo rest > rest; test ! -e .rulemake"
rule full:
    input: "d/in"
    output: "out/full"
    shadow: "full"
    shell: "cat d/other > {output}; echo new > d/new; rm d/other"
"#;

#[test]
fn what_a_job_does_not_declare_stays_in_its_shadow() {
    let story =
        Story::new().rulefile(SHADOW).file("d/in", "in\n").file("d/other", "other\n").file("hidden", "hidden\n");
    story.run(&["-j2"]).succeeds();
    assert_eq!(story.read("out/minimal"), "in\nd\nlog\nout\nrest\nin\n");
    assert_eq!((story.read("out/copy"), story.read("d/in")), ("in\n".into(), "in\n".into()));
    assert_eq!(story.read("out/shallow"), "in\nhidden\nother\n");
    assert_eq!((story.read("out/full"), story.read("log/minimal")), ("other\n".into(), "said\n".into()));
    assert!(!story.has("rest") && !story.has("d/new") && story.has("d/other"));
    assert_eq!(std::fs::read_dir(story.path(".rulemake/shadow")).unwrap().count(), 0);
    story.run(&["-j2"]).has_nothing_to_do();
}

const FAILING: &str = r#"
rule a:
    input: "in"
    output: "out"
    log: "said"
    shadow: "minimal"
    shell: "echo part > {output}; echo why > {log}; bash {input}"
"#;

#[test]
fn a_shadow_of_a_job_that_fails_goes_and_its_log_stays() {
    let story = Story::new().rulefile(FAILING).file("in", "exit 3\n").file("out", "old\n");
    story.run(&["--remake"]).fails();
    assert_eq!((story.read("out"), story.read("said")), ("old\n".into(), "why\n".into()));
    assert_eq!(std::fs::read_dir(story.path(".rulemake/shadow")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_run_left_of_a_shadow_goes_with_the_next() {
    let story = Story::new()
        .rulefile(FAILING)
        .file("in", "touch here; cut -d' ' -f5 /proc/$$/stat > \"$HOME_OF_TEST/pid\"; exec sleep 30\n");
    let home = story.path("").display().to_string();
    story.edit("Rulefile", "bash {input}", &format!("HOME_OF_TEST={home} bash {{input}}"));
    let elsewhere = tempfile::tempdir().unwrap();
    let prefix = elsewhere.path().display().to_string();
    let running = story.start(&["--shadow-prefix", &prefix]).until("pid", "\n");
    running.signal(Signal::KILL).finish();
    assert_eq!(std::fs::read_dir(elsewhere.path().join("shadow")).unwrap().count(), 1);
    let job = story.read("pid").trim().parse().unwrap();
    rustix::process::kill_process_group(rustix::process::Pid::from_raw(job).unwrap(), Signal::KILL).unwrap();
    story.write("in", "true\n").run(&[]).succeeds();
    assert_eq!(std::fs::read_dir(elsewhere.path().join("shadow")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(story.path(".rulemake/shadow")).unwrap().count(), 0);
    assert_eq!(story.read("out"), "part\n");
}

#[test]
fn a_condition_on_an_output_is_told_with_what_was_found() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "good", "bad", "empty"
rule good:
    output: ensure("good", sha256="5891B5B522D5DF086D0FF0B110FBD9D21BB4FC7163AF34D08286A2E846F6BE03", non_empty=True)
    shell: "echo hello > {output}"
rule bad:
    output: ensure("bad", md5="00000000000000000000000000000000")
    shell: "echo hello > {output}"
rule empty:
    output: ensure("empty", non_empty=True)
    shell: "touch {output}"
"#,
    );
    let run = story.run(&["-k"]);
    run.fails().stderr_has("expected 00000000000000000000000000000000, found b1946ac92492d2347c6235b4d2611184");
    run.stderr_has("its output `empty` is empty").stderr_has("failed: 2 jobs, 1 made");
    assert!(story.has("good") && !story.has("bad") && !story.has("empty"));
}

#[test]
fn an_output_that_is_updated_stays_in_place_and_comes_back() {
    let story = Story::new().file("in", "1\n").file("out", "first\n").rulefile(
        r#"
rule a:
    input: "in"
    output: update("out")
    shell: "cat {input} >> {output}; ! grep -q 3 {input}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("out"), "first\n1\n");
    story.write("in", "3\n").run(&[]).fails();
    assert_eq!(story.read("out"), "first\n1\n");
    story.write("in", "2\n").run(&[]).succeeds();
    assert_eq!(story.read("out"), "first\n1\n2\n");
    story.run(&[]).has_nothing_to_do();
}

const TEMP: &str = r#"
rule all:
    input: "c"
rule a:
    output: temp(directory("a"))
    shell: "mkdir {output}; echo x > {output}/x"
rule b:
    input: "a"
    output: "b"
    shell: "cat a/x > b"
rule c:
    input: "a", "b"
    output: "c"
    shell: "test ! -e fail; cat a/x b > c"
"#;

#[test]
fn temporary_files_stay_as_long_as_they_are_needed() {
    let story = Story::new().rulefile(TEMP).file("fail", "");
    story.run(&[]).fails();
    assert!(story.has("a/x"), "a job that failed still needs it");
    story.remove("fail").run(&[]).succeeds();
    assert!(!story.has("a") && story.has("b"));
    story.run(&["-F", "--notemp"]).succeeds();
    assert!(story.has("a/x"));
    story.run(&["-F", "--all-temp"]).succeeds();
    assert!(!story.has("a") && !story.has("b") && story.has("c"));
    story.run(&[]).has_nothing_to_do();
}
