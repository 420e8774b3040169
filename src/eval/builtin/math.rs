//! The pure part of Python's `math`.

use super::texts::no_whole;
use crate::eval::exception::thrown;
use crate::eval::fault::fault;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::none::NoneOr;

/// The error of what there is no number for.
fn beyond(what: &str) -> starlark::Error {
    thrown("ValueError", format!("math domain error: {what}"))
}

/// A number that is too large only if one of those that it is made of is.
fn finite(made: f64, of: &[f64]) -> starlark::Result<f64> {
    match made.is_infinite() && of.iter().all(|x| x.is_finite()) {
        true => Err(thrown("OverflowError", "math range error")),
        false => Ok(made),
    }
}

/// A float as a whole number.
fn whole(x: f64) -> starlark::Result<i64> {
    match x {
        _ if !x.is_finite() => Err(no_whole(x)),
        _ if x.abs() >= 9.2e18 => Err(fault(format!("{x} is beyond the whole numbers of 64 bits"))),
        _ => Ok(x as i64),
    }
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    numbers(builder);
    angles(builder);
}

/// Functions of angles, and of the signs of numbers.
#[starlark_module]
fn angles(builder: &mut GlobalsBuilder) {
    fn sin(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0.is_infinite() { Err(beyond("the sine of what has no end")) } else { Ok(x.0.sin()) }
    }

    fn cos(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0.is_infinite() { Err(beyond("the cosine of what has no end")) } else { Ok(x.0.cos()) }
    }

    fn tan(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0.is_infinite() { Err(beyond("the tangent of what has no end")) } else { Ok(x.0.tan()) }
    }

    fn asin(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0.abs() > 1.0 { Err(beyond("no angle has such a sine")) } else { Ok(x.0.asin()) }
    }

    fn acos(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0.abs() > 1.0 { Err(beyond("no angle has such a cosine")) } else { Ok(x.0.acos()) }
    }

    fn atan(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        Ok(x.0.atan())
    }

    fn atan2(
        #[starlark(require = pos)] y: UnpackFloat,
        #[starlark(require = pos)] x: UnpackFloat,
    ) -> starlark::Result<f64> {
        Ok(y.0.atan2(x.0))
    }

    fn degrees(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        Ok(x.0 * (180.0 / std::f64::consts::PI))
    }

    fn radians(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        Ok(x.0 * (std::f64::consts::PI / 180.0))
    }

    fn fmod(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(require = pos)] y: UnpackFloat,
    ) -> starlark::Result<f64> {
        match (x.0 % y.0).is_nan() && !x.0.is_nan() && !y.0.is_nan() {
            true => Err(beyond("the rest of a division by zero, or of what has no end")),
            false => Ok(x.0 % y.0),
        }
    }

    fn copysign(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(require = pos)] y: UnpackFloat,
    ) -> starlark::Result<f64> {
        Ok(x.0.copysign(y.0))
    }

    fn isqrt(#[starlark(require = pos)] n: i64) -> starlark::Result<i64> {
        match u64::try_from(n) {
            Ok(n) => Ok(n.isqrt() as i64),
            Err(_) => Err(thrown("ValueError", "isqrt() argument must be nonnegative")),
        }
    }
}

#[starlark_module]
fn numbers(builder: &mut GlobalsBuilder) {
    const pi: f64 = std::f64::consts::PI;
    const e: f64 = std::f64::consts::E;
    const inf: f64 = f64::INFINITY;
    const nan: f64 = f64::NAN;

    fn floor(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<i64> {
        whole(x.0.floor())
    }

    fn ceil(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<i64> {
        whole(x.0.ceil())
    }

    fn sqrt(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 < 0.0 { Err(beyond("the square root of a negative number")) } else { Ok(x.0.sqrt()) }
    }

    fn exp(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        finite(x.0.exp(), &[x.0])
    }

    fn log(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(default = NoneOr::None)] base: NoneOr<UnpackFloat>,
    ) -> starlark::Result<f64> {
        if x.0 <= 0.0 {
            return Err(beyond("the logarithm of a number that is not positive"));
        }
        Ok(base.into_option().map_or_else(|| x.0.ln(), |b| x.0.ln() / b.0.ln()))
    }

    fn log2(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 <= 0.0 { Err(beyond("the logarithm of a number that is not positive")) } else { Ok(x.0.log2()) }
    }

    fn log10(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 <= 0.0 { Err(beyond("the logarithm of a number that is not positive")) } else { Ok(x.0.log10()) }
    }

    fn pow(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(require = pos)] y: UnpackFloat,
    ) -> starlark::Result<f64> {
        let power = x.0.powf(y.0);
        let has_none =
            (x.0 == 0.0 && y.0 < 0.0 && y.0.is_finite()) || (power.is_nan() && !x.0.is_nan() && !y.0.is_nan());
        if has_none { Err(beyond("this power")) } else { finite(power, &[x.0, y.0]) }
    }
}
