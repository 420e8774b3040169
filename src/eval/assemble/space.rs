//! What a Python body uses of a module: `m.f()`, `m.X`, `m.onstart()`.
//!
//! Owns which names of the module a text mentions, and what is handed over for them.
//! How names of one file lead to its texts and values is `python`'s.

use super::python::Bodies;
use crate::eval::module::Frame;
use crate::eval::session::Session;
use crate::rule::{Python, Space};
use std::collections::{BTreeMap, BTreeSet};

/// The names behind `module.` in a text.
pub(super) fn members(text: &str, module: &str) -> Vec<Box<str>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(module).filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = text[at + module.len()..].trim_start().strip_prefix('.')?.trim_start();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let own = before.is_none_or(|c| !is_part(c) && c != '.') && end > 0;
        own.then(|| rest[..end].into())
    });
    found.collect()
}

/// What is handed over of a module, and what is recorded of it.
pub(super) fn of(session: &Session, frame: &Frame, name: &str, members: &BTreeSet<Box<str>>) -> (Space, String) {
    starlark::environment::Module::with_temp_heap(|module| {
        for name in frame.frozen.names() {
            if let Ok((value, _)) = frame.frozen.get_any_visibility(&name) {
                module.set(&name, module.heap().access_owned_frozen_value(&value));
            }
        }
        let mut variables = BTreeMap::new();
        let own = (frame.pieces.clone(), frame.shown.clone());
        let mut bodies = Bodies::over(session, &module, &frame.config, &mut variables, own);
        let last = |key: &str| frame.hooks.iter().rev().find(|(hook, _)| **hook == *key).map(|(_, span)| *span);
        let handlers = members.iter().filter_map(|key| Some((key.clone(), bodies.python(last(key)?))));
        let handlers: Vec<(Box<str>, Python)> = handlers.collect();
        let texts = handlers.iter().map(|(_, python)| &*python.text);
        let text: String = texts.chain(members.iter().map(|key| &**key)).flat_map(|text| [text, "\n"]).collect();
        let uses = bodies.uses(&text);
        let mut used = bodies.used(&uses);
        let all = Python { shown: "".into(), path: "".into(), line: 1, text: text.into() };
        let recorded = format!("module {name}\n{}\n", bodies.recorded(&all, &used, &uses));
        used.import(&uses);
        let inline = |(key, python): (Box<str>, Python)| {
            let inline = python.line == 1;
            (key, python, inline)
        };
        let space = Space {
            name: name.into(),
            config: frame.config.clone(),
            pieces: used.pieces,
            variables: variables.into_values().collect(),
            rules: used.rules,
            spaces: used.spaces,
            handlers: handlers.into_iter().map(inline).collect(),
        };
        (space, recorded)
    })
}
