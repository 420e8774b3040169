//! Displays that Starlark lacks: sets, and `*x` or `**x` within a list or dict.
//!
//! Owns what is put in their place. It knows a bracket's own text only; what is
//! nested in it is walked by the builder.

use std::ops::Range;

/// What is put in the place of some bytes, in order.
pub(super) type Edits = Vec<(Range<usize>, &'static str)>;

/// The words for one kind of bracket.
struct Words {
    star: &'static str,
    open: &'static str,
    /// In place of the star: ends the display before, opens the unpacked value.
    before: &'static str,
    /// In place of the comma behind it.
    after: &'static str,
    /// In place of the closing bracket, in a display and in an unpacked value.
    close: [&'static str; 2],
}

const LIST: Words = Words { star: "*", open: "([", before: "] + list(", after: ") + [", close: ["])", "))"] };
const TUPLE: Words = Words { star: "*", open: "tuple([", before: "] + list(", after: ") + [", close: ["])", "))"] };
const SET: Words = Words { star: "*", open: "set([", before: "] + list(", after: ") + [", close: ["])", "))"] };
const DICT: Words = Words { star: "**", open: "({", before: "} | _mapping(", after: ") | {", close: ["})", "))"] };

/// What to change in a bracket; `nested` are the strings and brackets in it, and
/// `group` says that it passes no arguments. Stars may be of targets or parameters.
pub(super) fn edits(source: &str, whole: Range<usize>, nested: &[Range<usize>], group: bool, others: bool) -> Edits {
    if others && source.as_bytes()[whole.start] != b'{' {
        return Edits::new();
    }
    let words = match source.as_bytes()[whole.start] {
        b'[' => LIST,
        b'{' => DICT,
        b'(' if group => TUPLE,
        _ => return Edits::new(),
    };
    let (open, close) = (whole.start..whole.start + 1, whole.end - 1..whole.end);
    let mut own = Own::read(source, &whole, nested, &words);
    let mut words = words;
    if words.star == "**" && own.edits.is_empty() && !own.colon && source[whole.clone()].contains('*') {
        own = Own::read(source, &whole, nested, &SET);
        words = SET;
    }
    let words = &words;
    let starred = own.edits.iter().any(|(_, text)| *text == words.before);
    if starred {
        own.edits.insert(0, (open, words.open));
        own.edits.push((close, words.close[usize::from(own.in_star)]));
        return own.edits;
    }
    if words.open != LIST.open && words.open != TUPLE.open && own.content && !own.colon {
        return vec![(open, "set(["), (close, "])")];
    }
    Edits::new()
}

/// What was found in the bracket's own text so far.
struct Own {
    edits: Edits,
    /// Within the value behind a star.
    in_star: bool,
    /// At the start of an element.
    fresh: bool,
    content: bool,
    colon: bool,
}

impl Own {
    fn read(source: &str, whole: &Range<usize>, nested: &[Range<usize>], words: &Words) -> Own {
        let content = !nested.is_empty();
        let mut own = Own { edits: Edits::new(), in_star: false, fresh: true, content, colon: false };
        let mut at = whole.start + 1;
        for range in nested.iter().cloned().chain(std::iter::once(whole.end - 1..whole.end - 1)) {
            own.stretch(source, at..range.start, words);
            own.fresh &= range.is_empty();
            at = range.end;
        }
        own
    }

    fn stretch(&mut self, source: &str, range: Range<usize>, words: &Words) {
        let mut at = range.start;
        while at < range.end {
            let rest = &source[at..range.end];
            let Some(c) = rest.chars().next() else { return };
            let mut length = c.len_utf8();
            match c {
                '#' => length = rest.find('\n').unwrap_or(rest.len()),
                ',' => {
                    if self.in_star {
                        self.edits.push((at..at + 1, words.after));
                    }
                    (self.in_star, self.fresh) = (false, true);
                }
                '*' if self.fresh && rest.starts_with(words.star) => {
                    length = words.star.len();
                    self.edits.push((at..at + length, words.before));
                    (self.in_star, self.fresh, self.content) = (true, false, true);
                }
                c if c.is_whitespace() => {}
                c => {
                    self.colon |= c == ':';
                    (self.fresh, self.content) = (false, true);
                }
            }
            at += length;
        }
    }
}
