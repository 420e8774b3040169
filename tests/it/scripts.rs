//! Stories of `script:`.

use crate::story::Story;

/// A name with all that shells, Python and R trip over.
const HOSTILE: &str = "it's \"a\" $b `c` \\d é\n[1] {x}";

#[test]
fn a_python_script_has_the_object_and_the_modules_beside_it() {
    let story = Story::new()
        .file("a.txt", "one\n")
        .file("workflow/scripts/near.py", "WORD = 'near'\n")
        .file(
            "workflow/scripts/s.py",
            r#"#!/usr/bin/env python3
import near, os, sys
from snakemake.script import snakemake as same
from snakemake.shell import shell

assert same is snakemake is rulemake and __name__ == "__main__"
assert __file__ == sys.argv[0] and snakemake.scriptdir == os.path.dirname(__file__)
assert (snakemake.input.a, snakemake.output[0], snakemake.wildcards.x) == ("a.txt", "x.txt", "x")
assert (snakemake.params.n, snakemake.threads, snakemake.rule) == (5, 1, "s")
assert snakemake.resources.get("mem_mb", 9) == 9 and snakemake.config["k"] == 1
assert snakemake.log_fmt_shell() == " > 'x y.log' 2>&1"
assert snakemake.log_fmt_shell(stdout=False, append=True) == " 2>> 'x y.log'"
shell("echo {near.WORD} {snakemake.input} > {snakemake.output:q}")
"#,
        )
        .file(
            "workflow/Snakefile",
            r#"
rule s:
    input: a = "a.txt"
    output: "{x}.txt"
    params: n = 5
    log: "{x} y.log"
    script: "scripts/s.py"
"#,
        );
    story.run(&["x.txt", "--config", "k=1"]).succeeds();
    assert_eq!(story.read("x.txt"), "near a.txt\n");
}

#[test]
fn the_content_of_a_script_makes_stale() {
    let story = Story::new()
        .file("scripts/a.py", "import sys\nopen(snakemake.output[0], 'w').write('1')\nopen('ran.log', 'a').write('a\\n')\n")
        .file("scripts/b.sh", "echo b >> ran.log; echo 1 > \"${snakemake_output[0]}\"\n")
        .rulefile("rule all:\n    input: \"a\", \"b\"\nrule s:\n    output: \"{x}\"\n    params: end = lambda w: {\"a\": \"py\", \"b\": \"sh\"}[w.x]\n    wildcard_constraints: x = \"[ab]\"\n    script: \"scripts/{wildcards.x}.{params.end}\"\n");
    story.run(&["-j1"]).succeeds().ran(&["a", "b"]);
    story.touch("scripts/a.py").run(&[]).has_nothing_to_do();
    story.edit("scripts/b.sh", "echo 1", "echo 2");
    story.run(&["-n"]).succeeds().stdout_has("the script scripts/b.sh changed").says_nothing_of("a.py");
    story.run(&["--why", "b"]).succeeds().stdout_has("the script scripts/b.sh changed");
    story.run(&["--accept", "s"]).succeeds().stderr_has("accepted as it is now for 1 job");
    story.run(&[]).has_nothing_to_do();
    story.edit("scripts/b.sh", "echo 2", "echo 3").run(&[]).succeeds().ran(&["b"]);
    assert_eq!(story.read("b"), "3\n");
    std::fs::rename(story.path("scripts"), story.path("moved")).expect("a rename");
    story.edit("Rulefile", "scripts/", "moved/");
    story
        .run(&["-n"])
        .stdout_has("the script moved/a.py is new")
        .stdout_has("the script scripts/a.py is not run any more");
}

#[test]
fn what_runs_is_the_text_that_was_decided_on() {
    let story = Story::new().file("s.sh", "echo 1 > \"${snakemake_output[0]}\"\n").rulefile(
        r#"
rule first:
    output: "first"
    shell: "echo 'echo 2 > \"${{snakemake_output[0]}}\"' > s.sh; touch first"
rule second:
    input: "first"
    output: "second"
    script: "s.sh"
"#,
    );
    story.run(&["second"]).succeeds();
    assert_eq!(story.read("second"), "1\n");
    story.run(&["second"]).succeeds();
    assert_eq!(story.read("second"), "2\n");
    story.run(&["second"]).has_nothing_to_do();
}

#[test]
fn an_edited_script_names_its_own_lines() {
    let story = Story::new()
        .file("workflow/s.py", "import math\n\n\ndef f():\n    return math.sqrt(-1)\n\n\nf()\n")
        .file("s.sh", "#!/bin/bash\nset -e\nnix\n")
        .file(
            "workflow/Snakefile",
            "rule p:\n    output: \"p\"\n    script: \"s.py\"\nrule s:\n    output: \"s\"\n    script: \"../s.sh\"\n",
        );
    let run = story.run(&["p"]);
    run.fails().stderr_has("File \"workflow/s.py\", line 8, in <module>").stderr_has("line 5, in f");
    run.says_nothing_of("rulemake>").stderr_has("return math.sqrt(-1)");
    story.run(&["s"]).fails().stderr_has("line 3: nix: command not found");
}

/// A rule whose script writes what it was given, and that once more.
fn hostile(script: &str) -> String {
    format!(
        r#"
NAME = config["name"]
rule all:
    input: NAME.replace("{{", "{{{{").replace("}}", "}}}}") + ".copy"
rule copy:
    output: first = "{{name,[^/]+}}.copy"
    params: name = NAME, list = [1, "x y"], number = 2.5, flag = True, nothing = None
    resources: mem_mb = 7
    threads: 2
    script: "{script}"
"#
    )
}

fn run_hostile(script: &str, text: &str, want: &str) {
    let story = Story::new().rulefile(&hostile(script)).file(script, text);
    let config = format!("name={HOSTILE}");
    story.run(&["-j2", "--config", &config, "other={a: {b: [1, 2]}}"]).succeeds();
    assert_eq!(story.read(&format!("{HOSTILE}.copy")), want);
}

#[test]
fn a_bash_script_has_arrays() {
    let text = r#"
[[ ${snakemake_params[name]} == "${snakemake_wildcards[name]}" && ${snakemake_config[name]} == "${snakemake_params[0]}" ]] || exit 3
[[ ${snakemake_output[first]} == "${snakemake_output[0]}" && ! -v snakemake_input[0] ]] || exit 4
out="${snakemake_output[0]}"
echo "${snakemake_params[list]} ${snakemake_params[number]} ${snakemake_params[flag]} [${snakemake_params[nothing]}]" > "$out"
echo "${snakemake[rule]} ${snakemake[threads]} $snakemake_threads ${snakemake_resources[mem_mb]} $0" >> "$out"
"#;
    let story = Story::new().rulefile(&hostile("s.sh")).file("s.sh", text);
    let config = format!("name={HOSTILE}");
    story.run(&["-j2", "--config", &config]).succeeds();
    let written = story.read(&format!("{HOSTILE}.copy"));
    assert!(written.starts_with("1 x y 2.5 True [None]\ncopy 2 2 7 "), "{written}");
}

#[test]
fn an_r_script_has_an_object_with_slots() {
    let text = r#"
stopifnot(snakemake@params[["name"]] == snakemake@wildcards$name, snakemake@params[[1]] == snakemake@config[["name"]])
stopifnot(length(snakemake@input) == 0, identical(snakemake@params[["flag"]], TRUE), is.null(snakemake@params[["nothing"]]))
stopifnot(identical(snakemake@config[["other"]][["a"]][["b"]], c("1", "2")), identical(rulemake, snakemake))
out <- file(snakemake@output[["first"]], "w")
writeLines(c(unlist(snakemake@params[["list"]]), snakemake@params[["number"]]), out)
writeLines(paste(snakemake@rule, snakemake@threads, snakemake@resources[["mem_mb"]]), out)
"#;
    run_hostile("s.R", text, "1\nx y\n2.5\ncopy 2 7\n");
}

#[test]
fn a_python_script_takes_any_name() {
    let text = r#"
assert snakemake.params.name == snakemake.wildcards.name == snakemake.config["name"]
assert snakemake.config["other"] == {"a": {"b": ["1", "2"]}} and list(snakemake.input) == []
with open(snakemake.output.first, "w") as out:
    print(snakemake.params[1:], snakemake.resources.mem_mb, file=out)
"#;
    run_hostile("s.py", text, "[[1, 'x y'], 2.5, True, None] 7\n");
}

#[test]
fn names_that_change_places_make_stale() {
    let story = Story::new()
        .file("x", "1")
        .file("y", "2")
        .file("s.py", "open('ran.log', 'a').write('s\\n')\nopen(snakemake.output[0], 'w').write(snakemake.input.a)\n")
        .rulefile(
            r#"
rule all:
    input: "run", "script", "shell"
rule r:
    input: a = "x", b = "y"
    output: "run"
    run:
        open("ran.log", "a").write("r\n")
        open(output[0], "w").write(input.a)
rule s:
    input: a = "x", b = "y"
    output: "script"
    script: "s.py"
rule t:
    input: a = "x", b = "y"
    output: "shell"
    shell: "echo t >> ran.log; cat {input} > {output}"
"#,
        );
    story.run(&["-j1"]).succeeds();
    story.run(&[]).has_nothing_to_do();
    let changed = story.read("Rulefile").replace(r#"a = "x", b = "y""#, r#"b = "x", a = "y""#);
    story.write("Rulefile", &changed);
    story.run(&["--why", "run"]).succeeds().stdout_has("what `input.a` stands for changed");
    story.run(&["-j1"]).succeeds().ran(&["r", "s"]);
    assert_eq!((story.read("run"), story.read("script")), ("y".into(), "y".into()));
}

#[test]
fn a_script_may_begin_with_a_byte_order_mark() {
    let story = Story::new()
        .file("s.py", "\u{feff}open(snakemake.output[0], 'w').write('1')\n")
        .rulefile("rule s:\n    output: \"a\"\n    script: \"s.py\"\n");
    story.run(&[]).succeeds();
    assert_eq!(story.read("a"), "1");
}
