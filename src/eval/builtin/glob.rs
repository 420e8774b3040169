//! What is on disk while the Rulefile is read: `glob_wildcards`, `glob`,
//! `exists`. Every answer is a tracked read.

use super::expand::{literal, texts};
use crate::diag::{Diag, Kind};
use crate::eval::TrackedRead;
use crate::eval::deferred::Reader;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::eval::mark::{Mark, Marks};
use crate::eval::wildcards::Wildcards;
use crate::files::{self, Texts};
use crate::path::normal;
use crate::pattern::Pattern;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::borrow::Cow;

/// The values of wildcards, one list each, by name and by position.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("Wildcards({})", _0.iter().map(|(n, v)| format!("{n}={:?}", v.iter().collect::<Vec<_>>())).collect::<Vec<_>>().join(", "))]
#[allocative(skip)]
struct Columns(Vec<(Box<str>, Texts)>);

starlark_simple_value!(Columns);

/// What `glob_wildcards` gave, as a dict of lists; none if a value is not that.
pub(super) fn plain(value: Value) -> Option<Val> {
    let columns = Columns::from_value(value)?;
    let column =
        |(name, values): &(Box<str>, Texts)| (Val::str(&**name), Val::List(values.iter().map(Val::str).collect()));
    Some(Val::Dict(columns.0.iter().map(column).collect()))
}

/// The names of the wildcards of what `glob_wildcards` gave.
pub(super) fn names<'v>(value: Value<'v>) -> Option<impl Iterator<Item = &'v str>> {
    Columns::from_value(value).map(|columns| columns.0.iter().map(|(name, _)| &**name))
}

fn list<'v>(values: &Texts, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(AllocList(values.iter()))
}

#[starlark_value(type = "glob_wildcards")]
impl<'v> StarlarkValue<'v> for Columns {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if name == "_fields" {
            return Some(heap.alloc(AllocTuple(self.0.iter().map(|(n, _)| &**n).collect::<Vec<_>>())));
        }
        self.0.iter().find(|(n, _)| **n == *name).map(|(_, v)| list(v, heap))
    }

    fn dir_attr(&self) -> Vec<String> {
        self.0.iter().map(|(n, _)| n.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let at = index.unpack_i32().map(|i| if i < 0 { i64::from(i) + self.0.len() as i64 } else { i64::from(i) });
        let found = at.and_then(|at| self.0.get(usize::try_from(at).ok()?));
        found.map(|(_, v)| list(v, heap)).ok_or_else(|| {
            fault(format!("there is no element `[{}]`: the pattern has {} wildcards", index.to_str(), self.0.len()))
        })
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.0.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.0.iter().map(|(_, v)| list(v, heap)).collect())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn _asdict<'v>(this: &Columns, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocDict(this.0.iter().map(|(name, values)| (&**name, list(values, heap))))))
    }
}

/// A pattern as seen from the current directory.
fn pattern(text: &str, reader: &Reader<'_>) -> starlark::Result<Pattern> {
    let text = normal(text);
    let root = reader.root().replace('{', "{{").replace('}', "}}");
    let placed = match root.is_empty() || text.starts_with('/') {
        true => text.to_string(),
        false => format!("{root}/{text}"),
    };
    Pattern::parse(&placed).map_err(|e| {
        let message = format!("`{text}` is no pattern: {}", e.message);
        e.hint.map_or_else(|| fault(message.clone()), |h| hinted(message.clone(), h))
    })
}

/// Paths that are given rather than searched for.
type Given<'v> = Vec<(Cow<'v, str>, Mark)>;

fn wildcards<'v>(text: &str, given: Option<Given<'v>>, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Columns> {
    let reader = Reader::of(eval, "glob_wildcards")?;
    let pattern = pattern(text, &reader)?;
    if pattern.names().is_empty() {
        return Err(hinted(format!("`{text}` has no wildcard"), "write one in braces, such as `data/{sample}.txt`"));
    }
    let found = match given {
        Some(given) => {
            let files: Vec<String> = given.into_iter().map(|(t, _)| reader.in_workdir(&t)).collect();
            files::glob::wildcards_of(&pattern, &files)
        }
        None => {
            let found = reader.ahead(|ahead| files::glob::wildcards(&pattern, ahead));
            let found = found.map_err(|e| fault(format!("`{text}` cannot be searched: {e}")))?;
            reader.read(TrackedRead::Glob(text.into(), found.count));
            found
        }
    };
    passed_over(&found.not_utf8, &reader, eval);
    Ok(Columns(found.names.into_iter().zip(found.values).collect()))
}

/// The files that a pattern finds, each with its wildcards.
pub(super) fn with_wildcards<'v>(text: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let Columns(columns) = wildcards(text, None, eval)?;
    let pattern = Pattern::parse(text).map_err(|e| fault(e.message))?;
    let (heap, marks) = (eval.heap(), Marks::of(eval));
    let count = columns.first().map_or(0, |(_, values)| values.iter().count());
    let mut lists: Vec<_> = columns.iter().map(|(name, values)| (name, values.iter())).collect();
    let rows = (0..count).map(|_| {
        let row: Vec<(Box<str>, Box<str>)> =
            lists.iter_mut().filter_map(|(name, values)| Some(((*name).clone(), values.next()?.into()))).collect();
        let mut path = String::new();
        let names = pattern.names();
        pattern.fill(&mut path, |i| row.iter().find(|(name, _)| *name == names[i]).map_or("", |(_, value)| value));
        AllocTuple([literal(&path, Mark::default(), marks, heap), heap.alloc(Wildcards(row))])
    });
    Ok(heap.alloc(AllocList(rows.collect::<Vec<_>>())))
}

/// Warns of names that cannot be told apart from others once they are text.
pub(super) fn passed_over(names: &files::NotUtf8, reader: &Reader<'_>, eval: &Evaluator) {
    let message = match names.count {
        0 => return,
        1 => format!("`{}` is passed over: its name is not UTF-8", names.first),
        count => format!("{count} files are passed over, such as `{}`: their names are not UTF-8", names.first),
    };
    let warning = Diag::warning(Kind::Rulefile, message).hint("rename them to have them found");
    reader.warn(warning, "looked for here", eval);
}

/// The paths that some globs of ours find, in order; tracked.
fn paths(patterns: &[String], eval: &Evaluator) -> starlark::Result<Vec<String>> {
    let reader = Reader::of(eval, "glob")?;
    let mut all = Vec::new();
    for pattern in patterns {
        let found = files::glob::paths(&reader.in_workdir(pattern))
            .map_err(|e| fault(format!("`{pattern}` cannot be searched: {e}")))?;
        reader.read(TrackedRead::Glob(pattern.as_str().into(), found.paths.len()));
        passed_over(&found.not_utf8, &reader, eval);
        all.extend(found.paths.iter().map(|p| reader.below_workdir(p).to_owned()));
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// What was found for a pattern; tracked.
fn searched(pattern: &str, found: files::glob::Found, reader: &Reader<'_>, eval: &Evaluator) -> Vec<String> {
    reader.read(TrackedRead::Glob(pattern.into(), found.paths.len()));
    passed_over(&found.not_utf8, reader, eval);
    found.paths
}

/// The paths below a directory that `Path.glob` finds, as seen from it; tracked.
pub(in crate::eval) fn below(directory: &str, pattern: &str, eval: &Evaluator) -> starlark::Result<Vec<String>> {
    let reader = Reader::of(eval, "Path.glob")?;
    if pattern.trim_matches('/').is_empty() || pattern.starts_with('/') {
        return Err(thrown("ValueError", format!("`Path.glob` wants a pattern below the path, not `{pattern}`")));
    }
    let found = files::python_glob::path_glob(&reader.in_workdir(directory), pattern);
    Ok(searched(&format!("{directory}/{pattern}"), found, &reader, eval))
}

/// Paths in which braces stand for themselves.
fn literals<'v>(paths: &[String], eval: &Evaluator<'v, '_, '_>) -> Value<'v> {
    let marks = Marks::of(eval);
    let value = |path: &String| literal(path, Mark::default(), marks, eval.heap());
    eval.heap().alloc(AllocList(paths.iter().map(value)))
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn glob_wildcards<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(default = NoneOr::None)] files: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let given = files.into_option().map(|value| {
            let mut all = Vec::new();
            texts(value, eval, &mut all, None).map(|()| all)
        });
        let columns = wildcards(pattern, given.transpose()?, eval)?;
        Ok(eval.heap().alloc(columns))
    }

    fn glob<'v>(
        #[starlark(args)] patterns: UnpackTuple<&'v str>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let patterns: Vec<String> = patterns.items.iter().map(|pattern| (*pattern).to_owned()).collect();
        Ok(literals(&paths(&patterns, eval)?, eval))
    }

    /// `glob.glob` of Python.
    fn _python_glob<'v>(
        pathname: &str,
        #[starlark(require = named, default = NoneOr::None)] root_dir: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] dir_fd: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] recursive: bool,
        #[starlark(require = named, default = false)] include_hidden: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if dir_fd.into_option().is_some() {
            return Err(hinted("`dir_fd` is not served", "write `root_dir=` and the directory's path"));
        }
        let reader = Reader::of(eval, "glob")?;
        let root = root_dir.into_option().map_or_else(String::new, |root| root.to_str());
        let root = match root.is_empty() {
            true => reader.root(),
            false => reader.in_workdir(&root),
        };
        let how = files::python_glob::How { root: &root, recursive, hidden: include_hidden };
        let found = searched(pathname, files::python_glob::glob(pathname, how), &reader, eval);
        Ok(literals(&found, eval))
    }

    fn exists<'v>(#[starlark(require = pos)] path: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        is_there(path, eval)
    }
}

/// Whether a path exists, tracked.
pub(in crate::eval) fn is_there(path: &str, eval: &Evaluator) -> starlark::Result<bool> {
    let reader = Reader::of(eval, "exists")?;
    let stat = files::stat(&reader.in_workdir(path)).map_err(|e| fault(format!("`{path}`: {e}")))?;
    reader.read(TrackedRead::Exists(path.into(), stat.exists()));
    Ok(stat.exists())
}
