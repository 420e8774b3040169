//! A list of commands: words, separators and redirections.
//!
//! Owns where words and commands end. What words mean is for `words`, what is
//! inside quotes for the scanner.

use super::words::Words;
use super::{Frame, Scanner};
use crate::template::quote::{Delimiter, HeredocId, Near, Program};

/// The state of one list of commands.
#[derive(Default)]
pub(super) struct Command {
    words: Words,
    /// The word in hand, if one is begun: its unquoted text, [`QUOTED`] where
    /// quotes opened, [`PLACEHOLDER`] for a placeholder.
    word: Option<String>,
    parens: usize,
    /// Open parentheses within a pattern of `case`.
    pattern_parens: usize,
    /// The word in hand is the target of a redirection.
    redirect: bool,
    heredocs: Vec<(HeredocId, bool)>,
}

/// Stands for quoted text in a word, and for a backslash.
pub(super) const QUOTED: char = '\u{1}';
/// Stands for a placeholder in a word.
pub(super) const PLACEHOLDER: char = '\0';

impl Command {
    /// Adds to the word in hand, or begins one.
    pub fn letter(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if !std::mem::take(&mut self.redirect) {
            self.words.word(&word);
        }
    }

    /// The program that parses the word in hand as code, and the word so far.
    pub fn code(&self) -> Option<(Program, &str)> {
        let begun = self.word.as_deref().unwrap_or("");
        match self.redirect {
            true => None,
            false => Some((self.words.code(begun)?, begun)),
        }
    }

    /// What is next to a bare placeholder here; `next` is the byte after it.
    pub fn near(&self, next: Option<&u8>) -> Near {
        let begun = self.word.as_deref().unwrap_or("");
        let mut near = Near::default();
        let begins = self.words.at_command() || self.words.in_case_pattern();
        near.set(Near::COMMAND, begins && !self.redirect);
        near.set(Near::TEST, self.words.in_test());
        near.set(Near::REDIRECT, matches!(next, Some(b'<' | b'>')));
        near.set(Near::BRACES, begun.contains('{'));
        near
    }
}

impl Scanner<'_> {
    /// The innermost list of commands.
    pub fn list(&mut self) -> &mut Command {
        let lists = self.frames.iter_mut().rev();
        let found = lists.filter_map(|f| if let Frame::Command(list) = f { Some(list) } else { None }).next();
        found.expect("the outermost frame is a list of commands")
    }

    /// Reads one token of a list of commands, not past `end`.
    pub fn command(&mut self, c: u8, end: usize) {
        match c {
            b' ' | b'\t' => self.separator(1),
            b'\n' => self.line_end(),
            b';' | b'&' | b'|' => self.control(c),
            b'(' => self.open_paren(),
            b')' => self.close_paren(),
            b'<' | b'>' => self.redirection(c),
            b'#' if self.list().word.is_none() => self.open(Frame::Comment),
            b'\'' => self.quoted(Frame::Single, 1),
            b'"' => self.quoted(Frame::Double, 1),
            b'$' if self.peek(1) == b'\'' => self.quoted(Frame::Ansi, 2),
            b'$' if self.peek(1) == b'"' => self.quoted(Frame::Double, 2),
            b'`' | b'$' => {
                self.list().letter(c.into());
                self.substitution(c, false);
            }
            b'\\' if self.peek(1) == b'\n' => self.at += 2,
            b'\\' => {
                self.list().letter(QUOTED);
                self.backslash(end);
            }
            _ => {
                self.list().letter(c.into());
                self.at += 1;
            }
        }
    }

    fn quoted(&mut self, frame: Frame, length: usize) {
        self.list().letter(QUOTED);
        self.at += length;
        self.frames.push(frame);
    }

    fn separator(&mut self, length: usize) {
        self.list().end_word();
        self.at += length;
    }

    fn line_end(&mut self) {
        let list = self.list();
        list.end_word();
        list.words.end_command();
        list.redirect = false;
        let heredocs = std::mem::take(&mut list.heredocs);
        self.at += 1;
        self.frames.extend(heredocs.into_iter().rev().map(|(id, quoted)| Frame::Heredoc { id, quoted }));
    }

    fn control(&mut self, c: u8) {
        if self.starts("&>") {
            return self.separator(1);
        }
        let branch = [";;&", ";;", ";&"].into_iter().find(|b| self.starts(b));
        let list = self.list();
        list.end_word();
        match branch {
            Some(_) => list.words.end_branch(),
            None if c == b'|' && list.words.in_case_pattern() => {}
            None => list.words.end_command(),
        }
        self.at += branch.map_or(1, str::len);
    }

    fn open_paren(&mut self) {
        let arithmetic = self.peek(1) == b'(' && self.is_arithmetic(self.at + 2);
        let list = self.list();
        if list.words.in_case_pattern() {
            list.pattern_parens += usize::from(list.word.is_some());
            self.at += 1;
        } else if arithmetic && list.word.is_none() && list.words.at_arithmetic() {
            self.at += 2;
            self.frames.push(Frame::Arithmetic(0));
        } else {
            list.end_word();
            list.words.end_command();
            list.parens += 1;
            self.at += 1;
        }
    }

    fn close_paren(&mut self) {
        let list = self.list();
        list.end_word();
        self.at += 1;
        let list = self.list();
        if list.words.in_case_pattern() {
            match list.pattern_parens.checked_sub(1) {
                Some(fewer) => list.pattern_parens = fewer,
                None => list.words.end_pattern(),
            }
        } else if list.parens > 0 {
            list.parens -= 1;
            list.words.end_command();
        } else {
            self.pop();
        }
    }

    fn redirection(&mut self, c: u8) {
        if self.peek(1) == b'(' {
            self.list().letter(c.into());
            self.at += 2;
            return self.frames.push(Frame::Command(Command::default()));
        }
        let list = self.list();
        if list.word.as_ref().is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit())) {
            list.word = None;
        }
        list.end_word();
        if self.starts("<<") && !self.starts("<<<") {
            return self.heredoc_start();
        }
        self.list().redirect = true;
        while matches!(self.peek(0), b'<' | b'>' | b'&' | b'|') {
            self.at += 1;
        }
    }

    fn heredoc_start(&mut self) {
        self.at += 2;
        let tabs = self.peek(0) == b'-';
        self.at += usize::from(tabs);
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let (mut word, mut quoted) = (Vec::new(), false);
        while self.at < self.text.len() && !b" \t\n;&|<>()".contains(&self.peek(0)) {
            match self.peek(0) {
                b'\'' | b'"' | b'\\' => quoted = true,
                c => word.push(c),
            }
            self.at += 1;
        }
        let id = HeredocId(self.delimiters.len() as u16);
        let word = String::from_utf8_lossy(&word).into();
        self.delimiters.push(Delimiter { word, tabs });
        self.list().heredocs.push((id, quoted));
    }
}
