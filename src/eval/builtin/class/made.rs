//! How a class is made of its lines and of the classes above it.
//!
//! Owns what it takes over, and the order of the classes above it.

use super::data::Options;
use super::enums::{self, Mixed};
use super::{Class, Kind, elements, pairs};
use crate::eval::builtin::type_of::class_name;
use crate::eval::exception::Class as ExceptionClass;
use crate::eval::missing::Missing;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::{Heap, Value, ValueLike};

/// What a class takes over from those that it is made of.
struct Above<'v> {
    members: Vec<(Value<'v>, Value<'v>)>,
    names: Vec<String>,
    fields: Vec<String>,
    bases: Vec<Value<'v>>,
    error: Option<ExceptionClass>,
    kind: Kind,
    /// Of an enumeration, what its members are as well, and whether that is texts by itself.
    mixed: (Mixed, bool),
}

impl<'v> Above<'v> {
    /// Takes what another class has; false if no class can be made of it.
    fn take(&mut self, base: Value<'v>) -> bool {
        if let Some(class) = Class::from_value(base) {
            self.members.extend(pairs(class.members.to_value()));
            let names = pairs(class.names.to_value());
            self.names.extend(names.iter().filter_map(|(name, _)| name.unpack_str().map(str::to_owned)));
            self.fields.extend(class.fields.iter().cloned());
            self.bases.push(base);
            self.error = class.error().or(self.error.take());
            if self.kind == Kind::Plain {
                self.kind = class.kind;
            }
            return true;
        }
        if let Some(error) = ExceptionClass::from_value(base) {
            self.error = Some(error.clone());
            self.names.push("args".to_owned());
            return true;
        }
        let text = base.to_str();
        if text.contains("NamedTuple") {
            self.kind = Kind::Tuple;
            return true;
        }
        if let Some((served, mixed)) = enums::base(base) {
            self.kind = Kind::Enum;
            self.mixed = (if mixed == Mixed::No { self.mixed.0 } else { mixed }, base.to_str().contains("StrEnum"));
            return served;
        }
        if self.kind == Kind::Enum && matches!(class_name(base), Some("str" | "int")) {
            self.mixed = (Mixed::Named, self.mixed.1);
            return true;
        }
        Missing::from_value(base).is_some_and(|m| m.is_of("typing") || m.is_of("abc"))
    }
}

/// The classes above one, in Python's order (C3): a class before those that it is made
/// of, and these in the order in which they are named.
fn linear<'v>(bases: &[Value<'v>]) -> Option<Vec<Value<'v>>> {
    let same = |a: Value<'v>, b: Value<'v>| a.equals(b).unwrap_or(false);
    let line = |base: &Value<'v>| {
        let above = Class::from_value(*base).map(|class| elements(class.above.to_value())).unwrap_or_default();
        std::iter::once(*base).chain(above).collect::<Vec<_>>()
    };
    let mut lines: Vec<Vec<Value>> = bases.iter().map(line).chain([bases.to_vec()]).collect();
    let mut all = Vec::new();
    loop {
        lines.retain(|line| !line.is_empty());
        if lines.is_empty() {
            return Some(all);
        }
        let is_later = |class: Value<'v>| lines.iter().any(|line| line[1..].iter().any(|other| same(*other, class)));
        let next = lines.iter().map(|line| line[0]).find(|class| !is_later(*class))?;
        lines.iter_mut().for_each(|line| line.retain(|class| !same(*class, next)));
        all.push(next);
    }
}

/// What the lines of a class say of it.
pub(super) struct Written<'v> {
    pub(super) name: String,
    pub(super) bases: Vec<Value<'v>>,
    pub(super) members: Value<'v>,
    pub(super) fields: Vec<String>,
    pub(super) names: Vec<String>,
    /// The options of `@dataclass`, if that stands before it.
    pub(super) data: Option<Options>,
}

/// A class, or what stands for one that Python alone can make.
pub(super) fn class_of<'v>(written: Written<'v>, heap: Heap<'v>) -> Result<Value<'v>, String> {
    let name = written.name;
    let own = pairs(written.members);
    if let [base] = written.bases.as_slice()
        && let (Some(above), true) = (ExceptionClass::from_value(*base), own.is_empty() && written.data.is_none())
    {
        return Ok(heap.alloc(above.below(&name)));
    }
    let kind = written.data.map_or(Kind::Plain, Kind::Data);
    let (members, names) = (Vec::new(), Vec::new());
    let mut above =
        Above { members, names, fields: Vec::new(), bases: Vec::new(), error: None, kind, mixed: (Mixed::No, false) };
    // The first one wins where several have a member.
    if let Some(odd) = written.bases.iter().rev().find(|base| !above.take(**base)) {
        let odd = Missing::from_value(*odd).map_or_else(|| odd.to_str(), |missing| missing.name().to_owned());
        return Err(format!("a class below `{odd}` is not served"));
    }
    above.names.extend(written.names);
    above.members.extend(own);
    for field in written.fields {
        if !above.fields.contains(&field) {
            above.fields.push(field);
        }
    }
    above.names.extend(above.fields.iter().cloned());
    let names: Vec<Value> = above.names.iter().map(|n| heap.alloc_str(n).to_value()).collect();
    let names = heap.alloc(AllocDict(names.into_iter().map(|n| (n, n))));
    let members = heap.alloc(AllocDict(above.members));
    let error = above.error.map_or_else(Value::new_none, |above| heap.alloc(above.below(&name)));
    let own_bases: Vec<Value> = above.bases.into_iter().rev().collect();
    let line = linear(&own_bases).ok_or("the classes that it is made of have no common order")?;
    let bases = heap.alloc(AllocList(own_bases));
    let line = heap.alloc(AllocList(line));
    let kind = above.kind;
    if kind == Kind::Enum {
        enums::fill(members, &name, above.mixed, &pairs(written.members), heap)
            .map_err(|e| e.without_diagnostic().to_string())?;
    }
    let own = if kind == Kind::Enum { members } else { written.members };
    let fields = above.fields;
    let class = heap.alloc(Class { members, names, own, bases, above: line, error, name, fields, kind });
    if kind == Kind::Enum {
        members
            .set_at(heap.alloc_str("__class__").to_value(), class)
            .map_err(|e| e.without_diagnostic().to_string())?;
    }
    Ok(class)
}
