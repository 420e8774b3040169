//! Jobs that run at the same time: pipes and services.

use crate::story::Story;

const PIPE: &str = r#"
rule all:
    input: "out"
rule write:
    input: "in"
    output: pipe("between")
    shell: "echo write >> ran.log; cat {input} > {output}; test ! -e fail.write"
rule through:
    input: "between"
    output: pipe("further")
    shell: "echo through >> ran.log; sed s/a/b/ < {input} > {output}"
rule read:
    input: "further"
    output: "out"
    shell: "echo read >> ran.log; cat {input} > {output}; test ! -e fail.read"
"#;

#[test]
fn both_ends_of_a_pipe_run_at_once() {
    let story = Story::new().rulefile(PIPE).file("in", "a1\na2\n");
    let all = ["write", "through", "read"];
    story.run(&["-j3"]).succeeds().ran(&all);
    assert_eq!(story.read("out"), "b1\nb2\n");
    assert!(!story.has("between") && !story.has("further"));
    story.run(&["-j3"]).has_nothing_to_do();
    story.write("in", "a3\n").run(&["-j3"]).succeeds().ran(&all);
    assert_eq!(story.read("out"), "b3\n");
    story.remove("out").run(&["-j3"]).succeeds().ran(&all);
    story.edit("Rulefile", "s/a/b/", "s/a/c/").run(&["-j3"]).succeeds().ran(&all);
    assert_eq!(story.read("out"), "c3\n");
    story.run(&["-j3", "-n"]).succeeds().says("nothing to do");
}

#[test]
fn a_pipe_needs_cores_for_all_its_jobs() {
    let story = Story::new().rulefile(PIPE).file("in", "a1\n");
    story.run(&["-j2"]).is_refused().stderr_has("take 3 cores, and there are 2").stderr_has("-j 3").ran(&[]);
    story.run(&["-j3", "between"]).is_refused().stderr_has("cannot be a target");
}

#[test]
fn the_failure_of_one_end_is_that_of_both() {
    for end in ["write", "read"] {
        let story = Story::new().rulefile(PIPE).file("in", "a1\n").file(&format!("fail.{end}"), "");
        story.run(&["-j3"]).fails().stderr_has(end).stderr_has("bound to it by a pipe failed");
        assert!(!story.has("out") && !story.has("between") && !story.has("further"));
        story.remove(&format!("fail.{end}")).run(&["-j3"]).succeeds().ran(&["write", "through", "read"]);
        assert_eq!(story.read("out"), "b1\n");
    }
}

#[test]
fn who_waits_for_the_other_end_is_let_go() {
    let story = Story::new().rulefile(
        r#"
rule write:
    output: pipe("between")
    shell: "true"
rule read:
    input: "between"
    output: "out"
    shell: "cat {input} > {output}; echo end >> {output}"
"#,
    );
    story.run(&["-j2", "out"]).succeeds();
    assert_eq!(story.read("out"), "end\n");
}

#[test]
fn a_pipe_that_two_jobs_read_is_refused() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "1", "2"
rule write:
    output: pipe("between")
    shell: "echo x > {output}"
rule read:
    input: "between"
    output: "{n}"
    shell: "cat {input} > {output}"
"#,
    );
    story.run(&["-j3"]).is_refused().stderr_has("two jobs read the pipe `between`: `read n=1` and `read n=2`");
}

/// A server that writes the port it was given, and jobs that fetch from it.
const SERVER: &str = r#"
rule all:
    input: expand("got/{n}", n=range(17))
rule serve:
    input: "serve.py"
    output: service("port")
    shell: "echo serve >> ran.log; exec python3 {input} {output}"
rule fetch:
    input: port = "port", script = "fetch.py", page = "pages/{n}"
    output: "got/{n}"
    shell: "echo fetch >> ran.log; python3 {input.script} {input.port} {wildcards.n} > {output}"
"#;

const SERVE: &str = "
import http.server, os, sys
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
with open(sys.argv[1] + '.new', 'w') as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
";

const FETCH: &str = "
import sys, urllib.request
port = open(sys.argv[1]).read().strip()
print(urllib.request.urlopen('http://127.0.0.1:%s/pages/%s' % (port, sys.argv[2])).read().decode())
";

fn server() -> Story {
    let story = Story::new().rulefile(SERVER).file("serve.py", SERVE).file("fetch.py", FETCH);
    for n in 0..17 {
        story.write(&format!("pages/{n}"), &format!("page {n}"));
    }
    story
}

#[test]
fn a_service_runs_as_long_as_jobs_need_it() {
    let story = server();
    story.run(&["-j3"]).succeeds().stderr_has("18 made");
    for n in 0..17 {
        assert_eq!(story.read(&format!("got/{n}")), format!("page {n}\n"));
    }
    assert!(!story.has("port"));
    story.run(&["-j3"]).has_nothing_to_do();
    story.write("pages/3", "another").run(&["-j3"]).succeeds().ran(&["serve", "fetch"]);
    assert_eq!(story.read("got/3"), "another\n");
    story.run(&["-j1", "-F"]).is_refused().stderr_has("take 2 cores, and there are 1");
}

#[test]
fn a_service_that_ends_early_fails_its_jobs() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "a", "b"
rule serve:
    output: service("up")
    shell: "echo up > {output}; sleep 0.3"
rule use:
    input: "up"
    output: "{n,[ab]}"
    shell: "echo use >> ran.log; sleep 20; touch {output}"
"#,
    );
    let run = story.run(&["-j2", "-k"]);
    run.fails().stderr_has("the service ended before the jobs that read from it").ran(&["use"]);
    run.stderr_has("the service that it read from had ended")
        .stderr_has("the service `serve` that it reads from has ended");
    assert!(!story.has("up") && !story.has("a"));
}

#[test]
fn a_service_that_never_comes_up_cancels_its_jobs() {
    let story = Story::new().rulefile(
        r#"
rule serve:
    output: service("up")
    shell: "exit 3"
rule use:
    input: "up"
    output: "out"
    shell: "echo use >> ran.log; touch {output}"
"#,
    );
    story.run(&["-j2", "out"]).fails().stderr_has("exit code 3").ran(&[]);
}

#[test]
fn prioritized_targets_go_first() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: expand("out/{n}", n=range(5)), "last"
rule out:
    output: "out/{n}"
    priority: 5
    shell: "echo {wildcards.n} >> ran.log; touch {output}"
rule before:
    output: "before"
    shell: "echo before >> ran.log; touch {output}"
rule last:
    input: "before"
    output: "last"
    shell: "echo last >> ran.log; touch {output}"
"#,
    );
    story.run(&["-j1", "-P", "last", "--", "all"]).succeeds();
    assert!(story.read("ran.log").starts_with("before\nlast\n"), "{}", story.read("ran.log"));
    story
        .run(&["-j1", "--local-cores", "2", "--jobname", "x", "--rerun-triggers", "mtime", "--nolock"])
        .has_nothing_to_do();
}

#[test]
fn services_and_their_readers_fit_in_the_resources() {
    let story = Story::new().rulefile(
        r#"
rule use:
    input: "up"
    output: "a"
    resources: mem_mb = 600
    shell: "touch {output}"
rule serve:
    output: service("up")
    resources: mem_mb = 600
    shell: "touch {output}; sleep 20"
"#,
    );
    let run = story.run(&["-j2", "--resources", "mem_mb=1000"]);
    run.is_refused().stderr_has("ask for mem_mb=1200, and there is mem_mb=1000");
    run.stderr_has("run with `--resources mem_mb=1200`");
    story.run(&["-j2", "--resources", "mem_mb=1200"]).succeeds();
}

#[test]
fn touch_takes_the_jobs_of_a_pipe_and_of_a_service_as_made() {
    let story = Story::new().rulefile(PIPE).file("in", "a1\n").file("out", "b1\n");
    story.run(&["--touch"]).succeeds().says_nothing_of("missing").ran(&[]);
    story.run(&["-j3"]).has_nothing_to_do();
    let story = Story::new().rulefile(PIPE).file("in", "a1\n");
    story.run(&["--touch"]);
    story.run(&["-j3"]).succeeds().ran(&["write", "through", "read"]);
    let story = server();
    story.run(&["-j3"]).succeeds();
    story.edit("Rulefile", "echo serve >>", "echo  serve >>");
    story.run(&["--touch"]).succeeds();
    story.run(&["-j3"]).has_nothing_to_do();
}
