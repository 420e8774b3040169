//! Services: jobs that run as long as others read what they make.
//!
//! Owns which of them run, when their readers may start, and when they are
//! asked to end.

use super::{Stop, Work};
use crate::digest::Digest;
use crate::files;
use crate::graph::{Graph, JobId};
use crate::path::PathId;
use crate::schedule::{JobId as Slot, JobState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long an empty file is waited for to be filled.
const FILLING: Duration = Duration::from_millis(500);

/// A service that runs.
pub(super) struct Live {
    job: JobId,
    slot: Slot,
    /// What it makes is there: its readers may start.
    up: bool,
    /// Since when what it makes is there.
    seen: Option<Instant>,
    /// Nobody needs it any more, and it was told so.
    asked: Arc<AtomicBool>,
}

impl Live {
    /// Whether it runs in this slot.
    pub(super) fn is_in(&self, slot: Slot) -> bool {
        self.slot == slot
    }

    /// Whether this is one of its outputs.
    pub(super) fn makes(&self, graph: &Graph, path: PathId) -> bool {
        graph.outputs(self.job).contains(&path)
    }

    /// Whether its readers may start, and it will wait for them.
    fn serves(&self) -> bool {
        self.up && !self.asked.load(Ordering::Acquire)
    }
}

impl Work<'_, '_> {
    /// A service is about to be started; what tells its task that it was asked to end.
    pub(super) fn enter_service(&mut self, job: JobId, slot: Slot) -> Option<Arc<AtomicBool>> {
        self.plan.bonds().readers(job)?;
        let asked = Arc::new(AtomicBool::new(false));
        self.services.push(Live { job, slot, up: false, seen: None, asked: asked.clone() });
        Some(asked)
    }

    /// Lets readers start where a service is up, and ends services that nobody
    /// needs any more.
    pub(super) fn tend_services(&mut self) {
        let mut services = std::mem::take(&mut self.services);
        for service in &mut services {
            if !service.up && self.is_up(service) {
                let outputs = self.graph.outputs(service.job);
                // Until its inputs are digested it is not known what it stands for.
                let promise = self.promises.get(&outputs[0]);
                if let Some(digest) = promise.map_or(Some(Digest::UNKNOWN), |promise| promise.told()) {
                    service.up = true;
                    outputs.iter().for_each(|path| self.facts.set(*path, true, digest));
                    self.scheduler.release_early(service.slot);
                }
            }
            if !service.asked.load(Ordering::Acquire) && !self.is_needed(service) {
                service.asked.store(true, Ordering::Release);
                (self.ender)(service.job.0);
            }
        }
        self.services = services;
    }

    fn is_up(&self, service: &mut Live) -> bool {
        let outputs = self.graph.outputs(service.job);
        let stat = |path| files::stat(self.shared.paths().str(path)).ok().filter(files::Stat::exists);
        let stats: Vec<files::Stat> = outputs.iter().filter_map(|path| stat(*path)).collect();
        if stats.len() < outputs.len() {
            return false;
        }
        let since = *service.seen.get_or_insert_with(Instant::now);
        let filled = stats.iter().all(|stat| stat.kind != files::Kind::File || stat.size > 0);
        filled || since.elapsed() >= FILLING
    }

    /// Whether a slot is that of a service whose readers may start.
    pub(super) fn is_served(&self, slot: Slot) -> bool {
        self.services.iter().any(|live| live.slot == slot && live.serves())
    }

    fn is_needed(&self, service: &Live) -> bool {
        let readers = self.plan.bonds().readers(service.job).unwrap_or_default();
        let mut slots = readers.iter().filter_map(|reader| self.slots.get(reader));
        let running = |slot: &&Slot| self.scheduler.state(**slot) == JobState::Running;
        match self.stop {
            Some(Stop::Signal { .. }) => true,
            Some(_) => slots.any(|slot| running(&slot)),
            None => slots.any(|slot| !self.scheduler.state(*slot).is_over()),
        }
    }

    /// Whether a service that a job reads from is not there (any more).
    pub(super) fn lost_service(&self, job: JobId) -> Option<JobId> {
        let graph = &self.graph;
        let services = graph.inputs(job).iter().filter_map(|input| graph.maker(input.path()));
        let mut services = services.filter(|maker| self.plan.bonds().readers(*maker).is_some());
        services.find(|maker| !self.services.iter().any(|live| live.job == *maker && live.serves()))
    }

    /// A service has ended. If nobody asked it to, those that read from it are ended too.
    pub(super) fn leave_service(&mut self, job: JobId) {
        let Some(at) = self.services.iter().position(|live| live.job == job) else { return };
        let live = self.services.swap_remove(at);
        for path in self.graph.outputs(job) {
            self.facts.set(*path, false, Digest::UNKNOWN);
        }
        if live.asked.load(Ordering::Acquire) {
            return;
        }
        let readers = self.plan.bonds().readers(job).unwrap_or_default();
        let running = readers.iter().filter(|reader| self.running.contains_key(&reader.0));
        for reader in running.copied().collect::<Vec<_>>() {
            self.bereaved.insert(reader);
            (self.ender)(reader.0);
        }
    }
}
