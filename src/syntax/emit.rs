//! Lowered text and its map back to the source.
//!
//! Owns copying, inserting and replacing stretches of a source text while
//! remembering which bytes came from where. It does not know the grammar.

use super::keys::with_names;
use std::ops::Range;

/// A stretch of a file lowered to one Starlark module text.
#[derive(Debug, Default, Clone)]
pub struct Chunk {
    /// The Starlark text.
    pub text: String,
    /// (lowered offset, source offset, length in the source), ascending in the first.
    segments: Vec<(u32, u32, u32)>,
    /// Stretches that something else may stand for: a number, and their bytes
    /// in the lowered text.
    marked: Vec<(usize, Range<usize>)>,
}

impl Chunk {
    fn source_offset(&self, at: usize) -> usize {
        let i = self.segments.partition_point(|s| s.0 as usize <= at);
        match i.checked_sub(1).and_then(|i| self.segments.get(i)) {
            Some(&(lowered, source, length)) => source as usize + (at - lowered as usize).min(length as usize),
            None => self.segments.first().map_or(0, |s| s.1 as usize),
        }
    }

    /// The bytes of the source that a range of the lowered text came from;
    /// inserted text stands for the byte it was inserted at.
    pub fn source(&self, lowered: Range<usize>) -> Range<usize> {
        let start = self.source_offset(lowered.start);
        let end = match lowered.end.checked_sub(1) {
            Some(last) if lowered.end > lowered.start => self.source_end(last),
            _ => start,
        };
        start..end.max(start)
    }

    /// One past the source byte of a lowered byte.
    fn source_end(&self, at: usize) -> usize {
        let i = self.segments.partition_point(|s| s.0 as usize <= at);
        match i.checked_sub(1).and_then(|i| self.segments.get(i)) {
            Some(&(lowered, source, length)) => source as usize + (at + 1 - lowered as usize).min(length as usize),
            None => 0,
        }
    }

    /// Puts a text in the place of a marked stretch; false if it is not here.
    pub fn stand_in(&mut self, number: usize, text: &str) -> bool {
        let Some(at) = self.marked.iter().position(|(n, _)| *n == number) else { return false };
        let (_, range) = self.marked.remove(at);
        let source = self.source(range.clone());
        self.text.replace_range(range.clone(), text);
        let moved = |offset: usize| offset + text.len() - range.len();
        let first = self.segments.partition_point(|s| (s.0 as usize) < range.start);
        let after = self.segments.partition_point(|s| (s.0 as usize) < range.end);
        for segment in &mut self.segments[after..] {
            segment.0 = moved(segment.0 as usize) as u32;
        }
        let whole = (range.start as u32, source.start as u32, source.len() as u32);
        self.segments.splice(first..after, [whole]);
        for (_, later) in self.marked.iter_mut().filter(|(_, r)| r.start >= range.end) {
            *later = moved(later.start)..moved(later.end);
        }
        true
    }

    /// Puts the whole text between two others.
    pub fn wrap(&mut self, before: &str, after: &str) {
        self.text = format!("{before}{}{after}", self.text.trim_end());
        self.segments.iter_mut().for_each(|segment| segment.0 += before.len() as u32);
        for (_, range) in &mut self.marked {
            *range = range.start + before.len()..range.end + before.len();
        }
    }

    /// Makes a name known to the text, without a value, as a later include
    /// may give it one.
    pub fn declare(&mut self, name: &str) {
        self.text.push_str("\nif False:\n    ");
        self.text.push_str(&with_names(name));
        self.text.push_str(" = None\n");
    }
}

/// Writes chunks, going through the source from start to end once.
pub(super) struct Emitter<'s> {
    source: &'s str,
    at: usize,
    chunk: Chunk,
    done: Vec<Chunk>,
    /// Starlark refuses tabs and lone carriage returns: they become blanks.
    clean: bool,
}

impl<'s> Emitter<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let text = String::with_capacity(source.len() + source.len() / 4);
        let chunk = Chunk { text, ..Chunk::default() };
        let clean = !source.bytes().any(|b| b == b'\t' || b == b'\r');
        let at = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Emitter { source, at, chunk, done: Vec::new(), clean }
    }

    fn segment(&mut self, source: Range<usize>) {
        self.chunk.segments.push((self.chunk.text.len() as u32, source.start as u32, source.len() as u32));
    }

    /// Copies up to a place.
    pub(super) fn copy_to(&mut self, end: usize) {
        if end <= self.at {
            return;
        }
        self.segment(self.at..end);
        let piece = &self.source[self.at..end];
        if self.clean {
            self.chunk.text.push_str(piece);
        } else {
            self.chunk.text.extend(piece.chars().map(|c| if matches!(c, '\t' | '\r') { ' ' } else { c }));
        }
        self.at = end;
    }

    /// Copies up to a place, then adds text of our own.
    pub(super) fn insert(&mut self, at: usize, text: &str) {
        self.copy_to(at);
        if !text.is_empty() {
            self.segment(at..at);
            self.chunk.text.push_str(&with_names(text));
        }
    }

    /// Whether what follows a place was written already.
    pub(super) fn is_past(&self, place: usize) -> bool {
        self.at > place
    }

    /// Adds text of our own to what was written last.
    pub(super) fn append(&mut self, text: &str) {
        self.insert(self.at, text);
    }

    /// Copies up to a range and puts text in its place.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str) {
        self.copy_to(range.start);
        self.segment(range.clone());
        self.chunk.text.push_str(&with_names(text));
        self.at = self.at.max(range.end);
    }

    /// Where the lowered text of what follows a place begins. What is marked
    /// begins and ends with segments of its own.
    pub(super) fn position(&mut self, at: usize) -> usize {
        self.copy_to(at);
        self.chunk.text.len()
    }

    /// Marks the stretch from a position up to a place.
    pub(super) fn mark(&mut self, number: usize, from: usize, to: usize) {
        let end = self.position(to);
        self.chunk.marked.push((number, from..end));
    }

    /// Writes something else for all from a position on, which a stretch of the source
    /// was lowered to.
    pub(super) fn rewrite(&mut self, from: usize, source: Range<usize>, text: &str) {
        self.chunk.text.truncate(from);
        self.chunk.segments.retain(|segment| (segment.0 as usize) < from);
        self.segment(source);
        self.chunk.text.push_str(&with_names(text));
    }

    /// Ends the chunk at a place and begins another.
    pub(super) fn cut(&mut self, at: usize) {
        self.copy_to(at);
        self.done.push(std::mem::take(&mut self.chunk));
    }

    pub(super) fn finish(mut self) -> Vec<Chunk> {
        self.cut(self.source.len());
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_back_through_edits() {
        let mut emitter = Emitter::new("key: value # c");
        emitter.replace(0..4, "key=_args(");
        emitter.insert(10, ")");
        let chunk = emitter.finish().remove(0);
        assert_eq!(chunk.text, "key=_args( value) # c");
        assert_eq!(chunk.source(11..16), 5..10, "value");
        assert_eq!(chunk.source(0..4), 0..4, "replaced text stands for what it replaced");
        assert_eq!(chunk.source(16..17), 10..10, "inserted text has no length");
        assert_eq!(chunk.source(18..21), 11..14);
    }

    #[test]
    fn something_else_stands_for_a_marked_stretch() {
        let mut emitter = Emitter::new("a def b c");
        let from = emitter.position(2);
        emitter.replace(2..5, "DEFINITION");
        emitter.mark(7, from, 7);
        let mut chunk = emitter.finish().remove(0);
        assert_eq!(chunk.text, "a DEFINITION b c");
        assert!(!chunk.stand_in(8, "x"));
        assert!(chunk.stand_in(7, "x"));
        assert_eq!(chunk.text, "a x c");
        assert_eq!(chunk.source(2..3), 2..3);
        assert_eq!(chunk.source(4..5), 8..9);
    }

    #[test]
    fn tabs_become_blanks_and_move_nothing() {
        let mut emitter = Emitter::new("a\tb\r\nc");
        emitter.cut(5);
        let chunks = emitter.finish();
        assert_eq!(chunks[0].text, "a b \n");
        assert_eq!(chunks[1].text, "c");
        assert_eq!(chunks[1].source(0..1), 5..6);
    }
}
