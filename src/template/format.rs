//! Python's format specs: `:.2f`, `:04d`, `:>10`, `:,`.
//!
//! Follows "Format Specification Mini-Language" of Python's documentation. It
//! knows values, not placeholders.

use crate::value::Val;

/// `[[fill]align][sign]["#"]["0"][width][grouping]["." precision][type]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    fill: char,
    /// One of `<`, `>`, `^`, `=`.
    align: Option<char>,
    /// One of `+`, `-`, space.
    sign: Option<char>,
    alternate: bool,
    width: usize,
    /// `,` or `_`.
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// The widest field and the longest fraction, in characters.
const LIMIT: usize = 10_000;

impl Spec {
    /// Parses a spec; the error is one line.
    pub fn parse(text: &str) -> Result<Spec, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars };
        let (fill, align) = reader.align();
        let sign = reader.one_of("+- ");
        let alternate = reader.one_of("#").is_some();
        let zero = reader.one_of("0").is_some();
        let width = reader.number()?.unwrap_or(0);
        let grouping = reader.one_of(",_");
        let precision = match reader.one_of(".") {
            Some(_) => Some(reader.number()?.ok_or("a number must follow the point of a format")?),
            None => None,
        };
        let kind = reader.one_of("bcdeEfFgGnosxX%");
        if !reader.chars.is_empty() {
            return Err(format!("`{text}` is no format spec"));
        }
        Ok(Spec {
            fill: fill.unwrap_or(if zero { '0' } else { ' ' }),
            align: align.or(zero.then_some('=')),
            sign,
            alternate,
            width,
            grouping,
            precision,
            kind,
        })
    }

    /// A value in this format; the error is one line. Lists format each
    /// element, joined by spaces, as Snakemake does.
    pub fn apply(&self, value: &Val) -> Result<String, String> {
        match value {
            Val::Str(text) | Val::Path(text) => self.text(text),
            Val::Int(number) => self.int(*number),
            Val::Bool(flag) => self.int(i64::from(*flag)),
            Val::Float(number) => self.float(*number),
            Val::List(items) | Val::Tuple(items) | Val::Set(items) => {
                Ok(items.iter().map(|v| self.apply(v)).collect::<Result<Vec<_>, _>>()?.join(" "))
            }
            Val::Object(object) => match object.named_list() {
                // Of wildcards, Snakemake heeds no format.
                Some(list) if list.elements().is_none() => Ok(value.display()),
                Some(list) => self.apply(list.items),
                None => self.apply(&object.plain),
            },
            Val::None | Val::Dict(_) | Val::Func(_) => Err(format!("{} takes no format spec", value.kind())),
        }
    }

    /// A string in this format.
    pub fn text(&self, text: &str) -> Result<String, String> {
        if let Some(kind) = self.kind.filter(|k| *k != 's') {
            return Err(format!("the format `{kind}` is for numbers, and this is a string"));
        }
        if self.sign.is_some()
            || self.grouping.is_some()
            || self.alternate
            || self.align == Some('=') && self.fill != '0'
        {
            return Err("signs, `=`, `#` and grouping are formats for numbers, and this is a string".into());
        }
        let cut = self.precision.and_then(|p| text.char_indices().nth(p)).map_or(text, |(i, _)| &text[..i]);
        Ok(self.pad(cut.into(), self.align.filter(|a| *a != '=').unwrap_or('<')))
    }

    fn int(&self, number: i64) -> Result<String, String> {
        let size = number.unsigned_abs();
        let (prefix, digits) = match self.kind {
            None | Some('d' | 'n') => ("", size.to_string()),
            Some('b') => ("0b", format!("{size:b}")),
            Some('o') => ("0o", format!("{size:o}")),
            Some('x') => ("0x", format!("{size:x}")),
            Some('X') => ("0X", format!("{size:X}")),
            Some('c') => return self.character(number),
            Some('s') => return Err("the format `s` is for strings, and this is a number".into()),
            Some(_) => return self.float(number as f64),
        };
        if self.precision.is_some() {
            return Err("a precision is for floats and strings, and this is an integer".into());
        }
        let every = if prefix.is_empty() { 3 } else { 4 };
        if every == 4 && self.grouping == Some(',') {
            return Err("`,` groups decimal digits only; write `_`".into());
        }
        let prefix = if self.alternate { prefix } else { "" };
        Ok(self.number(number < 0, prefix, &digits, "", every))
    }

    fn character(&self, number: i64) -> Result<String, String> {
        let c = u32::try_from(number).ok().and_then(char::from_u32);
        let c = c.ok_or_else(|| format!("{number} is no character"))?;
        Ok(self.pad(c.into(), self.align.unwrap_or('<')))
    }

    fn float(&self, number: f64) -> Result<String, String> {
        let size = number.abs();
        let text = match self.kind {
            Some('b' | 'c' | 'd' | 'o' | 's' | 'x' | 'X') => {
                return Err(format!("the format `{}` is not for floats", self.kind.unwrap_or_default()));
            }
            Some('%') if !size.is_finite() => format!("{}%", Val::Float(size).repr()),
            _ if !size.is_finite() => Val::Float(size).repr(),
            Some('f' | 'F') => format!("{size:.*}", self.precision.unwrap_or(6)),
            Some('%') => format!("{:.*}%", self.precision.unwrap_or(6), size * 100.0),
            Some('e' | 'E') => exponent(&format!("{size:.*e}", self.precision.unwrap_or(6))),
            Some('g' | 'G' | 'n') => general(size, self.precision.unwrap_or(6), self.alternate, false),
            _ => match self.precision {
                Some(precision) => general(size, precision, self.alternate, true),
                None => Val::Float(size).repr(),
            },
        };
        let text = if self.alternate && size.is_finite() { with_point(text) } else { text };
        let text = if matches!(self.kind, Some('E' | 'F' | 'G')) { text.to_uppercase() } else { text };
        let whole = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let negative = number.is_sign_negative() && !number.is_nan();
        Ok(self.number(negative, "", &text[..whole], &text[whole..], 3))
    }

    /// Puts a number together: sign, prefix, grouped digits, rest.
    fn number(&self, negative: bool, prefix: &str, digits: &str, rest: &str, every: usize) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        };
        let head = format!("{sign}{prefix}");
        let room = self.width.saturating_sub(head.len() + rest.chars().count());
        let inside = self.align == Some('=');
        let digits = match self.grouping {
            Some(mark) if inside && self.fill == '0' && !digits.is_empty() => grouped_to(digits, mark, every, room),
            Some(mark) => grouped(digits, mark, every),
            None => digits.to_string(),
        };
        if inside {
            let fill: String = std::iter::repeat_n(self.fill, room.saturating_sub(digits.len())).collect();
            return format!("{head}{fill}{digits}{rest}");
        }
        self.pad(format!("{head}{digits}{rest}"), self.align.unwrap_or('>'))
    }

    fn pad(&self, text: String, align: char) -> String {
        let room = self.width.saturating_sub(text.chars().count());
        let left = match align {
            '<' => 0,
            '^' => room / 2,
            _ => room,
        };
        let fill = |n: usize| std::iter::repeat_n(self.fill, n).collect::<String>();
        format!("{}{text}{}", fill(left), fill(room - left))
    }
}

/// Digits with a mark before every group, counted from the right.
fn grouped(digits: &str, mark: char, every: usize) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(every) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// The same, with zeros in front up to a width; a group is never left without a digit.
fn grouped_to(digits: &str, mark: char, every: usize, width: usize) -> String {
    let mut digits = digits.to_string();
    while grouped(&digits, mark, every).len() < width {
        digits.insert(0, '0');
    }
    grouped(&digits, mark, every)
}

/// Rust's exponent (`1e5`) as C's (`1e+05`).
fn exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |n| ('-', n));
    format!("{digits}e{sign}{number:0>2}")
}

/// `g`: so many significant digits, with an exponent where it is shorter. With
/// `dot`, a whole number keeps `.0`, as in a format without a type.
fn general(size: f64, precision: usize, keep_zeros: bool, dot: bool) -> String {
    let digits = precision.max(1);
    let scientific = format!("{size:.*e}", digits - 1);
    let power: i64 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let limit = digits as i64 - i64::from(dot);
    if power < -4 || power >= limit {
        let (mantissa, tail) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let mantissa = if keep_zeros { mantissa } else { without_zeros(mantissa) };
        return exponent(&format!("{mantissa}e{tail}"));
    }
    let fixed = format!("{size:.*}", usize::try_from(digits as i64 - 1 - power).unwrap_or(0));
    match (keep_zeros, dot) {
        (true, _) => fixed,
        (false, false) => without_zeros(&fixed).to_string(),
        (false, true) => {
            let short = without_zeros(&fixed);
            if short.contains('.') { short.to_string() } else { format!("{short}.0") }
        }
    }
}

/// `#`: a point even where no digit follows it.
fn with_point(mut text: String) -> String {
    if !text.contains('.') {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.insert(end, '.');
    }
    text
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

struct Reader<'c> {
    chars: &'c [char],
}

impl Reader<'_> {
    fn align(&mut self) -> (Option<char>, Option<char>) {
        match self.chars {
            [fill, align, rest @ ..] if "<>^=".contains(*align) => {
                self.chars = rest;
                (Some(*fill), Some(*align))
            }
            _ => (None, self.one_of("<>^=")),
        }
    }

    fn one_of(&mut self, set: &str) -> Option<char> {
        let (first, rest) = self.chars.split_first()?;
        if !set.contains(*first) {
            return None;
        }
        self.chars = rest;
        Some(*first)
    }

    fn number(&mut self) -> Result<Option<usize>, String> {
        let mut number = None;
        while let Some(digit) = self.one_of("0123456789") {
            let next = number.unwrap_or(0) * 10 + digit as usize - '0' as usize;
            if next > LIMIT {
                return Err(format!("a format may be {LIMIT} characters wide at most"));
            }
            number = Some(next);
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(value: Val, spec: &str) -> Result<String, String> {
        Spec::parse(spec)?.apply(&value)
    }

    /// The right-hand sides are what Python 3 prints.
    #[test]
    fn numbers_are_pythons() {
        let ints = include_str!("format/ints.txt");
        let floats = include_str!("format/floats.txt");
        for line in ints.lines() {
            let [value, spec, want] = fields(line);
            assert_eq!(formatted(Val::Int(value.parse().unwrap()), spec).as_deref(), Ok(want), "{line}");
        }
        for line in floats.lines() {
            let [value, spec, want] = fields(line);
            assert_eq!(formatted(Val::Float(value.parse().unwrap()), spec).as_deref(), Ok(want), "{line}");
        }
    }

    fn fields(line: &str) -> [&str; 3] {
        let fields: Vec<&str> = line.split('|').collect();
        fields.try_into().expect("three fields")
    }

    #[test]
    fn strings_are_pythons() {
        let cases = [
            ("ab", ">5", "   ab"),
            ("ab", "^5", " ab  "),
            ("ab", "*<5s", "ab***"),
            ("abc", ".2", "ab"),
            ("é", "3", "é  "),
            ("ab", "05", "ab000"),
            ("ab", "", "ab"),
        ];
        for (value, spec, want) in cases {
            assert_eq!(formatted(Val::str(value), spec).as_deref(), Ok(want), "{spec}");
        }
        let list = Val::List(vec![Val::Int(1), Val::Float(0.5)]);
        assert_eq!(formatted(list, ".1f").as_deref(), Ok("1.0 0.5"));
        assert_eq!(formatted(Val::Bool(true), "d").as_deref(), Ok("1"));
    }

    #[test]
    fn faults() {
        for bad in ["q", "5z", ".", "..2", "d5", "99999999999"] {
            assert!(Spec::parse(bad).is_err(), "{bad}");
        }
        let cases = [
            (Val::str("a"), "d"),
            (Val::Int(1), "s"),
            (Val::Int(1), ".2d"),
            (Val::Int(1), ",x"),
            (Val::None, ">3"),
            (Val::Float(1.0), "x"),
            (Val::str("a"), "+"),
        ];
        for (value, spec) in cases {
            assert!(formatted(value, spec).is_err(), "{spec}");
        }
    }
}
