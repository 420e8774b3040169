//! Devices (GPUs) that jobs use: which is whose.
//!
//! Owns the list of devices and who has which. How many there are to give is the
//! scheduler's, which counts `gpu` as it counts any resource.

use crate::command::DEVICES;
use crate::graph::JobId;
use rustc_hash::FxHashMap;

/// The devices of a run. There are none to hand out where `gpu` has no limit.
#[derive(Default)]
pub(super) struct Devices {
    /// Sorted so that the first is taken last.
    free: Vec<(usize, String)>,
    taken: FxHashMap<JobId, Vec<(usize, String)>>,
}

impl Devices {
    /// As many as the limit says: the first of those given, else numbers from 0.
    pub fn new(limits: &[(String, u64)], given: Option<&[String]>) -> Devices {
        let limit = limits.iter().find(|(name, _)| name == DEVICES).map(|(_, limit)| *limit);
        let names: Vec<String> = match given {
            Some(given) => given.iter().take(limit.unwrap_or(0) as usize).cloned().collect(),
            None => (0..limit.unwrap_or(0)).map(|n| n.to_string()).collect(),
        };
        Devices { free: names.into_iter().enumerate().rev().collect(), taken: FxHashMap::default() }
    }

    /// Gives a job some that nobody has.
    pub fn take(&mut self, job: JobId, count: usize) {
        if count > 0 && !self.free.is_empty() {
            let rest = self.free.len().saturating_sub(count);
            let mut own = self.free.split_off(rest);
            own.reverse();
            self.taken.insert(job, own);
        }
    }

    /// The names of a job's devices, as `CUDA_VISIBLE_DEVICES` has them.
    pub fn of(&self, job: JobId) -> Option<String> {
        let own = self.taken.get(&job)?;
        Some(own.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(","))
    }

    /// The job has ended.
    pub fn give_back(&mut self, job: JobId) {
        if let Some(own) = self.taken.remove(&job) {
            self.free.extend(own);
            self.free.sort_unstable_by(|a, b| b.cmp(a));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_the_device_of_another() {
        let mut devices = Devices::new(&[("gpu".into(), 3)], None);
        devices.take(JobId(1), 1);
        devices.take(JobId(2), 2);
        assert_eq!((devices.of(JobId(1)).as_deref(), devices.of(JobId(2)).as_deref()), (Some("0"), Some("1,2")));
        devices.give_back(JobId(1));
        devices.take(JobId(3), 1);
        assert_eq!((devices.of(JobId(3)).as_deref(), devices.of(JobId(1))), (Some("0"), None));
    }

    #[test]
    fn given_ones_are_handed_on() {
        let given = ["GPU-a", "5"].map(str::to_owned);
        let mut devices = Devices::new(&[("gpu".into(), 2)], Some(&given));
        devices.take(JobId(1), 2);
        assert_eq!(devices.of(JobId(1)).as_deref(), Some("GPU-a,5"));
        let mut none = Devices::new(&[], None);
        none.take(JobId(1), 1);
        assert_eq!(none.of(JobId(1)), None);
    }
}
