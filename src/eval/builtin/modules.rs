//! What is at hand of Python's modules `itertools`, `collections` and `pathlib`
//! without an import, and what an `import` binds.

use super::operators::each;
use super::pandas::Partly;
use super::python_module;
use super::record::Fields;
use crate::eval::exception::told_as;
use crate::eval::limits;
use crate::eval::local;
use crate::eval::missing::Missing;
use crate::eval::pure_path::PurePath;
use crate::eval::session::Session;
use crate::eval::system::System;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::typing::Ty;
use starlark::values::list::AllocList;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// What is served of Python's modules under their own names; all else is a
/// stand-in that fails where it is used.
///
/// # Errors
/// If asked for (`strict`), where Python as it comes would have no such module.
pub(super) fn import<'v>(
    module: &str,
    member: &str,
    strict: bool,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let system = Session::of(eval).map(|session| session.system.clone()).unwrap_or_default();
    let served = match (found(module, member, &system, eval.heap()), Session::of(eval)) {
        (None, Some(session)) => local::import(session, module, member, eval)?,
        (served, _) => served,
    };
    match served {
        None if strict && !python_module::is_there(module) => {
            let name = dotted(module, member);
            let said = format!("No module named '{name}'");
            Err(told_as("ModuleNotFoundError", &said, format!("`{name}` is not available here")))
        }
        served => Ok(served.unwrap_or_else(|| missing(module, member, eval.heap()))),
    }
}

/// The same for a name whose module is there.
pub(super) fn served<'v>(module: &str, member: &str, system: &System, heap: Heap<'v>) -> Value<'v> {
    found(module, member, system, heap).unwrap_or_else(|| missing(module, member, heap))
}

fn dotted(module: &str, member: &str) -> String {
    if member.is_empty() { module.to_owned() } else { format!("{module}.{member}") }
}

fn missing<'v>(module: &str, member: &str, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Missing::of_module(&dotted(module, member)))
}

fn found<'v>(module: &str, member: &str, system: &System, heap: Heap<'v>) -> Option<Value<'v>> {
    match (module, member) {
        ("pandas", "") => Some(heap.alloc(Partly("pandas"))),
        ("pandas", _) => super::global("pandas").and_then(|p| p.get_attr(member, heap).ok().flatten()),
        (_, "") => python_module::module(module, system).map(|module| heap.alloc(module)),
        _ => {
            let below = python_module::module(&dotted(module, member), system).map(|module| heap.alloc(module));
            below.or_else(|| python_module::module(module, system)?.member(member, heap))
        }
    }
}

/// `import a.b`: what `a` is; a file of the project is read for it.
///
/// # Errors
/// See [`import`].
pub(super) fn import_below<'v>(
    module: &str,
    dotted: &str,
    strict: bool,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let value = import(module, "", strict, eval)?;
    if let Some(session) = Session::of(eval).filter(|_| !python_module::is_there(module)) {
        local::import_below(session, dotted, eval);
    }
    Ok(value)
}

/// `from module import *`: the names of a file of the project, or what is served of a module of Python's.
pub(super) fn import_all<'v>(module: &str, eval: &Evaluator<'v, '_, '_>) {
    let Some(session) = Session::of(eval) else { return };
    if !python_module::is_there(module) {
        return local::import_all(session, module, eval);
    }
    let Some(served) = python_module::module(module, &session.system) else { return };
    for name in python_module::public(module) {
        if let Some(value) = served.member(&name, eval.heap()) {
            eval.module().set(&name, value);
        }
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

/// How many rows a product has.
fn powered(lists: impl Iterator<Item = usize>, repeat: u32) -> u128 {
    lists.fold(1_u128, |rows, len| rows.saturating_mul(len as u128)).saturating_pow(repeat)
}

/// How many rows are made of some of so many items.
fn chosen_rows(len: usize, count: u32, ordered: bool) -> u128 {
    let (len, count) = (len as u128, u128::from(count));
    let steps = if ordered || count > len { count } else { count.min(len - count) };
    // Beyond this the product is larger than any limit, or nothing.
    let row = |rows: u128, step: u128| {
        let rows = rows.saturating_mul(len.saturating_sub(step));
        if ordered { rows } else { rows / (step + 1) }
    };
    (0..steps.min(200)).fold(1, row)
}

/// The rows of all choices of so many of some items; of all of them, if no number is given.
fn chosen<'v>(items: Value<'v>, count: Option<u32>, ordered: bool, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let items: Vec<Value> = each(items, heap).iterate(heap)?.collect();
    let count = count.unwrap_or(items.len() as u32);
    limits::values(chosen_rows(items.len(), count, ordered))?;
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
        limits::values(powered(lists.iter().map(Vec::len), repeat))?;
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
        chosen(items, Some(count), false, heap)
    }

    fn permutations<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] count: Option<u32>,
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
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let fields: Vec<String> = match field_names.unpack_str() {
            Some(text) => text.replace(',', " ").split_whitespace().map(str::to_owned).collect(),
            None => field_names.iterate(heap)?.map(|f| f.to_str()).collect(),
        };
        Ok(heap.alloc(Fields { typename: typename.to_owned(), fields }))
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

/// `pathlib.Path`, with `Path.cwd()`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<class 'pathlib.Path'>")]
struct PathClass;

starlark_simple_value!(PathClass);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for PathClass {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = of_path);
        Some(METHODS.methods())
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        args.no_named_args()?;
        let parts: Vec<Value> = args.positions(eval.heap())?.collect();
        Ok(eval.heap().alloc(PurePath::of(&parts)))
    }
}

#[starlark_module]
fn of_path(builder: &mut MethodsBuilder) {
    fn cwd<'v>(#[starlark(this)] _this: Value<'v>, heap: Heap<'v>) -> starlark::Result<PurePath> {
        Ok(PurePath::of(&[heap.alloc(super::absolute("."))]))
    }

    fn home<'v>(#[starlark(this)] _this: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<PurePath> {
        let session = Session::loading(eval, "Path.home")?;
        let home = session.system.variable("HOME").unwrap_or_else(|| "~".to_owned());
        Ok(PurePath::of(&[eval.heap().alloc(home)]))
    }
}

#[starlark_module]
pub(super) fn paths(builder: &mut GlobalsBuilder) {
    /// `"x" / path`.
    fn _below<'v>(
        #[starlark(require = pos)] above: Value<'v>,
        #[starlark(require = pos)] path: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match PurePath::from_value(path) {
            Some(_) => Ok(heap.alloc(PurePath::of(&[above, path]))),
            None => above.div(path, heap),
        }
    }
}

#[starlark_module]
pub(super) fn pathlib(builder: &mut GlobalsBuilder) {
    const Path: PathClass = PathClass;

    fn PurePath<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>) -> starlark::Result<PurePath> {
        Ok(PurePath::of(&parts.items))
    }
}

#[cfg(test)]
mod tests {
    use super::{choices, chosen_rows, powered};

    #[test]
    fn rows_are_counted_before_they_are_made() {
        for (len, count, ordered) in [(5, 2, true), (5, 3, false), (5, 4, false), (3, 5, true), (3, 5, false)] {
            let made = choices(len, count as usize, ordered).len() as u128;
            assert_eq!(chosen_rows(len, count, ordered), made, "{count} of {len}");
        }
        assert_eq!(powered([2, 3].into_iter(), 2), 36);
    }
}
