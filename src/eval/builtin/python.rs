//! Built-ins of Python that Starlark lacks.

use super::class::{iterated, method, operate};
use super::numpy;
use super::reading;
use crate::eval::convert::elements;
use crate::eval::depth::Step;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use crate::eval::limits;
use crate::eval::show;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, UnpackValue, Value};

/// Additions between two looks at the limits.
const SPAN: usize = 1 << 16;

/// Rounds half to even, as Python does.
fn round_even(x: f64) -> f64 {
    let floor = x.floor();
    match x - floor {
        d if d < 0.5 => floor,
        d if d > 0.5 => floor + 1.0,
        _ if floor % 2.0 == 0.0 => floor,
        _ => floor + 1.0,
    }
}

/// A sum of floats, and what was lost of it by rounding.
#[derive(Default)]
struct Floats {
    sum: f64,
    lost: f64,
    runs: bool,
}

impl Floats {
    /// Adds a number to a sum if one of the two is a float, as Python does since 3.12.
    fn takes(&mut self, total: Value, item: Value) -> bool {
        let is_float = |value: Value| value.get_type() == "float";
        let of = |value: Value| {
            let number = UnpackFloat::unpack_value(value).ok().flatten();
            number.filter(|_| is_float(value) || value.get_type() == "int").map(|number| number.0)
        };
        let (Some(sum), Some(item), true) = (of(total), of(item), is_float(total) || is_float(item)) else {
            return false;
        };
        if !self.runs {
            *self = Floats { sum, lost: 0.0, runs: true };
        }
        let next = self.sum + item;
        self.lost += if self.sum.abs() >= item.abs() { (self.sum - next) + item } else { (item - next) + self.sum };
        self.sum = next;
        true
    }

    /// The sum with what was lost, where it was one of floats.
    fn ended<'v>(&mut self, total: Value<'v>, heap: Heap<'v>) -> Value<'v> {
        let Floats { sum, lost, runs } = std::mem::take(self);
        match runs {
            true if lost.is_finite() => heap.alloc(sum + lost),
            true => heap.alloc(sum),
            false => total,
        }
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn sum<'v>(
        #[starlark(require = pos)] items: Value<'v>,
        #[starlark(default = NoneOr::None)] start: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let items = iterated(items, eval)?;
        let heap = eval.heap();
        let start = start.into_option().unwrap_or_else(|| heap.alloc(0));
        let mut total = start;
        let mut floats = Floats::default();
        for (at, item) in items.iterate(heap)?.enumerate() {
            // As in Python, where a bool is a number.
            let item = item.unpack_bool().map_or(item, |truth| heap.alloc(i32::from(truth)));
            if floats.takes(total, item) {
                total = heap.alloc(floats.sum);
                continue;
            }
            total = floats.ended(total, heap);
            total = match method(total, "__add__").or_else(|| method(item, "__radd__")) {
                Some(_) => operate(total, "+", item, eval)?,
                None => total.add(item, heap)?,
            };
            if at % SPAN == SPAN - 1 {
                limits::check(eval)?;
            }
        }
        Ok(floats.ended(total, heap))
    }

    fn round<'v>(
        #[starlark(require = pos)] of: Value<'v>,
        #[starlark(default = NoneOr::None)] digits: NoneOr<i32>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let Some(number) = UnpackFloat::unpack_value(of)? else {
            return Err(thrown(
                "TypeError",
                format!("`round` wants a number, not a value of type `{}`", of.get_type()),
            ));
        };
        let digits = digits.into_option();
        let is_whole = of.get_type() == "int";
        if is_whole && digits.is_none_or(|digits| digits >= 0) {
            return Ok(of);
        }
        match digits {
            None if !number.0.is_finite() || number.0.abs() >= 9.2e18 => {
                Err(thrown("OverflowError", format!("`{}` cannot be rounded to a whole number of 64 bits", number.0)))
            }
            None => Ok(heap.alloc(round_even(number.0) as i64)),
            Some(digits) if is_whole => {
                let scale = 10f64.powi(-digits.max(-30));
                Ok(heap.alloc((round_even(number.0 / scale) * scale) as i64))
            }
            Some(digits) => {
                // Python rounds the exact decimal value, which formatting does too.
                let text = format!("{:.*}", digits.clamp(0, 300) as usize, number.0);
                let near = text.parse().unwrap_or(number.0);
                if numpy::is_asked() && near != numpy::rounded(number.0, digits) {
                    return Err(hinted(
                        format!("numpy rounds {} in another way than Python", number.0),
                        "write `np.round(x, n)` for numpy's number, `float(f\"{x:.2f}\")` for Python's",
                    ));
                }
                let scale = 10f64.powi(digits);
                Ok(heap.alloc(if digits < 0 { round_even(number.0 * scale) / scale } else { near }))
            }
        }
    }

    fn callable<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<bool> {
        Ok(value.get_type() == "function" || method(value, "__call__").is_some())
    }
}

/// One of the lists of a `zip`: what is given bit by bit may be there twice.
pub(super) enum Side<'v> {
    Ahead(Value<'v>),
    Listed(Box<dyn Iterator<Item = Value<'v>> + 'v>),
}

impl<'v> Side<'v> {
    pub(super) fn of(list: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Side<'v>> {
        if reading::is_ahead(list) {
            return Ok(Side::Ahead(list));
        }
        let items = iterated(list, eval)?;
        Ok(Side::Listed(Box::new(items.iterate(eval.heap())?)))
    }

    pub(super) fn next(&mut self, heap: Heap<'v>) -> Option<Value<'v>> {
        match self {
            Side::Ahead(list) => reading::next(*list, heap).flatten(),
            Side::Listed(items) => items.next(),
        }
    }
}

/// The texts in lists within one another.
fn flat<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>, out: &mut Vec<Value<'v>>) -> starlark::Result<()> {
    let _step = Step::into_value()?;
    match elements(value, eval.heap()) {
        Some(items) => items.into_iter().try_for_each(|item| flat(item, eval, out)),
        None => {
            let text = show::text(value, eval)?;
            out.push(eval.heap().alloc_str(&text).to_value());
            Ok(())
        }
    }
}

/// Built-ins of Python on lists and sets.
#[starlark_module]
pub(super) fn collections(builder: &mut GlobalsBuilder) {
    fn zip<'v>(
        #[starlark(args)] lists: UnpackTuple<Value<'v>>,
        #[starlark(require = named, default = false)] strict: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let mut lists = lists.items.iter().map(|list| Side::of(*list, eval)).collect::<starlark::Result<Vec<_>>>()?;
        let heap = eval.heap();
        let mut rows = Vec::new();
        loop {
            limits::values(rows.len() as u128)?;
            // One after the other: the longest may be very long.
            let row: Vec<Value> = lists.iter_mut().map_while(|side| side.next(heap)).collect();
            let full = !row.is_empty() && row.len() == lists.len();
            if !full {
                let uneven = !row.is_empty() || lists.iter_mut().any(|list| list.next(heap).is_some());
                if strict && uneven {
                    return Err(thrown("ValueError", "`zip(..., strict=True)` wants lists of one length"));
                }
                return Ok(heap.alloc(AllocList(rows.into_iter().map(AllocTuple))));
            }
            rows.push(row);
        }
    }

    fn flatten<'v>(
        #[starlark(require = pos)] list: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let mut all = Vec::new();
        flat(list, eval, &mut all)?;
        Ok(eval.heap().alloc(AllocList(all)))
    }
}

/// What asks for a version.
#[starlark_module]
pub(super) fn versions(builder: &mut GlobalsBuilder) {
    fn _min_version(#[starlark(require = pos)] _version: &str) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }
}
