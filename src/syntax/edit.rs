//! Changes of a text, a place at a time.
//!
//! Owns the order of those that stand at one place. It does not know why.

use std::ops::Range;

/// What is put in the place of some bytes; nothing is replaced if there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// Among edits of one place: what closes stands before what opens, the inner
    /// before the outer of what closes, the outer first of what opens.
    rank: (u8, usize),
}

impl Edit {
    /// Puts a text in the place of another.
    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { range, text: text.into(), rank: (2, 0) }
    }

    /// Puts a text before all that stands at a place.
    pub(super) fn before(at: usize, text: impl Into<String>) -> Edit {
        Edit { range: at..at, text: text.into(), rank: (1, 0) }
    }

    /// Puts a text behind all that ends at a place.
    pub(super) fn behind(at: usize, text: impl Into<String>) -> Edit {
        Edit { range: at..at, text: text.into(), rank: (0, usize::MAX) }
    }

    /// Puts a text before an operation, inside of what opens around it.
    pub(super) fn open(whole: &Range<usize>, text: impl Into<String>) -> Edit {
        Edit { range: whole.start..whole.start, text: text.into(), rank: (1, usize::MAX - whole.end) }
    }

    /// Puts a text behind an operation, inside of what closes around it.
    pub(super) fn close(whole: &Range<usize>, text: impl Into<String>) -> Edit {
        Edit { range: whole.end..whole.end, text: text.into(), rank: (0, usize::MAX - whole.start) }
    }

    /// In the order of the source.
    pub(super) fn sort(edits: &mut [Edit]) {
        edits.sort_by_key(|e| (e.range.start, e.rank));
    }
}
