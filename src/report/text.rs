//! Small pieces of text: names made safe, numbers in words, lines cut to a width.
//!
//! Owns spelling and colours. It does not know about events.

use crate::diag::printable;
use crate::event::Job;
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether there are colours.
    pub on: bool,
}

impl Paint {
    fn paint(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    /// Something went wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// Something went well, or will be done.
    pub fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default().bold(), text)
    }

    /// Something is not sure, or a warning.
    pub fn unsure(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// The thing a line is about.
    pub fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What is only there to guide the eye.
    pub fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A line that is no longer there.
    pub fn removed(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    /// A line that is new.
    pub fn added(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }
}

/// Appends a name from outside on one line: every control character as an escape.
pub fn push_name(out: &mut String, name: &str) {
    // 0xc2 leads the control characters U+0080 to U+009F (and some that are none).
    if name.bytes().all(|b| b >= b' ' && b != 0x7f && b != 0xc2) {
        out.push_str(name);
    } else {
        out.push_str(&printable(name).replace('\n', "\\n").replace('\t', "\\t"));
    }
}

/// A name from outside on one line, safe to print.
pub fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_name(&mut out, text);
    out
}

/// Appends what a job is called: its rule and its wildcards.
pub fn push_title(out: &mut String, job: &Job) {
    push_name(out, &job.rule);
    for (key, value) in &job.wildcards {
        out.push(' ');
        out.push_str(key);
        out.push('=');
        push_name(out, value);
    }
}

/// What a job is called.
pub fn title(job: &Job) -> String {
    let mut out = String::new();
    push_title(&mut out, job);
    out
}

/// Appends a labelled field; further lines of the text stand under its first.
pub fn push_field(out: &mut String, paint: Paint, indent: usize, label: &str, text: &str) {
    let margin = indent + LABEL;
    push_spaces(out, indent);
    out.push_str(&paint.faint(label));
    push_spaces(out, LABEL.saturating_sub(label.len()).max(1));
    let mut lines = text.lines();
    out.push_str(lines.next().unwrap_or(""));
    out.push('\n');
    for line in lines {
        if !line.is_empty() {
            push_spaces(out, margin);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// The width of the column of labels.
pub const LABEL: usize = 10;

/// Appends spaces.
pub fn push_spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// Appends lines, each indented.
pub fn push_indented(out: &mut String, indent: usize, text: &str) {
    for line in text.lines() {
        if !line.is_empty() {
            push_spaces(out, indent);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// What a program printed, made fit for a page: of a line that overwrote itself
/// the last state, and no control characters.
pub fn tame(output: &str) -> String {
    let mut plain = String::with_capacity(output.len());
    for line in output.lines() {
        let line = line.trim_end_matches('\r');
        let last = line.rsplit('\r').next().unwrap_or(line);
        plain.push_str(&anstream::adapter::strip_str(last).to_string());
        plain.push('\n');
    }
    printable(&plain)
}

/// The last lines of a text and how many it has.
pub fn tail(text: &str, most: usize) -> (Cow<'_, str>, usize) {
    let total = text.lines().count();
    if total <= most {
        return (Cow::Borrowed(text), total);
    }
    let kept: Vec<&str> = text.lines().skip(total - most).collect();
    (Cow::Owned(kept.join("\n")), total)
}

/// A duration in words, as exact as one wants to read.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// A duration as a running clock shows it: `0:07`, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A number of bytes in words, in powers of ten.
pub fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let (mut size, mut unit) = (count as f64 / 1000.0, 0);
    while size >= 999.95 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", units[unit])
}

/// A number of jobs in words.
pub fn jobs(count: usize) -> String {
    if count == 1 { "1 job".into() } else { format!("{count} jobs") }
}

/// A moment (Unix milliseconds) as a date and time of day in UTC.
pub fn date(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (year, month, day) = civil(seconds / 86400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The day of the Gregorian calendar, from days since 1970. Counts from a
/// first of March, so that a leap day ends its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let year = era * 400 + year + u64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day - (153 * month + 2) / 5 + 1)
}

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text cut to a number of columns, with `…` where something is missing.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.width() <= most {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < most
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    if most > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(name("a\u{1b}[2Jb\nc\td\u{9b}é"), "a\\u{1b}[2Jb\\nc\\td\\u{9b}é");
        assert_eq!(name("plain/é.txt"), "plain/é.txt");
    }

    #[test]
    fn numbers_in_words() {
        let seconds = |s| duration(Duration::from_millis(s));
        assert_eq!([seconds(40), seconds(4_240), seconds(59_900)], ["0.0 s", "4.2 s", "59 s"]);
        assert_eq!([seconds(65_000), seconds(8_040_000), seconds(90_000_000)], ["1 min 5 s", "2 h 14 min", "1 d 1 h"]);
        assert_eq!([clock(Duration::from_secs(7)), clock(Duration::from_secs(3723))], ["0:07", "1:02:03"]);
        assert_eq!(
            [bytes(999), bytes(1000), bytes(999_999), bytes(4_200_000_000)],
            ["999 B", "1.0 kB", "1.0 MB", "4.2 GB"]
        );
    }

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_399_000), "2000-02-28 23:59:59 UTC");
        assert_eq!(date(951_782_400_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_709_251_200_000), "2024-03-01 00:00:00 UTC");
        assert_eq!(date(1_767_225_599_000), "2025-12-31 23:59:59 UTC");
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }

    #[test]
    fn output_of_programs_is_tamed() {
        assert_eq!(tame("10%\r50%\r100%\r\n\u{1b}[31mred\u{1b}[0m\u{7}\n"), "100%\nred\n");
        assert_eq!(tail("a\nb\nc\n", 2), (Cow::from("b\nc"), 3));
    }

    #[test]
    fn fields_align() {
        let mut out = String::new();
        push_field(&mut out, Paint { on: false }, 2, "command", "a\n\nb\n");
        assert_eq!(out, "  command   a\n\n            b\n");
    }
}
