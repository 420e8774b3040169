//! Cores and named resources: what there is, what jobs need, what is free.
//!
//! Owns the counting. Needs are kept once each (pipelines have few different
//! ones) and known by a number. It does not know jobs or their order.

use rustc_hash::FxHashMap;
use std::fmt;

/// A named resource with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u16);

/// What a job takes while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Need {
    /// Cores; 0 counts as 1 where all of a group's are 0.
    pub threads: u32,
    /// Of named resources; none twice.
    pub resources: Vec<(ResourceId, u64)>,
}

impl Need {
    /// Both at the same time.
    pub fn plus(mut self, other: &Need) -> Need {
        self.threads = self.threads.saturating_add(other.threads);
        for (id, amount) in &other.resources {
            match self.resources.iter_mut().find(|(own, _)| own == id) {
                Some((_, own)) => *own += amount,
                None => self.resources.push((*id, *amount)),
            }
        }
        self
    }
}

/// A need in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NeedId(pub u32);

/// A job asks for more than there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Of what: a resource's name, or `cores`.
    pub name: String,
    /// How much the job asks for.
    pub asked: u64,
    /// How much there is.
    pub limit: u64,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "it asks for {} of `{}`, and there are {} in all", self.asked, self.name, self.limit)
    }
}

/// See the module. Resource 0 is the cores, named ones follow.
pub(super) struct Resources {
    names: Vec<String>,
    limits: Vec<u64>,
    free: Vec<u64>,
    needs: Vec<Box<[(u16, u64)]>>,
    ids: FxHashMap<Need, NeedId>,
}

impl Resources {
    pub fn new(cores: u32, limits: Vec<(String, u64)>) -> Resources {
        let (mut names, mut amounts) = (vec!["cores".to_string()], vec![u64::from(cores.max(1))]);
        for (name, limit) in limits {
            names.push(name);
            amounts.push(limit);
        }
        assert!(names.len() < usize::from(u16::MAX), "more than 65000 named resources");
        Resources { names, free: amounts.clone(), limits: amounts, needs: Vec::new(), ids: FxHashMap::default() }
    }

    /// The resource of a name, if it has a limit.
    pub fn find(&self, name: &str) -> Option<ResourceId> {
        let at = self.names.iter().skip(1).position(|n| n == name)?;
        Some(ResourceId(at as u16))
    }

    /// Whether there is as much as a need takes, were all of it free.
    pub fn check(&self, need: &Need) -> Result<(), Excess> {
        for (i, asked) in amounts(need) {
            let limit = self.limits[usize::from(i)];
            if asked > limit {
                return Err(Excess { name: self.names[usize::from(i)].clone(), asked, limit });
            }
        }
        Ok(())
    }

    pub fn intern(&mut self, need: &Need) -> NeedId {
        if let Some(&id) = self.ids.get(need) {
            return id;
        }
        if let Err(excess) = self.check(need) {
            panic!("bug: a job was scheduled that can never run: {excess}");
        }
        let id = NeedId(self.needs.len() as u32);
        self.needs.push(amounts(need).filter(|(_, n)| *n > 0).collect());
        self.ids.insert(need.clone(), id);
        id
    }

    fn need(&self, id: NeedId) -> &[(u16, u64)] {
        &self.needs[id.0 as usize]
    }

    /// Whether a need can be taken now.
    pub fn fits(&self, id: NeedId) -> bool {
        self.need(id).iter().all(|&(i, n)| n <= self.free[usize::from(i)])
    }

    /// Whether `id` can be taken without keeping `waiting`, which does not fit
    /// now, waiting any longer: of all that `waiting` needs, `id` takes nothing
    /// or leaves enough.
    pub fn fits_beside(&self, id: NeedId, waiting: NeedId) -> bool {
        let wanted = |i: u16| self.need(waiting).iter().find(|(j, _)| *j == i).map_or(0, |(_, n)| *n);
        let leaves_enough = |&(i, n): &(u16, u64)| match wanted(i) {
            0 => true,
            wanted => self.free[usize::from(i)] >= wanted + n,
        };
        self.fits(id) && self.need(id).iter().all(leaves_enough)
    }

    pub fn take(&mut self, id: NeedId) {
        for &(i, n) in &self.needs[id.0 as usize] {
            let free = &mut self.free[usize::from(i)];
            *free = free.checked_sub(n).expect("bug: a resource was taken that is not free");
        }
    }

    pub fn give_back(&mut self, id: NeedId) {
        for &(i, n) in &self.needs[id.0 as usize] {
            self.free[usize::from(i)] += n;
        }
    }

    pub fn free_cores(&self) -> u64 {
        self.free[0]
    }
}

fn amounts(need: &Need) -> impl Iterator<Item = (u16, u64)> {
    let named = need.resources.iter().map(|&(ResourceId(i), n)| (i + 1, n));
    std::iter::once((0, u64::from(need.threads.max(1)))).chain(named)
}
