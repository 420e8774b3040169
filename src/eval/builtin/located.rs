//! `sheet.loc` and `sheet.iloc`: rows by label or by number, and cells of them.

use super::column::{Column, number};
use super::frame::{Frame, cell_of, named, plain_of};
use super::index::labels;
use super::sheet::Sheet;
use crate::eval::convert::{elements, from_val};
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_simple_value;
use starlark::values::list::AllocList;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// See the module.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<rows of {frame}>")]
#[allocative(skip)]
pub(super) struct Rows {
    pub(super) frame: Frame,
    pub(super) by_number: bool,
}

starlark_simple_value!(Rows);

/// The colon in `[:, "column"]`: all rows, or all columns.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display(":")]
#[allocative(skip)]
struct Every;

starlark_simple_value!(Every);

#[starlark_value(type = "slice")]
impl<'v> StarlarkValue<'v> for Every {}

/// What the lowered text names.
pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("_every", Every);
}

/// Rows that were asked for.
struct Asked {
    rows: Vec<usize>,
    /// By one label that can stand for no other row.
    is_one: bool,
    /// How many parts of the labels were given, so that all of these rows share
    /// them; none if several labels, or all parts, were.
    shared: usize,
}

impl Asked {
    fn some(rows: Vec<usize>) -> Asked {
        Asked { rows, is_one: false, shared: 0 }
    }

    fn of(&self, sheet: &Sheet) -> Sheet {
        let picked = sheet.pick(&self.rows);
        if self.shared > 0 { picked.below(self.shared) } else { picked }
    }
}

impl Rows {
    fn asked<'v>(&self, sheet: &Sheet, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Asked> {
        if let Some(rows) = Column::from_value(index).and_then(|mask| mask.masked(&sheet.index)) {
            return Ok(Asked::some(rows?));
        }
        if Every::from_value(index).is_some() {
            return Ok(Asked::some((0..sheet.rows.len()).collect()));
        }
        let (labels, listed) = labels(index, heap)?;
        if self.by_number {
            let at = |label| number(from_val(label, heap), sheet.rows.len()).ok_or_else(|| sheet.index.lacks(label));
            let rows = labels.iter().map(at).collect::<starlark::Result<_>>()?;
            return Ok(Asked { is_one: !listed, ..Asked::some(rows) });
        }
        let mut asked = Asked { is_one: !listed, ..Asked::some(Vec::new()) };
        for label in &labels {
            let rows = sheet.index.find(label).ok_or_else(|| sheet.index.lacks(label))?;
            let is_whole = sheet.index.is_whole(label);
            asked.is_one &= rows.len() == 1 && is_whole;
            if !listed && !is_whole {
                asked.shared = if let Val::List(parts) = label { parts.len() } else { 1 };
            }
            asked.rows.extend_from_slice(rows);
        }
        Ok(asked)
    }

    fn both<'v>(
        &self,
        sheet: &Sheet,
        rows: Value<'v>,
        column: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let asked = self.asked(sheet, rows, heap)?;
        let picked = asked.of(sheet);
        let one_column = match (column.unpack_str(), self.by_number.then(|| column.unpack_i32()).flatten()) {
            (Some(name), _) => Some(picked.column_at(name)?),
            (None, Some(_)) => {
                Some(number(column, picked.columns.len()).ok_or_else(|| fault("the sheet has fewer columns"))?)
            }
            (None, None) => None,
        };
        let Some(at) = one_column else {
            let cut = match Every::from_value(column) {
                Some(_) => picked,
                None => picked.only(&named(&picked, column, heap)?),
            };
            return Ok(if asked.is_one { heap.alloc(cut.row(0)) } else { heap.alloc(cut) });
        };
        let values = picked.values(at);
        Ok(if asked.is_one { from_val(&values.values[0], heap) } else { heap.alloc(values) })
    }

    /// The numbers of rows that are given a value: by a label or by bools.
    fn places(&self, sheet: &Sheet, rows: Value) -> starlark::Result<Vec<usize>> {
        if let Some(rows) = Column::from_value(rows).and_then(|mask| mask.masked(&sheet.index)) {
            return rows;
        }
        if self.by_number {
            let at = number(rows, sheet.rows.len()).ok_or_else(|| fault("the sheet has fewer rows"))?;
            return Ok(vec![at]);
        }
        let label = cell_of(rows).ok_or_else(|| fault("rows are given by one label, or by a column of bools"))?;
        Ok(sheet.index.find(&label).ok_or_else(|| sheet.index.lacks(&label))?.to_vec())
    }

    /// Rows and columns, of `[rows, columns]`; the label of a row may be a tuple.
    fn pair<'v>(sheet: &Sheet, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<(Value<'v>, Value<'v>)>> {
        let Some(&[rows, column]) = TupleRef::from_value(index).map(|t| t.content()) else { return Ok(None) };
        let is_label = sheet.index.names.len() > 1 && sheet.index.find(&plain_of(index, heap)?).is_some();
        Ok((!is_label).then_some((rows, column)))
    }
}

/// Rows by a slice of their numbers.
pub(super) fn sliced<'v>(
    sheet: &Sheet,
    (start, stop, stride): (Option<Value<'v>>, Option<Value<'v>>, Option<Value<'v>>),
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let numbers = heap.alloc(AllocList(0..sheet.rows.len() as i64));
    let chosen = elements(numbers.slice(start, stop, stride, heap)?, heap).unwrap_or_default();
    let rows: Vec<usize> = chosen.iter().filter_map(|at| number(*at, sheet.rows.len())).collect();
    Ok(heap.alloc(sheet.pick(&rows)))
}

/// Rows from one label to another, both included.
fn between<'v>(
    sheet: &Sheet,
    start: Option<Value<'v>>,
    stop: Option<Value<'v>>,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let found = |label: Value<'v>| {
        let label = plain_of(label, heap)?;
        sheet.index.find(&label).map(<[usize]>::to_vec).ok_or_else(|| sheet.index.lacks(&label))
    };
    let first = start.map(found).transpose()?.and_then(|rows| rows.first().copied()).unwrap_or(0);
    let last = stop.map(found).transpose()?.and_then(|rows| rows.last().copied());
    let end = last.map_or(sheet.rows.len(), |last| last + 1);
    Ok(heap.alloc(sheet.pick(&(first..end).collect::<Vec<_>>())))
}

#[starlark_value(type = "rows")]
impl<'v> StarlarkValue<'v> for Rows {
    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let sheet = self.frame.now();
        if let Some((rows, column)) = Rows::pair(&sheet, index, heap)? {
            return self.both(&sheet, rows, column, heap);
        }
        let asked = self.asked(&sheet, index, heap)?;
        Ok(match asked.is_one {
            true => heap.alloc(sheet.row(asked.rows[0])),
            false => heap.alloc(asked.of(&sheet)),
        })
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if !self.by_number {
            if stride.is_some() {
                return Err(fault("rows by label have no stride here: write `.iloc[from:to:stride]`"));
            }
            return between(&self.frame.now(), start, stop, heap);
        }
        sliced(&self.frame.now(), (start, stop, stride), heap)
    }

    fn set_at(&self, index: Value<'v>, new: Value<'v>) -> starlark::Result<()> {
        let Some(&[rows, column]) = TupleRef::from_value(index).map(|t| t.content()) else {
            return Err(fault("cells are given by rows and a column: `sheet.loc[rows, \"column\"] = value`"));
        };
        let name = column.unpack_str().ok_or_else(|| fault("cells are given in one column, by its name"))?;
        let rows = self.places(&self.frame.now(), rows)?;
        self.frame.set_cells(&rows, name, new)
    }
}
