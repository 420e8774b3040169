//! `sheet.groupby(...)`: rows of a sheet by what some columns hold.
//!
//! Owns asking each group. A column of the groups has a column's own methods.

use super::aligned::by_labels;
use super::applied::{Answers, below_one_another, column_under, under};
use super::column::{Column, hashable};
use super::frame::{Now, cells_of, label_of, named, plain_of};
use super::frame_counts::kind;
use super::index::Index;
use super::join::stacked;
use super::name::Name;
use super::passed::Passed;
use super::sheet::{NOTHING, Sheet, is_empty, settled};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::{AllocDict, DictRef};
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
    /// The columns that they are by.
    pub(super) by: Arc<[Name]>,
    /// What the rows of each share.
    pub(super) keys: Arc<Index>,
    /// Whether what is asked of them is a sheet with these as columns, not as labels.
    pub(super) reset: bool,
    /// Whether what each answers stands under what its rows share.
    pub(super) keyed: bool,
    /// Whether they are by a list of columns: then keys are tuples, also of one.
    pub(super) listed: bool,
    /// The column that is asked for.
    pub(super) column: Option<Name>,
    /// The sheet that they are of.
    pub(super) of: Arc<Sheet>,
    /// Its labels, and the numbers of each one's rows.
    pub(super) whole: (Arc<Index>, Arc<[Vec<usize>]>),
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
    pub(super) fn member<'v>(&self, sheet: &Sheet, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(match &self.column {
            Some(name) => heap.alloc(sheet.values(sheet.column_of(&name.value())?)),
            None => heap.alloc(sheet.clone()),
        })
    }

    /// A value for each group, labelled with what its rows share.
    fn answered(&self, values: Vec<Val>) -> Column {
        Column { name: self.column.clone(), ..Column::labelled_by(self.keys.clone(), settled(values)) }
    }

    /// A value for each row, of those for the rows of each group.
    pub(super) fn placed(&self, answers: Vec<Vec<Val>>) -> Column {
        let (index, places) = &self.whole;
        let mut values = vec![NOTHING; index.keys.len()];
        for (rows, answers) in places.iter().zip(answers) {
            rows.iter().zip(answers).for_each(|(row, answer)| values[*row] = answer);
        }
        Column { name: self.column.clone(), ..Column::labelled_by(index.clone(), settled(values)) }
    }

    /// What is handed out for such a column.
    fn handed<'v>(&self, column: Column, heap: Heap<'v>) -> Value<'v> {
        if self.reset { heap.alloc(column.sheet().with_levels()) } else { heap.alloc(column) }
    }

    /// A column that is asked for by its name.
    fn named(&self, name: Value) -> starlark::Result<Name> {
        let name = label_of(name).ok_or_else(|| fault("columns are named by texts or numbers"))?;
        Ok(self.of.columns[self.of.column_of(&name)?].clone())
    }

    /// One column of each group.
    fn of_column(&self, name: &Name) -> Groups {
        Groups { column: Some(name.clone()), ..self.clone() }
    }

    /// What a function, or a method of columns, answers of each group.
    fn aggregated<'v>(&self, function: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        let Some(name) = function.unpack_str() else {
            return self.values(heap, |group| eval.eval_function(function, &[group], &[]));
        };
        self.values(heap, |group| {
            if name == "first" || name == "last" {
                return Ok(end_of(group, name == "last", heap));
            }
            let method = group.get_attr(name, heap)?.filter(|_| OF_COLUMNS.contains(&name));
            eval.eval_function(method.ok_or_else(|| no_method(name))?, &[], &[])
        })
    }

    /// Each column with each of some functions, where a list of them is asked of columns of a sheet.
    fn of_several<'v>(
        &self,
        asked: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Option<Vec<(Name, Name, Value<'v>)>>> {
        let list = |value: Value<'v>| elements(value, heap).filter(|_| self.column.is_none());
        let columns: Vec<(Name, Value<'v>)> = match (DictRef::from_value(asked), list(asked)) {
            (Some(dict), _) if dict.values().any(|functions| list(functions).is_some()) => dict
                .iter()
                .map(|(name, functions)| Ok((self.named(name)?, functions)))
                .collect::<starlark::Result<_>>()?,
            (None, Some(_)) => self.others().into_iter().map(|name| (name, asked)).collect(),
            _ => return Ok(None),
        };
        let named = |(name, functions): (Name, Value<'v>)| {
            let above = name.parts().map_or_else(|| vec![name.value()], <[Val]>::to_vec);
            let functions = list(functions).unwrap_or_else(|| vec![functions]);
            let one = |function: Value<'v>| {
                let parts = [above.clone(), vec![Val::str(called(function))]].concat();
                (Name::of(&Val::Tuple(parts)), name.clone(), function)
            };
            functions.into_iter().map(one).collect::<Vec<_>>()
        };
        Ok(Some(columns.into_iter().flat_map(named).collect()))
    }

    /// A sheet: of each group a row, with a column for each of some answers.
    fn sheet_of<'v>(
        &self,
        asked: Vec<(Name, Name, Value<'v>)>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (name, column, function) in asked {
            columns.push(self.of_column(&column).aggregated(function, eval)?.values.to_vec());
            names.push(name);
        }
        let sheet = Sheet { index: self.keys.clone(), ..Sheet::of_columns(names, &columns) };
        Ok(eval.heap().alloc(if self.reset { sheet.with_levels() } else { sheet }))
    }

    /// The columns that they are not by.
    fn others(&self) -> Vec<Name> {
        let sheet = self.groups.first().map(|(_, sheet)| sheet);
        let columns = sheet.into_iter().flat_map(|sheet| sheet.columns.iter());
        columns.filter(|name| !self.by.contains(name)).cloned().collect()
    }

    fn values<'v>(
        &self,
        heap: Heap<'v>,
        mut ask: impl FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
    ) -> starlark::Result<Column> {
        let mut values = Vec::with_capacity(self.groups.len());
        for (_, sheet) in &*self.groups {
            let made = ask(self.member(sheet, heap)?)?;
            if Now::of(made).is_some() || Column::from_value(made).is_some_and(|column| !column.by_place) {
                return Err(thrown("ValueError", "Must produce aggregated value"));
            }
            values.push(plain_of(made, heap)?);
        }
        Ok(self.answered(values))
    }

    /// What a function answers of each group, without the columns that they are by.
    fn applied<'v>(
        &self,
        heap: Heap<'v>,
        mut ask: impl FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
    ) -> starlark::Result<Value<'v>> {
        let mut made = Vec::with_capacity(self.groups.len());
        for (_, sheet) in &*self.groups {
            let rest = |at: &usize| self.column.is_some() || !self.by.contains(&sheet.columns[*at]);
            let rest: Vec<usize> = (0..sheet.columns.len()).filter(rest).collect();
            made.push(ask(self.member(&sheet.only(&rest), heap)?)?);
        }
        let answers = Answers::of(&made, heap)?;
        if let (Answers::Columns(_) | Answers::Sheets(_), true) = (&answers, self.reset) {
            let hint = "leave `as_index=False` out, and write `.reset_index()` behind it";
            return Err(hinted("a function that answers with columns or sheets has no `as_index=False` here", hint));
        }
        Ok(match answers {
            Answers::Cells(values) => self.handed(self.answered(values), heap),
            Answers::Sheets(sheets) if self.keyed => heap.alloc(under(&self.keys, &sheets)?),
            Answers::Sheets(sheets) => heap.alloc(self.as_they_stood(stacked(&sheets, false, false), &sheets)),
            Answers::Columns(columns) => {
                let first = columns.first().map(|column| column.index.clone());
                let rows = self.column.is_none() && columns.len() > 1;
                if rows && first.is_some_and(|first| columns.iter().all(|one| one.index.is_like(&first))) {
                    return Ok(heap.alloc(below_one_another(&self.keys, &columns)?));
                }
                let name = columns.first().and_then(|column| column.name.clone());
                if self.keyed {
                    return Ok(heap.alloc(column_under(&self.keys, &columns, name)?));
                }
                let sheets: Vec<Arc<Sheet>> = columns.iter().map(|one| Arc::new(one.sheet())).collect();
                heap.alloc(self.as_they_stood(stacked(&sheets, false, false), &sheets).values(0))
            }
        })
    }

    /// Rows of all groups in the order of the sheet, where each group has all of its own.
    fn as_they_stood(&self, rows: Sheet, of: &[Arc<Sheet>]) -> Sheet {
        if !self.groups.iter().zip(of).all(|((_, group), made)| group.index.is_like(&made.index)) {
            return rows;
        }
        let mut order: Vec<(usize, usize)> = self.whole.1.iter().flatten().copied().zip(0..).collect();
        order.sort_unstable();
        rows.pick(&order.into_iter().map(|(_, at)| at).collect::<Vec<_>>())
    }

    /// The first rows of each group, or the last, in the order of the sheet.
    pub(super) fn some_rows<'v>(&self, count: usize, last: bool, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let places = |rows: &Vec<usize>| match last {
            true => rows[rows.len().saturating_sub(count)..].to_vec(),
            false => rows[..rows.len().min(count)].to_vec(),
        };
        self.chosen(self.whole.1.iter().flat_map(places).collect(), heap)
    }

    /// Some rows, each once and in the order of the sheet.
    pub(super) fn chosen<'v>(&self, mut rows: Vec<usize>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        rows.sort_unstable();
        rows.dedup();
        Ok(match &self.column {
            Some(name) => heap.alloc(self.of.values(self.of.column_of(&name.value())?).pick(&rows)),
            None => heap.alloc(self.of.pick(&rows)),
        })
    }
}

/// Methods of columns that answer with one value for each group.
const OF_COLUMNS: [&str; 17] = [
    "all", "any", "count", "first", "idxmax", "idxmin", "last", "max", "mean", "median", "min", "nunique", "size",
    "std", "sum", "unique", "var",
];

/// Those that groups of sheets pass on to each of their columns.
const OF_SHEETS: [&str; 13] =
    ["all", "any", "count", "idxmax", "idxmin", "max", "mean", "median", "min", "nunique", "std", "sum", "var"];

/// Those that answer with cells for rows.
const BY_ROW: [&str; 8] = ["cummax", "cummin", "cumprod", "cumsum", "diff", "rank", "shift", "value_counts"];

fn no_method(name: &str) -> starlark::Error {
    let hint = "ask each group, by `.apply(lambda group: ...)` or a loop, or use a file for `pyload`";
    thrown_with("AttributeError", format!("groups of a sheet have no `.{name}` here"), hint)
}

/// What a column of the answers of a function is called.
pub(super) fn called(function: Value) -> String {
    match function.unpack_str() {
        Some(name) => name.to_owned(),
        None => function.to_str().rsplit(['.', ' ']).next().unwrap_or("").trim_end_matches('>').to_owned(),
    }
}

/// The first value of a column that is not empty, or the last.
fn end_of<'v>(column: Value<'v>, last: bool, heap: Heap<'v>) -> Value<'v> {
    let values = Column::from_value(column).map(|column| column.values.clone()).unwrap_or_default();
    let mut held = values.iter().filter(|value| !is_empty(value));
    let found = if last { held.next_back() } else { held.next() };
    from_val(found.unwrap_or(&NOTHING), heap)
}

#[starlark_value(type = "groups")]
impl<'v> StarlarkValue<'v> for Groups {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = all_methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if name == "ngroups" {
            return Some(heap.alloc(self.groups.len() as i64));
        }
        if name == "groups" {
            let pair = |(key, sheet): &(Val, Sheet)| (hashable(key, heap), Column::of_labels(&sheet.index, None));
            return Some(heap.alloc(AllocDict(self.groups.iter().map(pair).collect::<Vec<_>>())));
        }
        if self.column.is_some() || OF_SHEETS.contains(&name) {
            let known = OF_COLUMNS.contains(&name) || BY_ROW.contains(&name);
            return known.then(|| heap.alloc(Each { groups: self.clone(), name: name.to_owned() }));
        }
        let name = Name::from(name);
        self.of.columns.contains(&name).then(|| heap.alloc(self.of_column(&name)))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let Some(name) = label_of(index) else {
            let columns = named(&self.of, index, heap)?;
            let cut = |(key, sheet): &(Val, Sheet)| (key.clone(), sheet.only(&columns));
            let of = Arc::new(self.of.only(&columns));
            return Ok(heap.alloc(Groups { groups: self.groups.iter().map(cut).collect(), of, ..self.clone() }));
        };
        let at = self.of.column_of(&name)?;
        Ok(heap.alloc(self.of_column(&self.of.columns[at])))
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.groups.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        let shown = |key: &Val| match key {
            one if self.listed && !matches!(one, Val::Tuple(_)) => hashable(&Val::Tuple(vec![one.clone()]), heap),
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
        let mut passed = Passed::of(args, heap)?;
        let of_numbers = passed.take("numeric_only").is_some_and(|only| only.to_bool());
        let mut ask = |column: Value<'v>| {
            let method = column.get_attr(&self.name, heap)?.ok_or_else(|| no_method(&self.name))?;
            passed.on_to(method, &[], eval)
        };
        let groups = &self.groups;
        if groups.column.is_none() {
            let asked =
                |name: Name| Ok((name.clone(), groups.of_column(&name).values(heap, &mut ask)?.values.to_vec()));
            let is_number = |name: &Name| {
                let at = groups.of.columns.iter().position(|known| known == name);
                at.is_some_and(|at| matches!(kind(&groups.of.values(at)), "int64" | "float64" | "bool"))
            };
            let others = groups.others().into_iter().filter(|name| !of_numbers || is_number(name));
            let asked: Vec<(Name, Vec<Val>)> = others.map(asked).collect::<starlark::Result<_>>()?;
            let (names, columns): (Vec<Name>, Vec<Vec<Val>>) = asked.into_iter().unzip();
            let sheet = Sheet { index: groups.keys.clone(), ..Sheet::of_columns(names, &columns) };
            return Ok(heap.alloc(if groups.reset { sheet.with_levels() } else { sheet }));
        }
        if !BY_ROW.contains(&&*self.name) {
            return Ok(groups.handed(groups.values(heap, ask)?, heap));
        }
        let mut columns = Vec::with_capacity(groups.groups.len());
        for (_, sheet) in &*groups.groups {
            let made = ask(groups.member(sheet, heap)?)?;
            columns.extend(Column::from_value(made).cloned());
        }
        Ok(heap.alloc(match &*self.name {
            "value_counts" => {
                let name = columns.first().map_or_else(|| Some("count".into()), |column| column.name.clone());
                column_under(&groups.keys, &columns, name)?
            }
            _ => groups.placed(columns.iter().map(|column| column.values.to_vec()).collect()),
        }))
    }
}

fn ends<'v>(groups: &Groups, which: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let function = heap.alloc(which);
    if groups.column.is_some() {
        let answered = groups.aggregated(function, eval)?;
        return Ok(groups.handed(answered, heap));
    }
    let asked = groups.others().into_iter().map(|name| (name.clone(), name, function)).collect();
    groups.sheet_of(asked, eval)
}

fn all_methods(builder: &mut MethodsBuilder) {
    groups_methods(builder);
    super::groups_rows::methods(builder);
}

#[starlark_module]
fn groups_methods(builder: &mut MethodsBuilder) {
    /// A function of each group.
    fn apply<'v>(this: &Groups, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        this.applied(eval.heap(), |group| eval.eval_function(func, &[group], &[]))
    }

    /// A function of each group, or a method of columns by its name; of several columns
    /// by a dict, or as `total=("size", "sum")`.
    fn agg<'v>(
        this: &Groups,
        func: Option<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let Some(func) = func else {
            let one = |(name, pair): (String, Value<'v>)| match elements(pair, heap).as_deref() {
                Some([column, func]) => Ok((name.into(), this.named(*column)?, *func)),
                _ => Err(fault("`agg` wants a column and what is asked of it: `total=(\"size\", \"sum\")`")),
            };
            let asked = given.into_iter().map(one).collect::<starlark::Result<_>>()?;
            return this.sheet_of(asked, eval);
        };
        if let Some(several) = this.of_several(func, heap)? {
            return this.sheet_of(several, eval);
        }
        if let Some(dict) = DictRef::from_value(func) {
            let one =
                |(column, func): (Value<'v>, Value<'v>)| this.named(column).map(|name| (name.clone(), name, func));
            return this.sheet_of(dict.iter().map(one).collect::<starlark::Result<_>>()?, eval);
        }
        if let (Some(column), Some(functions)) = (&this.column, elements(func, heap)) {
            let asked = functions.into_iter().map(|func| (called(func).into(), column.clone(), func));
            return this.sheet_of(asked.collect(), eval);
        }
        if this.column.is_none() {
            let asked = this.others().into_iter().map(|name| (name.clone(), name, func)).collect();
            return this.sheet_of(asked, eval);
        }
        let answered = this.aggregated(func, eval)?;
        Ok(this.handed(answered, heap))
    }

    /// The first value of each group.
    fn first<'v>(this: &Groups, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        ends(this, "first", eval)
    }

    /// The last value of each group.
    fn last<'v>(this: &Groups, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        ends(this, "last", eval)
    }

    /// How many rows each has.
    fn size<'v>(this: &Groups, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let sizes = this.groups.iter().map(|(_, sheet)| Val::Int(sheet.rows.len() as i64)).collect();
        let name = this.reset.then_some("size");
        Ok(this.handed(this.answered(sizes).called(name), heap))
    }

    /// What a function, or a method of columns, answers of a group, for each of its rows.
    fn transform<'v>(this: &Groups, func: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        let mut answers = Vec::with_capacity(this.groups.len());
        for (group, (_, sheet)) in this.groups.iter().enumerate() {
            let alone = Groups { groups: [this.groups[group].clone()].into(), ..this.clone() };
            let made = match func.unpack_str() {
                Some("size") => heap.alloc(sheet.rows.len() as i64),
                Some(name) if !BY_ROW.contains(&name) => from_val(&alone.aggregated(func, eval)?.values[0], heap),
                Some(name) => {
                    let method = this.member(sheet, heap)?.get_attr(name, heap)?;
                    eval.eval_function(method.ok_or_else(|| no_method(name))?, &[], &[])?
                }
                None => eval.eval_function(func, &[this.member(sheet, heap)?], &[])?,
            };
            let column = Column::from_value(made).filter(|column| !column.by_place);
            answers.push(
                match (column.map_or_else(|| cells_of(made), |one| by_labels(one, &sheet.index).ok()), column) {
                    (Some(cells), _) if cells.len() == sheet.rows.len() => cells,
                    (_, Some(_)) => {
                        return Err(thrown("ValueError", "the function answers with other rows than the group's"));
                    }
                    _ => vec![plain_of(made, heap)?; sheet.rows.len()],
                },
            );
        }
        Ok(this.placed(answers))
    }
}
