//! A column of a sheet: a list, whose elements have the labels of their rows.
//!
//! Owns what lists lack of pandas' series. It does not know the sheet.

use super::index::Index;
use crate::eval::convert::{elements, from_val, to_val};
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use rustc_hash::FxHashSet;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Column {
    pub(super) values: Arc<[Val]>,
    pub(super) index: Arc<Index>,
}

starlark_simple_value!(Column);

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Val::List(self.values.to_vec()).repr())
    }
}

/// The different values, in order.
pub(super) fn distinct<'a>(values: impl Iterator<Item = &'a Val>) -> Vec<usize> {
    let mut seen = FxHashSet::default();
    values.enumerate().filter(|(_, v)| seen.insert(v.repr())).map(|(at, _)| at).collect()
}

/// A number in a list, from the end if negative.
pub(super) fn number(index: Value, count: usize) -> Option<usize> {
    let wanted = i64::from(index.unpack_i32()?);
    let at = if wanted < 0 { wanted + count as i64 } else { wanted };
    usize::try_from(at).ok().filter(|at| *at < count)
}

impl Column {
    /// Without labels of its own.
    pub(super) fn plain(values: impl IntoIterator<Item = Val>) -> Column {
        let values: Arc<[Val]> = values.into_iter().collect();
        Column { index: Arc::new(Index::numbers(values.len())), values }
    }

    fn list<'v>(&self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(AllocList(self.values.iter().map(|v| from_val(v, heap))))
    }

    fn pick(&self, at: &[usize]) -> Column {
        Column { values: at.iter().map(|i| self.values[*i].clone()).collect(), index: Arc::new(self.index.pick(at)) }
    }

    /// The same rows with other values.
    pub(super) fn with(&self, values: Vec<Val>) -> Column {
        Column { values: values.into(), index: self.index.clone() }
    }

    /// Two columns of bools as one.
    fn combined<'v>(
        &self,
        other: Value<'v>,
        how: fn(bool, bool) -> bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let other = Column::from_value(other).filter(|o| o.values.len() == self.values.len());
        let other = other.ok_or_else(|| fault("two columns of one length are wanted here"))?;
        let holds = |v: &Val| *v == Val::Bool(true);
        let cells = self.values.iter().zip(&*other.values).map(|(a, b)| Val::Bool(how(holds(a), holds(b))));
        Ok(heap.alloc(self.with(cells.collect())))
    }

    /// By label: one value, or those of several rows.
    pub(super) fn labelled<'v>(&self, label: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<Value<'v>>> {
        let label = to_val(label, heap, &mut |_| Err(fault("a label is no function")))?;
        Ok(self.index.find(&label).map(|found| match found {
            [one] if self.index.is_whole(&label) => from_val(&self.values[*one], heap),
            several => heap.alloc(self.pick(several)),
        }))
    }
}

/// A value of a cell as another type, by the type's name.
fn converted(value: &Val, kind: &str) -> starlark::Result<Val> {
    let text = value.display();
    let refuse = || fault(format!("{} cannot be made an `{kind}`", value.repr()));
    match kind {
        "int" => text.parse::<f64>().map(|f| Val::Int(f as i64)).map_err(|_| refuse()),
        "float" => text.parse().map(Val::Float).map_err(|_| refuse()),
        _ => Ok(Val::str(text)),
    }
}

#[starlark_value(type = "column")]
impl<'v> StarlarkValue<'v> for Column {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = column_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "values" | "iloc" => Some(self.list(heap)),
            "loc" => Some(heap.alloc(self.clone())),
            "index" => Some(heap.alloc(Column::plain(self.index.keys.iter().cloned()))),
            "size" => Some(heap.alloc(self.values.len() as i64)),
            "empty" => Some(Value::new_bool(self.values.is_empty())),
            // As of a row: the columns are its labels.
            _ => self.index.find(&Val::str(name)).and_then(|f| f.first()).map(|at| from_val(&self.values[*at], heap)),
        }
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(found) = self.labelled(index, heap)? {
            return Ok(found);
        }
        match number(index, self.values.len()) {
            Some(at) => Ok(from_val(&self.values[at], heap)),
            None => Err(fault(format!("the column has no element `[{}]`", index.to_str()))),
        }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        self.list(heap).slice(start, stop, stride, heap)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.values.len() as i32)
    }

    fn bit_and(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.combined(other, |a, b| a && b, heap)
    }

    fn bit_or(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.combined(other, |a, b| a || b, heap)
    }

    fn bit_not(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(self.with(self.values.iter().map(|v| Val::Bool(*v != Val::Bool(true))).collect())))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        let text = other.unpack_str().map_or_else(|| other.to_str(), str::to_owned);
        Ok(self.values.iter().any(|v| v.display() == text))
    }

    fn to_bool(&self) -> bool {
        !self.values.is_empty()
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(super::plain(other).is_some_and(|v| v == Val::List(self.values.to_vec())))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.values.iter().map(|v| from_val(v, heap)).collect())
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let rest = elements(other, heap)?;
        let own = self.values.iter().map(|v| from_val(v, heap));
        Some(Ok(heap.alloc(AllocList(own.chain(rest).collect::<Vec<_>>()))))
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let first = elements(other, heap)?;
        let own = self.values.iter().map(|v| from_val(v, heap));
        Some(Ok(heap.alloc(AllocList(first.into_iter().chain(own).collect::<Vec<_>>()))))
    }
}

fn column_methods(builder: &mut MethodsBuilder) {
    cells(builder);
    handing_out(builder);
}

#[starlark_module]
fn cells(builder: &mut MethodsBuilder) {
    fn unique(this: &Column) -> starlark::Result<Column> {
        let at = distinct(this.values.iter());
        Ok(Column::plain(at.into_iter().map(|i| this.values[i].clone())))
    }

    fn drop_duplicates(this: &Column) -> starlark::Result<Column> {
        Ok(this.pick(&distinct(this.values.iter())))
    }

    fn nunique(this: &Column) -> starlark::Result<i32> {
        Ok(distinct(this.values.iter().filter(|v| **v != Val::None)).len() as i32)
    }

    fn dropna(this: &Column) -> starlark::Result<Column> {
        let there: Vec<usize> = (0..this.values.len()).filter(|i| this.values[*i] != Val::None).collect();
        Ok(this.pick(&there))
    }

    fn fillna<'v>(
        this: &Column,
        #[starlark(require = pos)] value: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let value = to_val(value, heap, &mut |_| Err(fault("a cell is no function")))?;
        Ok(this.with(this.values.iter().map(|v| if *v == Val::None { value.clone() } else { v.clone() }).collect()))
    }

    fn astype<'v>(this: &Column, #[starlark(require = pos)] kind: Value<'v>) -> starlark::Result<Column> {
        let kind = kind.to_str();
        Ok(this.with(this.values.iter().map(|v| converted(v, &kind)).collect::<starlark::Result<_>>()?))
    }

    fn isin<'v>(
        this: &Column,
        #[starlark(require = pos)] values: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let wanted: FxHashSet<String> = values.iterate(heap)?.map(|v| crate::eval::show::text(v, heap)).collect();
        Ok(this.with(this.values.iter().map(|v| Val::Bool(wanted.contains(&v.display()))).collect()))
    }

    fn isna(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(this.values.iter().map(|v| Val::Bool(*v == Val::None)).collect()))
    }

    fn notna(this: &Column) -> starlark::Result<Column> {
        Ok(this.with(this.values.iter().map(|v| Val::Bool(*v != Val::None)).collect()))
    }

    /// A function of each value.
    fn apply<'v>(
        this: &Column,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let heap = eval.heap();
        let mut values = Vec::with_capacity(this.values.len());
        for value in &*this.values {
            let given = from_val(value, heap);
            let made = eval.eval_function(function, &[given], &[])?;
            values.push(to_val(made, heap, &mut |_| Err(fault("a cell is no function")))?);
        }
        Ok(this.with(values))
    }
}

#[starlark_module]
fn handing_out(builder: &mut MethodsBuilder) {
    fn tolist<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn to_list<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn items<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs = this.index.keys.iter().zip(&*this.values);
        Ok(heap.alloc(AllocList(pairs.map(|(k, v)| AllocTuple([from_val(k, heap), from_val(v, heap)])))))
    }

    fn to_dict<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let pairs = this.index.keys.iter().zip(&*this.values);
        let pairs: Vec<_> = pairs.map(|(k, v)| (hashable(k, heap), from_val(v, heap))).collect();
        Ok(heap.alloc(AllocDict(pairs)))
    }

    fn get<'v>(
        this: &Column,
        #[starlark(require = pos)] label: Value<'v>,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(this.labelled(label, heap)?.or(default).unwrap_or_else(Value::new_none))
    }

    /// The only value.
    fn item<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match &*this.values {
            [one] => Ok(from_val(one, heap)),
            several => Err(fault(format!("`.item()` wants one value, there are {}", several.len()))),
        }
    }
}

/// A label as a key of a dict: several columns are a tuple.
pub(super) fn hashable<'v>(label: &Val, heap: Heap<'v>) -> Value<'v> {
    match label {
        Val::List(parts) => heap.alloc(AllocTuple(parts.iter().map(|p| from_val(p, heap)).collect::<Vec<_>>())),
        one => from_val(one, heap),
    }
}
