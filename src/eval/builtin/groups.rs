//! `sheet.groupby(...)`: rows of a sheet by what some columns hold.
//!
//! Owns asking each group. A column of the groups has a column's own methods.

use super::column::{Column, hashable};
use super::frame::plain_of;
use super::index::Index;
use super::passed::Passed;
use super::sheet::Sheet;
use crate::eval::convert::from_val;
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
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
    /// Whether they are by a list of columns: then keys are tuples, also of one.
    pub(super) listed: bool,
    /// The column that is asked for.
    pub(super) column: Option<Box<str>>,
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
        let keys = self.groups.iter().map(|(key, _)| key.clone()).collect();
        Column::labelled_by(Arc::new(Index::new(Vec::new(), keys)), values)
    }

    fn each<'v>(
        &self,
        heap: Heap<'v>,
        mut ask: impl FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
    ) -> starlark::Result<Value<'v>> {
        let mut values = Vec::with_capacity(self.groups.len());
        for (_, sheet) in &*self.groups {
            values.push(plain_of(ask(self.member(sheet, heap)?)?, heap)?);
        }
        Ok(heap.alloc(self.answered(values)))
    }
}

#[starlark_value(type = "groups")]
impl<'v> StarlarkValue<'v> for Groups {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = groups_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let known = self.column.is_some() && heap.alloc(Column::plain([])).has_attr(name, heap);
        if known {
            return Some(heap.alloc(Each { groups: self.clone(), name: name.to_owned() }));
        }
        let has_column = self.groups.first().is_some_and(|(_, sheet)| sheet.column(name).is_some());
        has_column.then(|| heap.alloc(Groups { column: Some(name.into()), ..self.clone() }))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let name = index.unpack_str().ok_or_else(|| fault("groups are asked for one column, by its name"))?;
        if let Some((_, sheet)) = self.groups.first() {
            sheet.column_at(name)?;
        }
        Ok(heap.alloc(Groups { column: Some(name.into()), ..self.clone() }))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.groups.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        let shown = |key: &Val| match key {
            one if self.listed && !matches!(one, Val::List(_)) => hashable(&Val::List(vec![one.clone()]), heap),
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
        self.groups.each(heap, |column| {
            let method = column.get_attr(&self.name, heap)?;
            passed.on_to(method.ok_or_else(|| fault(format!("columns have no `.{}`", self.name)))?, &[], eval)
        })
    }
}

#[starlark_module]
fn groups_methods(builder: &mut MethodsBuilder) {
    /// A function of each group.
    fn apply<'v>(
        this: &Groups,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        this.each(eval.heap(), |group| eval.eval_function(function, &[group], &[]))
    }

    /// A function of each group, or a method of columns by its name.
    fn agg<'v>(
        this: &Groups,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let Some(name) = function.unpack_str() else {
            return this.each(heap, |group| eval.eval_function(function, &[group], &[]));
        };
        this.each(heap, |group| {
            let method = group.get_attr(name, heap)?.ok_or_else(|| fault(format!("groups have no `.{name}`")))?;
            eval.eval_function(method, &[], &[])
        })
    }

    /// The first value of each group.
    fn first<'v>(this: &Groups, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if this.column.is_none() {
            return Err(fault("`first` is asked of a column of groups: `groups[\"column\"].first()`"));
        }
        this.each(heap, |column| {
            let first = Column::from_value(column).and_then(|c| c.values.iter().find(|v| **v != Val::None).cloned());
            Ok(first.map_or_else(Value::new_none, |value| from_val(&value, heap)))
        })
    }

    /// How many rows each has.
    fn size(this: &Groups) -> starlark::Result<Column> {
        Ok(this.answered(this.groups.iter().map(|(_, sheet)| Val::Int(sheet.rows.len() as i64)).collect()))
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
