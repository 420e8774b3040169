//! Stories of Python's idioms in Rulefiles: what handlers take and leave, what is
//! made before a run, and a Paramspace.

use crate::story::Story;

#[test]
fn no_handler_takes_a_checkpoint_that_is_waited_for() {
    let story = Story::new().rulefile(
        r#"
def parts(wildcards):
    try:
        with checkpoints.split.get().output[0].open() as f:
            return ["part/" + line.strip() for line in f]
    except Exception:
        return ["wrong.txt"]

rule all:
    input: parts
    output: "all.txt"
    shell: "cat {input} > {output}"

checkpoint split:
    output: "names.txt"
    shell: "printf 'a\nb\n' > {output}"

rule part:
    output: "part/{x}"
    shell: "echo {wildcards.x} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("all.txt"), "a\nb\n");
}

#[test]
fn functions_of_jobs_handle_errors_too() {
    let story = Story::new().rulefile(
        r#"
UNITS = {"a": ["a1", "a2"]}

class NoUnits(KeyError):
    pass

def units(wildcards):
    try:
        try:
            found = UNITS[wildcards.s]
        except KeyError:
            raise NoUnits(wildcards.s)
    except NoUnits as e:
        print("not seen in a job", e)
        return []
    else:
        return [f"in/{u}" for u in found]

rule all:
    input: "a.txt", "b.txt"

rule merge:
    input: units
    output: "{s}.txt"
    shell: "echo {input} > {output}"

rule unit:
    output: "in/{u}"
    shell: "touch {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!((story.read("a.txt"), story.read("b.txt")), ("in/a1 in/a2\n".into(), "\n".into()));
    story.run(&[]).succeeds().ran(&[]);
    story.edit("Rulefile", "except NoUnits", "except IndexError");
    story.run(&["b.txt"]).exits(2).stderr_has("NoUnits: 'b'").stderr_has("raise NoUnits(wildcards.s)");
}

#[test]
fn a_run_makes_directories_and_a_look_makes_none() {
    let story = Story::new().rulefile(
        "import os\nfrom pathlib import Path\nos.makedirs('logs/deep', exist_ok=True)\n\
         Path('tables').mkdir(parents=True, exist_ok=True)\n\
         assert os.listdir('logs/deep') == list(Path('tables').iterdir()) and os.path.isdir('logs') and Path('tables').exists()\n\
         rule all:\n    output: 'x'\n    shell: 'echo > logs/deep/y; ls tables > {output}'\n",
    );
    story.run(&["-n"]).succeeds();
    assert!(!story.has("logs") && !story.has("tables"));
    story.run(&[]).succeeds();
    assert!(story.has("logs/deep/y") && story.has("tables"));
}

const SHEET: &str = "alpha,beta,name\n1,0.5,a\n2,0.25,b\n";

fn space(options: &str, rest: &str) -> Story {
    Story::new().file("params.csv", SHEET).rulefile(&format!(
        "import pandas as pd\nfrom snakemake.utils import Paramspace\n\
         SPACE = Paramspace(pd.read_csv('params.csv'){options})\n{rest}"
    ))
}

#[test]
fn a_paramspace_spreads_rows_over_files() {
    let told = |options: &str| {
        let rest = "print(SPACE.wildcard_pattern, list(SPACE.instance_patterns))\nrule all:\n    output: 'x'\n";
        let run = space(options, rest).run(&["--list"]);
        run.succeeds();
        run.stderr().trim().trim_start_matches("note: ").to_owned()
    };
    assert_eq!(
        told(""),
        "alpha~{alpha}/beta~{beta}/name~{name} ['alpha~1/beta~0.5/name~a', 'alpha~2/beta~0.25/name~b']"
    );
    assert_eq!(
        told(", filename_params='*', param_sep='='"),
        "alpha={alpha}_beta={beta}_name={name} ['alpha=1_beta=0.5_name=a', 'alpha=2_beta=0.25_name=b']"
    );
    assert_eq!(
        told(", filename_params=['beta', 'alpha'], filename_sep='-'"),
        "name~{name}/beta~{beta}-alpha~{alpha} ['name~a/beta~0.5-alpha~1', 'name~b/beta~0.25-alpha~2']"
    );
    assert_eq!(told(", single_wildcard='params'").split(' ').next(), Some("{params}"));
}

#[test]
fn an_instance_has_the_types_of_its_columns() {
    let rules = "
rule all:
    input: expand('out/{params}.txt', params=SPACE.instance_patterns)
rule one:
    output: f'out/{SPACE.wildcard_pattern}.txt'
    params: of = SPACE.instance
    run:
        with open(output[0], 'w') as f:
            f.write(repr(params.of))
";
    for options in ["", ", single_wildcard='params'"] {
        let story = space(options, rules);
        story.run(&[]).succeeds();
        let wrote = story.read("out/alpha~2/beta~0.25/name~b.txt");
        assert_eq!(wrote, "{'alpha': 2, 'beta': 0.25, 'name': 'b'}", "{options}");
    }
}

#[test]
fn what_a_body_uses_of_a_try_is_python_again() {
    let story = Story::new().rulefile(
        r#"
try:
    from not_there import helper
except ImportError:
    def helper(x):
        return "own " + x

rule all:
    output: "x"
    run:
        with open(output[0], "w") as f:
            f.write(helper("help"))
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("x"), "own help");
}

#[test]
fn what_python_alone_can_make_is_left_to_bodies() {
    let story = Story::new().file("odd.py", "def twice(f):\n    return lambda: f() * 2\n").rulefile(
        r#"
from odd import twice
import odd

@twice
def text():
    return "ab"

class Big(dict):
    size = odd.twice(lambda: 2)()

rule all:
    output: "x"
    run:
        with open(output[0], "w") as f:
            print(text(), Big.size, Big(a=1)["a"], file=f)
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("x"), "abab 4 1\n");
}

#[test]
fn no_more_is_taken_than_asked_for() {
    let story = Story::new().rulefile(
        r#"
from itertools import islice, takewhile
def counted(n):
    for i in range(n):
        yield i
fives = iter([1, 2, 3, 4, 5])
parts = [list(islice(fives, 2)), list(islice(fives, 1, 2)), next(fives)]
low = iter([1, 2, 3, 4, 5])
lows = [list(takewhile(lambda x: x < 3, low)), list(low)]
made = [next(counted(3)), next((x for x in [5, 6] if x > 5), 0), next(zip([1], [2]))]
rule all:
    output: "x"
    params: text=f"{parts} {lows} {made}"
    shell: "printf '%s' {params.text:q} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("x"), "[[1, 2], [4], 5] [[1, 2], [4, 5]] [0, 6, (1, 2)]");
}

#[test]
fn no_assignment_in_a_try_or_of_a_global_name_is_lost() {
    let story = Story::new().rulefile(
        r#"
X = S = 1
P = 3
Q = R = 0
T = 2
def f():
    global X, S, P, Q, R, T
    try:
        X = 7
        P **= 2
        a = b = 9
        Q = c = 4
        X += 1
        d = {}
        d["k"] = e = 5
        g, h = i = 1, 2
        int("x")
    except ValueError:
        R = 1; S = 8
    if a: Q += 1
    else: Q = 7; R = 9
    T **= 3
    j = S = 3
    x = 2; R = x + 1
    return [a, b, c, d, e, g, h, i, j]
z = f()
rule all:
    output: "x"
    params: text=f"{X} {S} {P} {Q} {R} {T} {z}"
    shell: "printf '%s' {params.text:q} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("x"), "8 3 9 5 3 8 [9, 9, 4, {'k': 5}, 5, 1, 2, (1, 2), 3]");
}

#[test]
fn loops_go_over_what_stands_there_at_each_turn() {
    let story = Story::new().file("names", "a\nb\nc\n").rulefile(
        r#"
grown = [1]
for x in grown:
    if x < 5: grown.append(x + 1)
less = [1, 2, 3, 4, 4]
for x in less:
    if x % 2 == 0: less.remove(x)
def f():
    seen = []
    xs = [1, 2]
    try:
        for x in xs:
            if len(xs) < 5: xs.append(x)
            if x == 2: continue
            seen.append(x)
        for x in xs:
            int("no")
    except ValueError:
        xs.append(9)
    with open("names") as f:
        for line in f:
            break
        seen.append(f.readline().strip())
    for first, *rest in [[1, 2, 3]]: seen.append((first, rest))
    return seen + xs
rule all:
    output: "x"
    params: text=f"{grown} {less} {f()}"
    shell: "printf '%s' {params.text:q} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    let wrote = "[1, 2, 3, 4, 5] [1, 3, 4] [1, 1, 1, 'b', (1, [2, 3]), 1, 2, 1, 2, 1, 9]";
    assert_eq!(story.read("x"), wrote);
}

#[test]
fn types_have_python_s_names() {
    let story = Story::new().rulefile(
        r#"
class Fine(ValueError):
    """Doc."""
class P:
    def __init__(self):
        self.x = 1
try:
    raise Fine("a")
except Fine as e:
    a = f"{type(e).__name__}: {e}"
b = [type(x).__name__ for x in (P(), "", None, 1, 1.5, True, [], {}, {1}, (1,))]
rule all:
    output: "x"
    params: text=f"{a} {b}"
    shell: "printf '%s' {params.text:q} > {output}"
"#,
    );
    story.run(&[]).succeeds();
    let names = "['P', 'str', 'NoneType', 'int', 'float', 'bool', 'list', 'dict', 'set', 'tuple']";
    assert_eq!(story.read("x"), format!("Fine: a {names}"));
}

#[test]
fn functions_that_give_global_names_values_in_other_forms_are_left_to_bodies() {
    let story = Story::new().rulefile(
        r#"
M = 0
def f():
    global M
    M, k = 4, 5
    try:
        M, k = 6, k
        return M + k
    except ValueError:
        pass
def g():
    return 3
N = g()
rule all:
    output: "x"
    run:
        with open(output[0], "w") as o:
            o.write(str(f() + N))
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("x"), "14");
}

#[test]
fn functions_of_jobs_call_themselves_as_deeply_as_python_lets_them() {
    let story = Story::new().rulefile(
        r#"
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)

def guarded(n):
    try:
        return down(n)
    except RecursionError:
        return "none"

rule all:
    output: "all.txt"
    params: deep=lambda w: down(700), guarded=lambda w: guarded(700), endless=lambda w: guarded(-1)
    shell: "echo {params} > {output}"

rule endless:
    input: lambda w: down(-1)
    output: "endless.txt"
    shell: "touch {output}"
"#,
    );
    story.run(&[]).succeeds();
    assert_eq!(story.read("all.txt"), "700 700 none\n");
    story.run(&["endless.txt"]).is_refused().stderr_has("functions call each other too deeply");
}
