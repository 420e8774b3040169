//! Which job runs next: a state machine without clock, threads or I/O.
//!
//! Owns the state of every job, the counting down of what it waits for, and the
//! order among those that could run: priority, then the longest path to the end
//! by the durations given, then the order given, within cores and named
//! resources. It does not know rules, files or why a job runs: whether it does
//! is asked of the caller when its inputs are there.
//!
//! The way of a job: `Waiting` until all it waits for is done, then `Deciding`
//! until the caller says whether it runs, then `Ready`, `Running`, and an end.
//! One that was found fresh can be asked for again while the job that needs it
//! is being decided ([`Scheduler::wait_for`]). Only [`Scheduler::set`] changes a
//! state.
//!
//! Jobs and edges are only ever added. An edge is looked at twice: when paths
//! are measured and when its first job is done. What is added while jobs run is
//! measured by itself, so that many small additions cost no more than one.

mod ready;
mod resources;
#[cfg(test)]
mod tests;

pub use resources::{Excess, Need, ResourceId};

use ready::{Place, Ready};
use resources::{NeedId, Resources};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// A job, by its number in the order of [`Scheduler::add`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u32);

impl JobId {
    /// As an index into a vector with a row per job.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What the scheduler must know about a job.
#[derive(Clone, Debug, Default)]
pub struct JobDesc {
    /// What it takes while it runs; see [`Scheduler::check`].
    pub need: Need,
    /// Greater runs first.
    pub priority: i64,
    /// How long it will take, in milliseconds: recorded or guessed; 0 for one
    /// that will hardly run.
    pub weight_ms: u64,
    /// Among equals the smaller runs first.
    pub order: u32,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// For others to be done.
    Waiting,
    /// All it waits for is done; the caller must decide.
    Deciding,
    /// For its turn.
    Ready,
    /// It runs.
    Running,
    /// Done: it was up to date.
    Fresh,
    /// Done: it ran.
    Made,
    /// It ran and failed.
    Failed,
    /// It will not run, because one it waits for failed.
    Cancelled,
}

impl JobState {
    /// Whether those that wait for it can go on.
    pub fn is_done(self) -> bool {
        matches!(self, JobState::Fresh | JobState::Made)
    }

    /// Whether nothing more will happen to it.
    pub fn is_over(self) -> bool {
        self.is_done() || matches!(self, JobState::Failed | JobState::Cancelled)
    }
}

const STATES: usize = JobState::Cancelled as usize + 1;

/// What the caller decides about a job whose inputs are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is up to date.
    Fresh,
    /// It runs.
    Run,
}

/// How a run of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Made,
    /// Badly: those that wait for it are cancelled. See also
    /// [`Scheduler::retry`].
    Failed,
}

/// A row per job, of 40 bytes.
struct Job {
    priority: i64,
    /// Milliseconds from its start to the end of the last that waits for it.
    path: u64,
    /// First edge to one that waits for it; `NONE` when they have been told.
    edges: u32,
    /// How many it waits for.
    waiting: u32,
    weight: u32,
    order: u32,
    need: NeedId,
    state: JobState,
    /// To run without being decided (again) once it waits no more.
    decided: bool,
    /// It runs, and those that wait for it may run beside it.
    lasting: bool,
}

/// An edge to a job that waits, and the next edge of the same job.
struct Edge {
    to: JobId,
    next: u32,
}

const NONE: u32 = u32::MAX;

/// See the module.
pub struct Scheduler {
    jobs: Vec<Job>,
    edges: Vec<Edge>,
    resources: Resources,
    ready: Ready,
    deciding: VecDeque<JobId>,
    counts: [u32; STATES],
    /// Running jobs that end only when those beside them have.
    lasting: u32,
    /// Jobs below have been started with [`Scheduler::start`].
    started: usize,
    /// Started jobs that one that was not waits for.
    grown: Vec<JobId>,
}

impl Scheduler {
    /// With some cores and limits of named resources.
    pub fn new(cores: u32, limits: Vec<(String, u64)>) -> Scheduler {
        Scheduler {
            jobs: Vec::new(),
            edges: Vec::new(),
            resources: Resources::new(cores, limits),
            ready: Ready::default(),
            deciding: VecDeque::new(),
            counts: [0; STATES],
            lasting: 0,
            started: 0,
            grown: Vec::new(),
        }
    }

    /// The resource of a name. None if it has no limit, so need not be counted.
    pub fn resource(&self, name: &str) -> Option<ResourceId> {
        self.resources.find(name)
    }

    /// Whether a job of this need can ever run. To be asked before `add` and
    /// `set_need`.
    pub fn check(&self, need: &Need) -> Result<(), Excess> {
        self.resources.check(need)
    }

    /// Adds a job. It does not move before the next [`Scheduler::start`].
    pub fn add(&mut self, desc: &JobDesc) -> JobId {
        let id = JobId(self.jobs.len() as u32);
        assert!(id.0 < NONE, "more than 2^32 jobs");
        let weight = u32::try_from(desc.weight_ms).unwrap_or(u32::MAX);
        self.jobs.push(Job {
            priority: desc.priority,
            path: u64::from(weight),
            edges: NONE,
            waiting: 0,
            weight,
            order: desc.order,
            need: self.resources.intern(&desc.need),
            state: JobState::Waiting,
            decided: false,
            lasting: false,
        });
        self.counts[JobState::Waiting as usize] += 1;
        id
    }

    /// Makes one job wait for another. It must not have come so far as to be
    /// decided.
    pub fn add_edge(&mut self, from: JobId, to: JobId) {
        let state = self.state(to);
        assert!(matches!(state, JobState::Waiting | JobState::Cancelled), "bug: {to:?} is {state:?}, it waits no more");
        match self.state(from) {
            state if state.is_done() => {}
            JobState::Failed | JobState::Cancelled => self.cancel(to),
            _ => self.link(from, to),
        }
    }

    fn link(&mut self, from: JobId, to: JobId) {
        let edge = self.edges.len() as u32;
        assert!(edge < NONE, "more than 2^32 edges");
        let first = &mut self.jobs[from.index()].edges;
        self.edges.push(Edge { to, next: *first });
        *first = edge;
        self.jobs[to.index()].waiting += 1;
        if from.index() < self.started && to.index() >= self.started {
            self.grown.push(from);
        }
    }

    /// Lets the jobs added since the last time begin to move, and measures their
    /// paths. To be called after their edges were added. Of the jobs before them
    /// only those that they wait for directly have longer paths from then on, and
    /// one that could run already keeps its place.
    pub fn start(&mut self) {
        self.measure();
        for i in self.started..self.jobs.len() {
            let id = JobId(i as u32);
            if self.jobs[i].waiting == 0 && self.jobs[i].state == JobState::Waiting {
                self.set(id, JobState::Deciding);
            }
        }
        self.started = self.jobs.len();
    }

    /// The longest path from each new job to the end, without recursion: jobs in
    /// an order in which all wait only for earlier ones, taken from its end.
    fn measure(&mut self) {
        let first = self.started;
        let mut left = vec![0_u32; self.jobs.len() - first];
        for id in first..self.jobs.len() {
            for to in self.consumers(JobId(id as u32)).filter(|to| to.index() >= first) {
                left[to.index() - first] += 1;
            }
        }
        let mut sorted: Vec<JobId> = (first..self.jobs.len()).map(|i| JobId(i as u32)).collect();
        sorted.retain(|id| left[id.index() - first] == 0);
        let mut next = 0;
        while next < sorted.len() {
            for to in self.consumers(sorted[next]).filter(|to| to.index() >= first) {
                left[to.index() - first] -= 1;
                if left[to.index() - first] == 0 {
                    sorted.push(to);
                }
            }
            next += 1;
        }
        assert!(sorted.len() == left.len(), "bug: jobs wait for each other in a circle");
        for id in sorted.into_iter().rev() {
            self.jobs[id.index()].path = self.longest(id);
        }
        for id in std::mem::take(&mut self.grown) {
            if matches!(self.state(id), JobState::Waiting | JobState::Deciding) {
                let path = self.jobs[id.index()].path;
                self.jobs[id.index()].path = path.max(self.longest(id));
            }
        }
    }

    fn longest(&self, id: JobId) -> u64 {
        let after = self.consumers(id).map(|to| self.jobs[to.index()].path).max();
        u64::from(self.jobs[id.index()].weight) + after.unwrap_or(0)
    }

    fn consumers(&self, id: JobId) -> impl Iterator<Item = JobId> {
        let mut edge = self.jobs[id.index()].edges;
        std::iter::from_fn(move || {
            let Edge { to, next } = self.edges.get(edge as usize)?;
            edge = *next;
            Some(*to)
        })
    }

    /// Where a job stands.
    pub fn state(&self, id: JobId) -> JobState {
        self.jobs[id.index()].state
    }

    /// How many jobs are in a state.
    pub fn count(&self, state: JobState) -> u32 {
        self.counts[state as usize]
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether no job was added yet.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The next job whose inputs are there and that must be decided; see
    /// [`Scheduler::decide`].
    pub fn next_to_decide(&mut self) -> Option<JobId> {
        self.deciding.pop_front()
    }

    /// Changes what a job takes, before it is decided that it runs.
    pub fn set_need(&mut self, id: JobId, need: &Need) {
        let state = self.state(id);
        let early = matches!(state, JobState::Waiting | JobState::Deciding);
        assert!(early, "bug: the need of {id:?} was changed when it was {state:?}");
        self.jobs[id.index()].need = self.resources.intern(need);
    }

    /// Says whether a job from [`Scheduler::next_to_decide`] runs.
    pub fn decide(&mut self, id: JobId, decision: Decision) {
        let state = self.state(id);
        assert!(state == JobState::Deciding, "bug: {id:?} was decided when it was {state:?}");
        match decision {
            Decision::Fresh => self.set(id, JobState::Fresh),
            Decision::Run => {
                let job = &mut self.jobs[id.index()];
                job.decided = true;
                let to = if job.waiting == 0 { JobState::Ready } else { JobState::Waiting };
                self.set(id, to);
            }
        }
    }

    /// While `id` is being decided: it will run, and needs `other` to have run
    /// before. If `other` was found fresh it must be decided again,
    /// and comes by [`Scheduler::next_to_decide`]. False if `other` failed or
    /// was cancelled: then `id` is cancelled with all that wait for it, and must
    /// not be decided.
    pub fn wait_for(&mut self, id: JobId, other: JobId) -> bool {
        let state = self.state(id);
        assert!(state == JobState::Deciding, "bug: {id:?} asks for {other:?} when it is {state:?}");
        match self.state(other) {
            JobState::Made => return true,
            JobState::Failed | JobState::Cancelled => {
                self.cancel(id);
                return false;
            }
            JobState::Fresh => {
                self.set(other, JobState::Deciding);
            }
            JobState::Waiting | JobState::Deciding | JobState::Ready | JobState::Running => {}
        }
        self.link(other, id);
        true
    }

    /// A job from [`Scheduler::next_to_decide`] cannot be decided before those it
    /// was made to wait for are done: it comes again then.
    pub fn postpone(&mut self, id: JobId) {
        let job = &self.jobs[id.index()];
        assert!(job.state == JobState::Deciding && job.waiting > 0, "bug: {id:?} has nothing to wait for");
        self.set(id, JobState::Waiting);
    }

    /// Takes the job that should run now, if one fits what is free; it is then
    /// `Running`.
    pub fn pop_ready(&mut self) -> Option<JobId> {
        let may_end = self.count(JobState::Running) > self.lasting;
        let id = self.ready.pop(&self.resources, may_end)?;
        self.set(id, JobState::Running);
        Some(id)
    }

    /// A running job came back. Gives the jobs that are cancelled by it.
    pub fn finished(&mut self, id: JobId, outcome: Outcome) -> Vec<JobId> {
        let state = self.state(id);
        assert!(state == JobState::Running, "bug: {id:?} finished when it was {state:?}");
        let mut cancelled = Vec::new();
        match outcome {
            Outcome::Made => self.set(id, JobState::Made),
            Outcome::Failed => {
                self.set(id, JobState::Failed);
                self.cancel_consumers(id, &mut cancelled);
            }
        }
        cancelled
    }

    /// A running job has made what others wait for, and goes on running: they
    /// may start.
    pub fn release_early(&mut self, id: JobId) {
        let state = self.state(id);
        assert!(state == JobState::Running, "bug: {id:?} releases others when it is {state:?}");
        if !std::mem::replace(&mut self.jobs[id.index()].lasting, true) {
            self.lasting += 1;
        }
        self.release(id);
    }

    /// A running job failed and is to run again, from now on with this need.
    pub fn retry(&mut self, id: JobId, need: &Need) {
        let state = self.state(id);
        assert!(state == JobState::Running, "bug: {id:?} is tried again when it was {state:?}");
        self.set(id, JobState::Waiting);
        self.jobs[id.index()].need = self.resources.intern(need);
        self.set(id, JobState::Ready);
    }

    /// A job whose inputs are there cannot run after all (its command cannot be
    /// rendered, it asks for more than there is): it counts as failed. Gives
    /// the jobs that are cancelled by it.
    pub fn fail(&mut self, id: JobId) -> Vec<JobId> {
        let state = self.state(id);
        assert!(state == JobState::Deciding, "bug: {id:?} failed when it was {state:?}");
        let mut cancelled = Vec::new();
        self.set(id, JobState::Failed);
        self.cancel_consumers(id, &mut cancelled);
        cancelled
    }

    /// Whether nothing runs and nothing can be decided or started.
    pub fn is_over(&self) -> bool {
        let open = !self.deciding.is_empty() || self.ready.len() > 0;
        self.count(JobState::Running) == 0 && !open
    }

    fn cancel(&mut self, id: JobId) {
        if !self.state(id).is_over() {
            self.set(id, JobState::Cancelled);
            self.cancel_consumers(id, &mut Vec::new());
        }
    }

    /// Cancels all that wait for a job, and all that wait for those.
    fn cancel_consumers(&mut self, id: JobId, cancelled: &mut Vec<JobId>) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            let mut edge = std::mem::replace(&mut self.jobs[id.index()].edges, NONE);
            while edge != NONE {
                let Edge { to, next } = self.edges[edge as usize];
                edge = next;
                self.jobs[to.index()].waiting -= 1;
                if !self.state(to).is_over() {
                    self.set(to, JobState::Cancelled);
                    cancelled.push(to);
                    stack.push(to);
                }
            }
        }
    }

    fn place(&self, id: JobId) -> Place {
        let job = &self.jobs[id.index()];
        Place { priority: job.priority, path: job.path, order: Reverse(job.order), job: Reverse(id) }
    }

    /// The one place where a state changes, and all that goes with it: counts,
    /// resources, queues, and the news to those that wait.
    fn set(&mut self, id: JobId, to: JobState) {
        let job = &mut self.jobs[id.index()];
        let from = std::mem::replace(&mut job.state, to);
        let need = job.need;
        self.counts[from as usize] -= 1;
        self.counts[to as usize] += 1;
        if from == JobState::Running {
            self.lasting -= u32::from(std::mem::take(&mut job.lasting));
            self.resources.give_back(need);
        }
        match to {
            JobState::Deciding => self.deciding.push_back(id),
            JobState::Ready => self.ready.push(self.place(id), need),
            JobState::Running => self.resources.take(need),
            JobState::Fresh | JobState::Made => self.release(id),
            JobState::Waiting | JobState::Failed | JobState::Cancelled => {}
        }
    }

    /// Tells those that wait for a job that they wait for one less.
    fn release(&mut self, id: JobId) {
        let mut edge = std::mem::replace(&mut self.jobs[id.index()].edges, NONE);
        while edge != NONE {
            let Edge { to, next } = self.edges[edge as usize];
            edge = next;
            let job = &mut self.jobs[to.index()];
            job.waiting -= 1;
            if job.waiting == 0 && job.state == JobState::Waiting && to.index() < self.started {
                let next = if job.decided { JobState::Ready } else { JobState::Deciding };
                self.set(to, next);
            }
        }
    }
}
