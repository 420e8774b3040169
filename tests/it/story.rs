//! Tells a story to the real program: writes a Rulefile, runs, edits, runs again.
//!
//! Owns the scratch directory, the environment and the time limit of each run, and
//! the questions that a test asks of a run. It knows nothing of the program's
//! inside: only files, streams, exit codes and signals.
//!
//! Which jobs ran is told in two ways: by marks that their commands append to
//! `ran.log` ([`Run::ran`]), or by the events of `--json` ([`Run::started`]).

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a run may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a hung run has for its own clean-up once it is asked to end.
const GRACE: Duration = Duration::from_secs(5);
/// How often a waiting test looks again.
const LOOK: Duration = Duration::from_millis(5);
/// The file that commands append a line to when they run: `echo count a >> ran.log`.
const MARKS: &str = "ran.log";

/// A directory in which the program is run, once or several times.
pub struct Story {
    dir: TempDir,
}

impl Story {
    /// In an empty directory.
    pub fn new() -> Story {
        Story { dir: TempDir::new().expect("a scratch directory") }
    }

    /// In a copy of some files and directories of this repository's directory `from`.
    pub fn copy_of(from: &str, names: &[&str]) -> Story {
        let story = Story::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
        for name in names {
            copy(&from.join(name), &story.path(name));
        }
        story
    }

    /// With this Rulefile.
    pub fn rulefile(self, text: &str) -> Story {
        self.file("Rulefile", text)
    }

    /// With this file.
    pub fn file(self, path: &str, text: &str) -> Story {
        self.write(path, text);
        self
    }

    /// Where a file of the story lies.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file anew, with the directories it needs.
    pub fn write(&self, path: &str, text: &str) -> &Story {
        let path = self.path(path);
        make_parent(&path);
        fs::write(&path, text).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        self
    }

    /// Adds to the end of a file.
    pub fn append(&self, path: &str, text: &str) -> &Story {
        let mut file = File::options().append(true).open(self.path(path)).expect("a file to append to");
        file.write_all(text.as_bytes()).expect("appended text");
        self
    }

    /// Replaces a text that occurs exactly once in a file.
    pub fn edit(&self, path: &str, old: &str, new: &str) -> &Story {
        let text = self.read(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} should occur once in {path}");
        self.write(path, &text.replace(old, new))
    }

    /// Gives a file the time stamp of now, and leaves its content.
    pub fn touch(&self, path: &str) -> &Story {
        let file = File::options().append(true).open(self.path(path)).expect("a file to touch");
        file.set_modified(std::time::SystemTime::now()).expect("a new time stamp");
        self
    }

    /// Deletes a file.
    pub fn remove(&self, path: &str) -> &Story {
        fs::remove_file(self.path(path)).unwrap_or_else(|e| panic!("cannot remove {path}: {e}"));
        self
    }

    /// Whether there is a file or directory.
    pub fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("cannot read {path}: {e}"))
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|e| panic!("cannot read {path}: {e}"))
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Run {
        self.start(args).finish()
    }

    /// Starts the program and leaves it running.
    pub fn start(&self, args: &[&str]) -> Running<'_> {
        let streams = TempDir::new().expect("a scratch directory");
        let stream = |name| File::create(streams.path().join(name)).expect("a file for a stream");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rulemake"));
        command.args(args).current_dir(self.dir.path()).process_group(0);
        command.stdin(Stdio::null()).stdout(stream("stdout")).stderr(stream("stderr"));
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["RULEMAKE_", "SNAKEMAKE_"].iter().any(|p| name_text.starts_with(p)) {
                command.env_remove(&name);
            }
        }
        for name in ["CI", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "BASH_ENV", "ENV"] {
            command.env_remove(name);
        }
        command.env("TERM", "dumb").env("NO_COLOR", "1").env("LC_ALL", "C");
        // Counted before it can leave any.
        let marks = self.marks().len();
        let child = command.spawn().expect("the program starts");
        let told = format!("rulemake {}", args.join(" "));
        Running { story: self, child, streams, told, since: Instant::now(), marks }
    }

    fn marks(&self) -> Vec<String> {
        match fs::read_to_string(self.path(MARKS)) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// A run that has not been waited for.
pub struct Running<'a> {
    story: &'a Story,
    child: Child,
    streams: TempDir,
    told: String,
    since: Instant,
    marks: usize,
}

impl Running<'_> {
    /// Waits until a file of the story holds a text.
    pub fn until(mut self, path: &str, text: &str) -> Self {
        loop {
            let found = fs::read_to_string(self.story.path(path)).is_ok_and(|t| t.contains(text));
            if found {
                return self;
            }
            let ended = self.child.try_wait().expect("a child to wait for").is_some();
            if ended || self.since.elapsed() > LIMIT {
                let why = if ended { "the run ended" } else { "60 s went by" };
                self.give_up(&format!("{why} before {path} held {text:?}"));
            }
            sleep(LOOK);
        }
    }

    /// Waits until one of its streams holds a text.
    pub fn until_it_says(mut self, text: &str) -> Self {
        while !["stdout", "stderr"].iter().any(|name| self.stream(name).contains(text)) {
            let ended = self.child.try_wait().expect("a child to wait for").is_some();
            if ended || self.since.elapsed() > LIMIT {
                let why = if ended { "the run ended" } else { "60 s went by" };
                self.give_up(&format!("{why} before it said {text:?}"));
            }
            sleep(LOOK);
        }
        self
    }

    /// Sends the program (not its jobs) a signal.
    pub fn signal(self, signal: Signal) -> Self {
        kill_process(Pid::from_child(&self.child), signal).expect("a process to signal");
        self
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Run {
        loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                return self.ended(status);
            }
            if self.since.elapsed() > LIMIT {
                self.give_up("the run did not end within 60 s");
            }
            sleep(LOOK);
        }
    }

    fn ended(&self, status: ExitStatus) -> Run {
        let marks = self.story.marks().split_off(self.marks);
        Run { told: self.told.clone(), status, stdout: self.stream("stdout"), stderr: self.stream("stderr"), marks }
    }

    fn stream(&self, name: &str) -> String {
        let bytes = fs::read(self.streams.path().join(name)).expect("what a stream said");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends the run, its jobs too if it still can, and fails the test.
    fn give_up(&mut self, why: &str) -> ! {
        let asked = Instant::now();
        // It may be gone already; then there is nobody to ask.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        while asked.elapsed() < GRACE && self.child.try_wait().is_ok_and(|s| s.is_none()) {
            sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        panic!("{}: {why}\n{}", self.told, both(&self.stream("stdout"), &self.stream("stderr")));
    }
}

/// A run that has ended.
pub struct Run {
    told: String,
    status: ExitStatus,
    stdout: String,
    stderr: String,
    marks: Vec<String>,
}

impl Run {
    /// It ended with this exit code.
    pub fn exits(&self, code: i32) -> &Run {
        let ended = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, signal) => format!("signal {signal:?}"),
        };
        self.check(self.status.code() == Some(code), &format!("exit code {code} expected, not {ended}"))
    }

    /// A signal ended it, as it would have ended any program.
    pub fn dies_of(&self, signal: Signal) -> &Run {
        let ended = self.status.signal();
        self.check(ended == Some(signal.as_raw()), &format!("an end by {signal:?} expected, not {ended:?}"))
    }

    /// It did what was asked.
    pub fn succeeds(&self) -> &Run {
        self.exits(0)
    }

    /// A job failed.
    pub fn fails(&self) -> &Run {
        self.exits(1)
    }

    /// Usage, Rulefile or plan were wrong.
    pub fn is_refused(&self) -> &Run {
        self.exits(2)
    }

    /// All was up to date.
    pub fn has_nothing_to_do(&self) -> &Run {
        self.succeeds().stderr_has("nothing to do").ran(&[])
    }

    /// stdout is exactly this.
    pub fn stdout_is(&self, text: &str) -> &Run {
        self.check(self.stdout == text, &format!("stdout should be {text:?}"))
    }

    /// stdout holds this.
    pub fn stdout_has(&self, text: &str) -> &Run {
        self.check(self.stdout.contains(text), &format!("stdout should have {text:?}"))
    }

    /// stderr holds this.
    pub fn stderr_has(&self, text: &str) -> &Run {
        self.check(self.stderr.contains(text), &format!("stderr should have {text:?}"))
    }

    /// What it said on stdout.
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What it said on stderr.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// One of the two streams holds this.
    pub fn says(&self, text: &str) -> &Run {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        self.check(said, &format!("it should say {text:?}"))
    }

    /// Both streams together hold this once.
    pub fn says_once(&self, text: &str) -> &Run {
        let count = self.stdout.matches(text).count() + self.stderr.matches(text).count();
        self.check(count == 1, &format!("it should say {text:?} once, not {count} times"))
    }

    /// Neither of the two streams holds this.
    pub fn says_nothing_of(&self, text: &str) -> &Run {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        self.check(!said, &format!("it should not say {text:?}"))
    }

    /// The marks that its jobs left in `ran.log`, in any order.
    pub fn ran(&self, expected: &[&str]) -> &Run {
        self.same("marks", sorted(self.marks.clone()), expected)
    }

    /// The jobs that `--json` says were started, in any order, each as the rule's
    /// name followed by its wildcards' values: `count last`.
    pub fn started(&self, expected: &[&str]) -> &Run {
        self.same("jobs started", sorted(self.jobs("job-started")), expected)
    }

    /// The events of a kind in `--json`, in order, each as in [`Run::started`].
    pub fn jobs(&self, kind: &str) -> Vec<String> {
        self.events().iter().filter(|event| event["event"] == kind).map(job).collect()
    }

    /// All lines of `--json`.
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).map_err(|e| format!("{line:?} is no JSON: {e}"));
        match self.stdout.lines().map(parse).collect() {
            Ok(events) => events,
            Err(problem) => self.complain(&problem),
        }
    }

    fn same(&self, what: &str, found: Vec<String>, expected: &[&str]) -> &Run {
        let expected = sorted(expected.iter().map(|s| s.to_string()).collect());
        self.check(found == expected, &format!("{what}: expected {expected:?}, found {found:?}"))
    }

    fn check(&self, holds: bool, problem: &str) -> &Run {
        if !holds {
            self.complain(problem);
        }
        self
    }

    fn complain(&self, problem: &str) -> ! {
        panic!("{}: {problem}\n{}", self.told, both(&self.stdout, &self.stderr))
    }
}

/// `count last` for the event of a job.
fn job(event: &Value) -> String {
    let mut words = vec![event["rule"].as_str().unwrap_or("?").to_owned()];
    if let Some(wildcards) = event["wildcards"].as_object() {
        words.extend(wildcards.values().map(|v| v.as_str().unwrap_or("?").to_owned()));
    }
    words.join(" ")
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

fn both(stdout: &str, stderr: &str) -> String {
    format!("---- stdout\n{stdout}---- stderr\n{stderr}----")
}

/// Copies a file or a tree, contents only: the copies can be written whatever the
/// modes of the originals.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        make_parent(to);
        let bytes = fs::read(from).unwrap_or_else(|e| panic!("cannot read {}: {e}", from.display()));
        return fs::write(to, bytes).unwrap_or_else(|e| panic!("cannot write {}: {e}", to.display()));
    }
    for entry in fs::read_dir(from).expect("a directory to copy") {
        let entry = entry.expect("an entry to copy");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn make_parent(path: &Path) {
    let parent = path.parent().expect("a file has a directory");
    fs::create_dir_all(parent).unwrap_or_else(|e| panic!("cannot make {}: {e}", parent.display()));
}

mod tests {
    use super::{Signal, Story};

    const COPY: &str = r#"
rule copy:
    input: "{name}.txt"
    output: "{name}.copy"
    shell: "echo copy {wildcards.name} >> ran.log; cp {input} {output}"
"#;

    #[test]
    fn a_job_runs_once_and_again_when_its_input_changes() {
        let story = Story::new().rulefile(COPY).file("a.txt", "one\n");
        story.run(&["a.copy"]).succeeds().stdout_is("").ran(&["copy a"]);
        assert_eq!(story.read("a.copy"), "one\n");
        story.run(&["a.copy"]).has_nothing_to_do();
        story.touch("a.txt").run(&["a.copy"]).has_nothing_to_do();
        story.edit("a.txt", "one", "two").run(&["a.copy", "--json"]).succeeds().started(&["copy a"]).ran(&["copy a"]);
        assert_eq!(story.read("a.copy"), "two\n");
    }

    #[test]
    fn a_dry_run_starts_nothing() {
        let story = Story::new().rulefile(COPY).file("a.txt", "one\n");
        story.run(&["-n", "a.copy"]).succeeds().stdout_has("a.copy").ran(&[]);
        assert!(!story.has("a.copy"));
    }

    #[test]
    fn a_target_that_nothing_makes_is_refused() {
        let story = Story::new().rulefile(COPY);
        story.run(&["a.copy"]).is_refused().stderr_has("a.txt").ran(&[]);
    }

    #[test]
    fn a_terminated_run_ends_its_jobs_and_says_so_in_its_exit_code() {
        let story = Story::new().rulefile(
            r#"
rule wait:
    output: "done"
    shell: "echo begun > {output}; echo wait >> ran.log; sleep 30; echo ended >> ran.log"
"#,
        );
        let run = story.start(&["done"]).until("ran.log", "wait").signal(Signal::TERM).finish();
        run.exits(143).ran(&["wait"]);
        assert!(!story.has("done"), "half an output is left in place");
    }
}
