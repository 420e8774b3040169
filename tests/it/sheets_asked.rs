//! What sheets answer, beside what pandas 3 prints for the same.

use crate::story::Story;

const SHEET: &str = "sample\tunit\tsize\tpath\nb\t1\t2\tp b\na\t1\t10\t\nb\t2\t7\tr\n";

/// Names for what is asked, and how it is shown.
const HEAD: &str = r#"import pandas as pd
import numpy as np
import math
import re

def plain(x):
    if isinstance(x, pd.DataFrame):
        return [list(x.columns)] + [[plain(c) for c in r] for r in x.itertuples(index=True, name=None)]
    if isinstance(x, pd.Series):
        return [(plain(a), plain(b)) for a, b in x.items()]
    if isinstance(x, float) and math.isnan(x):
        return "nan"
    if isinstance(x, (list, set)):
        return [plain(c) for c in x]
    if isinstance(x, tuple):
        return tuple([plain(c) for c in x])
    if isinstance(x, dict):
        return {plain(k): plain(v) for k, v in x.items()}
    if x is None or isinstance(x, (str, bool, int)):
        return x
    if isinstance(x, float):
        return float(x)
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    return str(x)

def show(k, f):
    try:
        r = repr(plain(f()))
    except Exception as e:
        r = "ERR " + type(e).__name__
    print("@%d %s" % (k, r))

t = pd.read_table('t.tsv', dtype={'unit': str})
u = t.set_index(['sample', 'unit'], drop=False).sort_index()
one = t.drop_duplicates('sample').set_index('sample')
n = pd.DataFrame({"x": [1, 2, 3], "y": [1.5, 2.5, 3.5]}, index=["a", "b", "c"])
"#;

/// Expressions, and what Python prints for them; of a few only that they fail, and by what class.
pub(crate) fn answers_as_pandas(given: &str, asked: &[(&str, &str)]) {
    let show = |(at, (expression, _)): (usize, &(&str, &str))| format!("show({at}, lambda: {expression})\n");
    let shown: String = asked.iter().enumerate().map(show).collect();
    let text = format!("{HEAD}{given}\n{shown}\nrule all:\n    output: 'x'\n");
    let story = Story::new().file("t.tsv", SHEET).file("Snakefile", &text);
    let run = story.run(&["-s", "Snakefile", "--list"]);
    run.succeeds();
    let said = run.stderr();
    let mut lines = said.lines().filter_map(|line| line.trim_start_matches("note: ").strip_prefix('@'));
    for (at, (expression, want)) in asked.iter().enumerate() {
        assert_eq!(lines.next(), Some(&*format!("{at} {want}")), "{expression}");
    }
}

#[test]
fn cells_go_by_their_labels() {
    let given = r#"ff = pd.DataFrame({"a": ["x", np.nan, "z"], "b": ["p", "q", "r"], "n": [1.0, np.nan, 3.0], "m": [5, 6, 7]})
lo1 = t.copy()
lo1.loc[[0, 1, 2], "size"] = t["size"].sort_values()
lo2 = t.copy()
lo2.loc[lo2["sample"] == "b", "path"] = t["unit"]
lo3 = t.copy()
lo3.loc[[2, 0], "unit"] = ["p", "q"]
sm1 = t.copy()
sm1[["size", "k"]] = 0
sm2 = t.copy()
sm2[["size", "k"]] = [[1, 2], [3, 4], [5, 6]]
sm3 = t.copy()
sm3[["size", "k"]] = t[["unit", "path"]]
loop = t.copy()
for at in range(3): loop.loc[at, "size"] = at * 2"#;
    answers_as_pandas(
        given,
        &[
            (r#"ff["a"].fillna(ff["b"])"#, "[(0, 'x'), (1, 'q'), (2, 'z')]"),
            (r#"ff["a"].fillna(ff["b"].sort_values(ascending=False))"#, "[(0, 'x'), (1, 'q'), (2, 'z')]"),
            (r#"ff["a"].fillna({1: "k"})"#, "[(0, 'x'), (1, 'k'), (2, 'z')]"),
            (r#"ff["n"].fillna(ff["m"])"#, "[(0, 1.0), (1, 6.0), (2, 3.0)]"),
            (
                r#"ff.fillna({"a": "none"})"#,
                "[['a', 'b', 'n', 'm'], [0, 'x', 'p', 1.0, 5], [1, 'none', 'q', 'nan', 6], [2, 'z', 'r', 3.0, 7]]",
            ),
            (r#"ff[["n", "m"]].fillna(ff[["n", "m"]].mean())"#, "[['n', 'm'], [0, 1.0, 5], [1, 2.0, 6], [2, 3.0, 7]]"),
            (r#"ff["a"].fillna(["x"])"#, "ERR TypeError"),
            (r#"ff["n"].fillna(0)"#, "[(0, 1.0), (1, 0.0), (2, 3.0)]"),
            ("t.columns[1:][1]", "'size'"),
            (r#"t["sample"].unique()[1:][0]"#, "'a'"),
            (r#"t["size"].values[1:][0]"#, "10"),
            (r#"t["size"].values[t["size"].values > 3][0]"#, "10"),
            (r#"t[t["size"] > 3].index[0]"#, "1"),
            ("t.index[1:][0]", "1"),
            ("list(t.columns[1:])", "['unit', 'size', 'path']"),
            ("t.columns[[0, 2]].tolist()", "['sample', 'size']"),
            ("one.index[1]", "'a'"),
            ("one.index[1:][0]", "'a'"),
            ("t.columns[-1]", "'path'"),
            (
                r#"t.replace(r"^\s*$", np.nan, regex=True)"#,
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, 'r']]",
            ),
            (
                r#"pd.Series(["a", " ", ""]).replace(r"^\s*$", np.nan, regex=True)"#,
                "[(0, 'a'), (1, 'nan'), (2, 'nan')]",
            ),
            (r#"pd.Series(["xa", "b"]).replace("x.*", 5, regex=True)"#, "[(0, 5), (1, 'b')]"),
            (r#"pd.Series(["xa", "bxa"]).replace("x", "y", regex=True)"#, "[(0, 'ya'), (1, 'bya')]"),
            (r#"pd.Series(["xa", "bxa"]).replace({"x": "y", "b": "c"}, regex=True)"#, "[(0, 'ya'), (1, 'cya')]"),
            (r#"pd.Series(["xa", "bxa"]).replace({"^x": None}, regex=True)"#, "[(0, 'nan'), (1, 'bxa')]"),
            (r#"t["size"] + t["size"].sort_values()"#, "[(0, 4), (1, 20), (2, 14)]"),
            (r#"t["size"] * t["size"].sort_values()"#, "[(0, 4), (1, 100), (2, 49)]"),
            (r#"t["size"] + t["size"][1:]"#, "[(0, 'nan'), (1, 20.0), (2, 14.0)]"),
            (r#"(t["size"] > 3) & (t["size"].sort_values() > 3)"#, "[(0, False), (1, True), (2, True)]"),
            (r#"t["size"] == t["size"].sort_values()"#, "ERR ValueError"),
            (r#"t["size"] == t["size"][1:]"#, "ERR ValueError"),
            (r#"t["size"] < t["size"].tolist()"#, "[(0, False), (1, False), (2, False)]"),
            (
                r#"pd.DataFrame({"x": t["sample"].value_counts(), "y": t["unit"].value_counts()})"#,
                "[['x', 'y'], ['1', 'nan', 2.0], ['2', 'nan', 1.0], ['a', 1.0, 'nan'], ['b', 2.0, 'nan']]",
            ),
            (
                r#"pd.DataFrame({"x": pd.Series([1, 2], index=["b", "a"]), "y": pd.Series([3, 4], index=["a", "b"])})"#,
                "[['x', 'y'], ['a', 2, 3], ['b', 1, 4]]",
            ),
            (
                r#"pd.DataFrame({"x": pd.Series([1, 2], index=["b", "a"]), "y": pd.Series([3, 4], index=["b", "a"])})"#,
                "[['x', 'y'], ['b', 1, 3], ['a', 2, 4]]",
            ),
            (
                r#"pd.DataFrame({"x": pd.Series([1, 2], index=["b", "a"]), "y": [3, 4]})"#,
                "[['x', 'y'], ['b', 1, 3], ['a', 2, 4]]",
            ),
            (
                r#"pd.DataFrame({"x": pd.Series([1, 2], index=["b", "a"]), "y": pd.Series([3], index=["c"])})"#,
                "[['x', 'y'], ['a', 2.0, 'nan'], ['b', 1.0, 'nan'], ['c', 'nan', 3.0]]",
            ),
            (
                "lo1",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, 'r']]",
            ),
            (
                "lo2",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, '1'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, '2']]",
            ),
            (
                "lo3",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', 'q', 2, 'p b'], [1, 'a', '1', 10, 'nan'], [2, 'b', 'p', 7, 'r']]",
            ),
            (r#"one["size"] + one["size"].sort_values()"#, "[('b', 4), ('a', 20)]"),
            (r#"n["x"].where(n["x"].sort_values(ascending=False) > 1, 0)"#, "[('a', 0), ('b', 2), ('c', 3)]"),
            (r#"n["x"].where(n["x"] > 1)"#, "[('a', 'nan'), ('b', 2.0), ('c', 3.0)]"),
            (r#"n["x"].mask(n["x"] > 1, n["y"])"#, "[('a', 1.0), ('b', 2.5), ('c', 3.5)]"),
            ("pd.Series([0.0, 0.0]).any()", "False"),
            ("pd.Series([0.0, np.nan]).any()", "False"),
            ("pd.Series([1.0, np.nan]).all()", "True"),
            ("pd.Series([np.nan]).any()", "False"),
            ("pd.Series([np.nan]).all()", "True"),
            ("pd.Series([0.0, 1.0, np.nan]).astype(bool)", "[(0, False), (1, True), (2, True)]"),
            (r#"pd.Series(["", "x"]).astype(bool)"#, "[(0, False), (1, True)]"),
            (r#"pd.Series(["", "x"]).any()"#, "True"),
            ("pd.Series([]).any()", "False"),
            ("pd.Series([]).all()", "True"),
            (r#"pd.DataFrame({"x": [1, 2, 3]}, index=[10, 20, 30]).loc[10:20]"#, "[['x'], [10, 1], [20, 2]]"),
            (r#"pd.DataFrame({"x": [1, 2, 3]}, index=[10, 20, 30]).loc[15:99]"#, "[['x'], [20, 2], [30, 3]]"),
            (
                r#"t[t["size"] > 3].loc[1:2]"#,
                "[['sample', 'unit', 'size', 'path'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, 'r']]",
            ),
            (r#"t[t["size"] > 3].loc[0:1]"#, "[['sample', 'unit', 'size', 'path'], [1, 'a', '1', 10, 'nan']]"),
            ("t.loc[1:99]", "[['sample', 'unit', 'size', 'path'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, 'r']]"),
            (r#"t.loc[0:1, "size"]"#, "[(0, 2), (1, 10)]"),
            (r#"one.loc["b":"a"]"#, "[['unit', 'size', 'path'], ['b', '1', 2, 'p b'], ['a', '1', 10, 'nan']]"),
            (
                r#"t.sort_values("size").loc[0:2]"#,
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [2, 'b', '2', 7, 'r']]",
            ),
            (r#"t.sort_values("size").loc[0:99]"#, "ERR KeyError"),
            (r#"t["size"].loc[0:1]"#, "[(0, 2), (1, 10)]"),
            (r#"one["size"].loc["b"]"#, "2"),
            (r#"one["size"].loc["b":]"#, "[('b', 2), ('a', 10)]"),
            (r#"one["size"].loc[["a"]]"#, "[('a', 10)]"),
            (r#"t["size"].loc[t["size"] > 3]"#, "[(1, 10), (2, 7)]"),
            (r#"t["size"].loc[0]"#, "2"),
            (r#"t["size"].at[1]"#, "10"),
            (r#"t["size"].iloc[0:2]"#, "[(0, 2), (1, 10)]"),
            (r#"t["size"].iloc[-1]"#, "7"),
            (r#"t["size"].iloc[[0, 2]]"#, "[(0, 2), (2, 7)]"),
            (r#"t["size"].iat[1]"#, "10"),
            (r#"t["size"].iloc[7]"#, "ERR IndexError"),
            (r#"t["size"][0:2]"#, "[(0, 2), (1, 10)]"),
            (r#"t["size"][7]"#, "ERR KeyError"),
            (r#"one["size"]["b"]"#, "2"),
            (r#"one["size"]["zz"]"#, "ERR KeyError"),
            (r#"t[t["size"] > 3]["size"][0]"#, "ERR KeyError"),
            (
                r#"t[t["size"] > 2].reset_index()"#,
                "[['index', 'sample', 'unit', 'size', 'path'], [0, 1, 'a', '1', 10, 'nan'], [1, 2, 'b', '2', 7, 'r']]",
            ),
            (r#"pd.Series([1, 2], index=["x", "y"]).reset_index()"#, "[['index', 0], [0, 'x', 1], [1, 'y', 2]]"),
            (r#"t["sample"].value_counts().reset_index()"#, "[['sample', 'count'], [0, 'b', 2], [1, 'a', 1]]"),
            (r#"t.set_index("sample", drop=False).reset_index()"#, "ERR ValueError"),
            (
                r#"pd.Series([1, 2], index=["x", "y"], name="k").reset_index()"#,
                "[['index', 'k'], [0, 'x', 1], [1, 'y', 2]]",
            ),
            (
                "u.reset_index(drop=True)",
                "[['sample', 'unit', 'size', 'path'], [0, 'a', '1', 10, 'nan'], [1, 'b', '1', 2, 'p b'], [2, 'b', '2', 7, 'r']]",
            ),
            (
                r#"u.drop(columns=["sample", "unit"]).reset_index()"#,
                "[['sample', 'unit', 'size', 'path'], [0, 'a', '1', 10, 'nan'], [1, 'b', '1', 2, 'p b'], [2, 'b', '2', 7, 'r']]",
            ),
            (
                r#"t.rename(columns={"size": "index"}).reset_index()"#,
                "[['level_0', 'sample', 'unit', 'index', 'path'], [0, 0, 'b', '1', 2, 'p b'], [1, 1, 'a', '1', 10, 'nan'], [2, 2, 'b', '2', 7, 'r']]",
            ),
            (r#"t.groupby("sample")["size"].sum().reset_index()"#, "[['sample', 'size'], [0, 'a', 10], [1, 'b', 9]]"),
            (r#"t.groupby("sample").size().reset_index(name="k")"#, "[['sample', 'k'], [0, 'a', 1], [1, 'b', 2]]"),
            (r#"t["size"].reset_index()"#, "[['index', 'size'], [0, 0, 2], [1, 1, 10], [2, 2, 7]]"),
            (
                "one.reset_index()",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan']]",
            ),
            (r#"t["sample"].value_counts().index.name"#, "'sample'"),
            (r#"t["sample"].value_counts().name"#, "'count'"),
            (r#"t["sample"].value_counts()"#, "[('b', 2), ('a', 1)]"),
            (r#"pd.Series({"x": 1, "y": 2}, index=["y", "x"])["y"]"#, "2"),
            (r#"pd.Series({"x": 1, "y": 2}, index=["y", "z"])"#, "[('y', 2.0), ('z', 'nan')]"),
            (r#"pd.Series(pd.Series([1, 2], index=["x", "y"]), index=["y"])"#, "[('y', 2)]"),
            (r#"pd.DataFrame(n, index=["b", "a"])"#, "[['x', 'y'], ['b', 2, 2.5], ['a', 1, 1.5]]"),
            (r#"pd.DataFrame({"x": n["x"]}, index=["b"])"#, "[['x'], ['b', 2]]"),
            (r#"pd.DataFrame({"x": {"a": 1, "b": 2}, "y": {"a": 3}})"#, "[['x', 'y'], ['a', 1, 3.0], ['b', 2, 'nan']]"),
            (r#"pd.DataFrame([{"a": 1}, {"a": 2}], index=["p", "q"])"#, "[['a'], ['p', 1], ['q', 2]]"),
            (r#"pd.DataFrame(n, columns=["y"])"#, "[['y'], ['a', 1.5], ['b', 2.5], ['c', 3.5]]"),
            (r#"pd.DataFrame(n["x"])"#, "[['x'], ['a', 1], ['b', 2], ['c', 3]]"),
            (r#"pd.DataFrame({"x": 1}, index=[1, 2])"#, "[['x'], [1, 1], [2, 1]]"),
            (
                "sm1",
                "[['sample', 'unit', 'size', 'path', 'k'], [0, 'b', '1', 0, 'p b', 0], [1, 'a', '1', 0, 'nan', 0], [2, 'b', '2', 0, 'r', 0]]",
            ),
            (
                "sm2",
                "[['sample', 'unit', 'size', 'path', 'k'], [0, 'b', '1', 1, 'p b', 2], [1, 'a', '1', 3, 'nan', 4], [2, 'b', '2', 5, 'r', 6]]",
            ),
            (
                "sm3",
                "[['sample', 'unit', 'size', 'path', 'k'], [0, 'b', '1', '1', 'p b', 'p b'], [1, 'a', '1', '1', 'nan', 'nan'], [2, 'b', '2', '2', 'r', 'r']]",
            ),
            (
                "loop",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 0, 'p b'], [1, 'a', '1', 2, 'nan'], [2, 'b', '2', 4, 'r']]",
            ),
        ],
    );
}

#[test]
fn functions_of_rows_and_groups_answer_in_pandas_shapes() {
    let given = r#"p = pd.DataFrame({"s": ["b", "a", "b"], "k": ["x", "y", "y"], "v": [1, 2, 3], "w": [1.5, 2.5, 3.5]})
h = pd.read_table("t.tsv", header=None, skiprows=1)"#;
    answers_as_pandas(
        given,
        &[
            (r#"p.pivot(index="s", columns="k", values="v")"#, "[['x', 'y'], ['a', 'nan', 2.0], ['b', 1.0, 3.0]]"),
            (
                r#"p.pivot(index=["s", "v"], columns="k", values="w")"#,
                "[['x', 'y'], [('a', 2), 'nan', 2.5], [('b', 1), 1.5, 'nan'], [('b', 3), 'nan', 3.5]]",
            ),
            (
                r#"pd.DataFrame({"s": ["a", "a"], "k": ["x", "x"], "v": [1, 2]}).pivot(index="s", columns="k", values="v")"#,
                "ERR ValueError",
            ),
            (r#"p.pivot(index="s", columns="k", values="v").index.name"#, "'s'"),
            (r#"p.pivot(index="s", columns="k", values="k")"#, "[['x', 'y'], ['a', 'nan', 'y'], ['b', 'x', 'y']]"),
            (r#"t.groupby("sample")["size"].cumsum()"#, "[(0, 2), (1, 10), (2, 9)]"),
            (r#"t.groupby("sample")["size"].head(1)"#, "[(0, 2), (1, 10)]"),
            (r#"t.groupby("sample")["size"].tail(1)"#, "[(1, 10), (2, 7)]"),
            (
                r#"t.groupby("sample").head(1)"#,
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan']]",
            ),
            (r#"t.groupby("sample")["unit"].value_counts()"#, "[(('a', '1'), 1), (('b', '1'), 1), (('b', '2'), 1)]"),
            (r#"t.groupby("sample")["size"].transform("cumsum")"#, "[(0, 2), (1, 10), (2, 9)]"),
            (r#"t.groupby("sample")["size"].transform("max")"#, "[(0, 7), (1, 10), (2, 7)]"),
            (r#"t.groupby("sample")["size"].sort_values()"#, "ERR AttributeError"),
            (r#"t.groupby("sample")["unit"].unique().tolist()"#, "[['1'], ['1', '2']]"),
            (r#"t.groupby("sample")["unit"].nunique()"#, "[('a', 1), ('b', 2)]"),
            (r#"t.groupby("sample")["size"].apply(lambda c: c.max() - c.min())"#, "[('a', 0), ('b', 5)]"),
            (
                r#"t.groupby("sample")["size"].apply(lambda c: c * 2)"#,
                "[(('a', 1), 20), (('b', 0), 4), (('b', 2), 14)]",
            ),
            (r#"t.groupby("sample")["size"].apply(lambda c: c.head(1))"#, "[(('a', 1), 10), (('b', 0), 2)]"),
            (r#"t.groupby("sample")["size"].apply(lambda c: c.tolist())"#, "[('a', [10]), ('b', [2, 7])]"),
            (r#"t.groupby("sample")["size"].fillna(0)"#, "ERR AttributeError"),
            (r#"t.groupby("sample")["size"].isin([2])"#, "ERR AttributeError"),
            (r#"t.groupby("sample")["path"].apply(lambda c: c.isna().any())"#, "[('a', True), ('b', False)]"),
            (r#"t.groupby("sample")["size"].mean()"#, "[('a', 10.0), ('b', 4.5)]"),
            (
                r#"t.groupby("sample")["unit"].agg(["min", "max"])"#,
                "[['min', 'max'], ['a', '1', '1'], ['b', '1', '2']]",
            ),
            (r#"t.groupby("sample")["size"].idxmax()"#, "[('a', 1), ('b', 2)]"),
            (r#"t.groupby("sample")["size"].transform(lambda c: c - c.min())"#, "[(0, 0), (1, 0), (2, 5)]"),
            (
                r#"t.groupby("sample").apply(lambda d: d.head(1))"#,
                "[['unit', 'size', 'path'], [('a', 1), '1', 10, 'nan'], [('b', 0), '1', 2, 'p b']]",
            ),
            (
                r#"t.groupby("sample").apply(lambda d: list(d.columns))"#,
                "[('a', ['unit', 'size', 'path']), ('b', ['unit', 'size', 'path'])]",
            ),
            (r#"t.groupby("sample").apply(lambda d: len(d))"#, "[('a', 1), ('b', 2)]"),
            (r#"t.groupby("sample").apply(lambda d: "sample" in d.columns)"#, "[('a', False), ('b', False)]"),
            (r#"t.groupby("sample")[["size", "unit"]].apply(lambda d: d["size"].sum())"#, "[('a', 10), ('b', 9)]"),
            (
                r#"t.groupby("sample").apply(lambda d: pd.Series({"x": d["size"].sum(), "y": 1}))"#,
                "[['x', 'y'], ['a', 10, 1], ['b', 9, 1]]",
            ),
            (r#"t.groupby("sample").apply(lambda d: d["size"])"#, "[(('a', 1), 10), (('b', 0), 2), (('b', 2), 7)]"),
            (
                r#"t.groupby("sample").apply(lambda d: dict(zip(d["unit"], d["size"])))"#,
                "[('a', {'1': 10}), ('b', {'1': 2, '2': 7})]",
            ),
            (
                r#"t.groupby("sample").apply(lambda d: d["path"].tolist()).to_dict()"#,
                "{'a': ['nan'], 'b': ['p b', 'r']}",
            ),
            (r#"t.groupby("sample").agg({"size": "sum"})"#, "[['size'], ['a', 10], ['b', 9]]"),
            (
                r#"t[["sample", "unit"]].apply(lambda c: c.str.upper())"#,
                "[['sample', 'unit'], [0, 'B', '1'], [1, 'A', '1'], [2, 'B', '2']]",
            ),
            (
                r#"t.apply(lambda r: pd.Series({"x": r["size"], "y": r["unit"]}), axis=1)"#,
                "[['x', 'y'], [0, 2, '1'], [1, 10, '1'], [2, 7, '2']]",
            ),
            (r#"t[["size"]].apply(lambda c: c.max())"#, "[('size', 10)]"),
            ("t.apply(lambda r: [1, 2], axis=1)", "[(0, [1, 2]), (1, [1, 2]), (2, [1, 2])]"),
            (r#"t.apply(lambda r: r["size"] * 1.5, axis=1)"#, "[(0, 3.0), (1, 15.0), (2, 10.5)]"),
            (
                "t.apply(lambda r: r, axis=1)",
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan'], [2, 'b', '2', 7, 'r']]",
            ),
            (r#"t[["size"]].apply(lambda c: [1, 2, 3])"#, "[['size'], [0, 1], [1, 2], [2, 3]]"),
            (r#"t[["size"]].apply(lambda c: [1, 2])"#, "[['size'], [0, 1], [1, 2]]"),
            (r#"t[["size"]].apply(sum)"#, "[('size', 19)]"),
            ("h.groupby(0)[2].apply(list)", "[('a', [10]), ('b', [2, 7])]"),
            ("h.groupby(0)[[2]].sum()", "[[2], ['a', 10], ['b', 9]]"),
            ("h.groupby(0)[2].sum()", "[('a', 10), ('b', 9)]"),
            ("h.groupby([0, 1])[2].sum()", "[(('a', 1), 10), (('b', 1), 2), (('b', 2), 7)]"),
            (r#"h.groupby(0).agg({2: "sum"})"#, "[[2], ['a', 10], ['b', 9]]"),
            ("h.groupby(0).first()", "[[1, 2, 3], ['a', 1, 10, 'nan'], ['b', 1, 2, 'p b']]"),
            ("[r[1] for r in t.itertuples()]", "['b', 'a', 'b']"),
            ("[r[0] for r in t.itertuples()]", "[0, 1, 2]"),
            ("[r[1] for r in h.itertuples()]", "['b', 'a', 'b']"),
            ("[r[0] for r in h.itertuples()]", "[0, 1, 2]"),
            ("[r[1] for r in h.itertuples(index=False)]", "[1, 1, 2]"),
            ("[r._1 for r in h.itertuples(index=False)]", "[1, 1, 2]"),
            ("[r._1 for r in h.itertuples()]", "['b', 'a', 'b']"),
            ("[r[-1] for r in t.itertuples()]", "['p b', 'nan', 'r']"),
            ("[r[1] for i, r in h.iterrows()]", "[1, 1, 2]"),
            ("[len(r) for r in t.itertuples()]", "[5, 5, 5]"),
            (
                "[tuple(r) for r in t.itertuples()]",
                "[(0, 'b', '1', 2, 'p b'), (1, 'a', '1', 10, 'nan'), (2, 'b', '2', 7, 'r')]",
            ),
            ("[r[1:3] for r in t.itertuples()]", "[('b', '1'), ('a', '1'), ('b', '2')]"),
            ("h.iloc[0][2]", "2"),
            ("h.loc[0][2]", "2"),
            (
                "[(a, b, c, d) for a, b, c, d in t.itertuples(index=False)]",
                "[('b', '1', 2, 'p b'), ('a', '1', 10, 'nan'), ('b', '2', 7, 'r')]",
            ),
            (r#"[r[0] for r in pd.DataFrame({"a b": [1]}).itertuples(index=False)]"#, "[1]"),
            (r#"[r._1 for r in pd.DataFrame({"a b": [1]}).itertuples()]"#, "[1]"),
            (r#"t["size"].loc[0:1]"#, "[(0, 2), (1, 10)]"),
            (r#"t.set_index("sample").xs("b", level="sample").iloc[0]"#, "ERR TypeError"),
            (
                r#"t.set_index("sample").xs("b")"#,
                "[['unit', 'size', 'path'], ['b', '1', 2, 'p b'], ['b', '2', 7, 'r']]",
            ),
            (
                r#"u.xs("1", level="unit")"#,
                "[['sample', 'unit', 'size', 'path'], ['a', 'a', '1', 10, 'nan'], ['b', 'b', '1', 2, 'p b']]",
            ),
            (
                r#"u.xs("b")"#,
                "[['sample', 'unit', 'size', 'path'], ['1', 'b', '1', 2, 'p b'], ['2', 'b', '2', 7, 'r']]",
            ),
            (r#"u.xs(("b", "1"))"#, "[('sample', 'b'), ('unit', '1'), ('size', 2), ('path', 'p b')]"),
            (r#"u.drop(columns=["unit"]).xs("1", level="unit").iloc[0]["size"]"#, "10"),
            ("pd.Series([7, -7]) // 2", "[(0, 3), (1, -4)]"),
            ("pd.Series([7, -7]) % 2", "[(0, 1), (1, 1)]"),
            ("pd.Series([7]) // 0", "[(0, inf)]"),
            ("pd.Series([7]) / 0", "[(0, inf)]"),
            ("pd.Series([7]) % -3", "[(0, -2)]"),
        ],
    );
}

#[test]
fn cells_are_counted_typed_and_joined() {
    let given = r#"e = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, np.nan, 2.5], "c": ["x", "y", None], "d": [True, False, True]})
lw = e.copy()
lw.loc[[0, 1], ["a", "b"]] = [7, 8]
gg = pd.DataFrame({"a": ["a b", "a"], "b": ["c", "b c"], "v": [1, 2]}).groupby(["a", "b"])"#;
    answers_as_pandas(
        given,
        &[
            ("e.nunique(dropna=False)", "[('a', 3), ('b', 3), ('c', 3), ('d', 2)]"),
            ("e.nunique()", "[('a', 3), ('b', 2), ('c', 2), ('d', 2)]"),
            (r#"e[["a", "b"]].sum(min_count=3)"#, "[('a', 6.0), ('b', 'nan')]"),
            (r#"e[["a", "b"]].sum()"#, "[('a', 6.0), ('b', 4.0)]"),
            (r#"e[["a", "b"]].max()"#, "[('a', 3.0), ('b', 2.5)]"),
            (r#"e[["a", "b"]].sum(axis=1)"#, "[(0, 2.5), (1, 2.0), (2, 5.5)]"),
            ("e.max(numeric_only=True)", "[('a', 3), ('b', 2.5), ('d', True)]"),
            ("e.mean(numeric_only=True)", "[('a', 2.0), ('b', 2.0), ('d', 0.6666666666666666)]"),
            (r#"e[["a", "b"]].sum(skipna=False)"#, "[('a', 6.0), ('b', 'nan')]"),
            ("e.count()", "[('a', 3), ('b', 2), ('c', 2), ('d', 3)]"),
            ("e.count(axis=1)", "[(0, 4), (1, 3), (2, 3)]"),
            (r#"e[["b"]].any(skipna=False)"#, "[('b', True)]"),
            (r#"e["b"].sum(skipna=False)"#, "'nan'"),
            (r#"e["b"].max(skipna=False)"#, "'nan'"),
            (r#"e["b"].sum(min_count=3)"#, "'nan'"),
            (r#"e["b"].nunique(dropna=False)"#, "3"),
            ("e.isna().sum()", "[('a', 0), ('b', 1), ('c', 1), ('d', 0)]"),
            ("e.isna().any(axis=1)", "[(0, False), (1, True), (2, True)]"),
            (r#"e[["a", "d"]].sum()"#, "[('a', 6), ('d', 2)]"),
            (r#"e[["a"]].max(axis=1)"#, "[(0, 1), (1, 2), (2, 3)]"),
            (r#"e["a"].mean()"#, "2.0"),
            (r#"pd.Series(["GATC", "CCG", None]).str.count("[GC]")"#, "[(0, 2.0), (1, 3.0), (2, 'nan')]"),
            (r#"pd.Series(["GATC", "CCG"]).str.count("[GC]")"#, "[(0, 2), (1, 3)]"),
            (r#"pd.Series(["a,b", "c"]).str.split(",").str.join("-")"#, "[(0, 'a-b'), (1, 'c')]"),
            (r#"pd.Series(["a,b", "c", None]).str.split(",").str.join("-")"#, "[(0, 'a-b'), (1, 'c'), (2, 'nan')]"),
            (r#"pd.Series(["a,b"]).str.join("-")"#, "[(0, 'a-,-b')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.partition("_")[0]"#, "[(0, 'a'), (1, 'c')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.partition("_")"#, "[[0, 1, 2], [0, 'a', '_', 'b_c'], [1, 'c', '', '']]"),
            (r#"pd.Series(["a_b_c", "c"]).str.rpartition("_")[2]"#, "[(0, 'c'), (1, 'c')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.split("_").str[0]"#, "[(0, 'a'), (1, 'c')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.split("_").str[-1]"#, "[(0, 'c'), (1, 'c')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.split("_").str[1]"#, "[(0, 'b'), (1, 'nan')]"),
            (r#"pd.Series(["a_b_c", "c"]).str.split("_").str.len()"#, "[(0, 3), (1, 1)]"),
            (r#"pd.Series(["a_b_c", "c"]).str.split("_").str.get(1)"#, "[(0, 'b'), (1, 'nan')]"),
            (r#"pd.Series(["ab", "c"]).str.removeprefix("a")"#, "[(0, 'b'), (1, 'c')]"),
            (r#"pd.Series(["ab", "c"]).str.startswith("a")"#, "[(0, True), (1, False)]"),
            (r#"pd.Series(["ab", None]).str.startswith("a")"#, "[(0, True), (1, False)]"),
            (r#"pd.Series(["ab", "c"]).str.zfill(4)"#, "[(0, '00ab'), (1, '000c')]"),
            (r#"pd.Series(["ab", "c"]).str.elems()"#, "ERR AttributeError"),
            (r#"pd.Series(["ab", "c"]).str.isdigit()"#, "[(0, False), (1, False)]"),
            (r#"pd.Series(["ab", "c"]).str.title()"#, "[(0, 'Ab'), (1, 'C')]"),
            (r#"pd.Series(["ab", "c"]).str.find("b")"#, "[(0, 1), (1, -1)]"),
            (r#"pd.Series(["AB\nb", "c"]).str.contains("^b", flags=re.M)"#, "[(0, True), (1, False)]"),
            (r#"pd.Series(["AB\nb", "c"]).str.contains("ab", flags=re.I)"#, "[(0, True), (1, False)]"),
            (r#"pd.Series(["AB\nb", "c"]).str.contains("b.b", flags=re.I | re.S)"#, "[(0, True), (1, False)]"),
            (
                r#"pd.Series(["A1", "c2"]).str.extract("([a-z])([0-9])", flags=re.I)"#,
                "[[0, 1], [0, 'A', '1'], [1, 'c', '2']]",
            ),
            (r#"pd.Series(["A1", "c2"]).str.contains("[", regex=False)"#, "[(0, False), (1, False)]"),
            (r#"t["size"].str.upper()"#, "ERR AttributeError"),
            ("pd.Series([1.5]).str.len()", "ERR AttributeError"),
            ("pd.Series([True]).str[0]", "ERR AttributeError"),
            (r#"pd.Series(["a", 1]).str.upper()"#, "[(0, 'A'), (1, 'nan')]"),
            (r#"t["size"].astype(str).str.zfill(3)"#, "[(0, '002'), (1, '010'), (2, '007')]"),
            ("pd.Series([True, False, True]).cumsum()", "[(0, 1), (1, 1), (2, 2)]"),
            ("pd.Series([1, 2]).cumsum()", "[(0, 1), (1, 3)]"),
            ("pd.Series([1, np.nan, 2]).cumsum()", "[(0, 1.0), (1, 'nan'), (2, 3.0)]"),
            (r#"t["size"].map({2: 1, 10: 2})"#, "[(0, 1.0), (1, 2.0), (2, 'nan')]"),
            (r#"t["sample"].map({"a": 1})"#, "[(0, 'nan'), (1, 1.0), (2, 'nan')]"),
            (r#"t["size"].apply(lambda x: 1 if x > 2 else 2.5)"#, "[(0, 2.5), (1, 1.0), (2, 1.0)]"),
            (r#"t["size"].map(lambda x: None if x > 2 else 1)"#, "[(0, 1.0), (1, 'nan'), (2, 'nan')]"),
            (r#"t["size"].map({2: "a"})"#, "[(0, 'a'), (1, 'nan'), (2, 'nan')]"),
            (r#"t["size"].map(t["unit"])"#, "[(0, '2'), (1, 'nan'), (2, 'nan')]"),
            ("pd.Series([1, None])", "[(0, 1.0), (1, 'nan')]"),
            (r#"pd.Series(["a", None])"#, "[(0, 'a'), (1, 'nan')]"),
            (r#"pd.DataFrame([[1, "a"], [None, "b"]])"#, "[[0, 1], [0, 1.0, 'a'], [1, 'nan', 'b']]"),
            (r#"pd.DataFrame([{"a": 1}, {"b": 2}])"#, "[['a', 'b'], [0, 1.0, 'nan'], [1, 'nan', 2.0]]"),
            (r#"e.groupby("d")["c"].first()"#, "[(False, 'y'), (True, 'x')]"),
            (r#"e.groupby("c")["b"].first()"#, "[('x', 1.5), ('y', 'nan')]"),
            (r#"pd.DataFrame({"a": [1, None]})"#, "[['a'], [0, 1.0], [1, 'nan']]"),
            (r#"e[["a"]].map(lambda x: 1 if x > 2 else 2.5)"#, "[['a'], [0, 2.5], [1, 2.5], [2, 1.0]]"),
            (
                r#"pd.concat([e[["a"]], e[["b"]].rename(columns={"b": "a"})])"#,
                "[['a'], [0, 1.0], [1, 2.0], [2, 3.0], [0, 1.5], [1, 'nan'], [2, 2.5]]",
            ),
            (
                r#"e.melt(id_vars=["c"], value_vars=["a", "b"])"#,
                "[['c', 'variable', 'value'], [0, 'x', 'a', 1.0], [1, 'y', 'a', 2.0], [2, 'nan', 'a', 3.0], [3, 'x', 'b', 1.5], [4, 'y', 'b', 'nan'], [5, 'nan', 'b', 2.5]]",
            ),
            (r#"pd.concat([e[["a"]], e[["b"]]], axis=1)"#, "[['a', 'b'], [0, 1, 1.5], [1, 2, 'nan'], [2, 3, 2.5]]"),
            (r#"pd.concat([e["a"], e["b"]], axis=1)"#, "[['a', 'b'], [0, 1, 1.5], [1, 2, 'nan'], [2, 3, 2.5]]"),
            (r#"pd.concat([e["a"], e["b"]])"#, "[(0, 1.0), (1, 2.0), (2, 3.0), (0, 1.5), (1, 'nan'), (2, 2.5)]"),
            (
                r#"pd.concat([e["a"], e["b"]], ignore_index=True)"#,
                "[(0, 1.0), (1, 2.0), (2, 3.0), (3, 1.5), (4, 'nan'), (5, 2.5)]",
            ),
            (
                r#"pd.concat([e[["a"]], e[["b"]]], axis=1, ignore_index=True)"#,
                "[[0, 1], [0, 1, 1.5], [1, 2, 'nan'], [2, 3, 2.5]]",
            ),
            (r#"pd.concat([e["a"], e["b"]]).name"#, "None"),
            (
                r#"pd.concat([e, e[["a"]]])"#,
                "[['a', 'b', 'c', 'd'], [0, 1, 1.5, 'x', True], [1, 2, 'nan', 'y', False], [2, 3, 2.5, 'nan', True], [0, 1, 'nan', 'nan', 'nan'], [1, 2, 'nan', 'nan', 'nan'], [2, 3, 'nan', 'nan', 'nan']]",
            ),
            (r#"n.loc["a"]["x"]"#, "1.0"),
            (r#"[r["x"] for i, r in n.iterrows()]"#, "[1.0, 2.0, 3.0]"),
            (r#"n.iloc[0]["x"]"#, "1.0"),
            ("n.values.tolist()", "[[1.0, 1.5], [2.0, 2.5], [3.0, 3.5]]"),
            ("n.T", "[['a', 'b', 'c'], ['x', 1.0, 2.0, 3.0], ['y', 1.5, 2.5, 3.5]]"),
            ("n.to_numpy().tolist()", "[[1.0, 1.5], [2.0, 2.5], [3.0, 3.5]]"),
            (r#"n.loc["a", ["x", "y"]]"#, "[('x', 1.0), ('y', 1.5)]"),
            (r#"n.to_dict("records")"#, "[{'x': 1, 'y': 1.5}, {'x': 2, 'y': 2.5}, {'x': 3, 'y': 3.5}]"),
            (r#"n.to_dict("index")"#, "{'a': {'x': 1, 'y': 1.5}, 'b': {'x': 2, 'y': 2.5}, 'c': {'x': 3, 'y': 3.5}}"),
            ("[r.x for r in n.itertuples()]", "[1, 2, 3]"),
            (r#"n.apply(lambda r: r["x"], axis=1)"#, "[('a', 1.0), ('b', 2.0), ('c', 3.0)]"),
            ("n.squeeze()", "[['x', 'y'], ['a', 1, 1.5], ['b', 2, 2.5], ['c', 3, 3.5]]"),
            (r#"e[["a", "d"]].values.tolist()"#, "[[1, True], [2, False], [3, True]]"),
            (r#"e[["a", "c"]].iloc[0].tolist()"#, "[1, 'x']"),
            (r#"n.loc["a"].tolist()"#, "[1.0, 1.5]"),
            (r#"e[["a", "b"]].loc[0].to_dict()"#, "{'a': 1.0, 'b': 1.5}"),
            (r#"pd.Series([1, 2]).astype("category")"#, "[(0, 1), (1, 2)]"),
            (r#"pd.Series(["3.7"]).astype(int)"#, "ERR ValueError"),
            (r#"pd.Series(["3"]).astype(int)"#, "[(0, 3)]"),
            ("pd.Series([3.7]).astype(int)", "[(0, 3)]"),
            ("pd.Series([True]).astype(int)", "[(0, 1)]"),
            (r#"pd.Series(["1.5"]).astype(float)"#, "[(0, 1.5)]"),
            (r#"pd.Series(["a", None]).astype(str)"#, "[(0, 'a'), (1, 'nan')]"),
            ("pd.Series([1.0, np.nan]).astype(str)", "[(0, '1.0'), (1, 'nan')]"),
            ("pd.Series([1.0, 2.0]).astype(str)", "[(0, '1.0'), (1, '2.0')]"),
            (r#"pd.Series([1.0, 2.0]).astype("Int64")"#, "[(0, 1), (1, 2)]"),
            ("5 in pd.Series([5.0, 2.5]).values", "True"),
            (r#""1" in pd.Series([1, 2]).values"#, "False"),
            ("np.nan in pd.Series([1, np.nan]).values", "False"),
            (r#""size" in t.columns"#, "True"),
            (r#"2 in t["size"]"#, "True"),
            (r#""b" in one.index"#, "True"),
            (r#""b" in t["sample"].unique()"#, "True"),
            (r#""b" in t["sample"].tolist()"#, "True"),
            (r#"t.merge(pd.DataFrame({"size": ["2"]}), on="size")"#, "ERR ValueError"),
            (r#"t.join(t[["size"]])"#, "ERR ValueError"),
            (
                r#"t.join(t[["size"]], rsuffix="_r")"#,
                "[['sample', 'unit', 'size', 'path', 'size_r'], [0, 'b', '1', 2, 'p b', 2], [1, 'a', '1', 10, 'nan', 10], [2, 'b', '2', 7, 'r', 7]]",
            ),
            (r#"t.set_index("sample").to_dict("index")"#, "ERR ValueError"),
            (r#"one[["size"]].to_dict("index")"#, "{'b': {'size': 2}, 'a': {'size': 10}}"),
            (
                r#"t.join(pd.DataFrame({"z": [1, 2]}, index=["a", "q"]), on="sample", how="outer")"#,
                "[['sample', 'unit', 'size', 'path', 'z'], [1.0, 'a', '1', 10.0, 'nan', 1.0], [0.0, 'b', '1', 2.0, 'p b', 'nan'], [2.0, 'b', '2', 7.0, 'r', 'nan'], ['nan', 'q', 'nan', 'nan', 'nan', 2.0]]",
            ),
            (
                r#"t.join(pd.DataFrame({"z": [1, 2]}, index=["a", "q"]), on="sample")"#,
                "[['sample', 'unit', 'size', 'path', 'z'], [0, 'b', '1', 2, 'p b', 'nan'], [1, 'a', '1', 10, 'nan', 1.0], [2, 'b', '2', 7, 'r', 'nan']]",
            ),
            (
                r#"t.merge(pd.DataFrame({"size": [2.0]}), on="size")"#,
                "[['sample', 'unit', 'size', 'path'], [0, 'b', '1', 2, 'p b']]",
            ),
            (
                r#"t.merge(one, left_on="sample", right_index=True)"#,
                "[['sample', 'unit_x', 'size_x', 'path_x', 'unit_y', 'size_y', 'path_y'], [0, 'b', '1', 2, 'p b', '1', 2, 'p b'], [1, 'a', '1', 10, 'nan', '1', 10, 'nan'], [2, 'b', '2', 7, 'r', '1', 2, 'p b']]",
            ),
            (
                r#"t.merge(one, left_on="sample", right_index=True, how="outer")"#,
                "[['sample', 'unit_x', 'size_x', 'path_x', 'unit_y', 'size_y', 'path_y'], [1, 'a', '1', 10, 'nan', '1', 10, 'nan'], [0, 'b', '1', 2, 'p b', '1', 2, 'p b'], [2, 'b', '2', 7, 'r', '1', 2, 'p b']]",
            ),
            (r#"pd.Series(["1", "2"], dtype=int)"#, "[(0, 1), (1, 2)]"),
            ("pd.Series([1, 2], dtype=str)", "[(0, '1'), (1, '2')]"),
            (r#"pd.DataFrame({"a": ["1"]}, dtype=int)"#, "[['a'], [0, 1]]"),
            ("e.dropna(axis=1)", "[['a', 'd'], [0, 1, True], [1, 2, False], [2, 3, True]]"),
            ("pd.Series(dtype=str)", "[]"),
            ("one.index.name", "'sample'"),
            ("t.index.name", "None"),
            ("u.index.names", "['sample', 'unit']"),
            ("lw", "[['a', 'b', 'c', 'd'], [0, 7, 8.0, 'x', True], [1, 7, 8.0, 'y', False], [2, 3, 2.5, 'nan', True]]"),
            (r#"gg.get_group(("a", "b c"))["v"].tolist()"#, "[2]"),
            (r#"gg.get_group(("a b", "c"))["v"].tolist()"#, "[1]"),
            (r#"pd.Series([np.nan, np.nan]).dtype == "float64""#, "True"),
            (r#"e.dtypes["c"] == "object""#, "False"),
            (r#"pd.to_numeric("1e3")"#, "1000.0"),
            ("pd.to_numeric(5)", "5"),
            (r#"pd.to_numeric("7")"#, "7"),
            (r#"pd.to_numeric(pd.Series(["1e3", "2"]))"#, "[(0, 1000.0), (1, 2.0)]"),
            ("pd.Series([9007199254740993]).isin([9007199254740992])", "[(0, False)]"),
            (
                "pd.Series([9007199254740993, 9007199254740992]).sort_values()",
                "[(1, 9007199254740992), (0, 9007199254740993)]",
            ),
            ("pd.Series([9007199254740993, 9007199254740992]).max()", "9007199254740993"),
            ("pd.Series([9007199254740993, 9007199254740992]).min()", "9007199254740992"),
            ("t.iloc[0].name", "0"),
            ("t.iloc[[0, 2]].index.tolist()", "[0, 2]"),
            ("t.iloc[0:2, 1:3]", "[['unit', 'size'], [0, '1', 2], [1, '1', 10]]"),
            ("t.iloc[:, 0]", "[(0, 'b'), (1, 'a'), (2, 'b')]"),
            (r#"t.iloc[0]["size"]"#, "2"),
        ],
    );
}

#[test]
fn queries_ask_whole_columns() {
    let given = r#"q = pd.DataFrame({"sample": ["A", "BBBB", None, "D"], "n": [1.0, np.nan, 3.0, 4.0], "ok": [True, False, True, False], "a b": [1, 2, 3, 4]})
sample = "A"
wanted = ["A", "D"]
cfg = {"k": "D"}"#;
    answers_as_pandas(
        given,
        &[
            (r#"q.query("sample == @sample")["a b"].tolist()"#, "[1]"),
            (r#"q.query("sample in @wanted")["a b"].tolist()"#, "[1, 4]"),
            (r#"q.query("sample not in @wanted")["a b"].tolist()"#, "[2, 3]"),
            (r#"q.query("sample == ['A', 'D']")["a b"].tolist()"#, "[1, 4]"),
            (r#"q.query("sample != ['A', 'D']")["a b"].tolist()"#, "[2, 3]"),
            (r#"q.query("sample.str.len() > 3")["a b"].tolist()"#, "[2]"),
            (r#"q.query("sample.str.contains('A')")["a b"].tolist()"#, "[1]"),
            (r#"q.query("sample.str.contains('nan')")["a b"].tolist()"#, "[]"),
            (r#"q.query("sample == 'x.str.gz'")["a b"].tolist()"#, "[]"),
            (r#"q.query("`a b` > 2 and n < 4")["a b"].tolist()"#, "[3]"),
            (r#"q.query("n > 2 | ok")["a b"].tolist()"#, "[1, 3, 4]"),
            (r#"q.query("~ok & n >= 1")["a b"].tolist()"#, "[4]"),
            (r#"q.query("not ok")["a b"].tolist()"#, "[2, 4]"),
            (r#"q.query("1 <= n < 4")["a b"].tolist()"#, "[1, 3]"),
            (r#"q.query("n == n")["a b"].tolist()"#, "[1, 3, 4]"),
            (r#"q.query("n != n")["a b"].tolist()"#, "[2]"),
            (r#"q.query("sample.isna()")["a b"].tolist()"#, "[3]"),
            (r#"q.query("sample.notna() and n > 1")["a b"].tolist()"#, "[4]"),
            (r#"q.query("index > 1")["a b"].tolist()"#, "[3, 4]"),
            (r#"q.query("ok")["a b"].tolist()"#, "[1, 3]"),
            (r#"q.query("n + `a b` > 5")["a b"].tolist()"#, "[3, 4]"),
            (r#"q.query("sample == 5")["a b"].tolist()"#, "[]"),
            (r#"q.query("sample > 5")"#, "ERR TypeError"),
            (r#"q.query("sample == @cfg['k']")["a b"].tolist()"#, "[4]"),
            (r#"q.query("sample.isin(['A'])")["a b"].tolist()"#, "[1]"),
            (r#"q.query("sample.str.startswith('B')")["a b"].tolist()"#, "[2]"),
            (r#"q.query("(sample == 'A') | (sample == 'D')")["a b"].tolist()"#, "[1, 4]"),
            (r#"q.query("n > @q['n'].mean()")["a b"].tolist()"#, "[3, 4]"),
            (r#"q.query("n >= 3 and not sample.isna()")["a b"].tolist()"#, "[4]"),
            (r#"q.query("n - 1 == 0")["a b"].tolist()"#, "[1]"),
            (r#"q.query("n > 100").shape"#, "(0, 4)"),
            (r#"one.query("sample == 'a'").shape"#, "(1, 3)"),
            (r#"u.query("sample == 'a'").shape"#, "(1, 4)"),
            (r#"one.query("index == 'a'").shape"#, "(1, 3)"),
            (r#"pd.Series(["a,b", "c"]).str.split(",").str.join("-")"#, "[(0, 'a-b'), (1, 'c')]"),
            (r#"pd.Series(["a,b"]).str.join("-")"#, "[(0, 'a-,-b')]"),
        ],
    );
}
