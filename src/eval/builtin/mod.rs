//! The functions and names that a Rulefile finds at hand.
//!
//! Owns the table of globals and the calls that lowered text makes. It does
//! not know how files are loaded or rules checked.

mod checkpoints;
mod core;
mod environment;
mod expand;
mod flags;
mod glob;
mod json;
mod math;
mod modules;
mod python;
mod reading;
mod regex;
mod rules;

pub(super) use glob::is_there;

use super::session::Session;
use starlark::environment::{Globals, GlobalsBuilder, LibraryExtension, Module};
use starlark::values::structs::AllocStruct;
use std::path::Path;
use std::sync::OnceLock;

/// The globals, made when first needed.
pub(super) fn globals() -> &'static Globals {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    GLOBALS.get_or_init(|| {
        let extensions = [
            LibraryExtension::StructType,
            LibraryExtension::Map,
            LibraryExtension::Filter,
            LibraryExtension::Partial,
            LibraryExtension::Print,
            LibraryExtension::SetType,
        ];
        GlobalsBuilder::extended_by(&extensions)
            .with(core::register)
            .with(expand::register)
            .with(flags::register)
            .with(glob::register)
            .with(python::register)
            .with(modules::itertools)
            .with(reading::register)
            .with(checkpoints::register)
            .with_namespace("os", environment::os)
            .with_namespace("shell", core::shell)
            .with_namespace("json", json::register)
            .with_namespace("itertools", modules::itertools)
            .with_namespace("collections", modules::collections)
            .with_namespace("pathlib", modules::pathlib)
            .with_namespace("math", math::register)
            .with_namespace("re", regex::register)
            .build()
    })
}

/// The names that belong to one load.
pub(super) fn prepare(session: &Session, module: &Module) {
    let heap = module.heap();
    module.set("rules", heap.alloc(rules::Rules::new(session.shown.clone(), session.marks.clone())));
    let os = globals().iter().find(|(name, _)| *name == "os").map(|(_, v)| v.to_value());
    let os = environment::with_environ(os.expect("`os` is a global"), session.asked.clone(), heap);
    module.set("os", os);
    // Where an import finds it, whatever the Rulefile calls `os`.
    module.set(modules::OS, os);
    module.set("checkpoints", heap.alloc(checkpoints::Gates::new(session.shown.clone(), session.marks.clone())));
    let path = Path::new(&session.request.path);
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = |p: Option<&Path>| p.map_or(String::new(), |p| p.to_string_lossy().into_owned());
    let basedir = text(absolute.parent());
    let fields = [("basedir", basedir), ("main_snakefile", text(Some(&absolute)))];
    module.set("workflow", heap.alloc(AllocStruct(fields)));
}
