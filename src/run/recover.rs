//! After a killed run: waits for its jobs that still run, then settles what
//! they left.

use super::Tell;
use super::open::Opened;
use super::signals::{Ask, Listener};
use crate::diag::{Diag, Kind};
use crate::event::Event;
use crate::exec::orphan::Orphan;
use crate::files;
use crate::path::Paths;
use crate::settle::{Marks, Moved, Open, Out, Settler};
use crate::span::Sources;
use crate::state::{self, OpenJob, State, process};
use std::path::Path;
use std::time::Duration;

/// How often an orphan is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How recovery ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovered {
    /// All is settled.
    Settled,
    /// A signal came while it waited.
    Interrupted(i32),
}

/// Settles every job that was begun and not settled.
///
/// # Errors
/// If files cannot be put back, or the log cannot be written.
pub fn recover(
    opened: &mut Opened,
    settler: &Settler,
    listener: &Listener,
    tell: &mut Tell<'_>,
) -> Result<Recovered, Diag> {
    let Opened { state, paths, ahead, .. } = opened;
    let mut killed = false;
    for open in state.open_jobs() {
        killed = true;
        ahead.forget();
        listener.arm(true);
        let interrupted = wait_for(&open, paths, listener, tell);
        listener.arm(false);
        if let Some(signal) = interrupted {
            return Ok(Recovered::Interrupted(signal));
        }
        let marks = open.started.marks.iter().map(|bits| Marks::from_bits_truncate(*bits));
        let outs = open.started.outputs.iter().zip(marks);
        let outs = outs.map(|(path, marks)| Out { path: paths.str(*path).to_owned(), marks }).collect();
        let left = Open { token: open.started.aside.to_string(), outs, finished: open.recorded };
        settler.recover(&left, &mut |kept| tell(Some(note(&kept)))).map_err(|e| {
            Diag::error(Kind::System, format!("cannot settle what a killed run left: {e}"))
                .hint("check the permissions of that file and its directory, then run again")
        })?;
        state.settled(open.job)?;
    }
    if killed {
        settler.clear_shadows();
    }
    settler.clear(&Path::new(files::STATE_DIR).join(state::PROGRAMS));
    Ok(Recovered::Settled)
}

/// A warning for those who only look: jobs have begun here and not ended,
/// because a run was killed or still goes on.
pub fn unsettled(state: &State, paths: &Paths) -> Option<Diag> {
    let open = state.open_jobs();
    let first = open.first()?;
    let output = first.started.outputs.first().map_or("", |path| paths.str(*path));
    let what = match open.len() {
        1 => format!("rule `{}` had begun `{output}`", first.started.rule),
        count => format!("{count} jobs had begun, such as rule `{}` with `{output}`", first.started.rule),
    };
    let message = format!("a run was killed here, or still goes on: {what}");
    Some(Diag::warning(Kind::Plan, message).note(
        "this is the plan for the files as they are; after a kill, the next run first puts back what was there before",
    ))
}

/// Says where what stood at an output's path is now.
fn note(kept: &Moved) -> Event {
    let (path, to) = (&kept.path, kept.to.display());
    let message = format!("a run was killed here: what it had begun of `{path}` is kept as `{to}`");
    let diag = Diag::warning(Kind::Job, message);
    let text = diag.render(&Sources::default(), false);
    Event::Note { diag, text }
}

/// Waits for a job of a killed run; the number of a signal that ended the waiting.
fn wait_for(open: &OpenJob, paths: &Paths, listener: &Listener, tell: &mut Tell<'_>) -> Option<i32> {
    let here = open.spawned.as_ref().filter(|s| *s.boot_id == *process::boot_id());
    let orphan = Orphan {
        pgid: here.map_or(0, |s| s.pgid as i32),
        leader_start: here.map_or(0, |s| s.start_ticks),
        log: Path::new(&*open.started.log_path),
    };
    let mut told = false;
    while orphan.is_alive() {
        if !std::mem::replace(&mut told, true) {
            let output = open.started.outputs.first().map_or("", |p| paths.str(*p));
            let group = if orphan.pgid > 0 { format!(", process group {}", orphan.pgid) } else { String::new() };
            let what = format!("for a job of a killed run to end: {} {output}{group}", open.started.rule);
            tell(Some(Event::Waiting { what }));
        }
        match listener.asks.recv_timeout(LOOK) {
            Ok(Ask::Stop(signal)) => return Some(signal),
            _ => tell(None),
        }
    }
    None
}
