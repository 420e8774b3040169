//! `sys.path`: where imports of the project's own Python files are looked for.

use crate::eval::fault::hinted;
use crate::eval::pure_path::path_text;
use crate::eval::system::System;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::none::NoneType;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// See the module.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("{:?}", _0.path())]
#[allocative(skip)]
pub(super) struct SearchPath(System);

starlark_simple_value!(SearchPath);

impl SearchPath {
    pub(super) fn new(system: System) -> SearchPath {
        SearchPath(system)
    }

    fn list<'v>(&self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(AllocList(self.0.path()))
    }
}

/// Gives `sys.path` another value.
///
/// # Errors
/// If it is no list of paths.
pub(super) fn replace(system: &System, path: Value) -> starlark::Result<()> {
    if SearchPath::from_value(path).is_some() {
        return Ok(());
    }
    let wrong = || hinted("`sys.path` is a list of directories", "write `sys.path.append(\"DIRECTORY\")`");
    let directories = ListRef::from_value(path).ok_or_else(wrong)?;
    let directories: Vec<String> = directories.iter().map(directory).collect::<starlark::Result<_>>()?;
    system.change_path(|path| *path = directories);
    Ok(())
}

/// A directory as Python's `sys.path` holds it.
fn directory(value: Value) -> starlark::Result<String> {
    match path_text(value) {
        // What is empty is the current directory.
        Some(text) => Ok(super::absolute(if text.is_empty() { "." } else { text })),
        None => {
            let message = format!("`sys.path` holds directories, this is a value of type `{}`", value.get_type());
            Err(hinted(message, "give it a path"))
        }
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn append<'v>(this: &SearchPath, #[starlark(require = pos)] path: Value<'v>) -> starlark::Result<NoneType> {
        let directory = directory(path)?;
        this.0.change_path(|path| path.push(directory));
        Ok(NoneType)
    }

    fn insert<'v>(
        this: &SearchPath,
        #[starlark(require = pos)] index: i32,
        #[starlark(require = pos)] path: Value<'v>,
    ) -> starlark::Result<NoneType> {
        let directory = directory(path)?;
        this.0.change_path(|path| {
            let len = path.len() as i64;
            let at = if index < 0 { (i64::from(index) + len).max(0) } else { i64::from(index).min(len) };
            path.insert(at as usize, directory);
        });
        Ok(NoneType)
    }

    fn extend<'v>(
        this: &SearchPath,
        #[starlark(require = pos)] paths: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<NoneType> {
        let more: Vec<String> = paths.iterate(heap)?.map(directory).collect::<starlark::Result<_>>()?;
        this.0.change_path(|path| path.extend(more));
        Ok(NoneType)
    }

    fn remove<'v>(this: &SearchPath, #[starlark(require = pos)] path: Value<'v>) -> starlark::Result<NoneType> {
        let directory = directory(path)?;
        this.0.change_path(|path| path.retain(|own| *own != directory));
        Ok(NoneType)
    }
}

#[starlark_value(type = "list")]
impl<'v> StarlarkValue<'v> for SearchPath {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.list(heap).at(index, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.0.path().len() as i32)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(path_text(other).is_some_and(|wanted| self.0.path().contains(&super::absolute(wanted))))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.0.path().into_iter().map(|path| heap.alloc(path)).collect())
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.list(heap).add(other, heap))
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(other.add(self.list(heap), heap))
    }
}
