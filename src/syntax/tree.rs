//! The tree of one file: what its structure says, with spans.
//!
//! Owns plain types. It does not know pest, nor what values evaluate to.

use super::emit::Chunk;
use crate::diag::Diag;
use crate::span::{Literals, Span};

/// What a rule-like block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `rule`
    Rule,
    /// `checkpoint`
    Checkpoint,
    /// `module`
    Module,
    /// `use rule`
    Use,
}

impl Kind {
    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Rule => "rule",
            Kind::Checkpoint => "checkpoint",
            Kind::Module => "module",
            Kind::Use => "use rule",
        }
    }
}

/// A name and where it stands.
pub type Placed = (Box<str>, Span);

/// One argument of a section or directive.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `name = ...`
    pub name: Option<(Box<str>, Span)>,
    /// Its value.
    pub span: Span,
    /// `*x` or `**x`: stands for an unknown number of arguments.
    pub splat: bool,
}

/// `key: args`.
#[derive(Clone, Debug)]
pub struct Section {
    /// The key.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value, or the key where there is none.
    pub span: Span,
    /// The arguments, in order; none for a Python body, which `span` is.
    pub args: Vec<Arg>,
    /// Every string literal of the value.
    pub literals: Literals,
}

impl Section {
    /// The string literals of one argument.
    pub fn literals_of(&self, arg: &Arg) -> Literals {
        self.literals.within(arg.span)
    }

    /// The arguments that the positional values came from, in their order, as
    /// far as that can be told: up to the first `*x`.
    pub fn positional(&self) -> impl Iterator<Item = &Arg> {
        self.args.iter().take_while(|a| !a.splat).filter(|a| a.name.is_none())
    }

    /// The arguments that have names, each with its name.
    pub fn keywords(&self) -> impl Iterator<Item = (&str, &Arg)> {
        self.args.iter().filter_map(|a| a.name.as_ref().map(|(name, _)| (&**name, a)))
    }
}

/// A rule as written.
#[derive(Clone, Debug)]
pub struct RuleDecl {
    /// What it is.
    pub kind: Kind,
    /// Its name; rules may have none.
    pub name: Option<Box<str>>,
    /// `rule NAME`.
    pub head: Span,
    /// The docstring.
    pub doc: Option<Box<str>>,
    /// Its sections, each key once.
    pub sections: Vec<Section>,
}

impl RuleDecl {
    /// The section of a key.
    pub fn section(&self, key: &str) -> Option<&Section> {
        self.sections.iter().find(|s| &*s.key == key)
    }
}

/// A directive such as `include:`; for `localrules` and `ruleorder` the
/// arguments are names.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Key and arguments.
    pub section: Section,
    /// The rule names of `localrules` and `ruleorder`.
    pub names: Vec<(Box<str>, Span)>,
}

/// `use rule A, B from M exclude C as p_* with:`.
#[derive(Clone, Debug)]
pub struct UseDecl {
    /// The rules it names; none for `*`.
    pub rules: Option<Vec<Placed>>,
    /// `from M`; none for a rule of this file.
    pub module: Option<Placed>,
    /// `exclude C`.
    pub exclude: Vec<Placed>,
    /// `as p_*`.
    pub alias: Option<Placed>,
    /// Its head, docstring and the sections under `with:`.
    pub with: RuleDecl,
}

/// A name bound by `import` or `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name it has in the Rulefile.
    pub name: Box<str>,
    /// The module it comes from, dotted.
    pub module: Box<str>,
    /// The member of the module, for `from module import member`.
    pub member: Option<Box<str>>,
}

/// One parsed file.
#[derive(Debug, Default)]
pub struct Tree {
    /// Its rules; the lowered text names them by index plus the base.
    pub rules: Vec<RuleDecl>,
    /// Its directives, named the same way.
    pub directives: Vec<Directive>,
    /// Its `use rule` statements, named the same way.
    pub uses: Vec<UseDecl>,
    /// The lowered text, cut where an `include` may bring new names.
    pub chunks: Vec<Chunk>,
    /// The expressions inside f-strings.
    pub fields: Vec<Span>,
    /// Names that come from Python modules.
    pub bindings: Vec<Binding>,
    /// Python that is kept for `run:` bodies.
    pub pieces: Vec<Piece>,
    /// The `def`s and classes, named by index plus the base.
    pub definitions: Vec<Definition>,
    /// Some `include:` stands in it.
    pub includes: bool,
}

/// A top-level statement that binds names, kept as text for `run:` bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The names that it binds; none for `from module import *`.
    pub names: Vec<Box<str>>,
    /// Its lines, from the first one's indentation on.
    pub span: Span,
}

/// A `def` or a class with its decorators.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name.
    pub name: Box<str>,
    /// All of it.
    pub span: Span,
    /// Why it is Python only; empty if nothing speaks against it so far.
    pub refused: Vec<Diag>,
    /// Python would refuse it too, as far as can be told.
    pub faulty: bool,
}
