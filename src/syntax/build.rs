//! From pest's pairs to the tree: the walk over a file's items and tokens.
//!
//! Owns the walk and the turning of pest's own errors into ours. Sections,
//! single lines and strings have files of their own.

#![allow(missing_docs, reason = "pest_derive makes an enum without docs")]

use super::Base;
use super::attempt::Place;
use super::cells::Stands;
use super::class::{Called, Inside};
use super::edit::Edit;
use super::emit::Emitter;
use super::keys::{LOAD, as_written};
use super::known::Knowledge;
use super::operator::{Around, Line};
use super::scope::Scope;
use super::shadows::shadows;
use super::tree::{Binding, Definition, Directive, Piece, RuleDecl, Tree, UseDecl};
use crate::diag::{Diag, Diags};
use crate::span::{FileId, Literal, Span};
use pest::Parser;
use pest_derive::Parser;
use std::ops::Range;

#[derive(Parser)]
#[grammar = "../grammar/rulefile.pest"]
struct Grammar;

pub(super) type Pair<'s> = pest::iterators::Pair<'s, Rule>;

/// What the builder knows of the rule before the line it is at.
#[derive(Default)]
pub(super) struct Before {
    /// The rule's name, with backticks, and the indentation of its sections.
    pub(super) rule: Option<(String, String)>,
    /// The line before was reported already.
    pub(super) reported: bool,
}

/// Walks the pairs once, from start to end, and writes tree and lowered text.
pub(super) struct Builder<'s> {
    pub(super) file: FileId,
    pub(super) source: &'s str,
    pub(super) base: Base,
    pub(super) emit: Emitter<'s>,
    pub(super) diags: Diags,
    pub(super) rules: Vec<RuleDecl>,
    pub(super) directives: Vec<Directive>,
    pub(super) uses: Vec<UseDecl>,
    pub(super) fields: Vec<Span>,
    pub(super) bindings: Vec<Binding>,
    pub(super) pieces: Vec<Piece>,
    pub(super) definitions: Vec<Definition>,
    /// Literals of the section being read.
    pub(super) literals: Vec<Literal>,
    pub(super) before: Before,
    /// An include was read since the last cut.
    pub(super) pending_cut: bool,
    pub(super) includes: bool,
    pub(super) depth: usize,
    pub(super) place: Place,
    /// Some `try` stands in the file: a loop that an error ends early would leave what it
    /// goes over locked, so loops go on by cursors, and comprehensions over copies.
    pub(super) tries: bool,
    /// Something is read bit by bit, perhaps: loops go on by cursors, which take no more
    /// than they have turns.
    pub(super) steps: bool,
    /// The names that the definition being read declares `global`.
    pub(super) globals: Vec<String>,
    /// Why the definition of the top level being read is Python's only, as was found
    /// while it was lowered; none outside of definitions.
    pub(super) unserved: Option<Vec<Diag>>,
    /// The definition being read gives its values by `yield`.
    pub(super) yields: bool,
    /// Words of the statement being read, and what stands in their place.
    pub(super) renames: Vec<(String, String)>,
    /// The branches that stand deeper than they are written: how they are indented, and by
    /// how much more they become so.
    pub(super) nested: Vec<(String, usize)>,
    /// The flag of the loop around, which its `else` asks for.
    pub(super) unbroken: Option<String>,
    /// Names that others stand for: those that definitions within one another share
    /// (`nonlocal`), and those of the class whose lines are being read.
    pub(super) cells: Vec<(String, Stands)>,
    /// What classes of the file have that Python calls by itself.
    pub(super) called: Called,
    /// The class whose own lines are being read.
    pub(super) inside: Option<Inside>,
    /// What `super()` is in the method being read.
    pub(super) above: Option<String>,
    /// The definition being read, if it asks for its names.
    pub(super) scope: Option<Scope<'s>>,
    /// What the method whose head comes next is called.
    pub(super) method: Option<String>,
    /// Names that were given bools, lists and views of dicts.
    pub(super) known: Knowledge,
    /// Within an index, where comparisons may be of columns.
    pub(super) masks: bool,
}

/// What may give something bit by bit.
const BIT_BY_BIT: [&str; 5] = ["yield", "iter(", "open(", "eader(", "next("];
/// Bytes of operators and words on end.
const LONGEST: usize = 20_000;
/// Strings and brackets on end, without commas between them.
const MOST: usize = 20_000;

pub(super) fn parse(file: FileId, source: &str, base: Base) -> Result<Tree, Diags> {
    let pairs = Grammar::parse(Rule::file, source).map_err(|e| vec![pest_error(file, source, &e)])?;
    let mut builder = Builder::new(file, source, base);
    let items: Vec<Pair> = pairs.flat_map(Pair::into_inner).collect();
    builder.lines(&items, true);
    builder.finish()
}

/// The pairs of a text that is no Rulefile.
pub(super) fn parsed(what: Rule, text: &str) -> Option<pest::iterators::Pairs<'_, Rule>> {
    Grammar::parse(what, text).ok()
}

/// The error where not even the grammar's error rules fit.
fn pest_error(file: FileId, source: &str, error: &pest::error::Error<Rule>) -> Diag {
    let (start, end) = match error.location {
        pest::error::InputLocation::Pos(at) => (at, at),
        pest::error::InputLocation::Span(span) => span,
    };
    let message = match &error.variant {
        pest::error::ErrorVariant::CustomError { message } if message.contains("limit") => {
            "this file is nested too deeply to be read"
        }
        _ => "this line is not understood",
    };
    let end = source[start..].find('\n').map_or(source.len(), |i| start + i).max(end);
    Diag::at(Span::new(file, start, end), message)
}

impl<'s> Builder<'s> {
    fn new(file: FileId, source: &'s str, base: Base) -> Self {
        let called = Called::of(&format!("{}\n{source}", base.classes), base.sheets);
        let tries = source.contains("try:") || source.contains("try :");
        Builder {
            file,
            source,
            base,
            emit: Emitter::new(source),
            diags: Vec::new(),
            rules: Vec::new(),
            directives: Vec::new(),
            uses: Vec::new(),
            fields: Vec::new(),
            bindings: Vec::new(),
            pieces: Vec::new(),
            definitions: Vec::new(),
            literals: Vec::new(),
            before: Before::default(),
            pending_cut: false,
            includes: false,
            depth: 0,
            place: Place::default(),
            tries,
            steps: tries || BIT_BY_BIT.iter().any(|word| source.contains(word)),
            globals: Vec::new(),
            unserved: None,
            yields: false,
            renames: Vec::new(),
            nested: Vec::new(),
            unbroken: None,
            cells: Vec::new(),
            called,
            inside: None,
            above: None,
            scope: None,
            method: None,
            known: Knowledge::default(),
            masks: false,
        }
    }

    fn finish(self) -> Result<Tree, Diags> {
        if !self.diags.is_empty() {
            return Err(self.diags);
        }
        Ok(Tree {
            rules: self.rules,
            directives: self.directives,
            uses: self.uses,
            chunks: self.emit.finish(),
            fields: self.fields,
            bindings: self.bindings,
            pieces: self.pieces,
            definitions: self.definitions,
            includes: self.includes,
        })
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    pub(super) fn span_of(&self, pair: &Pair) -> Span {
        self.span(pair.as_span().start()..pair.as_span().end())
    }

    /// A line's span without its line break and outer blanks.
    pub(super) fn line_span(&self, pair: &Pair) -> Span {
        let text = pair.as_str();
        let start = pair.as_span().start() + (text.len() - text.trim_start().len());
        self.span(start..(start + text.trim().len()).max(start))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'s str {
        &self.source[range]
    }

    pub(super) fn fail(&mut self, diag: Diag) {
        self.diags.push(diag);
    }

    /// Refuses what only Python serves: a definition is left to bodies then.
    pub(super) fn refuse(&mut self, diag: Diag) {
        self.unserved.as_mut().unwrap_or(&mut self.diags).push(diag);
    }

    pub(super) fn item(&mut self, pair: Pair<'s>) {
        if pair.as_rule() == Rule::EOI {
            return;
        }
        self.cut_before(&pair);
        let known_bad = matches!(pair.as_rule(), Rule::bad_line | Rule::bad_rule | Rule::bad_use | Rule::bad_head);
        let start = self.line_span(&pair).start as usize;
        match pair.as_rule() {
            Rule::rule | Rule::use_rule => self.block(pair),
            Rule::bad_use => self.bad_use(&pair),
            Rule::directive => self.guard_item(start, false, |this| this.directive(pair)),
            Rule::names => self.guard_item(start, false, |this| this.names(pair)),
            Rule::hook => self.guard_item(start, false, |this| this.hook(pair)),
            Rule::code => {
                self.keep_assignment(&pair);
                self.inner_item(pair);
            }
            Rule::import | Rule::from => {
                let bound = self.inner_item(pair.clone());
                self.keep(&pair, bound);
            }
            Rule::bad_rule => self.bad_rule(pair),
            Rule::bad_head => self.bad_head(pair),
            Rule::bad_line => self.bad_line(pair),
            other => unreachable!("{other:?} is no item of a file"),
        }
        self.before.reported = known_bad;
    }

    /// A rule, a module or `use rule`.
    fn block(&mut self, pair: Pair<'s>) {
        let start = self.line_span(&pair).start as usize;
        if pair.as_rule() == Rule::use_rule {
            return self.guard_item(start, false, |this| this.use_rule(pair));
        }
        let is_module = pair.as_str().trim_start().starts_with("module");
        self.guard_item(start, is_module, |this| this.rule(pair));
    }

    /// A line of Starlark or an import, perhaps within a definition; gives the
    /// names that an import binds.
    pub(super) fn inner_item(&mut self, pair: Pair<'s>) -> Vec<Box<str>> {
        let before = self.bindings.len();
        match pair.as_rule() {
            Rule::import => self.import(pair),
            Rule::from => self.from(pair),
            Rule::bad_line if self.unserved.is_some() => {
                let range = self.line_span(&pair).range();
                self.emit.replace(range, "pass");
            }
            Rule::bad_head => self.bad_head(pair),
            Rule::rule | Rule::use_rule => self.block(pair),
            _ => self.code(pair),
        }
        self.bindings[before..].iter().map(|b| b.name.clone()).collect()
    }

    /// Names from an include are known from the next unindented statement on.
    pub(super) fn cut_before(&mut self, item: &Pair) {
        let text = item.as_str();
        let goes_on = text.starts_with([' ', '\t']) || text.starts_with("else") || text.starts_with("elif");
        if self.pending_cut && !goes_on {
            self.emit.cut(item.as_span().start());
            self.pending_cut = false;
        }
    }

    /// One token of a value or a statement.
    pub(super) fn token(&mut self, pair: Pair<'s>) {
        match pair.as_rule() {
            Rule::strings_v | Rule::strings_b | Rule::strings_c => self.strings(pair),
            Rule::bracket => self.bracket(pair),
            Rule::keyword => self.keyword(&pair),
            Rule::cont => {
                let range = pair.as_span().start()..pair.as_span().end();
                let blanks = " ".repeat(range.len());
                self.emit.replace(range, &blanks);
            }
            // What it has for parameters: their defaults may hold anything.
            Rule::lambda => self.tokens(pair.into_inner().collect(), Vec::new()),
            Rule::stray => {
                let diag = Diag::at(self.span_of(&pair), format!("`{}` closes nothing", pair.as_str()));
                self.fail(diag);
            }
            Rule::deep => self.deep(&pair),
            Rule::json_load => {
                let place = pair.as_span().start()..pair.as_span().end();
                self.emit.replace(place, &format!("{}s", pair.as_str()));
            }
            Rule::word => self.word(&pair),
            Rule::targets => pair.into_inner().flatten().for_each(|name| self.renamed(&name)),
            Rule::semicolon
            | Rule::throw
            | Rule::banned
            | Rule::r#while
            | Rule::delete
            | Rule::for_word
            | Rule::op
            | Rule::sep
            | Rule::dot
            | Rule::comma
            | Rule::extra => {}
            other => unreachable!("{other:?} is no token"),
        }
    }

    /// Refuses a stretch of operators and words that Starlark's parser would
    /// descend into too deeply. Brackets and strings end a stretch, as commas do.
    pub(super) fn check_length(&mut self, whole: Range<usize>, inner: &[Pair]) {
        let mut at = whole.start;
        let ends = inner.iter().map(|p| (p.as_span().start(), p.as_span().end())).chain([(whole.end, whole.end)]);
        for (start, end) in ends {
            let stretch = self.slice(at..start.max(at));
            if stretch.len() > LONGEST && stretch.split([',', '\n']).any(|s| s.len() > LONGEST) {
                self.fail(Diag::at(self.span(at..at + 1), "this expression is too long"));
                return;
            }
            at = end;
        }
        if inner.len() > MOST {
            let commas = self.slice(whole.clone()).matches(',').count();
            if inner.len() > MOST + 2 * commas {
                self.fail(Diag::at(self.span(whole.start..whole.start + 1), "this expression is too long"));
            }
        }
    }

    /// A name that is given a meaning.
    pub(super) fn renamed(&mut self, name: &Pair) {
        if let Some(cell) = self.cell(name.as_str()).filter(|_| name.as_rule() == Rule::name) {
            return self.emit.replace(name.as_span().start()..name.as_span().end(), &cell);
        }
        if name.as_str() == as_written(LOAD) {
            self.emit.replace(name.as_span().start()..name.as_span().end(), LOAD);
        }
    }

    /// A number as Starlark writes it; a name that something else stands for.
    fn word(&mut self, pair: &Pair) {
        if let Some(text) = self.instead(pair) {
            self.emit.replace(pair.as_span().start()..pair.as_span().end(), &text);
        }
    }

    /// What is written in the place of a word; none if it stays.
    fn instead(&self, pair: &Pair) -> Option<String> {
        let (text, place) = (pair.as_str(), pair.as_span().start()..pair.as_span().end());
        if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('_') {
            return Some(text.replace('_', ""));
        }
        let root = text.split('.').next().unwrap_or(text);
        if root == as_written(LOAD) {
            let behind = &text[root.len()..];
            if behind == ".__name__" {
                return Some(format!("_name_of({LOAD})"));
            }
            let text = format!("{LOAD}{behind}");
            return self.with_properties(&text).or(Some(text));
        }
        // An attribute of what stands before is no name.
        if self.source[..place.start].ends_with('.') {
            return None;
        }
        if (!self.called.properties.is_empty() || text.contains(".load"))
            && let Some(text) = self.with_properties(text)
        {
            return Some(text);
        }
        if let Some(function) = text.strip_suffix(".__name__") {
            let function = self.cell(function).unwrap_or_else(|| function.to_owned());
            return Some(format!("_name_of({function})"));
        }
        if let Some(function) = text.strip_suffix(".__doc__") {
            let function = self.cell(function).unwrap_or_else(|| function.to_owned());
            return Some(format!("_text_of({function})"));
        }
        let renamed = || self.renames.iter().find(|(name, _)| name == root).map(|(_, instead)| instead.clone());
        let behind = |instead: String| format!("{instead}{}", &text[root.len()..]);
        self.scope_word(pair).or_else(|| self.cell(root).or_else(renamed).map(behind))
    }

    /// `is` and `is not`, which Starlark lacks.
    fn keyword(&mut self, pair: &Pair) {
        let operator = if pair.as_str() == "is" { "==" } else { "!=" };
        self.emit.replace(pair.as_span().start()..pair.as_span().end(), operator);
    }

    /// Where some names mean themselves.
    fn without(&mut self, names: &[String], write: impl FnOnce(&mut Self)) {
        let (cells, renames) = (self.cells.clone(), self.renames.clone());
        self.cells.retain(|(name, _)| !names.contains(name));
        self.renames.retain(|(name, _)| !names.contains(name));
        write(self);
        (self.cells, self.renames) = (cells, renames);
    }

    /// Tokens of one line or bracket, with what is to be changed among them.
    pub(super) fn tokens(&mut self, tokens: Vec<Pair<'s>>, more: Vec<Edit>) {
        let masks = self.masks || self.called.compares;
        let (called, known) = (&self.called, &self.known);
        let shadows = shadows(&tokens);
        let hidden = |word: &Pair| shadows.iter().any(|shadow| shadow.hides(word));
        let instead = |word: &Pair| self.instead(word).filter(|_| !hidden(word));
        let around = Around {
            masks,
            copies: self.tries,
            steps: self.steps,
            called,
            known,
            shadows: &shadows,
            instead: &instead,
        };
        let mut edits = Line::new(&tokens, around).edits();
        edits.extend(self.supers(&tokens));
        edits.extend(more);
        Edit::sort(&mut edits);
        let mut edits = edits.into_iter().peekable();
        // Names of arguments are no variables.
        let is_argument = |at: usize| {
            let is_given = |t: &Pair| t.as_rule() == Rule::sep && t.as_str().ends_with('=');
            let dotted = tokens[at].as_str().contains('.');
            if dotted && !self.called.properties.is_empty() && tokens.get(at + 1).is_some_and(is_given) {
                return true;
            }
            let named = !self.renames.is_empty() || !self.cells.is_empty();
            named
                && tokens[at].as_rule() == Rule::word
                && tokens.get(at + 1).is_some_and(|t| t.as_rule() == Rule::sep && t.as_str() == "=")
        };
        let arguments: Vec<bool> = (0..tokens.len()).map(is_argument).collect();
        let mut until = 0;
        for (token, argument) in tokens.into_iter().zip(arguments) {
            let start = token.as_span().start();
            let mut replaced = argument || start < until;
            while let Some(edit) = edits.next_if(|e| e.range.start <= start) {
                replaced |= edit.range.contains(&start);
                until = until.max(edit.range.end);
                self.emit.replace(edit.range, &edit.text);
            }
            if replaced {
                continue;
            }
            let hidden = shadows.iter().filter(|shadow| shadow.bytes.contains(&start));
            let hidden: Vec<String> = hidden.flat_map(|shadow| shadow.names.iter().cloned()).collect();
            if hidden.is_empty() || (self.cells.is_empty() && self.renames.is_empty()) {
                self.token(token);
            } else {
                self.without(&hidden, |this| this.token(token));
            }
        }
        edits.for_each(|edit| self.emit.replace(edit.range, &edit.text));
    }
}
