//! Stories of `run:` bodies, and of `onstart`, `onsuccess` and `onerror`.

use crate::story::Story;

/// A name with all that shells, Python and R trip over.
const HOSTILE: &str = "it's \"a\" $b `c` \\d é\n[1] {x}";

#[test]
fn a_body_has_the_objects_of_its_job() {
    let story = Story::new().file("a.txt", "one\n").file("b.txt", "two\n").rulefile(
        r#"
rule all:
    input: "out/x-1.txt"

rule body:
    input: first = "a.txt", rest = ["a.txt", "b.txt"], one = ["b.txt"]
    output: table = "out/{name}-{number}.txt"
    params: 7, top = 2.5, list = [1, "x y"], nothing = None, flag = True, text = lambda w: "n={wildcards.name}"
    log: "out/{name}-{number}.log"
    threads: 2
    resources: mem_mb = 300, kind = "big"
    run:
        assert str(input) == "a.txt a.txt b.txt b.txt", str(input)
        assert input[0] == input.first == "a.txt" and input.one == ["b.txt"]
        assert input.rest == input["rest"] == ["a.txt", "b.txt"] and len(input) == 4
        assert [*input] == list(input) and dict(input.items())["first"] == "a.txt"
        assert input.get("nix", 3) == 3 and input.size == 16 and input.size_kb == 16 / 1024
        assert (output[0], str(output), output.table) == ("out/x-1.txt",) * 3
        assert (wildcards.name, wildcards["number"]) == ("x", "1")
        assert params[0] == 7 and params.top == 2.5 and params.list == [1, "x y"], params
        assert params.nothing is None and params.flag is True
        assert (resources.mem_mb, resources.kind) == (300, "big")
        assert (threads, rule, attempt, str(log)) == (2, "body", 1, "out/x-1.log")
        assert config["deep"]["key"] == ["1", "null"] and isinstance(jobid, int)
        assert expand("{a}-{b}", a=[1, 2], b="x") == ["1-x", "2-x"]
        assert temp("a") == directory("a", x=1) == "a"
        input = "own"
        with open(output.table, "w") as f:
            print(input, file=f)
        try:
            output.nix
        except AttributeError as error:
            assert str(error) == "there is no `nix` here; there is: table"
        else:
            raise AssertionError
"#,
    );
    story.run(&["-j2", "--config", "deep={key: [1, null]}"]).succeeds();
    assert_eq!(story.read("out/x-1.txt"), "own\n");
    story.run(&["-j2", "--config", "deep={key: [1, null]}"]).has_nothing_to_do();
}

#[test]
fn shell_in_a_body_fills_names_as_snakemake_does() {
    let story = Story::new().file("a b.txt", "one\n").rulefile(
        r#"
shell.prefix("P=prefix; ")
shell.suffix("; true")
D = {"key": "value"}

def helper(words):
    shell("echo {words} >> out.txt")

rule a:
    input: "a b.txt", "a b.txt"
    output: "out.txt"
    params: list = [1, "x y"]
    resources: mem_mb = 5
    run:
        local = 1.5
        names = ("p q", "r")
        shell("echo $P {input} {local:.2f} {D[key]} {names} {params.list:q} {wildcards} {{}} {0} {more!r} > {output}", "z", more="m")
        shell("cat {input[0]:q} >> {output}")
        helper(["h", 1])
        text = shell("echo {resources.mem_mb}; echo {threads}", read=True)
        lines = [line for line in shell("printf 'a\\nb\\n'", iterable=True)]
        with open(output[0], "a") as f:
            print(repr(text), lines, file=f)
        try:
            shell("echo {nix}")
        except NameError as error:
            shell("echo {error:q} >> out.txt")
        try:
            shell("false | true")
        except Exception as error:
            shell("echo {error.returncode} >> out.txt")
"#,
    );
    story.run(&[]).succeeds();
    let want = "prefix a b.txt a b.txt 1.50 value p q r 1 x y {} z m\none\nh 1\n'5\\n1\\n' ['a', 'b']\n";
    let text = story.read("out.txt");
    assert!(text.starts_with(want), "{text}");
    assert!(text.contains("the name `nix` is not known here"), "{text}");
}

#[test]
fn names_with_special_characters_go_through() {
    let story = Story::new().rulefile(
        r#"
NAME = config["name"]
rule all:
    input: NAME.replace("{", "{{").replace("}", "}}") + ".copy"
rule copy:
    output: "{name,[^/]+}.copy"
    params: name = NAME
    run:
        assert wildcards.name == params.name == NAME == config["name"]
        shell("touch {output:q}")
"#,
    );
    let config = format!("name={HOSTILE}");
    let run = story.run(&["--config", &config]);
    run.succeeds();
    assert!(story.has(&format!("{HOSTILE}.copy")));
}

/// A body that uses this and that of its Rulefile.
const USES: &str = r#"
import os.path
from collections import OrderedDict as Ordered
import no_such_module

TOP = 3
OTHER = 4
PLACE = lambda x: x + "!"

class Table(Ordered):
    rows: int = 1

    def save(self, path):
        with open(path, "w") as f:
            f.write(clean(str(list(self))))

def clean(text):
    # OTHER is only named here
    return text.strip()

def unrelated(text):
    return no_such_module.f(text, OTHER)

rule a:
    output: "a.txt"
    run:
        shell("echo a >> ran.log")
        Table({TOP: PLACE("x"), config["top"]: 1}).save(output[0])
        assert os.path.exists(output[0])
"#;

#[test]
fn only_what_a_body_uses_makes_it_stale() {
    let story = Story::new().rulefile(USES);
    let args = ["--config", "top=1", "other=1"];
    story.run(&args).succeeds().ran(&["a"]);
    assert_eq!(story.read("a.txt"), "[3, 1]");
    for (old, new) in [
        ("OTHER = 4", "OTHER = 5"),
        ("f(text, OTHER)", "f(text)"),
        ("import no_such_module", "import no_such_module as module"),
        ("rule a:", "rule b:\n    output: \"b\"\n    shell: \"touch b\"\n\nrule a:\n    message: \"x\""),
    ] {
        story.edit("Rulefile", old, new);
        story.run(&["a.txt", "--config", "top=1", "other=2"]).has_nothing_to_do();
    }
    let stale = |old: &str, new: &str| {
        story.edit("Rulefile", old, new);
        story.run(&["a.txt", "-n", "--config", "top=1"]).stdout_has("the command changed");
        story.run(&["a.txt", "--config", "top=1"]).succeeds().ran(&["a"]);
    };
    stale("TOP = 3", "TOP = 4");
    stale("text.strip()", "text.strip('[')");
    stale("rows: int = 1", "rows: int = 2");
    stale("x + \"!\"", "x + \"?\"");
    stale("OrderedDict as Ordered", "OrderedDict as  Ordered");
    story.run(&["a.txt", "--config", "top=2"]).succeeds().ran(&["a"]);
    story.run(&["a.txt", "--why", "a.txt", "--config", "top=3"]).stdout_has("config[\"top\"] = 3");
}

/// Commands show what they take of them, and are compared as they are.
#[test]
fn names_within_params_make_bodies_stale() {
    let text = |outputs: &str, action: &str| {
        format!(
            r#"
rule other:
    output: {outputs}
    shell: "touch {{output}}"
rule all:
    input: "x", "y"
    output: "out"
    params: of = lambda w: [rules.other.output]
    {action}
"#
        )
    };
    let (old, new) = ("a='x', b='y'", "b='x', a='y'");
    let body = "run: open('out', 'w').write(f'{params.of[0].a} {params.of[0]}')";
    let story = Story::new().rulefile(&text(old, body));
    story.run(&["-j1", "out"]).succeeds();
    assert_eq!(story.read("out"), "x x y");
    story.run(&["-j1", "out"]).has_nothing_to_do();
    story.write("Rulefile", &text(new, body));
    story.run(&["-j1", "out"]).succeeds();
    assert_eq!(story.read("out"), "y x y");
    let shell = "shell: 'echo {params.of} > {output}'";
    story.write("Rulefile", &text(old, shell));
    story.run(&["-j1", "out"]).succeeds();
    story.write("Rulefile", &text(new, shell));
    story.run(&["-j1", "out"]).has_nothing_to_do();
}

#[test]
fn all_of_resources_is_no_param() {
    let story = Story::new().rulefile(
        "rule all:\n    output: 'out'\n    params: lambda w, resources: resources\n    shell: 'echo {params} > {output}'\n",
    );
    let run = story.run(&["-j1"]);
    run.is_refused().stderr_has("all of `resources` is no value: some are of this machine");
    run.stderr_has("= help: name those that are wanted: `lambda wildcards, resources: resources.mem_mb`");
}

#[test]
fn lists_with_names_go_to_other_processes() {
    let story = Story::new().file("a", "").rulefile(
        r#"
rule all:
    input: one="a"
    output: "out"
    params: i=lambda w, input: input
    run:
        import pickle
        text = pickle.dumps([params.i, input])
        own = pickle.loads(text)
        assert own[0].one == own[1].one == "a" and type(own[0]) is type(input)
        loaded = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
        import subprocess, sys
        told = subprocess.run([sys.executable, "-c", loaded], input=text, stdout=subprocess.PIPE, check=True).stdout
        assert told.decode() == "[['a'], ['a']]\n", told
        open(output[0], "w").close()
"#,
    );
    story.run(&["-j1"]).succeeds();
}

#[test]
fn a_body_is_any_python_up_to_where_its_indentation_ends() {
    let story = Story::new().rulefile(
        r#"
if True:
    rule a:
        output: "a"
        run:
            from functools import wraps  # it's

            def twice(f):
                @wraps(f)
                def g(*args):
                    return f(*args) * 2
                return g

            @twice
            def text(x): return x
            long = """
one "(
two
"""
            total = (1 +
  2)
            if total == 3: \
              shell("echo {long:q}{total} > a")
        # a comment, less indented

            if text("x") != "xx":
                return
            while True:
                shell("echo end >> a")
                return

rule b:
    output: "b"
    run: shell("echo b > b"); shell("echo {output} >> b")
rule c:
    input: "a", "b"
"#,
    );
    story.run(&["c"]).succeeds();
    assert_eq!(story.read("a"), "\none \"(\ntwo\n3\nend\n");
    assert_eq!(story.read("b"), "b\nb\n");
}

#[test]
fn a_traceback_shows_the_users_lines_alone() {
    let story = Story::new().file("more/rules.smk", "def low(x):\n    return 1 / x\n").rulefile(
        r#"include: "more/rules.smk"

def middle(x):
    try:
        return low(x)
    except ZeroDivisionError as error:
        raise ValueError("é") from error

rule a:
    output: "a"
    run:
        x = 0
        middle(x)

rule b:
    output: "b"
    run: shell("exit 3")

rule c:
    output: "c"
    run:
        x = (1 +
            )
"#,
    );
    let run = story.run(&["a"]);
    run.fails();
    for line in [
        "File \"more/rules.smk\", line 2, in low",
        "return 1 / x",
        "File \"Rulefile\", line 5, in middle",
        "return low(x)",
        "direct cause",
        "File \"Rulefile\", line 13, in rule_a",
        "File \"Rulefile\", line 7, in middle",
        "ValueError: é",
    ] {
        run.stderr_has(line);
    }
    run.says_nothing_of("rulemake>").says_nothing_of(".py");
    let run = story.run(&["b"]);
    run.fails().stderr_has("File \"Rulefile\", line 17, in rule_b").stderr_has("non-zero exit status 3");
    run.says_nothing_of("rulemake>").says_nothing_of("in __call__");
    story.run(&["c"]).is_refused().stderr_has("Rulefile, line 23").stderr_has("SyntaxError");
    assert!(!story.has("a"), "what a failed body made is left");
}

#[test]
fn a_traceback_has_lines_of_files_elsewhere() {
    let story = Story::new().file("work/rules.smk", "\n\n\n# another\n").rulefile(
        "workdir: \"work\"\ninclude: \"more/rules.smk\"\nrule a:\n    output: \"a\"\n    run:\n        f(output)\n",
    );
    story.write("more/rules.smk", "def f(x):\n    with open(x[0]) as lines:\n        return lines\n");
    let run = story.run(&["a"]);
    run.fails()
        .stderr_has("File \"more/rules.smk\", line 2, in f\n                with open(x[0])")
        .stderr_has("f(output)");
}

#[test]
fn much_data_leaves_no_file_behind() {
    let story = Story::new().rulefile(
        r#"
MANY = [str(i) * 10 for i in range(40000)]
rule a:
    output: "a"
    run:
        assert __file__.endswith(".py"), __file__
        assert len(MANY) == 40000 and MANY[-1] == "39999" * 10
        open("a", "w").write(__file__)
"#,
    );
    story.run(&["a"]).succeeds();
    assert!(!story.has(&story.read("a")));
}

#[test]
fn without_python_nothing_starts() {
    let story = Story::new().rulefile("rule a:\n    output: \"a\"\n    run:\n        pass\n");
    let path = story.path("empty");
    std::fs::create_dir(&path).expect("a directory");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_rulemake"))
        .current_dir(story.path("."))
        .env("PATH", &path)
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("`python3` is not in `PATH`"), "{said}");
    assert!(!said.contains("[1/1]"), "{said}");
}

#[test]
fn processes_of_a_body_find_the_rulefiles_functions() {
    let story = Story::new().rulefile(
        r#"
import multiprocessing

def square(x):
    return x * x

rule a:
    output: "a"
    run:
        shell("echo a >> ran.log")
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            squares = pool.map(square, [1, 2, 3])
        open(output[0], "w").write(str(squares))
"#,
    );
    story.run(&["a"]).succeeds().ran(&["a"]);
    assert_eq!(story.read("a"), "[1, 4, 9]");
}

#[test]
fn a_body_knows_its_attempt() {
    let story = Story::new().rulefile(
        r#"
rule a:
    output: "a"
    retries: 2
    run:
        shell("echo {attempt} >> ran.log")
        assert attempt == 2
        shell("touch {output}")
"#,
    );
    story.run(&["a"]).succeeds().ran(&["1", "2"]);
}

/// A Rulefile with all handlers.
const HANDLERS: &str = r#"
MARK = "mark"

def mark(text):
    with open("ran.log", "a") as f:
        f.write(text + "\n")

rule all:
    input: "a", "b"

rule a:
    output: "a"
    shell: "echo a >> ran.log; {config[a]} > {output}"

rule b:
    input: "a"
    output: "b"
    shell: "echo b >> ran.log; cp {input} {output}"

onstart:
    mark("start " + MARK)

onsuccess:
    mark("success")
    print("written to", log)

onerror:
    mark("error")
    shell("grep '^error' {log} >> errors.txt")
    raise SystemExit(5)
"#;

#[test]
fn handlers_run_around_all_jobs() {
    let story = Story::new().rulefile(HANDLERS);
    story.run(&["-n", "--config", "a=echo 1"]).succeeds().ran(&[]);
    let run = story.run(&["--config", "a=echo 1"]);
    run.succeeds().ran(&["start mark", "a", "b", "success"]);
    run.stderr_has("onsuccess").stderr_has(".rulemake/logs/run.log");
    assert!(story.read(".rulemake/logs/run.log").contains("done: 2 made"));
    story.run(&["--config", "a=echo 1"]).has_nothing_to_do();
}

#[test]
fn a_run_whose_handler_fails_has_failed() {
    let story = Story::new().rulefile(HANDLERS);
    let run = story.run(&["--config", "a=false"]);
    run.fails().ran(&["start mark", "a", "error"]).stderr_has("error: `onerror` failed: exit code 5");
    assert!(story.read("errors.txt").contains("error: a failed"), "{}", story.read("errors.txt"));
    story.edit("Rulefile", "mark(\"success\")", "nix");
    let run = story.run(&["--config", "a=echo 1"]);
    run.fails().stderr_has("error: `onsuccess` failed").stderr_has("File \"Rulefile\", line 24, in onsuccess");
    story.run(&["--config", "a=echo 1"]).has_nothing_to_do();
    let json = story.run(&["--json", "-F", "--config", "a=echo 1"]);
    assert_eq!(json.jobs("handler-finished").len(), 2);
    story.edit("Rulefile", "mark(\"start \" + MARK)", "raise ValueError(\"no disk\")");
    let run = story.run(&["-F", "--config", "a=echo 1"]);
    run.fails().ran(&[]).stderr_has("ValueError: no disk").stderr_has("error: `onstart` failed");
    story.run(&["--config", "a=echo 1"]).has_nothing_to_do();
}

#[test]
fn what_is_no_python_is_told_before_any_job_runs() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    input: "b", "c"
rule a:
    output: "a"
    shell: "echo a >> ran.log; touch a"
rule b:
    input: "a"
    output: "b"
    run:
        open(output[0], "w").write("x")
        x = = 1
rule c:
    input: "a"
    output: "c"
    script: "c.py"
"#,
        )
        .file("c.py", "import sys\nif True\n    pass\n");
    story.run(&["-n"]).succeeds();
    let run = story.run(&[]);
    run.is_refused().ran(&[]).stderr_has("Python cannot read Rulefile, line 12: SyntaxError: invalid syntax");
    run.stderr_has("the line is `x = = 1`").stderr_has("Python cannot read c.py, line 2");
    story.run(&["a"]).succeeds().ran(&["a"]);
    story.edit("Rulefile", "x = = 1", "x = 1").write("c.py", "open(snakemake.output[0], 'w')\n");
    story.run(&[]).succeeds();
    let known = story.read(".rulemake/compiled");
    assert_eq!(known.lines().count(), 2);
    story.remove("c").run(&[]).succeeds();
    assert_eq!(story.read(".rulemake/compiled"), known);
}
