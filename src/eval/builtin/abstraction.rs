//! Python's abstract classes, `collections.abc.Mapping` or `numbers.Number`, also under the
//! names that `typing` has for them.
//!
//! Owns which values are of one. Nobody makes a value by them.

use super::class::method;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// An abstract class by its name.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class '{_0}'>")]
pub(super) struct Abstract(&'static str);

starlark_simple_value!(Abstract);

/// Types that are looked through, each with what Starlark calls it.
const SEQUENCES: [&str; 9] =
    ["string", "list", "files", "named_list", "wildcards", "tuple", "range", "record", "deque"];
const CONTAINERS: [&str; 16] = [
    "files",
    "named_list",
    "wildcards",
    "string",
    "list",
    "tuple",
    "range",
    "record",
    "deque",
    "dict",
    "set",
    "frozenset",
    "column",
    "sheet",
    "ndarray",
    "environ",
];
const NUMBERS: [&str; 3] = ["int", "float", "bool"];

/// The names that are served.
const NAMES: [&str; 31] = [
    "AbstractSet",
    "Callable",
    "Collection",
    "Complex",
    "Container",
    "Counter",
    "DefaultDict",
    "Deque",
    "Dict",
    "FrozenSet",
    "Generator",
    "Hashable",
    "Integral",
    "Iterable",
    "Iterator",
    "List",
    "Mapping",
    "MutableMapping",
    "MutableSequence",
    "MutableSet",
    "Number",
    "OrderedDict",
    "Rational",
    "Real",
    "Reversible",
    "Sequence",
    "Set",
    "Sized",
    "Text",
    "Tuple",
    "Type",
];

impl Abstract {
    /// The class of a name; none if it is not served.
    pub(super) fn named(name: &str) -> Option<Abstract> {
        NAMES.into_iter().find(|own| *own == name).map(Abstract)
    }

    /// Whether a value is of the class.
    pub(super) fn has(&self, value: Value) -> bool {
        let own = value.get_type();
        let says = |special: &str| method(value, special).is_some();
        match self.0 {
            "Mapping" | "MutableMapping" => matches!(own, "dict" | "environ"),
            "Dict" => own == "dict",
            "Counter" | "OrderedDict" => own == "dict" && super::dicts::is_a(value, self.0),
            "DefaultDict" => own == "dict" && super::dicts::is_a(value, "defaultdict"),
            "Sequence" => SEQUENCES.contains(&own),
            "MutableSequence" => matches!(own, "list" | "files" | "named_list" | "wildcards" | "deque"),
            "Set" | "AbstractSet" => matches!(own, "set" | "frozenset"),
            "MutableSet" => own == "set",
            "FrozenSet" => own == "frozenset",
            "Tuple" => matches!(own, "tuple" | "record"),
            "List" => matches!(own, "list" | "files" | "named_list" | "wildcards"),
            "Deque" => own == "deque",
            "Text" => own == "string",
            "Iterator" | "Generator" => own == "generator",
            "Iterable" => CONTAINERS.contains(&own) || own == "generator" || says("__iter__"),
            "Reversible" => CONTAINERS.contains(&own) || says("__reversed__"),
            "Sized" => CONTAINERS.contains(&own) || says("__len__"),
            "Container" => CONTAINERS.contains(&own) || says("__contains__"),
            "Collection" => CONTAINERS.contains(&own) || (says("__len__") && says("__iter__") && says("__contains__")),
            "Callable" => own == "function" || says("__call__"),
            "Hashable" => value.get_hashed().is_ok(),
            "Integral" | "Rational" => matches!(own, "int" | "bool"),
            "Number" | "Real" | "Complex" => NUMBERS.contains(&own),
            _ => super::type_of::class_name(value).is_some(),
        }
    }
}

#[starlark_value(type = "type")]
impl<'v> StarlarkValue<'v> for Abstract {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (name == "__name__").then(|| heap.alloc(self.0))
    }

    /// `List[str]` of annotations.
    fn at(&self, _index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(self.clone()))
    }

    /// In annotations, which are not checked.
    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }
}
