//! Runs the examples in copies and holds that they do what their READMEs say.
//!
//! Owns an independent count of the books' words, to compare with. What ran beside
//! what is read from the trace that the steps themselves write, not from a clock.

use crate::story::{Run, Story};
use rustix::process::Signal;
use std::collections::HashMap;
use std::process::Command;

const BOOKS: [&str; 4] = ["abyss", "isles", "last", "sierra"];

fn zipf() -> Story {
    Story::copy_of("examples/zipf", &["Rulefile", "config.yaml", "books", "scripts"])
}

fn maestro() -> Story {
    Story::copy_of("examples/maestro", &["Rulefile", "config.yaml", "scripts"])
}

/// Words with their counts, the most frequent first, then by the alphabet.
type Counts = Vec<(String, u64)>;

/// A word: ASCII letters and bytes beyond ASCII, with at least one letter in it.
fn count(text: &[u8]) -> Counts {
    let mut counts = HashMap::new();
    for word in text.split(|b| b.is_ascii() && !b.is_ascii_alphabetic()) {
        if word.iter().any(u8::is_ascii_alphabetic) {
            let word = String::from_utf8_lossy(word).to_ascii_lowercase();
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    let mut counts: Counts = counts.into_iter().collect();
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    counts
}

fn table(counts: &[(String, u64)]) -> String {
    counts.iter().map(|(word, n)| format!("{word}\t{n}\n")).collect()
}

/// The slope of log frequency over log rank, by least squares.
fn slope(counts: &Counts) -> f64 {
    let points = counts.iter().enumerate().map(|(i, (_, n))| (((i + 1) as f64).ln(), (*n as f64).ln()));
    let points: Vec<(f64, f64)> = points.collect();
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let together: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    together / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

#[test]
fn zipf_counts_what_an_independent_count_finds() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();
    let law = story.read("zipf.tsv");
    for book in BOOKS {
        let counts = count(&story.bytes(&format!("books/{book}.txt")));
        assert!(counts.len() > 5000, "{book} has only {} words", counts.len());
        assert_eq!(story.read(&format!("counts/{book}.tsv")), table(&counts), "{book}");
        assert_eq!(story.read(&format!("top/{book}.tsv")), table(&counts[..10]), "{book}");

        let ((first, n), (second, m)) = (&counts[0], &counts[1]);
        let total: u64 = counts.iter().map(|(_, n)| n).sum();
        let ratio = *n as f64 / *m as f64;
        let head = format!("{book}\t{total}\t{}\t{first}\t{n}\t{second}\t{m}\t", counts.len());
        let line = law.lines().find(|l| l.starts_with(&head)).unwrap_or_else(|| panic!("no {head:?} in {law}"));
        let figures: Vec<f64> = line[head.len()..].split('\t').map(|f| f.parse().expect("a figure")).collect();
        assert!((figures[0] - ratio).abs() < 0.0051, "{line}");
        assert!((figures[1] - slope(&counts)).abs() < 0.00051, "{line}");
    }
}

#[test]
fn zipf_draws_each_book_and_packs_the_results() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();
    for book in BOOKS {
        let plot = story.read(&format!("plots/{book}.svg"));
        assert!(plot.starts_with("<svg ") && plot.ends_with("</svg>\n"), "{plot}");
        for line in story.read(&format!("top/{book}.tsv")).lines() {
            let (word, _) = line.split_once('\t').expect("a table of two columns");
            assert!(plot.contains(&format!(">{word}</text>")), "{word} is not in the plot of {book}");
        }
    }
    let listed = Command::new("tar").arg("tzf").arg(story.path("zipf.tar.gz")).output().expect("tar runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let plots: String = BOOKS.iter().map(|book| format!("results/plots/{book}.svg\n")).collect();
    assert_eq!(listed, plots + "results/zipf.tsv\n");

    let packed = story.bytes("zipf.tar.gz");
    story.remove("zipf.tar.gz").run(&["--json"]).succeeds().started(&["archive"]);
    assert!(story.bytes("zipf.tar.gz") == packed, "the same results were packed into other bytes");
}

#[test]
fn zipf_reruns_for_content_alone() {
    let story = zipf();
    story.run(&["-j4"]).succeeds().says_nothing_of("nothing to do");
    story.run(&[]).has_nothing_to_do();
    story.touch("books/last.txt").run(&[]).has_nothing_to_do();
    story.edit("Rulefile", "# awk and sort work side by side", "# a pipe of two programs");
    story.run(&[]).has_nothing_to_do();
    story.run(&["-j1"]).has_nothing_to_do();

    // The count comes out the same, so it ends there.
    story.append("books/last.txt", " ").run(&["--json"]).succeeds().started(&["count last"]);
    story.run(&[]).has_nothing_to_do();
}

#[test]
fn zipf_follows_a_change_as_far_as_it_reaches() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();

    // Too rare to be among the ten: the plot stays.
    story.append("books/last.txt", "\nxylophone\n");
    story.run(&["-n"]).succeeds().says("at least 1").says("at most 5");
    let changed = story.run(&["-j2", "--json"]);
    changed.succeeds().started(&["count last", "top last", "zipf", "archive"]);
    assert!(story.read("counts/last.tsv").contains("xylophone\t1\n"));

    story.append("books/last.txt", "the\n");
    let changed = story.run(&["-j2", "--json"]);
    changed.succeeds().started(&["count last", "top last", "plot last", "zipf", "archive"]);

    story.write("books/fifth.txt", "one fish two fish red fish blue fish\n");
    let changed = story.run(&["-j2", "--json"]);
    changed.succeeds().started(&["count fifth", "top fifth", "plot fifth", "zipf", "archive"]);
    assert!(story.read("zipf.tsv").contains("fifth\t8\t5\tfish\t4\tblue\t1\t4.00"));
}

#[test]
fn zipf_reruns_for_a_changed_param_and_says_why() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();
    let why = story.run(&["--why", "top/last.tsv", "--config", "top=5"]);
    why.succeeds().says("words").says("10").says("5");
    let tops = BOOKS.map(|book| format!("top {book}"));
    let plots = BOOKS.map(|book| format!("plot {book}"));
    let mut expected: Vec<&str> = tops.iter().chain(&plots).map(String::as_str).collect();
    expected.push("archive");
    story.run(&["-j4", "--json", "--config", "top=5"]).succeeds().started(&expected);
    assert_eq!(story.read("top/last.tsv").lines().count(), 5);
    story.run(&["--config", "top=5"]).has_nothing_to_do();
}

#[test]
fn zipf_makes_a_deleted_intermediate_only_when_it_is_needed() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();
    for book in BOOKS {
        story.remove(&format!("counts/{book}.tsv"));
    }
    story.remove("top/last.tsv").run(&[]).has_nothing_to_do();
    assert!(!story.has("counts/last.tsv") && !story.has("top/last.tsv"));

    // The same counts give the same table, so nothing behind it runs.
    let counts = BOOKS.map(|book| format!("count {book}"));
    let mut expected: Vec<&str> = counts.iter().map(String::as_str).collect();
    expected.push("zipf");
    story.remove("zipf.tsv").run(&["-j2", "--json"]).succeeds().started(&expected);
    assert!(!story.has("top/last.tsv"));
}

#[test]
fn zipf_cleans_up_whenever_it_is_asked_to() {
    let story = zipf();
    story.run(&["-j4"]).succeeds();
    for _ in 0..2 {
        story.run(&["clean", "--json"]).succeeds().started(&["clean"]);
        for made in ["counts", "top", "plots", "logs", "zipf.tsv", "zipf.tar.gz"] {
            assert!(!story.has(made), "{made} is still there");
        }
    }
    story.run(&["-j4"]).succeeds();
    assert!(story.has("zipf.tar.gz"));
}

/// The trace that the steps wrote.
struct Trace(Vec<String>);

impl Trace {
    fn of(story: &Story) -> Trace {
        Trace(story.read("trace.txt").lines().map(str::to_owned).collect())
    }

    /// Which line is this.
    fn at(&self, line: &str) -> usize {
        self.0.iter().position(|l| l == line).unwrap_or_else(|| panic!("no {line:?} in {:?}", self.0))
    }

    /// The names of the steps in the order in which they started.
    fn starts(&self) -> Vec<&str> {
        self.0.iter().filter_map(|l| l.strip_prefix("start ")).collect()
    }

    /// The most steps that ran at one time.
    fn most_at_once(&self) -> usize {
        let (mut now, mut most) = (0_usize, 0);
        for line in &self.0 {
            now = if line.starts_with("start ") { now + 1 } else { now - 1 };
            most = most.max(now);
        }
        most
    }
}

#[test]
fn maestro_runs_two_stages_side_by_side_and_in_order() {
    let story = maestro();
    story.run(&["-j4", "stages", "--config", "speed=10"]).succeeds();
    let trace = Trace::of(&story);
    for name in ["strings", "winds", "drums"] {
        let (start, end) = (trace.at(&format!("start {name}")), trace.at(&format!("end {name}")));
        assert!(start < trace.at("end strings"), "{name} did not run beside the longest: {:?}", trace.0);
        assert!(end < trace.at("start join"), "join did not wait for {name}: {:?}", trace.0);
    }
    for name in ["adagio", "finale"] {
        assert!(trace.at("end join") < trace.at(&format!("start {name}")), "{:?}", trace.0);
    }
    assert_eq!(story.read("stages/first/strings.txt"), "strings done\n");
    assert_eq!(story.read("stages/joined.txt"), "strings done\nwinds done\ndrums done\n");
    assert!(story.read("stages/report.txt").ends_with("drums done\nadagio done\nfinale done\n"));
    story.run(&["-j1", "stages", "--config", "speed=10"]).has_nothing_to_do();
}

/// What `five/results.txt` holds whatever the order the steps end in.
const FIVE: &str = "long-0 done\nlong-1 done\nlong-2 done\nlong-3 done\nlong-4 done\n";

#[test]
fn maestro_gathers_in_order_and_starts_the_longest_first_once_it_knows() {
    let story = maestro();
    let five = ["-j2", "five", "-R", "long", "--config", "speed=10"];
    story.run(&five).succeeds();
    let trace = Trace::of(&story);
    assert_eq!(trace.most_at_once(), 2, "{:?}", trace.0);
    assert_eq!(trace.starts()[2..], ["long-2", "long-3", "long-4"], "the Rulefile's order, as nothing is known yet");
    assert_eq!(story.read("five/results.txt"), FIVE);

    story.remove("trace.txt").run(&five).succeeds();
    let trace = Trace::of(&story);
    let (mut first, rest) = (trace.starts()[..2].to_vec(), trace.starts()[2..].to_vec());
    first.sort();
    assert_eq!(first, ["long-0", "long-4"], "7 s and 5 s come first");
    assert_eq!(rest, ["long-3", "long-1", "long-2"], "then 3 s, 2 s and 1 s");
    assert_eq!(story.read("five/results.txt"), FIVE);
}

#[test]
fn maestro_keeps_eight_workers_busy() {
    let story = maestro();
    story.run(&["-j8", "many", "--config", "speed=0.2"]).succeeds();
    let trace = Trace::of(&story);
    assert_eq!(trace.starts().len(), 24);
    assert_eq!(trace.most_at_once(), 8, "{:?}", trace.0);
    let expected: String = (0..24).map(|i| format!("short-{i} done\n")).collect();
    assert_eq!(story.read("many/results.txt"), expected);
}

#[test]
fn maestro_shows_what_a_failed_step_said_and_how_it_ended() {
    let story = maestro();
    let run: Run = story.run(&["broken"]);
    run.fails().stderr_has("reading the measurements").stderr_has("line 17: the value is missing");
    run.stderr_has("broken").stderr_has("exit code 3").stdout_is("");
    assert!(!story.has("broken.txt"), "half a result is left in place");
    let events = story.run(&["broken", "--json"]);
    let ended = events.fails().events().into_iter().find(|e| e["event"] == "job-failed");
    assert_eq!(ended.expect("an event for the end of the job")["exit_code"], 3);
}

#[test]
fn maestro_can_be_interrupted_and_taken_up_again() {
    let story = maestro();
    let run = story.start(&["-j2", "five"]).until("trace.txt", "start long-1").signal(Signal::INT).finish();
    run.exits(130);
    for number in 0..5 {
        assert!(!story.has(&format!("five/{number}.txt")), "half of {number} is left in place");
    }
    let trace = Trace::of(&story);
    assert!(trace.0.iter().all(|l| l.starts_with("start ")), "a step outlived the interrupt: {:?}", trace.0);
    story.run(&["-j2", "five", "--config", "speed=100"]).succeeds();
    assert_eq!(story.read("five/results.txt"), FIVE);
}

#[test]
fn the_tour_of_the_language_runs() {
    let story = Story::copy_of("", &["Rulefile.example", "examples/zipf/books"]);
    let tour = ["-f", "Rulefile.example", "-j4"];
    story.run(&tour).succeeds();
    let report = story.read("tour/report.txt");
    for book in BOOKS {
        let text = story.bytes(&format!("examples/zipf/books/{book}.txt"));
        let lines = text.iter().filter(|b| **b == b'\n').count().to_string();
        assert_eq!(story.read(&format!("tour/sizes/{book}.lines")).trim(), lines, "{book}");
        assert!(report.contains(&format!("{}: ", book.to_uppercase())), "{report}");
        assert!(!story.has(&format!("tour/words/{book}.txt")), "a temp() file is left");
    }
    assert!(report.starts_with("4 books:\nhello, THE PEOPLE OF THE ABYSS\n"), "{report}");
    assert!(story.has("tour/checked/abyss.ok") && !story.has("tour/pages/last"));

    story.run(&tour).has_nothing_to_do();
    story.append("examples/zipf/books/LICENSE_TEXTS.md", "* one more\n").run(&tour).has_nothing_to_do();
    story.run(&["-f", "Rulefile.example", "clean"]).succeeds();
    assert!(!story.has("tour"));
}
