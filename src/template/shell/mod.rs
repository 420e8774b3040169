//! The places of a bash command: what quotes a placeholder stands in.
//!
//! Reads the text once, from left to right, with a stack of open quotes and
//! substitutions. It asks at every candidate whether it is a placeholder, and
//! does not know what decides that.

mod command;
mod words;

use super::quote::{Delimiter, HeredocId, Near, Place, Program, Refusal};
use command::{Command, PLACEHOLDER};

/// What `scan` asks: a candidate's position in the list, its place, and whether
/// what stands there is text to the shell (single quotes and the like). The
/// answer is whether it is a placeholder.
pub(super) type Decide<'d> = dyn FnMut(usize, Place, bool) -> bool + 'd;

/// Scans `text`; `candidates` are byte ranges in it, ascending and apart, each
/// starting with a brace. Returns the here-documents that places name.
pub(super) fn scan(text: &str, candidates: &[(usize, usize)], decide: &mut Decide<'_>) -> Vec<Delimiter> {
    let mut scanner = Scanner {
        text: text.as_bytes(),
        at: 0,
        frames: vec![Frame::Command(Command::default())],
        delimiters: Vec::new(),
        escaped: false,
    };
    for (i, &(start, end)) in candidates.iter().enumerate() {
        scanner.advance(start);
        let (place, text) = scanner.place(end);
        if decide(i, place, text) {
            scanner.placeholder(end);
        }
        scanner.escaped = false;
    }
    scanner.delimiters
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    frames: Vec<Frame>,
    delimiters: Vec<Delimiter>,
    /// A backslash stands right before `at`.
    escaped: bool,
}

enum Frame {
    /// A list of commands: the whole text or a substitution, up to its `)`.
    Command(Command),
    Double,
    Single,
    Ansi,
    Backticks,
    Comment,
    Expansion(Expansion),
    /// `(( ))`, with the number of open parentheses inside.
    Arithmetic(usize),
    /// The body of a here-document.
    Heredoc {
        id: HeredocId,
        quoted: bool,
    },
}

/// `${name…}` after its operator.
#[derive(Clone, Copy)]
struct Expansion {
    kind: Operator,
    /// It stands inside double quotes or a here-document.
    quoted: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    /// `:-` `:=` `:+` `:?` and the same without the colon.
    Word,
    /// `#` `##` `%` `%%`
    Pattern,
    Other,
}

impl Scanner<'_> {
    fn advance(&mut self, end: usize) {
        while self.at < end {
            self.escaped = false;
            self.step(end);
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, with: &str) -> bool {
        self.text[self.at..].starts_with(with.as_bytes())
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the outermost frame stays")
    }

    fn pop(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    /// Reads one token, not past `end`.
    fn step(&mut self, end: usize) {
        let c = self.peek(0);
        match self.top() {
            Frame::Command(_) => self.command(c, end),
            Frame::Double => self.double(c, end),
            Frame::Single => self.until(c, b'\'', false, end),
            Frame::Ansi => self.until(c, b'\'', true, end),
            Frame::Backticks => self.until(c, b'`', true, end),
            Frame::Comment => {
                // The line's end belongs to the command.
                match c {
                    b'\n' => self.pop(),
                    _ => self.at += 1,
                }
            }
            Frame::Expansion(expansion) => {
                let expansion = *expansion;
                self.expansion(c, expansion, end);
            }
            Frame::Arithmetic(_) => self.arithmetic(c, end),
            Frame::Heredoc { id, quoted } => {
                let (id, quoted) = (*id, *quoted);
                self.heredoc(c, id, quoted, end);
            }
        }
    }

    fn until(&mut self, c: u8, close: u8, escapes: bool, end: usize) {
        match c {
            b'\\' if escapes => self.backslash(end),
            c if c == close => {
                self.at += 1;
                self.pop();
            }
            _ => self.at += 1,
        }
    }

    /// A backslash and what it escapes; a placeholder is not swallowed.
    fn backslash(&mut self, end: usize) {
        self.at += 1;
        match self.at < end {
            true => self.at += 1,
            false => self.escaped = true,
        }
    }

    fn double(&mut self, c: u8, end: usize) {
        match c {
            b'"' => {
                self.at += 1;
                self.pop();
            }
            b'\\' => self.backslash(end),
            b'`' | b'$' => self.substitution(c, true),
            _ => self.at += 1,
        }
    }

    /// A dollar or a backtick. Whether a frame was opened.
    fn substitution(&mut self, c: u8, quoted: bool) {
        if c == b'`' {
            self.at += 1;
            self.frames.push(Frame::Backticks);
        } else if self.starts("$((") && self.is_arithmetic(self.at + 3) {
            self.at += 3;
            self.frames.push(Frame::Arithmetic(0));
        } else if self.starts("$(") {
            self.at += 2;
            self.frames.push(Frame::Command(Command::default()));
        } else if self.starts("${") {
            self.at += 2;
            let kind = self.operator();
            self.frames.push(Frame::Expansion(Expansion { kind, quoted }));
        } else {
            self.at += 1;
        }
    }

    /// Reads the name and the operator of a `${`.
    fn operator(&mut self) -> Operator {
        if matches!(self.peek(0), b'!' | b'#') && !matches!(self.peek(1), b'}' | b':' | b'%' | b'#') {
            self.at += 1;
        }
        let name = |c: u8| c == b'_' || c.is_ascii_alphanumeric();
        match name(self.peek(0)) {
            true => {
                while name(self.peek(0)) {
                    self.at += 1;
                }
            }
            false if b"@*#?-$!".contains(&self.peek(0)) => self.at += 1,
            false => {}
        }
        let colon = self.peek(0) == b':';
        match self.peek(usize::from(colon)) {
            b'-' | b'=' | b'+' | b'?' => {
                self.at += 1 + usize::from(colon);
                Operator::Word
            }
            b'#' | b'%' if !colon => {
                self.at += if self.peek(0) == self.peek(1) { 2 } else { 1 };
                Operator::Pattern
            }
            _ => Operator::Other,
        }
    }

    fn expansion(&mut self, c: u8, expansion: Expansion, end: usize) {
        let quotes = !expansion.quoted || expansion.kind == Operator::Pattern;
        match c {
            b'}' => {
                self.at += 1;
                self.pop();
            }
            b'\\' => self.backslash(end),
            b'"' => self.open(Frame::Double),
            b'\'' if quotes => self.open(Frame::Single),
            b'\'' => {
                // Bash pairs it and keeps it: no quoting is right in between.
                *self.top() = Frame::Expansion(Expansion { kind: Operator::Other, ..expansion });
                self.at += 1;
            }
            b'`' | b'$' => self.substitution(c, expansion.quoted),
            _ => self.at += 1,
        }
    }

    fn open(&mut self, frame: Frame) {
        self.at += 1;
        self.frames.push(frame);
    }

    fn arithmetic(&mut self, c: u8, end: usize) {
        let Frame::Arithmetic(depth) = self.top() else { return };
        match c {
            b'(' => *depth += 1,
            b')' if *depth > 0 => *depth -= 1,
            b')' => {
                self.at = (self.at + 2).min(self.text.len());
                return self.pop();
            }
            b'"' => return self.open(Frame::Double),
            b'\\' => return self.backslash(end),
            b'`' | b'$' => return self.substitution(c, true),
            _ => {}
        }
        self.at += 1;
    }

    /// Whether the `((` before `from` is closed by `))`, not by two `)` apart.
    fn is_arithmetic(&self, from: usize) -> bool {
        let mut depth = 0usize;
        for (i, c) in self.text.iter().enumerate().skip(from) {
            match c {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => return self.text.get(i + 1) == Some(&b')'),
                _ => {}
            }
        }
        false
    }

    fn heredoc(&mut self, c: u8, id: HeredocId, quoted: bool, end: usize) {
        if self.at == 0 || self.text[self.at - 1] == b'\n' {
            let line = self.text[self.at..].split(|c| *c == b'\n').next().unwrap_or_default();
            let delimiter = &self.delimiters[id.0 as usize];
            let tabs = if delimiter.tabs { line.iter().take_while(|c| **c == b'\t').count() } else { 0 };
            if line[tabs..] == *delimiter.word.as_bytes() {
                self.at += (line.len() + 1).min(self.text.len() - self.at);
                return self.pop();
            }
        }
        match c {
            b'\\' if !quoted => self.backslash(end),
            b'`' | b'$' if !quoted => self.substitution(c, true),
            _ => self.at += 1,
        }
    }
}

/// Where a placeholder stands.
impl Scanner<'_> {
    /// The place at `at`, for a placeholder that ends at `end`, and whether
    /// braces are mere text to the shell there.
    fn place(&mut self, end: usize) -> (Place, bool) {
        let program = self.program();
        let refused = |refusal| (Place::Refused(refusal), false);
        let coded = |place| match program {
            Some(program) => Place::Refused(Refusal::Program(program)),
            None => place,
        };
        let (place, text) = match self.frames.last().expect("the outermost frame stays") {
            Frame::Double | Frame::Single | Frame::Ansi | Frame::Expansion(_) if self.in_heredoc() => {
                return refused(Refusal::Expansion);
            }
            // Bash expands braces and reads `$(` before it knows these quotes.
            Frame::Double | Frame::Single | Frame::Ansi if self.in_quoted_expansion() => {
                return refused(Refusal::Expansion);
            }
            Frame::Command(list) => (coded(Place::Bare(list.near(self.text.get(end)))), false),
            Frame::Double => (coded(Place::Double), false),
            Frame::Single => (coded(Place::Single), true),
            Frame::Ansi => (coded(Place::Ansi), true),
            Frame::Backticks => return refused(Refusal::Backticks),
            Frame::Comment => (Place::Comment, true),
            Frame::Arithmetic(_) => return refused(Refusal::Arithmetic),
            Frame::Expansion(
                Expansion { kind: Operator::Other, .. } | Expansion { kind: Operator::Pattern, quoted: true },
            ) => {
                return refused(Refusal::Expansion);
            }
            Frame::Expansion(Expansion { kind: Operator::Word, quoted: true }) => (coded(Place::Expansion), false),
            Frame::Expansion(_) => (coded(Place::Bare(Near::EXPANSION)), false),
            Frame::Heredoc { quoted: true, .. } => (Place::Refused(Refusal::QuotedHeredoc), true),
            Frame::Heredoc { id, quoted: false } => (Place::Heredoc(*id), false),
        };
        match self.escaped {
            true => (Place::Refused(Refusal::Backslash), text),
            false => (place, text),
        }
    }

    /// Whether the innermost list of commands is interrupted by a here-document.
    fn in_heredoc(&self) -> bool {
        let inner = self.frames.iter().rev().take_while(|f| !matches!(f, Frame::Command(_)));
        inner.into_iter().any(|f| matches!(f, Frame::Heredoc { .. }))
    }

    /// Whether the innermost quotes stand in the `${…}` of others.
    fn in_quoted_expansion(&self) -> bool {
        matches!(self.frames[..], [.., Frame::Expansion(Expansion { quoted: true, .. }), _])
    }

    /// The program that parses the word in hand as code.
    fn program(&mut self) -> Option<Program> {
        let quotes = !matches!(self.frames.last(), Some(Frame::Command(_)));
        let list = self.list();
        let (program, begun) = list.code()?;
        // A bare word of its own is an argument like any other, but not to a
        // program that joins its arguments and parses them.
        let joins = matches!(program, Program::Eval | Program::Ssh);
        (quotes || joins || !begun.is_empty()).then_some(program)
    }

    /// Steps over a placeholder.
    fn placeholder(&mut self, end: usize) {
        if let Frame::Command(list) = self.top() {
            list.letter(PLACEHOLDER);
        }
        self.at = end;
    }
}
