//! What is made of all elements of an array: sums and their like, roots, other kinds.

use super::cells::{Cells, refused, rounded, sum};
use crate::eval::exception::thrown;
use crate::value::Val;
use starlark::values::Value;

/// One value of all elements.
///
/// # Errors
/// If there are none, or they are no numbers.
pub(super) fn reduced(cells: &Cells, how: &str, less: i32) -> starlark::Result<Val> {
    if cells.len() == 0 && how != "sum" {
        return Err(thrown("ValueError", format!("`{how}` of an empty array")));
    }
    if let (Some(ints), "sum" | "min" | "max") = (cells.ints(), how) {
        let bools = matches!(cells, Cells::Bools(_));
        let made = match how {
            "sum" => ints.iter().try_fold(0_i64, |sum, n| sum.checked_add(*n)),
            "min" => ints.iter().copied().min(),
            _ => ints.iter().copied().max(),
        };
        let made = made.ok_or_else(|| refused("this sum is beyond 64 bits"))?;
        return Ok(if bools && how != "sum" { Val::Bool(made != 0) } else { Val::Int(made) });
    }
    let floats = cells.floats()?;
    let count = floats.len() as f64;
    let nan = floats.iter().any(|x| x.is_nan());
    Ok(Val::Float(match how {
        "sum" => 0.0 + sum(&floats),
        "mean" => sum(&floats) / count,
        "median" if nan => f64::NAN,
        "median" => {
            let mut sorted = floats;
            sorted.sort_by(f64::total_cmp);
            let half = sorted.len() / 2;
            if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
        }
        "min" | "max" if nan => f64::NAN,
        "min" => floats.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => floats.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => {
            let mean = sum(&floats) / count;
            let squares: Vec<f64> = floats.iter().map(|x| (x - mean) * (x - mean)).collect();
            let variance = sum(&squares) / (count - f64::from(less)).max(0.0);
            if how == "var" { variance } else { variance.sqrt() }
        }
    }))
}

/// Each element changed.
///
/// # Errors
/// If they are no numbers.
pub(super) fn changed(cells: &Cells, how: &str, digits: i32) -> starlark::Result<Cells> {
    if let (Cells::Ints(ints), "round" | "abs" | "floor" | "ceil") = (cells, how) {
        return match how {
            "abs" => ints.iter().map(|n| n.checked_abs()).collect::<Option<_>>().map(Cells::Ints),
            "round" if digits < 0 => None,
            _ => Some(cells.clone()),
        }
        .ok_or_else(|| refused("this is not served for whole numbers here"));
    }
    if let Cells::Bools(_) = cells {
        return Err(refused(format!("`{how}` of bools is not served here")));
    }
    let change = |x: f64| match how {
        "round" => rounded(x, digits),
        "sqrt" => x.sqrt(),
        "exp" => x.exp(),
        "log" => x.ln(),
        "log2" => x.log2(),
        "log10" => x.log10(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        _ => x.abs(),
    };
    Ok(Cells::Floats(cells.floats()?.into_iter().map(change).collect()))
}

/// Sorted, each once.
///
/// # Errors
/// If some are no numbers.
pub(super) fn unique(cells: &Cells) -> starlark::Result<Cells> {
    Ok(match cells.clone() {
        Cells::Ints(mut cells) => {
            cells.sort_unstable();
            cells.dedup();
            Cells::Ints(cells)
        }
        Cells::Bools(mut cells) => {
            cells.sort_unstable();
            cells.dedup();
            Cells::Bools(cells)
        }
        Cells::Texts(mut cells) => {
            cells.sort_unstable();
            cells.dedup();
            Cells::Texts(cells)
        }
        Cells::Floats(cells) if cells.iter().any(|x| x.is_nan()) => {
            return Err(refused("`np.unique` of `nan` is not served here"));
        }
        Cells::Floats(mut cells) => {
            cells.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            cells.dedup();
            Cells::Floats(cells)
        }
    })
}

/// The elements as another kind: by Python's class or its name.
///
/// # Errors
/// If the kind is not known, or one of them is none.
pub(super) fn as_type(cells: &Cells, kind: Value) -> starlark::Result<Cells> {
    let text = kind.to_str();
    let no_number = |text: &str| thrown("ValueError", format!("`{text}` is no number"));
    Ok(match (text.as_str(), cells) {
        ("int" | "int64", Cells::Floats(cells)) => {
            let whole = |x: &f64| if x.abs() < 9e18 { Ok(x.trunc() as i64) } else { Err(no_number(&x.to_string())) };
            Cells::Ints(cells.iter().map(whole).collect::<starlark::Result<_>>()?)
        }
        ("int" | "int64", Cells::Texts(cells)) => {
            let whole = |text: &str| text.trim().parse().map_err(|_| no_number(text));
            Cells::Ints(cells.iter().map(|text| whole(text)).collect::<starlark::Result<_>>()?)
        }
        ("int" | "int64", cells) => Cells::Ints(cells.ints().unwrap_or_default()),
        ("float" | "float64", Cells::Texts(cells)) => {
            let number = |text: &str| text.trim().parse().map_err(|_| no_number(text));
            Cells::Floats(cells.iter().map(|text| number(text)).collect::<starlark::Result<_>>()?)
        }
        ("float" | "float64", cells) => Cells::Floats(cells.floats()?),
        ("str", cells) => Cells::Texts(cells.vals().iter().map(|cell| cell.text().into()).collect()),
        ("bool", Cells::Ints(cells)) => Cells::Bools(cells.iter().map(|n| *n != 0).collect()),
        ("bool", Cells::Floats(cells)) => Cells::Bools(cells.iter().map(|x| *x != 0.0).collect()),
        ("bool", Cells::Bools(_)) => cells.clone(),
        _ => return Err(refused(format!("an array as `{text}` is not served here"))),
    })
}
