//! Targets among which one value is parted: `a, (b, *c)`, `x["k"], y`.
//!
//! Owns how the value is parted, as the text of a tuple, and what its parts are given to.
//! It does not know what parts it.

use super::build::{Pair, Rule};

/// The targets of one value.
pub(super) struct Parted<'s> {
    /// A tuple: 1 for a part, `"*"` for the rest, a tuple for what is parted again.
    pub(super) shape: String,
    /// What is given each part, in order.
    pub(super) leaves: Vec<Vec<Pair<'s>>>,
}

/// Whether some tokens are one name.
pub(super) fn is_name(leaf: &[Pair]) -> bool {
    match leaf {
        [one] => matches!(one.as_rule(), Rule::word | Rule::name) && !one.as_str().contains('.'),
        _ => false,
    }
}

impl<'s> Parted<'s> {
    /// None of a single target.
    pub(super) fn of(targets: &[Pair<'s>]) -> Option<Parted<'s>> {
        let mut leaves = Vec::new();
        let inner = match targets {
            [one] if matches!(one.as_rule(), Rule::targets | Rule::bracket) => one.clone().into_inner().collect(),
            several => several.to_vec(),
        };
        let is_list = matches!(targets, [one] if one.as_str().starts_with('['));
        let parts = inner.iter().any(|t| matches!(t.as_rule(), Rule::comma | Rule::trailing | Rule::starred));
        let several = inner.iter().filter(|t| t.as_rule() == Rule::name).count() > 1;
        if !(parts || several || is_list) {
            return None;
        }
        let shape = shape(&inner, &mut leaves);
        Some(Parted { shape, leaves })
    }

    /// How many names there are, if there is nothing else: no star, and nothing parted again.
    pub(super) fn flat(&self) -> Option<usize> {
        let is_flat = !self.shape[1..].contains(['(', '*']);
        (is_flat && self.leaves.iter().all(|leaf| is_name(leaf))).then_some(self.leaves.len())
    }
}

fn shape<'s>(targets: &[Pair<'s>], leaves: &mut Vec<Vec<Pair<'s>>>) -> String {
    let mut text = "(".to_owned();
    let named = |t: &Pair| matches!(t.as_rule(), Rule::name | Rule::starred);
    // The names of a plain statement stand without their commas.
    let elements: Vec<&[Pair]> = match targets.iter().any(named) {
        true => targets.iter().filter(|t| named(t)).map(std::slice::from_ref).collect(),
        false => targets.split(|t| t.as_rule() == Rule::comma).filter(|element| !element.is_empty()).collect(),
    };
    for element in elements {
        let star = |t: &Pair| t.as_rule() == Rule::op && t.as_str() == "*";
        match element {
            [one] if one.as_rule() == Rule::starred => {
                leaves.push(one.clone().into_inner().collect());
                text.push_str("\"*\", ");
            }
            [first, rest @ ..] if star(first) => {
                leaves.push(rest.to_vec());
                text.push_str("\"*\", ");
            }
            [one] if one.as_rule() == Rule::bracket => {
                let inner: Vec<Pair> = one.clone().into_inner().collect();
                text.push_str(&format!("{}, ", shape(&inner, leaves)));
            }
            leaf => {
                leaves.push(leaf.to_vec());
                text.push_str("1, ");
            }
        }
    }
    text.push(')');
    text
}
