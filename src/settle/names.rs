//! Names of things that are set aside, and of places where things are kept.

use std::path::{Component, Path, PathBuf};

/// How names of set-aside outputs begin. Globs and digests of directories must
/// not see them.
pub const ASIDE: &str = ".rm~";

/// Longest name in the usual file systems, in bytes.
const NAME_MAX: usize = 255;
/// Room for the longest suffix, `~part` or `~gone`.
const SUFFIX: usize = 5;

/// Where an output is set aside, best first: the second name serves where the
/// file system takes only short ones.
pub(super) fn aside(path: &str, token: &str) -> Vec<PathBuf> {
    let path = Path::new(path);
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let long = format!("{ASIDE}{name}~{token}");
    let start: String = name.chars().take(8).collect();
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let short = format!("{ASIDE}{start}-{}~{token}", &hash[..16]);
    let fits = |name: &String| name.len() + SUFFIX <= NAME_MAX;
    let names = if short.len() < long.len() { vec![long, short] } else { vec![long] };
    names.into_iter().filter(fits).map(|name| path.with_file_name(name)).collect()
}

/// Whether a path is one of ours.
pub(super) fn is_aside(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(ASIDE.as_bytes()))
}

/// The name under which something is on its way in.
pub(super) fn part(path: &Path) -> PathBuf {
    with_suffix(path, "~part")
}

/// The name under which a tree is deleted.
pub(super) fn gone(path: &Path) -> PathBuf {
    with_suffix(path, "~gone")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The place of a path under a directory where things are kept, also if it
/// leads out of the working directory.
pub(super) fn under(dir: &Path, path: &str) -> PathBuf {
    let mut place = dir.to_path_buf();
    for step in Path::new(path).components() {
        match step {
            Component::Normal(name) => place.push(name),
            Component::ParentDir => place.push("%up"),
            Component::RootDir | Component::Prefix(_) => place.push("%root"),
            Component::CurDir => {}
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_the_output_and_are_not_too_long() {
        let short = aside("d/e/x.txt", "6f-1");
        assert_eq!(short[0], Path::new("d/e/.rm~x.txt~6f-1"));
        let name = "n".repeat(250);
        let long = aside(&format!("d/{name}"), "6f-1");
        assert_eq!(long.len(), 1);
        assert!(long[0].file_name().unwrap().len() < 60 && long[0].starts_with("d"));
        assert_ne!(long, aside(&format!("d/{name}2"), "6f-1"));
        assert_eq!(aside("x", "t").len(), 1);
        assert_eq!(aside(&"é".repeat(60), "t").len(), 2);
    }

    #[test]
    fn places_stay_inside() {
        let of = |path| under(Path::new("k"), path).to_string_lossy().into_owned();
        assert_eq!((of("a/b"), of("../a"), of("/a")), ("k/a/b".into(), "k/%up/a".into(), "k/%root/a".into()));
    }
}
