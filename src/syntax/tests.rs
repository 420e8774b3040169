//! What Rulefiles are lowered to, and the faults that are found on the way.

use super::Base;
use super::build::parse;
use crate::span::Sources;

fn lower(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("Rulefile", text);
    match parse(file, text, Base::default()) {
        Ok(tree) => tree.chunks.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("\n----\n"),
        Err(diags) => panic!("{}", crate::diag::render_all(&diags, &sources, false)),
    }
}

fn faults(text: &str) -> Vec<(String, String)> {
    let mut sources = Sources::default();
    let file = sources.add("Rulefile", text);
    let diags = parse(file, text, Base::default()).expect_err("it has faults");
    diags.iter().map(|d| (d.message.clone(), sources.slice(d.labels[0].span).to_owned())).collect()
}

#[test]
fn rules_become_calls() {
    let text = "rule a:\n    \"\"\"doc\"\"\"\n    input:\n        x = \"p\",  # c\n    threads: 4 # d\nX = 1\n";
    let want = "_rule(0,\n    \n    input=_args(\n        x = \"p\",),  # c\n    threads=_args( 4),) # d\nX = 1\n";
    assert_eq!(lower(text), want);
    assert_eq!(lower("rule a: output: \"x\"\n"), "_rule(0, output=_args( \"x\"),)\n");
    assert_eq!(lower("if X:\n    rule:\n        log:\n"), "if X:\n    _rule(0,\n        log=_args(),)\n");
}

#[test]
fn python_is_served() {
    for (given, want) in [
        ("x = 'a' \\\n  'b'", "x = \"ab\""),
        ("x = y is not None", "x = y != None"),
        ("x = y is None", "x = y == None"),
        ("sum(x for x in y)", "sum([x for x in _each(y)])"),
        ("raise ValueError('x'); y = 1", "_raise( ValueError('x')); y = 1"),
        ("assert x, 'm'  # c", "_assert( x, 'm')  # c"),
        ("x = f\"a{b}c{{d}}\"", "x = _f(\"a\",_fmt((b),\"\",_f()),\"c{d}\",)"),
        ("x = f'{b!r:>{w}}' 'z'", "x = _f(_fmt((b),\"r\",_f(\">\",_fmt((w),\"\",_f()),)), \"z\",)"),
        ("import os.path as p, re", "p = _import(\"os.path\", \"\"); re = _import(\"re\", \"\")"),
        ("import a.b, a.c as d", "a = _import_below(\"a\", \"a.b\"); d = _import(\"a.c\", \"\")"),
        ("from .a import *", "_all = _import_all(\".a\")"),
        ("from a import b as c  # d", "c = _import(\"a\", \"b\")  # d"),
        ("x = {1, 'a'}", "x = set([1, 'a'])"),
        ("x = {a: 1} | {}", "x = {a: 1} | {}"),
        ("x = {y for y in z}", "x = set([y for y in _each(z)])"),
        ("x = [*a, 1, *b]", "x = ([] + list(a) + [ 1, ] + list(b))"),
        ("x = {**a, 'b': 2}", "x = ({} | _mapping(a) | { 'b': 2})"),
        ("x = 2 * (a > b) + c", "x = 2 * _number((a > b)) + c"),
        ("n += a in b", "n += _number(a in b)"),
        ("x = '%s' % (a > b)", "x = _percent('%s' , (a > b))"),
        ("x = {'a'} - b.keys()", "x = set(set(['a'])) - set(b.keys())"),
        ("a = 1; b = c = 2", "a = 1; _v7 = (2); b = _v7; c = _v7"),
        ("if x: del a['b']; y = 1", "if x: _delete(a, ['b']); y = 1"),
        ("a, (b, *c) = d", "_v0 = (d); (a, _u3) = _each(_v0); (b, c) = _spread(1, 0, _u3)"),
        ("x = *a, 1", "x = tuple(_joined(a, [1]))"),
        ("x = {*a, 1}", "x = set([] + list(a) + [ 1])"),
        ("x = '-'.join(y)", "x = '-'.join(_each(y))"),
        ("x = os.path.join(y)", "x = os.path.join(y)"),
        ("x = isinstance(y, int | str)", "x = isinstance(y,( int , str))"),
        ("x = f'{a = }{b!s:>2}'", "x = _f(\"a = \",_fmt((a ),\"r\",_f()),_fmt((b),\"s\",_f(\">2\",)),)"),
        ("x = [a * 2, f(*a)]", "x = [a * 2, f(*a)]"),
        ("f(a, **w)", "f(a, **_kw | w)"),
        ("def f(a, **w): pass", "def f(a, **w): pass"),
        ("x = (a.b ** 3)", "x = (_pow(a.b , 3))"),
        ("x = -f().y ** -2 ** z", "x = -_pow(f().y , -_pow(2 , z))"),
        ("x = a * b % c + '%s' % (d, e)", "x = _percent(a * b , c) + _percent('%s' , (d, e))"),
        ("x = 1 < 2 < 3", "x = (1 < 2 and 2 < 3)"),
        ("x = [i for i in y if 0 <= i < len(y)]", "x = [i for i in _each(y) if (0 <= i and i < len(y))]"),
        ("x = not a < b < c", "x = not (a < b and b < c)"),
        ("x = (not a, b < f(c) < d)", "x = (not a, _compare(b , \"<\", f(c) , \"<\", d))"),
        ("x = t[(t.a == 1) & ~b, c]", "x = t[((_equal(t.a , \"==\", 1)) & ~b, c)]"),
        ("a, *b = c", "a, b = _spread(1, 0, (c))"),
        ("for a, *b in c: pass", "for a, b in _spread_each(1, 0, c): pass"),
        ("for i in range(3):\n\tpass", "for i in range(3):\n pass"),
        ("while a < b:\n\tpass", "for _while in range(2147483647):\n if not _turn(( a < b)): break\n pass"),
        ("while a: f()", "for _while in range(2147483647):\n if not _turn(( a)): break\n f()"),
        ("del a.b[c]", "_delete(a.b, [c])"),
        ("del a, b", "pass; pass"),
        ("del a[1:], b[c]", "_slice(a, (1), None, None); _delete(b, [c])"),
        ("x[1:2] = y", "_slice(x, (1), (2), None, (y))"),
        ("a = b = c", "_v0 = (c); a = _v0; b = _v0"),
        ("a **= b", "a = _pow(a, (b))"),
        ("x = 1_000 + a_1", "x = 1000 + a_1"),
        ("x: 'T' = 3", "x = 3"),
        ("z: int", "pass"),
        ("def f(a: T, *, b: 'x' = 1) -> T: pass", "def f(a, *, b= 1) : pass"),
        (
            "if (n := f(a)) > n.b: c",
            "_w0 = {}\n_c = ((_named(_w0, \"n\", ( f(a)))) > _w0[\"n\"].b)\nif \"n\" in _w0: n = _w0[\"n\"]\nif _c:\n c",
        ),
        (
            "if a: b\nelif (n := c): n\nelse: d",
            "if a: b\nelse:\n _w8 = {}\n _c = ((_named(_w8, \"n\", ( c))))\n if \"n\" in _w8: n = _w8[\"n\"]\n if _c:\n  n\n else: d",
        ),
        ("for a in b(c):\n break\nelse:\n d", "_b0 = True\nfor a in _each(b(c)):\n _b0 = False; break\nif _b0:\n d"),
        ("def d(f): return f\n@d\ndef f(): pass", "def d(f): return f\n_d19 = (d)\ndef f(): pass\nf = _d19(f)"),
        ("def f():\n global a\n a += 1", "def f():\n pass\n _global(\"a\", a + (1))\nif False: a = None"),
        (
            "class A(B):\n x: int = 3",
            "def _class0():\n x__is = 3\n return {\"x\": x__is}\nA = _class_of(\"A\", lambda: [B], _class0, [\"x\"], [], None)",
        ),
        (
            "try:\n a = b\nexcept C as e:\n raise",
            "_t0_0 = _try(None)\nif True:\n _v6 = _t0_0._run(lambda: (b))\n if _t0_0._ok(): a = _v6\nif _t0_0._catch(lambda: (C)):\n e = _t0_0._caught()\n _t0_0._again()\n_t0_0._settle()",
        ),
        ("x = a << b < c", "x = a << b < c"),
        ("x = f\"{'7'.zfill(3)}\"", "x = _f(_fmt((_of('7', \"zfill\")(3)),\"\",_f()),)"),
        ("x = map('{}'.format, y)", "x = map(_of('{}', \"format\"), y)"),
        ("self.format, x = y", "self.format, x = y"),
        ("x = y + '7'.zfill(3)", "x = y + _of('7', \"zfill\")(3)"),
        ("x = -f(a, ')')[b].c.rjust(n)", "x = -_of(f(a, ')')[b].c, \"rjust\")(n)"),
        ("with open('a') as f:\n\tx = 1", "f = open('a')\nif True:\n x = 1"),
        ("with p.x(**w).open() as f:\n\tx = 1", "f = _of(p.x(**_kw | w), \"open\")()\nif True:\n x = 1"),
        (
            "def f():\n\twith open('a') as f, open(b) as g:\n\t\tx = f.read()",
            "def f():\n f = open('a')\n g = open(b)\n if True:\n  x = f.read()",
        ),
        ("x = r'\\d'", "x = \"\\\\d\""),
        ("x: int = 3", "x = 3"),
        ("a, b, = c", "(a, b,) = _each(c)"),
        (
            "def f(x):\n  yield x\n  if x: return\n  yield from x",
            "def f(x):\n  _yield = []\n  _yield.append(_bounded(_yield, (x)))\n  if x: return _stream(_yield)\n  _yield.extend(_bounded(_yield, _each(x)))\n  return _stream(_yield)",
        ),
        (
            "for x in y:\n try:\n  z\n except: pass",
            "_i0_0 = _cursor((y))\nfor _while in range(2147483647):\n if not (_i0_0._more()): break\n x = _i0_0._next()\n _t0_12 = _try(None)\n if True:\n  _t0_12._run(lambda: (z))\n if _t0_12._catch(None):\n  pass\n _t0_12._settle()",
        ),
        (
            "from functools import d\n@d\ndef f():\n try:\n  g()\n finally:\n  h()\ni()",
            "d = _import(\"functools\", \"d\")\n_d24 = (d)\ndef f():\n _t0_36f = _try(None)\n _t0_36 = _try(_t0_36f)\n if True:\n  _t0_36._run(lambda: (g()))\n _t0_36._settle()\n if True:\n  h()\n _t0_36f._settle()\nf = _d24(f)\ni()",
        ),
        ("def f():\n\treturn 1", "def f():\n return 1"),
    ] {
        assert_eq!(lower(&format!("{given}\n")), format!("{want}\n"), "{given}");
    }
}

#[test]
fn an_include_cuts_the_text() {
    assert_eq!(lower("include: \"a\"\nX = 1\nY = 2\n"), "_directive(0, \"a\")\n\n----\nX = 1\nY = 2\n");
}

#[test]
fn faults_are_found_together() {
    let text = "rule a:\n    inptu: \"a\"\n    output: \"b\"\n    output: foo(\"x\"\n    shell: \"d\"\nrule b\nfoo: \"x\"\nx = \"a\nrule c:\n    input: \"a\"\n  output: \"b\"\n";
    let want = [
        ("unknown section `inptu` in rule `a`", "inptu"),
        ("`output` is given twice in rule `a`", "output"),
        ("`:` is missing after `rule b`", "rule b"),
        ("unknown directive `foo`", "foo"),
        ("this string is never closed", "\""),
        ("`output` is indented by 2, the sections of rule `c` by 4", "output"),
    ];
    assert_eq!(faults(text), want.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn an_open_bracket_does_not_swallow_the_next_rule() {
    let text = "rule a:\n    input: foo(\"x\",\n        [1\n    output: \"b\"\nrule b:\n    inptu: \"x\"\n";
    let messages: Vec<String> = faults(text).into_iter().map(|(m, _)| m).collect();
    assert_eq!(messages, ["this bracket is never closed", "unknown section `inptu` in rule `b`"]);
}
