//! A text that is no path and may hold wildcards, such as a param.
//!
//! Owns which braces are wildcards there: those around a name, as in Snakemake. All
//! others stand for themselves, doubled ones too.

use super::parse::{Token, tokens_of_text};
use std::ops::Range;

/// A parsed text.
#[derive(Clone, Debug)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Plain(Box<str>),
    Wildcard { name: Box<str>, range: Range<usize> },
}

impl Text {
    /// Finds the wildcards of a text.
    pub fn parse(text: &str) -> Text {
        let piece = |token: Token<'_>| match token {
            Token::Literal(plain) => Piece::Plain(plain.into()),
            Token::Wildcard(found) => Piece::Wildcard { name: found.name.into(), range: found.range },
        };
        Text { pieces: tokens_of_text(text).into_iter().map(piece).collect() }
    }

    /// The wildcards as they stand there, with their bytes, braces included.
    pub fn names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Wildcard { name, range } => Some((&**name, range.clone())),
            Piece::Plain(_) => None,
        })
    }

    /// The text with the values of its wildcards.
    ///
    /// # Errors
    /// The first name that has no value.
    pub fn fill<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Wildcard { name, .. } => out.push_str(value(name).ok_or_else(|| name.to_string())?),
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        Text::parse(text).fill(&|name| (name == "s").then_some("W"))
    }

    #[test]
    fn braces_around_a_name_are_wildcards() {
        let cases = [
            ("{}{s}", "{}W"),
            ("{s}{t,{1}{2,{3}}", "W{t,{1}{2,{3}}"),
            ("{print $1} {s}", "{print $1} W"),
            ("{0:05d}_{s}", "{0:05d}_W"),
            ("{ s }", "W"),
            ("{s,[a-z]{2}}.", "W."),
            ("{{s}}", "{W}"),
            ("${{{s}}}", "${{W}}"),
            ("{s}}", "W}"),
            ("{{s", "{{s"),
            ("{s!r} {s:>5} a{8} }{", "{s!r} {s:>5} a{8} }{"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn many_braces_are_read_at_once() {
        for part in ["{s,", "{", "{a{", "}{"] {
            let text = part.repeat(200_000);
            assert_eq!(filled(&text), Ok(text), "{part}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_its_place() {
        assert_eq!(filled("{s} {t}").unwrap_err(), "t");
        let text = Text::parse("{s} {wildcards.t}");
        assert_eq!(text.names().collect::<Vec<_>>(), [("s", 0..3), ("wildcards.t", 4..17)]);
    }
}
