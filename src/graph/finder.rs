//! Which rules may make a path, and which of two is to be preferred.
//!
//! Owns the index over all outputs of all rules, or over their logs and benchmarks. It does not know whether a
//! candidate's own inputs can be made.

use crate::pattern::{Index, Pattern};
use crate::rule::{Output, RuleId, Rulefile};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;
use std::ops::Range;

/// One pattern in the index.
struct Slot<'b> {
    rule: RuleId,
    output: u32,
    pattern: &'b Pattern,
}

/// Which files of rules are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// What they make.
    Outputs,
    /// Their logs and benchmarks.
    Beside,
}

/// A rule that may make a path, with its wildcards' byte ranges in the rule's order.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleId,
    /// Which output matched, or which log or benchmark.
    pub output: u32,
    /// Start in the caller's capture buffer; as many as the rule has wildcards.
    pub captures: usize,
}

/// How makers are chosen.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The rules that may be used; none: all.
    pub allowed: Option<FxHashSet<RuleId>>,
    /// Of several rules that nothing decides among, the first is taken.
    pub allow_ambiguity: bool,
}

/// Finds candidates.
pub struct Finder<'b> {
    book: &'b Rulefile,
    index: Index,
    slots: Vec<Slot<'b>>,
    hits: Vec<u32>,
    ranges: Vec<Range<u32>>,
}

/// A wildcard whose value ends in a part repeated this often is taken for endless recursion.
const REPEATS: usize = 20;

impl<'b> Finder<'b> {
    /// Indexes these files of every rule, or of those that are allowed.
    pub fn new(book: &'b Rulefile, choice: &Choice, of: Of) -> Self {
        let mut slots = Vec::new();
        let may = |rule: &RuleId| choice.allowed.as_ref().is_none_or(|allowed| allowed.contains(rule));
        for (rule, r) in book.iter().filter(|(rule, _)| may(rule)) {
            let beside = r.logs.items.iter().chain(&r.benchmark);
            let outputs = r.outputs.items.iter();
            let slot = |(output, o): (u32, &'b Output)| Slot { rule, output, pattern: &o.pattern };
            match of {
                Of::Outputs => slots.extend((0..).zip(outputs).map(slot)),
                Of::Beside => slots.extend((0..).zip(beside).map(slot)),
            }
        }
        let index = Index::new(slots.iter().map(|slot| slot.pattern));
        Finder { book, index, slots, hits: Vec::new(), ranges: Vec::new() }
    }

    /// The rules that may make `path`, one candidate a rule (its output with the
    /// shortest wildcards), in the Rulefile's order. Their captures are put into
    /// `captures`. Returns whether one was left out as endlessly recursive.
    pub fn candidates(&mut self, path: &str, captures: &mut Vec<Range<u32>>, out: &mut Vec<Candidate>) -> bool {
        let mut hits = std::mem::take(&mut self.hits);
        let mut endless = false;
        hits.clear();
        out.clear();
        captures.clear();
        // No file system takes such a path; its ranges would not fit their rows.
        if path.len() > usize::from(u16::MAX) {
            return false;
        }
        self.index.candidates(path, &mut hits);
        for &hit in &hits {
            let slot = &self.slots[hit as usize];
            let &Slot { rule, output, pattern } = slot;
            if !self.matches(pattern, path) {
                continue;
            }
            if self.ranges.iter().any(|r| is_endless(&path[r.start as usize..r.end as usize])) {
                endless = true;
                continue;
            }
            let start = captures.len();
            self.in_rule_order(rule, pattern, captures);
            keep_shortest(out, captures, Candidate { rule, output, captures: start });
        }
        self.hits = hits;
        endless
    }

    /// Whether nothing is indexed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn matches(&mut self, pattern: &Pattern, path: &str) -> bool {
        self.ranges.clear();
        pattern.captures(path, &mut self.ranges)
            && !self.ranges.iter().any(|r| climbs(&path[r.start as usize..r.end as usize]))
    }

    /// Appends the ranges just matched, from the pattern's order to the rule's.
    fn in_rule_order(&self, rule: RuleId, pattern: &Pattern, captures: &mut Vec<Range<u32>>) {
        let rule = self.book.rule(rule);
        let names = pattern.names();
        if names == &rule.wildcards[..] {
            return captures.extend_from_slice(&self.ranges);
        }
        for wildcard in &rule.wildcards {
            let i = names.iter().position(|n| n == wildcard).expect("all outputs carry the same wildcards");
            captures.push(self.ranges[i].clone());
        }
    }

    /// Which rule is to be preferred: `Less` for the first, `Equal` for neither.
    /// `ruleorder` decides (last clause first), then the rule without wildcards.
    pub fn compare(&self, a: RuleId, b: RuleId) -> Ordering {
        for clause in self.book.ruleorder.iter().rev() {
            let at = |id| clause.iter().position(|r| *r == id);
            if let (Some(i), Some(j)) = (at(a), at(b)) {
                return i.cmp(&j);
            }
        }
        let wild = |id| self.book.rule(id).has_wildcards();
        wild(a).cmp(&wild(b))
    }
}

/// Keeps one candidate a rule: the one whose wildcards are shortest in all.
fn keep_shortest(out: &mut Vec<Candidate>, captures: &[Range<u32>], new: Candidate) {
    let Some(last) = out.last_mut().filter(|c| c.rule == new.rule) else {
        return out.push(new);
    };
    let count = captures.len() - new.captures;
    let length = |at: usize| captures[at..at + count].iter().map(|r| r.len()).sum::<usize>();
    if length(new.captures) < length(last.captures) {
        *last = new;
    }
}

fn climbs(value: &str) -> bool {
    value.contains("..") && value.split('/').any(|step| step == "..")
}

/// Whether a value ends in one part repeated [`REPEATS`] times.
fn is_endless(value: &str) -> bool {
    let bytes = value.as_bytes();
    (1..=bytes.len() / REPEATS).any(|part| {
        let tail = &bytes[bytes.len() - part * REPEATS..];
        tail[part..] == tail[..tail.len() - part]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_values() {
        assert!(is_endless(&".a".repeat(20)));
        assert!(is_endless(&format!("x{}", "ab.".repeat(20))));
        assert!(!is_endless(&".a".repeat(19)));
        assert!(!is_endless(""));
        assert!(climbs("../x") && climbs("a/..") && !climbs("a..b"));
    }
}
