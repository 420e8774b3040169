//! What lowered text calls for Python's operators and statements that Starlark
//! lacks or means otherwise.
//!
//! Owns `%`, `**`, chained comparisons, loops over texts, starred targets and
//! `del`. It does not know the text that was lowered.

use super::asked_by::asked_by;
use super::class::{EnumMember, asked, iterated, method, number, truth};
use super::column_compared::mask;
use super::environment::Environ;
use super::numpy::Array;
use super::printf;
use super::quotient;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::eval::limits;
use crate::eval::session::Session;
use crate::syntax::as_written;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::dict::{AllocDict, DictMut};
use starlark::values::float::UnpackFloat;
use starlark::values::list::AllocList;
use starlark::values::none::NoneType;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::cmp::Ordering;

/// What a loop goes over: of a text its characters, of what is given bit by bit the rest.
pub(super) fn each<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    match value.unpack_str() {
        Some(text) => heap.alloc(AllocList(text.chars().map(|c| heap.alloc(c)))),
        // One that has no end fails where it is gone through.
        None if value.get_type() == "generator" => match value.iterate(heap) {
            Ok(items) => heap.alloc(AllocList(items.collect::<Vec<_>>())),
            Err(_) => value,
        },
        None => value,
    }
}

/// `base ** exponent`: whole numbers stay whole, as far as 64 bits go.
pub(super) fn power<'v>(base: Value<'v>, exponent: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let whole = |v: Value<'v>| i64::unpack_value(v).ok().flatten();
    if let (Some(base), Some(exponent @ 0..)) = (whole(base), whole(exponent)) {
        let power = u32::try_from(exponent).ok().and_then(|e| base.checked_pow(e));
        return power.map(|p| heap.alloc(p)).ok_or_else(|| fault("this power is beyond 64 bits"));
    }
    if let Some(powers) = Array::operated(base, "**", exponent, heap) {
        return powers;
    }
    let number = |v: Value<'v>| UnpackFloat::unpack_value(v).ok().flatten();
    match (number(base), number(exponent)) {
        (Some(UnpackFloat(b)), Some(UnpackFloat(e))) => float_power(b, e).map(|power| heap.alloc(power)),
        _ => Err(fault(format!("`**` wants numbers, not {} and {}", base.get_type(), exponent.get_type()))),
    }
}

/// `base ** exponent % modulus`, by squares.
fn rest_of_power(base: i64, exponent: i64, modulus: i64) -> i64 {
    let whole = i128::from(modulus);
    let (mut square, mut left, mut rest) = (i128::from(base).rem_euclid(whole), exponent, 1 % whole);
    while left > 0 {
        if left % 2 == 1 {
            rest = rest * square % whole;
        }
        square = square * square % whole;
        left /= 2;
    }
    rest as i64
}

fn float_power(base: f64, exponent: f64) -> starlark::Result<f64> {
    let power = base.powf(exponent);
    match power {
        _ if base == 0.0 && exponent < 0.0 => {
            Err(thrown("ZeroDivisionError", "zero cannot be raised to a negative power"))
        }
        _ if power.is_infinite() && base.is_finite() && exponent.is_finite() => {
            Err(thrown("OverflowError", "this power is too large a number"))
        }
        _ if power.is_nan() && !base.is_nan() && !exponent.is_nan() => {
            Err(fault("this power is a complex number, which there are none of here"))
        }
        _ => Ok(power),
    }
}

/// Whether it is the float that equals nothing, and has no order.
pub(super) fn is_nan(value: Value) -> bool {
    value.get_type() == "float" && matches!(UnpackFloat::unpack_value(value), Ok(Some(UnpackFloat(x))) if x.is_nan())
}

/// `a < b`, by the operator's text.
pub(super) fn holds<'v>(left: Value<'v>, operator: &str, right: Value<'v>, heap: Heap<'v>) -> starlark::Result<bool> {
    let is_set = |value: Value| matches!(value.get_type(), "set" | "frozenset");
    if is_set(left) && is_set(right) && operator.starts_with(['<', '>']) {
        let (small, large) = if operator.starts_with('<') { (left, right) } else { (right, left) };
        let whole = operator.ends_with('=') || small.length()? < large.length()?;
        let mut items = small.iterate(heap)?;
        return Ok(whole && items.try_fold(true, |all, item| Ok::<_, starlark::Error>(all && large.is_in(item)?))?);
    }
    // A named tuple knows tuples, and a frozen set sets, which do not know it.
    let (left, right) = match operator {
        "==" | "!=" if matches!(right.get_type(), "record" | "frozenset" | "enum member" | "dtype") => (right, left),
        _ if right.get_type() == "enum member" => {
            (left, EnumMember::from_value(right).and_then(|member| member.mixed()).unwrap_or(right))
        }
        _ => (left, right),
    };
    if is_nan(left) || is_nan(right) {
        let same = left.ptr_eq(right) || (is_nan(left) && is_nan(right));
        return Ok(operator == "!=" || (operator == "is" && same) || (operator == "is not" && !same));
    }
    Ok(match operator {
        "==" | "is" => left.equals(right)?,
        "!=" | "is not" => !left.equals(right)?,
        _ => {
            let order = left.compare(right)?;
            match operator {
                "<" => order == Ordering::Less,
                "<=" => order != Ordering::Greater,
                ">" => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }
        }
    })
}

/// A method of the left side, the one of the right side, and whether the answer is turned.
type Way = (&'static str, &'static str, bool);

/// The methods that a comparison may call of the left side, and of the right side with
/// the sides turned; and whether what they give is turned.
const COMPARED: [(&str, &[Way]); 6] = [
    ("==", &[("__eq__", "__eq__", false)]),
    ("!=", &[("__ne__", "__ne__", false), ("__eq__", "__eq__", true)]),
    ("<", &[("__lt__", "__gt__", false), ("__ge__", "__le__", true)]),
    (">", &[("__gt__", "__lt__", false), ("__le__", "__ge__", true)]),
    ("<=", &[("__le__", "__ge__", false), ("__gt__", "__lt__", true)]),
    (">=", &[("__ge__", "__le__", false), ("__lt__", "__gt__", true)]),
];

/// A comparison by a method of an object's class; none if it has no such.
fn compared<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<bool>> {
    let ways = COMPARED.iter().find(|(known, _)| *known == operator).map_or(&[][..], |(_, ways)| ways);
    for (own, other, negated) in ways {
        let said = match asked(left, own, &[right], eval)? {
            Some(said) => Some(said),
            None => asked(right, other, &[left], eval)?,
        };
        if let Some(said) = said {
            return Ok(Some(truth(said, eval)? != *negated));
        }
    }
    Ok(None)
}

/// `a == b`, which a class may say.
pub(super) fn equal<'v>(a: Value<'v>, b: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    match compared(a, "==", b, eval)? {
        Some(equal) => Ok(equal),
        None => holds(a, "==", b, eval.heap()),
    }
}

/// Whether a list or a tuple has a value, where a class may say what is equal.
fn listed<'v>(value: Value<'v>, of: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    for item in of.iterate(eval.heap())?.collect::<Vec<_>>() {
        if equal(item, value, eval)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A list parted for targets of which one is starred.
fn spread<'v>(
    before: usize,
    after: usize,
    value: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let value = iterated(value, eval)?;
    let heap = eval.heap();
    let items: Vec<Value> = each(value, heap).iterate(heap)?.collect();
    if items.len() < before + after {
        let (found, wanted) = (items.len(), before + after);
        let why = format!("there are {found} values, and the names want at least {wanted}");
        return Err(thrown("ValueError", why));
    }
    let rest = items.len() - after;
    let middle = heap.alloc(AllocList(items[before..rest].iter().copied()));
    let parts: Vec<Value> =
        items[..before].iter().copied().chain([middle]).chain(items[rest..].iter().copied()).collect();
    Ok(heap.alloc(AllocTuple(parts)))
}

/// What a name is that has no value yet.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<no value>")]
struct Unset;

const UNSET: &str = "no value";

starlark_simple_value!(Unset);

#[starlark_value(type = "no value")]
impl<'v> StarlarkValue<'v> for Unset {}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    builder.set("_unset", Unset);
    operators(builder);
    of_classes(builder);
    statements(builder);
    names(builder);
}

#[starlark_module]
fn operators(builder: &mut GlobalsBuilder) {
    fn _percent<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match left.unpack_str() {
            Some(format) => Ok(eval.heap().alloc_str(&printf::filled(format, right, eval)?).to_value()),
            None => quotient::rest(left, right, eval.heap()),
        }
    }

    fn pow<'v>(
        #[starlark(require = pos)] base: Value<'v>,
        #[starlark(require = pos)] exponent: Value<'v>,
        #[starlark(require = pos)] modulus: Option<i64>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match (modulus, i64::unpack_value(base)?, i64::unpack_value(exponent)?) {
            (None, ..) => power(base, exponent, heap),
            (Some(modulus @ 1..), Some(base), Some(exponent @ 0..)) => {
                Ok(heap.alloc(rest_of_power(base, exponent, modulus)))
            }
            _ => Err(fault("`pow` of three wants whole numbers, the last above 0 and the second not below")),
        }
    }

    fn _pow<'v>(
        #[starlark(require = pos)] base: Value<'v>,
        #[starlark(require = pos)] exponent: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        power(base, exponent, heap)
    }

    fn _compare<'v>(
        #[starlark(args)] chain: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        for link in chain.items.windows(3).step_by(2) {
            let operator = link[1].unpack_str().unwrap_or("");
            if let Some(mask) = mask(link[0], operator, link[2], heap) {
                return mask;
            }
            let holds = match compared(link[0], operator, link[2], eval)? {
                Some(holds) => holds,
                None => holds(link[0], operator, link[2], heap)?,
            };
            if !holds {
                return Ok(Value::new_bool(false));
            }
        }
        Ok(Value::new_bool(true))
    }
}

#[starlark_module]
fn of_classes(builder: &mut GlobalsBuilder) {
    /// `x[i]`, which a class may say; the index comes in a list.
    fn _item<'v>(
        #[starlark(require = pos)] of: Value<'v>,
        #[starlark(require = pos)] index: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let index = index.at(eval.heap().alloc(0), eval.heap())?;
        match method(of, "__getitem__") {
            Some(method) => eval.eval_function(method, &[of, index], &[]),
            None if matches!(of.get_type(), "list" | "tuple" | "string") => {
                of.at(number(index, eval.heap()), eval.heap())
            }
            None => {
                let index = asked_by(of, index, eval)?;
                of.at(index, eval.heap())
            }
        }
    }

    /// `x in y`, which a class may say.
    fn _contains<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] of: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        match method(of, "__contains__") {
            Some(method) => Ok(eval.eval_function(method, &[of, value], &[])?.to_bool()),
            None if matches!(of.get_type(), "list" | "tuple") => listed(value, of, eval),
            None => of.is_in(value),
        }
    }

    /// The names of the file so far, and their values.
    fn _globals<'v>(eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
        let (module, heap) = (eval.module(), eval.heap());
        let named = module.names().filter_map(|name| Some((as_written(name.as_str()), module.get(name.as_str())?)));
        Ok(heap.alloc(AllocDict(named)))
    }

    /// The names of a function that have a value, and their values.
    fn _locals<'v>(
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let set = named.iter().filter(|(_, value)| value.get_type() != UNSET);
        Ok(heap.alloc(AllocDict(set.map(|(name, value)| (as_written(name), *value)))))
    }

    /// The condition of a `while`, of which none goes on for ever.
    fn _turn<'v>(
        #[starlark(require = pos)] condition: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        limits::check(eval)?;
        truth(condition, eval)
    }
}

#[starlark_module]
fn statements(builder: &mut GlobalsBuilder) {
    /// What a loop goes over, or a copy of it.
    fn _each<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos, default = false)] copy: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        if copy && matches!(value.get_type(), "list" | "dict" | "set") {
            let items: Vec<Value> = value.iterate(heap)?.collect();
            return Ok(heap.alloc(AllocList(items)));
        }
        if matches!(value.get_type(), "object" | "record") {
            return iterated(value, eval).map(|items| each(items, heap));
        }
        Ok(each(value, heap))
    }

    /// What a loop goes over, each text of it as its characters.
    fn _letters<'v>(#[starlark(require = pos)] values: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let items: Vec<Value> = values.iterate(heap)?.map(|item| each(item, heap)).collect();
        Ok(heap.alloc(AllocList(items)))
    }

    fn _spread<'v>(
        #[starlark(require = pos)] before: u32,
        #[starlark(require = pos)] after: u32,
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        spread(before as usize, after as usize, value, eval)
    }

    fn _spread_each<'v>(
        #[starlark(require = pos)] before: u32,
        #[starlark(require = pos)] after: u32,
        #[starlark(require = pos)] values: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let items: Vec<Value> = values.iterate(eval.heap())?.collect();
        let parted = items.into_iter().map(|v| spread(before as usize, after as usize, v, eval));
        let parted = parted.collect::<starlark::Result<Vec<_>>>()?;
        Ok(eval.heap().alloc(AllocList(parted)))
    }

    /// `del container[key]`; the key comes in a list.
    fn _delete<'v>(
        #[starlark(require = pos)] container: Value<'v>,
        #[starlark(require = pos)] key: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let heap = eval.heap();
        let key = key.at(heap.alloc(0), heap)?;
        if container.get_type() == "list" {
            let pop = container.get_attr_error("pop", heap)?;
            return eval.eval_function(pop, &[key], &[]).map(|_| NoneType);
        }
        if let Some(environment) = Environ::from_value(container) {
            return environment.delete(key).map(|()| NoneType);
        }
        let container = super::dicts::inner(container);
        let mut dict = DictMut::from_value(container).map_err(starlark::Error::new_other)?;
        if dict.aref.remove_hashed(key.get_hashed()?).is_some() {
            return Ok(NoneType);
        }
        drop(dict);
        Err(thrown("KeyError", format!("the dict has no key {}", crate::eval::show::repr(key, eval)?)))
    }
}

/// The places that a slice names, clamped as Python does.
fn span(bound: Value, default: usize, length: usize) -> starlark::Result<usize> {
    if bound.is_none() {
        return Ok(default);
    }
    let at = bound.unpack_i32().ok_or_else(|| thrown("TypeError", "a slice wants whole numbers"))?;
    let at = if at < 0 { i64::from(at) + length as i64 } else { i64::from(at) };
    Ok(at.clamp(0, length as i64) as usize)
}

#[starlark_module]
fn names(builder: &mut GlobalsBuilder) {
    /// `list[low:high] = items`, or `del list[low:high]`.
    fn _slice<'v>(
        #[starlark(require = pos)] list: Value<'v>,
        #[starlark(require = pos)] low: Value<'v>,
        #[starlark(require = pos)] high: Value<'v>,
        #[starlark(require = pos)] step: Value<'v>,
        #[starlark(require = pos)] items: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let heap = eval.heap();
        let old: Vec<Value> = list.iterate(heap)?.collect();
        if !step.is_none() && step.unpack_i32() != Some(1) {
            return Err(fault("a slice with a step cannot be changed here"));
        }
        let low = span(low, 0, old.len())?;
        let high = span(high, old.len(), old.len())?.max(low);
        let new: Vec<Value> = match items {
            Some(items) => each(items, heap).iterate(heap)?.collect(),
            None => Vec::new(),
        };
        let all = old[..low].iter().copied().chain(new).chain(old[high..].iter().copied());
        super::container::refill(list, heap.alloc(AllocList(all)), eval)?;
        Ok(NoneType)
    }

    /// `(name := value)`; the cell holds what was named in one statement.
    fn _named<'v>(
        #[starlark(require = pos)] cell: Value<'v>,
        #[starlark(require = pos)] name: Value<'v>,
        #[starlark(require = pos)] value: Value<'v>,
    ) -> starlark::Result<Value<'v>> {
        cell.set_at(name, value)?;
        Ok(value)
    }

    /// `global name`, which is given a value in a function.
    fn _global<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        if Session::of(eval).is_none() {
            let why = format!("`{name}` cannot be changed by a function that runs for a job");
            return Err(hinted(why, "return the value"));
        }
        eval.module().set(name, value);
        Ok(NoneType)
    }
}
