//! `sheet.groupby(...)`: rows of a sheet by what some columns hold.
//!
//! Owns asking each group. A column of the groups has a column's own methods.

use super::column::{Column, hashable};
use super::frame::{cells_of, named, plain_of};
use super::index::Index;
use super::name::Name;
use super::passed::Passed;
use super::sheet::{NOTHING, Sheet, is_empty, settled};
use crate::eval::convert::{elements, from_val};
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{} groups>", groups.len())]
#[allocative(skip)]
pub(super) struct Groups {
    pub(super) groups: Arc<[(Val, Sheet)]>,
    /// The columns that they are by.
    pub(super) by: Arc<[Name]>,
    /// Whether what is asked of them is a sheet with these as columns, not as labels.
    pub(super) reset: bool,
    /// Whether they are by a list of columns: then keys are tuples, also of one.
    pub(super) listed: bool,
    /// The column that is asked for.
    pub(super) column: Option<Name>,
    /// The sheet that they are of, and the numbers of each one's rows.
    pub(super) whole: (Arc<Index>, Arc<[Vec<usize>]>),
}

starlark_simple_value!(Groups);

/// A method of columns that is asked of each group's.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {name} of groups>")]
#[allocative(skip)]
struct Each {
    groups: Groups,
    name: String,
}

starlark_simple_value!(Each);

impl Groups {
    /// A group: its rows, or what they have in the column that is asked for.
    fn member<'v>(&self, sheet: &Sheet, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(match &self.column {
            Some(name) => heap.alloc(sheet.values(sheet.column_at(name)?)),
            None => heap.alloc(sheet.clone()),
        })
    }

    /// A value for each group, labelled with what its rows share.
    fn answered(&self, values: Vec<Val>) -> Column {
        let keys: Vec<Val> = self.groups.iter().map(|(key, _)| key.clone()).collect();
        let index = Arc::new(Index::new(self.by.to_vec(), keys));
        Column { name: self.column.clone(), ..Column::labelled_by(index, values) }
    }

    /// A value for each row, of those for the rows of each group.
    fn placed(&self, answers: Vec<Vec<Val>>) -> Column {
        let (index, places) = &self.whole;
        let mut values = vec![NOTHING; index.keys.len()];
        for (rows, answers) in places.iter().zip(answers) {
            rows.iter().zip(answers).for_each(|(row, answer)| values[*row] = answer);
        }
        Column { name: self.column.clone(), ..Column::labelled_by(index.clone(), settled(values)) }
    }

    /// What is handed out for such a column.
    fn handed<'v>(&self, column: Column, heap: Heap<'v>) -> Value<'v> {
        if self.reset { heap.alloc(column.sheet().with_levels()) } else { heap.alloc(column) }
    }

    /// One column of each group.
    fn of_column(&self, name: &str) -> Groups {
        Groups { column: Some(name.into()), ..self.clone() }
    }

    /// What a function, or a method of columns, answers of each group.
    fn aggregated<'v>(&self, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        let Some(name) = function.unpack_str() else {
            return self.values(heap, |group| eval.eval_function(function, &[group], &[]));
        };
        self.values(heap, |group| {
            if name == "first" || name == "last" {
                return Ok(end_of(group, name == "last", heap));
            }
            let method = group.get_attr(name, heap)?.ok_or_else(|| fault(format!("groups have no `.{name}`")))?;
            eval.eval_function(method, &[], &[])
        })
    }

    /// A sheet: of each group a row, with a column for each of some answers.
    fn sheet_of<'v>(
        &self,
        asked: Vec<(String, String, Value<'v>)>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (name, column, function) in asked {
            columns.push(self.of_column(&column).aggregated(function, eval)?.values.to_vec());
            names.push(name.into());
        }
        let index = self.answered(Vec::new()).index;
        let sheet = Sheet { index, ..Sheet::of_columns(names, &columns) };
        Ok(eval.heap().alloc(if self.reset { sheet.with_levels() } else { sheet }))
    }

    /// The columns that they are not by.
    fn others(&self) -> Vec<String> {
        let sheet = self.groups.first().map(|(_, sheet)| sheet);
        let columns = sheet.into_iter().flat_map(|sheet| sheet.columns.iter());
        columns.filter(|name| !self.by.contains(name)).map(|name| name.to_string()).collect()
    }

    fn values<'v>(
        &self,
        heap: Heap<'v>,
        mut ask: impl FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
    ) -> starlark::Result<Column> {
        let mut values = Vec::with_capacity(self.groups.len());
        for (_, sheet) in &*self.groups {
            values.push(plain_of(ask(self.member(sheet, heap)?)?, heap)?);
        }
        Ok(self.answered(values))
    }
}

/// The first value of a column that is not empty, or the last.
fn end_of<'v>(column: Value<'v>, last: bool, heap: Heap<'v>) -> Value<'v> {
    let values = Column::from_value(column).map(|column| column.values.clone()).unwrap_or_default();
    let mut held = values.iter().filter(|value| !is_empty(value));
    let found = if last { held.next_back() } else { held.next() };
    found.map_or_else(Value::new_none, |value| from_val(value, heap))
}

#[starlark_value(type = "groups")]
impl<'v> StarlarkValue<'v> for Groups {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = groups_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if name == "ngroups" {
            return Some(heap.alloc(self.groups.len() as i64));
        }
        if name == "groups" {
            let pair = |(key, sheet): &(Val, Sheet)| (hashable(key, heap), Column::of_labels(&sheet.index, None));
            return Some(heap.alloc(AllocDict(self.groups.iter().map(pair).collect::<Vec<_>>())));
        }
        let known = self.column.is_some() && heap.alloc(Column::plain([])).has_attr(name, heap);
        if known {
            return Some(heap.alloc(Each { groups: self.clone(), name: name.to_owned() }));
        }
        let has_column = self.groups.first().is_some_and(|(_, sheet)| sheet.column(name).is_some());
        has_column.then(|| heap.alloc(self.of_column(name)))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let Some(name) = index.unpack_str() else {
            let cut = |(key, sheet): &(Val, Sheet)| Ok((key.clone(), sheet.only(&named(sheet, index, heap)?)));
            let groups = self.groups.iter().map(cut).collect::<starlark::Result<_>>()?;
            return Ok(heap.alloc(Groups { groups, ..self.clone() }));
        };
        if let Some((_, sheet)) = self.groups.first() {
            sheet.column_at(name)?;
        }
        Ok(heap.alloc(self.of_column(name)))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.groups.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        let shown = |key: &Val| match key {
            one if self.listed && !matches!(one, Val::Tuple(_)) => hashable(&Val::Tuple(vec![one.clone()]), heap),
            key => hashable(key, heap),
        };
        let pair = |(key, sheet): &(Val, Sheet)| Ok(heap.alloc(AllocTuple([shown(key), self.member(sheet, heap)?])));
        self.groups.iter().map(pair).collect()
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Each {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let passed = Passed::of(args, heap)?;
        let answered = self.groups.values(heap, |column| {
            let method = column.get_attr(&self.name, heap)?;
            passed.on_to(method.ok_or_else(|| fault(format!("columns have no `.{}`", self.name)))?, &[], eval)
        })?;
        Ok(self.groups.handed(answered, heap))
    }
}

fn ends<'v>(groups: &Groups, which: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let function = heap.alloc(which);
    if groups.column.is_some() {
        let answered = groups.aggregated(function, eval)?;
        return Ok(groups.handed(answered, heap));
    }
    let asked = groups.others().into_iter().map(|name| (name.clone(), name, function)).collect();
    groups.sheet_of(asked, eval)
}

#[starlark_module]
fn groups_methods(builder: &mut MethodsBuilder) {
    /// A function of each group.
    fn apply<'v>(
        this: &Groups,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let answered = this.values(eval.heap(), |group| eval.eval_function(function, &[group], &[]))?;
        Ok(this.handed(answered, eval.heap()))
    }

    /// A function of each group, or a method of columns by its name; of several columns
    /// by a dict, or as `total=("size", "sum")`.
    fn agg<'v>(
        this: &Groups,
        #[starlark(require = pos)] function: Option<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let Some(function) = function else {
            let one = |(name, pair): (String, Value<'v>)| match elements(pair, heap).as_deref() {
                Some([column, function]) => Ok((name, column.to_str(), *function)),
                _ => Err(fault("`agg` wants a column and what is asked of it: `total=(\"size\", \"sum\")`")),
            };
            let asked = given.into_iter().map(one).collect::<starlark::Result<_>>()?;
            return this.sheet_of(asked, eval);
        };
        if let Some(dict) = DictRef::from_value(function) {
            let asked = dict.iter().map(|(column, function)| (column.to_str(), column.to_str(), function)).collect();
            return this.sheet_of(asked, eval);
        }
        if this.column.is_none() {
            let asked = this.others().into_iter().map(|name| (name.clone(), name, function)).collect();
            return this.sheet_of(asked, eval);
        }
        let answered = this.aggregated(function, eval)?;
        Ok(this.handed(answered, heap))
    }

    /// The first value of each group.
    fn first<'v>(this: &Groups, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        ends(this, "first", eval)
    }

    /// The last value of each group.
    fn last<'v>(this: &Groups, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        ends(this, "last", eval)
    }

    /// How many rows each has.
    fn size<'v>(this: &Groups, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let sizes = this.groups.iter().map(|(_, sheet)| Val::Int(sheet.rows.len() as i64)).collect();
        let name = this.reset.then_some("size");
        Ok(this.handed(this.answered(sizes).called(name), heap))
    }

    /// What a function, or a method of columns, answers of a group, for each of its rows.
    fn transform<'v>(
        this: &Groups,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let heap = eval.heap();
        let mut answers = Vec::with_capacity(this.groups.len());
        for (group, (_, sheet)) in this.groups.iter().enumerate() {
            let alone = Groups { groups: [this.groups[group].clone()].into(), ..this.clone() };
            let cells = match function.unpack_str() {
                Some(_) => vec![alone.aggregated(function, eval)?.values[0].clone(); sheet.rows.len()],
                None => {
                    let made = eval.eval_function(function, &[this.member(sheet, heap)?], &[])?;
                    match cells_of(made) {
                        Some(cells) if cells.len() == sheet.rows.len() => cells,
                        _ => vec![plain_of(made, heap)?; sheet.rows.len()],
                    }
                }
            };
            answers.push(cells);
        }
        Ok(this.placed(answers))
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

    fn get_group<'v>(
        this: &Groups,
        #[starlark(require = pos)] key: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let key = plain_of(key, heap)?;
        let found = this.groups.iter().find(|(known, _)| *known == key || known.display() == key.display());
        let (_, sheet) = found.ok_or_else(|| fault(format!("there is no group {}", key.repr())))?;
        this.member(sheet, heap)
    }
}
