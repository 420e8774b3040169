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
    ("notebook", NotYet("run it from `shell:`, such as `shell: \"jupyter nbconvert --execute ...\"`")),
    ("wrapper", NotYet("write the wrapped command under `shell:`")),
    ("meta_wrapper", NotYet("write the rules out")),
    ("cwl", NotYet("write the command under `shell:`")),
    ("template_engine", NotYet("run the engine from `shell:`")),
    ("env", Served),
    ("venv", NotYet("write `source venv/bin/activate` in `shell:`")),
    ("conda", NotYet("start rulemake inside the environment, or write `conda run -n NAME command` in `shell:`")),
    ("container", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("containerized", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("singularity", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("envmodules", NotYet("write `module load NAME` in `shell:`")),
    ("shadow", Served),
    ("cache", NotYet("leave it out: results are kept by content already")),
    ("handover", NotYet("leave it out")),
    ("pathvars", NotYet("use top-level variables in the paths")),
];

const DIRECTIVES: &[(&str, Support)] = &[
    ("include", Served),
    ("configfile", Served),
    ("workdir", Served),
    ("wildcard_constraints", Served),
    ("localrules", Served),
    ("ruleorder", Served),
    ("shellprefix", Served),
    ("envvars", NotYet("read them with `os.environ.get(\"NAME\")`")),
    ("container", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("containerized", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("singularity", NotYet("write `apptainer exec IMAGE command` in `shell:`")),
    ("conda", NotYet("start rulemake inside the environment")),
    ("report", NotYet("leave it out")),
    ("pepfile", NotYet("read the samples with `configfile:`")),
    ("pepschema", NotYet("leave it out")),
    ("onstart", Served),
    ("onsuccess", Served),
    ("onerror", Served),
    ("scattergather", NotYet("write the parts with `expand(..., part=range(1, N + 1))`")),
    ("pathvars", NotYet("use top-level variables in the paths")),
    ("inputflags", NotYet("put the flag on each input")),
    ("outputflags", NotYet("put the flag on each output")),
    ("storage", NotYet("fetch the files in a rule of their own")),
    ("resource_scopes", NotYet("leave it out: limits hold for the whole run")),
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

/// The sections that are served.
pub fn section_names() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().filter(|(_, s)| *s == Served).map(|(k, _)| *k)
}

/// Every known directive.
pub(super) fn directive_names() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.iter().map(|(k, _)| *k)
}
