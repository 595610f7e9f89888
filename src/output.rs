//! The streams that a command writes to. A reader such as `head` may go away, which is its right and changes nothing else:
//! what is written to it from then on is dropped, and the command does its work and ends with the exit code that it would
//! have had. Services, which have nothing to do once their client is gone, don't write here.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

/// A stream whose reader may go away.
pub(crate) struct Output<W> {
    stream: W,
}

impl<W> Output<W> {
    /// Any stream.
    #[cfg(feature = "engine")]
    pub(crate) fn new(stream: W) -> Self {
        Self { stream }
    }
}

/// The output stream, buffered.
pub(crate) fn stdout() -> BufWriter<Output<Stdout>> {
    BufWriter::new(Output { stream: io::stdout() })
}

/// The error stream. It is for people: where it cannot be written nobody can be told, which is no reason to end.
pub(crate) fn stderr() -> Aside {
    Aside
}

/// A stream that people may or may not read.
#[derive(Debug)]
pub(crate) struct Aside;

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_gone(self.stream.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_gone(self.stream.flush(), ())
    }
}

/// What happened, or `instead` if the reader is gone.
fn unless_gone<T>(result: io::Result<T>, instead: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(instead),
        other => other,
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
            Err(self.0.into())
        }
    }

    #[test]
    fn only_a_reader_that_goes_away_is_no_error() {
        let mut gone = Output { stream: Failing(ErrorKind::BrokenPipe) };
        assert!(gone.write_all(b"text").and_then(|()| gone.flush()).is_ok());
        let mut full = Output { stream: Failing(ErrorKind::StorageFull) };
        assert_eq!(full.write_all(b"text").unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(full.flush().unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
