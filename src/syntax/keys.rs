//! The keys of sections and directives, and which of them are served.
//!
//! Owns the two tables. It does not know what the keys do.

/// Whether a key is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Yes.
    Served,
    /// Known from Snakemake, not served; what to do instead.
    NotYet(&'static str),
}

use Support::{NotYet, Served};
use std::borrow::Cow;

const SECTIONS: &[(&str, Support)] = &[
    ("input", Served),
    ("output", Served),
    ("params", Served),
    ("log", Served),
    ("benchmark", Served),
    ("threads", Served),
    ("resources", Served),
    ("priority", Served),
    ("retries", Served),
    ("timeout", Served),
    ("wildcard_constraints", Served),
    ("message", Served),
    ("shell", Served),
    ("default_target", Served),
    ("localrule", Served),
    ("group", Served),
    ("name", Served),
    ("run", Served),
    ("script", Served),
    ("notebook", Served),
    ("wrapper", Served),
    ("meta_wrapper", NotYet("write the rules out")),
    ("cwl", NotYet("write the command under `shell:`")),
    ("template_engine", Served),
    ("env", Served),
    ("venv", NotYet("write `source venv/bin/activate` in `shell:`")),
    ("conda", Served),
    ("container", Served),
    ("containerized", Served),
    ("singularity", Served),
    ("envmodules", Served),
    ("shadow", Served),
    ("cache", Served),
    ("handover", Served),
    ("pathvars", Served),
];

const MODULE: &[(&str, Support)] = &[
    ("snakefile", Served),
    ("config", Served),
    ("prefix", Served),
    ("replace_prefix", Served),
    ("skip_validation", Served),
    ("pathvars", Served),
    ("name", Served),
    ("meta_wrapper", NotYet("nothing is fetched from the network: download the Snakefile and name it in `snakefile:`")),
];

/// Sections that say what a rule does.
const ACTIONS: [&str; 7] = ["shell", "run", "script", "notebook", "wrapper", "cwl", "template_engine"];

const DIRECTIVES: &[(&str, Support)] = &[
    ("include", Served),
    ("configfile", Served),
    ("workdir", Served),
    ("wildcard_constraints", Served),
    ("localrules", Served),
    ("ruleorder", Served),
    ("shellprefix", Served),
    ("envvars", Served),
    ("container", Served),
    ("containerized", Served),
    ("singularity", Served),
    ("conda", Served),
    ("report", Served),
    ("pepfile", NotYet("read the samples with `configfile:`")),
    ("pepschema", NotYet("leave it out")),
    ("onstart", Served),
    ("onsuccess", Served),
    ("onerror", Served),
    ("scattergather", Served),
    ("pathvars", Served),
    ("inputflags", Served),
    ("outputflags", Served),
    ("storage", NotYet("fetch the files in a rule of their own")),
    ("resource_scopes", Served),
];

fn find(table: &[(&'static str, Support)], key: &str) -> Option<Support> {
    table.iter().find(|(k, _)| *k == key).map(|(_, s)| *s)
}

/// Whether a rule's section is known, and served.
pub fn section_support(key: &str) -> Option<Support> {
    find(SECTIONS, key)
}

/// Whether a top-level directive is known, and served.
pub fn directive_support(key: &str) -> Option<Support> {
    find(DIRECTIVES, key)
}

/// Whether a module's section is known, and served.
pub(super) fn module_support(key: &str) -> Option<Support> {
    find(MODULE, key)
}

/// Whether a section says what a rule does.
pub(super) fn is_action(key: &str) -> bool {
    ACTIONS.contains(&key)
}

/// The sections of a module that are served.
pub(super) fn module_names() -> impl Iterator<Item = &'static str> {
    MODULE.iter().filter(|(_, s)| *s == Served).map(|(k, _)| *k)
}

/// The sections that are served.
pub fn section_names() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().filter(|(_, s)| *s == Served).map(|(k, _)| *k)
}

/// Every known directive.
pub(super) fn directive_names() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.iter().map(|(k, _)| *k)
}

/// What stands for the name `load`, which is a word of Starlark's own.
pub const LOAD: &str = "load__";

/// A name as it was written.
pub fn as_written(name: &str) -> &str {
    if name == LOAD { "load" } else { name }
}

/// A text of Starlark that was written for names of the source: `load` as a name is
/// what stands for it.
pub(super) fn with_names(text: &str) -> Cow<'_, str> {
    let word = as_written(LOAD);
    if !text.contains(word) {
        return Cow::Borrowed(text);
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (mut out, mut quote, mut at) = (String::with_capacity(text.len() + 2), None, 0);
    while let Some(c) = text[at..].chars().next() {
        let whole = quote.is_none()
            && text[at..].strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_part))
            && !text[..at].ends_with(|c| is_part(c) || c == '.');
        let length = match (whole, quote) {
            (true, _) => word.len(),
            (_, Some(_)) if c == '\\' => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            (_, Some(open)) => {
                quote = Some(open).filter(|open| *open != c);
                c.len_utf8()
            }
            (_, None) => {
                quote = Some(c).filter(|c| matches!(c, '"' | '\''));
                c.len_utf8()
            }
        };
        out.push_str(if whole { LOAD } else { &text[at..at + length] });
        at += length;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::with_names;

    #[test]
    fn load_as_a_name() {
        let text = r#"load = _import("json", "load"); load = f('\'load', x.load, loads, load)"#;
        let want = r#"load__ = _import("json", "load"); load__ = f('\'load', x.load, loads, load__)"#;
        assert_eq!(with_names(text), want);
    }
}
