//! A shell command as words: enough of bash's grammar to tell commands,
//! arguments and redirections apart.
//!
//! It knows where placeholders stand, not what they mean. Where it cannot follow
//! the text it gives fewer words, never others.

use std::ops::Range;

/// What a word is for its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `x=1` before the command.
    Assignment,
    /// The command's name.
    Command,
    Argument,
    /// After `<`.
    Read,
    /// After `>`.
    Write,
    /// After `>>`.
    Append,
}

/// A word, quotes taken off.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Its bytes in the text, quotes included.
    pub range: Range<usize>,
    pub text: String,
    pub role: Role,
    /// Nothing in it is filled in or expanded.
    pub plain: bool,
    /// The placeholders in it, by number.
    pub holes: Vec<usize>,
    /// Number of the simple command that it belongs to.
    pub command: usize,
    /// In how many parentheses it stands.
    pub depth: usize,
}

/// What ends a simple command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Pipe,
    Or,
    Background,
    Other,
}

/// The words of a command, in order, and what ended which simple command.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub words: Vec<Word>,
    pub ends: Vec<(usize, Op)>,
}

impl Script {
    /// The words of a simple command.
    pub fn of(&self, command: usize) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(move |w| w.command == command)
    }

    /// The name of a simple command, without directories.
    pub fn name(&self, command: usize) -> &str {
        let word = self.of(command).find(|w| w.role == Role::Command);
        word.map_or("", |w| w.text.rsplit('/').next().unwrap_or(""))
    }

    /// What ended a simple command.
    pub fn end(&self, command: usize) -> Op {
        self.ends.iter().find(|(c, _)| *c == command).map_or(Op::Other, |(_, op)| *op)
    }

    /// The simple commands of a name, by number.
    pub fn calls(&self, name: &str) -> Vec<usize> {
        let all = self.words.iter().filter(|w| w.role == Role::Command).map(|w| w.command);
        all.filter(|c| self.name(*c) == name).collect()
    }
}

/// Words after which a command begins.
const OPENING: [&str; 13] = ["{", "{{", "}", "}}", "!", "if", "then", "elif", "else", "while", "until", "do", "time"];

struct Scanner<'t> {
    text: &'t str,
    holes: &'t [Range<usize>],
    at: usize,
    script: Script,
    word: Option<Word>,
    /// The next word begins a command.
    fresh: bool,
    redirect: Option<Role>,
    command: usize,
    double: bool,
    /// Open parentheses: whether each stands within double quotes.
    open: Vec<bool>,
    heredocs: Vec<String>,
}

/// The words of `text`, whose placeholders are `holes`.
pub(super) fn scan(text: &str, holes: &[Range<usize>]) -> Script {
    let script = Script::default();
    let (open, heredocs) = (Vec::new(), Vec::new());
    let (at, word, redirect, command) = (0, None, None, 0);
    let mut scanner =
        Scanner { text, holes, at, script, word, fresh: true, redirect, command, double: false, open, heredocs };
    while scanner.at < text.len() {
        scanner.step();
    }
    scanner.separate(Op::Other);
    scanner.script
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        if self.hole() {
            return;
        }
        let Some(c) = self.rest().chars().next() else { return };
        match c {
            '\\' => self.backslash(),
            '"' => {
                self.word();
                self.double = !self.double;
                self.skip(1);
            }
            '$' | '`' => self.dollar(c),
            c if self.double => self.push(c),
            '\'' => self.single(),
            ' ' | '\t' => {
                self.finish();
                self.skip(1);
            }
            '#' if self.word.is_none() => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
            '\n' => self.line(),
            '|' | '&' | ';' => self.operator(),
            '<' | '>' => self.redirection(),
            '(' => self.parenthesis(),
            ')' => self.close(),
            c => self.push(c),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
    }

    fn word(&mut self) -> &mut Word {
        let role = self.redirect.unwrap_or(if self.fresh { Role::Command } else { Role::Argument });
        let (at, command, depth) = (self.at, self.command, self.open.len());
        self.word.get_or_insert_with(|| Word {
            range: at..at,
            text: String::new(),
            role,
            plain: true,
            holes: Vec::new(),
            command,
            depth,
        })
    }

    fn push(&mut self, c: char) {
        let end = self.at + c.len_utf8();
        let word = self.word();
        word.text.push(c);
        word.range.end = end;
        if matches!(c, '*' | '?' | '[' | '~') {
            word.plain = false;
        }
        self.at = end;
    }

    /// A placeholder that starts here.
    fn hole(&mut self) -> bool {
        let Some(number) = self.holes.iter().position(|h| h.start == self.at) else { return false };
        let range = self.holes[number].clone();
        let text = self.text[range.clone()].to_owned();
        let word = self.word();
        word.text.push_str(&text);
        word.plain = false;
        word.holes.push(number);
        word.range.end = range.end;
        self.at = range.end;
        true
    }

    fn backslash(&mut self) {
        if self.rest().starts_with("\\\n") {
            return self.skip(2);
        }
        self.word();
        self.skip(1);
        if let Some(c) = self.rest().chars().next() {
            self.push(c);
        }
    }

    fn single(&mut self) {
        self.word();
        self.skip(1);
        while self.at < self.text.len() && !self.rest().starts_with('\'') {
            if !self.hole()
                && let Some(c) = self.rest().chars().next()
            {
                let plain = self.word().plain;
                self.push(c);
                self.word().plain = plain;
            }
        }
        self.skip(1);
        let end = self.at;
        self.word().range.end = end;
    }

    fn dollar(&mut self, c: char) {
        let double = self.double;
        if c == '`' {
            self.word().plain = false;
            return self.push(c);
        }
        if self.rest().starts_with("$(") && !self.rest().starts_with("$((") {
            self.word().plain = false;
            self.finish();
            self.open.push(double);
            (self.double, self.fresh) = (false, true);
            self.command += 1;
            return self.skip(2);
        }
        let end = match self.rest() {
            rest if rest.starts_with("$((") => rest.find("))").map_or(rest.len(), |n| n + 2),
            rest if rest.starts_with("${") => rest.find('}').map_or(rest.len(), |n| n + 1),
            _ => 1,
        };
        let (text, stop) = (self.rest()[..end].to_owned(), self.at + end);
        let word = self.word();
        word.plain = false;
        word.text.push_str(&text);
        word.range.end = stop;
        self.at = stop;
    }

    fn parenthesis(&mut self) {
        self.separate(Op::Other);
        self.open.push(false);
        self.skip(1);
    }

    fn close(&mut self) {
        self.separate(Op::Other);
        self.double = self.open.pop().unwrap_or(false);
        self.fresh = false;
        self.skip(1);
    }

    fn line(&mut self) {
        self.separate(Op::Other);
        self.skip(1);
        for end in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let line = self.rest().split('\n').next().unwrap_or("");
                let (length, is_end) = (line.len() + 1, line.trim() == end);
                self.skip(length);
                if is_end {
                    break;
                }
            }
        }
    }

    fn operator(&mut self) {
        if self.rest().starts_with("&>") {
            self.finish();
            self.skip(1);
            return self.redirection();
        }
        let two = self.rest().get(..2).unwrap_or("");
        let (op, length) = match two {
            "||" => (Op::Or, 2),
            "&&" | ";;" => (Op::Other, 2),
            "|&" => (Op::Pipe, 2),
            _ if two.starts_with('|') => (Op::Pipe, 1),
            _ if two.starts_with('&') => (Op::Background, 1),
            _ if self.rest() == "&" => (Op::Background, 1),
            _ => (Op::Other, 1),
        };
        self.separate(op);
        self.skip(length);
    }

    fn redirection(&mut self) {
        // The digits before are a descriptor.
        if self.word.as_ref().is_some_and(|w| !w.text.is_empty() && w.text.bytes().all(|b| b.is_ascii_digit())) {
            self.word = None;
        }
        self.finish();
        let rest = self.rest();
        let starts = |with: &str| rest.starts_with(with);
        if starts("<<<") {
            return self.skip(3);
        }
        if starts("<<") {
            return self.heredoc();
        }
        if starts("<(") || starts(">(") {
            self.skip(1);
            return self.parenthesis();
        }
        if starts(">&") || starts("<&") {
            self.skip(2);
            let number = self.rest().bytes().take_while(|b| b.is_ascii_digit() || *b == b'-').count();
            self.skip(number);
            self.redirect = (number == 0).then_some(Role::Write);
            return;
        }
        let role = match starts(">>") {
            true => Role::Append,
            false if starts(">") => Role::Write,
            false => Role::Read,
        };
        let length = if starts(">>") || starts(">|") || starts("<>") { 2 } else { 1 };
        self.redirect = Some(role);
        self.skip(length);
    }

    fn heredoc(&mut self) {
        self.skip(2);
        let blanks = self.rest().bytes().take_while(|b| matches!(b, b' ' | b'-')).count();
        self.skip(blanks);
        let length = self.rest().find([' ', '\n', ';', '|', '>', ')']).unwrap_or(self.rest().len());
        self.heredocs.push(self.rest()[..length].replace(['\'', '"', '\\'], ""));
        self.skip(length);
    }

    fn finish(&mut self) {
        let Some(mut word) = self.word.take() else { return };
        self.redirect = None;
        if word.role == Role::Command {
            if OPENING.contains(&word.text.as_str()) {
                return;
            }
            match is_assignment(&word.text) {
                true => word.role = Role::Assignment,
                false => self.fresh = false,
            }
        }
        self.script.words.push(word);
    }

    fn separate(&mut self, op: Op) {
        self.finish();
        self.script.ends.push((self.command, op));
        self.command += 1;
        self.fresh = true;
        self.redirect = None;
    }
}

fn is_assignment(text: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split_once('=').is_some_and(|(left, _)| !left.is_empty() && left.chars().all(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, Role)> {
        scan(text, &[]).words.into_iter().map(|w| (w.text, w.role)).collect()
    }

    fn of(role: Role, text: &str) -> Vec<String> {
        words(text).into_iter().filter(|(_, r)| *r == role).map(|(t, _)| t).collect()
    }

    #[test]
    fn words_are_told_apart() {
        let text = "LC_ALL=C awk -f 'a b.awk' x 2>&1 > \"out 1\" | tee log # not this\nif true; then sort < in; fi";
        assert_eq!(of(Role::Command, text), ["awk", "tee", "true", "sort", "fi"]);
        assert_eq!(of(Role::Assignment, text), ["LC_ALL=C"]);
        assert_eq!(of(Role::Argument, text), ["-f", "a b.awk", "x", "log"]);
        assert_eq!(of(Role::Write, text), ["out 1"]);
        assert_eq!(of(Role::Read, text), ["in"]);
    }

    #[test]
    fn substitutions_and_here_documents_are_followed() {
        let text = "echo \"at $(date -u) in\" <<'EOF' > x\nrm y\nEOF\nwait";
        assert_eq!(of(Role::Command, text), ["echo", "date", "wait"]);
        assert_eq!(of(Role::Write, text), ["x"]);
        let script = scan("(cd a && b) & c || true", &[]);
        assert_eq!(script.words.iter().map(|w| w.depth).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
        assert!(script.ends.iter().any(|(_, op)| *op == Op::Background));
        assert_eq!(script.end(script.calls("c")[0]), Op::Or);
    }

    #[test]
    fn placeholders_belong_to_words() {
        let script = scan("cp {input} dir/{output}.gz", &[3..10, 15..23]);
        assert_eq!(script.words[1].holes, [0]);
        assert_eq!(script.words[2].text, "dir/{output}.gz");
        assert!(!script.words[2].plain && script.words[0].plain);
    }
}
