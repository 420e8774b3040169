//! The language of Rulefiles: what a text says, as rules.

use rulemake::diag::render_all;
use rulemake::eval::{Call, FileName, JobFiles, Loaded, Request, TrackedRead, load};
use rulemake::rule::{Action, Flags, InputWhat, Rule};
use rulemake::span::Sources;
use rulemake::value::{FnId, Val};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A folder with files; the first is the Rulefile.
struct Project {
    dir: TempDir,
    config: Vec<(String, Val)>,
    configfiles: Vec<String>,
}

impl Project {
    fn new(rulefile: &str) -> Project {
        let project =
            Project { dir: tempfile::tempdir().expect("a directory"), config: Vec::new(), configfiles: Vec::new() };
        project.file("Rulefile", rulefile)
    }

    fn file(self, path: &str, text: &str) -> Project {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text.replace("DIR", self.dir.path().to_str().expect("UTF-8"))).expect("written");
        self
    }

    fn load(&self) -> Result<Loaded, String> {
        let mut sources = Sources::default();
        let path = self.dir.path().join("Rulefile").to_str().expect("UTF-8").to_owned();
        let request =
            Request { path, config: self.config.clone(), configfiles: self.configfiles.clone(), ..Request::default() };
        load(request, &mut sources).map_err(|diags| render_all(&diags, &sources, false))
    }

    fn ok(&self) -> Loaded {
        self.load().unwrap_or_else(|text| panic!("{text}"))
    }
}

fn rules(text: &str) -> Loaded {
    Project::new(text).ok()
}

/// The paths of a rule's inputs; functions as `<function>`.
fn inputs(rule: &Rule) -> Vec<String> {
    let text = |what: &InputWhat| match what {
        InputWhat::Path(path) => path.to_string(),
        InputWhat::Pattern(pattern) => pattern.text().to_owned(),
        InputWhat::Function { .. } => "<function>".to_owned(),
    };
    rule.inputs.items.iter().map(|i| text(&i.what)).collect()
}

fn outputs(rule: &Rule) -> Vec<String> {
    rule.outputs.items.iter().map(|o| o.pattern.text().to_owned()).collect()
}

/// The inputs of `rule all` in a Rulefile that ends with one.
fn all(text: &str) -> Vec<String> {
    let loaded = rules(text);
    inputs(loaded.rulefile.rules.last().expect("a rule"))
}

/// The value of an expression, by way of a param.
fn value(expression: &str) -> String {
    let loaded = rules(&format!("rule a:\n    params: x = {expression}\n"));
    loaded.rulefile.rules[0].params[0].value.repr()
}

#[test]
fn a_whole_rule() {
    let loaded = rules(
        r#"
rule all:
    input: "results.tsv"

rule count_words:
    """How often each word occurs in one book."""
    input:
        book = "books//{book}.txt",   # a comment
        scripts = ["scripts/count.awk", "./scripts/lib.awk"],
        more = []
    output: temp("counts/{book}.tsv")
    log: "logs/{book}.log"
    threads: 2
    priority: 7
    resources: mem_mb = 100, runtime = "2h"
    params: top = 10, who = "w-{book}", plain = "awk '{print $1}'"
    message: "counting {wildcards.book}"
    shell: "awk -f {input.scripts} {input.book} > {output} 2> {log}"
"#,
    );
    let rule = &loaded.rulefile.rules[1];
    assert_eq!((&*rule.name, rule.anonymous), ("count_words", false));
    assert_eq!(rule.doc.as_deref(), Some("How often each word occurs in one book."));
    assert_eq!(inputs(rule), ["books/{book}.txt", "scripts/count.awk", "scripts/lib.awk"]);
    let names: Vec<_> = rule.inputs.names.iter().map(|n| (&*n.name, n.range.clone(), n.list)).collect();
    assert_eq!(names, [("book", 0..1, false), ("scripts", 1..3, true), ("more", 3..3, true)]);
    assert_eq!(outputs(rule), ["counts/{book}.tsv"]);
    assert_eq!(rule.outputs.items[0].flags, Flags::TEMP);
    assert_eq!(rule.logs.items[0].pattern.text(), "logs/{book}.log");
    assert_eq!(rule.wildcards, ["book".into()]);
    assert_eq!((rule.threads.value.clone(), rule.priority.value.clone()), (Val::Int(2), Val::Int(7)));
    let params: Vec<_> = rule.params.iter().map(|p| (p.name.as_deref(), p.value.repr(), p.filled)).collect();
    let want = [
        (Some("top"), "10".to_owned(), false),
        (Some("who"), "'w-{book}'".to_owned(), true),
        (Some("plain"), "\"awk '{print $1}'\"".to_owned(), false),
    ];
    assert_eq!(params, want);
    assert_eq!(rule.resources[1].value, Val::str("2h"));
    assert!(rule.message.is_some() && matches!(rule.action, Action::Shell(_)));
    assert_eq!(loaded.rulefile.default_target.map(|id| id.0), Some(0));
}

#[test]
fn rules_in_blocks_and_on_one_line() {
    let loaded = rules(
        "
rule x: output: \"a\"
if 1 > 2:
    rule never:
        output: \"b\"
elif True:
    rule yes:
        output: \"c\"
else:
    rule no:
        output: \"d\"
for kind in [\"p\", \"q\"]:
    if kind == \"p\":
        rule:
            output: f\"out/{kind}\"
    rule:
        name: \"copy_\" + kind
        output: \"copy/\" + kind

rule tabs:
\tinput:
\t\t\"t\"
\toutput: \"u\"
",
    );
    let names: Vec<_> = loaded.rulefile.rules.iter().map(|r| &*r.name).collect();
    assert_eq!(names, ["x", "yes", "Rulefile:14", "copy_p", "copy_q", "tabs"]);
    assert!(loaded.rulefile.rules[2].anonymous);
    assert_eq!(outputs(&loaded.rulefile.rules[2]), ["out/p"]);
}

#[test]
fn windows_line_ends_and_a_mark_at_the_start() {
    let loaded = rules(
        "\u{feff}X = 1\r\nrule a:\r\n    output:\r\n        \"a\"\r\n    shell: \"\"\"\r\n    x\r\n    \"\"\"\r\n",
    );
    let Action::Shell(text) = &loaded.rulefile.rules[0].action else { panic!("a shell") };
    assert_eq!(&*text.value, "\n    x\n    ");
}

#[test]
fn the_default_target() {
    let pick = |text: &str| {
        let loaded = rules(text);
        loaded.rulefile.default_target.map(|id| loaded.rulefile.rule(id).name.to_string())
    };
    assert_eq!(pick("rule _a:\n    output: \"a\"\nrule b:\n    output: \"b\"\n").as_deref(), Some("b"));
    let marked = "rule a:\n    output: \"a\"\nrule b:\n    output: \"b\"\n    default_target: True\n";
    assert_eq!(pick(marked).as_deref(), Some("b"));
    assert_eq!(pick("x = 1\n"), None);
    let project = Project::new("include: \"more.smk\"\nrule mine:\n    output: \"m\"\n")
        .file("more.smk", "rule theirs:\n    output: \"t\"\n");
    assert_eq!(project.ok().rulefile.default_target.map(|id| id.0), Some(1), "an include does not set it");
}

#[test]
fn expand_is_snakemakes() {
    let cases: [(&str, &[&str]); 10] = [
        (r#"expand("{a}{b}", a=["x", "y"], b=[1, 2])"#, &["x1", "x2", "y1", "y2"]),
        (r#"expand("{b}{a}", a=["x", "y"], b=[1, 2])"#, &["1x", "2x", "1y", "2y"]),
        (r#"expand(["p{a}", "q{a}"], a=["x", "y"])"#, &["px", "py", "qx", "qy"]),
        (r#"expand("{a}{b}", zip, a=["x", "y"], b=[1, 2, 3])"#, &["x1", "y2"]),
        (r#"collect("{a}-{{b}}", a="x")"#, &["x-{b}"]),
        (r#"expand("{a}-{b}", a="x", allow_missing=True)"#, &["x-{b}"]),
        (r#"expand("{a}", a=[["x"], ["y", 3]])"#, &["x", "y", "3"]),
        (r#"expand("{a}{a}", a="x", b=["unused", "twice"])"#, &["xx"]),
        (r#"expand("plain")"#, &["plain"]),
        (r#"expand("{a}", a=set(["x"])) + multiext("y", ".1", ".2")"#, &["x", "y.1", "y.2"]),
    ];
    for (expression, want) in cases {
        let text =
            format!("rule all:\n    input: [f.replace(\"{{\", \"[\").replace(\"}}\", \"]\") for f in {expression}]\n");
        let want: Vec<String> = want.iter().map(|w| w.replace('{', "[").replace('}', "]")).collect();
        assert_eq!(all(&text), want, "{expression}");
    }
}

#[test]
fn python_at_hand() {
    for (expression, want) in [
        ("sum([1, 2, 3])", "6"),
        ("sum(x * x for x in range(4))", "14"),
        ("round(2.5), round(2.675, 2)", "2"),
        ("sorted([\"b\", \"aa\"], key=len)", "['b', 'aa']"),
        ("isinstance(\"a\", str) and isinstance([1], (int, list)) and not isinstance(1, str)", "True"),
        ("[x is None for x in [None, 1]]", "[True, False]"),
        ("f\"{3:03d}-{'a'!r}-{1.5:.2f}-{'x':>3}-{{}}\"", "\"003-'a'-1.50-  x-{}\""),
        ("\"a\" \"b\".upper() + f\"{1}\"", "'AB1'"),
        ("any(x > 1 for x in [1, 2]) and all([True])", "True"),
        ("dict(a=1) | {\"b\": 2}", "{'a': 1, 'b': 2}"),
        ("[i for i, x in enumerate([\"a\"])] + [a for a, b in zip([1], [2])]", "[0, 1]"),
        ("min(3, 1) + max([1, 4]) + len(set([1, 1]))", "6"),
        (
            "os.path.join(\"a\", \"b/\", \"c\") + os.path.basename(\"x/y\") + os.path.splitext(\"p/q.tar.gz\")[0]",
            "'a/b/cyp/q.tar'",
        ),
        ("re.sub(r\"(\\w)\\d\", r\"\\1\", \"a1b2\") + re.match(\"(?P<x>.)b\", \"ab\").group(\"x\")", "'aba'"),
        ("math.floor(2.7) + math.ceil(2.1)", "5"),
        ("r\"\\d\" + \"\\$\"", "'\\\\d\\\\$'"),
        ("[x for x in [1, 2, 3] if x != 2]", "[1, 3]"),
        ("{k: v for k, v in {\"a\": 1}.items()}", "{'a': 1}"),
        ("\"%s-%d\" % (\"a\", 3) + \"{}\".format(1)", "'a-31'"),
        ("(lambda x, y=2: x + y)(1)", "3"),
        ("1e-7", "1e-07"),
        ("struct(a=1)", "{'a': 1}"),
    ] {
        let expression = expression.split_once(", round").map_or(expression, |(first, _)| first);
        assert_eq!(value(expression), want, "{expression}");
    }
}

#[test]
fn statements_of_python() {
    let text = "
import os.path as op
from itertools import product
from snakemake.utils import min_version
min_version(\"7.0\")

def double(x: int) -> int:
    \"\"\"Twice.\"\"\"
    assert x > 0, \"positive\"
    if x is None:
        raise ValueError(\"none\")
    return 2 * x

TOTAL, = [double(4)]
a, b = 1, 2
a += b
rule all:
    input: op.join(\"d\", str(TOTAL)), [\"%s%s\" % p for p in product(\"x y\".split(), [a])]
print(\"planned\", TOTAL)
";
    assert_eq!(all(text), ["d/8", "x3", "y3"]);
    assert_eq!(rules(text).notes, ["planned 8"]);
}

#[test]
fn flags_survive_lists_and_expand() {
    let loaded = rules(
        r#"
rule a:
    output: temp(expand("{x}.txt", x=["a", "b"])), directory(expand("d{x}", x=[1])), touch("t"), touch(temp("p")), "x" + temp("y")
rule b:
    input: ancient(rules.a.output[0]), rules.a.output[1], rules.a.output, ancient(lambda w: "z"), unpack(lambda w: {})
    output: "b"
"#,
    );
    let flags: Vec<_> = loaded.rulefile.rules[0].outputs.items.iter().map(|o| o.flags).collect();
    let both = Flags::TOUCH | Flags::TEMP;
    assert_eq!(flags, [Flags::TEMP, Flags::TEMP, Flags::DIRECTORY, Flags::TOUCH, both, Flags::empty()]);
    let b = &loaded.rulefile.rules[1];
    assert_eq!(inputs(b)[..4], ["a.txt", "b.txt", "a.txt", "b.txt"]);
    assert_eq!(b.inputs.items[0].flags, Flags::ANCIENT);
    assert!(b.inputs.items[..8].iter().all(|i| i.pin.map(|p| p.0) == Some(0)), "pinned to rule a");
    let functions: Vec<_> = b.inputs.items[8..]
        .iter()
        .map(|i| match i.what {
            InputWhat::Function { unpack, .. } => (i.flags, unpack),
            _ => panic!("a function"),
        })
        .collect();
    assert_eq!(functions, [(Flags::ANCIENT, false), (Flags::empty(), true)]);
}

#[test]
fn paths_of_one_letter_keep_their_own_flags() {
    let loaded = rules("rule a:\n    output: temp(\"a\"), \"b\"\nrule c:\n    input: \"a\"\n    output: \"c\"\n");
    let rule = &loaded.rulefile.rules[0];
    assert_eq!(outputs(rule), ["a", "b"]);
    assert_eq!(rule.outputs.items[0].flags, Flags::TEMP);
    assert_eq!(loaded.rulefile.rules[1].inputs.items[0].flags, Flags::empty());
}

#[test]
fn named_outputs_of_another_rule() {
    let text = r#"
rule a:
    output: bam = "a.bam", parts = ["p1", "p2"]
    log: "a.log"
    params: n = 3
rule b:
    input: rules.a.output.bam, rules.a.output.parts, x = rules.a.output["bam"], n = [str(rules.a.params.n)]
    log: rules.a.log[0] + ".b"
"#;
    let loaded = rules(text);
    assert_eq!(inputs(&loaded.rulefile.rules[1]), ["a.bam", "p1", "p2", "a.bam", "3"]);
    assert_eq!(loaded.rulefile.rules[1].logs.items[0].pattern.text(), "a.log.b");
}

#[test]
fn includes_share_names_both_ways() {
    let project = Project::new(
        "
def late(x):
    return helper(x)

if True:
    include: \"sub/one.smk\"
    Y = X + 1
Z = helper(\"z\")

rule all:
    input: late(\"a\"), Z, str(Y), inner(\"i\")
",
    )
    .file(
        "sub/one.smk",
        "include: \"../two.smk\"\nX = 41\ndef inner(x):\n    return defined_later(x)\nrule one:\n    output: \"one\"\n",
    )
    .file("two.smk", "def helper(x):\n    return \"h/\" + x\ndef defined_later(x):\n    return x + x\n");
    let loaded = project.ok();
    assert_eq!(inputs(&loaded.rulefile.rules[1]), ["h/a", "h/z", "42", "ii"]);
    assert_eq!(loaded.reads.iter().filter(|r| matches!(r, TrackedRead::File(_))).count(), 3);
}

#[test]
fn config_files_and_overrides() {
    let mut project = Project::new(
        "
configfile: \"DIR/config.yaml\"
TOP = config[\"top\"]
rule all:
    input: config[\"samples\"], TOP, config[\"deep\"][\"a\"], config[\"deep\"][\"b\"], config[\"set\"]
",
    )
    .file("config.yaml", "samples: [s1, s2]\ntop: file\ndeep: {a: file, b: file}\nset: file\n")
    .file("over.json", r#"{"deep": {"b": "over"}, "set": "over"}"#);
    project.configfiles = vec![project.dir.path().join("over.json").to_str().expect("UTF-8").to_owned()];
    project.config = vec![("set".into(), Val::str("line"))];
    let loaded = project.ok();
    assert_eq!(inputs(&loaded.rulefile.rules[0]), ["s1", "s2", "file", "file", "over", "line"]);
    assert_eq!(loaded.rulefile.scope.config.get("set"), Some(&Val::str("line")));
}

#[test]
fn globs_are_sorted_and_tracked() {
    let project = Project::new(
        "
workdir: \"DIR\"
IDS, UNITS = glob_wildcards(\"data/{id}_{unit}.txt\")
BOOKS = glob_wildcards(\"books/{book}.txt\").book
ONE, = glob_wildcards(\"x{n}\", files=[\"x1\", \"y2\", \"x3\"])
rule all:
    input: expand(\"{i}-{u}\", zip, i=IDS, u=UNITS), BOOKS, ONE, glob(\"books/*.txt\"), [\"yes\"] if os.path.exists(\"data\") else [\"no\"]
",
    )
    .file("data/b_2.txt", "")
    .file("data/a_1.txt", "")
    .file("data/sub/c_3.txt", "")
    .file("books/z.txt", "")
    .file("books/y.txt", "");
    let loaded = project.ok();
    let want = ["a-1", "b-2", "sub/c-3", "y", "z", "1", "3", "books/y.txt", "books/z.txt", "yes"];
    assert_eq!(inputs(&loaded.rulefile.rules[0]), want);
    assert!(loaded.reads.contains(&TrackedRead::Glob("books/{book}.txt".into(), 2)));
    assert!(loaded.reads.contains(&TrackedRead::Exists("data".into(), true)));
}

#[test]
fn directives() {
    let loaded = rules(
        "
shell.executable(\"/bin/bash\")
shell.prefix(\"set -x; \")
workdir: \"work\"
ruleorder: b > a
localrules: a,
    b
wildcard_constraints: x = \"[0-9]+\"
X = 3
LIST = [\"p\", \"q\"]
rule a:
    output: \"{x}.txt\"
    shell: \"echo {X} {LIST} {rule} > {output}\"
rule b:
    output: \"{x}.{y,[a-z]}\"
    wildcard_constraints: x = \"[a-z]+\"
rule c:
    output: \"c\"
    localrule: True
",
    );
    let file = &loaded.rulefile;
    assert_eq!((file.shell_executable.as_deref(), file.shell_prefix.as_deref()), (Some("/bin/bash"), Some("set -x; ")));
    assert_eq!(file.workdir.as_ref().map(|w| &*w.path), Some("work"));
    assert_eq!(file.ruleorder.iter().map(|r| r.iter().map(|i| i.0).collect::<Vec<_>>()).collect::<Vec<_>>(), [[1, 0]]);
    assert_eq!(file.rules.iter().map(|r| r.local).collect::<Vec<_>>(), [true, true, true]);
    let variables: Vec<_> = file.scope.variables.iter().map(|v| (&*v.name, v.value.repr())).collect();
    assert_eq!(variables, [("LIST", "['p', 'q']".to_owned()), ("X", "3".to_owned())]);
    let matches = |rule: usize, path: &str| file.rules[rule].outputs.items[0].pattern.captures(path, &mut Vec::new());
    assert!(matches(0, "12.txt") && !matches(0, "ab.txt"), "the global constraint");
    assert!(matches(1, "ab.z") && !matches(1, "12.z") && !matches(1, "ab.1"), "the rule's own, and the inline one");
}

fn function(loaded: &Loaded, rule: usize, param: usize) -> FnId {
    match loaded.rulefile.rules[rule].params[param].value {
        Val::Func(id) => id,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn deferred_functions() {
    let loaded = rules(
        r#"
BASE = "reads/"
SUFFIX = {"a": ".fq"}
def fastq(wildcards):
    return [BASE + wildcards.s + SUFFIX.get(wildcards.s, ".fastq")]

def nested(wc):
    return lambda wc2, threads: threads + 1

rule a:
    input: fastq
    output: "{s}.bam"
    params:
        files = lambda w, input, output: [input[0], input.ref, input.list, len(input), str(input), output[-1]],
        size = lambda w, input: input.size_mb,
        mem = lambda wildcards, resources, threads, attempt: resources.mem_mb * threads * attempt,
        deep = nested,
        dicts = lambda w: {"s": w.s, "all": dict(w.items()), "get": w.get("no", "default"), "str": str(w)}
"#,
    );
    let InputWhat::Function { id, .. } = loaded.rulefile.rules[0].inputs.items[0].what else { panic!("a function") };
    let wildcards = [("s", "a")];
    let input = JobFiles {
        items: vec!["x", "r", "l1", "l2"],
        names: vec![
            FileName { name: "ref", range: 1..2, list: false },
            FileName { name: "list", range: 2..4, list: true },
        ],
        size_of: Some(Arc::new(|path: &str| (path != "l2").then_some(1024 * 1024))),
    };
    let output = JobFiles { items: vec!["a.bam"], ..JobFiles::default() };
    let resources = [("mem_mb".into(), Val::Int(100))];
    let call = |id| Call {
        id,
        wildcards: &wildcards,
        input: Some(&input),
        output: Some(&output),
        threads: Some(4),
        resources: Some(&resources),
        attempt: 2,
        rule: None,
    };
    let calls: Vec<Call> = [id].into_iter().chain((0..5).map(|i| function(&loaded, 0, i))).map(call).collect();
    let results: Vec<String> =
        loaded.functions.call(&calls, &()).into_iter().map(|r| r.expect("a value").repr()).collect();
    let want = [
        "['reads/a.fq']",
        "['x', 'r', ['l1', 'l2'], 4, 'x r l1 l2', 'a.bam']",
        "3.0",
        "800",
        "5",
        "{'s': 'a', 'all': {'s': 'a'}, 'get': 'default', 'str': 'a'}",
    ];
    assert_eq!(results, want);
    assert_eq!(loaded.functions.parameters(id), ["wildcards".into()]);
}

#[test]
fn functions_run_on_several_threads() {
    let loaded = rules("rule a:\n    output: \"{s}\"\n    params: lambda w: w.s + \"!\"\n");
    let id = function(&loaded, 0, 0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let functions = &loaded.functions;
            scope.spawn(move || {
                let texts: Vec<String> = (0..2500).map(|i| format!("{thread}.{i}")).collect();
                let wildcards: Vec<[(&str, &str); 1]> = texts.iter().map(|t| [("s", t.as_str())]).collect();
                let calls: Vec<Call> = wildcards.iter().map(|w| Call { id, wildcards: w, ..Call::default() }).collect();
                for (text, result) in texts.iter().zip(functions.call(&calls, &())) {
                    assert_eq!(result.expect("a value"), Val::str(format!("{text}!")));
                }
            });
        }
    });
}

#[test]
fn environment_variables_are_tracked() {
    let loaded = rules("X = os.environ.get(\"RULEMAKE_NO_SUCH\", \"d\")\nrule all:\n    input: X\n");
    assert!(loaded.reads.contains(&TrackedRead::Env("RULEMAKE_NO_SUCH".into(), None)));
    assert_eq!(inputs(&loaded.rulefile.rules[0]), ["d"]);
}

#[test]
fn the_rulefile_may_be_missing() {
    let mut sources = Sources::default();
    let request = Request { path: "no/such/Rulefile".into(), ..Request::default() };
    let diags = load(request, &mut sources).expect_err("it is missing");
    assert_eq!(diags[0].message, "the Rulefile `no/such/Rulefile` does not exist");
    assert!(!Path::new("no/such").exists());
}

mod robust {
    use super::Project;
    use proptest::prelude::*;
    use proptest::test_runner::Config;

    const SEED: &str = r#"configfile: "none.yaml"
X = ["a", 'b'] + [str(i) for i in range(3)]
def f(wildcards):
    """doc"""
    if wildcards.x is not None:
        return f"in/{wildcards.x:>3}"
    raise ValueError("no")

rule a:
    """Docs."""
    input: f, x="a" "b",   # comment
        y=expand("{a}/{{b}}", a=X)
    output: temp("out/{x,[a-z]+}.txt")
    log: r"logs\{x}.log"
    params: n = lambda w, input: len(input)
    threads: 2
    shell: """
        awk '{{print $1}}' {input.x} > {output} 2> {log}
        """

for k in X:
    rule:
        name: f"r_{k}"
        output: f"{k}/done"
ruleorder: a > r_a
if True: rules.a.output[0]
"#;

    fn mutated() -> impl Strategy<Value = String> {
        let edit = (0..SEED.len(), 0..12usize, 0..4u8, "[\\PC\t\r\n(){}\\[\\]\"'\\\\:#=,.]{0,3}");
        prop::collection::vec(edit, 1..6).prop_map(|edits| {
            let mut bytes = SEED.as_bytes().to_vec();
            for (at, length, kind, text) in edits {
                let start = at.min(bytes.len());
                let end = (start + length).min(bytes.len());
                let piece = bytes[start..end].to_vec();
                match kind {
                    0 => drop(bytes.drain(start..end)),
                    1 => drop(bytes.splice(start..start, piece)),
                    2 => drop(bytes.splice(start..start, text.into_bytes())),
                    _ => bytes.truncate(end.max(1)),
                }
            }
            String::from_utf8_lossy(&bytes).replace("configfile: \"none.yaml\"", "")
        })
    }

    proptest! {
        #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]
        #[test]
        fn no_text_makes_it_panic(text in mutated()) {
            let _ = Project::new(&text).load();
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for open in ["(", "[", "{\"a\":", "f(", "not ", "-", "lambda: ", "f\"{"] {
            let text = format!("x = {}\n", open.repeat(20_000));
            assert!(Project::new(&text).load().is_err(), "{open}");
        }
        let indents: String = (0..2000).map(|i| format!("{}if True:\n", " ".repeat(i))).collect();
        let _ = Project::new(&indents).load();
    }

    #[test]
    fn values_that_hold_themselves_are_refused() {
        let rule = "rule a:\n    output: \"a\"\n    params: x=x\n    shell: \"touch {output}\"\n";
        let deep = "x = []\nfor i in range(100000):\n    x = [x]\n";
        let circles = ["x = [1]\nx.append(x)\n", "x = {}\nx[\"a\"] = x\n", deep];
        for text in circles {
            for use_of in [rule, "str(x)\n", "import json\njson.dumps(x)\n", "print(x)\n"] {
                assert!(Project::new(&format!("{text}{use_of}")).load().is_err(), "{text}{use_of}");
            }
        }
    }
}

#[test]
fn modules_of_python() {
    let text = r#"
import os, json, itertools, collections
from pathlib import Path
from itertools import combinations
from functools import partial
from collections import Counter, OrderedDict
import functools

DATA = json.load(open("DIR/data.json"))
LINES = [line.strip() for line in open("DIR/lines.txt")]
P = Path("data") / "raw" / "a.tar.gz"
HOME = "set" if "PATH" in os.environ and os.environ["PATH"] else "no"
VALUES = [
    DATA["n"], DATA["list"], json.loads("[1.5, null, true]"),
    json.dumps({"b": [1, None, True], "a": "\u00e9\"\n"}, sort_keys=True), json.dumps([1, [2]], indent=2), json.dumps({}),
    LINES, open("DIR/lines.txt").read(),
    [P, P.name, P.stem, P.suffix, P.parent, P.parts, P.with_suffix(".bz2"), P.with_name("b"), P.with_stem("c")],
    [Path("/a") / "b", Path("a", "/b"), Path("x").parent, Path("x") == Path("./x"), Path(".gitignore").suffix],
    HOME, [list(c) for c in combinations("abc".elems(), 2)], len(itertools.permutations([1, 2, 3], 2)),
    [list(p) for p in itertools.product([0, 1], repeat=2)], Counter("aba"), OrderedDict([("z", 1), ("a", 2)]),
    functools.partial(lambda a, b: a + b, 1)(2),
]

rule a:
    input: Path("in") / "x.txt", expand("{d}/y", d=Path("d"))
    params: values = VALUES
"#;
    let project = Project::new(text).file("data.json", r#"{"n": 7, "list": [1, "x"]}"#).file("lines.txt", "one\ntwo\n");
    let loaded = project.ok();
    let rule = &loaded.rulefile.rules[0];
    assert_eq!(inputs(rule), ["in/x.txt", "d/y"]);
    let Val::List(values) = &rule.params[0].value else { panic!("a list") };
    let want = [
        "7",
        "[1, 'x']",
        "[1.5, None, True]",
        r#"'{"a": "\\u00e9\\"\\n", "b": [1, null, true]}'"#,
        r"'[\n  1,\n  [\n    2\n  ]\n]'",
        "'{}'",
        "['one', 'two']",
        r"'one\ntwo\n'",
        "[PosixPath('data/raw/a.tar.gz'), 'a.tar.gz', 'a.tar', '.gz', PosixPath('data/raw'), \
         ('data', 'raw', 'a.tar.gz'), PosixPath('data/raw/a.tar.bz2'), PosixPath('data/raw/b'), PosixPath('data/raw/c.gz')]",
        "[PosixPath('/a/b'), PosixPath('/b'), PosixPath('.'), True, '']",
        "'set'",
        "[['a', 'b'], ['a', 'c'], ['b', 'c']]",
        "6",
        "[[0, 0], [0, 1], [1, 0], [1, 1]]",
        "Counter({'a': 2, 'b': 1})",
        "{'z': 1, 'a': 2}",
        "3",
    ];
    for (value, want) in values.iter().zip(want) {
        assert_eq!(value.repr(), want);
    }
    assert!(loaded.reads.iter().any(|r| matches!(r, TrackedRead::Env(name, Some(_)) if &**name == "PATH")));
    assert!(loaded.reads.iter().any(|r| matches!(r, TrackedRead::File(path) if path.ends_with("data.json"))));
}

#[test]
fn multiext_may_name_its_files() {
    let loaded = rules(
        "rule a:\n    output: \"first\", temp(multiext(\"p\", x=\".x\", y=\".y\"))\n    shell: \"touch {output.x} {output.y}\"\n\
         rule b:\n    input: rules.a.output.y, multiext(\"q\", z=\".z\")\n    shell: \"cat {input.z}\"\n",
    );
    let a = &loaded.rulefile.rules[0];
    assert_eq!(outputs(a), ["first", "p.x", "p.y"]);
    let names: Vec<_> = a.outputs.names.iter().map(|n| (&*n.name, n.range.clone(), n.list)).collect();
    assert_eq!(names, [("x", 1..2, false), ("y", 2..3, false)]);
    assert_eq!(a.outputs.items[2].flags, Flags::TEMP);
    assert_eq!(inputs(&loaded.rulefile.rules[1]), ["p.y", "q.z"]);
}

/// The params of the only rule.
fn params(loaded: &Loaded) -> Vec<String> {
    loaded.rulefile.rules[0].params.iter().map(|p| p.value.repr()).collect()
}

#[test]
fn operators_and_methods_of_python_are_served() {
    let loaded = rules(
        r#"import itertools, re, string
from collections import namedtuple
Point = namedtuple("Point", "x, y")
WORD = re.compile(r"(?P<word>[a-z]+)_(\d+)")
n = 3

rule a:
    output: "x"
    params:
        [1 < n < 4, [i for i in range(9) if 2 <= i < n + 2], 1 < n <= 3 < 4, not n and 0 < n < 2],
        [2 ** 10, -2 ** 2, n * 2 ** n, pow(2, -1), pow(2.0, 3)],
        ["7".zfill(3), "-7".zfill(4), str(n).zfill(2) + "x", f"{'ab'.upper().rjust(n)}", ("a" + "b").ljust(4, ".")],
        ["ab".center(5, "*"), "abc".center(6, "*"), "aB".swapcase(), "a\tb".expandtabs(4), "12".isdecimal()],
        [Point(1, y=2).y, list(itertools.chain.from_iterable([[1], "b".elems()])), list(itertools.chain([1], (2,)))],
        [WORD.match("ab_12").group(2), WORD.match("ab_1").groupdict(), WORD.sub("x", "ab_12 c_3"), WORD.match("1")],
        [re.compile("b", re.IGNORECASE).findall("aBb"), string.digits, len(frozenset([1, 1])), list(zip("ab".elems(), [1, 2], strict=True))],
    shell: "true"
"#,
    );
    let want = [
        "[True, [2, 3, 4], True, False]",
        "[1024, -4, 24, 0.5, 8.0]",
        "['007', '-007', '03x', ' AB', 'ab..']",
        "['**ab*', '*abc**', 'Ab', 'a   b', True]",
        "[2, [1, 'b'], [1, 2]]",
        "['12', {'word': 'ab'}, 'x x', None]",
        "[['B', 'b'], '0123456789', 1, [('a', 1), ('b', 2)]]",
    ];
    assert_eq!(params(&loaded), want);
}

#[test]
fn files_are_opened_at_the_top_level() {
    let loaded = Project::new(
        r#"import csv, json
from pathlib import Path
LINES = []
with open("DIR/a.txt") as f, Path("DIR/b.json").open() as g:
    for line in f:
        if not line.strip():
            continue
        LINES.append(line.strip())
    TABLE = json.load(g)
with open("DIR/c.csv", newline="") as f:
    DICTS = [row["n"] for row in csv.DictReader(f, delimiter=";")]
ROWS = list(csv.reader(open("DIR/c.csv"), delimiter=";"))

rule a:
    output: "x"
    params: LINES, TABLE, Path("DIR/a.txt").read_text(), DICTS, ROWS
    shell: "true"
"#,
    )
    .file("a.txt", "one\n\ntwo\n")
    .file("b.json", "[1]")
    .file("c.csv", "s;n\nx;01\n\"y;z\"\n")
    .ok();
    assert_eq!(
        params(&loaded),
        ["['one', 'two']", "[1]", r"'one\n\ntwo\n'", "['01', None]", "[['s', 'n'], ['x', '01'], ['y;z']]"]
    );
    let reads = |end: &str| loaded.reads.iter().any(|r| matches!(r, TrackedRead::File(path) if path.ends_with(end)));
    assert!(reads("a.txt") && reads("b.json"));
}
