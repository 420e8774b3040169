//! Snakemake without its start: one process imports it, and forks for each command.
//!
//! Owns the talk with `tests/differential/serve.py`, which ends when this does.
//! Knows nothing of cases.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// Snakemake, imported and waiting.
pub struct Served {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    scratch: TempDir,
}

impl Served {
    /// Starts the process, with the Python that Snakemake is installed for.
    pub fn start() -> Served {
        let scratch = TempDir::new().expect("a scratch directory");
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/serve.py");
        let mut process = Command::new(python())
            .arg(server)
            .env("HOME", scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Snakemake's Python");
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Served { process, requests, answers, scratch }
    }

    /// `snakemake WORDS` in a directory: its exit code, 124 after so many seconds, and what it printed.
    pub fn run(&mut self, dir: &Path, words: &str, home: &[(&str, PathBuf)], seconds: u32) -> (i32, Vec<u8>) {
        let told = self.scratch.path().join("told");
        let home: serde_json::Map<String, serde_json::Value> =
            home.iter().map(|(name, dir)| ((*name).to_owned(), dir.display().to_string().into())).collect();
        let request = serde_json::json!([dir, told, seconds, home, words]);
        writeln!(self.requests.as_ref().expect("a pipe"), "{request}").expect("the server listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the server answers");
        let code = answer.trim().parse().unwrap_or_else(|_| panic!("the server of Snakemake ended: `{answer}`"));
        (code, fs::read(&told).unwrap_or_default())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.requests.take());
        self.process.wait().ok();
    }
}

/// Where programs are looked for: beside Snakemake first, as in an environment for both.
pub fn search_path() -> PathBuf {
    let beside = python().parent().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = beside.into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(dirs).expect("a search path").into()
}

/// The Python beside the real Snakemake: where `tests/run` installs it, or on the search path.
fn python() -> PathBuf {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snakemake/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs = std::iter::once(installed).chain(std::env::split_paths(&path));
    let found = dirs.find(|dir| dir.join("snakemake").is_file());
    found.expect("Snakemake is not installed: run `tests/run`, which does that").join("python3")
}
