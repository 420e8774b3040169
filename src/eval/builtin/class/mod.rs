//! Classes of the Rulefile.
//!
//! Owns what a class holds, and how objects are made of it. How it is made itself, of
//! its lines and of other classes, is `made`'s. What an object does is `object`'s, which class a value is
//! of `kind`'s. Classes of exceptions are `exception`'s.

mod data;
mod enums;
mod made;
mod member;
mod object;
mod operate;

pub(super) use data::{names as data_fields, register as data_register};
pub(in crate::eval) use enums::Member as EnumMember;
pub(super) use member::{Special, register as special_register};
pub(super) use object::{Object, iterated, method, property};
pub(in crate::eval) use object::{attributes, truth_asked, written};
pub(super) use operate::{asked, number, operate, register as operate_register, truth};

use super::record::Record;
use crate::eval::exception::{Class as ExceptionClass, Exception, thrown};
use crate::eval::fault::{fault, hinted};
use crate::eval::missing::Missing;
use crate::syntax::as_written;
use allocative::Allocative;
use data::{Field, Options};
use made::{Written, class_of};
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::typing::Ty;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{ListRef, UnpackList};
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use starlark::{starlark_complex_value, starlark_module};
use std::fmt;

/// How objects of a class are made, and what they are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Trace, Freeze, Allocative)]
pub(super) enum Kind {
    /// By `__init__`.
    Plain,
    /// From their fields.
    Data(Options),
    /// Tuples with names.
    Tuple,
    /// There are those alone that the class names.
    Enum,
}

/// A class: its members by name, with those of the classes that it is made of.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct ClassGen<V: ValueLifetimeless> {
    members: V,
    /// What objects may be given, each name by itself.
    names: V,
    /// Those of its own lines.
    own: V,
    /// The classes that it is made of.
    bases: V,
    /// All classes above it, in the order in which Python asks them.
    above: V,
    /// The built-in class of errors that it is below, or `None`.
    error: V,
    name: String,
    /// The fields of a data class, in order.
    fields: Vec<String>,
    kind: Kind,
}

starlark_complex_value!(pub(super) Class);

impl<V: ValueLifetimeless> fmt::Display for ClassGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class '{}'>", self.name)
    }
}

/// What a dict holds for a name.
fn entry<'v>(dict: Value<'v>, name: &str) -> Option<Value<'v>> {
    DictRef::from_value(dict)?.get_str(name)
}

fn elements<'v>(list: Value<'v>) -> Vec<Value<'v>> {
    ListRef::from_value(list).map(|list| list.iter().collect()).unwrap_or_default()
}

fn pairs<'v>(dict: Value<'v>) -> Vec<(Value<'v>, Value<'v>)> {
    DictRef::from_value(dict).map(|d| d.iter().collect()).unwrap_or_default()
}

/// The arguments of a call by name.
type Named<'a, 'v> = &'a [(&'a str, Value<'v>)];

impl<'v, V: ValueLike<'v>> ClassGen<V> {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A member, of the class itself or of one above it.
    fn member(&self, name: &str) -> Option<Value<'v>> {
        entry(self.own.to_value(), name).or_else(|| {
            let above = ListRef::from_value(self.above.to_value())?;
            let above = above.iter().find_map(|class| entry(Class::from_value(class)?.own.to_value(), name));
            above.or_else(|| entry(self.members.to_value(), name))
        })
    }

    /// The class as a value: those with the same members are the same class.
    fn again(&self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(Class {
            members: self.members.to_value(),
            names: self.names.to_value(),
            own: self.own.to_value(),
            bases: self.bases.to_value(),
            above: self.above.to_value(),
            error: self.error.to_value(),
            name: self.name.clone(),
            fields: self.fields.clone(),
            kind: self.kind,
        })
    }

    /// Whether it is another class or below it.
    pub(super) fn is(&self, other: Value<'v>, heap: Heap<'v>) -> bool {
        let Some(wanted) = Class::from_value(other) else { return false };
        let above = || self.bases.to_value().iterate(heap).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        self.members.to_value().ptr_eq(wanted.members)
            || above().into_iter().any(|base| Class::from_value(base).is_some_and(|base| base.is(other, heap)))
    }

    /// The class of errors that it stands for, if it is one.
    pub(super) fn error(&self) -> Option<ExceptionClass> {
        ExceptionClass::from_value(self.error.to_value()).cloned()
    }

    /// Whether it names a member of an enumeration.
    pub(super) fn has(&self, member: &EnumMember<'v>) -> bool {
        member.is_of(self.members.to_value())
    }

    pub(super) fn is_tuple(&self) -> bool {
        self.kind == Kind::Tuple
    }

    /// The values of the fields from what a class is called with.
    fn fill(
        &self,
        args: &[Value<'v>],
        named: Named<'_, 'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Vec<Option<Value<'v>>>> {
        let described: Vec<Option<Field>> = self
            .fields
            .iter()
            .map(|f| Ok(self.member(f).map(|m| Field::of(m, eval.heap())).transpose()?.flatten()))
            .collect::<starlark::Result<_>>()?;
        let taken = |at: &usize| described[*at].as_ref().is_none_or(|field| field.init);
        let by_place: Vec<usize> = (0..self.fields.len()).filter(taken).collect();
        let given: usize = by_place.len();
        let by_name_only = matches!(self.kind, Kind::Data(Options { by_name: true, .. }));
        if by_name_only && !args.is_empty() {
            return Err(thrown("TypeError", format!("`{}` takes its fields by name", self.name)));
        }
        if args.len() > given {
            return Err(thrown("TypeError", format!("`{}` has {given} fields", self.name)));
        }
        if let Some((odd, _)) =
            named.iter().find(|(name, _)| !by_place.iter().any(|at| self.fields[*at] == as_written(name)))
        {
            return Err(thrown("TypeError", format!("`{}` has no field `{odd}`", self.name)));
        }
        let mut values = Vec::with_capacity(self.fields.len());
        for (at, field) in self.fields.iter().enumerate() {
            let place = by_place.iter().position(|p| *p == at);
            let placed = place.and_then(|place| args.get(place).copied());
            let by_name = named.iter().find(|(n, _)| as_written(n) == field).map(|(_, v)| *v);
            if placed.is_some() && by_name.is_some() {
                return Err(thrown("TypeError", format!("`{}` is given `{field}` twice", self.name)));
            }
            let default = match (&described[at], self.member(field)) {
                (Some(field), _) => field.default(eval)?,
                (None, member) => member,
            };
            let missing = || thrown("TypeError", format!("`{}` wants a value for `{field}`", self.name));
            let given = placed.or(by_name).or(default);
            // What the class gives by itself, behind the others.
            let later = place.is_none() && matches!(self.kind, Kind::Data(_));
            values.push(if later && given.is_none() { None } else { Some(given.ok_or_else(missing)?) });
        }
        Ok(values)
    }

    /// An object of the class.
    fn make(
        &self,
        me: Value<'v>,
        given: Vec<Value<'v>>,
        named: Named<'_, 'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        if self.kind == Kind::Tuple {
            let values = self.fill(&given, named, eval)?.into_iter().flatten().collect();
            return Ok(Record::alloc_of(me, &self.name, &self.fields, values, heap));
        }
        if self.kind == Kind::Enum {
            return enums::found(self.members.to_value(), &self.name, &given, eval);
        }
        let fields = heap.alloc(AllocDict::EMPTY);
        let object = heap.alloc(Object::new(me, fields));
        match (self.member("__init__"), self.kind) {
            (Some(init), _) => {
                let all: Vec<Value> = std::iter::once(object).chain(given.iter().copied()).collect();
                eval.eval_function(init, &all, named)?;
            }
            (None, Kind::Data(_)) => {
                let values = self.fill(&given, named, eval)?;
                for (field, value) in self.fields.iter().zip(values) {
                    let Some(value) = value else { continue };
                    fields.set_at(heap.alloc_str(field).to_value(), value)?;
                }
                if let Some(then) = self.member("__post_init__") {
                    eval.eval_function(then, &[object], &[])?;
                }
            }
            (None, _) if !self.error.to_value().is_none() => {}
            (None, _) if given.is_empty() && named.is_empty() => {}
            (None, _) => return Err(thrown("TypeError", format!("`{}()` takes no arguments", self.name))),
        }
        if !self.error.to_value().is_none() && entry(fields, "args").is_none() {
            fields.set_at(heap.alloc_str("args").to_value(), heap.alloc(starlark::values::tuple::AllocTuple(given)))?;
        }
        Ok(object)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ClassGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "__name__" | "__qualname__" => Some(heap.alloc_str(&self.name).to_value()),
            "__bases__" => Some(heap.alloc(starlark::values::tuple::AllocTuple(elements(self.bases.to_value())))),
            "__mro__" => {
                let all = std::iter::once(self.again(heap)).chain(elements(self.above.to_value()));
                Some(heap.alloc(starlark::values::tuple::AllocTuple(all.collect::<Vec<_>>())))
            }
            "_fields" if self.kind == Kind::Tuple => {
                Some(heap.alloc(starlark::values::tuple::AllocTuple(self.fields.iter().map(String::as_str))))
            }
            "_make" if self.kind == Kind::Tuple => Some(heap.alloc(Making { class: self.again(heap) })),
            "__members__" if self.kind == Kind::Enum => {
                let members = enums::members(self.members.to_value());
                Some(heap.alloc(AllocDict(members)))
            }
            _ => {
                let member = self.member(name)?;
                Some(Special::from_value(member).map_or(member, |special| special.of(self.again(heap), heap)))
            }
        }
    }

    fn at(&self, index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if self.kind != Kind::Enum {
            // `Stack[int]` of an annotation.
            return Err(thrown("TypeError", format!("the class `{}` has no elements", self.name)));
        }
        let found = enums::members(self.members.to_value());
        let found = found.into_iter().find(|(name, _)| index.unpack_str() == Some(name));
        found.map(|(_, value)| value).ok_or_else(|| thrown("KeyError", index.to_str()))
    }

    fn length(&self) -> starlark::Result<i32> {
        match self.kind {
            Kind::Enum => Ok(enums::members(self.members.to_value()).len() as i32),
            _ => Err(thrown("TypeError", format!("the class `{}` has no length", self.name))),
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let other = Class::from_value(other).map(|other| other.members.to_value());
        Ok(other.is_some_and(|members| self.members.to_value().ptr_eq(members)))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(enums::members(self.members.to_value()).into_iter().any(|(_, value)| value.ptr_eq(other)))
    }

    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        match self.kind {
            Kind::Enum => Ok(enums::members(self.members.to_value()).into_iter().map(|(_, value)| value).collect()),
            _ => Err(thrown("TypeError", format!("the class `{}` cannot be looped over", self.name))),
        }
    }

    fn set_attr(&self, name: &str, value: Value<'v>) -> starlark::Result<()> {
        // A name that the class has can be given another value: there is no heap for a new one.
        let key = [self.members.to_value(), self.names.to_value()]
            .into_iter()
            .find_map(|dict| pairs(dict).into_iter().map(|(key, _)| key).find(|key| key.unpack_str() == Some(name)));
        let hint = || format!("give it a first value in the lines of the class: `{name} = …`");
        let key = key.filter(|_| self.kind != Kind::Enum);
        let key =
            key.ok_or_else(|| hinted(format!("`{}` has no `{name}` that could be changed", self.name), hint()))?;
        self.own.to_value().set_at(key, value)
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let given: Vec<Value> = args.positions(eval.heap())?.collect();
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.make(me, given, &named, eval)
    }
}

/// `Point._make`: an object of the elements of a list.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
struct MakingGen<V: ValueLifetimeless> {
    class: V,
}

starlark_complex_value!(Making);

impl<V: ValueLifetimeless> fmt::Display for MakingGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<method _make of {}>", self.class)
    }
}

#[starlark_value(type = "function")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for MakingGen<V>
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
        let given: Vec<Value> = args.positional1(heap)?.iterate(heap)?.collect();
        eval.eval_function(self.class.to_value(), &given, &[])
    }
}

/// The error that an object of a class of errors is.
pub(super) fn error<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Exception>> {
    let Some(object) = Object::from_value(value) else { return Ok(None) };
    let Some(class) = Class::from_value(object.class()).and_then(|class| class.error()) else { return Ok(None) };
    let mut fields = Vec::new();
    let own = Class::from_value(object.class()).map(|class| pairs(class.members.to_value())).unwrap_or_default();
    let own = own.into_iter().filter(|(_, value)| value.get_type() != "function" && value.get_type() != "member");
    for (name, value) in pairs(object.fields()).into_iter().chain(own) {
        fields.push((name.to_str().into(), crate::eval::exception::plain(value, eval)?));
    }
    let said = crate::eval::show::text(value, eval)?;
    Ok(Some(Exception::with_members(class, fields, said)))
}

/// What a class has for one of its named tuples beside the fields.
pub(super) fn of_tuple<'v>(
    class: Value<'v>,
    name: &str,
    own: impl FnOnce() -> Value<'v>,
    heap: Heap<'v>,
) -> Option<Value<'v>> {
    let member = Class::from_value(class)?.member(name)?;
    match Special::from_value(member) {
        Some(special) => special.property().is_none().then(|| special.of(class, heap)),
        None if member.get_type() == "function" => Some(object::bound(own(), member, heap)),
        None => Some(member),
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn _class_of<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] bases: Value<'v>,
        #[starlark(require = pos)] members: Value<'v>,
        #[starlark(require = pos)] fields: UnpackList<String>,
        #[starlark(require = pos)] names: UnpackList<String>,
        #[starlark(require = pos)] data: Value<'v>,
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
            let data = if data.is_none() { None } else { Some(eval.eval_function(data, &[], &[])?) };
            Ok((bases, eval.eval_function(members, &[], &[])?, data))
        });
        let (bases, members, data) = match made {
            Ok(made) => made,
            Err(error) => return Ok(missing(&error.without_diagnostic().to_string())),
        };
        let data = match data.map(Options::of).transpose() {
            Ok(data) => data,
            Err(odd) => return Ok(missing(&format!("`@dataclass({odd}=…)` is not served"))),
        };
        let (name_, fields, names) = (name.to_owned(), fields.items, names.items);
        let written = Written { name: name_, bases, members, fields, names, data };
        Ok(class_of(written, heap).unwrap_or_else(|why| missing(&why)))
    }

    /// `super()` in a method: what the classes above a class have.
    fn _super<'v>(
        #[starlark(require = pos)] class: Value<'v>,
        #[starlark(require = pos)] object: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let class = Class::from_value(class).ok_or_else(|| fault("`super()` is not served in this class"))?;
        Ok(object::above(class, object, heap))
    }
}
