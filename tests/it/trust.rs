//! Files told by size and time: `--trust-stat`.

use crate::story::Story;
use std::fs::File;
use std::time::{Duration, SystemTime};

const RULES: &str = r#"
rule all:
    input: "out/a", "out/b"

rule first:
    input: "in/data.bin"
    output: "mid/{name}.bin"
    shell: "cat {input} > {output}"

rule second:
    input: "mid/{name}.bin"
    output: "out/{name}"
    shell: "cat {input} > {output}"
"#;

const TRUST: [&str; 2] = ["--trust-stat", "*.bin"];

fn story() -> Story {
    let story = Story::new().rulefile(RULES).file("in/data.bin", "one\n");
    set_time(&story, "in/data.bin", 1_000_000);
    story
}

fn set_time(story: &Story, path: &str, seconds: u64) {
    let file = File::options().append(true).open(story.path(path)).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

/// Runs with or without trust; gives how many jobs started.
fn started(story: &Story, trust: bool) -> usize {
    let mut args = vec!["-j2", "--json"];
    if trust {
        args.extend(TRUST);
    }
    let run = story.run(&args);
    run.succeeds();
    run.jobs("job-started").len()
}

#[test]
fn content_behind_the_same_size_and_time_is_not_seen() {
    let story = story();
    assert_eq!(started(&story, true), 4);
    assert_eq!(started(&story, true), 0);
    story.write("in/data.bin", "two\n");
    set_time(&story, "in/data.bin", 1_000_000);
    assert_eq!(started(&story, true), 0, "same size and time");
    set_time(&story, "in/data.bin", 1_000_001);
    assert_eq!(started(&story, true), 4, "another time");
    assert_eq!(story.read("out/a"), "two\n");
}

#[test]
fn to_trust_or_not_is_no_reason_while_the_stat_is_the_same() {
    for first in [false, true] {
        let story = story();
        assert_eq!(started(&story, first), 4);
        assert_eq!(started(&story, !first), 0, "first with trust: {first}");
        assert_eq!(started(&story, first), 0);
        assert_eq!(started(&story, !first), 0);
        // A new consumer of a file that others have read under the other kind.
        story.append(
            "Rulefile",
            "rule more:\n    input: \"in/data.bin\"\n    output: \"more\"\n    shell: \"cat {input} > {output}\"\n",
        );
        let mut args = vec!["more", "--json"];
        if !first {
            args.extend(TRUST);
        }
        story.run(&args).succeeds().started(&["more"]);
        assert_eq!(started(&story, first), 0);
        assert_eq!(started(&story, !first), 0);
        story.write("in/data.bin", "two\n");
        assert_eq!(started(&story, !first), 4, "an edit is seen");
        assert_eq!(started(&story, first), 0);
    }
}

#[test]
fn a_touched_file_is_a_changed_one_where_the_stat_is_trusted() {
    let story = story();
    story.run(&["-j2", "--trust-stat", "in/*"]).succeeds();
    story.touch("in/data.bin");
    let again = story.run(&["-j2", "--json", "--trust-stat", "in/*"]);
    again.succeeds().started(&["first a", "first b"]);
    assert_eq!(again.jobs("job-cut-off").len(), 2, "the outputs are told by content, and came out the same");
}

#[test]
fn a_chmod_is_no_change_of_a_trusted_file() {
    use std::os::unix::fs::PermissionsExt;
    let story = story();
    assert_eq!(started(&story, true), 4);
    std::fs::set_permissions(story.path("in/data.bin"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(started(&story, true), 0);
}

#[test]
fn trusted_files_are_not_read() {
    let story = Story::new()
        .rulefile("rule a:\n    input: \"in/data.bin\"\n    output: \"out\"\n    shell: \"touch {output}\"\n");
    story.write("in/data.bin", "one\n").run(&TRUST).succeeds();
    story
        .write("in/data.bin", "two\n")
        .run(&[&TRUST[..], &["-n"]].concat())
        .succeeds()
        .stdout_has("in/data.bin changed");
    story.run(&[&TRUST[..], &["--touch"]].concat()).succeeds();
    story.run(&TRUST).has_nothing_to_do();
    story.run(&["--trust-stat", "[x"]).is_refused().stderr_has("--trust-stat [x");
}
