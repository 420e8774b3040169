//! Python's built-ins where Starlark's take no texts to loop over: `list("abc")`,
//! `sorted("cba")`, and what else they lack: `dict.fromkeys`, `str.upper` as a
//! function, `max(default=)`.
//!
//! Owns the wrapping; what is wrapped does the work, but for what has an order.

use super::class::{asked, iterated, method, number as number_of, truth};
use super::dicts;
use super::numerals;
use super::operators::{each, holds};
use super::python::Side;
use super::reading::{self, is_ahead};
use super::row::as_dict;
use super::sets::truths_and_numbers;
use super::sorting;
use super::wrapped::Comparing;
use crate::eval::convert::from_wildcards;
use crate::eval::exception::{bare, thrown};
use crate::eval::fault::{fault, hinted};
use crate::eval::missing::Missing;
use crate::eval::show;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::float::UnpackFloat;
use starlark::values::list::AllocList;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value};

/// A built-in of Starlark's that is given lists where Python takes texts.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("{_0}")]
struct Over(&'static str);

starlark_simple_value!(Over);

/// A method by its name, as a function of the value: `str.upper`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("str.{_0}")]
struct Unbound(String);

starlark_simple_value!(Unbound);

/// What it wraps.
const WRAPPED: [&str; 18] = [
    "range",
    "list",
    "tuple",
    "set",
    "dict",
    "sorted",
    "reversed",
    "enumerate",
    "any",
    "all",
    "max",
    "min",
    "map",
    "filter",
    "str",
    "repr",
    "int",
    "float",
];

/// Puts the wrappers in the place of what they wrap.
pub(super) fn register(builder: &mut GlobalsBuilder) {
    for name in WRAPPED {
        builder.set(name, Over(name));
    }
    // The module that Snakemake runs a Snakefile in.
    builder.set("__name__", "snakemake.workflow");
    for name in ["exit", "quit"] {
        builder.set(name, Missing::of_module("sys.exit"));
    }
}

impl Over {
    fn call<'v>(
        &self,
        mut args: Vec<Value<'v>>,
        mut named: Vec<(&str, Value<'v>)>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        if let ("str" | "repr", [one]) = (self.0, args.as_slice()) {
            let text = if self.0 == "str" { show::text(*one, eval)? } else { show::repr(*one, eval)? };
            return Ok(heap.alloc_str(&text).to_value());
        }
        if let ("int", [text], []) = (self.0, args.as_slice(), named.as_slice())
            && let Some(number) = text.unpack_str().and_then(numerals::plain)
        {
            return Ok(heap.alloc(number));
        }
        if let ("int" | "float", Some(first)) = (self.0, args.first_mut())
            && first.get_type() == "enum member"
        {
            *first = number_of(*first, heap);
        }
        if let "int" | "float" = self.0
            && let Some(number) = number(self.0, &args, &named, eval)?
        {
            return Ok(number);
        }
        if self.0 == "filter" && args.first().is_some_and(|test| test.is_none()) {
            args[0] = super::global("bool").expect("bug: `bool` is a global");
        }
        if self.0 == "map" && args.len() > 2 {
            let function = args.remove(0);
            let mut lists = args.iter().map(|a| each(*a, heap).iterate(heap)).collect::<starlark::Result<Vec<_>>>()?;
            let mut out = Vec::new();
            loop {
                let row: Vec<Value> = lists.iter_mut().map_while(Iterator::next).collect();
                if row.len() < lists.len() {
                    return Ok(heap.alloc(AllocList(out)));
                }
                out.push(eval.eval_function(function, &row, &[])?);
            }
        }
        let single = args.len() == 1;
        for arg in &mut args {
            *arg = match self.0 {
                "dict" => {
                    from_wildcards(*arg, heap).or_else(|| as_dict(*arg, heap)).unwrap_or_else(|| dicts::inner(*arg))
                }
                "max" | "min" if !single => *arg,
                "int" | "float" | "range" => number_of(*arg, heap),
                _ => iterated(*arg, eval).map(|items| each(items, heap))?,
            };
        }
        if matches!(self.0, "max" | "min")
            && let Some(at) = named.iter().position(|(name, _)| *name == "default")
        {
            let (_, default) = named.remove(at);
            let is_empty = single && args[0].iterate(heap)?.next().is_none();
            if is_empty {
                return Ok(default);
            }
        }
        if matches!(self.0, "sorted" | "max" | "min")
            && let Some(ordered) = ordered(self.0, &args, &named, eval)?
        {
            return Ok(ordered);
        }
        if self.0 == "set"
            && let [items] = args.as_mut_slice()
            && let Some(apart) = truths_and_numbers(*items, heap)?
        {
            *items = apart;
        }
        let wrapped = super::starlarks(self.0).expect("bug: Starlark has what is wrapped");
        eval.eval_function(wrapped, &args, &named)
    }
}

/// Whether a value stands before another, which their classes may say.
fn is_less<'v>(a: Value<'v>, b: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    let said = match asked(a, "__lt__", &[b], eval)? {
        Some(said) => Some(said),
        None => asked(b, "__gt__", &[a], eval)?,
    };
    match said {
        Some(said) => truth(said, eval),
        None => holds(a, "<", b, eval.heap()),
    }
}

/// `sorted`, `max` or `min`; none of nothing, and of what they do not know.
fn ordered<'v>(
    function: &str,
    args: &[Value<'v>],
    named: &[(&str, Value<'v>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let heap = eval.heap();
    let mut items: Vec<Value> = match args {
        [one] => one.iterate(heap)?.collect(),
        several if function != "sorted" => several.to_vec(),
        _ => return Ok(None),
    };
    let knows = |name: &str| name == "key" || (name == "reverse" && function == "sorted");
    if items.is_empty() || !named.iter().all(|(name, _)| knows(name)) {
        return Ok(None);
    }
    let given = |wanted: &str| named.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let reverse = given("reverse").is_some_and(|reverse| reverse.to_bool());
    if reverse {
        // What is alike stays as it stands.
        items.reverse();
    }
    let key = given("key").filter(|key| !key.is_none());
    let comparing = key.and_then(Comparing::from_value);
    let key = key.filter(|_| comparing.is_none());
    let is_less = |a, b, eval: &mut Evaluator<'v, '_, '_>| match comparing {
        Some(comparing) => comparing.is_less(a, b, eval),
        None => is_less(a, b, eval),
    };
    let mut keyed: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((key.map_or(Ok(item), |key| eval.eval_function(key, &[item], &[]))?, item));
    }
    if function == "sorted" {
        let mut sorted = sorting::sorted(keyed, |a, b| is_less(a.0, b.0, eval))?;
        if reverse {
            sorted.reverse();
        }
        return Ok(Some(heap.alloc(AllocList(sorted.into_iter().map(|(_, item)| item)))));
    }
    let mut best = keyed[0];
    for next in &keyed[1..] {
        let (a, b) = if function == "min" { (next.0, best.0) } else { (best.0, next.0) };
        if is_less(a, b, eval)? {
            best = *next;
        }
    }
    Ok(Some(best.1))
}

/// `int` or `float` of a text, or of a float that is no number; none of what Starlark's
/// functions tell as Python does.
fn number<'v>(
    function: &str,
    args: &[Value<'v>],
    named: &[(&str, Value<'v>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let heap = eval.heap();
    let Some(first) = args.first() else { return Ok(None) };
    let Some(text) = first.unpack_str() else {
        let float = UnpackFloat::unpack_value(*first).ok().flatten().filter(|_| first.get_type() == "float");
        return match float {
            Some(UnpackFloat(x)) if function == "int" && !x.is_finite() => Err(no_whole(x)),
            _ => Ok(None),
        };
    };
    if function == "float" {
        return Ok(numerals::float(text).map(|number| heap.alloc(number)));
    }
    let base = args.get(1).copied().or_else(|| named.iter().find(|(name, _)| *name == "base").map(|(_, base)| *base));
    let base = base.map_or(Some(10), |base| base.unpack_i32()).filter(|base| matches!(base, 0 | 2..=36));
    let Some(base) = base.and_then(|base| u32::try_from(base).ok()) else { return Ok(None) };
    match numerals::whole(text, base) {
        Some((digits, base)) => {
            let wrapped = super::starlarks("int").expect("bug: Starlark has what is wrapped");
            eval.eval_function(wrapped, &[heap.alloc(digits), heap.alloc(base)], &[]).map(Some)
        }
        // What Starlark takes for a number here is none in Python.
        None if text.contains(|c: char| c.is_ascii_digit()) => {
            let text = show::repr(*first, eval)?;
            Err(thrown("ValueError", format!("invalid literal for int() with base {base}: {text}")))
        }
        None => Ok(None),
    }
}

/// The error of what is no number, or without an end, and is to be a whole one.
pub(super) fn no_whole(x: f64) -> starlark::Error {
    match x.is_nan() {
        true => thrown("ValueError", "cannot convert float NaN to integer"),
        false => thrown("OverflowError", "cannot convert float infinity to integer"),
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Over {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match (self.0, name) {
            ("dict", "fromkeys") => super::global("_fromkeys"),
            ("str", "maketrans") => super::global("_maketrans"),
            (_, "__name__") => Some(heap.alloc_str(self.0).to_value()),
            ("str" | "list" | "dict" | "set", _) if !name.starts_with('_') => {
                Some(heap.alloc(Unbound(name.to_owned())))
            }
            _ => None,
        }
    }

    /// `list[str]` of annotations.
    fn at(&self, _index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Over(self.0)))
    }

    /// In annotations, which are not checked.
    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let positions = args.positions(eval.heap())?.collect();
        let named = args.names_map()?;
        let named = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.call(positions, named, eval)
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Unbound {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let mut given = args.positions(heap)?;
        let value = given.next().ok_or_else(|| fault(format!("`{self}` wants a value")))?;
        let rest: Vec<Value> = given.collect();
        let method = match super::container::method(value, &self.0, heap) {
            Some(method) => method,
            None => value.get_attr_error(&self.0, heap)?,
        };
        eval.eval_function(method, &rest, &[])
    }
}

/// A whole number with the sign before the letters of its base.
fn based(number: i64, prefix: &str, digits: &str) -> String {
    format!("{}{prefix}{digits}", if number < 0 { "-" } else { "" })
}

/// What is made of the first element that fits, and ends the search; nothing is read
/// beyond it.
fn found<'v>(
    made: Value<'v>,
    items: Value<'v>,
    fits: Value<'v>,
    ends: impl Fn(Value<'v>) -> bool,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let mut side = Side::of(items, eval)?;
    while let Some(item) = side.next(eval.heap()) {
        if !fits.is_none() && !eval.eval_function(fits, &[item], &[])?.to_bool() {
            continue;
        }
        let value = eval.eval_function(made, &[item], &[])?;
        if ends(value) {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn nothing_more() -> starlark::Error {
    bare("StopIteration", "`next` finds nothing more")
}

#[starlark::starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    fn _fromkeys<'v>(
        #[starlark(require = pos)] keys: Value<'v>,
        #[starlark(require = pos)] value: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let value = value.unwrap_or_else(Value::new_none);
        let pairs: Vec<(Value, Value)> = each(keys, heap).iterate(heap)?.map(|key| (key, value)).collect();
        Ok(heap.alloc(AllocDict(pairs)))
    }

    fn _maketrans<'v>(
        #[starlark(require = pos)] from: Value<'v>,
        #[starlark(require = pos)] to: Option<&str>,
        #[starlark(require = pos)] gone: Option<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let code = |c: char| heap.alloc(c as i32);
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        if let Some(table) = DictRef::from_value(from) {
            let key = |k: Value<'v>| k.unpack_str().and_then(|t| t.chars().next()).map_or(k, code);
            pairs.extend(table.iter().map(|(k, v)| (key(k), v)));
        }
        let from = from.unpack_str().unwrap_or("");
        pairs.extend(from.chars().zip(to.unwrap_or("").chars()).map(|(a, b)| (code(a), code(b))));
        pairs.extend(gone.unwrap_or("").chars().map(|c| (code(c), Value::new_none())));
        Ok(heap.alloc(AllocDict(pairs)))
    }

    /// The next of what is read bit by bit. What Python makes bit by bit stands as a
    /// list here, whose first would be given for ever: that is refused.
    fn next<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match reading::next(items, heap) {
            Some(found) => found.or(default).ok_or_else(nothing_more),
            None => Err(hinted(
                format!("`next` cannot go through a value of type `{}`", items.get_type()),
                "write `it = iter(xs)` and `next(it)`, or a loop",
            )),
        }
    }

    /// `next` of what a call or a generator expression has just made: its first.
    fn _next<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let found = match reading::next(items, heap) {
            Some(found) => found,
            None => items.iterate(heap)?.next(),
        };
        found.or(default).ok_or_else(nothing_more)
    }

    /// The first of some elements that fits, or what is made of it.
    fn _first<'v>(
        #[starlark(require = pos)] made: Value<'v>,
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] fits: Value<'v>,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        found(made, items, fits, |_| true, eval)?.or(default).ok_or_else(nothing_more)
    }

    fn _any<'v>(
        #[starlark(require = pos)] made: Value<'v>,
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] fits: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        Ok(found(made, items, fits, |value| value.to_bool(), eval)?.is_some())
    }

    fn _all<'v>(
        #[starlark(require = pos)] made: Value<'v>,
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] fits: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        Ok(found(made, items, fits, |value| !value.to_bool(), eval)?.is_none())
    }

    /// The next few of what is read bit by bit; `None` of anything else.
    fn _take<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] count: u32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if !is_ahead(items) {
            return Ok(Value::new_none());
        }
        let mut taken = Vec::new();
        while taken.len() < count as usize {
            let Some(item) = reading::next(items, heap).flatten() else { break };
            taken.push(item);
        }
        Ok(heap.alloc(AllocList(taken)))
    }

    /// How many elements there are.
    fn len<'v>(
        #[starlark(require = pos)] of: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match method(of, "__len__") {
            Some(len) => eval.eval_function(len, &[of], &[]),
            None if of.get_type() == "generator" => Err(thrown("TypeError", "a generator has no `len()`")),
            None => of.length().map(|length| eval.heap().alloc(length)),
        }
    }

    fn hex(#[starlark(require = pos)] number: i64) -> starlark::Result<String> {
        Ok(based(number, "0x", &format!("{:x}", number.unsigned_abs())))
    }

    fn oct(#[starlark(require = pos)] number: i64) -> starlark::Result<String> {
        Ok(based(number, "0o", &format!("{:o}", number.unsigned_abs())))
    }

    fn bin(#[starlark(require = pos)] number: i64) -> starlark::Result<String> {
        Ok(based(number, "0b", &format!("{:b}", number.unsigned_abs())))
    }

    fn _reduce<'v>(
        #[starlark(require = pos)] function: Value<'v>,
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(require = pos)] start: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let items: Vec<Value> = each(items, heap).iterate(heap)?.collect();
        let mut items = items.into_iter();
        let first = start
            .or_else(|| items.next())
            .ok_or_else(|| thrown("TypeError", "reduce() of empty iterable with no initial value"))?;
        items.try_fold(first, |sum, item| eval.eval_function(function, &[sum, item], &[]))
    }
}
