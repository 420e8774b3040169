//! Growing while jobs run: a job whose checkpoints are done is opened up, and
//! what is new behind it enters the run.
//!
//! Owns the order of steps for one open job. What was there before is touched
//! only where the new jobs read from it.

use super::{Work, touched};
use crate::diag::{Diag, Diags, Kind};
use crate::digest::Digest;
use crate::eval::Need;
use crate::event::Event;
use crate::files::{self, Stat};
use crate::graph::{self, Extended, Extension, JobId};
use crate::path::PathId;
use crate::plan::{self, Gather, Grown, Verdict};
use crate::run::grow::{Look, entering, ordered};
use crate::run::open::check_bound;
use crate::run::task::stat_of;
use crate::schedule::JobId as Slot;
use crate::state::State;
use rustc_hash::FxHashSet;
use std::sync::PoisonError;

impl Work<'_, '_> {
    /// Calls the functions of an open job that is to be decided. Returns
    /// whether it can be decided now: it may have to wait for what is new, or
    /// have failed.
    pub(super) fn open_up(&mut self, job: JobId, slot: Slot) -> bool {
        while let Some(gates) = self.graph.open(job).map(<[JobId]>::to_vec) {
            gates.into_iter().for_each(|gate| self.graph.pass(gate));
            let read = self.temps.read_by(&self.graph, job);
            let before = ordered(&self.graph, self.options);
            let (new, grown) = match self.extend(job) {
                Ok(found) => found,
                Err(diags) => {
                    self.scheduler.fail(slot);
                    self.cannot_start(job, joined(diags));
                    return false;
                }
            };
            if before.is_some_and(|before| self.leaves(job, slot, &before, &read)) {
                self.enter(None, &new, grown);
                self.scheduler.start();
                return false;
            }
            self.enter(Some(job), &new, grown);
            self.temps.unread(&read);
            let ready = self.wait_for_new(job, slot);
            self.scheduler.start();
            if !ready {
                return false;
            }
        }
        true
    }

    /// Grows graph and facts. Gives the new jobs, and what binds them. On an error nothing is new.
    fn extend(&mut self, job: JobId) -> Result<(Vec<JobId>, Grown), Diags> {
        let mut steps = Vec::new();
        let bonds = self.plan.bonds().clone();
        let grown = self.extend_until_known(job, &mut steps);
        let grown = grown.and_then(|new| self.bind(job, &new).map(|grown| (new, grown)).map_err(|diag| vec![diag]));
        if grown.is_err() {
            self.plan.set_bonds(bonds);
            let paths = self.shared.paths();
            steps.into_iter().rev().for_each(|step| step.undo(&mut self.ground, &mut self.graph, &paths));
            drop(paths);
            self.select();
        }
        grown
    }

    /// Pipes and services among what is new, and between that and the job which
    /// reads it.
    fn bind(&mut self, job: JobId, new: &[JobId]) -> Result<Grown, Diag> {
        let jobs: Vec<JobId> = new.iter().copied().chain([job]).collect();
        let book = self.fixed.book;
        let mut updates = self.updates.clone();
        updates.add(&self.graph, &jobs);
        let grown = self.plan.bind(book, &self.graph, &jobs);
        let paths = self.shared.paths();
        updates.check(book, &self.graph, &paths, &jobs)?;
        let (bonds, commands) = (self.plan.bonds(), self.fixed.commands(&self.graph, &paths));
        bonds.check(book, &self.graph, &paths, &jobs)?;
        let own = self.slots.get(&job);
        let begun =
            bonds.sets(&grown).flatten().find(|member| self.slots.get(member).is_some_and(|slot| Some(slot) != own));
        if let Some(member) = begun {
            let name = commands.describe(*member);
            let head = book.rule(self.graph.rule(*member)).places.head;
            let message = format!("a pipe joins `{name}` with a job behind a checkpoint, and with others that are not");
            return Err(Diag::error(Kind::Plan, message)
                .label(head, "who runs together with it is settled already")
                .hint("write a file instead: an output without `pipe()`, perhaps with `temp()`"));
        }
        if !grown.is_empty() {
            let new: FxHashSet<JobId> = new.iter().copied().collect();
            let runs = |job: JobId| new.contains(&job) || self.plan.verdict(job) != Verdict::Fresh;
            check_bound(commands, bonds, &runs)?;
        }
        for path in jobs.iter().flat_map(|job| self.graph.outputs(*job)).filter(|path| bonds.fleeting().contains(path))
        {
            if !self.facts.exists(*path) || self.services.iter().all(|live| !live.makes(&self.graph, *path)) {
                self.facts.set(*path, false, Digest::UNKNOWN);
            }
        }
        drop(paths);
        self.updates = updates;
        Ok(grown)
    }

    /// Params functions may ask for checkpoints, too.
    fn extend_until_known(&mut self, job: JobId, steps: &mut Vec<Extended>) -> Result<Vec<JobId>, Diags> {
        let (mut jobs, mut needs) = (vec![job], Vec::new());
        let mut all: Vec<JobId> = Vec::new();
        loop {
            let before = ordered(&self.graph, self.options);
            let step = self.extend_by(&jobs, needs)?;
            let mut new = step.jobs.clone();
            steps.push(step);
            self.select();
            if let Some(before) = before {
                new = entering(&self.graph, &self.ground, &before, &new);
            }
            // What a job waits for now comes before it.
            let moved: FxHashSet<JobId> = new.iter().copied().collect();
            all.retain(|j| !moved.contains(j));
            all.extend(&new);
            needs = self.gather(&new)?;
            if needs.is_empty() {
                break;
            }
            jobs = needs.iter().map(|(job, _)| *job).collect();
        }
        all.retain(|j| *j != job);
        Ok(all)
    }

    fn extend_by(&mut self, jobs: &[JobId], needs: Vec<(JobId, Vec<Need>)>) -> Result<Extended, Diags> {
        let mut paths = self.shared.paths.write().unwrap_or_else(PoisonError::into_inner);
        let mut look = Look::anew(&mut self.stats, self.options);
        let by = Extension { jobs, needs, files: &mut look };
        let extended = graph::extend(&mut self.ground, &mut self.graph, &mut paths, by);
        match look.end() {
            Ok(()) => extended,
            Err(diags) => {
                if let Ok(extended) = extended {
                    extended.undo(&mut self.ground, &mut self.graph, &paths);
                }
                Err(diags)
            }
        }
    }

    fn gather(&mut self, new: &[JobId]) -> Result<Vec<(JobId, Vec<Need>)>, Diags> {
        let paths = self.shared.paths();
        let state = self.shared.state();
        let gather = Gather {
            commands: self.fixed.commands(&self.graph, &paths),
            state: &state,
            memo: &mut self.memo,
            stats: &mut self.stats,
            clock: &self.shared.clock,
            threads: 1,
            hash_threads: self.options.hash_threads,
            trust: &self.options.trust,
            progress: &|_, _| {},
        };
        plan::gather(gather, &mut self.facts, new)
    }

    /// Decides the new jobs, and puts those that are not fresh into the run;
    /// with the job behind which they were found, unless that left the run.
    fn enter(&mut self, job: Option<JobId>, new: &[JobId], grown: Grown) {
        let gathers = job.filter(|job| self.only_gathers(*job));
        self.temps.grow(self.fixed.book, &self.graph, new, gathers);
        if !self.options.selection.is_whole() {
            self.temps.keep_targets(&self.graph);
        }
        job.iter().for_each(|job| self.temps.add(&self.graph, *job));
        self.touched.extend(touched(self.fixed.book, &self.graph, new));
        for &other in new {
            self.decide_again(other);
        }
        self.plan.unify(grown, new);
        let (fresh, mut stale): (Vec<JobId>, Vec<JobId>) =
            new.iter().partition(|job| self.plan.verdict(**job) == Verdict::Fresh);
        self.summary.fresh += fresh.iter().filter(|job| !self.only_gathers(**job)).count();
        let mut entering = self.asked_and_missing(new);
        for asking in new.iter().copied().chain(job) {
            if self.graph.open(asking).is_some() || gathers == Some(asking) {
                entering.extend(self.demand_now(asking));
            }
        }
        entering.append(&mut stale);
        self.enter_all(&entering);
        job.iter().for_each(|job| self.enter_joined(*job));
        let jobs = entering.iter().filter(|j| !self.only_gathers(**j)).count();
        if jobs > 0 {
            self.tell(Event::Grown { jobs });
        }
        let over = self.temps.release(self.graph.open_jobs().next().is_some());
        self.delete_temps(over);
    }

    /// What a rule that only gathers names is needed; so are the outputs of a
    /// checkpoint that a function asks for. Gives the fresh jobs that are to
    /// make them again.
    fn demand_now(&mut self, job: JobId) -> Vec<JobId> {
        let missing = self.graph.inputs(job).iter().copied().filter(|i| !self.facts.exists(i.path()));
        let mut remade = Vec::new();
        for input in missing.collect::<Vec<_>>() {
            let (path, Some(maker)) = (input.path(), self.graph.origin_of(input)) else { continue };
            if self.plan.verdict(maker) == Verdict::Fresh {
                self.plan.set_missing(maker, path);
                self.summary.fresh = self.summary.fresh.saturating_sub(1);
                remade.push(maker);
            }
        }
        remade
    }

    /// Lets a job that is being decided wait for what it reads. Returns whether
    /// it need not wait.
    fn wait_for_new(&mut self, job: JobId, slot: Slot) -> bool {
        let mut waits = false;
        let members = self.members(job);
        for input in members.iter().flat_map(|member| self.graph.inputs(*member)) {
            let maker = self.graph.origin_of(*input).and_then(|m| self.slots.get(&m)).copied();
            let maker = maker.filter(|maker| *maker != slot && !self.is_served(*maker));
            let Some(maker) = maker.filter(|m| !self.scheduler.state(*m).is_done()) else { continue };
            if !self.scheduler.wait_for(slot, maker) {
                return false;
            }
            waits = true;
        }
        if waits {
            self.scheduler.postpone(slot);
        }
        !waits
    }

    /// A checkpoint made a directory: what jobs read in it is other than before.
    pub(super) fn look_inside(&mut self, job: JobId) {
        for tree in self.graph.outputs(job) {
            for path in self.graph.inside(*tree) {
                let exists = files::stat(self.shared.paths().str(*path)).is_ok_and(|s| s.exists());
                self.facts.set(*path, exists, Digest::UNKNOWN);
            }
        }
    }

    /// Digests what a job reads in directories of checkpoints, where that can
    /// decide whether it runs: one whose recipe is not as recorded does anyway,
    /// and its inputs are digested beside it.
    pub(super) fn read_inside(&mut self, job: JobId) {
        let recorded = |state: &State| {
            let record = self.graph.outputs(job).first().and_then(|output| state.find(*output));
            record.is_some_and(|record| self.facts.has_recipe(job, state.recipe(record)))
        };
        if !recorded(&self.shared.state()) {
            return;
        }
        let inside = self.graph.inputs(job).iter().filter(|i| !i.is_ancient()).map(|i| i.path());
        let inside = inside.filter(|p| self.graph.tree_of(*p).is_some());
        let unknown = inside.filter(|p| self.facts.exists(*p) && self.facts.content(*p).is_unknown());
        for path in unknown.collect::<Vec<PathId>>() {
            if let Some(digest) = self.digest_now(path) {
                self.facts.set(path, true, digest);
            }
        }
    }

    fn digest_now(&mut self, path: PathId) -> Option<Digest> {
        let name = self.shared.paths().str(path).to_owned();
        let stat: Stat = stat_of(&name)?;
        if let Some(digest) = self.memo.known(path, &stat, || self.options.trust.covers(&name)) {
            return Some(digest);
        }
        let reading = self.shared.clock.read();
        let (stat, digest) = self.shared.digest_of(&name)?;
        self.memo.insert(path, &stat, digest, reading);
        Some(digest)
    }
}

/// Several errors as one: the first, which names the messages of the others.
fn joined(diags: Diags) -> Diag {
    let mut diags = diags.into_iter();
    let first = diags.next().expect("bug: an error without a message");
    diags.fold(first, |all, diag| all.note(diag.message))
}
