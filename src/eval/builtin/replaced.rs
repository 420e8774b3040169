//! `.replace(...)` of columns and sheets: other values in the place of some.
//!
//! Owns which ways of saying so there are. It does not know where the cells are from.

use super::frame::{cells_of, plain_of};
use super::sheet::is_empty;
use crate::eval::fault::fault;
use crate::value::Val;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::{Heap, Value};

/// What is replaced, and by what.
pub(super) struct Replaced {
    pairs: Vec<(Val, Val)>,
    /// Whether what is replaced are regular expressions.
    by_pattern: bool,
}

impl Replaced {
    /// Of a dict, of two values, or of lists of them.
    pub(super) fn of<'v>(
        old: Value<'v>,
        new: Option<Value<'v>>,
        by_pattern: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Replaced> {
        if let (Some(dict), None) = (DictRef::from_value(old), new) {
            let pair = |(old, new)| Ok((plain_of(old, heap)?, plain_of(new, heap)?));
            return Ok(Replaced { pairs: dict.iter().map(pair).collect::<starlark::Result<_>>()?, by_pattern });
        }
        let new = new.ok_or_else(|| fault("`replace` wants what is put in the place, or a dict"))?;
        let pairs = match (cells_of(old), cells_of(new)) {
            (Some(old), Some(new)) if old.len() == new.len() => old.into_iter().zip(new).collect(),
            (_, Some(_)) => return Err(fault("`replace` wants as many new values as old ones")),
            (Some(old), None) => {
                let new = plain_of(new, heap)?;
                old.into_iter().map(|old| (old, new.clone())).collect()
            }
            (None, None) => vec![(plain_of(old, heap)?, plain_of(new, heap)?)],
        };
        Ok(Replaced { pairs, by_pattern })
    }

    /// What stands in the place of a cell.
    pub(super) fn cell(&self, cell: &Val, eval: &mut Evaluator) -> starlark::Result<Val> {
        if self.by_pattern {
            return self.substituted(cell, eval);
        }
        let same =
            |old: &Val| (is_empty(old) && is_empty(cell)) || number(old).is_some_and(|n| number(cell) == Some(n));
        let found = self.pairs.iter().find(|(old, _)| old == cell || same(old));
        Ok(found.map_or_else(|| cell.clone(), |(_, new)| new.clone()))
    }

    fn substituted(&self, cell: &Val, eval: &mut Evaluator) -> starlark::Result<Val> {
        let mut text = match cell {
            Val::Str(text) => text.to_string(),
            other => return Ok(other.clone()),
        };
        for (pattern, new) in &self.pairs {
            text = substituted(&pattern.display(), &new.display(), &text, eval)?;
        }
        Ok(Val::str(text))
    }
}

/// `re.sub(pattern, new, text)`.
pub(super) fn substituted(pattern: &str, new: &str, text: &str, eval: &mut Evaluator) -> starlark::Result<String> {
    let heap = eval.heap();
    let args = [pattern, new, text].map(|text| heap.alloc_str(text).to_value());
    Ok(of_re("sub", &args, eval)?.to_str())
}

/// A function of `re`.
pub(super) fn of_re<'v>(
    name: &str,
    args: &[Value<'v>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let function = super::global("re").and_then(|re| re.get_attr(name, eval.heap()).ok().flatten());
    let function = function.ok_or_else(|| fault(format!("there is no `re.{name}`")))?;
    eval.eval_function(function, args, &[])
}

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        Val::Bool(b) => Some(f64::from(u8::from(*b))),
        _ => None,
    }
}
