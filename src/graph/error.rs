//! Messages of inference: missing inputs, cycles, ambiguity, clashes.

use super::absent::{joined, left_out, lone_log};
use super::dead::{Dead, Why};
use super::nested::{in_directory, may_nest};
use super::order::Cycle;
use super::{Graph, InputRef, JobId, target};
use crate::diag::{Diag, Diags, Kind};
use crate::files::STATE_DIR;
use crate::path::{self, PathId, Paths};
use crate::pattern;
use crate::rule::{InputWhat, RuleId, Rulefile};
use crate::span::Span;
use crate::suggest;
use rustc_hash::{FxHashMap, FxHashSet};

/// How many messages of one kind are told before "and N more".
const TOLD: usize = 5;

/// How many files are named where many are missing.
const NAMED: usize = 5;

/// How many steps are told at either end of a long chain.
const STEPS_TOLD: usize = 6;

/// What a message looks at.
pub struct View<'a> {
    /// The rules.
    pub book: &'a Rulefile,
    /// All paths.
    pub paths: &'a Paths,
    /// The jobs.
    pub graph: &'a Graph,
    /// What was dropped.
    pub dead: &'a Dead,
    /// Paths for which a rule was left out as endlessly recursive.
    pub endless: &'a [PathId],
}

/// The first few of many errors, each once.
pub fn few(mut errors: Diags) -> Diags {
    let mut seen = FxHashSet::default();
    errors.retain(|d| seen.insert((d.message.clone(), d.labels.first().map(|l| l.span.range()))));
    let more = errors.len().saturating_sub(TOLD);
    errors.truncate(TOLD);
    if more > 0
        && let Some(last) = errors.last_mut()
    {
        last.notes.push(format!("and {more} more errors like this"));
    }
    errors
}

/// A glob that does not parse.
pub fn bad_glob(glob: &str, error: &globset::Error) -> Diag {
    Diag::error(Kind::Usage, format!("`{glob}` is no glob: {}", error.kind()))
}

/// A glob that matches nothing.
pub fn glob_without_match(glob: &str) -> Diag {
    Diag::error(Kind::Plan, format!("no known output matches `{glob}`"))
        .note("known are the outputs behind the default target, and those of rules without wildcards")
        .hint("name a file or a rule; `--list` shows the rules")
}

impl View<'_> {
    fn job(&self, job: JobId) -> String {
        self.graph.describe(self.book, self.paths, job)
    }

    fn head(&self, job: JobId) -> Span {
        self.book.rule(self.graph.rule(job)).places.head
    }

    /// Some targets cannot be had: every root cause once.
    pub fn unmakeable(&self, jobs: &[JobId], files: &[PathId]) -> Diags {
        let mut leaves = self.leaves(jobs, files);
        let failing = |chain: &Chain| self.failure(*self.dead.tried.get(&chain.file())?.first()?);
        let mut failed: Diags = jobs.iter().filter_map(|job| self.failure(*job)).collect();
        leaves.retain(|chain| failing(chain).map(|diag| failed.push(diag)).is_none());
        // What one rule misses many times is told once.
        let mut groups: Vec<(Option<RuleId>, Vec<&Chain>)> = Vec::new();
        for chain in &leaves {
            let rule = chain.steps.last().map(|(job, _)| self.graph.rule(*job));
            match groups.iter_mut().find(|(r, _)| rule.is_some() && *r == rule) {
                Some((_, chains)) => chains.push(chain),
                None => groups.push((rule, vec![chain])),
            }
        }
        let more = groups.len().saturating_sub(TOLD);
        let mut diags = few(failed);
        diags.extend(groups.iter().take(TOLD).map(|(_, chains)| self.leaf_group(chains)));
        if more > 0
            && let Some(last) = diags.last_mut()
        {
            last.notes.push(format!("and {more} more rules or files miss something"));
        }
        diags
    }

    /// What is wrong in a function of a job's input.
    fn failure(&self, job: JobId) -> Option<Diag> {
        match self.dead.jobs.get(&job) {
            Some(Why::Failed(diag)) => Some(diag.as_ref().clone()),
            _ => None,
        }
    }

    fn leaf_group(&self, chains: &[&Chain]) -> Diag {
        let diag = self.leaf(chains[0]);
        let rest = &chains[1..];
        if rest.is_empty() {
            return diag;
        }
        let names: Vec<_> = rest.iter().take(NAMED).map(|c| format!("`{}`", self.paths.str(c.file()))).collect();
        let dots = if rest.len() > NAMED { ", ..." } else { "" };
        diag.note(format!("{} more of its inputs are missing: {}{dots}", rest.len(), names.join(", ")))
    }

    /// Walks from the targets that cannot be had down to what is missing in the
    /// end, depth first.
    fn leaves(&self, jobs: &[JobId], files: &[PathId]) -> Vec<Chain> {
        let mut nodes: Vec<Node> = Vec::new();
        for job in jobs {
            let lost = self.lost_inputs(*job);
            nodes.extend(lost.map(|file| Node { parent: Some((None, *job)), file }));
        }
        nodes.extend(files.iter().map(|file| Node { parent: None, file: *file }));
        let mut stack: Vec<usize> = (0..nodes.len()).rev().collect();
        let (mut seen, mut leaves) = (FxHashSet::default(), Vec::new());
        while let Some(at) = stack.pop() {
            let file = nodes[at].file;
            if !seen.insert(file) {
                continue;
            }
            let job = self.dead.tried.get(&file).map(|t| t[0]);
            let Some((job, Why::Missing(_))) = job.map(|j| (j, &self.dead.jobs[&j])) else {
                leaves.push(at);
                continue;
            };
            for file in self.lost_inputs(job).rev() {
                stack.push(nodes.len());
                nodes.push(Node { parent: Some((Some(at), job)), file });
            }
        }
        leaves.into_iter().map(|leaf| Chain::up_from(&nodes, leaf)).collect()
    }

    fn lost_inputs(&self, job: JobId) -> impl DoubleEndedIterator<Item = PathId> {
        let lost = |input: &&InputRef| match input.is_before_update() {
            true => self.dead.not_yet.contains(&input.path()),
            false => self.dead.lost.contains(&input.path()),
        };
        self.graph.inputs(job).iter().filter(lost).map(|i| i.path())
    }

    fn leaf(&self, chain: &Chain) -> Diag {
        let file = chain.file();
        let tried = self.dead.tried.get(&file).and_then(|t| t.first());
        if let Some(Why::Cycle(cycle)) = tried.map(|job| &self.dead.jobs[job]) {
            return self.cycle(cycle);
        }
        let name = self.paths.str(file);
        let endless = chain.files().any(|f| self.endless.contains(&f));
        let diag = match chain.steps.last() {
            _ if endless => self.endless_recursion(chain),
            Some((job, _)) => self.missing_input(*job, file),
            None => Diag::error(Kind::Plan, format!("nothing makes `{name}`, and it does not exist"))
                .maybe_hint(target::near_rule(name, self.book)),
        };
        if endless {
            return diag;
        }
        let diag = if chain.links() > 1 { diag.note(self.chain_text(chain)) } else { diag };
        let nearest = self.nearest(name);
        let diag = match nearest {
            Some(nearest) => diag.note(nearest),
            None if chain.steps.is_empty() => diag,
            None => diag.note("no rule makes it, and it does not exist"),
        };
        let diag = match in_directory(name, self.book) {
            Some((note, hint)) => diag.note(note).hint(hint),
            None => diag,
        };
        let hint = lone_log(name, self.book).or_else(|| left_out(name, self.book));
        let joined = || {
            let (job, file) = chain.steps.last()?;
            joined(&self.book.rule(self.graph.rule(*job)).places.input, self.input_place(*job, *file))
        };
        diag.maybe_hint(hint.or_else(joined).or_else(|| near_file(name)))
    }

    fn missing_input(&self, job: JobId, file: PathId) -> Diag {
        let rule = self.book.rule(self.graph.rule(job));
        let name = self.paths.str(file);
        let diag = Diag::error(Kind::Plan, format!("missing input `{name}` of rule `{}`", rule.name));
        let values: Vec<_> = self.graph.wildcards(self.paths, job, rule).collect();
        let pairs: Vec<_> = rule.wildcards.iter().zip(&values).map(|(n, v)| format!("{n}={v}")).collect();
        let with = if pairs.is_empty() { String::new() } else { format!(" with {}", pairs.join(" ")) };
        diag.label(self.input_place(job, file), format!("needed here{with}"))
    }

    /// Where a job's rule asks for a file.
    fn input_place(&self, job: JobId, file: PathId) -> Span {
        let rule = self.book.rule(self.graph.rule(job));
        let name = self.paths.str(file);
        let values: Vec<_> = self.graph.wildcards(self.paths, job, rule).collect();
        let value_of = |n: &str| rule.wildcards.iter().position(|w| &**w == n).map(|i| values[i].to_owned());
        let mut function = None;
        for input in &rule.inputs.items {
            match &input.what {
                InputWhat::Path(p) if &**p == name => return rule.places.input.whole(p),
                InputWhat::Path(_) => {}
                InputWhat::Pattern(pattern) => {
                    let mut text = String::new();
                    let filled = pattern.fill_with(&mut text, &value_of).is_ok();
                    if filled && path::normal(&text) == name {
                        return rule.places.input.whole(pattern.text());
                    }
                }
                InputWhat::Function { span, .. } => function = Some(*span),
            }
        }
        function.unwrap_or(rule.places.input.span)
    }

    fn chain_text(&self, chain: &Chain) -> String {
        let mut text = chain.root.map_or(String::new(), |root| format!("`{}`", self.paths.str(root)));
        for (i, (job, file)) in chain.steps.iter().enumerate() {
            if chain.steps.len() > 2 * STEPS_TOLD && (STEPS_TOLD..chain.steps.len() - STEPS_TOLD).contains(&i) {
                if i == STEPS_TOLD {
                    text.push_str(&format!("\n  ... {} more steps", chain.steps.len() - 2 * STEPS_TOLD));
                }
                continue;
            }
            let needs = if text.is_empty() { "" } else { "\n  needs " };
            text.push_str(&format!("{needs}rule {}, which reads `{}`", self.job(*job), self.paths.str(*file)));
        }
        text
    }

    /// What comes nearest to making a file.
    fn nearest(&self, name: &str) -> Option<String> {
        let mut patterns = Vec::new();
        let mut rules = Vec::new();
        for rule in &self.book.rules {
            for output in &rule.outputs.items {
                patterns.push(&output.pattern);
                rules.push(rule);
            }
        }
        let (i, why) = pattern::nearest(name, &patterns)?;
        Some(format!("no rule makes it; nearest is rule `{}`: {why}", rules[i].name))
    }

    fn endless_recursion(&self, chain: &Chain) -> Diag {
        let job = chain.steps.last().map(|(job, _)| *job);
        let name = job.map_or(String::new(), |j| self.book.rule(self.graph.rule(j)).name.to_string());
        let mut diag = Diag::error(Kind::Plan, format!("rule `{name}` needs its own kind of output without end"));
        if let Some((job, file)) = chain.steps.last() {
            diag = diag.label(self.input_place(*job, *file), "this input matches the rule's own output again");
        }
        let short = Chain { root: chain.root, steps: chain.steps.iter().take(3).copied().collect() };
        diag.note(format!("{}\n  and so on", self.chain_text(&short))).hint(
            "constrain a wildcard so that the rule's output cannot be its input: `{name,[^.]+}`, or `wildcard_constraints:`",
        )
    }

    /// Jobs that depend on themselves.
    pub fn cycle(&self, cycle: &Cycle) -> Diag {
        let names: Vec<_> = cycle.iter().map(|j| format!("`{}`", self.job(*j))).collect();
        let message = match names.as_slice() {
            [one] => format!("{one} reads its own output"),
            _ => format!("these jobs depend on each other in a circle: {}", names.join(", ")),
        };
        let mut diag = Diag::error(Kind::Plan, message);
        let mut told = FxHashSet::default();
        for (i, job) in cycle.iter().enumerate() {
            let next = cycle[(i + 1) % cycle.len()];
            let made = self.graph.outputs(next);
            let link = self.graph.inputs(*job).iter().map(|i| i.path()).find(|p| made.contains(p));
            if let Some(file) = link
                && told.insert((self.graph.rule(*job), self.graph.rule(next)))
            {
                let next = self.job(next);
                let text = format!("`{}` is made by `{next}`", self.paths.str(file));
                diag = diag.label(self.input_place(*job, file), text);
            }
        }
        diag.hint("let one of them read another file, or constrain its wildcards")
    }

    /// Files of the plan whose best makers tie.
    pub fn ambiguous(
        &self,
        ties: &FxHashMap<PathId, Vec<JobId>>,
        jobs: impl Iterator<Item = JobId>,
        targets: &[PathId],
    ) -> Result<(), Diags> {
        let mut used: Vec<PathId> = Vec::new();
        if !ties.is_empty() {
            let read = jobs.flat_map(|j| self.graph.inputs(j)).map(|i| i.path());
            used = read.chain(targets.iter().copied()).filter(|p| ties.contains_key(p)).collect();
        }
        used.sort_unstable();
        used.dedup();
        if used.is_empty() {
            return Ok(());
        }
        let tell = |path: &PathId| {
            let jobs = &ties[path];
            let rules: Vec<_> =
                jobs.iter().map(|j| format!("`{}`", self.book.rule(self.graph.rule(*j)).name)).collect();
            let message = format!("`{}` can be made by rules {}", self.paths.str(*path), rules.join(" and "));
            let mut diag = Diag::error(Kind::Plan, message);
            for job in jobs {
                diag = diag.label(self.head(*job), format!("as `{}`", self.job(*job)));
            }
            let names: Vec<_> = jobs.iter().map(|j| &*self.book.rule(self.graph.rule(*j)).name).collect();
            diag.hint(format!("say which is to be preferred: `ruleorder: {}`", names.join(" > ")))
                .hint("or constrain their wildcards, or begin their outputs with different directories")
        };
        Err(few(used.iter().map(tell).collect()))
    }

    /// Two jobs of the plan make one file.
    pub fn clashes(&self, clashes: &[(PathId, JobId, JobId)]) -> Result<(), Diags> {
        if clashes.is_empty() {
            return Ok(());
        }
        let tell = |(path, a, b): &(PathId, JobId, JobId)| {
            let name = self.paths.str(*path);
            if a == b {
                let message = format!("`{}` makes `{name}` twice", self.job(*a));
                return Diag::error(Kind::Plan, message).label(self.head(*a), "two of its outputs are one file");
            }
            let message = format!("`{name}` would be made by `{}` and by `{}`", self.job(*a), self.job(*b));
            Diag::error(Kind::Plan, message)
                .label(self.head(*a), "made here")
                .label(self.head(*b), "and made here")
                .hint("let each file be the output of one rule only")
        };
        Err(few(clashes.iter().map(tell).collect()))
    }

    /// Outputs of some jobs inside what another job makes.
    pub fn nested_outputs(&self, jobs: &[JobId], trees: &FxHashMap<PathId, JobId>) -> Result<(), Diags> {
        let mut errors = self.forbidden_outputs(jobs);
        let lies_in =
            |name| path::above(name).filter_map(|p| self.paths.get(p)).filter_map(|p| trees.get_key_value(&p));
        let (all, jobs) = (jobs, if trees.is_empty() { &[] } else { jobs });
        for (job, name) in self.sources_of(jobs) {
            if let Some((_, maker)) = lies_in(name).next() {
                errors.push(self.source_in_tree(name, job, *maker));
            }
        }
        for job in jobs {
            for output in self.graph.outputs(*job) {
                let name = self.paths.str(*output);
                for (tree, maker) in lies_in(name)
                    .filter(|(_, maker)| **maker != *job || !may_nest(self.book.rule(self.graph.rule(*job))))
                {
                    errors.push(self.nested(name, *job, self.paths.str(*tree), *maker, true));
                }
            }
        }
        errors.extend(self.under_files(all, trees));
        if errors.is_empty() { Ok(()) } else { Err(few(errors)) }
    }

    /// Outputs for which a directory is needed where a job makes a file. Each
    /// directory is looked up once, for the first output below it.
    fn under_files(&self, jobs: &[JobId], trees: &FxHashMap<PathId, JobId>) -> Diags {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut errors = Vec::new();
        let outputs = jobs.iter().flat_map(|job| self.graph.outputs(*job).iter().map(move |output| (*job, *output)));
        for (job, output) in outputs {
            let name = self.paths.str(output);
            for dir in path::above(name).take_while(|dir| seen.insert(dir)) {
                let file = self.paths.get(dir).filter(|path| !trees.contains_key(path));
                if let Some(maker) = file.and_then(|path| self.graph.maker(path)) {
                    errors.push(self.nested(name, job, dir, maker, false));
                }
            }
        }
        errors
    }

    /// Outputs that no job may make.
    fn forbidden_outputs(&self, jobs: &[JobId]) -> Diags {
        let own = |name: &str| name == STATE_DIR || name.strip_prefix(STATE_DIR).is_some_and(|r| r.starts_with('/'));
        let mut errors = Vec::new();
        for job in jobs {
            let names = self.graph.outputs(*job).iter().map(|o| self.paths.str(*o));
            for name in names.filter(|n| own(n) || matches!(*n, "." | ".." | "/") || n.ends_with("/..")) {
                let message = format!("`{name}` cannot be an output of `{}`", self.job(*job));
                let why = if own(name) {
                    "what lies in `.rulemake` is rulemake's own"
                } else {
                    "it holds more than the job makes"
                };
                errors.push(Diag::error(Kind::Plan, message).label(self.head(*job), why));
            }
        }
        errors
    }

    /// The sources of some jobs, but those that lie where a checkpoint makes
    /// them, each with its reader.
    fn sources_of(&self, jobs: &[JobId]) -> impl Iterator<Item = (JobId, &str)> {
        let inputs = jobs.iter().flat_map(|j| self.graph.inputs(*j).iter().map(move |i| (*j, i.path())));
        let sources = inputs.filter(|(_, p)| self.graph.origin(*p).is_none());
        sources.map(|(job, p)| (job, self.paths.str(p)))
    }

    fn source_in_tree(&self, name: &str, reader: JobId, maker: JobId) -> Diag {
        let message = format!("input `{name}` lies inside a directory that `{}` makes", self.job(maker));
        Diag::error(Kind::Plan, message)
            .label(self.head(reader), "it is read here")
            .label(self.head(maker), "the whole directory is made here, and made anew when the job runs")
            .hint("read the directory itself, or keep the file elsewhere")
    }

    fn nested(&self, name: &str, job: JobId, tree: &str, maker: JobId, is_tree: bool) -> Diag {
        let (what, how) = match is_tree {
            true => ("directory output", "with all that is in it"),
            false => ("output", "and must be a directory for the other"),
        };
        let message = format!("output `{name}` lies inside `{tree}`, the {what} of `{}`", self.job(maker));
        Diag::error(Kind::Plan, message)
            .label(self.head(job), format!("`{name}` is made here"))
            .label(self.head(maker), format!("`{tree}` is made here, {how}"))
            .hint("write it elsewhere, or let one rule make the whole directory")
    }
}

/// From a target down to a file that cannot be had.
struct Chain {
    /// The file asked for; none if a rule was.
    root: Option<PathId>,
    steps: Vec<(JobId, PathId)>,
}

impl Chain {
    fn file(&self) -> PathId {
        self.steps.last().map(|(_, p)| *p).or(self.root).expect("a chain ends in a file")
    }

    fn files(&self) -> impl Iterator<Item = PathId> {
        self.root.into_iter().chain(self.steps.iter().map(|(_, p)| *p))
    }

    /// How many files it names.
    fn links(&self) -> usize {
        self.files().count()
    }

    fn up_from(nodes: &[Node], leaf: usize) -> Chain {
        let mut steps = Vec::new();
        let mut at = leaf;
        let root = loop {
            match nodes[at].parent {
                Some((parent, job)) => {
                    steps.push((job, nodes[at].file));
                    match parent {
                        Some(parent) => at = parent,
                        None => break None,
                    }
                }
                None => break Some(nodes[at].file),
            }
        };
        steps.reverse();
        Chain { root, steps }
    }
}

/// A lost file, and whose input it is.
struct Node {
    parent: Option<(Option<usize>, JobId)>,
    file: PathId,
}

/// "did you mean" for a file: the nearest name in its directory.
fn near_file(name: &str) -> Option<String> {
    let directory = path::parent(name).unwrap_or(".");
    let entries = crate::files::names_in(directory, 10_000);
    let base = name.rsplit('/').next().unwrap_or(name);
    let found = suggest::nearest(base, entries.iter().map(String::as_str))?;
    let full = if directory == "." { found.to_owned() } else { format!("{directory}/{found}") };
    Some(format!("did you mean `{full}`? it exists"))
}
