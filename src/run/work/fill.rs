//! What enters the run: jobs that are not fresh, decisions on them, and makers
//! of inputs that turn out to be needed.

use super::Work;
use crate::command::Needs;
use crate::diag::{Diag, Kind};
use crate::event::{self, Event};
use crate::graph::JobId;
use crate::path::{self, PathId};
use crate::plan::{self, Verdict, only_gathers};
use crate::run::grow::not_made;
use crate::schedule::{Decision, JobDesc, JobId as Slot, JobState, Need};
use rustc_hash::FxHashSet;
use std::rc::Rc;
use std::sync::Arc;

impl Work<'_, '_> {
    /// Puts every job that is not fresh into the scheduler.
    pub(super) fn fill(&mut self) {
        let graph = &self.graph;
        let stale: Vec<JobId> =
            graph.order().iter().copied().filter(|j| self.plan.verdict(*j) != Verdict::Fresh).collect();
        let stale = self.without_dormant(stale);
        let fresh = self.with_scene(|scene| {
            let jobs = |jobs: &[JobId]| jobs.iter().filter(|j| !only_gathers(scene, **j)).count();
            jobs(scene.commands.graph.order()) - jobs(&stale)
        });
        self.summary.fresh = fresh;
        self.first = self.prioritized();
        self.enter_all(&stale);
        self.scheduler.start();
    }

    /// The jobs that `--prioritize` names, and all that they need.
    fn prioritized(&mut self) -> FxHashSet<JobId> {
        let (graph, book, paths) = (&self.graph, self.fixed.book, self.shared.paths());
        let mut first = FxHashSet::default();
        let mut open: Vec<JobId> = Vec::new();
        for word in &self.options.prioritize {
            match book.find(word) {
                Some(rule) => open.extend(graph.order().iter().filter(|j| graph.rule(**j) == rule)),
                None => open.extend(paths.get(&path::normal(word)).and_then(|p| graph.maker(p))),
            }
        }
        while let Some(job) = open.pop() {
            if first.insert(job) {
                open.extend(graph.inputs(job).iter().filter_map(|i| graph.origin_of(*i)));
            }
        }
        first
    }

    /// Jobs that are up to date but for outputs that only jobs that may run
    /// would need wait until one of those does run.
    fn without_dormant(&mut self, mut stale: Vec<JobId>) -> Vec<JobId> {
        let dormant: Vec<JobId> = stale.extract_if(.., |job| self.plan.is_dormant(*job)).collect();
        dormant.into_iter().for_each(|job| self.plan.set_fresh(job));
        stale
    }

    /// Adds jobs with what they wait for; of jobs that pipes join all together.
    pub(super) fn enter_all(&mut self, jobs: &[JobId]) {
        let mut joined = FxHashSet::default();
        for job in jobs {
            let together = self.plan.bonds().together(*job);
            if together.as_ref().is_some_and(|members| !joined.insert(members[0])) {
                continue;
            }
            let begun = together.as_ref().and_then(|members| self.slot_of(members));
            let slot = begun.unwrap_or_else(|| self.add(*job));
            if let Some(members) = together {
                self.put(&members, slot);
            }
        }
        jobs.iter().for_each(|job| self.link(*job));
        self.link_updates(jobs);
    }

    /// What reads a file before it is updated goes first, if both still can.
    fn link_updates(&mut self, jobs: &[JobId]) {
        for (reader, updater) in self.updates.pairs(&self.graph, jobs) {
            if let (Some(from), Some(to)) = (self.slots.get(&reader), self.slots.get(&updater))
                && from != to
                && self.scheduler.state(*to) == JobState::Waiting
            {
                self.scheduler.add_edge(*from, *to);
            }
        }
    }

    /// A job that is being decided takes what pipes join it to into its slot.
    pub(super) fn enter_joined(&mut self, job: JobId) {
        if let Some(members) = self.plan.bonds().together(job) {
            self.put(&members, self.slots[&job]);
        }
    }

    fn put(&mut self, members: &[JobId], slot: Slot) {
        for member in members {
            if self.slots.insert(*member, slot) != Some(slot) {
                self.temps.add(&self.graph, *member);
            }
        }
    }

    /// The slot of one of several jobs, if it has not ended.
    fn slot_of(&self, members: &[JobId]) -> Option<Slot> {
        let mut slots = members.iter().filter_map(|member| self.slots.get(member)).copied();
        slots.find(|slot| !self.scheduler.state(*slot).is_over())
    }

    fn add(&mut self, job: JobId) -> Slot {
        let graph = &self.graph;
        let state = self.shared.state();
        let record = graph.outputs(job).first().and_then(|o| state.find(*o));
        let weight_ms = record.map_or(1, |r| u64::from(state.wall_ms(r)).max(1));
        drop(state);
        let priority = self.priority(job);
        let order = self.jobs.len() as u32;
        let desc = JobDesc { need: Need::default(), priority, weight_ms, order };
        let slot = self.scheduler.add(&desc);
        self.slots.insert(job, slot);
        self.jobs.push(job);
        if self.only_gathers(job) {
            self.uncounted.insert(slot);
        }
        self.temps.add(&self.graph, job);
        slot
    }

    /// What a job goes before others by. If its function fails, that is told when the job is prepared.
    fn priority(&self, job: JobId) -> i64 {
        if self.first.contains(&job) {
            return i64::MAX;
        }
        self.fixed.commands(&self.graph, &self.shared.paths()).priority(job).unwrap_or(0)
    }

    pub(super) fn only_gathers(&self, job: JobId) -> bool {
        plan::is_name(self.fixed.book, &self.graph, job)
    }

    /// Lets a job wait for those that make its inputs.
    pub(super) fn link(&mut self, job: JobId) {
        let slot = self.slots[&job];
        if self.scheduler.state(slot) == JobState::Deciding {
            // It waits for what is new by itself.
            return;
        }
        let gates = self.graph.open(job).filter(|_| self.graph.is_probe(job));
        for input in self.graph.inputs(job) {
            let maker = self.graph.origin_of(*input).filter(|m| gates.is_none_or(|gates| gates.contains(m)));
            let maker = maker.and_then(|m| self.slots.get(&m));
            if let Some(maker) = maker.filter(|maker| **maker != slot && !self.is_served(**maker)) {
                self.scheduler.add_edge(*maker, slot);
            }
        }
    }

    pub(super) fn decide_all(&mut self) {
        while self.stop.is_none()
            && let Some(slot) = self.scheduler.next_to_decide()
        {
            let job = self.jobs[slot.0 as usize];
            let opened =
                |work: &mut Self, member: &JobId| work.graph.open(*member).is_none() || work.open_up(*member, slot);
            if self.members(job).iter().all(|member| opened(self, member)) {
                self.decide_one(job, slot);
            }
        }
    }

    fn decide_one(&mut self, job: JobId, slot: Slot) {
        match self.verdict_on_unit(job) {
            Verdict::Run => self.run_it(job, slot),
            Verdict::Fresh => {
                self.scheduler.decide(slot, Decision::Fresh);
                self.members(job).iter().for_each(|member| self.cut_off(*member));
            }
            Verdict::Maybe => self.wait_for_remade(job, slot),
        }
    }

    /// A job runs, once it has what it takes and its inputs are there.
    fn run_it(&mut self, job: JobId, slot: Slot) {
        if let Some(diag) = self.with_scene(|scene| not_made(scene, &self.plan, job)) {
            self.scheduler.fail(slot);
            return self.cannot_start(job, diag);
        }
        let members = self.members(job);
        match self.need_of_all(&members) {
            Ok(need) => {
                self.scheduler.set_need(slot, &need);
                if members.iter().all(|member| self.demand(*member, slot)) {
                    self.scheduler.decide(slot, Decision::Run);
                }
            }
            Err(diag) => {
                self.scheduler.fail(slot);
                self.cannot_start(job, *diag);
            }
        }
    }

    /// What jobs take that run at the same time.
    fn need_of_all(&mut self, jobs: &[JobId]) -> Result<Need, Box<Diag>> {
        let mut sum: Option<Need> = None;
        for job in jobs {
            let needs = self.needs_of(*job, 1)?;
            let one = self.need(&needs);
            sum = Some(match sum {
                None => one,
                Some(sum) => sum.plus(&one),
            });
        }
        let need = sum.expect("bug: a unit of no jobs");
        match self.scheduler.check(&need) {
            Ok(()) => Ok(need),
            Err(excess) => Err(Diag::error(Kind::Job, format!("with the jobs that pipes join it to {excess}")).into()),
        }
    }

    /// What an attempt at a job takes.
    pub(super) fn needs_of(&mut self, job: JobId, attempt: u32) -> Result<Rc<Needs>, Box<Diag>> {
        let paths = self.shared.paths();
        self.needs.decide(self.fixed.commands(&self.graph, &paths), job, attempt)
    }

    /// A job for people and machines.
    pub(super) fn described(&self, job: JobId) -> Arc<event::Job> {
        let paths = self.shared.paths();
        Arc::new(plan::described(self.fixed.commands(&self.graph, &paths), job, None))
    }

    pub(super) fn need(&self, needs: &Needs) -> Need {
        let amount = |(name, n): (&str, u64)| self.scheduler.resource(name).map(|id| (id, n));
        Need { threads: needs.threads, resources: needs.amounts().filter_map(amount).collect() }
    }

    pub(super) fn verdict_now(&mut self, job: JobId) -> Verdict {
        match self.plan.verdict(job) {
            Verdict::Maybe => self.decide_again(job),
            decided => decided,
        }
    }

    /// Something it reads is being made again for another job: it is decided
    /// when that is done.
    fn wait_for_remade(&mut self, job: JobId, slot: Slot) {
        // Of several that run together, any may be the one that waits.
        let waited_for = |member: &JobId| self.plan.waits_for(*member).and_then(|m| self.slots.get(&m).copied());
        let maker = self.members(job).iter().filter_map(waited_for).find(|maker| *maker != slot);
        let maker = maker.expect("bug: what a job waits for is in the run");
        if self.scheduler.wait_for(slot, maker) {
            self.scheduler.postpone(slot);
        }
    }

    pub(super) fn decide_again(&mut self, job: JobId) -> Verdict {
        self.read_inside(job);
        let paths = self.shared.paths();
        let state = self.shared.state();
        let commands = self.fixed.commands(&self.graph, &paths);
        let scene = plan::Scene { commands, state: &state, facts: &self.facts, force: &self.force };
        self.plan.decide(scene, job)
    }

    fn cut_off(&mut self, job: JobId) {
        if self.only_gathers(job) {
            return;
        }
        self.summary.cut_off += 1;
        self.drop_temps(job);
        let job = self.described(job);
        self.tell(Event::CutOff { job });
    }

    /// Whether a log is not there though its job ran just now: it would not be
    /// another time.
    fn was_not_written(&self, path: PathId, maker: JobId) -> bool {
        let ran = |slot: &Slot| self.scheduler.state(*slot) == JobState::Made;
        self.graph.is_beside(path) && self.slots.get(&maker).is_some_and(ran)
    }

    /// Adds the makers of inputs that are not there (their jobs were fresh, so
    /// far nobody needed them), and theirs. Returns whether the job can still run.
    fn demand(&mut self, job: JobId, slot: Slot) -> bool {
        let mut added: Vec<JobId> = Vec::new();
        let mut work = vec![job];
        while let Some(at) = work.pop() {
            for input in self.graph.inputs(at).to_vec() {
                let path = input.path();
                let maker = self.graph.origin_of(input).filter(|_| !self.facts.exists(path));
                let Some(maker) = maker else { continue };
                if self.plan.verdict(maker) == Verdict::Fresh && !self.was_not_written(path, maker) {
                    self.plan.set_missing(maker, path);
                    self.summary.fresh = self.summary.fresh.saturating_sub(1);
                    for member in self.members(maker).iter() {
                        self.plan.run_with(*member, maker);
                    }
                    added.extend(self.members(maker).iter());
                    work.extend(self.members(maker).iter());
                }
            }
        }
        if !added.is_empty() {
            self.enter_all(&added);
            self.scheduler.start();
        }
        // Also makers that another job asked for before.
        let missing = self.graph.inputs(job).iter().filter(|i| !self.facts.exists(i.path()));
        let makers: Vec<JobId> = missing.filter_map(|i| self.graph.origin_of(*i)).collect();
        makers.into_iter().all(|maker| match self.slots.get(&maker) {
            Some(maker) if *maker == slot => true,
            Some(maker) => self.scheduler.wait_for(slot, *maker),
            None => true,
        })
    }
}
