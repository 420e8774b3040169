//! Lints of rules beside each other.

use super::{Facts, Finding};
use crate::rule::{Flags, InputWhat, Rule, RuleId};

/// A param that repeats a part of an output's path.
pub(super) fn param_from_output(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in &facts.book.rules {
        for param in &rule.params {
            let Some(text) = param.value.as_str() else { continue };
            let Some((pattern, way)) = rule.outputs.items.iter().find_map(|o| derived(text, o.pattern.text())) else {
                continue;
            };
            if inputs(rule).any(|input| derived(text, input).is_some()) {
                continue;
            }
            let message =
                format!("`{text}` repeats a part of the output `{pattern}`: one may change without the other");
            let name = param.name.as_deref().map_or(String::new(), |n| format!("{n} = "));
            found.push(
                Finding::new("param-from-output", param.span, message).hint(format!("write `{name}{way}`")).of(rule),
            );
        }
    }
    found
}

/// The output and how to write a param that is its path, directory or stem.
fn derived<'p>(param: &str, output: &'p str) -> Option<(&'p str, String)> {
    let bare = param.trim_end_matches('/');
    let (dir, name) = output.rsplit_once('/')?;
    let way = if bare == output {
        "lambda wildcards, output: output[0]".to_owned()
    } else if bare == dir && param.contains('/') && !dir.starts_with('{') {
        "subpath(output[0], parent=True)".to_owned()
    } else {
        let stem = param.strip_prefix(dir)?.strip_prefix('/')?;
        let suffix = name.strip_prefix(stem).filter(|s| s.starts_with('.') && !stem.is_empty())?;
        format!("subpath(output[0], strip_suffix=\"{suffix}\")")
    };
    Some((output, way))
}

fn inputs(rule: &Rule) -> impl Iterator<Item = &str> {
    rule.inputs.items.iter().filter_map(|i| match &i.what {
        InputWhat::Path(path) => Some(&**path),
        InputWhat::Pattern(pattern) => Some(pattern.text()),
        InputWhat::Function { .. } => None,
    })
}

/// Two rules for the same outputs from the same inputs, and no order between them.
pub(super) fn same_outputs(facts: &Facts<'_>) -> Vec<Finding> {
    let ordered = |a: RuleId, b: RuleId| facts.book.ruleorder.iter().any(|row| row.contains(&a) && row.contains(&b));
    let mut found = Vec::new();
    for (id, rule) in facts.book.iter() {
        let same = |(other, before): &(RuleId, &Rule)| {
            *other < id && !ordered(*other, id) && share_output(rule, before) && reads_within(rule, before)
        };
        if let Some((_, before)) = facts.book.iter().find(same) {
            let message = format!("rule `{}` makes what rule `{}` makes, from the same files", rule.name, before.name);
            let mut finding = Finding::new("same-outputs", rule.places.head, message)
                .hint(format!("remove one, or say which to take: `ruleorder: {} > {}`", rule.name, before.name))
                .of(rule);
            finding.diag = finding.diag.label(before.places.head, "the other one");
            found.push(finding);
        }
    }
    found
}

fn share_output(a: &Rule, b: &Rule) -> bool {
    a.outputs.items.iter().any(|o| b.outputs.items.iter().any(|p| p.pattern.text() == o.pattern.text()))
}

/// Whether one of two rules reads nothing that the other does not, and all of
/// it is known.
fn reads_within(a: &Rule, b: &Rule) -> bool {
    let known = |rule: &Rule| inputs(rule).count() == rule.inputs.items.len();
    let within = |a: &Rule, b: &Rule| inputs(a).all(|i| inputs(b).any(|j| i == j));
    known(a) && known(b) && (within(a, b) || within(b, a))
}

/// `temp()` of what is asked for, which is kept.
pub(super) fn temp_target(facts: &Facts<'_>) -> Vec<Finding> {
    let Some((graph, paths)) = facts.planned else { return Vec::new() };
    let gathers = graph.target_jobs().iter().filter(|j| graph.outputs(**j).is_empty());
    let asked = gathers.flat_map(|j| graph.inputs(*j)).map(|i| i.path()).chain(graph.targets().iter().copied());
    let mut found: Vec<Finding> = Vec::new();
    for path in asked {
        let Some(job) = graph.maker(path) else { continue };
        let rule = facts.book.rule(graph.rule(job));
        let number = graph.outputs(job).iter().position(|p| *p == path);
        let output = number.and_then(|n| rule.outputs.items.get(n));
        if let Some(output) = output.filter(|o| o.flags.contains(Flags::TEMP)) {
            let message = format!("`{}` is a `temp()` file and a target at once: it is kept", paths.str(path));
            let at = rule.places.output.whole(output.pattern.text());
            found.push(
                Finding::new("temp-target", at, message).hint("take `temp()` away, or ask for another file").of(rule),
            );
        }
    }
    found.sort_by_key(|f| f.diag.labels.first().map(|l| (l.span.file, l.span.start)));
    found.dedup_by(|a, b| a.diag.labels == b.diag.labels);
    found
}

/// A rule with wildcards whose outputs nothing reads.
pub(super) fn unused(facts: &Facts<'_>) -> Vec<Finding> {
    let Some((graph, _)) = facts.planned else { return Vec::new() };
    let mut has_jobs = vec![false; facts.book.rules.len()];
    graph.order().iter().for_each(|job| has_jobs[graph.rule(*job).index()] = true);
    // A function that was not called, or waits for a checkpoint, may ask for anything.
    let is_function = |rule: &Rule| rule.inputs.items.iter().any(|i| matches!(i.what, InputWhat::Function { .. }));
    if graph.open_jobs().next().is_some() || facts.book.iter().any(|(id, r)| !has_jobs[id.index()] && is_function(r)) {
        return Vec::new();
    }
    let read = |id: RuleId, rule: &Rule| {
        let reads = |input: &InputWhat| match input {
            InputWhat::Path(path) => rule.outputs.items.iter().any(|o| o.pattern.captures(path, &mut Vec::new())),
            InputWhat::Pattern(p) => rule.outputs.items.iter().any(|o| alike(p.text(), o.pattern.text())),
            InputWhat::Function { .. } => false,
        };
        facts.book.rules.iter().flat_map(|r| &r.inputs.items).any(|i| i.pin == Some(id) || reads(&i.what))
    };
    let ordered = |id: RuleId| facts.book.ruleorder.iter().any(|row| row.contains(&id));
    // Of two rules for the same files, one is not taken.
    let shared = |rule: &Rule| facts.book.rules.iter().any(|o| !std::ptr::eq(o, rule) && share_output(o, rule));
    let idle = |(id, rule): &(RuleId, &Rule)| {
        rule.has_wildcards()
            && !has_jobs[id.index()]
            && !read(*id, rule)
            && !ordered(*id)
            && !shared(rule)
            && rule.module.is_none()
    };
    let finding = |(_, rule): (_, &Rule)| {
        let message = format!("nothing asks for what rule `{}` makes", rule.name);
        Finding::new("unused-rule", rule.places.head, message)
            .hint("make its files inputs of a target, or compare its `output:` with the `input:` that should match it")
            .of(rule)
    };
    facts.book.iter().filter(idle).map(finding).collect()
}

/// Whether two patterns could mean the same files: one's ending fits the other's.
fn alike(a: &str, b: &str) -> bool {
    let end = |text: &str| text.rsplit('}').next().unwrap_or("").to_owned();
    let (a, b) = (end(a), end(b));
    a.ends_with(&b) || b.ends_with(&a)
}
