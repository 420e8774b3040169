//! Config files that are templates: YAML with `__use_yte__: true`
//! (<https://yte-template-engine.github.io>), as Snakemake reads them.
//!
//! Owns turning such a file into one expression, whose value is the config. What the
//! expressions in it mean, the language says.

use super::convert::to_val;
use super::fault::fault;
use super::load::{diagnose, run_tree};
use super::local::refuse_rules;
use super::module::apart;
use super::session::Session;
use crate::diag::{Diag, Diags, Kind};
use crate::span::Span;
use crate::syntax;
use crate::value::Val;
use starlark::environment::Module;

/// The key that makes a file a template.
const USE: &str = "__use_yte__";
/// What the expression's own lines begin with.
const PRELUDE: &str = "def yte_joined(parts):
    parts = [part for part in parts if part != None]
    if all([isinstance(part, dict) for part in parts]):
        joined = {}
        for part in parts:
            for key in part:
                joined.update(part[key] if key == '<' else {key: part[key]})
        return joined
    if all([isinstance(part, list) for part in parts]):
        return [item for part in parts for item in part]
    if len(parts) == 1:
        return parts[0]
    raise ValueError('`?if` and `?for` give maps, or they give lists')
";

/// What a config file holds: as it is, or if it is a template, filled.
///
/// # Errors
/// What is wrong in it, without a place in the file.
pub(super) fn filled(session: &Session, path: &str, read: Val) -> Result<Val, Diags> {
    let Val::Dict(mut entries) = read else { return Ok(read) };
    let Some(at) = entries.iter().position(|(key, _)| key.as_str() == Some(USE)) else {
        return Ok(Val::Dict(entries));
    };
    let (_, used) = entries.remove(at);
    if used != Val::Bool(true) {
        return Ok(Val::Dict(entries));
    }
    let told = |mut diags: Diags| {
        let why = diags.drain(..).next().map_or(String::new(), |diag| diag.message);
        let message = format!("the template `{path}` cannot be filled: {why}");
        vec![Diag::error(Kind::Rulefile, message).note(format!("`{USE}: true` makes it a template"))]
    };
    let text = text(entries).map_err(|why| told(vec![Diag::error(Kind::Rulefile, why)]))?;
    let earlier = session.diags.take();
    let value = apart(session, || Module::with_temp_heap(|module| value(session, &module, path, &text)));
    session.diags.replace(earlier);
    value.map_err(told)
}

fn value(session: &Session, module: &Module<'_>, path: &str, text: &str) -> Result<Val, Diags> {
    let file = session.sources.borrow_mut().add(format!("{path} as Python").as_str(), text);
    let tree = syntax::parse(file, text, session.base())?;
    refuse_rules(&tree)?;
    run_tree(session, module, file, text, tree)?;
    let whole = Span::new(file, 0, text.len());
    let given = module.get("yte_config").ok_or_else(|| vec![Diag::at(whole, "it gives nothing")])?;
    let plain = to_val(given, module.heap(), &mut |_| Err(fault("a function is no value of a config")));
    match plain.map_err(|error| diagnose(session, module, &error))?.listed() {
        Val::Dict(entries) => Ok(Val::Dict(entries)),
        other => Err(vec![Diag::at(whole, format!("it gives {}, not keys and values", other.kind()))]),
    }
}

/// The statements whose last gives the config.
fn text(entries: Vec<(Val, Val)>) -> Result<String, String> {
    let mut text = String::from(PRELUDE);
    let mut rest = Vec::new();
    for (key, value) in entries {
        match (key.as_str(), value) {
            (Some("__definitions__"), Val::List(statements)) => {
                statements.iter().for_each(|statement| text += &format!("{}\n", statement.display()));
            }
            (Some("__variables__"), Val::Dict(variables)) => {
                for (name, value) in variables {
                    text += &format!("{} = {}\n", name.display(), one(&value)?);
                }
            }
            (_, value) => rest.push((key, value)),
        }
    }
    Ok(format!("{text}yte_config = {}\n", dict(&rest)?))
}

fn one(value: &Val) -> Result<String, String> {
    Ok(match value {
        Val::Dict(entries) => dict(entries)?,
        Val::List(items) => list(items)?,
        other => match other.as_str().and_then(|text| text.strip_prefix('?')) {
            Some(expression) => format!("({expression})"),
            None => other.repr(),
        },
    })
}

/// A list; what `<` holds is put into it.
fn list(items: &[Val]) -> Result<String, String> {
    let part = |item: &Val| match item {
        Val::Dict(entries) if entries.len() == 1 && entries[0].0.as_str() == Some("<") => {
            Ok(format!("list({})", one(&entries[0].1)?))
        }
        other => Ok(format!("[{}]", one(other)?)),
    };
    let parts = items.iter().map(part).collect::<Result<Vec<String>, String>>()?;
    Ok(if parts.is_empty() { "[]".into() } else { format!("({})", parts.join(" + ")) })
}

/// A dict: its parts are joined, of which `?for` gives several and `?if` perhaps none.
fn dict(entries: &[(Val, Val)]) -> Result<String, String> {
    let (mut parts, mut chain): (Vec<String>, Option<String>) = (Vec::new(), None);
    for (key, value) in entries {
        let (word, rest) = key.as_str().map_or(("", ""), |key| key.split_once(' ').unwrap_or((key, "")));
        let value = one(value)?;
        let before = || format!("`{}` stands behind no `?if`", key.display());
        if !matches!(word, "?elif" | "?else") {
            parts.extend(chain.take().map(|chain| chain + "[])"));
        }
        match word {
            "__definitions__" | "__variables__" => {
                return Err(format!("`{word}` is served at the top of the file alone"));
            }
            "?for" => parts.push(format!("[{value} for {rest}]")),
            "?if" => chain = Some(format!("([{value}] if {rest} else ")),
            "?elif" => *chain.as_mut().ok_or_else(before)? += &format!("[{value}] if {rest} else "),
            "?else" => parts.push(format!("{}[{value}])", chain.take().ok_or_else(before)?)),
            _ => parts.push(format!("[{{{}: {value}}}]", one(key)?)),
        }
    }
    parts.extend(chain.map(|chain| chain + "[])"));
    Ok(if parts.is_empty() { "{}".into() } else { format!("yte_joined({})", parts.join(" + ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_an_expression() {
        let said = |yaml: &str| match crate::yaml::parse(yaml) {
            Ok(Val::Dict(entries)) => dict(&entries),
            _ => panic!("a dict"),
        };
        assert_eq!(said("a: ?1 + 1\nb: x\n").as_deref(), Ok("yte_joined([{'a': (1 + 1)}] + [{'b': 'x'}])"));
        assert_eq!(
            said("?if x:\n  a: 1\n?elif y:\n  a: 2\nb: 3\n?for i in z:\n  ?str(i): [1, '<': ?i]\n").as_deref(),
            Ok(concat!(
                "yte_joined(([yte_joined([{'a': 1}])] if x else [yte_joined([{'a': 2}])] if y else [])",
                " + [{'b': 3}] + [yte_joined([{(str(i)): ([1] + list((i)))}]) for i in z])"
            ))
        );
        assert_eq!(said("?else:\n  a: 1\n").unwrap_err(), "`?else` stands behind no `?if`");
    }
}
