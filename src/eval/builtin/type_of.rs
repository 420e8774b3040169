//! `type(x)`, `isinstance` and `issubclass`.
//!
//! Owns which class of Python's a value is of. A class is the function that makes its
//! values: `type(1)` is `int`.

use super::abstraction::Abstract;
use super::class::{Class, EnumMember, Object};
use super::datetime::{Maker, Stamp};
use super::record::{Fields, Record};
use crate::eval::convert::elements;
use crate::eval::exception::{Class as ErrorClass, Exception, thrown};
use crate::eval::fault::hinted;
use crate::eval::missing::Missing;
use crate::syntax::as_written;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::typing::Ty;
use starlark::values::dict::AllocDict;
use starlark::values::none::NoneType;
use starlark::values::structs::StructRef;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// Starlark's names of types, and Python's.
const KINDS: [(&str, &str); 9] = [
    ("string", "str"),
    ("int", "int"),
    ("float", "float"),
    ("bool", "bool"),
    ("list", "list"),
    ("dict", "dict"),
    ("set", "set"),
    ("tuple", "tuple"),
    ("range", "range"),
];

/// The name of a class that is a function here.
pub(in crate::eval) fn class_name(value: Value) -> Option<&'static str> {
    let is = |name: &str| super::global(name).is_some_and(|global| global.ptr_eq(value));
    KINDS.iter().map(|(_, name)| *name).find(|name| is(name))
}

/// A class whose values nobody makes by it, such as that of `None`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class '{_0}'>")]
struct Named(String);

starlark_simple_value!(Named);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Named {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (name == "__name__").then(|| heap.alloc_str(&self.0).to_value())
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Named::from_value(other).is_some_and(|other| other.0 == self.0))
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        _args: &Arguments<'v, '_>,
        _eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Err(thrown("TypeError", format!("`{}` makes no values here", self.0)))
    }
}

/// What Python calls the type of a value.
fn type_name(value: Value) -> String {
    if let Some(exception) = Exception::from_value(value) {
        return exception.class().name().to_owned();
    }
    if let Some(class) = Object::from_value(value).and_then(|object| Class::from_value(object.class())) {
        return class.name().to_owned();
    }
    if let Some(record) = Record::from_value(value) {
        return record.typename().to_owned();
    }
    if let Some(member) = EnumMember::from_value(value) {
        return member.class_name().to_owned();
    }
    if let Some(class) = Maker::of(value) {
        return class.name().to_owned();
    }
    match value.get_type() {
        "string" => "str",
        "path" => "PosixPath",
        "function" if Class::from_value(value).is_some() || class_name(value).is_some() => "type",
        other => other,
    }
    .to_owned()
}

/// The class of a value.
fn type_of<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    if let Some(exception) = Exception::from_value(value) {
        return heap.alloc(exception.class().clone());
    }
    if let Some(object) = Object::from_value(value) {
        return object.class();
    }
    if let Some(record) = Record::from_value(value).filter(|record| !record.class().is_none()) {
        return record.class();
    }
    if let Some(class) = EnumMember::from_value(value).and_then(|member| member.member("__class__")) {
        return class;
    }
    if let Some(class) = Maker::of(value) {
        return heap.alloc(class);
    }
    let kind = KINDS.iter().find(|(own, _)| *own == value.get_type());
    let made = kind.and_then(|(_, name)| super::global(name));
    made.unwrap_or_else(|| heap.alloc(Named(type_name(value))))
}

fn unknown(function: &str, kind: Value) -> starlark::Error {
    let kind = Missing::from_value(kind).map_or_else(|| kind.to_str(), |missing| missing.name().to_owned());
    let why = format!("`{function}` does not know `{kind}` here");
    hinted(why, "ask for `str`, `int`, `float`, `bool`, `list`, `tuple`, `dict`, `set`, `Path` or a class of the file")
}

/// Whether a value is of a class that is known by its text.
fn is_named(value: Value, kind: Value) -> Option<bool> {
    let value = EnumMember::from_value(value).and_then(|member| member.mixed()).unwrap_or(value);
    let own = value.get_type();
    let text = kind.to_str();
    let last = text.trim_end_matches("'>").rsplit(['.', '\'']).next().unwrap_or("");
    Some(match last {
        "str" => own == "string",
        "int" => matches!(own, "int" | "bool"),
        "tuple" => matches!(own, "tuple" | "record"),
        "list" => matches!(own, "list" | "files" | "named_list" | "wildcards"),
        "float" | "bool" | "dict" | "set" | "range" | "struct" => own == last,
        "frozenset" => own == "frozenset",
        "NoneType" => own == "NoneType",
        "Path" | "PurePath" | "PosixPath" => own == "path",
        "DataFrame" => own == "sheet",
        "Series" => matches!(own, "column" | "row"),
        "object" => true,
        "type" => class_name(value).is_some() || Class::from_value(value).is_some(),
        "defaultdict" | "Counter" | "OrderedDict" => own == "dict" && super::dicts::is_a(value, last),
        _ => return None,
    })
}

pub(super) fn is_instance<'v>(value: Value<'v>, kind: Value<'v>, heap: Heap<'v>) -> starlark::Result<bool> {
    if let Some(class) = ErrorClass::from_value(kind) {
        let own = Object::from_value(value).and_then(|object| Class::from_value(object.class())?.error());
        let own = own.or_else(|| Exception::from_value(value).map(|e| e.class().clone()));
        return Ok(own.is_some_and(|own| own.is(class)));
    }
    if let Some(class) = Class::from_value(kind) {
        if let (Some(exception), Some(error)) = (Exception::from_value(value), class.error()) {
            return Ok(exception.class().is(&error));
        }
        let own = Object::from_value(value).map(Object::class);
        let own = own.or_else(|| Record::from_value(value).map(Record::class));
        let is = own.and_then(Class::from_value).is_some_and(|own| own.is(kind, heap));
        return Ok(is || EnumMember::from_value(value).is_some_and(|member| class.has(member)));
    }
    if Fields::from_value(kind).is_some() {
        return Ok(Record::from_value(value).is_some_and(|record| record.class().ptr_eq(kind)));
    }
    if let Some(class) = Maker::from_value(kind) {
        let stamp = Stamp::from_value(value).is_some_and(|stamp| stamp.is_a(*class));
        return Ok(stamp || Maker::of(value) == Some(*class));
    }
    if let Some(named) = Named::from_value(kind) {
        return Ok(type_name(value) == named.0);
    }
    if let Some(abstraction) = Abstract::from_value(kind) {
        return Ok(abstraction.has(value));
    }
    if let Some(missing) = Missing::from_value(kind) {
        // Classes that nobody calls, so that nothing else is served of them.
        match missing.name() {
            "re.Pattern" => return Ok(value.get_type() == "pattern"),
            "re.Match" => return Ok(value.get_type() == "match"),
            _ => {}
        }
        return Err(unknown("isinstance", kind));
    }
    match elements(kind, heap) {
        Some(kinds) => {
            for kind in kinds {
                if (kind.is_none() && value.is_none()) || is_instance(value, kind, heap)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        None => is_named(value, kind).ok_or_else(|| unknown("isinstance", kind)),
    }
}

fn is_subclass<'v>(class: Value<'v>, kind: Value<'v>, heap: Heap<'v>) -> starlark::Result<bool> {
    if let Some(kinds) = elements(kind, heap) {
        for kind in kinds {
            if is_subclass(class, kind, heap)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if kind.to_str() == "object" || class.equals(kind)? {
        return Ok(true);
    }
    if let Some(own) = Class::from_value(class) {
        let error = ErrorClass::from_value(kind).zip(own.error()).is_some_and(|(kind, own)| own.is(kind));
        let tuple = own.is_tuple() && class_name(kind) == Some("tuple");
        return Ok(error || tuple || own.is(kind, heap));
    }
    if let Some(own) = ErrorClass::from_value(class) {
        return Ok(ErrorClass::from_value(kind).is_some_and(|kind| own.is(kind)));
    }
    match class_name(class) {
        Some(own) => Ok(own == "bool" && class_name(kind) == Some("int")),
        None => Err(unknown("issubclass", class)),
    }
}

/// `type`: asked for the class of a value, and a class itself.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class 'type'>")]
struct Type;

starlark_simple_value!(Type);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Type {
    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Ok(type_of(args.positional1(eval.heap())?, eval.heap()))
    }
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("type", Type);
    builder.set("object", Named("object".to_owned()));
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    /// `type(value).__name__`.
    fn _type_name(#[starlark(require = pos)] value: Value<'_>) -> starlark::Result<String> {
        Ok(type_name(value))
    }

    /// `f.__name__`, also of what Starlark gives no attributes.
    fn _name_of<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match value.get_attr("__name__", heap)? {
            Some(name) => Ok(name),
            None if value.get_type() == "function" => {
                let name = value.to_str();
                let name = name.rsplit(['.', ' ']).next().unwrap_or("").trim_end_matches("__of");
                Ok(heap.alloc(if name == "lambda" { "<lambda>" } else { as_written(name) }))
            }
            None => value.get_attr_error("__name__", heap),
        }
    }

    /// The attributes of an object.
    fn vars<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(fields) = StructRef::from_value(value) {
            return Ok(heap.alloc(AllocDict(fields.iter())));
        }
        match value.get_attr("__dict__", heap)? {
            Some(attributes) => Ok(attributes),
            None => Err(thrown("TypeError", "vars() argument must have __dict__ attribute")),
        }
    }

    fn setattr<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] value: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<NoneType> {
        // A name that no method gives is the object's alone.
        match (object.get_attr(name, heap)?, object.get_attr("__dict__", heap)?) {
            (None, Some(attributes)) => attributes.set_at(heap.alloc(name), value)?,
            _ => object.set_attr(name, value)?,
        }
        Ok(NoneType)
    }

    /// Starlark's own name of the type of a value.
    fn _kind(#[starlark(require = pos)] value: Value<'_>) -> starlark::Result<&'static str> {
        Ok(value.get_type())
    }

    fn isinstance<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] kind: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<bool> {
        is_instance(value, kind, heap)
    }

    fn issubclass<'v>(
        #[starlark(require = pos)] class: Value<'v>,
        #[starlark(require = pos)] kind: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<bool> {
        is_subclass(class, kind, heap)
    }
}
