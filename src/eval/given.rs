//! The evaluated arguments of one section or directive.
//!
//! Owns their packing on the way through Starlark: a tuple of positional
//! values and a dict of named ones. It does not know what they are for.

use crate::span::{Literals, Span};
use crate::syntax::{Arg, Section, as_written};
use rustc_hash::FxHashMap;
use starlark::collections::SmallMap;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, Value};
use std::ops::Range;

/// Positional and named values of `key: ...`, with where they were written.
pub(super) struct Given<'v, 's> {
    pub(super) section: &'s Section,
    pub(super) args: Vec<Value<'v>>,
    pub(super) named: Vec<(Box<str>, Value<'v>)>,
}

/// One value of a section: its name and where it was written, where known.
#[derive(Clone, Copy)]
pub(super) struct Slot<'a> {
    section: &'a Section,
    arg: Option<&'a Arg>,
}

impl Slot<'_> {
    /// The whole value.
    pub(super) fn span(self) -> Span {
        self.arg.map_or(self.section.span, |a| a.span)
    }

    /// The strings in it.
    pub(super) fn literals(self) -> Literals {
        match self.arg {
            Some(arg) => self.section.literals_of(arg),
            None => self.section.literals.clone(),
        }
    }

    /// Where bytes of a string in it were written.
    pub(super) fn locate(self, text: &str, range: Range<usize>) -> Span {
        self.literals().locate(text, range)
    }

    /// Where a string in it was written.
    pub(super) fn whole(self, text: &str) -> Span {
        self.literals().whole(text)
    }
}

/// Packs arguments for the way to `_rule`.
pub(super) fn pack<'v>(args: Vec<Value<'v>>, named: SmallMap<String, Value<'v>>, heap: Heap<'v>) -> Value<'v> {
    let named = named.iter().map(|(name, value)| (as_written(name), *value));
    heap.alloc((heap.alloc(AllocTuple(args)), heap.alloc(AllocDict(named))))
}

/// Positional values, and named ones.
pub(super) type Values<'v> = (Vec<Value<'v>>, Vec<(Box<str>, Value<'v>)>);

/// Unpacks what [`pack`] made.
pub(super) fn unpack<'v>(packed: Value<'v>) -> Values<'v> {
    let pair = TupleRef::from_value(packed).map(|t| t.content().to_vec()).unwrap_or_default();
    let args = pair.first().and_then(|v| TupleRef::from_value(*v)).map(|t| t.content().to_vec());
    let named = pair.get(1).and_then(|v| DictRef::from_value(*v));
    let named = named.map(|d| d.iter().map(|(k, v)| (k.unpack_str().unwrap_or("").into(), v)).collect());
    (args.unwrap_or_default(), named.unwrap_or_default())
}

impl<'v, 's> Given<'v, 's> {
    /// Unpacks what [`pack`] made.
    pub(super) fn unpack(section: &'s Section, packed: Value<'v>) -> Self {
        let (args, named) = unpack(packed);
        Given { section, args, named }
    }

    /// All values with their names, positional ones first.
    pub(super) fn iter<'a>(&'a self) -> impl Iterator<Item = (Option<&'a str>, Value<'v>, Slot<'s>)> + 'a {
        let section = self.section;
        let at = move |arg| Slot { section, arg };
        let mut written = section.positional();
        let args = self.args.iter().map(move |v| (None, *v, at(written.next())));
        let keywords: FxHashMap<&str, &Arg> = section.keywords().collect();
        let named = self.named.iter().map(move |(n, v)| (Some(&**n), *v, at(keywords.get(&**n).copied())));
        args.chain(named)
    }

    /// The one positional value of a section that takes just one.
    pub(super) fn single(&self) -> Result<(Value<'v>, Slot<'s>), crate::diag::Diag> {
        match (self.args.as_slice(), self.named.as_slice()) {
            ([one], []) => Ok((*one, Slot { section: self.section, arg: self.section.positional().next() })),
            _ => Err(crate::diag::Diag::at(self.section.span, format!("`{}` takes one value", self.section.key))),
        }
    }
}
