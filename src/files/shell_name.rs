//! A name and a shell's pattern for names, as Python's `fnmatch` reads them.
//! Pure.

/// One step of a pattern.
enum Step {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[...]`
    Of {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Exact(char),
}

/// A pattern for one name: `*`, `?`, `[a-z]`, `[!a-z]`. Nothing escapes, and a
/// bracket that is not closed stands for itself.
pub struct ShellName(Vec<Step>);

impl ShellName {
    /// From its text.
    pub fn new(pattern: &str) -> ShellName {
        let text: Vec<char> = pattern.chars().collect();
        let (mut steps, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let step = match text[at] {
                '*' => Step::Any,
                '?' => Step::One,
                '[' => match closing(&text, at + 1) {
                    Some(end) => {
                        let step = chosen(&text[at + 1..end]);
                        at = end;
                        step
                    }
                    None => Step::Exact('['),
                },
                c => Step::Exact(c),
            };
            steps.push(step);
            at += 1;
        }
        ShellName(steps)
    }

    /// Whether a whole name is such.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut step) = (0, 0);
        // Where the last `*` stands, and where what follows it was tried.
        let mut again: Option<(usize, usize)> = None;
        loop {
            match self.0.get(step) {
                Some(Step::Any) => {
                    again = Some((step, at));
                    step += 1;
                    continue;
                }
                Some(other) if at < name.len() && other.takes(name[at]) => {
                    step += 1;
                    at += 1;
                    continue;
                }
                None if at == name.len() => return true,
                _ => {}
            }
            match again {
                Some((star, from)) if from < name.len() => {
                    again = Some((star, from + 1));
                    (step, at) = (star + 1, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Step {
    fn takes(&self, c: char) -> bool {
        match self {
            Step::Any | Step::One => true,
            Step::Exact(own) => *own == c,
            Step::Of { negated, ranges } => ranges.iter().any(|(low, high)| (low..=high).contains(&&c)) != *negated,
        }
    }
}

/// Where the bracket ends that was opened before a place. A `]` that stands
/// first is one of the characters.
fn closing(text: &[char], from: usize) -> Option<usize> {
    let first = if text.get(from) == Some(&'!') { from + 1 } else { from };
    (first + 1..text.len()).find(|at| text[*at] == ']')
}

/// What stands between brackets. An empty range takes nothing.
fn chosen(text: &[char]) -> Step {
    let negated = text.first() == Some(&'!');
    let text = if negated { &text[1..] } else { text };
    let (mut ranges, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if at + 2 < text.len() && text[at + 1] == '-' {
            ranges.push((text[at], text[at + 2]));
            at += 3;
        } else {
            ranges.push((text[at], text[at]));
            at += 1;
        }
    }
    Step::Of { negated, ranges }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("*.txt", "a.txt", true),
            ("*.txt", ".txt", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXbY", false),
            ("a?c", "aéc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]x]", "]", true),
            ("[!]]", "]", false),
            ("[ab", "[ab", true),
            ("[b-a]", "a", false),
            ("[a-]", "-", true),
            ("**", "ab", true),
            ("{a,b}", "a", false),
            ("a\\*", "a\\z", true),
            ("", "", true),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(ShellName::new(pattern).matches(name), want, "{pattern} {name}");
        }
    }
}
