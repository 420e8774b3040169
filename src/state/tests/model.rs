//! The state against a model kept in the plainest way, over random sequences
//! of events.

use super::{CLOCK, Session, digest, record, shown, stat_of};
use crate::digest::Digest;
use crate::record::{Failure, Spawned, Started};
use crate::state::{JobNo, Mode, process};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

#[derive(Clone, Debug)]
enum Step {
    Append { outputs: Vec<u32>, inputs: Vec<u32> },
    Adopt { output: u32, input: u32 },
    Fail { output: u32 },
    Remember { path: u32 },
    Start { output: u32 },
    Finish { settle: bool },
    Compact,
    Reopen { clean: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let path = 0..12_u32;
    prop_oneof![
        6 => (prop::collection::vec(0..12_u32, 1..4), prop::collection::vec(0..40_u32, 0..5))
            .prop_map(|(outputs, inputs)| Step::Append { outputs, inputs }),
        2 => (0..12_u32, 0..40_u32).prop_map(|(output, input)| Step::Adopt { output, input }),
        1 => path.clone().prop_map(|output| Step::Fail { output }),
        1 => (0..60_u32).prop_map(|path| Step::Remember { path }),
        1 => path.prop_map(|output| Step::Start { output }),
        1 => any::<bool>().prop_map(|settle| Step::Finish { settle }),
        1 => Just(Step::Compact),
        2 => any::<bool>().prop_map(|clean| Step::Reopen { clean }),
    ]
}

/// What the state should say, kept in the plainest way.
#[derive(Default)]
struct Model {
    records: Vec<(Vec<u32>, Vec<u32>, String)>,
    owner: HashMap<u32, usize>,
    failures: HashMap<u32, u64>,
    memo: HashMap<u32, Digest>,
    /// Entries that no record named at a compaction: they may be gone.
    doubtful: HashSet<u32>,
    open: Vec<(JobNo, u32)>,
}

impl Model {
    fn check(&self, session: &mut Session) -> Result<(), TestCaseError> {
        for i in 0..12 {
            let id = session.id(i);
            let state = session.state.as_ref().unwrap();
            let found = state.find(id);
            prop_assert_eq!(found.is_some(), self.owner.contains_key(&i), "output {}", i);
            prop_assert_eq!(state.failure(id).map(|f| f.when_ms), self.failures.get(&i).copied());
            let Some(found) = found else { continue };
            let record = state.record(found).unwrap();
            prop_assert_eq!(&shown(&record, &session.paths), &self.records[self.owner[&i]].2);
            prop_assert_eq!(state.made_from(found), record.made_from);
            prop_assert_eq!(state.recipe(found), record.recipe);
            prop_assert_eq!(state.outputs(found).collect::<Vec<_>>(), record.outputs);
        }
        for i in 0..40 {
            let id = session.id(i);
            let state = session.state.as_mut().unwrap();
            let readers: Vec<_> = state.readers_of(id).unwrap();
            let mut live: Vec<_> = self.owner.values().copied().filter(|&r| self.records[r].1.contains(&i)).collect();
            live.sort_unstable();
            live.dedup();
            let texts: Vec<_> = readers.iter().map(|&r| shown(&state.record(r).unwrap(), &session.paths)).collect();
            prop_assert_eq!(texts, live.iter().map(|&r| self.records[r].2.clone()).collect::<Vec<_>>());
        }
        for i in 0..60 {
            let id = session.id(i);
            let (last, want) = (session.memo.last(id), self.memo.get(&i).copied());
            prop_assert!(last == want || last.is_none() && self.doubtful.contains(&i), "{:?} {:?}", last, want);
        }
        let open: Vec<_> = session.state().open_jobs().into_iter().map(|o| o.job).collect();
        prop_assert_eq!(open, self.open.iter().map(|o| o.0).collect::<Vec<_>>());
        Ok(())
    }

    fn compacted(&mut self) {
        let named = |i: &u32| {
            let mut rows = self.owner.values().map(|&r| &self.records[r]);
            rows.any(|(outputs, inputs, _)| outputs.contains(i) || inputs.contains(i))
        };
        self.doubtful.extend(self.memo.keys().filter(|i| !named(i)));
    }
}

fn run_step(step: &Step, n: u32, session: &mut Session, model: &mut Model) {
    match step {
        Step::Append { outputs, inputs } => {
            let mut outputs = outputs.clone();
            outputs.dedup();
            let record = session.append(&outputs, inputs, n);
            let row = model.records.len();
            for output in &outputs {
                model.owner.insert(*output, row);
                model.failures.remove(output);
            }
            model.records.push((outputs, inputs.clone(), shown(&record, &session.paths)));
        }
        Step::Adopt { output, input } => {
            let (output_id, input_id) = (session.id(*output), session.id(*input));
            let Some(found) = session.state().find(output_id) else { return };
            let (mut record, made) = (session.state().record(found).unwrap(), digest(n + 7));
            let state = session.state.as_mut().unwrap();
            state.adopt(found, &[(input_id, digest(n + 8))], made, &session.paths).unwrap();
            record.made_from = made;
            record.inputs.iter_mut().filter(|i| i.path == input_id).for_each(|i| i.digest = digest(n + 8));
            model.records[model.owner[output]].2 = shown(&record, &session.paths);
        }
        Step::Fail { output } => {
            let failure = Failure { when_ms: n.into(), exit: "exit code 1".into(), attempt: 1 };
            let id = session.id(*output);
            session.state.as_mut().unwrap().annotate_failure(&[id], &failure, &session.paths).unwrap();
            model.failures.insert(*output, n.into());
        }
        Step::Remember { path } => {
            let id = session.id(*path);
            session.memo.insert(id, &stat_of(*path), digest(n), CLOCK);
            session.state.as_mut().unwrap().write_memo(&mut session.memo, &session.paths).unwrap();
            model.memo.insert(*path, digest(n));
            model.doubtful.remove(path);
        }
        Step::Start { .. } | Step::Finish { .. } => run_job(step, n, session, model),
        Step::Compact => {
            session.compact();
            model.compacted();
        }
        Step::Reopen { clean } => {
            if *clean {
                session.close();
            }
            assert_eq!(session.open(Mode::Run), []);
        }
    }
}

/// The steps of a job that runs.
fn run_job(step: &Step, n: u32, session: &mut Session, model: &mut Model) {
    match step {
        Step::Start { output } => {
            let id = session.id(*output);
            let started = Started {
                rule: "r".into(),
                outputs: vec![id],
                marks: vec![n as u8],
                log_path: "l".into(),
                aside: "a".into(),
                when_ms: n.into(),
            };
            let job = session.state.as_mut().unwrap().started(started, &session.paths).unwrap();
            let spawned = Spawned { pgid: n, start_ticks: 3, boot_id: process::boot_id().into() };
            session.state.as_mut().unwrap().spawned(job, spawned).unwrap();
            model.open.push((job, *output));
        }
        Step::Finish { settle } => {
            let Some((job, output)) = model.open.first().copied() else { return };
            let record = record(&mut session.paths, &[output], &[], n);
            session.state.as_mut().unwrap().append(&record, Some(job), &session.paths).unwrap();
            model.owner.insert(output, model.records.len());
            model.failures.remove(&output);
            model.records.push((vec![output], Vec::new(), shown(&record, &session.paths)));
            assert!(session.state().open_jobs()[0].recorded);
            if *settle {
                session.state().settled(job).unwrap();
                model.open.remove(0);
            }
        }
        _ => panic!("{step:?} is no step of a job"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn it_says_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let (mut session, mut model) = (Session::new(), Model::default());
        for (n, step) in steps.iter().enumerate() {
            run_step(step, n as u32 * 10, &mut session, &mut model);
        }
        model.check(&mut session)?;
        session.open(Mode::ReadOnly);
        model.check(&mut session)?;
        session.open(Mode::Run);
        session.compact();
        model.compacted();
        session.open(Mode::Run);
        model.check(&mut session)?;
    }
}
