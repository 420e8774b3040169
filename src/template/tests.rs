//! Tests of templates.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;
use std::process::Command;

/// Top-level variables `X`, `SAMPLES`; a wildcard `sample`.
struct Known;

impl Names for Known {
    fn is_variable(&self, name: &str) -> bool {
        ["X", "SAMPLES"].contains(&name)
    }
    fn is_wildcard(&self, name: &str) -> bool {
        name == "sample"
    }
}

/// Values by the placeholder's text.
#[derive(Default)]
struct Values(HashMap<&'static str, Val>);

impl<'a> Scope<'a> for &'a Values {
    fn lookup(&self, hole: &Hole) -> Result<Filled<'a>, String> {
        let value = self.0.get(hole.root.name()).ok_or_else(|| format!("no `{hole}`"))?;
        let value = match access(value, &hole.access)? {
            Cow::Borrowed(value) => value,
            Cow::Owned(value) => return Ok(Filled::Value(Cow::Owned(value))),
        };
        Ok(match (&hole.root, value) {
            (Root::Input | Root::Output, Val::Str(path)) => Filled::Path(path),
            (Root::Input | Root::Output, Val::List(paths)) => {
                Filled::Paths(paths.iter().filter_map(Val::as_str).collect())
            }
            (Root::Wildcards, Val::Str(word)) => Filled::Word(word),
            (Root::Rule, Val::Str(text)) => Filled::Text(Cow::Borrowed(text)),
            _ => Filled::Value(Cow::Borrowed(value)),
        })
    }
}

fn list(items: &[&str]) -> Val {
    Val::List(items.iter().map(|i| Val::str(*i)).collect())
}

fn dict(entries: &[(&str, Val)]) -> Val {
    Val::Dict(entries.iter().map(|(k, v)| (Val::str(*k), v.clone())).collect())
}

fn values() -> Values {
    Values(HashMap::from([
        ("input", list(&["in.txt", "a b.txt"])),
        ("output", Val::str("out")),
        ("params", dict(&[("x", Val::str("a b")), ("l", list(&["p", "q r"])), ("n", Val::None), ("e", list(&[]))])),
        ("wildcards", dict(&[("sample", Val::str("s1")), ("b", Val::str("it's"))])),
        ("threads", Val::Int(4)),
        ("resources", dict(&[("mem_mb", Val::Int(1500))])),
        ("config", dict(&[("k", dict(&[("f", Val::Float(0.5))])), ("on", Val::Bool(true))])),
        ("rule", Val::str("sort")),
        ("X", dict(&[("k", Val::str("v"))])),
        ("SAMPLES", list(&["A", "B"])),
    ]))
}

fn rendered(text: &str, language: Language) -> String {
    let template = Template::parse(text, language, &Known).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let mut out = String::new();
    template.render(&&values(), &mut out).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    out
}

fn shell(text: &str) -> String {
    rendered(text, Language::Shell)
}

#[test]
fn which_braces_are_placeholders() {
    let same = [
        "jq '{id}'",
        "awk 'NR>1{print}'",
        "perl -e \"print $h{key}\"",
        "echo {1..3} {a..c} {} {8} {.} { x } {\"a\": 1} {a,b} file{x}",
        "echo ${HOME} ${input} ${X:-d} ${sample}",
        "awk '{print $1}'",
        "find . -exec ls {} \\;",
        "f() { echo; }; f",
        "echo }} {{ }",
        "cat <<'EOF'\nprint(f\"{x}\")\nEOF",
        "awk '{X[$1]++}'",
        "echo {a.b",
    ];
    for text in same {
        assert_eq!(shell(text), text);
    }
    let cases = [
        ("awk '{{print $1}}'", "awk '{print $1}'"),
        ("echo ${{VAR}}", "echo ${VAR}"),
        ("echo {{}}", "echo {}"),
        ("echo {{input}}", "echo {input}"),
        ("echo {{{output}}}", "echo {out}"),
        ("echo {{{{x}}}}", "echo {{x}}"),
        ("echo ${x:-{params.x}}", "echo ${x:-a b}"),
        ("echo '{\"a\": {\"b\": {threads}}}'", "echo '{\"a\": {\"b\": 4}}'"),
        ("echo '{{\"a\": {{\"b\": {threads}}}}}'", "echo '{\"a\": {\"b\": 4}}'"),
        ("awk '{{print {threads}}}'", "awk '{print 4}'"),
        ("awk '{print {threads}}'", "awk '{print 4}'"),
        ("cp {output}{,.bak}", "cp out{,.bak}"),
    ];
    for (text, want) in cases {
        assert_eq!(shell(text), want, "{text}");
    }
}

#[test]
fn forms_that_snakemake_documents() {
    let cases = [
        ("{input}", "in.txt 'a b.txt'"),
        ("{input[0]} {input[1]}", "in.txt 'a b.txt'"),
        ("{wildcards.sample}", "s1"),
        ("{params.x}|{params.l}|{params.n}|{params.e}|", "a b|p q r|None||"),
        ("{params.l:q} {params.x:q}", "p 'q r' 'a b'"),
        ("{threads} {threads:03d} {threads:>3}", "4 004   4"),
        ("{resources.mem_mb:,}", "1,500"),
        ("{config[k][f]:.2f} {config[on]}", "0.50 True"),
        ("{rule} {X[k]} {X.k} {SAMPLES} {SAMPLES[1]}", "sort v v A B B"),
        ("{wildcards.b:q} '{wildcards.b:raw}'", "'it'\"'\"'s' 'it's'"),
        ("{params.x!r} {input!r}", "'a b' ['in.txt', 'a b.txt']"),
        ("{output!s:>5}", "'  out'"),
        ("{input:q}", "in.txt 'a b.txt'"),
        ("\"{input}\" '{input}'", "\"in.txt a b.txt\" 'in.txt a b.txt'"),
    ];
    for (text, want) in cases {
        assert_eq!(shell(text), want, "{text}");
    }
    let plain = "  it's {input} for {wildcards.b}\n";
    assert_eq!(rendered(plain, Language::Plain), "  it's in.txt a b.txt for it's\n");
}

#[test]
fn faults_at_load_have_a_place_and_a_way_out() {
    let cases = [
        ("sort {sample} > x", "{sample}", "write `{wildcards.sample}`"),
        ("jq '{sample}'", "{sample}", "write `{wildcards.sample}`"),
        ("sort {inptu}", "{inptu}", "did you mean `input`?"),
        ("sort {nothing}", "{nothing}", "write `{{nothing}}`"),
        ("sort {input[0}", "{input[0}", "placeholders are"),
        ("sort '{input.}'", "{input.}", "placeholders are"),
        ("sort {X[$1]++}", "{X[$1]++}", "placeholders are"),
        ("sort {input!a}", "{input!a}", "`!r`"),
        ("sort {threads:5k}", "{threads:5k}", "formats are Python's"),
        ("sort {config[\"k\"]}", "{config[\"k\"]}", "write `[k]`"),
    ];
    for (text, at, hint) in cases {
        let text = format!("\n    echo\n      {text}\n");
        let errors = Template::parse(&text, Language::Shell, &Known).expect_err(&text);
        assert_eq!(errors.len(), 1, "{text}");
        assert_eq!(&text[errors[0].range.clone()], at, "{text}");
        let known = errors[0].hint.as_deref().unwrap_or("");
        assert!(known.contains(hint), "{text}: {known}");
    }
    let errors = Template::parse("{a} {b} {sample}", Language::Shell, &Known).unwrap_err();
    assert_eq!(errors.len(), 3);
}

#[test]
fn places() {
    let cases: &[(&str, &[&str])] = &[
        ("{input}", &["Bare(COMMAND)"]),
        ("x=1 if {input}; then cat {input}; fi", &["Bare(COMMAND)", "Bare()"]),
        ("cat {input}>x 2> {input}", &["Bare(REDIRECT)", "Bare()"]),
        ("cat {{a,{input}}}", &["Bare(BRACES)"]),
        (
            "\"{input} $(cat {input} \"{input}\")\" '{input}' {input}",
            &["Double", "Bare()", "Double", "Single", "Bare()"],
        ),
        ("$(case x in a) cat {input};; (b|c) {input};; esac; cat \"{input}\")", &["Bare()", "Bare(COMMAND)", "Double"]),
        (
            "cat <<A <<-'B'; cat {input}\n{input}\nA\n{input}\n\tB\n\"{input}\"",
            &["Bare()", "Heredoc(0)", "QuotedHeredoc", "Double"],
        ),
        ("cat <<A\n$(cat {input})\n${{x:-{input}}}\nA", &["Bare()", "Expansion"]),
        ("echo `cat {input}` \"`{input}`\"", &["Backticks", "Backticks"]),
        ("echo a#{input} # it's {input}\n'{input}'", &["Bare()", "Comment", "Single"]),
        ("echo $'\\'{input}' \\' {input} \\{input}", &["Ansi", "Bare()", "Backslash"]),
        ("(( {input} )); $(( ({input}) )); $((cat {input}); x)", &["Arithmetic", "Arithmetic", "Bare()"]),
        ("for ((i=0; i<{input}; i++)); do x; done", &["Arithmetic"]),
        (
            "echo ${{x:-{input}}} \"${{x:-{input}}}\" \"${{x%{input}}}\" ${{x/{input}}}",
            &["Bare(EXPANSION)", "Word", "Expansion", "Expansion"],
        ),
        ("[[ -f {input} && $x == {input} ]]", &["Bare(TEST)", "Bare(TEST)"]),
        ("[[ a && {input} ]]; {input} {input}", &["Bare(COMMAND|TEST)", "Bare(COMMAND)", "Bare()"]),
        ("diff <(sort {input}) <(sort \"{input}\")", &["Bare()", "Double"]),
        (
            "a=({input}) b={input} c={input} cmd d={input}",
            &["Bare(COMMAND)", "Bare(COMMAND)", "Bare(COMMAND)", "Bare()"],
        ),
        ("f() {{ cat {input}; }}", &["Bare()"]),
        ("bash -c 'cat {input}' _ {input} \"{input}\"", &["Program(Shell)", "Bare()", "Double"]),
        ("bash -euo pipefail -c \"{input}\"; sh x.sh -c \"{input}\"", &["Program(Shell)", "Double"]),
        ("find . -exec sh -c '{input}' {{}} +", &["Program(Shell)"]),
        ("awk -v x={input} '{input}' {input}", &["Bare()", "Program(Awk)", "Bare()"]),
        ("LC_ALL=C sudo awk -F'\\t' '{input}' {input}", &["Program(Awk)", "Bare()"]),
        ("awk -f '{input}' '{input}'", &["Single", "Single"]),
        ("awk '{{print \"'{input}'\"}}' x", &["Program(Awk)"]),
        ("eval cat {input}; ssh -p 22 h cat {input} \"{input}\"", &["Program(Eval)", "Program(Ssh)", "Program(Ssh)"]),
        ("echo eval {input} | sed 's/{input}//'", &["Bare()", "Single"]),
        (
            "/usr/bin/python3.11 -u -c '{input}' {input}; python x.py -c '{input}'",
            &["Program(Python)", "Bare()", "Single"],
        ),
        ("perl -F: -lane '{input}' {input}; perl -e'{input}'", &["Program(Perl)", "Bare()", "Program(Perl)"]),
        ("Rscript --vanilla -e \"{input}\" -e '{input}' {input}", &["Program(Rscript)", "Program(Rscript)", "Bare()"]),
        ("bash -c \"$(cat {input})\"", &["Bare()"]),
        ("cat > '{input}' <<< \"{input}\"", &["Single", "Double"]),
    ];
    for (text, want) in cases {
        let template = Template::parse(text, Language::Shell, &Known).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let places: Vec<String> = template.holes().map(|h| named(h.place)).collect();
        assert_eq!(places, *want, "{text}");
    }
}

fn named(place: Place) -> String {
    match place {
        Place::Bare(near) => format!("Bare({})", near.iter_names().map(|(n, _)| n).collect::<Vec<_>>().join("|")),
        Place::Heredoc(id) => format!("Heredoc({})", id.0),
        Place::Refused(refusal) => format!("{refusal:?}"),
        Place::Expansion => "Word".into(),
        place => format!("{place:?}"),
    }
}

#[test]
fn a_value_that_cannot_be_quoted_is_refused() {
    let cases = [
        ("bash -c 'cat {wildcards.b}'", "pass it as an argument: `bash -c '…' _ {wildcards.b}`"),
        ("echo `cat {wildcards.b}`", "write `$(…)`"),
        ("cat <<'E'\n{wildcards.b}\nE", "environment"),
        ("awk '{{print \"{wildcards.b}\"}}'", "pass it as an argument: `awk '…' {wildcards.b}`"),
    ];
    for (text, hint) in cases {
        let template = Template::parse(text, Language::Shell, &Known).unwrap();
        let error = template.render(&&values(), &mut String::new()).unwrap_err();
        assert_eq!(&text[error.range.clone()], "{wildcards.b}");
        assert!(error.message.starts_with("`{wildcards.b}` is \"it's\", which cannot be quoted"), "{}", error.message);
        assert!(error.hint.as_deref().unwrap_or("").contains(hint), "{:?}", error.hint);
        let plain = text.replace("wildcards.b", "wildcards.sample");
        assert_eq!(shell(&plain), plain.replace("{wildcards.sample}", "s1").replace("{{", "{").replace("}}", "}"));
    }
    let cases = [("# {output}", "a\nb"), ("cat <<E\n{output}\nE", "a\nE\nb"), ("cat <<-E\n{output}\nE", "a\n\tb")];
    for (text, value) in cases {
        let values = Values(HashMap::from([("output", Val::str(value))]));
        let template = Template::parse(text, Language::Shell, &Known).unwrap();
        assert!(template.render(&&values, &mut String::new()).is_err(), "{text}");
    }
}

#[test]
fn dedented_text_keeps_values_and_places() {
    let values = Values(HashMap::from([("params", dict(&[("x", Val::str("a\n      b"))]))]));
    let text = "\n    echo {params.x}\n      {{}} {params.x}\n    ";
    let template = Template::parse(text, Language::Shell, &Known).unwrap();
    let mut out = String::new();
    template.render(&&values, &mut out).unwrap();
    assert_eq!(out, "echo a\n      b\n  {} a\n      b");
    let ranges: Vec<&str> = template.holes().map(|h| &text[h.range.start as usize..h.range.end as usize]).collect();
    assert_eq!(ranges, ["{params.x}", "{params.x}"]);
}

#[test]
fn variables_are_listed_once() {
    let template = Template::parse("{X.k} {SAMPLES} {X} {input}", Language::Plain, &Known).unwrap();
    assert_eq!(template.variables().collect::<Vec<_>>(), ["X", "SAMPLES"]);
}

/// Each prints its words, NUL-terminated, by `p`; the value must be among them
/// where `want` has `@`.
const SPOTS: &[(&str, &[&str])] = &[
    ("p {output}", &["@"]),
    ("p a{output}b", &["a@b"]),
    ("p \"{output}\"", &["@"]),
    ("p \"x {output}y\"", &["x @y"]),
    ("p '{output}'", &["@"]),
    ("p 'x {output}y'", &["x @y"]),
    ("p $'{output}'", &["@"]),
    ("p \"$(p {output} | tr '\\000' .)\"", &["@."]),
    ("p \"$(p \"$(p '{output}' | tr '\\000' .)\" | tr '\\000' .)\"", &["@.."]),
    ("p \"$(cat <<EOF\n{output}\nEOF\n)\"", &["@"]),
    ("p \"$(cat <<-EOF\n\tx{output}\n\tEOF\n)\" x", &["x@", "x"]),
    ("p \"$(cat <<EOF\n$(p {output} | tr '\\000' .)\nEOF\n)\"", &["@."]),
    ("p ${{unset:-{output}}}", &["@"]),
    ("p \"${{unset:-{output}}}\"", &["@"]),
    ("y=x{output}; z=${{y%{output}}}; p \"$z\"", &["x"]),
    ("y={output}; p \"$y\"", &["@"]),
    ("y=({output} z); p \"${{y[@]}}\"", &["@", "z"]),
    ("[[ {output} == {output} ]] && p yes", &["yes"]),
    ("case {output} in {output}) p {output};; esac", &["@"]),
    ("for y in {output}; do p \"$y\"; done", &["@"]),
    ("p {{q,{output}}}", &["q", "@"]),
    ("p {output} # it's {rule}", &["@"]),
    ("p a <<< {output} >/dev/null; p a", &["a"]),
    ("p {output}>&1", &["@"]),
    ("bash -c 'printf \"%s\\000\" \"$1\"' _ {output}", &["@"]),
    ("eval p x; p {output:q}", &["x", "@"]),
    ("f() {{ p {output}; }}; f", &["@"]),
    ("p \\\n  {output}", &["@"]),
    ("n=$((1+1)) p {output}", &["@"]),
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ '\"$\\\\;`*!#~{}\n\t&|<>()\\[\\]?=,.-]",
        2 => "[a-zA-Z0-9_/.é日]{1,3}",
        1 => prop::sample::select(vec!["$(touch x)", "${x}", "$'", "'\\''", "EO", "if", "a=b", "-n", "\\\n", "..", "\u{a0}", "!!", "$$"]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// Whether a spot cannot take a value.
fn may_refuse(text: &str, value: &str) -> bool {
    let ends = || value.split('\n').any(|line| line.trim_start_matches('\t') == "EOF");
    text.contains("<<-") && value.contains('\t')
        || text.contains("\n{output}\nEOF") && ends()
        || text.contains("\tx{output}") && ends()
        || text.contains("\"${{unset") && value.contains(['\'', '('])
}

/// Runs many spots with their values in one bash, and compares the words.
fn check_in_bash(values: &[String]) {
    let mut script = String::from("set -euo pipefail\nshopt -s extglob\np() { printf '%s\\0' \"$@\"; }\n");
    let mut wanted = Vec::new();
    for (i, value) in values.iter().enumerate() {
        for (text, want) in SPOTS {
            let scope = Values(HashMap::from([("output", Val::str(value.as_str())), ("rule", Val::str("r"))]));
            let template = Template::parse(text, Language::Shell, &Known).unwrap();
            let mut command = String::new();
            if template.render(&&scope, &mut command).is_err() {
                assert!(may_refuse(text, value), "{text} refuses {value:?}");
                continue;
            }
            // `$( )` cuts line ends, whatever the quoting.
            if text.contains("EOF") && value.ends_with('\n') {
                continue;
            }
            script.push_str(&format!("{command}\np '@{i}'\n"));
            let words = want.iter().map(|w| w.replace('@', value)).chain([format!("@{i}")]).collect::<Vec<_>>();
            wanted.push((command, words));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, &script).unwrap();
    let run = Command::new("bash").arg(&file).current_dir(folder.path()).output().unwrap();
    let mut printed = run.stdout.split(|b| *b == 0).map(|w| String::from_utf8_lossy(w).into_owned());
    for (command, words) in wanted {
        let got: Vec<String> = printed.by_ref().take(words.len()).collect();
        assert_eq!(got, words, "{command}\n{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn plain_names_are_left_and_odd_ones_survive_bash() {
    let names = [
        "a",
        "a b",
        "it's",
        "\"",
        "$HOME",
        "a\nb",
        ";",
        "-n",
        "--",
        "é日",
        "\\",
        "\\n",
        "*",
        "!",
        "#",
        "~",
        "~root",
        "{a,b}",
        "{",
        "}",
        "a,b",
        "1..3",
        "=",
        "a=b",
        "if",
        "esac",
        "done",
        "1",
        "2",
        "`x`",
        "$(x)",
        "",
        " ",
        "\t",
        "[a]",
        "a#b",
        "$'x'",
        "%",
        "(",
        ")",
        "<",
        ">",
        "&",
        "|",
        "\u{a0}",
        "\r",
        "x\\",
        "'",
        "''",
        "time",
        "p",
        "a\nEOF\nb",
        "\\\n",
        "EOF",
    ];
    check_in_bash(&names.map(String::from));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn hostile_names_survive_bash(values in prop::collection::vec(hostile(), 12)) {
        check_in_bash(&values);
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "([{}]|input|X|sample|[ab.!:'\"$`()<\n\\\\#\\[\\]0-9 -]|EOF|<<EOF|\\$\\(|case x in|bash -c|é){0,24}") {
        for language in [Language::Shell, Language::Plain] {
            if let Ok(template) = Template::parse(&text, language, &Known) {
                let _ = template.render(&&values(), &mut String::new());
            }
        }
    }

    #[test]
    fn without_placeholders_a_template_is_its_dedented_text(text in "[a{ }\n\t$'\"(]{0,24}") {
        if let Ok(template) = Template::parse(&text, Language::Shell, &Known) {
            let mut out = String::new();
            template.render(&&Values::default(), &mut out).unwrap();
            prop_assert_eq!(out.replace(['{', '}'], ""), dedent(&text).replace(['{', '}'], ""));
        }
    }
}
