//! The whole of an evaluated Rulefile: its rules, and what their texts may name.

use super::{Hooks, LeftOut, Rule, RuleId};
use crate::span::Span;
use crate::value::Val;

/// A top-level variable, for templates (`{X}`) and functions.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: Box<str>,
    /// Its value at the end of the Rulefile.
    pub value: Val,
    /// What its entries are.
    pub shape: Shape,
}

/// What the entries of a variable's value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Themselves.
    Plain,
    /// The attributes of a struct.
    Fields,
    /// `rules`: rules by name, of these sections, of these the names; what is under
    /// [`ALL`] is all of a section.
    Rules,
    /// `workflow`: attributes that say how and from where the Rulefile is read.
    Workflow,
}

/// See [`Shape::Rules`].
pub const ALL: &str = "";

/// What the texts of a module's rules may name.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `config` as it is at the end.
    pub config: Val,
    /// Top-level variables that templates or bodies mention, and no others.
    pub variables: Vec<Variable>,
}

impl Scope {
    /// A top-level variable that something mentions.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|v| &*v.name == name)
    }
}

/// `workdir:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workdir {
    /// The directory, as written.
    pub path: Box<str>,
    /// Where.
    pub at: Span,
}

/// A variable of the environment that is set, or taken away.
pub type EnvironmentVariable = (Box<str>, Option<Box<str>>);

/// A whole evaluated Rulefile, includes and all.
#[derive(Debug, Default)]
pub struct Rulefile {
    /// In the order of definition.
    pub rules: Vec<Rule>,
    /// `ruleorder: a > b > c`, one row a clause, best rule first.
    pub ruleorder: Vec<Vec<RuleId>>,
    /// The rule marked `default_target: True`, else the first that does not start
    /// with `_`; of the main file in either case.
    pub default_target: Option<RuleId>,
    /// `workdir:`
    pub workdir: Option<Workdir>,
    /// `shell.prefix(...)` or `shellprefix:`: put before every command.
    pub shell_prefix: Option<Box<str>>,
    /// `shell.suffix(...)`: put behind every command.
    pub shell_suffix: Option<Box<str>>,
    /// `shell.executable(...)`: the shell that runs commands, if not bash.
    pub shell_executable: Option<Box<str>>,
    /// Variables of the environment that it sets for all that runs.
    pub environment: Vec<EnvironmentVariable>,
    /// `sys.path`: where Python bodies find modules, the first place first.
    pub search: Vec<String>,
    /// What its own rules see.
    pub scope: Scope,
    /// What the rules of each module see.
    pub modules: Vec<Scope>,
    /// What runs before and after all jobs.
    pub hooks: Hooks,
    /// `report:` the file of the description that a report begins with, an
    /// absolute path.
    pub report: Option<Box<str>>,
    /// Rules of modules that are not taken, for messages.
    pub left_out: Vec<LeftOut>,
}

impl Rulefile {
    /// What the texts of a rule may name.
    pub fn scope_of(&self, rule: &Rule) -> &Scope {
        rule.module.map_or(&self.scope, |i| &self.modules[i as usize])
    }

    /// A rule.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// All rules with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.iter().enumerate().map(|(i, r)| (RuleId(i as u32), r))
    }

    /// The rule of a name.
    pub fn find(&self, name: &str) -> Option<RuleId> {
        self.iter().find(|(_, r)| &*r.name == name).map(|(id, _)| id)
    }
}
