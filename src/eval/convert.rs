//! Between Starlark's values and plain ones.
//!
//! Owns the two directions. It does not know what the values are for.

use super::builtin::{
    Array, EnumMember, Part, Record, Stream, is_of_datetime, no_text_of_array, object_fields, python_object,
    space_fields,
};
use super::depth::Step;
use super::files::Files;
use super::missing::Missing;
use super::named_values::NamedValues;
use super::other_inputs::{Inputs, Kept};
use super::pure_path::{PurePath, path_text};
use super::python::NeedsPython;
use super::wildcards::Wildcards;
use crate::value::{FnId, Object, Val};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::float::UnpackFloat;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::structs::StructRef;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, UnpackValue, Value};

/// What becomes of functions inside a value.
pub(super) type OnFunction<'a, 'v> = &'a mut dyn FnMut(Value<'v>) -> starlark::Result<FnId>;

/// How values become plain.
struct Way<'a, 'v> {
    on_function: OnFunction<'a, 'v>,
    keep: Keep,
}

/// What stays of a class, and does not become plain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Keep {
    Nothing,
    /// Rows and columns of sheets: as files they are their values, but nothing to unpack.
    Series,
    /// What Python's own classes and pandas' make, and named tuples.
    Python,
    /// Objects of the Rulefile's classes too.
    All,
}

/// The wildcards as a dict of strings, if a value is the `wildcards` of a call.
pub(super) fn from_wildcards<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Value<'v>> {
    Wildcards::from_value(value).map(|w| heap.alloc(AllocDict(w.pairs())))
}

/// Whether it can be called later.
pub(super) fn is_function(value: Value) -> bool {
    value.get_type() == "function"
}

/// What calls an object whose class has `__call__`.
pub(super) fn called<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Value<'v>> {
    let call = (value.get_type() == "object").then(|| value.get_attr("__call__", heap))?;
    call.ok().flatten()
}

/// A Starlark value as a plain one.
///
/// # Errors
/// The type of a value that has no plain form; what `on_function` refuses.
pub(super) fn to_val<'v>(value: Value<'v>, heap: Heap<'v>, on_function: OnFunction<'_, 'v>) -> starlark::Result<Val> {
    converted(value, heap, &mut Way { on_function, keep: Keep::Nothing })
}

/// The same, but that sheets, counters and their like stay what Python has for them: for
/// values that a job's Python is given.
///
/// # Errors
/// See [`to_val`].
pub(super) fn to_objects<'v>(
    value: Value<'v>,
    heap: Heap<'v>,
    on_function: OnFunction<'_, 'v>,
) -> starlark::Result<Val> {
    converted(value, heap, &mut Way { on_function, keep: Keep::Python })
}

/// The same with objects of the Rulefile's classes, for those that have the classes.
///
/// # Errors
/// See [`to_val`].
pub(super) fn to_all_objects<'v>(
    value: Value<'v>,
    heap: Heap<'v>,
    on_function: OnFunction<'_, 'v>,
) -> starlark::Result<Val> {
    converted(value, heap, &mut Way { on_function, keep: Keep::All })
}

/// The same for what an input function gives, of which rows of sheets are their values.
///
/// # Errors
/// See [`to_val`].
pub(super) fn to_files<'v>(value: Value<'v>, heap: Heap<'v>, on_function: OnFunction<'_, 'v>) -> starlark::Result<Val> {
    converted(value, heap, &mut Way { on_function, keep: Keep::Series })
}

fn converted<'v>(value: Value<'v>, heap: Heap<'v>, way: &mut Way<'_, 'v>) -> starlark::Result<Val> {
    if let Some(text) = value.unpack_str() {
        return Ok(Val::str(text));
    }
    if let Some(path) = path_text(value) {
        return Ok(Val::Path(path.into()));
    }
    if value.is_none() {
        return Ok(Val::None);
    }
    if let Some(mixed) = EnumMember::from_value(value).and_then(|member| member.mixed()) {
        return converted(mixed, heap, way);
    }
    if let Some(b) = value.unpack_bool() {
        return Ok(Val::Bool(b));
    }
    if let Some(i) = i64::unpack_value(value)? {
        return Ok(Val::Int(i));
    }
    if let Some(UnpackFloat(f)) = UnpackFloat::unpack_value(value)? {
        return Ok(Val::Float(f));
    }
    if let Some(python) = NeedsPython::from_value(value) {
        return Err(python.refuse());
    }
    if let Some(missing) = Missing::from_value(value) {
        return Err(missing.refuse());
    }
    if is_function(value) {
        return Ok(Val::Func((way.on_function)(value)?));
    }
    if let Some(call) = called(value, heap) {
        return Ok(Val::Func((way.on_function)(call)?));
    }
    if Array::from_value(value).is_some() {
        return Err(no_text_of_array());
    }
    let plain = compound(value, heap, way)?;
    match (way.keep >= Keep::Python).then(|| python_object(value)).flatten() {
        Some((maker, given)) => {
            let part = |part| match part {
                Part::Plain => Ok(plain.clone()),
                Part::Values => Ok(values(&plain)),
                Part::Is(value) => Ok(value),
                Part::Of(value) => converted(value, heap, way),
            };
            let given = given.into_iter().map(part).collect::<starlark::Result<_>>()?;
            Ok(Val::Object(Box::new(Object { maker, given, plain })))
        }
        None => Ok(plain),
    }
}

fn compound<'v>(value: Value<'v>, heap: Heap<'v>, way: &mut Way<'_, 'v>) -> starlark::Result<Val> {
    let _step = Step::into_value()?;
    if is_of_datetime(value) {
        return Ok(Val::str(value.to_str()));
    }
    let is_series = way.keep == Keep::Series && super::builtin::is_series(value);
    if let Some(items) = elements(value, heap).filter(|_| is_series || value.get_type() != "row") {
        let items = items.into_iter().map(|v| converted(v, heap, way)).collect::<starlark::Result<_>>()?;
        return Ok(match value.get_type() {
            _ if is_series => {
                Val::Object(Box::new(Object { maker: "pandas.Series", given: Vec::new(), plain: Val::List(items) }))
            }
            "tuple" => Val::Tuple(items),
            "set" | "frozenset" => Val::Set(items),
            _ => Val::List(items),
        });
    }
    if let Some(dict) = DictRef::from_value(super::builtin::inner(value)) {
        let entry = |(k, v)| Ok((converted(k, heap, way)?, converted(v, heap, way)?));
        return dict.iter().map(entry).collect::<starlark::Result<_>>().map(Val::Dict);
    }
    if let Some(fields) = space_fields(value) {
        return converted(fields, heap, way);
    }
    if let Some(fields) = StructRef::from_value(value) {
        let entry = |(k, v): (starlark::values::StringValue, _)| Ok((Val::str(k.as_str()), converted(v, heap, way)?));
        // What a Python file did not hand over is missed only where it is used.
        let there = |(_, v): &(_, Value)| Missing::from_value(*v).is_none();
        return fields.iter().filter(there).map(entry).collect::<starlark::Result<_>>().map(Val::Dict);
    }
    if let Some(record) = Record::from_value(value) {
        let entry = |(name, v): (&str, Value<'v>)| Ok((Val::str(name), converted(v, heap, way)?));
        return record.pairs().into_iter().map(entry).collect::<starlark::Result<_>>().map(Val::Dict);
    }
    if let Some(fields) = object_fields(value).filter(|_| way.keep == Keep::All) {
        return converted(fields, heap, way);
    }
    if let Some(files) = Files::from_value(value) {
        return Ok(Val::List(files.texts().map(Val::str).collect()));
    }
    if let Some(wildcards) = Wildcards::from_value(value) {
        return Ok(Val::Dict(wildcards.pairs().map(|(k, v)| (Val::str(k), Val::str(v))).collect()));
    }
    if let Some(list) = NamedValues::from_value(value) {
        return list.handed_on();
    }
    super::builtin::plain(value).ok_or_else(|| match value.get_type() {
        "rule" => super::fault::hinted("a rule is no value here", "name a part of it, such as `rules.NAME.output`"),
        "rules" => super::fault::hinted("`rules` is no value here", "name what is wanted, such as `rules.NAME.output`"),
        kind => super::fault::fault(format!("a value of type `{kind}` cannot be used here")),
    })
}

fn values(dict: &Val) -> Val {
    match dict {
        Val::Dict(entries) => Val::List(entries.iter().map(|(_, value)| value.clone()).collect()),
        _ => Val::List(Vec::new()),
    }
}

/// The elements of a list, tuple, set, range, generator, column, row of a sheet or array.
pub(super) fn elements<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Vec<Value<'v>>> {
    if let Some(list) = ListRef::from_value(value) {
        return Some(list.to_vec());
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        return Some(tuple.content().to_vec());
    }
    if let Some(stream) = Stream::from_value(value) {
        return Some(stream.left(heap));
    }
    if let Some(inputs) = Inputs::from_value(value) {
        return Some(inputs.values(heap));
    }
    match value.get_type() {
        "set" | "frozenset" | "range" | "column" | "deque" | "ndarray" => {
            value.iterate(heap).ok().map(Iterator::collect)
        }
        "row" if super::builtin::is_series(value) => value.iterate(heap).ok().map(Iterator::collect),
        _ => None,
    }
}

/// A plain value as a Starlark one; a function is one only while the Rulefile is read.
pub(super) fn from_val<'v>(value: &Val, heap: Heap<'v>) -> Value<'v> {
    match value {
        Val::None => Value::new_none(),
        Val::Func(id) => heap.alloc(Kept(*id)),
        Val::Bool(b) => Value::new_bool(*b),
        Val::Int(i) => heap.alloc(*i),
        Val::Float(f) => heap.alloc(*f),
        Val::Str(s) => heap.alloc_str(s).to_value(),
        Val::Path(path) => heap.alloc(PurePath::of_text(path)),
        Val::List(items) | Val::Set(items) => heap.alloc(AllocList(items.iter().map(|v| from_val(v, heap)))),
        Val::Tuple(items) => heap.alloc(AllocTuple(items.iter().map(|v| from_val(v, heap)).collect::<Vec<_>>())),
        Val::Dict(entries) => {
            heap.alloc(AllocDict(entries.iter().map(|(k, v)| (from_val(k, heap), from_val(v, heap)))))
        }
        Val::Object(object) => match super::builtin::Dtype::of_plain(object) {
            Some(dtype) => heap.alloc(dtype),
            None => from_val(&object.plain, heap),
        },
    }
}
