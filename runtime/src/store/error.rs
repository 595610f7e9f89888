//! What can be wrong with a run directory.

use std::path::PathBuf;

use peng_spec::plan::PlanError;

/// Why a run directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is a run in it already.
    #[error("`{}` already holds a run", dir.display())]
    Occupied {
        /// The directory.
        dir: PathBuf,
    },
    /// It is not there.
    #[error("`{}` does not exist", dir.display())]
    NoDir {
        /// The directory.
        dir: PathBuf,
    },
    /// There is no run in it.
    #[error("`{}` is no run directory: it has no `{missing}`", dir.display())]
    NoRun {
        /// The directory.
        dir: PathBuf,
        /// The first file that it lacks.
        missing: &'static str,
    },
    /// Another process works in it.
    #[error("`{}` is in use by another process{}", dir.display(), holder(*pid))]
    Locked {
        /// The directory.
        dir: PathBuf,
        /// The process, if it is known.
        pid: Option<u32>,
    },
    /// It was written by another version.
    #[error("`{}` has format `{found}`, which this version of peng does not know; expected `{expected}`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What is known.
        expected: &'static str,
    },
    /// Its plan is unusable.
    #[error("`{}`: {source}", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PlanError,
    },
    /// A line of the journal, not the last one, is broken.
    #[error("line {line} of `{}` is broken: {reason}", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The journal is that of another plan.
    #[error("the journal in `{}` belongs to plan {found}, but `plan.json` is {expected}", dir.display())]
    OtherPlan {
        /// The directory.
        dir: PathBuf,
        /// Digest in the journal.
        found: String,
        /// Digest of the plan.
        expected: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// `read`, `write`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl StoreError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Occupied { .. } | Self::NoDir { .. } | Self::NoRun { .. } | Self::Locked { .. } => "E0801",
            Self::Journal { .. } => "E0802",
            Self::Format { .. } | Self::Plan { .. } | Self::OtherPlan { .. } => "E0803",
            Self::Io { .. } => "E0804",
        }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" ({pid})")).unwrap_or_default()
}
