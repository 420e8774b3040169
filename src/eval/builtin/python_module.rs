//! Python's modules as values: their members are looked for when they are asked for.
//!
//! Owns where a member is found: among the built-in names, among functions that
//! are made at first use (`extras`), in `library`; else it is a stand-in that fails
//! where it is used.

use super::environment::Environ;
use super::extras;
use super::search_path::{self, SearchPath};
use crate::eval::fault::hinted;
use crate::eval::library;
use crate::eval::missing::Missing;
use crate::eval::system::System;
use crate::suggest::did_you_mean;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::Module;
use starlark::starlark_simple_value;
use starlark::values::{FrozenValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// Modules of which something is served.
const SERVED: [&str; 52] = [
    "gzip",
    "os",
    "os.path",
    "math",
    "re",
    "json",
    "itertools",
    "base64",
    "bisect",
    "collections",
    "fnmatch",
    "heapq",
    "multiprocessing",
    "pprint",
    "shlex",
    "urllib",
    "urllib.parse",
    "collections.abc",
    "numbers",
    "pathlib",
    "string",
    "functools",
    "operator",
    "textwrap",
    "copy",
    "statistics",
    "dataclasses",
    "enum",
    "abc",
    "hashlib",
    "datetime",
    "calendar",
    "numpy",
    "sys",
    "platform",
    "shutil",
    "tempfile",
    "glob",
    "csv",
    "yaml",
    "types",
    "typing",
    "warnings",
    "logging",
    "snakemake",
    "snakemake.utils",
    "snakemake.io",
    "snakemake.exceptions",
    "snakemake.logging",
    "snakemake.shell",
    "snakemake.common",
    "snakemake.workflow",
];

/// Modules of Python's own that are there, though nothing of them is served.
const STANDARD: [&str; 29] = [
    "argparse",
    "array",
    "ast",
    "asyncio",
    "bz2",
    "contextlib",
    "concurrent",
    "ctypes",
    "decimal",
    "difflib",
    "errno",
    "fractions",
    "getpass",
    "html",
    "http",
    "importlib",
    "inspect",
    "io",
    "locale",
    "lzma",
    "pickle",
    "queue",
    "random",
    "socket",
    "subprocess",
    "threading",
    "time",
    "traceback",
    "uuid",
];

/// Names of modules that are built-in names of ours.
const ALIASES: [(&str, &str, &str); 13] = [
    ("gzip", "open", "_gzip_open"),
    ("glob", "glob", "_python_glob"),
    ("glob", "iglob", "_python_glob"),
    ("csv", "reader", "_csv_reader"),
    ("csv", "DictReader", "_csv_DictReader"),
    ("json", "JSONDecodeError", "JSONDecodeError"),
    ("re", "error", "re.error"),
    ("itertools", "cycle", "_cycle"),
    ("functools", "partial", "partial"),
    ("functools", "reduce", "_reduce"),
    ("snakemake.utils", "min_version", "_min_version"),
    ("types", "SimpleNamespace", "struct"),
    ("snakemake.shell", "shell", "shell"),
];

/// A module by its dotted name.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<module '{name}'>")]
#[allocative(skip)]
pub(super) struct PythonModule {
    name: &'static str,
    /// The namespace of that name among the built-in names.
    built_in: Option<FrozenValue>,
    /// What the system's modules answer for.
    system: System,
}

starlark_simple_value!(PythonModule);

/// A module of which something is served.
pub(super) fn module(name: &str, system: &System) -> Option<PythonModule> {
    let name = SERVED.into_iter().find(|served| *served == name)?;
    Some(PythonModule { name, built_in: namespace(name), system: system.clone() })
}

/// The namespace of a module's name.
fn namespace(name: &str) -> Option<FrozenValue> {
    let mut steps = name.split('.');
    let root = steps.next()?;
    let found = super::globals().iter().find(|(own, _)| *own == root).map(|(_, value)| value)?;
    steps.try_fold(found, within).filter(|value| value.to_value().get_type() == "namespace")
}

/// A namespace within another.
fn within(value: FrozenValue, name: &str) -> Option<FrozenValue> {
    Module::with_temp_heap(|module| value.to_value().get_attr(name, module.heap()).ok()??.unpack_frozen())
}

/// Whether a module is there to be imported, in Python as it comes.
pub(in crate::eval) fn is_there(name: &str) -> bool {
    let root = name.split('.').next().unwrap_or("");
    SERVED.contains(&name) || SERVED.contains(&root) || STANDARD.contains(&root) || root == "pandas"
}

/// Whether something is served of a module.
pub(in crate::eval) fn is_served(name: &str) -> bool {
    SERVED.contains(&name)
}

/// The names that `from module import *` binds, as far as they are served.
pub(super) fn public(module: &str) -> Vec<String> {
    let own = namespace(module).map(|own| own.to_value().dir_attr()).unwrap_or_default();
    let aliases = ALIASES.iter().filter(|(of, ..)| *of == module).map(|(_, member, _)| (*member).to_owned());
    let constants = extras::CONSTANTS.iter().filter(|(of, ..)| *of == module).map(|(_, name, _)| (*name).to_owned());
    let all =
        own.into_iter().chain(aliases).chain(constants).chain(extras::names(module)).chain(library::names(module));
    let mut all: Vec<String> = all.filter(|name| !name.starts_with('_')).collect();
    if module == "os" {
        all.extend(["path", "environ"].map(str::to_owned));
    }
    all
}

impl PythonModule {
    /// What is served of a member.
    pub(super) fn member<'v>(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if (self.name, name) == ("os", "environ") {
            return Some(heap.alloc(Environ::new(self.system.clone())));
        }
        if (self.name, name) == ("sys", "path") {
            return Some(heap.alloc(SearchPath::new(self.system.clone())));
        }
        // What takes a text takes an open file, too.
        let name = if matches!((self.name, name), ("json" | "yaml", "load")) { "loads" } else { name };
        // The most common first: nothing is looked through for them.
        if let Some(found) = self.built_in.and_then(|own| own.to_value().get_attr(name, heap).ok().flatten()) {
            return match (found.get_type(), found.unpack_frozen()) {
                ("namespace", built_in @ Some(_)) if self.name == "os" => {
                    Some(heap.alloc(PythonModule { name: "os.path", built_in, system: self.system.clone() }))
                }
                _ => Some(found),
            };
        }
        if let Some(below) = module(&format!("{}.{name}", self.name), &self.system) {
            return Some(heap.alloc(below));
        }
        if let Some((_, _, global)) = ALIASES.iter().find(|(of, member, _)| (*of, *member) == (self.name, name)) {
            return super::global(global);
        }
        let of_snakemake =
            || super::global(name).filter(|_| self.name.starts_with("snakemake") && !name.starts_with('_'));
        extras::member(self.name, name, heap).or_else(|| library::member(self.name, name, heap)).or_else(of_snakemake)
    }
}

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for PythonModule {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let missing = || {
            let known = public(self.name);
            let near = did_you_mean(name, known.iter().map(String::as_str));
            heap.alloc(Missing::of_module(&format!("{}.{name}", self.name)).meaning(near))
        };
        Some(self.member(name, heap).unwrap_or_else(missing))
    }

    fn set_attr(&self, name: &str, value: Value<'v>) -> starlark::Result<()> {
        match (self.name, name) {
            ("sys", "path") => search_path::replace(&self.system, value),
            _ => Err(hinted(
                format!("`{}.{name}` cannot be set while the Rulefile is read", self.name),
                "set it in a `run:` body or a script, where it is Python's",
            )),
        }
    }
}
