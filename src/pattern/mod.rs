//! Path patterns: `{wildcard}` and `{wildcard,regex}` in paths.
//!
//! Owns matching a path against a pattern, filling a pattern with values, and
//! the index that finds which of many patterns may match a path. Pure: it
//! never asks the file system.

mod constraint;
mod index;
mod matching;
mod nearest;
mod parse;
mod text;

pub use index::Index;
pub use nearest::nearest;
pub use text::Text;

use constraint::Constraint;
use matching::Matcher;
use parse::{Token, Wildcard};
use std::ops::Range;

/// Why a text is no pattern, with the bytes of the text that are at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Bytes of the pattern's text.
    pub range: Range<usize>,
    /// One line.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

/// A parsed pattern. Two pointers and a length where it is a plain path.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Box<str>,
    /// None: the text is the path.
    body: Option<Box<Body>>,
}

/// `literals[0] slots[0] literals[1] ... slots[n-1] literals[n]`.
#[derive(Clone, Debug)]
struct Body {
    literals: Box<[Box<str>]>,
    /// Which of `names` stands there.
    slots: Box<[u16]>,
    names: Box<[Box<str>]>,
    /// Of each name: its first occurrence in the text, and its constraint.
    ranges: Box<[Range<u32>]>,
    constraints: Box<[Option<Constraint>]>,
    matcher: Matcher,
}

/// Whether a text has a brace; else it is a path as it stands.
pub fn has_brace(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'{' | b'}'))
}

impl Pattern {
    /// Parses `{name}`, `{name,regex}`, `{{` and `}}`.
    ///
    /// # Errors
    /// A brace that fits nowhere, a constraint that is no regular expression,
    /// or a constraint on a wildcard's second occurrence.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        if !has_brace(text) {
            return Ok(Pattern::literal(text));
        }
        let mut draft = Draft { literals: vec![String::new()], ..Draft::default() };
        for token in parse::tokens(text)? {
            match token {
                Token::Literal(piece) => draft.literals.last_mut().expect("starts with one").push_str(piece),
                Token::Wildcard(wildcard) => draft.wildcard(wildcard)?,
            }
        }
        let mut body = draft.finish();
        body.compile()?;
        Ok(Pattern { text: text.into(), body: Some(Box::new(body)) })
    }

    /// The path itself: braces have no meaning in it.
    pub fn literal(path: &str) -> Pattern {
        Pattern { text: path.into(), body: None }
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The distinct wildcards, by first occurrence.
    pub fn names(&self) -> &[Box<str>] {
        self.body.as_ref().map_or(&[], |b| &b.names)
    }

    /// Bytes of the text of a wildcard's first occurrence, braces included
    /// (the whole text for a name it does not have).
    pub fn name_range(&self, name: &str) -> Range<usize> {
        let found = self.body.as_ref().and_then(|b| b.ranges.get(b.names.iter().position(|n| **n == *name)?));
        found.map_or(0..self.text.len(), |r| r.start as usize..r.end as usize)
    }

    /// The path, if there are no wildcards.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.body {
            None => Some(&self.text),
            Some(body) if body.slots.is_empty() => Some(&body.literals[0]),
            Some(_) => None,
        }
    }

    /// Gives constraints to the wildcards that have none inline, and compiles.
    /// It may be asked for each of them once.
    ///
    /// # Errors
    /// A constraint that is no regular expression, at the wildcard's place.
    pub fn constrain(&mut self, constraint: &dyn Fn(&str) -> Option<String>) -> Result<(), PatternError> {
        let Some(body) = &mut self.body else { return Ok(()) };
        for i in 0..body.names.len() {
            if body.constraints[i].is_none()
                && let Some(text) = constraint(&body.names[i])
            {
                let at = body.ranges[i].start as usize..body.ranges[i].end as usize;
                body.constraints[i] = Some(constrained(&body.names[i], &text, at)?);
            }
        }
        body.compile()
    }

    /// Matches a path: replaces `out` by the range of each wildcard's value, in
    /// the order of [`names`](Self::names). False: no match, `out` is junk.
    pub fn captures(&self, path: &str, out: &mut Vec<Range<u32>>) -> bool {
        out.clear();
        match &self.body {
            None => *path == *self.text,
            Some(body) => matching::captures(body, path, out),
        }
    }

    /// Appends the path for the values, by index in [`names`](Self::names).
    pub fn fill<'v>(&self, out: &mut String, value: impl Fn(usize) -> &'v str) {
        let Some(body) = &self.body else { return out.push_str(&self.text) };
        out.push_str(&body.literals[0]);
        for (slot, literal) in body.slots.iter().zip(&body.literals[1..]) {
            out.push_str(value(*slot as usize));
            out.push_str(literal);
        }
    }

    /// Appends the path for the values by name.
    ///
    /// # Errors
    /// The first name that has no value.
    pub fn fill_with(&self, out: &mut String, value: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        let find = |name: &str| value(name).ok_or_else(|| name.to_string());
        let values = self.names().iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
        self.fill(out, |i| &values[i]);
        Ok(())
    }

    /// The wildcards as they stand in the pattern, each with the literal text behind it.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = self
            .body
            .iter()
            .flat_map(|b| b.slots.iter().zip(&b.literals[1..]).map(move |(slot, text)| (b, slot, text)));
        rows.map(|(body, slot, text)| (&*body.names[*slot as usize], &**text))
    }

    /// Whether something is said about what a wildcard may stand for.
    pub fn is_constrained(&self, name: &str) -> bool {
        let body = self.body.as_ref();
        body.is_some_and(|b| b.names.iter().zip(&b.constraints).any(|(n, c)| **n == *name && c.is_some()))
    }

    /// Literal text before the first wildcard (the whole path if there is none).
    pub fn prefix(&self) -> &str {
        self.body.as_ref().map_or(&self.text, |b| &b.literals[0])
    }

    /// Literal text after the last wildcard (empty if there is none).
    pub fn suffix(&self) -> &str {
        self.body.as_ref().map_or("", |b| b.suffix())
    }

    /// The literal pieces: before, between and after the wildcards.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        let literals = self.body.as_ref().map_or(&[][..], |b| &b.literals);
        let whole = self.body.is_none().then_some(&*self.text);
        whole.into_iter().chain(literals.iter().map(|l| &**l))
    }
}

impl Body {
    fn suffix(&self) -> &str {
        match self.slots.len() {
            0 => "",
            n => &self.literals[n],
        }
    }

    /// Chooses how to match, once the constraints are known.
    fn compile(&mut self) -> Result<(), PatternError> {
        self.matcher = matching::compile(self).map_err(|reason| {
            let first = self.constraints.iter().position(Option::is_some).unwrap_or(0);
            PatternError {
                range: self.ranges[first].start as usize..self.ranges[first].end as usize,
                message: format!("the constraints of these wildcards do not work together: {reason}"),
                hint: None,
            }
        })?;
        Ok(())
    }
}

#[derive(Default)]
struct Draft {
    literals: Vec<String>,
    slots: Vec<u16>,
    names: Vec<Box<str>>,
    ranges: Vec<Range<u32>>,
    constraints: Vec<Option<Constraint>>,
}

impl Draft {
    fn wildcard(&mut self, wildcard: Wildcard<'_>) -> Result<(), PatternError> {
        let known = self.names.iter().position(|n| **n == *wildcard.name);
        let index = match known {
            Some(index) => {
                again(&wildcard)?;
                index
            }
            None => self.first(wildcard)?,
        };
        self.slots.push(index as u16);
        self.literals.push(String::new());
        Ok(())
    }

    fn first(&mut self, wildcard: Wildcard<'_>) -> Result<usize, PatternError> {
        let constraint = match wildcard.constraint {
            Some((text, at)) if !text.is_empty() => Some(constrained(wildcard.name, text, at)?),
            _ => None,
        };
        self.names.push(wildcard.name.into());
        self.ranges.push(wildcard.range.start as u32..wildcard.range.end as u32);
        self.constraints.push(constraint);
        Ok(self.names.len() - 1)
    }

    fn finish(self) -> Body {
        Body {
            literals: self.literals.into_iter().map(String::into_boxed_str).collect(),
            slots: self.slots.into(),
            names: self.names.into(),
            ranges: self.ranges.into(),
            constraints: self.constraints.into(),
            matcher: Matcher::default(),
        }
    }
}

fn again(wildcard: &Wildcard<'_>) -> Result<(), PatternError> {
    match &wildcard.constraint {
        None => Ok(()),
        Some((_, at)) => Err(PatternError {
            range: at.clone(),
            message: format!("wildcard `{}` gets a constraint at its second occurrence", wildcard.name),
            hint: Some("write it at the first; the others must match the same text anyway".into()),
        }),
    }
}

fn constrained(name: &str, text: &str, at: Range<usize>) -> Result<Constraint, PatternError> {
    Constraint::new(text).map_err(|reason| PatternError {
        range: at,
        message: format!("the constraint `{text}` of wildcard `{name}` is no regular expression: {reason}"),
        hint: None,
    })
}

#[cfg(test)]
mod tests;
