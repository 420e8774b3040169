//! Data classes: their options, their fields, and the functions of `dataclasses`.

use super::object::Object;
use super::{Class, Kind};
use crate::eval::builtin::record::Record;
use crate::eval::exception::thrown;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Freeze, Heap, Trace, Value};

/// The options of `@dataclass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Trace, Freeze, allocative::Allocative)]
pub(in crate::eval::builtin) struct Options {
    pub(super) frozen: bool,
    pub(super) eq: bool,
    pub(super) order: bool,
    pub(super) repr: bool,
    /// `unsafe_hash`
    pub(super) hash: bool,
    /// `kw_only`
    pub(super) by_name: bool,
}

impl Options {
    /// Those that a dict gives; the name of one that is not served.
    pub(super) fn of(given: Value) -> Result<Options, String> {
        let mut options = Options { frozen: false, eq: true, order: false, repr: true, hash: false, by_name: false };
        let given = DictRef::from_value(given).map(|d| d.iter().collect::<Vec<_>>()).unwrap_or_default();
        for (name, value) in given {
            let on = value.to_bool();
            match (name.unpack_str().unwrap_or(""), on) {
                ("frozen", _) => options.frozen = on,
                ("eq", _) => options.eq = on,
                ("order", _) => options.order = on,
                ("repr", _) => options.repr = on,
                ("unsafe_hash", _) => options.hash = on,
                ("kw_only", _) => options.by_name = on,
                ("slots" | "match_args" | "weakref_slot", _) | ("init", true) => {}
                (odd, _) => return Err(odd.to_owned()),
            }
        }
        Ok(options)
    }
}

/// What `field(…)` says.
pub(super) struct Field<'v> {
    default: Option<Value<'v>>,
    factory: Option<Value<'v>>,
    pub(super) init: bool,
    pub(super) repr: bool,
    pub(super) compare: bool,
}

impl<'v> Field<'v> {
    /// What a member of a class says, if `field(…)` made it.
    pub(super) fn of(member: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<Field<'v>>> {
        if member.get_type() != "struct" || member.get_attr("_is_field", heap)?.is_none() {
            return Ok(None);
        }
        let part = |name: &str| member.get_attr(name, heap);
        let on = |name: &str| Ok::<bool, starlark::Error>(part(name)?.is_none_or(|value| value.to_bool()));
        let (init, repr, compare) = (on("init")?, on("repr")?, on("compare")?);
        Ok(Some(Field { default: part("default")?, factory: part("default_factory")?, init, repr, compare }))
    }

    /// The value of an object that is given none.
    pub(super) fn default(&self, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Value<'v>>> {
        match self.factory {
            Some(factory) => eval.eval_function(factory, &[], &[]).map(Some),
            None => Ok(self.default),
        }
    }
}

/// The fields of an object of a data class, with their values.
fn fields<'v>(value: Value<'v>) -> Option<(&'v Class<'v>, Vec<(String, Value<'v>)>)> {
    let object = Object::from_value(value)?;
    let class = Class::from_value(object.class())?;
    matches!(class.kind, Kind::Data(_)).then_some(())?;
    let dict = object.fields();
    let pair = |name: &String| Some((name.clone(), super::entry(dict, name)?));
    Some((class, class.fields.iter().filter_map(pair).collect()))
}

/// The names of the fields of an object of a data class; none of others.
pub(in crate::eval::builtin) fn names(value: Value) -> Vec<String> {
    fields(value).map(|(_, fields)| fields.into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
}

/// Objects of data classes as dicts or tuples, also within lists and dicts.
fn plain<'v>(value: Value<'v>, as_tuple: bool, heap: Heap<'v>) -> Value<'v> {
    let inner = |value: Value<'v>| plain(value, as_tuple, heap);
    if let Some((_, fields)) = fields(value) {
        return match as_tuple {
            true => heap.alloc(AllocTuple(fields.into_iter().map(|(_, v)| inner(v)).collect::<Vec<_>>())),
            false => heap.alloc(AllocDict(fields.into_iter().map(|(n, v)| (n, inner(v))).collect::<Vec<_>>())),
        };
    }
    if let Some(list) = ListRef::from_value(value) {
        return heap.alloc(AllocList(list.iter().map(inner).collect::<Vec<_>>()));
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        return heap.alloc(AllocTuple(tuple.iter().map(inner).collect::<Vec<_>>()));
    }
    match DictRef::from_value(value) {
        Some(dict) => heap.alloc(AllocDict(dict.iter().map(|(k, v)| (k, inner(v))).collect::<Vec<_>>())),
        None => value,
    }
}

fn no_data() -> starlark::Error {
    thrown("TypeError", "this wants an object of a data class")
}

#[starlark_module]
pub(in crate::eval::builtin) fn register(builder: &mut GlobalsBuilder) {
    fn asdict<'v>(#[starlark(require = pos)] object: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        fields(object).map(|_| plain(object, false, heap)).ok_or_else(no_data)
    }

    fn astuple<'v>(#[starlark(require = pos)] object: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        fields(object).map(|_| plain(object, true, heap)).ok_or_else(no_data)
    }

    fn is_dataclass<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        let is_class = Class::from_value(value).is_some_and(|class| matches!(class.kind, Kind::Data(_)));
        Ok(is_class || fields(value).is_some())
    }

    /// The fields of a class or of an object of one; each has its name alone.
    fn fields<'v>(#[starlark(require = pos)] of: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let class = Class::from_value(of).or_else(|| Class::from_value(Object::from_value(of)?.class()));
        let class = class.filter(|class| matches!(class.kind, Kind::Data(_))).ok_or_else(no_data)?;
        let names = ["name".to_owned()];
        let field = |name: &String| Record::alloc("Field", &names, vec![heap.alloc_str(name).to_value()], heap);
        Ok(heap.alloc(AllocTuple(class.fields.iter().map(field).collect::<Vec<_>>())))
    }

    fn replace<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(kwargs)] changes: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (class, old) = self::fields(object).ok_or_else(no_data)?;
        let mut named: Vec<(&str, Value)> = changes.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let heap = eval.heap();
        // What no call gives is worked out anew.
        let is_given = |name: &str| {
            let field = class.member(name).and_then(|member| Field::of(member, heap).ok().flatten());
            field.is_none_or(|field| field.init)
        };
        let kept = old.iter().filter(|(n, _)| !changes.contains_key(n) && is_given(n));
        named.extend(kept.map(|(n, v)| (n.as_str(), *v)));
        let me = class.again(eval.heap());
        class.make(me, Vec::new(), &named, eval)
    }
}
