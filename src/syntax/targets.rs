//! What is given a value, and values with stars, beyond what Starlark knows:
//! `a, (b, *c) = x`, `a, b = "xy"`, `return *xs, 1`.
//!
//! Owns their lowering. Lines whose targets are plain names are `line`'s.

use super::attempt::bytes;
use super::build::{Builder, Pair, Rule};
use super::edit::Edit;

fn is_star(token: &Pair) -> bool {
    token.as_rule() == Rule::op && token.as_str() == "*"
}

/// Whether something among some targets is starred, at any depth.
fn has_star(targets: &[Pair]) -> bool {
    let begins = |at: usize| at == 0 || targets[at - 1].as_rule() == Rule::comma;
    targets.iter().enumerate().any(|(at, token)| {
        let display = token.as_rule() == Rule::bracket && begins(at);
        (is_star(token) && begins(at)) || (display && has_star(&token.clone().into_inner().collect::<Vec<_>>()))
    })
}

/// Where the value of a statement begins that has starred elements.
fn starred_value(parts: &[Pair]) -> Option<usize> {
    let is_sign = |p: &Pair| p.as_rule() == Rule::sep && p.as_str() == "=";
    let start = match parts.first()?.as_str() {
        "return" => 1,
        _ => parts.iter().rposition(is_sign)? + 1,
    };
    let begins = |at: usize| at == start || parts[at - 1].as_rule() == Rule::comma;
    (start..parts.len()).any(|at| is_star(&parts[at]) && begins(at)).then_some(start)
}

/// `*xs, 1` becomes `tuple(_joined(xs, [1]))`.
pub(super) fn starred(parts: &[Pair]) -> Vec<Edit> {
    let (Some(start), Some(last)) = (starred_value(parts), parts.last()) else { return Vec::new() };
    let mut edits = vec![Edit::before(bytes(&parts[start]).start, "tuple(_joined(")];
    for element in parts[start..].split(|p| p.as_rule() == Rule::comma).filter(|e| !e.is_empty()) {
        let (first, end) = (bytes(&element[0]), bytes(&element[element.len() - 1]).end);
        if is_star(&element[0]) {
            edits.push(Edit::replace(first, ""));
        } else {
            edits.extend([Edit::before(first.start, "["), Edit::behind(end, "]")]);
        }
    }
    edits.push(Edit::behind(bytes(last).end, "))"));
    edits
}

/// Whether a value is one text or name, which may be a text that is parted.
pub(super) fn may_be_text(value: &[Pair]) -> bool {
    match value {
        [one] => match one.as_rule() {
            Rule::strings_c => true,
            Rule::word => !one.as_str().starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        },
        _ => false,
    }
}

impl<'s> Builder<'s> {
    /// Whether the targets of an assignment are more than Starlark knows, or what they part may be a text.
    pub(super) fn is_nested(&self, targets: &[Pair], value: &[Pair]) -> bool {
        let closes = targets.last().is_some_and(|last| last.as_rule() == Rule::comma);
        let display = matches!(targets, [one] if one.as_rule() == Rule::bracket) && may_be_text(value);
        targets.first().is_some_and(|first| first.as_rule() != Rule::targets)
            && (closes || display || has_star(targets))
    }

    /// `a, (b, *c) = x` becomes `_v = (x); a, _u = _each(_v); b, c = _spread(1, 0, _u)`.
    pub(super) fn parted(&mut self, parts: &[Pair<'s>], sign: usize) {
        let start = bytes(&parts[0]).start;
        let value = format!("_v{start}");
        let mut lines = Vec::new();
        match &parts[..sign] {
            [display] if display.as_rule() == Rule::bracket => {
                let inner: Vec<Pair> = display.clone().into_inner().collect();
                self.part_targets(&inner, &value, &mut lines);
            }
            targets => self.part_targets(targets, &value, &mut lines),
        }
        self.emit.replace(start..bytes(&parts[sign + 1]).start, &format!("{value} = ("));
        self.tokens(parts[sign + 1..].to_vec(), Vec::new());
        let text: String = lines.iter().map(|line| format!("; {line}")).collect();
        self.emit.insert(bytes(&parts[parts.len() - 1]).end, &format!("){text}"));
    }

    /// The assignments that part a value, the outer before the inner.
    fn part_targets(&self, targets: &[Pair<'s>], value: &str, lines: &mut Vec<String>) {
        let elements: Vec<&[Pair]> =
            targets.split(|t| t.as_rule() == Rule::comma).filter(|element| !element.is_empty()).collect();
        let mut names = Vec::new();
        let (mut star, mut nested) = (None, Vec::new());
        for (at, element) in elements.iter().enumerate() {
            let own = if is_star(&element[0]) { &element[1..] } else { element };
            if own.len() < element.len() {
                star = Some(at);
            }
            match own {
                [one] if one.as_rule() == Rule::bracket => {
                    let name = format!("_u{}", bytes(one).start);
                    nested.push((one.clone().into_inner().collect::<Vec<_>>(), name.clone()));
                    names.push(name);
                }
                [first, .., last] => names.push(self.slice(bytes(first).start..bytes(last).end).to_owned()),
                [one] => names.push(self.cell(one.as_str()).unwrap_or_else(|| one.as_str().to_owned())),
                [] => {}
            }
        }
        let call = match star {
            Some(at) => format!("_spread({at}, {}, {value})", elements.len() - at - 1),
            None => format!("_each({value})"),
        };
        let comma = if names.len() == 1 { "," } else { "" };
        lines.push(format!("({}{comma}) = {call}", names.join(", ")));
        nested.into_iter().for_each(|(inner, name)| self.part_targets(&inner, &name, lines));
    }
}
