//! Objects of the Rulefile's classes.
//!
//! Owns what they hold, methods that are bound to them, and the methods that Python
//! calls by itself, as far as whoever asks can call functions. Where nobody can, such
//! as in a comparison outside of the class's file, that is an error.

use super::data::{Field, Options};
use super::{Class, Kind, Special, entry};
use crate::eval::builtin::operators::each;
use crate::eval::builtin::passed::Passed;
use crate::eval::builtin::record::Record;
use crate::eval::builtin::wrapped::behind;
use crate::eval::exception::{Class as ErrorClass, thrown};
use crate::eval::fault::hinted;
use crate::eval::limits;
use crate::eval::recognised::exception_of;
use crate::eval::show;
use crate::syntax::as_written;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::StarlarkHasher;
use starlark::docs::DocItem;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_complex_value;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;

/// An object of a class.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval::builtin) struct ObjectGen<V: ValueLifetimeless> {
    class: V,
    fields: V,
}

starlark_complex_value!(pub(in crate::eval::builtin) Object);

/// A method with the object that it is called of.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct BoundGen<V: ValueLifetimeless> {
    object: V,
    function: V,
}

starlark_complex_value!(Bound);

/// `super()`: an object as the classes above one see it.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct SuperGen<V: ValueLifetimeless> {
    class: V,
    object: V,
}

starlark_complex_value!(Super);

/// `super().__init__` where no class above has one: it takes what an error is told of.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct BeginGen<V: ValueLifetimeless> {
    object: V,
}

starlark_complex_value!(Begin);

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

impl<V: ValueLifetimeless> fmt::Display for SuperGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<super of {}>", self.class)
    }
}

impl<V: ValueLifetimeless> fmt::Display for BeginGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<method __init__>")
    }
}

/// A method of an object.
pub(super) fn bound<'v>(object: Value<'v>, function: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Bound { object, function })
}

/// What the classes above one have for an object.
pub(super) fn above<'v>(class: &Class<'v>, object: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Super { class: class.again(heap), object })
}

impl<'v> Object<'v> {
    pub(super) fn new(class: Value<'v>, fields: Value<'v>) -> Object<'v> {
        ObjectGen { class, fields }
    }

    pub(in crate::eval::builtin) fn class(&self) -> Value<'v> {
        self.class.to_value()
    }

    pub(in crate::eval::builtin) fn fields(&self) -> Value<'v> {
        self.fields.to_value()
    }
}

thread_local! {
    /// A class whose `__len__` says whether an object is true, and that was not asked.
    static ASKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The class of an object that was taken for true or false though its `__len__` says
/// that: where Starlark asks, no method can be called.
pub(in crate::eval) fn truth_asked() -> Option<String> {
    ASKED.take()
}

/// What an object of a class holds, and before that what its class does.
pub(in crate::eval) fn attributes(value: Value<'_>) -> Option<Vec<(String, Value<'_>)>> {
    let object = Object::from_value(value)?;
    let class = object.of()?;
    let all = super::pairs(class.members.to_value()).into_iter().chain(super::pairs(object.fields()));
    let mut attributes: Vec<(String, Value)> = Vec::new();
    for (name, value) in all.filter_map(|(name, value)| Some((name.unpack_str()?.to_owned(), value))) {
        attributes.retain(|(known, _)| *known != name);
        attributes.push((name, value));
    }
    Some(attributes)
}

/// What some kind of comparison is of, where no function can be called.
fn only_there(method: &str, class: &Class) -> starlark::Error {
    hinted(
        format!("`{method}` of `{}` is asked in the file of its class alone", class.name()),
        format!("compare there, or write a method and call it: `x.{method}(y)`"),
    )
}

impl<'v, V: ValueLike<'v>> ObjectGen<V> {
    /// Whether another is the same object: each time one is handed out, it has the same fields.
    pub(in crate::eval::builtin) fn is(&self, other: &Object<'v>) -> bool {
        self.fields.to_value().ptr_eq(other.fields.to_value())
    }

    fn of(&self) -> Option<&Class<'v>> {
        Class::from_value(self.class.to_value())
    }

    fn options(&self) -> Option<Options> {
        match self.of()?.kind {
            Kind::Data(options) => Some(options),
            _ => None,
        }
    }

    fn member(&self, name: &str) -> Option<Value<'v>> {
        self.of()?.member(name)
    }

    /// The values that are compared.
    fn compared(&self, heap: Option<Heap<'v>>) -> Vec<Value<'v>> {
        let Some(class) = self.of() else { return Vec::new() };
        let counts = |field: &&String| match (class.member(field), heap) {
            (Some(member), Some(heap)) => Field::of(member, heap).ok().flatten().is_none_or(|field| field.compare),
            _ => true,
        };
        class.fields.iter().filter(counts).filter_map(|field| entry(self.fields.to_value(), field)).collect()
    }
}

#[starlark_value(type = "object")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ObjectGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let name = as_written(name);
        let (class, fields) = (self.class.to_value(), self.fields.to_value());
        if let Some(value) = entry(fields, name) {
            return Some(value);
        }
        match name {
            "__class__" => return Some(class),
            "__dict__" => return Some(fields),
            _ => {}
        }
        let member = self.member(name)?;
        if let Some(special) = Special::from_value(member) {
            return special.property().is_none().then(|| special.of(class, heap));
        }
        // Another value for the same object: what it holds is shared.
        let own = || heap.alloc(Object { class, fields });
        Some(if member.get_type() == "function" { bound(own(), member, heap) } else { member })
    }

    fn set_attr(&self, name: &str, value: Value<'v>) -> starlark::Result<()> {
        if self.options().is_some_and(|options| options.frozen) {
            return Err(thrown("FrozenInstanceError", format!("cannot assign to field '{name}'")));
        }
        if self.member(name).and_then(Special::from_value).is_some_and(|special| special.property().is_some()) {
            return Err(thrown("AttributeError", format!("the property `{name}` has no setter")));
        }
        let names = self.of().and_then(|class| entry(class.names.to_value(), name));
        let why = || format!("no method of its class gives this object `{name}`");
        let key = names.ok_or_else(|| hinted(why(), format!("write `self.{name} = …` in its `__init__`")))?;
        self.fields.to_value().set_at(key, value)
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let own = self.fields.to_value();
        let other = Object::from_value(other);
        if other.is_some_and(|other| own.ptr_eq(other.fields.to_value())) {
            return Ok(true);
        }
        if let (Some(class), Some(_)) = (self.of(), self.member("__eq__")) {
            return Err(only_there("__eq__", class));
        }
        let Some(other) = other else { return Ok(false) };
        match self.options().is_some_and(|options| options.eq) {
            true => Ok(self.class.to_value().equals(other.class.to_value())? && own.equals(other.fields.to_value())?),
            false => Ok(false),
        }
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        let ordered = self.options().is_some_and(|options| options.order);
        match (Object::from_value(other), self.of()) {
            (Some(other), Some(_)) if ordered && self.class.to_value().equals(other.class.to_value())? => {
                for (a, b) in self.compared(None).into_iter().zip(other.compared(None)) {
                    match a.compare(b)? {
                        Ordering::Equal => {}
                        unequal => return Ok(unequal),
                    }
                }
                Ok(Ordering::Equal)
            }
            (_, Some(class)) if class.member("__lt__").is_some() => Err(only_there("__lt__", class)),
            (_, class) => {
                let name = class.map_or("object", |class| class.name());
                Err(thrown("TypeError", format!("objects of `{name}` have no order")))
            }
        }
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        let Some(class) = self.of() else { return Ok(()) };
        class.name().hash(hasher);
        match self.options() {
            Some(Options { frozen: true, eq: true, .. } | Options { hash: true, .. }) => {
                for value in self.compared(None) {
                    value.get_hashed()?.hash().hash(hasher);
                }
                Ok(())
            }
            Some(Options { eq: false, .. }) => Ok(()),
            None if class.member("__eq__").is_none() => Ok(()),
            _ => Err(thrown("TypeError", format!("unhashable type: '{}'", class.name()))),
        }
    }

    fn to_bool(&self) -> bool {
        if let (Some(class), Some(_)) = (self.of(), self.member("__len__")) {
            ASKED.with_borrow_mut(|asked| *asked = Some(class.name().to_owned()));
        }
        true
    }

    fn length(&self) -> starlark::Result<i32> {
        Err(thrown("TypeError", format!("`{}` has no `__len__`", self.of().map_or("object", |class| class.name()))))
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match self.member("__call__") {
            Some(method) => called(method, me, args, eval),
            None => {
                let name = self.of().map_or("object", |class| class.name());
                Err(thrown("TypeError", format!("objects of `{name}` cannot be called")))
            }
        }
    }
}

/// Calls a method of an object.
fn called<'v>(
    method: Value<'v>,
    object: Value<'v>,
    args: &Arguments<'v, '_>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    Passed::of(args, eval.heap())?.on_to(method, &[object], eval)
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
        called(self.function.to_value(), self.object.to_value(), args, eval)
    }

    fn documentation(&self) -> DocItem {
        behind(self.function.to_value().documentation(), 1)
    }
}

impl<'v, V: ValueLike<'v>> SuperGen<V> {
    /// The class of the object, which says the order; a class method has it itself.
    fn of(&self) -> Value<'v> {
        let object = self.object.to_value();
        let own = Object::from_value(object).map(Object::class);
        own.or_else(|| Class::from_value(object).map(|_| object)).unwrap_or_else(|| self.class.to_value())
    }

    /// What the first class behind this one has that has it.
    fn member(&self, name: &str) -> Option<Value<'v>> {
        let class = Class::from_value(self.of())?;
        let all: Vec<Value> = std::iter::once(self.of()).chain(super::elements(class.above.to_value())).collect();
        let same = |other: &Value<'v>| other.equals(self.class.to_value()).unwrap_or(false);
        let at = all.iter().position(same)?;
        all.into_iter().skip(at + 1).find_map(|class| entry(Class::from_value(class)?.own.to_value(), name))
    }
}

#[starlark_value(type = "super")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for SuperGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let object = self.object.to_value();
        match self.member(name) {
            Some(member) => match Special::from_value(member) {
                Some(special) => special.property().is_none().then(|| special.of(self.of(), heap)),
                None if member.get_type() == "function" => Some(bound(object, member, heap)),
                None => Some(member),
            },
            None => (name == "__init__").then(|| heap.alloc(Begin { object })),
        }
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for BeginGen<V>
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
        let given: Vec<Value> = args.positions(heap)?.collect();
        let object = Object::from_value(self.object.to_value());
        let is_error = object.and_then(Object::of).is_some_and(|class| class.error().is_some());
        match object {
            Some(object) if is_error => {
                object.fields().set_at(heap.alloc_str("args").to_value(), heap.alloc(AllocTuple(given)))?;
            }
            _ if given.is_empty() => {}
            _ => return Err(thrown("TypeError", "`__init__()` of the class above takes no arguments")),
        }
        Ok(Value::new_none())
    }
}

/// A method that Python calls by itself, if the class of an object has it.
pub(in crate::eval::builtin) fn method<'v>(object: Value<'v>, name: &str) -> Option<Value<'v>> {
    if let Some(member) = super::enums::Member::from_value(object) {
        return member.member(name);
    }
    match Object::from_value(object) {
        Some(object) => object.member(name),
        None => Class::from_value(Record::from_value(object)?.class())?.member(name),
    }
}

/// The function of a property of an object.
pub(in crate::eval::builtin) fn property<'v>(object: Value<'v>, name: &str) -> Option<Value<'v>> {
    if let Some(above) = Super::from_value(object) {
        return Special::from_value(above.member(name)?)?.property();
    }
    Special::from_value(method(object, name)?)?.property()
}

/// What `for` goes over, of an object that says it.
pub(in crate::eval::builtin) fn iterated<'v>(
    object: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let made = match method(object, "__iter__") {
        Some(iter) => eval.eval_function(iter, &[object], &[])?,
        None => return Ok(each(object, eval.heap())),
    };
    match method(made, "__next__") {
        Some(next) => stepped(made, next, eval),
        None => Ok(each(made, eval.heap())),
    }
}

/// What an object gives step by step, until it says that there is no more.
fn stepped<'v>(object: Value<'v>, next: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let mut items = Vec::new();
    let end = ErrorClass::of("StopIteration");
    loop {
        match eval.eval_function(next, &[object], &[]) {
            Ok(item) => items.push(item),
            Err(error) if exception_of(&error).is_some_and(|e| e.class().is(&end)) => {
                return Ok(eval.heap().alloc(AllocList(items)));
            }
            Err(error) => return Err(error),
        }
        limits::values(items.len() as u128)?;
    }
}

/// `str(x)` or `repr(x)` of an object; none of other values.
pub(in crate::eval) fn written<'v>(
    value: Value<'v>,
    plain: bool,
    eval: &mut Evaluator<'v, '_, '_>,
) -> Option<starlark::Result<String>> {
    if value.get_type() == "object" || value.get_type() == "enum member" || value.get_type() == "record" {
        let own = plain.then(|| method(value, "__str__")).flatten().or_else(|| method(value, "__repr__"));
        if let Some(own) = own {
            let said = eval.eval_function(own, &[value], &[]);
            return Some(said.map(|said| said.unpack_str().map_or_else(|| said.to_str(), str::to_owned)));
        }
    }
    if let Some(member) = super::enums::Member::from_value(value) {
        let of_value = |eval: &mut Evaluator<'v, '_, '_>| show::repr(member.value(), eval);
        let full = member.full_name();
        return Some(match plain {
            true if member.is_plain() => show::text(member.value(), eval),
            true => Ok(full),
            false => of_value(eval).map(|v| format!("<{full}: {v}>")),
        });
    }
    let object = Object::from_value(value)?;
    let class = object.of()?;
    if class.error().is_some() {
        return Some(told(class.name(), object.fields(), plain, eval));
    }
    if !object.options().is_some_and(|options| options.repr) {
        return None;
    }
    let is_shown = |name: &&String| {
        let field = class.member(name).and_then(|member| Field::of(member, eval.heap()).ok().flatten());
        field.is_none_or(|field| field.repr)
    };
    let shown: Vec<&String> = class.fields.iter().filter(is_shown).collect();
    let pairs: Vec<(&str, Value)> =
        shown.into_iter().filter_map(|name| Some((name.as_str(), entry(object.fields(), name)?))).collect();
    Some(show::fields(&pairs, eval).map(|fields| format!("{}({fields})", class.name())))
}

/// The text of an error with members of its own.
fn told<'v>(name: &str, fields: Value<'v>, plain: bool, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let args: Vec<Value> =
        entry(fields, "args").map_or(Ok(Vec::new()), |args| args.iterate(eval.heap()).map(Iterator::collect))?;
    match (plain, args.as_slice()) {
        (true, []) => Ok(String::new()),
        (true, [one]) => show::text(*one, eval),
        (true, _) => show::repr(entry(fields, "args").unwrap_or_else(Value::new_none), eval),
        (false, _) => {
            let args = args.into_iter().map(|arg| show::repr(arg, eval)).collect::<starlark::Result<Vec<_>>>()?;
            Ok(format!("{name}({})", args.join(", ")))
        }
    }
}
