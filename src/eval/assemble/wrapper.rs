//! `wrapper:`: a script of a directory of scripts that lies on this machine.
//!
//! Owns which file a wrapper's name stands for. It fetches nothing, and does not know
//! how a script is run.

use super::Assembler;
use crate::diag::Diag;
use crate::eval::session::{PendingText, Use};
use std::path::Path;

/// What a wrapper's script is called, with the endings that are run.
const SCRIPTS: [&str; 6] = ["wrapper.py", "wrapper.R", "wrapper.Rmd", "wrapper.jl", "wrapper.sh", "wrapper.ipynb"];

/// The path behind `file:`; none if a name is of another machine.
fn local(name: &str) -> Option<&str> {
    let path = name.strip_prefix("file:")?;
    Some(path.strip_prefix("//").unwrap_or(path))
}

/// Whether a path names a script itself.
fn is_script(path: &str) -> bool {
    SCRIPTS.iter().any(|name| path.ends_with(&name["wrapper".len()..]))
}

impl Assembler<'_, '_, '_, '_, '_> {
    /// The script of a rule with `wrapper:`, kept as that of `script:` is.
    pub(super) fn wrapper(&mut self) {
        let Some((value, slot)) = self.single("wrapper") else { return };
        let Some(name) = value.unpack_str() else { return self.wants("wrapper", "a string", value, slot) };
        let full = match (&self.session.request.wrapper_prefix, local(name)) {
            (Some(prefix), None) => format!("{prefix}{name}"),
            _ => name.to_owned(),
        };
        let Some(path) = local(&full) else {
            let diag =
                Diag::at(slot.span(), format!("wrapper `{full}` is not on this machine, and nothing is fetched"));
            let hint = "get the wrappers once, and name their directory: `--wrapper-prefix file:DIR/`";
            return self.fail(diag.hint(hint).note("a wrapper of your own is `wrapper: \"file:DIR\"`"));
        };
        let path = path.trim_end_matches('/');
        let all = match is_script(path) {
            true => vec![path.to_owned()],
            false => SCRIPTS.iter().map(|name| format!("{path}/{name}")).collect(),
        };
        let is_there = |script: &&String| Path::new(&self.session.in_workdir(script)).is_file();
        let Some(script) = all.iter().find(is_there) else {
            let diag = Diag::at(slot.span(), format!("there is no wrapper `{path}`"));
            let hint =
                format!("its script is `{}`, or of another language: `.R`, `.Rmd`, `.jl`, `.sh`, `.ipynb`", all[0]);
            return self.fail(diag.hint(hint).note("the path is relative to the directory that jobs run in"));
        };
        self.session.texts.borrow_mut().push(PendingText {
            rule: self.id,
            what: Use::Wrapper,
            value: script.replace('{', "{{").replace('}', "}}").into(),
            at: slot.literals(),
            then: Vec::new(),
        });
    }
}
