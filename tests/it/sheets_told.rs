//! What is told of whole sheets, and rows that are given, beside what pandas 3 prints.

use crate::sheets_asked::answers_as_pandas;

#[test]
fn whole_sheets_are_told_of() {
    let given = r#"u = pd.DataFrame({"s": ["A", "A", "B"], "k": ["x", "y", "x"], "a": [1, 2, 3], "b": [1.5, 2.5, np.nan]}, index=["p", "q", "r"])
v = pd.DataFrame({"s": ["A", "C"], "z": [7, 8]})
n = u[["a", "b"]]
m = u.set_index(["s", "k"]).sort_index()
x1 = u[["s", "a"]].copy()
x1.loc["new"] = ["Z", 9]
x2 = u[["s", "a"]].copy()
x2.loc["p"] = ["Z", 9]
x3 = u[["s", "a"]].copy()
x3.loc["new"] = {"s": "Z", "a": 9}
x6 = pd.DataFrame({"a": [1]})
x6.loc[len(x6)] = [5]
x7 = u[["a"]].copy()
x7.loc["p"] = 7
x8 = u.copy()
x8.loc[x8["a"] > 1, "a"] += 1
f = lambda d: d["a"] > 1
def g(d): return d["a"] > 1"#;
    answers_as_pandas(
        given,
        &[
            ("x1", "[['s', 'a'], ['p', 'A', 1], ['q', 'A', 2], ['r', 'B', 3], ['new', 'Z', 9]]"),
            ("x2", "[['s', 'a'], ['p', 'Z', 9], ['q', 'A', 2], ['r', 'B', 3]]"),
            ("x3", "[['s', 'a'], ['p', 'A', 1], ['q', 'A', 2], ['r', 'B', 3], ['new', 'Z', 9]]"),
            ("x6", "[['a'], [0, 1], [1, 5]]"),
            ("x7", "[['a'], ['p', 7], ['q', 2], ['r', 3]]"),
            (r#"x8["a"].tolist()"#, "[1, 3, 4]"),
            (
                r#"u.merge(v, on="s", how="left", indicator=True)["_merge"].astype(str).tolist()"#,
                "['both', 'both', 'left_only']",
            ),
            (
                r#"u.merge(v, on="s", how="outer", indicator=True)["_merge"].astype(str).tolist()"#,
                "['both', 'both', 'left_only', 'right_only']",
            ),
            (
                r#"u.merge(v, on="s", how="outer", indicator="src").columns.tolist()"#,
                "['s', 'k', 'a', 'b', 'z', 'src']",
            ),
            (r#"m.loc[pd.IndexSlice["A", :], :]"#, "[['a', 'b'], [('A', 'x'), 1, 1.5], [('A', 'y'), 2, 2.5]]"),
            (r#"m.loc[pd.IndexSlice[:, "x"], :]"#, "[['a', 'b'], [('A', 'x'), 1, 1.5], [('B', 'x'), 3, 'nan']]"),
            (r#"m.loc[pd.IndexSlice[:, "x"], "a"].tolist()"#, "[1, 3]"),
            (r#"m.loc[pd.IndexSlice["A", "y"], "a"]"#, "2"),
            (
                "n.describe()",
                "[['a', 'b'], ['count', 3.0, 2.0], ['mean', 2.0, 2.0], ['std', 1.0, 0.7071067811865476], ['min', 1.0, 1.5], ['25%', 1.5, 1.75], ['50%', 2.0, 2.0], ['75%', 2.5, 2.25], ['max', 3.0, 2.5]]",
            ),
            (
                r#"u["a"].describe()"#,
                "[('count', 3.0), ('mean', 2.0), ('std', 1.0), ('min', 1.0), ('25%', 1.5), ('50%', 2.0), ('75%', 2.5), ('max', 3.0)]",
            ),
            (
                r#"u["b"].describe()"#,
                "[('count', 2.0), ('mean', 2.0), ('std', 0.7071067811865476), ('min', 1.5), ('25%', 1.75), ('50%', 2.0), ('75%', 2.25), ('max', 2.5)]",
            ),
            (r#"u["s"].describe().tolist()"#, "[3, 2, 'A', 2]"),
            (
                "u.describe()",
                "[['a', 'b'], ['count', 3.0, 2.0], ['mean', 2.0, 2.0], ['std', 1.0, 0.7071067811865476], ['min', 1.0, 1.5], ['25%', 1.5, 1.75], ['50%', 2.0, 2.0], ['75%', 2.5, 2.25], ['max', 3.0, 2.5]]",
            ),
            (r#"u[["s"]].describe()"#, "[['s'], ['count', 3], ['unique', 2], ['top', 'A'], ['freq', 2]]"),
            (
                r#"u.to_dict("split")"#,
                "{'index': ['p', 'q', 'r'], 'columns': ['s', 'k', 'a', 'b'], 'data': [['A', 'x', 1, 1.5], ['A', 'y', 2, 2.5], ['B', 'x', 3, 'nan']]}",
            ),
            (
                r#"u.to_dict("tight")"#,
                "{'index': ['p', 'q', 'r'], 'columns': ['s', 'k', 'a', 'b'], 'data': [['A', 'x', 1, 1.5], ['A', 'y', 2, 2.5], ['B', 'x', 3, 'nan']], 'index_names': [None], 'column_names': [None]}",
            ),
            (r#"u.to_dict(orient="series")["a"]"#, "[('p', 1), ('q', 2), ('r', 3)]"),
            (
                r#"u.to_dict("list")"#,
                "{'s': ['A', 'A', 'B'], 'k': ['x', 'y', 'x'], 'a': [1, 2, 3], 'b': [1.5, 2.5, 'nan']}",
            ),
            (
                "u.transpose()",
                "[['p', 'q', 'r'], ['s', 'A', 'A', 'B'], ['k', 'x', 'y', 'x'], ['a', 1, 2, 3], ['b', 1.5, 2.5, 'nan']]",
            ),
            ("n.transpose()", "[['p', 'q', 'r'], ['a', 1.0, 2.0, 3.0], ['b', 1.5, 2.5, 'nan']]"),
            (r#"n.set_axis(["x", "y"], axis=1)"#, "[['x', 'y'], ['p', 1, 1.5], ['q', 2, 2.5], ['r', 3, 'nan']]"),
            (r#"n.set_axis(["x", "y", "z"])"#, "[['a', 'b'], ['x', 1, 1.5], ['y', 2, 2.5], ['z', 3, 'nan']]"),
            (r#"n.set_axis(["x", "y", "z"], axis=0).index.tolist()"#, "['x', 'y', 'z']"),
            (r#"n.set_axis(["x"], axis=1)"#, "ERR ValueError"),
            (r#"u["a"].set_axis([1, 2, 3])"#, "[(1, 1), (2, 2), (3, 3)]"),
            (r#"u["a"].argmax()"#, "2"),
            (r#"u["a"].argmin()"#, "0"),
            (r#"u["b"].argmax()"#, "1"),
            (r#"u["b"].first_valid_index()"#, "'p'"),
            (r#"u["b"].last_valid_index()"#, "'q'"),
            ("u.first_valid_index()", "'p'"),
            ("pd.Series([np.nan, 1.0]).first_valid_index()", "1"),
            ("pd.Series([np.nan]).first_valid_index()", "None"),
            ("u.keys().tolist()", "['s', 'k', 'a', 'b']"),
            (r#"u["a"].keys().tolist()"#, "['p', 'q', 'r']"),
            ("list(u.keys())", "['s', 'k', 'a', 'b']"),
            (r#"u.groupby("s")["k"].unique().to_dict()"#, "{'A': ['x', 'y'], 'B': ['x']}"),
            (r#"[list(c) for c in u.groupby("s")["k"].unique()]"#, "[['x', 'y'], ['x']]"),
            (r#"list(u.groupby("s")["k"].unique()["A"])"#, "['x', 'y']"),
            (
                "u.to_json()",
                r#"'{"s":{"p":"A","q":"A","r":"B"},"k":{"p":"x","q":"y","r":"x"},"a":{"p":1,"q":2,"r":3},"b":{"p":1.5,"q":2.5,"r":null}}'"#,
            ),
            (
                r#"u.to_json(orient="records")"#,
                r#"'[{"s":"A","k":"x","a":1,"b":1.5},{"s":"A","k":"y","a":2,"b":2.5},{"s":"B","k":"x","a":3,"b":null}]'"#,
            ),
            (
                r#"u.to_json(orient="index")"#,
                r#"'{"p":{"s":"A","k":"x","a":1,"b":1.5},"q":{"s":"A","k":"y","a":2,"b":2.5},"r":{"s":"B","k":"x","a":3,"b":null}}'"#,
            ),
            (
                r#"u.to_json(orient="columns")"#,
                r#"'{"s":{"p":"A","q":"A","r":"B"},"k":{"p":"x","q":"y","r":"x"},"a":{"p":1,"q":2,"r":3},"b":{"p":1.5,"q":2.5,"r":null}}'"#,
            ),
            (r#"u.to_json(orient="values")"#, r#"'[["A","x",1,1.5],["A","y",2,2.5],["B","x",3,null]]'"#),
            (
                r#"u.to_json(orient="split")"#,
                r#"'{"columns":["s","k","a","b"],"index":["p","q","r"],"data":[["A","x",1,1.5],["A","y",2,2.5],["B","x",3,null]]}'"#,
            ),
            (
                r#"u.to_json(orient="records", lines=True)"#,
                r#"'{"s":"A","k":"x","a":1,"b":1.5}\n{"s":"A","k":"y","a":2,"b":2.5}\n{"s":"B","k":"x","a":3,"b":null}\n'"#,
            ),
            (r#"u["a"].to_json()"#, r#"'{"p":1,"q":2,"r":3}'"#),
            (r#"u["b"].to_json(orient="records")"#, "'[1.5,2.5,null]'"),
            (r#"pd.cut(u["a"], [0, 1, 5], labels=["lo", "hi"]).astype(str).tolist()"#, "['lo', 'hi', 'hi']"),
            (r#"pd.cut(u["a"], bins=[0, 1, 2], labels=False).tolist()"#, "[0.0, 1.0, 'nan']"),
            (
                r#"pd.cut(u["a"], [0, 2, 5], labels=["lo", "hi"], right=False).astype(str).tolist()"#,
                "['lo', 'hi', 'hi']",
            ),
            (r#"pd.cut([1, 7], [0, 5, 10], labels=["lo", "hi"]).tolist()"#, "['lo', 'hi']"),
            (
                r#"pd.cut(u["a"], [1, 2, 5], include_lowest=True, labels=["lo", "hi"]).astype(str).tolist()"#,
                "['lo', 'lo', 'hi']",
            ),
            (r#"pd.to_numeric(pd.Series(["1", "x"]), errors="coerce").tolist()"#, "[1.0, 'nan']"),
            (r#"pd.to_numeric(pd.Series(["1", "x"]), errors="raise")"#, "ERR ValueError"),
            (r#"pd.to_numeric(pd.Series(["1", "x"]), errors="ignore")"#, "ERR ValueError"),
            (r#"pd.to_numeric(pd.Series(["1", "x"]), errors="nope")"#, "ERR ValueError"),
            (r#"pd.to_numeric(pd.Series(["1", "x"]))"#, "ERR ValueError"),
            (r#"pd.to_numeric("5")"#, "5"),
            (r#"pd.to_numeric("x")"#, "ERR ValueError"),
            (r#"pd.to_numeric(["1", "2.5"]).tolist()"#, "[1.0, 2.5]"),
            (r#"pd.to_numeric(pd.Series(["1.0", " 2 "])).tolist()"#, "[1.0, 2.0]"),
            (r#"pd.to_numeric(pd.Series(["1", None])).tolist()"#, "[1.0, 'nan']"),
            (r#"pd.to_numeric(pd.Series(["", "1"])).tolist()"#, "['nan', 1.0]"),
            (r#"pd.to_numeric(pd.Series([True, "2"])).tolist()"#, "[1, 2]"),
            (
                r#"pd.read_csv("t.tsv", sep="\t", true_values=["b"], false_values=["a"])["sample"].tolist()"#,
                "[True, False, True]",
            ),
            (r#"pd.read_csv("t.tsv", sep="\t", true_values=["b"])["sample"].tolist()"#, "['b', 'a', 'b']"),
            (r#"pd.read_csv("t.tsv", sep="\t", true_values=["p b", "r"])["path"].tolist()"#, "[True, 'nan', True]"),
        ],
    );
}
