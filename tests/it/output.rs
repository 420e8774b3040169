//! What jobs print: shown at their end, followed with `--stream` or when one runs alone, kept in files.

use crate::story::Story;
use crate::trouble::on_a_terminal;

/// Jobs that print a line, wait for a file, and print two more, the last without an end.
const WAITING: &str = r#"
rule all:
    input: "a.out", "b.out"

rule wait:
    output: "{name}.out"
    shell: "echo {wildcards.name} begins; until test -e go; do sleep 0.01; done; echo {wildcards.name} goes on >&2; printf {wildcards.name}.ends; touch {output}"
"#;

#[test]
fn stream_shows_lines_while_jobs_run_and_none_twice() {
    let story = Story::new().rulefile(WAITING);
    let run = story.start(&["-j2", "--stream"]).until_it_says("wait name=a | a begins").until_it_says("b begins");
    story.write("go", "");
    let run = run.finish();
    run.succeeds().stderr_has("a goes on").stderr_has("a.ends").stderr_has("b.ends").stdout_is("");
    for line in ["a begins", "a goes on", "a.ends", "b begins", "b goes on", "b.ends"] {
        run.says_once(line);
    }
}

#[test]
fn streamed_lines_of_a_lone_job_stand_under_its_line() {
    let story = Story::new().rulefile(WAITING);
    let run = story.start(&["-j2", "--stream", "a.out"]).until_it_says("    a begins\n");
    story.write("go", "");
    run.finish().succeeds().says_once("a begins").stderr_has("    a goes on\n    a.ends\n");
}

#[test]
fn stream_as_json() {
    let story = Story::new().rulefile(WAITING);
    let run = story.start(&["-j2", "--stream", "--json", "a.out"]).until_it_says("job-output");
    story.write("go", "");
    let run = run.finish();
    run.succeeds();
    let events = run.events();
    let of = |name: &str| events.iter().filter(|e| e["event"] == name).collect::<Vec<_>>();
    let text: String = of("job-output").iter().map(|e| e["text"].as_str().unwrap()).collect();
    assert_eq!(text, "a begins\na goes on\na.ends");
    assert_eq!(of("job-output")[0]["wildcards"]["name"], "a");
    assert_eq!(of("job-finished")[0]["output"], text);
}

#[test]
fn without_stream_output_comes_whole_at_the_end() {
    let story = Story::new().rulefile(WAITING).file("go", "");
    let run = story.run(&["-j2", "--json"]);
    run.succeeds();
    assert!(run.jobs("job-output").is_empty());
    let ends: Vec<_> = run.events().into_iter().filter(|e| e["event"] == "job-finished").collect();
    assert!(ends.iter().all(|e| e["output"].as_str().unwrap().ends_with(".ends")));
}

#[test]
fn the_log_of_the_last_run_is_not_streamed() {
    let rule = "rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"cat {input}; sleep 0.2; touch out\"\n";
    let story = Story::new().rulefile(rule).file("in", "first\n");
    story.run(&["--stream"]).succeeds().says_once("first");
    story.write("in", "second\n").run(&["--stream"]).succeeds().says_once("second").says_nothing_of("first");
}

#[test]
fn a_failed_job_that_was_streamed_is_not_shown_again() {
    let rule = "rule a:\n    output: \"out\"\n    shell: \"echo of no use; sleep 0.2; exit 3\"\n";
    let story = Story::new().rulefile(rule);
    let run = story.run(&["--stream"]);
    run.fails().stderr_has("    of no use\nerror: a failed: exit code 3").stderr_has(".rulemake/logs/a/out.log");
    assert_eq!(story.read(".rulemake/logs/a/out.log"), "of no use\n");
}

#[test]
fn a_job_that_runs_alone_on_a_terminal_is_followed() {
    let rule = "rule a:\n    output: \"out\"\n    shell: \"echo begins; sleep 0.5; echo ends; touch out\"\n";
    let story = Story::new().rulefile(rule);
    let screen = on_a_terminal(&story, "NO_COLOR=1 \"$RULEMAKE\" -j2; echo code=$?", |_| {});
    assert!(screen.contains("code=0") && screen.contains("a printed:"), "{screen}");
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
    assert!(at("    begins") < at("    ends") && at("    ends") < at("] a  0."), "{screen}");
    assert_eq!(screen.matches("begins").count(), 1, "{screen}");
}

#[test]
fn a_log_has_a_limit() {
    let rule = "rule a:\n    output: \"out\"\n    shell: \"seq 100000; touch out\"\n";
    let story = Story::new().rulefile(rule);
    story
        .run(&["--log-limit", "10K"])
        .succeeds()
        .stderr_has("bytes left out by --log-limit")
        .stderr_has("    100000\n");
    let log = story.read(".rulemake/logs/a/out.log");
    assert!(log.len() < 12_000 && log.starts_with("1\n2\n") && log.ends_with("\n100000\n"), "{} bytes", log.len());
    story.run(&["--log-limit", "much"]).is_refused().stderr_has("`much`");
}
