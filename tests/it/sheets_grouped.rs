//! What sheets and columns answer by groups of other columns, functions and lists, beside what pandas 3 prints.

use crate::sheets_asked::answers_as_pandas;

#[test]
fn rows_are_grouped_by_more_than_names() {
    let given = r#"u = pd.DataFrame({"sample": ["A", "A", "B", "C"], "unit": ["1", "2", "1", "x"], "size": [10, 5, 8, 3], "w": [1.5, np.nan, 2.0, 4.0]})
k = u.set_index("sample")
e = pd.Series(["p", None, "p", "q"], name="kind")"#;
    answers_as_pandas(
        given,
        &[
            (r#"u.groupby(u["sample"])["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"u.groupby(u["sample"]).size()"#, "[('A', 2), ('B', 1), ('C', 1)]"),
            (r#"u.groupby(u["sample"]).agg(n=("size", "sum"))"#, "[['n'], ['A', 15], ['B', 8], ['C', 3]]"),
            (r#"u.groupby(u["size"] > 6)["unit"].apply(list)"#, "[(False, ['2', 'x']), (True, ['1', '1'])]"),
            (r#"u.groupby(u["size"] > 6).size()"#, "[(False, 2), (True, 2)]"),
            (r#"u.groupby(u["size"] > 6).size().index.name"#, "'size'"),
            (r#"[(a, b.shape) for a, b in u.groupby(u["sample"])]"#, "[('A', (2, 4)), ('B', (1, 4)), ('C', (1, 4))]"),
            (
                r#"[(a, b["unit"].tolist()) for a, b in u.groupby(u["size"] > 6)]"#,
                "[(False, ['2', 'x']), (True, ['1', '1'])]",
            ),
            (r#"u["size"].groupby(u["sample"]).sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"u["size"].groupby(u["sample"]).max().to_dict()"#, "{'A': 10, 'B': 8, 'C': 3}"),
            (r#"u["unit"].groupby(u["sample"]).apply(list)"#, "[('A', ['1', '2']), ('B', ['1']), ('C', ['x'])]"),
            (r#"u["unit"].groupby(u["sample"]).agg(list)"#, "[('A', ['1', '2']), ('B', ['1']), ('C', ['x'])]"),
            (
                r#"[(a, list(b)) for a, b in u["unit"].groupby(u["sample"])]"#,
                "[('A', ['1', '2']), ('B', ['1']), ('C', ['x'])]",
            ),
            (
                r#"u["size"].groupby([u["sample"], u["unit"]]).sum()"#,
                "[(('A', '1'), 10), (('A', '2'), 5), (('B', '1'), 8), (('C', 'x'), 3)]",
            ),
            (
                r#"u.groupby([u["sample"], "unit"])["size"].sum()"#,
                "[(('A', '1'), 10), (('A', '2'), 5), (('B', '1'), 8), (('C', 'x'), 3)]",
            ),
            (
                r#"u.groupby(["sample", u["size"] > 6])["size"].sum()"#,
                "[(('A', False), 5), (('A', True), 10), (('B', True), 8), (('C', False), 3)]",
            ),
            (
                r#"u.groupby(["sample", u["size"] > 6]).size().reset_index()"#,
                "[['sample', 'size', 0], [0, 'A', False, 1], [1, 'A', True, 1], [2, 'B', True, 1], [3, 'C', False, 1]]",
            ),
            (r#"u.groupby(e)["size"].sum()"#, "[('p', 18), ('q', 3)]"),
            ("u.groupby(e).size().index.name", "'kind'"),
            (r#"u.groupby(u["sample"].str.lower())["size"].sum()"#, "[('a', 15), ('b', 8), ('c', 3)]"),
            (
                r#"u.groupby(u["sample"].str.lower()).first()"#,
                "[['sample', 'unit', 'size', 'w'], ['a', 'A', '1', 10, 1.5], ['b', 'B', '1', 8, 2.0], ['c', 'C', 'x', 3, 4.0]]",
            ),
            (r#"u.groupby(lambda i: i % 2)["size"].sum()"#, "[(0, 18), (1, 8)]"),
            (r#"u.groupby({0: "a", 1: "b", 2: "a"})["size"].sum()"#, "[('a', 18), ('b', 5)]"),
            (r#"k.groupby(lambda s: s.lower())["size"].sum()"#, "[('a', 15), ('b', 8), ('c', 3)]"),
            (r#"k.groupby({"A": "x", "B": "x"})["size"].sum()"#, "[('x', 23)]"),
            (r#"k["size"].groupby(level=0).sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"k["size"].groupby(level="sample").sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"k["size"].groupby("sample").sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"k["size"].groupby(k.index).sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"k.groupby(k.index)["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (
                "k.groupby(k.index).first()",
                "[['unit', 'size', 'w'], ['A', '1', 10, 1.5], ['B', '1', 8, 2.0], ['C', 'x', 3, 4.0]]",
            ),
            (r#"k.groupby("sample")["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (
                r#"k.groupby(["sample", "unit"])["size"].sum()"#,
                "[(('A', '1'), 10), (('A', '2'), 5), (('B', '1'), 8), (('C', 'x'), 3)]",
            ),
            (r#"u.groupby(["x", "y", "x", "y"])["size"].sum()"#, "[('x', 18), ('y', 8)]"),
            (r#"u.groupby(np.array([1, 2, 1, 2]))["size"].sum()"#, "[(1, 18), (2, 8)]"),
            (r#"u.groupby(u["sample"].values)["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"u.groupby(u["sample"].tolist())["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (
                r#"u.groupby(u["sample"], as_index=False)["size"].sum()"#,
                "[['sample', 'size'], [0, 'A', 15], [1, 'B', 8], [2, 'C', 3]]",
            ),
            (
                r#"u.groupby(u["size"] > 6, as_index=False)["w"].sum()"#,
                "[['size', 'w'], [0, False, 4.0], [1, True, 3.5]]",
            ),
            (r#"u.groupby(u["sample"], sort=False)["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"u.groupby(u["sample"])["size"].transform("sum")"#, "[(0, 15), (1, 15), (2, 8), (3, 3)]"),
            (r#"u.groupby(u["sample"]).ngroups"#, "3"),
            (
                r#"u.groupby(u["sample"]).get_group("A")"#,
                "[['sample', 'unit', 'size', 'w'], [0, 'A', '1', 10, 1.5], [1, 'A', '2', 5, 'nan']]",
            ),
            (r#"u["size"].groupby(u["sample"]).transform("max")"#, "[(0, 10), (1, 10), (2, 8), (3, 3)]"),
            (
                r#"u["size"].groupby(u["sample"]).agg(["min", "max"])"#,
                "[['min', 'max'], ['A', 5, 10], ['B', 8, 8], ['C', 3, 3]]",
            ),
            (r#"u["size"].groupby(u["sample"]).cumsum()"#, "[(0, 10), (1, 15), (2, 8), (3, 3)]"),
            (r#"u["size"].groupby(u["sample"]).first()"#, "[('A', 10), ('B', 8), ('C', 3)]"),
            (r#"u["size"].groupby(u["sample"]).size()"#, "[('A', 2), ('B', 1), ('C', 1)]"),
            (r#"u["size"].groupby(u["size"] > 6).count()"#, "[(False, 2), (True, 2)]"),
            (r#"u["size"].groupby(lambda i: i > 1).sum()"#, "[(False, 15), (True, 11)]"),
            (r#"u.groupby(by=u["sample"])["size"].sum()"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (r#"u.groupby("nope")"#, "ERR KeyError"),
            (r#"u.groupby(u["sample"].head(2))["size"].sum()"#, "[('A', 15)]"),
            (r#"u.groupby(["x"])["size"].sum()"#, "ERR KeyError"),
            (r#"u.groupby(lambda i: "all")["unit"].agg(",".join)"#, "[('all', '1,2,1,x')]"),
            (r#"u.groupby(pd.Series(["a", "b"], index=[0, 3]))["size"].sum()"#, "[('a', 10), ('b', 3)]"),
            (
                r#"u.groupby(u["sample"])[["size", "w"]].sum()"#,
                "[['size', 'w'], ['A', 15, 1.5], ['B', 8, 2.0], ['C', 3, 4.0]]",
            ),
            (r#"u.groupby(u["sample"]).apply(lambda g: g["size"].sum())"#, "[('A', 15), ('B', 8), ('C', 3)]"),
            (
                r#"u.groupby(u["sample"].rename("z")).apply(lambda g: list(g.columns))"#,
                "[('A', ['sample', 'unit', 'size', 'w']), ('B', ['sample', 'unit', 'size', 'w']), ('C', ['sample', 'unit', 'size', 'w'])]",
            ),
            (
                r#"u.groupby("sample").apply(lambda g: list(g.columns))"#,
                "[('A', ['unit', 'size', 'w']), ('B', ['unit', 'size', 'w']), ('C', ['unit', 'size', 'w'])]",
            ),
            (
                r#"u.groupby(u["sample"]).apply(lambda g: list(g.columns))"#,
                "[('A', ['unit', 'size', 'w']), ('B', ['unit', 'size', 'w']), ('C', ['unit', 'size', 'w'])]",
            ),
            (
                r#"u.groupby(u["sample"].rename("z"))["size"].sum().reset_index()"#,
                "[['z', 'size'], [0, 'A', 15], [1, 'B', 8], [2, 'C', 3]]",
            ),
            (
                r#"u.groupby(u["sample"].rename("z")).sum(numeric_only=True)"#,
                "[['size', 'w'], ['A', 15, 1.5], ['B', 8, 2.0], ['C', 3, 4.0]]",
            ),
            (
                r#"u.groupby(u["sample"]).sum(numeric_only=True)"#,
                "[['size', 'w'], ['A', 15, 1.5], ['B', 8, 2.0], ['C', 3, 4.0]]",
            ),
            (r#"u["size"].groupby(u["sample"]).get_group("A").tolist()"#, "[10, 5]"),
            (r#"sorted(u["size"].groupby(u["sample"]).groups)"#, "['A', 'B', 'C']"),
            (r#"u["size"].groupby(u["sample"]).nth(0)"#, "[(0, 10), (2, 8), (3, 3)]"),
            (r#"u["size"].groupby(u["sample"]).head(1)"#, "[(0, 10), (2, 8), (3, 3)]"),
            (r#"u["size"].groupby(u["sample"]).filter(lambda s: len(s) > 1)"#, "[(0, 10), (1, 5)]"),
            (
                r#"u["size"].groupby(u["sample"]).value_counts()"#,
                "[(('A', 10), 1), (('A', 5), 1), (('B', 8), 1), (('C', 3), 1)]",
            ),
            (r#"u.groupby([True, False, True, False])["size"].sum()"#, "[(False, 8), (True, 18)]"),
            (r#"u.groupby(["sample", "sample"]).size()"#, "[(('A', 'A'), 2), (('B', 'B'), 1), (('C', 'C'), 1)]"),
            (r#"u.groupby("w", dropna=False)["size"].sum()"#, "[(1.5, 10), (2.0, 8), (4.0, 3), ('nan', 5)]"),
            (r#"u.groupby(e, dropna=False)["size"].sum()"#, "[('p', 18), ('q', 3), ('nan', 5)]"),
            (
                r#"u.groupby(["sample", "w"], dropna=False)["size"].sum()"#,
                "[(('A', 1.5), 10), (('A', 'nan'), 5), (('B', 2.0), 8), (('C', 4.0), 3)]",
            ),
            (r#"[a for a, b in u.groupby("w", dropna=False)]"#, "[1.5, 2.0, 4.0, 'nan']"),
            ("len(u.groupby(e, dropna=False))", "3"),
        ],
    );
}
