//! Real processes through the executor of this machine.

mod differential;

use super::local::Local;
use super::orphan::Orphan;
use super::{Command, Environment, Executor, Exit, Signal, Spec, Status, Task};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Held by tests that look at, or make, descriptors that children inherit.
static DESCRIPTORS: Mutex<()> = Mutex::new(());

type Ends = Arc<Mutex<Vec<(u32, Exit)>>>;
type Groups = Arc<Mutex<Vec<(i32, u64)>>>;

struct Job {
    id: u32,
    spec: Spec,
    before: Result<(), String>,
    ends: Ends,
    groups: Groups,
    /// What it does while its process runs.
    beside: Option<Box<dyn FnMut(i32) + Send>>,
}

impl Task for Job {
    fn id(&self) -> u32 {
        self.id
    }
    fn before(&mut self) -> Result<(), String> {
        self.before.clone()
    }
    fn spec(&self) -> &Spec {
        &self.spec
    }
    fn spawned(&mut self, pgid: i32, leader_start: u64) {
        self.groups.lock().unwrap().push((pgid, leader_start));
    }
    fn has_more_to_do(&self) -> bool {
        self.beside.is_some()
    }
    fn meanwhile(&mut self) {
        let (pgid, _) = self.groups.lock().unwrap()[0];
        self.beside.as_mut().unwrap()(pgid);
    }
    fn after(&mut self, exit: Exit) {
        self.ends.lock().unwrap().push((self.id, exit));
    }
}

/// An executor, a directory for logs, and what came of the jobs.
struct Stage {
    dir: tempfile::TempDir,
    local: Local,
    ends: Ends,
    groups: Groups,
    jobs: u32,
    vars: Vec<(OsString, OsString)>,
}

impl Stage {
    fn new(workers: usize) -> Stage {
        Stage::with_vars(workers, std::env::vars_os().collect())
    }

    fn with_vars(workers: usize, vars: Vec<(OsString, OsString)>) -> Stage {
        let local = Local::new(workers, Environment::new(vars.clone()));
        let dir = tempfile::tempdir().unwrap();
        Stage { dir, local, ends: Ends::default(), groups: Groups::default(), jobs: 0, vars }
    }

    fn log(&self, id: u32) -> PathBuf {
        self.dir.path().join(format!("logs/{id}"))
    }

    fn spec(&self, text: &str) -> Spec {
        let command = Command { text: text.into(), ..Command::default() };
        Spec { command, log: self.log(self.jobs), ..Spec::default() }
    }

    fn start_spec(&mut self, spec: Spec) {
        let (ends, groups) = (self.ends.clone(), self.groups.clone());
        self.local.start(Box::new(Job { id: self.jobs, spec, before: Ok(()), ends, groups, beside: None }));
        self.jobs += 1;
    }

    fn start(&mut self, text: &str) {
        self.start_spec(self.spec(text));
    }

    fn wait(&self, how_many: u32) {
        for _ in 0..how_many {
            self.local.finished().recv_timeout(Duration::from_secs(60)).expect("a job did not come back");
        }
    }

    /// Runs one command alone; its exit and what it printed.
    fn run_spec(&mut self, spec: Spec) -> (Exit, String) {
        let log = spec.log.clone();
        self.start_spec(spec);
        self.wait(1);
        let exit = self.ends.lock().unwrap().pop().unwrap().1;
        (exit, fs::read_to_string(log).unwrap_or_default())
    }

    fn run(&mut self, text: &str) -> (Exit, String) {
        self.run_spec(self.spec(text))
    }

    /// Waits until the first job has its group and has made a file.
    fn wait_for(&self, path: &Path) -> (i32, u64) {
        let start = Instant::now();
        while !path.exists() || self.groups.lock().unwrap().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(30), "{} was not made", path.display());
            sleep(Duration::from_millis(5));
        }
        self.groups.lock().unwrap()[0]
    }
}

/// The processes of a group that are more than an entry to be reaped.
fn members(pgid: i32) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|e| fs::read_to_string(e.path().join("stat")).ok());
    let in_group = |stat: &String| {
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        fields[2] == pgid.to_string() && fields[0] != "Z"
    };
    stats.filter(in_group).collect()
}

#[test]
fn exits_in_all_kinds() {
    let mut stage = Stage::new(1);
    for (text, want) in [
        ("exit 3", Status::Code(3)),
        ("false | true", Status::Code(1)),
        ("kill -KILL $$", Status::Signal(9)),
        ("sh -c 'exit 4'", Status::Code(4)),
        ("sh -c 'kill -TERM $$'", Status::Signal(15)),
        ("no-such-command-at-all", Status::Code(127)),
        ("/etc", Status::Code(126)),
        ("echo $UNSET_ANYWHERE", Status::Code(1)),
        ("/bin/true", Status::Code(0)),
    ] {
        assert_eq!(stage.run(text).0.status, want, "{text}");
    }
    let (exit, log) = stage.run("no-such-command-at-all x");
    assert_eq!(log, "bash: line 1: no-such-command-at-all: command not found\n");
    assert_eq!(exit.log_bytes, log.len() as u64);
    assert!(!exit.direct);
}

#[test]
fn before_that_fails_runs_nothing() {
    let mut stage = Stage::new(1);
    let mark = stage.dir.path().join("mark");
    let spec = stage.spec(&format!("touch {}", mark.display()));
    let (ends, groups) = (stage.ends.clone(), stage.groups.clone());
    stage.local.start(Box::new(Job { id: 0, spec, before: Err("disk full".into()), ends, groups, beside: None }));
    stage.wait(1);
    assert_eq!(stage.ends.lock().unwrap()[0].1.status, Status::NotStarted("disk full".into()));
    assert!(!mark.exists() && stage.groups.lock().unwrap().is_empty());
    assert_eq!(stage.local.running(), 0);
}

#[test]
fn output_goes_to_the_log_and_silence_leaves_none() {
    let mut stage = Stage::new(1);
    let (exit, log) = stage.run("echo out; echo err >&2; cat");
    assert_eq!((exit.status, log.as_str(), exit.log_bytes), (Status::Code(0), "out\nerr\n", 8));
    let silent = stage.log(stage.jobs);
    let (exit, _) = stage.run("sh -c ':'");
    assert!(exit.direct && exit.log_bytes == 0);
    let (_, log) = stage.run("echo after it");
    assert_eq!(log, "after it\n");
    assert!(!silent.exists(), "the next command has it");
    let last = stage.log(stage.jobs);
    stage.run("sh -c ':'");
    stage.local = Local::new(1, Environment::new([]));
    assert!(!last.exists(), "it goes with the executor");
}

#[test]
fn usage_is_that_of_the_job() {
    let mut stage = Stage::new(1);
    let (exit, _) = stage
        .run("for i in {1..200000}; do :; done; head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null; sleep 0.1");
    assert!(exit.user > Duration::from_millis(20) && exit.user < Duration::from_secs(20), "{exit:?}");
    assert!(exit.wall >= Duration::from_millis(100));
    assert!(exit.peak_rss_kib.is_some_and(|kib| kib > 80_000), "{exit:?}");
    let (exit, _) = stage.run("sh -c ':'");
    assert_eq!(exit.peak_rss_kib, None, "below our own it is unknown");
}

#[test]
fn a_job_sees_three_descriptors_default_signals_and_an_empty_mask() {
    let _guard = DESCRIPTORS.lock();
    let mut stage = Stage::new(1);
    let own = fs::read_to_string("/proc/self/status").unwrap();
    let mask = |status: &str, name: &str| {
        let line = status.lines().find(|l| l.starts_with(name)).unwrap();
        u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
    };
    let pipe = 1 << (libc::SIGPIPE - 1);
    assert_eq!(mask(&own, "SigIgn:") & pipe, pipe, "the test means nothing if it is not ignored here");
    let (status, _) = stage.run("cat /proc/self/status");
    assert!(status.direct);
    for text in ["cat /proc/self/status", "cat /proc/self/status | cat"] {
        let (_, status) = stage.run(text);
        assert_eq!(mask(&status, "SigBlk:"), 0);
        let nohup = 1 << (libc::SIGHUP - 1);
        // glibc leaves its two inner signals ignored in what it spawns.
        let inner = 3 << 31;
        assert_eq!(mask(&status, "SigIgn:") & !nohup & !inner, 0, "{text}");
    }
    // `ls` itself opens a fourth.
    let (_, listed) = stage.run("ls /proc/self/fd");
    assert_eq!(listed, "0\n1\n2\n3\n");
    let (_, links) = stage.run("readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2");
    let log = fs::canonicalize(stage.dir.path()).unwrap().join("logs").join((stage.jobs - 1).to_string());
    assert_eq!(links, format!("/dev/null\n{0}\n{0}\n", log.display()));
}

#[test]
fn a_descriptor_we_were_started_with_is_not_handed_on() {
    use std::os::fd::AsRawFd;
    let _guard = DESCRIPTORS.lock();
    let file = fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let mut stage = Stage::new(1);
    let (_, listed) = stage.run("ls /proc/self/fd");
    assert!(!listed.lines().any(|n| n == file.as_raw_fd().to_string() && n != "3"), "{listed}");
    assert!(rustix::io::fcntl_getfd(&file).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
}

#[test]
fn a_daemon_left_behind_holds_up_nobody() {
    let mut stage = Stage::new(1);
    let log = stage.log(0);
    let start = Instant::now();
    let (exit, text) = stage.run("sleep 30 & echo $!");
    assert!(exit.status.is_success() && start.elapsed() < Duration::from_secs(20));
    let (pgid, leader_start) = stage.groups.lock().unwrap()[0];
    assert!(Orphan { pgid, leader_start, log: &log }.is_alive(), "the daemon is of the job's group");
    assert!(Orphan { pgid: 1, leader_start: 0, log: &log }.is_alive(), "and holds its log");
    stage.run(&format!("kill -KILL {text}"));
    sleep(Duration::from_millis(50));
    assert!(!Orphan { pgid, leader_start, log: &log }.is_alive());
}

#[test]
fn a_failed_job_leaves_no_process_behind() {
    let mut stage = Stage::new(1);
    stage.run("sleep 30 & sleep 30 & exit 1");
    let pgid = stage.groups.lock().unwrap()[0].0;
    assert_eq!(members(pgid), [""; 0]);
}

#[test]
fn terminate_ends_the_group_and_what_ignores_it() {
    let mut stage = Stage::new(2);
    let mark = stage.dir.path().join("mark");
    stage.start(&format!("(trap '' TERM; touch {}; while :; do sleep 1; done) & wait", mark.display()));
    let (pgid, _) = stage.wait_for(&mark);
    assert!(members(pgid).len() >= 2);
    stage.local.signal(Signal::Terminate);
    stage.wait(1);
    assert_eq!(members(pgid), [""; 0]);
    assert_eq!(stage.ends.lock().unwrap()[0].1.status, Status::Signal(libc::SIGTERM));
    assert_eq!(stage.run("echo x").0.status, Status::NotStarted("the run was interrupted".into()));
}

#[test]
fn kill_ends_what_ignores_terminate() {
    let mut stage = Stage::new(1);
    let mark = stage.dir.path().join("mark");
    stage.start(&format!("trap '' TERM; touch {}; while :; do sleep 1; done", mark.display()));
    stage.start("echo waits in the queue");
    let (pgid, _) = stage.wait_for(&mark);
    stage.local.signal(Signal::Terminate);
    assert!(stage.local.finished().recv_timeout(Duration::from_millis(300)).is_err());
    stage.local.signal(Signal::Kill);
    stage.wait(2);
    let ends: Vec<Status> = stage.ends.lock().unwrap().iter().map(|(_, exit)| exit.status.clone()).collect();
    assert_eq!(ends, [Status::Signal(libc::SIGKILL), Status::NotStarted("the run was interrupted".into())]);
    assert_eq!(members(pgid), [""; 0]);
}

#[test]
fn what_a_task_does_meanwhile_does_not_keep_its_process_waiting() {
    let mut stage = Stage::new(1);
    // Ends once the process is reaped, which nobody else than the worker does.
    let until_reaped = |pgid: i32| {
        let start = Instant::now();
        while Path::new(&format!("/proc/{pgid}")).exists() {
            assert!(start.elapsed() < Duration::from_secs(30), "the process was not reaped");
            sleep(Duration::from_millis(1));
        }
    };
    let (ends, groups) = (stage.ends.clone(), stage.groups.clone());
    let beside: Option<Box<dyn FnMut(i32) + Send>> = Some(Box::new(until_reaped));
    let spec = stage.spec("exit 3");
    stage.local.start(Box::new(Job { id: 0, spec, before: Ok(()), ends, groups, beside }));
    stage.wait(1);
    assert_eq!(stage.ends.lock().unwrap()[0].1.status, Status::Code(3));
}

#[test]
fn a_job_whose_time_is_up_is_ended_with_all_its_group() {
    let mut stage = Stage::new(1);
    let limit = Duration::from_millis(300);
    let command = "sleep 1000 & trap 'echo ends; exit 0' TERM; sleep 1000 & wait";
    let (exit, log) = stage.run_spec(Spec { timeout: Some(limit), ..stage.spec(command) });
    assert_eq!((exit.status, log.as_str()), (Status::TimedOut(limit), "ends\n"));
    assert!(exit.wall >= limit);
    let pgid = stage.groups.lock().unwrap()[0].0;
    assert_eq!(members(pgid), [""; 0]);
    let (exit, _) = stage.run_spec(Spec { timeout: Some(Duration::from_secs(1000)), ..stage.spec("exit 4") });
    assert_eq!(exit.status, Status::Code(4));
}

#[test]
fn suspended_time_does_not_count_against_a_limit() {
    let mut stage = Stage::new(1);
    let mark = stage.dir.path().join("mark");
    let command = format!("touch {}; sleep 0.3", mark.display());
    stage.start_spec(Spec { timeout: Some(Duration::from_secs(2)), ..stage.spec(&command) });
    stage.wait_for(&mark);
    stage.local.signal(Signal::Suspend);
    sleep(Duration::from_millis(2200));
    stage.local.signal(Signal::Resume);
    stage.wait(1);
    assert_eq!(stage.ends.lock().unwrap()[0].1.status, Status::Code(0));
}

#[test]
fn a_job_that_stops_itself_is_ended() {
    let mut stage = Stage::new(1);
    let (exit, _) = stage.run("kill -STOP $$; echo on; sleep 30");
    assert_eq!(exit.status, Status::Stopped(libc::SIGSTOP));
    let (exit, log) = stage.run("trap 'echo ends; exit 1' TERM; kill -TTIN $$; sleep 30");
    assert_eq!((exit.status, log.as_str()), (Status::Stopped(libc::SIGTTIN), "ends\n"));
}

#[test]
fn suspend_and_resume_are_not_taken_for_a_stuck_job() {
    let mut stage = Stage::new(2);
    let mark = stage.dir.path().join("mark");
    stage.start(&format!("touch {}; for i in {{1..20}}; do sleep 0.02; done", mark.display()));
    let (pgid, _) = stage.wait_for(&mark);
    for _ in 0..20 {
        stage.local.signal(Signal::Suspend);
        sleep(Duration::from_millis(2));
        stage.local.signal(Signal::Resume);
    }
    stage.local.signal(Signal::Suspend);
    sleep(Duration::from_millis(100));
    assert!(members(pgid).iter().all(|stat| stat.contains(") T ")), "{:?}", members(pgid));
    stage.start("echo waits");
    assert!(stage.local.finished().recv_timeout(Duration::from_millis(700)).is_err());
    stage.local.signal(Signal::Resume);
    stage.wait(2);
    assert!(stage.ends.lock().unwrap().iter().all(|(_, exit)| exit.status.is_success()));
}

#[test]
fn a_long_text_runs_from_a_file() {
    let mut stage = Stage::new(1);
    let text = format!("x='{}'\necho ${{#x}} $-\nfalse | true", "y".repeat(300_000));
    let (exit, log) = stage.run(&text);
    assert_eq!(exit.status, Status::Code(1), "{log}");
    assert!(log.starts_with("300000 ") && log.contains('e') && log.contains('u'));
    assert_eq!(fs::read_dir(stage.dir.path().join("logs")).unwrap().count(), 1, "the file is removed");
}

#[test]
fn prefix_and_other_shells() {
    let mut stage = Stage::new(1);
    let mut spec = stage.spec("echo $X");
    spec.command.prefix = Some("X=1; ".into());
    assert_eq!(stage.run_spec(spec).1, "1\n");
    let mut spec = stage.spec("echo $0 $-");
    spec.command.shell = Some("sh".into());
    assert!(stage.run_spec(spec).1.starts_with("sh"));
    let mut spec = stage.spec("false; echo $0 $-");
    spec.command.shell = Some("/bin/bash".into());
    assert_eq!(stage.run_spec(spec).0.status, Status::Code(1));
    let mut spec = stage.spec("x");
    spec.command.shell = Some("no-such-shell".into());
    let want = "the shell `no-such-shell` is not in `PATH`: install it or give its full path";
    assert_eq!(stage.run_spec(spec).0.status, Status::NotStarted(want.into()));
}

#[test]
fn a_log_limit_holds_while_the_job_runs() {
    let mut stage = Stage::new(1);
    let mut spec = stage.spec("for i in {1..60000}; do echo line $i; done; sleep 2.2; echo end");
    spec.log_limit = Some(1000);
    let (exit, log) = stage.run_spec(spec);
    assert!(log.starts_with("line 1\nline 2\n") && log.ends_with("line 60000\nend\n"), "{log}");
    assert!(log.len() < 1100 && log.matches("left out by --log-limit").count() == 1, "{log}");
    assert_eq!(exit.log_bytes, log.len() as u64);
}

#[test]
fn no_bash_is_said() {
    let missing = Environment::new([]);
    assert!(missing.launch(&Spec::default(), true).is_ok(), "it is looked for in the usual places too");
}

#[test]
fn ten_thousand_jobs() {
    let mut stage = Stage::new(2);
    for _ in 0..10_000 {
        stage.start("/bin/true");
    }
    stage.wait(10_000);
    let ends = stage.ends.lock().unwrap();
    assert!(ends.iter().all(|(_, exit)| exit.status.is_success() && exit.direct));
    assert_eq!(stage.local.running(), 0);
}
