//! Definitions that Python itself refuses.
//!
//! Owns what is plainly wrong with the lines of one: a head without its colon or its block, two values with
//! nothing between them, an operator without its right side. What it does not know it takes for right: a
//! definition of which Starlark knows too little is left to Python. It lowers nothing.

use super::attempt::{bytes, colon, tokens_of};
use super::build::{Builder, Pair, Rule};
use super::python::indent;
use crate::diag::Diag;
use std::ops::Range;

/// Words that are no values, and that values stand before or behind.
const WORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

/// Words whose line ends in a colon, and that have a block.
const HEADS: [&str; 12] =
    ["def", "class", "if", "elif", "else", "for", "while", "with", "try", "except", "finally", "async"];

/// What is wrong at a place, and a way out.
struct Fault {
    place: Range<usize>,
    message: String,
    hint: &'static str,
}

/// Whether a token is a value, as a whole.
fn is_value(token: &Pair) -> bool {
    match token.as_rule() {
        // `1if x else y` is a number and a word.
        Rule::word => !WORDS.contains(&token.as_str().trim_start_matches(|c: char| c.is_ascii_digit())),
        Rule::strings_c | Rule::strings_b | Rule::strings_v | Rule::json_load | Rule::bracket => true,
        _ => false,
    }
}

/// Whether a token begins a value of its own behind another: brackets are calls and indices there.
fn begins_value(token: &Pair) -> bool {
    is_value(token) && !token.as_str().starts_with(['(', '['])
}

/// Two values side by side in a line or a bracket, or in one within it.
fn side_by_side<'s>(tokens: &[Pair<'s>]) -> Option<Pair<'s>> {
    let tokens: Vec<&Pair> = tokens.iter().filter(|t| t.as_rule() != Rule::cont).collect();
    for pair in tokens.windows(2) {
        // A text may have a prefix that is not known here.
        let touches = bytes(pair[0]).end == bytes(pair[1]).start;
        if is_value(pair[0]) && begins_value(pair[1]) && !touches {
            return Some(pair[1].clone());
        }
    }
    let brackets = tokens.iter().filter(|t| t.as_rule() == Rule::bracket);
    brackets.into_iter().find_map(|bracket| side_by_side(&(*bracket).clone().into_inner().collect::<Vec<_>>()))
}

/// Whether a bracket among some tokens is never closed.
fn is_open(tokens: &[Pair]) -> bool {
    let opens = |t: &Pair| t.as_rule() == Rule::unclosed || is_open(&t.clone().into_inner().collect::<Vec<_>>());
    tokens.iter().filter(|t| matches!(t.as_rule(), Rule::bracket | Rule::unclosed)).any(opens)
}

/// Whether nothing may end with a token.
fn wants_more(token: &Pair) -> bool {
    match token.as_rule() {
        Rule::op => true,
        Rule::sep => token.as_str().ends_with('='),
        Rule::keyword => true,
        Rule::word => matches!(token.as_str(), "and" | "or" | "not" | "in" | "lambda"),
        _ => false,
    }
}

/// What Python refuses of a line.
fn of_line(tokens: &[Pair]) -> Option<Fault> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let end = bytes(last).end;
    if HEADS.contains(&first.as_str()) || first.as_rule() == Rule::with {
        let bare = matches!(first.as_str(), "else" | "try" | "finally");
        let found = if bare { tokens.get(1).filter(|t| t.as_str() == ":").map(|_| 1) } else { colon(tokens) };
        if found.is_none() {
            let hint = match (first.as_str(), tokens.get(1).map(Pair::as_str)) {
                ("else", Some("if")) => "write `elif`",
                _ => "a block begins behind a `:`",
            };
            let message = "`:` is missing at the end of this line".to_owned();
            return Some(Fault { place: bytes(first).start..end, message, hint });
        }
    }
    // Words only where they begin a line of their kind.
    let skipped = usize::from(matches!(first.as_str(), "match" | "case" | "type"));
    if let Some(second) = side_by_side(&tokens[skipped..]) {
        let text = second.as_str().lines().next().unwrap_or("");
        let message = format!("`{text}` is not understood here");
        return Some(Fault { place: bytes(&second), message, hint: "is something missing before it?" });
    }
    let statements = tokens.split(|t| t.as_rule() == Rule::semicolon);
    let open = statements.filter_map(<[Pair]>::last).find(|last| wants_more(last))?;
    let message = format!("a value is missing behind `{}`", open.as_str());
    Some(Fault { place: bytes(open), message, hint: "write it, or a `\\` at the end of the line if it stands below" })
}

/// Whether the block of a head that ends its line is missing: the next line is no deeper.
fn lacks_block(items: &[Pair], at: usize, tokens: &[Pair]) -> bool {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return false };
    let begins = (HEADS.contains(&first.as_str()) || first.as_rule() == Rule::with) && last.as_str() == ":";
    let width = |item: &Pair| indent(item.as_str()).len();
    begins && items.get(at + 1).is_none_or(|next| width(next) <= width(&items[at]))
}

impl<'s> Builder<'s> {
    /// What Python refuses of a definition: it is of no use to bodies either.
    pub(super) fn broken(&self, items: &[Pair<'s>]) -> Option<Diag> {
        // Where a bracket is never closed, that is told, and lines are none.
        if items.iter().any(|item| is_open(&tokens_of(item))) {
            return None;
        }
        for (at, item) in items.iter().enumerate().filter(|(_, item)| item.as_rule() == Rule::code) {
            let tokens = tokens_of(item);
            let fault = of_line(&tokens).or_else(|| {
                lacks_block(items, at, &tokens).then(|| Fault {
                    place: self.line_span(item).range(),
                    message: "nothing stands below this line, indented".to_owned(),
                    hint: "write `pass` where nothing is to be done",
                })
            });
            if let Some(Fault { place, message, hint }) = fault {
                return Some(Diag::at(self.span(place), message).hint(hint));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::span::FileId;
    use crate::syntax::parse;

    /// What is refused of a text.
    fn refused(text: &str) -> Vec<String> {
        match parse(FileId(0), text, Default::default()) {
            Ok(_) => Vec::new(),
            Err(diags) => diags.into_iter().map(|d| d.message).collect(),
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        let colon = "`:` is missing at the end of this line";
        assert_eq!(refused("def f(a)\n    return a\n"), [colon]);
        assert_eq!(refused("def f(a):\n    if a\n        return a\n"), [colon]);
        assert_eq!(refused("def f(a):\n    if a:\n        pass\n    else if a:\n        pass\n"), [colon]);
        assert_eq!(refused("class C\n    x = 1\n"), [colon]);
        assert_eq!(refused("def f(a):\n    return a b\n"), ["`b` is not understood here"]);
        assert_eq!(refused("def f(a):\n    return [a, (1 2)]\n"), ["`2` is not understood here"]);
        assert_eq!(refused("def f(a):\n    print \"x\"\n"), ["`\"x\"` is not understood here"]);
        assert_eq!(refused("def f(a):\n    x = a +\n    return x\n"), ["a value is missing behind `+`"]);
        assert_eq!(refused("def f(a):\n    x =\n"), ["a value is missing behind `=`"]);
        assert_eq!(refused("def f(a):\nx = 1\n"), ["nothing stands below this line, indented"]);
    }

    #[test]
    fn what_python_knows_is_left_alone() {
        let text = "async def f(a, /, b: int = 3, *args, c=lambda x: x, **kw) -> dict[str, int]:\n    \
            async with a as b, c as d:\n        await b\n    x: int = yield a\n    match a:\n        case [1, *b] if b:\n            \
            pass\n    return a if b else not c is not d, *b\n    raise a from b\n    print(a, file=b); del a, b\n    \
            x = a \\\n        + b\n    for x, in a: ...\n    return\n";
        let plain = "@d(1)\ndef g(a, *, b):\n    global x\n    x = [y async for y in a if not y]\n    assert a, 'b' 'c'\n    \
            try: return a[1:2, ...]\n    except* (A, B) as e: raise\n    return f'{a}' rb'b', 1if a else 2, a(b)(c)[d]\n";
        for text in [text, plain] {
            let refused = refused(text);
            assert!(!refused.iter().any(|m| m.contains("missing") || m.contains("not understood")), "{refused:?}");
        }
    }
}
