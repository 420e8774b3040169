//! `input:`, `output:`, `log:` and `benchmark:` of a rule.
//!
//! Owns flattening, flags, pins, normalisation and the rules about wildcards.

use super::Assembler;
use crate::diag::{Diag, Kind};
use crate::eval::convert::{called, elements, is_function};
use crate::eval::files::Files;
use crate::eval::given::Slot;
use crate::eval::mark::{Mark, Marks};
use crate::eval::other_inputs::WRAPPED;
use crate::eval::pure_path::path_text;
use crate::eval::python::NeedsPython;
use crate::eval::session::Extra;
use crate::path::normal;
use crate::pattern::{Pattern, has_brace};
use crate::rule::{Flags, Input, InputWhat, Name, Named, Output};
use crate::suggest::did_you_mean;
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::values::structs::StructRef;
use starlark::values::{Heap, Value};
use std::ops::Range;

/// One entry of a flattened section.
enum Piece<'v> {
    Path(&'v str, Mark),
    Function { value: Value<'v>, unpack: bool, flags: Flags },
}

/// Flattens a value; the error is the element that is no path.
fn flatten<'v>(value: Value<'v>, heap: Heap<'v>, marks: &Marks, out: &mut Vec<Piece<'v>>) -> Result<(), Value<'v>> {
    if let Some(text) = path_text(value) {
        out.push(Piece::Path(text, marks.get(text)));
    } else if let Some(items) = elements(value, heap) {
        for item in items {
            flatten(item, heap, marks, out)?;
        }
    } else if let Some(files) = Files::from_value(value) {
        out.extend(files.texts().map(|t| Piece::Path(t, files.mark)));
    } else if is_function(value) {
        out.push(Piece::Function { value, unpack: false, flags: Flags::empty() });
    } else if let Some(value) = called(value, heap) {
        out.push(Piece::Function { value, unpack: false, flags: Flags::empty() });
    } else {
        out.push(wrapped(value).ok_or(value)?);
    }
    Ok(())
}

fn wrapped<'v>(value: Value<'v>) -> Option<Piece<'v>> {
    let fields = StructRef::from_value(value)?;
    let field = |name: &str| fields.iter().find(|(k, _)| k.as_str() == name).map(|(_, v)| v);
    let flags = field(WRAPPED[1])?.unpack_i32()?;
    Some(Piece::Function {
        value: field(WRAPPED[0])?,
        unpack: field(WRAPPED[2])?.unpack_bool()?,
        flags: Flags::from_bits_truncate(flags as u16),
    })
}

/// A file's own marks and those that all have, but for what contradicts.
fn by_default(own: Flags, default: Flags) -> Flags {
    let contrary = Flags::TEMP | Flags::PROTECTED;
    own | if own.intersects(contrary) { default - contrary } else { default }
}

/// Whether a named value counts as a list.
fn is_list<'v>(value: Value<'v>, heap: Heap<'v>) -> bool {
    value.unpack_str().is_none() && (elements(value, heap).is_some() || Files::from_value(value).is_some())
}

/// Marks that mean something on inputs alone.
const FOR_INPUTS: [(Flags, &str); 2] = [(Flags::ANCIENT, "ancient"), (Flags::BEFORE_UPDATE, "before_update")];
/// Marks that mean something on outputs alone. (`directory()` says of an input what is so anyway.)
const FOR_OUTPUTS: [(Flags, &str); 6] = [
    (Flags::TEMP, "temp"),
    (Flags::TOUCH, "touch"),
    (Flags::PROTECTED, "protected"),
    (Flags::PIPE, "pipe"),
    (Flags::SERVICE, "service"),
    (Flags::UPDATE, "update"),
];

impl<'s, 'v> Assembler<'s, '_, 'v, '_, '_> {
    /// The pieces of one entry; a fault leaves it empty.
    fn pieces(&mut self, value: Value<'v>, slot: Slot, key: &str) -> Vec<Piece<'v>> {
        let mut pieces = Vec::new();
        if let Err(odd) = flatten(value, self.eval.heap(), &self.session.marks, &mut pieces) {
            if let Some(python) = NeedsPython::from_value(odd) {
                self.fail(python.refused_at(slot.span()));
                return Vec::new();
            }
            let kind = odd.get_type();
            let diag = Diag::at(slot.span(), format!("`{key}` holds paths, this is a value of type `{kind}`"));
            let hint = match kind {
                "dict" => Some("give its entries by name with `**`, or write an input function under `unpack()`"),
                "NoneType" => Some("write `[]` where there is no file"),
                "int" | "float" => Some("make it a string with `str(x)`"),
                _ => None,
            };
            self.fail(diag.maybe_hint(hint.map(str::to_owned)));
            pieces.clear();
        }
        pieces
    }

    fn empty_path(&mut self, text: &str, key: &str, slot: Slot) -> bool {
        if text.is_empty() {
            self.fail(Diag::at(slot.whole(text), format!("an empty string in `{key}` is no path")));
        }
        let home = key == "output" && text.starts_with("~/");
        if home {
            let diag = Diag::at(slot.whole(text), format!("`~` is not your home directory in `{key}`"));
            self.fail(diag.hint("write the whole path, or a path from here, or take it from `config`"));
        }
        text.is_empty() || home
    }

    pub(super) fn outputs(&mut self, key: &'static str) -> Named<Output> {
        let mut named = Named::default();
        let Some(given) = self.take(key) else { return named };
        for (name, value, slot) in given.iter() {
            let start = named.items.len() as u32;
            for piece in self.pieces(value, slot, key) {
                self.output(piece, key, slot, &mut named.items);
            }
            self.names(name, value, start..named.items.len() as u32, &mut named);
        }
        named
    }

    /// `benchmark:` at most one file.
    pub(super) fn benchmark(&mut self) -> Named<Output> {
        let found = self.outputs("benchmark");
        if found.items.len() > 1
            && let Some(section) = self.decl.section("benchmark")
        {
            self.fail(Diag::at(section.span, "`benchmark` wants one file"));
        }
        found
    }

    /// The names of an entry: its own, or those that `multiext` brings.
    fn names<T>(&self, name: Option<&str>, value: Value<'v>, range: Range<u32>, named: &mut Named<T>) {
        if let Some(name) = name {
            named.names.push(Name { name: name.into(), range: range.clone(), list: is_list(value, self.eval.heap()) });
        } else if let Some(files) = Files::from_value(value).filter(|f| f.brings_names) {
            let moved = |n: &Name| Name { range: n.range.start + range.start..n.range.end + range.start, ..n.clone() };
            named.names.extend(files.names.iter().map(moved));
        }
        if name.is_none() {
            named.unnamed.push(range);
        }
    }

    fn output(&mut self, piece: Piece<'v>, key: &'static str, slot: Slot, out: &mut Vec<Output>) {
        let (text, mark) = match piece {
            Piece::Path(text, mark) => (text, mark),
            Piece::Function { .. } => {
                let diag = Diag::at(slot.span(), format!("`{key}` cannot be a function"));
                let hint = "jobs are found by their outputs: write a pattern such as `\"out/{name}.txt\"`";
                return self.fail(diag.hint(hint));
            }
        };
        if self.empty_path(text, key, slot) {
            return;
        }
        self.idle(mark.flags, &FOR_INPUTS, key, slot);
        if mark.flags.contains(Flags::TEMP | Flags::PROTECTED) {
            self.fail(Diag::at(slot.span(), "an output is either `temp()` or `protected()`").hint(
                "`temp()` deletes it when nobody reads it any more, `protected()` keeps it from being written again",
            ));
        }
        let placed = self.placed(text, mark, (key, out.len()), slot);
        let path = normal(&placed);
        let pattern = if mark.literal { Some(Pattern::literal(&path)) } else { self.pattern(&path, text, slot) };
        if let Some(pattern) = pattern {
            let given = FOR_INPUTS.iter().fold(mark.flags, |flags, (idle, _)| flags - *idle);
            let flags = by_default(given, self.session.output_flags.get());
            let extra = mark.extra.map(|i| self.session.extras.borrow()[i as usize].clone());
            let Extra { ensure, repeat, report } = extra.unwrap_or_default();
            out.push(Output { pattern, flags, ensure: ensure.map(Box::new), repeat: repeat.unwrap_or(1), report });
        }
    }

    /// All outputs, logs and the benchmark carry the same wildcards.
    pub(super) fn same_wildcards(&mut self, sections: &[(&str, &Named<Output>)]) {
        let all = || sections.iter().flat_map(|(key, named)| named.items.iter().map(move |o| (*key, &o.pattern)));
        let Some((first_key, first)) = all().next() else { return };
        self.wildcards = first.names().to_vec();
        let has = |p: &Pattern, name: &str| p.names().iter().any(|n| **n == *name);
        let odd = all().find_map(|(key, p)| {
            let lacking = first.names().iter().find(|n| !has(p, n)).map(|n| (true, n.clone()));
            let extra = p.names().iter().find(|n| !has(first, n)).map(|n| (false, n.clone()));
            lacking.or(extra).map(|(lacks, name)| (key, p, lacks, name))
        });
        let Some((key, pattern, lacks, name)) = odd else { return };
        let place = |key: &str, text: &str| self.decl.section(key).map_or(self.decl.head, |s| s.literals.whole(text));
        let (with, without) = if lacks { (first.text(), pattern.text()) } else { (pattern.text(), first.text()) };
        let message = format!("`{without}` lacks the wildcard `{name}` that `{with}` has");
        let (at, other) = (place(key, pattern.text()), place(first_key, first.text()));
        let mut diag = Diag::at(at, message);
        if at != other {
            diag = diag.label(other, "compared with this one");
        }
        self.fail(diag.hint("all outputs, logs and the benchmark of a rule carry the same wildcards"));
    }

    /// A file is an output, a log or the benchmark.
    pub(super) fn apart(&mut self, sections: &[(&str, &Named<Output>)]) {
        let mut seen: FxHashMap<&str, &str> = FxHashMap::default();
        let all = sections.iter().flat_map(|(key, named)| named.items.iter().map(move |o| (*key, o.pattern.text())));
        let twice = all.into_iter().find_map(|(key, text)| {
            let first = *seen.entry(text).or_insert(key);
            (first != key).then(|| (first, key, text.to_owned()))
        });
        let Some((first, key, text)) = twice else { return };
        let place = |key: &str| self.decl.section(key).map_or(self.decl.head, |s| s.literals.whole(&text));
        let diag = Diag::at(place(key), format!("`{text}` is `{first}` and `{key}` of one rule"));
        self.fail(diag.label(place(first), "given here first").hint("give each a file of its own"));
    }

    pub(super) fn no_duplicates(&mut self, outputs: &Named<Output>) {
        let mut seen = FxHashSet::default();
        let twice = outputs.items.iter().find(|o| !seen.insert(o.pattern.text()));
        if let (Some(output), Some(section)) = (twice, self.decl.section("output")) {
            let text = output.pattern.text();
            let mut places = section.literals.iter().filter(|l| normal(&l.value) == text);
            let (first, second) = (places.next(), places.next());
            let span = second.or(first).map_or(section.span, |l| l.span);
            let diag = Diag::at(span, format!("the output `{text}` is given twice"));
            let diag = match (first, second) {
                (Some(first), Some(_)) => diag.label(first.span, "first given here"),
                _ => diag,
            };
            self.fail(diag);
        }
    }

    pub(super) fn inputs(&mut self) -> starlark::Result<Named<Input>> {
        let mut named = Named::default();
        let Some(given) = self.take("input") else { return Ok(named) };
        for (name, value, slot) in given.iter() {
            let start = named.items.len() as u32;
            for piece in self.pieces(value, slot, "input") {
                if let Some(input) = self.input(piece, named.items.len(), slot)? {
                    named.items.push(input);
                }
            }
            self.names(name, value, start..named.items.len() as u32, &mut named);
        }
        Ok(named)
    }

    fn input(&mut self, piece: Piece<'v>, at: usize, slot: Slot) -> starlark::Result<Option<Input>> {
        let (text, mark) = match piece {
            Piece::Path(text, mark) => (text, mark),
            Piece::Function { value, unpack, flags } => {
                let placing = self.placing(self.session.rewrites.borrow().clone());
                let id = self.session.keep_paths(value, slot.span(), placing, self.eval)?;
                let what = InputWhat::Function { id, unpack, span: slot.span() };
                return Ok(Some(Input { what, flags: flags | self.session.input_flags.get(), pin: None }));
            }
        };
        if self.empty_path(text, "input", slot) {
            return Ok(None);
        }
        let placed = self.placed(text, mark, ("input", at), slot);
        let path = normal(&placed);
        self.idle(mark.flags, &FOR_OUTPUTS, "input", slot);
        let what = if mark.literal || !has_brace(&path) {
            InputWhat::Path(path.into())
        } else {
            let Some(pattern) = self.pattern(&path, text, slot) else { return Ok(None) };
            match pattern.as_literal() {
                Some(literal) => InputWhat::Path(literal.into()),
                None => {
                    self.known_wildcards(&pattern, text, slot);
                    InputWhat::Pattern(Box::new(pattern))
                }
            }
        };
        Ok(Some(Input { what, flags: mark.flags | self.session.input_flags.get(), pin: mark.pin }))
    }

    /// Warns of a mark that does nothing in a section.
    fn idle(&self, flags: Flags, marks: &[(Flags, &str)], key: &str, slot: Slot) {
        let Some((_, name)) = marks.iter().find(|(flag, _)| flags.contains(*flag)) else { return };
        let (article, place) = match key {
            "input" => ("an", "in `output:` of the rule that makes the file"),
            "output" => ("an", "in `input:` of the rule that reads the file"),
            _ => ("a", "in `input:` of the rule that reads the file"),
        };
        let message = format!("`{name}()` does nothing on {article} {key}");
        let hint = format!("write it {place}, or leave `{name}()` out");
        self.session.warn(Diag::warning(Kind::Rulefile, message).label(slot.span(), "").hint(hint));
    }

    /// An input's wildcards get their values from the outputs.
    fn known_wildcards(&mut self, pattern: &Pattern, text: &str, slot: Slot) {
        let Some(unknown) = pattern.names().iter().find(|n| !self.wildcards.contains(n)) else { return };
        let at = if pattern.text() == text { pattern.name_range(unknown) } else { 0..0 };
        let span = if at.is_empty() { slot.whole(text) } else { slot.locate(text, at) };
        let diag = Diag::at(span, format!("the wildcard `{unknown}` in `input` is not in the outputs"));
        let known = did_you_mean(unknown, self.wildcards.iter().map(|w| &**w));
        let hint = known.unwrap_or_else(|| {
            format!(
                "wildcards get their values from the outputs; for a list of values write `expand(..., {unknown}=[...])`"
            )
        });
        self.fail(diag.hint(hint));
    }
}
