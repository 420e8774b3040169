//! Runs Snakefiles in the manner of two well-known lessons, unmodified.

use crate::story::Story;

fn hpc_carpentry() -> Story {
    Story::copy_of("tests/lessons/hpc-carpentry", &["Snakefile", "books", "tools"])
}

fn code_refinery() -> Story {
    Story::copy_of("tests/lessons/code-refinery", &["Snakefile", "data", "source"])
}

/// The lines of a summary by book: the order of `glob_wildcards` is not promised.
fn summary(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort();
    lines
}

const SUMMARY: [&str; 4] = ["book first second ratio", "hills 6 5 1.20", "sea 6 2 3.00", "snow 7 4 1.75"];

#[test]
fn the_hpc_carpentry_lesson_runs_unmodified() {
    let story = hpc_carpentry();
    story.run(&["-s", "Snakefile", "-j2"]).succeeds();
    assert_eq!(summary(&story.read("results.txt")), SUMMARY);
    assert_eq!(story.read("dats/hills.dat").lines().take(2).collect::<Vec<_>>(), ["the 6", "hill 5"]);
    assert!(story.read("plots/snow.txt").starts_with("     the *******\n"));
    let log = story.read("logs/count_snow.log");
    assert_eq!(log, "Running tools/wordcount.sh with 2 cores on books/snow.txt\n", "4 threads scaled down to -j2");
    assert!(story.has("zipf_analysis.tar.gz"));
    story.run(&["-s", "Snakefile", "-j4"]).has_nothing_to_do();
}

#[test]
fn a_snakefile_is_found_without_being_named() {
    let story = hpc_carpentry();
    story.run(&["-j2", "results.txt"]).succeeds();
    assert!(story.has("results.txt") && !story.has("plots/snow.txt"));
}

#[test]
fn the_lesson_reruns_what_a_changed_script_makes() {
    let story = hpc_carpentry();
    story.run(&["-s", "Snakefile", "-j2"]).succeeds();
    story.edit("tools/plotcount.sh", "head -n 5", "head -n 4");
    let plots = ["make_plot hills", "make_plot sea", "make_plot snow", "make_archive"];
    story.run(&["-s", "Snakefile", "-j2", "--json"]).succeeds().started(&plots);
    assert_eq!(story.read("plots/snow.txt").lines().count(), 4);
}

#[test]
fn a_resource_without_a_limit_bounds_nothing_and_with_one_it_must_fit() {
    let story = hpc_carpentry();
    story.run(&["-s", "Snakefile", "-j2", "plots/sea.txt"]).succeeds();
    let short = story.run(&["-s", "Snakefile", "-j2", "--resources", "gpu=0", "--", "plots/snow.txt"]);
    short.is_refused().stderr_has("gpu").stderr_has("make_plot");
}

#[test]
fn the_lesson_cleans_up_by_a_rule_without_files() {
    let story = hpc_carpentry();
    story.run(&["-s", "Snakefile", "-j2"]).succeeds();
    story.run(&["-s", "Snakefile", "clean"]).succeeds();
    for made in ["dats", "plots", "logs", "results.txt", "zipf_analysis.tar.gz"] {
        assert!(!story.has(made), "{made} is still there");
    }
    story.run(&["-s", "Snakefile", "-j2"]).succeeds();
    assert!(story.has("results.txt"));
}

#[test]
fn the_code_refinery_lesson_runs_unmodified() {
    let story = code_refinery();
    story.run(&["-s", "Snakefile", "-j4"]).succeeds();
    assert_eq!(summary(&story.read("results/results.txt")), SUMMARY);
    assert_eq!(story.read("processed_data/sea.log"), "Counting with 4 cores: data/sea.txt.\n");
    story.run(&["-s", "Snakefile", "-j4"]).has_nothing_to_do();

    let again = story.append("data/sea.txt", "a gull\n").run(&["-s", "Snakefile", "-j4", "--json"]);
    again.succeeds().started(&["count_words sea", "make_plot sea", "zipf_test", "make_archive"]);
}
