//! Decorators before a rule: they are called with a function of the rule's name.
//!
//! Owns which lines these are. What Snakemake makes of a rule is no function that
//! could do anything.

use super::build::{Builder, Pair, Rule};
use super::python::{first_word, indent};

/// How many of the items from the first on are decorators and the rule behind them; none if
/// they are not.
pub(super) fn decorated_rule(items: &[Pair]) -> Option<usize> {
    let own = indent(items.first()?.as_str());
    let is_decorator =
        |item: &&Pair| item.as_rule() == Rule::code && first_word(item.as_str()) == "@" && indent(item.as_str()) == own;
    let count = items.iter().take_while(is_decorator).count();
    let rule = items.get(count).filter(|item| count > 0 && item.as_rule() == Rule::rule)?;
    matches!(first_word(rule.as_str()), "rule" | "checkpoint").then_some(count + 1)
}

/// The name of a rule, as its head has it.
fn name<'s>(rule: &Pair<'s>) -> &'s str {
    let head = rule.as_str().trim_start().split(':').next().unwrap_or("");
    head.split_whitespace().nth(1).unwrap_or("rule")
}

impl<'s> Builder<'s> {
    /// A rule with decorators, each of which gets what the one below it gave.
    pub(super) fn decorated(&mut self, items: &[Pair<'s>]) {
        let Some((rule, decorators)) = items.split_last() else { return };
        let names: Vec<String> = decorators.iter().map(|item| self.decorator(item)).collect();
        let function = format!("__{}", name(rule));
        self.inner_item(rule.clone());
        let mut lines = vec![format!("def {function}(): pass")];
        lines.extend(names.iter().rev().map(|decorator| format!("{function} = {decorator}({function})")));
        self.behind(items, &lines);
    }
}
