//! `a // b`, `a % b` and `divmod` of floats, whose remainder is exact in Python.
//!
//! Owns what Starlark reckons otherwise. All else is left to it.

use super::class::number;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, UnpackValue, Value};

/// The whole quotient and the remainder, which has the sign of the divisor.
fn parted(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let floor = quotient.floor();
    match quotient {
        0.0 => (0.0_f64.copysign(a / b), rest),
        _ if quotient - floor > 0.5 => (floor + 1.0, rest),
        _ => (floor, rest),
    }
}

/// Both values as floats, if one of them is one and they can be divided.
fn floats(a: Value, b: Value) -> Option<(f64, f64)> {
    let is_number = |value: Value| matches!(value.get_type(), "int" | "float");
    if !(is_number(a) && is_number(b)) || (a.get_type() == "int" && b.get_type() == "int") {
        return None;
    }
    let float = |value: Value| UnpackFloat::unpack_value(value).ok().flatten().map(|number| number.0);
    Some((float(a)?, float(b)?)).filter(|(_, b)| *b != 0.0)
}

/// `a // b`.
pub(super) fn floor<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    match floats(a, b) {
        Some((a, b)) => Ok(heap.alloc(parted(a, b).0)),
        None => a.floor_div(b, heap),
    }
}

/// `a % b`.
pub(super) fn rest<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    match floats(a, b) {
        Some((a, b)) => Ok(heap.alloc(parted(a, b).1)),
        None => a.percent(b, heap),
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn _floor<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        floor(a, b, heap)
    }

    fn divmod<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let (a, b) = (number(a, heap), number(b, heap));
        Ok(heap.alloc(AllocTuple([floor(a, b, heap)?, rest(a, b, heap)?])))
    }
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn remainders_are_exact() {
        assert_eq!(parted(1.0, 0.1), (9.0, 0.09999999999999995));
        assert_eq!(parted(-7.5, 2.0), (-4.0, 0.5));
        assert_eq!(parted(5.0, -3.0), (-2.0, -1.0));
        assert_eq!(parted(6.0, 3.0), (2.0, 0.0));
        assert!(parted(-0.5, 1e300).0 == -1.0);
    }
}
