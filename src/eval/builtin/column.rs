//! A column of a sheet: a list, whose elements have the labels of their rows.
//!
//! Owns its cells and labels, and what operators make of them. What it is asked
//! for by methods is `column_methods`'s.

use super::aligned::{Aligned, aligned};
use super::asked_by::refuse_functions;
use super::column_located::Cells;
use super::dtype::Dtype;
use super::frame::{Frame, cell_of, cells_of, plain_of};
use super::index::Index;
use super::located::numbers;
use super::name::Name;
use super::reckoned::{added, reckoned};
use super::row::series;
use super::same::{same, word};
use super::sheet::{Maker, Sheet, is_empty};
use crate::diag::{Diag, Kind};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::{thrown, unfound};
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::any::ProvidesStaticType;
use starlark::environment::Methods;
use starlark::starlark_simple_value;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Column {
    pub(super) values: Arc<[Val]>,
    pub(super) index: Arc<Index>,
    /// Whether it has no labels of its own, so that its cells go by their place.
    pub(super) by_place: bool,
    /// What it is called in the sheet that it is of.
    pub(super) name: Option<Name>,
    /// Whether these are labels, which `index` has for the labels of them.
    pub(super) is_labels: bool,
    /// The sheet whose labels these are, if they are any's.
    pub(super) labels_of: Option<Frame>,
    /// Whether they are the names of that sheet's columns.
    pub(super) across: bool,
    /// By whose functions its sheet was made.
    pub(super) of: Maker,
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
    values.enumerate().filter(|(_, v)| seen.insert(word(v))).map(|(at, _)| at).collect()
}

/// Which values were there before; with `last` which come again, else which are there
/// several times.
pub(super) fn repeated<'a>(values: impl Iterator<Item = &'a Val>, keep: &str) -> Vec<bool> {
    let words: Vec<String> = values.map(word).collect();
    let mut seen: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
    for (at, word) in words.iter().enumerate() {
        seen.entry(word).or_insert((at, at)).1 = at;
    }
    let again = |at: usize| match (keep, seen[&*words[at]]) {
        ("first", (first, _)) => first != at,
        ("last", (_, last)) => last != at,
        (_, (first, last)) => first != last,
    };
    (0..words.len()).map(again).collect()
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
        let index = Arc::new(Index::numbers(values.len()));
        Column { by_place: true, ..Column::made(index, values) }
    }

    fn made(index: Arc<Index>, values: Arc<[Val]>) -> Column {
        let (name, labels_of) = (None, None);
        Column { index, values, by_place: false, name, is_labels: false, labels_of, across: false, of: Maker::Pandas }
    }

    /// The labels of rows, of a sheet that they may be changed of or of a column.
    pub(super) fn of_labels(index: &Arc<Index>, labels_of: Option<Frame>) -> Column {
        let labels = Column::made(index.clone(), index.keys.clone());
        Column { by_place: true, is_labels: true, labels_of, ..labels }
    }

    pub(super) fn list<'v>(&self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc(AllocList(self.values.iter().map(|v| from_val(v, heap))))
    }

    /// How long it is, and, of an array of rows, how long these are.
    fn shape(&self) -> Vec<i64> {
        let rows = || self.values.iter().map(|cell| if let Val::List(cells) = cell { Some(cells.len()) } else { None });
        let width = rows()
            .next()
            .flatten()
            .filter(|width| self.by_place && !self.is_labels && rows().all(|row| row == Some(*width)));
        [self.values.len()].into_iter().chain(width).map(|count| count as i64).collect()
    }

    pub(super) fn pick(&self, at: &[usize]) -> Column {
        let values = at.iter().map(|i| self.values[*i].clone()).collect();
        // What goes by place has no numbers of its own to keep.
        let index = if self.by_place && !self.is_labels { Index::numbers(at.len()) } else { self.index.pick(at) };
        Column { values, index: Arc::new(index), ..self.clone() }
    }

    /// A value for each of some labels.
    pub(super) fn labelled_by(index: Arc<Index>, values: impl IntoIterator<Item = Val>) -> Column {
        Column::made(index, values.into_iter().collect())
    }

    /// With numbers for its labels.
    pub(super) fn numbered(&self) -> Column {
        Column { name: self.name.clone(), by_place: false, ..Column::plain(self.values.iter().cloned()) }
    }

    /// With a name, if one is given.
    pub(super) fn called(&self, name: Option<&str>) -> Column {
        Column { name: name.map(Into::into).or_else(|| self.name.clone()), ..self.clone() }
    }

    /// A sheet of it alone.
    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.values.iter().map(|value| [value.clone()].into()).collect();
        let name = self.name.clone().filter(|name| !name.is_unnamed()).unwrap_or_else(|| Name::number(0));
        Sheet { columns: [name].into(), rows, index: self.index.clone(), of: self.of }
    }

    /// The same rows with other values, as whose functions made it has them.
    pub(super) fn filled(&self, values: Vec<Val>) -> Column {
        self.with(self.of.settled(values))
    }

    /// The same rows with other values.
    pub(super) fn with(&self, values: Vec<Val>) -> Column {
        Column { values: values.into(), ..self.clone() }
    }

    /// The numbers of the rows with these labels for which it holds, if it is one of
    /// bools: rows are found by label, or by place if it has none.
    pub(super) fn masked(&self, labels: &Index) -> Option<starlark::Result<Vec<usize>>> {
        let bools = self.values.iter().all(|v| matches!(v, Val::Bool(_)));
        if !bools || (self.values.is_empty() && !labels.keys.is_empty()) {
            return None;
        }
        let others = || fault("the column of bools has other rows than what is asked for by it");
        let by_number = self.by_place || self.index.is_like(labels);
        if by_number && self.values.len() != labels.keys.len() {
            return Some(Err(others()));
        }
        let place = |at: usize| match by_number {
            true => Ok(at),
            false => match self.index.find(&labels.keys[at]) {
                Some([one]) => Ok(*one),
                _ => Err(others()),
            },
        };
        let mut rows = Vec::new();
        for at in 0..labels.keys.len() {
            match place(at) {
                Ok(place) if self.values[place] == Val::Bool(true) => rows.push(at),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(rows))
    }

    /// Two columns of bools as one.
    fn combined<'v>(
        &self,
        other: Value<'v>,
        how: fn(bool, bool) -> bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let cells = match (Column::from_value(other), other.unpack_bool()) {
            (Some(other), _) => aligned(self, other)?,
            (None, Some(one)) => Aligned::with(self, Val::Bool(one)),
            (None, None) => return Err(fault("a column of bools is wanted here")),
        };
        let odd = |v: &&Val| !matches!(v, Val::Bool(_)) && !is_empty(v);
        if let Some(odd) = cells.left.iter().chain(&*cells.right).find(odd) {
            return Err(thrown("TypeError", format!("{} is no bool, which `&` and `|` go for", odd.repr())));
        }
        let holds = |v: &Val| *v == Val::Bool(true);
        let both = cells.left.iter().zip(&*cells.right).map(|(a, b)| Val::Bool(how(holds(a), holds(b))));
        Ok(heap.alloc(cells.of.with(both.collect())))
    }

    /// Each cell with that of another column, or with one text or number; none if
    /// the other is neither.
    fn added(&self, other: Value, add: impl Fn(&Val, &Val) -> Option<Val>) -> Option<starlark::Result<Column>> {
        let cells = match series(other).map(|other| aligned(self, &other)) {
            Some(Err(error)) => return Some(Err(error)),
            Some(Ok(cells)) => cells,
            None => Aligned::with(self, cell_of(other).filter(|cell| cell.items().is_none())?),
        };
        let sum = |(own, other): (&Val, &Val)| {
            add(own, other).ok_or_else(|| {
                thrown(
                    "TypeError",
                    format!("{} and {} are not reckoned with one another here", own.repr(), other.repr()),
                )
            })
        };
        let sums = cells.left.iter().zip(&*cells.right).map(sum).collect::<starlark::Result<Vec<Val>>>();
        Some(sums.map(|sums| cells.of.filled(sums)))
    }

    /// Each cell and that of another column, or one number, by an operator.
    fn reckoned<'v>(&self, other: Value<'v>, operator: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let made = self.added(other, |a, b| reckoned(a, operator, b));
        let made = made.ok_or_else(|| fault(format!("`{operator}` wants a column or a number beside a column")))?;
        made.map(|made| heap.alloc(made))
    }

    fn no_element(&self, index: Value) -> String {
        format!("the column has no element `[{}]`", index.to_str())
    }

    /// By label: one value, or those of several rows.
    pub(super) fn labelled<'v>(&self, label: Value<'v>, heap: Heap<'v>) -> starlark::Result<Option<Value<'v>>> {
        if label.get_type() == "list" {
            return Ok(None);
        }
        let label = plain_of(label, heap)?;
        Ok(self.index.find(&label).map(|found| match found {
            [one] if self.index.is_whole(&label) => from_val(&self.values[*one], heap),
            several if self.index.is_whole(&label) => heap.alloc(self.pick(several)),
            several => {
                // As of a sheet: what all of them share is no part of their labels any more.
                let shared = label.items().map_or(1, <[Val]>::len);
                let picked = self.pick(several);
                heap.alloc(Column { index: Arc::new(picked.index.below(shared)), ..picked })
            }
        }))
    }

    /// The same of a list of labels too.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn by_label<'v>(&self, label: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(found) = self.labelled(label, heap)? {
            return Ok(found);
        }
        let Some(labels) = elements(label, heap).filter(|_| label.get_type() != "tuple") else {
            return Err(unfound(&label.to_str(), Diag::error(Kind::Rulefile, self.no_element(label))));
        };
        let place = |label: Value<'v>| {
            let label = plain_of(label, heap)?;
            self.index.find(&label).map(<[usize]>::to_vec).ok_or_else(|| self.index.lacks(&label))
        };
        let rows: Vec<Vec<usize>> = labels.into_iter().map(place).collect::<starlark::Result<_>>()?;
        Ok(heap.alloc(self.pick(&rows.concat())))
    }

    /// A cell of what has no labels, or some.
    fn by_place<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let place = |one: Value<'v>| {
            let why = || thrown("IndexError", self.no_element(one));
            number(one, self.values.len()).ok_or_else(why)
        };
        match elements(index, heap).filter(|_| index.get_type() != "tuple") {
            Some(all) => Ok(heap.alloc(self.pick(&all.into_iter().map(place).collect::<starlark::Result<Vec<_>>>()?))),
            None => Ok(from_val(&self.values[place(index)?], heap)),
        }
    }
}

#[starlark_value(type = "column")]
impl<'v> StarlarkValue<'v> for Column {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = super::column_methods::column_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "values" | "array" => Some(heap.alloc(Column::plain(self.values.iter().cloned()))),
            "iloc" | "iat" => Some(heap.alloc(Cells { column: self.clone(), by_number: true })),
            "loc" | "at" => Some(heap.alloc(Cells { column: self.clone(), by_number: false })),
            "index" => Some(heap.alloc(Column::of_labels(&self.index, None))),
            "str" => Some(heap.alloc(super::column_texts::Texts(self.clone()))),
            "names" => {
                let names: Vec<Val> = self.level_names().iter().map(Name::value).collect();
                let names = if names.is_empty() { vec![Val::None] } else { names };
                (self.is_labels || self.across)
                    .then(|| heap.alloc(AllocList(names.iter().map(|name| from_val(name, heap)))))
            }
            "nlevels" => self.is_labels.then(|| heap.alloc(self.level_names().len().max(1) as i64)),
            "levels" => {
                let levels = self.levels()?;
                Some(heap.alloc(AllocList(levels.into_iter().map(Column::plain))))
            }
            "name" if self.is_labels => match &*self.level_names() {
                [one] => Some(from_val(&one.value(), heap)),
                _ => Some(Value::new_none()),
            },
            "name" => Some(self.name.as_ref().map_or_else(Value::new_none, |name| from_val(&name.value(), heap))),
            "dtype" | "dtypes" => Some(heap.alloc(Dtype::of(self))),
            "ndim" => Some(heap.alloc(self.shape().len() as i64)),
            "shape" => Some(heap.alloc(AllocTuple(self.shape()))),
            "is_unique" => Some(Value::new_bool(distinct(self.values.iter()).len() == self.values.len())),
            "has_duplicates" => Some(Value::new_bool(distinct(self.values.iter()).len() < self.values.len())),
            "size" => Some(heap.alloc(self.shape().iter().product::<i64>())),
            "empty" => Some(Value::new_bool(self.values.is_empty())),
            // As of a row: the columns are its labels.
            _ if self.by_place => None,
            _ => self.index.find(&Val::str(name)).and_then(|f| f.first()).map(|at| from_val(&self.values[*at], heap)),
        }
    }

    fn set_attr(&self, name: &str, new: Value<'v>) -> starlark::Result<()> {
        let names = match name {
            "names" => cells_of(new),
            "name" => cell_of(new).map(|one| vec![one]),
            _ => None,
        };
        match (&self.labels_of, names) {
            (Some(frame), Some(names)) => frame.name_levels(names.iter().map(Name::of).collect(), self.across),
            _ => Err(fault(format!("a column has no `{name}` to give"))),
        }
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        refuse_functions(index)?;
        // Labels have none themselves, so what is asked of them goes by place.
        let by_place = |mask: &Column| if self.by_place { Column::plain(mask.values.to_vec()) } else { mask.clone() };
        if let Some(rows) = Column::from_value(index).and_then(|mask| by_place(mask).masked(&self.index)) {
            return Ok(heap.alloc(self.pick(&rows?)));
        }
        if self.by_place {
            return self.by_place(index, heap);
        }
        // One of `tsv` is a list too.
        match number(index, self.values.len()).filter(|_| self.of == Maker::Own) {
            Some(at) if self.labelled(index, heap)?.is_none() => Ok(from_val(&self.values[at], heap)),
            _ => self.by_label(index, heap),
        }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let is_text = |end: Option<Value>| end.is_some_and(|end| end.unpack_str().is_some());
        if (is_text(start) || is_text(stop)) && !self.by_place {
            return Cells { column: self.clone(), by_number: false }.slice(start, stop, stride, heap);
        }
        Ok(heap.alloc(self.pick(&numbers(self.values.len(), (start, stop, stride), heap)?)))
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

    /// Whether a value is a label, to pandas; of labels, also a part of one. In a cell
    /// otherwise.
    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        if self.of == Maker::Pandas {
            let Some(cell) = cell_of(other) else { return Ok(false) };
            return Ok(match (self.is_labels, self.by_place) {
                (true, _) => self.own_labels().find(&cell).is_some(),
                (_, true) => self.values.iter().any(|value| same(value, &cell)),
                _ => self.index.find(&cell).is_some(),
            });
        }
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

    /// A list is put behind the values; a column, a text or a number is added to each.
    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        if let Some(sums) = self.added(other, added) {
            return Some(sums.map(|sums| heap.alloc(sums)));
        }
        let rest = elements(other, heap)?;
        let own = self.values.iter().map(|v| from_val(v, heap));
        Some(Ok(heap.alloc(AllocList(own.chain(rest).collect::<Vec<_>>()))))
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned(other, "-", heap)
    }

    fn mul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.reckoned(other, "*", heap))
    }

    fn rmul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.reckoned(other, "*", heap))
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned(other, "/", heap)
    }

    fn floor_div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned(other, "//", heap)
    }

    fn percent(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned(other, "%", heap)
    }

    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.reckoned(heap.alloc(-1), "*", heap)
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        if let Some(sums) = self.added(other, |own, other| added(other, own)) {
            return Some(sums.map(|sums| heap.alloc(sums)));
        }
        let first = elements(other, heap)?;
        let own = self.values.iter().map(|v| from_val(v, heap));
        Some(Ok(heap.alloc(AllocList(first.into_iter().chain(own).collect::<Vec<_>>()))))
    }
}

/// A label as a key of a dict: several columns are a tuple.
pub(super) fn hashable<'v>(label: &Val, heap: Heap<'v>) -> Value<'v> {
    match label {
        Val::List(parts) | Val::Tuple(parts) => {
            heap.alloc(AllocTuple(parts.iter().map(|p| hashable(p, heap)).collect::<Vec<_>>()))
        }
        // Nothing else that cannot be a key fits into a cell.
        Val::Dict(_) => heap.alloc(label.repr()),
        one => from_val(one, heap),
    }
}
