//! What sheets would make too much of, or nothing of, and how it is refused.

use crate::sheets_asked::answers_as_pandas;
use crate::story::Story;

/// Asserts that each expression is refused in some words.
fn refused(given: &str, asked: &[(&str, &str)]) {
    for (asked, words) in asked {
        let text = format!("import pandas as pd\n{given}\nx = {asked}\nrule all:\n    output: 'x'\n");
        Story::new().file("Snakefile", &text).run(&["-s", "Snakefile", "--list"]).is_refused().says(words);
    }
}

#[test]
fn no_call_makes_more_cells_than_fit() {
    let given = "w = pd.DataFrame({'a': range(40000), 'b': range(40000), 'n': 1})";
    refused(
        given,
        &[
            ("pd.Series([1, 2, 3, 4]).repeat(2147483647)", "this makes more than 10000000 values"),
            ("pd.Series([1, 2]).repeat([1, -1])", "repeats may not contain negative values"),
            ("w.set_index(['a', 'b'])['n'].unstack()", "this makes more than 10000000 values"),
            ("pd.crosstab(w['a'], w['b'])", "this makes more than 10000000 values"),
            ("w.pivot(index='a', columns='b', values='n')", "this makes more than 10000000 values"),
            ("w.set_index(['a', 'b']).unstack()", "this makes more than 10000000 values"),
            ("pd.MultiIndex.from_product([range(4000), range(4000)])", "this makes more than 10000000 values"),
            ("w.pivot_table(index='a', columns='b', values='n')", "this makes more than 10000000 values"),
            ("w[['n']].merge(w[['n']], on='n')", "this makes more than 10000000 values"),
            ("w['a'].astype(str).str.zfill(2000000000)", "this makes more than 10000000 values"),
            ("w.head(2).pivot_table(index='nope', columns='b', values='n')", "that nothing in the sheet has"),
            ("w.where()", "`where` wants a sheet of bools, or values of columns"),
        ],
    );
}

#[test]
fn what_asks_a_query_keeps_what_it_holds() {
    let given = r#"d = pd.DataFrame({"k": ["s1", "s2"]})
def held():
    x = ["a%d" % v for v in range(20000)]
    n = len(d.query("k == 's1'"))
    m = evaluate("{k} == 's1'")
    y = ["b%d" % v for v in range(20000)]
    return [n, x[5], x[19999], y[7]]"#;
    answers_as_pandas(
        given,
        &[
            ("held()", "[1, 'a5', 'a19999', 'b7']"),
            (r#"[len(d.query("k == 's2'")) for v in range(400)][399]"#, "1"),
            (r#"d["k"].between("s1", d["k"]).tolist()"#, "[True, True]"),
        ],
    );
}

#[test]
fn labels_and_names_are_found_as_in_pandas() {
    let given = r#"q = pd.DataFrame({"n": [1, 2], 0: [3, 4], "0": [5, 6]})
l = pd.Index(["a", "b"], name="k")"#;
    answers_as_pandas(
        given,
        &[
            (r#"q.reindex(columns=["0", "z", 0])"#, "[['0', 'z', 0], [0, 5, 'nan', 3], [1, 6, 'nan', 4]]"),
            (r#"q.isin({0: [3], "0": [6]})"#, "[['n', 0, '0'], [0, False, True, False], [1, False, False, True]]"),
            (r#"q.where(cond=q > 2, other=0)"#, "[['n', 0, '0'], [0, 0, 3, 5], [1, 0, 4, 6]]"),
            ("pd.Series([1.25]).round(-2147483648).tolist()", "['nan']"),
            (r#"l.get_loc("b")"#, "1"),
            ("l.to_series().index.name", "'k'"),
        ],
    );
}

#[test]
fn labels_above_and_cells_that_do_not_fit_are_refused() {
    let given = "a = pd.DataFrame({'n': [1, 2], 's': ['A', 'b']})\nb = a.set_index(['n', 's'], drop=False)\n\
                 i = pd.Series([9223372036854775807, 2])";
    refused(
        given,
        &[
            ("pd.concat([a, b], keys=['p', 'q'])", "labels of 1 and of 2 levels cannot stand below others together"),
            ("pd.concat([a['n'], b['n']], keys=['p', 'q'])", "labels of 1 and of 2 levels"),
            ("pd.concat([a], keys=[()])", "() is no label"),
            ("pd.concat([a], keys=[{}])", "{} is no label"),
            ("i.cumprod()", "these numbers are beyond 64 bits"),
            ("a['s'].cumprod()", "'A' is not reckoned with here"),
            ("a['s'].std()", "'A' is no number, and cannot be reckoned with"),
            ("a['s'].quantile()", "'A' is no number, and cannot be reckoned with"),
            ("a.groupby('s').shift()", "groups of a sheet have no `.shift` here"),
            ("a.groupby('s').shift()", "ask a column of them: `groups[\"n\"].shift()`"),
        ],
    );
}

#[test]
fn running_cells_and_groups_go_as_in_pandas() {
    let given = r#"a = pd.DataFrame({"n": [1, 2, 2], "s": ["x", "x", "y"]})"#;
    answers_as_pandas(
        given,
        &[
            ("pd.Series([True, True, False]).cumprod().tolist()", "[1, 1, 0]"),
            ("pd.Series([True, True, False]).cumsum().tolist()", "[1, 2, 2]"),
            ("pd.Series([True, 2.5]).cumprod().tolist()", "[True, 2.5]"),
            ("pd.Series([True, False]).cummax().tolist()", "[True, True]"),
            (r#"pd.Series([1, "a"]).cummax()"#, "ERR TypeError"),
            (r#"pd.Series(["a", 1]).cummin()"#, "ERR TypeError"),
            ("pd.Series([3, 1]).diff(0).tolist()", "[0.0, 0.0]"),
            ("pd.Series([True, False]).diff(0).tolist()", "[False, False]"),
            (r#"a.groupby("s")["n"].value_counts(normalize=True).name"#, "'proportion'"),
            (r#"a.groupby("s")["n"].value_counts().name"#, "'count'"),
        ],
    );
}

#[test]
fn cells_are_given_by_a_mask_not_a_function() {
    let given = "import pandas as pd\nd = pd.DataFrame({'n': [1, 2]})\nf = lambda r: r['n'] > 1\n";
    for line in [
        "d.loc[lambda r: r['n'] > 1, 'n'] = 5",
        "d.loc[f, 'n'] = 5",
        "d.loc[lambda r: r['n'] > 1] = 5",
        "d[f] = 5",
        "d[lambda r: 'n'] = 5",
    ] {
        let text = format!("{given}{line}\nrule all:\n    output: 'x'\n");
        let run = Story::new().file("Snakefile", &text).run(&["-s", "Snakefile", "--list"]);
        run.is_refused().says("cells are not given by a function here").says("give them by a mask");
    }
}
