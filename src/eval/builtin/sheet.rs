//! Sample sheets: tables of cells, and the questions asked of them.
//!
//! Owns the table and its rows. It reads no files, and does not know what samples
//! are. Much of it is named as in pandas.

use super::column::{Column, distinct, hashable, number};
use super::index::{Index, labels};
use super::operators::chosen;
use super::query::sheet_where;
use super::row::{Row, no_column, record};
use crate::eval::convert::{elements, from_val, to_val};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

pub(super) type Columns = Arc<[Box<str>]>;

/// A table.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval) struct Sheet {
    columns: Columns,
    rows: Vec<Arc<[Val]>>,
    index: Arc<Index>,
}

starlark_simple_value!(Sheet);

/// `sheet.loc`: rows by label; `sheet.iloc`: by number.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<rows of {sheet}>")]
#[allocative(skip)]
struct Rows {
    sheet: Sheet,
    by_number: bool,
}

starlark_simple_value!(Rows);

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<sheet of {} rows: {}>", self.rows.len(), self.columns.join(", "))
    }
}

fn plain_of<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Val> {
    to_val(value, heap, &mut |_| Err(fault("a cell is no function")))
}

impl Sheet {
    /// A table with numbered rows.
    pub(super) fn new(columns: Columns, rows: Vec<Arc<[Val]>>) -> Sheet {
        let index = Arc::new(Index::numbers(rows.len()));
        Sheet { columns, rows, index }
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| **c == *name)
    }

    fn column_at(&self, name: &str) -> starlark::Result<usize> {
        self.column(name).ok_or_else(|| no_column(name, &self.columns))
    }

    fn values(&self, column: usize) -> Column {
        Column { values: self.rows.iter().map(|r| r[column].clone()).collect(), index: self.index.clone() }
    }

    fn row(&self, at: usize) -> Row {
        Row { columns: self.columns.clone(), values: self.rows[at].clone() }
    }

    /// Some of its rows.
    fn pick(&self, at: &[usize]) -> Sheet {
        let rows = at.iter().map(|i| self.rows[*i].clone()).collect();
        Sheet { columns: self.columns.clone(), rows, index: Arc::new(self.index.pick(at)) }
    }

    /// A sheet with labels from columns, which are columns no more.
    pub(super) fn set_labels(sheet: Value, by: &[String]) -> starlark::Result<Sheet> {
        let sheet = Sheet::from_value(sheet).expect("bug: a table was read as a sheet");
        let by: Vec<usize> = by.iter().map(|name| sheet.column_at(name)).collect::<starlark::Result<_>>()?;
        Ok(sheet.with_index(&by, false))
    }

    /// Some of its columns.
    fn only(&self, columns: &[usize]) -> Sheet {
        let cut = |row: &Arc<[Val]>| columns.iter().map(|c| row[*c].clone()).collect();
        Sheet {
            columns: columns.iter().map(|c| self.columns[*c].clone()).collect(),
            rows: self.rows.iter().map(cut).collect(),
            index: self.index.clone(),
        }
    }

    /// The numbers of columns by name.
    fn named<'v>(&self, names: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
        let names = match names.unpack_str() {
            Some(one) => vec![one.to_owned()],
            None => elements(names, heap).unwrap_or_default().iter().map(|n| n.to_str()).collect(),
        };
        names.iter().map(|name| self.column_at(name)).collect()
    }

    /// With the labels of its rows as its first columns, where they came from any.
    fn reset(&self) -> Sheet {
        let names: Vec<usize> =
            (0..self.index.names.len()).filter(|i| self.column(&self.index.names[*i]).is_none()).collect();
        let part = |key: &Val, i: usize| if let Val::List(parts) = key { parts[i].clone() } else { key.clone() };
        let row = |(key, row): (&Val, &Arc<[Val]>)| {
            names.iter().map(|i| part(key, *i)).chain(row.iter().cloned()).collect::<Arc<[Val]>>()
        };
        let rows = self.index.keys.iter().zip(&self.rows).map(row).collect();
        let columns = names.iter().map(|i| self.index.names[*i].clone()).chain(self.columns.iter().cloned()).collect();
        Sheet::new(columns, rows)
    }

    fn with_index(&self, by: &[usize], keep: bool) -> Sheet {
        let key = |row: &Arc<[Val]>| match by {
            [one] => row[*one].clone(),
            several => Val::List(several.iter().map(|c| row[*c].clone()).collect()),
        };
        let keys = self.rows.iter().map(key).collect();
        let index = Index::new(by.iter().map(|c| self.columns[*c].clone()).collect(), keys);
        let kept: Vec<usize> = (0..self.columns.len()).filter(|c| keep || !by.contains(c)).collect();
        Sheet { index: Arc::new(index), ..self.only(&kept) }
    }
}

impl Rows {
    /// The rows that are asked for: one, or some.
    fn rows<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<(Vec<usize>, bool)> {
        if let Some(rows) = Column::from_value(index).and_then(|_| chosen(index, heap)) {
            return Ok((rows, false));
        }
        let (labels, listed) = labels(index, heap)?;
        let mut found = Vec::new();
        let mut one = !listed;
        for label in &labels {
            if self.by_number {
                let at = number(from_val(label, heap), self.sheet.rows.len());
                found.push(at.ok_or_else(|| self.sheet.index.lacks(label))?);
            } else {
                let rows = self.sheet.index.find(label).ok_or_else(|| self.sheet.index.lacks(label))?;
                one &= rows.len() == 1 && self.sheet.index.is_whole(label);
                found.extend_from_slice(rows);
            }
        }
        Ok((found, one))
    }

    fn both<'v>(&self, rows: Value<'v>, column: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let (rows, one) = self.rows(rows, heap)?;
        let picked = self.sheet.pick(&rows);
        if let Some(name) = column.unpack_str() {
            let values = picked.values(picked.column_at(name)?);
            return Ok(if one { from_val(&values.values[0], heap) } else { heap.alloc(values) });
        }
        let cut = match (self.by_number, column.unpack_i32()) {
            (true, Some(_)) => {
                let at = number(column, self.sheet.columns.len());
                let at = at.ok_or_else(|| fault("the sheet has fewer columns"))?;
                let values = picked.values(at);
                return Ok(if one { from_val(&values.values[0], heap) } else { heap.alloc(values) });
            }
            _ => picked.only(&picked.named(column, heap)?),
        };
        Ok(if one { heap.alloc(cut.row(0)) } else { heap.alloc(cut) })
    }

    /// Rows and columns, of `[rows, columns]`; the label of a row may be a tuple.
    fn pair<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<(Value<'v>, Value<'v>)>> {
        let Some(&[rows, column]) = TupleRef::from_value(index).map(|t| t.content()) else { return Ok(None) };
        let is_label = self.sheet.index.names.len() > 1 && self.sheet.index.find(&plain_of(index, heap)?).is_some();
        Ok((!is_label).then_some((rows, column)))
    }
}

#[starlark_value(type = "rows")]
impl<'v> StarlarkValue<'v> for Rows {
    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some((rows, column)) = self.pair(index, heap)? {
            return self.both(rows, column, heap);
        }
        let (rows, one) = self.rows(index, heap)?;
        Ok(match one {
            true => heap.alloc(self.sheet.row(rows[0])),
            false => heap.alloc(self.sheet.pick(&rows)),
        })
    }
}

/// The cells of each row.
#[cfg(test)]
pub(super) fn plain_rows(sheet: &Sheet) -> &[Arc<[Val]>] {
    &sheet.rows
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
    let sheet = Sheet::from_value(value)?;
    Some(Val::List(sheet.rows.iter().map(|r| record(&sheet.columns, r)).collect()))
}

#[starlark_value(type = "sheet")]
impl<'v> StarlarkValue<'v> for Sheet {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = sheet_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if let Some(column) = self.column(name) {
            return Some(heap.alloc(self.values(column)));
        }
        match name {
            "columns" => Some(heap.alloc(Column::plain(self.columns.iter().map(|c| Val::str(&**c))))),
            "index" => Some(heap.alloc(Column::plain(self.index.keys.iter().cloned()))),
            "loc" | "at" => Some(heap.alloc(Rows { sheet: self.clone(), by_number: false })),
            "iloc" => Some(heap.alloc(Rows { sheet: self.clone(), by_number: true })),
            "empty" => Some(Value::new_bool(self.rows.is_empty())),
            "shape" => Some(heap.alloc(AllocTuple([self.rows.len() as i64, self.columns.len() as i64]))),
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.to_string()).chain(["columns".to_owned()]).collect()
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(name) = index.unpack_str() {
            return Ok(heap.alloc(self.values(self.column_at(name)?)));
        }
        if let Some(rows) = Column::from_value(index).and_then(|_| chosen(index, heap)) {
            return Ok(heap.alloc(self.pick(&rows)));
        }
        if index.unpack_bool().is_some() {
            return Err(hinted(
                "columns are not compared cell by cell here",
                "write `sheet.query(\"size > 1\")` or `sheet.where(kind=\"x\")`",
            ));
        }
        if elements(index, heap).is_some() {
            return Ok(heap.alloc(self.only(&self.named(index, heap)?)));
        }
        match number(index, self.rows.len()) {
            Some(at) => Ok(heap.alloc(self.row(at))),
            None => Err(fault(format!("there is no row `[{}]`: the sheet has {}", index.to_str(), self.rows.len()))),
        }
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.rows.len() as i32)
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(other.unpack_str().is_some_and(|name| self.column(name).is_some()))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok((0..self.rows.len()).map(|i| heap.alloc(self.row(i))).collect())
    }
}

fn sheet_methods(builder: &mut MethodsBuilder) {
    choosing(builder);
    labelling(builder);
    handing_out(builder);
    cleaning(builder);
}

#[starlark_module]
fn choosing(builder: &mut MethodsBuilder) {
    /// The rows for which an expression over the columns is true.
    fn query<'v>(
        this: Value<'v>,
        #[starlark(require = pos)] query: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let rows = sheet_where(this, query, eval)?;
        let sheet = Sheet::from_value(this).ok_or_else(|| fault("`query` is asked of a sheet"))?;
        Ok(eval.heap().alloc(sheet.pick(&rows)))
    }

    /// The rows whose columns have these values.
    fn r#where<'v>(
        this: &Sheet,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let mut wanted = Vec::new();
        for (name, value) in &named {
            wanted.push((this.column_at(name)?, plain_of(*value, heap)?));
        }
        let same = |cell: &Val, value: &Val| cell == value || cell.display() == value.display();
        let fits = |row: &usize| wanted.iter().all(|(at, value)| same(&this.rows[*row][*at], value));
        Ok(this.pick(&(0..this.rows.len()).filter(fits).collect::<Vec<_>>()))
    }

    /// The different values of a column, in order.
    fn unique(this: &Sheet, #[starlark(require = pos)] column: &str) -> starlark::Result<Column> {
        let values = this.values(this.column_at(column)?);
        Ok(Column::plain(distinct(values.values.iter()).into_iter().map(|i| values.values[i].clone())))
    }
}

#[starlark_module]
fn labelling(builder: &mut MethodsBuilder) {
    /// The same rows with labels: the values of some columns.
    fn set_index<'v>(
        this: &Sheet,
        #[starlark(require = pos)] columns: Value<'v>,
        #[starlark(require = named, default = true)] drop: bool,
        #[starlark(require = named, default = false)] verify_integrity: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let sheet = this.with_index(&this.named(columns, heap)?, !drop);
        if verify_integrity && distinct(sheet.index.keys.iter()).len() < sheet.rows.len() {
            return Err(fault("two rows of the sheet have one label"));
        }
        Ok(sheet)
    }

    fn reset_index(this: &Sheet, #[starlark(require = named, default = false)] drop: bool) -> starlark::Result<Sheet> {
        Ok(if drop { Sheet::new(this.columns.clone(), this.rows.clone()) } else { this.reset() })
    }

    /// The rows by the order of their labels.
    fn sort_index(this: &Sheet) -> starlark::Result<Sheet> {
        let mut order: Vec<usize> = (0..this.rows.len()).collect();
        order.sort_by(|a, b| compared(&this.index.keys[*a], &this.index.keys[*b]));
        Ok(this.pick(&order))
    }

    /// The rows by the order of what some columns hold.
    fn sort_values<'v>(
        this: &Sheet,
        #[starlark(require = pos)] by: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let by = this.named(by, heap)?;
        let key = |at: usize| Val::List(by.iter().map(|c| this.rows[at][*c].clone()).collect());
        let mut order: Vec<usize> = (0..this.rows.len()).collect();
        order.sort_by(|a, b| compared(&key(*a), &key(*b)));
        Ok(this.pick(&order))
    }
}

#[starlark_module]
fn handing_out(builder: &mut MethodsBuilder) {
    fn itertuples<'v>(
        this: &Sheet,
        #[starlark(default = true)] index: bool,
        #[starlark(default = NoneOr::None)] name: NoneOr<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let _ = name;
        let columns: Columns = index.then(|| "Index".into()).into_iter().chain(this.columns.iter().cloned()).collect();
        let row = |(key, row): (&Val, &Arc<[Val]>)| {
            let values = index.then(|| key.clone()).into_iter().chain(row.iter().cloned()).collect();
            heap.alloc(Row { columns: columns.clone(), values })
        };
        Ok(heap.alloc(AllocList(this.index.keys.iter().zip(&this.rows).map(row))))
    }

    fn iterrows<'v>(this: &Sheet, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pair = |(at, key): (usize, &Val)| AllocTuple([hashable(key, heap), heap.alloc(this.row(at))]);
        Ok(heap.alloc(AllocList(this.index.keys.iter().enumerate().map(pair))))
    }

    fn to_dict<'v>(
        this: &Sheet,
        #[starlark(default = "dict")] orient: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let columns = || this.columns.iter().enumerate().map(|(at, name)| (&**name, this.values(at)));
        Ok(match orient {
            "records" => from_val(&Val::List(this.rows.iter().map(|r| record(&this.columns, r)).collect()), heap),
            "index" => {
                let row = |(key, row): (&Val, &Arc<[Val]>)| {
                    (hashable(key, heap), from_val(&record(&this.columns, row), heap))
                };
                heap.alloc(AllocDict(this.index.keys.iter().zip(&this.rows).map(row).collect::<Vec<_>>()))
            }
            "list" => {
                let column = |(name, column): (&str, Column)| {
                    (heap.alloc_str(name), from_val(&Val::List(column.values.to_vec()), heap))
                };
                heap.alloc(AllocDict(columns().map(column).collect::<Vec<_>>()))
            }
            "dict" => {
                let cells = |column: &Column| {
                    let pair = |(key, value)| (hashable(key, heap), from_val(value, heap));
                    heap.alloc(AllocDict(column.index.keys.iter().zip(&*column.values).map(pair).collect::<Vec<_>>()))
                };
                heap.alloc(AllocDict(columns().map(|(name, c)| (heap.alloc_str(name), cells(&c))).collect::<Vec<_>>()))
            }
            other => {
                return Err(fault(format!("`to_dict` knows `dict`, `list`, `records` and `index`, not `{other}`")));
            }
        })
    }
}

#[starlark_module]
fn cleaning(builder: &mut MethodsBuilder) {
    fn drop_duplicates<'v>(
        this: &Sheet,
        #[starlark(default = NoneOr::None)] subset: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let by = match subset.into_option() {
            Some(names) => this.named(names, heap)?,
            None => (0..this.columns.len()).collect(),
        };
        let keys: Vec<Val> = this.only(&by).rows.iter().map(|r| Val::List(r.to_vec())).collect();
        Ok(this.pick(&distinct(keys.iter())))
    }

    fn dropna<'v>(
        this: &Sheet,
        #[starlark(require = named, default = NoneOr::None)] subset: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let by = match subset.into_option() {
            Some(names) => this.named(names, heap)?,
            None => (0..this.columns.len()).collect(),
        };
        let whole = |at: &usize| by.iter().all(|c| this.rows[*at][*c] != Val::None);
        Ok(this.pick(&(0..this.rows.len()).filter(whole).collect::<Vec<_>>()))
    }

    fn fillna<'v>(
        this: &Sheet,
        #[starlark(require = pos)] value: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let value = plain_of(value, heap)?;
        let fill = |cell: &Val| if *cell == Val::None { value.clone() } else { cell.clone() };
        let rows = this.rows.iter().map(|r| r.iter().map(fill).collect()).collect();
        Ok(Sheet { rows, ..this.clone() })
    }

    /// With other names of columns.
    fn rename<'v>(this: &Sheet, #[starlark(require = named)] columns: DictRef<'v>) -> starlark::Result<Sheet> {
        let new = |old: &str| columns.get_str(old).map_or_else(|| old.into(), |new| new.to_str().into());
        Ok(Sheet { columns: this.columns.iter().map(|old| new(old)).collect(), ..this.clone() })
    }

    fn copy(this: &Sheet) -> starlark::Result<Sheet> {
        Ok(this.clone())
    }

    fn head(this: &Sheet, #[starlark(default = 5)] count: u32) -> starlark::Result<Sheet> {
        Ok(this.pick(&(0..this.rows.len().min(count as usize)).collect::<Vec<_>>()))
    }
}

/// The order of cells: numbers by size, others by their text.
fn compared(a: &Val, b: &Val) -> std::cmp::Ordering {
    let number = |v: &Val| match v {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        _ => None,
    };
    match (a, b) {
        (Val::List(a), Val::List(b)) => {
            let differs = a.iter().zip(b).map(|(a, b)| compared(a, b)).find(|o| o.is_ne());
            differs.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.display().cmp(&b.display()),
        },
    }
}
