//! Stories of scripts whose interpreters stand in for the real ones: notebooks,
//! R Markdown, Xonsh, template engines.

use crate::story::Story;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Runs with a program of ours before all others in `PATH`.
fn run_beside(story: &Story, name: &str, program: &str) -> Output {
    let directory = story.path("bin");
    std::fs::create_dir_all(&directory).expect("a directory");
    std::fs::write(directory.join(name), program).expect("a program");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.join(name), mode).expect("a mode");
    let old = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{old}", directory.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulemake"));
    command.current_dir(story.path(".")).env("PATH", path).output().expect("the program runs")
}

fn succeeds(run: &Output) {
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// Executes the code cells of a notebook one after the other.
const JUPYTER: &str = r#"#!/usr/bin/env python3
import json, os, sys
path = sys.argv[-1]
assert sys.argv[1] == "nbconvert" and "--execute" in sys.argv
os.chdir(os.path.dirname(path))
notebook = json.load(open(path))
space = {"__name__": "__main__"}
for cell in notebook["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), space)
json.dump(notebook, open(os.path.join(os.path.dirname(path), "executed.ipynb"), "w"))
"#;

#[test]
fn a_notebook_has_its_job_in_a_first_cell() {
    let notebook = r#"{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"language": "python"}}, "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["Title"]},
        {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null,
         "source": ["with open(snakemake.output[0], 'w') as f:\n", "    f.write(open(snakemake.input.a).read() + snakemake.wildcards.x)"]}]}"#;
    let rules = "rule all:\n    input: \"one.txt\"\nrule n:\n    input: a = \"a.txt\"\n    output: \"{x}.txt\"\n    \
                 log: notebook = \"logs/{x}.ipynb\"\n    notebook: \"n.py.ipynb\"\n";
    let story = Story::new().rulefile(rules).file("a.txt", "a ").file("n.py.ipynb", notebook);
    succeeds(&run_beside(&story, "jupyter", JUPYTER));
    assert_eq!(story.read("one.txt"), "a one");
    assert!(story.read("logs/one.ipynb").contains("Title"));
}

#[test]
fn a_notebook_in_another_language_says_so() {
    let notebook = r#"{"nbformat": 4, "metadata": {"kernelspec": {"language": "scala"}}, "cells": []}"#;
    let story =
        Story::new().rulefile("rule n:\n    output: \"n.txt\"\n    notebook: \"n.ipynb\"\n").file("n.ipynb", notebook);
    let run = run_beside(&story, "jupyter", JUPYTER);
    assert_eq!(run.status.code(), Some(1));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("the notebook is in scala: notebooks in Python and R are run"), "{said}");
}

#[test]
fn r_markdown_is_rendered_with_its_job_behind_the_header() {
    let story = Story::new()
        .rulefile("rule r:\n    output: \"r.html\"\n    params: n = 5\n    script: \"r.Rmd\"\n")
        .file("r.Rmd", "---\ntitle: \"T\"\nparams:\n  rmd: x\n---\n\nText `r snakemake@params[[\"n\"]]`\n");
    succeeds(&run_beside(&story, "Rscript", "#!/bin/sh\ncp \"$2\" program.txt; touch r.html\n"));
    let program = story.read("program.txt");
    assert!(program.contains("rmarkdown::render(file, output_file = out"), "{program}");
    assert!(program.contains("  rmd: x\\n---\\n\\n```{r, include=FALSE}\\nSnakemake <- "), "{program}");
}

#[test]
fn xonsh_runs_a_script_with_its_job() {
    let story = Story::new()
        .rulefile("rule x:\n    output: \"x.txt\"\n    threads: 1\n    script: \"x.xsh\"\n")
        .file("x.xsh", "open(snakemake.output[0], 'w').write(str(snakemake.threads))\n");
    succeeds(&run_beside(&story, "xonsh", "#!/bin/sh\nshift 2\nexec python3 \"$@\"\n"));
    assert_eq!(story.read("x.txt"), "1");
}

#[test]
fn an_r_script_sources_files_beside_it() {
    let story = Story::new()
        .rulefile("rule r:\n    output: \"r.txt\"\n    script: \"scripts/r.R\"\n")
        .file("scripts/r.R", "snakemake@source(\"near.R\")\nwriteLines(near(), snakemake@output[[1]])\n")
        .file("scripts/near.R", "near <- function() \"near\"\n");
    story.run(&[]).succeeds();
    assert_eq!(story.read("r.txt"), "near\n");
}

#[test]
fn template_engines_render_an_input() {
    let story = Story::new()
        .rulefile(
            "rule t:\n    input: template = \"t.txt\", other = \"o.txt\"\n    output: \"{n}.out\"\n    params: n = [1, 2]\n    \
             template_engine: \"yte\"\nrule all:\n    default_target: True\n    input: \"a.out\"\n",
        )
        .file("t.txt", "a template")
        .file("o.txt", "")
        .file(
            "yte.py",
            "def process_yaml(source, outfile, variables):\n    \
             outfile.write('%s %s %s' % (source.read(), variables['params'].n, variables['wildcards'].n))\n",
        );
    story.run(&[]).succeeds();
    assert_eq!(story.read("a.out"), "a template [1, 2] a");
    story.edit("Rulefile", "\"yte\"", "\"mustache\"").run(&[]).is_refused().says("there is no template engine");
}
