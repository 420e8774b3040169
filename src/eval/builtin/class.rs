//! Classes of the Rulefile and what is made of them.
//!
//! Owns fields, methods that are bound to their object, and data classes. Classes
//! of exceptions are `exception`'s.

use crate::eval::exception::{Class as ExceptionClass, Exception, thrown};
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::UnpackList;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// A class: its members by name.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct ClassGen<V: ValueLifetimeless> {
    members: V,
    /// What objects may be given, each name by itself.
    names: V,
    name: String,
    /// The fields of a data class, in order.
    fields: Vec<String>,
    /// It is made from its fields.
    data: bool,
}

starlark_complex_value!(pub(super) Class);

/// An object of a class.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct ObjectGen<V: ValueLifetimeless> {
    class: V,
    fields: V,
}

starlark_complex_value!(Object);

/// A method with the object that it is called of.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct BoundGen<V: ValueLifetimeless> {
    object: V,
    function: V,
}

starlark_complex_value!(Bound);

impl<V: ValueLifetimeless> fmt::Display for ClassGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class '{}'>", self.name)
    }
}

impl<V: ValueLifetimeless> fmt::Display for ObjectGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<object of {}>", self.class)
    }
}

impl<V: ValueLifetimeless> fmt::Display for BoundGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<method {}>", self.function)
    }
}

/// What a dict holds for a name.
fn entry<'v>(dict: Value<'v>, name: &str) -> Option<Value<'v>> {
    DictRef::from_value(dict)?.get_str(name)
}

/// The value of a default: that of `field(default_factory=list)` is made anew.
fn default<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    match value.get_attr("default_factory", eval.heap())? {
        Some(factory) if value.get_type() == "struct" => eval.eval_function(factory, &[], &[]),
        _ => Ok(value),
    }
}

impl<'v, V: ValueLike<'v>> ClassGen<V> {
    /// The fields of a data class from what it is called with.
    fn fill(
        &self,
        fields: Value<'v>,
        args: &[Value<'v>],
        named: &[(&str, Value<'v>)],
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<()> {
        let heap = eval.heap();
        if args.len() > self.fields.len() {
            return Err(thrown("TypeError", format!("`{}` has {} fields", self.name, self.fields.len())));
        }
        if let Some((odd, _)) = named.iter().find(|(name, _)| !self.fields.iter().any(|f| f == name)) {
            return Err(thrown("TypeError", format!("`{}` has no field `{odd}`", self.name)));
        }
        for (at, field) in self.fields.iter().enumerate() {
            let given = args.get(at).copied().or_else(|| named.iter().find(|(n, _)| n == field).map(|(_, v)| *v));
            let value = match (given, entry(self.members.to_value(), field)) {
                (Some(value), _) => value,
                (None, Some(value)) => default(value, eval)?,
                (None, None) => {
                    let why = format!("`{}` wants a value for `{field}`", self.name);
                    return Err(thrown("TypeError", why));
                }
            };
            fields.set_at(heap.alloc_str(field).to_value(), value)?;
        }
        Ok(())
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ClassGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "__name__" => Some(heap.alloc_str(&self.name).to_value()),
            _ => entry(self.members.to_value(), name),
        }
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let fields = heap.alloc(AllocDict::EMPTY);
        let object = heap.alloc(Object { class: me, fields });
        let given: Vec<Value> = args.positions(heap)?.collect();
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let members = self.members.to_value();
        match entry(members, "__init__") {
            Some(init) => {
                let all: Vec<Value> = std::iter::once(object).chain(given).collect();
                eval.eval_function(init, &all, &named)?;
            }
            None if self.data => {
                self.fill(fields, &given, &named, eval)?;
                if let Some(then) = entry(members, "__post_init__") {
                    eval.eval_function(then, &[object], &[])?;
                }
            }
            None if given.is_empty() && named.is_empty() => {}
            None => return Err(thrown("TypeError", format!("`{}()` takes no arguments", self.name))),
        }
        Ok(object)
    }
}

#[starlark_value(type = "object")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ObjectGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let (class, fields) = (self.class.to_value(), self.fields.to_value());
        if let Some(value) = entry(fields, name) {
            return Some(value);
        }
        if name == "__class__" {
            return Some(class);
        }
        let member = entry(Class::from_value(class)?.members.to_value(), name)?;
        // Another value for the same object: what it holds is shared.
        let bound =
            |heap: Heap<'v>| heap.alloc(Bound { object: heap.alloc(Object { class, fields }), function: member });
        Some(if member.get_type() == "function" { bound(heap) } else { member })
    }

    fn set_attr(&self, name: &str, value: Value<'v>) -> starlark::Result<()> {
        let names = Class::from_value(self.class.to_value()).and_then(|class| entry(class.names.to_value(), name));
        let key = names.ok_or_else(|| fault(format!("no method of its class gives this object `{name}`")))?;
        self.fields.to_value().set_at(key, value)
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Object::from_value(other) else { return Ok(false) };
        let class = Class::from_value(self.class.to_value());
        let alike = self.class.to_value().ptr_eq(other.class.to_value());
        let (own, others) = (self.fields.to_value(), other.fields.to_value());
        match class.is_some_and(|class| class.data) {
            true => Ok(alike && own.equals(others)?),
            false => Ok(own.ptr_eq(others)),
        }
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for BoundGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = std::iter::once(self.object.to_value()).chain(args.positions(heap)?).collect();
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        eval.eval_function(self.function.to_value(), &given, &named)
    }
}

/// What a class takes over from those that it is made of.
struct Above<'v> {
    members: Vec<(Value<'v>, Value<'v>)>,
    names: Vec<String>,
    fields: Vec<String>,
    data: bool,
}

impl<'v> Above<'v> {
    /// Whether a class can be made of another.
    fn take(&mut self, base: Value<'v>) -> bool {
        if let Some(class) = Class::from_value(base) {
            let pairs = |dict: Value<'v>| DictRef::from_value(dict).map(|d| d.iter().collect::<Vec<_>>());
            self.members.extend(pairs(class.members.to_value()).unwrap_or_default());
            let names = pairs(class.names.to_value()).unwrap_or_default();
            self.names.extend(names.iter().filter_map(|(name, _)| name.unpack_str().map(str::to_owned)));
            self.fields.extend(class.fields.iter().cloned());
            self.data |= class.data;
            return true;
        }
        let text = base.to_str();
        let named_tuple = text.contains("NamedTuple");
        self.data |= named_tuple;
        named_tuple || Missing::from_value(base).is_some_and(|m| m.is_of("typing") || m.is_of("abc"))
    }
}

/// What Python calls the type of a value.
fn type_name(value: Value) -> String {
    if let Some(exception) = Exception::from_value(value) {
        return exception.class().name().to_owned();
    }
    if let Some(class) = Object::from_value(value).and_then(|object| Class::from_value(object.class.to_value())) {
        return class.name.clone();
    }
    match value.get_type() {
        "string" => "str",
        other => other,
    }
    .to_owned()
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// `type(value).__name__`.
    fn _type_name(#[starlark(require = pos)] value: Value<'_>) -> starlark::Result<String> {
        Ok(type_name(value))
    }

    fn _class_of<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] bases: Value<'v>,
        #[starlark(require = pos)] members: Value<'v>,
        #[starlark(require = pos)] fields: UnpackList<String>,
        #[starlark(require = pos)] names: UnpackList<String>,
        #[starlark(require = pos)] data: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        // What Python alone can make is missed only where it is used.
        let missing = |why: &str| {
            let message = format!("`{name}` cannot be used here: {why}");
            heap.alloc(Missing::said(name, message, "`run:` bodies can use it as it is"))
        };
        let made = eval.eval_function(bases, &[], &[]).and_then(|bases| {
            let bases: Vec<Value> = bases.iterate(heap)?.collect();
            Ok((bases, eval.eval_function(members, &[], &[])?))
        });
        let (bases, members) = match made {
            Ok(made) => made,
            Err(error) => return Ok(missing(&error.without_diagnostic().to_string())),
        };
        if let Some(above) = bases.iter().find_map(|base| ExceptionClass::from_value(*base)) {
            let member = DictRef::from_value(members).and_then(|own| own.keys().next().map(|name| name.to_str()));
            if let Some(member) = member {
                return Ok(missing(&format!("a class of errors has no members of its own, such as `{member}`")));
            }
            return Ok(heap.alloc(above.below(name)));
        }
        let mut above = Above { members: Vec::new(), names: names.items, fields: Vec::new(), data };
        if let Some(odd) = bases.iter().find(|base| !above.take(**base)) {
            return Ok(missing(&format!("a class below {} is not served", odd.to_str())));
        }
        above.members.extend(DictRef::from_value(members).map(|d| d.iter().collect::<Vec<_>>()).unwrap_or_default());
        for field in fields.items {
            if !above.fields.contains(&field) {
                above.fields.push(field);
            }
        }
        above.names.extend(above.fields.iter().cloned());
        let names: Vec<Value> = above.names.iter().map(|n| heap.alloc_str(n).to_value()).collect();
        let names = heap.alloc(AllocDict(names.into_iter().map(|n| (n, n))));
        let members = heap.alloc(AllocDict(above.members));
        Ok(heap.alloc(Class { members, names, name: name.to_owned(), fields: above.fields, data: above.data }))
    }
}
