//! `expand`, `collect` and `multiext`.

use super::expand_fields::{expanded, has_formats};
use crate::eval::convert::{elements, is_function};
use crate::eval::exception::thrown_with;
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::later::deferred;
use crate::eval::limits;
use crate::eval::mark::{Mark, Marks};
use crate::eval::show;
use crate::pattern::{Pattern, has_brace};
use crate::rule::Name;
use crate::suggest::did_you_mean;
use crate::syntax::as_written;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::DictRef;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, Value};
use std::borrow::Cow;

/// A value as the texts it stands for: lists flatten, all else prints.
///
/// # Errors
/// If it has no value while the Rulefile is read.
pub(super) fn texts<'v>(
    value: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
    out: &mut Vec<(Cow<'v, str>, Mark)>,
    marks: Option<&Marks>,
) -> starlark::Result<()> {
    if let Some(text) = value.unpack_str() {
        out.push((text.into(), marks.map(|m| m.get(text)).unwrap_or_default()));
    } else if let Some(dict) = DictRef::from_value(super::inner(value)) {
        let keys: Vec<Value> = dict.keys().collect();
        drop(dict);
        keys.into_iter().try_for_each(|v| texts(v, eval, out, marks))?;
    } else if let Some(items) = elements(value, eval.heap()) {
        items.into_iter().try_for_each(|v| texts(v, eval, out, marks))?;
    } else if let Some(files) = Files::from_value(value) {
        out.extend(files.texts().map(|t| (t.into(), files.mark)));
    } else if let Some(refused) = show::refused(value) {
        return Err(refused);
    } else {
        out.push((show::text(value, eval)?.into(), Mark::default()));
    }
    Ok(())
}

/// The values of one wildcard.
struct Column<'a> {
    name: &'a str,
    values: Vec<Cow<'a, str>>,
    /// The same with doubled braces; empty if no value has any.
    doubled: Vec<String>,
}

impl<'a> Column<'a> {
    fn new(name: &'a str, values: Vec<Cow<'a, str>>) -> Self {
        let double = |v: &Cow<'a, str>| v.replace('{', "{{").replace('}', "}}");
        let odd = values.iter().any(|v| has_brace(v));
        let doubled = if odd { values.iter().map(double).collect() } else { Vec::new() };
        Column { name, values, doubled }
    }

    fn get(&self, i: usize, doubled: bool) -> &str {
        self.doubled.get(i).filter(|_| doubled).map_or(&self.values[i], String::as_str)
    }
}

/// Whether what a pattern becomes is a pattern again.
fn has_wildcards_left(pattern: &Pattern, used: &[Option<&Column>]) -> bool {
    let mut rest = String::new();
    pattern.fill(&mut rest, |_| "");
    rest.contains('{') || used.iter().any(Option::is_none)
}

/// How values are combined.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Combine {
    Product,
    Zip,
}

/// How values are combined; none if a function of the user's says.
fn combinator(value: Option<&Value>) -> starlark::Result<Option<Combine>> {
    let Some(value) = value else { return Ok(Some(Combine::Product)) };
    match value.to_str().rsplit('.').next() {
        Some("zip") => Ok(Some(Combine::Zip)),
        Some("product") => Ok(Some(Combine::Product)),
        _ if is_function(*value) => Ok(None),
        _ => Err(hinted(
            "the second argument of `expand` is how to combine: `zip`, or nothing for all combinations",
            "give several patterns as a list: `expand([\"a{x}\", \"b{x}\"], x=...)`",
        )),
    }
}

/// The values as a function combines them: it is given a list of pairs of name and
/// value for each name, and gives rows of such pairs.
fn combined<'v>(
    function: Value<'v>,
    named: &SmallMap<String, Value<'v>>,
    columns: &mut [Column<'_>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let heap = eval.heap();
    let pairs = |(name, value): (&String, &Value<'v>)| {
        let values = elements(*value, heap).unwrap_or_else(|| vec![*value]);
        heap.alloc(AllocList(values.into_iter().map(|v| AllocTuple([heap.alloc(as_written(name)), v]))))
    };
    let lists: Vec<Value> = named.iter().filter(|(name, _)| *name != "allow_missing").map(pairs).collect();
    let rows: Vec<Value> = eval.eval_function(function, &lists, &[])?.iterate(heap)?.collect();
    let mut values: Vec<Vec<Cow<str>>> = vec![Vec::new(); columns.len()];
    for row in rows {
        for pair in row.iterate(heap)? {
            let (name, value) = (pair.at(heap.alloc(0), heap)?, pair.at(heap.alloc(1), heap)?);
            let at = columns.iter().position(|c| name.unpack_str() == Some(c.name));
            let at = at.ok_or_else(|| fault("the function that combines gives other names than it was given"))?;
            values[at].push(show::text(value, eval)?.into());
        }
    }
    for (column, values) in columns.iter_mut().zip(values) {
        *column = Column::new(column.name, values);
    }
    Ok(())
}

/// How `expand` fills one pattern.
struct Expansion<'a> {
    columns: &'a [Column<'a>],
    combine: Combine,
    allow_missing: bool,
}

impl Expansion<'_> {
    /// Tells each text and whether its braces stand for themselves: they do
    /// where a value brought some and no wildcard is left. Where some are left,
    /// the braces of values are doubled.
    fn fill(&self, text: &str, emit: &mut dyn FnMut(&str, bool)) -> starlark::Result<()> {
        let pattern = Pattern::parse(text).map_err(|e| {
            let message = format!("`{text}` is no pattern: {}", e.message);
            e.hint.map_or_else(|| fault(message.clone()), |h| hinted(message.clone(), h))
        })?;
        let used = self.used(&pattern)?;
        let lengths = used.iter().flatten().map(|c| c.values.len() as u128);
        let rows = match self.combine {
            Combine::Product => lengths.fold(1, u128::saturating_mul),
            Combine::Zip => lengths.min().unwrap_or(1),
        };
        limits::values(rows)?;
        let mut place = vec![0usize; used.len()];
        // The dimensions in the order the wildcards were given: the last runs fastest.
        let mut order: Vec<usize> = (0..used.len()).filter(|i| used[*i].is_some()).collect();
        order.sort_by_key(|i| self.columns.iter().position(|c| used[*i].is_some_and(|u| std::ptr::eq(u, c))));
        let odd = used.iter().flatten().any(|c| !c.doubled.is_empty());
        let stays = odd && has_wildcards_left(&pattern, &used);
        let mut buffer = String::new();
        for _ in 0..rows {
            buffer.clear();
            pattern.fill(&mut buffer, |i| match used[i] {
                Some(column) => column.get(place[i], stays),
                None => &text[pattern.name_range(&pattern.names()[i])],
            });
            emit(&buffer, odd && !stays);
            self.step(&mut place, &order, &used);
        }
        Ok(())
    }

    fn step(&self, place: &mut [usize], order: &[usize], used: &[Option<&Column>]) {
        for i in order.iter().rev() {
            place[*i] += 1;
            if self.combine == Combine::Product {
                if place[*i] < used[*i].map_or(1, |c| c.values.len()) {
                    return;
                }
                place[*i] = 0;
            }
        }
    }

    /// The column of each wildcard of a pattern; none where it stays.
    fn used(&self, pattern: &Pattern) -> starlark::Result<Vec<Option<&Column<'_>>>> {
        let column = |name: &str| {
            let found = self.columns.iter().find(|c| c.name == name);
            if found.is_none() && !self.allow_missing {
                let hint = did_you_mean(name, self.columns.iter().map(|c| c.name))
                    .unwrap_or_else(|| format!("give `{name}=...`, or write `{{{{{name}}}}}` to keep the wildcard"));
                let why = format!("`expand` has no values for `{name}` in `{}`", pattern.text());
                return Err(thrown_with("WildcardError", why, hint));
            }
            Ok(found)
        };
        pattern.names().iter().map(|n| column(n)).collect()
    }
}

pub(super) fn expand_all<'v>(
    patterns: Value<'v>,
    combine: &[Value<'v>],
    named: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let heap = eval.heap();
    let pairs: Vec<(&str, Value)> = named.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let args: Vec<Value> = std::iter::once(patterns).chain(combine.iter().copied()).collect();
    if pairs.iter().any(|(_, v)| waits_for_values(*v))
        && let Some(later) = deferred("expand", &args, &pairs, true, heap)
    {
        return Ok(later);
    }
    let marks = Marks::of(eval).cloned();
    let marks = marks.as_ref();
    let mut all = Vec::new();
    texts(patterns, eval, &mut all, marks)?;
    unflagged(&all)?;
    // As in Snakemake, where a pattern may have a wildcard of this name.
    let is_wildcard = all.iter().any(|(pattern, _)| pattern.contains("{allow_missing}"));
    let mut allow_missing = false;
    let mut columns = Vec::new();
    for (name, value) in &named {
        if name == "allow_missing" && !is_wildcard {
            allow_missing = value.to_bool();
            continue;
        }
        let mut values = Vec::new();
        texts(*value, eval, &mut values, None)?;
        columns.push(Column::new(as_written(name), values.into_iter().map(|(t, _)| t).collect()));
    }
    let how = match (combinator(combine.first())?, combine.first()) {
        (Some(combine), _) => Ok(combine),
        (None, function) => Err(*function.expect("bug: no function is a product")),
    };
    let plain = all.iter().any(|(pattern, _)| !has_formats(pattern));
    let combine = match how {
        Ok(combine) => combine,
        Err(function) => {
            if plain {
                combined(function, &named, &mut columns, eval)?;
            }
            Combine::Zip
        }
    };
    let expansion = Expansion { columns: &columns, combine, allow_missing };
    let mut out: Vec<Value> = Vec::new();
    for (pattern, mark) in &all {
        if mark.literal {
            out.push(alloc(pattern, *mark, marks, heap));
            continue;
        }
        let mark = |literal| Mark { literal, ..*mark };
        if has_formats(pattern) {
            let texts = expanded(pattern, &named, how, eval)?;
            out.extend(texts.iter().map(|(text, literal)| alloc(text, mark(*literal), marks, heap)));
            continue;
        }
        expansion.fill(pattern, &mut |text, literal| out.push(alloc(text, mark(literal), marks, heap)))?;
    }
    Ok(heap.alloc(AllocList(out)))
}

/// Refuses patterns that were marked before they are expanded; outputs of rules may be.
fn unflagged(patterns: &[(Cow<'_, str>, Mark)]) -> starlark::Result<()> {
    let is_flagged = |mark: &Mark| mark.pin.is_none() && (!mark.flags.is_empty() || mark.extra.is_some());
    match patterns.iter().find(|(_, mark)| is_flagged(mark)) {
        Some((pattern, _)) => Err(hinted(
            format!("the pattern `{pattern}` is marked before it is expanded"),
            "put the mark around all of it: `temp(expand(\"{sample}.bam\", sample=SAMPLES))`",
        )),
        None => Ok(()),
    }
}

/// Whether the values of a wildcard are a function, or some of them are.
fn waits_for_values(value: Value) -> bool {
    is_function(value) || ListRef::from_value(value).is_some_and(|l| l.iter().any(waits_for_values))
}

/// A text with `{name}` and `{name.attribute}` filled from one row.
///
/// # Errors
/// Those of a method that writes an object.
pub(super) fn with_row<'v>(
    text: &str,
    name: &str,
    row: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<String> {
    let heap = eval.heap();
    let mut text = text.to_owned();
    for attribute in row.dir_attr() {
        let field = format!("{{{name}.{attribute}}}");
        if text.contains(&field)
            && let Ok(Some(value)) = row.get_attr(&attribute, heap)
        {
            text = text.replace(&field, &show::text(value, eval)?);
        }
    }
    Ok(text.replace(&format!("{{{name}}}"), &show::text(row, eval)?))
}

/// A path whose braces stand for themselves, as a value.
pub(super) fn literal<'v>(text: &str, mark: Mark, marks: Option<&Marks>, heap: Heap<'v>) -> Value<'v> {
    alloc(text, Mark { literal: has_brace(text), ..mark }, marks, heap)
}

/// A path as a value, marked where marks are kept.
pub(in crate::eval) fn alloc<'v>(text: &str, mark: Mark, marks: Option<&Marks>, heap: Heap<'v>) -> Value<'v> {
    match marks {
        Some(marks) if mark != Mark::default() => marks.alloc(text, mark, heap),
        _ => heap.alloc_str(text).to_value(),
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn expand<'v>(
        #[starlark(require = pos)] patterns: Value<'v>,
        #[starlark(args)] combine: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        expand_all(patterns, &combine.items, named, eval)
    }

    fn collect<'v>(
        #[starlark(require = pos)] patterns: Value<'v>,
        #[starlark(args)] combine: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        expand_all(patterns, &combine.items, named, eval)
    }

    fn multiext<'v>(
        #[starlark(require = pos)] prefix: &str,
        #[starlark(args)] extensions: UnpackTuple<&'v str>,
        #[starlark(kwargs)] named: SmallMap<String, &'v str>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(odd) = extensions.items.iter().chain(named.values()).find(|e| e.contains('/')) {
            return Err(hinted(format!("an extension cannot hold `/`: `{odd}`"), "put directories into the prefix"));
        }
        let marks = Marks::of(eval);
        let mark = marks.map(|m| m.get(prefix)).unwrap_or_default();
        let heap = eval.heap();
        if !extensions.items.is_empty() && !named.is_empty() {
            return Err(fault("the extensions of `multiext` have names all of them, or none"));
        }
        if !named.is_empty() {
            let name = |(i, name): (u32, &String)| Name { name: name.as_str().into(), range: i..i + 1, list: false };
            return Ok(heap.alloc(Files {
                items: named.values().map(|e| format!("{prefix}{e}").into()).collect(),
                names: (0..).zip(named.keys()).map(name).collect(),
                mark,
                marks: marks.cloned().unwrap_or_default(),
                size_of: None,
                brings_names: true,
            }));
        }
        let all = extensions.items.iter().map(|e| alloc(&format!("{prefix}{e}"), mark, marks, heap));
        Ok(heap.alloc(AllocList(all.collect::<Vec<_>>())))
    }
}
