//! Matching a path against a pattern, with the result that Python's greedy
//! backtracking gives.
//!
//! Without constraints no regex is run: a wildcard is any text of one character
//! or more without line breaks. It does not know where constraints come from.

use super::Body;
use super::constraint::reason;
use fancy_regex::{Regex, RegexBuilder};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// How the constraints of a pattern are checked.
#[derive(Clone, Debug, Default)]
pub(super) enum Matcher {
    /// There are none.
    #[default]
    Free,
    /// The one wildcard's value must match.
    Value(Arc<regex::Regex>),
    /// The path as a whole must match; compiled when first needed.
    Path(OnceLock<Regex>),
}

/// Steps a constraint with look-around or back references may take on one path.
const BACKTRACK_LIMIT: usize = 10_000_000;

/// Chooses the matcher for the constraints; the error is one line.
pub(super) fn compile(body: &Body) -> Result<Matcher, String> {
    let mut constraints = body.constraints.iter().flatten();
    let Some(first) = constraints.next() else { return Ok(Matcher::Free) };
    if body.slots.len() == 1
        && let Some(regex) = &first.whole
    {
        return Ok(Matcher::Value(regex.clone()));
    }
    match body.constraints.iter().flatten().all(|c| c.whole.is_some()) {
        true => Ok(Matcher::Path(OnceLock::new())),
        false => whole(body).map(|regex| Matcher::Path(regex.into())),
    }
}

/// The regex of the whole path, as Snakemake makes it; the error is one line.
fn whole(body: &Body) -> Result<Regex, String> {
    let mut text = String::from(r"\A");
    let mut seen = vec![false; body.names.len()];
    text.push_str(&regex::escape(&body.literals[0]));
    for (&slot, literal) in body.slots.iter().zip(&body.literals[1..]) {
        let i = slot as usize;
        let constraint = body.constraints[i].as_ref().map_or(".+", |c| &c.regex);
        match std::mem::replace(&mut seen[i], true) {
            true => text.push_str(&format!("(?P=w__{i})")),
            false => text.push_str(&format!("(?P<w__{i}>{constraint})")),
        }
        text.push_str(&regex::escape(literal));
    }
    text.push_str(r"\z");
    let mut builder = RegexBuilder::new(&text);
    builder.backtrack_limit(BACKTRACK_LIMIT).delegate_size_limit(usize::MAX).build().map_err(|e| reason(&e))
}

/// Matches; `out` is empty at first.
pub(super) fn captures(body: &Body, path: &str, out: &mut Vec<Range<u32>>) -> bool {
    if body.slots.is_empty() {
        return path == &*body.literals[0];
    }
    let Some(middle) = middle(body, path) else { return false };
    match &body.matcher {
        Matcher::Free => free(body, path, middle, out),
        Matcher::Value(regex) => {
            out.push(narrow(middle.clone()));
            regex.is_match(&path[middle])
        }
        Matcher::Path(cell) => by_regex(cell.get_or_init(|| presume(whole(body))), body, path, out),
    }
}

/// Matches as if there were no constraints.
pub(super) fn without_constraints(body: &Body, path: &str, out: &mut Vec<Range<u32>>) -> bool {
    out.clear();
    middle(body, path).is_some_and(|middle| free(body, path, middle, out))
}

/// The value of every slot, as if all wildcards differed and had no constraints.
pub(super) fn slot_values(body: &Body, path: &str, out: &mut Vec<Range<u32>>) -> bool {
    out.clear();
    middle(body, path).is_some_and(|middle| latest(body, &path[middle.clone()], middle.start, out))
}

/// What lies between the first and the last literal, if both are there.
fn middle(body: &Body, path: &str) -> Option<Range<usize>> {
    let (first, last) = (&*body.literals[0], &*body.literals[body.slots.len()]);
    let fits = path.starts_with(first) && path.ends_with(last) && path.len() >= first.len() + last.len();
    fits.then(|| first.len()..path.len() - last.len())
}

/// Constraints that compile one by one and name no groups compile together.
fn presume(regex: Result<Regex, String>) -> Regex {
    regex.expect("checked constraints make one regular expression")
}

fn by_regex(regex: &Regex, body: &Body, path: &str, out: &mut Vec<Range<u32>>) -> bool {
    let Ok(Some(found)) = regex.captures(path) else { return false };
    for i in 0..body.names.len() {
        let value = found.name(&format!("w__{i}")).expect("every wildcard takes part in a match");
        out.push(narrow(value.range()));
    }
    true
}

fn narrow(range: Range<usize>) -> Range<u32> {
    range.start as u32..range.end as u32
}

/// Matches the wildcards of a pattern without constraints against `middle`,
/// what lies between its first and its last literal.
fn free(body: &Body, path: &str, middle: Range<usize>, out: &mut Vec<Range<u32>>) -> bool {
    let text = &path[middle.clone()];
    let base = middle.start;
    if body.slots.len() == 1 {
        out.push(narrow(middle));
        return !text.is_empty() && !text.contains('\n');
    }
    let distinct = body.slots.len() == body.names.len();
    match distinct && !text.contains('\n') {
        true => latest(body, text, base, out),
        false => backtrack(body, text, base, 0, 0, out),
    }
}

/// Wildcards that all differ: the greedy match puts each literal between them as
/// far to the right as the ones after it allow, so one walk from the right finds it.
fn latest(body: &Body, text: &str, base: usize, out: &mut Vec<Range<u32>>) -> bool {
    let count = body.slots.len();
    out.resize(count, 0..0);
    let mut end = text.len();
    for slot in (1..count).rev() {
        let literal = &*body.literals[slot];
        let Some((last, _)) = text[..end].char_indices().next_back() else { return false };
        let Some(at) = text[..last].rfind(literal) else { return false };
        out[slot] = narrow(base + at + literal.len()..base + end);
        end = at;
    }
    out[0] = narrow(base..base + end);
    end > 0
}

/// Tries the values of the wildcard at `slot`, which starts at `from`, from the
/// longest down. Values of earlier slots are in `out`, by name.
fn backtrack(body: &Body, text: &str, base: usize, slot: usize, from: usize, out: &mut Vec<Range<u32>>) -> bool {
    let Some(&name) = body.slots.get(slot) else { return from == text.len() };
    let last = slot + 1 == body.slots.len();
    let literal = if last { "" } else { &*body.literals[slot + 1] };
    if let Some(known) = out.get(name as usize) {
        let value = &text[known.start as usize - base..known.end as usize - base];
        let rest = text[from..].strip_prefix(value).and_then(|rest| rest.strip_prefix(literal));
        return rest.is_some_and(|rest| backtrack(body, text, base, slot + 1, text.len() - rest.len(), out));
    }
    let line = text[from..].find('\n').map_or(text.len(), |i| from + i);
    if last {
        out.push(narrow(base + from..base + text.len()));
        return from < text.len() && line == text.len();
    }
    let mut limit = (line + literal.len()).min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    while let Some(at) = text[from..limit].rfind(literal).map(|i| from + i).filter(|&at| at > from) {
        if at <= line {
            out.truncate(name as usize);
            out.push(narrow(base + from..base + at));
            if backtrack(body, text, base, slot + 1, at + literal.len(), out) {
                return true;
            }
        }
        let before = text[..at + literal.len()].char_indices().next_back();
        limit = before.map_or(0, |(i, _)| i);
        if limit < from {
            break;
        }
    }
    out.truncate(name as usize);
    false
}
