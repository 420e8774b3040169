//! The state as a whole: against a model, cut short, damaged, crashed.

mod model;

use super::*;
use crate::memo::{Memo, Reading, Stat};
use crate::record::{Input, Stats};

fn digest(n: u32) -> Digest {
    Digest::of(&n.to_le_bytes())
}

/// A record of `version` whose texts depend on it.
fn record(paths: &mut Paths, outputs: &[u32], inputs: &[u32], version: u32) -> Record {
    let mut id = |i: &u32| paths.intern(&format!("dir/{i}"));
    Record {
        made_from: digest(version),
        recipe: digest(version + 2),
        rule: "rule".into(),
        outputs: outputs.iter().map(|o| (id(o), digest(version + 1))).collect(),
        inputs: inputs.iter().map(|i| Input { path: id(i), digest: digest(*i), ancient: i % 2 == 0 }).collect(),
        command: format!("make {version}").into(),
        params: vec![("p".into(), format!("{version}").into())],
        scripts: vec![("s.py".into(), digest(version))],
        environment: "env".into(),
        stats: Stats { start_ms: 5, wall_ms: version.into(), attempt: 1, host: "h".into(), ..Stats::default() },
        accepted: version.is_multiple_of(3).then(|| "accepted".into()),
    }
}

struct Session {
    dir: tempfile::TempDir,
    paths: Paths,
    state: Option<State>,
    memo: Memo,
}

impl Session {
    fn new() -> Session {
        let mut session = Session::closed();
        session.open(Mode::Run);
        session
    }

    /// In memory where that can be: thousands of them sync.
    fn closed() -> Session {
        let shared = Path::new("/dev/shm");
        let dir = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
        Session { dir: dir.unwrap(), paths: Paths::default(), state: None, memo: Memo::default() }
    }

    fn open(&mut self, mode: Mode) -> Vec<Diag> {
        self.state = None;
        self.paths = Paths::default();
        let Opened { state, memo, warnings, .. } =
            State::open(self.dir.path(), &mut self.paths, mode, How::Auto).unwrap();
        (self.state, self.memo) = (Some(state), memo);
        warnings
    }

    fn close(&mut self) {
        let state = self.state.take().unwrap();
        state.close(std::mem::take(&mut self.memo), &self.paths).unwrap();
    }

    fn state(&mut self) -> &mut State {
        self.state.as_mut().unwrap()
    }

    fn append(&mut self, outputs: &[u32], inputs: &[u32], version: u32) -> Record {
        let record = record(&mut self.paths, outputs, inputs, version);
        self.state.as_mut().unwrap().append(&record, None, &self.paths).unwrap();
        record
    }

    fn id(&mut self, i: u32) -> PathId {
        self.paths.intern(&format!("dir/{i}"))
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join(LOG)
    }

    fn compact(&mut self) {
        self.state.as_mut().unwrap().compact(&self.memo, &self.paths).unwrap();
    }
}

/// Text of all of a record, to compare across path arenas.
fn shown(record: &Record, paths: &Paths) -> String {
    let outputs: Vec<_> = record.outputs.iter().map(|o| (paths.str(o.0), o.1)).collect();
    let inputs: Vec<_> = record.inputs.iter().map(|i| (paths.str(i.path), i.digest, i.ancient)).collect();
    let rest = Record { outputs: Vec::new(), inputs: Vec::new(), ..record.clone() };
    format!("{outputs:?} {inputs:?} {rest:?}")
}

fn stat_of(path: u32) -> Stat {
    let time = 1_700_000_000_000_000_001;
    Stat {
        dev: 1,
        ino: path.into(),
        size: 5,
        mtime_ns: time,
        ctime_ns: time + 9,
        mode: 0,
        kind: crate::memo::Kind::File,
    }
}

const CLOCK: Reading = Reading { dev: Some(1), now_ns: 1_800_000_000_000_000_000, fine: false };

/// A small log: three records that share paths, a failure, a memo.
fn small() -> Session {
    let mut session = Session::new();
    session.append(&[1], &[10], 3);
    session.append(&[2], &[1], 6);
    session.append(&[3, 4], &[1, 2, 11], 7);
    let id = session.id(10);
    session.memo.insert(id, &stat_of(10), digest(1), CLOCK);
    session.close();
    session
}

#[test]
fn what_is_synced_is_all_that_was_appended() {
    let mut session = Session::new();
    session.append(&[1], &[], 1);
    assert!(session.state().log.as_ref().unwrap().has_unsynced());
    session.state().sync().unwrap();
    assert!(!session.state().log.as_ref().unwrap().has_unsynced());
}

#[test]
fn cut_anywhere_it_opens_with_what_came_before() {
    let session = small();
    let whole = std::fs::read(session.log()).unwrap();
    let mut most = 0;
    for cut in 0..=whole.len() {
        let mut torn = Session::closed();
        std::fs::write(torn.log(), &whole[..cut]).unwrap();
        for mode in [Mode::ReadOnly, Mode::Run] {
            assert_eq!(torn.open(mode), [], "cut at {cut}");
            let records = torn.state().len();
            assert!(records >= most, "cut at {cut}");
            most = records;
        }
        // It goes on from there, and what is added is there the next time.
        torn.append(&[20], &[1], 9);
        torn.close();
        assert_eq!(torn.open(Mode::Run), [], "cut at {cut}");
        assert_eq!(torn.state().len(), most + 1);
    }
    assert_eq!(most, 3);
}

#[test]
fn damaged_anywhere_it_loses_what_was_damaged() {
    let session = small();
    let whole = std::fs::read(session.log()).unwrap();
    // Which outputs each frame's loss may cost: those whose record or paths are in it.
    for at in 0..whole.len() {
        let mut damaged = Session::closed();
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        std::fs::write(damaged.log(), &bytes).unwrap();
        let warnings = damaged.open(Mode::ReadOnly);
        let lost = owners(&mut damaged);
        let again = damaged.open(Mode::Run);
        let torn = again.is_empty();
        assert_eq!(warnings, again);
        assert_eq!(owners(&mut damaged), lost, "byte {at}");
        // Frames in order: run, paths, record 1, paths, record 2, paths, record 3, paths?, memo, end.
        let frame = frame_of(&whole, at);
        let want: &[u32] = match frame {
            None | Some(0) => &[1, 2, 3, 4],
            Some(1) => &[],
            Some(2) => &[2, 3, 4],
            Some(3) => &[1],
            Some(4) => &[1, 3, 4],
            Some(5 | 6) => &[1, 2],
            _ => &[1, 2, 3, 4],
        };
        assert_eq!(lost, want, "byte {at} in frame {frame:?}");
        assert!(torn || warnings.len() == 1 && warnings[0].message.contains("is damaged in one place"), "{warnings:?}");
        damaged.append(&[20], &[1], 9);
        damaged.close();
        assert_eq!(damaged.open(Mode::Run), [], "it is mended");
        assert_eq!(owners(&mut damaged), lost);
        let id = damaged.id(20);
        assert!(damaged.state().find(id).is_some());
    }
}

/// Which of the outputs 1 to 4 have a record that can be read.
fn owners(session: &mut Session) -> Vec<u32> {
    (1..5)
        .filter(|&i| {
            let id = session.id(i);
            let state = session.state();
            state.find(id).is_some_and(|r| state.record(r).is_ok())
        })
        .collect()
}

/// The number of the frame that a byte lies in; none for the header.
fn frame_of(log: &[u8], at: usize) -> Option<usize> {
    let mut start = frame::HEADER;
    for n in 0.. {
        if at < start {
            return if n == 0 { None } else { Some(n - 1) };
        }
        let len = u32::from_le_bytes(*log.get(start + 4..)?.first_chunk().unwrap());
        start += frame::HEAD + len as usize;
    }
    None
}

#[test]
fn another_version_is_kept_aside() {
    let mut session = small();
    let mut bytes = std::fs::read(session.log()).unwrap();
    bytes[8] = 77;
    let crc = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    for content in [&bytes[..], b"something else that is quite long"] {
        std::fs::write(session.log(), content).unwrap();
        assert_eq!(session.open(Mode::ReadOnly).len(), 1);
        assert_eq!(std::fs::read(session.log()).unwrap(), content, "a dry run changes nothing");
        let warnings = session.open(Mode::Run);
        assert_eq!(warnings.len(), 1);
        assert!(session.state().is_empty());
        session.append(&[1], &[], 3);
        session.close();
        assert_eq!(session.open(Mode::Run), []);
        assert_eq!(session.state().len(), 1);
        session.state = None;
    }
    assert_eq!(std::fs::read(session.dir.path().join("log.old")).unwrap(), bytes);
    assert!(session.dir.path().join("log.old-2").exists());
}

#[test]
fn a_crash_under_another_boot_puts_new_files_in_doubt() {
    for (boot, ended, trusted) in
        [("another", false, false), ("another", true, true), (process::boot_id(), false, true)]
    {
        let mut session = Session::new();
        let id = session.id(1);
        // Read just now, long after the file's own time.
        let now_ns = now_ms() as i64 * 1_000_000;
        let stat = Stat { mtime_ns: now_ns - 1, ctime_ns: now_ns - 1, ..stat_of(1) };
        session.memo.insert(id, &stat, digest(1), Reading { now_ns: now_ns + 9_000_000_000, ..CLOCK });
        let old = session.id(2);
        session.memo.insert(old, &stat_of(2), digest(2), CLOCK);
        session.state.as_mut().unwrap().write_memo(&mut session.memo, &session.paths).unwrap();
        rewrite_boot(&mut session, boot, ended);
        // The doubt stays, whatever the next run does and however it ends.
        for _ in 0..3 {
            session.open(Mode::Run);
            let (id, old) = (session.id(1), session.id(2));
            assert_eq!(session.memo.lookup(id, &stat).is_some(), trusted, "{boot} {ended}");
            assert!(session.memo.lookup(old, &stat_of(2)).is_some());
            session.append(&[5], &[], 1);
        }
    }
}

/// Makes the log one of a run under another boot.
fn rewrite_boot(session: &mut Session, boot: &str, ended: bool) {
    let state = session.state.as_mut().unwrap();
    let mut out = Writer::default();
    let run = frames::Run { boot_id: boot.into(), when_ms: now_ms(), horizon_ns: 0 };
    frame::push(&mut out, kind::RUN, |w| frames::run(w, &run));
    if ended {
        frames::number(&mut out, kind::RUN_END, now_ms());
    }
    state.append_bytes(&out.bytes).unwrap();
}

#[test]
fn a_dry_run_adds_what_it_learnt_of_files_if_nobody_is_in_the_way() {
    let mut session = small();
    let learn = |session: &mut Session, i: u32| {
        let id = session.id(i);
        session.memo.insert(id, &stat_of(i), digest(i), CLOCK);
        session.state.as_mut().unwrap().write_memo(&mut session.memo, &session.paths).unwrap();
    };
    session.open(Mode::ReadOnly);
    learn(&mut session, 30);
    // A run came in between.
    session.open(Mode::ReadOnly);
    let mut other = Paths::default();
    let run = State::open(session.dir.path(), &mut other, Mode::Run, How::Auto).unwrap();
    learn(&mut session, 31);
    let mut state = run.state;
    let later = record(&mut other, &[40], &[], 1);
    state.append(&later, None, &other).unwrap();
    drop(state);
    learn(&mut session, 32);
    assert_eq!(session.open(Mode::Run), []);
    let last: Vec<bool> = (30..33)
        .map(|i| {
            let id = session.id(i);
            session.memo.last(id).is_some()
        })
        .collect();
    assert_eq!(last, [true, false, false]);
    assert_eq!(session.state().len(), 4);
}

#[test]
fn nothing_to_say_nothing_written() {
    let mut session = small();
    let before = std::fs::read(session.log()).unwrap();
    session.open(Mode::Run);
    session.close();
    assert_eq!(std::fs::read(session.log()).unwrap(), before);
    let empty = tempfile::tempdir().unwrap();
    let dir = empty.path().join("none");
    let opened = State::open(&dir, &mut Paths::default(), Mode::ReadOnly, How::Auto).unwrap();
    opened.state.close(opened.memo, &Paths::default()).unwrap();
    assert!(!dir.exists());
}

#[test]
fn a_full_disk_is_an_error_and_costs_nothing() {
    let mut session = small();
    session.open(Mode::Run);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let state = session.state.as_mut().unwrap();
    let good = state.log.replace(Log::new(full, 0));
    let failed = record(&mut session.paths, &[50], &[51], 1);
    let (before, known) = (state.len(), state.facts.table.len());
    let diag = state.append(&failed, None, &session.paths).unwrap_err();
    assert!(diag.message.contains("cannot write") && diag.kind == Kind::System, "{diag:?}");
    assert_eq!((state.len(), state.facts.table.len()), (before, known));
    state.log = good;
    state.append(&failed, None, &session.paths).unwrap();
    assert_eq!(session.open(Mode::Run), []);
    assert_eq!(session.state().len(), 4);
}

#[test]
fn a_directory_that_cannot_be_made() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let inside = dir.path().join("file/.rulemake");
    let diag = State::open(&inside, &mut Paths::default(), Mode::Run, How::Auto).err().unwrap();
    assert!(diag.message.contains("cannot create") && diag.message.contains("not a directory"), "{}", diag.message);
}

#[test]
fn garbage_is_collected() {
    let mut session = Session::new();
    let long: Vec<u32> = (100..2000).collect();
    for version in 0..60 {
        session.append(&[1], &long, version);
    }
    session.append(&[2], &[1], 3);
    let before = std::fs::metadata(session.log()).unwrap().len();
    session.close();
    let after = std::fs::metadata(session.log()).unwrap().len();
    assert!(after * 20 < before, "{before} {after}");
    assert_eq!(session.open(Mode::Run), []);
    assert_eq!(session.state().len(), 2);
    let id = session.id(1);
    let found = session.state().find(id).unwrap();
    assert_eq!(&*session.state().record(found).unwrap().command, "make 59");
    assert!(!session.dir.path().join(layout::NEW_LOG).exists());
}

#[test]
fn a_hundred_thousand_records() {
    let mut session = Session::new();
    for i in 0..100_000_u32 {
        session.append(&[i], &[i + 1_000_000], i);
    }
    session.close();
    assert_eq!(session.open(Mode::Run), []);
    assert_eq!(session.state().len(), 100_000);
    session.compact();
    assert_eq!(session.open(Mode::ReadOnly), []);
    for i in (0..100_000_u32).step_by(777) {
        let (id, input) = (session.id(i), session.id(i + 1_000_000));
        let state = session.state.as_mut().unwrap();
        let found = state.find(id).unwrap();
        assert_eq!((state.made_from(found), state.wall_ms(found)), (digest(i), i));
        assert_eq!(state.record(found).unwrap().inputs[0].path, input);
        assert_eq!(state.readers_of(input).unwrap(), [found]);
    }
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn child_that_is_killed() {
    let Some(dir) = std::env::var_os("RULEMAKE_TEST_STATE") else { return };
    let mut paths = Paths::default();
    let mut state = State::open(Path::new(&dir), &mut paths, Mode::Run, How::Auto).unwrap().state;
    for i in 0.. {
        let record = record(&mut paths, &[i], &[i + 1], i);
        state.append(&record, None, &paths).unwrap();
    }
}

#[test]
fn killed_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..5_u32 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "state::tests::child_that_is_killed"])
            .env("RULEMAKE_TEST_STATE", dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let log = dir.path().join(LOG);
        while std::fs::metadata(&log).map_or(0, |m| m.len()) < last + 3000 * u64::from(round + 1) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let refusal = State::open(dir.path(), &mut Paths::default(), Mode::Run, How::Auto).err().unwrap();
        assert!(refusal.message.contains(&format!("pid {} ", child.id())), "{}", refusal.message);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut paths = Paths::default();
        let opened = State::open(dir.path(), &mut paths, Mode::Run, How::Auto).unwrap();
        assert_eq!(opened.warnings, []);
        // Every record up to the last is there.
        let there =
            (0..).take_while(|i| paths.get(&format!("dir/{i}")).is_some_and(|p| opened.state.find(p).is_some()));
        assert_eq!(there.count(), opened.state.len());
        assert!(!opened.state.is_empty());
        last = std::fs::metadata(&log).unwrap().len();
    }
}
