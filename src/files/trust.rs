//! Files that are told by size and time, not by content (`--trust-stat`).
//!
//! Owns which paths those are. What stands for their content is the memo's.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The globs of `--trust-stat`.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Of whole paths.
    paths: GlobSet,
    /// Those without `/`: of file names in any directory.
    names: GlobSet,
}

impl Trust {
    /// From globs.
    ///
    /// # Errors
    /// The first glob that is none, and why.
    pub fn new(globs: &[String]) -> Result<Trust, (String, String)> {
        let (mut paths, mut names) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in globs {
            let wrong = |e: globset::Error| (text.clone(), e.kind().to_string());
            let glob = GlobBuilder::new(text.strip_prefix("./").unwrap_or(text));
            let glob = { glob }.literal_separator(true).backslash_escape(true).build().map_err(wrong)?;
            if text.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let built = |set: GlobSetBuilder| set.build().map_err(|e| (globs.join(" "), e.kind().to_string()));
        Ok(Trust { paths: built(paths)?, names: built(names)? })
    }

    /// Whether there are no globs.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.names.is_empty()
    }

    /// Whether a path is told by its stat.
    pub fn covers(&self, path: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        self.paths.is_match(path) || self.names.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_of_paths_and_of_names() {
        let trust = Trust::new(&["*.bam".into(), "raw/*.fq".into(), "./deep/**".into()]).unwrap();
        for path in ["a.bam", "x/y/a.bam", "raw/a.fq", "deep/a/b"] {
            assert!(trust.covers(path), "{path}");
        }
        for path in ["a.fq", "raw/x/a.fq", "a.bam/x", "deep"] {
            assert!(!trust.covers(path), "{path}");
        }
        assert!(!Trust::default().covers("a"));
        assert_eq!(Trust::new(&["a".into(), "[b".into()]).unwrap_err().0, "[b");
    }
}
