//! New digests for old records: a job that ran only because an output was
//! missing may make other bytes (a time stamp in a header). Those who read the
//! old ones were made from the same recipe; their records take the new digests.

use crate::command::made_from;
use crate::diag::Diag;
use crate::digest::Digest;
use crate::path::{PathId, Paths};
use crate::state::State;

/// Takes over a changed output into the records that name its old digest.
///
/// # Errors
/// If the log cannot be read or written.
pub fn adopt(state: &mut State, paths: &Paths, path: PathId, old: Digest, new: Digest) -> Result<(), Diag> {
    for reader in state.readers_of(path)? {
        let record = state.record(reader)?;
        if !record.inputs.iter().any(|i| i.path == path && i.digest == old) {
            continue;
        }
        let now = |i: &crate::record::Input| if i.path == path { new } else { i.digest };
        let counting = record.inputs.iter().filter(|i| !i.ancient).map(now);
        let made_from = made_from(record.recipe, counting);
        state.adopt(reader, &[(path, new)], made_from, paths)?;
    }
    Ok(())
}
