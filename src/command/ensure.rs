//! What `ensure()` asks of a job's outputs.

use super::call::Arguments;
use super::{Commands, Needs};
use crate::diag::{Diag, Kind};
use crate::graph::JobId;
use crate::rule::{Checksum, Ensure};
use crate::value::Val;

/// What must be true of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensured {
    /// It holds something.
    pub non_empty: bool,
    /// Its checksum, in lower case and hexadecimal.
    pub checksum: Option<(Checksum, String)>,
}

impl Commands<'_> {
    /// Of each output, in order, what it must be.
    ///
    /// # Errors
    /// If a function fails, or gives no text.
    pub fn ensured(&self, job: JobId, needs: &Needs) -> Result<Vec<Option<Ensured>>, Diag> {
        let outputs = self.rule(job).outputs.items.iter();
        outputs.map(|output| output.ensure.as_deref().map(|e| self.ensure(job, e, needs)).transpose()).collect()
    }

    fn ensure(&self, job: JobId, ensure: &Ensure, needs: &Needs) -> Result<Ensured, Diag> {
        let Ensure { non_empty, checksum } = ensure;
        let known = |(kind, value): &(Checksum, Val)| {
            let value = match value {
                Val::Func(id) => {
                    let answer = self.call(&[Arguments::of(self, job, *id, needs, 1)]).pop();
                    answer.expect("one answer for one call").map_err(Diag::from)?
                }
                value => value.clone(),
            };
            match value {
                Val::Str(text) | Val::Path(text) => Ok((*kind, text.trim().to_ascii_lowercase())),
                other => Err(Diag::error(Kind::Plan, format!("a checksum is a text, not {}", other.repr()))),
            }
        };
        let checksum = checksum.as_ref().map(known).transpose();
        let checksum = checksum.map_err(|d| d.note(format!("for job `{}`", self.describe(job))))?;
        Ok(Ensured { non_empty: *non_empty, checksum })
    }
}
