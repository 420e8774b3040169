//! The plan as a drawing: of its jobs, its rules, or its rules with their files.
//!
//! Owns what becomes a node and what an edge. It does not know how a drawing is
//! written down.

use super::{Scene, Verdict, Viewer};
use crate::event::{Drawing, Node};
use crate::graph::JobId;
use crate::rule::{InputWhat, Rule, RuleId};
use rustc_hash::{FxHashMap, FxHashSet};

impl Viewer<'_> {
    /// A node for each job.
    pub fn draw_jobs(&self) -> Drawing {
        let Scene { commands, .. } = self.scene;
        let node = |job: JobId| {
            let rule = commands.graph.rule(job);
            let described = commands.book.rule(rule);
            let values = commands.graph.wildcards(commands.paths, job, described);
            let lines = described.wildcards.iter().zip(values).map(|(name, value)| format!("{name}: {value}"));
            Node {
                title: described.name.to_string(),
                lines: lines.collect(),
                rule: rule.index(),
                fresh: self.plan.verdict(job) == Verdict::Fresh,
            }
        };
        self.draw(|job| job.0, node)
    }

    /// A node for each rule.
    pub fn draw_rules(&self) -> Drawing {
        self.draw_by_rule(|_| Vec::new())
    }

    /// A node for each rule, with the patterns of its files.
    pub fn draw_files(&self) -> Drawing {
        self.draw_by_rule(files)
    }

    fn draw_by_rule(&self, lines: impl Fn(&Rule) -> Vec<String>) -> Drawing {
        let Scene { commands, .. } = self.scene;
        let stale: FxHashSet<RuleId> = (commands.graph.order().iter())
            .filter(|job| self.plan.verdict(**job) != Verdict::Fresh)
            .map(|job| commands.graph.rule(*job))
            .collect();
        let node = |job: JobId| {
            let rule = commands.graph.rule(job);
            let described = commands.book.rule(rule);
            let fresh = !stale.contains(&rule);
            Node { title: described.name.to_string(), lines: lines(described), rule: rule.index(), fresh }
        };
        self.draw(|job| commands.graph.rule(job).0, node)
    }

    /// Jobs with the same key share a node.
    fn draw(&self, key: impl Fn(JobId) -> u32, node: impl Fn(JobId) -> Node) -> Drawing {
        let graph = self.scene.commands.graph;
        let mut drawing = Drawing::default();
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        let mut seen = FxHashSet::default();
        for &job in graph.order() {
            let here = *places.entry(key(job)).or_insert_with(|| {
                drawing.nodes.push(node(job));
                drawing.nodes.len() - 1
            });
            for maker in graph.inputs(job).iter().filter_map(|input| graph.origin_of(*input)) {
                let edge = (places[&key(maker)], here);
                if edge.0 != edge.1 && seen.insert(edge) {
                    drawing.edges.push(edge);
                }
            }
        }
        drawing
    }
}

/// What a rule reads and makes, as its patterns say.
fn files(rule: &Rule) -> Vec<String> {
    let input = |what: &InputWhat| match what {
        InputWhat::Path(path) => format!("→ {path}"),
        InputWhat::Pattern(pattern) => format!("→ {}", pattern.text()),
        InputWhat::Function { .. } => "→ (by a function)".into(),
    };
    let inputs = rule.inputs.items.iter().map(|i| input(&i.what));
    inputs.chain(rule.outputs.items.iter().map(|o| format!("{} →", o.pattern.text()))).collect()
}
