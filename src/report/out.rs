//! A stream to print on: buffered, quiet about a reader that went away.
//!
//! Owns the writer and what went wrong with it. It does not know what is
//! printed.

use std::io::{self, ErrorKind, Write};

/// How much text is gathered before it is written unasked.
const FULL: usize = 64 * 1024;

/// An output stream. Once its reader is gone (a broken pipe) it swallows what
/// follows; any other failure is kept for [`Out::finish`].
pub struct Out {
    writer: Box<dyn Write + Send>,
    text: String,
    failed: Option<io::Error>,
}

impl Out {
    /// A stream on a writer.
    pub fn new(writer: Box<dyn Write + Send>) -> Out {
        Out { writer, text: String::new(), failed: None }
    }

    /// The text not yet written, to append to; [`Out::relieve`] follows.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Writes if much has gathered.
    pub fn relieve(&mut self) {
        if self.text.len() >= FULL {
            self.write();
        }
    }

    /// Writes all that has gathered.
    pub fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        self.write();
        if self.failed.is_none() {
            self.failed = self.writer.flush().err();
        }
    }

    fn write(&mut self) {
        if self.failed.is_none() {
            self.failed = self.writer.write_all(self.text.as_bytes()).err();
        }
        self.text.clear();
    }

    /// Writes all and tells what went wrong so far; a broken pipe is not wrong.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush();
        match &self.failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(io::Error::new(error.kind(), error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn finish_on(kind: ErrorKind) -> io::Result<()> {
        let mut out = Out::new(Box::new(Failing(kind)));
        out.text().push('a');
        out.flush();
        out.text().push('b');
        out.finish()
    }

    #[test]
    fn a_broken_pipe_is_quiet_and_a_full_disk_is_not() {
        assert!(finish_on(ErrorKind::BrokenPipe).is_ok());
        assert_eq!(finish_on(ErrorKind::StorageFull).unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
