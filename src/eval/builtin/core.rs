//! What lowered text calls: rules, directives, f-strings, raise, imports; and
//! the `shell` object.

use super::datetime;
use super::format;
use super::operators::each;
use crate::diag::{Diag, Diags, Kind};
use crate::eval::config;
use crate::eval::convert::{from_val, to_val};
use crate::eval::exception::{Class, Exception, bare, raise, throw, thrown};
use crate::eval::fault::{Fault, fault};
use crate::eval::given::{Given, pack};
use crate::eval::later::{Later, no_text};
use crate::eval::load::{beside, run_file};
use crate::eval::mark::Mark;
use crate::eval::pure_path::path_text;
use crate::eval::python::NeedsPython;
use crate::eval::session::Session;
use crate::eval::{TrackedRead, assemble, directive, module, pyload, reuse, show, yte};
use crate::rule::Workdir;
use crate::syntax::Directive;
use crate::template::Spec;
use crate::value::{FnId, Val};
use rustc_hash::FxHashMap;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::dict::DictMut;
use starlark::values::none::NoneType;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value};
use std::cell::Cell;
use std::sync::Arc;

/// A generator as a list; other values as they are.
fn listed<'v>(value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    if value.get_type() == "generator" { each(value, heap) } else { value }
}

const NO_EXCEPTION: &str = "exceptions must derive from BaseException";

/// What is raised with a value; none if that is no exception.
fn excepted<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Option<Exception>> {
    if let Some(exception) = Exception::from_value(value) {
        return Ok(Some(exception.clone()));
    }
    let Some(exception) = super::class::error(value, eval)? else { return Ok(None) };
    // Starlark's errors hold no values: the module does, and the handler takes it from there.
    let name = KEPT.with(|kept| {
        kept.set(kept.get() + 1);
        format!("raised#{}", kept.get())
    });
    eval.module().set(&name, value);
    Ok(Some(exception.keeps(name)))
}

thread_local! {
    /// How many objects were raised.
    static KEPT: Cell<u64> = const { Cell::new(0) };
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn _args<'v>(
        #[starlark(args)] args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        // What is given bit by bit is looked at more than once.
        let args = args.items.into_iter().map(|arg| listed(arg, heap)).collect();
        Ok(pack(args, named.into_iter().map(|(name, arg)| (name, listed(arg, heap))).collect(), heap))
    }

    fn _rule<'v>(
        #[starlark(require = pos)] id: i32,
        #[starlark(kwargs)] sections: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let session = Session::loading(eval, "rule")?;
        assemble::define(session, id as usize, sections, eval)?;
        Ok(NoneType)
    }

    fn _module<'v>(
        #[starlark(require = pos)] id: i32,
        #[starlark(kwargs)] sections: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let session = Session::loading(eval, "module")?;
        module::declare(session, id as usize, sections, eval)
    }

    fn _use<'v>(
        #[starlark(require = pos)] id: i32,
        #[starlark(kwargs)] sections: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let session = Session::loading(eval, "use rule")?;
        reuse::take(session, id as usize, sections, eval)?;
        Ok(NoneType)
    }

    fn github<'v>(
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<NoneType> {
        Err(module::from_afar())
    }

    fn gitlab<'v>(
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<NoneType> {
        Err(module::from_afar())
    }

    fn _directive<'v>(
        #[starlark(require = pos)] id: i32,
        #[starlark(args)] args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let session = Session::loading(eval, "a directive")?;
        let directive = session.directives.borrow()[id as usize].clone();
        let given = Given {
            section: &directive.section,
            args: args.items,
            named: named.into_iter().map(|(k, v)| (k.into(), v)).collect(),
        };
        run_directive(session, &directive, given, eval)?;
        Ok(NoneType)
    }
}

/// A value by Python's rules of formats: `{value!conversion:spec}`.
pub(super) fn formatted<'v>(
    value: Value<'v>,
    conversion: &str,
    spec: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<String> {
    let text = match conversion {
        "r" => Some(show::repr(value, eval)?),
        "a" => Some(show::ascii(value, eval)?),
        "s" => Some(show::text(value, eval)?),
        _ => None,
    };
    if spec.is_empty() {
        return text.map_or_else(|| show::text(value, eval), Ok);
    }
    if text.is_none()
        && let Some(text) = datetime::formatted(value, spec)
    {
        return text;
    }
    let heap = eval.heap();
    let plain = text.map_or_else(|| to_val(value, heap, &mut |_| Ok(FnId(0))), |text| Ok(Val::str(text)))?;
    Spec::parse(spec).and_then(|s| s.apply(&plain)).map_err(|why| thrown("ValueError", why))
}

/// What f-strings, `raise`, `assert` and `print` become.
#[starlark_module]
pub(super) fn statements(builder: &mut GlobalsBuilder) {
    fn _f<'v>(#[starlark(args)] parts: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let mut text = String::new();
        for part in &parts.items {
            text.push_str(part.unpack_str().unwrap_or(""));
        }
        Ok(heap.alloc_str(&text).to_value())
    }

    fn _fmt<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] conversion: &str,
        #[starlark(require = pos)] spec: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(later) = Later::from_value(value) {
            return Err(no_text(later));
        }
        if spec.is_empty() && conversion.is_empty() && value.unpack_str().is_some() {
            return Ok(value);
        }
        Ok(eval.heap().alloc_str(&formatted(value, conversion, spec, eval)?).to_value())
    }

    /// `format(value, spec)`.
    fn format<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos, default = "")] spec: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<String> {
        formatted(value, "", spec, eval)
    }

    fn _raise<'v>(
        #[starlark(require = pos)] what: Option<Value<'v>>,
        #[starlark(require = pos)] cause: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let Some(what) = what else { return Err(fault("there is no error to raise again here")) };
        let is_class = Class::from_value(what).is_some() || super::class::Class::from_value(what).is_some();
        let made = if is_class { eval.eval_function(what, &[], &[])? } else { what };
        let exception = excepted(made, eval)?.ok_or_else(|| thrown("TypeError", NO_EXCEPTION))?;
        let cause = cause.map(|cause| excepted(cause, eval)).transpose()?.flatten();
        Err(raise(match cause {
            Some(cause) => exception.caused_by(cause),
            None => exception,
        }))
    }

    fn _assert<'v>(
        #[starlark(require = pos)] condition: Value<'v>,
        #[starlark(require = pos)] message: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        if condition.to_bool() {
            return Ok(NoneType);
        }
        match message {
            Some(message) => Err(raise(Exception::new("AssertionError", &show::text(message, eval)?))),
            None => Err(bare("AssertionError", "this assertion does not hold")),
        }
    }

    fn print<'v>(
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        // Where it goes (`file`) and how it ends are not for the Rulefile to say.
        let sep = named.get("sep").and_then(|s| s.unpack_str()).unwrap_or(" ");
        if let Some(odd) = named.keys().find(|k| !["sep", "end", "file", "flush"].contains(&k.as_str())) {
            return Err(fault(format!("`print` has no parameter `{odd}`")));
        }
        if let Some(session) = Session::of(eval) {
            let text = parts.items.iter().map(|p| show::text(*p, eval)).collect::<starlark::Result<Vec<_>>>()?;
            session.notes.borrow_mut().push(text.join(sep));
        }
        Ok(NoneType)
    }
}

/// What stands for files beside the Rulefile, imports and definitions in Python.
#[starlark_module]
pub(super) fn names(builder: &mut GlobalsBuilder) {
    fn _source_path<'v>(
        #[starlark(require = pos)] path: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let session = Session::loading(eval, "workflow.source_path")?;
        let path = beside(session, super::marks::place(session, eval).file, path);
        Ok(session.marks.alloc(&path, Mark { placed: true, ..Mark::default() }, eval.heap()))
    }

    /// The names of a Python file, which is run now.
    fn pyload<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let session = Session::loading(eval, "pyload")?;
        let heap = eval.heap();
        let path = path_text(path).ok_or_else(|| fault("`pyload` wants the path of a Python file"))?;
        let mut no_function = |_| Err(fault("`pyload` hands over plain values, no functions"));
        let plain = |(name, value): (&String, &Value<'v>)| {
            Ok((Box::from(name.as_str()), to_val(*value, heap, &mut no_function)?))
        };
        let names = named.iter().map(plain).collect::<starlark::Result<_>>()?;
        let found = pyload::pyload(session, path, names, super::marks::place(session, eval))?;
        Ok(found.value(path, heap))
    }

    fn _import<'v>(
        #[starlark(require = pos)] module: &str,
        #[starlark(require = pos)] member: &str,
        #[starlark(require = pos, default = false)] strict: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        super::modules::import(module, member, strict, eval)
    }

    /// `import a.b`, which binds `a`.
    fn _import_below<'v>(
        #[starlark(require = pos)] module: &str,
        #[starlark(require = pos)] dotted: &str,
        #[starlark(require = pos, default = false)] strict: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        super::modules::import_below(module, dotted, strict, eval)
    }

    fn _import_all<'v>(
        #[starlark(require = pos)] module: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        super::modules::import_all(module, eval);
        Ok(NoneType)
    }

    fn _python<'v>(
        #[starlark(require = pos)] number: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let session = Session::loading(eval, "a definition in Python")?;
        let definition = &session.definitions.borrow()[number as usize];
        Ok(eval.heap().alloc(NeedsPython::new(definition)))
    }
}

/// What a prefix of ours keeps of how bash is started without one. Other shells have no such mode.
const STRICT: &str = "test -z \"$BASH_VERSION\" || set -euo pipefail; ";

/// A text whose fields are names of the file.
fn filled_here<'v>(text: &str, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
    let module = eval.module();
    let names = module.names().filter_map(|name| Some((name.as_str().to_owned(), module.get(name.as_str())?)));
    let names: FxHashMap<String, Value<'v>> = names.collect();
    let given = format::Given { values: &[], named: &|name| names.get(name).copied() };
    format::filled(text, &given, eval)
}

#[starlark_module]
pub(super) fn shell(builder: &mut GlobalsBuilder) {
    fn prefix<'v>(
        #[starlark(require = pos)] text: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let text = filled_here(text, eval)?;
        *Session::loading(eval, "shell.prefix")?.prefix.borrow_mut() = Some(text.into());
        Ok(NoneType)
    }

    fn executable<'v>(
        #[starlark(require = pos)] path: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        *Session::loading(eval, "shell.executable")?.executable.borrow_mut() = Some(path.into());
        Ok(NoneType)
    }

    fn suffix<'v>(
        #[starlark(require = pos)] text: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let text = filled_here(text, eval)?;
        *Session::loading(eval, "shell.suffix")?.suffix.borrow_mut() = Some(text.into());
        Ok(NoneType)
    }
}

fn run_directive<'v>(
    session: &Session,
    decl: &Arc<Directive>,
    given: Given<'v, '_>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let key = &*decl.section.key;
    match key {
        "localrules" | "ruleorder" => {
            session.names.borrow_mut().push(decl.clone());
            return Ok(());
        }
        "wildcard_constraints" => {
            let (mut constraints, mut diags) = assemble::constraints(&given);
            session.constraints.borrow_mut().append(&mut constraints);
            session.diags.borrow_mut().append(&mut diags);
            return Ok(());
        }
        "onstart" | "onsuccess" | "onerror" => {
            session.hooks.borrow_mut().push((key.into(), decl.section.span));
            return Ok(());
        }
        _ => {}
    }
    if directive::run(session, key, &given, eval)? {
        return Ok(());
    }
    let (value, slot) = given.single().map_err(|d| Fault(vec![d]))?;
    let span = slot.span();
    let Some(text) = path_text(value) else {
        let kind = value.get_type();
        let diag = Diag::at(span, format!("`{key}` wants a string, this is a value of type `{kind}`"));
        return Err(Fault(vec![diag]).into());
    };
    match key {
        "include" => {
            let path = beside(session, span.file, text);
            let missing = !std::path::Path::new(&path).exists();
            let failed = |mut diags: Diags| match diags.pop() {
                Some(diag) if missing && diags.is_empty() => throw("FileNotFoundError", diag),
                last => Fault(diags.into_iter().chain(last).collect()).into(),
            };
            run_file(session, eval.module(), &path, Some(span)).map_err(failed)?;
        }
        "configfile" if session.skip_config.get() => {}
        "configfile" => read_config(session, text, span, eval)?,
        "workdir" if session.request.stays => {}
        "workdir" => *session.workdir.borrow_mut() = Some(Workdir { path: text.into(), at: span }),
        "shellprefix" => *session.prefix.borrow_mut() = Some(format!("{STRICT}{text}").into()),
        other => unreachable!("the directive `{other}` is refused by the syntax"),
    }
    Ok(())
}

/// Merges a config file into `config`, below what the command line gave.
fn read_config<'v>(
    session: &Session,
    given: &str,
    span: crate::span::Span,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let path = session.in_workdir(given);
    let replaced = session.request.replace_config && *session.overrides.borrow() != Val::Dict(Vec::new());
    let elsewhere = !session.request.configfiles.is_empty() && !std::path::Path::new(&path).exists();
    if replaced || elsewhere {
        session.read(TrackedRead::Exists(path.as_str().into(), !elsewhere));
        return Ok(());
    }
    let read = config::read(&path, &mut session.sources.borrow_mut());
    let over = read.map_err(|d| {
        let diag = if d.labels.is_empty() {
            let note = "the path of a config file is relative to the working directory";
            let near = beside(session, span.file, given);
            let there = near != path && std::path::Path::new(&near).is_file();
            d.label(span, "").note(note).maybe_hint(there.then(|| format!("`{near}` is there: was it meant?")))
        } else {
            d.label(span, "read here")
        };
        throw("WorkflowError", diag)
    })?;
    let over = yte::filled(session, &path, over)
        .map_err(|mut diags| throw("WorkflowError", diags.remove(0).label(span, "read here")))?;
    session.read(TrackedRead::File(path.as_str().into()));
    session.config_files.borrow_mut().push(format!("`{path}`"));
    session.read_configs.borrow_mut().push(given.to_owned());
    super::prepare_workflow(session, eval.module());
    let Some(old) = eval.module().get("config") else { return Ok(()) };
    let mut merged = to_val(old, eval.heap(), &mut |_| Err(fault("`config` holds a function")))?;
    config::merge(&mut merged, &over);
    config::merge(&mut merged, &session.overrides.borrow());
    let Val::Dict(entries) = merged else {
        return Err(Fault(vec![Diag::error(Kind::Rulefile, "`config` is no longer a dict").label(span, "")]).into());
    };
    let heap = eval.heap();
    let fresh: Vec<_> = entries.iter().map(|(k, v)| (from_val(k, heap), from_val(v, heap))).collect();
    let mut dict = DictMut::from_value(old).map_err(starlark::Error::new_other)?;
    dict.aref.clear();
    for (key, value) in fresh {
        dict.aref.insert_hashed(key.get_hashed()?, value);
    }
    Ok(())
}
