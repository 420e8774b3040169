//! What a column is asked for by methods, named as in pandas.

use super::column::{Column, distinct, hashable, number};
use super::frame::{cells_of, plain_of};
use super::index::Index;
use super::sheet::{Sheet, compared};
use crate::eval::convert::{elements, from_val, to_val};
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// A value of a cell as another type, by the type's name.
fn converted(value: &Val, kind: &str) -> starlark::Result<Val> {
    let refuse = || thrown("ValueError", format!("{} cannot be made `{kind}`", value.repr()));
    let number = |value: &Val| match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        Val::Bool(b) => Some(f64::from(u8::from(*b))),
        other => other.display().trim().parse().ok(),
    };
    match (kind, value) {
        ("int" | "int64" | "int32", Val::None) => Err(refuse()),
        ("float" | "float64" | "float32" | "Int64" | "string" | "str", Val::None) => Ok(Val::None),
        ("int" | "int64" | "int32" | "Int64", Val::Int(i)) => Ok(Val::Int(*i)),
        ("int" | "int64" | "int32" | "Int64", value) => {
            let whole = value.display().trim().parse::<i64>().ok();
            let cut = || number(value).filter(|f| f.abs() < 9e15).map(|f| f as i64);
            whole.or_else(cut).map(Val::Int).ok_or_else(refuse)
        }
        ("float" | "float64" | "float32", value) => number(value).map(Val::Float).ok_or_else(refuse),
        ("bool", value) => Ok(Val::Bool(holds(value))),
        ("str" | "string" | "category", value) => Ok(Val::str(value.display())),
        ("object" | "O", value) => Ok(value.clone()),
        _ => Err(fault(format!("`{kind}` is no type of cells here: `str`, `int`, `float`, `bool` and `object` are"))),
    }
}

/// Which cells are empty, or which are not.
fn emptiness(column: &Column, empty: bool) -> Column {
    column.with(column.values.iter().map(|v| Val::Bool((*v == Val::None) == empty)).collect())
}

/// A text that equal values share: numbers are compared as such, and are no texts.
fn alike(value: &Val) -> String {
    match value {
        Val::Bool(b) => f64::from(u8::from(*b)).to_string(),
        Val::Int(i) => (*i as f64).to_string(),
        Val::Float(f) => f.to_string(),
        other => other.repr(),
    }
}

/// The cells as another type: Python's, or by pandas' name of it.
pub(super) fn as_type(column: &Column, kind: Value) -> starlark::Result<Vec<Val>> {
    let kind = kind.to_str();
    column.values.iter().map(|value| converted(value, &kind)).collect()
}

pub(super) fn column_methods(builder: &mut MethodsBuilder) {
    cells(builder);
    emptiness_of(builder);
    mapping(builder);
    handing_out(builder);
    counting(builder);
    labelling(builder);
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
        let value = to_val(value, heap, &mut |_| Err(fault("a cell is no function")))?.listed();
        Ok(this.with(this.values.iter().map(|v| if *v == Val::None { value.clone() } else { v.clone() }).collect()))
    }

    /// `copy` is pandas', and there is always one.
    fn astype<'v>(
        this: &Column,
        #[starlark(require = pos)] kind: Value<'v>,
        #[starlark(require = named, default = true)] copy: bool,
    ) -> starlark::Result<Column> {
        let _ = copy;
        Ok(this.with(as_type(this, kind)?))
    }

    /// Which cells lie between two values, these included.
    fn between<'v>(
        this: &Column,
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let (left, right) = (plain_of(left, heap)?, plain_of(right, heap)?);
        let lies = |v: &Val| *v != Val::None && compared(&left, v).is_le() && compared(v, &right).is_le();
        Ok(this.with(this.values.iter().map(|v| Val::Bool(lies(v))).collect()))
    }

    fn isin<'v>(
        this: &Column,
        #[starlark(require = pos)] values: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let heap = eval.heap();
        let values: Vec<Value> = values.iterate(heap)?.collect();
        let plain = |v: Value<'v>| to_val(v, heap, &mut |_| Err(fault("a cell is no function")));
        let wanted = values.into_iter().map(|v| Ok(alike(&plain(v)?)));
        let wanted: FxHashSet<String> = wanted.collect::<starlark::Result<_>>()?;
        Ok(this.with(this.values.iter().map(|v| Val::Bool(wanted.contains(&alike(v)))).collect()))
    }
}

#[starlark_module]
fn emptiness_of(builder: &mut MethodsBuilder) {
    fn isna(this: &Column) -> starlark::Result<Column> {
        Ok(emptiness(this, true))
    }

    fn isnull(this: &Column) -> starlark::Result<Column> {
        Ok(emptiness(this, true))
    }

    fn notnull(this: &Column) -> starlark::Result<Column> {
        Ok(emptiness(this, false))
    }

    fn notna(this: &Column) -> starlark::Result<Column> {
        Ok(emptiness(this, false))
    }
}

#[starlark_module]
fn mapping(builder: &mut MethodsBuilder) {
    /// A function of each value.
    fn apply<'v>(
        this: &Column,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        mapped(this, function, eval)
    }

    /// A function of each value, or what a dict has for it.
    fn map<'v>(
        this: &Column,
        #[starlark(require = pos)] function: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let Some(dict) = DictRef::from_value(function) else { return mapped(this, function, eval) };
        let heap = eval.heap();
        let found = |value: &Val| match dict.get(hashable(value, heap))? {
            Some(found) => plain_of(found, heap),
            None => Ok(Val::None),
        };
        Ok(this.with(this.values.iter().map(found).collect::<starlark::Result<_>>()?))
    }
}

fn mapped<'v>(column: &Column, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
    let heap = eval.heap();
    let mut values = Vec::with_capacity(column.values.len());
    for value in &*column.values {
        let made = eval.eval_function(function, &[from_val(value, heap)], &[])?;
        values.push(plain_of(made, heap)?);
    }
    Ok(column.with(values))
}

#[starlark_module]
fn handing_out(builder: &mut MethodsBuilder) {
    fn tolist<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn to_list<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(this.list(heap))
    }

    fn to_numpy(this: &Column) -> starlark::Result<Column> {
        Ok(Column::plain(this.values.iter().cloned()))
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

#[starlark_module]
fn counting(builder: &mut MethodsBuilder) {
    /// How often each value is there, the most frequent first.
    fn value_counts(this: &Column) -> starlark::Result<Column> {
        let mut counted: Vec<(Val, i64)> = Vec::new();
        let mut places: FxHashMap<String, usize> = FxHashMap::default();
        for value in this.values.iter().filter(|v| **v != Val::None) {
            let place = *places.entry(value.repr()).or_insert(counted.len());
            if place == counted.len() {
                counted.push((value.clone(), 0));
            }
            counted[place].1 += 1;
        }
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let (keys, counts): (Vec<Val>, Vec<Val>) = counted.into_iter().map(|(k, n)| (k, Val::Int(n))).unzip();
        Ok(Column::labelled_by(Arc::new(Index::new(Vec::new(), keys)), counts))
    }

    /// Which values were there before; with `keep="last"` which come again, with
    /// `keep=False` which are there several times.
    fn duplicated<'v>(
        this: &Column,
        #[starlark(require = named, default = NoneOr::None)] keep: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let keep = keep.into_option().map_or_else(|| "first".to_owned(), |keep| keep.to_str());
        let words: Vec<String> = this.values.iter().map(Val::repr).collect();
        let mut seen: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
        for (at, word) in words.iter().enumerate() {
            seen.entry(word).or_insert((at, at)).1 = at;
        }
        let again = |at: usize| match (keep.as_str(), seen[&*words[at]]) {
            ("first", (first, _)) => first != at,
            ("last", (_, last)) => last != at,
            (_, (first, last)) => first != last,
        };
        Ok(this.with((0..this.values.len()).map(|at| Val::Bool(again(at))).collect()))
    }

    fn count(this: &Column) -> starlark::Result<i32> {
        Ok(this.values.iter().filter(|v| **v != Val::None).count() as i32)
    }

    fn any(this: &Column) -> starlark::Result<bool> {
        Ok(this.values.iter().any(holds))
    }

    fn all(this: &Column) -> starlark::Result<bool> {
        Ok(this.values.iter().all(holds))
    }

    fn max<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let there = this.values.iter().filter(|v| **v != Val::None);
        Ok(there.max_by(|a, b| compared(a, b)).map_or_else(Value::new_none, |v| from_val(v, heap)))
    }

    fn min<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let there = this.values.iter().filter(|v| **v != Val::None);
        Ok(there.min_by(|a, b| compared(a, b)).map_or_else(Value::new_none, |v| from_val(v, heap)))
    }

    fn sum<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(match whole_sum(this) {
            Some(sum) => heap.alloc(sum),
            None => heap.alloc(summed(this)?),
        })
    }

    fn mean(this: &Column) -> starlark::Result<f64> {
        let there = this.values.iter().filter(|v| **v != Val::None).count();
        Ok(summed(this)? / there as f64)
    }
}

fn holds(value: &Val) -> bool {
    !matches!(value, Val::None | Val::Bool(false) | Val::Int(0)) && *value != Val::str("")
}

/// The sum of whole numbers and bools; none if there are others, or it is beyond 64 bits.
fn whole_sum(column: &Column) -> Option<i64> {
    column.values.iter().filter(|v| **v != Val::None).try_fold(0_i64, |sum, value| match value {
        Val::Int(i) => sum.checked_add(*i),
        Val::Bool(b) => sum.checked_add(i64::from(*b)),
        _ => None,
    })
}

/// The sum of numbers and bools.
fn summed(column: &Column) -> starlark::Result<f64> {
    let number = |value: &Val| match value {
        Val::Int(i) => Ok(*i as f64),
        Val::Bool(b) => Ok(f64::from(u8::from(*b))),
        Val::Float(f) => Ok(*f),
        other => Err(fault(format!("{} is no number, and cannot be summed", other.repr()))),
    };
    column.values.iter().filter(|v| **v != Val::None).map(number).sum()
}

#[starlark_module]
fn labelling(builder: &mut MethodsBuilder) {
    /// What one of the columns holds that labels came from, by name or number.
    fn get_level_values<'v>(this: &Column, #[starlark(require = pos)] level: Value<'v>) -> starlark::Result<Column> {
        let names = this.level_names();
        let at = match level.unpack_str() {
            Some(name) => names.iter().position(|known| **known == *name),
            None => number(level, names.len().max(1)),
        };
        let at = at.ok_or_else(|| fault(format!("the labels have no level `{}`", level.to_str())))?;
        Ok(Column::plain(Index::new(names, this.values.to_vec()).level(at)))
    }

    /// The same labels, with other values in the places of `levels`.
    fn set_levels<'v>(
        this: &Column,
        #[starlark(require = pos)] levels: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let old = this.levels().ok_or_else(|| fault("only labels of a sheet have levels"))?;
        let new: Option<Vec<Vec<Val>>> =
            elements(levels, heap).and_then(|levels| levels.into_iter().map(cells_of).collect());
        let new = new.filter(|new| new.len() == old.len() && new.iter().zip(&old).all(|(n, o)| n.len() == o.len()));
        let new = new.ok_or_else(|| fault("`set_levels` wants a list of values for each of `levels`"))?;
        let labels = Index::new(this.level_names(), this.values.to_vec());
        let replaced = |level: usize| {
            let place = |value: &Val| old[level].iter().position(|o| o.repr() == value.repr());
            let other = |value: &Val| place(value).map_or_else(|| value.clone(), |at| new[level][at].clone());
            labels.level(level).iter().map(other).collect::<Vec<_>>()
        };
        let levels: Vec<Vec<Val>> = (0..old.len()).map(replaced).collect();
        Ok(this.with(Index::of_levels(labels.names.clone(), &levels).keys))
    }

    fn head(this: &Column, #[starlark(default = 5)] count: u32) -> starlark::Result<Column> {
        Ok(this.pick(&(0..this.values.len().min(count as usize)).collect::<Vec<_>>()))
    }

    /// As a sheet of one column.
    fn to_frame(this: &Column, #[starlark(default = NoneOr::None)] name: NoneOr<&str>) -> starlark::Result<Sheet> {
        Ok(this.called(name.into_option()).sheet())
    }

    /// With its labels as a column, a sheet; without them, a column.
    fn reset_index<'v>(
        this: &Column,
        #[starlark(require = named, default = false)] drop: bool,
        #[starlark(require = named, default = NoneOr::None)] name: NoneOr<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let called = this.called(name.into_option());
        if drop {
            let plain = Column::plain(called.values.iter().cloned());
            return Ok(heap.alloc(Column { name: called.name, by_place: false, ..plain }));
        }
        Ok(heap.alloc(called.sheet().reset()))
    }

    fn sort_values(
        this: &Column,
        #[starlark(require = named, default = true)] ascending: bool,
    ) -> starlark::Result<Column> {
        let mut order: Vec<usize> = (0..this.values.len()).collect();
        order.sort_by(|a, b| compared(&this.values[*a], &this.values[*b]));
        if !ascending {
            order.reverse();
        }
        Ok(this.pick(&order))
    }

    /// The only value, or all.
    fn squeeze<'v>(this: &Column, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(match &*this.values {
            [one] => from_val(one, heap),
            _ => heap.alloc(this.clone()),
        })
    }
}
