//! Stories: events in, exact text out.

use super::*;
use crate::event::{Beyond, Linted, Planned, ReasonText, RuleCount, Verdict};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A writer whose text can be read while it is written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const OPTIONS: Options = Options {
    json: false,
    color_stdout: false,
    color_stderr: false,
    live: false,
    quiet: Quiet { jobs: false, progress: false, reasons: false, all: false },
    commands: false,
    width: || 60,
};

/// A reporter with captured streams and a clock of its own.
struct Story {
    reporter: Reporter,
    stdout: Captured,
    stderr: Captured,
    begun: Instant,
}

impl Story {
    fn new(options: Options) -> Story {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let reporter = Reporter::new(options, Box::new(stdout.clone()), Box::new(stderr.clone()));
        Story { reporter, stdout, stderr, begun: Instant::now() }
    }

    fn at(&mut self, ms: u64, event: Event) -> &mut Story {
        let instant = self.begun + Duration::from_millis(ms);
        self.reporter.event_at(&event, Now { instant, unix_ms: 1_700_000_000_000 + ms });
        self
    }

    fn end(&mut self) -> (String, String) {
        self.reporter.finish().unwrap();
        (self.stdout.text(), self.stderr.text())
    }
}

fn job(id: u32) -> Arc<Job> {
    Arc::new(Job {
        id,
        rule: "count".into(),
        wildcards: vec![("book".into(), format!("b{id}"))],
        inputs: vec![format!("books/b{id}.txt")],
        outputs: vec![format!("counts/b{id}.tsv")],
        threads: 1,
        command: Some(format!("sort books/b{id}.txt > counts/b{id}.tsv")),
        ..Job::default()
    })
}

fn end(code: i32, output: Option<&str>) -> End {
    End {
        wall: Duration::from_millis(1200),
        code: Some(code),
        words: format!("exit code {code}"),
        output: output.map(Into::into),
        output_file: output.map(|_| ".rulemake/logs/1.log".into()),
    }
}

fn totals(run: usize, maybe: usize, fresh: usize, dry: bool) -> Event {
    let rules = vec![RuleCount { rule: "count".into(), run, maybe }];
    Event::Totals { totals: Totals { rules, fresh, jobs: run + maybe + fresh, behind: Vec::new() }, cores: 4, dry }
}

fn started(id: u32) -> Event {
    let reasons = vec![ReasonText {
        code: "command-changed",
        text: "the command changed".into(),
        old: Some("sort -u".into()),
        new: None,
    }];
    Event::Started { job: job(id), reasons }
}

fn finished(id: u32, output: Option<&str>) -> Event {
    Event::Finished { job: job(id), end: end(0, output) }
}

fn failed(id: u32, retry: bool) -> Event {
    let end = end(3, Some("no such file\n"));
    let attempts = if retry { 2 } else { 1 };
    Event::Failed(Failure { job: job(id), end, problem: None, log_tail: None, attempt: 1, attempts, retry })
}

fn done(made: usize, failed: &[u32], not_run: usize) -> Event {
    let failed = failed.iter().map(|id| (job(*id), end(3, Some("no such file\n")))).collect();
    Event::Done(Summary { made, failed, not_run, wall: Duration::from_secs(4), ..Summary::default() })
}

fn stderr_of(options: Options, events: Vec<Event>) -> String {
    let mut story = Story::new(options);
    for (i, event) in events.into_iter().enumerate() {
        story.at(i as u64, event);
    }
    let (stdout, stderr) = story.end();
    assert_eq!(stdout, "");
    stderr
}

#[test]
fn a_run_in_plain_lines() {
    let events = vec![
        totals(2, 1, 3, false),
        started(1),
        started(2),
        finished(1, Some("hello\n")),
        finished(2, None),
        Event::CutOff { job: job(3) },
        done(2, &[], 0),
    ];
    assert_eq!(
        stderr_of(OPTIONS, events),
        "at least 2, at most 3 jobs to run, 3 up to date, 4 cores
[1/3] count book=b1
[2/3] count book=b2
[1/3] count book=b1 printed:
    hello
[3/3] count book=b3  skipped: its inputs came out the same
done: 2 made in 4.0 s
"
    );
}

#[test]
fn output_follows_its_own_line_without_another_heading() {
    let events = vec![started(1), finished(1, Some("hello\n"))];
    let options = Options { commands: true, ..OPTIONS };
    assert_eq!(
        stderr_of(options, events),
        "[1/1] count book=b1
    sort books/b1.txt > counts/b1.tsv
    hello
"
    );
}

const FAILURE: &str = "error: count book=b1 failed: exit code 3 (1.2 s)
  command   sort books/b1.txt > counts/b1.tsv
  output    no such file
  in full   .rulemake/logs/1.log
";

#[test]
fn a_failure_is_not_repeated_if_it_stands_last() {
    let events = vec![started(1), failed(1, true), started(1), failed(1, false), done(0, &[1], 0)];
    assert_eq!(
        stderr_of(OPTIONS, events),
        format!(
            "[1/1] count book=b1
warning: count book=b1 (counts/b1.tsv) failed: exit code 3 (1.2 s); attempt 2 of 2
[1/1] count book=b1
{FAILURE}failed: 1 job in 4.0 s
"
        )
    );
}

#[test]
fn a_job_that_cannot_start_is_told_as_it_is() {
    let diag = Diag::error(Kind::Plan, "no such key");
    let event =
        || Event::NotStarted { job: job(1), diag: diag.clone(), text: "error: no such key\n --> here\n".into() };
    let summary = || Event::Done(Summary { failed: vec![(job(1), end(1, None))], ..Summary::default() });
    let shown = stderr_of(OPTIONS, vec![event(), summary()]);
    assert_eq!(shown, "error: no such key\n --> here\nfailed: 1 job in 0.0 s\n");
    let mut story = Story::new(Options { json: true, ..OPTIONS });
    let lines = story.at(0, event()).end().0;
    let names: Vec<&str> = lines.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert_eq!(names, ["note", "job-not-started"]);
}

#[test]
fn failures_stand_at_the_end_of_a_long_run() {
    let stopping = Event::Stopping { why: "a job failed".into() };
    let events = vec![started(1), failed(1, false), stopping, done(0, &[1], 5)];
    assert_eq!(
        stderr_of(OPTIONS, events),
        format!(
            "[1/1] count book=b1
{FAILURE}stopping: a job failed
these failed:
  count book=b1 (counts/b1.tsv): exit code 3, see .rulemake/logs/1.log
failed: 1 job, 5 not run in 4.0 s
"
        )
    );
}

#[test]
fn followed_output_is_shown_once() {
    let output = |id, text: &str| Event::Output { job: job(id), text: text.into() };
    let events = vec![
        totals(3, 0, 0, false),
        started(1),
        output(1, "one\n"),
        output(1, "two\n"),
        started(2),
        output(1, "three\n"),
        output(2, "eins\n"),
        finished(1, Some("one\ntwo\nthree\n")),
        output(2, "zwei"),
        finished(2, Some("eins\nzwei")),
        started(3),
        output(3, "no such file\n"),
        failed(3, false),
    ];
    assert_eq!(
        stderr_of(OPTIONS, events),
        "3 jobs to run, 4 cores
[1/3] count book=b1
    one
    two
[2/3] count book=b2
count book=b1 | three
count book=b2 | eins
[2/3] count book=b2 printed:
    zwei
[3/3] count book=b3
    no such file
error: count book=b3 failed: exit code 3 (1.2 s)
  command   sort books/b3.txt > counts/b3.tsv
  in full   .rulemake/logs/1.log
"
    );
}

#[test]
fn quiet_keeps_what_jobs_print_and_failures() {
    let events = || {
        vec![totals(2, 0, 0, false), started(1), finished(1, Some("x")), started(2), finished(2, None), done(2, &[], 0)]
    };
    let quiet = |quiet| stderr_of(Options { quiet, ..OPTIONS }, events());
    assert_eq!(
        quiet(Quiet { jobs: true, progress: true, ..Quiet::default() }),
        "[1/2] count book=b1 printed:\n    x\ndone: 2 made in 4.0 s\n"
    );
    let all = Quiet { all: true, ..Quiet::default() };
    assert_eq!(quiet(all), "");
    let events = vec![started(1), failed(1, false), done(0, &[1], 0)];
    assert!(stderr_of(Options { quiet: all, ..OPTIONS }, events).starts_with("error: count"));
}

#[test]
fn slow_hashing_is_told_once() {
    let mut story = Story::new(OPTIONS);
    for ms in [0, 300, 600, 900] {
        story.at(ms, Event::Hashing { done: ms, total: 4_000_000_000 });
    }
    assert_eq!(story.end().1, "hashing 4.0 GB of files\n");
}

fn planned(id: u32) -> Event {
    let reason = ReasonText { code: "no-record", text: "it never ran".into(), old: None, new: None };
    Event::DryJob(Planned {
        job: job(id),
        verdict: Verdict::Run,
        reasons: vec![reason],
        replaces: Vec::new(),
        beyond: None,
    })
}

#[test]
fn a_dry_run_is_a_page_on_stdout() {
    let page = |quiet| {
        let mut story = Story::new(Options { quiet, ..OPTIONS });
        let (stdout, stderr) = story.at(0, planned(1)).at(1, totals(1, 0, 0, true)).end();
        assert_eq!(stderr, "");
        stdout
    };
    let table = "rule      run   maybe\ncount       1       ·\ntotal       1       ·\n\n1 job to run\n";
    let job = "run    count book=b1\n       output    counts/b1.tsv\n       reason    it never ran\n\n";
    assert_eq!(page(Quiet::default()), format!("{job}{table}"));
    assert_eq!(page(Quiet { jobs: true, ..Quiet::default() }), table);
    assert_eq!(page(Quiet { all: true, ..Quiet::default() }), "");
}

#[test]
fn nothing_to_do_is_one_line() {
    let done = Event::Done(Summary { fresh: 12, ..Summary::default() });
    let events =
        vec![Event::Totals { totals: Totals { fresh: 12, jobs: 12, ..Totals::default() }, cores: 4, dry: false }, done];
    assert_eq!(stderr_of(OPTIONS, events), "nothing to do: 12 jobs up to date\n");
}

#[test]
fn notes_go_to_stderr_and_with_json_to_both() {
    let diag = Diag::warning(Kind::Usage, "`--ri` is needless");
    let note = || Event::Note { diag: diag.clone(), text: "warning: `--ri` is needless\n".into() };
    assert_eq!(stderr_of(OPTIONS, vec![note()]), "warning: `--ri` is needless\n");
    let mut story = Story::new(Options { json: true, ..OPTIONS });
    let (stdout, stderr) = story.at(0, note()).at(0, started(1)).end();
    assert_eq!((stdout.lines().count(), &*stderr), (2, "warning: `--ri` is needless\n"));
}

#[test]
fn remarks_are_notes() {
    let mut story = Story::new(OPTIONS);
    story.reporter.notice("`--ri` is needless");
    assert_eq!(story.end().1, "note: `--ri` is needless\n");
}

/// What a terminal of some width shows after text was written to it.
fn screen(text: &str, width: usize) -> Vec<String> {
    let (mut rows, mut row, mut column) = (vec![Vec::new()], 0, 0);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => (row, column) = (row + 1, 0),
            '\r' => column = 0,
            '\u{1b}' => {
                let (mut count, mut letter) = (0, '[');
                while !letter.is_ascii_alphabetic() {
                    letter = chars.next().expect("a sequence ends in a letter");
                    count = letter.to_digit(10).map_or(count, |digit| 10 * count + digit as usize);
                }
                match letter {
                    'A' => row -= count,
                    'B' => row += count,
                    'K' => rows[row].clear(),
                    other => panic!("unknown sequence {other}"),
                }
            }
            c => {
                if column == width {
                    (row, column) = (row + 1, 0);
                }
                rows.resize(rows.len().max(row + 1), Vec::new());
                let line: &mut Vec<char> = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
    }
    rows.iter().map(|r| r.iter().collect::<String>().trim_end().to_string()).collect()
}

#[test]
fn finished_jobs_scroll_above_the_live_status() {
    let mut story = Story::new(Options { live: true, ..OPTIONS });
    story.at(0, totals(4, 0, 0, false)).at(60, started(1)).at(61, started(2)).at(120, finished(1, Some("hello\n")));
    let shown = screen(&story.stderr.text(), 60);
    assert_eq!(
        shown,
        [
            "4 jobs to run, 4 cores",
            "[1/4] count book=b1  1.2 s",
            "    hello",
            "[=====>              ] 1/4, 1 running, 0:00",
            "  count book=b2 0:00"
        ]
    );
    story.at(7_000, started(3)).at(7_001, finished(2, None)).at(7_002, finished(3, None)).at(7_003, done(3, &[], 1));
    let shown = screen(&story.end().1, 60);
    assert_eq!(
        shown,
        [
            "4 jobs to run, 4 cores",
            "[1/4] count book=b1  1.2 s",
            "    hello",
            "[2/4] count book=b2  1.2 s",
            "[3/4] count book=b3  1.2 s",
            "not finished: 3 made, 1 not run in 4.0 s",
            ""
        ]
    );
}

#[test]
fn frames_are_at_least_50_ms_apart() {
    let mut story = Story::new(Options { live: true, ..OPTIONS });
    story.at(0, started(1));
    let length = story.stderr.text().len();
    story.at(10, finished(1, None)).at(20, started(2));
    let tick = |story: &mut Story, ms| story.reporter.tick(story.begun + Duration::from_millis(ms));
    tick(&mut story, 49);
    assert_eq!(story.stderr.text().len(), length);
    tick(&mut story, 50);
    assert!(story.stderr.text().len() > length);
}

/// Every event once, for the reference.
fn examples() -> Vec<(&'static str, String)> {
    let mut story = Story::new(Options { json: true, ..OPTIONS });
    let waits_for = vec!["fetch book=b1".into()];
    let reasons = vec![ReasonText {
        code: "param-changed",
        text: "param `top` changed".into(),
        old: Some("5".into()),
        new: Some("10".into()),
    }];
    let replaces = vec!["counts/b1.tsv".to_string()];
    let beyond = Some(Beyond { checkpoint: "split".into(), as_before: true });
    let plan = Planned { job: job(1), verdict: Verdict::Maybe { waits_for }, reasons, replaces, beyond };
    let diag = Diag::warning(Kind::Usage, "`--unlock` is needless").hint("leave it out");
    story
        .at(0, Event::Note { diag, text: "warning: `--unlock` is needless\n".into() })
        .at(10, Event::Hashing { done: 1_200_000_000, total: 4_000_000_000 })
        .at(20, Event::DryJob(plan.clone()))
        .at(30, totals(1, 1, 10, false))
        .at(40, Event::Waiting { what: "count book=b1 of a run that was killed still runs (process 4711)".into() })
        .at(50, started(1))
        .at(55, Event::Output { job: job(1), text: "b1: 1402 words\n".into() })
        .at(60, finished(1, Some("b1: 1402 words\n")))
        .at(70, failed(2, false))
        .at(80, Event::CutOff { job: job(3) })
        .at(85, Event::Grown { jobs: 12 })
        .at(85, Event::Handled { handler: "onsuccess", end: end(0, Some("sent a mail\n")), problem: None })
        .at(90, Event::Stopping { why: "a job failed".into() })
        .at(100, done(1, &[2], 5));
    let why = Why {
        path: "counts/b1.tsv".into(),
        planned: Some(plan.clone()),
        upstream: vec![plan],
        last: Some((1_699_900_000_500, Duration::from_millis(4200))),
        notes: vec!["1 attempt failed since".into()],
    };
    story.reporter.why_at(&why, Now { instant: story.begun, unix_ms: 1_700_000_000_110 });
    let mut text = story.end().0;
    let rule = Listed {
        rule: "count".into(),
        doc: Some("How often each word occurs.".into()),
        outputs: vec!["counts/{book}.tsv".into()],
        target: false,
        default: false,
    };
    json::listed(&mut text, 1_700_000_000_120, &rule);
    let linted = Linted {
        name: "undeclared-file",
        rule: Some("count".into()),
        place: Some(("Rulefile".into(), 4, 17)),
        message: "the command reads `count.awk`, which is no input".into(),
        hints: vec!["name it under `input:`".into()],
        text: String::new(),
    };
    json::linted(&mut text, 1_700_000_000_125, &linted);
    let diag = Diag::error(Kind::Plan, "fail: no size for b2");
    let not_started = Event::NotStarted { job: job(2), diag, text: String::new() };
    json::event(&mut text, 1_700_000_000_130, &not_started);
    let names = [
        "note",
        "hashing",
        "job-planned",
        "totals",
        "waiting",
        "job-started",
        "job-output",
        "job-finished",
        "job-failed",
        "job-cut-off",
        "grown",
        "handler-finished",
        "stopping",
        "run-finished",
        "why",
        "rule",
        "lint",
        "job-not-started",
    ];
    assert_eq!(names.len(), text.lines().count());
    names.into_iter().zip(text.lines().map(str::to_string)).collect()
}

fn fields(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                found.push(key.clone());
                if key != "wildcards" {
                    fields(value, found);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

#[test]
fn the_reference_names_every_event_and_field() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");
    let mut page = std::fs::read_to_string(path).unwrap();
    for (name, line) in examples() {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["event"], name);
        let mut found = Vec::new();
        fields(&value, &mut found);
        for field in found {
            assert!(page.contains(&format!("`{field}`")), "docs/json.md does not explain `{field}` of `{name}`");
        }
        let heading = format!("## `{name}`\n");
        let section = page.find(&heading).unwrap_or_else(|| panic!("docs/json.md has no section `{name}`"));
        let start = section + page[section..].find("```json\n").expect("an example") + "```json\n".len();
        let end = start + page[start..].find("\n```").expect("the end of the example");
        if std::env::var_os("RULEMAKE_BLESS").is_some() {
            page.replace_range(start..end, &line);
            std::fs::write(path, &page).unwrap();
        }
        assert!(page[start..].starts_with(&format!("{line}\n```")), "the example of `{name}` is old: RULEMAKE_BLESS=1");
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let events = || vec![started(1), failed(1, false), done(0, &[1], 0)];
    assert!(!stderr_of(OPTIONS, events()).contains('\u{1b}'));
    let painted = stderr_of(Options { color_stderr: true, ..OPTIONS }, events());
    assert_eq!(anstream::adapter::strip_str(&painted).to_string(), stderr_of(OPTIONS, events()));
    assert!(painted.contains('\u{1b}'));
}
