//! What a deferred function may ask of checkpoints and of files.
//!
//! Owns what one call asked for and was not told: then its result does not
//! count. It does not know jobs.

use super::TrackedRead;
use super::config;
use super::fault::{Fault, fault};
use super::limits::Depth;
use super::mark::Marks;
use super::session::Session;
use crate::diag::{Diag, Kind};
use crate::files::StatAhead;
use crate::rule::RuleId;
use crate::span::Sources;
use crate::value::Val;
use rustc_hash::FxHashSet;
use starlark::ErrorKind;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use std::cell::{Cell, RefCell};

/// What is known of the jobs of checkpoints.
pub trait Checkpoints {
    /// The files of a checkpoint's job that is done.
    fn files(&self, need: &Need) -> Option<Made>;
}

/// The files of a checkpoint's job.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it read.
    pub inputs: Vec<Box<str>>,
    /// What it made.
    pub outputs: Vec<Box<str>>,
}

/// None is done.
impl Checkpoints for () {
    fn files(&self, _need: &Need) -> Option<Made> {
        None
    }
}

/// A checkpoint's job that a function asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    /// The checkpoint.
    pub rule: RuleId,
    /// The values of its wildcards, in the rule's order.
    pub values: Box<[Box<str>]>,
}

/// Why a call has no result.
#[derive(Debug)]
pub enum Unavailable {
    /// It needs what these jobs make. There is at least one.
    Waits(Vec<Need>),
    /// It reads a file that is not there; a job may make it yet.
    Absent(Box<Diag>),
    /// It failed.
    Failed(Box<Diag>),
}

impl From<Unavailable> for Diag {
    fn from(unavailable: Unavailable) -> Diag {
        match unavailable {
            Unavailable::Failed(diag) | Unavailable::Absent(diag) => *diag,
            Unavailable::Waits(_) => Diag::error(Kind::Plan, "a function asks for a checkpoint that is not done yet"),
        }
    }
}

impl From<Unavailable> for Box<Diag> {
    fn from(unavailable: Unavailable) -> Box<Diag> {
        Box::new(unavailable.into())
    }
}

/// Behind the calls of one batch.
#[derive(ProvidesStaticType)]
pub(super) struct Deferred<'a> {
    checkpoints: &'a dyn Checkpoints,
    /// What this call asked for in vain.
    needs: RefCell<Vec<Need>>,
    /// The same.
    asked: RefCell<FxHashSet<Need>>,
    /// The outputs of checkpoints that this call was told.
    told: RefCell<Vec<Box<str>>>,
    /// Whether this call read a file that is not there.
    absent: Cell<bool>,
    depth: Depth,
    /// Whether a call went deeper than it may, but not than any may.
    too_deep: Cell<bool>,
    /// Marks on strings of the batch.
    pub(super) marks: Marks,
}

impl<'a> Deferred<'a> {
    pub(super) fn new(checkpoints: &'a dyn Checkpoints, depth: Depth) -> Self {
        Deferred {
            checkpoints,
            needs: RefCell::default(),
            asked: RefCell::default(),
            told: RefCell::default(),
            absent: Cell::new(false),
            depth,
            too_deep: Cell::new(false),
            marks: Marks::default(),
        }
    }

    /// What comes of a call, given what it gave; the next one may begin.
    pub(super) fn end<T>(&self, answer: Result<T, Box<Diag>>) -> Result<T, Unavailable> {
        let failed = if self.absent.take() { Unavailable::Absent } else { Unavailable::Failed };
        self.asked.take();
        self.told.take();
        match self.needs.take() {
            needs if needs.is_empty() => answer.map_err(failed),
            needs => Err(Unavailable::Waits(needs)),
        }
    }

    /// Notes whether an error is one of depth only, which no handler may take.
    pub(super) fn look_how_deep(&self, error: &starlark::Error) -> bool {
        let is_deep = self.depth == Depth::Shallow && matches!(error.kind(), ErrorKind::StackOverflow(_));
        self.too_deep.set(self.too_deep.get() || is_deep);
        is_deep
    }

    /// Whether a call has to be made anew where it may go deeper.
    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep.get()
    }

    /// A checkpoint's files. If its job is not done, the call goes on, so that
    /// all it asks for is known at once, but only as far as it reads nothing.
    pub(super) fn ask(&self, need: Need) -> Option<Made> {
        let found = self.checkpoints.files(&need);
        if let Some(made) = &found {
            self.told.borrow_mut().extend(made.outputs.iter().cloned());
        }
        if found.is_none() && self.asked.borrow_mut().insert(need.clone()) {
            self.needs.borrow_mut().push(need);
        }
        found
    }

    /// Whether a path is a checkpoint's output that this call was told, or lies in one.
    pub(super) fn is_told(&self, path: &str) -> bool {
        let lies_in =
            |output: &str| path.strip_prefix(output).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.told.borrow().iter().any(|output| lies_in(output))
    }

    pub(super) fn of<'e>(eval: &'e Evaluator<'_, '_, '_>) -> Option<&'e Deferred<'e>> {
        eval.extra.and_then(|e| e.downcast_ref::<Deferred>())
    }
}

/// Who asks for files: the Rulefile while it is read, or a function. Paths of the
/// latter are those of the current directory.
pub(super) struct Reader<'e> {
    session: Option<&'e Session>,
    deferred: Option<&'e Deferred<'e>>,
}

impl<'e> Reader<'e> {
    /// Whether files may be asked for now; `what` names the question.
    pub(super) fn of(eval: &'e Evaluator<'_, '_, '_>, what: &str) -> starlark::Result<Reader<'e>> {
        let Some(deferred) = Deferred::of(eval) else {
            return Session::loading(eval, what).map(|session| Reader { session: Some(session), deferred: None });
        };
        if !deferred.needs.borrow().is_empty() {
            return Err(fault("a checkpoint is not done"));
        }
        Ok(Reader { session: None, deferred: Some(deferred) })
    }

    /// A file, as seen from the current directory, could not be read: because it
    /// is not there yet, perhaps.
    pub(super) fn missed(&self, path: &str) {
        if let Some(deferred) = self.deferred.filter(|_| crate::files::stat(path).is_ok_and(|stat| !stat.exists())) {
            deferred.absent.set(true);
        }
    }

    /// A path as seen from the current directory.
    pub(super) fn in_workdir(&self, path: &str) -> String {
        self.session.map_or_else(|| path.to_owned(), |session| session.in_workdir(path))
    }

    /// The inverse of [`in_workdir`](Self::in_workdir).
    pub(super) fn below_workdir<'p>(&self, path: &'p str) -> &'p str {
        self.session.map_or(path, |session| session.below_workdir(path))
    }

    /// The directory that a path without a directory is in.
    pub(super) fn root(&self) -> String {
        let workdir = self.session.and_then(|session| session.workdir.borrow().clone());
        workdir.map(|d| crate::path::normal(&d.path).into_owned()).unwrap_or_default()
    }

    /// Who is told of files that are found: while the Rulefile is read, and as
    /// long as paths are those of the current directory.
    pub(super) fn ahead<T>(&self, tell: impl FnOnce(&mut StatAhead) -> T) -> T {
        match self.session.filter(|session| session.workdir.borrow().is_none()) {
            Some(session) => tell(&mut session.ahead.borrow_mut()),
            None => tell(&mut StatAhead::default()),
        }
    }

    /// Warns at the place of the call, while the Rulefile is read.
    pub(super) fn warn(&self, diag: Diag, label: &str, eval: &Evaluator) {
        if let Some(session) = self.session {
            session.warn(session.here(eval).into_iter().fold(diag, |d, span| d.label(span, label)));
        }
    }

    /// The value of a YAML, JSON or TOML file.
    pub(super) fn config(&self, path: &str) -> starlark::Result<Val> {
        let read = match self.session {
            Some(session) => config::read(path, &mut session.sources.borrow_mut()),
            None => config::read(path, &mut Sources::default()).map_err(|d| {
                self.missed(path);
                Diag::error(d.kind, format!("`{path}`: {}", d.message)).maybe_hint(d.hints.into_iter().next())
            }),
        };
        read.map_err(|d| Fault(vec![d]).into())
    }

    /// Something was read. What functions read is read again for every plan.
    pub(super) fn read(&self, read: TrackedRead) {
        if let Some(session) = self.session {
            session.read(read);
        }
    }
}
