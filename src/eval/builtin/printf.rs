//! Python's `%` on texts: `"%03d of %s" % (n, name)`, `"%(name)s" % values`.
//!
//! Follows "printf-style String Formatting" of Python's documentation.

use super::class::EnumMember;
use super::record::Record;
use super::texts::no_whole;
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use crate::eval::limits;
use crate::eval::show;
use crate::template::Spec;
use crate::value::Val;
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::float::UnpackFloat;
use starlark::values::tuple::TupleRef;
use starlark::values::{UnpackValue, Value};

/// One conversion, such as `%-05.2f`.
#[derive(Default)]
struct Conversion {
    left: bool,
    zero: bool,
    alternate: bool,
    sign: &'static str,
    width: String,
    precision: Option<String>,
}

/// The values, taken one after the other.
struct Values<'v> {
    all: Vec<Value<'v>>,
    next: usize,
    /// What `%(name)s` asks.
    whole: Value<'v>,
}

impl<'v> Values<'v> {
    fn take(&mut self) -> starlark::Result<Value<'v>> {
        let value = self.all.get(self.next).copied();
        self.next += 1;
        value.ok_or_else(|| thrown("TypeError", "there are fewer values than this format asks for"))
    }

    fn star(&mut self) -> starlark::Result<String> {
        let value = self.take()?;
        value.unpack_i32().map(|n| n.to_string()).ok_or_else(|| thrown("TypeError", "`*` in a format wants a number"))
    }
}

/// A text filled with values.
pub(super) fn filled<'v>(
    format: &str,
    values: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<String> {
    let record = || Record::from_value(values).map(|r| r.pairs().into_iter().map(|(_, value)| value).collect());
    let tuple = TupleRef::from_value(values).map(|t| t.content().to_vec()).or_else(record);
    let is_tuple = tuple.is_some();
    let mut given = Values { all: tuple.unwrap_or_else(|| vec![values]), next: 0, whole: values };
    let mut named = false;
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut key = None;
        if let Some(inner) = rest.strip_prefix('(') {
            let end = inner.find(')').ok_or_else(|| thrown("ValueError", "a `%(` in a format is never closed"))?;
            (key, named) = (Some(&inner[..end]), true);
            rest = &inner[end + 1..];
        }
        let (text, after) = converted(rest, key, &mut given, eval)?;
        out.push_str(&text);
        rest = after;
    }
    out.push_str(rest);
    let is_dict = DictRef::from_value(values).is_some();
    if !named && given.next < given.all.len() && (is_tuple || !is_dict) {
        return Err(thrown("TypeError", "there are more values than this format asks for"));
    }
    Ok(out)
}

/// One conversion's text, and what follows it.
fn converted<'f, 'v>(
    text: &'f str,
    key: Option<&str>,
    given: &mut Values<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<(String, &'f str)> {
    let mut conversion = Conversion::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "#0- +".contains(*c)) {
        match flag {
            '#' => conversion.alternate = true,
            '0' => conversion.zero = true,
            '-' => conversion.left = true,
            ' ' if conversion.sign.is_empty() => conversion.sign = " ",
            ' ' => {}
            _ => conversion.sign = "+",
        }
        rest = &rest[1..];
    }
    (conversion.width, rest) = number(rest, given)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after, given)?;
        conversion.precision = Some(if precision.is_empty() { "0".into() } else { precision });
        rest = after;
    }
    rest = rest.trim_start_matches(['h', 'l', 'L']);
    let kind = rest.chars().next().ok_or_else(|| thrown("ValueError", "a format ends within a conversion"))?;
    let after = &rest[kind.len_utf8()..];
    if kind == '%' {
        return Ok(("%".into(), after));
    }
    let value = match key {
        Some(key) => given.whole.at(eval.heap().alloc(key), eval.heap())?,
        None => given.take()?,
    };
    Ok((conversion.text(kind, value, eval)?, after))
}

/// A width or a precision.
fn number<'f>(text: &'f str, given: &mut Values<'_>) -> starlark::Result<(String, &'f str)> {
    if let Some(after) = text.strip_prefix('*') {
        return Ok((given.star()?, after));
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Ok((text[..end].to_owned(), &text[end..]))
}

impl Conversion {
    fn text<'v>(&self, kind: char, value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
        let plain = match kind {
            's' => Val::str(show::text(value, eval)?),
            'r' => Val::str(show::repr(value, eval)?),
            'a' => Val::str(show::ascii(value, eval)?),
            'c' if value.unpack_str().is_some() => Val::str(show::text(value, eval)?),
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'c' => whole(kind, value)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => match UnpackFloat::unpack_value(value)? {
                Some(UnpackFloat(number)) => Val::Float(number),
                None => return Err(wants(kind, value)),
            },
            other => return Err(thrown("ValueError", format!("`%{other}` is no conversion"))),
        };
        if let (Some(precision), Val::Int(number), 'd' | 'i' | 'u' | 'x' | 'X' | 'o') = (&self.precision, &plain, kind)
        {
            return self.digits(kind, *number, precision);
        }
        let spec = self.spec(kind, matches!(plain, Val::Str(_)));
        Spec::parse(&spec).and_then(|s| s.apply(&plain)).map_err(|why| thrown("ValueError", why))
    }

    /// A whole number of at least so many digits.
    fn digits(&self, kind: char, number: i64, precision: &str) -> starlark::Result<String> {
        let wrong = |why: String| thrown("ValueError", why);
        let wanted: usize = precision.parse().map_err(|_| wrong("this precision is too large".into()))?;
        let width: usize = self.width.trim_start_matches('-').parse().unwrap_or(0);
        limits::values(wanted as u128 + width as u128)?;
        let kind = if matches!(kind, 'i' | 'u') { 'd' } else { kind };
        let spec = Spec::parse(&kind.to_string()).map_err(wrong)?;
        let plain = spec.apply(&Val::Int(number)).map_err(wrong)?;
        let digits = plain.trim_start_matches('-');
        let lead = match kind {
            'd' => String::new(),
            _ if self.alternate => format!("0{kind}"),
            _ => String::new(),
        };
        let sign = if number < 0 { "-" } else { self.sign };
        let left = self.left || self.width.starts_with('-');
        let own = sign.len() + lead.len();
        let wanted = if self.zero && !left { wanted.max(width.saturating_sub(own)) } else { wanted };
        let text = format!("{sign}{lead}{digits:0>wanted$}");
        Ok(if left { format!("{text:<width$}") } else { format!("{text:>width$}") })
    }

    /// As a format spec of Python's.
    fn spec(&self, kind: char, is_text: bool) -> String {
        let precision = self.precision.as_ref().map_or(String::new(), |p| format!(".{p}"));
        let width = self.width.trim_start_matches('-');
        let align = if self.left || self.width.starts_with('-') { "<" } else { ">" };
        if is_text {
            return format!("{align}{width}{precision}");
        }
        let zero = self.zero && align == ">";
        let alternate = if self.alternate { "#" } else { "" };
        let align = if zero { "" } else { align };
        let zero = if zero { "0" } else { "" };
        let kind = if matches!(kind, 'i' | 'u') { 'd' } else { kind };
        let precision = if matches!(kind, 'd' | 'x' | 'X' | 'o') { String::new() } else { precision };
        format!("{align}{}{alternate}{zero}{width}{precision}{kind}", self.sign)
    }
}

fn wants(kind: char, value: Value) -> starlark::Error {
    thrown("TypeError", format!("`%{kind}` wants a number, this is a value of type `{}`", value.get_type()))
}

/// A whole number; `%d` cuts floats.
fn whole(kind: char, value: Value) -> starlark::Result<Val> {
    let value = EnumMember::from_value(value).and_then(EnumMember::mixed).unwrap_or(value);
    if let Some(b) = value.unpack_bool() {
        return Ok(Val::Int(i64::from(b)));
    }
    if let Some(number) = i64::unpack_value(value)? {
        return Ok(Val::Int(number));
    }
    match UnpackFloat::unpack_value(value)? {
        Some(UnpackFloat(number)) if matches!(kind, 'd' | 'i' | 'u') => match number.trunc() {
            _ if !number.is_finite() => Err(no_whole(number)),
            whole if whole.abs() >= 9.2e18 => {
                Err(hinted("`%d` of a number beyond 64 bits", "write `%.0f` for its digits"))
            }
            whole => Ok(Val::Int(whole as i64)),
        },
        _ => Err(wants(kind, value)),
    }
}
