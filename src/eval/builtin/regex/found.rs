//! What a regular expression found: the whole and its groups, with their places.
//!
//! Owns places in characters, which are counted from the match before. It does not know
//! how matches are found.

use super::pattern::Shape;
use crate::eval::exception::thrown;
use allocative::Allocative;
use fancy_regex::Captures;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::dict::AllocDict;
use starlark::values::none::NoneOr;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

/// A text that is searched, and how many characters were counted up to which byte.
pub(super) struct Subject {
    text: Arc<str>,
    counted: (usize, i32),
}

impl Subject {
    pub(super) fn new(text: &str) -> Subject {
        Subject { text: text.into(), counted: (0, 0) }
    }

    /// A match in it.
    pub(super) fn found(&mut self, shape: &Arc<Shape>, captures: &Captures) -> Match {
        let start = captures.get(0).map_or(0, |whole| whole.start());
        self.counted = (start, chars(&self.text, self.counted, start));
        Match {
            text: self.text.clone(),
            spans: captures.iter().map(|group| group.map(|m| (m.start(), m.end()))).collect(),
            shape: shape.clone(),
            counted: self.counted,
        }
    }
}

/// How many characters stand before a byte, counted from another.
fn chars(text: &str, (from, known): (usize, i32), to: usize) -> i32 {
    let between = |low: usize, high: usize| text[low..high].chars().count() as i32;
    if to >= from { known + between(from, to) } else { known - between(to, from) }
}

/// A match: the bytes of the whole and of its groups.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<match of {:?}>", self.group(0).unwrap_or(""))]
#[allocative(skip)]
pub(super) struct Match {
    text: Arc<str>,
    spans: Vec<Option<(usize, usize)>>,
    shape: Arc<Shape>,
    /// A byte, and the characters before it.
    counted: (usize, i32),
}

starlark_simple_value!(Match);

#[starlark_value(type = "match")]
impl<'v> StarlarkValue<'v> for Match {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(text(self.group(self.index(index)?), heap)))
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let last = self.last();
        match name {
            "string" => Some(heap.alloc_str(&self.text).to_value()),
            "lastindex" => Some(last.map_or_else(Value::new_none, |i| heap.alloc(i as i32))),
            "lastgroup" => {
                let name = last.and_then(|last| self.shape.names.get(last)?.as_deref());
                Some(text(name, heap))
            }
            _ => None,
        }
    }
}

impl Match {
    fn group(&self, at: usize) -> Option<&str> {
        let (start, end) = self.spans.get(at).copied().flatten()?;
        Some(&self.text[start..end])
    }

    /// The number of a group that is asked for by number or name.
    fn index(&self, index: Value) -> starlark::Result<usize> {
        let at = match index.unpack_str() {
            Some(name) => self.shape.names.iter().position(|n| n.as_deref() == Some(name)),
            None => index.unpack_i32().and_then(|i| usize::try_from(i).ok()),
        };
        at.filter(|at| *at < self.spans.len())
            .ok_or_else(|| thrown("IndexError", format!("the regular expression has no group `{}`", index.to_str())))
    }

    /// Where a group begins and ends, in characters; -1 if it took no part.
    fn span(&self, group: Option<Value>) -> starlark::Result<(i32, i32)> {
        let at = group.map_or(Ok(0), |group| self.index(group))?;
        let place = |byte| chars(&self.text, self.counted, byte);
        Ok(self.spans[at].map_or((-1, -1), |(start, end)| (place(start), place(end))))
    }

    /// The group that closed last.
    fn last(&self) -> Option<usize> {
        let closed = self.shape.closed.iter().enumerate();
        let ends =
            closed.filter_map(|(order, group)| Some((self.spans.get(*group).copied().flatten()?.1, order, *group)));
        ends.max().map(|(_, _, group)| group)
    }
}

pub(super) fn text<'v>(group: Option<&str>, heap: Heap<'v>) -> Value<'v> {
    group.map_or_else(Value::new_none, |g| heap.alloc_str(g).to_value())
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn group<'v>(
        this: &Match,
        #[starlark(args)] indices: UnpackTuple<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let group = |index: &Value<'v>| Ok(text(this.group(this.index(*index)?), heap));
        match indices.items.as_slice() {
            [] => Ok(text(this.group(0), heap)),
            [one] => group(one),
            several => Ok(heap.alloc(AllocTuple(several.iter().map(group).collect::<starlark::Result<Vec<_>>>()?))),
        }
    }

    fn start<'v>(this: &Match, #[starlark(require = pos)] group: Option<Value<'v>>) -> starlark::Result<i32> {
        Ok(this.span(group)?.0)
    }

    fn end<'v>(this: &Match, #[starlark(require = pos)] group: Option<Value<'v>>) -> starlark::Result<i32> {
        Ok(this.span(group)?.1)
    }

    fn span<'v>(this: &Match, #[starlark(require = pos)] group: Option<Value<'v>>) -> starlark::Result<(i32, i32)> {
        this.span(group)
    }

    fn groupdict<'v>(
        this: &Match,
        #[starlark(default = NoneOr::None)] default: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let default = default.into_option().unwrap_or_else(Value::new_none);
        let named = this.shape.names.iter().enumerate().filter_map(|(at, name)| Some((name.as_deref()?, at)));
        let value = |at| this.group(at).map_or(default, |group| heap.alloc_str(group).to_value());
        let all: Vec<(&str, Value)> = named.map(|(name, at)| (name, value(at))).collect();
        Ok(heap.alloc(AllocDict(all)))
    }

    fn groups<'v>(
        this: &Match,
        #[starlark(default = NoneOr::None)] default: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let default = default.into_option().unwrap_or_else(Value::new_none);
        let value = |at| this.group(at).map_or(default, |group| heap.alloc_str(group).to_value());
        Ok(heap.alloc(AllocTuple((1..this.spans.len()).map(value).collect::<Vec<_>>())))
    }
}
