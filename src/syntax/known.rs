//! What names were given, where that is plain: a bool, a list, a view of a dict.
//!
//! Owns what is known where a line stands. A definition's own names are forgotten at its
//! end; what its lines give to a name outside is not asked.

use rustc_hash::FxHashMap;

/// What a name was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// A bool.
    Truth,
    /// A list.
    List,
    /// The keys or the pairs of a dict.
    View,
}

/// Names, and what they were given.
#[derive(Default)]
pub(super) struct Knowledge {
    names: FxHashMap<String, Known>,
    /// What names were before, within definitions.
    before: Vec<(String, Option<Known>)>,
    /// Definitions around.
    depth: usize,
}

impl Knowledge {
    pub(super) fn of(&self, name: &str) -> Option<Known> {
        self.names.get(name).copied()
    }

    /// A name has another value from here on.
    pub(super) fn learn(&mut self, name: &str, known: Option<Known>) {
        let before = match known {
            Some(known) => self.names.insert(name.to_owned(), known),
            None => self.names.remove(name),
        };
        if self.depth > 0 && before != known {
            self.before.push((name.to_owned(), before));
        }
    }

    /// A definition begins; what is told at its end.
    pub(super) fn enter(&mut self) -> usize {
        self.depth += 1;
        self.before.len()
    }

    /// A definition ends, and its names with it.
    pub(super) fn leave(&mut self, mark: usize) {
        self.depth -= 1;
        for (name, known) in self.before.drain(mark..).rev() {
            match known {
                Some(known) => drop(self.names.insert(name, known)),
                None => drop(self.names.remove(&name)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Knowledge, Known};

    #[test]
    fn a_definition_forgets_its_own_names() {
        let mut known = Knowledge::default();
        known.learn("k", Some(Known::View));
        let outer = known.enter();
        known.learn("k", None);
        let inner = known.enter();
        known.learn("k", Some(Known::List));
        known.learn("s", Some(Known::Truth));
        known.leave(inner);
        assert_eq!((known.of("k"), known.of("s")), (None, None));
        known.leave(outer);
        assert_eq!(known.of("k"), Some(Known::View));
    }
}
