//! What `re.sub` puts in the place of a match: `\1`, `\g<name>`, `\n`.
//!
//! Owns Python's syntax of it. It does not know the pattern but for its groups' names.

use super::pattern::Shape;
use crate::eval::exception::thrown;
use fancy_regex::Captures;

/// A stretch of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// A template, read once.
pub(super) struct Template(Vec<Part>);

fn bad(why: String) -> starlark::Error {
    thrown("re.error", why)
}

impl Template {
    /// # Errors
    /// Escapes that Python does not know, and groups that the pattern does not have.
    pub(super) fn of(text: &str, shape: &Shape) -> starlark::Result<Template> {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find('\\') {
            plain.push_str(&rest[..at]);
            let (part, after) = escaped(&rest[at + 1..], shape)?;
            match part {
                Part::Text(text) => plain.push_str(&text),
                group => parts.extend([Part::Text(std::mem::take(&mut plain)), group]),
            }
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Template(parts))
    }

    /// Writes it for one match.
    pub(super) fn fill(&self, captures: &Captures, out: &mut String) {
        for part in &self.0 {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(at) => captures.get(*at).map_or("", |group| group.as_str()),
            });
        }
    }
}

fn group(name: &str, shape: &Shape) -> starlark::Result<Part> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        let at = name.parse::<usize>().ok().filter(|at| *at < shape.names.len());
        return at.map(Part::Group).ok_or_else(|| bad(format!("invalid group reference {name}")));
    }
    let at = shape.names.iter().position(|known| known.as_deref() == Some(name));
    at.map(Part::Group).ok_or_else(|| thrown("IndexError", format!("unknown group name '{name}'")))
}

/// What follows a backslash, and the rest.
fn escaped<'t>(text: &'t str, shape: &Shape) -> starlark::Result<(Part, &'t str)> {
    let first = text.chars().next().ok_or_else(|| bad("bad escape (end of pattern)".into()))?;
    let behind = &text[first.len_utf8()..];
    let plain = |c: char| Ok((Part::Text(c.into()), behind));
    match first {
        'g' => {
            let name = behind.strip_prefix('<').and_then(|name| name.split_once('>'));
            let (name, rest) = name.ok_or_else(|| bad("missing <, or > behind a group's name".into()))?;
            Ok((group(name, shape)?, rest))
        }
        '0'..='9' => number(text, shape),
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        c if c.is_ascii_alphabetic() => Err(bad(format!("bad escape \\{c}"))),
        c => Ok((Part::Text(format!("\\{c}")), behind)),
    }
}

/// `\1` and `\12` are groups, `\0` and `\012` characters.
fn number<'t>(text: &'t str, shape: &Shape) -> starlark::Result<(Part, &'t str)> {
    let octal = text.bytes().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    if text.starts_with('0') || octal == 3 {
        let code = u32::from_str_radix(&text[..octal], 8).ok().filter(|code| *code < 0o400);
        let c = code.and_then(char::from_u32).ok_or_else(|| bad(format!("octal escape value \\{}", &text[..octal])))?;
        return Ok((Part::Text(c.into()), &text[octal..]));
    }
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Ok((group(&text[..digits], shape)?, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<Vec<Part>> {
        let names = vec![None, Some("x".to_owned()), None];
        Template::of(text, &Shape { names, closed: vec![1, 2] }).ok().map(|template| template.0)
    }

    #[test]
    fn templates_are_pythons() {
        let text = |text: &str| Part::Text(text.into());
        assert_eq!(parts(r"a\1b\g<x>"), Some(vec![text("a"), Part::Group(1), text("b"), Part::Group(1), text("")]));
        assert_eq!(parts(r"\r\0\101\.\g<0>"), Some(vec![text("\r\0A\\."), Part::Group(0), text("")]));
        for wrong in [r"\3", r"\g<y>", r"\q", "\\", r"\g<1"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
