//! Micro-benchmarks of the steps of a plan: parsing, loading, matching, growing
//! the graph, digesting, loading the log, scheduling.
//!
//! `cargo bench --bench micro` times them; for counts that do not depend on what
//! else the machine does, run the built program under `valgrind --tool=callgrind`
//! with the name of one of them and `--sample-count 1 --sample-size 1`.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use rulemake::eval;
use rulemake::files;
use rulemake::graph;
use rulemake::path::{PathId, Paths};
use rulemake::pattern::{Index, Pattern};
use rulemake::record::{Input, Record};
use rulemake::schedule::{Decision, JobDesc, Outcome, Scheduler};
use rulemake::span::Sources;
use rulemake::state::{How, Mode, State};
use rulemake::syntax;
use std::fmt::Write;
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// As many rules of four lines, each for a file of its own.
fn explicit_rules(count: usize) -> String {
    let mut text = format!("rule all:\n    input: expand(\"out/{{i}}.txt\", i=range({count}))\n\n");
    for i in 0..count {
        let _ = write!(
            text,
            "rule r{i}:\n    input: \"in/{i}.txt\"\n    output: \"out/{i}.txt\"\n    shell: \"cp {{input}} {{output}}\"\n\n"
        );
    }
    text
}

/// Chains of two jobs each, and one job that reads all.
fn wide(chains: usize) -> String {
    format!(
        "rule gather:\n    input: expand(\"out/{{i}}.txt\", i=range({chains}))\n    output: \"all.txt\"\n    shell: \"touch {{output}}\"\n\n\
         rule first:\n    input: \"in/{{i}}.txt\"\n    output: \"mid/{{i}}.txt\"\n    shell: \"cp {{input}} {{output}}\"\n\n\
         rule second:\n    input: \"mid/{{i}}.txt\"\n    output: \"out/{{i}}.txt\"\n    shell: \"cp {{input}} {{output}}\"\n"
    )
}

/// A Rulefile on disk.
struct Written {
    _dir: TempDir,
    path: String,
}

fn written(text: &str) -> Written {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let path = dir.path().join("Rulefile").to_string_lossy().into_owned();
    std::fs::write(&path, text).expect("the scratch directory takes a file");
    Written { _dir: dir, path }
}

fn loaded(file: &Written) -> eval::Loaded {
    let request = eval::Request { path: file.path.clone(), ..eval::Request::default() };
    eval::load(request, &mut Sources::default()).expect("the Rulefile is good")
}

#[divan::bench]
fn parse_1000_rules(bencher: Bencher<'_, '_>) {
    let text = explicit_rules(1000);
    let mut sources = Sources::default();
    let file = sources.add("Rulefile", text.as_str());
    bencher
        .counter(ItemsCount::new(1000_usize))
        .bench_local(|| syntax::parse(file, divan::black_box(&text), syntax::Base::default()).is_ok());
}

#[divan::bench]
fn load_1000_rules(bencher: Bencher<'_, '_>) {
    let file = written(&explicit_rules(1000));
    bencher.counter(ItemsCount::new(1000_usize)).bench_local(|| loaded(&file));
}

#[divan::bench]
fn match_10000_paths_among_10000_patterns(bencher: Bencher<'_, '_>) {
    let pattern = |i: usize| Pattern::parse(&format!("out/r{i}.{{x}}.txt")).expect("a pattern");
    let patterns: Vec<Pattern> = (0..10_000).map(pattern).collect();
    let index = Index::new(&patterns);
    let paths: Vec<String> = (0..10_000).map(|i| format!("out/r{i}.a.txt")).collect();
    let (mut hits, mut ranges) = (Vec::new(), Vec::new());
    bencher.counter(ItemsCount::new(paths.len())).bench_local(|| {
        let mut found = 0;
        for path in &paths {
            index.candidates(path, &mut hits);
            found += hits.iter().filter(|id| patterns[**id as usize].captures(path, &mut ranges)).count();
        }
        assert_eq!(found, paths.len(), "each path matches its own pattern");
    });
}

/// Sources are there, nothing else is.
struct Sourced;

impl graph::Files for Sourced {
    fn named(&mut self, _paths: &Paths, _path: PathId) {}

    fn exist(&mut self, paths: &Paths, ids: &[PathId]) -> Vec<bool> {
        ids.iter().map(|id| paths.str(*id).starts_with("in/")).collect()
    }

    fn recorded(&self, _path: PathId) -> bool {
        false
    }
}

#[divan::bench]
fn graph_of_20001_jobs(bencher: Bencher<'_, '_>) {
    let file = written(&wide(10_000));
    let loaded = loaded(&file);
    let default = graph::Target::default_of(&loaded.rulefile).expect("it has no wildcards");
    let targets = [default.expect("a default target")];
    bencher.counter(ItemsCount::new(20_001_usize)).bench_local(|| {
        let request = graph::Request {
            book: &loaded.rulefile,
            functions: &loaded.functions,
            targets: &targets,
            choice: &graph::Choice::default(),
            files: &mut Sourced,
        };
        let (graph, _) = graph::build(request, &mut Paths::default()).expect("the sources are there");
        assert_eq!(graph.order().len(), 20_001);
    });
}

#[divan::bench(args = [1, 2])]
fn digest_64_mib(bencher: Bencher<'_, '_>, threads: usize) {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let path = dir.path().join("data").to_string_lossy().into_owned();
    std::fs::write(&path, vec![7; 64 << 20]).expect("the scratch directory takes a file");
    bencher.counter(BytesCount::new(64_usize << 20)).bench_local(|| files::digest_file(&path, threads).is_ok());
}

#[divan::bench]
fn load_a_log_of_10000_records(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let mut paths = Paths::default();
    let mut opened = State::open(dir.path(), &mut paths, Mode::Run, How::Auto).expect("a new state");
    for i in 0..10_000 {
        let [input, output] = ["in", "out"].map(|d| paths.intern(&format!("{d}/{i}.txt")));
        let digest = rulemake::digest::Digest::of(&[1]);
        let record = Record {
            made_from: digest,
            recipe: digest,
            rule: "copy".into(),
            inputs: vec![Input { path: input, digest, ancient: false }],
            outputs: vec![(output, digest)],
            command: "cp {input} {output}".into(),
            ..Record::default()
        };
        opened.state.append(&record, None, &paths).expect("the log takes a record");
    }
    opened.state.close(opened.memo, &paths).expect("the log is closed");
    bencher.counter(ItemsCount::new(10_000_usize)).bench_local(|| {
        let again = State::open(dir.path(), &mut Paths::default(), Mode::ReadOnly, How::Auto).expect("the state");
        assert_eq!(again.state.len(), 10_000);
    });
}

#[divan::bench]
fn schedule_20001_jobs(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(20_001_usize)).bench_local(|| {
        let mut s = Scheduler::new(8, Vec::new());
        let need = rulemake::schedule::Need { threads: 1, resources: Vec::new() };
        let last = JobDesc { need: need.clone(), weight_ms: 1, ..JobDesc::default() };
        let last = s.add(&last);
        for i in 0..10_000 {
            let desc = JobDesc { need: need.clone(), weight_ms: 1 + i % 97, order: i as u32, ..JobDesc::default() };
            let (first, second) = (s.add(&desc), s.add(&desc));
            s.add_edge(first, second);
            s.add_edge(second, last);
        }
        s.start();
        let mut ran = 0;
        loop {
            while let Some(id) = s.next_to_decide() {
                s.decide(id, Decision::Run);
            }
            let Some(id) = s.pop_ready() else { break };
            s.finished(id, Outcome::Made);
            ran += 1;
        }
        assert_eq!(ran, 20_001);
    });
}
