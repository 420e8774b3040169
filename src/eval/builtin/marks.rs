//! Snakemake's rarer marks: `pipe`, `service`, `update`, `before_update`,
//! `ensure`, `repeat`, `local`, `report`, `flag`, and access patterns.
//!
//! Owns their arguments. Which of them are served is `assemble`'s.

use super::environment::absolute;
use super::flags::{flagged, mark_all};
use crate::diag::{Diag, Kind};
use crate::eval::convert::{is_function, to_val};
use crate::eval::explain::Scene;
use crate::eval::fault::{fault, hinted};
use crate::eval::load::beside;
use crate::eval::mark::{Mark, Marks};
use crate::eval::session::{Extra, Session};
use crate::rule::{Checksum, Ensure, Flags, Reported};
use crate::span::{FileId, Span};
use crate::suggest::did_you_mean;
use crate::value::Val;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::tuple::UnpackTuple;
use std::sync::Arc;

/// Where the call stands in the Rulefile.
pub(super) fn place(session: &Session, eval: &Evaluator) -> Span {
    let origins = session.origins.borrow();
    let scene = Scene { origins: &origins, ..Scene::default() };
    let at = eval.call_stack_top_location();
    at.and_then(|at| scene.place(&at)).unwrap_or(Span::new(FileId(0), 0, 0))
}

/// What a file must be when its job has ended.
fn ensured<'v>(
    non_empty: bool,
    sums: [(Checksum, Option<Value<'v>>); 3],
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Ensure> {
    let session = Session::loading(eval, "ensure")?;
    let mut checksum = None;
    for (kind, value) in sums {
        let Some(value) = value else { continue };
        let value = match value.unpack_str() {
            Some(text) => Val::str(text),
            None if is_function(value) => Val::Func(session.keep(value, place(session, eval), &[], eval)?),
            None => return Err(fault("a checksum is a string or a function")),
        };
        if checksum.replace((kind, value)).is_some() {
            return Err(fault("`ensure` takes one checksum"));
        }
    }
    Ok(Ensure { non_empty, checksum })
}

fn with_extra<'v>(
    value: Value<'v>,
    name: &str,
    extra: Extra,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let session = Session::loading(eval, name)?;
    let asked = |mark: Mark| Mark { extra: Some(session.ask_of_file(mark.extra, extra.clone())), ..mark };
    mark_all(value, &asked, name, &session.marks, eval.heap())
}

/// What `report()` is told besides the file and its caption. Of a directory all files
/// are shown, whatever the last two say.
const REPORTED: [&str; 5] = ["category", "subcategory", "labels", "patterns", "htmlindex"];

/// What of `report()` is not served, and what to do instead.
const PASSED_OVER: [(&str, &str); 2] = [
    ("patterns", "mark the files that are to be shown as outputs of their own"),
    ("htmlindex", "mark the page as an output of its own: `report(\"DIR/index.html\")`"),
];

/// What a file is in a report.
fn reported<'v>(
    caption: Option<Value<'v>>,
    named: &SmallMap<String, Value<'v>>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Reported> {
    let session = Session::loading(eval, "report")?;
    if let Some(odd) = named.keys().find(|name| !REPORTED.contains(&name.as_str())) {
        let message = format!("`report()` has no `{odd}`");
        let known = did_you_mean(odd, REPORTED.iter().copied())
            .unwrap_or_else(|| format!("it has `caption`, `{}`", REPORTED.join("`, `")));
        return Err(hinted(message, known));
    }
    let at = place(session, eval);
    for (name, instead) in PASSED_OVER {
        if named.get(name).is_some_and(|value| !value.is_none()) {
            let message = format!("`{name}` of `report()` has no effect: of a directory, all files are shown");
            session.warn(Diag::warning(Kind::Rulefile, message).label(at, "").hint(instead));
        }
    }
    let plain = |value: Option<Value<'v>>| {
        let value = value.unwrap_or_else(Value::new_none);
        to_val(value, eval.heap(), &mut |function| session.keep(function, at, &[], eval))
    };
    let of = |name: &str| plain(named.get(name).copied());
    let caption = plain(caption)?;
    Ok(Reported {
        caption: caption.as_str().map(|path| absolute(&beside(session, at.file, path)).into()),
        category: of("category")?,
        subcategory: of("subcategory")?,
        labels: of("labels")?,
    })
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn ensure<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(default = false)] non_empty: bool,
        sha256: Option<Value<'v>>,
        md5: Option<Value<'v>>,
        sha1: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let sums = [(Checksum::Sha256, sha256), (Checksum::Md5, md5), (Checksum::Sha1, sha1)];
        let ensure = ensured(non_empty, sums, eval)?;
        with_extra(value, "ensure", Extra { ensure: Some(ensure), ..Extra::default() }, eval)
    }

    fn repeat<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] n: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if n < 1 {
            return Err(fault(format!("`repeat` wants how often, 1 or more, not {n}")));
        }
        with_extra(value, "repeat", Extra { repeat: Some(n as u32), ..Extra::default() }, eval)
    }

    fn local<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let Some(marks) = Marks::of(eval) else { return Ok(value) };
        mark_all(value, &|mark| Mark { placed: true, ..mark }, "local", marks, eval.heap())
    }

    fn report<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        caption: Option<Value<'v>>,
        #[starlark(kwargs)] named: SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let report = reported(caption, &named, eval)?;
        with_extra(value, "report", Extra { report: Some(Arc::new(report)), ..Extra::default() }, eval)
    }

    fn flag<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] name: &str,
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let flags = match name {
            "temp" => Flags::TEMP,
            "directory" => Flags::DIRECTORY,
            "touch" => Flags::TOUCH,
            "protected" => Flags::PROTECTED,
            "ancient" => Flags::ANCIENT,
            other => {
                return Err(hinted(
                    format!("there is no mark `{other}`"),
                    "marks are `temp`, `directory`, `touch`, `protected` and `ancient`",
                ));
            }
        };
        let session = Session::loading(eval, "flag")?;
        flagged(value, flags, name, &session.marks, eval.heap())
    }
}

/// `access.random(...)` and its like: hints for storage, which files here do
/// not need.
#[starlark_module]
pub(super) fn access(builder: &mut GlobalsBuilder) {
    fn random<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<Value<'v>> {
        Ok(value)
    }

    fn sequential<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<Value<'v>> {
        Ok(value)
    }

    fn multi<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<Value<'v>> {
        Ok(value)
    }
}
