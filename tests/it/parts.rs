//! Random parts behind checkpoints, random edits, against a slow and obvious
//! model: which jobs run, what they make, that a second run does nothing, and
//! that a dry run says at least and at most what happens.

use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A small generator of numbers, so that a failing seed tells all.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % sides as u64) as usize
    }
}

type Parts = BTreeMap<String, String>;

/// What a job was made from, and what it made.
#[derive(Clone, Debug, PartialEq)]
struct Record {
    recipe: String,
    inputs: Vec<String>,
    output: String,
}

/// Sources, files and records as the model sees them. A job is named by its output.
struct World {
    sources: Vec<Parts>,
    /// Bytes of a part that count: few make early cutoffs.
    keep: usize,
    files: BTreeSet<String>,
    records: BTreeMap<String, Record>,
}

impl World {
    fn random(dice: &mut Dice) -> World {
        let sources = (0..1 + dice.roll(3)).map(|_| Parts::new()).collect();
        let mut world = World { sources, keep: 1, files: BTreeSet::new(), records: BTreeMap::new() };
        (0..6).for_each(|_| world.edit_source(dice));
        world
    }

    fn edit_source(&mut self, dice: &mut Dice) {
        let at = dice.roll(self.sources.len());
        let name = format!("p{}", dice.roll(5));
        match dice.roll(3) {
            0 => drop(self.sources[at].remove(&name)),
            _ => drop(self.sources[at].insert(name, format!("{}{}", dice.roll(2), dice.roll(2)))),
        }
    }

    fn edit(&mut self, dice: &mut Dice, dir: &Path) {
        match dice.roll(5) {
            0 => self.keep = 1 + dice.roll(2),
            1 if !self.files.is_empty() => {
                let path = self.files.iter().nth(dice.roll(self.files.len())).unwrap().clone();
                let whole = dir.join(&path);
                if whole.is_dir() {
                    fs::remove_dir_all(whole).unwrap()
                } else {
                    fs::remove_file(whole).unwrap()
                }
                self.files.remove(&path);
            }
            _ => self.edit_source(dice),
        }
    }

    fn save(&self, dir: &Path) {
        fs::create_dir_all(dir.join("in")).unwrap();
        for (g, parts) in self.sources.iter().enumerate() {
            let text: String = parts.iter().map(|(name, text)| format!("{name} {text}\n")).collect();
            fs::write(dir.join(format!("in/{g}")), text).unwrap();
        }
        fs::write(dir.join("Rulefile"), self.rulefile()).unwrap();
    }

    fn rulefile(&self) -> String {
        let (count, keep) = (self.sources.len(), self.keep);
        format!(
            r#"
rule total:
    input: expand("join/{{g}}", g=range({count}))
    output: "total"
    shell: "echo total >> ran.txt; cat {{input}} > {{output}}"
checkpoint split:
    input: "in/{{g}}"
    output: directory("parts/{{g}}")
    shell: 'echo parts/{{wildcards.g}} >> ran.txt; mkdir {{output}}; while read n t; do printf %s "$t" > {{output}}/$n; done < {{input}}'
rule up:
    input: "parts/{{g}}/{{n,[^/]+}}"
    output: "up/{{g}}/{{n,[^/]+}}"
    shell: "echo up/{{wildcards.g}}/{{wildcards.n}} >> ran.txt; head -c {keep} {{input}} > {{output}}"
def ups(wildcards):
    d = checkpoints.split.get(**wildcards).output[0]
    return ["up/" + wildcards.g + "/" + n for n in sorted(glob_wildcards(d + "/{{n}}").n)]
rule join:
    input: ups
    output: "join/{{g}}"
    shell: "echo join/{{wildcards.g}} >> ran.txt; cat {{input}} /dev/null > {{output}}"
"#
        )
    }

    /// Runs the model: which jobs run, and what the files and records are afterwards.
    fn run(&mut self) -> BTreeSet<String> {
        let mut runs = BTreeSet::new();
        let mut joins = Vec::new();
        for (g, parts) in self.sources.clone().into_iter().enumerate() {
            let source: String = parts.iter().map(|(n, t)| format!("{n} {t}\n")).collect();
            let tree = format!("parts/{g}");
            self.make(&tree, "split", &[("in", source.clone())], source, &mut runs);
            // Its function cannot be asked without it.
            if !self.files.contains(&tree) {
                runs.insert(tree.clone());
            }
            let mut ups = Vec::new();
            for (name, text) in &parts {
                let up = format!("up/{g}/{name}");
                let made = text[..self.keep.min(text.len())].to_owned();
                let recipe = format!("keep {}", self.keep);
                self.make(&up, &recipe, &[(name, text.clone())], made.clone(), &mut runs);
                ups.push((up, made));
            }
            let join = format!("join/{g}");
            let inputs: Vec<(&str, String)> = ups.iter().map(|(up, made)| (up.as_str(), made.clone())).collect();
            let joined: String = ups.iter().map(|(_, made)| made.as_str()).collect();
            self.make(&join, "join", &inputs, joined.clone(), &mut runs);
            joins.push((join, joined, ups));
        }
        let inputs: Vec<(&str, String)> = joins.iter().map(|(join, made, _)| (join.as_str(), made.clone())).collect();
        let total = joins.iter().map(|(_, made, _)| made.as_str()).collect();
        self.make("total", "total", &inputs, total, &mut runs);
        let mut need = |path: &str, wanted: bool| {
            let missing = wanted && !self.files.contains(path);
            missing.then(|| runs.insert(path.to_owned()));
            runs.contains(path)
        };
        let wanted = need("total", true);
        for (join, _, ups) in &joins {
            let wanted = need(join, wanted);
            for (up, _) in ups {
                need(up, wanted);
            }
        }
        self.files.extend(runs.iter().cloned());
        runs
    }

    /// Decides a job by what it would be made from.
    fn make(
        &mut self,
        path: &str,
        recipe: &str,
        inputs: &[(&str, String)],
        output: String,
        runs: &mut BTreeSet<String>,
    ) {
        let inputs = inputs.iter().map(|(name, text)| format!("{name}={text}")).collect();
        let now = Record { recipe: recipe.to_owned(), inputs, output };
        if self.records.get(path) != Some(&now) {
            runs.insert(path.to_owned());
            self.records.insert(path.to_owned(), now);
        }
    }
}

fn rulemake(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rulemake")).current_dir(dir).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "rulemake {arguments:?}\n{out}{err}");
    out
}

/// Outputs by verdict, and whether there may be more, from a dry run's JSON.
fn planned(dir: &Path, jobs: &str) -> (BTreeSet<String>, BTreeSet<String>, bool) {
    let (mut run, mut maybe, mut more) = (BTreeSet::new(), BTreeSet::new(), false);
    for line in rulemake(dir, &["-n", "--json", jobs]).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "job-planned" {
            let set = if event["verdict"] == "run" { &mut run } else { &mut maybe };
            set.insert(event["outputs"][0].as_str().unwrap().to_owned());
        }
        more |= event["behind"].as_array().is_some_and(|names| !names.is_empty());
    }
    (run, maybe, more)
}

fn ran(dir: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(dir.join("ran.txt")).unwrap_or_default();
    let _ = fs::remove_file(dir.join("ran.txt"));
    let set: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(set.len(), text.lines().count(), "a job ran twice: {text}");
    set
}

fn live(seed: u64) {
    let mut dice = Dice(seed);
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let mut world = World::random(&mut dice);
    for round in 0..8 {
        (0..dice.roll(3)).for_each(|_| world.edit(&mut dice, dir));
        world.save(dir);
        let place = format!("seed {seed} round {round}");
        let plan = planned(dir, "-j1");
        assert_eq!(plan, planned(dir, "-j4"), "{place}: the plan depends on -j");
        assert_eq!(ran(dir), BTreeSet::new(), "{place}: a dry run ran something");
        let must = world.run();
        rulemake(dir, &["-j3", "-q"]);
        let did = ran(dir);
        assert_eq!(did, must, "{place}: did run / must run\n{:?}", world.sources);
        let (run, maybe, more) = plan;
        assert!(run.is_subset(&did), "{place}: planned {run:?}, ran {did:?}");
        assert!(more || did.iter().all(|j| run.contains(j) || maybe.contains(j)), "{place}: {run:?} {maybe:?} {did:?}");
        let total = &world.records["total"].output;
        assert_eq!(&fs::read_to_string(dir.join("total")).unwrap(), total, "{place}");
        assert!(world.files.iter().all(|path| dir.join(path).exists()), "{place}");
        rulemake(dir, &["-j3", "-q"]);
        assert_eq!(ran(dir), BTreeSet::new(), "{place}: a second run ran something");
        assert_eq!(planned(dir, "-j2"), Default::default(), "{place}: a second plan has something");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_model_of_parts_agrees(seed in any::<u64>()) {
        live(seed);
    }
}
