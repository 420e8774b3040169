//! Whether values are equal where a bool may stand beside a number, and whether they are one.
//!
//! Owns that question, and `a is b`. What else is equal, `operators` says.

use super::class::Object;
use super::operators;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::{UnpackValue, Value};

/// Whether a bool and a number are equal; none of other values, and of numbers alone.
fn mixed<'v>(a: Value<'v>, b: Value<'v>) -> Option<starlark::Result<bool>> {
    let is_number = |value: Value<'v>| matches!(value.get_type(), "int" | "float");
    let (truth, number) = match (a.unpack_bool(), b.unpack_bool()) {
        (Some(truth), None) if is_number(b) => (truth, b),
        (None, Some(truth)) if is_number(a) => (truth, a),
        _ => return None,
    };
    let float = UnpackFloat::unpack_value(number).map(|number| number.map(|number| number.0));
    Some(float.map(|float| float == Some(f64::from(u8::from(truth)))))
}

/// Whether two values are equal.
pub(super) fn equal<'v>(a: Value<'v>, b: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<bool> {
    mixed(a, b).unwrap_or_else(|| operators::equal(a, b, eval))
}

/// Types whose values are each one of its own.
const SINGLE: [&str; 8] = ["list", "dict", "set", "deque", "struct", "record", "tuple", "generator"];

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// `a is b`.
    fn _is<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
    ) -> starlark::Result<bool> {
        if let (Some(a), Some(b)) = (Object::from_value(a), Object::from_value(b)) {
            return Ok(a.is(b));
        }
        let kind = a.get_type();
        Ok(a.ptr_eq(b) || (kind == b.get_type() && !SINGLE.contains(&kind) && a.equals(b)?))
    }

    /// `a == b` or `a != b`.
    fn _equal<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] operator: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let plain = a.get_type() == b.get_type() && matches!(a.get_type(), "int" | "bool" | "string");
        match mixed(a, b).or_else(|| plain.then(|| a.equals(b))) {
            Some(equal) => Ok(Value::new_bool(equal? == (operator.unpack_str() == Some("==")))),
            None => {
                let compare = super::global("_compare").expect("bug: it is a global");
                eval.eval_function(compare, &[a, operator, b], &[])
            }
        }
    }
}
