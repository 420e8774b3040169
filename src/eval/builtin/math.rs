//! The pure part of Python's `math`.

use crate::eval::fault::fault;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::none::NoneOr;

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    const pi: f64 = std::f64::consts::PI;
    const e: f64 = std::f64::consts::E;
    const inf: f64 = f64::INFINITY;
    const nan: f64 = f64::NAN;

    fn floor(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<i64> {
        Ok(x.0.floor() as i64)
    }

    fn ceil(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<i64> {
        Ok(x.0.ceil() as i64)
    }

    fn sqrt(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 < 0.0 { Err(fault("the square root of a negative number")) } else { Ok(x.0.sqrt()) }
    }

    fn exp(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        Ok(x.0.exp())
    }

    fn log(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(default = NoneOr::None)] base: NoneOr<UnpackFloat>,
    ) -> starlark::Result<f64> {
        if x.0 <= 0.0 {
            return Err(fault("the logarithm of a number that is not positive"));
        }
        Ok(base.into_option().map_or_else(|| x.0.ln(), |b| x.0.ln() / b.0.ln()))
    }

    fn log2(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 <= 0.0 { Err(fault("the logarithm of a number that is not positive")) } else { Ok(x.0.log2()) }
    }

    fn log10(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        if x.0 <= 0.0 { Err(fault("the logarithm of a number that is not positive")) } else { Ok(x.0.log10()) }
    }

    fn pow(
        #[starlark(require = pos)] x: UnpackFloat,
        #[starlark(require = pos)] y: UnpackFloat,
    ) -> starlark::Result<f64> {
        Ok(x.0.powf(y.0))
    }
}
