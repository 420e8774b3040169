//! Brackets: calls, indices, groups and displays.
//!
//! Owns which of these one is, and what is put around and into it. What stands in it is
//! walked by the builder.

use super::arguments;
use super::build::{Builder, Pair, Rule};
use super::edit::Edit;
use super::unpack;
use crate::diag::Diag;
use std::ops::Range;

/// Brackets in brackets beyond this are refused: Starlark's parser recurses.
const DEEPEST: usize = 100;

/// Words behind which a value begins.
const WORDS: [&str; 14] =
    ["in", "not", "and", "or", "is", "if", "elif", "else", "return", "yield", "while", "assert", "raise", "del"];

impl<'s> Builder<'s> {
    /// `(n := x)` becomes `_named(_w, "n", (x))`, where something stands for `n`.
    /// What is named ends at a comma or a `for`, or where the bracket or the condition does.
    pub(super) fn names_value(&self, inner: &[Pair], end: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        for at in (1..inner.len()).filter(|at| inner[*at].as_str() == ":=") {
            let (name, sign) = (&inner[at - 1], &inner[at]);
            let Some((_, instead)) = self.renames.iter().find(|(n, _)| n == name.as_str()) else { continue };
            let cell = instead.split('[').next().unwrap_or("");
            let ends = |t: &&Pair| matches!(t.as_rule(), Rule::comma | Rule::for_word);
            let close = inner[at..].iter().find(ends).map_or(end, |t| t.as_span().start());
            let open = format!("_named({cell}, {:?}, (", name.as_str());
            edits.push(Edit::replace(name.as_span().start()..sign.as_span().end(), open));
            edits.push(Edit::behind(close, "))"));
        }
        edits
    }

    /// Whether a bracket holds the arguments of a call; those of a `def` are
    /// parameters.
    fn passes_arguments(&self, range: Range<usize>) -> bool {
        let line = self.source[..range.start].rfind('\n').map_or(0, |i| i + 1);
        let text = &self.source[range.clone()];
        text.starts_with('(')
            && self.follows_value(range.start)
            && !self.source[line..range.start].trim_start().starts_with("def ")
    }

    /// Whether a bracket stands right behind a value.
    fn follows_value(&self, start: usize) -> bool {
        let before = &self.source[..start];
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let word = before.trim_end_matches(is_part);
        match &before[word.len()..] {
            "" => before.ends_with([')', ']']),
            name => word.ends_with('.') || !WORDS.contains(&name),
        }
    }

    /// Whether a bracket is an index.
    fn is_index(&self, start: usize) -> bool {
        self.source[start..].starts_with('[') && self.follows_value(start)
    }

    /// Whether a bracket only groups, as in `(a == b) & c`.
    fn is_group(&self, start: usize) -> bool {
        self.source[start..].starts_with('(') && !self.follows_value(start)
    }

    /// `*x` and `**x` among the arguments of a call.
    fn splats(&self, range: Range<usize>, inner: &[Pair]) -> Vec<Edit> {
        let is_star = |t: &Pair| t.as_rule() == Rule::op && matches!(t.as_str(), "*" | "**");
        if !inner.iter().any(is_star) || !self.passes_arguments(range) {
            return Vec::new();
        }
        arguments::edits(&arguments::of_bracket(inner)).concat()
    }

    /// `x.join(y)` and `x.extend(y)` go through a text, if `y` is one.
    fn walked(&self, bracket: Range<usize>, inner: &[Pair]) -> Vec<Edit> {
        let before = &self.source[..bracket.start];
        let goes = before.ends_with(".extend") || (before.ends_with(".join") && !before.ends_with("path.join"));
        match inner {
            [one] if goes && matches!(one.as_rule(), Rule::word | Rule::strings_b) => {
                vec![Edit::before(bracket.start + 1, "_each("), Edit::behind(bracket.end - 1, ")")]
            }
            _ => Vec::new(),
        }
    }

    /// `isinstance(x, a | b)` asks for `(a, b)`.
    fn kinds(&self, start: usize, inner: &[Pair]) -> Vec<Edit> {
        let is_bar = |t: &&Pair| t.as_rule() == Rule::op && t.as_str() == "|";
        let asks = inner.iter().any(|t| is_bar(&t)) && self.source[..start].ends_with("isinstance");
        let comma = inner.iter().position(|t| t.as_rule() == Rule::comma).filter(|_| asks);
        let (Some(comma), Some(last)) = (comma, inner.last()) else { return Vec::new() };
        let bars =
            inner[comma..].iter().filter(is_bar).map(|t| Edit::replace(t.as_span().start()..t.as_span().end(), ","));
        let open = Edit::behind(inner[comma].as_span().end(), "(");
        [open, Edit::behind(last.as_span().end(), ")")].into_iter().chain(bars).collect()
    }

    pub(super) fn bracket(&mut self, pair: Pair<'s>) {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        let inner: Vec<Pair> = pair.into_inner().collect();
        let has = |wanted| inner.iter().any(|p| p.as_rule() == wanted);
        if has(Rule::unclosed) {
            self.fail(Diag::at(self.span(start..start + 1), "this bracket is never closed"));
            return;
        }
        if self.depth == DEEPEST {
            self.fail(Diag::at(self.span(start..start + 1), "brackets are nested too deeply here"));
            return;
        }
        self.check_length(start..end, &inner);
        self.depth += 1;
        if has(Rule::for_word) && self.searched(start, &inner) {
            self.depth -= 1;
            return;
        }
        let index = self.is_index(start);
        // A generator, which Starlark lacks, becomes a list; `a[x, y]` has a tuple.
        let within = match has(Rule::for_word) {
            true if self.is_group(start) => Some(("_stream([", "])")),
            true if self.source[start..].starts_with('(') => Some(("[", "]")),
            false if index && has(Rule::comma) => Some(("(", ")")),
            _ => None,
        };
        let masks = index || (self.masks && self.is_group(start));
        let masks = std::mem::replace(&mut self.masks, masks);
        let displays = |p: &&Pair| !matches!(p.as_rule(), Rule::word | Rule::op | Rule::sep | Rule::dot | Rule::comma);
        let nested: Vec<Range<usize>> =
            inner.iter().filter(displays).map(|p| p.as_span().start()..p.as_span().end()).collect();
        let mut edits = self.splats(start..end, &inner);
        edits.extend(self.names_value(&inner, end - 1));
        edits.extend(self.kinds(start, &inner));
        edits.extend(self.walked(start..end, &inner));
        if index && has(Rule::comma) {
            edits.extend(spans(&inner));
        }
        // Of targets and of parameters.
        let stars = has(Rule::for_word) || inner.first().is_some_and(|t| t.as_str() == "lambda");
        let unpacked = unpack::edits(self.source, start..end, &nested, self.is_group(start), stars);
        edits.extend(unpacked.into_iter().map(|(place, text)| Edit::replace(place, text)));
        if let Some((open, close)) = within {
            edits.push(Edit::before(start + 1, open));
            edits.push(Edit::behind(end - 1, close));
        }
        self.tokens(inner, edits);
        self.masks = masks;
        self.depth -= 1;
    }
}

/// In `a[x, :]` the colon stands for all there is, and in `a[x:y, z]` for what lies between.
fn spans(inner: &[Pair]) -> Vec<Edit> {
    inner.split(|token| token.as_rule() == Rule::comma).flat_map(span).collect()
}

fn span(part: &[Pair]) -> Vec<Edit> {
    let place = |at: usize| part[at].as_span().start()..part[at].as_span().end();
    let is_colon = |at: &usize| part[*at].as_rule() == Rule::sep && part[*at].as_str() == ":";
    let colons: Vec<usize> = (0..part.len()).filter(is_colon).collect();
    if colons.is_empty() || part.iter().any(|token| token.as_str().starts_with("lambda")) {
        return Vec::new();
    }
    if part.len() == 1 {
        return vec![Edit::replace(place(0), "_every")];
    }
    let ends = |at: usize| part.get(at).is_none() || colons.contains(&at);
    let whole = place(0).start..place(part.len() - 1).end;
    let mut edits = vec![Edit::open(&whole, if ends(0) { "_span(None" } else { "_span(" })];
    let comma = |at: &usize| Edit::replace(place(*at), if ends(at + 1) { ", None" } else { ", " });
    edits.extend(colons.iter().map(comma));
    edits.push(Edit::close(&whole, ")"));
    edits
}
