//! Quoting a value for the place where it stands in a bash command.
//!
//! Owns which characters need quoting where. It does not know how places are found.

use std::fmt::{self, Display};

bitflags::bitflags! {
    /// What is next to a bare place, where it changes what a plain word means.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Near: u8 {
        /// A command or a pattern of `case` could begin here: `a=b` would assign,
        /// `if` and `esac` would be keywords.
        const COMMAND = 1;
        /// `<` or `>` follows: digits would name a descriptor.
        const REDIRECT = 2;
        /// A literal `{` is before it in the word: `,` and `..` would expand.
        const BRACES = 4;
        /// Between `[[` and `]]`: `-n` and `==` would be operators.
        const TEST = 8;
        /// In the word of a `${…}`: a leading `%` could be part of its operator.
        const EXPANSION = 16;
    }
}

/// Where in a text a placeholder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not in a shell command.
    Plain,
    /// Outside of all quotes.
    Bare(Near),
    /// Inside `"…"`.
    Double,
    /// In the word of `"${x:-…}"`.
    Expansion,
    /// Inside `'…'`.
    Single,
    /// Inside `$'…'`.
    Ansi,
    /// In the body of a here-document whose delimiter is not quoted.
    Heredoc(HeredocId),
    /// After `#`.
    Comment,
    /// Where quoting cannot keep a value whole.
    Refused(Refusal),
}

/// A here-document of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeredocId(pub(super) u16);

/// The end of a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    pub word: Box<str>,
    /// `<<-`: leading tabs are taken off each line.
    pub tabs: bool,
}

/// Why no quoting keeps a value whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Inside backticks.
    Backticks,
    /// In a here-document whose delimiter is quoted.
    QuotedHeredoc,
    /// Right after a backslash.
    Backslash,
    /// Inside `$(( ))` or `(( ))`.
    Arithmetic,
    /// Inside `${…}`, other than the words of `:-`, `:=`, `:+`, `:?`, and of `#`
    /// and `%` outside of quotes.
    Expansion,
    /// In text that another program parses.
    Program(Program),
}

/// A program that parses one of its arguments as code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `sh -c`, `bash -c` and their like.
    Shell,
    /// `eval`
    Eval,
    /// `ssh HOST`
    Ssh,
    /// `awk`, `gawk`, `mawk`, `nawk`
    Awk,
    /// `python -c`
    Python,
    /// `perl -e`
    Perl,
    /// `Rscript -e`
    Rscript,
}

impl Refusal {
    /// The way out.
    fn hint(self, hole: &str) -> String {
        match self {
            Refusal::Backticks => "write `$(…)` instead of backticks".into(),
            Refusal::QuotedHeredoc => format!("put it into the environment: `name={hole} command <<'EOF'`"),
            Refusal::Backslash => "take the backslash away".into(),
            Refusal::Arithmetic => format!("put it into a variable first: `n={hole}`"),
            Refusal::Expansion => format!("put it into a variable first: `x={hole}`"),
            Refusal::Program(program) => program.hint(hole),
        }
    }
}

impl Program {
    fn hint(self, hole: &str) -> String {
        let argument = |command: &str| format!("pass it as an argument: `{command} {hole}`");
        match self {
            Program::Shell => argument("bash -c '…' _"),
            Program::Eval => format!("let bash quote it once more: `x={hole}; eval \"… ${{x@Q}}\"`"),
            Program::Ssh => format!("let bash quote it once more: `x={hole}; ssh HOST \"… ${{x@Q}}\"`"),
            Program::Awk => argument("awk '…'"),
            Program::Python => argument("python -c '…'") + ", where it is `sys.argv[1]`",
            Program::Perl => argument("perl -e '…'") + ", where it is `$ARGV[0]`",
            Program::Rscript => argument("Rscript -e '…'") + ", where it is `commandArgs(TRUE)[1]`",
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Refusal::Backticks => "inside backticks",
            Refusal::QuotedHeredoc => "in a here-document with a quoted delimiter",
            Refusal::Backslash => "after a backslash",
            Refusal::Arithmetic => "inside shell arithmetic",
            Refusal::Expansion => "inside this `${…}`",
            Refusal::Program(Program::Shell) => "in the program text of `sh -c`",
            Refusal::Program(Program::Eval) => "in what `eval` runs",
            Refusal::Program(Program::Ssh) => "in what `ssh` runs on the other host",
            Refusal::Program(Program::Awk) => "in the program text of `awk`",
            Refusal::Program(Program::Python) => "in the program text of `python -c`",
            Refusal::Program(Program::Perl) => "in the program text of `perl -e`",
            Refusal::Program(Program::Rscript) => "in the program text of `Rscript -e`",
        })
    }
}

/// Bytes that mean themselves in a bare word.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        table[i] = c.is_ascii_alphanumeric()
            || matches!(c, b'_' | b'@' | b'%' | b'+' | b',' | b'.' | b'/' | b':' | b'=' | b'-');
        i += 1;
    }
    table
};

/// Whether a value is one word to the shell as it is.
pub(super) fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| PLAIN[b as usize])
}

/// Appends a value quoted as Python's `shlex.quote` does.
pub fn shlex(value: &str, out: &mut String) {
    if is_plain(value) {
        return out.push_str(value);
    }
    out.push('\'');
    mapped(value, |c| (c == b'\'').then_some(r#"'"'"'"#), out);
    out.push('\'');
}

/// Appends a value so that the shell reads exactly it at `place`.
///
/// # Errors
/// The value and the place do not go together.
pub(super) fn quote(value: &str, place: Place, delimiters: &[Delimiter], out: &mut String) -> Result<(), Unfit> {
    match place {
        Place::Plain => out.push_str(value),
        Place::Bare(near) => bare(value, near, out),
        Place::Double => mapped(value, in_double, out),
        // Bash pairs single quotes and reads `<(` even here.
        Place::Expansion if value.contains(['\'', '(']) => return Err(Unfit::Refused(Refusal::Expansion)),
        Place::Expansion => mapped(value, in_expansion, out),
        Place::Single => mapped(value, in_single, out),
        Place::Ansi => mapped(value, in_ansi, out),
        Place::Heredoc(id) => {
            delimiters[id.0 as usize].admits(value)?;
            mapped(value, in_heredoc, out);
        }
        Place::Comment if value.contains('\n') => return Err(Unfit::Comment),
        Place::Comment => out.push_str(value),
        Place::Refused(Refusal::Expansion) if value.starts_with('%') => return Err(Unfit::Refused(Refusal::Expansion)),
        Place::Refused(_) if is_plain(value) => out.push_str(value),
        Place::Refused(refusal) => return Err(Unfit::Refused(refusal)),
    }
    Ok(())
}

/// Appends a value with some of its ASCII bytes replaced.
fn mapped(value: &str, map: impl Fn(u8) -> Option<&'static str>, out: &mut String) {
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        if let Some(with) = map(byte) {
            out.push_str(&value[from..at]);
            out.push_str(with);
            from = at + 1;
        }
    }
    out.push_str(&value[from..]);
}

// Line breaks leave the quotes for a `$'\n'`: the command may itself stand in a
// here-document, where a line could be its end and a backslash would join lines.

fn in_double(c: u8) -> Option<&'static str> {
    match c {
        b'"' => Some(r#"\""#),
        b'\n' => Some(r#""$'\n'""#),
        c => in_heredoc(c),
    }
}

fn in_expansion(c: u8) -> Option<&'static str> {
    match c {
        b'"' => Some(r#"\""#),
        b'}' => Some(r"\}"),
        c => in_heredoc(c),
    }
}

fn in_single(c: u8) -> Option<&'static str> {
    match c {
        b'\'' => Some(r"'\''"),
        b'\n' => Some(r"'$'\n''"),
        _ => None,
    }
}

fn in_ansi(c: u8) -> Option<&'static str> {
    match c {
        b'\'' => Some(r"\'"),
        b'\\' => Some(r"\\"),
        b'\n' => Some(r"\n"),
        _ => None,
    }
}

fn in_heredoc(c: u8) -> Option<&'static str> {
    match c {
        b'\\' => Some(r"\\"),
        b'$' => Some(r"\$"),
        b'`' => Some(r"\`"),
        _ => None,
    }
}

/// Why a value cannot stand at a place.
#[derive(Debug)]
pub(super) enum Unfit {
    Comment,
    Heredoc(Box<str>),
    Tabs,
    Refused(Refusal),
}

impl Unfit {
    /// For a sentence that begins with the value.
    pub fn cause(&self) -> String {
        match self {
            Unfit::Comment => "which would end the comment".into(),
            Unfit::Heredoc(word) => format!("which would end the here-document at `{word}`"),
            Unfit::Tabs => "which would lose its tabs in this here-document".into(),
            Unfit::Refused(refusal) => format!("which cannot be quoted {refusal}"),
        }
    }

    /// The way out.
    pub fn hint(&self, hole: &str) -> String {
        match self {
            Unfit::Comment => "take it out of the comment".into(),
            Unfit::Heredoc(_) => "choose another delimiter".into(),
            Unfit::Tabs => "write `<<` instead of `<<-`".into(),
            Unfit::Refused(refusal) => refusal.hint(hole),
        }
    }
}

impl Delimiter {
    fn admits(&self, value: &str) -> Result<(), Unfit> {
        let ends = |line: &str| match self.tabs {
            true => line.trim_start_matches('\t') == &*self.word,
            false => line == &*self.word,
        };
        if value.split('\n').any(ends) {
            return Err(Unfit::Heredoc(self.word.clone()));
        }
        match self.tabs && (value.starts_with('\t') || value.contains("\n\t")) {
            true => Err(Unfit::Tabs),
            false => Ok(()),
        }
    }
}

fn bare(value: &str, near: Near, out: &mut String) {
    match is_plain(value) && !changes_meaning(value, near) {
        true => out.push_str(value),
        false => {
            out.push('\'');
            mapped(value, in_single, out);
            out.push('\'');
        }
    }
}

/// Whether a plain word means something else than itself at this place.
fn changes_meaning(value: &str, near: Near) -> bool {
    near.contains(Near::COMMAND) && (value.contains('=') || KEYWORDS.contains(&value))
        || near.contains(Near::REDIRECT) && value.bytes().all(|b| b.is_ascii_digit())
        || near.contains(Near::TEST) && value.starts_with(['-', '='])
        || near.contains(Near::EXPANSION) && value.starts_with('%')
        || near.contains(Near::BRACES) && (value.contains(',') || value.contains(".."))
}

/// Bash's reserved words made of plain characters.
const KEYWORDS: [&str; 17] = [
    "if", "then", "elif", "else", "fi", "time", "for", "in", "until", "while", "do", "done", "case", "esac", "coproc",
    "select", "function",
];
