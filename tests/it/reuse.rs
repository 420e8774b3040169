//! `module`, `use rule` and pathvars: rules written once and used in many places.

use crate::story::{Run, Story};

const TOOLS: &str = r#"
GREETING = "hello"

rule all:
    input: "last.txt"

rule first:
    output: "first.txt"
    params: a = 1, b = 2
    shell: "echo {GREETING} {config[who]} {params.a} {params.b} > {output}"

rule part:
    input: rules.first.output
    output: temp("parts/{x}.txt")
    log: "logs/{x}.log"
    shell: "cat {input} > {output} 2> {log}"

rule last:
    input: lambda wildcards: expand("parts/{x}.txt", x=["p", "q"])
    output: "last.txt"
    shell: "cat {input} > {output}"

def helper(x):
    return x + 1
"#;

/// The run succeeds, and exactly these jobs were made, in any order.
fn made(run: &Run, jobs: &[&str]) {
    run.succeeds();
    for job in jobs {
        run.says(&format!("] {job}\n"));
    }
    run.says(&format!("done: {} made", jobs.len()));
}

/// A book that uses the rules of `tools/Snakefile`.
fn story(rulefile: &str) -> Story {
    Story::new().rulefile(rulefile).file("tools/Snakefile", TOOLS)
}

#[test]
fn a_module_is_used_with_its_own_names_config_and_place() {
    let story = story(
        r#"
GREETING = "not this"
module tools:
    snakefile: "tools/Snakefile"
    config: {"who": "world"}
    prefix: "out"
use rule * from tools exclude all as tools_*
use rule first from tools as tools_first with:
    params: b = 7
rule all:
    input: rules.tools_last.output
    output: "all.txt"
    shell: "cat {input} > {output}; echo {GREETING} >> {output}"
print(tools.helper(1), tools.GREETING)
"#,
    );
    let run = story.run(&["all"]);
    run.succeeds().stderr_has("2 hello");
    made(&run, &["tools_first", "tools_part x=p", "tools_part x=q", "tools_last", "all"]);
    assert_eq!(story.read("all.txt"), "hello world 1 7\nhello world 1 7\nnot this\n");
    assert!(story.has("out/first.txt") && story.has("out/logs/p.log"));
    assert!(!story.has("out/parts/p.txt"), "it is temp()");
    story.run(&["all"]).has_nothing_to_do();
    let list = story.run(&["--list"]);
    list.succeeds().stdout_has("tools_part");
    assert!(!list.stderr().contains("tools_all"));
}

#[test]
fn the_first_rule_of_a_module_may_be_the_default() {
    let story =
        story("module t:\n    snakefile: \"tools/Snakefile\"\n    config: dict(who=\"x\")\nuse rule * from t\n");
    story.run(&[]).succeeds();
    assert_eq!(story.read("last.txt"), "hello x 1 2\nhello x 1 2\n");
}

#[test]
fn config_files_of_a_module_are_read_if_it_is_given_none() {
    let tools = "configfile: \"tools.yaml\"\nrule a:\n    output: \"{x,[^/]+}.txt\"\n    shell: \"echo {config[k]} > {output}\"\n";
    let story = Story::new()
        .rulefile(
            "config[\"k\"] = \"outer\"\nmodule m:\n    snakefile: \"m.smk\"\nuse rule a from m as m_a\n\
             module n:\n    snakefile: \"m.smk\"\n    config: config\n    prefix: \"n\"\nuse rule a from n as n_a\n",
        )
        .file("m.smk", tools)
        .file("tools.yaml", "k: inner\n");
    story.run(&["x.txt", "n/x.txt"]).succeeds();
    assert_eq!((story.read("x.txt"), story.read("n/x.txt")), ("inner\n".into(), "outer\n".into()));
    story.run(&["x.txt", "--config", "k=given"]).succeeds();
    assert_eq!(story.read("x.txt"), "given\n");
}

#[test]
fn modules_within_modules_keep_their_prefixes_and_pins() {
    let story = Story::new()
        .rulefile("module m:\n    snakefile: \"m/Snakefile\"\n    prefix: \"outer\"\nuse rule * from m as m_*\n")
        .file(
            "m/Snakefile",
            "module inner:\n    snakefile: \"../inner/Snakefile\"\n    prefix: \"inner/\"\nuse rule * from inner as i_*\n\
             rule sum:\n    input: rules.i_b.output, \"own.txt\"\n    output: \"sum.txt\"\n    shell: \"cat {input} > {output}\"\n\
             rule own:\n    output: \"own.txt\"\n    shell: \"echo own > {output}\"\n",
        )
        .file(
            "inner/Snakefile",
            "rule a:\n    output: \"a.txt\"\n    shell: \"echo a > {output}\"\n\
             rule b:\n    input: rules.a.output\n    output: \"b.txt\"\n    shell: \"cat {input} > {output}\"\n",
        );
    made(&story.run(&["outer/sum.txt"]), &["m_i_a", "m_i_b", "m_own", "m_sum"]);
    assert_eq!(story.read("outer/sum.txt"), "a\nown\n");
    assert!(story.has("outer/inner/a.txt"));
}

#[test]
fn modules_may_be_named_by_variables() {
    let one = "rule a:\n    output: \"a.txt\"\n    shell: \"echo {config[n]} > {output}\"\n";
    let story = Story::new()
        .rulefile(
            "for name, alias in zip([\"one\", \"two\"], [\"x_\", \"y_\"]):\n    module:\n        name: name\n        \
             snakefile: f\"{name}/Snakefile\"\n        config: {\"n\": name}\n        prefix: name\n\n    \
             use rule * from name as alias*\n",
        )
        .file("one/Snakefile", one)
        .file("two/Snakefile", one);
    made(&story.run(&["x_a", "y_a"]), &["x_a", "y_a"]);
    assert_eq!((story.read("one/a.txt"), story.read("two/a.txt")), ("one\n".into(), "two\n".into()));
}

#[test]
fn prefixes_are_replaced_the_longest_first() {
    let story = Story::new()
        .rulefile(
            "module m:\n    snakefile: \"m.smk\"\n    replace_prefix: {\"results/\": \"new/\", \"results/deep/\": \"deep/\"}\n\
             use rule * from m\n",
        )
        .file(
            "m.smk",
            "rule all:\n    input: \"results/a.txt\", \"results/deep/a.txt\", \"other/a.txt\"\n\
             rule a:\n    output: \"{d}/a.txt\"\n    shell: \"touch {output}\"\n",
        );
    story.run(&[]).succeeds();
    assert!(story.has("new/a.txt") && story.has("deep/a.txt") && story.has("other/a.txt"));
}

#[test]
fn a_module_has_its_own_constraints_orders_and_includes() {
    let story = Story::new()
        .rulefile("module m:\n    snakefile: \"m/Snakefile\"\nuse rule * from m as m_*\n")
        .file(
            "m/Snakefile",
            "include: \"more.smk\"\nwildcard_constraints: x = \"[ab]\"\nruleorder: two > one\nlocalrules: one\n\
             rule one:\n    output: \"{x}.txt\"\n    shell: \"echo one > {output}\"\n",
        )
        .file("m/more.smk", "rule two:\n    output: \"{x}.txt\"\n    shell: \"echo two > {output}\"\n");
    made(&story.run(&["a.txt"]), &["m_two x=a"]);
    story.run(&["c.txt"]).is_refused();
}

#[test]
fn a_rule_inherits_from_another() {
    let story = Story::new().rulefile(
        r#"
rule a:
    input: "{n}.in"
    output: "a/{n}.txt"
    params: 1, k = 2, l = 3
    threads: 2
    message: "of {rule}"
    shell: "echo {params} {threads} {wildcards.n} > {output}"

use rule a as b with:
    output: "b/{n}.txt"
    params: k = 5, m = 6
    threads: 1

use rule b as c with:
    input: "fixed.in"
    output: "c-{n}.txt"
    params: "x"
"#,
    );
    let story = story.file("1.in", "").file("fixed.in", "");
    let run = story.run(&["-j2", "a/1.txt", "b/1.txt"]);
    run.succeeds().says("of a").says("of b");
    assert_eq!(story.read("a/1.txt"), "1 2 3 2 1\n");
    assert_eq!(story.read("b/1.txt"), "1 5 3 6 1 1\n");
    story.run(&["c-9.txt"]).succeeds();
    assert_eq!(story.read("c-9.txt"), "x 5 3 6 1 9\n");
}

#[test]
fn pathvars_are_filled_before_wildcards() {
    let story = Story::new()
        .rulefile(
            r#"
configfile: "config.yaml"
pathvars: per = "{sample}", step = "s0", results = "never"

rule make:
    output: "<results>/<step>/<per>.txt"
    log: "<logs>/<per>.log"
    pathvars: step = "s1"
    shell: "echo {wildcards.sample} > {output} 2> {log}"

rule transform:
    input: "<results>/<instep>/<per>.txt"
    output: "<results>/<outstep>/<per>.txt"
    shell: "cat {input} > {output}"

use rule transform as one_to_two with:
    pathvars: instep = "s1", outstep = "s2"

use rule transform as two_to_three with:
    pathvars: instep = "s2", outstep = "s3/<benchmarks>", per = "{name}.{n}"
"#,
        )
        .file("config.yaml", "pathvars: {results: out}\n");
    let run = story.run(&["out/s3/benchmarks/x.1.txt"]);
    made(&run, &["make sample=x.1", "one_to_two sample=x.1", "two_to_three name=x n=1"]);
    assert!(story.has("logs/x.1.log"));
    assert!(!story.run(&["--list"]).stderr().contains("transform"));
}

#[test]
fn a_module_takes_pathvars_from_outside() {
    let inner = "pathvars: results = \"own\", kind = \"own\"\n\
                 rule a:\n    output: \"<results>/<kind>/a.txt\"\n    shell: \"touch {output}\"\n";
    let story = Story::new()
        .rulefile(
            "module m:\n    snakefile: \"m.smk\"\n    pathvars: results = \"given\", kind = \"lost\"\n    \
             config: {\"pathvars\": {\"kind\": \"config\"}}\nuse rule * from m\n",
        )
        .file("m.smk", inner);
    story.run(&[]).succeeds();
    assert!(story.has("given/config/a.txt"));
}

#[test]
fn python_bodies_of_a_module_see_its_own_names() {
    let story = Story::new()
        .rulefile(
            "WORD = \"outer\"\nmodule m:\n    snakefile: \"m/Snakefile\"\n    config: {\"k\": \"given\"}\n\
             use rule * from m as m_*\nuse rule m_a as again with:\n    output: \"again.txt\"\n\
             rule own:\n    output: \"own.txt\"\n    run:\n        open(output[0], \"w\").write(WORD)\n\
             use rule own as own_too with:\n    output: \"own_too.txt\"\n",
        )
        .file(
            "m/Snakefile",
            "WORD = \"inner\"\ndef shout(text):\n    try:\n        return text.upper()\n    finally:\n        pass\n\
             rule a:\n    output: \"a.txt\"\n    run:\n        open(output[0], \"w\").write(shout(WORD) + config[\"k\"])\n\
             rule s:\n    output: \"s.txt\"\n    script: \"s.py\"\n",
        )
        .file("m/s.py", "open(snakemake.output[0], 'w').write(snakemake.config['k'])\n");
    story.run(&["a.txt", "again.txt", "own.txt", "own_too.txt", "s.txt"]).succeeds();
    assert_eq!((story.read("a.txt"), story.read("again.txt")), ("INNERgiven".into(), "INNERgiven".into()));
    assert_eq!((story.read("own.txt"), story.read("own_too.txt")), ("outer".into(), "outer".into()));
    assert_eq!(story.read("s.txt"), "given");
}

#[test]
fn a_checkpoint_of_a_module_is_asked_from_within_it() {
    let story = Story::new()
        .rulefile(
            "rule own:\n    output: \"own.txt\"\n    shell: \"touch {output}\"\n\
             module m:\n    snakefile: \"m.smk\"\n    prefix: \"p\"\nuse rule * from m as m_*\n",
        )
        .file(
            "m.smk",
            "rule unused:\n    output: \"unused\"\n    shell: \"touch {output}\"\n\
             checkpoint split:\n    output: directory(\"parts\")\n    shell: \"mkdir {output}; touch {output}/a {output}/b\"\n\
             def parts(wildcards):\n    folder = checkpoints.split.get().output[0]\n    \
             return [\"done/\" + x for x in glob_wildcards(folder + \"/{x}\").x]\n\
             rule part:\n    input: rules.split.output\n    output: \"done/{x}\"\n    shell: \"touch {output}\"\n\
             rule all:\n    input: parts\n    output: \"all.txt\"\n    shell: \"echo {input} > {output}\"\n",
        );
    story.run(&["p/all.txt"]).succeeds();
    assert_eq!(story.read("p/all.txt"), "p/done/a p/done/b\n");
}

#[test]
fn what_lies_in_a_checkpoints_directory_is_not_moved_again() {
    let module = r#"
checkpoint split:
    output: directory("d")
    shell: "mkdir -p {output}; touch {output}/1.x {output}/2.x"

def parts(wildcards):
    d = checkpoints.split.get().output[0]
    return [os.path.join(d, name) for name in sorted(os.listdir(d))] + ["own.txt"]

rule gather:
    input: parts
    output: "all.txt"
    shell: "echo {input} > {output}"
"#;
    let rulefile = r#"
module m:
    snakefile: "m.smk"
    prefix: "pre"
use rule * from m as m_*
rule all:
    default_target: True
    input: rules.m_gather.output
"#;
    let story = Story::new().rulefile(rulefile).file("m.smk", module).file("pre/own.txt", "");
    story.run(&[]).succeeds();
    assert_eq!(story.read("pre/all.txt"), "pre/d/1.x pre/d/2.x pre/own.txt\n");
}

#[test]
fn a_pathvar_without_a_value_is_an_error_of_the_function_that_gives_it() {
    let story = Story::new().rulefile("rule all:\n    input: lambda w: [\"<resluts>/x.txt\"]\n");
    let run = story.run(&[]);
    run.is_refused()
        .stderr_has("there is no pathvar `<resluts>`, in the path `<resluts>/x.txt` that this function gives");
    run.stderr_has("did you mean `results`?");
}

#[test]
fn without_a_default_target_nothing_is_made_and_it_is_said_why() {
    let story = Story::new().rulefile("include: \"more.smk\"\n");
    let story = story.file("more.smk", "rule a:\n    default_target: True\n    output: touch(\"a\")\n");
    let run = story.run(&[]);
    run.succeeds().stderr_has("`default_target: True` has no effect in an included file");
    run.stderr_has("nothing to make by default: rules of included files").stderr_has("nothing to do");
    let run = story.run(&["a"]);
    run.succeeds().says("done: 1 made");
    run.says_nothing_of("by default");
    let run = Story::new().rulefile("x = 1\n").run(&[]);
    run.succeeds().stderr_has("there is nothing to make by default: there are no rules");
}

#[test]
fn what_a_body_uses_of_a_module_is_part_of_its_command() {
    let module = "X = 1\ndef used(): return X\ndef other(): return 1\n";
    let rulefile = "module m:\n    snakefile: \"m.smk\"\nrule all:\n    output: \"a\"\n    run:\n        open(output[0], \"w\").write(str(m.used()))\n";
    let story = Story::new().rulefile(rulefile).file("m.smk", module);
    story.run(&[]).says("done: 1 made");
    let story = story.file("m.smk", &module.replace("return 1", "return 2"));
    story.run(&[]).says("nothing to do");
    let story = story.file("m.smk", &module.replace("X = 1", "X = 3"));
    story.run(&[]).says("done: 1 made");
    assert_eq!(story.read("a"), "3");
}

#[test]
fn placeholders_of_a_module_are_checked() {
    let says = |hole: &str, what: &str| {
        let rulefile = format!(
            "module m:\n    snakefile: \"m.smk\"\nrule all:\n    output: \"a\"\n    shell: \"echo {hole} > {{output}}\"\n"
        );
        let run = Story::new().rulefile(&rulefile).file("m.smk", "X = 1\ndef f(): return X\n").run(&[]);
        run.is_refused().stderr_has(what).stderr_has("write `{m.NAME}` for a value of the module");
    };
    says("{m.Y}", "module `m` has no `Y`");
    says("{m.f}", "`{m.f}` is a value of type `function`, which has no text");
    says("{m}", "`{m}` is a module, which has no text");
}

#[test]
fn a_resource_that_the_base_alone_has_is_told_of() {
    let text = |resources: &str| {
        format!(
            r#"
rule first:
    output: "first.txt"
    resources: slots = 3
    shell: "echo {{resources.slots}} {{resources.mem_mb}} > {{output}}"

use rule first as second with:
    output: "second.txt"
    {resources}
"#
        )
    };
    let hint =
        "`resources:` after `with:` of rule `second` stands for all of them: name those that the command asks for";
    let story = Story::new().rulefile(&text("resources: mem_mb = 2"));
    story.run(&["second.txt"]).fails().stderr_has(hint);
    story.write("Rulefile", &text("threads: 2"));
    let run = story.run(&["second.txt"]);
    run.fails().stderr_has("the rule has no resource `mem_mb`");
    assert!(!run.stderr().contains("after `with:`"), "{}", run.stderr());
}
