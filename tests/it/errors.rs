//! Golden tests of messages: each folder under `tests/it/errors` holds a
//! Rulefile with a mistake and the exact text that is shown for it.
//! `RULEMAKE_BLESS=1` writes the texts anew.

use rulemake::diag::{Diag, render_all};
use rulemake::eval::{Call, Loaded, Request, RunPython, load};
use rulemake::rule::InputWhat;
use rulemake::run;
use rulemake::span::Sources;
use rulemake::value::{FnId, Val};
use std::fs;
use std::path::Path;

/// Everything that is said about a Rulefile: errors, or warnings and the
/// errors of its deferred functions, each called once.
fn said(dir: &str) -> String {
    let mut sources = Sources::default();
    let python = RunPython::new(|file| run::pyload(file, &std::env::temp_dir(), std::env::vars_os()));
    let request = Request { path: format!("{dir}/Rulefile"), python: Some(python), ..Request::default() };
    let diags = match load(request, &mut sources) {
        Err(diags) => diags,
        Ok(loaded) => {
            let called = call_all(&loaded);
            loaded.warnings.into_iter().chain(called).collect()
        }
    };
    render_all(&diags, &sources, false).replace(&format!("{dir}/"), "")
}

fn call_all(loaded: &Loaded) -> Vec<Diag> {
    let mut diags = Vec::new();
    for rule in &loaded.rulefile.rules {
        let inputs = rule.inputs.items.iter().filter_map(|i| match i.what {
            InputWhat::Function { id, .. } => Some(id),
            _ => None,
        });
        let params = rule.params.iter().chain([&rule.threads]).chain(&rule.resources);
        let ids: Vec<FnId> =
            inputs.chain(params.filter_map(|p| if let Val::Func(id) = p.value { Some(id) } else { None })).collect();
        let wildcards: Vec<(&str, &str)> = rule.wildcards.iter().map(|w| (&**w, "1")).collect();
        let calls: Vec<Call> =
            ids.iter().map(|id| Call { id: *id, wildcards: &wildcards, attempt: 1, ..Call::default() }).collect();
        diags.extend(loaded.functions.call(&calls, &()).into_iter().filter_map(Result::err).map(Diag::from));
    }
    diags
}

#[test]
fn messages_are_as_recorded() {
    let bless = std::env::var_os("RULEMAKE_BLESS").is_some();
    let mut names: Vec<String> = fs::read_dir("tests/it/errors")
        .expect("the folder of cases")
        .map(|e| e.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    let mut wrong = Vec::new();
    for name in &names {
        let dir = format!("tests/it/errors/{name}");
        let expected = Path::new(&dir).join("expected.txt");
        let got = said(&dir);
        if bless {
            fs::write(&expected, &got).expect("written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{name}:\n{got}"));
        }
    }
    assert!(names.len() >= 60, "the cases are there");
    assert!(wrong.is_empty(), "these messages changed:\n\n{}", wrong.join("\n\n"));
}
