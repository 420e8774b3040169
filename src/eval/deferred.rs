//! What a deferred function may ask of checkpoints, and of files because of them.
//!
//! Owns what one call asked for and was not told: then its result does not
//! count. It does not know jobs.

use super::TrackedRead;
use super::fault::{fault, hinted};
use super::mark::Marks;
use super::session::Session;
use crate::diag::{Diag, Kind};
use crate::files::StatAhead;
use crate::rule::RuleId;
use rustc_hash::FxHashSet;
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
    /// It failed.
    Failed(Box<Diag>),
}

impl From<Unavailable> for Diag {
    fn from(unavailable: Unavailable) -> Diag {
        match unavailable {
            Unavailable::Failed(diag) => *diag,
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
    /// Whether this call was told of some checkpoint.
    told: Cell<bool>,
    /// Marks on strings of the batch.
    pub(super) marks: Marks,
}

impl<'a> Deferred<'a> {
    pub(super) fn new(checkpoints: &'a dyn Checkpoints) -> Self {
        Deferred {
            checkpoints,
            needs: RefCell::default(),
            asked: RefCell::default(),
            told: Cell::new(false),
            marks: Marks::default(),
        }
    }

    /// What comes of a call, given what it gave; the next one may begin.
    pub(super) fn end<T>(&self, answer: Result<T, Box<Diag>>) -> Result<T, Unavailable> {
        self.told.set(false);
        self.asked.take();
        match self.needs.take() {
            needs if needs.is_empty() => answer.map_err(Unavailable::Failed),
            needs => Err(Unavailable::Waits(needs)),
        }
    }

    /// A checkpoint's files. If its job is not done, the call goes on, so that
    /// all it asks for is known at once, but only as far as it reads nothing.
    pub(super) fn ask(&self, need: Need) -> Option<Made> {
        let found = self.checkpoints.files(&need);
        match &found {
            Some(_) => self.told.set(true),
            None => {
                let mut needs = self.needs.borrow_mut();
                if self.asked.borrow_mut().insert(need.clone()) {
                    needs.push(need);
                }
            }
        }
        found
    }

    pub(super) fn of<'e>(eval: &'e Evaluator<'_, '_, '_>) -> Option<&'e Deferred<'e>> {
        eval.extra.and_then(|e| e.downcast_ref::<Deferred>())
    }
}

/// Who asks for files: the Rulefile while it is read, or a function that was
/// told of a checkpoint. Paths of the latter are those of the current directory.
pub(super) struct Reader<'e>(Option<&'e Session>);

impl<'e> Reader<'e> {
    /// Whether files may be asked for now; `what` names the question.
    pub(super) fn of(eval: &'e Evaluator<'_, '_, '_>, what: &str) -> starlark::Result<Reader<'e>> {
        let Some(deferred) = Deferred::of(eval) else {
            return Session::loading(eval, what).map(|session| Reader(Some(session)));
        };
        if !deferred.needs.borrow().is_empty() {
            return Err(fault("a checkpoint is not done"));
        }
        if !deferred.told.get() {
            return Err(hinted(
                format!("`{what}` cannot be used inside a deferred function that asks for no checkpoint"),
                "look for files at top level, or ask `checkpoints.NAME.get(**wildcards)` first",
            ));
        }
        Ok(Reader(None))
    }

    /// A path as seen from the current directory.
    pub(super) fn in_workdir(&self, path: &str) -> String {
        self.0.map_or_else(|| path.to_owned(), |session| session.in_workdir(path))
    }

    /// The inverse of [`in_workdir`](Self::in_workdir).
    pub(super) fn below_workdir<'p>(&self, path: &'p str) -> &'p str {
        self.0.map_or(path, |session| session.below_workdir(path))
    }

    /// The directory that a path without a directory is in.
    pub(super) fn root(&self) -> String {
        let workdir = self.0.and_then(|session| session.workdir.borrow().clone());
        workdir.map(|d| crate::path::normal(&d.path).into_owned()).unwrap_or_default()
    }

    /// Who is told of files that are found: while the Rulefile is read, and as
    /// long as paths are those of the current directory.
    pub(super) fn ahead<T>(&self, tell: impl FnOnce(&mut StatAhead) -> T) -> T {
        match self.0.filter(|session| session.workdir.borrow().is_none()) {
            Some(session) => tell(&mut session.ahead.borrow_mut()),
            None => tell(&mut StatAhead::default()),
        }
    }

    /// Warns at the place of the call, while the Rulefile is read.
    pub(super) fn warn(&self, diag: Diag, label: &str, eval: &Evaluator) {
        if let Some(session) = self.0 {
            session.warn(session.here(eval).into_iter().fold(diag, |d, span| d.label(span, label)));
        }
    }

    /// Something was read. What functions read is read again for every plan.
    pub(super) fn read(&self, read: TrackedRead) {
        if let Some(session) = self.0 {
            session.read(read);
        }
    }
}
