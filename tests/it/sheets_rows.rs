//! What rows of sheets answer where they are gone through or reckoned with, beside what pandas 3 prints.

use crate::sheets_asked::answers_as_pandas;

#[test]
fn rows_go_where_lists_and_columns_go() {
    let given = r#"f = pd.DataFrame({"fq1": ["a", "b"], "fq2": ["c", np.nan], "n": [1, 2]}, index=["A", "B"])
r = f.loc["A", ["fq1", "fq2"]]
k = f[["n"]].assign(m=[2.5, 3.5]).loc["A"]
d = next(f.itertuples())"#;
    answers_as_pandas(
        given,
        &[
            ("[*r]", "['a', 'c']"),
            ("list(r)", "['a', 'c']"),
            ("tuple(r)", "('a', 'c')"),
            (r#"["%s.x" % x for x in r]"#, "['a.x', 'c.x']"),
            ("sorted(r, reverse=True)", "['c', 'a']"),
            (r#"",".join(r)"#, "'a,c'"),
            (r#"set(r) == {"a", "c"}"#, "True"),
            (r#"r + ".gz""#, "[('fq1', 'a.gz'), ('fq2', 'c.gz')]"),
            (r#""x/" + r"#, "[('fq1', 'x/a'), ('fq2', 'x/c')]"),
            ("k * 2", "[('n', 2.0), ('m', 5.0)]"),
            ("k - 1", "[('n', 0.0), ('m', 1.5)]"),
            ("k / 2", "[('n', 0.5), ('m', 1.25)]"),
            ("k + k", "[('n', 2.0), ('m', 5.0)]"),
            (r#"r == "a""#, "[('fq1', True), ('fq2', False)]"),
            (r#"(r == "a").any()"#, "True"),
            ("k > 1", "[('n', False), ('m', True)]"),
            (r#"r["fq1":"fq2"]"#, "[('fq1', 'a'), ('fq2', 'c')]"),
            (r#"f.loc["A"]["fq2":]"#, "[('fq2', 'c'), ('n', 1)]"),
            (r#"f.loc["A"][:"fq2"]"#, "[('fq1', 'a'), ('fq2', 'c')]"),
            (r#"f["n"]["A":"A"]"#, "[('A', 1)]"),
            (r#"f["n"]["B":]"#, "[('B', 2)]"),
            (r#"r.equals(f.loc["A", ["fq1", "fq2"]])"#, "True"),
            (r#"r.equals(f.loc["B", ["fq1", "fq2"]])"#, "False"),
            ("f.iloc[0].equals(f.iloc[0])", "True"),
            (r#"f.loc["B", ["fq1", "fq2"]].dropna().tolist()"#, "['b']"),
            ("f.loc[r]", "ERR KeyError"),
            ("f[r]", "ERR KeyError"),
            (
                r#"pd.DataFrame([r, f.loc["B", ["fq1", "fq2"]]])"#,
                "[['fq1', 'fq2'], ['A', 'a', 'c'], ['B', 'b', 'nan']]",
            ),
            (
                "pd.DataFrame([x for x in f.itertuples(index=False)])",
                "[['fq1', 'fq2', 'n'], [0, 'a', 'c', 1], [1, 'b', 'nan', 2]]",
            ),
            ("pd.Series(list(r)).tolist()", "['a', 'c']"),
            ("list(zip(r, d))", "[('a', 'A'), ('c', 'a')]"),
            (r#"f[f["fq1"].isin(r)]"#, "[['fq1', 'fq2', 'n'], ['A', 'a', 'c', 1]]"),
            (r#"f.loc["A"].isin(r)"#, "[('fq1', True), ('fq2', True), ('n', False)]"),
            ("dict(zip(r.index, r))", "{'fq1': 'a', 'fq2': 'c'}"),
            ("list(map(str.upper, r))", "['A', 'C']"),
            ("list(d)", "['A', 'a', 'c', 1]"),
            ("[*d][1]", "'a'"),
            ("max(r)", "'c'"),
            ("list(enumerate(r))", "[(0, 'a'), (1, 'c')]"),
            ("len([*r, *k])", "4"),
            (r#"any(x == "a" for x in r)"#, "True"),
            (r#""a" in list(r)"#, "True"),
            (r#"r.tolist() + ["x"]"#, "['a', 'c', 'x']"),
            ("[x for row in [r, k] for x in row]", "['a', 'c', 1.0, 2.5]"),
            (
                "pd.DataFrame([k, r])",
                "[['n', 'm', 'fq1', 'fq2'], ['A', 1.0, 2.5, 'nan', 'nan'], ['A', 'nan', 'nan', 'a', 'c']]",
            ),
            (r#"pd.DataFrame([f["n"], f["fq1"]])"#, "[['A', 'B'], ['n', 1, 2], ['fq1', 'a', 'b']]"),
            ("pd.DataFrame([pd.Series([1, 2]), pd.Series([3, 4])])", "[[0, 1], [0, 1, 2], [1, 3, 4]]"),
            (
                r#"pd.DataFrame([r, f.loc["B", ["fq1", "fq2"]]], columns=["fq2"])"#,
                "[['fq2'], ['A', 'c'], ['B', 'nan']]",
            ),
            (r#"pd.DataFrame([f["n"].values, f["n"].values])"#, "[[0, 1], [0, 1, 2], [1, 1, 2]]"),
        ],
    );
}
