//! What becomes of each cell of a column, of those before it and of its rank, named as in
//! pandas.
//!
//! Owns what these methods take. It does not know what sheets the columns are of.

use super::aligned::beside;
use super::column::Column;
use super::column_counts::number;
use super::column_counts::only_axis;
use super::frame::cell_of;
use super::reckoned::reckoned;
use super::sheet::{NOTHING, compared, is_empty};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::eval::limits;
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::cmp::Ordering;

/// The cells so many places before each one.
fn shifted(column: &Column, periods: i32, fill: &Val) -> Vec<Val> {
    let count = column.values.len() as i64;
    let from = |at: i64| at - i64::from(periods);
    let cell = |at: i64| match usize::try_from(from(at)) {
        Ok(place) if from(at) < count => column.values[place].clone(),
        _ => fill.clone(),
    };
    (0..count).map(cell).collect()
}

/// The error of two cells that an operator makes nothing of.
fn unreckoned(a: &Val, b: &Val) -> starlark::Error {
    match [a, b].into_iter().find(|cell| !matches!(cell, Val::Int(_) | Val::Float(_) | Val::Bool(_))) {
        Some(odd) => thrown("TypeError", format!("{} is not reckoned with here", odd.repr())),
        None => hinted("these numbers are beyond 64 bits", "make them floats first: `.astype(float)`"),
    }
}

/// The greater of two cells, or the less, by what their order is.
fn outer(last: &Val, cell: &Val, changes: Ordering) -> starlark::Result<Val> {
    Ok(if ordered_pair(last, cell)? == changes { cell.clone() } else { last.clone() })
}

/// Each cell by it and what was made of those before it; empty ones are passed over.
fn running(column: &Column, step: impl Fn(&Val, &Val) -> starlark::Result<Val>) -> starlark::Result<Column> {
    let mut last: Option<Val> = None;
    let mut cell = |cell: &Val| {
        if is_empty(cell) {
            return Ok(cell.clone());
        }
        let made = match &last {
            Some(last) => step(last, cell)?,
            None => cell.clone(),
        };
        last = Some(made.clone());
        Ok(made)
    };
    Ok(column.with(column.values.iter().map(&mut cell).collect::<starlark::Result<_>>()?))
}

/// The ranks of the cells that hold something, by the order of them.
fn ranks(column: &Column, method: &str, ascending: bool) -> starlark::Result<Vec<Option<f64>>> {
    let mut order: Vec<usize> = (0..column.values.len()).filter(|at| !is_empty(&column.values[*at])).collect();
    let cell = |at: &usize| &column.values[*at];
    let (numbers, texts) = order.iter().fold((0, 0), |(numbers, texts), at| match cell(at) {
        Val::Str(_) => (numbers, texts + 1),
        Val::Int(_) | Val::Float(_) | Val::Bool(_) => (numbers + 1, texts),
        _ => (numbers + 1, texts + 1),
    });
    if numbers > 0 && texts > 0 {
        return Err(thrown("TypeError", "these cells cannot be put in order"));
    }
    let by = |a: &usize, b: &usize| if ascending { compared(cell(a), cell(b)) } else { compared(cell(b), cell(a)) };
    order.sort_by(by);
    let mut ranks = vec![None; column.values.len()];
    let (mut start, mut dense) = (0, 0.0);
    while start < order.len() {
        let alike = order[start..].iter().take_while(|at| by(at, &order[start]) == Ordering::Equal).count();
        dense += 1.0;
        for (nth, at) in order[start..start + alike].iter().enumerate() {
            ranks[*at] = Some(match method {
                "average" => (2 * start + alike + 1) as f64 / 2.0,
                "min" => (start + 1) as f64,
                "max" => (start + alike) as f64,
                "first" => (start + nth + 1) as f64,
                "dense" => dense,
                other => {
                    return Err(thrown("KeyError", format!("no valid `method` of `rank`: \"{other}\"")));
                }
            });
        }
        start += alike;
    }
    Ok(ranks)
}

/// A bound for each cell; one value may be none.
pub(super) fn bounds(column: &Column, bound: Option<Value>) -> starlark::Result<Option<Vec<Val>>> {
    let Some(bound) = bound else { return Ok(None) };
    if let Some(other) = Column::from_value(bound) {
        return beside(column, other).map(Some);
    }
    let whole = column.values.iter().all(|cell| matches!(cell, Val::Int(_)));
    match cell_of(bound).filter(|cell| cell.items().is_none()) {
        Some(empty) if is_empty(&empty) => Ok(None),
        Some(Val::Float(f)) if whole && f.fract() == 0.0 && f.abs() < 9e15 => {
            Ok(Some(vec![Val::Int(f as i64); column.values.len()]))
        }
        Some(cell) => Ok(Some(vec![cell; column.values.len()])),
        None => {
            Err(hinted("a bound is a number, a text or a column here", "make a column of the list: `pd.Series(…)`"))
        }
    }
}

fn ordered_pair(cell: &Val, bound: &Val) -> starlark::Result<Ordering> {
    if cell.as_str().is_some() != bound.as_str().is_some() {
        return Err(thrown("TypeError", format!("{} and {} cannot be put in order", cell.repr(), bound.repr())));
    }
    Ok(compared(cell, bound))
}

/// A float with so many digits behind the point, half to even as numpy has it.
fn rounded(figure: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals.saturating_abs());
    let (up, down): (f64, f64) = if decimals < 0 { (figure / scale, scale) } else { (figure * scale, 1.0 / scale) };
    let even = up.round_ties_even();
    match (figure.is_finite() && up.is_finite(), decimals < 0) {
        (false, _) => figure,
        (true, true) => even * down,
        (true, false) => even / scale,
    }
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    /// The cells of earlier rows, or of later ones.
    fn shift<'v>(
        this: &Column,
        #[starlark(default = 1)] periods: i32,
        #[starlark(require = named, default = NoneOr::None)] fill_value: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let fill = fill_value.into_option().map(|fill| cell_of(fill).ok_or_else(|| fault("a cell is no such value")));
        Ok(this.filled(shifted(this, periods, &fill.transpose()?.unwrap_or(NOTHING))))
    }

    /// Each cell less that of an earlier row.
    fn diff(this: &Column, #[starlark(default = 1)] periods: i32) -> starlark::Result<Column> {
        let cell = |(cell, before): (&Val, &Val)| match (cell, before) {
            (Val::Bool(a), Val::Bool(b)) => Ok(Val::Bool(a != b)),
            (cell, _) | (_, cell) if cell.as_str().is_some() => {
                Err(thrown("TypeError", format!("{} is no number", cell.repr())))
            }
            _ => match reckoned(cell, "-", before).ok_or_else(|| unreckoned(cell, before))? {
                // What lacks nothing has no gap that makes floats of it.
                Val::Int(less) if periods == 0 => Ok(Val::Float(less as f64)),
                less => Ok(less),
            },
        };
        let before = shifted(this, periods, &NOTHING);
        Ok(this.filled(this.values.iter().zip(&before).map(cell).collect::<starlark::Result<_>>()?))
    }

    fn cumprod(this: &Column) -> starlark::Result<Column> {
        if let Some(odd) = this.values.iter().find(|cell| number(cell).is_err() && !is_empty(cell)) {
            return Err(unreckoned(odd, odd));
        }
        let whole = |cell: &Val| if let Val::Bool(b) = cell { Some(Val::Int(i64::from(*b))) } else { None };
        let bools: Option<Vec<Val>> = this.values.iter().map(whole).collect();
        let of = bools.map_or_else(|| this.clone(), |whole| this.with(whole));
        running(&of, |last, cell| reckoned(last, "*", cell).ok_or_else(|| unreckoned(last, cell)))
    }

    fn cummax(this: &Column) -> starlark::Result<Column> {
        running(this, |last, cell| outer(last, cell, Ordering::Less))
    }

    fn cummin(this: &Column) -> starlark::Result<Column> {
        running(this, |last, cell| outer(last, cell, Ordering::Greater))
    }

    /// The place of each cell in the order of all.
    fn rank(
        this: &Column,
        #[starlark(require = named, default = "average")] method: &str,
        #[starlark(require = named, default = "keep")] na_option: &str,
        #[starlark(require = named, default = true)] ascending: bool,
        #[starlark(require = named, default = false)] pct: bool,
    ) -> starlark::Result<Column> {
        if na_option != "keep" {
            return Err(hinted("`rank` knows `na_option=\"keep\"` here", "fill the empty cells first: `.fillna(…)`"));
        }
        let ranks = ranks(this, method, ascending)?;
        let held = ranks.iter().flatten().count() as f64;
        let most = if method == "dense" { ranks.iter().flatten().fold(0.0_f64, |a, b| a.max(*b)) } else { held };
        let cell = |rank: Option<f64>| rank.map_or(NOTHING, |rank| Val::Float(if pct { rank / most } else { rank }));
        Ok(this.with(ranks.into_iter().map(cell).collect()))
    }

    /// With the bounds in the place of what lies beyond them.
    fn clip<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] lower: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] upper: NoneOr<Value<'v>>,
    ) -> starlark::Result<Column> {
        let (mut lower, mut upper) = (bounds(this, lower.into_option())?, bounds(this, upper.into_option())?);
        if let (Some(low), Some(high)) = (&lower, &upper) {
            let swaps = low.first().zip(high.first()).is_some_and(|(a, b)| compared(a, b).is_gt());
            if swaps && low.windows(2).chain(high.windows(2)).all(|pair| pair[0] == pair[1]) {
                std::mem::swap(&mut lower, &mut upper);
            }
        }
        let mut values = this.values.to_vec();
        for (bounds, beyond) in [(lower, Ordering::Less), (upper, Ordering::Greater)] {
            for (cell, bound) in values.iter_mut().zip(bounds.iter().flatten()) {
                if !is_empty(cell) && !is_empty(bound) && ordered_pair(cell, bound)? == beyond {
                    *cell = bound.clone();
                }
            }
        }
        Ok(this.filled(values))
    }

    fn abs(this: &Column) -> starlark::Result<Column> {
        let cell = |cell: &Val| match cell {
            Val::Int(i) => i.checked_abs().map(Val::Int).ok_or_else(|| fault("this number is beyond 64 bits")),
            Val::Float(f) => Ok(Val::Float(f.abs())),
            Val::Bool(_) | Val::None => Ok(cell.clone()),
            other => Err(thrown("TypeError", format!("{} is no number", other.repr()))),
        };
        Ok(this.with(this.values.iter().map(cell).collect::<starlark::Result<_>>()?))
    }

    fn round(this: &Column, #[starlark(default = 0)] decimals: i32) -> starlark::Result<Column> {
        let cell = |cell: &Val| match cell {
            Val::Int(_) if decimals < 0 => {
                Err(hinted("whole numbers are not rounded to tens here", "make them floats first: `.astype(float)`"))
            }
            Val::Float(f) => Ok(Val::Float(rounded(*f, decimals))),
            Val::Int(_) | Val::Bool(_) | Val::None => Ok(cell.clone()),
            _ => Err(thrown("TypeError", "Expected numeric dtype, got object instead.")),
        };
        Ok(this.with(this.values.iter().map(cell).collect::<starlark::Result<_>>()?))
    }

    /// Each cell so many times, or as often as a list says.
    fn repeat<'v>(this: &Column, repeats: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        let count = |one: Value<'v>| {
            let count = one.unpack_i32().ok_or_else(|| thrown("TypeError", "`repeat` wants whole numbers"))?;
            usize::try_from(count).map_err(|_| thrown("ValueError", "repeats may not contain negative values."))
        };
        let counts = match elements(repeats, heap) {
            Some(counts) => counts.into_iter().map(count).collect::<starlark::Result<Vec<_>>>()?,
            None => vec![count(repeats)?; this.values.len()],
        };
        let counts = if counts.len() == 1 { vec![counts[0]; this.values.len()] } else { counts };
        if counts.len() != this.values.len() {
            return Err(thrown("ValueError", "`repeat` wants one number, or one for each cell"));
        }
        limits::values(counts.iter().map(|count| *count as u128).sum())?;
        let places: Vec<usize> =
            counts.iter().enumerate().flat_map(|(at, count)| std::iter::repeat_n(at, *count)).collect();
        Ok(this.pick(&places))
    }
}

/// The numbers of a column, of which none is empty.
fn numbers(column: &Column) -> starlark::Result<Vec<f64>> {
    column.values.iter().filter(|cell| !is_empty(cell)).map(number).collect()
}

/// How far numbers lie from their mean, squared.
fn variance(column: &Column, ddof: i32, skipna: bool) -> starlark::Result<f64> {
    let numbers = numbers(column)?;
    let (count, free) = (numbers.len() as f64, numbers.len() as f64 - f64::from(ddof));
    if free <= 0.0 || (!skipna && numbers.len() < column.values.len()) {
        return Ok(f64::NAN);
    }
    let mean = numbers.iter().sum::<f64>() / count;
    Ok(numbers.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>() / free)
}

/// The number below which a part of some numbers in order lies, between two of them as numpy has it.
fn quantile_of(sorted: &[f64], part: f64) -> starlark::Result<f64> {
    if !(0.0..=1.0).contains(&part) {
        return Err(thrown("ValueError", "percentiles should all be in the interval [0, 1]"));
    }
    let Some(last) = sorted.len().checked_sub(1) else { return Ok(f64::NAN) };
    let place = part * last as f64;
    let at = place.floor() as usize;
    let (low, high, rest) = (sorted[at], sorted[(at + 1).min(last)], place.fract());
    Ok(if rest < 0.5 { low + (high - low) * rest } else { high - (high - low) * (1.0 - rest) })
}

#[starlark_module]
pub(super) fn spread(builder: &mut MethodsBuilder) {
    fn var<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = 1)] ddof: i32,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<f64> {
        only_axis(axis)?;
        variance(this, ddof, skipna)
    }

    fn std<'v>(
        this: &Column,
        #[starlark(require = named, default = true)] skipna: bool,
        #[starlark(require = named, default = 1)] ddof: i32,
        #[starlark(require = named, default = NoneOr::None)] axis: NoneOr<Value<'v>>,
    ) -> starlark::Result<f64> {
        only_axis(axis)?;
        Ok(variance(this, ddof, skipna)?.sqrt())
    }

    /// The number below which a part of all lies; of a list of parts a column.
    fn quantile<'v>(
        this: &Column,
        #[starlark(default = NoneOr::None)] q: NoneOr<Value<'v>>,
        #[starlark(default = "linear")] interpolation: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if interpolation != "linear" {
            return Err(fault("`quantile` knows `interpolation=\"linear\"` here"));
        }
        let part = |one: Value<'v>| match cell_of(one) {
            Some(cell @ (Val::Float(_) | Val::Int(_))) => number(&cell),
            _ => Err(thrown("TypeError", "`quantile` wants a number between 0 and 1, or a list of them")),
        };
        if this.values.iter().any(|cell| matches!(cell, Val::Bool(_))) {
            return Err(thrown("TypeError", "`quantile` wants numbers, not bools"));
        }
        let mut sorted = numbers(this)?;
        sorted.sort_by(f64::total_cmp);
        match q.into_option().map(|q| (q, elements(q, heap))) {
            None => Ok(heap.alloc(quantile_of(&sorted, 0.5)?)),
            Some((q, None)) => Ok(heap.alloc(quantile_of(&sorted, part(q)?)?)),
            Some((_, Some(parts))) => {
                let parts: Vec<f64> = parts.into_iter().map(part).collect::<starlark::Result<_>>()?;
                let made = parts.iter().map(|part| quantile_of(&sorted, *part).map(Val::Float));
                let made: Vec<Val> = made.collect::<starlark::Result<_>>()?;
                let labels: Vec<Val> = parts.into_iter().map(Val::Float).collect();
                let index = super::index::Index::new(Vec::new(), labels);
                let column = Column::labelled_by(std::sync::Arc::new(index), made);
                Ok(heap.alloc(Column { name: this.name.clone(), ..column }))
            }
        }
    }
}
