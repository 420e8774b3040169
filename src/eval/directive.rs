//! Top-level directives that set something for the rules after them, or that
//! have no effect on one machine.
//!
//! Owns `pathvars`, `scattergather`, `envvars`, `inputflags`, `outputflags` and
//! the checks of those without effect. It does not know rules.

use super::assemble;
use super::builtin::absolute;

use super::given::Given;
use super::load::beside;
use super::notice::{Notice, notice};
use super::pure_path::path_text;
use super::session::Session;
use crate::diag::{Diag, Diags, Kind};
use crate::rule::Flags;
use starlark::eval::Evaluator;

/// Runs a directive, if it is one of those. Faults are left with the session.
///
/// # Errors
/// Of a function that was given as a mark.
pub(super) fn run<'v>(
    session: &Session,
    key: &str,
    given: &Given<'v, '_>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<bool> {
    let mut diags = match key {
        "pathvars" => {
            let (mut named, diags) = assemble::strings(given, "pathvar");
            session.pathvars.borrow_mut().own.append(&mut named);
            diags
        }
        "scattergather" => scattergather(session, given),
        "envvars" => envvars(session, given),
        "inputflags" | "outputflags" => default_flags(session, key, given, eval)?,
        "resource_scopes" => resource_scopes(given),
        "container" | "containerized" | "singularity" | "conda" => without_effect(session, key, given),
        "report" => report(session, given),
        _ => return Ok(false),
    };
    session.diags.borrow_mut().append(&mut diags);
    Ok(true)
}

/// `split = 8`: how many parts there are; `--set-scatter` wins.
fn scattergather(session: &Session, given: &Given) -> Diags {
    let mut diags = Diags::new();
    for (name, value, slot) in given.iter() {
        match (name, value.unpack_i32()) {
            (Some(name), Some(parts)) if parts > 0 => {
                let set = session.request.scatter.iter().rev().find(|(n, _)| n == name);
                let parts = set.map_or(parts as u32, |(_, n)| *n);
                session.scatter.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name.into(), parts);
            }
            (Some(name), _) => {
                let message = format!("`{name}` wants a number of parts, 1 or more, this is `{}`", value.to_repr());
                diags.push(Diag::at(slot.span(), message));
            }
            (None, _) => {
                diags.push(Diag::at(slot.span(), "a number of parts wants a name").hint("write `split = 8`"));
            }
        }
    }
    diags
}

/// Variables that must be set; each is an input of the plan.
fn envvars(session: &Session, given: &Given) -> Diags {
    let mut diags = Diags::new();
    for (_, value, slot) in given.iter() {
        let Some(name) = value.unpack_str() else {
            let message = format!("`envvars` wants names in strings, this is a value of type `{}`", value.get_type());
            diags.push(Diag::at(slot.span(), message));
            continue;
        };
        if session.system.variable(name).is_none() {
            let diag = Diag::at(slot.whole(name), format!("the environment variable `{name}` is not set"));
            diags.push(diag.hint(format!("start it as `{name}=VALUE rulemake ...`")));
        }
    }
    diags
}

/// Marks for all files of the rules after it: found by marking a path with each.
fn default_flags<'v>(
    session: &Session,
    key: &str,
    given: &Given<'v, '_>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Diags> {
    let mut flags = Flags::empty();
    let mut diags = Diags::new();
    for (_, value, slot) in given.iter() {
        let probe = eval.heap().alloc_str("a path").to_value();
        let callable = matches!(value.get_type(), "function" | "native_function");
        let marked = if callable { eval.eval_function(value, &[probe], &[])? } else { value };
        match marked.unpack_str().map(|t| session.marks.get(t).flags) {
            Some(mark) if !mark.is_empty() => flags |= mark,
            Some(_) if callable => {}
            _ => {
                let diag = Diag::at(slot.span(), format!("`{key}` wants marks, such as `temp` or `ancient`"));
                diags.push(diag);
            }
        }
    }
    let place = if key == "inputflags" { &session.input_flags } else { &session.output_flags };
    place.set(place.get() | flags);
    Ok(diags)
}

fn resource_scopes(given: &Given) -> Diags {
    let (scopes, mut diags) = assemble::strings(given, "scope");
    let odd = scopes.iter().find(|(_, scope)| !["local", "global", "excluded"].contains(&&**scope));
    if let Some((name, scope)) = odd {
        let message = format!("the scope of `{name}` is `local`, `global` or `excluded`, not `{scope}`");
        diags.push(Diag::at(given.section.literals.whole(scope), message));
    }
    diags
}

/// The file of a description; that of the book, not those of its modules.
fn report(session: &Session, given: &Given) -> Diags {
    let (value, slot) = match given.single() {
        Ok(found) => found,
        Err(diag) => return vec![diag],
    };
    let Some(path) = path_text(value) else {
        let message = format!("`report` wants the path of a file, this is a value of type `{}`", value.get_type());
        return vec![Diag::at(slot.span(), message)];
    };
    if session.current.get().is_none() {
        *session.report.borrow_mut() = Some(absolute(&beside(session, given.section.key_span.file, path)).into());
    }
    Diags::new()
}

fn without_effect(session: &Session, key: &str, given: &Given) -> Diags {
    let (value, slot) = match given.single() {
        Ok(found) => found,
        Err(diag) => return vec![diag],
    };
    if value.unpack_str().is_none() && !value.is_none() {
        let message = format!("`{key}` wants a string, this is a value of type `{}`", value.get_type());
        return vec![Diag::error(Kind::Rulefile, message).label(slot.span(), "")];
    }
    if let Some(kind) = Notice::of(key) {
        notice(session, kind, "this file", given.section.key_span);
    }
    Diags::new()
}
