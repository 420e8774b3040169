//! Whether anybody can tell direct execution from bash: every command here runs
//! both ways, and argv, environment, descriptors, directory, signals, limits,
//! exit and messages must be the same.

use super::{DESCRIPTORS, Spec, Stage, Status};
use crate::exec::{direct, launch};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

type Vars = Vec<(OsString, OsString)>;

impl Stage {
    /// Runs a text both ways, and asks that the first was (or was not) direct
    /// and that `shown` of both is the same.
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, spec: Spec, direct: bool, shown: impl Fn(&str) -> T) {
        let mut by_bash = spec.clone();
        by_bash.command.shell = Some("/bin/bash".into());
        let text = spec.command.text.clone();
        let (exit, printed) = self.run_spec(spec);
        assert_eq!(exit.direct, direct, "{text}");
        let (want_exit, want) = self.run_spec(by_bash);
        assert!(!want_exit.direct);
        assert_eq!((exit.status, shown(&printed)), (want_exit.status, shown(&want)), "{text}");
    }
}

fn whole(text: &str) -> String {
    text.to_string()
}

fn sorted(text: &str) -> Vec<String> {
    let mut all: Vec<String> = text.split('\0').map(String::from).collect();
    all.sort();
    all
}

fn ours() -> Vars {
    std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("BASH")).collect()
}

fn with(vars: &[(&str, &str)]) -> Vars {
    let set = vars.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    ours().into_iter().filter(|(name, _)| vars.iter().all(|(n, _)| name != n)).chain(set).collect()
}

fn without(names: &[&str]) -> Vars {
    ours().into_iter().filter(|(name, _)| names.iter().all(|n| name != n)).collect()
}

#[test]
fn the_environment_is_the_same() {
    let mut odd = with(&[("A.B", "1"), ("A", "two\nlines = x"), ("empty", "")]);
    odd.push(("BYTES".into(), OsString::from_vec(vec![0xff, 0xfe])));
    let here = std::env::current_dir().unwrap();
    let path = ("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (vars, direct) in [
        (ours(), true),
        (odd, true),
        (with(&[("PWD", "/"), ("OLDPWD", "/nowhere"), ("SHLVL", "5")]), true),
        (with(&[("PWD", here.to_str().unwrap()), ("OLDPWD", "/etc"), ("SHLVL", "x")]), true),
        (with(&[("IFS", ":"), ("_", "/x"), ("TERM", "dumb"), ("PS4", "x"), ("LANG", "C")]), true),
        (without(&["PWD", "OLDPWD", "SHLVL", "HOME", "TERM", "_"]), true),
        (vec![(path.0.into(), path.1.into())], true),
        (with(&[("SHLVL", "1000")]), false),
        (with(&[("LC_ALL", "xx_YY.UTF-8")]), false),
        (with(&[("PATH", "/usr/local/bin:/usr/bin:/bin:")]), true),
        (with(&[("PATH", ":/usr/local/bin:/usr/bin:/bin")]), false),
        (with(&[("PATH", "~/bin:/usr/local/bin:/usr/bin:/bin")]), false),
        (with(&[("PATH", "bin:/usr/local/bin:/usr/bin:/bin")]), false),
        (with(&[("UID", "12")]), false),
        (without(&["PATH"]), false),
    ] {
        let mut stage = Stage::with_vars(1, vars);
        stage.compare(stage.spec("env -0"), direct, sorted);
        stage.compare(stage.spec("/usr/bin/env -0"), true_unless_refused(direct, &stage), sorted);
    }
}

/// A program given by its path is not looked up, so only what bash itself says
/// or does can forbid it.
fn true_unless_refused(direct: bool, stage: &Stage) -> bool {
    direct || stage.path_alone_forbids()
}

impl Stage {
    fn path_alone_forbids(&self) -> bool {
        self.vars.iter().any(|(name, value)| {
            let value = value.to_string_lossy();
            name == "PATH" && (value.starts_with(':') || value.starts_with('~') || value.starts_with("bin"))
        })
    }
}

#[test]
fn variables_of_a_job_are_the_same() {
    let mut stage = Stage::with_vars(1, with(&[("OMP_NUM_THREADS", "64")]));
    for (name, value, direct) in [
        ("OMP_NUM_THREADS", "2", true),
        ("TMPDIR", "/tmp/x y", true),
        ("SHLVL", "7", false),
        ("PWD", "/x", false),
        ("LC_ALL", "C", false),
        ("_", "x", false),
        ("x-y", "1", false),
    ] {
        let env = vec![(name.to_string(), value.to_string())];
        stage.compare(Spec { env, ..stage.spec("env -0") }, direct, sorted);
    }
}

#[test]
fn all_that_the_kernel_knows_is_the_same() {
    let _guard = DESCRIPTORS.lock();
    let mut stage = Stage::with_vars(1, ours());
    for file in ["cmdline", "comm", "limits", "cgroup", "mountinfo", "oom_score_adj", "timerslack_ns", "personality"] {
        stage.compare(stage.spec(&format!("cat /proc/self/{file}")), true, whole);
    }
    for fd in 0..3 {
        stage.compare(stage.spec(&format!("cat /proc/self/fdinfo/{fd}")), true, |text| {
            let lines = text.lines().filter(|l| l.starts_with("flags:") || l.starts_with("pos:"));
            lines.map(String::from).collect::<Vec<_>>()
        });
    }
    stage.compare(stage.spec("readlink /proc/self/cwd /proc/self/root /proc/self/exe /proc/self/fd/0"), true, whole);
    stage.compare(stage.spec("ls /proc/self/fd"), true, whole);
    stage.compare(stage.spec("cat /proc/self/status"), true, |text| {
        let own = ["Pid:", "Tgid:", "NStgid:", "NSpid:", "NSpgid:", "Ngid:", "Vm", "Rss", "Hugetlb"];
        let counts = ["voluntary_ctxt", "nonvoluntary_ctxt", "Cpus_", "Mems_", "SigQ:"];
        let differs = |line: &&str| !own.iter().chain(&counts).any(|start| line.starts_with(start));
        text.lines().filter(differs).map(String::from).collect::<Vec<_>>()
    });
    stage.compare(stage.spec("cat /proc/self/stat"), true, |text| {
        let fields: Vec<&str> = text.split(' ').collect();
        assert_eq!(fields[0], fields[4], "the leader of its group");
        // name, parent, session, terminal, its foreground group, priority, nice, threads
        [1, 3, 5, 6, 7, 17, 18, 19].map(|i| fields[i].to_string())
    });
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn failures_are_those_of_bash() {
    let mut stage = Stage::with_vars(1, ours());
    let dir = stage.dir.path().to_path_buf();
    let at = |name: &str| dir.join(name);
    executable(&at("no-shebang"), "echo \"$0 $1 $-\"; exit 5\n");
    executable(&at("bad-interpreter"), "#!/no/such/thing\n");
    executable(&at("binary"), "\x7fELF\0\0\0not really");
    executable(&at("empty"), "");
    executable(&at("shebang"), "#!/bin/sh\necho $0 $1; kill -QUIT $$\n");
    fs::write(at("not-executable"), "x").unwrap();
    for (name, direct) in [
        ("no-shebang a", false),
        ("bad-interpreter", false),
        ("binary", false),
        ("empty", false),
        ("shebang b", true),
        ("not-executable", false),
        ("missing", false),
        ("not-executable/x", false),
    ] {
        let text = format!("{}/{name}", dir.display());
        stage.compare(stage.spec(&text), direct, whole);
    }
    for (text, direct) in [
        ("/etc", false),
        ("no-such-command-here a b", false),
        ("cat /no/such/file", true),
        ("ls '' ' '", true),
        ("sh -c 'exit 7'", true),
        ("sh -c 'kill -SEGV $$'", true),
        ("./no-such-file", false),
    ] {
        stage.compare(stage.spec(text), direct, whole);
    }
}

#[test]
fn a_program_is_looked_up_as_bash_does() {
    let dirs = tempfile::tempdir().unwrap();
    let at = |name: &str| dirs.path().join(name);
    for dir in ["1/tool", "2", "3", "4"] {
        fs::create_dir_all(at(dir)).unwrap();
    }
    fs::write(at("2/tool"), "x").unwrap();
    executable(&at("3/tool"), "#!/bin/sh\necho 3 $_\n");
    executable(&at("4/tool"), "#!/bin/sh\necho 4\n");
    fs::write(at("4/plain"), "x").unwrap();
    let path: Vec<String> = ["missing", "1", "2", "3", "4"].iter().map(|d| at(d).display().to_string()).collect();
    let path = format!("{}:/usr/bin:/bin", path.join(":"));
    let mut stage = Stage::with_vars(1, with(&[("PATH", &path)]));
    stage.compare(stage.spec("tool"), true, whole);
    stage.compare(stage.spec("plain"), false, whole);
    fs::remove_file(at("3/tool")).unwrap();
    stage.compare(stage.spec("tool"), true, whole);
    executable(&at("1/plain"), "#!/bin/sh\necho new\n");
    stage.compare(stage.spec("plain"), true, whole);
}

#[test]
fn a_function_in_the_environment_is_called() {
    let mut stage = Stage::with_vars(1, with(&[("BASH_FUNC_cat%%", "() { echo function\n}")]));
    let (exit, printed) = stage.run("cat /dev/null");
    assert_eq!((exit.status, printed.as_str(), exit.direct), (Status::Code(0), "function\n", false));
}

/// Numbers of a fixed sequence (Knuth's MMIX generator).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn words_are_those_of_bash() {
    let pieces = [
        "a", "b1", "-x", "--y=z", "=", "+", "%", "@", ":", ",", ".", "/", "..", "_", "'", "'", "' '", "'$X'", "'\\'",
        "'\n'", "''", " ", "  ", "\t", "'~'", "'*'", "'{a,b}'", "'é'", "A=1", "~", "*", "{a,b}", "$X", "\\", "\"", "#",
        "!", "é", "=~", ":~", "[a]", "?", "\n", ";", "a=b:c",
    ];
    let mut random = Sequence(7);
    let mut script = String::from("X=1; w() { printf '%s\\0' \"$@\"; printf '\\1'; }\n");
    let mut want = String::new();
    let mut accepted = 0;
    while accepted < 3000 {
        let text: String = (0..1 + random.below(8)).map(|_| pieces[random.below(pieces.len())]).collect();
        let text = format!("cmd {text}");
        if let Some(words) = direct::words(&text) {
            accepted += 1;
            script.push_str(&format!("w {}\n", &text));
            want.extend(words.iter().map(|word| format!("{word}\0")));
            want.push('\u{1}');
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), script).unwrap();
    let got = launch::output_of(&format!("source {}", file.path().display()));
    let (got, want): (Vec<&str>, Vec<&str>) = (got.split('\u{1}').collect(), want.split('\u{1}').collect());
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(&want) {
        assert_eq!(got, want);
    }
}
