//! Python's modules `itertools`, `collections` and `pathlib`, as far as they are
//! pure, and which names an `import` binds.

use super::operators::each;
use super::table::Partly;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use crate::eval::pure_path::PurePath;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// The name of a load's own `os`, which no Rulefile can write.
pub(super) const OS: &str = "os#";

/// Modules that are namespaces of that name.
const SERVED: [&str; 9] = ["os", "os.path", "math", "re", "json", "itertools", "collections", "pathlib", "string"];

/// What is served of Python's modules under their own names; all else is a
/// stand-in that fails where it is used.
///
/// # Errors
/// If asked for (`strict`), in the place of the stand-in.
pub(super) fn import<'v>(
    module: &str,
    member: &str,
    strict: bool,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let own = |name: &str| eval.module().get(OS).filter(|_| name == "os");
    let global =
        |name: &str| own(name).or_else(|| super::globals().iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_value()));
    let follow = |path: &str| {
        let mut steps = path.split('.');
        let root = global(steps.next()?)?;
        steps.try_fold(root, |value, step| value.get_attr(step, heap).ok().flatten())
    };
    let dotted = if member.is_empty() { module.to_owned() } else { format!("{module}.{member}") };
    let served = match (module, member) {
        (module, _) if SERVED.contains(&module) => follow(&dotted),
        ("glob", "") => global("glob").map(|g| heap.alloc(AllocStruct([("glob", g), ("iglob", g)]))),
        ("glob", "glob" | "iglob") => global("glob"),
        ("snakemake.utils", "min_version") => global("_min_version"),
        ("csv", "") => {
            let members = ["reader", "DictReader"].map(|name| (name, global(&format!("_csv_{name}"))));
            let served: Vec<(&str, Value)> = members.into_iter().filter_map(|(n, v)| Some((n, v?))).collect();
            Some(heap.alloc(AllocStruct(served)))
        }
        ("csv", "reader" | "DictReader") => global(&format!("_csv_{member}")),
        ("pandas", "") => Some(heap.alloc(Partly("pandas"))),
        ("pandas", _) => follow(&dotted),
        ("functools", "") => {
            let members = [("partial", global("partial")), ("reduce", global("_reduce"))];
            let served: Vec<(&str, Value)> = members.into_iter().filter_map(|(n, v)| Some((n, v?))).collect();
            Some(heap.alloc(AllocStruct(served)))
        }
        ("functools", "partial") => global(member),
        ("functools", "reduce") => global("_reduce"),
        ("types", "SimpleNamespace") => global("struct"),
        (m, member) if m.starts_with("snakemake") && !member.is_empty() => global(member),
        _ => None,
    };
    match served {
        Some(value) => Ok(value),
        None if strict => Err(thrown("ModuleNotFoundError", format!("`{dotted}` is not available here"))),
        None => Ok(heap.alloc(Missing::of_module(&dotted))),
    }
}

/// The rows of all choices of `count` of some positions: in order, or as sets.
fn choices(len: usize, count: usize, ordered: bool) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let fits = |row: &[usize], i: &usize| match ordered {
            true => !row.contains(i),
            false => row.last().is_none_or(|last| last < i),
        };
        let longer = |row: Vec<usize>| {
            let next: Vec<usize> = (0..len).filter(|i| fits(&row, i)).collect();
            next.into_iter().map(move |i| row.iter().copied().chain([i]).collect())
        };
        rows = rows.into_iter().flat_map(longer).collect();
    }
    rows
}

fn chosen<'v>(items: Value<'v>, count: u32, ordered: bool, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let items: Vec<Value> = each(items, heap).iterate(heap)?.collect();
    let rows = choices(items.len(), count as usize, ordered).into_iter();
    Ok(heap.alloc(AllocList(rows.map(|row| AllocTuple(row.into_iter().map(|i| items[i]).collect::<Vec<_>>())))))
}

#[starlark_module]
pub(super) fn itertools(builder: &mut GlobalsBuilder) {
    fn product<'v>(
        #[starlark(args)] lists: UnpackTuple<Value<'v>>,
        #[starlark(require = named, default = 1)] repeat: u32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let lists: Vec<Vec<Value>> =
            lists.items.iter().map(|l| Ok(each(*l, heap).iterate(heap)?.collect())).collect::<starlark::Result<_>>()?;
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for items in (0..repeat).flat_map(|_| &lists) {
            let longer =
                |row: Vec<Value<'v>>| items.iter().map(move |item| row.iter().copied().chain([*item]).collect());
            rows = rows.into_iter().flat_map(longer).collect();
        }
        Ok(heap.alloc(AllocList(rows.into_iter().map(AllocTuple))))
    }

    const chain: Chain = Chain;

    fn combinations<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] count: u32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        chosen(items, count, false, heap)
    }

    fn permutations<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] count: u32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        chosen(items, count, true, heap)
    }
}

#[starlark_module]
pub(super) fn collections(builder: &mut GlobalsBuilder) {
    fn OrderedDict<'v>(
        #[starlark(require = pos)] from: Option<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let dict = super::globals().iter().find(|(n, _)| *n == "dict").map(|(_, v)| v.to_value());
        let named: Vec<(&str, Value)> = named.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        eval.eval_function(dict.expect("`dict` is a global"), from.as_slice(), &named)
    }

    fn namedtuple<'v>(
        #[starlark(require = pos)] typename: &str,
        #[starlark(require = pos)] field_names: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let fields: Vec<String> = match field_names.unpack_str() {
            Some(text) => text.replace(',', " ").split_whitespace().map(str::to_owned).collect(),
            None => field_names.iterate(heap)?.map(|f| f.to_str()).collect(),
        };
        Ok(heap.alloc(Fields { typename: typename.to_owned(), fields }))
    }
}

/// What `namedtuple` gives: a function that makes structs.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class {typename}>")]
struct Fields {
    typename: String,
    fields: Vec<String>,
}

starlark_simple_value!(Fields);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Fields {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = args.positions(heap)?.collect();
        let named = args.names_map()?;
        let value = |(i, field): (usize, &String)| {
            let found = given
                .get(i)
                .copied()
                .or_else(|| named.iter().find(|(name, _)| name.as_str() == field).map(|(_, value)| *value));
            let value = found.ok_or_else(|| fault(format!("`{}` wants a value for `{field}`", self.typename)))?;
            Ok((field.clone(), value))
        };
        let pairs = self.fields.iter().enumerate().map(value).collect::<starlark::Result<Vec<_>>>()?;
        if given.len() + named.len() > pairs.len() {
            return Err(fault(format!("`{}` has {} fields", self.typename, pairs.len())));
        }
        Ok(heap.alloc(AllocStruct(pairs)))
    }
}

/// `itertools.chain`, with `chain.from_iterable`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("chain")]
struct Chain;

starlark_simple_value!(Chain);

fn chained<'v>(lists: impl Iterator<Item = Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let mut all = Vec::new();
    for list in lists {
        all.extend(each(list, heap).iterate(heap)?);
    }
    Ok(heap.alloc(AllocList(all)))
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Chain {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = of_chain);
        Some(METHODS.methods())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        args.no_named_args()?;
        chained(args.positions(eval.heap())?, eval.heap())
    }
}

#[starlark_module]
fn of_chain(builder: &mut MethodsBuilder) {
    fn from_iterable<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] lists: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        chained(lists.iterate(heap)?, heap)
    }
}

#[starlark_module]
pub(super) fn pathlib(builder: &mut GlobalsBuilder) {
    fn Path<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>) -> starlark::Result<PurePath> {
        Ok(PurePath::of(&parts.items))
    }

    fn PurePath<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>) -> starlark::Result<PurePath> {
        Ok(PurePath::of(&parts.items))
    }
}
