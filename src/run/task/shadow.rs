//! The directory of its own that a job with `shadow:` works in.

use super::JobTask;
use crate::files;
use crate::settle::{Cast, Plot};
use std::path::Path;

impl JobTask {
    /// Makes the directory, and has the command run there.
    pub(super) fn enter_shadow(&mut self, token: &str) -> Result<(), String> {
        let Some(kind) = self.shadow else { return Ok(()) };
        let reads: Vec<String> = self.inputs.iter().map(|input| self.path(input.path)).collect();
        let plot = Plot {
            kind,
            home: &self.shared.home,
            state: Path::new(files::STATE_DIR),
            prefix: self.shared.shadow_prefix.as_deref(),
            reads: reads.iter().map(String::as_str).collect(),
            writes: self.written().collect(),
        };
        let cast = self.shared.settler.cast(token, &plot).map_err(|fault| fault.to_string())?;
        self.spec.directory = Some(cast.dir().to_path_buf());
        self.cast = Some(cast);
        Ok(())
    }

    /// Moves outputs and logs to where they belong and removes the directory. Of
    /// a job that failed only what is to be kept is moved.
    pub(super) fn leave_shadow(&mut self, succeeded: bool) -> Result<(), String> {
        let Some(cast) = self.cast.take() else { return Ok(()) };
        let all = succeeded || self.shared.settler.keeps_failed();
        let brought = if all { cast.bring_out(self.written()) } else { cast.bring_out(self.logs()) };
        Cast::remove(cast);
        brought.map_err(|fault| fault.to_string())
    }

    fn logs(&self) -> impl Iterator<Item = &str> {
        self.log_paths.iter().map(String::as_str)
    }

    fn written(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.out.path.as_str()).chain(self.logs())
    }
}
