//! What an array holds, and how numpy reckons with it.
//!
//! Pure: it knows numbers and texts, and no values of the Rulefile but to read them.

use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use crate::value::Val;
use starlark::values::float::UnpackFloat;
use starlark::values::{Heap, UnpackValue, Value};

use super::array::Array;

/// Elements of one kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
    Texts(Vec<Box<str>>),
}

/// What is not served, with the way out.
pub(super) fn refused(why: impl Into<String>) -> starlark::Error {
    let hint = "write it with lists, or use numpy in a Python file for `pyload(\"FILE.py\")`";
    hinted(why, hint)
}

/// Of a value that is no list: one element.
fn scalar(value: Value) -> starlark::Result<Option<Cells>> {
    if let Some(text) = value.unpack_str() {
        return Ok(Some(Cells::Texts(vec![text.into()])));
    }
    if let Some(bool) = value.unpack_bool() {
        return Ok(Some(Cells::Bools(vec![bool])));
    }
    if let Some(int) = i64::unpack_value(value)? {
        return Ok(Some(Cells::Ints(vec![int])));
    }
    Ok(UnpackFloat::unpack_value(value)?.map(|float| Cells::Floats(vec![float.0])))
}

impl Cells {
    /// The elements of an array or a list; of one number or text, that alone, and
    /// whether it is one.
    ///
    /// # Errors
    /// If numpy would make something else of it than one row of one kind.
    pub(super) fn of<'v>(value: Value<'v>, heap: Heap<'v>) -> starlark::Result<(Cells, bool)> {
        if let Some(array) = Array::from_value(value) {
            return Ok((array.cells.as_ref().clone(), false));
        }
        if let Some(one) = scalar(value)? {
            return Ok((one, true));
        }
        let kind = value.get_type();
        let Some(items) = elements(value, heap).filter(|_| !matches!(kind, "set" | "frozenset")) else {
            return Err(refused(format!("an array of a value of type `{kind}` is not served here")));
        };
        let mut whole: Option<Cells> = None;
        for item in items {
            let Some(one) = scalar(item)? else {
                return Err(refused("arrays of one row of numbers, bools or texts are served here, and no others"));
            };
            whole = Some(match whole {
                None => one,
                Some(before) => before.joined(one)?,
            });
        }
        // Of nothing, numpy makes floats.
        Ok((whole.unwrap_or(Cells::Floats(Vec::new())), false))
    }

    /// With others behind.
    ///
    /// # Errors
    /// If the kinds have nothing in common.
    pub(super) fn joined(self, other: Cells) -> starlark::Result<Cells> {
        Ok(match (self, other) {
            (Cells::Ints(a), Cells::Ints(b)) => Cells::Ints([a, b].concat()),
            (Cells::Bools(a), Cells::Bools(b)) => Cells::Bools([a, b].concat()),
            (Cells::Texts(a), Cells::Texts(b)) => Cells::Texts([a, b].concat()),
            (a @ (Cells::Ints(_) | Cells::Floats(_)), b @ (Cells::Ints(_) | Cells::Floats(_))) => {
                Cells::Floats([a.floats()?, b.floats()?].concat())
            }
            _ => return Err(refused("an array of unlike values is not served here")),
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Cells::Ints(cells) => cells.len(),
            Cells::Floats(cells) => cells.len(),
            Cells::Bools(cells) => cells.len(),
            Cells::Texts(cells) => cells.len(),
        }
    }

    pub(super) fn one(&self, at: usize) -> Val {
        match self {
            Cells::Ints(cells) => Val::Int(cells[at]),
            Cells::Floats(cells) => Val::Float(cells[at]),
            Cells::Bools(cells) => Val::Bool(cells[at]),
            Cells::Texts(cells) => Val::Str(cells[at].clone()),
        }
    }

    pub(super) fn vals(&self) -> Vec<Val> {
        (0..self.len()).map(|at| self.one(at)).collect()
    }

    /// Those at some places.
    pub(super) fn at(&self, places: &[usize]) -> Cells {
        match self {
            Cells::Ints(cells) => Cells::Ints(places.iter().map(|at| cells[*at]).collect()),
            Cells::Floats(cells) => Cells::Floats(places.iter().map(|at| cells[*at]).collect()),
            Cells::Bools(cells) => Cells::Bools(places.iter().map(|at| cells[*at]).collect()),
            Cells::Texts(cells) => Cells::Texts(places.iter().map(|at| cells[*at].clone()).collect()),
        }
    }

    /// All as floats.
    ///
    /// # Errors
    /// If they are texts.
    pub(super) fn floats(&self) -> starlark::Result<Vec<f64>> {
        Ok(match self {
            Cells::Ints(cells) => cells.iter().map(|n| *n as f64).collect(),
            Cells::Floats(cells) => cells.clone(),
            Cells::Bools(cells) => cells.iter().map(|b| f64::from(u8::from(*b))).collect(),
            Cells::Texts(_) => return Err(refused("numpy reckons with numbers, and these are texts")),
        })
    }

    /// Whole numbers, where all are; bools count as such.
    pub(super) fn ints(&self) -> Option<Vec<i64>> {
        match self {
            Cells::Ints(cells) => Some(cells.clone()),
            Cells::Bools(cells) => Some(cells.iter().map(|b| i64::from(*b)).collect()),
            _ => None,
        }
    }
}

/// Two rows side by side; one element stands for as many as the other has.
fn paired<A: Clone, B>(
    left: &[A],
    right: &[A],
    mut make: impl FnMut(&A, &A) -> starlark::Result<B>,
) -> starlark::Result<Vec<B>> {
    let len = match (left.len(), right.len()) {
        (1, len) | (len, 1) => len,
        (a, b) if a == b => a,
        (a, b) => {
            let why = format!("operands could not be broadcast together with shapes ({a},) ({b},)");
            return Err(thrown("ValueError", why));
        }
    };
    let of = |cells: &[A], at: usize| cells[if cells.len() == 1 { 0 } else { at }].clone();
    (0..len).map(|at| make(&of(left, at), &of(right, at))).collect()
}

/// `a OP b`, element by element.
///
/// # Errors
/// If the kinds or the lengths do not fit, or the result is no number of 64 bits.
pub(super) fn operated(left: &Cells, operator: &str, right: &Cells) -> starlark::Result<Cells> {
    if let (Cells::Bools(a), Cells::Bools(b)) = (left, right) {
        return Ok(Cells::Bools(paired(a, b, |a, b| {
            Ok(match operator {
                "&" => a & b,
                "|" => a | b,
                "^" => a ^ b,
                _ => return Err(refused(format!("`{operator}` of two arrays of bools is not served here"))),
            })
        })?));
    }
    if matches!(operator, "&" | "|" | "^") {
        return Err(refused(format!("`{operator}` is served for arrays of bools alone")));
    }
    if let (Some(a), Some(b), true) = (left.ints(), right.ints(), operator != "/") {
        return paired(&a, &b, |a, b| whole(*a, operator, *b)).map(Cells::Ints);
    }
    paired(&left.floats()?, &right.floats()?, |a, b| broken(*a, operator, *b)).map(Cells::Floats)
}

fn whole(a: i64, operator: &str, b: i64) -> starlark::Result<i64> {
    let made = match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "//" | "%" if b == 0 => return Err(refused("numpy gives 0 for a division by zero, with a warning")),
        "//" => a.checked_div(b).map(|n| n - i64::from(a % b != 0 && (a < 0) != (b < 0))),
        "%" => a.checked_rem(b).map(|n| if n != 0 && (n < 0) != (b < 0) { n + b } else { n }),
        "**" if b < 0 => {
            return Err(thrown("ValueError", "Integers to negative integer powers are not allowed."));
        }
        _ => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
    };
    made.ok_or_else(|| refused("this number is beyond 64 bits, and numpy would wrap it around"))
}

fn broken(a: f64, operator: &str, b: f64) -> starlark::Result<f64> {
    Ok(match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "**" => a.powf(b),
        _ if b == 0.0 || !a.is_finite() || !b.is_finite() => {
            return Err(refused(format!("`{operator}` of what is not finite is not served here")));
        }
        _ => {
            let rest = a % b;
            let down = rest != 0.0 && (rest < 0.0) != (b < 0.0);
            match operator {
                "%" => match (rest, down) {
                    (_, true) => rest + b,
                    (0.0, _) => 0.0_f64.copysign(b),
                    _ => rest,
                },
                _ => {
                    let quotient = (a - rest) / b - f64::from(u8::from(down));
                    let floor = quotient.floor();
                    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
                }
            }
        }
    })
}

/// `a < b`, element by element.
///
/// # Errors
/// If the kinds or the lengths do not fit.
pub(super) fn compared(left: &Cells, operator: &str, right: &Cells) -> starlark::Result<Cells> {
    if let (Cells::Texts(a), Cells::Texts(b)) = (left, right) {
        return paired(a, b, |a, b| Ok(holds(operator, a.partial_cmp(b)))).map(Cells::Bools);
    }
    if let (Some(a), Some(b)) = (left.ints(), right.ints()) {
        return paired(&a, &b, |a, b| Ok(holds(operator, a.partial_cmp(b)))).map(Cells::Bools);
    }
    paired(&left.floats()?, &right.floats()?, |a, b| Ok(holds(operator, a.partial_cmp(b)))).map(Cells::Bools)
}

fn holds(operator: &str, order: Option<std::cmp::Ordering>) -> bool {
    match operator {
        "==" => order.is_some_and(|order| order.is_eq()),
        "!=" => order.is_none_or(|order| order.is_ne()),
        "<" => order.is_some_and(|order| order.is_lt()),
        "<=" => order.is_some_and(|order| order.is_le()),
        ">" => order.is_some_and(|order| order.is_gt()),
        _ => order.is_some_and(|order| order.is_ge()),
    }
}

/// The sum as numpy adds: in eights, and halves of what is long.
pub(super) fn sum(cells: &[f64]) -> f64 {
    if cells.len() < 8 {
        return cells.iter().fold(-0.0, |sum, x| sum + x);
    }
    if cells.len() > 128 {
        let half = cells.len() / 2;
        let (left, right) = cells.split_at(half - half % 8);
        return sum(left) + sum(right);
    }
    let mut eight = [0.0; 8];
    eight.copy_from_slice(&cells[..8]);
    let rows = cells[8..].chunks_exact(8);
    let rest = rows.remainder();
    for row in rows {
        eight.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    let [a, b, c, d, e, f, g, h] = eight;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, x| sum + x)
}

/// Rounded to some digits, as numpy does: by a product and a quotient.
pub(in crate::eval::builtin) fn rounded(x: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits.abs());
    match digits {
        0 => x.round_ties_even(),
        1.. => (x * scale).round_ties_even() / scale,
        _ => (x / scale).round_ties_even() * scale,
    }
}
