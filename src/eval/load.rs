//! Loading: files are read, lowered, evaluated chunk by chunk, and frozen.
//!
//! Owns the order of things. It does not know what sections or built-ins mean.

use super::builtin;
use super::convert::from_val;
use super::explain::{Origin, Scene, explain, lacks_key};
use super::function::Functions;
use super::keys::Keys;
use super::limits;
use super::local::{self, gave_nothing};
use super::python::is_pythons;
use super::recognised::is_no_number;
use super::session::{Session, slot};
use super::{Loaded, Request, TrackedRead, assemble, config, expression, yte};
use crate::diag::{Diag, Diags, Kind};
use crate::span::{FileId, Sources, Span};
use crate::suggest::did_you_mean;
use crate::syntax::{self, Chunk, Tree, stand_in};
use crate::value::{FnId, Val};
use rustc_hash::FxHashSet;
use starlark::ErrorKind;
use starlark::environment::{FrozenModule, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect, DialectTypes};
use starlark::values::{FrozenHeapName, Value};
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

pub(super) const DIALECT: Dialect = Dialect {
    enable_top_level_stmt: true,
    enable_keyword_only_arguments: true,
    enable_positional_only_arguments: true,
    enable_load: false,
    enable_types: DialectTypes::ParseOnly,
    ..Dialect::Standard
};

/// Lines that a Rulefile printed before it failed, and that are told.
const PRINTED: usize = 20;
/// Includes in includes.
const DEEPEST_INCLUDE: usize = 40;

pub(super) fn load(request: Request, sources: &mut Sources) -> Result<Loaded, Diags> {
    let session = Session::new(request, std::mem::take(sources));
    let result = limits::Depth::Deep.run(|| Module::with_temp_heap(|module| whole(&session, module)));
    *sources = session.sources.take();
    result.map_err(|mut fatal| {
        let mut all = session.diags.take();
        all.sort_by_key(|d| d.labels.first().map(|l| (l.span.file, l.span.start)));
        all.append(&mut fatal);
        let mut all = once(all);
        // What went before an error may be all that explains it.
        if let (Some(last), printed @ [_, ..]) = (all.last_mut(), &*session.notes.take()) {
            let from = printed.len().saturating_sub(PRINTED);
            match last.kind {
                Kind::Ended(0) => last.notes.extend_from_slice(printed),
                _ => last.notes.push(format!("before that it printed\n{}", printed[from..].join("\n"))),
            }
        }
        all
    })
}

/// Each message of a place once: a loop may give it in every turn.
fn once(mut diags: Diags) -> Diags {
    let mut seen = FxHashSet::default();
    let places = |d: &Diag| d.labels.iter().map(|l| (l.span.file, l.span.start, l.span.end)).collect::<Vec<_>>();
    diags.retain(|d| seen.insert((d.message.clone(), places(d))));
    diags
}

fn whole(session: &Session, module: Module<'_>) -> Result<Loaded, Diags> {
    let overrides = overrides(session)?;
    module.set("config", from_val(&overrides, module.heap()));
    *session.overrides.borrow_mut() = overrides;
    builtin::prepare(session, &module);
    let path = session.request.path.clone();
    run_file(session, &module, &path, None)?;
    undefined(session, &module);
    unknown_scatter(session)?;
    let mut rulefile = assemble::finish(session, &module);
    if !session.diags.borrow().is_empty() {
        return Err(Vec::new());
    }
    let (asked, environment) = session.system.seal();
    rulefile.environment = environment;
    rulefile.search = session.system.path();
    let expressions = expression::keep(session, &module)?;
    let functions = functions(session, module)?;
    if session.workdir.borrow().is_some() {
        session.ahead.borrow_mut().forget();
    }
    Ok(Loaded {
        expressions,
        rulefile,
        functions,
        reads: [session.reads.take(), asked].concat(),
        ahead: session.ahead.take(),
        directories: session.directories.take(),
        warnings: once(session.warnings.take()),
        notes: session.notes.take(),
    })
}

/// `--set-scatter` names what some `scattergather` does.
fn unknown_scatter(session: &Session) -> Result<(), Diags> {
    let known = session.scatter.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((name, n)) = session.request.scatter.iter().find(|(name, _)| !known.contains_key(name.as_str())) else {
        return Ok(());
    };
    let message = format!("`--set-scatter {name}={n}`: no `scattergather` of the Rulefile names `{name}`");
    let near = did_you_mean(name, known.keys().map(|name| &**name));
    let all = || known.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint = near.or_else(|| (!known.is_empty()).then(|| format!("it names {}", all())));
    Err(vec![Diag::error(Kind::Usage, message).maybe_hint(hint)])
}

/// `--configfile`s, then `--config`.
fn overrides(session: &Session) -> Result<Val, Diags> {
    let mut all = Val::Dict(Vec::new());
    for path in &session.request.configfiles {
        let over = config::read(path, &mut session.sources.borrow_mut()).map_err(|d| vec![d])?;
        let over = yte::filled(session, path, over)?;
        session.read(TrackedRead::File(path.as_str().into()));
        session.config_files.borrow_mut().push(format!("`{path}`"));
        config::merge(&mut all, &over);
    }
    for (key, value) in &session.request.config {
        config::merge(&mut all, &Val::Dict(vec![(Val::str(key.as_str()), value.clone())]));
    }
    if !session.request.config.is_empty() {
        session.config_files.borrow_mut().push("`--config`".into());
    }
    Ok(all)
}

/// An error of reading a file, without a place.
pub(super) fn unreadable(what: &str, path: &str, error: &std::io::Error) -> Diag {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => format!("the {what} `{path}` does not exist"),
        std::io::ErrorKind::InvalidData => format!("the {what} `{path}` is not UTF-8 text"),
        std::io::ErrorKind::IsADirectory => format!("the {what} `{path}` is a directory"),
        _ => format!("the {what} `{path}` cannot be read: {error}"),
    };
    Diag::error(Kind::Rulefile, why)
}

/// A file with a byte that no text has, at its place.
fn not_text(session: &Session, what: &str, path: &str, error: &std::string::FromUtf8Error) -> Diags {
    let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let shown = String::from_utf8_lossy(bytes).into_owned();
    let file = session.sources.borrow_mut().add(path, shown);
    let wide = char::REPLACEMENT_CHARACTER.len_utf8();
    let message = format!("the {what} `{path}` is not UTF-8 text: byte {at} is 0x{:02x}", bytes[at]);
    vec![Diag::at(Span::new(file, at, at + wide), message).hint("save it as UTF-8")]
}

/// Reads and evaluates a file; `at` is the directive that includes it.
pub(super) fn run_file<'v>(session: &Session, module: &Module<'v>, path: &str, at: Option<Span>) -> Result<(), Diags> {
    let placed = |diag: Diag| vec![at.iter().fold(diag, |d, span| d.label(*span, ""))];
    let what = if at.is_some() { "included file" } else { "Rulefile" };
    let bytes = std::fs::read(path).map_err(|e| placed(unreadable(what, path, &e)))?;
    let text = String::from_utf8(bytes).map_err(|e| not_text(session, what, path, &e))?;
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    {
        let mut open = session.open.borrow_mut();
        if open.iter().any(|(open, _)| *open == real) {
            return Err(placed(Diag::error(Kind::Rulefile, format!("`{path}` includes itself"))));
        }
        if open.len() > DEEPEST_INCLUDE {
            return Err(placed(Diag::error(
                Kind::Rulefile,
                format!("more than {DEEPEST_INCLUDE} includes in each other"),
            )));
        }
        open.push((real, path.to_owned()));
    }
    session.read(TrackedRead::File(path.into()));
    look_beside(session, path);
    if at.is_some() {
        builtin::prepare_workflow(session, module);
    }
    let file = session.sources.borrow_mut().add(path, text.as_str());
    let result = run_text(session, module, file, &text);
    session.open.borrow_mut().pop();
    if at.is_some() {
        builtin::prepare_workflow(session, module);
    }
    result
}

/// Imports find the Python files beside a file that was read.
fn look_beside(session: &Session, path: &str) {
    let directory = Path::new(path).parent().map(|directory| directory.to_string_lossy());
    let directory = builtin::absolute(directory.as_deref().filter(|d| !d.is_empty()).unwrap_or("."));
    session.system.change_path(|path| {
        if !path.contains(&directory) {
            path.insert(0, directory);
        }
    });
}

fn run_text<'v>(session: &Session, module: &Module<'v>, file: FileId, text: &str) -> Result<(), Diags> {
    if !text.contains("include:") || session.open.borrow().len() < 2 {
        let path = session.sources.borrow().get(file).path.clone();
        learn_classes(session, Path::new(&path), text, &mut LookAhead::default());
    }
    let tree = syntax::parse(file, text, session.base())?;
    run_tree(session, module, file, text, tree)
}

/// Evaluates a file that was parsed.
pub(super) fn run_tree<'v>(
    session: &Session,
    module: &Module<'v>,
    file: FileId,
    text: &str,
    tree: Tree,
) -> Result<(), Diags> {
    session.sheets.set(session.sheets.get() || text.contains("pandas") || text.contains("numpy"));
    session.decls.borrow_mut().extend(tree.rules.into_iter().map(Arc::new));
    session.directives.borrow_mut().extend(tree.directives.into_iter().map(Arc::new));
    session.uses.borrow_mut().extend(tree.uses.into_iter().map(Arc::new));
    session.definitions.borrow_mut().extend(tree.definitions);
    session.pieces.borrow_mut().extend(tree.pieces);
    let fields: Arc<[Span]> = tree.fields.into();
    // Names may come from an include yet to be read, here or in the including file.
    let unknown = match () {
        // A handler may ask for a name that is nowhere defined.
        () if text.contains("NameError") => Unknown::Taken,
        () if tree.includes || session.open.borrow().len() > 1 => Unknown::Later,
        () => Unknown::Error,
    };
    for chunk in tree.chunks {
        run_chunk(session, module, Origin { file, chunk, fields: fields.clone() }, unknown)?;
    }
    Ok(())
}

/// What the look for classes has come by.
#[derive(Default)]
struct LookAhead {
    /// The files.
    seen: Vec<PathBuf>,
    /// The directories that lines are going to add to `sys.path`.
    places: Vec<String>,
}

/// Notes the classes of a file and of those that it is going to include or import: what
/// their objects are asked is written otherwise.
fn learn_classes(session: &Session, path: &Path, text: &str, ahead: &mut LookAhead) {
    ahead.seen.push(path.to_path_buf());
    if text.contains("class ") && !session.classes.borrow().contains(text) {
        session.classes.borrow_mut().push_str(text);
    }
    for line in text.lines().map(|line| line.split('#').next().unwrap_or("").trim()) {
        let named = match line.strip_prefix("include:") {
            Some(name) => included(path, name.trim().trim_matches(['"', '\''])).into_iter().collect(),
            None => {
                ahead.places.extend(local::places_named(session, path, line));
                local::named(session, path, line, &ahead.places)
            }
        };
        for file in named {
            // What cannot be read is told where it is included or imported.
            if let (false, Ok(text)) = (ahead.seen.contains(&file), std::fs::read_to_string(&file)) {
                learn_classes(session, &file, &text, ahead);
            }
        }
    }
}

/// The file that an `include:` names, if it is written out.
fn included(path: &Path, name: &str) -> Option<PathBuf> {
    let plain = !name.is_empty() && !name.contains(['{', '"', '\'', '(']);
    plain.then(|| path.parent().unwrap_or(Path::new("")).join(name))
}

/// What a name is that is not known yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Error,
    /// It may come from a file that is read later.
    Later,
    /// An error only where it is asked for.
    Taken,
}

fn run_chunk<'v>(session: &Session, module: &Module<'v>, origin: Origin, names: Unknown) -> Result<(), Diags> {
    let index = session.origins.borrow().len();
    let name = index.to_string();
    let mut chunk: Chunk = origin.chunk.clone();
    session.origins.borrow_mut().push(origin);
    loop {
        let error = match eval_text(session, module, &name, chunk.text.clone()) {
            Ok(_) => return builtin::truth_asked().map_or(Ok(()), |class| Err(vec![of_truth(session, &class)])),
            Err(error) => error,
        };
        let unknown = match error.kind() {
            ErrorKind::Scope(e) => unknown_name(&e.to_string()),
            _ => None,
        };
        if unknown.as_ref().is_some_and(|name| builtin::imported(session, module, name)) {
            continue;
        }
        let unknown = unknown.filter(|name| names != Unknown::Error && !is_pythons(name));
        if unknown.is_none() && leave_to_python(session, module, &mut chunk, &error) {
            session.origins.borrow_mut()[index].chunk = chunk.clone();
            continue;
        }
        let Some(unknown) = unknown else { return Err(diagnose(session, module, &error)) };
        let scene = Scene { origins: &session.origins.borrow(), ..Scene::default() };
        if let Some(span) = error.span().and_then(|s| scene.place(s)).filter(|_| names == Unknown::Later) {
            session.expected.borrow_mut().push((unknown.as_str().into(), span));
        }
        chunk.declare(&unknown);
    }
}

/// The error of an object that was taken for true or false though its class has a
/// `__len__`, which nobody asks then.
fn of_truth(session: &Session, class: &str) -> Diag {
    let message = format!("an object of `{class}` is asked whether it is true, which its `__len__` cannot say here");
    let diag = Diag::error(Kind::Rulefile, message).hint("write `len(x) > 0`");
    let definitions = session.definitions.borrow();
    let defined = definitions.iter().find(|definition| *definition.name == *class);
    defined.into_iter().fold(diag, |diag, definition| diag.label(definition.span, "the class is here"))
}

/// A definition that Starlark refuses is left to Python; whether that helps.
fn leave_to_python(session: &Session, module: &Module, chunk: &mut Chunk, error: &starlark::Error) -> bool {
    let text = error.without_diagnostic().to_string();
    if !matches!(error.kind(), ErrorKind::Parser(_) | ErrorKind::Scope(_)) || is_no_number(&text) {
        return false;
    }
    let scene = Scene { origins: &session.origins.borrow(), ..Scene::default() };
    let Some(place) = error.span().and_then(|s| scene.place(s)) else { return false };
    let Some(number) = session.definition_at(place) else { return false };
    let unknown = match error.kind() {
        ErrorKind::Scope(_) => unknown_name(&text),
        _ if text.contains("indentation") => return false,
        _ => None,
    };
    let refused = diagnose(session, module, error);
    let any_name = session.pieces.borrow().iter().any(|p| p.names.is_empty());
    let definition = &mut session.definitions.borrow_mut()[number];
    definition.refused = refused;
    definition.faulty = unknown.is_some_and(|name| !is_pythons(&name)) && !any_name;
    chunk.stand_in(number, &stand_in(&definition.name, number))
}

/// The name that a message of Starlark's resolver is about.
fn unknown_name(message: &str) -> Option<String> {
    let rest = message.strip_prefix("Variable `")?;
    let (name, rest) = rest.split_once('`')?;
    rest.contains("not found").then(|| name.to_owned())
}

/// Evaluates a text; gives what its last line stands for.
pub(super) fn eval_text<'v>(
    session: &Session,
    module: &Module<'v>,
    name: &str,
    text: String,
) -> starlark::Result<Value<'v>> {
    let ast = AstModule::parse(name, text, &DIALECT)?;
    let mut eval = Evaluator::new(module);
    eval.extra = Some(session);
    // Marks and includes rely on values staying where they are.
    eval.disable_gc();
    limits::set(&mut eval, limits::Depth::Deep)?;
    let reached = limits::watch(&mut eval);
    eval.eval_module(ast, builtin::globals()).map_err(|error| reached.placed(error))
}

pub(super) fn diagnose(session: &Session, module: &Module, error: &starlark::Error) -> Diags {
    let config = module.get("config").and_then(|v| super::convert::to_val(v, module.heap(), &mut |_| Ok(FnId(0))).ok());
    let names = known_names(module);
    let origins = session.origins.borrow();
    let config_files = session.config_files.borrow();
    let starred = session.starred.borrow();
    // Before anything is evaluated, a module has names that cannot be asked for.
    let keys = lacks_key(error).then(|| Keys::of(module));
    let scene = Scene {
        origins: &origins,
        names: &names,
        config: config.as_ref(),
        config_files: &config_files,
        starred: &starred,
        keys: keys.as_ref(),
    };
    explain(error, &scene)
}

fn known_names(module: &Module) -> Vec<String> {
    let own = module.names().map(|n| n.as_str().to_owned()).filter(|n| !n.contains('#'));
    let built_in = builtin::globals().names().map(|n| n.as_str().to_owned()).filter(|n| !n.starts_with('_'));
    own.chain(built_in).collect()
}

/// Names that were expected from a later include, which never came.
pub(super) fn undefined(session: &Session, module: &Module) {
    for (name, span) in session.expected.borrow().iter() {
        // What a function lacks is found out if it is called.
        if module.get(name).is_none() && session.definition_at(*span).is_none() {
            let names = known_names(module);
            let known = names.iter().map(String::as_str).filter(|n| *n != &**name);
            let hint = gave_nothing(&session.starred.borrow()).or_else(|| did_you_mean(name, known));
            session.fail(Diag::at(*span, format!("`{name}` is not defined")).maybe_hint(hint));
        }
    }
}

/// Freezes the module of a Rulefile.
pub(super) fn freeze(module: Module<'_>, path: &str) -> Result<FrozenModule, Diags> {
    let name = FrozenHeapName::User(Box::new(path.to_owned()));
    module.freeze_named(name).map_err(|e| unkept(e.err_msg))
}

fn unkept(why: String) -> Diags {
    vec![Diag::error(Kind::Rulefile, format!("the functions cannot be kept: {why}"))]
}

/// The functions kept from the `first` on, as the module holds them; those of
/// modules within were taken before.
pub(super) fn collect(session: &Session, frozen: &FrozenModule, first: usize) -> Result<(), Diags> {
    let mut all = session.frozen.borrow_mut();
    for id in (first..session.functions.borrow().len()).map(|i| FnId(i as u32)) {
        if let Entry::Vacant(free) = all.entry(id) {
            let (value, _) = frozen.get_any_visibility(&slot(id)).map_err(|e| unkept(e.to_string()))?;
            free.insert(value);
        }
    }
    Ok(())
}

fn functions(session: &Session, module: Module<'_>) -> Result<Functions, Diags> {
    let keys = Keys::of(&module);
    if !session.functions.borrow().is_empty() {
        let frozen = freeze(module, &session.request.path)?;
        collect(session, &frozen, 0)?;
    }
    let info = session.functions.take();
    let mut all: Vec<_> = session.frozen.take().into_iter().collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let all = all.into_iter().map(|(_, value)| value).collect();
    Ok(Functions::new(all, info, session.origins.take(), keys))
}

/// A path named in a file, which is relative to that file.
pub(super) fn beside(session: &Session, file: FileId, path: &str) -> String {
    let including = session.sources.borrow().get(file).path.clone();
    match Path::new(&including).parent() {
        Some(dir) if !path.starts_with('/') => dir.join(path).to_string_lossy().into_owned(),
        _ => path.to_owned(),
    }
}
