//! The live status at the foot of a terminal: finished lines scroll above it.
//!
//! Owns what the status shows and when it is drawn (every 50 ms at most). It
//! does not know the words of the lines that scroll. A frame is one write, so
//! that nothing flickers.

use super::lines::running;
use super::out::Out;
use super::progress::Progress;
use super::text::{Paint, bytes, clock, columns, cut};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(50);
/// The steps of the bar's position.
const STEPS: u64 = 1000;
/// Columns of the bar with its brackets and the blank after it.
const BAR: usize = 23;
/// How many lines of running jobs are shown.
const JOB_LINES: usize = 2;
/// Between two running jobs.
const BETWEEN: &str = " · ";

/// The live status.
pub struct Live {
    bar: ProgressBar,
    screen: Screen,
    paint: Paint,
    with_bar: ProgressStyle,
    without_bar: ProgressStyle,
    /// Lines that wait for the next frame.
    pending: String,
    drawn: Option<Instant>,
}

impl Live {
    /// A status as wide as `width` says at each frame, in columns.
    pub fn new(paint: Paint, width: fn() -> u16) -> Live {
        let style = |template| ProgressStyle::with_template(template).expect("bug: a constant template is wrong");
        let screen = Screen { text: Arc::default(), width };
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        Live {
            bar: ProgressBar::with_draw_target(Some(STEPS), target),
            screen,
            paint,
            with_bar: style("[{bar:20}] {msg}").progress_chars("=> "),
            without_bar: style("{msg}"),
            pending: String::new(),
            drawn: None,
        }
    }

    /// Adds lines that will scroll above the status.
    pub fn push(&mut self, lines: &str) {
        self.pending.push_str(lines);
    }

    /// Draws a frame, if the last is old enough.
    pub fn draw(&mut self, progress: &Progress, now: Instant, out: &mut Out) {
        if self.drawn.is_some_and(|drawn| now.saturating_duration_since(drawn) < FRAME) {
            return;
        }
        self.drawn = Some(now);
        let width = self.screen.width() as usize;
        let bar = progress.total > 0 && width >= 2 * BAR;
        self.bar.set_style(if bar { self.with_bar.clone() } else { self.without_bar.clone() });
        let message = status(progress, self.paint, now, width, if bar { BAR } else { 0 });
        let position = STEPS * progress.settled as u64 / (progress.total.max(1) as u64);
        let frame = self.bar.clone().with_message(message).with_position(position.min(STEPS));
        if self.pending.is_empty() {
            frame.tick();
        } else {
            let (screen, lines) = (&self.screen, &std::mem::take(&mut self.pending));
            frame.suspend(|| screen.put(lines));
        }
        self.screen.flush_to(out);
    }

    /// Takes the status away and writes the lines that waited.
    pub fn clear(&mut self, out: &mut Out) {
        self.bar.finish_and_clear();
        self.screen.put(&std::mem::take(&mut self.pending));
        self.screen.flush_to(out);
    }
}

/// What the status says: the counts, after `indent` columns of bar, then the
/// running jobs, the oldest first, as many as fit.
fn status(progress: &Progress, paint: Paint, now: Instant, width: usize, indent: usize) -> String {
    let head = headline(progress, now);
    let mut out = cut(&head, width.saturating_sub(indent + 1)).into_owned();
    if progress.failed > 0 {
        let failed = format!("{} failed", progress.failed);
        out = out.replace(&failed, &paint.bad(&failed));
    }
    for line in job_lines(progress, now, width.saturating_sub(1)) {
        out.push('\n');
        out.push_str(&paint.faint(&line));
    }
    out
}

fn headline(progress: &Progress, now: Instant) -> String {
    let mut parts = Vec::new();
    if progress.total > 0 {
        parts.push(format!("{}/{}", progress.settled, progress.total));
    }
    if progress.failed > 0 {
        parts.push(format!("{} failed", progress.failed));
    }
    if !progress.running.is_empty() {
        parts.push(format!("{} running", progress.running.len()));
    }
    if progress.stopping {
        parts.push("stopping".into());
    }
    if let Some(hashing) = progress.hashing.filter(|h| h.is_slow(now)) {
        parts.push(format!("hashing {} of {}", bytes(hashing.done), bytes(hashing.total)));
    }
    if let Some(what) = &progress.waiting {
        parts.push(format!("waiting: {what}"));
    }
    let elapsed = progress.elapsed(now);
    if !elapsed.is_zero() {
        parts.push(clock(elapsed));
    }
    parts.join(", ")
}

/// Running jobs packed into a few lines; the last says how many are left out.
fn job_lines(progress: &Progress, now: Instant, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (i, job) in progress.running.iter().enumerate() {
        let item = running(&job.title, now.saturating_duration_since(job.since));
        let left = progress.running.len() - i - 1;
        let rest = if left > 0 { columns(&more(left)) } else { 0 };
        let full = lines.len() == JOB_LINES;
        match lines.last_mut() {
            Some(line) if columns(line) + columns(BETWEEN) + columns(&item) + rest <= width => {
                line.push_str(BETWEEN);
                line.push_str(&item);
            }
            Some(line) if full => {
                line.push_str(&more(left + 1));
                break;
            }
            _ => lines.push(format!("  {}", cut(&item, width.saturating_sub(2 + rest)))),
        }
    }
    lines
}

/// How many running jobs are left out.
fn more(count: usize) -> String {
    format!("{BETWEEN}+{count}")
}

/// What indicatif draws on: text that is gathered and written by a frame at once.
#[derive(Clone, Debug)]
struct Screen {
    text: Arc<Mutex<String>>,
    width: fn() -> u16,
}

impl Screen {
    fn put(&self, text: &str) {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    fn go(&self, lines: usize, direction: char) -> io::Result<()> {
        if lines > 0 {
            self.put(&format!("\u{1b}[{lines}{direction}"));
        }
        Ok(())
    }

    fn flush_to(&self, out: &mut Out) {
        let text = std::mem::take(&mut *self.text.lock().unwrap_or_else(PoisonError::into_inner));
        out.text().push_str(&text);
        out.flush();
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        (self.width)().max(10)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.put(s);
        self.put("\n");
        Ok(())
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.put(s);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put("\r\u{1b}[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Job;

    fn progress(titles: &[&str], now: Instant) -> Progress {
        let mut progress = Progress::default();
        progress.total = 96;
        for (id, title) in (0..).zip(titles) {
            progress.start(&Job { id, rule: title.to_string(), ..Job::default() }, now);
        }
        progress
    }

    #[test]
    fn the_status_fits_its_width() {
        let begun = Instant::now();
        let mut progress = progress(&["align_a", "align_b", "sort", "index", "call_variants"], begun);
        (progress.settled, progress.failed) = (23, 2);
        let now = begun + Duration::from_secs(64);
        let shown = |width| status(&progress, Paint { on: false }, now, width, BAR);
        assert_eq!(
            shown(80),
            "23/96, 2 failed, 5 running, 1:04
  align_a 1:04 · align_b 1:04 · sort 1:04 · index 1:04 · call_variants 1:04"
        );
        assert_eq!(
            shown(46),
            "23/96, 2 failed, 5 ru…
  align_a 1:04 · align_b 1:04
  sort 1:04 · index 1:04 · call_variants 1:04"
        );
        assert_eq!(shown(30).lines().skip(1).collect::<Vec<_>>(), ["  align_a 1:04", "  align_b 1:04 · +3"]);
        for width in 10..90 {
            let lines = job_lines(&progress, now, width);
            assert!(lines.len() <= JOB_LINES && lines.iter().all(|l| columns(l) <= width), "{width}: {lines:?}");
        }
    }

    #[test]
    fn long_hashing_is_shown_before_jobs_start() {
        let now = Instant::now();
        let mut progress = Progress::default();
        progress.hash(1_200_000_000, 4_000_000_000, now);
        assert_eq!(headline(&progress, now), "");
        assert_eq!(headline(&progress, now + Duration::from_secs(1)), "hashing 1.2 GB of 4.0 GB");
    }
}
