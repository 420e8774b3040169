//! `column.loc` and `column.iloc`: cells of a column by label or by number.
//!
//! Owns what these may be asked for. It changes no cell, and does not know the sheet.

use super::asked_by::refuse_functions;
use super::column::{Column, number};
use super::frame::plain_of;
use super::located::{Span, between, numbers};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// See the module.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<cells of {column}>")]
#[allocative(skip)]
pub(super) struct Cells {
    pub(super) column: Column,
    pub(super) by_number: bool,
}

starlark_simple_value!(Cells);

impl Cells {
    fn by_numbers<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let count = self.column.values.len();
        let place = |one: Value<'v>| {
            let why = || thrown("IndexError", format!("the column has no cell number {}", one.to_str()));
            number(one, count).ok_or_else(why)
        };
        match elements(index, heap) {
            Some(all) => {
                let places: Vec<usize> = all.into_iter().map(place).collect::<starlark::Result<_>>()?;
                Ok(heap.alloc(self.column.pick(&places)))
            }
            None => Ok(from_val(&self.column.values[place(index)?], heap)),
        }
    }
}

#[starlark_value(type = "cells")]
impl<'v> StarlarkValue<'v> for Cells {
    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        refuse_functions(index)?;
        if let Some(rows) = Column::from_value(index).and_then(|mask| mask.masked(&self.column.index)) {
            return Ok(heap.alloc(self.column.pick(&rows?)));
        }
        if let Some(span) = Span::from_value(index) {
            let rows = match self.by_number {
                true => span.numbers(self.column.values.len())?,
                false => between(&self.column.index, span.ends())?,
            };
            return Ok(heap.alloc(self.column.pick(&rows)));
        }
        if self.by_number { self.by_numbers(index, heap) } else { self.column.by_label(index, heap) }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if self.by_number {
            let rows = numbers(self.column.values.len(), (start, stop, stride), heap)?;
            return Ok(heap.alloc(self.column.pick(&rows)));
        }
        if stride.is_some() {
            return Err(fault("cells by label have no stride here: write `.iloc[from:to:stride]`"));
        }
        let label = |end: Option<Value<'v>>| end.map(|end| plain_of(end, heap)).transpose();
        let rows = between(&self.column.index, (label(start)?.as_ref(), label(stop)?.as_ref()))?;
        Ok(heap.alloc(self.column.pick(&rows)))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.column.values.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.column.values.iter().map(|value| from_val(value, heap)).collect())
    }
}
