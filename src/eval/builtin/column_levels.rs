//! Columns that are labels of rows: the levels that these have, and their names.
//!
//! Owns what of the labels is known beside their values. Rows by label are `index`'s.

use super::column::Column;
use super::columns::Columns;
use super::frame::Frame;
use super::index::Index;
use super::name::Name;
use super::same::same;
use super::sheet::compared;
use crate::value::Val;
use std::sync::Arc;

impl Column {
    /// The names of a sheet's columns: labels, if there is more to them than what they are.
    pub(super) fn of_names(columns: &Columns, of: Frame) -> Column {
        let names = match columns.depth() > 1 || !columns.levels.is_empty() {
            true => Column::of_labels(&Arc::new(columns.index()), None),
            false => Column::plain(columns.iter().map(Name::value)),
        };
        Column { labels_of: Some(of), across: true, ..names }
    }

    /// The names of the columns that these labels came from.
    pub(super) fn level_names(&self) -> Vec<Name> {
        match &self.labels_of {
            Some(frame) if self.across => frame.now().columns.level_names(),
            Some(frame) => frame.level_names(),
            None if self.is_labels => self.index.names.clone(),
            None => Vec::new(),
        }
    }

    /// These labels as those of rows, with what was remembered of where each is.
    pub(super) fn own_labels(&self) -> Arc<Index> {
        let names = self.level_names();
        match Arc::ptr_eq(&self.values, &self.index.keys) && self.index.names == names {
            true => self.index.clone(),
            false => Arc::new(Index::new(names, self.values.clone())),
        }
    }

    /// What the columns held that these labels came from, each once and in order.
    pub(super) fn levels(&self) -> Option<Vec<Vec<Val>>> {
        if !self.is_labels {
            return None;
        }
        let labels = Index::new(self.level_names(), self.values.clone());
        let level = |level: usize| {
            let mut values = labels.level(level);
            values.sort_by(compared);
            values.dedup_by(|a, b| same(a, b));
            values
        };
        Some((0..labels.names.len().max(1)).map(level).collect())
    }

    /// Other values in the place of its own: of labels, labels of their own.
    pub(super) fn relabelled(&self, values: Vec<Val>) -> Column {
        if !self.is_labels && !self.across {
            return self.filled(values);
        }
        let is_deep = values.first().is_some_and(|key| matches!(key, Val::Tuple(_)));
        let names = match (self.level_names(), is_deep) {
            (names, false) if names.len() == 1 => names,
            (names, true) if values.iter().all(|key| key.items().map(<[Val]>::len) == Some(names.len())) => names,
            _ => Vec::new(),
        };
        Column::of_labels(&Arc::new(Index::new(names, values)), None)
    }
}
