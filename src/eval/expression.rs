//! Expressions of the command line: functions of the job that no Rulefile holds.
//!
//! Owns making a function of an expression's text. It does not know what the
//! function is for.

use super::Expression;
use super::explain::Origin;
use super::load::{diagnose, eval_text};
use super::session::Session;
use crate::diag::{Diag, Diags};
use crate::span::Span;
use crate::syntax;
use crate::value::FnId;
use starlark::environment::Module;
use starlark::eval::Evaluator;
use std::sync::Arc;

/// What an expression may be told besides the wildcards.
const GIVEN: [&str; 3] = ["input", "threads", "attempt"];

/// Keeps each expression as a function of the wildcards and what it names.
pub(super) fn keep(session: &Session, module: &Module<'_>) -> Result<Vec<FnId>, Diags> {
    let given = session.request.expressions.clone();
    given.iter().map(|expression| function(session, module, expression)).collect()
}

fn function(session: &Session, module: &Module<'_>, given: &Expression) -> Result<FnId, Diags> {
    let text = given.text.as_str();
    let file = session.sources.borrow_mut().add(given.shown.as_str(), text);
    let place = Span::new(file, 0, text.len());
    let tree = syntax::parse(file, text, session.base())?;
    let [mut chunk] = <[_; 1]>::try_from(tree.chunks).map_err(|_| vec![Diag::at(place, "this is no expression")])?;
    let names = syntax::named(text).words;
    let params: String = GIVEN.iter().filter(|n| names.contains(**n)).map(|n| format!(", {n}")).collect();
    chunk.wrap(&format!("lambda wildcards{params}: ("), ")\n");
    let name = session.origins.borrow().len().to_string();
    let lowered = chunk.text.clone();
    session.origins.borrow_mut().push(Origin { file, chunk, fields: Arc::new([]) });
    let made = eval_text(session, module, &name, lowered).map_err(|e| diagnose(session, module, &e))?;
    let eval = Evaluator::new(module);
    session.keep(made, place, &GIVEN, &eval).map_err(|e| diagnose(session, module, &e))
}
