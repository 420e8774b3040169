//! Tests of the writer of outputs.

use super::ops::{fuse, step};
use super::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A directory with a settler over it. Paths are absolute, since tests share
/// one working directory.
struct Place {
    dir: tempfile::TempDir,
    settler: Arc<Settler>,
}

impl Place {
    fn new(change: impl FnOnce(&mut Options)) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("kept");
        let mut options =
            Options { replaced: kept.join("replaced"), failed: None, shadows: kept.join("shadow"), discard_old: false };
        change(&mut options);
        if options.failed.is_some() {
            options.failed = Some(kept.join("failed"));
        }
        Place { settler: Settler::new(options), dir }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir.path().display())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn outs(&self, outs: &[(&str, Marks)]) -> Vec<Out> {
        let mut outs: Vec<Out> =
            outs.iter().map(|(name, marks)| Out { path: self.path(name), marks: *marks }).collect();
        self.settler.survey(&mut outs, &mut |_, _| false).unwrap();
        outs
    }

    fn begin(&self, outs: &[(&str, Marks)]) -> Transaction {
        self.settler.begin("1f-2", self.outs(outs)).unwrap()
    }

    /// Every file with its content, every link with its target, every empty
    /// directory, under short names for what is kept.
    fn all(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        collect(self.dir.path(), "", &mut all);
        let root = format!("/%root{}", self.dir.path().display());
        all.into_iter().map(|(name, text)| (name.replace(&root, ""), text)).collect()
    }
}

fn collect(dir: &Path, prefix: &str, all: &mut BTreeMap<String, String>) {
    let mut empty = true;
    for entry in fs::read_dir(dir).unwrap().flatten() {
        empty = false;
        let name = format!("{prefix}{}", entry.file_name().display());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => collect(&entry.path(), &format!("{name}/"), all),
            kind if kind.is_symlink() => {
                all.insert(name, format!("-> {}", fs::read_link(entry.path()).unwrap().display()));
            }
            _ => {
                all.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    if empty && !prefix.is_empty() {
        all.insert(prefix.to_string(), "empty".to_string());
    }
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

const NONE: Marks = Marks::empty();

#[test]
fn success_replaces_and_failure_puts_back_with_its_time() {
    let place = Place::new(|_| {});
    place.write("d/x", "old");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = fs::File::options().append(true).open(place.path("d/x")).unwrap();
    file.set_modified(time).unwrap();
    let job = place.begin(&[("d/x", NONE), ("new/deep/y", NONE)]);
    assert!(!Path::new(&place.path("d/x")).exists() && Path::new(&place.path("new/deep")).is_dir());
    place.write("d/x", "half");
    place.write("new/deep/y", "half");
    assert_eq!(job.roll_back().unwrap(), []);
    assert_eq!(place.all(), map(&[("d/x", "old")]));
    assert_eq!(fs::metadata(place.path("d/x")).unwrap().modified().unwrap(), time);

    let job = place.begin(&[("d/x", NONE), ("new/deep/y", NONE)]);
    place.write("d/x", "new");
    place.write("new/deep/y", "new");
    assert_eq!(job.commit().unwrap(), []);
    assert_eq!(place.all(), map(&[("d/x", "new"), ("new/deep/y", "new")]));
}

#[test]
fn what_no_job_made_is_kept() {
    let place = Place::new(|_| {});
    for text in ["first", "second"] {
        place.write("x", text);
        place.write("t/a", text);
        let job = place.begin(&[("x", Marks::KEEP_OLD), ("t", Marks::KEEP_OLD | Marks::DIRECTORY)]);
        place.write("x", "new");
        place.write("t/b", "new");
        let moved = job.commit().unwrap();
        assert_eq!(moved.len(), 2);
        assert_eq!(fs::read_to_string(&moved[0].to).unwrap(), text);
        fs::remove_file(place.path("t/b")).unwrap();
    }
    let want = [("x", "new"), ("t/", "empty"), ("kept/replaced/x", "first"), ("kept/replaced/x~2", "second")];
    let trees = [("kept/replaced/t/a", "first"), ("kept/replaced/t~2/a", "second")];
    assert_eq!(place.all(), map(&[&want[..], &trees].concat()));
}

#[test]
fn a_directory_in_the_place_of_a_file_is_kept() {
    let place = Place::new(|options| options.discard_old = true);
    place.write("x/precious", "mine");
    let job = place.begin(&[("x", NONE)]);
    place.write("x", "new");
    job.commit().unwrap();
    assert_eq!(place.all(), map(&[("x", "new"), ("kept/replaced/x/precious", "mine")]));
}

#[test]
fn partial_outputs_can_be_kept() {
    let place = Place::new(|options| options.failed = Some(PathBuf::new()));
    place.write("x", "old");
    for text in ["one", "two"] {
        let job = place.begin(&[("x", NONE), ("y", Marks::DIRECTORY)]);
        place.write("x", text);
        place.write("y/z", text);
        assert_eq!(job.roll_back().unwrap().len(), 2);
    }
    assert_eq!(place.all(), map(&[("x", "old"), ("kept/failed/x", "two"), ("kept/failed/y/z", "two")]));
}

#[test]
fn a_link_is_set_aside_itself() {
    let place = Place::new(|_| {});
    place.write("data", "target");
    symlink("data", place.path("l")).unwrap();
    symlink("missing", place.path("dangling")).unwrap();
    let outs = [("l", NONE), ("dangling", NONE)];
    let job = place.begin(&outs);
    place.write("l", "half");
    job.roll_back().unwrap();
    assert_eq!(place.all(), map(&[("data", "target"), ("l", "-> data"), ("dangling", "-> missing")]));
    place.begin(&outs).commit().unwrap();
    assert_eq!(place.all(), map(&[("data", "target")]));
}

#[test]
fn logs_are_deleted_first_and_kept_on_failure() {
    let place = Place::new(|_| {});
    place.write("log/x", "old");
    let job = place.begin(&[("log/x", Marks::LOG), ("more/log", Marks::LOG), ("y", NONE)]);
    assert!(!Path::new(&place.path("log/x")).exists());
    place.write("log/x", "why it failed");
    job.roll_back().unwrap();
    assert_eq!(place.all(), map(&[("log/x", "why it failed")]));
}

#[test]
fn seal_touches_and_protects() {
    let place = Place::new(|_| {});
    let job = place.begin(&[("flags/t", Marks::TOUCH), ("p", Marks::PROTECTED), ("missing", Marks::PROTECTED)]);
    place.write("p", "x");
    job.seal().unwrap();
    job.commit().unwrap();
    assert_eq!(place.all(), map(&[("flags/t", ""), ("p", "x")]));
    assert_eq!(fs::metadata(place.path("p")).unwrap().permissions().mode() & 0o222, 0);
    let job = place.begin(&[("p", Marks::PROTECTED)]);
    place.write("p", "y");
    job.roll_back().unwrap();
    assert_eq!(place.all()["p"], "x");
}

#[test]
fn directories_of_others_stay() {
    let place = Place::new(|_| {});
    fs::create_dir_all(place.path("mine/empty")).unwrap();
    let first = place.begin(&[("mine/empty/x", NONE), ("a/b/x", NONE)]);
    let second = place.begin(&[("a/b/y", NONE)]);
    let third = place.begin(&[("a/c/z", NONE)]);
    first.roll_back().unwrap();
    assert_eq!(place.all(), map(&[("mine/empty/", "empty"), ("a/b/", "empty"), ("a/c/", "empty")]));
    second.roll_back().unwrap();
    assert_eq!(place.all(), map(&[("mine/empty/", "empty"), ("a/c/", "empty")]));
    third.commit().unwrap();
    place.begin(&[("a/c/z", NONE)]).roll_back().unwrap();
    assert_eq!(place.all(), map(&[("mine/empty/", "empty"), ("a/c/", "empty")]), "a job that succeeded made it");
}

#[test]
fn directories_shared_by_many_threads() {
    let place = Place::new(|_| {});
    std::thread::scope(|scope| {
        for t in 0..4 {
            let place = &place;
            scope.spawn(move || {
                for i in 0..300 {
                    let name = format!("a/b{}/c/{t}", i % 3);
                    let job = place.settler.begin(&format!("{t}-{i}"), place.outs(&[(&name, NONE)])).unwrap();
                    fs::write(place.path(&name), "half").unwrap();
                    job.roll_back().unwrap();
                }
            });
        }
    });
    assert_eq!(place.all(), map(&[]));
}

#[test]
fn a_fault_at_the_start_leaves_all_as_it_was() {
    let place = Place::new(|_| {});
    place.write("a", "old");
    place.write("file", "x");
    let before = place.all();
    let outs = place.outs(&[("a", NONE), ("n/b", NONE), ("file/c", NONE)]);
    let fault = place.settler.begin("t", outs).err().unwrap();
    assert_eq!(fault.to_string(), format!("cannot make the directory `{}`: File exists", place.path("file")));
    assert_eq!(
        fault.fault.hint(),
        Some("a file stands where a directory is needed: move it away or change the output's path")
    );
    assert_eq!(place.all(), before);
}

#[test]
fn names_of_full_length_and_old_trees_without_permissions() {
    let place = Place::new(|_| {});
    let long = "n".repeat(255);
    place.write(&long, "old");
    place.write("t/s/x", "old");
    fs::set_permissions(place.path("t/s"), fs::Permissions::from_mode(0o555)).unwrap();
    let outs = [(long.as_str(), NONE), ("t", Marks::DIRECTORY)];
    place.begin(&outs).roll_back().unwrap();
    assert_eq!(place.all(), map(&[(&long, "old"), ("t/s/x", "old")]));
    place.begin(&outs).commit().unwrap();
    assert_eq!(place.all(), map(&[]));
}

#[test]
fn delete_and_touch() {
    let place = Place::new(|_| {});
    place.write("t/x", "1");
    assert!(place.settler.delete(&place.path("t")).unwrap());
    assert!(!place.settler.delete(&place.path("t")).unwrap());
    place.settler.touch(&place.path("new")).unwrap();
    assert_eq!(place.all(), map(&[("new", "")]));
    let fault = place.settler.touch(&place.path("no/dir")).unwrap_err();
    assert!(fault.to_string().starts_with("cannot touch `") && fault.to_diag().hints.is_empty());
}

/// A life of a job, to be killed anywhere.
struct Story {
    name: &'static str,
    options: fn(&mut Options),
    before: &'static [(&'static str, &'static str)],
    outs: &'static [(&'static str, Marks)],
    writes: &'static [(&'static str, &'static str)],
    succeeds: bool,
    /// Where things are kept is another file system.
    far: bool,
    /// The old outputs are themselves on another one than the names beside them
    /// (an overlay's lower layer): a rename of the directory `t` fails.
    overlay: bool,
    /// What is there when the job has succeeded, but for what is kept.
    after: &'static [(&'static str, &'static str)],
}

const TREE: Marks = Marks::DIRECTORY;

const STORIES: &[Story] = &[
    Story {
        name: "files, old and new",
        options: |_| {},
        before: &[("d/x", "old"), ("z", "bystander")],
        outs: &[("d/x", NONE), ("n/y", NONE)],
        writes: &[("d/x", "new x"), ("n/y", "new y")],
        succeeds: true,
        far: false,
        overlay: false,
        after: &[("d/x", "new x"), ("n/y", "new y"), ("z", "bystander")],
    },
    Story {
        name: "trees",
        options: |_| {},
        before: &[("t/a", "old"), ("t/b/c", "old"), ("z", "bystander")],
        outs: &[("t", TREE), ("u", TREE)],
        writes: &[("t/a", "new"), ("t/k", "new"), ("u/v", "new")],
        succeeds: true,
        far: false,
        overlay: false,
        after: &[("t/a", "new"), ("t/k", "new"), ("u/v", "new"), ("z", "bystander")],
    },
    Story {
        name: "a failure with trees, kept",
        options: |options| options.failed = Some(PathBuf::new()),
        before: &[("t/a", "old"), ("t/b/c", "old"), ("x", "old")],
        outs: &[("t", TREE), ("x", NONE), ("y", NONE)],
        writes: &[("t/a", "new"), ("x", "new"), ("y", "new")],
        succeeds: false,
        far: false,
        overlay: false,
        after: &[],
    },
    Story {
        name: "an output inside another",
        options: |_| {},
        before: &[("t/a", "old"), ("t/b", "old")],
        outs: &[("t/a", NONE), ("t", TREE)],
        writes: &[("t/a", "new"), ("t/c", "new")],
        succeeds: false,
        far: false,
        overlay: false,
        after: &[],
    },
    Story {
        name: "replaced, kept elsewhere",
        options: |_| {},
        before: &[("t/a", "old"), ("t/b", "old"), ("x", "old")],
        outs: &[("t", TREE.union(Marks::KEEP_OLD)), ("x", Marks::KEEP_OLD)],
        writes: &[("t/a", "new"), ("x", "new")],
        succeeds: true,
        far: true,
        overlay: false,
        after: &[("t/a", "new"), ("x", "new")],
    },
    Story {
        name: "a directory that cannot be renamed",
        options: |_| {},
        before: &[("t/a", "old"), ("t/b", "old")],
        outs: &[("t", TREE)],
        writes: &[("t/a", "new")],
        succeeds: false,
        far: false,
        overlay: true,
        after: &[],
    },
];

impl Story {
    /// Plays it until the kill, then recovery until the second kill, then
    /// recovery to the end. True if both came to their end unkilled.
    fn play(&self, kill: u32, second: u32) -> (bool, bool) {
        let place = Place::new(self.options);
        for (name, text) in self.before {
            place.write(name, text);
        }
        let far = if self.overlay { "t" } else { "kept" };
        let far = (self.far || self.overlay).then(|| place.dir.path().join(far));
        fuse::set_far(far);
        let mut open = Open { token: "9-9".into(), outs: place.outs(self.outs), finished: false };
        let whole = fuse::killed_at(kill, || self.live(&place, &mut open));
        // A copy can be renamed.
        if self.overlay {
            fuse::set_far(None);
        }
        let mut again = whole;
        if !whole {
            again = fuse::killed_at(second, || {
                place.settler.recover(&open, &mut |_| {}).unwrap();
            });
            place.settler.recover(&open, &mut |_| {}).unwrap();
        }
        fuse::set_far(None);
        self.check(&place, &open, kill, second);
        (whole, again)
    }

    fn live(&self, place: &Place, open: &mut Open) {
        let job = place.settler.begin(&open.token, open.outs.clone()).unwrap();
        if self.overlay {
            fuse::set_far(None);
        }
        for (name, text) in self.writes {
            step().unwrap();
            place.write(name, "half");
            step().unwrap();
            place.write(name, text);
        }
        if self.succeeds {
            open.finished = true;
            job.commit().unwrap();
        } else {
            job.roll_back().unwrap();
        }
    }

    fn check(&self, place: &Place, open: &Open, kill: u32, second: u32) {
        let context = format!("{}, killed at {kill} and {second}, finished: {}", self.name, open.finished);
        let want = if open.finished { self.after } else { self.before };
        let (kept, mut there): (BTreeMap<_, _>, BTreeMap<_, _>) =
            place.all().into_iter().partition(|(name, _)| name.starts_with("kept"));
        // Empty directories that a killed job made may stay.
        there.retain(|name, _| !name.ends_with('/'));
        assert_eq!(there, map(want), "{context}");
        if open.finished {
            for out in open.outs.iter().filter(|out| out.marks.contains(Marks::KEEP_OLD)) {
                let name = &out.path[place.dir.path().to_str().unwrap().len() + 1..];
                let copies = |suffix: &str| {
                    let at = |n: &str| format!("kept/replaced/{name}{suffix}{}", &n[name.len()..]);
                    self.before
                        .iter()
                        .filter(|(n, _)| n.starts_with(name))
                        .all(|(n, text)| kept.get(&at(n)).is_some_and(|t| t == text))
                };
                assert!(copies("") || copies("~2"), "{context}: {kept:?}");
            }
        }
        assert!(!kept.keys().any(|name| name.contains("~part")), "{context}: {kept:?}");
    }
}

#[test]
fn killed_at_any_step_and_again_while_recovering() {
    for story in STORIES {
        for kill in 0.. {
            let mut whole = false;
            for second in 0.. {
                let (unkilled, recovered) = story.play(kill, second);
                whole = unkilled;
                if recovered {
                    break;
                }
            }
            assert!(kill < 200);
            if whole {
                assert!(kill > 5, "{}: only {kill} steps", story.name);
                break;
            }
        }
    }
}

impl Story {
    /// The power goes while the old outputs are dropped, and the record with
    /// it: every output must be whole, be it the old or the new one. True if the
    /// job came to its end.
    fn play_power_loss(&self, kill: u32) -> bool {
        let place = Place::new(self.options);
        for (name, text) in self.before {
            place.write(name, text);
        }
        let mut open = Open { token: "9-9".into(), outs: place.outs(self.outs), finished: false };
        fuse::set_far(self.far.then(|| place.dir.path().join("kept")));
        let whole = fuse::killed_at(kill, || self.live(&place, &mut open));
        open.finished = false;
        place.settler.recover(&open, &mut |_| {}).unwrap();
        fuse::set_far(None);
        let all = place.all();
        for (name, _) in self.outs {
            let of = |entries: BTreeMap<String, String>| -> BTreeMap<_, _> {
                entries.into_iter().filter(|(n, _)| n.starts_with(name)).collect()
            };
            let there = of(all.clone());
            let whole = there == of(map(self.before)) || there == of(map(self.after));
            assert!(whole, "{}, power lost at {kill}: {there:?}", self.name);
        }
        whole
    }
}

#[test]
fn power_lost_while_old_outputs_are_dropped() {
    for story in STORIES.iter().filter(|story| story.succeeds) {
        assert!((0..200).any(|kill| story.play_power_loss(kill)));
    }
}

#[test]
fn recovery_leaves_alone_what_was_not_begun() {
    let place = Place::new(|_| {});
    place.write("x", "old");
    let outs = place.outs(&[("x", NONE)]);
    place.settler.recover(&Open { token: "t".into(), outs, finished: false }, &mut |_| {}).unwrap();
    assert_eq!(place.all(), map(&[("x", "old")]));
}

#[test]
fn what_could_neither_be_begun_nor_undone_stays_open() {
    let place = Place::new(|_| {});
    place.write("d/x", "old");
    place.write("file", "in the way");
    let outs = place.outs(&[("d/x", NONE), ("file/y", NONE)]);
    // The old one can be copied aside from its file system, but not renamed back.
    fuse::set_far(Some(place.path("d/x").into()));
    let unbegun = place.settler.begin("1f-2", outs.clone()).err().unwrap();
    fuse::set_far(None);
    assert!(unbegun.undo.is_some() && unbegun.to_string().contains("the next run tries again"), "{unbegun}");
    let open = Open { token: "1f-2".into(), outs, finished: false };
    place.settler.recover(&open, &mut |_| {}).unwrap();
    assert_eq!(place.all(), map(&[("d/x", "old"), ("file", "in the way")]));
    let outs = place.outs(&[("d/x", NONE), ("file/y", NONE)]);
    assert!(place.settler.begin("1f-3", outs).err().unwrap().undo.is_none());
}

#[test]
fn who_asks_for_it_is_told_of_links() {
    let place = Place::new(|options| options.discard_old = true);
    place.write("x", "old");
    symlink("x", place.path("link")).unwrap();
    let mut outs: Vec<Out> =
        ["x", "none", "link"].iter().map(|name| Out { path: place.path(name), marks: NONE }).collect();
    let mut asked = Vec::new();
    place
        .settler
        .survey(&mut outs, &mut |i, is_link| {
            asked.push((i, is_link));
            i == 0
        })
        .unwrap();
    assert_eq!(asked, [(0, false), (2, true)]);
    assert_eq!([0, 1, 2].map(|i: usize| outs[i].marks), [Marks::KEEP_OLD | Marks::EXISTED, NONE, NONE]);
}
