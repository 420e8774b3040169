//! When two cells hold the same: what is counted, grouped, joined and sought goes by it.
//!
//! Owns the word that equal cells share, and the order of numbers. Labels, which are
//! compared as texts, are `index`'s; it knows neither columns nor sheets.

use super::sheet::is_empty;
use crate::value::Val;
use std::cmp::Ordering;
use std::fmt::Write;

/// The text that cells share which hold the same: `1`, `1.0` and `True` do, `"1"` does not;
/// and empty cells do.
pub(super) fn word(cell: &Val) -> String {
    let mut out = String::new();
    write(cell, &mut out);
    out
}

fn write(cell: &Val, out: &mut String) {
    match cell {
        Val::Bool(on) => out.push(if *on { '1' } else { '0' }),
        Val::Float(figure) if whole(*figure).is_some() => {
            let _ = write!(out, "{}", whole(*figure).unwrap_or_default());
        }
        empty if is_empty(empty) => out.push_str("nan"),
        Val::List(parts) | Val::Tuple(parts) => {
            out.push('(');
            for part in parts {
                write(part, out);
                out.push(',');
            }
            out.push(')');
        }
        other => out.push_str(&other.repr()),
    }
}

/// Whether two cells that hold something hold the same.
pub(super) fn same(a: &Val, b: &Val) -> bool {
    !is_empty(a) && !is_empty(b) && word(a) == word(b)
}

/// The whole number that a float is.
fn whole(figure: f64) -> Option<i64> {
    (figure.fract() == 0.0 && (-(2_f64.powi(63))..2_f64.powi(63)).contains(&figure)).then_some(figure as i64)
}

/// The order of numbers and bools by size, whole ones without rounding; none of others.
pub(super) fn by_size(a: &Val, b: &Val) -> Option<Ordering> {
    let int = |value: &Val| match value {
        Val::Bool(on) => Some(i64::from(*on)),
        Val::Int(number) => Some(*number),
        _ => None,
    };
    let float = |value: &Val| match value {
        Val::Float(figure) => Some(*figure),
        other => int(other).map(|number| number as f64),
    };
    match (int(a), int(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => float(a).zip(float(b)).map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_by_size_and_texts_by_letters() {
        let cases = [
            (Val::Int(1), Val::Float(1.0), true),
            (Val::Int(1), Val::Bool(true), true),
            (Val::Int(1), Val::str("1"), false),
            (Val::Float(0.0), Val::Float(-0.0), true),
            (Val::Int(i64::MAX), Val::Int(i64::MAX - 1), false),
            (Val::Float(f64::NAN), Val::Float(f64::NAN), false),
            (Val::List(vec![Val::str("a b"), Val::str("c")]), Val::List(vec![Val::str("a"), Val::str("b c")]), false),
            (Val::Tuple(vec![Val::Int(1)]), Val::List(vec![Val::Float(1.0)]), true),
        ];
        for (a, b, want) in cases {
            assert_eq!(same(&a, &b), want, "{} {}", a.repr(), b.repr());
        }
        assert_eq!(word(&Val::None), word(&Val::Float(f64::NAN)));
    }

    #[test]
    fn large_whole_numbers_are_not_rounded() {
        assert_eq!(by_size(&Val::Int(i64::MAX), &Val::Int(i64::MAX - 1)), Some(Ordering::Greater));
        assert_eq!(by_size(&Val::Int(2), &Val::Float(1.5)), Some(Ordering::Greater));
        assert_eq!(by_size(&Val::Int(2), &Val::str("x")), None);
    }
}
