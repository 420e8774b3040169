//! Stories of sample sheets as pandas names them.

use crate::story::Story;

const SHEET: &str = "sample\tunit\tsize\tpath\nb\t1\t2\tp b\na\t1\t10\t\nb\t2\t7\tr\n";

/// What each expression prints, with `t` the sheet and `u` the same with labels.
fn printed(expressions: &[&str]) -> Vec<String> {
    let prints: String = expressions.iter().map(|e| format!("print({e})\n")).collect();
    let story = Story::new().file("t.tsv", SHEET).rulefile(&format!(
        "import pandas as pd\n\
         t = pd.read_table('t.tsv', dtype={{'unit': str}})\n\
         u = t.set_index(['sample', 'unit'], drop=False).sort_index()\n\
         one = t.drop_duplicates('sample').set_index('sample')\n{prints}rule all:\n    output: 'x'\n"
    ));
    let run = story.run(&["--list"]);
    run.succeeds();
    run.stderr().lines().map(|l| l.trim_start_matches("note: ").to_owned()).collect()
}

#[test]
fn sheets_answer_as_in_pandas() {
    // Each pair is an expression and what Python prints for it with pandas 3.
    let asked = [
        ("t['size'].tolist(), list(t['unit']), t.path.tolist()[0]", "[2, 10, 7] ['1', '1', '2'] p b"),
        ("len(t), list(t.columns), t.shape, t.empty", "3 ['sample', 'unit', 'size', 'path'] (3, 4) False"),
        ("list(t['sample'].unique()), t['sample'].nunique()", "['b', 'a'] 2"),
        ("one.loc['b', 'path'], one.loc['a']['size'], list(one.index)", "p b 10 ['b', 'a']"),
        ("one.loc['b', ['size', 'path']].tolist()", "[2, 'p b']"),
        ("u.loc[('b', '2'), 'path'], list(u.loc['b', 'size']), u.loc[('b', '1')].path", "r [2, 7] p b"),
        ("list(u.loc[('a', '1'), ['size', 'path']].dropna().keys())", "['size']"),
        ("t[t['sample'] == 'b']['size'].tolist()", "[2, 7]"),
        ("t[(t['size'] > 2) & ~(t['sample'] == 'a')]['path'].tolist()", "['r']"),
        ("t[t['sample'].isin(['a'])]['size'].tolist(), t[t['path'].isna()]['sample'].tolist()", "[10] ['a']"),
        ("t.query(\"sample == 'b' and size > 2\")['unit'].tolist()", "['2']"),
        ("[(r.Index, r.sample) for r in t.itertuples()]", "[(0, 'b'), (1, 'a'), (2, 'b')]"),
        ("[(i, r['size']) for i, r in one.iterrows()]", "[('b', 2), ('a', 10)]"),
        ("one['size'].to_dict(), t.to_dict('records')[2]['path']", "{'b': 2, 'a': 10} r"),
        ("t.sort_values('size')['size'].tolist(), t['size'].apply(lambda n: n * 2).tolist()", "[2, 7, 10] [4, 20, 14]"),
        ("u.loc['b'].loc['2']['path'], u.loc['b'].loc['1', 'size'], list(u.loc['b'].index)", "r 2 ['1', '2']"),
        ("t['sample'].value_counts()['b'], t['sample'].value_counts().to_dict()", "2 {'b': 2, 'a': 1}"),
        ("t['sample'].duplicated().tolist()", "[False, False, True]"),
        ("t['sample'].duplicated(keep=False).tolist()", "[True, False, True]"),
        ("u.index[u.index.duplicated()].tolist()", "[]"),
        ("t['sample'].str.cat(t['unit'], sep='-').tolist()", "['b-1', 'a-1', 'b-2']"),
        ("t['path'].str.upper().tolist()[0], t['sample'].str.replace('b', 'z').tolist()", "P B ['z', 'a', 'z']"),
        (
            "t['sample'].str.contains('a|z').tolist(), t['sample'].str[0].tolist()",
            "[False, True, False] ['b', 'a', 'b']",
        ),
        (
            "t['size'].map(lambda n: n + 1).tolist(), t['sample'].map({'a': 'A', 'b': 'B'}).tolist()",
            "[3, 11, 8] ['B', 'A', 'B']",
        ),
        ("t['size'].max(), t['size'].min(), t['size'].sum(), t['size'].count()", "10 2 19 3"),
        ("t['path'].isnull().any(), t['path'].notnull().all()", "True False"),
        ("u.index.get_level_values('sample').unique().tolist(), list(u.index.names)", "['a', 'b'] ['sample', 'unit']"),
        ("t.apply(lambda row: row['sample'] + row.unit, axis=1).tolist()", "['b1', 'a1', 'b2']"),
        ("(t['sample'] + '_' + t['unit']).tolist(), ('x' + t['sample']).tolist()[0]", "['b_1', 'a_1', 'b_2'] xb"),
        ("[(k, g['unit'].tolist()) for k, g in t.groupby('sample')]", "[('a', ['1']), ('b', ['1', '2'])]"),
        ("t.groupby('sample')['unit'].apply(list).to_dict()", "{'a': ['1'], 'b': ['1', '2']}"),
        (
            "t.groupby('sample').size().to_dict(), t.groupby('sample')['size'].max().tolist()",
            "{'a': 1, 'b': 2} [10, 7]",
        ),
        ("t.groupby('sample').unit.agg(','.join).to_dict()", "{'a': '1', 'b': '1,2'}"),
        ("t.groupby('sample')['unit'].first()['b'], len(t.groupby(['sample', 'unit']))", "1 3"),
        ("t.groupby('sample').get_group('b')['size'].sum()", "9"),
        (
            "(t['sample'] == 'b').tolist(), (5 < t['size']).any(), ('a', '1') in u.index, 'a' in u.index",
            "[True, False, True] True True True",
        ),
        ("(t['sample'] == t['path']).tolist(), t['sample'] is None, 'b' == 'b'", "[False, False, False] False True"),
        ("[k for k, g in t.groupby(['sample'])], t['size'].astype('int64').sum()", "[('a',), ('b',)] 19"),
        ("t['size'].astype(float).tolist(), t['unit'].astype(int).tolist()", "[2.0, 10.0, 7.0] [1, 1, 2]"),
        ("pd.read_table('t.tsv', usecols=[2, 0], index_col=0).columns.tolist()", "['size']"),
        ("pd.read_table('t.tsv', dtype=dict(size=float))['size'].tolist()", "[2.0, 10.0, 7.0]"),
        (
            "t.drop(columns=['unit', 'path']).columns.tolist(), t.drop('path', axis=1).shape",
            "['sample', 'size'] (3, 3)",
        ),
        (
            "t.astype(str)['size'].tolist(), t.astype({'size': str})['size'].tolist()",
            "['2', '10', '7'] ['2', '10', '7']",
        ),
        ("t.sort_values(by='size', ascending=False)['size'].tolist()", "[10, 7, 2]"),
        ("t.fillna({'path': 'z'})['path'].tolist(), one.iloc[1].name", "['p b', 'z', 'r'] a"),
        (
            "pd.DataFrame({'x': [1, 2]})['x'].tolist(), pd.DataFrame([{'x': 1}, {'y': 2}]).columns.tolist()",
            "[1, 2] ['x', 'y']",
        ),
        ("t.iloc[0]['sample'], t.iloc[1, 2], pd.isna(None), pd.notna('x')", "b 10 True True"),
    ];
    let found = printed(&asked.map(|(expression, _)| expression));
    for ((expression, want), got) in asked.iter().zip(&found) {
        assert_eq!(want, got, "{expression}");
    }
    assert_eq!(found.len(), asked.len());
}

#[test]
fn sheets_can_be_changed() {
    let story = Story::new().file("t.tsv", SHEET).rulefile(
        "import pandas as pd\n\
         t = pd.read_table('t.tsv', dtype={'unit': str}).set_index(['sample', 'unit'], drop=False)\n\
         same = t\n\
         t.index = t.index.set_levels([level.astype(str) for level in t.index.levels])\n\
         t.index.names = ['s', 'u']\n\
         t['label'] = t['sample'] + t['unit']\n\
         t['n'] = 0\n\
         t.loc[('a', '1'), 'n'] = 5\n\
         t.loc[t['size'] < 5, 'n'] = 1\n\
         t['more'] = ['x', 'y', 'z']\n\
         print(list(same.index.names), same['label'].tolist(), same['n'].tolist(), same['more'].tolist())\n\
         t['is_b'] = t['sample'] == 'b'\n\
         t['first'] = t['label'].unique()\n\
         print(t['is_b'].tolist(), t['first'].tolist())\n\
         t = t.drop(columns=['is_b', 'first'])\n\
         one = t.drop_duplicates('sample').set_index('sample')\n\
         one['twice'] = one['size'].map(lambda n: 2 * n).sort_values()\n\
         one['sample'] = one.index\n\
         print(one['sample'].tolist())\n\
         one = one.drop(columns='sample')\n\
         one.rename(columns={'more': 'most'}, inplace=True)\n\
         one.columns = [c.upper() for c in one.columns]\n\
         print(list(one.columns), one['TWICE'].tolist())\n\
         rule all:\n    output: 'x'\n",
    );
    let run = story.run(&["--list"]);
    // What pandas 3 prints.
    run.succeeds()
        .says("['s', 'u'] ['b1', 'a1', 'b2'] [1, 5, 0] ['x', 'y', 'z']")
        .says("[True, False, True] ['b1', 'a1', 'b2']")
        .says("['b', 'a']")
        .says("['UNIT', 'SIZE', 'PATH', 'LABEL', 'N', 'MOST', 'TWICE'] [4, 20]");
    let refused = |line: &str, words: &str| {
        story.write("Rulefile", &format!("import pandas as pd\nt = pd.read_table('t.tsv')\n{line}\n"));
        story.run(&["--list"]).is_refused().says(words);
    };
    refused("t['n'] = [1, 2]", "these are 2 values, and the sheet has 3 rows");
    refused("t.n = 5", "the sheet has no column `n` to give another value");
    refused("t.columns = ['a']", "the sheet has 4 columns, these are 1 names");
    refused("t['n'] = {}", "a cell of a sheet is a text, a number, a bool or `None`");
    refused("t.loc[99, 'size'] = 1", "the sheet has no row 99 by its `number`");
}

#[test]
fn what_sheets_lack_is_told_with_a_way_out() {
    let story = Story::new().file("t.tsv", SHEET);
    let says = |line: &str, words: &str| {
        story.write("Rulefile", &format!("import pandas as pd\nt = pd.read_table('t.tsv')\n{line}\n"));
        story.run(&["--list"]).is_refused().says(words);
    };
    says("pd.merge_asof(t, t)", "`pandas.merge_asof` is not available while");
    says("pd.read_csv('t.tsv', skipfooter=1)", "`read_csv` knows no `skipfooter` here");
    says("pd.read_csv('t.tsv', encoding='latin-1')", "`read_csv` knows no `encoding=\"latin-1\"` here");
    says("pd.read_csv('t.tsv', encoding='UTF-8', on_bad_lines='skip')", "knows no `on_bad_lines=\"skip\"` here");
    says("t.merge(t, validate='1:9')", "is not a valid argument for `validate`");
    says("pd.concat([t, t], sort=True)", "`concat` does not sort columns here");
    says("t['nix']", "there is no column `nix` in the sheet");
    says("t.set_index('sample').loc['zz']", "the sheet has no row 'zz' by its `sample`");
    says("t.unstack()", "labels of one level stay where they are here");
    says("t['size'].gx(1)", "use pandas itself in a Python file");
    says("t.to_csv('x.csv')", "no file is written while the Rulefile is read");
    says("t.loc['a':'b']", "the sheet has no row 'a' by its `number`");
    says("t[0]", "a row by its number is `sheet.iloc[0]`");
    says("t.head(1)[t['size'] > 1]['size'].tolist() + t[1:][t.head(1)['size'] > 1]['size']", "has other rows");
    says("t.groupby(7)", "there is no column `7` in the sheet");
    says("pd.read_table('t.tsv', header=-1)", "`read_table` knows no `header=-1` here");
    says("pd.read_table('t.tsv', usecols=['nix'])", "there is no column `nix` in the sheet");
    says("t['sample'].astype('complex')", "`complex` is no type of cells here");
    says("t['sample'].astype(int)", "'b' cannot be made `int`");
    says("x = t['size'] < 'a'", "an int and a string cannot be put in order");
    says("t.groupby('nix')", "there is no column `nix` in the sheet");
    says("t['size'].str.upper()", "Can only use .str accessor with string values");
    says("x = t['size'] == t['size'][1:]", "Can only compare identically-labeled Series objects");
    says("x = t['size'] + pd.concat([t['size'], t['size']])", "a label stands for two cells of a column");
    says("t.set_index('sample').xs('b', level='sample')", "`level` goes for labels of several columns");
    says("t.pivot(index=[], columns='unit', values='size')", "`pivot` wants a column for its `index`");
    says("t.drop(columns='size').pop([])", "`pop` wants the name of a column");
    says("t.groupby('sample')['size'].sort_values()", "groups of a sheet have no `.sort_values` here");
    says("t.groupby('sample')['size'].agg('rank')", "groups of a sheet have no `.rank` here");
    says("t.join(t[['size']])", "columns overlap but no suffix specified: `size`");
    says("t.merge(t.astype(str), on='size')", "You are trying to merge on int64 and str columns for key 'size'");
    says("t.query('size > limit')", "there is no column `limit` in the sheet");
    says("t['path'].str.contains('a', flags=256)", "`flags` are `re.IGNORECASE`");
    says("t.dropna(axis=1, subset=[0])", "`dropna(axis=1)` takes no `subset` here");
    says("pd.concat([t, t], axis=1)", "two of the sheets have a column `sample`");
    says("t.set_index('sample', drop=False).reset_index()", "cannot insert `sample`, which is a column already");
    says("pd.read_csv('t.tsv', sep=None, nrows=0)[0]", "there is no column `0` in the sheet");
    says("t[['size', 'unit']] = [[1, 2, 3]]", "these are 3 columns of cells, for 2 columns");
    says("t.drop('sample')", "the sheet has no row 'sample' by its `number`");
}

#[test]
fn handlers_take_what_sheets_lack() {
    let story = Story::new().file("t.tsv", SHEET).rulefile(
        r#"
import pandas as pd

def tried(f):
    try:
        return f()
    except (KeyError, FileNotFoundError) as e:
        return type(e).__name__

t = pd.read_table("t.tsv").set_index("sample", drop=False)
for f in [
    lambda: pd.read_csv("none.csv"), lambda: t["none"], lambda: t.loc["none"], lambda: t.loc["a", "none"],
    lambda: t.loc["a", "size"],
]:
    print(tried(f))

rule all:
    output: "x"
"#,
    );
    let run = story.run(&["--list"]);
    run.succeeds();
    let printed: Vec<String> = run.stderr().lines().map(|l| l.trim_start_matches("note: ").to_owned()).collect();
    assert_eq!(printed, ["FileNotFoundError", "KeyError", "KeyError", "KeyError", "10"]);
}
