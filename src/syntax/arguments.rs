//! Arguments in an order that Python knows and Starlark does not: `f(*a, 1, **b, c=2)`.
//!
//! Owns what becomes of them: all from the first `*` on is one list, all that has a
//! name from the first `**` on, or behind a `*`, one dict. It does not know the values.

use super::attempt::bytes;
use super::build::{Pair, Rule};
use super::edit::Edit;
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Named,
    List,
    Dict,
}

/// One argument of a call or a section.
pub(super) struct Argument {
    kind: Kind,
    whole: Range<usize>,
    /// Its stars, or nothing.
    star: Range<usize>,
}

impl Argument {
    /// From its tokens; `named` if its name was taken off them.
    pub(super) fn new(tokens: &[Pair], named: Option<usize>) -> Option<Argument> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let start = bytes(first).start;
        let assigns = first.as_rule() == Rule::word
            && tokens.get(1).is_some_and(|t| t.as_rule() == Rule::sep && t.as_str() == "=");
        let kind = match (first.as_rule(), first.as_str()) {
            (Rule::op, "*") => Kind::List,
            (Rule::op, "**") => Kind::Dict,
            _ if assigns || named.is_some() => Kind::Named,
            _ => Kind::Plain,
        };
        let stars = if matches!(kind, Kind::List | Kind::Dict) { first.as_str().len() } else { 0 };
        Some(Argument { kind, whole: named.unwrap_or(start)..bytes(last).end, star: start..start + stars })
    }

    fn behind(&self, text: &str) -> Edit {
        Edit::behind(self.whole.end, text)
    }

    /// It as an element of what `call` puts together; `wrap` is for what has no star.
    fn joined(&self, call: &str, wrap: (&str, &str)) -> Vec<Edit> {
        if self.star.is_empty() {
            return vec![Edit::before(self.whole.start, format!("{call}{}", wrap.0)), self.behind(wrap.1)];
        }
        vec![Edit::replace(self.star.clone(), call)]
    }
}

/// The arguments of a bracket, by its tokens.
pub(super) fn of_bracket(inner: &[Pair]) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let (mut start, mut in_lambda) = (0, false);
    for (at, token) in inner.iter().enumerate() {
        match (token.as_rule(), token.as_str()) {
            (Rule::word, "lambda") => in_lambda = true,
            (Rule::sep, ":") => in_lambda = false,
            (Rule::comma, _) if !in_lambda => {
                arguments.extend(Argument::new(&inner[start..at], None));
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.extend(Argument::new(&inner[start..], None));
    arguments
}

/// What to change, argument by argument.
pub(super) fn edits(arguments: &[Argument]) -> Vec<Vec<Edit>> {
    let mut edits: Vec<Vec<Edit>> = arguments.iter().map(|_| Vec::new()).collect();
    let kind = |at: usize| arguments[at].kind;
    let len = arguments.len();
    let list = (0..len).find(|at| kind(*at) == Kind::List);
    let is_named = |at: &usize| matches!(kind(*at), Kind::Named | Kind::Dict);
    let dict = (0..len).find(|at| kind(*at) == Kind::Dict);
    let names = list.and_then(|list| (list..len).find(is_named)).or(dict).map_or(len, |n| n.min(dict.unwrap_or(n)));
    // What Python refuses is left as it is.
    if !(names..len).all(|at| is_named(&at)) {
        return edits;
    }
    let lists = list.map_or(names..names, |list| list..names);
    if lists.len() > 1 {
        group(&mut edits[lists.clone()], &arguments[lists], "*_joined(", ("[", "]"));
    }
    match &arguments[names..] {
        [] => {}
        [only] if only.kind == Kind::Dict => edits[names].push(Edit::before(only.star.end, "_kw | ")),
        given => group(&mut edits[names..], given, "**_merged(", ("_given(", ")")),
    }
    edits
}

fn group(edits: &mut [Vec<Edit>], arguments: &[Argument], open: &str, wrap: (&str, &str)) {
    for (at, (edits, argument)) in edits.iter_mut().zip(arguments).enumerate() {
        edits.extend(argument.joined(if at == 0 { open } else { "" }, wrap));
        if at + 1 == arguments.len() {
            edits.push(argument.behind(")"));
        }
    }
}
