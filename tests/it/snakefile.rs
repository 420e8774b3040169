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
    run.says_once("names a container, which is not used");
}

#[test]
fn helpers_choose_inputs() {
    let story = snakefile(
        r#"
configfile: "config.yaml"
samples = tsv("samples.tsv")

def is_big(wildcards):
    return wildcards.sample == "b"

rule all:
    input:
        collect("out/{item.sample}.txt", item=lookup(query="size > 1 & kind == 'x'", within=samples)),
        expand("out/{s}.txt", s=samples.unique("sample")),
        branch(lookup(dpath="tools/fast", within=config), then="fast.txt", otherwise="slow.txt"),
        branch(config["which"], cases={"p": "p.txt", "q": "q.txt"}),
        branch(False, then="never.txt"),

rule out:
    input:
        branch(is_big, then="big/{sample}.in", otherwise="small/{sample}.in"),
        branch(evaluate("{sample} == 'a'"), then="only-a.txt"),
        lookup(query="sample == '{sample}'", within=samples, cols="file"),
    output: "out/{sample}.txt"
    params:
        size = lookup(query="sample == '{sample}'", within=samples, cols="size"),
        known = lookup(query="sample == '{sample}'", within=samples, is_nrows=1),
        colour = lookup(dpath="colours/{sample}", within=config, default="none"),
        row = lookup(query="sample == '{one.sample}'", within=samples, one=lookup(query="sample == '{sample}'", within=samples)),
        stem = subpath(output[0], strip_suffix=".txt", basename=True),
        folder = subpath(input[0], parent=True),
        other = subpath(input[0], with_suffix=".x"),
        number = input.size,
    shell: "echo {params.size} {params.known} {params.colour} {params.stem} {params.folder} {params.other} > {output}"

rule file:
    output: "{name}.{ending,in|txt}"
    wildcard_constraints: name = "(?!out/).+"
    shell: "touch {output}"

rule later:
    input: collect("small/{x}.in", x=lambda wildcards: [wildcards.n, "2"])
    output: "later/{n}.done"
    shell: "echo {input} > {output}"

assert subpath("results/foo/test.txt", ancestor=2) == "results"
assert flatten([1, "a", [2, ["b"]]]) == ["1", "a", "2", "b"]
"#,
    )
    .file("config.yaml", "tools: {fast: true}\nwhich: q\ncolours: {a: red}\n")
    .file("samples.tsv", "sample\tsize\tkind\tfile\na\t1\tx\ta.in\nb\t2\tx\tb.in\n");
    story.run(&[]).succeeds();
    assert_eq!(story.read("out/a.txt"), "1 True red a small small/a.in.x\n");
    assert_eq!(story.read("out/b.txt"), "2 True none b big big/b.in.x\n");
    assert!(story.has("fast.txt") && story.has("q.txt") && story.has("only-a.txt"));
    story.run(&["later/7.done"]).succeeds();
    assert_eq!(story.read("later/7.done"), "small/7.in small/2.in\n");
    story.append("samples.tsv", "c\t3\tx\tc.in\n").run(&[]).succeeds().says("out sample=c");
}

#[test]
fn marks_of_snakemake_are_known() {
    let story = snakefile(
        r#"
rule a:
    output: report(temp("a", group_jobs=True), caption="a.rst", category="x"), access.random("b"), local("c")
    benchmark: repeat("bench/a.tsv", 3)
    shell: "touch {output}"
"#,
    );
    story.run(&["b"]).succeeds();
}

#[test]
fn configs_and_sheets_are_validated() {
    let story = snakefile(
        r#"
from snakemake.utils import validate
configfile: "config.yaml"
validate(config, "schemas/config.yaml")
samples = csv("samples.csv", delimiter=";", strings=["id"])
validate(samples, "schemas/samples.yaml")
rule all:
    input: expand("{id}.txt", id=samples.id)
rule one:
    output: "{id}.txt"
    shell: "echo {config[top]} {config[tool][name]} > {output}"
"#,
    )
    .file("config.yaml", "tool: {}\n")
    .file("samples.csv", "id;size\n007;1\n008;2\n")
    .file(
        "schemas/config.yaml",
        "type: object\nproperties:\n  top: {type: integer, default: 5}\n  tool:\n    properties:\n      name: {default: wc}\n",
    )
    .file("schemas/samples.yaml", "properties:\n  id: {type: string}\n  size: {type: integer, minimum: 1}\nrequired: [id]\n");
    story.run(&[]).succeeds();
    assert_eq!(story.read("007.txt"), "5 wc\n");
    story.write("config.yaml", "top: many\n");
    let run = story.run(&[]);
    run.is_refused().stderr_has("`config.top` is a string, not of type `integer`").stderr_has("schemas/config.yaml");
    story.write("config.yaml", "top: 1\ntool: {}\n").write("samples.csv", "id;size\n1;0\n");
    story.run(&[]).is_refused().stderr_has("`row 1.size` is 0, the least is 1");
}

#[test]
fn what_stands_at_the_top_of_snakefiles() {
    let story = snakefile(
        r#"
"""A workflow."""
import os, sys, glob, re, math, itertools, pandas as pd
from os.path import join
from snakemake.utils import min_version, validate, Paramspace, makedirs
from snakemake.io import expand, temp
min_version("6.0")
print("hello", "there", sep="-", file=sys.stderr)
CORES = workflow.cores
A = "_".join(str(x) for x in range(3))
S = {1, 2} | set([2, 3])
D = {k: v for k, v in [("a", 1)]}
E = {**D, "b": 2}
L = [*sorted({"y", "x"}), *["z"]]
a, b = 1, 2
z = "%s-%d" % ("a", 3) + "{}".format(4) + f"{D['a']}"
def f(x: int, *args, key="a", **kw) -> str:
    """doc"""
    return key; unused = 2
long = 1 + \
    2
assert CORES == 2, "not so many"
rule all:
    input: workflow.source_path("source.txt")
    output: "a"
    threads: workflow.cores * 0.75
    params: x = lambda w: D["a"], y = f(1)
    shell: "echo {A} {S} {E[b]} {L} {z} {params} {long} {threads} > {output}"
"#,
    )
    .file("source.txt", "");
    story.run(&["-j2"]).succeeds().says("hello-there");
    assert_eq!(story.read("a"), "0_1_2 1 2 3 2 x y z a-341 1 a 3 2\n");
}
