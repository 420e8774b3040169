//! Python's regular expressions in the words of the engine.
//!
//! Owns what the two write otherwise: `$` and `\Z`, escapes, brackets within classes,
//! comments, and classes of ASCII alone. It compiles nothing.

/// A pattern for the engine.
pub(super) struct Translated {
    pub(super) text: String,
    /// Some `$` also fits before a line break that ends the text.
    pub(super) has_end: bool,
    /// The numbers of the groups, in the order in which they close.
    pub(super) closed: Vec<usize>,
}

/// Flags that change what is written, in one group.
#[derive(Clone, Copy)]
struct Level {
    lines: bool,
    verbose: bool,
    ascii: bool,
    /// The number of the group, if it is captured.
    group: Option<usize>,
}

struct Walk<'p> {
    rest: &'p str,
    out: String,
    levels: Vec<Level>,
    /// Whether the text that is searched ends in a line break.
    broken: bool,
    has_end: bool,
    groups: usize,
    closed: Vec<usize>,
}

/// Python's flags as letters, as in `(?ms)`.
///
/// # Errors
/// What Python says of a pattern that it does not understand.
pub(super) fn translated(pattern: &str, flags: &str, broken: bool) -> Result<Translated, String> {
    let has = |flag: char| flags.contains(flag);
    let level = Level { lines: has('m'), verbose: has('x'), ascii: has('a'), group: None };
    let mut walk = Walk {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        levels: vec![level],
        broken,
        has_end: false,
        groups: 0,
        closed: Vec::new(),
    };
    while let Some(c) = walk.take() {
        walk.step(c)?;
    }
    let letters = served(flags);
    let text = if letters.is_empty() { walk.out } else { format!("(?{letters}:{})", walk.out) };
    Ok(Translated { text, has_end: walk.has_end, closed: walk.closed })
}

/// The flags that the engine knows too.
fn served(flags: &str) -> String {
    flags.chars().filter(|flag| !matches!(flag, 'a' | 'L' | 'u')).collect()
}

const WORD: &str = "0-9A-Za-z_";
const BLANK: &str = " \\t\\n\\r\\x0b\\x0c";

impl<'p> Walk<'p> {
    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn level(&self) -> Level {
        self.levels[self.levels.len() - 1]
    }

    fn step(&mut self, c: char) -> Result<(), String> {
        match c {
            '\\' => self.escape(false)?,
            '[' => self.class()?,
            '(' => self.open()?,
            ')' => {
                if self.levels.len() > 1 {
                    self.closed.extend(self.levels.pop().and_then(|level| level.group));
                }
                self.out.push(c);
            }
            '$' if !self.level().lines => {
                self.has_end = true;
                self.out.push_str(if self.broken { "(?:(?=\\n?\\z))" } else { "\\z" });
            }
            '#' if self.level().verbose => {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            }
            _ => self.out.push(c),
        }
        Ok(())
    }

    /// What follows `(`.
    fn open(&mut self) -> Result<(), String> {
        let mut level = Level { group: None, ..self.level() };
        let Some(kind) = self.rest.strip_prefix('?') else {
            self.groups += 1;
            self.levels.push(Level { group: Some(self.groups), ..level });
            self.out.push('(');
            return Ok(());
        };
        if let Some(comment) = kind.strip_prefix('#') {
            let end = comment.find(')').ok_or("missing ), unterminated comment")?;
            self.rest = &comment[end + 1..];
            return Ok(());
        }
        let head = match kind {
            _ if kind.starts_with("P<") => {
                self.groups += 1;
                level.group = Some(self.groups);
                kind.find('>').map_or(kind.len(), ends_at)
            }
            // A reference is no group.
            _ if kind.starts_with("P=") => {
                let end = kind.find(')').map_or(kind.len(), ends_at);
                return self.verbatim("(?", end);
            }
            // `(?(1)yes|no)`
            _ if kind.starts_with('(') => kind.find(')').map_or(kind.len(), ends_at),
            _ if kind.starts_with("<=") || kind.starts_with("<!") => 2,
            _ if kind.starts_with(['=', '!', ':', '>']) => 1,
            _ => return self.flags(kind, level),
        };
        self.levels.push(level);
        self.verbatim("(?", head)
    }

    /// So many bytes behind `?` as they are.
    fn verbatim(&mut self, open: &str, length: usize) -> Result<(), String> {
        let behind = &self.rest[1..];
        self.out.push_str(open);
        self.out.push_str(&behind[..length]);
        self.rest = &behind[length..];
        Ok(())
    }

    /// `(?im)` and `(?i-m:`.
    fn flags(&mut self, kind: &str, mut level: Level) -> Result<(), String> {
        let end = kind.find([')', ':']).ok_or("missing -, : or )")?;
        let (on, off) = kind[..end].split_once('-').unwrap_or((&kind[..end], ""));
        if !on.chars().chain(off.chars()).all(|flag| "aiLmsux".contains(flag)) || end == 0 {
            return Err(format!("unknown extension ?{}", kind.chars().next().unwrap_or(')')));
        }
        for (letters, value) in [(on, true), (off, false)] {
            let has = |flag: char| letters.contains(flag);
            level.lines = if has('m') { value } else { level.lines };
            level.verbose = if has('x') { value } else { level.verbose };
            level.ascii = if has('a') { value } else { level.ascii && !has('u') };
        }
        let (on, off) = (served(on), served(off));
        let written = if off.is_empty() { on } else { format!("{on}-{off}") };
        self.rest = &self.rest[end + 2..];
        if kind[end..].starts_with(':') {
            self.levels.push(level);
            self.out.push_str(&format!("(?{written}:"));
            return Ok(());
        }
        let at = self.levels.len() - 1;
        self.levels[at] = Level { group: self.levels[at].group, ..level };
        if !written.is_empty() {
            self.out.push_str(&format!("(?{written})"));
        }
        Ok(())
    }

    /// What follows `[`, to its end.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.take();
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.take().ok_or("unterminated character set")?;
            match c {
                ']' if !first => break,
                '\\' => self.escape(true)?,
                '[' | ']' | '&' | '~' | '#' => self.out.extend(['\\', c]),
                '-' if self.out.ends_with('-') => self.out.push_str("\\-"),
                c if c.is_whitespace() => self.out.push_str(&format!("\\x{{{:x}}}", c as u32)),
                c => self.out.push(c),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let c = self.take().ok_or("bad escape (end of pattern)")?;
        let ascii = self.level().ascii;
        match c {
            '0'..='9' => self.number(c, in_class)?,
            'x' | 'u' | 'U' => self.code(c)?,
            'Z' if !in_class => self.out.push_str("\\z"),
            'b' if in_class => self.out.push_str("\\x08"),
            'd' | 'w' | 's' if ascii => {
                let set = set_of(c);
                self.out.push_str(&if in_class { set.to_owned() } else { format!("[{set}]") });
            }
            'D' | 'W' | 'S' if ascii => self.out.push_str(&format!("[^{}]", set_of(c.to_ascii_lowercase()))),
            'b' if ascii => self.edges(["=!", "!="]),
            'B' if ascii => self.edges(["==", "!!"]),
            'A' | 'b' | 'B' if !in_class => self.out.extend(['\\', c]),
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' => self.out.extend(['\\', c]),
            c if c.is_ascii_alphabetic() => return Err(format!("bad escape \\{c}")),
            c if c.is_whitespace() => self.out.push_str(&format!("\\x{{{:x}}}", c as u32)),
            c if "\\.+*?()|[]{}^$#&-~".contains(c) => self.out.extend(['\\', c]),
            c => self.out.push(c),
        }
        Ok(())
    }

    /// Where words of ASCII begin and end, by what stands before and behind.
    fn edges(&mut self, ways: [&str; 2]) {
        let way = |way: &str| format!("(?<{}[{WORD}])(?{}[{WORD}])", &way[..1], &way[1..]);
        self.out.push_str(&format!("(?:{}|{})", way(ways[0]), way(ways[1])));
    }

    /// `\1` is a group, `\012` a character.
    fn number(&mut self, first: char, in_class: bool) -> Result<(), String> {
        let is_octal = |c: char| matches!(c, '0'..='7');
        let digits: String = self.rest.chars().take(2).take_while(|c| is_octal(*c)).collect();
        if first == '0' || in_class || (is_octal(first) && digits.len() == 2) {
            let digits = format!("{first}{digits}");
            let code = u32::from_str_radix(&digits, 8).ok().filter(|code| *code < 0o400);
            let code = code.ok_or_else(|| format!("bad escape \\{digits}"))?;
            self.rest = &self.rest[digits.len() - 1..];
            self.out.push_str(&format!("\\x{{{code:x}}}"));
            return Ok(());
        }
        let second = self.rest.chars().next().filter(char::is_ascii_digit);
        self.rest = &self.rest[second.map_or(0, char::len_utf8)..];
        self.out.push_str(&format!("(?:\\{first}{})", second.map(String::from).unwrap_or_default()));
        Ok(())
    }

    /// `\x41` and its like.
    fn code(&mut self, kind: char) -> Result<(), String> {
        let length = match kind {
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        let digits = self.rest.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let digits = digits.ok_or_else(|| format!("incomplete escape \\{kind}"))?;
        self.out.push_str(&format!("\\x{{{digits}}}"));
        self.rest = &self.rest[length..];
        Ok(())
    }
}

/// One past a place.
fn ends_at(at: usize) -> usize {
    at + 1
}

fn set_of(letter: char) -> &'static str {
    match letter {
        'd' => "0-9",
        'w' => WORD,
        _ => BLANK,
    }
}

#[cfg(test)]
mod tests {
    use super::translated;

    fn text(pattern: &str, flags: &str, broken: bool) -> String {
        translated(pattern, flags, broken).expect("a pattern").text
    }

    #[test]
    fn the_end_is_before_a_last_line_break_too() {
        assert_eq!(text("a$", "", false), "a\\z");
        assert_eq!(text("a$", "", true), "a(?:(?=\\n?\\z))");
        assert_eq!(text("a$", "m", true), "(?m:a$)");
        assert_eq!(text("(?m:a$)b$", "", false), "(?m:a$)b\\z");
        assert_eq!(text(r"[$]\$\Z", "", true), r"[$]\$\z");
        assert_eq!(text("a # $ (\n b", "x", true), "(?x:a \n b)");
    }

    #[test]
    fn what_stands_in_a_class_is_a_character() {
        assert_eq!(text("a[[]b", "", false), r"a[\[]b");
        assert_eq!(text("[]a&&b]", "", false), r"[\]a\&\&b]");
        assert_eq!(text(r"[\b\w]", "a", false), r"[\x080-9A-Za-z_]");
        assert!(translated("[a", "", false).is_err());
    }

    #[test]
    fn escapes_are_pythons() {
        assert_eq!(text(r"\<\/\ \-\1\012\x41\u00e9", "", false), r"</\x{20}\-(?:\1)\x{a}\x{41}\x{00e9}");
        assert!(translated(r"\h", "", false).is_err());
        assert!(translated("a\\", "", false).is_err());
    }

    #[test]
    fn groups_are_known_by_where_they_close() {
        assert_eq!(translated("(a(?P<x>b))(?:c)(?=(d))", "", false).expect("a pattern").closed, [2, 1, 3]);
        assert_eq!(text("(?a)(?ui)x(?#no)", "", false), "(?i)x");
    }
}
