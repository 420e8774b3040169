//! Python files of the project that an import names.
//!
//! Owns finding them along `sys.path`, reading each once into a space of its own, and
//! the value of such a module. A file that cannot be read here is an error only where
//! something of it is used: a `run:` body has it from Python itself.

use super::exception::throw;
use super::load::{collect, freeze, run_tree, undefined};
use super::missing::Missing;
use super::module::apart;
use super::python::NeedsPython;
use super::session::Session;
use super::{TrackedRead, load};
use crate::diag::{Diag, Diags, Kind};
use crate::span::{FileId, Span};
use crate::suggest::did_you_mean;
use crate::syntax::{self, Definition, Tree};
use allocative::Allocative;
use rustc_hash::FxHashMap;
use starlark::any::ProvidesStaticType;
use starlark::environment::{FrozenModule, Module};
use starlark::eval::Evaluator;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The modules that were read, by their dotted names.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals(Arc<RwLock<FxHashMap<Box<str>, Arc<Local>>>>);

/// What a module is here.
#[derive(Debug)]
enum Local {
    /// A file that was read.
    Read { path: String, names: FrozenModule },
    /// A file that was not: why, and the import that asked for it.
    Unread(Definition),
    /// A directory of modules.
    Directory,
}

impl Locals {
    fn get(&self, dotted: &str) -> Option<Arc<Local>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(dotted).cloned()
    }

    fn put(&self, dotted: &str, local: Local) -> Arc<Local> {
        let local = Arc::new(local);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(dotted.into(), local.clone());
        local
    }

    /// A member of a module that was read: a name of its file, or a module below it.
    fn member<'v>(&self, dotted: &str, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let local = self.get(dotted)?;
        let below = || {
            let dotted = format!("{dotted}.{name}");
            self.get(&dotted).map(|_| heap.alloc(Handle { dotted: dotted.into(), locals: self.clone() }))
        };
        match &*local {
            Local::Read { names, .. } => {
                let found = names.get_option(name).ok().flatten();
                found.map(|value| heap.access_owned_frozen_value(&value)).or_else(below)
            }
            Local::Unread(why) => {
                let name = format!("{}.{name}", why.name).into();
                below().or_else(|| Some(heap.alloc(NeedsPython::new(&Definition { name, ..why.clone() }))))
            }
            Local::Directory => below().or_else(|| Some(heap.alloc(Missing::of_module(&format!("{dotted}.{name}"))))),
        }
    }
}

/// A module as a value; its members are its names and the modules below it.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<module '{dotted}'>")]
#[allocative(skip)]
struct Handle {
    dotted: Box<str>,
    locals: Locals,
}

starlark_simple_value!(Handle);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Handle {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.locals.member(&self.dotted, name, heap)
    }

    fn dir_attr(&self) -> Vec<String> {
        self.locals.get(&self.dotted).map(|local| local.public()).unwrap_or_default()
    }
}

impl Local {
    /// Its names that do not begin with `_`.
    fn public(&self) -> Vec<String> {
        let Local::Read { names, .. } = self else { return Vec::new() };
        let all = names.names().map(|name| name.as_str().to_owned());
        all.filter(|name| !name.starts_with('_') && !name.contains('#')).collect()
    }
}

/// What an import binds, if the module is a file or a directory of the project.
///
/// # Errors
/// If the file has no such member.
pub(super) fn import<'v>(
    session: &Session,
    module: &str,
    member: &str,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let Some(dotted) = absolute(session, module) else { return Ok(None) };
    let place = place(session, eval);
    let Some(local) = known(session, &dotted, place) else { return Ok(None) };
    let heap = eval.heap();
    if member.is_empty() {
        return Ok(Some(heap.alloc(Handle { dotted: dotted.into(), locals: session.locals.clone() })));
    }
    known(session, &format!("{dotted}.{member}"), place);
    match (session.locals.member(&dotted, member, heap), &*local) {
        (Some(value), _) => Ok(Some(value)),
        // A package that is installed may have the name of a directory.
        (None, Local::Directory) => Ok(None),
        (None, _) => Err(lacks(&dotted, &local, member)),
    }
}

/// `import a.b.c` reads all three and binds `a`.
pub(super) fn import_below(session: &Session, dotted: &str, eval: &Evaluator) {
    known(session, dotted, place(session, eval));
}

/// `from module import *`: binds all names of a file of the project.
pub(super) fn import_all<'v>(session: &Session, module: &str, eval: &Evaluator<'v, '_, '_>) {
    let Some(dotted) = absolute(session, module) else { return };
    let place = place(session, eval);
    let Some(local) = known(session, &dotted, place) else { return };
    if let Local::Unread(why) = &*local {
        session.starred.borrow_mut().push(why.clone());
    }
    for name in local.public() {
        if let Some(value) = session.locals.member(&dotted, &name, eval.heap()) {
            eval.module().set(&name, value);
        }
    }
}

/// Why a name is not there that `from module import *` was to bring.
pub(super) fn gave_nothing(starred: &[Definition]) -> Option<String> {
    let unread = starred.first()?;
    let why = unread.refused.first().map_or(String::new(), |why| format!(": {}", why.message));
    Some(format!("nothing could be taken from `{}`{why}", unread.name))
}

fn place(session: &Session, eval: &Evaluator) -> Span {
    session.here(eval).unwrap_or(Span::new(FileId(0), 0, 0))
}

/// The name of a module from the top: `.x` lies beside the file being read.
fn absolute(session: &Session, module: &str) -> Option<String> {
    let below = module.trim_start_matches('.');
    let up = module.len() - below.len();
    if up == 0 {
        return Some(module.to_owned());
    }
    let package = session.package.borrow();
    let mut steps: Vec<&str> = package.split('.').filter(|step| !step.is_empty()).collect();
    steps.truncate(steps.len().checked_sub(up - 1)?);
    steps.extend(below.split('.').filter(|step| !step.is_empty()));
    Some(steps.join("."))
}

fn lacks(dotted: &str, local: &Local, member: &str) -> starlark::Error {
    let place = match local {
        Local::Read { path, .. } => path,
        _ => dotted,
    };
    let names = local.public();
    let near = did_you_mean(member, names.iter().map(String::as_str));
    throw("ImportError", Diag::error(Kind::Rulefile, format!("there is no `{member}` in `{place}`")).maybe_hint(near))
}

/// A module of the project, read when it is first asked for, and all above it.
fn known(session: &Session, dotted: &str, place: Span) -> Option<Arc<Local>> {
    if let Some(known) = session.locals.get(dotted) {
        return Some(known);
    }
    if let Some((above, _)) = dotted.rsplit_once('.') {
        known(session, above, place)?;
    }
    let local = match found(&session.system.path(), dotted)? {
        Found::Directory => Local::Directory,
        Found::File(path, package) => read(session, dotted, &path, package, place),
    };
    Some(session.locals.put(dotted, local))
}

enum Found {
    /// A file, and the package that its relative imports begin at.
    File(PathBuf, String),
    Directory,
}

/// The directories that a line of a file's text may add to `sys.path`, if it names them
/// by constant texts: below the current directory, that of the Rulefile, or the file's.
pub(super) fn places_named(session: &Session, path: &Path, line: &str) -> Vec<String> {
    let Some((_, added)) = line.split_once("sys.path").filter(|_| !line.starts_with("import ")) else {
        return Vec::new();
    };
    let texts = added.split(['"', '\'']).skip(1).step_by(2);
    // Of an f-string, what stands behind the values.
    let below: Vec<&str> = texts.map(|text| text.rsplit('}').next().unwrap_or("").trim_matches('/')).collect();
    let main = Path::new(&session.request.path).parent();
    let bases = [Some(Path::new("")), main, path.parent()];
    let joined = |base: &Path| below.iter().fold(base.to_path_buf(), |place, step| place.join(step));
    bases.into_iter().flatten().map(|base| super::builtin::absolute(&joined(base).to_string_lossy())).collect()
}

/// The files of the project that an import may read, by a line of the text of the file
/// it stands in, along `sys.path` and some more places.
pub(super) fn named(session: &Session, path: &Path, line: &str, more: &[String]) -> Vec<PathBuf> {
    let first = |text: &str| text.split_whitespace().next().unwrap_or("").to_owned();
    let modules: Vec<String> = match (line.strip_prefix("from "), line.strip_prefix("import ")) {
        (Some(rest), _) => {
            let (module, members) = rest.split_once(" import ").unwrap_or((rest, ""));
            let members = members.trim_matches(['(', ')']).split(',').map(first);
            let below = |member: String| format!("{}.{member}", module.trim().trim_end_matches('.'));
            [module.trim().to_owned()].into_iter().chain(members.map(below)).collect()
        }
        (None, Some(rest)) => rest.split(',').map(first).collect(),
        (None, None) => return Vec::new(),
    };
    let beside = path.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
    let mut places = session.system.path();
    places.insert(0, beside);
    places.extend_from_slice(more);
    let ours = modules.iter().filter(|module| !super::builtin::is_pythons_module(module));
    let file = |module: &String| match found(&places, module.trim_start_matches('.'))? {
        Found::File(file, _) => Some(file),
        Found::Directory => None,
    };
    ours.filter_map(file).collect()
}

/// Where a module lies.
fn found(places: &[String], dotted: &str) -> Option<Found> {
    let below = dotted.replace('.', "/");
    places.iter().find_map(|directory| {
        let base = Path::new(directory).join(&below);
        let inside = base.join("__init__.py");
        let file = base.with_file_name(format!("{}.py", base.file_name()?.to_string_lossy()));
        if inside.is_file() {
            return Some(Found::File(inside, dotted.to_owned()));
        }
        if file.is_file() {
            return Some(Found::File(
                file,
                dotted.rsplit_once('.').map_or(String::new(), |(above, _)| above.to_owned()),
            ));
        }
        base.is_dir().then_some(Found::Directory)
    })
}

fn read(session: &Session, dotted: &str, path: &Path, package: String, place: Span) -> Local {
    let shown = shown(path);
    // What its own imports see of it meanwhile.
    let circle = Diag::at(place, format!("`{dotted}` is imported by what it imports itself"));
    session.locals.put(dotted, unread(dotted, place, vec![circle]));
    let earlier = session.diags.take();
    let outer = session.package.replace(package);
    let read = apart(session, || Module::with_temp_heap(|module| inside(session, module, dotted, path, &shown)));
    session.package.replace(outer);
    let mut diags = session.diags.replace(earlier);
    match read {
        Ok(names) if diags.is_empty() => return Local::Read { path: shown, names },
        Ok(_) => {}
        Err(mut fatal) => diags.append(&mut fatal),
    }
    unread(dotted, place, diags)
}

fn unread(dotted: &str, place: Span, refused: Diags) -> Local {
    Local::Unread(Definition { name: dotted.into(), span: place, refused, faulty: false })
}

/// A path as seen from the current directory, if it lies below.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_string_lossy().into_owned()
}

/// Reads the file and evaluates it.
fn inside(
    session: &Session,
    module: Module<'_>,
    dotted: &str,
    path: &Path,
    shown: &str,
) -> Result<FrozenModule, Diags> {
    let text = std::fs::read_to_string(path).map_err(|e| vec![load::unreadable("Python file", shown, &e)])?;
    session.read(TrackedRead::File(shown.into()));
    let file = session.sources.borrow_mut().add(shown, text.as_str());
    let tree = syntax::parse(file, &text, session.base())?;
    refuse_rules(&tree)?;
    module.set("__name__", module.heap().alloc(dotted));
    module.set("__file__", module.heap().alloc(path.to_string_lossy().into_owned()));
    let functions = session.functions.borrow().len();
    run_tree(session, &module, file, &text, tree)?;
    undefined(session, &module);
    let frozen = freeze(module, shown)?;
    collect(session, &frozen, functions)?;
    Ok(frozen)
}

/// A file of Python has none.
pub(super) fn refuse_rules(tree: &Tree) -> Result<(), Diags> {
    let heads = tree.rules.iter().map(|rule| rule.head);
    let heads = heads.chain(tree.directives.iter().map(|directive| directive.section.key_span));
    let diag = |place| Diag::at(place, "an imported file is Python, and has no rules").hint("`include:` it");
    heads.map(diag).next().map_or(Ok(()), |diag| Err(vec![diag]))
}
