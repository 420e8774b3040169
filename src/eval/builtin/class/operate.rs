//! What operators and conditions ask of objects: `x + y`, `-x`, `if x`.
//!
//! Owns which methods are called, and in which order. Comparisons are `operators`'.

use super::enums::Member;
use super::object::method;
use crate::eval::builtin::numpy::Array;
use crate::eval::builtin::operators::power;
use crate::eval::builtin::quotient;
use crate::eval::exception::thrown;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// What a method gives that does not know the other value.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("NotImplemented")]
struct Unknown;

starlark_simple_value!(Unknown);

#[starlark_value(type = "NotImplementedType")]
impl<'v> StarlarkValue<'v> for Unknown {}

/// What a method of an object gives; none if it has no such, or does not know the others.
pub(in crate::eval::builtin) fn asked<'v>(
    object: Value<'v>,
    name: &str,
    others: &[Value<'v>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let Some(method) = method(object, name) else { return Ok(None) };
    let all: Vec<Value> = std::iter::once(object).chain(others.iter().copied()).collect();
    let given = eval.eval_function(method, &all, &[])?;
    Ok(Some(given).filter(|given| Unknown::from_value(*given).is_none()))
}

/// The middle of the name of an operator's method.
fn name_of(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "+" => "add",
        "-" => "sub",
        "*" => "mul",
        "/" => "truediv",
        "//" => "floordiv",
        "%" => "mod",
        "**" => "pow",
        "|" => "or",
        "&" => "and",
        "^" => "xor",
        "<<" => "lshift",
        ">>" => "rshift",
        "@" => "matmul",
        _ => return None,
    })
}

/// A bool as the number that it is in Python, and a member of an enumeration as the value that it
/// is as well; others as they are.
pub(in crate::eval::builtin) fn number<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    match value.unpack_bool() {
        Some(truth) => heap.alloc(i32::from(truth)),
        None => Member::from_value(value).and_then(Member::mixed).unwrap_or(value),
    }
}

/// The operator of values that have no such method.
fn plainly<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let of_member = |value| Member::from_value(value).and_then(Member::mixed).unwrap_or(value);
    let (left, right) = (of_member(left), of_member(right));
    if let Some(array) = Array::operated(left, operator, right, heap) {
        return array;
    }
    if let (Some(a), Some(b)) = (left.unpack_bool(), right.unpack_bool()) {
        match operator {
            "|" => return Ok(Value::new_bool(a | b)),
            "&" => return Ok(Value::new_bool(a & b)),
            "^" => return Ok(Value::new_bool(a ^ b)),
            _ => {}
        }
    }
    let formats = operator == "%" && left.unpack_str().is_some();
    let (left, right) = if formats { (left, right) } else { (number(left, heap), number(right, heap)) };
    match operator {
        "+" => left.add(right, heap),
        "-" => left.sub(right, heap),
        "*" => left.mul(right, heap),
        "/" => left.div(right, heap),
        "//" => quotient::floor(left, right, heap),
        "%" => match super::super::global("_percent") {
            Some(percent) if left.unpack_str().is_some() => eval.eval_function(percent, &[left, right], &[]),
            _ => quotient::rest(left, right, heap),
        },
        "**" => power(left, right, heap),
        "|" => left.bit_or(right, heap),
        "&" => left.bit_and(right, heap),
        "^" => left.bit_xor(right, heap),
        "<<" => left.left_shift(right, heap),
        ">>" => left.right_shift(right, heap),
        other => Err(thrown("TypeError", format!("`{other}` is no operator of these values"))),
    }
}

/// `a += b` of what is changed in its place.
fn in_place<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Option<Value<'v>>> {
    let method = match (left.get_type(), operator) {
        ("list", "+") => "extend",
        ("dict" | "set", "|") => "update",
        _ => return Ok(None),
    };
    let method = left.get_attr_error(method, eval.heap())?;
    eval.eval_function(method, &[right], &[])?;
    Ok(Some(left))
}

/// `a OP b`, or `a OP= b`.
pub(in crate::eval::builtin) fn operate<'v>(
    left: Value<'v>,
    operator: &str,
    right: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let bare = operator.strip_suffix('=').unwrap_or(operator);
    if let Some(name) = name_of(bare) {
        let own = if bare == operator { None } else { asked(left, &format!("__i{name}__"), &[right], eval)? };
        if let Some(made) = own {
            return Ok(made);
        }
        if let Some(made) = asked(left, &format!("__{name}__"), &[right], eval)? {
            return Ok(made);
        }
        if let Some(made) = asked(right, &format!("__r{name}__"), &[left], eval)? {
            return Ok(made);
        }
    }
    if bare != operator
        && let Some(changed) = in_place(left, bare, right, eval)?
    {
        return Ok(changed);
    }
    plainly(left, bare, right, eval)
}

/// Whether a value is true.
pub(in crate::eval::builtin) fn truth<'v>(
    value: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    if let Some(said) = asked(value, "__bool__", &[], eval)? {
        return Ok(said.to_bool());
    }
    if value.get_type() == "ndarray" && value.length()? != 1 {
        let text = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()";
        return Err(thrown("ValueError", text));
    }
    if matches!(value.get_type(), "column" | "sheet") {
        let what = if value.get_type() == "column" { "Series" } else { "DataFrame" };
        let text = format!("The truth value of a {what} is ambiguous. Use a.empty, a.item(), a.any() or a.all().");
        return Err(thrown("ValueError", text));
    }
    match asked(value, "__len__", &[], eval)? {
        Some(length) => Ok(length.unpack_i32() != Some(0)),
        None => Ok(value.to_bool()),
    }
}

pub(in crate::eval::builtin) fn register(builder: &mut GlobalsBuilder) {
    builder.set("NotImplemented", Unknown);
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn _operate<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] operator: &str,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        operate(left, operator, right, eval)
    }

    /// A value that is reckoned with.
    fn _number<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(number(value, heap))
    }

    /// `-x`, `+x`, `~x`.
    fn _signed<'v>(
        #[starlark(require = pos)] sign: &str,
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let name = match sign {
            "-" => "__neg__",
            "+" => "__pos__",
            _ => "__invert__",
        };
        if let Some(made) = asked(value, name, &[], eval)? {
            return Ok(made);
        }
        let heap: Heap<'v> = eval.heap();
        let value = number(value, heap);
        match sign {
            "-" => value.minus(heap),
            "+" => value.plus(heap),
            _ => value.bit_not(heap),
        }
    }

    /// What a condition asks.
    fn _true<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        truth(value, eval)
    }
}
