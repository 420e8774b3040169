//! The Python of Snakefiles gives what Python gives.
//!
//! The Snakefiles are cases of `tests/differential`; what Snakemake made of each is
//! recorded here, so that nothing is needed to compare with.

use crate::story::Story;
use std::fs;

/// The files of a case, by name.
fn files(case: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(format!("tests/differential/{case}.case")).expect("a case");
    let parts = text.split("\n-- ").skip(1);
    let file = |part: &str| {
        let (name, text) = part.split_once(" --\n").expect("a name");
        (name.to_owned(), format!("{}\n", text.trim_end_matches('\n')))
    };
    parts.map(file).collect()
}

fn gives_what_was_recorded(case: &str) {
    let story = files(case).into_iter().fold(Story::new(), |story, (name, text)| story.file(&name, text.as_str()));
    story.run(&[]).succeeds();
    let recorded = fs::read_to_string(format!("tests/it/pythonic/{case}.txt")).expect("what Snakemake made");
    assert_eq!(story.read("out.txt"), recorded);
}

#[test]
fn classes() {
    gives_what_was_recorded("python-classes");
}

#[test]
fn generators() {
    gives_what_was_recorded("python-generators");
}

#[test]
fn errors() {
    gives_what_was_recorded("python-errors");
}

#[test]
fn names_without_an_import() {
    gives_what_was_recorded("names-not-imported");
}

#[test]
fn lambdas_in_sections() {
    gives_what_was_recorded("lambdas");
}

#[test]
fn arguments_in_any_order() {
    gives_what_was_recorded("arguments");
}

#[test]
fn the_library() {
    gives_what_was_recorded("python-library");
}

#[test]
fn dates() {
    gives_what_was_recorded("python-dates");
}

#[test]
fn rows_of_numbers() {
    gives_what_was_recorded("python-numpy");
}

#[test]
fn what_errors_say() {
    gives_what_was_recorded("python-exceptions");
}

#[test]
fn what_objects_are_asked() {
    gives_what_was_recorded("python-objects");
}

#[test]
fn objects_of_classes_elsewhere() {
    gives_what_was_recorded("python-classes-elsewhere");
}

#[test]
fn sheets_with_gaps() {
    gives_what_was_recorded("sheets-with-gaps");
}

#[test]
fn what_is_asked_of_files() {
    gives_what_was_recorded("python-files-there");
}

#[test]
fn regex() {
    gives_what_was_recorded("python-regex");
}

#[test]
fn expand() {
    gives_what_was_recorded("python-expand");
}

#[test]
fn numbers() {
    gives_what_was_recorded("python-numbers");
}

#[test]
fn names() {
    gives_what_was_recorded("python-names");
}

#[test]
fn targets() {
    gives_what_was_recorded("python-targets");
}

#[test]
fn members() {
    gives_what_was_recorded("python-members");
}

#[test]
fn modules_parts() {
    gives_what_was_recorded("python-modules-parts");
}

#[test]
fn objects_of_classes_along_the_path() {
    gives_what_was_recorded("python-classes-in-path");
}

#[test]
fn python_int_enums() {
    gives_what_was_recorded("python-int-enums");
}

#[test]
fn python_several_sets() {
    gives_what_was_recorded("python-several-sets");
}

#[test]
fn imports_of_all() {
    gives_what_was_recorded("imports-of-all");
}

#[test]
fn python_try_on_one_line() {
    gives_what_was_recorded("python-try-on-one-line");
}

#[test]
fn names_of_re() {
    gives_what_was_recorded("names-of-re");
}

#[test]
fn python_odd_targets() {
    gives_what_was_recorded("python-odd-targets");
}

#[test]
fn python_small_things() {
    gives_what_was_recorded("python-small-things");
}
