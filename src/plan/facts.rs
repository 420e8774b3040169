//! The facts decisions rest on: which files are there, what is in them, and the
//! recipe of every job ([`Recipes`]).

use super::Stats;
use super::recipes::Recipes;
use crate::command::Commands;
use crate::diag::{Diag, Diags, Kind};
use crate::digest::Digest;
use crate::eval::Need;
use crate::files::{self, Clock, Item, Memo, Trust};
use crate::graph::JobId;
use crate::path::{PathId, Paths};
use crate::state::State;

/// It was asked whether the file is there.
const KNOWN: u8 = 1;
/// It is.
const EXISTS: u8 = 2;
/// Its content was asked for.
const WANTED: u8 = 4;

/// Files and recipes as they are now.
#[derive(Default)]
pub struct Facts {
    /// Of each path, what of `KNOWN`, `EXISTS` and `WANTED` holds.
    marks: Vec<u8>,
    content: Vec<Digest>,
    recipes: Recipes,
    /// Bytes that had to be read to know.
    pub bytes_read: u64,
}

impl Facts {
    /// Whether a file is there.
    pub fn exists(&self, path: PathId) -> bool {
        self.marks.get(path.index()).is_some_and(|marks| marks & EXISTS != 0)
    }

    /// A file's content; unknown if it is not there, or was not needed.
    pub fn content(&self, path: PathId) -> Digest {
        self.content.get(path.index()).copied().unwrap_or(Digest::UNKNOWN)
    }

    /// Whether a job's recipe is the one that its record has.
    pub fn has_recipe(&self, job: JobId, recorded: Digest) -> bool {
        self.recipes.is(job, recorded)
    }

    /// Makes room for all paths.
    fn reach(&mut self, paths: usize) {
        if self.marks.len() < paths {
            self.marks.resize(paths, 0);
            self.content.resize(paths, Digest::UNKNOWN);
        }
    }

    fn tell(&mut self, path: PathId, exists: bool) {
        let marks = &mut self.marks[path.index()];
        *marks = if exists { *marks | EXISTS } else { *marks & !EXISTS };
    }

    /// Whether this is said of a path for the first time.
    fn is_first(&mut self, path: PathId, mark: u8) -> bool {
        let marks = &mut self.marks[path.index()];
        let first = *marks & mark == 0;
        *marks |= mark;
        first
    }

    /// A file was made, or digested, since.
    pub fn set(&mut self, path: PathId, exists: bool, content: Digest) {
        self.reach(path.index() + 1);
        self.marks[path.index()] |= KNOWN;
        self.tell(path, exists);
        self.content[path.index()] = content;
    }
}

/// What [`gather`] works with.
pub struct Gather<'a> {
    /// Rules, jobs, paths.
    pub commands: Commands<'a>,
    /// Records.
    pub state: &'a State,
    /// Remembered digests.
    pub memo: &'a mut Memo,
    /// Stats so far.
    pub stats: &'a mut Stats,
    /// The file system's clock.
    pub clock: &'a Clock,
    /// Threads for stats and recipes.
    pub threads: usize,
    /// Threads for digests.
    pub hash_threads: usize,
    /// Files that are told by size and time.
    pub trust: &'a Trust,
    /// Told bytes done and bytes in all while files are digested.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// Jobs whose files are looked at together: lists of a million paths are large.
const AT_ONCE: usize = 1 << 14;

/// Adds what is needed to decide some jobs. Reads only files whose digest could
/// keep a job from running. Gives the jobs whose params functions need
/// checkpoints that are not done.
pub fn gather(with: Gather<'_>, facts: &mut Facts, jobs: &[JobId]) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
    let Gather { commands, state, memo, stats, clock, threads, hash_threads, trust, progress } = with;
    let paths = commands.paths;
    facts.reach(paths.len());
    let needs = facts.recipes.fill(commands, state, jobs, threads)?;
    let mut unknown = Vec::new();
    for jobs in jobs.chunks(AT_ONCE) {
        let files = files_of(commands, facts, jobs);
        stats.ensure(paths, &files, threads)?;
        for id in &files {
            facts.tell(*id, stats.exists(*id));
        }
        let mut known = |facts: &mut Facts, id: PathId| {
            let stat = stats.whole(paths, id)?;
            let digest = memo.known(id, &stat, || trust.covers(paths.str(id)));
            facts.content[id.index()] = digest.unwrap_or(Digest::UNKNOWN);
            Some(digest.is_some())
        };
        each_wanted(commands, state, facts, jobs, |facts, id| {
            if known(facts, id) == Some(false) {
                unknown.push(id);
            }
        });
        // Of the other sources, what is known without reading them.
        for id in files.into_iter().filter(|id| commands.graph.maker(*id).is_none()) {
            if facts.exists(id) && facts.content(id).is_unknown() {
                known(facts, id);
            }
        }
    }
    digest(&unknown, paths, stats, memo, clock, hash_threads, progress, facts)?;
    Ok(needs)
}

/// Every file of some jobs that is not known yet, once.
fn files_of(commands: Commands<'_>, facts: &mut Facts, jobs: &[JobId]) -> Vec<PathId> {
    let graph = commands.graph;
    let mut files = Vec::new();
    for &job in jobs {
        let inputs = graph.inputs(job).iter().map(|i| i.path());
        let outputs = graph.outputs(job).iter().copied();
        for id in inputs.chain(outputs).chain(graph.beside(job)) {
            if facts.is_first(id, KNOWN) {
                files.push(id);
            }
        }
    }
    files
}

/// Tells the files whose content can matter to a decision, each once: outputs
/// that have a record, and the sources of jobs whose recipe is as recorded.
fn each_wanted(
    commands: Commands<'_>,
    state: &State,
    facts: &mut Facts,
    jobs: &[JobId],
    mut tell: impl FnMut(&mut Facts, PathId),
) {
    let graph = commands.graph;
    for &job in jobs {
        let Some(record) = graph.outputs(job).first().and_then(|o| state.find(*o)) else { continue };
        let outputs = graph.outputs(job).iter().copied();
        let same = facts.has_recipe(job, state.recipe(record));
        let sources = graph.inputs(job).iter().filter(|i| same && !i.is_ancient());
        let sources = sources.filter(|i| i.is_before_update() || graph.maker(i.path()).is_none()).map(|i| i.path());
        for id in outputs.chain(sources) {
            if facts.exists(id) && facts.is_first(id, WANTED) {
                tell(facts, id);
            }
        }
    }
}

#[expect(clippy::too_many_arguments)]
fn digest(
    unknown: &[PathId],
    paths: &Paths,
    stats: &Stats,
    memo: &mut Memo,
    clock: &Clock,
    threads: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
    facts: &mut Facts,
) -> Result<(), Diags> {
    if unknown.is_empty() {
        return Ok(());
    }
    let reading = clock.read();
    let total: u64 = unknown.iter().filter_map(|p| stats.get(*p)).map(|s| s.size).sum();
    let done = std::sync::atomic::AtomicU64::new(0);
    let tell = |bytes: u64| {
        let before = done.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        progress(before + bytes, total);
    };
    let items: Vec<Item<'_>> = unknown.iter().map(|p| Item { path: *p, ignore: None }).collect();
    let mut errors = Vec::new();
    for (id, result) in unknown.iter().zip(files::digest_all(paths, &items, threads, &tell)) {
        match result {
            Ok((stat, digest)) => {
                memo.insert(*id, &stat, digest, reading);
                facts.content[id.index()] = digest;
            }
            Err(e) => errors.push(
                Diag::error(Kind::System, format!("cannot read `{}`: {e}", paths.str(*id)))
                    .hint("check its permissions, or whether something still writes to it"),
            ),
        }
    }
    facts.bytes_read = done.into_inner();
    errors.truncate(5);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
