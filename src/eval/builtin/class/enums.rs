//! Enumerations: `class Color(Enum):` and its members.
//!
//! Owns which of a class's lines are members, what a member is, and finding one by
//! its value.

use crate::eval::exception::thrown;
use crate::eval::missing::Missing;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::StarlarkHasher;
use starlark::eval::Evaluator;
use starlark::starlark_complex_value;
use starlark::values::dict::DictRef;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::fmt;
use std::hash::Hash;

/// One of the values that an enumeration names.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval::builtin) struct MemberGen<V: ValueLifetimeless> {
    /// The members of the class, by which it is known.
    members: V,
    value: V,
    class: String,
    name: String,
}

starlark_complex_value!(pub(in crate::eval::builtin) Member);

impl<V: ValueLifetimeless> fmt::Display for MemberGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.class, self.name)
    }
}

impl<'v> Member<'v> {
    pub(in crate::eval::builtin) fn value(&self) -> Value<'v> {
        self.value.to_value()
    }

    pub(in crate::eval::builtin) fn class_name(&self) -> &str {
        &self.class
    }

    /// Whether it is of the class that has some members.
    pub(super) fn is_of(&self, members: Value<'v>) -> bool {
        self.members.to_value().ptr_eq(members)
    }

    /// The member of its class of a name, such as a method.
    pub(in crate::eval::builtin) fn member(&self, name: &str) -> Option<Value<'v>> {
        super::entry(self.members.to_value(), name)
    }
}

#[starlark_value(type = "enum member")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for MemberGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "name" | "_name_" => Some(heap.alloc_str(&self.name).to_value()),
            "value" | "_value_" => Some(self.value.to_value()),
            _ => {
                let member = super::entry(self.members.to_value(), name)?;
                let own = || {
                    let (members, value) = (self.members.to_value(), self.value.to_value());
                    heap.alloc(Member { members, value, class: self.class.clone(), name: self.name.clone() })
                };
                Some(if member.get_type() == "function" { super::object::bound(own(), member, heap) } else { member })
            }
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Member::from_value(other) else { return Ok(false) };
        Ok(self.members.to_value().ptr_eq(other.members) && self.name == other.name)
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        (&self.class, &self.name).hash(hasher);
        Ok(())
    }
}

/// What `auto()` gives.
fn is_auto(value: Value) -> bool {
    value.get_type() == "struct" && value.to_str().contains("_is_auto")
}

/// The members of an enumeration by their names, in order.
pub(super) fn members<'v>(all: Value<'v>) -> Vec<(String, Value<'v>)> {
    let Some(all) = DictRef::from_value(all) else { return Vec::new() };
    let first = |(name, value): (Value<'v>, Value<'v>)| {
        let member = Member::from_value(value)?;
        // Another name of the same value is no member of its own.
        (name.unpack_str() == Some(&member.name)).then(|| (member.name.clone(), value))
    };
    all.iter().filter_map(first).collect()
}

/// Puts the members in the place of their values.
pub(super) fn fill<'v>(
    all: Value<'v>,
    class: &str,
    own: &[(Value<'v>, Value<'v>)],
    heap: Heap<'v>,
) -> starlark::Result<()> {
    let mut made: Vec<Value> = Vec::new();
    let mut last = 0;
    for (name, value) in own {
        let text = name.unpack_str().unwrap_or("");
        if value.get_type() == "function" || super::Special::from_value(*value).is_some() || text.starts_with("__") {
            continue;
        }
        let value = if is_auto(*value) { heap.alloc(last + 1) } else { *value };
        last = value.unpack_i32().unwrap_or(last);
        let same =
            |member: &&Value<'v>| Member::from_value(**member).is_some_and(|m| m.value.equals(value).unwrap_or(false));
        let member = match made.iter().find(same) {
            Some(same) => *same,
            None => heap.alloc(Member { members: all, value, class: class.to_owned(), name: text.to_owned() }),
        };
        made.push(member);
        all.set_at(*name, member)?;
    }
    Ok(())
}

/// `Color(1)`: the member of a value.
pub(super) fn found<'v>(
    all: Value<'v>,
    class: &str,
    given: &[Value<'v>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let [value] = given else { return Err(thrown("TypeError", format!("`{class}()` wants one value"))) };
    for (_, member) in members(all) {
        let own = Member::from_value(member).map(|m| m.value());
        if member.equals(*value)? || own.map_or(Ok(false), |own| own.equals(*value))? {
            return Ok(member);
        }
    }
    let shown = crate::eval::show::repr(*value, eval)?;
    Err(thrown("ValueError", format!("{shown} is not a valid {class}")))
}

/// Whether a class below another is an enumeration, and whether that is served.
pub(super) fn base(base: Value) -> Option<bool> {
    let missing = Missing::from_value(base).filter(|m| m.is_of("enum"))?;
    Some(missing.name() == "enum.Enum")
}
