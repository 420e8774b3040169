//! What becomes of the paths that an input function gives.
//!
//! Owns that pathvars are filled, paths of a module moved, and wildcards filled, in
//! this order, and which paths are left as they are. It calls nothing.

use super::convert::elements;
use super::deferred::Deferred;
use super::fault::{fault, hinted};
use super::files::Files;
use super::function::Gave;
use super::mark::{Mark, Marks};
use super::pure_path::path_text;
use super::rewrite::{PathvarError, Placing};
use crate::pattern::Pattern;
use crate::value::Val;
use starlark::values::dict::DictRef;
use starlark::values::structs::StructRef;
use starlark::values::{Heap, Value};
use std::borrow::Cow;

/// The marks of every string in a value, in order and but for keys.
fn leaves<'v>(value: Value<'v>, heap: Heap<'v>, marks: &Marks, out: &mut Vec<Mark>) {
    if let Some(text) = value.unpack_str() {
        out.push(marks.get(text));
    } else if path_text(value).is_some() {
        out.push(Mark::default());
    } else if let Some(items) = elements(value, heap) {
        items.into_iter().for_each(|v| leaves(v, heap, marks, out));
    } else if let Some(dict) = DictRef::from_value(value) {
        dict.values().for_each(|v| leaves(v, heap, marks, out));
    } else if let Some(fields) = StructRef::from_value(value) {
        fields.iter().for_each(|(_, v)| leaves(v, heap, marks, out));
    } else if let Some(files) = Files::from_value(value) {
        out.extend(files.texts().map(|_| files.mark));
    }
}

/// What is known of a call whose result is settled.
pub(super) struct Settling<'a> {
    pub(super) placing: Option<&'a Placing>,
    pub(super) deferred: &'a Deferred<'a>,
    pub(super) wildcards: &'a [(&'a str, &'a str)],
}

/// What a function gave, with its paths as the rest of the Rulefile sees them.
///
/// # Errors
/// A pathvar without a value.
pub(super) fn settled<'v>(
    mut plain: Val,
    value: Value<'v>,
    settling: &Settling<'_>,
    heap: Heap<'v>,
) -> starlark::Result<Gave> {
    let marks = &settling.deferred.marks;
    let moves = settling.placing.is_some_and(|placing| !placing.rewrites.is_empty());
    let mut found = Vec::new();
    if moves || !marks.is_empty() {
        leaves(value, heap, marks, &mut found);
    }
    settling.paths(&mut plain, &mut found.iter())?;
    let marks = found.into_iter().map(|mark| mark.flags).collect();
    Ok(Gave { value: plain, marks })
}

impl Settling<'_> {
    fn paths(&self, value: &mut Val, marks: &mut std::slice::Iter<'_, Mark>) -> starlark::Result<()> {
        match value {
            Val::Str(text) | Val::Path(text) => self.path(text, marks.next().copied().unwrap_or_default())?,
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                items.iter_mut().try_for_each(|v| self.paths(v, marks))?;
            }
            Val::Dict(entries) => entries.iter_mut().try_for_each(|(_, v)| self.paths(v, marks))?,
            // A table's texts have no marks; those of others have, though they stay as they are.
            Val::Object(object) if object.maker != "pandas.DataFrame" => self.paths(&mut object.plain, marks)?,
            _ => {}
        }
        Ok(())
    }

    /// Pathvars are filled; a path that is none of the whole book is moved; wildcards
    /// are filled, but where braces stand for themselves.
    fn path(&self, text: &mut Box<str>, mark: Mark) -> starlark::Result<()> {
        if let Some(placing) = self.placing {
            if let Cow::Owned(filled) = placing.fill(text).map_err(|error| unfilled(error, text))? {
                *text = filled.into();
            }
            if !mark.placed
                && !self.deferred.is_told(text)
                && let Cow::Owned(moved) = placing.rewrites.apply(text)
            {
                *text = moved.into();
            }
        }
        if !mark.literal
            && let Some(filled) = filled(text, self.wildcards)
        {
            *text = filled.into();
        }
        Ok(())
    }
}

fn unfilled(error: PathvarError, path: &str) -> starlark::Error {
    let (message, hint) = error.words(path);
    let message = format!("{message}, in the path `{path}` that this function gives");
    hint.map_or_else(|| fault(message.clone()), |hint| hinted(message.clone(), hint))
}

/// A pattern with values; none for a text without wildcards, and where one of its
/// names is none of these: then it is a path with braces.
fn filled(text: &str, wildcards: &[(&str, &str)]) -> Option<String> {
    let pattern = (text.contains('{') && !wildcards.is_empty()).then(|| Pattern::parse(text).ok()).flatten()?;
    if pattern.names().is_empty() {
        return None;
    }
    let mut out = String::new();
    let value = |name: &str| wildcards.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    pattern.fill_with(&mut out, &value).ok()?;
    Some(out)
}
