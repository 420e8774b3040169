//! Growing behind checkpoints costs what is new: counted in questions and rows.

use super::{Choice, Extension, Files, Graph, JobId, Request, Target, build, extend};
use crate::eval::{self, Loaded};
use crate::path::{PathId, Paths};
use crate::span::Sources;

/// Counts what is asked. Everything but what rules make is there.
#[derive(Default)]
struct Counter {
    named: usize,
    asked: usize,
}

impl Files for Counter {
    fn named(&mut self, _paths: &Paths, _path: PathId) {
        self.named += 1;
    }

    fn exist(&mut self, paths: &Paths, ids: &[PathId]) -> Vec<bool> {
        self.asked += ids.len();
        ids.iter().map(|id| paths.str(*id).starts_with("in/")).collect()
    }

    fn recorded(&self, _path: PathId) -> bool {
        false
    }
}

fn load(count: usize) -> Loaded {
    let text = format!(
        "rule all:\n    input: expand(\"all/{{i}}\", i=range({count}))\n\
         checkpoint split:\n    input: \"in/{{i}}\"\n    output: \"split/{{i}}\"\n\
         def parts(w):\n    checkpoints.split.get(**w)\n    return [f\"part/{{w.i}}/{{n}}\" for n in range(10)]\n\
         rule part:\n    input: \"in/{{i}}.{{n}}\"\n    output: \"part/{{i,[0-9]+}}/{{n}}\"\n\
         rule gather:\n    input: parts\n    output: \"all/{{i}}\"\n"
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Rulefile");
    std::fs::write(&path, text).unwrap();
    let request = eval::Request { path: path.to_str().unwrap().to_owned(), ..eval::Request::default() };
    eval::load(request, &mut Sources::default()).unwrap()
}

fn open_jobs(graph: &Graph) -> Vec<(JobId, JobId)> {
    graph.open_jobs().map(|(job, gates)| (job, gates[0])).collect()
}

/// Grows behind one checkpoint after the other. Gives questions and jobs of each.
fn grow(count: usize) -> Vec<(usize, usize, usize)> {
    let loaded = load(count);
    let (book, functions) = (&loaded.rulefile, &loaded.functions);
    let (mut paths, mut files) = (Paths::default(), Counter::default());
    let targets = [Target::default_of(book).unwrap().unwrap()];
    let request = Request { book, functions, targets: &targets, choice: &Choice::default(), files: &mut files };
    let (mut graph, mut ground) = build(request, &mut paths).unwrap();
    assert_eq!(graph.order().len(), 2 * count + 1);
    let mut costs = Vec::new();
    for (job, gate) in open_jobs(&graph) {
        graph.pass(gate);
        let mut files = Counter::default();
        let by = Extension { jobs: &[job], needs: Vec::new(), files: &mut files };
        let new = extend(&mut ground, &mut graph, &mut paths, by).unwrap().jobs;
        costs.push((files.named, files.asked, new.len()));
    }
    assert_eq!(open_jobs(&graph), []);
    assert_eq!(graph.order().len(), 12 * count + 1);
    costs
}

#[test]
fn a_thousand_checkpoints_cost_a_thousand_times_one() {
    // Ten parts with an input each; the gathering job is given along.
    assert!(grow(1000).iter().all(|cost| *cost == (20, 10, 11)));
}

#[test]
fn what_fails_leaves_the_graph_as_it_was() {
    let loaded = load(2);
    let (book, functions) = (&loaded.rulefile, &loaded.functions);
    let (mut paths, mut files) = (Paths::default(), Counter::default());
    let targets = [Target::default_of(book).unwrap().unwrap()];
    let request = Request { book, functions, targets: &targets, choice: &Choice::default(), files: &mut files };
    let (mut graph, mut ground) = build(request, &mut paths).unwrap();
    let open = open_jobs(&graph);
    let before = (graph.order().to_vec(), graph.job_ids(), graph.inputs(open[0].0).to_vec());
    graph.pass(open[0].1);
    struct Nothing;
    impl Files for Nothing {
        fn named(&mut self, _paths: &Paths, _path: PathId) {}
        fn exist(&mut self, _paths: &Paths, ids: &[PathId]) -> Vec<bool> {
            vec![false; ids.len()]
        }
        fn recorded(&self, _path: PathId) -> bool {
            false
        }
    }
    let by = Extension { jobs: &[open[0].0], needs: Vec::new(), files: &mut Nothing };
    let error = extend(&mut ground, &mut graph, &mut paths, by).err().expect("its inputs are missing");
    assert_eq!(error[0].message, "missing input `in/0.0` of rule `part`");
    assert_eq!(before, (graph.order().to_vec(), graph.job_ids(), graph.inputs(open[0].0).to_vec()));
    let by = Extension { jobs: &[open[0].0], needs: Vec::new(), files: &mut files };
    let extended = extend(&mut ground, &mut graph, &mut paths, by).unwrap();
    assert_eq!(extended.jobs.len(), 11);
    extended.undo(&mut ground, &mut graph, &paths);
    assert_eq!(before, (graph.order().to_vec(), graph.job_ids(), graph.inputs(open[0].0).to_vec()));
}
