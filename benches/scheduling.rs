//! How long made-up pipelines take by the order in which ready jobs are started,
//! in virtual time, beside the least that any order could take.
//!
//! `cargo bench --bench scheduling` prints a table. The lower bound is the longer
//! of the critical path and the work divided by the cores.
//!
//! The orders: that of the Rulefile; the largest job first, which is what
//! Snakemake's greedy scheduler comes to where a job's input size tells how long
//! it takes (it orders by priority, then by the size of the inputs); and
//! rulemake's own scheduler, which knows recorded durations. The fourth is
//! rulemake's with durations that are off by up to a half either way.

use rulemake::schedule::{Decision, JobDesc, JobId, Need, Outcome, Scheduler};
use std::collections::BTreeSet;
use std::io::Write;

/// Makes a pipeline from a seed.
type Shape = fn(u64) -> Made;

/// Pipelines of each shape.
const SEEDS: u64 = 100;

/// Numbers of a fixed sequence (Knuth's MMIX generator).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Durations in milliseconds of which few are long: a product of three.
    fn skewed(&mut self) -> u64 {
        (1 + self.below(10)) * (1 + self.below(10)) * (1 + self.below(10))
    }
}

/// Durations in milliseconds, and who waits for whom.
#[derive(Default)]
struct Made {
    lengths: Vec<u64>,
    edges: Vec<(usize, usize)>,
    cores: u32,
}

impl Made {
    fn job(&mut self, length: u64, after: &[usize]) -> usize {
        let id = self.lengths.len();
        self.lengths.push(length);
        self.edges.extend(after.iter().map(|from| (*from, id)));
        id
    }

    /// Many short jobs, then a few long chains.
    fn chains_last(seed: u64) -> Made {
        let mut random = Sequence(seed);
        let mut made = Made { cores: 2 + random.below(7) as u32, ..Made::default() };
        for _ in 0..100 + random.below(200) {
            let length = 1 + random.below(100);
            made.job(length, &[]);
        }
        for _ in 0..1 + random.below(3) {
            let mut last = Vec::new();
            for _ in 0..3 + random.below(5) {
                let length = 200 + random.below(600);
                last = vec![made.job(length, &last)];
            }
        }
        made
    }

    /// Large jobs, and long chains of small ones.
    fn chains_of_small(seed: u64) -> Made {
        let mut random = Sequence(seed);
        let mut made = Made { cores: 4 + random.below(5) as u32, ..Made::default() };
        for _ in 0..2 * made.cores {
            let length = 200 + random.below(600);
            made.job(length, &[]);
        }
        for _ in 0..1 + random.below(3) {
            let mut last = Vec::new();
            for _ in 0..40 {
                let length = 10 + random.below(30);
                last = vec![made.job(length, &last)];
            }
        }
        made
    }

    /// Samples of skewed size, four steps each, and a job that reads all.
    fn samples(seed: u64) -> Made {
        let mut random = Sequence(seed);
        let mut made = Made { cores: 2 + random.below(15) as u32, ..Made::default() };
        let mut ends = Vec::new();
        for _ in 0..20 + random.below(40) {
            let size = random.skewed();
            let mut last = Vec::new();
            for step in [1, 4, 2, 1] {
                last = vec![made.job(1 + size * step / 2, &last)];
            }
            ends.extend(last);
        }
        made.job(50, &ends);
        made
    }

    /// Ten steps of thirty jobs, each after up to three of the step before.
    fn layers(seed: u64) -> Made {
        let mut random = Sequence(seed);
        let mut made = Made { cores: 4 + random.below(5) as u32, ..Made::default() };
        for layer in 0..10 {
            for _ in 0..30 {
                let before = layer * 30;
                let mut after: Vec<usize> = match layer {
                    0 => Vec::new(),
                    _ => (0..1 + random.below(3)).map(|_| before - 30 + random.below(30) as usize).collect(),
                };
                after.sort_unstable();
                after.dedup();
                let length = random.skewed();
                made.job(length, &after);
            }
        }
        made
    }

    /// The longer of the critical path and the work over the cores.
    fn bound(&self) -> u64 {
        let mut ends = self.lengths.clone();
        // Edges were added in the order of the jobs they lead to.
        for &(from, to) in &self.edges {
            ends[to] = ends[to].max(ends[from] + self.lengths[to]);
        }
        let work: u64 = self.lengths.iter().sum();
        ends.into_iter().max().unwrap_or(0).max(work.div_ceil(u64::from(self.cores)))
    }

    /// Starts the ready job of the greatest rank first.
    fn by_rank(&self, rank: impl Fn(usize) -> u64) -> u64 {
        let mut waiting = vec![0; self.lengths.len()];
        self.edges.iter().for_each(|(_, to)| waiting[*to] += 1);
        let place = |id: usize| (u64::MAX - rank(id), id);
        let mut ready: BTreeSet<(u64, usize)> = (0..waiting.len()).filter(|i| waiting[*i] == 0).map(place).collect();
        let (mut running, mut now) = (BTreeSet::new(), 0);
        loop {
            while running.len() < self.cores as usize
                && let Some((_, id)) = ready.pop_first()
            {
                running.insert((now + self.lengths[id], id));
            }
            let Some((end, id)) = running.pop_first() else { return now };
            now = end;
            for (_, to) in self.edges.iter().filter(|(from, _)| *from == id) {
                waiting[*to] -= 1;
                if waiting[*to] == 0 {
                    ready.insert(place(*to));
                }
            }
        }
    }

    /// Rulemake's scheduler, which is told these durations.
    fn by_path(&self, told: &[u64]) -> u64 {
        let mut s = Scheduler::new(self.cores, Vec::new());
        for (i, weight_ms) in told.iter().enumerate() {
            let need = Need { threads: 1, resources: Vec::new() };
            s.add(&JobDesc { need, weight_ms: *weight_ms, order: i as u32, ..JobDesc::default() });
        }
        for &(from, to) in &self.edges {
            s.add_edge(JobId(from as u32), JobId(to as u32));
        }
        s.start();
        let (mut running, mut now) = (BTreeSet::new(), 0);
        loop {
            while let Some(id) = s.next_to_decide() {
                s.decide(id, Decision::Run);
            }
            while let Some(id) = s.pop_ready() {
                running.insert((now + self.lengths[id.index()], id));
            }
            let Some((end, id)) = running.pop_first() else { return now };
            now = end;
            s.finished(id, Outcome::Made);
        }
    }

    /// Durations as a record of other days tells them.
    fn misremembered(&self, seed: u64) -> Vec<u64> {
        let mut random = Sequence(seed);
        self.lengths.iter().map(|l| (l * (50 + random.below(101)) / 100).max(1)).collect()
    }
}

/// Means over all seeds of the time by each order, in units of the bound.
fn means(shape: Shape) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for seed in 0..SEEDS {
        let made = shape(seed);
        let times = [
            made.by_rank(|_| 0),
            made.by_rank(|id| made.lengths[id]),
            made.by_path(&made.lengths),
            made.by_path(&made.misremembered(seed)),
        ];
        let bound = made.bound() as f64;
        sums.iter_mut().zip(times).for_each(|(sum, time)| *sum += time as f64 / bound / SEEDS as f64);
    }
    sums
}

fn main() -> std::io::Result<()> {
    let shapes: [(&str, Shape); 4] = [
        ("short jobs, long chains last", Made::chains_last),
        ("large jobs, long chains of small ones", Made::chains_of_small),
        ("samples of skewed size", Made::samples),
        ("ten layers, skewed lengths", Made::layers),
    ];
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| pipelines | Rulefile's order | largest first | longest path first | the same, lengths off by half |"
    )?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (name, shape) in shapes {
        let [list, greedy, path, rough] = means(shape);
        writeln!(out, "| {name} | {list:.3} | {greedy:.3} | {path:.3} | {rough:.3} |")?;
    }
    Ok(())
}
