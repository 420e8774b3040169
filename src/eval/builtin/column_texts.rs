//! `column.str`: a text's methods, asked of each cell.
//!
//! Owns what pandas' accessor has that texts have not. Empty cells stay empty.

use super::column::Column;
use super::frame::plain_of;
use super::frame_counts::kind;
use super::name::Name;
use super::passed::Passed;
use super::replaced::of_re;
use super::sheet::{Maker, NOTHING, Sheet, is_empty};
use super::text::method;
use crate::eval::convert::from_val;
use crate::eval::exception::thrown_with;
use crate::eval::fault::fault;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::Methods;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// See the module.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<texts of {_0}>")]
#[allocative(skip)]
pub(super) struct Texts(pub(super) Column);

starlark_simple_value!(Texts);

/// Methods of texts that pandas has too, and asks of each.
const OF_PANDAS: [&str; 33] = [
    "capitalize",
    "casefold",
    "center",
    "endswith",
    "find",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "ljust",
    "lower",
    "lstrip",
    "removeprefix",
    "removesuffix",
    "rfind",
    "rindex",
    "rjust",
    "rstrip",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
    "isidentifier",
];

/// A method of texts that is asked of each.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {name} of texts>")]
#[allocative(skip)]
struct Each {
    column: Column,
    name: String,
}

starlark_simple_value!(Each);

#[starlark_value(type = "texts")]
impl<'v> StarlarkValue<'v> for Texts {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = super::text_methods::methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        OF_PANDAS.contains(&name).then(|| heap.alloc(Each { column: self.0.clone(), name: name.to_owned() }))
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.check()?;
        let cell = |value: &Val| match value {
            empty if is_empty(empty) => Ok(empty.clone()),
            text => from_val(text, heap).at(index, heap).map_or(Ok(NOTHING), |part| plain_of(part, heap)),
        };
        Ok(heap.alloc(self.0.with(self.0.values.iter().map(cell).collect::<starlark::Result<_>>()?)))
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        self.check()?;
        let cell = |value: &Val| match value {
            empty if is_empty(empty) => Ok(empty.clone()),
            text => plain_of(from_val(text, heap).slice(start, stop, stride, heap)?, heap),
        };
        Ok(heap.alloc(self.0.with(self.0.values.iter().map(cell).collect::<starlark::Result<_>>()?)))
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
        Texts(self.column.clone()).check()?;
        let mut passed = Passed::of(args, heap)?;
        let empty = passed.take("na");
        let mut values = Vec::with_capacity(self.column.values.len());
        for value in &*self.column.values {
            if !matches!(value, Val::Str(_)) {
                values.push(if is_empty(value) { value.clone() } else { NOTHING });
                continue;
            }
            let own = from_val(value, heap).get_attr(&self.name, heap)?;
            let method = own.unwrap_or_else(|| method(&value.display(), &self.name, heap));
            let made = passed.on_to(method, &[], eval)?;
            values.push(plain_of(made, heap)?);
        }
        let empty = empty.map(|empty| plain_of(empty, heap)).transpose()?;
        Ok(heap.alloc(self.column.with(settled(values, empty.as_ref()))))
    }
}

/// Answers about texts, of which empty cells have none: they are not so, to pandas, or
/// what is given for them; and numbers among empty cells are floats.
fn settled(values: Vec<Val>, empty: Option<&Val>) -> Vec<Val> {
    let bools = values.iter().any(|value| matches!(value, Val::Bool(_)));
    let floats = values.iter().any(is_empty);
    let cell = |value: Val| match value {
        value if is_empty(&value) && bools => empty.cloned().unwrap_or(Val::Bool(false)),
        Val::Int(i) if floats => Val::Float(i as f64),
        value => value,
    };
    values.into_iter().map(cell).collect()
}

impl Texts {
    /// # Errors
    /// If these are numbers or bools, which pandas takes for no texts.
    pub(super) fn check(&self) -> starlark::Result<()> {
        let odd = self.0.of == Maker::Pandas && matches!(kind(&self.0), "int64" | "float64" | "bool");
        let held = self.0.values.iter().any(|value| !is_empty(value));
        if odd && held {
            let hint = "make texts of them first: `column.astype(str)`";
            return Err(thrown_with("AttributeError", "Can only use .str accessor with string values", hint));
        }
        Ok(())
    }

    /// An answer about each text; about an empty cell none.
    pub(super) fn asked<'v>(
        &self,
        mut ask: impl FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Vec<Val>> {
        self.check()?;
        let mut values = Vec::with_capacity(self.0.values.len());
        for value in &*self.0.values {
            values.push(match value {
                Val::Str(_) => plain_of(ask(from_val(value, heap))?, heap)?,
                _ => NOTHING,
            });
        }
        Ok(values)
    }

    /// Whether a regular expression is found in each, by a function of `re`.
    pub(super) fn found<'v>(
        &self,
        (function, pattern): (&str, &str),
        empty: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let heap = eval.heap();
        let pattern = heap.alloc_str(pattern).to_value();
        let holds = |text| Ok(Value::new_bool(!of_re(function, &[pattern, text], eval)?.is_none()));
        let empty = empty.into_option().map(|empty| plain_of(empty, heap)).transpose()?;
        let values = self.asked(holds, heap)?;
        // Where all are empty, nothing says what an answer is.
        let none = |value: Val| if is_empty(&value) { Val::Bool(false) } else { value };
        Ok(self.0.with(match empty {
            Some(empty) => values.into_iter().map(|v| if is_empty(&v) { empty.clone() } else { v }).collect(),
            None => values.into_iter().map(none).collect(),
        }))
    }

    /// Each text parted, as lists or as columns.
    pub(super) fn parted<'v>(
        &self,
        (method, sep, most): (&str, Option<&str>, i32),
        (expand, regex): (bool, Option<bool>),
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let by_pattern = method == "split" && regex.unwrap_or_else(|| sep.is_some_and(|sep| sep.chars().count() > 1));
        let most = if most <= 0 { -1 } else { most };
        let parts = |text: Value<'v>| {
            let sep = sep.map_or_else(Value::new_none, |sep| heap.alloc_str(sep).to_value());
            if by_pattern {
                return of_re("split", &[sep, text, heap.alloc(most.max(0))], eval);
            }
            let split = text.get_attr(method, heap)?.ok_or_else(|| fault("texts are not parted"))?;
            let limit = if most < 0 { vec![sep] } else { vec![sep, heap.alloc(most)] };
            eval.eval_function(split, &limit, &[])
        };
        let lists = self.asked(parts, heap)?;
        if expand { Ok(heap.alloc(self.expanded(&lists))) } else { Ok(heap.alloc(self.0.with(lists))) }
    }

    /// Each text parted at one place, as columns or as tuples.
    pub(super) fn parted_once<'v>(
        &self,
        method: &str,
        sep: &str,
        expand: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let sep = heap.alloc_str(sep).to_value();
        let parts = |text: Value<'v>| {
            let part = text.get_attr(method, heap)?.ok_or_else(|| fault("texts are not parted"))?;
            eval.eval_function(part, &[sep], &[])
        };
        let parts = self.asked(parts, heap)?;
        if expand { Ok(heap.alloc(self.expanded(&parts))) } else { Ok(heap.alloc(self.0.with(parts))) }
    }

    /// A column for each place of some lists.
    fn expanded(&self, lists: &[Val]) -> Sheet {
        let width = lists.iter().filter_map(|list| list.items().map(<[Val]>::len)).max().unwrap_or(0);
        // What a text has fewer parts of is `None` to pandas, but nothing of an empty cell.
        let part = |list: &Val, at: usize| match list.items() {
            Some(parts) => parts.get(at).cloned().unwrap_or(Val::None),
            None => NOTHING,
        };
        let column = |at: usize| lists.iter().map(|list| part(list, at)).collect();
        let columns: Vec<Vec<Val>> = (0..width).map(column).collect();
        let names = (0..width as i64).map(Name::number).collect();
        Sheet { index: self.0.index.clone(), ..Sheet::of_columns(names, &columns) }
    }
}
