//! The recipe of a job: all that its result depends on but the content of its inputs.
//!
//! One list of ingredients serves the digest, the record and the explanation,
//! so that they cannot drift apart.

use super::scope::{Mode, Scope};
use super::{Commands, Params, files};
use crate::diag::Diag;
use crate::digest::{Digest, Parts};
use crate::graph::JobId;
use crate::record::Record;
use crate::rule::Action;
use crate::value::Val;
use std::fmt::Write;

/// One thing a job's result depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingredient<'a> {
    /// The text that runs, with what never makes stale left as names.
    Command(&'a str),
    /// A param: its name (or its number, if positional) and its value's text.
    Param(&'a str, &'a str),
    /// How commands are run, where it is not the default shell, and `env:`.
    Environment(&'a str),
    /// A script's path and its content.
    Script(&'a str, Digest),
    /// An input's path. Whether it is `ancient()` is no ingredient: that says which
    /// changes count, not what was made.
    Input(&'a str),
    /// The same of a path that was given as an absolute one below the working
    /// directory: what follows that.
    InputBelow(&'a str),
}

/// The ingredients of one job. Reused from job to job to save allocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The recorded text of the command; empty for a rule without action.
    pub command: String,
    /// Params by name; of an action that sees its job as an object also what
    /// names and wildcards it finds there, as `input.a` and `wildcards.x`.
    pub params: Vec<(String, String)>,
    /// Scripts and their contents.
    pub scripts: Vec<(String, Digest)>,
    /// The shell, where it is not the default one, and the rule's `env:`.
    pub environment: String,
}

/// Stands for the working directory in what is recorded.
pub(super) const WORKDIR: &str = "{workdir}";

/// Stand before what is put around commands, so that neither is taken for the
/// shell or for the other.
const PREFIX: &str = "\nprefix: ";
const SUFFIX: &str = "\nsuffix: ";

/// Stands before each variable of `env:`.
const ENV: &str = "\nenv: ";

impl Recipe {
    /// Makes the recipe of a job in place.
    pub fn fill(&mut self, commands: &Commands<'_>, job: JobId, params: &Params<'_>) -> Result<(), Diag> {
        let rule = commands.rule(job);
        self.command.clear();
        self.params.clear();
        self.scripts.clear();
        self.environment.clear();
        match &rule.action {
            Action::None => {}
            Action::Shell(text) => {
                let scope = Scope { commands, job, rule, params, logs: &[], benchmark: None, mode: Mode::Record };
                let rendered = text.template.render(&scope, &mut self.command);
                rendered.map_err(|e| commands.render_error(job, text, e))?;
                self.shell(commands, rule.shell());
            }
            Action::Run(body) => {
                self.command.push_str(&body.recorded);
                self.shell(commands, None);
            }
            Action::Script(script) => {
                let found = commands.find_script(job, script, params)?;
                self.scripts.push((found.name, found.file.digest));
            }
        }
        for (name, value) in commands.env(job, &commands.declared(job), 1)? {
            let _ = write!(self.environment, "{ENV}{name}={value}");
        }
        for (i, (param, value)) in rule.params.iter().zip(params.iter()).enumerate() {
            let name = param.name.as_deref().map_or_else(|| i.to_string(), str::to_owned);
            self.params.push((name, value.recorded()));
        }
        if matches!(rule.action, Action::Run(_) | Action::Script(_)) {
            self.names(commands, job, params);
        }
        let texts = self.params.iter_mut().map(|(_, v)| v).chain(self.scripts.iter_mut().map(|(name, _)| name));
        let texts = texts.chain([&mut self.command, &mut self.environment]);
        for text in texts {
            if let Some(replaced) = commands.settings.home.replaced(text, WORKDIR) {
                *text = replaced;
            }
        }
        Ok(())
    }

    /// What names stand for which inputs and outputs, also within params, and the wildcards:
    /// a text that is filled in shows them, `run:` and `script:` look them up.
    fn names(&mut self, commands: &Commands<'_>, job: JobId, params: &Params<'_>) {
        let rule = commands.rule(job);
        for ((i, value), param) in params.iter().enumerate().zip(&rule.params) {
            let within: Vec<String> = value.names_within().into_iter().map(Val::recorded).collect();
            if !within.is_empty() {
                let param = param.name.as_deref().map_or_else(|| i.to_string(), str::to_owned);
                self.params.push((format!("names in {param}"), within.join(", ")));
            }
        }
        for (section, names) in
            [("input", files::input_names(commands, job)), ("output", rule.outputs.names.as_slice())]
        {
            self.params.extend(names.iter().map(|n| {
                let value = match n.list {
                    true => format!("{section}[{}:{}]", n.range.start, n.range.end),
                    false => format!("{section}[{}]", n.range.start),
                };
                (format!("{section}.{}", n.name), value)
            }));
        }
        let values = commands.graph.wildcards(commands.paths, job, rule);
        let pairs = rule.wildcards.iter().zip(values);
        self.params.extend(pairs.map(|(name, value)| (format!("wildcards.{name}"), Val::str(value).repr())));
    }

    /// How shell commands are run; `own` is the shell that the rule names.
    fn shell(&mut self, commands: &Commands<'_>, own: Option<&str>) {
        let book = commands.book;
        let texts = [
            ("", own.or(book.shell_executable.as_deref())),
            (PREFIX, book.shell_prefix.as_deref()),
            (SUFFIX, book.shell_suffix.as_deref()),
        ];
        for (title, text) in texts {
            if let Some(text) = text {
                self.environment.push_str(title);
                self.environment.push_str(text);
            }
        }
    }

    /// Every ingredient, in order.
    pub fn ingredients<'r>(
        &'r self,
        commands: &Commands<'r>,
        job: JobId,
    ) -> impl Iterator<Item = Ingredient<'r>> + use<'r> {
        let paths = commands.paths;
        let inputs = commands.graph.inputs(job).iter();
        std::iter::once(Ingredient::Command(&self.command))
            .chain(self.params.iter().map(|(n, v)| Ingredient::Param(n, v)))
            .chain(self.scripts.iter().map(|(path, digest)| Ingredient::Script(path, *digest)))
            .chain(Some(Ingredient::Environment(&self.environment)).filter(|_| !self.environment.is_empty()))
            .chain(inputs.map(|i| {
                let path = paths.str(i.path());
                match commands.settings.home.below(path) {
                    Some(rest) => Ingredient::InputBelow(rest),
                    None => Ingredient::Input(path),
                }
            }))
    }

    /// The digest of all ingredients.
    pub fn digest(&self, commands: &Commands<'_>, job: JobId) -> Digest {
        let mut parts = Parts::default();
        for ingredient in self.ingredients(commands, job) {
            match ingredient {
                Ingredient::Command(text) => parts.add(1, text.as_bytes()),
                Ingredient::Param(name, value) => parts.add(2, name.as_bytes()).add(3, value.as_bytes()),
                Ingredient::Environment(text) => parts.add(4, text.as_bytes()),
                Ingredient::Script(path, digest) => parts.add(8, path.as_bytes()).add(9, &digest.0),
                Ingredient::Input(path) => parts.add(5, path.as_bytes()),
                Ingredient::InputBelow(rest) => parts.add(10, rest.as_bytes()),
            };
        }
        parts.finish()
    }
}

/// The digest of a recipe together with the content of its inputs that count
/// (in order, without the `ancient()` ones).
pub fn made_from(recipe: Digest, inputs: impl Iterator<Item = Digest>) -> Digest {
    let mut parts = Parts::default();
    parts.add(0, &recipe.0);
    for input in inputs {
        parts.add(7, &input.0);
    }
    parts.finish()
}

/// The record of a job with this recipe: all else is still to be filled in.
impl From<Recipe> for Record {
    fn from(recipe: Recipe) -> Record {
        Record {
            command: recipe.command.into(),
            params: recipe.params.into_iter().map(|(n, v)| (n.into(), v.into())).collect(),
            scripts: recipe.scripts.into_iter().map(|(p, d)| (p.into(), d)).collect(),
            environment: recipe.environment.into(),
            ..Record::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_counts() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let recipe = Digest::of(b"r");
        assert_ne!(made_from(recipe, [a, b].into_iter()), made_from(recipe, [b, a].into_iter()));
        assert_ne!(made_from(recipe, [a].into_iter()), made_from(recipe, [a, a].into_iter()));
        assert_ne!(made_from(recipe, [a].into_iter()), made_from(Digest::of(b"s"), [a].into_iter()));
    }
}
