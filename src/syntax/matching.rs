//! `match` statements.
//!
//! Owns their lowering to `if` and `elif`. Values are compared where they stand; what
//! else there is of patterns, `_matched` is asked.

use super::attempt::{below, bytes, colon, tokens_of, word_of};
use super::build::{Builder, Pair, Rule};
use super::pattern::Pattern;
use super::python::indent;
use crate::diag::Diag;
use std::ops::Range;

/// What a pattern asks of the subject.
#[derive(Debug, PartialEq, Eq)]
enum Asks {
    /// Whether it is one of some values, by their texts.
    Value(Vec<String>),
    Nothing,
    /// What it is made of.
    Parts(Pattern),
}

/// A value in a pattern; none of what is no value.
fn value(tokens: &[Pair]) -> Option<String> {
    let is_number = |t: &Pair| t.as_rule() == Rule::word && t.as_str().starts_with(|c: char| c.is_ascii_digit());
    match tokens {
        [minus, number] if minus.as_str() == "-" && is_number(number) => Some(format!("-{}", number.as_str())),
        [one] => {
            let text = one.as_str();
            let named = matches!(text, "None" | "True" | "False") || text.contains('.');
            let is_text = matches!(one.as_rule(), Rule::strings_c | Rule::strings_b | Rule::strings_v);
            let plain = is_text && !text.starts_with(['f', 'F']);
            (plain || is_number(one) || (one.as_rule() == Rule::word && named)).then(|| text.to_owned())
        }
        _ => None,
    }
}

/// None if the pattern is not served.
fn asks(tokens: &[Pair], text: &str) -> Option<Asks> {
    if text.trim() == "_" {
        return Some(Asks::Nothing);
    }
    let values = tokens.split(|t| t.as_rule() == Rule::op && t.as_str() == "|").map(value).collect::<Option<_>>();
    values.map(Asks::Value).or_else(|| Pattern::of(text).map(Asks::Parts))
}

/// How many items a `match` statement is; none of others.
pub(super) fn match_length(items: &[Pair]) -> Option<usize> {
    let head = items.first().filter(|i| word_of(i) == "match")?;
    let count = below(&items[1..], indent(head.as_str()));
    (count > 0 && word_of(&items[1]) == "case").then_some(1 + count)
}

/// The bytes of the name and of the colon of `match NAME:`.
fn named_head(item: &Pair) -> Option<(Range<usize>, usize)> {
    let text = item.as_str();
    let word = indent(text).len() + word_of(item).len();
    let colon = word + text[word..].find(':')?;
    let name = text[word..colon].trim();
    let start = word + (text[word..].len() - text[word..].trim_start().len());
    let at = item.as_span().start();
    Some((at + start..at + start + name.len(), at + colon))
}

fn names_of(asks: &Asks) -> Vec<&str> {
    match asks {
        Asks::Parts(pattern) => pattern.names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

impl<'s> Builder<'s> {
    /// `match x:` becomes `_m = (x)`, and each `case` an `if` or `elif`.
    pub(super) fn matched(&mut self, items: &[Pair<'s>], top: bool) {
        let head = &items[0];
        let own = indent(head.as_str());
        let start = head.as_span().start() + own.len();
        let subject = format!("_m{start}");
        let guard = self.place.guard.clone();
        let (open, close) = match &guard {
            Some(state) => (format!("{subject} = {state}._run(lambda: ("), "))"),
            None => (format!("{subject} = ("), ")"),
        };
        let own_indent = own.replace('\t', " ");
        let then = format!("{close}\n{own_indent}{subject}_names = {{}}\n{own_indent}if True");
        if head.as_rule() == Rule::code {
            let tokens = tokens_of(head);
            let Some(end) = colon(&tokens).filter(|end| *end > 1) else { return self.unmatched(head) };
            self.emit.replace(start..bytes(&tokens[1]).start, &open);
            self.tokens(tokens[1..end].to_vec(), Vec::new());
            self.emit.replace(bytes(&tokens[end - 1]).end..bytes(&tokens[end]).start, &then);
        } else {
            let Some((name, colon)) = named_head(head) else { return self.unmatched(head) };
            self.emit.replace(start..name.start, &open);
            self.emit.replace(name.end..colon, &then);
        }
        let mut rest = &items[1..];
        let mut word = "if";
        while let [case, after @ ..] = rest {
            let count = below(after, indent(case.as_str()));
            self.case(case, &subject, word);
            self.lines(&after[..count], top);
            (word, rest) = ("elif", &after[count..]);
        }
    }

    fn unmatched(&mut self, item: &Pair<'s>) {
        let diag = Diag::at(self.line_span(item), "this pattern is not understood");
        self.refuse(diag.hint("write `if` and `elif`"));
    }

    /// `case 1 | 2 if x:`.
    fn case(&mut self, case: &Pair<'s>, subject: &str, word: &str) {
        let start = case.as_span().start() + indent(case.as_str()).len();
        let own = indent(case.as_str()).replace('\t', " ");
        if case.as_rule() != Rule::code {
            return self.unmatched(case);
        }
        let tokens = tokens_of(case);
        let Some(end) = colon(&tokens).filter(|_| tokens[0].as_str() == "case") else { return self.unmatched(case) };
        let guard = tokens[..end].iter().position(|t| t.as_rule() == Rule::word && t.as_str() == "if");
        let stop = guard.unwrap_or(end);
        let text = self.slice(bytes(&tokens[0]).end..bytes(&tokens[stop]).start);
        let Some(asks) = asks(&tokens[1..stop], text) else { return self.unmatched(case) };
        let names = names_of(&asks);
        let test = match &asks {
            Asks::Nothing => "True".to_owned(),
            Asks::Value(values) => {
                // A class may say what is equal, and a bool is a number.
                let asked = |value: &str| {
                    self.called.compares || value.contains('.') || ["0", "1", "True", "False"].contains(&value)
                };
                let test = |value: &String| match asked(value) {
                    true => format!("_is_value({subject}, {value})"),
                    false => format!("{subject} == {value}"),
                };
                let tests: Vec<String> = values.iter().map(test).collect();
                tests.join(" or ")
            }
            Asks::Parts(pattern) => format!("_matched({subject}_names, {subject}, {})", pattern.text),
        };
        // Within a `try`, what the asking raises is the state's.
        let (test, ask) = match &self.place.guard {
            Some(state) => (test, (format!("{state}._run(lambda: ("), "))")),
            None => (test, (String::new(), "")),
        };
        let (open_ask, close_ask) = ask;
        match guard.filter(|at| at + 1 < end) {
            Some(at) => {
                let (open, close) = match names.is_empty() {
                    true => ("(".to_owned(), ")".to_owned()),
                    false => (format!("(lambda {}: (", names.join(", ")), format!("))(**{subject}_names)")),
                };
                self.emit
                    .replace(start..bytes(&tokens[at + 1]).start, &format!("{word} {open_ask}({test}) and {open}"));
                self.tokens(tokens[at + 1..end].to_vec(), Vec::new());
                let close = format!("{close}{close_ask}");
                self.emit.replace(bytes(&tokens[end - 1]).end..bytes(&tokens[end]).start, &close);
            }
            None => {
                let head = format!("{word} {open_ask}{test}{close_ask}");
                self.emit.replace(start..bytes(&tokens[end]).start, &head);
            }
        }
        let held: Vec<String> = names.iter().map(|name| format!("{subject}_names[{name:?}]")).collect();
        let given = (!names.is_empty()).then(|| format!("{} = {}", names.join(", "), held.join(", ")));
        let colon = bytes(&tokens[end]);
        match (given, tokens.get(end + 1).map(bytes)) {
            (None, _) => self.suite(tokens[end..].to_vec(), &own),
            (Some(given), None) => {
                let named = format!(":\n{}{given}", self.block_indent(colon.start));
                self.emit.replace(colon, &named);
            }
            (Some(given), Some(first)) => {
                let deeper = format!("{own} ");
                self.emit.replace(colon.start..first.start, &format!(":\n{deeper}{given}\n{deeper}"));
                self.simple_statements(tokens[end + 1..].to_vec(), &deeper);
            }
        }
    }
}
