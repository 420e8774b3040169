//! Source texts and positions in them.
//!
//! Owns the texts of every file that took part in the plan, and the way from a
//! byte range of an evaluated string back to the literal it was written in.
//! It does not know what any text means.

use std::ops::Range;
use std::sync::Arc;

/// Index of a source text in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range of one source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text it lies in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// From the start of `self` to the end of `other`, both in one file.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }

    /// The byte range as `usize`.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One source text with the name that messages give it.
#[derive(Debug)]
pub struct Source {
    /// As shown to the user: relative to where they stand when it can be.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Every source text read so far. Only grows.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a text and returns its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(Source { path: path.into(), text: text.into() });
        FileId(self.files.len() as u32 - 1)
    }

    /// The text behind an id. Ids come from [`Sources::add`] alone.
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// All texts, in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, s)| (FileId(i as u32), s))
    }

    /// The bytes a span covers.
    pub fn slice(&self, span: Span) -> &str {
        &self.get(span.file).text[span.range()]
    }

    /// Line and column of a span's start, both from 1; the column counts characters.
    pub fn line_col(&self, span: Span) -> (usize, usize) {
        let head = &self.get(span.file).text[..span.start as usize];
        let line = head.matches('\n').count() + 1;
        let column = head.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// `path:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_col(span);
        format!("{}:{line}:{column}", self.get(span.file).path)
    }

    /// `path:line` of a span's start.
    pub fn line(&self, span: Span) -> String {
        format!("{}:{}", self.get(span.file).path, self.line_col(span).0)
    }
}

/// One string literal (or several joined ones) of a source text, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The whole literal with its quotes.
    pub span: Span,
    /// The string it stands for.
    pub value: String,
    /// Pairs (offset in `value`, offset in the file), ascending: from each pair
    /// to the next, bytes correspond one to one. Empty: offsets are unknown.
    pub map: Vec<(u32, u32)>,
    /// Offsets in `value` at which further strings begin, where several stand side by side.
    pub joints: Vec<u32>,
}

impl Literal {
    fn source_offset(&self, at: usize) -> Option<u32> {
        let i = self.map.partition_point(|&(v, _)| v as usize <= at).checked_sub(1)?;
        let (value, file) = self.map[i];
        Some(file + (at as u32 - value))
    }

    fn source_span(&self, range: Range<usize>) -> Span {
        let start = self.source_offset(range.start);
        let end = match range.end.checked_sub(1) {
            Some(last) if range.end > range.start => self.source_offset(last).map(|e| e + 1),
            _ => start,
        };
        match (start, end) {
            (Some(start), Some(end)) if start <= end => Span { start, end, ..self.span },
            _ => self.span,
        }
    }
}

/// The string literals of one stretch of source: finds where a piece of an
/// evaluated string was written. Clones share.
#[derive(Debug, Clone)]
pub struct Literals {
    /// The whole stretch: the answer where no literal fits.
    pub span: Span,
    items: Arc<[Literal]>,
}

impl Literals {
    /// The literals of the stretch `span`, in the order they are written.
    pub fn new(span: Span, items: Vec<Literal>) -> Self {
        Literals { span, items: items.into() }
    }

    /// A stretch without literals.
    pub fn none(span: Span) -> Self {
        Literals { span, items: Arc::new([]) }
    }

    /// The literals themselves.
    pub fn iter(&self) -> impl Iterator<Item = &Literal> {
        self.items.iter()
    }

    /// Those within a part of the stretch.
    pub fn within(&self, span: Span) -> Literals {
        let from = self.items.partition_point(|l| l.span.start < span.start);
        let part = self.items[from..].iter().take_while(|l| l.span.start < span.end);
        Literals::new(span, part.filter(|l| l.span.end <= span.end).cloned().collect())
    }

    /// Where the bytes `range` of the evaluated string `text` were written: in
    /// the literal that is the text, else in the first one that holds those
    /// bytes, else the first one the text holds, else the whole stretch.
    pub fn locate(&self, text: &str, range: Range<usize>) -> Span {
        if let Some(whole) = self.items.iter().find(|l| l.value == text) {
            return whole.source_span(range);
        }
        let piece = text.get(range).unwrap_or("");
        let holds = |l: &&Literal| !piece.is_empty() && l.value.contains(piece);
        if let Some(l) = self.items.iter().find(holds) {
            let at = l.value.find(piece).unwrap_or(0);
            return l.source_span(at..at + piece.len());
        }
        self.items.iter().find(|l| !l.value.is_empty() && text.contains(&l.value)).map_or(self.span, |l| l.span)
    }

    /// Where the evaluated string `text` was written.
    pub fn whole(&self, text: &str) -> Span {
        self.items.iter().find(|l| l.value == text).map_or_else(|| self.locate(text, 0..text.len()), |l| l.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_through_escapes() {
        let mut sources = Sources::default();
        let file = sources.add("Rulefile", r#"output: "a\tb{c}""#);
        let literal = Literal {
            span: Span::new(file, 8, 17),
            value: "a\tb{c}".into(),
            map: vec![(0, 9), (1, 10), (2, 12)],
            joints: Vec::new(),
        };
        let literals = Literals::new(Span::new(file, 8, 17), vec![literal]);
        assert_eq!(sources.slice(literals.locate("a\tb{c}", 3..6)), "{c}");
        assert_eq!(sources.place(literals.locate("a\tb{c}", 3..6)), "Rulefile:1:14");
        assert_eq!(sources.slice(literals.locate("x/{c}", 2..5)), "{c}");
        assert_eq!(literals.locate("zzz", 0..1), literals.span);
    }
}
