//! The names of a sheet's columns, which may have several levels: each is a tuple then.
//!
//! Owns the levels, what these are called, and which columns a part of a name stands for.

use super::index::Index;
use super::name::Name;
use super::same::word;
use super::sheet::Sheet;
use crate::value::Val;
use std::ops::Deref;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    names: Arc<[Name]>,
    /// What the levels are called; nothing if there is one without a name.
    pub(super) levels: Vec<Name>,
}

impl Columns {
    /// With names of their levels.
    pub(super) fn called(self, levels: Vec<Name>) -> Columns {
        let levels = if levels.iter().all(Name::is_unnamed) { Vec::new() } else { levels };
        Columns { levels, ..self }
    }

    /// How many levels they have.
    pub(super) fn depth(&self) -> usize {
        let depth = self.first().and_then(Name::parts).map_or(1, <[Val]>::len);
        let all = self.iter().all(|name| name.parts().map_or(1, <[Val]>::len) == depth);
        if all { depth } else { 1 }
    }

    /// The names of all levels.
    pub(super) fn level_names(&self) -> Vec<Name> {
        let depth = self.depth();
        if self.levels.len() == depth { self.levels.clone() } else { vec![Name::unnamed(); depth] }
    }

    /// As labels.
    pub(super) fn index(&self) -> Index {
        Index::new(self.level_names(), self.iter().map(Name::value).collect::<Vec<_>>())
    }

    /// Of labels.
    pub(super) fn of(index: &Index) -> Columns {
        index.keys.iter().map(Name::of).collect::<Columns>().called(index.names.clone())
    }

    /// The numbers of the columns whose first levels are these, and how many levels these are;
    /// none if there are none, or a column has this name.
    pub(super) fn below(&self, name: &Val) -> Option<(Vec<usize>, usize)> {
        let depth = self.depth();
        let first = name.items().unwrap_or(std::slice::from_ref(name));
        if depth < 2 || first.len() >= depth {
            return None;
        }
        let fits = |at: &usize| {
            let parts = self[*at].parts().unwrap_or_default();
            first.iter().zip(parts).all(|(a, b)| word(a) == word(b))
        };
        let found: Vec<usize> = (0..self.len()).filter(fits).collect();
        (!found.is_empty()).then_some((found, first.len()))
    }

    /// Without their first levels.
    fn without_first(&self, count: usize) -> Columns {
        let rest = |name: &Name| match name.parts().map(|parts| &parts[count..]) {
            Some([one]) => Name::of(one),
            Some(several) => Name::of(&Val::Tuple(several.to_vec())),
            None => name.clone(),
        };
        let levels = self.levels.get(count..).unwrap_or_default().to_vec();
        self.iter().map(rest).collect::<Columns>().called(levels)
    }
}

/// What a part of a name stands for.
pub(super) enum Below {
    /// The only column, of which nothing more is called.
    Column(usize),
    Sheet(Sheet),
}

impl Sheet {
    /// The columns whose first levels are these, without them.
    pub(super) fn under(&self, name: &Val) -> Option<Below> {
        let (found, count) = self.columns.below(name)?;
        let sheet = self.only(&found);
        let columns = sheet.columns.without_first(count);
        // What had no name below that, such as what was a label, is a column.
        let blank =
            |name: &Name| name.parts().map_or(name.is_empty(), |parts| parts.iter().all(|part| *part == Val::str("")));
        match &*found {
            [one] if blank(&columns[0]) => Some(Below::Column(*one)),
            _ => Some(Below::Sheet(Sheet { columns, ..sheet })),
        }
    }
}

impl Deref for Columns {
    type Target = [Name];

    fn deref(&self) -> &[Name] {
        &self.names
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Columns) -> bool {
        self.names == other.names
    }
}

impl FromIterator<Name> for Columns {
    fn from_iter<T: IntoIterator<Item = Name>>(names: T) -> Columns {
        Columns { names: names.into_iter().collect(), levels: Vec::new() }
    }
}

impl<T: Into<Arc<[Name]>>> From<T> for Columns {
    fn from(names: T) -> Columns {
        Columns { names: names.into(), levels: Vec::new() }
    }
}
