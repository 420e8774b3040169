//! The same Snakefiles under Snakemake and under the program: the same files must come out.
//!
//! Owns the cases' format (`tests/differential/README.md`) and the comparison of
//! two trees. Snakemake is the real one, installed by `tests/run`; how it is started is
//! `served`'s.

mod served;

use served::Served;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Names that the tools keep for themselves.
const OWN: [&str; 6] = [".snakemake", ".rulemake", "__pycache__", ".cache", ".config", ".snakemake_timestamp"];

/// How many seconds one step may take before it counts as hung.
const LIMIT: u32 = 120;

/// Who plays a case.
enum Tool<'a> {
    Theirs(&'a mut Served),
    Ours,
}

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
    fn play(&self, tool: &mut Tool) -> Result<BTreeMap<PathBuf, String>, String> {
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

    fn step(&self, step: &Step, tool: &mut Tool, dir: &Path) -> Result<(), String> {
        let path = served::search_path();
        let home = [("HOME", dir.to_owned()), ("XDG_CACHE_HOME", dir.join(".cache")), ("PATH", path)];
        let (text, succeeds, (code, told)) = match (step, tool) {
            (Step::Shell(text), _) => (text.clone(), true, shell(text, dir, &home)),
            (Step::Run { words, succeeds }, Tool::Ours) => {
                let text = format!("exec {} {}{words}", env!("CARGO_BIN_EXE_rulemake"), self.snakefile());
                (text.clone(), *succeeds, shell(&text, dir, &home))
            }
            (Step::Run { words, succeeds }, Tool::Theirs(served)) => {
                let words = format!("{}{words}", self.snakefile());
                let done = served.run(dir, &words, &home, LIMIT);
                (format!("snakemake {words}"), *succeeds, done)
            }
        };
        if (code == 0) == succeeds && (0..124).contains(&code) {
            return Ok(());
        }
        Err(format!("`{text}` ended with {code}\n{}", String::from_utf8_lossy(&told)))
    }

    /// The words that name the Snakefile, if the case has one of that name.
    fn snakefile(&self) -> &'static str {
        let named = self.files.iter().any(|(name, _)| name == "Snakefile");
        if named { "-s Snakefile " } else { "" }
    }

    /// What is wrong with this case; none if all is well.
    fn fault(&self, snakemake: &mut Served) -> Option<String> {
        let theirs = self.play(&mut Tool::Theirs(snakemake));
        let ours = self.play(&mut Tool::Ours);
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

/// A command of the shell: its exit code, 124 if it took too long, -1 after a signal; and what it printed.
fn shell(text: &str, dir: &Path, home: &[(&str, PathBuf)]) -> (i32, Vec<u8>) {
    let output = Command::new("timeout")
        .args([&LIMIT.to_string(), "bash", "-c", text])
        .current_dir(dir)
        .envs(home.iter().map(|(name, dir)| (name, dir)))
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    (output.status.code().unwrap_or(-1), [output.stdout, output.stderr].concat())
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

#[test]
fn snakefiles_give_the_same_files() {
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
                let mut snakemake = Served::start();
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let case = Case::read(path);
                    if let Some(fault) = case.fault(&mut snakemake) {
                        faults.lock().expect("no panic").push(format!("== {}\n{fault}\n", case.name));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no panic");
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), paths.len(), faults.join("\n"));
}
