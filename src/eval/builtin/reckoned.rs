//! Two cells by an operator: sums, differences and the rest.
//!
//! Owns what pandas makes of texts, numbers, bools and empty cells. It does not know what
//! columns they are of.

use super::sheet::is_empty;
use crate::value::Val;

/// The sum of two cells: texts are joined, and with an empty cell there is none.
pub(super) fn added(a: &Val, b: &Val) -> Option<Val> {
    match (a, b) {
        (empty, _) | (_, empty) if is_empty(empty) => Some(empty.clone()),
        (Val::Bool(a), Val::Bool(b)) => Some(Val::Bool(*a || *b)),
        (Val::Bool(a), b) if !matches!(b, Val::Bool(_)) => added(&Val::Int((*a).into()), b),
        (a, Val::Bool(b)) if !matches!(a, Val::Bool(_)) => added(a, &Val::Int((*b).into())),
        (Val::Str(a), Val::Str(b)) => Some(Val::str(format!("{a}{b}"))),
        (Val::Int(a), Val::Int(b)) => a.checked_add(*b).map(Val::Int),
        (Val::Int(a), Val::Float(b)) | (Val::Float(b), Val::Int(a)) => Some(Val::Float(*a as f64 + b)),
        (Val::Float(a), Val::Float(b)) => Some(Val::Float(a + b)),
        _ => None,
    }
}

/// Two cells by an operator for numbers: with an empty cell there is none.
pub(super) fn reckoned(a: &Val, operator: &str, b: &Val) -> Option<Val> {
    let whole = |value: &Val| match value {
        Val::Int(i) => Some(*i),
        Val::Bool(b) => Some(i64::from(*b)),
        _ => None,
    };
    let number = |value: &Val| match value {
        Val::Float(f) => Some(*f),
        other => whole(other).map(|i| i as f64),
    };
    if let Some(empty) = [a, b].into_iter().find(|cell| is_empty(cell)) {
        return Some(empty.clone());
    }
    let (x, y) = (number(a)?, number(b)?);
    match (whole(a), whole(b), operator) {
        (Some(x), Some(y), "-") => x.checked_sub(y).map(Val::Int),
        (Some(x), Some(y), "*") => x.checked_mul(y).map(Val::Int),
        (Some(x), Some(y), "//") if y != 0 => {
            let down = i64::from(x.wrapping_rem(y) != 0 && (x < 0) != (y < 0));
            x.checked_div(y)?.checked_sub(down).map(Val::Int)
        }
        (Some(x), Some(y), "%") if y != 0 => {
            let rest = x.wrapping_rem(y);
            Some(Val::Int(if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }))
        }
        (_, _, "-") => Some(Val::Float(x - y)),
        (_, _, "*") => Some(Val::Float(x * y)),
        (_, _, "/") => Some(Val::Float(x / y)),
        (_, _, "//") => Some(Val::Float((x / y).floor())),
        (_, _, "%") => Some(Val::Float(x - y * (x / y).floor())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_parted_downwards_and_never_overflow() {
        let int = |a: i64, operator: &str, b: i64| reckoned(&Val::Int(a), operator, &Val::Int(b));
        assert_eq!(int(-7, "//", 2), Some(Val::Int(-4)));
        assert_eq!(int(-7, "%", 2), Some(Val::Int(1)));
        assert_eq!(int(7, "%", -3), Some(Val::Int(-2)));
        assert_eq!(int(i64::MIN, "//", -1), None);
        assert_eq!(int(i64::MIN, "%", -1), Some(Val::Int(0)));
        assert_eq!(added(&Val::Int(i64::MAX), &Val::Int(1)), None);
        assert_eq!(added(&Val::Bool(true), &Val::Int(1)), Some(Val::Int(2)));
    }
}
