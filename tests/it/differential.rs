//! The same Snakefiles under Snakemake and under the program: the same files must come out.
//!
//! Owns the cases' format (`tests/differential/README.md`) and the comparison of
//! two trees. Snakemake is the real one, installed by `tests/run`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Names that the tools keep for themselves.
const OWN: [&str; 6] = [".snakemake", ".rulemake", "__pycache__", ".cache", ".config", ".snakemake_timestamp"];

/// How long one step may take before it counts as hung.
const LIMIT: &str = "120";

/// One line of a case that does something.
enum Step {
    /// Both tools with these words; whether they should succeed.
    Run { words: String, succeeds: bool },
    /// A command of the shell.
    Shell(String),
}

/// One case.
#[derive(Default)]
struct Case {
    name: String,
    steps: Vec<Step>,
    files: Vec<(String, String)>,
    /// Files that differ on purpose.
    differs: Vec<String>,
    /// Why they do.
    why: Option<String>,
}

impl Case {
    fn read(path: &Path) -> Case {
        let text = fs::read_to_string(path).expect("a case");
        let mut case =
            Case { name: path.file_stem().expect("a name").to_string_lossy().into_owned(), ..Case::default() };
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = after;
            if let Some(name) = line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
                let end = if rest.starts_with("-- ") { 0 } else { rest.find("\n-- ").map_or(rest.len(), |at| at + 1) };
                case.files.push((name.to_owned(), rest[..end].to_owned()));
                rest = &rest[end..];
            } else if !line.starts_with('#') {
                case.head(line);
            }
        }
        assert!(case.differs.is_empty() == case.why.is_none(), "{}: `differs-in` and `why` go together", case.name);
        case
    }

    fn head(&mut self, line: &str) {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{}: what is `{line}`?", self.name));
        match key {
            "run" => self.steps.push(Step::Run { words: value.into(), succeeds: true }),
            "fails" => self.steps.push(Step::Run { words: value.into(), succeeds: false }),
            "sh" => self.steps.push(Step::Shell(value.into())),
            "differs-in" => self.differs = value.split_whitespace().map(str::to_owned).collect(),
            "why" => self.why = Some(value.into()),
            _ => panic!("{}: `{key}` is no word of a case", self.name),
        }
    }

    /// Goes through the case with one tool; gives the tree that comes out.
    fn play(&self, tool: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
        let dir = TempDir::new().expect("a scratch directory");
        for (name, text) in &self.files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        for step in &self.steps {
            self.step(step, tool, dir.path())?;
        }
        let mut tree = BTreeMap::new();
        look(dir.path(), Path::new(""), &mut tree);
        Ok(tree)
    }

    fn step(&self, step: &Step, tool: &Path, dir: &Path) -> Result<(), String> {
        let (text, succeeds) = match step {
            Step::Run { words, succeeds } => {
                let named = self.files.iter().any(|(name, _)| name == "Snakefile");
                let snakefile = if named { "-s Snakefile" } else { "" };
                (format!("exec {} {snakefile} {words}", tool.display()), *succeeds)
            }
            Step::Shell(text) => (text.clone(), true),
        };
        let output = Command::new("timeout")
            .args([LIMIT, "bash", "-c", &text])
            .current_dir(dir)
            .env("HOME", dir)
            .env("XDG_CACHE_HOME", dir.join(".cache"))
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        if output.status.success() == succeeds && output.status.code().is_some_and(|code| code < 124) {
            return Ok(());
        }
        let told = [output.stdout, output.stderr].concat();
        Err(format!("`{text}` ended with {}\n{}", output.status, String::from_utf8_lossy(&told)))
    }

    /// What is wrong with this case; none if all is well.
    fn fault(&self, snakemake: &Path) -> Option<String> {
        let theirs = self.play(snakemake);
        let ours = self.play(Path::new(env!("CARGO_BIN_EXE_rulemake")));
        let (theirs, ours) = match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => (theirs, ours),
            (Err(told), _) | (_, Err(told)) => return Some(told),
        };
        let names = theirs.keys().chain(ours.keys());
        let mut differ: Vec<&PathBuf> = names.filter(|name| theirs.get(*name) != ours.get(*name)).collect();
        differ.sort();
        differ.dedup();
        let stated = |name: &PathBuf| self.differs.iter().any(|d| Path::new(d) == name);
        let wrong: Vec<String> = (differ.iter().filter(|name| !stated(name)))
            .map(|name| format!("{}: Snakemake {:?}, ours {:?}", name.display(), theirs.get(*name), ours.get(*name)))
            .collect();
        (!wrong.is_empty()).then(|| wrong.join("\n"))
    }
}

fn look(root: &Path, below: &Path, tree: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(root.join(below)).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if OWN.iter().any(|own| name == *own) {
            continue;
        }
        let path = below.join(&name);
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            tree.insert(path.clone(), "directory".into());
            look(root, &path, tree);
        } else {
            let bytes = fs::read(entry.path()).unwrap_or_else(|e| e.to_string().into_bytes());
            tree.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// The real Snakemake: where `tests/run` installs it, or on the search path.
fn snakemake() -> PathBuf {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snakemake/bin/snakemake");
    if installed.exists() {
        return installed;
    }
    let found = std::env::var_os("PATH")
        .and_then(|all| std::env::split_paths(&all).map(|dir| dir.join("snakemake")).find(|program| program.is_file()));
    found.expect("Snakemake is not installed: run `tests/run`, which does that")
}

#[test]
fn snakefiles_give_the_same_files() {
    let snakemake = snakemake();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).expect("the cases").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "case"));
    paths.sort();
    assert!(paths.len() >= 80, "only {} cases", paths.len());
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let case = Case::read(path);
                    if let Some(fault) = case.fault(&snakemake) {
                        faults.lock().expect("no panic").push(format!("== {}\n{fault}\n", case.name));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no panic");
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), paths.len(), faults.join("\n"));
}
