//! Rows of a sheet that are chosen, or numbered, by their groups, named as in pandas.
//!
//! Owns what these methods take. Which rows are of which group, `groups` knows.

use super::column::Column;
use super::frame::{Now, plain_of};
use super::groups::Groups;
use super::sheet::{Sheet, is_empty};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};

/// Whether the answer of a function keeps a group.
fn keeps<'v>(made: Value<'v>, of_column: bool, heap: Heap<'v>) -> starlark::Result<bool> {
    let odd =
        |what: &str| thrown("TypeError", format!("filter function returned a {what}, but expected a scalar bool"));
    if Now::of(made).is_some() || Column::from_value(made).is_some() {
        return Err(odd(made.get_type()));
    }
    match plain_of(made, heap)? {
        Val::Bool(holds) => Ok(holds),
        empty if is_empty(&empty) => Ok(false),
        other if of_column => Ok(super::column_methods::holds(&other)),
        _ => Err(odd(made.get_type())),
    }
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// The rows of the groups for which a function is true, in the order of the sheet.
    fn filter<'v>(
        this: &Groups,
        func: Value<'v>,
        #[starlark(default = true)] dropna: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if !dropna {
            return Err(hinted("`filter` takes no `dropna=False` here", "use `.where` of the sheet"));
        }
        let heap = eval.heap();
        let mut rows = Vec::new();
        for ((_, sheet), places) in this.groups.iter().zip(&*this.whole.1) {
            let made = eval.eval_function(func, &[this.member(sheet, heap)?], &[])?;
            if keeps(made, this.column.is_some(), heap)? {
                rows.extend_from_slice(places);
            }
        }
        this.chosen(rows, heap)
    }

    /// The row of each group by its number there, or some.
    fn nth<'v>(
        this: &Groups,
        n: Value<'v>,
        #[starlark(default = NoneOr::None)] dropna: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if dropna.into_option().is_some() {
            return Err(hinted("`nth` takes no `dropna` here", "leave the rows out first: `sheet.dropna()`"));
        }
        let numbers = elements(n, heap).unwrap_or_else(|| vec![n]);
        let number = |one: Value<'v>| {
            let odd = || thrown("TypeError", "`nth` wants a whole number, or a list of them");
            one.unpack_i32().map(i64::from).ok_or_else(odd)
        };
        let numbers: Vec<i64> = numbers.into_iter().map(number).collect::<starlark::Result<_>>()?;
        let mut rows = Vec::new();
        for places in &*this.whole.1 {
            let count = places.len() as i64;
            let mut own: Vec<i64> = numbers.iter().map(|at| if *at < 0 { at + count } else { *at }).collect();
            own.retain(|at| (0..count).contains(at));
            rows.extend(own.into_iter().map(|at| places[at as usize]));
        }
        this.chosen(rows, heap)
    }

    /// The first rows of each group.
    fn head<'v>(this: &Groups, #[starlark(default = 5)] n: u32, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.some_rows(n as usize, false, heap)
    }

    /// The last rows of each group.
    fn tail<'v>(this: &Groups, #[starlark(default = 5)] n: u32, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        this.some_rows(n as usize, true, heap)
    }

    /// How many rows of its group stand before each row.
    fn cumcount(this: &Groups) -> starlark::Result<Column> {
        let count = |(_, sheet): &(Val, Sheet)| (0..sheet.rows.len() as i64).map(Val::Int).collect();
        Ok(this.placed(this.groups.iter().map(count).collect()))
    }

    /// The number of each row's group.
    fn ngroup(this: &Groups) -> starlark::Result<Column> {
        let number = |(at, (_, sheet)): (usize, &(Val, Sheet))| vec![Val::Int(at as i64); sheet.rows.len()];
        Ok(this.placed(this.groups.iter().enumerate().map(number).collect()))
    }

    fn get_group<'v>(this: &Groups, name: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let name = plain_of(name, heap)?;
        let found = this.keys.find(&name).filter(|_| this.keys.is_whole(&name)).and_then(|found| found.first());
        let at = found.ok_or_else(|| thrown("KeyError", format!("there is no group {}", name.repr())))?;
        this.member(&this.groups[*at].1, heap)
    }
}
