//! The functions of pandas that sheets and columns are made with, and asked about cells.
//!
//! Owns `DataFrame` and `Series` of values. How files are read is `read_csv`'s, and how
//! sheets are joined `frame_joins`'s.

use super::aligned::by_labels;
use super::column::{Column, distinct};
use super::column_methods::{as_type, converted, entries};
use super::frame::{Now, cell_of, cells_of, plain_of};
use super::frame_counts::emptiness_of;
use super::index::Index;
use super::name::Name;
use super::of_values::{frame, rows_by_label};
use super::read_csv::{Asked, read};
use super::row::Row;
use super::sheet::{NOTHING, Sheet, emptiness, is_empty};
use crate::eval::convert::from_val;
use crate::eval::exception::{Class, thrown};
use crate::eval::fault::fault;
use crate::eval::missing::Missing;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::DictRef;
use starlark::values::none::NoneOr;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

/// What is served of pandas.
pub(super) fn register(builder: &mut GlobalsBuilder) {
    readers(builder);
    of_cells(builder);
    of_columns(builder);
    super::frame_joins::functions(builder);
    super::concat::functions(builder);
    super::frame_shapes::functions(builder);
    super::binned::functions(builder);
    builder.set("DataFrame", FrameMaker::DataFrame);
    builder.set("IndexSlice", super::located::Slices);
    builder.set("NA", f64::NAN);
    builder.set("NaT", f64::NAN);
    builder.namespace("errors", |errors| {
        errors.set("EmptyDataError", Class::of("EmptyDataError"));
        errors.set("ParserError", Class::of("ParserError"));
    });
    builder.namespace("MultiIndex", super::multi_index::functions);
    builder.namespace("api", |api| api.namespace("types", super::dtype::functions));
    builder.namespace("core", |core| {
        core.namespace("frame", |frame| frame.set("DataFrame", FrameMaker::DataFrame));
        core.namespace("series", of_columns);
    });
}

#[starlark_module]
fn readers(builder: &mut GlobalsBuilder) {
    fn read_csv<'v>(
        filepath_or_buffer: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        read(filepath_or_buffer, &Asked { function: "read_csv", named, heap: eval.heap() }, ",", eval)
    }

    fn read_table<'v>(
        filepath_or_buffer: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Sheet> {
        read(filepath_or_buffer, &Asked { function: "read_table", named, heap: eval.heap() }, "\t", eval)
    }

    /// How tables are shown, of which nothing is seen.
    fn set_option<'v>(
        #[starlark(args)] options: UnpackTuple<Value<'v>>,
    ) -> starlark::Result<starlark::values::none::NoneType> {
        let _ = options;
        Ok(starlark::values::none::NoneType)
    }
}

#[starlark_module]
fn of_cells(builder: &mut GlobalsBuilder) {
    fn isna<'v>(obj: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(asked_empty(obj, true, heap))
    }

    fn isnull<'v>(obj: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(asked_empty(obj, true, heap))
    }

    fn notna<'v>(obj: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(asked_empty(obj, false, heap))
    }

    fn notnull<'v>(obj: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(asked_empty(obj, false, heap))
    }

    /// The different values, in order.
    fn unique<'v>(values: Value<'v>) -> starlark::Result<Column> {
        let values = cells_of(values).ok_or_else(|| fault("`unique` wants a column or a list"))?;
        Ok(Column::plain(distinct(values.iter()).into_iter().map(|at| values[at].clone())))
    }

    /// Numbers of texts; what is none is an error, or empty with `errors="coerce"`.
    fn to_numeric<'v>(
        arg: Value<'v>,
        #[starlark(default = "raise")] errors: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if !matches!(errors, "raise" | "coerce") {
            return Err(thrown("ValueError", "invalid error value specified"));
        }
        let Some(column) = Column::from_value(arg) else {
            let cells = cells_of(arg).or_else(|| Some(vec![cell_of(arg)?]));
            let cells = cells.ok_or_else(|| fault("`to_numeric` wants a column, a list or a cell"))?;
            let numbers = Column::plain(numbers(&cells, errors)?);
            return Ok(match cell_of(arg).is_some_and(|cell| cell.items().is_none()) {
                true => from_val(&numbers.values[0], heap),
                false => heap.alloc(numbers),
            });
        };
        Ok(heap.alloc(column.with(numbers(&column.values, errors)?)))
    }
}

#[starlark_module]
fn of_columns(builder: &mut GlobalsBuilder) {
    /// A column of a list or a dict, with labels.
    fn Series<'v>(
        #[starlark(default = NoneOr::None)] data: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] index: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] name: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] dtype: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let labels = index.into_option();
        let keys = labels.map(labels_of).transpose()?;
        let column = match data.into_option() {
            Some(data) => series(data, keys, heap)?,
            None => Column::labelled_by(Arc::new(index_of(keys, 0)), []),
        };
        let column = Column { index: with_levels(column.index.clone(), labels), ..column };
        let column = match name.into_option().and_then(cell_of) {
            Some(name) => Column { name: Some(Name::of(&name)), ..column },
            None => column,
        };
        match dtype.into_option() {
            Some(kind) => Ok(column.with(as_type(&column, kind)?)),
            None => Ok(column.filled(column.values.to_vec())),
        }
    }
}

/// A column of another or a dict, of which labels choose; or of a list or one value, which
/// they are given to.
fn series<'v>(data: Value<'v>, keys: Option<Vec<Val>>, heap: Heap<'v>) -> starlark::Result<Column> {
    let of_dict = DictRef::from_value(data).map(|dict| entries(&dict, heap)).transpose()?;
    if let Some(column) = of_dict.or_else(|| labelled(data)) {
        let Some(keys) = keys else { return Ok(column) };
        let index = Arc::new(Index::new(Vec::new(), keys));
        let values = by_labels(&column, &index)?;
        return Ok(Column { name: column.name, ..Column::labelled_by(index, values) });
    }
    let values = match plain_of(data, heap)? {
        Val::List(values) | Val::Tuple(values) => values,
        Val::Set(_) => return Err(thrown("TypeError", "'set' type is unordered")),
        one => vec![one; keys.as_ref().map_or(1, Vec::len)],
    };
    if keys.as_ref().is_some_and(|keys| keys.len() != values.len()) {
        return Err(thrown("ValueError", "a column has as many labels as values"));
    }
    Ok(Column::labelled_by(Arc::new(index_of(keys, values.len())), values))
}

/// A column whose cells have labels of their own, or a row.
pub(super) fn labelled(value: Value) -> Option<Column> {
    let column = Row::from_value(value).map(Row::column).or_else(|| Column::from_value(value).cloned());
    column.filter(|column| !column.by_place)
}

/// Some labels, or numbers.
pub(super) fn index_of(keys: Option<Vec<Val>>, count: usize) -> Index {
    keys.map_or_else(|| Index::numbers(count), |keys| Index::new(Vec::new(), keys))
}

/// Labels with the names of the levels that were given, of which tuples have several.
pub(super) fn with_levels(made: Arc<Index>, given: Option<Value>) -> Arc<Index> {
    let own = given.and_then(Column::from_value).filter(|labels| labels.is_labels).map(Column::level_names);
    let depth = made.keys.first().and_then(|key| if let Val::Tuple(parts) = key { Some(parts.len()) } else { None });
    let is_deep = |depth: &usize| made.keys.iter().all(|key| key.items().map(<[Val]>::len) == Some(*depth));
    match (own.filter(|names| !names.is_empty()), depth.filter(is_deep)) {
        (Some(names), _) => Arc::new(Index::new(names, made.keys.clone())),
        (None, Some(depth)) if given.is_some() => Arc::new(Index::new(vec![Name::unnamed(); depth], made.keys.clone())),
        _ => made,
    }
}

pub(super) fn labels_of(labels: Value) -> starlark::Result<Vec<Val>> {
    cells_of(labels).ok_or_else(|| fault("labels are a list or a column"))
}

/// The numbers that texts are.
fn numbers(cells: &[Val], errors: &str) -> starlark::Result<Vec<Val>> {
    let number = |cell: &Val| match cell {
        Val::Int(_) | Val::Float(_) => Ok(cell.clone()),
        Val::Bool(holds) if !cells.iter().all(|cell| matches!(cell, Val::Bool(_))) => Ok(Val::Int(i64::from(*holds))),
        Val::Bool(_) => Ok(cell.clone()),
        empty if is_empty(empty) || empty.as_str() == Some("") => Ok(NOTHING),
        text => converted(text, "int64").ok().map_or_else(|| converted(text, "float"), Ok),
    };
    let mut made = Vec::with_capacity(cells.len());
    for cell in cells {
        made.push(match (number(cell), errors) {
            (Err(_), "coerce") => NOTHING,
            (number, _) => number?,
        });
    }
    let floats = made.iter().any(|cell| matches!(cell, Val::Float(_)));
    let float = |cell: Val| match cell {
        Val::Int(i) if floats => Val::Float(i as f64),
        other => other,
    };
    Ok(made.into_iter().map(float).collect())
}

/// Whether a cell is empty, or which cells of a column, a sheet, a row or a list are.
fn asked_empty<'v>(value: Value<'v>, empty: bool, heap: Heap<'v>) -> Value<'v> {
    if let Some(sheet) = Now::of(value) {
        return heap.alloc(emptiness_of(&sheet, empty));
    }
    if let Some(column) = Row::from_value(value).map(Row::column).or_else(|| Column::from_value(value).cloned()) {
        return heap.alloc(column.with(emptiness(&column.values, empty)));
    }
    match cells_of(value) {
        Some(cells) => heap.alloc(Column::plain(emptiness(&cells, empty))),
        None => Value::new_bool(cell_of(value).is_some_and(|cell| is_empty(&cell)) == empty),
    }
}

/// What makes sheets of values: itself a class, and a function of it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    derive_more::Display,
    ProvidesStaticType,
    NoSerialize,
    StarlarkPagablePanic,
    Allocative,
)]
enum FrameMaker {
    #[display("DataFrame")]
    DataFrame,
    #[display("from_dict")]
    FromDict,
}

starlark_simple_value!(FrameMaker);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for FrameMaker {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match (self, name) {
            (FrameMaker::DataFrame, "from_dict") => Some(heap.alloc(FrameMaker::FromDict)),
            (FrameMaker::DataFrame, "from_records") => Some(heap.alloc(FrameMaker::DataFrame)),
            _ => None,
        }
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let (mut positions, named) = (args.positions(heap)?, args.names_map()?);
        let given: SmallMap<&str, Value> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        const KNOWN: [&str; 6] = ["data", "index", "columns", "dtype", "copy", "orient"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(name)) {
            return Err(fault(format!("`{self}` does not take `{other}` here")));
        }
        let mut at = |name: &str| positions.next().or_else(|| given.get(name).copied()).filter(|v| !v.is_none());
        let data = at("data");
        let made = if *self == FrameMaker::FromDict {
            let orient = at("orient").map_or_else(|| "columns".to_owned(), |orient| orient.to_str());
            let columns = given.get("columns").copied();
            match &*orient {
                "index" => rows_by_label(data, columns, heap)?,
                "columns" => frame(data, (None, columns), heap)?,
                other => {
                    return Err(fault(format!("`from_dict` knows `columns` and `index`, not `orient=\"{other}\"`")));
                }
            }
        } else {
            if given.contains_key("orient") {
                return Err(thrown("TypeError", "`DataFrame` takes no `orient`: that is `DataFrame.from_dict`'s"));
            }
            let (index, columns) = (at("index"), at("columns"));
            frame(data, (index, columns), heap)?
        };
        match given.get("dtype").copied().filter(|kind| !kind.is_none()) {
            Some(kind) => Ok(heap.alloc(made.as_type(kind)?)),
            None => Ok(heap.alloc(made)),
        }
    }
}

/// A module of Python of which some is served: all else fails where it is used.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<module {0}>", self.0)]
pub(super) struct Partly(pub(super) &'static str);

starlark_simple_value!(Partly);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Partly {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let served = super::global(self.0).and_then(|module| module.get_attr(name, heap).ok().flatten());
        Some(served.unwrap_or_else(|| heap.alloc(Missing::of_module(&format!("{}.{name}", self.0)))))
    }
}
