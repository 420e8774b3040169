//! The recipes of jobs as they are now.
//!
//! Owns the rendering of many, by several threads, and what is remembered of
//! each: with a million jobs that did not change, that each is as recorded. The
//! recipe of a job that has no record is rendered, so that what is wrong with it
//! is found, and not digested.

use crate::command::{Commands, Recipe};
use crate::diag::{Diag, Diags};
use crate::digest::Digest;
use crate::eval::{Need, Unavailable};
use crate::graph::JobId;
use crate::state::State;
use rustc_hash::FxHashSet;
use std::sync::{Mutex, PoisonError};

/// The digests of the recipes of jobs.
#[derive(Default)]
pub(super) struct Recipes {
    places: Vec<Place>,
    digests: Vec<Digest>,
}

/// Where a digest is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place(u32);

impl Place {
    /// The job is open, or was not asked about.
    const UNKNOWN: Place = Place(u32::MAX);
    /// It is that of the job's record; a record that this run makes, the first
    /// perhaps, has it as well.
    const RECORDED: Place = Place(u32::MAX - 1);
}

impl Recipes {
    /// Whether the recipe of a job is the one that its record has.
    pub(super) fn is(&self, job: JobId, recorded: Digest) -> bool {
        match self.places[job.index()] {
            Place::UNKNOWN => false,
            Place::RECORDED => true,
            Place(at) => self.digests[at as usize] == recorded,
        }
    }

    fn take(&mut self, piece: Piece) {
        for job in piece.recorded {
            self.places[job.index()] = Place::RECORDED;
        }
        for (job, digest) in piece.others {
            self.places[job.index()] = Place(self.digests.len() as u32);
            self.digests.push(digest);
        }
    }

    /// Renders the recipes of some jobs; those that are open have none yet. Gives
    /// those whose params functions need checkpoints that are not done.
    pub(super) fn fill(
        &mut self,
        commands: Commands<'_>,
        state: &State,
        jobs: &[JobId],
        threads: usize,
    ) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
        self.places.resize(commands.graph.job_ids(), Place::UNKNOWN);
        let piece = (jobs.len() / threads.max(1) / 4).clamp(256, 8192);
        let pieces: Vec<&[JobId]> = jobs.chunks(piece).collect();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let done = Mutex::new((self, Vec::new(), Vec::new()));
        let work = || {
            while let Some(jobs) = pieces.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                let mut piece = piece_of_recipes(commands, state, jobs);
                let (recipes, errors, needs) = &mut *done.lock().unwrap_or_else(PoisonError::into_inner);
                errors.append(&mut piece.errors);
                needs.append(&mut piece.needs);
                recipes.take(piece);
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
}

/// What came of some jobs.
#[derive(Default)]
struct Piece {
    /// Those whose recipe is as recorded, or that have no record.
    recorded: Vec<JobId>,
    others: Vec<(JobId, Digest)>,
    needs: Vec<(JobId, Vec<Need>)>,
    errors: Vec<(JobId, Diag)>,
}

fn piece_of_recipes(commands: Commands<'_>, state: &State, jobs: &[JobId]) -> Piece {
    let jobs: Vec<JobId> = jobs.iter().copied().filter(|j| commands.graph.open(*j).is_none()).collect();
    let mut done = Piece::default();
    let mut recipe = Recipe::default();
    for (job, params) in jobs.iter().zip(commands.params(&jobs)) {
        let filled = params
            .and_then(|params| recipe.fill(&commands, *job, &params).map_err(|d| Unavailable::Failed(Box::new(d))));
        match filled {
            Ok(()) => {
                let record = commands.graph.outputs(*job).first().and_then(|output| state.find(*output));
                let digest = record.map(|record| (recipe.digest(&commands, *job), state.recipe(record)));
                match digest {
                    Some((now, recorded)) if now != recorded => done.others.push((*job, now)),
                    _ => done.recorded.push(*job),
                }
            }
            Err(Unavailable::Waits(needs)) => done.needs.push((*job, needs)),
            // What its params read is made before it runs, as far as is known.
            Err(Unavailable::Absent(_)) if reads_what_is_made(commands, *job) => {
                done.others.push((*job, Digest::of(b"params that are not known yet")));
            }
            Err(Unavailable::Failed(diag) | Unavailable::Absent(diag)) => done.errors.push((*job, *diag)),
        }
    }
    done
}

fn reads_what_is_made(commands: Commands<'_>, job: JobId) -> bool {
    commands.graph.inputs(job).iter().any(|input| commands.graph.maker(input.path()).is_some())
}
