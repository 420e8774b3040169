//! What one load knows while it runs: files, declarations, rules, functions.
//!
//! Owns the state behind the built-in functions. It evaluates nothing itself.

use super::convert::is_function;
use super::explain::{Origin, Scene};
use super::fault::Fault;
use super::function::Info;
use super::mark::Marks;
use super::{Request, TrackedRead};
use crate::diag::{Diag, Diags};
use crate::rule::{Name, Rule, RuleId, Workdir};
use crate::span::{Literals, Sources, Span};
use crate::syntax::{Base, Definition, Directive, Piece, RuleDecl};
use crate::value::{FnId, Val};
use rustc_hash::FxHashMap;
use starlark::PrintHandler;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::values::Value;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};

/// What `rules.NAME` shows of a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) id: Option<RuleId>,
    pub(super) checkpoint: bool,
    pub(super) wildcards: Arc<[Box<str>]>,
    pub(super) inputs: (Arc<[Box<str>]>, Arc<[Name]>),
    pub(super) outputs: (Arc<[Box<str>]>, Arc<[Name]>),
    pub(super) logs: (Arc<[Box<str>]>, Arc<[Name]>),
    pub(super) params: Vec<(Option<Box<str>>, Val)>,
}

/// The rules defined so far, by name, for the `rules` object.
pub(super) type ShownRules = Arc<Mutex<FxHashMap<Box<str>, Shown>>>;

/// Variables of the environment that were asked for.
pub(super) type Asked = Arc<Mutex<Vec<TrackedRead>>>;
/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Shell,
    Message,
    Script,
}

/// A text that becomes a template once all variables are known.
pub(super) struct PendingText {
    pub(super) rule: RuleId,
    pub(super) what: Use,
    pub(super) value: Box<str>,
    pub(super) at: Literals,
    /// Of a rule in an indented block: what the names in the text stood for when
    /// the rule was read.
    pub(super) then: Vec<(Box<str>, String)>,
}

/// A constraint from `wildcard_constraints`.
pub(super) struct Constraint {
    pub(super) name: Box<str>,
    pub(super) regex: Box<str>,
}

/// State of one load.
#[derive(ProvidesStaticType)]
pub(super) struct Session {
    pub(super) request: Request,
    pub(super) sources: RefCell<Sources>,
    pub(super) decls: RefCell<Vec<Arc<RuleDecl>>>,
    pub(super) directives: RefCell<Vec<Arc<Directive>>>,
    pub(super) origins: RefCell<Vec<Origin>>,
    pub(super) rules: RefCell<Vec<Rule>>,
    pub(super) by_name: RefCell<FxHashMap<Box<str>, RuleId>>,
    pub(super) shown: ShownRules,
    pub(super) texts: RefCell<Vec<PendingText>>,
    pub(super) constraints: RefCell<Vec<Constraint>>,
    /// `localrules` and `ruleorder` that were reached.
    pub(super) names: RefCell<Vec<Arc<Directive>>>,
    pub(super) workdir: RefCell<Option<Workdir>>,
    pub(super) prefix: RefCell<Option<Box<str>>>,
    pub(super) suffix: RefCell<Option<Box<str>>>,
    pub(super) executable: RefCell<Option<Box<str>>>,
    pub(super) default_target: Cell<Option<RuleId>>,
    pub(super) marked_default: RefCell<Option<(RuleId, Span)>>,
    pub(super) functions: RefCell<Vec<Info>>,
    pub(super) marks: Marks,
    /// `--configfile`s and `--config`, which beat `configfile:`.
    pub(super) overrides: RefCell<Val>,
    /// Where the config came from, for messages.
    pub(super) config_files: RefCell<Vec<String>>,
    pub(super) reads: RefCell<Vec<TrackedRead>>,
    pub(super) asked: Asked,
    pub(super) notes: RefCell<Vec<String>>,
    pub(super) warnings: RefCell<Diags>,
    pub(super) diags: RefCell<Diags>,
    /// Statements that `run:` bodies may use, in the order they were read.
    pub(super) pieces: RefCell<Vec<Piece>>,
    /// `def`s and classes, by number.
    pub(super) definitions: RefCell<Vec<Definition>>,
    /// The bodies of rules.
    pub(super) bodies: RefCell<Vec<(RuleId, Span)>>,
    /// `onstart`, `onsuccess` and `onerror`.
    pub(super) hooks: RefCell<Vec<(Box<str>, Span)>>,
    /// Names used before any definition, where they were first used.
    pub(super) expected: RefCell<Vec<(Box<str>, Span)>>,
    /// Files being read, outermost first.
    pub(super) open: RefCell<Vec<std::path::PathBuf>>,
}

impl Session {
    pub(super) fn new(request: Request, sources: Sources) -> Session {
        Session {
            request,
            sources: RefCell::new(sources),
            decls: RefCell::default(),
            directives: RefCell::default(),
            origins: RefCell::default(),
            rules: RefCell::default(),
            by_name: RefCell::default(),
            shown: ShownRules::default(),
            texts: RefCell::default(),
            constraints: RefCell::default(),
            names: RefCell::default(),
            workdir: RefCell::default(),
            prefix: RefCell::default(),
            suffix: RefCell::default(),
            executable: RefCell::default(),
            default_target: Cell::default(),
            marked_default: RefCell::default(),
            functions: RefCell::default(),
            marks: Marks::default(),
            overrides: RefCell::default(),
            config_files: RefCell::default(),
            reads: RefCell::default(),
            asked: Asked::default(),
            notes: RefCell::default(),
            warnings: RefCell::default(),
            diags: RefCell::default(),
            pieces: RefCell::default(),
            definitions: RefCell::default(),
            bodies: RefCell::default(),
            hooks: RefCell::default(),
            expected: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// The session behind a call; none while deferred functions run.
    pub(super) fn of<'a>(eval: &Evaluator<'_, 'a, '_>) -> Option<&'a Session> {
        eval.extra.and_then(|e| e.downcast_ref::<Session>())
    }

    /// The session behind a call that only makes sense while loading.
    pub(super) fn loading<'a>(eval: &Evaluator<'_, 'a, '_>, what: &str) -> starlark::Result<&'a Session> {
        Self::of(eval).ok_or_else(|| super::fault::fault(format!("`{what}` cannot be used inside a deferred function")))
    }

    /// How many rules and directives the files so far declare.
    pub(super) fn base(&self) -> Base {
        Base {
            rules: self.decls.borrow().len(),
            directives: self.directives.borrow().len(),
            definitions: self.definitions.borrow().len(),
        }
    }

    pub(super) fn read(&self, read: TrackedRead) {
        let mut reads = self.reads.borrow_mut();
        if !reads.contains(&read) {
            reads.push(read);
        }
    }

    /// The definition that a place lies in.
    pub(super) fn definition_at(&self, place: Span) -> Option<usize> {
        let holds =
            |d: &Definition| d.span.file == place.file && d.span.start <= place.start && place.start < d.span.end;
        self.definitions.borrow().iter().rposition(holds)
    }

    /// A path of the Rulefile as seen from the current directory: below `workdir:`.
    pub(super) fn in_workdir(&self, path: &str) -> String {
        match &*self.workdir.borrow() {
            Some(dir) if !path.starts_with('/') => format!("{}/{path}", dir.path.trim_end_matches('/')),
            _ => path.to_owned(),
        }
    }

    /// The inverse of [`in_workdir`](Self::in_workdir).
    pub(super) fn below_workdir<'p>(&self, path: &'p str) -> &'p str {
        match &*self.workdir.borrow() {
            Some(dir) => path
                .strip_prefix(crate::path::normal(&dir.path).as_ref())
                .and_then(|p| p.strip_prefix('/'))
                .unwrap_or(path),
            None => path,
        }
    }

    /// Where the call stands that is being made.
    pub(super) fn here(&self, eval: &Evaluator) -> Option<Span> {
        let at = eval.call_stack_top_location()?;
        Scene { origins: &self.origins.borrow(), ..Scene::default() }.place(&at)
    }

    pub(super) fn fail(&self, diag: Diag) {
        self.diags.borrow_mut().push(diag);
    }

    pub(super) fn warn(&self, diag: Diag) {
        self.warnings.borrow_mut().push(diag);
    }

    /// Keeps a function for later calls, rooted in the module under a name
    /// that no Rulefile can use.
    pub(super) fn keep<'v>(
        &self,
        value: Value<'v>,
        span: Span,
        allowed: &[&str],
        eval: &Evaluator<'v, '_, '_>,
    ) -> starlark::Result<FnId> {
        debug_assert!(is_function(value));
        let info = Info::of(value, span);
        if let Some(diag) = info.refused(allowed) {
            return Err(Fault(vec![diag]).into());
        }
        let mut functions = self.functions.borrow_mut();
        let id = FnId(functions.len() as u32);
        eval.module().set(&slot(id), value);
        functions.push(info);
        Ok(id)
    }
}

/// The module's name for a kept function.
pub(super) fn slot(id: FnId) -> String {
    format!("function#{}", id.0)
}

impl PrintHandler for Session {
    fn println(&self, text: &str) -> starlark::Result<()> {
        self.notes.borrow_mut().push(text.to_owned());
        Ok(())
    }
}
