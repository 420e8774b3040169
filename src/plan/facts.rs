//! The facts decisions rest on: which files are there, what is in them, and the
//! recipe of every job.

use crate::command::{Commands, Recipe};
use crate::diag::{Diag, Diags, Kind};
use crate::digest::Digest;
use crate::eval::{Need, Unavailable};
use crate::files::{self, Clock, Item, Memo, Stat, StatAhead, Trust};
use crate::graph::JobId;
use crate::path::{PathId, Paths};
use crate::state::State;
use rustc_hash::FxHashSet;
use std::sync::{Mutex, PoisonError};

/// Stats of files, each asked once.
#[derive(Default)]
pub struct Stats {
    rows: Vec<Option<Stat>>,
}

impl Stats {
    /// Takes in what was asked ahead.
    pub fn take(&mut self, paths: &Paths, ahead: StatAhead) {
        self.rows.resize(paths.len(), None);
        for (id, stat) in ahead.finish() {
            self.rows[id.index()] = Some(stat);
        }
    }

    /// Asks for those not asked yet. A file that cannot be asked for is an error.
    pub fn ensure(&mut self, paths: &Paths, ids: &[PathId], threads: usize) -> Result<(), Diags> {
        self.rows.resize(paths.len(), None);
        let mut new: Vec<PathId> = ids.iter().copied().filter(|p| self.rows[p.index()].is_none()).collect();
        new.sort_unstable();
        new.dedup();
        let (stats, errors) = files::stat_all(paths, &new, threads);
        for (id, stat) in new.into_iter().zip(stats) {
            self.rows[id.index()] = Some(stat);
        }
        let tell = |(id, e): &(PathId, std::io::Error)| {
            Diag::error(Kind::System, format!("cannot look at `{}`: {e}", paths.str(*id)))
                .hint("check the permissions of the file and of the directories above it")
        };
        if errors.is_empty() { Ok(()) } else { Err(errors.iter().take(5).map(tell).collect()) }
    }

    /// They are to be asked again.
    pub fn forget(&mut self, ids: &[PathId]) {
        for id in ids {
            if let Some(row) = self.rows.get_mut(id.index()) {
                *row = None;
            }
        }
    }

    /// The stat of a file that was asked for.
    pub fn get(&self, id: PathId) -> Option<&Stat> {
        self.rows.get(id.index())?.as_ref()
    }

    /// The stat of a file, or of a directory one that stands for its whole tree.
    fn whole(&self, paths: &Paths, id: PathId) -> Option<Stat> {
        match self.get(id)? {
            stat if stat.kind == files::Kind::Dir => files::tree_stat(paths.str(id), None).ok(),
            stat => Some(*stat),
        }
    }

    /// Whether a file that was asked for is there.
    pub fn exists(&self, id: PathId) -> bool {
        self.get(id).is_some_and(Stat::exists)
    }
}

/// Files and recipes as they are now.
#[derive(Default)]
pub struct Facts {
    exists: Vec<bool>,
    /// Whether `exists` was asked, and whether `content` was.
    known: Vec<bool>,
    wanted: Vec<bool>,
    content: Vec<Digest>,
    recipes: Vec<Digest>,
    /// Bytes that had to be read to know.
    pub bytes_read: u64,
}

impl Facts {
    /// Whether a file is there.
    pub fn exists(&self, path: PathId) -> bool {
        self.exists.get(path.index()).copied().unwrap_or(false)
    }

    /// A file's content; unknown if it is not there, or was not needed.
    pub fn content(&self, path: PathId) -> Digest {
        self.content.get(path.index()).copied().unwrap_or(Digest::UNKNOWN)
    }

    /// The digest of a job's recipe.
    pub fn recipe(&self, job: JobId) -> Digest {
        self.recipes[job.index()]
    }

    /// Makes room for all paths and jobs.
    fn reach(&mut self, paths: usize, jobs: usize) {
        if self.exists.len() < paths {
            self.exists.resize(paths, false);
            self.known.resize(paths, false);
            self.wanted.resize(paths, false);
            self.content.resize(paths, Digest::UNKNOWN);
        }
        if self.recipes.len() < jobs {
            self.recipes.resize(jobs, Digest::UNKNOWN);
        }
    }

    /// A file was made, or digested, since.
    pub fn set(&mut self, path: PathId, exists: bool, content: Digest) {
        self.reach(path.index() + 1, 0);
        self.known[path.index()] = true;
        self.exists[path.index()] = exists;
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

/// Adds what is needed to decide some jobs. Reads only files whose digest could
/// keep a job from running. Gives the jobs whose params functions need
/// checkpoints that are not done.
pub fn gather(with: Gather<'_>, facts: &mut Facts, jobs: &[JobId]) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
    let Gather { commands, state, memo, stats, clock, threads, hash_threads, trust, progress } = with;
    let (graph, paths) = (commands.graph, commands.paths);
    facts.reach(paths.len(), graph.job_ids());
    let files = files_of(commands, facts, jobs);
    stats.ensure(paths, &files, threads)?;
    let needs = recipes(commands, facts, jobs, threads)?;
    for id in &files {
        facts.exists[id.index()] = stats.exists(*id);
    }
    let mut unknown = Vec::new();
    for id in wanted(commands, state, facts, jobs) {
        let Some(stat) = stats.whole(paths, id) else { continue };
        match memo.known(id, &stat, || trust.covers(paths.str(id))) {
            Some(digest) => facts.content[id.index()] = digest,
            None => unknown.push(id),
        }
    }
    // Of the other sources, what is known without reading them.
    for id in files.into_iter().filter(|id| graph.maker(*id).is_none()) {
        if facts.exists(id)
            && facts.content(id).is_unknown()
            && let Some(stat) = stats.whole(paths, id)
        {
            let digest = memo.known(id, &stat, || trust.covers(paths.str(id)));
            facts.content[id.index()] = digest.unwrap_or(Digest::UNKNOWN);
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
            if !std::mem::replace(&mut facts.known[id.index()], true) {
                files.push(id);
            }
        }
    }
    files
}

/// Files whose content can matter to a decision: outputs that have a record,
/// and the sources of jobs whose recipe is as recorded.
fn wanted(commands: Commands<'_>, state: &State, facts: &mut Facts, order: &[JobId]) -> Vec<PathId> {
    let graph = commands.graph;
    let mut wanted = Vec::new();
    for &job in order {
        let Some(record) = graph.outputs(job).first().and_then(|o| state.find(*o)) else { continue };
        let outputs = graph.outputs(job).iter().copied();
        let same = state.recipe(record) == facts.recipe(job);
        let sources = graph.inputs(job).iter().filter(|i| same && !i.is_ancient());
        let sources = sources.filter(|i| i.is_before_update() || graph.maker(i.path()).is_none()).map(|i| i.path());
        for id in outputs.chain(sources) {
            if facts.exists(id) && !std::mem::replace(&mut facts.wanted[id.index()], true) {
                wanted.push(id);
            }
        }
    }
    wanted
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

/// The recipes' digests of some jobs; those that are open have none yet. Gives
/// those whose params functions need checkpoints that are not done.
fn recipes(
    commands: Commands<'_>,
    facts: &mut Facts,
    jobs: &[JobId],
    threads: usize,
) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
    let piece = (jobs.len() / threads.max(1) / 4).clamp(256, 8192);
    let pieces: Vec<&[JobId]> = jobs.chunks(piece).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = Mutex::new((&mut facts.recipes, Vec::new(), Vec::new()));
    let work = || {
        while let Some(jobs) = pieces.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            let piece = piece_of_recipes(commands, jobs);
            let (digests, errors, needs) = &mut *done.lock().unwrap_or_else(PoisonError::into_inner);
            piece.digests.into_iter().for_each(|(job, digest)| digests[job.index()] = digest);
            errors.extend(piece.errors);
            needs.extend(piece.needs);
        }
    };
    std::thread::scope(|scope| {
        (1..threads.min(pieces.len())).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let (_, mut errors, mut needs) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if errors.is_empty() {
        needs.sort_by_key(|(job, _)| *job);
        return Ok(needs);
    }
    let mut seen = FxHashSet::default();
    errors.sort_by_key(|(job, _): &(JobId, Diag)| *job);
    let mut diags: Diags = errors.into_iter().map(|(_, d)| d).collect();
    diags.retain(|d| seen.insert((d.message.clone(), d.labels.first().map(|l| l.span.range()))));
    diags.truncate(5);
    Err(diags)
}

fn reads_what_is_made(commands: Commands<'_>, job: JobId) -> bool {
    commands.graph.inputs(job).iter().any(|input| commands.graph.maker(input.path()).is_some())
}

#[derive(Default)]
struct Recipes {
    digests: Vec<(JobId, Digest)>,
    needs: Vec<(JobId, Vec<Need>)>,
    errors: Vec<(JobId, Diag)>,
}

fn piece_of_recipes(commands: Commands<'_>, jobs: &[JobId]) -> Recipes {
    let jobs: Vec<JobId> = jobs.iter().copied().filter(|j| commands.graph.open(*j).is_none()).collect();
    let mut done = Recipes { digests: Vec::with_capacity(jobs.len()), ..Recipes::default() };
    let mut recipe = Recipe::default();
    for (job, params) in jobs.iter().zip(commands.params(&jobs)) {
        let filled = params
            .and_then(|params| recipe.fill(&commands, *job, &params).map_err(|d| Unavailable::Failed(Box::new(d))));
        match filled {
            Ok(()) => done.digests.push((*job, recipe.digest(&commands, *job))),
            Err(Unavailable::Waits(needs)) => done.needs.push((*job, needs)),
            // What its params read is made before it runs, as far as is known.
            Err(Unavailable::Absent(_)) if reads_what_is_made(commands, *job) => {
                done.digests.push((*job, Digest::of(b"params that are not known yet")));
            }
            Err(Unavailable::Absent(diag)) => done.errors.push((*job, *diag)),
            Err(Unavailable::Failed(diag)) => done.errors.push((*job, *diag)),
        }
    }
    done
}
