//! Why a run cannot go on. A failing trial is not among it.

use std::path::PathBuf;

use crate::event::TrialId;
use crate::execute::ExecutorError;
use crate::space::{GenomeError, SpaceError};
use crate::store::{StoreError, shell_word};
use crate::verify::Finding;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its directory is unusable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker works.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The plan names a kind or parameters that this version does not know.
    #[error("the plan cannot be run by this version of peng: {0}")]
    Plan(String),
    /// The space yields no network, or the search proposes one that is not of the space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A training cannot keep what it needs to be gone on with.
    #[error("trial {trial} cannot go on: {reason}")]
    NotSaved {
        /// The trial.
        trial: TrialId,
        /// Why.
        reason: String,
        /// The run directory.
        dir: PathBuf,
    },
    /// The journal was changed: what an answer in it rests on is not what comes before it.
    #[error("the journal in `{}` was changed after it was written: {finding}", dir.display())]
    Changed {
        /// The run directory.
        dir: PathBuf,
        /// The first answer that it shows in.
        finding: Box<Finding>,
    },
    /// The data are others than the run began with.
    #[error("the data of the run in `{}` have changed since it began", dir.display())]
    OtherData {
        /// The run directory.
        dir: PathBuf,
    },
    /// The search does not propose what the journal says that it proposed.
    #[error("trial {trial} is `{found}` in the journal, but the search proposes `{expected}`")]
    Diverged {
        /// The trial.
        trial: TrialId,
        /// The genome in the journal.
        found: String,
        /// The genome that the search proposes now.
        expected: String,
    },
}

impl RunError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::NotSaved { .. } => "E0804",
            Self::Changed { .. } => "E0808",
            Self::Executor(_) => "E0805",
            Self::Space(error) => error.code(),
            Self::Plan(_) => "E0806",
            Self::OtherData { .. } | Self::Diverged { .. } => "E0807",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Store(StoreError::Occupied { dir }) => {
                Some(format!("go on with it by `peng resume {}`, or choose another `--dir`", shell_word(dir)))
            }
            Self::Store(StoreError::Locked { dir, .. }) => {
                Some(format!("watch it with `peng status {}`", shell_word(dir)))
            }
            Self::Executor(ExecutorError::Unusable { help, .. }) => help.clone(),
            Self::NotSaved { dir, .. } => {
                Some(format!("when that is mended, go on with `peng resume {}`", shell_word(dir)))
            }
            Self::Changed { dir, .. } => Some(format!(
                "restore it from a copy, or start the run anew; `peng verify {}` tells all that disagrees",
                shell_word(dir)
            )),
            Self::OtherData { .. } => {
                Some("put back the files that it began with, or start it anew".to_owned())
            }
            Self::Diverged { .. } => Some("resume with the version of peng that began the run".to_owned()),
            Self::Space(error) => error.help(),
            Self::Store(_) | Self::Executor(_) | Self::Plan(_) => None,
        }
    }
}

impl From<GenomeError> for RunError {
    fn from(error: GenomeError) -> Self {
        Self::Space(error.into())
    }
}
