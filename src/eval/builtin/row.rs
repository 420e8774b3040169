//! A row of a sheet: its values by name, number, or attribute.
//!
//! Owns what is asked of one row. It does not know the sheet.

use super::column::{hashable, number};
use super::sheet::Columns;
use crate::diag::{Diag, Kind};
use crate::eval::convert::from_val;
use crate::eval::exception::unfound;
use crate::eval::fault::fault;
use crate::suggest::did_you_mean;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Row {
    pub(super) columns: Columns,
    pub(super) values: Arc<[Val]>,
    /// Its label.
    pub(super) label: Val,
}

starlark_simple_value!(Row);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.columns.iter().zip(self.values.iter()).map(|(c, v)| format!("{c}={}", v.repr()));
        write!(f, "row({})", pairs.collect::<Vec<_>>().join(", "))
    }
}

/// The error of a column that is not there.
pub(super) fn no_column(name: &str, columns: &Columns) -> starlark::Error {
    let message = format!("there is no column `{name}` in the sheet");
    let known = columns.join("`, `");
    let hint = did_you_mean(name, columns.iter().map(|c| &**c));
    let hint = hint.unwrap_or_else(|| format!("its columns are `{known}`"));
    unfound(name, Diag::error(Kind::Rulefile, message).hint(hint))
}

impl Row {
    /// As a dict.
    pub(super) fn record(&self) -> Val {
        record(&self.columns, &self.values)
    }
}

/// Cells as a dict.
pub(super) fn record(columns: &Columns, values: &[Val]) -> Val {
    Val::Dict(columns.iter().zip(values).map(|(c, v)| (Val::str(&**c), v.clone())).collect())
}

#[starlark_value(type = "row")]
impl<'v> StarlarkValue<'v> for Row {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = row_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match self.columns.iter().position(|c| **c == *name) {
            Some(at) => Some(from_val(&self.values[at], heap)),
            None => (name == "name").then(|| hashable(&self.label, heap)),
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.to_string()).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let Some(name) = index.unpack_str() else {
            let at = number(index, self.values.len());
            let at = at.ok_or_else(|| fault("a row is indexed by the name of a column"))?;
            return Ok(from_val(&self.values[at], heap));
        };
        self.get_attr(name, heap).ok_or_else(|| no_column(name, &self.columns))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(other.unpack_str().is_some_and(|name| self.columns.iter().any(|c| **c == *name)))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.values.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values.iter().map(|v| from_val(v, heap)).collect())
    }
}

#[starlark_module]
fn row_methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Row,
        #[starlark(require = pos)] column: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.get_attr(column, heap).or(default).unwrap_or_else(Value::new_none))
    }

    /// Without empty cells.
    fn dropna(this: &Row) -> starlark::Result<Row> {
        let there = || (0..this.values.len()).filter(|i| this.values[*i] != Val::None);
        Ok(Row {
            label: this.label.clone(),
            columns: there().map(|i| this.columns[i].clone()).collect(),
            values: there().map(|i| this.values[i].clone()).collect(),
        })
    }

    fn to_dict<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&this.record(), heap))
    }

    fn _asdict<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&this.record(), heap))
    }

    fn tolist<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&Val::List(this.values.to_vec()), heap))
    }

    fn keys<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.columns.iter().map(|c| &**c))))
    }

    fn items<'v>(this: &Row, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |(c, v): (&str, &Val)| AllocTuple([heap.alloc_str(c).to_value(), from_val(v, heap)]);
        Ok(heap.alloc(AllocList(this.columns.iter().map(|c| &**c).zip(&*this.values).map(pair))))
    }
}
