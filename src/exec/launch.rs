//! From a command to a program with arguments and environment.
//!
//! Owns where bash is, when a command runs without it, and the environment that
//! each way gives a job. It does not start the job (a small process of its own
//! apart, see below) and does not know the job's files.
//!
//! **Without a shell**: a text that [`direct`](super::direct) reads as plain
//! words is executed as bash would execute it: the program looked up in `PATH`
//! the same way, and with the environment that bash would hand on. What that is
//! depends on the version of bash and on oddities of the environment (`SHLVL`,
//! `PWD`, `OLDPWD`, variables bash resets, warnings of its own), so bash is
//! asked once, by running `env` in it. If it says anything else, or the
//! environment could change what words mean, every command goes through bash.

use super::direct;
use super::spawn::{Image, spawn};
use super::{Command, Interpreter, Spec};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, pipe};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Longest text given as an argument; Linux takes 128 KiB for one.
const MAX_TEXT: usize = 100 * 1024;

/// The environment that jobs get, and what follows from it. Made once a run.
pub struct Environment {
    /// As it is, `NAME=value`.
    vars: Vec<CString>,
    /// The directories of `PATH`, as they stand there.
    path: Vec<PathBuf>,
    bash: Option<CString>,
    /// As a program gets it from bash, without `_`. None: no direct execution.
    direct: OnceLock<Option<Vec<CString>>>,
}

/// What is to be spawned.
pub(super) struct Launch {
    program: CString,
    args: Vec<CString>,
    /// `NAME=value` in the place of or beside those of the base.
    extra: Vec<CString>,
    /// Where it runs, if not where we are.
    directory: Option<CString>,
    /// Without a shell.
    pub direct: bool,
    /// To be removed afterwards.
    script: Option<PathBuf>,
}

impl Environment {
    /// From the variables of this process (`std::env::vars_os`).
    pub fn new(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        let vars: Vec<(OsString, OsString)> = vars.into_iter().collect();
        let path = vars.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        let path: Vec<PathBuf> =
            path.map(|p| p.as_bytes().split(|&b| b == b':').map(to_path).collect()).unwrap_or_default();
        let named = |(name, value): &(OsString, OsString)| variable(name.as_bytes(), value.as_bytes()).ok();
        let no_direct = path.is_empty() || vars.iter().any(|(name, _)| forbids_direct(name));
        Environment {
            vars: vars.iter().filter_map(named).collect(),
            bash: find_bash(&path),
            path,
            direct: if no_direct { OnceLock::from(None) } else { OnceLock::new() },
        }
    }

    /// How to run a command. `allow_direct` is false when that was tried
    /// already and the program could not be executed.
    pub(super) fn launch(&self, spec: &Spec, allow_direct: bool) -> Result<Launch, String> {
        let extra = spec.env.iter().map(|(name, value)| variable(name.as_bytes(), value.as_bytes()));
        let extra: Vec<CString> = extra.collect::<Result<_, _>>()?;
        if let Some(interpreter) = &spec.command.interpreter {
            return self.with_interpreter(spec, interpreter, extra);
        }
        if allow_direct && let Some(launch) = self.without_shell(spec, &extra) {
            return Ok(launch);
        }
        self.with_shell(spec, extra)
    }

    fn without_shell(&self, spec: &Spec, extra: &[CString]) -> Option<Launch> {
        let Command { text, prefix, shell, .. } = &spec.command;
        if prefix.is_some()
            || shell.is_some()
            || spec.directory.is_some()
            || spec.env.iter().any(|(name, _)| direct::is_special(name))
        {
            return None;
        }
        let words = direct::words(text)?;
        let program = self.look_up(&words[0])?;
        self.direct.get_or_init(|| self.as_bash_hands_it_on()).as_ref()?;
        let args = words.into_iter().map(CString::new).collect::<Result<_, _>>().ok()?;
        let mut extra = extra.to_vec();
        extra.push(variable(b"_", program.to_bytes()).ok()?);
        Some(Launch { program, args, extra, directory: None, direct: true, script: None })
    }

    fn with_shell(&self, spec: &Spec, extra: Vec<CString>) -> Result<Launch, String> {
        let Command { text, prefix, shell, .. } = &spec.command;
        let program = self.shell(shell.as_deref())?;
        let name = program.to_bytes().rsplit(|&b| b == b'/').next().unwrap_or_default();
        let mut args = vec![cstring(name)?];
        if prefix.is_none() && (shell.is_none() || name == b"bash") {
            args.extend([c"-euo".to_owned(), c"pipefail".to_owned()]);
        }
        let text = [prefix.as_deref().unwrap_or(""), text.as_str()].concat();
        let mut script = None;
        if text.len() > MAX_TEXT {
            let path = write_script(beside(&spec.log), &text)?;
            let path = std::path::absolute(&path).unwrap_or(path);
            args.push(cstring(path.as_os_str().as_bytes())?);
            script = Some(path);
        } else {
            args.extend([c"-c".to_owned(), cstring(text.as_bytes())?]);
        }
        Ok(Launch { program, args, extra, directory: run_in(spec)?, direct: false, script })
    }

    fn with_interpreter(&self, spec: &Spec, with: &Interpreter, extra: Vec<CString>) -> Result<Launch, String> {
        let program = self.interpreter(with)?;
        let directory = with.file.parent().map_or(Ok(()), std::fs::create_dir_all);
        directory.map_err(|error| format!("cannot make the directory of `{}`: {error}", with.file.display()))?;
        let script = write_script(with.file.clone(), &spec.command.text)?;
        let script = std::path::absolute(&script).unwrap_or(script);
        let words = with.words.iter().map(|w| w.as_bytes()).chain([script.as_os_str().as_bytes()]);
        let args = words.map(cstring).collect::<Result<_, _>>()?;
        let directory = run_in(spec)?;
        Ok(Launch { program, args, extra, directory, direct: false, script: Some(script) })
    }

    fn interpreter(&self, interpreter: &Interpreter) -> Result<CString, String> {
        let name = interpreter.words.first().map_or("", String::as_str);
        let found = self.path.iter().map(|dir| dir.join(name)).find(|path| is_program(path));
        let none =
            || format!("`{name}` is not in `PATH`, and it is needed here: install it or add its directory to `PATH`");
        cstring(found.ok_or_else(none)?.as_os_str().as_bytes())
    }

    /// Why a command could not be started.
    pub(super) fn lacks(&self, command: &Command) -> Option<String> {
        self.interpreter(command.interpreter.as_ref()?).err()
    }

    fn shell(&self, other: Option<&str>) -> Result<CString, String> {
        let Some(name) = other else {
            let none = "`bash` is not in `PATH`; shell commands need it: install it or add its directory to `PATH`";
            return self.bash.clone().ok_or_else(|| none.to_string());
        };
        if name.contains('/') {
            return cstring(name.as_bytes());
        }
        let found = self.path.iter().map(|dir| dir.join(name)).find(|path| is_program(path));
        let none = || format!("the shell `{name}` is not in `PATH`: install it or give its full path");
        cstring(found.ok_or_else(none)?.as_os_str().as_bytes())
    }

    /// The file that bash would execute for a command's name. None where that
    /// is not certain, or there is none.
    fn look_up(&self, name: &str) -> Option<CString> {
        if name.contains('/') {
            return CString::new(name).ok();
        }
        for dir in &self.path {
            // What bash makes of `.`, an empty element or `~` is its own affair.
            if !dir.is_absolute() {
                return None;
            }
            let path = dir.join(name);
            if is_program(&path) {
                return CString::new(path.into_os_string().into_vec()).ok();
            }
        }
        None
    }

    /// What bash prints to stdout and to stderr when it runs a text.
    fn ask_bash(&self, text: &CStr) -> Option<(Vec<u8>, Vec<u8>)> {
        let args = [c"bash", c"-euo", c"pipefail", c"-c", text];
        let env: Vec<&CStr> = self.vars.iter().map(CString::as_c_str).collect();
        run(&Image { program: self.bash.as_deref()?, args: &args, env: &env, directory: None }).ok()
    }

    /// Runs `env` in bash and reads what it prints.
    fn as_bash_hands_it_on(&self) -> Option<Vec<CString>> {
        let (printed, said) = self.ask_bash(c"env -0")?;
        if !said.is_empty() || !printed.ends_with(b"\0") {
            return None;
        }
        let entries = printed[..printed.len() - 1].split(|&b| b == 0).filter(|entry| !entry.starts_with(b"_="));
        entries.map(|entry| CString::new(entry).ok()).collect()
    }
}

/// Whether a variable of ours could change what plain words mean to bash, or
/// what it hands on from one time to the next. The usual ones do not.
fn forbids_direct(name: &OsStr) -> bool {
    let usual = ["IFS", "LANG", "LANGUAGE", "OLDPWD", "PATH", "PWD", "SHLVL", "_"];
    name.to_str().is_none_or(|name| direct::has_meaning(name) && !usual.contains(&name))
}

impl Launch {
    /// Starts it. A direct one whose program cannot be executed has run nothing.
    pub fn spawn(&self, environment: &Environment, out: impl AsFd) -> io::Result<super::spawn::Child> {
        let base = match self.direct {
            true => environment.direct.get().and_then(Option::as_ref).expect("bug: direct without an environment"),
            false => &environment.vars,
        };
        let args: Vec<&CStr> = self.args.iter().map(CString::as_c_str).collect();
        let env = merged(base, &self.extra);
        let image = Image { program: &self.program, args: &args, env: &env, directory: self.directory.as_deref() };
        spawn(&image, out.as_fd(), out.as_fd())
    }

    /// Removes what was made for it.
    pub fn clear(&self) {
        if let Some(script) = &self.script {
            let _ = std::fs::remove_file(script);
        }
    }

    /// The file that is executed.
    pub fn program(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// The base with some variables replaced or added.
fn merged<'a>(base: &'a [CString], extra: &'a [CString]) -> Vec<&'a CStr> {
    let name = |v: &'a CString| v.to_bytes().split(|&b| b == b'=').next().unwrap_or_default();
    // Names are found once: this is done for every job.
    let names: Vec<&[u8]> = extra.iter().map(name).collect();
    let mut all = Vec::with_capacity(base.len() + extra.len());
    let stays = |v: &&'a CString| names.is_empty() || !names.contains(&name(v));
    all.extend(base.iter().filter(stays).map(CString::as_c_str));
    // Of two settings of one name the later one holds.
    let holds = |(i, _): &(usize, &'a CString)| !names[i + 1..].contains(&names[*i]);
    all.extend(extra.iter().enumerate().filter(holds).map(|(_, v)| v.as_c_str()));
    all
}

/// Runs a program to its end; what it printed to stdout and to stderr.
fn run(image: &Image) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut out, out_end) = pipe()?;
    let (mut err, err_end) = pipe()?;
    let child = spawn(image, out_end.as_fd(), err_end.as_fd());
    drop((out_end, err_end));
    let child = child?;
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    // stderr holds a warning at most: it cannot fill its pipe meanwhile.
    let read = out.read_to_end(&mut printed).and_then(|_| err.read_to_end(&mut said));
    child.reap();
    read.map(|_| (printed, said))
}

fn find_bash(path: &[PathBuf]) -> Option<CString> {
    let usual = ["/bin", "/usr/bin", "/usr/local/bin"].map(PathBuf::from);
    let found = path.iter().chain(&usual).map(|dir| dir.join("bash")).find(|file| is_program(file))?;
    CString::new(found.into_os_string().into_vec()).ok()
}

/// Whether a file can be executed by us and is no directory.
fn is_program(path: &Path) -> bool {
    accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok() && !path.is_dir()
}

fn to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The directory that a command runs in, if not ours.
fn run_in(spec: &Spec) -> Result<Option<CString>, String> {
    spec.directory.as_ref().map(|dir| cstring(dir.as_os_str().as_bytes())).transpose()
}

fn variable(name: &[u8], value: &[u8]) -> Result<CString, String> {
    cstring(&[name, b"=", value].concat())
}

fn cstring(bytes: &[u8]) -> Result<CString, String> {
    let nul = |_| format!("a NUL character in `{}` cannot be passed to a program", printable(bytes));
    CString::new(bytes).map_err(nul)
}

fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace('\0', "\\0");
    text.chars().take(60).collect()
}

/// The file of a text too long for an argument.
fn beside(log: &Path) -> PathBuf {
    let mut path = log.as_os_str().to_owned();
    path.push(".sh");
    path.into()
}

fn write_script(path: PathBuf, text: &str) -> Result<PathBuf, String> {
    let written = File::create(&path).and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| format!("cannot write the command to `{}`: {error}", path.display()))?;
    Ok(path)
}

/// What bash prints when it runs a text in our environment.
#[cfg(test)]
pub(super) fn output_of(text: &str) -> String {
    let text = CString::new(text).unwrap();
    let (printed, _) = Environment::new(std::env::vars_os()).ask_bash(&text).unwrap();
    String::from_utf8(printed).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_setting_takes_the_place_of_an_earlier() {
        let all = |texts: &[&str]| texts.iter().map(|t| CString::new(*t).unwrap()).collect::<Vec<_>>();
        let (base, extra) = (all(&["A=1", "AB=2", "C=3"]), all(&["A=4", "D=5", "D=6"]));
        let got: Vec<_> = merged(&base, &extra).into_iter().map(|s| s.to_str().unwrap().to_string()).collect();
        assert_eq!(got, ["AB=2", "C=3", "A=4", "D=6"]);
    }

    #[test]
    fn a_nul_is_an_error_with_the_place() {
        let environment = Environment::new([("PATH".into(), "/bin:/usr/bin".into())]);
        let command = Command { text: "echo 'a\0b'".into(), ..Command::default() };
        let error = environment.launch(&Spec { command, ..Spec::default() }, true).err().unwrap();
        assert_eq!(error, "a NUL character in `echo 'a\\0b'` cannot be passed to a program");
    }

    #[test]
    fn who_goes_without_a_shell() {
        let direct = |vars: &[(&str, &str)], text: &str| {
            let path = [("PATH", "/usr/bin:/bin")];
            let vars = path.iter().chain(vars).map(|(n, v)| (OsString::from(n), OsString::from(v)));
            let command = Command { text: text.into(), ..Command::default() };
            Environment::new(vars).launch(&Spec { command, ..Spec::default() }, true).unwrap().direct
        };
        assert!(direct(&[], "cp a b"));
        assert!(direct(&[("LANG", "C"), ("OLDPWD", "/nowhere")], "cp a b"));
        assert!(!direct(&[], "cp a > b") && !direct(&[], "no-such-command a"));
        assert!(!direct(&[("BASH_ENV", "x")], "cp a b"));
        assert!(!direct(&[("BASH_FUNC_cp%%", "() { :\n}")], "cp a b"));
        assert!(!direct(&[("LC_ALL", "xx_YY.UTF-8")], "cp a b"), "bash prints a warning");
    }
}
