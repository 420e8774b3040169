//! A list of files, some of them named: what `input` is to a function, and
//! `rules.NAME.output` to another rule.
//!
//! Owns indexing, names, text form and sizes. It asks no file system itself.

use super::fault::fault;
use super::mark::{Mark, Marks};
use crate::rule::Name;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::dict::AllocDict;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// Gives the size of a file in bytes, if it is there.
pub type SizeOf = Arc<dyn Fn(&str) -> Option<u64> + Send + Sync>;

/// See the module.
#[derive(Clone, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Files {
    pub(super) items: Arc<[Box<str>]>,
    pub(super) names: Arc<[Name]>,
    /// Given to every path that is taken from it.
    pub(super) mark: Mark,
    pub(super) marks: Marks,
    pub(super) size_of: Option<SizeOf>,
    /// Whether its names become those of the section it is given to: it comes
    /// from `multiext`.
    pub(super) brings_names: bool,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items.iter()).finish()
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.items.join(" "))
    }
}

impl Files {
    /// The paths.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|t| &**t)
    }

    fn value<'v>(&self, text: &str, heap: Heap<'v>) -> Value<'v> {
        self.marks.alloc(text, self.mark, heap)
    }

    fn values<'v>(&self, range: std::ops::Range<usize>, heap: Heap<'v>) -> Vec<Value<'v>> {
        self.items[range].iter().map(|t| self.value(t, heap)).collect()
    }

    fn size(&self) -> Option<u64> {
        let size_of = self.size_of.as_ref()?;
        Some(self.texts().filter_map(|t| size_of(t)).sum())
    }

    /// The paths that a name stands for, and whether they are a list though it is only one.
    pub(super) fn stretch(&self, name: &Name) -> (&[Box<str>], bool) {
        (&self.items[name.range.start as usize..name.range.end as usize], name.list)
    }

    fn named<'v>(&self, name: &Name, heap: Heap<'v>) -> Value<'v> {
        let paths = match self.stretch(name) {
            ([one], false) => return self.value(one, heap),
            (several, _) => several,
        };
        let part = Files {
            items: paths.into(),
            names: Arc::new([]),
            mark: self.mark,
            marks: self.marks.clone(),
            size_of: self.size_of.clone(),
            brings_names: false,
        };
        heap.alloc(part)
    }

    /// A dict of what has a name.
    pub(super) fn by_name<'v>(&self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(AllocDict(self.names.iter().map(|n| (&*n.name, self.named(n, heap)))))
    }

    fn size_attribute<'v>(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let unit = match name {
            "size" => return Some(heap.alloc(self.size()? as i64)),
            "size_kb" => 1024.0,
            "size_mb" => 1024.0 * 1024.0,
            "size_gb" => 1024.0 * 1024.0 * 1024.0,
            _ => return None,
        };
        Some(heap.alloc(self.size()? as f64 / unit))
    }
}

starlark_simple_value!(Files);

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    /// What a name stands for, or else a default.
    fn get<'v>(
        this: &Files,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let found = this.names.iter().find(|n| &*n.name == name).map(|n| this.named(n, heap));
        Ok(found.or(default).unwrap_or_else(Value::new_none))
    }

    fn count<'v>(this: &Files, #[starlark(require = pos)] path: &str) -> starlark::Result<i32> {
        Ok(this.texts().filter(|text| *text == path).count() as i32)
    }

    fn copy<'v>(this: &Files, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.values(0..this.items.len(), heap))))
    }

    fn keys<'v>(this: &Files, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.names.iter().map(|n| &*n.name))))
    }

    fn items<'v>(this: &Files, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |n: &Name| AllocTuple([heap.alloc_str(&n.name).to_value(), this.named(n, heap)]);
        Ok(heap.alloc(AllocList(this.names.iter().map(pair))))
    }
}

#[starlark_value(type = "files")]
impl<'v> StarlarkValue<'v> for Files {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match self.names.iter().find(|n| &*n.name == name) {
            Some(found) => Some(self.named(found, heap)),
            None => self.size_attribute(name, heap),
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        self.names.iter().map(|n| n.name.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(name) = index.unpack_str() {
            let found = self.get_attr(name, heap);
            return found.ok_or_else(|| fault(format!("there is no file named `{name}` here")));
        }
        let count = self.items.len() as i64;
        let wanted = i64::from(index.unpack_i32().unwrap_or(i32::MAX));
        let at = if wanted < 0 { wanted + count } else { wanted };
        let found = usize::try_from(at).ok().and_then(|i| self.items.get(i));
        found.map(|t| self.value(t, heap)).ok_or_else(|| {
            let files = if count == 1 { "is 1 file".to_owned() } else { format!("are {count} files") };
            fault(format!("there is no file at `[{}]`: there {files}", index.to_str()))
        })
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let all = heap.alloc(AllocList(self.values(0..self.items.len(), heap)));
        all.slice(start, stop, stride, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.items.len() as i32)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(other.unpack_str().is_some_and(|t| self.texts().any(|x| x == t)))
    }

    fn to_bool(&self) -> bool {
        !self.items.is_empty()
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values(0..self.items.len(), heap))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        if let Some(files) = Files::from_value(other) {
            return Ok(files.items == self.items);
        }
        let Some(list) = ListRef::from_value(other) else { return Ok(false) };
        let same = |(value, text): (Value, &str)| value.unpack_str() == Some(text);
        Ok(list.len() == self.items.len() && list.iter().zip(self.texts()).all(same))
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let mut all = self.values(0..self.items.len(), heap);
        all.extend(
            super::convert::elements(other, heap)
                .or_else(|| Files::from_value(other).map(|f| f.values(0..f.items.len(), heap)))?,
        );
        Some(Ok(heap.alloc(AllocList(all))))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let mut all = super::convert::elements(left, heap)?;
        all.extend(self.values(0..self.items.len(), heap));
        Some(Ok(heap.alloc(AllocList(all))))
    }

    fn mul(&self, times: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let all = heap.alloc(AllocList(self.values(0..self.items.len(), heap)));
        Some(all.mul(times, heap))
    }
}
