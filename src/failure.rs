//! How a command fails: a message, a hint, and an exit code that programs can rely on.

#[cfg(feature = "engine")]
mod run;

use std::fmt;
use std::io;
use std::process::ExitCode;

use peng_runtime::space::SpaceError;

/// The exit codes of `peng`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine = 0,
    /// The spec is rejected.
    Findings = 1,
    /// Wrong usage.
    Usage = 2,
    /// A bug in `peng`.
    Bug = 3,
    /// The run ended, but more trainings failed than the plan allows.
    TooManyFailed = 4,
    /// Data, device or files of the machine.
    Environment = 5,
    /// The run directory.
    RunDir = 6,
    /// Interrupted; can be resumed.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The stable code, if there is one.
    pub(crate) code: Option<&'static str>,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// A failure without code and help.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), help: None }
    }

    /// The same with help.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Whether the other end of a stream is gone.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let of_json = || cause.downcast_ref::<serde_json::Error>()?.io_error_kind();
        cause.downcast_ref::<io::Error>().map(io::Error::kind).or_else(of_json)
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

impl From<SpaceError> for Failure {
    fn from(error: SpaceError) -> Self {
        let (code, help) = (Some(error.code()), error.help());
        Self { exit: Exit::Environment, code, message: error.to_string(), help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_goes_away_is_told_from_other_errors() {
        struct Gone(io::ErrorKind);
        impl io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for (kind, expected) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
            let in_json = serde_json::to_writer(Gone(kind), &1).unwrap_err();
            assert_eq!(is_broken_pipe(&in_json.into()), expected);
            assert_eq!(is_broken_pipe(&io::Error::from(kind).into()), expected);
        }
    }
}
