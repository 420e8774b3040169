//! Dedenting: Python's `textwrap.dedent`, then outer blanks cut.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

/// Python's `textwrap.dedent`, then outer blanks cut.
pub fn dedent(text: &str) -> Cow<'_, str> {
    let cuts = cuts(text);
    if cuts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for cut in cuts {
        out.push_str(&text[at..cut.start]);
        at = cut.end;
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// The bytes that dedenting takes out: ascending, apart, none empty.
pub(super) fn cuts(text: &str) -> Vec<Range<usize>> {
    let trimmed = text.trim_matches(is_blank);
    let start = text.len() - text.trim_start_matches(is_blank).len();
    if trimmed.is_empty() {
        return iter::once(0..text.len()).filter(|cut| !cut.is_empty()).collect();
    }
    let end = start + trimmed.len();
    let margin = margin(text);
    let mut cuts: Vec<Range<usize>> = iter::once(0..start).collect();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        let content = line.trim_end_matches('\n');
        let cut = match content.trim_start_matches([' ', '\t']) {
            "" => content.len(),
            _ => margin,
        };
        // The first line's blanks and the last one's are cut already.
        let cut = at.max(start)..(at + cut).min(end);
        if at > start && cut.start < cut.end {
            cuts.push(cut);
        }
        at = next;
    }
    cuts.push(end..text.len());
    cuts.retain(|cut| !cut.is_empty());
    cuts
}

/// Bytes of the white space that all lines with content begin with.
fn margin(text: &str) -> usize {
    let mut common: Option<&str> = None;
    for line in text.split('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        if content.is_empty() {
            continue;
        }
        let indent = &line[..line.len() - content.len()];
        common = Some(match common {
            None => indent,
            Some(known) => {
                let same = known.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
                &known[..same]
            }
        });
    }
    common.map_or(0, str::len)
}

/// White space to Python's `str.strip` in ASCII.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_textwrap_and_strip() {
        let cases = [
            ("", ""),
            ("  \n \t\n", ""),
            ("echo", "echo"),
            ("  echo a\n", "echo a"),
            ("\n    a\n      b\n    c\n    ", "a\n  b\nc"),
            ("\n    a\n   \n\n    b\n", "a\n\n\nb"),
            ("\n    a\n\tb\n", "a\n\tb"),
            ("\n\t a\n\t  b\n", "a\n b"),
            ("a\n  b", "a\n  b"),
            ("    a\n  b\n", "a\nb"),
            ("\r\n  a\r\n", "a"),
        ];
        for (text, want) in cases {
            assert_eq!(dedent(text), want, "{text:?}");
        }
    }
}
