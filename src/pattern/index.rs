//! Which of many patterns may match a path, without trying each.
//!
//! Owns the lookup by literal text alone: plain paths by hash, wildcard patterns
//! by their first and last literals, and those with neither by globs. It does
//! not match; a candidate may still turn out not to.

use super::Pattern;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Finds which of many patterns may match a path.
pub struct Index {
    paths: HashTable<PlainPath>,
    /// By prefix, and under each prefix by suffix.
    affixes: Affixes<Affixes<Vec<Candidate>>>,
    rest: Vec<Rest>,
}

/// A pattern without wildcards: its id and the hash of its path, which stands
/// for the path.
struct PlainPath {
    hash: u64,
    id: u32,
}

/// A wildcard pattern and the bytes a path must have at least to match it.
struct Candidate {
    id: u32,
    least: u32,
}

/// Patterns with neither prefix nor suffix.
struct Rest {
    ids: Vec<u32>,
    /// None: too large for one set; all are candidates.
    globs: Option<GlobSet>,
}

/// Globs in one set; its automaton has a size limit.
const GLOBS_PER_SET: usize = 500;

impl Index {
    /// Indexes patterns; their ids are their positions.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Index {
        let mut paths = HashTable::new();
        let mut affixes: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<Candidate>>> = BTreeMap::new();
        let mut rest = Vec::new();
        for (id, pattern) in (0u32..).zip(patterns) {
            if let Some(path) = pattern.as_literal() {
                let hash = hash(path);
                paths.insert_unique(hash, PlainPath { hash, id }, |p| p.hash);
                continue;
            }
            let (prefix, suffix) = (pattern.prefix(), pattern.suffix());
            if prefix.is_empty() && suffix.is_empty() {
                rest.push((id, pattern));
                continue;
            }
            let tail = suffix.bytes().rev().collect();
            let candidate = Candidate { id, least: least(pattern) };
            affixes.entry(prefix.into()).or_default().entry(tail).or_default().push(candidate);
        }
        let affixes = affixes.into_iter().map(|(prefix, tails)| (prefix, Affixes::new(tails)));
        Index { paths, affixes: Affixes::new(affixes), rest: rest.chunks(GLOBS_PER_SET).map(Rest::new).collect() }
    }

    /// Replaces `out` by the ascending ids of the patterns whose literal parts
    /// could match `path`.
    pub fn candidates(&self, path: &str, out: &mut Vec<u32>) {
        out.clear();
        let hash = hash(path);
        out.extend(self.paths.iter_hash(hash).filter(|p| p.hash == hash).map(|p| p.id));
        let mut reversed = Vec::new();
        self.affixes.each(path.as_bytes(), |tails| {
            if reversed.is_empty() {
                reversed.extend(path.bytes().rev());
            }
            tails.each(&reversed, |found| {
                out.extend(found.iter().filter(|c| path.len() >= c.least as usize).map(|c| c.id));
            });
        });
        for rest in &self.rest {
            rest.candidates(path, out);
        }
        out.sort_unstable();
    }
}

/// A wildcard with a constraint may be empty, if that allows it.
fn least(pattern: &Pattern) -> u32 {
    let slots = pattern.slots().filter(|(name, _)| !pattern.is_constrained(name)).count();
    (pattern.pieces().map(str::len).sum::<usize>() + slots) as u32
}

fn hash(path: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(path.as_bytes());
    hasher.finish()
}

impl Rest {
    fn new(patterns: &[(u32, &Pattern)]) -> Rest {
        let mut globs = GlobSetBuilder::new();
        for (_, pattern) in patterns {
            let glob = GlobBuilder::new(&glob(pattern)).literal_separator(false).build();
            globs.add(glob.expect("escaped text and stars are a glob"));
        }
        Rest { ids: patterns.iter().map(|(id, _)| *id).collect(), globs: globs.build().ok() }
    }

    fn candidates(&self, path: &str, out: &mut Vec<u32>) {
        match &self.globs {
            Some(globs) => out.extend(globs.matches(path).into_iter().map(|i| self.ids[i])),
            None => out.extend(&self.ids),
        }
    }
}

/// `{x}_mid_{y}` as `*_mid_*`.
fn glob(pattern: &Pattern) -> String {
    let mut glob = String::from("*");
    for piece in pattern.pieces().filter(|p| !p.is_empty()) {
        glob.push_str(&globset::escape(piece));
        glob.push('*');
    }
    glob
}

/// A sorted table of keys that answers which of them a text starts with.
struct Affixes<T> {
    rows: Vec<Row<T>>,
}

struct Row<T> {
    key: Box<[u8]>,
    /// The longest other key that this key starts with; [`NONE`] if none is.
    parent: u32,
    value: T,
}

const NONE: u32 = u32::MAX;

impl<T> Affixes<T> {
    /// The keys come sorted, each once.
    fn new(sorted: impl IntoIterator<Item = (Vec<u8>, T)>) -> Affixes<T> {
        let mut rows: Vec<Row<T>> = Vec::new();
        for (key, value) in sorted {
            let mut parent = (rows.len() as u32).wrapping_sub(1);
            while parent != NONE && !key.starts_with(&rows[parent as usize].key) {
                parent = rows[parent as usize].parent;
            }
            rows.push(Row { key: key.into(), parent, value });
        }
        Affixes { rows }
    }

    /// Calls `visit` with the value of every key that `text` starts with.
    ///
    /// The largest key that is not above the text starts with each of them, so
    /// they lie on its chain of parents.
    fn each(&self, text: &[u8], mut visit: impl FnMut(&T)) {
        let not_above = |row: &Row<T>| *row.key <= *text;
        let mut at = (self.rows.partition_point(not_above) as u32).wrapping_sub(1);
        let mut inside = false;
        while at != NONE {
            let row = &self.rows[at as usize];
            inside = inside || text.starts_with(&row.key);
            if inside {
                visit(&row.value);
            }
            at = row.parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(patterns: &[&str], path: &str) -> Vec<u32> {
        let patterns: Vec<Pattern> = patterns.iter().map(|p| Pattern::parse(p).unwrap()).collect();
        let mut out = vec![99];
        Index::new(&patterns).candidates(path, &mut out);
        out
    }

    #[test]
    fn all_kinds_are_found_in_order() {
        let patterns = [
            "{x}_mid_{y}",
            "a/{x}.txt",
            "a/b.txt",
            "{x}",
            "{x}.txt",
            "a/{x}",
            "a/{x}.csv",
            "a/b/{x}.txt",
            "a/b.txt",
            "{x}{y}",
            "a/b.t{x}t",
        ];
        assert_eq!(candidates(&patterns, "a/b.txt"), [1, 2, 3, 4, 5, 8, 9, 10]);
        assert_eq!(candidates(&patterns, "q_mid_/[z]\n"), [0, 3, 9]);
        assert_eq!(candidates(&["*[a]{x}", "{x}[*]{y}", "{x}?{y}"], "-[*]-"), [1]);
        assert_eq!(candidates(&["a{{b", "a{b}c"], "a{b"), [0]);
        assert_eq!(candidates(&["ab{x}bc"], "abc"), [0u32; 0]);
    }

    #[test]
    fn ten_thousand_rules_cost_a_path_a_few_candidates() {
        let count = |make: &dyn Fn(usize) -> String, path: &str| {
            let patterns: Vec<Pattern> = (0..10_000).map(|i| Pattern::parse(&make(i)).unwrap()).collect();
            let mut out = Vec::new();
            Index::new(&patterns).candidates(path, &mut out);
            out
        };
        assert_eq!(count(&|i| format!("dir{i}/{{x}}.txt"), "dir4321/a.txt"), [4321]);
        assert_eq!(count(&|i| format!("out/{{x}}.e{i}"), "out/a.e4321"), [4321]);
        assert_eq!(count(&|i| format!("d{}/{{x}}.e{}", i / 100, i % 100), "d43/a.e21"), [4321]);
        assert_eq!(count(&|i| format!("{{x}}_{i}_{{y}}"), "a_4321_b"), [4321]);
        assert_eq!(count(&|i| format!("file{i}"), "file4321"), [4321]);
    }
}
