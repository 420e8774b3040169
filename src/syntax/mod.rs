//! Syntax: the text of a Rulefile becomes a tree of rules and directives, and
//! Starlark text with a map back to the user's bytes.
//!
//! `grammar/rulefile.pest` owns the layout; this module turns its pairs into
//! plain types and is the only one that sees pest. It evaluates nothing and
//! does not know what a section means.

mod arguments;
mod assign;
mod attempt;
mod bracket;
mod broken;
mod build;
mod cells;
mod class;
mod decorated;
mod edit;
mod emit;
mod equality;
mod globals;
mod guarded;
mod keys;
mod known;
mod line;
mod loops;
mod matching;
mod named;
mod operand;
mod operator;
mod parted;
mod pattern;
mod python;
mod reuse;
mod scope;
mod search;
mod section;
mod shadows;
mod statements;
mod string;
mod targets;
#[cfg(test)]
mod tests;
mod tree;
mod unpack;

pub use emit::Chunk;
pub use keys::{LOAD, Support, as_written, directive_support, section_names, section_support};
pub use python::{Named, named, stand_in};
pub use tree::{Arg, Binding, Definition, Directive, Kind, Piece, Placed, RuleDecl, Section, Tree, UseDecl};

use crate::diag::Diags;
use crate::span::FileId;
use std::sync::Arc;

/// What the files read before say of this one: how many rules, directives and uses
/// they declare, so that numbers in the lowered text are unique over all files.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Rules so far.
    pub rules: usize,
    /// Directives so far.
    pub directives: usize,
    /// `use rule` statements so far.
    pub uses: usize,
    /// `def`s and classes so far.
    pub definitions: usize,
    /// Whether names may stand for sheets of pandas, whose columns are compared cell by cell.
    pub sheets: bool,
    /// The texts of other files whose classes may be used in this one.
    pub classes: Arc<str>,
}

/// Parses and lowers one file.
///
/// # Errors
/// Every structural fault of the file, in order.
pub fn parse(file: FileId, text: &str, base: Base) -> Result<Tree, Diags> {
    build::parse(file, text, base)
}
