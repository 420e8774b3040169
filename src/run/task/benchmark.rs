//! The `benchmark:` file of a job: a line for each run of its command.
//!
//! Owns the two forms, Snakemake's table and JSON lines, and their units.

use super::{JobTask, plain, stat_of};
use crate::exec::{Exit, Measured};
use crate::value::Val;
use std::fmt::Write;
use std::time::Duration;

/// The columns, with Snakemake's names: seconds, MiB and percent.
const COLUMNS: [&str; 10] =
    ["s", "h:m:s", "max_rss", "max_vms", "max_uss", "max_pss", "io_in", "io_out", "mean_load", "cpu_time"];

/// Bytes of Snakemake's MB.
const MB: f64 = 1024.0 * 1024.0;

/// The columns of `--benchmark-extended` behind them.
const MORE: [&str; 8] =
    ["jobid", "rule_name", "wildcards", "params", "threads", "cpu_usage", "resources", "input_size_mb"];

/// The `benchmark:` file of a job.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// Its path.
    pub path: String,
    /// What else stands in it.
    pub extended: Option<Box<Extended>>,
}

/// What `--benchmark-extended` tells of a job.
#[derive(Clone, Debug)]
pub struct Extended {
    /// Its number.
    pub job: u32,
    /// Its rule.
    pub rule: String,
    /// Its wildcards, a dict.
    pub wildcards: Val,
    /// Its params that have names, a dict.
    pub params: Val,
    /// Its threads.
    pub threads: u32,
    /// Its resources, a dict.
    pub resources: Val,
}

impl Extended {
    /// The cells behind those of a run, in order.
    fn cells(&self, run: &Measured, sizes: &Val) -> [Val; MORE.len()] {
        [
            Val::Int(i64::from(self.job)),
            Val::str(&*self.rule),
            self.wildcards.clone(),
            self.params.clone(),
            Val::Int(i64::from(self.threads)),
            Val::Float(100.0 * run.cpu.as_secs_f64()),
            self.resources.clone(),
            sizes.clone(),
        ]
    }
}

impl JobTask {
    /// Writes the figures of a command that succeeded.
    pub(super) fn write_benchmark(&self, exit: &Exit) -> Result<(), String> {
        let Some(Benchmark { path, extended }) = &self.benchmark else { return Ok(()) };
        let sizes = if extended.is_some() { self.sizes() } else { Val::None };
        let more = |run: &Measured| extended.as_ref().map(|extended| extended.cells(run, &sizes));
        let text = match path.ends_with(".jsonl") {
            true => json(&exit.measured, &more),
            false => table(&exit.measured, &more),
        };
        let written = self.shared.settler.write(path, &text);
        written.map_err(|e| format!("cannot write its benchmark `{path}`: {}", plain(&e)))
    }

    /// The sizes of its inputs in Snakemake's MB.
    fn sizes(&self) -> Val {
        let size = |path: &str| stat_of(path).map_or(Val::None, |stat| Val::Float(stat.size as f64 / MB));
        let paths = self.inputs.iter().map(|input| self.path(input.path));
        Val::Dict(paths.map(|path| (Val::str(&*path), size(&path))).collect())
    }
}

/// What stands behind the figures of a run, if anything does.
type More<'m> = &'m dyn Fn(&Measured) -> Option<[Val; MORE.len()]>;

/// The figures of the columns but `h:m:s`, in order; none where nothing was seen.
fn figures(measured: &Measured) -> [Option<f64>; 9] {
    let memory = measured.memory.map(|m| [m.rss, m.vms, m.uss, m.pss].map(|bytes| bytes as f64 / MB));
    let memory = |i: usize| memory.map(|m| m[i]);
    let io = measured.io.map(|(read, written)| [read as f64 / MB, written as f64 / MB]);
    let (wall, cpu) = (measured.wall.as_secs_f64(), measured.cpu.as_secs_f64());
    let load = (wall > 0.0).then(|| 100.0 * cpu / wall);
    let io = |i: usize| io.map(|io| io[i]);
    [Some(wall), memory(0), memory(1), memory(2), memory(3), io(0), io(1), load, Some(cpu)]
}

/// A duration as Python's `timedelta` shows whole seconds.
fn clock(wall: Duration) -> String {
    let seconds = wall.as_secs();
    let (days, clock) =
        (seconds / 86400, format!("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60));
    match days {
        0 => clock,
        1 => format!("1 day, {clock}"),
        days => format!("{days} days, {clock}"),
    }
}

fn table(runs: &[Measured], more: More<'_>) -> String {
    let mut text = COLUMNS.join("\t");
    if runs.first().and_then(more).is_some() {
        let _ = write!(text, "\t{}", MORE.join("\t"));
    }
    for run in runs {
        let cells = figures(run).map(|figure| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}")));
        let _ = write!(text, "\n{}\t{}\t{}", cells[0], clock(run.wall), cells[1..].join("\t"));
        for cell in more(run).iter().flatten() {
            let cell = match cell {
                Val::Float(figure) => format!("{figure:.2}"),
                Val::Str(text) | Val::Path(text) => text.to_string(),
                other => other.repr(),
            };
            let _ = write!(text, "\t{}", cell.replace(['\t', '\n'], " "));
        }
    }
    text.push('\n');
    text
}

fn json(runs: &[Measured], more: More<'_>) -> String {
    let mut text = String::new();
    for run in runs {
        let figures = figures(run);
        let cell = |figure: Option<f64>| figure.map_or_else(|| "null".to_owned(), |figure| format!("{figure:.4}"));
        let _ = write!(text, "{{\"s\": {}, \"h:m:s\": \"{}\"", cell(figures[0]), clock(run.wall));
        for (name, figure) in COLUMNS[2..].iter().zip(&figures[1..]) {
            let _ = write!(text, ", \"{name}\": {}", cell(*figure));
        }
        for (name, cell) in MORE.iter().zip(more(run).iter().flatten()) {
            let _ = write!(text, ", \"{name}\": {}", cell.to_json());
        }
        text.push_str("}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Memory;

    #[test]
    fn a_line_for_each_run() {
        let memory = Memory { rss: 3 << 20, vms: 5 << 20, uss: 1 << 20, pss: 3 << 19 };
        let seen = Measured {
            wall: Duration::from_millis(3_723_500),
            cpu: Duration::from_millis(1_861_750),
            memory: Some(memory),
            io: Some((1 << 20, 0)),
        };
        let unseen = Measured { wall: Duration::from_millis(4), ..Measured::default() };
        let text = table(&[seen.clone(), unseen.clone()], &|_| None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].split('\t').collect::<Vec<_>>(), COLUMNS);
        assert_eq!(lines[1], "3723.50\t1:02:03\t3.00\t5.00\t1.00\t1.50\t1.00\t0.00\t50.00\t1861.75");
        assert_eq!(lines[2], "0.00\t0:00:00\t-\t-\t-\t-\t-\t-\t0.00\t0.00");
        let text = json(&[seen, unseen], &|_| None);
        let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((rows[0]["max_pss"].as_f64(), &rows[0]["h:m:s"]), (Some(1.5), &"1:02:03".into()));
        assert!(rows[1]["io_in"].is_null() && rows[1]["cpu_time"].as_f64() == Some(0.0));
    }

    #[test]
    fn days_are_told() {
        assert_eq!(
            [clock(Duration::from_secs(90_000)), clock(Duration::from_secs(180_061))],
            ["1 day, 1:00:00", "2 days, 2:01:01"]
        );
    }
}
