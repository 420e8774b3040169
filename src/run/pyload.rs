//! A Python file that the Rulefile asks for while it is read.
//!
//! Owns running it: the private directory for its program, its answer and what
//! it prints. It does not know what the answer means.

use super::aside::Aside;
use super::signals::{Listener, end_self};
use crate::command;
use crate::eval::{PythonFile, PythonRan};
use crate::exec::local::Local;
use crate::exec::{self, Command, Environment, Exit, Interpreter, Spec};
use std::ffi::OsString;
use std::path::Path;

/// How many bytes of what the file prints are kept.
const PRINTED: u64 = 64 * 1024;

/// Runs a Python file. `temporary` is the directory for what is needed meanwhile,
/// `vars` the environment. A signal to stop ends the file and then this process.
pub fn pyload(
    file: &PythonFile<'_>,
    temporary: &Path,
    vars: impl IntoIterator<Item = (OsString, OsString)>,
) -> PythonRan {
    let not_run = |why: String| PythonRan { ended: why, ..PythonRan::default() };
    let own = match tempfile::Builder::new().prefix("rulemake-").tempdir_in(temporary) {
        Ok(own) => own,
        Err(e) => return not_run(format!("no directory can be made in `{}`: {e}", temporary.display())),
    };
    let listener = match Listener::of_process() {
        Ok(listener) => listener,
        Err(e) => return not_run(format!("nobody can listen to signals: {e}")),
    };
    let (answer, log) = (own.path().join("answer.json"), own.path().join("log"));
    let spec = spec(file, own.path(), &answer, &log);
    listener.arm(true);
    let (exit, came) = Aside::new(spec).run(&mut Local::new(1, Environment::new(vars)), &listener.asks);
    listener.arm(false);
    let ran = ran(&exit, &answer, &log);
    drop(own);
    match came.signal {
        Some(signal) => end_self(signal),
        None => ran,
    }
}

fn spec(file: &PythonFile<'_>, own: &Path, answer: &Path, log: &Path) -> Spec {
    let path = std::path::absolute(file.path).unwrap_or_else(|_| file.path.into());
    let program = command::pyload(&path.to_string_lossy(), file.names, &answer.to_string_lossy());
    let words = program.interpreter.iter().map(|w| w.to_string()).collect();
    let interpreter = Interpreter { words, file: own.join(format!("{}{}", Aside::NUMBER, program.ending)) };
    Spec {
        command: Command { text: program.text, interpreter: Some(interpreter), ..Command::default() },
        directory: file.directory.map(Into::into),
        log: log.to_owned(),
        log_limit: Some(PRINTED),
        ..Spec::default()
    }
}

fn ran(exit: &Exit, answer: &Path, log: &Path) -> PythonRan {
    PythonRan {
        answer: std::fs::read_to_string(answer).ok(),
        printed: std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default(),
        ended: exec::describe(&exit.status),
    }
}
