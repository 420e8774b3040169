//! What the placeholders of a job's texts stand for.

use super::resources::Needs;
use super::{Commands, Params, Turn, files};
use crate::graph::JobId;
use crate::rule::{ALL, Name, Rule, Shape};
use crate::suggest;
use crate::template::{self, Access, Filled, Hole, Root};
use crate::value::Val;
use std::borrow::Cow;

/// For whom the text is.
pub enum Mode<'a> {
    /// To be run with these threads and resources, for this turn of it.
    Run(&'a Needs, Turn),
    /// To be recorded: what never makes a job stale is left as names.
    Record,
    /// The same with params and inputs left as names, too: what of it is code.
    Code,
}

/// The values of one job.
pub struct Scope<'s, 'a> {
    pub commands: &'s Commands<'a>,
    pub job: JobId,
    pub rule: &'a Rule,
    pub params: &'s Params<'s>,
    pub logs: &'s [String],
    pub benchmark: Option<&'s str>,
    pub mode: Mode<'s>,
}

impl<'s, 'a: 's> template::Scope<'s> for Scope<'s, 'a> {
    fn lookup(&self, hole: &Hole) -> Result<Filled<'s>, String> {
        let steps = &hole.access;
        match &hole.root {
            Root::Input | Root::Params if matches!(self.mode, Mode::Code) => {
                Ok(Filled::Name(Cow::Owned(hole.to_string())))
            }
            Root::Input => {
                let inputs = self.commands.graph.inputs(self.job);
                let names = files::input_names(self.commands, self.job);
                let path = |i: usize| self.commands.paths.str(inputs[i].path());
                pick(Section { name: "input", len: inputs.len(), names }, path, hole)
            }
            Root::Output => {
                let outputs = self.commands.graph.outputs(self.job);
                let names = &self.rule.outputs.names;
                let path = |i: usize| self.commands.paths.str(outputs[i]);
                pick(Section { name: "output", len: outputs.len(), names }, path, hole)
            }
            Root::Wildcards => self.wildcards(steps),
            Root::Params => self.params(steps),
            Root::Config => template::access(&self.commands.book.scope_of(self.rule).config, steps).map(Filled::Value),
            Root::Variable(name) => self.variable(name, steps),
            late => self.late(late, hole),
        }
    }
}

impl<'s, 'a: 's> Scope<'s, 'a> {
    /// Roots that never make a job stale.
    fn late(&self, root: &Root, hole: &Hole) -> Result<Filled<'s>, String> {
        let Mode::Run(needs, turn) = &self.mode else {
            return Ok(Filled::Name(Cow::Owned(hole.to_string())));
        };
        match root {
            Root::Threads => Ok(value(Val::Int(i64::from(needs.threads)))),
            Root::Resources => resource(needs, &hole.access),
            Root::Log => {
                let names = &self.rule.logs.names;
                pick(Section { name: "log", len: self.logs.len(), names }, |i| self.logs[i].as_str(), hole)
            }
            Root::Rule => Ok(Filled::Text(Cow::Borrowed(&self.rule.name))),
            Root::Jobid => Ok(value(Val::Int(i64::from(self.job.0)))),
            Root::BenchIteration => Ok(value(turn.iteration())),
            Root::Benchmark => {
                let path = self.benchmark.ok_or("the rule has no `benchmark:`")?;
                pick(Section { name: "benchmark", len: 1, names: &[] }, |_| path, hole)
            }
            other => unreachable!("{other:?} is looked up before"),
        }
    }

    fn wildcards(&self, steps: &[Access]) -> Result<Filled<'s>, String> {
        let mut values = self.commands.graph.wildcards(self.commands.paths, self.job, self.rule);
        let names = &self.rule.wildcards;
        match steps {
            [] => {
                let mut pairs: Vec<_> = names.iter().zip(values).collect();
                pairs.sort_unstable();
                let pairs: Vec<_> = pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect();
                Ok(Filled::Text(Cow::Owned(pairs.join(","))))
            }
            [Access::Attr(name) | Access::Key(name)] => {
                let at = names.iter().position(|n| n == name);
                let found = at.and_then(|i| values.nth(i)).map(Filled::Word);
                found.ok_or_else(|| no_such("rule's outputs have no wildcard", name, names.iter().map(|n| &**n)))
            }
            [Access::Index(i)] => {
                let at = usize::try_from(if *i < 0 { *i + names.len() as i64 } else { *i });
                let found = at.ok().and_then(|i| values.nth(i)).map(Filled::Word);
                found.ok_or_else(|| format!("the rule has {} wildcards, no number {i}", names.len()))
            }
            _ => Err("a wildcard's value is a string; it has no parts".into()),
        }
    }

    fn params(&self, steps: &[Access]) -> Result<Filled<'s>, String> {
        let (at, rest) = match steps {
            [] => {
                // Each as Python's `str()`: only a param that is named has its list joined.
                let all: Vec<_> = self.params.iter().map(Val::text).collect();
                return Ok(Filled::Text(Cow::Owned(all.join(" "))));
            }
            [Access::Index(i), rest @ ..] => (usize::try_from(*i).ok(), rest),
            [Access::Attr(name) | Access::Key(name), rest @ ..] => {
                let names = || self.rule.params.iter().filter_map(|p| p.name.as_deref());
                let at = self.rule.params.iter().position(|p| p.name.as_deref() == Some(name));
                (Some(at.ok_or_else(|| no_such("rule has no param", name, names()))?), rest)
            }
        };
        let at = at.filter(|i| *i < self.params.len());
        let at = at.ok_or_else(|| format!("the rule has {} params", self.params.len()))?;
        template::access(self.params.get(at), rest).map(Filled::Value)
    }

    fn variable(&self, name: &str, steps: &[Access]) -> Result<Filled<'s>, String> {
        let found = self.commands.book.scope_of(self.rule).variable(name);
        let found = found.ok_or_else(|| format!("there is no variable `{name}`"))?;
        let part = template::access(&found.value, steps)?;
        match (found.shape, part) {
            (Shape::Rules, Cow::Borrowed(part)) => Ok(shown(part)),
            // How many cores there are never makes a job stale.
            (Shape::Workflow, _) if matches!(self.mode, Mode::Record | Mode::Code) && is_cores(steps) => {
                Ok(Filled::Name(Cow::Borrowed("{workflow.cores}")))
            }
            (_, part) => Ok(Filled::Value(part)),
        }
    }
}

fn is_cores(steps: &[Access]) -> bool {
    matches!(steps, [Access::Attr(name)] if **name == *"cores")
}

fn texts(items: &[Val]) -> Option<Vec<&str>> {
    items.iter().map(Val::as_str).collect()
}

/// A part of what `rules` shows.
fn shown(part: &Val) -> Filled<'_> {
    let part = part.get(ALL).unwrap_or(part);
    match (part, part.items().and_then(texts)) {
        (Val::Str(path) | Val::Path(path), _) => Filled::Path(path),
        (_, Some(paths)) => Filled::Paths(paths),
        (other, None) => Filled::Value(Cow::Borrowed(other)),
    }
}

fn value<'a>(value: Val) -> Filled<'a> {
    Filled::Value(Cow::Owned(value))
}

fn no_such<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let hint = suggest::did_you_mean(name, known).map_or(String::new(), |h| format!("; {h}"));
    format!("the {what} `{name}`{hint}")
}

/// The files of a section, but for their paths.
struct Section<'n> {
    name: &'static str,
    len: usize,
    names: &'n [Name],
}

/// One file, or several, of a section.
fn pick<'a>(section: Section<'_>, path: impl Fn(usize) -> &'a str, hole: &Hole) -> Result<Filled<'a>, String> {
    let Section { name: title, len, names } = section;
    let (range, list, rest) = match &*hole.access {
        [Access::Attr(name) | Access::Key(name), rest @ ..] => {
            let found = names.iter().find(|n| n.name == *name);
            let found = found
                .ok_or_else(|| no_such(&format!("rule's {title} has no name"), name, names.iter().map(|n| &*n.name)))?;
            (found.range.start as usize..found.range.end as usize, found.list, rest)
        }
        steps => (0..len, true, steps),
    };
    match rest {
        // Only `!r` shows that a list of one is a list.
        [] if range.len() == 1 && !(list && hole.repr) => Ok(Filled::Path(path(range.start))),
        [] => Ok(Filled::Paths(range.map(path).collect())),
        [Access::Index(i)] => {
            let at = if *i < 0 { *i + range.len() as i64 } else { *i };
            let file = usize::try_from(at).ok().filter(|at| *at < range.len());
            file.map(|at| Filled::Path(path(range.start + at)))
                .ok_or_else(|| format!("{title} has {} files here, no number {i}", range.len()))
        }
        _ => Err("a path is a string; it has no parts".into()),
    }
}

fn resource<'a>(needs: &Needs, steps: &[Access]) -> Result<Filled<'a>, String> {
    match steps {
        [] => {
            let all: Vec<_> = needs.resources.iter().map(|(n, v)| format!("{n}={}", v.display())).collect();
            Ok(Filled::Text(Cow::Owned(all.join(","))))
        }
        [Access::Attr(name) | Access::Key(name)] => {
            let all = needs.with_forms();
            let found = all.iter().find(|(n, _)| n == name);
            let known = all.iter().map(|(n, _)| &**n);
            Ok(value(found.ok_or_else(|| no_such("rule has no resource", name, known))?.1.clone()))
        }
        _ => Err("a resource has no parts".into()),
    }
}
