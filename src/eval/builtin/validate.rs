//! `validate(config, "schema.yaml")`.
//!
//! Owns the call. How values are checked is `schema`'s.

use super::frame::{Frame, plain};
use super::sheet::is_empty;
use crate::diag::{Diag, Severity};
use crate::eval::convert::{from_val, to_val};
use crate::eval::fault::{Fault, fault};
use crate::eval::load::beside;
use crate::eval::schema::{Misfit, Schema};
use crate::eval::session::Session;
use crate::eval::{TrackedRead, config};
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::dict::DictMut;
use starlark::values::none::NoneType;

/// The schema, relative to the file that names it, as a value.
fn schema_of(session: &Session, name: &str, eval: &Evaluator) -> starlark::Result<(String, Val)> {
    let place = super::marks::place(session, eval);
    let path = beside(session, place.file, name);
    let read = config::read(&path, &mut session.sources.borrow_mut());
    let schema = read.map_err(|d| Fault(vec![if d.labels.is_empty() { d.label(place, "") } else { d }]))?;
    session.read(TrackedRead::File(path.as_str().into()));
    Ok((path, schema))
}

fn misfit(what: &str, schema: &str, misfit: &Misfit) -> Diag {
    let at = match (what, &*misfit.path) {
        (what, "") => what.to_owned(),
        (what, path) if path.starts_with('[') => format!("{what}{path}"),
        (what, path) => format!("{what}.{path}"),
    };
    Diag::error(crate::diag::Kind::Rulefile, format!("`{at}` {}", misfit.message))
        .note(format!("by the schema `{schema}`"))
}

/// A config: defaults are filled in, in place.
fn validate_dict<'v>(
    value: Value<'v>,
    schema: (&str, &Val),
    fill: bool,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    let session = Session::loading(eval, "validate")?;
    let heap = eval.heap();
    let mut plain = to_val(value, heap, &mut |_| Err(fault("a value to validate holds a function")))?.listed();
    let misfits = Schema { root: schema.1 }.check(&mut plain);
    report("config", misfits, schema.0, session, eval)?;
    if !fill {
        return Ok(());
    }
    let (Val::Dict(entries), Ok(mut dict)) = (plain, DictMut::from_value(value)) else { return Ok(()) };
    for (key, new) in entries {
        dict.aref.insert_hashed(from_val(&key, heap).get_hashed()?, from_val(&new, heap));
    }
    Ok(())
}

/// A sheet: each row by itself. With the defaults of what it lacks.
fn validate_rows(mut rows: Vec<Val>, schema: (&str, &Val), eval: &Evaluator) -> starlark::Result<Vec<Val>> {
    let session = Session::loading(eval, "validate")?;
    for (i, row) in rows.iter_mut().enumerate() {
        if let Val::Dict(cells) = &mut *row {
            cells.retain(|(_, v)| !is_empty(v));
        }
        let misfits = Schema { root: schema.1 }.check(row);
        report(&format!("row {}", i + 1), misfits, schema.0, session, eval)?;
    }
    Ok(rows)
}

fn report(what: &str, misfits: Vec<Misfit>, schema: &str, session: &Session, eval: &Evaluator) -> starlark::Result<()> {
    if misfits.is_empty() {
        return Ok(());
    }
    let place = super::marks::place(session, eval);
    let (doubts, misfits): (Vec<Misfit>, Vec<Misfit>) = misfits.into_iter().partition(|misfit| misfit.doubt);
    // All rows have the same.
    let first = matches!(what, "config" | "row 1");
    for doubt in doubts.iter().filter(|_| first) {
        let diag = misfit(what, schema, doubt).label(place, "");
        session.warn(Diag { severity: Severity::Warning, ..diag });
    }
    if misfits.is_empty() {
        return Ok(());
    }
    let files = session.config_files.borrow().join(", ");
    let diag = |m: &Misfit| {
        let diag = misfit(what, schema, m).label(place, "");
        if what == "config" && !files.is_empty() { diag.note(format!("`config` was read from {files}")) } else { diag }
    };
    Err(Fault(misfits.iter().map(diag).collect()).into())
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn validate<'v>(
        data: Value<'v>,
        schema: &str,
        #[starlark(default = true)] set_default: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let session = Session::loading(eval, "validate")?;
        if session.skip_validation.get() {
            return Ok(NoneType);
        }
        let (path, schema) = schema_of(session, schema, eval)?;
        match plain(data) {
            Some(Val::List(rows)) => {
                let filled = validate_rows(rows, (&path, &schema), eval)?;
                if let Some(frame) = Frame::from_value(data).filter(|_| set_default) {
                    frame.fill(&filled);
                }
            }
            _ => validate_dict(data, (&path, &schema), set_default, eval)?,
        }
        Ok(NoneType)
    }
}
