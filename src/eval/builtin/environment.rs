//! The pure part of Python's `os` and `os.path`, and tracked questions to the
//! system: whether a path is there, what a variable holds.

use super::glob::{is_there, passed_over};
use crate::diag::{Diag, Kind};
use crate::eval::TrackedRead;
use crate::eval::deferred::Reader;
use crate::eval::exception::{throw, thrown};
use crate::eval::fault::{fault, hinted};
use crate::eval::missing::Missing;
use crate::eval::pure_path::{self, cut, path_text};
use crate::eval::session::Session;
use crate::eval::system::System;
use crate::files;
use crate::path::normal;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// `os`, with `os.path` in it; `os.environ` belongs to one load.
pub(super) fn os(builder: &mut GlobalsBuilder) {
    functions(builder);
    builder.namespace("path", path);
}

/// Notes a directory that a run is to make.
pub(in crate::eval) fn make_dir<'v>(name: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<NoneType> {
    let session = Session::loading(eval, "os.makedirs")?;
    let path = path_text(name).ok_or_else(|| fault("a directory is named by a path"))?;
    session.directories.borrow_mut().push(path.to_owned());
    Ok(NoneType)
}

/// A path in which `~` is the home of the user.
pub(in crate::eval) fn home(path: &str, eval: &Evaluator) -> starlark::Result<String> {
    if path != "~" && !path.starts_with("~/") {
        return Ok(path.to_owned());
    }
    let session = Session::loading(eval, "expanduser")?;
    let home = session.system.variable("HOME").unwrap_or_else(|| "~".to_owned());
    Ok(format!("{home}{}", &path[1..]))
}

fn or_default<'v>(found: Option<String>, default: Option<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
    found.map_or_else(|| default.unwrap_or_else(Value::new_none), |text| heap.alloc_str(&text).to_value())
}

pub(in crate::eval) fn absolute(path: &str) -> String {
    let whole = std::path::absolute(path).map(|p| p.to_string_lossy().into_owned());
    normpath_of(&whole.unwrap_or_else(|_| path.to_owned()))
}

/// Python's `normpath`: also takes `x/..` away.
fn normpath_of(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|s| !s.is_empty() && *s != ".") {
        match (step, steps.last()) {
            ("..", Some(last)) if *last != ".." => drop(steps.pop()),
            ("..", None) if rooted => {}
            _ => steps.push(step),
        }
    }
    match (rooted, steps.is_empty()) {
        (true, _) => format!("/{}", steps.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => steps.join("/"),
    }
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn getcwd() -> starlark::Result<String> {
        let here = std::env::current_dir().map_err(|e| fault(format!("the current directory: {e}")))?;
        Ok(here.to_string_lossy().into_owned())
    }

    fn getenv<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(default = NoneOr::None)] default: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let found = match Session::of(eval) {
            Some(session) => session.system.variable(name),
            None => std::env::var(name).ok(),
        };
        Ok(or_default(found, default.into_option(), eval.heap()))
    }

    fn listdir<'v>(
        #[starlark(default = NoneOr::None)] directory: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let directory = directory.into_option().map_or(".".to_owned(), |path| path.to_str());
        let names = entries(&directory, "os.listdir", eval)?;
        Ok(eval.heap().alloc(names))
    }

    /// All directories below one, with the names of what is in them.
    fn walk<'v>(
        top: Value<'v>,
        #[starlark(default = true)] topdown: bool,
        #[starlark(default = NoneOr::None)] onerror: NoneOr<Value<'v>>,
        #[starlark(default = false)] followlinks: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if onerror.into_option().is_some() {
            return Err(hinted("`os.walk` asks no function about errors here", "leave `onerror` out"));
        }
        let mut found = Vec::new();
        walked(top.to_str(), Order { topdown, followlinks }, eval, &mut found)?;
        let heap = eval.heap();
        let row =
            |(directory, below, names): Row| AllocTuple([heap.alloc(directory), heap.alloc(below), heap.alloc(names)]);
        Ok(heap.alloc(AllocList(found.into_iter().map(row))))
    }

    /// A run makes them before its first job.
    fn makedirs<'v>(
        #[starlark(require = pos)] name: Value<'v>,
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        make_dir(name, eval)
    }

    fn mkdir<'v>(
        #[starlark(require = pos)] name: Value<'v>,
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        make_dir(name, eval)
    }
}

/// `os.environ`. Every answer is tracked.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("os.environ")]
#[allocative(skip)]
pub(super) struct Environ(System);

starlark_simple_value!(Environ);

impl Environ {
    pub(super) fn new(system: System) -> Environ {
        Environ(system)
    }

    /// Sets a variable of all that runs.
    fn set<'v>(&self, name: Value<'v>, value: Value<'v>) -> starlark::Result<()> {
        let texts = name.unpack_str().zip(value.unpack_str());
        let Some((name, text)) = texts else {
            let odd = if name.unpack_str().is_some() { value } else { name };
            let why = format!("variables of the environment are texts, this is a value of type `{}`", odd.get_type());
            return Err(throw("TypeError", Diag::error(Kind::Rulefile, why).hint("write `str(...)` around it")));
        };
        if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
            return Err(thrown("ValueError", format!("the environment has no variable `{name}` with this value")));
        }
        self.put(name, Some(text))
    }

    fn put(&self, name: &str, text: Option<&str>) -> starlark::Result<()> {
        match self.0.set(name, text) {
            true => Ok(()),
            false => Err(hinted(
                "variables of the environment are set while the Rulefile is read, not by a function of a job",
                format!("write `env: {name} = ...` in the rule"),
            )),
        }
    }

    /// `del os.environ[name]`
    pub(super) fn delete(&self, name: Value) -> starlark::Result<()> {
        match name.unpack_str().filter(|name| self.0.variable(name).is_some()) {
            Some(name) => self.put(name, None),
            None => Err(thrown("KeyError", format!("the environment variable `{}` is not set", name.to_str()))),
        }
    }
}

#[starlark_value(type = "environ")]
impl<'v> StarlarkValue<'v> for Environ {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = environ);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let name = index.unpack_str().unwrap_or("");
        let found = self.0.variable(name).map(|text| heap.alloc_str(&text).to_value());
        found.ok_or_else(|| {
            let hint = format!("set it before rulemake is started, or write `os.environ.get(\"{name}\", DEFAULT)`");
            let message = format!("the environment variable `{name}` is not set");
            throw("KeyError", Diag::error(Kind::Rulefile, message).hint(hint))
        })
    }

    fn set_at(&self, index: Value<'v>, value: Value<'v>) -> starlark::Result<()> {
        self.set(index, value)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(self.0.variable(other.unpack_str().unwrap_or("")).is_some())
    }
}

#[starlark_module]
fn environ(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Environ,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(or_default(this.0.variable(name), default, heap))
    }

    fn setdefault<'v>(
        this: &Environ,
        #[starlark(require = pos)] name: Value<'v>,
        #[starlark(require = pos)] value: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match name.unpack_str().and_then(|name| this.0.variable(name)) {
            Some(found) => Ok(heap.alloc(found)),
            None => this.set(name, value).map(|()| value),
        }
    }

    fn pop<'v>(
        this: &Environ,
        #[starlark(require = pos)] name: Value<'v>,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match (name.unpack_str().and_then(|name| this.0.variable(name)), default) {
            (None, Some(default)) => Ok(default),
            (found, _) => this.delete(name).map(|()| or_default(found, None, heap)),
        }
    }

    fn update<'v>(
        this: &Environ,
        #[starlark(require = pos)] from: Option<DictRef<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<NoneType> {
        from.iter().flat_map(|dict| dict.iter()).try_for_each(|(name, value)| this.set(name, value))?;
        named.into_iter().try_for_each(|(name, value)| this.set(heap.alloc(name), value))?;
        Ok(NoneType)
    }
}

#[starlark_module]
fn path(builder: &mut GlobalsBuilder) {
    fn join(
        #[starlark(require = pos)] first: Value<'_>,
        #[starlark(args)] rest: UnpackTuple<Value<'_>>,
    ) -> starlark::Result<String> {
        let wanted = |part: &Value| {
            path_text(*part).map(str::to_owned).ok_or_else(|| {
                let why = format!("`os.path.join` wants paths, this is a value of type `{}`", part.get_type());
                throw("TypeError", Diag::error(Kind::Rulefile, why))
            })
        };
        let mut out = wanted(&first)?;
        for part in &rest.items {
            let part = wanted(part)?;
            if part.starts_with('/') {
                out.clear();
            } else if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(&part);
        }
        Ok(out)
    }

    fn basename(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(cut(&path.to_str()).1.to_owned())
    }

    fn dirname(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(cut(&path.to_str()).0.to_owned())
    }

    fn split(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<(String, String)> {
        let path = path.to_str();
        let (head, tail) = cut(&path);
        Ok((head.to_owned(), tail.to_owned()))
    }

    fn splitext(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<(String, String)> {
        let path = path.to_str();
        let (stem, suffix) = pure_path::splitext(&path);
        Ok((stem.to_owned(), suffix.to_owned()))
    }

    fn exists<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        is_found(&path.to_str(), eval)
    }

    fn isfile<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        let path = &*path.to_str();
        Ok(is_there(path, eval)? && !is_directory(path, eval)?)
    }

    fn isdir<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        is_dir(&path.to_str(), eval)
    }

    fn abspath(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(absolute(&path.to_str()))
    }

    fn realpath(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(absolute(&path.to_str()))
    }

    fn normpath(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(normpath_of(&path.to_str()))
    }

    fn isabs(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<bool> {
        Ok(path.to_str().starts_with('/'))
    }
}

/// The size of a file in bytes. That it is there is tracked.
pub(super) fn listed_size(path: &str, eval: &Evaluator) -> starlark::Result<i64> {
    let reader = Reader::of(eval, "os.path.getsize")?;
    if !is_there(path, eval)? {
        reader.missed(&reader.in_workdir(path));
        let why = format!("`{path}` is not there");
        return Err(throw("FileNotFoundError", Diag::error(Kind::Rulefile, why)));
    }
    let meta = std::fs::metadata(reader.in_workdir(path)).map_err(|e| fault(format!("`{path}`: {e}")))?;
    reader.read(TrackedRead::File(path.into()));
    Ok(meta.len() as i64)
}

/// What is known of a file: its size; its time stamps are refused where they are asked for.
///
/// # Errors
/// If it is not there.
pub(in crate::eval) fn stat<'v>(path: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let refused = ["st_mtime", "st_atime", "st_ctime", "st_birthtime"];
    let times = refused.map(|name| (name, heap.alloc(Missing::of_module(&format!("os.stat.{name}")))));
    let size = ("st_size", heap.alloc(listed_size(path, eval)?));
    Ok(heap.alloc(AllocStruct(std::iter::once(size).chain(times))))
}

/// The names of what is in a directory, in order.
///
/// # Errors
/// Python's own if there is no such directory, for what may lack it.
pub(in crate::eval) fn entries(directory: &str, what: &str, eval: &Evaluator) -> starlark::Result<Vec<String>> {
    if is_promised(directory, eval) && !is_there(directory, eval)? {
        return Ok(Vec::new());
    }
    if !is_directory(directory, eval)? {
        let reader = Reader::of(eval, what)?;
        reader.missed(&reader.in_workdir(directory));
        let why = format!("there is no directory `{directory}` to list");
        return Err(throw("FileNotFoundError", Diag::error(Kind::Rulefile, why)));
    }
    Ok(listed(directory, what, eval)?.into_iter().map(|found| found.name).collect())
}

fn listed(directory: &str, what: &str, eval: &Evaluator) -> starlark::Result<Vec<files::Listed>> {
    let reader = Reader::of(eval, what)?;
    let mut not_utf8 = files::NotUtf8::default();
    let found = files::listing(&reader.in_workdir(directory), &mut not_utf8)
        .map_err(|e| fault(format!("`{directory}` cannot be listed: {e}")))?;
    reader.read(TrackedRead::Glob(format!("{directory}/*").into(), found.len()));
    passed_over(&not_utf8, &reader, eval);
    Ok(found)
}

/// A directory, and the names of directories and of files in it.
type Row = (String, Vec<String>, Vec<String>);

/// How `os.walk` goes.
#[derive(Clone, Copy)]
struct Order {
    topdown: bool,
    followlinks: bool,
}

/// `os.walk`: there is nothing where there is no directory.
fn walked(directory: String, order: Order, eval: &Evaluator, found: &mut Vec<Row>) -> starlark::Result<()> {
    if !is_directory(&directory, eval)? {
        found.extend(is_promised(&directory, eval).then(|| (directory, Vec::new(), Vec::new())));
        return Ok(());
    }
    let (below, names): (Vec<_>, Vec<_>) = listed(&directory, "os.walk", eval)?.into_iter().partition(|l| l.is_dir);
    let entered = below.iter().filter(|l| order.followlinks || !l.is_link);
    let slash = if directory.ends_with('/') { "" } else { "/" };
    let entered: Vec<String> = entered.map(|l| format!("{directory}{slash}{}", l.name)).collect();
    let named = |all: Vec<files::Listed>| all.into_iter().map(|l| l.name).collect();
    let row = (directory, named(below), named(names));
    if order.topdown {
        found.push(row);
        return entered.into_iter().try_for_each(|path| walked(path, order, eval, found));
    }
    entered.into_iter().try_for_each(|path| walked(path, order, eval, found))?;
    found.push(row);
    Ok(())
}

/// Whether a path is there, or will be when the first job starts.
pub(in crate::eval) fn is_found(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    Ok(is_there(path, eval)? || is_promised(path, eval))
}

/// Whether a path is a directory, or will be one when the first job starts.
pub(in crate::eval) fn is_dir(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    Ok(is_there(path, eval)? && is_directory(path, eval)? || is_promised(path, eval))
}

/// Whether a run is to make a directory, or one below it.
fn is_promised(path: &str, eval: &Evaluator) -> bool {
    let path = normal(path);
    let promised = |directory: &String| {
        let directory = normal(directory);
        directory.strip_prefix(&*path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    Session::of(eval).is_some_and(|session| session.directories.borrow().iter().any(promised))
}

pub(in crate::eval) fn is_directory(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    let reader = Reader::of(eval, "os.path")?;
    let stat = files::stat(&reader.in_workdir(path)).map_err(|e| fault(format!("`{path}`: {e}")))?;
    Ok(stat.kind == files::Kind::Dir)
}
