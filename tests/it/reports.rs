//! `--report`: one page with all that it shows.

use crate::story::Story;

const SHOWN: &str = r#"
report: "about.rst"
configfile: "config.yaml"
rule all:
    input: expand("plots/{s}.svg", s=["a", "b"]), "table.csv", "pages", "plain"
rule plot:
    output: report("plots/{s}.svg", caption="plot.rst", category="Plots", subcategory="of {s}",
        labels={"sample": "{s}", "upper": lambda w: w.s.upper()})
    params: size=10
    shell: "echo '<svg/>' > {output}"
rule table:
    output: report(protected("table.csv"), category=lambda wildcards: "Tables")
    shell: "printf 'x,y\n1,<two>\n' > {output}"
rule pages:
    output: report(directory("pages"), patterns=["{name}.html"])
    shell: "mkdir {output}; echo '<b>bold</b>' > {output}/index.html; head -c 9 /dev/zero > {output}/data.bin"
rule plain:
    output: "plain"
    shell: "echo not shown > {output}"
"#;

fn shown() -> Story {
    Story::new()
        .rulefile(SHOWN)
        .file("config.yaml", "title: words\nsizes: [3, 0.5]\n")
        .file(
            "about.rst",
            "About\n=====\n\nIt counts {{ snakemake.config.title }} & {{ snakemake.config.sizes[0] + 1 }} more.\n",
        )
        .file("plot.rst", "Plot of {{ snakemake.wildcards.s }}, {{ snakemake.params.size }} wide.\n")
}

#[test]
fn a_page_holds_results_under_their_headings() {
    let story = shown();
    story.run(&["-j1"]).succeeds();
    story.run(&["--report", "made/page.html"]).succeeds().says("wrote made/page.html");
    let page = story.read("made/page.html");
    for part in [
        "<h3>About</h3>\n<p>It counts words &amp; 4 more.</p>",
        "<h2 id=\"category-1\">Plots</h2>",
        "<h3>of a</h3>",
        "sample: a</span>",
        "upper: A</span>",
        "<p>Plot of a, 10 wide.</p>",
        "<img src=\"data:image/svg+xml;base64,PHN2Zy8+Cg==\" alt=\"plots&#x2f;a.svg\">",
        "<h2 id=\"category-2\">Tables</h2>",
        "<tr><th>x</th><th>y</th></tr>\n<tr><td>1</td><td>&lt;two&gt;</td></tr>",
        "<h2 id=\"category-3\">Other</h2>",
        "srcdoc=\"&lt;b&gt;bold&lt;&#x2f;b&gt;",
        "<a download=\"data.bin\" href=\"data:application/octet-stream;base64,AAAAAAAAAAAA\">",
        "<title>plot</title><rect",
        "<tr><td>plot</td><td>2</td>",
        "<td>s=b </td>",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains("not shown") && !page.contains("src=\"http"), "{page}");
    story.run(&["-j1"]).has_nothing_to_do();
}

#[test]
fn what_is_not_made_or_not_up_to_date_is_told() {
    let story = shown();
    story.run(&["--report"]).succeeds().says("4 of 4 results are not there yet");
    assert!(story.read("report.html").contains("It is not there."));
    story.run(&["-j1"]).succeeds();
    story.edit("Rulefile", "echo not", "echo really not").run(&["--report"]).succeeds();
    assert_eq!(story.read("report.html").matches("no longer up to date").count(), 1);
}

#[test]
fn captions_that_do_not_show_are_told() {
    let story = Story::new().file("broken.rst", "Of {{ snakemake.rule.\n").rulefile(
        "rule all:\n    input: \"a\", \"b\"\n\
         rule a:\n    output: report(\"a\", caption=\"nowhere.rst\")\n    shell: \"touch a\"\n\
         rule b:\n    output: report(\"b\", caption=\"broken.rst\")\n    shell: \"touch b\"\n",
    );
    story.run(&["-j1"]).succeeds();
    let run = story.run(&["--report"]);
    run.succeeds().says("nowhere.rst`, a text of the report, cannot be read");
    run.says("broken.rst` are not filled: syntax error");
    assert!(story.read("report.html").contains("Of {{ snakemake.rule."));
}

#[test]
fn a_report_has_one_form() {
    let story = shown();
    story.run(&["--report", "report.zip"]).is_refused().says("the report is one page of HTML");
    assert!(!story.has("report.zip"));
    let story = Story::new().rulefile("rule a:\n    output: report(\"a\", categroy=\"x\")\n    shell: \"touch a\"\n");
    story.run(&["-n"]).is_refused().says("categroy");
}
