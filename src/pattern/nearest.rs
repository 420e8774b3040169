//! The pattern that almost matched a path, and why it did not: the hint of a
//! missing-input error. It does not know what the path was needed for.

use super::{Body, Pattern, matching};
use strsim::damerau_levenshtein as distance;

/// Letters that may differ for a piece of text to count as almost right.
const NEAR: usize = 2;

/// Why one pattern did not match.
struct Miss {
    /// How far from a match; least is best.
    cost: usize,
    reason: String,
}

/// The pattern that almost matched, as its position, and one line on why it did
/// not. Where several are equally near, the first of them.
pub fn nearest(path: &str, patterns: &[&Pattern]) -> Option<(usize, String)> {
    let misses = patterns.iter().enumerate().filter_map(|(i, p)| Some((i, miss(path, p)?)));
    misses.min_by_key(|(i, miss)| (miss.cost, *i)).map(|(i, miss)| (i, miss.reason))
}

fn miss(path: &str, pattern: &Pattern) -> Option<Miss> {
    match &pattern.body {
        Some(body) if !body.slots.is_empty() => {
            let reasons = [constraint, climbs, repeated, empty, prefix, between, end];
            reasons.iter().find_map(|reason| reason(path, pattern.text(), body))
        }
        _ => {
            let known = pattern.as_literal()?;
            let cost = near(known, path)?;
            Some(Miss { cost, reason: format!("`{known}` is spelled almost the same") })
        }
    }
}

/// The distance of two texts, if they are near: at most [`NEAR`], and at most a
/// third of the first one's letters (one at least).
fn near(known: &str, text: &str) -> Option<usize> {
    let limit = (known.chars().count() / 3).clamp(1, NEAR);
    if known.chars().count() < 3 {
        return None;
    }
    if known.len().abs_diff(text.len()) > 4 * limit {
        return None;
    }
    Some(distance(known, text)).filter(|d| *d > 0 && *d <= limit)
}

fn constraint(path: &str, _text: &str, body: &Body) -> Option<Miss> {
    let mut values = Vec::new();
    if !matching::without_constraints(body, path, &mut values) {
        return None;
    }
    body.names.iter().zip(&values).zip(&body.constraints).find_map(|((name, at), constraint)| {
        let constraint = constraint.as_ref()?;
        let value = &path[at.start as usize..at.end as usize];
        let text = &constraint.text;
        let would = format!("would match if wildcard `{name}` could be `{value}`, but its constraint is `{text}`");
        let reason = match (constraint.accepts(value), anchor(text)) {
            (false, None) => would,
            (true, None) => return None,
            (_, Some(sign)) => {
                format!("{would}, in which `{sign}` stands for an end of the whole path: constraints are anchored already, leave `{sign}` out")
            }
        };
        Some(Miss { cost: 0, reason })
    })
}

/// A `^` or `$` that a regular expression does not take for a character.
fn anchor(text: &str) -> Option<char> {
    let (mut in_class, mut escaped) = (false, false);
    text.chars().find(|c| {
        let found = !escaped && !in_class && matches!(c, '^' | '$');
        if !escaped {
            in_class = *c == '[' || in_class && *c != ']';
        }
        escaped = !escaped && *c == '\\';
        found
    })
}

/// All would fit, but a wildcard would stand for a way upwards.
fn climbs(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let mut values = Vec::new();
    if !matching::without_constraints(body, path, &mut values) {
        return None;
    }
    let value = |at: &std::ops::Range<u32>| &path[at.start as usize..at.end as usize];
    let (name, at) = body.names.iter().zip(&values).find(|(_, at)| value(at).split('/').any(|step| step == ".."))?;
    let reason = format!("`{text}` would match, but wildcard `{name}` would be `{}`, and never holds `..`", value(at));
    Some(Miss { cost: 0, reason })
}

fn repeated(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let mut values = Vec::new();
    if body.slots.len() == body.names.len() || !matching::slot_values(body, path, &mut values) {
        return None;
    }
    let value = |slot: usize| &path[values[slot].start as usize..values[slot].end as usize];
    (1..values.len()).find_map(|slot| {
        let first = body.slots.iter().position(|s| *s == body.slots[slot])?;
        let name = &body.names[body.slots[slot] as usize];
        (value(first) != value(slot)).then(|| Miss {
            cost: 1,
            reason: format!(
                "`{text}` would need wildcard `{name}` to be both `{}` and `{}`",
                value(first),
                value(slot)
            ),
        })
    })
}

fn empty(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let name = &body.names[0];
    let bare = body.slots.len() == 1
        && body.constraints[0].is_none()
        && path.strip_prefix(&*body.literals[0]) == Some(body.suffix());
    bare.then(|| Miss { cost: 1, reason: format!("`{text}` would match, but wildcard `{name}` would be empty") })
}

/// The prefix is misspelt and the rest could match.
fn prefix(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let want = &*body.literals[0];
    if path.starts_with(want) || !path.ends_with(body.suffix()) {
        return None;
    }
    let folders = want.matches('/').count();
    let start = path.match_indices('/').nth(folders.checked_sub(1)?)?.0 + 1;
    let tail = want.rsplit('/').next().map_or(0, str::len);
    let have = path.get(..start + tail)?;
    let cost = near(want, have)?;
    Some(Miss { cost, reason: format!("`{text}` starts with `{want}`, not with `{have}`") })
}

/// A literal between two wildcards is nowhere.
fn between(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let rest = path.strip_prefix(&*body.literals[0])?.strip_suffix(body.suffix())?;
    let missing = body.literals[1..body.slots.len()].iter().find(|l| !rest.contains(&***l))?;
    let reason = format!("`{text}` would match if there were a `{missing}` between its wildcards");
    Some(Miss { cost: NEAR + missing.len(), reason })
}

/// The prefix is there and the suffix is not: how far does it go?
fn end(path: &str, text: &str, body: &Body) -> Option<Miss> {
    let (prefix, want) = (&*body.literals[0], body.suffix());
    let rest = path.strip_prefix(prefix)?;
    let first = rest.chars().next()?.len_utf8();
    if want.is_empty() || prefix.is_empty() && !rest.contains(want.chars().next()?) {
        return None;
    }
    let whole_words = want.char_indices().map(|(i, c)| (i + c.len_utf8(), c)).rev();
    let mut heads = whole_words.filter(|&(l, c)| l == want.len() || !c.is_alphanumeric()).map(|(l, _)| l);
    let found = heads.find_map(|l| Some((l, prefix.len() + first + rest[first..].rfind(&want[..l])? + l)));
    let (matched, at) = found.unwrap_or((0, path.len()));
    let (done, have, need) = (&path[..at], &path[at..], &want[matched..]);
    if !have.is_empty() && !need.is_empty() && distance(need, have) > NEAR {
        return None;
    }
    let cost = distance(need, have).max(1) + usize::from(matched == 0) * NEAR;
    let reason = match (need, have) {
        ("", "") => return None,
        ("", have) => format!("`{text}` matches up to `{done}` but then ends, before `{have}`"),
        (need, "") => format!("`{text}` matches up to `{done}` but then needs `{need}`"),
        (need, have) => format!("`{text}` matches up to `{done}` but then needs `{need}`, not `{have}`"),
    };
    Some(Miss { cost, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &str, patterns: &[&str]) -> Option<(usize, String)> {
        let patterns: Vec<Pattern> = patterns.iter().map(|p| Pattern::parse(p).unwrap()).collect();
        nearest(path, &patterns.iter().collect::<Vec<_>>())
    }

    #[test]
    fn reasons_for_people() {
        let cases = [
            (
                "counts/abyss.tvs",
                "counts/{book}.tsv",
                "`counts/{book}.tsv` matches up to `counts/abyss.` but then needs `tsv`, not `tvs`",
            ),
            (
                "q/a-1.txt",
                "q/{sample,[a-z]+}.txt",
                "would match if wildcard `sample` could be `a-1`, but its constraint is `[a-z]+`",
            ),
            ("count/a.tsv", "counts/{b}.tsv", "`counts/{b}.tsv` starts with `counts/`, not with `count/`"),
            ("x/y.txt", "{a}/{a}.txt", "`{a}/{a}.txt` would need wildcard `a` to be both `x` and `y`"),
            ("c/.tsv", "c/{b}.tsv", "`c/{b}.tsv` would match, but wildcard `b` would be empty"),
            ("c/ab.tsv", "c/{a}_{b}.tsv", "`c/{a}_{b}.tsv` would match if there were a `_` between its wildcards"),
            ("c/a", "c/{a}.gz", "`c/{a}.gz` matches up to `c/a` but then needs `.gz`"),
            ("c/a.tsv.gz", "c/{a}.tsv", "`c/{a}.tsv` matches up to `c/a.tsv` but then ends, before `.gz`"),
            ("result.tsv", "results.tsv", "`results.tsv` is spelled almost the same"),
            ("../a.txt", "{x}.txt", "`{x}.txt` would match, but wildcard `x` would be `../a`, and never holds `..`"),
        ];
        for (path, pattern, want) in cases {
            assert_eq!(reason(path, &[pattern]), Some((0, want.into())), "{path}");
        }
    }

    #[test]
    fn the_nearest_wins_and_strangers_are_silent() {
        let patterns = ["plots/{x}.svg", "counts/{x}.json", "counts/{x}.tsv"];
        assert_eq!(reason("counts/a.tsx", &patterns).unwrap().0, 2);
        assert_eq!(reason("zebra/quagga.png", &patterns), None);
        assert_eq!(reason("a", &["b"]), None);
    }
}
