//! Small Snakefiles as Snakemake's users write them, run unmodified.

use crate::story::Story;

fn snakefile(text: &str) -> Story {
    Story::new().file("Snakefile", text)
}

#[test]
fn scatter_and_gather() {
    let story = snakefile(
        r#"
scattergather:
    split = 3,

rule all:
    input: "a.all"

rule split:
    output: temp(scatter.split("parts/{{sample}}/{scatteritem}.txt"))
    shell: "for f in {output}; do basename $f > $f; done"

rule part:
    input: "parts/{sample}/{scatteritem}.txt"
    output: "done/{sample}/{scatteritem}.txt"
    shell: "cp {input} {output}"

rule gather:
    input: gather.split("done/{{sample}}/{scatteritem}.txt")
    output: "{sample}.all"
    shell: "cat {input} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("a.all"), "1-of-3.txt\n2-of-3.txt\n3-of-3.txt\n");
    story.run(&["--set-scatter", "split=2"]).succeeds();
    assert_eq!(story.read("a.all"), "1-of-2.txt\n2-of-2.txt\n");
    story.run(&["--set-scatter", "split=0"]).is_refused().stderr_has("must be 1 or more");
}

#[test]
fn variables_of_the_environment_must_be_there() {
    let story = snakefile(
        "envvars:\n    \"PATH\",\n    \"NO_SUCH_ONE\", \"NOR_THIS\"\nrule a:\n    output: \"a\"\n    shell: \"touch {output}\"\n",
    );
    let run = story.run(&[]);
    run.is_refused().stderr_has("`NO_SUCH_ONE` is not set").stderr_has("`NOR_THIS` is not set");
    story.edit("Snakefile", ",\n    \"NO_SUCH_ONE\", \"NOR_THIS\"", "").run(&[]).succeeds();
}

#[test]
fn marks_for_all_files_of_the_rules_below() {
    let story = snakefile(
        r#"
outputflags: temp
inputflags: ancient
rule all:
    input: "c"
    output: protected("all")
    shell: "cp {input} {output}"
rule b:
    output: "b"
    shell: "touch {output}"
rule c:
    input: "b", "source"
    output: "c"
    shell: "cat {input} > {output}"
"#,
    )
    .file("source", "1\n");
    story.run(&[]).succeeds();
    assert!(!story.has("b") && !story.has("c"), "they are temp()");
    assert!(story.has("all"));
    story.write("source", "2\n").run(&[]).has_nothing_to_do();
}

#[test]
fn sections_without_an_effect_are_read_over_and_said_once() {
    let story = snakefile(
        r#"
container: "docker://debian"
resource_scopes: gpu = "local"
report: "report/workflow.rst"
rule a:
    output: "a"
    conda: "envs/a.yaml"
    group: "g"
    cache: True
    handover: False
    envmodules: "bio/bwa", "bio/samtools"
    shell: "touch {output}"
rule b:
    input: "a"
    output: "b"
    conda: lambda wildcards: "envs/b.yaml"
    retries: 3
    container: None
    shell: "touch {output}"
rule c:
    default_target: True
    input: "b"
"#,
    );
    let run = story.run(&[]);
    run.succeeds().says_once("names a conda environment, which is not used");
    run.says_once("names a container, which is not used").says("retries");
}
