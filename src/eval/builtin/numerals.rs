//! Numbers in texts, as Python's `int` and `float` read them.
//!
//! Owns blanks, signs, underscores and the letters of bases. It makes no errors.

/// A whole number of nothing but a few digits, as most are.
pub(super) fn plain(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() < 18 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The digits of a whole number with its sign, and their base.
pub(super) fn whole(text: &str, base: u32) -> Option<(String, u32)> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lead = digits.get(..2).unwrap_or("").to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find(|(prefix, _)| *prefix == lead);
    let (digits, base) = match (prefixed, base) {
        (Some((_, own)), 0) => (behind_prefix(digits), own),
        (Some((_, own)), base) if own == base => (behind_prefix(digits), base),
        (None, 0) if digits.starts_with('0') && digits.contains(|c: char| c != '0' && c != '_') => return None,
        (_, 0) => (digits, 10),
        (_, base) => (digits, base),
    };
    let plain = without_underscores(digits)?;
    let fits = !plain.is_empty() && plain.chars().all(|c| c.is_digit(base));
    fits.then(|| (format!("{sign}{plain}"), base))
}

fn behind_prefix(digits: &str) -> &str {
    digits[2..].strip_prefix('_').unwrap_or(&digits[2..])
}

/// A text without underscores, which stand between digits alone.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let placed = |(at, _): (usize, &str)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    text.match_indices('_').all(placed).then(|| text.replace('_', ""))
}

/// A number.
pub(super) fn float(text: &str) -> Option<f64> {
    without_underscores(text.trim())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{float, plain, whole};

    #[test]
    fn whole_numbers_are_read_as_python_does() {
        let read = |text: &str, base| whole(text, base);
        assert_eq!(read(" -1_000\n", 10), Some(("-1000".into(), 10)));
        assert_eq!(read("0x_1f", 0), Some(("1f".into(), 16)));
        assert_eq!(read("0b1", 16), Some(("0b1".into(), 16)));
        for wrong in ["", "-", "1__0", "_1", "1_", "0x1f", "1.5", "- 1", "+-1", "1e3"] {
            assert_eq!(read(wrong, 10), None, "{wrong}");
        }
        assert_eq!(read("010", 0), None);
        assert_eq!(read("00", 0), Some(("00".into(), 10)));
        assert_eq!((plain("007"), plain(""), plain(" 7"), plain("٣")), (Some(7), None, None, None));
    }

    #[test]
    fn floats_are_read_as_python_does() {
        assert_eq!(float(" 1_000.5\n"), Some(1000.5));
        assert_eq!(float("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(float("1e400"), Some(f64::INFINITY));
        for wrong in ["", "1__0", "1_", "0x1", "1 2"] {
            assert_eq!(float(wrong), None, "{wrong}");
        }
    }
}
