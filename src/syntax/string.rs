//! String literals: decoding, joining, and f-strings.
//!
//! Owns what a literal stands for and how it is written in the lowered text.
//! It does not know where in a rule a string stands.

use super::build::{Builder, Pair, Rule};
use crate::diag::Diag;
use crate::span::Literal;
use std::ops::Range;

/// A decoded stretch of string: its text and the map back (see [`Literal`]).
#[derive(Default)]
struct Decoded {
    value: String,
    map: Vec<(u32, u32)>,
    joints: Vec<u32>,
}

impl Decoded {
    fn mark(&mut self, source: usize) {
        self.map.push((self.value.len() as u32, source as u32));
    }

    /// Bytes that stand for themselves; a carriage return before a newline goes.
    fn plain(&mut self, text: &str, at: usize) {
        let mut from = 0;
        for (i, _) in text.match_indices("\r\n") {
            self.piece(&text[from..i], at + from);
            from = i + 1;
        }
        self.piece(&text[from..], at + from);
    }

    fn piece(&mut self, text: &str, at: usize) {
        if !text.is_empty() {
            self.mark(at);
            self.value.push_str(text);
        }
    }

    /// An escape sequence, with its backslash.
    fn escape(&mut self, text: &str, at: usize) {
        self.mark(at);
        let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let body = &text[1..];
        let decoded = match body.as_bytes().first() {
            Some(b'\n' | b'\r') => return,
            Some(b'n') => Some('\n'),
            Some(b't') => Some('\t'),
            Some(b'r') => Some('\r'),
            Some(b'a') => Some('\x07'),
            Some(b'b') => Some('\x08'),
            Some(b'f') => Some('\x0c'),
            Some(b'v') => Some('\x0b'),
            Some(b'\\' | b'"' | b'\'') => body.chars().next(),
            Some(b'x' | b'u' | b'U') if body.len() > 1 => code(&body[1..], 16),
            Some(b'0'..=b'7') => code(body, 8),
            _ => None,
        };
        match decoded {
            Some(c) => self.value.push(c),
            None => self.value.push_str(text),
        }
    }

    fn literal(self, builder: &Builder, range: Range<usize>) -> Literal {
        Literal { span: builder.span(range), value: self.value, map: self.map, joints: self.joints }
    }
}

/// A string as a Starlark literal.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 32 || c == '\x7f' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A string literal that is no f-string, with or without a prefix.
fn is_literal(pair: &Pair) -> bool {
    matches!(pair.as_rule(), Rule::literal | Rule::bare)
}

fn range(pair: &Pair) -> Range<usize> {
    pair.as_span().start()..pair.as_span().end()
}

impl<'s> Builder<'s> {
    /// Adjacent strings: one literal, or one call that joins texts and values.
    pub(super) fn strings(&mut self, pair: Pair<'s>) {
        let whole = range(&pair);
        let parts: Vec<Pair> = pair.into_inner().collect();
        if parts.iter().any(|p| p.as_rule() == Rule::fstring) {
            return self.format_strings(whole, parts);
        }
        if let Some(deep) = parts.iter().find(|p| p.as_rule() == Rule::deep) {
            self.deep(deep);
        }
        let count = parts.len();
        let mut decoded = Decoded::default();
        let mut verbatim = count == 1;
        for (i, part) in parts.into_iter().filter(is_literal).enumerate() {
            if i > 0 {
                decoded.joints.push(decoded.value.len() as u32);
            }
            verbatim &= self.decode(part, &mut decoded);
        }
        if !verbatim {
            let text = quoted(&decoded.value);
            self.emit.replace(whole.clone(), &text);
        }
        let literal = decoded.literal(self, whole);
        self.literals.push(literal);
    }

    /// The value of a docstring, which is not lowered.
    pub(super) fn docstring(&mut self, pair: Pair<'s>) -> Box<str> {
        let mut decoded = Decoded::default();
        for part in pair.into_inner().filter(is_literal) {
            self.decode(part, &mut decoded);
        }
        decoded.value.into()
    }

    /// Adds a literal's text; whether Starlark may read it as it is written.
    fn decode(&mut self, literal: Pair, into: &mut Decoded) -> bool {
        if !is_literal(&literal) {
            return true;
        }
        let whole = range(&literal);
        let mut verbatim = !literal.as_str().contains(['\\', '\r', '\t']);
        let mut raw = false;
        for part in literal.into_inner() {
            if part.as_rule() == Rule::prefix {
                let prefix = part.as_str().to_ascii_lowercase();
                raw = prefix.contains('r');
                verbatim = false;
            } else {
                self.quoted_text(part, raw, whole.clone(), into);
            }
        }
        verbatim
    }

    fn quoted_text(&mut self, body: Pair, raw: bool, whole: Range<usize>, into: &mut Decoded) {
        let quote = match body.as_rule() {
            Rule::quoted3d | Rule::quoted3s => 3,
            _ => 1,
        };
        let (at, text) = (body.as_span().start(), body.as_str());
        let mut inner = body.into_inner().peekable();
        let mut close = quote;
        if inner.clone().any(|p| p.as_rule() == Rule::unclosed) {
            close = 0;
            let diag = Diag::at(self.span(whole.start..whole.start + 1), "this string is never closed");
            let more = if quote == 1 { Some("strings over several lines stand in `\"\"\"`".into()) } else { None };
            self.fail(diag.maybe_hint(more));
        }
        let content = at + quote.min(text.len())..(at + text.len()).saturating_sub(close).max(at + quote);
        if raw {
            into.plain(self.slice(content.clone()), content.start);
            return;
        }
        self.escaped(content, &mut inner, into);
    }

    /// Text with escapes (and doubled braces, in f-strings) among plain bytes.
    fn escaped(&mut self, content: Range<usize>, specials: &mut dyn Iterator<Item = Pair<'_>>, into: &mut Decoded) {
        let mut at = content.start;
        for special in specials.filter(|p| matches!(p.as_rule(), Rule::esc | Rule::doubled)) {
            let place = range(&special);
            into.plain(self.slice(at..place.start.max(at)), at);
            if special.as_str() == "\\N" && self.source[place.end..].starts_with('{') {
                let diag = Diag::at(self.span(place.clone()), "characters by their names are not served");
                self.fail(diag.hint("write the character itself, or its number: `\\u00b0`"));
            }
            match special.as_rule() {
                Rule::esc => into.escape(special.as_str(), place.start),
                _ => into.piece(&special.as_str()[..1], place.start),
            }
            at = place.end;
        }
        into.plain(self.slice(at..content.end.max(at)), at);
        if into.map.is_empty() {
            into.mark(content.start);
        }
    }

    /// Strings of which some are f-strings: `_f("text", value, ...)`.
    fn format_strings(&mut self, whole: Range<usize>, parts: Vec<Pair<'s>>) {
        self.emit.insert(whole.start, "_f(");
        for part in parts {
            match part.as_rule() {
                Rule::literal | Rule::bare => {
                    let place = range(&part);
                    let mut decoded = Decoded::default();
                    self.decode(part, &mut decoded);
                    self.text_part(place, decoded);
                }
                Rule::fstring => self.fstring(part),
                _ => self.token(part),
            }
        }
        self.emit.insert(whole.end, ")");
    }

    fn text_part(&mut self, place: Range<usize>, decoded: Decoded) {
        self.emit.replace(place.clone(), &format!("{},", quoted(&decoded.value)));
        let literal = decoded.literal(self, place);
        self.literals.push(literal);
    }

    fn fstring(&mut self, pair: Pair<'s>) {
        let whole = range(&pair);
        let mut at = whole.start;
        let mut raw = false;
        for part in pair.into_inner() {
            let place = range(&part);
            if part.as_rule() == Rule::fprefix {
                raw = part.as_str().to_ascii_lowercase().contains('r');
                continue;
            }
            self.emit.replace(at..place.start, "");
            at = place.end;
            match part.as_rule() {
                Rule::field | Rule::field3 => self.field(part),
                Rule::lone => self.unpaired(place),
                Rule::unclosed => {
                    self.fail(Diag::at(self.span(whole.start..whole.start + 2), "this string is never closed"));
                }
                _ => self.ftext(part, raw),
            }
        }
        self.emit.replace(at..whole.end, "");
    }

    fn unpaired(&mut self, brace: Range<usize>) {
        let diag = Diag::at(self.span(brace), "a brace of this f-string does not pair up");
        self.fail(diag.hint("write `{{` and `}}` for literal braces, or drop the `f`"));
    }

    fn ftext(&mut self, pair: Pair, raw: bool) {
        let place = range(&pair);
        let mut decoded = Decoded::default();
        let keep = |p: &Pair| !raw || p.as_rule() == Rule::doubled;
        self.escaped(place.clone(), &mut pair.into_inner().filter(keep), &mut decoded);
        self.text_part(place, decoded);
    }

    /// `{expression!r:spec}`: `_fmt(expression, "r", spec),`.
    fn field(&mut self, pair: Pair<'s>) {
        let whole = range(&pair);
        let parts: Vec<Pair> = pair.into_inner().collect();
        let is = |wanted| parts.iter().any(|p| p.as_rule() == wanted);
        if is(Rule::unclosed) || !(is(Rule::fexpr) || is(Rule::fexpr3)) {
            return self.unpaired(whole.start..whole.start + 1);
        }
        let (has_spec, formatted) = (is(Rule::spec), is(Rule::spec) || is(Rule::conversion));
        let debug = parts.iter().find(|p| p.as_rule() == Rule::debug).map(range);
        let expr_end = parts.first().map_or(whole.end, |p| p.as_span().end());
        let mut open = String::new();
        if let Some(sign) = &debug {
            open.push_str(&quoted(self.slice(whole.start + 1..sign.end)));
            open.push(',');
        }
        open.push_str("_fmt((");
        self.emit.replace(whole.start..whole.start + 1, &open);
        let mut conversion = if debug.is_some() && !formatted { "r" } else { "" };
        let mut spec = None;
        for part in parts {
            match part.as_rule() {
                Rule::fexpr | Rule::fexpr3 => {
                    let span = self.span(range(&part));
                    self.fields.push(span);
                    self.tokens(part.into_inner().collect(), Vec::new());
                }
                Rule::conversion if part.as_str() == "r" => conversion = "r",
                Rule::conversion if part.as_str() == "a" => conversion = "a",
                // Without a format it is a text anyway.
                Rule::conversion if has_spec => conversion = "s",
                Rule::spec => spec = Some(part),
                _ => {}
            }
        }
        self.emit.replace(expr_end..expr_end, &format!("),\"{conversion}\",_f("));
        let mut at = expr_end;
        for part in spec.into_iter().flat_map(Pair::into_inner) {
            let place = range(&part);
            self.emit.replace(at..place.start, "");
            at = place.end;
            if part.as_rule() == Rule::field {
                self.field(part);
            } else {
                self.emit.replace(place, &format!("{},", quoted(part.as_str())));
            }
        }
        self.emit.replace(at..whole.end, ")),");
    }
}
