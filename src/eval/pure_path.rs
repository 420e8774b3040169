//! The pure part of Python's `pathlib.Path`, and how `os.path` takes paths apart.
//!
//! Owns the value and its attributes. What it asks of the system, such as whether a
//! path is there and what lies below it, is tracked.

use super::builtin::{
    absolute, entries, globbed_below, home, is_dir, is_directory, is_found, is_there, make_dir, stat,
};
use super::exception::thrown;
use super::fault::fault;
use crate::path::normal;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::{SmallMap, StarlarkHasher};
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::none::NoneType;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::cmp::Ordering;
use std::hash::Hash;

/// A path's directory, and its last name.
pub(super) fn cut(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        Some(i) => {
            let head = path[..i].trim_end_matches('/');
            (if head.is_empty() { &path[..=i] } else { head }, &path[i + 1..])
        }
        None => ("", path),
    }
}

/// A path without its last suffix, and that suffix with its dot.
pub(super) fn splitext(path: &str) -> (&str, &str) {
    let name = cut(path).1;
    let dots = name.len() - name.trim_start_matches('.').len();
    let at = name[dots..].rfind('.').map_or(path.len(), |i| path.len() - name.len() + dots + i);
    path.split_at(at)
}

/// A path, normalised.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("{_0}")]
pub(super) struct PurePath(Box<str>);

starlark_simple_value!(PurePath);

/// The text of a string or path.
pub(super) fn path_text(value: Value<'_>) -> Option<&str> {
    value.unpack_str().or_else(|| PurePath::from_value(value).map(|p| &*p.0))
}

impl PurePath {
    /// One after another; an absolute one begins anew.
    /// As it is written, which is normal already.
    pub(super) fn of_text(path: &str) -> PurePath {
        PurePath(path.into())
    }

    pub(super) fn of(parts: &[Value]) -> PurePath {
        parts.iter().fold(PurePath(".".into()), |path, part| path.join(&part.to_str()))
    }

    fn join(&self, part: &str) -> PurePath {
        match part.starts_with('/') {
            true => PurePath(normal(part).into()),
            false => PurePath(normal(&format!("{}/{part}", self.0)).into()),
        }
    }

    fn name(&self) -> &str {
        match cut(&self.0).1 {
            "." => "",
            name => name,
        }
    }

    fn parent(&self) -> PurePath {
        let above = cut(&self.0).0;
        PurePath(if above.is_empty() { "." } else { above }.into())
    }

    fn named(&self, name: &str) -> PurePath {
        self.parent().join(name)
    }
}

#[starlark_value(type = "path")]
impl<'v> StarlarkValue<'v> for PurePath {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let (stem, suffix) = splitext(self.name());
        match name {
            "name" => Some(heap.alloc(self.name())),
            "stem" => Some(heap.alloc(stem)),
            "root" | "anchor" => Some(heap.alloc(if self.0.starts_with('/') { "/" } else { "" })),
            "suffix" => Some(heap.alloc(suffix)),
            "parent" => Some(heap.alloc(self.parent())),
            "suffixes" => {
                let dots = self.name().trim_start_matches('.');
                let all = dots.match_indices('.').map(|(at, _)| &dots[at..]);
                Some(heap.alloc(AllocList(all.map(|s| &s[..s[1..].find('.').map_or(s.len(), |i| i + 1)]))))
            }
            "parents" => {
                let mut all = Vec::new();
                let mut at = self.clone();
                while at.parent().0 != at.0 {
                    at = at.parent();
                    all.push(at.clone());
                }
                Some(heap.alloc(AllocList(all)))
            }
            "parts" => {
                let root = self.0.starts_with('/').then_some("/");
                let names = self.0.split('/').filter(|n| !n.is_empty() && *n != ".");
                Some(heap.alloc(AllocTuple(root.into_iter().chain(names).collect::<Vec<_>>())))
            }
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        ["name", "stem", "suffix", "suffixes", "parent", "parents", "parts"].map(str::to_owned).to_vec()
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match path_text(other) {
            Some(part) => Ok(heap.alloc(self.join(part))),
            None => {
                Err(fault(format!("a path goes on with a string, not with a value of type `{}`", other.get_type())))
            }
        }
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        match PurePath::from_value(other) {
            Some(other) => Ok(self.0.split('/').cmp(other.0.split('/'))),
            None => {
                Err(thrown("TypeError", format!("a path is not compared with a value of type `{}`", other.get_type())))
            }
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(PurePath::from_value(other).is_some_and(|p| p.0 == self.0))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.0.hash(hasher);
        Ok(())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn joinpath<'v>(this: &PurePath, #[starlark(args)] parts: UnpackTuple<Value<'v>>) -> starlark::Result<PurePath> {
        Ok(parts.items.iter().fold(this.clone(), |path, part| path.join(&part.to_str())))
    }

    fn with_suffix(this: &PurePath, #[starlark(require = pos)] suffix: &str) -> starlark::Result<PurePath> {
        if !suffix.is_empty() && !suffix.starts_with('.') {
            return Err(fault(format!("a suffix begins with a dot, `{suffix}` does not")));
        }
        Ok(this.named(&format!("{}{suffix}", splitext(this.name()).0)))
    }

    fn with_name(this: &PurePath, #[starlark(require = pos)] name: &str) -> starlark::Result<PurePath> {
        Ok(this.named(name))
    }

    fn with_stem(this: &PurePath, #[starlark(require = pos)] stem: &str) -> starlark::Result<PurePath> {
        Ok(this.named(&format!("{stem}{}", splitext(this.name()).1)))
    }

    fn as_posix(this: &PurePath) -> starlark::Result<String> {
        Ok(this.0.to_string())
    }

    fn is_absolute(this: &PurePath) -> starlark::Result<bool> {
        Ok(this.0.starts_with('/'))
    }

    fn exists<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        is_found(&this.0, eval)
    }

    fn is_file<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        Ok(is_there(&this.0, eval)? && !is_directory(&this.0, eval)?)
    }

    fn is_dir<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
        is_dir(&this.0, eval)
    }

    fn resolve(this: &PurePath) -> starlark::Result<PurePath> {
        Ok(PurePath(absolute(&this.0).into()))
    }

    fn absolute(this: &PurePath) -> starlark::Result<PurePath> {
        Ok(PurePath(absolute(&this.0).into()))
    }

    fn relative_to(this: &PurePath, #[starlark(require = pos)] other: Value<'_>) -> starlark::Result<PurePath> {
        let other = PurePath::of(&[other]);
        below(this, &other)
            .map(|rest| PurePath(rest.into()))
            .ok_or_else(|| thrown("ValueError", format!("`{this}` does not lie below `{other}`")))
    }

    fn is_relative_to(this: &PurePath, #[starlark(require = pos)] other: Value<'_>) -> starlark::Result<bool> {
        Ok(below(this, &PurePath::of(&[other])).is_some())
    }

    fn expanduser<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<PurePath> {
        Ok(PurePath(home(&this.0, eval)?.into()))
    }

    fn mkdir<'v>(
        #[starlark(this)] this: Value<'v>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        make_dir(this, eval)
    }

    fn glob<'v>(
        this: &PurePath,
        #[starlark(require = pos)] pattern: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        globbed(this, pattern, eval)
    }

    fn rglob<'v>(
        this: &PurePath,
        #[starlark(require = pos)] pattern: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        globbed(this, &format!("**/{pattern}"), eval)
    }

    /// Its size alone.
    fn stat<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        stat(&this.0, eval)
    }

    fn iterdir<'v>(this: &PurePath, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let names = entries(&this.0, "Path.iterdir", eval)?;
        Ok(eval.heap().alloc(AllocList(names.iter().map(|name| this.join(name)))))
    }
}

/// What of a path comes behind another.
fn below(path: &PurePath, above: &PurePath) -> Option<String> {
    if path.0 == above.0 {
        return Some(".".to_owned());
    }
    if &*above.0 == "." {
        return (!path.0.starts_with('/')).then(|| path.0.to_string());
    }
    let rest = path.0.strip_prefix(&*above.0)?;
    let rest = if above.0.ends_with('/') { Some(rest) } else { rest.strip_prefix('/') };
    rest.map(str::to_owned)
}

/// The paths below a directory that a glob finds.
fn globbed<'v>(path: &PurePath, pattern: &str, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let found = globbed_below(&path.0, pattern, eval)?;
    Ok(eval.heap().alloc(AllocList(found.iter().map(|below| path.join(below)))))
}
