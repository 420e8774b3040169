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
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// One of the values that an enumeration names.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(in crate::eval) struct MemberGen<V: ValueLifetimeless> {
    /// The members of the class, by which it is known.
    members: V,
    value: V,
    class: String,
    name: String,
    mixed: Mixed,
}

/// Whether the members of an enumeration are values of another class as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Trace, Freeze, Allocative)]
pub(super) enum Mixed {
    /// `Enum`
    No,
    /// `str, Enum`: they are written as members.
    Named,
    /// `StrEnum`, `IntEnum`: they are written as their values.
    Plain,
}

starlark_complex_value!(pub(in crate::eval) Member);

impl<V: ValueLifetimeless> fmt::Display for MemberGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mixed {
            Mixed::Plain => write!(f, "{}", self.value),
            _ => write!(f, "{}.{}", self.class, self.name),
        }
    }
}

impl<'v> Member<'v> {
    pub(in crate::eval::builtin) fn value(&self) -> Value<'v> {
        self.value.to_value()
    }

    /// The value that it is as well.
    pub(in crate::eval) fn mixed(&self) -> Option<Value<'v>> {
        (self.mixed != Mixed::No).then(|| self.value.to_value())
    }

    /// `Color.RED`
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.class, self.name)
    }

    /// Whether it is written as its value.
    pub(super) fn is_plain(&self) -> bool {
        self.mixed == Mixed::Plain
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

impl<'v, V: ValueLike<'v>> MemberGen<V> {
    /// See [`Member::mixed`].
    fn other(&self) -> Option<Value<'v>> {
        (self.mixed != Mixed::No).then(|| self.value.to_value())
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
                let found = super::entry(self.members.to_value(), name);
                let Some(member) = found else {
                    return self.other().and_then(|value| value.get_attr(name, heap).ok().flatten());
                };
                let own = || {
                    let (members, value) = (self.members.to_value(), self.value.to_value());
                    heap.alloc(Member {
                        members,
                        value,
                        class: self.class.clone(),
                        name: self.name.clone(),
                        mixed: self.mixed,
                    })
                };
                Some(if member.get_type() == "function" { super::object::bound(own(), member, heap) } else { member })
            }
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Member::from_value(other) else {
            return self.other().map_or(Ok(false), |value| value.equals(other));
        };
        Ok(self.members.to_value().ptr_eq(other.members) && self.name == other.name)
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        let value =
            self.other().ok_or_else(|| thrown("TypeError", format!("members of `{}` have no order", self.class)));
        value?.compare(Member::from_value(other).map_or(other, |other| other.value.to_value()))
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.other()?.add(Member::from_value(other).map_or(other, |other| other.value.to_value()), heap))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(left.add(self.other()?, heap))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        if let Some(value) = self.other() {
            // What a key of that value has, so that one finds the other: the hasher multiplies what it is
            // given by a constant, of which this is the inverse.
            const UNDONE: u64 = inverse(0x517c_c1b7_2722_0a95);
            hasher.write_u64(u64::from(value.get_hashed()?.hash().get()).wrapping_mul(UNDONE));
            return Ok(());
        }
        (&self.class, &self.name).hash(hasher);
        Ok(())
    }
}

/// The number that makes 1 of an odd one, by multiplication.
const fn inverse(odd: u64) -> u64 {
    let (mut found, mut step) = (odd, 0);
    while step < 5 {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
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
    (mixed, texts): (Mixed, bool),
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
        let value = match is_auto(*value) {
            true if mixed == Mixed::Plain && texts => heap.alloc_str(&text.to_lowercase()).to_value(),
            true => heap.alloc(last + 1),
            false => *value,
        };
        last = value.unpack_i32().unwrap_or(last);
        let same =
            |member: &&Value<'v>| Member::from_value(**member).is_some_and(|m| m.value.equals(value).unwrap_or(false));
        let member = match made.iter().find(same) {
            Some(same) => *same,
            None => heap.alloc(Member { members: all, value, class: class.to_owned(), name: text.to_owned(), mixed }),
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
pub(super) fn base(base: Value) -> Option<(bool, Mixed)> {
    let missing = Missing::from_value(base).filter(|m| m.is_of("enum"))?;
    match missing.name() {
        "enum.Enum" => Some((true, Mixed::No)),
        "enum.IntEnum" | "enum.StrEnum" => Some((true, Mixed::Plain)),
        _ => Some((false, Mixed::No)),
    }
}
