//! What jobs' texts are made from that does not change while jobs run.

use crate::command::{Commands, Settings};
use crate::eval::{Functions, SizeOf};
use crate::graph::Graph;
use crate::path::Paths;
use crate::rule::Rulefile;

/// The part of [`Commands`] that stays while the graph and its paths grow.
pub struct Fixed<'a> {
    /// The rules.
    pub book: &'a Rulefile,
    /// Their functions.
    pub functions: &'a Functions,
    /// What all jobs share.
    pub settings: Settings,
    /// Sizes of files.
    pub size_of: SizeOf,
}

impl Fixed<'_> {
    /// With the graph as it is now.
    pub fn commands<'c>(&'c self, graph: &'c Graph, paths: &'c Paths) -> Commands<'c> {
        let Fixed { book, functions, settings, size_of } = self;
        Commands { book, functions, graph, paths, settings, size_of }
    }
}
