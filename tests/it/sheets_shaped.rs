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
