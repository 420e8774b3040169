//! `expand`, `collect` and `multiext`.

use super::modules::entries;
use crate::eval::convert::{elements, is_function};
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::mark::{Mark, Marks};
use crate::pattern::Pattern;
use crate::rule::Name;
use crate::suggest::did_you_mean;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::AllocList;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value};

/// A value as the texts it stands for: lists flatten, all else prints.
pub(super) fn texts<'v>(value: Value<'v>, heap: Heap<'v>, out: &mut Vec<(String, Mark)>, marks: Option<&Marks>) {
    if let Some(text) = value.unpack_str() {
        out.push((text.to_owned(), marks.map(|m| m.get(text)).unwrap_or_default()));
    } else if let Some(dict) = DictRef::from_value(value) {
        dict.keys().for_each(|v| texts(v, heap, out, marks));
    } else if let Some(items) = elements(value, heap) {
        items.into_iter().for_each(|v| texts(v, heap, out, marks));
    } else if let Some(files) = Files::from_value(value) {
        out.extend(files.texts().map(|t| (t.to_owned(), files.mark.clone())));
    } else {
        out.push((value.to_str(), Mark::default()));
    }
}

/// The values of one wildcard.
struct Column<'a> {
    name: &'a str,
    values: Vec<String>,
    /// The same with doubled braces; empty if no value has any.
    doubled: Vec<String>,
}

impl<'a> Column<'a> {
    fn new(name: &'a str, values: Vec<String>) -> Self {
        let double = |v: &String| v.replace('{', "{{").replace('}', "}}");
        let odd = values.iter().any(|v| v.contains(['{', '}']));
        let doubled = if odd { values.iter().map(double).collect() } else { Vec::new() };
        Column { name, values, doubled }
    }

    fn get(&self, i: usize, doubled: bool) -> &str {
        self.doubled.get(i).filter(|_| doubled).unwrap_or(&self.values[i])
    }
}

/// Whether what a pattern becomes is a pattern again.
fn has_wildcards_left(pattern: &Pattern, used: &[Option<&Column>]) -> bool {
    let mut rest = String::new();
    pattern.fill(&mut rest, |_| "");
    rest.contains('{') || used.iter().any(Option::is_none)
}

#[derive(Clone, Copy, PartialEq)]
enum Combine {
    Product,
    Zip,
}

fn combinator(value: Option<&Value>) -> starlark::Result<Combine> {
    let Some(value) = value else { return Ok(Combine::Product) };
    match value.to_str().as_str() {
        text if text.contains("zip") => Ok(Combine::Zip),
        text if text.contains("product") => Ok(Combine::Product),
        _ => Err(hinted(
            "the second argument of `expand` is how to combine: `zip`, or nothing for all combinations",
            "give several patterns as a list: `expand([\"a{x}\", \"b{x}\"], x=...)`",
        )),
    }
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
        let rows = match self.combine {
            Combine::Product => used.iter().flatten().map(|c| c.values.len()).product(),
            Combine::Zip => used.iter().flatten().map(|c| c.values.len()).min().unwrap_or(1),
        };
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
                return Err(hinted(format!("`expand` has no values for `{name}` in `{}`", pattern.text()), hint));
            }
            Ok(found)
        };
        pattern.names().iter().map(|n| column(n)).collect()
    }
}

fn expand_all<'v>(
    patterns: Value<'v>,
    combine: &[Value<'v>],
    named: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    if named.values().any(|v| waits(*v, eval.heap())) {
        return later(patterns, combine, named, eval);
    }
    let marks = Marks::of(eval);
    let heap = eval.heap();
    let mut allow_missing = false;
    let mut columns = Vec::new();
    for (name, value) in &named {
        if name == "allow_missing" {
            allow_missing = value.to_bool();
            continue;
        }
        let mut values = Vec::new();
        texts(*value, heap, &mut values, None);
        columns.push(Column::new(name, values.into_iter().map(|(t, _)| t).collect()));
    }
    let expansion = Expansion { columns: &columns, combine: combinator(combine.first())?, allow_missing };
    let mut all = Vec::new();
    texts(patterns, heap, &mut all, marks);
    let mut out: Vec<Value> = Vec::new();
    for (pattern, mark) in &all {
        if mark.literal {
            out.push(alloc(pattern, mark.clone(), marks, heap));
            continue;
        }
        let mark = |literal| Mark { literal, ..mark.clone() };
        expansion.fill(pattern, &mut |text, literal| out.push(alloc(text, mark(literal), marks, heap)))?;
    }
    Ok(heap.alloc(AllocList(out)))
}

/// A path whose braces stand for themselves, as a value.
pub(super) fn literal<'v>(text: &str, mark: Mark, marks: Option<&Marks>, heap: Heap<'v>) -> Value<'v> {
    alloc(text, Mark { literal: text.contains(['{', '}']), ..mark }, marks, heap)
}

/// Whether values are known only when the job is.
fn waits<'v>(value: Value<'v>, heap: Heap<'v>) -> bool {
    is_function(value) || elements(value, heap).is_some_and(|items| items.into_iter().any(is_function))
}

/// An input function that expands once it has the wildcards.
fn later<'v>(
    patterns: Value<'v>,
    combine: &[Value<'v>],
    named: SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let global = |name: &str| super::globals().iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_value());
    let (partial, expand) = (global("partial"), global("_expand_later"));
    let heap = eval.heap();
    let arguments = [
        expand.expect("a global"),
        patterns,
        heap.alloc(AllocList(combine.iter().copied())),
        heap.alloc(AllocDict(named)),
    ];
    eval.eval_function(partial.expect("a global"), &arguments, &[])
}

/// What a function of the wildcards gives, or the value itself.
fn now<'v>(value: Value<'v>, wildcards: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    if is_function(value) {
        return eval.eval_function(value, &[wildcards], &[]);
    }
    let heap = eval.heap();
    if !waits(value, heap) {
        return Ok(value);
    }
    let items = elements(value, heap).unwrap_or_default();
    let items = items.into_iter().map(|v| now(v, wildcards, eval)).collect::<starlark::Result<Vec<_>>>()?;
    Ok(heap.alloc(AllocList(items)))
}

/// A path as a value, marked where marks are kept.
pub(super) fn alloc<'v>(text: &str, mark: Mark, marks: Option<&Marks>, heap: Heap<'v>) -> Value<'v> {
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

    fn _expand_later<'v>(
        #[starlark(require = pos)] patterns: Value<'v>,
        #[starlark(require = pos)] combine: Value<'v>,
        #[starlark(require = pos)] named: Value<'v>,
        #[starlark(require = pos)] wildcards: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let mut known = SmallMap::new();
        for (name, value) in entries(named) {
            known.insert(name, now(value, wildcards, eval)?);
        }
        let combine = elements(combine, eval.heap()).unwrap_or_default();
        expand_all(patterns, &combine, known, eval)
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
        let all = extensions.items.iter().map(|e| alloc(&format!("{prefix}{e}"), mark.clone(), marks, heap));
        Ok(heap.alloc(AllocList(all.collect::<Vec<_>>())))
    }
}
