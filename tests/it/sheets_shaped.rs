//! What makes sheets of sheets: functions of them, and other shapes, beside what pandas 3 prints.

use crate::sheets_asked::answers_as_pandas;
use crate::story::Story;

#[test]
fn functions_and_keys_go_as_in_pandas() {
    let given = r#"q = pd.DataFrame({"n": [3, 1, 2, 5], "s": ["x", "y", "x", "z"], "f": [1.5, np.nan, 2.5, 0.5], "b": [True, False, True, True]}, index=["k", "l", "m", "o"])
e = q[q["n"] > 100]
s = q["n"]
m = q.set_index(["s", "n"])
def most(d, k, by="n"):
    return d[d[by] >= k]"#;
    answers_as_pandas(
        given,
        &[
            (
                r#"q[lambda d: d["n"] > 2]"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"q[lambda d: ["s", "n"]]"#, "[['s', 'n'], ['k', 'x', 3], ['l', 'y', 1], ['m', 'x', 2], ['o', 'z', 5]]"),
            (r#"q[lambda d: "s"]"#, "[('k', 'x'), ('l', 'y'), ('m', 'x'), ('o', 'z')]"),
            (
                "q[lambda d: d.n > 1][lambda d: d.f > 1]",
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True]]",
            ),
            (
                r#"q.loc[lambda d: d["n"] > 1]"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"q.loc[lambda d: d["n"] > 1, "s"]"#, "[('k', 'x'), ('m', 'x'), ('o', 'z')]"),
            (
                r#"q.loc[lambda d: d["n"] > 1, ["s", "b"]]"#,
                "[['s', 'b'], ['k', 'x', True], ['m', 'x', True], ['o', 'z', True]]",
            ),
            (r#"q.loc[lambda d: d["n"] > 1, lambda d: ["s"]]"#, "[['s'], ['k', 'x'], ['m', 'x'], ['o', 'z']]"),
            (
                r#"q.loc[lambda d: d["n"] > 1, "n":"f"]"#,
                "[['n', 's', 'f'], ['k', 3, 'x', 1.5], ['m', 2, 'x', 2.5], ['o', 5, 'z', 0.5]]",
            ),
            (r#"q.loc["k", lambda d: "s"]"#, "'x'"),
            (r#"q.loc[lambda d: "k"]["s"]"#, "'x'"),
            (
                r#"q.loc[lambda d: ["m", "k"]]"#,
                "[['n', 's', 'f', 'b'], ['m', 2, 'x', 2.5, True], ['k', 3, 'x', 1.5, True]]",
            ),
            ("q.iloc[lambda d: [0, 2]]", "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True]]"),
            (r#"q.iloc[lambda d: d["n"].tolist()[1]]["s"]"#, "'y'"),
            ("q.iloc[lambda d: [0], 1]", "[('k', 'x')]"),
            ("s[lambda c: c > 2]", "[('k', 3), ('o', 5)]"),
            ("s.loc[lambda c: c > 2]", "[('k', 3), ('o', 5)]"),
            (r#"s.loc[lambda c: "l"]"#, "1"),
            (r#"s[lambda c: "l"]"#, "1"),
            ("s.iloc[lambda c: [1, 0]]", "[('l', 1), ('k', 3)]"),
            (r#"q.query("n > 1").loc[lambda d: d.b, "f"].tolist()"#, "[1.5, 2.5, 0.5]"),
            (
                r#"q.set_index("s").loc[lambda d: d.index == "x"]"#,
                "[['n', 'f', 'b'], ['x', 3, 1.5, True], ['x', 2, 2.5, True]]",
            ),
            (r#"e[lambda d: d["n"] > 2]"#, "[['n', 's', 'f', 'b']]"),
            (r#"e.loc[lambda d: d["n"] > 2, "s"]"#, "[]"),
            (r#"m.loc[lambda d: d["f"] > 1]"#, "[['f', 'b'], [('x', 3), 1.5, True], [('x', 2), 2.5, True]]"),
            (
                "q.assign(z=lambda d: d.n * 2)[lambda d: d.z > 4]",
                "[['n', 's', 'f', 'b', 'z'], ['k', 3, 'x', 1.5, True, 6], ['o', 5, 'z', 0.5, True, 10]]",
            ),
            ("{1: lambda x: x + 1}[(lambda d: 1)(0)](3)", "4"),
            ("[[1, 2], [3, 4]][(lambda: 1)()]", "[3, 4]"),
            (r#"q[lambda d: d["zz"] > 2]"#, "ERR KeyError"),
            ("q.pipe(most, 3)", "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['o', 5, 'z', 0.5, True]]"),
            (r#"q.pipe(most, 2, by="f")"#, "[['n', 's', 'f', 'b'], ['m', 2, 'x', 2.5, True]]"),
            ("q.pipe(lambda d: d.shape)", "(4, 4)"),
            (
                r#"q.pipe((most, "d"), k=3)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            ("s.pipe(lambda c: c.max())", "5"),
            ("s.pipe(lambda c, k: c[c > k], 2)", "[('k', 3), ('o', 5)]"),
            (
                r#"pd.concat([q, q], keys=["a", "b"])"#,
                "[['n', 's', 'f', 'b'], [('a', 'k'), 3, 'x', 1.5, True], [('a', 'l'), 1, 'y', 'nan', False], [('a', 'm'), 2, 'x', 2.5, True], [('a', 'o'), 5, 'z', 0.5, True], [('b', 'k'), 3, 'x', 1.5, True], [('b', 'l'), 1, 'y', 'nan', False], [('b', 'm'), 2, 'x', 2.5, True], [('b', 'o'), 5, 'z', 0.5, True]]",
            ),
            (
                r#"pd.concat([q, q[["n"]]], keys=["a", "b"])"#,
                "[['n', 's', 'f', 'b'], [('a', 'k'), 3, 'x', 1.5, True], [('a', 'l'), 1, 'y', 'nan', False], [('a', 'm'), 2, 'x', 2.5, True], [('a', 'o'), 5, 'z', 0.5, True], [('b', 'k'), 3, 'nan', 'nan', 'nan'], [('b', 'l'), 1, 'nan', 'nan', 'nan'], [('b', 'm'), 2, 'nan', 'nan', 'nan'], [('b', 'o'), 5, 'nan', 'nan', 'nan']]",
            ),
            (
                r#"pd.concat([q, q], keys=["a", "b"]).index.tolist()"#,
                "[('a', 'k'), ('a', 'l'), ('a', 'm'), ('a', 'o'), ('b', 'k'), ('b', 'l'), ('b', 'm'), ('b', 'o')]",
            ),
            (
                r#"pd.concat([q, q], keys=["a", "b"]).loc["a"]"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'y', 'nan', False], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"pd.concat([q, q], keys=["a", "b"], names=["w"]).index.names[0]"#, "'w'"),
            (
                r#"pd.concat([q, e], keys=["a", "b"])"#,
                "[['n', 's', 'f', 'b'], [('a', 'k'), 3, 'x', 1.5, True], [('a', 'l'), 1, 'y', 'nan', False], [('a', 'm'), 2, 'x', 2.5, True], [('a', 'o'), 5, 'z', 0.5, True]]",
            ),
            (
                r#"pd.concat([q, e], keys=["a", "b"]).reset_index()"#,
                "[['level_0', 'level_1', 'n', 's', 'f', 'b'], [0, 'a', 'k', 3, 'x', 1.5, True], [1, 'a', 'l', 1, 'y', 'nan', False], [2, 'a', 'm', 2, 'x', 2.5, True], [3, 'a', 'o', 5, 'z', 0.5, True]]",
            ),
            (
                r#"pd.concat({"a": q, "b": q.head(1)})"#,
                "[['n', 's', 'f', 'b'], [('a', 'k'), 3, 'x', 1.5, True], [('a', 'l'), 1, 'y', 'nan', False], [('a', 'm'), 2, 'x', 2.5, True], [('a', 'o'), 5, 'z', 0.5, True], [('b', 'k'), 3, 'x', 1.5, True]]",
            ),
            (
                r#"pd.concat({"a": q, "b": q.head(1)}, keys=["b"])"#,
                "[['n', 's', 'f', 'b'], [('b', 'k'), 3, 'x', 1.5, True]]",
            ),
            (r#"pd.concat({"a": q}, keys=["zz"])"#, "ERR KeyError"),
            (r#"pd.concat([q, q], keys=["a"])"#, "ERR ValueError"),
            (
                r#"pd.concat([q, None], keys=["a", "b"])"#,
                "[['n', 's', 'f', 'b'], [('a', 'k'), 3, 'x', 1.5, True], [('a', 'l'), 1, 'y', 'nan', False], [('a', 'm'), 2, 'x', 2.5, True], [('a', 'o'), 5, 'z', 0.5, True]]",
            ),
            (r#"pd.concat([None], keys=["a"])"#, "ERR ValueError"),
            ("pd.concat([])", "ERR ValueError"),
            ("pd.concat({})", "ERR ValueError"),
            ("pd.concat(q)", "ERR TypeError"),
            (r#"pd.concat([q, q], keys=["a", "b"], ignore_index=True)"#, "ERR ValueError"),
            (
                r#"pd.concat([q, q], keys=[("a", 1), ("b", 2)])"#,
                "[['n', 's', 'f', 'b'], [('a', 1, 'k'), 3, 'x', 1.5, True], [('a', 1, 'l'), 1, 'y', 'nan', False], [('a', 1, 'm'), 2, 'x', 2.5, True], [('a', 1, 'o'), 5, 'z', 0.5, True], [('b', 2, 'k'), 3, 'x', 1.5, True], [('b', 2, 'l'), 1, 'y', 'nan', False], [('b', 2, 'm'), 2, 'x', 2.5, True], [('b', 2, 'o'), 5, 'z', 0.5, True]]",
            ),
            (
                "pd.concat([q, q], keys=[1, 2])",
                "[['n', 's', 'f', 'b'], [(1, 'k'), 3, 'x', 1.5, True], [(1, 'l'), 1, 'y', 'nan', False], [(1, 'm'), 2, 'x', 2.5, True], [(1, 'o'), 5, 'z', 0.5, True], [(2, 'k'), 3, 'x', 1.5, True], [(2, 'l'), 1, 'y', 'nan', False], [(2, 'm'), 2, 'x', 2.5, True], [(2, 'o'), 5, 'z', 0.5, True]]",
            ),
            (
                r#"pd.concat([s, s], keys=["a", "b"])"#,
                "[(('a', 'k'), 3), (('a', 'l'), 1), (('a', 'm'), 2), (('a', 'o'), 5), (('b', 'k'), 3), (('b', 'l'), 1), (('b', 'm'), 2), (('b', 'o'), 5)]",
            ),
            (
                r#"pd.concat([s, q["f"]], keys=["a", "b"])"#,
                "[(('a', 'k'), 3.0), (('a', 'l'), 1.0), (('a', 'm'), 2.0), (('a', 'o'), 5.0), (('b', 'k'), 1.5), (('b', 'l'), 'nan'), (('b', 'm'), 2.5), (('b', 'o'), 0.5)]",
            ),
            (r#"pd.concat([s, s], keys=["a", "b"]).name"#, "'n'"),
            (r#"pd.concat([s, q["f"]], keys=["a", "b"]).name"#, "None"),
            (
                r#"pd.concat({"a": s, "b": q["s"]})"#,
                "[(('a', 'k'), 3), (('a', 'l'), 1), (('a', 'm'), 2), (('a', 'o'), 5), (('b', 'k'), 'x'), (('b', 'l'), 'y'), (('b', 'm'), 'x'), (('b', 'o'), 'z')]",
            ),
            (
                r#"pd.concat([s, q["f"]], axis=1)"#,
                "[['n', 'f'], ['k', 3, 1.5], ['l', 1, 'nan'], ['m', 2, 2.5], ['o', 5, 0.5]]",
            ),
            (
                r#"pd.concat([s, q["f"]], axis=1, keys=["a", "b"])"#,
                "[['a', 'b'], ['k', 3, 1.5], ['l', 1, 'nan'], ['m', 2, 2.5], ['o', 5, 0.5]]",
            ),
            (
                r#"pd.concat({"a": s, "b": q["s"]}, axis=1)"#,
                "[['a', 'b'], ['k', 3, 'x'], ['l', 1, 'y'], ['m', 2, 'x'], ['o', 5, 'z']]",
            ),
            ("pd.concat([pd.Series([1, 2]), pd.Series([3, 4])], axis=1)", "[[0, 1], [0, 1, 3], [1, 2, 4]]"),
            (
                r#"pd.concat([pd.Series([1, 2]), pd.Series([3, 4], name="z")], axis=1)"#,
                "[[0, 'z'], [0, 1, 3], [1, 2, 4]]",
            ),
            (
                r#"pd.concat([pd.Series([1, 2], name="z"), pd.Series([3, 4])], axis=1)"#,
                "[['z', 0], [0, 1, 3], [1, 2, 4]]",
            ),
            (
                "pd.concat([pd.Series([1, 2]), pd.Series([3, 4])], axis=1, ignore_index=True)",
                "[[0, 1], [0, 1, 3], [1, 2, 4]]",
            ),
            (
                r#"pd.concat([s, q["f"].iloc[[3, 1]]], axis=1)"#,
                "[['n', 'f'], ['k', 3, 'nan'], ['l', 1, 'nan'], ['m', 2, 'nan'], ['o', 5, 0.5]]",
            ),
            (
                r#"pd.concat([q["f"].iloc[[3, 1]], s], axis=1)"#,
                "[['f', 'n'], ['o', 0.5, 5], ['l', 'nan', 1], ['k', 'nan', 3], ['m', 'nan', 2]]",
            ),
            (
                r#"pd.concat([q["f"].iloc[[3, 1]], s], axis=1, join="inner")"#,
                "[['f', 'n'], ['o', 0.5, 5], ['l', 'nan', 1]]",
            ),
            (
                r#"pd.concat([q["f"].iloc[[3, 1]], s.iloc[[1, 2, 3]]], axis=1, join="inner")"#,
                "[['f', 'n'], ['o', 0.5, 5], ['l', 'nan', 1]]",
            ),
            (
                r#"pd.concat([q[["n"]], q[["s"]].head(2)], axis=1)"#,
                "[['n', 's'], ['k', 3, 'x'], ['l', 1, 'y'], ['m', 2, 'nan'], ['o', 5, 'nan']]",
            ),
            (
                r#"pd.concat([q[["n"]], q[["s"]].head(2)], axis=1, join="inner")"#,
                "[['n', 's'], ['k', 3, 'x'], ['l', 1, 'y']]",
            ),
            (
                r#"pd.concat([q[["n"]], pd.Series([1], index=["zz"], name="w")], axis=1)"#,
                "[['n', 'w'], ['k', 3.0, 'nan'], ['l', 1.0, 'nan'], ['m', 2.0, 'nan'], ['o', 5.0, 'nan'], ['zz', 'nan', 1.0]]",
            ),
            ("pd.concat([s, s], verify_integrity=True)", "ERR ValueError"),
            ("pd.concat([q, q], verify_integrity=True)", "ERR ValueError"),
            (
                r#"pd.concat([m, m], keys=["a", "b"])"#,
                "[['f', 'b'], [('a', 'x', 3), 1.5, True], [('a', 'y', 1), 'nan', False], [('a', 'x', 2), 2.5, True], [('a', 'z', 5), 0.5, True], [('b', 'x', 3), 1.5, True], [('b', 'y', 1), 'nan', False], [('b', 'x', 2), 2.5, True], [('b', 'z', 5), 0.5, True]]",
            ),
            (
                r#"pd.concat([m, m], keys=["a", "b"]).index.tolist()"#,
                "[('a', 'x', 3), ('a', 'y', 1), ('a', 'x', 2), ('a', 'z', 5), ('b', 'x', 3), ('b', 'y', 1), ('b', 'x', 2), ('b', 'z', 5)]",
            ),
            (
                r#"q.groupby("s").filter(lambda g: len(g) > 1)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True]]",
            ),
            (
                r#"q.groupby("s").filter(lambda g: g["n"].sum() > 4)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"q.groupby("s")["n"].filter(lambda g: g.sum() > 4)"#, "[('k', 3), ('m', 2), ('o', 5)]"),
            (r#"q.groupby("s").filter(lambda g: g["n"].iloc[0])"#, "ERR TypeError"),
            (r#"q.groupby("s").filter(lambda g: g["n"] > 1)"#, "ERR TypeError"),
            (r#"e.groupby("s").filter(lambda g: True)"#, "[['n', 's', 'f', 'b']]"),
            (r#"q.groupby("s").filter(lambda g: None)"#, "[['n', 's', 'f', 'b']]"),
            (
                r#"q.groupby(["s", "b"]).filter(lambda g: len(g) == 2)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['m', 2, 'x', 2.5, True]]",
            ),
            (
                r#"q.groupby("s", sort=False).filter(lambda g: len(g) > 0)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'y', 'nan', False], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (
                r#"q.groupby("s").nth(0)"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'y', 'nan', False], ['o', 5, 'z', 0.5, True]]",
            ),
            (
                r#"q.groupby("s").nth(-1)"#,
                "[['n', 's', 'f', 'b'], ['l', 1, 'y', 'nan', False], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"q.groupby("s").nth(1)"#, "[['n', 's', 'f', 'b'], ['m', 2, 'x', 2.5, True]]"),
            (
                r#"q.groupby("s").nth([0, 1])"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'y', 'nan', False], ['m', 2, 'x', 2.5, True], ['o', 5, 'z', 0.5, True]]",
            ),
            (r#"q.groupby("s")["n"].nth(0)"#, "[('k', 3), ('l', 1), ('o', 5)]"),
            (r#"q.groupby("s").nth(5)"#, "[['n', 's', 'f', 'b']]"),
            (r#"q.groupby("s").nth("a")"#, "ERR TypeError"),
            (r#"q.agg({"n": "sum"})"#, "[('n', 11)]"),
            (r#"q.agg({"n": "sum", "f": "mean"})"#, "[('n', 11.0), ('f', 1.5)]"),
            (
                r#"q.agg({"n": ["sum", "min"], "f": "max"})"#,
                "[['n', 'f'], ['sum', 11.0, 'nan'], ['min', 1.0, 'nan'], ['max', 'nan', 2.5]]",
            ),
            (
                r#"q.agg({"n": ["sum", "min"], "f": ["max", "sum"]})"#,
                "[['n', 'f'], ['sum', 11.0, 4.5], ['min', 1.0, 'nan'], ['max', 'nan', 2.5]]",
            ),
            (r#"q.agg({"zz": "sum"})"#, "ERR KeyError"),
            (r#"q[["n", "f"]].agg("sum")"#, "[('n', 11.0), ('f', 4.5)]"),
            (r#"q[["n", "f"]].agg("mean")"#, "[('n', 2.75), ('f', 1.5)]"),
            (r#"q[["n", "f"]].agg("max", axis=1)"#, "[('k', 3.0), ('l', 1.0), ('m', 2.5), ('o', 5.0)]"),
            (r#"q[["n", "f"]].agg(["sum", "max"])"#, "[['n', 'f'], ['sum', 11, 4.5], ['max', 5, 2.5]]"),
            (r#"q[["n"]].agg(["sum", "max"])"#, "[['n'], ['sum', 11], ['max', 5]]"),
            (r#"q.agg("nunique")"#, "[('n', 4), ('s', 3), ('f', 3), ('b', 2)]"),
            (r#"q.agg("count")"#, "[('n', 4), ('s', 4), ('f', 3), ('b', 4)]"),
            (r#"q[["n", "f"]].agg(lambda c: c.max())"#, "[('n', 5.0), ('f', 2.5)]"),
            (r#"q[["n", "f"]].agg(lambda r: r["n"] + 1, axis=1)"#, "[('k', 4.0), ('l', 2.0), ('m', 3.0), ('o', 6.0)]"),
            (r#"q.agg("nonsense")"#, "ERR AttributeError"),
            ("q.agg([])", "[['n', 's', 'f', 'b']]"),
            (r#"s.agg("sum")"#, "11"),
            (r#"s.agg(["min", "max"])"#, "[('min', 1), ('max', 5)]"),
            (r#"s.agg(["min", "mean"])"#, "[('min', 1.0), ('mean', 2.75)]"),
            ("s.agg(lambda c: c.max() - c.min())", "4"),
            (r#"s.agg("size")"#, "4"),
            (r#"s.agg("nope")"#, "ERR AttributeError"),
            (r#"q["s"].agg(["min", "max", "count"])"#, "[('min', 'x'), ('max', 'z'), ('count', 4)]"),
        ],
    );
}

#[test]
fn functions_in_brackets_are_written_there() {
    let text = "import pandas as pd\nq = pd.DataFrame({\"n\": [1]})\nf = lambda d: d[\"n\"] > 0\n";
    for asked in ["q[f]", "q.loc[f]", "q[\"n\"][f]", "q.loc[f, \"n\"]", "q[\"n\"].loc[f]"] {
        let story = Story::new().file("Snakefile", &format!("{text}x = {asked}\nrule all:\n    output: 'x'\n"));
        let run = story.run(&["-s", "Snakefile", "--list"]);
        run.is_refused();
        assert!(run.stderr().contains("a function in brackets is written there"), "{asked}: {}", run.stderr());
    }
}

#[test]
fn comparisons_and_shapes_go_as_in_pandas() {
    let given = r#"q = pd.DataFrame({"n": [3, 1, 2, 1], "s": ["x", "Y", "x", "Z"], "f": [1.5, np.nan, 2.5, 0.5], "b": [True, False, True, True]}, index=["k", "l", "m", "o"])
z = q[["n", "f"]]
e = z[z["n"] > 100]
d = pd.DataFrame({"a": ["x", "x", "y", "x"], "b": ["p", "q", "p", "p"], "v": [1, 3, 5, 2], "w": [0.5, np.nan, 1.0, 2.0], "c": [2, 1, 2, 1]})
g = d.groupby(["a", "b"])["v"].sum()"#;
    answers_as_pandas(
        given,
        &[
            ("z > 1", "[['n', 'f'], ['k', True, True], ['l', False, False], ['m', True, True], ['o', False, False]]"),
            (
                "z == 1",
                "[['n', 'f'], ['k', False, False], ['l', True, False], ['m', False, False], ['o', True, False]]",
            ),
            ("z != 1", "[['n', 'f'], ['k', True, True], ['l', False, True], ['m', True, True], ['o', False, True]]"),
            ("1 < z", "[['n', 'f'], ['k', True, True], ['l', False, False], ['m', True, True], ['o', False, False]]"),
            ("z == z", "[['n', 'f'], ['k', True, True], ['l', True, False], ['m', True, True], ['o', True, True]]"),
            (
                "z.eq(2)",
                "[['n', 'f'], ['k', False, False], ['l', False, False], ['m', True, False], ['o', False, False]]",
            ),
            ("z.ne(2)", "[['n', 'f'], ['k', True, True], ['l', True, True], ['m', False, True], ['o', True, True]]"),
            ("z.lt(2)", "[['n', 'f'], ['k', False, True], ['l', True, False], ['m', False, False], ['o', True, True]]"),
            ("z.le(2)", "[['n', 'f'], ['k', False, True], ['l', True, False], ['m', True, False], ['o', True, True]]"),
            (
                "z.gt(2)",
                "[['n', 'f'], ['k', True, False], ['l', False, False], ['m', False, True], ['o', False, False]]",
            ),
            (
                "z.ge(2)",
                "[['n', 'f'], ['k', True, False], ['l', False, False], ['m', True, True], ['o', False, False]]",
            ),
            (
                r#"q == "x""#,
                "[['n', 's', 'f', 'b'], ['k', False, True, False, False], ['l', False, False, False, False], ['m', False, True, False, False], ['o', False, False, False, False]]",
            ),
            ("q > 1", "ERR TypeError"),
            ("z == z.head(2)", "ERR ValueError"),
            (r#"z == z[["n"]]"#, "ERR ValueError"),
            ("z[z > 1]", "[['n', 'f'], ['k', 3.0, 1.5], ['l', 'nan', 'nan'], ['m', 2.0, 2.5], ['o', 'nan', 'nan']]"),
            (
                "z.where(z > 1)",
                "[['n', 'f'], ['k', 3.0, 1.5], ['l', 'nan', 'nan'], ['m', 2.0, 2.5], ['o', 'nan', 'nan']]",
            ),
            ("z.where(z > 1, 0)", "[['n', 'f'], ['k', 3, 1.5], ['l', 0, 0.0], ['m', 2, 2.5], ['o', 0, 0.0]]"),
            (
                "z.where(z > 1, other=-1)",
                "[['n', 'f'], ['k', 3, 1.5], ['l', -1, -1.0], ['m', 2, 2.5], ['o', -1, -1.0]]",
            ),
            (
                r#"z.where(z > 1, -z["n"].iloc[0])"#,
                "[['n', 'f'], ['k', 3, 1.5], ['l', -3, -3.0], ['m', 2, 2.5], ['o', -3, -3.0]]",
            ),
            (
                "z.where(lambda x: x > 1)",
                "[['n', 'f'], ['k', 3.0, 1.5], ['l', 'nan', 'nan'], ['m', 2.0, 2.5], ['o', 'nan', 'nan']]",
            ),
            (
                "z.where(lambda x: x > 1, lambda x: x)",
                "[['n', 'f'], ['k', 3, 1.5], ['l', 1, 'nan'], ['m', 2, 2.5], ['o', 1, 0.5]]",
            ),
            (
                "z.where(z > 1, z.eq(1))",
                "[['n', 'f'], ['k', 3, 1.5], ['l', True, False], ['m', 2, 2.5], ['o', True, False]]",
            ),
            (
                "z.mask(z > 1)",
                "[['n', 'f'], ['k', 'nan', 'nan'], ['l', 1.0, 'nan'], ['m', 'nan', 'nan'], ['o', 1.0, 0.5]]",
            ),
            ("z.mask(z > 1, 0)", "[['n', 'f'], ['k', 0, 0.0], ['l', 1, 'nan'], ['m', 0, 0.0], ['o', 1, 0.5]]"),
            (
                r#"q.where(q.notna(), "none")"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'Y', 'none', False], ['m', 2, 'x', 2.5, True], ['o', 1, 'Z', 0.5, True]]",
            ),
            (
                "q.where(q.isna())",
                "[['n', 's', 'f', 'b'], ['k', 'nan', 'nan', 'nan', 'nan'], ['l', 'nan', 'nan', 'nan', 'nan'], ['m', 'nan', 'nan', 'nan', 'nan'], ['o', 'nan', 'nan', 'nan', 'nan']]",
            ),
            ("z.where(z)", "ERR TypeError"),
            (
                r#"q.mask(q.isna(), "u")"#,
                "[['n', 's', 'f', 'b'], ['k', 3, 'x', 1.5, True], ['l', 1, 'Y', 'u', False], ['m', 2, 'x', 2.5, True], ['o', 1, 'Z', 0.5, True]]",
            ),
            ("e.where(e > 1)", "[['n', 'f']]"),
            (
                r#"q.isin(["x", 1])"#,
                "[['n', 's', 'f', 'b'], ['k', False, True, False, True], ['l', True, False, False, False], ['m', False, True, False, True], ['o', True, False, False, True]]",
            ),
            (
                r#"q.isin({"s": ["x"], "n": [3]})"#,
                "[['n', 's', 'f', 'b'], ['k', True, True, False, False], ['l', False, False, False, False], ['m', False, True, False, False], ['o', False, False, False, False]]",
            ),
            (
                "q.isin([])",
                "[['n', 's', 'f', 'b'], ['k', False, False, False, False], ['l', False, False, False, False], ['m', False, False, False, False], ['o', False, False, False, False]]",
            ),
            (r#"q.isin("x")"#, "ERR TypeError"),
            (r#"q.isin({"s": "x"})"#, "ERR TypeError"),
            (
                "z.isin([1.5])",
                "[['n', 'f'], ['k', False, True], ['l', False, False], ['m', False, False], ['o', False, False]]",
            ),
            ("q.equals(q)", "True"),
            ("q.equals(q.copy())", "True"),
            ("q.equals(z)", "False"),
            ("z.equals(z.astype(float))", "False"),
            (r#"q.equals(q.rename(columns={"n": "r"}))"#, "False"),
            ("q.equals(q.reset_index(drop=True))", "False"),
            ("q.equals(1)", "False"),
            (r#"q["f"].equals(q["f"])"#, "True"),
            (r#"q["n"].equals(q["n"].rename("r"))"#, "True"),
            (r#"q["n"].equals(q["n"].astype(float))"#, "False"),
            (r#"q["n"].equals(q["n"].sort_values())"#, "False"),
            ("q.infer_objects().equals(q)", "True"),
            ("g.unstack()", "[['p', 'q'], ['x', 3.0, 3.0], ['y', 5.0, 'nan']]"),
            ("g.unstack(fill_value=0)", "[['p', 'q'], ['x', 3, 3], ['y', 5, 0]]"),
            ("g.unstack(0)", "[['x', 'y'], ['p', 3.0, 5.0], ['q', 3.0, 'nan']]"),
            (r#"g.unstack("a")"#, "[['x', 'y'], ['p', 3.0, 5.0], ['q', 3.0, 'nan']]"),
            (r#"g.unstack(level="b", fill_value=0)"#, "[['p', 'q'], ['x', 3, 3], ['y', 5, 0]]"),
            (r#"g.unstack("zz")"#, "ERR KeyError"),
            (r#"q["n"].unstack()"#, "ERR ValueError"),
            (r#"d.groupby(["a", "b"]).size().unstack(fill_value=0)"#, "[['p', 'q'], ['x', 2, 1], ['y', 1, 0]]"),
            (
                r#"d.groupby(["a", "b", "c"])["v"].sum().unstack()"#,
                "[[1, 2], [('x', 'p'), 2.0, 1.0], [('x', 'q'), 3.0, 'nan'], [('y', 'p'), 'nan', 5.0]]",
            ),
            (
                r#"d.groupby(["a", "b", "c"])["v"].sum().unstack(fill_value=0)"#,
                "[[1, 2], [('x', 'p'), 2, 1], [('x', 'q'), 3, 0], [('y', 'p'), 0, 5]]",
            ),
            (r#"d.set_index(["a", "b"])["v"].unstack()"#, "ERR ValueError"),
            (r#"d.groupby(["a", "c"])["v"].sum().unstack()"#, "[[1, 2], ['x', 5.0, 1.0], ['y', 'nan', 5.0]]"),
            (r#"d.groupby(["a", "b"])["b"].first().unstack()"#, "[['p', 'q'], ['x', 'p', 'q'], ['y', 'p', 'nan']]"),
            ("g.unstack().index.name", "'a'"),
            (
                "z.stack()",
                "[(('k', 'n'), 3.0), (('k', 'f'), 1.5), (('l', 'n'), 1.0), (('l', 'f'), 'nan'), (('m', 'n'), 2.0), (('m', 'f'), 2.5), (('o', 'n'), 1.0), (('o', 'f'), 0.5)]",
            ),
            (
                "q.stack()",
                "[(('k', 'n'), 3), (('k', 's'), 'x'), (('k', 'f'), 1.5), (('k', 'b'), True), (('l', 'n'), 1), (('l', 's'), 'Y'), (('l', 'f'), 'nan'), (('l', 'b'), False), (('m', 'n'), 2), (('m', 's'), 'x'), (('m', 'f'), 2.5), (('m', 'b'), True), (('o', 'n'), 1), (('o', 's'), 'Z'), (('o', 'f'), 0.5), (('o', 'b'), True)]",
            ),
            (
                r#"d.set_index("a")[["v", "w"]].stack()"#,
                "[(('x', 'v'), 1.0), (('x', 'w'), 0.5), (('x', 'v'), 3.0), (('x', 'w'), 'nan'), (('y', 'v'), 5.0), (('y', 'w'), 1.0), (('x', 'v'), 2.0), (('x', 'w'), 2.0)]",
            ),
            (
                r#"d.set_index(["a", "b"])[["v", "c"]].stack()"#,
                "[(('x', 'p', 'v'), 1), (('x', 'p', 'c'), 2), (('x', 'q', 'v'), 3), (('x', 'q', 'c'), 1), (('y', 'p', 'v'), 5), (('y', 'p', 'c'), 2), (('x', 'p', 'v'), 2), (('x', 'p', 'c'), 1)]",
            ),
            (
                r#"d[["v", "c"]].stack().reset_index()"#,
                "[['level_0', 'level_1', 0], [0, 0, 'v', 1], [1, 0, 'c', 2], [2, 1, 'v', 3], [3, 1, 'c', 1], [4, 2, 'v', 5], [5, 2, 'c', 2], [6, 3, 'v', 2], [7, 3, 'c', 1]]",
            ),
            ("e.stack()", "[]"),
            (
                r#"d.pivot_table(index="a", columns="b", values="v")"#,
                "[['p', 'q'], ['x', 1.5, 3.0], ['y', 5.0, 'nan']]",
            ),
            (
                r#"d.pivot_table(index="a", columns="b", values="v", aggfunc="sum")"#,
                "[['p', 'q'], ['x', 3.0, 3.0], ['y', 5.0, 'nan']]",
            ),
            (
                r#"d.pivot_table(index="a", columns="b", values="v", aggfunc="sum", fill_value=0)"#,
                "[['p', 'q'], ['x', 3, 3], ['y', 5, 0]]",
            ),
            (
                r#"d.pivot_table(index="a", columns="b", values="v", aggfunc="count", fill_value=0)"#,
                "[['p', 'q'], ['x', 2, 1], ['y', 1, 0]]",
            ),
            (r#"d.pivot_table(index="a", values="v")"#, "[['v'], ['x', 2.0], ['y', 5.0]]"),
            (r#"d.pivot_table(index="a", values="v", aggfunc="max")"#, "[['v'], ['x', 3], ['y', 5]]"),
            (
                r#"d.pivot_table(index=["a", "c"], columns="b", values="v", aggfunc="sum")"#,
                "[['p', 'q'], [('x', 1), 2.0, 3.0], [('x', 2), 1.0, 'nan'], [('y', 2), 5.0, 'nan']]",
            ),
            (
                r#"d.pivot_table(index=["a", "c"], values="w", aggfunc="sum")"#,
                "[['w'], [('x', 1), 2.0], [('x', 2), 0.5], [('y', 2), 1.0]]",
            ),
            (r#"d.pivot_table(index="a", columns="b", values="w")"#, "[['p'], ['x', 1.25], ['y', 1.0]]"),
            (r#"d.pivot_table(index="a", columns="b", values="w", fill_value=0)"#, "[['p'], ['x', 1.25], ['y', 1.0]]"),
            (
                r#"d.pivot_table(index="a", columns="c", values="v", aggfunc="min")"#,
                "[[1, 2], ['x', 2.0, 1.0], ['y', 'nan', 5.0]]",
            ),
            (r#"d.pivot_table("v", "a", "b")"#, "[['p', 'q'], ['x', 1.5, 3.0], ['y', 5.0, 'nan']]"),
            (
                r#"d.pivot_table(index="a", columns="b", values="v", aggfunc=lambda c: c.max() - c.min())"#,
                "[['p', 'q'], ['x', 1.0, 0.0], ['y', 0.0, 'nan']]",
            ),
            (
                r#"d.pivot_table(index="a", columns="b", values="v", aggfunc=len)"#,
                "[['p', 'q'], ['x', 2.0, 1.0], ['y', 1.0, 'nan']]",
            ),
            (r#"d.pivot_table(index="zz", columns="b", values="v")"#, "ERR KeyError"),
            (r#"d.pivot_table(index="a", columns="b", values="v").index.name"#, "'a'"),
            (
                r#"d.pivot_table(index="a", columns="b", values="v").reset_index()"#,
                "[['a', 'p', 'q'], [0, 'x', 1.5, 3.0], [1, 'y', 5.0, 'nan']]",
            ),
            (r#"pd.crosstab(d["a"], d["b"])"#, "[['p', 'q'], ['x', 2, 1], ['y', 1, 0]]"),
            (r#"pd.crosstab(d["a"], d["c"])"#, "[[1, 2], ['x', 2, 1], ['y', 0, 1]]"),
            (r#"pd.crosstab(d["a"], d["b"]).index.name"#, "'a'"),
            (r#"pd.crosstab(d["a"].values, d["b"].values).index.name"#, "'row_0'"),
            (r#"pd.Index(["a", "b"]).tolist()"#, "['a', 'b']"),
            (r#"pd.Index(["a", "b"], name="k").name"#, "'k'"),
            ("pd.Index([1, 2, 2]).is_unique", "False"),
            (r#"q.reindex(pd.Index(["m", "k"], name="w")).index.name"#, "'w'"),
            (r#"pd.Index(["a", "b"]).get_loc("b")"#, "1"),
            (r#"pd.Index(["a"]).append(pd.Index(["b"])).tolist()"#, "['a', 'b']"),
            ("pd.Index(1)", "ERR TypeError"),
            (r#"[x.tolist() for x in pd.factorize(q["s"])]"#, "[[0, 1, 0, 2], ['x', 'Y', 'Z']]"),
            (r#"[x.tolist() for x in pd.factorize(q["f"])]"#, "[[0, -1, 1, 2], [1.5, 2.5, 0.5]]"),
            (r#"pd.factorize(["a"])"#, "ERR TypeError"),
            (
                r#"d.loc[lambda x: x["v"] > 1].pivot_table(index="a", columns="b", values="v", aggfunc="sum").stack()"#,
                "[(('x', 'p'), 2.0), (('x', 'q'), 3.0), (('y', 'p'), 5.0), (('y', 'q'), 'nan')]",
            ),
        ],
    );
}

#[test]
fn what_these_methods_do_not_take_is_refused() {
    let text = "import pandas as pd\nq = pd.DataFrame({\"n\": [1, 2], \"s\": [\"a\", \"b\"]})\nm = q.set_index([\"n\", \"s\"], drop=False)\n";
    for (asked, words) in [
        (
            "pd.concat([q['n'], q['s']], axis=1, keys=['a', 'b'], names=['x', 'y'])",
            "`names` are one for each level here",
        ),
        ("m.groupby(level=[0, 1]).agg({'n': ['sum'], 's': ['min']}).stack()", "several levels are not stacked here"),
        ("pd.concat([q, q], keys=['a', 'b'], names=['x', 'y'])", "`names` are one for each level of `keys` here"),
        ("q.nlargest(1, 'n', keep='all')", "`keep=\"all\"` is not served here"),
        ("q.groupby('s').filter(len, dropna=False)", "`filter` takes no `dropna=False` here"),
        ("q.groupby('s').nth(0, dropna='any')", "`nth` takes no `dropna` here"),
        ("q.agg(['sum'], axis=1)", "`agg` with `axis=1` wants a function"),
        ("q[['n']].cumsum(axis=1)", "goes down the columns here"),
        ("q['n'].rank(na_option='top')", "`rank` knows `na_option=\"keep\"` here"),
        ("q['n'].quantile(0.5, interpolation='lower')", "`quantile` knows `interpolation=\"linear\"` here"),
        ("q.where(q['n'] > 1)", "a condition is a sheet of bools here"),
        ("q == [1, 2]", "a sheet is compared with one value or another sheet here"),
        ("q.pivot_table(values='n', columns='s')", "`pivot_table` wants a column for `index` here"),
        ("q.pivot_table(index='n', dropna=False)", "`pivot_table` leaves empty rows out and sorts here"),
        ("q.rename_axis({'a': 'b'})", "`rename_axis` wants a name, or a list of names here"),
        ("q.append(q)", "no `.append` here"),
        ("pd.Index(['a', 'a']).get_loc('a')", "`get_loc` wants a label that stands once here"),
        ("q['n'].shift(freq='D')", "freq"),
        ("pd.cut(q['n'], [0, 5])", "intervals are no cells here"),
        ("pd.cut(q['n'], 3, labels=False)", "`cut` wants a list of edges for `bins` here"),
        ("pd.read_csv('t.csv', parse_dates=['n'])", "`read_csv` knows no `parse_dates` here"),
        ("q.apply(len, axis=1, result_type='reduce')", "`apply` knows no `result_type=\"reduce\"` here"),
        ("q.sort_values(0, axis=1)", "columns are not sorted by a row here"),
    ] {
        let story = Story::new().file("Snakefile", &format!("{text}x = {asked}\nrule all:\n    output: 'x'\n"));
        story.run(&["-s", "Snakefile", "--list"]).is_refused().says(words);
    }
}
