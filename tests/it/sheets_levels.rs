//! Columns of several levels, beside what pandas 3 prints.

use crate::sheets_asked::answers_as_pandas;

#[test]
fn parts_of_names_are_asked_for() {
    let given = r#"u = pd.DataFrame({"s": ["A", "A", "B", "B"], "k": ["x", "y", "x", "y"], "a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5, 4.5]})
m = u.groupby("s").agg({"a": ["min", "max"], "b": "sum"})
g = u.groupby("s")[["a", "b"]].agg(["min", "max"])
w = u.set_index(["s", "k"]).unstack()
f = g.copy()
f.columns = ["_".join(c) for c in f.columns]
c1 = pd.concat([u[["a"]], u[["b"]]], axis=1, keys=["l", "r"])
p = u.pivot(index="s", columns="k", values="a")
p2 = u.pivot(index="s", columns="k", values="a")
p2.columns.name = None
p3 = g.copy()
p3.columns = p3.columns.droplevel(0)
p4 = g.copy()
p4.columns = p4.columns.map("_".join)
p5 = g.copy()
p5.columns = p5.columns.get_level_values(1)
p6 = g.copy()
p6["new"] = 1
p6[("a", "sum")] = [7, 8]
p7 = g.copy()
p7.columns = p7.columns.to_flat_index()
p8 = g.copy()
p8.columns.names = ["c", "f"]
p9 = g.copy()
p9.columns = pd.MultiIndex.from_tuples([("q", "1"), ("q", "2"), ("r", "1"), ("r", "2")])"#;
    answers_as_pandas(
        given,
        &[
            ("m", "[[('a', 'min'), ('a', 'max'), ('b', 'sum')], ['A', 1, 2, 4.0], ['B', 3, 4, 8.0]]"),
            ("m.columns.tolist()", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            ("list(m)", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            (r#"m[("a", "min")]"#, "[('A', 1), ('B', 3)]"),
            (r#"m["a"]"#, "[['min', 'max'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"m["a"]["max"]"#, "[('A', 2), ('B', 4)]"),
            (r#"m["a", "max"]"#, "[('A', 2), ('B', 4)]"),
            (r#"m["b"]"#, "[['sum'], ['A', 4.0], ['B', 8.0]]"),
            (r#"m[["a"]]"#, "[[('a', 'min'), ('a', 'max')], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"m[[("a", "min"), ("b", "sum")]]"#, "[[('a', 'min'), ('b', 'sum')], ['A', 1, 4.0], ['B', 3, 8.0]]"),
            ("m.a", "[['min', 'max'], ['A', 1, 2], ['B', 3, 4]]"),
            ("m.shape", "(2, 3)"),
            ("m.columns.nlevels", "2"),
            ("m.columns.names", "[None, None]"),
            ("m.columns.get_level_values(0).tolist()", "['a', 'a', 'b']"),
            ("m.columns.get_level_values(1).tolist()", "['min', 'max', 'sum']"),
            ("m.columns.levels[0].tolist()", "['a', 'b']"),
            (r#"m.loc["A"]"#, "[(('a', 'min'), 1.0), (('a', 'max'), 2.0), (('b', 'sum'), 4.0)]"),
            (r#"m.loc["A", "a"]"#, "[('min', 1), ('max', 2)]"),
            (r#"m.loc["A", ("a", "max")]"#, "2"),
            (r#"m.loc[:, "a"]"#, "[['min', 'max'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"m.loc[:, ("a", "min")]"#, "[('A', 1), ('B', 3)]"),
            (r#"m.loc["A"]["a"]"#, "[('min', 1.0), ('max', 2.0)]"),
            (r#"m.loc["A"]["a"]["min"]"#, "1.0"),
            (r#"m.loc["A"][("b", "sum")]"#, "4.0"),
            ("m.iloc[0, 1]", "2"),
            (
                "m.reset_index()",
                "[[('s', ''), ('a', 'min'), ('a', 'max'), ('b', 'sum')], [0, 'A', 1, 2, 4.0], [1, 'B', 3, 4, 8.0]]",
            ),
            ("m.reset_index().columns.tolist()", "[('s', ''), ('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            (r#"m.reset_index()["s"]"#, "[(0, 'A'), (1, 'B')]"),
            (r#"m.reset_index()["s"].tolist()"#, "['A', 'B']"),
            ("f", "[['a_min', 'a_max', 'b_min', 'b_max'], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            (
                "f.reset_index()",
                "[['s', 'a_min', 'a_max', 'b_min', 'b_max'], [0, 'A', 1, 2, 1.5, 2.5], [1, 'B', 3, 4, 3.5, 4.5]]",
            ),
            (r#"["_".join(c) for c in m.columns]"#, "['a_min', 'a_max', 'b_sum']"),
            (r#"["_".join(c).strip("_") for c in m.reset_index().columns]"#, "['s', 'a_min', 'a_max', 'b_sum']"),
            (r#"m.columns.map("_".join).tolist()"#, "['a_min', 'a_max', 'b_sum']"),
            ("p4", "[['a_min', 'a_max', 'b_min', 'b_max'], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            ("p3", "[['min', 'max', 'min', 'max'], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            ("p5", "[['min', 'max', 'min', 'max'], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            (
                "p6",
                "[[('a', 'min'), ('a', 'max'), ('b', 'min'), ('b', 'max'), ('new', ''), ('a', 'sum')], ['A', 1, 2, 1.5, 2.5, 1, 7], ['B', 3, 4, 3.5, 4.5, 1, 8]]",
            ),
            ("p7.columns.tolist()", "[('a', 'min'), ('a', 'max'), ('b', 'min'), ('b', 'max')]"),
            ("p8.columns.names", "['c', 'f']"),
            ("p9", "[[('q', '1'), ('q', '2'), ('r', '1'), ('r', '2')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            ("m.droplevel(0, axis=1)", "[['min', 'max', 'sum'], ['A', 1, 2, 4.0], ['B', 3, 4, 8.0]]"),
            (r#"m.droplevel(1, axis="columns")"#, "[['a', 'a', 'b'], ['A', 1, 2, 4.0], ['B', 3, 4, 8.0]]"),
            (
                "g.T",
                "[['A', 'B'], [('a', 'min'), 1.0, 3.0], [('a', 'max'), 2.0, 4.0], [('b', 'min'), 1.5, 3.5], [('b', 'max'), 2.5, 4.5]]",
            ),
            ("g.sum()", "[(('a', 'min'), 4.0), (('a', 'max'), 6.0), (('b', 'min'), 5.0), (('b', 'max'), 7.0)]"),
            ("g.mean().index.tolist()", "[('a', 'min'), ('a', 'max'), ('b', 'min'), ('b', 'max')]"),
            (r#""a" in m"#, "True"),
            (r#"("a", "min") in m"#, "True"),
            (r#""zz" in m"#, "False"),
            (r#""a" in m.columns"#, "True"),
            (r#"m["zz"]"#, "ERR KeyError"),
            (r#"m[("a", "zz")]"#, "ERR KeyError"),
            ("w", "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]"),
            ("w.columns.names", "[None, 'k']"),
            (r#"w["a"]"#, "[['x', 'y'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"w["a"]["x"].tolist()"#, "[1, 3]"),
            (r#"w[("a", "x")].tolist()"#, "[1, 3]"),
        ],
    );
}

#[test]
fn levels_come_of_other_shapes() {
    let given = r#"u = pd.DataFrame({"s": ["A", "A", "B", "B"], "k": ["x", "y", "x", "y"], "a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5, 4.5]})
m = u.groupby("s").agg({"a": ["min", "max"], "b": "sum"})
g = u.groupby("s")[["a", "b"]].agg(["min", "max"])
w = u.set_index(["s", "k"]).unstack()
f = g.copy()
f.columns = ["_".join(c) for c in f.columns]
c1 = pd.concat([u[["a"]], u[["b"]]], axis=1, keys=["l", "r"])
p = u.pivot(index="s", columns="k", values="a")
p2 = u.pivot(index="s", columns="k", values="a")
p2.columns.name = None
p3 = g.copy()
p3.columns = p3.columns.droplevel(0)
p4 = g.copy()
p4.columns = p4.columns.map("_".join)
p5 = g.copy()
p5.columns = p5.columns.get_level_values(1)
p6 = g.copy()
p6["new"] = 1
p6[("a", "sum")] = [7, 8]
p7 = g.copy()
p7.columns = p7.columns.to_flat_index()
p8 = g.copy()
p8.columns.names = ["c", "f"]
p9 = g.copy()
p9.columns = pd.MultiIndex.from_tuples([("q", "1"), ("q", "2"), ("r", "1"), ("r", "2")])"#;
    answers_as_pandas(
        given,
        &[
            (r#"u.set_index(["s", "k"])["a"].unstack()"#, "[['x', 'y'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"u.set_index(["s", "k"])["a"].unstack().columns.name"#, "'k'"),
            (r#"u.set_index(["s", "k"])["a"].unstack(level=0)"#, "[['A', 'B'], ['x', 1, 3], ['y', 2, 4]]"),
            (r#"u.set_index(["s", "k"])["a"].unstack("s").columns.name"#, "'s'"),
            (
                r#"u.set_index(["s", "k", "a"])["b"].unstack([1, 2])"#,
                "[[('x', 1), ('y', 2), ('x', 3), ('y', 4)], ['A', 1.5, 2.5, 'nan', 'nan'], ['B', 'nan', 'nan', 3.5, 4.5]]",
            ),
            (
                r#"u.set_index(["s", "k"]).unstack(0)"#,
                "[[('a', 'A'), ('a', 'B'), ('b', 'A'), ('b', 'B')], ['x', 1, 3, 1.5, 3.5], ['y', 2, 4, 2.5, 4.5]]",
            ),
            (
                r#"u.set_index(["s", "k"]).unstack(fill_value=0)"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            ("p", "[['x', 'y'], ['A', 1, 2], ['B', 3, 4]]"),
            ("p.columns.name", "'k'"),
            ("p.index.name", "'s'"),
            ("p.columns.tolist()", "['x', 'y']"),
            ("p2.columns.name", "None"),
            ("p.reset_index()", "[['s', 'x', 'y'], [0, 'A', 1, 2], [1, 'B', 3, 4]]"),
            ("p.reset_index().columns.name", "'k'"),
            ("p.rename_axis(None, axis=1).columns.name", "None"),
            ("p.rename_axis(columns=None).columns.name", "None"),
            (r#"p.rename_axis(columns="q").columns.name"#, "'q'"),
            (r#"p.rename_axis("r", axis="columns").columns.name"#, "'r'"),
            ("p.reset_index().rename_axis(None, axis=1)", "[['s', 'x', 'y'], [0, 'A', 1, 2], [1, 'B', 3, 4]]"),
            (r#"p[["x"]].columns.name"#, "'k'"),
            ("p.T.index.name", "'k'"),
            ("p.stack()", "[(('A', 'x'), 1), (('A', 'y'), 2), (('B', 'x'), 3), (('B', 'y'), 4)]"),
            ("p.stack().index.names", "['s', 'k']"),
            (
                r#"u.pivot(index="s", columns="k")"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            (r#"u.pivot(index="s", columns="k").columns.names"#, "[None, 'k']"),
            (
                r#"u.pivot(index="s", columns="k", values=["a", "b"])"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1.0, 2.0, 1.5, 2.5], ['B', 3.0, 4.0, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot(index="s", columns="k", values=["b"])"#,
                "[[('b', 'x'), ('b', 'y')], ['A', 1.5, 2.5], ['B', 3.5, 4.5]]",
            ),
            (r#"u.pivot(index="s", columns=["k"], values="a")"#, "[['x', 'y'], ['A', 1, 2], ['B', 3, 4]]"),
            (
                r#"u.pivot(index="s", columns=["k", "a"], values="b")"#,
                "[[('x', 1), ('y', 2), ('x', 3), ('y', 4)], ['A', 1.5, 2.5, 'nan', 'nan'], ['B', 'nan', 'nan', 3.5, 4.5]]",
            ),
            (
                r#"u.pivot(columns="k", values="a")"#,
                "[['x', 'y'], [0, 1.0, 'nan'], [1, 'nan', 2.0], [2, 3.0, 'nan'], [3, 'nan', 4.0]]",
            ),
            (r#"u.pivot_table(index="s", columns="k", values="a").columns.name"#, "'k'"),
            (
                r#"u.pivot_table(index="s", columns="k", values=["a", "b"])"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1.0, 2.0, 1.5, 2.5], ['B', 3.0, 4.0, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", values=["b", "a"], aggfunc="sum")"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", values=["b", "a"], aggfunc="sum")"#,
                "[['a', 'b'], ['A', 3, 4.0], ['B', 7, 8.0]]",
            ),
            (
                r#"u.pivot_table(index="s", values="a", aggfunc=["min", "max"])"#,
                "[[('min', 'a'), ('max', 'a')], ['A', 1, 2], ['B', 3, 4]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", values="a", aggfunc=["min", "max"])"#,
                "[[('min', 'x'), ('min', 'y'), ('max', 'x'), ('max', 'y')], ['A', 1, 2, 1, 2], ['B', 3, 4, 3, 4]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", values=["a", "b"], aggfunc=["sum", "min"])"#,
                "[[('sum', 'a', 'x'), ('sum', 'a', 'y'), ('sum', 'b', 'x'), ('sum', 'b', 'y'), ('min', 'a', 'x'), ('min', 'a', 'y'), ('min', 'b', 'x'), ('min', 'b', 'y')], ['A', 1, 2, 1.5, 2.5, 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5, 3, 4, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", values=["a", "b"], aggfunc={"a": "sum", "b": "max"})"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", aggfunc="sum")"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", aggfunc={"a": "sum", "b": ["min", "max"]})"#,
                "[[('a', 'sum'), ('b', 'max'), ('b', 'min')], ['A', 3, 2.5, 1.5], ['B', 7, 4.5, 3.5]]",
            ),
            (
                r#"u.pivot_table(index=["s", "k"], values="a")"#,
                "[['a'], [('A', 'x'), 1.0], [('A', 'y'), 2.0], [('B', 'x'), 3.0], [('B', 'y'), 4.0]]",
            ),
            (
                r#"u.pivot_table(index="s", columns=["k", "a"], values="b")"#,
                "[[('x', 1), ('x', 3), ('y', 2), ('y', 4)], ['A', 1.5, 'nan', 2.5, 'nan'], ['B', 'nan', 3.5, 'nan', 4.5]]",
            ),
            (
                r#"u.pivot_table(index="s", columns="k", values=["a"], aggfunc="sum")"#,
                "[[('a', 'x'), ('a', 'y')], ['A', 1, 2], ['B', 3, 4]]",
            ),
            (
                r#"u.groupby("s").agg(["min", "max"])"#,
                "[[('k', 'min'), ('k', 'max'), ('a', 'min'), ('a', 'max'), ('b', 'min'), ('b', 'max')], ['A', 'x', 'y', 1, 2, 1.5, 2.5], ['B', 'x', 'y', 3, 4, 3.5, 4.5]]",
            ),
            (r#"u.groupby("s").agg(["min", "max"])["a"]"#, "[['min', 'max'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"u.groupby("s")[["a"]].agg(["sum"])"#, "[[('a', 'sum')], ['A', 3], ['B', 7]]"),
            (r#"u.groupby("s").agg({"a": ["min"]})"#, "[[('a', 'min')], ['A', 1], ['B', 3]]"),
            (
                r#"u.groupby("s").agg({"a": "min", "b": ["min", "max"]}).columns.tolist()"#,
                "[('a', 'min'), ('b', 'min'), ('b', 'max')]",
            ),
            (
                r#"u.groupby("s", as_index=False).agg({"a": ["min", "max"]})"#,
                "[[('s', ''), ('a', 'min'), ('a', 'max')], [0, 'A', 1, 2], [1, 'B', 3, 4]]",
            ),
            (r#"u.groupby("s")["a"].agg(["min", "max"])"#, "[['min', 'max'], ['A', 1, 2], ['B', 3, 4]]"),
            (r#"u.groupby(["s", "k"]).size().unstack()"#, "[['x', 'y'], ['A', 1, 1], ['B', 1, 1]]"),
            (r#"u.groupby(["s", "k"]).size().unstack().columns.name"#, "'k'"),
            (
                r#"u.groupby(["s", "k"]).size().unstack(fill_value=0).reset_index()"#,
                "[['s', 'x', 'y'], [0, 'A', 1, 1], [1, 'B', 1, 1]]",
            ),
            (
                r#"u.groupby(["s", "k"])[["a", "b"]].sum().unstack()"#,
                "[[('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')], ['A', 1, 2, 1.5, 2.5], ['B', 3, 4, 3.5, 4.5]]",
            ),
            ("c1", "[[('l', 'a'), ('r', 'b')], [0, 1, 1.5], [1, 2, 2.5], [2, 3, 3.5], [3, 4, 4.5]]"),
            (r#"c1["l"]"#, "[['a'], [0, 1], [1, 2], [2, 3], [3, 4]]"),
            ("c1.columns.tolist()", "[('l', 'a'), ('r', 'b')]"),
            (r#"c1[("l", "a")].tolist()"#, "[1, 2, 3, 4]"),
            (
                r#"pd.concat({"l": u[["a"]], "r": u[["b"]]}, axis=1)"#,
                "[[('l', 'a'), ('r', 'b')], [0, 1, 1.5], [1, 2, 2.5], [2, 3, 3.5], [3, 4, 4.5]]",
            ),
            (
                r#"pd.concat([u[["a"]], u[["b"]]], axis=1, keys=["l", "r"], names=["side"]).columns.names"#,
                "['side', None]",
            ),
            (
                r#"pd.concat([u["a"], u["b"]], axis=1, keys=["l", "r"])"#,
                "[['l', 'r'], [0, 1, 1.5], [1, 2, 2.5], [2, 3, 3.5], [3, 4, 4.5]]",
            ),
            (
                r#"m.sort_values(("a", "max"), ascending=False)"#,
                "[[('a', 'min'), ('a', 'max'), ('b', 'sum')], ['B', 3, 4, 8.0], ['A', 1, 2, 4.0]]",
            ),
            (
                r#"m.sort_values(by=[("a", "max")], ascending=False)"#,
                "[[('a', 'min'), ('a', 'max'), ('b', 'sum')], ['B', 3, 4, 8.0], ['A', 1, 2, 4.0]]",
            ),
            (r#"m.rename(columns={"a": "z"}).columns.tolist()"#, "[('z', 'min'), ('z', 'max'), ('b', 'sum')]"),
            (r#"m.rename(columns={"min": "lo"}).columns.tolist()"#, "[('a', 'lo'), ('a', 'max'), ('b', 'sum')]"),
            (
                "m.to_dict()",
                "{('a', 'min'): {'A': 1, 'B': 3}, ('a', 'max'): {'A': 2, 'B': 4}, ('b', 'sum'): {'A': 4.0, 'B': 8.0}}",
            ),
            (
                r#"m.to_dict("records")"#,
                "[{('a', 'min'): 1, ('a', 'max'): 2, ('b', 'sum'): 4.0}, {('a', 'min'): 3, ('a', 'max'): 4, ('b', 'sum'): 8.0}]",
            ),
            (r#"m.drop(columns=("a", "min")).columns.tolist()"#, "[('a', 'max'), ('b', 'sum')]"),
            (r#"m.drop(columns="a").columns.tolist()"#, "[('b', 'sum')]"),
            (r#"m.drop(columns=["a"]).columns.tolist()"#, "[('b', 'sum')]"),
            (r#"m.drop("a", axis=1).columns.tolist()"#, "[('b', 'sum')]"),
            ("m.fillna(0).columns.tolist()", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            ("m.head(1).columns.tolist()", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            ("m.apply(lambda c: c.max())", "[(('a', 'min'), 3.0), (('a', 'max'), 4.0), (('b', 'sum'), 8.0)]"),
            (r#"m.apply(lambda r: r[("a", "max")] - r["a"]["min"], axis=1)"#, "[('A', 1.0), ('B', 1.0)]"),
            (r#"[r[("a", "min")] for i, r in m.iterrows()]"#, "[1.0, 3.0]"),
            ("[c for c, v in m.items()]", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            (r#"m[m[("a", "max")] > 2]"#, "[[('a', 'min'), ('a', 'max'), ('b', 'sum')], ['B', 3, 4, 8.0]]"),
            (r#"m.loc[m["a"]["max"] > 2, ("b", "sum")].tolist()"#, "[8.0]"),
            ("m.to_csv()", r"',a,a,b\n,min,max,sum\ns,,,\nA,1,2,4.0\nB,3,4,8.0\n'"),
            ("m.to_csv(index=False)", r"'a,a,b\nmin,max,sum\n1,2,4.0\n3,4,8.0\n'"),
            (
                r#"w.to_csv(sep="\t")"#,
                r"'\ta\ta\tb\tb\nk\tx\ty\tx\ty\ns\t\t\t\t\nA\t1\t2\t1.5\t2.5\nB\t3\t4\t3.5\t4.5\n'",
            ),
            ("p.to_csv()", r"'s,x,y\nA,1,2\nB,3,4\n'"),
            (r#"pd.crosstab(u["s"], u["k"]).columns.name"#, "'k'"),
            (r#"pd.crosstab(u["s"], u["k"]).index.name"#, "'s'"),
            (r#"pd.crosstab(u["s"], u["k"]).columns.tolist()"#, "['x', 'y']"),
            ("m.columns.to_list()", "[('a', 'min'), ('a', 'max'), ('b', 'sum')]"),
            (r#"m.set_index(("a", "min")).index.tolist()"#, "[1, 3]"),
            (r#"pd.DataFrame({("x", 1): [1], ("x", 2): [2]})"#, "[[('x', 1), ('x', 2)], [0, 1, 2]]"),
            (r#"pd.DataFrame({("x", 1): [1], ("x", 2): [2]})["x"]"#, "[[1, 2], [0, 1, 2]]"),
            (
                r#"pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("p", "q"), ("p", "r")]))["p"]"#,
                "[['q', 'r'], [0, 1, 2]]",
            ),
            (
                r#"pd.DataFrame([[1, 2, 3, 4]], columns=pd.MultiIndex.from_product([["p", "q"], ["r", "s"]]))["q"]"#,
                "[['r', 's'], [0, 3, 4]]",
            ),
            (r#"pd.MultiIndex.from_arrays([["a", "b"], [1, 2]], names=["x", "y"]).names"#, "['x', 'y']"),
            (r#"pd.MultiIndex.from_tuples([("a", 1)]).tolist()"#, "[('a', 1)]"),
            (
                r#"pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["x", "y"])).loc["a"]"#,
                "[(1, 1), (2, 2)]",
            ),
            (r#"pd.concat([u, u], keys=["p", "q"]).index.names"#, "[None, None]"),
            (
                r#"pd.concat([u, u], keys=["p", "q"]).reset_index().columns.tolist()"#,
                "['level_0', 'level_1', 's', 'k', 'a', 'b']",
            ),
            (r#"pd.concat([u, u], keys=["p", "q"], names=["which"]).index.names"#, "['which', None]"),
            (r#"pd.concat([u, u], keys=["p", "q"]).droplevel(0).index.names"#, "[None]"),
            ("p.stack().reset_index().columns.tolist()", "['s', 'k', 0]"),
            (r#"u[["a", "b"]].stack().index.names"#, "[None, None]"),
            (r#"u[["a", "b"]].stack().reset_index().columns.tolist()"#, "['level_0', 'level_1', 0]"),
            (r#"u.groupby([u["s"].values, u["k"].values]).size().index.names"#, "[None, None]"),
            (
                r#"u.groupby([u["s"].values, u["k"].values]).size().reset_index().columns.tolist()"#,
                "['level_0', 'level_1', 0]",
            ),
            (r#"g.rename_axis(columns=["p", "q"]).columns.names"#, "['p', 'q']"),
            (r#"u.rename_axis(columns="q").columns.name"#, "'q'"),
            (r#"u.rename_axis("i").index.name"#, "'i'"),
        ],
    );
}
