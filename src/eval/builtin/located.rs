//! `sheet.loc` and `sheet.iloc`: rows by label or by number, and cells of them.
//!
//! Owns which rows and columns are meant. It does not know what is done with the cells, or
//! how a label is found.

use super::aligned::by_labels;
use super::asked_by::{refuse_functions, refuse_to_give};
use super::assigned::Given;
use super::column::{Column, number};
use super::columns::Below;
use super::frame::{Frame, cell_of, cells_of, label_of, named, plain_of};
use super::index::{Index, labels};
use super::name::Name;
use super::row::series;
use super::same::by_size;
use super::sheet::{Sheet, compared};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use rustc_hash::FxHashSet;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

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

/// What lies between two labels or numbers: `[a:b, "column"]`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display(":")]
#[allocative(skip)]
pub(super) struct Span {
    start: Val,
    stop: Val,
    stride: Val,
}

starlark_simple_value!(Span);

#[starlark_value(type = "slice")]
impl<'v> StarlarkValue<'v> for Span {}

impl Span {
    pub(super) fn ends(&self) -> (Option<&Val>, Option<&Val>) {
        let [start, stop] = [&self.start, &self.stop].map(|end| Some(end).filter(|end| **end != Val::None));
        (start, stop)
    }

    /// The numbers that it names, of so many.
    pub(super) fn numbers(&self, count: usize) -> starlark::Result<Vec<usize>> {
        let number = |end: &Val, default: i64| match end {
            Val::None => Ok(default),
            Val::Int(at) if *at < 0 => Ok((at + count as i64).max(0)),
            Val::Int(at) => Ok(*at),
            other => Err(thrown("TypeError", format!("`.iloc` wants whole numbers, not {}", other.repr()))),
        };
        let (start, stop) = (number(&self.start, 0)?, number(&self.stop, count as i64)?.min(count as i64));
        let stride = usize::try_from(number(&self.stride, 1)?).ok().filter(|stride| *stride > 0);
        let stride = stride.ok_or_else(|| fault("a stride is above zero here"))?;
        Ok((start as usize..(stop as usize).max(start as usize)).step_by(stride).collect())
    }
}

/// `pd.IndexSlice`: what stands in its brackets.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("IndexSlice")]
#[allocative(skip)]
pub(super) struct Slices;

starlark_simple_value!(Slices);

#[starlark_value(type = "index_slice")]
impl<'v> StarlarkValue<'v> for Slices {
    fn at(&self, index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(index)
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if start.is_none() && stop.is_none() && stride.is_none() {
            return Ok(heap.alloc(Every));
        }
        let end = |end: Option<Value<'v>>| end.map_or(Ok(Val::None), |end| plain_of(end, heap));
        Ok(heap.alloc(Span { start: end(start)?, stop: end(stop)?, stride: end(stride)? }))
    }
}

/// The rows whose labels have some parts, one for each of the first levels; none if no part is a slice
/// or a list, as in one label.
fn by_levels<'v>(index: &Index, parts: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<Vec<usize>>> {
    let Some(parts) = TupleRef::from_value(parts).map(TupleRef::content).filter(|_| index.names.len() > 1) else {
        return Ok(None);
    };
    let is_slice = |part: &Value| Every::from_value(*part).is_some() || Span::from_value(*part).is_some();
    if !parts.iter().any(|part| is_slice(part) || part.get_type() == "list") || parts.len() > index.names.len() {
        return Ok(None);
    }
    let mut rows: Vec<usize> = (0..index.keys.len()).collect();
    for (level, part) in parts.iter().enumerate() {
        if Every::from_value(*part).is_some() {
            continue;
        }
        let cells = Index::new(Vec::new(), index.level(level));
        let found: Vec<usize> = match Span::from_value(*part) {
            Some(span) => {
                let (start, stop) = span.ends();
                let lies = |cell: &Val| {
                    start.is_none_or(|start| compared(start, cell).is_le())
                        && stop.is_none_or(|stop| compared(cell, stop).is_le())
                };
                (0..cells.keys.len()).filter(|at| lies(&cells.keys[*at])).collect()
            }
            None => {
                let (labels, _) = labels(*part, heap)?;
                let rows = labels.iter().map(|label| cells.find(label).ok_or_else(|| index.lacks(label)));
                rows.collect::<starlark::Result<Vec<_>>>()?.concat()
            }
        };
        let found: FxHashSet<usize> = found.into_iter().collect();
        rows.retain(|row| found.contains(row));
    }
    Ok(Some(rows))
}

/// What the lowered text names.
pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("_every", Every);
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn _span<'v>(
        #[starlark(require = pos)] start: Value<'v>,
        #[starlark(require = pos)] stop: Value<'v>,
        #[starlark(require = pos, default = NoneOr::None)] stride: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let stride = stride.into_option().map_or(Ok(Val::None), |stride| plain_of(stride, heap))?;
        Ok(heap.alloc(Span { start: plain_of(start, heap)?, stop: plain_of(stop, heap)?, stride }))
    }
}

/// The numbers that a slice names, of so many.
pub(super) fn numbers<'v>(
    count: usize,
    (start, stop, stride): (Option<Value<'v>>, Option<Value<'v>>, Option<Value<'v>>),
    heap: Heap<'v>,
) -> starlark::Result<Vec<usize>> {
    let all = heap.alloc(AllocList(0..count as i64));
    let chosen = elements(all.slice(start, stop, stride, heap)?, heap).unwrap_or_default();
    Ok(chosen.iter().filter_map(|at| number(*at, count)).collect())
}

/// A column of bools, or a list of them.
pub(super) fn mask(index: Value) -> Option<Column> {
    match Column::from_value(index) {
        Some(column) => Some(column.clone()),
        None if index.get_type() == "list" => {
            let cells = cells_of(index)?;
            let bools = !cells.is_empty() && cells.iter().all(|cell| matches!(cell, Val::Bool(_)));
            bools.then(|| Column::plain(cells))
        }
        None => None,
    }
}

/// What a dict has, as a row.
fn of_dict(dict: &DictRef) -> starlark::Result<Column> {
    let pair = |(key, value)| Some((label_of(key)?, cell_of(value)?));
    let pairs: Option<Vec<(Val, Val)>> = dict.iter().map(pair).collect();
    let (keys, cells): (Vec<Val>, Vec<Val>) =
        pairs.ok_or_else(|| fault("a row is given cells by the names of columns"))?.into_iter().unzip();
    Ok(Column::labelled_by(Arc::new(Index::new(Vec::new(), keys)), cells))
}

/// Columns that were asked for: one by its name, or some.
enum Columns {
    One(usize),
    /// Those whose first levels were named, without these.
    Below(Sheet),
    Some(Vec<usize>),
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
        if let Some(rows) = mask(index).and_then(|mask| mask.masked(&sheet.index)) {
            return Ok(Asked::some(rows?));
        }
        if let Some(span) = Span::from_value(index) {
            return Ok(Asked::some(match self.by_number {
                true => span.numbers(sheet.rows.len())?,
                false => between(&sheet.index, span.ends())?,
            }));
        }
        if Every::from_value(index).is_some() {
            return Ok(Asked::some((0..sheet.rows.len()).collect()));
        }
        if let Some(rows) = by_levels(&sheet.index, index, heap)?.filter(|_| !self.by_number) {
            return Ok(Asked::some(rows));
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
                asked.shared = label.items().map_or(1, <[Val]>::len);
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
        let at = match self.columns(&picked, column, heap)? {
            Columns::One(at) => at,
            Columns::Below(cut) => return Ok(if asked.is_one { heap.alloc(cut.row(0)) } else { heap.alloc(cut) }),
            Columns::Some(several) => {
                let cut = picked.only(&several);
                return Ok(if asked.is_one { heap.alloc(cut.row(0)) } else { heap.alloc(cut) });
            }
        };
        let values = picked.values(at);
        Ok(if asked.is_one { from_val(&values.values[0], heap) } else { heap.alloc(values) })
    }

    fn columns<'v>(&self, sheet: &Sheet, column: Value<'v>, heap: Heap<'v>) -> starlark::Result<Columns> {
        let count = sheet.columns.len();
        if Every::from_value(column).is_some() {
            return Ok(Columns::Some((0..count).collect()));
        }
        let names = || sheet.columns.index();
        if let Some(found) = mask(column).and_then(|mask| mask.masked(&names())) {
            return found.map(Columns::Some);
        }
        if let Some(span) = Span::from_value(column) {
            let found = if self.by_number { span.numbers(count)? } else { between(&names(), span.ends())? };
            return Ok(Columns::Some(found));
        }
        if self.by_number {
            let at = |one| number(one, count).ok_or_else(|| thrown("IndexError", "the sheet has fewer columns"));
            return Ok(match elements(column, heap) {
                Some(several) => Columns::Some(several.into_iter().map(at).collect::<starlark::Result<_>>()?),
                None => Columns::One(at(column)?),
            });
        }
        match label_of(column) {
            Some(name) => match (sheet.column_of(&name), sheet.under(&name)) {
                (Err(_), Some(Below::Sheet(below))) => Ok(Columns::Below(below)),
                (Err(_), Some(Below::Column(at))) => Ok(Columns::One(at)),
                (found, _) => found.map(Columns::One),
            },
            None => named(sheet, column, heap).map(Columns::Some),
        }
    }

    /// The numbers of rows that are given a value.
    fn places(&self, sheet: &Sheet, rows: Value) -> starlark::Result<Vec<usize>> {
        if let Some(rows) = mask(rows).and_then(|mask| mask.masked(&sheet.index)) {
            return rows;
        }
        if Every::from_value(rows).is_some() {
            return Ok((0..sheet.rows.len()).collect());
        }
        if let Some(span) = Span::from_value(rows) {
            return if self.by_number { span.numbers(sheet.rows.len()) } else { between(&sheet.index, span.ends()) };
        }
        let several = if rows.get_type() == "tuple" { None } else { cells_of(rows) };
        let labels = several.or_else(|| label_of(rows).map(|label| vec![label]));
        let labels = labels.ok_or_else(|| fault("rows are given by labels, or by a column of bools"))?;
        let place = |label: &Val| match (self.by_number, label) {
            (true, Val::Int(at)) => {
                let at = if *at < 0 { at + sheet.rows.len() as i64 } else { *at };
                let at = usize::try_from(at).ok().filter(|at| *at < sheet.rows.len());
                at.map(|at| vec![at]).ok_or_else(|| sheet.index.lacks(label))
            }
            _ => sheet.index.find(label).map(<[usize]>::to_vec).ok_or_else(|| sheet.index.lacks(label)),
        };
        Ok(labels.iter().map(place).collect::<starlark::Result<Vec<_>>>()?.concat())
    }

    /// Whole rows: those of a label, or a new one, or those for which a column of bools is true.
    fn set_rows<'v>(&self, sheet: &Arc<Sheet>, rows: Value<'v>, new: Value<'v>) -> starlark::Result<()> {
        let names = sheet.columns.to_vec();
        let own = match (DictRef::from_value(new), series(new)) {
            (Some(dict), _) => Some(of_dict(&dict)?),
            (None, Some(row)) => Some(row).filter(|row| !row.by_place),
            (None, None) => None,
        };
        let given = match own {
            Some(row) => by_labels(&row, &sheet.columns.index())?.into_iter().map(Given::One).collect(),
            None => Given::each(new, names.len())?,
        };
        let label = label_of(rows).filter(|label| !self.by_number && sheet.index.find(label).is_none());
        let Some(label) = label else {
            let rows = self.places(sheet, rows)?;
            return names.iter().zip(&given).try_for_each(|(name, given)| self.frame.set_cells(&rows, name, given));
        };
        if label.items().map_or(1, <[Val]>::len) != sheet.index.names.len().max(1) {
            return Err(fault("a new row wants a label for each level"));
        }
        let labels = Index::new(Vec::new(), vec![label.clone()]);
        let cells: Vec<Vec<Val>> =
            given.iter().map(|given| given.cells(&labels, sheet.of)).collect::<starlark::Result<_>>()?;
        self.frame.add_row(label, cells.concat());
        Ok(())
    }

    /// The name of a column that is given values, which may be a new one.
    fn name(&self, sheet: &Sheet, column: Value) -> starlark::Result<Name> {
        let by_number = || number(column, sheet.columns.len()).map(|at| sheet.columns[at].clone());
        let found = if self.by_number { by_number() } else { label_of(column).map(|name| Name::of(&name)) };
        found.ok_or_else(|| fault("cells are given in columns by their names"))
    }

    /// Rows and columns, of `[rows, columns]`; the label of a row may be a tuple.
    fn pair<'v>(sheet: &Sheet, index: Value<'v>) -> Option<(Value<'v>, Value<'v>)> {
        let Some(&[rows, column]) = TupleRef::from_value(index).map(|t| t.content()) else { return None };
        let is_label = sheet.index.names.len() > 1 && cell_of(index).is_some_and(|l| sheet.index.find(&l).is_some());
        (!is_label).then_some((rows, column))
    }
}

/// Rows by a slice of their numbers.
pub(super) fn sliced<'v>(
    sheet: &Sheet,
    ends: (Option<Value<'v>>, Option<Value<'v>>, Option<Value<'v>>),
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    Ok(heap.alloc(sheet.pick(&numbers(sheet.rows.len(), ends, heap)?)))
}

/// The numbers of what lies between two labels, both included.
///
/// # Errors
/// If one of them is no label, and the labels do not stand in an order where it had a place.
pub(super) fn between(index: &Index, (start, stop): (Option<&Val>, Option<&Val>)) -> starlark::Result<Vec<usize>> {
    let alike =
        |key: &Val, label: &Val| by_size(key, label).is_some() || (key.as_str().is_some() && label.as_str().is_some());
    let in_order = || index.keys.windows(2).all(|pair| compared(&pair[0], &pair[1]).is_le());
    let place = |label: &Val, last: bool| match index.find(label) {
        Some(rows) if last => Ok(rows.last().map_or(0, |row| row + 1)),
        Some(rows) => Ok(rows.first().copied().unwrap_or(0)),
        None if index.keys.iter().all(|key| alike(key, label)) && in_order() => {
            Ok(index.keys.partition_point(|key| compared(key, label).is_lt()))
        }
        None => Err(index.lacks(label)),
    };
    let first = start.map_or(Ok(0), |label| place(label, false))?;
    let end = stop.map_or(Ok(index.keys.len()), |label| place(label, true))?;
    Ok((first..end.max(first)).collect())
}

#[starlark_value(type = "rows")]
impl<'v> StarlarkValue<'v> for Rows {
    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        refuse_functions(index)?;
        let sheet = self.frame.now();
        if let Some((rows, column)) = Rows::pair(&sheet, index) {
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
            let sheet = self.frame.now();
            let label = |end: Option<Value<'v>>| end.map(|end| plain_of(end, heap)).transpose();
            let rows = between(&sheet.index, (label(start)?.as_ref(), label(stop)?.as_ref()))?;
            return Ok(heap.alloc(sheet.pick(&rows)));
        }
        sliced(&self.frame.now(), (start, stop, stride), heap)
    }

    fn set_at(&self, index: Value<'v>, new: Value<'v>) -> starlark::Result<()> {
        refuse_to_give(index)?;
        let sheet = self.frame.now();
        let Some((rows, column)) = Rows::pair(&sheet, index) else { return self.set_rows(&sheet, index, new) };
        let rows = self.places(&sheet, rows)?;
        let several = column.get_type() != "tuple" && cells_of(column).is_some();
        let names = match cells_of(column).filter(|_| several) {
            Some(numbers) if self.by_number => numbers.iter().map(|at| sheet.name_at(at)).collect::<Result<_, _>>()?,
            Some(names) => names.iter().map(Name::of).collect(),
            None => vec![self.name(&sheet, column)?],
        };
        drop(sheet);
        let given = match several {
            true => Given::each(new, names.len())?,
            false => vec![Given::of(new)?],
        };
        names.iter().zip(&given).try_for_each(|(name, given)| self.frame.set_cells(&rows, name, given))
    }
}
