//! `numpy` as far as rows of numbers go: what makes arrays, and what is made of them.
//!
//! What is not served is an error, never another result.

mod array;
mod cells;
mod reckon;

pub(in crate::eval) use array::Array;
pub(super) use cells::rounded;

use crate::eval::convert::{elements, from_val};
use crate::eval::exception::thrown;
use crate::eval::limits;
use crate::value::Val;
use cells::{Cells, refused};
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, UnpackValue, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a file of this process has asked for numpy: its numbers are Python's floats
/// here, but are rounded in another way.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether numbers may be numpy's.
pub(super) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// A member that is a value, or a class of numbers.
pub(super) fn member<'v>(name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    ASKED.store(true, Ordering::Relaxed);
    match name {
        "pi" => Some(heap.alloc(std::f64::consts::PI)),
        "e" => Some(heap.alloc(std::f64::consts::E)),
        "nan" => Some(heap.alloc(f64::NAN)),
        "inf" => Some(heap.alloc(f64::INFINITY)),
        _ => None,
    }
}

/// The error of writing a whole array, which numpy does in a way of its own.
pub(in crate::eval) fn no_text() -> starlark::Error {
    let hint = "write `.tolist()` behind it, or take its elements";
    crate::eval::fault::hinted("numpy's text of a whole array is not served here", hint)
}

fn number(value: Value, what: &str) -> starlark::Result<f64> {
    let found = UnpackFloat::unpack_value(value)?.filter(|x| x.0.is_finite());
    found.map(|x| x.0).ok_or_else(|| refused(format!("`{what}` wants finite numbers here, not {}", value.get_type())))
}

/// As many as are asked for, of which there are not too many.
fn row(count: f64, make: impl Fn(usize) -> f64, eval: &mut Evaluator) -> starlark::Result<Vec<f64>> {
    limits::check(eval)?;
    if count > 10_000_000.0 {
        return Err(thrown("ValueError", "this array has more than ten million elements"));
    }
    Ok((0..count.max(0.0) as usize).map(make).collect())
}

fn spaced<'v>(
    [start, stop]: [Value<'v>; 2],
    count: i64,
    endpoint: bool,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<f64>> {
    let (start, stop) = (number(start, "linspace")?, number(stop, "linspace")?);
    if count < 0 {
        return Err(thrown("ValueError", format!("Number of samples, {count}, must be non-negative.")));
    }
    let parts = (count - i64::from(endpoint)) as f64;
    let step = (stop - start) / parts;
    let at = |i: usize| match () {
        () if parts <= 0.0 => i as f64 * (stop - start) + start,
        () if step == 0.0 => i as f64 / parts * (stop - start) + start,
        () => i as f64 * step + start,
    };
    let mut all = row(count as f64, at, eval)?;
    if let (true, true, Some(last)) = (endpoint, count > 1, all.last_mut()) {
        *last = stop;
    }
    Ok(all)
}

/// The elements as a kind that may be asked for.
fn typed<'v>(cells: Cells, kind: NoneOr<Value<'v>>) -> starlark::Result<Array> {
    match kind.into_option() {
        None => Ok(Array::new(cells)),
        Some(kind) => reckon::as_type(&cells, kind).map(Array::new),
    }
}

/// An array of an array, a number of a number.
fn each<'v>(value: Value<'v>, how: &str, digits: i32, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let (cells, single) = Cells::of(value, heap)?;
    let made = reckon::changed(&cells, how, digits)?;
    Ok(if single { from_val(&made.one(0), heap) } else { heap.alloc(Array::new(made)) })
}

fn all<'v>(value: Value<'v>, how: &str, less: i32, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    Ok(from_val(&reckon::reduced(&Cells::of(value, heap)?.0, how, less)?, heap))
}

pub(super) fn register(builder: &mut GlobalsBuilder) {
    makers(builder);
    of_arrays(builder);
    reductions(builder);
    changes(builder);
}

#[starlark_module]
fn makers(builder: &mut GlobalsBuilder) {
    fn array<'v>(
        #[starlark(require = pos)] object: Value<'v>,
        #[starlark(default = NoneOr::None)] dtype: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Array> {
        match Cells::of(object, heap)? {
            (_, true) => Err(refused("an array of no dimension is not served here")),
            (cells, false) => typed(cells, dtype),
        }
    }

    fn arange<'v>(
        #[starlark(require = pos)] start: Value<'v>,
        #[starlark(require = pos)] stop: Option<Value<'v>>,
        #[starlark(default = NoneOr::None)] step: NoneOr<Value<'v>>,
        #[starlark(require = named, default = NoneOr::None)] dtype: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Array> {
        let heap = eval.heap();
        let (start, stop) = stop.map_or((heap.alloc(0), start), |stop| (start, stop));
        let step = step.into_option().unwrap_or_else(|| heap.alloc(1));
        let [from, to, by] = [number(start, "arange")?, number(stop, "arange")?, number(step, "arange")?];
        if by == 0.0 {
            return Err(thrown("ZeroDivisionError", "division by zero"));
        }
        let count = ((to - from) / by).ceil();
        let whole = |value: Value<'v>| i64::unpack_value(value).ok().flatten();
        if let (Some(start), Some(_), Some(step)) = (whole(start), whole(stop), whole(step)) {
            let cells = row(count, |i| i as f64, eval)?;
            return typed(Cells::Ints(cells.iter().map(|i| start + *i as i64 * step).collect()), dtype);
        }
        if dtype.into_option().is_some() {
            return Err(refused("`np.arange` of broken numbers with a `dtype` is not served here"));
        }
        // From the first two, as numpy does.
        let delta = (from + by) - from;
        let at = |i: usize| if i == 1 { from + by } else { from + i as f64 * delta };
        Ok(Array::new(Cells::Floats(row(count, at, eval)?)))
    }

    fn linspace<'v>(
        start: Value<'v>,
        stop: Value<'v>,
        #[starlark(default = 50)] num: i64,
        #[starlark(default = true)] endpoint: bool,
        #[starlark(require = named, default = NoneOr::None)] dtype: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Array> {
        let cells = spaced([start, stop], num, endpoint, eval)?;
        match dtype.into_option() {
            Some(kind) if kind.to_str().starts_with("int") => {
                reckon::as_type(&Cells::Floats(cells.iter().map(|x| x.floor()).collect()), kind).map(Array::new)
            }
            kind => typed(Cells::Floats(cells), kind.map_or(NoneOr::None, NoneOr::Other)),
        }
    }

    fn logspace<'v>(
        start: Value<'v>,
        stop: Value<'v>,
        #[starlark(default = 50)] num: i64,
        #[starlark(default = true)] endpoint: bool,
        #[starlark(default = UnpackFloat(10.0))] base: UnpackFloat,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Array> {
        let powers = spaced([start, stop], num, endpoint, eval)?;
        Ok(Array::new(Cells::Floats(powers.into_iter().map(|power| base.0.powf(power)).collect())))
    }
}

#[starlark_module]
fn of_arrays(builder: &mut GlobalsBuilder) {
    fn concatenate<'v>(#[starlark(require = pos)] arrays: Value<'v>, heap: Heap<'v>) -> starlark::Result<Array> {
        let parts = elements(arrays, heap).unwrap_or_default();
        let parts: Vec<(Cells, bool)> =
            parts.into_iter().map(|part| Cells::of(part, heap)).collect::<starlark::Result<_>>()?;
        if parts.is_empty() || parts.iter().any(|(_, single)| *single) {
            return Err(thrown("ValueError", "need at least one array to concatenate, and arrays alone"));
        }
        let mut parts = parts.into_iter().map(|(cells, _)| cells);
        let first = parts.next().unwrap_or(Cells::Floats(Vec::new()));
        parts.try_fold(first, Cells::joined).map(Array::new)
    }

    fn unique<'v>(#[starlark(require = pos)] ar: Value<'v>, heap: Heap<'v>) -> starlark::Result<Array> {
        reckon::unique(&Cells::of(ar, heap)?.0).map(Array::new)
    }

    /// Of two values, or of two columns, the one for each cell that is true, the other else.
    fn r#where<'v>(
        #[starlark(require = pos)] condition: Value<'v>,
        #[starlark(require = pos)] yes: Value<'v>,
        #[starlark(require = pos)] no: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        super::column_compared::chosen(condition, yes, no, heap)
    }

    fn isnan<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let (cells, single) = Cells::of(x, heap)?;
        let nans: Vec<bool> = cells.floats()?.iter().map(|x| x.is_nan()).collect();
        Ok(if single { from_val(&Val::Bool(nans[0]), heap) } else { heap.alloc(Array::new(Cells::Bools(nans))) })
    }

    fn int64(#[starlark(require = pos)] x: Value<'_>) -> starlark::Result<i64> {
        i64::unpack_value(x)?.ok_or_else(|| refused("`np.int64` of what is no whole number is not served here"))
    }

    fn float64(#[starlark(require = pos)] x: UnpackFloat) -> starlark::Result<f64> {
        Ok(x.0)
    }
}

#[starlark_module]
fn reductions(builder: &mut GlobalsBuilder) {
    fn sum<'v>(#[starlark(require = pos)] a: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        all(a, "sum", 0, heap)
    }

    fn mean<'v>(#[starlark(require = pos)] a: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        all(a, "mean", 0, heap)
    }

    fn median<'v>(#[starlark(require = pos)] a: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        all(a, "median", 0, heap)
    }

    fn min<'v>(#[starlark(require = pos)] a: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        all(a, "min", 0, heap)
    }

    fn max<'v>(#[starlark(require = pos)] a: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        all(a, "max", 0, heap)
    }

    fn std<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = named, default = 0)] ddof: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        all(a, "std", ddof, heap)
    }

    fn var<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = named, default = 0)] ddof: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        all(a, "var", ddof, heap)
    }
}

#[starlark_module]
fn changes(builder: &mut GlobalsBuilder) {
    fn round<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(default = 0)] decimals: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        each(a, "round", decimals, heap)
    }

    fn around<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(default = 0)] decimals: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        each(a, "round", decimals, heap)
    }

    fn sqrt<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "sqrt", 0, heap)
    }

    fn exp<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "exp", 0, heap)
    }

    fn log<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "log", 0, heap)
    }

    fn log2<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "log2", 0, heap)
    }

    fn log10<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "log10", 0, heap)
    }

    fn floor<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "floor", 0, heap)
    }

    fn ceil<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "ceil", 0, heap)
    }

    fn abs<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        each(x, "abs", 0, heap)
    }
}
