//! The functions and names that a Rulefile finds at hand.
//!
//! Owns the table of globals and the calls that lowered text makes. It does
//! not know how files are loaded or rules checked.

mod abstraction;
mod aggregated;
mod aligned;
mod applied;
mod arguments;
mod asked_by;
mod assigned;
mod attempt;
mod binned;
mod bytes;
mod checkpoints;
mod class;
mod column;
mod column_compared;
mod column_counts;
mod column_labels;
mod column_levels;
mod column_located;
mod column_methods;
mod column_running;
mod column_texts;
mod columns;
mod concat;
mod container;
mod core;
mod cursor;
mod datetime;
mod deque;
mod described;
mod dicts;
mod dtype;
mod environment;
mod expand;
mod expand_fields;
mod extras;
mod flags;
mod format;
mod frame;
mod frame_changes;
mod frame_choices;
mod frame_cleaning;
mod frame_compared;
mod frame_counts;
mod frame_joins;
mod frame_methods;
mod frame_shapes;
mod frozen;
mod glob;
mod grouping;
mod groups;
mod groups_rows;
mod hashes;
mod index;
mod join;
mod json;
mod located;
mod logger;
mod marks;
mod matched;
mod math;
mod modules;
mod multi_index;
mod name;
mod numerals;
mod numpy;
mod of_values;
mod operators;
mod pandas;
mod paramspace;
mod passed;
mod printf;
mod python;
pub(in crate::eval) mod python_module;
mod python_object;
mod query;
mod query_text;
mod quotient;
mod read_csv;
mod reading;
mod reckoned;
mod record;
mod regex;
mod relabelled;
mod replaced;
mod row;
mod rows;
mod rules;
mod same;
mod scatter;
mod search_path;
mod semantic;
mod sets;
mod sheet;
mod sorted;
mod sorting;
mod stream;
mod table;
mod text;
mod text_methods;
mod texts;
mod truths;
pub(in crate::eval) mod type_of;
mod unstacked;
mod validate;
mod wrapped;

pub(super) use class::{EnumMember, attributes, truth_asked, written};
pub(super) use datetime::is_own as is_of_datetime;
pub(super) use deque::parts as deque_parts;
pub(super) use dicts::{counted, inner};
pub(super) use dtype::Dtype;
pub(super) use environment::{absolute, entries, home, is_dir, is_directory, is_found, make_dir, stat};
pub(super) use expand::alloc;
pub(super) use flags::is_unpacked;
pub(super) use glob::{below as globbed_below, is_there};
pub(super) use numpy::{Array, no_text as no_text_of_array};
pub(super) use paramspace::space_fields;
pub(super) use python_module::is_there as is_pythons_module;
pub(super) use python_object::{Part, object_fields, python_object, range_text};
pub(super) use record::Record;
pub(super) use row::is_series;
pub(super) use stream::Stream;

use super::implicit;
use super::later;
use super::pure_path::PurePath;
use super::session::Session;
use crate::value::Val;
use starlark::environment::{Globals, GlobalsBuilder, LibraryExtension, Module};
use starlark::values::Value;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::structs::AllocStruct;
use std::path::Path;
use std::sync::OnceLock;

const EXTENSIONS: [LibraryExtension; 4] =
    [LibraryExtension::StructType, LibraryExtension::Map, LibraryExtension::Filter, LibraryExtension::SetType];

/// A sheet as a list of dicts, a row as a dict, a column as a list, what was found
/// for wildcards as a dict of lists; none for all else.
pub(super) fn plain(value: Value) -> Option<Val> {
    frame::plain(value).or_else(|| glob::plain(value)).or_else(|| dtype::plain(value))
}

/// Whether parts of a value are named as attributes.
pub(super) fn has_fields(value: Value) -> bool {
    matches!(value.get_type(), "struct" | "record" | "glob_wildcards" | "Paramspace")
}

fn collections(builder: &mut GlobalsBuilder) {
    modules::collections(builder);
    deque::register(builder);
    dicts::register(builder);
}

/// A built-in function as Starlark has it.
fn starlarks<'v>(name: &str) -> Option<Value<'v>> {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    let all = GLOBALS.get_or_init(|| GlobalsBuilder::extended_by(&EXTENSIONS).build());
    all.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_value())
}

/// Adds what is ours.
fn own(builder: GlobalsBuilder) -> GlobalsBuilder {
    builder
        .with(texts::register)
        .with(texts::functions)
        .with(cursor::register)
        .with(operators::register)
        .with(matched::register)
        .with(core::register)
        .with(core::statements)
        .with(core::names)
        .with(expand::register)
        .with(flags::register)
        .with(glob::register)
        .with(marks::register)
        .with(python::register)
        .with(python::collections)
        .with(python::versions)
        .with(attempt::register)
        .with(class::register)
        .with(class::special_register)
        .with(class::operate_register)
        .with(type_of::register)
        .with(paramspace::register)
        .with(stream::register)
        .with(frozen::register)
        .with(modules::itertools)
        .with(modules::paths)
        .with(semantic::register)
        .with(semantic::lookups)
        .with(semantic::parsers)
        .with(table::register)
        .with(validate::register)
        .with(reading::register)
        .with(text::register)
        .with(quotient::register)
        .with(truths::register)
        .with(rows::register)
        .with(located::register)
        .with(query::register)
        .with(arguments::register)
        .with(bytes::register)
        .with(wrapped::register)
        .with(wrapped::partials)
        .with_namespace("access", marks::access)
        .with_namespace("os", environment::os)
        .with_namespace("shell", core::shell)
        .with_namespace("json", json::register)
        .with_namespace("itertools", modules::itertools)
        .with_namespace("collections", collections)
        .with_namespace("pathlib", modules::pathlib)
        .with_namespace("math", math::register)
        .with_namespace("string", text::constants)
        .with_namespace("re", regex::register)
        .with_namespace("pandas", pandas::register)
}

/// The globals, made when first needed.
pub(super) fn globals() -> &'static Globals {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    GLOBALS.get_or_init(|| own(GlobalsBuilder::extended_by(&EXTENSIONS)).build())
}

/// Makes what [`globals`] and the first evaluation make in any case, in another
/// order, so that two threads can share the work: the methods of Starlark's own
/// types and our functions, each made once, when they are first asked for. Ours
/// come first: Starlark's wait for regular expressions of its documentation, which
/// the other thread makes at its start.
pub(super) fn warm_up() {
    own(GlobalsBuilder::new()).build();
    Module::with_temp_heap(|module| {
        let heap = module.heap();
        let values = [heap.alloc(""), heap.alloc(AllocList::EMPTY), heap.alloc(AllocDict::EMPTY)];
        for value in values {
            value.has_attr("", heap);
        }
    });
    Globals::extended_by(&[LibraryExtension::RecordType, LibraryExtension::EnumType, LibraryExtension::Typing]);
}

/// A built-in function by its name.
pub(super) fn global<'v>(name: &str) -> Option<Value<'v>> {
    globals().iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_value())
}

/// Gives a module a name that a Snakefile finds without an import; false if it is none.
pub(super) fn imported(session: &Session, module: &Module, name: &str) -> bool {
    let Some((of, member)) = implicit::meant(name).filter(|_| module.get(name).is_none()) else { return false };
    module.set(name, modules::served(of, member, &session.system, module.heap()));
    true
}

/// The names that belong to one load.
pub(super) fn prepare(session: &Session, module: &Module) {
    let heap = module.heap();
    let (shown, marks) = (session.shown.borrow().clone(), session.marks.clone());
    module.set("rules", heap.alloc(rules::Rules::new(shown.clone(), marks.clone())));
    module.set("checkpoints", heap.alloc(checkpoints::Gates::new(shown, marks)));
    for name in ["os", "re"] {
        let served = python_module::module(name, &session.system).expect("bug: it is served");
        module.set(name, heap.alloc(served));
    }
    module.set("logger", heap.alloc(logger::Logger::of_snakemake()));
    for name in later::ROOTS {
        module.set(name, heap.alloc(later::Later::new(name)));
    }
    for name in ["scatter", "gather"] {
        module.set(name, heap.alloc(scatter::Scatter(session.scatter.clone())));
    }
    prepare_workflow(session, module);
}

/// What `workflow` has.
pub(super) const WORKFLOW: [&str; 9] = [
    "basedir",
    "current_basedir",
    "snakefile",
    "main_snakefile",
    "cores",
    "source_path",
    "configfiles",
    "overwrite_configfiles",
    "rules",
];

/// `workflow`, as it is known so far.
pub(super) fn prepare_workflow(session: &Session, module: &Module) {
    let heap = module.heap();
    let whole = |path: &str| std::path::absolute(path).unwrap_or_else(|_| path.into());
    let main = whole(&session.request.path);
    let current = session.open.borrow().last().map_or_else(|| main.clone(), |(_, path)| whole(path));
    let text = |path: &Path| heap.alloc(path.to_string_lossy().into_owned());
    let above = |path: &Path| path.parent().map_or_else(|| heap.alloc(""), text);
    let source_path = global("_source_path").expect("bug: it is registered");
    let whole = |path: &String| heap.alloc(PurePath::of(&[heap.alloc(environment::absolute(path))]));
    let overwriting = || session.request.configfiles.iter().map(whole);
    let read = session.read_configs.borrow();
    let configfiles = overwriting().chain(read.iter().map(|path| heap.alloc(path.as_str())));
    let values = [
        above(&main),
        above(&current),
        text(&current),
        text(&main),
        heap.alloc(session.request.cores),
        source_path,
        heap.alloc(AllocList(configfiles)),
        heap.alloc(AllocList(overwriting())),
        heap.alloc(rules::All::new(session.shown.borrow().clone(), session.marks.clone())),
    ];
    module.set("workflow", heap.alloc(AllocStruct(WORKFLOW.into_iter().zip(values))));
}
