//! Names that a comprehension or a `lambda` has of its own.
//!
//! Owns where such a name hides what stands for it outside. It knows the tokens of one
//! bracket or line; what is nested in them is within the same places.

use super::build::{Pair, Rule};
use std::ops::Range;

/// Some bytes, and the names that mean something else there.
pub(super) struct Shadow {
    pub(super) bytes: Range<usize>,
    pub(super) names: Vec<String>,
}

impl Shadow {
    /// Whether a word is one of the names, and stands there.
    pub(super) fn hides(&self, word: &Pair) -> bool {
        let root = word.as_str().split('.').next().unwrap_or("");
        self.bytes.contains(&word.as_span().start()) && self.names.iter().any(|name| name == root)
    }
}

/// The places of some tokens where names are hidden.
pub(super) fn shadows(tokens: &[Pair]) -> Vec<Shadow> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.as_rule() {
            Rule::word if token.as_str() == "lambda" => {
                if let Some(colon) = end(&tokens[at + 1..], |token| is_sep(token, ":")) {
                    of_lambda(&tokens[at + 1..at + 1 + colon], &tokens[at + 2 + colon..], &mut found);
                }
            }
            Rule::lambda => {
                let inner: Vec<Pair> = token.clone().into_inner().collect();
                of_lambda(&inner, &tokens[at + 1..], &mut found);
            }
            _ => {}
        }
    }
    // A statement begins with its `for`.
    let first = tokens.iter().position(|token| token.as_rule() == Rule::for_word).filter(|at| *at > 0);
    found.extend(first.into_iter().flat_map(|first| of_comprehension(tokens, first)));
    found
}

fn is_sep(token: &Pair, text: &str) -> bool {
    token.as_rule() == Rule::sep && token.as_str() == text
}

fn is_word(token: &Pair, text: &str) -> bool {
    token.as_rule() == Rule::word && token.as_str() == text
}

/// Where the first token stands that ends something, but for those of lambdas within it.
fn end(tokens: &[Pair], ends: impl Fn(&Pair) -> bool) -> Option<usize> {
    let mut lambdas = 0;
    for (at, token) in tokens.iter().enumerate() {
        match lambdas {
            _ if is_word(token, "lambda") => lambdas += 1,
            0 if ends(token) => return Some(at),
            0 => {}
            _ if is_sep(token, ":") => lambdas -= 1,
            _ => {}
        }
    }
    None
}

fn bytes(tokens: &[Pair]) -> Option<Range<usize>> {
    Some(tokens.first()?.as_span().start()..tokens.last()?.as_span().end())
}

/// The parameters of a lambda mean themselves in its body; the defaults are read outside.
fn of_lambda(parameters: &[Pair], behind: &[Pair], found: &mut Vec<Shadow>) {
    let begins = |at: usize| at == 0 || matches!(parameters[at - 1].as_str(), "," | "*" | "**");
    let own = (0..parameters.len()).filter(|at| begins(*at) && parameters[*at].as_rule() == Rule::word);
    let own: Vec<&Pair> = own.map(|at| &parameters[at]).collect();
    let names: Vec<String> = own.iter().map(|name| name.as_str().to_owned()).collect();
    if names.is_empty() {
        return;
    }
    let ends = |token: &Pair| matches!(token.as_rule(), Rule::comma | Rule::semicolon | Rule::for_word | Rule::sep);
    let body = &behind[..end(behind, ends).unwrap_or(behind.len())];
    let places = own.iter().map(|name| name.as_span().start()..name.as_span().end()).chain(bytes(body));
    found.extend(places.map(|bytes| Shadow { bytes, names: names.clone() }));
}

/// The targets of a comprehension mean themselves in all of it but in what the first
/// loop goes over.
fn of_comprehension(tokens: &[Pair], first: usize) -> Vec<Shadow> {
    let mut names = Vec::new();
    let mut in_target = false;
    for token in tokens {
        match token.as_rule() {
            Rule::for_word => in_target = true,
            _ if is_word(token, "in") => in_target = false,
            _ if in_target => words(token, &mut names),
            _ => {}
        }
    }
    let Some(inside) = (first..tokens.len()).find(|at| is_word(&tokens[*at], "in")) else { return Vec::new() };
    let goes_on = |token: &Pair| token.as_rule() == Rule::for_word || is_word(token, "if");
    let rest = end(&tokens[inside + 1..], goes_on).map_or(tokens.len(), |at| inside + 1 + at);
    let places = [bytes(&tokens[..inside]), bytes(&tokens[rest..])];
    places.into_iter().flatten().map(|bytes| Shadow { bytes, names: names.clone() }).collect()
}

fn words(token: &Pair, names: &mut Vec<String>) {
    match token.as_rule() {
        Rule::word => names.push(token.as_str().to_owned()),
        _ => token.clone().into_inner().for_each(|inner| words(&inner, names)),
    }
}
