//! `.replace(...)` of columns and sheets: other values in the place of some.
//!
//! Owns which ways of saying so there are. It does not know where the cells are from.

use super::frame::{cells_of, plain_of};
use super::same::word;
use crate::eval::fault::fault;
use crate::value::Val;
use rustc_hash::FxHashMap;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::{Heap, Value};

/// What is replaced, and by what.
pub(super) enum Replaced {
    /// Cells, by the words that equal ones share.
    Cells(FxHashMap<String, Val>),
    /// What regular expressions match.
    Patterns(Vec<(Val, Val)>),
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
            return Ok(Replaced::pairs(dict.iter().map(pair).collect::<starlark::Result<_>>()?, by_pattern));
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
        Ok(Replaced::pairs(pairs, by_pattern))
    }

    fn pairs(pairs: Vec<(Val, Val)>, by_pattern: bool) -> Replaced {
        if by_pattern {
            return Replaced::Patterns(pairs);
        }
        let mut cells = FxHashMap::default();
        for (old, new) in pairs {
            cells.entry(word(&old)).or_insert(new);
        }
        Replaced::Cells(cells)
    }

    /// What stands in the place of a cell.
    ///
    /// # Errors
    /// If what should be a regular expression is none.
    pub(super) fn cell(&self, cell: &Val, eval: &mut Evaluator) -> starlark::Result<Val> {
        match self {
            Replaced::Cells(cells) => Ok(cells.get(&word(cell)).unwrap_or(cell).clone()),
            Replaced::Patterns(pairs) => {
                let Val::Str(text) = cell else { return Ok(cell.clone()) };
                substituted_all(pairs, text, eval)
            }
        }
    }
}

/// A text with all that patterns match replaced; where a new value is no text, it stands for
/// the whole of one in which its pattern is found.
fn substituted_all(pairs: &[(Val, Val)], old: &str, eval: &mut Evaluator) -> starlark::Result<Val> {
    let mut text = old.to_owned();
    for (pattern, new) in pairs {
        let Some(pattern) = pattern.as_str() else { continue };
        if !is_found(pattern, old, eval)? {
            continue;
        }
        match new.as_str() {
            Some(new) => text = substituted(pattern, new, &text, eval)?,
            None => return Ok(new.clone()),
        }
    }
    Ok(Val::str(text))
}

fn is_found(pattern: &str, text: &str, eval: &mut Evaluator) -> starlark::Result<bool> {
    let heap = eval.heap();
    let args = [pattern, text].map(|text| heap.alloc_str(text).to_value());
    Ok(!of_re("search", &args, eval)?.is_none())
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
