//! What people see. Nothing else prints.

#[cfg(feature = "engine")]
mod bars;
pub(crate) mod diagnostics;
#[cfg(feature = "train")]
pub(crate) mod downloads;
pub(crate) mod explanation;
pub(crate) mod findings;
#[cfg(feature = "engine")]
pub(crate) mod progress;
#[cfg(feature = "engine")]
pub(crate) mod resume;
#[cfg(all(test, feature = "engine"))]
pub(crate) mod sample;
pub(crate) mod style;
#[cfg(feature = "engine")]
pub(crate) mod wording;

use std::io::{self, Write};

use crate::args::Global;
use crate::failure::Failure;
use crate::output;
use diagnostics::printable_lines;
use style::Paint;

/// How the user wants to be told.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Ui {
    /// Results and errors only.
    pub(crate) quiet: bool,
    /// Also what is read.
    pub(crate) verbose: bool,
    /// Whether results are coloured.
    pub(crate) color_stdout: bool,
    /// Whether messages are coloured.
    pub(crate) color_stderr: bool,
}

impl Ui {
    /// What the arguments and the streams say.
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            color_stdout: Paint::new(global.color, &io::stdout()) == Paint::Colours,
            color_stderr: Paint::new(global.color, &io::stderr()) == Paint::Colours,
        }
    }

    /// How results are coloured.
    pub(crate) fn paint(self) -> Paint {
        if self.color_stdout { Paint::Colours } else { Paint::Plain }
    }

    /// Prints what a user should know of a result, unless only results and errors are wanted.
    pub(crate) fn warning(self, message: &str, out: &mut dyn Write) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let paint = if self.color_stderr { Paint::Colours } else { Paint::Plain };
        writeln!(out, "{}: {message}", paint.yellow("warning"))
    }

    /// Prints what only those want to know who ask for it.
    pub(crate) fn note(self, message: &str) {
        if self.verbose {
            let paint = if self.color_stderr { Paint::Colours } else { Paint::Plain };
            let _ = writeln!(output::stderr(), "{}: {message}", paint.dim("note"));
        }
    }

    /// Prints why a command failed: the message, its causes, and what to do.
    pub(crate) fn failure(self, error: &anyhow::Error, out: &mut dyn Write) -> io::Result<()> {
        let paint = if self.color_stderr { Paint::Colours } else { Paint::Plain };
        let failure = error.downcast_ref::<Failure>();
        let word =
            failure.and_then(|f| f.code).map_or_else(|| "error".to_owned(), |code| format!("error[{code}]"));
        writeln!(out, "{}: {}", paint.red(&word), printable_lines(&error.to_string()))?;
        for cause in error.chain().skip(1) {
            writeln!(out, "  because {}", printable_lines(&cause.to_string()))?;
        }
        match failure.and_then(|f| f.help.as_ref()) {
            Some(help) => writeln!(out, "{}: {help}", paint.cyan("help")),
            None => Ok(()),
        }
    }
}
