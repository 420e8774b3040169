//! Logs and benchmarks that jobs read or targets name.
//!
//! Owns how such a file is found to be one, where no rule makes it: its job is
//! that of the first output with the same wildcards, and it comes with that. A
//! file that is there, and whose job never ran here, is the user's own.

use super::Maker;
use super::build::Builder;
use crate::path::{self, PathId};

impl Builder<'_, '_> {
    /// A file that no rule makes may be the log or the benchmark of a job.
    pub(super) fn look_beside(&mut self, path: PathId) {
        let lies_in_tree = !self.graph.gates.trees(path).is_empty();
        if self.ground.beside.is_empty() || self.graph.maker_of(path) != Maker::Source || lies_in_tree {
            return;
        }
        let (mut captures, mut found) = (Vec::new(), Vec::new());
        let name = self.paths.str(path).to_owned();
        self.ground.beside.candidates(&name, &mut captures, &mut found);
        let preferred = found.iter().min_by(|a, b| self.ground.finder.compare(a.rule, b.rule));
        let Some(candidate) = preferred else { return };
        let rule = self.ground.book.rule(candidate.rule);
        let Some(output) = rule.outputs.items.first() else { return };
        let mut first = String::new();
        let names = output.pattern.names();
        output.pattern.fill(&mut first, |i| {
            let at =
                rule.wildcards.iter().position(|w| *w == names[i]).expect("bug: a rule's files share their wildcards");
            let range = &captures[candidate.captures + at];
            &name[range.start as usize..range.end as usize]
        });
        let first = self.paths.intern(&path::normal(&first));
        let is_users = !self.files.recorded(first) && self.files.exist(self.paths, &[path])[0];
        if first == path || is_users {
            return;
        }
        self.graph.gates.add_beside(first, path);
        self.ask(first, Some(candidate.rule));
        if !matches!(self.graph.maker_of(first), Maker::Job(job) if self.graph.rule(job) == candidate.rule) {
            self.graph.gates.forget_path(path);
        }
    }
}
