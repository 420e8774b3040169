//! A sheet as a value of a Rulefile: its rows and columns by `[...]` and by name.
//!
//! Owns what of it changes: columns and labels may be given, and all that hold
//! the sheet see them. What it is asked for by methods is `frame_methods`'s, and
//! `.loc` is `located`'s.

use super::asked_by::{refuse_functions, refuse_to_give};
use super::assigned::{Given, miscounted};
use super::column::{Column, number};
use super::columns::{Below, Columns};
use super::dtype::Dtype;
use super::frame_compared::kept;
use super::frame_counts::{OfAll, kind, names};
use super::frame_methods::frame_methods;
use super::index::Index;
use super::located::{Rows, mask, sliced};
use super::name::Name;
use super::row::Row;
use super::sheet::{Maker, Sheet, is_empty};
use crate::diag::{Diag, Kind};
use crate::eval::convert::{elements, from_val, to_val};
use crate::eval::exception::{thrown, unfound};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::Methods;
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::type_repr::StarlarkTypeRepr;
use starlark::values::{
    AllocValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value,
};
use std::convert::Infallible;
use std::fmt;
use std::mem::discriminant;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

/// A table that may change.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval) struct Frame(Arc<RwLock<Arc<Sheet>>>);

starlark_simple_value!(Frame);

impl Frame {
    pub(super) fn now(&self) -> Arc<Sheet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, sheet: Sheet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(sheet);
    }

    /// The names of the columns that its labels came from.
    pub(super) fn level_names(&self) -> Vec<Name> {
        self.now().index.names.clone()
    }

    /// Other names for them.
    pub(super) fn name_levels(&self, names: Vec<Name>, across: bool) -> starlark::Result<()> {
        let sheet = self.now();
        let levels = if across { sheet.columns.depth() } else { sheet.index.names.len().max(1) };
        if names.len() != levels {
            return Err(fault(format!("the labels of the sheet want {levels} names, these are {}", names.len())));
        }
        if across {
            self.put(Sheet { columns: sheet.columns.clone().called(names), ..(*sheet).clone() });
            return Ok(());
        }
        let index = Arc::new(Index::new(names, sheet.index.keys.clone()));
        self.put(Sheet { index, ..(*sheet).clone() });
        Ok(())
    }

    fn set_labels(&self, labels: Value) -> starlark::Result<()> {
        let sheet = self.now();
        let names = match Column::from_value(labels) {
            Some(column) => column.is_labels.then(|| column.level_names()),
            None => None,
        };
        let keys = cells_of(labels).ok_or_else(|| fault("the labels of a sheet are a list or a column"))?;
        if keys.len() != sheet.rows.len() {
            return Err(miscounted(keys.len(), sheet.rows.len()));
        }
        let depth = |key: &Val| if let Val::Tuple(parts) = key { parts.len() } else { 1 };
        let levels = keys.first().map_or(1, depth);
        if keys.iter().any(|key| depth(key) != levels) {
            return Err(fault("the labels of a sheet have one number of parts"));
        }
        let unnamed = || vec![Name::unnamed(); levels];
        let names = match names.filter(|names| names.len() == levels) {
            Some(names) => names,
            None if levels == 1 => Vec::new(),
            None if sheet.index.names.len() == levels => sheet.index.names.clone(),
            None => unnamed(),
        };
        self.put(Sheet { index: Arc::new(Index::new(names, keys)), ..(*sheet).clone() });
        Ok(())
    }

    fn rename(&self, names: Value) -> starlark::Result<()> {
        let sheet = self.now();
        let own = Column::from_value(names).map(|column| (column.is_labels || column.across, column.level_names()));
        let levels = own.filter(|(labels, _)| *labels).map(|(_, levels)| levels).unwrap_or_default();
        let names = cells_of(names).ok_or_else(|| fault("the columns of a sheet are a list of names"))?;
        if names.len() != sheet.columns.len() {
            return Err(fault(format!(
                "the sheet has {} columns, these are {} names",
                sheet.columns.len(),
                names.len()
            )));
        }
        let columns = names.iter().map(Name::of).collect::<Columns>().called(levels);
        self.put(Sheet { columns, ..(*sheet).clone() });
        Ok(())
    }

    /// A column of the values of another, by its labels; of a list; or of one
    /// value in each row.
    pub(super) fn set_column(&self, name: &Name, given: &Given) -> starlark::Result<()> {
        let sheet = self.now();
        let values = given.cells(&sheet.index, sheet.of)?;
        self.put(sheet.with_column(name, sheet.of.settled(values)));
        Ok(())
    }

    /// What rows have under the names of columns, in empty cells and in new columns.
    pub(super) fn fill(&self, records: &[Val]) {
        let sheet = self.now();
        let mut columns = sheet.columns.to_vec();
        let mut rows: Vec<Vec<Val>> = sheet.rows.iter().map(|row| row.to_vec()).collect();
        for (row, record) in records.iter().enumerate() {
            let Val::Dict(entries) = record else { continue };
            for (key, value) in entries {
                let at = columns.iter().position(|known| known.is(key)).unwrap_or(columns.len());
                if at == columns.len() {
                    columns.push(Name::of(key));
                    rows.iter_mut().for_each(|row| row.push(sheet.of.nothing()));
                }
                if is_empty(&rows[row][at]) {
                    rows[row][at] = value.clone();
                }
            }
        }
        let rows = rows.into_iter().map(Into::into).collect();
        self.put(Sheet { columns: columns.into(), rows, ..(*sheet).clone() }.settled());
    }

    /// A row behind all others.
    pub(super) fn add_row(&self, label: Val, cells: Vec<Val>) {
        let sheet = self.now();
        let keys: Vec<Val> = sheet.index.keys.iter().cloned().chain([label]).collect();
        let rows = sheet.rows.iter().cloned().chain([cells.into()]).collect();
        let index = Arc::new(Index::new(sheet.index.names.clone(), keys));
        self.put(Sheet { rows, index, ..(*sheet).clone() }.settled());
    }

    /// Cells in some rows of a column.
    pub(super) fn set_cells(&self, rows: &[usize], name: &Name, given: &Given) -> starlark::Result<()> {
        let sheet = self.now();
        let every = rows.len() == sheet.rows.len() && rows.iter().enumerate().all(|(at, row)| at == *row);
        let Some(at) = sheet.columns.iter().position(|known| known == name).filter(|_| !every) else {
            let cells = given.cells(&sheet.index.pick(rows), sheet.of)?;
            let mut values = vec![sheet.of.nothing(); sheet.rows.len()];
            rows.iter().zip(cells).for_each(|(row, cell)| values[*row] = cell);
            self.put(sheet.with_column(name, sheet.of.settled(values)));
            return Ok(());
        };
        let cells = given.cells(&sheet.index.pick(rows), sheet.of)?;
        let alike = |(row, cell): (&usize, &Val)| discriminant(&sheet.rows[*row][at]) == discriminant(cell);
        if !rows.iter().zip(&cells).all(alike) {
            let mut values = sheet.values(at).values.to_vec();
            let floats = sheet.of == Maker::Pandas && kind(&sheet.values(at)) == "float64";
            let float =
                |cell: Val| if let (Val::Int(i), true) = (&cell, floats) { Val::Float(*i as f64) } else { cell };
            rows.iter().zip(cells).for_each(|(row, cell)| values[*row] = float(cell));
            self.put(sheet.with_column(name, sheet.of.settled(values)));
            return Ok(());
        }
        drop(sheet);
        // Nobody else may hold the rows: then they stay where they are.
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let sheet = Arc::make_mut(&mut now);
        for (row, cell) in rows.iter().zip(cells) {
            Arc::make_mut(&mut sheet.rows[*row])[at] = cell;
        }
        Ok(())
    }
}

/// What a part of the names of columns stands for.
fn part_of<'v>(sheet: &Sheet, below: Below, heap: Heap<'v>) -> Value<'v> {
    match below {
        Below::Column(at) => {
            let column = sheet.values(at);
            let name = column.name.as_ref().and_then(|name| name.parts()?.first().map(Name::of));
            heap.alloc(Column { name, ..column })
        }
        Below::Sheet(sheet) => heap.alloc(sheet),
    }
}

/// The error of a number that names no column.
fn no_number(name: &Val, sheet: &Sheet) -> starlark::Error {
    let why = format!("there is no column `{}` in the sheet", name.display());
    let known = sheet.columns.join("`, `");
    let hint = format!("its columns are `{known}`; a row by its number is `sheet.iloc[{}]`", name.display());
    unfound(&name.display(), Diag::error(Kind::Rulefile, why).hint(hint))
}

/// A value that fits into a cell.
pub(super) fn cell_of(value: Value) -> Option<Val> {
    let parts = TupleRef::from_value(value).map(|tuple| tuple.content());
    match value.get_type() {
        "NoneType" => Some(Val::None),
        "bool" => value.unpack_bool().map(Val::Bool),
        "int" => value.unpack_i32().map(|i| Val::Int(i.into())).or_else(|| value.to_str().parse().ok().map(Val::Int)),
        "float" => value.to_str().parse().ok().map(Val::Float),
        "list" => ListRef::from_value(value)?.iter().map(cell_of).collect::<Option<_>>().map(Val::List),
        "tuple" => parts?.iter().map(|part| cell_of(*part)).collect::<Option<_>>().map(Val::Tuple),
        _ => value.unpack_str().map(Val::str),
    }
}

/// A text, a number or a tuple that names a row or a column.
pub(super) fn label_of(value: Value) -> Option<Val> {
    cell_of(value).filter(|_| !matches!(value.get_type(), "list" | "bool" | "NoneType"))
}

/// The cells of a column or a list.
pub(super) fn cells_of(value: Value) -> Option<Vec<Val>> {
    match Column::from_value(value) {
        Some(column) => Some(column.values.to_vec()),
        None => ListRef::from_value(value)?.iter().map(cell_of).collect(),
    }
}

impl<'v> AllocValue<'v> for Sheet {
    fn alloc_value(self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(Frame(Arc::new(RwLock::new(Arc::new(self)))))
    }
}

impl StarlarkTypeRepr for Sheet {
    type Canonical = Frame;

    fn starlark_type_repr() -> Ty {
        Frame::starlark_type_repr()
    }
}

/// A sheet as it is now.
pub(super) struct Now {
    sheet: Arc<Sheet>,
    frame: Frame,
}

impl Deref for Now {
    type Target = Sheet;

    fn deref(&self) -> &Sheet {
        &self.sheet
    }
}

impl StarlarkTypeRepr for Now {
    type Canonical = Frame;

    fn starlark_type_repr() -> Ty {
        Frame::starlark_type_repr()
    }
}

impl<'v> UnpackValue<'v> for Now {
    type Error = Infallible;

    fn unpack_value_impl(value: Value<'v>) -> Result<Option<Now>, Infallible> {
        Ok(Now::of(value))
    }
}

impl Now {
    /// None if the value is no sheet.
    pub(super) fn of(value: Value) -> Option<Now> {
        Frame::from_value(value).map(|frame| Now { sheet: frame.now(), frame: frame.clone() })
    }

    /// What became of it: as a new sheet, or with `inplace=True` in its place.
    pub(super) fn become_or_give<'v>(&self, made: Sheet, inplace: bool, heap: Heap<'v>) -> Value<'v> {
        if !inplace {
            return heap.alloc(made);
        }
        self.frame.put(made);
        Value::new_none()
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sheet = self.now();
        write!(f, "<sheet of {} rows: {}>", sheet.rows.len(), sheet.columns.join(", "))
    }
}

/// A plain value of one of Starlark.
pub(super) fn plain_of<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Val> {
    to_val(value, heap, &mut |_| Err(fault("a cell is no function")))
}

/// A sheet as a list of dicts, a row as a dict, a column as a list; none if it is
/// none of these.
pub(in crate::eval) fn plain(value: Value) -> Option<Val> {
    if let Some(row) = Row::from_value(value) {
        return Some(row.record());
    }
    if let Some(column) = Column::from_value(value) {
        return Some(Val::List(column.values.to_vec()));
    }
    Now::of(value).map(|sheet| sheet.records())
}

/// The numbers of columns by name.
pub(super) fn named<'v>(sheet: &Sheet, names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
    let is_one = label_of(names).is_some_and(|name| sheet.columns.iter().any(|known| known.is(&name)));
    let names = match elements(names, heap).filter(|_| !is_one) {
        Some(names) => names,
        None => vec![names],
    };
    let name = |value: &Value<'v>| {
        let name = label_of(*value).ok_or_else(|| fault("columns are named by a text or a list of texts"))?;
        match (sheet.column_of(&name), sheet.columns.below(&name)) {
            (Err(_), Some((several, _))) => Ok(several),
            (found, _) => found.map(|at| vec![at]),
        }
    };
    Ok(names.iter().map(name).collect::<starlark::Result<Vec<_>>>()?.concat())
}

#[starlark_value(type = "sheet")]
impl<'v> StarlarkValue<'v> for Frame {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = frame_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let sheet = self.now();
        match name {
            "columns" => Some(heap.alloc(Column::of_names(&sheet.columns, self.clone()))),
            "index" => Some(heap.alloc(Column::of_labels(&sheet.index, Some(self.clone())))),
            "loc" | "at" => Some(heap.alloc(Rows { frame: self.clone(), by_number: false })),
            "iloc" | "iat" => Some(heap.alloc(Rows { frame: self.clone(), by_number: true })),
            "dtypes" => {
                let kinds = (0..sheet.columns.len()).map(|at| Dtype::of(&sheet.values(at)).plain());
                Some(heap.alloc(Column::labelled_by(names(&sheet), kinds)))
            }
            "values" => Some(heap.alloc(sheet.arrays())),
            "T" => Some(heap.alloc(sheet.transposed())),
            "ndim" => Some(heap.alloc(2)),
            "axes" => {
                let labels = heap.alloc(Column::of_labels(&sheet.index, Some(self.clone())));
                Some(heap.alloc(AllocList([labels, heap.alloc(Column::of_names(&sheet.columns, self.clone()))])))
            }
            "size" => Some(heap.alloc((sheet.rows.len() * sheet.columns.len()) as i64)),
            "empty" => Some(Value::new_bool(sheet.rows.is_empty())),
            "shape" => Some(heap.alloc(AllocTuple([sheet.rows.len() as i64, sheet.columns.len() as i64]))),
            other if OfAll::of(&sheet, other).is_some() => OfAll::of(&sheet, other).map(|asked| heap.alloc(asked)),
            column => match sheet.column(column) {
                Some(at) => Some(heap.alloc(sheet.values(at))),
                None => sheet.under(&Val::str(column)).map(|below| part_of(&sheet, below, heap)),
            },
        }
    }

    fn set_attr(&self, name: &str, new: Value<'v>) -> starlark::Result<()> {
        match name {
            "index" => self.set_labels(new),
            "columns" => self.rename(new),
            column if self.now().column(column).is_some() => self.set_column(&column.into(), &Given::of(new)?),
            other => Err(hinted(
                format!("the sheet has no column `{other}` to give another value"),
                format!("a new column is `sheet[\"{other}\"] = ...`"),
            )),
        }
    }

    fn set_at(&self, index: Value<'v>, new: Value<'v>) -> starlark::Result<()> {
        refuse_to_give(index)?;
        if let Some(names) = cells_of(index).filter(|names| !names.iter().any(|name| matches!(name, Val::Bool(_)))) {
            let given = Given::each(new, names.len())?;
            return names.iter().zip(&given).try_for_each(|(name, given)| self.set_column(&Name::of(name), given));
        }
        match label_of(index) {
            Some(name) => self.set_column(&Name::of(&name), &Given::of(new)?),
            None => Err(fault("a column of a sheet is given by its name, rows by `.loc[...]`")),
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        self.now().columns.iter().map(|c| c.to_string()).chain(["columns".to_owned()]).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let sheet = self.now();
        let name = label_of(index);
        if let Some(name) = name.filter(|_| index.unpack_str().is_some() || sheet.of == Maker::Pandas) {
            return match sheet.column_of(&name) {
                Err(error) if sheet.columns.depth() > 1 => {
                    sheet.under(&name).map(|below| part_of(&sheet, below, heap)).ok_or(error)
                }
                Err(_) if matches!(name, Val::Int(_)) => Err(no_number(&name, &sheet)),
                found => Ok(heap.alloc(sheet.values(found?))),
            };
        }
        if let Some(rows) = Column::from_value(index).and_then(|mask| mask.masked(&sheet.index)) {
            return Ok(heap.alloc(sheet.pick(&rows?)));
        }
        if let Some(holds) = Now::of(index) {
            return Ok(heap.alloc(kept(&sheet, &holds, None, true)?));
        }
        if index.unpack_bool().is_some() {
            return Err(hinted(
                "columns are not compared cell by cell here",
                "write `sheet.query(\"size > 1\")` or `sheet.where(kind=\"x\")`",
            ));
        }
        if let Some(rows) = mask(index).filter(|_| index.get_type() == "list") {
            return match rows.masked(&sheet.index) {
                Some(rows) => Ok(heap.alloc(sheet.pick(&rows?))),
                None => Err(fault("a mask wants a bool for each row")),
            };
        }
        if elements(index, heap).is_some() {
            return Ok(heap.alloc(sheet.only(&named(&sheet, index, heap)?)));
        }
        refuse_functions(index)?;
        match number(index, sheet.rows.len()) {
            Some(at) => Ok(heap.alloc(sheet.row(at))),
            None => {
                let why = format!("there is no row `[{}]`: the sheet has {}", index.to_str(), sheet.rows.len());
                Err(thrown("IndexError", why))
            }
        }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        sliced(&self.now(), (start, stop, stride), heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.now().rows.len() as i32)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        let columns = &self.now().columns;
        let has = |name: Val| columns.iter().any(|known| known.is(&name)) || columns.below(&name).is_some();
        Ok(cell_of(other).is_some_and(has))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        let sheet = self.now();
        if sheet.of == Maker::Pandas {
            return Ok(sheet.names().iter().map(|name| from_val(name, heap)).collect());
        }
        Ok(sheet.each_row().into_iter().map(|row| heap.alloc(row)).collect())
    }
}
