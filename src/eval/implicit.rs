//! Names of Python that a Snakefile finds without an import, since Snakemake's own
//! code has imported them.
//!
//! Owns the list. It knows neither what is served of the modules nor who asks.

use crate::rule::Python;
use std::fmt::Write;

/// What a name stands for: a member of a module, or the module if none is given.
const NAMES: [(&str, &str, &str); 28] = [
    ("os", "os", ""),
    ("sys", "sys", ""),
    ("re", "re", ""),
    ("copy", "copy", ""),
    ("hashlib", "hashlib", ""),
    ("platform", "platform", ""),
    ("snakemake", "snakemake", ""),
    ("subprocess", "subprocess", ""),
    ("tarfile", "tarfile", ""),
    ("tempfile", "tempfile", ""),
    ("threading", "threading", ""),
    ("Path", "pathlib", "Path"),
    ("datetime", "datetime", "datetime"),
    ("partial", "functools", "partial"),
    ("chain", "itertools", "chain"),
    ("filterfalse", "itertools", "filterfalse"),
    ("OrderedDict", "collections", "OrderedDict"),
    ("namedtuple", "collections", "namedtuple"),
    ("dataclass", "dataclasses", "dataclass"),
    ("field", "dataclasses", "field"),
    ("Callable", "typing", "Callable"),
    ("Dict", "typing", "Dict"),
    ("Iterable", "typing", "Iterable"),
    ("List", "typing", "List"),
    ("Mapping", "typing", "Mapping"),
    ("Optional", "typing", "Optional"),
    ("Set", "typing", "Set"),
    ("Union", "typing", "Union"),
];

/// The module and the member that a name stands for.
pub(super) fn meant(name: &str) -> Option<(&'static str, &'static str)> {
    NAMES.iter().find(|(own, _, _)| *own == name).map(|(_, module, member)| (*module, *member))
}

/// The imports that give a Python body some of the names; none if it has none of them.
///
/// A script's `snakemake` is the job, and a body has none.
pub(super) fn imports<'n>(names: impl Iterator<Item = &'n str>) -> Option<Python> {
    let mut text = String::new();
    for (module, member) in names.filter(|name| *name != "snakemake").filter_map(meant) {
        let _ = match member {
            "" => writeln!(text, "import {module}"),
            _ => writeln!(text, "from {module} import {member}"),
        };
    }
    let shown = "<imports>".into();
    (!text.is_empty()).then(|| Python { shown, path: "<imports>".into(), line: 1, text: text.into() })
}
