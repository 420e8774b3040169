//! `expand` of patterns with formats or parts: `{i:02d}`, `{x!r}`, `{s[name]}`, `{s.path}`.
//!
//! Owns which patterns these are, and the values that their fields are filled from, which
//! are no texts yet.

use super::expand::Combine;
use super::format::{self, Given};
use super::record::Record;
use crate::eval::convert::elements;
use crate::eval::exception::thrown_with;
use crate::eval::files::Files;
use crate::eval::limits;
use crate::eval::show;
use crate::pattern::has_brace;
use crate::syntax::as_written;
use starlark::collections::SmallMap;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};

/// The names in single braces, each with what follows it.
fn fields(pattern: &str) -> Vec<(&str, Option<char>)> {
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(doubled) = rest.strip_prefix('{') {
            rest = doubled;
            continue;
        }
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        rest = &rest[name.len()..];
        found.push((name, rest.chars().next()));
    }
    found
}

/// Whether a pattern has a field that is more than a name.
pub(super) fn has_formats(pattern: &str) -> bool {
    let is_more =
        |(name, after): &(&str, Option<char>)| !name.is_empty() && matches!(after, Some(':' | '!' | '[' | '.'));
    has_brace(pattern) && fields(pattern).iter().any(is_more)
}

/// The values of a name, as they are.
fn values<'v>(given: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
    if let Some(refused) = show::refused(given) {
        return Err(refused);
    }
    if let Some(files) = Files::from_value(given) {
        return Ok(files.texts().map(|text| heap.alloc(text)).collect());
    }
    if let Some(dict) = DictRef::from_value(super::inner(given)) {
        return Ok(dict.keys().collect());
    }
    let single = given.unpack_str().is_some() || Record::from_value(given).is_some();
    Ok(elements(given, heap).filter(|_| !single).unwrap_or_else(|| vec![given]))
}

/// Rows of names and values.
type Rows<'v> = Vec<Vec<(String, Value<'v>)>>;

/// All rows of some columns, the last of which runs fastest; or the columns side by side.
fn combined<'v>(columns: &[(&str, Vec<Value<'v>>)], combine: Combine) -> starlark::Result<Rows<'v>> {
    let lengths = columns.iter().map(|(_, values)| values.len());
    let count = match combine {
        Combine::Product => lengths.fold(1, |rows: u128, length| rows.saturating_mul(length as u128)),
        Combine::Zip => lengths.min().unwrap_or(1) as u128,
    };
    limits::values(count)?;
    let row = |at: usize| {
        let mut left = at;
        let mut row = Vec::with_capacity(columns.len());
        for (name, values) in columns.iter().rev() {
            let place = if combine == Combine::Product { left % values.len() } else { at };
            left /= values.len();
            row.push(((*name).to_owned(), values[place]));
        }
        row
    };
    Ok((0..count as usize).map(row).collect())
}

/// The rows that a function gives for the columns.
fn rows_of<'v>(
    function: Value<'v>,
    columns: &[(&str, Vec<Value<'v>>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Rows<'v>> {
    let heap = eval.heap();
    let pairs = |(name, values): &(&str, Vec<Value<'v>>)| {
        heap.alloc(AllocList(values.iter().map(|value| AllocTuple([heap.alloc(*name), *value]))))
    };
    let lists: Vec<Value> = columns.iter().map(pairs).collect();
    let rows: Vec<Value> = eval.eval_function(function, &lists, &[])?.iterate(heap)?.collect();
    let pair = |pair: Value<'v>| Ok((pair.at(heap.alloc(0), heap)?.to_str(), pair.at(heap.alloc(1), heap)?));
    rows.into_iter().map(|row| row.iterate(heap)?.map(pair).collect()).collect()
}

/// What one pattern becomes: each text, and whether its braces stand for themselves.
///
/// # Errors
/// Those of `expand`, and of formats that do not fit a value.
pub(super) fn expanded<'v>(
    pattern: &str,
    named: &SmallMap<String, Value<'v>>,
    combine: Result<Combine, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Vec<(String, bool)>> {
    let heap = eval.heap();
    let fields = fields(pattern);
    let allows = named.get("allow_missing").is_some_and(|value| value.to_bool());
    let used = named.iter().filter(|(name, _)| fields.iter().any(|(field, _)| *field == as_written(name)));
    let columns = used.map(|(name, value)| Ok((as_written(name), values(*value, heap)?)));
    let columns: Vec<(&str, Vec<Value>)> = columns.collect::<starlark::Result<_>>()?;
    let absent = fields.iter().find(|(field, _)| !field.is_empty() && !columns.iter().any(|(name, _)| name == field));
    if let Some((absent, _)) = absent.filter(|_| !allows) {
        let why = format!("`expand` has no values for `{absent}` in `{pattern}`");
        return Err(thrown_with("WildcardError", why, format!("give `{absent}=...`")));
    }
    let rows = match combine {
        Ok(combine) => combined(&columns, combine)?,
        Err(function) => rows_of(function, &columns, eval)?,
    };
    let stays = absent.is_some() || pattern.contains("{{");
    let fill = |row: Vec<(String, Value<'v>)>| {
        let value = |name: &str| {
            let found = row.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
            found.or_else(|| allows.then(|| heap.alloc(format!("{{{name}}}"))))
        };
        let text = format::filled(pattern, &Given { values: &[], named: &value }, eval)?;
        let literal = has_brace(&text) && !stays;
        Ok((text, literal))
    };
    rows.into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::has_formats;

    #[test]
    fn formats_are_told_from_names() {
        for pattern in ["a{i:02d}", "{x}{s[k]}", "{s.path}", "{n!r}"] {
            assert!(has_formats(pattern), "{pattern}");
        }
        for pattern in ["a", "{x}.{y}", "{{x:y}}", "{x,[a:]}", "x{{a.b}}.{c}"] {
            assert!(!has_formats(pattern), "{pattern}");
        }
    }
}
