//! What the terminal and the environment say about printing.
//!
//! Owns the reads of NO_COLOR, CLICOLOR_FORCE, TERM and CI. It prints nothing.

use super::args::{Args, Color};
use crate::report::Options;
use rustix::termios::tcgetwinsize;
use std::env::var_os;
use std::ffi::OsStr;
use std::io::{IsTerminal, stderr, stdout};

/// The columns of a terminal that does not say.
const WIDTH: u16 = 80;

/// What is known before anything is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// stdout is a terminal.
    pub stdout: bool,
    /// stderr is a terminal.
    pub stderr: bool,
    /// NO_COLOR is set.
    pub no_color: bool,
    /// CLICOLOR_FORCE is set.
    pub force_color: bool,
    /// TERM is `dumb` or not set.
    pub dumb: bool,
    /// CI is set.
    pub ci: bool,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub fn read() -> Terminal {
        let set = |name| var_os(name).is_some_and(|v| !v.is_empty());
        let on = |name| set(name) && var_os(name).is_some_and(|v| v != "0" && v != "false");
        Terminal {
            stdout: stdout().is_terminal(),
            stderr: stderr().is_terminal(),
            no_color: set("NO_COLOR"),
            force_color: on("CLICOLOR_FORCE"),
            dumb: var_os("TERM").is_none_or(|t| t == OsStr::new("dumb")),
            ci: on("CI"),
        }
    }

    /// Whether a stream has colours; `terminal`: whether it is one.
    pub fn color(&self, when: Color, terminal: bool) -> bool {
        match when {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if self.no_color => false,
            Color::Auto => self.force_color || (terminal && !self.dumb),
        }
    }

    /// How to report, as the flags and the terminal say.
    pub fn options(&self, args: &Args) -> Options {
        Options {
            json: args.json,
            color_stdout: self.color(args.color(), self.stdout),
            color_stderr: self.color(args.color(), self.stderr),
            live: self.stderr && !self.dumb && !self.ci,
            quiet: args.quiet(),
            commands: args.print_commands,
            width,
        }
    }
}

/// The columns of stderr's terminal, now.
pub fn width() -> u16 {
    tcgetwinsize(stderr()).map(|size| size.ws_col).ok().filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

#[cfg(test)]
mod tests {
    use super::super::parse::tests::args;
    use super::*;

    const TTY: Terminal =
        Terminal { stdout: true, stderr: true, no_color: false, force_color: false, dumb: false, ci: false };

    #[test]
    fn colours() {
        let auto = |terminal: Terminal| terminal.color(Color::Auto, terminal.stderr);
        assert!(auto(TTY));
        assert!(!auto(Terminal { no_color: true, force_color: true, ..TTY }));
        assert!(!auto(Terminal { dumb: true, ..TTY }));
        assert!(!auto(Terminal::default()));
        assert!(auto(Terminal { force_color: true, ..Terminal::default() }));
        assert!(Terminal { no_color: true, ..TTY }.color(Color::Always, false));
    }

    #[test]
    fn live_only_on_a_capable_terminal() {
        let live = |terminal: Terminal| terminal.options(&args("-p")).live;
        assert!(live(TTY));
        assert!(!live(Terminal { ci: true, ..TTY }));
        assert!(!live(Terminal { dumb: true, ..TTY }));
        assert!(!live(Terminal { stderr: false, ..TTY }));
    }
}
