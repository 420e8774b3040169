//! Kills, signals, orphans, second runs, read-only trees, other users: nothing is lost, no repair step.

use crate::story::Story;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Twelve chains of two slow steps that write in pieces, and a sum over all.
const SLOW: &str = r#"
IDS = [str(i) for i in range(12)]

rule all:
    input: "all.txt"

rule first:
    input: "in/{i}.txt"
    output: "mid/{i}.txt"
    shell: "echo half > {output}; sleep 0.0{wildcards.i}; cat {input} > {output}"

rule second:
    input: "mid/{i}.txt"
    output: "out/{i}.txt", "out/{i}.len"
    shell: "echo half > {output[0]}; sleep 0.01; cat {input} {input} > {output[0]}; wc -c < {input} > {output[1]}"

rule sum:
    input: expand("out/{i}.txt", i=IDS)
    output: "all.txt"
    shell: "cat {input} > {output}"
"#;

fn slow() -> Story {
    let story = Story::new().rulefile(SLOW);
    (0..12).for_each(|i| {
        story.write(&format!("in/{i}.txt"), &format!("text {i}\n"));
    });
    story
}

fn expected(story: &Story) -> String {
    (0..12).map(|i| story.read(&format!("in/{i}.txt")).repeat(2)).collect()
}

fn leftovers(story: &Story) -> Vec<String> {
    let walk = walkdir::WalkDir::new(story.path(".")).into_iter().flatten();
    let names = walk.map(|e| e.path().display().to_string());
    names.filter(|n| n.contains(".rm~")).collect()
}

/// Ends a process group's leader as a power cut would: at once, and not its jobs.
fn kill(running: crate::story::Running<'_>) {
    running.signal(Signal::KILL).finish();
}

#[test]
fn two_hundred_kills_lose_nothing() {
    let story = slow();
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    for round in 0..200 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let wait = Duration::from_micros((random >> 40) % 130_000);
        if round % 3 == 0 {
            let i = (random >> 20) % 12;
            story.write(&format!("in/{i}.txt"), &format!("round {round}\n"));
        }
        let running = story.start(&["-j4", "-q"]);
        sleep(wait);
        kill(running);
        if round % 25 == 24 {
            story.run(&["-j4"]).succeeds();
            assert_eq!(story.read("all.txt"), expected(&story), "after kill {round}");
            assert_eq!(leftovers(&story), Vec::<String>::new(), "after kill {round}");
        }
    }
    story.run(&["-j4"]).succeeds();
    assert_eq!(story.read("all.txt"), expected(&story));
    story.run(&["-j4"]).has_nothing_to_do();
}

const ENDLESS: &str = r#"
rule wait:
    output: "out.txt"
    shell: "echo half > {output}; echo $$ > pid.txt; sleep 1000 & sleep 1000; wait"
"#;

fn alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Whether a process group has a member left.
fn group_is_gone(pgid: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let of_group = |stat: String| {
        let rest = stat.rsplit(')').next().unwrap_or("").to_owned();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        fields.get(2) == Some(&pgid.trim()) && fields.first() != Some(&"Z")
    };
    !entries.filter_map(|e| fs::read_to_string(e.path().join("stat")).ok()).any(of_group)
}

#[test]
fn a_signal_ends_jobs_and_leaves_no_partial_output() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let story = Story::new().rulefile(ENDLESS);
        let running = story.start(&["-j2"]).until("pid.txt", "\n");
        running.signal(signal).finish().exits(code);
        assert!(group_is_gone(&story.read("pid.txt")), "{signal:?}: a process of the job is left");
        assert!(!story.has("out.txt"), "{signal:?}: a partial output is left");
        assert_eq!(leftovers(&story), Vec::<String>::new());
    }
}

#[test]
fn an_interrupted_job_has_its_old_output_back() {
    let story = Story::new()
        .rulefile("rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"cat in > out; touch begun; sleep $(cat pause)\"\n")
        .file("in", "one\n")
        .file("pause", "0");
    story.run(&["out"]).succeeds();
    let before = fs::metadata(story.path("out")).unwrap().modified().unwrap();
    story.write("in", "two\n").write("pause", "1000").remove("begun");
    story.start(&["out"]).until("out", "two").signal(Signal::INT).finish().exits(130);
    assert_eq!(story.read("out"), "one\n");
    assert_eq!(fs::metadata(story.path("out")).unwrap().modified().unwrap(), before);
    story.write("pause", "0").run(&["out"]).succeeds();
    assert_eq!(story.read("out"), "two\n");
}

#[test]
fn a_failed_job_has_its_old_output_back_and_says_why() {
    let story = Story::new()
        .rulefile("rule a:\n    input: \"in\"\n    output: \"out\"\n    shell: \"cat in > out; echo told; exit $(cat code)\"\n")
        .file("in", "one\n")
        .file("code", "0");
    story.run(&["out"]).succeeds();
    story.write("in", "two\n").write("code", "7");
    story.run(&["out"]).fails().stderr_has("exit code 7").stderr_has("told").stderr_has("cat in > out");
    assert_eq!(story.read("out"), "one\n");
    story.run(&["-n", "out"]).stdout_has("in changed");
}

#[test]
fn a_second_run_is_told_who_holds_the_directory() {
    let story = Story::new().rulefile(ENDLESS);
    let running = story.start(&["-j1"]).until("pid.txt", "\n");
    story.run(&["-j1"]).is_refused().stderr_has("another rulemake").stderr_has("pid");
    story.run(&["-n"]).succeeds().stdout_has("wait");
    running.signal(Signal::INT).finish().exits(130);
}

#[test]
fn a_run_waits_for_the_orphans_of_a_killed_one() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"out\"\n    shell: \"echo run >> ran.log; echo $$ > pid; sleep 1; echo late > out; echo done > late\"\n",
    );
    kill(story.start(&["out"]).until("pid", "\n"));
    assert!(alive(&story.read("pid")), "the orphan should live on");
    let run = story.run(&["out"]);
    run.succeeds().stderr_has("waiting: for a job of a killed run").ran(&["run"]);
    assert_eq!(story.read("late"), "done\n");
    assert_eq!(story.read("out"), "late\n");
    story.run(&["out"]).has_nothing_to_do();
}

#[test]
fn what_was_written_after_a_kill_is_kept() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"o.txt\"\n    shell: \"echo part > o.txt; sleep 0.5; echo end >> o.txt; touch late\"\n",
    );
    kill(story.start(&["o.txt"]).until("o.txt", "part"));
    let begun = Instant::now();
    while !story.has("late") {
        assert!(begun.elapsed() < Duration::from_secs(60), "the orphan should come to its end");
        sleep(Duration::from_millis(10));
    }
    story.write("o.txt", "MINE\n");
    for look in [&["-n", "o.txt"][..], &["--why", "o.txt"]] {
        story.run(look).succeeds().stderr_has("a run was killed here, or still goes on: rule `a` had begun `o.txt`");
    }
    let run = story.run(&["o.txt"]);
    run.succeeds().stderr_has("a run was killed here: what it had begun of `o.txt` is kept as `.rulemake/replaced/");
    assert_eq!(story.read("o.txt"), "part\nend\n");
    let kept = fs::read_dir(story.path(".rulemake/replaced")).unwrap().next().unwrap().unwrap();
    assert_eq!(fs::read_to_string(kept.path().join("o.txt")).unwrap(), "MINE\n");
    story.run(&["o.txt"]).has_nothing_to_do();
}

#[test]
fn drain_lets_running_jobs_end_and_starts_no_more() {
    let story = Story::new().rulefile(
        "rule all:\n    input: \"b\"\nrule a:\n    output: \"a\"\n    shell: \"touch begun; echo x >> begun; sleep 0.5; touch a\"\nrule b:\n    input: \"a\"\n    output: \"b\"\n    shell: \"touch b\"\n",
    );
    let running = story.start(&["-j1"]).until("begun", "x");
    story.run(&["--drain"]).succeeds();
    running.finish();
    assert!(story.has("a") && !story.has("b"));
    story.run(&["-j1"]).succeeds();
    assert!(story.has("b"));
}

#[test]
fn drain_while_python_is_compiled_starts_no_job() {
    let slow = "#!/bin/sh\ntouch begun\nsleep 1\nPATH=${PATH#*:} exec python3 \"$@\"\n";
    let story = Story::new()
        .rulefile("rule a:\n    output: \"a\"\n    run:\n        open(\"a\", \"w\")\n")
        .file("bin/python3", slow);
    fs::set_permissions(story.path("bin/python3"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", story.path("bin").display(), std::env::var("PATH").unwrap());
    let mut program = Command::new(env!("CARGO_BIN_EXE_rulemake"));
    program.arg("-j1").current_dir(story.path("")).env("PATH", path).stdin(Stdio::null());
    let running = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the compiler", || story.has("begun"));
    story.run(&["--drain"]).succeeds();
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.contains("asked to drain") && !story.has("a"), "{said}");
}

#[test]
fn drain_while_onstart_runs_starts_no_job() {
    let story = Story::new().rulefile(
        "onstart:\n    shell(\"touch begun; sleep 1\")\nrule a:\n    output: \"a\"\n    shell: \"touch a\"\n",
    );
    let running = story.start(&["-j1"]);
    wait_for("onstart", || story.has("begun"));
    story.run(&["--drain"]).succeeds();
    running.finish().succeeds().stderr_has("asked to drain");
    assert!(!story.has("a"));
}

#[test]
fn programs_of_a_killed_run_are_swept() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"a\"\n    run:\n        import time, sys\n        open('begun', 'w').write('x')\n        time.sleep(0.5)\n        open('a', 'w')\n",
    );
    kill(story.start(&["-j1"]).until("begun", "x"));
    let programs = || fs::read_dir(story.path(".rulemake/programs")).map_or(0, Iterator::count);
    assert_eq!(programs(), 1);
    story.run(&["--until", "a", "-j1"]).succeeds();
    assert_eq!(programs(), 0);
}

#[test]
fn a_directory_that_cannot_be_written_says_so() {
    let story = Story::new().rulefile("rule a:\n    output: \"out\"\n    shell: \"touch out\"\n");
    fs::set_permissions(story.path("."), fs::Permissions::from_mode(0o555)).unwrap();
    let nobody = |args: &[&str]| {
        let program = env!("CARGO_BIN_EXE_rulemake");
        let mut command = Command::new("setpriv");
        if rustix::process::geteuid().is_root() {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
        } else {
            command = Command::new(program);
        }
        command.args(args).current_dir(story.path(".")).stdin(Stdio::null()).output().unwrap()
    };
    let plan = nobody(&["-n"]);
    assert_eq!(plan.status.code(), Some(0), "{}", String::from_utf8_lossy(&plan.stderr));
    let run = nobody(&[]);
    fs::set_permissions(story.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(run.status.code(), Some(2), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stderr).contains(".rulemake"));
}

#[test]
fn jobs_see_three_descriptors_and_default_signals() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"fds\", \"signals\"\n    shell: \"ls /proc/self/fd > fds; cat /proc/self/status > signals\"\n",
    );
    story.run(&["fds"]).succeeds();
    // `ls` itself holds one more: the directory it lists.
    assert_eq!(story.read("fds"), "0\n1\n2\n3\n");
    let status = story.read("signals");
    for line in status.lines().filter(|l| ["SigBlk:", "SigIgn:", "SigCgt:"].iter().any(|k| l.starts_with(k))) {
        let bits = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
        // The C library ignores its own two signals, 32 and 33, in all it spawns.
        assert_eq!(bits & !(0b11 << 31), 0, "{line}");
    }
}

/// Runs a line of bash with job control on a terminal of its own; `type_keys` gets
/// a way to type.
pub fn on_a_terminal(story: &Story, line: &str, type_keys: impl FnOnce(&mut dyn FnMut(&str))) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::{Read, Write};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = || fs::File::options().read(true).write(true).open(&name).unwrap();
    let mut child = Command::new("setsid")
        .args(["--ctty", "--wait", "bash", "--norc", "-m", "-c", line])
        .current_dir(story.path("."))
        .env("TERM", "xterm")
        .env("RULEMAKE", env!("CARGO_BIN_EXE_rulemake"))
        .env_remove("CI")
        .stdin(slave())
        .stdout(slave())
        .stderr(slave())
        .spawn()
        .unwrap();
    let mut file = fs::File::from(master);
    let mut reader = file.try_clone().unwrap();
    let screen = std::thread::spawn(move || {
        let (mut text, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(n) = reader.read(&mut piece) {
            if n == 0 {
                break;
            }
            text.extend_from_slice(&piece[..n]);
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    type_keys(&mut |keys| file.write_all(keys.as_bytes()).unwrap());
    child.wait().unwrap();
    drop(file);
    screen.join().unwrap()
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(30), "waited 30 s for {what}");
        sleep(Duration::from_millis(10));
    }
}

fn state_of(pid: &str) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

#[test]
fn ctrl_c_on_a_terminal() {
    let story = Story::new().rulefile(ENDLESS);
    let screen = on_a_terminal(&story, "\"$RULEMAKE\" -j1; echo code=$?", |keys| {
        wait_for("the job", || story.has("pid.txt") && story.read("pid.txt").ends_with('\n'));
        keys("\u{3}");
    });
    assert!(screen.contains("code=130"), "{screen}");
    assert!(group_is_gone(&story.read("pid.txt")));
    assert!(!story.has("out.txt"));
}

#[test]
fn ctrl_z_stops_the_jobs_too_and_fg_resumes_them() {
    let story = Story::new().rulefile(
        "rule a:\n    output: \"out\"\n    shell: \"echo $$ > pid.tmp; mv pid.tmp pid; until test -e go; do sleep 0.02; done; touch out\"\n",
    );
    let line = "\"$RULEMAKE\" out; echo stopped=$?; touch shell-again; until test -e go-on; do sleep 0.02; done; fg; echo code=$?";
    let screen = on_a_terminal(&story, line, |keys| {
        wait_for("the job", || story.has("pid"));
        keys("\u{1a}");
        wait_for("the shell", || story.has("shell-again"));
        let pid = story.read("pid");
        wait_for("the job to stop", || state_of(&pid) == Some('T'));
        story.write("go", "");
        sleep(Duration::from_millis(100));
        assert!(!story.has("out"), "a stopped job went on");
        story.write("go-on", "");
    });
    assert!(screen.contains("stopped=147") && screen.contains("code=0"), "{screen}");
    assert!(story.has("out"));
}

#[test]
fn a_terminal_that_goes_away_ends_the_run() {
    let story = Story::new().rulefile(ENDLESS);
    let mut shell = String::new();
    on_a_terminal(&story, "echo $$ > shell; \"$RULEMAKE\" -j1", |_| {
        wait_for("the job", || story.has("pid.txt") && story.read("pid.txt").ends_with('\n'));
        shell = story.read("shell").trim().to_owned();
        // The leader of the session dies, as when a terminal window is closed.
        let pid = rustix::process::Pid::from_raw(shell.parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::HUP).unwrap();
    });
    let pid = story.read("pid.txt");
    wait_for("the job to end", || group_is_gone(&pid));
    wait_for("the output to go", || !story.has("out.txt"));
}

#[test]
fn outputs_on_a_second_file_system() {
    let other = ["/dev/shm", "/tmp", "/var/tmp"].into_iter().find(|p| {
        use std::os::unix::fs::MetadataExt;
        let here = fs::metadata(env!("CARGO_MANIFEST_DIR")).map(|m| m.dev()).ok();
        let there = fs::metadata(p).map(|m| m.dev()).ok();
        there.is_some() && there != here && tempfile::tempdir_in(p).is_ok()
    });
    let other = tempfile::tempdir_in(other.expect("a second file system: /dev/shm is one on every Linux")).unwrap();
    let out = other.path().join("out.txt").display().to_string();
    let story = Story::new()
        .rulefile(&format!(
            "rule a:\n    input: \"in\"\n    output: \"{out}\"\n    shell: \"cat {{input}} > {{output}}\"\n"
        ))
        .file("in", "one\n");
    story.run(&[&out]).succeeds();
    story.run(&[&out]).has_nothing_to_do();
    fs::write(&out, "by hand\n").unwrap();
    story.run(&[&out]).succeeds().stderr_has(".rulemake/replaced/");
    assert_eq!(fs::read_to_string(&out).unwrap(), "one\n");
    let kept: Vec<_> = walkdir::WalkDir::new(story.path(".rulemake/replaced"))
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .map(|e| fs::read_to_string(e.path()).unwrap())
        .collect();
    assert_eq!(kept, ["by hand\n"]);
}

/// Two readers of one deleted `temp()` file, of which the second is decided while
/// the file is being made again for the first.
const TWO_READERS: &str = r#"
rule all:
    input: "b1", "b2"
rule x:
    input: "x.in"
    output: temp("x")
    shell: "echo x >> ran.log; sleep 0.2; cat x.in > x; test ! -e fail"
rule y:
    input: "y.in"
    output: "y"
    shell: "echo y >> ran.log; cat y.in > y"
rule b:
    input: "x", "y"
    output: "b{n}"
    shell: "echo b{wildcards.n} >> ran.log; cat x y > {output}"
"#;

#[test]
fn two_readers_wait_for_one_maker() {
    let story = Story::new().rulefile(TWO_READERS).file("x.in", "x\n").file("y.in", "y\n");
    story.run(&["-j4"]).succeeds().ran(&["x", "y", "b1", "b2"]);
    assert!(!story.has("x"), "a temp() file is left");
    story.run(&["-j4"]).has_nothing_to_do();
    story.write("y.in", "z\n").run(&["-j4"]).succeeds().ran(&["x", "y", "b1", "b2"]);
    assert_eq!(story.read("b2"), "x\nz\n");
    story.write("y.in", "w\n").write("fail", "").run(&["-j4", "-k"]).fails().ran(&["x", "y"]);
    assert_eq!(story.read("b1"), "x\nz\n");
}

#[test]
fn a_temp_file_that_is_asked_for_stays() {
    let story = Story::new().rulefile(
        "rule all:\n    input: \"x\"\nrule x:\n    output: temp(\"x\")\n    shell: \"echo x >> ran.log; touch x\"\n",
    );
    story.run(&[]).succeeds().ran(&["x"]);
    assert!(story.has("x"));
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn long_names_in_any_script_have_logs() {
    let name = "計".repeat(70);
    let story = Story::new()
        .rulefile(&format!("rule a:\n    output: \"{name}.txt\"\n    shell: \"echo told; touch {{output}}\"\n"));
    story.run(&[]).succeeds();
}

#[test]
fn a_touched_flag_stands_for_what_its_job_did() {
    let story = Story::new()
        .rulefile(
            "rule query:\n    input: \"loaded.ok\"\n    output: \"answer\"\n    shell: \"echo query >> ran.log; cp store answer\"\nrule load:\n    input: \"data\"\n    output: touch(\"loaded.ok\")\n    shell: \"echo load >> ran.log; cp data store\"\n",
        )
        .file("data", "one\n");
    story.run(&[]).succeeds().ran(&["load", "query"]);
    story.run(&[]).has_nothing_to_do();
    story.write("data", "two\n").run(&[]).succeeds().ran(&["load", "query"]);
    assert_eq!(story.read("answer"), "two\n");
    fs::remove_dir_all(story.path(".rulemake")).unwrap();
    story.run(&["--touch"]).succeeds();
    story.run(&[]).has_nothing_to_do();
}
