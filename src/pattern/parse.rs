//! A pattern's text into its tokens. The only place of `pattern` that sees pest.

use super::PatternError;
use pest::Parser;
use pest::iterators::Pair;
use std::ops::Range;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/pattern.pest"]
struct Grammar;

/// A piece of a pattern.
pub(super) enum Token<'t> {
    /// Text of the path, braces undoubled.
    Literal(&'t str),
    Wildcard(Wildcard<'t>),
}

/// `{name}` or `{name,constraint}`, with their bytes in the text.
pub(super) struct Wildcard<'t> {
    pub name: &'t str,
    pub constraint: Option<(&'t str, Range<usize>)>,
    pub range: Range<usize>,
}

/// The tokens of a pattern, or its first brace that fits nowhere.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, PatternError> {
    let mut parsed = Grammar::parse(Rule::pattern, text).expect("the grammar accepts every text");
    let pattern = parsed.next().expect("the grammar's root is a pattern");
    pattern.into_inner().filter(|p| p.as_rule() != Rule::EOI).map(|p| token(text, p)).collect()
}

/// The tokens of a text whose other braces are plain. Its wildcards' names may hold dots.
pub(super) fn tokens_of_text<'t>(text: &'t str) -> Vec<Token<'t>> {
    let mut parsed = Grammar::parse(Rule::text, text).expect("the grammar accepts every text");
    let parts = parsed.next().expect("the grammar's root is a text").into_inner();
    let token = |pair: Pair<'t, Rule>| match pair.as_rule() {
        Rule::held => Some(Token::Wildcard(wildcard(pair))),
        Rule::other => Some(Token::Literal(pair.as_str())),
        _ => None,
    };
    parts.filter_map(token).collect()
}

fn token<'t>(text: &'t str, pair: Pair<'t, Rule>) -> Result<Token<'t>, PatternError> {
    match pair.as_rule() {
        Rule::open => Ok(Token::Literal("{")),
        Rule::close => Ok(Token::Literal("}")),
        Rule::literal => Ok(Token::Literal(pair.as_str())),
        Rule::wildcard => Ok(Token::Wildcard(wildcard(pair))),
        Rule::stray => Err(stray(text, pair.as_span().start())),
        rule => unreachable!("a pattern holds no {rule:?}"),
    }
}

fn wildcard(pair: Pair<'_, Rule>) -> Wildcard<'_> {
    let range = pair.as_span().start()..pair.as_span().end();
    let mut parts = pair.into_inner();
    let name = parts.next().expect("a wildcard has a name").as_str();
    let constraint = parts.next().map(|c| (c.as_str(), c.as_span().start()..c.as_span().end()));
    Wildcard { name, constraint, range }
}

fn stray(text: &str, at: usize) -> PatternError {
    let rest = &text[at..];
    if rest.starts_with('}') {
        return PatternError {
            range: at..at + 1,
            message: "`}` closes no wildcard".into(),
            hint: Some("write `}}` for a brace in the path".into()),
        };
    }
    let end = rest.find('}').map(|i| at + i + 1);
    let message = match end {
        Some(end) => format!("`{}` is no wildcard", &text[at..end]),
        None => "`{` is never closed".into(),
    };
    PatternError {
        range: at..end.unwrap_or(at + 1),
        message,
        hint: Some("a wildcard is `{name}` or `{name,regex}`; write `{{` and `}}` for braces in the path".into()),
    }
}
