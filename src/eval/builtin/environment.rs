//! The pure part of Python's `os` and `os.path`, and tracked questions to the
//! system: whether a path is there, what a variable holds.

use super::glob::is_there;
use crate::eval::TrackedRead;
use crate::eval::deferred::Reader;
use crate::eval::fault::{fault, hinted};
use crate::eval::session::Session;
use crate::files;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::UnpackTuple;

/// `os`, with `os.path` and `os.environ` in it.
pub(super) fn os(builder: &mut GlobalsBuilder) {
    functions(builder);
    builder.namespace("path", path);
    builder.namespace("environ", environ);
}

fn cut(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        Some(i) => {
            let head = path[..i].trim_end_matches('/');
            (if head.is_empty() { &path[..=i] } else { head }, &path[i + 1..])
        }
        None => ("", path),
    }
}

fn variable<'v>(name: &str, default: Option<Value<'v>>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let session = Session::loading(eval, "os.environ")?;
    let found = std::env::var(name).ok();
    session.read(TrackedRead::Env(name.into(), found.as_deref().map(Into::into)));
    Ok(match found {
        Some(text) => eval.heap().alloc_str(&text).to_value(),
        None => default.unwrap_or_else(Value::new_none),
    })
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
        variable(name, default.into_option(), eval)
    }

    fn listdir<'v>(
        #[starlark(default = ".")] directory: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let reader = Reader::of(eval, "os.listdir")?;
        let glob = format!("{}/*", globset::escape(reader.in_workdir(directory).trim_end_matches('/')));
        let found = files::glob::paths(&glob).map_err(|e| fault(format!("`{directory}` cannot be listed: {e}")))?;
        reader.read(TrackedRead::Glob(format!("{directory}/*").into(), found.paths.len()));
        Ok(eval.heap().alloc(AllocList(found.paths.iter().map(|p| cut(p).1))))
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

#[starlark_module]
fn environ(builder: &mut GlobalsBuilder) {
    fn get<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        variable(name, default, eval)
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
        let name = cut(path).1;
        let dots = name.len() - name.trim_start_matches('.').len();
        let at = name[dots..].rfind('.').map_or(path.len(), |i| path.len() - name.len() + dots + i);
        Ok((path[..at].to_owned(), path[at..].to_owned()))
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

fn is_directory(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    let reader = Reader::of(eval, "os.path")?;
    let stat = files::stat(&reader.in_workdir(path)).map_err(|e| fault(format!("`{path}`: {e}")))?;
    Ok(stat.kind == files::Kind::Dir)
}
