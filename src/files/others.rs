//! Files of a directory that nobody named.

use std::collections::HashSet;
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// The files below `root`, relative to it and in order, that are neither `known`
/// nor below a directory that is. Hidden files and directories are passed over,
/// and so is what cannot be read; links are not followed.
pub fn others(root: &Path, known: &HashSet<&str>) -> Vec<String> {
    let relative = |entry: &DirEntry| {
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        path.to_string_lossy().into_owned()
    };
    let hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let wanted = |entry: &DirEntry| !hidden(entry) && !known.contains(relative(entry).as_str());
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(wanted);
    entries.filter_map(Result::ok).filter(|entry| !entry.file_type().is_dir()).map(|entry| relative(&entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::others;
    use std::fs;

    #[test]
    fn what_is_named_and_what_is_hidden_is_left_out() {
        let dir = tempfile::tempdir().expect("a directory");
        for path in ["a/x.txt", "a/y.txt", "b/z.txt", ".git/config", "top"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, "").expect("a file");
        }
        let known = ["a/x.txt", "b"].into_iter().collect();
        assert_eq!(others(dir.path(), &known), ["a/y.txt", "top"]);
    }
}
