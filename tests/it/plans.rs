//! Mistakes that show when the plan is made: exact messages of the built program.
//!
//! Each directory of `tests/it/plans` holds a Rulefile, the files it speaks of,
//! the `arguments` (one a line), and what is `expected.txt` on stderr. With
//! `RULEMAKE_BLESS=1` the expectations are written anew.

use crate::story::Story;
use std::fs;
use std::path::Path;

#[test]
fn messages_of_plans_are_exact() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/plans");
    let mut cases: Vec<_> =
        fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "only {} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| differs(&root, case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differs(root: &Path, case: &str) -> Option<String> {
    let from = format!("tests/it/plans/{case}");
    let names = fs::read_dir(root.join(case)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.filter(|n| n != "expected.txt" && n != "arguments").collect();
    let story = Story::copy_of(&from, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let arguments = fs::read_to_string(root.join(case).join("arguments")).unwrap_or_default();
    let mut words = vec!["-n"];
    words.extend(arguments.lines());
    let run = story.run(&words);
    run.is_refused();
    let path = root.join(case).join("expected.txt");
    if std::env::var_os("RULEMAKE_BLESS").is_some() {
        fs::write(&path, run.stderr()).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let same = expected == run.stderr();
    (!same).then(|| format!("{case}:\n---- expected\n{expected}---- found\n{}", run.stderr()))
}
