//! Templates: text with placeholders, rendered with quoting for the place
//! where each stands.
//!
//! Owns which braces are placeholders, the shell's places, quoting and format
//! specs. Pure: values are handed in.

mod access;
mod braces;
mod build;
mod dedent;
mod format;
mod parse;
mod quote;
mod render;
mod shell;

pub use access::access;
pub use dedent::dedent;
pub use format::Spec;
pub use quote::{HeredocId, Near, Place, Program, Refusal, shlex};

use crate::value::Val;
use quote::Delimiter;
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::ops::Range;

/// What a placeholder's name may be, besides the roots.
pub trait Names {
    /// Whether the Rulefile has a top-level variable of that name.
    fn is_variable(&self, name: &str) -> bool;
    /// Whether the rule has a wildcard of that name.
    fn is_wildcard(&self, name: &str) -> bool;
}

/// What the text around the placeholders is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A bash command: dedented, values quoted for their places.
    Shell,
    /// Any other text: nothing is cut or quoted.
    Plain,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// One line.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

/// Why a template could not be rendered for one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// Bytes of the template's text.
    pub range: Range<usize>,
    /// One line.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

/// The first name of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `{input}`
    Input,
    /// `{output}`
    Output,
    /// `{params}`
    Params,
    /// `{wildcards}`
    Wildcards,
    /// `{threads}`
    Threads,
    /// `{resources}`
    Resources,
    /// `{log}`
    Log,
    /// `{benchmark}`
    Benchmark,
    /// `{config}`
    Config,
    /// `{rule}`
    Rule,
    /// `{jobid}`
    Jobid,
    /// `{bench_iteration}`
    BenchIteration,
    /// A top-level variable.
    Variable(Box<str>),
}

impl Root {
    /// As written in a placeholder.
    pub fn name(&self) -> &str {
        match self {
            Root::Input => "input",
            Root::Output => "output",
            Root::Params => "params",
            Root::Wildcards => "wildcards",
            Root::Threads => "threads",
            Root::Resources => "resources",
            Root::Log => "log",
            Root::Benchmark => "benchmark",
            Root::Config => "config",
            Root::Rule => "rule",
            Root::Jobid => "jobid",
            Root::BenchIteration => "bench_iteration",
            Root::Variable(name) => name,
        }
    }
}

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// `.name`
    Attr(Box<str>),
    /// `[0]`
    Index(i64),
    /// `[key]`
    Key(Box<str>),
}

/// How a placeholder's value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Quoted or not, by the kind of the value.
    Natural,
    /// `:q`: each element quoted as `shlex` does, whatever the place.
    Quoted,
    /// `:raw` (and Snakemake's `:u`): never quoted.
    Raw,
    /// A format spec; quoted as [`Style::Natural`] is.
    Spec(Spec),
}

/// A placeholder.
#[derive(Clone, Debug)]
pub struct Hole {
    /// What it names.
    pub root: Root,
    /// Which part of it.
    pub access: Box<[Access]>,
    /// `!r`: written as Python's `repr`, which is never quoted.
    pub repr: bool,
    /// How it is written.
    pub style: Style,
    /// Where it stands.
    pub place: Place,
    /// Its bytes in the template's text, braces included.
    pub range: Range<u32>,
}

/// As a placeholder, without conversion and format.
impl Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{{{}", self.root.name())?;
        for step in &self.access {
            match step {
                Access::Attr(name) => write!(f, ".{name}")?,
                Access::Index(index) => write!(f, "[{index}]")?,
                Access::Key(key) => write!(f, "[{key}]")?,
            }
        }
        f.write_str("}")
    }
}

/// A placeholder's value, and by its kind whether it is quoted.
#[derive(Clone, Debug)]
pub enum Filled<'a> {
    /// A path: quoted for its place.
    Path(&'a str),
    /// Paths: each quoted for its place, joined by spaces.
    Paths(Vec<&'a str>),
    /// A wildcard's value: quoted for its place.
    Word(&'a str),
    /// Any other value: inserted as it prints, quoted only by `:q`.
    Value(Cow<'a, Val>),
    /// Text inserted as it is, quoted only by `:q`.
    Text(Cow<'a, str>),
    /// A name that stands for a value: no format is meant for it.
    Name(Cow<'a, str>),
}

/// Where the values of placeholders come from.
pub trait Scope<'a> {
    /// The value of a placeholder, its `access` applied; the error is one line.
    fn lookup(&self, hole: &Hole) -> Result<Filled<'a>, String>;
}

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    /// All literal text, dedented and with doubled braces made single.
    text: Box<str>,
    /// Each placeholder, with the end of the literal text before it.
    holes: Box<[(u32, Hole)]>,
    delimiters: Box<[Delimiter]>,
}

impl Template {
    /// Parses a text. All errors are found at once. For [`Language::Shell`] the
    /// text is dedented, as if by [`dedent`], before values are put in.
    ///
    /// # Errors
    /// Placeholders that are malformed or name nothing, each with its bytes.
    pub fn parse(text: &str, language: Language, names: &dyn Names) -> Result<Template, Vec<TemplateError>> {
        build::template(text, language, names)
    }

    /// Its placeholders, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.holes.iter().map(|(_, hole)| hole)
    }

    /// The distinct top-level variables it names, by first occurrence.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.holes().enumerate().filter_map(move |(i, hole)| {
            let Root::Variable(variable) = &hole.root else { return None };
            let known = self.holes().take(i).any(|h| h.root == hole.root);
            (!known).then_some(&**variable)
        })
    }

    /// Appends the text with every placeholder filled and quoted.
    ///
    /// # Errors
    /// What the scope says, a value that its format does not fit, or one that
    /// no quoting keeps whole where it stands.
    pub fn render<'a>(&self, scope: &dyn Scope<'a>, out: &mut String) -> Result<(), RenderError> {
        render::template(self, scope, out)
    }
}

#[cfg(test)]
mod tests;
