//! What one load knows while it runs: files, declarations, rules, functions.
//!
//! Owns the state behind the built-in functions. It evaluates nothing itself.

use super::convert::is_function;
use super::explain::{Origin, Scene};
use super::fault::Fault;
use super::function::Info;
use super::local::Locals;
use super::mark::Marks;
use super::module::Frame;
use super::notice::Notice;
use super::other_inputs::{Mixed, itself};
use super::rewrite::{Around, Pathvars, Placing, Rewrites};
use super::system::System;
use super::{Request, TrackedRead};
use crate::diag::{Diag, Diags};
use crate::files::StatAhead;
use crate::rule::{Ensure, Flags, LeftOut, Name, Reported, Rule, RuleId, Workdir};
use crate::span::{FileId, Literals, Sources, Span};
use crate::syntax::{Base, Definition, Directive, Piece, RuleDecl, UseDecl};
use crate::value::{FnId, Val};
use rustc_hash::{FxHashMap, FxHashSet};
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::values::{OwnedFrozenValue, Value};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
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
    /// Its inputs, if some are functions.
    pub(super) mixed: Option<Arc<Mixed>>,
}

/// The rules defined so far, by name, for the `rules` object.
pub(super) type ShownRules = Arc<Mutex<FxHashMap<Box<str>, Shown>>>;

/// The parts of each `scattergather` name, for `scatter` and `gather`.
pub(super) type ScatterCounts = Arc<Mutex<FxHashMap<Box<str>, u32>>>;

/// What `use rule` needs of a rule besides the rule itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis {
    /// It belongs to a module, and is in the book only where it is used.
    pub(super) hidden: bool,
    /// It came with `use rule *`, so one more `use rule` may replace it.
    pub(super) replaceable: bool,
    /// Its own `wildcard_constraints`.
    pub(super) constraints: Vec<(Box<str>, Box<str>)>,
    /// Its own `pathvars`.
    pub(super) pathvars: Vec<(Box<str>, Box<str>)>,
    /// What its paths may name besides those, once one was looked for.
    pub(super) around: Option<Arc<Around>>,
    /// Its paths that hold pathvars: section, number, text as written.
    pub(super) raw: Vec<RawPath>,
    /// What is wrong with those paths, unless other pathvars are given.
    pub(super) unfilled: Vec<(&'static str, Diag)>,
}

/// What is asked of a file besides its flags.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    pub(super) ensure: Option<Ensure>,
    pub(super) repeat: Option<u32>,
    pub(super) report: Option<Arc<Reported>>,
}

impl Extra {
    /// This, and of the other what this says nothing of.
    fn over(self, other: &Extra) -> Extra {
        Extra {
            ensure: self.ensure.or_else(|| other.ensure.clone()),
            repeat: self.repeat.or(other.repeat),
            report: self.report.or_else(|| other.report.clone()),
        }
    }
}

/// A path as written, before its pathvars were filled.
#[derive(Clone, Debug)]
pub(super) struct RawPath {
    /// The section.
    pub(super) key: &'static str,
    /// Its number in the section.
    pub(super) at: usize,
    pub(super) text: Box<str>,
    /// See [`Mark`](super::mark::Mark).
    pub(super) placed: bool,
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Shell,
    Message,
    /// A path relative to the file it stands in.
    Script,
    /// A script's path relative to the directory of jobs.
    Wrapper,
}

/// A text that becomes a template once all variables are known.
#[derive(Clone)]
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
#[derive(Clone, Debug)]
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
    pub(super) uses: RefCell<Vec<Arc<UseDecl>>>,
    pub(super) rules: RefCell<Vec<Rule>>,
    /// A row for each of `rules`.
    pub(super) bases: RefCell<Vec<Basis>>,
    /// A module's rule and the first rule of the book that was made from it.
    pub(super) twins: RefCell<FxHashMap<RuleId, RuleId>>,
    /// Rules of the book that others were made from.
    pub(super) inherited: RefCell<Vec<RuleId>>,
    /// The modules that were loaded; none while one is being loaded.
    pub(super) frames: RefCell<Vec<Option<Arc<Frame>>>>,
    /// How many files were open when that of the module being loaded was read.
    pub(super) outer_files: Cell<usize>,
    /// The module being loaded.
    pub(super) current: Cell<Option<u32>>,
    /// The modules that the file being read has declared.
    pub(super) modules: RefCell<FxHashMap<Box<str>, u32>>,
    /// What becomes of the paths of the module being loaded.
    pub(super) rewrites: RefCell<Rewrites>,
    pub(super) pathvars: RefCell<Pathvars>,
    /// `inputflags` and `outputflags` of the file so far.
    pub(super) input_flags: Cell<Flags>,
    pub(super) output_flags: Cell<Flags>,
    /// `scattergather`: how many parts there are.
    pub(super) scatter: ScatterCounts,
    /// What marks refer to.
    pub(super) extras: RefCell<Vec<Extra>>,
    /// `report:`
    pub(super) report: RefCell<Option<Box<str>>>,
    /// What was said about sections without effect, a file at a time.
    pub(super) noticed: RefCell<FxHashSet<(FileId, Notice)>>,
    /// `config:` was given to the module: its own config files are not read.
    pub(super) skip_config: Cell<bool>,
    /// `skip_validation: True` was given to the module.
    pub(super) skip_validation: Cell<bool>,
    /// Functions of modules.
    pub(super) frozen: RefCell<FxHashMap<FnId, OwnedFrozenValue>>,
    pub(super) by_name: RefCell<FxHashMap<Box<str>, RuleId>>,
    pub(super) shown: RefCell<ShownRules>,
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
    /// What `configfile:` named so far.
    pub(super) read_configs: RefCell<Vec<String>>,
    pub(super) reads: RefCell<Vec<TrackedRead>>,
    /// Python files that were run.
    pub(super) python: RefCell<super::pyload::Known>,
    /// Told of files that are found.
    pub(super) ahead: RefCell<StatAhead>,
    pub(super) system: System,
    /// Directories that a run is to make, by `os.makedirs`.
    pub(super) directories: RefCell<Vec<String>>,
    pub(super) notes: RefCell<Vec<String>>,
    pub(super) warnings: RefCell<Diags>,
    pub(super) diags: RefCell<Diags>,
    /// Statements that `run:` bodies may use, in the order they were read.
    pub(super) pieces: RefCell<Vec<Piece>>,
    /// `def`s and classes, by number.
    pub(super) definitions: RefCell<Vec<Definition>>,
    /// Whether a file so far asks for pandas.
    pub(super) sheets: Cell<bool>,
    /// The texts of the files so far that have classes.
    pub(super) classes: RefCell<String>,
    /// The bodies of rules.
    pub(super) bodies: RefCell<Vec<(RuleId, Span)>>,
    /// `onstart`, `onsuccess` and `onerror`.
    pub(super) hooks: RefCell<Vec<(Box<str>, Span)>>,
    /// Names used before any definition, where they were first used.
    pub(super) expected: RefCell<Vec<(Box<str>, Span)>>,
    /// Python files of the project that were imported.
    pub(super) locals: Locals,
    /// The package of the one being read.
    pub(super) package: RefCell<String>,
    /// Those of which all was imported, and which could not be read.
    pub(super) starred: RefCell<Vec<Definition>>,
    /// Rules of modules that are not taken.
    pub(super) left_out: RefCell<Vec<LeftOut>>,
    /// Files being read, outermost first: without links, and as they are named.
    pub(super) open: RefCell<Vec<(PathBuf, String)>>,
}

impl Session {
    /// Notes more that is asked of a file; gives where it is noted.
    pub(super) fn ask_of_file(&self, old: Option<u32>, extra: Extra) -> u32 {
        let mut extras = self.extras.borrow_mut();
        let all = match old {
            Some(old) => extra.over(&extras[old as usize]),
            None => extra,
        };
        extras.push(all);
        extras.len() as u32 - 1
    }

    pub(super) fn new(request: Request, sources: Sources) -> Session {
        let ahead = StatAhead::behind(request.cores.saturating_sub(1) as usize, request.begin.clone());
        Session {
            request,
            ahead: RefCell::new(ahead),
            sources: RefCell::new(sources),
            decls: RefCell::default(),
            directives: RefCell::default(),
            origins: RefCell::default(),
            uses: RefCell::default(),
            rules: RefCell::default(),
            bases: RefCell::default(),
            twins: RefCell::default(),
            inherited: RefCell::default(),
            frames: RefCell::default(),
            outer_files: Cell::default(),
            current: Cell::default(),
            modules: RefCell::default(),
            rewrites: RefCell::default(),
            pathvars: RefCell::default(),
            input_flags: Cell::default(),
            output_flags: Cell::default(),
            scatter: ScatterCounts::default(),
            extras: RefCell::default(),
            report: RefCell::default(),
            noticed: RefCell::default(),
            skip_config: Cell::default(),
            skip_validation: Cell::default(),
            frozen: RefCell::default(),
            by_name: RefCell::default(),
            shown: RefCell::default(),
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
            read_configs: RefCell::default(),
            reads: RefCell::default(),
            python: RefCell::default(),
            system: System::default(),
            directories: RefCell::default(),
            notes: RefCell::default(),
            warnings: RefCell::default(),
            diags: RefCell::default(),
            pieces: RefCell::default(),
            definitions: RefCell::default(),
            sheets: Cell::default(),
            classes: RefCell::default(),
            bodies: RefCell::default(),
            hooks: RefCell::default(),
            expected: RefCell::default(),
            locals: Locals::default(),
            package: RefCell::default(),
            starred: RefCell::default(),
            left_out: RefCell::default(),
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
            uses: self.uses.borrow().len(),
            definitions: self.definitions.borrow().len(),
            sheets: self.sheets.get(),
            classes: self.classes.borrow().as_str().into(),
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

    /// Whether the file being read was included by another.
    pub(super) fn is_included(&self) -> bool {
        self.open.borrow().len() > self.outer_files.get() + 1
    }

    /// Makes a rule the default target: it is marked as such there.
    pub(super) fn mark_default(&self, rule: RuleId, at: Span) {
        if let Some((_, first)) = self.marked_default.borrow_mut().replace((rule, at)).filter(|(_, first)| *first != at)
        {
            let diag = Diag::warning(
                crate::diag::Kind::Rulefile,
                "several rules are marked as the default target: the last one counts",
            );
            let diag = diag.label(at, "this one counts").label(first, "marked before");
            self.warn(diag.hint("take `default_target: True` from the others"));
        }
    }

    pub(super) fn fail(&self, diag: Diag) {
        self.diags.borrow_mut().push(diag);
    }

    pub(super) fn warn(&self, diag: Diag) {
        self.warnings.borrow_mut().push(diag);
    }

    /// Keeps a function that gives paths, of which `placing` says what becomes.
    pub(super) fn keep_paths<'v>(
        &self,
        value: Value<'v>,
        span: Span,
        placing: Placing,
        eval: &Evaluator<'v, '_, '_>,
    ) -> starlark::Result<FnId> {
        let id = self.keep(value, span, &["groupid"], eval)?;
        if let Some(info) = self.functions.borrow_mut().last_mut() {
            info.placing = Some(placing);
        }
        Ok(id)
    }

    /// Keeps a function that gives paths once more, for a rule with other pathvars.
    pub(super) fn keep_again(&self, id: FnId, placing: Placing, eval: &Evaluator<'_, '_, '_>) -> FnId {
        let mut functions = self.functions.borrow_mut();
        let again = FnId(functions.len() as u32);
        let mut info = functions[id.0 as usize].clone();
        info.placing = Some(placing);
        functions.push(info);
        let mut frozen = self.frozen.borrow_mut();
        if let Some(value) = frozen.get(&id).cloned() {
            frozen.insert(again, value);
        } else if let Some(value) = eval.module().get(&slot(id)) {
            eval.module().set(&slot(again), value);
        }
        again
    }

    /// A module that was loaded.
    pub(super) fn frame(&self, index: u32) -> Option<Arc<Frame>> {
        self.frames.borrow().get(index as usize).cloned().flatten()
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
        let value = itself(value, eval);
        let info = Info::of(value, span).given(allowed);
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
