//! The pure part of Python's `os` and `os.path`, and tracked questions to the
//! system: whether a path is there, what a variable holds.

use super::glob::is_there;
use crate::eval::TrackedRead;
use crate::eval::deferred::Reader;
use crate::eval::fault::{fault, hinted};
use crate::eval::pure_path::{self, cut};
use crate::eval::session::Asked;
use crate::eval::session::Session;
use crate::files;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::PoisonError;

/// `os`, with `os.path` in it; `os.environ` belongs to one load.
pub(super) fn os(builder: &mut GlobalsBuilder) {
    functions(builder);
    builder.namespace("path", path);
}

/// `os` of one load: with an `os.environ` that tells it what was asked for.
pub(super) fn with_environ<'v>(os: Value<'v>, asked: Asked, heap: Heap<'v>) -> Value<'v> {
    let member = |name: String| Some((name.clone(), os.get_attr(&name, heap).ok()??));
    let members = os.dir_attr().into_iter().filter_map(member);
    let environ = heap.alloc(Environ(asked));
    heap.alloc(AllocStruct(members.chain([("environ".to_owned(), environ)]).collect::<Vec<_>>()))
}

/// A variable of the environment, tracked.
fn variable(name: &str, asked: &Asked) -> Option<String> {
    let found = std::env::var(name).ok();
    let read = TrackedRead::Env(name.into(), found.as_deref().map(Into::into));
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    if !asked.contains(&read) {
        asked.push(read);
    }
    found
}

fn or_default<'v>(found: Option<String>, default: Option<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
    found.map_or_else(|| default.unwrap_or_else(Value::new_none), |text| heap.alloc_str(&text).to_value())
}

fn absolute(path: &str) -> String {
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
            Some(session) => variable(name, &session.asked),
            None => std::env::var(name).ok(),
        };
        Ok(or_default(found, default.into_option(), eval.heap()))
    }

    fn listdir<'v>(
        #[starlark(default = ".")] directory: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let names = listed(directory, "os.listdir", eval)?;
        Ok(eval.heap().alloc(names))
    }

    /// All directories below one, with the names of what is in them.
    fn walk<'v>(#[starlark(require = pos)] top: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let mut found = Vec::new();
        let mut open = vec![top.to_owned()];
        while let Some(directory) = open.pop() {
            let (mut below, mut names) = (Vec::new(), Vec::new());
            for name in listed(&directory, "os.walk", eval)? {
                let path = format!("{}/{name}", directory.trim_end_matches('/'));
                if is_directory(&path, eval)? { below.push(name) } else { names.push(name) }
            }
            open.extend(below.iter().rev().map(|name| format!("{}/{name}", directory.trim_end_matches('/'))));
            found.push((directory, below, names));
        }
        let heap = eval.heap();
        let row = |(directory, below, names): (String, Vec<String>, Vec<String>)| {
            AllocTuple([heap.alloc(directory), heap.alloc(below), heap.alloc(names)])
        };
        Ok(heap.alloc(AllocList(found.into_iter().map(row))))
    }

    fn makedirs<'v>(
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: starlark::collections::SmallMap<String, Value<'v>>,
    ) -> starlark::Result<Value<'v>> {
        Err(hinted(
            "a Rulefile makes no directories while it is read",
            "the directories of outputs and logs are made for each job",
        ))
    }
}

/// `os.environ`. Every answer is tracked.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("os.environ")]
#[allocative(skip)]
struct Environ(Asked);

starlark_simple_value!(Environ);

#[starlark_value(type = "environ")]
impl<'v> StarlarkValue<'v> for Environ {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = environ);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let name = index.unpack_str().unwrap_or("");
        let found = variable(name, &self.0).map(|text| heap.alloc_str(&text).to_value());
        found.ok_or_else(|| {
            let hint = format!("set it before rulemake is started, or write `os.environ.get(\"{name}\", DEFAULT)`");
            hinted(format!("the environment variable `{name}` is not set"), hint)
        })
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(variable(other.unpack_str().unwrap_or(""), &self.0).is_some())
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
        Ok(or_default(variable(name, &this.0), default, heap))
    }
}

#[starlark_module]
fn path(builder: &mut GlobalsBuilder) {
    fn join(
        #[starlark(require = pos)] first: &str,
        #[starlark(args)] rest: UnpackTuple<&str>,
    ) -> starlark::Result<String> {
        let mut out = first.to_owned();
        for part in &rest.items {
            if part.starts_with('/') {
                out.clear();
            } else if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(part);
        }
        Ok(out)
    }

    fn basename(#[starlark(require = pos)] path: &str) -> starlark::Result<String> {
        Ok(cut(path).1.to_owned())
    }

    fn dirname(#[starlark(require = pos)] path: &str) -> starlark::Result<String> {
        Ok(cut(path).0.to_owned())
    }

    fn split(#[starlark(require = pos)] path: &str) -> starlark::Result<(String, String)> {
        let (head, tail) = cut(path);
        Ok((head.to_owned(), tail.to_owned()))
    }

    fn splitext(#[starlark(require = pos)] path: &str) -> starlark::Result<(String, String)> {
        let (stem, suffix) = pure_path::splitext(path);
        Ok((stem.to_owned(), suffix.to_owned()))
    }

    fn exists<'v>(#[starlark(require = pos)] path: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        is_there(path, eval)
    }

    fn isfile<'v>(#[starlark(require = pos)] path: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        Ok(is_there(path, eval)? && !is_directory(path, eval)?)
    }

    fn isdir<'v>(#[starlark(require = pos)] path: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        Ok(is_there(path, eval)? && is_directory(path, eval)?)
    }

    fn abspath(#[starlark(require = pos)] path: &str) -> starlark::Result<String> {
        Ok(absolute(path))
    }

    fn realpath(#[starlark(require = pos)] path: &str) -> starlark::Result<String> {
        Ok(absolute(path))
    }

    fn normpath(#[starlark(require = pos)] path: &str) -> starlark::Result<String> {
        Ok(normpath_of(path))
    }

    fn isabs(#[starlark(require = pos)] path: &str) -> starlark::Result<bool> {
        Ok(path.starts_with('/'))
    }
}

/// The names of what is in a directory, in order.
fn listed(directory: &str, what: &str, eval: &Evaluator) -> starlark::Result<Vec<String>> {
    let reader = Reader::of(eval, what)?;
    let glob = format!("{}/*", globset::escape(reader.in_workdir(directory).trim_end_matches('/')));
    let found = files::glob::paths(&glob).map_err(|e| fault(format!("`{directory}` cannot be listed: {e}")))?;
    reader.read(TrackedRead::Glob(format!("{directory}/*").into(), found.paths.len()));
    Ok(found.paths.iter().map(|p| cut(p).1.to_owned()).collect())
}

fn is_directory(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    let reader = Reader::of(eval, "os.path")?;
    let stat = files::stat(&reader.in_workdir(path)).map_err(|e| fault(format!("`{path}`: {e}")))?;
    Ok(stat.kind == files::Kind::Dir)
}
