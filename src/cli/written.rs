//! `--report`: which file, and what of the project goes into it.
//!
//! It does not know what the page looks like.

use super::app::App;
use super::parse::usage;
use crate::diag::{Diag, Kind};
use crate::plan::Viewer;
use crate::report::{embed, html};
use crate::rule::Rulefile;
use crate::run::{self, Options};
use std::fs::File;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

impl App {
    /// Writes the report, and says of what is not there yet.
    ///
    /// # Errors
    /// If the file is none of HTML, or cannot be written; if a function of `report()` fails.
    pub(super) fn write_report(&self, book: &Rulefile, viewer: &Viewer<'_>, options: &Options) -> Result<(), Diag> {
        let path = self.args.pages.report.as_deref().unwrap_or_default();
        if !path.ends_with(".html") && !path.ends_with(".htm") {
            return Err(usage(format!("`--report {path}`: the report is one page of HTML"))
                .hint("write `--report report.html`; put targets before it"));
        }
        let report = viewer.report()?;
        let missing = report.results.iter().filter(|result| !std::path::Path::new(&result.path).exists()).count();
        if missing > 0 {
            self.reporter().notice(&format!("{missing} of {} results are not there yet", report.results.len()));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let html::Page { html, complaints } = html::page(&report, &book.scope.config, now, &content);
        complaints.iter().for_each(|line| self.reporter().notice(line));
        let settler = run::settler(options);
        let directory = path.rsplit_once('/').map_or(Ok(()), |(directory, _)| settler.make_dir(directory));
        let written = directory.and_then(|()| settler.write(path, &html));
        written.map_err(|e| Diag::error(Kind::System, format!("cannot write the report `{path}`: {e}")))?;
        self.say(&format!("wrote {path}"));
        Ok(())
    }
}

/// What a file holds: no more than tells that it is too large to be shown.
fn content(path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(embed::MOST_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
