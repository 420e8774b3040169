//! Which paths Python's `glob.glob` and `Path.glob` find.
//!
//! Owns how a pattern is taken apart, what becomes of slashes and `**`, and when
//! hidden names count. Directories that cannot be read have nothing in them, as
//! in Python. A link is not followed into a directory that leads to it.

use super::glob::Found;
use super::listing::{Listed, listing};
use super::shell_name::ShellName;
use super::walk::NotUtf8;
use std::path::Path;

/// How `glob.glob` searches.
#[derive(Clone, Copy, Debug, Default)]
pub struct How<'a> {
    /// The directory that patterns begin in; empty for the current one.
    pub root: &'a str,
    /// Whether `**` goes through directories.
    pub recursive: bool,
    /// Whether `*` finds hidden names.
    pub hidden: bool,
}

/// What `glob.glob` finds, spelt as its pattern is, sorted.
pub fn glob(pattern: &str, how: How<'_>) -> Found {
    let mut ground = Ground { root: how.root, not_utf8: NotUtf8::default() };
    let mut paths = ground.search(pattern, how, false);
    // What `**` stands for includes no directory at all.
    paths.retain(|path| !path.is_empty());
    ground.found(paths)
}

/// What `Path.glob` finds below a directory, as seen from it, without slashes at
/// the end. `**` alone gives directories.
pub fn path_glob(directory: &str, pattern: &str) -> Found {
    let mut ground = Ground { root: directory, not_utf8: NotUtf8::default() };
    let steps: Vec<&str> = pattern.split('/').filter(|step| !matches!(*step, "" | ".")).collect();
    let mut paths = vec![String::new()];
    for (place, step) in steps.iter().enumerate() {
        let dirs_only = place + 1 < steps.len() || pattern.ends_with('/');
        let above = std::mem::take(&mut paths);
        for path in above {
            match *step {
                "**" => {
                    paths.push(path.clone());
                    let all = ground.below(&path, Deep { hidden: true, dirs_only: true, links: false });
                    paths.extend(all.into_iter().map(|rest| join(&path, &rest)));
                }
                step if has_magic(step) => {
                    let names = ground.named(&path, step, true, dirs_only);
                    paths.extend(names.iter().map(|name| join(&path, name)));
                }
                step => {
                    let path = join(&path, step);
                    let at = ground.at(&path);
                    paths.extend(Some(path).filter(|_| if dirs_only { at.is_dir() } else { at.exists() }));
                }
            }
        }
    }
    ground.found(paths)
}

fn has_magic(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn join(above: &str, below: &str) -> String {
    match above {
        _ if below.starts_with('/') => below.to_owned(),
        "" => below.to_owned(),
        above if above.ends_with('/') => format!("{above}{below}"),
        above => format!("{above}/{below}"),
    }
}

/// A pattern's directory, and its last name, which a slash at the end makes empty.
fn parted(pattern: &str) -> (&str, &str) {
    let (head, name) = pattern.split_at(pattern.rfind('/').map_or(0, |slash| slash + 1));
    let shorn = head.trim_end_matches('/');
    (if shorn.is_empty() { head } else { shorn }, name)
}

/// How to look through all directories below one.
#[derive(Clone, Copy)]
struct Deep {
    hidden: bool,
    dirs_only: bool,
    /// Whether links to directories are entered.
    links: bool,
}

/// Where paths are looked for.
struct Ground<'a> {
    root: &'a str,
    not_utf8: NotUtf8,
}

impl Ground<'_> {
    fn at(&self, path: &str) -> std::path::PathBuf {
        let whole = join(self.root, path);
        Path::new(if whole.is_empty() { "." } else { &whole }).to_owned()
    }

    fn list(&mut self, path: &str) -> Vec<Listed> {
        let whole = join(self.root, path);
        listing(&whole, &mut self.not_utf8).unwrap_or_default()
    }

    fn found(self, mut paths: Vec<String>) -> Found {
        paths.sort_unstable();
        paths.dedup();
        Found { paths, not_utf8: self.not_utf8 }
    }

    fn search(&mut self, pattern: &str, how: How<'_>, dirs_only: bool) -> Vec<String> {
        let (above, name) = parted(pattern);
        if !has_magic(pattern) {
            let at = self.at(if name.is_empty() { above } else { pattern });
            let there =
                if name.is_empty() { at.is_dir() && !pattern.is_empty() } else { at.symlink_metadata().is_ok() };
            return there.then(|| pattern.to_owned()).into_iter().collect();
        }
        let directories = match above != pattern && has_magic(above) {
            true => self.search(above, how, true),
            false => vec![above.to_owned()],
        };
        let mut all = Vec::new();
        for directory in directories {
            let names = self.in_directory(&directory, name, how, dirs_only);
            all.extend(names.iter().map(|name| match directory.is_empty() {
                true => name.clone(),
                false => join(&directory, name),
            }));
        }
        all
    }

    /// What a pattern's last name stands for in a directory.
    fn in_directory(&mut self, directory: &str, name: &str, how: How<'_>, dirs_only: bool) -> Vec<String> {
        if name == "**" && how.recursive {
            let is_dir = self.at(directory).is_dir();
            let deep = Deep { hidden: how.hidden, dirs_only, links: true };
            let itself = is_dir.then(String::new);
            return itself.into_iter().chain(self.below(directory, deep)).collect();
        }
        if has_magic(name) {
            return self.named(directory, name, how.hidden || name.starts_with('.'), dirs_only);
        }
        let at = self.at(&join(directory, name));
        let there = if name.is_empty() { at.is_dir() } else { at.symlink_metadata().is_ok() };
        there.then(|| name.to_owned()).into_iter().collect()
    }

    /// The names in a directory that a pattern takes.
    fn named(&mut self, directory: &str, pattern: &str, hidden: bool, dirs_only: bool) -> Vec<String> {
        let pattern = ShellName::new(pattern);
        let listed = self.list(directory).into_iter();
        let wanted = listed.filter(|l| (hidden || !l.name.starts_with('.')) && (!dirs_only || l.is_dir));
        wanted.map(|l| l.name).filter(|name| pattern.matches(name)).collect()
    }

    /// All that lies below a directory, as seen from it.
    fn below(&mut self, directory: &str, deep: Deep) -> Vec<String> {
        let mut all = Vec::new();
        let mut open = vec![String::new()];
        while let Some(above) = open.pop() {
            let path = join(directory, &above);
            for Listed { name, is_dir, is_link } in self.list(&path) {
                if !deep.hidden && name.starts_with('.') || deep.dirs_only && !is_dir {
                    continue;
                }
                let below = join(&above, &name);
                if is_dir && !(is_link && (!deep.links || self.leads_back(&join(&path, &name)))) {
                    open.push(below.clone());
                }
                if deep.links || !is_link || !deep.dirs_only {
                    all.push(below);
                }
            }
        }
        all
    }

    /// Whether a link stands for a directory that it is in.
    fn leads_back(&self, link: &str) -> bool {
        let link = self.at(link);
        let home = link
            .parent()
            .and_then(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above }.canonicalize().ok());
        match (link.canonicalize(), home) {
            (Ok(target), Some(home)) => home.starts_with(target),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["d/a.txt", "d/b{x}.txt", "d/.h.txt", "d/s/c.txt", "d/s/t/e.txt", ".o/p.txt", ".rulemake/q.txt"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        symlink("nowhere", dir.path().join("d/gone.txt")).unwrap();
        symlink("..", dir.path().join("d/s/up")).unwrap();
        dir
    }

    #[test]
    fn as_glob_glob() {
        let dir = tree();
        let root = dir.path().to_str().unwrap();
        let plain = How { root, ..How::default() };
        let recursive = How { recursive: true, ..plain };
        let hidden = How { hidden: true, ..plain };
        let cases: [(&str, How<'_>, &[&str]); 16] = [
            ("d/*", plain, &["d/a.txt", "d/b{x}.txt", "d/gone.txt", "d/s"]),
            ("d/*/", plain, &["d/s/"]),
            ("d/", plain, &["d/"]),
            ("d/a.txt/", plain, &[]),
            ("./d/a.txt", plain, &["./d/a.txt"]),
            ("d//[ab].txt", plain, &["d/a.txt"]),
            ("d/./[!b].txt", plain, &["d/./a.txt"]),
            ("d/gone.txt", plain, &["d/gone.txt"]),
            ("d/**", plain, &["d/a.txt", "d/b{x}.txt", "d/gone.txt", "d/s"]),
            ("d/s/**", recursive, &["d/s/", "d/s/c.txt", "d/s/t", "d/s/t/e.txt", "d/s/up"]),
            ("d/s/**/", recursive, &["d/s/", "d/s/t/", "d/s/up/"]),
            ("**/e.txt", recursive, &["d/s/t/e.txt"]),
            (".*", plain, &[".o"]),
            ("*", hidden, &[".o", "d"]),
            ("d/.h*", plain, &["d/.h.txt"]),
            ("no/*", plain, &[]),
        ];
        for (pattern, how, want) in cases {
            assert_eq!(glob(pattern, how).paths, want, "{pattern} {how:?}");
        }
    }

    #[test]
    fn as_path_glob() {
        let dir = tree();
        let root = dir.path().to_str().unwrap();
        let cases: [(&str, &[&str]); 6] = [
            ("d/*.txt", &["d/.h.txt", "d/a.txt", "d/b{x}.txt", "d/gone.txt"]),
            ("*/", &[".o", "d"]),
            ("d/*/", &["d/s"]),
            ("d/**", &["d", "d/s", "d/s/t"]),
            ("**/e.txt", &["d/s/t/e.txt"]),
            ("d/gone.txt", &[]),
        ];
        for (pattern, want) in cases {
            assert_eq!(path_glob(root, pattern).paths, want, "{pattern}");
        }
    }
}
