//! The type of a column's cells: `column.dtype`.
//!
//! Owns its names, and what it is the same as. Which type cells have is `frame_counts`'.

use super::column::Column;
use super::frame::Now;
use super::frame_counts::kind;
use super::sheet::Sheet;
use super::type_of::class_name;
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::{Object, Val};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, MethodsBuilder};
use starlark::values::none::NoneOr;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// See the module.
#[derive(
    Clone, Copy, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative,
)]
#[display("{name}")]
pub(in crate::eval) struct Dtype {
    name: &'static str,
}

starlark_simple_value!(Dtype);

/// What makes one in Python.
const MAKER: &str = "pandas.api.types.pandas_dtype";

/// All of them: the name, the letter, and other texts that stand for it.
const ALL: [(&str, &str, &[&str]); 5] = [
    ("bool", "b", &["?"]),
    ("int64", "i", &["int", "i8"]),
    ("float64", "f", &["float", "f8"]),
    ("str", "O", &["string"]),
    ("object", "O", &["O"]),
];

impl Dtype {
    /// Of a column.
    pub(super) fn of(column: &Column) -> Dtype {
        Dtype { name: kind(column) }
    }

    /// Of a plain value that [`Dtype::plain`] made.
    pub(in crate::eval) fn of_plain(object: &Object) -> Option<Dtype> {
        let name = object.plain.as_str().filter(|_| object.maker == MAKER)?;
        ALL.iter().find(|(known, ..)| *known == name).map(|(name, ..)| Dtype { name })
    }

    /// As what a cell may hold.
    pub(super) fn plain(self) -> Val {
        let name = Val::str(self.name);
        Val::Object(Box::new(Object { maker: MAKER, given: vec![name.clone()], plain: name }))
    }

    /// Whether a text, a class or another type stands for it.
    fn is(self, other: Value) -> bool {
        if let Some(other) = Dtype::from_value(other) {
            return other.name == self.name;
        }
        match other.unpack_str() {
            Some(text) => named(text).is_some_and(|known| known == self.name),
            None => class_of(other)
                .and_then(|class| named(&class))
                .is_some_and(|known| known == self.name && known != "str"),
        }
    }
}

/// The type that a text stands for.
fn named(text: &str) -> Option<&'static str> {
    let found = ALL.iter().find(|(name, _, others)| *name == text || others.contains(&text));
    found.map(|(name, ..)| *name)
}

/// The text of a class, or of numpy's name of a type.
fn class_of(value: Value) -> Option<String> {
    if let Some(name) = class_name(value) {
        return Some(name.to_owned());
    }
    (value.get_type() == "function").then(|| super::column_methods::kind_name(value))
}

/// A value as a plain one, if it is such a type.
pub(in crate::eval) fn plain(value: Value) -> Option<Val> {
    Dtype::from_value(value).map(|dtype| dtype.plain())
}

#[starlark_value(type = "dtype")]
impl<'v> StarlarkValue<'v> for Dtype {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let letter = ALL.iter().find(|(known, ..)| *known == self.name).map_or("O", |(_, letter, _)| letter);
        match name {
            "name" => Some(heap.alloc(self.name)),
            "kind" => Some(heap.alloc(letter)),
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        vec!["kind".to_owned(), "name".to_owned()]
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(self.is(other))
    }

    fn write_hash(&self, hasher: &mut starlark::collections::StarlarkHasher) -> starlark::Result<()> {
        std::hash::Hash::hash(self.name, hasher);
        Ok(())
    }
}

/// The names of types that a selection may ask for.
fn selected<'v>(asked: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Vec<&'static str>> {
    let Some(asked) = asked else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for one in elements(asked, heap).unwrap_or_else(|| vec![asked]) {
        let text = match (one.unpack_str(), Dtype::from_value(one)) {
            (Some(text), _) => Some(text.to_owned()),
            (_, Some(dtype)) => Some(dtype.name.to_owned()),
            _ => class_of(one),
        };
        match text.as_deref() {
            Some("number") => names.extend(["int64", "float64"]),
            // Texts of older releases were objects.
            Some("object" | "O") => names.extend(["object", "str"]),
            Some(text) if named(text).is_some() => names.extend(named(text)),
            _ => {
                let why = format!("`select_dtypes` knows no type {} here", one.to_repr());
                return Err(thrown("TypeError", why));
            }
        }
    }
    Ok(names)
}

#[starlark_module]
pub(super) fn of_sheets(builder: &mut MethodsBuilder) {
    /// The columns of some types, or all but these.
    fn select_dtypes<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] include: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] exclude: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let (include, exclude) = (selected(include.into_option(), heap)?, selected(exclude.into_option(), heap)?);
        if include.is_empty() && exclude.is_empty() {
            return Err(thrown("ValueError", "at least one of include or exclude must be nonempty"));
        }
        if include.iter().any(|name| exclude.contains(name)) {
            return Err(thrown("ValueError", "include and exclude overlap"));
        }
        let fits = |at: &usize| {
            let kind = kind(&this.values(*at));
            (include.is_empty() || include.contains(&kind)) && !exclude.contains(&kind)
        };
        Ok(this.only(&(0..this.columns.len()).filter(fits).collect::<Vec<_>>()))
    }
}

/// The type of a column, or one that is given.
fn asked(value: Value) -> starlark::Result<&'static str> {
    match (Column::from_value(value), Dtype::from_value(value)) {
        (Some(column), _) => Ok(kind(column)),
        (_, Some(dtype)) => Ok(dtype.name),
        _ => Err(fault("a column or its `dtype` is wanted here")),
    }
}

/// `pandas.api.types`.
#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    fn is_numeric_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(matches!(asked(column)?, "int64" | "float64" | "bool"))
    }

    fn is_integer_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(asked(column)? == "int64")
    }

    fn is_float_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(asked(column)? == "float64")
    }

    fn is_bool_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(asked(column)? == "bool")
    }

    fn is_string_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(asked(column)? == "str")
    }

    fn is_object_dtype(#[starlark(require = pos)] column: Value<'_>) -> starlark::Result<bool> {
        Ok(asked(column)? == "object")
    }
}
