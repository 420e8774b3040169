//! Which braces of a text pair up, which pairs are doubled, and which could be
//! placeholders. It does not know names or quotes.

use super::parse::{Form, Token};

/// What the braces of a text come to.
#[derive(Default)]
pub(super) struct Braces<'t> {
    /// Bytes to leave out, ascending: one of each doubled brace.
    pub dropped: Vec<usize>,
    /// What could be placeholders, in order.
    pub candidates: Vec<Candidate<'t>>,
}

/// What could be a placeholder.
pub(super) enum Candidate<'t> {
    Form(Form<'t>),
    /// Where its brace stands, and the name.
    Broken(usize, &'t str),
}

impl Candidate<'_> {
    pub fn start(&self) -> usize {
        match self {
            Candidate::Form(form) => form.range.start,
            Candidate::Broken(at, _) => *at,
        }
    }

    /// One past the last byte that belongs to it in any case.
    pub fn end(&self) -> usize {
        match self {
            Candidate::Form(form) => form.range.end,
            Candidate::Broken(at, name) => at + 1 + name.len(),
        }
    }
}

struct Open<'t> {
    at: usize,
    close: Option<usize>,
    candidate: Option<Candidate<'t>>,
}

/// Pairs the braces with a stack. `{{` is doubled only if its partner is an
/// adjacent `}}`; no candidate is left inside the pair's second brace.
pub(super) fn pair<'t>(text: &str, tokens: Vec<Token<'t>>) -> Braces<'t> {
    let mut opens = paired(tokens);
    let mut braces = Braces::default();
    let mut i = 0;
    while i < opens.len() {
        if let Some(close) = doubled(&opens, i) {
            braces.dropped.extend([opens[i].at, close]);
            i += 2;
            continue;
        }
        let dollar = text[..opens[i].at].ends_with('$');
        braces.candidates.extend(opens[i].candidate.take().filter(|_| !dollar));
        i += 1;
    }
    braces.dropped.sort_unstable();
    braces
}

fn paired(tokens: Vec<Token<'_>>) -> Vec<Open<'_>> {
    let mut opens: Vec<Open> = Vec::new();
    let mut stack = Vec::new();
    for token in tokens {
        match token {
            Token::Close(at) => {
                if let Some(open) = stack.pop() {
                    let open: &mut Open = &mut opens[open];
                    open.close = Some(at);
                }
                continue;
            }
            Token::Hole(form) => {
                let (at, close) = (form.range.start, Some(form.range.end - 1));
                opens.push(Open { at, close, candidate: Some(Candidate::Form(form)) });
                continue;
            }
            Token::Open(at) => opens.push(Open { at, close: None, candidate: None }),
            Token::Broken(at, name) => {
                opens.push(Open { at, close: None, candidate: Some(Candidate::Broken(at, name)) });
            }
        }
        stack.push(opens.len() - 1);
    }
    opens
}

/// The outer closing brace, if the opening ones at `i` and `i + 1` are a doubled one.
fn doubled(opens: &[Open], i: usize) -> Option<usize> {
    let (outer, inner) = (&opens[i], opens.get(i + 1)?);
    let close = outer.close?;
    (inner.at == outer.at + 1 && inner.close? + 1 == close).then_some(close)
}
