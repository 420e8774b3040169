//! Tests of the scheduler.

use super::*;
use std::collections::BTreeSet;

/// Numbers of a fixed sequence (Knuth's MMIX generator).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

fn need(threads: u32) -> Need {
    Need { threads, resources: Vec::new() }
}

fn job(weight_ms: u64) -> JobDesc {
    JobDesc { need: need(1), weight_ms, ..JobDesc::default() }
}

/// Decides that everything runs.
fn decide_all(s: &mut Scheduler) {
    while let Some(id) = s.next_to_decide() {
        s.decide(id, Decision::Run);
    }
}

fn pop_all(s: &mut Scheduler) -> Vec<u32> {
    std::iter::from_fn(|| s.pop_ready()).map(|id| id.0).collect()
}

#[test]
fn a_row_is_small() {
    assert_eq!(size_of::<Job>(), 40);
    assert_eq!(size_of::<Edge>(), 8);
}

#[test]
fn a_job_waits_for_its_inputs() {
    let mut s = Scheduler::new(8, Vec::new());
    let ids: Vec<JobId> = (0..4).map(|_| s.add(&job(1))).collect();
    for (from, to) in [(0, 2), (1, 2), (2, 3)] {
        s.add_edge(ids[from], ids[to]);
    }
    assert_eq!(s.next_to_decide(), None, "nothing moves before the start");
    s.start();
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [0, 1]);
    assert!(s.finished(ids[0], Outcome::Made).is_empty());
    assert_eq!(s.next_to_decide(), None);
    s.finished(ids[1], Outcome::Made);
    assert_eq!(s.next_to_decide(), Some(ids[2]));
    s.decide(ids[2], Decision::Fresh);
    assert_eq!((s.next_to_decide(), s.state(ids[3])), (Some(ids[3]), JobState::Deciding));
    s.decide(ids[3], Decision::Fresh);
    assert!(s.is_over());
    assert_eq!((s.count(JobState::Made), s.count(JobState::Fresh)), (2, 2));
}

#[test]
fn priority_then_path_then_order() {
    let mut s = Scheduler::new(1, Vec::new());
    let short = s.add(&JobDesc { order: 9, ..job(5) });
    let early = s.add(&JobDesc { order: 1, ..job(5) });
    let long = s.add(&JobDesc { order: 10, ..job(2) });
    let after = s.add(&job(100));
    let urgent = s.add(&JobDesc { priority: 1, order: 11, ..job(0) });
    s.add_edge(long, after);
    s.start();
    assert_eq!(s.jobs[long.index()].path, 102);
    decide_all(&mut s);
    let mut got = Vec::new();
    while let Some(id) = s.pop_ready() {
        got.push(id);
        s.finished(id, Outcome::Made);
        decide_all(&mut s);
    }
    assert_eq!(got, [urgent, long, after, early, short]);
}

#[test]
fn a_failure_cancels_what_waits_for_it() {
    let mut s = Scheduler::new(8, Vec::new());
    let ids: Vec<JobId> = (0..5).map(|_| s.add(&job(1))).collect();
    for (from, to) in [(0, 1), (1, 2), (0, 2), (3, 2), (3, 4)] {
        s.add_edge(ids[from], ids[to]);
    }
    s.start();
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [0, 3]);
    let mut cancelled = s.finished(ids[0], Outcome::Failed);
    cancelled.sort();
    assert_eq!(cancelled, [ids[1], ids[2]]);
    s.finished(ids[3], Outcome::Made);
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [4]);
    s.finished(ids[4], Outcome::Made);
    assert!(s.is_over());
    let late = s.add(&job(1));
    s.add_edge(ids[2], late);
    s.add_edge(ids[4], late);
    s.start();
    assert_eq!(s.state(late), JobState::Cancelled);
}

#[test]
fn a_fresh_job_can_be_asked_for() {
    let mut s = Scheduler::new(8, Vec::new());
    let (source, temp, user, other) = (s.add(&job(1)), s.add(&job(1)), s.add(&job(1)), s.add(&job(1)));
    for (from, to) in [(source, temp), (temp, user), (temp, other)] {
        s.add_edge(from, to);
    }
    s.start();
    for id in [source, temp] {
        assert_eq!(s.next_to_decide(), Some(id));
        s.decide(id, Decision::Fresh);
    }
    let mut both = [s.next_to_decide(), s.next_to_decide()];
    both.sort();
    assert_eq!(both, [Some(user), Some(other)]);
    s.decide(other, Decision::Fresh);
    assert!(s.wait_for(user, temp));
    s.decide(user, Decision::Run);
    assert_eq!((s.state(user), s.pop_ready()), (JobState::Waiting, None));
    assert_eq!(s.next_to_decide(), Some(temp));
    assert!(s.wait_for(temp, source));
    s.decide(temp, Decision::Run);
    assert_eq!(s.next_to_decide(), Some(source));
    s.decide(source, Decision::Run);
    for id in [source, temp, user] {
        assert_eq!((s.pop_ready(), s.pop_ready()), (Some(id), None));
        s.finished(id, Outcome::Made);
        assert_eq!(s.next_to_decide(), None, "all was decided");
    }
    assert!(s.is_over() && s.count(JobState::Made) == 3);
}

#[test]
fn asking_for_a_failed_job_cancels() {
    let mut s = Scheduler::new(8, Vec::new());
    let (temp, late, user, last) = (s.add(&job(1)), s.add(&job(1)), s.add(&job(1)), s.add(&job(1)));
    for (from, to) in [(temp, late), (late, user), (temp, user), (user, last)] {
        s.add_edge(from, to);
    }
    s.start();
    s.next_to_decide();
    s.decide(temp, Decision::Fresh);
    assert_eq!(s.next_to_decide(), Some(late));
    assert!(s.wait_for(late, temp));
    s.decide(late, Decision::Run);
    s.next_to_decide();
    assert_eq!(s.fail(temp), [late, user, last]);
    assert!(s.is_over());
}

#[test]
fn a_job_is_tried_again_with_another_need() {
    let mut s = Scheduler::new(4, vec![("mem".into(), 10)]);
    let mem = s.resource("mem").unwrap();
    let of = |n| Need { threads: 2, resources: vec![(mem, n)] };
    let big = s.add(&JobDesc { need: of(4), ..job(9) });
    let small = s.add(&JobDesc { need: of(6), ..job(1) });
    s.start();
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [0, 1]);
    s.retry(big, &of(8));
    assert_eq!(s.pop_ready(), None);
    s.finished(small, Outcome::Made);
    assert_eq!(s.pop_ready(), Some(big));
}

#[test]
fn too_much_is_an_error() {
    let s = Scheduler::new(4, vec![("mem".into(), 10)]);
    assert_eq!(s.resource("gpu"), None);
    let mem = s.resource("mem").unwrap();
    assert!(s.check(&Need { threads: 4, resources: vec![(mem, 10)] }).is_ok());
    let excess = s.check(&Need { threads: 1, resources: vec![(mem, 11)] }).unwrap_err();
    assert_eq!(excess.to_string(), "it asks for 11 of `mem`, and there are 10 in all");
    assert_eq!(s.check(&need(5)).unwrap_err().name, "cores");
}

#[test]
fn a_big_job_is_not_starved() {
    let mut s = Scheduler::new(4, vec![("gpu".into(), 1)]);
    let gpu = s.resource("gpu").unwrap();
    let big = s.add(&JobDesc { need: need(4), ..job(1000) });
    let smalls: Vec<JobId> = (0..500).map(|_| s.add(&job(1))).collect();
    s.start();
    while let Some(id) = s.next_to_decide() {
        if id != big {
            s.decide(id, Decision::Run);
        }
    }
    assert_eq!(pop_all(&mut s).len(), 4);
    let mut running: VecDeque<JobId> = smalls[..4].to_vec().into();
    // Now the big one is there, and better than all others.
    s.jobs[big.index()].state = JobState::Deciding;
    s.decide(big, Decision::Run);
    let mut before = 0;
    while s.state(big) == JobState::Ready {
        s.finished(running.pop_front().unwrap(), Outcome::Made);
        running.extend(std::iter::from_fn(|| s.pop_ready()));
        before += 1;
        assert!(before <= ready::PATIENCE + 4, "{before} others ended before the big one ran");
    }
    assert!(before >= ready::PATIENCE, "its room was used meanwhile");
    assert_eq!(s.resource("gpu"), Some(gpu));
}

#[test]
fn a_big_job_does_not_wait_for_what_lasts_until_others_end() {
    let mut s = Scheduler::new(4, Vec::new());
    let service = s.add(&JobDesc { priority: 9, ..job(1) });
    let readers: Vec<JobId> = (0..100).map(|_| s.add(&job(1))).collect();
    let big = s.add(&JobDesc { need: need(4), priority: 5, ..job(1) });
    readers.iter().for_each(|reader| s.add_edge(service, *reader));
    s.start();
    decide_all(&mut s);
    assert_eq!(s.pop_ready(), Some(service));
    s.release_early(service);
    decide_all(&mut s);
    for _ in &readers {
        let reader = s.pop_ready().expect("a reader runs, for the big job cannot");
        s.finished(reader, Outcome::Made);
    }
    s.finished(service, Outcome::Made);
    assert_eq!(s.pop_ready(), Some(big));
}

#[test]
fn while_a_big_job_is_waited_for_what_does_not_hinder_it_runs() {
    let mut s = Scheduler::new(10, vec![("mem".into(), 10)]);
    let mem = s.resource("mem").unwrap();
    let of = |threads, n| Need { threads, resources: vec![(mem, n)] };
    let first = s.add(&JobDesc { need: of(1, 5), priority: 9, ..job(1) });
    let big = s.add(&JobDesc { need: of(1, 10), priority: 8, ..job(1) });
    let takers: Vec<JobId> = (0..50).map(|_| s.add(&JobDesc { need: of(1, 5), priority: 2, ..job(1) })).collect();
    for _ in 0..50 {
        s.add(&JobDesc { need: need(1), ..job(1) });
    }
    s.start();
    decide_all(&mut s);
    assert_eq!(s.pop_ready(), Some(first));
    for &taker in &takers[..8] {
        assert_eq!(s.pop_ready(), Some(taker));
        s.finished(taker, Outcome::Made);
    }
    for _ in 8..ready::PATIENCE {
        let id = s.pop_ready().unwrap();
        s.finished(id, Outcome::Made);
    }
    // From here on memory is kept for the big one, and a core; others run.
    let beside = pop_all(&mut s);
    assert_eq!(beside.len(), 8);
    assert!(beside.iter().all(|id| *id >= 52));
    s.finished(first, Outcome::Made);
    assert_eq!(s.pop_ready(), Some(big));
}

/// A made-up pipeline.
struct Made {
    descs: Vec<JobDesc>,
    edges: Vec<(usize, usize)>,
    cores: u32,
    limits: Vec<(String, u64)>,
}

fn random_pipeline(seed: u64) -> Made {
    let mut random = Sequence(seed);
    let cores = 1 + random.below(6) as u32;
    let limits = vec![("mem".to_string(), 5 + random.below(20)), ("gpu".to_string(), 1 + random.below(2))];
    let n = 1 + random.below(60) as usize;
    let mut descs = Vec::new();
    let mut edges = Vec::new();
    for i in 0..n {
        let mut resources = Vec::new();
        if random.below(3) == 0 {
            resources.push((ResourceId(0), random.below(limits[0].1 + 1)));
        }
        if random.below(4) == 0 {
            resources.push((ResourceId(1), 1));
        }
        let threads = 1 + random.below(u64::from(cores)) as u32;
        let need = Need { threads, resources };
        let priority = if random.below(5) == 0 { random.below(3) as i64 } else { 0 };
        descs.push(JobDesc { need, priority, weight_ms: 1 + random.below(50), order: i as u32 });
        for _ in 0..if i > 0 { random.below(4) } else { 0 } {
            edges.push((random.below(i as u64) as usize, i));
        }
    }
    Made { descs, edges, cores, limits }
}

/// A slow and obvious model beside the scheduler: plays a pipeline, checks every
/// step, and gives the virtual time at the end.
struct Play {
    s: Scheduler,
    made: Made,
    random: Sequence,
    /// End, and the job.
    running: BTreeSet<(u64, u32)>,
    now: u64,
    done: Vec<bool>,
    dead: Vec<bool>,
}

impl Play {
    fn new(made: Made, seed: u64) -> Play {
        let mut s = Scheduler::new(made.cores, made.limits.clone());
        for desc in &made.descs {
            s.add(desc);
        }
        for &(from, to) in &made.edges {
            s.add_edge(JobId(from as u32), JobId(to as u32));
        }
        s.start();
        let n = made.descs.len();
        let (done, dead) = (vec![false; n], vec![false; n]);
        Play { s, made, random: Sequence(seed), running: BTreeSet::new(), now: 0, done, dead }
    }

    fn run(&mut self, failures: u64) -> u64 {
        loop {
            self.decide();
            while let Some(id) = self.s.pop_ready() {
                self.check_start(id);
                self.running.insert((self.now + self.made.descs[id.index()].weight_ms, id.0));
            }
            let Some((end, id)) = self.running.pop_first() else { break };
            self.now = end;
            self.end(id, failures);
        }
        assert!(self.s.is_over());
        for i in 0..self.done.len() {
            assert!(self.done[i] != self.dead[i], "job {i} has no end");
            assert_eq!(self.s.state(JobId(i as u32)).is_done(), self.done[i]);
        }
        self.now
    }

    fn decide(&mut self) {
        while let Some(id) = self.s.next_to_decide() {
            self.check_inputs(id);
            let fresh = self.random.below(5) == 0;
            self.s.decide(id, if fresh { Decision::Fresh } else { Decision::Run });
            self.done[id.index()] |= fresh;
        }
    }

    fn end(&mut self, id: u32, failures: u64) {
        if failures > 0 && self.random.below(failures) == 0 {
            self.dead[id as usize] = true;
            let cancelled = self.s.finished(JobId(id), Outcome::Failed);
            for job in cancelled {
                self.dead[job.index()] = true;
            }
            let lives = |&(from, to): &(usize, usize)| self.dead[from] && !self.dead[to];
            assert!(!self.made.edges.iter().any(lives), "one that waits for a failed job was not cancelled");
        } else {
            self.done[id as usize] = true;
            assert!(self.s.finished(JobId(id), Outcome::Made).is_empty());
        }
    }

    fn check_inputs(&self, id: JobId) {
        let inputs = self.made.edges.iter().filter(|(_, to)| *to == id.index());
        assert!(inputs.clone().all(|(from, _)| self.done[*from]), "{id:?} came before its inputs");
        assert!(!self.done[id.index()] && !self.dead[id.index()]);
    }

    fn check_start(&self, id: JobId) {
        self.check_inputs(id);
        let all = || self.running.iter().map(|(_, i)| *i).chain([id.0]).map(|i| &self.made.descs[i as usize].need);
        assert!(all().map(|need| need.threads).sum::<u32>() <= self.made.cores, "more threads than cores");
        for (i, (name, limit)) in self.made.limits.iter().enumerate() {
            let of = |need: &Need| need.resources.iter().filter(|(r, _)| r.0 == i as u16).map(|(_, n)| n).sum::<u64>();
            assert!(all().map(of).sum::<u64>() <= *limit, "more {name} than there is");
        }
    }
}

#[test]
fn made_up_pipelines_run_within_bounds_to_the_end() {
    for seed in 0..400 {
        let mut play = Play::new(random_pipeline(seed), seed + 1);
        play.run(if seed % 2 == 0 { 0 } else { 6 });
    }
}

#[test]
fn a_better_job_that_fits_is_never_passed_over() {
    for seed in 0..200 {
        let mut made = random_pipeline(seed);
        for desc in &mut made.descs {
            desc.need = need(1);
        }
        let mut play = Play::new(made, seed);
        loop {
            play.decide();
            let mut last: Option<Place> = None;
            while let Some(id) = play.s.pop_ready() {
                let place = play.s.place(id);
                assert!(last.is_none_or(|last| last > place), "out of order");
                last = Some(place);
                play.running.insert((play.now + play.made.descs[id.index()].weight_ms, id.0));
            }
            let Some((end, id)) = play.running.pop_first() else { break };
            play.now = end;
            play.end(id, 0);
        }
    }
}

/// Many short jobs and some long chains, as pipelines of few large samples among
/// many small have; the long ones come last in the Rulefile's order.
fn skewed_pipeline(seed: u64) -> (Made, u64, u64) {
    let mut random = Sequence(seed);
    let cores = 2 + random.below(7) as u32;
    let (mut descs, mut edges) = (Vec::new(), Vec::new());
    let chains = 1 + random.below(3);
    let chain_of = 3 + random.below(5);
    for _ in 0..100 + random.below(200) {
        descs.push(JobDesc { order: descs.len() as u32, ..job(1 + random.below(100)) });
    }
    for _ in 0..chains {
        for step in 0..chain_of {
            if step > 0 {
                edges.push((descs.len() - 1, descs.len()));
            }
            descs.push(JobDesc { order: descs.len() as u32, ..job(200 + random.below(600)) });
        }
    }
    let work: u64 = descs.iter().map(|d| d.weight_ms).sum();
    let made = Made { descs, edges, cores, limits: Vec::new() };
    (made, work, u64::from(cores))
}

/// The time a pipeline takes when everything runs.
fn makespan(made: &Made, known: bool) -> (u64, u64) {
    let mut s = Scheduler::new(made.cores, Vec::new());
    for desc in &made.descs {
        let weight_ms = if known { desc.weight_ms } else { 0 };
        s.add(&JobDesc { weight_ms, ..desc.clone() });
    }
    for &(from, to) in &made.edges {
        s.add_edge(JobId(from as u32), JobId(to as u32));
    }
    s.start();
    let critical = s.jobs.iter().map(|job| job.path).max().unwrap();
    let (mut running, mut now) = (BTreeSet::new(), 0);
    loop {
        decide_all(&mut s);
        while let Some(id) = s.pop_ready() {
            running.insert((now + made.descs[id.index()].weight_ms, id));
        }
        let Some((end, id)) = running.pop_first() else { return (now, critical) };
        now = end;
        s.finished(id, Outcome::Made);
    }
}

#[test]
fn the_longest_path_first_comes_near_the_lower_bound() {
    let (mut by_path, mut by_list) = (0.0, 0.0);
    for seed in 0..50 {
        let (made, work, cores) = skewed_pipeline(seed);
        let (time, critical) = makespan(&made, true);
        let bound = critical.max(work.div_ceil(cores)) as f64;
        let (list_time, _) = makespan(&made, false);
        assert!(time as f64 <= bound * 1.1, "seed {seed}: {time} ms, the bound is {bound}");
        by_path += time as f64 / bound / 50.0;
        by_list += list_time as f64 / bound / 50.0;
    }
    assert!(by_path < 1.03 && by_list > 1.3, "by path {by_path:.3}, in list order {by_list:.3} times the bound");
}

#[test]
fn a_million_jobs() {
    let n = 1_000_000;
    let mut s = Scheduler::new(2, Vec::new());
    for i in 0..n {
        s.add(&JobDesc { order: i, ..job(3) });
    }
    for i in 1..n {
        s.add_edge(JobId(i - 1), JobId(i));
    }
    let last = s.add(&job(1));
    for i in 0..n {
        s.add_edge(JobId(i), last);
    }
    s.start();
    assert_eq!(s.jobs[0].path, 3_000_001);
    decide_all(&mut s);
    let id = s.pop_ready().unwrap();
    s.finished(id, Outcome::Made);
    decide_all(&mut s);
    let id = s.pop_ready().unwrap();
    assert_eq!(s.finished(id, Outcome::Failed).len(), n as usize - 1);
    assert!(s.is_over());
}

#[test]
fn the_graph_grows_while_it_runs() {
    let mut s = Scheduler::new(1, Vec::new());
    let (check, waits) = (s.add(&job(1)), s.add(&job(1)));
    s.add_edge(check, waits);
    let low = s.add(&JobDesc { priority: -1, ..job(1) });
    s.start();
    decide_all(&mut s);
    assert_eq!(s.pop_ready(), Some(check));
    let new = s.add(&job(5));
    s.add_edge(new, waits);
    s.add_edge(check, new);
    s.finished(check, Outcome::Made);
    s.start();
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [new.0]);
    assert_eq!(s.jobs[new.index()].path, 6);
    let (newer, newest) = (s.add(&job(7)), s.add(&job(2)));
    s.add_edge(newer, newest);
    s.add_edge(waits, newest);
    s.start();
    assert_eq!([new, waits, newer, newest].map(|id| s.jobs[id.index()].path), [6, 3, 9, 2]);
    s.finished(new, Outcome::Made);
    decide_all(&mut s);
    assert_eq!(pop_all(&mut s), [newer.0]);
    s.finished(newer, Outcome::Made);
    assert_eq!(s.pop_ready(), Some(waits));
    s.finished(waits, Outcome::Made);
    decide_all(&mut s);
    assert_eq!(s.pop_ready(), Some(newest));
    s.finished(newest, Outcome::Made);
    assert_eq!(s.pop_ready(), Some(low));
}

/// Each of many jobs asks for a job of its own as it is decided. To measure all
/// again for each of them would be 10^10 steps.
#[test]
fn many_small_additions() {
    let n = 100_000;
    let mut s = Scheduler::new(1, Vec::new());
    for _ in 0..n {
        s.add(&job(1));
    }
    s.start();
    let mut asking = Vec::new();
    while let Some(id) = s.next_to_decide() {
        if id.0 < n {
            let maker = s.add(&job(1));
            s.start();
            assert!(s.wait_for(id, maker));
            asking.push(id);
        }
        s.decide(id, Decision::Run);
    }
    assert_eq!(asking.len() as u32, n);
    while let Some(id) = s.pop_ready() {
        s.finished(id, Outcome::Made);
    }
    assert_eq!(s.count(JobState::Made), 2 * n);
}
