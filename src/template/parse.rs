//! A template's text into its tokens. The only place of `template` that sees pest.

use super::Access;
use pest::Parser;
use pest::iterators::Pair;
use std::ops::Range;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/template.pest"]
struct Grammar;

/// A brace of the text, or what has the form of a placeholder.
pub(super) enum Token<'t> {
    Open(usize),
    Close(usize),
    Hole(Form<'t>),
    /// Begins as a placeholder does and does not end as one.
    Broken(usize, &'t str),
}

/// The form of a placeholder; whether it is one depends on its name and place.
pub(super) struct Form<'t> {
    pub name: &'t str,
    pub access: Vec<Access>,
    pub conversion: Option<&'t str>,
    pub format: Option<&'t str>,
    pub range: Range<usize>,
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut parsed = Grammar::parse(Rule::template, text).expect("the grammar accepts every text");
    let template = parsed.next().expect("the grammar's root is a template");
    template.into_inner().filter_map(token).collect()
}

fn token(pair: Pair<'_, Rule>) -> Option<Token<'_>> {
    let at = pair.as_span().start();
    Some(match pair.as_rule() {
        Rule::open => Token::Open(at),
        Rule::close => Token::Close(at),
        Rule::hole => Token::Hole(form(pair)),
        Rule::broken => Token::Broken(at, pair.into_inner().next().expect("a name follows the brace").as_str()),
        Rule::other | Rule::EOI => return None,
        rule => unreachable!("a template holds no {rule:?}"),
    })
}

fn form(pair: Pair<'_, Rule>) -> Form<'_> {
    let range = pair.as_span().start()..pair.as_span().end();
    let mut form = Form { name: "", access: Vec::new(), conversion: None, format: None, range };
    for part in pair.into_inner() {
        let text = part.as_str();
        match part.as_rule() {
            Rule::name => form.name = text,
            Rule::attr => form.access.push(Access::Attr(text[1..].into())),
            Rule::index => form.access.push(index(&text[1..text.len() - 1])),
            Rule::conversion => form.conversion = Some(text),
            Rule::format => form.format = Some(text),
            rule => unreachable!("a placeholder holds no {rule:?}"),
        }
    }
    form
}

fn index(key: &str) -> Access {
    key.parse().map_or_else(|_| Access::Key(key.into()), Access::Index)
}
