//! The words of a simple command, as far as quoting must know them: where a
//! command begins, which `)` ends a case pattern, and which word another
//! program parses as code. It does not know quotes.

use super::command::{PLACEHOLDER, QUOTED};
use crate::template::quote::Program;

/// The words read so far of one command list.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// A word was read that is no keyword, assignment or redirection.
    named: bool,
    /// The command is `sudo`, `xargs` or the like: a command follows in its arguments.
    wrapper: bool,
    reader: Option<Reader>,
    cases: Vec<Case>,
    /// Between `[[` and `]]`.
    test: bool,
    /// The last word was `for`, so `((` is arithmetic.
    after_for: bool,
}

#[derive(Debug, PartialEq)]
enum Case {
    Subject,
    In,
    Pattern,
    Body,
}

/// A program that takes code among its arguments, and how far they are read.
#[derive(Debug)]
struct Reader {
    program: Program,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Options,
    /// The next word belongs to the last option.
    Argument,
    /// The next word is code.
    Code,
    /// All that follows is code.
    Rest,
    /// None of what follows is code.
    Done,
}

impl Words {
    /// Whether a command's name could stand here.
    pub fn at_command(&self) -> bool {
        !self.named && !matches!(self.cases.last(), Some(Case::Subject | Case::In | Case::Pattern))
    }

    /// Whether this is an operand of `[[ ]]`.
    pub fn in_test(&self) -> bool {
        self.test
    }

    /// Whether `((` is arithmetic here.
    pub fn at_arithmetic(&self) -> bool {
        self.at_command() || self.after_for
    }

    /// Whether `)` ends a pattern of `case`, and `|` and `(` belong to it.
    pub fn in_case_pattern(&self) -> bool {
        self.cases.last() == Some(&Case::Pattern)
    }

    /// The pattern of a case ended.
    pub fn end_pattern(&mut self) {
        self.cases.pop();
        self.cases.push(Case::Body);
        self.end_command();
    }

    /// `;;` or its like.
    pub fn end_branch(&mut self) {
        self.end_command();
        if let Some(case) = self.cases.last_mut() {
            *case = Case::Pattern;
        }
    }

    /// `;`, `|`, `&`, a line's end or the like: a new command begins.
    pub fn end_command(&mut self) {
        self.named = false;
        self.wrapper = false;
        self.reader = None;
        self.after_for = false;
    }

    /// A word ended. Marks stand for quotes and placeholders, so that a quoted
    /// word is no keyword and no name.
    pub fn word(&mut self, text: &str) {
        self.after_for = false;
        self.test &= text != "]]";
        match self.cases.last_mut() {
            Some(case @ Case::Subject) => *case = Case::In,
            Some(case @ Case::In) => *case = Case::Pattern,
            Some(Case::Pattern) => {
                if text == "esac" {
                    self.cases.pop();
                }
            }
            _ if !self.named => self.first(text),
            _ => self.argument(text),
        }
    }

    fn first(&mut self, text: &str) {
        match text {
            _ if is_assignment(text) => {}
            "if" | "then" | "elif" | "else" | "fi" | "while" | "until" | "do" | "done" | "!" | "{" | "}" | "time" => {}
            "case" => self.cases.push(Case::Subject),
            "esac" => drop(self.cases.pop()),
            "for" => {
                self.named = true;
                self.after_for = true;
            }
            _ => self.name(text),
        }
    }

    fn name(&mut self, text: &str) {
        self.named = true;
        self.test |= text == "[[";
        let name = text.rsplit('/').next().unwrap_or(text);
        const WRAPPERS: [&str; 13] = [
            "sudo", "nice", "nohup", "env", "exec", "command", "builtin", "xargs", "timeout", "stdbuf", "ionice",
            "setsid", "doas",
        ];
        if WRAPPERS.contains(&name) {
            self.wrapper = true;
            return;
        }
        let direct = match name {
            "awk" | "gawk" | "mawk" | "nawk" => Some((Program::Awk, State::Options)),
            "ssh" => Some((Program::Ssh, State::Options)),
            "eval" => Some((Program::Eval, State::Rest)),
            _ => None,
        };
        match direct {
            Some((program, state)) => self.reader = Some(Reader { program, state }),
            None => self.interpreter(name),
        }
    }

    fn argument(&mut self, text: &str) {
        if let Some(reader) = &mut self.reader {
            reader.word(text);
            return;
        }
        match self.wrapper {
            true => {
                self.named = false;
                self.name(text);
                self.wrapper |= self.reader.is_none();
            }
            false => self.interpreter(text.rsplit('/').next().unwrap_or(text)),
        }
    }

    /// `sh -c` and its like count wherever they stand (`find -exec sh -c`).
    fn interpreter(&mut self, name: &str) {
        let version = |c: char| c.is_ascii_digit() || c == '.';
        let program = match name {
            "sh" | "bash" | "dash" | "zsh" | "ksh" => Program::Shell,
            "perl" => Program::Perl,
            "Rscript" => Program::Rscript,
            name if name.trim_end_matches(version) == "python" => Program::Python,
            _ => return,
        };
        self.reader = Some(Reader { program, state: State::Options });
    }

    /// The program that parses the word in hand as code. `begun` is what was
    /// read of it, with marks.
    pub fn code(&self, begun: &str) -> Option<Program> {
        let reader = self.reader.as_ref()?;
        let code = match reader.state {
            State::Rest => true,
            State::Code => !(reader.program == Program::Shell && begun.starts_with('-')),
            State::Options => reader.program.code_in_option(begun),
            State::Argument | State::Done => false,
        };
        code.then_some(reader.program)
    }
}

impl Reader {
    fn word(&mut self, text: &str) {
        self.state = match self.state {
            State::Rest | State::Done => self.state,
            State::Argument => State::Options,
            State::Code if self.program == Program::Shell && text.starts_with(['-', '+']) => State::Code,
            State::Code if matches!(self.program, Program::Perl | Program::Rscript) => State::Options,
            State::Code => State::Done,
            State::Options => self.program.option(text),
        }
    }
}

impl Program {
    /// What follows an argument that is no option's argument and no code.
    fn option(self, text: &str) -> State {
        let (dash, letters) = match text.strip_prefix(['-', '+']) {
            Some(letters) => (!letters.is_empty(), letters),
            None => (false, ""),
        };
        let long = letters.starts_with('-');
        match self {
            Program::Awk => awk_option(text, dash),
            Program::Ssh if !dash => State::Rest,
            Program::Ssh if letters.len() == 1 && "BbcDEeFIiJLlmOopQRSWw".contains(letters) => State::Argument,
            _ if !dash || letters == "-" => State::Done,
            _ if long => State::Options,
            Program::Shell if letters.contains('c') => State::Code,
            Program::Shell if letters.ends_with(['o', 'O']) => State::Argument,
            Program::Python if letters.ends_with('c') => State::Code,
            Program::Python if letters == "W" || letters == "X" => State::Argument,
            Program::Python if letters == "m" => State::Done,
            Program::Perl if letters == "I" => State::Argument,
            Program::Perl if letters.starts_with(['I', 'M', 'F', 'm', 'x']) => State::Options,
            Program::Perl if letters.ends_with(['e', 'E']) => State::Code,
            Program::Rscript if letters == "e" => State::Code,
            _ => State::Options,
        }
    }

    /// Whether the word that begins so is code already: `awk '…'`, `perl -e'…'`.
    fn code_in_option(self, begun: &str) -> bool {
        match self {
            Program::Awk => !begun.starts_with('-'),
            Program::Python => begun.starts_with("-c"),
            Program::Perl => {
                let option = begun.split([QUOTED, PLACEHOLDER]).next().unwrap_or("");
                option.starts_with('-') && self.option(option) == State::Code
            }
            _ => false,
        }
    }
}

fn awk_option(text: &str, dash: bool) -> State {
    match text {
        "-F" | "-v" | "-i" | "-l" => State::Argument,
        "-e" | "--source" | "--" => State::Code,
        _ if text.starts_with("-f") || text.starts_with("--file") => State::Done,
        _ if dash => State::Options,
        _ => State::Done,
    }
}

fn is_assignment(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split('[').next().unwrap_or(name);
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
